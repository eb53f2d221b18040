"""What the two answer to one question, and what of it may be shown."""

from datetime import UTC, datetime

import pytest

from bot.answers import INSTEAD, TAKE_BACK, TAKEN, in_place_of, none_yet, yours
from bot.ritual import Person, Scene, Words, line, redraw, say

ANN, BEN = Person(1), Person(2)
ANNS, BENS = Words(ANN, "the soup", source=7), Words(BEN, "our walk", source=8)
NOBODYS = none_yet(Scene(datetime(2026, 5, 3, 16, tzinfo=UTC), (ANN, BEN)))


@pytest.mark.parametrize("private", [False, True])
def test_one_answer_is_unseen_and_the_second_shows_both(private: bool) -> None:  # noqa: FBT001 - a table
    half = NOBODYS.put(ANNS, private=private)
    both = half.put(BENS, private=False)

    assert (NOBODYS.are_unseen, half.are_unseen, half.are_there, both.are_there) == (False, True, False, True)
    assert both.seen == (ANNS, BENS)
    assert not both.stays_unseen(ANN)


def test_where_the_other_has_not_answered_only_what_was_typed_before_both_is_shown() -> None:
    assert NOBODYS.put(ANNS, private=False).seen == (ANNS,)
    assert NOBODYS.put(ANNS, private=True).seen == ()
    assert NOBODYS.put(ANNS, private=True).stays_unseen(ANN)
    assert not NOBODYS.stays_unseen(ANN)


def test_the_next_question_has_no_answers_and_asks_the_same_ones_alone() -> None:
    after = NOBODYS.put(ANNS, private=True).to_the_next()

    assert after == NOBODYS.asking(ANN)


def test_the_same_message_is_an_edit_and_another_one_takes_its_place() -> None:
    half = NOBODYS.put(ANNS, private=True)

    assert half.is_edit(Words(ANN, "the stew", source=7))
    assert in_place_of(half, Words(ANN, "the stew", source=7)) == []
    assert in_place_of(half, Words(ANN, "the stew", source=9)) == [line(INSTEAD, words=ANNS)]
    assert in_place_of(half, BENS) == []


def test_the_card_of_one_carries_nobody_elses_words_and_waits_where_it_is_new() -> None:
    half = NOBODYS.put(ANNS, private=True)
    anns, bens = (yours(say, half, who, "What?", "well") for who in (ANN, BEN))

    assert (anns.text, dict(anns.values), anns.buttons) == (TAKEN, {"words": ANNS}, (TAKE_BACK,))
    assert (bens.text, dict(bens.values), bens.buttons) == ("What?", {}, ())
    assert anns.waits
    assert not yours(redraw, half, ANN, "What?", "well").waits
