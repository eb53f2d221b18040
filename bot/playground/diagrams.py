"""The states of each ritual and the ways between them, as the docs draw them; the bot itself is not asked.

The diagrams of docs/rituals/ are drawn from random play and held against the code by its tests. Where there
are no docs, as in an image that holds the program alone, there are no diagrams.
"""

import re
from functools import cache
from pathlib import Path

from bot.playground.markup import Json

DOCS = Path(__file__).parents[2] / "docs" / "rituals"
WAY = re.compile(r"^ {4}(\S+) --> (\S+): (.+)$", re.MULTILINE)


@cache
def diagrams() -> dict[str, list[Json]]:
    """Return the ways of each ritual: from which state to which, and what leads there."""
    read = {path.stem: ways_in(path.read_text(encoding="utf-8")) for path in sorted(DOCS.glob("*.md"))}
    return {name: ways for name, ways in read.items() if ways}


def ways_in(page: str) -> list[Json]:
    """Return the ways that a page of the docs draws."""
    return [{"start": start, "end": end, "by": by} for start, end, by in WAY.findall(page)]
