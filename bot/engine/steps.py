"""One step, and all that follows from it, saved in one transaction.

State, timers, kept things, cards, the outbox, and whose silence it is.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from bot import shell
from bot.hours import ZONE, evening_of
from bot.logs import trace_of
from bot.ritual import Began, Event, Person, Ritual, Say, TimeCame, say
from bot.shell import Outcome, Row
from bot.storage import cards, couples, keepsakes, outbox, timetable
from bot.storage.couples import Book
from bot.storage.pace import PROMPT, TO_PEOPLE
from bot.storage.store import BusyError, Tx
from bot.storage.tables import CoupleRow, PlayingRow

log = logging.getLogger(__name__)

T = TypeVar("T")


class Steps:
    """Steps the playings of couples, and saves what comes of it."""

    def __init__(self, book: Book, home: ZoneInfo) -> None:
        self.book, self._home = book, home

    def step(self, tx: Tx, couple: CoupleRow, row: Row, event: Event) -> Outcome:
        """Let a playing of a couple hear what happened, and save what comes of it."""
        scene, unreadable = couples.load(tx, couple, self.book, row.ritual)
        by = getattr(event, "by", None)
        before = couples.before(tx, by) if by and couple.stage == "joining" else frozenset()
        scene = replace(scene, home=self._home, before=before)
        event = shell.taken_aside(scene, row, event)
        outcome = shell.hear(scene, row, event, tx.now)
        for playing in unreadable:
            self.lost_thread(tx, couple, playing)
        self._save(tx, couple, row, outcome, event)
        return outcome

    def _save(self, tx: Tx, couple: CoupleRow, before: Row, outcome: Outcome, event: Event) -> None:
        row = outcome.row
        if before.state is None and (isinstance(event, TimeCame) or not row.ritual.many):
            self._opened_today(tx, couple, row.ritual, event)
        for changed in (row, *outcome.others):
            couples.save_row(tx, couple, changed)
        for thing in outcome.kept:
            keepsakes.keep(tx, couple, thing)
        if outcome.kept:
            timetable.mind_dates(tx, couple, self.book, {thing.kind for thing in outcome.kept})
        if outcome.prefers:
            couples.prefer(tx, couple, outcome.prefers)
        if outcome.seat:
            couples.seat(tx, couple, outcome.seat)
        if outcome.part:
            self.rest(tx, couple)
        if outcome.prefers or outcome.seat:
            timetable.look_ahead(tx, couple, self.book)
        self._mind_the_floor(tx, couple, before, outcome, event)
        last = [self._say(tx, couple, row, said, event) for said in outcome.said]
        if row.state is None:
            cards.end(tx, couple, row.id, last)
        if outcome.seat:
            outbox.count_members(tx, couple)
        if outcome.repeat and isinstance(event, Began) and not outcome.held:
            to = event.by if event.private else None
            if not cards.repeat(tx, couple, row.id, to, always=row.ritual.always):
                self._say(tx, couple, row, shell.back(event, shell.PASSED), event)
        if outcome.aside is not None:
            self.tell(tx, couple, say(shell.ASIDE, shell.OPEN_LANE, who=outcome.aside))
        if outcome.openly is not None:
            self._tell_of_the_room(tx, couple, outcome.openly)

    def _tell_of_the_room(self, tx: Tx, couple: CoupleRow, who: Person) -> None:
        if told := shell.of_the_room(who, keepsakes.of(tx, couple, (shell.HINT,))):
            thing, said = told
            keepsakes.keep(tx, couple, thing)
            self.tell(tx, couple, said)

    def tell(self, tx: Tx, couple: CoupleRow, said: Say) -> None:
        """Say something of the shell's own."""
        cards.say(tx, couple, None, said, TO_PEOPLE, always=True)

    def _say(self, tx: Tx, couple: CoupleRow, row: Row, said: Say, event: Event) -> int | None:
        """Put a line into the outbox; one to a lane that is shut waits or is dropped, as it says."""
        if said.to is not None and not (said.waits or said.quiet or couples.lane_is_open(tx, said.to)):
            return None
        rank = PROMPT if isinstance(event, TimeCame) else TO_PEOPLE
        always = shell.breaks_silence(self.silent(tx, couple), said, event, row.ritual)
        return cards.say(tx, couple, row.id, said, rank, always=always)

    def rest(self, tx: Tx, couple: CoupleRow) -> None:
        """Let a couple be none any more; its cards die."""
        cards.end_all(tx, couple)
        couples.part(tx, couple)

    def silent(self, tx: Tx, couple: CoupleRow) -> list[Row]:
        """Return the playings of a couple that keeps a silence, of any other none."""
        return couples.rows_of(tx, couple, self.book) if couple.floor_id else []

    def _mind_the_floor(self, tx: Tx, couple: CoupleRow, before: Row, outcome: Outcome, event: Event) -> None:
        """Note on the couple whose silence it is, so that the due and the outbox see it in one look."""
        if outcome.row.hushes or couple.floor_id:
            holder = shell.floor(couples.rows_of(tx, couple, self.book))
            if couple.floor_id and holder is None:
                self._end_silence(tx, couple, shell.when_it_goes_on(before, outcome.row, event, tx.now))
            couple.floor_id = holder.id if holder else None
        elif getattr(event, "by", None) and cards.waits_for_somebody(couple):
            self._end_silence(tx, couple, tx.now + shell.AFTER_A_SILENCE)

    def _end_silence(self, tx: Tx, couple: CoupleRow, first: datetime | None) -> None:
        """Let one come after the other: what was held back, if anybody is there, and then who is due."""
        couple.rung_after = tx.now + shell.AFTER_A_SILENCE
        if first is None:
            cards.until_somebody_is_back(couple)
        else:
            both = [Person(person.id) for person in couples.people_of(tx, couple)]
            by_day = shell.by_day(couples.preferences(tx, couple, self.book), both, first)
            after = cards.one_after_the_other(couple, first, shell.AFTER_A_SILENCE, by_day)
            couple.rung_after = max(couple.rung_after, after)

    def _opened_today(self, tx: Tx, couple: CoupleRow, ritual: Ritual, event: Event) -> None:
        """Note whose hour that evening has come with this one: its own, and that of whom it stands in for."""
        moment: datetime = event.due if isinstance(event, TimeCame) else tx.now
        prefers = couples.preferences(tx, couple, self.book)
        for opened in (ritual, *shell.stood_in_for(ritual, self.book.rituals.values())):
            if opened.calls(prefers, tx.now):
                timetable.opened_on(couple, opened, evening_of(moment, prefers[ZONE]))

    def lost_thread(self, tx: Tx, couple: CoupleRow, playing: PlayingRow) -> None:
        """A state that nobody can read any more rests, and the room is told kindly."""
        log.warning("a state of %s could not be read and rests", playing.ritual)
        cards.end(tx, couple, playing.id)
        couples.end(tx, couple, playing.id)
        couple.floor_id = None if couple.floor_id == playing.id else couple.floor_id
        self.tell(tx, couple, say(shell.LOST_THREAD))

    def rituals(self, are: Callable[[Ritual], bool]) -> list[Ritual]:
        """Return the rituals of this kind, in the order of the table of contents."""
        return [ritual for ritual in self.book.rituals.values() if are(ritual)]

    def row_for(self, tx: Tx, couple: CoupleRow, ritual: Ritual, *, anew: bool = False) -> Row:
        """Return the playing that a command goes to: the newest that does not linger, or a new one."""
        rows = [
            row for row in couples.rows_of(tx, couple, self.book) if row.ritual is ritual and not row.lingers
        ]
        return Row(tx.new_id(), ritual) if anew or not rows else rows[-1]


def tried(tx: Tx, work: Callable[[], T], instead: Callable[[], T], level: int, said: str, *about: str) -> T:
    """Return what some work in a savepoint returns; where it fails nothing of it is left, and this is done.

    Whatever failed is one update's or one couple's alone, and those behind it must not wait; it is logged,
    without words. Only a database that does not answer is everybody's: that raises BusyError.
    """
    try:
        with tx.session.begin_nested():
            return work()
    except BusyError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, see above
        log.log(level, said, *about, trace_of(error))
    return instead()
