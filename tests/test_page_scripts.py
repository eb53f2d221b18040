"""Scripts are plain files: each line is a step that anybody can read, and time in them is told in words."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.playground.cast import BY_NAME
from bot.playground.coming import coming
from bot.playground.script import Act, Passing, Telling, read_script, script, titles

BERLIN = ZoneInfo("Europe/Berlin")
SATURDAY = datetime(2026, 10, 24, 20, 30, tzinfo=BERLIN)  # the night in which the clock goes back


def test_every_script_here_can_be_read_and_names_people_who_are_there() -> None:
    assert len(titles()) > 1
    for name, title in titles().items():
        chosen = script(name)
        assert chosen.title == title != name
        acts = [step for step in chosen.steps if isinstance(step, Act)]
        assert acts
        assert {act.who for act in acts} <= BY_NAME.keys()
        for step in chosen.steps:
            if isinstance(step, Passing) and step.span is None:
                assert step.line == "next" or coming(step.line, SATURDAY), step.line


def test_a_line_is_a_step() -> None:
    read = read_script(
        "some",
        "# Some script\n\n> Once\n== +2 hours\n== next\n# between\nAnn taps: Not tonight\n"
        "Ben, alone, answers: Yes: so it was.\nBen, alone, taps, if asked: Done\n",
    )
    assert read.title == "Some script"
    assert read.steps == (
        Telling("Once"),
        Passing("+2 hours", timedelta(hours=2)),
        Passing("next"),
        Act("ann", "taps", "Not tonight", "room", if_asked=False, line="Ann taps: Not tonight"),
        Act("ben", "answers", "Yes: so it was.", "private", if_asked=False,
            line="Ben, alone, answers: Yes: so it was."),
        Act("ben", "taps", "Done", "private", if_asked=True, line="Ben, alone, taps, if asked: Done"),
    )  # fmt: skip


def test_a_line_that_says_nothing_known_is_named() -> None:
    with pytest.raises(ValueError, match="Line 3 is no step of a script: Ann dances"):
        read_script("some", "# Some\n\nAnn dances\n")


@pytest.mark.parametrize(
    ("words", "there"),
    [
        ("21:00", "2026-10-24T21:00:00+02:00"),
        ("20:00", "2026-10-25T20:00:00+01:00"),
        ("tomorrow 08:00", "2026-10-25T08:00:00+01:00"),
        ("Sunday 18:00", "2026-10-25T18:00:00+01:00"),
        ("saturday 20:30", "2026-10-31T20:30:00+01:00"),
        ("Monday 9:05", "2026-10-26T09:05:00+01:00"),
    ],
)
def test_a_moment_in_words_is_the_next_one_that_the_couples_clock_shows(words: str, there: str) -> None:
    moment = coming(words, SATURDAY.astimezone(UTC))
    assert moment is not None
    assert moment.isoformat() == there


@pytest.mark.parametrize("words", ["", "25:00", "Someday 20:00", "2026-10-24T21:00:00+02:00"])
def test_other_words_are_no_moment(words: str) -> None:
    assert coming(words, SATURDAY) is None
