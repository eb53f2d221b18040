"""The calendar: one instant for each of their days, whatever the clocks do."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.hours import (
    QUIET,
    ZONE,
    Span,
    awake,
    end_in,
    evening_of,
    fire_at,
    first_evening,
    is_quiet,
    length_in,
    next_fire,
    next_time,
    read_hour,
    read_span,
)
from bot.ritual import Person, Preferences, Words

BERLIN, LORD_HOWE = ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Lord_Howe")
ZONES = [
    "UTC", "Europe/Berlin", "America/Lima", "Australia/Lord_Howe", "America/Santiago", "Africa/Cairo",
    "Asia/Beirut", "Pacific/Auckland", "Pacific/Apia", "America/St_Johns", "Asia/Kathmandu",
]  # fmt: skip
HOURS = [time(21), time(0), time(0, 15), time(0, 30), time(2, 15), time(2, 30), time(23, 59)]
FIRST = date(2027, 1, 1)


def wall(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("zone", "day", "hour", "shows", "why"),
    [
        (BERLIN, date(2027, 3, 27), time(2, 30), "2027-03-27 02:30", "the night before the change"),
        (BERLIN, date(2027, 3, 28), time(2, 30), "2027-03-28 03:30", "a spring gap moves it forward"),
        (BERLIN, date(2027, 3, 28), time(21), "2027-03-28 21:00", "the evening of the change"),
        (BERLIN, date(2027, 10, 31), time(2, 30), "2027-10-31 02:30", "an autumn fold"),
        (LORD_HOWE, date(2027, 10, 3), time(2, 15), "2027-10-03 02:45", "a gap of half an hour"),
        (ZoneInfo("Africa/Cairo"), date(2027, 4, 30), time(0, 30), "2027-04-30 01:30", "a midnight gap"),
        (ZoneInfo("America/Santiago"), date(2027, 9, 5), time(0, 15), "2027-09-05 01:15", "a midnight gap"),
        (
            ZoneInfo("Asia/Beirut"),
            date(2027, 3, 28),
            time(0),
            "2027-03-28 01:00",
            "midnight itself is missing",
        ),
    ],
)
def test_a_wall_time_that_is_missing_comes_as_much_later(
    zone: ZoneInfo, day: date, hour: time, shows: str, why: str
) -> None:
    assert wall(fire_at(day, hour, zone), zone) == shows, why


@pytest.mark.parametrize(
    ("zone", "day", "hour", "first"),
    [
        (BERLIN, date(2027, 10, 31), time(2, 30), datetime(2027, 10, 31, 0, 30, tzinfo=UTC)),
        (LORD_HOWE, date(2027, 4, 4), time(1, 45), datetime(2027, 4, 3, 14, 45, tzinfo=UTC)),
    ],
)
def test_of_a_wall_time_that_comes_twice_the_first_counts(
    zone: ZoneInfo, day: date, hour: time, first: datetime
) -> None:
    assert fire_at(day, hour, zone) == first
    assert next_fire(day, 1, hour, zone, first).astimezone(zone).date() == day + timedelta(days=1)


@pytest.mark.parametrize("zone", [ZoneInfo(key) for key in ZONES], ids=ZONES)
@pytest.mark.parametrize("every", [1, 2, 7])
def test_each_scheduled_local_day_has_exactly_one_instant(zone: ZoneInfo, every: int) -> None:
    for hour in HOURS:
        at = datetime(2026, 12, 31, tzinfo=UTC)
        days: list[date] = []
        while len(days) < 380 // every:
            at = next_fire(FIRST, every, hour, zone, at)
            days.append(at.astimezone(zone).date())
        assert days == [FIRST + timedelta(days=every * number) for number in range(len(days))], hour


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(
    after=st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds
    anchor=st.dates(date(2024, 1, 1), date(2030, 1, 1)),
    every=st.sampled_from([1, 2, 3, 7]),
    hour=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    zone=st.sampled_from(ZONES).map(ZoneInfo),
)
def test_the_next_one_is_later_and_on_its_own_day(
    after: datetime, anchor: date, every: int, hour: time, zone: ZoneInfo
) -> None:
    at = next_fire(anchor, every, hour, zone, after)

    assert at > after
    assert at.tzinfo is UTC
    day = at.astimezone(zone).date()
    assert day >= anchor
    assert (day - anchor).days % every == 0
    before = fire_at(day - timedelta(days=every), hour, zone)
    assert before <= after or day - timedelta(days=every) < anchor


def test_another_hour_and_another_clock_keep_the_days() -> None:
    after = datetime(2027, 3, 27, 12, tzinfo=UTC)
    for zone in map(ZoneInfo, ZONES):
        for hour in HOURS:
            day = next_fire(FIRST, 2, hour, zone, after).astimezone(zone).date()
            assert (day - FIRST).days % 2 == 0


@pytest.mark.parametrize(
    ("at", "evening", "why"),
    [
        ("2027-03-28 21:00", "2027-03-28", "an evening"),
        ("2027-03-29 00:15", "2027-03-28", "after midnight it is still that evening"),
        ("2027-03-29 05:59", "2027-03-28", "up to six"),
        ("2027-03-29 06:00", "2027-03-29", "then it is another day"),
        ("2027-03-28 03:30", "2027-03-27", "a night with a gap"),
        ("2027-10-31 02:30", "2027-10-30", "a night with a fold"),
    ],
)
def test_a_night_belongs_to_the_evening_before(at: str, evening: str, why: str) -> None:
    instant = datetime.fromisoformat(at).replace(tzinfo=BERLIN).astimezone(UTC)
    assert str(evening_of(instant, BERLIN)) == evening, why


@pytest.mark.parametrize("zone", [ZoneInfo(name) for name in ZONES], ids=str)
def test_the_next_time_of_a_day_is_today_or_tomorrow_wherever_one_lives(zone: ZoneInfo) -> None:
    """There may be another date already where UTC is."""
    at = datetime(2027, 1, 1, tzinfo=UTC)
    while at.year == 2027:
        for hour in HOURS:
            found = next_time(hour, zone, at)
            days = (found.astimezone(zone).date() - at.astimezone(zone).date()).days
            assert found > at
            assert days == (at >= fire_at(at.astimezone(zone).date(), hour, zone))
        at += timedelta(hours=17, minutes=31)


def test_whoever_begins_before_the_hour_begins_tonight() -> None:
    lima = ZoneInfo("America/Lima")
    eight = datetime(2026, 5, 1, 20, tzinfo=lima)  # in UTC it is tomorrow by then

    assert first_evening(Preferences().put(ZONE, lima), eight.astimezone(UTC)) == date(2026, 5, 1)


def test_no_two_days_of_one_rhythm_are_one_evening() -> None:
    """Else the second would be taken for opened already, and be left out."""
    for zone in map(ZoneInfo, ZONES):
        for hour in HOURS:
            days = [FIRST + timedelta(days=number) for number in range(366)]
            evenings = [evening_of(fire_at(day, hour, zone), zone) for day in days]
            assert len(set(evenings)) == len(days)


@pytest.mark.parametrize(
    ("typed", "hour"),
    [
        ("21", time(21)), ("21:30", time(21, 30)), ("21.30", time(21, 30)), ("21h30", time(21, 30)),
        (" 9 pm ", time(21)), ("9PM", time(21)),
        ("12 am", time(0)), ("12 pm", time(12)), ("\u0662\u0661", time(21)),
        ("12:15 am", time(0, 15)), ("0:15", time(0, 15)), ("00:15", time(0, 15)),
    ],
)  # fmt: skip
def test_an_hour_is_read_as_people_type_it(typed: str, hour: time) -> None:
    assert read_hour(typed) == hour


@pytest.mark.parametrize(
    "typed", ["", "nine", "24", "21:60", "13 pm", "0 am", "21:3", "2130", "Berlin", "21:30 or so", "-1"]
)
def test_what_is_no_hour_is_none(typed: str) -> None:
    assert read_hour(typed) is None


@pytest.mark.parametrize(
    ("typed", "ends", "lasts", "why"),
    [
        ("23:10", time(23, 10), None, "a clock, and no 23 minutes"),
        ("9 pm please", time(21), None, "a clock by its half of the day"),
        ("until 9:30 pm", time(21, 30), None, ""),
        ("until 22:00 please", time(22), None, "what is polite behind it is left out"),
        ("until 21 or so", time(21), None, ""),
        ("until 25:99", None, None, "no hour, and no 25 minutes"),
        ("23:107", None, None, "neither"),
        ("1h30", None, timedelta(minutes=90), "a length, though a clock may be written so"),
        ("45", None, timedelta(minutes=45), "a number alone is minutes"),
        ("30 people", None, None, "not half an hour"),
        ("9 pmx", None, None, ""),
    ],
)
def test_an_end_is_no_length_and_a_length_is_no_end(
    typed: str, ends: time | None, lasts: timedelta | None, why: str
) -> None:
    words = Words(Person(1), typed)

    assert (end_in(words), length_in(words)) == (ends, lasts), why


# -- Quiet hours --------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "span"),
    [
        ("22:30-7:30", (time(22, 30), time(7, 30))),
        ("from 10 pm to 6 am", (time(22), time(6))),
        ("23\u20136", (time(23), time(6))),
        ("de 23 a 6:30", (time(23), time(6, 30))),
        ("13h00 15h00", (time(13), time(15))),
    ],
)
def test_a_span_is_read_as_people_type_it(typed: str, span: tuple[time, time]) -> None:
    assert read_span(typed) == Span(*span)


@pytest.mark.parametrize("typed", ["", "22:30", "at night", "22-22", "22-25", "1 2 3", "Berlin"])
def test_what_is_no_span_is_none(typed: str) -> None:
    assert read_span(typed) is None


@pytest.mark.parametrize(
    ("hour", "quiet"),
    [
        (time(22, 29), False),
        (time(22, 30), True),
        (time(0), True),
        (time(7, 29), True),
        (time(7, 30), False),
        (time(12), False),
    ],
)
def test_a_span_goes_on_past_midnight(hour: time, quiet: bool) -> None:  # noqa: FBT001 - a table
    assert (hour in Span(time(22, 30), time(7, 30))) is quiet
    assert (hour in Span(time(7, 30), time(22, 30))) is not quiet


def test_each_ones_quiet_hours_are_by_their_own_clock() -> None:
    ann, ben = Person(1), Person(2)
    prefers = Preferences().put(ZONE, BERLIN).put(ZONE, ZoneInfo("America/Lima"), ben)
    midnight = datetime(2026, 5, 1, 22, tzinfo=UTC)

    assert is_quiet(prefers.of(ann), midnight)
    assert not is_quiet(prefers.of(ben), midnight)
    assert not is_quiet(prefers.put(QUIET, None, ann).of(ann), midnight)


def test_west_of_greenwich_the_first_evening_is_today_too() -> None:
    prefers = Preferences().put(ZONE, ZoneInfo("America/Lima"))
    seven_in_lima = datetime(2026, 5, 2, 0, 30, tzinfo=UTC)

    assert first_evening(prefers, seven_in_lima) == date(2026, 5, 1)


def test_nobody_sleeps_where_both_are_awake() -> None:
    """Half past seven in Berlin and, for two who live apart, half past seven in Lima."""
    night = datetime(2026, 5, 2, 2, 36, tzinfo=BERLIN)
    berlin, lima = (Preferences().put(ZONE, zone) for zone in (BERLIN, ZoneInfo("America/Lima")))
    never = Span(time(7, 30), time(22, 30))

    assert awake([berlin, berlin], night) == datetime(2026, 5, 2, 7, 30, tzinfo=BERLIN)
    assert awake([berlin, lima], night) == datetime(2026, 5, 2, 14, 30, tzinfo=BERLIN)
    assert awake([lima, berlin], night) == datetime(2026, 5, 2, 14, 30, tzinfo=BERLIN)
    assert awake([berlin.put(QUIET, None)], night) == night
    assert awake([berlin, berlin.put(QUIET, never)], night) - night < timedelta(days=2)
