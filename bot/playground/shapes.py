"""How people, chats and messages look in the JSON of the Bot API."""

from bot.playground.cast import BOT, MASKS
from bot.playground.markup import Json
from bot.playground.records import Group, Message
from bot.playground.world import World

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
SENDING = (
    "can_send_messages", "can_send_audios", "can_send_documents", "can_send_photos", "can_send_videos",
    "can_send_video_notes", "can_send_voice_notes", "can_send_polls", "can_send_other_messages",
    "can_add_web_page_previews", "can_react_to_messages",
)  # fmt: skip
MANAGING = ("can_edit_tag", "can_change_info", "can_invite_users", "can_pin_messages", "can_manage_topics")


def user(world: World, user_id: int) -> Json:
    """Return a User: somebody, a mask, or the bot itself."""
    if user_id == BOT.id:
        return {"id": BOT.id, "is_bot": True, "first_name": BOT.first_name, "username": BOT.username}
    if user_id in MASKS:
        return {"id": user_id, **MASKS[user_id]}
    person = world.people[user_id]
    body: Json = {"id": person.id, "is_bot": person.is_bot, "first_name": person.first_name}
    named = {"username": person.username, "language_code": person.language_code}
    return body | {name: value for name, value in named.items() if value is not None}


def me() -> Json:
    """Return the User that getMe answers; privacy mode is on."""
    return {
        "id": BOT.id,
        "is_bot": True,
        "first_name": BOT.first_name,
        "username": BOT.username,
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def chat(world: World, chat_id: int) -> Json:
    """Return a Chat."""
    if group := world.groups.get(chat_id):
        kind = "supergroup" if group.is_super else "group"
        forum = {"is_forum": True} if group.topics is not None else {}
        return {"id": group.id, "type": kind, "title": group.title} | forum
    return {"id": chat_id, "type": "private", "first_name": world.people[chat_id].first_name}


def full_chat(world: World, chat_id: int) -> Json:
    """Return a ChatFullInfo, with the newest pinned message."""
    pinned = [message for message in world.talk(chat_id) if message.pinned]
    after = (world.groups.get(chat_id) or world.lanes[chat_id]).vanish_after
    return (
        chat(world, chat_id)
        | {"accent_color_id": abs(chat_id) % 7, "max_reaction_count": 11, "accepted_gift_types": NO_GIFTS}
        | ({"pinned_message": message(world, pinned[-1])} if pinned else {})
        | ({"message_auto_delete_time": after} if after else {})
    )


def member(world: World, group: Group, user_id: int) -> Json:
    """Return a ChatMember of a group."""
    if user_id == BOT.id:
        return bot_member(world, group)
    who = {"user": user(world, user_id)}
    if user_id in group.banned:
        return {"status": "kicked", "until_date": 0} | who
    if user_id not in group.members:
        return {"status": "left"} | who
    masked = {"is_anonymous": user_id in group.masked}
    if user_id == group.maker:
        return {"status": "creator"} | who | masked
    if user_id in group.admins:
        return {"status": "administrator"} | who | ADMIN_RIGHTS | masked
    return {"status": "member"} | who


def bot_member(world: World, group: Group) -> Json:
    """Return the ChatMember that is the bot itself in a group."""
    body: Json = {"status": group.bot, "user": user(world, BOT.id)}
    if group.bot == "administrator":
        return body | ADMIN_RIGHTS | ({"can_manage_topics": False} if group.is_super else {})
    if group.bot == "restricted":
        rights = dict.fromkeys(SENDING, group.bot_may["can_send_messages"]) | dict.fromkeys(MANAGING, False)
        return body | {"is_member": group.bot_may["is_member"], "until_date": 0} | rights
    return body | ({"until_date": 0} if group.bot == "kicked" else {})


def bot_in_lane(world: World, *, blocked: bool) -> Json:
    """Return the ChatMember that is the bot in a private chat."""
    body: Json = {"status": "kicked" if blocked else "member", "user": user(world, BOT.id)}
    return body | ({"until_date": 0} if blocked else {})


def message(world: World, one: Message, *, with_reply: bool = True) -> Json:
    """Return a Message; the message that it replies to is there once, without its own."""
    body: Json = {
        "message_id": one.id,
        "from": user(world, one.sender),
        "chat": chat(world, one.chat),
        "date": one.date,
    } | one.extra
    group = world.groups.get(one.chat)
    in_topic = group is not None and group.topics is not None and one.topic is not None
    if in_topic:
        body |= {"message_thread_id": one.topic, "is_topic_message": True}
    # in a topic, what answers nothing answers the service message that began it
    reply_to = one.topic if one.reply_to is None and in_topic and one.topic != one.id else one.reply_to
    answered = world.message(one.chat, reply_to) if with_reply else None
    if answered is not None:
        body["reply_to_message"] = message(world, answered, with_reply=False)
    if one.edit_date is not None:
        body["edit_date"] = one.edit_date
    if one.service is not None:
        return body | one.service
    return body | _content(one) | ({"reply_markup": one.markup} if one.rows else {})


def _content(one: Message) -> Json:
    text, entities = ("caption", "caption_entities") if one.media is not None else ("text", "entities")
    return (
        (one.media or {})
        | ({text: one.text} if one.text or one.media is None else {})
        | ({entities: one.entities} if one.entities else {})
    )


def lost_message(world: World, one: Message) -> Json:
    """Return an InaccessibleMessage: what a tap carries when its message is no longer there."""
    return {"chat": chat(world, one.chat), "message_id": one.id, "date": 0}
