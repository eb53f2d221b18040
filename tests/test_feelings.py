"""The words on the picker: they fit a phone, none appears twice, and every need has an answer."""

import re

import pytest

from bot.feelings import ANY_NEED, FEELINGS, NEEDS, SUGGESTIONS

ACTS = [act for pair in (*SUGGESTIONS.values(), ANY_NEED) for act in pair]
WORDS = [word for table in (FEELINGS, NEEDS) for family in table.values() for word in family]
ACCUSING = {"abandoned", "attacked", "betrayed", "blamed", "ignored", "neglected", "rejected", "used"}
UNKIND = re.compile(r"!|\b(missed|failed|waiting|should|must|obey|apology|you)\b", re.IGNORECASE)


@pytest.mark.parametrize(("table", "longest"), [(FEELINGS, 11), (NEEDS, 16)], ids=["feelings", "needs"])
def test_six_families_of_four_fit_a_phone(table: dict[str, tuple[str, ...]], longest: int) -> None:
    assert len(table) == 6
    for words in table.values():
        assert len(words) == 4
        assert all(0 < len(word) <= longest for word in words)


def test_no_word_names_two_things() -> None:
    names = [name.casefold() for name in (*FEELINGS, *NEEDS, *WORDS)]
    assert len(set(names)) == len(names) == 60


def test_every_need_has_two_acts_and_nothing_else_has() -> None:
    assert list(SUGGESTIONS) == [need for family in NEEDS.values() for need in family]
    assert all(len(pair) == 2 for pair in (*SUGGESTIONS.values(), ANY_NEED))


def test_no_act_is_offered_for_two_needs() -> None:
    assert len({act.casefold() for act in ACTS}) == len(ACTS) == 50


@pytest.mark.parametrize("act", ACTS)
def test_an_act_is_a_moment_and_a_deed_on_one_button(act: str) -> None:
    assert re.fullmatch(r"When [^,]+, I'll [^,]+\.", act)
    assert len(act) <= 36
    assert not re.search(r"!|\b(missed|failed|waiting|should|must)\b", act)


def test_no_word_says_what_the_other_did_or_has_to_do() -> None:
    assert not [word for word in WORDS if UNKIND.search(word)]
    assert not ACCUSING & set(WORDS)


def test_a_word_stands_inside_a_sentence() -> None:
    assert all(re.fullmatch(r"[a-z]+( [a-z]+)*", word) for word in WORDS)
