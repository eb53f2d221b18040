"""Pure calendar: when the couple's hour comes, which evening an instant belongs to, and when it is quiet."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.ritual import UTC_ZONE, Line, Option, Preference, Preferences, Words, line

EVENING_TURNS = timedelta(hours=6)  # what happens before six in the morning belongs to the evening before
A_TURN = time(6)  # the same, on the clock
LATE = timedelta(minutes=10)
TOO_SHORT = timedelta(minutes=45)  # an opening cut below this is skipped
A_SUNDAY, A_WEEK = date(2023, 1, 1), 7  # days
GOOD_HOURS = time(8, 30), time(12, 30), time(18, 30)  # before the day's work, in its middle, after it

UNTIL = re.compile(r"(until|till|til|hasta( las?)?)\s+")
AN_END = re.compile(r"\d{1,2}(?:[:.h]\d{2})?(?:\s*[ap]m)?(?![\w:])")  # behind "until"
A_CLOCK = re.compile(r"\d{1,2}(?::\d{2}(?:\s*[ap]m)?|\s*[ap]m)(?![\w:])")  # no length is written so
LENGTH = re.compile(r"(-?\d{1,12})(?:[.,](\d)\d*)?\s*([^\W\d_]*)\s*(\d{1,2})?(?![:\d])")
MINUTES, HOURS = re.compile("m|min|mins|minutes?|minutos?"), re.compile("h|hrs?|hours?|horas?")
SPOKEN = [  # what people say instead of a number, in the order in which it is understood
    (re.compile(r"\b(half( an)? hour|media hora)\b"), "30 min"),
    (re.compile(r"\b(an?|one|una) (hour|hora)\b"), "1 h"),
    (re.compile(r"\b(\d{1,4})\s*(h|hrs?|hours?|horas?) (and a half|y media)\b"), r"\1.5 h"),
]
MOST = 10_000  # no length has more of either, so that none is too large to count with
A_TIME = re.compile(r"\d{1,2}(?:[:.h]\d{2})?\s*(?:am|pm)?")

NO_SUCH_HOUR = "I did not understand that. Reply with a time like 21:30, or tap one."
NO_SUCH_SPAN = "I did not understand that. Reply with two times like 23:00-06:30, or tap one."
FROM_TO, NO_QUIET = "{begins} to {ends}", "None"

ZONE = Preference("zone", ZoneInfo, UTC_ZONE, label="Clock", asks="What does your clock show?", at_start=True)


def fire_at(day: date, hour: time, zone: ZoneInfo) -> datetime:
    """Return the instant (UTC) of a wall time: past a spring gap, and the first one in an autumn fold."""
    return datetime.combine(day, hour, zone).astimezone(UTC)


def next_time(hour: time, zone: ZoneInfo, after: datetime) -> datetime:
    """Return the next instant (UTC) after `after` at which clocks there show this hour."""
    return next_fire(after.astimezone(zone).date(), 1, hour, zone, after)


def next_fire(anchor: date, every: int, hour: time, zone: ZoneInfo, after: datetime) -> datetime:
    """Return the first instant (UTC) after `after`, on the anchor's day or every so many days from it."""
    day = after.astimezone(zone).date() - timedelta(days=1)
    day += timedelta(days=(anchor - day).days % every if day > anchor else (anchor - day).days)
    while (at := fire_at(day, hour, zone)) <= after:
        day += timedelta(days=every)
    return at


def next_sunday(hour: time | None, prefers: Preferences, after: datetime) -> datetime | None:
    """Return the couple's next Sunday at this hour; without one, or before their first evening, none."""
    if hour is None or prefers[ANCHOR] is None:
        return None
    return next_fire(A_SUNDAY, A_WEEK, hour, prefers[ZONE], after)


def evening_of(instant: datetime, zone: ZoneInfo) -> date:
    """Return the date of the evening that an instant belongs to: 00:15 is still the evening before."""
    return (instant.astimezone(zone).replace(tzinfo=None) - EVENING_TURNS).date()


def turn_of(evening: date, zone: ZoneInfo) -> datetime:
    """Return the instant (UTC) from which on what happens belongs to this evening."""
    return fire_at(evening, A_TURN, zone)


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


def hour_in(words: Words) -> time | None:
    """Return the time of day that somebody wrote, or None."""
    return read_hour(words.text)


def end_in(words: Words) -> time | None:
    """Return the time of day in "until 21:30 please", in any language of ours, or in "21:30"; else None."""
    said = words.text.lower().strip()
    before = UNTIL.match(said)
    found = AN_END.match(said, before.end()) if before else A_CLOCK.match(said)
    return read_hour(found[0]) if found else None


def length_in(words: Words) -> timedelta | None:
    """Return what "45", "45 minutes please", "2h", "1.5 hours", "1h30" or "half an hour" mean, or None."""
    said = words.text.lower().strip()
    for spoken, written in SPOKEN:
        said = spoken.sub(written, said)
    found = LENGTH.match(said)
    if found is None:
        return None
    whole, tenths, unit, rest = min(int(found[1]), MOST), int(found[2] or 0), found[3], int(found[4] or 0)
    if HOURS.fullmatch(unit):
        return timedelta(hours=whole, minutes=6 * tenths + rest)
    return timedelta(minutes=whole) if not unit or MINUTES.fullmatch(unit) else None


@dataclass(frozen=True)
class Span:
    """From one wall time to another; past midnight where the second is the earlier one."""

    begins: time
    ends: time

    def __contains__(self, hour: time) -> bool:
        if self.begins <= self.ends:
            return self.begins <= hour < self.ends
        return hour >= self.begins or hour < self.ends


def read_span(text: str) -> Span | None:
    """Return the span somebody typed: "22:30-7:30", "from 10 pm to 6 am"; None where it is none."""
    hours = [read_hour(said) for said in A_TIME.findall(text.lower())]
    match hours:
        case [time() as begins, time() as ends] if begins != ends:
            return Span(begins, ends)
    return None


def shown_span(span: Span | None) -> Line:
    """Return how a span reads."""
    return line(FROM_TO, begins=span.begins, ends=span.ends) if span else Line(NO_QUIET)


def is_quiet(prefers: Preferences, now: datetime) -> bool:
    """Whether this one's quiet hours are on, by their own clock: what comes then comes without a sound."""
    span = prefers[QUIET]
    return span is not None and now.astimezone(prefers[ZONE]).time() in span


def awake(theirs: Sequence[Preferences], after: datetime) -> datetime:
    """Return the first moment (UTC) from then on that lies in nobody's quiet hours.

    Two clocks may leave none; then it is the end of somebody's, within two days.
    """
    for _ in theirs:
        for one in theirs:
            span = one[QUIET]
            if span is not None and is_quiet(one, after):
                after = next_time(span.ends, one[ZONE], after)
    return after


def good_hour(prefers: Preferences, after: datetime) -> datetime:
    """Return the next moment (UTC) for a word that is in no hurry: by this one's clock, in no quiet hours."""
    span, zone = prefers[QUIET], prefers[ZONE]
    hours = [hour for hour in GOOD_HOURS if span is None or hour not in span]
    if span and not hours:  # whoever sleeps by day has the night for it
        hours = [span.ends]
    return min(next_time(hour, zone, after) for hour in hours)


def is_good_hour(prefers: Preferences, now: datetime) -> bool:
    """Whether such a moment is now, or was some minutes ago."""
    return good_hour(prefers, now - LATE) <= now


def first_evening(prefers: Preferences, now: datetime) -> date:
    """Return the day from which evenings are counted: today, if the hour is still to come."""
    zone = prefers[ZONE]
    return next_time(prefers[HOUR], zone, now).astimezone(zone).date()


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
    misread=NO_SUCH_HOUR,
    at_start=True,
)
QUIET: Preference[Span | None] = Preference(
    "quiet hours",
    Span,
    Span(time(22, 30), time(7, 30)),
    label="Quiet hours",
    asks="When shall my messages come without a sound? Tap one, or reply with yours, like 23:00-06:30.",
    options=(
        Option("From 22:30 to 7:30", Span(time(22, 30), time(7, 30))),
        Option("From 21:00 to 8:00", Span(time(21), time(8))),
        Option("No quiet hours", None),
    ),
    reads=read_span,
    misread=NO_SUCH_SPAN,
    shows=shown_span,
    own=True,
)
ANCHOR: Preference[date | None] = Preference(
    "first evening", date, None, settles=first_evening, follows=("every",)
)
