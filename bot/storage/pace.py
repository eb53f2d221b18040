"""How fast Telegram may be written to: in each chat, in all chats together, and by which rank of line.

What counts: a message counts in its chat and in all, an edit in all, and in a chat among edits only. Answers
to taps and nods do not pass through here. Where the clock goes back, whatever waits goes back with it.

Each line is given the moment at which it leaves, and that is what is counted. It may be a little ahead: who
took the line has it ready by then and waits. Between the moment and the call a process may be late, so one
leaves on time and one before it late: a second there is reckoned as longer here, by as much as one may be
late. Then no second of calls holds more than so long a second of moments.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from sqlalchemy import delete, select

from bot.storage.store import Tx
from bot.storage.tables import LineRow, PaceRow

log = logging.getLogger(__name__)

FIRST, TO_PEOPLE, PROMPT, TIDYING, TO_STRANGERS = 0, 1, 2, 3, 4  # ranks
ALL_PROMPTS, ALL_ANSWERS = 0, 1  # the paces of all chats together; no chat has these numbers
WHOLE = ALL_PROMPTS, ALL_ANSWERS
AFTERWARDS = TO_STRANGERS + 1  # on top of the rank of a line that waits for its turn after a silence
SOMEBODY_BACK = datetime(9000, 1, 1, tzinfo=UTC)  # the turn of one that waits until one of the two is there
CALLED = TIDYING  # whoever is called comes after all that is written
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
AHEAD = timedelta(seconds=0.2)  # so long before its moment a line may be taken
LATE_AT_MOST = timedelta(seconds=0.08)  # after its moment; who is later waits for another one
A_SECOND_THERE, A_MINUTE_THERE = SECOND + LATE_AT_MOST, MINUTE + LATE_AT_MOST
FOR_THE_FIRST = 1  # message a second, of those for answers, that only what comes first may take
A_FEW = 3  # edits in a chat that may come one right after the other; on the average, one a second
PARTS = 14  # of what may leave in a second: no more than one of them at once
MOST_NOTED = 60  # moments of all chats; a row has no room for more
SWEPT_AT_ONCE = 500
EPOCH, ROUNDED = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=100)  # what a row counts
AN_EDIT = "e"  # marks the moment of an edit

Head: TypeAlias = tuple[LineRow, PaceRow | None]  # the first line of a chat, and its pace

_PACES_OF_ALL = select(PaceRow).where(PaceRow.target.in_(WHOLE))


@dataclass(frozen=True)
class Limits:
    """How fast Telegram may be written to.

    Its FAQ says 30 a second in all, 20 a minute in a group, and 1 a second in a chat.
    """

    prompts_a_second: int = 28
    answers_a_second: int = 2  # held back for answers to people, on top of the prompts
    group_a_minute: int = 18
    in_flight: int = 16
    answered_within: timedelta = timedelta(minutes=1)  # whoever took a line and is silent for longer is gone


@dataclass
class Recent:
    """When a chat was written to lately, oldest first."""

    messages: list[datetime] = field(default_factory=list)
    edits: list[datetime] = field(default_factory=list)

    @classmethod
    def read(cls, written: str, since: datetime) -> "Recent":
        """Return what a row holds, without what is older."""
        recent = cls()
        for part in written.split():
            at = datetime.fromtimestamp(float(part.removesuffix(AN_EDIT)), UTC)
            if at > since:
                (recent.edits if part.endswith(AN_EDIT) else recent.messages).append(at)
        return recent

    def written(self) -> str:
        """Return it as a row holds it."""
        edits = [f"{_seconds(at)}{AN_EDIT}" for at in self.edits]
        return " ".join([*map(_seconds, self.messages), *edits])

    def without(self, moment: datetime) -> "Recent":
        """Return it as it would be had one fewer left at a moment."""
        return Recent(_one_fewer(self.messages, moment), _one_fewer(self.edits, moment))

    def back(self, by: timedelta) -> "Recent":
        """Return it as it would be had the clock been so much behind."""
        return Recent([at - by for at in self.messages], [at - by for at in self.edits])


@dataclass(frozen=True)
class Limit:
    """How many may leave within any such span, and the moments of those that did or will, in their order."""

    moments: list[datetime]
    most: int
    span: timedelta

    def opens(self, at: datetime) -> datetime:
        """Return the first moment from then on at which one more may leave."""
        for first, last in zip(self.moments, self.moments[self.most - 1 :], strict=False):
            if last - first < self.span and last - self.span < at < first + self.span:
                at = first + self.span
        return at


def _seconds(at: datetime) -> str:
    """Return a moment as a row holds it, never earlier than it was."""
    return f"{-((EPOCH - at) // ROUNDED) / 10_000:.4f}"


class Pace:
    """How fast each of some chats, and all chats together, may be written to."""

    def __init__(self, tx: Tx, limits: Limits, whole: Iterable[PaceRow]) -> None:
        self.tx, self.limits = tx, limits
        self._rows: dict[int, PaceRow] = {}
        self._recent: dict[int, Recent] = {}
        for row in whole:
            self._look_at(row, A_SECOND_THERE)

    @classmethod
    def after_minding_the_clock(cls, tx: Tx, limits: Limits) -> "Pace":
        """Return the pace of all chats together; where the clock went back, so does what waits by it."""
        whole = tx.session.scalars(_PACES_OF_ALL).all()
        _mind_the_clock(tx, whole)
        return cls(tx, limits, whole)

    def look_at(self, heads: Iterable[Head]) -> None:
        """Look how fast the chats of these lines were written to lately."""
        for _, row in heads:
            if row is not None:
                self._look_at(row, A_MINUTE_THERE)

    def _look_at(self, row: PaceRow, span: timedelta) -> None:
        self._rows[row.target], self._recent[row.target] = row, Recent.read(row.recent, self.tx.now - span)

    def earliest(self, line: LineRow) -> datetime:
        """Return the first moment at which a line may go."""
        own = self._recent.get(line.target, Recent())
        limits = self._of_all(line.rank)
        if line.kind == "say":
            limits.append(Limit(own.messages, 1, SECOND))
            if _is_in_room(line):
                limits.append(Limit(own.messages, self.limits.group_a_minute, A_MINUTE_THERE))
        elif line.kind != "count":
            limits.append(Limit(own.edits, A_FEW, A_FEW * SECOND))
        return _first_within(limits, self.tx.now)

    def whole(self, rank: int) -> datetime:
        """Return the first moment at which a line of this rank may go to any chat."""
        return _first_within(self._of_all(rank), self.tx.now)

    def _of_all(self, rank: int) -> list[Limit]:
        """Return what limits a line of this rank, whatever its chat.

        Prompts are taken ahead, and answers find their places between them: so each is even by itself.
        """
        prompts, answers = (self._recent.get(number, Recent()).messages for number in WHOLE)
        every, most = sorted(prompts + answers), self._most
        if rank == FIRST:
            return [Limit(every, most, A_SECOND_THERE)]
        below = Limit(every, max(most - FOR_THE_FIRST, 1), A_SECOND_THERE)
        if rank < PROMPT:
            return [below, _even(answers, most)]
        all_prompts = Limit(prompts, self.limits.prompts_a_second, A_SECOND_THERE)
        return [below, all_prompts, _even(prompts, self.limits.prompts_a_second)]

    @property
    def _most(self) -> int:
        return self.limits.prompts_a_second + self.limits.answers_a_second

    @property
    def is_tight(self) -> bool:
        """Whether so much leaves in this second that nobody may be late: half of what may."""
        return 2 * sum(len(self._recent.get(number, Recent()).messages) for number in WHOLE) >= self._most

    def open_to(self, *, only_first: bool = False) -> int:
        """Return down to which rank lines may be taken now; before the first of them, where none may."""
        ranks = (FIRST,) if only_first else (FIRST, TO_PEOPLE, PROMPT)
        may = [rank for rank in ranks if self.whole(rank) <= self.tx.now + AHEAD]
        return TO_STRANGERS if PROMPT in may else max(may, default=FIRST - 1)

    def note(self, line: LineRow, at: datetime) -> None:
        """Note when a line leaves."""
        self._note(ALL_PROMPTS if line.rank >= PROMPT else ALL_ANSWERS, Recent([at]), MOST_NOTED)
        if line.kind == "say":
            self._note(line.target, Recent([at]), self.limits.group_a_minute)
        elif line.kind != "count":
            self._note(line.target, Recent(edits=[at]), self.limits.group_a_minute)

    def _note(self, number: int, more: Recent, most: int) -> None:
        """Note what leaves; older than the limits can look back to is forgotten."""
        known = self._recent.get(number, Recent())
        messages, edits = sorted(known.messages + more.messages), sorted(known.edits + more.edits)
        recent = Recent(messages[-most:], edits[-most:])
        row = self._rows.get(number) or PaceRow(target=number)
        row.recent = recent.written()
        self._rows[number], self._recent[number] = row, recent
        self.tx.session.add(row)


def _first_within(limits: list[Limit], at: datetime) -> datetime:
    """Return the first moment from then on that keeps all of these limits."""
    while (later := max(limit.opens(at) for limit in limits)) > at:
        at = later
    return at


def _even(moments: list[datetime], most: int) -> Limit:
    """Return the limit that lets so many a second leave one after the other, a few at a time."""
    few = max(most // PARTS, 1)
    return Limit(moments, few, A_SECOND_THERE * few / most)


def _one_fewer(moments: list[datetime], moment: datetime) -> list[datetime]:
    """Return them without one that is this moment, as a row holds it."""
    left = list(moments)
    if found := [at for at in moments if abs(at - moment) <= ROUNDED]:
        left.remove(found[0])
    return left


def take_back(tx: Tx, line: LineRow, missed: datetime) -> None:
    """Let another line have the moment that one has missed."""
    everyone = ALL_PROMPTS if line.rank >= PROMPT else ALL_ANSWERS
    for row in tx.session.scalars(select(PaceRow).where(PaceRow.target.in_((everyone, line.target)))):
        row.recent = Recent.read(row.recent, tx.now - A_MINUTE_THERE).without(missed).written()


def _is_in_room(line: LineRow) -> bool:
    return line.to_id is None and (line.couple_id is not None or line.target < 0)


def _mind_the_clock(tx: Tx, whole: Iterable[PaceRow]) -> None:
    """Where the clock went back, let whatever waits for a moment, or was done at one, go back with it."""
    latest = [at for row in whole for at in Recent.read(row.recent, tx.now).messages]
    back = max(latest, default=tx.now) - tx.now
    if back <= SECOND:
        return
    log.warning("the clock went back by %s; what waits goes back with it", back)
    waits = LineRow.not_before > tx.now, LineRow.not_before < SOMEBODY_BACK
    for line in tx.session.scalars(select(LineRow).where(*waits)):
        line.not_before -= back
    for row in tx.session.scalars(select(PaceRow)):
        row.recent = Recent.read(row.recent, tx.now - A_MINUTE_THERE).back(back).written()
        if row.hold_until and row.hold_until > tx.now:
            row.hold_until -= back
    tx.session.flush()


def sweep(tx: Tx) -> None:
    """Forget paces older than every limit: they say nothing. Those of all chats know the latest time."""
    query = select(PaceRow.target, PaceRow.recent, PaceRow.hold_until)
    paces = tx.session.execute(query.where(PaceRow.target.not_in(WHOLE))).all()
    quiet = [
        target
        for target, recent, hold_until in paces
        if not (hold_until and hold_until > tx.now)
        and Recent.read(recent, tx.now - A_MINUTE_THERE) == Recent()
    ]
    for first in range(0, len(quiet), SWEPT_AT_ONCE):
        tx.session.execute(delete(PaceRow).where(PaceRow.target.in_(quiet[first : first + SWEPT_AT_ONCE])))
