"""Who there is: the people, their rooms and the bot, as plain data.

Ann and Ben are the couple of the room "Home", Cleo is a stranger who may come in, Dora and Eli are
another couple with a room of their own, "Nest", which the bot enters only when somebody brings it in.
Rosie is another bot. This is the first day: what has changed since is in `world`.
"""

from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class Person:
    """Somebody with a phone, or another bot; `name` is how scripts call them."""

    kind: ClassVar[str] = "person"
    name: str
    id: int
    first_name: str
    zone: str
    room: str  # the room they live in, or may come into
    language_code: str | None = "en"
    is_bot: bool = False
    username: str | None = None


@dataclass(frozen=True)
class Room:
    """A group chat; `members` are those who are in it from the first day, its maker first."""

    name: str
    id: int
    members: tuple[str, ...]
    has_bot: bool


@dataclass(frozen=True)
class Bot:
    """The bot as Telegram knows it. The token opens nothing but this stand-in."""

    id: int
    first_name: str
    username: str
    token: str


PEOPLE = (
    Person("ann", 710000001, "Ann", "Europe/Berlin", "Home"),
    Person("ben", 710000002, "Ben", "America/Lima", "Home"),
    Person("cleo", 710000003, "Cleo", "Europe/Berlin", "Home"),
    Person("dora", 710000004, "Dora", "Europe/London", "Nest"),
    Person("eli", 710000005, "Eli", "Europe/London", "Nest"),
)
ROSIE = Person("rosie", 5200000001, "Rosie", "UTC", "Home", None, is_bot=True, username="rosie_stand_in_bot")
ROOMS = (
    Room("Home", -4100000001, ("ann", "ben"), has_bot=True),
    Room("Nest", -4100000002, ("dora", "eli"), has_bot=False),
)
BOT = Bot(5100000001, "Tend", "tend_stand_in_bot", "5100000001:AAstand-in_for_Telegram_on_loopback")

BY_NAME = {person.name: person for person in PEOPLE}
BY_ID = {person.id: person for person in PEOPLE}
ROOM_BY_NAME = {room.name: room for room in ROOMS}
ROOM_BY_ID = {room.id: room for room in ROOMS}
COUPLES_ZONE = BY_NAME["ann"].zone

# Whom Telegram names as the sender when a message is not sent as a person; the ids are Telegram's own.
AS_GROUP, AS_CHANNEL, AS_TELEGRAM = 1087968824, 136817688, 777000
MASKS: dict[int, dict[str, Any]] = {
    AS_GROUP: {"is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"},
    AS_CHANNEL: {"is_bot": True, "first_name": "Channel", "username": "Channel_Bot"},
    AS_TELEGRAM: {"is_bot": False, "first_name": "Telegram"},
}
CHANNEL = {
    "id": -1007300000001,
    "type": "channel",
    "title": "Our channel",
    "username": "our_stand_in_channel",
}
