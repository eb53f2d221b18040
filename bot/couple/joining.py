"""Joining: two people say that they are two, and set their evening. /settings is the same card, later.

Each joins with a tap of their own. Whoever taps second has seen the first one's name and so agrees to it; the
first one agrees with "That's us". Nothing begins before that, and nothing is asked that has a good answer
already. Why it works this way: docs/rituals/joining.md
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from bot.couple import places
from bot.hours import QUIET, ZONE, evening_hour
from bot.ritual import (
    Answer,
    Began,
    Button,
    Entered,
    Event,
    Line,
    Person,
    Prefer,
    Preference,
    Preferences,
    Ritual,
    Say,
    Scene,
    Seat,
    Tapped,
    TimeCame,
    Value,
    Words,
    Wrote,
    line,
    redraw,
    say,
    whisper,
)
from bot.rituals import RITUALS
from bot.wording import LANGUAGE

WAITS, STAYS = timedelta(days=30), timedelta(days=1)  # for the two to join; for a card of settings
SIDE_BY_SIDE = 2  # so many options stand on the first card itself

# -- What they read -----------------------------------------------------------

WELCOME = (
    "I'm {me}. In the evening I ask you two for one feeling, one need, and one small thing for tomorrow.\n"
    "I see commands, taps and replies to me, never your other messages.\n"
    "It begins when you have both tapped."
)
FIRST_IN = "{first} is in. And the other one of you two?"
ALREADY_IN = "You are in. Now the other one."
ARE_YOU_TWO = "{first} and {second}: is that the two of you?"
BOTH_IN = "{first} and {second}: the two of you."
NOTED = "Noted. Once {first} taps too, it begins."
HAS_ITS_TWO = "This room has its two already."
BEEN_HERE = "{first} and {second}, I know you two. Shall it go on as it was, with what you kept?"
GOES_ON = (
    "It goes on as it was, {first} and {second}. What was open here has ended; "
    "/settings shows how you two have it."
)
AGAIN_THEN = "All right. Who are the two of you? It begins when both have tapped."

SETUP = (
    "{every}, at {hour}, by the clock of {zone}. It shows {clock} there.\n"
    "Another clock? Tap it, or reply with your city. An hour of your own works as a reply, too."
)
SETTINGS = "This is how you two have it."
ITEM = "{what}: {value}"
OTHER_CLOCK = "{clock} {zone}"
WHICH_CLOCK = "Several places are called so. Which one is it?"
NO_SUCH_PLACE = "I do not know that place. Reply with a larger city near you, or tap a clock."
YOUR_OWN_CLOCK = (
    "Which clock is yours? Each taps or replies for oneself. The hour stays by the clock of {zone}."
)
FOR_YOU_TWO = "What you choose here is for you both. In our private chat each chooses for oneself."
FOR_YOU_ALONE = "What you choose here is for you alone."
YOURS_SHOWS = "Kept. Yours is the clock of {zone}."
ALL_SET = (
    "Kept. Your first evening is {first:day}, at {first:hour}.\n"
    "One thing for each of you: open our private chat, for words that nobody else sees."
)
CHANGED = "{who} has changed this for you two. {what}: {value}."
ENOUGH = "Kept. /settings opens it again."
ELSEWHERE = "The settings are open in another place now."

IM_IN = Button("I'm in", "in")
THATS_US, NOT_US = Button("That's us", "us"), Button("Not us", "not us")
GO_ON, BEGIN_ANEW = Button("Go on", "go on"), Button("Begin anew", "begin anew")
LOOKS_RIGHT, ENOUGH_NOW = Button("Looks right", "right"), Button("Close", "enough")
LIVING_APART, BACK = Button("We live apart", "apart"), Button("Back", "back")
OPEN_LANE = Button("Open our private chat", leads="lane")

# -- Where joining can be -----------------------------------------------------


@dataclass(frozen=True)
class Gathering:
    """Nobody, or one, has tapped."""

    wake_at: datetime
    first: Person | None = None
    welcomes: bool = True


@dataclass(frozen=True)
class Confirming:
    """Two have tapped, and see each other's names."""

    wake_at: datetime
    first: Person
    second: Person
    welcomes: bool = True


@dataclass(frozen=True)
class Returning:
    """The two were a couple with Tend before, and may go on with it."""

    wake_at: datetime
    first: Person
    second: Person
    welcomes: bool = True


@dataclass(frozen=True)
class Setting:
    """The card of settings is open, at one of its pages."""

    wake_at: datetime
    to: Person | None  # whose lane it is in, or the room
    page: str = ""  # a preference, "apart", or the first page
    found: tuple[ZoneInfo, ...] = ()  # places to choose among


State = Gathering | Confirming | Returning | Setting
Turn = tuple[State | None, list[Answer]]

# Whoever does not get this card cannot begin: a loss is harm, a second one is none.
welcome = partial(say, card="welcome", again=True)

# -- What happens -------------------------------------------------------------


def step(state: State | None, event: Event, scene: Scene) -> Turn:
    """Hear one event of joining, or of /settings."""
    match state, event:
        case None, Entered():
            return Gathering(scene.now + WAITS), [welcome(WELCOME, IM_IN)]

        # Called in again: the same card comes anew, and nobody's tap is forgotten.
        case Gathering(first=None), Entered():
            return state, [welcome(WELCOME, IM_IN)]

        case Gathering(first=Person() as first), Entered():
            return state, [welcome(FIRST_IN, IM_IN, first=first)]

        case Confirming(first=first, second=second), Entered():
            return state, [welcome(ARE_YOU_TWO, THATS_US, NOT_US, first=first, second=second)]

        case Gathering(first=None), Tapped(who, IM_IN.tap):
            return replace(state, first=who), [redraw(FIRST_IN, IM_IN, card="welcome", first=who)]

        case Gathering(first=Person() as first), Tapped(who, IM_IN.tap):
            if who == first:
                return state, [whisper(ALREADY_IN)]
            card = redraw(ARE_YOU_TWO, THATS_US, NOT_US, card="welcome", first=first, second=who)
            return Confirming(scene.now + WAITS, first, who), [card]

        case Confirming(first=first, second=second), Tapped(who) if who not in {first, second}:
            return state, [whisper(HAS_ITS_TWO)]

        case Confirming(), Tapped(_, NOT_US.tap):
            return Gathering(scene.now + WAITS), [redraw(AGAIN_THEN, IM_IN, card="welcome")]

        case Confirming(first=first, second=second), Tapped(who, THATS_US.tap):
            if who != first:
                return state, [whisper(NOTED, first=first)]
            if scene.before == {first, second}:
                card = redraw(BEEN_HERE, GO_ON, BEGIN_ANEW, card="welcome", first=first, second=second)
                return Returning(scene.now + WAITS, first, second), [card]
            return seated((first, second), scene)

        # They have been here before, and say whether it goes on.
        case Returning(first=first, second=second), Entered():
            card = welcome(BEEN_HERE, GO_ON, BEGIN_ANEW, first=first, second=second)
            return state, [card]

        case Returning(first=first, second=second), Tapped(who) if who not in {first, second}:
            return state, [whisper(HAS_ITS_TWO)]

        case Returning(first=first, second=second), Tapped(_, GO_ON.tap):
            both = redraw(BOTH_IN, card="welcome", first=first, second=second)
            told = say(GOES_ON, OPEN_LANE, first=first, second=second)
            return None, [Seat((first, second), again=True), both, told]

        case Returning(first=first, second=second), Tapped(_, BEGIN_ANEW.tap):
            return seated((first, second), scene)

        # A choice by its name, typed behind the command or on the button of another card.
        case None | Setting(), Began(who, words, private=private) if begun(scene) and (
            choice := by_label(words)
        ):
            wish, value = choice
            here = state or Setting(scene.now, who if private else None)
            after, answers = chosen(here, who, wish, value, scene, alone=private)
            if state:
                return after, answers
            news = [each for each in answers if not (isinstance(each, Say) and each.quiet)]
            return None, news if any(isinstance(each, Say) for each in news) else [
                *news,
                say(ENOUGH, to=here.to),
            ]

        # The card of settings; its answers are taken by tap or by reply.
        case None | Setting(), Began(who, private=private):
            here = Setting(scene.now + (STAYS if begun(scene) else WAITS), who if private else None)
            elsewhere = (
                [redraw(ELSEWHERE, to=state.to, card="settings")] if state and state.to != here.to else []
            )
            return here, [*elsewhere, card_of(say, here, scene.prefers, scene)]

        case Setting(), Tapped(_, LOOKS_RIGHT.tap):
            return accepted(scene)

        case Setting(), Tapped(_, ENOUGH_NOW.tap):
            return None, [redraw(ENOUGH, to=state.to, card="settings")]

        case Setting(), Tapped(_, BACK.tap):
            return turned(state, "", scene)

        case Setting(), Tapped(_, LIVING_APART.tap):
            return turned(state, "apart", scene)

        case Setting(), Tapped(_, "page", name):
            return turned(state, name, scene)

        case Setting(), Tapped(who, "clock", key):
            return clock_chosen(state, who, ZoneInfo(key), scene)

        case Setting(), Tapped(who, "choose", item):
            name, _, place = item.rpartition(" ")
            wish = ASKED[name]
            return chosen(state, who, wish, wish.options[int(place)].value, scene, alone=bool(state.to))

        case Setting(), Wrote(who, _, words):
            return typed(state, who, words, scene)

        case _, TimeCame():
            return None, []

    return state, []


def typed(state: Setting, who: Person, words: Words, scene: Scene) -> Turn:
    """Take a reply: an hour where one is asked for or it reads as one, else a city."""
    for wish in ASKED.values():
        asked = state.page == wish.name or (wish.at_start and not state.page)
        if wish.reads and asked and (value := wish.reads(words.text)) is not None:
            return chosen(state, who, wish, value, scene, alone=bool(state.to))
    if (page := ASKED.get(state.page)) and page.misread:
        return state, [card_of(say, state, scene.prefers, scene, page.misread)]
    found = places.find(words.text)
    if len(found) == 1:
        return clock_chosen(state, who, found[0], scene)
    here = replace(state, found=found)
    return here, [card_of(say, here, scene.prefers, scene, WHICH_CLOCK if found else NO_SUCH_PLACE)]


def clock_chosen(state: Setting, who: Person, zone: ZoneInfo, scene: Scene) -> Turn:
    """Take a clock: the couple's, or on the page for two who live apart one's own."""
    if state.page == "apart":
        here, prefers = replace(state, found=()), scene.prefers.put(ZONE, zone, who)
        card = card_of(redraw, here, prefers, scene)
        return here, [Prefer(ZONE, zone, who), whisper(YOURS_SHOWS, zone=zone), card]
    return chosen(replace(state, found=()), who, ZONE, zone, scene, alone=bool(state.to))


def chosen(
    state: Setting, who: Person, wish: Preference[Any], value: object, scene: Scene, *, alone: bool
) -> Turn:
    """Take a choice and whatever follows from it; what is in use already changes with a word to the room.

    Chosen `alone`, in the private chat, it is one's own where it may be.
    """
    if wish.own and alone:
        here, prefers = replace(state, page="", found=()), scene.prefers.put(wish, value, who)
        return here, [Prefer(wish, value, who), card_of(redraw, here, prefers, scene)]
    prefers = scene.prefers.put(wish, value)
    settled = [
        Prefer(other, other.settles(prefers, scene.now))
        for other in PREFERENCES
        if other.settles and wish.name in other.follows and begun(scene) and scene.prefers[wish] != value
    ]
    here = replace(state, page="", found=())
    news = begun(scene) and scene.prefers[wish] != value
    told = [say(CHANGED, who=who, what=Line(wish.label), value=shown(wish, prefers))] if news else []
    return here, [Prefer(wish, value), *settled, card_of(redraw, here, prefers, scene), *told]


def accepted(scene: Scene) -> Turn:
    """Begin: work out what nobody types, and say when it comes first."""
    settled = [Prefer(wish, wish.settles(scene.prefers, scene.now)) for wish in PREFERENCES if wish.settles]
    prefers = scene.prefers
    for wish in settled:
        prefers = prefers.put(wish.preference, wish.value)
    first = evening_hour(prefers, scene.now)
    return None, [*settled, say(ALL_SET, OPEN_LANE, first=first or scene.now)]


# -- Helpers ------------------------------------------------------------------


def seated(two: tuple[Person, Person], scene: Scene) -> Turn:
    """Let the two be the couple of this room, and show them the card of their evening."""
    first, second = two
    here, prefers = Setting(scene.now + WAITS, None), scene.prefers.put(ZONE, scene.home)
    both = redraw(BOTH_IN, card="welcome", first=first, second=second)
    card = card_of(say, here, prefers, scene)
    return here, [Seat(two), Prefer(ZONE, scene.home), both, replace(card, again=True)]


def by_label(words: Words) -> tuple[Preference[Any], Any] | None:
    """Return the choice whose label somebody gave, or None."""
    said = words.text.strip().casefold()
    labels = {
        option.label.casefold(): (wish, option.value) for wish in ASKED.values() for option in wish.options
    }
    return labels.get(said) if said else None


def begun(scene: Scene) -> bool:
    """Whether the two have accepted their evening, so that something calls them."""
    return any(ritual.calls(scene.prefers, scene.now) for ritual in RITUALS)


def turned(state: Setting, page: str, scene: Scene) -> Turn:
    here = replace(state, page=page, found=())
    return here, [card_of(redraw, here, scene.prefers, scene)]


def card_of(
    draw: Callable[..., Say], here: Setting, prefers: Preferences, scene: Scene, told: str = ""
) -> Say:
    """The one card, at its page."""
    at = {"to": here.to, "card": "settings", "asks": "setting"}
    clocks = clock_buttons(
        here.found or places.likely((prefers[LANGUAGE],), prefers[ZONE], scene.now), scene.now
    )
    if here.page == "apart":
        own = own_clocks(prefers, scene)
        return draw(told or YOUR_OWN_CLOCK, *clocks, BACK, **at, below=own, zone=prefers[ZONE])
    if wish := ASKED.get(here.page):
        options = clocks if wish is ZONE else option_buttons(wish)
        whose = [line(FOR_YOU_ALONE if here.to else FOR_YOU_TWO)] if wish.own else []
        return draw(told or wish.asks, *options, BACK, **at, below=whose)
    if begun(scene):
        theirs = prefers.of(here.to) if here.to else prefers
        items = [line(ITEM, what=Line(wish.label), value=shown(wish, theirs)) for wish in ASKED.values()]
        pages = [Button(wish.label, "page", wish.name) for wish in ASKED.values()]
        apart = own_clocks(prefers, scene) if len({prefers.of(who)[ZONE] for who in scene.both}) > 1 else []
        menu = draw(told or SETTINGS, *pages, LIVING_APART, ENOUGH_NOW, **at, below=[*items, *apart])
        return replace(menu, by_reply=True)
    values = {wish.name: shown(wish, prefers) for wish in ASKED.values() if wish.at_start}
    clock = scene.now.astimezone(prefers[ZONE]).time()
    return draw(
        told or SETUP,
        *clocks,
        *first_choices(prefers),
        LIVING_APART,
        LOOKS_RIGHT,
        **at,
        **values,
        clock=clock,
    )


def own_clocks(prefers: Preferences, scene: Scene) -> list[Line]:
    return [line(ITEM, what=who, value=prefers.of(who)[ZONE]) for who in scene.both]


def first_choices(prefers: Preferences) -> list[Button]:
    """What stands on the first card: the other options where they are few, else the way to their page."""
    buttons: list[Button] = []
    for wish in ASKED.values():
        if not wish.at_start or wish is ZONE:
            continue
        if len(wish.options) > SIDE_BY_SIDE:
            buttons.append(Button(wish.label, "page", wish.name))
        else:
            buttons.extend(option_buttons(wish, without=prefers[wish]))
    return buttons


def option_buttons(wish: Preference[Any], without: object = None) -> list[Button]:
    return [
        Button(option.label, "choose", f"{wish.name} {place}")
        for place, option in enumerate(wish.options)
        if without is None or option.value != without
    ]


def clock_buttons(zones: Iterable[ZoneInfo], now: datetime) -> list[Button]:
    return [
        Button(line(OTHER_CLOCK, clock=now.astimezone(zone).time(), zone=zone), "clock", str(zone))
        for zone in zones
    ]


def shown(wish: Preference[Any], prefers: Preferences) -> Value:
    """How a chosen value reads: as the preference shows it, by the label of its option, or as itself."""
    value: Value = prefers[wish]
    if wish.shows:
        return wish.shows(value)
    label = next((option.label for option in wish.options if option.value == value), "")
    return Line(label) if label else value


PREFERENCES: tuple[Preference[Any], ...] = (
    ZONE,
    LANGUAGE,
    QUIET,
    *(wish for ritual in RITUALS for wish in ritual.preferences),
)
ASKED = {wish.name: wish for wish in PREFERENCES if wish.label and (wish.reads or len(wish.options) != 1)}

JOINING = Ritual(
    "joining",
    "settings",
    "Your evening, and how you like it",
    step,
    enters=True,
    fleeting=True,
    also=("language", "ajustes"),
)
