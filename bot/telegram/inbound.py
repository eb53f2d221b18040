"""From a Telegram update to what arrived. Pure: it reads the update and our own name, and nothing else."""

import re
import unicodedata
from typing import Any

from telegram import (
    Chat,
    ChatMember,
    ChatMemberRestricted,
    ChatMemberUpdated,
    Message,
    MessageEntity,
    Update,
    User,
)

from bot.arrival import (
    Added,
    Arrival,
    Came,
    Command,
    Masked,
    Moved,
    NotForUs,
    Place,
    Promoted,
    Removed,
    Somebody,
    Tap,
    Text,
    Went,
)

OURS = re.compile(r"(\d{1,20}):([0-9a-f]{12})")
BLANK = set("\u2800\u3164\u115f\u1160\uffa0")  # letters and signs by their kind, and nothing on the screen
OF_OURS = "message", "reply_to_message"  # in a tap, and in a message
NAMES_IT = "message_id", "date", "chat", "from", "sender_chat"
HERE = {ChatMember.MEMBER, ChatMember.ADMINISTRATOR, ChatMember.OWNER}


def read(update: Update, me: User) -> Arrival:
    """Return what an update means for Tend; most of what a chat can hold means nothing."""
    if update.callback_query:
        return _tap(update)
    if update.my_chat_member:
        return _membership(update.my_chat_member)
    if message := update.message:
        return _moved(message) or _company(message) or _message(message, me, edited=False)
    if message := update.edited_message:
        return _message(message, me, edited=True)
    return NotForUs()


def without_ours(update: dict[str, Any]) -> dict[str, Any]:
    """Return a raw update without what the message said that was tapped or replied to.

    It is ours, has fifty buttons where it asks for a feeling, and is known by its number.
    """
    return {kind: _without(part) if isinstance(part, dict) else part for kind, part in update.items()}


def _without(part: dict[str, Any]) -> dict[str, Any]:
    return {name: _named(value) if name in OF_OURS else value for name, value in part.items()}


def _named(message: Any) -> Any:  # noqa: ANN401 - whatever Telegram may send one day is kept as it is
    is_message = isinstance(message, dict)
    return {name: message[name] for name in NAMES_IT if name in message} if is_message else message


def data_of(card_id: int, key: str) -> str:
    """Return what a button carries: our card and the button on it, far below Telegram's 64 bytes."""
    return f"{card_id}:{key}"


def _tap(update: Update) -> Arrival:
    query = update.callback_query
    if query is None:
        return NotForUs()
    ours = OURS.fullmatch(query.data or "")
    if ours is None or query.message is None or int(ours[1]) >= 2**63:
        return NotForUs(query.id)
    where = _place(query.message.chat, None)
    return Tap(_somebody(query.from_user), where, query.id, int(ours[1]), ours[2], query.message.message_id)


def _membership(change: ChatMemberUpdated) -> Arrival:
    where = _place(change.chat, None)
    who = _somebody(change.from_user)
    was, is_now = _is_here(change.old_chat_member), _is_here(change.new_chat_member)
    if was and not is_now:
        return Removed(who, where)
    if not is_now or where.private or change.chat.type not in {Chat.GROUP, Chat.SUPERGROUP}:
        return NotForUs()
    if not was:
        return Added(who, where, as_admin=_is_admin(change.new_chat_member))
    promoted = _is_admin(change.new_chat_member) and not _is_admin(change.old_chat_member)
    return Promoted(where) if promoted else NotForUs()


def _is_here(member: ChatMember) -> bool:
    """Whether somebody is in the chat; whoever is restricted may have left it."""
    if isinstance(member, ChatMemberRestricted):
        return member.is_member
    return member.status in HERE


def _is_admin(member: ChatMember) -> bool:
    return member.status == ChatMember.ADMINISTRATOR


def _moved(message: Message) -> Arrival | None:
    if message.migrate_to_chat_id:
        return Moved(message.chat.id, message.migrate_to_chat_id)
    if message.migrate_from_chat_id:
        return Moved(message.migrate_from_chat_id, message.chat.id)
    return None


def _company(message: Message) -> Arrival | None:
    """Who came and went, as the room's own notices say; bots read nothing of ours and are no company."""
    where = _place(message.chat, message)
    if people := [_somebody(user) for user in message.new_chat_members if not user.is_bot]:
        return Came(tuple(people), where)
    if message.left_chat_member and not message.left_chat_member.is_bot:
        return Went(_somebody(message.left_chat_member), where)
    return None


def _message(message: Message, me: User, *, edited: bool) -> Arrival:
    """A message of a person. Whoever forwards or speaks as a bot is nobody in particular."""
    who = message.from_user
    where = _place(message.chat, message)
    command = _command(message, me)
    answered = message.reply_to_message
    to_us = answered is not None and answered.from_user is not None and answered.from_user.id == me.id
    if message.forward_origin or message.via_bot or message.is_automatic_forward:
        return NotForUs()
    if message.sender_chat and not where.private:
        name, rest = command or ("", "")
        return Masked(where, name, worded=bool(rest)) if (name or to_us) and not edited else NotForUs()
    if who is None or who.is_bot:
        return NotForUs()
    somebody = _somebody(who)
    if command:
        name, rest = command
        return Command(somebody, where, name, rest, message.message_id, edited)
    if not (where.private or to_us or edited) or _is_service(message):
        return NotForUs()
    reply_to = answered.message_id if answered is not None and to_us else None
    return Text(somebody, where, clean(message.text or ""), message.message_id, reply_to, edited)


def _command(message: Message, me: User) -> tuple[str, str] | None:
    """Return a command to us and what stands behind it; `/cmd@another_bot` is not ours."""
    first = message.entities[0] if message.entities else None
    if message.text is None or first is None or first.type != MessageEntity.BOT_COMMAND or first.offset:
        return None
    sent = message.text[: first.length]  # a command is plain ASCII, so its units are characters
    name, _, whose = sent.removeprefix("/").partition("@")
    if whose and whose.casefold() != (me.username or "").casefold():
        return None
    return name.casefold(), clean(message.text[len(sent) :])


def clean(text: str) -> str:
    """Return the words as they were written, without what no database or message can hold.

    Words of nothing but blanks and signs that cannot be seen are no words.
    """
    storable = "".join(
        "\ufffd" if char == "\0" or "\ud800" <= char <= "\udfff" else char for char in text
    ).strip()
    return storable if any(_can_be_seen(char) for char in storable) else ""


def _can_be_seen(char: str) -> bool:
    return char not in BLANK and unicodedata.category(char) not in {"Cf", "Zs", "Zl", "Zp", "Cc", "Mn", "Me"}


def _is_service(message: Message) -> bool:
    """Whether nobody said anything: somebody joined, the picture changed, a message was pinned."""
    return not (message.text or message.effective_attachment)


def _place(chat: Chat, message: Message | None) -> Place:
    thread = message.message_thread_id if message is not None and message.is_topic_message else None
    return Place(chat.id, chat.type == Chat.PRIVATE, thread)


def _somebody(user: User) -> Somebody:
    return Somebody(user.id, clean(user.first_name)[:40] or "…", user.language_code or "")
