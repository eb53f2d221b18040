"""Breathe: five minutes of cyclic sighing, in the room or alone.

One looping picture, one tap that ends it at any time, one closing line in the same message. It works in a
pause, too: there it is for one alone. Why it works this way: docs/rituals/breathe.md
"""

from __future__ import annotations

from datetime import timedelta

from bot.ritual import Event, Ritual, Say, Scene, line, redraw, say
from bot.steadying import ENOUGH, Place, Steadying, Turn, steady

LASTS = timedelta(minutes=5)
PICTURE = "breathe"

# -- What they read -----------------------------------------------------------

IN_AND_OUT = "Breathe in through the nose, and a little more on top. Then out through the mouth, slowly."
AS_LONG = "Five minutes do, and fewer are fine. If you feel dizzy, breathe as usual."
ENDED = "That was it. Let your breath go its own way again."

# -- What happens -------------------------------------------------------------


def step(state: Steadying | None, event: Event, scene: Scene) -> Turn:
    """Hear one event of a breathing."""
    return steady(state, event, scene, LASTS, begun, closed)


# -- Helpers ------------------------------------------------------------------


def begun(place: Place) -> Say:
    return say(
        IN_AND_OUT, ENOUGH, to=place, card="breath", below=[line(AS_LONG)], softly=True, picture=PICTURE
    )


def closed(place: Place) -> Say:
    return redraw(ENDED, to=place, card="breath", softly=True, picture=PICTURE)


BREATHE = Ritual(
    "breathe",
    "breathe",
    "Five minutes of calm breathing",
    step,
    always=True,
    steadies=True,
    menu=False,
)
