"""Check-in: one feeling, one need, and one action for the other's need.

Each names theirs alone. In mode "together" nothing is shown before both have; then the two see each other's,
and each is invited to a line back and to one small thing for tomorrow, of which bot/rituals/promises.py asks
its doer alone. Whoever is silent, or says "Not tonight", is left in peace, and the evening closes kindly.

What each has given, and which question words answer, is an evening (bot/evening.py); what stands in the room
and in the private chats are its cards (bot/evening_cards.py). Why it works this way: docs/rituals/check_in.md
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot import evening_cards as cards
from bot import follow_through
from bot.evening import (
    LESS,
    MODE,
    OFFERS,
    QUESTIONS,
    Evening,
    Yours,
    acts_for,
    asks_the_other,
    is_action,
    is_line_back,
    kept,
    may_offer,
    read,
)
from bot.hours import ANCHOR, EVERY, HOUR, evening_hour
from bot.ritual import (
    PARTED,
    Answer,
    Began,
    Draw,
    Event,
    Kept,
    Person,
    Ritual,
    Scene,
    Tapped,
    TimeCame,
    Words,
    Wrote,
    redraw,
    say,
    whisper,
)
from bot.wording import LANGUAGE, declines

WINDOW, REMINDER = timedelta(hours=3), timedelta(hours=1)
FOR_ACTIONS = timedelta(minutes=30)  # at least, after a late reveal
LINGERS = timedelta(hours=12)  # how long "Share mine" and a line back are still heard

# -- What they read -----------------------------------------------------------

TAKEN = "Kept: {words}. Yours to change until you have both answered."
TAKEN_LAST = "Kept: {words}. You have both spoken."
TAKEN_IN_OPEN = "Kept: {words}. It stands on the card."
TAKEN_HEARD = "Kept: {words}\nIt stands there when this closes."
NOT_NOW = "That is all right. Change your mind whenever you like, while this is open."
NOTHING_TOMORROW = "That is all right. It leaves no trace."
FOR_THE_OTHER = "That would answer your own need. The others are for {other}."

CLOSED_ALONE = "Tonight's check-in is closed, and stands in the room."
SHARED = "The check-in is closed for tonight, and this is shared."
NOTHING_TO_SHARE = "There is nothing of yours from tonight."
SHARED_ALREADY = "Yours stands there already."

# -- Where a check-in can be --------------------------------------------------


@dataclass(frozen=True)
class Naming:
    """Each names a feeling and a need, in any order."""

    evening: Evening
    wake_at: datetime

    @property
    def veils(self) -> bool:
        return self.evening.together


@dataclass(frozen=True)
class Acting:
    """Both see both; each may answer with a line and one action."""

    evening: Evening
    wake_at: datetime


@dataclass(frozen=True)
class Listening:
    """It is closed, and a line back is still welcome. The next check-in does not wait for it."""

    evening: Evening
    wake_at: datetime
    lingers: bool = True


@dataclass(frozen=True)
class Unseen:
    """It closed before both had named theirs; a writer may still share."""

    evening: Evening
    wake_at: datetime
    lingers: bool = True

    @property
    def veils(self) -> bool:
        return self.evening.together


@dataclass(frozen=True)
class Shared:
    """One has shared, though the other has not; the other still may."""

    evening: Evening
    wake_at: datetime
    by: frozenset[Person]
    lingers: bool = True


State = Naming | Acting | Listening | Unseen | Shared
Turn = tuple[State | None, list[Answer]]

# -- What happens -------------------------------------------------------------


def step(state: State | None, event: Event, scene: Scene) -> Turn:
    """Hear one event of an evening."""
    match state, event:
        case None, TimeCame(due, late):
            return opened(scene, due + WINDOW, late=late)

        case None, Began(who, words, private=private):
            here, said = opened(scene, scene.now + WINDOW)
            after, more = began(here, who, words, scene, private=private)
            return after, [*said, *more]

        case Naming(), Began(who, words, private=private):
            return began(state, who, words, scene, private=private)

        # The answers, by tap or by word, first or changed.
        case Naming(), Tapped(who, "feeling" | "need" as question, word, private):
            words = Words(who, word, listed=True)
            after, said = answered(state, who, {question: words}, scene, private=private)
            waiting = TAKEN if state.evening.together or private else TAKEN_IN_OPEN
            taken = waiting if isinstance(after, Naming) else TAKEN_LAST
            return after, [whisper(taken, words=words), *follow_through.recall(who, scene), *said]

        case Naming(evening=evening), Wrote(who, asked, words, private):
            return took(state, who, read(evening.yours[who], asked, words, scene), scene, private=private)

        case Naming(evening=evening), Tapped(who, cards.KEEP_WORDS.tap) if draft := evening.yours[who].draft:
            private = draft[0] in evening.yours[who].alone
            return answered(state, who, dict([draft]), scene, private=private)

        case Naming(evening=evening), Tapped(who, cards.NOT_TONIGHT.tap):
            after = replace(state, evening=evening.without(who))
            alone = cards.ask_feeling(redraw, who, NOT_NOW)
            return after, [whisper(NOT_NOW), alone, *so_far(after.evening, scene)]

        case Naming(evening=evening), Tapped(who, cards.WHAT_I_SAID.tap):
            return state, [cards.said_tonight(evening.yours[who])]

        case Naming(evening=evening), Tapped(who, tap, item) if card := cards.turned(evening, who, tap, item):
            return state, [card]

        case Naming(evening=evening), TimeCame() if scene.now >= evening.closes:
            return closed_unanswered(evening, scene)

        case Naming(evening=evening), TimeCame():
            return replace(state, wake_at=evening.closes), [*cards.reminders(evening, scene)]

        # Both have seen both: a line back, and one thing for tomorrow.
        case Acting(evening=evening), Tapped(who, "action", act):
            if act not in acts_for(scene.other(who), evening, scene):
                return state, [whisper(FOR_THE_OTHER, other=scene.other(who))]
            words = Words(who, act, listed=True)
            after, said = acted(state, who, words, scene)
            return after, [whisper(cards.TAKEN_ACTION, words=words), *said]

        case Acting(), Tapped(who, cards.NOTHING.tap):
            after, said = acted(state, who, None, scene)
            return after, [whisper(NOTHING_TOMORROW), *said]

        case Acting(evening=evening), Tapped(who, cards.SOMETHING_ELSE.tap):
            return state, [replace(cards.ask_action(say, evening, who, scene), waits=True)]

        case Acting(evening=evening), Began(who, words, private=True) if not words:
            return state, [cards.ask_action(say, evening, who, scene)]

        case Acting(), Began(words=words, private=private) if is_whole(words):
            return wrote_back(state, "action", words.split(PARTED)[-1], scene, private=private)

        case Acting(), Wrote(_, "action" | "back" as asked, words, private):
            return wrote_back(state, asked, words, scene, private=private)

        case Acting(evening=evening), TimeCame() if scene.now >= evening.closes:
            return closed(redraw, evening, scene)

        # Afterwards. What is told alone by then is not for the room.
        case Listening(evening=evening), Wrote(who, "back", words, False):
            if is_line_back(evening.yours[who], words, scene):
                after = replace(state, evening=evening.giving(who, heard=words))
                return after, [Kept("heard", who, words), cards.closing(redraw, after.evening, scene)]
            if not evening.yours[who].is_edit(words):
                return state, [cards.closing(redraw, evening, scene)]

        case Unseen() | Shared(), Tapped(who, cards.SHARE_MINE.tap):
            return shared(state, who, scene)

        case Unseen() | Shared(), TimeCame():
            unseen = [who for who in scene.both if who not in sharers(state)]
            return None, [thing for who in unseen for thing in kept(state.evening, who, scene, shared=False)]

        case Listening(), TimeCame():
            return None, []

    return state, []


def opened(scene: Scene, closes: datetime, *, late: bool = False) -> tuple[Naming, list[Answer]]:
    """Begin an evening."""
    evening = Evening(scene.each(Yours()), scene.prefers[MODE] == "together", closes)
    here = Naming(evening, min(scene.now + REMINDER, closes))
    card = cards.tonight(say, evening, scene, cards.OPENS_LATE if late else "")
    return here, [card, *follow_through.undated(scene)]


def began(here: Naming, who: Person, words: Words, scene: Scene, *, private: bool) -> Turn:
    """Take what stands behind the command: /checkin calm / a quiet evening / I'll make tea."""
    if words:
        given = read(here.evening.yours[who], "answer", words, scene)
        return took(here, who, given, scene, private=private)
    return here, [cards.your_card(say, here.evening, who)] if private else []


def took(here: Naming, who: Person, given: dict[str, Words], scene: Scene, *, private: bool) -> Turn:
    """Take answers in somebody's own words; one that begins as an accusation may be offered back first."""
    if not given:  # both halves stand, and nobody can tell which one this would change
        return here, [cards.your_card(say, here.evening, who)] if private else []
    draft = next((pair for pair in given.items() if may_offer(who, pair[1], scene)), None)
    if draft is None:
        return answered(here, who, given, scene, private=private, draw=say if private else redraw)
    evening = here.evening.offered(who, draft, given, private=private)
    offer = Kept("offer", who, shared=False), cards.your_card(say, evening, who)
    return replace(here, evening=evening), [*offer]


def answered(
    here: Naming, who: Person, given: dict[str, Words], scene: Scene, *, private: bool, draw: Draw = redraw
) -> Turn:
    """Where an answer leads: to the reveal once both have named both."""
    evening = here.evening.answered(who, given, private=private)
    if evening.named:
        return revealed(evening, scene)
    return replace(here, evening=evening), [cards.your_card(draw, evening, who), *so_far(evening, scene)]


def revealed(evening: Evening, scene: Scene) -> Turn:
    """Both see both. Two who have said what they will do have nothing left to wait for."""
    if evening.acted:
        return closed(say, evening, scene)
    evening = replace(evening, closes=max(evening.closes, scene.now + FOR_ACTIONS))
    alone = [cards.ask_action(redraw, evening, who, scene) for who in scene.both]
    return Acting(evening, evening.closes), [cards.reveal(say, evening, scene, invites=True), *alone]


def acted(here: Acting, who: Person, action: Words | None, scene: Scene) -> Turn:
    """Take an action, or none; when both have decided, the evening closes."""
    evening = here.evening.giving(who, action=action, nothing=action is None)
    return closed(redraw, evening, scene) if evening.acted else (replace(here, evening=evening), [])


def wrote_back(here: Acting, asked: str, words: Words, scene: Scene, *, private: bool) -> Turn:
    """Take words after the reveal: nothing tomorrow, an action, or a line back."""
    who, yours, draw = words.by, here.evening.yours[words.by], say if private else redraw
    if asked == "back" and asks_the_other(yours, words):
        return here, [cards.ask_action(redraw, here.evening, who, scene)]
    if declines(words, scene.prefers.of(who)[LANGUAGE]):
        after, said = acted(here, who, None, scene)
        return after, [draw(NOTHING_TOMORROW, to=who, card="yours", asks="action"), *said]
    if is_action(yours, words, scene, asked):
        after, said = acted(here, who, words, scene)
        return after, [draw(cards.TAKEN_ACTION, to=who, card="yours", asks="action", words=words), *said]
    heard = words if is_line_back(yours, words, scene) else yours.heard
    after = replace(here, evening=here.evening.giving(who, heard=heard))
    return after, [draw(TAKEN_HEARD, to=who, card="yours", asks="action", words=heard or words)]


def closed(draw: Draw, evening: Evening, scene: Scene) -> Turn:
    """Close an evening that both have seen."""
    evening = evening.closing(scene.now)
    things = [thing for who in scene.both for thing in kept(evening, who, scene, shared=True)]
    adds = any(yours.action or yours.heard for yours in evening.yours)
    announced: Draw = say if adds or not evening.past else redraw
    said = [cards.reveal(draw, evening, scene, invites=False), cards.closing(announced, evening, scene)]
    for who in scene.both:
        alone = CLOSED_ALONE if evening.yours[who].said else cards.CLOSED_KINDLY
        said.append(redraw(cards.CLOSED_LATE if evening.past else alone, to=who, card="yours"))
    return Listening(evening, scene.now + LINGERS), [*things, *said]


def closed_unanswered(evening: Evening, scene: Scene) -> Turn:
    """Close without a word about who was silent. A draft nobody decided on answers what has no answer."""
    evening = evening.decided().closing(scene.now)
    if evening.named:
        return closed(redraw if evening.past else say, evening, scene)
    if not evening.together and not any(yours.alone for yours in evening.yours):
        return closed(redraw, evening, scene)
    text = cards.closed_text(evening)
    alone = [
        redraw(text, *[cards.SHARE_MINE] * evening.yours[who].said, to=who, card="yours")
        for who in scene.both
    ]
    draw: Draw = redraw if evening.past or scene.prefers[LESS] else say
    closing_card = replace(cards.unanswered(draw, text, evening, scene), closes=True)
    return Unseen(evening, scene.now + LINGERS), [closing_card, *alone]


def shared(here: Unseen | Shared, who: Person, scene: Scene) -> Turn:
    """Show what one wrote, because that one says so."""
    by = sharers(here)
    if who in by:
        return here, [whisper(SHARED_ALREADY)]
    if not here.evening.yours[who].said:
        return here, [whisper(NOTHING_TO_SHARE)]
    after = Shared(here.evening, here.wake_at, by | {who})
    room = cards.unanswered(redraw if by else say, SHARED, here.evening, scene, after.by)
    return after, [*kept(here.evening, who, scene, shared=True), room]


# -- Helpers ------------------------------------------------------------------


def so_far(evening: Evening, scene: Scene) -> list[Answer]:
    """In mode "open", each answer as it comes."""
    return [] if evening.together else [cards.tonight(redraw, evening, scene)]


def is_whole(words: Words) -> bool:
    """Whether all is said in one line, and so an action, too."""
    return len(words.split(PARTED)) == len(QUESTIONS)


def sharers(here: Unseen | Shared) -> frozenset[Person]:
    return here.by if isinstance(here, Shared) else frozenset()


CHECK_IN = Ritual(
    "check_in",
    "checkin",
    "One feeling, one need, one small thing for tomorrow",
    step,
    reads=("action", "offer", "open pause", "open talk"),
    calls=evening_hour,
    window=WINDOW,
    preferences=(EVERY, HOUR, ANCHOR, MODE, LESS, OFFERS),
)
