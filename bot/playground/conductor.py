"""One time for two processes: the parent's `Conductor` says what time it is, the bot's `LedClock` follows.

They talk JSON lines over a socket pair, one request at a time. The parent says `{"now": ...}`: it is this
time now and runs on 1:1, do everything that is due. The bot answers `{"settled": true, "next": ...}` with
the next instant at which it has something to do, or null. When either end closes, the other knows.
"""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic


@dataclass(frozen=True)
class Settled:
    """The bot has done all that was due; `next` is when it has something to do again."""

    next: datetime | None


class Conductor:
    """The parent's end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Lead whoever is at the other end."""
        self._reader = reader
        self._writer = writer
        self._owed = 0  # answers still to come: an asker may have given up before
        self._turn = asyncio.Lock()

    @classmethod
    async def over(cls, end: socket.socket) -> "Conductor":
        """Lead over this end of a socket pair."""
        return cls(*await asyncio.open_unix_connection(sock=end))

    async def settle(self, now: datetime) -> Settled | None:
        """Tell the time, and wait until all that is due is done; None when the other end is gone."""
        async with self._turn:
            try:
                while self._owed:
                    await self._answer()
                self._writer.write(json.dumps({"now": now.isoformat()}).encode() + b"\n")
                self._owed += 1
                await self._writer.drain()
                return await self._answer()
            except (ConnectionError, asyncio.IncompleteReadError):
                return None

    async def _answer(self) -> Settled:
        body = json.loads(await self._reader.readuntil(b"\n"))
        self._owed -= 1
        return Settled(datetime.fromisoformat(body["next"]) if body["next"] else None)

    def close(self) -> None:
        """Hang up: the bot that is led ends itself."""
        self._writer.close()


class LedClock:
    """The bot's end, and its clock while it is led."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, now: datetime) -> None:
        """Start at the first time that was told."""
        self._reader = reader
        self._writer = writer
        self._told = now
        self._told_at = monotonic()

    @classmethod
    async def connect(cls, fd: int) -> "LedClock":
        """Wait for the first time; it is answered by the first settling of `follow`."""
        reader, writer = await asyncio.open_unix_connection(sock=socket.socket(fileno=fd))
        line = await reader.readline()
        if not line:
            raise ConnectionError("The process that leads the clock ended before it told the time.")
        return cls(reader, writer, _time(line))

    def now(self) -> datetime:
        """Return the time, aware, UTC: what was told last, and what has passed since."""
        return self._told + timedelta(seconds=monotonic() - self._told_at)

    async def follow(self, settle: Callable[[], Awaitable[datetime | None]]) -> None:
        """Answer every time that is told, until the other end is gone.

        `settle` does all that is due and returns the next instant at which there is something to do.
        """
        line = b"the first one"
        while line:
            upcoming = await settle()
            said = upcoming.astimezone(UTC).isoformat() if upcoming else None
            try:
                self._writer.write(json.dumps({"settled": True, "next": said}).encode() + b"\n")
                await self._writer.drain()
                line = await self._reader.readline()
            except ConnectionError:
                return
            if line:
                self._told, self._told_at = max(_time(line), self.now()), monotonic()


def _time(line: bytes) -> datetime:
    return datetime.fromisoformat(json.loads(line)["now"]).astimezone(UTC)
