"""What Telegram remembers, one plain record for each thing; all of them survive as JSON."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from bot.playground.markup import Json

FIRST_SUPERGROUP = -1_000_000_000_000  # what lies below is a supergroup or a channel
PRESENT = {"member", "administrator"}


@dataclass
class Message:
    """A message as its chat keeps it. A supergroup has ids of its own, all other chats share one sequence."""

    kind: ClassVar[str] = "message"
    id: int
    chat: int
    sender: int  # as Telegram names it: a mask for who speaks as a group or a channel
    date: int
    text: str = ""  # of media, the caption
    entities: list[Json] = field(default_factory=list)
    reply_to: int | None = None
    markup: Json | None = None  # what was sent as reply_markup
    service: Json | None = None  # the fields of a service message
    media: Json | None = None  # the fields of what is no text
    extra: Json = field(default_factory=dict)  # any other fields of the message
    topic: int | None = None
    writer: int | None = None  # who wrote it behind a mask
    vanishes: float | None = None  # when the timer of its chat takes it away
    edit_date: int | None = None
    rewritten: bool = False  # a person sees "edited"; new buttons alone do not show
    heard: bool = False  # the bot was told of it
    deleted: bool = False
    pinned: bool = False
    reaction: list[Json] = field(default_factory=list)

    @property
    def key(self) -> str:
        """Its name in the store."""
        return str(self.id) if self.chat > FIRST_SUPERGROUP else f"{self.chat}/{self.id}"

    @property
    def rows(self) -> list[list[Json]]:
        """The inline buttons below it."""
        rows: list[list[Json]] = (self.markup or {}).get("inline_keyboard", [])
        return rows


@dataclass
class Topic:
    """A topic of a forum; its id is that of the service message that began it."""

    id: int
    name: str
    closed: bool = False
    deleted: bool = False


@dataclass
class Group:
    """A group chat. `bot` is the bot's status there: member, administrator, restricted, left or kicked."""

    kind: ClassVar[str] = "group"
    id: int
    title: str
    members: list[int]  # without our bot
    maker: int
    bot: str = "left"
    bot_may: dict[str, bool] = field(default_factory=dict)  # while restricted: is_member, can_send_messages
    other_bot_wrote: bool = False  # after the bot's own last message
    admins: list[int] = field(default_factory=list)  # besides its maker
    masked: list[int] = field(default_factory=list)  # admins who stay anonymous
    banned: list[int] = field(default_factory=list)
    muted: bool = False  # plain members may not write
    moved_to: int | None = None  # it became this supergroup
    moved_from: int | None = None  # it was this group
    next_message: int = 1  # of a supergroup
    vanish_after: int = 0  # seconds
    topics: list[Topic] | None = None  # of a forum

    def __post_init__(self) -> None:
        """Read the topics back."""
        if self.topics is not None:
            self.topics = [one if isinstance(one, Topic) else Topic(**one) for one in self.topics]

    @property
    def is_super(self) -> bool:
        """Whether it is a supergroup."""
        return self.id < FIRST_SUPERGROUP

    @property
    def has_bot(self) -> bool:
        """Whether our bot is in it."""
        return self.bot in PRESENT or (self.bot == "restricted" and self.bot_may["is_member"])

    @property
    def silences_bot(self) -> bool:
        """Whether our bot is in it and may not write."""
        if self.bot == "restricted":
            return not self.bot_may["can_send_messages"]
        return self.muted and self.bot == "member"

    def leads(self, person: int) -> bool:
        """Tell whether somebody is an admin, or made the group."""
        return person in self.members and (person == self.maker or person in self.admins)

    def topic(self, number: int) -> Topic | None:
        """Return a topic that is there."""
        return next((one for one in self.topics or [] if one.id == number and not one.deleted), None)


@dataclass
class Lane:
    """One person's private chat with the bot; its id is the person's."""

    kind: ClassVar[str] = "lane"
    id: int
    started: bool = False
    blocked: bool = False
    vanish_after: int = 0  # seconds


@dataclass
class Tap:
    """A button that was tapped, and what the bot answered to it."""

    kind: ClassVar[str] = "tap"
    id: str
    person: int
    chat: int
    at: float
    answered: bool = False
    text: str | None = None
    url: str | None = None
    dialog: bool = False  # it stays until it is closed; else it passes


@dataclass
class File:
    """A file that the bot uploaded; its id is what Telegram calls it."""

    kind: ClassVar[str] = "file"
    id: str
    name: str
    size: int
    width: int
    height: int
    seconds: int
    body: str = field(repr=False)  # in base 64
    photo: bool = False


@dataclass
class Update:
    """Something the bot is told, until it confirms it or `until` has passed."""

    kind: ClassVar[str] = "update"
    id: int
    until: float
    body: Json


@dataclass
class Profile:
    """What the bot has told Telegram about itself, and the next free numbers."""

    kind: ClassVar[str] = "profile"
    id: int = 0
    allowed_updates: list[str] = field(default_factory=list)
    webhook: dict[str, str] = field(default_factory=dict)  # as it was set; empty: the bot polls
    commands: dict[str, list[Json]] = field(default_factory=dict)  # by scope and language
    descriptions: dict[str, str] = field(default_factory=dict)
    short_descriptions: dict[str, str] = field(default_factory=dict)
    next_message: int = 1
    next_update: int = 480000001
    next_tap: int = 1
    next_file: int = 1
    next_supergroup: int = 1
    next_stranger: int = 1
    next_couple: int = 1


def key_of(record: Any) -> str:  # noqa: ANN401  (any of the records)
    """Return a record's name in the store."""
    return str(getattr(record, "key", record.id))
