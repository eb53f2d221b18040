"""Cards and the outbox: what is to be sent, in which order, and how fast.

Per chat the order is kept: one line in flight, the next after its answer. Over all chats the smaller rank
goes first, and strangers come last. A card that changes before it was sent is sent once, as it is by then,
and what is the same is said once: nobody is flooded, neither after an outage nor for having written much.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, TypeAlias, cast

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import aliased, lazyload

from bot.hours import LATE
from bot.ritual import Line, Person, Preferences, Say
from bot.shell import DELAYED, LONG_SINCE
from bot.storage import couples, pace
from bot.storage.codec import say_from_json, say_to_json
from bot.storage.couples import Audience, Book
from bot.storage.pace import AHEAD, FIRST, PROMPT, TIDYING, TO_PEOPLE, TO_STRANGERS, Head, Limits, Pace
from bot.storage.sealing import BrokenSealError
from bot.storage.store import RANDOM_BITS, Tx
from bot.storage.tables import NOW, CardRow, CoupleRow, LineRow, PaceRow, PersonRow, PlayingRow, SaidRow
from bot.wording import LANGUAGE, spoken

log = logging.getLogger(__name__)

Ring: TypeAlias = Callable[[Tx, Collection[int]], object]  # rings couples of these numbers

CLOSED_CARDS = timedelta(days=7)  # how long a reply to a closed question is still told so
JUST_SAID = timedelta(seconds=5)  # so long the same line is not said again right below itself
MOST_STRANGERS = 200  # lines that wait for people who are in no couple; beyond them nothing is said
AT_LEAST = 3  # lines that are taken in one go, though others wait for the database
RUNG_AT_ONCE, MOST_RUNG = 8, 32  # couples whose turn it is to be rung: together, and in one go
A_LOOK, A_PAGE = 8, 50  # first lines of chats that are looked at in one go: at first, and then
AFTERWARDS = TO_STRANGERS + 1  # on top of the rank of a line that waits for its turn after a silence
SOMEBODY_BACK = datetime(9000, 1, 1, tzinfo=UTC)  # the turn of one that waits until one of the two is there


_LEFT = select(
    exists().where(LineRow.rank.between(bindparam("rank"), TO_STRANGERS), LineRow.flying.is_(False))
)
_ANSWERED = (
    select(LineRow, CardRow, PlayingRow.id)
    .outerjoin(CardRow, CardRow.id == LineRow.card_id)
    .outerjoin(PlayingRow, PlayingRow.id == CardRow.playing_id)
    .where(LineRow.id == bindparam("line_id"))
    .options(lazyload(CardRow.lines))
)


@dataclass(frozen=True)
class Ready:
    """A line that is taken to be sent."""

    id: int
    kind: str  # say, redraw, strip, count
    chat_id: int
    thread_id: int | None
    message_id: int | None  # of the card that is redrawn or stripped
    card_id: int | None
    face: Say = field(repr=False)
    audience: Audience = field(repr=False)
    again: bool
    attempts: int
    rank: int
    leaves_at: datetime
    punctual: bool  # where it is late for that, it has to wait for another moment

    @property
    def put_at(self) -> datetime:
        """Return when it was put into the outbox."""
        return _put_at(self.id)


@dataclass(frozen=True)
class Backlog:
    """How many lines are in the outbox, and since when."""

    ready: int  # they go as soon as the pace lets them
    held: int  # they keep another's silence, or wait for a private chat to be opened
    flying: int  # Telegram has them and has not answered
    oldest: datetime | None  # when the oldest of those that are not held was put here


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
            _its_turn(line)  # or what comes of something would stand above it
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
    """Say the newest card of a playing again, where somebody asked for it; tell whether there is one."""
    chat = to.id if to else None
    theirs = [card for card in _cards(couple, playing_id) if card.to_id == chat and card.face is not None]
    face = face_of(tx, couple, theirs[-1]) if theirs else None
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


def hand_over(tx: Tx, couple: CoupleRow, to: CoupleRow) -> None:
    """Let another couple, whose room this is, take away the buttons that are left of this one there."""
    tx.session.flush()
    left = update(LineRow).where(LineRow.couple_id == couple.id, LineRow.kind == "strip")
    tx.session.execute(left.values(couple_id=to.id, target=to.id))


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


def _unsay(tx: Tx, card: CardRow, lines: Iterable[LineRow]) -> None:
    """Take lines of a card out of the outbox."""
    for line in lines:
        card.lines.remove(line)
        tx.take_back(line)


def face_of(tx: Tx, couple: CoupleRow, card: CardRow) -> Say | None:
    """Return what a card says now, or None where it was erased or cannot be read any more."""
    if card.face is None:
        return None
    sealed = card.face

    def read() -> Say:
        return say_from_json(tx.seal_of(couple).open(sealed, "card", card.id, "face", couple.id))

    try:
        return tx.opened(("face", card.id, sealed), read)
    except (BrokenSealError, KeyError, TypeError, ValueError) as error:
        log.warning("a card cannot be read any more (%s)", type(error).__name__)
        return None


def tell(tx: Tx, chat_id: int, said: Say, language: str = "") -> None:
    """Answer somebody in the chat they wrote from, whoever they are. The same answer waits there once."""
    room, person = couples.of_room(tx, chat_id), couples.known(tx, chat_id)
    room_id, to_id = room.id if room else None, person.id if person else None
    target, is_strange = room_id or to_id or chat_id, not (room or person)
    told = say_to_json(said)
    tx.session.flush()
    theirs = select(LineRow).where(LineRow.target == target, LineRow.body.is_not(None))
    if any(_body(tx, line) == told for line in tx.session.scalars(theirs)):
        return
    if is_strange and _waiting_strangers(tx) >= MOST_STRANGERS:
        return
    number = tx.new_id()
    body = tx.keys.host.close(told, "line", number, "body", "host")
    tx.session.add(
        LineRow(
            id=number, target=target, couple_id=room_id, to_id=to_id, kind="say", body=body,
            language=spoken(language), rank=TO_STRANGERS if is_strange else TO_PEOPLE,
            again=False, waits=False, always=True, not_before=tx.now, attempts=0, flying=False,
        )
    )  # fmt: skip


def count_members(tx: Tx, couple: CoupleRow) -> None:
    """Ask Telegram how many are in a couple's room. That is no message, and stands in no chat's order."""
    target = -couple.id
    if tx.session.scalar(select(exists().where(LineRow.target == target))):
        return
    tx.session.add(
        LineRow(
            id=tx.new_id(), target=target, couple_id=couple.id, kind="count", rank=TIDYING,
            again=True, waits=False, always=True, not_before=tx.now, attempts=0, flying=False,
        )
    )  # fmt: skip


def _body(tx: Tx, line: LineRow) -> str | None:
    """Return what a line without a card says, or None where it cannot be read any more."""
    try:
        return tx.keys.host.open(line.body or b"", "line", line.id, "body", "host")
    except BrokenSealError as error:
        log.warning("%s", error)
        return None


def _waiting_strangers(tx: Tx) -> int:
    theirs = select(func.count()).where(LineRow.rank == TO_STRANGERS)
    return tx.session.scalar(theirs) or 0


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


def _newest(tx: Tx, couple: CoupleRow, chat: int | None) -> CardRow | None:
    """Return the newest card of a chat, closed or not."""
    theirs = [card for card in couple.cards if card.to_id == chat]
    with tx.session.no_autoflush:  # what is new is in the list
        query = select(CardRow).where(CardRow.couple_id == couple.id, _is_in_chat_of(chat))
        theirs += tx.session.scalars(query.order_by(CardRow.id.desc()).limit(1))
    return max(theirs, key=lambda card: card.id, default=None)


def _is_past(tx: Tx, standing: CardRow, said: Say) -> bool:
    """Whether this only closes what nobody has seen for so long that it would be late."""
    if said.asks or said.again or not said.closes or standing.message_id is not None:
        return False
    return any(not line.flying and _is_late(tx, line) for line in standing.lines[:1])


def _is_late(tx: Tx, line: LineRow) -> bool:
    """Whether a line has waited so long that it says so."""
    return tx.now - _put_at(line.id) > LATE


def _put_at(number: int) -> datetime:
    """Return when a line or a card was put here, as its id holds it."""
    return datetime.fromtimestamp((number >> RANDOM_BITS) / 1000, UTC)


def _standing(couple: CoupleRow, playing_id: int | None, said: Say) -> CardRow | None:
    if not said.card:
        return None
    return _named(couple, playing_id, said.card, _chat_of(said))


def _named(couple: CoupleRow, playing_id: int | None, name: str, chat: int | None) -> CardRow | None:
    """Return the card of this name that stands in a chat."""
    theirs = [card for card in _cards(couple, playing_id) if card.name == name and card.to_id == chat]
    return theirs[-1] if theirs else None


def _chat_of(said: Say) -> int | None:
    """Return in whose private chat it is said; None: in the room."""
    return said.to.id if said.to else None


def _waits(card: CardRow) -> bool:
    """Whether something of a card is still to be given to Telegram."""
    return any(not line.flying for line in card.lines)


def _is_in_chat_of(person_id: int | None) -> ColumnElement[bool]:
    """Whether a card stands in this person's private chat; for None, in the room."""
    return CardRow.to_id == person_id if person_id else CardRow.to_id.is_(None)


def _live(couple: CoupleRow) -> list[CardRow]:
    """Return the cards of a couple that are the last of their name, oldest first."""
    return [card for card in couple.cards if card.live]


def _cards(couple: CoupleRow, playing_id: int | None) -> list[CardRow]:
    return [card for card in _live(couple) if card.playing_id == playing_id]


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
        _its_turn(line)


def _put(tx: Tx, couple: CoupleRow, card: CardRow, kind: str, rank: int, said: Say, *, always: bool) -> None:
    card.lines.append(
        LineRow(
            id=tx.new_id(), target=card.to_id or couple.id, couple_id=couple.id, to_id=card.to_id,
            playing_id=card.playing_id, kind=kind, rank=rank,
            again=said.again or kind != "say",
            waits=said.waits, always=always, not_before=tx.now, attempts=0, flying=False,
        )
    )  # fmt: skip


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
        if by_day > first and first - _put_at(line.id) > LONG_SINCE:
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


def _its_turn(line: LineRow) -> None:
    line.rank %= AFTERWARDS


# -- Sending ------------------------------------------------------------------


def claim(
    tx: Tx, book: Book, limits: Limits, *,
    ring: Ring | None = None, cut_off: bool = False, only_first: bool = False,
) -> tuple[list[Ready], datetime | None]:  # fmt: skip
    """Take the lines that may be sent now or in a moment, as in flight, and return when to look again.

    Whoever was called and may be written to now is rung by `ring`; where nobody may be rung, they wait.
    `only_first`: those that go before all others, and nothing is looked up for the rest. Where Telegram is
    `cut_off` only those are tried that may be said twice: no other is put in doubt without need. The pace of
    each chat is written in the same transaction, so it holds over restarts and among processes.
    """
    may = Pace.after_minding_the_clock(tx, limits)
    flying, look_again = _under_way(tx, cut_off=cut_off)
    room_left, ready, last, is_first = limits.in_flight - flying, list[Ready](), None, False
    page, rung = A_LOOK, 0
    heads_of = _first_of_each_chat(cut_off=cut_off, called=ring is not None)
    while heads := _heads(tx, heads_of, page, last, may.open_to(only_first=only_first)):
        last = heads[-1][0]
        may.look_at(heads)
        _bring(tx, heads)
        called, at_once = list[LineRow](), AT_LEAST if tx.others_wait() else RUNG_AT_ONCE
        for line, _ in heads:
            if room_left <= 0 or len(called) == at_once:
                break  # the answer to one that is in flight lets the next go
            _say_what_was_lost(tx, line)
            at = may.earliest(line)
            if at > tx.now + AHEAD:
                look_again = min(look_again or at, at)
                continue
            if (len(ready) >= AT_LEAST and tx.others_wait()) or (is_first and line.rank > FIRST):
                return ready, tx.now  # what comes first is on its way before the others are looked at
            if line.kind == "call":
                called.append(line)
                continue
            try:
                made = _ready(tx, line, book, at, punctual=_is_punctual(line, may))
            except BrokenSealError as error:  # one line that does not open must not block all others
                log.warning("%s", error)
                made = None
            if made is None:
                tx.session.delete(line)
                continue
            may.note(line, at)
            _take_off(line, at + limits.answered_within)
            ready.append(made)
            is_first = line.rank == FIRST
            room_left -= 1
        if called and ring is not None:
            for line in called:  # only here, where they are rung: a call without its line is forgotten
                tx.session.delete(line)
            ring(tx, {line.target for line in called})
            rung += len(called)
            if rung >= MOST_RUNG or tx.others_wait():
                return ready, tx.now
            last, page = None, A_LOOK  # what they are told now goes before whoever is still to be rung
        elif len(heads) < page or room_left <= 0:
            break
        else:
            page = A_PAGE
        tx.session.flush()  # the next page depends on what flies now
    spent = may.open_to() + 1
    if not only_first and spent <= TO_STRANGERS and _is_left(tx, spent):
        look_again = min(look_again or may.whole(spent), may.whole(spent))
    return ready, look_again


def _bring(tx: Tx, heads: Sequence[Head]) -> None:
    """Load what these lines are made of in few looks, before any of them is taken."""
    couples.bring(tx, {line.couple_id for line, _ in heads if line.couple_id and line.kind != "call"})
    cards = select(CardRow).where(CardRow.id.in_([line.card_id for line, _ in heads if line.card_id]))
    tx.session.scalars(cards.options(lazyload(CardRow.lines))).all()


def _say_what_was_lost(tx: Tx, line: LineRow) -> None:
    """Let a card be a new message where it should be redrawn, and nobody knows whether it ever arrived.

    The one in doubt is let go, but not what the card would ask next.
    """
    card = tx.session.get(CardRow, line.card_id) if line.card_id and line.kind == "redraw" else None
    if card is not None and card.message_id is None:
        line.kind, line.again = "say", False


def is_of(tx: Tx, line_id: int, couple: CoupleRow) -> bool:
    """Whether a line is one of this couple's, or of nobody's any more."""
    line = tx.session.get(LineRow, line_id)
    return line is None or line.couple_id in {None, couple.id}


def sent(tx: Tx, line_id: int, message_id: int | None) -> None:
    """Note Telegram's answer: the line is done, and its card stands in the chat."""
    found = tx.session.execute(_ANSWERED, {"line_id": line_id}).one_or_none()
    if found is None:
        return
    line, card, playing_id = cast("tuple[LineRow, CardRow | None, int | None]", found)
    tx.session.delete(line)
    if card is None:
        return
    card.message_id = message_id or card.message_id
    if line.kind != "strip" and (not card.live or (card.playing_id and playing_id is None)):
        _close(tx, tx.session.get_one(CoupleRow, card.couple_id), card)


def _close(tx: Tx, couple: CoupleRow, card: CardRow) -> None:
    """A card whose playing ended while it was in flight; buttons that open another ritual stay."""
    face = face_of(tx, couple, card)
    opens = face is not None and any(button.opens or button.leads for button in face.buttons)
    if card.live and opens:
        return
    if not card.live:
        _put(tx, couple, card, "strip", TIDYING, Say(""), always=True)
    card.live, card.face = False, None


def _take_off(line: LineRow, until: datetime) -> None:
    """Let a line be in flight; whoever took it and is silent until then is gone."""
    line.flying, line.attempts, line.not_before = True, line.attempts + 1, until


def _is_punctual(line: LineRow, may: Pace) -> bool:
    """Whether a line must not be late; what comes first goes at once, and nobody is sent back twice."""
    return line.rank > FIRST and line.attempts == 0 and may.is_tight


def come_back(tx: Tx, line_id: int, missed: datetime) -> None:
    """Let a line that missed its moment wait for another one: nothing of it has left."""
    line = tx.session.get(LineRow, line_id)
    if line is not None:
        pace.take_back(tx, line, missed)
        _come_back(line, tx.now)


def _come_back(line: LineRow, at: datetime) -> None:
    """Let a line that was in flight be tried again."""
    line.flying, line.not_before = False, at


def postpone(tx: Tx, line_id: int, until: datetime, *, whole_chat: bool) -> None:
    """Try a line again later; `whole_chat`: Telegram asked that nothing be sent to that chat until then."""
    line = tx.session.get(LineRow, line_id)
    if line is None:
        return
    _come_back(line, until)
    if whole_chat:
        row = tx.session.get(PaceRow, line.target) or PaceRow(target=line.target, recent="")
        row.hold_until = until
        tx.session.add(row)


def try_now(tx: Tx) -> None:
    """Telegram can be reached again: what could not be sent is tried at once, but where it asked to wait."""
    tried = LineRow.attempts > 0, LineRow.flying.is_(False), LineRow.not_before > tx.now
    tx.session.execute(update(LineRow).where(*tried).values(not_before=tx.now))


def drop(tx: Tx, line_id: int) -> None:
    """Give a line up: it can never be delivered, or may have been and must not be doubled."""
    line = tx.session.get(LineRow, line_id)
    if line is not None:
        card = tx.session.get(CardRow, line.card_id) if line.card_id else None
        tx.session.delete(line)
        if card is not None and card.message_id is None and not card.live:
            tx.session.delete(card)


def drop_all(tx: Tx, line_id: int) -> None:
    """Give up a line and all behind it in its chat, which takes none; what waits for a lane to open stays.

    So does a call: the ring finds out whether anybody is still there.
    """
    given_up = tx.session.get(LineRow, line_id)
    if given_up is None:
        return
    behind = LineRow.flying.is_(False), LineRow.waits.is_(False), LineRow.kind != "call"
    for line in tx.session.scalars(select(LineRow).where(LineRow.target == given_up.target, *behind)).all():
        drop(tx, line.id)
    if given_up.waits:
        _come_back(given_up, tx.now)
    else:
        drop(tx, line_id)


def resend(tx: Tx, line_id: int) -> None:
    """Send a card as a new message: the old one is not there any more."""
    line = tx.session.get(LineRow, line_id)
    card = tx.session.get(CardRow, line.card_id) if line and line.card_id else None
    if line is not None and card is not None:
        _come_back(line, tx.now)
        line.kind, card.message_id = "say", None


def leave_topic(tx: Tx, line_id: int) -> None:
    """Speak in the whole room from now on: the topic in which Tend was called is not there any more."""
    line = tx.session.get(LineRow, line_id)
    couple = tx.session.get(CoupleRow, line.couple_id) if line and line.couple_id else None
    if line is not None and couple is not None:
        _come_back(line, tx.now)
        couple.thread_id = None


def land(tx: Tx, *, alone: bool = True) -> tuple[int, int]:
    """What was in flight when its process ended is sent again or dropped, as each line says.

    Who is `alone` on the database knows that they all ended; else those did that are silent for too long.
    Returns how many are sent again, and how many may be missing.
    """
    ended = LineRow.flying if alone else and_(LineRow.flying, LineRow.not_before <= tx.now)
    again = missing = 0
    for line in tx.session.scalars(select(LineRow).where(ended)).all():
        if line.again:
            _come_back(line, tx.now)
            again += 1
        else:
            drop(tx, line.id)
            missing += 1
    return again, missing


def in_flight(tx: Tx) -> tuple[int, int]:
    """Return how many lines are in flight that may be said again, and how many that may not."""
    flying = tx.session.scalars(select(LineRow.again).where(LineRow.flying)).all()
    return sum(flying), len(flying) - sum(flying)


def untried(tx: Tx) -> int:
    """Return how many lines could have gone and were never given to Telegram."""
    lines = _may_be_tried(select(LineRow.id), LineRow).where(LineRow.attempts == 0, LineRow.flying.is_(False))
    return len(tx.session.scalars(lines).all())


def latest(tx: Tx) -> datetime:
    """Return the latest time at which anything was said, by what the clock showed then."""
    newest = tx.session.scalar(select(func.max(CardRow.id))) or 0
    return _put_at(newest)


def waiting_lines(tx: Tx) -> int:
    """Return how many lines wait."""
    return tx.session.scalar(select(func.count()).select_from(LineRow)) or 0


def backlog(tx: Tx) -> Backlog:
    """Return how much is in the outbox."""
    ready, first_ready = tx.session.execute(_READY).one()
    flying, first_flying = tx.session.execute(_FLYING).one()
    oldest = min((number for number in (first_ready, first_flying) if number), default=None)
    held = waiting_lines(tx) - ready - flying
    return Backlog(ready, held, flying, None if oldest is None else _put_at(oldest))


def sweep(tx: Tx) -> None:
    """Forget cards that closed some days ago, and the paces of chats that have been quiet."""
    old = tx.now - CLOSED_CARDS
    alive = exists().where(PlayingRow.id == CardRow.playing_id)
    pending = exists().where(LineRow.card_id == CardRow.id)
    tx.session.execute(delete(CardRow).where(CardRow.at < old, ~alive, ~pending))
    tx.session.execute(
        delete(SaidRow).where(SaidRow.at < old, ~exists().where(PlayingRow.id == SaidRow.playing_id))
    )
    pace.sweep(tx)


def _heads(tx: Tx, heads: Select[Any], most: int, last: LineRow | None, rank: int) -> Sequence[Head]:
    """Return the first line of each chat where it may be tried now, down to a rank, with that chat's pace.

    They come by the page, in the order of sending. Lines that wait for a lane, or keep another's silence,
    are in nobody's way.
    """
    found = {"now": tx.now, "most": most, "rank": rank, "last_rank": -1, "last_id": 0}
    if last is not None:
        found |= {"last_rank": last.rank, "last_id": last.id}
    return cast("Sequence[Head]", tx.session.execute(heads, found).all())


@cache
def _first_of_each_chat(*, cut_off: bool, called: bool) -> Select[Any]:
    """Return the question for them; `called`: whoever is yet to be rung, too. These hold nobody else up."""
    before, flying = aliased(LineRow), aliased(LineRow)
    goes_before = tuple_(before.rank > FIRST, before.id) < tuple_(LineRow.rank > FIRST, LineRow.id)
    blocking = _may_be_tried(select(before.id), before).where(
        before.target == LineRow.target, goes_before, before.kind != "call"
    )
    heads = (
        _may_be_tried(select(LineRow, PaceRow), LineRow)
        .outerjoin(PaceRow, PaceRow.target == LineRow.target)
        .where(
            LineRow.rank <= bindparam("rank"),
            tuple_(LineRow.rank, LineRow.id) > tuple_(bindparam("last_rank"), bindparam("last_id")),
            or_(LineRow.attempts == 0, LineRow.not_before <= NOW),
            or_(PaceRow.hold_until.is_(None), PaceRow.hold_until <= NOW),
            ~exists().where(flying.target == LineRow.target, flying.flying),
            ~blocking.exists(),
        )
        .order_by(LineRow.rank, LineRow.id)
        .limit(bindparam("most"))
    )
    heads = heads.where(LineRow.again) if cut_off else heads
    return cast("Select[Any]", heads if called else heads.where(LineRow.kind != "call"))


def _may_be_tried(lines: Any, line: type[LineRow]) -> Any:  # noqa: ANN401 - a query of SQLAlchemy's
    """Leave only lines whose room or lane hears them now."""
    speaks = or_(
        line.couple_id.is_(None), line.always,
        CoupleRow.floor_id.is_(None), CoupleRow.floor_id == line.playing_id,
    )  # fmt: skip
    can_hear = and_(line.rank < AFTERWARDS, or_(line.waits.is_(False), PersonRow.lane_open))
    lines = lines.outerjoin(CoupleRow, CoupleRow.id == line.couple_id)
    return lines.outerjoin(PersonRow, PersonRow.id == line.to_id).where(speaks, can_hear)


_NEXT_TURN = select(func.min(LineRow.not_before)).where(
    LineRow.rank >= AFTERWARDS, LineRow.not_before < SOMEBODY_BACK
)
_WHOSE_TURN_IT_IS = (
    update(LineRow)
    .where(LineRow.rank >= AFTERWARDS, LineRow.not_before <= NOW)
    .values(rank=LineRow.rank - AFTERWARDS)
)
_READY = _may_be_tried(select(func.count(LineRow.id), func.min(LineRow.id)), LineRow).where(
    LineRow.flying.is_(False)
)
_FLYING = select(func.count(LineRow.id), func.min(LineRow.id)).where(LineRow.flying)


def _is_left(tx: Tx, rank: int) -> bool:
    """Whether a line of this rank or below was not given to Telegram yet."""
    return bool(tx.session.scalar(_LEFT, {"rank": rank}))


def _under_way(tx: Tx, *, cut_off: bool) -> tuple[int, datetime | None]:
    """Return how many lines are in flight, and when the next may be tried.

    That is one that was tried in vain, whose chat is held, or that has its turn after a silence.
    """
    flying, tried, held, turn = tx.session.execute(_what_waits(cut_off=cut_off), {"now": tx.now}).one()
    if turn is not None and turn <= tx.now:
        tx.session.execute(_WHOSE_TURN_IT_IS, {"now": tx.now})
        turn = tx.session.scalar(_NEXT_TURN)
    return flying, min((at for at in (tried, held, turn) if at), default=None)


@cache
def _what_waits(*, cut_off: bool) -> Select[Any]:
    flying = select(func.count()).select_from(LineRow).where(LineRow.flying)
    tried = select(func.min(LineRow.not_before)).where(
        LineRow.attempts > 0, LineRow.flying.is_(False), LineRow.not_before > NOW
    )
    held = select(func.min(PaceRow.hold_until)).where(
        PaceRow.hold_until > NOW, exists().where(LineRow.target == PaceRow.target)
    )
    if cut_off:
        tried = tried.where(LineRow.again)
    return select(*(each.scalar_subquery() for each in (flying, tried, held, _NEXT_TURN)))


def _ready(tx: Tx, line: LineRow, book: Book, at: datetime, *, punctual: bool) -> Ready | None:
    couple = tx.session.get(CoupleRow, line.couple_id) if line.couple_id else None
    person = tx.session.get(PersonRow, line.to_id) if line.to_id else None
    card = tx.session.get(CardRow, line.card_id) if line.card_id else None
    chat_id = person.telegram_id if person else couple.chat_id if couple else line.target
    if chat_id is None:
        return None
    thread = None if person or couple is None else couple.thread_id
    nobody = Audience((), {}, Preferences())
    if line.kind == "count":
        return Ready(
            line.id, "count", chat_id, None, None, None, Say(""), nobody,
            line.again, line.attempts, line.rank, at, punctual,
        )  # fmt: skip
    if couple is None or card is None:
        told = _body(tx, line) if line.body is not None else None
        if told is None:
            return None
        if line.language:
            nobody = replace(nobody, prefers=nobody.prefers.put(LANGUAGE, line.language))
        face, audience = say_from_json(told), nobody
    else:
        shown = Say("") if line.kind == "strip" else face_of(tx, couple, card)
        if shown is None or (line.kind != "say" and card.message_id is None):
            return None
        face = shown
        guests = {
            value
            for each in (face, *face.below)
            for value in each.values.values()
            if isinstance(value, Person)
        }
        audience = couples.audience(tx, couple, book, guests)
        if line.kind == "say" and line.rank == PROMPT and _is_late(tx, line):
            face = replace(face, below=(*face.below, Line(DELAYED)))
    return Ready(
        line.id,
        line.kind,
        chat_id,
        thread,
        card.message_id if card else None,
        card.id if card else None,
        face,
        audience,
        line.again,
        line.attempts,
        line.rank,
        at,
        punctual,
    )


# -- Finding cards again ------------------------------------------------------


def card(tx: Tx, couple: CoupleRow, number: int) -> CardRow | None:
    """Return a card of this couple, live or not."""
    live = next((card for card in couple.cards if card.id == number), None)
    found = live or tx.session.get(CardRow, number)
    return found if found is not None and found.couple_id == couple.id else None


def card_at(tx: Tx, couple: CoupleRow, to: PersonRow | None, message_id: int) -> CardRow | None:
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


def question_told_alone(tx: Tx, couple: CoupleRow) -> CardRow | None:
    """Return the newest live question of the room, if it says that it may be answered in private."""
    card = newest_question(couple, None)
    face = face_of(tx, couple, card) if card else None
    return card if face is not None and face.alone else None


def is_told(tx: Tx, couple: CoupleRow, name: str) -> bool:
    """Whether the shell's own message of this name stands in the room, or will."""
    own = CardRow.couple_id == couple.id, CardRow.playing_id.is_(None), CardRow.to_id.is_(None)
    return bool(tx.session.scalar(select(exists().where(*own, CardRow.name == name))))


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


def newest_question(couple: CoupleRow, person: PersonRow | None) -> CardRow | None:
    """Return the newest live question in somebody's private chat, or in the room."""
    chat = person.id if person else None
    return next((card for card in reversed(_live(couple)) if card.asks and card.to_id == chat), None)


def waits_for(tx: Tx, person: PersonRow) -> bool:
    """Whether a line waits for this one's private chat to be opened."""
    return bool(tx.session.scalar(select(exists().where(LineRow.target == person.id, LineRow.waits))))


def said(tx: Tx, chat_id: int, message_id: int) -> SaidRow | None:
    """Return which question a message answered."""
    return tx.session.get(SaidRow, (chat_id, message_id))


def remember_said(tx: Tx, chat_id: int, message_id: int, playing_id: int, asked: str) -> None:
    """Remember which question a message answered, for its edits."""
    tx.session.add(
        SaidRow(chat_id=chat_id, message_id=message_id, playing_id=playing_id, asked=asked, at=tx.now)
    )
