"""From templates and values to what a reader sees: markup, lock screens, clocks, lengths, directions."""

import string
from datetime import UTC, date, datetime, time, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.playground.markup import parse_html
from bot.ritual import Button, Kept, Line, Person, Words, line, say, whisper
from bot.shell import LONGEST_ANSWER, MOST_WORDS
from bot.telegram.render import (
    LONGEST_LABEL,
    LONGEST_TEXT,
    LONGEST_WHISPER,
    Reader,
    label,
    plain,
    text,
    units,
)

ANN, BEN = Person(1), Person(2)
BERLIN, LIMA, ROME = ZoneInfo("Europe/Berlin"), ZoneInfo("America/Lima"), ZoneInfo("Europe/Rome")
ROOM = Reader("Tend", {ANN: "Ann", BEN: "Ben"}, (BERLIN,))
ALONE = Reader("Tend", {ANN: "Ann", BEN: "Ben"}, (BERLIN,), alone=True)
APART = Reader("Tend", {ANN: "Ann", BEN: "Ben"}, (BERLIN, LIMA))
NINE = datetime(2026, 5, 1, 19, tzinfo=UTC)

anything = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=400)


# -- Markup -------------------------------------------------------------------


@pytest.mark.parametrize("written", ["<b>bold</b>", "a < b & c > d", "</tg-spoiler>", "&lt;", '<a href="x">'])
def test_markup_in_somebodys_words_stays_text(written: str) -> None:
    for reader in (ROOM, ALONE):
        shown, _ = parse_html(text(say("{words}", words=Words(ANN, written)), reader))
        assert shown == written
    assert plain(say("{words}", words=Words(ANN, written)), ROOM) == written


@pytest.mark.parametrize("name", ["<i>Ann</i>", "A&B", "{me}", "{0}", "{ann.name}"])
def test_markup_and_braces_in_a_name_stay_text(name: str) -> None:
    reader = Reader(name, {ANN: name}, (BERLIN,))
    shown, entities = parse_html(text(say("{who} and {me}", who=ANN), reader))
    assert (shown, entities) == (f"{name} and {name}", [])


def test_markup_in_a_template_is_text_as_well() -> None:
    assert text(say("1 < 2 & {n}", n=3), ROOM) == "1 &lt; 2 &amp; 3"


@pytest.mark.parametrize(
    "written", ["{me}", "{words}", "{", "}", "{}", "{0.__class__}", "{words!r}", "%s", "{:>999}"]
)
def test_braces_in_words_are_words(written: str) -> None:
    assert plain(say("{words}", words=Words(ANN, written)), ROOM) == written


@given(anything, anything)
def test_no_words_and_no_name_can_break_a_message(written: str, name: str) -> None:
    reader = Reader("Tend", {ANN: name}, (BERLIN,), alone=True)
    said = say("{who} says {words}.", who=ANN, words=Words(ANN, written))
    shown, entities = parse_html(text(said, reader))
    assert shown.startswith(name)
    assert {entity["type"] for entity in entities} <= {"spoiler"}
    assert "<tg-spoiler>" not in plain(said, reader)


# -- Lock screens -------------------------------------------------------------


def test_words_are_behind_a_spoiler_in_private_and_open_in_the_room() -> None:
    said = say("Kept: {words}", words=Words(ANN, "calm"))
    assert text(said, ALONE) == "Kept: <tg-spoiler>calm</tg-spoiler>"
    assert text(said, ROOM) == "Kept: calm"


def test_what_was_kept_is_behind_it_too_and_words_in_lines_below() -> None:
    said = say(
        "{thing}", below=[line("{words}", words=Words(ANN, "b"))], thing=Kept("action", ANN, Words(ANN, "a"))
    )
    assert text(said, ALONE) == "<tg-spoiler>a</tg-spoiler>\n<tg-spoiler>b</tg-spoiler>"


def test_our_own_name_and_listed_labels_need_none() -> None:
    assert text(say("{me}"), ALONE) == "Tend"
    assert label(Button(line("{clock}", clock=time(9))), ALONE) == "09:00"


# -- Clocks -------------------------------------------------------------------


def test_one_clock_needs_no_name_and_two_clocks_have_theirs() -> None:
    said = say("At {at:hour}.", at=NINE)
    assert plain(said, ROOM) == "At 21:00."
    assert plain(said, APART) == "At 21:00 Berlin, 14:00 Lima."


def test_two_clocks_that_show_the_same_are_one() -> None:
    assert plain(say("{at:hour}", at=NINE), Reader("Tend", {}, (BERLIN, ROME))) == "21:00"


def test_an_hour_is_that_of_its_season() -> None:
    summer, winter = datetime(2026, 7, 1, 19, tzinfo=UTC), datetime(2026, 12, 1, 19, tzinfo=UTC)
    assert plain(say("{a:hour} {b:hour}", a=summer, b=winter), ROOM) == "21:00 20:00"


def test_days_times_spans_and_places_read_as_people_say_them() -> None:
    said = say(
        "{at:day}, {day}, {clock}, {span}, {zone}",
        at=NINE, day=date(2026, 5, 1), clock=time(7, 5), span=timedelta(minutes=5, seconds=3), zone=LIMA,
    )  # fmt: skip
    assert plain(said, ROOM) == "Friday, 1 May, Friday, 1 May 2026, 07:05, 5:03, Lima"


def test_a_day_is_that_of_the_readers_clock() -> None:
    late = datetime(2026, 5, 1, 23, tzinfo=UTC)
    assert plain(say("{at:day}", at=late), ROOM) == "Saturday, 2 May"
    assert plain(say("{at:day}", at=late), Reader("Tend", {}, (LIMA,))) == "Friday, 1 May"


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en", "Sunday, 22 November"),
        ("es", "domingo, 22 de noviembre"),
        ("de", "Sonntag, 22. November"),
        ("fr", "dimanche 22 novembre"),
        ("ja", "11月22日日曜日"),
        ("hu", "november 22., vasárnap"),
        ("he", "יום ראשון, 22 בנובמבר"),
    ],
)
def test_a_day_reads_in_the_order_of_its_language(language: str, shown: str) -> None:
    at = datetime(2026, 11, 22, 20, tzinfo=UTC)
    assert plain(say("{at:day}", at=at), Reader("Tend", {}, (BERLIN,), language)) == shown


def test_places_read_in_the_readers_language() -> None:
    said = say("{at:hour}, {zone}", at=NINE, zone=ROME)
    reader = Reader("Tend", {}, (BERLIN, LIMA), "es")
    assert plain(said, reader) == "21:00 Berlín, 14:00 Lima, Roma"


# -- Languages ----------------------------------------------------------------


def test_templates_labels_and_listed_words_read_in_the_readers_language_and_own_words_do_not() -> None:
    reader = Reader("Tend", {ANN: "Ann"}, (BERLIN,), "es")
    said = say(
        "{who}: {feeling}.",
        who=ANN,
        feeling=Words(ANN, "calm", listed=True),
        below=[line("{what}: {value}", what=Line("Rhythm"), value=Line("Every evening"))],
    )
    assert plain(said, reader) == "Ann: calma.\nRitmo: Cada noche"
    assert plain(say("{who}: {feeling}.", who=ANN, feeling=Words(ANN, "calm")), reader) == "Ann: calm."
    assert label(Button("Not tonight", "not tonight"), reader) == "Esta noche no"
    assert label(Button("Not tonight", "not tonight"), ROOM) == "Not tonight"


@pytest.mark.parametrize(
    ("n", "shown"), [(0, "0 guests"), (1, "one guest"), (2, "2 guests"), (5, "5 guests")]
)
def test_a_text_that_counts_has_a_form_for_its_number(n: int, shown: str) -> None:
    assert plain(say("one guest", many="{n} guests", n=n), ROOM) == shown
    assert plain(say("x", below=[line("one guest", many="{n} guests", n=n)]), ROOM) == f"x\n{shown}"


def test_a_text_that_counts_nothing_is_an_error_of_ours() -> None:
    with pytest.raises(ValueError, match="counts"):
        plain(say("one guest", many="{n} guests", n=ANN), ROOM)


# -- Lengths ------------------------------------------------------------------


@pytest.mark.parametrize("letter", ["a", "é", "😀", "👩‍👩‍👧", "<", "&", "\u202e"])
@pytest.mark.parametrize("reader", [ROOM, ALONE])
def test_as_many_words_as_the_shell_lets_through_fit_into_a_message(letter: str, reader: Reader) -> None:
    words = [Words(ANN, letter * (LONGEST_ANSWER // len(letter))) for _ in range(MOST_WORDS)]
    shown, _ = parse_html(
        text(say("{w}", below=[line("{w}", w=each) for each in words[1:]], w=words[0]), reader)
    )
    assert units(shown) <= LONGEST_TEXT


@pytest.mark.parametrize("letter", ["a", "é", "😀", "<"])
def test_a_whisper_is_cut_in_the_words_and_never_in_an_emoji(letter: str) -> None:
    shown = plain(
        whisper("Kept: {words}. It stands on the card.", words=Words(ANN, letter * 300)),
        ROOM,
        LONGEST_WHISPER,
    )
    assert units(shown) <= LONGEST_WHISPER
    assert shown.endswith("…. It stands on the card.")
    shown.encode()


def test_a_whisper_of_two_keeps_as_much_of_each_as_fits() -> None:
    long = Words(ANN, "😀" * 300)
    shown = plain(whisper("Yours: {a}, needing {b}.", a=long, b=long), ROOM, LONGEST_WHISPER)
    assert 100 < units(shown) <= LONGEST_WHISPER
    assert ", needing 😀" in shown


def test_what_is_all_ours_and_too_long_is_cut_between_characters() -> None:
    shown = plain(whisper("😀" * 150), ROOM, 199)
    assert shown == "😀" * 99


def test_a_label_is_cut_to_what_a_phone_shows() -> None:
    shown = label(Button(line("{words}", words=Words(ANN, "long " * 60))), ROOM)
    assert units(shown) <= LONGEST_LABEL
    assert shown.endswith("…")


@given(anything, st.sampled_from([LONGEST_WHISPER, LONGEST_TEXT]))
def test_nothing_ever_exceeds_its_limit(written: str, limit: int) -> None:
    said = say("{a} {b} {c}", a=Words(ANN, written), b=Words(BEN, written * 3), c=Words(BEN, written))
    shown = plain(said, ROOM, limit)
    assert units(shown) <= limit
    shown.encode()


# -- Directions ---------------------------------------------------------------


@pytest.mark.parametrize("mark", ["\u202e", "\u202b", "\u2067", "\u200f"])
def test_words_that_turn_the_direction_turn_only_themselves(mark: str) -> None:
    shown = plain(say("{words} and Ben", words=Words(ANN, f"{mark}evil")), ROOM)
    assert shown.startswith(f"\u2068{mark}evil")
    assert balanced(shown)


@pytest.mark.parametrize("written", ["\u2069\u202eevil", "\u202c\u2069\u2069\u202eevil", "\u202eevil\u2067"])
def test_words_cannot_end_their_own_isolation(written: str) -> None:
    shown = plain(say("{words} and Ben", words=Words(ANN, written)), ROOM)
    assert balanced(shown)


def test_a_name_turns_only_itself() -> None:
    reader = Reader("Tend", {ANN: "\u202eAnn", BEN: "Ben"}, (BERLIN,))
    assert plain(say("{a} and {b}", a=ANN, b=BEN), reader) == "\u2068\u202eAnn\u202c\u2069 and Ben"


@given(
    st.text(
        st.sampled_from("ab\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"), min_size=1
    )
)
def test_no_marks_of_direction_reach_beyond_their_words(written: str) -> None:
    assert balanced(plain(say("{words}!", words=Words(ANN, written)), ROOM))


def balanced(shown: str) -> bool:
    """Whether all marks of direction are nested, and none stands outside the words' own isolation."""
    ends = {"\u202a": "\u202c", "\u202b": "\u202c", "\u202d": "\u202c", "\u202e": "\u202c"}
    ends |= {"\u2066": "\u2069", "\u2067": "\u2069", "\u2068": "\u2069"}
    still_open: list[str] = []
    for char in shown:
        if char in ends:
            if not still_open and char != "\u2068":
                return False
            still_open.append(ends[char])
        elif char in ends.values() and (not still_open or still_open.pop() != char):
            return False
    return not still_open


# -- The rest -----------------------------------------------------------------


def test_whoever_is_unknown_is_an_ellipsis() -> None:
    assert plain(say("{who}", who=Person(9)), ROOM) == "…"


def test_listed_words_and_lines_within_lines_read_as_templates_do() -> None:
    inner = Line("it is {clock}", {"clock": time(21)})
    said = say("{feeling}, {what}", feeling=Words(ANN, "calm", listed=True), what=inner)
    assert plain(said, ROOM) == "calm, it is 21:00"


def test_a_kept_thing_without_words_shows_nothing_of_its_insides() -> None:
    shown = plain(say("{thing}", thing=Kept("knock", ANN)), ROOM)
    assert "Kept(" not in shown
    assert "Person" not in shown


def test_escaping_is_what_telegram_reads_back() -> None:
    written = string.printable.replace("\r", "").replace("\x0b", "").replace("\x0c", "")
    assert unescape(text(say("{words}", words=Words(ANN, written)), ROOM)) == written
