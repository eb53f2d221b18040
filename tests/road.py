"""The road without Telegram: a real store, the real engine and outbox, and phones that are lists.

What a person does becomes an update that is stored, heard and answered; what is said appears on the phones.
Every transaction and every send is counted, and a test may let the process end before or after any of them.
Telegram repeats what was never confirmed, and what was in flight lands as its line says.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Concatenate, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from telegram import User

from bot.arrival import Added, Arrival, Command, Place, Somebody, Tap, Text
from bot.couple.house import ALL_PREFERENCES, HOUSE
from bot.engine import Engine, Reply, key_of
from bot.playground.cast import BOT, BY_NAME, ROOM_BY_NAME
from bot.ritual import Button, Kept, Preference, Ritual
from bot.storage import couples, inbox, keepsakes, outbox, timetable
from bot.storage.outbox import Ready
from bot.storage.pace import Limits
from bot.storage.store import Store, Tx
from bot.storage.tables import CoupleRow, KeptRow
from bot.telegram.outbound import reader_of
from bot.telegram.render import LONGEST_WHISPER, label, plain
from tests.databases import Time

P = ParamSpec("P")
R = TypeVar("R")

ME = User(BOT.id, BOT.first_name, is_bot=True, username=BOT.username)
HOME, NEST = ROOM_BY_NAME["Home"].id, ROOM_BY_NAME["Nest"].id
BERLIN = ZoneInfo(BY_NAME["ann"].zone)
FIRST_UPDATE = 480_000_001
PATIENCE = timedelta(minutes=2)  # how far the clock is moved for the sake of the pace alone
ENDLESS = 500


class EndError(Exception):
    """The process ends here, as by kill -9."""


def never(_done: int, _after: bool) -> bool:  # noqa: FBT001 - the shape of `ends`
    """Let no process end."""
    return False


@dataclass
class Message:
    """What stands on the phones."""

    number: int
    chat: int
    text: str
    buttons: tuple[Button, ...] = ()
    labels: tuple[str, ...] = ()
    card: int = 0  # ours; 0: one that a person wrote
    edited: bool = False


@dataclass
class Phone:
    """The hands of one of the cast."""

    road: "Road"
    name: str
    language: str = "en"  # of their app

    @property
    def who(self) -> Somebody:
        """How the messenger names them."""
        person = BY_NAME[self.name]
        return Somebody(person.id, person.first_name, self.language)

    @property
    def lane(self) -> Place:
        """Their private chat."""
        return Place(self.who.number, private=True)

    @property
    def room(self) -> Place:
        """Where they live."""
        return Place(ROOM_BY_NAME[BY_NAME[self.name].room].id, private=False)

    @property
    def private(self) -> list[str]:
        """What they were told alone."""
        return [message.text for message in self.road.chat(self.who.number)]

    def sends(self, command: str, *, private: bool = False, room: Place | None = None) -> Reply:
        """Send a command."""
        name, _, words = command.removeprefix("/").partition(" ")
        where = self.lane if private else room or self.room
        return self.road.hears(Command(self.who, where, name, words, next(self.road.messages)))

    def writes(self, words: str, *, reply_to: int | None = None, private: bool = True) -> int:
        """Write words, and return the number of the message."""
        number = next(self.road.messages)
        self.road.hears(Text(self.who, self.lane if private else self.room, words, number, reply_to))
        return number

    def replies(self, words: str) -> int:
        """Reply to the newest message of Tend in the room."""
        newest = self.road.chat(self.room.chat_id)[-1]
        return self.writes(words, reply_to=newest.number, private=False)

    def edits(self, number: int, words: str, *, private: bool = True) -> None:
        """Change a message of their own."""
        where = self.lane if private else self.room
        self.road.hears(Text(self.who, where, words, number, edited=True))

    def taps(self, wanted: str, *, private: bool = False) -> str:
        """Tap the newest button with this label, and return what the phone shows for it."""
        where = self.lane if private else self.room
        found = self.road.button(where.chat_id, wanted)
        assert found, f"nobody sees {wanted!r}"
        return self.taps_on(*found, private=private)

    def taps_on(self, message: Message, button: Button, *, private: bool = False) -> str:
        """Tap this very button, whatever has become of it."""
        where = self.lane if private else self.room
        tap = Tap(self.who, where, "query", message.card, key_of(button), message.number)
        return self.road.shows(self.road.hears(tap))


@dataclass
class Road:
    """One bot on one store, and the phones of the cast."""

    store: Store
    clock: Time
    rituals: tuple[Ritual, ...] = HOUSE
    preferences: tuple[Preference[Any], ...] = ALL_PREFERENCES
    limits: Limits = field(default_factory=Limits)
    phones: list[Message] = field(default_factory=list)
    arrivals: dict[int, Arrival] = field(default_factory=dict)
    unconfirmed: list[int] = field(default_factory=list)
    replies: dict[int, Reply] = field(default_factory=dict)
    sent: list[tuple[datetime, Ready]] = field(default_factory=list)
    done: int = 0  # transactions and sends
    ends: Callable[[int, bool], bool] = never  # before, or after, which the process ends
    again: int = 0  # what landed after an end
    missing: int = 0
    connected: bool = True  # else nothing is sent

    def __post_init__(self) -> None:
        """Bring the cast in."""
        self.members = 3  # in every room
        self.messages, self.updates = count(1), count(FIRST_UPDATE)
        self.ann, self.ben, self.cleo, self.dora, self.eli = (
            Phone(self, name) for name in ("ann", "ben", "cleo", "dora", "eli")
        )
        self.engine = Engine(self.rituals, self.preferences, BERLIN)

    # -- Going it ----------------------------------------------------------------

    def hears(self, arrival: Arrival) -> Reply:
        """Let something arrive, and go on until nothing is left to do at this moment."""
        number = next(self.updates)
        self.arrivals[number] = arrival
        self.unconfirmed.append(number)
        self.settles()
        return self.replies.get(number, Reply())

    def settles(self) -> None:
        """Go on until nothing is left to do; a process that ends underway begins again and gets there."""
        try:
            self._settle()
        except EndError:
            self.begins_again()
            ends, self.ends = self.ends, never
            self._settle()
            self.ends = ends

    def begins_again(self) -> None:
        """Begin anew, as after a kill: nothing but the store is left."""
        self.engine = Engine(self.rituals, self.preferences, BERLIN)
        with self.store.begin() as tx:
            again, missing = outbox.land(tx)
        self.again, self.missing = self.again + again, self.missing + missing

    def _settle(self) -> None:
        for _ in range(ENDLESS):
            self._take_in()
            self._hear()
            while self.does(self.engine.ringing.ring).many:
                pass
            if not self.connected:
                return
            ready, look_again = self.does(
                outbox.claim, self.engine.book, self.limits, ring=self.engine.ringing.ring_called
            )
            for line in ready:
                self._send(line)
            if not ready and (look_again is None or look_again - self.clock.now > PATIENCE):
                return
            if not ready and look_again is not None:
                self.clock.now = max(self.clock.now, look_again)
        raise AssertionError("the road never came to rest")

    def _take_in(self) -> None:
        if self.unconfirmed:
            self.does(inbox.keep, [self.raw(number) for number in self.unconfirmed])
            self.unconfirmed.clear()

    def _hear(self) -> None:
        self.replies |= self.does(self.hear_all)

    def raw(self, number: int) -> dict[str, Any]:
        """Return what the inbox reads of an update: in which chat it was."""
        where = getattr(self.arrivals[number], "where", None)
        if where is None:
            return {"update_id": number}
        chat = {"id": where.chat_id, "type": "private" if where.private else "group"}
        return {"update_id": number, "message": {"chat": chat}}

    def hear_all(self, tx: Tx) -> dict[int, Reply]:
        """Hear all that wait."""
        return self.engine.hearing.hear_all(
            tx, {number: self.arrivals[number] for number, _ in inbox.waiting(tx, 50)}
        )

    def _send(self, line: Ready) -> None:
        self._counts(after=False)
        number = self.appears(line)
        self._counts(after=True)
        self.does(outbox.sent, line, number)

    def does(self, work: Callable[Concatenate[Tx, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run one transaction, unless the process ends before its commit or right after it."""
        with self.store.begin() as tx:
            result = work(tx, *args, **kwargs)
            tx.session.flush()
            self._counts(after=False)
        self._counts(after=True)
        return result

    def _counts(self, *, after: bool) -> None:
        self.done += not after
        if self.ends(self.done, after):
            raise EndError

    # -- The phones --------------------------------------------------------------

    def appears(self, line: Ready) -> int | None:
        """Show a line on the phones, as the messenger would."""
        if line.kind == "count":
            self.does(self.engine.rooms.counted, line.chat_id, self.members)
            return None
        self.sent.append((self.clock.now, line))
        reader = reader_of(line.audience, line.face.to, ME, alone=line.chat_id > 0)
        labels = tuple(label(button, reader) for button in line.face.buttons)
        if line.kind == "say":
            message = Message(next(self.messages), line.chat_id, plain(line.face, reader))
            message.buttons, message.labels, message.card = line.face.buttons, labels, line.card_id or 0
            self.phones.append(message)
            return message.number
        message = next(one for one in self.phones if one.number == line.message_id)
        message.buttons, message.labels = line.face.buttons, labels
        if line.kind == "redraw":
            message.text, message.edited = plain(line.face, reader), True
        return None

    def chat(self, chat: int) -> list[Message]:
        """Return what Tend wrote in a chat, oldest first."""
        return [message for message in self.phones if message.chat == chat]

    @property
    def home(self) -> list[str]:
        """What Ann and Ben read in their room."""
        return [message.text for message in self.chat(HOME)]

    def button(self, chat: int, wanted: str) -> tuple[Message, Button] | None:
        """Return the newest button of this label."""
        for message in reversed(self.chat(chat)):
            for shown, button in zip(message.labels, message.buttons, strict=True):
                if shown == wanted:
                    return message, button
        return None

    def shows(self, reply: Reply) -> str:
        """Return what a phone shows in answer to a tap."""
        if reply.whisper is None:
            return ""
        reader = reader_of(reply.audience, reply.to, ME, alone=False)
        return plain(reply.whisper, reader, LONGEST_WHISPER)

    # -- Time --------------------------------------------------------------------

    def reaches(self, moment: datetime) -> None:
        """Let time pass, and ring whoever is due on the way."""
        while (due := self.look(timetable.next_due)) is not None and due <= moment:
            self.clock.now = max(self.clock.now, due)
            self.settles()
        self.clock.now = max(self.clock.now, moment)
        self.settles()

    def passes(self, **span: float) -> None:
        """Let so much time pass."""
        self.reaches(self.clock.now + timedelta(**span))

    def is_away(self, **span: float) -> None:
        """Be down for so long."""
        self.clock.now += timedelta(**span)
        self.settles()

    # -- Looking -----------------------------------------------------------------

    def look(self, work: Callable[Concatenate[Tx, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Look at the store, uncounted."""
        with self.store.begin() as tx:
            return work(tx, *args, **kwargs)

    def couple(self, tx: Tx, chat: int = HOME) -> CoupleRow:
        """Return the couple of a room."""
        found = couples.of_room(tx, chat)
        assert found is not None
        return found

    def kept(self, chat: int = HOME) -> list[Kept]:
        """Return all that the couple of a room keeps."""

        def all_of(tx: Tx) -> list[Kept]:
            couple = self.couple(tx, chat)
            kinds = {kind for (kind,) in tx.session.query(KeptRow.kind)}
            return list(keepsakes.of(tx, couple, sorted(kinds)))

        return self.look(all_of)

    def call(self, ritual: Ritual, chat: int = HOME) -> datetime | None:
        """Return the next hour of a ritual."""
        return self.look(lambda tx: timetable.call_of(self.couple(tx, chat), ritual).due_at)

    # -- Beginning in the midst ----------------------------------------------------

    def told(self) -> "Told":
        """Return what the phones show and when, for another road to go on from."""
        return Told(deepcopy(self.phones), next(self.messages), next(self.updates), self.clock.now)

    def goes_on_from(self, told: "Told") -> "Road":
        """Take over the phones and the clock of another road, on a copy of its database."""
        self.phones, self.clock.now = deepcopy(told.phones), told.now
        self.members = 3  # in every room
        self.messages, self.updates = count(told.message), count(told.update)
        return self

    # -- What happens so often ----------------------------------------------------

    def joined(self) -> "Road":
        """Let Ann and Ben say that they are two, and set their evening."""
        self.hears(Added(self.ann.who, self.ann.room))
        self.ann.taps("I'm in")
        self.ben.taps("I'm in")
        self.ann.taps("That's us")
        self.ann.taps("Looks right")
        return self

    def open_lanes(self) -> None:
        """Let Ann and Ben open their private chats."""
        self.ann.sends("/start", private=True)
        self.ben.sends("/start", private=True)


@dataclass(frozen=True)
class Told:
    """How far a road has come."""

    phones: list[Message]
    message: int
    update: int
    now: datetime


def words_of(kept: Kept) -> tuple[str, str, str, bool]:
    """Return what is worth comparing of a kept thing."""
    return kept.kind, kept.words.text if kept.words else "", kept.outcome, kept.shared
