"""The pause, as two people live it."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.couple.house import HOUSE
from bot.evening_cards import CLOSED_LATE, REVEAL
from bot.hours import ANCHOR, NO_SUCH_HOUR, ZONE
from bot.pause_length import AT_LEAST, AT_MOST, FAR_OFF, HOW_LONG, LONGEST
from bot.pause_word import OWN_WORD, read_word
from bot.ritual import TimeCame
from bot.rituals.check_in import CHECK_IN
from bot.rituals.dialogue import DIALOGUE
from bot.rituals.pause import (
    A_DAY,
    BACK,
    BETTER_THEN,
    BOTH_BACK,
    BRING_BACK,
    DATED,
    EARLY,
    ITS_TIME,
    LET_REST,
    LONGER_NOTED,
    LOOK,
    OPEN,
    OVER,
    PAUSE,
    READY,
    READY_DAYS_LATE,
    READY_LATE,
    REST,
    REST_TO,
    RESTS,
    RESTS_NO_LONGER,
    STANDS,
    TAKEN_UP,
    WHEN,
    Apart,
    Returning,
)
from bot.topics import WHAT_ABOUT
from tests.rehearsal import BERLIN, FIRST_DAY, LIMA, Clock, Player, Room, rehearse

CALLED = "Ann takes a pause for you two. Nothing to answer now. You meet at {}."
DAY = "Ann takes a pause for you two. Nothing to answer now. You meet on {}, at {}."


def paused(words: str = "", at: str = "20:00") -> tuple[Room, Player, Player, Clock]:
    """Ann has just called a pause."""
    stage = rehearse(PAUSE, DIALOGUE, at=at)
    stage[1].sends(f"/pause {words}")
    return stage


def over(at: str = "20:00") -> tuple[Room, Player, Player, Clock]:
    """The half hour is over, and both were asked."""
    stage = paused(at=at)
    stage[3].passes(minutes=30)
    return stage


def whispered(room: Room) -> str:
    """What the newest tap was answered with: the phones of the stage show it only of a ritual's own taps."""
    whisper = room.stage.heard[-1][2].whisper
    return whisper.text if whisper else ""


def only_whispered(room: Room, who: Player, label: str) -> str:
    """Tap, see that the room reads nothing new, and return what the tap was answered with."""
    before = room.texts
    who.taps(label)
    assert room.texts == before
    return whispered(room)


# -- Called -------------------------------------------------------------------


def test_both_come_back() -> None:
    room, ann, ben, clock = paused("45")
    assert room.texts == [CALLED.format("20:45")]

    clock.reaches("20:45")
    assert room.texts[-1] == READY
    ann.taps("I'm back")
    assert ann.whispered == ["You are back. Kept."]
    assert room.texts[-1] == READY
    ben.taps("I'm back")

    assert room.texts[-1] == BOTH_BACK


@pytest.mark.parametrize(
    ("words", "meets", "note"),
    [
        ("", "20:30", ""),
        ("45", "20:45", ""),
        ("2h", "22:00", ""),
        ("1.5 hours", "21:30", ""),
        ("1h30", "21:30", ""),
        ("45 minutes please", "20:45", ""),
        ("half an hour", "20:30", ""),
        ("an hour and a half", "21:30", ""),
        ("2 hours and a half", "22:30", ""),
        ("media hora", "20:30", ""),
        ("una hora y media", "21:30", ""),
        ("until 21:30", "21:30", ""),
        ("till 9 pm", "21:00", ""),
        ("hasta las 21:30", "21:30", ""),
        ("0", "20:20", AT_LEAST),
        ("-5", "20:20", AT_LEAST),
        ("5", "20:20", AT_LEAST),
        ("until 20:05", "20:20", AT_LEAST),
        ("soon", "20:30", HOW_LONG),
        ("until 25:99", "20:30", HOW_LONG),
        ("25:99", "20:30", HOW_LONG),
        ("45 years", "20:30", HOW_LONG),
        ("21:10", "21:10", ""),
        ("9 pm", "21:00", ""),
        ("until 22:00 please", "22:00", ""),
        ("until 9:30pm, sorry", "21:30", ""),
        ("until 20:00", "20:30", FAR_OFF.replace("{due:hour}", "20:00")),
        ("19:58", "20:30", FAR_OFF.replace("{due:hour}", "19:58")),
        ("until 9", "20:30", FAR_OFF.replace("{due:hour}", "09:00")),
    ],
)
def test_how_long_is_read_as_people_type_it_and_said_back(words: str, meets: str, note: str) -> None:
    room, *_ = paused(words)

    assert room.texts[0].splitlines() == [CALLED.format(meets), *([note] if note else [])]


@pytest.mark.parametrize(("words", "note"), [("99999999999", [AT_MOST]), ("900h", [AT_MOST]), ("24h", [])])
def test_a_day_is_the_longest_and_its_day_is_named(words: str, note: list[str]) -> None:
    room, *_ = paused(words)

    assert room.texts[0].splitlines() == [DAY.format("Saturday, 2 May", "20:00"), *note]


def test_it_works_from_the_private_chat_and_tells_each_alone_what_helps() -> None:
    room, ann, ben, _ = rehearse(PAUSE)

    ann.sends("/pause", private=True)

    assert room.texts == [CALLED.format("20:30")]
    assert ann.private == ben.private == [REST.replace("{until:hour}", "20:30")]
    assert ann.labels == ["Breathe", "Ground", "Our plan"]


def test_its_answer_goes_before_everything() -> None:
    room, *_ = paused()

    assert room.shown[0].say.at_once
    assert room.shown[0].say.again


def test_two_who_call_it_at_once_have_one_pause() -> None:
    room, _, ben, clock = paused()

    ben.sends("/pause")
    clock.passes(minutes=30)

    assert len(room.stage.rows) == 1
    assert room.texts.count(READY) == 1


def test_a_second_call_may_make_it_longer_and_never_shorter() -> None:
    room, _, ben, clock = paused("60")

    ben.sends("/pause 30")
    clock.reaches("20:59")
    assert READY not in room.texts
    ben.sends("/pause 30")
    assert room.texts[-1] == CALLED.format("21:29")
    clock.reaches("21:28")
    assert READY not in room.texts
    clock.reaches("21:29")

    assert room.texts.count(READY) == 1


GOES_ON = "The pause goes on until {}. It can be made longer, and not shorter."


@pytest.mark.parametrize("words", ["30", "20", "until 20:20", "soon", ""])
def test_who_calls_it_once_more_reads_when_it_ends_where_they_asked(words: str) -> None:
    room, ann, ben, clock = paused("60")
    clock.passes(minutes=3)

    ann.sends(f"/pause {words}")
    ben.sends(f"/pause {words}", private=True)

    assert room.texts[1:] == ben.private[1:] == [GOES_ON.format("21:00")]
    assert next(iter(room.stage.rows.values())).wake_at == datetime(2026, 5, 1, 19, tzinfo=UTC)


def test_the_button_tapped_once_more_puts_nothing_into_the_silent_room() -> None:
    room, ann, ben, clock = rehearse(*HOUSE, prefers={ANCHOR: FIRST_DAY})
    clock.reaches("21:00")
    ann.taps("Pause")
    assert only_whispered(room, ben, "Pause") == STANDS


def test_its_caller_corrects_a_slip_at_once_and_nobody_else_does() -> None:
    room, ann, ben, clock = paused("24h")

    ben.sends("/pause 30")
    assert room.texts[-1] == GOES_ON.format("Saturday, 2 May, 20:00")
    clock.passes(minutes=2)
    ann.sends("/pause 30")

    assert room.texts[-1] == CALLED.format("20:32")
    assert ann.private == ben.private == [REST.replace("{until:hour}", "20:32")]


@pytest.mark.parametrize("relied_on", ["time", "longer", "fine"])
def test_a_call_that_somebody_relies_on_is_not_corrected_any_more(relied_on: str) -> None:
    room, ann, ben, clock = paused("60")
    match relied_on:
        case "time":
            clock.passes(minutes=3)
        case "longer":
            ben.sends("/pause 120")
        case _:
            ben.taps("We're fine again")
    ends = next(iter(room.stage.rows.values())).wake_at

    ann.sends("/pause 30")

    assert next(iter(room.stage.rows.values())).wake_at == ends


def test_made_longer_alone_it_is_told_there_and_each_reads_the_new_end() -> None:
    room, ann, ben, clock = paused()
    clock.passes(minutes=10)

    ben.sends("/pause 60", private=True)

    assert room.texts[-1] == CALLED.format("21:10")
    longer = REST.replace("{until:hour}", "21:10")
    assert ann.private == [longer]
    assert ben.private == [REST.replace("{until:hour}", "20:30"), longer]


def test_each_reads_the_end_by_their_own_clock() -> None:
    room, _, ben, _ = rehearse(PAUSE, prefers={ANCHOR: FIRST_DAY})
    room.stage.prefers = room.stage.prefers.put(ZONE, LIMA, ben.person)

    ben.sends("/pause until 14:00")  # it is one in the afternoon there

    assert room.texts == [
        "Ben takes a pause for you two. Nothing to answer now. You meet at 21:00 Berlin, 14:00 Lima."
    ]
    assert ben.private == [REST.replace("{until:hour}", "14:00")]
    assert room.stage.ann.private == [REST.replace("{until:hour}", "21:00")]


def test_alone_each_reads_the_day_of_a_long_one_too() -> None:
    _, _, ben, _ = paused("24h")

    day = REST_TO.replace("{until:day}", "Saturday, 2 May").replace("{until:hour}", "20:00")
    assert ben.private == [day]


# -- Apart --------------------------------------------------------------------


def test_two_who_are_fine_again_end_it_early() -> None:
    room, ann, ben, _ = paused()

    ben.taps("We're fine again")
    assert ben.whispered == [EARLY]
    ben.taps("We're fine again")
    assert BOTH_BACK not in room.texts
    ann.taps("We're fine again")

    assert room.texts[-1] == BOTH_BACK
    assert ann.private == ben.private == [OVER]


def test_nothing_is_said_in_the_room_and_the_evening_comes_afterwards() -> None:
    room, ann, ben, clock = rehearse(*HOUSE, at="20:50", prefers={ANCHOR: FIRST_DAY})
    ann.sends("/pause")

    clock.reaches("21:20")
    assert [text for text in room.texts if text.startswith("Your check-in")] == []
    ann.taps("I'm back")
    ben.taps("I'm back")
    clock.passes(minutes=4)
    assert room.texts[-1] == BOTH_BACK
    clock.passes(minutes=1)

    assert room.texts[-1].startswith("Your check-in, later than planned.")


def test_a_check_in_under_way_is_still_there_and_still_unseen() -> None:
    room, ann, ben, clock = rehearse(*HOUSE, prefers={ANCHOR: FIRST_DAY})
    clock.reaches("21:00")
    ann.taps("calm")
    ann.taps("sleep")
    ben.taps("Pause")
    clock.passes(minutes=30)
    ann.taps("I'm back")
    ben.taps("I'm back")

    assert not [text for text in room.texts if "calm" in text]
    ben.taps("tired")
    ben.taps("a hug")

    assert "Ann: calm, needing sleep." in room.texts[-1]


def test_the_reminder_is_that_much_later() -> None:
    room, ann, ben, clock = rehearse(*HOUSE, prefers={ANCHOR: FIRST_DAY})
    clock.reaches("21:00")
    ann.sends("/pause 20")
    clock.reaches("21:20")
    ann.taps("I'm back")
    ben.taps("I'm back")

    clock.reaches("22:19")
    assert not [text for text in room.texts if text.startswith("The check-in is here")]
    clock.reaches("22:20")

    assert [text for text in room.texts if text.startswith("The check-in is here")]


def test_a_pause_over_night_leaves_no_announcement_of_what_is_past() -> None:
    room, ann, ben, clock = rehearse(*HOUSE, prefers={ANCHOR: FIRST_DAY})
    clock.reaches("21:00")
    ann.taps("calm")
    ben.sends("/pause 12h")
    clock.passes(hours=12)
    ann.taps("I'm back")
    ben.taps("I'm back")
    before = len(room.texts)

    clock.passes(hours=6)

    assert len(room.texts) == before


@pytest.mark.parametrize(("hours", "comes"), [(24, "21:16"), (23, "21:00")])
def test_a_pause_over_an_evening_takes_no_card_away(hours: int, comes: str) -> None:
    """Last night's card is open as it is called: tonight's still comes tonight, and the old one closes."""
    room, ann, ben, clock = rehearse(CHECK_IN, PAUSE, prefers={ANCHOR: FIRST_DAY})
    clock.reaches("21:10")
    ann.taps("calm")
    ben.sends(f"/pause {hours}h")
    clock.passes(hours=hours, minutes=1)
    ann.taps("I'm back")
    ben.taps("I'm back")
    clock.passes(hours=1)

    assert [f"{card:%d %H:%M}" for card in room.cards] == ["01 21:00", f"02 {comes}"]
    assert room.texts[-1].startswith("Your check-in, ")
    assert (room.texts[0], room.shown[0].labels) == (CLOSED_LATE, ["Share mine"])


def test_two_who_answer_last_nights_card_just_before_tonights_have_had_theirs() -> None:
    room, ann, ben, clock = rehearse(CHECK_IN, PAUSE, prefers={ANCHOR: FIRST_DAY})
    clock.reaches("21:10")
    ben.sends("/pause 23h")
    clock.passes(hours=23, minutes=1)
    for one in (ann, ben):
        one.taps("I'm back")
    clock.reaches("20:55")
    for one in (ann, ben):
        one.taps("calm")
        one.taps("sleep")
    clock.reaches("21:20")
    ann.replies("When I get up, I'll make tea", to=REVEAL)
    ben.taps("Nothing tomorrow")
    clock.reaches("23:59")

    assert len(room.cards) == 1
    assert room.texts[-1].endswith("Ann, for Ben: When I get up, I'll make tea")


@pytest.mark.parametrize("words", ["/thanks for the tea", "/repair", "/promises"])
@pytest.mark.parametrize("back", ["both", "one", "by the clock"])
def test_in_the_night_nothing_but_a_pause_is_said_in_the_room(words: str, back: str) -> None:
    """What was begun in the pause, at a quarter past nine, comes in the morning, whoever is up at 02:31."""
    room, ann, ben, clock = rehearse(*HOUSE, prefers={ANCHOR: FIRST_DAY})
    clock.reaches("21:10")
    ann.sends("/pause 20" if back == "by the clock" else "/pause 5h")
    clock.passes(minutes=5)
    ben.sends(words)
    clock.reaches("02:31")
    before = len(room.shown)
    if back == "by the clock":
        ben.sends("/breathe", private=True)
    for one in {"both": (ann, ben), "one": (ann,), "by the clock": ()}[back]:
        one.taps("I'm back")
    clock.reaches("07:29")
    assert {shown.row.ritual.name for shown in room.shown[before:]} <= {"pause"}
    if back == "one":
        ben.sends("/breathe", private=True)

    clock.passes(minutes=10)
    assert words.startswith(f"/{room.shown[-1].row.ritual.command}")


def test_two_who_are_back_soon_see_at_once_what_they_said_in_the_pause() -> None:
    room, ann, ben, clock = rehearse(*HOUSE, prefers={ANCHOR: FIRST_DAY})
    clock.reaches("22:10")
    ann.sends("/pause")
    for one in (ann, ben):
        one.sends("/checkin calm / sleep", private=True)
    clock.reaches("22:41")
    for one in (ann, ben):
        one.taps("I'm back")
    clock.passes(minutes=5)

    assert room.texts[-1].startswith(REVEAL)


# -- Coming back --------------------------------------------------------------


def test_silence_is_met_once_in_private_and_the_pause_rests() -> None:
    room, ann, ben, clock = over()

    clock.passes(minutes=30)
    assert ann.private[-1] == BRING_BACK
    assert BRING_BACK not in ben.private
    clock.passes(hours=12)

    assert room.texts[-1] == RESTS
    assert ann.private.count(BRING_BACK) == 1
    assert [(kept.kind, kept.outcome) for kept in room.stage.kept] == [(OPEN, "")]


def test_the_owner_who_is_back_is_not_called() -> None:
    room, ann, _, clock = over()
    ann.taps("I'm back")

    clock.passes(hours=2)

    assert BRING_BACK not in ann.private
    assert room.texts[-1] == RESTS


def test_the_owner_comes_back_by_the_private_call() -> None:
    room, ann, ben, clock = over()
    clock.passes(minutes=30)

    ann.taps("I'm back")
    ben.taps("I'm back")

    assert room.texts[-1] == BOTH_BACK


def test_without_a_private_chat_there_is_no_call_and_it_rests() -> None:
    room, ann, _, clock = rehearse(PAUSE)
    ann.shuts_lane()
    ann.sends("/pause")

    clock.passes(minutes=61)

    assert room.texts[-1] == RESTS


def test_the_ladder_is_twenty_minutes_one_hour_two_and_overnight_and_never_past_a_day() -> None:
    room, ann, _, clock = rehearse(PAUSE, at="18:00")
    ann.sends("/pause")
    began = room.stage.now
    ends = []
    for _ in range(9):
        row = next(iter(room.stage.rows.values()))
        assert row.wake_at
        ends.append(row.wake_at.astimezone(BERLIN))
        clock.passes(seconds=(row.wake_at - room.stage.now).total_seconds())
        if "I need longer" not in room.labels:
            break
        ann.taps("I need longer")

    assert [f"{end:%d %H:%M}" for end in ends] == [
        "01 18:30",
        "01 18:50",
        "01 19:50",
        "01 21:50",
        "02 09:00",
        "02 18:00",
    ]
    assert ends[-1] - began == LONGEST
    assert room.labels == ["I'm back"]
    assert room.texts[-1].splitlines() == [READY, A_DAY]


def test_after_a_day_another_call_says_that_no_pause_lasts_longer() -> None:
    room, ann, _, clock = paused("24h")
    clock.passes(hours=24)

    ann.sends("/pause 45")

    assert room.texts[-1] == A_DAY


def test_longer_tapped_after_a_day_and_heard_before_anything_else_is_told_so() -> None:
    room, ann, _, _ = over()
    room.stage.now += LONGEST  # Tend was down; it hears what was tapped before it rings

    assert only_whispered(room, ann, "I need longer") == A_DAY


def test_each_alone_reads_the_end_of_the_longer_pause() -> None:
    _, ann, ben, _ = over()

    ben.taps("I need longer")

    assert ann.private == ben.private == [REST.replace("{until:hour}", "20:50")]


def test_longer_after_the_private_call_closes_it_there() -> None:
    _, ann, _, clock = over()
    clock.passes(minutes=30)

    ann.taps("I need longer")

    assert BRING_BACK not in ann.private
    assert ann.private[-1] == LONGER_NOTED


def test_a_private_call_that_was_answered_stays_as_it_is() -> None:
    _, ann, ben, clock = over()
    clock.passes(minutes=30)
    ann.taps("I'm back")
    assert BACK in ann.private
    ben.taps("I'm back")

    ben.sends("/pause")
    clock.passes(minutes=30)
    ben.taps("I need longer")

    assert BACK in ann.private
    assert LONGER_NOTED not in ann.private


def test_a_late_return_says_so() -> None:
    room, _, _, clock = paused()

    clock.is_away(hours=5)

    assert room.texts[-1] == "The pause was over at 20:30, and I come late. Ready?"
    assert room.texts.count(RESTS) == 0


def test_a_return_that_is_days_late_names_its_day() -> None:
    room, _, _, clock = paused()

    clock.is_away(hours=75)

    late = "The pause was over on Friday, 1 May, at 20:30, and I come late. Ready?"
    assert room.texts[-1].splitlines() == [late, A_DAY]


def test_the_next_card_offers_to_take_it_up() -> None:
    room, ann, ben, clock = rehearse(*HOUSE, at="18:00", prefers={ANCHOR: FIRST_DAY})
    ann.sends("/pause")
    clock.reaches("21:00")
    assert room.labels[-2:] == ["Pause", "Take up the pause"]

    ben.taps("Take up the pause")
    assert room.texts[-1] == TAKEN_UP
    ann.taps("I'm back")
    ben.taps("I'm back")

    assert room.texts[-1] == BOTH_BACK
    assert [kept.outcome for kept in room.stage.kept if kept.kind == OPEN] == ["met"]
    clock.reaches("20:00")
    clock.reaches("21:00")
    assert "Take up the pause" not in room.labels


def test_the_second_of_the_two_to_take_it_up_begins_no_new_pause() -> None:
    room, ann, ben, clock = rehearse(*HOUSE, at="18:00", prefers={ANCHOR: FIRST_DAY})
    ann.sends("/pause")
    clock.reaches("21:00")
    ann.taps("Take up the pause")
    assert only_whispered(room, ben, "Take up the pause") == RESTS_NO_LONGER
    ann.taps("I'm back")
    ben.taps("I'm back")
    ann.taps("Talk it through")
    ben.taps("Take up the pause")

    assert room.texts[-1] == WHAT_ABOUT
    assert whispered(room) == RESTS_NO_LONGER


def test_a_new_pause_is_not_made_longer_by_the_button_of_the_old_one() -> None:
    room, ann, ben, clock = rehearse(*HOUSE, at="18:00", prefers={ANCHOR: FIRST_DAY})
    ann.sends("/pause")
    clock.reaches("21:00")
    ann.sends("/pause")
    assert only_whispered(room, ben, "Take up the pause") == RESTS_NO_LONGER


def test_who_was_back_while_it_rested_is_back_when_it_is_taken_up() -> None:
    room, ann, ben, clock = rehearse(*HOUSE, at="18:00", prefers={ANCHOR: FIRST_DAY})
    ann.sends("/pause")
    clock.reaches("20:00")
    ben.taps("I'm back")
    clock.reaches("21:00")

    ann.taps("Take up the pause")
    ann.taps("I'm back")

    assert room.texts[-1] == BOTH_BACK


def test_the_way_back_stays_open_on_its_own_card() -> None:
    room, ann, ben, clock = over()
    ben.taps("I'm back")
    clock.passes(days=2)

    ann.taps("I'm back")

    assert room.texts[-1] == BOTH_BACK
    assert [kept.outcome for kept in room.stage.kept] == ["met"]


def test_what_nobody_takes_up_is_let_go_after_a_week() -> None:
    room, _, _, clock = over()

    clock.passes(days=9)

    assert room.texts[-1] == LET_REST
    assert [kept.outcome for kept in room.stage.kept] == ["gone"]
    assert not room.stage.rows


# -- Both back ----------------------------------------------------------------


def both_back() -> tuple[Room, Player, Player, Clock]:
    """The two are fine again at ten past eight."""
    stage = paused()
    _, ann, ben, clock = stage
    clock.reaches("20:10")
    ann.taps("We're fine again")
    ben.taps("We're fine again")
    return stage


def test_talking_leads_to_a_dialogue_and_one_look_comes_after_it() -> None:
    room, ann, ben, clock = both_back()

    ann.taps("Talk it through")
    assert room.texts[-1] == WHAT_ABOUT
    ben.taps("Ask us in 20 minutes")
    clock.reaches("20:29")
    assert LOOK not in room.texts
    clock.reaches("20:30")
    assert room.texts[-1] == LOOK
    ben.taps("Better")
    clock.passes(days=1)

    assert room.texts[-1] == BETTER_THEN
    assert room.texts.count(LOOK) == 0


def test_an_unanswered_look_is_the_last() -> None:
    room, ann, _, clock = both_back()
    ann.taps("Ask us in 20 minutes")

    clock.passes(days=2)

    assert room.texts.count(LOOK) == 1
    assert not room.stage.rows


def test_the_topic_gets_its_date() -> None:
    room, ann, ben, clock = both_back()

    ann.taps("Set a time")
    assert room.texts[-1] == WHEN
    ben.replies("noon-ish")
    assert room.texts[-1] == NO_SUCH_HOUR
    ben.replies("19:30")
    assert room.texts[-1] == DATED.replace("{due:day}", "Saturday, 2 May").replace("{due:hour}", "19:30")
    clock.passes(days=1)

    assert room.texts[-1] == ITS_TIME
    assert room.labels == ["Talk it through", "Repair something", "Set a time", "Let it rest"]


def test_a_time_is_one_tap_too() -> None:
    room, ann, _, clock = both_back()
    ann.taps("Set a time")

    ann.taps("Saturday, 2 May, 12:00")
    clock.passes(days=1)

    assert room.texts[-1] == ITS_TIME


def test_a_new_pause_leaves_the_date_where_it_is() -> None:
    room, ann, _, clock = both_back()
    ann.taps("Set a time")
    ann.replies("19:30")

    ann.sends("/pause")

    assert len(room.stage.rows) == 2
    clock.passes(days=1)
    assert ITS_TIME in room.texts


def test_it_may_rest() -> None:
    room, ann, *_ = both_back()

    ann.taps("Let it rest")

    assert room.texts[-1] == LET_REST
    assert not room.stage.rows


def test_nobody_chooses_and_nothing_more_is_said() -> None:
    room, _, _, clock = both_back()

    clock.passes(days=1)

    assert room.texts[-1] == BOTH_BACK
    assert not room.stage.rows


# -- A word of their own ------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("Turtle", "turtle"),
        (" /turtle. ", "turtle"),
        ("red  light", "red light"),
        ("\U0001f422", "\U0001f422"),
    ],
)
def test_a_word_is_compared_as_it_is_meant(typed: str, word: str) -> None:
    assert read_word(typed) == word


@pytest.mark.parametrize("typed", ["", " . ", "a word\nand another", "x" * 31])
def test_what_is_no_word_is_none(typed: str) -> None:
    assert read_word(typed) is None


def test_the_word_is_set_in_the_settings() -> None:
    room, ann, *_ = rehearse(*HOUSE, prefers={ANCHOR: FIRST_DAY})
    ann.sends("/settings")
    ann.taps("Pause word")
    assert "I cannot see it" in room.texts[-1]

    ann.replies("Turtle")

    assert room.stage.prefers[OWN_WORD] == "turtle"
    assert room.texts[-1] == "Ann has changed this for you two. Pause word: turtle."


def test_no_check_in_is_needed_for_a_pause() -> None:
    room, ann, *_ = rehearse(PAUSE, CHECK_IN)

    ann.sends("/pause")

    assert room.stage.now == datetime(2026, 5, 1, 18, tzinfo=UTC)
    assert room.texts == [CALLED.format("20:30")]
    assert next(iter(room.stage.rows.values())).wake_at == room.stage.now + timedelta(minutes=30)


# -- Always -------------------------------------------------------------------


def anything(chance: Random, room: Room, ann: Player, ben: Player, clock: Clock) -> None:
    """Do something: tap, type, be silent, be away, live elsewhere, have a clock that was wrong."""
    who = chance.choice([ann, ben])
    row = next((row for row in room.stage.rows.values() if row.ritual is PAUSE), None)
    match chance.randrange(9):
        case 0 | 1 | 2:
            labels = [label for label in (*room.labels, *who.labels) if label in TAPS]
            if labels:
                who.taps(chance.choice(labels))
        case 3:
            if row is not None:
                who.sends(f"/pause {chance.choice(['', '5', '45', 'until 6:00', 'soon', '99999'])}")
        case 4 | 5:
            clock.passes(minutes=chance.choice([1, 10, 29, 30, 31, 120]))
        case 6:
            clock.is_away(minutes=chance.choice([1, 90, 1_500, 10_000]))
        case 7:
            zone = chance.choice([LIMA, BERLIN, AUCKLAND])
            room.stage.prefers = room.stage.prefers.put(ZONE, zone, chance.choice([None, who.person]))
        case _:
            room.stage.now += timedelta(minutes=chance.choice([-60, -5, 60]))  # somebody set the clock right


TAPS = {"I'm back", "I need longer", "We're fine again"}
AUCKLAND = ZoneInfo("Pacific/Auckland")
SPRING, AUTUMN = date(2027, 3, 27), date(2027, 10, 30)  # the days before Berlin's clocks change


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.randoms(use_true_random=False))
def test_a_pause_always_comes_back(chance: Random) -> None:
    """One "Ready?" after each end, at most one private call after it; then both are back or it rests."""
    room, ann, ben, clock = rehearse(
        CHECK_IN,
        PAUSE,
        at="20:50",
        on=chance.choice([FIRST_DAY, SPRING, AUTUMN]),
        prefers={ANCHOR: FIRST_DAY},
    )
    chance.choice([ann, ben]).sends("/pause")
    pause = next(row.id for row in room.stage.rows.values() if row.ritual is PAUSE)
    for _ in range(chance.randrange(25)):
        anything(chance, room, ann, ben, clock)
    clock.passes(hours=50)

    ends, readies, calls, closes = 0, 0, 0, 0
    for row, event, outcome in room.stage.heard:
        if row.id != pause:
            continue
        if isinstance(outcome.row.state, Apart):
            assert outcome.row.state.wake_at - outcome.row.state.since <= LONGEST
        said = [each.text for each in outcome.said if not each.quiet]
        ended = isinstance(row.state, Apart) and isinstance(event, TimeCame)
        ready = [text for text in said if text in {READY, READY_LATE, READY_DAYS_LATE}]
        assert bool(ready) is ended
        ends, readies = ends + ended, readies + len(ready)
        calls = 0 if ended else calls + said.count(BRING_BACK)
        assert calls <= 1
        closes += said.count(BOTH_BACK) + said.count(RESTS)
    assert readies == ends
    assert closes >= 1
    assert not any(isinstance(row.state, Apart | Returning) for row in room.stage.rows.values())
