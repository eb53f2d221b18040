"""The bot's face: the Bot API over HTTP, with its envelopes, its long polling and the faults that were set.

Long polling is true to Telegram: an update stays until a later call names a higher offset, and a second
poller ends the first one with 409.
"""

import asyncio
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from bot.playground import refusals
from bot.playground.ascii_json import AsciiJson
from bot.playground.cast import BOT
from bot.playground.cutting import cut
from bot.playground.exchange import Exchange
from bot.playground.faults import Fault
from bot.playground.files import Upload
from bot.playground.markup import Json
from bot.playground.methods import BY_LOWER_CASE, METHODS, Params
from bot.playground.refusals import Refused

LONGEST_POLL = 50
LONGEST_HOLD = 120.0
BAD_GATEWAY = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1>"
    "</center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)


class Silence(Exception):  # noqa: N818  (it is what the bot gets, not an error of ours)
    """The call gets no answer: its connection is cut, or stays open until the client gives up."""

    def __init__(self, *, is_cut: bool) -> None:
        """Take which of the two."""
        super().__init__()
        self.is_cut = is_cut


class BotApi:
    """Answers `/bot<token>/<method>`."""

    def __init__(self, exchange: Exchange) -> None:
        """Serve this exchange."""
        self._exchange = exchange
        self._poller = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call, or hold it until the client gives up."""
        request = Request(scope, receive)
        try:
            response = await self._answered(request)
        except Silence as silence:
            if not silence.is_cut:
                await self._hold(request)
            if silence.is_cut or not await request.is_disconnected():
                await cut(scope, receive)
        else:
            await response(scope, receive, send)

    async def _answered(self, request: Request) -> Response:
        if request.path_params["token"] != BOT.token:
            return _envelope(Refused("Unauthorized", 401))
        method = BY_LOWER_CASE.get(request.path_params["method"].lower())
        if method is None:
            return _envelope(Refused("Not Found", 404))
        params = Params(await _given(request))
        self._exchange.telegram.chats.let_vanish()
        if method != "getUpdates":
            self._exchange.stir()
        fault = self._exchange.fault(method, self._chat_of(params))
        if fault and fault.kind == "slow":
            await self._dawdle(fault.retry_after)
        elif fault:
            return self._faulty(method, params, fault)
        return await self._poll(request, params) if method == "getUpdates" else self._act(method, params)

    # -- Calls ----------------------------------------------------------------

    def _chat_of(self, params: Params) -> int | None:
        tap = self._exchange.world.taps.get(str(params.given.get("callback_query_id", "")))
        chat = str(params.given.get("chat_id", tap.chat if tap else ""))
        return int(chat) if chat.removeprefix("-").isdecimal() else None

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

    def _faulty(self, method: str, params: Params, fault: Fault) -> Response:
        what, _, when = fault.kind.partition("_")
        if when == "after" and method in METHODS:
            self._act(method, params)
        elif when:
            self._exchange.record(method, params.readable(), None)
        if when:
            raise Silence(is_cut=what == "cut")
        if fault.kind == "502":  # of a proxy in front of Telegram, which speaks HTML
            self._recorded(method, params, Refused("Bad Gateway", 502))
            return HTMLResponse(BAD_GATEWAY, 502)
        return self._recorded(method, params, self._refusal(params, fault))

    def _refusal(self, params: Params, fault: Fault) -> Refused:
        if fault.kind == "429":
            wait = fault.wait(self._exchange.clock.now().timestamp())
            self._exchange.telegram.pace.refused += 1
            return Refused(f"Too Many Requests: retry after {wait}", 429, retry_after=wait)
        if fault.kind == "400":
            return Refused(fault.says or refusals.CHAT_NOT_FOUND)
        if fault.kind == "403":
            group = self._exchange.world.groups.get(self._chat_of(params) or 0)
            gone = refusals.not_there(kicked=True, supergroup=group is not None and group.is_super)
            return Refused(gone if group is not None else refusals.BLOCKED)
        return Refused("Internal Server Error", 500)

    async def _dawdle(self, seconds: float) -> None:
        """Let a call take its time."""
        self._exchange.in_flight += 1
        try:
            await asyncio.sleep(seconds)
        finally:
            self._exchange.in_flight -= 1

    async def _hold(self, request: Request) -> None:
        """Leave a call open until the client gives up, or the network is there again."""
        polls = request.path_params["method"].lower() == "getupdates"
        hangs, faults = self._exchange.faults.network_gone is not None, self._exchange.faults
        self._exchange.in_flight += not polls
        gone = asyncio.ensure_future(_gone(request))
        gone.add_done_callback(lambda _: self._exchange.ring())
        try:
            await self._exchange.until(
                lambda: gone.done() or self._exchange.closing or (hangs and not faults.network_gone),
                LONGEST_HOLD,
            )
        finally:
            gone.cancel()
            self._exchange.in_flight -= not polls
            self._exchange.stir()
            self._exchange.ring()

    # -- Polling --------------------------------------------------------------

    async def _poll(self, request: Request, params: Params) -> Response:
        if self._exchange.world.profile.webhook:
            return self._recorded("getUpdates", params, Refused(refusals.WEBHOOK_IS_SET, 409))
        self._poller += 1
        me = self._poller
        self._exchange.ring()  # whoever polled before ends with a conflict
        if params.json("allowed_updates") is not None:
            self._exchange.updates.allow(params.json("allowed_updates"))
        self._exchange.updates.confirm(params.number("offset"))
        self._exchange.kept()
        waiting = self._exchange.updates.waiting
        faults = self._exchange.faults
        gone = asyncio.ensure_future(_gone(request))
        gone.add_done_callback(lambda _: self._exchange.ring())
        seconds = max(0, min(params.number("timeout") or 0, LONGEST_POLL))
        await self._exchange.until(
            lambda: (
                bool(waiting() or faults.network_gone)
                or self._poller != me
                or self._exchange.closing
                or gone.done()
            ),
            seconds,
        )
        lost = gone.done()
        gone.cancel()
        if faults.network_gone:
            raise Silence(is_cut=faults.network_gone == "cut")
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
    return AsciiJson(_body(answer), answer.code if isinstance(answer, Refused) else 200)
