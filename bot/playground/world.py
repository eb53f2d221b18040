"""What Telegram remembers: chats, messages, taps, updates, and the bot's own settings.

Plain records that survive as JSON. Whoever changes one calls `World.keep`; whoever finished an act takes
`World.changes()` and stores them in one go, so that a kill leaves whole acts only.
"""

from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, TypeVar

from bot.playground.cast import PEOPLE, ROOMS
from bot.playground.markup import Json


@dataclass
class Message:
    """A message as its chat keeps it. Ids are one sequence over all chats that are no supergroups."""

    kind: ClassVar[str] = "message"
    id: int
    chat: int
    sender: int
    date: int
    text: str = ""  # of media, the caption
    entities: list[Json] = field(default_factory=list)
    reply_to: int | None = None
    markup: Json | None = None  # what was sent as reply_markup
    service: Json | None = None  # the fields of a service message
    media: Json | None = None  # the fields of what is no text
    extra: Json = field(default_factory=dict)  # has_protected_content, link_preview_options
    edit_date: int | None = None
    rewritten: bool = False  # a person sees "edited"; new buttons alone do not show
    heard: bool = False  # the bot was told of it
    deleted: bool = False
    pinned: bool = False
    reaction: list[Json] = field(default_factory=list)

    @property
    def rows(self) -> list[list[Json]]:
        """The inline buttons below it."""
        rows: list[list[Json]] = (self.markup or {}).get("inline_keyboard", [])
        return rows


@dataclass
class Group:
    """A group chat. `bot` is the bot's status there: member, administrator, left or kicked."""

    kind: ClassVar[str] = "group"
    id: int
    title: str
    members: list[int]
    maker: int
    bot: str = "left"
    other_bot_wrote: bool = False  # after the bot's own last message


@dataclass
class Lane:
    """One person's private chat with the bot; its id is the person's."""

    kind: ClassVar[str] = "lane"
    id: int
    started: bool = False
    blocked: bool = False


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
    commands: dict[str, list[Json]] = field(default_factory=dict)  # by scope and language
    descriptions: dict[str, str] = field(default_factory=dict)
    short_descriptions: dict[str, str] = field(default_factory=dict)
    next_message: int = 1
    next_update: int = 480000001
    next_tap: int = 1
    next_file: int = 1


Record = Message | Group | Lane | Tap | File | Update | Profile
KINDS: tuple[type[Any], ...] = (Message, Group, Lane, Tap, File, Update, Profile)
R = TypeVar("R", Message, Group, Lane, Tap, File, Update)


class World:
    """Everything there is, in memory, with a note of what changed since it was last stored."""

    def __init__(self, documents: dict[str, list[Json]] | None = None) -> None:
        """Build it from what was stored, or empty with the chats of the cast."""
        documents = documents or {}
        loaded = {kind.kind: [kind(**body) for body in documents.get(kind.kind, [])] for kind in KINDS}
        self.messages: dict[int, Message] = {one.id: one for one in sorted(loaded["message"], key=_id)}
        self.groups: dict[int, Group] = {one.id: one for one in loaded["group"]}
        self.lanes: dict[int, Lane] = {one.id: one for one in loaded["lane"]}
        self.taps: dict[str, Tap] = {one.id: one for one in loaded["tap"]}
        self.files: dict[str, File] = {one.id: one for one in loaded["file"]}
        self.updates: dict[int, Update] = {one.id: one for one in sorted(loaded["update"], key=_id)}
        self.is_new = not loaded["profile"]
        self.profile: Profile = loaded["profile"][0] if loaded["profile"] else Profile()
        self._changed: dict[tuple[str, str], Record | None] = {}
        if self.is_new:
            self._furnish()

    def _furnish(self) -> None:
        ids = {person.name: person.id for person in PEOPLE}
        for person in PEOPLE:
            self.add(self.lanes, Lane(person.id))
        for room in ROOMS:
            members = [ids[name] for name in room.members]
            self.add(self.groups, Group(room.id, room.name, members, maker=members[0]))
        self.keep(self.profile)

    def number(self, sequence: str) -> int:
        """Take the next number of `message`, `update`, `tap` or `file`."""
        name = f"next_{sequence}"
        number: int = getattr(self.profile, name)
        setattr(self.profile, name, number + 1)
        self.keep(self.profile)
        return number

    def add(self, shelf: dict[Any, R], record: R) -> R:
        """Put a new record on its shelf."""
        shelf[record.id] = record
        self.keep(record)
        return record

    def drop(self, shelf: dict[Any, R], record: R) -> None:
        """Take a record off its shelf for good."""
        del shelf[record.id]
        self._changed[record.kind, str(record.id)] = None

    def keep(self, record: Record) -> None:
        """Note that a record changed."""
        self._changed[record.kind, str(record.id)] = record

    def changes(self) -> dict[tuple[str, str], Json | None]:
        """Take what changed since the last call: the new body, or None for what is gone."""
        changed, self._changed = self._changed, {}
        return {key: asdict(record) if record else None for key, record in changed.items()}

    def talk(self, chat: int) -> list[Message]:
        """All messages of a chat that are still there, oldest first."""
        return [message for message in self.messages.values() if message.chat == chat and not message.deleted]


def _id(record: Any) -> int:  # noqa: ANN401  (any record that has a number)
    number: int = record.id
    return number
