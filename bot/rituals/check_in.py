"""Check-in: one feeling, one need, and one action for the other's need.

Each names theirs alone. In mode "together" nothing is shown before both have; then the two see each other's,
and each is invited to a line back and to one small thing for tomorrow, of which bot/rituals/promises.py asks
its doer alone. Whoever is silent, or says "Not tonight", is left in peace, and the evening closes kindly. Why
it works this way: docs/rituals/check_in.md
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot import follow_through
from bot.feelings import FEELINGS, NEEDS, suggested
from bot.hours import ANCHOR, EVERY, HOUR, TOO_SHORT, ZONE, evening_hour
from bot.ritual import (
    PARTED,
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
    Ritual,
    Say,
    Scene,
    Tapped,
    TimeCame,
    Value,
    Whisper,
    Words,
    Wrote,
    change,
    line,
    redraw,
    say,
    whisper,
)
from bot.wording import LANGUAGE, accuses, declines, feeling_and_need, is_sentence, promises, reports

WINDOW, REMINDER = timedelta(hours=3), timedelta(hours=1)
FOR_ACTIONS = timedelta(minutes=30)  # at least, after a late reveal
LINGERS = timedelta(hours=12)  # how long "Share mine" and a line back are still heard
LONG_PAST = timedelta(hours=1)  # after its end an evening closes without a word about it
QUESTIONS = ("feeling", "need", "action")  # in the order of one line: calm / a quiet evening / I'll make tea
BETWEEN_OFFERS = timedelta(days=7)

# -- What they read -----------------------------------------------------------

OPENS = (
    "Your check-in, until {closes:hour}: one feeling and one need each. Tap here, reply, or tell me alone."
)
OPENS_IN_OPEN = (
    "Your check-in, until {closes:hour}: one feeling and one need each. "
    "Each shows here as it comes; what you tell me alone waits until you have both answered."
)
OPENS_LATE = (
    "Your check-in, later than planned. It is open until {closes:hour}, for one feeling and one need each."
)
REMINDED = "The check-in is here until {closes:hour}. One feeling, one need: a word for each is enough."
REMINDED_ALONE = "The check-in is here until {closes:hour}, if you like. What do you feel just now?"

TAKEN = "Kept: {words}. Yours to change until you have both answered."
TAKEN_LAST = "Kept: {words}. You have both spoken."
TAKEN_IN_OPEN = "Kept: {words}. It stands on the card."
NOT_NOW = "That is all right. Change your mind whenever you like, while this is open."
YOU_SAID = "Yours tonight: {feeling}, needing {need}."
YOU_SAID_ALL = "Yours tonight: {feeling}, needing {need}. For tomorrow: {action}"
YOU_SAID_ONE = "Yours tonight: {words}. The other half can follow."
YOU_SAID_NOTHING = "Nothing yet tonight, and that is fine."

YOUR_FEELING = "What do you feel just now? Pick, or write it in your own words."
YOUR_NEED = "{feeling}. And what do you need? Pick, or write it."
FINER = "Which word comes closest?"
YOURS = "Yours tonight: {feeling}, needing {need}. Nobody sees it before you have both answered."
YOURS_IN_OPEN = "Yours tonight: {feeling}, needing {need}. It stands on the card in the room."
YOURS_IN_PART = (
    "Yours tonight: {feeling}, needing {need}. What you told me alone shows when you have both answered."
)
SOFTER = (
    "A thought on what you wrote: {words}\n"
    "These are your words. Would you like another form? Until you say, they wait."
)
SAY_ANEW = "As a feeling and a need, then: I feel ..., I need ... Write it here."

TONIGHT = "Tonight's check-in."
REVEAL = "You have both spoken."
INVITED = (
    "Reply here: what did you hear? "
    "And one thing you will do tomorrow for the other's need: When ..., I will ..."
)
FOR_THE_NEED = (
    "One thing for tomorrow?\n{other} needs {need}. What will you do for that? Best as: When ..., I will ..."
)
TAKEN_ACTION = "Kept: {words}\nIt stands in the room when this closes. Next time I ask you alone how it went."
TAKEN_HEARD = "Kept: {words}\nIt stands there when this closes."
NOTHING_TOMORROW = "That is all right. It leaves no trace."
FOR_THE_OTHER = "That would answer your own need. The others are for {other}."
NAMED = "{who}: {feeling}, needing {need}."
NAMED_IN_SENTENCES = "{who}: {feeling} · {need}"
FEELS = "{who}: {feeling}."
NEEDS_IT = "{who}: needing {need}."
HEARD = "{who} heard: {words}"
WILL = "{who}, for {other}: {action}"
CLOSED = "That was tonight's check-in. Thank you both, and good night."
CLOSED_LATE = "This check-in has closed, as it stands."
CLOSED_ALONE = "Tonight's check-in is closed, and stands in the room."
CLOSED_KINDLY = "The check-in is closed for tonight. Until next time."
SHARED = "The check-in is closed for tonight, and this is shared."
NOTHING_TO_SHARE = "There is nothing of yours from tonight."
SHARED_ALREADY = "Yours stands there already."

OWN_WORDS, NOT_TONIGHT = Button("Tell me alone", "lane"), Button("Not tonight", "not tonight")
WHAT_I_SAID = Button("What did I say?", "what i said")
KEEP_WORDS, SAY_IT_ANEW = Button("Keep my words", "keep"), Button("Say it as I feel, I need", "anew")
BACK_TO_FEELINGS, BACK_TO_NEEDS = Button("Back", "feeling anew"), Button("Back", "need anew")
ANOTHER_FEELING, ANOTHER_NEED = Button("Another feeling", "feeling anew"), Button("Another need", "need anew")
SOMETHING_ELSE, NOTHING = Button("Something else", "else"), Button("Nothing tomorrow", "nothing")
SHARE_MINE = Button("Share mine", "share mine")
PAUSE, PAUSE_OPEN = Button("Pause", opens="pause"), Button("Take up the pause", opens="pause")
TALK_OPEN = Button("Take up the talk", opens="dialogue")
LESS_PLEASE = Button("Less, please", opens="joining", item="Less, please")  # the choice of that name

# -- Where a check-in can be --------------------------------------------------


@dataclass(frozen=True)
class Yours:
    """What one of the two has given tonight."""

    feeling: Words | None = None
    need: Words | None = None
    action: Words | None = None
    heard: Words | None = None
    draft: tuple[str, Words] | None = None  # the question it answers; offered back before it counts
    alone: frozenset[str] = (
        frozenset()
    )  # the questions answered in private: unseen until both have named theirs
    not_tonight: bool = False
    nothing: bool = False  # nothing tomorrow

    @property
    def named(self) -> bool:
        return bool(self.feeling and self.need)

    @property
    def acted(self) -> bool:
        return self.nothing or bool(self.action)

    @property
    def said(self) -> bool:
        return bool(self.feeling or self.need or self.action or self.draft)

    @property
    def half(self) -> bool:
        return bool(self.said and not self.named and not self.draft and not self.not_tonight)

    @property
    def silent(self) -> bool:
        return not self.said and not self.not_tonight


@dataclass(frozen=True)
class Evening:
    """What goes with them from state to state."""

    yours: Each[Yours]
    together: bool  # nothing is shown before both have named theirs
    closes: datetime
    past: bool = False  # a silence lay over its end: it closed without an announcement


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
            given = read(evening.yours[who], asked, words, scene)
            return took(state, who, given, scene, private=private)

        case Naming(evening=evening), Tapped(who, KEEP_WORDS.tap) if draft := evening.yours[who].draft:
            private = draft[0] in evening.yours[who].alone
            return answered(state, who, dict([draft]), scene, private=private)

        case Naming(evening=evening), Tapped(who, SAY_IT_ANEW.tap) if draft := evening.yours[who].draft:
            return state, [redraw(SAY_ANEW, KEEP_WORDS, to=who, card="yours", asks=draft[0])]

        case Naming(evening=evening), Tapped(who, NOT_TONIGHT.tap):
            here = replace(
                state, evening=replace(evening, yours=evening.yours.put(who, Yours(not_tonight=True)))
            )
            return here, [whisper(NOT_NOW), ask_feeling(redraw, who, NOT_NOW), *so_far(here.evening, scene)]

        case Naming(evening=evening), Tapped(who, WHAT_I_SAID.tap):
            return state, [said_tonight(evening.yours[who])]

        # The private lane: a family first, then the finer word. An old answer stays until another is there.
        case Naming(evening=evening), Tapped(who, OWN_WORDS.tap):
            return state, [replace(your_card(say, evening, who), waits=True)]

        case Naming(), Tapped(who, "family", family):
            if family in FEELINGS:
                finer = *picker("feeling", FEELINGS[family]), BACK_TO_FEELINGS
                return state, [redraw(FINER, *finer, to=who, card="yours", asks="feeling")]
            finer = *picker("need", NEEDS[family]), BACK_TO_NEEDS
            return state, [redraw(FINER, *finer, to=who, card="yours", asks="need")]

        case Naming(), Tapped(who, ANOTHER_FEELING.tap):
            return state, [ask_feeling(redraw, who)]

        case Naming(evening=evening), Tapped(who, ANOTHER_NEED.tap) if feeling := evening.yours[who].feeling:
            return state, [ask_need(redraw, who, feeling)]

        case Naming(evening=evening), TimeCame() if scene.now >= evening.closes:
            return closed_unanswered(evening, scene)

        case Naming(evening=evening), TimeCame():
            return replace(state, wake_at=evening.closes), reminded(evening, scene)

        # Both have seen both: a line back, and one thing for tomorrow.
        case Acting(evening=evening), Tapped(who, "action", act):
            if act not in acts_for(scene.other(who), evening, scene):
                return state, [whisper(FOR_THE_OTHER, other=scene.other(who))]
            words = Words(who, act, listed=True)
            after, said = acted(evening, who, scene, action=words, nothing=False)
            return after, [whisper(TAKEN_ACTION, words=words), *said]

        case Acting(evening=evening), Tapped(who, NOTHING.tap):
            after, said = acted(evening, who, scene, action=None, nothing=True)
            return after, [whisper(NOTHING_TOMORROW), *said]

        case Acting(evening=evening), Tapped(who, SOMETHING_ELSE.tap):
            return state, [replace(ask_action(say, evening, who, scene), waits=True)]

        case Acting(evening=evening), Began(who, words, private=True) if not words:
            return state, [ask_action(say, evening, who, scene)]

        case Acting(), Began(who, words, private=private) if len(parts := words.split(PARTED)) == len(
            QUESTIONS
        ):
            return step(state, Wrote(who, "action", parts[-1], private), scene)

        case Acting(evening=evening), Wrote(who, "action" | "back" as asked, words, private):
            draw = say if private else redraw
            if declines(words, scene.prefers.of(who)[LANGUAGE]):
                after, said = acted(evening, who, scene, action=None, nothing=True)
                return after, [draw(NOTHING_TOMORROW, to=who, card="yours", asks="action"), *said]
            if is_action(evening.yours[who], words, scene, asked):
                after, said = acted(evening, who, scene, action=words, nothing=False)
                return after, [draw(TAKEN_ACTION, to=who, card="yours", asks="action", words=words), *said]
            heard = words if is_line_back(evening.yours[who], words, scene) else evening.yours[who].heard
            after = replace(state, evening=with_yours(evening, who, heard=heard))
            return after, [draw(TAKEN_HEARD, to=who, card="yours", asks="action", words=heard or words)]

        case Acting(evening=evening), TimeCame() if scene.now >= evening.closes:
            return closed(redraw, evening, scene)

        # Afterwards. What is told alone by then is not for the room.
        case Listening(evening=evening), Wrote(who, "back", words, False) if is_line_back(
            evening.yours[who], words, scene
        ):
            after = replace(state, evening=with_yours(evening, who, heard=words))
            return after, [Kept("heard", who, words), closing(redraw, after.evening, scene)]

        case Listening(evening=evening), Wrote(who, "back", words, False) if not is_edit(
            evening.yours[who], words
        ):
            return state, [closing(redraw, evening, scene)]

        case (Unseen() | Shared()) as here, Tapped(who, SHARE_MINE.tap):
            return shared(here, who, scene)

        case (Unseen() | Shared()) as here, TimeCame():
            unseen = [who for who in scene.both if who not in sharers(here)]
            return None, [thing for who in unseen for thing in kept(here.evening, who, scene, shared=False)]

        case Listening(), TimeCame():
            return None, []

    return state, []


def opened(scene: Scene, closes: datetime, *, late: bool = False) -> tuple[Naming, list[Answer]]:
    """Begin an evening."""
    together = scene.prefers[MODE] == "together"
    evening = Evening(scene.each(Yours()), together, closes)
    here = Naming(evening, min(scene.now + REMINDER, closes))
    card = tonight(say, OPENS_LATE if late else opening(evening), evening, scene)
    return here, [card, *follow_through.undated(scene)]


def began(here: Naming, who: Person, words: Words, scene: Scene, *, private: bool) -> Turn:
    """Take what stands behind the command: /checkin calm / a quiet evening / I'll make tea."""
    if words:
        given = read(here.evening.yours[who], "answer", words, scene)
        return took(here, who, given, scene, private=private)
    return here, [your_card(say, here.evening, who)] if private else []


def took(here: Naming, who: Person, given: dict[str, Words], scene: Scene, *, private: bool) -> Turn:
    """Take answers in somebody's own words; one that begins as an accusation may be offered back first."""
    if not given:  # both halves stand, and nobody can tell which one this would change
        return here, [your_card(say, here.evening, who)] if private else []
    draft = next((pair for pair in given.items() if may_offer(who, pair[1], scene)), None)
    if draft is None:
        return answered(here, who, given, scene, private=private, draw=say if private else redraw)
    yours, rest = here.evening.yours[who], {name: words for name, words in given.items() if name != draft[0]}
    stands = getattr(yours, draft[0]) is not None  # and stays as it was told until the draft is decided on
    alone = told_alone(yours, given if private or not stands else rest, private=private)
    evening = with_yours(here.evening, who, **rest, draft=draft, not_tonight=False, alone=alone)
    return replace(here, evening=evening), [Kept("offer", who, shared=False), your_card(say, evening, who)]


def answered(
    here: Naming, who: Person, given: dict[str, Words], scene: Scene, *, private: bool, draw: Draw = redraw
) -> Turn:
    """Where an answer leads: to the reveal once both have named both."""
    yours = here.evening.yours[who]
    open_draft = (
        yours.draft if yours.draft and yours.draft[0] not in given else None
    )  # still to be decided on
    alone = told_alone(yours, given, private=private)
    evening = with_yours(here.evening, who, **given, draft=open_draft, not_tonight=False, alone=alone)
    if all(yours.named for yours in evening.yours):
        return revealed(evening, scene)
    return replace(here, evening=evening), [your_card(draw, evening, who), *so_far(evening, scene)]


def revealed(evening: Evening, scene: Scene) -> Turn:
    """Both see both. Two who have said what they will do have nothing left to wait for."""
    if all(yours.acted for yours in evening.yours):
        return closed(say, evening, scene)
    evening = replace(evening, closes=max(evening.closes, scene.now + FOR_ACTIONS))
    alone = [ask_action(redraw, evening, who, scene) for who in scene.both]
    return Acting(evening, evening.closes), [reveal(say, evening, scene, invites=True), *alone]


def acted(evening: Evening, who: Person, scene: Scene, **given: object) -> Turn:
    """Take an action, or none; when both have decided, the evening closes."""
    evening = with_yours(evening, who, **given)
    if all(yours.acted for yours in evening.yours):
        return closed(redraw, evening, scene)
    return Acting(evening, evening.closes), []


def closed(draw: Draw, evening: Evening, scene: Scene) -> Turn:
    """Close an evening that both have seen."""
    evening = replace(evening, past=is_past(evening, scene))
    things = [thing for who in scene.both for thing in kept(evening, who, scene, shared=True)]
    adds = any(yours.action or yours.heard for yours in evening.yours)
    announced: Draw = say if adds or not evening.past else redraw
    said = [reveal(draw, evening, scene, invites=False), closing(announced, evening, scene)]
    for who in scene.both:
        alone = CLOSED_ALONE if evening.yours[who].said else CLOSED_KINDLY
        said.append(redraw(CLOSED_LATE if evening.past else alone, to=who, card="yours"))
    return Listening(evening, scene.now + LINGERS), [*things, *said]


def closed_unanswered(evening: Evening, scene: Scene) -> Turn:
    """Close without a word about who was silent. A draft nobody decided on answers what has no answer."""
    evening = replace(evening, past=is_past(evening, scene))
    for who in scene.both:
        if draft := evening.yours[who].draft:
            yours = evening.yours[who]
            undecided = {} if getattr(yours, draft[0]) else dict([draft])
            evening = with_yours(evening, who, **undecided, draft=None)
    if all(yours.named for yours in evening.yours):
        return closed(redraw if evening.past else say, evening, scene)
    if not evening.together and not any(yours.alone for yours in evening.yours):
        return closed(redraw, evening, scene)
    text = closed_text(evening)
    alone = [
        redraw(text, *([SHARE_MINE] if evening.yours[who].said else []), to=who, card="yours")
        for who in scene.both
    ]
    draw: Draw = redraw if evening.past or scene.prefers[LESS] else say
    closing_card = replace(unanswered(draw, text, evening, scene), closes=True)
    return Unseen(evening, scene.now + LINGERS), [closing_card, *alone]


def shared(here: Unseen | Shared, who: Person, scene: Scene) -> Turn:
    """Show what one wrote, because that one says so."""
    by = sharers(here)
    if who in by:
        return here, [whisper(SHARED_ALREADY)]
    if not here.evening.yours[who].said:
        return here, [whisper(NOTHING_TO_SHARE)]
    after = Shared(here.evening, here.wake_at, by | {who})
    room = unanswered(redraw if by else say, SHARED, here.evening, scene, after.by)
    return after, [*kept(here.evening, who, scene, shared=True), room]


# -- Helpers ------------------------------------------------------------------


def with_yours(evening: Evening, who: Person, **fields: object) -> Evening:
    return replace(evening, yours=change(evening.yours, who, **fields))


def read(yours: Yours, asked: str, words: Words, scene: Scene) -> dict[str, Words]:
    """Return which question words answer: both, the one asked, the parts of one line, or what is missing.

    Nothing, where both are there and it is no edit of either.
    """
    language = scene.prefers.of(words.by)[LANGUAGE]
    if both := feeling_and_need(words, language):
        return dict(zip(QUESTIONS, both, strict=False))
    if asked != "answer":
        return {asked: words}
    if len(parts := words.split(PARTED, len(QUESTIONS) - 1)) > 1:
        given = {question: part for question, part in zip(QUESTIONS, parts, strict=False) if part}
        return {
            question: part
            for question, part in given.items()
            if question != "action" or not declines(part, language)
        }
    stand = {question: getattr(yours, question) for question in QUESTIONS}
    edited = [
        question for question, old in stand.items() if old and words.source and old.source == words.source
    ]
    missing = [question for question in ("feeling", "need") if not stand[question]]
    return dict.fromkeys((edited or missing)[:1], words)


def told_alone(yours: Yours, given: Iterable[str], *, private: bool) -> frozenset[str]:
    """Return the questions whose answers were told in private, after these."""
    return yours.alone | set(given) if private else yours.alone - set(given)


def is_action(yours: Yours, words: Words, scene: Scene, asked: str) -> bool:
    """Whether words after the reveal are the action, or the line back; an edit stays what it was."""
    if words.source and yours.heard and yours.heard.source == words.source:
        return False
    if is_edit(yours, words):
        return True
    language = scene.prefers.of(words.by)[LANGUAGE]
    if asked == "action":
        return promises(words, language) or not reports(words, language)
    return promises(words, language) or not (yours.action or reports(words, language))


def is_line_back(yours: Yours, words: Words, scene: Scene) -> bool:
    """Whether words are the first line back, or another one: a "thank you" puts none away."""
    if is_edit(yours, words):
        return False
    edited = bool(words.source and yours.heard and yours.heard.source == words.source)
    return not yours.heard or edited or reports(words, scene.prefers.of(words.by)[LANGUAGE])


def is_edit(yours: Yours, words: Words) -> bool:
    """Whether this is another form of the action, which stands as it was when the evening closed."""
    return bool(words.source and yours.action and yours.action.source == words.source)


def may_offer(who: Person, words: Words, scene: Scene) -> bool:
    """Whether words may be offered back: privately, at most once a week, never where it is turned off."""
    lately = [thing for thing in scene.kept if thing.kind == "offer" and thing.by == who and thing.at]
    if (
        not scene.prefers[OFFERS]
        or who not in scene.lanes
        or not accuses(words, scene.prefers.of(who)[LANGUAGE])
    ):
        return False
    return all(scene.now - thing.at >= BETWEEN_OFFERS for thing in lately if thing.at)


def tonight(draw: Draw, text: str, evening: Evening, scene: Scene) -> Say:
    """The card of the room: it never changes in a way that shows who did what."""
    buttons = (
        *picker("feeling", flat(FEELINGS)),
        *picker("need", flat(NEEDS)),
        OWN_WORDS,
        WHAT_I_SAID,
        NOT_TONIGHT,
        PAUSE,
        *left_open(scene),
    )
    shown = [] if evening.together else [spoken for who in scene.both for spoken in in_the_open(evening, who)]
    card = draw(text, *buttons, card="tonight", asks="answer", below=shown, closes=evening.closes)
    return replace(card, alone=True)


def left_open(scene: Scene) -> list[Button]:
    """The way back to a pause that nobody came back from, and to a talk that was stopped, while they rest."""
    ways_back = {"open pause": PAUSE_OPEN, "open talk": TALK_OPEN}
    still_open = {thing.kind: thing for thing in scene.kept if thing.kind in ways_back and not thing.outcome}
    return [ways_back[kind].about(thing) for kind, thing in still_open.items()]


def so_far(evening: Evening, scene: Scene) -> list[Answer]:
    """In mode "open", each answer as it comes."""
    return [] if evening.together else [tonight(redraw, OPENS_IN_OPEN, evening, scene)]


def opening(evening: Evening) -> str:
    return OPENS if evening.together else OPENS_IN_OPEN


def reminded(evening: Evening, scene: Scene) -> list[Answer]:
    """Remind once: in the room if nobody has answered, else only in the lane of the other."""
    if evening.closes - scene.now < TOO_SHORT or scene.prefers[LESS]:
        return []
    silent = [who for who in scene.both if evening.yours[who].silent]
    if len(silent) == len(scene.both):
        return [with_less(tonight(say, REMINDED, evening, scene))]
    halves = [who for who in scene.both if evening.yours[who].half]
    return [
        *(with_less(ask_feeling(say, who, REMINDED_ALONE, closes=evening.closes)) for who in silent),
        *(your_card(say, evening, who) for who in halves),
    ]


def with_less(reminder: Say) -> Say:
    return replace(reminder, buttons=(*reminder.buttons, LESS_PLEASE))


def your_card(draw: Draw, evening: Evening, who: Person) -> Say:
    """The private card of one: it asks for what is missing."""
    yours = evening.yours[who]
    if yours.draft:
        asked, words = yours.draft
        return draw(SOFTER, KEEP_WORDS, SAY_IT_ANEW, to=who, card="yours", asks=asked, words=words)
    if not yours.feeling:
        return ask_feeling(draw, who)
    if not yours.need:
        return ask_need(draw, who, yours.feeling)
    in_open = YOURS_IN_PART if yours.alone else YOURS_IN_OPEN
    text = YOURS if evening.together else in_open
    again = ANOTHER_FEELING, ANOTHER_NEED, NOT_TONIGHT
    return draw(text, *again, to=who, card="yours", asks="answer", feeling=yours.feeling, need=yours.need)


def ask_feeling(draw: Draw, who: Person, text: str = YOUR_FEELING, **values: Value) -> Say:
    return draw(text, *families(FEELINGS), NOT_TONIGHT, to=who, card="yours", asks="feeling", **values)


def ask_need(draw: Draw, who: Person, feeling: Words) -> Say:
    return draw(YOUR_NEED, *families(NEEDS), NOT_TONIGHT, to=who, card="yours", asks="need", feeling=feeling)


def ask_action(draw: Draw, evening: Evening, who: Person, scene: Scene) -> Say:
    other = scene.other(who)
    if action := evening.yours[who].action:
        return draw(TAKEN_ACTION, to=who, card="yours", asks="action", words=action)
    need = evening.yours[other].need or Words(other)
    offers = *picker("action", acts_for(other, evening, scene)), NOTHING
    return draw(FOR_THE_NEED, *offers, to=who, card="yours", asks="action", other=other, need=need)


def is_past(evening: Evening, scene: Scene) -> bool:
    """Whether its end is long past: a silence lay over it, or Tend was away."""
    return scene.now - evening.closes >= LONG_PAST


def closed_text(evening: Evening) -> str:
    """Return how an evening ends that not both have answered."""
    return CLOSED_LATE if evening.past else CLOSED_KINDLY


def reveal(draw: Draw, evening: Evening, scene: Scene, *, invites: bool) -> Say:
    """Both answers, and the two invitations to each."""
    acts = dict.fromkeys(act for who in scene.both for act in acts_for(who, evening, scene))
    buttons = (*picker("action", acts), SOMETHING_ELSE, NOTHING) if invites else ()
    lines = [spoken for who in scene.both for spoken in named(evening, who)]
    invitation = [line(INVITED)] if invites else []
    text = REVEAL if all(yours.named for yours in evening.yours) else TONIGHT
    pause = (PAUSE,) if invites else ()
    card = draw(text, *buttons, *pause, card="tonight", asks="back", below=[*lines, *invitation])
    return replace(card, again=True)  # two who opened up and saw nothing: a loss is harm, a repeat is not


def closing(draw: Draw, evening: Evening, scene: Scene) -> Say:
    """What stays of the evening: what each heard, and what each will do."""
    acts = [
        line(WILL, who=who, other=scene.other(who), action=action)
        for who in scene.both
        if (action := evening.yours[who].action)
    ]
    heard = [line(HEARD, who=who, words=words) for who in scene.both if (words := evening.yours[who].heard)]
    seen = all(yours.named for yours in evening.yours)
    text = CLOSED if seen and not evening.past else closed_text(evening)
    return replace(draw(text, card="closing", asks="back", below=[*heard, *acts], softly=True), again=True)


def unanswered(
    draw: Draw, text: str, evening: Evening, scene: Scene, by: frozenset[Person] = frozenset()
) -> Say:
    """What stays of an evening that not both answered: what was in the open, and what is shared."""
    lines = [
        spoken
        for who in scene.both
        for spoken in (named(evening, who) if who in by else in_the_open(evening, who))
    ]
    share = [] if len(by) == len(scene.both) else [SHARE_MINE]
    return draw(text, *share, card="tonight", below=lines, softly=True)


def sharers(here: Unseen | Shared) -> frozenset[Person]:
    return here.by if isinstance(here, Shared) else frozenset()


def acts_for(who: Person, evening: Evening, scene: Scene) -> tuple[str, ...]:
    """What the other may do for this one's need; two clocks mean two homes."""
    zones = {scene.prefers.of(person)[ZONE] for person in scene.both}
    return suggested(evening.yours[who].need, apart=len(zones) > 1)


def in_the_open(evening: Evening, who: Person) -> list[Line]:
    """What one has named for both to see as it comes: nothing in mode "together", nor what was told alone."""
    if evening.together:
        return []
    yours = evening.yours[who]
    hidden: dict[str, None] = dict.fromkeys(yours.alone)
    return named(with_yours(evening, who, **hidden), who)


def named(evening: Evening, who: Person) -> list[Line]:
    """What one has named, as the room reads it."""
    match evening.yours[who]:
        case Yours(feeling=Words() as feeling, need=Words() as need) if is_sentence(need):
            return [line(NAMED_IN_SENTENCES, who=who, feeling=feeling, need=need)]
        case Yours(feeling=Words() as feeling, need=Words() as need):
            return [line(NAMED, who=who, feeling=feeling, need=need)]
        case Yours(feeling=Words() as feeling):
            return [line(FEELS, who=who, feeling=feeling)]
        case Yours(need=Words() as need):
            return [line(NEEDS_IT, who=who, need=need)]
    return []


def said_tonight(yours: Yours) -> Whisper:
    match yours:
        case Yours(feeling=Words() as feeling, need=Words() as need, action=Words() as action):
            return whisper(YOU_SAID_ALL, feeling=feeling, need=need, action=action)
        case Yours(feeling=Words() as feeling, need=Words() as need):
            return whisper(YOU_SAID, feeling=feeling, need=need)
        case Yours(feeling=Words() as words) | Yours(need=Words() as words):
            return whisper(YOU_SAID_ONE, words=words)
        case Yours(draft=(_, words)):
            return whisper(YOU_SAID_ONE, words=words)
    return whisper(YOU_SAID_NOTHING)


def kept(evening: Evening, who: Person, scene: Scene, *, shared: bool) -> list[Answer]:
    """What is worth keeping of one's evening."""
    yours = evening.yours[who]
    given = {"feeling": yours.feeling, "need": yours.need, "heard": yours.heard if shared else None}
    things = [Kept(question, who, words, shared=shared) for question, words in given.items() if words]
    promised = [follow_through.for_tomorrow(who, yours.action, scene, shared=shared)] if yours.action else []
    return [*things, *promised]


def picker(question: str, words: Iterable[str]) -> list[Button]:
    return [Button(word, question, word) for word in words]


def families(table: Mapping[str, tuple[str, ...]]) -> list[Button]:
    return [Button(family, "family", family) for family in table]


def flat(table: Mapping[str, tuple[str, ...]]) -> list[str]:
    return [word for family in table.values() for word in family]


MODE = Preference(
    "mode",
    str,
    "together",
    label="Answers show",
    asks="When do your answers show?",
    options=(Option("Once both have answered", "together"), Option("Each as it comes", "open")),
)
LESS = Preference(
    "less",
    bool,
    default=False,
    label="How much I say",
    asks="How much shall I say on an evening that stays quiet?",
    options=(Option("The usual", value=False), Option("Less, please", value=True)),
)
OFFERS = Preference(
    "offers",
    bool,
    default=True,
    label="Gentler wording",
    asks="When a line begins as a reproach, shall I offer its writer another form, privately?",
    options=(Option("Yes, offer it", value=True), Option("No, never", value=False)),
)

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
