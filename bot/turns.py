"""The time of a talk: whose turn it is, for how long, and what is left. Pure arithmetic, and no clock.

Time counts as it is given, not as it is used: whoever ends a turn early has had it, and a bell that comes
late adds nothing to it. What one is given more, to clarify, the other is given in the next turn. A round
begins only where it fits, and something is said once more only where the same fits for the other: so the
floor is equal at the end, and the whole is never longer than it was said to be.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from bot.ritual import Each, Line, Person, Words, line

TURN, SAY_BACK, CLARIFY = timedelta(minutes=2), timedelta(minutes=1), timedelta(minutes=1)
WHOLE = timedelta(minutes=20)  # of turns and of what is said back, without the pauses between
ROUND = 2 * (TURN + SAY_BACK)
NONE = timedelta()

# -- What they read -----------------------------------------------------------

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


def in_words(span: timedelta) -> Line:
    """Return a length as it is said, near enough."""
    return next(said for most, said in IN_WORDS if span <= most)
