"""What is said beside the outbox: the answer to a tap, and the nod at words.

Each follows the commit of what it answers. Nothing depends on its arriving, so it is tried once.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

from telegram.error import TelegramError

from bot.arrival import Arrival, Command, NotForUs, Tap, Text
from bot.engine import Reply
from bot.metrics import Metrics
from bot.telegram.keyboard import lane_link
from bot.telegram.line import RawBot
from bot.telegram.outbound import reader_of
from bot.telegram.render import LONGEST_WHISPER, plain

log = logging.getLogger(__name__)

MOST_WAITING = 500  # answers and nods; beyond them none is given
TOAST = 60  # characters that a phone shows of a passing answer; a longer one stays until it is closed
NOD = "👌"

Work = Coroutine[Any, Any, None]


class Asides:
    """Answers taps, and nods, a few at a time."""

    def __init__(
        self, bot: RawBot, now: Callable[[], datetime], metrics: Metrics, start: Callable[[Work], object],
        at_once: int,
    ) -> None:  # fmt: skip
        self._bot, self._now, self._metrics, self._start = bot, now, metrics, start
        self._lines = asyncio.Semaphore(at_once)
        self._waiting = 0
        self._nodding: set[tuple[int, int]] = set()

    def answer(self, arrival: Arrival, reply: Reply, stored: datetime | None) -> None:
        """Answer a tap that was stored then, or nod at words."""
        match arrival:
            case Tap(query_id=query_id) | NotForUs(query_id=query_id) if query_id:
                self._begin(self._answer_tap(query_id, reply, stored))
            case (Text() | Command()) as said if reply.nod and _nod_of(said) not in self._nodding:
                self._begin(self._nod(said))
            case _:
                pass

    def _begin(self, work: Work) -> None:
        """Make a call when one of few lines is free; in a flood some are not made."""
        if self._waiting >= MOST_WAITING:
            work.close()
            return
        self._waiting += 1
        self._start(self._wait(work))

    async def _wait(self, work: Work) -> None:
        try:
            async with self._lines:
                await work
        finally:
            self._waiting -= 1
            work.close()

    async def _answer_tap(self, query_id: str, reply: Reply, stored: datetime | None) -> None:
        me = self._bot.bot
        reader = reader_of(reply.audience, reply.to, me, alone=False)
        shown = plain(reply.whisper, reader, LONGEST_WHISPER) if reply.whisper else None
        follows = reply.opens_lane and not shown  # a client follows a link, and then shows no words
        try:
            await self._bot.answer_callback_query(
                query_id, shown, show_alert=bool(shown and len(shown) > TOAST),
                url=lane_link(me.username or "") if follows else None,
            )  # fmt: skip
        except TelegramError as error:  # too old, or the network: the tap had its effect all the same
            log.info("a tap was not answered (%s)", type(error).__name__)
        else:
            self._metrics.answered(stored, self._now())

    async def _nod(self, said: Text | Command) -> None:
        nod = _nod_of(said)
        if nod in self._nodding:
            return
        self._nodding.add(nod)
        try:
            await self._bot.set_message_reaction(said.where.chat_id, said.message_id, NOD)
        except TelegramError as error:
            log.info("words were taken without a nod (%s)", type(error).__name__)
        finally:
            self._nodding.discard(nod)


def _nod_of(said: Text | Command) -> tuple[int, int]:
    """Return in whose place a nod is: one at a time for each one in a chat, whatever is written there."""
    return said.where.chat_id, said.who.number
