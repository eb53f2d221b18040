"""The tests' own PostgreSQL: the same for everybody, and gone when they are, however they end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from tests.databases import PROGRAMS, Server, locked, newest_first, programs
from tests.phones import ROOT

SOON = 60.0  # seconds
BEGINS = """
import sys
from tests.databases import postgresql
with postgresql() as server:
    print(server.port, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder(server: Server, tmp_path: Path) -> Path:
    """Lend what /tmp is for everybody, to a server of a process of its own."""
    del server  # where there can be none, there is nothing to test
    for path in tmp_path.parents[:2]:
        path.chmod(0o711)  # whoever runs the server must find the way
    tmp_path.chmod(0o1777)
    return tmp_path


def begin(folder: Path) -> "subprocess.Popen[str]":
    """Start a process that runs a server, and keeps what it needs in this folder."""
    env = {**os.environ, "TMPDIR": str(folder)}
    piped = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-c", BEGINS], cwd=ROOT, env=env, text=True, stdin=piped, stdout=piped
    )


def test_a_server_ends_with_its_block(folder: Path) -> None:
    process = begin(folder)
    process.communicate(timeout=SOON)
    assert process.returncode == 0
    assert list(folder.iterdir()) == []


def test_a_server_ends_with_whoever_was_killed(folder: Path) -> None:
    process = begin(folder)
    assert process.stdout is not None
    port = int(process.stdout.readline())
    with psycopg.connect(f"host=127.0.0.1 port={port} user=tests dbname=postgres") as connection:
        process.send_signal(signal.SIGKILL)
        with pytest.raises(psycopg.OperationalError):  # whoever asks is cut off when it ends
            connection.execute(b"SELECT pg_sleep(%d)" % SOON)
    process.communicate(timeout=SOON)
    end = time.monotonic() + SOON
    while list(folder.iterdir()):
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
