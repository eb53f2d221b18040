"""Amends: what two people have said in a repair, how it rests, and how it comes back after eight weeks.

Pure. While a repair is under way, its playing carries all of it. Resting or done it is kept: a head, whose
outcome says where it stands, and a part for each thing that was said, of its writer's. One `due` holds them
together, so no two repairs of a couple ever have the same, and no evening has two reviews.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any, Self

from bot.hours import ZONE, fire_at
from bot.ritual import Kept, Line, Person, Scene, Words, Wrote, line

KIND = "repair"
REVIEW, EVENING = timedelta(weeks=8), time(18, 30)
MAY_REST = timedelta(weeks=8)  # so long it is offered to be taken up
MOST_OFFERED = 3
MOST_ROUNDS = 3  # of saying it; then it is enough for a day
PARTS = ("hurt", "said", "missing", "change", "together")
KINDS = (KIND, *(f"repair {part}" for part in PARTS))

# Where it stands; at rest the outcome of its head. An open head is done, and comes back for its review.
INVITED, HEARING, CHANGING, RESTORING = "invited", "hearing", "changing", "restoring"
PLACES = (INVITED, HEARING, CHANGING, RESTORING)
DATING = "dating"  # never at rest: without its date a change rests as one that has none
LEADS_TO = {"hurt": INVITED, "said": HEARING, "missing": INVITED, "change": DATING}
ASKED, HOLDS, LET_GO, TAKEN_UP = "asked", "holds", "let go", "taken up"

WAS_SAID = "Said by {who}: {words}"
WAS_CHANGED = "{who}, from then on: {words}"
WAS_WARM = "Together: {words}"


@dataclass(frozen=True)
class Amends:
    """All that was said so far, every word of it sent by its writer."""

    owner: Person  # who answers for it
    hurt: Words | None = None  # what it did, as the other says it
    said: Words | None = None  # what it did, as its owner understands it
    missing: Words | None = None
    change: Words | None = None
    together: Words | None = None
    rounds: int = 0  # how often its owner has said it
    place: str = ""  # nowhere, as long as nothing was sent
    number: int = 0  # of the newest draft or proposal: what answers an older one is known by its own

    @property
    def question(self) -> str:
        """What its card asks: no other place or round does, so an older answer edited late is not heard."""
        return f"{self.place} {self.rounds}"

    @property
    def is_enough(self) -> bool:
        """Whether it was said so often that it is better left for another day."""
        return self.rounds >= MOST_ROUNDS

    def part(self, name: str) -> Words | None:
        """Return what was said in one part."""
        words: Words | None = getattr(self, name)
        return words

    def saying(self, name: str, words: Words | None) -> Self:
        """Return it with one part said, or said anew."""
        changed: dict[str, Any] = {name: words}
        return replace(self, **changed)

    def sent(self, name: str, words: Words) -> Self:
        """Return it with one part sent to the room, and where it leads."""
        amends = replace(self.saying(name, words), place=LEADS_TO[name])
        return replace(amends, missing=None, rounds=self.rounds + 1) if name == "said" else amends

    def counted(self) -> Self:
        """Return it with the number of one more draft or proposal."""
        return replace(self, number=self.number + 1)

    def settled(self, name: str) -> Self:
        """Return it with one part that no edit of its message changes any more."""
        words = self.part(name)
        return self.saying(name, replace(words, source=0)) if words else self

    def is_late(self, answer: Wrote) -> bool:
        """Whether this answers what was asked before: an edit, of what is said here or of what is over."""
        said_here = not answer.private and self.edited(answer.words) is not None
        return said_here or answer.asked != self.question

    def edited(self, words: Words) -> Self | None:
        """Return it with what one message says now that was edited; None where it holds none of it.

        A message of the room: what was sent from a private chat is settled, as both count from one.
        """
        for name in PARTS:
            old = self.part(name)
            if old and words.source and (old.by, old.source) == (words.by, words.source):
                return self.saying(name, words)
        return None


# -- Kept ---------------------------------------------------------------------


def rested(amends: Amends, scene: Scene) -> list[Kept]:
    """Keep it where it stands, for whoever takes it up."""
    return kept(amends, amends.place, scene)


def done(amends: Amends, scene: Scene) -> list[Kept]:
    """Keep it until its review."""
    return kept(amends, "", scene)


def kept(amends: Amends, outcome: str, scene: Scene) -> list[Kept]:
    """Return its head and its parts, under a date of their own."""
    due = free_evening(scene)
    said = ((part, amends.part(part)) for part in PARTS)
    parts = [Kept(f"repair {part}", words.by, words, due) for part, words in said if words]
    return [Kept(KIND, amends.owner, due=due, outcome=outcome), *parts]


def free_evening(scene: Scene, after: timedelta = REVIEW) -> datetime:
    """Return the evening so long from today, by the couple's clock, or the next one that no repair has."""
    zone = scene.prefers[ZONE]
    day = scene.now.astimezone(zone).date() + after
    taken = {thing.due for thing in scene.kept}
    while (evening := fire_at(day, EVENING, zone)) <= scene.now or evening in taken:
        day += timedelta(days=1)
    return evening


def put_off(head: Kept, scene: Scene, days: int) -> list[Kept]:
    """Move its review, and all of it, to the next free evening from so many days on."""
    due = free_evening(scene, timedelta(days=days))
    return [replace(thing, due=due) for thing in (head, *parts_of(head, scene))]


# -- Found again --------------------------------------------------------------


def resting(scene: Scene) -> list[tuple[Kept, Words]]:
    """Return the heads of those that can be taken up, each with what was said first; the newest first."""
    heads = [thing for thing in scene.kept if thing.kind == KIND and thing.outcome in PLACES]
    young = [head for head in heads if head.at and scene.now - head.at < MAY_REST]
    known = [(head, words) for head in young if (words := said_first(head, scene))]
    return known[: -MOST_OFFERED - 1 : -1]


def said_first(head: Kept, scene: Scene) -> Words | None:
    """Return by what both know it again."""
    said = {thing.kind: thing.words for thing in parts_of(head, scene)}
    return next((words for kind in KINDS if (words := said.get(kind))), None)


def to_review(scene: Scene) -> list[Kept]:
    """Return the heads whose evening has come, the oldest first."""
    heads = (thing for thing in scene.kept if thing.kind == KIND and not thing.outcome)
    return sorted((head for head in heads if head.due and head.due <= scene.now), key=lambda head: head.id)


def repaired(scene: Scene) -> Kept | None:
    """Return the head of what they repaired last and have let stand."""
    stands = "", ASKED, HOLDS
    return next((each for each in reversed(scene.kept) if each.kind == KIND and each.outcome in stands), None)


def head_of(due: datetime, scene: Scene) -> Kept | None:
    """Return the head that has this date."""
    return next((thing for thing in scene.kept if (thing.kind, thing.due) == (KIND, due)), None)


def parts_of(head: Kept, scene: Scene) -> Iterator[Kept]:
    """Return what was said in it."""
    return (thing for thing in scene.kept if thing.due == head.due and thing.kind != KIND and thing.words)


def taken_up(head: Kept, scene: Scene) -> tuple[Amends, list[Kept]]:
    """Return it to go on with; its words are in the playing then, and kept nowhere else.

    One that had come to its end goes on at its change.
    """
    place = head.outcome if head.outcome in PLACES else CHANGING
    amends = Amends(head.by or scene.both[0], place=place)
    for thing in parts_of(head, scene):
        amends = amends.saying(thing.kind.removeprefix("repair "), thing.words)
    return amends, emptied(head, TAKEN_UP, scene)


def emptied(head: Kept, outcome: str, scene: Scene) -> list[Kept]:
    """Keep that it is over, without its words."""
    parts = (replace(thing, words=None, outcome=outcome) for thing in parts_of(head, scene))
    return [replace(head, outcome=outcome), *parts]


def steps(head: Kept, scene: Scene) -> list[Line]:
    """Return its three steps, as both have read them."""
    texts = {"repair said": WAS_SAID, "repair change": WAS_CHANGED, "repair together": WAS_WARM}
    return [
        line(texts[thing.kind], words=thing.words, who=thing.by)
        for thing in parts_of(head, scene)
        if thing.kind in texts and thing.words and thing.by
    ]
