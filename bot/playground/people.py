"""What people do with their phones, and what the bot hears of it.

Privacy mode is on: from a group the bot hears service messages, commands that name it, bare commands
unless another bot wrote after it, replies to its own messages, and the edits of all these. As an admin it
hears everything. In private it hears all, from /start on.
"""

import re
from collections.abc import Callable
from datetime import datetime

from bot.playground import shapes
from bot.playground.cast import BOT, BY_NAME, ROOM_BY_NAME, Person
from bot.playground.markup import Json, units, with_found
from bot.playground.refusals import LONGEST_DATA, LONGEST_TEXT
from bot.playground.telegram import OWN_DELETE, PRESENT, Telegram
from bot.playground.updates import A_TAP
from bot.playground.world import Group, Message, Tap

CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")  # Telegram puts a space for these
COMMAND = re.compile(r"/[A-Za-z0-9_]+(?:@(\w+))?(?!\S)")


class Impossible(Exception):  # noqa: N818  (it is what was asked for, not an error of ours)
    """No phone would let somebody do this; the message is a sentence, the code is for HTTP."""

    def __init__(self, sentence: str, code: int = 400) -> None:
        """Take the sentence."""
        super().__init__(sentence)
        self.code = code


class People:
    """The hands of the cast."""

    def __init__(self, telegram: Telegram, now: Callable[[], datetime]) -> None:
        """Act in this Telegram, by this clock."""
        self._telegram = telegram
        self._world = telegram.world
        self._now = now

    # -- Where they are -------------------------------------------------------

    def person(self, name: str) -> Person:
        """Return one of the cast by name."""
        if name not in BY_NAME:
            raise Impossible(f"There is nobody called {name!r}: the cast is {', '.join(BY_NAME)}.", 404)
        return BY_NAME[name]

    def group(self, person: Person) -> Group:
        """Return the group of the room that is this person's."""
        return self._world.groups[ROOM_BY_NAME[person.room].id]

    def is_in(self, person: Person, chat: int) -> bool:
        """Tell whether a person can see a chat."""
        group = self._world.groups.get(chat)
        return person.id in group.members if group else chat == person.id

    def seen(self, person: Person, chat: int) -> list[Message]:
        """Return the messages of a chat as this person finds them there."""
        return self._world.talk(chat) if self.is_in(person, chat) else []

    def shown(self, person: Person, chat: int) -> list[Json]:
        """Return the same for a script: who, what, which buttons."""
        return [
            {
                "id": message.id,
                "from": shapes.user(message.sender)["first_name"],
                "text": message.text,
                "buttons": [[button["text"] for button in row] for row in message.rows],
                "edited": message.rewritten,
            }
            for message in self.seen(person, chat)
            if message.service is None
        ]

    # -- Words ----------------------------------------------------------------

    def say(self, person: Person, chat: int, text: str, reply_to: int | None) -> int:
        """Send a message, and return its id."""
        text = _sayable(text)
        if reply_to is not None:
            self._found(person, chat, reply_to)
        self._enter(person, chat, text)
        message = self._telegram.write(
            chat, person.id, text, entities=with_found(text, []), reply_to=reply_to
        )
        if self._hears(message):
            message.heard = True
            self._telegram.updates.tell("message", shapes.message(self._world, message))
        return message.id

    def _enter(self, person: Person, chat: int, text: str) -> None:
        if not self.is_in(person, chat):
            raise Impossible(f"{person.first_name} is not in that room, and cannot say anything there.", 404)
        lane = self._world.lanes.get(chat)
        if lane is None or (lane.started and not lane.blocked):
            return
        if not re.match(r"/start(?!\w)", text):
            raise Impossible(
                f"{person.first_name} has not pressed Start in the private chat: say /start first."
            )
        if lane.blocked:
            self.block(person, blocks=False)
        lane.started = True
        self._world.keep(lane)

    def edit(self, person: Person, chat: int, message_id: int, text: str) -> None:
        """Change one's own message."""
        text = _sayable(text)
        message = self._found(person, chat, message_id)
        if message.sender != person.id or message.service is not None:
            raise Impossible(f"Message {message_id} is not {person.first_name}'s own.")
        if self._telegram.today() - message.date > OWN_DELETE:
            raise Impossible(f"Message {message_id} is older than 48 hours and cannot be changed.")
        if message.text == text:
            raise Impossible(f"Message {message_id} already reads like that.")
        message.text, message.entities = text, with_found(text, [])
        message.edit_date, message.rewritten = self._telegram.today(), True
        message.heard = message.heard or self._hears(message)
        self._world.keep(message)
        if message.heard and self._reachable(chat):
            self._telegram.updates.tell("edited_message", shapes.message(self._world, message))

    def _found(self, person: Person, chat: int, message_id: int) -> Message:
        for message in self.seen(person, chat):
            if message.id == message_id:
                return message
        raise Impossible(f"{person.first_name} sees no message {message_id} there.", 404)

    def _reachable(self, chat: int) -> bool:
        group = self._world.groups.get(chat)
        return group.bot in PRESENT if group else not self._world.lanes[chat].blocked

    def _hears(self, message: Message) -> bool:
        group = self._world.groups.get(message.chat)
        if group is None or group.bot == "administrator":
            return True
        if group.bot not in PRESENT:
            return False
        answered = self._world.messages.get(message.reply_to) if message.reply_to is not None else None
        if answered is not None and answered.sender == BOT.id and not answered.deleted:
            return True
        command = COMMAND.match(message.text)
        if command is None:
            return False
        return command[1].lower() == BOT.username.lower() if command[1] else not group.other_bot_wrote

    # -- Taps -----------------------------------------------------------------

    def tap(self, person: Person, chat: int, label: str, message_id: int | None) -> Tap | str:
        """Tap the newest button with that label; return the tap, or the address that a link opens."""
        shown = self.seen(person, chat) if message_id is None else [self._found(person, chat, message_id)]
        for message in reversed(shown):
            for button in (button for row in message.rows for button in row if button["text"] == label):
                if "url" in button:
                    return str(button["url"])
                if "callback_data" not in button:
                    raise Impossible(f"The button {label!r} does nothing that this stand-in can show.")
                return self._tapped(person, message, button["callback_data"])
        raise Impossible(f"{person.first_name} sees no button {label!r} there.", 404)

    def forge(self, person: Person, chat: int, message_id: int, data: str, *, outsider: bool) -> Tap:
        """Tap with data of one's own making; an outsider does so below a message they do not see."""
        if outsider:
            message = self._world.messages.get(message_id)
            if message is None:
                raise Impossible(f"There is no message {message_id}.", 404)
        else:
            message = self._found(person, chat, message_id)
        if message.sender != BOT.id or not 1 <= len(data.encode()) <= LONGEST_DATA:
            raise Impossible("A tap carries 1 to 64 bytes of data below a message of the bot.")
        return self._tapped(person, message, data)

    def _tapped(self, person: Person, message: Message, data: str) -> Tap:
        at = self._now().timestamp()
        for old in [tap for tap in self._world.taps.values() if at - tap.at > A_TAP]:
            self._world.drop(self._world.taps, old)
        number = str(person.id << 32 | self._world.number("tap"))
        tap = self._world.add(self._world.taps, Tap(number, person.id, message.chat, at))
        if self._reachable(message.chat):
            query = {
                "id": tap.id,
                "from": shapes.user(person.id),
                "message": shapes.message(self._world, message),
                "chat_instance": str(abs(message.chat) * 31),
                "data": data,
            }
            self._telegram.updates.tell("callback_query", query)
        return tap

    # -- Coming and going -----------------------------------------------------

    def come_or_go(self, person: Person, *, joins: bool) -> None:
        """Join one's room, or leave it."""
        group = self.group(person)
        if joins == (person.id in group.members):
            raise Impossible(f"{person.first_name} is {'already' if joins else 'not'} in {group.title}.")
        if joins:
            group.members.append(person.id)
            self._telegram.announce(group, person.id, {"new_chat_members": [shapes.user(person.id)]})
        else:
            group.members.remove(person.id)
            self._telegram.announce(group, person.id, {"left_chat_member": shapes.user(person.id)})
        self._world.keep(group)

    def block(self, person: Person, *, blocks: bool) -> None:
        """Block the bot in private, or let it in again."""
        lane = self._world.lanes[person.id]
        if not lane.started or lane.blocked == blocks:
            raise Impossible(f"{person.first_name} has nothing to {'block' if blocks else 'unblock'}.")
        before, after = ("member", "kicked") if blocks else ("kicked", "member")
        lane.blocked = blocks
        self._world.keep(lane)
        body = {
            "chat": shapes.chat(self._world, person.id),
            "from": shapes.user(person.id),
            "date": self._telegram.today(),
            "old_chat_member": shapes.bot_member(before),
            "new_chat_member": shapes.bot_member(after),
        }
        self._telegram.updates.tell("my_chat_member", body)

    def bring_bot(self, person: Person, status: str) -> None:
        """Add the bot to one's room, make it an admin or a member again, or remove it."""
        group = self.group(person)
        if not self.is_in(person, group.id):
            raise Impossible(f"{person.first_name} is not in {group.title}.", 404)
        if group.bot == status:
            raise Impossible(f"The bot is {status} in {group.title} already.")
        self._telegram.bot_becomes(group, status, by=person.id)

    def another_bot_writes(self, person: Person) -> None:
        """Let some other bot write last in this person's room: bare commands are no longer for ours."""
        group = self.group(person)
        group.other_bot_wrote = True
        self._world.keep(group)


def _sayable(text: str) -> str:
    text = CONTROL.sub(" ", text).strip()
    if not 1 <= units(text) <= LONGEST_TEXT:
        raise Impossible(f"A message has 1 to {LONGEST_TEXT} characters.")
    return text
