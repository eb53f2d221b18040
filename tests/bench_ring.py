"""How long it takes until all lines are in the outbox when ten thousand couples are due in one minute.

Side by side on SQLite: Tend as it is, and with a million couples beside them whose hour is another day; and
as many jobs of APScheduler's own job store, which do nothing but count. Tend puts a line for each into the
outbox, which is rung and written when its turn to be sent comes. Meanwhile an event loop beside the storage
thread tells how long it was ever kept from going round.
"""

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as hour
from pathlib import Path

from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.clock import wall_clock
from bot.couple.house import ALL_PREFERENCES, HOUSE
from bot.engine import Engine
from bot.serving import collect_seldom
from bot.storage import outbox
from bot.storage.store import Storage, Store, migrate
from tests import town
from tests.bench_start import copy_the_couple
from tests.databases import KEYS, Time
from tests.rehearsal import BERLIN

DUE, IDLE = 10_000, 1_000_000  # couples
NINE = hour(21)
A_MOMENT = (
    0.01  # seconds for which the event loop sleeps, over and over: a busier one would slow what it watches
)
FASTER, STALL, SLOWER = 20, 0.050, 1.3  # times, seconds, times: what is asked for

left = set[int]()  # jobs of APScheduler's that have not run: it stores them by name, so they are counted here
all_done = asyncio.Event()


@dataclass(frozen=True)
class Rung:
    """How long it took, and the longest that the event loop was kept, in seconds."""

    seconds: float
    stall: float


@dataclass(frozen=True)
class Rings:
    """What one run found."""

    alone: Rung
    among_idle: Rung
    jobs: float  # seconds

    @property
    def holds(self) -> bool:
        """Whether all is as was asked for."""
        stall = max(self.alone.stall, self.among_idle.stall)
        return self.faster >= FASTER and stall < STALL and self.slower <= SLOWER

    @property
    def faster(self) -> float:
        """Return how many times as fast as the jobs."""
        return self.jobs / self.alone.seconds

    @property
    def slower(self) -> float:
        """Return how many times as long it takes among the idle."""
        return self.among_idle.seconds / self.alone.seconds

    def lines(self) -> Iterator[str]:
        """Tell it as a table."""
        yield "| | until all are called | the event loop was kept at most |"
        yield "|---|---|---|"
        for name, rung in (
            (f"Tend, {DUE:,} couples due", self.alone),
            (f"the same, and {IDLE:,} idle ones", self.among_idle),
        ):
            yield f"| {name} | {rung.seconds:.1f} s | {rung.stall * 1000:.0f} ms |"
        yield f"| APScheduler, {DUE:,} jobs in SQLAlchemyJobStore | {self.jobs:.1f} s | all the while |"
        yield ""
        yield (
            f"{self.faster:.1f} times as fast as the jobs, and {self.slower:.2f} times as long among the "
            f"idle. Asked for: {FASTER} times, below {STALL * 1000:.0f} ms, and at most {SLOWER} times. "
            f"It {'holds' if self.holds else 'does not hold'}."
        )


def measure() -> Rings:
    """Measure once. It takes about six minutes, and two gigabytes for a while."""
    with tempfile.TemporaryDirectory(prefix="tend-bench-") as folder:
        alone, among_idle = Path(folder) / "alone.db", Path(folder) / "idle.db"
        for path, idle in ((alone, 0), (among_idle, IDLE)):
            settle(path, idle)
        return Rings(
            asyncio.run(ring(alone)),
            asyncio.run(ring(among_idle)),
            asyncio.run(jobs(Path(folder) / "jobs.db")),
        )


def settle(path: Path, idle: int) -> None:
    """Let all live here who are due at nine, and others whose hour is another day."""
    migrate(f"sqlite:///{path}")
    clock = Time()
    with closing(store_at(path, clock)) as store:
        engine = Engine(HOUSE, ALL_PREFERENCES, BERLIN)
        town.settle(store, engine, range(1, DUE + 1), NINE, clock.now.date())
        town.settle(store, engine, [DUE + 1], NINE, clock.now.date() + timedelta(days=3))
    with closing(sqlite3.connect(path)) as database, database:
        copy_the_couple(database, idle)


def store_at(path: Path, clock: Time) -> Store:
    """Open a database of this benchmark's."""
    return Store(f"sqlite:///{path}", KEYS, clock)


async def ring(path: Path) -> Rung:
    """Call all who are due, in the storage thread, and watch the event loop meanwhile."""
    clock = Time()
    clock.now = datetime.combine(clock.now.date(), NINE, BERLIN)
    storage = Storage(store_at(path, clock))
    engine = Engine(HOUSE, ALL_PREFERENCES, BERLIN)
    stalls = [0.0]
    collect_seldom()  # as the bot does
    watch = asyncio.create_task(watched(stalls))
    began = time.perf_counter()
    while (await storage.run(engine.ringing.ring)).many:
        pass
    took = time.perf_counter() - began
    watch.cancel()
    if await storage.run(outbox.waiting_lines) != DUE:
        raise AssertionError("Not all lines are in the outbox.")
    storage.close()
    return Rung(took, max(stalls))


async def watched(stalls: list[float]) -> None:
    """Note by how much the event loop comes back too late, each time."""
    while True:
        asked = time.perf_counter()
        await asyncio.sleep(A_MOMENT)
        stalls.append(time.perf_counter() - asked - A_MOMENT)


async def jobs(path: Path) -> float:
    """Let as many jobs come due in APScheduler's job store; return how long until all have run."""
    left.update(range(DUE))
    stores = {"default": SQLAlchemyJobStore(f"sqlite:///{path}")}
    scheduler = AsyncIOScheduler(jobstores=stores, timezone=UTC)
    scheduler.start(paused=True)
    due = wall_clock() + timedelta(seconds=1)
    for number in range(DUE):
        scheduler.add_job(
            count,
            "interval",
            args=[number],
            days=1,
            next_run_time=due,
            id=str(number),
            misfire_grace_time=None,
        )
    began = time.perf_counter()
    scheduler.resume()
    await all_done.wait()
    took = time.perf_counter() - began
    scheduler.shutdown(wait=False)
    return took


async def count(number: int) -> None:
    """Do nothing but count."""
    left.discard(number)
    if not left:
        all_done.set()
