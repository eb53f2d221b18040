"""What stays of a talk: a line of each on what they understood, and one step with a day.

Pure, and a part of the dialogue. The two lines show together, and neither shows alone. All of it can be left
out, by a tap or by silence. A step with a day is a promise (bot/follow_through.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from bot.follow_through import KIND, in_days
from bot.ritual import (
    Answer,
    Button,
    Draw,
    Event,
    Kept,
    Line,
    Person,
    Say,
    Scene,
    Tapped,
    TimeCame,
    Words,
    Wrote,
    line,
    redraw,
    say,
    whisper,
)

WRITES = timedelta(minutes=30)  # what was understood, before the step is asked for
STANDS = timedelta(hours=1)  # the question for a step: so long after its hour it is asked at all
ASKED_FROM = time(17)  # on the day of a step: after its day, if its doer's hours allow
DAYS = 1, 3, 7, 14  # until it

# -- What they read -----------------------------------------------------------

UNDERSTOOD = (
    "Now, each of you in a line: what did you understand of the other? Reply here, or tell me alone. "
    "Both lines show when both are there."
)
YOUR_LINE = "What did you understand of the other? One line. It shows in the room when both are there."
LINE_NOTED = "Kept. It shows when both are there, and until then you may write it anew."
BOTH_SHOWN = "Both lines stand in the room now."
ON_NOTED = "Noted. When you both say so, it goes on without the lines."
BOTH_LINES = "What each of you understood of the other."
UNDERSTANDS = "{who} understood: {words}"
ONE_STEP = "One small step out of it? Reply with yours, best as: When ..., I will ..."
STEP_LATE = "I come late with the last question of your talk."
STEP_OF = "A step of {who}: {words}"
ASK_WHEN = "When is it due? {who} taps a day."
ONE_IS_ENOUGH = (
    "Thank you for yours, too. One step is enough for one talk, and {who} has one here. "
    "Yours has room in the next check-in."
)
WITH_A_DATE = "Kept: {words}\nOn {due:day} I ask {who} alone how it went. That was your talk."
THAT_WAS_IT = "That was your talk."
ON_A_DAY = "On {due:day}"

ALONE, ON = Button("Tell me alone", "alone"), Button("Go on without", "on")
NO_STEP = Button("No step today", "no step")

# -- Where the two can be -----------------------------------------------------


@dataclass(frozen=True)
class Understanding:
    """Each writes what they understood of the other."""

    wake_at: datetime
    lines: tuple[Words, ...] = ()
    without: frozenset[Person] = frozenset()
    veils: bool = True
    lingers: bool = True


@dataclass(frozen=True)
class Stepping:
    """One step is asked for, below what both understood."""

    lines: tuple[Words, ...]
    wake_at: datetime
    lingers: bool = True


@dataclass(frozen=True)
class Dating:
    """A step is there, and its doer chooses a day."""

    words: Words
    wake_at: datetime
    lingers: bool = True


State = Understanding | Stepping | Dating
Turn = tuple[State | None, Sequence[Answer]]

# -- What happens -------------------------------------------------------------


def step(state: State, event: Event, scene: Scene) -> Turn:
    """Hear one event, after the turns."""
    match state, event:
        # What each understood.
        case Understanding(), Tapped(who, ALONE.tap):
            return state, [say(YOUR_LINE, to=who, card="yours", asks="understood", waits=True)]

        case Understanding(lines=lines), Wrote(who, "understood", words, private):
            both = (*(each for each in lines if each.by != who), words)
            if len(both) == len(scene.both):
                return asked_step(tuple(sorted(both, key=lambda each: scene.both.index(each.by))), scene)
            told = [say(LINE_NOTED, to=who, card="yours", asks="understood")] if private else []
            return replace(state, lines=both), told

        case Understanding(without=without), Tapped(who, ON.tap) if scene.other(who) not in without:
            return replace(state, without=without | {who}), [whisper(ON_NOTED)]

        case Understanding(), Tapped(_, ON.tap):
            return asked_step((), scene)

        case Understanding(), TimeCame(due) if scene.now - due >= STANDS:
            return None, [redraw(THAT_WAS_IT, card="talk"), *told_alone(THAT_WAS_IT, scene)]

        case Understanding(), TimeCame(late=late):
            return asked_step((), scene, late=late)

        # One step, and its day.
        case Dating(words=Words(by=doer)), Wrote(who, "step") if who != doer:
            return state, [say(ONE_IS_ENOUGH, who=doer)]

        case Stepping() | Dating(), Wrote(_, "step", words):
            draw = redraw if isinstance(state, Dating) else say
            return Dating(words, scene.now + STANDS), [days(draw, words, scene)]

        case Stepping(lines=lines), Tapped(_, NO_STEP.tap) | TimeCame():
            return None, [redraw(THAT_WAS_IT, card="talk", below=understood(lines))]

        case Dating(words=words), Tapped(who, "due", item):
            due = datetime.fromisoformat(item)
            promise = Kept(KIND, who, words, due=due)
            return None, [promise, redraw(WITH_A_DATE, card="talk", who=who, words=words, due=due)]

        case Dating(words=words), TimeCame():
            return None, [redraw(THAT_WAS_IT, card="talk", below=[line(STEP_OF, who=words.by, words=words)])]

    return state, []


def asked_what(over: str, scene: Scene) -> tuple[Understanding, Sequence[Answer]]:
    """Say that the turns are over, and ask each what they understood."""
    card = say(over, ALONE, ON, card="talk", asks="understood", below=[line(UNDERSTOOD)])
    return Understanding(scene.now + WRITES), [replace(card, again=True, at_once=True, alone=True)]


def asked_step(lines: tuple[Words, ...], scene: Scene, *, late: bool = False) -> Turn:
    """Show what both understood, and ask for one step."""
    first = BOTH_LINES if lines else STEP_LATE if late else ONE_STEP
    below = [*understood(lines), *([line(ONE_STEP)] if first != ONE_STEP else [])]
    card = say(first, NO_STEP, card="talk", asks="step", below=below)
    alone = told_alone(BOTH_SHOWN if lines else THAT_WAS_IT, scene)
    return Stepping(lines, scene.now + STANDS), [card, *alone]


# -- Helpers ------------------------------------------------------------------


def told_alone(text: str, scene: Scene) -> list[Say]:
    """Let the question that one asked for alone say how it went on."""
    return [redraw(text, to=person, card="yours") for person in scene.both]


def understood(lines: tuple[Words, ...]) -> list[Line]:
    """Return both lines as they are read."""
    return [line(UNDERSTANDS, who=words.by, words=words) for words in lines]


def days(draw: Draw, words: Words, scene: Scene) -> Say:
    """Ask the doer of a step for its day."""
    dues = [in_days(many, words.by, scene, ASKED_FROM) for many in DAYS]
    buttons = [Button(line(ON_A_DAY, due=due), "due", due.isoformat()).only(words.by) for due in dues]
    below = [line(ASK_WHEN, who=words.by)]
    return draw(STEP_OF, *buttons, card="talk", asks="step", below=below, who=words.by, words=words)
