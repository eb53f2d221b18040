"""What binds Tend and Telegram: which updates it hears, that every tap is answered, and what it registers.

That every call fits the published schema is held at the end of every story (tests/stories.py).
"""

from pathlib import Path

from bot.playground.cast import BOT
from bot.shell import CLOSED
from tests.stories import CARD, GOOD_NIGHT, REVEAL, Story, mine


def test_an_edit_changes_an_answer_until_the_reveal_and_never_silently_after_it(tmp_path: Path) -> None:
    with Story.at(tmp_path) as story:
        story.ready()
        story.until("21:00")
        card = story.newest(CARD)["id"]
        feeling = story.ann.says("calm", reply_to=card)
        need = story.ann.says("rest", reply_to=card)
        story.ann.edits(feeling, "not so calm")
        assert mine(story, story.ann).alert == "Yours tonight: not so calm, needing rest."
        story.ann.edits(need, "a long sleep")
        assert mine(story, story.ann).alert == "Yours tonight: not so calm, needing a long sleep."

        line = story.ben.says("/checkin glad / music", "private")
        shown = story.newest(REVEAL)["text"]
        assert "Ann: not so calm, needing a long sleep." in shown
        assert "Ben: glad, needing music." in shown
        since = story.mark
        story.ann.edits(feeling, "furious")
        assert [text for _, text in story.said(since)] == [CLOSED]
        story.ben.edits(line, "/checkin furious / music", "private")
        story.clock.by("PT6S")  # what was just said is not said again right below itself
        story.ben.says("/checkin furious / music", "private")
        assert story.told(story.ben, since) == [CLOSED] * 2
        story.ben.says("/checkin", "private")
        assert story.told(story.ben, since)[-1].splitlines()[-1].startswith("Ann needs a long sleep.")
        assert story.newest(REVEAL)["text"] == shown


def test_an_edit_in_private_changes_the_answer_there(tmp_path: Path) -> None:
    with Story.at(tmp_path) as story:
        story.ready()
        story.until("21:00")
        story.ben.taps("Tell me alone")
        feeling = story.ben.says("glad", "private")
        need = story.ben.says("music", "private")
        story.ben.edits(feeling, "hopeful", "private")
        assert mine(story, story.ben).alert == "Yours tonight: hopeful, needing music."
        story.ben.edits(need, "fresh air and music", "private")
        assert mine(story, story.ben).alert == "Yours tonight: hopeful, needing fresh air and music."
        line = story.ann.says("/checkin numb", "private")
        assert mine(story, story.ann).alert == "Yours tonight: numb. The other half can follow."
        story.ann.edits(line, "/checkin sad / gentleness", "private")
        assert "Ann: sad, needing gentleness." in story.newest(REVEAL)["text"]


def test_a_command_is_heard_by_its_full_name_and_withheld_after_another_bot_wrote(tmp_path: Path) -> None:
    with Story.at(tmp_path) as story:
        story.ready()
        story.until("21:00")
        story.ann.says("/checkin@another_bot / sad / sleep / nothing")
        assert mine(story, story.ann).alert == "Nothing yet tonight, and that is fine."
        story.ann.says(f"/CHECKIN@{BOT.username.upper()} calm / rest")
        assert mine(story, story.ann).alert == "Yours tonight: calm, needing rest."
        story.another_bot_writes("ann")
        story.ben.says("/checkin glad / music")
        assert mine(story, story.ben).alert == "Nothing yet tonight, and that is fine."
        story.ben.says(f"/checkin@{BOT.username} glad / music / When I wake, I'll sing")
        assert "Ben: glad, needing music." in story.newest(REVEAL)["text"]
        story.ann.says("free chat, which nobody but the two should hear")
        story.ann.says("When it rains, I will drive", reply_to=story.newest(REVEAL)["id"])
        assert "When I wake, I'll sing" in story.newest(GOOD_NIGHT)["text"]
        heard = [call for call in story.calls("getUpdates") if "free chat" in str(call["answer"])]
        assert heard == []


def test_every_tap_is_answered_once_within_its_call(tmp_path: Path) -> None:
    with Story.at(tmp_path) as story:
        story.ready()
        story.until("21:00")
        labels = [label for row in story.newest(CARD)["buttons"] for label in row]
        assert len(labels) == len(set(labels)) == 24 + 24 + 4
        assert labels.pop() == "Pause"  # which answers in the room
        card = story.newest(CARD)["id"]
        for number, label in enumerate(labels):
            since = story.mark
            answer = (story.ann, story.ben)[number % 2 if number > 47 else 0].taps(label, message=card)
            assert answer.alert
            assert len(story.calls("answerCallbackQuery", since)) == 1
        assert len([text for _, text in story.said() if text.startswith(CARD)]) == 1


def test_the_commands_are_registered_for_rooms_and_for_private_chats(tmp_path: Path) -> None:
    with Story.at(tmp_path) as story:
        menus = {
            call["params"]["scope"]["type"]: [command["command"] for command in call["params"]["commands"]]
            for call in story.calls("setMyCommands")
        }
        assert set(menus) == {"all_group_chats", "all_private_chats", "default"}
        assert 1 <= len(menus["all_group_chats"]) <= 7
        assert set(menus["all_group_chats"]) < set(menus["all_private_chats"])
        assert {"help", "privacy", "leave"} <= set(menus["all_private_chats"])


def test_a_lost_answer_of_telegram_loses_no_line(tmp_path: Path) -> None:
    with Story.at(tmp_path) as story:
        story.ready()
        story.until("20:59")
        story.fault("429", "sendMessage", retry_after=3)
        story.until("21:00")
        story.breath()
        story.breath()
        assert len([text for _, text in story.said() if text.startswith(CARD)]) == 1
        story.fault("500", "sendMessage", count=2)
        story.fault("timeout_before", "answerCallbackQuery")
        story.ann.taps("calm")
        story.ann.taps("sleep")
        story.ben.says("/checkin glad / music")
        story.clock.by("PT1M")
        assert len([text for _, text in story.said() if text.startswith(REVEAL)]) == 1
