"""Groups as they are, through the stand-in: guests, moves, masks, topics, vanishing messages, rank, two rooms.

In each story the rest of the evening is still the evening: what was given before counts, nobody is flooded,
and what is not for Tend changes nothing.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.engine import ASKS_TO_BE_A_MEMBER, ELSEWHERE, FOR_THE_TWO, RESTS_HERE, WHO_IS_IT, WHOSE_WORDS
from bot.playground.cast import BY_NAME
from tests.phones import Json, Notice, Phone, Refusal
from tests.stories import (
    CARD,
    CLOSED,
    GOOD_NIGHT,
    GUEST,
    HOME,
    LOOK_BACK,
    REVEAL,
    Story,
    by_picker,
    by_private_message,
    by_reply,
    mine,
)
from tests.tellings import IN_ENGLISH, Telling

AMONG_THEMSELVES = "You two are among yourselves again"
KNOWN = "Ann and Ben, I know you two."
RESTING = RESTS_HERE.format(me="Tend")
WELCOME = "I'm Tend."
ANNS, BENS = ("amber rest", "amber quiet"), ("basalt joy", "basalt air")
DIM_LIGHTS, HUG_FIRST = "When it's ten, I'll dim the lights.", "When I get up, I'll hug you first."


@contextmanager
def an_evening(folder: Path, telling: Telling = IN_ENGLISH) -> Iterator[Story]:
    """Let the two be a couple with open private chats, at nine."""
    with Story.at(folder, telling) as story:
        story.ready()
        story.until("21:00")
        yield story


def in_the_room(story: Story, since: int = 0) -> list[str]:
    """Return what was said in the room as it is now, oldest first."""
    return [text for _, text in story.said(since, story.chat_of())]


def cards(texts: Sequence[str]) -> int:
    """Count the cards of an evening."""
    return sum(text.startswith(CARD) for text in texts)


# -- Guests -------------------------------------------------------------------


def test_before_a_guest_nothing_is_said_until_both_have_tapped(tmp_path: Path) -> None:
    with an_evening(tmp_path) as story:
        by_reply(story, story.ann, *ANNS)
        story.cleo.joins()
        assert story.newest(GUEST)["buttons"] == [["Go on here"]]
        since = story.mark

        card = story.newest(CARD)["id"]
        for text in ("/checkin glad / rest", "/settings", "/leave", "hello"):
            story.cleo.says(text, reply_to=card)
        for label in ("Go on here", "calm", "What did I say?"):
            assert story.cleo.taps(label).alert == FOR_THE_TWO
        by_reply(story, story.ben, *BENS)
        assert story.ann.taps("Go on here").alert == "Noted. Once Ben taps too, I go on here."
        story.until("21:50")
        assert in_the_room(story, since) == []

        story.ben.taps("Go on here")
        reveal = story.newest(REVEAL)["text"]
        assert "Ann: amber rest, needing amber quiet." in reveal
        assert "Ben: basalt joy, needing basalt air." in reveal
        story.until("12:30")
        assert [text[: len(GOOD_NIGHT)] for text in in_the_room(story, since)][1:] == [GOOD_NIGHT]


@pytest.mark.parametrize("by", [None, "ann"])
def test_when_the_guest_is_gone_the_evening_comes_by_itself(tmp_path: Path, by: str | None) -> None:
    with Story.at(tmp_path) as story:
        story.ready()
        story.until("20:50")
        story.cleo.joins()
        story.until("21:30")
        assert cards(in_the_room(story)) == 0

        story.cleo.leaves(by=by)

        assert story.newest(AMONG_THEMSELVES)["buttons"] == []
        assert story.newest("Your check-in, later than planned")["buttons"]
        by_picker(story, story.ann, "calm", "a hug")
        by_picker(story, story.ben, "tired", "sleep")
        assert story.newest(REVEAL)


def test_a_bot_that_comes_in_is_no_guest_and_changes_nothing(tmp_path: Path) -> None:
    with an_evening(tmp_path) as story:
        before = story.standing()
        rosie = story.rosie
        rosie.joins()
        for text in ("/checkin angry / rest", "/leave", "hello"):
            rosie.says(text)
        rosie.says("angry", reply_to=story.newest(CARD)["id"])
        rosie.leaves()

        assert story.standing() == before
        by_picker(story, story.ann, "calm", "a hug")
        by_picker(story, story.ben, "tired", "sleep")
        assert story.newest(REVEAL)


# -- Put out, blocked, and back -----------------------------------------------


@contextmanager
def a_promise(folder: Path) -> Iterator[Story]:
    """Let the two like it at eight, and Ann have promised something last night."""
    with Story.at(folder) as story:
        story.ready()
        story.sets(story.ann, "Hour", "20:00")
        story.until("20:00")
        by_picker(story, story.ann, "calm", "a hug")
        by_picker(story, story.ben, "tired", "sleep")
        story.ann.taps(DIM_LIGHTS)
        story.ben.taps("Nothing tomorrow")
        story.until("12:00")
        yield story


def test_put_out_and_brought_back_it_goes_on_with_what_they_kept_and_preferred(tmp_path: Path) -> None:
    with a_promise(tmp_path) as story:
        story.bot_in_room("ann", "kicked")
        since = story.mark
        story.until("12:00", days=3)
        assert story.calls("sendMessage", since) == []

        story.bot_in_room("ben")
        story.join()
        assert story.newest(KNOWN)["buttons"] == [["Go on", "Begin anew"]]
        story.ben.taps("Go on")
        assert story.newest("It goes on as it was, Ann and Ben.")
        story.until("20:00")

        assert cards(in_the_room(story, since)) == 1
        (asked,) = [text for text in story.told(story.ann, since) if text.startswith(LOOK_BACK)]
        assert DIM_LIGHTS in asked


def test_a_new_partner_sees_nothing_of_what_was_kept_before(tmp_path: Path) -> None:
    with a_promise(tmp_path) as story:
        story.ann.says("/leave")
        story.ann.taps("Leave now")
        story.ben.leaves()
        story.cleo.joins()
        since = story.mark
        story.ann.says("/start")
        story.ann.taps("I'm in")
        story.cleo.taps("I'm in")
        story.ann.taps("That's us")
        assert story.newest("Every evening, at 21:00")
        story.cleo.taps("Looks right")
        story.cleo.says("/start lane", "private")
        story.until("21:00")

        texts = [*in_the_room(story, since), *story.told(story.ann, since), *story.told(story.cleo, since)]
        assert cards(texts) == 1
        assert not any(KNOWN in text or LOOK_BACK in text or DIM_LIGHTS in text for text in texts)


def test_who_blocks_tend_is_left_in_peace_and_may_come_back(tmp_path: Path) -> None:
    with a_promise(tmp_path) as story:
        story.ann.blocks()
        since = story.mark
        story.until("20:00")
        by_picker(story, story.ben, "calm", "a hug")
        story.until("22:00")
        assert story.told(story.ann, since) == []
        assert not any("Ann" in text for text in in_the_room(story, since))

        story.ann.blocks(really=False)
        story.ann.says("/start lane", "private")
        by_private_message(story, story.ann, *ANNS)
        assert "Ann: amber rest, needing amber quiet." in story.newest(REVEAL)["text"]


@pytest.mark.parametrize("by", [None, "ann"])
def test_without_one_of_the_two_it_rests_until_both_tap_again(tmp_path: Path, by: str | None) -> None:
    with an_evening(tmp_path) as story:
        by_reply(story, story.ben, *BENS)
        story.ben.leaves(by=by)
        assert in_the_room(story)[-1] == RESTING
        since = story.mark
        assert story.ann.taps("calm", message=story.newest(CARD)["id"]).alert is None
        story.until("12:00", days=2)
        assert in_the_room(story, since) == []

        story.ben.joins(by="ann")
        story.join()
        story.ann.taps("Go on")
        story.until("21:00")
        assert mine(story, story.ben).alert == "Nothing yet tonight, and that is fine."
        by_picker(story, story.ann, "calm", "a hug")
        by_picker(story, story.ben, "tired", "sleep")
        assert story.newest(REVEAL)
        assert "basalt" not in " ".join(in_the_room(story))


# -- The room becomes a supergroup --------------------------------------------

NOTICES: tuple[tuple[Notice, ...], ...] = (
    ("to", "from"),
    ("from", "to"),
    ("from", "to", "from", "to", "member"),
    ("member", "from", "to"),
    (),
)


def test_a_move_in_the_middle_of_an_evening_loses_and_doubles_nothing(
    tmp_path: Path, telling: Telling
) -> None:
    with an_evening(tmp_path, telling) as story:
        moves(story, ("to", "from"))


@pytest.mark.parametrize("notices", NOTICES[1:], ids="-".join)
def test_in_whatever_way_a_move_is_learned_nothing_is_lost_or_doubled(
    tmp_path: Path, notices: Sequence[Notice]
) -> None:
    with an_evening(tmp_path) as story:
        moves(story, notices)


def moves(story: Story, notices: Sequence[Notice]) -> None:
    """Move with one answer given, finish the evening, and come to the next one."""
    by_reply(story, story.ann, *ANNS)
    new = story.migrates(notices=notices)
    since = story.mark
    if notices:
        story.tells_of_migration(notices=notices)
    else:
        story.ben.says("/checkin@tend_stand_in_bot")
    by_picker(story, story.ben, "tired", "sleep")
    reveal = story.newest(REVEAL, story.ben)["text"]
    assert "Ann: amber rest, needing amber quiet." in reveal
    assert "Ben: tired, needing sleep." in reveal
    story.ann.taps(DIM_LIGHTS)
    story.ben.taps("Nothing tomorrow")
    story.until("12:30")
    said = [text for _, text in story.said(0, new)]
    assert [text for text in said if text.startswith((REVEAL, GOOD_NIGHT))] == [
        text for text in said if text.startswith(REVEAL)
    ][:1] + [text for text in said if text.startswith(GOOD_NIGHT)][:1]
    assert story.said(since, HOME) == []

    since = story.mark
    story.until("21:00")
    assert cards(in_the_room(story, since)) == 1
    assert story.chat_of() == new
