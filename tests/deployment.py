"""A deployment: `tend run` as processes with the real clock, a database, and the stand-in as their Telegram.

The stand-in lives in the process of the test and keeps nothing on disk, so whatever the bot calls is seen as
it comes. Each line takes a while, partly before and partly after its effect, so that a kill meets both.
"""

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import uvicorn
from sqlalchemy import NullPool, create_engine, func, select, text
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from bot.playground.bot_api import BotApi
from bot.playground.child import environment
from bot.playground.cutting import CuttableConnection
from bot.playground.exchange import Exchange
from bot.playground.markup import Json
from bot.playground.pace import SECOND, Window
from bot.serving import Server, bound
from bot.storage.tables import CoupleRow, InboxRow, LineRow
from tests.nursery import Born, BornBot
from tests.phones import free_port

A_CALL = 0.02, 0.2  # seconds that Telegram takes before a line has its effect, and again before it answers
MESSAGE = "sendMessage"
LINES = MESSAGE, "editMessageText", "editMessageReplyMarkup"
ENDS_WITHIN = 15.0
A_MOMENT = 0.05
KEPT_OPEN = 3600  # seconds; a connection that closes while a line leaves puts it in doubt without any kill
THE_BOT = "-m", "bot", "run"

Watch = Callable[[str, dict[str, Any], Json, datetime], None]


class Office(Exchange):
    """A Telegram that is never killed, and tells of every call that had an effect."""

    def __init__(self, folder: Path) -> None:
        self.watches: list[Watch] = []
        self.door = Window(SECOND)  # messages as they come, before it takes its time over them
        super().__init__(folder)

    def kept(self) -> None:
        """Forget what changed, for nobody reads it from the disk, and wake those who wait."""
        self.world.changes()
        self.ring()

    def record(self, method: str, params: dict[str, Any], answer: Json | None) -> None:
        """Tell of a call."""
        super().record(method, params, answer)
        if answer is not None and answer["ok"]:
            for watch in self.watches:
                watch(method, params, answer, self.clock.now())

    @property
    def told(self) -> int:
        """How many updates there ever were."""
        return self.world.profile.next_update - 1 - self.before

    @property
    def before(self) -> int:
        """The number before the first update."""
        return 480_000_000

    @property
    def confirmed(self) -> int:
        """The number below which nothing is told again."""
        return min(self.world.updates, default=self.world.profile.next_update)


class Slow:
    """The Bot API, which takes its time over lines; what it was asked it does, though the asker be dead."""

    def __init__(self, office: Office, chance: Random) -> None:
        self._api, self._door, self._chance = BotApi(office), office.door, chance

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path_params"]["method"] == MESSAGE:
            self._door.pass_on(time.monotonic())
            self._door.count(time.monotonic())
        if scope["path_params"]["method"] not in LINES:
            await self._api(scope, receive, send)
            return
        asked: list[Message] = []
        while not asked or asked[-1].get("more_body"):
            asked.append(await receive())
            if asked[-1]["type"] == "http.disconnect":  # it was killed while it asked
                return

        async def whole() -> Message:
            return asked.pop(0) if asked else await receive()

        async def late(message: Message) -> None:
            if message["type"] == "http.response.start":
                await asyncio.sleep(self._chance.uniform(*A_CALL))
            await send(message)

        await asyncio.sleep(self._chance.uniform(*A_CALL))
        await self._api(scope, whole, late)


@dataclass(frozen=True)
class Flying:
    """The rooms in which a line was in flight when a process ended."""

    again: frozenset[int]  # it is said again, so it may be doubled
    not_again: frozenset[int]  # it is let go, so it may be missing
    lines: tuple[int, int] = (0, 0)  # how many there were of either kind


@dataclass
class Database:
    """What stands in the bot's database. It is only looked at, and in no way held."""

    url: str

    def __post_init__(self) -> None:
        looked_at = self.url
        if looked_at.startswith("sqlite:///"):  # whoever only reads leaves what a kill left to the next bot
            looked_at = looked_at.replace("sqlite:///", "sqlite:///file:") + "?mode=ro&uri=true"
        self._engine = create_engine(looked_at, poolclass=NullPool)

    def flying(self) -> Flying:
        """Return where lines are in flight."""
        query = select(CoupleRow.chat_id, LineRow.to_id, LineRow.again)
        with self._engine.connect() as connection:
            of_couples = query.outerjoin(CoupleRow, CoupleRow.id == LineRow.couple_id)
            lines = connection.execute(of_couples.where(LineRow.flying)).all()
        rooms = {(room, again) for room, to, again in lines if to is None and room is not None}
        many = sum(again for *_, again in lines)
        return Flying(
            frozenset(room for room, again in rooms if again),
            frozenset(room for room, again in rooms if not again),
            (many, len(lines) - many),
        )

    def until_left_by(self, bot: str) -> None:
        """Wait until nothing comes any more of a process that ended: a server does what it was told."""
        if self._engine.dialect.name == "sqlite":
            return
        of_the_bot = text("SELECT count(*) FROM pg_stat_activity WHERE application_name = :bot")
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while connection.scalar(of_the_bot, {"bot": bot}):
                time.sleep(A_MOMENT)

    def waiting(self) -> tuple[int, int]:
        """Return how many updates are not heard, and how many lines are not sent."""
        with self._engine.connect() as connection:
            unheard = connection.scalar(select(func.count()).where(InboxRow.stage == "new"))
            lines = connection.scalar(select(func.count()).select_from(LineRow))
        return unheard or 0, lines or 0

    def heard(self) -> set[int]:
        """Return the numbers of all updates that had their effect."""
        with self._engine.connect() as connection:
            return set(connection.scalars(select(InboxRow.update_id).where(InboxRow.stage == "done")))

    def stored_before(self, number: int) -> int:
        """Return how many updates below a number are stored."""
        with self._engine.connect() as connection:
            query = select(func.count()).select_from(InboxRow).where(InboxRow.update_id < number)
            return connection.scalar(query) or 0


class Bot:
    """One process of the bot."""

    def __init__(self, name: str, argv: Sequence[str], env: dict[str, str], folder: Path) -> None:
        self.name, self._argv, self._log = name, argv, folder / f"{name}.log"
        url = env["DATABASE_URL"]
        named = url if url.startswith("sqlite") else f"{url}?application_name={name}"
        self._env = env | {"DATABASE_URL": named}
        self.process: BornBot | None = None

    async def start(self) -> None:
        """Start it."""
        with self._log.open("ab") as log:
            files = {1: log.fileno(), 2: log.fileno()}
            self.process = BornBot(Born([sys.executable, *self._argv], self._env, files))

    @property
    def lives(self) -> bool:
        """Whether it runs."""
        return self.process is not None and self.process.returncode is None

    async def kill(self) -> None:
        """End it with SIGKILL."""
        assert self.process is not None
        assert self.lives, f"It ended by itself: {self.last_words}"
        self.process.kill()
        await self.process.wait()

    async def term(self) -> tuple[int, float]:
        """Ask it to end, and return its status and how many seconds that took."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(ENDS_WITHIN):
            status = await self.process.wait()
        return status, time.monotonic() - began

    @property
    def log(self) -> str:
        """What it has logged."""
        return self._log.read_text(encoding="utf-8")

    @property
    def last_words(self) -> str:
        """The end of that."""
        return self.log[-2000:]


@dataclass
class Deployment:
    """All of it, while it runs."""

    office: Office
    database: Database
    bots: list[Bot]
    another: Callable[[Sequence[str]], Bot]  # a bot of another make, at the same Telegram
    unbacked: int = 0  # updates that were seen confirmed and not stored
    most_unheard: int = 0

    async def start(self) -> None:
        """Start all bots."""
        for bot in self.bots:
            await bot.start()

    async def waiting(self) -> tuple[int, int]:
        """Return how many updates nobody has heard, and how many lines wait; look what is confirmed."""
        confirmed = self.office.confirmed
        unheard, lines = await asyncio.to_thread(self.database.waiting)
        stored = await asyncio.to_thread(self.database.stored_before, confirmed)
        self.unbacked = max(self.unbacked, confirmed - 1 - self.office.before - stored)
        unheard += len(self.office.world.updates)
        self.most_unheard = max(self.most_unheard, unheard)
        return unheard, lines


@asynccontextmanager
async def deployment(
    folder: Path,
    url: str,
    move_in: Callable[[Office], None],
    *,
    replicas: int = 1,
    argv: Sequence[str] = THE_BOT,
) -> AsyncIterator[Deployment]:
    """Serve a Telegram, and lend as many bots as wanted, not started yet; they are gone afterwards."""
    office = Office(folder / "stand-in")
    move_in(office)
    port = free_port()
    env = environment(port, folder) | {"DATABASE_URL": url, "REQUEST_TIMEOUT": "15"}
    bots = [Bot(f"bot-{number}", argv, env, folder) for number in range(replicas)]
    slow = Slow(office, Random(7))  # noqa: S311 - how long a call takes is no secret
    api = Starlette(routes=[Route("/bot{token}/{method}", slow)])
    server = Server(
        uvicorn.Config(
            api,
            http=CuttableConnection,
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_keep_alive=KEPT_OPEN,
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[bound(f"127.0.0.1:{port}")]))
    try:
        yield Deployment(office, Database(url), bots, lambda other: Bot("another", other, env, folder))
    finally:
        for bot in bots:
            if bot.lives:
                await bot.kill()
        office.closing = True
        office.ring()
        server.should_exit = True
        await serving
        office.history.close()
