"""The debrief through the stand-in: their week as a picture, and small steps that no kill disturbs.

Every story begins at noon on a Monday, whatever day it is told on.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot.answers import UNSEEN
from bot.rituals.debrief import (
    ENDED,
    GIVE_THANKS,
    HERE_OR_ALONE,
    LEFT_ALONE,
    LEFT_OFF,
    NEXT_WEEK,
    PAINFUL,
    QUESTIONS,
    THANKED,
    TOUCH,
    WAS_PAINFUL,
    WELL,
    WENT_WELL,
)
from bot.rituals.gratitude import SUNDAY as NUDGE
from bot.week import OF_NONE
from tests.phones import Json, Phone, Refusal
from tests.stories import BERLIN, CARD, HOME, Story, by_one_line
from tests.test_gratitude_stories import next_change
from tests.test_pause_stories import A_DAY, SUNDAY, a_couple, comes

THE_WEEK = "Your week together: 1 evening kept and 1 thank-you said."
LEFT = LEFT_OFF.partition("{")[0]
AMBER, BASALT = "amber number {}", "basalt"
WEEK = timedelta(days=7)


def pictures(story: Story, since: int = 0) -> list[Json]:
    """Return the messages with a photo that the bot sent to the room."""
    calls = story.calls("sendPhoto", since, HOME)
    return [call["answer"]["result"] for call in calls if call["answer"] and call["answer"]["ok"]]


def chosen(story: Story) -> None:
    """Choose a debrief at six on Sundays."""
    story.sets(story.ann, "Sunday debrief", "A debrief at 18:00")


def stands(story: Story, begins: str) -> str:
    """Return what a message of the bot in the room says."""
    return str(story.newest(begins)["text"])


def tells_alone(one: Phone, words: str) -> None:
    one.taps("Tell me alone")
    one.says(words, "private")


def test_a_sunday_in_small_steps(tmp_path: Path) -> None:
    with a_couple(tmp_path) as story:
        ann, ben = story.ann, story.ben
        chosen(story)
        story.until("21:00")
        by_one_line(story, ann, "calm", "a hug")
        by_one_line(story, ben, "glad", "rest")
        story.until("12:00")
        ben.says("/thanks for the soup on Monday")

        since, sunday = story.mark, comes(story, SUNDAY, "18:00")
        (picture,) = pictures(story, since)
        assert picture["caption"] == f"{THE_WEEK}\n{GIVE_THANKS}\n{HERE_OR_ALONE}"
        assert [each["width"] for each in picture["photo"]] == [90, 320, 800, 1080]
        assert ann.room[-1]["media"] == "photo"
        since = story.mark

        ann.says("for the walk", reply_to=picture["message_id"])
        tells_alone(ben, "basalt tea")
        assert stands(story, THE_WEEK) == f"{THE_WEEK}\n{THANKED}\nAnn: for the walk\nBen: basalt tea"
        ben.says("basalt laughter", "private")  # asked alone once, he is asked alone from then on
        assert story.crossed("basalt laughter", "ben") == []
        assert story.newest(WENT_WELL, ben, "private")
        assert story.newest("Kept: basalt laughter", ben, "private")["text"].endswith(UNSEEN)
        ann.says("our walk", reply_to=story.newest(WENT_WELL)["id"])
        assert stands(story, WELL) == f"{WELL}\nAnn: our walk\nBen: basalt laughter"
        ann.says("I felt alone on Friday", reply_to=story.newest(WAS_PAINFUL)["id"])
        ben.taps("Go on")
        assert stands(story, PAINFUL) == f"{PAINFUL}\nAnn: I felt alone on Friday"
        ben.taps("Go on")
        assert stands(story, NEXT_WEEK) == NEXT_WEEK
        assert stands(story, TOUCH) == TOUCH
        ann.taps("That was good")
        assert stands(story, ENDED) == ENDED
        assert story.buttons_of_tend() == []

        story.until("23:59")
        said = [text for _, text in story.said(since)]
        assert not [text for text in said if text.startswith((NUDGE, CARD))]
        assert len(said) == 4
        story.until("21:00")
        assert story.newest(CARD)
        assert story.now - sunday < 2 * A_DAY
        assert story.rows("select count(*) from kept where kind = 'thanks'") == [(3,)]
        words = "for the walk", "basalt tea", "basalt laughter", "I felt alone", "quiet week"
        assert not [file for file in story.files if any(each.encode() in file.read_bytes() for each in words)]


def test_killed_left_alone_paused_and_tapped_by_both_at_once_it_rests_and_is_taken_up_at_every_step(
    tmp_path: Path,
) -> None:
    with a_couple(tmp_path) as story:
        ann, ben = story.ann, story.ben
        story.until("14:00")
        ann.says("/debrief")
        for number, question in enumerate(QUESTIONS):
            amber = AMBER.format(number)
            asked = f"{OF_NONE}\n{GIVE_THANKS}" if number == 0 else question.asks
            ann.says(amber, "private", wait=False)
            again(story)
            assert story.newest(f"Kept: {amber}", ann, "private")["text"].endswith(UNSEEN)
            story.clock.by("PT90M")
            ben.says("/pause")
            story.clock.by("PT31M")
            ben.taps("I'm back")
            ann.taps("I'm back")
            story.clock.by("PT20M")
            assert LEFT not in stands(story, asked)  # a pause takes none of its time
            story.clock.by("PT2H")
            assert LEFT in stands(story, asked)
            assert story.newest(LEFT_ALONE, ann, "private")

            killed_amid(story, ben, "Take it up")
            assert stands(story, asked) == f"{asked}\n{HERE_OR_ALONE}"
            assert story.newest(f"Kept: {amber}", ann, "private")
            before = len(story.texts_of_tend())
            both_tap(story, "Go on")
            assert len(story.texts_of_tend()) == before + 1
            assert story.crossed(amber, "ann") == []

        both_tap(story, "That was good")
        assert stands(story, ENDED) == ENDED
        assert story.rows("select count(*) from playing where ritual = 'debrief'") == [(0,)]
        assert not {"Take it up", "Go on", "That was good"} & {*story.buttons_of_tend()}


def test_what_rests_over_its_days_is_read_by_nobody(tmp_path: Path) -> None:
    with a_couple(tmp_path) as story:
        ann, ben = story.ann, story.ben
        ann.says(f"/debrief {BASALT}", "private")
        killed_amid(story, ben, "Not today")
        assert LEFT in stands(story, OF_NONE)
        ben.says("/debrief")
        assert story.newest(f"Kept: {BASALT}", ann, "private")
        ann.taps("Not today")
        story.clock.by("P3D")
        assert story.crossed(BASALT, "ann") == []
        assert story.rows("select count(*) from playing where ritual = 'debrief'") == [(0,)]
        assert "Take it up" not in story.buttons_of_tend()


def both_tap(story: Story, label: str) -> None:
    """Let both tap, and the bot be killed; where Ann was heard already, Ben sees the button no more."""
    story.ann.taps(label, wait=False)
    with suppress(Refusal):
        story.ben.taps(label, wait=False)
    again(story)


def killed_amid(story: Story, one: Phone, label: str) -> None:
    """Let one tap, and the bot be killed at once."""
    one.taps(label, wait=False)
    again(story)


def again(story: Story) -> None:
    """Kill the bot, and start it again."""
    story.kill()
    story.start_bot()
    story.clock.by("PT3S")


def test_across_a_change_of_clock_it_is_six_on_sundays_and_away_too_long_it_is_the_check_in(
    tmp_path: Path,
) -> None:
    with a_couple(tmp_path) as story:
        chosen(story)
        story.kill()  # or the evenings of months would be played until then
        story.clock.to((next_change(story.now + 2 * WEEK) - 8 * A_DAY).replace(hour=12).isoformat())
        story.start_bot()
        since = story.mark
        sundays = [comes(story, SUNDAY, "18:00") for _ in range(2)]
        at = [moment(call) for call in story.calls("sendPhoto", since, HOME)]
        assert at == [sunday.replace(second=0, microsecond=0) for sunday in sundays]
        assert sundays[0].utcoffset() != sundays[1].utcoffset()

        comes(story, SUNDAY, "17:00")
        since = story.mark
        story.kill()
        story.until("20:30")
        story.start_bot()
        story.until("21:00")
        assert pictures(story, since) == []
        assert [text.startswith(CARD) for _, text in story.said(since)] == [True]


def moment(call: dict[str, Any]) -> datetime:
    """Return when a call was made, by Berlin's clock."""
    return datetime.fromisoformat(call["at"]).astimezone(BERLIN).replace(second=0, microsecond=0)
