"""What presses is heard and said before all else: by the inbox, the engine, the outbox and the rings."""

from datetime import datetime, timedelta
from datetime import time as hour
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from bot.arrival import Arrival, Command, Place, Tap, Text
from bot.engine import key_of
from bot.engine.ringing import AT_LEAST
from bot.pause_word import OWN_WORD
from bot.playground.crowd import COUPLES
from bot.ritual import Button, Prefer
from bot.storage import couples, inbox, outbox
from bot.storage.outbox import RUNG_AT_ONCE
from bot.storage.pace import TO_PEOPLE, Limits
from bot.storage.store import BusyError, Store, Tx
from bot.storage.tables import CoupleRow, InboxRow, LineRow
from tests import town
from tests.databases import Time
from tests.post import A_MINUTE, A_SECOND, Post, texts
from tests.rehearsal import BERLIN
from tests.road import HOME, Road
from tests.test_floods import heard_next, private, tap

PAUSE = 900
ONE_BY_ONE = Limits(in_flight=1)


@pytest.fixture
def post(store: Store, clock: Time) -> Post:
    """An outbox and an inbox with nothing in them."""
    return Post(store, clock, Limits(in_flight=64))


@pytest.fixture
def road(store: Store, clock: Time) -> Road:
    """Two who are a couple, with their private chats."""
    road = Road(store, clock).joined()
    road.open_lanes()
    return road


def presses(_tx: Tx, body: dict[str, Any]) -> bool:
    return bool(body["update_id"] == PAUSE)


# -- In the inbox -------------------------------------------------------------


def test_what_presses_is_heard_before_all_others_and_after_what_its_own_couple_wrote(post: Post) -> None:
    for number, room in ((7, 1), (8, 1), (9, 2)):
        post.lane(number, room)
    with post.store.begin() as tx:
        inbox.keep(tx, [private(9, number) for number in range(100, 150)])
        inbox.keep(tx, [private(7, 200), tap(-1, 201, 8)])
    with post.store.begin() as tx:
        inbox.keep(tx, [private(9, 300), private(8, PAUSE), private(7, 400)], presses)

    with post.store.begin() as tx:
        assert [number for number, _ in inbox.pressing(tx, 10)] == [200, 201, PAUSE]
    assert heard_next(post, 5) == [200, 201, PAUSE, 100, 101]


def test_who_presses_without_being_in_a_couple_waits_like_everybody(post: Post) -> None:
    post.lane(7)
    with post.store.begin() as tx:
        inbox.keep(tx, [private(7, 100), private(5_000, PAUSE), private(7, 101)], presses=presses)

    assert heard_next(post) == [100, 101, PAUSE]
    with post.store.begin() as tx:
        assert inbox.pressing(tx, 10) == []


# -- What it is ---------------------------------------------------------------


def test_a_pause_presses_however_it_is_called_and_nothing_else_does(road: Road) -> None:
    ann, room = road.ann.who, road.ann.room
    lane = Place(ann.number, private=True)
    with road.store.begin() as tx:
        couples.prefer(tx, road.couple(tx, HOME), [Prefer(OWN_WORD, "lighthouse")])

    def is_pressing(arrival: Arrival) -> bool:
        return road.look(lambda tx: road.engine.acts.presses(tx, arrival))

    def tapped(button: Button) -> Tap:
        return Tap(ann, room, "1", 1, key_of(button), 1)

    assert is_pressing(Command(ann, room, "pause", "45", 1))
    assert is_pressing(Command(ann, lane, "lighthouse", "", 1))
    assert is_pressing(Text(ann, lane, "Lighthouse", 1))
    assert is_pressing(tapped(Button("Pause", opens="pause")))
    assert not is_pressing(Command(ann, room, "checkin", "", 1))
    assert not is_pressing(Command(ann, room, "nothing", "", 1))
    assert not is_pressing(Text(ann, lane, "what a lighthouse", 1))
    assert not is_pressing(tapped(Button("calm", "feeling", "calm")))


# -- In the outbox ------------------------------------------------------------


def test_what_comes_first_is_on_its_way_before_the_others_are_looked_at(post: Post) -> None:
    for number in range(2, 6):
        post.puts("evening", number)
    post.puts("you asked", 6, TO_PEOPLE)
    post.puts("quiet", 1, TO_PEOPLE, at_once=True)

    ready, look_again = post.claims()
    assert [line.face.text for line in ready] == ["quiet"]
    assert look_again == post.clock.now
    assert texts(post.drains()) == ["you asked", *["evening"] * 4]


def test_one_message_a_second_is_held_for_what_comes_first(post: Post) -> None:
    for number in range(2, 80):
        post.puts("you asked", number, TO_PEOPLE)
    gone = post.drains(until=post.clock.now + A_SECOND)
    assert len(gone) == 29  # of the thirty that may go in a second
    post.puts("quiet", 1, TO_PEOPLE, at_once=True)

    asked = post.clock.now
    ((at, line, _), *_) = post.drains(until=asked + A_MINUTE)
    assert line.face.text == "quiet"
    assert at == asked


# -- Long transactions --------------------------------------------------------


def test_rings_and_claims_give_way_when_others_wait_for_the_database(post: Post) -> None:
    for number in range(1, 6):
        post.puts("evening", number)
    with post.store.begin(lambda: True) as tx:
        ready, look_again = outbox.claim(tx, post.engine.book, post.limits)
    assert len(ready) == outbox.AT_LEAST
    assert look_again == post.clock.now


def test_a_ring_that_gives_way_goes_on_in_the_next_transaction(post: Post) -> None:
    town.settle(post.store, post.engine, range(1, 2 * AT_LEAST + 2), hour(21), post.clock.now.date())
    post.clock.now = datetime.combine(post.clock.now.date(), hour(21, 1), BERLIN)
    post.rings()
    post.clock.now += timedelta(hours=1)  # the reminder of each
    rung = []
    for _ in range(4):
        with post.store.begin(lambda: True) as tx:
            rung += [post.engine.ringing.ring(tx).many]
    assert rung == [AT_LEAST, AT_LEAST, 1, 0]


def test_nobody_is_rung_before_what_they_wrote_is_heard_unless_they_write_for_an_hour(post: Post) -> None:
    town.settle(post.store, post.engine, range(1, 3), hour(21), post.clock.now.date())
    nine = datetime.combine(post.clock.now.date(), hour(21), BERLIN)
    post.clock.now = nine + A_SECOND
    with post.store.begin() as tx:
        inbox.keep(tx, [private(COUPLES + 2, 100)])  # somebody of the first couple
        post.engine.ringing.ring(tx)
    for at, rung in (
        (nine, 1),
        (nine + 30 * A_MINUTE, 0),
        (nine + 59 * A_MINUTE, 0),
        (nine + 60 * A_MINUTE, 1),
    ):
        post.clock.now = at + 2 * A_SECOND
        assert len(post.drains(post.clock.now)) == rung


def test_who_writes_while_they_wait_to_be_rung_keep_their_place(post: Post) -> None:
    town.settle(post.store, post.engine, range(1, 41), hour(21), post.clock.now.date())
    post.clock.now = datetime.combine(post.clock.now.date(), hour(21), BERLIN)
    with post.store.begin() as tx:
        post.engine.ringing.ring(tx)
        first = tx.session.query(LineRow).order_by(LineRow.id).limit(1).one().target
        chat = tx.session.get_one(CoupleRow, first).chat_id
        tx.session.add(InboxRow(update_id=100, body=b"", stage="new", at=tx.now, whose=first))
    with post.store.begin() as tx:
        (other,), _ = outbox.claim(tx, post.engine.book, ONE_BY_ONE, ring=post.engine.ringing.ring_called)
        outbox.sent(tx, other, 1)
        inbox.done(tx, 100)
    assert other.chat_id != chat
    assert chat in [line.chat_id for _, line, _ in post.drains()[: 2 * RUNG_AT_ONCE]]


def test_a_database_that_does_not_answer_amid_a_ring_is_nobodys_fault_and_ends_the_ring(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.settle(post.store, post.engine, range(1, 3), hour(21), post.clock.now.date())
    post.clock.now = datetime.combine(post.clock.now.date(), hour(21, 1), BERLIN)

    def is_away(*_: object) -> None:
        raise OperationalError("", None, Exception())

    with monkeypatch.context() as now:
        now.setattr(post.engine.ringing, "_ring_one", is_away)
        with pytest.raises(BusyError):
            post.rings()
    assert post.rings().many == 2  # and nobody has to wait for it


def test_of_one_couple_what_telegram_brings_late_is_heard_where_it_belongs(post: Post) -> None:
    post.lane(7)
    post.lane(8)
    with post.store.begin() as tx:
        inbox.keep(tx, [private(7, 100), private(8, 104)])
    with post.store.begin() as tx:
        inbox.keep(tx, [private(8, 102)])
        inbox.keep(tx, [private(7, 106)])
    assert heard_next(post) == [100, 102, 104, 106]
