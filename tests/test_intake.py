"""Durable intake: committed before it is confirmed, and nothing that arrives can block what is behind it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy.exc import OperationalError
from telegram.error import Conflict, TimedOut

from bot.clock import Heartbeat
from bot.couple.house import ALL_PREFERENCES, HOUSE
from bot.engine import Engine
from bot.metrics import Metrics
from bot.playground.cast import BOT, BY_NAME, ROOM_BY_NAME
from bot.playground.exchange import Exchange, Fault
from bot.playground.stage import Stage
from bot.playground.theatre import LOOPBACK, server
from bot.ritual import Person, Seat, say
from bot.serving import bound
from bot.storage import cards, couples, inbox, outbox
from bot.storage.pace import TO_PEOPLE, Limits
from bot.storage.store import Storage, Store
from bot.storage.tables import InboxRow
from bot.telegram import asides
from bot.telegram.app import Tend
from bot.telegram.intake import Listener, Polling
from bot.telegram.line import Line, RawBot, raw_bot
from tests.databases import Time
from tests.wire import Wire, refusal

HOME, ANN, BEN = ROOM_BY_NAME["Home"].id, BY_NAME["ann"].id, BY_NAME["ben"].id
SOON = 15.0  # seconds in which everything here is long done
MANY = 700  # updates of one couple, whose turns reach further than a minute ahead
A_MOMENT = 0.3  # in which a bot that waits for nothing has ended
Json = dict[str, Any]


@dataclass
class House:
    """The stand-in in this process, a store, and an intake between them."""

    exchange: Exchange
    address: str
    store: Store
    storage: Storage
    bot: RawBot
    intake: Polling
    stored: asyncio.Event

    def tells(self, kind: str = "message", **body: Any) -> int:  # noqa: ANN401 - JSON
        """Let Telegram have an update for the bot, and return its number."""
        self.exchange.updates.tell(kind, body)
        self.exchange.kept()
        return self.exchange.updates.waiting()[-1].id

    def unconfirmed(self) -> list[int]:
        """Return what Telegram would say again."""
        return [update.id for update in self.exchange.updates.waiting()]

    def inbox(self) -> dict[int, str]:
        """Return what is stored, and how far it is."""
        with self.store.begin() as tx:
            return {row.update_id: row.stage for row in tx.session.query(InboxRow)}


@asynccontextmanager
async def standing_in(folder: Path) -> AsyncIterator[tuple[Exchange, str]]:
    """Run the stand-in in this process."""
    exchange = Exchange(folder)
    serving, listener = server(Stage(exchange, None)), bound(f"{LOOPBACK}:0")
    running = asyncio.create_task(serving.serve(sockets=[listener]))
    try:
        yield exchange, f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        exchange.closing = serving.should_exit = True
        exchange.ring()
        await running
        exchange.history.close()


@pytest_asyncio.fixture
async def house(store: Store, tmp_path: Path) -> AsyncIterator[House]:
    async with standing_in(tmp_path / "stand-in") as (exchange, address):
        storage, stored = Storage(store), asyncio.Event()
        bot = raw_bot(Line(BOT.token, address, SOON), 2)
        async with bot:
            intake = Polling(bot, storage, Listener(stored.set))
            yield House(exchange, address, store, storage, bot, intake, stored)
        storage._thread.shutdown()


def said(text: str, **more: Any) -> Json:  # noqa: ANN401 - JSON
    body = {
        "message_id": 900,
        "from": {"id": ANN, "is_bot": False, "first_name": "Ann"},
        "chat": {"id": HOME, "type": "group", "title": "Home"},
        "date": 1_777_660_000,
        "text": text,
    }
    return body | more


# -- Committed, then confirmed ------------------------------------------------


async def test_what_is_stored_is_not_confirmed_yet_and_the_next_call_confirms_it(house: House) -> None:
    first = house.tells(**said("one"))
    before = house.unconfirmed()
    await house.intake.once()
    assert set(house.inbox()) == set(before) >= {first}
    assert house.unconfirmed() == before
    second = house.tells(**said("two"))
    await house.intake.once()
    assert house.unconfirmed() == [second]
    assert second in house.inbox()


async def test_what_could_not_be_stored_is_not_confirmed_and_comes_again(house: House) -> None:
    number = house.tells(**said("one"))
    full = Storage(house.store)
    full.first = locked  # type: ignore[method-assign, assignment]
    failing = Polling(house.bot, full, Listener(house.stored.set))
    for _ in range(2):
        with pytest.raises(OperationalError):
            await failing.once()
        assert number in house.unconfirmed()
    assert house.inbox() == {}
    assert not house.stored.is_set()
    await house.intake.once()
    assert number in house.inbox()


async def locked(*_: object) -> None:
    raise OperationalError("INSERT", {}, Exception("database is locked"))


async def test_a_database_that_is_locked_for_a_while_does_not_end_the_intake(house: House) -> None:
    number, storage, failed = house.tells(**said("one")), Storage(house.store), 0

    async def once_locked(*args: Any) -> Any:  # noqa: ANN401 - whatever a transaction returns
        nonlocal failed
        failed += 1
        if failed == 1:
            await locked()
        return await house.storage.first(*args)

    storage.first = once_locked  # type: ignore[method-assign, assignment]
    await runs(Polling(house.bot, storage, Listener(house.stored.set)), house.stored.wait)
    assert number in house.inbox()


async def runs(intake: Polling, until: Callable[[], Awaitable[object]]) -> None:
    """Let an intake run until something is so; it must not end by itself."""
    running, waiting = asyncio.create_task(intake.run()), asyncio.ensure_future(until())
    done, _ = await asyncio.wait({running, waiting}, timeout=SOON, return_when=asyncio.FIRST_COMPLETED)
    for task in (running, waiting):
        task.cancel()
    await asyncio.gather(running, waiting, return_exceptions=True)
    assert running not in done, "the intake ended"
    assert waiting in done, "it never came"


class Refused(Polling):
    """Is refused, and then cannot even ask why."""

    turns = 0

    async def once(self) -> None:
        self.turns += 1
        if self.turns == 1:
            raise Conflict("terminated by other getUpdates request")
        self._listener.stored()
        await asyncio.Event().wait()

    async def is_refused(self) -> None:
        self.turns += 1
        if self.turns == 2:
            raise TimedOut
        self._refused = False


async def test_a_refusal_that_cannot_be_explained_does_not_end_the_intake(house: House) -> None:
    intake = Refused(house.bot, house.storage, Listener(house.stored.set))
    await runs(intake, house.stored.wait)
    assert intake.turns == 4
    assert not intake.in_touch


# -- Repetitions --------------------------------------------------------------


async def test_what_comes_twice_is_stored_once(house: House) -> None:
    house.tells(**said("one"))
    await house.intake.once()
    stored = house.inbox()
    again = Polling(
        house.bot, house.storage, Listener(house.stored.set)
    )  # as after a kill: it knows of no confirmation
    await again.once()
    assert house.inbox() == stored


async def test_what_is_done_stays_done_when_it_comes_again(house: House) -> None:
    number = house.tells(**said("one"))
    await house.intake.once()
    await house.storage.run(inbox.done, number)
    await Polling(house.bot, house.storage, Listener(house.stored.set)).once()
    assert house.inbox()[number] == "done"
    assert number not in [waiting for waiting, _ in await house.storage.run(inbox.waiting, 50)]


async def test_numbers_that_begin_anew_after_a_quiet_week_are_new_all_the_same(store: Store) -> None:
    with store.begin() as tx:
        assert inbox.keep(tx, [{"update_id": 900_000_000}]) == 1
        assert inbox.keep(tx, [{"update_id": 7}, {"update_id": 7}, {"update_id": 900_000_000}]) == 1


def test_numbers_are_remembered_longer_than_telegram_repeats_them(store: Store, clock: Time) -> None:
    with store.begin() as tx:
        inbox.keep(tx, [{"update_id": 1}, {"update_id": 2}, {"update_id": 3}])
        inbox.done(tx, 1)
        inbox.bury(tx, 2)
    for days, left in ((3, {1, 2, 3}), (5, {2, 3})):
        clock.now = Time().now.replace(day=1 + days)
        with store.begin() as tx:
            inbox.sweep(tx)
            assert {row.update_id for row in tx.session.query(InboxRow)} == left


@pytest.mark.parametrize("by", [timedelta(minutes=5), timedelta(hours=1), timedelta(days=3)], ids=str)
def test_who_wrote_before_the_clock_went_back_is_heard_before_who_wrote_after(
    store: Store, clock: Time, by: timedelta
) -> None:
    with store.begin() as tx:
        inbox.keep(tx, [{"update_id": number, "message": said(str(number))} for number in range(MANY)])
    clock.now -= by
    with store.begin() as tx:
        inbox.keep(tx, [{"update_id": MANY, "message": said("after")}])
        inbox.goes_back(tx, by - timedelta(seconds=1))  # it is noticed a moment later
    with store.begin() as tx:
        heard = [number for number, _ in inbox.waiting(tx, 2 * MANY)]
    assert heard == list(range(MANY + 1))


# -- Telegram's bad days ------------------------------------------------------


async def test_a_second_poller_is_a_conflict_for_the_first(house: House) -> None:
    house.tells(**said("one"))
    await house.intake.once()
    house.exchange.updates.confirm(house.unconfirmed()[-1] + 1)
    waiting = asyncio.create_task(house.intake.once())
    await house.exchange.until(lambda: house.exchange.world.profile.allowed_updates != [], SOON)
    async with raw_bot(Line(BOT.token, house.address, SOON), 2) as other:
        second = asyncio.create_task(Polling(other, house.storage, Listener(house.stored.set)).once())
        with pytest.raises(Conflict):
            await waiting
        house.tells(**said("two"))
        await second


async def test_a_conflict_does_not_end_the_intake(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.tells(**said("one"))
    async with raw_bot(Line(BOT.token, house.address, SOON), 2) as other:

        async def complains() -> None:
            await house.stored.wait()
            while "another process" not in caplog.text:
                await other.get_updates(timeout=0)

        await runs(house.intake, complains)


@pytest.mark.parametrize(
    "fault", [Fault("429", "getUpdates", 1, 1), Fault("500", "getUpdates", 1, 1)], ids=["429", "500"]
)
async def test_after_a_refusal_it_polls_again(house: House, fault: Fault) -> None:
    number = house.tells(**said("one"))
    house.exchange.faults.append(fault)
    await runs(house.intake, house.stored.wait)
    assert number in house.inbox()


async def test_an_update_whose_number_no_database_holds_is_passed_over(store: Store, wire: Wire) -> None:
    storage, stored = Storage(store), asyncio.Event()
    wire.answers["getUpdates"].append((200, {"ok": True, "result": [{"update_id": 2**70}, {"update_id": 5}]}))
    async with raw_bot(Line(BOT.token, wire.address, SOON), 2) as bot:
        intake = Polling(bot, storage, Listener(stored.set))
        await intake.once()
        await intake.once()
    assert wire.asked("getUpdates")[1]["offset"] == str(2**70 + 1)
    storage._thread.shutdown()
    with store.begin() as tx:
        assert [number for number, _ in inbox.waiting(tx, 9)] == [5]


async def test_after_a_whole_batch_it_asks_at_once_whether_there_is_more(store: Store, wire: Wire) -> None:
    storage, stored = Storage(store), asyncio.Event()
    batches: tuple[list[Json], ...] = ([], [{"update_id": number} for number in range(1, 101)], [], [])
    wire.answers["getUpdates"] += [(200, {"ok": True, "result": batch}) for batch in batches]
    told: list[bool] = []
    async with raw_bot(Line(BOT.token, wire.address, SOON), 2) as bot:
        intake = Polling(bot, storage, Listener(stored.set))
        for _ in batches:
            stored.clear()
            await intake.once()
            told.append(stored.is_set())
    storage._thread.shutdown()
    assert [int(call["timeout"]) > 0 for call in wire.asked("getUpdates")] == [False, True, False, True]
    assert told == [True, True, True, False]
    assert not intake.more


# -- Poison -------------------------------------------------------------------


def tend(house: House) -> Tend:
    line = Line(BOT.token, house.address, SOON)
    engine = Engine(HOUSE, ALL_PREFERENCES)
    return Tend(
        line, house.storage, engine, house.exchange.clock.now, Limits(), Heartbeat, lambda: None, Metrics()
    )


async def settles(house: House) -> None:
    """Let the whole bot run until it has nothing more to do."""
    house.store.now = house.exchange.clock.now

    async def waits() -> bool:
        heard = await house.storage.run(inbox.is_empty)
        return bool(house.unconfirmed() or not heard or await house.storage.run(outbox.waiting_lines))

    async def follow(here: Tend) -> None:
        while await waits():
            await here.settle()
            await house.exchange.rung(0.05)

    async with asyncio.timeout(SOON):
        await tend(house).run(asyncio.Event(), follow)


POISON: dict[str, Json] = {
    "no chat": {"message_id": 1, "date": 1},
    "not even a message": {"message_id": "x", "date": "y", "chat": "z"},
    "a chat of next year": said("hello", chat={"id": HOME}),
    "a number that no database holds": said("/help", chat={"id": 2**70, "type": "private"}),
    "a sender that no database holds": said("/start")
    | {"from": {"id": 2**70, "is_bot": False, "first_name": "A"}},
    "a message that no database holds": said("/checkin x", message_id=2**70),
    "NUL": said("/help\0\0", entities=[{"type": "bot_command", "offset": 0, "length": 5}]),
    "half a character": said("/help \ud800", entities=[{"type": "bot_command", "offset": 0, "length": 5}]),
    "entities beyond the text": said(
        "/help", entities=[{"type": "bot_command", "offset": 0, "length": 5000}]
    ),
    "entities before the text": said("/help", entities=[{"type": "bot_command", "offset": -5, "length": 5}]),
}


@pytest.mark.parametrize("poison", POISON.values(), ids=POISON.keys())
async def test_whatever_arrives_those_behind_it_are_heard(house: House, poison: Json) -> None:
    with house.store.begin() as tx:
        inbox.keep(tx, [{"update_id": 1, "message": poison}])
    last = house.tells(**said("/help", entities=[{"type": "bot_command", "offset": 0, "length": 5}]))
    await settles(house)
    assert house.inbox()[last] == "done"
    assert set(house.inbox().values()) <= {"done", "dead"}
    texts = [message.text for message in house.exchange.world.talk(HOME) if message.sender == BOT.id]
    assert any("/checkin" in text for text in texts)


async def test_a_couple_whose_preferences_nobody_can_open_keeps_nobody_else_from_being_heard(
    house: House,
) -> None:
    with house.store.begin() as tx:
        couple = couples.enter(tx, HOME, None)
        ann, ben = (couples.meet(tx, number, "Somebody") for number in (ANN, BEN))
        couples.seat(tx, couple, Seat((Person(ann.id), Person(ben.id))))
        couple.prefers = b"no seal of ours"
    first = house.tells(**said("a word of their own?", chat={"id": ANN, "type": "private"}))
    cleo = {"id": 4711, "is_bot": False, "first_name": "Cleo"}
    last = house.tells(**said("/help", chat={"id": 4711, "type": "private"}) | {"from": cleo})
    await settles(house)
    assert set(house.inbox()) >= {first, last}
    assert house.inbox()[last] == "done"


async def test_what_cannot_be_read_is_kept_aside_sealed_and_named_nowhere(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.tells(message_id="ZEBRA", date="ZEBRA", chat="ZEBRA")
    caplog.set_level("DEBUG", "bot")
    await settles(house)
    with house.store.begin() as tx:
        (dead,) = tx.session.query(InboxRow).filter_by(stage="dead")
        assert dead.body is not None
        assert b"ZEBRA" not in dead.body
    assert "ZEBRA" not in "".join(
        record.getMessage() for record in caplog.records if record.name.startswith("bot")
    )


async def test_what_fails_after_the_commit_is_logged_without_words_and_those_behind_it_are_answered(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    answered, answer = list[object](), asides.Asides.answer

    def fails_at_first(self: asides.Asides, *heard: Any) -> None:  # noqa: ANN401 - as it is
        answered.append(heard[0])
        if len(answered) == 1:
            raise ValueError("ZEBRA")
        answer(self, *heard)

    monkeypatch.setattr(asides.Asides, "answer", fails_at_first)
    numbers = [house.tells(**said(text)) for text in ("one", "two", "three")]
    await settles(house)
    assert len(answered) >= len(numbers)
    assert {house.inbox()[number] for number in numbers} == {"done"}
    assert "could not be answered" in caplog.text
    assert "ZEBRA" not in caplog.text


async def test_what_was_stored_before_an_end_is_heard_after_it(house: House) -> None:
    await house.intake.once()  # Ann has added the bot; it ends before it has heard so
    await settles(house)
    texts = [message.text for message in house.exchange.world.talk(HOME) if message.sender == BOT.id]
    assert len(texts) == 1
    assert texts[0].startswith("I'm Tend.")


async def test_a_telegram_that_refuses_the_menu_at_first_is_asked_again(store: Store, wire: Wire) -> None:
    wire.answers["setMyCommands"].append(refusal(500, "Internal Server Error"))
    storage, stop = Storage(store), asyncio.Event()

    async def follow(_: Tend) -> None:
        stop.set()

    line = Line(BOT.token, wire.address, SOON)
    make = partial(Tend, line, storage, Engine(HOUSE, ALL_PREFERENCES), store.now, Limits())
    async with asyncio.timeout(SOON):
        await make(Heartbeat, lambda: None, Metrics()).run(stop, follow)
    storage._thread.shutdown()
    assert len(wire.asked("setMyCommands")) >= 4


# -- A flood of taps ----------------------------------------------------------


def taps(many: int) -> list[Json]:
    """Return so many taps with data that is not ours; each still wants its answer."""
    below = said("a card")
    return [
        {
            "update_id": number,
            "callback_query": {
                "id": str(number), "from": below["from"], "chat_instance": "1", "data": "x", "message": below,
            },
        }
        for number in range(1, many + 1)
    ]  # fmt: skip


async def test_a_flood_of_taps_is_answered_a_few_at_a_time_and_no_line_waits_for_it(
    store: Store, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asides, "MOST_WAITING", 25)
    two_lines(store)
    with store.begin() as tx:
        inbox.keep(tx, taps(40))
    wire.answers["answerCallbackQuery"] += ["takes its time"] * 40
    stop, storage = asyncio.Event(), Storage(store)
    line, limits = Line(BOT.token, wire.address, SOON), Limits(in_flight=4)
    tend = Tend(
        line, storage, Engine(HOUSE, ALL_PREFERENCES), store.now, limits, Heartbeat, lambda: None, Metrics()
    )

    async def comes(so: Callable[[], bool]) -> None:
        while not so():  # noqa: ASYNC110 - it happens on the wire, which rings no event
            await asyncio.sleep(0.01)

    async def follow(_: Tend) -> None:
        await comes(lambda: len(wire.asked("sendMessage")) == 2)
        await comes(lambda: is_empty(store))
        await comes(lambda: len(wire.asked("answerCallbackQuery")) >= 4)
        assert len(wire.asked("answerCallbackQuery")) == 4
        wire.hurry.set()
        await comes(lambda: len(wire.asked("answerCallbackQuery")) >= 25)
        stop.set()

    async with asyncio.timeout(SOON):
        await tend.run(stop, follow)
    storage._thread.shutdown()
    assert len(wire.asked("answerCallbackQuery")) == 25


# -- The end ------------------------------------------------------------------


def is_empty(store: Store) -> bool:
    with store.begin() as tx:
        return inbox.is_empty(tx)


def two_lines(store: Store) -> None:
    with store.begin() as tx:
        for number in (-1, -2):
            couple = couples.enter(tx, number, None)
            couple.stage = "together"
            cards.say(tx, couple, None, say("hello"), TO_PEOPLE, always=True)


async def ends_amid(
    store: Store, wire: Wire, storage: Storage, amid: Callable[[], Awaitable[object]]
) -> None:
    """Run the whole bot, and ask it to stop at some moment."""
    stop = asyncio.Event()
    line = Line(BOT.token, wire.address, SOON)
    tend = Tend(
        line, storage, Engine(HOUSE, ALL_PREFERENCES), store.now, Limits(), Heartbeat, lambda: None, Metrics()
    )

    async def follow(_: Tend) -> None:
        await amid()
        stop.set()
        asyncio.get_running_loop().call_later(A_MOMENT, wire.hurry.set)
        await asyncio.Event().wait()

    async with asyncio.timeout(SOON):
        await tend.run(stop, follow)
    storage._thread.shutdown()
    with store.begin() as tx:
        assert outbox.waiting_lines(tx) == 0
    assert [call["text"] for call in wire.asked("sendMessage")] == ["hello", "hello"]


async def test_a_line_in_flight_when_it_is_told_to_stop_is_finished(store: Store, wire: Wire) -> None:
    two_lines(store)
    wire.answers["sendMessage"].append("takes its time")
    await ends_amid(store, wire, Storage(store), lambda: asyncio.to_thread(wire.called.wait))


async def test_a_line_that_is_being_taken_when_it_is_told_to_stop_is_sent(store: Store, wire: Wire) -> None:
    two_lines(store)
    storage, taking = Storage(store), asyncio.Event()
    run = storage.run

    async def runs_slowly(work: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - whatever a transaction takes
        result = await run(work, *args, **kwargs)
        if work.__name__ == "_claim" and result[0]:
            taking.set()
            await asyncio.to_thread(wire.hurry.wait)
        return result

    storage.run = runs_slowly  # type: ignore[method-assign]
    await ends_amid(store, wire, storage, taking.wait)
