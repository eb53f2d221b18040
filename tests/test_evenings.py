"""Fortnights of check-ins through the stand-in: two modes, two rhythms, every way to answer and to be silent.

Each night is one act; around it the same things are held: one card, at the hour and at no other time; at most
four messages of Tend's; a kind close without a button left; and nobody's words shown to the other too early.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.phones import Phone
from tests.stories import (
    CARD,
    CLOSED,
    GOOD_NIGHT,
    LOOK_BACK,
    MOST_AN_EVENING,
    REVEAL,
    SHARED,
    Story,
    Way,
    by_one_line,
    by_picker,
    by_private_message,
    by_reply,
    mine,
)
from tests.tellings import TELLINGS, Telling

DIM_LIGHTS, HUG_FIRST = "When it's ten, I'll dim the lights.", "When I get up, I'll hug you first."
DONE = "Done, by "  # a line of its own, of what one did since the last evening
MARKS = {"ann": "amber", "ben": "basalt"}


@dataclass
class Night:
    """One evening under way."""

    story: Story
    number: int
    mode: str
    began: int  # the newest call before its card
    said: list[tuple[str, str]] = field(default_factory=list)  # writer, marked words
    promised: dict[str, str] = field(default_factory=dict)
    shown: list[tuple[Phone, str]] = field(default_factory=list)  # who has done what, and shows it

    def words(self, one: Phone, what: str) -> str:
        """Return words that nobody else writes, and that this one writes only tonight."""
        written = f"{what} {MARKS[one.who]}{self.number:02}{len(self.said)}"
        self.said.append((one.who, written))
        return written

    def name(self, one: Phone, way: Way) -> tuple[str, str]:
        """Let one name a feeling and a need in own words; in mode "open" they stand there at once."""
        feeling, need = self.words(one, "quiet"), self.words(one, "some air")
        way(self.story, one, feeling, need)
        self.stands(one, feeling, need, alone=way is by_private_message)
        return feeling, need

    @property
    def card(self) -> str:
        """The newest message of the evening, whatever stands below it of the one before."""
        return next(text for text in reversed(self.story.texts_of_tend()) if not text.startswith(DONE))

    @property
    def room(self) -> list[str]:
        """What the evening said in the room."""
        return [text for _, text in self.story.said(self.began) if not text.startswith(DONE)]

    def stands(self, one: Phone, feeling: str, need: str, *, alone: bool = False) -> None:
        """In mode "open" an answer is on the card when it is given; in "together" only its writer knows.

        What is told alone waits for both, in either mode.
        """
        if self.mode == "open":
            line = f"{one.who.title()}: {feeling}, needing {need}."
            card = self.card
            assert (line in card) is not (alone and card.startswith("Your check-in"))
        else:
            story = self.story
            if self.card.startswith(CARD):
                assert mine(story, one).alert == f"Yours tonight: {feeling}, needing {need}."
                assert mine(story, story.other(one)).alert == "Nothing yet tonight, and that is fine."
                self.is_unseen()

    def is_unseen(self) -> None:
        """See that nothing Tend wrote tonight carried anybody's words to anybody else."""
        for writer, words in self.said:
            assert self.story.crossed(words, writer, self.began) == []

    def promises(self, one: Phone, words: str) -> str:
        """Note what one will do, and return it."""
        self.promised[one.who] = words
        return words


Act = Callable[[Night, Phone, Phone], str]  # what the evening ends with


def both_by_picker(night: Night, one: Phone, other: Phone) -> str:
    by_picker(night.story, one, "calm", "a hug")
    night.stands(one, "calm", "a hug")
    by_picker(night.story, other, "tired", "sleep")
    reveal = night.story.newest(REVEAL)["text"]
    assert f"{one.who.title()}: calm, needing a hug." in reveal
    assert f"{other.who.title()}: tired, needing sleep." in reveal
    assert (
        one.taps(HUG_FIRST).alert
        == f"That would answer your own need. The others are for {other.who.title()}."
    )
    night.story.breath()
    one.taps(night.promises(one, DIM_LIGHTS))
    other.taps(night.promises(other, HUG_FIRST))
    return GOOD_NIGHT


def both_by_reply(night: Night, one: Phone, other: Phone) -> str:
    night.name(one, by_reply)
    night.name(other, by_reply)
    reveal = night.story.newest(REVEAL)["id"]
    heard = night.words(one, "I heard that you are quiet")
    one.says(heard, reply_to=reveal)
    one.says(night.promises(one, night.words(one, "When I am home, I will cook")), reply_to=reveal)
    night.story.breath()
    other.taps("Nothing tomorrow")
    assert f"{one.who.title()} heard: {heard}" in night.story.newest(GOOD_NIGHT)["text"]
    return GOOD_NIGHT


def both_by_one_line(night: Night, one: Phone, other: Phone) -> str:
    for each in (one, other):
        feeling, need = night.words(each, "calm"), night.words(each, "a quiet evening")
        act = night.promises(each, night.words(each, "I'll make tea"))
        each.says(f"/checkin {feeling} / {need} / {act}")
    closing = night.story.newest(GOOD_NIGHT)["text"]
    assert all(f"{who.title()}, for" in closing and act in closing for who, act in night.promised.items())
    return GOOD_NIGHT


def both_by_private_message(night: Night, one: Phone, other: Phone) -> str:
    night.name(one, by_private_message)
    night.name(other, by_private_message)
    one.says(night.promises(one, night.words(one, "When it rains, I will drive")), "private")
    assert night.promised[one.who] not in night.story.newest(REVEAL)["text"]
    night.story.breath()
    other.taps("Something else")
    other.taps("Nothing tomorrow", "private")
    return GOOD_NIGHT


def one_by_picker_one_in_private(night: Night, one: Phone, other: Phone) -> str:
    night.name(other, by_private_message)
    by_picker(night.story, one, "hopeful", "patience")
    other.taps("When you need time, I'll wait.")
    night.promises(other, "When you need time, I'll wait.")
    return GOOD_NIGHT  # the other one decides nothing: the window closes it


def silence_of_both(night: Night, one: Phone, other: Phone) -> str:
    night.story.until("22:00")
    assert [text[:13] for text in night.room] == ["Your check-in", "The check-in "]
    assert not any(
        "The check-in" in text for each in (one, other) for text in night.story.told(each, night.began)
    )
    return CLOSED


def silence_of_one(night: Night, one: Phone, other: Phone) -> str:
    night.name(one, by_private_message)
    night.story.until("22:00")
    reminded = [
        text for text in night.story.told(other, night.began) if text.startswith("The check-in is here")
    ]
    assert len(reminded) == 1
    assert not any(text.startswith("The check-in is here") for text in night.story.told(one, night.began))
    assert len(night.room) == 1
    return CLOSED


def silence_of_one_who_shares(night: Night, one: Phone, other: Phone) -> str:
    feeling, need = night.name(one, by_reply)
    night.story.until("00:00")
    if night.mode == "open":
        return CLOSED
    night.story.newest(CLOSED)
    assert other.taps("Share mine").alert == "There is nothing of yours from tonight."
    one.taps("Share mine")
    assert f"{one.who.title()}: {feeling}, needing {need}." in night.story.newest(SHARED)["text"]
    return SHARED


def not_tonight_of_both(night: Night, one: Phone, other: Phone) -> str:
    for each in (one, other):
        answer = each.taps("Not tonight")
        assert answer.alert == "That is all right. Change your mind whenever you like, while this is open."
    night.story.until("22:00")
    assert len(night.room) == 1
    return CLOSED


def not_tonight_of_one(night: Night, one: Phone, other: Phone) -> str:
    other.taps("Not tonight")
    night.name(one, by_one_line)
    night.story.until("22:00")
    assert len(night.room) == 1
    assert not any(text.startswith("The check-in is here") for text in night.story.told(other, night.began))
    return CLOSED


EACH_ONCE: tuple[Act, ...] = (
    both_by_picker,
    both_by_reply,
    both_by_one_line,
    both_by_private_message,
    silence_of_both,
    one_by_picker_one_in_private,
    silence_of_one,
    not_tonight_of_both,
    not_tonight_of_one,
    silence_of_one_who_shares,
)
FORTNIGHT = *EACH_ONCE, both_by_one_line, both_by_picker, silence_of_one, both_by_reply


DAILY, EVERY_OTHER = ("together", (), 1), ("open", ("Every other evening",), 2)


@pytest.mark.parametrize(
    ("acts", "telling", "mode", "rhythm", "days"),
    [
        (EACH_ONCE, TELLINGS[1], *EVERY_OTHER),
        pytest.param(FORTNIGHT, TELLINGS[0], *DAILY, marks=pytest.mark.soak),
        pytest.param(FORTNIGHT, TELLINGS[0], *EVERY_OTHER, marks=pytest.mark.soak),
        pytest.param(FORTNIGHT, TELLINGS[1], *DAILY, marks=pytest.mark.soak),
        pytest.param(FORTNIGHT, TELLINGS[1], *EVERY_OTHER, marks=pytest.mark.soak),
    ],
    indirect=["telling"],
)
def test_a_fortnight_keeps_its_evenings(
    tmp_path: Path, acts: tuple[Act, ...], telling: Telling, mode: str, rhythm: tuple[str, ...], days: int
) -> None:
    with Story.at(tmp_path, telling) as story:
        story.ready(*rhythm, mode=mode)
        before: Night | None = None
        opened = []
        for number, act in enumerate(acts):
            pair = (story.ann, story.ben) if number % 2 == 0 else (story.ben, story.ann)
            story.until("20:30", days=days - 1 if number else 0)  # Sunday's card for thanks stands by then
            night = Night(story, number, mode, story.mark)
            opened.append(story.until("21:00"))
            look_back(night, before)
            ending = act(night, *pair)
            closes(night, ending)
            before = night
        cards = [at for at, text in story.said() if text.startswith(CARD)]
        assert [at.replace(second=0, microsecond=0) for at in cards] == opened
        assert all(at.second < 5 for at in cards)


def closes(night: Night, ending: str) -> None:
    """Let the night pass, and see that it closed kindly, in few words, and that nothing is left to tap."""
    story = night.story
    for one, act in night.shown:
        done = f"{DONE}{one.who.title()}: {act}"
        last = noticed(night, one)
        assert done in last, (done, last)
    story.until("12:30")
    said = night.room
    assert said[0].startswith(CARD)
    assert sum(text.startswith(CARD) for text in said) == 1
    assert any(text.startswith(ending) for text in said), said
    assert len(said) <= MOST_AN_EVENING, said
    assert story.buttons_of_tend() == []
    if night.mode == "together" and ending == CLOSED:
        night.is_unseen()


def noticed(night: Night, one: Phone) -> str:
    """Let the other notice what one has done and shows."""
    story = night.story
    if story.now.hour >= 21:
        story.until("00:30")
    standing = next(m["text"] for m in reversed(story.ann.room) if DONE in m["text"])
    answer = story.other(one).taps("I noticed, thank you")
    assert answer.alert == f"{one.who.title()} can read it now."
    return str(standing)


def look_back(night: Night, before: Night | None) -> None:
    """See that whoever promised something is asked about it once, alone, and lets it be shown or not."""
    story = night.story
    promised = before.promised if before else {}
    for one in (story.ann, story.ben):
        asked = [text for text in story.told(one, night.began) if text.startswith(LOOK_BACK)]
        assert len(asked) == (one.who in promised)
        assert not asked or promised[one.who] in asked[0]
    for number, who in enumerate(promised):
        one = story.ann if who == "ann" else story.ben
        label = ANSWERS[(night.number + number) % len(ANSWERS)]
        if label:
            one.taps(label, "private")
        if label == "Done":
            one.taps("Show it", "private")
            night.shown.append((one, promised[who]))


ANSWERS = ("Done", "Partly", "Done", "Not yet", "Let it go", "")
