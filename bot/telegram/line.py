"""The line to Telegram: the library's bot, its calls carried by aiohttp.

The library's own way is over httpx, which takes three times as long for a call (docs/decisions, 31). What a
failed call means for what was to be said is told by the error: it never left, or nobody can know.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeAlias, cast

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
    FormData,
    TCPConnector,
)
from telegram import Update
from telegram.error import InvalidToken, NetworkError, TimedOut
from telegram.ext import ExtBot
from telegram.request import BaseRequest, RequestData

__all__ = [
    "ANSWERS_WITHIN", "LONG_POLL", "WANTED", "Calls", "CutOffError", "InvalidToken", "Line", "NotSentError",
    "RawBot", "Said", "raw_bot", "span",
]  # fmt: skip

ANSWERS_WITHIN = 5.0  # seconds in which Telegram answers what it need not wait for
LONG_POLL = 25  # seconds Telegram may hold a call that has nothing to tell
WANTED = (Update.MESSAGE, Update.EDITED_MESSAGE, Update.CALLBACK_QUERY, Update.MY_CHAT_MEMBER)

Said: TypeAlias = dict[str, str] | FormData  # the second with files


class NotSentError(NetworkError):
    """The call never left this machine."""


class CutOffError(NetworkError):
    """The line broke before the answer; nobody can know whether the call arrived."""


class Calls(BaseRequest):
    """Makes the library's calls, so many at once, over connections that are kept open."""

    def __init__(self, timeout: float, at_once: int) -> None:
        self._timeout, self._at_once = timeout, at_once
        self._session: ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        """Seconds that an answer may take."""
        return self._timeout

    async def initialize(self) -> None:
        """Open the line."""
        if self._session is None:
            self._session = ClientSession(connector=TCPConnector(limit=self._at_once), trust_env=True)

    async def shutdown(self) -> None:
        """Close the line."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None,
        read_timeout: object = None, write_timeout: object = None,  # noqa: ARG002 - the library's signature
        connect_timeout: object = None, pool_timeout: object = None,  # noqa: ARG002 - the library's signature
    ) -> tuple[int, bytes]:  # fmt: skip
        """Make one call, as the library wants it."""
        connecting, reading = self._seconds(connect_timeout), self._seconds(read_timeout)
        spans = ClientTimeout(total=connecting + reading, connect=connecting, sock_read=reading)
        return await self.carry(method, url, _said(request_data), spans)

    async def carry(self, method: str, url: str, said: Said, spans: ClientTimeout, /) -> tuple[int, bytes]:
        """Carry one call there and its answer back: a status and a body.

        Raises NotSentError, or CutOffError or TimedOut where the call may have arrived.
        """
        if self._session is None:
            raise NotSentError("The line is not open.")
        try:
            async with self._session.request(method, url, data=said, timeout=spans) as answer:
                return answer.status, await answer.read()
        except (ClientConnectorError, ConnectionTimeoutError) as error:
            raise NotSentError(type(error).__name__) from error
        except TimeoutError as error:
            raise TimedOut from error
        except ClientError as error:
            raise CutOffError(type(error).__name__) from error

    def _seconds(self, wanted: object) -> float:
        """Return what a call asks for, where it asks; the library's sign for "not asked" is no number."""
        return float(wanted) if isinstance(wanted, int | float) else self._timeout


def _said(asked: RequestData | None) -> Said:
    """Return what a call says, with its files where it has some."""
    if asked is None or not asked.contains_files:
        return asked.json_parameters if asked else {}
    form = FormData(asked.json_parameters)
    for name, (filename, body, kind) in asked.multipart_data.items():
        form.add_field(name, body, filename=filename, content_type=kind)
    return form


@dataclass(frozen=True)
class Line:
    """How Telegram is reached."""

    token: str = field(repr=False)
    base_url: str
    timeout: float  # seconds to be connected, and again to be answered
    calls: Callable[[float, int], BaseRequest] = Calls  # from those seconds, and calls at once

    @property
    def longest_call(self) -> timedelta:
        """How long one call can take, whatever becomes of it."""
        return 2 * timedelta(seconds=self.timeout)


class RawBot(ExtBot[None]):
    """The library's bot, which can also hand out updates as they came."""

    async def raw_updates(self, offset: int | None, wait: int = LONG_POLL) -> list[dict[str, Any]]:
        """Return the next updates as raw JSON; all before `offset` are confirmed by this call."""
        asked = {"timeout": wait, "offset": offset, "allowed_updates": list(WANTED)}
        given = {name: value for name, value in asked.items() if value is not None}
        updates = await self._post("getUpdates", given, read_timeout=wait + ANSWERS_WITHIN)
        return cast("list[dict[str, Any]]", updates)

    async def _do_post(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the library's own
        """Leave out the buttons that Telegram repeats after us: to read fifty takes as long as to send."""
        answer = await super()._do_post(*args, **kwargs)
        if isinstance(answer, dict):
            answer.pop("reply_markup", None)
        return answer


def raw_bot(line: Line, in_flight: int) -> RawBot:
    """Return the library's bot: room for the calls that may be in flight, and a line of its own to poll."""
    return RawBot(
        line.token,
        base_url=f"{line.base_url}/bot",
        base_file_url=f"{line.base_url}/file/bot",
        request=line.calls(line.timeout, 2 * in_flight),
        get_updates_request=line.calls(line.timeout, 1),
    )


def span(wanted: float | timedelta) -> timedelta:
    """Return how long Telegram asks to wait; the library tells it in seconds or as a span."""
    return wanted if isinstance(wanted, timedelta) else timedelta(seconds=wanted)
