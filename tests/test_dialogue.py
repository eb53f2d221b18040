"""The dialogue, as two people live it."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.hours import ANCHOR, QUIET, ZONE, Span
from bot.ritual import Kept, Preference
from bot.rituals.check_in import CHECK_IN
from bot.rituals.dialogue import (
    ALL_RIGHT,
    BELL_LATE,
    DIALOGUE,
    EARLIER_OVER,
    ENOUGH_NOTED,
    IN_THE_ROOM,
    IT_RESTS,
    RESTED,
    STOPPED,
    TURNS_OVER,
    SayingBack,
    Speaking,
    Stopped,
)
from bot.rituals.gratitude import GRATITUDE
from bot.rituals.pause import BOTH_BACK, PAUSE
from bot.shell import CLOSED, HELD, NOT_NOW, PASSED
from bot.topics import FULL, NOT_NOW_THEN, TWICE, WHAT_ABOUT, WHEN_BOTH, WHICH_GOES, WHICH_ONE
from bot.turns import SAY_BACK, TURN, WHAT_IS_HARD, WHAT_IT_RECALLS, WHAT_MATTERS, WHOLE, Talk
from bot.upshot import (
    BOTH_LINES,
    BOTH_SHOWN,
    LINE_NOTED,
    ON_NOTED,
    ONE_IS_ENOUGH,
    ONE_STEP,
    STEP_LATE,
    THAT_WAS_IT,
    YOUR_LINE,
)
from tests.rehearsal import BERLIN, FIRST_DAY, LIMA, Clock, Player, Room, rehearse

Stage = tuple[Room, Player, Player, Clock]
ANN_SPEAKS, BEN_SPEAKS = "Ann speaks, for {}. Ben listens.", "Ben speaks, for {}. Ann listens."
BEN_SAYS = "Ben says back what was said and how it makes sense, for {}. Ann says when it is heard."
ANN_SAYS = "Ann says back what was said and how it makes sense, for {}. Ben says when it is heard."
TWO, ONE = "two minutes", "one minute"
ABOUT = "A talk about: {}"


def proposed(topic: str = "money", at: str = "20:00") -> Stage:
    """Ann has proposed a topic."""
    stage = rehearse(CHECK_IN, PAUSE, GRATITUDE, DIALOGUE, at=at)
    stage[1].sends(f"/talk {topic}")
    return stage


def begun(at: str = "20:00") -> Stage:
    """Both have accepted the rules, and Ann speaks."""
    stage = proposed(at=at)
    both(stage, "I agree")
    return stage


def over() -> Stage:
    """The turns are over, and both are asked what they understood."""
    stage = begun()
    stage[3].passes(minutes=18)
    return stage


def asked_for_a_step() -> Stage:
    """Both lines stand in the room, and one step is asked for."""
    stage = over()
    room, ann, ben, _ = stage
    ann.replies("you are tired")
    ben.replies("money means safety")
    assert room.texts[-1].endswith(ONE_STEP)
    return stage


def both(stage: Stage, label: str) -> None:
    for one in stage[1:3]:
        one.taps(label)


def come_back(stage: Stage) -> None:
    """Both come back when the twenty minutes of their pause are over."""
    stage[3].passes(minutes=20)
    both(stage, "I'm back")


def talk_of(room: Room) -> Talk:
    state = room.stage.heard[-1][2].row.state
    assert isinstance(state, Speaking | SayingBack)
    return state.talk


def kept(room: Room, kind: str) -> list[Kept]:
    return [thing for thing in room.stage.kept if thing.kind == kind]


# -- A topic ------------------------------------------------------------------


def test_a_talk_is_begun_with_its_topic_in_one_line() -> None:
    room, *_ = proposed()

    assert room.texts[-1].startswith(ABOUT.format("money"))
    assert room.labels == ["I agree", "Another topic", "Not now"]


def test_a_reply_proposes_one_and_it_comes_into_the_list() -> None:
    room, ann, ben, _ = rehearse(DIALOGUE)
    ann.sends("/talk")
    assert room.texts == [WHAT_ABOUT]
    ben.replies("the garden")
    assert room.texts[-1].startswith(ABOUT.format("the garden"))

    ann.taps("Another topic")

    assert room.texts[-1] == WHICH_ONE
    assert room.labels == ["the garden", "Let one go", "Not now"]


def test_one_of_the_list_is_picked_by_a_tap_of_either() -> None:
    room, ann, ben, _ = proposed()
    ann.taps("Not now")
    assert room.texts[-1] == NOT_NOW_THEN
    assert room.labels == []

    ben.sends("/talk")
    ben.taps("money")

    assert room.texts[-1].startswith(ABOUT.format("money"))
    assert len(kept(room, "topic")) == 1


@pytest.mark.parametrize("again", ["Money", "  MONEY ", "money!"[:5]])
def test_the_same_said_anew_is_no_second_one(again: str) -> None:
    room, ann, ben, _ = proposed()
    ann.taps("Not now")

    ben.sends(f"/talk {again}")

    assert len(kept(room, "topic")) == 1
    assert room.texts[-1].startswith(ABOUT.format("money"))


def test_one_is_reworded_by_an_edit_and_both_agree_anew() -> None:
    room, ann, ben, _ = rehearse(DIALOGUE)
    number = ann.sends("/talk mony")
    ben.taps("I agree")

    ann.edits(number, "/talk money")

    assert room.texts[-1].startswith(ABOUT.format("money"))
    assert [thing.words.text for thing in kept(room, "topic") if thing.words] == ["money"]
    ann.taps("I agree")
    assert ann.whispered[-1] == WHEN_BOTH


def test_the_rules_say_where_one_talks() -> None:
    room, *_ = proposed()

    assert "Side by side, on a call, or in writing here." in room.texts[-1]


def in_the_turns(stage: Stage) -> None:
    both(stage, "I agree")


def at_rest(stage: Stage) -> None:
    both(stage, "I agree")
    stage[2].taps("Stop here")


@pytest.mark.parametrize("come", [in_the_turns, at_rest])
def test_the_topic_of_a_talk_is_reworded_by_an_edit_and_nobody_is_interrupted(
    come: Callable[[Stage], None],
) -> None:
    stage = rehearse(DIALOGUE)
    room, ann, ben, _ = stage
    ann.sends("/talk")
    number = ben.replies("mony")
    come(stage)
    before = room.texts

    ben.edits(number, "money")

    assert room.texts == before
    assert [thing.words.text for thing in kept(room, "topic") if thing.words] == ["money"]
    ben.edits(number, "our money")
    assert [thing.words.text for thing in kept(room, "topic") if thing.words] == ["our money"]


@pytest.mark.parametrize("come", [lambda _: None, in_the_turns, at_rest])
def test_an_edit_that_says_what_the_other_has_brought_leaves_the_others_words(
    come: Callable[[Stage], None],
) -> None:
    stage = rehearse(DIALOGUE)
    room, ann, ben, _ = stage
    ann.sends("/talk money")
    number = ben.sends("/talk mony")
    come(stage)

    ben.edits(number, "/talk Money")
    assert [(thing.by, thing.words.text) for thing in kept(room, "topic") if thing.words] == [
        (ann.person, "money")
    ]
    ben.edits(number, "/talk the car")

    assert (ann.person, "money") in [
        (thing.by, thing.words.text) for thing in kept(room, "topic") if thing.words
    ]


def test_a_topic_is_reworded_though_its_command_is_edited_away() -> None:
    room, ann, _, _ = rehearse(DIALOGUE)
    number = ann.sends("/talk mony")
    room.stage.sent[number] = next(iter(room.stage.rows)), ""  # to the engine it is plain words from now on

    ann.edits(number, "money")

    assert room.texts[-1].startswith(ABOUT.format("money"))
    assert [thing.words.text for thing in kept(room, "topic") if thing.words] == ["money"]


def test_a_list_is_short_and_who_brought_one_lets_it_go() -> None:
    room, ann, ben, _ = rehearse(DIALOGUE)
    for topic in ("one", "two", "three", "four"):
        (ann if topic != "three" else ben).sends(f"/talk {topic}")
    ann.sends("/talk six")
    assert room.texts[-1] == f"{WHICH_ONE}\n{FULL.format(who='Ann')}"
    assert room.labels == ["one", "two", "three", "four", "Let one go", "Not now"]

    ann.taps("Let one go")
    assert room.texts[-1] == WHICH_GOES
    assert room.labels[-1] == "Back"
    ann.taps("three")
    assert ann.whispered[-1] == "Ben brought this one, and can let it go."
    ann.taps("two")

    assert room.labels == ["one", "three", "four", "Let one go", "Not now"]
    assert not any(thing.words for thing in kept(room, "topic") if thing.outcome == "let go")
    ann.replies("six")
    assert room.texts[-1].startswith(ABOUT.format("six"))


def test_however_many_one_has_brought_there_is_room_for_the_others_own() -> None:
    room, ann, ben, _ = rehearse(DIALOGUE)
    for topic in ("one", "two", "three", "four", "five"):
        ann.sends(f"/talk {topic}")

    for topic in ("the garden", "the sea", "the car"):
        ben.sends(f"/talk {topic}")
        assert room.texts[-1].startswith(ABOUT.format(topic))

    assert [thing.by for thing in kept(room, "topic")] == [ann.person] * 3 + [ben.person] * 3


def test_one_of_a_full_list_may_still_be_reworded() -> None:
    room, ann, _, _ = rehearse(DIALOGUE)
    ann.sends("/talk one")
    ann.sends("/talk two")
    number = ann.sends("/talk mony")

    ann.edits(number, "/talk money")

    assert room.texts[-1].startswith(ABOUT.format("money"))


def test_the_same_topic_comes_at_most_twice_in_an_evening() -> None:
    stage = begun()
    room, ann, ben, clock = stage
    both_stop(stage)
    ben.sends("/talk Money")
    both(stage, "I agree")
    both_stop(stage)

    before = room.texts
    ann.sends("/talk money")
    assert room.texts == [*before, TWICE]
    ann.sends("/talk")
    ann.taps("money")
    assert ann.whispered[-1] == TWICE
    ann.replies("the garden")
    assert room.texts[-1].startswith(ABOUT.format("the garden"))

    clock.passes(days=1)
    ann.sends("/talk money")
    assert room.texts[-1].startswith(ABOUT.format("money"))


def both_stop(stage: Stage) -> None:
    stage[2].taps("Stop here")
    stage[2].taps("Let it rest")


def test_what_is_private_begins_no_talk_and_is_not_shown() -> None:
    room, ann, ben, _ = rehearse(DIALOGUE)

    ann.sends("/talk secret amber", private=True)

    assert room.texts == ben.private == []
    assert ann.private == [IN_THE_ROOM]
    assert kept(room, "topic") == []


# -- The rules ----------------------------------------------------------------


def test_it_begins_when_both_accept_the_rules_and_with_whoever_proposed_it() -> None:
    room, ann, ben, clock = proposed()
    before = room.texts

    ben.taps("I agree")
    ben.taps("I agree")
    assert ben.whispered == [WHEN_BOTH, WHEN_BOTH]
    assert room.texts == before
    clock.passes(minutes=10)
    ann.taps("I agree")

    assert room.texts[-1] == ANN_SPEAKS.format(TWO)
    assert room.labels == ["I am done", "Help me understand", "Stop here"]


def test_rules_that_nobody_accepts_rest_without_a_message() -> None:
    room, ann, _, clock = proposed()
    ann.taps("I agree")
    many = len(room.texts)

    clock.passes(hours=5)

    assert len(room.texts) == many
    assert room.texts[-1] == NOT_NOW_THEN
    assert room.labels == []
    assert not room.stage.rows


# -- The turns ----------------------------------------------------------------


def test_the_clock_alone_leads_through_the_whole_talk() -> None:
    room, _, _, clock = begun()

    clock.passes(minutes=18)

    a_round = [
        ANN_SPEAKS.format(TWO), BEN_SAYS.format(ONE), BEN_SPEAKS.format(TWO), ANN_SAYS.format(ONE),
    ]  # fmt: skip
    assert room.texts[1:-1] == a_round * 3
    assert room.texts[-1].startswith(TURNS_OVER)
    assert room.stage.now - room.shown[1].at <= WHOLE


def test_each_turn_is_a_card_of_its_own_and_the_old_buttons_are_dead() -> None:
    room, ann, ben, _ = begun()
    old = room.shown[-1]
    button = old.say.buttons[0]

    ann.taps("I am done")
    ann.taps_on(old, button)

    assert ann.whispered[-1] == PASSED
    assert room.texts[-1] == BEN_SAYS.format(ONE)
    assert [shown.labels for shown in room.shown[:-1]] == [[]] * (len(room.shown) - 1)
    ben.taps("You heard me")
    assert ben.whispered[-1] == "This one is for Ann."
    ann.taps("You heard me")
    assert room.texts[-1] == BEN_SPEAKS.format(TWO)


def test_only_the_one_who_speaks_moves_a_turn_on() -> None:
    room, ann, ben, _ = begun()
    before = room.texts

    ben.taps("I am done")

    assert ben.whispered[-1] == "This one is for Ann."
    assert room.texts == before
    ann.taps("I am done")
    ben.taps("Let me clarify")
    assert ben.whispered[-1] == "This one is for Ann."


def test_what_is_clarified_is_said_back_again_and_the_other_gets_the_same_time() -> None:
    room, ann, _, clock = begun()
    ann.taps("I am done")
    ann.taps("Let me clarify")
    assert room.texts[-1] == "Ann says it in other words, for one minute. Ben listens."
    clock.passes(minutes=1)
    assert room.texts[-1] == BEN_SAYS.format(ONE)
    ann.taps("You heard me")

    assert room.texts[-1] == BEN_SPEAKS.format("three minutes")


def test_questions_are_at_hand_for_whoever_wants_one() -> None:
    room, ann, ben, clock = begun()
    before = room.texts

    for one in (ann, ben, ann):
        one.taps("Help me understand")
        clock.passes(seconds=1)

    assert {*ann.whispered, *ben.whispered} >= {WHAT_MATTERS, WHAT_IT_RECALLS, WHAT_IS_HARD}
    assert room.texts == before


def test_both_may_end_the_turns_once_both_are_heard() -> None:
    room, ann, ben, clock = begun()
    clock.passes(minutes=2)
    assert "We are both heard" not in room.labels
    clock.passes(minutes=3)
    assert room.labels[0] == "You heard me"

    ben.taps("We are both heard")
    ben.taps("We are both heard")
    assert ben.whispered[-2:] == [ENOUGH_NOTED, ENOUGH_NOTED]
    ann.taps("We are both heard")

    assert room.texts[-1].startswith(EARLIER_OVER)


def test_the_command_shows_where_they_are_with_what_is_left() -> None:
    room, _, ben, clock = begun()
    clock.passes(seconds=61)

    ben.sends("/talk")

    assert room.texts[-1] == ANN_SPEAKS.format(ONE)
    clock.passes(seconds=59)
    assert room.texts[-1] == BEN_SAYS.format(ONE)


def test_others_are_silent_meanwhile_and_come_one_after_the_other_afterwards() -> None:
    room, ann, ben, clock = begun()
    ann.sends("/thanks for the tea")
    ben.sends("/checkin")
    assert room.texts[-2:] == [HELD, HELD]

    clock.passes(minutes=18)
    assert room.texts[-1].startswith(TURNS_OVER)
    ben.replies("you are tired")  # somebody is there
    clock.passes(minutes=30)

    begins = [text[:12] for text in room.texts]
    assert "That is said" in begins
    assert "Your check-i" in begins


# -- Stopped, and taken up ----------------------------------------------------


@pytest.mark.parametrize("who", ["Ann", "Ben"])
def test_either_may_stop_and_nobody_is_named(who: str) -> None:
    room, ann, ben, _ = begun()

    (ann if who == "Ann" else ben).taps("Stop here")

    assert room.texts[-1] == STOPPED
    assert room.labels == ["Go on", "Another topic", "Let it rest"]
    assert not any(row.hushes for row in room.stage.rows.values())


def test_it_is_taken_up_by_both_with_what_was_left_of_the_turn() -> None:
    stage = begun()
    room, ann, ben, clock = stage
    clock.passes(seconds=59)
    ben.taps("Stop here")
    clock.passes(hours=3)

    ann.sends("/talk")
    assert room.texts[-1] == RESTED
    ann.taps("Go on")
    assert ann.whispered[-1] == WHEN_BOTH
    ben.taps("Go on")

    assert room.texts[-1] == ANN_SPEAKS.format(ONE)
    clock.passes(seconds=60)
    assert room.texts[-1] == ANN_SPEAKS.format(ONE)
    clock.passes(seconds=1)
    assert room.texts[-1] == BEN_SAYS.format(ONE)
    assert kept(room, "open talk")[-1].outcome == "over"


def test_what_rests_is_let_go_after_a_day_and_a_half_without_a_message() -> None:
    room, _, ben, clock = begun()
    ben.taps("Stop here")
    many = len(room.texts)

    clock.passes(hours=35)
    assert room.texts[-1] == STOPPED
    clock.passes(hours=2)

    assert len(room.texts) == many
    assert room.texts[-1] == ALL_RIGHT
    assert room.labels == []
    assert not room.stage.rows
    assert kept(room, "open talk")[-1].outcome == "over"


def test_the_evenings_card_offers_to_take_it_up() -> None:
    stage = rehearse(CHECK_IN, DIALOGUE, at="19:00", prefers={ANCHOR: FIRST_DAY})
    room, ann, ben, clock = stage
    ann.sends("/talk money")
    both(stage, "I agree")
    ben.taps("Stop here")
    clock.reaches("21:00")
    assert room.labels[-1] == "Take up the talk"

    ann.taps("Take up the talk")
    assert room.texts[-1] == RESTED
    both(stage, "Go on")
    assert room.texts[-1] == ANN_SPEAKS.format(TWO)
    clock.passes(days=1)

    assert "Take up the talk" not in room.labels


def test_a_talk_stopped_after_the_evenings_card_is_offered_by_the_next_one() -> None:
    stage = rehearse(CHECK_IN, DIALOGUE, at="21:30", prefers={ANCHOR: FIRST_DAY})
    room, ann, ben, clock = stage
    ann.sends("/talk money")
    both(stage, "I agree")
    clock.passes(minutes=3)
    ben.taps("Stop here")

    clock.reaches("21:00")

    assert room.labels[-1] == "Take up the talk"
    ben.taps("Take up the talk")
    both(stage, "Go on")
    assert room.texts[-1] == BEN_SPEAKS.format(TWO)


def a_full_list_and_a_rest() -> tuple[Stage, int]:
    """Three topics are Ann's, and the talk about the last of them rests."""
    stage = rehearse(CHECK_IN, DIALOGUE, at="19:00", prefers={ANCHOR: FIRST_DAY})
    room, ann, ben, _ = stage
    ann.sends("/talk one")
    ann.sends("/talk two")
    number = ann.sends("/talk mony")
    both(stage, "I agree")
    ben.taps("Stop here")
    assert room.texts[-1] == STOPPED
    return stage, number


def test_a_topic_that_finds_no_room_takes_no_rest_from_the_talk_that_rests() -> None:
    stage, _ = a_full_list_and_a_rest()
    room, ann, _, clock = stage

    ann.sends("/talk six")
    assert room.texts[-1] == FULL.format(who="Ann")
    both(stage, "Go on")
    assert room.texts[-1] == ANN_SPEAKS.format(TWO)
    ann.taps("Stop here")
    clock.reaches("21:00")

    ann.taps("Take up the talk")
    assert room.texts[-1] == RESTED


def test_an_edit_of_what_began_the_talk_rewords_its_topic_and_the_talk_rests_on() -> None:
    stage, number = a_full_list_and_a_rest()
    room, ann, _, _ = stage

    ann.edits(number, "/talk money")

    assert room.texts[-1] == STOPPED
    assert [thing.words.text for thing in kept(room, "topic") if thing.words] == ["one", "two", "money"]
    assert kept(room, "open talk")[-1].outcome == ""
    ann.edits(number, "/talk my money")
    assert [thing.words.text for thing in kept(room, "topic") if thing.words][2:] == ["my money"]
    both(stage, "Go on")
    assert room.texts[-1] == ANN_SPEAKS.format(TWO)
    assert talk_of(room).topic.text == "my money"


def test_an_edit_to_what_stands_in_the_list_makes_one_of_the_two_and_the_talk_rests_on() -> None:
    stage, number = a_full_list_and_a_rest()
    room, ann, _, _ = stage

    ann.edits(number, "/talk one")

    assert room.texts[-1] == STOPPED
    assert [thing.words.text for thing in kept(room, "topic") if thing.words] == ["one", "two"]
    both(stage, "Go on")
    assert room.texts[-1] == ANN_SPEAKS.format(TWO)


LOST = Kept("open talk", None, id=900)


@pytest.mark.parametrize("begins", ["/talk", "/talk money", "/talk the sea"])
def test_a_way_back_without_a_talk_behind_it_is_closed_where_a_talk_begins(begins: str) -> None:
    """Its playing was lost, or the room has rested since."""
    room, ann, _, _ = rehearse(CHECK_IN, DIALOGUE)
    room.stage.kept.append(LOST)

    ann.sends(begins)

    assert {thing.outcome for thing in kept(room, "open talk")} == {"over"}


@pytest.mark.parametrize("private", [True, False])
def test_a_way_back_without_a_talk_is_closed_where_none_can_begin(private: bool) -> None:  # noqa: FBT001 - a case
    stage = begun()
    room, ann, ben, _ = stage
    both_stop(stage)
    ben.sends("/talk money")
    both(stage, "I agree")
    both_stop(stage)
    room.stage.kept.append(LOST)

    ann.sends("/talk money", private=private)

    assert ann.private[-1:] == [IN_THE_ROOM] if private else room.texts[-1] == TWICE
    assert {thing.outcome for thing in kept(room, "open talk")} == {"over"}


def test_another_topic_lets_the_old_talk_go() -> None:
    stage = begun()
    room, ann, ben, _ = stage
    ben.taps("Stop here")

    ann.sends("/talk the garden")
    both(stage, "I agree")

    assert room.texts[-1] == ANN_SPEAKS.format(TWO)
    assert kept(room, "open talk")[-1].outcome == "over"


# -- A pause ------------------------------------------------------------------


def test_a_pause_stops_the_clock_and_it_goes_on_with_what_was_left() -> None:
    stage = begun()
    room, ann, ben, clock = stage
    clock.passes(seconds=20)
    ben.sends("/pause 20")
    ann.taps("I am done")
    assert ann.whispered[-1] == IT_RESTS
    come_back(stage)
    assert room.texts[-1] == BOTH_BACK

    clock.passes(minutes=5)
    assert room.texts[-1] == RESTED
    both(stage, "Go on")

    assert room.texts[-1] == ANN_SPEAKS.format("a minute and a half")
    assert talk_of(room).length == TURN
    clock.passes(seconds=100)
    assert room.texts[-1] == BEN_SAYS.format(ONE)
    assert talk_of(room).floor[ann.person] == TURN


def test_after_a_pause_it_is_talked_through_from_the_pauses_own_card() -> None:
    stage = begun()
    room, ann, ben, clock = stage
    clock.passes(minutes=1)
    ben.sends("/pause 20")
    come_back(stage)

    ann.taps("Talk it through")
    assert room.texts[-1] == RESTED
    both(stage, "Go on")

    assert room.texts[-1] == ANN_SPEAKS.format(ONE)


def test_a_pause_that_is_older_than_the_talk_stops_it_too() -> None:
    """Both had just come back from it, and talk it through."""
    stage = rehearse(PAUSE, DIALOGUE)
    room, ann, ben, clock = stage
    ann.sends("/pause 20")
    come_back(stage)
    ann.sends("/talk money")
    both(stage, "I agree")
    assert room.texts[-1] == ANN_SPEAKS.format(TWO)
    clock.passes(minutes=1)

    ben.sends("/pause")
    clock.passes(minutes=10)

    assert isinstance(next(row.state for row in room.stage.rows.values() if row.ritual is DIALOGUE), Stopped)
    assert "takes a pause" in room.texts[-1]


def test_after_a_pause_the_bell_of_a_turn_rings_in_time() -> None:
    """What else waits comes minutes apart; a turn has the floor."""
    stage = rehearse(PAUSE, DIALOGUE)
    room, ann, _, clock = stage
    ann.sends("/pause 20")
    come_back(stage)
    ann.sends("/talk money")
    both(stage, "I agree")

    clock.passes(minutes=2)

    assert room.texts[-1] == BEN_SAYS.format(ONE)


def test_in_a_pause_nothing_is_agreed_on_and_the_rules_stand_there_afterwards() -> None:
    stage = proposed()
    room, ann, ben, clock = stage
    ann.taps("I agree")
    ben.sends("/pause 20")

    ben.taps("I agree")
    assert ben.whispered[-1] == NOT_NOW
    come_back(stage)
    clock.passes(minutes=6)
    ben.taps("I agree")

    assert room.texts[-1] == ANN_SPEAKS.format(TWO)


def test_a_talk_that_rests_is_not_called_up_by_the_end_of_a_pause() -> None:
    stage = begun()
    room, ann, ben, clock = stage
    ben.taps("Stop here")
    ben.sends("/pause 20")
    both(stage, "Go on")
    assert ann.whispered[-1] == WHEN_BOTH
    assert ben.whispered[-1] == NOT_NOW

    come_back(stage)
    clock.passes(minutes=30)
    assert room.texts[-1] == BOTH_BACK
    ben.taps("Go on")

    assert room.texts[-1] == ANN_SPEAKS.format(TWO)


def test_a_talk_asked_for_in_a_pause_comes_afterwards() -> None:
    stage = rehearse(PAUSE, DIALOGUE)
    room, ann, _, clock = stage
    ann.sends("/pause 20")
    ann.sends("/talk money")
    assert room.texts[-1] == HELD or "It is quiet" in room.texts[-1]
    come_back(stage)
    clock.passes(minutes=11)

    assert [text[:12] for text in room.texts].count("A talk about") == 1
    both(stage, "I agree")
    assert room.texts[-1] == ANN_SPEAKS.format(TWO)


def test_a_pause_is_stopped_by_nothing_that_is_written_meanwhile() -> None:
    stage = over()
    room, ann, ben, clock = stage
    ben.sends("/pause 20")
    ann.taps("Tell me alone")
    ann.writes("you are tired")
    assert not any("tired" in text for text in room.texts + ben.private)
    come_back(stage)
    ben.replies("money means safety", "Your twenty")
    clock.passes(minutes=6)

    assert any("Ann understood: you are tired" in text for text in room.texts)


def test_of_what_is_asked_for_in_a_pause_the_last_is_said_after_it() -> None:
    stage = proposed()
    room, ann, ben, clock = stage
    ben.sends("/pause 20")
    ann.taps("Another topic")
    ann.sends("/talk the sea")
    come_back(stage)

    clock.passes(minutes=30)

    assert [text for text in room.texts if text.startswith(WHICH_ONE)] == []
    assert room.texts[-1].startswith(ABOUT.format("the sea"))
    both(stage, "I agree")
    assert room.texts[-1] == ANN_SPEAKS.format(TWO)


# -- A bell that comes late ---------------------------------------------------


def test_a_bell_some_seconds_late_goes_on_and_the_turn_was_no_longer_for_it() -> None:
    room, ann, _, clock = begun()

    clock.is_away(minutes=2, seconds=50)

    assert room.texts[-1] == BEN_SAYS.format(ONE)
    assert talk_of(room).floor[ann.person] == talk_of(room).spent == TURN


def test_after_a_longer_absence_it_goes_on_when_both_say_so() -> None:
    stage = begun()
    room = stage[0]

    stage[3].is_away(minutes=9)

    assert room.texts[-1] == BELL_LATE
    both(stage, "Go on")
    assert room.texts[-1] == BEN_SAYS.format(ONE)


def test_after_a_long_absence_the_last_bell_asks_for_nothing_until_both_say_so() -> None:
    stage = begun()
    room, _, _, clock = stage
    clock.passes(minutes=17, seconds=30)
    assert room.texts[-1] == ANN_SAYS.format(ONE)

    clock.is_away(hours=60)

    assert room.texts[-1] == BELL_LATE
    assert "Tell me alone" not in room.labels
    both(stage, "Go on")
    assert room.texts[-1].startswith(TURNS_OVER)
    assert room.texts[-2] == BELL_LATE
    assert kept(room, "open talk")[-1].outcome == "over"


def test_a_last_bell_some_seconds_late_ends_the_turns() -> None:
    room, _, _, clock = begun()
    clock.passes(minutes=17, seconds=30)

    clock.is_away(seconds=80)

    assert room.texts[-1].startswith(TURNS_OVER)


def test_what_the_last_bell_left_at_rest_is_let_go_in_silence() -> None:
    room, _, _, clock = begun()
    clock.passes(minutes=17, seconds=30)
    clock.is_away(hours=60)
    many = len(room.texts)

    clock.passes(hours=37)

    assert len(room.texts) == many
    assert room.texts[-1] == ALL_RIGHT
    assert not room.stage.rows


def test_the_last_question_says_that_it_is_late() -> None:
    room, _, _, clock = over()

    clock.is_away(minutes=50)

    assert room.texts[-1].splitlines() == [STEP_LATE, ONE_STEP]


def test_a_day_later_nothing_is_asked_and_what_one_wrote_stays_unseen() -> None:
    room, ann, ben, clock = over()
    ann.taps("Tell me alone")
    ann.writes("you are tired")
    many = len(room.texts)

    clock.is_away(days=1)

    assert len(room.texts) == many
    assert room.texts[-1] == ann.private[-1] == THAT_WAS_IT
    assert room.labels == []
    assert not any("tired" in text for text in [*room.texts, *ben.private])
    assert not room.stage.rows


# -- Equal, whatever comes between --------------------------------------------


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.randoms(use_true_random=False))
def test_the_turns_are_equal_within_five_seconds_over_pauses_and_delays(chance: Random) -> None:
    """Measured on the cards as they stand in the room, with the pauses taken out."""
    stage = begun()
    room, ann, ben, _ = stage
    for _ in range(400):
        if any(text.startswith((TURNS_OVER, EARLIER_OVER)) for text in room.texts):
            break
        lives_on(stage, chance)
    spoken, whole = measured(room)

    assert abs(spoken[ann.name] - spoken[ben.name]) <= timedelta(seconds=5)
    assert min(spoken.values()) >= TURN
    assert whole <= WHOLE
    assert room.texts[-1].startswith((TURNS_OVER, EARLIER_OVER))


def lives_on(stage: Stage, chance: Random) -> None:
    """Let something happen: time, a pause, a stop, a clarification; then they go on, sooner or later."""
    room, ann, ben, clock = stage
    one = chance.choice([ann, ben])
    match chance.choice(["time", "time", "time", "pause", "stop", "clarify", "heard", "enough", "ask"]):
        case "time":
            clock.passes(seconds=chance.randrange(5, 130))
        case "pause":
            one.sends(f"/pause {chance.choice([20, 45])}")
            if chance.random() < 0.5:
                clock.passes(minutes=5)
                both(stage, "We're fine again")
            else:
                clock.passes(minutes=45)
                both(stage, "I'm back")
            one.sends("/talk")
            clock.passes(seconds=chance.randrange(1000))
            both(stage, "Go on")
        case "stop":
            one.taps("Stop here")
            clock.passes(seconds=chance.randrange(10_000))
            both(stage, "Go on")
        case "clarify" if "Let me clarify" in room.labels:
            both(stage, "Let me clarify")
        case "heard" if "You heard me" in room.labels:
            both(stage, "You heard me")
        case "enough" if "We are both heard" in room.labels and chance.random() < 0.2:
            both(stage, "We are both heard")
        case "ask":
            one.sends("/talk")


def measured(room: Room) -> tuple[dict[str, timedelta], timedelta]:
    """Return how long each had the floor, and how long it all took: a card lasts until the next message."""
    spoken, whole = {"Ann": timedelta(), "Ben": timedelta()}, timedelta()
    for shown, after in pairwise(room.shown):
        length = after.at - shown.at
        if "listens." in shown.text:
            spoken[shown.text.partition(" ")[0]] += length
        if "listens." in shown.text or "says back" in shown.text:
            whole += length
    return spoken, whole


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.randoms(use_true_random=False))
def test_time_is_given_equally_and_silence_or_absence_leads_to_rest(chance: Random) -> None:
    stage = begun()
    room, ann, ben, clock = stage
    for _ in range(60):
        seconds = chance.randrange(200)
        (clock.is_away if chance.random() < 0.3 else clock.passes)(seconds=seconds)
        for label in ("I am done", "You heard me", "Let me clarify"):
            if label in room.labels and chance.random() < 0.2:
                both(stage, label)
                break
        if "Go on" in room.labels and chance.random() < 0.8:
            both(stage, "Go on")
    talks = [
        outcome.row.state.talk
        for _, _, outcome in room.stage.heard
        if isinstance(outcome.row.state, Speaking | SayingBack | Stopped)
    ]
    assert all(talk.spent <= WHOLE for talk in talks)
    if any(text.startswith(TURNS_OVER) for text in room.texts):
        assert talks[-1].floor[ann.person] == talks[-1].floor[ben.person]
    clock.runs_out()
    assert not room.stage.rows


# -- What each understood -----------------------------------------------------


def test_what_each_understood_shows_when_both_are_there() -> None:
    room, ann, ben, _ = over()
    assert room.labels == ["Tell me alone", "Go on without"]

    ann.taps("Tell me alone")
    assert ann.private == [YOUR_LINE]
    ann.writes("you are tired")
    assert ann.private[-1] == LINE_NOTED
    ann.writes("you are very tired")
    assert not any("tired" in text for text in [*room.texts, *ben.private, *ben.whispered])
    ben.replies("money means safety")

    assert room.texts[-1].splitlines() == [
        BOTH_LINES, "Ann understood: you are very tired", "Ben understood: money means safety", ONE_STEP,
    ]  # fmt: skip
    assert ann.private[-1] == BOTH_SHOWN


def test_one_line_alone_stays_unseen_and_nobody_says_so() -> None:
    room, ann, ben, clock = over()
    ann.taps("Tell me alone")
    ann.writes("you are tired")

    clock.passes(minutes=30)
    assert room.texts[-1] == ONE_STEP
    clock.passes(hours=2)

    assert room.texts[-1] == THAT_WAS_IT
    assert not any("tired" in text for text in [*room.texts, *ben.private])
    assert not room.stage.rows


def test_both_may_go_on_without_the_lines() -> None:
    room, ann, ben, _ = over()

    ann.taps("Go on without")
    ann.taps("Go on without")
    assert ann.whispered[-2:] == [ON_NOTED, ON_NOTED]
    ben.taps("Go on without")

    assert room.texts[-1] == ONE_STEP


def test_a_line_that_comes_too_late_is_not_kept() -> None:
    room, ann, _, _ = asked_for_a_step()
    number = next(source for source, (_, asked) in room.stage.sent.items() if asked == "understood")

    ann.edits(number, "something else")

    assert room.texts[-1] == CLOSED


# -- One step -----------------------------------------------------------------


def test_one_step_is_kept_with_a_day_of_its_doers() -> None:
    room, ann, ben, _ = asked_for_a_step()

    ben.replies("When the month ends, I will look")
    assert room.texts[-1].splitlines() == [
        "A step of Ben: When the month ends, I will look", "When is it due? Ben taps a day.",
    ]  # fmt: skip
    ann.taps("On Monday, 4 May")
    assert ann.whispered[-1] == "This one is for Ben."
    ben.taps("On Monday, 4 May")

    assert room.texts[-1].splitlines()[1] == (
        "On Monday, 4 May I ask Ben alone how it went. That was your talk."
    )
    (promise,) = kept(room, "action")
    assert (promise.by, promise.outcome) == (ben.person, "")
    assert promise.words is not None
    assert promise.words.text == "When the month ends, I will look"
    assert promise.due == datetime(2026, 5, 4, 18, 30, tzinfo=BERLIN).astimezone(UTC)
    assert not room.stage.rows


@pytest.mark.parametrize(
    ("preference", "value", "due"),
    [
        (ZONE, LIMA, datetime(2026, 5, 2, 18, 30, tzinfo=LIMA)),
        (QUIET, Span(time(17), time(23)), datetime(2026, 5, 3, 8, 30, tzinfo=BERLIN)),
    ],
)
def test_the_day_of_a_step_is_by_the_clock_and_the_quiet_hours_of_its_doer(
    preference: Preference[object], value: object, due: datetime
) -> None:
    room, _, ben, _ = asked_for_a_step()
    room.stage.prefers = room.stage.prefers.put(preference, value, ben.person)

    ben.replies("I will look")
    ben.taps(room.labels[0])

    (promise,) = kept(room, "action")
    assert promise.due == due.astimezone(UTC)


def test_a_step_is_of_one_who_may_word_it_anew() -> None:
    room, ann, ben, _ = asked_for_a_step()
    ben.replies("I will look")

    ann.replies("I will look, too")
    assert room.texts[-1] == ONE_IS_ENOUGH.format(who="Ben")
    ben.replies("I will look on Friday")

    assert any(text.startswith("A step of Ben: I will look on Friday") for text in room.texts)
    ben.taps("On Saturday, 2 May")
    (promise,) = kept(room, "action")
    assert promise.words is not None
    assert promise.words.text == "I will look on Friday"


def test_a_step_is_reworded_by_an_edit_before_its_day_is_chosen() -> None:
    room, _, ben, _ = asked_for_a_step()
    number = ben.replies("I will lok")
    many = len(room.texts)

    ben.edits(number, "I will look")

    assert len(room.texts) == many
    assert room.texts[-1].splitlines()[0] == "A step of Ben: I will look"
    ben.taps("On Saturday, 2 May")
    assert room.texts[-1].startswith("Kept: I will look")


def test_no_step_is_a_good_end_and_the_lines_stay() -> None:
    room, ann, _, _ = asked_for_a_step()

    ann.taps("No step today")

    assert room.texts[-1].splitlines() == [
        THAT_WAS_IT, "Ann understood: you are tired", "Ben understood: money means safety",
    ]  # fmt: skip
    assert room.labels == []
    assert not room.stage.rows


def test_a_step_without_a_day_is_no_promise() -> None:
    room, _, ben, clock = asked_for_a_step()
    ben.replies("I will look")

    clock.passes(hours=3)

    assert kept(room, "action") == []
    assert room.texts[-1].startswith(THAT_WAS_IT)


def test_the_next_talk_need_not_wait_for_the_lines_of_the_last() -> None:
    stage = over()
    room, ann, ben, _ = stage

    ann.sends("/talk the garden")
    both(stage, "I agree")
    assert room.texts[-1] == ANN_SPEAKS.format(TWO)
    ben.taps("Stop here")

    assert room.texts[-1] == STOPPED


# -- Silence, from anywhere ---------------------------------------------------


@pytest.mark.parametrize("minutes", [0, 1, 2, 3, 5, 6, 9, 17, 18, 40, 60])
@pytest.mark.parametrize("pause", [False, True])
def test_silence_leads_to_rest_from_everywhere(minutes: int, pause: bool) -> None:  # noqa: FBT001 - a case
    room, ann, _, clock = begun()
    clock.passes(minutes=minutes)
    if pause:
        ann.sends("/pause 20")
    many = len(room.texts)

    clock.runs_out()

    assert not room.stage.rows
    assert room.labels == []
    assert len(room.texts) - many <= 17


@pytest.mark.parametrize("seconds", [0, 30, 119, 121, 179, 200, 1079])
def test_a_pause_at_any_moment_gives_back_exactly_what_was_left(seconds: int) -> None:
    stage = begun()
    room, ann, _, clock = stage
    clock.passes(seconds=seconds)
    here = talk_of(room)
    ann.sends("/pause 20")
    come_back(stage)
    clock.passes(minutes=5)
    both(stage, "Go on")

    assert talk_of(room) == here
    clock.passes(seconds=WHOLE.total_seconds() - seconds)
    assert room.texts[-1].startswith(TURNS_OVER)


def test_the_whole_talk_makes_no_flood() -> None:
    room, _, _, clock = begun()
    clock.passes(minutes=18)

    assert min(later.at - earlier.at for earlier, later in pairwise(room.shown[1:])) >= SAY_BACK


def test_an_evening_due_in_a_talk_comes_after_it() -> None:
    room, ann, ben, clock = rehearse(CHECK_IN, DIALOGUE, at="20:55", prefers={ANCHOR: FIRST_DAY})
    ann.sends("/talk money")
    ann.taps("I agree")
    ben.taps("I agree")
    clock.reaches("21:12")
    assert not any(text.startswith("Your check-in") for text in room.texts)
    clock.reaches("21:40")

    assert any(text.startswith("Your check-in") for text in room.texts)
