"""Repairs through the stand-in: a kill, a pause, both at once and silence at every step, and weeks later.

Every story begins at noon on a Monday, whatever day it is told on.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle
from pathlib import Path

import pytest

from bot.apology import TAKEN_BACK
from bot.drafting import LOOK_AGAIN, RESTS_UNSENT, SENT, UNREAD, UNSENT
from bot.mending import WARM
from bot.rituals.repair import IS_DONE, RESTS_NOW, TAKEN_ALREADY
from bot.rituals.review import IT_HOLDS, LET_IT_BE, LOOKS, REVIEWS
from tests.phones import Json, Phone
from tests.stories import Story, put_to
from tests.tellings import IN_ENGLISH, Telling
from tests.test_gratitude_stories import next_change

ALONE, LEFT, MORE = (
    "amber alone, when the door closed",
    "basalt leaving, and you alone",
    "amber the day after",
)
WISH = "amber pancakes"
DRAFT, AGAIN = "basalt sorry, but I was tired", "basalt leaving, and the day after"
CHANGE, WARMTH = "basalt call, when I am late", "A walk together"
SENDS = "Send it as it is"


@dataclass(frozen=True)
class Step:
    """What one of the two does, and how the newest message of the room begins then."""

    who: str
    does: str  # a button, or else words
    where: str = "room"
    shows: str = ""


OPENS = (
    Step("ann", "Something hurt me"),
    Step("ann", ALONE, "private"),
    Step("ann", SENDS, "private", f"Ann: {ALONE}"),
)
STEPS = (
    Step("ben", "Word it alone first"),
    Step("ben", DRAFT, "private"),
    Step("ben", LEFT, "private"),
    Step("ben", SENDS, "private", f"Ben: {LEFT}"),
    Step("ann", "Something is missing"),
    Step("ann", MORE, "private"),
    Step("ann", SENDS, "private", f"For Ann something is missing: {MORE}"),
    Step("ben", AGAIN, "reply", f"Ben: {AGAIN}"),
    Step("ann", "I feel heard", "room", "Ann feels heard. Ben, what will you do differently?"),
    Step("ben", CHANGE, "reply", f"Ben: {CHANGE}"),
    Step("ben", "Tomorrow", "room", WARM),
    Step("ann", WARMTH, "room", WARM),
    Step("ben", "Yes, that", "room", IS_DONE),
)
FROM_THE_OTHER_SIDE = (
    Step("ben", "I want to repair something"),
    Step("ben", DRAFT, "private"),
    Step("ben", LEFT, "private"),
    Step("ben", SENDS, "private", f"Ben: {LEFT}"),
    Step("ann", MORE, "reply", f"For Ann something is missing: {MORE}"),
    Step("ben", AGAIN, "reply", f"Ben: {AGAIN}"),
    Step("ann", "I feel heard", "room", "Ann feels heard. Ben, what will you do differently?"),
    Step("ann", "It is good as it is", "room", WARM),
    Step("ann", WISH, "reply", WARM),
    Step("ben", "Yes, that", "room", IS_DONE),
    Step("ann", "/review", "command", LOOKS),
    Step("ann", "Change it", "room", "Ann feels heard. Ben, what will you do differently?"),
    Step("ben", CHANGE, "reply", f"Ben: {CHANGE}"),
    Step("ben", "Without a date", "room", WARM),
    Step("ann", "Enough for today", "room", IS_DONE),
    Step("ben", "/review", "command", LOOKS),
    Step("ann", "Let this go", "room", LET_IT_BE),
)
TAPPED = {step.does for step in (*OPENS, *STEPS, *FROM_THE_OTHER_SIDE) if step.does[0].isupper()}


@contextmanager
def begun(folder: Path, telling: Telling = IN_ENGLISH) -> Iterator[Story]:
    """Let Ann have asked what there is to put right."""
    with Story.at(folder, telling) as story:
        story.ready()
        story.ann.says("/repair")
        yield story


@contextmanager
def opened(folder: Path, telling: Telling = IN_ENGLISH) -> Iterator[Story]:
    """Let Ann have said what hurt her."""
    with Story.at(folder, telling) as story:
        story.ready()
        hurts(story)
        yield story


def hurts(story: Story) -> None:
    since = story.mark
    story.ann.says("/repair")
    story.ann.taps("Something hurt me")
    assert story.newest(UNREAD, story.ann, "private")
    story.ann.says(ALONE, "private")
    assert story.crossed(ALONE, "ann", since) == []
    story.ann.taps(SENDS, "private")
    assert story.newest(f"Ann: {ALONE}")


def does(story: Story, step: Step, *, wait: bool = True) -> None:
    """Make one step; `wait`: until the bot has answered it."""
    who, where = one(story, step.who), "private" if step.where == "private" else "room"
    asked = standing(story)["id"] if step.where == "reply" else None
    if step.does in TAPPED and wait:
        who.taps(step.does, where)
    elif step.does in TAPPED:
        who.taps(step.does, where, wait=False)
    elif wait:
        who.says(step.does, where, asked)
    else:
        who.says(step.does, where, asked, wait=False)


def one(story: Story, name: str) -> Phone:
    return {"ann": story.ann, "ben": story.ben}[name]


def troubled(story: Story, steps: Iterable[Step], troubles: Iterable[Callable[[Story, Step], None]]) -> None:
    """Make each step with a trouble; a command whose answer is lost at a kill is sent again: without one."""
    for step, trouble in zip(steps, cycle(troubles), strict=False):
        does(story, step) if step.where == "command" else trouble(story, step)
        shows(story, step)


def standing(story: Story) -> Json:
    """Return the newest message of the room that has buttons of a repair."""
    rests = {"Let it rest", "Enough for today", "Without a date"}
    return next(
        one for one in reversed(story.ann.room) if rests & {label for row in one["buttons"] for label in row}
    )


def shows(story: Story, step: Step) -> None:
    """See that the room shows what a step leads to, once."""
    if step.shows:
        assert story.newest(step.shows)["text"].startswith(step.shows)


def nothing_crossed(story: Story) -> None:
    """See that nobody read a draft, or that it was looked at, but its writer."""
    assert story.crossed(DRAFT, "ben") == []
    told = [*(text for _, text in story.said()), *story.told(story.ann)]
    assert not [text for text in told if TAKEN_BACK in text or (LOOK_AGAIN in text and LEFT in text)]
    assert any(TAKEN_BACK in text for text in story.told(story.ben))


def promises(story: Story) -> list[tuple[object, ...]]:
    return story.rows("select kind, outcome from kept where kind = 'action'")


# -- Troubles at every step -----------------------------------------------------


def killed(story: Story, step: Step) -> None:
    """Kill it with the step just made, and start it again."""
    does(story, step, wait=False)
    story.kill()
    story.start_bot()
    story.clock.by("PT5S")


def paused(story: Story, step: Step) -> None:
    """Let the other call a pause right after the step, and both come back."""
    does(story, step)
    other = story.other(one(story, step.who))
    since = story.mark
    other.says("/pause 20")
    story.clock.by("PT10M")
    assert len(story.said(since)) == 1
    story.ann.taps("We're fine again")
    story.ben.taps("We're fine again")
    story.ann.taps("Let it rest")
    story.clock.by("PT6M")


def at_once(story: Story, step: Step) -> None:
    """Let both tap the same at once, the other first: nobody is there to hear either until both have.

    A change is asked of one alone: the other, who answers first, is told whose it is. Where only one can tap,
    it is killed.
    """
    who = one(story, step.who)
    if step.does == CHANGE:
        story.other(who).says(MORE, "room", standing(story)["id"])
        assert story.newest("This one is for Ben.")
    if step.does not in TAPPED or step.where == "private" or step.does == WARMTH:
        killed(story, step)
        return
    story.kill()
    story.other(who).taps(step.does, wait=False)
    who.taps(step.does, wait=False)
    who.taps(step.does, wait=False)
    story.start_bot()
    story.clock.by("PT5S")


@put_to(at_once, killed, paused)
def test_a_repair_comes_to_its_end_whatever_happens_at_every_step(
    tmp_path: Path, troubles: Iterable[Callable[[Story, Step], None]]
) -> None:
    with begun(tmp_path) as story:
        troubled(story, (*OPENS, *STEPS), troubles)
        done = story.newest(IS_DONE)
        assert done["text"].endswith(f"And for you two: {WARMTH}")
        assert done["buttons"] == []
        assert promises(story) == [("action", "")]
        heads = story.rows("select outcome from kept where kind = 'repair'")
        assert heads == [("",)]
        nothing_crossed(story)


@put_to(at_once, killed, paused)
def test_from_the_other_side_it_comes_to_its_end_and_is_looked_at_again_and_let_go(
    tmp_path: Path, troubles: Iterable[Callable[[Story, Step], None]]
) -> None:
    with begun(tmp_path) as story:
        troubled(story, FROM_THE_OTHER_SIDE, troubles)
        assert promises(story) == []
        heads = story.rows("select outcome from kept where kind = 'repair' order by id")
        assert heads == [("taken up",), ("let go",)]
        assert story.rows("select count(*) from kept where kind like 'repair %' and outcome = ''") == [(0,)]
        nothing_crossed(story)


@pytest.mark.parametrize("steps", [(*OPENS, *STEPS), FROM_THE_OTHER_SIDE], ids=["hurt", "to repair"])
def test_in_another_language_it_is_the_same(
    tmp_path: Path, telling: Telling, steps: tuple[Step, ...]
) -> None:
    with begun(tmp_path, telling) as story:
        for step in steps:
            does(story, step)
            shows(story, step)


def test_tapped_twice_by_each_it_is_one_draft_of_each(tmp_path: Path) -> None:
    with begun(tmp_path) as story:
        story.kill()
        for who in (story.ann, story.ben, story.ann, story.ben):
            who.taps("Something hurt me", wait=False)
        story.start_bot()
        story.clock.by("PT5S")
        playings = story.rows("select count(*) from playing where ritual = 'repair'")
        assert playings == [(len(["the card", "hers", "his"]),)]
        for who, words in ((story.ann, ALONE), (story.ben, LEFT)):
            who.says(words, "private")
            who.taps(SENDS, "private")
        assert story.newest(f"Ann: {ALONE}")
        assert story.newest(f"Ben: {LEFT}")


# -- Silence at every step --------------------------------------------------------


def test_silent_at_every_step_it_rests_and_is_taken_up_by_one_of_two(tmp_path: Path) -> None:
    with begun(tmp_path) as story:
        since = story.mark
        for step in OPENS[:2]:
            does(story, step)
        story.clock.by("P2D")
        assert story.newest(UNSENT, story.ann, "private")
        assert [text for _, text in story.said(since) if ALONE in text or text == RESTS_NOW] == []
        hurts(story)
        lets_rest(story)
        for step in STEPS[3:]:
            if step.where == "private" and step.does != SENDS:
                continue
            if not step.shows:
                continue
            rests(story)
            if step.does == SENDS:
                drafts(story, step)
            if step.does == "Tomorrow":
                assert promises(story) == []  # nobody chose a date
                assert story.newest(WARM)
                continue
            if step.does == "Yes, that":
                story.ann.taps(WARMTH)
            does(story, step)
            shows(story, step)
        assert story.newest(IS_DONE)
        assert story.crossed(DRAFT, "ben") == []


def rests(story: Story) -> None:
    """Let two days pass without a word, and both take it up at once."""
    story.clock.by("P2D")
    assert "Let it rest" not in story.ann.buttons()
    takes_up(story)


def lets_rest(story: Story) -> None:
    """Let one rest what the other words just then, and both take it up at once."""
    story.ben.taps("Word it alone first")
    story.ben.says(DRAFT, "private")
    story.ann.taps("Let it rest")
    story.clock.by("PT1M")
    assert story.newest(RESTS_UNSENT, story.ben, "private")
    assert story.newest(RESTS_NOW)
    takes_up(story)


def takes_up(story: Story) -> None:
    story.ben.says("/repair")
    label = next(label for label in story.ann.buttons() if label.startswith("Take up: "))
    card = story.newest("Something to put right")["id"]
    assert story.ann.taps(label, message=card).alert is None
    assert story.ben.taps(label, message=card).alert == TAKEN_ALREADY


def drafts(story: Story, step: Step) -> None:
    """Let what is sent next be worded alone."""
    who = one(story, step.who)
    if step.who == "ben":
        who.taps("Word it alone first")
        who.says(DRAFT, "private")
        who.says(LEFT, "private")
    else:
        who.taps("Something is missing")
        who.says(MORE, "private")
    assert story.newest(LOOK_AGAIN, who, "private")


# -- Weeks later ----------------------------------------------------------------


def test_weeks_later_across_a_change_of_clock_it_comes_back_on_its_day_and_not_after_leaving(
    tmp_path: Path,
) -> None:
    with Story.at(tmp_path) as story:
        change = next_change(story.now + timedelta(weeks=1))
        story.clock.to((change - timedelta(days=12)).replace(hour=12).isoformat())
        story.ann.says("/start")
        story.ready("Every other evening")
        hurts(story)
        for step in STEPS:
            does(story, step)
        assert story.newest(SENT, story.ben, "private")
        assert promises(story) == [("action", "")]
        begun = story.now
        story.until("18:29", days=56)
        assert [text for _, text in story.said() if text.startswith(REVIEWS)] == []
        story.kill()
        story.clock.by("PT1M30S")
        story.start_bot()
        card = story.newest(REVIEWS)
        assert card["text"].splitlines()[1:] == [
            f"Said by Ben: {AGAIN}",
            f"Ben, from then on: {CHANGE}",
            f"Together: {WARMTH}",
        ]
        assert (story.now.date() - begun.date()).days == 56
        assert story.now.utcoffset() != begun.utcoffset()
        story.ben.taps("It holds")
        assert story.newest(IT_HOLDS)["buttons"] == []

        hurts(story)
        for step in STEPS:
            does(story, step)
        since = story.mark
        story.ben.says("/leave", "private")
        story.ben.taps("Leave now", "private")
        assert story.rows("select count(*) from playing where ritual = 'repair'") == [(0,)]
        story.clock.by("P70D")
        assert [text for _, text in story.said(since) if text.startswith(REVIEWS)] == []
