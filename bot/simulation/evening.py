"""What two couples do of an evening: they say and tap by chance, and every private word can be told apart.

An evening lasts from eight to half past ten by the clock of Berlin, so nine o'clock's card is in it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TypeAlias

from bot.playground.cast import BY_NAME, ROOM_BY_NAME

BEGINS = datetime(2026, 3, 2, 19, 0, tzinfo=UTC)  # a Monday; nothing else is due that evening
LASTS = timedelta(hours=2, minutes=30)
NINE = 60  # minutes after the beginning
HALF = 0.5
ROOM, ALONE, ENTERS = "room", "alone", "enters"
COUPLES = {"Home": ("ann", "ben"), "Nest": ("dora", "eli")}
Later: TypeAlias = Callable[[int, int], timedelta]  # so many minutes later, at least and at most
FEELINGS = "calm", "sad", "hopeful", "tender", "tired"


@dataclass(frozen=True)
class Act:
    """Somebody says words, or taps the newest button with that label, in their room or alone with Tend."""

    at: timedelta  # after the beginning
    who: str
    where: str
    words: str
    taps: bool = False


@dataclass(frozen=True)
class Secret:
    """A private word: only its writer reads it before the other has answered."""

    word: str = field(repr=False)
    writer: str
    told: timedelta


@dataclass(frozen=True)
class Evening:
    """All acts in their order, and the private words in them."""

    acts: tuple[Act, ...]
    secrets: tuple[Secret, ...]

    def may_read(self, secret: Secret, chat: int, at: timedelta) -> bool:
        """Whether a chat may show a private word by then."""
        room = BY_NAME[secret.writer].room
        (other,) = (name for name in COUPLES[room] if name != secret.writer)
        if chat == BY_NAME[secret.writer].id:
            return True
        answered = any(theirs.writer == other and theirs.told <= at for theirs in self.secrets)
        return answered and chat in {ROOM_BY_NAME[room].id, BY_NAME[other].id}


def evening(chance: Random) -> Evening:
    """Return one evening of both couples."""
    acts, secrets = list[Act](), list[Secret]()
    for room, both in COUPLES.items():
        for act in _of(room, both, chance):
            acts.append(act)
            if "/checkin " in act.words:
                secrets.append(Secret(act.words.rpartition(" ")[2], act.who, act.at))
    return Evening(tuple(sorted(acts, key=lambda act: act.at)), tuple(secrets))


def _of(room: str, both: tuple[str, str], chance: Random) -> Iterator[Act]:
    """Yield what one couple does, some minutes apart."""
    minutes = chance.randint(0, 3)

    def later(least: int, most: int) -> timedelta:
        nonlocal minutes
        minutes += chance.randint(least, most)
        return timedelta(minutes=minutes, seconds=chance.randint(3, 9))

    one, other = chance.sample(both, 2)
    if room == "Nest":
        yield Act(later(0, 1), "dora", ENTERS, room)
    yield Act(later(1, 2), one, ROOM, "I'm in", taps=True)
    yield Act(later(1, 2), other, ROOM, "I'm in", taps=True)
    yield Act(later(1, 2), one, ROOM, "That's us", taps=True)
    yield Act(later(1, 2), other, ROOM, "Looks right", taps=True)
    for who in both:
        yield Act(later(1, 1), who, ALONE, "/start")
    pause = chance.choice(("never", "before", "between", "after"))
    if pause == "before":
        yield from _pause(chance.choice(both), both, later)
    one, other = chance.sample(both, 2)
    if chance.random() < HALF:
        minutes = max(minutes, NINE)  # then Tend comes first, and asks
    yield Act(later(1, 9), one, ALONE, _answer(one, chance))
    if pause == "between":
        yield from _pause(chance.choice(both), both, later)
    yield Act(later(2, 9), other, ALONE, _answer(other, chance))
    if pause == "after":
        yield from _pause(chance.choice(both), both, later)
    yield Act(later(1, 4), chance.choice(both), ROOM, "/settings")
    yield Act(later(1, 4), chance.choice(both), ALONE, "/help")


def _answer(who: str, chance: Random) -> str:
    return f"/checkin {chance.choice(FEELINGS)} / {who}{chance.randrange(10**6):06}"


def _pause(who: str, both: tuple[str, str], later: Later) -> Iterator[Act]:
    """Yield a pause that both come back from."""
    yield Act(later(1, 4), who, ROOM, "/pause 20")
    yield Act(later(21, 22), both[0], ROOM, "I'm back", taps=True)
    yield Act(later(1, 2), both[1], ROOM, "I'm back", taps=True)
    yield Act(later(1, 2), who, ROOM, "Let it rest", taps=True)
