"""From a template and its values to the text a reader sees: language, names, clocks, escaping and lengths.

Nothing else turns values into text, so markup in somebody's words or name stays text, and a private message
shows nothing on a lock screen: people's words stand in it behind a spoiler, which notifications do not print.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from html import escape
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, match_skeleton

from bot.couple import places
from bot.locales import counted, translated
from bot.ritual import Button, Kept, Line, Person, Say, Value, Words

LONGEST_TEXT = 4096  # UTF-16 units of one message after its markup is read: Bot API, sendMessage
LONGEST_CAPTION = 1024  # the same, below a picture: Bot API, sendAnimation
LONGEST_WHISPER = 200  # characters of the answer to a tap: Bot API, answerCallbackQuery
LONGEST_LABEL = 64  # our own bound: a longer label is cut by every phone
DAY_FIRST = "en_150"  # English as it is written in Europe
DAY_AND_MONTH = "MMMMEEEEd"  # CLDR's name for a pattern of weekday, day and month
MOST_LABELS = 4096  # that are remembered, of all rituals in all languages
NAMES = re.compile(r"('[^']*')|E+|c+|M{3,}|L{3,}")  # of a day and a month in a pattern; what is quoted stays
LEAVING_OUT = (300, 160, 120, 80, 50, 30, 15, 5)  # how much of each one's words is shown, the most that fits
ISOLATE = "\u2068", "\u2069"  # what turns the direction turns only its own words
ENDS = dict.fromkeys("\u202a\u202b\u202d\u202e", "\u202c") | dict.fromkeys("\u2066\u2067\u2068", "\u2069")
MARKS_OF_DIRECTION = {*ENDS, *ENDS.values(), "\u200e", "\u200f"}


@dataclass(frozen=True)
class Reader:
    """Who reads: the two in their room, or one of them alone."""

    me: str  # the name the host gave the bot
    names: Mapping[Person, str] = field(repr=False)
    zones: tuple[ZoneInfo, ...]  # one clock, or one for each of two who live apart
    language: str = "en"
    alone: bool = False  # a private chat, whose lock screen somebody else may see


def text(line: Say, reader: Reader) -> str:
    """Return a message as Telegram's HTML."""
    limit = LONGEST_CAPTION if line.picture or line.drawing else LONGEST_TEXT
    return fitted(lambda most: _message(_Show(reader, most, html=True), line), limit)


def plain(line: Line, reader: Reader, limit: int = LONGEST_TEXT) -> str:
    """Return a line without markup, cut to a limit of UTF-16 units."""
    return fitted(lambda most: _message(_Show(reader, most, html=False), line), limit)


def label(button: Button, reader: Reader) -> str:
    """Return what stands on a button."""
    if isinstance(button.label, Line):
        return plain(button.label, reader, LONGEST_LABEL)
    return _word_of_ours(button.label, reader.language)


@lru_cache(MOST_LABELS)
def _word_of_ours(label: str, language: str) -> str:
    """Return a label in which nothing is filled in; a card that asks for a feeling has fifty of them."""
    return plain(Line(label), Reader("", {}, (), language), LONGEST_LABEL)


def fitted(render: Callable[[int], str], limit: int) -> str:
    """Return the fullest rendering within a limit; only people's words are shortened, never ours."""
    for most in LEAVING_OUT:
        if units(shown := render(most)) <= limit:
            return shown
    return shown.encode("utf-16-le", "surrogatepass")[: 2 * limit].decode("utf-16-le", "ignore")


def units(shown: str) -> int:
    """Return a length as Telegram counts it, in UTF-16 units."""
    return len(shown.encode("utf-16-le", "surrogatepass")) // 2


def template_of(line: Line, language: str) -> str:
    """Return a line's template in a language, in the form that its number takes there."""
    match line:
        case Line(many=""):
            return translated(line.text, language)
        case Line(values={"n": int() as n}):
            return counted(line.text, line.many, n, language)
    raise ValueError(f"{line.text!r} counts, and its value n is no number")


def day_of(day: date, language: str) -> str:
    """Return a day as a language says it in full, without the year: "Sunday, 22 November"."""
    return format_date(day, _day_pattern(language), locale=locale_of(language))


def locale_of(language: str) -> str:
    """Return whose dates are read in a language. English puts the day first here, as all others do."""
    return DAY_FIRST if language == "en" else language


@cache
def _day_pattern(language: str) -> str:
    """The language's own order of weekday, day and month, with both names written out."""
    skeletons = Locale.parse(locale_of(language)).datetime_skeletons
    nearest = skeletons[match_skeleton(DAY_AND_MONTH, skeletons) or "MMMEd"].pattern
    return NAMES.sub(lambda name: name[1] or name[0][0] * 4, nearest)


def apart(said: str) -> str:
    """Return somebody's words so that a change of direction in them ends there: all they open is closed."""
    if not MARKS_OF_DIRECTION.intersection(said):
        return said
    kept: list[str] = []
    still_open: list[str] = []
    for char in said:
        if char in ENDS:
            still_open.append(ENDS[char])
        elif char in ENDS.values() and still_open[-1:] != [char]:
            continue  # it would end what is not theirs
        elif char in ENDS.values():
            still_open.pop()
        kept.append(char)
    return "".join((*kept, *reversed(still_open))).join(ISOLATE)


def _message(show: "_Show", line: Line) -> str:
    below = line.below if isinstance(line, Say) else ()
    return "\n".join(show.line(each) for each in (line, *below))


class _Show(Formatter):
    """Shows values inside templates."""

    def __init__(self, reader: Reader, most: int, *, html: bool) -> None:
        self.reader, self.most, self.html = reader, most, html

    def line(self, line: Line) -> str:
        template = template_of(line, self.reader.language)
        template = escape(template, quote=False) if self.html else template
        return self.vformat(template, (), {"me": Words(Person(0), self.reader.me), **line.values})

    def format_field(self, value: Value, format_spec: str) -> Any:  # noqa: ANN401 - as Formatter has it
        match value:
            case Line():
                return self.line(value)
            case Kept(words=Words() as words):
                return self.words(words)
            case Words():
                return self.words(value)
            case Kept():
                return "…"
            case Person():
                return self.escaped(apart(self.reader.names.get(value, "…")))
            case datetime():
                return self.moment(value, format_spec)
            case date():
                return self.escaped(format_date(value, "full", locale=locale_of(self.reader.language)))
            case time():
                return f"{value:%H:%M}"
            case timedelta():
                return f"{value // timedelta(minutes=1)}:{value.seconds % 60:02}"
            case ZoneInfo():
                return self.escaped(places.name(value, self.reader.language))
            case _:
                return str(value)

    def words(self, words: Words) -> str:
        said = translated(words.text, self.reader.language) if words.listed else words.text
        said = said if len(said) <= self.most else said[: self.most] + "…"
        said = self.escaped(apart(said))
        return f"<tg-spoiler>{said}</tg-spoiler>" if self.html and self.reader.alone and words.by.id else said

    def moment(self, at: datetime, format_spec: str) -> str:
        """A moment on each clock of the reader; a single clock needs no name."""
        shown = [at.astimezone(zone) for zone in self.reader.zones]
        if format_spec == "day":
            return self.escaped(day_of(shown[0].date(), self.reader.language))
        hours = {f"{there:%H:%M}": zone for there, zone in zip(shown, self.reader.zones, strict=True)}
        if len(hours) == 1:
            return next(iter(hours))
        return ", ".join(f"{hour} {places.name(zone, self.reader.language)}" for hour, zone in hours.items())

    def escaped(self, said: str) -> str:
        return escape(said, quote=False) if self.html else said
