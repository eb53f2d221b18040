"""The check-in, as two people live it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.couple.house import HOUSE
from bot.couple.joining import JOINING
from bot.evening import LESS, MODE, OFFERS
from bot.evening_cards import (
    CLOSED,
    CLOSED_KINDLY,
    CLOSED_LATE,
    INVITED,
    REVEAL,
    SAY_ANEW,
    TONIGHT,
    YOU_SAID_NOTHING,
    YOUR_FEELING,
)
from bot.feelings import ANY_NEED, FEELINGS, NEEDS, SUGGESTIONS
from bot.hours import ANCHOR, EVERY, HOUR, QUIET, ZONE, evening_of
from bot.ritual import Kept, Preference, Ritual, Words
from bot.rituals.check_in import (
    CHECK_IN,
    CLOSED_ALONE,
    NOT_NOW,
    NOTHING_TO_SHARE,
    NOTHING_TOMORROW,
    SHARED,
    SHARED_ALREADY,
)
from bot.rituals.pause import PAUSE
from bot.rituals.promises import PROMISES
from bot.shell import CLOSED as TOO_LATE
from bot.shell import NO_WORDS, PASSED, ROOM_IS_OPEN, TOO_LONG
from tests.rehearsal import BERLIN, FIRST_DAY, LIMA, Clock, Player, Room, rehearse

CARD = "Your check-in, until 00:00: one feeling and one need each. Tap here, reply, or tell me alone."
CARD_IN_OPEN = (
    "Your check-in, until 00:00: one feeling and one need each. "
    "Each shows here as it comes; what you tell me alone waits until you have both answered."
)
TEA = "I'll make tea"
REPROACH = "You never listen to me"


def evening(
    *, mode: str = "together", every: int = 1, prefers: dict[Preference[Any], Any] | None = None
) -> tuple[Room, Player, Player, Clock]:
    """Ann and Ben at nine, with tonight's card before them."""
    chosen: dict[Preference[Any], Any] = {MODE: mode, EVERY: every, ANCHOR: FIRST_DAY}
    stage = rehearse(CHECK_IN, prefers=chosen | (prefers or {}))
    stage[-1].reaches("21:00")
    return stage


def promised(
    *, lanes: bool = True, every: int = 1, rituals: tuple[Ritual, ...] = (CHECK_IN,), days: int = 0
) -> tuple[Room, Player, Player, Clock]:
    """An evening on which Ann said that she will make tea, and Ben nothing, or so many days after it."""
    room, ann, ben, clock = rehearse(*rituals, prefers={EVERY: every, ANCHOR: FIRST_DAY})
    clock.reaches("21:00")
    if not lanes:
        ann.shuts_lane()
    ann.taps("calm")
    ann.taps("a hug")
    ben.taps("tired")
    ben.taps("sleep")
    ann.replies(TEA)
    ben.taps("Nothing tomorrow")
    clock.passes(days=days)
    return room, ann, ben, clock


# -- The card and the pickers -------------------------------------------------


def test_one_card_comes_at_the_hour() -> None:
    room, ann, ben, _ = evening()

    assert room.texts == [CARD]
    assert ann.private == ben.private == []


def test_the_picker_is_flat_in_the_room() -> None:
    room, *_ = evening()

    feelings = [word for family in FEELINGS.values() for word in family]
    needs = [word for family in NEEDS.values() for word in family]
    assert room.labels == [*feelings, *needs, "Tell me alone", "What did I say?", "Not tonight", "Pause"]


def test_a_tap_is_answered_to_its_tapper_alone_and_the_card_shows_nothing() -> None:
    room, ann, ben, _ = evening()

    ann.taps("calm")
    ann.taps("a hug")

    assert ann.whispered == [
        "Kept: calm. Yours to change until you have both answered.",
        "Kept: a hug. Yours to change until you have both answered.",
    ]
    assert room.texts == [CARD]
    assert not room.shown[-1].edited
    assert ben.whispered == ben.private == []


def test_alone_the_picker_has_two_steps() -> None:
    room, ann, _, _ = evening()

    ann.taps("Tell me alone")
    assert ann.private == [YOUR_FEELING]
    assert ann.labels == [*FEELINGS, "Not tonight"]
    ann.taps("Heavy")
    assert ann.labels == ["sad", "lonely", "sorry", "ashamed", "Back"]
    ann.taps("lonely")
    assert ann.private == ["lonely. And what do you need? Pick, or write it."]
    ann.taps("Closeness")
    ann.taps("a hug")

    assert ann.private == [
        "Yours tonight: lonely, needing a hug. Nobody sees it before you have both answered."
    ]
    assert room.texts == [CARD]


def test_alone_they_answer_in_their_own_words() -> None:
    room, ann, ben, _ = evening()

    ann.taps("Tell me alone")
    ann.writes("a bit lost")
    ann.writes("an hour of nothing")

    assert ann.private[-1].startswith("Yours tonight: a bit lost, needing an hour of nothing.")
    assert room.texts == [CARD]
    assert ben.private == []


def test_whoever_names_a_feeling_anew_keeps_the_old_one_until_another_is_there() -> None:
    _, ann, _, _ = evening()
    ann.taps("Tell me alone")
    ann.writes("a bit lost")
    ann.taps("Rest")
    ann.taps("sleep")

    ann.taps("Another feeling")
    ann.taps("What did I say?")
    assert ann.whispered[-1] == "Yours tonight: a bit lost, needing sleep."
    ann.taps("Worn")
    ann.taps("tired")
    ann.taps("Another need")
    ann.taps("Joy")
    ann.taps("music")
    ann.taps("What did I say?")

    assert ann.whispered[-1] == "Yours tonight: tired, needing music."


def test_a_shut_lane_gets_its_picker_when_it_opens() -> None:
    _, ann, _, _ = evening()
    ann.shuts_lane()

    ann.taps("Tell me alone")
    assert ann.private == []
    ann.opens_lane()

    assert ann.private == [YOUR_FEELING]


def test_what_waited_for_a_lane_keeps_up_with_the_evening() -> None:
    room, ann, ben, _ = evening()
    ann.shuts_lane()
    ann.taps("Tell me alone")

    ann.replies("calm / a hug")
    ben.replies("tired / sleep")
    ann.opens_lane()

    assert room.texts[-1].startswith(REVEAL)
    assert ann.private[0].startswith("One thing for tomorrow?\nBen needs sleep.")
    assert "Nothing tomorrow" in ann.labels


def test_one_line_names_it_all() -> None:
    room, ann, ben, _ = evening()

    ann.sends(f"/checkin calm / a quiet evening / {TEA}")
    assert room.texts == [CARD]
    ben.sends("/checkin tired / sleep")

    assert "Ann: calm, needing a quiet evening.\nBen: tired, needing sleep." in room.texts[-1]
    ben.taps("Nothing tomorrow")
    assert f"Ann, for Ben: {TEA}" in room.texts[-1]


def test_one_line_may_leave_something_out() -> None:
    _, ann, _, _ = evening()

    ann.sends("/checkin / sleep", private=True)
    assert ann.private == [YOUR_FEELING]
    ann.taps("What did I say?")

    assert ann.whispered == ["Yours tonight: sleep. The other half can follow."]


def test_the_command_opens_it_at_any_hour_and_stands_in_for_the_evening() -> None:
    room, ann, _, clock = rehearse(CHECK_IN, at="16:00", prefers={ANCHOR: FIRST_DAY})

    ann.sends("/checkin")
    assert room.texts[0].startswith("Your check-in, until 19:00")
    clock.reaches("23:59")

    assert len(room.cards) == 1
    clock.passes(days=1)
    assert len(room.cards) == 2


def test_the_command_shows_the_card_again() -> None:
    room, ann, _, _ = evening()

    ann.sends("/checkin")

    assert room.texts == [CARD, CARD]
    assert room.shown[0].labels == []


def test_in_private_the_command_opens_ones_own_card() -> None:
    room, ann, _, _ = evening()

    ann.sends("/checkin", private=True)

    assert ann.private == [YOUR_FEELING]
    assert room.texts == [CARD]


# -- Replies and edits --------------------------------------------------------


def test_replies_in_the_room_answer_what_is_still_open() -> None:
    room, ann, ben, _ = evening()

    ann.replies("a bit lost")
    ann.replies("an hour of nothing")
    ben.replies("tired / sleep")

    assert "Ann: a bit lost, needing an hour of nothing.\nBen: tired, needing sleep." in room.texts[-1]


def test_whoever_types_into_the_room_is_told_once_privately_who_reads_there() -> None:
    room, ann, ben, clock = evening()

    ann.replies("a bit lost")
    ann.replies("an hour of nothing")
    clock.passes(days=1)
    ann.replies("calm")

    assert ann.private.count(ROOM_IS_OPEN) == 1
    assert ROOM_IS_OPEN not in [*room.texts, *ben.private]


def test_whoever_writes_alone_is_not_told_about_the_room() -> None:
    _, ann, _, _ = evening()

    ann.taps("Tell me alone")
    ann.writes("a bit lost")

    assert ROOM_IS_OPEN not in ann.private


def test_an_edit_changes_what_its_message_had_said() -> None:
    room, ann, ben, _ = evening()
    feeling = ann.replies("tierd")
    ann.replies("sleep")

    ann.edits(feeling, "tired")
    ben.replies("calm / a hug")

    assert "Ann: tired, needing sleep." in room.texts[-1]


def test_an_edit_of_one_line_changes_all_of_it() -> None:
    room, ann, ben, _ = evening()
    line = ann.sends("/checkin clam / sleep")

    ann.edits(line, "/checkin calm / a walk")
    ben.replies("tired / sleep")

    assert "Ann: calm, needing a walk." in room.texts[-1]


def test_after_the_reveal_an_edit_changes_nothing_and_is_told_so() -> None:
    room, ann, ben, _ = evening()
    line = ann.replies("calm / sleep")
    ben.replies("tired / a hug")

    ann.edits(line, "angry / sleep")

    assert "Ann: calm, needing sleep." in room.texts[-2]
    assert room.texts[-1] == TOO_LATE


def test_an_edited_action_stays_the_action_and_an_edited_line_back_the_line_back() -> None:
    room, ann, ben, clock = evening()
    ann.replies("calm / sleep")
    ben.replies("tired / a hug")
    action = ann.replies("I'll make tea for you")
    heard = ann.replies("I heard that you are tired")

    ann.edits(action, "tea, with honey")
    ann.edits(heard, "When you are tired I will hear it")
    clock.passes(hours=3)

    assert "Ann, for Ben: tea, with honey" in room.texts[-1]
    assert "Ann heard: When you are tired I will hear it" in room.texts[-1]


def test_an_action_edited_after_the_closing_stays_as_it_was() -> None:
    room, ann, ben, _ = evening()
    ann.replies("calm / sleep")
    ben.replies("tired / a hug")
    action = ann.replies(TEA)
    ben.taps("Nothing tomorrow")

    ann.edits(action, "I'll make coffee")

    assert room.texts[-1] == TOO_LATE
    assert "coffee" not in "".join(room.texts)


def test_too_long_is_refused_kindly_where_it_was_said() -> None:
    room, ann, _, _ = evening()

    ann.taps("Tell me alone")
    ann.writes("a long story " * 30)
    assert ann.private[-1] == TOO_LONG
    ann.replies("a long story " * 30)

    assert room.texts[-1] == TOO_LONG
    ann.taps("What did I say?")
    assert ann.whispered[-1] == YOU_SAID_NOTHING


def test_a_picture_is_no_answer() -> None:
    room, ann, _, _ = evening()
    ann.taps("calm")

    ann.replies("")

    assert room.texts[-1] == NO_WORDS
    ann.taps("What did I say?")
    assert ann.whispered[-1] == "Yours tonight: calm. The other half can follow."


# -- Both modes ---------------------------------------------------------------


def test_together_nothing_is_shown_before_both_have_named_both() -> None:
    room, ann, ben, _ = evening()

    ann.taps("calm")
    ann.taps("a hug")
    ben.taps("tired")
    assert room.texts == [CARD]
    ben.taps("sleep")

    assert room.texts[1:] == [f"{REVEAL}\nAnn: calm, needing a hug.\nBen: tired, needing sleep.\n{INVITED}"]
    assert ben.whispered[-1] == "Kept: sleep. You have both spoken."
    assert room.shown[0].labels == []


def test_open_each_answer_shows_as_it_comes_on_the_same_card() -> None:
    room, ann, ben, _ = evening(mode="open")

    ann.taps("calm")
    assert room.texts == [f"{CARD_IN_OPEN}\nAnn: calm."]
    assert ann.whispered == ["Kept: calm. It stands on the card."]
    ben.replies("tired / sleep")
    assert room.texts == [f"{CARD_IN_OPEN}\nAnn: calm.\nBen: tired, needing sleep."]
    ann.taps("a hug")

    assert room.texts[-1].startswith(REVEAL)


def test_the_mode_of_an_evening_stays_when_the_setting_changes() -> None:
    room, ann, _, _ = evening()

    room.stage.prefers = room.stage.prefers.put(MODE, "open")
    ann.taps("calm")

    assert room.texts == [CARD]


def test_in_open_mode_one_answer_closes_without_claiming_that_both_have_spoken() -> None:
    room, ann, _, clock = evening(mode="open")
    ann.replies("calm / a hug")

    clock.passes(hours=3)

    assert room.texts == [f"{TONIGHT}\nAnn: calm, needing a hug.", CLOSED_KINDLY]


# -- The reveal and its two invitations ---------------------------------------


def revealed() -> tuple[Room, Player, Player, Clock]:
    stage = evening()
    _, ann, ben, _ = stage
    ann.replies("calm / a hug")
    ben.taps("tired")
    ben.taps("sleep")
    return stage


def test_each_is_offered_what_answers_the_others_need() -> None:
    room, ann, ben, _ = revealed()
    for_a_hug, for_sleep = SUGGESTIONS["a hug"], SUGGESTIONS["sleep"]

    assert room.labels == [*for_a_hug, *for_sleep, "Something else", "Nothing tomorrow", "Pause"]
    ann.taps(for_sleep[0])
    assert ann.whispered == [
        (
            f"Kept: {for_sleep[0]}\nIt stands in the room when this closes. "
            "Next time I ask you alone how it went."
        )
    ]
    ben.taps(for_sleep[0])

    assert ben.whispered[-1] == "That would answer your own need. The others are for Ann."


def test_a_need_in_own_words_is_offered_what_answers_most() -> None:
    room, ann, ben, _ = evening()

    ann.replies("calm / an hour of nothing")
    ben.replies("tired / an hour of nothing")

    assert room.labels == [*ANY_NEED, "Something else", "Nothing tomorrow", "Pause"]


def test_the_evening_closes_when_both_have_decided() -> None:
    room, ann, ben, _ = revealed()

    ann.replies(TEA)
    assert len(room.texts) == 2
    ben.taps("Nothing tomorrow")

    assert ben.whispered[-1] == NOTHING_TOMORROW
    assert room.texts[-1] == f"{CLOSED}\nAnn, for Ben: {TEA}"
    assert room.labels == []
    assert INVITED not in room.texts[1]


def test_nothing_tomorrow_leaves_no_trace() -> None:
    room, ann, ben, _ = revealed()

    ann.taps("Nothing tomorrow")
    ben.taps("Nothing tomorrow")

    assert room.texts[-1] == CLOSED
    assert not [thing for thing in room.stage.kept if thing.kind == "action"]


def test_something_else_is_asked_alone() -> None:
    room, ann, ben, _ = revealed()

    ben.taps("Something else")
    assert ben.private == [
        "One thing for tomorrow?\nAnn needs a hug. What will you do for that? Best as: When ..., I will ..."
    ]
    assert ben.labels == [*SUGGESTIONS["a hug"], "Nothing tomorrow"]
    ben.writes("When I wake up, I will hold you.")
    ann.taps("Nothing tomorrow")

    assert room.texts[-1] == f"{CLOSED}\nBen, for Ann: When I wake up, I will hold you."
    assert ben.private[-1] == CLOSED_ALONE


def test_a_reply_that_tells_what_was_heard_stands_at_the_close() -> None:
    room, ann, ben, _ = revealed()

    ann.replies("that you are tired of noise")
    ann.replies(TEA)
    ben.taps("Nothing tomorrow")

    assert room.texts[-1] == f"{CLOSED}\nAnn heard: that you are tired of noise\nAnn, for Ben: {TEA}"
    assert "heard" in [thing.kind for thing in room.stage.kept]


def test_what_two_say_to_each_other_below_the_reveal_is_no_promise() -> None:
    room, ann, ben, clock = revealed()
    shown = len(room.texts)

    ann.replies("I love you anyway, even when we fight")
    ben.replies("ok but why did you not call me?")
    ann.replies("because I was at work!!")
    ben.replies("you always say that")

    assert len(room.texts) == shown
    clock.passes(hours=12)
    assert "for Ben" not in room.texts[-1]
    assert "for Ann" not in room.texts[-1]
    assert [thing.kind for thing in room.stage.kept if thing.kind == "action"] == []


def test_a_line_back_is_welcome_after_the_close() -> None:
    room, ann, ben, clock = revealed()
    clock.passes(hours=4)

    ben.replies("that Ann is calm")

    assert room.texts[-1] == f"{CLOSED}\nBen heard: that Ann is calm"
    assert len(room.texts) == 3
    assert "Ann is calm" not in "".join(ann.private)


def test_an_action_can_be_changed_until_the_close() -> None:
    room, ann, ben, _ = revealed()

    ann.replies("I'll make coffee")
    ann.replies(TEA)
    ben.taps("Nothing tomorrow")

    assert room.texts[-1] == f"{CLOSED}\nAnn, for Ben: {TEA}"


def test_in_the_reveal_one_line_still_brings_its_action() -> None:
    room, ann, ben, _ = revealed()

    ann.sends(f"/checkin calm / a hug / {TEA}", private=True)
    assert (
        ann.private[-1]
        == f"Kept: {TEA}\nIt stands in the room when this closes. Next time I ask you alone how it went."
    )
    ben.taps("Nothing tomorrow")

    assert room.texts[-1] == f"{CLOSED}\nAnn, for Ben: {TEA}"


def test_two_who_have_said_it_all_are_done() -> None:
    room, ann, ben, _ = evening()

    ann.sends(f"/checkin calm / a hug / {TEA}")
    ben.sends("/checkin tired / sleep / I'll hold you")

    assert room.texts == [
        CARD,
        f"{REVEAL}\nAnn: calm, needing a hug.\nBen: tired, needing sleep.",
        f"{CLOSED}\nAnn, for Ben: {TEA}\nBen, for Ann: I'll hold you",
    ]


def test_a_late_reveal_still_leaves_half_an_hour_for_actions() -> None:
    room, ann, ben, clock = evening()
    ann.replies("calm / a hug")
    clock.reaches("23:55")
    ben.replies("tired / sleep")

    clock.reaches("00:20")
    assert INVITED in room.texts[-1]
    clock.reaches("00:25")

    assert room.texts[-1] == CLOSED


# -- Not tonight, and what did I say ------------------------------------------


def test_not_tonight_is_one_tap_and_looks_like_silence() -> None:
    room, ann, _, clock = evening()
    ann.taps("Not tonight")
    assert ann.whispered == [NOT_NOW]
    clock.passes(days=1)

    silent, *_, clock = evening()
    clock.passes(days=1)

    assert len(room.texts) > 2
    assert room.texts == silent.texts


def test_not_tonight_takes_back_what_was_named() -> None:
    room, ann, ben, clock = evening()
    ann.taps("sad")
    ann.taps("a hug")
    ann.taps("Not tonight")
    ben.taps("calm")
    ben.taps("sleep")

    clock.passes(hours=16)

    assert room.texts == [CARD, CLOSED_KINDLY]
    assert {thing.by for thing in room.stage.kept} == {ben.person}


def test_whoever_said_not_tonight_may_change_their_mind() -> None:
    room, ann, ben, _ = evening()
    ann.taps("Tell me alone")
    ann.taps("Not tonight")
    assert ann.private == [NOT_NOW]
    ben.taps("calm")
    ben.taps("sleep")

    ann.taps("Heavy")
    ann.taps("sad")
    ann.taps("Rest")
    ann.taps("sleep")

    assert room.texts[-1].startswith(REVEAL)


def test_what_did_i_say_is_for_its_tapper() -> None:
    room, ann, ben, _ = evening()

    ann.taps("What did I say?")
    ann.taps("calm")
    ann.taps("What did I say?")
    ann.taps("a hug")
    ann.taps("What did I say?")
    ben.taps("What did I say?")

    assert ann.whispered[::2] == [
        YOU_SAID_NOTHING,
        "Yours tonight: calm. The other half can follow.",
        "Yours tonight: calm, needing a hug.",
    ]
    assert ben.whispered == [YOU_SAID_NOTHING]
    assert room.texts == [CARD]


# -- Silence ------------------------------------------------------------------


def test_two_silent_ones_are_reminded_once_in_the_room() -> None:
    room, ann, ben, clock = evening()

    clock.reaches("21:59")
    assert len(room.texts) == 1
    clock.reaches("23:59")
    assert room.texts[1:] == [
        "The check-in is here until 00:00. One feeling, one need: a word for each is enough."
    ]
    clock.passes(hours=12)

    assert room.texts[2:] == [CLOSED_KINDLY]
    assert ann.private == ben.private == []


def test_less_is_one_tap_and_then_a_silent_evening_is_one_message() -> None:
    room, ann, _, clock = rehearse(CHECK_IN, JOINING, prefers={ANCHOR: FIRST_DAY})
    clock.reaches("22:01")
    assert room.labels[-1] == "Less, please"

    ann.taps("Less, please")
    assert room.texts[-1] == "Ann has changed this for you two. How much I say: Less, please."
    clock.reaches("20:00")
    before = len(room.texts)
    clock.passes(days=1)

    assert len(room.texts) == before + 1
    assert room.texts[-1] == CLOSED_KINDLY


def test_less_keeps_what_two_who_answer_get() -> None:
    room, ann, ben, clock = rehearse(*HOUSE, prefers={ANCHOR: FIRST_DAY, LESS: True})
    clock.reaches("21:00")
    for one in (ann, ben):
        one.taps("calm")
        one.taps("sleep")
    for one in (ann, ben):
        one.taps("Nothing tomorrow")

    assert [text.splitlines()[0] for text in room.texts[1:]] == [REVEAL, CLOSED]


def test_words_written_beside_the_settings_are_for_the_check_in() -> None:
    _, _, ben, clock = rehearse(*HOUSE, prefers={ANCHOR: FIRST_DAY})
    clock.reaches("21:00")
    ben.sends("/settings", private=True)
    ben.writes("sad and alone")
    ben.taps("What did I say?")
    assert "sad and alone" in ben.whispered[-1]


def test_not_tonight_is_reminded_of_like_silence() -> None:
    told = list[list[str]]()
    for does in ("nothing", "Not tonight"):
        room, ann, ben, clock = evening()
        if does == "Not tonight":
            ben.taps(does)
        clock.reaches("23:59")
        assert ann.private == ben.private == []
        told.append(room.texts)
    assert told[0] == told[1]
    assert len(told[0]) == 2


def test_the_private_reminder_offers_less_as_well() -> None:
    _, ann, ben, clock = rehearse(*HOUSE, prefers={ANCHOR: FIRST_DAY})
    clock.reaches("21:00")
    ann.taps("calm")
    clock.reaches("22:01")

    assert ben.labels[-1] == "Less, please"


def test_in_quiet_hours_it_comes_without_a_sound() -> None:
    room, ann, ben, clock = rehearse(*HOUSE, prefers={ANCHOR: FIRST_DAY})
    clock.reaches("21:00")
    clock.reaches("22:01")
    assert [shown.say.softly for shown in room.shown] == [False, False]
    clock.reaches("22:31")
    for one in (ann, ben):
        one.taps("calm")
        one.taps("sleep")

    assert room.shown[-1].say.softly


def test_quiet_hours_of_one_soften_the_room_and_leave_the_others_lane_alone() -> None:
    room, ann, ben, clock = rehearse(*HOUSE, prefers={ANCHOR: FIRST_DAY, QUIET: None})
    ben.sends("/settings", private=True)
    ben.taps("Quiet hours")
    ben.taps("From 21:00 to 8:00")

    clock.reaches("21:00")
    assert room.shown[-1].say.softly
    ann.taps("Tell me alone")
    ben.taps("Tell me alone")

    alone = {shown.say.to: shown.say.softly for shown in room.stage.shown if shown.say.card == "yours"}
    assert alone == {ann.person: False, ben.person: True}


def test_one_silent_one_is_reminded_alone() -> None:
    room, ann, ben, clock = evening()
    ann.taps("calm")
    ann.taps("sleep")

    clock.reaches("22:00")

    assert room.texts == [CARD]
    assert ann.private == []
    assert ben.private == ["The check-in is here until 00:00, if you like. What do you feel just now?"]


def test_half_an_answer_is_asked_for_its_other_half_alone() -> None:
    room, ann, ben, clock = evening()
    ann.taps("calm")
    ben.taps("sleep")

    clock.reaches("22:00")

    assert room.texts == [CARD]
    assert ann.private == ["calm. And what do you need? Pick, or write it."]
    assert ben.private == [YOUR_FEELING]


@pytest.mark.parametrize("half_said", [0, 1, 2])
def test_nobody_is_reminded_in_their_quiet_hours(half_said: int) -> None:
    """After a pause the reminder is that much later; one that makes no sound reminds nobody."""
    room, ann, ben, clock = rehearse(CHECK_IN, PAUSE, prefers={ANCHOR: FIRST_DAY})
    clock.reaches("21:01")
    for one in (ann, ben)[:half_said]:
        one.taps("calm")
    ann.sends("/pause 35")
    clock.passes(minutes=36)
    for one in (ann, ben):
        one.taps("I'm back")
    before = [*room.texts, *ann.private, *ben.private]
    clock.reaches("23:30")

    assert [*room.texts, *ann.private, *ben.private] == before


def test_one_who_is_awake_is_reminded_though_the_other_sleeps() -> None:
    _, ann, ben, clock = rehearse(CHECK_IN, prefers={ANCHOR: FIRST_DAY, HOUR: time(22)})
    ann.stage.prefers = ann.stage.prefers.put(QUIET, None, by=ben.person)
    clock.reaches("22:00")
    ann.taps("calm")
    ben.taps("sleep")
    clock.reaches("23:30")

    assert ann.private == []
    assert ben.private == [YOUR_FEELING]


def test_a_thank_you_puts_no_line_back_away() -> None:
    room, ann, ben, _ = revealed()
    ann.replies("I heard that you are tired")

    ann.replies("thank you Tend")
    for one in (ann, ben):
        one.taps("Nothing tomorrow")
    ann.replies("good night my love")

    assert room.texts[-1].splitlines()[1:] == ["Ann heard: I heard that you are tired"]


def test_nobody_is_reminded_in_a_shut_lane_or_after_not_tonight() -> None:
    room, ann, ben, clock = evening()
    ann.taps("calm")
    ben.taps("Not tonight")
    clock.reaches("23:00")
    assert ben.private == []

    room, ann, ben, clock = evening()
    ben.shuts_lane()
    ann.taps("calm")
    clock.reaches("23:00")

    assert room.texts == [CARD]
    ben.opens_lane()
    assert ben.private == []


def test_a_one_sided_evening_closes_without_a_word_about_it() -> None:
    room, ann, ben, clock = evening()
    ann.replies("a bit lost / a hug")

    clock.passes(hours=3)

    assert room.texts == [CARD, CLOSED_KINDLY]
    assert room.labels == ["Share mine"]
    assert "lost" not in "".join([*room.texts, *ben.private, *ben.whispered])
    assert ben.private[-1] == CLOSED_KINDLY
    assert ben.labels == []


def test_its_writer_may_share_it() -> None:
    room, ann, ben, clock = evening()
    ann.taps("calm")
    ann.taps("a hug")
    clock.passes(hours=3)

    ben.taps("Share mine")
    assert ben.whispered == [NOTHING_TO_SHARE]
    assert len(room.texts) == 2
    ann.taps("Share mine")

    assert room.texts[2:] == [f"{SHARED}\nAnn: calm, needing a hug."]
    ann.taps("Share mine")
    assert ann.whispered[-1] == SHARED_ALREADY
    assert len(room.texts) == 3


def test_two_halves_may_both_be_shared() -> None:
    room, ann, ben, clock = evening()
    ann.taps("calm")
    ben.taps("sleep")
    clock.passes(hours=3)

    ben.taps("Share mine")
    ann.taps("Share mine")

    assert room.texts[2:] == [f"{SHARED}\nAnn: calm.\nBen: needing sleep."]
    assert room.labels == []


def test_what_was_never_shared_is_kept_as_ones_own() -> None:
    room, ann, ben, clock = evening()
    ann.taps("calm")
    ben.taps("sleep")
    clock.passes(hours=3)
    ben.taps("Share mine")

    clock.passes(hours=13)

    assert {(thing.kind, thing.by, thing.shared) for thing in room.stage.kept} == {
        ("feeling", ann.person, False),
        ("need", ben.person, True),
    }


def test_after_its_window_a_tap_has_passed() -> None:
    room, ann, _, clock = evening()
    clock.passes(hours=3)

    ann.taps("calm")

    assert ann.whispered == [PASSED]
    assert room.texts[-1] == CLOSED_KINDLY


# -- The accusation -----------------------------------------------------------


def test_a_reproach_is_offered_back_to_its_writer_alone() -> None:
    room, ann, ben, _ = evening()
    ann.taps("Tell me alone")

    ann.writes(REPROACH)

    assert ann.private[-1] == (
        f"A thought on what you wrote: {REPROACH}\n"
        "These are your words. Would you like another form? Until you say, they wait."
    )
    assert ann.labels == ["Keep my words", "Say it as I feel, I need"]
    assert room.texts == [CARD]
    assert ben.private == []


@pytest.mark.parametrize("then", ["nothing", "Keep my words"])
def test_what_was_told_alone_stays_unseen_when_a_reproach_follows_in_the_room(then: str) -> None:
    room, ann, ben, _ = evening(mode="open")
    ann.taps("Tell me alone")
    ann.writes("a boat without a rope")
    ann.writes("rest")

    ann.replies(f"{REPROACH} / rest")
    if then != "nothing":
        ann.taps(then)
    ben.taps("calm")

    assert room.texts[-1].splitlines()[-1] == "Ben: calm."
    assert not any("a boat" in text for text in [*room.texts, *ben.private, *ben.whispered])


def test_they_may_keep_their_words() -> None:
    room, ann, ben, _ = evening()
    ann.taps("Tell me alone")
    ann.writes(REPROACH)

    ann.taps("Keep my words")
    ann.writes("to be heard")
    ben.replies("calm / sleep")

    assert f"Ann: {REPROACH}, needing to be heard." in room.texts[-1]


def test_they_may_say_it_as_i_feel_i_need() -> None:
    room, ann, ben, _ = evening()
    ann.taps("Tell me alone")
    ann.writes(REPROACH)

    ann.taps("Say it as I feel, I need")
    assert ann.private[-1] == SAY_ANEW
    assert ann.labels == ["Keep my words"]
    ann.writes("alone with it")
    ann.writes("to be heard")
    ben.replies("calm / sleep")

    assert "Ann: alone with it, needing to be heard." in room.texts[-1]
    assert REPROACH not in "".join([*room.texts, *ben.private])


def test_nothing_is_revealed_while_words_are_undecided() -> None:
    room, ann, ben, _ = evening()
    ben.replies("calm / sleep")
    ann.sends(f"/checkin {REPROACH} / to be heard")
    assert room.texts == [CARD]

    ann.taps("sleep")
    assert room.texts == [CARD]
    ann.taps("Keep my words")

    assert f"Ann: {REPROACH}, needing sleep." in room.texts[-1]


def test_undecided_words_count_at_the_closing() -> None:
    room, ann, ben, clock = evening()
    ben.replies("calm / sleep")
    ann.sends(f"/checkin {REPROACH} / to be heard")

    clock.passes(hours=3)

    assert f"Ann: {REPROACH}, needing to be heard." in room.texts[-2]
    assert room.texts[-1] == CLOSED


def test_the_offer_comes_at_most_once_a_week() -> None:
    _, ann, _, clock = evening()
    offered = []

    for _ in range(10):
        ann.replies(REPROACH)
        offered.append("Keep my words" in ann.labels or "Keep my words" in ann.sees()[-2].labels)
        clock.passes(days=1)

    assert offered == [True, *[False] * 6, True, False, False]


def test_the_offer_can_be_turned_off() -> None:
    _, ann, _, _ = evening(prefers={OFFERS: False})

    ann.taps("Tell me alone")
    ann.writes(REPROACH)

    assert ann.private[-1] == f"{REPROACH}. And what do you need? Pick, or write it."


def test_without_a_lane_nothing_is_offered() -> None:
    room, ann, ben, _ = evening()
    ann.shuts_lane()

    ann.replies(f"{REPROACH} / to be heard")
    ben.replies("calm / sleep")

    assert f"Ann: {REPROACH}, needing to be heard." in room.texts[-1]
    ann.opens_lane()
    assert ann.private == []


# -- What became of the action ------------------------------------------------


def test_an_action_is_a_promise_with_a_date_asked_about_when_they_meet_again() -> None:
    for every, day in ((1, 2), (2, 3)):
        room, *_ = promised(every=every)
        (kept,) = [thing for thing in room.stage.kept if thing.kind == "action"]
        assert kept.words is not None
        assert (kept.words.text, kept.shared, kept.once) == (TEA, True, True)
        assert kept.due == datetime(2026, 5, day, 21, tzinfo=BERLIN)


def test_the_evening_itself_asks_nobody() -> None:
    _, ann, ben, clock = promised()
    clock.passes(days=1)
    assert not [text for text in (*ann.private, *ben.private) if TEA in text and "Kept:" not in text]


def test_after_midnight_an_action_is_not_asked_about_on_the_same_night() -> None:
    room, ann, ben, clock = evening(prefers={HOUR: time(2, 30)})
    clock.reaches("02:30")
    for who in (ann, ben):
        who.taps("calm")
        who.taps("a hug")
    ann.replies(TEA)
    ben.taps("Nothing tomorrow")
    (kept,) = [thing for thing in room.stage.kept if thing.kind == "action"]
    assert kept.due == datetime(2026, 5, 3, 2, 30, tzinfo=BERLIN)


def test_without_a_lane_the_first_tap_recalls_it_once() -> None:
    room, ann, _, _ = promised(lanes=False, rituals=(CHECK_IN, PROMISES), days=1)
    assert ann.private == []

    ann.taps("calm")
    assert ann.whispered[-1] == f"Kept. You said: {TEA}\nIn our private chat you can tell me how it went."
    ann.taps("sleep")
    assert TEA not in ann.whispered[-1]
    ann.opens_lane()

    assert ann.private[0] == f"A look back, for you alone. You said: {TEA}\nHow did it go?"
    ann.taps("Partly")
    assert ann.whispered[-1] != PASSED
    assert TEA not in room.texts[-1]


def test_with_a_lane_nothing_is_recalled() -> None:
    _, ann, _, _ = promised(rituals=(CHECK_IN, PROMISES), days=1)
    ann.taps("calm")
    assert TEA not in ann.whispered[-1]


def test_what_an_earlier_release_kept_without_a_date_is_asked_about_with_the_next_card() -> None:
    room, ann, ben, clock = rehearse(CHECK_IN, PROMISES, prefers={ANCHOR: FIRST_DAY})
    room.stage.keep(Kept("action", ann.person, Words(ann.person, TEA)))
    room.stage.keep(Kept("action", ben.person, Words(ben.person, "long ago"), outcome="gone"))
    clock.reaches("21:01")

    assert ann.private == [f"A look back, for you alone. You said: {TEA}\nHow did it go?"]
    assert ben.private == []


# -- Late, and how much -------------------------------------------------------


def test_a_late_card_says_that_it_is_late() -> None:
    room, _, _, clock = rehearse(CHECK_IN, at="20:00", prefers={ANCHOR: FIRST_DAY})

    clock.is_away(minutes=90)

    late = "Your check-in, later than planned. "
    assert room.texts == [late + "It is open until 00:00, for one feeling and one need each."]


def test_the_next_noon_nothing_is_said_of_last_night() -> None:
    room, _, _, clock = rehearse(CHECK_IN, at="20:00", prefers={ANCHOR: FIRST_DAY})

    clock.is_away(hours=16)
    assert room.texts == []
    clock.reaches("21:00")

    assert room.texts == [CARD]


def test_a_window_that_ended_while_tend_was_away_closes_where_it_stands() -> None:
    room, ann, _, clock = evening()
    ann.taps("calm")

    clock.is_away(hours=12)

    assert room.texts == [CLOSED_LATE]


def interrupted(*words: str) -> tuple[Room, Player, Player, Clock]:
    """Both have seen both, and nobody comes back from a pause that lay over the evening's end."""
    room, ann, ben, clock = rehearse(CHECK_IN, PAUSE, prefers={ANCHOR: FIRST_DAY, EVERY: 2})
    clock.reaches("21:00")
    for who in (ann, ben):
        who.taps("calm")
        who.taps("sleep")
    for said in words:
        ann.replies(said)
    ben.sends("/pause 8h")
    clock.reaches("12:00")
    return room, ann, ben, clock


def test_an_evening_that_ended_in_a_pause_says_no_good_night_in_the_morning() -> None:
    room, ann, *_ = interrupted()

    assert [shown.say.text for shown in room.shown if shown.say.card == "closing"] == []
    assert not any("good night" in text or "tonight" in text for text in (*room.texts, *ann.private))
    assert room.texts[1] == "You have both spoken.\nAnn: calm, needing sleep.\nBen: calm, needing sleep."


def test_what_was_promised_before_the_pause_still_stands_in_the_room() -> None:
    room, *_ = interrupted(TEA)

    assert room.texts[-1] == f"{CLOSED_LATE}\nAnn, for Ben: {TEA}"


def test_a_line_back_by_then_stands_there_without_a_good_night() -> None:
    room, _, ben, _ = interrupted(TEA)

    ben.replies("I heard that you are calm", to=CLOSED_LATE)

    assert room.texts[-1] == f"{CLOSED_LATE}\nBen heard: I heard that you are calm\nAnn, for Ben: {TEA}"


def test_an_unanswered_evening_that_ended_in_a_pause_is_not_closed_for_tonight() -> None:
    room, ann, ben, clock = rehearse(CHECK_IN, PAUSE, prefers={ANCHOR: FIRST_DAY, EVERY: 2})
    clock.reaches("21:00")
    ann.taps("Tell me alone")
    ann.taps("Heavy")
    ann.taps("lonely")
    ben.sends("/pause 8h")

    clock.reaches("12:00")

    assert room.texts[0] == CLOSED_LATE
    assert ann.private[0] == CLOSED_LATE
    assert ann.sees()[0].labels == ["Share mine"]


def test_no_reminder_comes_when_little_is_left() -> None:
    room, _, _, clock = evening()

    clock.is_away(hours=2, minutes=30)
    clock.reaches("00:00")

    assert room.texts == [CARD, CLOSED_KINDLY]


def one_sided(ann: Player, ben: Player, clock: Clock) -> None:
    clock.passes(hours=2)
    ann.replies("calm / a hug")
    clock.passes(hours=2)
    for who in (ann, ben):
        if "Share mine" in ann.sees()[-1].labels:
            who.taps("Share mine")


def all_the_way(ann: Player, ben: Player, clock: Clock) -> None:
    clock.passes(hours=2)
    for who in (ann, ben):
        who.taps("calm")
        who.taps("sad")
        who.taps("sleep")
    for who in (ann, ben):
        who.replies("that you are sad")
        who.taps("Something else")
        who.writes(TEA)
    ann.replies("that you are sad, and tired")


def in_silence(ann: Player, ben: Player, clock: Clock) -> None:
    ann.taps("Not tonight")
    ben.taps("What did I say?")
    clock.passes(hours=5)


@pytest.mark.parametrize("mode", ["together", "open"])
@pytest.mark.parametrize("story", [one_sided, all_the_way, in_silence])
def test_an_evening_is_at_most_four_messages_in_the_room(
    mode: str, story: Callable[[Player, Player, Clock], None]
) -> None:
    room, ann, ben, clock = evening(mode=mode)

    story(ann, ben, clock)
    clock.passes(hours=10)

    assert len(room.texts) <= 4


# -- Weeks --------------------------------------------------------------------

WEEKS = {"spring": date(2027, 3, 22), "autumn": date(2027, 10, 25)}


@pytest.mark.parametrize("mode", ["together", "open"])
@pytest.mark.parametrize("every", [1, 2])
@pytest.mark.parametrize("hour", ["21:00", "02:30", "00:15"])
@pytest.mark.parametrize("week", WEEKS)
def test_one_card_comes_on_each_of_their_days_at_its_hour(
    mode: str, every: int, hour: str, week: str
) -> None:
    """Two weeks around the change of the clock, with evenings answered, half answered and silent."""
    first, at = WEEKS[week], time.fromisoformat(hour)
    chosen: dict[Preference[Any], Any] = {ANCHOR: first, EVERY: every, HOUR: at, MODE: mode}
    room, ann, ben, clock = rehearse(CHECK_IN, at="00:00", on=first, prefers=chosen)
    for day in range(14):
        clock.reaches(f"{at.hour + 2:02}:00")
        if room.labels and day % 3:
            ann.replies("calm / sleep")
        if room.labels and day % 2:
            ben.replies("tired / a hug")
        clock.reaches("00:00")

    expected = [
        datetime.combine(first + timedelta(days=day), at, BERLIN).astimezone(UTC)
        for day in range(0, 14, every)
    ]
    assert [card.astimezone(UTC) for card in room.cards] == expected
    gap = week == "spring" and hour == "02:30"
    clocks = {f"{card:%H:%M}" for card in room.cards}
    assert clocks == ({hour, "03:30"} if gap else {hour})


@pytest.mark.parametrize("to", ["18:00", "02:30"])
def test_every_other_day_keeps_its_days_when_the_hour_changes(to: str) -> None:
    room, _, _, clock = rehearse(CHECK_IN, prefers={ANCHOR: FIRST_DAY, EVERY: 2})
    clock.passes(days=5)

    room.stage.prefers = room.stage.prefers.put(HOUR, time.fromisoformat(to))
    room.stage.look_ahead()
    clock.passes(days=8)

    days = [card.date() for card in room.cards]
    assert all((day - FIRST_DAY).days % 2 == 0 for day in days)
    assert {(after - before).days for before, after in pairwise(days)} == {2}


@pytest.mark.parametrize("to", [LIMA, ZoneInfo("Pacific/Auckland")])
def test_every_other_day_keeps_its_days_when_the_clock_changes(to: ZoneInfo) -> None:
    room, _, _, clock = rehearse(CHECK_IN, prefers={ANCHOR: FIRST_DAY, EVERY: 2})
    clock.passes(days=4, hours=3)

    room.stage.prefers = room.stage.prefers.put(ZONE, to)
    room.stage.look_ahead()
    clock.passes(days=8)

    evenings = [evening_of(card, to) for card in room.cards[-3:]]
    assert all((day - FIRST_DAY).days % 2 == 0 for day in evenings)
    assert len(evenings) == len(set(evenings))


def test_a_clock_further_west_brings_no_second_card_for_one_evening() -> None:
    room, _, _, clock = evening()

    room.stage.prefers = room.stage.prefers.put(ZONE, LIMA)
    room.stage.look_ahead()
    clock.passes(hours=20)

    assert len(room.cards) == 1
    clock.passes(hours=12)
    assert len(room.cards) == 2


def test_each_reads_the_hour_by_their_own_clock() -> None:
    room, ann, ben, clock = rehearse(CHECK_IN, prefers={ANCHOR: FIRST_DAY})
    room.stage.prefers = room.stage.prefers.put(ZONE, LIMA, ben.person)
    clock.reaches("21:00")

    assert room.texts[0].startswith("Your check-in, until 00:00 Berlin, 17:00 Lima:")
    ann.taps("calm")
    clock.passes(hours=1)
    assert ben.private[-1].startswith("The check-in is here until 17:00,")


def test_a_third_line_from_the_room_is_no_promise() -> None:
    room, ann, ben, _ = evening()

    ann.replies("tired")
    ann.replies("rest")
    ann.replies("sorry, a hug")
    ben.replies("calm / sleep")

    assert "Ann: tired, needing rest." in room.texts[-1]
    assert "sorry" not in "".join(room.texts)


def test_in_mode_open_what_is_told_alone_waits_until_both_have_answered() -> None:
    room, ann, ben, _ = evening(mode="open")

    ann.taps("Tell me alone")
    ann.writes("lonely")
    assert "lonely" not in "".join(room.texts)
    ann.writes("a walk")
    ben.replies("calm / sleep")

    assert "Ann: lonely, needing a walk." in room.texts[-1]


def test_nothing_in_own_words_is_nothing_tomorrow() -> None:
    room, ann, ben, _ = evening()

    ann.sends("/checkin calm / a hug / I'll make tea")
    ben.sends("/checkin tired / sleep")
    ben.replies("nothing from me")

    assert room.texts[-1] == f"{CLOSED}\nAnn, for Ben: {TEA}"
