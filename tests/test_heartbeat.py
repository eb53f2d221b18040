"""The heartbeat beats on, whatever happens to the clock by which it goes."""

import asyncio
from datetime import UTC, datetime, timedelta, tzinfo

import apscheduler.schedulers.base
import apscheduler.triggers.interval
import pytest

from bot import clock
from bot.clock import Heartbeat

SOON = 5.0  # seconds in which it beats again; it beats once a second
AN_HOUR = timedelta(hours=1)


class Set(datetime):
    """The time on a machine whose clock is set while it runs."""

    ahead = timedelta()

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # a plain one: it is compared
        """Return what it shows."""
        return datetime.now(tz) + cls.ahead


@pytest.mark.parametrize("by", [-AN_HOUR, AN_HOUR, timedelta(days=-400)], ids=str)
async def test_it_beats_on_when_the_clock_is_set(by: timedelta, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (clock, apscheduler.schedulers.base, apscheduler.triggers.interval):
        monkeypatch.setattr(module, "datetime", Set)
    monkeypatch.setattr(Set, "ahead", timedelta())
    beats = asyncio.Event()

    async def beat() -> None:
        beats.set()

    async def sweep() -> None:
        """Nothing is old."""

    heart = Heartbeat(beat, sweep)
    heart.start()
    await asyncio.wait_for(beats.wait(), SOON)
    Set.ahead = by
    for _ in range(2):
        beats.clear()
        await asyncio.wait_for(beats.wait(), SOON)
    heart.stop()
    assert clock.wall_clock() < datetime.now(UTC) + by + AN_HOUR
