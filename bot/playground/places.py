"""Who and where a call of the control API means."""

from zoneinfo import ZoneInfo

from bot.playground.asked import Asked
from bot.playground.cast import COUPLES_ZONE, Person
from bot.playground.exchange import Exchange
from bot.playground.people import Impossible
from bot.playground.records import Group


class Places:
    """The people and chats of one exchange, by the words of scripts."""

    def __init__(self, exchange: Exchange) -> None:
        """Look them up here."""
        self._exchange = exchange
        self._people = exchange.people

    def person(self, asked: Asked, name: str = "who") -> Person:
        """Return the person that a field names."""
        return self._people.person(asked.words(name))

    def person_or_none(self, asked: Asked, name: str) -> Person | None:
        """Return the person that a field names, if it is there."""
        named = asked.words_or_none(name)
        return self._people.person(named) if named is not None else None

    def group(self, asked: Asked, person: Person) -> Group:
        """Return the room that `room` names, or the person's own."""
        title = asked.words_or_none("room")
        return self._people.group(person) if title is None else self._people.group_called(title)

    def of(self, asked: Asked) -> tuple[Person, int]:
        """Return who acts and in which chat: their room, their private chat, or a room by its name."""
        return self.whose(asked.words("who"), asked.given.get("where", "room"))

    def whose(self, who: str, where: object) -> tuple[Person, int]:
        """Return the same for names that were read already."""
        person = self._people.person(who)
        if where == "private":
            return person, person.id
        if where == "room":
            return person, self._people.group(person).id
        if not isinstance(where, str) or self._exchange.world.room(where) is None:
            raise Impossible("Where is room, private or the name of a room.")
        return person, self._people.group_called(where).id

    def time(self) -> str:
        """Return the time in the couple's zone."""
        return self._exchange.clock.now().astimezone(ZoneInfo(COUPLES_ZONE)).isoformat(timespec="seconds")
