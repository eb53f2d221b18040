"""Leaving, as two people live it."""

from bot.couple.house import HOUSE
from bot.couple.leaving import ASK, GONE, STAYED
from bot.hours import ANCHOR
from bot.shell import PASSED
from tests.rehearsal import FIRST_DAY, Clock, Player, Room, rehearse

RESTING = "Tend is resting here. /start begins again, when two of you want to."


def living() -> tuple[Room, Player, Player, Clock]:
    return rehearse(*HOUSE, prefers={ANCHOR: FIRST_DAY})


def test_it_is_asked_once_and_takes_effect_at_once() -> None:
    room, ann, _, clock = living()

    ann.sends("/leave")
    assert room.texts == [ASK]
    assert room.labels == ["Leave now", "Stay"]
    ann.taps("Leave now")

    assert room.texts[-1] == RESTING
    clock.passes(days=3)
    assert room.texts[-1] == RESTING


def test_in_private_the_other_reads_only_that_tend_is_resting() -> None:
    room, ann, ben, _ = living()

    ann.sends("/leave", private=True)
    assert room.texts == []
    assert ann.private == [ASK]
    ann.taps("Leave now")

    assert room.texts == [RESTING]
    assert ann.private == [ASK, GONE]
    assert ben.private == ben.whispered == []


def test_it_ends_an_evening_under_way_with_all_its_words() -> None:
    room, ann, ben, clock = living()
    clock.reaches("21:00")
    ben.taps("sad")
    ben.taps("a hug")

    ann.sends("/leave", private=True)
    ann.taps("Leave now")
    clock.passes(days=2)

    assert "sad" not in "".join(room.texts)
    assert room.texts[-1] == RESTING
    assert room.labels == []


def test_nobody_leaves_for_the_other() -> None:
    room, ann, ben, _ = living()

    ann.sends("/leave")
    ben.taps("Leave now")
    assert ben.whispered == ["This is for Ann to decide."]
    ben.taps("Stay")

    assert ben.whispered[-1] == "This is for Ann to decide."
    assert not room.stage.resting


def test_both_may_be_asked_at_the_same_time() -> None:
    room, ann, ben, _ = living()
    ann.sends("/leave", private=True)
    ben.sends("/leave", private=True)

    ann.taps("Stay")
    assert ann.private == [STAYED]
    ben.taps("Leave now")

    assert room.texts == [RESTING]
    assert ann.private == [STAYED]


def test_whoever_stays_changes_nothing() -> None:
    room, ann, _, clock = living()

    ann.sends("/leave")
    ann.taps("Stay")
    assert room.texts == [STAYED]
    clock.reaches("21:00")

    assert len(room.cards) == 1


def test_a_question_nobody_answers_ends_by_itself() -> None:
    room, ann, _, clock = living()

    ann.sends("/leave")
    clock.passes(minutes=31)
    ann.taps("Leave now")

    assert ann.whispered == [PASSED]
    assert not room.stage.resting
