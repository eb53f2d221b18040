"""What a week is counted from, and what never counts."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.hours import ZONE
from bot.ritual import Kept, Person, Preferences, Say, Scene, Words
from bot.storage.codec import say_from_json, say_to_json
from bot.telegram.render import Reader, plain
from bot.thanks import TOLD_ALONE
from bot.week import OF_NONE, drawing_of, shown, week_of
from tests.rehearsal import BERLIN, LIMA

ANN, BEN = Person(1), Person(2)
NOW = datetime(2026, 5, 3, 16, tzinfo=UTC)  # a Sunday, six in the evening in Berlin
MONDAY = date(2026, 4, 27)
THE_TWO = Reader("Tend", {ANN: "Ann", BEN: "Ben"}, (BERLIN,))


def scene(*kept: Kept, zone: ZoneInfo = BERLIN) -> Scene:
    return Scene(NOW, (ANN, BEN), kept, Preferences().put(ZONE, zone))


def felt(who: Person, day: date, hour: int = 22, *, shared: bool = True) -> Kept:
    """What one felt on an evening, kept at this hour in Berlin."""
    at = datetime(day.year, day.month, day.day, tzinfo=BERLIN) + timedelta(hours=hour)
    return Kept("feeling", who, Words(who, "calm", listed=True), shared=shared, at=at.astimezone(UTC))


def both_felt(day: date, hour: int = 22) -> list[Kept]:
    return [felt(ANN, day, hour), felt(BEN, day, hour)]


def done(outcome: str, ago: timedelta) -> Kept:
    return Kept("action", ANN, Words(ANN, "tea"), due=NOW - ago, outcome=outcome, at=NOW - ago * 2)


def thanked(ago: timedelta, outcome: str = "") -> Kept:
    return Kept("thanks", BEN, Words(BEN, "the soup"), outcome=outcome, at=NOW - ago)


def said(*kept: Kept) -> str:
    """The week in words."""
    return plain(shown(week_of(scene(*kept)), card="thanks", below=()), THE_TWO)


A_DAY = timedelta(days=1)


# -- Evenings -----------------------------------------------------------------


def test_an_evening_counts_once_both_have_spoken_of_themselves() -> None:
    tuesday, friday = MONDAY + A_DAY, MONDAY + 4 * A_DAY
    week = week_of(scene(*both_felt(friday), *both_felt(tuesday), felt(ANN, MONDAY)))

    assert week.evenings == (tuesday, friday)
    assert week.last == date(2026, 5, 3)


def test_what_one_kept_to_oneself_does_not_count() -> None:
    assert week_of(scene(felt(ANN, MONDAY), felt(BEN, MONDAY, shared=False))).evenings == ()


def test_what_was_said_after_midnight_belongs_to_the_evening_before() -> None:
    assert week_of(scene(*both_felt(MONDAY, hour=25))).evenings == (MONDAY,)


def test_there_are_seven_and_tonight_is_the_last() -> None:
    days = [MONDAY + A_DAY * number for number in range(-3, 7)]
    kept = [thing for day in days for thing in both_felt(day, hour=17)]

    assert week_of(scene(*kept)).evenings == tuple(days[3:])


def test_an_evening_is_that_of_the_couples_clock() -> None:
    monday_in_berlin = both_felt(MONDAY, hour=7)  # and still Sunday in Lima

    assert week_of(scene(*monday_in_berlin)).evenings == (MONDAY,)
    assert week_of(scene(*monday_in_berlin, zone=LIMA)).evenings == ()
    assert week_of(scene(*both_felt(MONDAY + A_DAY, hour=7), zone=LIMA)).evenings == (MONDAY,)


# -- Promises and thanks ------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "counts"),
    [
        ("told", True),
        ("noticed", True),
        ("", False),
        ("asked", False),
        ("done", False),  # told to Tend alone
        ("partly", False),
        ("not yet", False),
        ("let go", False),
        ("gone", False),
    ],
)
def test_a_promise_counts_once_its_doer_has_shown_it(outcome: str, counts: bool) -> None:  # noqa: FBT001 - a table
    assert week_of(scene(done(outcome, A_DAY))).actions == counts


def test_a_thanks_counts_that_was_said_in_the_room() -> None:
    assert week_of(scene(thanked(A_DAY), thanked(A_DAY, TOLD_ALONE))).thanks == 1
    assert week_of(scene(replace(thanked(A_DAY), shared=False))).thanks == 0


@pytest.mark.parametrize("days", [7, 8, 30])
def test_what_is_older_than_a_week_does_not_count(days: int) -> None:
    week = week_of(scene(thanked(days * A_DAY), done("told", days * A_DAY)))

    assert (week.actions, week.thanks) == (0, 0)


def test_what_was_promised_for_a_day_to_come_is_not_of_this_week() -> None:
    assert week_of(scene(done("told", -2 * A_DAY))).actions == 0


def test_no_line_of_it_is_anybodys() -> None:
    """It counts the two together: whoever it was, it reads the same."""
    anns = [thanked(A_DAY), done("told", A_DAY)]
    bens = [replace(thing, by=ANN if thing.by == BEN else BEN) for thing in anns]

    assert week_of(scene(*anns)) == week_of(scene(*bens))


# -- As it reads --------------------------------------------------------------


def test_what_there_was_not_is_not_named() -> None:
    a_thanks, a_promise = thanked(A_DAY), done("told", A_DAY)

    assert said() == OF_NONE
    assert said(a_thanks) == "Your week together: 1 thank-you said."
    assert said(a_promise, a_promise) == "Your week together: 2 promises done."
    assert said(a_promise, a_thanks) == "Your week together: 1 promise done and 1 thank-you said."
    assert (
        said(*both_felt(MONDAY), a_promise, a_thanks, a_thanks)
        == "Your week together: 1 evening kept, 1 promise done and 2 thank-yous said."
    )


def test_the_title_of_an_empty_week_is_kind() -> None:
    assert plain(drawing_of(week_of(scene())).title, THE_TWO) == "A quiet week"
    assert plain(drawing_of(week_of(scene(thanked(A_DAY)))).title, THE_TWO) == "Your week together"


def test_it_is_the_same_after_it_lay_in_the_outbox() -> None:
    card = shown(week_of(scene(*both_felt(MONDAY), thanked(A_DAY))), card="thanks", below=())

    again = say_from_json(say_to_json(card))
    assert again == card
    assert isinstance(again, Say)
    assert again.drawing is not None
    assert again.drawing.lit == (MONDAY,)
    assert [mark.sign for mark in again.drawing.marks] == ["lamp", "heart"]
