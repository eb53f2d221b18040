"""A hard moment, over HTTP: a plan made beforehand, a pause, and in it the plan, a breath and five senses."""

import sqlite3
from contextlib import closing
from pathlib import Path

import httpx

from bot.pictures import picture
from bot.playground.cast import BOT
from bot.rituals import breathe, ground, plan
from tests.stories import Story


def test_a_pause_with_all_that_steadies(tmp_path: Path) -> None:
    with Story.at(tmp_path) as story:
        story.ready()
        a_plan(story)
        room = story.ann.texts()
        story.ann.says("/pause")

        assert story.ben.taps("Our plan", "private").alert is not None
        assert "What helps Ben: music" in story.ben.texts("private")[-1]
        story.breath()
        story.ben.taps("Breathe", "private")
        assert story.ben.texts("private")[-1].startswith(breathe.IN_AND_OUT)
        story.breath()
        story.ann.says("/ground")
        assert story.ann.texts("private")[-1].startswith(ground.FIVE_SENSES)
        story.clock.by("PT5M")
        assert story.ben.texts("private")[-1] == breathe.ENDED
        story.ann.taps("That is enough", "private")

        assert story.ann.texts("private")[-1] == ground.ENDED
        assert [text for text in story.ann.texts() if text not in room] == [
            "/pause",
            story.newest("Ann takes a pause")["text"],
            "/ground",
        ]


def a_plan(story: Story) -> None:
    """Let the two make their plan."""
    story.ann.says("/plan")
    for who, said, asked in (
        (story.ben, "one of us talks fast", plan.BEGINS),
        (story.ann, "you the balcony, I the kitchen", plan.ASK_AWAY),
        (story.ben, "my sister", plan.ASK_CALL),
        (story.ann, "a walk", plan.ASK_HELPS),
        (story.ben, "music", plan.ASK_HELPS),
    ):
        who.says(said, reply_to=story.newest(asked)["id"])
    assert "To call: my sister" in story.newest(plan.THE_PLAN)["text"]


def test_the_picture_is_uploaded_once_and_its_words_change_below_it(tmp_path: Path) -> None:
    with Story.at(tmp_path) as story:
        story.ready()

        story.ann.says("/breathe")
        shown = story.newest(breathe.IN_AND_OUT)
        story.ben.taps("That is enough")
        assert story.newest(breathe.ENDED)["id"] == shown["id"]
        story.kill()
        story.start_bot()
        story.ben.says("/breathe", "private")
        story.clock.by("PT5M")

        first, second = story.calls("sendAnimation")
        body = picture("breathe").body
        assert first["params"]["animation"]["file_size"] == len(body)
        name = first["answer"]["result"]["animation"]["file_id"]
        assert second["params"]["animation"] == name
        assert story.ben.texts("private")[-1] == breathe.ENDED
        assert len(story.calls("editMessageCaption")) == 2
        path = f"animations/{name}.gif"
        served = httpx.get(f"{story.line.address}/file/bot{BOT.token}/{path}", trust_env=False)
        assert served.content == body


def test_a_name_that_telegram_does_not_know_is_replaced(tmp_path: Path) -> None:
    with Story.at(tmp_path) as story:
        story.ready()
        story.ann.says("/breathe")
        story.kill()
        with closing(sqlite3.connect(tmp_path / "tend" / "tend.db")) as database, database:
            database.execute("UPDATE picture SET file_id = 'of another life'")
        story.start_bot()

        story.ben.says("/breathe", "private")

        first, refused, second = story.calls("sendAnimation")
        assert refused["params"]["animation"] == "of another life"
        assert not refused["answer"]["ok"]
        assert second["params"]["animation"] == first["params"]["animation"]
        assert story.ben.texts("private")[-1].startswith(breathe.IN_AND_OUT)
