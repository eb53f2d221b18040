"""What comes before a talk: one topic, of a short list of their own, and the rules, accepted by both.

Pure, and a part of the dialogue. Each topic is of whoever brought it. As it is kept, a topic remembers the
evening on which it was talked about last, and whether that was once or twice. Let go, it is without words.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from bot.hours import ZONE, evening_of
from bot.ritual import (
    Answer,
    Began,
    Button,
    Draw,
    Event,
    Kept,
    Line,
    Person,
    Say,
    Scene,
    Tapped,
    TimeCame,
    Words,
    Wrote,
    line,
    redraw,
    say,
    whisper,
)
from bot.wording import same

KIND = "topic"
STANDS = timedelta(hours=1)  # a choice
MOST, AT_MOST = 3, 2  # of each one's own in the list, so that nobody takes all its room; and in one evening
TALKED_ONCE, TALKED_TWICE, LET_GO = "once", "twice", "let go"  # outcomes

# -- What they read -----------------------------------------------------------

WHAT_ABOUT = "A talk of twenty minutes, about one thing. Reply with it, in a few words."
WHICH_ONE = "A talk of twenty minutes, about one thing. Tap one of yours, or reply with another."
FULL = "Three topics of each of you are enough for one list. Once {who} lets one go, there is room."
WHICH_GOES = "Which one goes? It is let go by whoever brought it."
BROUGHT_BY = "{who} brought this one, and can let it go."
TWICE = "You two have talked about this twice tonight. Let it rest until tomorrow."
ITS_NAME = "{words}"

TALK_ABOUT = "A talk about: {words}"
RULES = (
    "Side by side, on a call, or in writing here. Two minutes each in turn: say I, and one thing at a time. "
    "The other says it back. Nothing is solved yet, and either of you may stop. Do you both agree?"
)
WHEN_BOTH = "Noted. It begins when you both say so."
NOT_NOW_THEN = "Not now, then. /talk begins one on any day."

LET_ONE_GO, BACK = Button("Let one go", "let one go"), Button("Back", "back")
AGREE, ANOTHER = Button("I agree", "agree"), Button("Another topic", "another")
NOT_NOW = Button("Not now", "not now")

# -- Where the two can be -----------------------------------------------------


@dataclass(frozen=True)
class Picking:
    """They choose a topic, or let one of the list go."""

    wake_at: datetime
    letting: bool = False


@dataclass(frozen=True)
class Agreeing:
    """A topic is proposed, and both accept the rules."""

    topic: Words
    opener: Person
    wake_at: datetime
    agreed: frozenset[Person] = frozenset()


State = Picking | Agreeing
Before = TypeVar("Before")  # where they are as a topic is proposed; perhaps in a talk that rests

# -- What happens -------------------------------------------------------------


def step(state: State | None, event: Event, scene: Scene) -> tuple[State | None, Sequence[Answer]]:
    """Hear one event, up to the second "I agree": with that a talk begins."""
    match state, event:
        case _, Began(who, words) if words:
            return proposed(words, who, state, scene)

        case None, Began():
            return listed(scene)

        # Whatever was written there names a topic, an edit of the command without its slash, too.
        case Picking() | Agreeing(), Wrote(who, _, words):
            return proposed(words, who, state, scene)

        case Picking(), Tapped(who, "topic", item) if topic := scene.find(item):
            return taken(topic, who, state, whisper, scene)

        case Picking(), Tapped(who, "let go", item) if topic := scene.find(item):
            if topic.by and topic.by != who:
                return state, [whisper(BROUGHT_BY, who=topic.by)]
            gone = let_go(topic)
            return replace(state, letting=False), [gone, list_card(redraw, scene.knowing(gone))]

        case Picking(), Tapped(_, LET_ONE_GO.tap | BACK.tap as tap):
            here = replace(state, letting=tap == LET_ONE_GO.tap)
            return here, [list_card(redraw, scene, letting=here.letting)]

        case Agreeing(), Tapped(_, ANOTHER.tap):
            return listed(scene)

        case Agreeing(agreed=agreed), Tapped(who, AGREE.tap):
            return replace(state, agreed=agreed | {who}), [whisper(WHEN_BOTH)]

        case Picking() | Agreeing(), Tapped(_, NOT_NOW.tap) | TimeCame():
            return None, [redraw(NOT_NOW_THEN, card="talk")]

    return state, []


def listed(scene: Scene, *notes: Line) -> tuple[Picking, Sequence[Answer]]:
    """Show the list, to choose from."""
    return Picking(scene.now + STANDS), [list_card(say, scene, *notes)]


def proposed(
    words: Words, who: Person, before: Before, scene: Scene
) -> tuple[Before | State, Sequence[Answer]]:
    """Propose what somebody said; it comes into the list, or stands there in other words already."""
    kept = reworded(before.topic, words, scene) if isinstance(before, Agreeing) else []
    for changed in kept:
        scene = scene.knowing(changed)
    if thing := find(words, scene):
        return taken(thing, who, before, say, scene, kept)
    if not has_room(words, scene):
        return listed(scene, line(FULL, who=who))
    return proposal(words, who, [*kept, Kept(KIND, who, words)], scene)


def taken(
    thing: Kept, who: Person, before: Before, told: Callable[[str], Answer], scene: Scene,
    kept: Sequence[Kept] = (),
) -> tuple[Before | Agreeing, Sequence[Answer]]:  # fmt: skip
    """Propose one of the list, at most twice in an evening."""
    if times_tonight(thing, scene) >= AT_MOST or not thing.words:
        return before, [told(TWICE)]
    return proposal(thing.words, who, kept, scene)


def proposal(
    topic: Words, who: Person, kept: Sequence[Kept], scene: Scene
) -> tuple[Agreeing, Sequence[Answer]]:
    """Ask both for the rules."""
    rules = say(TALK_ABOUT, AGREE, ANOTHER, NOT_NOW, card="talk", below=[line(RULES)], words=topic)
    return Agreeing(topic, who, scene.now + STANDS), [*kept, rules]


# -- The list -----------------------------------------------------------------


def standing(scene: Scene) -> list[Kept]:
    """Return the list, oldest first."""
    return [thing for thing in scene.kept if thing.kind == KIND and thing.words]


def find(words: Words, scene: Scene) -> Kept | None:
    """Return the topic that says the same, whoever brought it."""
    return next((thing for thing in standing(scene) if thing.words and same(thing.words, words)), None)


def has_room(words: Words, scene: Scene) -> bool:
    """Whether this stands in the list already, or whoever said it may bring one more."""
    theirs = sum(thing.by == words.by for thing in standing(scene))
    return theirs < MOST or find(words, scene) is not None


def is_edit(words: Words, topic: Words) -> bool:
    """Whether this is the message that brought the topic, in other words."""
    return bool(words) and words.source == topic.source != 0


def reworded(topic: Words, words: Words, scene: Scene) -> list[Kept]:
    """Return what an edit of a topic changes in the list: two that say the same are one."""
    old, other = find(topic, scene), find(words, scene)
    if not is_edit(words, topic) or old is None or old.by != words.by:
        return []
    return [replace(old, words=words) if other in {None, old} else let_go(old)]


def let_go(topic: Kept) -> Kept:
    """Return one as it leaves the list."""
    return replace(topic, words=None, outcome=LET_GO)


def times_tonight(topic: Kept, scene: Scene) -> int:
    """Return how often it was talked about this evening."""
    zone = scene.prefers[ZONE]
    if topic.due is None or evening_of(topic.due, zone) != evening_of(scene.now, zone):
        return 0
    return AT_MOST if topic.outcome == TALKED_TWICE else 1


def talked_about(words: Words, scene: Scene) -> list[Kept]:
    """Note that a talk about it begins now."""
    topic = find(words, scene)
    if topic is None:
        return []
    often = TALKED_TWICE if times_tonight(topic, scene) else TALKED_ONCE
    return [replace(topic, due=scene.now, outcome=often)]


def list_card(draw: Draw, scene: Scene, *notes: Line, letting: bool = False) -> Say:
    """Return the list, to pick from or to let one go."""
    topics = standing(scene)
    tap = "let go" if letting else "topic"
    buttons = [Button(line(ITS_NAME, words=thing), tap, str(thing.id)) for thing in topics]
    more = [BACK] if letting else [*([LET_ONE_GO] if topics else []), NOT_NOW]
    text = WHICH_GOES if letting else WHICH_ONE if topics else WHAT_ABOUT
    return draw(text, *buttons, *more, card="talk", asks="topic", below=notes)
