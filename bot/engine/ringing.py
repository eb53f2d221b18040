"""Ringing: whoever is due is stepped, few at a time, so that nobody who presses waits for long."""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from bot import shell
from bot.engine.steps import Steps, tried
from bot.ritual import Ritual
from bot.shell import Row
from bot.storage import couples, timetable
from bot.storage.store import Tx
from bot.storage.tables import CallRow, CoupleRow, PlayingRow
from bot.storage.timetable import Due

AT_ONCE, AT_LEAST = 64, 1  # due rows stepped in one transaction, and so many though others wait
MOST_CALLED = 500  # in one transaction: each takes some hundredths of a millisecond
A_FEW = 16  # whose couples are loaded in one go
AFTER_TROUBLE = timedelta(minutes=15)  # what failed is tried again then


@dataclass(frozen=True)
class Rung:
    """What became of those who were due."""

    many: int
    late: tuple[timedelta, ...]  # how late each was who was rung; the others were not due any more


class Ringing:
    """Rings who is due, and calls couples whose hours have come."""

    def __init__(self, steps: Steps) -> None:
        self._steps, self._book = steps, steps.book

    def ring(self, tx: Tx) -> Rung:
        """Ring the playings that are due, and call the couples whose hours have come, in one transaction.

        Where others wait for the database, those who are left are rung in the next transaction.
        """
        called = timetable.call(tx, MOST_CALLED)
        rung = self._ring_those(tx, timetable.playings(tx, AT_LEAST if tx.others_wait() else AT_ONCE))
        return replace(rung, many=rung.many + called)

    def ring_called(self, tx: Tx, numbers: Collection[int]) -> Rung:
        """Ring couples that were called, whose turn has come. They are few, and give way to nobody."""
        due = timetable.take_called(tx, numbers)
        return self._ring_those(tx, due, at_least=len(due))

    def _ring_those(self, tx: Tx, due: Sequence[Due], at_least: int = AT_LEAST) -> Rung:
        """Ring these. What fails for one leaves nothing behind: then each is rung in a savepoint."""
        if not due:
            return Rung(0, ())
        together = partial(self._ring_all, tx, due, self._ring_one, at_least)
        each_alone = partial(self._ring_all, tx, due, self._ring_alone, at_least)
        return tried(tx, together, each_alone, logging.WARNING, "a ring failed, so each is rung alone: %s")

    def _ring_all(
        self, tx: Tx, due: Sequence[Due], ring: Callable[[Tx, Due], timedelta | None], at_least: int
    ) -> Rung:
        late = list[timedelta | None]()
        for place, row in enumerate(due):
            if place % A_FEW == 0:
                timetable.bring(tx, due[place : place + A_FEW], self._book)
            late.append(ring(tx, row))
            if len(late) >= at_least and tx.others_wait():
                break
        return Rung(len(late), tuple(by for by in late if by is not None))

    def _ring_alone(self, tx: Tx, due: Due) -> timedelta | None:
        later = partial(timetable.ring_later, due, tx.now + AFTER_TROUBLE)
        ring = partial(self._ring_one, tx, due)
        return tried(tx, ring, later, logging.WARNING, "a ring of %s failed: %s", due.ritual)

    def _ring_one(self, tx: Tx, due: Due) -> timedelta | None:
        """Ring one, and return how late; None: what was rung just before has changed that it is due."""
        couple = couples.numbered(tx, due.couple_id)
        if not timetable.is_due(couple, due, tx.now):
            return None
        late = timetable.late_by(couple, due, tx.now)
        if isinstance(due, PlayingRow):
            self._ring_playing(tx, couple, due)
        else:
            self._ring_call(tx, couple, due)
        return late

    def _ring_playing(self, tx: Tx, couple: CoupleRow, playing: PlayingRow) -> None:
        in_turn = not timetable.is_rung_on_time(couple, playing)
        if in_turn and _waits(couple, tx.now):
            return
        row = couples.row_of(tx, couple, playing, self._book)
        if row is None:
            self._steps.lost_thread(tx, couple, playing)
        else:
            self._steps.step(tx, couple, row, shell.ring(row, tx.now))
        if in_turn:
            self._one_after_the_other(tx, couple)

    def _one_after_the_other(self, tx: Tx, couple: CoupleRow) -> None:
        """After a silence, whoever came due in it is rung some minutes after the one before."""
        if couple.rung_after is not None:
            is_next = timetable.is_anybody_due(couple, tx.now)
            couple.rung_after = tx.now + shell.AFTER_A_SILENCE if is_next else None

    def _ring_call(self, tx: Tx, couple: CoupleRow, call: CallRow) -> None:
        if _waits(couple, tx.now):
            return
        ritual = self._book.rituals.get(call.ritual)
        if ritual is None or call.due_at is None:
            call.due_at = None
            return
        due = call.due_at - self._book.wait_of(couple)
        if ritual.minds:
            self._ring_date(tx, couple, call, ritual, due)
            return
        prefers = couples.preferences(tx, couple, self._book)
        call.due_at = self._book.next_call(ritual, couple, prefers, tx.now)
        came = shell.occurrence(ritual, prefers, due, tx.now, call.opened_on, self._book.rituals.values())
        if came is None:
            return
        row = self._steps.row_for(tx, couple, ritual, anew=ritual.many)
        if row.state is not None:  # of an evening before, which a silence has moved
            self._steps.step(tx, couple, row, shell.ring(row, tx.now))
            row = self._steps.row_for(tx, couple, ritual)
        if row.state is None:
            self._steps.step(tx, couple, row, came)
        self._one_after_the_other(tx, couple)

    def _ring_date(self, tx: Tx, couple: CoupleRow, call: CallRow, ritual: Ritual, due: datetime) -> None:
        """Ring a ritual for a date that it minds, in a playing of its own; what it leaves rings no more."""
        self._steps.step(tx, couple, Row(tx.new_id(), ritual), shell.came(due, tx.now))
        if call.due_at is not None and call.due_at <= tx.now:
            call.due_at = timetable.next_date(tx, couple, self._book, ritual, after=tx.now)
        self._one_after_the_other(tx, couple)


def _waits(couple: CoupleRow, now: datetime) -> bool:
    """Whether one of this couple was rung just before, after a silence: the next waits some minutes."""
    return couple.rung_after is not None and couple.rung_after > now
