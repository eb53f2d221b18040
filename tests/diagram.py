"""The states of a ritual, drawn from what two people do at random: no diagram that differs from the code.

`python -m tests.diagram` draws it anew into docs/rituals/, between its marks.
"""

import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import is_dataclass
from functools import cache
from pathlib import Path

from bot import shell
from bot.ritual import Began, Button, Event, Person, Ritual, Tapped, TimeCame, Words, Wrote
from bot.rituals import RITUALS
from bot.shell import Outcome, Row
from tests.playing import Play
from tests.rehearsal import Shown, Stage

PAGES = Path(__file__).parent.parent / "docs" / "rituals"
MARKED = re.compile(r"(<!-- states:[^\n]*-->\n).*?(<!-- /states -->)", re.DOTALL)
PLAYS, MOVES, LOOKS_ROUND = 320, 50, 0.005  # how often all that could be done is tried once more
LINES = "", "a word", "calm / sleep / I'll make tea"


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
    """Return every step of all plays, and every one that was there to be made, with what set it off."""
    steps: list[tuple[Row, str, Outcome]] = []
    tried: set[tuple[str, ...]] = set()
    for seed in range(PLAYS):
        minds = RITUALS[seed % len(RITUALS)] if seed % 5 else None  # each has its share of most of them
        play = Play(random.Random(seed), minds)  # noqa: S311 - a play, not a secret
        for _ in play.moves(MOVES):
            if play.chance.random() < LOOKS_ROUND or newly_met(play.stage, tried):
                steps.extend(possible(play.stage))
        play.clock.runs_out()
        steps.extend((row, named(event), outcome) for row, event, outcome in play.stage.heard)
    return tuple(steps)


def newly_met(stage: Stage, tried: set[tuple[str, ...]]) -> bool:
    """Whether somebody is where nobody was in any play before, with the same to tap, answer and go by."""
    rows = stage.rows.values()
    new = {
        (name(row.state), *told_apart(row.state), *offered(stage, row), *at_hand(stage, row)) for row in rows
    }
    new -= tried
    tried |= new
    return bool(new)


def told_apart(state: object) -> Iterator[str]:
    """Return what tells two states of a kind apart, but for people, times and words."""
    for value in vars(state).values():
        match value:
            case str():
                yield value if value.isalpha() else f"{bool(value)}"
            case frozenset() | tuple():
                yield f"{len(value)}"
            case _ if is_dataclass(value) and not isinstance(value, Person | Words):
                yield from told_apart(value)
            case _:
                yield f"{bool(value)}"


def offered(stage: Stage, row: Row) -> list[str]:
    """Return what can be tapped and answered on the messages of a playing."""
    standing = [shown for shown in stage.shown if shown.live and shown.arrived and shown.row.id == row.id]
    taps = {button.tap for shown in standing for button in shown.taken.buttons}
    return sorted(taps | {f"? {asked}" for shown in standing for asked in asks(shown)})


def at_hand(stage: Stage, row: Row) -> list[str]:
    """Return of what kinds there is anything open that the ritual reads: a step may depend on it."""
    return sorted(
        {thing.kind for thing in stage.kept if thing.kind in row.ritual.reads and not thing.outcome}
    )


def possible(stage: Stage) -> Iterator[tuple[Row, str, Outcome]]:
    """Try every button, question and command, and let the time come; a step is pure: nothing comes of it."""
    for row in stage.rows.values():
        if row.wake_at is not None:
            due = shell.ring(row, row.wake_at)
            yield row, named(due), shell.hear(stage.couple(), row, due, row.wake_at)
    for row, event in chances(stage):
        yield row, named(event), shell.hear(stage.couple(), row, event, stage.now)


def chances(stage: Stage) -> Iterator[tuple[Row, Event]]:
    """Return what either of the two could do now."""
    for shown in stage.shown:
        row = stage.rows.get(shown.row.id)
        if not (shown.live and shown.arrived and row):
            continue
        for who in [shown.say.to] if shown.say.to else stage.both:
            private = shown.say.to is not None
            yield from (
                (row, Wrote(who, asked, Words(who, said), private))
                for asked in asks(shown)
                for said in LINES
                if shown.taken.whose in {None, who}
            )
            kinds = {button.tap or button.opens: button for button in shown.taken.buttons}
            for button in kinds.values():
                if button.opens:
                    yield begun_by(stage, who, button, private=private)
                elif not button.leads:
                    yield row, Tapped(who, button.tap, button.item, private=private)
    for ritual in RITUALS if stage.both else ():
        for who in stage.both:
            yield from ((row_for(stage, ritual), Began(who, Words(who, said))) for said in LINES)


def asks(shown: Shown) -> list[str]:
    return [shown.taken.asks] if shown.taken.asks else []


def begun_by(stage: Stage, who: Person, button: Button, *, private: bool) -> tuple[Row, Event]:
    """Return what a button does that opens a ritual."""
    ritual = next(ritual for ritual in stage.rituals if ritual.name == button.opens)
    about = next((thing for thing in stage.kept if str(thing.id) == button.item), None)
    words = Words(who, "" if about else button.item, listed=True)
    row = shell.going_on(stage.rows.values(), ritual, words) or row_for(stage, ritual)
    return row, Began(who, words, about, private=private)


def row_for(stage: Stage, ritual: Ritual) -> Row:
    """Return the playing that a command goes to."""
    rows = [row for row in stage.rows.values() if row.ritual is ritual and not row.lingers]
    return rows[-1] if rows and not ritual.many else Row(10**6, ritual)


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
