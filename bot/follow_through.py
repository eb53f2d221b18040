"""What somebody says they will do, as every ritual keeps it. Pure.

Whoever keeps an "action" of one, with words and a date, has made a promise of it. bot/rituals/promises.py
asks about it on its day, and no other ritual needs to. A promise goes from open ("") to "asked", "partly",
"not yet" or "let go", where it ends unseen, or to "done". From there its doer may have it "told", and the
other may say that it was "noticed"; its date is then the moment at which it was done.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta

from bot.hours import ZONE, evening_hour, evening_of, fire_at, good_hour, is_quiet, next_time
from bot.ritual import Answer, Kept, Person, Scene, Words, whisper

KIND = "action"
SOONEST = timedelta(hours=6)  # what is promised for tomorrow is not asked about on the same evening
LATELY = timedelta(days=1)
DAWN = time(6)
ASKED = "look back"  # kept of each: when that one was asked last

RECALLED = "Kept. You said: {action}\nIn our private chat you can tell me how it went."


def for_tomorrow(who: Person, words: Words, scene: Scene, *, shared: bool) -> Kept:
    """Return a small thing for tomorrow: it is asked about once, when the two meet again."""
    soonest = scene.now + SOONEST
    due = evening_hour(scene.prefers, soonest) or good_hour(scene.prefers.of(who), soonest)
    return Kept(KIND, who, words, due, shared=shared, once=True)


def undated(scene: Scene) -> Iterator[Kept]:
    """Return what was kept before promises had a date, to be asked about now."""
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


# -- When they are asked about ---------------------------------------------------


def put_off(ripe: list[Kept], who: Person, scene: Scene) -> list[Kept]:
    """Return them with a later moment, where this one is left in peace now; none: it is a good moment.

    On the next day the hour stays the same, so that they come in one message with what is due then.
    """
    theirs, last = scene.prefers.of(who), last_asked(who, scene)
    zone = theirs[ZONE]
    if is_quiet(theirs, scene.now):
        return [replace(thing, due=good_hour(theirs, scene.now)) for thing in ripe]
    if last and last.due and evening_of(last.due, zone) == evening_of(scene.now, zone):
        hours = [(thing.due or scene.now).astimezone(zone).time() for thing in ripe]
        tomorrow = [next_time(hour, zone, scene.now) for hour in hours]
        return [replace(thing, due=due) for thing, due in zip(ripe, tomorrow, strict=True)]
    return []


def in_days(days: int, who: Person, scene: Scene, after: time = DAWN) -> datetime:
    """Return the first good hour of this one's day so many days from now, after a time on their clock."""
    theirs = scene.prefers.of(who)
    day = scene.now.astimezone(theirs[ZONE]).date() + timedelta(days=days)
    return good_hour(theirs, fire_at(day, after, theirs[ZONE]))


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


def is_own(thing: Kept, who: Person) -> bool:
    """Whether this is a promise of this one's."""
    return thing.kind == KIND and thing.by == who


def last_asked(who: Person, scene: Scene) -> Kept | None:
    """Return what is kept of when this one was asked last."""
    return next((thing for thing in scene.kept if thing.kind == ASKED and thing.by == who), None)
