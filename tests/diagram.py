"""The states of a ritual, drawn from what two people do at random: no diagram that differs from the code.

`python -m tests.diagram` draws it anew into docs/rituals/, between its marks.
"""

import random
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from bot import shell
from bot.ritual import Began, Event, Ritual, Tapped, TimeCame, Wrote
from bot.rituals import RITUALS
from bot.shell import Outcome, Row
from tests.playing import Play, live_buttons
from tests.rehearsal import Stage

PAGES = Path(__file__).parent.parent / "docs" / "rituals"
MARKED = re.compile(r"(<!-- states:[^\n]*-->\n).*?(<!-- /states -->)", re.DOTALL)
PLAYS, MOVES = 200, 50


def drawn(ritual: Ritual) -> str:
    """Return the states of a ritual and the ways between them, as a Mermaid diagram."""
    ways: dict[tuple[str, str], set[str]] = {}
    for before, label, after in walked():
        if before.ritual is ritual and name(before.state) != name(after.row.state):
            ways.setdefault((name(before.state), name(after.row.state)), set()).add(label)
    lines = [
        f"    {start} --> {end}: {', '.join(sorted(labels))}" for (start, end), labels in sorted(ways.items())
    ]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```", ""])


@cache
def walked() -> tuple[tuple[Row, str, Outcome], ...]:
    """Return every step of all plays, and every tap that was there to be made, with what set it off."""
    steps: list[tuple[Row, str, Outcome]] = []
    for seed in range(PLAYS):
        play = Play(random.Random(seed))  # noqa: S311 - a play, not a secret
        for _ in play.moves(MOVES):
            if play.chance.random() < 0.3:
                steps.extend(possible(play.stage))
        play.clock.runs_out()
        steps.extend((row, named(event), outcome) for row, event, outcome in play.stage.heard)
    return tuple(steps)


def possible(stage: Stage) -> Iterator[tuple[Row, str, Outcome]]:
    """Try every button on the screen; a step is pure, so nothing comes of it."""
    for row, shown, button in live_buttons(stage):
        for who in [shown.say.to] if shown.say.to else stage.both:
            event = Tapped(who, button.tap, button.item, private=shown.say.to is not None)
            yield row, named(event), shell.hear(stage.couple(), row, event, stage.now)


def named(event: Event) -> str:
    """Return what an event is, in a word or two that every play agrees on."""
    match event:
        case Tapped():
            return "a tap"
        case Wrote():
            return "words"
        case Began():
            return "the command"
        case TimeCame():
            return "time"
        case _:
            return type(event).__name__.lower()


def name(state: object) -> str:
    return "[*]" if state is None else type(state).__name__


def updated(page: str, ritual: Ritual) -> str:
    """Return a page with its diagram drawn anew."""
    return MARKED.sub(lambda found: f"{found[1]}\n{drawn(ritual)}\n{found[2]}", page)


def pages() -> Iterable[tuple[Path, Ritual]]:
    """Return the pages that have a place for a diagram."""
    for ritual in RITUALS:
        path = PAGES / f"{ritual.name}.md"
        if path.is_file() and MARKED.search(path.read_text()):
            yield path, ritual


if __name__ == "__main__":
    for path, ritual in pages():
        path.write_text(updated(path.read_text(), ritual))
