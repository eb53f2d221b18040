"""Couples, their people, their playings and what they prefer: loaded for one step, saved after it."""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from zlib import crc32

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    bindparam,
    delete,
    exists,
    inspect,
    or_,
    select,
    update,
)
from sqlalchemy.orm import lazyload
from sqlalchemy.orm.attributes import set_committed_value

from bot.ritual import Person, Prefer, Preference, Preferences, Ritual, Seat, never
from bot.shell import Couple, Row
from bot.storage import keepsakes
from bot.storage.codec import (
    UnreadableError,
    preference_from_json,
    preference_to_json,
    state_from_json,
    state_to_json,
    states_of,
)
from bot.storage.sealing import BrokenSealError
from bot.storage.store import Tx
from bot.storage.tables import (
    CallRow,
    CardRow,
    CoupleRow,
    KeptRow,
    LineRow,
    PersonRow,
    PlayingRow,
    SaidRow,
)
from bot.wording import LANGUAGE, spoken

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Book:
    """The table of contents, as storage needs it."""

    rituals: Mapping[str, Ritual]
    preferences: Mapping[str, Preference[Any]]
    spread: timedelta = timedelta()  # over which those are rung whose hour is the same

    @staticmethod
    def of(
        rituals: Sequence[Ritual], preferences: Iterable[Preference[Any]], spread: timedelta = timedelta()
    ) -> "Book":
        """Return the book of these. Raises KeyError for a ritual whose step does not say its states.

        Raises ValueError for one that minds what it does not read, or that has an hour besides.
        """
        for ritual in rituals:
            states_of(ritual)
            if ritual.minds and (ritual.calls is not never or not {*ritual.minds} <= {*ritual.reads}):
                raise ValueError(f"{ritual.name} minds what it does not read, or has an hour besides")
        by_name = {ritual.name: ritual for ritual in rituals}
        return Book(by_name, {wish.name: wish for wish in preferences}, spread)

    def wait_of(self, couple: CoupleRow) -> timedelta:
        """Return how long after its hour a couple is rung: always the same, and below the spread."""
        seconds = int(self.spread.total_seconds())
        return timedelta(seconds=crc32(str(couple.id).encode()) % seconds) if seconds else timedelta()

    def next_call(
        self, ritual: Ritual, couple: CoupleRow, prefers: Preferences, after: datetime
    ) -> datetime | None:
        """Return when a scheduled ritual is rung next, None where it has no hour."""
        wait = self.wait_of(couple)
        hour = ritual.calls(prefers, after - wait)
        return hour + wait if hour is not None else None

    def minding(self) -> list[Ritual]:
        """Return the rituals that are rung by the dates of what is kept."""
        return [ritual for ritual in self.rituals.values() if ritual.minds]


@dataclass(frozen=True)
class Audience:
    """Who the readers of a couple are: what rendering needs to know of them."""

    both: tuple[Person, ...]
    names: Mapping[Person, str] = field(repr=False)
    prefers: Preferences = field(repr=False)


# -- Rooms and people ---------------------------------------------------------

_NUMBERS: BindParameter[Any] = bindparam("numbers", expanding=True)
_OF_ROOM = select(CoupleRow).where(CoupleRow.chat_id == bindparam("chat_id"))
_OF_NUMBERS = select(CoupleRow).where(CoupleRow.id.in_(_NUMBERS))
_PLAYINGS = select(PlayingRow).where(PlayingRow.couple_id.in_(_NUMBERS)).order_by(PlayingRow.id)
_CALLS = select(CallRow).where(CallRow.couple_id.in_(_NUMBERS))
_CARDS = (
    select(CardRow)
    .join(CoupleRow.cards)
    .where(CoupleRow.id.in_(_NUMBERS))
    .order_by(CardRow.id)
    .options(lazyload(CardRow.lines))
)
_LINES = select(LineRow).where(LineRow.card_id.in_(_NUMBERS)).order_by(LineRow.id)
_KNOWN = select(PersonRow).where(PersonRow.telegram_id == bindparam("telegram_id"))


def of_room(tx: Tx, chat_id: int) -> CoupleRow | None:
    """Return the couple of a room."""
    couple = tx.rooms.get(chat_id)
    if couple is None or couple.chat_id != chat_id:
        couple = tx.session.scalar(_OF_ROOM, {"chat_id": chat_id})
    return _whole(tx, [couple])[0] if couple else None


def of_person(tx: Tx, person: PersonRow, *, for_a_step: bool = True) -> CoupleRow | None:
    """Return the one active couple of a person, and what a step needs of it."""
    if person.couple_id is None:
        return None
    couple = tx.session.get(CoupleRow, person.couple_id)
    return _whole(tx, [couple])[0] if couple and for_a_step else couple


def _whole(tx: Tx, those: Sequence[CoupleRow]) -> Sequence[CoupleRow]:
    """Load all that a step needs before anything is written, so that it is written in one go.

    The library's own way to load such lists makes each of these questions anew, which takes as long as to
    answer it.
    """
    left = [couple for couple in those if "cards" in inspect(couple).unloaded]
    if left:
        with tx.session.no_autoflush:
            numbers = [couple.id for couple in left]
            _fill(left, "playings", tx.session.scalars(_PLAYINGS, {"numbers": numbers}), "couple_id")
            cards = tx.session.scalars(_CARDS, {"numbers": numbers}).all()
            _fill(left, "cards", cards, "couple_id")
            fresh = [card for card in cards if "lines" in inspect(card).unloaded]
            if fresh:
                lines = tx.session.scalars(_LINES, {"numbers": [card.id for card in fresh]})
                _fill(fresh, "lines", lines, "card_id")
    return those


def _fill(owners: Iterable[Any], name: str, rows: Iterable[Any], owner_id: str) -> None:
    """Give each owner the list of its rows, as it was loaded."""
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(getattr(row, owner_id), []).append(row)
    for owner in owners:
        if name in inspect(owner).unloaded:
            set_committed_value(owner, name, found.get(owner.id, []))


def enter(tx: Tx, chat_id: int, thread_id: int | None) -> CoupleRow:
    """Return the couple of a room, made where the room is new or its former two have let Tend rest.

    Until the two are known, Tend speaks in the topic in which it was called last.
    """
    couple = of_room(tx, chat_id)
    if couple is not None and couple.stage == "resting":
        couple.chat_id, couple = None, None
        tx.session.flush()
    if couple is None:
        number = tx.new_id()
        key = tx.keys.new(number)
        couple = CoupleRow(id=number, chat_id=chat_id, thread_id=thread_id, stage="joining", key=key)
        tx.session.add(couple)
        tx.session.flush()
    elif couple.stage == "joining" and thread_id is not None:
        couple.thread_id = thread_id
    return couple


def known(tx: Tx, telegram_id: int) -> PersonRow | None:
    """Return a person by their number at Telegram."""
    return tx.people.get(telegram_id) or tx.session.scalar(_KNOWN, {"telegram_id": telegram_id})


def meet(tx: Tx, telegram_id: int, name: str, language: str = "") -> PersonRow:
    """Return a person, made or renamed as Telegram names them now; `language` is that of their app."""
    person = known(tx, telegram_id)
    if person is None:
        number = tx.new_id()
        person = PersonRow(id=number, telegram_id=telegram_id, key=tx.keys.new(number), lane_open=False)
        tx.session.add(person)
        tx.session.flush()
    greet(tx, person, name, language)
    return person


def greet(tx: Tx, person: PersonRow, name: str, language: str) -> None:
    """Call a person as Telegram names them now; `language` is that of their app."""
    if name_of(tx, person) != name:
        person.name = tx.seal_of(person).close(name, "person", person.id, "name", person.id)
    person.becomes(language=spoken(language))


def one_of(tx: Tx, couple: CoupleRow, telegram_id: int) -> PersonRow | None:
    """Return the one of a couple who has this number at Telegram."""
    return next((person for person in people_of(tx, couple) if person.telegram_id == telegram_id), None)


def name_of(tx: Tx, person: PersonRow) -> str:
    """Return a person's name; an ellipsis where it was erased."""
    if person.name is None or person.key is None:
        return "…"
    return tx.seal_of(person).open(person.name, "person", person.id, "name", person.id)


def numbered(tx: Tx, number: int) -> CoupleRow:
    """Return the couple of a number of ours."""
    return tx.session.get_one(CoupleRow, number)


def bring(tx: Tx, numbers: Iterable[int]) -> Sequence[CoupleRow]:
    """Load couples and their people in one look, where each would be looked up one by one."""
    numbers = [*numbers]
    return tx.session.scalars(_OF_NUMBERS, {"numbers": numbers}).all() if numbers else []


def bring_whole(tx: Tx, numbers: Iterable[int]) -> None:
    """Load all that a step of these couples needs, in few looks, to be found by where they write."""
    those = _whole(tx, bring(tx, numbers))
    called = tx.session.scalars(_CALLS, {"numbers": [couple.id for couple in those]}) if those else ()
    _fill(those, "calls", called, "couple_id")
    for couple in those:
        tx.rooms |= {couple.chat_id: couple} if couple.chat_id else {}
        tx.people |= {person.telegram_id: person for person in people_of(tx, couple)}


def lane_is_open(tx: Tx, person: Person) -> bool:
    """Whether this one has opened the private chat."""
    row = tx.session.get(PersonRow, person.id)
    return row is not None and row.lane_open


def people_of(tx: Tx, couple: CoupleRow) -> tuple[PersonRow, ...]:
    """Return the two of a couple, or nobody while they join."""
    seats = tuple(seat for seat in (couple.first_id, couple.second_id) if seat)
    people = (tx.session.get(PersonRow, seat) for seat in seats)
    return tx.opened(("people", *seats), lambda: tuple(person for person in people if person))


class TakenError(Exception):
    """One of two people has become one of two elsewhere meanwhile."""


def settle_in(tx: Tx, couple: CoupleRow, chat_id: int | None) -> None:
    """Give a couple's room its number at Telegram, or none."""
    couple.chat_id = chat_id
    tx.session.flush()


def seat(tx: Tx, couple: CoupleRow, seat: Seat) -> None:
    """Let two people be the couple of this room. Raises TakenError where one is in another couple.

    Two who go on as before get back what they kept and preferred; else it is a new record.
    """
    two = seat.two
    people = [tx.session.get_one(PersonRow, person.id) for person in two]
    if any(person.couple_id not in {None, couple.id} for person in people):
        raise TakenError("one of the two is in another couple")
    couple.first_id, couple.second_id = (person.id for person in two)
    couple.stage = "together"
    numbers = [person.id for person in two]
    theirs = CoupleRow.first_id.in_(numbers), CoupleRow.second_id.in_(numbers)
    former = _last(tx, *theirs) if seat.again else None
    if former is not None:
        _inherit(tx, couple, former)
    for row in people:
        row.couple_id = couple.id


def _inherit(tx: Tx, couple: CoupleRow, former: CoupleRow) -> None:
    """Take over what two people kept and preferred; what was joint is sealed anew, with their new key."""
    for row in tx.session.scalars(select(KeptRow).where(KeptRow.couple_id == former.id)).all():
        if row.by_id is None and row.words is not None:
            said = tx.seal_of(former).open(row.words, "kept", row.id, "words", former.id)
            row.words = tx.seal_of(couple).close(said, "kept", row.id, "words", couple.id)
        row.couple_id = couple.id
    taken = {call.ritual: call for call in couple.calls}
    for call in former.calls:
        if call.ritual not in taken:
            couple.calls.append(CallRow(ritual=call.ritual, opened_on=call.opened_on))
        else:
            taken[call.ritual].opened_on = call.opened_on
    _prefer(tx, couple, _chosen(tx, former))


def before(tx: Tx, person: Person) -> frozenset[Person]:
    """Return the two of the couple that this one was last one of, if their evenings had begun."""
    last = _last(tx, or_(CoupleRow.first_id == person.id, CoupleRow.second_id == person.id))
    return frozenset(Person(each.id) for each in people_of(tx, last)) if last else frozenset()


def _last(tx: Tx, *whose: ColumnElement[bool]) -> CoupleRow | None:
    """Return the newest couple at rest of these people whose evenings had begun, wherever that was."""
    begun = exists().where(CallRow.couple_id == CoupleRow.id)
    query = select(CoupleRow).where(CoupleRow.stage == "resting", begun, *whose)
    return tx.session.scalar(query.order_by(CoupleRow.id.desc()).limit(1))


def part(tx: Tx, couple: CoupleRow) -> None:
    """Let a couple rest: nobody is rung, nothing more is said, and each is free for another room."""
    couple.stage, couple.rested_at, couple.floor_id = "resting", tx.now, None
    tx.session.execute(update(PersonRow).where(PersonRow.couple_id == couple.id).values(couple_id=None))
    for call in couple.calls:
        call.due_at = None
    for playing in [*couple.playings]:
        end(tx, couple, playing.id)


# -- One couple, as the shell sees it -----------------------------------------


def load(tx: Tx, couple: CoupleRow, book: Book, ritual: Ritual) -> tuple[Couple, tuple[PlayingRow, ...]]:
    """Return a couple for a step of one ritual, and the playings whose state nobody can read any more."""
    people = people_of(tx, couple)
    rows: list[Row] = []
    unreadable: list[PlayingRow] = []
    for playing in couple.playings:
        row = row_of(tx, couple, playing, book)
        if row is not None:
            rows.append(row)
        else:
            unreadable.append(playing)
    both = tuple(Person(person.id) for person in people)
    lanes = frozenset(Person(person.id) for person in people if person.lane_open)
    kept = keepsakes.of(tx, couple, ritual.reads, ritual.looks_back, ritual.minds)
    return Couple(both, tuple(rows), kept, preferences(tx, couple, book), lanes), tuple(unreadable)


def rows_of(tx: Tx, couple: CoupleRow, book: Book) -> list[Row]:
    """Return the playings of a couple that can be read, oldest first."""
    rows = (row_of(tx, couple, playing, book) for playing in couple.playings)
    return [row for row in rows if row is not None]


def row_at(tx: Tx, couple: CoupleRow, playing_id: int | None, book: Book) -> Row | None:
    """Return one playing of this couple, or None where it is over or cannot be read."""
    playing = _playing(couple, playing_id)
    return row_of(tx, couple, playing, book) if playing else None


def row_of(tx: Tx, couple: CoupleRow, playing: PlayingRow, book: Book) -> Row | None:
    """Return a playing with its state, or None where it cannot be read."""
    ritual = book.rituals.get(playing.ritual)
    state = _state_of(tx, couple, playing, ritual) if ritual else None
    return Row(playing.id, ritual, state, playing.silent_since) if ritual and state is not None else None


def _state_of(tx: Tx, couple: CoupleRow, playing: PlayingRow, ritual: Ritual) -> object | None:
    """Return the state a playing was saved in, or None where it cannot be read."""

    def read() -> object:
        text = tx.seal_of(couple).open(playing.state, "playing", playing.id, "state", couple.id)
        return state_from_json(ritual, text)

    try:
        return tx.opened(("state", playing.id, playing.state), read)
    except (BrokenSealError, UnreadableError) as error:
        log.warning("%s", error)
        return None


def _playing(couple: CoupleRow, playing_id: int | None) -> PlayingRow | None:
    return next((playing for playing in couple.playings if playing.id == playing_id), None)


def is_from_before_its_silence(couple: CoupleRow, card: CardRow) -> bool:
    """Whether a card's playing has fallen silent since the card was said."""
    playing = _playing(couple, card.playing_id)
    return playing is not None and playing.silent_since is not None and card.at < playing.silent_since


def save_row(tx: Tx, couple: CoupleRow, row: Row) -> None:
    """Save a playing, or end it where its state is None."""
    if row.state is None:
        end(tx, couple, row.id)
        return
    playing = _playing(couple, row.id)
    if playing is None:
        playing = PlayingRow(id=row.id, ritual=row.ritual.name, always=row.ritual.always)
        couple.playings.append(playing)
    if playing.state is None or _state_of(tx, couple, playing, row.ritual) != row.state:
        text = state_to_json(row.ritual, row.state)
        playing.state = tx.seal_of(couple).close(text, "playing", row.id, "state", couple.id)
    playing.becomes(wake_at=row.wake_at, silent_since=row.silent_since)


def end(tx: Tx, couple: CoupleRow, playing_id: int) -> None:
    """End a playing: it is not there any more, nor which messages answered it."""
    playing = _playing(couple, playing_id)
    if playing is not None:
        couple.playings.remove(playing)
        tx.take_back(playing)
        tx.session.execute(delete(SaidRow).where(SaidRow.playing_id == playing_id))


def audience(tx: Tx, couple: CoupleRow, book: Book, guests: Iterable[Person] = ()) -> Audience:
    """Return who reads: the two, and people who are only just joining."""
    people = [
        *people_of(tx, couple),
        *(row for guest in guests if (row := tx.session.get(PersonRow, guest.id))),
    ]
    names = {Person(person.id): name_of(tx, person) for person in people}
    prefers = preferences(tx, couple, book)
    prefers = replace(prefers, chosen=MappingProxyType({**languages_of(people), **prefers.chosen}))
    return Audience(tuple(Person(person.id) for person in people_of(tx, couple)), names, prefers)


# -- What they prefer ---------------------------------------------------------


def preferences(tx: Tx, couple: CoupleRow, book: Book) -> Preferences:
    """Return what the two have chosen; whoever chose no language of their own has that of their app."""
    people = people_of(tx, couple)
    languages = tuple((person.id, person.language) for person in people)

    def read() -> Preferences:
        chosen: dict[str, object] = languages_of(people)
        for name, stored in _chosen(tx, couple).items():
            wish = book.preferences.get(name.partition("@")[0])
            if wish is not None:
                chosen[name] = preference_from_json(wish, stored)
        return Preferences(MappingProxyType(chosen))

    return tx.opened(("preferences", couple.id, couple.prefers, languages), read)


def languages_of(people: Iterable[PersonRow]) -> dict[str, object]:
    """Return the languages of people's apps, as each one's own preference."""
    return {f"{LANGUAGE.name}@{person.id}": person.language for person in people if person.language}


def prefer(tx: Tx, couple: CoupleRow, wishes: Iterable[Prefer]) -> None:
    """Save changed preferences."""
    chosen = _chosen(tx, couple)
    for wish in wishes:
        name = f"{wish.preference.name}@{wish.by.id}" if wish.by else wish.preference.name
        chosen[name] = preference_to_json(wish.preference, wish.value)
    _prefer(tx, couple, chosen)


def _prefer(tx: Tx, couple: CoupleRow, chosen: Mapping[str, Any]) -> None:
    couple.prefers = tx.seal_of(couple).close(json.dumps(chosen), "couple", couple.id, "prefers", couple.id)


def _chosen(tx: Tx, couple: CoupleRow) -> dict[str, Any]:
    if couple.prefers is None:
        return {}
    chosen: dict[str, Any] = json.loads(
        tx.seal_of(couple).open(couple.prefers, "couple", couple.id, "prefers", couple.id)
    )
    return chosen
