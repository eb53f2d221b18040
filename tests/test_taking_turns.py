"""Who takes turns at the database: what presses goes first, and nobody waits for ever."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from bot.storage.store import A_REST, WAY_CLEAR, Storage, Store, Tx


class Desk:
    """A storage whose transactions are noted as they are done."""

    def __init__(self, store: Store) -> None:
        self.storage, self.done = Storage(store), list[str]()

    def note(self, _tx: Tx, what: str) -> str:
        self.done.append(what)
        return what


@pytest.fixture
def desk(store: Store) -> Iterator[Desk]:
    """A desk at which nobody waits."""
    desk = Desk(store)
    yield desk
    desk.storage.close()


async def test_what_comes_first_goes_before_all_that_wait(desk: Desk) -> None:
    begun, goes_on = threading.Event(), threading.Event()

    def long(_tx: Tx) -> None:
        begun.set()
        goes_on.wait()

    held = asyncio.create_task(desk.storage.run(long))
    await asyncio.to_thread(begun.wait)
    waiting = [asyncio.create_task(desk.storage.run(desk.note, each)) for each in "abc"]
    await asyncio.sleep(0)
    waiting.append(asyncio.create_task(desk.storage.first(desk.note, "pause")))
    await asyncio.sleep(0)
    goes_on.set()
    await asyncio.gather(held, *waiting)
    assert desk.done == ["pause", "a", "b", "c"]


async def test_a_transaction_sees_that_others_wait_and_that_one_of_them_goes_first(desk: Desk) -> None:
    asked, looked, seen = threading.Event(), threading.Event(), list[tuple[bool, bool]]()

    def long(tx: Tx) -> None:
        for _ in range(3):
            asked.wait()
            asked.clear()
            seen.append((tx.others_wait(), tx.one_goes_first()))
            looked.set()

    async def looks() -> None:
        await asyncio.sleep(0)
        looked.clear()
        asked.set()
        await asyncio.to_thread(looked.wait)

    waiting: list[asyncio.Task[Any]] = [asyncio.create_task(desk.storage.run(long))]
    await looks()
    waiting.append(asyncio.create_task(desk.storage.run(desk.note, "a")))
    await looks()
    waiting.append(asyncio.create_task(desk.storage.first(desk.note, "pause")))
    await looks()
    await asyncio.gather(*waiting)
    assert seen == [(False, False), (True, False), (True, True)]


async def test_while_the_way_is_clear_only_what_comes_first_is_begun(desk: Desk) -> None:
    desk.storage.clear_the_way()
    other = asyncio.create_task(desk.storage.run(desk.note, "other"))
    await asyncio.sleep(0)
    assert await desk.storage.first(desk.note, "heard") == "heard"
    assert await desk.storage.first(desk.note, "answered") == "answered"
    assert desk.done == ["heard", "answered"]

    desk.storage.free_the_way()
    assert await other == "other"


async def test_the_way_is_free_again_by_itself_and_not_cleared_at_once_anew(desk: Desk) -> None:
    clock = asyncio.get_running_loop()
    began = clock.time()
    desk.storage.clear_the_way()
    await desk.storage.run(desk.note, "kept waiting")
    assert WAY_CLEAR <= clock.time() - began < 4 * WAY_CLEAR

    began = clock.time()
    desk.storage.clear_the_way()  # somebody presses without end: the others get their turn as long
    await desk.storage.run(desk.note, "not kept waiting")
    assert clock.time() - began < WAY_CLEAR / 2


async def test_while_more_waits_the_event_loop_has_a_moment_for_itself_between_two(desk: Desk) -> None:
    clock = asyncio.get_running_loop()
    began = clock.time()
    await asyncio.gather(*(desk.storage.run(desk.note, str(each)) for each in range(10)))
    assert clock.time() - began >= 9 * A_REST


async def test_where_nothing_else_waits_nobody_rests(desk: Desk) -> None:
    clock = asyncio.get_running_loop()
    took = list[float]()
    for each in range(10):
        began = clock.time()
        await desk.storage.run(desk.note, str(each))
        took.append(clock.time() - began)
    assert min(took[1:]) < A_REST  # a rest would be in each of them; a slow disk is in some


def test_a_storage_that_is_closed_ends_what_it_has_begun(store: Store) -> None:
    desk = Desk(store)

    async def asks() -> str:
        desk.storage.clear_the_way()
        asked = asyncio.create_task(desk.storage.run(desk.note, "asked"))
        await asyncio.sleep(0)
        desk.storage.close()
        return await asked

    assert asyncio.run(asks()) == "asked"
