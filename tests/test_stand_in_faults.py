"""Telegram on its worst days: calls that go wrong, a network that is gone, and many people at once.

A real `telegram.Bot` makes every call here. What a bot's process lives through is in test_conductor.py.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TelegramError, TimedOut

from bot.playground.cast import BOT, BY_NAME
from tests.standing_in import HOME, House, standing_in

ANN = BY_NAME["ann"].id


@pytest_asyncio.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    async with standing_in(tmp_path) as house:
        await house.says("ann", "/start", "private")
        await house.told()
        yield house


def asked_to_wait(refused: pytest.ExceptionInfo[RetryAfter]) -> int:
    """Return the seconds that a 429 asks to wait."""
    wait = refused.value.retry_after
    return int(wait / timedelta(seconds=1)) if isinstance(wait, timedelta) else wait


# -- Single calls -------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "error", "says", "arrives"),
    [
        ("400", BadRequest, "Chat not found", False),
        ("403", Forbidden, "bot was kicked from the group chat", False),
        ("429", RetryAfter, "Flood control exceeded", False),
        ("500", NetworkError, "Internal Server Error", False),
        ("502", NetworkError, "Bad Gateway", False),
        ("cut_before", NetworkError, None, False),
        ("cut_after", NetworkError, None, True),
        ("timeout_before", TimedOut, None, False),
        ("timeout_after", TimedOut, None, True),
    ],
)
async def test_a_call_goes_wrong_and_arrives_or_not(
    house: House, kind: str, error: type[TelegramError], says: str | None, *, arrives: bool
) -> None:
    await house.post("fault", kind=kind, method="sendMessage")
    with pytest.raises(error, match=says) as found:
        await house.bot.send_message(HOME, "A card", read_timeout=0.3)
    assert type(found.value) is error
    assert [one["text"] for one in await house.reads("ann")] == ["A card"][:arrives]
    call = (await house.sees("calls", method="sendMessage"))[-1]
    assert (call["answer"] is None) is (kind in {"cut_before", "timeout_before"})
    await house.card()  # the next one is well


async def test_a_502_is_the_page_of_a_proxy(house: House) -> None:
    await house.post("fault", kind="502")
    answer = await house.http.post(f"/bot{BOT.token}/getMe")
    assert answer.status_code == 502
    assert answer.headers["content-type"].startswith("text/html")
    assert "<h1>502 Bad Gateway</h1>" in answer.text


async def test_a_400_says_what_it_is_told_to_say(house: House) -> None:
    await house.post("fault", kind="400", says="Bad Request: can't parse entities: on purpose")
    with pytest.raises(BadRequest, match="Can't parse entities: on purpose"):
        await house.card()


async def test_a_fault_can_be_of_one_chat_and_method_so_often(house: House) -> None:
    await house.post("fault", kind="500", method="sendMessage", chat=ANN, count=2)
    await house.card()
    for _ in range(2):
        await house.bot.send_chat_action(ANN, "typing")
        with pytest.raises(NetworkError):
            await house.card(chat=ANN)
    await house.card(chat=ANN)
    await house.post("fault", kind="500", who="ann", where="room", count=5)
    with pytest.raises(NetworkError):
        await house.card()
    await house.card(chat=ANN)
    await house.post("fault", mend=True)
    await house.card()
    assert (await house.sees("state"))["faults"] == []


async def test_a_fault_can_hold_for_a_while(house: House) -> None:
    await house.post("fault", **{"kind": "500", "for": "PT10M"})
    for span in ("PT1M", "PT8M", "PT59S"):
        await house.passes(span)
        with pytest.raises(NetworkError):
            await house.card()
    await house.passes("PT1S")
    await house.card()


async def test_a_chat_that_is_too_fast_is_refused_until_the_time_has_passed(house: House) -> None:
    await house.post("fault", kind="429", chat=HOME, retry_after=60)
    card = await house.card(chat=ANN)
    with pytest.raises(RetryAfter) as refused:
        await house.card()
    assert asked_to_wait(refused) == 60
    await house.passes("PT20S")
    with pytest.raises(RetryAfter) as refused:
        await house.bot.edit_message_text("x", HOME, 1)
    assert 38 <= asked_to_wait(refused) <= 40
    await house.bot.edit_message_text("Another", ANN, card.message_id)
    await house.passes("PT40S")
    await house.card()
    assert (await house.sees("pace"))["refused"] == 2


async def test_taps_of_a_chat_that_is_too_fast_can_be_answered(house: House) -> None:
    await house.card()
    await house.post("fault", kind="429", chat=HOME, retry_after=60)
    await house.post("tap", who="ann", where="room", label="Yes")
    query = (await house.one()).callback_query
    assert query is not None
    assert await query.answer("Yes")
    await house.post("fault", kind="500", method="answerCallbackQuery", chat=HOME)
    await house.post("tap", who="ann", where="room", label="Yes")
    query = (await house.one()).callback_query
    assert query is not None
    with pytest.raises(NetworkError):
        await query.answer("Yes")


async def test_everything_can_be_too_fast(house: House) -> None:
    await house.post("fault", kind="429", chat="*", retry_after=30)
    for chat in (HOME, ANN):
        with pytest.raises(RetryAfter):
            await house.card(chat=chat)
    assert await house.told() == []  # getUpdates is spared
    await house.passes("PT30S")
    await house.card()


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "fire"},
        {"kind": "500", "count": 0},
        {"kind": "500", "for": "a while"},
        {"kind": "500", "chat": "Home"},
        {"kind": "500", "who": "zoe"},
    ],
)
async def test_a_fault_that_cannot_be_is_refused(house: House, body: dict[str, object]) -> None:
    assert await house.refused("fault", **body) in {400, 404}


# -- The network --------------------------------------------------------------


async def test_a_network_that_is_gone_cuts_every_call_and_the_open_poll(house: House) -> None:
    poll = asyncio.create_task(house.bot.get_updates(offset=house.offset, timeout=30))
    await asyncio.sleep(0.05)
    await house.post("network", gone=True)
    async with asyncio.timeout(2):
        with pytest.raises(NetworkError):
            await poll
    for call in (house.card(), house.bot.get_me(), house.bot.get_updates(timeout=0)):
        with pytest.raises(NetworkError):
            await call
    await house.says("ann", "/kept")
    assert (await house.sees("state"))["network_gone"] == "cut"
    await house.post("network", gone=False)
    assert await house.heard() == ["/kept"]
    assert await house.reads("ben") == [await a_message(house, "/kept")]


async def a_message(house: House, text: str) -> dict[str, object]:
    return next(one for one in await house.reads("ann") if one["text"] == text)


async def test_what_waits_without_a_network_grows_old(house: House) -> None:
    await house.card()
    await house.post("network", gone=True)
    await house.says("ann", "/yesterday")
    await house.passes("PT23H59M")
    await house.says("ann", "/today")
    await house.post("tap", who="ann", where="room", label="Yes")
    await house.passes("PT151S")
    await house.post("network", gone=False)
    assert await house.heard() == ["/today"]


async def test_a_network_that_hangs_answers_nothing_until_it_is_back(house: House) -> None:
    await house.post("network", gone=True, how="hang")
    with pytest.raises(TimedOut):
        await house.bot.send_message(HOME, "x", read_timeout=0.2)
    poll = asyncio.create_task(house.bot.get_updates(offset=house.offset, timeout=0, read_timeout=20))
    await asyncio.sleep(0.05)
    await house.says("ann", "/kept")
    assert not poll.done()
    await house.post("network", gone=False)
    async with asyncio.timeout(2):
        with pytest.raises(NetworkError):
            await poll
    assert await house.heard() == ["/kept"]
    assert await house.refused("network", gone=True, how="slowly") == 400


# -- In numbers ---------------------------------------------------------------


async def test_strangers_come_in_numbers(house: House) -> None:
    names = (await house.post("many", strangers=250))["strangers"]
    assert (len(set(names)), names[0]) == (250, "s1")
    updates = [update for _ in range(3) for update in await house.told()]
    assert len({update.message.from_user.id for update in updates}) == 250  # type: ignore[union-attr]
    await house.restarts()
    assert (await house.post("many", strangers=1))["strangers"] == ["s251"]
    await house.says("s1", "hello", "private")
    assert await house.heard() == ["/start", "hello"]
    assert await house.refused("many", strangers=0) == 400
    assert await house.refused("many", couples=10_001) == 400


async def test_couples_come_in_numbers_each_with_a_room(house: House) -> None:
    couples = (await house.post("many", couples=3))["couples"]
    assert [one["who"] for one in couples] == [["ada1", "bo1"], ["ada2", "bo2"], ["ada3", "bo3"]]
    added = [update.my_chat_member for update in await house.told() if update.my_chat_member]
    assert [one.chat.id for one in added] == [one["chat"] for one in couples]
    await house.card(chat=couples[1]["chat"])
    assert [len(await house.reads(who)) for who in ("bo1", "bo2", "bo3", "ann")] == [0, 1, 0, 0]


async def test_the_pace_is_the_most_that_any_window_saw(house: House) -> None:
    for _ in range(3):
        await house.card()
    await house.card(chat=ANN)
    await house.passes("PT30S")
    await house.card()
    await house.passes("PT5M")
    await house.card()
    seen = await house.sees("pace", anew=True)
    assert (seen["messages"], seen["refused"], seen["most_in_a_second"]) == (6, 0, 4)
    assert seen["most_in_a_minute_in_a_group"] == [{"chat": HOME, "most": 4}]
    assert seen["most_in_a_second_in_a_chat"] == [{"chat": HOME, "most": 3}, {"chat": ANN, "most": 1}]
    assert (await house.sees("pace"))["messages"] == 0


async def test_calls_are_found_by_method_and_chat_and_counted(house: House) -> None:
    for chat in (HOME, ANN, HOME):
        await house.card(chat=chat)
    await house.bot.send_chat_action(HOME, "typing")
    found = await house.sees("calls", chat=HOME, method="sendMessage")
    assert [call["params"]["chat_id"] for call in found] == [HOME, HOME]
    counted = await house.sees("calls", chat=HOME, since=found[0]["n"], count=True)
    assert (counted["count"], counted["newest"]) == (2, found[1]["n"] + 1)
    assert counted["ever"]["sendMessage"] == 3


async def test_the_kept_calls_are_bounded_and_counted_beyond(house: House) -> None:
    for number in range(5_010):
        house.exchange.record("getMyName", {}, {"ok": True, "result": {"name": str(number)}})
    assert len(await house.sees("calls", since=0)) == 5_000
    assert (await house.sees("calls", count=True))["ever"]["getMyName"] == 5_010
