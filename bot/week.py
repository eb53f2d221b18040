"""A week of the two, as it is counted: evenings kept together, promises done, thanks said.

It counts the two together and never one of them, holds no week against another, and names nothing that there
was not. Of what one told Tend alone nothing counts: a promise only once its doer has shown it, a thanks only
when it was said in the room.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial

from bot.follow_through import KIND as PROMISE
from bot.hours import ZONE, evening_of
from bot.ritual import Button, Drawing, Kept, Line, Mark, Say, Scene, line, redraw
from bot.thanks import KIND as THANKS
from bot.thanks import in_jar

FEELING = "feeling"
READS = FEELING, PROMISE, THANKS
A_WEEK = timedelta(days=7)
SHOWN = {"told", "noticed"}  # how a promise ended that its doer let the other see

YOUR_WEEK, QUIET_WEEK = "Your week together", "A quiet week"
OF_ONE, OF_TWO = "Your week together: {first}.", "Your week together: {first} and {second}."
OF_THREE = "Your week together: {first}, {second} and {third}."
OF_NONE = "It was a quiet week here, and it is yours to look back on."


@dataclass(frozen=True)
class Week:
    """Seven evenings of the two, and what there was in them."""

    last: date  # of the seven
    evenings: tuple[date, ...]  # those they kept together
    actions: int
    thanks: int


def week_of(scene: Scene) -> Week:
    """Return the last seven evenings, tonight's the last of them, and what the two did since then."""
    actions = sum(is_done(thing) and is_of_the_week(thing, scene) for thing in scene.kept)
    said = [thing for thing in in_jar(scene, private=False) if thing.kind == THANKS]
    thanks = sum(is_of_the_week(thing, scene) for thing in said)
    return Week(evening_of(scene.now, scene.prefers[ZONE]), evenings_of(scene), actions, thanks)


def drawing_of(week: Week) -> Drawing:
    """Return a week as it is drawn: what there was not is not named."""
    evenings, actions, thanks = len(week.evenings), week.actions, week.thanks
    lamp = Mark("lamp", line("{n} evening kept", many="{n} evenings kept", n=evenings))
    leaf = Mark("leaf", line("{n} promise done", many="{n} promises done", n=actions))
    heart = Mark("heart", line("{n} thank-you said", many="{n} thank-yous said", n=thanks))
    marks = tuple(mark for n, mark in ((evenings, lamp), (actions, leaf), (thanks, heart)) if n)
    title = line(YOUR_WEEK) if marks else line(QUIET_WEEK)
    return Drawing(title, tuple(seven_days(week.last)), week.evenings, marks)


def seven_days(last: date) -> list[date]:
    """Return the seven days of a week that ends with this one, the first of them first."""
    return [last - timedelta(days=back) for back in reversed(range(A_WEEK.days))]


def evenings_of(scene: Scene) -> tuple[date, ...]:
    """Return the evenings of the week on which both spoke of themselves, and both could read it."""
    zone = scene.prefers[ZONE]
    spoke = {(thing.by, evening_of(thing.at, zone)) for thing in scene.kept if is_feeling(thing) and thing.at}
    return tuple(
        day
        for day in seven_days(evening_of(scene.now, zone))
        if all((who, day) in spoke for who in scene.both)
    )


def is_feeling(thing: Kept) -> bool:
    """Whether it was said of oneself on an evening, and both could read it."""
    return thing.kind == FEELING and thing.shared


def is_done(thing: Kept) -> bool:
    """Whether it is a promise that its doer has shown as done."""
    return thing.kind == PROMISE and thing.outcome in SHOWN


def is_of_the_week(thing: Kept, scene: Scene) -> bool:
    """Whether it was in these seven days that it was asked about, or kept."""
    moment = thing.due or thing.at
    return moment is not None and scene.now - A_WEEK < moment <= scene.now


def shown(week: Week, *buttons: Button, card: str, below: Iterable[Line]) -> Say:
    """Return a new face for a card: their week, drawn and in words."""
    draw, drawing = partial(redraw, card=card, below=below), drawing_of(week)
    match [mark.reads for mark in drawing.marks]:
        case [first, second, third]:
            said = draw(OF_THREE, *buttons, first=first, second=second, third=third)
        case [first, second]:
            said = draw(OF_TWO, *buttons, first=first, second=second)
        case [first]:
            said = draw(OF_ONE, *buttons, first=first)
        case _:
            said = draw(OF_NONE, *buttons)
    return replace(said, drawing=drawing)
