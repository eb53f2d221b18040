"""The people: who they are, where they are, and what their phones show."""

from dataclasses import replace

from bot.playground import shapes
from bot.playground.cast import Person
from bot.playground.chats import Chats
from bot.playground.markup import Json
from bot.playground.records import Group, Message


class Impossible(Exception):  # noqa: N818  (it is what was asked for, not an error of ours)
    """No phone would let somebody do this; the message is a sentence, the code is for HTTP."""

    def __init__(self, sentence: str, code: int = 400) -> None:
        """Take the sentence."""
        super().__init__(sentence)
        self.code = code


class People:
    """Everybody with a phone."""

    def __init__(self, chats: Chats) -> None:
        """Let them live in these chats."""
        self._chats = chats
        self._world = chats.world

    # -- Who ------------------------------------------------------------------

    def person(self, name: str) -> Person:
        """Return somebody by the name that scripts use."""
        person = self._world.named(name)
        if person is None:
            cast = ", ".join(one.name for one in list(self._world.people.values())[:6])
            raise Impossible(f"There is nobody called {name!r}: the cast is {cast}.", 404)
        return person

    def rename(self, person: Person, first_name: str) -> None:
        """Call somebody otherwise from now on."""
        self._world.welcome(replace(person, first_name=first_name))

    def speak(self, person: Person, language_code: str | None) -> None:
        """Let somebody's phone name this language from now on, or none."""
        self._world.welcome(replace(person, language_code=language_code))

    # -- Where ----------------------------------------------------------------

    def group(self, person: Person) -> Group:
        """Return the group that is this person's room."""
        return self.group_called(person.room)

    def group_called(self, title: str) -> Group:
        """Return the group that is the room of this name now."""
        group = self._world.room(title)
        if group is None:
            raise Impossible(f"There is no room called {title!r}.", 404)
        return group

    def is_in(self, person: Person, chat: int) -> bool:
        """Tell whether a person can see a chat."""
        group = self._world.groups.get(chat)
        return person.id in group.members if group else chat == person.id

    def insist_on(self, person: Person, group: Group) -> None:
        """Refuse what only somebody in a group can do."""
        if person.id not in group.members:
            raise Impossible(f"{person.first_name} is not in {group.title}.", 404)

    # -- What they see --------------------------------------------------------

    def seen(self, person: Person, chat: int) -> list[Message]:
        """Return the messages of a chat as this person finds them, above them those of the group it was."""
        if not self.is_in(person, chat):
            return []
        group = self._world.groups.get(chat)
        before = group.moved_from if group is not None else None
        above = self._world.talk(before) if before and self.is_in(person, before) else []
        return [*above, *self._world.talk(chat)]

    def shown(self, person: Person, chat: int) -> list[Json]:
        """Return the same for a script: who, what, which buttons; more only where there is more."""
        return [self._shown(one, chat) for one in self.seen(person, chat) if one.service is None]

    def _shown(self, message: Message, chat: int) -> Json:
        sender = message.extra.get("sender_chat")
        shown = {
            "id": message.id,
            "from": sender["title"] if sender else shapes.user(self._world, message.sender)["first_name"],
            "text": message.text,
            "buttons": [[button["text"] for button in row] for row in message.rows],
            "edited": message.rewritten,
        }
        group = self._world.groups.get(message.chat)
        topic = group.topic(message.topic) if group is not None and message.topic is not None else None
        more = {
            "old": message.chat != chat,
            "topic": topic.name if topic else None,
            "media": next(iter(message.media)) if message.media else None,
            "album": message.extra.get("media_group_id"),
            "reply_to": message.reply_to,
            "forwarded": "forward_origin" in message.extra,
            "via": message.extra.get("via_bot", {}).get("first_name"),
        }
        return shown | {name: value for name, value in more.items() if value}

    def found(self, person: Person, chat: int, number: int, *, old: bool = False) -> Message:
        """Return a message that this person sees; an id that stands twice means the newer one, unless old."""
        for message in reversed(self.seen(person, chat)):
            if message.id == number and not (old and message.chat == chat):
                return message
        raise Impossible(f"{person.first_name} sees no message {number} there.", 404)
