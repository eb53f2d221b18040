"""The tests' own PostgreSQL: the same for everybody, and gone when they are, however they end."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests.databases import PROGRAMS, Server, locked, newest_first, programs
from tests.nursery import ROOT

SOON = 60.0  # seconds
BEGINS = """
import sys
from tests.databases import postgresql
with postgresql() as server:
    print(server.port, flush=True)
    sys.stdin.read()
"""


@dataclass
class Begun:
    """A process that runs a server, and the folder in which it keeps what it needs."""

    process: "subprocess.Popen[bytes]"
    folder: Path


@pytest.fixture
def begun(server: Server) -> Iterator[Begun]:
    """Let a process of its own run a server."""
    del server  # where there can be none, there is nothing to test
    with tempfile.TemporaryDirectory(prefix="tend-tests-") as name:
        folder = Path(name)
        folder.chmod(0o1777)  # as /tmp is: whoever runs the server must be able to tidy up there
        env, piped = {**os.environ, "TMPDIR": name}, subprocess.PIPE
        with subprocess.Popen(
            [sys.executable, "-c", BEGINS], cwd=ROOT, env=env, stdin=piped, stdout=piped
        ) as process:
            yield Begun(process, folder)
            process.kill()


def test_a_server_ends_with_its_block(begun: Begun) -> None:
    begun.process.communicate(timeout=SOON)
    assert begun.process.returncode == 0
    assert list(begun.folder.iterdir()) == []


def test_a_server_ends_with_whoever_was_killed(begun: Begun) -> None:
    assert begun.process.stdout is not None
    port = int(begun.process.stdout.readline())
    with psycopg.connect(f"host=127.0.0.1 port={port} user=tests dbname=postgres") as connection:
        begun.process.kill()
        with pytest.raises(psycopg.OperationalError):  # whoever asks is cut off when it ends
            connection.execute(b"SELECT pg_sleep(%d)" % SOON)
    end = time.monotonic() + SOON
    while list(begun.folder.iterdir()):
        assert time.monotonic() < end, "what it needed is still there"
        time.sleep(0.05)  # whoever tidies up is nobody's child, so nothing tells when it is done


def test_the_locked_programs_go_first_and_the_newest_of_them(server: Server) -> None:
    del server
    assert all((programs() / name).exists() for name in PROGRAMS)
    if locked():
        assert programs() == locked()[0] / "bin"


def test_a_larger_number_is_newer() -> None:
    names = ["pginstall", "pginstall9", "pginstall18", "pginstall100"]
    assert [path.name for path in newest_first(map(Path, names), lambda path: path.name)] == names[::-1]
