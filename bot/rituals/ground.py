"""Ground: five senses, in the room or alone.

One message, one tap that ends it at any time, one closing line in its place. It works in a pause, too: there
it is for one alone. Why it works this way: docs/rituals/ground.md
"""

from __future__ import annotations

from datetime import timedelta

from bot.ritual import Event, Ritual, Say, Scene, line, redraw, say
from bot.steadying import ENOUGH, Place, Steadying, Turn, steady

LASTS = timedelta(minutes=10)

# -- What they read -----------------------------------------------------------

FIVE_SENSES = (
    "Look around, slowly. Find five things you see, four you can touch, three you hear, two you smell, "
    "and one you taste."
)
OWN_PACE = "At your own pace, aloud or in silence."
ENDED = "That was it. You are here, and the rest can wait a moment."

# -- What happens -------------------------------------------------------------


def step(state: Steadying | None, event: Event, scene: Scene) -> Turn:
    """Hear one event of a grounding."""
    return steady(state, event, scene, LASTS, begun, closed)


# -- Helpers ------------------------------------------------------------------


def begun(place: Place) -> Say:
    return say(FIVE_SENSES, ENOUGH, to=place, card="senses", below=[line(OWN_PACE)], softly=True)


def closed(place: Place) -> Say:
    return redraw(ENDED, to=place, card="senses", softly=True)


GROUND = Ritual(
    "ground",
    "ground",
    "Come back to here, with five senses",
    step,
    always=True,
    steadies=True,
    menu=False,
)
