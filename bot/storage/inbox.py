"""The inbox: raw updates, kept before they are confirmed and erased when they have had their effect.

They are heard in the order they came, but for what strangers write in private: that is heard as if it had
come later, so ten thousand of them keep no couple waiting, and none of them waits for ever.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, select, update

from bot.storage.sealing import BrokenSealError
from bot.storage.store import Tx
from bot.storage.tables import InboxRow, PersonRow

LOOKED_INTO = timedelta(days=14)  # so long a host has to find out why an update was not understood
REMEMBERED = timedelta(days=4)  # Telegram keeps an update for 24 hours, and may repeat it that long
BEHIND = timedelta(hours=1)  # so much later strangers are heard than they came, while others wait
WRITTEN = "message", "edited_message"  # the kinds of updates that a stranger may send by the thousand


def keep(tx: Tx, updates: Sequence[dict[str, Any]]) -> int:
    """Store raw updates and return how many were new. One that is known already is left as it is."""
    strange = _strange(tx, updates)
    new = 0
    for body in updates:
        number = int(body["update_id"])
        if tx.session.get(InboxRow, number) is None:
            sealed = tx.keys.host.close(json.dumps(body), "inbox", number, "body", "host")
            at = tx.now + BEHIND if _lane_of(body) in strange else tx.now
            tx.session.add(InboxRow(update_id=number, body=sealed, stage="new", at=at))
            new += 1
    return new


def _strange(tx: Tx, updates: Iterable[dict[str, Any]]) -> set[int]:
    """Return the private chats of people nobody knows yet."""
    lanes = {lane for body in updates if (lane := _lane_of(body)) is not None}
    known = select(PersonRow.telegram_id).where(PersonRow.telegram_id.in_(lanes))
    return lanes.difference(tx.session.scalars(known)) if lanes else set()


def _lane_of(body: dict[str, Any]) -> int | None:
    """Return whose private chat something was written in; None where it was not, or where that is unclear."""
    try:
        chat = next(body[kind] for kind in WRITTEN if kind in body)["chat"]
        lane = int(chat["id"]) if chat["type"] == "private" else None
    except (StopIteration, LookupError, TypeError, ValueError):
        return None
    return lane if lane is not None and abs(lane) < 2**63 else None


def waiting(tx: Tx, most: int, *, strangers: bool = True) -> list[tuple[int, dict[str, Any]]]:
    """Return the updates that have had no effect yet and are to be heard next, with or without strangers'."""
    query = select(InboxRow).where(InboxRow.stage == "new")
    if not strangers:
        query = query.where(InboxRow.at <= tx.now)
    updates = []
    for row in tx.session.scalars(query.order_by(InboxRow.at, InboxRow.update_id).limit(most)):
        try:
            body = tx.keys.host.open(row.body or b"", "inbox", row.update_id, "body", "host")
        except BrokenSealError:
            row.stage = "dead"
        else:
            updates.append((row.update_id, json.loads(body)))
    return updates


def is_waiting(tx: Tx, number: int) -> bool:
    """Whether this update has still to have its effect."""
    row = tx.session.get(InboxRow, number)
    return row is not None and row.stage == "new"


def done(tx: Tx, number: int) -> None:
    """Mark an update as having had its effect, in the transaction of that effect, and erase its body."""
    tx.session.execute(update(InboxRow).where(InboxRow.update_id == number).values(stage="done", body=None))


def bury(tx: Tx, number: int) -> None:
    """Keep an update that cannot be understood as a dead letter: sealed, and out of the others' way."""
    tx.session.execute(update(InboxRow).where(InboxRow.update_id == number).values(stage="dead"))


def is_empty(tx: Tx) -> bool:
    """Whether every update has had its effect."""
    return not tx.session.scalar(select(func.count()).where(InboxRow.stage == "new"))


def dead_letters(tx: Tx) -> int:
    """Return how many updates could not be understood."""
    return tx.session.scalar(select(func.count()).where(InboxRow.stage == "dead")) or 0


def sweep(tx: Tx) -> None:
    """Forget the numbers of updates that Telegram cannot repeat any more, and what dead letters said."""
    old_letters = InboxRow.stage == "dead", InboxRow.at < tx.now - LOOKED_INTO
    tx.session.execute(update(InboxRow).where(*old_letters).values(body=None))
    tx.session.execute(delete(InboxRow).where(InboxRow.stage == "done", InboxRow.at < tx.now - REMEMBERED))
