"""The cards of an evening: tonight's, which stands in the room, and each one's own, in the private chat.

Pure. The card in the room never changes in a way that shows who did what; its picker is flat, so that one tap
is an answer. A private card asks for what is missing, in two steps, a family and the finer word. After the
reveal the room's card holds what both have named, and a closing one below it what stays of the evening.
"""

from dataclasses import replace

from bot.evening import LESS, Evening, Yours, acts_for
from bot.feelings import FEELINGS, NEEDS, families, flat, picker
from bot.hours import TOO_SHORT, is_quiet
from bot.ritual import (
    Button,
    Draw,
    Line,
    Person,
    Say,
    Scene,
    Value,
    Whisper,
    Words,
    line,
    redraw,
    say,
    whisper,
)
from bot.wording import is_sentence

# -- What they read ---------------------------------------------------------------

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
FOR_THE_NEED = (
    "One thing for tomorrow?\n{other} needs {need}. What will you do for that? Best as: When ..., I will ..."
)
TAKEN_ACTION = "Kept: {words}\nIt stands in the room when this closes. Next time I ask you alone how it went."

YOU_SAID = "Yours tonight: {feeling}, needing {need}."
YOU_SAID_ALL = "Yours tonight: {feeling}, needing {need}. For tomorrow: {action}"
YOU_SAID_ONE = "Yours tonight: {words}. The other half can follow."
YOU_SAID_NOTHING = "Nothing yet tonight, and that is fine."

TONIGHT = "Tonight's check-in."
REVEAL = "You have both spoken."
INVITED = (
    "Reply here: what did you hear? "
    "And one thing you will do tomorrow for the other's need: When ..., I will ..."
)
NAMED = "{who}: {feeling}, needing {need}."
NAMED_IN_SENTENCES = "{who}: {feeling} · {need}"
FEELS = "{who}: {feeling}."
NEEDS_IT = "{who}: needing {need}."
HEARD = "{who} heard: {words}"
WILL = "{who}, for {other}: {action}"
CLOSED = "That was tonight's check-in. Thank you both, and good night."
CLOSED_LATE = "This check-in has closed, as it stands."
CLOSED_KINDLY = "The check-in is closed for tonight. Until next time."

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

# -- In the room, while each names theirs -----------------------------------------


def tonight(draw: Draw, evening: Evening, scene: Scene, text: str = "") -> Say:
    """Return the card of the room: it never changes in a way that shows who did what."""
    buttons = (
        *picker("feeling", flat(FEELINGS)),
        *picker("need", flat(NEEDS)),
        OWN_WORDS,
        WHAT_I_SAID,
        NOT_TONIGHT,
        PAUSE,
        *left_open(scene),
    )
    text = text or (OPENS if evening.together else OPENS_IN_OPEN)
    shown = [spoken for who in scene.both for spoken in in_the_open(evening, who)]
    card = draw(text, *buttons, card="tonight", asks="answer", below=shown, closes=evening.closes)
    return replace(card, alone=True)


def left_open(scene: Scene) -> list[Button]:
    """Return the way back to a pause that nobody came back from, and to a talk that was stopped."""
    ways_back = {"open pause": PAUSE_OPEN, "open talk": TALK_OPEN}
    still_open = {thing.kind: thing for thing in scene.kept if thing.kind in ways_back and not thing.outcome}
    return [ways_back[kind].about(thing) for kind, thing in still_open.items()]


def said_tonight(yours: Yours) -> Whisper:
    """Return one's own answer, for its giver alone."""
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


# -- In the private chat ----------------------------------------------------------


def your_card(draw: Draw, evening: Evening, who: Person) -> Say:
    """Return the private card of one: it asks for what is missing."""
    theirs = evening.yours[who]
    if theirs.draft:
        asked, words = theirs.draft
        return draw(SOFTER, KEEP_WORDS, SAY_IT_ANEW, to=who, card="yours", asks=asked, words=words)
    if not theirs.feeling:
        return ask_feeling(draw, who)
    if not theirs.need:
        return ask_need(draw, who, theirs.feeling)
    in_open = YOURS_IN_PART if theirs.alone else YOURS_IN_OPEN
    text = YOURS if evening.together else in_open
    again = ANOTHER_FEELING, ANOTHER_NEED, NOT_TONIGHT
    return draw(text, *again, to=who, card="yours", asks="answer", feeling=theirs.feeling, need=theirs.need)


def turned(evening: Evening, who: Person, tap: str, item: str) -> Say | None:
    """Return the private card as a tap on it turns it; an old answer stays until another is there."""
    theirs = evening.yours[who]
    match tap:
        case OWN_WORDS.tap:
            return replace(your_card(say, evening, who), waits=True)
        case "family" if item in FEELINGS:
            finer = *picker("feeling", FEELINGS[item]), BACK_TO_FEELINGS
            return redraw(FINER, *finer, to=who, card="yours", asks="feeling")
        case "family":
            finer = *picker("need", NEEDS[item]), BACK_TO_NEEDS
            return redraw(FINER, *finer, to=who, card="yours", asks="need")
        case ANOTHER_FEELING.tap:
            return ask_feeling(redraw, who)
        case ANOTHER_NEED.tap if theirs.feeling:
            return ask_need(redraw, who, theirs.feeling)
        case SAY_IT_ANEW.tap if theirs.draft:
            return redraw(SAY_ANEW, KEEP_WORDS, to=who, card="yours", asks=theirs.draft[0])
    return None


def ask_feeling(draw: Draw, who: Person, text: str = YOUR_FEELING, **values: Value) -> Say:
    """Ask for a feeling, by its family."""
    return draw(text, *families(FEELINGS), NOT_TONIGHT, to=who, card="yours", asks="feeling", **values)


def ask_need(draw: Draw, who: Person, feeling: Words) -> Say:
    """Ask for a need, by its family."""
    return draw(YOUR_NEED, *families(NEEDS), NOT_TONIGHT, to=who, card="yours", asks="need", feeling=feeling)


def ask_action(draw: Draw, evening: Evening, who: Person, scene: Scene) -> Say:
    """Ask for one thing for the other's need."""
    other = scene.other(who)
    if action := evening.yours[who].action:
        return draw(TAKEN_ACTION, to=who, card="yours", asks="action", words=action)
    need = evening.yours[other].need or Words(other)
    offers = *picker("action", acts_for(other, evening, scene)), NOTHING
    return draw(FOR_THE_NEED, *offers, to=who, card="yours", asks="action", other=other, need=need)


# -- The one reminder -------------------------------------------------------------


def reminders(evening: Evening, scene: Scene) -> list[Say]:
    """Remind once: in the room if nobody has answered, else only in the private chat of the other.

    "Not tonight" is no answer: the reminder looks as if nothing had been tapped. Nobody is reminded in their
    quiet hours: what makes no sound reminds nobody, and is read in the morning.
    """
    if evening.closes - scene.now < TOO_SHORT or scene.prefers[LESS]:
        return []
    awake = [who for who in scene.both if not is_quiet(scene.prefers.of(who), scene.now)]
    if not any(yours.said for yours in evening.yours):
        in_the_room = with_less(tonight(say, evening, scene, REMINDED))
        is_for_any = any(yours.silent for yours in evening.yours)
        return [in_the_room] if is_for_any and len(awake) == len(scene.both) else []
    silent = [who for who in awake if evening.yours[who].silent]
    halves = [who for who in awake if evening.yours[who].half]
    return [
        *(with_less(ask_feeling(say, who, REMINDED_ALONE, closes=evening.closes)) for who in silent),
        *(your_card(say, evening, who) for who in halves),
    ]


def with_less(reminder: Say) -> Say:
    """Return a reminder with the choice of none from now on."""
    return replace(reminder, buttons=(*reminder.buttons, LESS_PLEASE))


# -- In the room, once both have named theirs, and afterwards ---------------------


def reveal(draw: Draw, evening: Evening, scene: Scene, *, invites: bool) -> Say:
    """Return both answers, and the two invitations to each."""
    acts = dict.fromkeys(act for who in scene.both for act in acts_for(who, evening, scene))
    buttons = (*picker("action", acts), SOMETHING_ELSE, NOTHING, PAUSE) if invites else ()
    lines = [spoken for who in scene.both for spoken in named(evening.yours[who])]
    invitation = [line(INVITED)] if invites else []
    text = REVEAL if evening.named else TONIGHT
    card = draw(text, *buttons, card="tonight", asks="back", below=[*lines, *invitation])
    return replace(card, again=True)  # two who opened up and saw nothing: a loss is harm, a repeat is not


def closing(draw: Draw, evening: Evening, scene: Scene) -> Say:
    """Return what stays of the evening: what each heard, and what each will do."""
    acts = [
        line(WILL, who=who, other=scene.other(who), action=action)
        for who in scene.both
        if (action := evening.yours[who].action)
    ]
    heard = [line(HEARD, who=who, words=words) for who in scene.both if (words := evening.yours[who].heard)]
    text = CLOSED if evening.named and not evening.past else closed_text(evening)
    return replace(draw(text, card="closing", asks="back", below=[*heard, *acts], softly=True), again=True)


def unanswered(
    draw: Draw, text: str, evening: Evening, scene: Scene, by: frozenset[Person] = frozenset()
) -> Say:
    """Return what stays of an evening that not both answered: what was in the open, and what is shared."""
    lines = [
        spoken
        for who in scene.both
        for spoken in (named(evening.yours[who]) if who in by else in_the_open(evening, who))
    ]
    share = [] if len(by) == len(scene.both) else [SHARE_MINE]
    return draw(text, *share, card="tonight", below=lines, softly=True)


def closed_text(evening: Evening) -> str:
    """Return how an evening ends that not both have answered."""
    return CLOSED_LATE if evening.past else CLOSED_KINDLY


# -- What one has named -----------------------------------------------------------


def in_the_open(evening: Evening, who: Person) -> list[Line]:
    """Return what both see as it comes: nothing in mode "together", and nothing that was told alone."""
    theirs = evening.yours[who]
    hidden: dict[str, None] = dict.fromkeys(theirs.alone)
    return [] if evening.together else named(evening.giving(who, **hidden).yours[who])


def named(theirs: Yours) -> list[Line]:
    """Return what one has named, as the room reads it."""
    match theirs:
        case Yours(feeling=Words(by=who) as feeling, need=Words() as need) if is_sentence(need):
            return [line(NAMED_IN_SENTENCES, who=who, feeling=feeling, need=need)]
        case Yours(feeling=Words(by=who) as feeling, need=Words() as need):
            return [line(NAMED, who=who, feeling=feeling, need=need)]
        case Yours(feeling=Words(by=who) as feeling):
            return [line(FEELS, who=who, feeling=feeling)]
        case Yours(need=Words(by=who) as need):
            return [line(NEEDS_IT, who=who, need=need)]
    return []
