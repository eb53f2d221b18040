"""The short list of what two people want to talk about: each topic is of whoever brought it.

Pure. As it is kept, a topic remembers the evening on which it was talked about last, and whether that was
once or twice. Let go, it is without words.
"""

from dataclasses import replace

from bot.hours import ZONE, evening_of
from bot.ritual import Button, Draw, Kept, Line, Person, Say, Scene, Words, line
from bot.wording import same

KIND = "topic"
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

LET_ONE_GO, BACK = Button("Let one go", "let one go"), Button("Back", "back")
NOT_NOW = Button("Not now", "not now")

# -- The list -----------------------------------------------------------------


def standing(scene: Scene) -> list[Kept]:
    """Return the list, oldest first."""
    return [thing for thing in scene.kept if thing.kind == KIND and thing.words]


def is_full(who: Person, scene: Scene) -> bool:
    """Whether this one has brought as many as may stand there: then it is theirs to make room."""
    return sum(thing.by == who for thing in standing(scene)) >= MOST


def find(words: Words, scene: Scene) -> Kept | None:
    """Return the topic that says the same, whoever brought it."""
    return next((thing for thing in standing(scene) if thing.words and same(thing.words, words)), None)


def brought(words: Words) -> Kept:
    """Return a new one."""
    return Kept(KIND, words.by, words)


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
    return [
        replace(topic, due=scene.now, outcome=TALKED_TWICE if times_tonight(topic, scene) else TALKED_ONCE)
    ]


def list_card(draw: Draw, scene: Scene, *notes: Line, letting: bool = False) -> Say:
    """Return the list, to pick from or to let one go."""
    listed = standing(scene)
    tap = "let go" if letting else "topic"
    buttons = [Button(line(ITS_NAME, words=thing), tap, str(thing.id)) for thing in listed]
    more = [BACK] if letting else [*([LET_ONE_GO] if listed else []), NOT_NOW]
    text = WHICH_GOES if letting else WHICH_ONE if listed else WHAT_ABOUT
    return draw(text, *buttons, *more, card="talk", asks="topic", below=notes)
