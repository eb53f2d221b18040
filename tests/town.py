"""A town: many couples at once in one database, as if each had joined and set its evening."""

from collections.abc import Iterable
from datetime import date, time

from bot.engine import Engine
from bot.hours import ANCHOR, HOUR, ZONE
from bot.playground.crowd import COUPLES, ROOMS
from bot.ritual import Person, Prefer, Seat
from bot.storage import couples, timetable
from bot.storage.store import Store
from tests.rehearsal import BERLIN

AT_ONCE = 500  # couples in one transaction


def settle(
    store: Store, engine: Engine, numbers: Iterable[int], hour: time, since: date, *, lanes: bool = True
) -> None:
    """Let the couples of these numbers be two, with their evening at an hour of Berlin's.

    Their rooms and people are those that the stand-in's crowd has.
    """
    left = list(numbers)
    while left:
        some, left = left[:AT_ONCE], left[AT_ONCE:]
        with store.begin() as tx:
            for number in some:
                couple = couples.enter(tx, ROOMS - number, None)
                two = [
                    couples.meet(tx, COUPLES + 2 * number + place, f"{name} {number}", "en")
                    for place, name in enumerate(("Ada", "Bo"))
                ]
                for person in two:
                    person.lane_open = lanes
                tx.session.flush()
                couples.seat(tx, couple, Seat((Person(two[0].id), Person(two[1].id))))
                couples.prefer(tx, couple, [Prefer(ZONE, BERLIN), Prefer(HOUR, hour), Prefer(ANCHOR, since)])
                timetable.look_ahead(tx, couple, engine.book)
            tx.session.flush()
            timetable.look_ahead_at_new(tx, engine.book, len(engine.book.rituals) * AT_ONCE)  # as at a start
