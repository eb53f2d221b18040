"""Pause: one of two stops a heated talk, and both come back to it.

A pause needs no permission and no reason, always has an end, and asks nothing of anyone until then. Whoever
called it brings the two back. Why it works this way: docs/rituals/pause.md
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from bot.hours import NO_SUCH_HOUR, ZONE, hour_in, next_time
from bot.pause_length import HALF_A_DAY, end_of, is_length, is_today, next_rung, spent
from bot.pause_word import OWN_WORD
from bot.ritual import (
    Answer,
    Began,
    Button,
    Draw,
    Event,
    Kept,
    Line,
    Person,
    Ritual,
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

PATIENCE = timedelta(minutes=30)  # for an answer, before the one call and after it
CHOOSES, RESTS_FOR = timedelta(hours=3), timedelta(days=7)
CORRECTS = timedelta(minutes=2)  # a slip of its caller's, before anybody relies on it
LOOKS_AFTER = timedelta(minutes=20)
OPEN = "open pause"

# -- What they read -----------------------------------------------------------

CALLED = "{caller} takes a pause for you two. Nothing to answer now. You meet at {until:hour}."
CALLED_TO = (
    "{caller} takes a pause for you two. Nothing to answer now. You meet on {until:day}, at {until:hour}."
)
STANDS = "The pause goes on until {until:hour}. It can be made longer, and not shorter."
STANDS_TO = "The pause goes on until {until:day}, {until:hour}. It can be made longer, and not shorter."
REST = (
    "Do something that holds your attention, and leave the argument where it is. "
    "I call you two at {until:hour}."
)
REST_TO = (
    "Do something that holds your attention, and leave the argument where it is. "
    "I call you two on {until:day}, at {until:hour}."
)
OVER = "The pause is over, and you are both back."
EARLY = "Noted. When you both say so, the pause ends."
READY = "The pause is over. Ready?"
READY_LATE = "The pause was over at {was:hour}, and I come late. Ready?"
READY_DAYS_LATE = "The pause was over on {was:day}, at {was:hour}, and I come late. Ready?"
A_DAY = "A pause lasts a day at most. Whoever is not ready yet lets it rest: the way back stays open here."
TAKEN_UP = "You have taken the pause up. Ready?"
RESTS_NO_LONGER = "That pause does not rest any more. What comes of it stands in the room."
BACK = "You are back. Kept."
LONGER_THEN = "A little longer, then. You meet at {until:hour}."
LONGER_TO = "A little longer, then. You meet on {until:day}, at {until:hour}."
LONGER_NOTED = "A little longer, then. I call you both."
BRING_BACK = "The pause you called is over. Here is the way back."
RESTS = "The pause rests here, and the way back stays open. The next check-in offers it, too."
BOTH_BACK = "You are both back. Begin with one thing you understood."
WHEN = "When do you two come back to it? Tap a time, or reply with an hour."
DATED = "You two come back to it on {due:day}, at {due:hour}. I say so then."
ITS_TIME = "You two set this time to come back to your talk."
LET_REST = "It rests, then. That is all right."
ASKS_LATER = "I ask you two in twenty minutes."
LOOK = "How are you two now?"
BETTER_THEN = "Good to hear."
TENDER_THEN = "That takes its time. A pause, a walk or sleep all help."
A_TIME = "{due:day}, {due:hour}"

FINE_AGAIN = Button("We're fine again", "fine")
IM_BACK, LONGER = Button("I'm back", "back"), Button("I need longer", "longer")
TALK, SET_TIME, REST_IT = (
    Button("Talk it through", opens="dialogue"),
    Button("Set a time", "time"),
    Button("Let it rest", "rest"),
)
REPAIR = Button("Repair something", opens="repair")
LOOK_AFTER = Button("Ask us in 20 minutes", "look")
BETTER, TENDER = Button("Better", "better"), Button("Still tender", "tender")
BREATHE, GROUND = Button("Breathe", opens="breathe"), Button("Ground", opens="ground")
OUR_PLAN, PAUSE_AGAIN = Button("Our plan", opens="plan"), Button("Pause", opens="pause")

# -- Where a pause can be -----------------------------------------------------


@dataclass(frozen=True)
class Apart:
    """Both rest. Nobody is rung, the room is silent."""

    caller: Person
    since: datetime
    wake_at: datetime
    rung: int = 0  # how often it was made longer
    fine: frozenset[Person] = frozenset()
    corrects_until: datetime | None = None  # by then its caller may still make it shorter
    hushes: bool = True


@dataclass(frozen=True)
class Returning:
    """Both were asked; `back` are those who answered."""

    caller: Person
    since: datetime
    wake_at: datetime
    rung: int = 0
    back: frozenset[Person] = frozenset()
    called: bool = False  # the owner, once, in private
    hushes: bool = True


@dataclass(frozen=True)
class Resting:
    """Nobody came back, or one of them. The room is open to everything else, and so is the way back."""

    caller: Person
    wake_at: datetime
    back: frozenset[Person] = frozenset()


@dataclass(frozen=True)
class Together:
    """Both are back, and choose how it goes on."""

    wake_at: datetime
    asks: bool = False  # for a time


@dataclass(frozen=True)
class Dated:
    """They have set a time for it."""

    wake_at: datetime
    lingers: bool = True


@dataclass(frozen=True)
class Looking:
    """They asked to be asked once more."""

    wake_at: datetime
    asked: bool = False
    lingers: bool = True


State = Apart | Returning | Resting | Together | Dated | Looking
Turn = tuple[State | None, Sequence[Answer]]

# -- What happens -------------------------------------------------------------


def step(state: State | None, event: Event, scene: Scene) -> Turn:
    """Hear one event of a pause."""
    match state, event:
        # Taken up by the button on the evening's card, by the first of the two who taps it.
        case None | Resting(), Began(who, about=Kept(outcome="")):
            caller, back = (state.caller, state.back) if state else (who, frozenset())
            return Returning(caller, scene.now, scene.now + PATIENCE, back=back, called=True), [
                say(TAKEN_UP, IM_BACK, LONGER, card="pause", again=True, at_once=True)
            ]

        case _, Began(words=words, about=about) if about or (words and words.listed):
            return state, [whisper(RESTS_NO_LONGER)]

        # Called, by whoever needs it. A second call is no second pause; one with words may make it longer.
        case None | Together() | Resting(), Began(who, words):
            return called(who, scene.now, words, state, scene)

        case Apart(), Began(who, words) if ends := changed_end(who, words, state, scene):
            return changed(*ends, event, state, scene)

        case Apart(), Began(who, Words(listed=True)):
            return state, [stands(whisper, state, who, scene)]

        case Apart(), Began(who, private=private):
            return state, [stands(say, state, who, scene, to=who if private else None)]

        case Returning(since=since), Began(who, words) if not spent(since, scene):
            return called(who, since, words, state, scene)

        case Returning(), Began(who, private=private):
            return state, [say(A_DAY, to=who if private else None)]

        # Apart, until both say that they are fine or the time has come.
        case Apart(fine=fine), Tapped(who, FINE_AGAIN.tap) if scene.other(who) in fine:
            return together(state, scene)

        case Apart(fine=fine), Tapped(who, FINE_AGAIN.tap):
            return replace(state, fine=fine | {who}), [whisper(EARLY)]

        case Apart(caller=caller, since=since, rung=rung), TimeCame(due, late):
            here = Returning(caller, since, scene.now + PATIENCE, rung)
            told = READY_LATE if scene.now - due < HALF_A_DAY else READY_DAYS_LATE
            return here, [ready(told if late else READY, since, due, scene)]

        # Coming back, each with a tap of their own; nobody sees who was first.
        case Returning(back=back) | Resting(back=back), Tapped(who, IM_BACK.tap) if scene.other(who) in back:
            return together(state, scene)

        case Returning(back=back) | Resting(back=back), Tapped(who, IM_BACK.tap):
            answered = way_back(state, BACK) if who == state.caller else []
            return replace(state, back=back | {who}), [whisper(BACK), *answered]

        case Returning(since=since, rung=rung), Tapped(who, LONGER.tap) if not spent(since, scene):
            later = next_rung(rung, since, who, scene)
            text = LONGER_THEN if is_today(later, who, scene) else LONGER_TO
            apart = Apart(state.caller, since, later, rung + 1)
            news = say(text, FINE_AGAIN, card="pause", until=later, at_once=True)
            return apart, [news, *rests(apart, scene), *way_back(state, LONGER_NOTED)]

        case Returning(), Tapped(_, LONGER.tap):
            return state, [whisper(A_DAY)]

        # Nobody answers: one call to its owner, alone, and then it rests with the way back open.
        case Returning(caller=caller, since=since, back=back, called=False), TimeCame() if (
            caller not in back and caller in scene.lanes
        ):
            offers = IM_BACK, *longer(since, scene)
            call = say(BRING_BACK, *offers, to=caller, card="way back", again=True)
            return replace(state, wake_at=scene.now + PATIENCE, called=True), [call]

        case Returning(caller=caller, back=back), TimeCame():
            resting = Resting(caller, scene.now + RESTS_FOR, back)
            rests_here = say(RESTS, IM_BACK, card="pause", softly=True)
            return resting, [Kept(OPEN, None), rests_here, *way_back(state, BRING_BACK, IM_BACK)]

        # Both are back.
        case Together(), Tapped(_, LOOK_AFTER.tap):
            return Looking(scene.now + LOOKS_AFTER), [redraw(ASKS_LATER, card="pause")]

        case Together(), Tapped(_, SET_TIME.tap):
            return replace(state, asks=True), [times(redraw, WHEN, scene)]

        case Together(asks=True), Tapped(_, "at", item):
            return dated(datetime.fromisoformat(item), scene)

        case Together(asks=True), Wrote(who, _, words):
            hour = hour_in(words)
            if hour is None:
                return state, [times(say, NO_SUCH_HOUR, scene)]
            return dated(next_time(hour, scene.prefers.of(who)[ZONE], scene.now), scene)

        case Together() | Dated() | Looking(), Tapped(_, REST_IT.tap):
            return None, [redraw(LET_REST, card="pause")]

        case Dated(), TimeCame():
            here_again = Together(scene.now + CHOOSES)
            return here_again, [say(ITS_TIME, TALK, REPAIR, SET_TIME, REST_IT, card="pause", again=True)]

        case Looking(asked=False), TimeCame():
            asked = replace(state, asked=True, wake_at=scene.now + CHOOSES)
            return asked, [say(LOOK, BETTER, TENDER, PAUSE_AGAIN, card="pause")]

        case Looking(asked=True), Tapped(_, BETTER.tap):
            return None, [redraw(BETTER_THEN, card="pause")]

        case Looking(asked=True), Tapped(_, TENDER.tap):
            return None, [redraw(TENDER_THEN, PAUSE_AGAIN, card="pause")]

        case Resting(), TimeCame():
            return None, [
                *closed(scene, "gone"),
                redraw(LET_REST, card="pause"),
                *way_back(state, LET_REST),
            ]

        case Together() | Looking(), TimeCame():
            return None, []

    return state, []


def called(who: Person, since: datetime, words: Words, before: State | None, scene: Scene) -> Turn:
    """Begin: the room reads it first, and each one alone what helps meanwhile."""
    ends, note = end_of(words, since, scene)
    here = Apart(who, since, ends, corrects_until=scene.now + CORRECTS)
    news = card(say, who, ends, scene, note)
    alone = rests(here, scene, scene.both)
    return here, [*closed(scene, "paused"), news, *alone, *way_back(before, LONGER_NOTED)]


def changed(ends: datetime, note: Line | None, asked: Began, here: Apart, scene: Scene) -> Turn:
    """End it at another time, and say so wherever an end was said; whoever asked alone reads it anew."""
    sure = here.corrects_until if asked.by == here.caller else None
    after = replace(here, wake_at=ends, corrects_until=sure)
    anew = {asked.by} if asked.private else set()
    return after, [card(say, here.caller, ends, scene, note), *rests(after, scene, anew)]


def together(before: State, scene: Scene) -> Turn:
    """Both are back."""
    buttons = TALK, REPAIR, SET_TIME, REST_IT, LOOK_AFTER
    return Together(scene.now + CHOOSES), [
        *closed(scene, "met"),
        say(BOTH_BACK, *buttons, card="pause", again=True, at_once=True),
        *(redraw(OVER, to=person, card="rest") for person in scene.both),
        *way_back(before, BACK),
    ]


def dated(due: datetime, scene: Scene) -> Turn:
    """Set a time; one that has passed by now is asked for anew."""
    if due <= scene.now:
        return Together(scene.now + CHOOSES, asks=True), [times(redraw, WHEN, scene)]
    return Dated(due), [redraw(DATED, REST_IT, card="pause", due=due)]


def changed_end(who: Person, words: Words, here: Apart, scene: Scene) -> tuple[datetime, Line | None] | None:
    """Return another end for it, later or as its caller corrects it; None where it stays as it is."""
    ends, note = end_of(words, here.since, scene)
    same = abs(ends - here.wake_at) < CORRECTS  # the same call once more
    if same or not is_length(words):
        return None
    corrects = who == here.caller and here.corrects_until and scene.now <= here.corrects_until
    return (ends, note) if ends > here.wake_at or (corrects and not here.fine) else None


# -- Helpers ------------------------------------------------------------------


def card(draw: Draw, who: Person, ends: datetime, scene: Scene, note: Line | None) -> Say:
    text = CALLED if is_today(ends, who, scene) else CALLED_TO
    below = [note] if note else []
    return draw(text, FINE_AGAIN, card="pause", below=below, caller=who, until=ends, again=True, at_once=True)


def stands(
    told: Callable[..., Answer], state: Apart, who: Person, scene: Scene, **where: Person | None
) -> Answer:
    """Say until when it goes on, to whoever calls it once more."""
    text = STANDS if is_today(state.wake_at, who, scene) else STANDS_TO
    return told(text, until=state.wake_at, **where)


def rests(here: Apart, scene: Scene, anew: Collection[Person] = ()) -> list[Say]:
    """What helps meanwhile, and by each one's clock when it ends; said anew, or drawn where it stands."""
    ends, helps, told = here.wake_at, (BREATHE, GROUND, OUR_PLAN), list[Say]()
    for person in scene.both:
        draw: Draw = say if person in anew else redraw
        text = REST if is_today(ends, person, scene) else REST_TO
        told.append(draw(text, *helps, to=person, card="rest", softly=True, until=ends))
    return told


def ready(text: str, since: datetime, was: datetime, scene: Scene) -> Say:
    below = [line(A_DAY)] if spent(since, scene) else []
    buttons = IM_BACK, *longer(since, scene)
    return say(text, *buttons, card="pause", below=below, again=True, at_once=True, was=was)


def longer(since: datetime, scene: Scene) -> list[Button]:
    return [] if spent(since, scene) else [LONGER]


def way_back(before: State | None, told: str, *buttons: Button) -> list[Say]:
    """Redraw the private call that stands open; one that was answered stays as it is."""
    match before:
        case Returning(caller=caller, back=back, called=True) | Resting(caller=caller, back=back) if (
            caller not in back
        ):
            return [redraw(told, *buttons, to=caller, card="way back")]
    return []


def times(draw: Draw, text: str, scene: Scene) -> Say:
    """The next noons and evenings, one tap each."""
    zone = scene.prefers[ZONE]
    soon = sorted(next_time(hour, zone, scene.now + timedelta(hours=2)) for hour in (time(12), time(19)))
    offers = [*soon, next_time(soon[0].astimezone(zone).time(), zone, soon[1])]
    buttons = [Button(line(A_TIME, due=due), "at", due.isoformat()) for due in offers]
    return draw(text, *buttons, REST_IT, card="pause", asks="time")


def closed(scene: Scene, how: str) -> list[Kept]:
    """Close what rested open."""
    return [replace(thing, outcome=how) for thing in scene.kept if thing.kind == OPEN and not thing.outcome]


PAUSE = Ritual(
    "pause",
    "pause",
    "Stop for a while, and come back",
    step,
    reads=(OPEN,),
    always=True,
    urgent=True,
    also=("pausa",),
    word=OWN_WORD,
    preferences=(OWN_WORD,),
)
