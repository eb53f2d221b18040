"""Messages as the page draws them: plain text with its entities, never markup."""

from bot.playground import shapes
from bot.playground.cast import BOT
from bot.playground.markup import Json
from bot.playground.records import Message
from bot.playground.world import World

PICTURES = "/page/pictures/"  # where the page finds a picture, by its file
SEEN = {
    "animation": "Animation", "photo": "Photo", "video": "Video", "document": "File", "audio": "Music",
    "voice": "Voice message", "video_note": "Video message", "sticker": "Sticker", "poll": "Poll",
    "location": "Place", "contact": "Contact", "dice": "Dice",
}  # fmt: skip


def bubble(world: World, one: Message) -> Json:
    """Return a message, or what is left of one that is gone."""
    body: Json = {"chat": one.chat, "id": one.id}
    if one.deleted:
        return body | {"gone": True}
    sender = one.extra.get("sender_chat")
    who = shapes.user(world, one.sender)
    body |= {
        "from": one.writer or one.sender,
        "name": sender["title"] if sender else who["first_name"],
        "bot": one.sender == BOT.id,
        "date": one.date,
    }
    if one.service is not None:
        return body | {"service": announcement(world, one)}
    group = world.groups.get(one.chat)
    topic = group.topic(one.topic) if group is not None and one.topic is not None else None
    more = {
        "entities": one.entities,
        "rows": one.rows,
        "asks": _asks(one),
        "media": _media(world, one),
        "reply_to": one.reply_to,
        "edited": one.rewritten,
        "pinned": one.pinned,
        "reaction": "".join(each.get("emoji", "") for each in one.reaction),
        "topic": topic.name if topic else None,
        "forwarded": "forward_origin" in one.extra,
        "via": one.extra.get("via_bot", {}).get("first_name"),
    }
    return body | {"text": one.text} | {name: value for name, value in more.items() if value}


def _asks(one: Message) -> Json | None:
    """Return the reply that a message forces phones to begin."""
    if not (one.markup or {}).get("force_reply"):
        return None
    markup = one.markup or {}
    hint = markup.get("input_field_placeholder", "")
    if not markup.get("selective"):
        return {"hint": hint}
    named = [each["user"]["id"] for each in one.entities if "user" in each]
    return {"hint": hint, "only": named, "or_whom_it_answers": True}


def _media(world: World, one: Message) -> Json | None:
    if not one.media:
        return None
    kind = next(iter(one.media))
    shown = {"kind": SEEN.get(kind, "Something")}
    picture = one.media[kind][-1] if kind == "photo" else one.media[kind]  # the largest of its copies
    if "file_id" not in picture or picture["file_id"] not in world.files:  # people's are known by name alone
        return shown
    return shown | {
        "source": f"{PICTURES}{picture['file_id']}",
        "width": picture["width"],
        "height": picture["height"],
    }


def announcement(world: World, one: Message) -> str:
    """Return what a service message says."""
    service = one.service or {}
    by = shapes.user(world, one.sender)["first_name"]
    match service:
        case {"new_chat_members": [{"id": member, "first_name": name}, *_]}:
            return f"{name} came in" if member == one.sender else f"{by} added {name}"
        case {"left_chat_member": {"id": member, "first_name": name}}:
            return f"{name} left" if member == one.sender else f"{by} removed {name}"
        case {"migrate_to_chat_id": _} | {"migrate_from_chat_id": _}:
            return "The group became a supergroup"
        case {"pinned_message": _}:
            return f"{by} pinned a message"
        case {"forum_topic_created": {"name": name}}:
            return f"{by} began the topic {name}"
        case {"forum_topic_closed": _}:
            return f"{by} closed a topic"
        case {"forum_topic_reopened": _}:
            return f"{by} opened a topic again"
        case {"message_auto_delete_timer_changed": {"message_auto_delete_time": 0}}:
            return "Messages stay from now on"
        case {"message_auto_delete_timer_changed": _}:
            return "New messages vanish after a while"
    return "Something changed here"
