"""Durable intake by webhook: Telegram pushes an update, and hears that it arrived when it is committed.

The library's own webhook reads a body before it looks at the secret, and answers 200 before anything is
stored. This one looks at the headers first, takes a megabyte at most, stores the raw update, together with
those that came meanwhile, and only then answers 200; where the database does not take it, 503, and Telegram
brings it again.
"""

import asyncio
import json
import logging
from dataclasses import dataclass, field
from datetime import datetime
from hmac import compare_digest
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import WebhookInfo
from telegram.error import BadRequest

from bot.storage.store import BusyError, Storage
from bot.telegram.intake import HIGHEST, Intake, Listener
from bot.telegram.line import ANSWERS_WITHIN, WANTED, RawBot

log = logging.getLogger(__name__)

SECRET = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of the header: Bot API, setWebhook
LARGEST = 1_000_000  # bytes of one update; Telegram's are far smaller
BODY_WITHIN = 10.0  # seconds from the headers to the last byte
AT_ONCE = 40  # connections that Telegram may use: Bot API, setWebhook, max_connections
LOOKS = 30.0  # seconds between two looks whether Telegram still brings updates here
CATCHES_UP = 1.0  # and as long as it has older ones to bring
WAITS_FOR_THEM = 300.0  # seconds; what Telegram cannot bring must not hold up every evening for ever

TAKEN, MALFORMED, REFUSED, TOO_SLOW, TOO_LARGE, NOT_PLAIN, LATER = 200, 400, 401, 408, 413, 415, 503


class RefusedDoorError(Exception):
    """Telegram does not bring anything to that address; its message is a sentence for the host."""


@dataclass(frozen=True)
class Door:
    """Where Telegram brings updates, and what it must say there."""

    url: str
    secret: str = field(repr=False)

    @property
    def path(self) -> str:
        """Return the part of the address that this server sees."""
        return urlsplit(self.url).path or "/"


class Webhook(Intake):
    """Is told by Telegram, and looks now and then whether it still is."""

    _registered = False
    _behind_since: float | None = None
    _failed_last: datetime | None = None  # as Telegram tells it
    _taken = 0  # since the last look
    _next: asyncio.Task[None] | None = None  # stores what has come, after what is being stored

    def __init__(self, door: Door, bot: RawBot, storage: Storage, listener: Listener) -> None:
        super().__init__(bot, storage, listener)
        self.door = door
        self._come: list[dict[str, Any]] = []
        self._storing = asyncio.Lock()

    def route(self) -> Route:
        """Return what the server answers Telegram."""
        return Route(self.door.path, self.take, methods=["POST"])

    async def once(self) -> None:
        """See that Telegram brings updates here, and whether it has any left; then wait a while."""
        if not self._registered:
            await self._register()
        told = await self._bot.get_webhook_info()
        self._answers()
        if told.url != self.door.url:
            log.warning(
                "Telegram brought its updates elsewhere; from now on here. Do two run with this token?"
            )
            await self._register()
        was, self.caught_up = self.caught_up, self._is_caught_up(told)
        if self.caught_up and not was:
            self._listener.stored()
        self.looked.set()
        await asyncio.sleep(LOOKS if self.caught_up else CATCHES_UP)

    def _is_caught_up(self, told: WebhookInfo) -> bool:
        """Whether Telegram has no more to bring than what may be on its way.

        What fails to arrive here stays with Telegram. Nobody is rung before it is heard, for some minutes.
        """
        failed = told.last_error_date is not None and told.last_error_date != self._failed_last
        self._failed_last, taken, self._taken = told.last_error_date, self._taken, 0
        behind = told.pending_update_count > AT_ONCE or bool(
            told.pending_update_count and failed and not taken
        )
        if failed and told.pending_update_count:
            log.warning("Telegram has %d updates that it could not bring here", told.pending_update_count)
        now = asyncio.get_running_loop().time()
        self._behind_since = (self._behind_since or now) if behind else None
        return self._behind_since is None or now - self._behind_since > WAITS_FOR_THEM

    async def _register(self) -> None:
        """Tell Telegram where to bring updates. Raises RefusedDoorError where it refuses that address."""
        try:
            await self._bot.set_webhook(
                self.door.url, secret_token=self.door.secret, allowed_updates=WANTED,
                max_connections=AT_ONCE, read_timeout=ANSWERS_WITHIN,
            )  # fmt: skip
        except BadRequest as error:
            raise RefusedDoorError(f"Telegram does not take this WEBHOOK_URL: {error.message}.") from None
        self._registered = True

    async def take(self, request: Request) -> Response:
        """Store one update, and say so."""
        status = self._looks(request) or await self._take(request)
        return Response(status_code=status, headers={} if status == TAKEN else {"Connection": "close"})

    def _looks(self, request: Request) -> int | None:
        """Return why a body is not even read, by its headers."""
        given = request.headers.get(SECRET, "")
        if not compare_digest(given.encode("latin-1"), self.door.secret.encode()):
            return REFUSED
        if request.headers.get("content-encoding", "identity") != "identity":
            return NOT_PLAIN
        length = request.headers.get("content-length", "0")
        return TOO_LARGE if not length.isdecimal() or int(length) > LARGEST else None

    async def _take(self, request: Request) -> int:
        try:
            async with asyncio.timeout(BODY_WITHIN):
                body = await _body(request)
        except TimeoutError:
            return TOO_SLOW
        except ClientDisconnect:
            return MALFORMED
        if body is None:
            return TOO_LARGE
        update = _update(body)
        if update is None:
            return MALFORMED
        try:
            await self._store(update)
        except BusyError as error:
            log.error("the database does not answer (%s); Telegram brings it again", type(error).__name__)
            return LATER
        return TAKEN

    async def _store(self, update: dict[str, Any]) -> None:
        """Store an update, in one transaction with those that come while others are stored."""
        self._come.append(update)
        if self._next is None:
            self._next = asyncio.create_task(self._store_all())
        await asyncio.shield(self._next)

    async def _store_all(self) -> None:
        async with self._storing:
            come, self._come, self._next = self._come, [], None
            await self.keep(come)
            self._taken += len(come)
            self._listener.stored()


async def _body(request: Request) -> bytes | None:
    """Return a body, or None where it is too large; no more of it is read then."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST:
            return None
        parts.append(part)
    return b"".join(parts)


def _update(body: bytes) -> dict[str, Any] | None:
    """Return an update, or None where it is none, or nested too deeply to be written again."""
    try:
        update = json.loads(body)
        json.dumps(update)
    except (ValueError, RecursionError):
        return None
    number = update.get("update_id") if isinstance(update, dict) else None
    return update if isinstance(number, int) and 0 <= number < HIGHEST else None
