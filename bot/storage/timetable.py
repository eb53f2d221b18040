"""Who is due: playings that want to be rung, and the hours and dates at which rituals are called.

A playing is rung as soon as its moment has come. When an hour or a date comes, its couple is called: a line
in the outbox waits for its turn to be sent, and only then is the couple rung and what it is told written
(docs/decisions, 41). So ten thousand couples with one hour are called at once, and each is stepped as things
are when it reads.
"""

import logging
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import (
    and_,
    bindparam,
    case,
    delete,
    exists,
    false,
    func,
    insert,
    not_,
    or_,
    select,
    tuple_,
    update,
)

from bot.hours import ZONE, evening_of
from bot.ritual import Ritual, never
from bot.storage import couples, keepsakes
from bot.storage.couples import Book
from bot.storage.pace import CALLED
from bot.storage.sealing import BrokenSealError
from bot.storage.store import Tx
from bot.storage.tables import NOW, CallRow, CoupleRow, InboxRow, KeptRow, LineRow, PlayingRow, Utc

log = logging.getLogger(__name__)

LONG_DUE = timedelta(minutes=1)  # then a couple is rung, however much it writes all the while
LONG_CALLED = timedelta(hours=1)  # the same for one that was called: its turn to be sent may take minutes

Due: TypeAlias = PlayingRow | CallRow  # who is to be rung at a moment


def playings(tx: Tx, most: int) -> Sequence[PlayingRow]:
    """Return the playings that are to be rung, longest due first; not one that another has hushed."""
    long_due = tx.now - LONG_DUE
    return tx.session.scalars(_PLAYINGS, {"now": tx.now, "long_due": long_due, "most": most}).all()


def call(tx: Tx, most: int) -> int:
    """Put a line into the outbox for each hour and date that has come, longest due first; return how many.

    While a couple keeps a silence none of its hours comes.
    """
    calls = tx.session.connection().execute(_CALL, {"now": tx.now, "most": most}).all()
    if calls:
        lines = [
            _line(tx, couple_id) for _, couple_id in sorted((due_at, number) for number, due_at in calls)
        ]
        tx.session.execute(insert(LineRow), lines)
    return len(calls)


def _line(tx: Tx, couple_id: int) -> dict[str, object]:
    """Return a line that waits for its turn in a room; what it says is yet to be written."""
    return {
        "id": tx.new_id(), "target": couple_id, "couple_id": couple_id, "kind": "call", "rank": CALLED,
        "again": False, "waits": False, "always": False, "not_before": tx.now, "attempts": 0, "flying": False,
    }  # fmt: skip


def take_called(tx: Tx, numbers: Collection[int]) -> Sequence[CallRow]:
    """Take the calls of couples out of the outbox, and return those that are to be rung, longest due first.

    That a call was made and that its line waits is one thing, so both end here. Whoever must not be rung just
    now, for the minutes after a silence, is called again then.
    """
    those = {"numbers": list(numbers)}
    tx.session.execute(_CALLED_NO_MORE, those)
    tx.session.execute(_THEIR_LINES, those)
    return tx.session.scalars(_CALLED, {"now": tx.now} | those).all()


def bring(tx: Tx, those: Iterable[Due], book: Book) -> None:
    """Load all that their rings need in few looks, where each would be looked up one by one."""
    by_ritual: dict[str, set[int]] = {}
    for each in those:
        by_ritual.setdefault(each.ritual, set()).add(each.couple_id)
    couples.bring_whole(tx, set().union(*by_ritual.values()))
    for name, numbers in by_ritual.items():
        if name in book.rituals:
            keepsakes.bring(tx, book.rituals[name], numbers)


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


def _is_heard(couple: Any) -> Any:  # noqa: ANN401 - as above
    """Whether nothing of a couple waits to be heard."""
    return ~exists().where(InboxRow.whose == couple, InboxRow.stage == "new")


def may_be_taken(line: type[LineRow]) -> Any:  # noqa: ANN401 - as above
    """Whether a line is no call, or its couple is heard: it may have opened by hand what calls it."""
    long_called = line.not_before <= bindparam("long_called", type_=Utc())
    return or_(line.kind != "call", long_called, _is_heard(line.couple_id))


def _may_be_rung(due: Any) -> tuple[Any, ...]:  # noqa: ANN401 - as above
    """When an hour or a date that has come may be rung."""
    return due <= NOW, CoupleRow.floor_id.is_(None), _is_rung_again()


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
    .where(CallRow.due_at.is_not(None), ~CallRow.called, CoupleRow.floor_id.is_(None))
    .order_by(_not_before(CallRow.due_at, false()))
    .limit(1)
)
_PLAYINGS = (
    select(PlayingRow)
    .join(CoupleRow, CoupleRow.id == PlayingRow.couple_id)
    .where(PlayingRow.wake_at <= NOW, _has_the_floor(), or_(_is_rung_again(), _is_on_time()))
    .where(or_(PlayingRow.wake_at <= bindparam("long_due", type_=Utc()), _is_heard(CoupleRow.id)))
    .order_by(PlayingRow.wake_at)
    .limit(bindparam("most"))
)
_THOSE_TO_CALL = (
    select(CallRow.couple_id, CallRow.ritual)
    .join(CoupleRow, CoupleRow.id == CallRow.couple_id)
    .where(~CallRow.called, *_may_be_rung(CallRow.due_at))
    .order_by(CallRow.due_at)
    .limit(bindparam("most"))
)
_CALL = (
    update(CallRow)
    .where(tuple_(CallRow.couple_id, CallRow.ritual).in_(_THOSE_TO_CALL))
    .values(called=True)
    .returning(CallRow.couple_id, CallRow.due_at)
)
_THEIRS = CallRow.couple_id.in_(bindparam("numbers", expanding=True))
_CALLED_NO_MORE = (
    update(CallRow)
    .where(_THEIRS, CallRow.called)
    .values(called=False)
    .execution_options(synchronize_session=False)
)
_THEIR_LINES = delete(LineRow).where(
    LineRow.target.in_(bindparam("numbers", expanding=True)), LineRow.kind == "call"
)
_CALLED = (
    select(CallRow)
    .join(CoupleRow, CoupleRow.id == CallRow.couple_id)
    .where(_THEIRS, *_may_be_rung(CallRow.due_at))
    .order_by(CallRow.due_at)
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
    return book.next_call(ritual, couple, couples.preferences(tx, couple, book), after)


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
            prefers = couples.preferences(tx, couple, book)
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
