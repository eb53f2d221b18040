"""A town's evening on a deployment: people act a hundred times a second, and all of it is counted."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random

from sqlalchemy.exc import OperationalError

from bot.clock import wall_clock
from tests.counting import Count, count
from tests.deployment import THE_BOT, Bot, Deployment, Flying, deployment
from tests.townspeople import Town, hours

A_SECOND = 100  # updates, whatever becomes of them
DOWN = 0.0, 1.0  # seconds
STARTS_WITHIN = 60.0
STILL = 90.0  # seconds without any progress, after which nobody waits any longer
A_LOOK, AT_REST = 0.25, 2.0


@dataclass
class Evening:
    """One deployment and its town, from the first update to the count."""

    deployed: Deployment
    town: Town
    chance: Random
    flown: list[Flying] = field(default_factory=list)
    acted: int = 0
    waiting: tuple[int, int] = (0, 0)  # updates to be heard, and lines to be sent
    first_act: float = 0.0
    last_act: float = 0.0

    async def act(self) -> None:
        """Let people act, a hundred times a second, for as long as nobody ends this."""
        at = time.monotonic()
        while True:
            if self.town.act(self.deployed.office):
                self.acted += 1
                self.last_act = time.monotonic()
                self.first_act = self.first_act or self.last_act
            at = max(at + 1 / A_SECOND, time.monotonic() - 1)  # who was late for a second does not catch up
            await asyncio.sleep(at - time.monotonic())

    async def look(self) -> None:
        """Look what waits, for as long as nobody ends this; a database that is away is looked at later."""
        while True:
            with suppress(OperationalError):
                self.waiting = await self.deployed.waiting()
            await asyncio.sleep(A_LOOK)

    async def rests(self) -> None:
        """Wait until everybody was called and heard, and all is said."""
        office, last_due = self.deployed.office, max(self.town.dues)
        before, moved_at, still = (0, 0, 0, 0), time.monotonic(), 0
        while still < AT_REST / A_LOOK:
            await asyncio.sleep(A_LOOK)
            now = (*self.waiting, self.acted, len(self.town.said))
            if now != before:
                before, moved_at, still = now, time.monotonic(), 0
            assert time.monotonic() - moved_at < STILL, f"Nothing moves: {self.waiting} wait. {self.log}"
            over = self.town.is_done and office.clock.now() > last_due and self.waiting == (0, 0)
            still = still + 1 if over else 0

    async def up(self) -> None:
        """Wait until whoever was started last has called Telegram; nobody was killed before."""
        office, starts = self.deployed.office, len(self.deployed.bots) + len(self.flown)
        assert await office.until(lambda: office.tally["getMe"] >= starts, STARTS_WITHIN), self.log

    async def kill_one(self) -> None:
        """Kill any bot, see what was in flight, and start it again."""
        bot = self.chance.choice(self.deployed.bots)
        await bot.kill()
        await self.look_after(bot)
        await asyncio.sleep(self.chance.uniform(*DOWN))
        await bot.start()

    async def end_all(self) -> float:
        """Let all bots end in order, and start them again; return how many seconds the slowest end took."""
        bots = self.deployed.bots
        ends = await asyncio.gather(*(bot.term() for bot in bots))
        assert all(status == 0 for status, _ in ends), self.log
        for bot in bots:
            await self.look_after(bot)
        for bot in bots:
            await bot.start()
        return max(took for _, took in ends)

    async def look_after(self, bot: Bot) -> None:
        """See what is in flight when a bot has ended."""
        await asyncio.to_thread(self.deployed.database.until_left_by, bot.name)
        self.flown.append(await asyncio.to_thread(self.deployed.database.flying))

    async def counted(self) -> Count:
        """Wait for the end of the evening, end all bots, and count."""
        self.town.goes_to_bed()
        await self.rests()
        if self.town.take_heart():
            await self.rests()
        for bot in self.deployed.bots:
            assert bot.lives, self.log
            status, _ = await bot.term()
            assert status == 0, self.log
        database, told = self.deployed.database, range(1, self.deployed.office.told + 1)
        heard = await asyncio.to_thread(database.heard)
        found = count(
            self.town.evenings,
            self.town.said,
            {self.deployed.office.before + number for number in told} - heard,
            {room for each in self.flown for room in each.again},
            {room for each in self.flown for room in each.not_again},
            (sum(each.lines[0] for each in self.flown), sum(each.lines[1] for each in self.flown)),
        )
        found.updates = self.deployed.office.told
        found.unbacked = self.deployed.unbacked
        return found

    @property
    def acts_a_second(self) -> float:
        """How fast people acted, from the first to the last."""
        return self.acted / max(self.last_act - self.first_act, 1.0)

    @property
    def log(self) -> str:
        """The last words of all bots."""
        return "\n".join(bot.last_words for bot in self.deployed.bots)


@asynccontextmanager
async def evening(
    folder: Path,
    url: str,
    couples: int,
    over: timedelta = timedelta(0),
    *,
    replicas: int = 1,
    seed: int = 1,
    argv: Sequence[str] = THE_BOT,
) -> AsyncIterator[Evening]:
    """Let a town live in a database, half of it called at once and the others over some time, and begin."""
    people, ends = (Random(f"{seed} {whose}") for whose in ("people", "ends"))  # noqa: S311 - no secrets
    now = wall_clock()
    town = Town(people, hours(now, couples, over))
    town.settle(folder, url, now)
    async with deployment(folder, url, town.move_in, replicas=replicas, argv=argv) as deployed:
        playing = Evening(deployed, town, ends)
        tasks = [asyncio.create_task(playing.act()), asyncio.create_task(playing.look())]
        await deployed.start()
        try:
            yield playing
            for task in tasks:
                assert not task.done(), task.exception()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
