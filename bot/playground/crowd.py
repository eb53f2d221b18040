"""Many people at once, for floods: strangers who all press Start, and couples who all bring the bot home."""

from bot.playground.cast import COUPLES_ZONE, Person
from bot.playground.hands import Hands
from bot.playground.markup import Json
from bot.playground.notes import Note
from bot.playground.people import Impossible
from bot.playground.records import Group, Lane
from bot.playground.rooms import Rooms
from bot.playground.world import World

STRANGERS, COUPLES, ROOMS = 720_000_000, 730_000_000, -4_200_000_000
MOST = 10_000


class Crowd:
    """Whoever comes in numbers."""

    def __init__(self, world: World, hands: Hands, rooms: Rooms) -> None:
        """Let them come into this world."""
        self._world = world
        self._hands = hands
        self._rooms = rooms

    def strangers(self, count: int) -> list[str]:
        """Let so many people press Start, one right after the other, and return their names."""
        _check(count)
        people = [self._stranger(self._world.number("stranger")) for _ in range(count)]
        for person in people:
            self._hands.say(person, person.id, Note("/start"))
        return [person.name for person in people]

    def couples(self, count: int) -> list[Json]:
        """Let so many couples make a room with the bot in it, and return who they are and where."""
        _check(count)
        return [self._couple(self._world.number("couple")) for _ in range(count)]

    def settlers(self, count: int) -> list[Json]:
        """Let so many couples live here whom the bot knows already; it is told nothing of them."""
        return [self._settled(self._world.number("couple")) for _ in range(count)]

    def _stranger(self, number: int) -> Person:
        return self._arrived(Person(f"s{number}", STRANGERS + number, f"Stranger {number}", "UTC", "Home"))

    def _couple(self, number: int) -> Json:
        one, other, group = self._housed(number)
        self._rooms.bring_bot(one, group, "member")
        return {"who": [one.name, other.name], "chat": group.id}

    def _settled(self, number: int) -> Json:
        one, other, group = self._housed(number)
        group.bot = "member"
        for person in (one, other):
            self._world.lanes[person.id].started = True
        return {"who": [one.name, other.name], "chat": group.id}

    def _housed(self, number: int) -> tuple[Person, Person, Group]:
        title = f"Room {number}"
        one, other = (
            self._arrived(
                Person(
                    f"{who}{number}",
                    COUPLES + 2 * number + place,
                    f"{who.title()} {number}",
                    COUPLES_ZONE,
                    title,
                )
            )
            for place, who in enumerate(("ada", "bo"))
        )
        group = Group(ROOMS - number, title, [one.id, other.id], maker=one.id)
        self._world.add(self._world.groups, group)
        return one, other, group

    def _arrived(self, person: Person) -> Person:
        self._world.welcome(person)
        self._world.add(self._world.lanes, Lane(person.id))
        return person


def _check(count: int) -> None:
    if not 1 <= count <= MOST:
        raise Impossible(f"That many can come at once: 1 to {MOST}.")
