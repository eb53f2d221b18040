"""Ends and troubles under load: `python -m tests.kills` plays them all and writes docs/kills.md.

Each is one deployment, one town and one count, and a row of the table.
"""

import argparse
import asyncio
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from bot.clock import wall_clock
from tests import troubles
from tests.counting import Count
from tests.databases import Server, postgresql
from tests.deployment import THE_BOT
from tests.under_load import Evening, evening

PAGE = Path(__file__).parent.parent / "docs" / "kills.md"
TABLE = re.compile(r"(?s)(<!-- counted -->\n.*?\n\|---[^\n]*\n)(.*?)(<!-- /counted -->)")
KILLS, ENDS = 50, 5
A_LIFE = 0.3, 9.0  # seconds from the start of a process to its kill, at least and at most
COUPLES_A_KILL = 45
UNTIL_AN_END = 1.0, 3.0  # seconds of load
UNTIL_A_TROUBLE, A_TROUBLE = 5.0, 8.0  # seconds; for a lock SQLite itself waits five
IN_TROUBLE = 60  # couples
AN_EVENING = timedelta(seconds=30)  # from the first couple's hour to the last one's
A_LONG_EVENING = timedelta(
    seconds=90
)  # in the end nobody writes, and nothing but the clock brings what is due
FOR_A_CLOCK = 30  # couples
ENDS_WITHIN = 5.0
AN_HOUR = 3600.0
NAME = "kills"  # of the database

Trouble = Callable[[], AbstractAsyncContextManager[None]]


@dataclass(frozen=True)
class Ended:
    """What came of one evening."""

    playing: Evening
    found: Count
    slowest_end: float = 0.0  # seconds

    @property
    def holds(self) -> bool:
        """Whether it is as it has to be."""
        return self.found.holds and self.slowest_end <= ENDS_WITHIN

    def row(self, name: str) -> str:
        """Tell it as a row of the table."""
        found, playing = self.found, self.playing
        told = (
            name,
            f"{self.slowest_end:.1f} s" if self.slowest_end else "",
            f"{found.updates:,}",
            f"{playing.acts_a_second:.0f}",
            f"{playing.deployed.most_unheard:,}",
            f"{found.lines:,}",
            *(found.lost, found.doubled, found.early, found.misdirected, found.unbacked),
            f"{found.again} of {found.in_flight[0]}",
            f"{found.missing} of {found.in_flight[1]}",
            f"{wall_clock():%Y-%m-%d %H:%M}",
            commit(),
        )
        return "| " + " | ".join(map(str, told)) + " |\n"


def commit() -> str:
    """Return of which commit the bot is."""
    asks = ("git", "rev-parse", "--short", "HEAD")
    return subprocess.run(asks, cwd=PAGE.parent, check=True, capture_output=True, text=True).stdout.strip()


async def killed(
    folder: Path,
    url: str,
    kills: int,
    couples: int,
    *,
    replicas: int = 1,
    seed: int = 1,
    once_up: bool = False,
) -> Ended:
    """Kill a deployment so many times at random moments, also while it starts unless `once_up`, and count."""
    over = timedelta(seconds=kills * sum(A_LIFE) / 2)
    async with evening(folder, url, couples, over, replicas=replicas, seed=seed) as playing:
        for _ in range(kills):
            if once_up:
                await playing.up()
            await asyncio.sleep(playing.chance.uniform(*(UNTIL_AN_END if once_up else A_LIFE)))
            await playing.kill_one()
        return Ended(playing, await playing.counted())


async def ended(
    folder: Path, url: str, ends: int, couples: int, *, replicas: int = 1, seed: int = 1
) -> Ended:
    """Let a deployment end in order so many times, and count: nothing may be in flight then."""
    over = timedelta(seconds=ends * sum(UNTIL_AN_END) / 2)
    async with evening(folder, url, couples, over, replicas=replicas, seed=seed) as playing:
        slowest = 0.0
        for _ in range(ends):
            await playing.up()
            await asyncio.sleep(playing.chance.uniform(*UNTIL_AN_END))
            slowest = max(slowest, await playing.end_all())
        found = await playing.counted()
        for _ in range(sum(found.in_flight)):
            found.finds("lost", "a line in flight at an end in order")
        return Ended(playing, found, slowest)


async def troubled(
    folder: Path,
    url: str,
    trouble: Trouble,
    felt: str = "the database does not answer",
    *,
    argv: tuple[str, ...] = THE_BOT,
    couples: int = IN_TROUBLE,
    over: timedelta = AN_EVENING,
) -> Ended:
    """Let something go wrong for some seconds, and count. The log tells of it; nobody starts anything."""
    async with evening(folder, url, couples, over, argv=argv) as playing:
        await playing.up()
        await asyncio.sleep(UNTIL_A_TROUBLE)
        async with trouble():
            await asyncio.sleep(A_TROUBLE)
        assert felt in playing.deployed.bots[0].log, "It was not in trouble at all."
        return Ended(playing, await playing.counted())


# -- Where it happens -----------------------------------------------------------


@contextmanager
def somewhere() -> Iterator[tuple[Path, str]]:
    """Lend a folder, and the address of an SQLite file in it."""
    with tempfile.TemporaryDirectory(prefix="tend-kills-") as name:
        yield Path(name), on_sqlite(Path(name))


def on_sqlite(folder: Path) -> str:
    """Return the address of the file that a bot makes in its folder."""
    return f"sqlite:///{folder / 'tend' / 'tend.db'}"


@contextmanager
def on_postgresql(server: Server, **how: str) -> Iterator[tuple[Path, str]]:
    """Lend a folder, and the address of a database whose commits outlive their server."""
    with tempfile.TemporaryDirectory(prefix="tend-kills-") as name, server.fresh(NAME, **how) as url:
        server.does(f"ALTER DATABASE {NAME} SET synchronous_commit = on")
        yield Path(name), url


async def on_a_full_disk(folder: Path) -> Ended:
    """Let the disk on which an SQLite file lies be full."""
    disk = folder / "tend"
    with troubles.small_disk(disk):
        return await troubled(folder, on_sqlite(folder), lambda: troubles.full(disk))


async def on_a_full_disk_below(server: Server) -> Ended:
    """Let the disk be full on which PostgreSQL keeps its tables."""
    with troubles.small_tablespace(server, "small") as disk, on_postgresql(server, place="small") as where:
        return await troubled(*where, lambda: troubles.full(disk))


async def by_a_wrong_clock(folder: Path, url: str) -> Ended:
    """Let the clock go back by an hour, and be put right."""
    off = folder / "off"
    off.write_text("0", encoding="ascii")
    argv = ("-m", "tests.wrong_clock", str(off))
    back = partial(troubles.set_back, off, AN_HOUR)
    felt = "the clock went back"
    return await troubled(folder, url, back, felt, argv=argv, couples=FOR_A_CLOCK, over=A_LONG_EVENING)


# -- As a command ---------------------------------------------------------------

Played = tuple[str, Ended]


def on_a_file(kills: int, parts: set[str]) -> Iterator[Played]:
    """Play everything that can happen on SQLite."""
    if "kills" in parts:
        with somewhere() as where:
            yield f"SQLite, {kills} kills", asyncio.run(killed(*where, kills, kills * COUPLES_A_KILL))
    if "ends" in parts:
        with somewhere() as where:
            yield f"SQLite, {ENDS} ends by SIGTERM", asyncio.run(ended(*where, ENDS, ENDS * COUPLES_A_KILL))
    if "troubles" in parts:
        with somewhere() as (folder, url):
            lock = asyncio.run(troubled(folder, url, lambda: troubles.locked(folder / "tend" / "tend.db")))
            yield f"SQLite, locked for {A_TROUBLE:.0f} s", lock
        with somewhere() as (folder, _):
            yield f"SQLite, its disk full for {A_TROUBLE:.0f} s", asyncio.run(on_a_full_disk(folder))
        with somewhere() as where:
            wrong = asyncio.run(by_a_wrong_clock(*where))
            yield f"SQLite, the clock an hour back for {A_TROUBLE:.0f} s", wrong


def on_a_server(kills: int, parts: set[str], replicas: int) -> Iterator[Played]:
    """Play everything that can happen on PostgreSQL."""
    who = f"PostgreSQL, {replicas} {'process' if replicas == 1 else 'processes'}"
    with postgresql() as server:
        if "kills" in parts:
            with on_postgresql(server) as where:
                couples = kills * COUPLES_A_KILL
                yield f"{who}, {kills} kills", asyncio.run(killed(*where, kills, couples, replicas=replicas))
        if "ends" in parts:
            with on_postgresql(server) as where:
                couples = ENDS * COUPLES_A_KILL
                yield (
                    f"{who}, {ENDS} ends by SIGTERM",
                    asyncio.run(ended(*where, ENDS, couples, replicas=replicas)),
                )
        if "troubles" in parts:
            with on_postgresql(server) as where:
                cut = asyncio.run(troubled(*where, lambda: troubles.cut(server, NAME)))
                yield f"PostgreSQL, its connections cut {troubles.CUTS} times", cut
            full = asyncio.run(on_a_full_disk_below(server))
            yield f"PostgreSQL, the disk of its tables full for {A_TROUBLE:.0f} s", full
            for how, name in (("fast", "restarted"), ("immediate", "crashed")):
                with on_postgresql(server) as where:
                    away = asyncio.run(troubled(*where, partial(troubles.restarted, server, how)))
                    yield f"PostgreSQL, {name}, {A_TROUBLE:.0f} s away", away


def main() -> int:
    """Play what is wanted, and write each row as it comes; 1 where one does not hold."""
    wants = argparse.ArgumentParser(prog="python -m tests.kills", description=__doc__)
    wants.add_argument("--database", choices=("sqlite", "postgresql"), help="one alone; both unless said")
    wants.add_argument("--parts", default="kills,ends,troubles", help="some of kills,ends,troubles")
    wants.add_argument("--kills", type=int, default=KILLS)
    wants.add_argument("--replicas", type=int, default=1, help="processes on one PostgreSQL")
    wanted = wants.parse_args()
    parts, holds = set(wanted.parts.split(",")), True
    played: list[Iterator[Played]] = []
    if wanted.database != "postgresql":
        played.append(on_a_file(wanted.kills, parts))
    if wanted.database != "sqlite":
        played.append(on_a_server(wanted.kills, parts, wanted.replicas))
    for each in played:
        for name, of in each:
            holds = holds and of.holds
            write(name, of)
    return 0 if holds else 1


def write(name: str, of: Ended) -> None:
    """Put a row into the table of the page, in the place of an older one of that name."""
    row = of.row(name)
    sys.stdout.write(row + "".join(f"  {fault}\n" for fault in of.found.faults))
    sys.stdout.flush()
    page = PAGE.read_text(encoding="utf-8")
    found = TABLE.search(page)
    if found is None:
        raise ValueError("docs/kills.md has no place for the table")
    kept = [line for line in found[2].splitlines(keepends=True) if not line.startswith(f"| {name} |")]
    PAGE.write_text(page[: found.start(2)] + "".join([*kept, row]) + page[found.end(2) :], encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
