"""A review: what was repaired comes back once, on its evening, and the two look at how it holds."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.hours import ZONE
from bot.mending import WARM
from bot.ritual import whisper
from bot.rituals.repair import TAKEN_ALREADY
from bot.rituals.review import GOES_ON, IT_HOLDS, LET_IT_BE, LOOKS, NOTHING_YET
from bot.shell import PASSED
from tests.rehearsal import BERLIN
from tests.test_repair import CHANGE, LEFT, Scene, done, kept, tells, two, words_kept

COMES_BACK = f"""About eight weeks ago you two repaired something. How does it hold?
Said by Ben: {LEFT}
Ben, from then on: {CHANGE}
Together: A walk together"""
LOOKED_AT = COMES_BACK.replace(COMES_BACK.splitlines()[0], LOOKS)
THE_ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "America/Santiago",
    "Australia/Lord_Howe",
    "Asia/Tehran",
    "UTC",
)


def reviewing() -> Scene:
    """Eight weeks later."""
    stage = done()
    stage[-1].passes(weeks=8)
    return stage


def test_its_three_steps_come_back_once_in_eight_weeks() -> None:
    room, ann, ben, clock = done()
    before = len(room.shown)

    clock.passes(weeks=8, hours=-2)
    assert len(room.shown) == before
    clock.passes(hours=2)
    (card,) = room.shown[before:]
    assert (card.text, card.at) == (COMES_BACK, datetime(2026, 6, 26, 18, 30, tzinfo=BERLIN))
    assert room.labels == ["It holds", "Change it", "Let this go"]
    clock.passes(weeks=20)

    assert room.texts[before:] == [COMES_BACK]
    assert room.labels == ann.private == []
    assert ben.labels == []


@pytest.mark.parametrize("zone", THE_ZONES)
@pytest.mark.parametrize("month", range(1, 13))
def test_the_evening_in_eight_weeks_is_the_same_hour_across_every_change_of_clock(
    zone: str, month: int
) -> None:
    here, on = ZoneInfo(zone), date(2026, month, 14)
    room, _, _, clock = done(at="12:00", on=on, prefers={ZONE: here})
    begun = room.stage.now.astimezone(here).date()
    clock.passes(weeks=9)

    at = room.shown[-1].at.astimezone(here)
    assert room.texts[-1] == COMES_BACK
    assert (at.date(), at.time()) == (begun + timedelta(weeks=8), time(18, 30))


def test_it_holds_and_is_asked_about_no_further() -> None:
    room, _, ben, clock = reviewing()

    ben.taps("It holds")
    clock.passes(weeks=20)

    assert room.texts[-1] == IT_HOLDS
    assert [head.outcome for head in kept(room, "repair")] == ["holds"]
    assert LEFT in words_kept(room)


def test_it_is_let_go_with_its_words() -> None:
    room, ann, _, clock = reviewing()

    ann.taps("Let this go")
    clock.passes(weeks=20)

    assert room.texts[-1] == LET_IT_BE
    assert words_kept(room) == [CHANGE]  # as a promise


def test_it_is_changed_and_comes_back_in_eight_weeks() -> None:
    room, ann, ben, clock = reviewing()

    ann.taps("Change it")
    assert (
        room.texts[-1] == "Ben, what will you do differently from now on? One thing, as: When ..., I will ..."
    )
    ben.replies("When I am late, I will write.")
    ben.taps("Without a date")
    assert room.texts[-1] == f"{WARM}\nAnn would like: A walk together"
    ben.taps("Yes, that")
    clock.passes(weeks=8)

    assert room.texts[-1] == COMES_BACK.replace(CHANGE, "When I am late, I will write.")


def test_both_at_once_look_at_it_and_the_first_tap_holds() -> None:
    room, ann, ben, _ = reviewing()
    card = room.shown[-1]
    holds, _, let_go = card.say.buttons

    ann.taps_on(card, holds)
    ben.taps_on(card, let_go)

    assert room.texts[-1] == IT_HOLDS
    assert ben.whispered[-1] == PASSED


def test_two_of_one_day_come_back_on_two_evenings() -> None:
    room, ann, ben, clock = done()
    ann.sends("/repair")
    tells(ann, "I want to repair something", "I was late.")
    ben.taps("I feel heard")
    ann.taps("It is good as it is")
    ann.taps("Enough for today")

    clock.passes(weeks=9)

    days = [shown.at.date() for shown in room.shown if shown.text.startswith("About eight weeks ago")]
    assert days == [date(2026, 6, 26), date(2026, 6, 27)]


def test_after_weeks_away_each_comes_back_on_an_evening_of_its_own() -> None:
    room, ann, ben, clock = done()
    ann.sends("/repair")
    tells(ann, "I want to repair something", "I was late.")
    ben.taps("I feel heard")
    ann.taps("It is good as it is")
    ann.taps("Enough for today")

    clock.is_away(weeks=10, hours=15)  # until Saturday at eleven
    clock.passes(days=3)

    shown = [each for each in room.shown if each.text.startswith("About eight weeks ago")]
    assert [f"{each.at.astimezone(BERLIN):%a %H:%M}" for each in shown] == ["Sat 11:00", "Sun 18:30"]
    assert [each.text.splitlines()[1] for each in shown] == [
        f"Said by Ben: {LEFT}",
        "Said by Ann: I was late.",
    ]


def test_late_in_the_night_it_waits_for_the_evening() -> None:
    room, _, _, clock = done()

    clock.is_away(weeks=8, hours=7)
    assert COMES_BACK not in room.texts
    clock.reaches("18:30")

    assert room.texts[-1] == COMES_BACK


def test_who_has_left_is_asked_no_more() -> None:
    room, ann, _, clock = done()
    before = len(room.shown)

    room.stage.part()
    clock.passes(weeks=10)

    assert len(room.shown) == before
    assert ann.private == []


# -- Whenever they like ---------------------------------------------------------


def test_either_may_look_at_the_last_one_before_its_evening() -> None:
    room, ann, ben, clock = done()

    ann.sends("/review")
    assert room.texts[-1] == LOOKED_AT
    assert room.labels == ["It holds", "Change it", "Let this go"]
    ben.taps("It holds")
    clock.passes(weeks=20)

    assert room.texts[-1] == IT_HOLDS
    assert room.texts.count(COMES_BACK) == 0


def test_looked_at_alone_it_stays_alone_and_still_comes_back() -> None:
    room, ann, _, clock = done()
    before = len(room.texts)

    ann.sends("/review", private=True)
    assert ann.private[-1] == LOOKED_AT
    clock.passes(days=2)
    assert ann.labels == []
    assert len(room.texts) == before
    clock.passes(weeks=8)

    assert room.texts[-1] == COMES_BACK


def test_where_nothing_is_repaired_yet_it_says_what_there_will_be() -> None:
    room, ann, _, _ = two()

    ann.sends("/review")

    assert room.texts == [NOTHING_YET]
    assert room.stage.rows == {}


def test_what_one_goes_on_with_the_other_cannot_let_go() -> None:
    room, ann, ben, _ = reviewing()
    review = room.shown[-1]
    ann.taps("Change it")

    ben.taps_on(review, review.say.buttons[-1])

    assert ben.whispered[-1] == GOES_ON
    assert review.labels == []
    ben.replies("When I am late, I will write.")
    ben.taps("Without a date")
    ben.taps("Enough for today")
    assert LEFT in words_kept(room)


def test_both_go_on_with_it_at_once_and_it_is_one() -> None:
    room, ann, ben, _ = reviewing()

    ann.taps("Change it")
    ben.taps("Change it")

    assert room.stage.heard[-1][-1].whisper == whisper(TAKEN_ALREADY)
    assert len([text for text in room.texts if text.startswith("Ben, what will you do differently")]) == 1


def test_what_was_let_go_is_looked_at_no_more() -> None:
    room, ann, _, _ = reviewing()
    ann.taps("Let this go")

    ann.sends("/review")

    assert room.texts[-1] == NOTHING_YET
