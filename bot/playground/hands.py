"""What people do with their phones, and what the bot hears of it.

Privacy mode is on: from a group the bot hears service messages, commands that name it, bare commands
unless another bot wrote after it, replies to its own messages, and the edits of all these. As an admin it
hears everything but other bots. In private it hears all, from /start on.
"""

import re

from bot.playground import masks, media, shapes
from bot.playground.cast import BOT, ROSIE, Person
from bot.playground.chats import Chats
from bot.playground.markup import Json, with_found
from bot.playground.notes import Note, cleaned, fits
from bot.playground.people import Impossible, People
from bot.playground.records import Group, Message, Tap
from bot.playground.refusals import LONGEST_DATA
from bot.playground.telegram import OWN_DELETE
from bot.playground.updates import A_TAP

COMMAND = re.compile(r"/[A-Za-z0-9_]+(?:@(\w+))?(?!\S)")


class Hands:
    """The hands of everybody."""

    def __init__(self, chats: Chats, people: People) -> None:
        """Act in these chats for these people."""
        self._chats = chats
        self._people = people
        self._world = chats.world

    # -- Sending --------------------------------------------------------------

    def say(self, person: Person, chat: int, note: Note) -> int:
        """Send a message, and return its id."""
        return self._send(person, chat, note, {}).id

    def say_album(self, person: Person, chat: int, note: Note) -> list[int]:
        """Send two pictures at once; the caption stands below the first."""
        album = {"media_group_id": str(13_000_000_000 + self._world.number("tap"))}
        silent = Note(media=note.media, reply_to=note.reply_to, topic=note.topic, speaks_as=note.speaks_as)
        return [self._send(person, chat, one, album).id for one in (note, silent)]

    def _send(self, person: Person, chat: int, note: Note, extra: Json) -> Message:
        text = cleaned(note.text, raw=note.raw)
        if not fits(Note(text, note.media)):
            raise Impossible(f"A message has 1 to {note.longest} characters.")
        answered = self._answered(person, chat, note)
        group = self._world.groups.get(chat)
        self._enter(person, chat, text)
        sender, mask = masks.mask(self._world, person, group, note.speaks_as, self._chats.today())
        kind = media.KINDS[note.media](self._world.profile.next_message) if note.media else None
        if kind is not None and text and note.media not in media.WITH_CAPTION:
            raise Impossible(f"A {note.media} has no caption.")
        # what stands in the old group is no longer there for a reply, and what is gone cannot be shown
        shown = answered is not None and answered.chat == chat and not answered.deleted
        message = self._chats.write(
            chat,
            sender,
            text,
            entities=with_found(text, []),
            reply_to=answered.id if answered is not None and shown else None,
            media=kind,
            extra=extra | mask | self._borrowed(person, chat, note),
            topic=self._topic(group, note, answered),
            writer=person.id if sender != person.id else None,
        )
        if self._hears(message, answered if answered is not None and answered.chat == chat else None):
            message.heard = True
            self._chats.tell_message(message)
        if person.is_bot and group is not None:
            group.other_bot_wrote = True
            self._world.keep(group)
        return message

    def _answered(self, person: Person, chat: int, note: Note) -> Message | None:
        if note.reply_to is None:
            return None
        if note.gone:
            return self.lost(chat, note.reply_to)
        return self._people.found(person, chat, note.reply_to, old=note.old)

    def _enter(self, person: Person, chat: int, text: str) -> None:
        group = self._world.groups.get(chat)
        if group is not None:
            if not self._people.is_in(person, chat):
                said = f"{person.first_name} is not in that room, and cannot say anything there."
                raise Impossible(said, 404)
            if group.muted and not group.leads(person.id):
                raise Impossible(f"Only admins may write in {group.title} now.")
            return
        lane = self._world.lanes.get(chat)
        if lane is None:
            raise Impossible(f"{person.first_name} has no private chat with the bot.", 404)
        if lane.started and not lane.blocked:
            return
        if not re.match(r"/start(?!\w)", text):
            raise Impossible(
                f"{person.first_name} has not pressed Start in the private chat: say /start first."
            )
        if lane.blocked:
            self.block(person, blocks=False)
        lane.started = True
        self._world.keep(lane)

    def block(self, person: Person, *, blocks: bool) -> None:
        """Block the bot in private, or let it in again."""
        lane = self._world.lanes.get(person.id)
        if lane is None or not lane.started or lane.blocked == blocks:
            raise Impossible(f"{person.first_name} has nothing to {'block' if blocks else 'unblock'}.")
        lane.blocked = blocks
        self._world.keep(lane)
        before, after = (shapes.bot_in_lane(self._world, blocked=one) for one in (not blocks, blocks))
        self._chats.updates.tell("my_chat_member", self._chats.change(person.id, person.id, before, after))

    def _borrowed(self, person: Person, chat: int, note: Note) -> Json:
        via = {"via_bot": shapes.user(self._world, ROSIE.id)} if note.via_bot else {}
        if note.forwarded is None:
            return via
        room = self._world.groups.get(chat) or self._people.group(person)
        return via | masks.forwarded(self._world, person, room, note.forwarded, self._chats.today())

    def _topic(self, group: Group | None, note: Note, answered: Message | None) -> int | None:
        if group is None or group.topics is None:
            if note.topic is not None:
                raise Impossible("Only a forum has topics.")
            return None
        if note.topic is None:
            return answered.topic if answered is not None and answered.chat == group.id else None
        topic = group.topic(note.topic)
        if topic is None or topic.closed:
            raise Impossible(f"In {group.title} there is no open topic {note.topic}.", 404)
        return topic.id

    # -- Changing what was sent -----------------------------------------------

    def edit(self, person: Person, chat: int, message: Message, text: str, *, raw: bool = False) -> None:
        """Change one's own message."""
        number = message.id
        text = cleaned(text, raw=raw)
        if not fits(Note(text, "photo" if message.media else None)):
            raise Impossible("That is too short or too long for a message.")
        if (message.writer or message.sender) != person.id or message.service is not None:
            raise Impossible(f"Message {number} is not {person.first_name}'s own.")
        if message.chat != chat:
            raise Impossible(f"Message {number} stands in the old group and cannot be changed.")
        if self._chats.today() - message.date > OWN_DELETE:
            raise Impossible(f"Message {number} is older than 48 hours and cannot be changed.")
        if message.text == text:
            raise Impossible(f"Message {number} already reads like that.")
        message.text, message.entities = text, with_found(text, [])
        message.edit_date, message.rewritten = self._chats.today(), True
        message.heard = message.heard or self._hears(message, self._world.message(chat, message.reply_to))
        self._world.keep(message)
        if message.heard and self._chats.heeds(chat):
            self._chats.updates.tell("edited_message", shapes.message(self._world, message))

    def delete(self, person: Person, chat: int, message: Message) -> None:
        """Take a message away for everybody; the bot does not hear of it."""
        group = self._world.groups.get(chat)
        own = (message.writer or message.sender) == person.id
        if not (own or group is None or group.leads(person.id)):
            raise Impossible(f"Message {message.id} is not {person.first_name}'s own.")
        self._chats.erase(message)

    def _hears(self, message: Message, answered: Message | None) -> bool:
        group = self._world.groups.get(message.chat)
        if group is None:
            return True
        if not group.has_bot or self._is_bot(message.sender):
            return False
        if group.bot == "administrator":
            return True
        if answered is not None and answered.sender == BOT.id:
            return True
        command = COMMAND.match(message.text) if message.media is None else None
        if command is None:
            return False
        return command[1].lower() == BOT.username.lower() if command[1] else not group.other_bot_wrote

    def _is_bot(self, user_id: int) -> bool:
        return user_id in self._world.people and self._world.people[user_id].is_bot

    # -- Taps -----------------------------------------------------------------

    def tap(self, person: Person, chat: int, label: str, found: Message | None) -> Tap | str:
        """Tap the newest button with that label; return the tap, or the address that a link opens."""
        shown = self._people.seen(person, chat) if found is None else [found]
        for message in reversed(shown):
            for button in (button for row in message.rows for button in row if button["text"] == label):
                if "url" in button:
                    return str(button["url"])
                if "callback_data" not in button:
                    raise Impossible(f"The button {label!r} does nothing that this stand-in can show.")
                return self.tapped(person, message, button["callback_data"])
        raise Impossible(f"{person.first_name} sees no button {label!r} there.", 404)

    def forge(self, person: Person, message: Message, data: str) -> Tap:
        """Tap with data of one's own making."""
        if message.sender != BOT.id or not 1 <= len(data.encode()) <= LONGEST_DATA:
            raise Impossible("A tap carries 1 to 64 bytes of data below a message of the bot.")
        return self.tapped(person, message, data)

    def anywhere(self, number: int) -> Message:
        """Return the newest message with this id, in whatever chat and even when it is gone."""
        found = [message for message in self._world.all_messages() if message.id == number]
        if not found:
            raise Impossible(f"There is no message {number}.", 404)
        return max(found, key=lambda message: (message.sender == BOT.id, message.date))

    def tapped(self, person: Person, message: Message, data: str) -> Tap:
        """Let a tap be on its way; below a message that is gone it carries only where that was."""
        at = self._chats.now().timestamp()
        for old in [tap for tap in self._world.taps.values() if at - tap.at > A_TAP]:
            self._world.drop(self._world.taps, old)
        number = str(person.id << 32 | self._world.number("tap"))
        tap = self._world.add(self._world.taps, Tap(number, person.id, message.chat, at))
        if self._chats.heeds(message.chat):
            shape = shapes.lost_message if message.deleted else shapes.message
            query = {
                "id": tap.id,
                "from": shapes.user(self._world, person.id),
                "message": shape(self._world, message),
                "chat_instance": str(abs(message.chat) * 31),
                "data": data,
            }
            self._chats.updates.tell("callback_query", query)
        return tap

    def lost(self, chat: int, number: int) -> Message:
        """Return a message that is gone, as a phone may still show it for a moment."""
        message = self._world.messages.get(chat, {}).get(number)
        if message is None or not message.deleted:
            raise Impossible(f"Message {number} is not one that is gone.")
        return message
