"""Cards: what stands in the chats, or soon will, and what is said on them.

A card has a face and lives until its question is over. What is said goes into the outbox in the same
transaction. A card that changes before it was sent is sent once, as it is by then, and what is the same is
said once: nobody is flooded, neither after an outage nor for having written much.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, exists, func, select

from bot.hours import LATE
from bot.ritual import Person, Say
from bot.shell import LONG_SINCE
from bot.storage.codec import legible, say_from_json, say_to_json
from bot.storage.pace import AFTERWARDS, FIRST, PROMPT, SOMEBODY_BACK, TIDYING, TO_PEOPLE
from bot.storage.store import Tx, made_at
from bot.storage.tables import CardRow, CoupleRow, LineRow, PersonRow, PlayingRow, SaidRow

CLOSED_CARDS = timedelta(days=7)  # how long a reply to a closed question is still told so
JUST_SAID = timedelta(seconds=5)  # so long the same line is not said again right below itself


# -- Saying -------------------------------------------------------------------


def say(
    tx: Tx, couple: CoupleRow, playing_id: int | None, said: Say, rank: int, *, always: bool
) -> int | None:
    """Put a message of a ritual into the outbox; a quiet one only gives its standing card a new face.

    Returns the card, or None where a quiet one found none.
    """
    standing = _standing(couple, playing_id, said)
    if standing is not None and rank == PROMPT and _is_past(tx, standing, said):
        retire(tx, couple, standing)
        return None
    if said.quiet:
        if standing is None:
            return None
        _reface(tx, couple, standing, said)
        _redraw(tx, couple, standing, rank, always=always)
        return standing.id
    for line in _afterwards(couple):
        if (line.playing_id, line.to_id) == (playing_id, _chat_of(said)):
            _its_turn(line, tx.now)  # or what comes of something would stand above it
    if not said.card and (same := _just_said(tx, couple, playing_id, said)) is not None:
        return same.id
    card = CardRow(
        id=tx.new_id(), playing_id=playing_id, to_id=_chat_of(said),
        name=said.card, asks=said.asks, live=True, at=tx.now,
    )  # fmt: skip
    couple.cards.append(card)
    _reface(tx, couple, card, said)
    _put(tx, couple, card, "say", FIRST if said.at_once else rank, said, always=always)
    if standing is not None:
        retire(tx, couple, standing)  # after it, so that tidying does not hold it up
    return card.id


def repeat(tx: Tx, couple: CoupleRow, playing_id: int, to: Person | None, *, always: bool) -> bool:
    """Say the newest card of a playing again, where somebody asked for it; tell whether there is one.

    What was only said beside it, of words that could not be kept say, is no card.
    """
    chat = to.id if to else None
    theirs = [card for card in _cards(couple, playing_id) if card.to_id == chat and card.face is not None]
    standing = [card for card in theirs if card.name or card.asks] or theirs
    face = face_of(tx, couple, standing[-1]) if standing else None
    if face is None:
        return False
    say(tx, couple, playing_id, replace(face, quiet=False), TO_PEOPLE, always=always)
    return True


def end(tx: Tx, couple: CoupleRow, playing_id: int, last: Collection[int | None] = ()) -> None:
    """Let the cards of a playing that is over lose buttons and question, but for its last words."""
    for card in _cards(couple, playing_id):
        if card.id not in last:
            retire(tx, couple, card)


def end_all(tx: Tx, couple: CoupleRow) -> None:
    """Let every card of a couple die, and send nothing more of what was still to be said."""
    for card in tx.session.scalars(select(CardRow).where(CardRow.couple_id == couple.id, CardRow.live)).all():
        retire(tx, couple, card)


def retire(tx: Tx, couple: CoupleRow, card: CardRow) -> None:
    """Let a card die: its buttons go, and if it was not sent yet it never is."""
    card.live = False
    lines = [*card.lines]
    flying = any(line.flying for line in lines)
    _unsay(tx, card, [line for line in lines if not line.flying])
    if card.message_id is None and not flying:
        if card in couple.cards:
            couple.cards.remove(card)
        tx.take_back(card)
        return
    face = face_of(tx, couple, card)
    if not flying and (lines or (face is not None and face.buttons)):
        _put(tx, couple, card, "strip", TIDYING, Say(""), always=True)
    card.face = None


def ended_in_flight(tx: Tx, couple: CoupleRow, card: CardRow) -> None:
    """A card has come whose playing ended meanwhile; buttons that open another ritual stay."""
    face = face_of(tx, couple, card)
    opens = face is not None and any(button.opens or button.leads for button in face.buttons)
    if card.live and opens:
        return
    if not card.live:
        _put(tx, couple, card, "strip", TIDYING, Say(""), always=True)
    card.live, card.face = False, None


def say_room_anew(tx: Tx, couple: CoupleRow) -> None:
    """The room has another number: what stands in it is said there anew, and what is closed is forgotten."""
    for card in tx.session.scalars(
        select(CardRow).where(CardRow.couple_id == couple.id, CardRow.to_id.is_(None))
    ):
        standing = card.live and card.name and card.message_id is not None
        card.message_id = None
        face = face_of(tx, couple, card) if standing and card.playing_id else None
        playing = tx.session.get(PlayingRow, card.playing_id) if card.playing_id else None
        if face is not None and playing is not None:
            _unsay(tx, card, [*card.lines])
            _put(tx, couple, card, "say", TO_PEOPLE, face, always=playing.always)


def _put(tx: Tx, couple: CoupleRow, card: CardRow, kind: str, rank: int, said: Say, *, always: bool) -> None:
    card.lines.append(
        LineRow(
            id=tx.new_id(), target=card.to_id or couple.id, couple_id=couple.id, to_id=card.to_id,
            playing_id=card.playing_id, kind=kind, rank=rank,
            again=said.again or kind != "say",
            waits=said.waits, always=always, not_before=tx.now, attempts=0, flying=False,
        )
    )  # fmt: skip


def _unsay(tx: Tx, card: CardRow, lines: Iterable[LineRow]) -> None:
    """Take lines of a card out of the outbox."""
    for line in lines:
        card.lines.remove(line)
        tx.take_back(line)


def _reface(tx: Tx, couple: CoupleRow, card: CardRow, said: Say) -> None:
    card.asks = said.asks
    card.face = tx.seal_of(couple).close(say_to_json(said), "card", card.id, "face", couple.id)


def _redraw(tx: Tx, couple: CoupleRow, card: CardRow, rank: int, *, always: bool) -> None:
    """One waiting line is enough: it will be sent with the newest face."""
    waiting = [line for line in card.lines if not line.flying]
    face = None if waiting else face_of(tx, couple, card)
    if face is not None:
        _put(tx, couple, card, "redraw", rank, face, always=always)
    for line in waiting if always else ():
        line.always = True
        _its_turn(line, tx.now)


def _just_said(tx: Tx, couple: CoupleRow, playing_id: int | None, said: Say) -> CardRow | None:
    """Return the newest message of a chat if it says just this; one that still waits there gives way."""
    is_bound = bool(said.asks) or any(not (button.opens or button.leads) for button in said.buttons)

    def is_same(card: CardRow) -> bool:
        if card.name or not card.live or (is_bound and card.playing_id != playing_id):
            return False
        face = face_of(tx, couple, card)
        return face is not None and say_to_json(face) == say_to_json(said)

    for card in _live(couple):
        if card.to_id == _chat_of(said) and _waits(card) and is_same(card):
            retire(tx, couple, card)
    newest = _newest(tx, couple, _chat_of(said))
    if newest is None or not tx.now - JUST_SAID < newest.at <= tx.now or not is_same(newest):
        return None
    return newest if newest.message_id or newest.lines else None  # else it was lost, and is said again


def _is_past(tx: Tx, standing: CardRow, said: Say) -> bool:
    """Whether this only closes what nobody has seen for so long that it would be late."""
    if said.asks or said.again or not said.closes or standing.message_id is not None:
        return False
    return any(not line.flying and is_late(tx, line) for line in standing.lines[:1])


def is_late(tx: Tx, line: LineRow) -> bool:
    """Whether a line has waited so long that it says so."""
    return tx.now - made_at(line.id) > LATE


# -- After a silence ----------------------------------------------------------


def one_after_the_other(
    couple: CoupleRow, first: datetime, apart: timedelta, by_day: datetime | None = None
) -> datetime:
    """Let what was held back be said so long after each other; return when the next may be.

    Where that is in the night, what has waited long is said by day, and holds nobody else up.
    """
    by_day = by_day or first
    for line in _held_back(couple):
        line.rank = line.rank % AFTERWARDS + AFTERWARDS
        if by_day > first and first - made_at(line.id) > LONG_SINCE:
            line.not_before, by_day = by_day, by_day + apart
        else:
            line.not_before, first = first, first + apart
    return first


def until_somebody_is_back(couple: CoupleRow) -> None:
    """Keep what was held back for when one of the two does something."""
    one_after_the_other(couple, SOMEBODY_BACK, timedelta())


def waits_for_somebody(couple: CoupleRow) -> bool:
    """Whether anything is kept for when one of the two does something."""
    return any(line.not_before == SOMEBODY_BACK for line in _afterwards(couple))


def _held_back(couple: CoupleRow) -> list[LineRow]:
    """Return the new messages that another's silence holds back; new faces of old ones disturb nobody."""
    waiting = [line for card in _live(couple) for line in card.lines if line.kind == "say"]
    held = [
        line for line in waiting if not (line.always or line.flying or line.playing_id == couple.floor_id)
    ]
    return sorted(held, key=lambda line: line.id)


def _afterwards(couple: CoupleRow) -> list[LineRow]:
    return [line for card in _live(couple) for line in card.lines if line.rank >= AFTERWARDS]


def _its_turn(line: LineRow, now: datetime) -> None:
    """Let a line go as if it had not been held back; one that was tried before would wait for its moment."""
    line.rank, line.not_before = line.rank % AFTERWARDS, min(line.not_before, now)


# -- Finding them again -------------------------------------------------------


def face_of(tx: Tx, couple: CoupleRow, card: CardRow) -> Say | None:
    """Return what a card says now, or None where it was erased or cannot be read any more."""
    if card.face is None:
        return None
    sealed = card.face

    def read() -> Say:
        return say_from_json(tx.seal_of(couple).open(sealed, "card", card.id, "face", couple.id))

    return legible("a card", lambda: tx.opened(("face", card.id, sealed), read))


def of(tx: Tx, couple: CoupleRow, number: int) -> CardRow | None:
    """Return a card of this couple, live or not."""
    live = next((card for card in couple.cards if card.id == number), None)
    found = live or tx.session.get(CardRow, number)
    return found if found is not None and found.couple_id == couple.id else None


def at(tx: Tx, couple: CoupleRow, to: PersonRow | None, message_id: int) -> CardRow | None:
    """Return the card that stands in a message of the room, or of somebody's private chat."""
    chat = to.id if to else None
    theirs = [card for card in _live(couple) if (card.to_id, card.message_id) == (chat, message_id)]
    if theirs:
        return theirs[-1]
    whose = and_(CardRow.couple_id == couple.id, _is_in_chat_of(chat))
    query = select(CardRow).where(whose, CardRow.message_id == message_id)
    found = tx.session.scalar(query.order_by(CardRow.id.desc()).limit(1))
    return found or _arrived_unseen(tx, whose, message_id)


def _arrived_unseen(tx: Tx, whose: ColumnElement[bool], message_id: int) -> CardRow | None:
    """Return the card that was in flight at a kill, if it can be that message: newer than all before it."""
    pending = exists().where(LineRow.card_id == CardRow.id)
    lost = select(CardRow).where(whose, CardRow.live, CardRow.message_id.is_(None), ~pending)
    card = tx.session.scalar(lost.order_by(CardRow.id.desc()).limit(1))
    if card is None:
        return None
    before = tx.session.scalar(select(func.max(CardRow.message_id)).where(whose, CardRow.id < card.id))
    if message_id <= (before or 0):
        return None
    card.message_id = message_id
    return card


def successor(couple: CoupleRow, card: CardRow) -> CardRow:
    """Return the card as it was said last: a reply to an older form of it is a reply to it."""
    if card.live or not card.name or card.playing_id is None:
        return card
    newest = _named(couple, card.playing_id, card.name, card.to_id)
    return newest if newest is not None and newest.asks == card.asks else card


def newest_question(tx: Tx, couple: CoupleRow, person: PersonRow | None) -> CardRow | None:
    """Return the newest live question in a private chat, or in the room, that a plain line answers."""
    chat = person.id if person else None
    asking = [card for card in reversed(_live(couple)) if card.asks and card.to_id == chat]
    faces = ((card, face_of(tx, couple, card)) for card in asking)
    return next((card for card, face in faces if face is None or not face.by_reply), None)


def question_told_alone(tx: Tx, couple: CoupleRow) -> CardRow | None:
    """Return the newest live question of the room, if it says that it may be answered in private."""
    card = newest_question(tx, couple, None)
    face = face_of(tx, couple, card) if card else None
    return card if face is not None and face.alone else None


def is_told(tx: Tx, couple: CoupleRow, name: str) -> bool:
    """Whether the shell's own message of this name stands in the room, or will."""
    own = CardRow.couple_id == couple.id, CardRow.playing_id.is_(None), CardRow.to_id.is_(None)
    return bool(tx.session.scalar(select(exists().where(*own, CardRow.name == name))))


def said(tx: Tx, chat_id: int, message_id: int) -> SaidRow | None:
    """Return which question a message answered."""
    return tx.session.get(SaidRow, (chat_id, message_id))


def remember_said(tx: Tx, chat_id: int, message_id: int, playing_id: int, asked: str) -> None:
    """Remember which question a message answered, for its edits."""
    tx.session.add(
        SaidRow(chat_id=chat_id, message_id=message_id, playing_id=playing_id, asked=asked, at=tx.now)
    )


def latest(tx: Tx) -> datetime:
    """Return the latest time at which anything was said, by what the clock showed then."""
    newest = tx.session.scalar(select(func.max(CardRow.id))) or 0
    return made_at(newest)


def sweep(tx: Tx) -> None:
    """Forget cards that closed some days ago, and what was answered to them."""
    old = tx.now - CLOSED_CARDS
    alive = exists().where(PlayingRow.id == CardRow.playing_id)
    pending = exists().where(LineRow.card_id == CardRow.id)
    tx.session.execute(delete(CardRow).where(CardRow.at < old, ~alive, ~pending))
    tx.session.execute(
        delete(SaidRow).where(SaidRow.at < old, ~exists().where(PlayingRow.id == SaidRow.playing_id))
    )


def _newest(tx: Tx, couple: CoupleRow, chat: int | None) -> CardRow | None:
    """Return the newest card of a chat, closed or not."""
    theirs = [card for card in couple.cards if card.to_id == chat]
    with tx.session.no_autoflush:  # what is new is in the list
        query = select(CardRow).where(CardRow.couple_id == couple.id, _is_in_chat_of(chat))
        theirs += tx.session.scalars(query.order_by(CardRow.id.desc()).limit(1))
    return max(theirs, key=lambda card: card.id, default=None)


def _standing(couple: CoupleRow, playing_id: int | None, said: Say) -> CardRow | None:
    if not said.card:
        return None
    return _named(couple, playing_id, said.card, _chat_of(said))


def _named(couple: CoupleRow, playing_id: int | None, name: str, chat: int | None) -> CardRow | None:
    """Return the card of this name that stands in a chat."""
    theirs = [card for card in _cards(couple, playing_id) if card.name == name and card.to_id == chat]
    return theirs[-1] if theirs else None


def _live(couple: CoupleRow) -> list[CardRow]:
    """Return the cards of a couple that are the last of their name, oldest first."""
    return [card for card in couple.cards if card.live]


def _cards(couple: CoupleRow, playing_id: int | None) -> list[CardRow]:
    return [card for card in _live(couple) if card.playing_id == playing_id]


def _chat_of(said: Say) -> int | None:
    """Return in whose private chat it is said; None: in the room."""
    return said.to.id if said.to else None


def _is_in_chat_of(person_id: int | None) -> ColumnElement[bool]:
    """Whether a card stands in this person's private chat; for None, in the room."""
    return CardRow.to_id == person_id if person_id else CardRow.to_id.is_(None)


def _waits(card: CardRow) -> bool:
    """Whether something of a card is still to be given to Telegram."""
    return any(not line.flying for line in card.lines)
