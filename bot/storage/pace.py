"""How fast Telegram may be written to: in each chat, in all chats together, and by which rank of line.

What counts: a message counts in its chat and in all, an edit in all, and in a chat among edits only. Answers
to taps and nods do not pass through here. Where the clock goes back, whatever waits goes back with it.
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
CALLED = TIDYING  # whoever is called comes after all that is written
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
A_SECOND_THERE = timedelta(seconds=1.1)  # what left here in a second must not arrive within less
FOR_THE_FIRST = 1  # message a second, of those for answers, that only what comes first may take
A_FEW = 3  # edits in a chat that may come one right after the other; on the average, one a second
SWEPT_AT_ONCE = 500
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
        edits = [f"{at.timestamp():.3f}{AN_EDIT}" for at in self.edits]
        return " ".join([*(f"{at.timestamp():.3f}" for at in self.messages), *edits])

    def back(self, by: timedelta) -> "Recent":
        """Return it as it would be had the clock been so much behind."""
        return Recent([at - by for at in self.messages], [at - by for at in self.edits])


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
                self._look_at(row, MINUTE)

    def _look_at(self, row: PaceRow, span: timedelta) -> None:
        self._rows[row.target], self._recent[row.target] = row, Recent.read(row.recent, self.tx.now - span)

    def earliest(self, line: LineRow) -> datetime:
        """Return the first moment at which a line may go."""
        own = self._recent.get(line.target, Recent())
        moments = [self.tx.now]
        if line.kind == "say":
            moments += _after(own.messages, 1, SECOND)
            if _is_in_room(line):
                moments += _after(own.messages, self.limits.group_a_minute, MINUTE)
        elif line.kind != "count":
            moments += _after(own.edits, A_FEW, A_FEW * SECOND)
        return max([*moments, self.whole(line.rank)])

    def whole(self, rank: int) -> datetime:
        """Return the first moment at which a line of this rank may go to any chat."""
        prompts, answers = (self._recent.get(number, Recent()).messages for number in WHOLE)
        every, most = sorted(prompts + answers), self.limits.prompts_a_second + self.limits.answers_a_second
        moments = _after(every, most, A_SECOND_THERE)
        if rank > FIRST:
            moments += _evenly(every, most) + _after(every, most - FOR_THE_FIRST, A_SECOND_THERE)
        if rank >= PROMPT:
            moments += _evenly(prompts, self.limits.prompts_a_second)
        return max([self.tx.now, *moments])

    def open_to(self, *, only_first: bool = False) -> int:
        """Return down to which rank lines may go now; before the first of them, where none may."""
        ranks = (FIRST,) if only_first else (FIRST, TO_PEOPLE, PROMPT)
        may = [rank for rank in ranks if self.whole(rank) <= self.tx.now]
        return TO_STRANGERS if PROMPT in may else max(may, default=FIRST - 1)

    def note(self, line: LineRow) -> None:
        """Note that a line goes now."""
        everyone = ALL_PROMPTS if line.rank >= PROMPT else ALL_ANSWERS
        self._note(
            everyone, Recent([self.tx.now]), self.limits.prompts_a_second + self.limits.answers_a_second
        )
        if line.kind == "say":
            self._note(line.target, Recent([self.tx.now]), self.limits.group_a_minute)
        elif line.kind != "count":
            self._note(line.target, Recent(edits=[self.tx.now]), self.limits.group_a_minute)

    def _note(self, number: int, more: Recent, most: int) -> None:
        """Note what went; older than the limits can look back to is forgotten."""
        known = self._recent.get(number, Recent())
        recent = Recent((known.messages + more.messages)[-most:], (known.edits + more.edits)[-most:])
        row = self._rows.get(number) or PaceRow(target=number)
        row.recent = recent.written()
        self._rows[number], self._recent[number] = row, recent
        self.tx.session.add(row)


def _after(times: list[datetime], most: int, span: timedelta) -> list[datetime]:
    """Return when one more may go, where so many may in any such span."""
    return [times[-most] + span] if len(times) >= most else []


def _evenly(times: list[datetime], most: int) -> list[datetime]:
    """Return when one more may go over all chats: so many a second, no more than half of them at once."""
    return _after(times, most, A_SECOND_THERE) + _after(times, max(most // 2, 1), A_SECOND_THERE / 2)


def _is_in_room(line: LineRow) -> bool:
    return line.to_id is None and (line.couple_id is not None or line.target < 0)


def _mind_the_clock(tx: Tx, whole: Iterable[PaceRow]) -> None:
    """Where the clock went back, let whatever waits for a moment, or was done at one, go back with it."""
    latest = [at for row in whole for at in Recent.read(row.recent, tx.now).messages]
    back = max(latest, default=tx.now) - tx.now
    if back <= SECOND:
        return
    log.warning("the clock went back by %s; what waits goes back with it", back)
    for line in tx.session.scalars(select(LineRow).where(LineRow.not_before > tx.now)):
        line.not_before -= back
    for row in tx.session.scalars(select(PaceRow)):
        row.recent = Recent.read(row.recent, tx.now - MINUTE).back(back).written()
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
        if not (hold_until and hold_until > tx.now) and Recent.read(recent, tx.now - MINUTE) == Recent()
    ]
    for first in range(0, len(quiet), SWEPT_AT_ONCE):
        tx.session.execute(delete(PaceRow).where(PaceRow.target.in_(quiet[first : first + SWEPT_AT_ONCE])))
