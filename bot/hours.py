"""Pure calendar: when the couple's hour comes, and which evening an instant belongs to."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.ritual import UTC_ZONE, Option, Preference, Preferences

EVENING_TURNS = timedelta(hours=6)  # what happens before six in the morning belongs to the evening before
LATE = timedelta(minutes=10)
TOO_SHORT = timedelta(minutes=45)  # an opening cut below this is skipped

ZONE = Preference("zone", ZoneInfo, UTC_ZONE, label="Clock", asks="What does your clock show?", at_start=True)


def fire_at(day: date, hour: time, zone: ZoneInfo) -> datetime:
    """Return the instant (UTC) of a wall time: past a spring gap, and the first one in an autumn fold."""
    return datetime.combine(day, hour, zone).astimezone(UTC)


def next_fire(anchor: date, every: int, hour: time, zone: ZoneInfo, after: datetime) -> datetime:
    """Return the first instant (UTC) after `after`, on the anchor's day or every so many days from it."""
    day = after.astimezone(zone).date() - timedelta(days=1)
    day += timedelta(days=(anchor - day).days % every if day > anchor else (anchor - day).days)
    while (at := fire_at(day, hour, zone)) <= after:
        day += timedelta(days=every)
    return at


def evening_of(instant: datetime, zone: ZoneInfo) -> date:
    """Return the date of the evening that an instant belongs to: 00:15 is still the evening before."""
    return (instant.astimezone(zone).replace(tzinfo=None) - EVENING_TURNS).date()


def read_hour(text: str) -> time | None:
    """Return the time of day somebody typed: "21", "21:30", "9 pm"; None where it is none."""
    said = re.fullmatch(r"\s*(\d{1,2})(?:[:.h](\d{2}))?\s*(am|pm)?\s*", text.lower())
    if said is None:
        return None
    hour, minute, half = int(said[1]), int(said[2] or 0), said[3]
    if half and not 1 <= hour <= 12:  # noqa: PLR2004 - a clock face
        return None
    hour = hour % 12 + (12 if half == "pm" else 0) if half else hour
    return time(hour, minute) if hour < 24 and minute < 60 else None  # noqa: PLR2004 - a day, an hour


def first_evening(prefers: Preferences, now: datetime) -> date:
    """Return the day from which evenings are counted: today, if the hour is still to come."""
    zone = prefers[ZONE]
    return next_fire(now.date(), 1, prefers[HOUR], zone, now).astimezone(zone).date()


def evening_hour(prefers: Preferences, after: datetime) -> datetime | None:
    """Return the couple's next evening (UTC); none before the two have accepted it."""
    anchor = prefers[ANCHOR]
    return next_fire(anchor, prefers[EVERY], prefers[HOUR], prefers[ZONE], after) if anchor else None


EVERY = Preference(
    "every",
    int,
    1,
    label="Rhythm",
    asks="How often do you two meet here?",
    options=(Option("Every evening", 1), Option("Every other evening", 2)),
    at_start=True,
)
HOUR = Preference(
    "hour",
    time,
    time(21),
    label="Hour",
    asks="At what hour? Tap one, or reply with yours.",
    options=tuple(Option(f"{hour}:00", time(hour)) for hour in range(18, 24)),
    reads=read_hour,
    at_start=True,
)
ANCHOR: Preference[date | None] = Preference(
    "first evening", date, None, settles=first_evening, follows=("every",)
)
