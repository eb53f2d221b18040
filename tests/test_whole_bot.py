"""From "I'm in" to /leave: the real bot over HTTP, a couple, and people who do odd things."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from bot.playground.cast import BY_NAME
from bot.shell import PASSED
from tests.phones import Phone
from tests.stories import CARD, GUEST, NEST, REVEAL, Story, by_picker, mine
from tests.tellings import Telling

HAS_ITS_TWO, FOR_THE_TWO = "This room has its two already.", "This is for the two of them."
NEUTRAL = {None, PASSED, HAS_ITS_TWO, FOR_THE_TWO}
RESTING = "Tend is resting here."


# -- Joining ------------------------------------------------------------------


def test_a_couple_joins_and_sets_its_evening_while_a_stranger_tries_at_every_step(
    tmp_path: Path, telling: Telling
) -> None:
    with Story.at(tmp_path, telling) as story:
        ann, ben, cleo = story.ann, story.ben, story.cleo
        (welcome,) = ann.room
        assert len(welcome["text"].splitlines()) == 3
        assert welcome["buttons"] == [["I'm in"]]

        ann.taps("I'm in")
        assert ann.taps("I'm in").alert == "You are in. Now the other one."
        assert "Ann is in" in ben.texts()[0]
        ben.taps("I'm in")
        assert ann.texts() == ["Ann and Ben: is that the two of you?"]
        cleo.joins()
        for label in ("That's us", "Not us"):
            assert cleo.taps(label).alert == HAS_ITS_TWO
        assert ann.texts() == ["Ann and Ben: is that the two of you?"]
        assert ben.taps("That's us").alert == "Noted. Once Ann taps too, it begins."
        ann.taps("That's us")
        assert story.newest(GUEST)["buttons"] == [["Go on here"]]
        assert cleo.taps("Go on here").alert == FOR_THE_TWO
        story.go_on_here()

        setup = story.newest("Every evening, at 21:00, by the clock of Berlin.")["id"]
        assert_nothing_changes(story, setup, lambda: tries_everything_at_the_settings(cleo, setup))

        ben.says("Atlantis-on-Sea", reply_to=setup)
        anew = story.newest("I do not know that place.")["id"]  # under the reply, where it is seen
        assert anew > setup
        ben.says("Lima", reply_to=setup)  # a reply to the older one counts as well
        assert "by the clock of Lima" in story.newest("Every evening")["text"]
        ben.says("berlin", reply_to=setup)
        ann.says("20:30", reply_to=setup)
        ann.taps("Every other evening")
        assert story.newest("Every other evening, at 20:30, by the clock of Berlin.")["id"] == anew
        assert_nothing_changes(story, anew, lambda: tries_everything_at_the_settings(cleo, anew))
        ben.taps("Looks right")

        begun = story.now
        evening = f"Monday, {begun.day} {begun:%B}"
        assert story.newest(f"Kept. Your first evening is {evening}, at 20:30.")["buttons"] == [
            ["Open our private chat"]
        ]
        assert story.buttons_of_tend() == []
        url = ben.taps("Open our private chat").url
        assert url is not None
        assert url.endswith("?start=lane")
        story.until("20:30")
        assert story.newest(CARD)["buttons"]
        story.until("20:30")
        story.until("20:30")
        cards = [f"{at:%d. %H:%M}" for at, text in story.said() if text.startswith(CARD)]
        assert cards == [f"{day:%d}. 20:30" for day in (begun, begun + timedelta(days=2))]


def tries_everything_at_the_settings(cleo: Phone, setup: int) -> None:
    """Tap and write whatever is there."""
    for label in ("Every other evening", "Every evening", "Hour", "We live apart", "Looks right"):
        if label in cleo.buttons():
            assert cleo.taps(label).alert == FOR_THE_TWO
    for text in ("Tokyo", "03:00", "yes"):
        cleo.says(text, reply_to=setup)
    for command in (
        "/settings",
        "/checkin calm / rest / tea",
        "/leave",
        "/start",
        "/start@tend_stand_in_bot",
    ):
        cleo.says(command)


def assert_nothing_changes(story: Story, card: int, act: Callable[[], object]) -> None:
    """See that a card stands as it stood, and that nobody was told anything."""
    before = [message for message in story.ann.room if message["from"] == "Tend"]
    assert card in {message["id"] for message in before}
    act()
    assert [message for message in story.ann.room if message["from"] == "Tend"] == before


def test_not_us_begins_again_and_two_others_can_still_be_the_two(tmp_path: Path, telling: Telling) -> None:
    with Story.at(tmp_path, telling) as story:
        story.cleo.joins()
        story.ann.taps("I'm in")
        story.cleo.taps("I'm in")
        assert story.ann.texts() == ["Ann and Cleo: is that the two of you?"]
        assert story.ben.taps("That's us").alert == HAS_ITS_TWO
        story.cleo.taps("Not us")
        assert story.ann.texts() == ["All right. Who are the two of you? It begins when both have tapped."]
        story.ben.taps("I'm in")
        story.ann.taps("I'm in")
        story.ben.taps("That's us")
        assert story.ann.texts()[0] == "Ben and Ann: the two of you."


def test_one_changes_a_setting_and_the_room_is_told(tmp_path: Path, telling: Telling) -> None:
    with Story.at(tmp_path, telling) as story:
        story.ready()
        story.sets(story.ben, "Hour", "20:00")
        assert story.newest("Ben has changed this for you two. Hour: 20:00.")
        assert story.newest("Kept. /settings opens it again.")["buttons"] == []
        story.ann.says("/settings", "private")
        story.ann.taps("Answers show", "private")
        story.ann.taps("Each as it comes", "private")
        assert story.newest("Ann has changed this for you two. Answers show: Each as it comes.")
        story.until("20:00")
        assert story.newest(CARD)
        story.until("21:00")
        assert len([text for _, text in story.said() if text.startswith(CARD)]) == 1
        story.ann.taps("calm")
        assert "Ann: calm." in story.newest("")["text"] or any(
            "Ann: calm." in text for text in story.ben.texts()
        )


def test_each_can_leave_alone_and_the_two_can_begin_again(tmp_path: Path, telling: Telling) -> None:
    with Story.at(tmp_path, telling) as story:
        story.ready()
        story.until("21:00")
        by_picker(story, story.ann, "calm", "a hug")
        story.ben.says("/leave", "private")
        story.ben.taps("Leave now", "private")
        assert story.newest(RESTING)
        assert not any("Ben" in text and "leave" in text.casefold() for text in story.ann.texts())
        assert story.buttons_of_tend() == []
        since = story.mark
        story.until("22:00", days=2)
        assert story.said(since) == []

        story.ann.says("/start")
        story.join()
        story.ben.taps("Begin anew")
        story.ben.taps("Looks right")
        story.until("21:00")
        assert mine(story, story.ann).alert == "Nothing yet tonight, and that is fine."
        story.ann.says("/leave")
        assert story.ben.taps("Leave now").alert == "This is for Ann to decide."
        story.ann.taps("Stay")
        story.ann.says("/leave")
        story.ann.taps("Leave now")
        assert story.texts_of_tend()[-1].startswith(RESTING)
        assert story.buttons_of_tend() == []


def test_help_and_privacy_answer_anybody_and_everywhere(tmp_path: Path, telling: Telling) -> None:
    with Story.at(tmp_path, telling) as story:
        story.cleo.joins()
        for number, who in enumerate((story.ann, story.cleo)):
            who.says("/help")
            who.says("/privacy")
            assert sum("/checkin" in text for text in story.texts_of_tend()) == number + 1
            assert (
                sum("Telegram can read chats with bots" in text for text in story.texts_of_tend())
                == number + 1
            )
        story.cleo.leaves()
        story.ready()
        for who in (story.ann, story.ben):
            who.says("/help", "private")
            who.says("/privacy", "private")
            assert any("/checkin" in text for text in story.told(who))
            assert any("Telegram can read chats with bots" in text for text in story.told(who))
            assert any("/leave ends it at once" in text for text in story.told(who))


# -- Time that passed while nobody was there -----------------------------------


def test_a_bot_that_was_down_at_the_hour_says_that_it_is_late_and_never_catches_up(
    tmp_path: Path, telling: Telling
) -> None:
    with Story.at(tmp_path, telling) as story:
        story.ready()
        story.until("20:59")
        story.kill()
        story.until("21:30")
        story.start_bot()
        (late,) = cards_of(story)
        assert "later than planned" in late[1]
        assert f"{late[0]:%H:%M}" == "21:30"
        assert "until 00:00" in late[1]

        story.until("20:59")
        since = story.mark
        story.term()
        story.until("12:00")
        story.start_bot()
        assert story.said(since) == []
        assert story.buttons_of_tend() == []
        story.until("20:59")
        assert story.said(since) == []
        story.until("21:00")
        (on_time,) = cards_of(story, since)
        assert "later than planned" not in on_time[1]
        assert f"{on_time[0]:%H:%M}" == "21:00"


def cards_of(story: Story, since: int = 0) -> list[tuple[object, str]]:
    return [(at, text) for at, text in story.said(since) if text.startswith(CARD)]


# -- Those who are not the two, and taps that are not taps ---------------------


def test_nobody_else_and_no_forged_tap_changes_anything(tmp_path: Path, telling: Telling) -> None:
    with Story.at(tmp_path, telling) as story:
        story.ready()
        story.bot_in_room("dora")
        story.dora.taps("I'm in")
        story.eli.taps("I'm in")
        story.dora.taps("That's us")
        story.eli.taps("Looks right")
        story.dora.says("/start", "private")
        story.until("21:00")
        by_picker(story, story.ann, "calm", "a hug")
        old, old_card = story.data("angry"), story.newest(CARD)["id"]
        story.until("20:50")
        story.until("21:00")

        by_picker(story, story.ann, "tender", "music")
        story.ben.taps("Tell me alone")
        story.ben.says("something of my own", "private")
        story.cleo.joins()
        card = story.newest(CARD)["id"]
        nest = story.newest(CARD, story.dora)["id"]
        angry, sleep, never = story.data("angry"), story.data("sleep"), story.data("Not tonight")
        theirs = story.data("angry", NEST)
        private = story.data("Not tonight", BY_NAME["ben"].id)
        lane = story.newest("", story.ben, "private")["id"]
        number, _, key = angry.partition(":")
        changed = [f"{int(number) + step}:{key}" for step in (-1, 1, 2, 1000)]
        changed += [
            f"{number}:{'0' * 12}",
            f"{number}:0",
            number,
            ":",
            "calm",
            "1:1:1",
            "-1:" + key,
            "9" * 40 + ":" + key,
        ]
        changed += [
            key,
            f"{number}:{key} ",
            f"{number}:{key.upper()}x",
            "\N{DOVE OF PEACE}" * 16,
            "'; drop table card; --",
        ]

        before = story.standing()
        told: list[str | None] = []
        for data in (
            angry,
            sleep,
            never,
        ):  # what Ann and Ben may tap, tapped by others, in and outside the room
            told.append(story.cleo.forges(data, card).alert)
            told.append(story.dora.forges(data, card, forged=True).alert)
            told.append(story.dora.forges(data, nest).alert)
        told.extend(story.ann.forges(data, card).alert for data in changed)
        for who in (story.ann, story.ben):
            told.append(who.forges(theirs, card).alert)  # a card of another couple's
            told.append(
                who.forges(old, old_card).alert
            )  # yesterday's button, on its own card and on tonight's
            told.append(who.forges(old, card).alert)
        told.append(story.ann.forges(private, card).alert)  # a button of Ben's private chat
        told.append(story.ann.forges(private, lane, forged=True).alert)
        told.append(story.cleo.forges(private, lane, forged=True).alert)
        assert story.standing() == before
        assert set(told) <= NEUTRAL
        assert told.count(PASSED) > 15


def test_a_stranger_who_speaks_in_the_room_or_alone_is_told_kindly_or_not_at_all(
    tmp_path: Path, telling: Telling
) -> None:
    with Story.at(tmp_path, telling) as story:
        story.ready()
        story.cleo.says("/start", "private")
        story.cleo.says("hello, are they well", "private")
        come_along = "I live in a chat of you two."
        assert [text[: len(come_along)] for text in story.told(story.cleo)] == [come_along] * 2
        story.cleo.joins()
        story.go_on_here()
        story.until("21:00")
        by_picker(story, story.ann, "calm", "a hug")
        before, card = story.standing(), story.newest(CARD)["id"]
        word = story.cleo.says("jealous", reply_to=card)
        story.cleo.edits(word, "very jealous")
        for text in ("/checkin sad / sleep / nothing", "/settings", "/leave", "/start", "/checkin"):
            story.cleo.says(text)
        assert story.standing() == before
        for label in ("angry", "Not tonight", "What did I say?", "Tell me alone"):
            assert story.cleo.taps(label).alert == FOR_THE_TWO
        assert story.standing() == before


# -- Law 10: what Tend shows is what it may show --------------------------------


def test_words_of_one_reach_the_other_only_with_the_reveal(tmp_path: Path, telling: Telling) -> None:
    with Story.at(tmp_path, telling) as story:
        story.ready()
        story.cleo.joins()
        story.go_on_here()
        for number, ways in enumerate(("room", "private", "line", "edit")):
            story.until("21:00")
            since = story.mark
            writes(story, story.ann, ways, f"amber{number}")
            for label in ("What did I say?", "Tell me alone"):
                story.ben.taps(label)
            story.ben.says("/checkin")
            story.until("22:10")
            for mark in ("feeling", "need", "action"):
                assert story.crossed(f"{mark} amber{number}", "ann", since) == []
            writes(story, story.ben, ways, f"basalt{number}")
            shown = (
                story.newest(REVEAL)["text"] if ways != "line" else story.newest("That was tonight's")["text"]
            )
            assert f"amber{number}" in shown
            assert f"basalt{number}" in shown
            story.until("12:30")


def writes(story: Story, one: Phone, way: str, mark: str) -> None:
    """Name a feeling and a need, each with a marked word."""
    if way == "line":
        one.says(f"/checkin feeling {mark} / need {mark} / action {mark}")
    elif way == "private":
        one.taps("Tell me alone")
        one.says(f"feeling {mark}", "private")
        one.says(f"need {mark}", "private")
    else:
        card = story.newest("")["id"]
        message = one.says("something else at first" if way == "edit" else f"feeling {mark}", reply_to=card)
        if way == "edit":
            one.edits(message, f"feeling {mark}")
        one.says(f"need {mark}", reply_to=card)
