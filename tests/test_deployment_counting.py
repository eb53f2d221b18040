"""The counting finds what it is there to find: each test plants one fault into an evening that went well."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.playground.crowd import COUPLES, ROOMS
from tests.counting import Count, Evening, Said, count

NINE = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
ROOM, ADA, BO = ROOMS - 7, COUPLES + 14, COUPLES + 15
HERS, HIS = ("felt7x0000001", "needs7x0000001"), ("felt7x1000002", "needs7x1000002")


@pytest.fixture
def evening() -> Evening:
    """Let couple 7 have answered, each alone: Ada after a minute, Bo after two."""
    one = Evening(7, NINE)
    one.wrote(0, *HERS, after(1))
    one.wrote(1, *HIS, after(2))
    return one


@pytest.fixture
def silent() -> Evening:
    """Let couple 8 be silent."""
    return Evening(8, NINE)


@pytest.fixture
def said() -> list[Said]:
    """Let everything have been said as it ought to be."""
    return [
        Said(after(0.1), ROOM, "Your check-in, until 00:00: one feeling and one need each."),
        Said(after(0.1), ROOMS - 8, "Your check-in, until 00:00: one feeling and one need each."),
        Said(after(1.1), ADA, f"Yours tonight: {HERS[0]}, needing {HERS[1]}."),
        Said(after(2.1), ROOM, reveal(HERS, HIS)),
        Said(after(2.2), ADA, f"Bo 7 needs {HIS[1]}.", is_new=False),
    ]


def after(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


def reveal(hers: tuple[str, str], his: tuple[str, str], number: int = 7) -> str:
    lines = (f"{name} {number}: {a}, needing {b}." for name, (a, b) in (("Ada", hers), ("Bo", his)))
    return "\n".join(["You have both spoken.", *lines, "Reply here: what did you hear?"])


def faults(found: Count) -> tuple[int, int, int, int]:
    assert len(found.faults) == found.lost + found.doubled + found.early + found.misdirected
    return found.lost, found.doubled, found.early, found.misdirected


def test_an_evening_that_went_well_has_no_fault(evening: Evening, silent: Evening, said: list[Said]) -> None:
    found = count([evening, silent], said)
    assert found.holds
    assert faults(found) == (0, 0, 0, 0)
    assert found.lines == 4


@pytest.mark.parametrize("place", [0, 1, 3])
def test_a_line_that_never_came_is_lost(
    evening: Evening, silent: Evening, said: list[Said], place: int
) -> None:
    del said[place]
    found = count([evening, silent], said)
    assert faults(found) == (1, 0, 0, 0)
    assert not found.holds


def test_an_update_without_its_effect_is_lost(evening: Evening, silent: Evening, said: list[Said]) -> None:
    assert faults(count([evening, silent], said, unheard=[480_000_007])) == (1, 0, 0, 0)


def test_a_last_answer_that_was_not_heard_is_lost(
    evening: Evening, silent: Evening, said: list[Said]
) -> None:
    evening.answers[0] = "calm", "a hug"  # by two taps after what she had written
    assert faults(count([evening, silent], said)) == (1, 0, 0, 0)


@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_a_line_that_came_twice_is_doubled(
    evening: Evening, silent: Evening, said: list[Said], place: int
) -> None:
    found = count([evening, silent], [*said, said[place]])
    assert faults(found) == (0, 1, 0, 0)
    assert not found.holds


def test_a_reveal_where_one_was_silent_is_no_reveal_of_theirs(
    evening: Evening, silent: Evening, said: list[Said]
) -> None:
    said.append(Said(after(3), silent.room, reveal(("calm", "a hug"), ("sad", "sleep"), 8)))
    found = count([evening, silent], said)
    assert not found.holds
    assert found.doubled == 1


def test_a_reveal_that_was_in_flight_may_come_twice_and_no_card_may(
    evening: Evening, silent: Evening, said: list[Said]
) -> None:
    found = count([evening, silent], [*said, said[3]], again=[ROOM], in_flight=(1, 0))
    assert found.holds
    assert found.again == 1
    card_twice = count([evening, silent], [*said, said[0]], again=[ROOM], in_flight=(1, 0))
    assert faults(card_twice) == (0, 1, 0, 0)


def test_a_card_that_was_in_flight_may_be_missing_and_no_reveal_may(
    evening: Evening, silent: Evening, said: list[Said]
) -> None:
    found = count([evening, silent], said[1:], not_again=[ROOM], in_flight=(0, 1))
    assert found.holds
    assert found.missing == 1
    no_reveal = [*said[:3], *said[4:]]
    assert faults(count([evening, silent], no_reveal, not_again=[ROOM], in_flight=(0, 1))) == (1, 0, 0, 0)


def test_more_than_was_in_flight_is_too_much(evening: Evening, silent: Evening, said: list[Said]) -> None:
    for place, again, not_again in ((3, [ROOM], ()), (0, (), [ROOM])):
        more = [*said, said[3]] if place else said[1:]
        assert not count([evening, silent], more, again=again, not_again=not_again).holds


def test_a_card_before_its_hour_is_early(evening: Evening, silent: Evening, said: list[Said]) -> None:
    said[1] = replace(said[1], at=after(-0.1))
    assert faults(count([evening, silent], said)) == (0, 0, 1, 0)


@pytest.mark.parametrize("chat", [ROOM, BO])
def test_private_words_before_the_other_has_answered_are_early(
    evening: Evening, silent: Evening, said: list[Said], chat: int
) -> None:
    shown = Said(after(1.5), chat, f"You said {HERS[0]}", is_new=False)
    assert faults(count([evening, silent], [*said, shown])) == (0, 0, 1, 0)


@pytest.mark.parametrize("text", [f"You said {HERS[0]}", "Ada 7 would like a word."])
def test_what_reaches_another_couple_is_misdirected(
    evening: Evening, silent: Evening, said: list[Said], text: str
) -> None:
    assert faults(count([evening, silent], [*said, Said(after(3), silent.room, text)])) == (0, 0, 0, 1)


def test_an_answer_to_another_tap_is_misdirected(evening: Evening, silent: Evening, said: list[Said]) -> None:
    theirs = Said(after(3), COUPLES + 16, "Kept: calm.", is_new=False, tapped="calm")
    assert faults(count([evening, silent], [*said, theirs])) == (0, 0, 0, 0)
    assert faults(count([evening, silent], [*said, replace(theirs, tapped="sad")])) == (0, 0, 0, 1)


def test_what_was_confirmed_and_not_stored_is_a_fault() -> None:
    assert Count().holds
    assert not Count(unbacked=1).holds
