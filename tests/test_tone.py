"""PRODUCT.md's tone, over every text that anybody reads: warm, plain, adult, and nobody is blamed."""

import ast
import importlib
import pkgutil
import random
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

import bot
from bot.couple.house import ALL_PREFERENCES, HOUSE
from bot.feelings import ANY_NEED, FEELINGS, NEEDS, SUGGESTIONS
from bot.ritual import Button, Kept, Line, Person, Words
from bot.telegram.app import NOD
from bot.telegram.render import Reader, text
from tests.playing import Play
from tests.rehearsal import BERLIN

NEVER = re.compile(
    r"\b(missed|failed|fails?|still waiting|waiting for|should|must|streaks?|scores?)\b", re.IGNORECASE
)
BLAMES = re.compile(
    r"\d|\b(not|never|only|again|late|yet|more|less|times|than|instead|forgot|silent|answered)\b|n't",
    re.IGNORECASE,
)
EMOJI = re.compile("[\u2190-\u2bff\u3000-\u303f\ufe0f\U0001f000-\U0001faff]")
CHEERS = re.compile(r"!|\b(great|awesome|amazing|yay|congratulations|well done)\b", re.IGNORECASE)
WORDY = ("say", "redraw", "whisper", "line", "Say", "Line", "Whisper", "draw", "Button")
NOT_READ = ("bot.playground", "bot.__main__", "bot.doctor", "bot.settings", "bot.logs", "bot.wording")
PEOPLE = {"who", "other", "first", "second", "caller"}
ALLOWED: dict[str, str] = {
    "{first} is in. And the other one of you two?": "it asks, of whoever comes next",
}


def modules() -> Iterator[str]:
    """Return the modules whose texts people read: not the host's, the stand-in's, or tables of rules."""
    for found in pkgutil.walk_packages(bot.__path__, "bot."):
        if not found.name.startswith(NOT_READ):
            yield found.name


def written(name: str) -> Iterator[str]:
    """Return the texts a module names, and those written where they are said."""
    module = importlib.import_module(name)
    for each, value in vars(module).items():
        if each.isupper() and isinstance(value, str):
            yield value
        for thing in value if isinstance(value, tuple) else (value,):
            if isinstance(thing, Button):
                yield thing.label.text if isinstance(thing.label, Line) else thing.label
    for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text())):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in WORDY
            and node.args
        ):
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


def offered() -> Iterator[str]:
    """Return the words of pickers, menus and settings."""
    for wish in ALL_PREFERENCES:
        yield from (wish.label, wish.asks, *(option.label for option in wish.options))
    yield from (ritual.about for ritual in HOUSE)
    for table in (FEELINGS, NEEDS):
        for family, words in table.items():
            yield from (family, *words)
    for acts in (*SUGGESTIONS.values(), ANY_NEED):
        yield from acts


# A nod under somebody's words is a reaction, not a text.
TEXTS = sorted({each for name in modules() for each in written(name) if each != NOD} | set(offered()))


def test_there_is_something_to_read() -> None:
    assert len(TEXTS) > 200
    assert "You have both spoken." in TEXTS


@pytest.mark.parametrize("said", TEXTS)
def test_a_text_is_plain_and_kind(said: str) -> None:
    assert not NEVER.search(said)
    assert not CHEERS.search(said)


@pytest.mark.parametrize("said", TEXTS)
def test_there_is_no_emoji_but_as_a_label(said: str) -> None:
    assert not EMOJI.search(said)


@pytest.mark.parametrize(
    "said", [said for said in TEXTS if PEOPLE & {name for _, name, *_ in Formatter().parse(said) if name}]
)
def test_whatever_names_somebody_blames_and_counts_nothing(said: str) -> None:
    bare = "".join(literal for literal, *_ in Formatter().parse(said))

    assert said in ALLOWED or not BLAMES.search(bare)


@pytest.mark.parametrize("seed", range(20))
def test_the_first_line_of_a_private_message_tells_nothing(seed: int) -> None:
    """It stands on a lock screen: no name, and nobody's words but behind a spoiler."""
    play = Play(random.Random(seed))  # noqa: S311 - a play, not a secret
    reader = Reader("Tend", {Person(n): "Somebody" for n in (1, 2, 3)}, (BERLIN,), alone=True)
    for _ in play.moves(50):
        pass
    for row, _, outcome in play.stage.heard:
        for said in outcome.said:
            if said.to is not None and row.ritual.name not in {"help", "privacy"}:
                first = re.sub("<tg-spoiler>.*?</tg-spoiler>", "", text(said, reader)).partition("\n")[0]
                words = [value.text for value in said.values.values() if isinstance(value, Words) and value]
                words += [
                    value.words.text
                    for value in said.values.values()
                    if isinstance(value, Kept) and value.words
                ]
                assert "Somebody" not in first, said.text
                assert not [word for word in words if word in first], said.text
