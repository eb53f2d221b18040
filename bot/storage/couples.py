"""Couples, their people, their playings and what they keep: loaded for one step, saved after it."""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cache
from types import MappingProxyType
from typing import Any, TypeAlias
from zlib import crc32

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    delete,
    exists,
    false,
    func,
    inspect,
    not_,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.orm import lazyload
from sqlalchemy.orm.attributes import set_committed_value

from bot.hours import ZONE, evening_of
from bot.ritual import Kept, Person, Prefer, Preference, Preferences, Ritual, Seat, Words, never
from bot.shell import Couple, Row
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
    NOW,
    CallRow,
    CardRow,
    CoupleRow,
    InboxRow,
    KeptRow,
    LineRow,
    PersonRow,
    PlayingRow,
    SaidRow,
    Utc,
)
from bot.wording import LANGUAGE, spoken

log = logging.getLogger(__name__)

LONG_DUE = timedelta(minutes=1)  # then a couple is rung, however much it writes all the while

Due: TypeAlias = PlayingRow | CallRow  # who is to be rung at a moment


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


def of_due(tx: Tx, due: Due) -> CoupleRow:
    """Return who is to be rung."""
    return tx.session.get_one(CoupleRow, due.couple_id)


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
    kept = kept_of(tx, couple, ritual.reads, ritual.looks_back, ritual.minds)
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


# -- What is kept -------------------------------------------------------------


def kept_of(
    tx: Tx,
    couple: CoupleRow,
    kinds: Sequence[str],
    most: int = Ritual.looks_back,
    minded: Sequence[str] = Ritual.minds,
) -> tuple[Kept, ...]:
    """Return so many kept things of each of these kinds, oldest first: the newest.

    Of those that are minded it is the open ones whose date comes first, and those of the latest dates: a
    promise for next spring is older by then than all that was said meanwhile.
    """
    if not kinds:
        return ()
    rows = tx.brought.get((couple.id, tuple(kinds), most, tuple(minded)))
    if rows is None:
        query = _newest_kept(tuple(kinds), most, tuple(minded))
        rows = tx.session.scalars(query, {"couple": couple.id}).all()
    return tuple(_kept(tx, couple, row) for row in rows)


@cache
def _newest_kept(kinds: tuple[str, ...], most: int, minded: tuple[str, ...]) -> Select[KeptRow]:
    theirs = select(KeptRow.id).where(KeptRow.couple_id == bindparam("couple")).limit(most)
    newest = [
        theirs.where(KeptRow.kind == kind).order_by(KeptRow.id.desc()) for kind in kinds if kind not in minded
    ]
    for kind in minded:
        dated = theirs.where(KeptRow.kind == kind, KeptRow.due.is_not(None))
        newest.append(dated.order_by(KeptRow.due.desc(), KeptRow.id.desc()))
        newest.append(dated.where(KeptRow.outcome == "").order_by(KeptRow.due, KeptRow.id))
    those = union_all(*(select(each.subquery()) for each in newest))
    return select(KeptRow).where(KeptRow.id.in_(those)).order_by(KeptRow.id)


def _bring_kept(tx: Tx, due: Iterable[Due], book: Book) -> None:
    """Load what the rituals of those who are due look back on, in one look for each of these rituals."""
    whose: dict[str, set[int]] = {}
    for each in due:
        whose.setdefault(each.ritual, set()).add(each.couple_id)
    for name, numbers in whose.items():
        ritual = book.rituals.get(name)
        if ritual is not None and ritual.reads:
            kinds, most, minded = tuple(ritual.reads), ritual.looks_back, tuple(ritual.minds)
            query = _newest_kept_of_many(most, minded)
            found: dict[int, list[KeptRow]] = {number: [] for number in numbers}
            for row in tx.session.scalars(query, {"numbers": list(numbers), "kinds": list(kinds)}):
                found[row.couple_id].append(row)
            tx.brought |= {(number, kinds, most, minded): rows for number, rows in found.items()}


@cache
def _newest_kept_of_many(most: int, minded: tuple[str, ...]) -> Select[KeptRow]:
    def place(*order: Any) -> ColumnElement[int]:  # noqa: ANN401 - columns, and clauses of SQLAlchemy's
        return func.row_number().over(partition_by=(KeptRow.couple_id, KeptRow.kind), order_by=order)

    undated, closed = KeptRow.due.is_(None), KeptRow.outcome != ""
    theirs = (
        select(
            KeptRow.id, KeptRow.kind.in_(minded).label("minded"),
            undated.label("undated"), closed.label("closed"),
            place(KeptRow.id.desc()).label("newest"),
            place(undated, KeptRow.due.desc(), KeptRow.id.desc()).label("latest"),
            place(closed, undated, KeptRow.due, KeptRow.id).label("nearest"),
        )
        .where(
            KeptRow.couple_id.in_(bindparam("numbers", expanding=True)),
            KeptRow.kind.in_(bindparam("kinds", expanding=True)),
        )
        .subquery()
    ).c  # fmt: skip
    is_dated = or_(theirs.latest <= most, and_(not_(theirs.closed), theirs.nearest <= most))
    newest = select(theirs.id).where(
        case((theirs.minded, and_(not_(theirs.undated), is_dated)), else_=theirs.newest <= most)
    )
    return select(KeptRow).where(KeptRow.id.in_(newest)).order_by(KeptRow.id)


def keep(tx: Tx, couple: CoupleRow, thing: Kept) -> Kept:
    """Keep something, or keep it anew."""
    for brought in [each for each in tx.brought if each[0] == couple.id]:
        del tx.brought[brought]
    row = tx.session.get(KeptRow, thing.id) if thing.id else None
    row = row or KeptRow(id=tx.new_id(), couple_id=couple.id, at=tx.now)
    owner = _owner(tx, couple, thing.by)
    row.kind, row.by_id = thing.kind, thing.by.id if thing.by else None
    row.due, row.outcome, row.shared = thing.due, thing.outcome, thing.shared
    row.once, row.listed = thing.once, bool(thing.words and thing.words.listed)
    said = thing.words.text if thing.words else None
    row.words = tx.seal_of(owner).close(said, "kept", row.id, "words", owner.id) if said is not None else None
    tx.session.add(row)
    return replace(thing, id=row.id, at=row.at)


def _kept(tx: Tx, couple: CoupleRow, row: KeptRow) -> Kept:
    by = Person(row.by_id) if row.by_id else None
    owner = _owner(tx, couple, by)
    words = None
    if row.words is not None:
        said = tx.seal_of(owner).open(row.words, "kept", row.id, "words", owner.id)
        # What is joint is somebody's words all the same: a lock screen shows none of them.
        words = Words(by or Person(couple.id), said, listed=row.listed)
    return Kept(row.kind, by, words, row.due, row.outcome, row.shared, row.id, row.at, row.once)


def _owner(tx: Tx, couple: CoupleRow, by: Person | None) -> CoupleRow | PersonRow:
    return (tx.session.get(PersonRow, by.id) if by else None) or couple


# -- Who is due ---------------------------------------------------------------


def due(tx: Tx, most: int) -> list[Due]:
    """Return who is to be rung; playings come before hours.

    Each kind comes longest due first. One that another has hushed is not rung, and while a couple keeps a
    silence none of its hours comes.
    """
    at = {"now": tx.now, "long_due": tx.now - LONG_DUE}
    playings = tx.session.scalars(_DUE_PLAYINGS, at | {"most": most}).all()
    calls = tx.session.scalars(_DUE_CALLS, at | {"most": most - len(playings)}).all()
    return [*playings, *calls]


def bring_due(tx: Tx, due: Sequence[Due], book: Book) -> None:
    """Load all that their rings need in few looks, where each would be looked up one by one."""
    numbers = {"numbers": list({each.couple_id for each in due})}
    those = _whole(tx, tx.session.scalars(_OF_NUMBERS, numbers).all())
    _fill(those, "calls", tx.session.scalars(_CALLS, numbers), "couple_id")
    _bring_kept(tx, due, book)


def bring_whole(tx: Tx, numbers: set[int]) -> None:
    """Load couples with all that their steps need in few looks, to be found by where they write."""
    if numbers:
        for couple in _whole(tx, tx.session.scalars(_OF_NUMBERS, {"numbers": list(numbers)}).all()):
            tx.rooms |= {couple.chat_id: couple} if couple.chat_id else {}
            tx.people |= {person.telegram_id: person for person in people_of(tx, couple)}


def bring(tx: Tx, numbers: set[int]) -> None:
    """Load couples and their people in one look, where each would be looked up one by one."""
    if numbers:
        tx.session.scalars(_OF_NUMBERS, {"numbers": list(numbers)}).all()


def is_due(couple: CoupleRow, due: Due, now: datetime) -> bool:
    """Whether one that was due is so still, whatever was rung before it."""
    at = _hour_of(due)
    if at is None or at > now:
        return False
    if isinstance(due, CallRow):
        return couple.floor_id is None
    return due in couple.playings and (due.always or couple.floor_id in {None, due.id})


def _hour_of(due: Due) -> datetime | None:
    return due.wake_at if isinstance(due, PlayingRow) else due.due_at


def late_by(couple: CoupleRow, due: Due, now: datetime) -> timedelta | None:
    """Return how late one is that is rung now, None where it is not its turn.

    After a silence one waits for the other on purpose, and is not late for that.
    """
    at = _hour_of(due)
    if at is None:
        return None
    if couple.rung_after is not None and not is_rung_on_time(couple, due):
        at = max(at, couple.rung_after)
    return now - at if at <= now else None


def is_rung_on_time(couple: CoupleRow, due: Due) -> bool:
    """Whether one need not wait for the others after a silence: it answers always, or has the floor."""
    return isinstance(due, PlayingRow) and (due.always or due.id == couple.floor_id)


def is_anybody_due(couple: CoupleRow, now: datetime) -> bool:
    """Whether anybody of a couple is to be rung now, who has the floor."""
    moments = [playing.wake_at for playing in couple.playings if not playing.always]
    moments += [call.due_at for call in couple.calls]
    return any(at is not None and at <= now for at in moments)


def ring_later(due: Due, at: datetime) -> None:
    """Let one that is due be rung at another moment."""
    if isinstance(due, PlayingRow):
        due.wake_at = at
    else:
        due.due_at = at


def next_due(tx: Tx) -> datetime | None:
    """Return the next moment at which anybody is due."""
    moments = tx.session.scalar(_NEXT_PLAYING), tx.session.scalar(_NEXT_CALL)
    return min((moment for moment in moments if moment), default=None)


def _not_before(due: Any, on_time: Any) -> Any:  # noqa: ANN401 - clauses of SQLAlchemy's
    """When a row is rung: after a silence one waits for the other."""
    return case((and_(CoupleRow.rung_after > due, not_(on_time)), CoupleRow.rung_after), else_=due)


def _is_rung_again() -> Any:  # noqa: ANN401 - a clause of SQLAlchemy's
    return or_(CoupleRow.rung_after.is_(None), CoupleRow.rung_after <= NOW)


def _is_on_time() -> Any:  # noqa: ANN401 - as above
    return or_(PlayingRow.always, and_(CoupleRow.floor_id.is_not(None), CoupleRow.floor_id == PlayingRow.id))


def _has_the_floor() -> Any:  # noqa: ANN401 - a clause of SQLAlchemy's
    return or_(CoupleRow.floor_id.is_(None), _is_on_time())


def _is_heard(due: Any) -> Any:  # noqa: ANN401 - as above
    """Whether nothing of a couple waits to be heard that may have come before it was due."""
    waits = exists().where(InboxRow.whose == CoupleRow.id, InboxRow.stage == "new")
    return or_(due <= bindparam("long_due", type_=Utc()), ~waits)


_NEXT_PLAYING = (
    select(_not_before(PlayingRow.wake_at, _is_on_time()))
    .select_from(PlayingRow)
    .join(CoupleRow, CoupleRow.id == PlayingRow.couple_id)
    .where(PlayingRow.wake_at.is_not(None), _has_the_floor())
    .order_by(_not_before(PlayingRow.wake_at, _is_on_time()))
    .limit(1)
)
_NEXT_CALL = (
    select(_not_before(CallRow.due_at, false()))
    .select_from(CallRow)
    .join(CoupleRow, CoupleRow.id == CallRow.couple_id)
    .where(CallRow.due_at.is_not(None), CoupleRow.floor_id.is_(None))
    .order_by(_not_before(CallRow.due_at, false()))
    .limit(1)
)
_DUE_PLAYINGS = (
    select(PlayingRow)
    .join(CoupleRow, CoupleRow.id == PlayingRow.couple_id)
    .where(PlayingRow.wake_at <= NOW, _has_the_floor(), or_(_is_rung_again(), _is_on_time()))
    .where(_is_heard(PlayingRow.wake_at))
    .order_by(PlayingRow.wake_at)
    .limit(bindparam("most"))
)
_DUE_CALLS = (
    select(CallRow)
    .join(CoupleRow, CoupleRow.id == CallRow.couple_id)
    .where(CallRow.due_at <= NOW, CoupleRow.floor_id.is_(None), _is_rung_again())
    .where(_is_heard(CallRow.due_at))
    .order_by(CallRow.due_at)
    .limit(bindparam("most"))
)


def call_of(couple: CoupleRow, ritual: Ritual) -> CallRow:
    """Return the row that holds a ritual's next hour."""
    row = next((call for call in couple.calls if call.ritual == ritual.name), None)
    if row is None:
        row = CallRow(ritual=ritual.name)
        couple.calls.append(row)
    return row


def next_date(
    tx: Tx, couple: CoupleRow, book: Book, ritual: Ritual, after: datetime | None = None
) -> datetime | None:
    """Return when a ritual is rung next by the date of an open thing that it minds."""
    if couple.stage != "together":
        return None
    wait = book.wait_of(couple)
    open_ones = select(func.min(KeptRow.due)).where(
        KeptRow.couple_id == couple.id, KeptRow.kind.in_(ritual.minds), KeptRow.outcome == ""
    )
    due: datetime | None = tx.session.scalar(
        open_ones.where(KeptRow.due > after - wait) if after else open_ones
    )
    return due + wait if due is not None else None


def _next_call(tx: Tx, couple: CoupleRow, book: Book, ritual: Ritual, after: datetime) -> datetime | None:
    """Return when a ritual is rung next: at an hour of its own after that instant, or at a date it minds."""
    if ritual.minds:
        return next_date(tx, couple, book, ritual)
    return book.next_call(ritual, couple, preferences(tx, couple, book), after)


def mind_dates(tx: Tx, couple: CoupleRow, book: Book, kinds: set[str]) -> None:
    """Note when each ritual is rung that minds things of these kinds, of which one was kept just now."""
    for ritual in book.minding():
        if kinds & {*ritual.minds}:
            due = next_date(tx, couple, book, ritual)
            if due is not None or any(call.ritual == ritual.name for call in couple.calls):
                call_of(couple, ritual).due_at = due


def look_ahead(tx: Tx, couple: CoupleRow, book: Book) -> None:
    """Work out when every ritual is rung next, from the preferences and the dates as they are now."""
    called = {call.ritual for call in couple.calls}
    for ritual in book.rituals.values():
        due = _next_call(tx, couple, book, ritual, tx.now) if couple.stage == "together" else None
        if due is not None or ritual.name in called:
            call_of(couple, ritual).due_at = due


def look_ahead_at_new(tx: Tx, book: Book, most: int = 500) -> int:
    """Give couples whose evenings have begun the next hours of rituals that the book did not have then.

    Only so many at a time; returns how many they were.
    """
    given = 0
    for ritual in book.rituals.values():
        if ritual.calls is never and not ritual.minds:
            continue
        begun = exists().where(CallRow.couple_id == CoupleRow.id)
        if ritual.minds:
            open_ones = KeptRow.kind.in_(ritual.minds), KeptRow.outcome == "", KeptRow.due.is_not(None)
            begun = exists().where(KeptRow.couple_id == CoupleRow.id, *open_ones)
        known = exists().where(CallRow.couple_id == CoupleRow.id, CallRow.ritual == ritual.name)
        query = select(CoupleRow).where(CoupleRow.stage == "together", begun, ~known).limit(most - given)
        for couple in tx.session.scalars(query).all():
            call, given = call_of(couple, ritual), given + 1
            try:
                call.due_at = _next_call(tx, couple, book, ritual, tx.now)
            except BrokenSealError as error:
                log.warning("%s", error)
    return given


def look_ahead_anew(tx: Tx, book: Book) -> None:
    """Work out all next hours again: the clock went back, and they are those of a time to come."""
    called = select(CallRow, CoupleRow).join(CoupleRow, CoupleRow.id == CallRow.couple_id)
    for call, couple in tx.session.execute(called.where(CallRow.due_at.is_not(None))).all():
        try:
            prefers = preferences(tx, couple, book)
        except BrokenSealError as error:
            log.warning("%s", error)
            continue
        if call.opened_on and call.opened_on > evening_of(tx.now, prefers[ZONE]):
            call.opened_on = None
        if ritual := book.rituals.get(call.ritual):
            # One whose window is still open counts: the ring decides what is late, past or opened already.
            call.due_at = _next_call(tx, couple, book, ritual, tx.now - ritual.window)


def opened_on(couple: CoupleRow, ritual: Ritual, evening: date) -> None:
    """Remember the evening for which a scheduled ritual was opened."""
    call_of(couple, ritual).opened_on = evening
