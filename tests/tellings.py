"""How a story is told: in which language, and on which database; and how one that is not English is read.

A story is written once, in English. Told in Spanish, everybody's app speaks Spanish, a tap taps the Spanish
label, and what the phones show is looked up in the catalogue and read back in English. What Tend says and no
catalogue has cannot be read back, and the story ends there: so nothing is left in English by accident.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, cached_property
from itertools import count
from string import Formatter
from zlib import crc32

import pytest

from bot.couple import places
from bot.playground.cast import BOT, PEOPLE
from bot.telegram.render import day_of
from bot.wording import LANGUAGES
from tests.catalogue import forms, path_of, read
from tests.databases import Server

NUMBERS = count(1)  # of the databases that were lent
THE_BOT = (sys.executable, "-m", "bot", "run", "--led-by")

# The stand-in as it is, but for the language of everybody's app and the database that the bot is given.
LAUNCHER = """
import os, sys
from dataclasses import replace
from pathlib import Path
from bot.playground import cast, play
from tests.nursery import bear

language, database, *bot = sys.argv[1:]
for number, person in cast.BY_ID.items():
    cast.BY_ID[number] = cast.BY_NAME[person.name] = replace(person, language_code=language)
if database:
    bot = ["env", f"DATABASE_URL={database}", *bot]
folder = Path(os.environ["DATA_DIR"])
sys.exit(play(port=int(os.environ["PORT"]), data_dir=folder, bot_argv=lambda fd: [*bot, str(fd)], begin=bear))
"""

# What Tend reads by the rules of a language: how the stories have it, and what people then type.
TYPED = {
    "es": {
        "I heard that you are quiet": "Escuché que quieres calma",
        "When I am home, I will cook": "Cuando llegue a casa, voy a cocinar",
        "When it rains, I will drive": "Cuando llueva, voy a manejar",
        "When it is day, I will keep my": "Cuando sea de día, voy a cumplir mi",
    }
}
NAMES = {BOT.first_name, *(person.first_name for person in PEOPLE)}
HOUR = re.compile(r"\d\d?:\d\d")
ALIKE = re.compile(rf"{HOUR.pattern}|/\w+|{'|'.join(LANGUAGES.values())}")  # what reads so in every language
OF_HELP = re.compile(r"(/\w+ · )(.+)")
DAYS = (date(2026, 1, 1), 1096)  # those that a story can come to


# -- In which language --------------------------------------------------------


@dataclass(frozen=True)
class Template:
    """One text: how it reads in English, and how it is written in another language."""

    english: str
    written: str

    @cached_property
    def weight(self) -> tuple[int, int]:
        """How many letters of its own it has, and how many signs: the more, the surer it is."""
        own = "".join(literal for literal, _ in parts_of(self.written))
        return sum(map(str.isalpha, own)), len(own)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What every message is like that was made of it."""
        parts: list[str] = []
        seen: set[str] = set()
        for literal, name in parts_of(self.written):
            parts.append(re.escape(literal))
            if name:
                like = rf"{HOUR.pattern}.*?" if name.endswith("_hour") else ".+?"
                parts.append(f"(?P={name})" if name in seen else f"(?P<{name}>{like})")
                seen.add(name)
        return re.compile("".join(parts))

    @property
    def values(self) -> int:
        """How many values stand in it."""
        return self.pattern.groups


def parts_of(text: str) -> Iterator[tuple[str, str]]:
    """Return the parts of a text, each with the value behind it: "{first:day}" is `first_day`."""
    for literal, name, form, _ in Formatter().parse(text):
        yield literal, f"{name or ''}_{form}" if form else name or ""


class Interpreter:
    """Reads one language as English."""

    def __init__(self, language: str) -> None:
        catalogue = read(path_of(language))
        texts = [
            Template(message.id if isinstance(message.id, str) else message.id[min(place, 1)], form)
            for message in catalogue
            if message.id
            for place, form in enumerate(forms(message))
        ]
        self.language = language
        self._templates = sorted(
            (text for text in texts if text.values), key=lambda text: text.weight, reverse=True
        )
        self._plain = {text.written: text.english for text in texts if not text.values}
        self._written = {english: written for written, english in self._plain.items()}
        self._most_lines = 1 + max(text.written.count("\n") for text in texts)
        self._typed = TYPED[language]
        self._read: dict[str, str] = {}

    def english(self, shown: str) -> str:
        """Return what a message of Tend's reads in English, or a button, or the answer to a tap."""
        if shown not in self._read:
            self._read[shown] = "\n".join(self._parts(shown.split("\n")))
        return self._read[shown]

    def written(self, label: str) -> str:
        """Return what a button reads here."""
        return self._written.get(label, label)

    def typed(self, words: str) -> str:
        """Return words as somebody types them here."""
        for english, here in self._typed.items():
            words = words.replace(english, here)
        return words

    def _parts(self, lines: Sequence[str]) -> Iterator[str]:
        at = 0
        while at < len(lines):
            ends = range(min(at + self._most_lines, len(lines)), at, -1)
            found = ((self._found("\n".join(lines[at:end])), end) for end in ends)
            english, at = next((pair for pair in found if pair[0] is not None), (None, at))
            if english is None:
                raise AssertionError(f"No catalogue of {self.language!r} has {lines[at]!r}.")
            yield english

    def _found(self, text: str) -> str | None:
        if text in self._plain:
            return self._plain[text]
        if (of_help := OF_HELP.fullmatch(text)) and of_help[2] in self._plain:
            return of_help[1] + self._plain[of_help[2]]
        if ALIKE.fullmatch(text):
            return text
        for template in self._templates:
            made = template.pattern.fullmatch(text)
            if made and (template.weight[0] or self._is_ours(made[1])):
                values = {name: self._value(said) for name, said in made.groupdict().items()} | {"": ""}
                return "".join(literal + values[name] for literal, name in parts_of(template.english))
        return None

    def _is_ours(self, value: str) -> bool:
        """Whether a first value tells enough where a text has no letters, like "{what}: {value}"."""
        return value in NAMES or value in self._plain or bool(HOUR.fullmatch(value))

    def _value(self, shown: str) -> str:
        """Return what a value reads in English: one of ours, a day, a city, else what somebody typed."""
        for known in (self._plain, _days(self.language), _cities(self.language)):
            if shown in known:
                return known[shown]
        for english, here in self._typed.items():
            shown = shown.replace(here, english)
        return shown


class NoInterpreter:
    """English is read as it is."""

    language = "en"

    def english(self, shown: str) -> str:
        """Return it."""
        return shown

    written = typed = english


@cache
def interpreter(language: str) -> Interpreter | NoInterpreter:
    """Return who reads a language as English."""
    return NoInterpreter() if language == NoInterpreter.language else Interpreter(language)


@cache
def _days(language: str) -> dict[str, str]:
    first, many = DAYS
    days = [first + timedelta(days=number) for number in range(many)]
    return {day_of(day, language): day_of(day, "en") for day in days}


@cache
def _cities(language: str) -> dict[str, str]:
    zones = [places.find(key)[0] for key in places.known()]
    return {places.name(zone, language): places.name(zone, "en") for zone in zones}


# -- On which database --------------------------------------------------------


@dataclass(frozen=True)
class Telling:
    """In which language a story is told, and on which database."""

    language: str = "en"
    server: Server | None = None  # none: the bot's own file

    @contextmanager
    def database(self) -> Iterator[str]:
        """Lend the address of a new and empty database; it is empty where the bot makes its own file."""
        if self.server is None:
            yield ""
            return
        with self.server.fresh(f"story_{next(NUMBERS)}") as url:
            yield url

    def argv(self, database: str, bot: Sequence[str] = THE_BOT) -> list[str]:
        """Return the command line of the stand-in with this bot below it, both born in the nursery."""
        return [sys.executable, "-c", LAUNCHER, self.language, database, *bot]


IN_ENGLISH = Telling()
TELLINGS = "English on SQLite", "Spanish on PostgreSQL"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tell half of the stories in one way, half in the other; `make soak` tells each as it was not told."""
    chosen = {name for mark in metafunc.definition.iter_markers("parametrize") for name in mark.args[0]}
    if "telling" in metafunc.fixturenames and "telling" not in chosen:
        first = crc32(metafunc.definition.originalname.encode()) % 2
        other = pytest.param(TELLINGS[1 - first], marks=pytest.mark.soak)
        metafunc.parametrize("telling", [TELLINGS[first], other], indirect=True)


@pytest.fixture
def telling(request: pytest.FixtureRequest) -> Telling:
    """Tell a story in one of the ways."""
    if request.param == TELLINGS[0]:
        return IN_ENGLISH
    return Telling("es", request.getfixturevalue("server"))
