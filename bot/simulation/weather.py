"""What goes wrong: the process is killed at numbered moments, calls get lost, the database is busy."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Collection
from random import Random
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import parse_qs

import httpx

from bot.storage.store import BusyError, Storage, Store, Tx

P = ParamSpec("P")
R = TypeVar("R")
Look = Callable[[str, dict[str, Any]], None]  # at a call that reached Telegram


class KilledError(SystemExit):
    """The process is killed here. Nothing catches it, as nothing catches a signal 9."""


class Weather:
    """Numbers every moment at which a kill would make a difference, and kills at some of them."""

    def __init__(self, chance: Random, kills: Collection[int] = (), *, rough: float = 0.0) -> None:
        self.chance, self.kills, self.rough = chance, frozenset(kills), rough
        self.moments = list[str]()  # that were passed, over all lives
        self.killed_at = list[str]()
        self.met: Counter[str] = Counter()

    def moment(self, name: str) -> None:
        """Pass one more moment. Raises KilledError at those that were asked for."""
        self.moments.append(name)
        if len(self.moments) in self.kills:
            self.killed_at.append(name)
            raise KilledError(name)

    def meets(self, trouble: str) -> bool:
        """Whether this trouble is met now."""
        met = bool(self.rough) and self.chance.random() < self.rough
        self.met[trouble] += met
        return met


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
        if self._weather.meets("busy"):
            raise BusyError("busy", None, Exception("the database is locked"))
        with self.store.begin() as tx:
            result = work(tx, *args, **kwargs)
            self._weather.moment(f"commit {name}")
        self._weather.moment(f"committed {name}")
        return result


class Wire(httpx.AsyncBaseTransport):
    """Between the bot and the stand-in: calls take a while, and now and then one or its answer is lost."""

    def __init__(self, telegram: Any, weather: Weather, look: Look) -> None:  # noqa: ANN401 - an ASGI application
        self._telegram, self._weather, self._look = httpx.ASGITransport(telegram), weather, look
        self.given = set[int]()  # updates the bot was given
        self.confirmed = 0  # and up to which it has confirmed them
        self.in_doubt = 0  # messages whose answer was lost

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Carry one call to Telegram, and its answer back."""
        method = request.url.path.rpartition("/")[2]
        self._weather.moment(f"before {method}")
        await asyncio.sleep(self._weather.chance.random() / 20)
        if self._weather.meets("call lost"):
            raise httpx.ConnectError("lost on its way")
        if method == "getUpdates":
            self.confirmed = max(self.confirmed, int(_asked(request).get("offset", 0)))
        answer = await self._telegram.handle_async_request(request)
        body = await answer.aread()
        if answer.status_code == httpx.codes.OK:
            self._look(method, _asked(request))
        self._weather.moment(f"after {method}")
        if self._weather.meets("answer lost"):
            self.in_doubt += method.startswith("send")
            raise httpx.ReadTimeout("the answer was lost on its way")
        if method == "getUpdates":
            body = self._mixed_up(body)
        return httpx.Response(answer.status_code, headers=answer.headers, content=body)

    def _mixed_up(self, body: bytes) -> bytes:
        """Let some updates come twice, and some not in their order."""
        answer = json.loads(body)
        told = answer.get("result") or []
        if self._weather.meets("updates mixed up"):
            told = self._weather.chance.sample(told, len(told)) + told[:1]
        self.given |= {update["update_id"] for update in told}
        return json.dumps(answer | ({"result": told} if "result" in answer else {})).encode()


def _asked(request: httpx.Request) -> dict[str, Any]:
    return {name: values[0] for name, values in parse_qs(request.content.decode("utf-8", "replace")).items()}
