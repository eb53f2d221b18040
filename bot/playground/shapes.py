"""How people, chats and messages look in the JSON of the Bot API."""

from bot.playground.cast import BOT, BY_ID
from bot.playground.markup import Json
from bot.playground.world import Group, Message, World

NO_GIFTS = {
    "unlimited_gifts": False, "limited_gifts": False, "unique_gifts": False,
    "premium_subscription": False, "gifts_from_channels": False,
}  # fmt: skip
ADMIN_RIGHTS = {
    "can_be_edited": False, "is_anonymous": False, "can_manage_chat": True, "can_delete_messages": True,
    "can_manage_video_chats": True, "can_restrict_members": True, "can_promote_members": False,
    "can_change_info": True, "can_invite_users": True, "can_post_stories": False,
    "can_edit_stories": False, "can_delete_stories": False, "can_pin_messages": True,
}  # fmt: skip


def user(user_id: int) -> Json:
    """Return a User: one of the cast, or the bot itself."""
    if user_id == BOT.id:
        return {"id": BOT.id, "is_bot": True, "first_name": BOT.first_name, "username": BOT.username}
    person = BY_ID[user_id]
    return {
        "id": person.id,
        "is_bot": False,
        "first_name": person.first_name,
        "language_code": person.language_code,
    }


def me() -> Json:
    """Return the User that getMe answers; privacy mode is on."""
    return user(BOT.id) | {
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def chat(world: World, chat_id: int) -> Json:
    """Return a Chat."""
    if group := world.groups.get(chat_id):
        return {"id": group.id, "type": "group", "title": group.title}
    return {"id": chat_id, "type": "private", "first_name": BY_ID[chat_id].first_name}


def full_chat(world: World, chat_id: int) -> Json:
    """Return a ChatFullInfo, with the newest pinned message."""
    pinned = [message for message in world.talk(chat_id) if message.pinned]
    return (
        chat(world, chat_id)
        | {"accent_color_id": abs(chat_id) % 7, "max_reaction_count": 11, "accepted_gift_types": NO_GIFTS}
        | ({"pinned_message": message(world, pinned[-1])} if pinned else {})
    )


def member(group: Group, user_id: int) -> Json:
    """Return a ChatMember of a group."""
    if user_id == BOT.id:
        return bot_member(group.bot)
    if user_id not in group.members:
        return {"status": "left", "user": user(user_id)}
    if user_id == group.maker:
        return {"status": "creator", "user": user(user_id), "is_anonymous": False}
    return {"status": "member", "user": user(user_id)}


def bot_member(status: str) -> Json:
    """Return the ChatMember that is the bot itself."""
    return (
        {"status": status, "user": user(BOT.id)}
        | (ADMIN_RIGHTS if status == "administrator" else {})
        | ({"until_date": 0} if status == "kicked" else {})
    )


def message(world: World, one: Message, *, with_reply: bool = True) -> Json:
    """Return a Message; the message that it replies to is there once, without its own."""
    body: Json = {
        "message_id": one.id,
        "from": user(one.sender),
        "chat": chat(world, one.chat),
        "date": one.date,
    }
    answered = world.messages.get(one.reply_to) if one.reply_to is not None and with_reply else None
    if answered is not None and not answered.deleted:
        body["reply_to_message"] = message(world, answered, with_reply=False)
    if one.edit_date is not None:
        body["edit_date"] = one.edit_date
    if one.service is not None:
        return body | one.service
    return body | _content(one) | ({"reply_markup": one.markup} if one.rows else {}) | one.extra


def _content(one: Message) -> Json:
    text, entities = ("caption", "caption_entities") if one.media is not None else ("text", "entities")
    return (
        (one.media or {})
        | ({text: one.text} if one.text or one.media is None else {})
        | ({entities: one.entities} if one.entities else {})
    )
