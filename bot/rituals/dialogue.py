"""Dialogue: twenty minutes on one topic, in turns, and both are heard before anything is solved.

They talk side by side, on a call, or in writing. Tend keeps the time and hears taps only: both accept the
rules (bot/topics.py), one speaks, the other says it back, and then they swap, with the same time for each
(bot/turns.py). A pause stops the clock. Either may stop, and what was stopped can be taken up. At the end two
things are written: what each understood, and one step (bot/upshot.py).
Why it works this way: docs/rituals/dialogue.md
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot import topics, turns, upshot
from bot.ritual import (
    Answer,
    Began,
    Button,
    Event,
    Hushed,
    Kept,
    Person,
    Ritual,
    Scene,
    Tapped,
    TimeCame,
    Wrote,
    redraw,
    say,
    whisper,
)
from bot.topics import Agreeing, Picking
from bot.upshot import Dating, Stepping, Understanding

RESTS_FOR = timedelta(hours=36)  # a talk that was stopped: past the next evening, whose card offers it
BELL = timedelta(minutes=1)  # one that rings later than this leads on only when both say so
OPEN = "open talk"

# -- What they read -----------------------------------------------------------

IN_THE_ROOM = "A talk begins in your room, with /talk, where you both read it."
MEANWHILE = (
    "Your talk is on just now, and I have kept nothing of this. "
    "Say it in your turn, or take a pause if it is too much."
)

ENOUGH_NOTED = "Noted. When you both say so, the turns end."
STOPPED = "The talk rests here, and that is all right. Until tomorrow it can be taken up where it was."
RESTED = "Your talk rests where it was. Go on?"
BELL_LATE = "My bell came late, so the clock stood still. Go on?"
IT_RESTS = "The talk rests just now."
ALL_RIGHT = "It rests, then. /talk begins another one on any day."

TURNS_OVER = "Your twenty minutes are over, with the same time for both."
EARLIER_OVER = "The turns are over, with the same time for both."

GO_ON, REST_IT = Button("Go on", "go on"), Button("Let it rest", "rest")
PAUSE = Button("Pause", opens="pause")

# -- Where a dialogue can be --------------------------------------------------


@dataclass(frozen=True)
class Speaking:
    """One speaks, and the other listens."""

    talk: turns.Talk
    wake_at: datetime
    hushes: bool = True


@dataclass(frozen=True)
class SayingBack:
    """The other says it back; only who spoke knows whether it was heard."""

    talk: turns.Talk
    wake_at: datetime
    hushes: bool = True


@dataclass(frozen=True)
class Stopped:
    """The clock stands still, with so much left of the turn, or of saying it back."""

    talk: turns.Talk
    left: timedelta
    says_back: bool
    wake_at: datetime
    ready: frozenset[Person] = frozenset()
    still: bool = False  # by another's silence, after which the way back is offered


Before = Picking | Agreeing | Speaking | SayingBack | Stopped | None  # the turns are over
State = Picking | Agreeing | Speaking | SayingBack | Stopped | Understanding | Stepping | Dating
Turn = tuple[State | None, Sequence[Answer]]

# -- What happens -------------------------------------------------------------


def step(state: State | None, event: Event, scene: Scene) -> Turn:
    """Hear one event of a dialogue. What comes after the turns lingers, and another talk may rest by then."""
    if isinstance(state, Understanding | Stepping | Dating):
        return upshot.step(state, event, scene)
    if isinstance(event, Hushed):
        return stands_still(state, scene), []
    after, said = talked(state, event, scene)
    return after, [*way_back(after, scene), *said]


def talked(state: Before, event: Event, scene: Scene) -> Turn:
    """Hear one event before the turns, in them, or while they rest."""
    match state, event:
        case _, Began(who, private=True):
            return state, [say(IN_THE_ROOM, to=who)]

        # Both accept the rules, and whoever proposed the topic speaks first.
        case Agreeing(topic, opener, agreed=agreed), Tapped(who, topics.AGREE.tap) if (
            scene.other(who) in agreed
        ):
            first, said = given(turns.begun(topic, opener, scene.each(timedelta())), scene)
            return first, [*topics.talked_about(topic, scene), *said]

        case None | Picking() | Agreeing(), _:
            return topics.step(state, event, scene)

        # Its topic in other words.
        case _, (Began(words=words) | Wrote(words=words)) if topics.is_edit(words, state.talk.topic):
            here = replace(state, talk=replace(state.talk, topic=words))
            return here, topics.reworded(state.talk.topic, words, scene)

        # The turns. Whoever speaks moves them on, or the clock; either may stop them.
        case Speaking() | SayingBack(), TimeCame(due) if scene.now - due > BELL:
            return waiting(stopped(state, scene), BELL_LATE, scene)

        case Speaking() | SayingBack(), Tapped(_, turns.STOP.tap):
            return waiting(stopped(state, scene), STOPPED, scene)

        case Speaking() | SayingBack(), Tapped(_, turns.QUESTIONS.tap):
            return state, [turns.question_at(scene.now)]

        case Speaking(talk=talk), Began():
            return state, [turns.floor_card(talk, left(state, scene))]

        case Speaking(talk=talk), Tapped(_, turns.DONE.tap) | TimeCame():
            return given_back(turns.spoken(talk, left(state, scene)), scene)

        case SayingBack(talk=talk), Began():
            return state, [turns.answer_card(talk, left(state, scene))]

        case SayingBack(talk=talk), Tapped(_, turns.CLARIFY_IT.tap) if turns.may_clarify(talk):
            return given(turns.clarifying(talk, left(state, scene)), scene, turns.IN_OTHER_WORDS)

        case SayingBack(talk=talk), Tapped(_, turns.HEARD.tap) | TimeCame():
            return swapped(talk, left(state, scene), scene)

        case SayingBack(talk=talk), Tapped(who, turns.ENOUGH.tap) if scene.other(who) in talk.enough:
            return upshot.asked_what(EARLIER_OVER, scene)

        case SayingBack(talk=talk), Tapped(who, turns.ENOUGH.tap):
            noted = replace(talk, enough=talk.enough | {who})
            return replace(state, talk=noted), [whisper(ENOUGH_NOTED)]

        # Stopped: taken up by both, given up for another topic, or let go.
        case Stopped(ready=ready), Tapped(who, GO_ON.tap) if scene.other(who) in ready:
            return taken_up(state, scene)

        case Stopped(ready=ready), Tapped(who, GO_ON.tap):
            return replace(state, ready=ready | {who}), [whisper(topics.WHEN_BOTH)]

        case Stopped(), Began(who, words) if words and not topics.has_room(words, scene):
            return state, [say(topics.FULL, who=who)]

        case Stopped(), Began(who, words) if words:
            return topics.proposed(words, who, state, scene)

        case Stopped(), Tapped(_, topics.ANOTHER.tap):
            return topics.listed(scene)

        case Stopped(), Began():
            return waiting(state, RESTED, scene)

        case Stopped(still=True), TimeCame():
            return waiting(state, RESTED, scene)

        case Stopped(), Tapped(_, REST_IT.tap) | TimeCame():
            return None, [redraw(ALL_RIGHT, card="talk")]

        case Stopped(), Tapped():
            return state, [whisper(IT_RESTS)]

    return state, []


def stands_still(state: Before, scene: Scene) -> Before:
    """Stop the clock of a turn in another's silence; what only waits, waits."""
    if isinstance(state, Speaking | SayingBack):
        return replace(stopped(state, scene), still=True)
    return state


def way_back(after: State | None, scene: Scene) -> list[Kept]:
    """Let the evening's card offer to take a talk up exactly while one rests."""
    offered = [thing for thing in scene.kept if thing.kind == OPEN and not thing.outcome]
    if isinstance(after, Stopped):
        return [] if offered else [Kept(OPEN, None)]
    return [replace(thing, outcome="over") for thing in offered]


def given(talk: turns.Talk, scene: Scene, text: str = turns.SPEAKS) -> Turn:
    """Give the floor to the one whose turn it is."""
    here = Speaking(talk, scene.now + talk.length)
    return here, [turns.floor_card(talk, talk.length, text)]


def given_back(talk: turns.Talk, scene: Scene) -> Turn:
    """Let the other say it back."""
    return SayingBack(talk, scene.now + talk.length), [turns.answer_card(talk, talk.length)]


def swapped(talk: turns.Talk, left: timedelta, scene: Scene) -> Turn:
    """Let the other one speak, or end the turns."""
    swap = turns.swapped(talk, left)
    return given(swap, scene) if swap else upshot.asked_what(TURNS_OVER, scene)


def stopped(here: Speaking | SayingBack, scene: Scene) -> Stopped:
    """Stop the clock."""
    spare = max(left(here, scene), timedelta())
    return Stopped(here.talk, spare, isinstance(here, SayingBack), scene.now)


def waiting(here: Stopped, text: str, scene: Scene) -> Turn:
    """Offer the way back to a talk that rests."""
    after = replace(here, wake_at=scene.now + RESTS_FOR, ready=frozenset(), still=False)
    return after, [say(text, GO_ON, topics.ANOTHER, REST_IT, card="talk")]


def taken_up(here: Stopped, scene: Scene) -> Turn:
    """Go on with what was left of a turn; where nothing was, with what comes after it."""
    talk, ends = here.talk, scene.now + here.left
    match bool(here.left), here.says_back:
        case True, True:
            return SayingBack(talk, ends), [turns.answer_card(talk, here.left)]
        case True, False:
            return Speaking(talk, ends), [turns.floor_card(talk, here.left)]
        case False, True:
            return swapped(talk, here.left, scene)
        case _:
            return given_back(turns.spoken(talk, here.left), scene)


def left(state: Speaking | SayingBack, scene: Scene) -> timedelta:
    return state.wake_at - scene.now


DIALOGUE = Ritual(
    "dialogue",
    "talk",
    "Talk about one thing, in turns",
    step,
    reads=(topics.KIND, OPEN),
    also=("dialogue", "hablar"),
    meanwhile=say(MEANWHILE, PAUSE),
)
