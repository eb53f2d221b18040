"""The short list of what two people want to talk about: each topic is of whoever brought it.

Pure, as it is kept: a topic remembers the evening on which it was talked about last, and whether that was
once or twice. Let go, it is without words.
"""

from dataclasses import replace

from bot.hours import ZONE, evening_of
from bot.ritual import Kept, Scene, Words
from bot.wording import same

KIND = "topic"
MOST, AT_MOST = 5, 2  # in the list, which is read in one look; and in one evening
ONCE, TWICE, LET_GO = "once", "twice", "let go"  # outcomes


def standing(scene: Scene) -> list[Kept]:
    """Return the list, oldest first."""
    return [thing for thing in scene.kept if thing.kind == KIND and thing.words]


def is_full(scene: Scene) -> bool:
    """Whether another one would be too many to read in one look."""
    return len(standing(scene)) >= MOST


def find(words: Words, scene: Scene) -> Kept | None:
    """Return the topic that says the same, whoever brought it."""
    return next((thing for thing in standing(scene) if thing.words and same(thing.words, words)), None)


def brought(words: Words) -> Kept:
    """Return a new one."""
    return Kept(KIND, words.by, words)


def let_go(topic: Kept) -> Kept:
    """Return one as it leaves the list."""
    return replace(topic, words=None, outcome=LET_GO)


def knowing(topic: Kept, scene: Scene) -> Scene:
    """Return the scene with one topic as it is from now on."""
    return replace(scene, kept=tuple(topic if old.id == topic.id else old for old in scene.kept))


def times_tonight(topic: Kept, scene: Scene) -> int:
    """Return how often it was talked about this evening."""
    zone = scene.prefers[ZONE]
    if topic.due is None or evening_of(topic.due, zone) != evening_of(scene.now, zone):
        return 0
    return AT_MOST if topic.outcome == TWICE else 1


def talked_about(words: Words, scene: Scene) -> list[Kept]:
    """Note that a talk about it begins now."""
    topic = find(words, scene)
    if topic is None:
        return []
    return [replace(topic, due=scene.now, outcome=TWICE if times_tonight(topic, scene) else ONCE)]
