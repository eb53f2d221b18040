"""One time for two processes: the parent's `Conductor` says what time it is, the bot's `LedClock` follows.

They talk JSON lines over a socket pair, one request at a time. The parent says `{"now": ...}`: it is this
time now and runs on 1:1, do everything that is due. With `"step": true` the bot's clock is set to it even
where that leads back; else it never goes back. The bot answers `{"settled": true, "next": ...}` with the
next instant at which it has something to do, or null. With `"report": true` it adds what it tells those who
look on, as `"report"`. When either end closes, the other knows.
"""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

NO_TIME = timedelta(0)
Report = dict[str, Any]


@dataclass(frozen=True)
class Settled:
    """The bot has done all that was due; `next` is when it has something to do again."""

    next: datetime | None
    report: Report = field(default_factory=dict)  # empty where none was asked for, or there is none


class Conductor:
    """The parent's end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Lead whoever is at the other end."""
        self._reader = reader
        self._writer = writer
        self._owed = 0  # answers still to come: an asker may have given up before
        self._off: timedelta | None = None  # how wrong the bot's clock was when it was told the time last
        self._turn = asyncio.Lock()

    @classmethod
    async def over(cls, end: socket.socket) -> "Conductor":
        """Lead over this end of a socket pair."""
        return cls(*await asyncio.open_unix_connection(sock=end))

    async def settle(
        self, now: datetime, off: timedelta = NO_TIME, *, report: bool = False
    ) -> Settled | None:
        """Tell the time, and wait until all that is due is done; None when the other end is gone.

        A bot whose clock is off by some span is told that time, and what it says is next is put right.
        """
        async with self._turn:
            try:
                while self._owed:
                    await self._answer()
                told = {"now": (now + off).isoformat()}
                step = {"step": True} if self._off not in {None, off} else {}
                asks = {"report": True} if report else {}
                self._writer.write(json.dumps(told | step | asks).encode() + b"\n")
                self._owed += 1
                self._off = off
                await self._writer.drain()
                settled = await self._answer()
                return Settled(settled.next - off if settled.next else None, settled.report)
            except (ConnectionError, asyncio.IncompleteReadError):
                return None

    async def _answer(self) -> Settled:
        body = json.loads(await self._reader.readuntil(b"\n"))
        self._owed -= 1
        upcoming = datetime.fromisoformat(body["next"]) if body["next"] else None
        return Settled(upcoming, body.get("report", {}))

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
        return cls(reader, writer, _time(json.loads(line)))

    def now(self) -> datetime:
        """Return the time, aware, UTC: what was told last, and what has passed since."""
        return self._told + timedelta(seconds=monotonic() - self._told_at)

    async def follow(
        self,
        settle: Callable[[], Awaitable[datetime | None]],
        report: Callable[[], Awaitable[Report]] | None = None,
    ) -> None:
        """Answer every time that is told, until the other end is gone.

        `settle` does all that is due and returns the next instant at which there is something to do. `report`
        returns what is told to those who look on: nothing that anybody wrote.
        """
        line = b"the first one"
        reports = False
        while line:
            upcoming = await settle()
            said: Report = {
                "settled": True,
                "next": upcoming.astimezone(UTC).isoformat() if upcoming else None,
            }
            if reports and report is not None:
                said["report"] = await report()
            try:
                self._writer.write(json.dumps(said).encode() + b"\n")
                await self._writer.drain()
                line = await self._reader.readline()
            except ConnectionError:
                return
            if line:
                told = json.loads(line)
                time, reports = _time(told), bool(told.get("report"))
                self._told = time if told.get("step") else max(time, self.now())
                self._told_at = monotonic()


def _time(told: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(told["now"]).astimezone(UTC)
