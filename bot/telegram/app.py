"""Tend on Telegram: the library's Application between our intake, the engine and the outbox.

One task goes the road over and over: what arrived is heard, and who is due is rung. Another sends what is
unsent. They take turns at the database, so that neither waits for a flood of the other. They are nudged by
the intake, by the heartbeat and by Telegram's answers, and hold nothing in memory that matters.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeAlias

from starlette.routing import Route
from telegram import (
    BotCommand,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeDefault,
    Update,
)
from telegram.error import InvalidToken, TelegramError
from telegram.ext import Application, ApplicationBuilder, ContextTypes, TypeHandler

from bot.arrival import Arrival
from bot.engine import Engine, Reply, Rung
from bot.locales import languages, translated
from bot.logs import trace_of
from bot.metrics import Metrics
from bot.ritual import Ritual
from bot.storage import cards, inbox, outbox, pace, timetable
from bot.storage.outlook import outlook
from bot.storage.pace import Limits
from bot.storage.sealing import BrokenSealError
from bot.storage.store import BusyError, Storage, Tx
from bot.telegram import inbound
from bot.telegram.asides import Asides
from bot.telegram.intake import Listener, Polling
from bot.telegram.line import Line, RawBot, raw_bot
from bot.telegram.outbound import Sender
from bot.telegram.webhook import Door, Webhook

log = logging.getLogger(__name__)

AT_ONCE = 16  # updates that are heard in one transaction, before it is seen who is due
ROUNDS = 1_000  # batches in one go; more would mean that somebody is rung for ever
A_BEAT = timedelta(seconds=1)  # the heartbeat nudges as often
A_BREATH = 0.08  # seconds between two looks at what is unsent
A_STEP = timedelta(seconds=30)  # by which a clock goes back that is set, and not only trimmed
LATELY = timedelta(seconds=30)  # the heartbeat nudges every second
MOST_READ = 200  # updates that wait to be heard and need not be read anew then
LAST_CALLS = 8.0  # seconds in which what is under way at the end is finished

Beat = Callable[[], Coroutine[Any, Any, None]]
Leaving: TypeAlias = tuple[outbox.Ready, float]  # and when, by the time of the event loop


class Heart(Protocol):
    """What beats every second, and every hour."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


@dataclass(frozen=True)
class Read:
    """An update, and what arrived with it."""

    update: Update
    arrival: Arrival


@dataclass(frozen=True)
class Heard:
    """What one transaction heard: what is replied to each, and how many could not be read."""

    all: Sequence[tuple[Read, Reply]] = ()
    dead: int = 0

    @property
    def any(self) -> bool:
        """Whether it heard any."""
        return bool(self.all or self.dead)


class Tend:
    """The running bot."""

    def __init__(
        self,
        line: Line,
        storage: Storage,
        engine: Engine,
        now: Callable[[], datetime],
        limits: Limits,
        heartbeat: Callable[[Beat, Beat], Heart],
        alive: Callable[[], None],
        metrics: Metrics,
        door: Door | None = None,
    ) -> None:
        self._storage, self._engine, self._now, self._limits = storage, engine, now, limits
        self.bot = raw_bot(line, limits.in_flight)
        builder = ApplicationBuilder().bot(self.bot).updater(None).job_queue(None)
        self._application: Application[Any, Any, Any, Any, Any, Any] = builder.build()
        self._application.add_handler(TypeHandler(Update, self._on_update))
        self._application.add_error_handler(self._on_error)
        self._metrics = metrics
        listener = Listener(self.nudge, self._back, self._presses, self._kept)
        self._intake = (
            Polling(self.bot, storage, listener)
            if door is None
            else Webhook(door, self.bot, storage, listener)
        )
        self._sender = Sender(self.bot, storage, now, engine.rooms, self._metrics)
        self._heartbeat = heartbeat(self._beat, self._sweep)
        self._alive = alive
        self._nudged, self._unsent = asyncio.Event(), asyncio.Event()
        self._going = asyncio.Lock()
        self._ending = False
        self._under_way: set[asyncio.Task[None]] = set()
        self._latest = now()  # that the clock ever showed
        self._went: datetime | None = None  # when the road was gone last
        self._is_back = False  # Telegram, which could not be reached
        self._pressed = False  # somebody has just written who is to be heard first
        self._pressing: asyncio.Task[None] | None = None  # and is being heard
        self._read = dict[int, Read]()  # updates that were looked at when they were stored
        self._heard = dict[int, tuple[Arrival, Reply]]()  # those that are to be answered
        self._asides = Asides(self.bot, now, metrics, self._start, limits.in_flight)

    async def run(
        self, stop: asyncio.Event, follow: Callable[["Tend"], Coroutine[Any, Any, None]] | None = None
    ) -> None:
        """Run until asked to stop; what is under way then is finished."""
        with self._storage.store.presence.arriving() as alone:
            await self._land(alone=alone)
        self._latest = await self._storage.run(cards.latest)
        while await self._storage.run(timetable.look_ahead_at_new, self._engine.book):
            self._alive()
        await self._begin(stop)
        if stop.is_set():
            return
        log.info("running as @%s", self.bot.bot.username)
        self._heartbeat.start()
        road = [asyncio.create_task(self._go_on()), asyncio.create_task(self._send_on())]
        tasks = [asyncio.create_task(self._intake.run()), asyncio.create_task(stop.wait())]
        if follow is not None:
            tasks.append(asyncio.create_task(follow(self)))
        self.nudge()
        try:
            done, _ = await asyncio.wait([*road, *tasks], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await self._end(road, tasks)

    @property
    def routes(self) -> list[Route]:
        """What the bot's port answers Telegram, and those who watch."""
        door = [self._intake.route()] if isinstance(self._intake, Webhook) else []
        return [self._metrics.route(self._storage), *door]

    @property
    def is_alive(self) -> bool:
        """Whether the road was gone lately: heard, rung, and the database answered."""
        return self._went is not None and self._now() - self._went < LATELY

    @property
    def is_ready(self) -> bool:
        """Whether it is alive, and has heard all that Telegram had to tell."""
        intake = self._intake
        return self.is_alive and (intake.stands_by or (intake.caught_up and intake.in_touch))

    async def _begin(self, stop: asyncio.Event) -> None:
        """Learn our own name and register the commands; without a network, wait for it."""
        wait = 1.0
        while not stop.is_set():
            try:
                await self._application.initialize()
                if not self._application.running:
                    await self._application.start()
                await register_commands(self.bot, tuple(self._engine.book.rituals.values()))
            except TelegramError as error:
                if isinstance(error, InvalidToken):
                    raise
                log.warning("Telegram cannot be reached yet (%s)", type(error).__name__)
                self._goes()
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), wait)
                wait = min(2 * wait, 30.0)
            else:
                if self.bot.bot.can_read_all_group_messages:
                    log.warning(
                        "privacy mode is off: switch it on with @BotFather, and remove and add the bot anew"
                    )
                return

    async def _end(self, road: list["asyncio.Task[None]"], tasks: list["asyncio.Task[Any]"]) -> None:
        """Finish the road that is being gone: a line that was taken to be sent is sent, or is not taken."""
        self._heartbeat.stop()
        self._ending = True
        self.nudge()
        await asyncio.wait(road, timeout=LAST_CALLS / 2)
        for task in (*road, *tasks):
            task.cancel()
        await asyncio.gather(*road, *tasks, return_exceptions=True)
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=LAST_CALLS / 2)
        if self._application.running:
            await self._application.stop()
        await self._application.shutdown()

    # -- The road, over and over

    def nudge(self) -> None:
        """Let the road be gone once more, soon, and what is unsent be sent."""
        self._nudged.set()
        self._unsent.set()
        if self._pressed and (self._pressing is None or self._pressing.done()):
            self._pressing = self._start(self._answer_first())

    async def _beat(self) -> None:
        self.nudge()
        presence = self._storage.store.presence
        if presence.is_shared and await asyncio.to_thread(presence.stays):
            with self._unless_busy():
                await self._land(alone=False)

    async def _land(self, *, alone: bool) -> None:
        """Take up what those had in flight who ended."""
        again, missing = await self._storage.run(outbox.land, alone=alone)
        if again or missing:
            log.info("in flight at the last end: %d sent again, %d may be missing", again, missing)
            self._unsent.set()

    def _back(self) -> None:
        """Telegram can be reached again: nobody waits out what was meant for a network that was gone."""
        self._is_back = True
        self._unsent.set()

    async def _go_on(self) -> None:
        while True:
            await self._nudged.wait()
            self._nudged.clear()
            if self._ending:
                return
            with self._unless_busy():
                await self.go()

    async def _send_on(self) -> None:
        clock, last = asyncio.get_running_loop(), 0.0
        while True:
            await self._unsent.wait()
            await asyncio.sleep(max(0.0, last + A_BREATH - clock.time()))  # so that several lines go together
            self._unsent.clear()
            if self._ending:
                return
            last = clock.time()
            with self._unless_busy():
                look_again = await self.send()
                if look_again is not None and (wait := look_again - self._now()) < A_BEAT:
                    clock.call_later(max(wait.total_seconds(), 0), self._unsent.set)

    @contextmanager
    def _unless_busy(self) -> Iterator[None]:
        try:
            yield
        except BusyError as error:
            log.error("the database does not answer (%s); the next beat tries again", type(error).__name__)

    async def go(self) -> None:
        """Go the road until nothing is left to hear or ring.

        What a couple wrote before an hour is heard before that hour is rung.
        """
        async with self._going:
            await self._mind_the_clock()
            heard = Heard()
            for _ in range(ROUNDS):
                rung, heard = await self._storage.run(self._ring_or_hear, heard_before=heard.any)
                self._metrics.rung(rung.late)
                if rung.many or heard.any:
                    self._unsent.set()
                await self._answer(heard)
                self._goes()
                if self._ending or not (rung.many or heard.any):
                    break

    def _ring_or_hear(self, tx: Tx, *, heard_before: bool) -> tuple[Rung, Heard]:
        """Hear who waits; where nobody does, or some were heard just now, ring who is due.

        Strangers come last, and not while Telegram has more to tell: couples may be among it.
        """
        heard = Heard() if heard_before else self._hear(tx, inbox.waiting(tx, AT_ONCE, strangers=False))
        rung = self._engine.ringing.ring(tx) if self._intake.caught_up and not heard.any else Rung(0, ())
        if not (heard.any or rung.many):
            heard = self._hear(tx, inbox.waiting(tx, AT_ONCE, strangers=not self._intake.more))
        return rung, heard

    def _goes(self) -> None:
        """Note that the road is gone."""
        self._went = self._now()
        self._alive()

    async def _answer_first(self) -> None:
        """Hear and answer who presses, while nobody else is heard or rung."""
        with self._unless_busy():
            is_left = False
            while self._pressed or is_left:
                self._pressed = False
                time = asyncio.get_running_loop().time
                heard, ready, is_left = await self._storage.first(self._hear_first, time)
                self._unsent.set()
                await self._give(ready)
                await self._answer(heard)
        self._storage.free_the_way()

    def _hear_first(self, tx: Tx, time: Callable[[], float]) -> tuple[Heard, list[Leaving], bool]:
        """Hear who presses, and take what answers them to be sent; tell whether any is still to be heard."""
        pressing = inbox.pressing(tx, AT_ONCE)
        heard = self._hear(tx, pressing)
        is_left = len(pressing) == AT_ONCE or len(heard.all) + heard.dead < len(pressing)
        return heard, self._claim_first(tx, time), is_left

    async def send(self) -> datetime | None:
        """Send what may be sent now; return when there is something to send later."""
        if self._is_back:
            await self._storage.run(outbox.try_now)
            self._is_back = False
        ready, look_again, late = await self._storage.run(self._claim, asyncio.get_running_loop().time)
        self._metrics.rung(late)
        await self._give(ready)
        return look_again

    def _claim(
        self, tx: Tx, time: Callable[[], float]
    ) -> tuple[list[Leaving], datetime | None, list[timedelta]]:
        """Take lines to be sent; ring whoever was called and may be written to, and say how late."""
        late, began, intake = list[timedelta](), time(), self._intake

        def ring(tx: Tx, numbers: Collection[int]) -> None:
            late.extend(self._engine.ringing.ring_called(tx, numbers).late)

        ready, look_again = outbox.claim(
            tx, self._engine.book, self._limits,
            ring=ring if intake.caught_up else None, cut_off=intake.cut_off,
        )  # fmt: skip
        return _leaving(tx, ready, began), look_again, late

    def _claim_first(self, tx: Tx, time: Callable[[], float]) -> list[Leaving]:
        """Take what is sent before all else."""
        began, cut_off = time(), self._intake.cut_off
        ready, _ = outbox.claim(tx, self._engine.book, self._limits, cut_off=cut_off, only_first=True)
        return _leaving(tx, ready, began)

    async def _give(self, ready: Sequence[Leaving]) -> None:
        """Give lines to Telegram that were taken to be sent."""
        for line, at in ready:
            self._start(self._deliver(line, at))
            await asyncio.sleep(0)  # each takes some milliseconds to be drawn; others need not wait for all

    async def _mind_the_clock(self) -> None:
        """Where the clock went back, the next hours that were worked out by it are worked out again."""
        now = self._now()
        if self._latest - now > A_STEP:
            log.warning("the clock went back; all next hours are worked out again")
            await self._storage.run(inbox.goes_back, self._latest - now)
            await self._storage.run(timetable.look_ahead_anew, self._engine.book)
            self._latest = now
        self._latest = max(self._latest, now)

    async def settle(self) -> datetime | None:
        """Go until nothing is left to do at this moment, and return the next one at which something is."""
        await self._intake.looked.wait()
        while True:
            await self.go()
            look_again = await self.send()
            if self._under_way:
                await asyncio.wait(self._under_way)
                continue
            due, quiet = await self._storage.run(self._ahead)
            upcoming = [at for at in (look_again, due) if at]
            if quiet and not any(at <= self._now() for at in upcoming):
                return min(upcoming, default=None)

    def _ahead(self, tx: Tx) -> tuple[datetime | None, bool]:
        """Return when somebody is due next, and whether everybody was heard."""
        return timetable.next_due(tx) if self._intake.caught_up else None, inbox.is_empty(tx)

    async def outlook(self) -> dict[str, Any]:
        """Return what is ahead and where the rituals stand, for those who look on."""
        return await self._storage.run(outlook, self._engine.book)

    async def _deliver(self, line: outbox.Ready, at: float) -> None:
        await self._sender.send(line, self.bot.bot, at)
        self._unsent.set()

    async def _sweep(self) -> None:
        await self._storage.run(inbox.sweep)
        await self._storage.run(cards.sweep)
        await self._storage.run(pace.sweep)

    def _start(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._under_way.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("a call to Telegram failed: %s", trace_of(error))

    # -- What arrived

    def _kept(self, numbers: list[int]) -> None:
        self._metrics.stored(numbers, self._now())
        for number in list(self._read)[:-MOST_READ]:  # another process may have heard them
            self._read.pop(number, None)

    def _presses(self, tx: Tx, body: dict[str, Any]) -> bool:
        """Whether an update is to be heard before all others; what cannot be read is nobody's hurry."""
        try:
            read = self._reads(body)
        except Exception:  # noqa: BLE001 - whatever Telegram may send one day: it is told when it is heard
            return False
        self._read[read.update.update_id] = read
        try:
            pressing = self._engine.acts.presses(tx, read.arrival)
        except BrokenSealError:  # of a couple's preferences, among which a word of their own may be
            return False
        if pressing:
            self._pressed = True
            self._storage.clear_the_way()
        return pressing

    def _reads(self, body: dict[str, Any]) -> Read:
        update = Update.de_json(body, self.bot)
        return Read(update, inbound.read(update, self.bot.bot))

    def _hear(self, tx: Tx, waiting: Sequence[tuple[int, dict[str, Any]]]) -> Heard:
        """Hear updates in their order, whole in this transaction; what cannot be read is kept aside."""
        reads, dead = dict[int, Read](), 0
        for number, body in waiting:
            try:
                reads[number] = self._read.get(number) or self._reads(body)
            except Exception as error:  # noqa: BLE001 - whatever Telegram may send one day must not block what is behind it
                log.warning("an update could not be read and is kept aside (%s)", type(error).__name__)
                inbox.bury(tx, number)
                dead += 1
        replies = self._engine.hearing.hear_all(tx, {number: read.arrival for number, read in reads.items()})
        return Heard([(reads[number], reply) for number, reply in replies.items()], dead)

    async def _answer(self, heard: Heard) -> None:
        """Let the library carry what was heard to its handler, which answers it."""
        for read, reply in heard.all:
            number = read.update.update_id
            self._read.pop(number, None)
            self._heard[number] = read.arrival, reply
            await self._application.process_update(read.update)

    async def _on_update(self, update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
        arrival, reply = self._heard.pop(update.update_id)
        self._asides.answer(arrival, reply, self._metrics.heard(update.update_id, self._now()))

    async def _on_error(self, _update: object, context: ContextTypes.DEFAULT_TYPE) -> None:
        if context.error is not None:
            log.error("an update was heard and could not be answered: %s", trace_of(context.error))


def _leaving(tx: Tx, ready: Sequence[outbox.Ready], began: float) -> list[Leaving]:
    """Return lines with the moments at which they leave, told by the time of the event loop."""
    return [(line, began + (line.leaves_at - tx.now).total_seconds()) for line in ready]


async def register_commands(bot: RawBot, rituals: tuple[Ritual, ...]) -> None:
    """Register the commands per scope, in English and in every language that has a catalogue.

    A room has a short menu, a private chat all of them. Everybody sees those of their app's language.
    """
    every = [ritual for ritual in rituals if ritual.command]
    menu = [ritual for ritual in every if ritual.menu]
    for language in ("", *sorted(languages())):  # without one: for an app in any other language
        for scope, listed in (
            (BotCommandScopeAllGroupChats(), menu),
            (BotCommandScopeAllPrivateChats(), every),
            (BotCommandScopeDefault(), menu),
        ):
            commands = [BotCommand(each.command, translated(each.about, language)) for each in listed]
            await bot.set_my_commands(commands, scope, language or None)
