"""Promises through the stand-in: through kills and pauses, over weeks and a change of clock, in silence."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from bot.rituals.promises import (
    BETWEEN_US,
    DONE_WELL,
    IN_THE_ROOM,
    NOTHING_OPEN,
    SHOWN_NOW,
)
from tests.phones import Phone
from tests.stories import LOOK_BACK, Story, by_one_line
from tests.tellings import IN_ENGLISH, Telling
from tests.test_gratitude_stories import next_change
from tests.test_pause_stories import A_DAY

ANNS, BENS = "When it rains, I will drive amber", "I'll make basalt tea"
DONE = "Done, by "


@contextmanager
def promised(folder: Path, telling: Telling = IN_ENGLISH, *, days_before_change: int = 0) -> Iterator[Story]:
    """Let both promise something on an evening, and it be the next noon."""
    with Story.at(folder, telling) as story:
        rhythm = ("Every other evening",) if days_before_change else ()
        if days_before_change:
            change = next_change(story.now + timedelta(days=days_before_change + 1))
            story.clock.to((change - days_before_change * A_DAY).replace(hour=12).isoformat())
            story.ann.says("/start")
        story.ready(*rhythm)
        story.until("21:00")
        for one, act in ((story.ann, ANNS), (story.ben, BENS)):
            by_one_line(story, one, "calm", f"sleep / {act}")
        story.until("12:00")
        yield story


def asked(story: Story, one: Phone, since: int = 0) -> list[str]:
    return [text for text in story.told(one, since) if text.startswith(LOOK_BACK)]


def done(story: Story, since: int = 0) -> list[str]:
    return [text for _, text in story.said(since) if text.startswith(DONE)]


def again(story: Story) -> None:
    """Kill the bot, and start it."""
    story.kill()
    story.start_bot()


def test_killed_at_every_step_each_is_asked_once_and_what_is_shown_stands_once(
    tmp_path: Path, telling: Telling
) -> None:
    with promised(tmp_path, telling) as story:
        ann, ben, since = story.ann, story.ben, story.mark
        again(story)
        story.until("20:59")
        assert not asked(story, ann)
        again(story)
        story.until("21:01")
        again(story)
        for one, own, others in ((ann, ANNS, BENS), (ben, BENS, ANNS)):
            (text,) = asked(story, one, since)
            assert own in text
            assert not any(others in told for told in story.told(one, since))

        ann.taps("Done", "private")
        again(story)
        assert story.newest(DONE_WELL, ann, "private")
        assert done(story) == []
        ann.taps("Show it", "private")
        again(story)
        assert story.newest(SHOWN_NOW, ann, "private")
        assert done(story) == [f"Done, by Ann: {ANNS}"]
        assert ben.taps("I noticed, thank you").alert == "Ann can read it now."
        again(story)
        noticed = story.newest(DONE)
        assert noticed["text"].endswith("Ben noticed, and says thank you.")
        assert noticed["buttons"] == []

        story.until("20:00", days=4)  # Ben is silent, and that is the end of it
        assert len(asked(story, ben, since)) == len(asked(story, ann, since)) == 1
        assert len(done(story)) == 1
        assert story.crossed(BENS, "ben", since) == []


def test_both_answer_at_once_and_one_tap_twice(tmp_path: Path) -> None:
    with promised(tmp_path) as story:
        story.until("21:00")
        for label in ("Done", "Show it"):
            for one in (story.ann, story.ben, story.ann, story.ben):
                if label in one.buttons("private"):
                    one.taps(label, "private", wait=False)
        assert sorted(done(story)) == [f"Done, by Ann: {ANNS}", f"Done, by Ben: {BENS}"]
        for act, other in ((BENS, story.ann), (ANNS, story.ben)):
            card = next(each for each in other.room if act in each["text"] and each["text"].startswith(DONE))
            other.taps("I noticed, thank you", message=card["id"])
        noticed = [text for text in story.texts_of_tend() if text.startswith(DONE)]
        assert all(text.endswith("noticed, and says thank you.") for text in noticed)
        assert len(noticed) == 2


def test_it_waits_for_the_end_of_a_pause_and_is_answered_in_the_next(tmp_path: Path) -> None:
    with promised(tmp_path) as story:
        since = story.mark
        story.until("20:50")
        story.ben.says("/pause 30")
        story.until("21:15")
        assert not asked(story, story.ann)
        again(story)
        story.until("21:20")
        for one in (story.ann, story.ben):
            one.taps("I'm back")
        story.ann.taps("Let it rest")
        story.until("21:45")
        assert len(asked(story, story.ann, since)) == 1

        story.ben.says("/pause 30")
        story.ann.taps("Done", "private")
        story.ann.taps("Show it", "private")
        assert done(story) == []
        for one in (story.ann, story.ben):
            one.taps("We're fine again")
        story.until("23:30")
        assert done(story) == [f"Done, by Ann: {ANNS}"]


def test_put_off_over_eight_weeks_and_a_change_of_clock_it_comes_on_its_day(tmp_path: Path) -> None:
    with promised(tmp_path, days_before_change=20) as story:
        ann, offset = story.ann, story.now.utcoffset()
        for _ in range(2):
            ann.says("/promises", "private")
            assert ANNS in story.newest("You said", ann, "private")["text"]
            ann.taps("Another day", "private")
            ann.taps("In four weeks", "private")
            put_off = story.now
            story.clock.to((put_off + 27 * A_DAY).isoformat())
        assert asked(story, ann) == []
        expected = (put_off + 28 * A_DAY).replace(hour=8, minute=30, second=0, microsecond=0)
        assert expected.utcoffset() != offset
        story.clock.to((expected - timedelta(minutes=1)).isoformat())
        mark = story.mark
        story.clock.to((expected + timedelta(minutes=1)).isoformat())
        assert len(asked(story, ann, mark)) == 1


def test_a_day_that_passed_while_it_was_down_is_asked_about_afterwards_and_leaving_ends_it(
    tmp_path: Path,
) -> None:
    with promised(tmp_path) as story:
        since = story.mark
        story.kill()
        story.until("15:00", days=3)
        story.start_bot()
        assert len(asked(story, story.ann, since)) == 1
        story.ann.taps("Not yet", "private")
        assert story.newest(BETWEEN_US, story.ann, "private")

        story.ann.says("/promises")
        assert story.newest(IN_THE_ROOM)
        story.ann.taps("Show me mine")
        assert story.newest(NOTHING_OPEN, story.ann, "private")

        story.until("21:00")
        for one, act in ((story.ann, ANNS), (story.ben, BENS)):
            by_one_line(story, one, "calm", f"sleep / {act}")
        story.ann.says("/leave")
        story.ann.taps("Leave now")
        assert story.rows("select ritual from call where due_at is not null") == []
        since = story.mark
        story.until("21:30", days=9)
        assert story.calls("sendMessage", since) == []
