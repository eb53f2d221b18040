"""Promises: what one said they will do, asked of that one alone, and shown only if they say so.

Whatever ritual a promise comes from, it is asked about here, on its day and at a good hour, in one voice. Of
a larger one it is asked once more some days later; then it rests. Nobody is asked twice in a day: what comes
due together comes in one message, one after the other. Why it works this way: docs/rituals/promises.md
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.follow_through import ASKED, KIND, in_days, last_asked, open_of, own, put_off
from bot.hours import good_hour
from bot.ritual import (
    Answer,
    Began,
    Button,
    Draw,
    Event,
    Kept,
    Person,
    Ritual,
    Say,
    Scene,
    Tapped,
    TimeCame,
    Value,
    line,
    redraw,
    say,
    whisper,
)

WITHIN = timedelta(hours=15)  # an answer is heard, so that it is over before the next day asks
STANDS = timedelta(days=2)  # what is done, for the other to notice
LOOKS = timedelta(hours=12)
AGAIN = timedelta(days=4)  # after the first asking
UNANSWERED = "", "asked", "recalled"

# -- What they read -----------------------------------------------------------

HOW_WENT = "A look back, for you alone. You said: {action}\nHow did it go?"
HOW_THIS = "You also said: {action}\nHow did it go?"
DONE_WELL = "Good. Shall I show it in the room, as done?"
SHOWN_NOW = "It stands in the room now."
BETWEEN_US = "Thank you. It stays between us."
ONCE_MORE = "Thank you. It stays between us, and I ask once more on {due:day}."
TOLD_ALREADY = "You have told me already."
WAS_DONE = "Done, by {who}: {action}"
WAS_NOTICED = "Done, by {who}: {action} {other} noticed, and says thank you."
THANKED = "{who} can read it now."

IN_THE_ROOM = "What each of you said you will do is for that one to look at. Tap, and I show you yours alone."
YOURS = "You said: {action}\nI ask you about it on {due:day}."
ANOTHER_DAY_FOR = "You said: {action}\nWhen shall I ask you about it?"
NOTHING_OPEN = "Nothing of yours is open. What you say you will do is kept here until its day."

DONE, PARTLY = Button("Done", "done"), Button("Partly", "partly")
NOT_YET, LET_GO = Button("Not yet", "not yet"), Button("Let it go", "let go")
SHOW_IT, KEEP_IT = Button("Show it", "show"), Button("Keep it to myself", "keep it")
NOTICED = Button("I noticed, thank you", "noticed")
MINE = Button("Show me mine", "mine")
THE_NEXT, ANOTHER_DAY = Button("The next one", "next"), Button("Another day", "another day")
DAYS = {
    "tomorrow": (Button("Tomorrow", "tomorrow"), 1),
    "days": (Button("In three days", "days"), 3),
    "week": (Button("In a week", "week"), 7),
    "month": (Button("In four weeks", "month"), 28),
}

# -- Where promises can be ----------------------------------------------------


@dataclass(frozen=True)
class Asking:
    """Each is asked alone about their own, the first of `about` before the next."""

    about: tuple[str, ...]
    wake_at: datetime
    shown: tuple[str, ...] = ()  # what stands in the room as done, to be noticed
    lingers: bool = True


@dataclass(frozen=True)
class Looking:
    """Either looks through what they said they will do."""

    wake_at: datetime
    shown: tuple[str, ...] = ()


@dataclass(frozen=True)
class Standing:
    """All is answered, and something stands in the room as done."""

    wake_at: datetime
    shown: tuple[str, ...]
    lingers: bool = True


State = Asking | Looking | Standing
Turn = tuple[State | None, list[Answer]]

# -- What happens -------------------------------------------------------------


def step(state: State | None, event: Event, scene: Scene) -> Turn:
    """Hear one event of promises."""
    match state, event:
        case None, TimeCame():
            return asked(scene)

        case Asking(about=about, shown=(_, *_) as shown), TimeCame():
            return Standing(scene.now + STANDS, shown), rested(about, scene)

        case Asking() | Looking() | Standing(), TimeCame():
            return None, []

        # Asked for. In the room it is said only where to look.
        case None | Looking(), Began(who, private=private):
            wake_at = max(scene.now + LOOKS, state.wake_at if state else scene.now)
            card = first_of(who, scene) if private else say(IN_THE_ROOM, MINE, card="promises")
            return Looking(wake_at, state.shown if state else ()), [card]

        case Looking(), Tapped(who, MINE.tap):
            return state, [first_of(who, scene)]

        # Answered, by its doer.
        case Asking() | Looking(), Tapped(who, DONE.tap, item) if promise := unanswered(who, item, scene):
            offers = SHOW_IT.about(promise), KEEP_IT.about(promise)
            done = replace(promise, outcome="done", due=scene.now)
            return state, [done, redraw(DONE_WELL, *offers, to=who, card="promise")]

        case Asking() | Looking(), Tapped(who, PARTLY.tap | NOT_YET.tap | LET_GO.tap as how, item) if (
            promise := unanswered(who, item, scene)
        ):
            if how == NOT_YET.tap and not promise.outcome and promise.due:
                return went_on(state, who, item, scene, ONCE_MORE, due=promise.due)
            ended = replace(promise, outcome=how)
            after, said = went_on(state, who, item, scene.knowing(ended), BETWEEN_US)
            return after, [ended, *said]

        case Asking() | Looking(), Tapped(who, KEEP_IT.tap, item) if own(who, item, scene, "done"):
            return went_on(state, who, item, scene, BETWEEN_US)

        case Asking() | Looking(), Tapped(who, SHOW_IT.tap, item) if promise := own(who, item, scene, "done"):
            told = replace(promise, outcome="told", shared=True)
            stands = state.wake_at if isinstance(state, Asking) else scene.now + STANDS
            here = replace(state, shown=(*state.shown, item), wake_at=stands)
            after, said = went_on(here, who, item, scene.knowing(told), SHOWN_NOW)
            return after, [told, *said, done_line(say, told, scene)]

        # Shown, and noticed by the other.
        case Asking() | Looking() | Standing(), Tapped(who, NOTICED.tap, item) if promise := own(
            scene.other(who), item, scene, "told"
        ):
            noticed = replace(promise, outcome="noticed")
            return state, [noticed, whisper(THANKED, who=scene.other(who)), done_line(redraw, noticed, scene)]

        # Looked through, and put off.
        case Looking(), Tapped(who, THE_NEXT.tap, item) if open_of(who, scene):
            return state, [yours(redraw, next_after(item, who, scene), who, scene)]

        case Looking(), Tapped(who, ANOTHER_DAY.tap, item) if promise := unanswered(who, item, scene):
            days = [button.about(promise) for button, _ in DAYS.values()]
            return state, [redraw(ANOTHER_DAY_FOR, *days, to=who, card="promise", action=promise)]

        case Looking(), Tapped(who, tap, item) if tap in DAYS and (promise := unanswered(who, item, scene)):
            later = replace(promise, due=in_days(DAYS[tap][1], who, scene), outcome="")
            return state, [later, yours(redraw, later, who, scene.knowing(later))]

        # Answered already, on the other card.
        case Asking() | Looking(), Tapped(who, _, item) if own(who, item, scene):
            return went_on(state, who, item, scene, TOLD_ALREADY)

    return state, []


def asked(scene: Scene) -> Turn:
    """Ask each about theirs whose day has come, or put it off: to a good hour, or to the next day."""
    things, said, about = list[Answer](), list[Answer](), list[str]()
    for who in scene.both:
        ripe = [thing for thing in open_of(who, scene) if thing.due and thing.due <= scene.now]
        if later := put_off(ripe, who, scene):
            things += later
        elif ripe:
            again = good_hour(scene.prefers.of(who), scene.now + AGAIN)
            things += [asked_about(thing, again, scene) for thing in ripe]
            things.append(replace(last_asked(who, scene) or Kept(ASKED, who, shared=False), due=scene.now))
            said.append(
                say(HOW_WENT, *answers_to(ripe[0]), to=who, card="promise", waits=True, action=ripe[0])
            )
            about += [str(thing.id) for thing in ripe]
    return Asking(tuple(about), scene.now + WITHIN) if about else None, [*things, *said]


def asked_about(promise: Kept, again: datetime, scene: Scene) -> Kept:
    """Return a promise that is asked about now: for the last time, or once more then."""
    if promise.once:
        return replace(promise, outcome="asked", due=scene.now)
    return replace(promise, due=again, once=True)


def went_on(
    state: Asking | Looking, who: Person, item: str, scene: Scene, told: str, **values: Value
) -> Turn:
    """Say what became of one, and ask about this one's next in the same message."""
    if isinstance(state, Looking):
        rest = [replace(THE_NEXT, item=item)] if open_of(who, scene) else []
        return state, [answered(redraw, told, who, *rest, **values)]
    about = tuple(each for each in state.about if each != item)
    after = replace(state, about=about)
    here = after if about else Standing(scene.now + STANDS, after.shown) if after.shown else None
    theirs = [promise for each in about if (promise := unanswered(who, each, scene))]
    if not theirs:
        return here, [answered(redraw, told, who, **values)]
    card = answered(redraw, told, who, *answers_to(theirs[0]), **values)
    return here, [replace(card, below=(line(HOW_THIS, action=theirs[0]),))]


def rested(about: tuple[str, ...], scene: Scene) -> list[Answer]:
    """Let what was not decided stand without its buttons, while something else of it goes on."""
    theirs = [[promise for each in about if (promise := own(who, each, scene))] for who in scene.both]
    return [
        redraw(HOW_WENT, to=first.by, card="promise", action=first)
        if first.outcome in UNANSWERED
        else redraw(BETWEEN_US, to=first.by, card="promise")
        for first, *_ in filter(None, theirs)
    ]


# -- Helpers ------------------------------------------------------------------


def answers_to(promise: Kept) -> list[Button]:
    return [button.about(promise) for button in (DONE, PARTLY, NOT_YET, LET_GO)]


def answered(draw: Draw, told: str, who: Person, *buttons: Button, **values: Value) -> Say:
    """The card of one who has answered."""
    return draw(told, *buttons, to=who, card="promise", **values)


def first_of(who: Person, scene: Scene) -> Say:
    theirs = open_of(who, scene)
    nothing = say(NOTHING_OPEN, to=who, card="promise", waits=True)
    return yours(say, theirs[0], who, scene) if theirs else nothing


def yours(draw: Draw, promise: Kept, who: Person, scene: Scene) -> Say:
    """One of the open promises, and what can be done about it."""
    choices = [button.about(promise) for button in (DONE, LET_GO, ANOTHER_DAY)]
    rest = [THE_NEXT.about(promise)] if len(open_of(who, scene)) > 1 else []
    due = promise.due or scene.now
    card = draw(YOURS, *choices, *rest, to=who, card="promise", action=promise, due=due)
    return card if card.quiet else replace(card, waits=True)


def done_line(draw: Draw, promise: Kept, scene: Scene) -> Say:
    """What the room reads of a promise that its doer shows; the other may notice it."""
    who, card = promise.by or scene.both[0], f"done {promise.id}"
    if promise.outcome == "told":
        return draw(WAS_DONE, NOTICED.about(promise), card=card, who=who, action=promise)
    return draw(WAS_NOTICED, card=card, who=who, action=promise, other=scene.other(who))


def next_after(item: str, who: Person, scene: Scene) -> Kept:
    """Return the open promise after this one, and after the last the first."""
    theirs = open_of(who, scene)
    place = [str(thing.id) for thing in theirs].index(item) if scene.find(item) in theirs else -1
    return theirs[(place + 1) % len(theirs)]


def unanswered(who: Person, item: str, scene: Scene) -> Kept | None:
    return own(who, item, scene, *UNANSWERED)


PROMISES = Ritual(
    "promises",
    "promises",
    "What you said you will do",
    step,
    reads=(KIND, ASKED),
    minds=(KIND,),
    menu=False,
)
