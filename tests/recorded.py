"""One state of each kind, as a release wrote it: what may be in a database already is never written anew.

`python -m tests.recorded` writes what is missing into tests/data/states/.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bot import topics, turns, upshot
from bot.amends import Amends
from bot.answers import Answers
from bot.couple.company import Visited
from bot.couple.house import HOUSE
from bot.couple.joining import Confirming, Gathering, Returning, Setting
from bot.couple.leaving import Asked
from bot.drafting import Draft
from bot.evening import Evening, Yours
from bot.ritual import Each, Person, Ritual, Words
from bot.rituals import debrief, dialogue, promises, repair, review
from bot.rituals.check_in import Acting, Listening, Naming, Shared, Unseen
from bot.rituals.gratitude import Delivered, Invited, OnItsWay, Telling, Thanked
from bot.rituals.jar import Drawn
from bot.rituals.pause import Apart, Dated, Looking, Resting, Together
from bot.rituals.pause import Returning as ComingBack
from bot.rituals.plan import Making, Standing
from bot.steadying import Steadying
from bot.storage.codec import state_to_json
from bot.thanks import Thanks
from bot.week import Week

STATES = Path(__file__).parent / "data" / "states"
RELEASE = "0.1"
ANN, BEN = Person(1), Person(2)
WAKES, CLOSES = datetime(2026, 5, 1, 20, tzinfo=UTC), datetime(2026, 5, 1, 22, tzinfo=UTC)

ANNS = Yours(
    feeling=Words(ANN, "calm", listed=True, source=0),
    need=Words(ANN, "an hour of nothing \U0001f642", source=17),
    draft=("action", Words(ANN, "You never rest, so I will", source=18)),
)
BENS = Yours(
    feeling=Words(BEN, "tired", listed=True),
    need=Words(BEN, "sleep", listed=True),
    action=Words(BEN, 'When I wake up, I\'ll "hold" you / <b>long</b>', source=19),
    heard=Words(BEN, "that you are calm", source=20),
)
EVENING = Evening(Each(((ANN, ANNS), (BEN, BENS))), together=True, closes=CLOSES)
NOTHING_YET = replace(
    EVENING, yours=Each(((ANN, Yours(not_tonight=True)), (BEN, Yours(nothing=True)))), together=False
)
THANKS = Thanks(
    ANN, (Words(ANN, "for the soup", source=21), Words(ANN, "I felt at home \U0001f642", source=22))
)
ANSWERED = replace(THANKS, back=Words(BEN, "That touched me", listed=True))

AMENDS = Amends(BEN, hurt=Words(ANN, "When you left, I felt alone", source=24), place="invited")
SAID = replace(
    AMENDS,
    said=Words(BEN, "I left you with all of it, but \U0001f642", source=25),
    missing=Words(ANN, "that it was late", source=26),
    change=Words(BEN, "When I am late, I will call", source=27),
    together=Words(BEN, "A long hug", listed=True),
    rounds=2,
    place="restoring",
)
WEEK = Week(date(2026, 5, 3), (date(2026, 4, 28), date(2026, 5, 1)), 0, 1)
NOTHING_SAID = Answers(Each(((ANN, None), (BEN, None))))
ONE_SAID = NOTHING_SAID.put(Words(ANN, "I felt alone \U0001f642", source=24), private=False)
MINUTE = timedelta(minutes=1)
TALK = turns.Talk(
    Words(ANN, "money \U0001f642", source=24), BEN, 3 * MINUTE, Each(((ANN, 3 * MINUTE), (BEN, 0 * MINUTE))),
    4.5 * MINUTE, frozenset({ANN}),
)  # fmt: skip
LINES = Words(ANN, "you are <b>tired</b>", source=25), Words(BEN, "that it is about home")

RECORDED: dict[str, tuple[object, ...]] = {
    "check_in": (
        Naming(EVENING, WAKES),
        Naming(NOTHING_YET, CLOSES),
        Acting(EVENING, CLOSES),
        Listening(EVENING, CLOSES),
        Unseen(EVENING, CLOSES),
        Shared(EVENING, CLOSES, frozenset({ANN})),
    ),
    "joining": (
        Gathering(WAKES),
        Gathering(WAKES, first=ANN),
        Confirming(WAKES, ANN, BEN),
        Setting(WAKES, None),
        Setting(WAKES, ANN, "apart", (ZoneInfo("Europe/Berlin"), ZoneInfo("America/Lima"))),
        Returning(WAKES, ANN, BEN),
    ),
    "pause": (
        Apart(ANN, CLOSES, WAKES, 2, frozenset({BEN})),
        ComingBack(ANN, CLOSES, WAKES, 1, frozenset({ANN}), called=True),
        Resting(BEN, WAKES, frozenset({ANN})),
        Together(WAKES, asks=True),
        Dated(WAKES),
        Looking(WAKES, asked=True),
    ),
    "debrief": (
        debrief.Asking(debrief.Talk(WEEK, NOTHING_SAID), (), WAKES),
        debrief.Asking(
            debrief.Talk(WEEK, replace(NOTHING_SAID, alone=frozenset({BEN})), 1),
            (Words(ANN, "the soup", source=23),),
            WAKES,
        ),
        debrief.Asking(debrief.Talk(WEEK, ONE_SAID, 2), (), WAKES),
        debrief.LeftOff(debrief.Talk(WEEK, replace(ONE_SAID, alone=frozenset({ANN})), 2), WAKES),
        debrief.Closing((Words(BEN, "a quiet hour"),), WAKES),
    ),
    "gratitude": (
        Invited(WAKES),
        Thanked((Words(ANN, "for the soup", source=23), Words(BEN, "for the walk")), WAKES, frozenset({BEN})),
        Telling(Thanks(ANN), WAKES),
        Telling(THANKS, WAKES),
        OnItsWay(THANKS, CLOSES, WAKES),
        OnItsWay(ANSWERED, CLOSES, WAKES),
        Delivered(THANKS, CLOSES, WAKES),
        Delivered(ANSWERED, CLOSES, WAKES),
    ),
    "jar": (Drawn(None, WAKES), Drawn(ANN, WAKES)),
    "breathe": (Steadying(((None, WAKES),), WAKES), Steadying(((ANN, WAKES), (None, CLOSES)), WAKES)),
    "ground": (Steadying(((BEN, WAKES),), WAKES),),
    "plan": (Making("away", WAKES), Standing(WAKES), Standing(WAKES, frozenset({ANN}))),
    "promises": (
        promises.Asking(("31", "32"), WAKES),
        promises.Asking(("32",), WAKES, ("31",)),
        promises.Looking(WAKES),
        promises.Looking(WAKES, ("31",)),
        promises.Standing(CLOSES, ("31", "32")),
    ),
    "repair": (
        repair.Opened(WAKES),
        repair.Drafting(Amends(BEN), Draft(BEN, "said"), WAKES),
        repair.Drafting(AMENDS, Draft(BEN, "said", Words(BEN, "I left, but", source=28), asked=False), WAKES),
        repair.Invited(AMENDS, WAKES),
        repair.Hearing(replace(SAID, place="hearing"), WAKES),
        repair.Changing(replace(SAID, place="changing"), WAKES),
        repair.Dating(SAID, WAKES),
        repair.Restoring(SAID, WAKES),
    ),
    "review": (review.Reviewing(CLOSES, WAKES),),
    "dialogue": (
        topics.Picking(WAKES),
        topics.Picking(WAKES, letting=True),
        topics.Agreeing(Words(ANN, "money", source=24), ANN, WAKES, frozenset({BEN})),
        dialogue.Speaking(TALK, WAKES),
        dialogue.SayingBack(TALK, WAKES),
        dialogue.Stopped(
            TALK, 0.25 * MINUTE, says_back=True, wake_at=WAKES, ready=frozenset({ANN}), still=True
        ),
        upshot.Understanding(WAKES, LINES[:1], frozenset({BEN})),
        upshot.Stepping(LINES, WAKES),
        upshot.Dating(Words(BEN, "When it is May, I will look", source=26), WAKES),
    ),
    "company": (Visited(1, WAKES), Visited(2, WAKES, frozenset({ANN}))),
    "leaving": (Asked(ANN, None, WAKES), Asked(ANN, ANN, WAKES)),
}


def recorded() -> Iterator[tuple[Path, Ritual, object]]:
    """Return each file, the ritual it belongs to, and what it means."""
    for ritual in HOUSE:
        for number, state in enumerate(RECORDED.get(ritual.name, ()), 1):
            name = f"{RELEASE}-{ritual.name}-{number}-{type(state).__name__}.json"
            yield STATES / name, ritual, state


if __name__ == "__main__":
    STATES.mkdir(parents=True, exist_ok=True)
    for path, ritual, state in recorded():
        if not path.exists():
            path.write_text(state_to_json(ritual, state) + "\n")
