"""Everything there is in this Telegram: the records, by what they are.

Whoever changes a record calls `World.keep`; whoever finished an act takes `World.changes()` and stores them
in one go, so that a kill leaves whole acts only.
"""

from collections.abc import Iterator
from dataclasses import asdict
from itertools import takewhile
from typing import Any, TypeVar

from bot.playground.cast import BY_ID, ROOMS, ROSIE, Person
from bot.playground.markup import Json
from bot.playground.records import File, Group, Lane, Message, Profile, Tap, Update, key_of

Record = Message | Group | Lane | Tap | File | Update | Profile | Person
KINDS: tuple[type[Any], ...] = (Message, Group, Lane, Tap, File, Update, Profile, Person)
R = TypeVar("R", Message, Group, Lane, Tap, File, Update, Person)


class World:
    """Everything there is, in memory, with a note of what changed since it was last stored."""

    def __init__(self, documents: dict[str, list[Json]] | None = None) -> None:
        """Build it from what was stored, or empty with the chats of the cast."""
        documents = documents or {}
        loaded = {kind.kind: [kind(**body) for body in documents.get(kind.kind, [])] for kind in KINDS}
        self.messages: dict[int, dict[int, Message]] = {}  # by chat and id
        for message in sorted(loaded["message"], key=_id):
            self.messages.setdefault(message.chat, {})[message.id] = message
        self.groups: dict[int, Group] = {one.id: one for one in loaded["group"]}
        self.lanes: dict[int, Lane] = {one.id: one for one in loaded["lane"]}
        self.taps: dict[str, Tap] = {one.id: one for one in loaded["tap"]}
        self.files: dict[str, File] = {one.id: one for one in loaded["file"]}
        self.updates: dict[int, Update] = {one.id: one for one in sorted(loaded["update"], key=_id)}
        self.people: dict[int, Person] = {one.id: one for one in loaded["person"]}
        self.is_new = not loaded["profile"]
        self.profile: Profile = loaded["profile"][0] if loaded["profile"] else Profile()
        self.revision = 0  # how often any message was written or changed
        self._journal: dict[
            tuple[int, int], int
        ] = {}  # messages by chat and id: at which revision; newest last
        self._changed: dict[tuple[str, str], Record | None] = {}
        self._by_name = {person.name: person.id for person in self.people.values()}
        if not self.people:
            for person in (*BY_ID.values(), ROSIE):
                self.welcome(person)
        if self.is_new:
            self._furnish()

    def _furnish(self) -> None:
        for person in BY_ID.values():
            self.add(self.lanes, Lane(person.id))
        for room in ROOMS:
            members = [self._by_name[name] for name in room.members]
            self.add(self.groups, Group(room.id, room.name, members, maker=members[0]))
        self.keep(self.profile)

    # -- Changing it ----------------------------------------------------------

    def number(self, sequence: str) -> int:
        """Take the next number of a sequence of the profile, like `update`."""
        name = f"next_{sequence}"
        number: int = getattr(self.profile, name)
        setattr(self.profile, name, number + 1)
        self.keep(self.profile)
        return number

    def message_number(self, chat: int) -> int:
        """Take the next message id of a chat."""
        group = self.groups.get(chat)
        if group is None or not group.is_super:
            return self.number("message")
        group.next_message += 1
        self.keep(group)
        return group.next_message - 1

    def add(self, shelf: dict[Any, R], record: R) -> R:
        """Put a new record on its shelf."""
        shelf[record.id] = record
        self.keep(record)
        return record

    def drop(self, shelf: dict[Any, R], record: R) -> None:
        """Take a record off its shelf for good."""
        del shelf[record.id]
        self._changed[record.kind, key_of(record)] = None

    def keep(self, record: Record) -> None:
        """Note that a record changed."""
        if isinstance(record, Message):
            self.revision += 1
            self._journal.pop((record.chat, record.id), None)
            self._journal[record.chat, record.id] = self.revision
        self._changed[record.kind, key_of(record)] = record

    def changes(self) -> dict[tuple[str, str], Json | None]:
        """Take what changed since the last call: the new body, or None for what is gone."""
        changed, self._changed = self._changed, {}
        return {key: asdict(record) if record else None for key, record in changed.items()}

    def welcome(self, person: Person) -> None:
        """Let there be somebody, or let them be somewhat different."""
        self._by_name[person.name] = person.id
        self.add(self.people, person)

    # -- Finding things -------------------------------------------------------

    def named(self, name: str) -> Person | None:
        """Return the person whom scripts call so."""
        return self.people.get(self._by_name.get(name, 0))

    def room(self, title: str) -> Group | None:
        """Return the group that is the room of this name now."""
        return next((one for one in self.groups.values() if one.title == title and not one.moved_to), None)

    def message(self, chat: int, number: int | None) -> Message | None:
        """Return a message that is still there."""
        message = self.messages.get(chat, {}).get(number) if number is not None else None
        return message if message and not message.deleted else None

    def talk(self, chat: int) -> list[Message]:
        """All messages of a chat that are still there, oldest first."""
        return [message for message in self.messages.get(chat, {}).values() if not message.deleted]

    def changed_since(self, revision: int) -> list[Message]:
        """Return the messages that were written, changed or deleted after a revision, as they are now."""
        newest_first = takewhile(lambda entry: entry[1] > revision, reversed(self._journal.items()))
        found = [self.messages[chat][number] for (chat, number), _ in newest_first]
        return found[::-1]

    def all_messages(self) -> Iterator[Message]:
        """Go through the messages of all chats."""
        return (message for chat in self.messages.values() for message in chat.values())


def _id(record: Any) -> int:  # noqa: ANN401  (any record that has a number)
    number: int = record.id
    return number
