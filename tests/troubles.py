"""What goes wrong around a bot under load, and is right again after some seconds.

Each trouble is a block: it begins before the block and is over after it. That nothing is confirmed meanwhile
which is not stored is seen by whoever lets it happen.
"""

import asyncio
import errno
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

from tests.databases import Server, unprivileged

A_DISK = 48  # megabytes
A_BLOCK = 4096
CUTS = 5


@asynccontextmanager
async def locked(database: Path) -> AsyncIterator[None]:
    """Let another process hold SQLite's one lock for writing."""

    def hold() -> sqlite3.Connection:
        holder = sqlite3.connect(database, isolation_level=None, timeout=60, check_same_thread=False)
        holder.execute("BEGIN IMMEDIATE")
        return holder

    with closing(await asyncio.to_thread(hold)) as holder:
        yield
        holder.execute("ROLLBACK")


def may_mount() -> bool:
    """Whether a disk of one's own can be had here."""
    return sys.platform == "linux" and os.geteuid() == 0


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Let a folder lie on a disk of its own, as small as one can be. It takes the rights of root."""
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={A_DISK}m", "tmpfs", folder], check=True)  # noqa: S607 - wherever it is
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)  # noqa: S607 - as above


@contextmanager
def small_tablespace(server: Server, name: str) -> Iterator[Path]:
    """Let PostgreSQL have room for tables on a small disk; its log of writes lies elsewhere."""
    disk = server.folder.parent / name
    with small_disk(disk):
        place = disk / "tables"
        place.mkdir()
        somebody = unprivileged()
        os.chown(place, somebody["user"], somebody["group"])
        server.does(f"CREATE TABLESPACE {name} LOCATION '{place}'")
        try:
            yield disk
        finally:
            server.does(f"DROP TABLESPACE {name}")


@asynccontextmanager
async def full(disk: Path) -> AsyncIterator[None]:
    """Let not a byte be left on a disk, also where some are given back."""
    filler = disk / "filler"

    def fill() -> None:
        with filler.open("ab", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * A_BLOCK)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise

    await asyncio.to_thread(fill)
    assert shutil.disk_usage(disk).free == 0
    yield
    filler.unlink()


@asynccontextmanager
async def cut(server: Server, name: str) -> AsyncIterator[None]:
    """Let every connection to a database be cut, again and again."""
    for _ in range(CUTS):
        await asyncio.to_thread(
            server.does,
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",  # noqa: S608 - a name of the tests' own
        )
        await asyncio.sleep(1)
    yield


@asynccontextmanager
async def restarted(server: Server, how: str) -> AsyncIterator[None]:
    """Let PostgreSQL be ended, be down during the block, and be started again."""
    data = server.folder
    program = (data / "postmaster.opts").read_text(encoding="utf-8").split(" ", 1)[0]
    pg_ctl = Path(program).with_name("pg_ctl")

    def does(*what: str) -> None:
        log = data.parent / "restarts.log"
        command = [str(each) for each in (pg_ctl, "-D", data, "-w", "-l", log, *what)]
        subprocess.run(command, cwd=data, check=True, capture_output=True, **unprivileged())

    await asyncio.to_thread(does, "stop", "-m", how)
    yield
    await asyncio.to_thread(does, "restart")  # which knows the options it was started with


@asynccontextmanager
async def set_back(off: Path, by: float) -> AsyncIterator[None]:
    """Let the clock of the bot's machine go back by some seconds, and be right again."""
    _tells(off, -by)
    yield
    _tells(off, 0)


def _tells(off: Path, seconds: float) -> None:
    """Write whole: whoever reads meanwhile reads the old or the new."""
    draft = off.with_suffix(".new")
    draft.write_text(str(seconds), encoding="ascii")
    os.replace(draft, off)  # noqa: PTH105 - in one step
