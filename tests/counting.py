"""The counting: what a town was told, held against what its couples did. Nothing here runs anything.

A couple that both answered must read one card and one reveal, with the last words of both; one that let the
evening pass must read one card. Names and words tell whose a message is, wherever it turns up.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.playground.crowd import COUPLES, ROOMS

OPENING, REVEAL, KEPT = "Your check-in", "You have both spoken.", "Kept: "
NAMES = "Ada", "Bo"
NAMED = re.compile(r"\b(?:Ada|Bo) (\d+)")
OWN_WORDS = re.compile(
    r"\b(?:felt|needs)(\d+)x([01])\d{6}"
)  # whose they are: the couple, and which of the two


@dataclass(frozen=True)
class Said:
    """Something that the bot said in a chat: a new message, a changed one, or the answer to a tap."""

    at: datetime
    chat: int
    text: str
    is_new: bool = True
    tapped: str = ""  # the button that it answers


@dataclass
class Evening:
    """What one couple did, as Telegram saw it."""

    number: int
    due: datetime
    answers: dict[int, tuple[str, str]] = field(default_factory=lambda: {0: ("", ""), 1: ("", "")})
    written: dict[int, datetime] = field(
        default_factory=dict
    )  # who wrote their own words in private, and when

    def wrote(self, who: int, feeling: str, need: str, at: datetime) -> None:
        """Note what one wrote in private."""
        self.answers[who], self.written[who] = (feeling, need), at

    @property
    def room(self) -> int:
        """The chat of the two."""
        return ROOMS - self.number

    @property
    def both_answered(self) -> bool:
        """Whether a reveal is due."""
        return all(feeling and need for feeling, need in self.answers.values())

    @property
    def reveal(self) -> tuple[str, ...]:
        """The lines that the reveal has to have."""
        return tuple(
            f"{name} {self.number}: {feeling}, needing {need}."
            for name, (feeling, need) in zip(NAMES, (self.answers[0], self.answers[1]), strict=True)
        )

    def may_show(self, who: int, said: Said) -> bool:
        """Whether a chat may show the private words of one of the two by then."""
        lanes = [COUPLES + 2 * self.number + place for place in (0, 1)]
        if said.chat == lanes[who]:
            return True
        other = self.written.get(1 - who)
        return other is not None and other <= said.at


@dataclass
class Count:
    """What came of it."""

    updates: int = 0
    lines: int = 0
    lost: int = 0
    doubled: int = 0
    early: int = 0
    misdirected: int = 0
    again: int = 0  # lines said twice that were in flight at a kill, and may be said again
    missing: int = 0  # lines that were in flight at a kill, and may be missing
    in_flight: tuple[int, int] = (0, 0)  # how many lines were, of either kind
    unbacked: int = 0  # updates that were confirmed and not stored
    faults: list[str] = field(default_factory=list)  # each of the first four, in words of the tests' own

    @property
    def holds(self) -> bool:
        """Whether nothing was lost, doubled, early or misdirected, but for what was in flight."""
        within = self.again <= self.in_flight[0] and self.missing <= self.in_flight[1]
        return within and not self.lost + self.doubled + self.early + self.misdirected + self.unbacked

    def finds(self, kind: str, what: str) -> None:
        """Count one more."""
        setattr(self, kind, getattr(self, kind) + 1)
        self.faults.append(f"{kind}: {what}")


def count(
    evenings: Iterable[Evening],
    said: Collection[Said],
    unheard: Collection[int] = (),
    again: Collection[int] = (),
    not_again: Collection[int] = (),
    in_flight: tuple[int, int] = (0, 0),
) -> Count:
    """Count. `again` and `not_again` are the rooms in which a line of that kind was in flight at a kill.

    `unheard` are updates that were told and had no effect.
    """
    found = Count(lines=sum(one.is_new for one in said), in_flight=in_flight)
    for number in unheard:
        found.finds("lost", f"update {number}")
    known = {evening.number: evening for evening in evenings}
    by_chat: dict[int, list[Said]] = {}
    for one in said:
        by_chat.setdefault(one.chat, []).append(one)
        _look_whose(known, one, found)
    for evening in known.values():
        _look_at(
            evening, [one for one in by_chat.get(evening.room, []) if one.is_new], found, again, not_again
        )
        for lane in (COUPLES + 2 * evening.number, COUPLES + 2 * evening.number + 1):
            for text, times in Counter(one.text for one in by_chat.get(lane, []) if one.is_new).items():
                if times > 1:
                    found.finds("doubled", f"{text[:12]!r} in a lane of {evening.number}")
    return found


def _look_whose(known: Mapping[int, Evening], one: Said, found: Count) -> None:
    """See that nobody reads what is not theirs, or not theirs yet."""
    for number in _named_in(one.text):
        if one.chat not in _chats(number):
            found.finds("misdirected", f"a name of {number} in chat {one.chat}")
    if one.tapped and one.text.startswith(KEPT) and one.tapped not in one.text:
        found.finds("misdirected", f"an answer to a tap in chat {one.chat}")
    for number, who in {(int(each[1]), int(each[2])) for each in OWN_WORDS.finditer(one.text)}:
        if one.chat not in _chats(number):
            found.finds("misdirected", f"words of {number} in chat {one.chat}")
        elif not known[number].may_show(who, one):
            found.finds("early", f"words of {number} in chat {one.chat}")


def _named_in(text: str) -> Iterator[int]:
    return (int(number) for number in set(NAMED.findall(text)))


def _chats(number: int) -> tuple[int, int, int]:
    """Return the room and the lanes of a couple."""
    return ROOMS - number, COUPLES + 2 * number, COUPLES + 2 * number + 1


def _look_at(
    evening: Evening, said: list[Said], found: Count, again: Collection[int], not_again: Collection[int]
) -> None:
    """See that a room read one card, and one reveal where both answered."""
    cards = [one for one in said if one.text.startswith(OPENING)]
    for card in cards:
        if card.at < evening.due:
            found.finds("early", f"the card of {evening.number}")
    if len(cards) > 1:
        found.finds("doubled", f"the card of {evening.number}")
    if not cards and evening.room in not_again:
        found.missing += 1
    elif not cards:
        found.finds("lost", f"the card of {evening.number}")
    reveals = [one for one in said if one.text.startswith(REVEAL)]
    if len(reveals) > 1 and evening.room in again:
        found.again += len(reveals) - 1
    elif len(reveals) > int(evening.both_answered):
        found.finds("doubled", f"the reveal of {evening.number}")
    if evening.both_answered and not reveals:
        found.finds("lost", f"the reveal of {evening.number}")
    for one in reveals:
        if tuple(one.text.splitlines()[1:3]) != evening.reveal:
            found.finds("lost", f"an answer in the reveal of {evening.number}")
