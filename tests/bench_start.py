"""How soon a bot that was started says what is due, though a hundred thousand couples live in its database.

Side by side: Tend as `tend run` on SQLite, with one couple and with all of them, up to its first message; and
a bot that builds a job of python-telegram-bot's JobQueue for each couple, up to its first job. Both are timed
from when they have imported what they need.
"""

import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import time as hour
from datetime import timedelta
from pathlib import Path

from bot.clock import wall_clock
from bot.couple.house import ALL_PREFERENCES, HOUSE
from bot.engine import Engine
from bot.hosting import open_store
from bot.playground.cast import BOT
from bot.rituals.check_in import CHECK_IN
from bot.settings import Settings
from tests import town
from tests.wire import Wire

COUPLES = 100_000
FASTER, HEAVIER = 50, 15  # times, and megabytes: what is asked for
FURTHER = "{} + n * 1000000"  # between the ids of two copies of a couple
SOON = 600.0  # seconds in which everything here is long done
LOOKS = 0.002  # seconds between two looks whether something was said

# What differs in a copy; all else is as in the couple that is copied.
COPIED = {
    "call": {"couple_id": FURTHER.format("couple_id")},
    "person": {
        "id": FURTHER.format("id"), "telegram_id": "telegram_id + 10 * n",
        "couple_id": FURTHER.format("couple_id"),
    },
    "couple": {
        "id": FURTHER.format("id"), "chat_id": "chat_id - n",
        "first_id": FURTHER.format("first_id"), "second_id": FURTHER.format("second_id"),
    },
}  # fmt: skip
OF_COUPLE = {"call": "couple_id", "person": "couple_id", "couple": "id"}
A_BOT = (
    "import time, bot.hosting, bot.__main__ as tend; print(time.monotonic(), flush=True); tend.main(['run'])"
)


@dataclass(frozen=True)
class Started:
    """How long a start took, in seconds, and how much memory it holds then, in megabytes."""

    seconds: float
    megabytes: float


@dataclass(frozen=True)
class Starts:
    """What one run found."""

    empty: Started
    full: Started
    rebuilt: Started

    @property
    def holds(self) -> bool:
        """Whether it is as much faster as was asked for, and hardly heavier than with one couple."""
        faster = self.rebuilt.seconds / self.full.seconds >= FASTER
        return faster and self.full.megabytes - self.empty.megabytes <= HEAVIER

    def lines(self) -> Iterator[str]:
        """Tell it as a table."""
        yield "| | to the first message | memory then |"
        yield "|---|---|---|"
        for name, it in (
            ("Tend, one couple", self.empty),
            (f"Tend, {COUPLES:,} couples", self.full),
            (f"JobQueue, {COUPLES:,} jobs", self.rebuilt),
        ):
            yield f"| {name} | {it.seconds:.2f} s | {it.megabytes:.0f} MB |"
        yield ""
        more = self.full.megabytes - self.empty.megabytes
        yield (
            f"{self.rebuilt.seconds / self.full.seconds:.0f} times as fast as building the jobs, "
            f"and {more:.0f} MB more than with one couple. Asked for: {FASTER} times, {HEAVIER} MB. "
            f"It {'holds' if self.holds else 'does not hold'}."
        )


def measure() -> Starts:
    """Measure once. It takes some minutes."""
    with tempfile.TemporaryDirectory(prefix="tend-bench-") as one, tempfile.TemporaryDirectory() as many:
        settle(Path(one), 1)
        settle(Path(many), COUPLES)
        return Starts(tend(Path(one)), tend(Path(many)), job_queue(COUPLES))


def settle(folder: Path, couples: int) -> None:
    """Let one couple live here that is due, and copies of it whose hour is tomorrow."""
    now = wall_clock()
    settings = Settings(data_dir=folder)
    store = open_store(settings, lambda: now, migrating=True)
    town.settle(store, Engine(HOUSE, ALL_PREFERENCES), [1], hour(21), now.date())
    store.close()
    with closing(sqlite3.connect(settings.folder / "tend.db")) as database, database:
        copy_the_couple(database, couples - 1)
        early, late = (f"{now + apart:%F %T.%f}" for apart in (-timedelta(seconds=1), timedelta(days=1)))
        database.execute(
            "UPDATE call SET due_at = iif(couple_id = (SELECT min(id) FROM couple) AND ritual = ?, ?, ?) "
            "WHERE due_at IS NOT NULL", (CHECK_IN.name, early, late),
        )  # fmt: skip


def copy_the_couple(database: sqlite3.Connection, copies: int) -> None:
    """Let so many couples more live here, like the newest one and due when it is."""
    newest = "SELECT max(id) FROM couple"
    whose = {table: f"{column} = ({newest})" for table, column in OF_COUPLE.items()}
    for table, differs in COPIED.items() if copies else ():
        columns = [column for _, column, *_ in database.execute(f"PRAGMA table_info({table})")]
        copied = ", ".join(differs.get(column, column) for column in columns)
        copy = "WITH RECURSIVE copy(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copy WHERE n < ?) "
        into = f"INSERT INTO {table} SELECT {copied} FROM {table}, copy WHERE {whose[table]}"  # noqa: S608 - ours
        database.execute(copy + into, (copies,))


def tend(folder: Path) -> Started:
    """Start Tend, and end it when it has said something."""
    with closing(Wire()) as wire:
        settings = {"BOT_TOKEN": BOT.token, "BOT_API_URL": wire.address, "DATA_DIR": str(folder)}
        with begun([sys.executable, "-c", A_BOT], settings) as (bot, began):
            while not wire.asked("sendMessage"):
                if bot.poll() is not None or time.monotonic() - began > SOON:
                    raise AssertionError("It never said anything.")
                time.sleep(LOOKS)
            return Started(time.monotonic() - began, held_by(bot.pid))


def job_queue(many: int) -> Started:
    """Start a bot that builds its jobs; its memory is the most it ever held."""
    with begun([sys.executable, "-m", "tests.job_queue", str(many)], {}) as (bot, began):
        most = 0.0
        while bot.poll() is None:
            most = max(most, held_by(bot.pid))
            time.sleep(LOOKS)
        return Started(time.monotonic() - began, most)


@contextmanager
def begun(argv: list[str], settings: dict[str, str]) -> Iterator[tuple["subprocess.Popen[str]", float]]:
    """Start a process that says when it has imported what it needs; it is ended after the block."""
    with subprocess.Popen(argv, env=os.environ | settings, stdout=subprocess.PIPE, text=True) as bot:
        assert bot.stdout is not None
        yield bot, float(bot.stdout.readline())
        bot.terminate()


def held_by(pid: int) -> float:
    """Return how many megabytes a process holds."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
