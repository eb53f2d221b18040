"""What somebody sends, before it is a message: words or media, and as whom."""

import re
from dataclasses import dataclass

from bot.playground.markup import units

CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")  # Telegram puts a space for these
LONGEST_TEXT, LONGEST_CAPTION = 4096, 1024


@dataclass(frozen=True)
class Note:
    """Something to be sent by a person. Left as it is, it is plain words from themselves."""

    text: str = ""
    media: str | None = None  # a kind of `media.KINDS`
    reply_to: int | None = None
    old: bool = False  # the answered message stands in the group that the room was
    gone: bool = False  # the answered message is no longer there
    topic: int | None = None
    speaks_as: str | None = None  # group, channel or linked_channel
    forwarded: str | None = None  # from a user, a hidden_user, a chat or a channel
    via_bot: bool = False
    raw: bool = False  # send what no phone would: every code point as it is

    @property
    def longest(self) -> int:
        """How many UTF-16 units it may have."""
        return LONGEST_CAPTION if self.media else LONGEST_TEXT


def cleaned(text: str, *, raw: bool) -> str:
    """Return a text as Telegram would store it."""
    return text if raw else CONTROL.sub(" ", text).strip()


def fits(note: Note) -> bool:
    """Tell whether a note has the length that a phone sends: words have some, a caption may be empty."""
    return (0 if note.media else 1) <= units(note.text) <= note.longest


def halves(text: str) -> list[str]:
    """Return a long text in parts as phones send it, none longer than a message and no character torn."""
    parts, part, length = [], "", 0
    for character in text:
        size = units(character)
        if length + size > LONGEST_TEXT:
            parts.append(part)
            part, length = "", 0
        part, length = part + character, length + size
    return [*parts, part] if part else parts
