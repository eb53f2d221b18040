"""The database, a transaction at a time.

A transaction is one plain function that is given a `Tx` and runs whole, in the storage thread: load, step,
save. SQLite has one writer and begins at once for writing, because reading first and writing later fails
under load.
"""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from pathlib import Path
from random import SystemRandom
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar, cast

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, DateTime, Engine, create_engine, event, func, insert, select
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from bot.storage.presence import Presence
from bot.storage.sealing import BrokenSealError, KeyRefusedError, Keyring, Seal
from bot.storage.tables import Base, CardRow, CoupleRow, Host, KeptRow, LineRow, PersonRow, PlayingRow

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
Ring: TypeAlias = Callable[[bool], Keyring]  # told whether a key may be made where there is none

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
BusyError = OperationalError  # the database is locked, full or away; what was tried may be tried again
StorageError = SQLAlchemyError  # whatever else it may say

KNOWN_WORD = "tend"
ONE_WRITER = 0x7E4D  # any number that other programs in the same database do not lock
A_REST = 0.004  # seconds of the interpreter for the event loop alone, where more waits that nobody presses
WAY_CLEAR = 0.5  # seconds; the longest for which others are kept waiting for who presses
_ITS_CLOCK = select(func.clock_timestamp(type_=DateTime(timezone=True)))
RANDOM_BITS = 20  # ids: milliseconds since the epoch, then these
WITH_OUR_IDS = (CardRow, CoupleRow, KeptRow, LineRow, PersonRow, PlayingRow)


class Ids:
    """Numbers that grow with time, and within one process always."""

    def __init__(self, random_bits: Callable[[int], int] | None = None) -> None:
        self._random_bits = random_bits or SystemRandom().getrandbits
        self._last = 0
        self._lock = threading.Lock()

    def after(self, last: int) -> None:
        """Let all further ids be greater than this one, whatever the clock says."""
        with self._lock:
            self._last = max(self._last, last)

    def next(self, now: datetime) -> int:
        """Return a new id."""
        fresh = (int(now.timestamp() * 1000) << RANDOM_BITS) | self._random_bits(RANDOM_BITS)
        with self._lock:
            self._last = max(self._last + 1, fresh)
            return self._last


def made_at(number: int) -> datetime:
    """Return when this id was given, as it holds it."""
    return datetime.fromtimestamp((number >> RANDOM_BITS) / 1000, UTC)


@dataclass
class Tx:
    """One transaction, and what opens the seals in it."""

    session: Session
    keys: Keyring
    ids: Ids
    now: datetime
    others_wait: Callable[[], bool] = lambda: False  # then a long transaction ends as soon as it can
    one_goes_first: Callable[[], bool] = lambda: False  # of them, and even a short one ends
    rooms: dict[int, CoupleRow] = field(default_factory=dict, repr=False)  # that were brought, by their chat
    people: dict[int, PersonRow] = field(default_factory=dict, repr=False)  # by their number at Telegram
    brought: dict[tuple[object, ...], Sequence[KeptRow]] = field(default_factory=dict, repr=False)
    _seals: dict[int, Seal] = field(default_factory=dict, repr=False)
    _opened: dict[tuple[object, ...], object] = field(default_factory=dict, repr=False)

    def new_id(self) -> int:
        """Return an id for a new row."""
        return self.ids.next(self.now)

    def seal_of(self, owner: CoupleRow | PersonRow) -> Seal:
        """Return the seal of a couple or a person. Raises BrokenSealError where the key was erased."""
        if owner.id not in self._seals:
            if owner.key is None:
                raise BrokenSealError("the key on owner.erased.wrapped_key is gone")
            self._seals[owner.id] = self.keys.seal_of(owner.key, owner.id)
        return self._seals[owner.id]

    def take_back(self, row: Base) -> None:
        """Let a row not be there any more, or never come to be."""
        if row in self.session.new:
            self.session.expunge(row)
        else:
            self.session.delete(row)

    def opened(self, sealed: tuple[object, ...], read: Callable[[], T]) -> T:
        """Return what is read from sealed columns, read once for as long as they are these."""
        if sealed not in self._opened:
            self._opened[sealed] = read()
        return cast("T", self._opened[sealed])


class Whole(Session):
    """A session that forgets no row before its end: the library's own holds them weakly, and asks anew."""


def _holds(session: Session, row: object) -> None:
    session.info.setdefault("held", set()).add(row)


for joined in ("loaded_as_persistent", "pending_to_persistent"):
    event.listen(Whole, joined, _holds)


class Store:
    """Opens transactions on one database."""

    def __init__(
        self, url: str, keys: Keyring, now: Callable[[], datetime], ids: Ids | None = None, *,
        by_its_clock: bool = False,
    ) -> None:  # fmt: skip
        """`by_its_clock`: go by the database's, which is the same for all who share it."""
        self.engine = connect(url)
        self.presence = Presence(self.engine.url)
        self.keys, self.ids, self._by_its_clock = keys, ids or Ids(), by_its_clock
        self.now = self._its_time if by_its_clock else now
        self._told = now(), time.monotonic()  # what the database's clock showed, and when

    def _its_time(self) -> datetime:
        """Return the database's time, told on since the last transaction."""
        showed, then = self._told
        return showed + timedelta(seconds=time.monotonic() - then)

    @contextmanager
    def begin(
        self,
        others_wait: Callable[[], bool] = lambda: False,
        one_goes_first: Callable[[], bool] = lambda: False,
    ) -> Iterator[Tx]:
        """Open a transaction: committed at the end of the block, rolled back by any exception."""
        with Whole(self.engine, expire_on_commit=False) as session, session.begin():
            now = self._asks(session) if self._by_its_clock else self.now()
            yield Tx(session, self.keys, self.ids, now, others_wait, one_goes_first)

    def _asks(self, session: Session) -> datetime:
        """Return what the database's clock shows."""
        self._told = session.execute(_ITS_CLOCK).scalar_one(), time.monotonic()
        return self._told[0]

    def open(self) -> None:
        """Check the host's key against the database; a new one is marked with it. Raises KeyRefusedError."""
        with self.begin() as tx:
            _keys_of(tx.session, lambda _: self.keys)
            newest = [tx.session.scalar(select(func.max(table.id))) or 0 for table in WITH_OUR_IDS]
        self.ids.after(max(newest))

    def close(self) -> None:
        """Let go of the database."""
        self.presence.leave()
        self.engine.dispose()


class Storage:
    """The storage thread: runs transactions one after the other, away from the event loop.

    While the way is cleared for who presses, it begins only what comes first; never for long, and never for
    more than half of the time.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="storage")
        self._waiting: list[tuple[bool, int, Callable[[], None]]] = []
        self._changed = threading.Condition()
        self._asked = count()
        self._cleared_at = self._clear_until = 0.0

    async def run(self, work: Callable[Concatenate[Tx, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run one transaction and return what it returns, after its commit."""
        return await self._run(lambda tx: work(tx, *args, **kwargs), is_first=False)

    async def first(self, work: Callable[Concatenate[Tx, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run one transaction before all others that wait."""
        return await self._run(lambda tx: work(tx, *args, **kwargs), is_first=True)

    def clear_the_way(self) -> None:
        """Begin only what comes first, until the way is free again. To be called from any thread."""
        with self._changed:
            now = time.monotonic()
            if now - self._clear_until >= self._clear_until - self._cleared_at:
                self._cleared_at, self._clear_until = now, now + WAY_CLEAR

    def free_the_way(self) -> None:
        """Begin whatever waits."""
        with self._changed:
            self._clear_until = min(self._clear_until, time.monotonic())
            self._changed.notify()

    async def _run(self, work: Callable[[Tx], R], *, is_first: bool) -> R:
        done: Future[R] = Future()

        def whole() -> None:
            if not done.set_running_or_notify_cancel():
                return
            try:
                with self.store.begin(lambda: bool(self._waiting), self._one_goes_first) as tx:
                    result = work(tx)
            except BaseException as error:  # noqa: BLE001 - it is theirs who asked
                done.set_exception(error)
            else:
                done.set_result(result)

        with self._changed:
            heappush(self._waiting, (not is_first, next(self._asked), whole))
            self._changed.notify()
        self._thread.submit(self._next)
        return await asyncio.wrap_future(done)

    def _next(self) -> None:
        with self._changed:
            while (held := self._held()) > 0:
                self._changed.wait(held)
            is_later, _, whole = heappop(self._waiting)
        whole()
        if is_later:
            with self._changed:
                if self._waiting:
                    self._changed.wait_for(lambda: not self._waiting[0][0], A_REST)

    def _held(self) -> float:
        """Return for how many seconds the next transaction has to let others go first."""
        return 0 if self._one_goes_first() else self._clear_until - time.monotonic()

    def _one_goes_first(self) -> bool:
        """Whether one waits that goes before all others."""
        return bool(self._waiting) and not self._waiting[0][0]

    def close(self) -> None:
        """Finish what runs, then let go."""
        self.free_the_way()
        self._thread.shutdown(wait=True)
        self.store.close()


# -- The database itself ------------------------------------------------------


class RefusedDatabaseError(Exception):
    """The database cannot be used as it is; its message is a sentence for the host."""


@dataclass(frozen=True)
class Standing:
    """How far a database has come, against the migrations of this code."""

    at: tuple[str, ...]  # its revision; none: it is new
    lacks: tuple[str, ...]  # oldest first
    unknown: tuple[str, ...]  # revisions that this code has never heard of

    @property
    def is_new(self) -> bool:
        """Whether no migration was ever made in it."""
        return not self.at

    @property
    def refusal(self) -> str:
        """Why the bot cannot run on it and what to do about that; empty where it can, or where it is new."""
        if self.unknown:
            return (
                f"The database is ahead: this Tend does not know {', '.join(self.unknown)}. "
                "Run the newer Tend that made it, or put back the backup from before that one."
            )
        if self.lacks and not self.is_new:
            return (
                f"The database is behind: it lacks {', '.join(self.lacks)}. "
                "Stop every `tend run` on it, make a backup, and run `tend migrate`."
            )
        return ""


def copy_whole(database: Path, to: Path) -> None:
    """Copy an SQLite database as it is at one moment, while others may write to it."""
    address = f"{database.resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as source, closing(sqlite3.connect(to)) as copy:
        source.backup(copy)


def connect(url: str) -> Engine:
    """Return an engine whose errors never carry parameters: they would carry people's words."""
    engine = create_engine(url, hide_parameters=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_connected)
        event.listen(engine, "begin", _sqlite_begins)
    elif engine.dialect.name == "postgresql":
        event.listen(engine, "begin", _postgresql_begins)
    return engine


def _sqlite_connected(connection: Any, _entry: ConnectionPoolEntry) -> None:  # noqa: ANN401 - the driver's own
    connection.isolation_level = None  # the driver begins nothing by itself
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "busy_timeout=5000",
        "foreign_keys=ON",
        "secure_delete=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_reshapes(connection: Any, _entry: ConnectionPoolEntry) -> None:  # noqa: ANN401 - the driver's own
    # A table that is made anew is away for a moment, and rows refer to it; `migrate` checks them at the end.
    connection.execute("PRAGMA foreign_keys=OFF")


def _sqlite_begins(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _postgresql_begins(connection: Connection) -> None:
    # A server has a zone of its own, in which moments would come back, and be added to by its wall clock.
    connection.exec_driver_sql(f"SET LOCAL TIME ZONE 'UTC'; SELECT pg_advisory_xact_lock({ONE_WRITER})")


@contextmanager
def alone(url: str, *, reshaping: bool = False) -> Iterator[Connection]:
    """Have a database to oneself for one transaction: others wait, and never see half of it."""
    engine = connect(url)
    if reshaping and engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_reshapes)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def migrations(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration, for an open transaction."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def scripts() -> ScriptDirectory:
    """Return the migrations of this code."""
    return ScriptDirectory.from_config(migrations())


def standing(url: str) -> Standing:
    """Return how far a database has come. It is not changed."""
    with alone(url) as connection:
        return _standing(connection)


def _standing(connection: Connection) -> Standing:
    every = [script.revision for script in scripts().walk_revisions()][::-1]
    at = MigrationContext.configure(connection).get_current_heads()
    reached = max((every.index(revision) + 1 for revision in at if revision in every), default=0)
    unknown = tuple(revision for revision in at if revision not in every)
    return Standing(at, tuple(every[reached:]), unknown)


def migrate(url: str, ring: Ring | None = None, *, only_new: bool = False) -> list[str]:
    """Bring a database to the newest migration, whole or not at all; return what each step was, oldest first.

    Where something is sealed, the key is checked before anything changes. `only_new`: a database that is
    behind is refused. Of two who migrate at once, the second waits and finds nothing left to do. Raises
    RefusedDatabaseError or KeyRefusedError.
    """
    with alone(url, reshaping=True) as connection:
        found = _standing(connection)
        if found.unknown or (only_new and found.refusal):
            raise RefusedDatabaseError(found.refusal)
        is_asked = found.lacks or (ring and not only_new)  # who opens it next checks the key then
        if is_asked and not found.is_new and _known_word(connection) is not None:
            _keys_of(connection, ring or _no_ring)
        if found.lacks:
            command.upgrade(migrations(connection), "head")
            _check_references(connection)
    return [f"{revision}: {scripts().get_revision(revision).doc}" for revision in found.lacks]


def _no_ring(_may_create: bool) -> Keyring:  # noqa: FBT001 - the shape of a Ring
    raise KeyRefusedError("This database is sealed, and no key was given with it.")


def _check_references(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return  # it checks them all the while
    if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
        raise RefusedDatabaseError("Some rows would refer to others that are gone, so nothing was changed.")


def is_sealed(url: str) -> bool:
    """Whether a database was marked with a host's key: before that nothing is in it."""
    with alone(url) as connection:
        return not _standing(connection).is_new and _known_word(connection) is not None


def keys_of(url: str, ring: Ring) -> Keyring:
    """Return the host's keyring, checked against a database; a new one is marked with it.

    Nobody else writes meanwhile, so of two who start at once on a new database only one makes a key. Raises
    KeyRefusedError.
    """
    with alone(url) as connection:
        return _keys_of(connection, ring)


def _keys_of(database: Connection | Session, ring: Ring) -> Keyring:
    known = _known_word(database)
    keys = ring(known is None)
    if known is None:
        word = keys.host.close(KNOWN_WORD, "host", 1, "check", "host")
        database.execute(insert(Host).values({Host.id: 1, Host.check: word}))
        return keys
    try:
        keys.host.open(known, "host", 1, "check", "host")
    except BrokenSealError:
        raise KeyRefusedError(
            "This database was sealed with another key. Give the key that belongs to it, "
            "in TEND_KEY or in the file `key` beside the database."
        ) from None
    return keys


def _known_word(database: Connection | Session) -> bytes | None:
    return database.scalar(select(Host.check).where(Host.id == 1))
