"""Two people who do anything they can: every word, tap, edit and silence, in any order.

A play is made of the whole house (bot/couple/house.py) on the stage of the rehearsal. It stops after every
move, so that a law can look at where the two are. Every text said in it is one that translators are given.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from typing import Any

from bot.couple.house import HOUSE
from bot.evening import MODE, OFFERS
from bot.hours import ANCHOR, EVERY, HOUR, ZONE
from bot.ritual import Button, GuestsCame, GuestsCounted, Kept, Person, Preference, Ritual, Words
from bot.rituals.debrief import DEBRIEF_HOUR
from bot.rituals.plan import PLAN
from bot.shell import Row
from tests.catalogue import unknown
from tests.rehearsal import BERLIN, FIRST_DAY, Clock, Player, Room, Shown, Stage, rehearse

LONG_NAME = "\U0001f9d1" * 40  # as many characters as a name may have, all of them wide
WORDY = ["/checkin", "/thanks", "/debrief", "/talk"]  # commands behind which people say something
COMMANDS = (
    [f"/{ritual.command}" for ritual in HOUSE if ritual.command]
    + ["/checkin"] * 6
    + ["/thanks"] * 2
    + ["/talk"] * 2
)
TEXTS = (
    "{mark}",
    "{mark}",
    "You never listen, {mark}",
    "you always leave {mark}",
    "When I wake up, I will hold you, {mark}",
    "I heard that you are tired, {mark}",
    "I left you alone, but {mark}",
    "{mark} / a quiet evening / I'll make tea",
    "{mark} / {mark} / {mark}",
    "You never ask {mark} / rest",
    " / {mark}",
    "/",
    "",
    "<b>{mark}</b> & {{closes:hour}} {{0}}",
    "\u202e{mark}",
    "21:30",
    "Berlin",
    "Cordoba",
    "9 pm",
    "\U0001f642" * 280 + "{mark}",
    "a very long line " * 40,
)


@dataclass
class Mark:
    """Words by which a text is known again, and which playing they were said to."""

    text: str
    by: Person
    row: int
    alone: bool  # told in private


@dataclass
class Play:
    """One random play."""

    chance: random.Random
    minds: Ritual | None = None  # the one that they mostly have to do with
    room: Room = field(init=False)
    clock: Clock = field(init=False)
    marks: list[Mark] = field(default_factory=list)
    sources: list[tuple[Player, int, bool]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)  # every move so far
    read: int = 0  # outcomes whose texts were looked up

    def __post_init__(self) -> None:
        joined = self.chance.random() < 0.85  # mostly evenings, some joinings
        evening: dict[Preference[Any], Any] = {
            MODE: self.chance.choice(["together", "open"]),
            EVERY: self.chance.choice([1, 2]),
            HOUR: self.chance.choice([time(21), time(21), time(0, 15), time(2, 30)]),
            OFFERS: self.chance.random() < 0.8,  # mostly
            DEBRIEF_HOUR: time(18) if self.chance.random() < 0.25 else None,  # as it is chosen by some
            ANCHOR: FIRST_DAY,
            ZONE: BERLIN,
        }
        self.room, self.ann, self.ben, self.clock = rehearse(
            *HOUSE, at="19:30", prefers=evening if joined else {}, together=joined
        )
        if not joined:
            if self.chance.random() < 0.5:  # some have been here before
                self.stage.before = frozenset({self.ann.person, self.ben.person})
            self.stage.enters()
        if joined and evening[EVERY] != 1:  # some have made a plan on another day
            self.stage.keep(Kept("plan signs", None, Words(self.ben.person, "a tone")))
            self.has_repaired()
        if joined and evening[MODE] == "open":  # some have promised something, for tonight
            for who, once in ((self.ann, True), (self.ben, True), (self.ben, False)):
                due = self.stage.now + timedelta(minutes=15)
                self.stage.keep(Kept("action", who.person, Words(who.person, "a walk"), due, once=once))
            self.stage.look_ahead()
        if self.chance.random() < 0.3:  # some lanes are shut
            self.ben.shuts_lane()
        if joined and self.chance.random() < 0.15:  # some are in the midst of a talk
            self.begins_a_talk()
        elif joined and self.minds is PLAN and evening[EVERY] == 1:  # and some lack one word of it
            self.ann.sends("/plan")
            while "Skip this one" in self.room.labels:
                self.ben.taps("Skip this one")
            self.stage.keep(Kept("plan helps", self.ann.person, Words(self.ann.person, "a walk")))

    @property
    def stage(self) -> Stage:
        return self.room.stage

    def has_repaired(self) -> None:
        """Let one repair come back tonight, and others rest."""
        tonight, ann, ben = self.stage.now + timedelta(hours=1), self.ann.person, self.ben.person
        self.stage.keep(Kept("repair", ben, due=tonight))
        self.stage.keep(Kept("repair said", ben, Words(ben, "I was late"), tonight))
        for weeks, place in enumerate(("invited", "changing", "restoring"), 1):
            later = tonight + timedelta(weeks=weeks)
            self.stage.keep(Kept("repair", ben, due=later, outcome=place))
            self.stage.keep(Kept("repair hurt", ann, Words(ann, "When it rang, I felt alone"), later))
        self.stage.look_ahead()

    def begins_a_talk(self) -> None:
        """Let both agree to one: by chance they would seldom do so in time."""
        self.ann.sends("/talk")
        self.sources.append((self.ben, self.ben.replies(self.text(self.ben, 0, alone=False)), False))
        for one in (self.ann, self.ben):
            if "I agree" in self.room.labels:
                one.taps("I agree")
        self.clock.passes(minutes=self.chance.choice([0, 2, 17, 18, 50]))  # to its turns, its lines, its step
        if "Stop here" in self.room.labels and self.chance.random() < 0.4:  # often enough to go on with it
            self.ann.taps("Stop here")
            self.ann.taps("Go on")

    def moves(self, count: int) -> Iterator[str]:
        """Make that many moves, and say after each what it was; fewer when one has left."""
        for _ in range(count):
            if self.stage.resting:
                return
            self.told.append(f"{self.stage.now:%a %H:%M} ...")
            self.told[-1] = f"{self.stage.now:%a %H:%M} {self.move()}"
            self.looks_up()
            yield self.told[-1]

    def looks_up(self) -> None:
        """Look up every text said since the last move: `tests.catalogue` must have found it in the code."""
        outcomes = [outcome for *_, outcome in self.stage.heard[self.read :]]
        self.read = len(self.stage.heard)
        said = [line for outcome in outcomes for line in (*outcome.said, outcome.whisper) if line]
        assert not unknown(said)

    def move(self) -> str:
        who = self.chance.choice(
            [self.ann, self.ben, self.ann, self.ben, self.ann, self.ben, self.stage.cleo]
        )
        moves = {
            self.taps: 10,
            self.answers: 6,
            self.sends: 2,
            self.edits: 2,
            self.waits: 3,
            self.minds_the_lane: 1,
            self.has_company: 0.3,
        }
        move = self.chance.choices(list(moves), list(moves.values()))[0]
        return f"{who.name} {move(who)}"

    def taps(self, who: Player) -> str:
        """Tap any button, mostly a live one."""
        old = self.chance.random() < 0.1  # now and then a message whose turn is over
        messages = [shown for shown in who.sees()[-8:] if shown.say.buttons and (shown.live or old)]
        if self.minds and self.chance.random() < 0.8:
            messages = [shown for shown in messages if shown.row.ritual is self.minds] or messages
        if not messages:
            return "taps nothing"
        shown = self.chance.choice(messages)
        kinds = sorted({button.tap for button in shown.say.buttons})
        if "leave" in kinds and self.chance.random() < 0.8:  # or all plays end so
            kinds.remove("leave")
        kind = self.chance.choice(kinds)
        button = self.chance.choice([button for button in shown.say.buttons if button.tap == kind])
        who.taps_on(shown, button)
        return f"taps {button.tap} on {shown.say.card}"

    def answers(self, who: Player) -> str:
        """Answer a question, in the room or alone."""
        private = self.chance.random() < 0.6  # words are more often said alone
        asking = [
            shown
            for shown in (who.asked() if private else who.sees())
            if shown.live and shown.taken.asks and (shown.say.to is not None) is private
        ]
        if not asking:
            return "answers nothing"
        text = self.text(who, asking[-1].row.id, alone=private)
        source = who.writes(text) if private else who.replies(text)
        self.sources.append((who, source, private))
        return f"answers {asking[-1].say.asks}"

    def sends(self, who: Player) -> str:
        """Send a command."""
        command, private = self.chance.choice(COMMANDS), self.chance.random() < 0.4  # often
        if self.minds and self.chance.random() < 0.6:
            command = f"/{self.minds.command}"
        private = private and who.person in self.stage.lanes
        if who.person not in self.stage.both:
            return f"sends {command} as a stranger, {who.sends(command)}"
        takes_words = command in WORDY and self.chance.random() < 0.6
        words = self.text(who, 0, alone=private) if takes_words else ""
        source = who.sends(f"{command} {words}", private=private)
        self.marks = [replace(m, row=m.row or self.stage.sent[source][0]) for m in self.marks]
        self.sources.append((who, source, private))
        return f"sends {command}"

    def edits(self, who: Player) -> str:
        """Edit something said before."""
        mine = [(source, private) for writer, source, private in self.sources[-6:] if writer is who]
        if not mine:
            return "edits nothing"
        source, private = self.chance.choice(mine)
        row, asked = self.stage.sent[source]
        text = self.text(who, row, alone=private)
        who.edits(source, text if asked is not None else f"/checkin {text}", private=private)
        return "edits"

    def waits(self, _: Player) -> str:
        """Let time pass, or Tend be away."""
        minutes = self.chance.choice([1, 1, 5, 5, 30, 61, 61, 150, 200, 800, 1_440])
        if self.chance.random() < 0.2:  # now and then
            self.clock.is_away(minutes=minutes)
            return "finds Tend away"
        self.clock.passes(minutes=minutes)
        return "waits"

    def minds_the_lane(self, who: Player) -> str:
        """Open the private chat, or shut it."""
        if who.person not in self.stage.both:
            return "does nothing"
        if who.person in self.stage.lanes and self.chance.random() < 0.3:  # seldom
            who.shuts_lane()
            return "shuts the lane"
        who.opens_lane()
        return "opens the lane"

    def has_company(self, who: Player) -> str:
        """Bring a guest, or see one off."""
        if not self.stage.both:
            return "sees nobody"
        if self.chance.random() < 0.5:  # as many go as come
            self.stage.guests(GuestsCame(1))
            return f"and a guest, brought by {who.name}"
        self.stage.guests(GuestsCounted(self.chance.choice([0, 0, 1, 2])))  # mostly they go
        return "counts the guests"

    def text(self, who: Player, row: int, *, alone: bool) -> str:
        """Return words that are known again wherever they show up."""
        mark = Mark(f"{who.name.lower()}z{len(self.marks)}z", who.person, row, alone)
        text = self.chance.choice(TEXTS)
        if "{mark}" in text:
            self.marks.append(mark)
        return text.format(mark=mark.text) if "{" in text else text


def live_buttons(stage: Stage) -> Iterator[tuple[Row, Shown, Button]]:
    """Return one button of each kind on each live message."""
    for shown in stage.shown:
        row = stage.rows.get(shown.row.id)
        if shown.live and shown.arrived and row is not None:
            kinds = {
                button.tap: button for button in shown.taken.buttons if not button.leads and not button.opens
            }
            yield from ((row, shown, button) for button in kinds.values())
