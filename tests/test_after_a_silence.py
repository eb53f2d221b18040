"""What a silence has held back comes in its turn afterwards, and nobody behind it waits for ever."""

from datetime import timedelta

import pytest

from bot.ritual import say
from bot.storage import cards, outbox
from bot.storage.pace import AFTERWARDS, PROMPT, TO_PEOPLE
from bot.storage.store import Store, Tx
from bot.storage.tables import CoupleRow, LineRow
from tests.databases import Time
from tests.post import A_MINUTE, A_SECOND, Post, texts
from tests.road import Road
from tests.test_timetable import is_called

PATIENTLY = timedelta(days=1)


@pytest.fixture
def road(store: Store, clock: Time) -> Road:
    """The evening's card was late for its moment, a pause came before it, and nobody came back from that."""
    road = is_called(store, clock)
    began = clock.now
    (card,), _ = road.does(outbox.claim, road.engine.book, road.limits, ring=road.engine.ringing.ring_called)
    road.does(outbox.come_back, card)
    road.ann.sends("/pause")
    road.connected = True
    road.settles()
    while not road.look(is_kept):
        road.passes(minutes=5)
        assert clock.now < began + PATIENTLY
    return road


def is_kept(tx: Tx) -> bool:
    """Whether a line is kept until one of the two is there again."""
    return tx.session.query(LineRow).filter(LineRow.rank >= AFTERWARDS).count() > 0


def evenings(road: Road) -> int:
    """Return how many cards of an evening came into the room."""
    return sum(line.face.card == "tonight" and line.kind == "say" for _, line in road.sent)


def comes_back(road: Road) -> None:
    """Let both come back from the pause."""
    for one in (road.ann, road.ben):
        one.taps("I'm back")
    road.passes(minutes=20)


def test_what_is_kept_until_somebody_is_back_comes_though_the_clock_went_back(road: Road) -> None:
    road.clock.now -= A_MINUTE
    road.settles()
    comes_back(road)
    assert evenings(road) == 1


def test_what_is_kept_until_somebody_is_back_does_not_come_with_the_network(road: Road) -> None:
    road.does(outbox.try_now)
    road.passes(minutes=20)
    assert evenings(road) == 0
    comes_back(road)
    assert evenings(road) == 1


@pytest.mark.parametrize("by_day", [A_MINUTE, timedelta(hours=9)], ids=["soon", "by day"])
def test_what_was_tried_before_a_silence_lets_those_behind_it_go(
    store: Store, clock: Time, by_day: timedelta
) -> None:
    post = Post(store, clock)
    number = post.room()

    def says(text: str, rank: int) -> None:
        with store.begin() as tx:
            cards.say(tx, tx.session.get_one(CoupleRow, number), 1, say(text), rank, always=False)

    says("held back", PROMPT)
    (line,), _ = post.claims()
    with store.begin() as tx:
        outbox.come_back(tx, line)
    clock.now += timedelta(hours=2)
    with store.begin() as tx:
        couple = tx.session.get_one(CoupleRow, number)
        cards.one_after_the_other(couple, tx.now + A_MINUTE, A_MINUTE, tx.now + by_day)
    says("what came of it", TO_PEOPLE)
    post.puts("an answer", rank=TO_PEOPLE)
    began = clock.now
    gone = post.drains()
    assert sorted(texts(gone)) == ["an answer", "held back", "what came of it"]
    assert max(at for at, _, _ in gone) - began < 5 * A_SECOND
