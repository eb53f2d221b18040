"""Plan: what the two have agreed on for hard moments, in four short parts.

Made on a calm day in the room, where either may word a part and both read all of it; what helps each is each
one's own. A pause has a button that shows it, to one alone and to read only. Why it works this way:
docs/rituals/plan.md
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

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

STAYS_OPEN = timedelta(days=1)  # for another word, and for taps
PARTS = ("signs", "away", "call", "helps")  # in the order in which they are asked; the last is each one's own
OWN = "helps"

# -- What they read -----------------------------------------------------------

BEGINS = (
    "Your plan for hard moments, in four small steps. You both read all of it, and either of you replies."
)
ASK_SIGNS = "How do you two notice that it is getting hard? A word, a tone, a look."
ASK_AWAY = "How do you two step away from it for a while, and where to? One answer holds for both."
ASK_CALL = "Whom can you two call when it is too much?"
ASK_HELPS = "What helps you in such a moment? Each of you replies for yourself."
THE_PLAN = "Your plan for hard moments."
NOTHING_YET = "Nothing stands in it yet."
SIGNS_ARE = "It is getting hard when: {words}"
AWAY_IS = "To step away: {words}"
CALL_IS = "To call: {words}"
HELPS_IS = "What helps {who}: {words}"
INSTEAD_OF = "It stands in place of {who}'s words: {words}"
NO_PLAN = (
    "There is no plan yet, and nothing to do about that now. On a calm day, /plan in your room begins one."
)
RESTS = "It rests here. /plan goes on with it."
TAKEN_OUT = "Taken out. The rest stays as it is."
NOTHING_OF_YOURS = "Nothing of yours stands there."
NOTED = "Noted. When you both say so, the plan goes."
LET_GO = "The plan is let go, with all that stood in it. /plan begins a new one."

SKIP, ENOUGH = Button("Skip this one", "skip"), Button("Enough for now", "enough")
SIGNS, AWAY = Button("Signs", "part", "signs"), Button("Stepping away", "part", "away")
CALL, HELPS = Button("Whom to call", "part", "call"), Button("What helps me", "part", "helps")
TAKE_OUT, LET_IT_GO = Button("Take mine out", "take out"), Button("Let the plan go", "let go")

QUESTIONS = dict(zip(PARTS, (ASK_SIGNS, ASK_AWAY, ASK_CALL, ASK_HELPS), strict=True))
ANSWERS = dict(zip(PARTS, (SIGNS_ARE, AWAY_IS, CALL_IS, HELPS_IS), strict=True))

# -- Where a plan can be ------------------------------------------------------


@dataclass(frozen=True)
class Making:
    """It is asked for part by part; a part that was asked about before may still be worded anew."""

    part: str
    wake_at: datetime


@dataclass(frozen=True)
class Standing:
    """It stands in the room, to be changed part by part, or to be let go by both."""

    wake_at: datetime
    letting: frozenset[Person] = frozenset()


State = Making | Standing
Turn = tuple[State | None, list[Answer]]

# -- What happens -------------------------------------------------------------


def step(state: State | None, event: Event, scene: Scene) -> Turn:
    """Hear one event of a plan."""
    match state, event:
        case _, Began(who, private=True):
            return state, [alone(who, scene)]

        case None | Standing(), Began():
            return shown(scene) if answers(scene) else asked(PARTS[0], scene)

        case Making(part=part), Began():
            return asked(part, scene)

        # Made, one part after the other.
        case Making(part=part), Wrote(who, worded, words):
            thing, known = wording(worded, who, words, scene)
            before = replaced(worded, who, scene)
            if is_whole(part, known):
                after, said = next_after(part, known)
                return after, [thing, question(redraw, worded, known, before=before), *said]
            still = offers(part) if worded == part else ()
            return state, [thing, question(redraw, worded, known, *still, before=before)]

        case Making(part=part), Tapped(_, SKIP.tap, item) if item == part:
            after, said = next_after(part, scene)
            return after, [question(redraw, part, scene), *said]

        case Making(part=part), Tapped(_, ENOUGH.tap) if answers(scene):
            after, said = shown(scene)
            return after, [question(redraw, part, scene), *said]

        case Making(part=part), Tapped(_, ENOUGH.tap) | TimeCame():
            return None, [redraw(RESTS, card=part)]

        # Changed, part by part. What helps one is that one's own, to word and to take out.
        case Standing(), Tapped(_, "part", part):
            return state, [question(say, part, scene, *([TAKE_OUT] if part == OWN else []))]

        case Standing(), Wrote(who, worded, words):
            thing, known = wording(worded, who, words, scene)
            card = question(redraw, worded, known, before=replaced(worded, who, scene))
            return state, [thing, card, whole(redraw, known)]

        case Standing(), Tapped(who, TAKE_OUT.tap) if mine := find(OWN, who, scene):
            thing = replace(mine, words=None, outcome="taken out")
            known = knowing(thing, scene)
            return state, [thing, whisper(TAKEN_OUT), question(redraw, OWN, known), whole(redraw, known)]

        case Standing(), Tapped(_, TAKE_OUT.tap):
            return state, [whisper(NOTHING_OF_YOURS)]

        # Let go, by both: what both have made is not for one to take away.
        case Standing(letting=letting), Tapped(who, LET_IT_GO.tap) if scene.other(who) in letting:
            things = [replace(thing, words=None, outcome="let go") for thing in standing(scene)]
            return None, [*things, redraw(LET_GO, card="plan")]

        case Standing(letting=letting), Tapped(who, LET_IT_GO.tap):
            return replace(state, letting=letting | {who}), [whisper(NOTED)]

        case Standing(), TimeCame():
            return None, []

    return state, []


def asked(part: str, scene: Scene) -> Turn:
    """Ask for a part."""
    card = question(say, part, scene, *offers(part), begins=part == PARTS[0])
    return Making(part, scene.now + STAYS_OPEN), [card]


def next_after(part: str, scene: Scene) -> Turn:
    """Ask for the next part; after the last one, show the whole plan."""
    rest = PARTS[PARTS.index(part) + 1 :]
    return asked(rest[0], scene) if rest else shown(scene)


def shown(scene: Scene) -> Turn:
    """Show the whole plan, to be changed."""
    return Standing(scene.now + STAYS_OPEN), [whole(say, scene)]


def wording(part: str, who: Person, words: Words, scene: Scene) -> tuple[Kept, Scene]:
    """Word a part, and return it with the scene that knows it."""
    old = find(part, who, scene)
    thing = replace(old, words=words) if old else Kept(kind_of(part), who if part == OWN else None, words)
    return thing, knowing(thing, scene)


def replaced(part: str, who: Person, scene: Scene) -> list[Line]:
    """Return what stood there in the other's words: whoever words it anew takes nothing away unsaid."""
    old = find(part, who, scene)
    if old is None or not old.words or old.words.by == who:
        return []
    return [line(INSTEAD_OF, who=old.words.by, words=old.words)]


# -- Helpers ------------------------------------------------------------------


def question(
    draw: Draw, part: str, scene: Scene, *buttons: Button, before: Sequence[Line] = (), begins: bool = False
) -> Say:
    """The card of one part: what is asked, how it is answered so far, and what stood there before."""
    so_far = [*(answer for each, answer in answers(scene) if each == part), *before]
    first, below = (BEGINS, [line(QUESTIONS[part]), *so_far]) if begins else (QUESTIONS[part], so_far)
    return draw(first, *buttons, card=part, asks=part, below=below)


def offers(part: str) -> tuple[Button, ...]:
    return (ENOUGH,) if part == PARTS[-1] else (replace(SKIP, item=part), ENOUGH)


def whole(draw: Draw, scene: Scene) -> Say:
    below = [answer for _, answer in answers(scene)] or [line(NOTHING_YET)]
    return draw(THE_PLAN, SIGNS, AWAY, CALL, HELPS, LET_IT_GO, card="plan", below=below)


def alone(who: Person, scene: Scene) -> Say:
    """The plan as one reads it alone, with nothing to do about it."""
    below = [answer for _, answer in answers(scene)]
    return say(THE_PLAN, to=who, below=below) if below else say(NO_PLAN, to=who)


def answers(scene: Scene) -> list[tuple[str, Line]]:
    """What stands in the plan, part by part; only what helps each is said by name."""
    return [
        (part, answer(part, thing.words, thing.by))
        for part in PARTS
        for thing in standing(scene)
        if thing.kind == kind_of(part) and thing.words
    ]


def answer(part: str, words: Words, who: Person | None) -> Line:
    return line(ANSWERS[part], words=words, who=who) if who else line(ANSWERS[part], words=words)


def is_whole(part: str, scene: Scene) -> bool:
    """Whether a part needs nobody's word any more: what helps each takes both."""
    said = [each for each, _ in answers(scene) if each == part]
    return len(said) == (len(scene.both) if part == OWN else 1)


def standing(scene: Scene) -> list[Kept]:
    return [thing for thing in scene.kept if not thing.outcome]


def find(part: str, who: Person, scene: Scene) -> Kept | None:
    """Return how a part is worded by now; of what helps each, how this one did."""
    by = who if part == OWN else None
    return next((thing for thing in standing(scene) if (thing.kind, thing.by) == (kind_of(part), by)), None)


def knowing(thing: Kept, scene: Scene) -> Scene:
    """Return the scene with one part as it is from now on."""
    others = tuple(old for old in scene.kept if (old.kind, old.by) != (thing.kind, thing.by))
    return replace(scene, kept=(*others, thing))


def kind_of(part: str) -> str:
    return f"plan {part}"


PLAN = Ritual(
    "plan",
    "plan",
    "Your plan for hard moments",
    step,
    reads=tuple(kind_of(part) for part in PARTS),
    steadies=True,
    menu=False,
)
