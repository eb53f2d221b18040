"""The telephone exchange: one Telegram, its memory and its clock, between the bot and the people.

Both HTTP faces act on it, and call `kept` when an act is done: the act is stored, and whoever waits for
something to happen is woken.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from itertools import count
from pathlib import Path
from time import time
from typing import Any

from bot.playground.cast import BY_NAME, ROOMS
from bot.playground.crowd import Crowd
from bot.playground.faults import Fault, Faults
from bot.playground.hands import Hands
from bot.playground.history import History
from bot.playground.markup import Json
from bot.playground.people import People
from bot.playground.play_clock import PlayClock
from bot.playground.rooms import Rooms
from bot.playground.telegram import Telegram
from bot.playground.updates import Updates
from bot.playground.world import World

MOST_CALLS = 5_000

__all__ = ["Exchange", "Fault"]


class Exchange:
    """Everything both faces share."""

    def __init__(self, folder: Path, real: Callable[[], float] = time) -> None:
        """Open the stand-in's folder and go on where it ended; at the very first, Ann adds the bot."""
        self.history = History(folder / "history.db")
        documents = self.history.load()
        self.clock = PlayClock(self.history, documents.pop("clock", [{}])[0], real)
        self.world = World(documents)
        self.updates = Updates(self.world, self.clock.now)
        self.telegram = Telegram(self.world, self.updates, self.clock.now)
        self.people = People(self.telegram.chats)
        self.hands = Hands(self.telegram.chats, self.people)
        self.rooms = Rooms(self.telegram.chats, self.people)
        self.crowd = Crowd(self.world, self.hands, self.rooms)
        self.calls: deque[Json] = deque(maxlen=MOST_CALLS)
        self.tally: Counter[str] = Counter()  # calls by method since the start, however many
        self.faults = Faults()
        self.in_flight = 0  # calls of the bot that have no answer yet, getUpdates aside
        self.closing = False
        self._numbers = count(1)
        self._stirred = 0
        self._rung = asyncio.Event()
        if self.world.is_new:
            for room in (room for room in ROOMS if room.has_bot):
                self.rooms.bring_bot(BY_NAME[room.members[0]], self.world.groups[room.id], "member")
            self.kept()

    @property
    def stirrings(self) -> int:
        """A number that grows with every update and every call."""
        return self._stirred + self.updates.heard

    def stir(self) -> None:
        """Note that the bot called."""
        self._stirred += 1

    def kept(self) -> None:
        """Store what the last act changed, and wake those who wait."""
        self.history.save(self.world.changes())
        self.ring()

    def ring(self) -> None:
        """Wake those who wait."""
        self._rung.set()
        self._rung = asyncio.Event()

    async def rung(self, at_most: float) -> None:
        """Wait until something happens, but not for ever."""
        try:
            async with asyncio.timeout(at_most):
                await self._rung.wait()
        except TimeoutError:
            return

    async def until(self, done: Callable[[], bool], at_most: float) -> bool:
        """Wait until something is so; tell whether it came to be."""
        loop = asyncio.get_running_loop()
        end = loop.time() + at_most
        while not done():
            left = end - loop.time()
            if left <= 0:
                return False
            await self.rung(left)
        return True

    def fault(self, method: str, chat: int | None) -> Fault | None:
        """Take the fault that is set for a call of this method about this chat."""
        return self.faults.take(method, chat, self.clock.now())

    def record(self, method: str, params: dict[str, Any], answer: Json | None) -> None:
        """Remember a call; `answer` is None for one that never got any effect."""
        number, at = next(self._numbers), self.clock.now().isoformat()
        self.tally[method] += 1
        self.calls.append({"n": number, "at": at, "method": method, "params": params, "answer": answer})
