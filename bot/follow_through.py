"""How a promise is followed up: asked of its doer alone, once, and shown only if the doer says so.

Pure, and the same for every ritual in which somebody says what they will do. The ritual keeps it as "action",
says what this module says, and hands it the taps it does not know. A promise goes from open ("") to "asked",
then to "partly", "not yet" or "let go", where it ends unseen, or to "done". From there its doer may have it
"told", and the other may say that it was "noticed". One that was not asked about in time is "gone".
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from bot.ritual import (
    Answer,
    Button,
    Event,
    Kept,
    Line,
    Person,
    Scene,
    Tapped,
    line,
    redraw,
    say,
    whisper,
)

KIND = "action"
SOONEST = timedelta(hours=6)  # a promise for tomorrow is not asked about on the same evening

# -- What they read -----------------------------------------------------------

HOW_WENT = "A look back, for you alone. Last time you said: {action}\nHow did it go?"
RECALLED = "Kept. Last time you said: {action}\nIn our private chat you can tell me how it went."
DONE_WELL = "Good. Shall I show it in the room, as done?"
SHOWN_LATER = "It will stand beside tonight's answers."
SHOWN_NOW = "It stands in the room now."
BETWEEN_US = "Thank you. It stays between us."
WAS_DONE = "Done, by {who}: {action}"
WAS_NOTICED = "Done, by {who}: {action} {other} noticed, and says thank you."
THANKED = "{who} can read it now."

DONE, PARTLY = Button("Done", "done"), Button("Partly", "partly")
NOT_YET, LET_GO = Button("Not yet", "not yet"), Button("Let it go", "let go")
SHOW_IT, KEEP_IT = Button("Show it", "show"), Button("Keep it to myself", "keep it")
NOTICED = Button("I noticed, thank you", "noticed")

# -- Asking -------------------------------------------------------------------


def ask(who: Person, scene: Scene) -> list[Answer]:
    """Ask the doer about the newest open promise; a private chat that is shut gets it when it opens."""
    ripe = scene.now - SOONEST
    still_open = [
        thing
        for thing in scene.kept
        if is_own(thing, who) and not thing.outcome and thing.at and thing.at <= ripe
    ]
    if not still_open:
        return []
    *older, promise = still_open
    gone = [replace(thing, outcome="gone") for thing in older]
    asked = replace(promise, outcome="asked", due=scene.now)
    choices = [button.about(promise) for button in (DONE, PARTLY, NOT_YET, LET_GO)]
    return [*gone, asked, say(HOW_WENT, *choices, to=who, card="promise", waits=True, action=promise)]


def recall(who: Person, scene: Scene) -> list[Answer]:
    """Where the private chat is shut, recall the promise in the answer to a tap."""
    asked = [] if who in scene.lanes else ask(who, scene)
    promise = next((thing for thing in asked if isinstance(thing, Kept) and thing.outcome == "asked"), None)
    return [*asked, whisper(RECALLED, action=promise)] if promise else []


# -- Hearing ------------------------------------------------------------------


def hear(event: Event, scene: Scene) -> list[Answer]:
    """Take the doer's answer. What is not an answer about a promise of this one's gets nothing."""
    match event:
        case Tapped(who, DONE.tap, item) if promise := own(scene, who, item, "asked"):
            offers = SHOW_IT.about(promise), KEEP_IT.about(promise)
            return [replace(promise, outcome="done"), redraw(DONE_WELL, *offers, to=who, card="promise")]

        case Tapped(who, PARTLY.tap | NOT_YET.tap | LET_GO.tap as how, item) if promise := own(
            scene, who, item, "asked"
        ):
            return [replace(promise, outcome=how), redraw(BETWEEN_US, to=who, card="promise")]

        case Tapped(who, KEEP_IT.tap, item) if own(scene, who, item, "done"):
            return [redraw(BETWEEN_US, to=who, card="promise")]

    return []


def to_show(event: Event, scene: Scene) -> Kept | None:
    """Return the promise that a tap shows to the room: as done, by its doer, or as noticed, by the other."""
    match event:
        case Tapped(who, SHOW_IT.tap, item) if promise := own(scene, who, item, "done"):
            return replace(promise, outcome="told", shared=True)
        case Tapped(who, NOTICED.tap, item) if promise := own(scene, scene.other(who), item, "told"):
            return replace(promise, outcome="noticed")
    return None


def show(promise: Kept, scene: Scene, *, at_once: bool) -> list[Answer]:
    """Keep that a promise is shown, and tell whoever tapped; `at_once`: the room shows it in this step."""
    who = promise.by or scene.both[0]
    if promise.outcome == "noticed":
        return [promise, whisper(THANKED, who=who)]
    return [promise, redraw(SHOWN_NOW if at_once else SHOWN_LATER, to=who, card="promise")]


# -- Showing ------------------------------------------------------------------


def lines(scene: Scene, since: datetime) -> list[Line]:
    """Return what the room reads of promises that were asked about since then and may be shown."""
    texts = {"told": WAS_DONE, "noticed": WAS_NOTICED}
    return [
        line(texts[thing.outcome], who=who, action=thing, other=scene.other(who))
        for thing in asked_since(scene, since)
        if thing.outcome in texts and (who := thing.by)
    ]


def notices(scene: Scene, since: datetime) -> list[Button]:
    """Return a thank-you for each promise that is shown and was not yet noticed."""
    return [NOTICED.about(thing) for thing in asked_since(scene, since) if thing.outcome == "told"]


def asked_since(scene: Scene, since: datetime) -> Iterator[Kept]:
    """Return the promises that were asked about since then."""
    return (thing for thing in scene.kept if thing.kind == KIND and thing.due and thing.due >= since)


def own(scene: Scene, who: Person, item: str, outcome: str) -> Kept | None:
    """Return the promise that a button is about, if it is this one's and stands there."""
    promise = scene.find(item)
    return promise if promise and is_own(promise, who) and promise.outcome == outcome else None


def is_own(thing: Kept, who: Person) -> bool:
    """Whether this is a promise of this one's."""
    return thing.kind == KIND and thing.by == who
