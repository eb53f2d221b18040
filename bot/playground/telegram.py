"""What the bot may do in Telegram, and what it may not.

No HTTP and no files here: a method of `Telegram` is a method of the Bot API with its parameters read, and
it changes the world or raises `Refused` with Telegram's description.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.playground import refusals, shapes
from bot.playground.cast import BOT, BY_ID
from bot.playground.markup import Json
from bot.playground.pace import Pace
from bot.playground.refusals import Refused
from bot.playground.updates import A_TAP, Updates
from bot.playground.world import Group, Message, World

OWN_DELETE = 48 * 60 * 60
PRESENT = {"member", "administrator"}


@dataclass(frozen=True)
class Draft:
    """The content of a message as the bot gives it."""

    text: str
    parse_mode: str | None = None
    entities: list[Json] | None = None
    markup: Json | None = None
    media: Json | None = None  # above which it is a caption


class Telegram:
    """The bot's side of Telegram."""

    def __init__(self, world: World, updates: Updates, now: Callable[[], datetime]) -> None:
        """Act in this world, by this clock."""
        self.world = world
        self.updates = updates
        self.pace = Pace()
        self._now = now

    # -- Chats ----------------------------------------------------------------

    def where(self, chat_id: int) -> Group | None:
        """Return the group the bot may write to, or None for a private chat it may write to."""
        group = self.world.groups.get(chat_id)
        if group is None:
            self._check_lane(chat_id)
        elif group.bot == "kicked":
            raise Refused(refusals.KICKED)
        elif group.bot not in PRESENT:
            raise Refused(refusals.NOT_A_MEMBER)
        return group

    def _check_lane(self, chat_id: int) -> None:
        lane = self.world.lanes.get(chat_id)
        if lane is None or not (lane.started or self._has_met(chat_id)):
            raise Refused(refusals.CHAT_NOT_FOUND)
        if lane.blocked:
            raise Refused(refusals.BLOCKED)
        if not lane.started:
            raise Refused(refusals.CANNOT_BEGIN)

    def _has_met(self, user_id: int) -> bool:
        return any(user_id in group.members for group in self.world.groups.values() if group.bot in PRESENT)

    def chat(self, chat_id: int) -> Json:
        """GetChat."""
        self.where(chat_id)
        return shapes.full_chat(self.world, chat_id)

    def member(self, chat_id: int, user_id: int) -> Json:
        """GetChatMember."""
        group = self.where(chat_id)
        if user_id != BOT.id and user_id not in BY_ID:
            raise Refused(refusals.USER_NOT_FOUND)
        if group is not None:
            return shapes.member(group, user_id)
        if user_id not in {chat_id, BOT.id}:
            raise Refused(refusals.USER_NOT_FOUND)
        return {"status": "member", "user": shapes.user(user_id)}

    def member_count(self, chat_id: int) -> int:
        """GetChatMemberCount: the bot counts."""
        group = self.where(chat_id)
        return 2 if group is None else len(group.members) + 1

    def administrators(self, chat_id: int) -> list[Json]:
        """GetChatAdministrators."""
        group = self.where(chat_id)
        if group is None:
            raise Refused(refusals.NO_ADMINISTRATORS)
        members = [shapes.member(group, member) for member in [*group.members, BOT.id]]
        return [member for member in members if member["status"] in {"creator", "administrator"}]

    def leave(self, chat_id: int) -> bool:
        """LeaveChat."""
        group = self.where(chat_id)
        if group is None:
            raise Refused(refusals.CANNOT_LEAVE)
        self.bot_becomes(group, "left", by=BOT.id)
        return True

    def bot_becomes(self, group: Group, status: str, by: int) -> None:
        """Change what the bot is in a group, and tell it and the group."""
        before, group.bot = group.bot, status
        self.world.keep(group)
        body = {
            "chat": shapes.chat(self.world, group.id),
            "from": shapes.user(by),
            "date": self.today(),
            "old_chat_member": shapes.bot_member(before),
            "new_chat_member": shapes.bot_member(status),
        }
        self.updates.tell("my_chat_member", body)
        if before not in PRESENT and status in PRESENT:
            self.announce(group, by, {"new_chat_members": [shapes.user(BOT.id)]})
        if before in PRESENT and status not in PRESENT:
            self.announce(group, by, {"left_chat_member": shapes.user(BOT.id)})

    def announce(self, group: Group, by: int, service: Json) -> Message:
        """Write a service message, which the bot sees while it is there."""
        message = self.write(group.id, by, service=service, heard=group.bot in PRESENT)
        if message.heard:
            self.updates.tell("message", shapes.message(self.world, message))
        return message

    # -- Messages -------------------------------------------------------------

    def today(self) -> int:
        """Return the time as messages carry it."""
        return int(self._now().timestamp())

    def write(self, chat: int, sender: int, text: str = "", **fields: object) -> Message:
        """Put a message into a chat."""
        message = Message(self.world.number("message"), chat, sender, self.today(), text, **fields)  # type: ignore[arg-type]
        return self.world.add(self.world.messages, message)

    def send(self, chat_id: int, draft: Draft, reply: Json | None = None, extra: Json | None = None) -> Json:
        """SendMessage."""
        group = self.where(chat_id)
        text, entities = self._read(draft)
        markup = refusals.check_markup(draft.markup, private=group is None)
        reply_to = self._reply(chat_id, reply)
        self.pace.check(chat_id, self._now().timestamp())
        message = self.write(
            chat_id,
            BOT.id,
            text,
            entities=entities,
            markup=markup,
            reply_to=reply_to,
            media=draft.media,
            extra=extra or {},
            heard=True,
        )
        if group is not None and group.other_bot_wrote:
            group.other_bot_wrote = False
            self.world.keep(group)
        return shapes.message(self.world, message)

    def _read(self, draft: Draft) -> tuple[str, list[Json]]:
        captions = draft.media is not None
        text, entities = refusals.read_text(draft.text, draft.parse_mode, draft.entities, caption=captions)
        named = []
        for entity in entities:
            person = entity.get("user_id")
            if person is None:
                named.append(entity)
            elif person in self.world.lanes and (self.world.lanes[person].started or self._has_met(person)):
                rest = {key: value for key, value in entity.items() if key != "user_id"}
                named.append(rest | {"user": shapes.user(person)})
        return text, named

    def _reply(self, chat_id: int, reply: Json | None) -> int | None:
        if reply is None:
            return None
        there = self._there(chat_id, reply.get("message_id"))
        if there is None and not reply.get("allow_sending_without_reply"):
            raise Refused(refusals.REPLY_NOT_FOUND)
        return there.id if there else None

    def _there(self, chat_id: int, message_id: int | None) -> Message | None:
        message = self.world.messages.get(message_id) if message_id is not None else None
        return message if message and message.chat == chat_id and not message.deleted else None

    def edit_text(self, chat_id: int, message_id: int, draft: Draft) -> Json:
        """EditMessageText: without a markup the buttons go."""
        message = self._editable(chat_id, message_id)
        if message.media is not None:
            raise Refused(refusals.EDIT_NO_TEXT)
        return self._reworded(message, draft)

    def edit_caption(self, chat_id: int, message_id: int, draft: Draft) -> Json:
        """EditMessageCaption: the same, for the words below media."""
        message = self._editable(chat_id, message_id)
        if message.media is None:
            raise Refused(refusals.EDIT_NO_CAPTION)
        return self._reworded(message, replace(draft, media=message.media))

    def _reworded(self, message: Message, draft: Draft) -> Json:
        text, entities = self._read(draft)
        markup = refusals.check_markup(draft.markup, private=message.chat > 0)
        if (text, entities, markup) == (message.text, message.entities, message.markup):
            raise Refused(refusals.NOT_MODIFIED)
        message.rewritten = message.rewritten or (text, entities) != (message.text, message.entities)
        message.text, message.entities = text, entities
        return self._edited(message, markup)

    def edit_markup(self, chat_id: int, message_id: int, markup: Json | None) -> Json:
        """EditMessageReplyMarkup."""
        message = self._editable(chat_id, message_id)
        markup = refusals.check_markup(markup, private=chat_id > 0)
        if markup == message.markup:
            raise Refused(refusals.NOT_MODIFIED)
        return self._edited(message, markup)

    def _editable(self, chat_id: int, message_id: int) -> Message:
        self.where(chat_id)
        message = self._there(chat_id, message_id)
        if message is None:
            raise Refused(refusals.EDIT_NOT_FOUND)
        plain = message.markup is None or "inline_keyboard" in message.markup
        if message.sender != BOT.id or message.service is not None or not plain:
            raise Refused(refusals.EDIT_REFUSED)
        return message

    def _edited(self, message: Message, markup: Json | None) -> Json:
        message.markup = markup
        message.edit_date = self.today()
        self.world.keep(message)
        return shapes.message(self.world, message)

    def delete(self, chat_id: int, message_id: int) -> bool:
        """DeleteMessage: one's own for 48 hours; in private also the other's; as an admin everybody's."""
        group = self.where(chat_id)
        message = self._there(chat_id, message_id)
        if message is None:
            raise Refused(refusals.DELETE_NOT_FOUND)
        allowed = (group is None or message.sender == BOT.id) and self.today() - message.date < OWN_DELETE
        if not allowed and not (group and group.bot == "administrator"):
            raise Refused(refusals.DELETE_REFUSED)
        message.deleted = True
        self.world.keep(message)
        return True

    def pin(self, chat_id: int, message_id: int) -> bool:
        """PinChatMessage."""
        message = self._pinnable(chat_id, message_id, refusals.PIN_NOT_FOUND)
        if message.pinned:
            return True
        message.pinned = True
        self.world.keep(message)
        group = self.world.groups.get(chat_id)
        if group is not None:
            pinned = shapes.message(self.world, message, with_reply=False)
            self.announce(group, BOT.id, {"pinned_message": pinned})
        return True

    def unpin(self, chat_id: int, message_id: int | None) -> bool:
        """UnpinChatMessage: without a message, the one pinned last."""
        pinned = [message for message in self.world.talk(chat_id) if message.pinned]
        newest = pinned[-1].id if pinned else None
        message = self._pinnable(chat_id, message_id or newest, refusals.UNPIN_NOT_FOUND)
        message.pinned = False
        self.world.keep(message)
        return True

    def _pinnable(self, chat_id: int, message_id: int | None, not_found: str) -> Message:
        group = self.where(chat_id)
        if group is not None and group.bot != "administrator":
            raise Refused(refusals.PIN_REFUSED)
        message = self._there(chat_id, message_id)
        if message is None:
            raise Refused(not_found)
        return message

    def react(self, chat_id: int, message_id: int, reaction: list[Json]) -> bool:
        """SetMessageReaction: a bot has one reaction a message."""
        self.where(chat_id)
        message = self._there(chat_id, message_id)
        if message is None:
            raise Refused(refusals.REACT_NOT_FOUND)
        if len(reaction) > 1 or any(one.get("type") != "emoji" for one in reaction):
            raise Refused(refusals.REACTION_INVALID)
        message.reaction = reaction
        self.world.keep(message)
        return True

    def chat_action(self, chat_id: int, action: str) -> bool:
        """SendChatAction."""
        self.where(chat_id)
        if action not in refusals.ACTIONS:
            raise Refused("Bad Request: wrong parameter action in request")
        return True

    # -- Taps -----------------------------------------------------------------

    def answer_tap(self, tap_id: str, text: str | None, url: str | None) -> bool:
        """AnswerCallbackQuery: once, and within 150 seconds."""
        tap = self.world.taps.get(tap_id)
        if tap is None or tap.answered or self._now().timestamp() - tap.at > A_TAP:
            raise Refused(refusals.TAP_TOO_OLD)
        if len(text or "") > refusals.LONGEST_ANSWER:
            raise Refused(refusals.ANSWER_TOO_LONG)
        opens = tuple(f"{scheme}t.me/{BOT.username}?start=" for scheme in ("https://", "http://", ""))
        if url and not url.startswith((*opens, "tg://resolve?")):
            raise Refused(refusals.ANSWER_URL_INVALID)
        tap.answered, tap.text, tap.url = True, text or None, url or None
        self.world.keep(tap)
        return True
