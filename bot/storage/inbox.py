"""The inbox: raw updates, kept before they are confirmed and erased when they have had their effect.

They are heard in the order they came, but whoever sends many lets others go first: the updates of one couple
take turns with everybody else's, in their own order, and what strangers write in private comes after all of
them. What presses comes before all of them, with whatever waits of the same couple. Nobody waits for ever.
"""

import json
from bisect import insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias, cast

from sqlalchemy import (
    BindParameter,
    CompoundSelect,
    CursorResult,
    bindparam,
    delete,
    exists,
    func,
    select,
    union_all,
    update,
)

from bot.storage.sealing import BrokenSealError
from bot.storage.store import Tx
from bot.storage.tables import CoupleRow, InboxRow, PersonRow

LOOKED_INTO = timedelta(days=14)  # so long a host has to find out why an update was not understood
REMEMBERED = timedelta(days=4)  # Telegram keeps an update for 24 hours, and may repeat it that long
BEHIND = timedelta(hours=1)  # so much later strangers are heard than they came, while others wait
A_TURN = timedelta(milliseconds=100)  # between two updates of one couple, in the order of hearing
LONGEST = 2 * BEHIND  # later nobody is heard
MOST_TURNS = timedelta(minutes=1)  # the latest turn, from when it came
AHEAD = timedelta(days=1)  # so much earlier is heard what presses

WRITTEN, DONE = ("message", "edited_message"), ("callback_query", "my_chat_member")
LARGEST = 2**63

_KNOWN = select(InboxRow.update_id).where(InboxRow.update_id.in_(bindparam("numbers", expanding=True)))
_TURNS = (
    select(InboxRow.whose, InboxRow.at, InboxRow.update_id)
    .where(InboxRow.stage == "new", InboxRow.whose.in_(bindparam("those", expanding=True)))
    .order_by(InboxRow.at, InboxRow.update_id)
)
_CHATS: BindParameter[Any] = bindparam("chats", expanding=True)
_OF_CHATS: CompoundSelect[Any] = union_all(
    select(PersonRow.telegram_id, PersonRow.couple_id).where(PersonRow.telegram_id.in_(_CHATS)),
    select(CoupleRow.chat_id, CoupleRow.id).where(CoupleRow.chat_id.in_(_CHATS)),
)
_DONE = (
    update(InboxRow)
    .where(InboxRow.update_id.in_(bindparam("numbers", expanding=True)), InboxRow.stage == "new")
    .values(stage="done", body=None, whose=None)
    .execution_options(synchronize_session=False)
)
_IS_ANY_NEW = select(exists().where(InboxRow.stage == "new"))
_NEXT = (
    select(InboxRow)
    .where(InboxRow.stage == "new", InboxRow.at <= bindparam("latest"))
    .order_by(InboxRow.at, InboxRow.update_id)
    .limit(bindparam("most"))
)

Turns: TypeAlias = list[tuple[datetime, int]]  # where the updates of one couple stand, and their numbers
Presses: TypeAlias = Callable[[Tx, dict[str, Any]], bool]


def nothing_presses(_tx: Tx, _body: dict[str, Any]) -> bool:
    """Let everybody wait for their turn."""
    return False


def keep(
    tx: Tx,
    updates: Sequence[dict[str, Any]],
    presses: Presses = nothing_presses,
) -> int:
    """Store raw updates and return how many were new. One that is known already is left as it is."""
    numbers = [int(body["update_id"]) for body in updates]
    known = set(tx.session.scalars(_KNOWN, {"numbers": numbers}))
    those = _whose(tx, updates)
    turns, new = _turns(tx, those), 0
    for number, body, whose in zip(numbers, updates, those, strict=True):
        if number not in known:
            sealed = tx.keys.host.close(json.dumps(body), "inbox", number, "body", "host")
            at = _turn(turns[whose], number, tx.now) if whose is not None else tx.now + BEHIND
            tx.session.add(InboxRow(update_id=number, body=sealed, stage="new", at=at, whose=whose))
            known.add(number)
            new += 1
            if whose is not None and presses(tx, body):
                _bring_forward(tx, whose)
    return new


def _bring_forward(tx: Tx, whose: int) -> None:
    """Let a couple be heard now, in the order in which it wrote."""
    tx.session.flush()
    theirs = select(InboxRow).where(InboxRow.whose == whose, InboxRow.stage == "new")
    for row in tx.session.scalars(theirs.where(InboxRow.at > tx.now - AHEAD / 2)).all():
        row.at -= AHEAD


def _turns(tx: Tx, updates: Iterable[int | None]) -> defaultdict[int | None, Turns]:
    """Return of these couples what has still to be heard."""
    turns: defaultdict[int | None, Turns] = defaultdict(list)
    for whose, at, number in tx.session.execute(_TURNS, {"those": list({*updates} - {None})}):
        turns[whose].append((at, number))
    return turns


def _turn(theirs: Turns, number: int, now: datetime) -> datetime:
    """Return where an update of a couple stands in the order of hearing: behind those that came before it.

    Telegram may bring an older one later, by a webhook: it stands where the first newer one does.
    """
    newer = [at for at, other in theirs if other > number]
    last = theirs[-1][0] if theirs else now - A_TURN
    latest = max(now + MOST_TURNS, last)  # the last one is later where the clock has just gone back
    at = min(newer) if newer else max(now, min(last + A_TURN, latest))
    insort(theirs, (at, number))
    return at


def _whose(tx: Tx, updates: Iterable[dict[str, Any]]) -> list[int | None]:
    """Return with whom each takes turns: a couple, else a chat; None for what a stranger wrote in private."""
    places = [_place(body) for body in updates]
    chats = {chat for chat, _ in places}
    found = tx.session.execute(_OF_CHATS, {"chats": list(chats)})
    theirs: dict[int, int | None] = {chat: couple for chat, couple in found}  # noqa: C416 - a Row is no pair to mypy
    return [
        None if is_private and chat not in theirs else theirs.get(chat) or chat for chat, is_private in places
    ]


def _place(body: dict[str, Any]) -> tuple[int, bool]:
    """Return the chat of an update, 0 where that is unclear, and whether it was written there in private."""
    try:
        kind = next(kind for kind in (*WRITTEN, *DONE) if kind in body)
        chat = body[kind]["message"]["chat"] if kind == "callback_query" else body[kind]["chat"]
        number, is_private = int(chat["id"]), kind in WRITTEN and chat["type"] == "private"
    except (StopIteration, LookupError, TypeError, ValueError):
        return 0, False
    return (number, is_private) if abs(number) < LARGEST else (0, False)


def waiting(tx: Tx, most: int, *, strangers: bool = True) -> list[tuple[int, dict[str, Any]]]:
    """Return the updates that have had no effect yet and are to be heard next, with or without strangers'."""
    return _before(tx, tx.now + (LONGEST if strangers else MOST_TURNS), most)


def pressing(tx: Tx, most: int) -> list[tuple[int, dict[str, Any]]]:
    """Return what presses, and what the same couples wrote before."""
    return _before(tx, tx.now - AHEAD / 2, most)


def _before(tx: Tx, latest: datetime, most: int) -> list[tuple[int, dict[str, Any]]]:
    """Return what is to be heard until then, in the order of hearing."""
    updates = []
    for row in tx.session.scalars(_NEXT, {"latest": latest, "most": most}).all():
        try:
            body = tx.keys.host.open(row.body or b"", "inbox", row.update_id, "body", "host")
        except BrokenSealError:
            row.stage = "dead"
        else:
            updates.append((row.update_id, json.loads(body)))
    return updates


def done(tx: Tx, *numbers: int) -> bool:
    """Mark updates as having had their effect, in the transaction of that effect, and erase their bodies.

    False: they had it before, or were put aside.
    """
    return bool(cast("CursorResult[Any]", tx.session.execute(_DONE, {"numbers": numbers})).rowcount)


def whose(tx: Tx, numbers: Iterable[int]) -> set[int]:
    """Return with whom updates that were looked at take turns: couples, and chats of nobody's."""
    rows = (tx.session.get(InboxRow, number) for number in numbers)
    return {row.whose for row in rows if row is not None and row.whose is not None}


def bury(tx: Tx, number: int) -> None:
    """Keep an update that cannot be understood as a dead letter: sealed, and out of the others' way."""
    tx.session.execute(update(InboxRow).where(InboxRow.update_id == number).values(stage="dead"))


def is_empty(tx: Tx) -> bool:
    """Whether every update has had its effect."""
    return not tx.session.scalar(_IS_ANY_NEW)


def unheard(tx: Tx) -> int:
    """Return how many updates have had no effect yet."""
    return tx.session.scalar(select(func.count()).where(InboxRow.stage == "new")) or 0


def known(tx: Tx) -> dict[int, str]:
    """Return every update there is, and whether it is new, done or dead."""
    rows = tx.session.execute(select(InboxRow.update_id, InboxRow.stage))
    return {number: stage for number, stage in rows}  # noqa: C416 - a Row is no pair to mypy


def dead_letters(tx: Tx) -> int:
    """Return how many updates could not be understood."""
    return tx.session.scalar(select(func.count()).where(InboxRow.stage == "dead")) or 0


def goes_back(tx: Tx, by: timedelta) -> None:
    """Let what waits for its turn go back with the clock, or what came later would be heard before it."""
    ahead = InboxRow.stage == "new", InboxRow.at > tx.now + MOST_TURNS
    for row in tx.session.scalars(select(InboxRow).where(*ahead)).all():
        row.at -= by


def sweep(tx: Tx) -> None:
    """Forget the numbers of updates that Telegram cannot repeat any more, and what dead letters said."""
    old_letters = InboxRow.stage == "dead", InboxRow.at < tx.now - LOOKED_INTO
    tx.session.execute(update(InboxRow).where(*old_letters).values(body=None))
    tx.session.execute(delete(InboxRow).where(InboxRow.stage == "done", InboxRow.at < tx.now - REMEMBERED))
