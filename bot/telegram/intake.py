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
from dataclasses import dataclass
from typing import Any

from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError, TimedOut

from bot.storage import inbox
from bot.storage.store import BusyError, Storage
from bot.telegram.inbound import without_ours
from bot.telegram.line import LONG_POLL, CutOffError, NotSentError, RawBot, span

log = logging.getLogger(__name__)

A_BATCH = 100  # updates in one answer, at most: Bot API, getUpdates
HIGHEST = 2**63  # no database holds a larger number, and Telegram's are far smaller
STANDS_BY = 1.0  # seconds between two looks whether whoever polls is gone
LONGEST_WAIT = 30.0  # seconds between two tries while Telegram cannot be reached


@dataclass(frozen=True)
class Listener:
    """Who is told what an intake notices."""

    stored: Callable[[], None]  # there is something to hear
    back: Callable[[], None] = lambda: None  # Telegram answers, which did not before
    presses: inbox.Presses = inbox.nothing_presses  # what of it is to be heard first
    kept: Callable[[list[int]], None] = lambda _: None  # the numbers of what was stored


class Intake(ABC):
    """Stores what Telegram tells.

    Between losing Telegram and having it back it is cut off: nobody can know whether what is sent then
    arrives. It has caught up when all that people did meanwhile is stored: nobody is rung before, or what
    was said in time would come late.
    """

    def __init__(self, bot: RawBot, storage: Storage, listener: Listener) -> None:
        self._bot, self._storage, self._listener = bot, storage, listener
        self.cut_off = self.caught_up = False
        self.more = False  # Telegram has more to tell at once
        self.stands_by = False  # another process on this database polls
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
                await asyncio.sleep(span(wanted).total_seconds())
                return wait
            case BusyError():
                log.error("the database does not answer (%s); nothing is confirmed", type(error).__name__)
            case _:
                if isinstance(error, NotSentError | CutOffError):
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
        await self._storage.first(inbox.keep, whole, self._listener.presses)
        self._listener.kept([update["update_id"] for update in whole])

    def _answers(self) -> None:
        """Telegram has answered."""
        self.in_touch = True
        if self.cut_off:
            self.cut_off = False
            self._listener.back()

    def _is_cut_off(self) -> None:
        self.cut_off, self.caught_up = True, False
        self.looked.set()


class Polling(Intake):
    """Polls, stores, then confirms."""

    _offset: int | None = None

    async def once(self) -> None:
        """Make one call, store what came, and let the next confirm it; or stand by while another does."""
        if await self._is_anothers():
            await asyncio.sleep(STANDS_BY)
            return
        waits = self.caught_up and not self.more
        updates = await self._bot.raw_updates(self._offset, LONG_POLL if waits else 0)
        self._answers()
        if updates:
            await self.keep(updates)
            self._offset = max(update["update_id"] for update in updates) + 1
        self.more = len(updates) >= A_BATCH
        if updates or not waits:
            self.caught_up = self.caught_up or not self.more
            self._listener.stored()
        self.looked.set()

    async def is_refused(self) -> None:
        """Somebody else polls; or this bot was told of by a webhook before, which is given up for polling."""
        if await self._is_anothers():
            self._refused = False
        elif (await self._bot.get_webhook_info()).url:
            log.warning("Telegram pushed to a webhook so far; from now on it is polled")
            await self._bot.delete_webhook()
            self._refused = False
        else:
            await super().is_refused()

    async def _is_anothers(self) -> bool:
        """Whether another process on this database polls; what it does not confirm comes to us then."""
        presence = self._storage.store.presence
        polls = not presence.is_shared or await asyncio.to_thread(presence.polls)
        if self.stands_by == polls:
            log.info("this process polls" if polls else "another process polls; this one stands by")
        self.stands_by = not polls
        if self.stands_by:
            self._offset, self.caught_up, self.cut_off = None, False, False
            self.looked.set()
        return self.stands_by
