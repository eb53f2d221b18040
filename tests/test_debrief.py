"""The debrief, as two people live it."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.answers import TAKEN_BACK, UNSEEN
from bot.hours import ANCHOR, HOUR, ZONE, evening_of, turn_of
from bot.ritual import Preference
from bot.rituals.check_in import CHECK_IN
from bot.rituals.debrief import (
    DEBRIEF,
    DEBRIEF_HOUR,
    ENDED,
    GIVE_THANKS,
    GOES_ON,
    HERE_OR_ALONE,
    HERE_OR_ALONE_LATE,
    LEFT_ALONE,
    NEXT_WEEK,
    PAINFUL,
    QUESTIONS,
    STAYED,
    THANKED,
    TO_COME,
    TOUCH,
    WAS_PAINFUL,
    WELL,
    WENT_WELL,
    debrief_hour,
)
from bot.rituals.gratitude import GRATITUDE, SUNDAY, SUNDAY_HOUR
from bot.rituals.jar import JAR
from bot.rituals.pause import PAUSE
from bot.rituals.repair import REPAIR
from bot.shell import CLOSED, HINT, PASSED, ROOM_IS_OPEN
from bot.week import OF_NONE
from tests.rehearsal import BERLIN, FIRST_DAY, Clock, Player, Room, rehearse

SUNDAY_DATE = FIRST_DAY + timedelta(days=2)
LEFT = "It rests here. Until Tuesday, 5 May you two can take it up."
ASKED = [question.asks for question in QUESTIONS]
SOUP, WALK, ALONE, HOUR_OFF = (
    "the soup on Tuesday",
    "our walk",
    "I felt alone on Friday",
    "an hour of nothing",
)


def sunday(
    at: str = "17:30", prefers: dict[Preference[Any], Any] | None = None, on: date = SUNDAY_DATE
) -> tuple[Room, Player, Player, Clock]:
    """Ann and Ben, whose evenings have begun, with a debrief at six."""
    chosen: dict[Preference[Any], Any] = {ANCHOR: date(2026, 4, 1), DEBRIEF_HOUR: time(18), **(prefers or {})}
    return rehearse(CHECK_IN, PAUSE, REPAIR, GRATITUDE, DEBRIEF, JAR, at=at, on=on, prefers=chosen)


def opened(prefers: dict[Preference[Any], Any] | None = None) -> tuple[Room, Player, Player, Clock]:
    """Their week stands before them, with the first question."""
    stage = sunday(prefers=prefers)
    stage[-1].reaches("18:00")
    return stage


def at_question(number: int) -> tuple[Room, Player, Player, Clock]:
    """They have gone on so often without a word."""
    stage = opened()
    for _ in range(number):
        stage[1].taps("Go on")
    return stage


def is_over(room: Room) -> bool:
    """Whether nothing of it is open any more."""
    return not [row for row in room.stage.rows.values() if row.ritual is DEBRIEF]


def kinds(room: Room) -> list[tuple[str, str]]:
    """What was kept of a debrief, and of whom."""
    names = {player.person: player.name for player in room.stage.players}
    return [(thing.kind, names[thing.by]) for thing in room.stage.kept if thing.by and thing.kind != HINT]


# -- Sunday -------------------------------------------------------------------


def test_it_comes_only_where_the_two_have_chosen_it() -> None:
    room, _, _, clock = sunday(prefers={DEBRIEF_HOUR: None})

    clock.reaches("18:30")

    assert room.texts == [SUNDAY]


def test_it_begins_with_their_week_drawn_and_the_same_in_words() -> None:
    room, ann, ben, _ = opened()

    assert room.texts == [f"{OF_NONE}\n{GIVE_THANKS}\n{HERE_OR_ALONE}"]
    assert room.shown[0].say.drawing is not None
    assert room.labels == ["Tell me alone", "Go on", "Not today"]
    assert ann.private == ben.private == []


def test_it_stands_in_for_the_nudge_and_for_the_check_in_of_that_night() -> None:
    room, _, _, clock = opened()

    clock.reaches("23:30")
    assert len(room.texts) == 1

    clock.reaches("21:00")
    assert [text.split(",")[0] for text in room.texts[1:]] == ["Your check-in"]


@pytest.mark.parametrize("nudge", [time(11), time(18), time(20)])
@pytest.mark.parametrize("evening", [time(17), time(18), time(21)])
def test_whatever_their_hours_sunday_has_one_prompt_and_the_other_days_their_own(
    nudge: time, evening: time
) -> None:
    room, _, _, clock = sunday(
        at="06:00", prefers={SUNDAY_HOUR: nudge, HOUR: evening}, on=SUNDAY_DATE - timedelta(days=1)
    )

    clock.passes(days=3)

    opened = [shown for shown in room.shown if shown.say.card in {"tonight", "thanks"}]
    firsts = {shown.row.id: shown for shown in reversed(opened)}
    assert [f"{shown.at.astimezone(BERLIN):%a}" for shown in reversed(firsts.values())] == [
        "Sat",
        "Sun",
        "Mon",
    ]
    assert {shown.row.ritual for shown in firsts.values() if shown.at.astimezone(BERLIN).weekday() == 6} == {
        DEBRIEF
    }


def test_one_begun_by_hand_stands_in_for_what_would_come_that_evening_too() -> None:
    room, ann, _, clock = sunday(at="17:00", prefers={DEBRIEF_HOUR: None})

    ann.sends("/debrief")
    clock.reaches("23:30")
    assert [shown.row.ritual for shown in room.shown] == [DEBRIEF]

    clock.passes(days=1)
    assert CHECK_IN in {shown.row.ritual for shown in room.shown}


def test_where_the_debrief_is_past_the_check_in_comes() -> None:
    room, _, _, clock = sunday(at="17:00")

    clock.is_away(hours=3, minutes=30)  # until half past eight, when too little of it is left
    clock.reaches("21:30")

    assert [shown.row.ritual for shown in room.shown] == [CHECK_IN]


def test_late_is_said() -> None:
    room, _, _, clock = sunday(at="17:50")

    clock.is_away(minutes=40)

    assert room.texts == [f"{OF_NONE}\n{GIVE_THANKS}\n{HERE_OR_ALONE_LATE}"]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Santiago", "Australia/Lord_Howe", "Africa/Cairo"])
def test_across_every_change_of_clock_it_is_sunday_at_six(zone: str) -> None:
    there = ZoneInfo(zone)
    prefers = sunday(prefers={ZONE: there})[0].stage.prefers
    at = datetime(2026, 1, 1, tzinfo=UTC)
    for _ in range(104):
        hour = debrief_hour(prefers, at)
        assert hour is not None
        shown = hour.astimezone(there)
        assert (shown.weekday(), shown.hour, shown.minute) == (6, 18, 0)
        assert timedelta(days=6) < hour - at < timedelta(days=8) or at.day == 1
        at = hour


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Beirut", "America/Santiago", "Africa/Cairo"])
def test_an_evening_turns_where_it_is_said_to_turn(zone: str) -> None:
    there = ZoneInfo(zone)
    for day in range(366):
        evening = date(2026, 1, 1) + timedelta(days=day)
        turn = turn_of(evening, there)
        assert evening_of(turn, there) == evening
        assert evening_of(turn - timedelta(seconds=1), there) == evening - timedelta(days=1)


# -- Step by step -------------------------------------------------------------


def test_all_four_questions_and_a_touch() -> None:
    room, ann, ben, clock = opened()
    for words in (SOUP, WALK, ALONE, HOUR_OFF):
        ann.replies(f"{words}, says Ann")
        ben.replies(f"{words}, says Ben")

    heads = [THANKED, WELL, PAINFUL, TO_COME]
    said = [f"Ann: {words}, says Ann\nBen: {words}, says Ben" for words in (SOUP, WALK, ALONE, HOUR_OFF)]
    cards = [f"{head}\n{both}" for head, both in zip(heads, said, strict=True)]
    assert room.texts == [f"{OF_NONE}\n{cards[0]}", *cards[1:], TOUCH]
    assert room.labels == ["That was good"]

    ben.taps("That was good")
    assert room.texts[-1] == ENDED
    assert is_over(room)
    clock.passes(hours=20)
    assert len(room.texts) == 5


def test_what_one_tells_alone_is_unseen_until_both_have_answered() -> None:
    room, ann, ben, _ = opened()

    ann.taps("Tell me alone")
    ann.writes(SOUP)
    assert ann.private == [f"{GIVE_THANKS}\n{UNSEEN}", f"Kept: {SOUP}\n{UNSEEN}"]
    assert SOUP not in "".join([*room.texts, *ben.private, *ben.whispered])

    ben.replies(WALK)
    assert room.texts[0] == f"{OF_NONE}\n{THANKED}\nAnn: {SOUP}\nBen: {WALK}"
    assert room.texts[1] == f"{WENT_WELL}\n{HERE_OR_ALONE}"
    assert ann.private[-1] == f"{WENT_WELL}\n{UNSEEN}"
    assert ben.private == []


@pytest.mark.parametrize("number", range(4))
def test_what_one_tells_alone_stays_unseen_when_either_goes_on_before_the_other_has_answered(
    number: int,
) -> None:
    room, ann, ben, _ = at_question(number)
    ann.taps("Tell me alone")
    ann.writes(ALONE)

    (ben if number % 2 else ann).taps("Go on")

    assert ALONE not in "".join([*room.texts, *ben.private])
    assert STAYED in ann.private[-1]
    assert not [thing for thing in room.stage.kept if thing.words and thing.words.text == ALONE]


def test_what_rests_is_shown_by_nobody_who_takes_it_up_and_can_be_taken_back() -> None:
    room, ann, ben, _ = opened()
    ann.taps("Tell me alone")
    ann.writes(ALONE)
    ann.taps("Not today")
    ben.taps("Take it up")
    ben.taps("Go on")
    assert ALONE not in "".join([*room.texts, *ben.private])

    ann.writes(ALONE)
    ben.taps("That is enough")
    ann.taps("Take it back")
    assert ann.private[-1] == TAKEN_BACK
    ben.taps("Take it up")
    ben.replies(WALK)
    assert ALONE not in "".join(room.texts)


def test_a_question_that_the_other_leads_on_to_takes_no_words_that_are_meant_for_a_draft() -> None:
    room, ann, ben, _ = opened()
    ann.taps("Tell me alone")
    ann.writes(SOUP)
    ann.sends("/repair", private=True)
    ann.taps("Something hurt me")

    ben.taps("Go on")
    ann.writes("When you lied, I felt small")
    ben.replies(WALK)
    ben.taps("Go on")

    assert "When you lied" not in "".join(room.texts)


def test_whoever_types_into_the_room_is_told_once_alone_where_unseen_answers_go() -> None:
    room, ann, ben, clock = opened()
    ann.replies(SOUP)
    ben.writes(WALK)
    assert ann.private == [ROOM_IS_OPEN]
    assert ROOM_IS_OPEN not in "".join([*room.texts, *ben.private])

    ann.replies(ALONE)
    ben.taps("That is enough")
    clock.passes(days=1)
    ann.sends("/checkin calm / sleep")
    assert ann.private.count(ROOM_IS_OPEN) == 1


def test_until_then_it_can_be_changed_and_taken_back() -> None:
    room, ann, ben, _ = opened()
    ann.taps("Tell me alone")
    first = ann.writes(SOUP)
    ann.edits(first, WALK, private=True)
    assert ann.private[-1] == f"Kept: {WALK}\n{UNSEEN}"

    ann.taps("Take it back")
    assert ann.private[-1] == TAKEN_BACK
    ben.taps("Go on")

    assert room.texts == [f"{OF_NONE}\n{GIVE_THANKS}", f"{WENT_WELL}\n{HERE_OR_ALONE}"]
    assert kinds(room) == []


def test_a_further_private_line_says_in_whose_place_it_stands_and_an_edit_does_not() -> None:
    room, ann, ben, _ = opened()
    ann.taps("Tell me alone")
    ann.writes(SOUP)
    second = ann.writes(WALK)
    assert ann.private[-1] == f"Kept: {WALK}\nIt stands in place of: {SOUP}\n{UNSEEN}"

    ann.edits(second, ALONE, private=True)
    assert ann.private[-1] == f"Kept: {ALONE}\n{UNSEEN}"
    ben.replies(HOUR_OFF)
    assert room.texts[0] == f"{OF_NONE}\n{THANKED}\nAnn: {ALONE}\nBen: {HOUR_OFF}"


@pytest.mark.parametrize("number", range(4))
def test_a_plain_private_line_answers_what_the_room_is_asked(number: int) -> None:
    room, ann, ben, _ = at_question(number)

    ann.writes(SOUP)
    assert ann.private == [f"Kept: {SOUP}\n{UNSEEN}"]
    assert SOUP not in "".join([*room.texts, *ben.private])

    ben.replies(WALK)
    assert SOUP in "".join(room.texts)


def test_what_was_shown_is_not_changed_by_an_edit() -> None:
    room, ann, _, _ = opened()
    first = ann.replies(SOUP)
    ann.taps("Go on")

    ann.edits(first, WALK)

    assert room.texts[0] == f"{OF_NONE}\n{THANKED}\nAnn: {SOUP}"
    assert room.texts[-1] == CLOSED


def test_one_line_behind_the_command_is_the_first_answer_and_its_edit_no_other() -> None:
    room, ann, ben, _ = sunday(prefers={DEBRIEF_HOUR: None})
    first = ann.sends(f"/debrief {SOUP}")
    ann.edits(first, f"/debrief {WALK}")
    ben.taps("Go on")
    ann.edits(first, f"/debrief {ALONE}")
    ben.taps("Go on")

    assert room.texts[0] == f"{OF_NONE}\n{THANKED}\nAnn: {WALK}"
    assert ALONE not in "".join(room.texts)


def test_asked_for_alone_it_stands_in_the_room_and_asks_alone() -> None:
    room, ann, _, _ = sunday()

    ann.sends("/debrief", private=True)

    assert room.texts == [f"{OF_NONE}\n{GIVE_THANKS}\n{HERE_OR_ALONE}"]
    assert ann.private == [f"{GIVE_THANKS}\n{UNSEEN}"]


def test_thanks_go_into_the_jar_and_what_was_painful_is_kept_nowhere() -> None:
    room, ann, ben, _ = opened()
    for words in (SOUP, WALK, ALONE, HOUR_OFF):
        ann.replies(words)
        ben.taps("Go on")

    assert kinds(room) == [("thanks", "Ann"), ("went well", "Ann"), ("next week", "Ann")]
    ben.sends("/jar")
    assert SOUP in room.texts[-1]


@pytest.mark.parametrize("number", range(4))
def test_both_tap_go_on_at_once_and_no_question_is_skipped(number: int) -> None:
    room, ann, ben, _ = at_question(number)
    card = room.shown[-1]
    button = next(each for each in card.say.buttons if each.tap == "go on")

    ann.taps_on(card, button)
    ben.taps_on(card, button)

    assert len(room.texts) == number + 2
    assert ben.whispered == [PASSED]


@pytest.mark.parametrize("number", range(4))
def test_one_goes_on_and_one_stops_at_once_and_the_first_is_heard(number: int) -> None:
    room, ann, ben, _ = at_question(number)
    card = room.shown[-1]
    on, stop = (next(each for each in card.say.buttons if each.tap == tap) for tap in ("go on", "stop"))

    ann.taps_on(card, stop)
    ben.taps_on(card, on)

    assert len(room.texts) == number + 1
    assert room.texts[-1].endswith(LEFT)
    assert ben.whispered == [PASSED]


# -- It rests -----------------------------------------------------------------


@pytest.mark.parametrize("said", ["nothing", "alone", "in the room"])
@pytest.mark.parametrize("number", range(4))
def test_stopping_and_silence_look_alike_and_name_nobody(number: int, said: str) -> None:
    def half_said() -> tuple[Room, Player, Player, Clock]:
        stage = at_question(number)
        if said == "alone":
            stage[1].taps("Tell me alone")
            stage[1].writes(SOUP)
        elif said == "in the room":
            stage[1].replies(SOUP)
        return stage

    silent, *_, clock = half_said()
    clock.passes(hours=2)
    stopped, ann, ben, _ = half_said()
    ben.taps("Not today" if number == 0 else "That is enough")

    assert stopped.texts == silent.texts
    assert stopped.texts[-1].endswith(LEFT)
    assert stopped.labels == silent.labels == ["Take it up"]
    assert SOUP not in "".join([*stopped.texts, *ben.private, *ben.whispered])
    own = {"nothing": [], "alone": [LEFT_ALONE], "in the room": [ROOM_IS_OPEN]}
    assert ann.private[-1:] == own[said]
    assert kinds(stopped) == []


@pytest.mark.parametrize("number", range(4))
def test_it_is_taken_up_where_it_was_with_the_words_already_given(number: int) -> None:
    room, ann, ben, clock = at_question(number)
    ann.taps("Tell me alone")
    ann.writes(SOUP)
    clock.passes(hours=30)
    assert room.texts[number].endswith(LEFT)

    ben.taps("Take it up")
    assert room.texts[-1].endswith(f"{ASKED[number]}\n{HERE_OR_ALONE}")
    assert SOUP not in "".join([*room.texts, *ben.private, *ben.whispered])
    assert ann.private[-1] == f"Kept: {SOUP}\n{UNSEEN}"
    ben.replies(WALK)

    shown = next(text for text in room.texts if SOUP in text)
    assert shown.endswith(f"Ann: {SOUP}\nBen: {WALK}")


@pytest.mark.parametrize("number", range(4))
def test_nobody_takes_it_up_and_that_is_all(number: int) -> None:
    room, ann, ben, clock = at_question(number)
    ann.taps("Tell me alone")
    ann.writes(SOUP)
    before = len(room.texts)

    clock.runs_out()

    assert is_over(room)
    assert len(room.texts) == before
    assert SOUP not in "".join([*room.texts, *ben.private, *ben.whispered])
    assert kinds(room) == []


def test_the_touch_needs_no_answer() -> None:
    room, _, _, clock = at_question(4)

    clock.passes(hours=3)

    assert room.texts[-1] == TOUCH
    assert room.labels == []
    assert is_over(room)


def test_what_rests_keeps_no_other_debrief_away() -> None:
    room, ann, _, clock = opened()
    clock.passes(hours=20)

    ann.sends("/debrief")
    assert room.texts[-1] == f"{OF_NONE}\n{GIVE_THANKS}\n{HERE_OR_ALONE}"

    clock.passes(days=7)
    assert len([shown for shown in room.shown if shown.say.drawing]) == 3


@pytest.mark.parametrize("number", range(4))
def test_begun_by_hand_while_one_rests_it_is_the_same_one_that_goes_on(number: int) -> None:
    room, ann, ben, clock = at_question(number)
    ann.writes(SOUP)
    ann.taps("Not today" if number == 0 else "That is enough")
    clock.passes(hours=5)

    ben.sends("/debrief")

    assert room.texts[-1].endswith(f"{ASKED[number]}\n{HERE_OR_ALONE}")
    assert ann.private[-1] == f"Kept: {SOUP}\n{UNSEEN}"
    assert len([row for row in room.stage.rows.values() if row.ritual is DEBRIEF]) == 1
    ben.sends("/debrief", private=True)
    assert ben.private[-1] == f"{ASKED[number]}\n{UNSEEN}"
    ben.writes(WALK)
    assert f"Ann: {SOUP}\nBen: {WALK}" in "".join(room.texts)


def test_words_behind_the_command_take_up_what_rests_at_its_thanks_and_nothing_later() -> None:
    room, ann, ben, _ = opened()
    first = ann.sends(f"/debrief {SOUP}")
    ann.taps("Not today")
    ann.edits(first, f"/debrief {WALK}")
    assert room.texts == [f"{OF_NONE}\n{GIVE_THANKS}\n{LEFT}", CLOSED]

    ben.sends(f"/debrief {WALK}")
    assert room.texts[2:] == [
        f"{OF_NONE}\n{THANKED}\nAnn: {SOUP}\nBen: {WALK}",
        f"{WENT_WELL}\n{HERE_OR_ALONE}",
    ]
    ben.taps("That is enough")
    ben.sends(f"/debrief {ALONE}")
    assert room.texts[-1] == CLOSED


def test_what_rests_has_ended_when_sunday_has_come() -> None:
    room, ann, _, clock = sunday(at="10:00", on=SUNDAY_DATE - timedelta(days=1))
    ann.sends("/debrief")
    ann.taps("Not today")
    assert room.texts[-1].endswith("It rests here. Until Sunday, 3 May you two can take it up.")

    clock.passes(hours=20)
    ann.sends("/pause 60")  # it moves the end of what rests past the hour of the next one
    clock.reaches("18:10")

    assert [shown.live for shown in room.shown if shown.say.drawing] == [False, True]
    ann.taps_on(first := room.shown[0], first.say.buttons[0])
    assert ann.whispered == [PASSED]
    assert len([row for row in room.stage.rows.values() if row.ritual is DEBRIEF]) == 1


@pytest.mark.parametrize("number", range(5))
def test_a_pause_comes_between_and_it_goes_on_with_the_time_it_had(number: int) -> None:
    room, ann, ben, clock = at_question(number)
    if number < 4:
        ann.taps("Tell me alone")
        ann.writes(SOUP)
    clock.passes(minutes=90)

    ben.sends("/pause")
    clock.passes(minutes=31)
    ben.taps("I'm back")
    ann.taps("I'm back")
    clock.passes(minutes=20)
    assert LEFT not in "".join(room.texts)
    if number < 4:
        ben.replies(WALK, to=OF_NONE if number == 0 else ASKED[number])
        assert SOUP in "".join(room.texts)
    else:
        ben.taps("That was good")
        assert is_over(room)


def test_in_a_private_chat_that_is_shut_the_question_waits() -> None:
    room, ann, ben, _ = opened()
    ann.shuts_lane()

    ann.taps("Tell me alone")
    assert ann.private == []
    ann.opens_lane()
    assert ann.private == [f"{GIVE_THANKS}\n{UNSEEN}"]
    ben.taps("Go on")
    assert ann.private[-1] == f"{WENT_WELL}\n{UNSEEN}"
    assert GOES_ON not in ann.private[-1]
    assert NEXT_WEEK not in "".join(room.texts)
    assert WAS_PAINFUL not in "".join(room.texts)
