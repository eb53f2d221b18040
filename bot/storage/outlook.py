"""What is ahead and where the rituals stand, for those who look on: names, states and hours, never a word."""

from typing import Any

from sqlalchemy import select

from bot.storage import couples
from bot.storage.store import Tx
from bot.storage.tables import CallRow, CoupleRow, PlayingRow

MOST = 20  # of each kind: a playground has few couples, a flood many


def outlook(tx: Tx, book: couples.Book) -> dict[str, list[dict[str, Any]]]:
    """Return the next hours of all couples, the nearest first, and the state that each playing is in."""
    playings = tx.session.execute(
        select(PlayingRow, CoupleRow)
        .join(CoupleRow, CoupleRow.id == PlayingRow.couple_id)
        .order_by(PlayingRow.wake_at)
        .limit(MOST)
    ).all()
    calls = tx.session.execute(
        select(CallRow, CoupleRow)
        .join(CoupleRow, CoupleRow.id == CallRow.couple_id)
        .where(CallRow.due_at.is_not(None))
        .order_by(CallRow.due_at)
        .limit(MOST)
    ).all()
    rung = [
        (playing.wake_at, playing.ritual, couple)
        for playing, couple in playings
        if playing.wake_at and (couple.floor_id in {None, playing.id} or playing.always)
    ]
    due = [(call.due_at, call.ritual, couple) for call, couple in calls if call.due_at]
    rows = [(couple, couples.row_of(tx, couple, playing, book)) for playing, couple in playings]
    return {
        "ahead": [
            {"chat": couple.chat_id, "at": at.isoformat(), "what": ritual}
            for at, ritual, couple in sorted(rung + due, key=lambda each: each[0])
        ],
        "stands": [
            {"chat": couple.chat_id, "what": row.ritual.name, "state": type(row.state).__name__}
            for couple, row in rows
            if row is not None
        ],
    }
