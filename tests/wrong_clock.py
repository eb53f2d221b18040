"""`tend run` on a machine whose clock is wrong by the seconds that stand in a file, which may change.

`python -m tests.wrong_clock FILE`. The clock is read in two places, and both are wrong here: bot/clock.py,
and APScheduler, by whose clock the heartbeat beats.
"""

import sys
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

import apscheduler.schedulers.base
import apscheduler.triggers.interval

from bot import clock


class Wrong(datetime):
    """What `datetime.now` says on such a machine."""

    off = Path(sys.argv[1])

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # a plain one: it is compared, and stored
        """Return the wrong time."""
        return datetime.now(tz) + timedelta(seconds=float(cls.off.read_text(encoding="ascii") or 0))


if __name__ == "__main__":
    clock.datetime = Wrong  # type: ignore[attr-defined]  # what it imports
    for place in (apscheduler.schedulers.base, apscheduler.triggers.interval):
        place.datetime = Wrong
    from bot.__main__ import main

    sys.exit(main(["run"]))
