"""How buttons lie under a message, and what they carry."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.couple.joining import OPEN_LANE
from bot.engine import key_of
from bot.engine.acts import TO_A_GROUP
from bot.feelings import FEELINGS, NEEDS
from bot.ritual import Button, Kept, Person, Words, line
from bot.telegram.inbound import OURS, data_of
from bot.telegram.keyboard import ABREAST, ROW, keyboard, laid_out, lane_link
from bot.telegram.render import Reader

ROOM = Reader("Tend", {Person(1): "Ann"}, (ZoneInfo("Europe/Berlin"),))
ALONE = Reader("Tend", {Person(1): "Ann"}, (ZoneInfo("Europe/Berlin"),), alone=True)
FLAT = [
    *(Button(word, "feeling", word) for words in FEELINGS.values() for word in words),
    *(Button(word, "need", word) for words in NEEDS.values() for word in words),
    Button("Tell me alone", "lane"),
    Button("What did I say?", "what i said"),
    Button("Not tonight", "not tonight"),
]


def rows(*buttons: Button, reader: Reader = ROOM) -> list[list[str]]:
    shown = keyboard(buttons, 1, reader, "tend_bot")
    return [[button.text for button in row] for row in shown.inline_keyboard] if shown else []


def test_no_buttons_are_no_keyboard() -> None:
    assert keyboard((), 1, ROOM, "tend_bot") is None


def test_a_button_carries_our_card_and_its_own_key() -> None:
    button = Button("I'm in", "in")
    shown = keyboard([button], 2**62, ROOM, "tend_bot")
    assert shown is not None
    ((only,),) = shown.inline_keyboard
    found = OURS.fullmatch(str(only.callback_data))
    assert found is not None
    assert (int(found[1]), found[2]) == (2**62, key_of(button))
    assert len(str(only.callback_data).encode()) <= 64


def test_a_button_to_the_private_chat_is_a_link_and_is_not_shown_there() -> None:
    shown = keyboard([OPEN_LANE], 1, ROOM, "tend_bot")
    assert shown is not None
    assert shown.inline_keyboard[0][0].url == lane_link("tend_bot") == "https://t.me/tend_bot?start=lane"
    assert keyboard([OPEN_LANE], 1, ALONE, "tend_bot") is None


def test_a_button_to_a_group_is_a_link() -> None:
    shown = keyboard([TO_A_GROUP], None, ALONE, "tend_bot")
    assert shown is not None
    assert shown.inline_keyboard[0][0].url == "https://t.me/tend_bot?startgroup=home"


def test_the_flat_picker_lies_in_even_rows_and_fits_telegram() -> None:
    lying = rows(*FLAT)
    assert sum(map(len, lying)) == len(FLAT) <= 100
    assert max(map(len, lying)) <= ABREAST
    feelings = lying[:6]
    assert {len(row) for row in feelings} == {ABREAST}
    assert feelings[0] == list(FEELINGS["Warm"])


def test_picks_of_one_kind_never_share_a_row_with_another() -> None:
    for row in laid_out(FLAT, ROOM):
        assert len({(button.tap if button.item else "") for button in row}) == 1


def test_a_sentence_has_a_row_of_its_own() -> None:
    long, short = Button("When I wake, I'll write you a long note.", "action", "a"), Button("No", "no")
    assert rows(long, short) == [["When I wake, I'll write you a long note."], ["No"]]


def test_short_words_stand_beside_each_other() -> None:
    assert rows(Button("Done", "done"), Button("Partly", "partly"), Button("Not yet", "not yet")) == [
        ["Done", "Partly", "Not yet"]
    ]


@given(
    st.lists(st.tuples(st.text("abc ", min_size=1, max_size=50), st.sampled_from(["x", "y"]), st.booleans()))
)
def test_every_button_is_there_once_in_its_order(drawn: list[tuple[str, str, bool]]) -> None:
    buttons = [
        Button(text, tap, str(place) if picks else "") for place, (text, tap, picks) in enumerate(drawn)
    ]
    lying = list(laid_out(buttons, ROOM))
    assert [button for row in lying for button in row] == buttons
    for row in lying:
        assert 1 <= len(row) <= ABREAST
        assert len(row) == 1 or row[0].item or sum(len(str(button.label)) for button in row) <= ROW


def test_a_key_names_what_a_button_means_and_not_where_it_stands_or_how_it_reads() -> None:
    assert key_of(Button("Yes", "yes")) == key_of(Button("Ja", "yes"))
    keys = [
        key_of(Button("", "a", "b")),
        key_of(Button("", "ab", "")),
        key_of(Button("", "a", "b").about(Kept("k", None, id=7))),
        key_of(Button("", "a", "", "b")),
        key_of(Button("", "", "a", "b")),
    ]
    assert len(set(keys)) == len(keys)


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
def test_whatever_a_button_means_its_data_fits(tap: str, item: str) -> None:
    data = data_of(2**63 - 1, key_of(Button("x", tap, item)))
    assert OURS.fullmatch(data)
    assert len(data.encode()) <= 64


@pytest.mark.parametrize("reader", [ROOM, ALONE])
def test_a_label_made_of_words_is_shown_without_markup(reader: Reader) -> None:
    shown = keyboard([Button(line("{w}", w=Words(Person(1), "<b>x</b>")), "t")], 1, reader, "tend_bot")
    assert shown is not None
    assert shown.inline_keyboard[0][0].text == "<b>x</b>"
