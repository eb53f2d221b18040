"""What steadies, through the stand-in: a breath, the ground, a plan; on a calm day and in a pause."""

from pathlib import Path
from typing import Any

from bot.playground.cast import BY_NAME
from bot.rituals import breathe, ground
from bot.rituals.pause import READY
from bot.rituals.plan import ASK_AWAY, ASK_CALL, ASK_HELPS, BEGINS, NO_PLAN, THE_PLAN
from bot.shell import ASIDE
from tests.phones import Phone
from tests.stories import HOME, Story
from tests.test_pause_stories import a_couple

ENOUGH = "That is enough"
UPLOADED, BY_NAME_OF_TELEGRAM = False, True
SIGNS = "It is getting hard when: amber loud"
AWAY = "To step away: the balcony"
WHOLE = f"{THE_PLAN}\n{SIGNS}\n{AWAY}\nWhat helps Ann: a walk\nWhat helps Ben: basalt music"


def shown(story: Story, since: int = 0) -> list[tuple[int, bool]]:
    """Return where animations were shown, and whether by Telegram's name for one that it has."""
    return [
        (call["params"]["chat_id"], is_name(call["params"]["animation"]))
        for call in story.calls("sendAnimation", since)
        if call["answer"]["ok"]
    ]


def is_name(animation: Any) -> bool:  # noqa: ANN401 - JSON
    return isinstance(animation, str) and not animation.startswith("attach://")


def alone(one: Phone) -> int:
    return BY_NAME[one.who].id


def test_an_exercise_is_one_message_and_one_closing_line_and_its_picture_is_uploaded_once(
    tmp_path: Path,
) -> None:
    with a_couple(tmp_path) as story:
        ann, ben = story.ann, story.ben
        ann.says("/breathe")
        assert ann.room[-1]["media"] == "animation"
        assert ann.room[-1]["text"].startswith(breathe.IN_AND_OUT)
        assert shown(story) == [(HOME, UPLOADED)]
        ben.taps(ENOUGH)
        assert closed(ann, "room") == breathe.ENDED

        ben.says("/breathe", "private")
        story.clock.by("PT6M")
        assert closed(ben, "private") == breathe.ENDED
        story.kill()
        story.start_bot()
        since = story.mark
        ann.says("/breathe", "private")
        assert ann.private[-1]["media"] == "animation"
        ann.taps(ENOUGH, "private")
        assert closed(ann, "private") == breathe.ENDED
        assert shown(story) == [
            (HOME, UPLOADED),
            (alone(ben), BY_NAME_OF_TELEGRAM),
            (alone(ann), BY_NAME_OF_TELEGRAM),
        ]
        assert story.said(since) == []

        before = len(ann.room)
        ann.says("/ground")
        assert len(ann.room) == before + 2
        assert ann.room[-1]["text"].startswith(ground.FIVE_SENSES)
        ann.taps(ENOUGH)
        assert closed(ann, "room") == ground.ENDED
        assert len(ann.room) == before + 2
        ben.says("/ground", "private")
        story.clock.by("PT11M")
        assert closed(ben, "private") == ground.ENDED
        assert story.buttons_of_tend() == []


def closed(one: Phone, where: str) -> str:
    """Return what the newest message says, which has no button left."""
    newest = one.reads(where)[-1]
    assert newest["buttons"] == []
    return str(newest["text"])


def test_a_plan_is_made_by_both_and_in_a_pause_it_and_all_that_steadies_is_for_one_alone(
    tmp_path: Path,
) -> None:
    with a_couple(tmp_path, lanes=False) as story:
        ann, ben = story.ann, story.ben
        ann.says("/start lane", "private")
        ann.says("/pause")
        ann.taps("Our plan", "private")
        assert closed(ann, "private") == NO_PLAN
        ann.taps("We're fine again")
        ben.taps("We're fine again")
        ann.taps("Let it rest")

        ben.says("/plan")
        ben.says("amber loud", reply_to=story.newest(BEGINS)["id"])
        ann.says("the balcony", reply_to=story.newest(ASK_AWAY)["id"])
        assert story.newest(ASK_CALL)
        ben.taps("Skip this one")
        helps = story.newest(ASK_HELPS)["id"]
        ann.says("a walk", reply_to=helps)
        ben.says("basalt music", reply_to=helps)
        assert story.newest(THE_PLAN)["text"] == WHOLE

        ann.says("/pause 20", "private")
        since = story.mark
        ann.taps("Our plan", "private")
        assert closed(ann, "private") == WHOLE
        ann.taps("Breathe", "private")
        ann.says("/ground")
        assert ann.private[-1]["text"].startswith(ground.FIVE_SENSES)
        ann.taps(ENOUGH, "private")
        assert story.said(since) == []
        assert shown(story, since) == [(alone(ann), UPLOADED)]

        ben.says("/breathe")
        ((_, aside),) = story.said(since)
        assert aside == ASIDE.format(who="Ben")
        assert shown(story, since) == [(alone(ann), UPLOADED)]
        ben.says("/start lane", "private")
        assert shown(story, since)[1:] == [(alone(ben), BY_NAME_OF_TELEGRAM)]
        ben.says("/plan")
        assert closed(ben, "private") == WHOLE
        story.clock.by("PT25M")
        assert [text for _, text in story.said(since)] == [aside, READY]
        assert ENOUGH not in story.buttons_of_tend()
