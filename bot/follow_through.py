"""What somebody says they will do, as every ritual keeps it. Pure.

Whoever keeps an "action" of one, with words and a date, has made a promise of it. bot/rituals/promises.py
asks about it on its day, and no other ritual needs to. A promise goes from open ("") to "asked", "partly",
"not yet" or "let go", where it ends unseen, or to "done". From there its doer may have it "told", and the
other may say that it was "noticed"; its date is then the moment at which it was done.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from bot.hours import evening_hour, good_hour
from bot.ritual import Answer, Kept, Person, Scene, Words, whisper

KIND = "action"
SOONEST = timedelta(hours=6)  # what is promised for tomorrow is not asked about on the same evening
LATELY = timedelta(days=1)

RECALLED = "Kept. You said: {action}\nIn our private chat you can tell me how it went."


def for_tomorrow(who: Person, words: Words, scene: Scene, *, shared: bool) -> Kept:
    """Return a small thing for tomorrow: it is asked about once, when the two meet again."""
    soonest = scene.now + SOONEST
    due = evening_hour(scene.prefers, soonest) or good_hour(scene.prefers.of(who), soonest)
    return Kept(KIND, who, words, due, shared=shared, once=True)


def undated(scene: Scene) -> Iterator[Kept]:
    """Return what a release before 0.2 kept without a date, to be asked about now."""
    for thing in scene.kept:
        if thing.kind == KIND and not thing.outcome and thing.due is None:
            yield replace(thing, due=scene.now, once=True)


def recall(who: Person, scene: Scene) -> list[Answer]:
    """Where the private chat is shut, recall in the answer to a tap, once, what was asked there today."""
    asked = [
        thing
        for thing in scene.kept
        if is_own(thing, who)
        and thing.outcome == "asked"
        and thing.due is not None
        and scene.now - thing.due < LATELY
    ]
    if who in scene.lanes or not asked:
        return []
    return [replace(asked[-1], outcome="recalled"), whisper(RECALLED, action=asked[-1])]


# -- Finding them ----------------------------------------------------------------


def open_of(who: Person, scene: Scene) -> list[Kept]:
    """Return the open promises of this one, the nearest date first."""
    theirs = [thing for thing in scene.kept if is_own(thing, who) and thing.due and not thing.outcome]
    return sorted(theirs, key=lambda thing: (thing.due or scene.now, thing.id))


def own(who: Person, item: str, scene: Scene, *outcomes: str) -> Kept | None:
    """Return the promise that a button is about, if it is this one's and stands there, or wherever."""
    promise = scene.find(item)
    stands = promise and is_own(promise, who) and (promise.outcome in outcomes or not outcomes)
    return promise if stands else None


def knowing(promise: Kept, scene: Scene) -> Scene:
    """Return the scene with a promise as it is from now on."""
    return replace(scene, kept=tuple(promise if thing.id == promise.id else thing for thing in scene.kept))


def is_own(thing: Kept, who: Person) -> bool:
    """Whether this is a promise of this one's."""
    return thing.kind == KIND and thing.by == who
