"""What people do: a command, a tap or words find their couple and their playing, and are stepped."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import blake2b

from bot import shell
from bot.arrival import Arrival, Command, Masked, Place, Somebody, Tap, Text
from bot.engine.rooms import RESTS_HERE, Rooms
from bot.engine.steps import Steps
from bot.ritual import (
    Began,
    Button,
    Line,
    Person,
    Preferences,
    Ritual,
    Say,
    Scene,
    Tapped,
    Whisper,
    Words,
    Wrote,
    say,
    whisper,
)
from bot.shell import Outcome, Row
from bot.storage import cards, couples, keepsakes, outbox
from bot.storage.couples import Audience
from bot.storage.store import Tx
from bot.storage.tables import CardRow, CoupleRow, PersonRow
from bot.wording import LANGUAGE, spoken

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
WHO_IS_IT = "I cannot see which of you wrote that. Tap here, and I know."
WHOSE_WORDS = "I cannot see which of you wrote that, so I did not keep it. Under your own name I take it."
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


class Acts:
    """Steps what people do, and answers whoever did it."""

    def __init__(self, steps: Steps, rooms: Rooms) -> None:
        self._steps, self._rooms, self._book = steps, rooms, steps.book
        rituals = steps.book.rituals.values()
        named = [(ritual, name) for ritual in rituals for name in (ritual.command, *ritual.also) if name]
        self._commands = {name: ritual for ritual, name in named}
        self._pressing = {key_of(Button("", opens=ritual.name)) for ritual in rituals if ritual.urgent}

    def presses(self, tx: Tx, arrival: Arrival) -> bool:
        """Whether it begins what is asked for in the worst moments, and is heard before what others wrote."""
        arrival = self._spelled(arrival) if isinstance(arrival, Command) else arrival
        match arrival:
            case Command(name=said) if said in self._commands:
                return self._commands[said].urgent
            case Command(name=said) | Text(words=said):
                person = couples.known(tx, arrival.who.number)
                couple = couples.of_person(tx, person, for_a_step=False) if person else None
                ritual = self._named(tx, couple, said)
                return ritual is not None and ritual.urgent
            case Tap(key=key):
                return key in self._pressing
            case _:
                return False

    def command(self, tx: Tx, command: Command) -> Reply:
        """Begin a ritual, or go on with it; an edited command says once more what its words were."""
        command = self._spelled(command)
        if command.name == "start":
            return self._start(tx, command)
        couple, person = self._whose(tx, command.who, command.where)
        ritual = self._commands.get(command.name) or self._named(tx, couple, command.name)
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
            row = couples.row_at(tx, couple, said.playing_id, self._book) if said else None
            if row is None:
                return Reply()
            outcome = self._typed(tx, couple, row, began)
        else:
            outcome = self._begins(tx, couple, ritual, began)
            if outcome.row.state is not None and command.words:
                cards.remember_said(tx, command.where.chat_id, command.message_id, outcome.row.id, "")
        return Reply(nod=_is_silent_in_room(outcome, private=command.where.private))

    def _begins(self, tx: Tx, couple: CoupleRow, ritual: Ritual, began: Began) -> Outcome:
        return self._typed(tx, couple, self._steps.row_for(tx, couple, ritual, anew=ritual.many), began)

    def _typed(self, tx: Tx, couple: CoupleRow, row: Row, began: Began) -> Outcome:
        """Step what somebody typed; where another's silence holds back what it says, that is said instead."""
        outcome = self._steps.step(tx, couple, row, began)
        if outcome.held and outcome.aside is None:
            self._steps.tell(tx, couple, shell.back(began, outcome.held))
        return outcome

    def _unknown(self, tx: Tx, couple: CoupleRow, person: PersonRow, command: Command) -> Reply:
        """Say that there is no such command: in a room once, for it may have been meant for another bot."""
        said = say(UNKNOWN, *self._menu(lambda each: each.anyone))
        if command.where.private:
            self._steps.tell(tx, couple, replace(said, to=Person(person.id)))
        elif not cards.is_told(tx, couple, "unknown"):
            self._steps.tell(tx, couple, replace(said, card="unknown", softly=True))
        return Reply()

    def _guest(self, tx: Tx, couple: CoupleRow, ritual: Ritual, command: Command) -> Reply:
        """Somebody in a room whose two are not known yet, or somebody else in a room that has its two."""
        if couple.stage == "together":
            return Reply()
        if ritual.enters:
            self._rooms.begin(tx, command.where, command.who.language)
        else:
            text = NOBODY_YET if couple.stage == "joining" else RESTS_HERE
            outbox.tell(tx, command.where.chat_id, say(text), command.who.language)
        return Reply()

    def _start(self, tx: Tx, command: Command) -> Reply:
        """In a room it says who Tend is; in private it opens the lane, and what waited there is delivered."""
        if not command.where.private:
            couple = couples.of_room(tx, command.where.chat_id)
            _, partner = self._whose(tx, command.who, command.where)
            if couple is not None and partner is not None:
                couple.thread_id = command.where.thread_id  # the topic it was sent in is where Tend speaks
                self._steps.tell(tx, couple, say(HERE_ALREADY))
            self._rooms.begin(tx, command.where, command.who.language)
            return Reply()
        person = couples.known(tx, command.who.number)
        couple = couples.of_person(tx, person) if person else None
        if person is None or couple is None:
            return self._doorstep(tx, command)
        newly = not person.lane_open
        person.lane_open = True
        if newly and outbox.waits_for(tx, person):
            return Reply()
        question = cards.newest_question(tx, couple, person)
        if question is not None and question.playing_id is not None and not newly:
            cards.repeat(tx, couple, question.playing_id, Person(person.id), always=True)
        else:
            outbox.tell(tx, command.where.chat_id, say(LANE_OPEN), command.who.language)
        return Reply()

    def _doorstep(self, tx: Tx, command: Command | Text) -> Reply:
        outbox.tell(tx, command.where.chat_id, say(COME_ALONG, TO_A_GROUP), command.who.language)
        return Reply()

    def _tell_anyone(self, tx: Tx, ritual: Ritual, where: Place, language: str) -> Reply:
        """What anybody may ask, whoever and wherever they are."""
        nobody = Person(0)
        _, answers = ritual.step(None, Began(nobody, Words(nobody)), Scene(tx.now, ()))
        for told in answers:
            if isinstance(told, Say):
                outbox.tell(tx, where.chat_id, told, language)
        return Reply()

    def masked(self, tx: Tx, arrival: Masked) -> None:
        """Who writes as the group or a channel may be anybody; a tap says who it is."""
        couple, ritual = couples.of_room(tx, arrival.where.chat_id), self._commands.get(arrival.command)
        if ritual is not None and ritual.anyone:
            language = couples.preferences(tx, couple, self._book)[LANGUAGE] if couple else ""
            self._tell_anyone(tx, ritual, arrival.where, language)
        elif couple is None or couple.stage != "together":
            if arrival.command == "start":
                self._rooms.begin(tx, arrival.where, "")
        elif arrival.command == "start":
            self._steps.tell(tx, couple, say(HERE_ALREADY))
        elif ritual is not None:
            text = WHOSE_WORDS if arrival.worded else WHO_IS_IT
            self._steps.tell(tx, couple, say(text, Button(f"/{ritual.command}", opens=ritual.name)))
        elif not arrival.command:
            self._steps.tell(tx, couple, say(WHOSE_WORDS))

    def tap(self, tx: Tx, tap: Tap) -> Reply:
        """Press the button of a card, if it is still there and for who taps it."""
        return self._in_their_language(tx, tap, self._tapped(tx, tap))

    def _tapped(self, tx: Tx, tap: Tap) -> Reply:
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
        row = couples.row_at(tx, couple, card.playing_id, self._book)
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
        outcome = self._steps.step(tx, couple, row, Tapped(by, button.tap, button.item, tap.where.private))
        return self._answer(tx, couple, person, outcome)

    def _tap_of_a_guest(self, tx: Tx, tap: Tap, couple: CoupleRow, row: Row, button: Button) -> Reply:
        """Only a state that welcomes hears others than the two, and nobody who is one of two elsewhere."""
        if not row.welcomes:
            return Reply(whisper(FOR_THE_TWO))
        person = couples.meet(tx, tap.who.number, tap.who.name, tap.who.language)
        if person.couple_id not in {None, couple.id}:
            return Reply(whisper(ELSEWHERE))
        try:
            with tx.session.begin_nested():
                outcome = self._steps.step(
                    tx, couple, row, Tapped(Person(person.id), button.tap, button.item)
                )
        except couples.TakenError:
            return Reply(whisper(ONE_IS_ELSEWHERE))
        return self._answer(tx, couple, person, outcome)

    def _opened(
        self, tx: Tx, couple: CoupleRow, person: PersonRow, button: Button, *, private: bool
    ) -> Reply:
        ritual = self._book.rituals[button.opens]
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
        row = shell.going_on(couples.rows_of(tx, couple, self._book), ritual, words)
        row = row or self._steps.row_for(tx, couple, ritual, anew=ritual.many)
        outcome = self._steps.step(tx, couple, row, began)
        return self._answer(tx, couple, person, outcome)

    def _answer(self, tx: Tx, couple: CoupleRow, person: PersonRow, outcome: Outcome) -> Reply:
        """Answer a tap: with a whisper, or the way to the lane where something waits for its tapper."""
        me = Person(person.id)
        alone = any(said.to == me and not said.quiet for said in outcome.said)
        waits = not person.lane_open and any(said.to == me and said.waits for said in outcome.said)
        told = outcome.whisper or (whisper(outcome.held) if outcome.held else None)
        if told is None and alone and person.lane_open:
            told = whisper(TAKE_A_LOOK)
        audience = couples.audience(tx, couple, self._book, [me, *_people_in(told)])
        return Reply(told, opens_lane=waits, to=me, audience=audience)

    def _in_their_language(self, tx: Tx, tap: Tap, reply: Reply) -> Reply:
        """Let the shell's own answer to a tap be read in the tapper's language, whoever that is."""
        if reply.whisper is None or reply.audience is not None:
            return reply
        couple, person = self._whose(tx, tap.who, tap.where)
        if couple is None or person is None:
            return replace(reply, audience=a_stranger(tap.who))
        return replace(reply, to=Person(person.id), audience=couples.audience(tx, couple, self._book))

    def text(self, tx: Tx, text: Text) -> Reply:
        """Let words answer what they reply to, or what stands there; edited ones answer the same again."""
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
        row = couples.row_at(tx, couple, playing_id, self._book)
        by = Person(person.id)
        event = Wrote(by, asked, Words(by, text.words, source=text.message_id), text.where.private)
        if row is None:
            self._steps.tell(tx, couple, shell.back(event, shell.CLOSED))
            return Reply()
        if question is not None and (told := shell.whose_turn(question, event)):
            self._steps.tell(tx, couple, told)
            return Reply()
        outcome = self._steps.step(tx, couple, row, event)
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
        card = cards.newest_question(tx, couple, lane) or cards.question_told_alone(tx, couple)
        apart = shell.are_apart(self._steps.silent(tx, couple))
        return None if card and apart and couples.is_from_before_its_silence(couple, card) else card

    def _unasked(self, tx: Tx, couple: CoupleRow, lane: PersonRow | None) -> Reply:
        """Words that answer no question: in the lane that is said, in the room they are between the two.

        Under a name it is said to each message anew, and to those that come before it is sent, once.
        """
        if lane is not None:
            said = self._meanwhile(tx, couple) or say(NOTHING_ASKS, *self._menu())
            self._steps.tell(tx, couple, replace(said, to=Person(lane.id), card="unasked"))
        return Reply()

    def _meanwhile(self, tx: Tx, couple: CoupleRow) -> Say | None:
        """What is told in a silence that the private chats keep, too: by its ritual, or what steadies."""
        rows = self._steps.silent(tx, couple)
        holder = shell.floor(rows)
        if holder is None or not shell.are_apart(rows):
            return None
        steadying = self._steps.rituals(lambda each: each.steadies)
        offers = [Button(each.about, opens=each.name) for each in steadying]
        return holder.ritual.meanwhile or say(IN_A_SILENCE, *offers)

    def _menu(self, are: Callable[[Ritual], bool] = lambda _: True) -> list[Button]:
        shown = self._steps.rituals(lambda each: each.menu and are(each))
        return [Button(f"/{each.command}", opens=each.name) for each in shown]

    def _spelled(self, command: Command) -> Command:
        """Return a command as it was meant: without the space before its number it is another name."""
        parts = NUMBERED.fullmatch(command.name)
        if parts is None or command.name in self._commands or parts[1] not in self._commands:
            return command
        return replace(command, name=parts[1], words=f"{parts[2]} {command.words}".strip())

    def _named(self, tx: Tx, couple: CoupleRow | None, said: str) -> Ritual | None:
        """Return the ritual that a word of the couple's own begins."""
        words = {ritual.word: ritual for ritual in self._steps.rituals(lambda each: each.word is not None)}
        if couple is None or couple.stage != "together" or not words:
            return None
        prefers = couples.preferences(tx, couple, self._book)
        for word, ritual in words.items():
            if word and word.reads and prefers[word] and word.reads(said) == prefers[word]:
                return ritual
        return None

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


def key_of(button: Button) -> str:
    """Return what a tap carries: it names the button, not its place, so that a redraw moves nothing."""
    meaning = f"{button.tap}\0{button.item}\0{button.opens}"
    return blake2b(meaning.encode(), digest_size=6).hexdigest()


def a_stranger(who: Somebody) -> Audience:
    """Return as whom somebody reads of whom only the language of their app is known."""
    return Audience((), {}, Preferences().put(LANGUAGE, spoken(who.language) or LANGUAGE.default))


def _is_silent_in_room(outcome: Outcome, *, private: bool) -> bool:
    """Whether words from the room were taken and nothing there says so: a nod does, then."""
    heard = any(said.to is None and not said.quiet for said in outcome.said)
    return not (private or heard or outcome.repeat or outcome.held)


def _people_in(told: Line | None) -> list[Person]:
    """Return the people whose names a line carries."""
    return [value for value in told.values.values() if isinstance(value, Person)] if told else []
