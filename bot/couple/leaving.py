"""Leaving: each can, alone, at once, without a reason. The room reads only that Tend is resting.

Why it works this way: docs/rituals/leaving.md
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.ritual import (
    Answer,
    Began,
    Button,
    Event,
    Part,
    Person,
    Ritual,
    Scene,
    Tapped,
    TimeCame,
    redraw,
    say,
    whisper,
)

ASKED_FOR = timedelta(minutes=30)

# -- What they read -----------------------------------------------------------

ASK = "Leave? It ends at once, and nobody else is asked."
NOT_YOURS = "This is for {who} to decide."
STAYED = "Good. Nothing has changed."
RESTING = "{me} is resting here. /start begins again, when two of you want to."
GONE = "Done. Nothing comes from me any more."

LEAVE, STAY = Button("Leave now", "leave"), Button("Stay", "stay")

# -- Where leaving can be -----------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """One has asked to leave, and may still stay."""

    who: Person
    to: Person | None  # whose lane the question is in, or the room
    wake_at: datetime


State = Asked

# -- What happens -------------------------------------------------------------


def step(state: State | None, event: Event, scene: Scene) -> tuple[State | None, list[Answer]]:
    """Hear one event of leaving."""
    match state, event:
        case None, Began(who, private=private):
            to = who if private else None
            return Asked(who, to, scene.now + ASKED_FOR), [say(ASK, LEAVE, STAY, to=to, card="leave")]

        case Asked(who=who, to=to), Tapped(tapper, LEAVE.tap) if tapper == who:
            gone = [say(GONE, to=to)] if to else []
            return None, [Part(), say(RESTING), *gone]

        case Asked(who=who, to=to), Tapped(tapper, STAY.tap) if tapper == who:
            return None, [redraw(STAYED, to=to, card="leave")]

        case Asked(who=who), Tapped():
            return state, [whisper(NOT_YOURS, who=who)]

        case Asked(), TimeCame():
            return None, []

    return state, []


LEAVING = Ritual(
    "leaving",
    "leave",
    "End it, at once and without a reason",
    step,
    many=True,
    always=True,
    menu=False,
    also=("salir",),
)
