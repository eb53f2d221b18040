"""The words on the picker: in each language they fit a phone, and every need has an answer."""

import re

import pytest

from bot.feelings import ANY_NEED, FEELINGS, FROM_AFAR, NEEDS, SUGGESTIONS
from bot.locales import translated
from bot.ritual import Button
from bot.telegram.keyboard import GAP, ROW, laid_out
from bot.telegram.render import Reader
from bot.wording import LANGUAGES
from tests.rehearsal import BERLIN

ACTS = [act for pair in (*SUGGESTIONS.values(), ANY_NEED) for act in pair]
WORDS = [word for table in (FEELINGS, NEEDS) for family in table.values() for word in family]

# What a word would be that says what the other did, or has to do.
ACCUSING = {
    "en": re.compile(
        r"!|\b(abandoned|attacked|betrayed|blamed|ignored|neglected|rejected|used"
        r"|missed|failed|waiting|should|must|obey|apology|you)\b",
        re.IGNORECASE,
    ),
    "es": re.compile(
        r"[!¡]|\b(abandono|ataque|traición|rechazo|desprecio|culpa|negligencia|engaño"
        r"|fallo|disculpas?|perdón|obediencia|tú|te|que)\b",
        re.IGNORECASE,
    ),
}
SMALL = {"en", "es"}  # where a noun begins with a small letter
# How an act reads: a moment, and what I will do then.
ACT = {
    "en": re.compile(r"When [^,]+, I'll [^,]+\."),
    "es": re.compile(r"(Al?|En|Cuando|Si|Mientras|Después|Por) [^,]+, [^,]+\."),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("table", "longest"), [(FEELINGS, 11), (NEEDS, 16)], ids=["feelings", "needs"])
def test_six_families_of_four_fit_a_phone(
    table: dict[str, tuple[str, ...]], longest: int, language: str
) -> None:
    assert len(table) == 6
    for words in table.values():
        assert len(words) == 4
        assert all(0 < len(translated(word, language)) <= longest for word in words)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("table", "abreast"), [(FEELINGS, 4), (NEEDS, 3)], ids=["feelings", "needs"])
def test_they_lie_abreast_in_even_rows(
    table: dict[str, tuple[str, ...]], abreast: int, language: str
) -> None:
    picks = [Button(word, "pick", word) for words in table.values() for word in words]
    rows = list(laid_out(picks, Reader("Tend", {}, (BERLIN,), language)))
    assert {len(row) for row in rows} == {abreast}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_names_two_things(language: str) -> None:
    names = [translated(name, language).casefold() for name in (*FEELINGS, *NEEDS, *WORDS)]
    assert len(set(names)) == len(names) == 60


def test_every_need_has_two_acts_and_nothing_else_has() -> None:
    assert list(SUGGESTIONS) == [need for family in NEEDS.values() for need in family]
    assert all(len(pair) == 2 for pair in (*SUGGESTIONS.values(), ANY_NEED))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_act_is_offered_for_two_needs(language: str) -> None:
    acts = {translated(act, language).casefold() for act in (*ACTS, *FROM_AFAR)}
    assert len(acts) == len(ACTS) + len(FROM_AFAR) == 53


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_act_is_a_moment_and_a_deed_on_one_button(language: str) -> None:
    shown = [translated(act, language) for act in (*ACTS, *FROM_AFAR)]
    assert not [act for act in shown if not ACT[language].fullmatch(act)]
    assert not [act for act in shown if len(act) > ROW - GAP]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_says_what_the_other_did_or_has_to_do(language: str) -> None:
    assert not [word for word in WORDS if ACCUSING[language].search(translated(word, language))]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_word_stands_inside_a_sentence(language: str) -> None:
    shown = [translated(word, language) for word in WORDS]
    assert not [word for word in shown if re.search(r"[\d.,;:!?¡¿…/()\"]|  ", word) or word != word.strip()]
    if language in SMALL:
        assert all(word.islower() for word in shown)
