"""What arrives from the messenger, in plain terms: who did what, and where. No type of Telegram's is here."""

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True)
class Somebody:
    """A person as the messenger names them."""

    number: int
    name: str = field(repr=False)
    language: str = ""


@dataclass(frozen=True)
class Place:
    """A chat: a room, or one person's private chat."""

    chat_id: int
    private: bool
    thread_id: int | None = None


@dataclass(frozen=True)
class Command:
    """Somebody sent a command."""

    who: Somebody
    where: Place
    name: str
    words: str = field(repr=False)
    message_id: int
    edited: bool = False


@dataclass(frozen=True)
class Text:
    """Somebody wrote words: a reply to a message of ours, or a plain line in the private chat."""

    who: Somebody
    where: Place
    words: str = field(repr=False)
    message_id: int
    reply_to: int | None = None
    edited: bool = False


@dataclass(frozen=True)
class Tap:
    """Somebody tapped a button of a message of ours."""

    who: Somebody
    where: Place
    query_id: str
    card_id: int
    key: str
    message_id: int


@dataclass(frozen=True)
class Masked:
    """Somebody wrote to us in a room under a name that is not a person's: the group's, or a channel's."""

    where: Place
    command: str = ""  # empty: it was a reply
    worded: bool = False  # words stood behind the command


@dataclass(frozen=True)
class Came:
    """People came into a room."""

    who: tuple[Somebody, ...]
    where: Place


@dataclass(frozen=True)
class Went:
    """Somebody left a room, or was put out of it."""

    who: Somebody
    where: Place


@dataclass(frozen=True)
class Promoted:
    """Tend was made an administrator of a room."""

    where: Place


@dataclass(frozen=True)
class Added:
    """Tend was brought into a room."""

    who: Somebody
    where: Place
    as_admin: bool = False


@dataclass(frozen=True)
class Removed:
    """Tend was put out of a room, or somebody shut their private chat."""

    who: Somebody
    where: Place


@dataclass(frozen=True)
class Moved:
    """A room has another number from now on."""

    old: int
    new: int


@dataclass(frozen=True)
class NotForUs:
    """Nothing that Tend answers to."""

    query_id: str = ""  # a tap still wants its answer


Arrival: TypeAlias = (
    Command | Text | Tap | Masked | Came | Went | Promoted | Added | Removed | Moved | NotForUs
)
