"""That this process is there: of many on one database, whoever comes first tidies up, and one polls.

PostgreSQL knows it by two locks that belong to a connection and end with it, however the process ends. On
SQLite nobody else is there.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import URL, Connection, Engine, create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

STILL = "SELECT true"  # is answered as long as the connection is there, and its locks with it
IS_THERE, POLLS = 0x7E4E, 0x7E4F  # any numbers that other programs in the same database do not lock


class Presence:
    """One process among those on a database. It may be asked from any thread."""

    def __init__(self, url: URL) -> None:
        engine = create_engine(url, hide_parameters=True, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        self._engine = engine if engine.dialect.name == "postgresql" else None
        self._connection: Connection | None = None
        self._polls = False
        self._asking = threading.Lock()

    @property
    def is_shared(self) -> bool:
        """Whether others may be there, too."""
        return self._engine is not None

    @contextmanager
    def arriving(self) -> Iterator[bool]:
        """Be there from now on; the block is told whether nobody else is, and nobody comes before its end."""
        if self._engine is None:
            yield True
            return
        with self._engine.connect() as first:
            alone = bool(first.exec_driver_sql(f"SELECT pg_try_advisory_lock({IS_THERE})").scalar())
            yield alone
        with self._asking:
            self._connected(self._engine)

    def polls(self) -> bool:
        """Whether of all who are there this one polls Telegram; another does as soon as it is gone."""
        with self._asking:
            self._polls = self._ask(STILL if self._polls else f"SELECT pg_try_advisory_lock({POLLS})")
            return self._polls

    def stays(self) -> bool:
        """Be there still, and where the connection was lost, again; whether the database answers."""
        with self._asking:
            return self._ask(STILL) or self._ask(STILL)

    def _ask(self, question: str) -> bool:
        if self._engine is None:
            return True
        try:
            return bool(self._connected(self._engine).exec_driver_sql(question).scalar())
        except SQLAlchemyError:
            self._leave()
            return False

    def leave(self) -> None:
        """Be there no more; whoever asks next finds that at once."""
        with self._asking:
            if self._connection is not None:
                with suppress(SQLAlchemyError):
                    self._connection.exec_driver_sql("SELECT pg_advisory_unlock_all()")
            self._leave()

    def _connected(self, engine: Engine) -> Connection:
        if self._connection is None:
            self._connection = engine.connect()
            self._connection.exec_driver_sql(f"SELECT pg_advisory_lock_shared({IS_THERE})")
        return self._connection

    def _leave(self) -> None:
        self._polls = False
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None
