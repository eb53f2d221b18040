"""Steadying: one exercise in one message, for one alone or for both, until a tap or its time ends it.

It may run in the room and in the private chats at once, and each of them ends by itself. Nobody is asked
whether it helped, and nothing of it is kept. Rituals that are such an exercise are made of this.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.ritual import Answer, Began, Button, Event, Person, Say, Scene, Tapped, TimeCame

Place = Person | None  # somebody's private chat, or the room

# -- What they read -----------------------------------------------------------

ENOUGH = Button("That is enough", "enough")

# -- Where an exercise can be -------------------------------------------------


@dataclass(frozen=True)
class Steadying:
    """It runs, in each place until its own end."""

    ends: tuple[tuple[Place, datetime], ...]
    wake_at: datetime


Turn = tuple[Steadying | None, list[Answer]]

# -- What happens -------------------------------------------------------------


def steady(
    state: Steadying | None,
    event: Event,
    scene: Scene,
    lasts: timedelta,
    begun: Callable[[Place], Say],
    closed: Callable[[Place], Say],
) -> Turn:
    """Hear one event of an exercise; asked for where it runs already, it begins anew there."""
    running = dict(state.ends) if state else {}
    match event:
        case Began(who, private=private):
            place = who if private else None
            return until({**running, place: scene.now + lasts}.items()), [begun(place)]

        case Tapped(who, ENOUGH.tap, private=private):
            place = who if private else None
            return until((each, end) for each, end in running.items() if each != place), [closed(place)]

        case TimeCame():
            over = [place for place, end in running.items() if end <= scene.now]
            left = ((place, end) for place, end in running.items() if place not in over)
            # In a private chat that nobody has opened meanwhile it never began, so nothing ends there.
            return until(left), [closed(place) for place in over if place is None or place in scene.lanes]

    return state, []


def until(ends: Iterable[tuple[Place, datetime]]) -> Steadying | None:
    """Return where it still runs."""
    left = tuple(ends)
    return Steadying(left, min(end for _, end in left)) if left else None
