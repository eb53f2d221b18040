"""PRODUCT.md's tone, over every text, in every language: warm, plain, adult, and nobody is blamed."""

import random
import re
from dataclasses import dataclass
from string import Formatter

import pytest

from bot.locales import counted, translated
from bot.ritual import Kept, Person, Words
from bot.telegram.render import Reader, text
from bot.wording import LANGUAGES
from tests.catalogue import keys, readers
from tests.playing import Play
from tests.rehearsal import BERLIN


def words(pattern: str) -> re.Pattern[str]:
    """Return what finds any of these as whole words."""
    return re.compile(rf"\b({pattern})\b", re.IGNORECASE)


@dataclass(frozen=True)
class Tone:
    """What no text of a language says."""

    never: re.Pattern[str]  # missed, failed, still waiting, should, must
    blames: re.Pattern[str]  # beside a name: what counts, compares, or says what somebody did not do
    cheers: re.Pattern[str]
    unfit: re.Pattern[str]  # another form of address, or one that takes somebody for a woman or a man
    to_one: re.Pattern[str] | None = None  # what speaks to one alone: never where both read it


TONES = {
    "en": Tone(
        never=words("missed|failed|fails?|still waiting|waiting for|should|must|streaks?|scores?"),
        blames=re.compile(
            r"\d|\b(not|never|only|again|late|yet|more|less|times|than|instead|forgot|silent|answered)\b|n't",
            re.IGNORECASE,
        ),
        cheers=re.compile(r"!|\b(great|awesome|amazing|yay|congratulations|well done)\b", re.IGNORECASE),
        unfit=words("guys|he|she|him|her|his|hers|husband|wife|boyfriend|girlfriend|ladies|gentlemen"),
    ),
    "es": Tone(
        never=words(
            r"fall(as|ó|ar|os?|aste|aron)|perdi(ste|ó)|se te pasó|deb(es?|en|emos|er|ías?|erías?|ería|erían)"
            r"|t(ienes|enés|ienen|enemos) que|hay que|todavía|esperando|rachas?|puntos|puntajes?|marcador"
        ),
        blames=re.compile(
            r"\d|\b(no|nunca|jamás|s[oó]lo|otra vez|de nuevo|tarde|aún|más|menos|veces|en vez|en lugar"
            r"|olvid\w+|callad\w|calló|silencio|respondi\w+|contest\w+|falt\w+)\b",
            re.IGNORECASE,
        ),
        cheers=re.compile(
            r"[!¡]|\b(genial|increíble|fantástic\w+|maravillos\w+|excelente|súper|bravo|bien hecho"
            r"|felicidades|felicitaciones|enhorabuena)\b",
            re.IGNORECASE,
        ),
        unfit=re.compile(
            r"\b(usted|vosotr[oa]s|vuestr[oa]s?|os|vos|\w+(áis|éis)|amb[oa]s|l[oa]s dos|el otro"
            r"|la otra(?! persona\b| mitad\b)|junt[oa]s|l[oa]s un[oa]s|novi[oa]s?|espos[oa]s?|marido|mujer"
            r"|él|ella|ell[oa]s|un[oa] de ustedes|list[oa]s?|segur[oa]s|sol[oa]s(?<!a solas)"
            r"|(cansad|preocupad|enojad|enfadad|content|tranquil|agradecid|inquiet|asustad|estresad"
            r"|celos|orgullos|avergonzad|bienvenid|mism)[oa]s?)\b|\w[oa]/[oa]\b|@",
            re.IGNORECASE,
        ),
        to_one=words("tú|tu|tus|te|ti|contigo|tuy[oa]s?"),
    ),
}
EMOJI = re.compile("[\u2190-\u2bff\u3000-\u303f\ufe0f\U0001f000-\U0001faff]")
PEOPLE = {"who", "other", "first", "second", "caller"}

KEYS = keys()


def in_a_language(language: str) -> list[str]:
    """Return every text in a language, in every form of its plurals."""
    return sorted(
        {
            counted(key.text, key.many, n, language) if key.many else translated(key.text, language)
            for key in KEYS
            for n in (range(30) if key.many else (1,))
        }
    )


def bare(said: str) -> str:
    """Return a text without what stands in it."""
    return "".join(literal for literal, *_ in Formatter().parse(said))


def test_there_is_something_to_read() -> None:
    assert len(KEYS) > 200
    assert "You have both spoken." in in_a_language("en")


def test_every_language_has_its_tone() -> None:
    assert set(TONES) == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_is_plain_and_kind(language: str) -> None:
    tone = TONES[language]
    assert not [said for said in in_a_language(language) if tone.never.search(said)]
    assert not [said for said in in_a_language(language) if tone.cheers.search(said)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_nobody_is_taken_for_a_woman_or_a_man_or_addressed_as_a_stranger(language: str) -> None:
    assert not [said for said in in_a_language(language) if TONES[language].unfit.search(said)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_is_no_emoji_but_as_a_label(language: str) -> None:
    assert not [said for said in in_a_language(language) if EMOJI.search(said)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_names_somebody_blames_and_counts_nothing(language: str) -> None:
    naming = [
        said
        for said in in_a_language(language)
        if PEOPLE & {name for _, name, form, _ in Formatter().parse(said) if name and not form}
    ]
    assert naming
    assert not [said for said in naming if TONES[language].blames.search(bare(said))]


@pytest.mark.parametrize("language", [each for each, tone in TONES.items() if tone.to_one])
def test_what_both_read_speaks_to_both(language: str) -> None:
    """Where a language has two words for "you", the room is told nothing in the one for one alone."""
    to_one = TONES[language].to_one
    both = [translated(said, language) for said, who in readers().items() if "the two" in who]

    assert to_one
    assert len(both) > 30
    assert not [said for said in both if to_one.search(bare(said))]


@pytest.mark.parametrize("seed", range(20))
def test_the_first_line_of_a_private_message_tells_nothing(seed: int) -> None:
    """It stands on a lock screen: no name, and nobody's words but behind a spoiler."""
    play = Play(random.Random(seed))  # noqa: S311 - a play, not a secret
    readers = [
        Reader("Tend", {Person(n): "Somebody" for n in (1, 2, 3)}, (BERLIN,), language, alone=True)
        for language in LANGUAGES
    ]
    for _ in play.moves(50):
        pass
    for row, _, outcome in play.stage.heard:
        for said in outcome.said:
            if said.to is None or row.ritual.name in {"help", "privacy"}:
                continue
            told = [value.text for value in said.values.values() if isinstance(value, Words) and value]
            told += [
                value.words.text for value in said.values.values() if isinstance(value, Kept) and value.words
            ]
            for reader in readers:
                first = re.sub("<tg-spoiler>.*?</tg-spoiler>", "", text(said, reader)).partition("\n")[0]
                assert "Somebody" not in first, said.text
                assert not [word for word in told if word in first], said.text
