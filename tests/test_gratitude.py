"""Gratitude, as two people live it."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.hours import ANCHOR, GOOD_HOURS, HOUR, QUIET, ZONE, Span, evening_of, good_hour, is_good_hour
from bot.ritual import Kept, Person, Preference, Preferences, Words
from bot.rituals.check_in import CHECK_IN
from bot.rituals.gratitude import (
    ANY_DAY,
    ASKS,
    DELIVERED,
    GRATITUDE,
    NO_HOUR,
    NOT_NOW,
    STANDS,
    STANDS_THERE,
    SUNDAY,
    SUNDAY_HOUR,
    SUNDAY_LATE,
    TAKEN_BACK,
    TRIES,
    sunday,
)
from bot.rituals.jar import ALL_ALONE, JAR
from bot.rituals.pause import PAUSE
from bot.shell import CLOSED, PASSED, TOO_LONG
from bot.storage import couples, keepsakes
from bot.storage.store import Store, Tx
from bot.thanks import ANSWER_IT, FOR_YOU, ON_ITS_WAY, WHAT_MEANT
from tests.databases import Time
from tests.rehearsal import BERLIN, FIRST_DAY, LIMA, Clock, Player, Room, rehearse
from tests.road import Road

TEA, HELD = "for making tea on Tuesday", "I felt looked after"
INVITES_BEN = "That is said, and kept. Ben, if it touched you: a tap or a reply says so."
INVITES_BOTH = (
    "You have both said thanks, and it is kept. If something touched you: a tap or a reply says so."
)
WHAT_DID = (
    "What did the other do that did you good? One thing, in a line.\n"
    "What you write here goes to Ben alone, at a good hour."
)
SOMEDAY, SUNDAY_DATE = FIRST_DAY, FIRST_DAY + timedelta(days=2)
ASLEEP_BY_DAY = Span(time(7), time(19, 30))
THE_ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "America/Lima",
    "America/Santiago",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "Asia/Tehran",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "Pacific/Apia",
    "Africa/Casablanca",
    "UTC",
]


def day(
    at: str = "20:00", on: date = SOMEDAY, prefers: dict[Preference[Any], Any] | None = None
) -> tuple[Room, Player, Player, Clock]:
    """Ann and Ben, whose evenings have begun, on a Friday at eight."""
    return rehearse(
        CHECK_IN, PAUSE, GRATITUDE, JAR, at=at, on=on, prefers={ANCHOR: date(2027, 1, 1), **(prefers or {})}
    )


def on_sunday(prefers: dict[Preference[Any], Any] | None = None) -> tuple[Room, Player, Player, Clock]:
    """Ann and Ben, with Sunday's card before them."""
    stage = day("17:30", SUNDAY_DATE, prefers)
    stage[-1].reaches("18:00")
    return stage


def told_alone(prefers: dict[Preference[Any], Any] | None = None) -> tuple[Room, Player, Player, Clock]:
    """Ann has told a thanks alone, in one line."""
    stage = day(prefers=prefers)
    stage[1].sends(f"/thanks {TEA}", private=True)
    return stage


def delivered() -> tuple[Room, Player, Player, Clock]:
    """It has reached Ben, on Saturday morning."""
    stage = told_alone()
    stage[-1].reaches("08:30")
    return stage


def by_berlin(room: Room) -> list[str]:
    """When and what the room read, by the couple's clock."""
    return [f"{shown.at.astimezone(BERLIN):%a %H:%M} {shown.text}" for shown in room.shown]


# -- Sunday -------------------------------------------------------------------


def test_on_sunday_one_card_comes() -> None:
    room, ann, ben, _ = on_sunday()

    assert room.texts == [SUNDAY]
    assert room.labels == ["Tell me alone", "Not today"]
    assert ann.private == ben.private == []


def test_silence_is_the_end_of_it() -> None:
    room, ann, ben, clock = on_sunday()

    clock.passes(days=6)

    assert room.texts == [SUNDAY]
    assert room.labels == []
    assert not room.shown[0].edited
    assert ann.private == ben.private == []


def test_weeks_of_silence_are_one_card_a_week() -> None:
    room, ann, ben, clock = on_sunday()

    clock.passes(weeks=8)

    assert by_berlin(room) == [f"Sun 18:00 {SUNDAY}"] * 9
    assert ann.private == ben.private == []


def test_not_today_is_one_tap_and_looks_like_silence() -> None:
    room, ann, ben, clock = on_sunday()

    ann.taps("Not today")
    clock.passes(days=6)

    assert ann.whispered == [NOT_NOW]
    assert room.texts == [SUNDAY]
    assert not room.shown[0].edited
    assert ben.whispered == ben.private == ann.private == []


def test_nothing_comes_before_the_evenings_have_begun() -> None:
    room, _, _, clock = rehearse(GRATITUDE)

    clock.passes(weeks=3)

    assert room.texts == []


def test_the_hour_is_theirs_and_so_is_having_none() -> None:
    room, _, _, clock = day("08:00", SUNDAY_DATE, {SUNDAY_HOUR: time(11)})
    clock.passes(days=1)
    assert by_berlin(room) == [f"Sun 11:00 {SUNDAY}"]

    room, _, _, clock = day(prefers={SUNDAY_HOUR: None})
    clock.passes(weeks=4)
    assert room.texts == []


def test_an_hour_of_their_own_can_be_typed() -> None:
    assert SUNDAY_HOUR.reads
    assert SUNDAY_HOUR.reads("17:15") == time(17, 15)
    assert {option.value for option in SUNDAY_HOUR.options} >= {None, SUNDAY_HOUR.default}


def test_late_is_said_and_what_is_past_is_left_out() -> None:
    room, _, _, clock = day("17:30", SUNDAY_DATE)
    clock.is_away(hours=2)
    assert room.texts == [SUNDAY_LATE]

    room, _, _, clock = day("17:30", SUNDAY_DATE)
    clock.is_away(hours=4)
    assert room.texts == []


def test_of_several_sundays_away_only_the_latest_can_come() -> None:
    room, _, _, clock = day()

    clock.is_away(days=23, hours=-1)

    assert room.texts == [SUNDAY_LATE]


def test_a_thanks_of_that_day_does_not_stand_in_for_the_card() -> None:
    """Who told something alone would be given away by a card that stays out."""
    room, ann, ben, clock = day("10:00", SUNDAY_DATE)
    ann.sends(f"/thanks {TEA}", private=True)
    ben.sends("/thanks")
    clock.reaches("18:00")

    assert room.texts == [ANY_DAY, SUNDAY]


def test_a_pause_keeps_the_card_back() -> None:
    room, ann, ben, clock = day("17:45", SUNDAY_DATE)
    ann.sends("/pause 30")

    clock.reaches("18:30")
    assert not [text for text in room.texts if text.startswith("Sunday")]
    ann.taps("I'm back")
    ben.taps("I'm back")
    clock.reaches("18:40")

    assert room.texts[-1] == SUNDAY_LATE


@pytest.mark.parametrize("zone", THE_ZONES)
@pytest.mark.parametrize("hour", [time(18), time(2, 30), time(0)])
def test_in_a_year_every_sunday_calls_once(zone: str, hour: time) -> None:
    prefers = Preferences().put(ZONE, ZoneInfo(zone)).put(ANCHOR, date(2026, 1, 1)).put(SUNDAY_HOUR, hour)
    at, called = datetime(2026, 1, 1, tzinfo=UTC), []
    while (at := sunday(prefers, at) or at).astimezone(ZoneInfo(zone)).year == 2026:
        called.append(at.astimezone(ZoneInfo(zone)))

    assert [moment.date() for moment in called] == [date(2026, 1, 4) + timedelta(weeks=n) for n in range(52)]
    shifted = [moment for moment in called if moment.time().replace(tzinfo=None) != hour]
    assert len(shifted) <= 1  # a gap in spring moves one of them, by the gap
    assert all(timedelta() < moment - at_hour(moment, hour) <= timedelta(hours=1) for moment in shifted)


def at_hour(moment: datetime, hour: time) -> datetime:
    return datetime.combine(moment.date(), hour, moment.tzinfo)


@pytest.mark.parametrize("zone", THE_ZONES)
def test_a_year_of_sundays_shows_one_card_each(zone: str) -> None:
    here = ZoneInfo(zone)
    room, _, _, clock = day("12:00", date(2026, 1, 1), {ZONE: here, ANCHOR: date(2027, 1, 1), HOUR: time(21)})
    clock.stage.runs(datetime(2026, 12, 31, tzinfo=UTC))

    shown = [each.at.astimezone(here) for each in room.shown if each.text == SUNDAY]
    assert len(room.texts) == len(shown) == 52
    assert {moment.strftime("%a %H:%M") for moment in shown} == {"Sun 18:00"}
    assert len({moment.date() for moment in shown}) == 52


# -- In the room --------------------------------------------------------------


def test_a_reply_is_kept_and_the_other_is_invited_once() -> None:
    room, ann, ben, clock = on_sunday()

    ann.replies(TEA)
    assert room.texts == [SUNDAY, INVITES_BEN]
    assert room.labels == ["That touched me"]
    clock.passes(days=6)

    assert room.texts == [SUNDAY, INVITES_BEN]
    assert room.labels == []
    assert ann.private == ben.private == []
    assert [(thing.kind, thing.by, thing.shared) for thing in room.stage.kept] == [
        ("thanks", ann.person, True)
    ]


def test_the_other_answers_with_a_tap() -> None:
    room, ann, ben, _ = on_sunday()
    ann.replies(TEA)

    ben.taps("That touched me")

    assert room.texts == [SUNDAY, f"{INVITES_BEN}\nThat touched Ben."]
    assert "That touched me" not in room.labels
    assert ben.whispered == ["Ann can read it now."]


def test_the_other_answers_in_words_and_nothing_is_said_on_top() -> None:
    room, ann, ben, _ = on_sunday()
    ann.replies(TEA)

    ben.replies("that made my week")

    assert room.texts == [SUNDAY, INVITES_BEN]
    assert len(room.stage.kept) == 1


def test_whoever_said_it_cannot_answer_it() -> None:
    room, ann, _, _ = on_sunday()
    ann.replies(TEA)

    ann.taps("That touched me")

    assert ann.whispered == ["This one is for Ben."]
    assert room.texts[-1] == INVITES_BEN


def test_both_may_say_it_and_the_invitation_stays_one_message() -> None:
    room, ann, ben, _ = on_sunday()
    ann.replies(TEA)

    ben.replies("for the walk", to=SUNDAY)
    assert room.texts == [SUNDAY, INVITES_BOTH]
    ann.taps("That touched me")
    ann.taps("That touched me")
    ben.taps("That touched me")

    assert room.texts == [SUNDAY, f"{INVITES_BOTH}\nThat touched Ann.\nThat touched Ben."]
    assert ann.whispered == ["Ben can read it now.", STANDS_THERE]
    assert "That touched me" not in room.shown[-1].labels
    assert [thing.by for thing in room.stage.kept] == [ann.person, ben.person]


def test_in_one_line_it_works_on_any_day() -> None:
    room, ann, ben, _ = day()

    ann.sends(f"/thanks {TEA}, {HELD}")
    assert room.texts == [INVITES_BEN]
    ben.taps("That touched me")

    assert room.texts == [f"{INVITES_BEN}\nThat touched Ben."]


def test_without_words_the_command_asks_the_two() -> None:
    room, ann, ben, _ = day()

    ann.sends("/thanks")
    assert room.texts == [ANY_DAY]
    assert room.labels == ["Tell me alone"]
    ben.replies("for the walk")

    assert room.texts[1].startswith("That is said, and kept. Ann, if it touched you")


def test_an_edit_changes_what_is_kept() -> None:
    room, ann, _, _ = on_sunday()
    line = ann.replies("for makng tea")
    ann.replies("for the walk", to=SUNDAY)

    ann.edits(line, "for making tea")

    assert sorted(words.text for thing in room.stage.kept if (words := thing.words)) == [
        "for making tea",
        "for the walk",
    ]
    assert room.texts == [SUNDAY, INVITES_BEN]


def test_an_edited_command_changes_what_is_kept() -> None:
    room, ann, _, _ = day()
    line = ann.sends("/thanks for makng tea")

    ann.edits(line, "/thanks for making tea")

    assert [words.text for thing in room.stage.kept if (words := thing.words)] == ["for making tea"]
    assert room.texts == [INVITES_BEN]


def test_what_is_too_long_is_refused_kindly() -> None:
    room, ann, _, _ = on_sunday()

    ann.replies("tea " * 80)

    assert room.texts == [SUNDAY, TOO_LONG]
    assert room.stage.kept == []


def test_an_invitation_ends_quietly() -> None:
    room, ann, ben, clock = on_sunday()
    ann.replies(TEA)

    clock.passes(hours=STANDS.total_seconds() / 3600)
    ben.taps("That touched me")

    assert ben.whispered == [PASSED]
    assert room.texts == [SUNDAY, INVITES_BEN]


# -- Told alone ---------------------------------------------------------------


def test_alone_it_is_asked_in_two_steps() -> None:
    room, ann, ben, clock = on_sunday()

    ann.taps("Tell me alone")
    assert ann.private == [WHAT_DID]
    ann.writes(TEA)
    assert ann.private[-1] == f"{WHAT_MEANT}\nFor Ben: {TEA}"
    assert ann.labels == ["Send it as it is", "Take it back"]
    ann.writes(HELD)
    assert ann.private[-1] == f"{ON_ITS_WAY}\nFor Ben: {TEA}\nWhat it meant: {HELD}"
    clock.reaches("08:30")

    assert ben.private == [f"{FOR_YOU}\nAnn thanks you: {TEA}\nWhat it meant: {HELD}\n{ANSWER_IT}"]
    assert ann.private[-1].startswith("Delivered, and kept in the jar of you two.")
    assert room.texts == [SUNDAY]


def test_the_question_says_that_telling_it_sends_it() -> None:
    _, ann, _, _ = on_sunday()

    ann.taps("Tell me alone")

    assert "goes to Ben alone, at a good hour" in ann.private[0]


def test_the_second_step_can_be_left_out() -> None:
    _, ann, ben, clock = on_sunday()
    ann.taps("Tell me alone")
    ann.writes(TEA)

    ann.taps("Send it as it is")
    assert ann.private[-1] == f"{ON_ITS_WAY}\nFor Ben: {TEA}"
    clock.reaches("08:30")

    assert f"Ann thanks you: {TEA}\nA tap" in ben.private[0]


def test_without_a_second_step_it_goes_as_it_is() -> None:
    _, ann, ben, clock = on_sunday()
    ann.taps("Tell me alone")
    ann.writes(TEA)

    clock.passes(minutes=31)
    assert ann.private[-1] == f"{ON_ITS_WAY}\nFor Ben: {TEA}"
    clock.reaches("08:30")

    assert TEA in ben.private[0]


def test_one_message_may_carry_both() -> None:
    _, ann, ben, clock = on_sunday()
    ann.taps("Tell me alone")

    ann.writes(f"{TEA} / {HELD}")
    clock.reaches("08:30")

    assert f"Ann thanks you: {TEA}\nWhat it meant: {HELD}" in ben.private[0]


def test_a_question_nobody_answers_ends_quietly() -> None:
    _, ann, ben, clock = on_sunday()
    ann.taps("Tell me alone")

    clock.passes(days=2)

    assert ann.private == [WHAT_DID]
    assert ann.labels == []
    assert ben.private == []


def test_not_today_works_alone_too() -> None:
    _, ann, ben, clock = on_sunday()
    ann.taps("Tell me alone")

    ann.taps("Not today")
    clock.passes(days=2)

    assert ann.private == [NOT_NOW]
    assert ben.private == []


def test_both_may_tell_theirs_alone() -> None:
    room, ann, ben, clock = on_sunday()
    ann.taps("Tell me alone")
    ben.taps("Tell me alone")
    ann.writes(f"{TEA} / {HELD}")
    ben.writes("for the walk / I came home rested")

    clock.reaches("08:30")

    assert TEA in ben.private[-1]
    assert "for the walk" in ann.private[-1]
    assert room.texts == [SUNDAY]


def test_a_shut_lane_is_asked_when_it_opens() -> None:
    _, ann, _, _ = on_sunday()
    ann.shuts_lane()

    ann.taps("Tell me alone")
    assert ann.private == []
    ann.opens_lane()

    assert ann.private == [WHAT_DID]


def test_nobody_else_reads_it_before_its_hour_nor_ever() -> None:
    room, _, ben, clock = told_alone()

    clock.reaches("08:29")
    assert ben.private == []
    clock.passes(days=10)

    assert TEA not in "".join(room.texts)
    assert not any(TEA in shown.text for shown in room.stage.cleo.sees())


def test_in_the_lane_one_line_is_on_its_way_at_once() -> None:
    _, ann, _, _ = told_alone()

    assert ann.private == [f"{ON_ITS_WAY}\nFor Ben: {TEA}"]
    assert ann.labels == ["Take it back"]


def test_it_can_be_taken_back_until_it_is_delivered() -> None:
    room, ann, ben, clock = told_alone()

    ann.taps("Take it back")
    clock.passes(days=3)

    assert ann.private == [TAKEN_BACK]
    assert ben.private == []
    assert room.stage.kept == []


def test_delivered_it_cannot_be_taken_back() -> None:
    _, ann, ben, _ = delivered()

    assert ann.labels == []
    assert len(ben.private) == 1


def test_it_can_be_changed_until_it_is_delivered() -> None:
    _, ann, ben, clock = on_sunday()
    ann.taps("Tell me alone")
    did = ann.writes("for makng tea")
    meant = ann.writes(HELD)

    ann.edits(did, TEA, private=True)
    assert ann.private[-1] == f"{ON_ITS_WAY}\nFor Ben: {TEA}\nWhat it meant: {HELD}"
    ann.edits(meant, "I felt at home", private=True)
    assert ann.private[-1] == f"{ON_ITS_WAY}\nFor Ben: {TEA}\nWhat it meant: I felt at home"
    clock.reaches("08:30")
    ann.edits(did, "for nothing", private=True)

    assert f"Ann thanks you: {TEA}\nWhat it meant: I felt at home" in ben.private[0]
    assert ann.private[-1] == CLOSED
    assert len(ben.private) == 1


def test_an_edited_command_is_changed_on_its_way() -> None:
    _, ann, ben, clock = day()
    line = ann.sends("/thanks for makng tea", private=True)

    ann.edits(line, f"/thanks {TEA}", private=True)
    clock.reaches("08:30")

    assert f"Ann thanks you: {TEA}\n" in ben.private[0]


def test_several_are_on_their_way_at_once() -> None:
    _, ann, ben, clock = told_alone()
    ann.sends("/thanks for the walk", private=True)
    ann.sends("/thanks for the song", private=True)
    ann.taps("Take it back")

    clock.reaches("08:30")

    assert [TEA in text or "for the walk" in text for text in ben.private] == [True, True]


def test_the_first_line_for_the_other_names_nobody() -> None:
    _, _, ben, _ = delivered()

    assert ben.private[0].partition("\n")[0] == FOR_YOU


# -- A good hour --------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "arrives"),
    [
        ("07:40", "Fri 08:30"),
        ("08:01", "Fri 12:30"),
        ("12:00", "Fri 18:30"),
        ("17:59", "Fri 18:30"),
        ("18:05", "Sat 08:30"),
        ("23:50", "Sat 08:30"),
        ("03:10", "Fri 08:30"),
    ],
)
def test_it_arrives_at_the_next_good_hour_but_not_at_once(told: str, arrives: str) -> None:
    _, ann, ben, clock = day(told)
    ann.sends(f"/thanks {TEA}", private=True)
    clock.passes(days=1)

    assert [f"{shown.at.astimezone(BERLIN):%a %H:%M}" for shown in ben.sees()] == [arrives]


def test_the_clock_is_the_readers() -> None:
    room, ann, ben, clock = day()
    room.stage.prefers = room.stage.prefers.put(ZONE, LIMA, ben.person)

    ann.sends(f"/thanks {TEA}", private=True)
    clock.passes(days=1)

    assert [f"{shown.at.astimezone(LIMA):%a %H:%M}" for shown in ben.sees()] == ["Fri 18:30"]


def test_no_good_hour_is_in_quiet_hours() -> None:
    room, ann, ben, clock = day()
    room.stage.prefers = room.stage.prefers.put(QUIET, Span(time(22), time(11)), ben.person)

    ann.sends(f"/thanks {TEA}", private=True)
    clock.passes(days=1)

    assert [f"{shown.at.astimezone(BERLIN):%a %H:%M}" for shown in ben.sees()] == ["Sat 12:30"]


def test_whoever_sleeps_by_day_has_the_hour_of_getting_up() -> None:
    prefers = Preferences().put(ZONE, BERLIN).put(QUIET, ASLEEP_BY_DAY)
    now = datetime(2026, 5, 1, 10, tzinfo=BERLIN)

    assert good_hour(prefers, now).astimezone(BERLIN).time() == ASLEEP_BY_DAY.ends
    assert not is_good_hour(prefers, now.replace(hour=12, minute=30))
    assert is_good_hour(prefers, now.replace(hour=19, minute=35))


@pytest.mark.parametrize("zone", THE_ZONES)
def test_a_good_hour_is_never_at_night_nor_far_away(zone: str) -> None:
    here = ZoneInfo(zone)
    prefers = Preferences().put(ZONE, here)
    at, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    while at < end:
        found = good_hour(prefers, at)
        assert timedelta() < found - at <= timedelta(hours=15)
        assert found.astimezone(here).time() in GOOD_HOURS
        at += timedelta(hours=5, minutes=7)


def test_in_a_pause_it_waits_and_comes_at_a_good_hour_afterwards() -> None:
    _, ann, ben, clock = day("08:10")
    ann.sends(f"/thanks {TEA}", private=True)
    clock.reaches("12:10")
    ben.sends("/pause 60")

    clock.reaches("13:10")
    ann.taps("I'm back")
    ben.taps("I'm back")
    clock.reaches("18:29")
    assert not any(TEA in text for text in ben.private)
    clock.reaches("18:40")

    assert any(TEA in text for text in ben.private)


def test_after_a_time_away_it_comes_at_the_next_good_hour() -> None:
    _, _, ben, clock = told_alone()

    clock.is_away(hours=14)
    assert ben.private == []
    clock.reaches("12:30")

    assert TEA in ben.private[0]


def test_for_a_shut_lane_it_waits_and_the_room_reads_nothing() -> None:
    room, ann, ben, clock = told_alone()
    ben.shuts_lane()

    clock.passes(days=4)
    assert ben.private == []
    assert room.texts == [SUNDAY]
    assert ann.labels == ["Take it back"]
    ben.opens_lane()
    clock.passes(days=1)

    assert TEA in ben.private[0]
    assert ann.private[0].startswith("Delivered")


def test_what_finds_no_hour_in_a_month_is_given_back() -> None:
    room, ann, ben, clock = told_alone(prefers={SUNDAY_HOUR: None})
    ben.shuts_lane()

    clock.passes(days=TRIES.days + 1)
    ben.opens_lane()
    clock.passes(days=2)

    assert ann.private == [f"{NO_HOUR}\nFor Ben: {TEA}"]
    assert ben.private == []
    assert not room.texts
    assert not room.stage.kept


# -- A word back --------------------------------------------------------------


def test_a_tap_goes_back_at_a_good_hour() -> None:
    room, ann, ben, clock = delivered()

    ben.taps("That touched me")
    assert ben.whispered == ["Kept. It goes back at a good hour."]
    assert ben.private[-1] == f"{ON_ITS_WAY}\nFor Ann: That touched me"
    assert len(ann.private) == 1
    clock.reaches("12:30")

    assert ann.private[-1] == f"A word back for you.\nYou thanked Ben: {TEA}\nBen: That touched me"
    assert ben.private[-1] == f"{DELIVERED}\nFor Ann: That touched me"
    assert room.texts == []


def test_a_few_words_go_back_the_same_way() -> None:
    room, ann, ben, clock = delivered()

    ben.writes("I had forgotten that")
    assert not any("forgotten" in text for text in ann.private)
    clock.reaches("12:30")

    assert ann.private[-1].endswith(f"You thanked Ben: {TEA}\nBen: I had forgotten that")
    assert ann.labels == []
    assert not any("forgotten" in text for text in room.texts)


def test_an_answer_can_be_taken_back() -> None:
    _, ann, ben, clock = delivered()
    ben.writes("hm")

    ben.taps("Take it back")
    clock.passes(days=9)

    assert ben.private[-1] == TAKEN_BACK
    assert len(ann.private) == 1


def test_an_answer_can_be_changed_and_the_thanks_no_more() -> None:
    _, ann, ben, clock = told_alone()
    line = ann.sends("/thanks for the walk", private=True)
    clock.reaches("08:30")
    answer = ben.writes("hm")

    ben.edits(answer, "I liked it, too", private=True)
    ann.edits(line, "/thanks for nothing", private=True)
    clock.reaches("12:30")

    assert any(text.endswith("Ben: I liked it, too") for text in ann.private)
    assert not any("for nothing" in shown.text for shown in ann.stage.shown if shown.say.to == ben.person)


def test_nobody_is_asked_twice_for_an_answer() -> None:
    room, ann, ben, clock = delivered()

    clock.passes(weeks=2)

    assert len(ben.private) == len(ann.private) == 1
    assert ben.labels == []
    assert room.texts == [SUNDAY] * 2


def test_plain_words_are_taken_for_an_answer_for_some_hours_only() -> None:
    _, ann, ben, clock = delivered()

    clock.passes(hours=ASKS.total_seconds() / 3600, minutes=1)
    assert ben.labels == ["That touched me", "A few words back"]
    with pytest.raises(AssertionError, match="nothing asks"):
        ben.writes("I feel tired")
    ben.taps("A few words back")
    ben.writes("that made my week")
    clock.passes(days=1)

    assert ann.private[-1].endswith("Ben: that made my week")


def test_a_tap_is_welcome_for_a_week() -> None:
    _, ann, ben, clock = delivered()

    clock.passes(days=5)
    ben.taps("That touched me")
    clock.passes(days=1)

    assert ann.private[-1].endswith("Ben: That touched me")


def test_an_answer_is_not_answered() -> None:
    _, ann, ben, clock = delivered()
    ben.taps("That touched me")
    clock.reaches("12:30")

    assert ann.labels == []
    with pytest.raises(AssertionError, match="nothing asks"):
        ann.writes("and that touched me")


def test_the_check_in_of_the_day_is_its_own() -> None:
    """A thanks on its way takes no plain words that are meant for the evening."""
    _, ann, _, clock = day(prefers={ANCHOR: SOMEDAY})
    ann.sends(f"/thanks {TEA}", private=True)
    clock.reaches("21:00")

    ann.taps("Tell me alone")
    ann.writes("a bit lost")

    assert ann.private[-1].startswith("a bit lost. And what do you need?")


def test_the_evening_of_a_sunday_is_untouched() -> None:
    room, _, _, clock = day("17:30", SUNDAY_DATE, {ANCHOR: SOMEDAY})

    clock.reaches("21:00")

    assert [evening_of(shown.at, BERLIN) for shown in room.shown] == [SUNDAY_DATE] * 2
    assert [shown.say.card for shown in room.shown] == ["thanks", "tonight"]


# -- On the road, in a database -----------------------------------------------


@pytest.fixture
def road(store: Store, clock: Time) -> Road:
    """Ann and Ben, whose evenings begin today, a Friday; their private chats are open."""
    road = Road(store, clock).joined()
    road.open_lanes()
    return road


def test_told_alone_it_goes_all_the_way_and_back(road: Road) -> None:
    road.reaches(datetime(2026, 5, 3, 18, 1, tzinfo=BERLIN))
    assert road.home[-1] == SUNDAY
    road.ann.taps("Tell me alone")
    road.ben.taps("Tell me alone")
    road.ann.writes(TEA)
    road.ann.writes(HELD)
    road.ben.writes("for the walk / I came home rested")

    road.reaches(datetime(2026, 5, 4, 8, 31, tzinfo=BERLIN))
    assert f"Ann thanks you: {TEA}\nWhat it meant: {HELD}" in road.ben.private[-1]
    assert "Ben thanks you: for the walk\nWhat it meant: I came home rested" in road.ann.private[-1]
    road.ben.writes("that made my week")
    assert road.ann.taps("That touched me", private=True) == "Kept. It goes back at a good hour."
    road.reaches(datetime(2026, 5, 4, 12, 31, tzinfo=BERLIN))

    assert road.ann.private[-1].endswith("Ben: that made my week")
    assert road.ben.private[-1].endswith("Ann: That touched me")
    assert not [text for text in road.home if TEA in text or "the walk" in text]
    kept = {thing.words.text: thing for thing in road.kept() if thing.kind == "thanks" and thing.words}
    assert set(kept) == {f"{TEA} / {HELD}", "for the walk / I came home rested"}
    assert all(thing.shared for thing in kept.values())
    road.ann.sends("/jar", private=True)
    assert "the walk" in road.ann.private[-1] or TEA in road.ann.private[-1]
    road.ann.sends("/jar")
    assert road.home[-1] == ALL_ALONE


def test_sundays_hour_comes_once_a_week_whatever_is_said_by_hand(road: Road) -> None:
    road.reaches(datetime(2026, 5, 3, 12, tzinfo=BERLIN))
    road.ann.sends(f"/thanks {TEA}", private=True)
    road.ben.sends("/thanks for the walk")
    road.ann.sends("/thanks")

    road.reaches(datetime(2026, 5, 18, 12, tzinfo=BERLIN))

    assert road.home.count(SUNDAY) == 3
    assert road.call(GRATITUDE) == datetime(2026, 5, 24, 18, tzinfo=BERLIN)


def test_another_sunday_hour_moves_it_and_none_ends_it(road: Road) -> None:
    road.ann.sends("/settings")
    road.ann.taps("Sunday thanks")
    road.ann.taps("Sundays at 11:00")
    assert road.call(GRATITUDE) == datetime(2026, 5, 3, 11, tzinfo=BERLIN)
    road.ann.taps("Sunday thanks")
    road.ann.taps("Not on Sundays")

    assert road.call(GRATITUDE) is None
    assert "Ann has changed this for you two. Sunday thanks: Not on Sundays." in road.home


def test_the_jar_reaches_its_bottom_in_a_database(road: Road) -> None:
    def fill(tx: Tx) -> None:
        couple = road.couple(tx)
        who = couples.people_of(tx, couple)[0].id
        for number in range(GRATITUDE.looks_back + 5):
            words = Words(Person(who), f"number {number}.")
            keepsakes.keep(tx, couple, Kept("thanks", words.by, words, due=tx.now if number else None))

    road.look(fill)
    road.ann.sends("/jar")

    assert road.home[-1].endswith("number 0.")
