"""Every text in every language: whole, sound, short enough, and read by whoever is to read it.

A language is one catalogue, one row in bot/wording.py, and one row in each table of tests that knows words:
tests/test_tone.py and tests/test_feelings.py. docs/languages.md leads through it.
"""

import ast
import importlib
import json
import pkgutil
import re
import shutil
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, time
from io import BytesIO
from pathlib import Path
from string import Formatter
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Catalog
from hatchling.builders.wheel import WheelBuilder

from bot.arrival import Added
from bot.couple.house import HOUSE
from bot.hours import ZONE
from bot.locales import compiled, counted, languages, translated
from bot.playground.cast import BOT
from bot.ritual import Line, Person, Preferences, Value, Words, line, say
from bot.storage.couples import Audience
from bot.storage.store import Store
from bot.telegram.app import register_commands
from bot.telegram.keyboard import ROW
from bot.telegram.line import Line as Link
from bot.telegram.line import raw_bot
from bot.telegram.outbound import reader_of
from bot.telegram.render import LONGEST_WHISPER, Reader, plain, template_of, units
from bot.wording import LANGUAGE, LANGUAGES
from tests.catalogue import (
    HOME,
    LOCALES,
    Key,
    forms,
    keys,
    lacking,
    main,
    modules,
    path_of,
    read,
    second_forms,
    values_in,
    write,
)
from tests.databases import Time
from tests.playing import LONG_NAME
from tests.road import ME, Road
from tests.wire import Wire

OTHERS = sorted(languages())
KEYS = keys()
ANN, BEN = Person(1), Person(2)
BERLIN, LIMA = ZoneInfo("Europe/Berlin"), ZoneInfo("America/Lima")
SENTENCE_ENDS = (".", "?", ":", "。", "\uff1f", "\uff1a", "।", "؟")
LONGEST_DESCRIPTION = 256  # characters of a command's: Bot API, BotCommand


# -- Catalogues are whole -------------------------------------------------------


def faults(catalog: Catalog) -> Iterator[str]:
    """Return what is wrong with a catalogue, a line for each."""
    known = {key.text: key for key in KEYS}
    yield from (f"not translated: {lack}" for lack in lacking(catalog))
    yield from (f"no longer in the code: {gone!r}" for gone in catalog.obsolete)
    for message in catalog:
        if not message.id:
            continue
        one = message.id if isinstance(message.id, str) else message.id[0]
        key = known.pop(one, None)
        if key is None or key.id != (message.id if isinstance(message.id, str) else tuple(message.id)):
            yield f"not in the code: {one}"
            continue
        if message.fuzzy:
            yield f"only a guess: {one}"
        for form in filter(None, forms(message)):
            yield from (f"{fault}: {one}" for fault in compared(key, form))
    yield from (f"not in the catalogue: {one}" for one in known)


def compared(key: Key, form: str) -> Iterator[str]:
    """Return what a translation does not have in common with its text."""
    try:
        values = set(values_in(form))
    except ValueError:
        yield "braces that do not match"
        return
    number = {"n"} if key.many else set()  # "somebody else" counts without a number
    if values | number != set(values_in(key.text + key.many)) | number:
        yield "other values"
    if form.count("\n") != key.text.count("\n"):
        yield "another number of lines"
    if form != form.strip() or "  " in form:
        yield "needless blanks"
    if form.endswith(SENTENCE_ENDS) != key.text.endswith(SENTENCE_ENDS):
        yield "another end"
    if sorted(re.findall(r"/\w+", form)) != sorted(re.findall(r"/\w+", key.text)):
        yield "other commands"


def test_the_languages_are_those_with_a_catalogue() -> None:
    assert set(LANGUAGES) == {"en", *languages()}
    assert languages() == {path.name for path in LOCALES.iterdir() if path.is_dir() and path.name[0] != "_"}


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_is_whole_and_sound(language: str) -> None:
    """`python -m tests.catalogue` brings new texts into it; they are to be translated then."""
    assert list(faults(read(path_of(language)))) == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_header_states_the_form_of_address(language: str) -> None:
    catalog = read(path_of(language))
    assert re.search(r"^# Form of address: .*\w.*\w", catalog.header_comment, re.MULTILINE)
    assert ": ...;" not in catalog.header_comment
    assert not catalog.fuzzy


def spoil(catalog: Catalog, how: str) -> None:
    """Do to a catalogue what may happen to one."""
    message = catalog.get("You have both spoken.")
    named = catalog.get("{who} can read it now.")
    assert message is not None
    assert named is not None
    match how:
        case "a translation is gone":
            message.string = ""
        case "a plural form is gone":
            counting = next(each for each in catalog if each.pluralizable)
            counting.string = (*forms(counting)[:-1], "")
        case "it is only a guess":
            message.flags.add("fuzzy")
        case "a value is gone":
            named.string = str(named.string).replace("{who}", "Ann")
        case "a value has another name":
            named.string = str(named.string).replace("{who}", "{quien}")
        case "a brace is open":
            named.string = f"{named.string}{{"
        case "a line is added":
            message.string = f"{message.string}\n."
        case "a text of yesterday is there":
            catalog.add("You both have spoken.", "…")
        case "a text of today is missing":
            catalog.delete("You have both spoken.")


@pytest.mark.parametrize(
    "how",
    [
        "a translation is gone", "a plural form is gone", "it is only a guess", "a value is gone",
        "a value has another name", "a brace is open", "a line is added", "a text of yesterday is there",
        "a text of today is missing",
    ],
)  # fmt: skip
def test_a_lack_planted_in_a_copy_is_found(how: str, tmp_path: Path) -> None:
    path = path_of("es", tmp_path)
    path.parent.mkdir(parents=True)
    shutil.copy(path_of("es"), path)
    assert list(faults(read(path))) == []

    catalog = read(path)
    spoil(catalog, how)
    write(catalog, path)

    assert len(list(faults(read(path)))) == 1


def test_a_line_taken_out_of_the_file_is_found(tmp_path: Path) -> None:
    """As a translator would lose it: by hand, with an editor."""
    path = path_of("es", tmp_path)
    path.parent.mkdir(parents=True)
    written = path_of("es").read_text(encoding="utf-8")
    msgid = 'msgid "You have both spoken."\n'
    before, after = written.split(msgid)
    path.write_text(before + msgid + 'msgstr ""\n' + after.split("\n", 1)[1], encoding="utf-8")

    assert list(faults(read(path))) == ["not translated: You have both spoken."]


def test_the_tool_keeps_what_is_translated_and_brings_in_what_is_new(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = path_of("es", tmp_path)
    path.parent.mkdir(parents=True)
    shutil.copy(path_of("es"), path)
    main([], tmp_path)
    assert capsys.readouterr().out == "es: 0 to translate, 0 to look at again\n"
    assert path.read_text() == path_of("es").read_text(), "run `python -m tests.catalogue`"

    catalog = read(path)
    catalog.delete("You have both spoken.")
    catalog.add("You two have both spoken.", "Hablaron.")
    catalog.delete("Which word comes closest?")
    write(catalog, path)
    main([], tmp_path)

    assert capsys.readouterr().out == "es: 1 to translate, 1 to look at again\n"
    message = read(path).get("You have both spoken.")
    assert message is not None
    assert (message.string, message.fuzzy) == ("Hablaron.", True)


def test_the_tool_begins_a_language(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["pl"], tmp_path)

    catalog = read(path_of("pl", tmp_path))
    assert capsys.readouterr().out == f"pl: {len(KEYS)} to translate, 0 to look at again\n"
    assert {fault.partition(":")[0] for fault in faults(catalog)} == {"not translated"}
    assert "Form of address" in catalog.header_comment


# -- No text is left out ---------------------------------------------------------

NOT_SAID = {"info", "warning", "error", "TypeVar"}  # calls whose words are for the host, or for the code


@pytest.mark.parametrize("name", list(modules()))
def test_no_sentence_in_the_code_is_left_out(name: str) -> None:
    """Whatever reads like a sentence is a text that translators are given, or it is nothing people read."""
    known = {*second_forms(), *second_forms().values()}
    unsaid = {ritual.about for ritual in HOUSE if not ritual.command}
    assert not set(sentences(name)) - known - unsaid


@pytest.mark.parametrize("name", ["arrival", "clock", "locales", "storage", "telegram"])
def test_where_no_texts_are_sought_there_are_none(name: str) -> None:
    package = importlib.import_module(f"bot.{name}")
    inside = pkgutil.walk_packages(getattr(package, "__path__", ()), f"bot.{name}.")
    for each in (f"bot.{name}", *(found.name for found in inside)):
        assert not [said for said in sentences(each) if re.search(r"\w \w+ \w", said)]


def sentences(name: str) -> Iterator[str]:
    """Return the strings of a module that people could be meant to read."""
    source = Path(str(importlib.import_module(name).__file__)).read_text(encoding="utf-8")
    yield from sentences_in(ast.parse(source))


def sentences_in(node: ast.AST) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.Expr(value=ast.Constant()) | ast.Raise() | ast.JoinedStr():
                continue
            case ast.Call(func=ast.Attribute(attr=called) | ast.Name(id=called)) if called in NOT_SAID:
                continue
            case ast.Constant(value=str() as said) if re.match(r"[A-Z{][^|]*[a-z]", said):
                yield said
            case _:
                yield from sentences_in(child)


def test_a_text_in_two_places_means_one_thing() -> None:
    """One English text has one translation. Where two things are meant, the English says two things."""
    twice = {key.text for key in KEYS if len(key.places) > 1}
    assert twice <= MEAN_THE_SAME


MEAN_THE_SAME = {
    "Tomorrow",  # is when somebody is asked about a promise
    "In three days",
    "In a week",
    "Send it as it is",  # a thanks, a draft
    "This one is for {who}.",
    "{who}: {words}",
    "Back",  # to the page before
    "Go on",  # with what stood still, or was begun
    "Let it rest",  # a pause, a talk, a repair
    "Open our private chat",
    "{me} is resting here. /start begins again, when two of you want to.",
    "I did not understand that. Reply with a time like 21:30, or tap one.",
    "Less, please",
    "Pause",  # the button that opens one
    "Tell me alone",
    "Not today",
    "Take it back",  # what one told alone
    "That is enough",  # for now, of what is done together
    "What it meant: {words}",
    "None",  # no quiet hours, no pause word: in Spanish both nouns are feminine
}


@pytest.mark.parametrize("language", OTHERS)
def test_a_quoted_button_reads_as_it_does(language: str) -> None:
    """To be told what to tap is of no use where the button says something else."""
    labels = {key.text for key in KEYS if any("button" in note for note in key.notes)}
    quoted = [(key.text, label) for key in KEYS for label in labels if f'"{label}"' in key.text]

    assert quoted
    for said, label in quoted:
        assert translated(label, language) in translated(said, language)


# -- As they are read ------------------------------------------------------------

SAMPLES: dict[str, Value] = {
    **dict.fromkeys(("who", "other", "second", "caller"), ANN),
    **dict.fromkeys(("words", "feeling", "need", "action"), Words(ANN, "\U0001f9d1" * 300)),
    **dict.fromkeys(("what", "value", "third", "about", "every", "language"), Line("Every other evening")),
    **dict.fromkeys(("clock", "hour", "begins", "ends"), time(22, 30)),
    "zone": ZoneInfo("America/Argentina/ComodRivadavia"),
    **dict.fromkeys(("closes", "until", "due", "was", "at"), datetime(2026, 9, 30, 23, tzinfo=UTC)),
    "length": Line("a minute and a half"),
    "n": 1_000,
}


def filled(key: Key) -> Line:
    """Return a text with the longest values that may stand in it."""
    a_day = any(value.startswith("first:") for value in values_in(key.text))
    samples = {**SAMPLES, "first": SAMPLES["closes"] if a_day else ANN}
    names = {value.partition(":")[0] for value in values_in(key.text + key.many)} - {"me"}
    return line(key.text, many=key.many, **{name: samples[name] for name in names})


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_can_be_shown(language: str) -> None:
    reader = Reader("Tend", {ANN: "Ann"}, (BERLIN, LIMA), language, alone=True)
    for key in KEYS:
        shown = plain(filled(key), reader)
        assert shown
        assert "{" not in shown
        assert "}" not in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_answer_to_a_tap_is_whole_with_the_longest_names_and_words(language: str) -> None:
    """Also those that no play comes to: tests/test_laws.py looks at what is said there."""
    reader = Reader(LONG_NAME, {ANN: LONG_NAME}, (BERLIN, LIMA), language)
    whispers = [key for key in KEYS if any("200 characters" in note for note in key.notes)]

    assert len(whispers) > 20
    for key in whispers:
        shown = plain(filled(key), reader, LONGEST_WHISPER)
        ours = list(Formatter().parse(template_of(filled(key), language)))[-1]
        assert units(shown) <= LONGEST_WHISPER
        assert ours[1] is not None or shown.endswith(ours[0]), key.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_label_fits_a_row(language: str) -> None:
    labels = [key for key in KEYS if any(note.startswith(("a button", "a pick")) for note in key.notes)]

    assert len(labels) > 150
    assert not [key.text for key in labels if len(translated(key.text, language)) > ROW]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_command_is_for_fits_a_menu(language: str) -> None:
    assert all(3 <= len(translated(ritual.about, language)) <= 60 for ritual in HOUSE)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_label_is_no_sentence_and_begins_with_a_capital(language: str) -> None:
    """What is picked stands inside a sentence; whatever else is tapped is a label."""
    labels = [key.text for key in KEYS if any(note.startswith("a button") for note in key.notes)]
    for shown in (translated(label, language) for label in labels):
        assert not shown.lstrip("¿")[0].islower()
        assert not shown.endswith(".")


@pytest.mark.parametrize("said", [key for key in KEYS if key.many], ids=lambda key: key.text[:20])
@pytest.mark.parametrize("language", ["en", "es"])
def test_one_is_one_and_any_other_number_is_many(said: Key, language: str) -> None:
    """So it is in these two; a language with other plurals has its own forms."""
    shown = [counted(said.text, said.many, n, language) for n in (0, 1, 2, 5)]
    assert shown[0] == shown[2] == shown[3] != shown[1]
    if language == "en":
        assert shown[:2] == [said.many, said.text]


def test_a_language_may_have_as_many_forms_as_it_needs() -> None:
    written = """
msgid ""
msgstr "Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n%10>1 && n%10<5 && (n<12 || n>14) ? 1 : 2);\\n"

msgid "One guest"
msgid_plural "{n} guests"
msgstr[0] "{n} gość"
msgstr[1] "{n} goście"
msgstr[2] "{n} gości"
"""
    polish = compiled(BytesIO(written.encode()), "pl")

    shown = {n: polish.ngettext("One guest", "{n} guests", n) for n in (0, 1, 2, 5, 12, 22)}
    assert {n for n, form in shown.items() if form == "{n} gość"} == {1}
    assert {n for n, form in shown.items() if form == "{n} goście"} == {2, 22}
    assert {n for n, form in shown.items() if form == "{n} gości"} == {0, 5, 12}


@pytest.mark.parametrize("language", ["en", "", "xx", "../es", "es/../es", "ES", "\ud800"])
def test_a_language_of_no_catalogue_reads_english(language: str) -> None:
    assert translated("Not tonight", language) == "Not tonight"
    assert counted("one", "many", 1, language) == "one"
    assert counted("one", "many", 0, language) == "many"


def test_what_a_catalogue_lacks_and_what_is_empty_reads_as_it_is() -> None:
    assert translated("Nobody has translated this.", "es") == "Nobody has translated this."
    assert translated("", "es") == ""
    guessed = compiled(BytesIO(b'#, fuzzy\nmsgid "Back"\nmsgstr "Espalda"\n'), "es")
    assert guessed.gettext("Back") == "Back"


def test_a_text_in_spanish() -> None:
    """A few sentences as they stand on a phone, so that a reader of the tests has seen them."""
    reader = Reader("Tend", {ANN: "Ann", BEN: "Ben"}, (BERLIN, LIMA), "es")
    feeling, need = (Words(ANN, word, listed=True) for word in ("calm", "a hug"))
    at = datetime(2026, 11, 22, 20, tzinfo=UTC)

    assert plain(say("{who}: {feeling}, needing {need}.", who=ANN, feeling=feeling, need=need), reader) == (
        "Ann: calma. Necesita: un abrazo."
    )
    assert plain(
        say(
            "The check-in is here until {closes:hour}. One feeling, one need: a word for each is enough.",
            closes=at,
        ),
        reader,
    ) == (
        "El encuentro sigue aquí. Un sentimiento, una necesidad: basta una palabra para cada cosa. "
        "Cierre: 21:00 Berlín, 15:00 Lima."
    )
    assert plain(say("{first:day}", first=at), reader) == "domingo, 22 de noviembre"
    assert plain(say("{words}", words=Words(ANN, "calm")), reader) == "calm", "own words stay as they are"


# -- Who reads which ---------------------------------------------------------------


def test_the_room_reads_the_couples_language_and_each_reads_their_own_alone() -> None:
    prefers = Preferences().put(LANGUAGE, "es").put(LANGUAGE, "en", BEN).put(ZONE, LIMA, BEN)
    audience = Audience((ANN, BEN), {ANN: "Ann", BEN: "Ben"}, prefers)

    assert reader_of(audience, None, ME, alone=False).language == "es"
    assert reader_of(audience, ANN, ME, alone=True).language == "es"
    assert reader_of(audience, BEN, ME, alone=True).language == "en"
    assert reader_of(audience, BEN, ME, alone=False).language == "en", "the answer to a tap in the room"


@pytest.fixture
def kind() -> str:
    """One kind of database is enough here."""
    return "sqlite"


@pytest.fixture
def road(store: Store, clock: Time) -> Road:
    """Ann's app speaks Spanish and Ben's English; Ann has brought Tend in, and both have joined."""
    road = Road(store, clock)
    road.ann.language = "es-MX"
    road.hears(Added(road.ann.who, road.ann.room))
    road.ann.taps("Me sumo")
    road.ben.taps("Me sumo")
    road.ann.taps("Sí, somos")
    road.ann.taps("Así está bien")
    road.open_lanes()
    return road


def test_an_evening_in_two_languages(road: Road) -> None:
    """The room speaks that of whoever brought Tend there; each one's private chat speaks their own."""
    assert road.home[0] == "Ann y Ben: ustedes dos."
    assert road.ann.private[-1].startswith("Aquí estamos a solas.")
    assert road.ben.private[-1].startswith("Here we are alone.")

    road.reaches(datetime(2026, 5, 1, 21, tzinfo=BERLIN))
    assert road.home[-1].startswith("Su encuentro de hoy: un sentimiento y una necesidad")
    assert road.ben.taps("alegría").startswith("Kept: glad.")
    assert road.ann.taps("calma").startswith("Guardado: calma.")
    road.ben.writes("calma")
    assert road.ben.private[-1].startswith("Yours tonight: glad, needing calma.")
    road.ann.taps("un abrazo")
    assert road.home[-1].splitlines()[:3] == [
        "Ya hablaron ustedes dos.",
        "Ann: calma. Necesita: un abrazo.",
        "Ben: alegría. Necesita: calma.",
    ]


def test_what_a_text_sets_out_as_is_asked_in_its_writers_language(road: Road) -> None:
    road.reaches(datetime(2026, 5, 1, 21, tzinfo=BERLIN))
    road.ann.writes("Siempre gritas")
    assert road.ann.private[-1].startswith("Una idea sobre lo que escribiste: Siempre gritas")
    road.ben.writes("Siempre gritas")
    assert road.ben.private[-1].startswith("Siempre gritas. And what do you need?")


@pytest.mark.parametrize(
    ("typed", "back"),
    [
        ("hasta las 21:30", "21:30."),
        ("45 minutos", "20:45."),
        ("2 horas, por favor", "22:00."),
        ("un rato", "20:30.\nNo entendí cuánto tiempo, así que es la media hora de siempre. Valen"),
    ],
)
def test_a_pause_in_two_languages(road: Road, typed: str, back: str) -> None:
    road.reaches(datetime(2026, 5, 1, 20, tzinfo=BERLIN))
    road.ann.sends(f"/pause {typed}")
    assert road.home[-1].startswith(
        f"Ann abre una pausa para ustedes dos. Por ahora nada que responder. De vuelta: {back}"
    )
    assert road.ann.private[-1].startswith("Haz algo que ocupe tu atención")
    assert road.ben.private[-1].startswith("Do something that holds your attention")
    assert road.ann.taps("Ya estamos bien") == "Anotado. Cuando lo digan ustedes dos, termina la pausa."
    road.ben.taps("Ya estamos bien")
    assert road.home[-1].startswith("Ya están de vuelta ustedes dos.")


def test_one_chooses_a_language_for_oneself_and_the_room_keeps_its_own(road: Road) -> None:
    road.ben.sends("/settings", private=True)
    road.ben.taps("Language", private=True)
    road.ben.taps("Español", private=True)
    assert "Idioma: Español" in road.ben.private[-1]
    road.ann.sends("/settings")
    road.ann.taps("Idioma")
    road.ann.taps("English")
    road.ann.sends("/help")
    assert road.home[-1].startswith("I keep small rituals")
    road.ann.sends("/help", private=True)
    road.ben.sends("/help", private=True)
    assert road.ann.private[-1].startswith("Cuido pequeños rituales")
    assert road.ben.private[-1].startswith("Cuido pequeños rituales")


# -- At Telegram, and with the host -----------------------------------------------


async def test_commands_are_registered_in_each_language_and_in_english_for_all_others() -> None:
    wire = Wire()
    try:
        bot = raw_bot(Link(BOT.token, wire.address, 15.0), in_flight=1)
        async with bot:
            await register_commands(bot, HOUSE)
        calls = wire.asked("setMyCommands")
    finally:
        wire.close()

    menus = {
        (json.loads(call["scope"])["type"], call.get("language_code", "")): {
            each["command"]: each["description"] for each in json.loads(call["commands"])
        }
        for call in calls
    }
    scopes = "all_group_chats", "all_private_chats", "default"
    assert set(menus) == {(scope, language) for scope in scopes for language in ("", *OTHERS)}
    assert len(calls) == len(menus)
    for (_, language), commands in menus.items():
        for ritual in HOUSE:
            told = commands.get(ritual.command, translated(ritual.about, language))
            assert told == translated(ritual.about, language)
            assert 1 <= len(told) <= LONGEST_DESCRIPTION
    for scope in scopes:
        assert len({tuple(menus[scope, language]) for language in ("", *OTHERS)}) == 1


def test_catalogues_are_in_what_is_built_and_nothing_compiled_is(tmp_path: Path) -> None:
    wheel = next(WheelBuilder(str(HOME)).build(directory=str(tmp_path), versions=["standard"]))
    names = zipfile.ZipFile(wheel).namelist()

    for language in OTHERS:
        assert f"bot/locales/{language}/LC_MESSAGES/tend.po" in names
    assert not [name for name in names if name.endswith((".mo", ".pot"))]
    assert "!bot\n" in (HOME / ".dockerignore").read_text()
    assert "COPY bot ./bot\n" in (HOME / "Dockerfile").read_text()
