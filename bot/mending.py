"""Mending: how a repair reads, wherever it stands: the card of the room, and what one is asked alone.

Pure. Whose turn it is shows in the card: its buttons and its question are for that one, or for both.
"""

from dataclasses import replace

from bot.amends import Amends, resting
from bot.apology import goes_wrong
from bot.drafting import Draft, ask, nodded
from bot.hours import ZONE
from bot.ritual import Button, Draw, Person, Say, Scene, Words, line, say
from bot.wording import LANGUAGE, accuses

# -- What they read -----------------------------------------------------------

BEGINS = "Something to put right, or something that hurt? You word it alone with me first."
RESTS_HERE = "Something rests here and can be taken up."
TAKE_UP = "Take up: {words}"

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
WARM = "Now something warm and small for you two. Tap one, or reply with your own."
WOULD_LIKE = "{who} would like: {words}"

QUESTIONS = {"hurt": ASK_HURT, "said": ASK_SAID, "missing": ASK_MISSING, "change": ASK_CHANGE}
REPAIR_IT = Button("I want to repair something", "", "said", "repair")
HURT_ME = Button("Something hurt me", "", "hurt", "repair")
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

# -- Opened, and worded alone -------------------------------------------------


def opening(scene: Scene, to: Person | None) -> Say:
    """The card that asks what it is, and offers what rests, by the words both have read."""
    rests = [(head, line(TAKE_UP, words=words)) for head, words in resting(scene)]
    offers = [Button(label, opens="repair").about(head) for head, label in rests]
    below = [line(RESTS_HERE)] if rests else []
    return say(BEGINS, REPAIR_IT, HURT_ME, *offers, to=to, card="repair", below=below)


def worded(draft: Draft, scene: Scene, *, nods: bool = False) -> Say:
    """What its writer is asked, or reads of it by now; after a mere yes, that a tap sends it."""
    question = line(QUESTIONS[draft.part], other=scene.other(draft.by))
    if nods:
        return nodded(draft, question)
    return ask(draft, question, looked_at(draft, scene.prefers.of(draft.by)[LANGUAGE]))


def looked_at(draft: Draft, language: str) -> str:
    """Why it may not reach the other, for its writer alone."""
    if draft.words is None:
        return ""
    if draft.part == "said":
        return goes_wrong(draft.words, language)
    return BEGINS_THERE if accuses(draft.words, language) else ""


# -- The card of the room -----------------------------------------------------


def card(draw: Draw, amends: Amends, scene: Scene) -> Say:
    """The card of the room, where they are."""
    owner, other = amends.owner, scene.other(amends.owner)
    match amends.place:
        case "invited":
            return invitation(draw, amends, owner, other)
        case "hearing":
            return hearing(draw, amends, owner, other)
        case "changing":
            text = CHANGE_ANEW if amends.change else IS_HEARD
            buttons = ALONE.only(owner), AS_IT_IS, REST_IT
            asked = draw(text, *buttons, card="repair", asks=amends.question, who=owner, other=other)
            return asked.asks_only(owner)
        case "dating":
            dates = [date.only(owner) for date in DATES]
            when, words = line(WHEN, who=owner), amends.change or Words(owner)
            dated = draw(
                SAYS, *dates, card="repair", asks=amends.question, below=[when], who=owner, words=words
            )
            return dated.asks_only(owner)
        case _:
            return warmth(draw, amends, scene)


def invitation(draw: Draw, amends: Amends, owner: Person, other: Person) -> Say:
    """What it did, or what is missing; its owner is invited to say it, and the other may say it anew."""
    more = amends.missing is not None
    asked = line(INVITES_MORE, other=owner) if more else line(INVITES, other=owner, who=other)
    text, words = FOR_MORE if more else SAYS, amends.missing or amends.hurt or Words(other)
    buttons, asks = (ALONE.only(owner), REST_IT), amends.question
    return draw(text, *buttons, card="repair", asks=asks, below=[asked], who=other, words=words)


def hearing(draw: Draw, amends: Amends, owner: Person, other: Person) -> Say:
    """What its owner has said; the other feels heard, or says what is missing, if that is not enough yet."""
    more = not amends.is_enough
    theirs = [button.only(other) for button in ((HEARD, MISSING) if more else (HEARD,))]
    asked, words = line(HEARD_SO if more else HEARD_LAST, other=other), amends.said or Words(owner)
    asks = amends.question if more else ""
    return draw(SAYS, *theirs, REST_IT, card="repair", asks=asks, below=[asked], who=owner, words=words)


def warmth(draw: Draw, amends: Amends, scene: Scene) -> Say:
    """What is warm and small: what one proposes, the other may like, and a yes is to that proposal alone."""
    like = amends.together
    liked = [line(WOULD_LIKE, who=like.by, words=like)] if like else []
    yes = [replace(YES, item=str(amends.number or "")).only(scene.other(like.by))] if like else []
    buttons = *yes, *touches(scene), ENOUGH
    return draw(WARM, *buttons, card="repair", asks=amends.question, below=liked)


def touches(scene: Scene) -> tuple[Button, ...]:
    """Return what is offered; to two who live apart, from afar."""
    zones = {scene.prefers.of(person)[ZONE] for person in scene.both}
    return FROM_AFAR if len(zones) > 1 else TOUCHES
