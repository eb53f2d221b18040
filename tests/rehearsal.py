"""A ritual played in memory: two people and a clock, no database and no Telegram.

The stage keeps rows, cards and kept things in lists and plays the shell's own functions (bot/shell.py) on
them, so what a rehearsal shows is what the engine does. A test taps the label that a person sees, and sees no
more than that person does: `sees`, `private` and `whispered` of a player, `texts` of the room.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot import shell
from bot.engine.acts import FOR_THE_TWO
from bot.hours import ZONE, evening_of
from bot.ritual import (
    Began,
    Button,
    Entered,
    Event,
    GuestsCame,
    GuestsCounted,
    Kept,
    Person,
    Preference,
    Preferences,
    Ritual,
    Say,
    Tapped,
    TimeCame,
    Whisper,
    Words,
    Wrote,
    say,
    whisper,
)
from bot.shell import Couple, Outcome, Row
from bot.telegram.render import LONGEST_WHISPER, Reader, label, plain
from bot.wording import LANGUAGE

BERLIN, LIMA = ZoneInfo("Europe/Berlin"), ZoneInfo("America/Lima")
FIRST_DAY = date(2026, 5, 1)
ENDLESS = 2_000  # rings; a ritual that rings more often never rests


@dataclass(eq=False)
class Shown:
    """A message as it stands on the screen."""

    row: Row
    say: Say
    text: str
    at: datetime
    live: bool = True  # its buttons and its question
    arrived: bool = True  # False: it waits for a lane to open
    edited: bool = False
    newer: Say | None = None  # its next face, which another's silence holds back

    @property
    def taken(self) -> Say:
        """What its buttons and its question mean by now: those of an older face have passed."""
        if self.newer is None:
            return self.say
        buttons = tuple(button for button in self.say.buttons if button in self.newer.buttons)
        return replace(self.say, buttons=buttons, asks=self.newer.asks, whose=self.newer.whose)

    @property
    def labels(self) -> list[str]:
        """What stands on its buttons; a message whose turn is over has none."""
        reader = Reader("Tend", {}, (BERLIN,))
        return [label(button, reader) for button in self.say.buttons] if self.live else []


@dataclass(frozen=True)
class Waiting:
    """What a silence holds back, and when it is said after it."""

    row: Row
    say: Say
    since: datetime
    turn: datetime | None = None  # None: in the silence, or once somebody is back


def is_card(waiting: Waiting, row: Row, said: Say) -> bool:
    """Whether what waits is the card that is said anew."""
    card = row.id, said.card, said.to
    return bool(said.card) and (waiting.row.id, waiting.say.card, waiting.say.to) == card


@dataclass
class Stage:
    """The couple's little world."""

    rituals: tuple[Ritual, ...]
    now: datetime
    prefers: Preferences
    together: bool = True  # False: nobody has said yet that they are two
    rows: dict[int, Row] = field(default_factory=dict)
    shown: list[Shown] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    calls: dict[str, datetime | None] = field(default_factory=dict)
    opened_on: dict[str, date] = field(default_factory=dict)
    held: list[Waiting] = field(default_factory=list)
    later: list[Waiting] = field(default_factory=list)  # one after the other, after a silence
    sent: dict[int, tuple[int, str | None]] = field(
        default_factory=dict
    )  # a message: its row, what it answers
    heard: list[tuple[Row, Event, Outcome]] = field(default_factory=list)
    resting: bool = False
    rung_after: datetime | None = None  # after a silence, one waits for the other
    before: frozenset[Person] = frozenset()  # the two of a couple that Tend rested with

    def __post_init__(self) -> None:
        self.ids = itertools.count(1)
        self.ann, self.ben, self.cleo = (
            Player(Person(n), name, self) for n, name in enumerate(("Ann", "Ben", "Cleo"), 1)
        )
        self.players = self.ann, self.ben, self.cleo
        self.both: tuple[Person, ...] = (self.ann.person, self.ben.person) if self.together else ()
        self.lanes = {self.ann.person, self.ben.person} if self.together else set()
        self.look_ahead()

    # -- The road, in memory

    def couple(self) -> Couple:
        return Couple(
            self.both,
            tuple(self.rows.values()),
            tuple(self.kept),
            self.prefers,
            frozenset(self.lanes),
            BERLIN,
            self.before,
        )

    def play(self, row: Row, event: Event) -> Outcome:
        silent = shell.floor(self.rows.values()) is not None
        event = shell.taken_aside(self.couple(), row, event)
        outcome = shell.hear(self.couple(), row, event, self.now)
        self.heard.append((row, event, outcome))
        if row.state is None and (isinstance(event, TimeCame) or not row.ritual.many):
            for opened in (row.ritual, *shell.stood_in_for(row.ritual, self.rituals)):
                if opened.calls(self.prefers, self.now):
                    evening = evening_of(getattr(event, "due", self.now), self.prefers[ZONE])
                    self.opened_on[opened.name] = evening
        for changed in (outcome.row, *outcome.others):
            self.put(changed)
        for thing in outcome.kept:
            self.keep(thing)
        if outcome.kept:
            self.mind_dates({thing.kind for thing in outcome.kept})
        for wish in outcome.prefers:
            self.prefers = self.prefers.put(wish.preference, wish.value, wish.by)
        if outcome.seat:
            self.both = outcome.seat.two
        if outcome.prefers or outcome.seat:
            self.look_ahead()
        if outcome.part:
            self.part()
        if silent and shell.floor(self.rows.values()) is None:
            self.ends_silence(shell.when_it_goes_on(row, outcome.row, event, self.now))
        elif getattr(event, "by", None) and any(each.turn is None for each in self.later):
            self.held, self.later = self.later, []
            self.ends_silence(self.now + shell.AFTER_A_SILENCE)
        for said in outcome.said:
            breaks = shell.breaks_silence(self.rows.values(), said, event, row.ritual)
            self.say(outcome.row, said, breaks_silence=breaks)
        if outcome.repeat and isinstance(event, Began):
            self.repeat(outcome.row, event.by if event.private else None)
        if outcome.openly is not None and (hint := shell.of_the_room(outcome.openly, self.kept)):
            self.keep(hint[0])
            self.shown.append(Shown(row, hint[1], plain(hint[1], self.reader(outcome.openly)), self.now))
        if outcome.aside is not None:
            told = say(shell.ASIDE, shell.OPEN_LANE, who=outcome.aside)
            self.shown.append(Shown(row, told, plain(told, self.reader(None)), self.now))
        elif outcome.held and isinstance(event, Began):
            self.shown.append(Shown(row, (told := shell.back(event, outcome.held)), told.text, self.now))
        if isinstance(event, Tapped):
            self.player(event.by).hears(outcome.whisper or (whisper(outcome.held) if outcome.held else None))
        self.says_what_is_its_turn()
        return outcome

    def ends_silence(self, at: datetime | None) -> None:
        """New faces of what stands there show at once; new messages come one after the other."""
        self.rung_after = self.now + shell.AFTER_A_SILENCE
        by_day = shell.by_day(self.prefers, self.both, at) if at else None
        waiting, self.held, self.later = [*self.later, *self.held], [], []
        for each in waiting:
            if each.say.quiet:
                self.say(each.row, each.say)
            elif at and by_day and by_day > at and at - each.since > shell.LONG_SINCE:
                self.later.append(replace(each, turn=by_day))
                by_day += shell.AFTER_A_SILENCE
            else:
                self.later.append(replace(each, turn=at))
                at = at and at + shell.AFTER_A_SILENCE
        self.rung_after = max(self.rung_after, at or self.rung_after)

    def says_what_is_its_turn(self) -> None:
        due = [each for each in self.later if each.turn and each.turn <= self.now]
        self.later = [each for each in self.later if each not in due]
        for each in due:
            self.say(each.row, each.say)
        for shown in self.shown:
            shown.live = shown.live and shown.row.id in self.rows

    def put(self, row: Row) -> None:
        self.rows[row.id] = row
        if row.state is None:
            del self.rows[row.id]

    def keep(self, thing: Kept) -> None:
        if thing.id:
            self.kept = [thing if old.id == thing.id else old for old in self.kept]
        else:
            self.kept.append(replace(thing, id=next(self.ids), at=self.now))

    def part(self) -> None:
        self.resting, self.both = True, ()
        self.rows.clear()
        self.calls = dict.fromkeys(self.calls)

    def say(self, row: Row, said: Say, *, breaks_silence: bool = False) -> None:
        standing = [
            shown
            for shown in self.shown
            if said.card
            and shown.live
            and (shown.row.id, shown.say.card, shown.say.to) == (row.id, said.card, said.to)
        ]
        holder = shell.floor(self.rows.values())
        if holder and holder.id != row.id and not (breaks_silence or row.ritual.always):
            same = [each for each in self.held if is_card(each, row, said)]
            self.held = [each for each in self.held if each not in same]
            since = same[0].since if same and said.quiet else self.now
            quiet = said.quiet and all(each.say.quiet for each in same)
            self.held.append(Waiting(row, replace(said, quiet=quiet), since))
            for shown in standing:
                shown.live, shown.newer = said.quiet, said
            return
        if said.quiet and not breaks_silence and self.redraws_what_waits(row, said):
            return
        said = self.instead_of_what_waits(row, said)
        if said.to and said.to not in self.lanes and not (said.waits or said.quiet):
            return
        text = plain(said, self.reader(said.to))
        if said.quiet:
            for shown in standing:
                shown.say, shown.text, shown.edited, shown.newer = said, text, True, None
            return
        for shown in standing:
            shown.live = False
        arrived = said.to is None or said.to in self.lanes
        self.shown.append(Shown(row, said, text, self.now, arrived=arrived))

    def redraws_what_waits(self, row: Row, said: Say) -> bool:
        """Give a message that waits for its turn another face, and tell whether there is one."""
        waiting = [each for each in self.later if is_card(each, row, said)]
        for each in waiting:
            self.later[self.later.index(each)] = replace(each, say=replace(said, quiet=False))
        return bool(waiting)

    def instead_of_what_waits(self, row: Row, said: Say) -> Say:
        """Return it as it is said now: for a waiting message of its card, and below what its playing said."""
        same = [each for each in (*self.held, *self.later) if is_card(each, row, said)]
        self.held = [each for each in self.held if each not in same]
        self.later = [each for each in self.later if each not in same]
        if not said.quiet:
            before = [each for each in self.later if (each.row.id, each.say.to) == (row.id, said.to)]
            self.later = [each for each in self.later if each not in before]
            for each in before:
                self.say(each.row, each.say)
        return replace(said, quiet=said.quiet and all(each.say.quiet for each in same))

    def repeat(self, row: Row, to: Person | None) -> None:
        newest = [
            shown for shown in self.shown if shown.row.id == row.id and shown.live and shown.say.to == to
        ]
        if newest:
            self.say(row, replace(newest[-1].say, quiet=False))

    def reader(self, person: Person | None) -> Reader:
        names = {player.person: player.name for player in self.players}
        prefers = [self.prefers.of(each) for each in ([person] if person else self.both)]
        zones = tuple(dict.fromkeys(each[ZONE] for each in prefers)) or (self.prefers[ZONE],)
        language = (self.prefers.of(person) if person else self.prefers)[LANGUAGE]
        return Reader("Tend", names, zones, language, alone=person is not None)

    def player(self, person: Person) -> Player:
        return next(player for player in self.players if player.person == person)

    def enters(self) -> None:
        """Tend is brought into the room."""
        for ritual in self.rituals:
            if ritual.enters:
                open_rows = [row for row in self.rows.values() if row.ritual is ritual]
                self.play(open_rows[-1] if open_rows else Row(next(self.ids), ritual), Entered())

    def guests(self, event: GuestsCame | GuestsCounted) -> None:
        """Somebody else comes into the room, or goes."""
        for ritual in self.rituals:
            if ritual.minds_guests:
                open_rows = [row for row in self.rows.values() if row.ritual is ritual]
                self.play(open_rows[-1] if open_rows else Row(next(self.ids), ritual), event)

    # -- Time

    def look_ahead(self) -> None:
        self.calls = {
            ritual.name: ritual.calls(self.prefers, self.now) if self.both else None
            for ritual in self.rituals
        }
        self.mind_dates({kind for ritual in self.rituals for kind in ritual.minds})

    def mind_dates(self, kinds: set[str]) -> None:
        for ritual in self.rituals:
            if kinds & {*ritual.minds}:
                self.calls[ritual.name] = shell.next_date(ritual, self.kept) if self.both else None

    def next_ring(self) -> tuple[datetime, Row | Ritual] | None:
        holder = shell.floor(self.rows.values())
        rings: list[tuple[datetime, Row | Ritual]] = [
            (row.wake_at, row)
            for row in self.rows.values()
            if row.wake_at and (holder is None or row.id == holder.id or row.ritual.always)
        ]
        if holder is None:
            rings += [(at, ritual) for ritual in self.rituals if (at := self.calls[ritual.name])]
        return min(rings, key=lambda ring: self.not_before(*ring), default=None)

    def not_before(self, at: datetime, what: Row | Ritual) -> datetime:
        """When somebody is rung: after a silence one waits for the other."""
        return at if self.is_rung_on_time(what) else max(at, self.rung_after or at)

    def is_rung_on_time(self, what: Row | Ritual) -> bool:
        """Whether one need not wait for the others: it answers always, or has the floor itself."""
        return isinstance(what, Row) and (what.ritual.always or shell.floor(self.rows.values()) == what)

    def runs(self, end: datetime | None) -> None:
        for _ in range(ENDLESS):
            ring = self.next_ring()
            turn = min((each.turn for each in self.later if each.turn), default=None)
            if turn and not (end and turn > end) and (ring is None or turn <= self.not_before(*ring)):
                self.now = max(self.now, turn)
                self.says_what_is_its_turn()
                continue
            if ring is None or (end and self.not_before(*ring) > end):
                break
            at, what = ring
            self.now = max(self.now, self.not_before(at, what))
            on_time = self.is_rung_on_time(what)
            self.ring(what, at)
            if self.rung_after and not on_time:
                waiting = self.next_ring()
                due = waiting is not None and waiting[0] <= self.now
                self.rung_after = self.now + shell.AFTER_A_SILENCE if due else None
        else:
            raise AssertionError("it never came to rest")
        self.now = max(self.now, end) if end else self.now

    def ring(self, what: Row | Ritual, due: datetime) -> None:
        if isinstance(what, Row):
            self.play(what, shell.ring(what, self.now))
            return
        if what.minds:
            self.play(Row(next(self.ids), what), shell.came(due, self.now))
            self.calls[what.name] = shell.next_date(what, self.kept, self.now) if self.both else None
            return
        opened = self.opened_on.get(what.name)
        came = shell.occurrence(what, self.prefers, due, self.now, opened, self.rituals)
        self.calls[what.name] = what.calls(self.prefers, self.now)
        if came is None:
            return
        for row in self.open_of(what):  # of an evening before, which a silence has moved
            self.play(row, shell.ring(row, self.now))
        if not self.open_of(what):
            self.play(Row(next(self.ids), what), came)

    def open_of(self, ritual: Ritual) -> list[Row]:
        """What is open of a ritual, and stands in for its next playing."""
        open_rows = [row for row in self.rows.values() if row.ritual is ritual and not row.lingers]
        return [] if ritual.many else open_rows[-1:]


@dataclass
class Player:
    """One of the two, or Cleo, who must never see anything."""

    person: Person
    name: str
    stage: Stage
    whispered: list[str] = field(default_factory=list)

    @property
    def private(self) -> list[str]:
        """What stands in the private chat."""
        return [shown.text for shown in self.sees() if shown.say.to]

    @property
    def labels(self) -> list[str]:
        """The buttons of the newest live message in the private chat."""
        return next((shown.labels for shown in reversed(self.sees()) if shown.say.to and shown.live), [])

    def sees(self) -> list[Shown]:
        """Every message before this person's eyes."""
        return [shown for shown in self.stage.shown if shown.say.to in {None, self.person} and shown.arrived]

    def hears(self, whisper: Whisper | None) -> None:
        if whisper:
            self.whispered.append(plain(whisper, self.stage.reader(self.person), LONGEST_WHISPER))

    def shuts_lane(self) -> None:
        """Block the private chat, or never have opened it."""
        self.stage.lanes.discard(self.person)

    def opens_lane(self) -> None:
        """Open the private chat: what waited there arrives, if it still lives."""
        self.stage.lanes.add(self.person)
        for shown in self.stage.shown:
            shown.arrived = shown.arrived or (shown.say.to == self.person and shown.live)

    def sends(self, command: str, *, private: bool = False) -> int:
        """Send a command, and return the number of its message."""
        name, _, rest = command.removeprefix("/").partition(" ")
        ritual = next(ritual for ritual in self.stage.rituals if ritual.command == name)
        if self.person not in self.stage.both:
            return next(self.stage.ids)
        open_rows = [row for row in self.stage.rows.values() if row.ritual is ritual and not row.lingers]
        row = open_rows[-1] if open_rows and not ritual.many else Row(next(self.stage.ids), ritual)
        return self._began(row, rest, next(self.stage.ids), private=private)

    def _began(self, row: Row, rest: str, source: int, *, private: bool) -> int:
        self.stage.sent[source] = row.id, None
        if private:
            self.opens_lane()
        self.stage.play(
            row, Began(self.person, Words(self.person, rest.strip(), source=source), private=private)
        )
        return source

    def taps(self, wanted: str) -> None:
        """Tap the newest button with this label, live or not."""
        shown, button = next(
            (shown, button)
            for shown in reversed(self.sees())
            for button in shown.say.buttons
            if label(button, self.stage.reader(None)) == wanted
        )
        self.taps_on(shown, button)

    def taps_on(self, shown: Shown, button: Button) -> None:
        """Tap one button of one message."""
        row = self.stage.rows.get(shown.row.id)
        if button.leads:
            return
        if self.person not in self.stage.both and (row is None or not row.welcomes):
            self.whispered.append(FOR_THE_TWO)
        elif not shown.live or row is None or button not in shown.taken.buttons:
            self.whispered.append(shell.PASSED)
        elif told := shell.whose(button, self.person):
            self.hears(told)
        elif button.opens:
            self._opens(button, private=shown.say.to is not None)
        else:
            private = shown.say.to is not None
            self.stage.play(row, Tapped(self.person, button.tap, button.item, private=private))

    def _opens(self, button: Button, *, private: bool) -> None:
        ritual = next(ritual for ritual in self.stage.rituals if ritual.name == button.opens)
        about = next((thing for thing in self.stage.kept if str(thing.id) == button.item), None)
        words = Words(self.person, "" if about else button.item, listed=True)
        open_rows = [row for row in self.stage.rows.values() if row.ritual is ritual and not row.lingers]
        row = open_rows[-1] if open_rows and not ritual.many else Row(next(self.stage.ids), ritual)
        row = shell.going_on(self.stage.rows.values(), ritual, words) or row
        self.stage.play(row, Began(self.person, words, about, private=private))

    def writes(self, text: str) -> int:
        """Write a plain private line: it belongs to the newest question there, or else in the room."""
        asked = [shown for shown in self.asked() if shown.say.asks]
        in_room = [shown for shown in asked if shown.say.to is None][-1:]
        asking = [shown for shown in asked if shown.say.to] or [shown for shown in in_room if shown.say.alone]
        assert asking, "nothing asks for words just now"
        return self._answers(asking[-1], text, private=True)

    def asked(self) -> list[Shown]:
        """What a plain private line may answer: in a silence nothing that was asked before it."""
        rows = self.stage.rows
        return [
            shown
            for shown in self.sees()
            if shown.live
            and not shown.taken.by_reply
            and (
                shown.at >= (rows[shown.row.id].silent_since or shown.at)
                or not shell.are_apart(rows.values())
            )
        ]

    def replies(self, text: str, to: str = "") -> int:
        """Reply to the newest question in the room, or to the one that begins so."""
        asking = [
            shown
            for shown in self.sees()
            if shown.say.to is None and shown.taken.asks and shown.live and shown.text.startswith(to)
        ]
        assert asking, "nothing asks for words in the room"
        return self._answers(asking[-1], text, private=False)

    def _answers(self, shown: Shown, text: str, *, private: bool) -> int:
        source = next(self.stage.ids)
        asked = shown.taken.asks
        self.stage.sent[source] = shown.row.id, asked
        if private:
            self.opens_lane()
        if self.person in self.stage.both:
            event = Wrote(self.person, asked, Words(self.person, text, source=source), private)
            row = self.stage.rows[shown.row.id]
            if told := shell.whose_turn(shown.taken, event):
                self.stage.shown.append(
                    Shown(row, told, plain(told, self.stage.reader(told.to)), self.stage.now)
                )
            else:
                self.stage.play(row, event)
        return source

    def edits(self, source: int, text: str, *, private: bool = False) -> None:
        """Edit a message of one's own: it belongs to what it answered first."""
        row_id, asked = self.stage.sent[source]
        row = self.stage.rows.get(row_id)
        if row is None or self.person not in self.stage.both:
            return
        if asked is None:
            self._began(row, text.partition(" ")[2], source, private=private)
        else:
            if private:
                self.opens_lane()
            words = Words(self.person, text, source=source)
            self.stage.play(row, Wrote(self.person, asked, words, private))


@dataclass
class Room:
    """What both see."""

    stage: Stage

    @property
    def shown(self) -> list[Shown]:
        return [shown for shown in self.stage.shown if shown.say.to is None]

    @property
    def texts(self) -> list[str]:
        return [shown.text for shown in self.shown]

    @property
    def labels(self) -> list[str]:
        """The buttons of the newest live message."""
        return next((shown.labels for shown in reversed(self.shown) if shown.live), [])

    @property
    def cards(self) -> list[datetime]:
        """When each evening was opened, by the couple's clock."""
        firsts = {shown.row.id: shown for shown in reversed(self.shown) if shown.say.card == "tonight"}
        zone = self.stage.prefers[ZONE]
        return [shown.at.astimezone(zone) for shown in reversed(firsts.values())]


@dataclass
class Clock:
    """Time is moved, never slept; on its way it rings whoever is due."""

    stage: Stage

    def reaches(self, hour: str) -> None:
        zone = self.stage.prefers[ZONE]
        here = self.stage.now.astimezone(zone)
        end = datetime.combine(here.date(), time.fromisoformat(hour), zone)
        if end <= here:
            end = datetime.combine(here.date() + timedelta(days=1), time.fromisoformat(hour), zone)
        self.stage.runs(end.astimezone(UTC))

    def passes(self, **span: float) -> None:
        self.stage.runs(self.stage.now + timedelta(**span))

    def is_away(self, **span: float) -> None:
        """Tend is down for so long, and then looks who is due."""
        self.stage.now += timedelta(**span)
        self.stage.runs(self.stage.now)

    def runs_out(self) -> None:
        """Let everything rest; nothing calls anew."""
        self.stage.calls = dict.fromkeys(self.stage.calls)
        self.stage.rituals, rituals = (), self.stage.rituals
        self.stage.runs(None)
        self.stage.rituals = rituals


def rehearse(
    *rituals: Ritual,
    at: str = "20:00",
    on: date = FIRST_DAY,
    prefers: dict[Preference[Any], Any] | None = None,
    together: bool = True,
) -> tuple[Room, Player, Player, Clock]:
    """Set the stage, by Berlin's clock: on Friday, 1 May 2026, unless said otherwise."""
    chosen = Preferences()
    for preference, value in {**({ZONE: BERLIN} if together else {}), **(prefers or {})}.items():
        chosen = chosen.put(preference, value)
    now = datetime.combine(on, time.fromisoformat(at), BERLIN).astimezone(UTC)
    stage = Stage(rituals, now, chosen, together)
    return Room(stage), stage.ann, stage.ben, Clock(stage)


__all__ = ["BERLIN", "FIRST_DAY", "LIMA", "Clock", "Player", "Room", "Shown", "Stage", "rehearse"]
