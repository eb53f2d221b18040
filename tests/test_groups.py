"""Groups as they are, through the stand-in: guests, moves, masks, topics, messages that vanish, rank, rooms.

In each story the rest of the evening is still the evening: what was given before counts, nobody is flooded,
and what is not for Tend changes nothing.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.engine.acts import ELSEWHERE, FOR_THE_TWO, ONE_IS_ELSEWHERE, WHO_IS_IT, WHOSE_WORDS
from bot.engine.rooms import ASKS_TO_BE_A_MEMBER, RESTS_HERE
from tests.phones import Notice, Phone
from tests.stories import (
    CARD,
    GOOD_NIGHT,
    GUEST,
    HOME,
    LOOK_BACK,
    REVEAL,
    Story,
    by_picker,
    by_private_message,
    by_reply,
    found_in,
    mine,
)
from tests.tellings import IN_ENGLISH, Telling

NEST = "Nest"
AMONG_THEMSELVES = "You two are among yourselves again"
KNOWN = "Ann and Ben, I know you two."
RESTING = RESTS_HERE.format(me="Tend")
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


def test_when_the_guest_is_gone_the_evening_comes_by_itself(tmp_path: Path) -> None:
    with Story.at(tmp_path) as story:
        story.ready()
        story.until("20:50")
        story.cleo.joins()
        story.until("21:30")
        assert cards(in_the_room(story)) == 0

        story.cleo.leaves()

        assert story.newest(AMONG_THEMSELVES)["buttons"] == []
        story.clock.by("PT6M")  # a silence is over, and nothing bursts into the room
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
        assert story.buttons_of_tend() == []
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

NOTICES: list[tuple[Notice, ...]] = [("from", "to", "from", "to", "member"), ()]
MORE: list[tuple[Notice, ...]] = [("from", "to"), ("member", "from", "to")]


def test_a_move_in_the_middle_of_an_evening_loses_and_doubles_nothing(
    tmp_path: Path, telling: Telling
) -> None:
    with an_evening(tmp_path, telling) as story:
        moves(story, ("to", "from"))


@pytest.mark.parametrize(
    "notices", [*NOTICES, *(pytest.param(each, marks=pytest.mark.soak) for each in MORE)], ids="-".join
)
def test_in_whatever_way_a_move_is_learned_nothing_is_lost_or_doubled(
    tmp_path: Path, notices: Sequence[Notice]
) -> None:
    with an_evening(tmp_path) as story:
        moves(story, notices)


def moves(story: Story, notices: Sequence[Notice]) -> None:
    """Move with one answer given, finish the evening, and come to the next one."""
    by_reply(story, story.ann, *ANNS)
    new = story.migrates(notices=notices[:1])
    for notice in notices[1:]:
        story.tells_of_migration(notices=[notice])
    since = story.mark

    by_picker(story, story.ben, "tired", "sleep")
    reveal = story.newest(REVEAL, story.ben)["text"]
    assert "Ann: amber rest, needing amber quiet." in reveal
    assert "Ben: tired, needing sleep." in reveal
    story.ann.taps(DIM_LIGHTS)
    story.ben.taps("Nothing tomorrow")
    story.until("12:30")
    said = [text for _, text in story.said(0, new)]
    assert sum(text.startswith(REVEAL) for text in said) == 1
    assert sum(text.startswith(GOOD_NIGHT) for text in said) == 1
    assert cards(said) == bool(notices)  # what nobody told it, it learned by the reveal
    assert story.said(since, HOME) == []
    left = [message for message in story.ann.room if message["buttons"] and not message.get("old")]
    assert left == []

    since = story.mark
    story.until("21:00")
    assert cards(in_the_room(story, since)) == 1


# -- Those who hide, and words that are nobody's -------------------------------


@contextmanager
def a_supergroup(folder: Path, *, forum: bool = False) -> Iterator[Story]:
    """Let the room be a supergroup, with topics or without."""
    with Story.at(folder) as story:
        story.migrates()
        if forum:
            story.becomes_a_forum()
        story.ready()
        yield story


def test_an_anonymous_admin_is_one_tap_away_and_words_under_a_mask_are_nobodys(tmp_path: Path) -> None:
    with a_supergroup(tmp_path) as story:
        story.ann.speaks_as_the_group("/checkin@tend_stand_in_bot glad / rest")
        assert in_the_room(story)[-1] == WHOSE_WORDS
        story.breath()
        story.ann.speaks_as_the_group("/checkin@tend_stand_in_bot")
        assert in_the_room(story)[-1] == WHO_IS_IT
        story.ann.taps("/checkin")
        card = story.newest(CARD)["id"]

        story.ann.speaks_as_the_group("glad", reply_to=card)
        assert in_the_room(story)[-1] == WHOSE_WORDS
        for one in (story.ann, story.ben):
            assert mine(story, one).alert == "Nothing yet tonight, and that is fine."
        by_picker(story, story.ann, "calm", "a hug")  # her taps carry who she is
        by_picker(story, story.ben, "tired", "sleep")
        assert story.newest(REVEAL)


def test_channels_forwards_and_other_bots_change_nothing(tmp_path: Path) -> None:
    with a_supergroup(tmp_path) as story:
        story.until("21:00")
        by_picker(story, story.ann, "calm", "a hug")
        before, card = story.standing(), story.newest(CARD)["id"]
        story.ben.posts_in_the_linked_channel("/checkin@tend_stand_in_bot angry / rest")
        for of in ("user", "hidden_user", "chat", "channel"):
            story.ben.forwards("/checkin@tend_stand_in_bot angry / rest", of)
            story.ben.forwards("angry", of, reply_to=card)
        story.ben.says_via_a_bot("/checkin@tend_stand_in_bot angry / rest")
        story.ben.says_via_a_bot("angry", reply_to=card)
        story.rosie.joins()
        story.rosie.says("/leave@tend_stand_in_bot", reply_to=card)
        assert story.standing() == before

        story.ben.speaks_as_a_channel("angry", reply_to=card)
        assert in_the_room(story)[-1] == WHOSE_WORDS
        assert mine(story, story.ben).alert == "Nothing yet tonight, and that is fine."


# -- Topics ---------------------------------------------------------------------


def topics_of(story: Story, since: int) -> list[int | None]:
    """Return in which topic each message to the room was sent, refused ones left out."""
    calls = story.calls("sendMessage", since, story.chat_of())
    return [call["params"].get("message_thread_id") for call in calls if call["answer"]["ok"]]


def test_called_in_a_topic_it_stays_there_and_start_in_another_one_takes_it_along(tmp_path: Path) -> None:
    with a_supergroup(tmp_path, forum=True) as story:
        us, evenings = story.topic("us"), story.topic("evenings")
        story.ann.says_in(us, "/start@tend_stand_in_bot")
        since = story.mark
        story.until("21:00")
        by_picker(story, story.ann, "calm", "a hug")
        by_picker(story, story.ben, "tired", "sleep")
        assert topics_of(story, since) == [us, us]

        since = story.mark
        story.ben.says_in(evenings, "/start@tend_stand_in_bot")
        story.until("12:30")
        story.until("21:00")
        assert set(topics_of(story, since)) == {evenings}


def test_where_its_topic_is_deleted_the_next_line_comes_in_the_room(tmp_path: Path) -> None:
    with a_supergroup(tmp_path, forum=True) as story:
        us = story.topic("us")
        story.ann.says_in(us, "/start@tend_stand_in_bot")
        story.until("21:00")
        by_reply(story, story.ann, *ANNS)
        since = story.mark
        story.changes_topic(us, "deletes")
        by_private_message_anyway(story, story.ben, *BENS)

        assert topics_of(story, since) == [None]
        reveal = story.newest(REVEAL)["text"]
        assert "Ann: amber rest, needing amber quiet." in reveal
        assert "Ben: basalt joy, needing basalt air." in reveal


def by_private_message_anyway(story: Story, one: Phone, feeling: str, need: str) -> None:
    """Answer in private where the card of the room is gone."""
    one.says("/checkin", "private")
    one.says(feeling, "private")
    one.says(need, "private")
    story.breath()


# -- Messages that vanish -------------------------------------------------------


def test_where_messages_vanish_answers_count_and_the_next_face_is_a_new_message(tmp_path: Path) -> None:
    with Story.at(tmp_path) as story:
        story.ready(mode="open")
        story.auto_delete(60)
        story.until("21:00")
        card, data = story.newest(CARD)["id"], story.data("calm")
        story.clock.by("PT2M")
        assert not any(message["id"] == card for message in story.ann.room)
        since = story.mark

        assert story.ann.taps_what_is_gone(data, card).alert == "Kept: calm. It stands on the card."
        story.breath()
        assert "Ann: calm." in story.newest(CARD)["text"]
        story.clock.by("PT2M")
        story.ben.says("/checkin tired / sleep")
        story.clock.by("PT2M")
        story.ann.says("/checkin calm / a hug")
        assert "Ben: tired, needing sleep." in story.newest(REVEAL)["text"]
        story.clock.by("PT2M")
        story.until("12:30")
        said = [text[: len(CARD)] for text in in_the_room(story, since)]
        assert said == [CARD, CARD, REVEAL[: len(CARD)], REVEAL[: len(CARD)], GOOD_NIGHT[: len(CARD)]]


# -- What Tend is in the room -----------------------------------------------------


def test_made_an_admin_it_asks_once_and_nothing_of_the_room_is_answered_kept_or_logged(
    tmp_path: Path, telling: Telling
) -> None:
    with an_evening(tmp_path, telling) as story:
        since = story.mark
        for rank in ("admin", "member", "admin"):
            story.bot_in_room("ann", rank)
            story.clock.by("PT1M")
        assert in_the_room(story, since) == [ASKS_TO_BE_A_MEMBER]
        before = story.standing()
        since = story.mark
        story.ann.says("obsidian between the two of us")
        word = story.ben.says("obsidian again")
        story.ben.edits(word, "obsidian once more")
        story.ben.says("obsidian below", reply_to=word)
        story.ann.sends_photo("obsidian in a caption")
        story.cleo.joins()
        story.go_on_here()
        story.cleo.says("obsidian of a guest")

        assert heard(story, since) >= 6
        assert [message for message in story.standing() if message in before] == before
        assert not any("obsidian" in str(call["params"]) for call in story.calls(since=since))
        assert found_in(story.files, ["obsidian"]) == []
        assert "obsidian" not in story.log
        story.bot_in_room("ann", "member")
        by_picker(story, story.ann, "calm", "a hug")
        by_picker(story, story.ben, "tired", "sleep")
        assert story.newest(REVEAL)


def heard(story: Story, since: int) -> int:
    """Return how many messages Tend was sent since then that carry this word."""
    fetched = story.calls("getUpdates", since)
    return sum("obsidian" in str(update) for call in fetched for update in call["answer"]["result"])


def test_where_it_may_not_write_nothing_is_said_and_the_evening_is_still_there_afterwards(
    tmp_path: Path,
) -> None:
    with a_supergroup(tmp_path) as story:
        story.restricts_bot()
        story.until("21:00")
        assert cards(in_the_room(story)) == 0
        story.bot_in_room("ann", "member")
        story.ann.says("/checkin")
        by_picker(story, story.ann, "calm", "a hug")
        by_picker(story, story.ben, "tired", "sleep")
        assert story.newest(REVEAL)
        assert story.newest(CARD)["buttons"] == []


# -- One person, two rooms --------------------------------------------------------


def test_nobody_is_one_of_two_in_two_rooms_at_once(tmp_path: Path) -> None:
    with Story.at(tmp_path) as story:
        story.ready()
        story.bot_in_room("dora")
        story.ann.joins(by="dora", room=NEST)
        assert story.ann.taps("I'm in", NEST).alert == ELSEWHERE
        story.dora.taps("I'm in")
        assert story.ann.taps("I'm in", NEST).alert == ELSEWHERE
        story.until("21:00")
        by_picker(story, story.ann, "calm", "a hug")

        story.ann.says("/leave")
        story.ann.taps("Leave now")
        story.ann.taps("I'm in", NEST)
        story.dora.taps("That's us")
        assert story.dora.texts()[0] == "Dora and Ann: the two of you."
        story.dora.taps("Go on here")  # Eli is there, too
        story.ann.taps("Go on here", NEST)
        story.dora.taps("Looks right")
        since = story.mark
        story.until("21:00")
        assert cards(in_the_room(story, since)) == 0
        story.ann.taps("calm", NEST)
        assert (
            story.ann.taps("What did I say?", NEST).alert == "Yours tonight: calm. The other half can follow."
        )
        assert story.eli.taps("calm").alert == FOR_THE_TWO


def test_who_says_yes_in_two_rooms_at_once_is_one_of_two_in_one_of_them(tmp_path: Path) -> None:
    with Story.at(tmp_path) as story:
        story.bot_in_room("dora")
        story.ann.joins(by="dora", room=NEST)
        story.ann.taps("I'm in")
        story.ben.taps("I'm in")
        story.dora.taps("I'm in")
        story.ann.taps("I'm in", NEST)
        story.ann.taps("That's us", wait=False)
        assert story.dora.taps("That's us", wait=True).alert == ONE_IS_ELSEWHERE
        assert story.newest("Every evening, at 21:00")
        assert story.dora.texts() == ["Dora and Ann: is that the two of you?"]
        story.ben.taps("Looks right")
        story.until("21:00")
        assert story.newest(CARD)


# -- Each in their own language ---------------------------------------------------


def test_the_room_each_private_chat_and_each_whisper_have_a_language_of_their_own(tmp_path: Path) -> None:
    with Story.at(tmp_path) as story:
        dora, eli = story.dora, story.eli
        dora.speaks("es-MX")
        story.bot_in_room("dora")
        assert dora.texts()[0].startswith("Soy Tend.")
        eli.taps("Me sumo")
        assert eli.taps("Me sumo").alert == "You are in. Now the other one."
        dora.taps("Me sumo")
        assert dora.taps("Sí, somos").alert == "Anotado. En cuanto Eli toque también, empieza."
        eli.taps("Sí, somos")
        eli.taps("Así está bien")
        for one in (dora, eli):
            one.says("/start lane", "private")
        assert story.told(dora)[-1].startswith("Aquí estamos a solas.")
        assert story.told(eli)[-1].startswith("Here we are alone.")

        story.until("21:00")
        assert story.newest("Su encuentro de hoy", eli)
        assert eli.taps("calma").alert == "Kept: calm. Yours to change until you have both answered."
        kept = "Guardado: cansancio. Puedes cambiarlo hasta que ustedes dos hayan respondido."
        assert dora.taps("cansancio").alert == kept
        eli.taps("Contarlo a solas")
        eli.taps("Rest", "private")
        eli.taps("sleep", "private")
        assert story.told(eli)[-1].startswith("calm. And what do you need?")
        dora.taps("música")
        reveal = story.newest("Ya hablaron ustedes dos.", eli)["text"]
        assert "Eli: calma. Necesita: dormir." in reveal
        assert "Dora: cansancio. Necesita: música." in reveal

        eli.says("/settings", "private")
        eli.taps("Language", "private")
        eli.taps("Español", "private")
        eli.says("/help", "private")
        assert story.told(eli)[-1].startswith("Cuido pequeños rituales")
        dora.says("/settings")
        dora.taps("Idioma")
        dora.taps("English")
        assert story.newest("Dora has changed this for you two. Language: English.", dora)
        dora.says("/help", "private")
        assert story.told(dora)[-1].startswith("Cuido pequeños rituales")


def test_a_stranger_is_answered_in_the_language_of_their_app_or_in_english(tmp_path: Path) -> None:
    with Story.at(tmp_path) as story:
        for language, begins in (("es", "Vivo en un"), ("fr", "I live in"), (None, "I live in")):
            story.cleo.speaks(language)
            story.cleo.says("/start", "private")
            assert story.told(story.cleo)[-1].startswith(begins)
