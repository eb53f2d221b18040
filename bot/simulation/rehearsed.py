"""One evening, played and judged: what was lost, doubled, told too early, or to the wrong one.

The same evening in calm weather says what there is to hear. Whatever else happens, each line of it has to be
heard as well, no more and no less, but for those that were in flight at a kill.
"""

import asyncio
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from starlette.applications import Starlette
from starlette.routing import Route

from bot.couple.house import ALL_PREFERENCES, HOUSE
from bot.engine import Engine
from bot.metrics import Metrics
from bot.playground.bot_api import BotApi
from bot.playground.cast import BOT, BY_NAME, ROOM_BY_NAME
from bot.playground.exchange import Exchange
from bot.playground.notes import Note
from bot.playground.people import Impossible
from bot.simulation.evening import ALONE, BEGINS, ENTERS, LASTS, Act, Evening, evening
from bot.simulation.virtual_time import UPSETS, Upset, VirtualLoop, VirtualTime
from bot.simulation.weather import NONE, PATIENCE, InlineStorage, KilledError, Weather, Wire
from bot.storage import inbox, outbox
from bot.storage.pace import Limits
from bot.storage.sealing import KEY_BYTES, Keyring, Seal
from bot.storage.store import BusyError, Ids, Store, keys_of, migrate
from bot.telegram.app import Tend
from bot.telegram.line import Line

A_BEAT = 40.0  # virtual seconds between two looks at who is due
AFTERWARDS, A_MINUTE = 10, 60.0  # minutes in which the bot is through with whatever came up, of such seconds
DOWN = 2, 20  # seconds for which the bot is down after a kill, at least and at most
TRIES, A_TRY = 40, 3.0  # how often somebody looks for a button, and how many seconds apart
ROUGH = 0.01  # how likely each trouble is at each call and each transaction of a rough evening

AN_HOUR = re.compile(r"\b(\d\d):(\d\d)\b")
SOMEWHAT = 1  # minutes by which a kill makes some things later

KEYS = Keyring(Seal(bytes(KEY_BYTES)))  # nobody's words are in a simulation

Heard = Counter[tuple[int, str]]  # what was said in which chat


@dataclass
class Verdict:
    """What became of one evening."""

    moments: list[str] = field(default_factory=list, repr=False)  # at which a kill would make a difference
    kills: list[str] = field(default_factory=list)
    heard: Heard = field(default_factory=Counter, repr=False)
    again: int = 0  # lines that may be doubled: in flight at a kill, or their answer was lost
    missing: int = 0  # and those that may be missing
    lost_updates: int = 0  # confirmed, and without their effect
    untried: int = 0  # lines that were never given to Telegram
    untapped: int = 0  # buttons that somebody looked for in vain
    early: int = 0  # private words that were shown before both had answered, or to somebody else
    lost: int = 0  # lines that were heard in calm weather and not here, beyond those in flight
    doubled: int = 0  # lines that were not heard in calm weather, beyond those in flight

    @property
    def holds(self) -> bool:
        """Whether nothing was lost or doubled, and nobody read what was not theirs."""
        return not (self.lost_updates + self.untried + self.untapped + self.early + self.lost + self.doubled)

    def against(self, calm: "Verdict | None") -> "Verdict":
        """Return it held against the same evening in calm weather.

        None: time was upset, and what is too late for an evening is not said, nor is there a button for it.
        """
        if calm is None:
            self.untapped = 0
        else:
            lost, more = calm.heard - self.heard, self.heard - calm.heard
            shifted = sum(any(is_shifted(one, other) for other in more) for one in lost)
            self.lost = max(0, lost.total() - shifted - self.missing)
            # One that was let go in doubt may have come all the same: nobody can redraw it, and it stands.
            self.doubled = max(0, more.total() - shifted - self.again - self.missing)
        return self

    def __str__(self) -> str:
        """Tell it in one line."""
        names = ("lost_updates", "untried", "untapped", "early", "lost", "doubled", "again", "missing")
        counts = ", ".join(f"{name.replace('_', ' ')} {getattr(self, name)}" for name in names)
        killed = f"; killed {', '.join(self.kills)}" if self.kills else ""
        return f"{self.heard.total()} lines over {len(self.moments)} moments: {counts}{killed}"


def is_shifted(one: tuple[int, str], other: tuple[int, str]) -> bool:
    """Whether a line is another one, but for hours that are a minute apart."""
    if one[0] != other[0] or AN_HOUR.sub("", one[1]) != AN_HOUR.sub("", other[1]):
        return False
    hours = zip(AN_HOUR.findall(one[1]), AN_HOUR.findall(other[1]), strict=True)
    return all(abs(60 * (int(h) - int(i)) + int(m) - int(n)) <= SOMEWHAT for (h, m), (i, n) in hours)


class Beats:
    """The heartbeat in virtual time."""

    def __init__(self, look: Callable[[], Coroutine[Any, Any, None]], _sweep: object) -> None:
        self._look = look
        self._beating: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to beat."""
        self._beating = asyncio.create_task(self._beat())

    def stop(self) -> None:
        """Stop."""
        if self._beating is not None:
            self._beating.cancel()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(A_BEAT)
            await self._look()


class Rehearsed:
    """One evening in one weather."""

    def __init__(self, folder: Path, script: Evening, weather: Weather, seed: int) -> None:
        self.script, self.weather, self.seed = script, weather, seed
        self.time, self.chance = weather.time, Random(f"{seed} down")  # noqa: S311 - no secret
        self.exchange = Exchange(folder / "stand-in", lambda: BEGINS.timestamp() + self.time.seconds)
        telegram = Starlette(routes=[Route("/bot{token}/{method}", BotApi(self.exchange))])
        self.wire = Wire(telegram, weather, self._look)
        self.url = f"sqlite:///{folder / 'tend.db'}"
        migrate(self.url)
        self.keys = keys_of(self.url, lambda _: KEYS)
        self.verdict = Verdict()
        self.acted = 0

    def play(self) -> Verdict:
        """Play the evening to its end, life after life."""
        lives = 0
        while True:
            lives += 1
            store = self._store(lives)
            with store.begin() as tx:
                again, missing = outbox.in_flight(tx)
            self.verdict.again += again
            self.verdict.missing += missing
            with self._loop() as loop:
                try:
                    loop.run_until_complete(self._live(store))
                except (KilledError, BusyError):  # a busy database ends it only while it starts
                    store.close()
                else:
                    break
            with self._loop() as loop:
                loop.run_until_complete(self._act(self.time.seconds + self.chance.uniform(*DOWN)))
        return self._judged(store)

    @contextmanager
    def _loop(self) -> Iterator[VirtualLoop]:
        loop = VirtualLoop(self.time)
        asyncio.set_event_loop(loop)
        self.exchange.ring()  # whoever waits belongs to the loop before
        try:
            yield loop
        finally:
            loop.perish()
            asyncio.set_event_loop(None)

    def _store(self, life: int) -> Store:
        chance = Random(f"{self.seed} ids {life}")  # noqa: S311 - as above
        store = Store(self.url, self.keys, self._now, Ids(chance.getrandbits))
        store.open()
        return store

    def _now(self) -> datetime:
        return BEGINS + timedelta(seconds=self.time.seconds + self.time.wrong_by)

    async def _live(self, store: Store) -> None:
        """Run the bot until the evening is over, and end it in order."""
        line = Line(BOT.token, "http://telegram", PATIENCE, lambda *_: self.wire)
        storage = InlineStorage(store, self.weather)
        engine = Engine(HOUSE, ALL_PREFERENCES, ZoneInfo("Europe/Berlin"))
        tend = Tend(line, storage, engine, self._now, Limits(), Beats, lambda: None, Metrics())
        stop = asyncio.Event()
        running = asyncio.create_task(tend.run(stop))
        acting = asyncio.create_task(self._act_and_rest())
        await asyncio.wait({running, acting}, return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        await running
        await acting

    # -- The people -----------------------------------------------------------

    async def _act_and_rest(self) -> None:
        """Let people do what is left of the evening, and the bot what is left to do after it."""
        await self._act(LASTS.total_seconds())
        for _ in range(AFTERWARDS):  # a machine that sleeps loses one of them
            await asyncio.sleep(A_MINUTE)

    async def _act(self, until: float) -> None:
        """Let people do what they do until then; whoever acts belongs to no process."""
        while self.acted < len(self.script.acts):
            act = self.script.acts[self.acted]
            if act.at.total_seconds() > until:
                break
            await asyncio.sleep(max(0.0, act.at.total_seconds() - self.time.seconds))
            if not await self._does(act, until):
                return
            self.acted += 1
        await asyncio.sleep(max(0.0, until - self.time.seconds))

    async def _does(self, act: Act, until: float) -> bool:
        """Let one act be done; False: the button was not there yet, and time is over."""
        for _ in range(TRIES):
            try:
                self._do(act)
            except Impossible:
                if self.time.seconds + A_TRY > until:
                    return False
                await asyncio.sleep(A_TRY)
            else:
                return True
        self.verdict.untapped += 1
        return True

    def _do(self, act: Act) -> None:
        person = self.exchange.world.named(act.who) or BY_NAME[act.who]
        chat = person.id if act.where == ALONE else ROOM_BY_NAME[person.room].id
        if act.where == ENTERS:
            self.exchange.rooms.bring_bot(person, self.exchange.world.groups[chat], "member")
        elif act.taps:
            self.exchange.hands.tap(person, chat, act.words, None)
        else:
            self.exchange.hands.say(person, chat, Note(act.words))
        self.exchange.kept()

    # -- The judgement --------------------------------------------------------

    def _look(self, method: str, asked: dict[str, Any]) -> None:
        """Look at a call that reached Telegram: no chat may read a private word before its time."""
        if method == "answerCallbackQuery":
            tap = self.exchange.world.taps.get(asked.get("callback_query_id", ""))
            chat = tap.person if tap else 0
        else:
            chat = int(asked.get("chat_id", 0))
        at = timedelta(seconds=self.time.seconds)
        shown = "".join(str(asked.get(part, "")) for part in ("text", "caption", "reply_markup"))
        self.verdict.early += sum(
            secret.word in shown and not self.script.may_read(secret, chat, at)
            for secret in self.script.secrets
        )

    def _judged(self, store: Store) -> Verdict:
        verdict = self.verdict
        with store.begin() as tx:
            known = inbox.known(tx)
            verdict.untried = outbox.untried(tx)
        accepted = {number for number in self.wire.given if number < self.wire.confirmed}
        verdict.lost_updates = sum(known.get(number) != "done" for number in accepted)
        verdict.again += self.wire.in_doubt
        verdict.moments, verdict.kills = self.weather.moments, self.weather.killed_at
        verdict.heard = Counter(
            (message.chat, message.text)
            for message in self.exchange.world.all_messages()
            if message.sender == BOT.id
        )
        store.close()
        self.exchange.history.close()
        return verdict


def rehearse(
    seed: int, kills: Collection[int] = (), *, rough: float = 0.0, upsets: Mapping[int, Upset] = NONE
) -> Verdict:
    """Play the evening of a seed, killed and upset at these moments, and return what became of it."""
    script = evening(Random(f"{seed} evening"))  # noqa: S311 - no secret
    chance = Random(f"{seed} weather")  # noqa: S311 - as above
    weather = Weather(VirtualTime(), chance, kills, rough=rough, upsets=upsets)
    with tempfile.TemporaryDirectory(prefix="tend-simulation-") as folder:
        return Rehearsed(Path(folder), script, weather, seed).play()


def simulate(seed: int, kills: int = 2, upsets: int = 0, *, rough: float = ROUGH) -> Verdict:
    """Play an evening in calm weather, and again in rough weather with so much in it; judge the second."""
    calm = rehearse(seed)
    chance = Random(f"{seed} kills")  # noqa: S311 - no secret
    killed = _moments(calm, kills, chance)
    upset = {chance.randint(1, len(calm.moments)): chance.choice(UPSETS) for _ in range(upsets)}
    return rehearse(seed, killed, rough=rough, upsets=upset).against(None if upsets else calm)


def _moments(calm: Verdict, many: int, chance: Random) -> set[int]:
    """Return at which moments to kill: of each kind as likely, for most are looks that find nothing."""
    kinds: dict[str, list[int]] = {}
    for number, name in enumerate(calm.moments, 1):
        kinds.setdefault(name, []).append(number)
    return {chance.choice(kinds[chance.choice(sorted(kinds))]) for _ in range(many)}
