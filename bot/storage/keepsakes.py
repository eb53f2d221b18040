"""What is kept beyond a ritual: sealed with the key of whoever said it, found by its kind and its date."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, func, not_, or_, select, union_all

from bot.ritual import Kept, Person, Ritual, Words
from bot.storage.store import Tx
from bot.storage.tables import CoupleRow, KeptRow, PersonRow


def of(
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


def bring(tx: Tx, ritual: Ritual, numbers: Iterable[int]) -> None:
    """Load what a ritual looks back on, for many couples in one look."""
    kinds, most, minded = tuple(ritual.reads), ritual.looks_back, tuple(ritual.minds)
    if not kinds:
        return
    found: dict[int, list[KeptRow]] = {number: [] for number in numbers}
    query = _newest_kept_of_many(most, minded)
    for row in tx.session.scalars(query, {"numbers": list(found), "kinds": list(kinds)}):
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
