"""Many couples have the same hour: a host may spread them, each to a moment of its own."""

from datetime import datetime, timedelta
from datetime import time as hour
from random import Random

import pytest

from bot.couple.house import ALL_PREFERENCES, HOUSE
from bot.engine import Engine
from bot.shell import DELAYED
from bot.storage.store import Ids, Store
from tests import town
from tests.databases import Time
from tests.post import A_MINUTE, A_SECOND, Post
from tests.rehearsal import BERLIN

MANY = 24
WIDTH = 5 * A_MINUTE
A_LOOK = 15 * A_SECOND
NINE = hour(21)


@pytest.fixture
def post(store: Store, clock: Time) -> Post:
    """Couples who all want to be asked at nine, every evening."""
    store.ids = Ids(Random(7).getrandbits)  # noqa: S311 - no secrets; a couple's moment follows from its number
    post = Post(store, clock)
    begins_anew(post, WIDTH)
    town.settle(store, post.engine, range(1, MANY + 1), NINE, clock.now.date())
    return post


def begins_anew(post: Post, width: timedelta) -> None:
    """Begin anew, as after a restart, with another width."""
    post.engine = Engine(HOUSE, ALL_PREFERENCES, BERLIN, width)


def asked(post: Post, days: int) -> dict[int, timedelta]:
    """Let an evening come; return how long after nine each couple was asked; nobody may be asked twice."""
    nine = datetime.combine(post.clock.now.date() + timedelta(days=days), NINE, BERLIN)
    found: dict[int, timedelta] = {}
    post.clock.now = nine - A_MINUTE
    while post.clock.now < nine + 10 * A_MINUTE:
        with post.store.begin() as tx:
            post.engine.ringing.ring(tx)
        for at, line, _ in post.drains(until=post.clock.now + A_LOOK):
            if line.chat_id < 0 and line.kind == "say":
                assert line.chat_id not in found
                assert DELAYED not in line.face.text
                found[line.chat_id] = at - nine
    return found


def test_each_couple_is_asked_at_the_same_moment_every_evening_and_all_within_the_width(post: Post) -> None:
    first = asked(post, 0)
    assert len(first) == MANY
    assert timedelta() <= min(first.values()) <= max(first.values()) < WIDTH + 2 * A_LOOK
    in_halves = sum(after < WIDTH / 2 for after in first.values())
    assert MANY / 4 < in_halves < 3 * MANY / 4
    begins_anew(post, WIDTH)
    assert asked(post, 1) == first


def test_without_a_width_all_are_asked_on_the_hour(post: Post) -> None:
    begins_anew(post, timedelta())
    asked(post, 0)  # what was worked out for a width is still spread
    assert max(asked(post, 1).values()) <= 2 * A_LOOK


def test_a_width_that_changes_between_two_evenings_asks_everybody_once(
    post: Post,
) -> None:
    for days, width in enumerate((WIDTH, 9 * A_MINUTE, timedelta(), A_MINUTE)):
        begins_anew(post, width)
        assert len(asked(post, days)) == MANY
