"""Cards and the outbox: what is to be sent, in which order, and how fast.

Per chat the order is kept: one line in flight, the next after its answer. Over all chats the smaller rank
goes first. A card that changes before it was sent is sent once, as it is by then: nobody is flooded after an
outage.
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, or_, select
from sqlalchemy.orm import aliased

from bot.ritual import Person, Preferences, Say
from bot.storage import couples
from bot.storage.codec import say_from_json, say_to_json
from bot.storage.couples import Audience, Book
from bot.storage.sealing import BrokenSealError
from bot.storage.store import Tx
from bot.storage.tables import CardRow, CoupleRow, LineRow, PaceRow, PersonRow, PlayingRow, SaidRow

log = logging.getLogger(__name__)

FIRST, TO_PEOPLE, PROMPT, TIDYING = 0, 1, 2, 3  # ranks
ALL_PROMPTS, ALL_ANSWERS = 0, 1  # the paces of all chats together; no chat has these numbers
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
CLOSED_CARDS = timedelta(days=7)  # how long a reply to a closed question is still told so
LOOKED_AT = 400  # heads of chats, at most, in one claim


@dataclass(frozen=True)
class Limits:
    """How fast Telegram may be written to.

    Its FAQ says 30 a second in all, 20 a minute in a group, and 1 a second in a chat.
    """

    prompts_a_second: int = 28
    answers_a_second: int = 2  # held back for answers to people, on top of the prompts
    group_a_minute: int = 18
    in_flight: int = 16


@dataclass(frozen=True)
class Ready:
    """A line that may be sent now."""

    id: int
    kind: str  # say, redraw, strip
    chat_id: int
    thread_id: int | None
    message_id: int | None  # of the card that is redrawn or stripped
    card_id: int | None
    face: Say = field(repr=False)
    audience: Audience = field(repr=False)
    again: bool
    attempts: int


# -- Saying -------------------------------------------------------------------


def say(
    tx: Tx, couple: CoupleRow, playing_id: int | None, said: Say, rank: int, *, always: bool
) -> int | None:
    """Put a message of a ritual into the outbox; a quiet one only gives its standing card a new face.

    Returns the card, or None where a quiet one found none.
    """
    standing = _standing(tx, couple, playing_id, said)
    if said.quiet:
        if standing is None:
            return None
        _reface(tx, couple, standing, said)
        _redraw(tx, couple, standing, rank, always=always)
        return standing.id
    if standing is not None:
        retire(tx, couple, standing)
    card = CardRow(
        id=tx.new_id(), couple_id=couple.id, playing_id=playing_id,
        to_id=said.to.id if said.to else None, name=said.card, asks=said.asks, live=True, at=tx.now,
    )  # fmt: skip
    _reface(tx, couple, card, said)
    tx.session.add(card)
    _put(tx, couple, card, "say", FIRST if said.at_once else rank, said, always=always)
    return card.id


def repeat(tx: Tx, couple: CoupleRow, playing_id: int, to: Person | None) -> bool:
    """Say the newest card of a playing again, where somebody asked for it; tell whether there is one."""
    query = _cards(playing_id).where(_is_in_chat_of(to.id if to else None), CardRow.face.is_not(None))
    newest = tx.session.scalar(query.order_by(CardRow.id.desc()).limit(1))
    face = face_of(tx, couple, newest) if newest is not None else None
    if face is None:
        return False
    say(tx, couple, playing_id, replace(face, quiet=False), TO_PEOPLE, always=True)
    return True


def end(tx: Tx, couple: CoupleRow, playing_id: int, last: Collection[int | None] = ()) -> None:
    """Let the cards of a playing that is over lose buttons and question, but for its last words."""
    for card in tx.session.scalars(_cards(playing_id)).all():
        if card.id not in last:
            retire(tx, couple, card)


def end_all(tx: Tx, couple: CoupleRow) -> None:
    """Let every card of a couple die, and send nothing more of what was still to be said."""
    for card in tx.session.scalars(select(CardRow).where(CardRow.couple_id == couple.id, CardRow.live)).all():
        retire(tx, couple, card)


def retire(tx: Tx, couple: CoupleRow, card: CardRow) -> None:
    """Let a card die: its buttons go, and if it was not sent yet it never is."""
    card.live = False
    lines = tx.session.scalars(select(LineRow).where(LineRow.card_id == card.id)).all()
    flying = any(line.flying for line in lines)
    for line in lines:
        if not line.flying:
            tx.session.delete(line)
    tx.session.flush()
    if card.message_id is None and not flying:
        tx.session.delete(card)
        return
    face = face_of(tx, couple, card)
    if not flying and (lines or (face is not None and face.buttons)):
        _put(tx, couple, card, "strip", TIDYING, Say(""), always=True)
    card.face = None


def face_of(tx: Tx, couple: CoupleRow, card: CardRow) -> Say | None:
    """Return what a card says now, or None where it was erased or cannot be read any more."""
    if card.face is None:
        return None
    try:
        return say_from_json(tx.seal_of(couple).open(card.face, "card", card.id, "face", couple.id))
    except (BrokenSealError, KeyError, TypeError, ValueError) as error:
        log.warning("a card cannot be read any more (%s)", type(error).__name__)
        return None


def tell(tx: Tx, chat_id: int, said: Say) -> None:
    """Answer somebody who is in no couple, in the chat they wrote from. One such line waits at most."""
    if tx.session.scalar(select(exists().where(LineRow.target == chat_id))):
        return
    number = tx.new_id()
    body = tx.keys.host.close(say_to_json(said), "line", number, "body", "host")
    line = LineRow(id=number, target=chat_id, kind="say", body=body, rank=TO_PEOPLE, not_before=tx.now)
    line.again = line.waits = line.flying = False
    line.always, line.attempts = True, 0
    tx.session.add(line)


def _standing(tx: Tx, couple: CoupleRow, playing_id: int | None, said: Say) -> CardRow | None:
    if not said.card or playing_id is None:
        return None
    whose = _is_in_chat_of(said.to.id if said.to else None)
    query = _cards(playing_id).where(CardRow.couple_id == couple.id, CardRow.name == said.card, whose)
    return tx.session.scalar(query.order_by(CardRow.id.desc()).limit(1))


def _is_in_chat_of(person_id: int | None) -> ColumnElement[bool]:
    """Whether a card stands in this person's private chat; for None, in the room."""
    return CardRow.to_id == person_id if person_id else CardRow.to_id.is_(None)


def _cards(playing_id: int) -> Select[CardRow]:
    return select(CardRow).where(CardRow.playing_id == playing_id, CardRow.live)


def _reface(tx: Tx, couple: CoupleRow, card: CardRow, said: Say) -> None:
    card.asks = said.asks
    card.face = tx.seal_of(couple).close(say_to_json(said), "card", card.id, "face", couple.id)


def _redraw(tx: Tx, couple: CoupleRow, card: CardRow, rank: int, *, always: bool) -> None:
    """One waiting line is enough: it will be sent with the newest face."""
    waiting = select(LineRow).where(LineRow.card_id == card.id, LineRow.flying.is_(False))
    if tx.session.scalar(waiting.limit(1)) is None:
        face = face_of(tx, couple, card)
        if face is not None:
            _put(tx, couple, card, "redraw", rank, face, always=always)


def _put(tx: Tx, couple: CoupleRow, card: CardRow, kind: str, rank: int, said: Say, *, always: bool) -> None:
    tx.session.add(
        LineRow(
            id=tx.new_id(), target=card.to_id or couple.id, couple_id=couple.id, to_id=card.to_id,
            playing_id=card.playing_id, card_id=card.id, kind=kind, rank=rank,
            again=said.again or kind != "say",
            waits=said.waits, always=always, not_before=tx.now, attempts=0, flying=False,
        )
    )  # fmt: skip
    tx.session.flush()


# -- Sending ------------------------------------------------------------------


def claim(tx: Tx, book: Book, limits: Limits) -> tuple[list[Ready], datetime | None]:
    """Take the lines that may be sent now, as in flight, and return when to look again.

    The pace of each chat is written in the same transaction, so it holds over restarts and among processes.
    """
    room_left = limits.in_flight - (tx.session.scalar(select(func.count()).where(LineRow.flying)) or 0)
    pace = _Pace(tx, limits)
    ready: list[Ready] = []
    look_again: datetime | None = None
    for line in tx.session.scalars(_heads()).all():
        at = max(line.not_before, pace.earliest(line))
        if at > tx.now or room_left <= 0:
            look_again = min(look_again or at, max(at, tx.now))
            continue
        try:
            made = _ready(tx, line, book)
        except BrokenSealError as error:  # one line that does not open must not block all others
            log.warning("%s", error)
            made = None
        if made is None:
            tx.session.delete(line)
            continue
        pace.note(line)
        line.flying, line.attempts = True, line.attempts + 1
        ready.append(made)
        room_left -= 1
    return ready, look_again


def sent(tx: Tx, line_id: int, message_id: int | None) -> None:
    """Note Telegram's answer: the line is done, and its card stands in the chat."""
    line = tx.session.get(LineRow, line_id)
    if line is None:
        return
    card = tx.session.get(CardRow, line.card_id) if line.card_id else None
    couple = tx.session.get(CoupleRow, line.couple_id) if line.couple_id else None
    tx.session.delete(line)
    if card is None or couple is None:
        return
    card.message_id = message_id or card.message_id
    if line.kind == "strip":
        return
    if not card.live or (card.playing_id and tx.session.get(PlayingRow, card.playing_id) is None):
        tx.session.flush()
        _close(tx, couple, card)


def _close(tx: Tx, couple: CoupleRow, card: CardRow) -> None:
    """A card whose playing ended while it was in flight; buttons that open another ritual stay."""
    face = face_of(tx, couple, card)
    opens = face is not None and any(button.opens or button.leads for button in face.buttons)
    if card.live and opens:
        return
    if not card.live:
        _put(tx, couple, card, "strip", TIDYING, Say(""), always=True)
    card.live, card.face = False, None


def postpone(tx: Tx, line_id: int, until: datetime, *, whole_chat: bool) -> None:
    """Try a line again later; `whole_chat`: Telegram asked that nothing be sent to that chat until then."""
    line = tx.session.get(LineRow, line_id)
    if line is None:
        return
    line.flying, line.not_before = False, until
    if whole_chat:
        _pace_row(tx, line.target).hold_until = until


def drop(tx: Tx, line_id: int) -> None:
    """Give a line up: it can never be delivered, or may have been and must not be doubled."""
    line = tx.session.get(LineRow, line_id)
    if line is not None:
        card = tx.session.get(CardRow, line.card_id) if line.card_id else None
        tx.session.delete(line)
        if card is not None and card.message_id is None and not card.live:
            tx.session.flush()
            tx.session.delete(card)


def resend(tx: Tx, line_id: int) -> None:
    """Send a card as a new message: the old one is not there any more."""
    line = tx.session.get(LineRow, line_id)
    card = tx.session.get(CardRow, line.card_id) if line and line.card_id else None
    if line is not None and card is not None:
        line.kind, line.flying, card.message_id = "say", False, None


def leave_topic(tx: Tx, line_id: int) -> None:
    """Speak in the whole room from now on: the topic in which Tend was called is not there any more."""
    line = tx.session.get(LineRow, line_id)
    couple = tx.session.get(CoupleRow, line.couple_id) if line and line.couple_id else None
    if line is not None and couple is not None:
        couple.thread_id, line.flying = None, False


def land(tx: Tx) -> tuple[int, int]:
    """At start: what was in flight when the last process ended is sent again or dropped, as each line says.

    Returns how many are sent again, and how many may be missing.
    """
    flying = tx.session.scalars(select(LineRow).where(LineRow.flying)).all()
    again = [line for line in flying if line.again]
    for line in flying:
        if line.again:
            line.flying = False
        else:
            drop(tx, line.id)
    return len(again), len(flying) - len(again)


def waiting_lines(tx: Tx) -> int:
    """Return how many lines wait."""
    return tx.session.scalar(select(func.count()).select_from(LineRow)) or 0


def sweep(tx: Tx) -> None:
    """Forget cards that closed some days ago, and the paces of chats that have been quiet."""
    old = tx.now - CLOSED_CARDS
    alive = exists().where(PlayingRow.id == CardRow.playing_id)
    pending = exists().where(LineRow.card_id == CardRow.id)
    tx.session.execute(delete(CardRow).where(CardRow.at < old, ~alive, ~pending))
    tx.session.execute(
        delete(SaidRow).where(SaidRow.at < old, ~exists().where(PlayingRow.id == SaidRow.playing_id))
    )
    tx.session.execute(delete(PaceRow).where(or_(PaceRow.hold_until.is_(None), PaceRow.hold_until < old)))


def _heads() -> Select[LineRow]:
    """The first line of each chat, but for those that wait for a lane or keep another's silence."""
    flying = aliased(LineRow)
    turn = func.row_number().over(
        partition_by=LineRow.target, order_by=((LineRow.rank == FIRST).desc(), LineRow.id)
    )
    speaks = or_(
        LineRow.couple_id.is_(None), LineRow.to_id.is_not(None), LineRow.always,
        CoupleRow.floor_id.is_(None), CoupleRow.floor_id == LineRow.playing_id,
    )  # fmt: skip
    can_hear = or_(LineRow.waits.is_(False), PersonRow.lane_open)
    free = ~exists().where(and_(flying.target == LineRow.target, flying.flying))
    first = (
        select(LineRow.id, turn.label("turn"))
        .outerjoin(CoupleRow, CoupleRow.id == LineRow.couple_id)
        .outerjoin(PersonRow, PersonRow.id == LineRow.to_id)
        .where(speaks, can_hear, free)
        .subquery()
    )
    heads: ColumnElement[bool] = first.c.turn == 1
    return (
        select(LineRow)
        .join(first, first.c.id == LineRow.id)
        .where(heads)
        .order_by(LineRow.rank, LineRow.id)
        .limit(LOOKED_AT)
    )


def _ready(tx: Tx, line: LineRow, book: Book) -> Ready | None:
    couple = tx.session.get(CoupleRow, line.couple_id) if line.couple_id else None
    card = tx.session.get(CardRow, line.card_id) if line.card_id else None
    if couple is None or card is None:
        return _for_a_stranger(tx, line)
    person = tx.session.get(PersonRow, line.to_id) if line.to_id else None
    chat_id = person.telegram_id if person else couple.chat_id
    face = Say("") if line.kind == "strip" else face_of(tx, couple, card)
    if chat_id is None or face is None or (line.kind != "say" and card.message_id is None):
        return None
    guests = {
        value for each in (face, *face.below) for value in each.values.values() if isinstance(value, Person)
    }
    audience = couples.audience(tx, couple, book, guests)
    thread = None if person else couple.thread_id
    return Ready(
        line.id,
        line.kind,
        chat_id,
        thread,
        card.message_id,
        card.id,
        face,
        audience,
        line.again,
        line.attempts,
    )


def _for_a_stranger(tx: Tx, line: LineRow) -> Ready | None:
    if line.body is None:
        return None
    face = say_from_json(tx.keys.host.open(line.body, "line", line.id, "body", "host"))
    nobody = Audience((), {}, Preferences())
    return Ready(line.id, "say", line.target, None, None, None, face, nobody, line.again, line.attempts)


class _Pace:
    """How fast each chat, and all chats together, may be written to."""

    def __init__(self, tx: Tx, limits: Limits) -> None:
        self.tx, self.limits = tx, limits

    def earliest(self, line: LineRow) -> datetime:
        """Return the first moment at which a line may go."""
        own = _pace_row(self.tx, line.target)
        times = _times(own, self.tx.now - MINUTE)
        moments = [self.tx.now, own.hold_until or self.tx.now]
        if line.kind == "say" and times:
            moments.append(times[-1] + SECOND)
        if line.kind == "say" and line.to_id is None and len(times) >= self.limits.group_a_minute:
            moments.append(times[-self.limits.group_a_minute] + MINUTE)
        prompts = _times(_pace_row(self.tx, ALL_PROMPTS), self.tx.now - SECOND)
        answers = _times(_pace_row(self.tx, ALL_ANSWERS), self.tx.now - SECOND)
        whole = self.limits.prompts_a_second + self.limits.answers_a_second
        if line.rank >= PROMPT and len(prompts) >= self.limits.prompts_a_second:
            moments.append(prompts[-self.limits.prompts_a_second] + SECOND)
        if len(both := sorted(prompts + answers)) >= whole:
            moments.append(both[-whole] + SECOND)
        return max(moments)

    def note(self, line: LineRow) -> None:
        """Note that a line goes now."""
        if line.kind == "say":
            _note(_pace_row(self.tx, line.target), self.tx.now, MINUTE)
        everyone = ALL_PROMPTS if line.rank >= PROMPT else ALL_ANSWERS
        _note(_pace_row(self.tx, everyone), self.tx.now, SECOND)


def _pace_row(tx: Tx, target: int) -> PaceRow:
    row = tx.session.get(PaceRow, target)
    if row is None:
        row = PaceRow(target=target, recent="")
        tx.session.add(row)
    return row


def _times(row: PaceRow, since: datetime) -> list[datetime]:
    times = (datetime.fromtimestamp(float(part), UTC) for part in row.recent.split())
    return [at for at in times if at > since]


def _note(row: PaceRow, now: datetime, span: timedelta) -> None:
    times = [*_times(row, now - span), now]
    row.recent = " ".join(f"{at.timestamp():.3f}" for at in times)


# -- Finding cards again ------------------------------------------------------


def card(tx: Tx, number: int) -> CardRow | None:
    """Return a card."""
    return tx.session.get(CardRow, number)


def card_at(tx: Tx, couple: CoupleRow, to: PersonRow | None, message_id: int) -> CardRow | None:
    """Return the card that stands in a message of the room, or of somebody's private chat."""
    whose = and_(CardRow.couple_id == couple.id, _is_in_chat_of(to.id if to else None))
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


def successor(tx: Tx, card: CardRow) -> CardRow:
    """Return the card as it was said last: a reply to an older form of it is a reply to it."""
    if card.live or not card.name or card.playing_id is None:
        return card
    whose = _is_in_chat_of(card.to_id)
    query = _cards(card.playing_id).where(CardRow.name == card.name, CardRow.asks == card.asks, whose)
    return tx.session.scalar(query.order_by(CardRow.id.desc()).limit(1)) or card


def question_told_alone(tx: Tx, couple: CoupleRow) -> CardRow | None:
    """Return the newest live question of the room, if it says that it may be answered in private."""
    card = newest_question(tx, couple, None)
    face = face_of(tx, couple, card) if card else None
    return card if face is not None and face.alone else None


def say_room_anew(tx: Tx, couple: CoupleRow) -> None:
    """The room has another number: what stands in it is said there anew, and what is closed is forgotten."""
    for card in tx.session.scalars(
        select(CardRow).where(CardRow.couple_id == couple.id, CardRow.to_id.is_(None))
    ):
        standing = card.live and card.message_id is not None
        card.message_id = None
        face = face_of(tx, couple, card) if standing and card.playing_id else None
        playing = tx.session.get(PlayingRow, card.playing_id) if card.playing_id else None
        if face is not None and playing is not None:
            for line in tx.session.scalars(select(LineRow).where(LineRow.card_id == card.id)).all():
                tx.session.delete(line)
            _put(tx, couple, card, "say", TO_PEOPLE, face, always=True)


def newest_question(tx: Tx, couple: CoupleRow, person: PersonRow | None) -> CardRow | None:
    """Return the newest live question in somebody's private chat, or in the room."""
    whose = _is_in_chat_of(person.id if person else None)
    query = select(CardRow).where(CardRow.couple_id == couple.id, whose, CardRow.live, CardRow.asks != "")
    return tx.session.scalar(query.order_by(CardRow.id.desc()).limit(1))


def waits_for(tx: Tx, person: PersonRow) -> bool:
    """Whether a line waits for this one's private chat to be opened."""
    return bool(tx.session.scalar(select(exists().where(LineRow.to_id == person.id, LineRow.waits))))


def said(tx: Tx, chat_id: int, message_id: int) -> SaidRow | None:
    """Return which question a message answered."""
    return tx.session.get(SaidRow, (chat_id, message_id))


def remember_said(tx: Tx, chat_id: int, message_id: int, playing_id: int, asked: str) -> None:
    """Remember which question a message answered, for its edits."""
    if said(tx, chat_id, message_id) is None:
        tx.session.add(
            SaidRow(chat_id=chat_id, message_id=message_id, playing_id=playing_id, asked=asked, at=tx.now)
        )
