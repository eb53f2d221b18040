"""The stage: the play clock and the bot, brought to rest after every act.

It is quiet when the bot has confirmed every update that can reach it, has settled at the present time, has
no call open and has nothing to do within the next second.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from bot.playground.child import Child
from bot.playground.conductor import Report, Settled
from bot.playground.exchange import Exchange
from bot.playground.people import Impossible

PATIENCE = 60.0  # real seconds for one settling in which the bot calls nothing
MOST_PATIENCE = 8  # how often it begins anew
SOON = timedelta(seconds=1.1)  # the bot's own pace in one chat; waited for in real time
MOST_AT_ONCE = 30  # how often the bot may say that something is due already
MOST_STEPS = 50_000


class Stage:
    """Clock and bot, for the control API."""

    def __init__(self, exchange: Exchange, child: Child | None) -> None:
        """Lead this bot; None is a bot that never starts."""
        self.exchange = exchange
        self.child = child
        self.upcoming: datetime | None = None  # when the bot has something to do, as it said last
        self.report: Report = {}  # what the bot told at the last glance
        self._turn = asyncio.Lock()

    @property
    def up(self) -> bool:
        """Whether the bot's process lives."""
        return self.child is not None and self.child.up

    @property
    def is_starting(self) -> bool:
        """Whether the bot's process lives, and waits to be told the time for the first time."""
        return self.up and self.child is not None and not self.child.ready and not self._starts_alone()

    # -- Acts -----------------------------------------------------------------

    @asynccontextmanager
    async def act(self, *, wait: bool = True) -> AsyncIterator[None]:
        """Let one script act at a time; the act is stored, and everything is quiet after it."""
        async with self._turn:
            self.exchange.telegram.chats.let_vanish()
            yield
            self.exchange.kept()
            if wait:
                await self._quiet()

    async def start(self, *, wait: bool = True) -> None:
        """Start the bot, and wait until it is quiet."""
        async with self._turn:
            if self.child is None or self.child.up:
                raise Impossible("The bot is up already.")
            await self.child.start()
            if wait:
                await self._quiet()

    async def by(self, span: timedelta) -> None:
        """Move the clock on."""
        async with self._turn:
            await self._jump(self.exchange.clock.now() + span)

    async def to(self, moment: datetime) -> None:
        """Move the clock to a moment."""
        if moment <= self.exchange.clock.now() - timedelta(seconds=1):  # the time is shown in whole seconds
            raise Impossible("That moment has passed: the clock only goes forward.")
        async with self._turn:
            await self._jump(moment)

    async def to_next(self) -> None:
        """Move the clock to the next instant at which the bot has something to do."""
        async with self._turn:
            if not self.up:
                raise Impossible("The bot is down, so nobody knows what is next.", 404)
            upcoming = await self._quiet()
            if upcoming is None:
                raise Impossible("The bot has nothing ahead.", 404)
            await self._jump(upcoming)

    # -- Rest -----------------------------------------------------------------

    async def _jump(self, target: datetime) -> None:
        upcoming = await self._quiet(soon=timedelta(0))
        for _ in range(MOST_STEPS):
            if upcoming is None or upcoming > target:
                break
            self.exchange.clock.reach(upcoming)
            upcoming = await self._quiet(soon=timedelta(0))
        else:
            raise Impossible(
                f"The bot had something to do {MOST_STEPS} times on the way, and still has.", 500
            )
        self.exchange.clock.reach(target)
        await self._quiet()

    async def _quiet(self, soon: timedelta = SOON) -> datetime | None:
        """Wait until the bot rests; a flood takes its time, so patience begins anew while the bot calls."""
        resting = asyncio.ensure_future(self._rest(soon))
        try:
            for _ in range(MOST_PATIENCE):
                before = self.exchange.stirrings
                await asyncio.wait({resting}, timeout=PATIENCE)
                if resting.done():
                    return resting.result()
                if self.exchange.stirrings == before:
                    break
        finally:
            resting.cancel()
        raise Impossible("The bot did not come to rest.", 504)

    async def _rest(self, soon: timedelta) -> datetime | None:
        at_once = 0
        while self.up and not self._starts_alone():
            settled = await self._settled()
            if settled is None:
                continue
            ahead = settled.next - self.exchange.clock.now() if settled.next else None
            if ahead is None or ahead > soon:
                return settled.next
            at_once = at_once + 1 if ahead <= timedelta(0) else 0
            if at_once > MOST_AT_ONCE:
                said = "The bot says again and again that something is due, and does not do it."
                raise Impossible(said, 500)
            await asyncio.sleep(ahead.total_seconds() if ahead > timedelta(0) else min(0.01 * at_once, 0.1))
        return None

    async def _settled(self) -> Settled | None:
        """Let the bot settle once; None when it is down, or something stirred meanwhile."""
        if self.child is None or (self.child.ready and not await self._confirmed()):
            return None
        before = self.exchange.stirrings
        settled = await self._asked_to_settle(self.child)
        if self.exchange.stirrings == before and not self.exchange.in_flight and not self._waiting():
            return settled
        await self.exchange.rung(0.02 if self.exchange.in_flight else 0)
        return None

    async def glance(self) -> None:
        """Ask a bot that is up what is next, in nobody's turn: it does what is due, as it would by itself."""
        if self.child is not None and self.child.up and not self._starts_alone():
            settled = await self._asked_to_settle(self.child, report=True)
            self.report = settled.report if settled is not None else {}
            self.exchange.ring()

    async def _asked_to_settle(self, child: Child, *, report: bool = False) -> Settled | None:
        clock = self.exchange.clock
        settled = await child.settle(clock.now(), clock.bot_off, report=report)
        self.upcoming = settled.next if settled is not None else None
        return settled

    async def _confirmed(self) -> bool:
        """Wait a moment for the bot to confirm what it was told; tell whether it did."""
        return await self.exchange.until(lambda: not self._waiting() or not self.up, 1.0)

    def _waiting(self) -> bool:
        """Whether something waits that the bot could hear."""
        deaf = self.exchange.faults.deafen(self.exchange.clock.now())
        return not deaf and bool(self.exchange.updates.waiting())

    def _starts_alone(self) -> bool:
        """Whether the bot starts without a network: then it settles only when that is there."""
        gone = self.exchange.faults.network_gone is not None
        return gone and self.child is not None and not self.child.ready
