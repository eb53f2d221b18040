"""Review: what two people repaired comes back once, after eight weeks, and they look at how it holds.

It rings by its date, one on an evening, and whoever likes can look at the last one before. They let it stand,
let it go with its words, or go on with it, which is a repair again. Why it works this way:
docs/rituals/review.md
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.amends import (
    ASKED,
    HOLDS,
    KIND,
    KINDS,
    LET_GO,
    emptied,
    head_of,
    put_off,
    repaired,
    steps,
    to_review,
)
from bot.hours import is_quiet
from bot.ritual import (
    Answer,
    Began,
    Button,
    Event,
    Kept,
    Person,
    Ritual,
    Say,
    Scene,
    Tapped,
    TimeCame,
    redraw,
    say,
    whisper,
)

STANDS = timedelta(hours=24)

# -- What they read -----------------------------------------------------------

REVIEWS = "About eight weeks ago you two repaired something. How does it hold?"
LOOKS = "This you two have repaired. How does it hold?"
NOTHING_YET = "What you two repair can be looked at here, and comes back by itself after eight weeks."
IT_HOLDS = "Good to hear. It stays as it is, and I ask no further."
LET_IT_BE = "It is let go, with its words."
GOES_ON = "You two have gone on with it since."

IT_DOES, LET_THIS_GO = Button("It holds", "holds"), Button("Let this go", "let go")
CHANGE_IT = Button("Change it", opens="repair")

# -- Where it can be ----------------------------------------------------------


@dataclass(frozen=True)
class Reviewing:
    """They look at one."""

    due: datetime  # which one
    wake_at: datetime


Turn = tuple[Reviewing | None, Sequence[Answer]]

# -- What happens -------------------------------------------------------------


def step(state: Reviewing | None, event: Event, scene: Scene) -> Turn:
    """Hear one event of a review."""
    match state, event:
        # Eight weeks later, one on an evening; what comes late in the night waits for the next.
        case None, TimeCame(late=late) if heads := to_review(scene):
            quiet = any(is_quiet(scene.prefers.of(person), scene.now) for person in scene.both)
            return looks_back([] if late and quiet else heads[:1], heads, scene)

        # Before, and as often as they like.
        case None, Began(who, private=private):
            to, head = who if private else None, repaired(scene)
            if head is None or head.due is None:
                return None, [say(NOTHING_YET, to=to)]
            return Reviewing(head.due, scene.now + STANDS), [shows(LOOKS, head, scene, to)]

        case Reviewing(due=due), Tapped(who, how, private=private) if head := head_of(due, scene):
            return None, decided(head, how, scene, who if private else None)

        case Reviewing(), TimeCame():
            return None, []

    return state, []


def looks_back(now: list[Kept], heads: list[Kept], scene: Scene) -> Turn:
    """Ask the two once how it holds, and put off the others, each to an evening of its own."""
    after: Reviewing | None = None
    answers: list[Answer] = []
    for head in heads:
        if head in now:
            after = Reviewing(head.due or scene.now, scene.now + STANDS)
            answers += [replace(head, outcome=ASKED), shows(REVIEWS, head, scene)]
        else:
            later = put_off(head, scene, len(now))
            scene = replace(scene, kept=(*scene.kept, *later))
            answers += later
    return after, answers


def decided(head: Kept, how: str, scene: Scene, to: Person | None) -> list[Answer]:
    """Let it stand, or let it go with its words; one that they went on with is not looked at any more."""
    if head.outcome not in {"", ASKED, HOLDS}:
        return [whisper(GOES_ON), redraw(GOES_ON, to=to, card="review")]
    if how == LET_THIS_GO.tap:
        return [*emptied(head, LET_GO, scene), redraw(LET_IT_BE, to=to, card="review")]
    return [replace(head, outcome=HOLDS), redraw(IT_HOLDS, to=to, card="review")]


# -- Helpers ------------------------------------------------------------------


def shows(text: str, head: Kept, scene: Scene, to: Person | None = None) -> Say:
    """Its three steps, and what can be done about them."""
    buttons = IT_DOES, CHANGE_IT.about(head), LET_THIS_GO
    return say(text, *buttons, to=to, card="review", below=steps(head, scene))


REVIEW = Ritual(
    "review",
    "review",
    "What you two repaired, and how it holds",
    step,
    reads=KINDS,
    minds=(KIND,),
    many=True,
    menu=False,
)
