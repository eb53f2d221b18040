"""States that a release wrote stay readable, and mean the same."""

import json
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.couple.house import HOUSE
from bot.ritual import Ritual
from bot.storage.codec import UnreadableError, state_from_json, state_to_json, states_of
from tests.recorded import STATES, recorded

ALL = list(recorded())
NAMING = next(path for path, _, state in ALL if type(state).__name__ == "Naming")
CHECK_IN = next(ritual for _, ritual, _ in ALL)


@pytest.mark.parametrize(("path", "ritual", "state"), ALL, ids=[path.stem for path, *_ in ALL])
def test_a_recorded_state_is_readable_and_means_the_same(path: Path, ritual: Ritual, state: object) -> None:
    assert state_from_json(ritual, path.read_text()) == state


@pytest.mark.parametrize("ritual", [each for each in HOUSE if states_of(each)], ids=lambda each: each.name)
def test_every_state_is_recorded(ritual: Ritual) -> None:
    """`python -m tests.recorded` writes what is missing."""
    assert {type(state).__name__ for _, of, state in ALL if of is ritual} == set(states_of(ritual))


def test_nothing_recorded_is_forgotten() -> None:
    assert sorted(STATES.glob("*.json")) == sorted(path for path, *_ in ALL)


def test_an_older_version_is_brought_up_step_by_step() -> None:
    """Version 1 called it `seen`, version 2 `shown`, version 3 `together`."""

    def renamed(old: str, new: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
        def upgrade(stored: dict[str, Any]) -> dict[str, Any]:
            evening = dict(stored["state"]["evening"])
            evening[new] = evening.pop(old)
            return stored | {"state": stored["state"] | {"evening": evening}}

        return upgrade

    third = replace(
        CHECK_IN, version=3, upgrades={1: renamed("seen", "shown"), 2: renamed("shown", "together")}
    )
    first = NAMING.read_text().replace('"together"', '"seen"')

    assert state_from_json(third, first) == state_from_json(CHECK_IN, NAMING.read_text())
    assert json.loads(state_to_json(third, state_from_json(third, first)))["version"] == 3


BROKEN: dict[str, Callable[[str], str]] = {
    "half a file": lambda text: text[: len(text) // 2],
    "no JSON": lambda _: "nothing of nothing",
    "another shape": lambda _: '["nothing of nothing"]',
    "a state of nobody": lambda text: text.replace('"Naming"', '"Nothing"'),
    "a version of the future's past": lambda text: text.replace('"version": 1', '"version": 0'),
    "a lost field": lambda text: text.replace('"closes"', '"closed"'),
    "a date that is none": lambda text: text.replace("2026-05-01T22", "nothing of nothing"),
    "a number that is none": lambda text: text.replace('"by": 1', '"by": "nothing of nothing"'),
}


@pytest.mark.parametrize("how", BROKEN)
def test_what_cannot_be_read_says_so_without_its_words(how: str) -> None:
    with pytest.raises(UnreadableError) as refused:
        state_from_json(CHECK_IN, BROKEN[how](NAMING.read_text()))

    told = "".join(traceback.format_exception(refused.value))
    assert "check_in" in str(refused.value)
    assert "nothing" not in told.replace(how, "")
    assert "Nothing" not in told
