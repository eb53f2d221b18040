"""A date that is kept rings whoever minds it, on both databases."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from bot.couple.house import ALL_PREFERENCES, HOUSE
from bot.engine import Engine
from bot.hours import fire_at
from bot.ritual import Answer, Began, Event, Kept, Person, Ritual, Scene, TimeCame, never, say
from bot.rituals.check_in import CHECK_IN
from bot.storage import keepsakes, timetable
from bot.storage.couples import Book
from bot.storage.outlook import outlook
from bot.storage.store import Tx, migrate
from bot.storage.tables import CallRow, KeptRow
from tests.databases import Shelf, Time, opened
from tests.rehearsal import rehearse
from tests.road import BERLIN, Road, Told

# What takes long is told on PostgreSQL in the soak alone: it is the same road.
SQLITE_FIRST = pytest.mark.parametrize(
    "kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.soak)], indirect=True
)
NINE = time(21)
AT_NINE = datetime(2026, 5, 1, 21, tzinfo=BERLIN)
A_WEEK, EIGHT_WEEKS = timedelta(weeks=1), timedelta(weeks=8)


@dataclass(frozen=True)
class Waiting:
    """A vow was made by hand."""

    wake_at: datetime


def vow(state: Waiting | None, event: Event, scene: Scene) -> tuple[Waiting | None, list[Answer]]:
    """Keep a vow until the hour that is typed; then ask, or leave it as it is where it says so."""
    match state, event:
        case None | Waiting(), Began(who, words):
            due = datetime.fromisoformat(words.text.split()[0])
            return Waiting(scene.now + A_WEEK), [Kept("vow", who, words, due), say("Kept.")]
        case None, TimeCame(due, late):
            came = [
                thing for thing in scene.kept if thing.due and thing.due <= scene.now and not thing.outcome
            ]
            rung = [say("Late." if late else "It is time.", card=str(thing.id)) for thing in came]
            left = [thing for thing in came if thing.words and "leave" in thing.words.text]
            asked = [replace(thing, outcome="asked") for thing in came if thing not in left]
            return None, [*asked, *rung, say("{due:day}", due=due)]
        case Waiting(), TimeCame():
            return None, []
    return state, []


VOW = Ritual("vow", "vow", "Vows", vow, reads=("vow",), minds=("vow",), looks_back=3)
RUNG = "It is time."


def joined(url: str) -> Told:
    with opened(url, clock := Time()) as store:
        return Road(store, clock, (*HOUSE, VOW)).joined().told()


@pytest.fixture
def road(kind: str, shelf: Shelf, clock: Time) -> Iterator[Road]:
    """Ann and Ben, joined, with the ritual of the tests in the house; they have one hour less to mind."""
    shelf.prepare(kind, "migrated", migrate)
    told = shelf.prepare(kind, "joined_with_vows", joined, "migrated")
    with shelf.store(kind, "joined_with_vows", clock) as store:
        yield Road(store, clock, (*HOUSE, VOW)).goes_on_from(told)


def vows(road: Road, due: datetime, words: str = "") -> None:
    road.ann.sends(f"/vow {due.isoformat()} {words}")


def rung(road: Road) -> list[str]:
    return [text for text in road.home if text in {RUNG, "Late."}]


def test_it_rings_at_the_earliest_date_of_what_is_open(road: Road) -> None:
    for days in (3, 1, 2):
        vows(road, AT_NINE + timedelta(days=days))
    assert road.call(VOW) == AT_NINE + timedelta(days=1)

    road.reaches(AT_NINE + timedelta(days=1, minutes=-1))
    assert rung(road) == []
    for days in (1, 2, 3):
        road.reaches(AT_NINE + timedelta(days=days))
        assert len(rung(road)) == days
    assert road.call(VOW) is None


@SQLITE_FIRST
@pytest.mark.parametrize("day", [date(2026, 9, 6), date(2026, 2, 8)], ids=["autumn", "spring"])
def test_a_date_eight_weeks_away_comes_on_its_day_across_a_change_of_clock(road: Road, day: date) -> None:
    road.clock.now = fire_at(day, time(12), BERLIN)
    due = fire_at(day + EIGHT_WEEKS, NINE, BERLIN)
    assert due - fire_at(day, NINE, BERLIN) != EIGHT_WEEKS
    vows(road, due)
    for _ in range(10):  # what is said meanwhile does not push it out of sight
        vows(road, due - A_WEEK, "another")
    road.passes(minutes=1)
    road.look(lambda tx: tx.session.query(KeptRow).filter(KeptRow.due < due).update({"outcome": "done"}))

    road.reaches(due - timedelta(minutes=1))
    before = len(rung(road))
    road.reaches(due)

    assert rung(road)[before:] == [RUNG]
    assert due.astimezone(BERLIN).timetz().replace(tzinfo=None) == NINE


def test_a_date_that_came_while_tend_was_away_is_late_and_never_skipped(road: Road) -> None:
    vows(road, AT_NINE + timedelta(days=1))
    road.is_away(days=20)
    assert rung(road) == ["Late."]


def test_what_is_left_as_it_is_rings_no_more_and_keeps_nothing_busy(road: Road) -> None:
    vows(road, AT_NINE, "leave it")
    road.reaches(AT_NINE)
    road.passes(days=2)
    assert rung(road) == [RUNG]
    assert road.call(VOW) is None


def test_a_date_in_the_past_rings_at_once(road: Road) -> None:
    vows(road, AT_NINE - timedelta(days=9))
    road.settles()
    assert rung(road) == ["Late."]


def test_in_a_silence_it_waits(road: Road) -> None:
    vows(road, AT_NINE)
    road.reaches(AT_NINE - timedelta(minutes=10))
    road.ben.sends("/pause 20")
    road.reaches(AT_NINE + timedelta(minutes=9))
    assert rung(road) == []
    for phone in (road.ann, road.ben):
        phone.taps("We're fine again")
    road.passes(minutes=11)
    assert len(rung(road)) == 1


def test_leaving_removes_the_dates_at_once(road: Road) -> None:
    vows(road, AT_NINE + EIGHT_WEEKS)
    road.ann.sends("/leave")
    road.ann.taps("Leave now")

    assert road.look(lambda tx: [row.due_at for row in tx.session.query(CallRow) if row.due_at]) == []
    before = len(road.phones)
    road.reaches(AT_NINE + EIGHT_WEEKS + A_WEEK)
    assert len(road.phones) == before


@pytest.mark.parametrize(("away", "comes"), [(timedelta(days=1), RUNG), (A_WEEK, "Late.")])
def test_two_who_go_on_as_it_was_go_on_with_their_dates(road: Road, away: timedelta, comes: str) -> None:
    vows(road, AT_NINE + timedelta(days=3))
    road.ann.sends("/leave")
    road.ann.taps("Leave now")
    road.reaches(AT_NINE + away)
    begins_again(road)
    assert rung(road) == []

    road.ann.taps("Go on")
    road.passes(days=3)
    assert rung(road) == [comes]


def test_two_who_begin_anew_are_asked_nothing_of_before(road: Road) -> None:
    vows(road, AT_NINE + timedelta(days=3))
    road.ann.sends("/leave")
    road.ann.taps("Leave now")
    begins_again(road)
    road.ann.taps("Begin anew")
    road.ann.taps("Looks right")
    road.passes(days=9)
    assert rung(road) == []


def begins_again(road: Road) -> None:
    road.ben.sends("/start")
    for phone in (road.ben, road.ann):
        phone.taps("I'm in")
    road.ben.taps("That's us")


def test_dates_come_with_two_who_are_given_a_new_room_number_and_other_preferences(road: Road) -> None:
    vows(road, AT_NINE + A_WEEK)
    road.ann.sends("/settings")
    road.ann.taps("Hour")
    road.ann.taps("22:00")
    assert road.call(VOW) == AT_NINE + A_WEEK


def test_a_clock_that_goes_back_finds_them_again(road: Road) -> None:
    vows(road, AT_NINE + A_WEEK)
    road.clock.now -= timedelta(days=30)
    road.does(timetable.look_ahead_anew, road.engine.book)
    assert road.call(VOW) == AT_NINE + A_WEEK


def test_what_was_kept_before_the_ritual_came_is_found_by_it(road: Road) -> None:
    road.engine = Engine(HOUSE, ALL_PREFERENCES, BERLIN)
    road.does(timetable.look_ahead_at_new, road.engine.book)
    road.look(lambda tx: keepsakes.keep(tx, road.couple(tx), Kept("vow", Person(1), due=AT_NINE)))

    road.engine = Engine((*HOUSE, VOW), ALL_PREFERENCES, BERLIN)
    given = [road.does(timetable.look_ahead_at_new, road.engine.book) for _ in range(2)]

    assert given == [1, 0]
    assert road.call(VOW) == AT_NINE


def test_it_is_rung_a_little_apart_as_an_hour_is(road: Road) -> None:
    vows(road, AT_NINE)
    spread = Book.of((*HOUSE, VOW), ALL_PREFERENCES, timedelta(minutes=10))

    def looked(tx: Tx) -> tuple[datetime | None, timedelta]:
        couple = road.couple(tx)
        timetable.look_ahead(tx, couple, spread)
        return timetable.call_of(couple, VOW).due_at, spread.wait_of(couple)

    at, wait = road.look(looked)
    assert wait
    assert at == AT_NINE + wait


def test_it_stands_among_what_is_ahead(road: Road) -> None:
    vows(road, AT_NINE - timedelta(minutes=5))
    ahead = road.look(lambda tx: outlook(tx, road.engine.book))["ahead"]
    assert [each["what"] for each in ahead][:2] == ["vow", CHECK_IN.name]


def test_whoever_has_no_dates_has_no_row_for_them(road: Road) -> None:
    road.ann.sends("/checkin calm / sleep")
    assert "vow" not in road.look(lambda tx: {call.ritual for call in road.couple(tx).calls})


@SQLITE_FIRST
def test_wherever_the_process_ends_a_date_rings_once(kind: str, shelf: Shelf) -> None:
    shelf.prepare(kind, "migrated", migrate)
    told = shelf.prepare(kind, "joined_with_vows", joined, "migrated")

    def again(ends: Callable[[int, bool], bool]) -> Road:
        with shelf.store(kind, "joined_with_vows", clock := Time()) as store:
            road = Road(store, clock, (*HOUSE, VOW), ends=ends).goes_on_from(told)
            vows(road, AT_NINE)
            road.reaches(AT_NINE)
            road.passes(hours=20)
            assert [thing.outcome for thing in road.kept() if thing.kind == "vow"] == ["asked"]
            assert rung(road) == [RUNG] or road.missing
            return road

    whole = again(lambda _done, _after: False)
    for moment in range(1, whole.done + 1, 5):
        for after in (False, True):
            again(lambda done, now, moment=moment, after=after: (done, now) == (moment, after))  # type: ignore[misc]


def test_a_ritual_minds_only_what_it_reads_and_has_no_hour_besides() -> None:
    for wrong in (replace(VOW, reads=()), replace(VOW, calls=lambda _prefers, after: after)):
        assert wrong.calls is not never or not wrong.reads
        with pytest.raises(ValueError, match="vow minds"):
            Book.of((wrong,), ())


def test_the_rehearsal_rings_it_too() -> None:
    room, ann, ben, clock = rehearse(VOW)
    due = datetime(2026, 6, 26, 19, tzinfo=UTC)
    ann.sends(f"/vow {due.isoformat()}")
    ben.sends(f"/vow {(due + timedelta(days=1)).isoformat()} leave it")

    clock.passes(days=55)
    assert RUNG not in room.texts
    clock.passes(days=3)
    assert room.texts.count(RUNG) == 2
    clock.passes(days=90)
    assert room.texts.count(RUNG) == 2


def test_brought_for_many_or_looked_up_for_one_it_is_the_same(road: Road) -> None:
    """Of a minded kind the open ones of the nearest dates and those of the latest; of others the newest."""

    def looked(tx: Tx) -> None:
        couple = road.couple(tx)
        for number in range(24):
            due = AT_NINE + timedelta(days=number * 7 % 24) if number % 5 else None
            outcome = "asked" if number % 3 == 0 else ""
            keepsakes.keep(tx, couple, Kept("vow", None, due=due, outcome=outcome))
            keepsakes.keep(tx, couple, Kept("word", None, due=due, outcome=outcome))
        tx.session.flush()
        ritual = replace(VOW, reads=("vow", "word"))
        book = Book.of((ritual,), ())
        timetable.call_of(couple, ritual).due_at = AT_NINE
        tx.session.flush()
        asked = couple, ritual.reads, ritual.looks_back, ritual.minds
        alone = keepsakes.of(tx, *asked)
        due_now = [call for call in couple.calls if call.ritual == ritual.name]
        timetable.bring(tx, due_now, book)
        assert tx.brought
        assert keepsakes.of(tx, *asked) == alone
        days = [(thing.due - AT_NINE).days for thing in alone if thing.kind == "vow" and thing.due]
        every = [number for number in range(24) if number % 5]
        still_open = [number * 7 % 24 for number in every if number % 3]
        assert set(days) == {*sorted(number * 7 % 24 for number in every)[-3:], *sorted(still_open)[:3]}
        assert len([thing for thing in alone if thing.kind == "word"]) == ritual.looks_back

    road.look(looked)
