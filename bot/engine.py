"""The one road from something that happened to something saved.

An arrival or a due timer finds its couple and its playing, is stepped by the shell, and all that follows is
saved in one transaction: state, timers, kept things, cards, the outbox, and that this update is done. Whoever
calls this runs it in a transaction; nothing here sends, waits or reads a clock.
"""

import logging
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from hashlib import blake2b
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from bot import shell
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
from bot.hours import ZONE, evening_of
from bot.logs import trace_of
from bot.ritual import (
    Began,
    Button,
    Entered,
    Event,
    GuestsCame,
    GuestsCounted,
    Line,
    Person,
    Prefer,
    Preference,
    Preferences,
    Ritual,
    Say,
    Scene,
    Tapped,
    TimeCame,
    Whisper,
    Words,
    Wrote,
    say,
    whisper,
)
from bot.shell import Outcome, Row
from bot.storage import cards, couples, inbox, keepsakes, outbox, timetable
from bot.storage.couples import Audience, Book
from bot.storage.pace import PROMPT, TO_PEOPLE
from bot.storage.store import BusyError, Tx
from bot.storage.tables import CallRow, CardRow, CoupleRow, PersonRow, PlayingRow
from bot.storage.timetable import Due
from bot.wording import LANGUAGE, spoken

log = logging.getLogger(__name__)

T = TypeVar("T")

AT_ONCE, AT_LEAST = 64, 1  # due rows stepped in one transaction, and so many though others wait
MOST_CALLED = 500  # in one transaction: each takes some hundredths of a millisecond
HEARD_AT_LEAST = 4  # in one transaction though others wait, unless one of these goes first
A_FEW = 16  # whose couples are loaded in one go
THE_TWO_AND_TEND = 3
AFTER_TROUBLE = timedelta(minutes=15)  # what failed is tried again then

FOR_THE_TWO = "This is for the two of them."
ELSEWHERE = "You are one of two in another room already. Leave there first: /leave."
ONE_IS_ELSEWHERE = "One of you is one of two in another room already. /leave there comes first."
NOTHING_ASKS = "Nothing asks for words just now. What would you like?"
HERE_ALREADY = "I am here, and the two of you are set. /help says what there is."
LANE_OPEN = "Here we are alone. What you tell me here stays unseen until both of you have answered."
IN_A_SILENCE = (
    "It is quiet between you two just now, and I have kept nothing of this. If you like, one of these:"
)
UNKNOWN = "I have nothing of that name, or not yet. This shows what there is:"
COME_ALONG = (
    "I live in a chat of you two. Add me to a group with only the two of you in it, and I say the rest there."
)
NOBODY_YET = 'First the two of you say that you are two: tap "I\'m in" in your room.'
RESTS_HERE = "{me} is resting here. /start begins again, when two of you want to."
WHO_IS_IT = "I cannot see which of you wrote that. Tap here, and I know."
WHOSE_WORDS = "I cannot see which of you wrote that, so I did not keep it. Under your own name I take it."
ASKS_TO_BE_A_MEMBER = (
    "As an administrator I am sent all you two write here, and I want only what is meant for me. "
    "Please make me a member again."
)
TO_A_GROUP = Button("Make it a group of three", leads="group")
NUMBERED = re.compile(r"([a-z_]+)(\d+)")  # a command and a number run together: /pause45
TAKE_A_LOOK = "I wrote to you in our private chat."


@dataclass(frozen=True)
class Reply:
    """What the messenger still has to do at once: answer a tap, or nod at words that were taken."""

    whisper: Whisper | None = None
    opens_lane: bool = False  # the tap is answered with the link that opens the private chat
    nod: bool = False
    to: Person | None = None
    audience: Audience | None = None


@dataclass(frozen=True)
class Rung:
    """What became of those who were due."""

    many: int
    late: tuple[timedelta, ...]  # how late each was who was rung; the others were not due any more


class Engine:
    """Steps what happens, with one table of contents."""

    def __init__(
        self, rituals: Sequence[Ritual], preferences: Sequence[Preference[Any]],
        home: ZoneInfo = ZONE.default, spread: timedelta = timedelta(),
    ) -> None:  # fmt: skip
        self.book = Book.of(rituals, preferences, spread)
        self.home = home
        self.commands = {ritual.command: ritual for ritual in rituals if ritual.command}
        self.pressing = {key_of(Button("", opens=ritual.name)) for ritual in rituals if ritual.urgent}

    # -- What arrives

    def hear_all(self, tx: Tx, arrived: Mapping[int, Arrival]) -> dict[int, Reply]:
        """Let updates have their effects in the transaction that looked them up; return what each is replied.

        They are heard in their order. Where others wait for the database, those that are left are heard in
        the next transaction. One that fails leaves nothing behind and keeps nobody else waiting: then each
        is heard in a savepoint.
        """
        couples.bring_whole(tx, inbox.whose(tx, arrived))

        def together() -> dict[int, Reply]:
            replies = self._hear_some(tx, arrived, lambda arrival, _: self._effect(tx, arrival))
            inbox.done(tx, *replies)
            return replies

        def each_alone() -> dict[int, Reply]:
            return self._hear_some(tx, arrived, lambda arrival, number: self._hear_alone(tx, arrival, number))

        if len(arrived) <= 1:
            return each_alone()
        said = "an update could not be handled, so each is heard alone: %s"
        return _tried(tx, together, each_alone, logging.WARNING, said)

    def _hear_some(
        self, tx: Tx, arrived: Mapping[int, Arrival], hear: Callable[[Arrival, int], Reply | None]
    ) -> dict[int, Reply]:
        replies = dict[int, Reply]()
        for number, arrival in arrived.items():
            replies[number] = hear(arrival, number) or Reply()
            if tx.one_goes_first() or (len(replies) >= HEARD_AT_LEAST and tx.others_wait()):
                break
        return replies

    def _hear_alone(self, tx: Tx, arrival: Arrival, update_id: int) -> Reply | None:
        """Hear an update; one that fails is kept aside, and said to be, if that can be said."""

        def stumble() -> Reply | None:
            said = "nor could that be said: %s"
            stumbles = partial(self.stumbled, tx, arrival, update_id)
            return _tried(tx, stumbles, partial(inbox.bury, tx, update_id), logging.ERROR, said)

        said = "an update could not be handled and is kept aside: %s"
        return _tried(tx, partial(self.hear, tx, arrival, update_id), stumble, logging.ERROR, said)

    def hear(self, tx: Tx, arrival: Arrival, update_id: int) -> Reply | None:
        """Let one update have its effect, and be done, in this transaction; None where it was done before."""
        return self._effect(tx, arrival) if inbox.done(tx, update_id) else None

    def _effect(self, tx: Tx, arrival: Arrival) -> Reply:
        match arrival:
            case Added(who, where, as_admin=as_admin):
                self._added(tx, where, who.language)
                if as_admin:
                    self._promoted(tx, where)
            case Promoted(where):
                self._promoted(tx, where)
            case Came(people, where):
                self._came(tx, people, where)
            case Went(who, where):
                self._went(tx, who, where)
            case Masked():
                self._masked(tx, arrival)
            case Removed(who, where):
                self._removed(tx, who, where)
            case Moved(old, new):
                self.moved(tx, old, new)
            case Command():
                return self._command(tx, self._spelled(arrival))
            case Tap():
                return self._in_their_language(tx, arrival, self._tap(tx, arrival))
            case Text():
                return self._text(tx, arrival)
            case NotForUs():
                pass
        return Reply()

    def presses(self, tx: Tx, arrival: Arrival) -> bool:
        """Whether it begins what is asked for in the worst moments, and is heard before what others wrote."""
        arrival = self._spelled(arrival) if isinstance(arrival, Command) else arrival
        match arrival:
            case Command(name=said) if said in self.commands:
                return self.commands[said].urgent
            case Command(name=said) | Text(words=said):
                person = couples.known(tx, arrival.who.number)
                couple = couples.of_person(tx, person, for_a_step=False) if person else None
                ritual = self._named(tx, couple, said)
                return ritual is not None and ritual.urgent
            case Tap(key=key):
                return key in self.pressing
            case _:
                return False

    def stumbled(self, tx: Tx, arrival: Arrival, update_id: int) -> Reply:
        """Say kindly that an update could not be handled, and keep it out of the way."""
        inbox.bury(tx, update_id)
        if isinstance(arrival, Tap):
            return Reply(whisper(shell.STUMBLED), audience=_a_stranger(arrival.who))
        if isinstance(arrival, Command | Text):
            outbox.tell(tx, arrival.where.chat_id, say(shell.STUMBLED), arrival.who.language)
        return Reply()

    def _added(self, tx: Tx, where: Place, language: str) -> None:
        """Begin in a room; the first guess at its language is that of whoever brought Tend there."""
        couple = couples.enter(tx, where.chat_id, where.thread_id)
        if couple.stage == "together":
            return
        if couple.prefers is None and spoken(language):
            couples.prefer(tx, couple, [Prefer(LANGUAGE, spoken(language))])
        for ritual in self._rituals(lambda each: each.enters):
            self._step(tx, couple, self._row_for(tx, couple, ritual), Entered())

    def _promoted(self, tx: Tx, where: Place) -> None:
        """As an administrator Tend is sent all messages: it asks once to be made a member again."""
        couple = couples.of_room(tx, where.chat_id)
        if couple is not None and couple.stage != "resting" and not couple.asked_rank:
            couple.asked_rank = True
            self._tell(tx, couple, say(ASKS_TO_BE_A_MEMBER))

    def _came(self, tx: Tx, people: tuple[Somebody, ...], where: Place) -> None:
        """Guests are told of to whoever minds them; one of two who rested here begins again."""
        couple = couples.of_room(tx, where.chat_id)
        if couple is None:
            return
        theirs = {person.telegram_id for person in couples.people_of(tx, couple)}
        if couple.stage == "resting" and any(each.number in theirs for each in people):
            self._added(tx, where, "")
        guests = [each for each in people if each.number not in theirs]
        if couple.stage == "together" and guests:
            self._minds(tx, couple, GuestsCame(len(guests)))
            outbox.count_members(tx, couple)

    def _went(self, tx: Tx, who: Somebody, where: Place) -> None:
        """Without one of the two, Tend rests in a room."""
        couple = couples.of_room(tx, where.chat_id)
        if couple is None or couple.stage != "together":
            return
        if who.number in {person.telegram_id for person in couples.people_of(tx, couple)}:
            self._rest(tx, couple)
            self._tell(tx, couple, say(RESTS_HERE))
        elif self._minded(tx, couple):
            outbox.count_members(tx, couple)  # who else is still there, Telegram knows

    def counted(self, tx: Tx, chat_id: int, members: int) -> None:
        """Hear how many are in a room: whoever was there before the two were a couple is a guest, too."""
        couple = couples.of_room(tx, chat_id)
        if couple is not None and couple.stage == "together":
            self._minds(tx, couple, GuestsCounted(max(0, members - THE_TWO_AND_TEND)))

    def _minded(self, tx: Tx, couple: CoupleRow) -> bool:
        return any(row.ritual.minds_guests for row in couples.rows_of(tx, couple, self.book))

    def _minds(self, tx: Tx, couple: CoupleRow, event: GuestsCame | GuestsCounted) -> None:
        for ritual in self._rituals(lambda each: each.minds_guests):
            self._step(tx, couple, self._row_for(tx, couple, ritual), event)

    def _masked(self, tx: Tx, arrival: Masked) -> None:
        """Who writes as the group or a channel may be anybody; a tap says who it is."""
        couple, ritual = couples.of_room(tx, arrival.where.chat_id), self.commands.get(arrival.command)
        if ritual is not None and ritual.anyone:
            language = couples.preferences(tx, couple, self.book)[LANGUAGE] if couple else ""
            self._tell_anyone(tx, ritual, arrival.where, language)
        elif couple is None or couple.stage != "together":
            if arrival.command == "start":
                self._added(tx, arrival.where, "")
        elif arrival.command == "start":
            self._tell(tx, couple, say(HERE_ALREADY))
        elif ritual is not None:
            text = WHOSE_WORDS if arrival.worded else WHO_IS_IT
            self._tell(tx, couple, say(text, Button(f"/{ritual.command}", opens=ritual.name)))
        elif not arrival.command:
            self._tell(tx, couple, say(WHOSE_WORDS))

    def _removed(self, tx: Tx, who: Somebody, where: Place) -> None:
        person = couples.known(tx, who.number) if where.private else None
        if person is not None:
            person.lane_open = False
        couple = None if where.private else couples.of_room(tx, where.chat_id)
        if couple is not None:
            self._rest(tx, couple)

    def moved(self, tx: Tx, old: int, new: int) -> bool:
        """Let a room keep everything under its new number; a second notice changes nothing, and says so.

        Messages of the old number cannot be edited or answered any more, so what stands is said anew.
        """
        couple, newcomer = couples.of_room(tx, old), couples.of_room(tx, new)
        if couple is None and newcomer is not None:
            return True  # it has moved already
        if couple is None or (newcomer is not None and newcomer.stage != "joining"):
            return False
        if newcomer is not None:  # the new room was met before we heard that it is the old one
            cards.end_all(tx, newcomer)
            outbox.hand_over(tx, newcomer, couple)
            couples.part(tx, newcomer)
            couples.settle_in(tx, newcomer, None)
        couples.settle_in(tx, couple, new)
        cards.say_room_anew(tx, couple)
        return True

    def shut(self, tx: Tx, chat_id: int, line_id: int) -> None:
        """Note that a chat does not take a line: a private one is shut, and in a room Tend rests.

        A line of the couple that was in this room before tells nothing of the one that is there now.
        """
        person, couple = couples.known(tx, chat_id), couples.of_room(tx, chat_id)
        if person is not None:
            person.lane_open = False
        if couple is not None and outbox.is_of(tx, line_id, couple):
            self._rest(tx, couple)

    def _command(self, tx: Tx, command: Command) -> Reply:
        if command.name == "start":
            return self._start(tx, command)
        couple, person = self._whose(tx, command.who, command.where)
        ritual = self.commands.get(command.name) or self._named(tx, couple, command.name)
        if ritual is not None and ritual.anyone and person is None:
            return self._tell_anyone(tx, ritual, command.where, command.who.language)
        if ritual is None and couple is not None and person is not None:
            return Reply() if command.edited else self._unknown(tx, couple, person, command)
        if ritual is None or couple is None:
            return self._doorstep(tx, command) if command.where.private and not command.edited else Reply()
        if person is None:
            return self._guest(tx, couple, ritual, command)
        by = Person(person.id)
        words = Words(by, command.words, source=command.message_id)
        began = Began(by, words, private=command.where.private)
        if command.edited:
            said = cards.said(tx, command.where.chat_id, command.message_id)
            row = couples.row_at(tx, couple, said.playing_id, self.book) if said else None
            if row is None:
                return Reply()
            outcome = self._typed(tx, couple, row, began)
        else:
            outcome = self._begins(tx, couple, ritual, began)
            if outcome.row.state is not None and command.words:
                cards.remember_said(tx, command.where.chat_id, command.message_id, outcome.row.id, "")
        return Reply(nod=_is_silent_in_room(outcome, private=command.where.private))

    def _spelled(self, command: Command) -> Command:
        """Return a command as it was meant: without the space before its number it is another name."""
        parts = NUMBERED.fullmatch(command.name)
        if parts is None or command.name in self.commands or parts[1] not in self.commands:
            return command
        return replace(command, name=parts[1], words=f"{parts[2]} {command.words}".strip())

    def _unknown(self, tx: Tx, couple: CoupleRow, person: PersonRow, command: Command) -> Reply:
        """Say that there is no such command: in a room once, for it may have been meant for another bot."""
        said = say(UNKNOWN, *self._menu(lambda each: each.anyone))
        if command.where.private:
            self._tell(tx, couple, replace(said, to=Person(person.id)))
        elif not cards.is_told(tx, couple, "unknown"):
            self._tell(tx, couple, replace(said, card="unknown", softly=True))
        return Reply()

    def _guest(self, tx: Tx, couple: CoupleRow, ritual: Ritual, command: Command) -> Reply:
        """Somebody in a room whose two are not known yet, or somebody else in a room that has its two."""
        if couple.stage == "together":
            return Reply()
        if ritual.enters:
            self._added(tx, command.where, command.who.language)
        else:
            text = NOBODY_YET if couple.stage == "joining" else RESTS_HERE
            outbox.tell(tx, command.where.chat_id, say(text), command.who.language)
        return Reply()

    def _tell_anyone(self, tx: Tx, ritual: Ritual, where: Place, language: str) -> Reply:
        """What anybody may ask, whoever and wherever they are."""
        nobody = Person(0)
        _, answers = ritual.step(None, Began(nobody, Words(nobody)), Scene(tx.now, ()))
        for told in answers:
            if isinstance(told, Say):
                outbox.tell(tx, where.chat_id, told, language)
        return Reply()

    def _start(self, tx: Tx, command: Command) -> Reply:
        """In a room it says who Tend is; in private it opens the lane, and what waited there is delivered."""
        if not command.where.private:
            couple = couples.of_room(tx, command.where.chat_id)
            _, partner = self._whose(tx, command.who, command.where)
            if couple is not None and partner is not None:
                couple.thread_id = command.where.thread_id  # the topic it was sent in is where Tend speaks
                self._tell(tx, couple, say(HERE_ALREADY))
            self._added(tx, command.where, command.who.language)
            return Reply()
        person = couples.known(tx, command.who.number)
        couple = couples.of_person(tx, person) if person else None
        if person is None or couple is None:
            return self._doorstep(tx, command)
        newly = not person.lane_open
        person.lane_open = True
        if newly and outbox.waits_for(tx, person):
            return Reply()
        question = cards.newest_question(couple, person)
        if question is not None and question.playing_id is not None and not newly:
            cards.repeat(tx, couple, question.playing_id, Person(person.id), always=True)
        else:
            outbox.tell(tx, command.where.chat_id, say(LANE_OPEN), command.who.language)
        return Reply()

    def _doorstep(self, tx: Tx, command: Command | Text) -> Reply:
        outbox.tell(tx, command.where.chat_id, say(COME_ALONG, TO_A_GROUP), command.who.language)
        return Reply()

    def _tap(self, tx: Tx, tap: Tap) -> Reply:
        couple, person = self._whose(tx, tap.who, tap.where)
        card = cards.of(tx, couple, tap.card_id) if couple is not None else None
        if couple is None or card is None:
            return Reply(whisper(shell.PASSED))
        if tap.where.private != (card.to_id is not None) or (
            card.to_id and (person is None or card.to_id != person.id)
        ):
            return Reply(whisper(shell.PASSED))
        card.becomes(message_id=card.message_id or tap.message_id)  # in flight at a kill, and it did arrive
        face = cards.face_of(tx, couple, card) if card.live else None
        button = (
            next((button for button in face.buttons if key_of(button) == tap.key), None) if face else None
        )
        row = couples.row_at(tx, couple, card.playing_id, self.book)
        if person is None and couple.stage == "together" and not (row and row.welcomes):
            return Reply(whisper(FOR_THE_TWO))
        if button is not None and person is not None and (told := shell.whose(button, Person(person.id))):
            return Reply(told)
        if button is not None and button.opens and person is not None:
            return self._opened(tx, couple, person, button, private=tap.where.private)
        if button is None or row is None:
            return Reply(whisper(shell.PASSED))
        if person is None:
            return self._tap_of_a_guest(tx, tap, couple, row, button)
        by = Person(person.id)
        outcome = self._step(tx, couple, row, Tapped(by, button.tap, button.item, tap.where.private))
        return self._answer(tx, couple, person, outcome)

    def _in_their_language(self, tx: Tx, tap: Tap, reply: Reply) -> Reply:
        """Let the shell's own answer to a tap be read in the tapper's language, whoever that is."""
        if reply.whisper is None or reply.audience is not None:
            return reply
        couple, person = self._whose(tx, tap.who, tap.where)
        if couple is None or person is None:
            return replace(reply, audience=_a_stranger(tap.who))
        return replace(reply, to=Person(person.id), audience=couples.audience(tx, couple, self.book))

    def _tap_of_a_guest(self, tx: Tx, tap: Tap, couple: CoupleRow, row: Row, button: Button) -> Reply:
        """Only a state that welcomes hears others than the two, and nobody who is one of two elsewhere."""
        if not row.welcomes:
            return Reply(whisper(FOR_THE_TWO))
        person = couples.meet(tx, tap.who.number, tap.who.name, tap.who.language)
        if person.couple_id not in {None, couple.id}:
            return Reply(whisper(ELSEWHERE))
        try:
            with tx.session.begin_nested():
                outcome = self._step(tx, couple, row, Tapped(Person(person.id), button.tap, button.item))
        except couples.TakenError:
            return Reply(whisper(ONE_IS_ELSEWHERE))
        return self._answer(tx, couple, person, outcome)

    def _opened(
        self, tx: Tx, couple: CoupleRow, person: PersonRow, button: Button, *, private: bool
    ) -> Reply:
        ritual = self.book.rituals[button.opens]
        about = next(
            (
                thing
                for thing in keepsakes.of(tx, couple, ritual.reads, ritual.looks_back, ritual.minds)
                if str(thing.id) == button.item
            ),
            None,
        )
        by = Person(person.id)
        words = Words(by, "" if about else button.item, listed=True)  # as if typed behind its command
        began = Began(by, words, about, private=private)
        row = shell.going_on(couples.rows_of(tx, couple, self.book), ritual, words)
        row = row or self._row_for(tx, couple, ritual, anew=ritual.many)
        outcome = self._step(tx, couple, row, began)
        return self._answer(tx, couple, person, outcome)

    def _text(self, tx: Tx, text: Text) -> Reply:
        couple, person = self._whose(tx, text.who, text.where)
        if couple is None or person is None:
            return self._doorstep(tx, text) if text.where.private and not text.edited else Reply()
        lane = person if text.where.private else None
        question: Say | None = None
        if not text.edited and (ritual := self._named(tx, couple, text.words)):
            by = Person(person.id)
            outcome = self._begins(tx, couple, ritual, Began(by, Words(by), private=text.where.private))
            return Reply(nod=_is_silent_in_room(outcome, private=text.where.private))
        if text.edited:
            said = cards.said(tx, text.where.chat_id, text.message_id)
            if said is None:
                return Reply()
            playing_id: int | None = said.playing_id
            asked = said.asked
        else:
            card = self._asking(tx, couple, text, lane)
            if card is None or not card.asks:
                return self._unasked(tx, couple, lane)
            card = cards.successor(couple, card)
            playing_id, asked = card.playing_id if card.live else None, card.asks
            question = cards.face_of(tx, couple, card)
        row = couples.row_at(tx, couple, playing_id, self.book)
        by = Person(person.id)
        event = Wrote(by, asked, Words(by, text.words, source=text.message_id), text.where.private)
        if row is None:
            self._tell(tx, couple, shell.back(event, shell.CLOSED))
            return Reply()
        if question is not None and (told := shell.whose_turn(question, event)):
            self._tell(tx, couple, told)
            return Reply()
        outcome = self._step(tx, couple, row, event)
        if outcome.row.state is not None and not text.edited:
            cards.remember_said(tx, text.where.chat_id, text.message_id, row.id, asked)
        return Reply(nod=_is_silent_in_room(outcome, private=text.where.private))

    def _asking(self, tx: Tx, couple: CoupleRow, text: Text, lane: PersonRow | None) -> CardRow | None:
        """A reply is to its message; a plain private line to the newest question there, else in the room.

        What one writes in a silence without a reply is no answer to what was asked before it.
        """
        if text.reply_to is not None:
            return cards.at(tx, couple, lane, text.reply_to)
        if lane is None:
            return None
        card = cards.newest_question(couple, lane) or cards.question_told_alone(tx, couple)
        apart = shell.are_apart(self._silent(tx, couple))
        return None if card and apart and couples.is_from_before_its_silence(couple, card) else card

    def _unasked(self, tx: Tx, couple: CoupleRow, lane: PersonRow | None) -> Reply:
        """Words that answer no question: in the lane that is said, in the room they are between the two.

        Under a name it is said to each message anew, and to those that come before it is sent, once.
        """
        if lane is not None:
            said = self._meanwhile(tx, couple) or say(NOTHING_ASKS, *self._menu())
            self._tell(tx, couple, replace(said, to=Person(lane.id), card="unasked"))
        return Reply()

    def _meanwhile(self, tx: Tx, couple: CoupleRow) -> Say | None:
        """What is told in a silence that the private chats keep, too: by its ritual, or what steadies."""
        rows = self._silent(tx, couple)
        holder = shell.floor(rows)
        if holder is None or not shell.are_apart(rows):
            return None
        steadying = self._rituals(lambda each: each.steadies)
        offers = [Button(each.about, opens=each.name) for each in steadying]
        return holder.ritual.meanwhile or say(IN_A_SILENCE, *offers)

    def _menu(self, are: Callable[[Ritual], bool] = lambda _: True) -> list[Button]:
        shown = self._rituals(lambda each: each.menu and are(each))
        return [Button(f"/{each.command}", opens=each.name) for each in shown]

    # -- Who is due

    def ring(self, tx: Tx) -> Rung:
        """Ring the playings that are due, and call the couples whose hours have come, in one transaction.

        Where others wait for the database, those who are left are rung in the next transaction.
        """
        called = timetable.call(tx, MOST_CALLED)
        rung = self._ring_those(tx, timetable.playings(tx, AT_LEAST if tx.others_wait() else AT_ONCE))
        return replace(rung, many=rung.many + called)

    def ring_called(self, tx: Tx, numbers: Collection[int]) -> Rung:
        """Ring couples that were called, whose turn has come. They are few, and give way to nobody."""
        due = timetable.called(tx, numbers)
        return self._ring_those(tx, due, at_least=len(due))

    def _ring_those(self, tx: Tx, due: Sequence[Due], at_least: int = AT_LEAST) -> Rung:
        """Ring these. What fails for one leaves nothing behind: then each is rung in a savepoint."""
        if not due:
            return Rung(0, ())
        together = partial(self._ring_all, tx, due, self._ring_one, at_least)
        each_alone = partial(self._ring_all, tx, due, self._ring_alone, at_least)
        return _tried(tx, together, each_alone, logging.WARNING, "a ring failed, so each is rung alone: %s")

    def _ring_all(
        self, tx: Tx, due: Sequence[Due], ring: Callable[[Tx, Due], timedelta | None], at_least: int
    ) -> Rung:
        late = list[timedelta | None]()
        for place, row in enumerate(due):
            if place % A_FEW == 0:
                timetable.bring(tx, due[place : place + A_FEW], self.book)
            late.append(ring(tx, row))
            if len(late) >= at_least and tx.others_wait():
                break
        return Rung(len(late), tuple(by for by in late if by is not None))

    def _ring_alone(self, tx: Tx, due: Due) -> timedelta | None:
        later = partial(timetable.ring_later, due, tx.now + AFTER_TROUBLE)
        ring = partial(self._ring_one, tx, due)
        return _tried(tx, ring, later, logging.WARNING, "a ring of %s failed: %s", due.ritual)

    def _ring_one(self, tx: Tx, due: Due) -> timedelta | None:
        """Ring one, and return how late; None: what was rung just before has changed that it is due."""
        couple = couples.numbered(tx, due.couple_id)
        if not timetable.is_due(couple, due, tx.now):
            return None
        late = timetable.late_by(couple, due, tx.now)
        if isinstance(due, PlayingRow):
            self._ring_playing(tx, couple, due)
        else:
            self._ring_call(tx, couple, due)
        return late

    def _ring_playing(self, tx: Tx, couple: CoupleRow, playing: PlayingRow) -> None:
        in_turn = not timetable.is_rung_on_time(couple, playing)
        if in_turn and _waits(couple, tx.now):
            return
        row = couples.row_of(tx, couple, playing, self.book)
        if row is None:
            self._lost_thread(tx, couple, playing)
        else:
            self._step(tx, couple, row, shell.ring(row, tx.now))
        if in_turn:
            self._one_after_the_other(tx, couple)

    def _one_after_the_other(self, tx: Tx, couple: CoupleRow) -> None:
        """After a silence, whoever came due in it is rung some minutes after the one before."""
        if couple.rung_after is not None:
            is_next = timetable.is_anybody_due(couple, tx.now)
            couple.rung_after = tx.now + shell.AFTER_A_SILENCE if is_next else None

    def _ring_call(self, tx: Tx, couple: CoupleRow, call: CallRow) -> None:
        if _waits(couple, tx.now):
            return
        ritual = self.book.rituals.get(call.ritual)
        if ritual is None or call.due_at is None:
            call.due_at = None
            return
        due = call.due_at - self.book.wait_of(couple)
        if ritual.minds:
            self._ring_date(tx, couple, call, ritual, due)
            return
        prefers = couples.preferences(tx, couple, self.book)
        call.due_at = self.book.next_call(ritual, couple, prefers, tx.now)
        came = shell.occurrence(ritual, prefers, due, tx.now, call.opened_on, self.book.rituals.values())
        if came is None:
            return
        row = self._row_for(tx, couple, ritual, anew=ritual.many)
        if row.state is not None:  # of an evening before, which a silence has moved
            self._step(tx, couple, row, shell.ring(row, tx.now))
            row = self._row_for(tx, couple, ritual)
        if row.state is None:
            self._step(tx, couple, row, came)
        self._one_after_the_other(tx, couple)

    def _ring_date(self, tx: Tx, couple: CoupleRow, call: CallRow, ritual: Ritual, due: datetime) -> None:
        """Ring a ritual for a date that it minds, in a playing of its own; what it leaves rings no more."""
        self._step(tx, couple, Row(tx.new_id(), ritual), shell.came(due, tx.now))
        if call.due_at is not None and call.due_at <= tx.now:
            call.due_at = timetable.next_date(tx, couple, self.book, ritual, after=tx.now)
        self._one_after_the_other(tx, couple)

    # -- The step itself

    def _step(self, tx: Tx, couple: CoupleRow, row: Row, event: Event) -> Outcome:
        scene, unreadable = couples.load(tx, couple, self.book, row.ritual)
        by = getattr(event, "by", None)
        before = couples.before(tx, by) if by and couple.stage == "joining" else frozenset()
        scene = replace(scene, home=self.home, before=before)
        event = shell.taken_aside(scene, row, event)
        outcome = shell.hear(scene, row, event, tx.now)
        for playing in unreadable:
            self._lost_thread(tx, couple, playing)
        self._save(tx, couple, row, outcome, event)
        return outcome

    def _save(self, tx: Tx, couple: CoupleRow, before: Row, outcome: Outcome, event: Event) -> None:
        row = outcome.row
        if before.state is None and (isinstance(event, TimeCame) or not row.ritual.many):
            self._opened_today(tx, couple, row.ritual, event)
        for changed in (row, *outcome.others):
            couples.save_row(tx, couple, changed)
        for thing in outcome.kept:
            keepsakes.keep(tx, couple, thing)
        if outcome.kept:
            timetable.mind_dates(tx, couple, self.book, {thing.kind for thing in outcome.kept})
        if outcome.prefers:
            couples.prefer(tx, couple, outcome.prefers)
        if outcome.seat:
            couples.seat(tx, couple, outcome.seat)
        if outcome.part:
            self._rest(tx, couple)
        if outcome.prefers or outcome.seat:
            timetable.look_ahead(tx, couple, self.book)
        self._mind_the_floor(tx, couple, before, outcome, event)
        last = [self._say(tx, couple, row, said, event) for said in outcome.said]
        if row.state is None:
            cards.end(tx, couple, row.id, last)
        if outcome.seat:
            outbox.count_members(tx, couple)
        if outcome.repeat and isinstance(event, Began) and not outcome.held:
            to = event.by if event.private else None
            if not cards.repeat(tx, couple, row.id, to, always=row.ritual.always):
                self._say(tx, couple, row, shell.back(event, shell.PASSED), event)
        if outcome.aside is not None:
            self._tell(tx, couple, say(shell.ASIDE, shell.OPEN_LANE, who=outcome.aside))
        if outcome.openly is not None:
            self._tell_of_the_room(tx, couple, outcome.openly)

    def _tell_of_the_room(self, tx: Tx, couple: CoupleRow, who: Person) -> None:
        if told := shell.of_the_room(who, keepsakes.of(tx, couple, (shell.HINT,))):
            thing, said = told
            keepsakes.keep(tx, couple, thing)
            self._tell(tx, couple, said)

    def _tell(self, tx: Tx, couple: CoupleRow, said: Say) -> None:
        """Say something of the shell's own."""
        cards.say(tx, couple, None, said, TO_PEOPLE, always=True)

    def _say(self, tx: Tx, couple: CoupleRow, row: Row, said: Say, event: Event) -> int | None:
        """Put a line into the outbox; one to a lane that is shut waits or is dropped, as it says."""
        if said.to is not None and not (said.waits or said.quiet or couples.lane_is_open(tx, said.to)):
            return None
        rank = PROMPT if isinstance(event, TimeCame) else TO_PEOPLE
        always = shell.breaks_silence(self._silent(tx, couple), said, event, row.ritual)
        return cards.say(tx, couple, row.id, said, rank, always=always)

    def _rest(self, tx: Tx, couple: CoupleRow) -> None:
        cards.end_all(tx, couple)
        couples.part(tx, couple)

    def _silent(self, tx: Tx, couple: CoupleRow) -> list[Row]:
        """Return the playings of a couple that keeps a silence, of any other none."""
        return couples.rows_of(tx, couple, self.book) if couple.floor_id else []

    def _mind_the_floor(self, tx: Tx, couple: CoupleRow, before: Row, outcome: Outcome, event: Event) -> None:
        """Note on the couple whose silence it is, so that the due and the outbox see it in one look."""
        if outcome.row.hushes or couple.floor_id:
            holder = shell.floor(couples.rows_of(tx, couple, self.book))
            if couple.floor_id and holder is None:
                self._end_silence(tx, couple, shell.when_it_goes_on(before, outcome.row, event, tx.now))
            couple.floor_id = holder.id if holder else None
        elif getattr(event, "by", None) and cards.waits_for_somebody(couple):
            self._end_silence(tx, couple, tx.now + shell.AFTER_A_SILENCE)

    def _end_silence(self, tx: Tx, couple: CoupleRow, first: datetime | None) -> None:
        """Let one come after the other: what was held back, if anybody is there, and then who is due."""
        couple.rung_after = tx.now + shell.AFTER_A_SILENCE
        if first is None:
            cards.until_somebody_is_back(couple)
        else:
            both = [Person(person.id) for person in couples.people_of(tx, couple)]
            by_day = shell.by_day(couples.preferences(tx, couple, self.book), both, first)
            after = cards.one_after_the_other(couple, first, shell.AFTER_A_SILENCE, by_day)
            couple.rung_after = max(couple.rung_after, after)

    def _answer(self, tx: Tx, couple: CoupleRow, person: PersonRow, outcome: Outcome) -> Reply:
        """Answer a tap: with a whisper, or the way to the lane where something waits for its tapper."""
        me = Person(person.id)
        alone = any(said.to == me and not said.quiet for said in outcome.said)
        waits = not person.lane_open and any(said.to == me and said.waits for said in outcome.said)
        told = outcome.whisper or (whisper(outcome.held) if outcome.held else None)
        if told is None and alone and person.lane_open:
            told = whisper(TAKE_A_LOOK)
        audience = couples.audience(tx, couple, self.book, [me, *people_in(told)])
        return Reply(told, opens_lane=waits, to=me, audience=audience)

    def _opened_today(self, tx: Tx, couple: CoupleRow, ritual: Ritual, event: Event) -> None:
        """Note whose hour that evening has come with this one: its own, and that of whom it stands in for."""
        moment: datetime = event.due if isinstance(event, TimeCame) else tx.now
        prefers = couples.preferences(tx, couple, self.book)
        for opened in (ritual, *shell.stood_in_for(ritual, self.book.rituals.values())):
            if opened.calls(prefers, tx.now):
                timetable.opened_on(couple, opened, evening_of(moment, prefers[ZONE]))

    def _lost_thread(self, tx: Tx, couple: CoupleRow, playing: PlayingRow) -> None:
        """A state that nobody can read any more rests, and the room is told kindly."""
        log.warning("a state of %s could not be read and rests", playing.ritual)
        cards.end(tx, couple, playing.id)
        couples.end(tx, couple, playing.id)
        couple.floor_id = None if couple.floor_id == playing.id else couple.floor_id
        self._tell(tx, couple, say(shell.LOST_THREAD))

    def _rituals(self, are: Callable[[Ritual], bool]) -> list[Ritual]:
        return [ritual for ritual in self.book.rituals.values() if are(ritual)]

    def _begins(self, tx: Tx, couple: CoupleRow, ritual: Ritual, began: Began) -> Outcome:
        return self._typed(tx, couple, self._row_for(tx, couple, ritual, anew=ritual.many), began)

    def _typed(self, tx: Tx, couple: CoupleRow, row: Row, began: Began) -> Outcome:
        """Step what somebody typed; where another's silence holds back what it says, that is said instead."""
        outcome = self._step(tx, couple, row, began)
        if outcome.held and outcome.aside is None:
            self._tell(tx, couple, shell.back(began, outcome.held))
        return outcome

    def _named(self, tx: Tx, couple: CoupleRow | None, said: str) -> Ritual | None:
        """Return the ritual that a word of the couple's own begins."""
        words = {ritual.word: ritual for ritual in self._rituals(lambda each: each.word is not None)}
        if couple is None or couple.stage != "together" or not words:
            return None
        prefers = couples.preferences(tx, couple, self.book)
        for word, ritual in words.items():
            if word and word.reads and prefers[word] and word.reads(said) == prefers[word]:
                return ritual
        return None

    # -- Finding whom it is about

    def _whose(self, tx: Tx, who: Somebody, where: Place) -> tuple[CoupleRow | None, PersonRow | None]:
        """Return the couple of a place, and the person if it is one of its two."""
        if where.private:
            person = couples.known(tx, who.number)
            couple = couples.of_person(tx, person) if person else None
        else:
            couple = couples.of_room(tx, where.chat_id)
            person = couples.one_of(tx, couple, who.number) if couple else None
        if couple is None or person is None or person.couple_id != couple.id:
            return couple, None
        if where.private:
            person.becomes(lane_open=True)  # whoever writes there has opened it
        couples.greet(tx, person, who.name, who.language)
        return couple, person

    def _row_for(self, tx: Tx, couple: CoupleRow, ritual: Ritual, *, anew: bool = False) -> Row:
        """Return the playing that a command goes to: the newest that does not linger, or a new one."""
        rows = [
            row for row in couples.rows_of(tx, couple, self.book) if row.ritual is ritual and not row.lingers
        ]
        return Row(tx.new_id(), ritual) if anew or not rows else rows[-1]


def key_of(button: Button) -> str:
    """Return what a tap carries: it names the button, not its place, so that a redraw moves nothing."""
    meaning = f"{button.tap}\0{button.item}\0{button.opens}"
    return blake2b(meaning.encode(), digest_size=6).hexdigest()


def _tried(tx: Tx, work: Callable[[], T], instead: Callable[[], T], level: int, said: str, *about: str) -> T:
    """Return what some work in a savepoint returns; where it fails nothing of it is left, and this is done.

    Whatever failed is one update's or one couple's alone, and those behind it must not wait; it is logged,
    without words. Only a database that does not answer is everybody's: that raises BusyError.
    """
    try:
        with tx.session.begin_nested():
            return work()
    except BusyError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, see above
        log.log(level, said, *about, trace_of(error))
    return instead()


def _waits(couple: CoupleRow, now: datetime) -> bool:
    """Whether one of this couple was rung just before, after a silence: the next waits some minutes."""
    return couple.rung_after is not None and couple.rung_after > now


def _a_stranger(who: Somebody) -> Audience:
    """Return as whom somebody reads of whom only the language of their app is known."""
    return Audience((), {}, Preferences().put(LANGUAGE, spoken(who.language) or LANGUAGE.default))


def _is_silent_in_room(outcome: Outcome, *, private: bool) -> bool:
    """Whether words from the room were taken and nothing there says so: a nod does, then."""
    heard = any(said.to is None and not said.quiet for said in outcome.said)
    return not (private or heard or outcome.repeat or outcome.held)


def people_in(told: Line | None) -> list[Person]:
    """Return the people whose names a line carries."""
    return [value for value in told.values.values() if isinstance(value, Person)] if told else []
