"""The jar: the thanks of the two, drawn one at a time.

Every one comes before any comes again, and what is new comes first. Only what both have read is in it, and
what was told alone is drawn alone. Why it works this way: docs/rituals/jar.md
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.hours import ZONE
from bot.ritual import (
    Answer,
    Began,
    Button,
    Draw,
    Event,
    Kept,
    Person,
    Ritual,
    Say,
    Scene,
    Tapped,
    TimeCame,
    Value,
    Words,
    line,
    redraw,
    say,
)
from bot.thanks import KIND, in_jar, meant, parts_of

STANDS = timedelta(hours=12)  # "Another one"
LOOKS_BACK = 1_000  # thanks; at two a week that is ten years

# -- What they read -----------------------------------------------------------

FROM_YOUR_JAR = "From your jar of thanks."
EMPTY = "Your jar is empty so far. With /thanks, something comes in."
ALL_ALONE = "What your jar holds so far was told alone, and is drawn alone: /jar in our private chat."
SAID = "{who}, {at:day}: {words}"

ANOTHER_ONE = Button("Another one", "another")

# -- Where it can be ----------------------------------------------------------


@dataclass(frozen=True)
class Drawn:
    """One is on the table, in the room or for one of them alone."""

    to: Person | None
    wake_at: datetime


State = Drawn
Turn = tuple[State | None, list[Answer]]

# -- What happens -------------------------------------------------------------


def step(state: State | None, event: Event, scene: Scene) -> Turn:
    """Hear one event of the jar."""
    match state, event:
        case None, Began(who, private=private):
            return drawn(say, who if private else None, scene)

        case Drawn(to=to), Tapped(_, ANOTHER_ONE.tap):
            return drawn(redraw, to, scene)

        case Drawn(), TimeCame():
            return None, []

    return state, []


def drawn(draw: Draw, to: Person | None, scene: Scene) -> Turn:
    """Draw one and note when: that is all by which the next is chosen."""
    things = in_jar(scene, private=to is not None)
    if not things:
        return None, [draw(ALL_ALONE if in_jar(scene, private=True) else EMPTY, to=to, card="jar")]
    thing = next_of(things, scene.now)
    buttons = [ANOTHER_ONE] if len(things) > 1 else []
    card = shown(draw, thing, to, scene, buttons)
    return Drawn(to, scene.now + STANDS), [replace(thing, due=scene.now), card]


# -- Helpers ------------------------------------------------------------------


def next_of(things: list[Kept], now: datetime) -> Kept:
    """Any of those that were never drawn, by the second in which it is asked; else the one longest ago."""
    fresh = [thing for thing in things if thing.due is None]
    if fresh:
        return fresh[int(now.timestamp()) % len(fresh)]
    return min(things, key=lambda thing: (thing.due or now, thing.id))


def shown(draw: Draw, thing: Kept, to: Person | None, scene: Scene, buttons: list[Button]) -> Say:
    """A thanks, who said it and when; one of another year says the year, too."""
    words = thing.words or Words(Person(0))
    who, zone = thing.by or scene.both[0], scene.prefers[ZONE]
    first, *more = parts_of(words) or (words,)
    said = (thing.at or scene.now).astimezone(zone)
    day: Value = said if said.year == scene.now.astimezone(zone).year else said.date()
    below = [line(SAID, who=who, at=day, words=first), *meant(more)]
    return draw(FROM_YOUR_JAR, *buttons, to=to, card="jar", below=below)


JAR = Ritual(
    "jar",
    "jar",
    "Draw an old thanks",
    step,
    reads=(KIND,),
    looks_back=LOOKS_BACK,
    many=True,
    fleeting=True,
    menu=False,
)
