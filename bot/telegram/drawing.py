"""What is drawn of the two themselves: from plain data to a picture in their language, when it is sent.

It is drawn in a thread, one at a time, and uploaded for this one message: what is another couple's, or of
another week, is another picture. Where it cannot be drawn, or is not taken, the words go alone, and they
say the same.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeAlias

from babel.dates import format_date, format_interval
from telegram import InputFile, Message

from bot.logs import trace_of
from bot.ritual import Drawing
from bot.telegram.gallery import unless_refused
from bot.telegram.render import Reader, locale_of, plain

log = logging.getLogger(__name__)

FILE_NAME = "drawing.png"
Send: TypeAlias = Callable[[InputFile], Coroutine[Any, Any, Message]]


@dataclass(frozen=True)
class Easel:
    """Where it is drawn."""

    one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def show(self, drawing: Drawing, reader: Reader, send: Send) -> Message | None:
        """Draw and send it, and return its message; None where there is none to show.

        Raises what the line itself meets: a chat that is gone, a flood, a network that is away.
        """
        try:
            async with self.one_at_a_time:
                body = await asyncio.to_thread(drawn, drawing, reader)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with it, the words say the same
            log.error("a drawing could not be drawn: %s", trace_of(error))
            return None
        return await unless_refused("a drawing", send(InputFile(body, FILE_NAME)))


def drawn(drawing: Drawing, reader: Reader) -> bytes:
    """Return it as a picture, in its reader's language."""
    from bot.pictures import sheet as paper  # noqa: PLC0415 - it loads Pillow, which nobody else needs

    return paper.drawn(
        paper.Sheet(
            title=plain(drawing.title, reader),
            span=span(drawing.days[0], drawing.days[-1], reader.language),
            days=tuple(paper.Day(weekday(day, reader.language), day in drawing.lit) for day in drawing.days),
            rows=tuple((mark.sign, plain(mark.reads, reader)) for mark in drawing.marks),
        )
    )


def weekday(day: date, language: str) -> str:
    """Return how a language calls a day in short: "Sun"."""
    return format_date(day, "EEE", locale=locale_of(language))


def span(first: date, last: date, language: str) -> str:
    """Return from when to when, as a language writes it: "20-26 Apr"."""
    return format_interval(first, last, "MMMMd", locale=locale_of(language))
