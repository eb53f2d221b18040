"""How buttons are laid out under a message: short words side by side, a sentence on a row of its own."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.engine import key_of
from bot.ritual import Button
from bot.telegram.inbound import data_of
from bot.telegram.render import Reader, label

ROW = 40  # characters that fit beside each other on a narrow phone, gaps included
GAP = 2
ABREAST = 4


def keyboard(
    buttons: Sequence[Button], card_id: int | None, reader: Reader, username: str
) -> InlineKeyboardMarkup | None:
    """Return the buttons of a message, or None where there are none."""
    shown = [button for button in buttons if not (button.leads == "lane" and reader.alone)]
    rows = [[_button(button, card_id, reader, username) for button in row] for row in laid_out(shown, reader)]
    return InlineKeyboardMarkup(rows) if rows else None


def laid_out(buttons: Sequence[Button], reader: Reader) -> Iterator[list[Button]]:
    """Return the rows: picks of one kind in even columns, other buttons as many as fit."""
    for _, group in groupby(buttons, key=lambda button: button.tap if button.item else ""):
        kind = list(group)
        lengths = [len(label(button, reader)) for button in kind]
        if kind[0].item and len(kind) > ABREAST:
            usual = sum(lengths) // len(lengths)
            abreast = max(1, min(ABREAST, ROW // (usual + GAP)))
            yield from (kind[start : start + abreast] for start in range(0, len(kind), abreast))
        else:
            yield from _as_they_fit(kind, lengths)


def _as_they_fit(buttons: list[Button], lengths: list[int]) -> Iterator[list[Button]]:
    row: list[Button] = []
    taken = 0
    for button, length in zip(buttons, lengths, strict=True):
        if row and (taken + GAP + length > ROW or len(row) == ABREAST):
            yield row
            row, taken = [], 0
        row.append(button)
        taken += length + GAP
    if row:
        yield row


def lane_link(username: str) -> str:
    """Return the link that opens the private chat in one tap."""
    return f"https://t.me/{username}?start=lane"


def _button(button: Button, card_id: int | None, reader: Reader, username: str) -> InlineKeyboardButton:
    shown = label(button, reader)
    if button.leads == "lane":
        return InlineKeyboardButton(shown, url=lane_link(username))
    if button.leads == "group":
        return InlineKeyboardButton(shown, url=f"https://t.me/{username}?startgroup=home")
    return InlineKeyboardButton(shown, callback_data=data_of(card_id or 0, key_of(button)))
