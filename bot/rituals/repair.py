"""Repair: what one did to the other is said, heard, and answered with a change.

Either of the two opens it, and each words their part alone: nobody reads a draft, or that it was looked at.
The room reads what its writer sends, and nobody is asked to forgive. It may rest at any step and be taken up
again, and what came of it comes back once, after eight weeks. Why it works this way: docs/rituals/repair.md
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from bot import follow_through
from bot.amends import (
    ASKED,
    CHANGING,
    HEARING,
    HOLDS,
    INVITED,
    KIND,
    KINDS,
    LET_GO,
    PLACES,
    RESTORING,
    Amends,
    done,
    emptied,
    head_of,
    put_off,
    rested,
    resting,
    steps,
    taken_up,
    to_review,
)
from bot.apology import goes_wrong
from bot.drafting import ASKS, GO_ON, LIES, SEND, UNSAID, Draft, ask, is_sent, lies, unsent
from bot.hours import ZONE, is_quiet
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
    Whisper,
    Words,
    Wrote,
    line,
    redraw,
    say,
    whisper,
)
from bot.wording import LANGUAGE, accuses

STANDS = timedelta(hours=12)  # the card that asks what it is
RESTS = timedelta(hours=24)  # in the room, without a word from either
MOST_ROUNDS = 3  # of saying it; then it is enough for a day
DAY_ENDS = time(18)  # progress is asked about after the day, and not before it

# -- What they read -----------------------------------------------------------

BEGINS = "Something to put right, or something that hurt? You word it alone with me first."
RESTS_HERE = "Something rests here and can be taken up."
TAKE_UP = "Take up {was:day}"
TAKEN_ALREADY = "It is taken up already, and stands in the room."

ASK_HURT = "What happened, and how was it for you? One or two sentences, as: When ..., I felt ..."
ASK_SAID = "What did it do to {other}, as you understand it? One or two sentences about your part."
ASK_MISSING = "What is missing for you? One thing, in a line."
ASK_CHANGE = "What will you do differently? One thing, as: When ..., I will ..."
BEGINS_THERE = 'It begins with the other. "When ..., I felt ..." is easier to hear.'

SAYS = "{who}: {words}"
INVITES = "{other}, what did it do to {who}, as you understand it? Reply here, or word it alone first."
FOR_MORE = "For {who} something is missing: {words}"
INVITES_MORE = "{other}, say it with that in it, too: reply here, or word it alone first."
HEARD_SO = "{other}, do you feel heard? If something is missing, a reply or a tap says so."
HEARD_LAST = "{other}, do you feel heard? It may also rest for today."
IS_HEARD = "{other} feels heard. {who}, what will you do differently? One thing, as: When ..., I will ..."
CHANGE_ANEW = "{who}, what will you do differently from now on? One thing, as: When ..., I will ..."
WHEN = "{who}, when shall I ask you about it, you alone?"
ASKED_THEN = "Kept. I ask you about it on {due:day}, you alone."
WARM = "Now something warm and small for you two. Tap one, or reply with your own."
WOULD_LIKE = "{who} would like: {words}"
IS_DONE = "You two have repaired something. In eight weeks I ask you two how it holds."
YOURS = "And for you two: {words}"
RESTS_NOW = "It rests, and that is all right. /repair takes it up."
RESTS_SOON = "It rests. /repair takes it up."

REVIEWS = "About eight weeks ago you two repaired something. How does it hold?"
IT_HOLDS = "Good to hear. It stays as it is, and I ask no further."
LET_IT_BE = "It is let go, with its words."

REPAIR_IT, HURT_ME = (
    Button("I want to repair something", "", "said", "repair"),
    Button("Something hurt me", "", "hurt", "repair"),
)
ALONE = Button("Word it alone first", "alone")
HEARD, MISSING = Button("I feel heard", "heard"), Button("Something is missing", "missing")
REST_IT, AS_IT_IS = Button("Let it rest", "rest"), Button("It is good as it is", "as it is")
DATES = (
    Button("Tomorrow", "in", "1"),
    Button("In three days", "in", "3"),
    Button("In a week", "in", "7"),
    Button("Without a date", "in"),
)
TOUCHES = (
    Button("A long hug", "warm", "A long hug"),
    Button("A walk together", "warm", "A walk together"),
    Button("A cup of tea", "warm", "A cup of tea"),
    Button("A song for each other", "warm", "A song for each other"),
)
FROM_AFAR = (
    Button("A call before sleep", "warm", "A call before sleep"),
    Button("A film at the same time", "warm", "A film at the same time"),
    TOUCHES[-1],
)
YES, ENOUGH = Button("Yes, that", "yes"), Button("Enough for today", "enough")
IT_DOES, CHANGE_IT = Button("It holds", "holds"), Button("Change it", "change")
LET_THIS_GO = Button("Let this go", "let go")

QUESTIONS = {"hurt": ASK_HURT, "missing": ASK_MISSING, "change": ASK_CHANGE}

# -- Where a repair can be ----------------------------------------------------


@dataclass(frozen=True)
class Opened:
    """Somebody may say what it is, each in a playing of their own."""

    wake_at: datetime


@dataclass(frozen=True)
class Drafting:
    """One of them words a part alone; what was sent before stands in the room."""

    amends: Amends
    draft: Draft
    wake_at: datetime
    veils: bool = True
    stale: bool = False  # something was said anew meanwhile, and the card of the room does not show it yet


@dataclass(frozen=True)
class Invited:
    """What it did is said, or what is missing; its owner may answer."""

    amends: Amends
    wake_at: datetime


@dataclass(frozen=True)
class Hearing:
    """Its owner has said it; the other feels heard, or says what is missing."""

    amends: Amends
    wake_at: datetime


@dataclass(frozen=True)
class Changing:
    """It is heard; its owner may say what changes."""

    amends: Amends
    wake_at: datetime


@dataclass(frozen=True)
class Dating:
    """The change is said; its owner chooses when to be asked about it."""

    amends: Amends
    wake_at: datetime


@dataclass(frozen=True)
class Restoring:
    """They choose something warm: one proposes it, the other likes it, too."""

    amends: Amends
    wake_at: datetime


@dataclass(frozen=True)
class Reviewing:
    """Eight weeks later they look at it once."""

    due: datetime  # which one
    wake_at: datetime


State = Opened | Drafting | Invited | Hearing | Changing | Dating | Restoring | Reviewing
Turn = tuple[State | None, Sequence[Answer]]

# -- What happens -------------------------------------------------------------


def step(state: State | None, event: Event, scene: Scene) -> Turn:
    """Hear one event of a repair."""
    match state, event:
        # Opened, by either side; taken up, where it rests.
        case None, Began(about=Kept(kind="repair") as head):
            if head.outcome not in PLACES:
                return None, [whisper(TAKEN_ALREADY)]
            amends, things = taken_up(head, scene)
            here, said = told(amends, scene)
            return here, [*things, *said]

        case None, Began(who, words) if words == Words(who, REPAIR_IT.item, listed=True):
            return begins(Amends(who), who, "said", scene)

        case None, Began(who, words) if words == Words(who, HURT_ME.item, listed=True):
            return begins(Amends(scene.other(who)), who, "hurt", scene)

        case None, Began(who, private=private):
            return Opened(scene.now + STANDS), [opening(scene, who if private else None)]

        # Worded alone, and sent as it is or as it was worded anew.
        case Drafting(amends=amends, draft=draft, stale=stale), Wrote(who, asked, words) if (who, asked) == (
            draft.by,
            draft.question,
        ):
            return drafts(amends, replace(draft, words=words), scene, stale=stale)

        case Drafting(amends=amends, draft=Draft(words=Words() as words) as draft), Tapped(_, SEND.tap):
            here, said = sent(amends, draft.part, replace(words, source=0), scene)
            return here, [is_sent(draft), *said]

        case Drafting(amends=amends, draft=draft, stale=stale), Tapped(
            who, GO_ON.tap | ALONE.tap | MISSING.tap
        ) if who == draft.by:
            return drafts(amends, draft, scene, stale=stale)

        case Drafting(amends=amends, draft=draft, stale=stale), Tapped(_, UNSAID.tap):
            anew = [card(redraw, amends, scene)] if stale else []
            return standing(amends, scene.now + RESTS), [unsent(draft), *anew]

        case Drafting(amends=amends, draft=draft), Tapped(_, REST_IT.tap):
            rings = standing(amends, scene.now)  # the room may not learn who tapped, but from a ring
            return rings, [whisper(RESTS_SOON), unsent(draft)]

        case Drafting(draft=Draft(asked=True) as draft), TimeCame():
            here = replace(state, draft=replace(draft, asked=False), wake_at=scene.now + LIES)
            return here, [lies(draft)]

        case Drafting(amends=amends, draft=draft), TimeCame():
            return None, [*put_to_rest(amends, scene), unsent(draft)]

        case Drafting(), Tapped() | Wrote():
            return meanwhile(state, event, scene)

        # Said in the room by a reply, and edited there; a proposal that is edited is another one.
        case Restoring(amends=amends), Wrote(_, "together", words):
            return proposed(amends, words, scene)

        case Invited() | Hearing() | Changing() | Restoring(), Wrote(words=words, private=False) if (
            changed := state.amends.edited(words)
        ):
            return replace(state, amends=changed), [card(redraw, changed, scene)]

        # Invited: the one answers for it, whose part it was.
        case Invited(amends=amends), Wrote(who, "said", words) if who == amends.owner:
            return sent(amends, "said", words, scene)

        case Invited(amends=amends), Wrote(_, "said", words):
            part = "missing" if amends.missing else "hurt"
            changed = amends.saying(part, words)
            return replace(state, amends=changed), [card(redraw, changed, scene)]

        case Invited(amends=amends), Tapped(who, ALONE.tap):
            return begins(amends, who, "said", scene)

        # Heard, or something is missing: that is for the one to say who was hurt.
        case Hearing(amends=amends), Tapped(_, HEARD.tap):
            return told(replace(amends, place=CHANGING), scene)

        case Hearing(amends=amends), Tapped(who, MISSING.tap):
            return begins(amends, who, "missing", scene)

        case Hearing(amends=amends), Wrote(who, "missing", words) if who != amends.owner:
            return sent(amends, "missing", words, scene)

        case Hearing(amends=amends), Wrote(_, "missing", words):
            changed = replace(amends, said=words)
            return replace(state, amends=changed), [card(redraw, changed, scene)]

        # The change, with a date on which its owner is asked about it, alone.
        case Changing(amends=amends), Wrote(who, "change", words) if who == amends.owner:
            return sent(amends, "change", words, scene)

        case Changing(amends=amends), Tapped(who, ALONE.tap):
            return begins(amends, who, "change", scene)

        case Changing(amends=amends), Tapped(_, AS_IT_IS.tap):
            return told(replace(amends, place=RESTORING), scene)

        case Changing(amends=amends), Wrote(_, "change"):
            return state, [card(redraw, amends, scene)]

        case Dating(amends=amends), Tapped(_, "in", days):
            return promised(amends, days, scene)

        # Something warm, that both like.
        case Restoring(amends=amends), Tapped(who, "warm", touch):
            like = Words(who, touch, listed=True)
            if amends.together == replace(like, by=scene.other(who)):
                return over(amends, scene)
            return proposed(amends, like, scene)

        case Restoring(amends=amends), Tapped(_, YES.tap, item) if item == str(amends.number or ""):
            return over(amends, scene)

        case Restoring(amends=amends), Tapped(_, ENOUGH.tap):
            return over(replace(amends, together=None), scene)

        # It may rest at any step, by a tap or by nobody's doing anything.
        case Invited() | Hearing() | Changing() | Restoring(), Tapped(_, REST_IT.tap) | TimeCame():
            return None, put_to_rest(state.amends, scene)

        case Dating(amends=amends), TimeCame():
            return None, put_to_rest(replace(amends, place=RESTORING), scene)

        # Eight weeks later, one on an evening; what comes late in the night waits for the next.
        case None, TimeCame(late=late) if heads := to_review(scene):
            quiet = any(is_quiet(scene.prefers.of(person), scene.now) for person in scene.both)
            return looks_back([] if late and quiet else heads[:1], heads, scene)

        case Reviewing(due=due), Tapped(_, how) if reviews := head_of(due, scene):
            return reviewed(reviews, how, scene)

        case Opened() | Reviewing(), TimeCame():
            return None, []

    return state, []


def begins(amends: Amends, who: Person, part: str, scene: Scene) -> Turn:
    """Let one of them begin to word a part alone."""
    amends = amends.counted()
    return drafts(amends, Draft(who, part, number=amends.number), scene)


def drafts(amends: Amends, draft: Draft, scene: Scene, *, stale: bool = False) -> Turn:
    """Let one of them word a part alone, and word it anew."""
    other, language = scene.other(draft.by), scene.prefers.of(draft.by)[LANGUAGE]
    question = line(ASK_SAID, other=other) if draft.part == "said" else line(QUESTIONS[draft.part])
    why = looked_at(draft.part, draft.words, language) if draft.words else ""
    here = Drafting(amends, replace(draft, asked=True), scene.now + ASKS, stale=stale)
    return here, [ask(draft, question, why)]


def meanwhile(state: Drafting, event: Event, scene: Scene) -> Turn:
    """Hear in the room what comes while one words something alone; what moves it on ends the draft."""
    here = standing(state.amends, scene.now + RESTS)
    if here is None:
        return state, []
    after, answers = step(here, event, scene)
    if not isinstance(after, type(here)):
        return after, [unsent(state.draft), *answers]
    stale = state.stale or after.amends != state.amends
    seen = [each for each in answers if isinstance(each, Whisper)]
    return replace(state, amends=after.amends, stale=stale), seen


def sent(amends: Amends, part: str, words: Words, scene: Scene) -> Turn:
    """Let the room read it."""
    amends = amends.saying(part, words)
    match part:
        case "said":
            return told(replace(amends, missing=None, rounds=amends.rounds + 1, place=HEARING), scene)
        case "change":
            when = line(WHEN, who=words.by)
            dates = [date.only(words.by) for date in DATES]
            card = say(SAYS, *dates, card="repair", below=[when], again=True, who=words.by, words=words)
            return Dating(amends, scene.now + RESTS), [card]
        case _:
            return told(replace(amends, place=INVITED), scene)


def told(amends: Amends, scene: Scene) -> Turn:
    """Say in the room where they are: lost at a kill, somebody's words would be."""
    return standing(amends, scene.now + RESTS), [replace(card(say, amends, scene), again=True)]


def promised(amends: Amends, days: str, scene: Scene) -> Turn:
    """Keep the change as a promise of its owner's, who is asked about it alone, and go on to what is warm.

    What was promised is not edited any more. Without a date it is no promise: it comes back with the rest.
    """
    if not days:
        return told(replace(amends, place=RESTORING), scene)
    here, said = told(replace(amends.settled("change"), place=RESTORING), scene)
    due = follow_through.in_days(int(days), amends.owner, scene, DAY_ENDS)
    promise = Kept(follow_through.KIND, amends.owner, amends.change, due)
    return here, [promise, whisper(ASKED_THEN, due=due), *said]


def proposed(amends: Amends, words: Words, scene: Scene) -> Turn:
    """Let the other say whether they like it, too."""
    amends = replace(amends.counted(), together=words)
    return standing(amends, scene.now + RESTS), [card(redraw, amends, scene)]


def over(amends: Amends, scene: Scene) -> Turn:
    """End it well."""
    below = [line(YOURS, words=amends.together)] if amends.together else []
    return None, [*done(amends, scene), redraw(IS_DONE, card="repair", below=below)]


def put_to_rest(amends: Amends, scene: Scene) -> list[Answer]:
    """Keep it where it stands; what is only proposed is not kept, and nothing where nothing was sent."""
    if not amends.place:
        return []
    return [*rested(replace(amends, together=None), scene), redraw(RESTS_NOW, card="repair")]


def looks_back(now: list[Kept], heads: list[Kept], scene: Scene) -> Turn:
    """Ask the two once how it holds, and put off the others, each to an evening of its own."""
    after: State | None = None
    answers: list[Answer] = []
    for head in heads:
        if head in now:
            after = Reviewing(head.due or scene.now, scene.now + RESTS)
            buttons, below = (IT_DOES, CHANGE_IT, LET_THIS_GO), steps(head, scene)
            answers += [replace(head, outcome=ASKED), say(REVIEWS, *buttons, card="repair", below=below)]
        else:
            later = put_off(head, scene, len(now))
            scene = replace(scene, kept=(*scene.kept, *later))
            answers += later
    return after, answers


def reviewed(head: Kept, how: str, scene: Scene) -> Turn:
    """Let it stand, change what changes, or let it go with its words."""
    match how:
        case CHANGE_IT.tap:
            amends, things = taken_up(head, scene, CHANGING)
            card = change_card(say, CHANGE_ANEW, amends.owner)
            return Changing(amends, scene.now + RESTS), [*things, card]
        case LET_THIS_GO.tap:
            return None, [*emptied(head, LET_GO, scene), redraw(LET_IT_BE, card="repair")]
        case _:
            return None, [replace(head, outcome=HOLDS), redraw(IT_HOLDS, card="repair")]


# -- Helpers ------------------------------------------------------------------


def opening(scene: Scene, to: Person | None) -> Say:
    """The card that asks what it is, and offers what rests."""
    rests = resting(scene)
    offers = [Button(line(TAKE_UP, was=head.at or scene.now), opens="repair").about(head) for head in rests]
    below = [line(RESTS_HERE)] if rests else []
    return say(BEGINS, REPAIR_IT, HURT_ME, *offers, to=to, card="repair", below=below)


def standing(amends: Amends, wake_at: datetime) -> Invited | Hearing | Changing | Restoring | None:
    match amends.place:
        case "invited":
            return Invited(amends, wake_at)
        case "hearing":
            return Hearing(amends, wake_at)
        case "changing":
            return Changing(amends, wake_at)
        case "restoring":
            return Restoring(amends, wake_at)
    return None


def card(draw: Draw, amends: Amends, scene: Scene) -> Say:
    """The card of the room, wherever they are."""
    owner, other = amends.owner, scene.other(amends.owner)
    match amends.place:
        case "invited":
            more = amends.missing is not None
            asked = line(INVITES_MORE, other=owner) if more else line(INVITES, other=owner, who=other)
            text, words = FOR_MORE if more else SAYS, amends.missing or amends.hurt or Words(other)
            buttons = ALONE.only(owner), REST_IT
            return draw(text, *buttons, card="repair", asks="said", below=[asked], who=other, words=words)
        case "hearing":
            more = amends.rounds < MOST_ROUNDS
            theirs = [button.only(other) for button in ((HEARD, MISSING) if more else (HEARD,))]
            asked = line(HEARD_SO if more else HEARD_LAST, other=other)
            asks, words = "missing" if more else "", amends.said or Words(owner)
            return draw(
                SAYS, *theirs, REST_IT, card="repair", asks=asks, below=[asked], who=owner, words=words
            )
        case "changing":
            return change_card(draw, IS_HEARD, owner, other=other)
        case _:
            like = amends.together
            liked = [line(WOULD_LIKE, who=like.by, words=like)] if like else []
            yes = [replace(YES, item=str(amends.number or "")).only(scene.other(like.by))] if like else []
            return draw(WARM, *yes, *touches(scene), ENOUGH, card="repair", asks="together", below=liked)


def change_card(draw: Draw, text: str, owner: Person, **values: Person) -> Say:
    buttons = ALONE.only(owner), AS_IT_IS, REST_IT
    return draw(text, *buttons, card="repair", asks="change", who=owner, **values)


def touches(scene: Scene) -> tuple[Button, ...]:
    """What is warm and small; for two who live apart, from afar."""
    zones = {scene.prefers.of(person)[ZONE] for person in scene.both}
    return FROM_AFAR if len(zones) > 1 else TOUCHES


def looked_at(part: str, words: Words, language: str) -> str:
    """Why a draft may not reach the other, for its writer alone."""
    if part == "said":
        return goes_wrong(words, language)
    return BEGINS_THERE if accuses(words, language) else ""


REPAIR = Ritual(
    "repair",
    "repair",
    "Put something right between you",
    step,
    reads=KINDS,
    minds=(KIND,),
    many=True,
)
