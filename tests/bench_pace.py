"""Whether four processes on one PostgreSQL keep to Telegram's limits while there is more to say than goes.

The stand-in counts every message: thirty a second in all and twenty a minute in a group are what Telegram
publishes. Thousands of couples are due at once, which is work for longer than this looks, and in one room
somebody asks something every second, which is more than that room may be told.

A second is counted as messages come through Telegram's door. What it then takes over each is its own, and by
chance: of 25 that come a second, as evenly as can be, more than thirty have their effect within one now and
then. That is told as well, and so is for how long the stand-in itself did not get to count: what comes
meanwhile counts at once.
"""

import asyncio
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random

from bot.clock import wall_clock
from bot.playground.crowd import ROOMS
from bot.playground.notes import Note
from bot.playground.pace import GROUP_LIMIT, WHOLE_LIMIT
from bot.serving import collect_seldom
from tests.bench_ring import watched
from tests.databases import postgresql
from tests.deployment import Deployment, Office, deployment
from tests.townspeople import Town

PROCESSES, COUPLES = 4, 10_000
LOOKED_AT = 300.0  # seconds
WARM = 15.0  # seconds after the first message, before it is counted
AT_LEAST = 25  # messages a second, when there is work: what is asked for
UP_WITHIN = 120.0
CHATTY = 1  # the number of the couple that asks
QUESTIONS = "/help", "/privacy"  # by turns: the same is not said twice below itself
NAME = "pace"


@dataclass(frozen=True)
class Kept:
    """What the stand-in counted."""

    a_second: float
    most_in_a_second: int
    most_done_in_a_second: int  # after Telegram took its time over each
    most_in_a_minute: int  # in any group
    asked: int  # in one room
    kept: float  # seconds for which the stand-in did not get to count, at most

    @property
    def holds(self) -> bool:
        """Whether no limit was ever passed, and the pace was used."""
        kept = self.most_in_a_second <= WHOLE_LIMIT and self.most_in_a_minute <= GROUP_LIMIT
        return kept and self.a_second >= AT_LEAST

    def lines(self) -> Iterator[str]:
        """Tell it as a table."""
        yield "| | counted | asked for |"
        yield "|---|---|---|"
        yield f"| messages a second | {self.a_second:.1f} | at least {AT_LEAST} |"
        yield f"| the most in any second | {self.most_in_a_second} | at most {WHOLE_LIMIT} |"
        yield f"| the most that had their effect in any second | {self.most_done_in_a_second} | |"
        yield f"| the most in any minute in a group | {self.most_in_a_minute} | at most {GROUP_LIMIT} |"
        yield ""
        yield (
            f"{PROCESSES} processes on one PostgreSQL, {LOOKED_AT:.0f} seconds, {COUPLES:,} couples due at "
            f"once; in one room somebody asked {self.asked} times. The stand-in was kept from counting for "
            f"{1000 * self.kept:.0f} ms at most. "
            f"It {'holds' if self.holds else 'does not hold'}."
        )


def measure() -> Kept:
    """Measure once. It takes about seven minutes."""
    with (
        postgresql() as server,
        server.fresh(NAME) as url,
        tempfile.TemporaryDirectory(prefix="tend-bench-") as folder,
    ):
        return asyncio.run(kept(Path(folder), url))


async def kept(folder: Path, url: str) -> Kept:
    """Let all be due, and count for some minutes."""
    now = wall_clock()
    town = Town(Random(5), [now.replace(microsecond=0) + timedelta(seconds=1)] * COUPLES)  # noqa: S311 - no secrets
    await asyncio.to_thread(town.settle, folder, url, now)
    async with deployment(folder, url, town.move_in, replicas=PROCESSES) as deployed:
        office = deployed.office
        await deployed.start()
        if not await office.until(lambda: office.telegram.pace.messages > 0, UP_WITHIN):
            raise AssertionError("It never said anything.")
        collect_seldom()  # one look through so large a town would keep it from counting for half a second
        await asyncio.sleep(WARM)
        office.telegram.pace.begin_anew()
        office.door.most, stalls = 0, [0.0]
        watch = asyncio.create_task(watched(stalls))
        asked = await asks(office)
        watch.cancel()
        summary = office.telegram.pace.summary()
        await end(deployed)
    fullest = max(each["most"] for each in summary["most_in_a_minute_in_a_group"])
    a_second, done = summary["messages"] / LOOKED_AT, summary["most_in_a_second"]
    return Kept(a_second, office.door.most, done, fullest, asked, max(stalls))


async def asks(office: Office) -> int:
    """Let somebody ask something every second, for as long as is looked at; return how often."""
    person, clock = office.people.person(f"ada{CHATTY}"), asyncio.get_running_loop()
    began = clock.time()
    for asked in range(int(LOOKED_AT)):
        office.hands.say(person, ROOMS - CHATTY, Note(QUESTIONS[asked % len(QUESTIONS)]))
        office.kept()
        await asyncio.sleep(began + asked + 1 - clock.time())
    return int(LOOKED_AT)


async def end(deployed: Deployment) -> None:
    """End all processes, and see that none ended by itself."""
    for bot in deployed.bots:
        if not bot.lives:
            raise AssertionError(bot.last_words)
        await bot.term()
