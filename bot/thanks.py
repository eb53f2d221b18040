"""Thanks, as they are kept and as they read: what the other did, and what it meant."""

from collections.abc import Iterable

from bot.ritual import PARTED, Line, Words, line

KIND, MOST_PARTS = "thanks", 3

MEANT = "What it meant: {words}"


def parts_of(words: Words) -> tuple[Words, ...]:
    """Return what somebody wrote, in the parts of one line."""
    parts = () if words.listed else words.split(PARTED, MOST_PARTS - 1)
    return tuple(part for part in parts if part)


def meant(parts: Iterable[Words]) -> list[Line]:
    """Return what it meant, a line for each part after the first."""
    return [line(MEANT, words=part) for part in parts]
