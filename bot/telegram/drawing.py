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
from bot.ritual import Week
from bot.telegram.gallery import unless_refused
from bot.telegram.render import Reader, locale_of, plain
from bot.week import seven_days

log = logging.getLogger(__name__)

FILE_NAME = "week.png"
Send: TypeAlias = Callable[[InputFile], Coroutine[Any, Any, Message]]


@dataclass(frozen=True)
class Easel:
    """Where it is drawn."""

    one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def show(self, week: Week, reader: Reader, send: Send) -> Message | None:
        """Draw and send it, and return its message; None where there is none to show.

        Raises what the line itself meets: a chat that is gone, a flood, a network that is away.
        """
        try:
            async with self.one_at_a_time:
                body = await asyncio.to_thread(drawn, week, reader)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with it, the words say the same
            log.error("a week could not be drawn: %s", trace_of(error))
            return None
        return await unless_refused("the drawing of a week", send(InputFile(body, FILE_NAME)))


def drawn(week: Week, reader: Reader) -> bytes:
    """Return a week as a picture, in its reader's language."""
    from bot.pictures import week as paper  # noqa: PLC0415 - it loads Pillow, which nobody else needs

    days = seven_days(week.last)
    evenings = tuple(paper.Evening(weekday(day, reader.language), day in week.evenings) for day in days)
    many = len(week.evenings), week.actions, week.thanks
    rows = zip(paper.SIGNS, many, week.reads, strict=True)
    return paper.drawn(
        paper.Sheet(
            title=plain(week.title, reader),
            span=span(days[0], days[-1], reader.language),
            evenings=evenings,
            rows=tuple((sign, plain(reads, reader)) for sign, n, reads in rows if n),
        )
    )


def weekday(day: date, language: str) -> str:
    """Return how a language calls a day in short: "Sun"."""
    return format_date(day, "EEE", locale=locale_of(language))


def span(first: date, last: date, language: str) -> str:
    """Return from when to when, as a language writes it: "20-26 Apr"."""
    return format_interval(first, last, "MMMMd", locale=locale_of(language))
