"""Debrief: once a week the two look back on it, in small steps, and either can stop at any of them.

It begins with their week as one picture, of the two together. Then come four questions, one after the other:
a thanks, what went well, what was painful, what would do good next week; and a small touch closes it. What
one tells alone is unseen until both have answered, and stays so where one of the two goes on. Stopping and
silence look alike, and what rests can be taken up. Why it works this way: docs/rituals/debrief.md
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from bot.hours import NO_SUCH_HOUR, next_sunday, read_hour
from bot.ritual import (
    Answer,
    Began,
    Button,
    Draw,
    Each,
    Event,
    Kept,
    Line,
    Option,
    Person,
    Preference,
    Preferences,
    Ritual,
    Say,
    Scene,
    Tapped,
    TimeCame,
    Week,
    Words,
    Wrote,
    line,
    redraw,
    say,
    whisper,
)
from bot.thanks import KIND as THANKS
from bot.week import READS, shown, week_of

STANDS = timedelta(hours=2)  # a question, and the touch at the end
LEFT_FOR = timedelta(days=2)  # so long what rests can be taken up

# -- What they read -----------------------------------------------------------

GIVE_THANKS = "First a thanks: one thing the other did this week that did you good?"
WENT_WELL = "What went well this week? One thing each."
WAS_PAINFUL = "Was anything painful? One thing each, best as: I felt ..."
NEXT_WEEK = "What would do you good next week? One small thing each."
HERE_OR_ALONE = "Reply here, or tell me alone. Either of you can go on, or stop."
HERE_OR_ALONE_LATE = "Later than planned. Reply here, or tell me alone; either of you can go on, or stop."
TOUCH = "To close, something small: a long hug, a hand held, or from afar a warm word."

THANKED, WELL = "With thanks this week:", "What went well:"
PAINFUL, TO_COME = "What was painful:", "What would do good next week:"
SAID = "{who}: {words}"

UNSEEN = "Nobody reads it before you have both answered. If one of you goes on first, it stays unseen."
TAKEN = "Kept: {words}"
TAKEN_BACK = "Taken back. Nobody has read it."
GOES_ON = "This one is over. The room has the rest."
STAYED = "What you told me alone stayed unseen."
LEFT_OFF = "It rests here. Until {until:day} you two can take it up."
LEFT_ALONE = "It rests here. What the room has not seen, nobody has read."
ENDED = "That was your week. Thank you both."
CLOSED_IT = "Thank you both."

TELL_ALONE, TAKE_BACK = Button("Tell me alone", "alone"), Button("Take it back", "take back")
GO_ON, TAKE_UP = Button("Go on", "go on"), Button("Take it up", "take up")
NOT_TODAY, ENOUGH = Button("Not today", "stop"), Button("That is enough", "stop")
CLOSE = Button("That was good", "close")


@dataclass(frozen=True)
class Question:
    """One of the small steps."""

    name: str  # of its card, and of what is asked there
    asks: str
    heads: str  # stands above what was said
    keeps: str = ""  # the kind of thing that an answer is kept as


QUESTIONS = (
    Question("thanks", GIVE_THANKS, THANKED, THANKS),
    Question("well", WENT_WELL, WELL, "went well"),
    Question("painful", WAS_PAINFUL, PAINFUL),  # it belongs to this evening, and is kept nowhere
    Question("next", NEXT_WEEK, TO_COME, "next week"),
)

# -- Where a debrief can be ---------------------------------------------------


@dataclass(frozen=True)
class Talk:
    """What goes with them from state to state."""

    week: Week
    at: int = 0  # the question
    alone: frozenset[Person] = frozenset()  # who is asked alone, too


@dataclass(frozen=True)
class Asking:
    """A question stands, and nobody has answered it."""

    talk: Talk
    seen: tuple[Words, ...]  # what the question before it brought
    wake_at: datetime


@dataclass(frozen=True)
class HalfSaid:
    """One has answered, unseen; the other may, or either goes on."""

    talk: Talk
    given: Each[Words | None]
    wake_at: datetime
    veils: bool = True


@dataclass(frozen=True)
class LeftOff:
    """One has stopped it, or nobody went on. What was said unseen stays so, and it can be taken up."""

    talk: Talk
    given: Each[Words | None]
    wake_at: datetime
    lingers: bool = True


@dataclass(frozen=True)
class Closing:
    """All was asked, and a small touch closes it."""

    seen: tuple[Words, ...]
    wake_at: datetime


State = Asking | HalfSaid | LeftOff | Closing
Turn = tuple[State | None, list[Answer]]

# -- What happens -------------------------------------------------------------


def step(state: State | None, event: Event, scene: Scene) -> Turn:
    """Hear one event of a debrief."""
    match state, event:
        case None, TimeCame(late=late):
            return opened(scene, late=late)

        case None, Began(words=words, private=private):
            here, card = opened(scene)
            after, more = step(here, event, scene) if words or private else (here, [])
            return after, [*card, *more]

        # An answer, first or changed, and taken back.
        case (Asking() | HalfSaid()) as here, Began(who, words, private=private) if is_answer(here, words):
            return answered(here, who, words, scene, private=private)

        case (Asking() | HalfSaid()) as here, Wrote(who, asked, words, private) if asked == name_of(here):
            return answered(here, who, words, scene, private=private)

        case HalfSaid(given=given) as here, Tapped(who, TAKE_BACK.tap) if given[who]:
            after = waiting(here.talk, given.put(who, None), scene)
            return after, [redraw(TAKEN_BACK, to=who, card="yours", asks=name_of(here))]

        # In the private chat.
        case (Asking() | HalfSaid()) as here, Tapped(who, TELL_ALONE.tap) | Began(
            who, Words(text=""), private=True
        ):
            after = replace(here, talk=asked_alone(here.talk, who))
            return after, [yours(say, after, who)]

        # On, or no further.
        case (Asking() | HalfSaid()) as here, Tapped(_, GO_ON.tap):
            return gone_on(here.talk, given_in(here, scene), scene)

        case (Asking() | HalfSaid()) as here, Tapped(_, ENOUGH.tap) | TimeCame():
            return rested(here.talk, given_in(here, scene), scene)

        case LeftOff(given=given), Tapped(who, TAKE_BACK.tap) if given[who]:
            return replace(state, given=given.put(who, None)), [redraw(TAKEN_BACK, to=who, card="yours")]

        case LeftOff(talk=talk, given=given), Tapped(_, TAKE_UP.tap):
            after = waiting(talk, given, scene)
            alone = [yours(say, after, who) for who in scene.both if who in talk.alone]
            return after, [question(talk), *alone]

        case Closing(), Tapped(_, CLOSE.tap):
            return None, [whisper(CLOSED_IT), redraw(ENDED, card="touch")]

        case LeftOff() | Closing(), TimeCame():
            return None, []

    return state, []


def opened(scene: Scene, *, late: bool = False) -> tuple[Asking, list[Answer]]:
    """Show the week, and ask for a thanks."""
    talk = Talk(week_of(scene))
    return Asking(talk, (), scene.now + STANDS), [question(talk, late=late)]


def answered(here: Asking | HalfSaid, who: Person, words: Words, scene: Scene, *, private: bool) -> Turn:
    """Take an answer; the second one shows both, and leads on."""
    talk = asked_alone(here.talk, who) if private else here.talk
    given = given_in(here, scene).put(who, words)
    if all(given):
        return gone_on(talk, given, scene)
    after = HalfSaid(talk, given, scene.now + STANDS)
    return after, [yours(say if private else redraw, after, who)]


def gone_on(talk: Talk, given: Each[Words | None], scene: Scene) -> Turn:
    """Show what was said to the question, keep it, and ask the next; after the last one a touch closes it.

    What one told alone is shown where both have answered, and nowhere else.
    """
    seen = tuple(words for words in given if words and (all(given) or words.by not in talk.alone))
    stayed = {words.by for words in given if words} - {words.by for words in seen}
    kind, on = QUESTIONS[talk.at].keeps, replace(talk, at=talk.at + 1)
    kept = [Kept(kind, words.by, words) for words in seen if kind]
    if on.at == len(QUESTIONS):
        alone = [redraw(STAYED if who in stayed else GOES_ON, to=who, card="yours") for who in scene.both]
        close = say(TOUCH, CLOSE, card="touch")
        return Closing(seen, scene.now + STANDS), [*kept, passed(talk, seen), close, *alone]
    after = Asking(on, seen, scene.now + STANDS)
    # Where it stands: said anew by the other's tap, it would take the words meant for what one drafts there.
    anew = [yours(redraw, after, who, stayed=who in stayed) for who in scene.both if who in talk.alone]
    return after, [*kept, passed(talk, seen), question(on), *anew]


def rested(talk: Talk, given: Each[Words | None], scene: Scene) -> Turn:
    """Let it rest. Whether one stopped it or nobody went on, it reads the same."""
    until = scene.now + LEFT_FOR
    card = face(talk, QUESTIONS[talk.at].asks, [line(LEFT_OFF, until=until)], TAKE_UP)
    alone = [redraw(LEFT_ALONE, *[TAKE_BACK] * bool(given[who]), to=who, card="yours") for who in scene.both]
    return LeftOff(talk, given, until), [card, *alone]


# -- Helpers ------------------------------------------------------------------


def asked_alone(talk: Talk, who: Person) -> Talk:
    """Ask this one alone, too, from now on."""
    return replace(talk, alone=talk.alone | {who})


def waiting(talk: Talk, given: Each[Words | None], scene: Scene) -> Asking | HalfSaid:
    """Where they are with what was given to a question so far."""
    until = scene.now + STANDS
    return HalfSaid(talk, given, until) if any(given) else Asking(talk, (), until)


def given_in(here: Asking | HalfSaid, scene: Scene) -> Each[Words | None]:
    return here.given if isinstance(here, HalfSaid) else scene.each(None)


def is_answer(here: Asking | HalfSaid, words: Words) -> bool:
    """Whether words behind the command answer what is asked now, and are not the edit of an older answer."""
    given = here.given[words.by] if isinstance(here, HalfSaid) else None
    return bool(words) and (here.talk.at == 0 or bool(given and given.source == words.source))


def name_of(here: Asking | HalfSaid) -> str:
    return QUESTIONS[here.talk.at].name


def question(talk: Talk, *, late: bool = False) -> Say:
    """Ask what is asked next, below their week where it is the first."""
    asked, how = QUESTIONS[talk.at], HERE_OR_ALONE_LATE if late else HERE_OR_ALONE
    buttons = TELL_ALONE, GO_ON, ENOUGH if talk.at else NOT_TODAY
    return replace(face(talk, asked.asks, [line(how)], *buttons), quiet=False, asks=asked.name)


def passed(talk: Talk, seen: tuple[Words, ...]) -> Say:
    """The same card, once they have gone on: what was said stands there."""
    asked, said = QUESTIONS[talk.at], [line(SAID, who=words.by, words=words) for words in seen]
    card = face(talk, asked.heads if said else asked.asks, said)
    return replace(card, again=True)  # two who opened up and saw nothing: a loss is harm, a repeat is not


def face(talk: Talk, text: str, below: list[Line], *buttons: Button) -> Say:
    """A new face for the card of a question; the first stands below their week."""
    name = QUESTIONS[talk.at].name
    if talk.at == 0:
        return shown(talk.week, *buttons, card=name, below=[line(text), *below])
    return redraw(text, *buttons, card=name, below=below)


def yours(draw: Draw, here: Asking | HalfSaid, who: Person, *, stayed: bool = False) -> Say:
    """The private card of one: the question, or what was answered, which nobody else has read."""
    asked = QUESTIONS[here.talk.at]
    words = here.given[who] if isinstance(here, HalfSaid) else None
    text, buttons = (TAKEN, [TAKE_BACK]) if words else (asked.asks, [])
    below = [*[line(STAYED)] * stayed, line(UNSEEN)]
    card = draw(text, *buttons, to=who, card="yours", asks=asked.name, below=below)
    return replace(card, values={"words": words} if words else {}, waits=not card.quiet)


def debrief_hour(prefers: Preferences, after: datetime) -> datetime | None:
    """Return the couple's next Sunday hour, if they chose one."""
    return next_sunday(prefers[DEBRIEF_HOUR], prefers, after)


DEBRIEF_HOUR: Preference[time | None] = Preference(
    "debrief hour",
    time,
    None,
    label="Sunday debrief",
    asks="On Sundays, a look back on your week together? Tap an hour, or reply with yours.",
    options=(
        Option("A debrief at 16:00", time(16)),
        Option("A debrief at 18:00", time(18)),
        Option("A debrief at 20:00", time(20)),
        Option("No debrief", None),
    ),
    reads=read_hour,
    misread=NO_SUCH_HOUR,
)

DEBRIEF = Ritual(
    "debrief",
    "debrief",
    "Your week, looked back on in small steps",
    step,
    reads=READS,
    calls=debrief_hour,
    menu=False,
    stands_in_for=("gratitude", "check_in"),
    preferences=(DEBRIEF_HOUR,),
)
