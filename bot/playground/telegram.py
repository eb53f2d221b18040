"""What the bot may say and do in Telegram, and what it may not.

No HTTP and no files here: a method of `Telegram` is a method of the Bot API with its parameters read, and
it changes the world or raises `Refused` with Telegram's description.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.playground import refusals, shapes
from bot.playground.cast import BOT
from bot.playground.chats import Chats
from bot.playground.markup import Json
from bot.playground.pace import Pace
from bot.playground.records import Group, Message
from bot.playground.refusals import Refused
from bot.playground.updates import A_TAP, Updates
from bot.playground.world import World

OWN_DELETE = 48 * 60 * 60


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
        self.chats = Chats(world, updates, now)
        self.pace = Pace()
        self._now = now

    # -- Messages -------------------------------------------------------------

    def send(
        self,
        chat_id: int,
        draft: Draft,
        reply: Json | None = None,
        extra: Json | None = None,
        topic: int | None = None,
    ) -> Json:
        """SendMessage."""
        group = self.chats.where_to_write(chat_id)
        text, entities = self._read(draft)
        markup = refusals.check_markup(draft.markup, private=group is None)
        answered = self._answered(chat_id, reply)
        if topic is None and answered is not None and group is not None and group.topics is not None:
            topic = answered.topic
        place = self._topic(group, topic)
        self.pace.check(chat_id, self._now().timestamp())
        message = self.chats.write(
            chat_id,
            BOT.id,
            text,
            entities=entities,
            markup=markup,
            reply_to=answered.id if answered else None,
            media=draft.media,
            extra=extra or {},
            topic=place,
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
            elif person in self.world.lanes and (
                self.world.lanes[person].started or self.chats.has_met(person)
            ):
                rest = {key: value for key, value in entity.items() if key != "user_id"}
                named.append(rest | {"user": shapes.user(self.world, person)})
        return text, named

    def _answered(self, chat_id: int, reply: Json | None) -> Message | None:
        if reply is None:
            return None
        there = self.world.message(chat_id, reply.get("message_id"))
        if there is None and not reply.get("allow_sending_without_reply"):
            raise Refused(refusals.REPLY_NOT_FOUND)
        return there

    def _topic(self, group: Group | None, number: int | None) -> int | None:
        if number is None:
            return None
        topic = group.topic(number) if group is not None else None
        if topic is None or group is None:
            raise Refused(refusals.THREAD_NOT_FOUND)
        if topic.closed and group.bot != "administrator":
            raise Refused(refusals.TOPIC_CLOSED)
        return number

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
        self.chats.where(chat_id)
        message = self.world.message(chat_id, message_id)
        if message is None:
            raise Refused(refusals.EDIT_NOT_FOUND)
        plain = message.markup is None or "inline_keyboard" in message.markup
        if message.sender != BOT.id or message.service is not None or not plain:
            raise Refused(refusals.EDIT_REFUSED)
        return message

    def _edited(self, message: Message, markup: Json | None) -> Json:
        message.markup = markup
        message.edit_date = self.chats.today()
        self.world.keep(message)
        return shapes.message(self.world, message)

    def delete(self, chat_id: int, message_id: int) -> bool:
        """DeleteMessage: one's own for 48 hours; in private also the other's; as an admin everybody's."""
        group = self.chats.where(chat_id)
        message = self.world.message(chat_id, message_id)
        if message is None:
            raise Refused(refusals.DELETE_NOT_FOUND)
        recent = self.chats.today() - message.date < OWN_DELETE
        allowed = (group is None or message.sender == BOT.id) and recent
        if not allowed and not (group and group.bot == "administrator"):
            raise Refused(refusals.DELETE_REFUSED)
        self.chats.erase(message)
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
            self.chats.announce(group, BOT.id, {"pinned_message": pinned})
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
        group = self.chats.where(chat_id)
        if group is not None and group.bot != "administrator":
            raise Refused(refusals.PIN_REFUSED)
        message = self.world.message(chat_id, message_id)
        if message is None:
            raise Refused(not_found)
        return message

    def react(self, chat_id: int, message_id: int, reaction: list[Json]) -> bool:
        """SetMessageReaction: a bot has one reaction a message."""
        self.chats.where(chat_id)
        message = self.world.message(chat_id, message_id)
        if message is None:
            raise Refused(refusals.REACT_NOT_FOUND)
        if len(reaction) > 1 or any(one.get("type") != "emoji" for one in reaction):
            raise Refused(refusals.REACTION_INVALID)
        message.reaction = reaction
        self.world.keep(message)
        return True

    def chat_action(self, chat_id: int, action: str) -> bool:
        """SendChatAction."""
        self.chats.where(chat_id)
        if action not in refusals.ACTIONS:
            raise Refused("Bad Request: wrong parameter action in request")
        return True

    # -- Taps -----------------------------------------------------------------

    def answer_tap(self, tap_id: str, text: str | None, url: str | None, *, dialog: bool = False) -> bool:
        """AnswerCallbackQuery: once, and within 150 seconds."""
        tap = self.world.taps.get(tap_id)
        if tap is None or tap.answered or self._now().timestamp() - tap.at > A_TAP:
            raise Refused(refusals.TAP_TOO_OLD)
        if len(text or "") > refusals.LONGEST_ANSWER:
            raise Refused(refusals.ANSWER_TOO_LONG)
        opens = tuple(f"{scheme}t.me/{BOT.username}?start=" for scheme in ("https://", "http://", ""))
        if url and not url.startswith((*opens, "tg://resolve?")):
            raise Refused(refusals.ANSWER_URL_INVALID)
        tap.answered, tap.text, tap.url, tap.dialog = True, text or None, url or None, dialog
        self.world.keep(tap)
        return True
