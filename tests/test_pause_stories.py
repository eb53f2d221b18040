"""Pauses through the stand-in: however one is called and whatever happens meanwhile, both are brought back.

Every story begins at noon on a Monday, whatever day it is told on.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from bot.engine.acts import FOR_THE_TWO
from bot.engine.rooms import RESTS_HERE
from bot.pause_length import AT_LEAST, AT_MOST, HOW_LONG
from bot.rituals.gratitude import SUNDAY_LATE
from bot.rituals.pause import (
    BACK,
    BOTH_BACK,
    BRING_BACK,
    EARLY,
    LET_REST,
    LOOK,
    READY,
    REST,
    RESTS,
    STANDS,
    TAKEN_UP,
)
from bot.shell import HELD, NOT_NOW
from tests.phones import Phone
from tests.stories import CARD, GOOD_NIGHT, REVEAL, Story, by_picker, by_private_message, mine
from tests.tellings import IN_ENGLISH, Telling

CALLED, WAS_OVER, LONGER = "{} takes a pause for you two.", "The pause was over ", "A little longer, then."
GOES_ON = STANDS.partition("{")[0]
HELPS = REST.partition("{")[0].removesuffix("at ")
LATE_CARD = "Your check-in, later than planned."
MONDAY, SUNDAY, A_DAY, A_MINUTE = 0, 6, timedelta(days=1), timedelta(minutes=1)
FINE, BACK_AGAIN = "We're fine again", "I'm back"


@contextmanager
def a_couple(folder: Path, telling: Telling = IN_ENGLISH, *, lanes: bool = True) -> Iterator[Story]:
    """Let the two be a couple, on a Monday at noon."""
    with Story.at(folder, telling) as story:
        story.ready(lanes=lanes)
        yield story


def comes(story: Story, weekday: int, hour: str) -> datetime:
    """Move on to the next such day at this hour."""
    hours, minutes = map(int, hour.split(":"))
    now = story.now
    at = now.replace(hour=hours, minute=minutes, second=0, microsecond=0)
    at += A_DAY * ((weekday - now.weekday()) % 7)
    at += 7 * A_DAY * (at <= now)
    story.clock.to(at.isoformat())
    return at


def both(story: Story, label: str) -> None:
    for one in (story.ann, story.ben):
        one.taps(label)


def room(story: Story, since: int) -> list[str]:
    return [text for _, text in story.said(since)]


# -- Called ---------------------------------------------------------------------


def test_however_it_is_called_it_holds_at_once_and_the_room_reads_until_when(tmp_path: Path) -> None:
    with a_couple(tmp_path) as story:
        ann, ben = story.ann, story.ben
        ben.says("/settings")
        ben.taps("Pause word")
        ben.says("Turtle", reply_to=story.newest("A word of your own")["id"])
        ben.taps("Close")
        story.until("21:00")
        card = story.newest(CARD)["id"]

        holds(story, ann, lambda: ann.says("/pause"), 30)
        holds(story, ben, lambda: ben.says("/pause 45"), 45)
        holds(story, ann, lambda: ann.says("/pause 2h", "private"), 120)
        holds(story, ann, lambda: ann.says("/pause until 23:30"), minutes_to(story, "23:30"))
        holds(story, ben, lambda: ben.taps("Pause", message=card), 30)
        holds(story, ann, lambda: ann.says("/turtle"), 30)
        holds(story, ann, lambda: ann.says("turtle.", reply_to=card), 30)
        holds(story, ben, lambda: ben.says(" TURTLE ", "private"), 30)

        holds(story, ann, lambda: ann.says("/pause 0"), 20, AT_LEAST)
        holds(story, ann, lambda: ann.says("/pause -5"), 20, AT_LEAST)
        holds(story, ann, lambda: ann.says("/pause 99999999999"), 24 * 60, AT_MOST)
        holds(story, ann, lambda: ann.says("/pause soon"), 30, HOW_LONG)
        holds(story, ann, lambda: ann.says("/pause 45 minutes please"), 45)
        holds(story, ann, lambda: ann.says("/pause until 25:99"), 30, HOW_LONG)
        assert mine(story, ann).alert == "Nothing yet tonight, and that is fine."


def holds(story: Story, caller: Phone, call: Callable[[], object], minutes: float, *notes: str) -> None:
    """See that a call is said back, with its end and what differs, and let both end it early."""
    since = story.mark
    call()
    ((at, text),) = story.said(since)
    first, *below = text.splitlines()
    ends = at + timedelta(minutes=minutes)
    assert first.startswith(CALLED.format(caller.who.title()))
    assert f"at {ends:%H:%M}." in first or f"at {ends - A_MINUTE:%H:%M}." in first  # it was heard before
    assert ("meet on" in first) is (ends.date() != at.date())
    assert below == list(notes)
    told_alone_what_helps(story, since)

    assert story.ann.taps(FINE).alert == EARLY
    assert room(story, since) == [text]
    story.ben.taps(FINE)
    assert room(story, since) == [text, BOTH_BACK]


def told_alone_what_helps(story: Story, since: int) -> None:
    """See that each of the two was told once, alone; their own hours are rehearsed in tests/test_pause.py."""
    for one in (story.ann, story.ben):
        assert [text.startswith(HELPS) for text in story.told(one, since)] == [True]


def minutes_to(story: Story, hour: str) -> float:
    hours, minutes = map(int, hour.split(":"))
    return (story.now.replace(hour=hours, minute=minutes) - story.now) / A_MINUTE


def test_nobody_else_can_call_one_two_calls_at_once_are_one_and_in_it_help_privacy_and_leave_answer(
    tmp_path: Path,
) -> None:
    with a_couple(tmp_path) as story:
        ann, ben, cleo = story.ann, story.ben, story.cleo
        cleo.says("/start", "private")
        cleo.joins()
        story.go_on_here()
        story.until("21:00")
        card, since, before = story.newest(CARD)["id"], story.mark, story.standing()
        for text in ("/pause", "pause"):
            cleo.says(text, reply_to=card)
            cleo.says(text, "private")
        assert cleo.taps("Pause").alert == FOR_THE_TWO
        assert story.standing() == before
        assert room(story, since) == []

        ann.says("/pause", wait=False)
        ben.says("/pause")
        first, *more = room(story, since)
        assert first.startswith(CALLED.format("Ann"))
        assert [text.startswith(GOES_ON) for text in more] == [True]  # and not a second card
        assert story.rows("select count(*) from playing where ritual = 'pause'") == [(1,)]
        told_alone_what_helps(story, since)
        assert cleo.taps(FINE).alert == FOR_THE_TWO

        for where in ("room", "private"):
            for command in ("/help", "/privacy", "/leave"):
                many = len(ben.texts(where))
                ben.says(command, where)
                assert len(ben.texts(where)) == many + 2, command
            ben.taps("Stay", where)
        since = story.mark
        ben.says("/thanks for the tea")
        ben.says("/settings")
        story.until("21:25")
        assert set(room(story, since)) == {HELD, NOT_NOW}
        since = story.mark
        story.until("21:40")
        assert room(story, since) == [READY]
        assert cleo.taps(BACK_AGAIN).alert == FOR_THE_TWO
        both(story, BACK_AGAIN)
        assert room(story, since)[1] == BOTH_BACK
        story.clock.by("PT5M")
        assert sum(text.startswith("That is said, and kept.") for text in room(story, since)) == 1

        ann.says("/pause 20")
        since = story.mark
        ann.says("/leave", "private")
        ann.taps("Leave now", "private")
        story.until("22:00", days=1)
        assert room(story, since) == [RESTS_HERE.format(me="Tend")]
        assert story.told(ben, since) == []


# -- Silent ---------------------------------------------------------------------


def test_what_one_said_before_a_pause_is_there_after_it_and_still_unseen(
    tmp_path: Path, telling: Telling
) -> None:
    with a_couple(tmp_path, telling) as story:
        story.until("21:00")
        since = story.mark
        by_private_message(story, story.ann, "quiet amber", "some amber air")
        story.ben.taps("Pause")
        story.until("21:40")
        both(story, BACK_AGAIN)
        story.ann.taps("Let it rest")
        assert mine(story, story.ann).alert == "Yours tonight: quiet amber, needing some amber air."
        assert mine(story, story.ben).alert == "Nothing yet tonight, and that is fine."
        assert story.crossed("amber", "ann", since) == []

        story.until("22:50")
        assert story.crossed("amber", "ann", since) == []
        by_picker(story, story.ben, "tired", "sleep")
        reveal = story.newest(REVEAL)["text"]
        assert "Ann: quiet amber, needing some amber air." in reveal
        assert "Ben: tired, needing sleep." in reveal
        both(story, "Nothing tomorrow")
        assert story.newest(GOOD_NIGHT)
        said = room(story, since)
        assert [sum(text.startswith(start) for text in said) for start in (CARD, READY, REVEAL)] == [0, 1, 1]


def test_what_comes_due_in_a_pause_comes_after_it_one_by_one_and_says_that_it_is_late(
    tmp_path: Path,
) -> None:
    with a_couple(tmp_path) as story:
        ann, ben = story.ann, story.ben
        story.sets(ben, "Hour", "18:00")
        comes(story, SUNDAY, "17:30")
        ben.says("/thanks for the tea", "private")
        story.until("17:58")
        ann.says("/breathe", "private")
        ann.says("/pause 60", "private")
        since = story.mark
        story.until("18:50")
        assert room(story, since) == []
        assert story.newest("That was it.", ann, "private")["buttons"] == []
        assert story.told(ann, since) == story.told(ben, since) == []

        story.until("19:01")
        both(story, BACK_AGAIN)
        story.until("19:30")
        times, texts = zip(*story.said(since), strict=True)
        assert texts[:2] == (READY, BOTH_BACK)
        assert {text[:20] for text in texts[2:]} == {LATE_CARD[:20], SUNDAY_LATE[:20]}
        assert len(texts) == 4
        assert min(later - earlier for earlier, later in pairwise(times)) > timedelta(minutes=2)
        assert not any("for the tea" in text for text in story.told(ann, since))
        comes(story, MONDAY, "8:35")
        assert sum("for the tea" in text for text in story.told(ann, since)) == 1


# -- And back -------------------------------------------------------------------


def test_longer_is_twenty_minutes_an_hour_two_the_night_and_a_day_in_all(tmp_path: Path) -> None:
    with a_couple(tmp_path) as story:
        ann, ben = story.ann, story.ben
        since = story.mark
        ann.says("/pause 20")
        for number, hour in enumerate(("12:21", "12:42", "13:43", "15:44", "09:01")):
            story.until(hour)
            assert room(story, since).count(READY) == number + 1
            (ann, ben)[number % 2].taps("I need longer")
            assert story.newest(LONGER)["buttons"] == [[FINE]]
        assert "I need longer" not in ann.buttons()
        story.until("12:30")
        assert story.newest(READY)["buttons"] == [[BACK_AGAIN]]
        assert not any(text.startswith(CARD) for text in room(story, since))  # it was past its window by then

        assert ben.taps(BACK_AGAIN).alert == BACK
        assert room(story, since)[-1].startswith(READY)
        ann.taps(BACK_AGAIN)
        assert room(story, since)[-1] == BOTH_BACK
        ben.taps("Ask us in 20 minutes")
        story.until("13:30")
        assert room(story, since)[-1] == LOOK
        ben.taps("Better")
        assert story.buttons_of_tend() == []


def test_in_silence_they_are_asked_once_and_one_is_called_once_however_long_tend_was_killed(
    tmp_path: Path, telling: Telling
) -> None:
    with a_couple(tmp_path, telling) as story:
        for away, asked in (("PT25M", READY), ("PT5H", WAS_OVER), ("P3D", WAS_OVER)):
            story.until("12:00")
            since = story.mark
            story.ann.says("/pause 20")
            is_killed(story, away)
            assert [text.startswith(asked) for text in asks(story, since)] == [True]
            assert room(story, since).count(RESTS) == 0
            if away == "P3D":  # and once more, when the call is due
                is_killed(story, "PT35M")
            story.clock.by("PT2H")
            assert len(asks(story, since)) == 1
            assert [called(story, "Ann", since), room(story, since).count(RESTS)] == [1, 1]
            assert story.told(story.ann, since).count(BRING_BACK) == 1
            assert [text.startswith(HELPS) for text in story.told(story.ben, since)] == [True]

        since = story.mark
        story.until("21:00")
        story.ben.taps("Take up the pause")
        assert room(story, since)[-1] == TAKEN_UP
        both(story, BACK_AGAIN)
        assert room(story, since)[-1] == BOTH_BACK
        story.ann.taps("Let it rest")
        assert story.newest(LET_REST)["buttons"] == []
        story.until("21:00")
        assert story.newest(CARD)
        assert "Take up the pause" not in story.ann.buttons()
        assert BRING_BACK not in story.told(story.ann, since)


def is_killed(story: Story, away: str) -> None:
    """Kill the bot, and start it again after so long."""
    story.kill()
    story.clock.by(away)
    story.start_bot()


def asks(story: Story, since: int) -> list[str]:
    return [text for text in room(story, since) if "Ready?" in text]


def called(story: Story, name: str, since: int) -> int:
    return sum(text.startswith(CALLED.format(name)) for text in room(story, since))
