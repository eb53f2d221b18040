"""Who speaks, where it is not simply a person: an anonymous admin, a channel, somebody else's words.

Telegram names a stand-in of its own as the sender of what is sent as a group or a channel, and puts the
chat beside it. Only taps carry the person.
"""

from bot.playground import shapes
from bot.playground.cast import AS_CHANNEL, AS_GROUP, AS_TELEGRAM, CHANNEL, Person
from bot.playground.markup import Json
from bot.playground.people import Impossible
from bot.playground.records import Group
from bot.playground.world import World

ORIGINS = ("user", "hidden_user", "chat", "channel")


def mask(
    world: World, person: Person, group: Group | None, speaks_as: str | None, date: int
) -> tuple[int, Json]:
    """Return whom Telegram names as the sender, and what it adds."""
    if speaks_as is None:
        return person.id, {}
    if group is None or not group.is_super:
        raise Impossible("Only in a supergroup can a message be sent as a group or a channel.")
    if speaks_as == "group":
        if not group.leads(person.id):
            raise Impossible(f"Only an admin of {group.title} can stay anonymous there.")
        if person.id not in group.masked:
            group.masked.append(person.id)
            world.keep(group)
        return AS_GROUP, {"sender_chat": shapes.chat(world, group.id)}
    if speaks_as == "channel":
        return AS_CHANNEL, {"sender_chat": CHANNEL}
    if speaks_as == "linked_channel":
        posted = forwarded_from("channel", who={}, room={}, date=date)
        return AS_TELEGRAM, {"sender_chat": CHANNEL, "forward_origin": posted, "is_automatic_forward": True}
    raise Impossible("One can speak as the group, as a channel or as the linked_channel.")


def forwarded(world: World, person: Person, room: Group, kind: str, date: int) -> Json:
    """Return what a message carries that somebody forwards from another person, a chat or a channel."""
    if kind not in ORIGINS:
        raise Impossible(f"What is forwarded comes from one of {', '.join(ORIGINS)}.")
    other = next(one for one in world.people.values() if one.id != person.id and not one.is_bot)
    who, of = shapes.user(world, other.id), shapes.chat(world, room.id)
    return {"forward_origin": forwarded_from(kind, who=who, room=of, date=date)}


def forwarded_from(kind: str, *, who: Json, room: Json, date: int) -> Json:
    """Return a MessageOrigin."""
    body: Json = {"type": kind, "date": date}
    if kind == "user":
        return body | {"sender_user": who}
    if kind == "hidden_user":
        return body | {"sender_user_name": who["first_name"]}
    if kind == "chat":
        return body | {"sender_chat": room}
    return body | {"chat": CHANNEL, "message_id": 1}
