"""Many processes on one PostgreSQL: who is there, who polls, and what becomes of what one had in flight."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import ClientTimeout
from sqlalchemy import text

from bot.playground.cast import BOT
from bot.storage import inbox, outbox
from bot.storage.pace import Limits
from bot.storage.presence import Presence
from bot.storage.store import Storage, Store
from bot.telegram import intake
from bot.telegram.intake import Listener, Polling
from bot.telegram.line import Calls, Line, Said, raw_bot
from tests.databases import KEYS, Time
from tests.post import A_MINUTE, A_SECOND, Post, texts
from tests.wire import Wire

SOON = 5.0  # seconds
LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)


@pytest.fixture
def kind(server: object) -> str:
    """Only PostgreSQL is shared."""
    assert server
    return "postgresql"


@pytest.fixture
def two(store: Store) -> Iterator[tuple[Presence, Presence]]:
    """Lend two processes' presence in one database."""
    both = Presence(store.engine.url), Presence(store.engine.url)
    yield both
    for each in both:
        each.leave()


def cut(store: Store) -> None:
    """Cut every connection but ours, as a database that is started again does."""
    with store.engine.begin() as connection:
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
                 "AND pid <> pg_backend_pid()")
        )  # fmt: skip


def soon(so: Callable[[], bool]) -> bool:
    """Whether something is so within some seconds: a server ends what it was told to end a moment later."""
    end = time.monotonic() + SOON
    while not so():
        if time.monotonic() > end:
            return False
    return True


def test_whoever_comes_first_is_alone_and_who_comes_later_is_not(two: tuple[Presence, Presence]) -> None:
    one, other = two
    with one.arriving() as alone:
        assert alone
    with other.arriving() as alone:
        assert not alone
    one.leave()
    other.leave()
    with one.arriving() as alone:
        assert alone


def test_only_one_polls_and_another_does_as_soon_as_it_is_gone(two: tuple[Presence, Presence]) -> None:
    one, other = two
    assert [one.polls(), other.polls(), one.polls(), other.polls()] == [True, False, True, False]
    one.leave()
    assert [other.polls(), one.polls()] == [True, False]


def test_who_loses_the_database_does_not_poll_until_it_is_his_turn_again(
    store: Store, two: tuple[Presence, Presence]
) -> None:
    one, other = two
    assert one.polls()
    cut(store)
    assert soon(other.polls)
    assert not one.polls()
    assert not one.polls()
    other.leave()
    assert one.polls()


def test_who_lost_the_database_for_a_moment_is_there_again_before_another_comes(
    store: Store, two: tuple[Presence, Presence]
) -> None:
    one, other = two
    with one.arriving():
        pass
    cut(store)
    assert one.stays()
    with other.arriving() as alone:
        assert not alone


def test_sqlite_is_nobody_elses() -> None:
    presence = Presence(Store("sqlite://", KEYS, Time()).engine.url)
    assert not presence.is_shared
    with presence.arriving() as alone:
        assert alone
    assert presence.polls()
    assert presence.stays()


def test_what_another_has_in_flight_is_left_to_it_until_it_is_silent_for_too_long(
    store: Store, clock: Time
) -> None:
    post = Post(store, clock)
    post.limits = Limits(answered_within=A_MINUTE)
    post.puts("return", 1, again=True)
    post.puts("evening", 2)
    assert len(post.claims()[0]) == 2
    clock.now += A_MINUTE - A_SECOND
    with store.begin() as tx:
        assert outbox.land(tx, alone=False) == (0, 0)
    assert post.claims() == ([], None)
    clock.now += A_SECOND
    with store.begin() as tx:
        assert outbox.land(tx, alone=False) == (1, 1)
    assert texts(post.drains()) == ["return"]


async def test_no_call_takes_longer_than_the_others_wait_before_they_take_up_its_line(wire: Wire) -> None:
    longest: list[float | None] = []

    class Seen(Calls):
        """Notes how long each call may take."""

        async def carry(
            self, method: str, url: str, said: Said, spans: ClientTimeout, /
        ) -> tuple[int, bytes]:
            longest.append(spans.total)
            return await super().carry(method, url, said, spans)

    line = Line(BOT.token, wire.address, 5.0, Seen)
    async with raw_bot(line, 2) as bot:
        await bot.send_message(-1, "return")
    assert longest
    assert all(total is not None and total <= line.longest_call.total_seconds() for total in longest)


def test_all_who_share_a_database_go_by_its_clock(store: Store) -> None:
    with store.begin() as tx:
        told = tx.session.execute(text("SELECT clock_timestamp()")).scalar_one()
    wrong = Store(
        store.engine.url.render_as_string(hide_password=False), KEYS, lambda: LONG_AGO, by_its_clock=True
    )
    with wrong.begin() as tx:
        assert timedelta() <= tx.now - told < A_MINUTE
    assert timedelta() <= wrong.now() - told < A_MINUTE
    wrong.close()


async def test_who_stands_by_polls_when_the_other_is_gone_and_is_told_what_that_one_did_not_confirm(
    store: Store, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "STANDS_BY", 0.01)
    url = store.engine.url.render_as_string(hide_password=False)
    storages = Storage(store), Storage(Store(url, KEYS, store.now))
    wire.answers["getUpdates"] += [(200, {"ok": True, "result": [{"update_id": 5}]})] * 2
    async with raw_bot(Line(BOT.token, wire.address, 5.0), 2) as bot:
        one, other = (Polling(bot, storage, Listener(lambda: None)) for storage in storages)
        other.cut_off = True  # Telegram was out of its reach when it last asked
        await one.once()
        await other.once()
        assert (one.stands_by, other.stands_by) == (False, True)
        assert not other.cut_off
        assert len(wire.asked("getUpdates")) == 1
        store.presence.leave()
        await other.once()
        assert (other.stands_by, other.caught_up) == (False, True)
    assert [call.get("offset") for call in wire.asked("getUpdates")] == [None, None]
    assert await storages[1].run(inbox.unheard) == 1
    for storage in storages:
        storage.close()
