"""The outbox: lines that are to be given to Telegram, in which order, and what comes of each.

Per chat the order is kept: one line in flight, the next after its answer. Over all chats the smaller rank
goes first, and strangers come last.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, partial
from typing import Any, TypeAlias, cast

from sqlalchemy import Select, and_, bindparam, exists, func, or_, select, tuple_, update
from sqlalchemy.orm import aliased, lazyload

from bot.ritual import Line, Person, Preferences, Say
from bot.shell import DELAYED
from bot.storage import cards, couples, pace, timetable
from bot.storage.codec import legible, say_from_json, say_to_json
from bot.storage.couples import Audience, Book
from bot.storage.pace import (
    AFTERWARDS,
    AHEAD,
    FIRST,
    PROMPT,
    SOMEBODY_BACK,
    TIDYING,
    TO_PEOPLE,
    TO_STRANGERS,
    Head,
    Limits,
    Pace,
)
from bot.storage.sealing import BrokenSealError
from bot.storage.store import Tx, made_at
from bot.storage.tables import NOW, CardRow, CoupleRow, LineRow, PaceRow, PersonRow, PlayingRow
from bot.storage.timetable import LONG_CALLED
from bot.wording import LANGUAGE, spoken

log = logging.getLogger(__name__)

Ring: TypeAlias = Callable[[Tx, Collection[int]], object]  # rings couples, and takes their calls out of here

MOST_STRANGERS = 200  # lines that wait for people who are in no couple; beyond them nothing is said
AT_LEAST = 3  # lines that are taken in one go, though others wait for the database
RUNG_AT_ONCE, MOST_RUNG = 8, 32  # couples whose turn it is to be rung: together, and in one go
A_LOOK, A_PAGE = 8, 50  # first lines of chats that are looked at in one go: at first, and then


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
    attempts: int  # with this one
    rank: int
    leaves_at: datetime
    punctual: bool  # where it is late for that, it has to wait for another moment

    @property
    def put_at(self) -> datetime:
        """Return when it was put into the outbox."""
        return made_at(self.id)


@dataclass(frozen=True)
class Backlog:
    """How many lines are in the outbox, and since when."""

    ready: int  # they go as soon as the pace lets them
    held: int  # they keep another's silence, or wait for a private chat to be opened
    flying: int  # Telegram has them and has not answered
    oldest: datetime | None  # when the oldest of those that are not held was put here


# -- What is no card ----------------------------------------------------------


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


def hand_over(tx: Tx, couple: CoupleRow, to: CoupleRow) -> None:
    """Let another couple, whose room this is, take away the buttons that are left of this one there."""
    tx.session.flush()
    left = update(LineRow).where(LineRow.couple_id == couple.id, LineRow.kind == "strip")
    tx.session.execute(left.values(couple_id=to.id, target=to.id))


def waits_for(tx: Tx, person: PersonRow) -> bool:
    """Whether a line waits for this one's private chat to be opened."""
    return bool(tx.session.scalar(select(exists().where(LineRow.target == person.id, LineRow.waits))))


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


# -- Taking -------------------------------------------------------------------


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
    taken = _Taken(tx, book, limits, cut_off=cut_off)
    heads_of = _first_of_each_chat(cut_off=cut_off, called=ring is not None)
    last, page, rung = None, A_LOOK, 0
    while heads := _heads(tx, heads_of, page, last, taken.pace.open_to(only_first=only_first)):
        called = taken.take_of(heads)
        if taken.the_rest_waits:
            return taken.ready, tx.now
        if called and ring is not None:
            ring(tx, {line.target for line in called})
            rung += len(called)
            if rung >= MOST_RUNG or tx.others_wait():
                return taken.ready, tx.now
            last, page = None, A_LOOK  # what they are told now goes before whoever is still to be rung
        elif len(heads) < page or taken.room_left <= 0:
            break
        else:
            last, page = heads[-1][0], A_PAGE
        tx.session.flush()  # the next page depends on what flies now
    spent = taken.pace.open_to() + 1
    if not only_first and spent <= TO_STRANGERS and _is_left(tx, spent):
        taken.look_again_by(taken.pace.whole(spent))
    return taken.ready, taken.look_again


class _Taken:
    """The lines that are taken in one go, and when to look again."""

    def __init__(self, tx: Tx, book: Book, limits: Limits, *, cut_off: bool) -> None:
        self.tx, self.book, self.limits, self.cut_off = tx, book, limits, cut_off
        self.pace = Pace.after_minding_the_clock(tx, limits)
        flying, self.look_again = _under_way(tx, cut_off=cut_off)
        self.room_left = limits.in_flight - flying
        self.ready: list[Ready] = []
        self.the_rest_waits = False  # for these to be on their way, or for others to have the database

    def take_of(self, heads: Sequence[Head]) -> list[LineRow]:
        """Take what may go of these first lines of chats, and return the calls whose turn has come."""
        self.pace.look_at(heads)
        _bring(self.tx, heads)
        called, at_once = list[LineRow](), AT_LEAST if self.tx.others_wait() else RUNG_AT_ONCE
        for line, _ in heads:
            if self.room_left <= 0 or len(called) == at_once:
                break  # the answer to one that is in flight lets the next go
            _renew_what_was_lost(self.tx, line)
            if self.cut_off and not line.again:
                continue
            at = self.pace.earliest(line)
            if at > self.tx.now + AHEAD:
                self.look_again_by(at)
            elif self._is_enough(line):
                self.the_rest_waits = True
                break
            elif line.kind == "call":
                called.append(line)
            else:
                self._take(line, at)
        return called

    def look_again_by(self, at: datetime) -> None:
        """Look again then, or before."""
        self.look_again = min(self.look_again or at, at)

    def _is_enough(self, line: LineRow) -> bool:
        """Whether this one has to wait: what comes first is on its way before any other is looked at."""
        after_the_first = bool(self.ready) and self.ready[-1].rank == FIRST and line.rank > FIRST
        return after_the_first or (len(self.ready) >= AT_LEAST and self.tx.others_wait())

    def _take(self, line: LineRow, at: datetime) -> None:
        """Let a line be in flight; whoever took it and is silent for too long is gone."""
        punctual, line.attempts = _is_punctual(line, self.pace), line.attempts + 1
        try:
            made = _ready(self.tx, line, self.book, at, punctual=punctual)
        except BrokenSealError as error:  # one line that does not open must not block all others
            log.warning("%s", error)
            made = None
        if made is None:
            self.tx.session.delete(line)
            return
        self.pace.note(line, at)
        line.flying, line.not_before = True, at + self.limits.answered_within
        self.ready.append(made)
        self.room_left -= 1


def _heads(tx: Tx, heads: Select[Any], most: int, last: LineRow | None, rank: int) -> Sequence[Head]:
    """Return the first line of each chat where it may be tried now, down to a rank, with that chat's pace.

    They come by the page, in the order of sending. Lines that wait for a lane, or keep another's silence,
    are in nobody's way.
    """
    found = {"now": tx.now, "most": most, "rank": rank, "last_rank": -1, "last_id": 0}
    found["long_called"] = tx.now - LONG_CALLED
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
            timetable.may_be_taken(LineRow),
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


def _bring(tx: Tx, heads: Sequence[Head]) -> None:
    """Load what these lines are made of in few looks, before any of them is taken."""
    couples.bring(tx, {line.couple_id for line, _ in heads if line.couple_id and line.kind != "call"})
    those = select(CardRow).where(CardRow.id.in_([line.card_id for line, _ in heads if line.card_id]))
    tx.session.scalars(those.options(lazyload(CardRow.lines))).all()


def _renew_what_was_lost(tx: Tx, line: LineRow) -> None:
    """Let a card be a new message where it should be redrawn, and nobody knows whether it ever arrived.

    The one in doubt is let go, but not what the card would ask next.
    """
    card = tx.session.get(CardRow, line.card_id) if line.card_id and line.kind == "redraw" else None
    if card is not None and card.message_id is None:
        _as_a_new_message(tx, line, card)


def _as_a_new_message(tx: Tx, line: LineRow, card: CardRow) -> None:
    """Let a new message be what would have redrawn one; in doubt it is said again if its face may be."""
    face = cards.face_of(tx, tx.session.get_one(CoupleRow, card.couple_id), card)
    line.kind, line.again, card.message_id = "say", face is not None and face.again, None


def _is_punctual(line: LineRow, may: Pace) -> bool:
    """Whether a line must not be late; what comes first goes at once, and nobody is sent back twice."""
    return line.rank > FIRST and line.attempts == 0 and may.is_tight


def _ready(tx: Tx, line: LineRow, book: Book, at: datetime, *, punctual: bool) -> Ready | None:
    """Return a line as it is to be sent; None where there is nothing to say, or nobody any more."""
    couple = tx.session.get(CoupleRow, line.couple_id) if line.couple_id else None
    person = tx.session.get(PersonRow, line.to_id) if line.to_id else None
    card = tx.session.get(CardRow, line.card_id) if line.card_id else None
    chat_id = person.telegram_id if person else couple.chat_id if couple else line.target
    told = _of_a_card(tx, line, couple, card, book) if couple and card else _of_no_card(tx, line)
    if chat_id is None or told is None:
        return None
    face, audience = told
    return Ready(
        line.id, line.kind, chat_id, None if person or couple is None else couple.thread_id,
        card.message_id if card else None, card.id if card else None, face, audience,
        line.again, line.attempts, line.rank, at, punctual,
    )  # fmt: skip


def _of_a_card(
    tx: Tx, line: LineRow, couple: CoupleRow, card: CardRow, book: Book
) -> tuple[Say, Audience] | None:
    """Return what a card says now, and who reads it."""
    face = Say("") if line.kind == "strip" else cards.face_of(tx, couple, card)
    if face is None or (line.kind != "say" and card.message_id is None):
        return None
    values = [value for each in (face, *face.below) for value in each.values.values()]
    audience = couples.audience(tx, couple, book, {value for value in values if isinstance(value, Person)})
    if line.kind == "say" and line.rank == PROMPT and cards.is_late(tx, line):
        face = replace(face, below=(*face.below, Line(DELAYED)))
    return face, audience


def _of_no_card(tx: Tx, line: LineRow) -> tuple[Say, Audience] | None:
    """Return what a line of its own says, in the language of whoever asked; a count says nothing."""
    prefers = Preferences().put(LANGUAGE, line.language) if line.language else Preferences()
    audience = Audience((), {}, prefers)
    if line.kind == "count":
        return Say(""), audience
    told = _body(tx, line) if line.body else None
    face = legible("a line", partial(say_from_json, told)) if told is not None else None
    return (face, audience) if face is not None else None


_NEXT_TURN = select(func.min(LineRow.not_before)).where(
    LineRow.rank >= AFTERWARDS, LineRow.not_before < SOMEBODY_BACK
)
_WHOSE_TURN_IT_IS = (
    update(LineRow)
    .where(LineRow.rank >= AFTERWARDS, LineRow.not_before <= NOW)
    .values(rank=LineRow.rank - AFTERWARDS)
)


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


_LEFT = select(
    exists().where(LineRow.rank.between(bindparam("rank"), TO_STRANGERS), LineRow.flying.is_(False))
)


def _is_left(tx: Tx, rank: int) -> bool:
    """Whether a line of this rank or below was not given to Telegram yet."""
    return bool(tx.session.scalar(_LEFT, {"rank": rank}))


# -- What comes of them -------------------------------------------------------


def is_of(tx: Tx, line_id: int, couple: CoupleRow) -> bool:
    """Whether a line is one of this couple's, or of nobody's any more."""
    line = tx.session.get(LineRow, line_id)
    return line is None or line.couple_id in {None, couple.id}


_ANSWERED = (
    select(LineRow, CardRow, PlayingRow.id)
    .outerjoin(CardRow, CardRow.id == LineRow.card_id)
    .outerjoin(PlayingRow, PlayingRow.id == CardRow.playing_id)
    .where(LineRow.id == bindparam("line_id"), LineRow.attempts == bindparam("attempts"))
    .options(lazyload(CardRow.lines))
)


def _row_of(tx: Tx, taken: Ready) -> LineRow | None:
    """Return a line that was taken; None where it is done, or was taken anew since by another process."""
    line = tx.session.get(LineRow, taken.id)
    return line if line is not None and line.attempts == taken.attempts else None


def sent(tx: Tx, taken: Ready, message_id: int | None) -> None:
    """Note Telegram's answer: the line is done, and its card stands in the chat."""
    found = tx.session.execute(_ANSWERED, {"line_id": taken.id, "attempts": taken.attempts}).one_or_none()
    if found is None:
        return
    line, card, playing_id = cast("tuple[LineRow, CardRow | None, int | None]", found)
    tx.session.delete(line)
    if card is None:
        return
    card.message_id = message_id or card.message_id
    if line.kind != "strip" and (not card.live or (card.playing_id and playing_id is None)):
        cards.ended_in_flight(tx, tx.session.get_one(CoupleRow, card.couple_id), card)


def come_back(tx: Tx, taken: Ready) -> None:
    """Let a line that missed its moment wait for another one: nothing of it has left."""
    line = _row_of(tx, taken)
    if line is not None:
        pace.take_back(tx, line, taken.leaves_at)
        _come_back(line, tx.now)


def postpone(tx: Tx, taken: Ready, until: datetime, *, whole_chat: bool) -> None:
    """Try a line again later; `whole_chat`: Telegram asked that nothing be sent to that chat until then."""
    line = _row_of(tx, taken)
    if line is None:
        return
    _come_back(line, until)
    if whole_chat:
        row = tx.session.get(PaceRow, line.target) or PaceRow(target=line.target, recent="")
        row.hold_until = until
        tx.session.add(row)


def try_now(tx: Tx) -> None:
    """Telegram can be reached again: what could not be sent is tried at once, but where it asked to wait."""
    waits = LineRow.not_before > tx.now, LineRow.rank < AFTERWARDS  # not for its turn after a silence
    tried = LineRow.attempts > 0, LineRow.flying.is_(False), *waits
    tx.session.execute(update(LineRow).where(*tried).values(not_before=tx.now))


def drop(tx: Tx, taken: Ready) -> None:
    """Give a line up: it can never be delivered, or may have been and must not be doubled."""
    line = _row_of(tx, taken)
    if line is not None:
        _drop(tx, line)


def _drop(tx: Tx, line: LineRow) -> None:
    card = tx.session.get(CardRow, line.card_id) if line.card_id else None
    tx.session.delete(line)
    if card is not None and card.message_id is None and not card.live:
        tx.session.delete(card)


def drop_all(tx: Tx, taken: Ready) -> None:
    """Give up a line and all behind it in its chat, which takes none; what waits for a lane to open stays.

    So does a call: the ring finds out whether anybody is still there.
    """
    given_up = _row_of(tx, taken)
    if given_up is None:
        return
    behind = LineRow.flying.is_(False), LineRow.waits.is_(False), LineRow.kind != "call"
    for line in tx.session.scalars(select(LineRow).where(LineRow.target == given_up.target, *behind)).all():
        _drop(tx, line)
    if given_up.waits:
        _come_back(given_up, tx.now)
    else:
        _drop(tx, given_up)


def resend(tx: Tx, taken: Ready) -> None:
    """Send a card as a new message: the old one is not there any more."""
    line = _row_of(tx, taken)
    card = tx.session.get(CardRow, line.card_id) if line and line.card_id else None
    if line is not None and card is not None:
        _come_back(line, tx.now)
        _as_a_new_message(tx, line, card)


def leave_topic(tx: Tx, taken: Ready) -> None:
    """Speak in the whole room from now on: the topic in which Tend was called is not there any more."""
    line = _row_of(tx, taken)
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
            _drop(tx, line)
            missing += 1
    return again, missing


def _come_back(line: LineRow, at: datetime) -> None:
    """Let a line that was in flight be tried again."""
    line.flying, line.not_before = False, at


# -- Counting -----------------------------------------------------------------


def in_flight(tx: Tx) -> tuple[int, int]:
    """Return how many lines are in flight that may be said again, and how many that may not."""
    flying = tx.session.scalars(select(LineRow.again).where(LineRow.flying)).all()
    return sum(flying), len(flying) - sum(flying)


def untried(tx: Tx) -> int:
    """Return how many lines could have gone and were never given to Telegram."""
    lines = _may_be_tried(select(LineRow.id), LineRow).where(LineRow.attempts == 0, LineRow.flying.is_(False))
    return len(tx.session.scalars(lines).all())


def waiting_lines(tx: Tx) -> int:
    """Return how many lines wait."""
    return tx.session.scalar(select(func.count()).select_from(LineRow)) or 0


_READY = _may_be_tried(select(func.count(LineRow.id), func.min(LineRow.id)), LineRow).where(
    LineRow.flying.is_(False)
)
_FLYING = select(func.count(LineRow.id), func.min(LineRow.id)).where(LineRow.flying)


def backlog(tx: Tx) -> Backlog:
    """Return how much is in the outbox."""
    ready, first_ready = tx.session.execute(_READY).one()
    flying, first_flying = tx.session.execute(_FLYING).one()
    oldest = min((number for number in (first_ready, first_flying) if number), default=None)
    held = waiting_lines(tx) - ready - flying
    return Backlog(ready, held, flying, None if oldest is None else made_at(oldest))
