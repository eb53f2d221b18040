"""What things cost: to ring, to hear, to send, and to keep a couple for a year.

All in one process on SQLite, without Telegram: what a call costs besides depends on the line. The costs are
those of the transactions alone, one after the other, so they tell how much one core can do at most.
"""

import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as hour
from functools import partial
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import select

from bot.arrival import Arrival, Place, Somebody, Tap
from bot.couple.house import ALL_PREFERENCES, HOUSE
from bot.engine import Engine, key_of
from bot.playground.crowd import COUPLES, ROOMS
from bot.storage import cards, inbox, outbox, pace
from bot.storage.outbox import RUNG_AT_ONCE
from bot.storage.pace import Limits
from bot.storage.store import Store, Tx, migrate
from bot.storage.tables import LineRow
from bot.telegram.app import AT_ONCE
from tests import town
from tests.databases import Time, opened
from tests.rehearsal import BERLIN
from tests.road import Road

P = ParamSpec("P")
R = TypeVar("R")

MANY = 400  # couples
A_NUMBER = 10**6  # messages have smaller ones
EVENINGS = 28
A_YEAR, A_DAY = 365, date(2026, 11, 20)
ZONES = sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))
NINE = hour(21)
ANNS = "/checkin calm / an evening without screens / I will make the tea"
BENS = "/checkin hopeful / to be asked how it was / I will ring your mother"
FAST = Limits(10**6, 10**6, 10**6, 10**6)  # Telegram's pace is not what is measured


@dataclass(frozen=True)
class Cost:
    """What one run found."""

    call: float  # seconds for one couple
    ring: float  # seconds for one couple
    hear: float  # seconds for one tap that changes a card
    send: float  # seconds to take one line and to note its answer
    year: float  # bytes of the database for one couple that answers every evening
    holds: bool = True  # nothing is asked for

    def lines(self) -> Iterator[str]:
        """Tell it as two tables."""
        yield "| what | costs | one core does at most |"
        yield "|---|---|---|"
        for what, took in (
            ("a couple is called", self.call),
            ("a couple is rung, and what it is told written", self.ring),
            ("a tap is heard, and changes its card", self.hear),
            ("a line is taken, and its answer noted", self.send),
        ):
            yield f"| {what} | {took * 1000:.1f} ms | {1 / took:,.0f} a second |"
        yield f"| a couple answers every evening for a year | {self.year / 1000:,.0f} kB | |"
        yield ""
        yield "| couples with one hour | last card, if all live in one zone | if as many live in each |"
        yield "|---|---|---|"
        for many in (1_000, 10_000, 100_000):
            one, each = longest_wait(many, ["UTC"]) / 60, longest_wait(many, ZONES) / 60
            yield f"| {many:,} | after {one:.0f} min | after {each:.0f} min |"


def longest_wait(many: int, zones: list[str]) -> float:
    """Return how many seconds the last card waits, at so many cards a second as Tend sends."""
    nine = [datetime.combine(A_DAY, NINE, ZoneInfo(zone)).timestamp() for zone in zones]
    asked = Counter(nine[couple % len(zones)] for couple in range(many))
    free, longest = 0.0, 0.0
    for at, due in sorted(asked.items()):
        free = max(free, at) + due / Limits().prompts_a_second
        longest = max(longest, free - at)
    return longest


def measure() -> Cost:
    """Measure once. It takes about two minutes."""
    with tempfile.TemporaryDirectory(prefix="tend-bench-") as folder:
        return Cost(*_an_hour(Path(folder)), _a_year(Path(folder)))


def _an_hour(folder: Path) -> tuple[float, float, float, float]:
    """Let a town be asked, and each of it tap once; return what one of each costs."""
    clock = Time()
    with _database(folder / "town.db", clock) as store:
        engine = Engine(HOUSE, ALL_PREFERENCES, BERLIN)
        town.settle(store, engine, range(1, MANY + 1), NINE, clock.now.date())
        clock.now = datetime.combine(clock.now.date(), NINE, BERLIN)
        began = time.perf_counter()
        while _does(store, engine.ringing.ring).many:
            pass
        called = time.perf_counter()
        called_ones = _does(store, lambda tx: list(tx.session.scalars(select(LineRow.target))))
        for first in range(0, MANY, RUNG_AT_ONCE):
            _does(store, engine.ringing.ring_called, called_ones[first : first + RUNG_AT_ONCE])
        call, ring = (called - began) / MANY, (time.perf_counter() - called) / MANY
        cards, sends = dict[int, outbox.Ready](), list[float]()
        while ready := _timed(sends, partial(_does, store, outbox.claim, engine.book, FAST))[0]:
            for line in ready:
                cards[line.chat_id] = line
                _timed(sends, partial(_does, store, outbox.sent, line, line.id % A_NUMBER))
        taps, heard = dict[int, Arrival](), list[float]()
        for number in range(1, MANY + 1):
            card = cards[ROOMS - number]
            who = Somebody(COUPLES + 2 * number, f"Ada {number}", "en")
            button, place = card.face.buttons[0], Place(card.chat_id, private=False)
            taps[number] = Tap(who, place, "query", card.card_id or 0, key_of(button), card.id % A_NUMBER)
            room = {"chat": {"id": card.chat_id, "type": "group"}}
            _does(store, inbox.keep, [{"update_id": number, "message": room}])
        while _timed(heard, partial(_does, store, _hear, engine, taps)):
            pass
    return call, ring, sum(heard) / MANY, sum(sends) / len(cards)


def _hear(tx: Tx, engine: Engine, taps: Mapping[int, Arrival]) -> int:
    """Hear as many as the bot does in one transaction."""
    return len(
        engine.hearing.hear_all(tx, {number: taps[number] for number, _ in inbox.waiting(tx, AT_ONCE)})
    )


def _a_year(folder: Path) -> float:
    """Let a couple answer for some weeks; return by how many bytes a year makes the database larger."""
    clock = Time()
    with _database(folder / "year.db", clock) as store:
        road = Road(store, clock).joined()
        road.open_lanes()
        first, sizes = clock.now.date(), list[int]()
        for evening in range(EVENINGS):
            road.reaches(datetime.combine(first + timedelta(days=evening), NINE, BERLIN))
            road.ann.sends(ANNS, private=True)
            road.ben.sends(BENS, private=True)
            road.passes(hours=12)
            _does(store, inbox.sweep)
            _does(store, cards.sweep)
            _does(store, pace.sweep)
            sizes.append(_size(store, folder / f"{evening}.db"))
    settled = EVENINGS // 2  # what is swept after some days is no more by then
    return (sizes[-1] - sizes[settled]) / (EVENINGS - 1 - settled) * A_YEAR


def _size(store: Store, copy: Path) -> int:
    """Return how many bytes a database takes without its gaps."""
    with closing(sqlite3.connect(str(store.engine.url.database))) as database:
        database.execute("VACUUM INTO ?", (str(copy),))
    return copy.stat().st_size


@contextmanager
def _database(path: Path, clock: Time) -> Iterator[Store]:
    url = f"sqlite:///{path}"
    migrate(url)
    with opened(url, clock) as store:
        yield store


def _does(store: Store, work: Callable[Concatenate[Tx, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
    with store.begin() as tx:
        return work(tx, *args, **kwargs)


def _timed(times: list[float], work: Callable[[], R]) -> R:
    """Do something, and note how many seconds it took."""
    began = time.perf_counter()
    done = work()
    times.append(time.perf_counter() - began)
    return done
