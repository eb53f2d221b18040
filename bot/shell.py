"""What the shell promises, so that no ritual writes it. Pure: the engine saves what comes out of here.

Around every step it keeps the veil (nothing one said reaches the other before the mode allows), refuses what
is too long, never leaves a person without an answer, lets the youngest silence hold the floor, and says what
is late and what is past. The rehearsal of the tests plays exactly these functions in memory.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

from bot.hours import LATE, TOO_SHORT, ZONE, awake, evening_of, is_quiet, turn_of
from bot.ritual import (
    PARTED,
    Answer,
    Began,
    Button,
    Event,
    Hushed,
    Kept,
    Line,
    Part,
    Person,
    Prefer,
    Preferences,
    Ritual,
    Say,
    Scene,
    Seat,
    Tapped,
    TimeCame,
    Whisper,
    Words,
    Wrote,
    say,
    whisper,
)

LONGEST_ANSWER = 300  # characters of one answer
AFTER_A_SILENCE = timedelta(minutes=5)  # before the others are rung, and between one and the next
LONG_SINCE = timedelta(hours=1)  # what has waited so long in a silence is not said in the night after it
MOST_ANSWERS = 3  # in one line behind a command
MOST_WORDS = 6  # people's words in one message: 6 x 300 stays far below Telegram's 4,096

PASSED = "That has passed."
FOR_THE_OTHER = "This one is for {who}."
CLOSED = "That is closed, I did not keep it."
TOO_LONG = "A line or two, please. This was too long for me to keep."
NO_WORDS = "I can keep only what is written. A line in words, please."
HELD = "It is quiet in this room just now. This comes afterwards."
KEPT = "It is quiet in this room just now. I have kept this for afterwards."
NOT_NOW = "It is quiet in this room just now. Ask me for this afterwards."
ASIDE = "It is quiet in this room just now. {who}, I have this for you in our private chat."
STUMBLED = "Something went wrong on my side, and nothing was kept. Please try once more."
ROOM_IS_OPEN = (
    "A word about the room: what is typed there, you both see at once. "
    "What you write here stays unseen until you have both answered."
)
LOST_THREAD = "I have lost the thread of this one, so it rests here. Its command begins it anew."
DELAYED = "This comes later than planned."
OPEN_LANE = Button("Open our private chat", leads="lane")
HINT = "hint"  # the kind of thing that is kept once somebody was told of the room


class VeilError(Exception):
    """A step would have shown one's words to the other too early. Its message names no words."""


@dataclass(frozen=True)
class Row:
    """One playing of a ritual: one evening, one pause. A younger row has a larger id."""

    id: int
    ritual: Ritual
    state: Any = field(default=None, repr=False)
    silent_since: datetime | None = None  # another row holds the floor since then

    @property
    def wake_at(self) -> datetime | None:
        """When it wants to be rung (UTC)."""
        at: datetime | None = getattr(self.state, "wake_at", None)
        return at

    @property
    def hushes(self) -> bool:
        """Whether nobody older is rung."""
        return bool(getattr(self.state, "hushes", False))

    @property
    def lanes_go_on(self) -> bool:
        """Whether it asks only the room for silence."""
        return bool(getattr(self.state, "lanes_go_on", False))

    @property
    def lingers(self) -> bool:
        """Whether the next one need not wait for it."""
        return bool(getattr(self.state, "lingers", False))

    @property
    def welcomes(self) -> bool:
        """Whether people who are not the two are heard."""
        return bool(getattr(self.state, "welcomes", False))

    @property
    def begun(self) -> Words | None:
        """With what one began it who has it alone as yet."""
        words: Words | None = getattr(self.state, "begun", None)
        return words


@dataclass(frozen=True)
class Couple:
    """All that the shell needs of one couple for one step."""

    both: tuple[Person, ...]
    rows: tuple[Row, ...] = ()
    kept: tuple[Kept, ...] = field(default=(), repr=False)
    prefers: Preferences = field(default_factory=Preferences)
    lanes: frozenset[Person] = frozenset()
    home: ZoneInfo = ZONE.default
    before: frozenset[Person] = frozenset()


@dataclass(frozen=True)
class Outcome:
    """What one event led to; all of it is saved in one transaction, or nothing."""

    row: Row  # as it is now; its state None: over
    others: tuple[Row, ...] = ()  # rows whose silence began or ended
    said: tuple[Say, ...] = ()
    whisper: Whisper | None = None
    kept: tuple[Kept, ...] = ()
    prefers: tuple[Prefer, ...] = ()
    seat: Seat | None = None
    part: Part | None = None
    repeat: bool = False  # the newest card of the row is to be said again
    held: str = ""  # what is told instead, where another's silence holds back what it says
    aside: Person | None = None  # for whom it waits in a private chat that is not open yet
    openly: Person | None = None  # who typed into the room what is asked of each unseen


def hear(couple: Couple, row: Row, event: Event, now: datetime) -> Outcome:
    """Step one row and return what follows.

    Raises VeilError for a step that shows too much, and whatever a ritual raises; then nothing is saved.
    """
    if too_long(event):
        return Outcome(row, said=(back(event, TOO_LONG),))
    if isinstance(event, Wrote) and not event.words:  # a picture, a voice, a sticker
        return Outcome(row, said=(back(event, NO_WORDS),))
    if row.ritual.fleeting and isinstance(event, Began) and not event.private and is_held(couple, row):
        return Outcome(row, held=NOT_NOW)
    scene = look(couple, row.ritual, now)
    after, answers = row.ritual.step(row.state, event, scene)
    guard(row.state, after, event, answers)
    here = replace(row, state=after)
    if isinstance(event, Tapped) and is_held(couple, row) and here.hushes:
        return Outcome(row, whisper=whisper(NOT_NOW))  # what asks for silence does not begin in another's
    here = fallen_silent(couple, here, now)
    outcome = gather(here, answers)
    if not answers and after == row.state:
        outcome = replace(outcome, **nothing_back(row, event))
    said = tuple(softened(couple, thing, now) for thing in outcome.said)
    aside = shut_aside(couple, row, event)
    if aside is not None:
        said = tuple(replace(thing, waits=True) for thing in said)
    held = held_back(event, replace(outcome, said=said)) if is_held(couple, here) else ""
    openly = typed_openly(couple, row.state, after, event)
    others = tuple(settle(couple, here, now))
    return replace(outcome, said=said, others=others, held=held, aside=aside, openly=openly)


def taken_aside(couple: Couple, row: Row, event: Event) -> Event:
    """Return an event as it is heard: in another's silence, a command to what steadies as if sent alone."""
    if isinstance(event, Began) and row.ritual.steadies and is_silenced(couple, row):
        return replace(event, private=True)
    return event


def shut_aside(couple: Couple, row: Row, event: Event) -> Person | None:
    """Return who was taken aside though their private chat is not open: there it waits for them."""
    if not (isinstance(event, Began) and event.private and row.ritual.steadies):
        return None
    return event.by if event.by not in couple.lanes and is_silenced(couple, row) else None


def look(couple: Couple, ritual: Ritual, now: datetime) -> Scene:
    """Return what this ritual may know of the couple."""
    kept = tuple(thing for thing in couple.kept if thing.kind in ritual.reads)
    return Scene(now, couple.both, kept, couple.prefers, couple.lanes, couple.home, couple.before)


def gather(here: Row, answers: Iterable[Answer]) -> Outcome:
    """Sort the answers of a step by what is to be done with them."""
    things = list(answers)
    whispers = [thing for thing in things if isinstance(thing, Whisper)]
    return Outcome(
        here,
        said=tuple(thing for thing in things if isinstance(thing, Say)),
        whisper=whispers[-1] if whispers else None,
        kept=tuple(thing for thing in things if isinstance(thing, Kept)),
        prefers=tuple(thing for thing in things if isinstance(thing, Prefer)),
        seat=next((thing for thing in things if isinstance(thing, Seat)), None),
        part=next((thing for thing in things if isinstance(thing, Part)), None),
    )


# -- Nothing back is never silence --------------------------------------------


def whose(button: Button, by: Person) -> Whisper | None:
    """Return what one is told who taps what is for the other to tap; the ritual does not hear of it."""
    return whisper(FOR_THE_OTHER, who=button.whose) if button.whose and button.whose != by else None


def whose_turn(question: Say, event: Wrote) -> Say | None:
    """Return what one is told who answers what the other is asked; the ritual does not hear of it."""
    if question.whose is None or question.whose == event.by:
        return None
    return say(FOR_THE_OTHER, to=back(event, CLOSED).to, who=question.whose)


def nothing_back(row: Row, event: Event) -> dict[str, Any]:
    """Return what a person gets whose event led to no answer."""
    match event:
        case Tapped():
            return {"whisper": whisper(PASSED)}
        case Wrote():
            return {"said": (back(event, CLOSED),)}
        case Began(words=words) if words:
            return {"said": (back(event, CLOSED),)}
        case Began() if row.state is not None:
            return {"repeat": True}
        case _:
            return {}


def back(event: Event, text: str) -> Say:
    """Return a line to where the event came from: the lane of its person, or the room."""
    private = isinstance(event, Began | Wrote) and event.private
    return say(text, to=event.by if isinstance(event, Began | Wrote) and private else None)


def too_long(event: Event) -> bool:
    """Whether an answer is longer than a card can carry; behind a command there may be several."""
    match event:
        case Began(words=words):
            return any(len(part.text) > LONGEST_ANSWER for part in words.split(PARTED, MOST_ANSWERS - 1))
        case Wrote(words=words):
            return len(words.text) > LONGEST_ANSWER
    return False


# -- The veil -----------------------------------------------------------------


def guard(before: object, after: object, event: Event, answers: Iterable[Answer]) -> None:
    """Refuse answers that would carry one's words to the other while the veil is down.

    A veil lifts only by stepping into a state that does not veil: never by ending.
    """
    was_veiled = getattr(before, "veils", False)
    veiled = getattr(after, "veils", False) or (was_veiled and after is None)
    for thing in answers:
        if not isinstance(thing, Say | Whisper):
            continue
        writers = list(words_in(thing))
        if len(writers) > MOST_WORDS:
            raise VeilError(f"{len(writers)} people's words in one message, more than {MOST_WORDS}")
        reader = getattr(event, "by", None) if isinstance(thing, Whisper) else thing.to
        if veiled and any(writer != reader for writer in writers):
            raise VeilError(f"words would cross from {type(before).__name__} on {type(event).__name__}")
        to_room = isinstance(thing, Say) and thing.to is None
        if veiled and was_veiled and to_room and isinstance(event, Tapped | Wrote):
            raise VeilError(f"the room would learn who answered, in {type(before).__name__}")


def typed_openly(couple: Couple, before: object, after: object, event: Event) -> Person | None:
    """Return who has typed into the room, where the other reads it at once, what a veil now keeps.

    Somebody without a private chat has no other place to answer, and nowhere to be told.
    """
    match event:
        case (Wrote(private=False) | Began(private=False)) as typed if typed.words and not typed.words.listed:
            is_kept = after != before and getattr(after, "veils", False)
            return typed.by if is_kept and typed.by in couple.lanes else None
    return None


def of_the_room(who: Person, kept: Iterable[Kept]) -> tuple[Kept, Say] | None:
    """Return what a writer is told once of the room, alone, and that it was told."""
    if any(thing.kind == HINT and thing.by == who for thing in kept):
        return None
    return Kept(HINT, who, shared=False), say(ROOM_IS_OPEN, to=who)


def words_in(thing: Line) -> Iterator[Person | None]:
    """Return the writers of all words, and of all unshared kept things, that a line carries."""
    buttons: tuple[Button, ...] = thing.buttons if isinstance(thing, Say) else ()
    below: tuple[Line, ...] = thing.below if isinstance(thing, Say) else ()
    labels = (button.label for button in buttons if isinstance(button.label, Line))
    for value in thing.values.values():
        if isinstance(value, Words) or (isinstance(value, Kept) and not value.shared):
            yield value.by
        elif isinstance(value, Line):
            yield from words_in(value)
    for inner in chain(below, labels):
        yield from words_in(inner)


# -- Begun twice --------------------------------------------------------------


def going_on(rows: Iterable[Row], ritual: Ritual, words: Words) -> Row | None:
    """Return the playing that one began with just this tap, and has alone as yet."""
    return next((row for row in rows if row.ritual is ritual and words and row.begun == words), None)


# -- Silence ------------------------------------------------------------------


def floor(rows: Iterable[Row]) -> Row | None:
    """Return the row that asks the others for silence: the youngest one that hushes; before it, what presses.

    A pause may be older than the talk that it stops: it rested, or both had just come back from it.
    """
    return max((row for row in rows if row.hushes), key=lambda row: (row.ritual.urgent, row.id), default=None)


def is_held(couple: Couple, here: Row) -> bool:
    """Whether what this row says to the room waits until another's silence is over."""
    return is_silenced(couple, here) and not here.ritual.always


def held_back(event: Event, outcome: Outcome) -> str:
    """Return what is told in another's silence to whoever would else read nothing, or not before it ends."""
    new = {thing.to for thing in outcome.said if not thing.quiet}
    if outcome.repeat or None in new:
        return HELD
    if isinstance(event, Began) and event.words and not (event.private and event.by in new):
        return KEPT
    return ""


def breaks_silence(rows: Iterable[Row], said: Say, event: Event, ritual: Ritual) -> bool:
    """Whether something is said in another's silence, too: alone, to the one who did what it answers."""
    if ritual.always or said.to is None:
        return ritual.always
    return said.to == getattr(event, "by", None) or not are_apart(rows)


def are_apart(rows: Iterable[Row]) -> bool:
    """Whether the floor is held by a silence between the two, which their private chats keep, too."""
    holder = floor(rows)
    return holder is not None and not holder.lanes_go_on


def when_it_goes_on(before: Row, here: Row, event: Event, now: datetime) -> datetime | None:
    """Return when the first line is said that a silence held back; None: not before somebody is back.

    A silence that the clock ended and that lives on only rests, and nobody may be there.
    """
    if here.state is not None and isinstance(event, TimeCame):
        return None
    return now if before.lanes_go_on else now + AFTER_A_SILENCE


def by_day(prefers: Preferences, both: Iterable[Person], first: datetime) -> datetime:
    """Return when what has waited long is said after a silence: then, or when nobody has quiet hours."""
    return awake([prefers.of(person) for person in both], first)


def is_silenced(couple: Couple, here: Row) -> bool:
    """Whether another asks the room for silence."""
    holder = floor([here, *(row for row in couple.rows if row.id != here.id)])
    return holder is not None and holder.id != here.id


def softened(couple: Couple, said: Say, now: datetime) -> Say:
    """Return a message as it is delivered: without a sound in the quiet hours of anybody who reads it."""
    readers = (said.to,) if said.to else couple.both
    quiet = any(is_quiet(couple.prefers.of(reader), now) for reader in readers)
    return replace(said, softly=True) if quiet else said


def settle(couple: Couple, here: Row, now: datetime) -> Iterator[Row]:
    """Return the other rows that fall silent now, and those whose clock goes on, moved by the silence."""
    rows = [here, *(row for row in couple.rows if row.id != here.id)]
    holder = floor(rows)
    for row in rows[1:]:
        hushed = holder is not None and row.id != holder.id and not row.ritual.always
        if hushed and row.silent_since is None:
            yield silenced(couple, row, now)
        elif not hushed and row.silent_since is not None:
            yield resumed(row, now)


def fallen_silent(couple: Couple, here: Row, now: datetime) -> Row:
    """Return a row after its step: one that began in another's silence stands still at once."""
    began = here.state is not None and here.silent_since is None
    return silenced(couple, here, now) if began and is_held(couple, here) else here


def silenced(couple: Couple, row: Row, now: datetime) -> Row:
    """Return a row as it hears that another holds the floor."""
    state, answers = row.ritual.step(row.state, Hushed(), look(couple, row.ritual, now))
    if answers:
        raise VeilError(f"{row.ritual.name} spoke when it was hushed")
    return replace(row, state=state, silent_since=now)


def resumed(row: Row, now: datetime) -> Row:
    """Return a row after a silence: what it waited for is that much later."""
    if row.silent_since is None or row.wake_at is None:
        return replace(row, silent_since=None)
    state = replace(row.state, wake_at=row.wake_at + (now - row.silent_since))
    return replace(row, state=state, silent_since=None)


# -- Late, and past -----------------------------------------------------------


def occurrence(
    ritual: Ritual,
    prefers: Preferences,
    due: datetime,
    now: datetime,
    opened_on: date | None,
    rituals: Iterable[Ritual] = (),
) -> TimeCame | None:
    """Return how a ritual is rung whose hour came at `due`, or None where it is skipped.

    Only the latest missed occurrence counts. It is skipped when its window is cut below 45 minutes, when
    that evening was opened before, by hand or by the clock of another zone, and when another of these rituals
    has its own hour that evening, and stands in for it.
    """
    while (later := ritual.calls(prefers, due)) is not None and later <= now:
        due = later
    if due + ritual.window - now < TOO_SHORT:
        return None
    evening = evening_of(due, prefers[ZONE])
    if opened_on is not None and opened_on >= evening:
        return None
    if any(still_comes(other, prefers, evening, now) for other in standing_in_for(ritual, rituals)):
        return None
    return came(due, now)


def came(due: datetime, now: datetime) -> TimeCame:
    """Return that a time has come, and whether that is late. A date is never past because Tend was away."""
    return TimeCame(due, late=now - due > LATE)


def next_date(ritual: Ritual, kept: Iterable[Kept], after: datetime | None = None) -> datetime | None:
    """Return the earliest date of all that is open and that a ritual minds; storage looks it up itself."""
    dates = (thing.due for thing in kept if thing.kind in ritual.minds and thing.due and not thing.outcome)
    return min((due for due in dates if after is None or due > after), default=None)


def standing_in_for(ritual: Ritual, rituals: Iterable[Ritual]) -> list[Ritual]:
    """Return those of these rituals that stand in for this one."""
    return [other for other in rituals if ritual.name in other.stands_in_for]


def stood_in_for(ritual: Ritual, rituals: Iterable[Ritual]) -> list[Ritual]:
    """Return those of these rituals that count as opened with this one."""
    return [other for other in rituals if other.name in ritual.stands_in_for]


def still_comes(ritual: Ritual, prefers: Preferences, evening: date, now: datetime) -> bool:
    """Whether a ritual has its hour on this evening, and long enough of it is still to come."""
    due = ritual.calls(prefers, turn_of(evening, prefers[ZONE]) - timedelta(microseconds=1))
    return (
        due is not None
        and evening_of(due, prefers[ZONE]) == evening
        and now + TOO_SHORT <= due + ritual.window
    )


def ring(row: Row, now: datetime) -> TimeCame:
    """Return how a row is rung whose `wake_at` has come."""
    return came(row.wake_at or now, now)
