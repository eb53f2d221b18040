"""From the outbox to Telegram, and what its answers mean for each line.

A line is deleted only after Telegram's answer. Where nobody can know whether it arrived, a line that may be
said again is said again, and any other is let go: a doubled evening card is worse than none, a lost return is
harm. A chat that is gone or has put Tend out gets nothing more; one where Tend may not write just now loses
the line and no more than that.

A line is drawn before its moment comes, so that little happens between the moment and the call.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import Any, Concatenate, ParamSpec, TypeVar

from telegram import Bot, InlineKeyboardMarkup, LinkPreviewOptions, Message, User
from telegram.constants import ParseMode
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from bot.engine.rooms import Rooms
from bot.hours import ZONE
from bot.logs import trace_of
from bot.metrics import Metrics, Trouble
from bot.ritual import Drawing, Person
from bot.storage import outbox
from bot.storage.couples import Audience
from bot.storage.outbox import Ready
from bot.storage.pace import LATE_AT_MOST
from bot.storage.store import BusyError, Storage, Tx
from bot.telegram.drawing import Easel
from bot.telegram.gallery import Gallery
from bot.telegram.keyboard import keyboard
from bot.telegram.line import NotSentError, span
from bot.telegram.render import Reader, text
from bot.wording import LANGUAGE

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

BETWEEN_NOTES = 1.0  # seconds
PATIENCE = timedelta(minutes=5)  # the longest wait between two tries
GONE = "chat not found", "chat was deleted", "chat was deactivated", "peer_id_invalid", "chat_id_invalid"
NO_RIGHT = (
    "not enough rights",
    "have no rights",
    "write_forbidden",
    "chat_restricted",
)  # as `GONE`: a 400's or 403's words
OF_ANOTHER_KIND = "in the message to edit"  # "there is no text", or no caption; as `GONE`
PLAIN = LinkPreviewOptions(is_disabled=True)


class LateError(Exception):
    """A line is late for its moment, and nothing of it has left."""


@dataclass
class Moment:
    """When a line leaves, by the time of the event loop. Only the first of its calls waits for it."""

    at: float
    punctual: bool
    is_past: bool = False

    async def comes(self) -> None:
        """Wait for it. Raises LateError where it is missed and must not be."""
        if self.is_past:
            return
        self.is_past, time = True, asyncio.get_running_loop().time
        if (wait := self.at - time()) > 0:
            await asyncio.sleep(wait)
        if self.punctual and time() - self.at > LATE_AT_MOST.total_seconds():
            raise LateError

    async def then(
        self, call: Callable[P, Coroutine[Any, Any, R]], /, *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Make a call when it has come."""
        await self.comes()
        return await call(*args, **kwargs)


@dataclass(frozen=True)
class Sender:
    """Sends lines, and notes what became of each."""

    bot: Bot
    storage: Storage
    now: Callable[[], datetime]
    rooms: Rooms
    metrics: Metrics

    @cached_property
    def gallery(self) -> Gallery:
        """The moving pictures."""
        return Gallery(self.storage)

    @cached_property
    def easel(self) -> Easel:
        """Where a couple's own pictures are drawn."""
        return Easel()

    async def send(self, ready: Ready, me: User, at: float) -> None:
        """Send one line at its moment and note the answer. Raises nothing that Telegram can cause."""
        try:
            await self._try(ready, me, Moment(at, ready.punctual))
        except Exception as error:  # noqa: BLE001 - a line that cannot be shown or noted must not block those behind it
            log.error("a line could not be shown, or its answer noted, and is let go: %s", trace_of(error))
            await self._let_go(ready, "broken")

    async def _try(self, ready: Ready, me: User, moment: Moment) -> None:
        try:
            answer = await self._send(ready, me, moment)
        except LateError:
            self.metrics.trouble("late")
            await self._note(outbox.come_back, ready)
        except RetryAfter as error:
            self.metrics.trouble("retry_after")
            await self._note(outbox.postpone, ready, self.now() + span(error.retry_after), whole_chat=True)
        except ChatMigrated as error:
            self.metrics.trouble("moved")
            known_now = await self._note(self.rooms.moved, ready.chat_id, error.new_chat_id)
            wait = timedelta() if known_now else PATIENCE
            await self._note(outbox.postpone, ready, self.now() + wait, whole_chat=False)
        except (Forbidden, BadRequest) as error:
            await self._refused(ready, error)
        except NetworkError as error:
            await self._in_doubt(ready, error)
        except TelegramError as error:  # it is not about this line: the token, say
            log.warning("no line is taken (%s)", type(error).__name__)
            self.metrics.trouble("none_taken")
            await self._note(outbox.postpone, ready, self.now() + PATIENCE, whole_chat=False)
        else:
            self.metrics.sent(ready.rank, self.now() - ready.put_at)
            await self._note(self._done, ready, answer)

    def _done(self, tx: Tx, ready: Ready, answer: int | None) -> None:
        if ready.kind == "count" and answer is not None:
            self.rooms.counted(tx, ready.chat_id, answer)
        outbox.sent(tx, ready, answer if ready.kind == "say" else None)

    async def _note(self, work: Callable[Concatenate[Tx, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Note what became of a line, however long the database is busy: else its chat would fall silent."""
        while True:
            try:
                return await self.storage.run(work, *args, **kwargs)
            except BusyError as error:
                log.warning("the database does not take a note (%s); trying again", type(error).__name__)
                await asyncio.sleep(BETWEEN_NOTES)

    async def _send(self, ready: Ready, me: User, moment: Moment) -> int | None:
        """Make the call of a line and return the number of its message, or of a room's members."""
        alone = ready.chat_id > 0
        reader = reader_of(ready.audience, ready.face.to, me, alone=alone)
        if ready.kind == "count":
            return await moment.then(self.bot.get_chat_member_count, ready.chat_id)
        if ready.kind == "strip":
            await moment.comes()
            await self.bot.edit_message_reply_markup(ready.chat_id, ready.message_id, reply_markup=None)
            return None
        said = text(ready.face, reader)
        buttons = keyboard(ready.face.buttons, ready.card_id, reader, me.username or "")
        if ready.kind == "redraw":
            await moment.comes()
            await self._redraw(ready, said, buttons)
            return None
        message = await self._show(ready, me, moment, said, buttons) if ready.face.picture else None
        if ready.face.drawing is not None:
            message = await self._draw(ready, ready.face.drawing, moment, reader, said, buttons)
        if message is None:
            await moment.comes()
            message = await self.bot.send_message(
                ready.chat_id, said, parse_mode=ParseMode.HTML, reply_markup=buttons,
                link_preview_options=PLAIN, message_thread_id=ready.thread_id,
                disable_notification=ready.face.softly,
            )  # fmt: skip
        return message.message_id

    async def _show(
        self, ready: Ready, me: User, moment: Moment, said: str, buttons: InlineKeyboardMarkup | None
    ) -> Message | None:
        """Send the words below a picture; None where there is none to be had, and the words go alone."""
        below = _below(ready, said, buttons)
        send = partial(moment.then, self.bot.send_animation, ready.chat_id, **below)
        return await self.gallery.show(me.id, ready.face.picture, send)

    async def _draw(
        self, ready: Ready, drawing: Drawing, moment: Moment, reader: Reader, said: str,
        buttons: InlineKeyboardMarkup | None,
    ) -> Message | None:  # fmt: skip
        """Send the words below what is drawn of the two; None as above."""
        send = partial(moment.then, self.bot.send_photo, ready.chat_id, **_below(ready, said, buttons))
        return await self.easel.show(drawing, reader, send)

    async def _redraw(self, ready: Ready, said: str, buttons: InlineKeyboardMarkup | None) -> None:
        """Give a card new words: below a picture they are a caption, and only Telegram knows if one went."""
        pictured = bool(ready.face.picture or ready.face.drawing)
        try:
            await self._reword(ready, said, buttons, captioned=pictured)
        except BadRequest as error:
            if OF_ANOTHER_KIND not in str(error).casefold():
                raise
            await self._reword(ready, said, buttons, captioned=not pictured)

    async def _reword(
        self, ready: Ready, said: str, buttons: InlineKeyboardMarkup | None, *, captioned: bool
    ) -> None:
        if captioned:
            await self.bot.edit_message_caption(
                ready.chat_id, ready.message_id, caption=said,
                parse_mode=ParseMode.HTML, reply_markup=buttons,
            )  # fmt: skip
        else:
            await self.bot.edit_message_text(
                said, ready.chat_id, ready.message_id,
                parse_mode=ParseMode.HTML, reply_markup=buttons, link_preview_options=PLAIN,
            )  # fmt: skip

    async def _refused(self, ready: Ready, error: Forbidden | BadRequest) -> None:
        """A line is never tried again as it was; a card that is gone is said as a new message."""
        why = str(error).casefold()
        if ready.kind == "count":
            await self._let_go(ready, "refused")
        elif any(sign in why for sign in NO_RIGHT):
            log.warning("in a chat nothing may be written just now; a line of kind %s is let go", ready.kind)
            await self._let_go(ready, "no_right")
        elif isinstance(error, Forbidden) or any(sign in why for sign in GONE):
            log.info("a chat does not take our lines; nothing is said there until it is opened again")
            self.metrics.trouble("shut")
            await self._note(self._shut, ready)
        elif "not modified" in why or (ready.kind == "strip" and "message" in why):
            self.metrics.trouble("needless")
            await self._note(outbox.sent, ready, None)
        elif ready.thread_id is not None and "thread not found" in why:
            self.metrics.trouble("topic_gone")
            await self._note(outbox.leave_topic, ready)
        elif ready.kind == "redraw" and ("not found" in why or "can't be edited" in why):
            self.metrics.trouble("card_gone")
            await self._note(outbox.resend, ready)
        else:
            log.warning("Telegram refused a line of kind %s", ready.kind)
            await self._let_go(ready, "refused")

    async def _let_go(self, ready: Ready, trouble: Trouble) -> None:
        self.metrics.trouble(trouble)
        await self._note(outbox.drop, ready)

    def _shut(self, tx: Tx, ready: Ready) -> None:
        self.rooms.shut(tx, ready.chat_id, ready.id)
        outbox.drop_all(tx, ready)

    async def _in_doubt(self, ready: Ready, error: NetworkError) -> None:
        not_reached = isinstance(error, NotSentError) or error.__cause__ is None  # a 5xx that Telegram wrote
        if ready.again or not_reached:
            self.metrics.trouble("not_reached" if not_reached else "in_doubt")
            wait = min(PATIENCE, timedelta(seconds=2 ** min(ready.attempts - 1, 9)))
            await self._note(outbox.postpone, ready, self.now() + wait, whole_chat=False)
        else:
            log.warning("a line may not have arrived and is not said again")
            await self._let_go(ready, "let_go")


def _below(ready: Ready, said: str, buttons: InlineKeyboardMarkup | None) -> dict[str, Any]:
    """Return how words are sent below something to look at."""
    return {
        "caption": said, "parse_mode": ParseMode.HTML, "reply_markup": buttons,
        "message_thread_id": ready.thread_id, "disable_notification": ready.face.softly,
    }  # fmt: skip


def reader_of(audience: Audience | None, to: Person | None, me: User, *, alone: bool) -> Reader:
    """Return who reads a line: the two in their room by their clocks, or one alone by their own."""
    if audience is None:
        return Reader(me.first_name, {}, (ZONE.default,), alone=alone)
    readers = [to] if to else list(audience.both)
    zones = dict.fromkeys(audience.prefers.of(person)[ZONE] for person in readers) or {
        audience.prefers[ZONE]: None
    }
    language = (audience.prefers.of(to) if to else audience.prefers)[LANGUAGE]
    return Reader(me.first_name, audience.names, tuple(zones), language, alone=alone)
