"""The heartbeat. APScheduler beats; what is due is asked of the database, never held in memory.

A missed beat is of no account: the next one finds whoever is due. So beats coalesce, never overlap, and are
never too late to run.
"""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler

A_BEAT = timedelta(seconds=1)
Beat = Callable[[], Coroutine[Any, Any, None]]


def wall_clock() -> datetime:
    """Return the time by this machine, in UTC. The only place where it is read."""
    return datetime.now(UTC)


class Heartbeat:
    """Looks every second who is due and what is unsent, and every hour what is old."""

    def __init__(self, look: Beat, sweep: Beat) -> None:
        always: dict[str, Any] = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        self._scheduler = AsyncIOScheduler(timezone=UTC, job_defaults=always)
        self._scheduler.add_job(look, "interval", seconds=A_BEAT.seconds, id="look")
        self._scheduler.add_job(sweep, "interval", hours=1, id="sweep")

    def start(self) -> None:
        """Begin to beat, in the running event loop."""
        self._scheduler.start()
        self._minding = asyncio.create_task(self._mind_the_clock())

    def stop(self) -> None:
        """Stop; a beat under way ends by itself."""
        self._minding.cancel()
        self._scheduler.shutdown(wait=False)

    async def _mind_the_clock(self) -> None:
        """Beat on when the clock was set back: APScheduler would wait until the hour comes round again."""
        while True:
            await asyncio.sleep(A_BEAT.total_seconds())
            now = wall_clock()
            for job in self._scheduler.get_jobs():
                if job.next_run_time - now > job.trigger.interval + A_BEAT:
                    job.modify(next_run_time=now)
