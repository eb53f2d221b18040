"""What goes wrong: the process is killed, time is upset, calls get lost, the database is busy."""

import asyncio
import json
from collections.abc import Callable, Collection, Mapping
from random import Random
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import httpx
from starlette.applications import Starlette

from bot.simulation.virtual_time import Upset, VirtualTime
from bot.storage.store import BusyError, Storage, Store, Tx
from bot.telegram.line import Calls, CutOffError, NotSentError, Said

P = ParamSpec("P")
R = TypeVar("R")
NONE: Mapping[int, Upset] = {}
PATIENCE = 5.0  # seconds; no call here takes as long
Look = Callable[[str, dict[str, Any]], None]  # at a call that reached Telegram


class KilledError(SystemExit):
    """The process is killed here. Nothing catches it, as nothing catches a signal 9."""


class Weather:
    """Numbers every moment at which a kill would make a difference; kills and upsets come at some of them."""

    def __init__(
        self, time: VirtualTime, chance: Random, kills: Collection[int] = (), *,
        rough: float = 0.0, upsets: Mapping[int, Upset] = NONE,
    ) -> None:  # fmt: skip
        self.time, self.chance, self.kills, self.rough = time, chance, frozenset(kills), rough
        self.upsets = upsets
        self.moments = list[str]()  # that were passed, over all lives
        self.killed_at = list[str]()

    def moment(self, name: str) -> None:
        """Pass one more moment. Raises KilledError at those that were asked for."""
        self.moments.append(name)
        if how := self.upsets.get(len(self.moments)):
            self.time.upset(how)
        if len(self.moments) in self.kills:
            self.killed_at.append(name)
            raise KilledError(name)

    def meets(self) -> bool:
        """Whether trouble is met now."""
        return bool(self.rough) and self.chance.random() < self.rough


class InlineStorage(Storage):
    """Transactions in the thread of the event loop, so that one random source decides all orders."""

    def __init__(self, store: Store, weather: Weather) -> None:
        super().__init__(store)
        self._weather = weather

    async def run(self, work: Callable[Concatenate[Tx, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run one transaction, some milliseconds later."""
        await asyncio.sleep(self._weather.chance.random() / 100)
        return self._do(work, *args, **kwargs)

    async def first(self, work: Callable[Concatenate[Tx, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run one transaction at once."""
        await asyncio.sleep(0)
        return self._do(work, *args, **kwargs)

    def _do(self, work: Callable[Concatenate[Tx, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        name = getattr(work, "__name__", "something")
        self._weather.moment(f"begin {name}")
        if self._weather.meets():
            raise BusyError("busy", None, Exception("the database is locked"))
        with self.store.begin() as tx:
            changes = _changes(tx)
            result = work(tx, *args, **kwargs)
            tx.session.flush()
            commit, committed = ("commit", "committed") if _changes(tx) > changes else ("look", "looked")
            self._weather.moment(f"{commit} {name}")
        self._weather.moment(f"{committed} {name}")
        return result


def _changes(tx: Tx) -> int:
    """Return how many rows were changed, as SQLite counts them."""
    changes: int = tx.session.connection().connection.total_changes
    return changes


class Wire(Calls):
    """Between the bot and the stand-in: calls take a while, and now and then one or its answer is lost."""

    def __init__(self, telegram: Starlette, weather: Weather, look: Look) -> None:
        super().__init__(PATIENCE, 1)
        self._telegram = httpx.AsyncClient(transport=httpx.ASGITransport(telegram))
        self._weather, self._look = weather, look
        self.given = set[int]()  # updates the bot was given
        self.confirmed = 0  # and up to which it has confirmed them
        self.in_doubt = 0  # messages whose answer was lost

    async def initialize(self) -> None:
        """Nothing has to be opened."""

    async def shutdown(self) -> None:
        """Nothing has to be closed."""

    async def carry(self, method: str, url: str, said: Said, _: object, /) -> tuple[int, bytes]:
        """Carry one call to Telegram, and its answer back."""
        name, asked = url.rpartition("/")[2], cast("dict[str, str]", said)  # no file is sent of an evening
        self._weather.moment(f"before {name}")
        await asyncio.sleep(self._weather.chance.random() / 20)
        if self._weather.meets():
            raise NotSentError("lost on its way")
        if name == "getUpdates":
            self.confirmed = max(self.confirmed, int(asked.get("offset", 0)))
        answer = await self._telegram.request(method, url, data=asked)
        if answer.is_success:
            self._look(name, asked)
        self._weather.moment(f"after {name}")
        if self._weather.meets():
            self.in_doubt += name.startswith("send")
            raise CutOffError("the answer was lost on its way")
        return answer.status_code, self._mixed_up(answer.content) if name == "getUpdates" else answer.content

    def _mixed_up(self, body: bytes) -> bytes:
        """Let some updates come twice, and some not in their order."""
        answer = json.loads(body)
        told = answer.get("result") or []
        if self._weather.meets():
            told = self._weather.chance.sample(told, len(told)) + told[:1]
        self.given |= {update["update_id"] for update in told}
        return json.dumps(answer | ({"result": told} if "result" in answer else {})).encode()
