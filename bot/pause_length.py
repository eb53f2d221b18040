"""How long a pause is: as somebody asked for it, and as it is made longer. Pure.

At least twenty minutes, half an hour by default, and a day in all, however often it is made longer.
"""

from datetime import datetime, time, timedelta

from bot.hours import ZONE, end_in, length_in, next_time
from bot.ritual import Line, Person, Scene, Words, line

SHORTEST, USUAL, LONGEST = timedelta(minutes=20), timedelta(minutes=30), timedelta(hours=24)
LADDER = timedelta(minutes=20), timedelta(hours=1), timedelta(hours=2)  # then overnight
MORNING = time(9)  # when a night is over
HALF_A_DAY = timedelta(hours=12)  # from then on an hour alone would be read as one of today

# -- What they read ---------------------------------------------------------------

AT_LEAST = "A pause lasts at least 20 minutes."
AT_MOST = "A pause lasts at most 24 hours."
HOW_LONG = (
    "I did not understand how long, so it is the usual half hour. /pause 45 and /pause until 21:30 work."
)
FAR_OFF = (
    "{due:hour} is more than half a day away, so it is the usual half hour. "
    "A length, like /pause 14h, is taken as it is."
)

# -- When it ends -----------------------------------------------------------------


def end_of(words: Words, since: datetime, scene: Scene) -> tuple[datetime, Line | None]:
    """Return when a pause ends that is called with these words, and what is said of it where it differs."""
    latest, note = since + LONGEST, None
    hour, length = end_in(words), length_in(words)
    if hour is not None:
        asked = next_time(hour, scene.prefers.of(words.by)[ZONE], scene.now)
        if asked - scene.now > HALF_A_DAY:  # its hour has just passed, or a slip: nobody upset means a day
            asked, note = scene.now + USUAL, line(FAR_OFF, due=asked)
    elif length is not None:
        asked = scene.now + length
    else:
        asked, note = scene.now + USUAL, line(HOW_LONG) if words else None
    if asked < scene.now + SHORTEST:
        asked, note = scene.now + SHORTEST, line(AT_LEAST)
    if asked > latest:
        asked, note = latest, line(AT_MOST)
    return asked, note


def is_length(words: Words) -> bool:
    """Whether words say how long, or until when."""
    return end_in(words) is not None or length_in(words) is not None


def next_rung(rung: int, since: datetime, who: Person, scene: Scene) -> datetime:
    """Return the next end: twenty minutes, one hour, two, then overnight, and a day in all."""
    if rung < len(LADDER):
        later = scene.now + LADDER[rung]
    else:
        later = max(next_time(MORNING, scene.prefers.of(who)[ZONE], scene.now), scene.now + LADDER[-1])
    return min(later, since + LONGEST)


def spent(since: datetime, scene: Scene) -> bool:
    """Whether no pause that began then may be made longer."""
    return scene.now + SHORTEST > since + LONGEST


def is_today(moment: datetime, who: Person, scene: Scene) -> bool:
    """Whether a moment is of today, by this one's clock: then its hour alone says it."""
    zone = scene.prefers.of(who)[ZONE]
    return moment.astimezone(zone).date() == scene.now.astimezone(zone).date()
