"""Gratitude: one thing the other did, and what it meant.

On Sundays the two are asked once, and silence is the end of it. A thanks said in the room stands there; one
told alone reaches the other, and nobody else, at a good hour. Whoever is thanked may answer, with a tap or a
few words, and is never asked twice. Why it works this way: docs/rituals/gratitude.md
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from functools import reduce

from bot.hours import NO_SUCH_HOUR, good_hour, is_good_hour, next_sunday, read_hour
from bot.ritual import (
    Answer,
    Began,
    Button,
    Draw,
    Event,
    Kept,
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
from bot.thanks import (
    KIND,
    SEND_IT,
    TAKE_BACK,
    TOLD_ALONE,
    TOUCHED,
    WORDS_BACK,
    Thanks,
    answer_to,
    ask_meaning,
    edited,
    for_the_other,
    in_jar,
    is_edit,
    is_same,
    kept_as,
    on_its_way,
    own_words,
    parts_of,
)

STANDS = timedelta(hours=12)  # the card of the room, and after each thanks the invitation to answer it
ASKS = timedelta(hours=2)  # how long plain private words are taken for the answer to a question of ours
SECOND_HALF = timedelta(minutes=30)  # what it meant; after that the first half goes alone
SOONEST = timedelta(minutes=30)  # so long at least it can be taken back
MAY_ANSWER, TRIES = timedelta(days=7), timedelta(days=30)

# -- What they read -----------------------------------------------------------

SUNDAY = "Sunday: one thing the other did this week, and what it meant to you. Reply here, or tell me alone."
SUNDAY_LATE = (
    "Sunday, later than planned: one thing the other did this week, and what it meant to you. "
    "Reply here, or tell me alone."
)
ANY_DAY = "One thing the other did, and what it meant to you. Reply here, or tell me alone."
NOT_NOW = "That is all right. /thanks works on any day."

INVITES = "That is said, and kept. {other}, if it touched you: a tap or a reply says so."
INVITES_BOTH = (
    "You have both said thanks, and it is kept. If something touched you: a tap or a reply says so."
)
TOUCHED_ONE = "That touched {who}."
CAN_READ = "{other} can read it now."
STANDS_THERE = "It stands there already."

WHAT_DID = (
    "What did the other do that did you good? One thing, in a line.\n"
    "What you write here goes to {other} alone, at a good hour."
)
GOES_BACK = "Kept. It goes back at a good hour."
TAKEN_BACK = "Taken back. Nobody reads it."
DELIVERED, INTO_THE_JAR = "Delivered.", "Delivered, and kept in the jar of you two."
NO_HOUR = "It found no good hour, and I let it go. It is yours to say."


TELL_ALONE, NOT_TODAY = Button("Tell me alone", "", "alone", "gratitude"), Button("Not today", "not today")
FROM_THE_JAR = Button("From our jar", opens="jar")

# -- Where a thanks can be ----------------------------------------------------


@dataclass(frozen=True)
class Invited:
    """The card stands in the room."""

    wake_at: datetime


@dataclass(frozen=True)
class Thanked:
    """One has said thanks in the room, or both; the other may say that it touched them."""

    given: tuple[Words, ...]
    wake_at: datetime
    touched: frozenset[Person] = frozenset()


@dataclass(frozen=True)
class Telling:
    """One is asked alone: what the other did, then what it meant."""

    thanks: Thanks
    wake_at: datetime
    veils: bool = True


@dataclass(frozen=True)
class OnItsWay:
    """It waits for a good hour of its reader's, and is its sender's until then."""

    thanks: Thanks
    until: datetime  # then it is let go, if no good hour came
    wake_at: datetime
    veils: bool = True


@dataclass(frozen=True)
class Delivered:
    """It has arrived, and one answer to it is welcome."""

    thanks: Thanks
    until: datetime
    wake_at: datetime


State = Invited | Thanked | Telling | OnItsWay | Delivered
Turn = tuple[State | None, list[Answer]]

# -- What happens -------------------------------------------------------------


def step(state: State | None, event: Event, scene: Scene) -> Turn:
    """Hear one event of a thanks."""
    match state, event:
        # Asked: both by the clock on Sundays, or whoever begins.
        case None, TimeCame(due, late):
            return Invited(due + STANDS), [card(SUNDAY_LATE if late else SUNDAY, scene, NOT_TODAY)]

        case None, Began(who, words, private=private) if private or told_alone(words):
            return told(Thanks(who, parts_of(words)), scene)

        case None | Invited() | Thanked(), Began(who, words) if parts_of(words):
            return thanked(state, words, scene)

        case None, Began():
            return Invited(scene.now + STANDS), [card(ANY_DAY, scene)]

        # In the room, where its writer shows it.
        case Invited() | Thanked(), Wrote(_, "thanks", words):
            return thanked(state, words, scene)

        case Invited() | Thanked(), Tapped(_, NOT_TODAY.tap):
            return state, [whisper(NOT_NOW)]

        case Thanked(touched=touched), Tapped(who, TOUCHED.tap) if may_answer(who, state, scene):
            after = replace(state, touched=touched | {who})
            return after, [whisper(CAN_READ, other=scene.other(who)), invitation(redraw, after, scene)]

        case Thanked(touched=touched), Tapped(who, TOUCHED.tap) if who in touched:
            return state, [whisper(STANDS_THERE)]

        case Thanked(), Wrote():
            return state, [invitation(redraw, state, scene)]

        # Alone: in two steps or in one line.
        case Telling(thanks=thanks), Wrote(_, "did", words) if len(parts_of(words)) <= 1:
            asked = replace(thanks, words=(words,))
            return Telling(asked, scene.now + SECOND_HALF), [ask_meaning(asked, scene)]

        case Telling(thanks=thanks), Wrote(_, "did", words) | Began(_, words) if parts_of(words):
            return told(replace(thanks, words=parts_of(words)), scene)

        case Telling(thanks=thanks), Wrote(_, "meant", words):
            return told(replace(thanks, words=(*thanks.words, words)), scene)

        case Telling(thanks=Thanks(words=(_, *_)) as thanks), Tapped(_, SEND_IT.tap) | TimeCame():
            return sent(redraw, thanks, scene)

        case Telling(), Tapped(who, NOT_TODAY.tap):
            return None, [redraw(NOT_NOW, to=who, card="yours")]

        # On its way, its sender may change it or take it back.
        case Telling() | OnItsWay(), Tapped(who, TAKE_BACK.tap):
            return None, [redraw(TAKEN_BACK, to=who, card="yours")]

        case OnItsWay(thanks=thanks), Began(words=words) | Wrote(words=words) if is_edit(thanks, words):
            changed = replace(state, thanks=edited(thanks, words))
            return changed, [on_its_way(redraw, changed.thanks, scene)]

        case OnItsWay(thanks=thanks, until=until), TimeCame():
            reader = scene.other(thanks.sender)
            theirs = scene.prefers.of(reader)
            if reader in scene.lanes and is_good_hour(theirs, scene.now):
                return delivered(thanks, scene)
            if scene.now < until:
                return replace(state, wake_at=good_hour(theirs, scene.now)), []
            own = own_words(thanks, scene)
            return None, [redraw(NO_HOUR, to=thanks.sender, card="yours", below=own)]

        # Delivered. An answer goes the same way; nobody is asked for one again.
        case Delivered(thanks=Thanks(back=None) as thanks), Tapped(who, TOUCHED.tap, touches):
            here, said = sent(say, replace(thanks, back=Words(who, touches, listed=True)), scene)
            return here, [whisper(GOES_BACK), *said]

        case Delivered(thanks=Thanks(back=None) as thanks), Tapped(_, WORDS_BACK.tap):
            return replace(state, wake_at=scene.now + ASKS), [for_the_other(say, thanks, scene, asks="back")]

        case Delivered(thanks=Thanks(back=None) as thanks), Wrote(_, "back", words):
            return sent(say, replace(thanks, back=words), scene)

        case Delivered(thanks=Thanks(back=None) as thanks, until=until), TimeCame() if scene.now < until:
            return replace(state, wake_at=until), [for_the_other(redraw, thanks, scene)]

        case Invited() | Thanked() | Telling() | Delivered(), TimeCame():
            return None, []

    return state, []


def thanked(state: Invited | Thanked | None, words: Words, scene: Scene) -> Turn:
    """Keep what was said in the room, and invite the other, once."""
    before = state if isinstance(state, Thanked) else Thanked((), scene.now)
    old = next((each for each in before.given if is_same(each, words)), None)
    given = tuple(words if each is old else each for each in before.given)
    after = replace(before, given=given if old else (*given, words), wake_at=scene.now + STANDS)
    thing = kept_as(old, scene) if old else None
    thing = replace(thing, words=words) if thing else Kept(KIND, words.by, words)
    return after, [thing, invitation(redraw if before.given else say, after, scene)]


def told(thanks: Thanks, scene: Scene) -> Turn:
    """Take what one tells alone; nothing yet, and it is asked for."""
    if thanks.words:
        return sent(say, thanks, scene)
    who = thanks.by
    card = say(WHAT_DID, NOT_TODAY, to=who, card="yours", asks="did", waits=True, other=scene.other(who))
    return Telling(thanks, scene.now + ASKS), [card]


def sent(draw: Draw, thanks: Thanks, scene: Scene) -> Turn:
    """Let it go on its way."""
    theirs = scene.prefers.of(scene.other(thanks.sender))
    after = OnItsWay(thanks, scene.now + TRIES, good_hour(theirs, scene.now + SOONEST))
    return after, [on_its_way(draw, thanks, scene)]


def delivered(thanks: Thanks, scene: Scene) -> Turn:
    """Hand it over, tell its sender, and keep what is a thanks."""
    after = Delivered(thanks, scene.now + MAY_ANSWER, scene.now + ASKS)
    own, text = own_words(thanks, scene), DELIVERED if thanks.back else INTO_THE_JAR
    arrived = redraw(text, to=thanks.sender, card="yours", below=own)
    if thanks.back:
        return after, [answer_to(thanks, thanks.back), arrived]
    kept = Kept(KIND, thanks.by, reduce(Words.then, thanks.words), outcome=TOLD_ALONE)
    return after, [kept, for_the_other(say, thanks, scene, asks="back"), arrived]


# -- Helpers ------------------------------------------------------------------


def card(text: str, scene: Scene, *buttons: Button) -> Say:
    jar = [FROM_THE_JAR] if in_jar(scene, private=False) else []
    return say(text, TELL_ALONE, *buttons, *jar, card="thanks", asks="thanks")


def invitation(draw: Draw, here: Thanked, scene: Scene) -> Say:
    """The invitation to answer; whoever tapped stands below it."""
    thanked = [who for who in scene.both if any(words.by != who for words in here.given)]
    touched = [line(TOUCHED_ONE, who=who) for who in scene.both if who in here.touched]
    touches = TOUCHED.only(thanked[0]) if len(thanked) == 1 else TOUCHED
    buttons = [touches] if set(thanked) - here.touched else []
    text = INVITES if len(thanked) == 1 else INVITES_BOTH
    return draw(text, *buttons, card="answers", asks="back", below=touched, other=thanked[0])


def may_answer(who: Person, here: Thanked, scene: Scene) -> bool:
    return who not in here.touched and scene.other(who) in {words.by for words in here.given}


def told_alone(words: Words) -> bool:
    """Whether it was begun with the button that leads to the private chat."""
    return words.listed and bool(words)


def sunday(prefers: Preferences, after: datetime) -> datetime | None:
    """Return the couple's next Sunday hour; none before their evenings have begun."""
    return next_sunday(prefers[SUNDAY_HOUR], prefers, after)


SUNDAY_HOUR: Preference[time | None] = Preference(
    "sunday hour",
    time,
    time(18),
    label="Sunday thanks",
    asks="When on Sundays shall I ask you two for a thanks? Tap an hour, or reply with yours.",
    options=(
        Option("Sundays at 11:00", time(11)),
        Option("Sundays at 16:00", time(16)),
        Option("Sundays at 18:00", time(18)),
        Option("Sundays at 20:00", time(20)),
        Option("Not on Sundays", None),
    ),
    reads=read_hour,
    misread=NO_SUCH_HOUR,
)

GRATITUDE = Ritual(
    "gratitude",
    "thanks",
    "One thing the other did, and what it meant",
    step,
    reads=(KIND,),
    calls=sunday,
    also=("gracias", "gratitude"),
    many=True,
    preferences=(SUNDAY_HOUR,),
)
