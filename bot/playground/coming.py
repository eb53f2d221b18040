"""Moments to come, in words: "21:00", "tomorrow 08:00", "Sunday 18:00"."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.playground.cast import COUPLES_ZONE

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WORDS = re.compile(
    rf"(?:(?P<day>{'|'.join(DAYS)}|tomorrow) )?(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)", re.IGNORECASE
)


def coming(words: str, now: datetime) -> datetime | None:
    """Return the next moment of which a clock in the couple's zone says this; None for other words."""
    found = WORDS.fullmatch(words.strip())
    if found is None:
        return None
    here = now.astimezone(ZoneInfo(COUPLES_ZONE))
    moment = here.replace(hour=int(found["hour"]), minute=int(found["minute"]), second=0, microsecond=0)
    day = (found["day"] or "").lower()
    if day in DAYS:
        moment += timedelta(days=(DAYS.index(day) - here.weekday()) % 7)
        return moment if moment > here else moment + timedelta(days=7)
    if day == "tomorrow":
        return moment + timedelta(days=1)
    return moment if moment > here else moment + timedelta(days=1)
