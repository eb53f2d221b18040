"""Repair: what one did to the other is said, heard, and answered with a change.

Either of the two opens it, and each words their part alone: nobody reads a draft, or that it was looked at.
The room reads what its writer sends, and nobody is asked to forgive. It may rest at any step and be taken up
again, and what came of it comes back once (bot/rituals/review.py). What is carried and kept is bot/amends.py,
how its card reads bot/mending.py. Why it works this way: docs/rituals/repair.md
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from bot import drafting, follow_through, mending
from bot.amends import (
    CHANGING,
    DATING,
    HEARING,
    INVITED,
    KINDS,
    LET_GO,
    RESTORING,
    TAKEN_UP,
    Amends,
    done,
    rested,
    taken_up,
)
from bot.drafting import Draft
from bot.ritual import (
    Answer,
    Began,
    Event,
    Kept,
    Person,
    Ritual,
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
from bot.wording import assents

STANDS = timedelta(hours=12)  # the card that asks what it is
RESTS = timedelta(hours=24)  # in the room, without a word from either
DAY_ENDS = time(18)  # progress is asked about after the day, and not before it

# -- What they read -----------------------------------------------------------

TAKEN_ALREADY = "It is taken up already, and stands in the room."

ASKED_THEN = "Kept. I ask you about it on {due:day}, you alone."
IS_DONE = "You two have repaired something. In eight weeks I ask you two how it holds."
YOURS = "And for you two: {words}"
RESTS_NOW = "It rests, and that is all right. /repair takes it up."
RESTS_SOON = "It rests. /repair takes it up."

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
    let_rest: Person | None = None  # by whom, a moment ago

    @property
    def begun(self) -> Words | None:
        """Until something was sent, it is its writer's alone: the button that began it goes on with it."""
        return None if self.amends.place else Words(self.draft.by, self.draft.part, listed=True)


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


Standing = Invited | Hearing | Changing | Dating | Restoring
State = Opened | Drafting | Invited | Hearing | Changing | Dating | Restoring
Turn = tuple[State | None, Sequence[Answer]]
AT: dict[str, type[Standing]] = {
    INVITED: Invited, HEARING: Hearing, CHANGING: Changing, DATING: Dating, RESTORING: Restoring,
}  # fmt: skip

# -- What happens -------------------------------------------------------------


def step(state: State | None, event: Event, scene: Scene) -> Turn:
    """Hear one event of a repair."""
    match state, event:
        # Opened, by either side; taken up, where it rests or is looked at again.
        case None, Began(about=Kept(kind="repair", outcome=outcome) as head):
            if outcome in {LET_GO, TAKEN_UP}:
                return None, [whisper(TAKEN_ALREADY)]
            amends, things = taken_up(head, scene)
            here, said = told(amends, scene)
            return here, [*things, *said]

        case None, Began(who, words) if words == Words(who, mending.REPAIR_IT.item, listed=True):
            return begins(Amends(who), who, "said", scene)

        case None, Began(who, words) if words == Words(who, mending.HURT_ME.item, listed=True):
            return begins(Amends(scene.other(who)), who, "hurt", scene)

        case None, Began(who, private=private):
            return Opened(scene.now + STANDS), [mending.opening(scene, who if private else None)]

        case Opened(), TimeCame():
            return None, []

        # Worded alone, and sent as it is or as it was worded anew.
        case Drafting(draft=draft), Wrote(who, asked, words) if (who, asked) == (draft.by, draft.question):
            if assents(words):
                return drafts(state, scene, nods=True)
            return drafts(replace(state, draft=replace(draft, words=words)), scene)

        case Drafting(), Began() | Tapped(_, drafting.GO_ON.tap | mending.ALONE.tap | mending.MISSING.tap):
            return drafts(state, scene)

        case Drafting(amends=amends, draft=draft), Tapped(_, drafting.SEND.tap) if draft.words:
            here, said = told(amends.sent(draft.part, replace(draft.words, source=0)), scene)
            return here, [drafting.is_sent(draft), *said]

        case Drafting(amends=amends, draft=draft, stale=stale), Tapped(_, drafting.UNSAID.tap):
            here, anew = shown(amends, scene) if amends.place else (None, [])
            return here, [drafting.unsent(draft), *(anew if stale else [])]

        case Drafting(), Tapped(who, mending.REST_IT.tap):
            rings = replace(state, let_rest=who, wake_at=scene.now)  # to a tap it may tell the room nothing
            return rings, [whisper(RESTS_SOON)]

        case Drafting(draft=Draft(asked=True) as draft, let_rest=None), TimeCame():
            here = replace(state, draft=replace(draft, asked=False), wake_at=scene.now + drafting.LIES)
            return here, [drafting.lies(draft)]

        case Drafting(amends=amends, draft=draft, let_rest=by), TimeCame():
            return None, [*put_to_rest(amends, scene), drafting.ended(draft, by, rests=True)]

        case Drafting(amends=Amends(place=str(place))), Tapped(by=who) | Wrote(by=who) if place:
            return meanwhile(state, event, who, scene)

        # Said in the room by a reply, and edited there; a proposal that is edited is another one.
        case Restoring(amends=amends), Wrote(asked=asked, words=words) if asked == amends.question:
            return proposed(amends, words, scene)

        case Invited() | Hearing() | Changing() | Dating() | Restoring(), Wrote() if state.amends.is_late(
            event
        ):
            changed = state.amends.edited(event.words)
            return shown(changed, scene) if changed else (state, [])

        # Invited: the one answers for it whose part it was; the other says it anew.
        case Invited(amends=amends), Wrote(who, _, words) if who == amends.owner:
            return told(amends.sent("said", words), scene)

        case Invited(amends=amends), Wrote(_, _, words):
            return shown(amends.saying("missing" if amends.missing else "hurt", words), scene)

        case Invited(amends=amends), Tapped(who, mending.ALONE.tap):
            return begins(amends, who, "said", scene)

        # Heard, or something is missing: that is for the one to say who was hurt.
        case Hearing(amends=amends), Tapped(_, mending.HEARD.tap):
            return told(replace(amends, place=CHANGING), scene)

        case Hearing(amends=amends), Tapped(who, mending.MISSING.tap):
            return begins(amends, who, "missing", scene)

        case Hearing(amends=amends), Wrote(who, _, words) if who != amends.owner:
            return told(amends.sent("missing", words), scene)

        case Hearing(amends=amends), Wrote(_, _, words):
            return shown(amends.saying("said", words), scene)

        # The change, with a date on which its owner is asked about it, alone.
        case Changing(amends=amends) | Dating(amends=amends), Wrote(_, _, words):
            return told(amends.sent("change", words), scene)

        case Changing(amends=amends), Tapped(who, mending.ALONE.tap):
            return begins(amends, who, "change", scene)

        case Changing(amends=amends), Tapped(_, mending.AS_IT_IS.tap):
            return told(replace(amends, place=RESTORING), scene)

        case Dating(amends=amends), Tapped(_, "in", days):
            return promised(amends, days, scene)

        # Something warm, that both like.
        case Restoring(amends=amends), Tapped(who, "warm", touch):
            like = Words(who, touch, listed=True)
            if amends.together == replace(like, by=scene.other(who)):
                return over(amends, scene)
            return proposed(amends, like, scene)

        case Restoring(amends=amends), Tapped(_, mending.YES.tap, item) if item == str(amends.number or ""):
            return over(amends, scene)

        case Restoring(amends=amends), Tapped(_, mending.ENOUGH.tap):
            return over(replace(amends, together=None), scene)

        # It may rest at any step, by a tap or by nobody's doing anything.
        case Dating(amends=amends), TimeCame():
            return None, put_to_rest(replace(amends, place=RESTORING), scene)

        case Invited() | Hearing() | Changing() | Restoring(), Tapped(_, mending.REST_IT.tap) | TimeCame():
            return None, put_to_rest(state.amends, scene)

    return state, []


def begins(amends: Amends, who: Person, part: str, scene: Scene) -> Turn:
    """Let one of them begin to word a part alone."""
    amends = amends.counted()
    return drafts(Drafting(amends, Draft(who, part, number=amends.number), scene.now), scene)


def drafts(here: Drafting, scene: Scene, *, nods: bool = False) -> Turn:
    """Let one of them word a part alone, and word it anew."""
    draft = replace(here.draft, asked=True)
    here = replace(here, draft=draft, wake_at=scene.now + drafting.ASKS, let_rest=None)
    return here, [mending.worded(draft, scene, nods=nods)]


def meanwhile(state: Drafting, event: Event, who: Person, scene: Scene) -> Turn:
    """Hear in the room what comes while one words something alone; what moves it on ends the draft."""
    here = AT[state.amends.place](state.amends, scene.now + RESTS)
    after, answers = step(here, event, scene)
    if not isinstance(after, type(here)):
        return after, [drafting.ended(state.draft, who, rests=False), *answers]
    stale = state.stale or after.amends != state.amends
    seen = [each for each in answers if isinstance(each, Whisper)]
    return replace(state, amends=after.amends, stale=stale), seen


def told(amends: Amends, scene: Scene) -> Turn:
    """Say in the room where they are: lost at a kill, somebody's words would be."""
    card = replace(mending.card(say, amends, scene), again=True)
    return AT[amends.place](amends, scene.now + RESTS), [card]


def shown(amends: Amends, scene: Scene) -> Turn:
    """Show in the card that stands there what changed."""
    return AT[amends.place](amends, scene.now + RESTS), [mending.card(redraw, amends, scene)]


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
    return shown(replace(amends.counted(), together=words), scene)


def over(amends: Amends, scene: Scene) -> Turn:
    """End it well."""
    below = [line(YOURS, words=amends.together)] if amends.together else []
    return None, [*done(amends, scene), redraw(IS_DONE, card="repair", below=below)]


def put_to_rest(amends: Amends, scene: Scene) -> list[Answer]:
    """Keep it where it stands; what is only proposed is not kept, and nothing where nothing was sent."""
    if not amends.place:
        return []
    return [*rested(replace(amends, together=None), scene), redraw(RESTS_NOW, card="repair")]


REPAIR = Ritual(
    "repair",
    "repair",
    "Put something right between you",
    step,
    reads=KINDS,
    also=("reparar",),
    many=True,
)
