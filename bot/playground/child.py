"""The bot as a process of its own: started on a socket pair, killed by its pid, watched while it lives."""

import asyncio
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Protocol

from bot.playground.cast import BOT, COUPLES_ZONE
from bot.playground.conductor import Conductor, Settled

PATIENCE_AT_TERM = 15.0
NOT_INHERITED = {
    "DATABASE_URL", "PORT", "BOT_TOKEN", "BOT_API_URL", "LISTEN", "WEBHOOK_URL", "WEBHOOK_SECRET",
}  # fmt: skip

BotArgv = Callable[[int], Sequence[str]]


class Process(Protocol):
    """What the stand-in needs of the process it has begun."""

    @property
    def returncode(self) -> int | None:
        """Its status, None while it lives."""

    async def wait(self) -> int:
        """Wait for its end, and return its status."""

    def send_signal(self, signal: int, /) -> None:
        """Send it a signal."""

    def kill(self) -> None:
        """End it at once."""


# From a command line, an environment, a log for all it prints, and the descriptor on which its clock is led.
Begin = Callable[[Sequence[str], Mapping[str, str], BinaryIO, int], Awaitable[Process]]


async def execute(argv: Sequence[str], env: Mapping[str, str], log: BinaryIO, led_by: int) -> Process:
    """Begin a process as every process begins."""
    return await asyncio.create_subprocess_exec(
        *argv,
        env=env,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        pass_fds=(led_by,),
        start_new_session=True,  # Ctrl-C is for the parent, which then ends the bot in order
    )


def environment(port: int, data_dir: Path) -> dict[str, str]:
    """Return the bot's environment: ours, without what would lead it to another Telegram or database."""
    ours = {
        name: value
        for name, value in os.environ.items()
        if name not in NOT_INHERITED and not name.lower().endswith("_proxy")
    }
    return ours | {
        "BOT_TOKEN": BOT.token,
        "BOT_API_URL": f"http://127.0.0.1:{port}",
        "DATA_DIR": str(data_dir),
        "REQUEST_TIMEOUT": "2",
        "ZONE": COUPLES_ZONE,
    }


class Child:
    """The bot's process, which may be down."""

    def __init__(
        self, argv: BotArgv, env: dict[str, str], log: Path, changed: Callable[[], None],
        begin: Begin,
    ) -> None:  # fmt: skip
        """Know how to start it; `changed` is called when it ends by whatever cause."""
        self._begin = begin
        self._argv = argv
        self._env = env
        self.log = log
        self._changed = changed
        self._process: Process | None = None
        self._conductor: Conductor | None = None
        self._watch: asyncio.Task[None] | None = None
        self.ready = False  # it has settled once
        self.verdict = "The bot was not started yet."

    @property
    def up(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start the process; it is ready after its first settling."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with theirs, self.log.open("ab") as log:
            self._process = await self._begin(self._argv(theirs.fileno()), self._env, log, theirs.fileno())
        self._conductor = await Conductor.over(ours)
        self.ready, self.verdict = False, "The bot is starting."
        self._watch = asyncio.create_task(self._wait(self._process, self._conductor))

    async def _wait(self, process: Process, conductor: Conductor) -> None:
        status = await process.wait()
        conductor.close()
        self.ready = False
        self.verdict = f"The bot ended by itself with status {status}; its last words are in {self.log}."
        self._changed()

    async def settle(self, now: datetime, off: timedelta, *, report: bool = False) -> Settled | None:
        """Tell the bot the time, wrong by `off`, and wait until it has settled; None when it is down."""
        if not self.up or self._conductor is None:
            return None
        settled = await self._conductor.settle(now, off, report=report)
        if settled is None:
            await self._ended()
        else:
            self.ready, self.verdict = True, "The bot is up."
        return settled

    async def kill(self) -> None:
        """End it with SIGKILL."""
        if self.up and self._process is not None:
            self._process.kill()
            await self._ended()
        self.verdict = "The bot is down: it was killed as asked."

    async def term(self) -> None:
        """Ask it with SIGTERM to end, and kill it when it takes too long."""
        if self.up and self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            try:
                async with asyncio.timeout(PATIENCE_AT_TERM):
                    await self._ended()
            except TimeoutError:
                await self.kill()
        self.verdict = "The bot is down: it was terminated as asked."

    async def _ended(self) -> None:
        if self._watch is not None:
            await asyncio.shield(self._watch)
