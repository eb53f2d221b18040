"""What the bot tells of itself while it is led: only when it is asked; the docs draw what it stands in."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from bot.playground.conductor import Conductor, LedClock, Report
from bot.playground.diagrams import diagrams, ways_in

NOW = datetime(2026, 5, 1, 18, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=3)
STANDS: Report = {"stands": [{"chat": -1, "what": "check_in", "state": "Naming"}]}


@asynccontextmanager
async def led(*, reports: bool) -> AsyncIterator[Conductor]:
    """Lead a clock that has something to do later."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    conductor = await Conductor.over(ours)

    async def settle() -> datetime:
        return LATER

    async def report() -> Report:
        return STANDS

    async def follow() -> None:
        clock = await LedClock.connect(theirs.detach())
        await clock.follow(settle, report if reports else None)
        clock._writer.close()  # a bot's process ends here

    following = asyncio.create_task(follow())
    await conductor.settle(NOW)
    try:
        yield conductor
    finally:
        conductor.close()
        await following


async def test_a_bot_tells_where_it_stands_when_it_is_asked() -> None:
    async with led(reports=True) as conductor:
        told = await conductor.settle(NOW, report=True)
        assert told is not None
        assert told.report == STANDS
        assert told.next == LATER


async def test_a_bot_that_is_not_asked_tells_only_what_is_next() -> None:
    async with led(reports=True) as conductor:
        told = await conductor.settle(NOW)
        assert told is not None
        assert told.report == {}


async def test_a_bot_that_knows_nothing_of_it_is_led_all_the_same() -> None:
    async with led(reports=False) as conductor:
        told = await conductor.settle(NOW, report=True)
        assert told is not None
        assert told.report == {}
        assert told.next == LATER


def test_the_ways_of_the_rituals_are_those_of_the_docs() -> None:
    assert {"check_in", "pause", "gratitude"} <= diagrams().keys()
    begin = [way["end"] for way in diagrams()["check_in"] if way["start"] == "[*]"]
    assert begin == ["Naming"]


def test_a_page_without_a_diagram_has_no_ways() -> None:
    assert ways_in("# Nothing\n\nA --> B: is no diagram here\n") == []
