"""Durable intake: raw updates are committed before they are confirmed.

Telegram forgets an update as soon as a later one is asked for, and python-telegram-bot asks before its
handlers have run: a kill loses what was queued. So this intake is dumb. It stores the raw JSON of a batch in
one transaction, and only the next call, made after the commit, confirms it. It polls; bot/telegram/webhook.py
has the one to which Telegram pushes.
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

import httpx
from telegram import Update
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError, TimedOut
from telegram.ext import ExtBot

from bot.storage import inbox
from bot.storage.store import BusyError, Storage
from bot.telegram.inbound import without_ours

log = logging.getLogger(__name__)

LONG_POLL = 25  # seconds Telegram may hold a call that has nothing to tell
ANSWERS_WITHIN = 5.0  # seconds on top of that
WANTED = (Update.MESSAGE, Update.EDITED_MESSAGE, Update.CALLBACK_QUERY, Update.MY_CHAT_MEMBER)
A_BATCH = 100  # updates in one answer, at most: Bot API, getUpdates
HIGHEST = 2**63  # no database holds a larger number, and Telegram's are far smaller
LONGEST_WAIT = 30.0  # seconds between two tries while Telegram cannot be reached


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


class Intake(ABC):
    """Stores what Telegram tells.

    It calls `stored` when there is something to hear, and `back` when Telegram answers that did not before;
    what `presses` is heard first. `kept` is told the numbers of what is stored.
    Between the two it is cut off: nobody can know whether what is sent then arrives. It has caught up when
    all that people did meanwhile is stored: nobody is rung before, or what was said in time would come late.
    """

    def __init__(
        self,
        bot: RawBot,
        storage: Storage,
        stored: Callable[[], None],
        back: Callable[[], None] = lambda: None,
        presses: inbox.Presses = inbox.nothing_presses,
        kept: Callable[[list[int]], None] = lambda _: None,
    ) -> None:
        self._bot, self._storage, self._stored, self._back = bot, storage, stored, back
        self._presses, self._kept = presses, kept
        self.cut_off = self.caught_up = False
        self.more = False  # Telegram has more to tell at once
        self.in_touch = False  # the last call was answered, and what it told is stored
        self._refused = False
        self.looked = asyncio.Event()  # Telegram was asked for the first time, and answered or did not

    async def run(self) -> None:
        """Ask Telegram over and over until cancelled. Raises InvalidToken, which no waiting can mend."""
        wait = 1.0
        while True:
            try:
                if self._refused:
                    await self.is_refused()
                await self.once()
                wait = 1.0
            except InvalidToken:
                raise
            except (BusyError, TelegramError) as error:
                self.in_touch = False
                wait = await self._waits_out(error, wait)

    async def _waits_out(self, error: Exception, wait: float) -> float:
        """Wait as an error asks for, and return how long to wait for the next of its kind."""
        match error:
            case Conflict():
                self._refused = True
                return wait
            case TimedOut():
                self._is_cut_off()
                return wait
            case RetryAfter(retry_after=wanted):
                await asyncio.sleep(wanted.total_seconds() if isinstance(wanted, timedelta) else wanted)
                return wait
            case BusyError():
                log.error("the database does not answer (%s); nothing is confirmed", type(error).__name__)
            case _:
                if isinstance(error.__cause__, httpx.TransportError):
                    self._is_cut_off()
                kind = type(error).__name__
                log.warning("Telegram cannot be reached (%s); trying again in %.0f s", kind, wait)
        await asyncio.sleep(wait)
        return min(2 * wait, LONGEST_WAIT)

    @abstractmethod
    async def once(self) -> None:
        """Ask Telegram once; whatever it says to that may be raised."""

    async def is_refused(self) -> None:
        """Say why Telegram does not answer us but somebody else, and wait a while."""
        self._refused = False
        log.warning("another process polls with this token; only one may")
        await asyncio.sleep(LONGEST_WAIT)

    async def keep(self, updates: list[dict[str, Any]]) -> None:
        """Store updates, and those that press are heard first. Raises BusyError; then none is stored."""
        whole = [without_ours(update) for update in updates if 0 <= update["update_id"] < HIGHEST]
        await self._storage.first(inbox.keep, whole, self._presses)
        self._kept([update["update_id"] for update in whole])

    def _answers(self) -> None:
        """Telegram has answered."""
        self.in_touch = True
        if self.cut_off:
            self.cut_off = False
            self._back()

    def _is_cut_off(self) -> None:
        self.cut_off, self.caught_up = True, False
        self.looked.set()


class Polling(Intake):
    """Polls, stores, then confirms."""

    _offset: int | None = None

    async def once(self) -> None:
        """Make one call, store what came, and let the next call confirm it."""
        waits = self.caught_up and not self.more
        updates = await self._bot.raw_updates(self._offset, LONG_POLL if waits else 0)
        self._answers()
        if updates:
            await self.keep(updates)
            self._offset = max(update["update_id"] for update in updates) + 1
        self.more = len(updates) >= A_BATCH
        if updates or not waits:
            self.caught_up = self.caught_up or not self.more
            self._stored()
        self.looked.set()

    async def is_refused(self) -> None:
        """Somebody else polls; or this bot was told of by a webhook before, which is given up for polling."""
        if (await self._bot.get_webhook_info()).url:
            log.warning("Telegram pushed to a webhook so far; from now on it is polled")
            await self._bot.delete_webhook()
            self._refused = False
        else:
            await super().is_refused()
