"""How many answers a second a bot gives that loses nothing, beside one that stores nothing.

Hundreds of taps wait at the stand-in while no bot runs; then bots start, and their answers are timed from the
first to the last. Tend keeps each tap and steps it in a transaction that is committed before it answers, on
SQLite, and on PostgreSQL with one process and with two. The other bot is python-telegram-bot alone. All go
through HTTP, by turns, with the same taps.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from bot.clock import wall_clock
from bot.playground.cast import Person
from bot.playground.crowd import ROOMS
from bot.playground.markup import Json
from bot.playground.notes import Note
from tests.databases import postgresql
from tests.deployment import Bot, Deployment, Office, deployment
from tests.kills import on_sqlite
from tests.townspeople import Town

COUPLES, TAPS_OF_EACH, TURNS = 250, 6, 3
ASK, ANSWER = "What did I say?", "answerCallbackQuery"
WITHIN = 60.0  # seconds in which all are answered
HALF, AT_LEAST = 0.5, 150  # of the bare bot's, and answers a second: what is asked for
THE_BARE_ONE = "-m", "tests.bare_bot"
NAME = "answers"  # of the database


@dataclass(frozen=True)
class Answers:
    """What one run found: answers a second, turn by turn."""

    bare: list[float]
    on_sqlite: list[float]
    one_process: list[float]
    two_processes: list[float]

    @property
    def holds(self) -> bool:
        """Whether Tend gives as many as was asked for."""
        enough = median(self.on_sqlite) >= max(AT_LEAST, HALF * median(self.bare))
        return enough and median(self.two_processes) >= median(self.one_process)

    def lines(self) -> Iterator[str]:
        """Tell it as a table."""
        yield "| | answers a second | of the bare one's |"
        yield "|---|---|---|"
        for name, rates in (
            ("python-telegram-bot, storing nothing", self.bare),
            ("Tend, on SQLite", self.on_sqlite),
            ("Tend, on PostgreSQL, one process", self.one_process),
            ("Tend, on PostgreSQL, two processes", self.two_processes),
        ):
            yield f"| {name} | {median(rates):.0f} | {median(rates) / median(self.bare):.2f} |"
        yield ""
        yield (
            f"{COUPLES * TAPS_OF_EACH:,} taps, {TURNS} times each, by turns. Asked for: {HALF} of the bare "
            f"one's, {AT_LEAST} a second, and with two processes no less than with one. "
            f"It {'holds' if self.holds else 'does not hold'}."
        )


def measure() -> Answers:
    """Measure once. It takes about five minutes."""
    return asyncio.run(measured())


async def measured() -> Answers:
    """Measure turn by turn."""
    with (
        postgresql() as server,
        server.fresh(NAME) as url,
        tempfile.TemporaryDirectory(prefix="tend-bench-") as file,
        tempfile.TemporaryDirectory(prefix="tend-bench-") as folder,
    ):
        async with (
            asked(Path(file), on_sqlite(Path(file)), 1) as alone,
            asked(Path(folder), url, 2) as together,
        ):
            rates: list[list[float]] = [[], [], [], []]
            for _ in range(TURNS):
                rates[0].append(await answers(alone, [alone.another(THE_BARE_ONE)]))
                rates[1].append(await answers(alone, alone.bots))
                rates[2].append(await answers(together, together.bots[:1]))
                rates[3].append(await answers(together, together.bots))
            return Answers(*rates)


@asynccontextmanager
async def asked(folder: Path, url: str, processes: int) -> AsyncIterator[Deployment]:
    """Let couples live in a database, each with a card in its room whose button can be tapped."""
    now = wall_clock()
    town = Town(Random(3), [now + timedelta(days=2)] * COUPLES)  # noqa: S311 - no secrets
    await asyncio.to_thread(town.settle, folder, url, now)
    async with deployment(folder, url, move_in, replicas=processes) as deployed:
        office, bot, rooms = deployed.office, deployed.bots[0], set[str]()

        def watch(_method: str, params: dict[str, Any], _answer: Json, _at: datetime) -> None:
            if ASK in str(params.get("reply_markup")):
                rooms.add(str(params["chat_id"]))

        office.watches.append(watch)
        await bot.start()
        for number in everybody():
            office.hands.say(person(office, number), ROOMS - number, Note("/checkin calm / rest"))
        office.kept()
        if not await office.until(lambda: len(rooms) == COUPLES, WITHIN):
            raise AssertionError(f"{len(rooms)} have a card. {bot.last_words}")
        office.watches.remove(watch)
        await bot.term()
        yield deployed


def move_in(office: Office) -> None:
    """Let everybody have a phone and a room."""
    office.crowd.settlers(COUPLES)


def everybody() -> Sequence[int]:
    """Return the numbers of the couples."""
    return range(1, COUPLES + 1)


def person(office: Office, number: int) -> Person:
    """Return one of a couple."""
    return office.people.person(f"ada{number}")


async def answers(deployed: Deployment, bots: Sequence[Bot]) -> float:
    """Let everybody tap while nobody hears it, start these bots, and return how many answers a second."""
    office, at = deployed.office, list[float]()

    def watch(method: str, _params: dict[str, Any], _answer: Json, _at: datetime) -> None:
        if method == ANSWER:
            at.append(time.monotonic())

    for _ in range(TAPS_OF_EACH):
        for number in everybody():
            office.hands.tap(person(office, number), ROOMS - number, ASK, None)
    office.kept()
    office.watches.append(watch)
    for bot in bots:
        await bot.start()
    if not await office.until(lambda: len(at) == COUPLES * TAPS_OF_EACH, WITHIN):
        raise AssertionError(f"{len(at)} were answered. {bots[0].last_words}")
    office.watches.remove(watch)
    for bot in bots:
        await bot.term()
    return (len(at) - 1) / (at[-1] - at[0])
