"""The database, a transaction at a time.

A transaction is one plain function that is given a `Tx` and runs whole, in the storage thread: load, step,
save. SQLite has one writer and begins at once for writing, because reading first and writing later fails
under load.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import SystemRandom
from typing import Any, Concatenate, ParamSpec, TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from bot.storage.sealing import BrokenSealError, KeyRefusedError, Keyring, Seal
from bot.storage.tables import CardRow, CoupleRow, Host, KeptRow, LineRow, PersonRow, PlayingRow

P = ParamSpec("P")
R = TypeVar("R")

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
BusyError = OperationalError  # the database is locked, full or away; what was tried may be tried again
StorageError = SQLAlchemyError  # whatever else it may say

KNOWN_WORD = "tend"
ONE_WRITER = 0x7E4D  # any number that other programs in the same database do not lock
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


@dataclass
class Tx:
    """One transaction, and what opens the seals in it."""

    session: Session
    keys: Keyring
    ids: Ids
    now: datetime
    _seals: dict[int, Seal] = field(default_factory=dict, repr=False)

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


class Store:
    """Opens transactions on one database."""

    def __init__(self, url: str, keys: Keyring, now: Callable[[], datetime], ids: Ids | None = None) -> None:
        self.engine = connect(url)
        self.keys, self.now, self.ids = keys, now, ids or Ids()

    @contextmanager
    def begin(self) -> Iterator[Tx]:
        """Open a transaction: committed at the end of the block, rolled back by any exception."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield Tx(session, self.keys, self.ids, self.now())

    def open(self) -> None:
        """Check the host's key against the database; a new one is marked with it. Raises KeyRefusedError."""
        with self.begin() as tx:
            known = tx.session.get(Host, 1)
            if known is None:
                sealed = self.keys.host.close(KNOWN_WORD, "host", 1, "check", "host")
                tx.session.add(Host(id=1, check=sealed))
            else:
                try:
                    self.keys.host.open(known.check, "host", 1, "check", "host")
                except BrokenSealError:
                    raise KeyRefusedError(
                        "This database was sealed with another key. Give the key that belongs to it, "
                        "in TEND_KEY or in the file `key` beside the database."
                    ) from None
            newest = [tx.session.scalar(select(func.max(table.id))) or 0 for table in WITH_OUR_IDS]
        self.ids.after(max(newest))

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()


class Storage:
    """The storage thread: runs transactions one after the other, away from the event loop."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="storage")

    async def run(self, work: Callable[Concatenate[Tx, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run one transaction and return what it returns, after its commit."""

        def whole() -> R:
            with self.store.begin() as tx:
                return work(tx, *args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._thread, whole)

    def close(self) -> None:
        """Finish what runs, then let go."""
        self._thread.shutdown(wait=True)
        self.store.close()


# -- The database itself ------------------------------------------------------


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


def _sqlite_begins(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _postgresql_begins(connection: Connection) -> None:
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ONE_WRITER})")


def migrations(url: str) -> Config:
    """Return Alembic's configuration for a database."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = make_url(url)
    return config


def migrate(url: str) -> None:
    """Bring a database up to the newest migration."""
    command.upgrade(migrations(url), "head")


def is_new(url: str) -> bool:
    """Whether nothing was sealed yet in a migrated database."""
    engine = connect(url)
    try:
        with Session(engine) as session:
            return session.scalar(select(Host.id).limit(1)) is None
    finally:
        engine.dispose()


def behind(url: str) -> list[str]:
    """Return the migrations that a database still lacks, oldest first."""
    scripts = ScriptDirectory.from_config(migrations(url))
    engine = connect(url)
    try:
        with engine.connect() as connection:
            here = MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()
    return [script.revision for script in scripts.iterate_revisions("head", here or "base")][::-1]
