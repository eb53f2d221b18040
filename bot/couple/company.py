"""Company: somebody else is in the room. Tend says so once, and keeps quiet there until both agree.

The private chats go on meanwhile. Why it works this way: docs/rituals/company.md
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.couple.leaving import RESTING
from bot.ritual import (
    Answer,
    Button,
    Event,
    GuestsCame,
    GuestsCounted,
    Part,
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

KEEPS_QUIET = timedelta(days=30)  # a room that is shared for so long is not the couple's any more

# -- What they read -----------------------------------------------------------

A_GUEST = (
    "Somebody else is in this room now. So I keep quiet here until they have left, or you have both tapped. "
    "Our private chats go on."
)
GUESTS = (
    "{n} others are in this room now. So I keep quiet here until they have left, or you have both tapped. "
    "Our private chats go on."
)
NOTED = "Noted. Once {other} taps too, I go on here."
GOES_ON = "I go on here, as you both like it."
ALONE_AGAIN = "You two are among yourselves again, and I go on here."

GO_ON_HERE = Button("Go on here", "go on")

# -- Where the two can be -----------------------------------------------------


@dataclass(frozen=True)
class Visited:
    """Others are there, and not both of the two have said that Tend may go on."""

    guests: int
    wake_at: datetime
    agreed: frozenset[Person] = frozenset()
    hushes: bool = True
    lanes_go_on: bool = True


State = Visited

# -- What happens -------------------------------------------------------------


def step(state: State | None, event: Event, scene: Scene) -> tuple[State | None, list[Answer]]:
    """Hear who comes and goes, and who agrees."""
    match state, event:
        case None, GuestsCame(many) | GuestsCounted(many) if many:
            return Visited(many, scene.now + KEEPS_QUIET), [asked(many)]

        case Visited(guests=guests), GuestsCame(many):
            return replace(state, guests=guests + many, agreed=frozenset()), [asked(guests + many)]

        case Visited(), GuestsCounted(0):
            return None, [redraw(ALONE_AGAIN, card="company")]

        case Visited(guests=guests), GuestsCounted(many) if many != guests:
            return replace(state, guests=many), [asked(many, redraw)]

        case Visited(agreed=agreed), Tapped(who, GO_ON_HERE.tap) if agreed - {who}:
            return None, [redraw(GOES_ON, card="company")]

        case Visited(agreed=agreed), Tapped(who, GO_ON_HERE.tap):
            return replace(state, agreed=agreed | {who}), [whisper(NOTED, other=scene.other(who))]

        case Visited(), TimeCame():
            return None, [Part(), say(RESTING)]

    return state, []


# -- Helpers ------------------------------------------------------------------


def asked(guests: int, draw: Callable[..., Say] = say) -> Say:
    return draw(A_GUEST, GO_ON_HERE, many=GUESTS, n=guests, card="company")


COMPANY = Ritual("company", "", "Who else is here", step, always=True, menu=False, minds_guests=True)
