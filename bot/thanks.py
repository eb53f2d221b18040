"""Thanks, as they are kept and as they read: what the other did, and what it meant.

What one told the other alone is drawn alone, too: it never comes into the room.
"""

from collections.abc import Iterable

from bot.ritual import PARTED, Kept, Line, Scene, Words, line

KIND, MOST_PARTS = "thanks", 3
TOLD_ALONE = "told alone"  # the outcome of one that was

MEANT = "What it meant: {words}"


def parts_of(words: Words) -> tuple[Words, ...]:
    """Return what somebody wrote, in the parts of one line."""
    parts = () if words.listed else words.split(PARTED, MOST_PARTS - 1)
    return tuple(part for part in parts if part)


def meant(parts: Iterable[Words]) -> list[Line]:
    """Return what it meant, a line for each part after the first."""
    return [line(MEANT, words=part) for part in parts]


def in_jar(scene: Scene, *, private: bool) -> list[Kept]:
    """Return the thanks that both have read, for one alone or for the room."""
    both_read = [thing for thing in scene.kept if thing.shared and thing.words]
    return [thing for thing in both_read if private or thing.outcome != TOLD_ALONE]
