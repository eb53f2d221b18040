"""Whoever's hour has come is called at once, and rung when their turn to be written to comes."""

from datetime import datetime, timedelta
from datetime import time as hour
from itertools import count

import pytest

from bot.couple.house import ALL_PREFERENCES, HOUSE
from bot.engine import Engine
from bot.hours import LATE
from bot.rituals.check_in import CHECK_IN
from bot.rituals.pause import BOTH_BACK
from bot.shell import AFTER_A_SILENCE
from bot.storage import couples, outbox, timetable
from bot.storage.pace import TO_PEOPLE, Limits
from bot.storage.store import Store, Tx
from bot.storage.tables import CallRow, CoupleRow, LineRow, PlayingRow
from tests import town
from tests.databases import Time
from tests.post import A_MINUTE, A_SECOND, Post
from tests.rehearsal import BERLIN
from tests.road import Road

MANY = 40
NINE = hour(21)


@pytest.fixture
def road(store: Store, clock: Time) -> Road:
    """Ann and Ben, whose evening has come; they are called, and nothing goes out just now."""
    road = is_called(store, clock)
    assert road.look(kinds) == ["call"]
    return road


def is_called(store: Store, clock: Time) -> Road:
    """Let a couple be called whose turn to be written to has not come."""
    road = Road(store, clock).joined()
    evening = road.call(CHECK_IN)
    assert evening is not None
    road.reaches(evening - A_MINUTE)
    road.connected = False
    road.passes(minutes=1)
    return road


@pytest.fixture
def post(store: Store, clock: Time) -> Post:
    """Many couples, whose evening has come."""
    post = Post(store, clock)
    post.engine = Engine(HOUSE, ALL_PREFERENCES, BERLIN)
    town.settle(store, post.engine, range(1, MANY + 1), NINE, clock.now.date())
    clock.now = datetime.combine(clock.now.date(), NINE, BERLIN)
    return post


def kinds(tx: Tx) -> list[str]:
    """Return of which kinds the lines are that wait."""
    return [kind for (kind,) in tx.session.query(LineRow.kind).order_by(LineRow.id)]


def is_written_to(road: Road) -> None:
    """Let their turn come."""
    road.connected = True
    road.settles()
    assert "call" not in road.look(kinds)


def cards(road: Road) -> list[datetime]:
    """Return when a card of an evening came to the room."""
    return [at for at, line in road.sent if line.face.card == "tonight" and line.kind == "say"]


def call(post: Post) -> int:
    """Call whoever is due."""
    with post.store.begin() as tx:
        return post.engine.ringing.ring(tx).many


def begun(post: Post) -> int:
    """Return how many evenings have begun."""
    with post.store.begin() as tx:
        return tx.session.query(PlayingRow).count()


# -- Of many, each in their turn ------------------------------------------------


def test_all_are_called_at_once_and_no_evening_begins_before_it_can_be_told(post: Post) -> None:
    post.limits = Limits(in_flight=5)
    assert call(post) == MANY
    assert call(post) == 0
    assert begun(post) == 0

    with post.store.begin() as tx:
        ready, _ = outbox.claim(tx, post.engine.book, post.limits, ring=post.engine.ringing.ring_called)

    assert len(ready) == 5
    assert 5 <= begun(post) < 5 + outbox.RUNG_AT_ONCE
    post.limits = Limits()
    assert len(post.drains()) == MANY - 5
    assert begun(post) == MANY


def test_where_nobody_may_be_rung_whoever_is_called_waits(post: Post) -> None:
    call(post)
    assert post.claims() == ([], None)
    assert begun(post) == 0


def test_they_are_rung_in_the_order_in_which_they_came_due(post: Post) -> None:
    with post.store.begin() as tx:
        rows = tx.session.query(CallRow).where(CallRow.ritual == CHECK_IN.name).all()
        numbers = [row.couple_id for row in sorted(rows, key=lambda row: row.couple_id)]
        for place, row in enumerate(sorted(rows, key=lambda row: row.couple_id)):
            row.due_at = post.clock.now - place * A_SECOND
    call(post)
    rooms = [line.chat_id for _, line, _ in post.drains()]
    with post.store.begin() as tx:
        chats = [tx.session.get_one(CoupleRow, number).chat_id for number in numbers]
    assert rooms == chats[::-1]


def test_a_ring_of_the_called_ends_where_others_wait_and_none_is_forgotten(post: Post) -> None:
    call(post)
    with post.store.begin(lambda: True) as tx:
        outbox.claim(tx, post.engine.book, post.limits, ring=post.engine.ringing.ring_called)
    assert begun(post) == outbox.AT_LEAST
    call(post)
    post.drains()
    assert begun(post) == MANY


@pytest.mark.parametrize("quiet", range(1, 12))
def test_whoever_comes_to_wait_while_lines_are_taken_makes_none_of_the_called_forgotten(
    post: Post, quiet: int
) -> None:
    for number in range(1, outbox.AT_LEAST + 1):
        post.puts("first", 1000 + number, TO_PEOPLE)
    call(post)
    looks = count()
    with post.store.begin(lambda: next(looks) >= quiet) as tx:
        outbox.claim(tx, post.engine.book, post.limits, ring=post.engine.ringing.ring_called)
    with post.store.begin() as tx:
        waiting = {couple for (couple,) in tx.session.query(LineRow.target).where(LineRow.kind == "call")}
        called = {couple for (couple,) in tx.session.query(CallRow.couple_id).where(CallRow.called)}
    assert called == waiting


@pytest.mark.parametrize(("others_wait", "rung"), [(False, outbox.MOST_RUNG), (True, outbox.AT_LEAST)])
def test_where_nothing_is_to_be_said_a_go_ends_all_the_same(
    post: Post, *, others_wait: bool, rung: int
) -> None:
    call(post)
    post.clock.now += CHECK_IN.window  # all of them are past
    with post.store.begin(lambda: others_wait) as tx:
        ready, look_again = outbox.claim(
            tx, post.engine.book, post.limits, ring=post.engine.ringing.ring_called
        )
    assert (ready, look_again) == ([], post.clock.now)
    with post.store.begin() as tx:
        assert tx.session.query(LineRow).count() == MANY - rung


def test_one_who_cannot_be_rung_holds_nobody_up_and_is_called_again(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring, unlucky = post.engine.ringing._ring_call, list[int]()  # noqa: SLF001 - it fails for one

    def fails_for_one(tx: Tx, couple: CoupleRow, due: CallRow) -> None:
        unlucky[:] = unlucky or [couple.id]
        if couple.id in unlucky:
            raise ValueError
        ring(tx, couple, due)

    call(post)
    with monkeypatch.context() as now:
        now.setattr(post.engine.ringing, "_ring_call", fails_for_one)
        assert len(post.drains()) == MANY - 1
    post.clock.now += LATE * 2
    assert call(post) == 1
    assert len(post.drains()) == 1


# -- What happens meanwhile -----------------------------------------------------


def test_one_evening_is_called_and_told_once(road: Road) -> None:
    is_written_to(road)
    road.passes(minutes=30)
    assert len(cards(road)) == 1


def test_whoever_is_written_to_late_is_told_so_and_much_later_not_at_all(road: Road) -> None:
    road.clock.now += LATE + A_MINUTE
    is_written_to(road)
    assert len(cards(road)) == 1
    assert "later than planned" in "\n".join(road.home)

    road.passes(days=1)
    road.connected = False
    road.passes(days=1)
    road.clock.now += CHECK_IN.window
    before = len(cards(road))
    is_written_to(road)
    assert len(cards(road)) == before


def test_an_evening_that_they_open_meanwhile_has_one_card(road: Road) -> None:
    road.ann.sends("/checkin")
    is_written_to(road)
    road.passes(minutes=30)
    assert len(cards(road)) == 1


def test_in_a_pause_it_waits_and_comes_after_it(road: Road) -> None:
    road.ann.sends("/pause")
    road.connected = True
    road.passes(minutes=2)
    assert "call" in road.look(kinds)
    assert not cards(road)

    back = road.clock.now
    for one in (road.ann, road.ben):
        one.taps("We're fine again")
    assert BOTH_BACK in road.home
    road.passes(minutes=30)

    (came,) = cards(road)
    assert came >= back + AFTER_A_SILENCE
    assert "call" not in road.look(kinds)


def test_whoever_changes_the_hour_meanwhile_gets_the_card_at_the_new_one(road: Road) -> None:
    later = (road.clock.now + timedelta(hours=1)).astimezone(BERLIN)

    def move(tx: Tx) -> None:
        timetable.call_of(road.couple(tx), CHECK_IN).due_at = later

    road.look(move)
    is_written_to(road)
    assert not cards(road)
    road.reaches(later)
    assert cards(road) == [later]


def test_in_a_room_that_they_leave_meanwhile_nothing_is_said(road: Road) -> None:
    road.look(lambda tx: couples.part(tx, road.couple(tx)))
    is_written_to(road)
    road.passes(days=2)
    assert not cards(road)


def test_a_clock_that_is_set_back_meanwhile_calls_nobody_too_early(road: Road) -> None:
    road.clock.now -= timedelta(hours=3)
    road.does(timetable.look_ahead_anew, road.engine.book)
    is_written_to(road)
    assert not cards(road)
    road.passes(hours=3)
    assert len(cards(road)) == 1


def test_an_answer_in_their_room_does_not_wait_for_their_call(road: Road) -> None:
    road.ann.sends("/help")
    with road.store.begin() as tx:
        ready, _ = outbox.claim(tx, road.engine.book, road.limits)
    assert [(line.kind, line.rank) for line in ready] == [("say", TO_PEOPLE)]


def test_a_room_that_takes_nothing_just_now_forgets_no_evening(road: Road) -> None:
    road.ann.sends("/help")
    with road.store.begin() as tx:
        ((line, *_), _) = outbox.claim(tx, road.engine.book, road.limits)
        outbox.drop_all(tx, line)
    is_written_to(road)
    assert len(cards(road)) == 1
