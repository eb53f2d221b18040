"""The time of a talk: equal for both, and never longer than it was said to be."""

from datetime import timedelta
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ritual import Each, Person, Words
from bot.telegram.render import Reader, plain
from bot.turns import (
    CLARIFY,
    ROUND,
    SAY_BACK,
    TURN,
    WHOLE,
    Talk,
    begun,
    clarifying,
    in_words,
    is_even,
    may_clarify,
    spoken,
    swapped,
)

ANN, BEN = Person(1), Person(2)
NONE, A_SECOND, A_MINUTE = timedelta(), timedelta(seconds=1), timedelta(minutes=1)
Says = Literal["heard", "clarify"]


def a_talk() -> Talk:
    return begun(Words(ANN, "money"), ANN, Each(((ANN, NONE), (BEN, NONE))))


def a_round(talk: Talk) -> Talk | None:
    """Both speak and are heard, and nobody is early."""
    for _ in range(2):
        after = swapped(spoken(talk, NONE), NONE)
        if after is None:
            return None
        talk = after
    return talk


def test_one_speaks_the_other_says_it_back_and_then_they_swap() -> None:
    talk = a_talk()
    assert (talk.speaker, talk.listener, talk.length) == (ANN, BEN, TURN)

    said_back = spoken(talk, NONE)
    assert (said_back.speaker, said_back.length, said_back.spent) == (ANN, SAY_BACK, TURN)

    after = swapped(said_back, NONE)
    assert after is not None
    assert (after.speaker, after.listener, after.length) == (BEN, ANN, TURN)
    assert after.spent == TURN + SAY_BACK


def test_three_rounds_fit_and_a_fourth_does_not() -> None:
    second = a_round(a_talk())
    assert second is not None
    third = a_round(second)
    assert third is not None
    assert third.left == WHOLE - 2 * ROUND

    assert a_round(third) is None


def test_a_turn_given_back_early_was_had_and_leaves_time_for_another_round() -> None:
    early = spoken(a_talk(), TURN - A_SECOND)

    assert early.floor[ANN] == TURN
    assert early.spent == A_SECOND


def test_a_bell_that_comes_late_adds_nothing() -> None:
    late = spoken(a_talk(), -10 * A_MINUTE)

    assert late.floor[ANN] == late.spent == TURN


def test_what_one_is_given_to_clarify_the_other_is_given_too() -> None:
    again = clarifying(spoken(a_talk(), NONE), NONE)
    after = swapped(spoken(again, NONE), NONE)

    assert again.length == CLARIFY
    assert after is not None
    assert (after.speaker, after.length) == (BEN, TURN + CLARIFY)


def test_nobody_clarifies_where_the_same_does_not_fit_for_the_other() -> None:
    second = a_round(a_talk())
    assert second is not None
    third = a_round(second)
    assert third is not None

    assert may_clarify(spoken(second, NONE))
    assert not may_clarify(spoken(third, NONE))


@given(st.data())
def test_the_floor_is_equal_and_the_whole_is_kept_whatever_they_do(data: st.DataObject) -> None:
    talk: Talk | None = a_talk()
    while talk is not None:
        before = talk
        talk = spoken(talk, span(data, talk.length))
        if may_clarify(talk) and data.draw(st.booleans(), "clarifies"):
            talk = clarifying(talk, span(data, talk.length))
            assert talk.speaker == before.speaker
            continue
        last, left = talk, span(data, talk.length)
        talk = swapped(talk, left)
        assert talk is None or talk.speaker != before.speaker
    first, second = last.floor
    assert first == second >= TURN
    assert is_even(last)
    assert last.spent + last.length <= WHOLE


def span(data: st.DataObject, most: timedelta) -> timedelta:
    """How much is left when it ends: some, nothing, or less than nothing, where the bell is late."""
    return data.draw(st.timedeltas(-A_MINUTE, most) | st.sampled_from([NONE, most]), "left")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "some seconds"), (15, "some seconds"), (16, "half a minute"), (60, "one minute"),
        (80, "a minute and a half"), (110, "two minutes"), (120, "two minutes"), (180, "three minutes"),
        (240, "some minutes"),
    ],
)  # fmt: skip
def test_a_length_is_said_in_words(seconds: int, said: str) -> None:
    shown = in_words(timedelta(seconds=seconds))

    assert plain(shown, Reader("Tend", {}, ())) == said
