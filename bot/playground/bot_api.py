"""The bot's face: the Bot API over HTTP, with its envelopes, its long polling and the faults that were set.

Long polling is true to Telegram: an update stays until a later call names a higher offset, and a second
poller ends the first one with 409.
"""

import asyncio
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from bot.playground import refusals
from bot.playground.cast import BOT
from bot.playground.exchange import Exchange, Fault
from bot.playground.files import Upload
from bot.playground.markup import Json
from bot.playground.methods import BY_LOWER_CASE, METHODS, Params
from bot.playground.refusals import Refused

LONGEST_POLL = 50
LONGEST_HOLD = 120.0
TIMEOUTS = {"timeout_before", "timeout_after"}


class BotApi:
    """Answers `/bot<token>/<method>`."""

    def __init__(self, exchange: Exchange) -> None:
        """Serve this exchange."""
        self._exchange = exchange
        self._poller = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call, or hold it until the client gives up."""
        request = Request(scope, receive)
        response = await self._answered(request)
        if response is None:
            await self._hold(request)
        else:
            await response(scope, receive, send)

    async def _answered(self, request: Request) -> Response | None:
        if request.path_params["token"] != BOT.token:
            return _envelope(Refused("Unauthorized", 401))
        method = BY_LOWER_CASE.get(request.path_params["method"].lower())
        if method is None:
            return _envelope(Refused("Not Found", 404))
        params = Params(await _given(request))
        if method != "getUpdates":
            return self._call(method, params)
        fault = self._exchange.fault(method)
        return self._faulty(method, params, fault) if fault else await self._poll(request, params)

    # -- Calls ----------------------------------------------------------------

    def _call(self, method: str, params: Params) -> Response | None:
        self._exchange.stir()
        fault = self._exchange.fault(method)
        if fault:
            return self._faulty(method, params, fault)
        return self._act(method, params)

    def _act(self, method: str, params: Params) -> Response:
        try:
            answer: Json | Refused = {"ok": True, "result": METHODS[method](self._exchange.telegram, params)}
        except Refused as refused:
            answer = refused
        self._exchange.kept()
        return self._recorded(method, params, answer)

    def _recorded(self, method: str, params: Params, answer: Json | Refused) -> Response:
        self._exchange.record(method, params.readable(), _body(answer))
        return _envelope(answer)

    def _faulty(self, method: str, params: Params, fault: Fault) -> Response | None:
        if fault.kind == "timeout_after" and method in METHODS:
            self._act(method, params)
            return None
        if fault.kind in TIMEOUTS:
            self._exchange.record(method, params.readable(), None)
            return None
        if fault.kind == "429":
            said = f"Too Many Requests: retry after {fault.retry_after}"
            refused = Refused(said, 429, retry_after=fault.retry_after)
        elif fault.kind == "403":
            group = str(params.given.get("chat_id", "")).startswith("-")
            refused = Refused(refusals.KICKED if group else refusals.BLOCKED)
        else:
            refused = Refused("Internal Server Error", 500)
        return self._recorded(method, params, refused)

    async def _hold(self, request: Request) -> None:
        self._exchange.in_flight += 1
        gone = asyncio.ensure_future(_gone(request))
        gone.add_done_callback(lambda _: self._exchange.ring())
        try:
            await self._exchange.until(lambda: gone.done() or self._exchange.closing, LONGEST_HOLD)
        finally:
            gone.cancel()
            self._exchange.in_flight -= 1
            self._exchange.stir()
            self._exchange.ring()

    # -- Polling --------------------------------------------------------------

    async def _poll(self, request: Request, params: Params) -> Response:
        self._poller += 1
        me = self._poller
        self._exchange.ring()  # whoever polled before ends with a conflict
        if params.json("allowed_updates") is not None:
            self._exchange.updates.allow(params.json("allowed_updates"))
        self._exchange.updates.confirm(params.number("offset"))
        self._exchange.kept()
        waiting = self._exchange.updates.waiting
        gone = asyncio.ensure_future(_gone(request))
        gone.add_done_callback(lambda _: self._exchange.ring())
        seconds = max(0, min(params.number("timeout") or 0, LONGEST_POLL))
        await self._exchange.until(
            lambda: bool(waiting()) or self._poller != me or self._exchange.closing or gone.done(), seconds
        )
        lost = gone.done()
        gone.cancel()
        if self._poller != me:
            return self._recorded("getUpdates", params, Refused(refusals.CONFLICT, 409))
        updates = self._exchange.updates.first(params.number("limit"))
        if not updates or lost:
            return _envelope({"ok": True, "result": []})
        return self._recorded("getUpdates", params, {"ok": True, "result": updates})


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _given(request: Request) -> dict[str, Any]:
    given: dict[str, Any] = dict(request.query_params)
    kind = request.headers.get("content-type", "")
    if kind.startswith("application/json"):
        try:
            body = await request.json()
        except ValueError:
            body = None
        return given | (body if isinstance(body, dict) else {})
    if kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        async with request.form() as form:
            given |= {name: await _part(value) for name, value in form.items()}
    return given


async def _part(value: UploadFile | str) -> Upload | str:
    if isinstance(value, str):
        return value
    return Upload(value.filename or "", value.content_type or "", await value.read())


def _body(answer: Json | Refused) -> Json:
    if not isinstance(answer, Refused):
        return answer
    body: Json = {"ok": False, "error_code": answer.code, "description": answer.description}
    return body | ({"parameters": answer.parameters} if answer.parameters else {})


def _envelope(answer: Json | Refused) -> Response:
    return JSONResponse(_body(answer), answer.code if isinstance(answer, Refused) else 200)
