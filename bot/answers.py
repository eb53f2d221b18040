"""What the two answer to one question: unseen until both have answered, and then shown to both.

What one tells alone stays unseen where the question is over before the other has answered. Whoever told one
thing alone is asked alone, too, whatever comes next, on a card that is theirs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.ritual import Button, Draw, Each, Line, Person, Say, Scene, Words, line, redraw

UNSEEN = "Nobody reads it before you have both answered. If one of you goes on first, it stays unseen."
TAKEN = "Kept: {words}"
INSTEAD = "It stands in place of: {words}"
TAKEN_BACK = "Taken back. Nobody has read it."

TELL_ALONE, TAKE_BACK = Button("Tell me alone", "alone"), Button("Take it back", "take back")
YOURS = "yours"  # the card of one


@dataclass(frozen=True)
class Answers:
    """What each has answered so far, and who is asked alone, too."""

    given: Each[Words | None]
    alone: frozenset[Person] = frozenset()

    def __getitem__(self, person: Person) -> Words | None:
        return self.given[person]

    @property
    def are_unseen(self) -> bool:
        """Whether there is anything that only its writer has read."""
        return any(self.given)

    @property
    def are_there(self) -> bool:
        """Whether both have answered."""
        return all(self.given)

    @property
    def seen(self) -> tuple[Words, ...]:
        """What both read once the question is over: all, or what was typed before both of their eyes."""
        theirs = [words for words in self.given if words]
        return tuple(words for words in theirs if self.are_there or words.by not in self.alone)

    def stays_unseen(self, person: Person) -> bool:
        """Whether this one's answer is read by nobody once the question is over."""
        return bool(self.given[person]) and self.given[person] not in self.seen

    def is_edit(self, words: Words) -> bool:
        """Whether words are another form of the message that its writer's answer came in."""
        old = self.given[words.by]
        return bool(old and old.source == words.source)

    def put(self, words: Words, *, private: bool) -> Answers:
        """Return them with one more; it takes the place of its writer's last one."""
        here = self.asking(words.by) if private else self
        return replace(here, given=self.given.put(words.by, words))

    def without(self, person: Person) -> Answers:
        """Return them after this one has taken theirs back."""
        return replace(self, given=self.given.put(person, None))

    def asking(self, person: Person) -> Answers:
        """Return them where this one is asked alone, too."""
        return replace(self, alone=self.alone | {person})

    def to_the_next(self) -> Answers:
        """Return those to the next question: none yet, of the same two."""
        return replace(self, given=Each(tuple((who, None) for who, _ in self.given.pairs)))


def none_yet(scene: Scene) -> Answers:
    """Return the answers of two who have not been asked yet."""
    return Answers(scene.each(None))


def yours(draw: Draw, answers: Answers, who: Person, question: str, asks: str, *before: Line) -> Say:
    """The card of one: the question, or what was answered, which nobody else has read."""
    words = answers[who]
    text, buttons, values = (TAKEN, [TAKE_BACK], {"words": words}) if words else (question, [], {})
    card = draw(text, *buttons, to=who, card=YOURS, asks=asks, below=[*before, line(UNSEEN)])
    return replace(card, values=values, waits=not card.quiet)


def taken_back(who: Person, asks: str) -> Say:
    """The card of one who has taken it back: until the question is over there is room for another."""
    return redraw(TAKEN_BACK, to=who, card=YOURS, asks=asks)


def in_place_of(answers: Answers, words: Words) -> list[Line]:
    """Return whose place further words take; an edit is the same line as before."""
    old = answers[words.by]
    return [line(INSTEAD, words=old)] if old and not answers.is_edit(words) else []
