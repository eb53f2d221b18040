"""The turns of a talk: whose it is, for how long, what is left, and the cards. Pure arithmetic, no clock.

Time counts as it is given, not as it is used: whoever ends a turn early has had it, and a bell that comes
late adds nothing to it. What one is given more, to clarify, the other is given in the next turn. A round
begins only where it fits, and something is said once more only where the same fits for the other: so the
floor is equal at the end, and the whole is never longer than it was said to be.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.ritual import Button, Each, Line, Person, Say, Whisper, Words, line, say

TURN, SAY_BACK, CLARIFY = timedelta(minutes=2), timedelta(minutes=1), timedelta(minutes=1)
WHOLE = timedelta(minutes=20)  # of turns and of what is said back, without the pauses between
ROUND = 2 * (TURN + SAY_BACK)
NONE = timedelta()

# -- What they read -----------------------------------------------------------

SPEAKS = "{who} speaks, for {length}. {other} listens."
IN_OTHER_WORDS = "{who} says it in other words, for {length}. {other} listens."
SAYS_BACK = (
    "{other} says back what was said and how it makes sense, for {length}. {who} says when it is heard."
)
WHAT_MATTERS = "Help me understand: what matters most to you in it? What did you feel then?"
WHAT_IT_RECALLS = "Help me understand: what does it remind you of? What would you wish for?"
WHAT_IS_HARD = "Help me understand: what is hard to say in it? What did I not see?"

DONE, QUESTIONS = Button("I am done", "done"), Button("Help me understand", "questions")
HEARD, CLARIFY_IT = Button("You heard me", "heard"), Button("Let me clarify", "clarify")
ENOUGH, STOP = Button("We are both heard", "enough"), Button("Stop here", "stop")

IN_WORDS = (  # up to that much: nobody counts seconds in a talk
    (timedelta(seconds=15), line("some seconds")),
    (timedelta(seconds=45), line("half a minute")),
    (timedelta(seconds=75), line("one minute")),
    (timedelta(seconds=105), line("a minute and a half")),
    (timedelta(seconds=150), line("two minutes")),
    (timedelta(seconds=210), line("three minutes")),
    (timedelta.max, line("some minutes")),
)

# -- Where a talk is ----------------------------------------------------------


@dataclass(frozen=True)
class Talk:
    """What goes with them from turn to turn."""

    topic: Words
    speaker: Person  # whose turn it is, or whose words are said back
    length: timedelta  # of this turn, or of saying it back
    floor: Each[timedelta]  # how much time each has been given to speak
    spent: timedelta = NONE
    enough: frozenset[Person] = frozenset()  # who says that both are heard

    @property
    def listener(self) -> Person:
        """The one who listens, and says it back."""
        return next(person for person, _ in self.floor.pairs if person != self.speaker)

    @property
    def left(self) -> timedelta:
        """What is left of the whole."""
        return WHOLE - self.spent

    def behind(self, person: Person) -> timedelta:
        """How much less time this one has been given than the other."""
        more, own = max(self.floor), self.floor[person]
        return more - own


def begun(topic: Words, speaker: Person, floor: Each[timedelta]) -> Talk:
    """Return a talk as it begins."""
    return Talk(topic, speaker, TURN, floor)


def spoken(talk: Talk, left: timedelta) -> Talk:
    """Return it after a turn that had so much left: now it is said back."""
    floor = talk.floor.put(talk.speaker, talk.floor[talk.speaker] + talk.length)
    return replace(passed(talk, left), floor=floor, length=SAY_BACK)


def swapped(talk: Talk, left: timedelta) -> Talk | None:
    """Return it as the other one speaks: evens the floor, and begins a round where one fits. None: over."""
    talk = replace(passed(talk, left), speaker=talk.listener)
    length = talk.behind(talk.speaker)
    if length < TURN and talk.left >= length + ROUND:
        length += TURN
    return replace(talk, length=length) if length else None


def clarifying(talk: Talk, left: timedelta) -> Talk:
    """Return it as the speaker says it once more."""
    return replace(passed(talk, left), length=CLARIFY)


def may_clarify(talk: Talk) -> bool:
    """Whether there is time to say it once more, and as much for the other: to speak, and to be said back."""
    once_more, evened = CLARIFY + SAY_BACK, talk.behind(talk.listener) + CLARIFY + SAY_BACK
    return talk.left >= SAY_BACK + once_more + evened


def is_even(talk: Talk) -> bool:
    """Whether both have had the floor, for the same time."""
    first, second = talk.floor
    return first == second != NONE


def passed(talk: Talk, left: timedelta) -> Talk:
    """Return it when so much of the present length is left; more than that length never passes."""
    gone = talk.length - max(NONE, min(left, talk.length))
    return replace(talk, spent=talk.spent + gone)


# -- What they are shown ------------------------------------------------------


def floor_card(talk: Talk, length: timedelta, text: str = SPEAKS) -> Say:
    """Return the card of who speaks."""
    return card(talk, length, text, DONE.only(talk.speaker))


def answer_card(talk: Talk, length: timedelta) -> Say:
    """Return the card of who says it back."""
    clarify = [CLARIFY_IT.only(talk.speaker)] if may_clarify(talk) else []
    enough = [ENOUGH] if is_even(talk) else []
    return card(talk, length, SAYS_BACK, HEARD.only(talk.speaker), *clarify, *enough)


def card(talk: Talk, length: timedelta, text: str, *buttons: Button) -> Say:
    """Return the card of a turn: said anew each time, so that the buttons of the one before die with it."""
    who, other = talk.speaker, talk.listener
    said = say(text, *buttons, QUESTIONS, STOP, card="talk", who=who, other=other, length=in_words(length))
    return replace(said, again=True, at_once=True)


def question_at(moment: datetime) -> Whisper:
    """Return some of the questions that help to understand: now these, now those."""
    texts = WHAT_MATTERS, WHAT_IT_RECALLS, WHAT_IS_HARD
    return Whisper(texts[int(moment.timestamp()) % len(texts)])


def in_words(span: timedelta) -> Line:
    """Return a length as it is said, near enough."""
    return next(said for most, said in IN_WORDS if span <= most)
