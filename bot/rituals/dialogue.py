"""Dialogue: twenty minutes on one topic, in turns, and both are heard before anything is solved.

They talk aloud, or on a call. Tend keeps the time and hears taps only: both accept the rules, one speaks, the
other says it back, and then they swap, with the same time for each. A pause stops the clock. Either may stop,
and what was stopped can be taken up. At the end two things are written: what each understood, and one step.
Why it works this way: docs/rituals/dialogue.md
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from bot import topics, turns
from bot.follow_through import KIND, in_days
from bot.ritual import (
    Answer,
    Began,
    Button,
    Draw,
    Event,
    Hushed,
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

STANDS = timedelta(hours=1)  # a choice of a topic, and of a step
WRITES = timedelta(minutes=30)  # what was understood, before the step is asked for
RESTS_FOR = timedelta(hours=36)  # a talk that was stopped: past the next evening, whose card offers it
BELL = timedelta(minutes=1)  # one that rings later than this leads on only when both say so
ASKED_FROM = time(17)  # on the day of a step: after its day, if its doer's hours allow
DAYS = 1, 3, 7, 14  # until it
OPEN = "open talk"

# -- What they read -----------------------------------------------------------

IN_THE_ROOM = "A talk begins in your room, with /talk, where you both read it."
TALK_ABOUT = "A talk about: {words}"
RULES = (
    "Two minutes each in turn: say I, and one thing at a time. The other says it back. "
    "Nothing is solved yet, and either of you may stop. Do you both agree?"
)
WHEN_BOTH = "Noted. It begins when you both say so."
NOT_NOW_THEN = "Not now, then. /talk begins one on any day."

ENOUGH_NOTED = "Noted. When you both say so, the turns end."
STOPPED = "The talk rests here, and that is all right. Until tomorrow it can be taken up where it was."
RESTED = "Your talk rests where it was. Go on?"
BELL_LATE = "My bell came late, so the clock stood still. Go on?"
IT_RESTS = "The talk rests just now."
ALL_RIGHT = "It rests, then. /talk begins another one on any day."

TURNS_OVER = "Your twenty minutes are over, with the same time for both."
EARLIER_OVER = "The turns are over, with the same time for both."
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
STEP_OF = "A step of {who}: {words}"
ASK_WHEN = "When is it due? {who} taps a day."
ONE_IS_ENOUGH = "One step is enough for one talk. This one is for {who} to word."
WITH_A_DATE = "Kept: {words}\nOn {due:day} I ask {who} alone how it went. That was your talk."
THAT_WAS_IT = "That was your talk."
ON_A_DAY = "On {due:day}"


AGREE, ANOTHER = Button("I agree", "agree"), Button("Another topic", "another")
GO_ON, REST_IT = Button("Go on", "go on"), Button("Let it rest", "rest")
ALONE, ON = Button("Tell me alone", "alone"), Button("Go on without", "on")
NO_STEP = Button("No step today", "no step")

# -- Where a dialogue can be --------------------------------------------------


@dataclass(frozen=True)
class Picking:
    """They choose a topic, or let one of the list go."""

    wake_at: datetime
    letting: bool = False
    still: bool = False  # another's silence is on: nothing is begun before the next ring


@dataclass(frozen=True)
class Agreeing:
    """A topic is proposed, and both accept the rules."""

    topic: Words
    opener: Person
    wake_at: datetime
    agreed: frozenset[Person] = frozenset()
    still: bool = False


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
    still: bool = False


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


State = Picking | Agreeing | Speaking | SayingBack | Stopped | Understanding | Stepping | Dating
Turn = tuple[State | None, Sequence[Answer]]

# -- What happens -------------------------------------------------------------


def step(state: State | None, event: Event, scene: Scene) -> Turn:
    """Hear one event of a dialogue."""
    match state, event:
        case _, Began(who, private=True):
            return state, [*orphaned(state, scene), say(IN_THE_ROOM, to=who)]

        # Another's silence: the clock stands still, and what stands there waits for the next ring.
        case Speaking(talk=talk) | SayingBack(talk=talk), Hushed():
            return replace(stopped(talk, left(state, scene), state, scene), still=True), []

        case Picking() | Agreeing() | Stopped(), Hushed():
            return replace(state, wake_at=scene.now, still=True), []

        case Stopped(still=True), TimeCame():
            return waiting(state, RESTED, scene)

        case Picking(still=True, letting=letting), TimeCame():
            here = replace(state, wake_at=scene.now + STANDS, still=False)
            return here, [topics.list_card(redraw, scene, letting=letting)]

        case Agreeing(still=True, topic=words), TimeCame():
            return replace(state, wake_at=scene.now + STANDS, still=False), [rules(redraw, words)]

        case Picking(still=True) | Agreeing(still=True) | Stopped(still=True), Tapped():
            return state, [whisper(IT_RESTS)]

        # A topic: one of the list, or a new one.
        case Stopped(talk=talk), Began(words=words) if words and is_edit(words, talk.topic):
            return reworded(words, state, scene)

        case None | Picking() | Agreeing() | Stopped(), Began(who, words) if words:
            return proposed(words, who, state, scene)

        case None, Began():
            return Picking(scene.now + STANDS), [*orphaned(state, scene), topics.list_card(say, scene)]

        case Picking() | Agreeing(), Wrote(who, "topic", words):
            return proposed(words, who, state, scene)

        case Picking(), Tapped(who, "topic", item) if topic := scene.find(item):
            return taken(topic, who, state, whisper, scene)

        case Picking(), Tapped(who, "let go", item) if topic := scene.find(item):
            if topic.by and topic.by != who:
                return state, [whisper(topics.BROUGHT_BY, who=topic.by)]
            gone = topics.let_go(topic)
            here = replace(state, letting=False)
            return here, [gone, topics.list_card(redraw, scene.knowing(gone))]

        case Picking(), Tapped(_, topics.LET_ONE_GO.tap | topics.BACK.tap as tap):
            here = replace(state, letting=tap == topics.LET_ONE_GO.tap)
            return here, [topics.list_card(redraw, scene, letting=here.letting)]

        case Agreeing() | Stopped(), Tapped(_, ANOTHER.tap):
            return Picking(scene.now + STANDS), [*closed(scene), topics.list_card(say, scene)]

        case Picking() | Agreeing(), Tapped(_, topics.NOT_NOW.tap) | TimeCame():
            return None, [redraw(NOT_NOW_THEN, card="talk")]

        # The rules, accepted by both.
        case Agreeing(agreed=agreed), Tapped(who, AGREE.tap) if scene.other(who) in agreed:
            talk = turns.begun(state.topic, state.opener, scene.each(timedelta()))
            first, said = given(talk, scene)
            return first, [*topics.talked_about(state.topic, scene), *said]

        case Agreeing(agreed=agreed), Tapped(who, AGREE.tap):
            return replace(state, agreed=agreed | {who}), [whisper(WHEN_BOTH)]

        # The turns. Whoever speaks moves them on, or the clock; either may stop them.
        case Speaking() | SayingBack(), Tapped(_, turns.QUESTIONS.tap):
            return state, [turns.question_at(scene.now)]

        case Speaking(talk=talk) | SayingBack(talk=talk), Tapped(_, turns.STOP.tap):
            return waiting(stopped(talk, left(state, scene), state, scene), STOPPED, scene)

        case Speaking(talk=talk), Began():
            return state, [turns.floor_card(talk, left(state, scene))]

        case SayingBack(talk=talk), Began():
            return state, [turns.answer_card(talk, left(state, scene))]

        case Speaking(talk=talk), Tapped(_, turns.DONE.tap) | TimeCame():
            return rung(state, given_back(turns.spoken(talk, left(state, scene)), scene), event, scene)

        case SayingBack(talk=talk), Tapped(_, turns.CLARIFY_IT.tap) if turns.may_clarify(talk):
            return given(turns.clarifying(talk, left(state, scene)), scene, turns.IN_OTHER_WORDS)

        case SayingBack(talk=talk), Tapped(who, turns.ENOUGH.tap) if scene.other(who) in talk.enough:
            return asked_what(EARLIER_OVER, scene)

        case SayingBack(talk=talk), Tapped(who, turns.ENOUGH.tap):
            noted = replace(talk, enough=talk.enough | {who})
            return replace(state, talk=noted), [whisper(ENOUGH_NOTED)]

        case SayingBack(talk=talk), Tapped(_, turns.HEARD.tap) | TimeCame():
            return rung(state, swapped(talk, left(state, scene), scene), event, scene)

        # Stopped, and taken up by both.
        case Stopped(ready=ready), Tapped(who, GO_ON.tap) if scene.other(who) in ready:
            talk, ends = state.talk, scene.now + state.left
            if state.says_back and not state.left:
                then, said = swapped(talk, state.left, scene)
                return then, [*closed(scene), *said]
            if state.says_back:
                return SayingBack(talk, ends), [*closed(scene), turns.answer_card(talk, state.left)]
            return Speaking(talk, ends), [*closed(scene), turns.floor_card(talk, state.left)]

        case Stopped(ready=ready), Tapped(who, GO_ON.tap):
            return replace(state, ready=ready | {who}), [whisper(WHEN_BOTH)]

        case Stopped(), Began():
            return waiting(state, RESTED, scene)

        case Stopped(), Tapped(_, REST_IT.tap) | TimeCame():
            return None, [*closed(scene), redraw(ALL_RIGHT, card="talk")]

        # What each understood, and one step.
        case Understanding(), Tapped(who, ALONE.tap):
            return state, [say(YOUR_LINE, to=who, card="yours", asks="understood", waits=True)]

        case Understanding(lines=lines), Wrote(who, "understood", words, private):
            both = (*(each for each in lines if each.by != who), words)
            told = [say(LINE_NOTED, to=who, card="yours", asks="understood")] if private else []
            if len(both) == len(scene.both):
                in_order = tuple(sorted(both, key=lambda each: scene.both.index(each.by)))
                return asked_step(in_order, scene)
            return replace(state, lines=both), told

        case Understanding(without=without), Tapped(who, ON.tap) if scene.other(who) not in without:
            return replace(state, without=without | {who}), [whisper(ON_NOTED)]

        case Understanding(), Tapped(_, ON.tap) | TimeCame():
            return asked_step((), scene)

        case Stepping() | Dating(), Wrote(who, "step", words):
            if isinstance(state, Dating) and who != state.words.by:
                return state, [say(ONE_IS_ENOUGH, who=state.words.by)]
            after = Dating(words, scene.now + STANDS)
            return after, [days(redraw if isinstance(state, Dating) else say, words, scene)]

        case Stepping(lines=lines), Tapped(_, NO_STEP.tap) | TimeCame():
            return None, [redraw(THAT_WAS_IT, card="talk", below=understood(lines))]

        case Dating(words=words), Tapped(who, "due", item):
            due = datetime.fromisoformat(item)
            promise = Kept(KIND, who, words, due=due)
            return None, [promise, redraw(WITH_A_DATE, card="talk", who=who, words=words, due=due)]

        case Dating(words=words), TimeCame():
            return None, [redraw(THAT_WAS_IT, card="talk", below=[line(STEP_OF, who=words.by, words=words)])]

    return state, []


def proposed(words: Words, who: Person, before: State | None, scene: Scene) -> Turn:
    """Propose what somebody said; it comes into the list, or stands there in other words already."""
    if thing := topics.find(words, scene):
        return taken(thing, who, before, say, scene)
    old = None
    if isinstance(before, Agreeing) and is_edit(words, before.topic):
        old = topics.find(before.topic, scene)
    if old is None and topics.is_full(who, scene):
        if isinstance(before, Stopped):
            return before, [say(topics.FULL, who=who)]
        card = topics.list_card(say, scene, line(topics.FULL, who=who))
        return Picking(scene.now + STANDS), [*orphaned(before, scene), card]
    thing = replace(old, words=words) if old else topics.brought(words)
    return proposal(words, who, [thing], before, scene)


def is_edit(words: Words, topic: Words) -> bool:
    """Whether this is the message that brought the topic, in other words."""
    return words.source == topic.source != 0


def reworded(words: Words, here: Stopped, scene: Scene) -> Turn:
    """Put the topic of a talk that rests in other words, where the list has no other that says the same."""
    old, other = topics.find(here.talk.topic, scene), topics.find(words, scene)
    if other and other != old:
        return waiting(here, RESTED, scene)
    after, said = waiting(replace(here, talk=replace(here.talk, topic=words)), RESTED, scene)
    return after, [*([replace(old, words=words)] if old else []), *said]


def taken(
    thing: Kept, who: Person, before: State | None, told: Callable[[str], Answer], scene: Scene
) -> Turn:
    """Propose one of the list, at most twice in an evening."""
    if topics.times_tonight(thing, scene) >= topics.AT_MOST or not thing.words:
        return before, [*orphaned(before, scene), told(topics.TWICE)]
    return proposal(thing.words, who, [], before, scene)


def proposal(topic: Words, who: Person, kept: Sequence[Kept], before: State | None, scene: Scene) -> Turn:
    """Ask both for the rules; a talk that rests is not gone on with then."""
    here = Agreeing(topic, who, scene.now + STANDS)
    given_up = closed(scene) if isinstance(before, Stopped) else orphaned(before, scene)
    return here, [*kept, *given_up, rules(say, topic)]


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
    return given(swap, scene) if swap else asked_what(TURNS_OVER, scene)


def rung(state: Speaking | SayingBack, turn: Turn, event: Event, scene: Scene) -> Turn:
    """Go on to the next turn, or to the end; after a bell that came late only when both say so."""
    here, _ = turn
    late = isinstance(event, TimeCame) and scene.now - event.due > BELL
    if late and isinstance(here, Speaking | SayingBack):
        return waiting(stopped(here.talk, here.talk.length, here, scene), BELL_LATE, scene)
    if late:
        return waiting(stopped(state.talk, turns.NONE, state, scene), BELL_LATE, scene)
    return turn


def waiting(here: Stopped, text: str, scene: Scene) -> Turn:
    """Offer the way back to a talk that rests."""
    after = replace(here, wake_at=scene.now + RESTS_FOR, ready=frozenset(), still=False)
    kept = [] if still_open(scene) else [Kept(OPEN, None)]
    return after, [*kept, say(text, GO_ON, ANOTHER, REST_IT, card="talk")]


def asked_what(text: str, scene: Scene) -> Turn:
    """The turns are over: say so, and ask each what they understood."""
    card = say(text, ALONE, ON, card="talk", asks="understood", below=[line(UNDERSTOOD)])
    return Understanding(scene.now + WRITES), [replace(card, again=True, at_once=True)]


def asked_step(lines: tuple[Words, ...], scene: Scene) -> Turn:
    """Show what both understood, and ask for one step."""
    text, below = (BOTH_LINES, [*understood(lines), line(ONE_STEP)]) if lines else (ONE_STEP, [])
    card = say(text, NO_STEP, card="talk", asks="step", below=below)
    told = BOTH_SHOWN if lines else THAT_WAS_IT
    alone = [redraw(told, to=person, card="yours") for person in scene.both]
    return Stepping(lines, scene.now + STANDS), [card, *alone]


# -- Helpers ------------------------------------------------------------------


def rules(draw: Draw, topic: Words) -> Say:
    buttons = AGREE, ANOTHER, topics.NOT_NOW
    return draw(TALK_ABOUT, *buttons, card="talk", below=[line(RULES)], words=topic)


def left(here: Speaking | SayingBack, scene: Scene) -> timedelta:
    return here.wake_at - scene.now


def stopped(talk: turns.Talk, left: timedelta, here: Speaking | SayingBack, scene: Scene) -> Stopped:
    return Stopped(talk, max(left, timedelta()), isinstance(here, SayingBack), scene.now)


def still_open(scene: Scene) -> list[Kept]:
    return [thing for thing in scene.kept if thing.kind == OPEN and not thing.outcome]


def closed(scene: Scene) -> list[Answer]:
    """Close what the evening's card offers to take up."""
    return [replace(thing, outcome="over") for thing in still_open(scene)]


def orphaned(state: State | None, scene: Scene) -> list[Answer]:
    """Close what leads back to a talk that is not there: its playing was lost, or the room rested since."""
    return closed(scene) if state is None else []


def understood(lines: tuple[Words, ...]) -> list[Line]:
    return [line(UNDERSTANDS, who=words.by, words=words) for words in lines]


def days(draw: Draw, words: Words, scene: Scene) -> Say:
    """Ask the doer of a step for its day."""
    dues = [in_days(many, words.by, scene, ASKED_FROM) for many in DAYS]
    buttons = [Button(line(ON_A_DAY, due=due), "due", due.isoformat()).only(words.by) for due in dues]
    below = [line(ASK_WHEN, who=words.by)]
    return draw(STEP_OF, *buttons, card="talk", asks="step", below=below, who=words.by, words=words)


DIALOGUE = Ritual(
    "dialogue",
    "talk",
    "Talk about one thing, in turns",
    step,
    reads=(topics.KIND, OPEN),
)
