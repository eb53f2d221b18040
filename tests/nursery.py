"""A nursery: a process that has imported everything, and from which stand-ins and bots are born by a fork.

A story runs two processes, and each would import for a second or two; so that is done once for all of them.
What is born is a process like any other, with a pid, an environment and files of its own, and SIGKILL ends
it. That `python -m bot` starts by itself is shown by the tests that execute it.
"""

import asyncio
import atexit
import fcntl
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

from bot.__main__ import main

ROOT = Path(__file__).parents[1]
WHERE = "NURSERY"  # the environment's name for its address
IMPORTED = (
    "alembic.runtime.migration", "bot.hosting", "bot.playground.theatre", "psycopg",
    "sqlalchemy.dialects.postgresql.psycopg", "sqlalchemy.dialects.sqlite.pysqlite",
    "uvicorn.lifespan.off", "uvicorn.loops.auto", "uvicorn.protocols.http.auto",
    "uvicorn.protocols.websockets.auto",
)  # fmt: skip
ABOVE = 100  # file descriptors that nobody asks for by number
LONGEST = 1 << 20  # bytes of one wish


class Born:
    """A process that was born there, with the verbs that `subprocess` has for its own."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], files: Mapping[int, int]) -> None:
        """Let it be born; `files`: which of our descriptors it has as which of its own."""
        self.returncode: int | None = None
        self.line = socket.socket(socket.AF_UNIX)
        where = os.environ.get(WHERE) or keeper().where
        self.line.connect(where)
        wish = json.dumps({"argv": [*argv], "env": {**env, WHERE: where}, "files": [*files]}).encode()
        socket.send_fds(self.line, [wish + b"\n"], list(files.values()))
        self.pid = int(self._told())

    def _told(self) -> bytes:
        told = b""
        while not told.endswith(b"\n"):
            some = self.line.recv(1)
            if not some:
                raise ConnectionError("The nursery is gone.")
            told += some
        return told

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, and return its status. Raises TimeoutExpired."""
        if self.returncode is None:
            self.line.settimeout(timeout)
            try:
                self.returncode = int(self._told())
            except TimeoutError:
                raise subprocess.TimeoutExpired("a process of the nursery", timeout or 0) from None
            self.line.close()
        return self.returncode

    def poll(self) -> int | None:
        """Return its status, None while it lives."""
        with suppress(subprocess.TimeoutExpired, BlockingIOError):
            self.wait(0)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it lives."""
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


class BornBot:
    """The same, for somebody who goes on meanwhile."""

    def __init__(self, born: Born) -> None:
        self._born, self._ended = born, asyncio.Event()
        asyncio.get_running_loop().add_reader(born.line, self._hear_the_end)

    def _hear_the_end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._born.line)
        self._born.wait()
        self._ended.set()

    @property
    def returncode(self) -> int | None:
        """Its status, None while it lives."""
        return self._born.returncode

    async def wait(self) -> int:
        """Wait for its end, and return its status."""
        await self._ended.wait()
        return self._born.wait()

    def send_signal(self, number: int, /) -> None:
        """Send it a signal."""
        self._born.send_signal(number)

    def kill(self) -> None:
        """End it at once."""
        self._born.kill()


async def bear(argv: Sequence[str], env: Mapping[str, str], log: BinaryIO, led_by: int) -> BornBot:
    """Let a bot be born, as `bot.playground.child.execute` executes one."""
    return BornBot(Born(argv, env, {1: log.fileno(), 2: log.fileno(), led_by: led_by}))


class Keeper:
    """Keeps a nursery open for as long as this process lives."""

    def __init__(self) -> None:
        self.where = str(Path(tempfile.mkdtemp(prefix="tend-nursery-")) / "door")
        self._nursery = subprocess.Popen(
            [sys.executable, "-m", "tests.nursery", self.where],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        atexit.register(self._nursery.communicate)
        assert self._nursery.stdout is not None
        assert self._nursery.stdout.readline() == b"open\n"


@cache
def keeper() -> Keeper:
    """Return the keeper of this process."""
    return Keeper()


def resident(log: Path) -> int:
    """Return how many bytes of memory the process holds that prints into this log."""
    (process,) = (each.parent for each in Path("/proc").glob("[0-9]*/fd") if is_file(each / "1", log))
    lines = (process / "status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) * 1024


def is_file(descriptor: Path, file: Path) -> bool:
    """Whether a descriptor in /proc is open on a file."""
    try:
        return descriptor.readlink() == file
    except OSError:  # it has ended meanwhile, or is somebody else's
        return False


# -- In the nursery -----------------------------------------------------------


class Nursery:
    """Bears whoever is wished for, and tells their end."""

    def __init__(self, where: Path) -> None:
        self._where = where
        self._door = socket.socket(socket.AF_UNIX)
        self._door.bind(str(where))
        self._door.listen(64)
        self._woken, self._waker = socket.socketpair()
        self._lines: dict[int, socket.socket] = {}

    def run(self) -> None:
        """Go on until whoever opened it is gone."""
        self._waker.setblocking(False)  # noqa: FBT003 - the library's own signature
        signal.set_wakeup_fd(self._waker.fileno())
        signal.signal(signal.SIGCHLD, lambda *_: None)
        looking = selectors.DefaultSelector()
        for each in (sys.stdin, self._door, self._woken):
            looking.register(each, selectors.EVENT_READ)
        sys.stdout.write("open\n")
        sys.stdout.flush()
        while True:
            ready = [key.fileobj for key, _ in looking.select()]
            if sys.stdin in ready:
                break
            if self._woken in ready:
                self._woken.recv(64)
                self._tell_ends()
            if self._door in ready:
                self._bear(*self._heard())
        self._where.unlink()
        self._where.parent.rmdir()

    def _heard(self) -> tuple[socket.socket, dict[str, Any], list[int]]:
        line, _ = self._door.accept()
        said, files, *_ = socket.recv_fds(line, LONGEST, 8)
        while not said.endswith(b"\n"):
            said += line.recv(LONGEST)
        return line, json.loads(said), files

    def _bear(self, line: socket.socket, wish: dict[str, Any], files: list[int]) -> None:
        pid = os.fork()
        if not pid:
            self._leave(line)
            become(wish["argv"], wish["env"], dict(zip(wish["files"], files, strict=True)))
        for each in files:
            os.close(each)
        self._lines[pid] = line
        line.sendall(f"{pid}\n".encode())

    def _leave(self, line: socket.socket) -> None:
        """Forget, in the one just born, what is the nursery's."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for each in (self._door, self._woken, self._waker, line, *self._lines.values()):
            each.close()
        os.setsid()

    def _tell_ends(self) -> None:
        while self._lines:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            with self._lines.pop(pid) as line, suppress(OSError):
                line.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def become(argv: list[str], env: dict[str, str], files: dict[int, int]) -> None:
    """Be what a command line says, with these files, until the end; what is none of ours is executed."""
    status = 1
    try:
        given = {number: moved(file) for number, file in files.items()}
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for number, file in given.items():
            os.dup2(file, number)
            os.close(file)
        os.environ.clear()
        os.environ.update(env)
        while argv[0] == "env" or "=" in argv[0]:
            name, _, value = argv.pop(0).partition("=")
            os.environ |= {name: value} if value else {}
        status = run(argv)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - as Python's own last words, and nothing of the nursery goes on here
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def moved(file: int) -> int:
    """Return another descriptor of a file, above those that are asked for by number."""
    other = fcntl.fcntl(file, fcntl.F_DUPFD, ABOVE)
    os.close(file)
    return other


def run(argv: list[str]) -> int:
    """Run a command line, and return its status."""
    match argv:
        case [sys.executable, "-m", "bot", *more]:
            return main(more)
        case [sys.executable, "-c", script, *more]:
            sys.argv = ["-c", *more]
            exec(compile(script, "<script>", "exec"), {"__name__": "__main__"})  # noqa: S102 - as Python does
            return 0
    return os.execvp(argv[0], argv)  # noqa: S606 - without a shell, as it was wished


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in IMPORTED:
        importlib.import_module(name)
    gc.freeze()
    Nursery(Path(sys.argv[1])).run()
