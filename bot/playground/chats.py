"""The chats as the bot meets them: whether it may write there, who is in them, and what each is told of that.

Every new message passes here, so that service messages, message ids and the timer of a chat that lets its
messages vanish are the same for everybody.
"""

import heapq
from collections.abc import Callable
from datetime import datetime

from bot.playground import refusals, shapes
from bot.playground.cast import BOT
from bot.playground.markup import Json
from bot.playground.records import Group, Message
from bot.playground.refusals import Refused
from bot.playground.updates import Updates
from bot.playground.world import World


class Chats:
    """All chats of one world."""

    def __init__(self, world: World, updates: Updates, now: Callable[[], datetime]) -> None:
        """Act in this world, by this clock."""
        self.world = world
        self.updates = updates
        self.now = now
        self._vanishing = [
            (message.vanishes, message.chat, message.id)
            for message in world.all_messages()
            if message.vanishes is not None and not message.deleted
        ]
        heapq.heapify(self._vanishing)

    def today(self) -> int:
        """Return the time as messages carry it."""
        return int(self.now().timestamp())

    # -- Where the bot may be -------------------------------------------------

    def where(self, chat_id: int) -> Group | None:
        """Return the group that the bot may act in, or None for a private chat it may write to."""
        group = self.world.groups.get(chat_id)
        if group is None:
            self._check_lane(chat_id)
        elif group.moved_to is not None:
            raise Refused(refusals.UPGRADED, migrate_to_chat_id=group.moved_to)
        elif not group.has_bot:
            raise Refused(refusals.not_there(kicked=group.bot == "kicked", supergroup=group.is_super))
        return group

    def where_to_write(self, chat_id: int) -> Group | None:
        """Return the same for a place where the bot may also say something."""
        group = self.where(chat_id)
        if group is not None and group.silences_bot:
            raise Refused(refusals.NO_RIGHT_TO_SEND)
        return group

    def _check_lane(self, chat_id: int) -> None:
        lane = self.world.lanes.get(chat_id)
        if lane is None or not (lane.started or self.has_met(chat_id)):
            raise Refused(refusals.CHAT_NOT_FOUND)
        if lane.blocked:
            raise Refused(refusals.BLOCKED)
        if not lane.started:
            raise Refused(refusals.CANNOT_BEGIN)

    def has_met(self, user_id: int) -> bool:
        """Tell whether the bot shares a group with somebody."""
        return any(user_id in group.members for group in self.world.groups.values() if group.has_bot)

    def heeds(self, chat_id: int) -> bool:
        """Tell whether the bot is told anything of a chat."""
        group = self.world.groups.get(chat_id)
        if group is None:
            return not self.world.lanes[chat_id].blocked
        return self.world.groups[group.moved_to].has_bot if group.moved_to else group.has_bot

    # -- Who is there ---------------------------------------------------------

    def chat(self, chat_id: int) -> Json:
        """GetChat, which a group that became a supergroup still answers."""
        group = self.world.groups.get(chat_id)
        if group is None or group.moved_to is None:
            self.where(chat_id)
        return shapes.full_chat(self.world, chat_id)

    def member(self, chat_id: int, user_id: int) -> Json:
        """GetChatMember."""
        group = self.where(chat_id)
        if user_id != BOT.id and user_id not in self.world.people:
            raise Refused(refusals.USER_NOT_FOUND)
        if group is not None:
            return shapes.member(self.world, group, user_id)
        if user_id not in {chat_id, BOT.id}:
            raise Refused(refusals.USER_NOT_FOUND)
        return {"status": "member", "user": shapes.user(self.world, user_id)}

    def member_count(self, chat_id: int) -> int:
        """GetChatMemberCount: every bot counts, ours too."""
        group = self.where(chat_id)
        return 2 if group is None else len(group.members) + 1

    def administrators(self, chat_id: int, *, with_bots: bool) -> list[Json]:
        """GetChatAdministrators: other bots are among them only when asked for."""
        group = self.where(chat_id)
        if group is None:
            raise Refused(refusals.NO_ADMINISTRATORS)
        members = [shapes.member(self.world, group, member) for member in [*group.members, BOT.id]]
        return [
            member
            for member in members
            if member["status"] in {"creator", "administrator"}
            and (with_bots or member["user"]["id"] == BOT.id or not member["user"]["is_bot"])
        ]

    def leave(self, chat_id: int) -> bool:
        """LeaveChat."""
        group = self.where(chat_id)
        if group is None:
            raise Refused(refusals.CANNOT_LEAVE)
        self.bot_becomes(group, "left", by=BOT.id)
        return True

    def bot_becomes(self, group: Group, status: str, by: int, may: dict[str, bool] | None = None) -> None:
        """Change what the bot is in a group, and tell it and the group."""
        was_there, before = group.has_bot, shapes.bot_member(self.world, group)
        group.bot, group.bot_may = status, may or {}
        self.world.keep(group)
        self.tell_of_bot(group, by, before)
        if group.has_bot and not was_there:
            self.announce(group, by, {"new_chat_members": [shapes.user(self.world, BOT.id)]})
        if was_there and not group.has_bot:
            self.announce(group, by, {"left_chat_member": shapes.user(self.world, BOT.id)})

    def tell_of_bot(self, group: Group, by: int, before: Json) -> None:
        """Tell the bot what it was in a group, and what it is."""
        self.updates.tell(
            "my_chat_member", self.change(group.id, by, before, shapes.bot_member(self.world, group))
        )

    def change(self, chat: int, by: int, before: Json, after: Json) -> Json:
        """Return a ChatMemberUpdated."""
        return {
            "chat": shapes.chat(self.world, chat),
            "from": shapes.user(self.world, by),
            "date": self.today(),
            "old_chat_member": before,
            "new_chat_member": after,
        }

    # -- Messages of anybody --------------------------------------------------

    def write(self, chat: int, sender: int, text: str = "", **fields: object) -> Message:
        """Put a message into a chat."""
        number = self.world.message_number(chat)
        message = Message(number, chat, sender, self.today(), text, **fields)  # type: ignore[arg-type]  # those of `Message`
        if after := (self.world.groups.get(chat) or self.world.lanes[chat]).vanish_after:
            message.vanishes = message.date + after
            heapq.heappush(self._vanishing, (message.vanishes, chat, number))
        return self.world.add(self.world.messages.setdefault(chat, {}), message)

    def announce(self, group: Group, by: int, service: Json, topic: int | None = None) -> Message:
        """Write a service message into a group, which the bot hears while it is there."""
        message = self.write(group.id, by, service=service, heard=group.has_bot, topic=topic)
        if message.heard:
            self.tell_message(message)
        return message

    def tell_message(self, message: Message) -> None:
        """Tell the bot of a message as it is now."""
        self.updates.tell("message", shapes.message(self.world, message))

    def let_vanish(self) -> None:
        """Take away the messages whose time has come."""
        while self._vanishing and self._vanishing[0][0] <= self.now().timestamp():
            _, chat, number = heapq.heappop(self._vanishing)
            if (message := self.world.message(chat, number)) is not None:
                self.erase(message)

    def erase(self, message: Message) -> None:
        """Let a message be gone for everybody."""
        message.deleted = True
        self.world.keep(message)
