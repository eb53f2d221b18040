"""Debrief: once a week the two look back on it, in small steps, and either can stop at any of them.

It begins with their week as one picture, of the two together. Then come four questions, one after the other:
a thanks, what went well, what was painful, what would do good next week; and a small touch closes it. What
one tells alone is unseen until both have answered, and stays so where one of the two goes on. Stopping and
silence look alike, and what rests can be taken up. Why it works this way: docs/rituals/debrief.md
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from bot import answers
from bot.answers import TAKE_BACK, TELL_ALONE, YOURS, Answers, in_place_of, none_yet, taken_back
from bot.hours import NO_SUCH_HOUR, next_sunday, read_hour
from bot.ritual import (
    Answer,
    Began,
    Button,
    Draw,
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
    Words,
    Wrote,
    line,
    redraw,
    say,
    whisper,
)
from bot.thanks import KIND as THANKS
from bot.week import READS, Week, shown, week_of

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

GOES_ON, STAYED = "This one is over. The room has the rest.", "What you told me alone stayed unseen."
LEFT_OFF = "It rests here. Until {until:day} you two can take it up."
LEFT_ALONE = "It rests here. What the room has not seen, nobody has read."
ENDED = "That was your week. Thank you both."
CLOSED_IT = "Thank you both."

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
    answers: Answers  # to the question that stands
    at: int = 0  # which question that is

    @property
    def question(self) -> Question:
        return QUESTIONS[self.at]


@dataclass(frozen=True)
class Asking:
    """A question stands, and each may answer it, unseen; either goes on, or stops."""

    talk: Talk
    seen: tuple[Words, ...]  # what the question before it brought
    wake_at: datetime

    @property
    def veils(self) -> bool:
        return self.talk.answers.are_unseen


@dataclass(frozen=True)
class LeftOff:
    """One has stopped it, or nobody went on. What was said unseen stays so, and it can be taken up."""

    talk: Talk
    wake_at: datetime


@dataclass(frozen=True)
class Closing:
    """All was asked, and a small touch closes it."""

    seen: tuple[Words, ...]
    wake_at: datetime


State = Asking | LeftOff | Closing
Turn = tuple[State | None, list[Answer]]

# -- What happens -------------------------------------------------------------


def step(state: State | None, event: Event, scene: Scene) -> Turn:
    """Hear one event of a debrief."""
    match state, event:
        case None, TimeCame(late=late):
            return opened(scene, late=late)

        case LeftOff(talk=talk), Began(words=words) if words and (talk.at or talk.answers.is_edit(words)):
            return state, []  # what stands behind the command is a thanks, and an edit takes nothing up

        case None | LeftOff(), Began(words=words, private=private):
            here, cards = taken_up(state.talk, scene) if state else opened(scene)
            after, more = step(here, event, scene) if words or private else (here, [])
            return after, [*cards, *more]

        # An answer, first or changed, and taken back.
        case Asking(talk=talk), Began(who, words, private=private) if is_answer(talk, words):
            return answered(talk, who, words, scene, private=private)

        case Asking(talk=talk), Wrote(who, asked, words, private) if asked == talk.question.name:
            return answered(talk, who, words, scene, private=private)

        case Asking() | LeftOff(), Tapped(who, TAKE_BACK.tap) if state.talk.answers[who]:
            asks = state.talk.question.name if isinstance(state, Asking) else ""
            talk = replace(state.talk, answers=state.talk.answers.without(who))
            return replace(state, talk=talk), [taken_back(who, asks)]

        # In the private chat.
        case Asking(talk=talk), Tapped(who, TELL_ALONE.tap) | Began(who, Words(text=""), private=True):
            alone = replace(talk, answers=talk.answers.asking(who))
            return replace(state, talk=alone), [yours(say, alone, who)]

        # On, or no further.
        case Asking(talk=talk), Tapped(_, GO_ON.tap):
            return gone_on(talk, scene)

        case Asking(talk=talk), Tapped(_, ENOUGH.tap) | TimeCame():
            return rested(talk, scene)

        case LeftOff(talk=talk), Tapped(_, TAKE_UP.tap):
            return taken_up(talk, scene)

        case Closing(), Tapped(_, CLOSE.tap):
            return None, [whisper(CLOSED_IT), redraw(ENDED, card="touch")]

        case LeftOff() | Closing(), TimeCame():
            return None, []

    return state, []


def opened(scene: Scene, *, late: bool = False) -> tuple[Asking, list[Answer]]:
    """Show the week, and ask for a thanks."""
    talk = Talk(week_of(scene), none_yet(scene))
    return Asking(talk, (), scene.now + STANDS), [question(talk, late=late)]


def taken_up(talk: Talk, scene: Scene) -> tuple[Asking, list[Answer]]:
    """Go on where it was left, with the words already given."""
    alone = [yours(say, talk, who) for who in scene.both if who in talk.answers.alone]
    return Asking(talk, (), scene.now + STANDS), [question(talk), *alone]


def answered(talk: Talk, who: Person, words: Words, scene: Scene, *, private: bool) -> Turn:
    """Take an answer; the second one shows both, and leads on."""
    after = replace(talk, answers=talk.answers.put(words, private=private))
    if after.answers.are_there:
        return gone_on(after, scene)
    card = yours(say if private else redraw, after, who, *in_place_of(talk.answers, words))
    return Asking(after, (), scene.now + STANDS), [card]


def gone_on(talk: Talk, scene: Scene) -> Turn:
    """Show what was said to the question, keep it, and ask the next; after the last one a touch closes it."""
    seen, until = talk.answers.seen, scene.now + STANDS
    kept = [Kept(kind, words.by, words) for words in seen if (kind := talk.question.keeps)]
    stayed = {who: [line(STAYED)] for who in scene.both if talk.answers.stays_unseen(who)}
    if talk.question == QUESTIONS[-1]:
        over = [redraw(STAYED if who in stayed else GOES_ON, to=who, card=YOURS) for who in scene.both]
        return Closing(seen, until), [*kept, passed(talk), say(TOUCH, CLOSE, card="touch"), *over]
    on = replace(talk, at=talk.at + 1, answers=talk.answers.to_the_next())
    # Where it stands: said anew by the other's tap, it would take the words meant for what one drafts there.
    alone = [yours(redraw, on, who, *stayed.get(who, [])) for who in scene.both if who in on.answers.alone]
    return Asking(on, seen, until), [*kept, passed(talk), question(on), *alone]


def rested(talk: Talk, scene: Scene) -> Turn:
    """Let it rest. Whether one stopped it or nobody went on, it reads the same."""
    until = scene.now + LEFT_FOR
    until = min(until, debrief_hour(scene.prefers, scene.now) or until)  # then the next one comes
    card = face(talk, talk.question.asks, [line(LEFT_OFF, until=until)], TAKE_UP)
    back = {who: [TAKE_BACK] for who in scene.both if talk.answers[who]}
    alone = [redraw(LEFT_ALONE, *back.get(who, []), to=who, card=YOURS) for who in scene.both]
    return LeftOff(talk, until), [card, *alone]


# -- Helpers ------------------------------------------------------------------


def is_answer(talk: Talk, words: Words) -> bool:
    """Whether words behind the command answer what is asked now, and are not the edit of an older answer."""
    return bool(words) and (talk.at == 0 or talk.answers.is_edit(words))


def question(talk: Talk, *, late: bool = False) -> Say:
    """Ask what is asked next, below their week where it is the first."""
    how, buttons = HERE_OR_ALONE_LATE if late else HERE_OR_ALONE, (TELL_ALONE, GO_ON)
    card = face(talk, talk.question.asks, [line(how)], *buttons, ENOUGH if talk.at else NOT_TODAY)
    return replace(card, quiet=False, asks=talk.question.name, alone=True)


def passed(talk: Talk) -> Say:
    """The same card, once they have gone on: what was said stands there."""
    said = [line(SAID, who=words.by, words=words) for words in talk.answers.seen]
    card = face(talk, talk.question.heads if said else talk.question.asks, said)
    return replace(card, again=True)  # two who opened up and saw nothing: a loss is harm, a repeat is not


def face(talk: Talk, text: str, below: list[Line], *buttons: Button) -> Say:
    """A new face for the card of a question; the first stands below their week."""
    if talk.at == 0:
        return shown(talk.week, *buttons, card=talk.question.name, below=[line(text), *below])
    return redraw(text, *buttons, card=talk.question.name, below=below)


def yours(draw: Draw, talk: Talk, who: Person, *before: Line) -> Say:
    """The private card of one, at this question."""
    return answers.yours(draw, talk.answers, who, talk.question.asks, talk.question.name, *before)


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
