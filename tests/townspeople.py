"""What a town does of an evening: each couple is called at its hour, and most of them answer.

Every couple has its own words, so whatever the bot says tells whose it is and by which acts it came about:
what stands in a reveal are the last words of both, and the very last act brings it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from pydantic import SecretStr

from bot.couple.house import ALL_PREFERENCES, HOUSE
from bot.engine import Engine
from bot.feelings import FEELINGS, NEEDS
from bot.hosting import open_store
from bot.playground.crowd import ROOMS
from bot.playground.markup import Json
from bot.playground.notes import Note
from bot.playground.records import Tap
from bot.settings import Settings
from tests import town
from tests.counting import OPENING, Evening, Said
from tests.deployment import Office
from tests.rehearsal import BERLIN

FELT = [word for family in FEELINGS.values() for word in family]
NEEDED = [word for family in NEEDS.values() for word in family]
ANSWERING = 0.9  # of the couples; the others let the evening pass
ALONE = 0.15  # of those who answer write their own words in private
CHANGES = 1, 30  # how often somebody picks a feeling, and a need: only the last counts
AT_ONCE = 100  # couples who are at it; the others wait for these


@dataclass(frozen=True)
class Act:
    """One of a couple taps a word on the card of the room, or writes both words in private."""

    who: int  # 0 or 1
    feeling: str = ""
    need: str = ""
    taps: bool = True


@dataclass
class Couple:
    """One couple's evening as it goes."""

    evening: Evening
    acts: list[Act]  # those to come, the next one last
    card: int = 0  # the message, once it stands there
    begun: bool = False

    def do(self, office: Office) -> dict[str, str]:
        """Let the next act be done; return what was tapped, by the number of the tap."""
        act, number, self.begun = self.acts.pop(), self.evening.number, True
        name = ("ada", "bo")[act.who]
        person, tapped = office.people.person(f"{name}{number}"), {}
        if act.taps:
            room, label = ROOMS - number, act.feeling or act.need
            tap = office.hands.tap(person, room, label, office.world.message(room, self.card))
            assert isinstance(tap, Tap)
            tapped = {tap.id: label}
        else:
            office.hands.say(person, person.id, Note(f"/checkin {act.feeling} / {act.need}"))
            self.evening.wrote(act.who, act.feeling, act.need, office.clock.now())
        old = self.evening.answers[act.who]
        self.evening.answers[act.who] = act.feeling or old[0], act.need or old[1]
        office.kept()
        return tapped


@dataclass
class Town:
    """All couples, what they still have to do, and what they were told."""

    chance: Random
    dues: list[datetime]  # one for each couple
    said: list[Said] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.couples = {
            number: Couple(Evening(number, due), self._script(number))
            for number, due in enumerate(self.dues, 1)
        }
        self._able: list[Couple] = []  # those who have something to do now
        self._tapped: dict[str, str] = {}  # what, by the number of the tap

    def settle(self, folder: Path, url: str, now: datetime) -> None:
        """Let everybody live in the bot's database, each with their hour."""
        settings = Settings(data_dir=folder, database_url=SecretStr(url))
        store = open_store(settings, lambda: now, migrating=True)
        engine = Engine(HOUSE, ALL_PREFERENCES)
        for due in sorted({*self.dues}):
            those = [number for number, one in self.couples.items() if one.evening.due == due]
            local = due.astimezone(BERLIN)
            town.settle(store, engine, those, local.time(), local.date())
        store.close()

    def move_in(self, office: Office) -> None:
        """Let everybody have a phone and a room, and see what is said there."""
        office.crowd.settlers(len(self.dues))
        office.watches.append(self.sees)
        self._office = office

    def _script(self, number: int) -> list[Act]:
        if self.chance.random() > ANSWERING:
            return []
        if self.chance.random() < ALONE:
            return [self._alone(number, who) for who in self.chance.sample((0, 1), 2)]
        first, last = self.chance.sample((0, 1), 2)
        acts = [*self._picks(first, feeling=True), *self._picks(first), *self._picks(last, feeling=True)]
        self.chance.shuffle(acts)
        return [Act(last, need=self.chance.choice(NEEDED)), *acts]

    def _picks(self, who: int, *, feeling: bool = False) -> Iterator[Act]:
        for _ in range(self.chance.randint(*CHANGES)):
            yield (
                Act(who, feeling=self.chance.choice(FELT))
                if feeling
                else Act(who, need=self.chance.choice(NEEDED))
            )

    def _alone(self, number: int, who: int) -> Act:
        feeling, need = (
            f"{kind}{number}x{who}{self.chance.randrange(10**6):06}" for kind in ("felt", "needs")
        )
        return Act(who, feeling, need, taps=False)

    # -- What they see and do ---------------------------------------------------

    def sees(self, method: str, params: dict[str, Any], answer: Json, at: datetime) -> None:
        """Read what the bot says."""
        if method == "answerCallbackQuery":
            tap, text = self._office.world.taps[params["callback_query_id"]], str(params.get("text", ""))
            self.said.append(Said(at, tap.person, text, is_new=False, tapped=self._tapped[tap.id]))
        elif method in {"sendMessage", "editMessageText"}:
            message = answer["result"]
            said = Said(at, message["chat"]["id"], message["text"], is_new=method == "sendMessage")
            self.said.append(said)
            couple = self.couples.get(ROOMS - said.chat)
            if couple is not None and couple.acts and not couple.card and said.text.startswith(OPENING):
                couple.card = message["message_id"]
                self._able.append(couple)

    def act(self, office: Office) -> bool:
        """Let anybody do the next thing; False: there is nothing to do just now."""
        if not self._able:
            return False
        couple = self.chance.choice(self._able[:AT_ONCE])
        self._tapped |= couple.do(office)
        if not couple.acts:
            self._able.remove(couple)
        return True

    def goes_to_bed(self) -> None:
        """Let nobody begin any more; who has begun goes on."""
        for couple in self.couples.values():
            if not couple.begun:
                couple.acts.clear()
        self._able = [couple for couple in self._able if couple.acts]

    def take_heart(self) -> bool:
        """Let those whose card was lost write in private, as people do; tell whether there are any."""
        lost = [couple for couple in self.couples.values() if couple.acts and not couple.card]
        for couple in lost:
            couple.acts = [self._alone(couple.evening.number, who) for who in (0, 1)]
        self._able += lost
        return bool(lost)

    @property
    def evenings(self) -> Iterable[Evening]:
        """What each couple did."""
        return [couple.evening for couple in self.couples.values()]

    @property
    def is_done(self) -> bool:
        """Whether everybody who has seen a card has done what they wanted."""
        return not self._able


def hours(now: datetime, couples: int, span: timedelta) -> list[datetime]:
    """Return when each couple is called: half of them at once, the others over some time, by the second."""
    begins = now.replace(microsecond=0) + timedelta(seconds=1)
    later = [
        begins + timedelta(seconds=int(span.total_seconds() * each / couples)) for each in range(couples)
    ]
    return [at if each % 2 else begins for each, at in enumerate(later)]
