"""How fast Telegram is written to: moments ahead, who comes between them, and who is late for them."""

import asyncio
from collections import Counter, defaultdict
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.storage.pace import (
    AHEAD,
    FIRST,
    LATE_AT_MOST,
    PROMPT,
    SECOND,
    TIDYING,
    TO_PEOPLE,
    TO_STRANGERS,
    Limits,
    Pace,
)
from bot.storage.store import Store
from bot.storage.tables import LineRow
from bot.telegram.outbound import LateError, Moment
from tests.databases import Time
from tests.post import A_MINUTE, PAST, Post, most_within
from tests.road import ME
from tests.test_outbound import DONE, LATER, sending
from tests.wire import Wire

RANKS = FIRST, TO_PEOPLE, PROMPT, TIDYING, TO_STRANGERS
A_BREATH = 0.05  # seconds


@pytest.fixture
def post(store: Store, clock: Time) -> Post:
    """An outbox with nothing in it."""
    return Post(store, clock, Limits(in_flight=64))


# -- Moments --------------------------------------------------------------------


# As late as may be: all calls of a second have their moments in one that is as much longer.
IN_A_SECOND, IN_A_MINUTE = SECOND + LATE_AT_MOST, A_MINUTE + LATE_AT_MOST


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([PROMPT, *RANKS]),
            st.integers(1, 60),  # the room
            st.booleans(),  # or an edit in it
            st.sampled_from([0, 5, 20, 30, 40, 60, 400]),  # milliseconds until the next wants to leave
        ),
        min_size=40,
        max_size=200,
    )
)
def test_whatever_comes_at_whatever_rank_and_late_no_second_and_no_minute_holds_too_much(
    store: Store, drawn: list[tuple[int, int, bool, int]]
) -> None:
    moments, prompts = list[datetime](), list[datetime]()
    rooms = defaultdict[int, list[datetime]](list)
    with store.begin() as tx, tx.session.no_autoflush:
        limits = Limits()
        pace = Pace(tx, limits, [])
        for rank, room, edits, pause in drawn:
            line = LineRow(
                rank=rank, kind="redraw" if edits else "say", target=room, couple_id=room, to_id=None
            )
            tx.now += timedelta(milliseconds=pause)
            at = pace.earliest(line)
            assert at >= tx.now
            if at <= tx.now + AHEAD:
                pace.note(line, at)
                moments.append(at)
                prompts += [at] if rank >= PROMPT else []
                rooms[room] += [] if edits else [at]
        tx.session.rollback()
    assert most_within(moments, IN_A_SECOND) <= limits.prompts_a_second + limits.answers_a_second
    assert most_within(prompts, IN_A_SECOND) <= limits.prompts_a_second
    assert all(most_within(theirs, IN_A_MINUTE) <= limits.group_a_minute for theirs in rooms.values())


def test_a_lone_line_leaves_at_once_and_a_crowd_two_by_two(post: Post) -> None:
    post.puts("alone")
    assert [at for at, _, _ in post.drains()] == [post.clock.now]
    post.clock.now += 2 * A_MINUTE
    for number in range(2, 82):
        post.puts("crowd", number)
    moments = [at for at, _, _ in post.drains()]
    assert max(Counter(moments).values()) == 2
    assert most_within(moments, IN_A_SECOND) == post.limits.prompts_a_second


def test_a_room_hears_no_more_in_a_minute_though_each_be_late(post: Post) -> None:
    for number in range(30):
        post.puts(f"line {number}")
    assert most_within([at for at, _, _ in post.drains()], IN_A_MINUTE) == post.limits.group_a_minute


def test_prompts_that_are_taken_ahead_leave_what_comes_first_its_place_now(post: Post) -> None:
    for number in range(1, 61):
        post.puts("Good evening", number)
    ahead = [line.leaves_at for line in post.claims()[0] if line.leaves_at > post.clock.now]
    assert ahead
    assert max(ahead) <= post.clock.now + AHEAD
    for number in range(70, 73):
        post.puts("pause", number, at_once=True)
        assert [(line.face.text, line.leaves_at) for line in post.claims()[0]] == [("pause", post.clock.now)]


# -- Late for them --------------------------------------------------------------


async def test_who_is_late_for_a_moment_in_a_crowd_comes_back_once_and_then_goes(
    post: Post, wire: Wire
) -> None:
    post.crowds()
    post.puts("late")
    (line,), _ = post.claims()
    assert line.punctual
    async with sending(post, wire.address) as sender:
        await sender.send(line, ME, PAST)
        assert post.lines() == LATER
        assert wire.asked("sendMessage") == []
        (line,), _ = post.claims()
        assert not line.punctual
        await sender.send(line, ME, PAST)
    assert post.lines() == DONE
    assert [call["text"] for call in wire.asked("sendMessage")] == ["late"]


def test_what_comes_first_and_what_comes_alone_is_never_sent_back(post: Post) -> None:
    post.puts("alone", 1)
    (alone,), _ = post.claims()
    post.crowds()
    post.puts("pause", 2, at_once=True)
    (pause,), _ = post.claims()
    assert not alone.punctual
    assert not pause.punctual


async def test_a_line_waits_for_its_moment_and_is_on_time() -> None:
    moment = Moment(asyncio.get_running_loop().time() + A_BREATH, punctual=True)
    await moment.comes()
    assert asyncio.get_running_loop().time() >= moment.at


async def test_only_the_first_call_of_a_line_waits_or_is_late() -> None:
    time, called = asyncio.get_running_loop().time, list[str]()

    async def call(name: str) -> None:
        called.append(name)

    for at, punctual in ((time(), True), (PAST, False)):
        moment = Moment(at, punctual)
        await moment.then(call, "with a picture")
        moment.at = PAST
        await moment.then(call, "without")
    with pytest.raises(LateError):
        await Moment(PAST, punctual=True).then(call, "late")
    assert called == ["with a picture", "without"] * 2
