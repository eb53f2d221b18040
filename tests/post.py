"""An outbox with nothing in it, whom it writes to, and what of it ever went faster than Telegram allows."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count, pairwise
from operator import itemgetter
from typing import Any

from sqlalchemy import select

from bot.couple.house import ALL_PREFERENCES, HOUSE
from bot.engine import Engine, Rung
from bot.ritual import Person, Say, say
from bot.storage import cards, couples, outbox
from bot.storage.outbox import Ready
from bot.storage.pace import PROMPT, Limits
from bot.storage.store import Store, Tx
from bot.storage.tables import CoupleRow, LineRow, PlayingRow
from tests.databases import Time

A_SECOND, A_MINUTE = timedelta(seconds=1), timedelta(minutes=1)
PAST = 0.0  # a moment, by the time of the event loop
ENDLESS = 20_000
Gone = list[tuple[datetime, Ready, int]]  # when each line went, and its rank


@dataclass
class Post:
    """An outbox, and whom it writes to."""

    store: Store
    clock: Time
    limits: Limits = field(default_factory=Limits)
    engine: Engine = field(default_factory=lambda: Engine(HOUSE, ALL_PREFERENCES))
    rooms: dict[int, int] = field(default_factory=dict)
    lanes: dict[int, tuple[int, int]] = field(default_factory=dict)
    messages: Iterator[int] = field(default_factory=lambda: count(10_000))

    def room(self, number: int = 1, thread: int | None = None) -> int:
        """Return the couple of a room, made if it is new."""
        if number not in self.rooms:
            with self.store.begin() as tx:
                couple = couples.enter(tx, -number, thread)
                couple.stage = "together"
                tx.session.add(
                    PlayingRow(id=number, couple_id=couple.id, ritual="any", state=b"", always=False)
                )
                self.rooms[number] = couple.id
        return self.rooms[number]

    def lane(self, number: int, room: int = 1, *, open_: bool = True) -> tuple[int, int]:
        """Return a couple and one of its two, whose private chat is open."""
        couple = self.room(room)
        if number not in self.lanes:
            with self.store.begin() as tx:
                person = couples.meet(tx, number, "Ann")
                person.couple_id, person.lane_open = couple, open_
                self.lanes[number] = couple, person.id
        return self.lanes[number]

    def puts(self, text: str, room: int = 1, rank: int = PROMPT, **how: Any) -> None:  # noqa: ANN401 - those of `say`
        """Put a line to a room into the outbox."""
        self.says(say(text, **how), self.room(room), rank)

    def tells(self, text: str, person: int, room: int = 1, rank: int = PROMPT, **how: Any) -> None:  # noqa: ANN401 - those of `say`
        """Put a line to somebody's private chat into the outbox."""
        couple, number = self.lane(person, room)
        self.says(say(text, to=Person(number), **how), couple, rank)

    def says(self, said: Say, couple: int, rank: int = PROMPT) -> None:
        """Put any line into the outbox."""
        playing = next(number for number, room in self.rooms.items() if room == couple)
        with self.store.begin() as tx:
            cards.say(tx, tx.session.get_one(CoupleRow, couple), playing, said, rank, always=True)

    def claims(self) -> tuple[list[Ready], datetime | None]:
        """Take what may be sent now."""
        with self.store.begin() as tx:
            return outbox.claim(tx, self.engine.book, self.limits)

    def drains(self, until: datetime | None = None) -> Gone:
        """Send everything, moving the clock as the outbox asks; return when each line went, and its rank."""
        gone: Gone = []
        for _ in range(ENDLESS):
            rung = list[int]()

            def ring(tx: Tx, numbers: Collection[int], rung: list[int] = rung) -> None:
                rung.extend(numbers)
                self.engine.ringing.ring_called(tx, numbers)

            with self.store.begin() as tx:
                ready, look_again = outbox.claim(tx, self.engine.book, self.limits, ring=ring)
                for line in ready:
                    row = tx.session.get_one(LineRow, line.id)
                    gone.append((line.leaves_at, line, row.rank))
                    outbox.sent(tx, line, next(self.messages) if line.kind == "say" else None)
            if not ready and (look_again is None or (until is not None and look_again > until)):
                self.clock.now = until or self.clock.now
                return sorted(gone, key=itemgetter(0))
            if not ready and look_again is not None:
                assert look_again > self.clock.now or rung, "it asks to look again at once, and again"
                self.clock.now = look_again
        raise AssertionError("it never ends")

    def rings(self, others_wait: Callable[[], bool] = lambda: False) -> Rung:
        """Call whoever is due, and ring them as if nobody else were to be written to before."""
        with self.store.begin(others_wait) as tx:
            self.engine.ringing.ring(tx)
            called = select(LineRow.target).where(LineRow.kind == "call")
            return self.engine.ringing.ring_called(tx, list(tx.session.scalars(called)))

    def crowds(self) -> None:
        """Send so much that whoever leaves now may not be late."""
        for number in range(1000, 1020):
            self.puts("crowd", number)
        self.drains()

    def sends_one(self) -> Gone:
        """Send one line, as soon as it may go."""
        ready, look_again = self.claims()
        while not ready:
            assert look_again is not None
            self.clock.now = look_again
            ready, look_again = self.claims()
        with self.store.begin() as tx:
            outbox.sent(tx, ready[0], 1)
        return [(ready[0].leaves_at, ready[0], PROMPT)]

    def lines(self) -> list[tuple[str, bool, int]]:
        """Return what still waits: kind, whether it flies, how often it was tried."""
        with self.store.begin() as tx:
            query = tx.session.query(LineRow).order_by(LineRow.id)
            return [(line.kind, line.flying, line.attempts) for line in query]

    def due(self) -> list[timedelta]:
        """Return how long each line waits from now."""
        with self.store.begin() as tx:
            return [
                line.not_before - self.clock.now for line in tx.session.query(LineRow).order_by(LineRow.id)
            ]


def texts(gone: Gone) -> list[str]:
    return [line.face.text for _, line, _ in gone]


def assert_kept(gone: Gone, limits: Limits) -> None:
    """Assert that no window of time ever held more than Telegram's limits, and less for prompts."""
    chats: dict[int, list[datetime]] = defaultdict(list)
    edited: dict[int, list[datetime]] = defaultdict(list)
    for at, line, _ in gone:
        (chats if line.kind == "say" else edited)[line.chat_id].append(at)
    for times in edited.values():
        assert most_within(times, 3 * A_SECOND) <= 3
    for chat, times in chats.items():
        assert all(later - earlier >= A_SECOND for earlier, later in pairwise(times))
        if chat < 0:
            assert most_within(times, A_MINUTE) <= limits.group_a_minute
    assert (
        most_within([at for at, _, _ in gone], A_SECOND) <= limits.prompts_a_second + limits.answers_a_second
    )
    assert most_within([at for at, _, rank in gone if rank >= PROMPT], A_SECOND) <= limits.prompts_a_second


def most_within(times: list[datetime], span: timedelta) -> int:
    """Return how many there are at most in any window that is a millisecond shorter than the span."""
    span -= timedelta(milliseconds=2)
    return max((sum(first <= at < first + span for at in times) for first in times), default=0)
