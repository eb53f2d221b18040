"""What a host can watch: how fast Tend hears, rings and speaks, what goes wrong, and what is left to do.

Every number is about all couples together. No label names a person, a chat, a ritual or a word. Nothing is
measured by an extra transaction; what waits is counted in one, when somebody asks, and not more often than
every few seconds.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import nan
from typing import Literal, TypeAlias, get_args

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.storage import inbox, outbox
from bot.storage.pace import FIRST, PROMPT, TIDYING, TO_PEOPLE, TO_STRANGERS
from bot.storage.store import BusyError, Storage, Tx

# Why a line was not simply sent. docs/running.md says what each means.
Trouble: TypeAlias = Literal[
    "retry_after", "moved", "no_right", "shut", "needless", "topic_gone", "card_gone", "refused",
    "not_reached", "late", "in_doubt", "let_go", "none_taken", "broken",
]  # fmt: skip
TROUBLES: tuple[Trouble, ...] = get_args(Trouble)
RANKS = {
    FIRST: "first", TO_PEOPLE: "people", PROMPT: "prompt", TIDYING: "tidying", TO_STRANGERS: "strangers",
}  # fmt: skip
SPANS = 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0  # seconds
MOST_TIMED = 10_000  # updates that are stored and not heard; of more, the oldest are not timed
A_LOOK_LASTS = 5.0  # seconds for which what was counted is told again: whoever asks often slows nobody
A_LOOK_TAKES = 3.0  # seconds, at most; a scrape is given up after ten

disable_created_metrics()  # type: ignore[no-untyped-call]  # a date beside each number would say nothing


@dataclass(frozen=True)
class Left:
    """What is left to do at a moment."""

    unheard: int
    dead_letters: int
    lines: outbox.Backlog
    at: datetime


class Metrics:
    """The numbers of one running bot, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = mine = CollectorRegistry()
        ProcessCollector(registry=mine)
        self._heard = _spans(mine, "tend_update_heard_seconds", "From stored to having had its effect.")
        self._answered = _spans(mine, "tend_tap_answered_seconds", "From a tap stored to its answer given.")
        self._rung = _spans(mine, "tend_ring_late_seconds", "How late somebody was rung.")
        sent = _spans(mine, "tend_line_sent_seconds", "From the outbox to Telegram's answer.", "rank")
        self._sent = {rank: sent.labels(name) for rank, name in RANKS.items()}
        troubles = Counter("tend_line_troubles", "Lines not simply sent.", ["kind"], registry=mine)
        self._troubles = {kind: troubles.labels(kind) for kind in TROUBLES}
        self._unheard = Gauge("tend_updates_unheard", "Updates stored and not heard yet.", registry=mine)
        self._dead = Gauge("tend_dead_letters", "Updates that could not be understood.", registry=mine)
        lines = Gauge("tend_lines", "Lines in the outbox.", ["state"], registry=mine)
        self._ready, self._held, self._flying = map(lines.labels, ("ready", "held", "flying"))
        self._oldest = Gauge("tend_oldest_line_seconds", "Age of the oldest line not held.", registry=mine)
        self._stored: dict[int, datetime] = {}  # updates that are not heard yet, and since when
        self._looked: float | None = None
        self._looking = asyncio.Lock()

    # -- On the road

    def stored(self, numbers: Iterable[int], at: datetime) -> None:
        """Note that updates were stored just now."""
        for number in numbers:
            self._stored.setdefault(number, at)
        while len(self._stored) > MOST_TIMED:
            del self._stored[next(iter(self._stored))]

    def heard(self, number: int, at: datetime) -> datetime | None:
        """Note that an update had its effect; return when it was stored, None where nobody here saw that."""
        since = self._stored.pop(number, None)
        if since is not None:
            self._heard.observe(_seconds(at - since))
        return since

    def answered(self, stored: datetime | None, at: datetime) -> None:
        """Note that Telegram took the answer to a tap that was stored then."""
        if stored is not None:
            self._answered.observe(_seconds(at - stored))

    def rung(self, late: Iterable[timedelta]) -> None:
        """Note that these were rung, each so late."""
        for by in late:
            self._rung.observe(_seconds(by))

    def sent(self, rank: int, took: timedelta) -> None:
        """Note that Telegram took a line, so long after it was put into the outbox."""
        self._sent[rank].observe(_seconds(took))

    def trouble(self, kind: Trouble) -> None:
        """Note that a line was not simply sent."""
        self._troubles[kind].inc()

    # -- For those who watch

    def route(self, storage: Storage) -> Route:
        """Return what the server answers whoever asks for the numbers."""

        async def tell(_: Request) -> Response:
            return Response(await self.page(storage), headers={"Content-Type": CONTENT_TYPE_LATEST})

        return Route("/metrics", tell)

    async def page(self, storage: Storage) -> bytes:
        """Return all numbers as Prometheus reads them; what the database does not tell is not a number."""
        async with self._looking:
            now = asyncio.get_running_loop().time()
            if self._looked is None or now - self._looked >= A_LOOK_LASTS:
                self._show(await _asked(storage))
                self._looked = now
        return generate_latest(self.registry)

    def _show(self, left: Left | None) -> None:
        if left is None:
            for gauge in (self._unheard, self._dead, self._ready, self._held, self._flying, self._oldest):
                gauge.set(nan)
            return
        self._unheard.set(left.unheard)
        self._dead.set(left.dead_letters)
        self._ready.set(left.lines.ready)
        self._held.set(left.lines.held)
        self._flying.set(left.lines.flying)
        self._oldest.set(_seconds(left.at - left.lines.oldest) if left.lines.oldest else 0)


async def _asked(storage: Storage) -> Left | None:
    """Return what is left to do, None where the database does not say so soon."""
    try:
        async with asyncio.timeout(A_LOOK_TAKES):
            return await storage.run(look)
    except (BusyError, TimeoutError):
        return None


def look(tx: Tx) -> Left:
    """Return what is left to do."""
    return Left(inbox.unheard(tx), inbox.dead_letters(tx), outbox.backlog(tx), tx.now)


def _spans(registry: CollectorRegistry, name: str, about: str, *labels: str) -> Histogram:
    return Histogram(name, about, labels, buckets=SPANS, registry=registry)


def _seconds(span: timedelta) -> float:
    """Return a span in seconds; a clock that was set back makes none negative."""
    return max(0.0, span.total_seconds())
