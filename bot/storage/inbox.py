"""The inbox: raw updates, kept before they are confirmed and erased when they have had their effect."""

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, select, update

from bot.storage.sealing import BrokenSealError
from bot.storage.store import Tx
from bot.storage.tables import InboxRow

LOOKED_INTO = timedelta(days=14)  # so long a host has to find out why an update was not understood
REMEMBERED = timedelta(days=4)  # Telegram keeps an update for 24 hours, and may repeat it that long


def keep(tx: Tx, updates: Iterable[dict[str, Any]]) -> int:
    """Store raw updates and return how many were new. One that is known already is left as it is."""
    new = 0
    for body in updates:
        number = int(body["update_id"])
        if tx.session.get(InboxRow, number) is None:
            sealed = tx.keys.host.close(json.dumps(body), "inbox", number, "body", "host")
            tx.session.add(InboxRow(update_id=number, body=sealed, stage="new", at=tx.now))
            new += 1
    return new


def waiting(tx: Tx, most: int) -> list[tuple[int, dict[str, Any]]]:
    """Return the oldest updates that have had no effect yet."""
    query = (
        select(InboxRow).where(InboxRow.stage == "new").order_by(InboxRow.at, InboxRow.update_id).limit(most)
    )
    updates = []
    for row in tx.session.scalars(query):
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
