"""A repair: said, heard, answered with a change and something warm, at rest, and after eight weeks."""

import itertools
import random
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from typing import Any

import pytest

from bot.amends import MOST_ROUNDS, PARTS, Amends
from bot.apology import TAKEN_BACK
from bot.drafting import A_TAP_SENDS, LIES_THERE, LOOK_AGAIN, RESTS_UNSENT, SENT, UNREAD, UNSENT, WENT_ON
from bot.hours import ANCHOR, QUIET, ZONE, Span
from bot.mending import (
    ASK_CHANGE,
    ASK_HURT,
    ASK_MISSING,
    BEGINS,
    BEGINS_THERE,
    RESTS_HERE,
    WARM,
)
from bot.ritual import Event, Kept, Preference, Words, Wrote, whisper
from bot.rituals.check_in import CHECK_IN
from bot.rituals.pause import PAUSE
from bot.rituals.promises import PROMISES
from bot.rituals.repair import IS_DONE, REPAIR, RESTS_NOW, RESTS_SOON, TAKEN_ALREADY, Drafting
from bot.rituals.review import REVIEW
from bot.shell import CLOSED, PASSED, TOO_LONG
from tests.playing import Mark, Play
from tests.rehearsal import BERLIN, FIRST_DAY, LIMA, Clock, Player, Room, rehearse

ALONE, WITH_BUT = "When you left, I felt alone.", "I left you with all of it, but I was tired."
LEFT = "I left you with all of it."
CHANGE = "When I am late, I will call you."
MORE = "that it was your mother's birthday"
Scene = tuple[Room, Player, Player, Clock]

ASK_SAID = "What did it do to Ann, as you understand it? One or two sentences about your part."
INVITES_BEN = "Ben, what did it do to Ann, as you understand it? Reply here, or word it alone first."
HEARD_SO = "Ann, do you feel heard? If something is missing, a reply or a tap says so."
IS_HEARD = "Ann feels heard. Ben, what will you do differently? One thing, as: When ..., I will ..."
ONE_LINE = f"Ben: {LEFT}\n{HEARD_SO}"


def two(at: str = "20:00", on: date = FIRST_DAY, prefers: dict[Preference[Any], Any] | None = None) -> Scene:
    """Ann and Ben, on a Friday at eight, whose evenings begin much later."""
    return rehearse(
        CHECK_IN,
        PAUSE,
        PROMISES,
        REPAIR,
        REVIEW,
        at=at,
        on=on,
        prefers={ANCHOR: date(2028, 1, 1), **(prefers or {})},
    )


def tells(who: Player, tap: str, words: str) -> None:
    """One says which it is, words it alone and sends it."""
    who.taps(tap)
    who.writes(words)
    who.taps("Send it as it is")


def opened(**how: Any) -> Scene:  # noqa: ANN401 - as `two` takes it
    """Ben has sent /repair."""
    stage = two(**how)
    stage[2].sends("/repair")
    return stage


def hurt(**how: Any) -> Scene:  # noqa: ANN401 - as `two` takes it
    """Ann has said what hurt her, and Ben is invited."""
    stage = opened(**how)
    _, ann, _, _ = stage
    tells(ann, "Something hurt me", ALONE)
    return stage


def said(**how: Any) -> Scene:  # noqa: ANN401 - as `two` takes it
    """Ben has said what he did."""
    stage = opened(**how)
    _, _, ben, _ = stage
    tells(ben, "I want to repair something", LEFT)
    return stage


def heard(**how: Any) -> Scene:  # noqa: ANN401 - as `two` takes it
    """Ann feels heard."""
    stage = said(**how)
    stage[1].taps("I feel heard")
    return stage


def changed(**how: Any) -> Scene:  # noqa: ANN401 - as `two` takes it
    """Ben has said what changes."""
    stage = heard(**how)
    stage[2].replies(CHANGE)
    return stage


def promised(**how: Any) -> Scene:  # noqa: ANN401 - as `two` takes it
    """Ben has chosen to be asked tomorrow."""
    stage = changed(**how)
    stage[2].taps("Tomorrow")
    return stage


def done(**how: Any) -> Scene:  # noqa: ANN401 - as `two` takes it
    """They have come to its end, on Friday, 1 May."""
    stage = promised(**how)
    _, ann, ben, _ = stage
    ann.taps("A walk together")
    ben.taps("Yes, that")
    return stage


def kept(room: Room, kind: str) -> list[Kept]:
    return [thing for thing in room.stage.kept if thing.kind == kind]


def words_kept(room: Room) -> list[str]:
    return [thing.words.text for thing in room.stage.kept if thing.words]


# -- Opened -------------------------------------------------------------------


def test_either_opens_it_and_is_asked_alone() -> None:
    room, ann, ben, _ = opened()
    assert room.texts == [BEGINS]
    assert room.labels == ["I want to repair something", "Something hurt me"]

    ben.taps("I want to repair something")

    assert ben.private == [f"{UNREAD}\n{ASK_SAID}"]
    assert room.texts == [BEGINS]
    assert ann.private == ann.whispered == []


def test_what_hurt_is_asked_of_the_one_it_hurt() -> None:
    room, ann, ben, _ = opened()

    ann.taps("Something hurt me")

    assert ann.private == [f"{UNREAD}\n{ASK_HURT}"]
    assert room.texts == [BEGINS]
    assert ben.private == []


def test_begun_alone_it_stays_alone() -> None:
    room, ann, ben, _ = two()

    ann.sends("/repair", private=True)
    assert (room.texts, ann.private) == ([], [BEGINS])
    ann.taps("Something hurt me")

    assert room.texts == ben.private == []


def test_both_at_once_are_two_repairs() -> None:
    room, ann, ben, _ = opened()
    ann.taps("Something hurt me")
    ben.taps("Something hurt me")
    ann.writes(ALONE)
    ben.writes("When the door slammed, I felt small.")

    ben.taps("Send it as it is")
    ann.taps("Send it as it is")

    assert [text.splitlines()[0] for text in room.texts[1:]] == [
        "Ben: When the door slammed, I felt small.",
        f"Ann: {ALONE}",
    ]
    assert len(room.stage.rows) == 3


def test_a_card_nobody_taps_ends_quietly() -> None:
    room, ann, ben, clock = opened()

    clock.passes(days=3)

    assert room.texts == [BEGINS]
    assert room.labels == ann.private == ben.private == []
    assert room.stage.kept == []


# -- Worded alone -------------------------------------------------------------


def test_a_draft_is_shown_to_its_writer_before_anybody_reads_it() -> None:
    room, ann, ben, _ = opened()
    ben.taps("I want to repair something")

    ben.writes(LEFT)

    assert ben.private[-1] == f"{LOOK_AGAIN}\nSo far: {LEFT}"
    assert ben.labels == ["Send it as it is", "Leave it unsent"]
    assert room.texts == [BEGINS]
    assert ann.private == []


def test_the_writer_alone_reads_why_it_may_not_reach_the_other() -> None:
    room, ann, ben, _ = opened()
    ben.taps("I want to repair something")

    ben.writes(WITH_BUT)

    assert ben.private[-1] == f"{LOOK_AGAIN}\nSo far: {WITH_BUT}\n{TAKEN_BACK}"
    assert ben.labels[0] == "Send it as it is"
    assert room.texts == [BEGINS]
    assert ann.private == []


def test_its_writer_may_keep_every_word() -> None:
    room, ann, ben, _ = opened()
    ben.taps("I want to repair something")
    ben.writes(WITH_BUT)

    ben.taps("Send it as it is")

    assert room.texts == [BEGINS, f"Ben: {WITH_BUT}\n{HEARD_SO}"]
    assert ben.private[-1] == f"{SENT}\nSo far: {WITH_BUT}"
    assert TAKEN_BACK not in "".join((*room.texts, *ann.private))


def test_worded_anew_only_the_last_words_go() -> None:
    room, _, ben, _ = opened()
    ben.taps("I want to repair something")
    ben.writes(WITH_BUT)
    ben.writes(LEFT)
    assert ben.private[-1] == f"{LOOK_AGAIN}\nSo far: {LEFT}"

    ben.taps("Send it as it is")

    assert room.texts[-1] == ONE_LINE
    assert WITH_BUT not in words_kept(room)


def test_an_edited_draft_is_looked_at_again() -> None:
    room, _, ben, _ = opened()
    ben.taps("I want to repair something")
    line = ben.writes(WITH_BUT)

    ben.edits(line, LEFT, private=True)
    assert ben.private[-1] == f"{LOOK_AGAIN}\nSo far: {LEFT}"
    ben.taps("Send it as it is")

    assert room.texts[-1] == ONE_LINE


def test_what_is_sent_is_not_changed_silently() -> None:
    room, _, ben, _ = opened()
    ben.taps("I want to repair something")
    line = ben.writes(LEFT)
    ben.taps("Send it as it is")

    ben.edits(line, "something else", private=True)

    assert room.texts[-1] == ONE_LINE
    assert ben.private[-1] == CLOSED


def test_an_edit_of_ones_own_sent_words_is_no_part_of_the_others_draft() -> None:
    room, ann, ben, _ = opened()
    ann.taps("Something hurt me")
    line = ann.writes(ALONE)
    ann.taps("Send it as it is")
    ben.taps("Word it alone first")
    ben.writes(LEFT)

    ann.edits(line, "When you left, I was lonely.", private=True)

    assert ann.private[-1] == CLOSED
    ben.taps("Send it as it is")
    assert room.texts[-1] == ONE_LINE


def test_an_edit_of_what_was_sent_is_no_part_of_ones_next_draft() -> None:
    room, ann, ben, _ = opened()
    ann.taps("Something hurt me")
    line = ann.writes(ALONE)
    ann.taps("Send it as it is")
    ben.replies(LEFT)
    ann.taps("Something is missing")
    ann.writes(MORE)

    ann.edits(line, "When you left, I was lonely.", private=True)

    assert ann.private[-1] == CLOSED
    ann.taps("Send it as it is")
    assert room.texts[-1].startswith(f"For Ann something is missing: {MORE}\n")


def test_an_edit_of_what_was_said_first_is_no_part_of_saying_it_once_more() -> None:
    room, ann, ben, _ = opened()
    ben.taps("I want to repair something")
    line = ben.writes(LEFT)
    ben.taps("Send it as it is")
    ann.replies(MORE)
    ben.taps("Word it alone first")
    ben.writes("I left you on that day.")

    ben.edits(line, WITH_BUT, private=True)

    assert ben.private[-1] == CLOSED
    ben.taps("Send it as it is")
    assert room.texts[-1] == f"Ben: I left you on that day.\n{HEARD_SO}"


def test_a_reply_with_the_number_of_a_private_message_is_a_message_of_its_own() -> None:
    """Telegram counts the messages of the room and of a private chat each from one."""
    room, ann, ben, _ = opened()
    ann.taps("Something hurt me")
    line = ann.writes(ALONE)
    ann.taps("Send it as it is")
    ben.replies(LEFT)
    room.stage.ids = itertools.count(line)

    ann.replies(MORE)

    assert room.texts[-1].startswith(f"For Ann something is missing: {MORE}\n")


def test_what_hurt_may_begin_with_the_other_and_its_writer_is_told_so() -> None:
    _, ann, ben, _ = opened()
    ann.taps("Something hurt me")

    ann.writes("You never listen to me")

    assert ann.private[-1].splitlines()[-1] == BEGINS_THERE
    assert ben.private == []


def test_what_is_too_long_is_refused_kindly() -> None:
    _, _, ben, _ = opened()
    ben.taps("I want to repair something")

    ben.writes("long " * 80)

    assert ben.private[-1] == TOO_LONG


def test_a_draft_left_unsent_is_read_by_nobody() -> None:
    room, ann, ben, _ = opened()
    ben.taps("I want to repair something")
    ben.writes(LEFT)

    ben.taps("Leave it unsent")

    assert ben.private[-1] == UNSENT
    assert room.texts == [BEGINS]
    assert ann.private == []
    assert room.stage.kept == []


def test_a_draft_lies_and_is_gone_on_with() -> None:
    room, _, ben, clock = opened()
    ben.taps("I want to repair something")
    ben.writes(LEFT)

    clock.passes(hours=3)
    assert ben.private[-1] == f"{LIES_THERE}\nSo far: {LEFT}"
    ben.taps("Go on with it")
    ben.taps("Send it as it is")

    assert room.texts[-1] == ONE_LINE


def test_a_draft_nobody_goes_on_with_ends_without_a_word_to_the_other() -> None:
    room, ann, ben, clock = opened()
    ben.taps("I want to repair something")
    ben.writes(LEFT)

    clock.passes(days=3)

    assert ben.private[-1] == UNSENT
    assert (room.texts, ann.private) == ([BEGINS], [])
    assert room.stage.kept == []
    assert room.stage.rows == {}


def test_a_shut_lane_is_asked_when_it_opens() -> None:
    room, ann, _, _ = opened()
    ann.shuts_lane()

    ann.taps("Something hurt me")
    assert ann.private == []
    ann.opens_lane()

    assert ann.private == [f"{UNREAD}\n{ASK_HURT}"]
    assert room.texts == [BEGINS]


@pytest.mark.parametrize("yes", ["Yes", "ok", "send it", "Ok, send it as it is.", "Sí", "dale, envíalo"])
def test_a_mere_yes_is_no_draft_and_a_tap_sends_it(yes: str) -> None:
    room, _, ben, _ = opened()
    ben.taps("I want to repair something")
    ben.writes(LEFT)

    ben.writes(yes)
    assert ben.private[-1] == f"{A_TAP_SENDS}\nSo far: {LEFT}"
    assert room.texts == [BEGINS]
    ben.taps("Send it as it is")

    assert room.texts[-1] == ONE_LINE


def test_before_there_is_a_draft_a_mere_yes_is_asked_once_more() -> None:
    _, ann, _, _ = opened()
    ann.taps("Something hurt me")

    ann.writes("ok")

    assert ann.private == [f"{UNREAD}\n{ASK_HURT}"] * 2
    assert ann.labels == ["Leave it unsent"]


def test_a_second_tap_goes_on_with_the_draft_that_is_there() -> None:
    room, ann, ben, _ = opened()
    ann.taps("Something hurt me")
    ann.taps("Something hurt me")
    ann.writes(ALONE)

    ann.taps("Something hurt me")
    assert ann.private[-1] == f"{LOOK_AGAIN}\nSo far: {ALONE}"
    assert len(room.stage.rows) == len(["the card", "her draft"])
    ben.taps("Something hurt me")
    ann.taps("Send it as it is")
    ann.taps("Something hurt me")

    assert ann.private[-1] == f"{UNREAD}\n{ASK_HURT}"
    assert len(room.stage.rows) == len(["the card", "what she sent", "his draft", "her next"])


def test_who_words_an_answer_may_begin_a_repair_of_their_own_beside_it() -> None:
    room, _, ben, _ = hurt()
    ben.taps("Word it alone first")
    ben.writes(LEFT)

    ben.sends("/repair")
    ben.taps("I want to repair something")

    assert ben.private[-1] == f"{UNREAD}\n{ASK_SAID}"
    assert len([row for row in room.stage.rows.values() if isinstance(row.state, Drafting)]) == 2


# -- Said, and heard ----------------------------------------------------------


def test_what_hurt_stands_in_the_room_and_the_other_is_invited() -> None:
    room, ann, ben, _ = hurt()

    assert room.texts[-1] == f"Ann: {ALONE}\n{INVITES_BEN}"
    assert room.labels == ["Word it alone first", "Let it rest"]
    assert ann.private[-1] == f"{SENT}\nSo far: {ALONE}"
    assert ben.private == []


def test_the_other_words_it_alone_and_sends_it() -> None:
    room, ann, ben, _ = hurt()

    ben.taps("Word it alone first")
    assert ben.private == [f"{UNREAD}\n{ASK_SAID}"]
    ben.writes(WITH_BUT)
    assert room.texts[-1].startswith(f"Ann: {ALONE}")
    ben.writes(LEFT)
    ben.taps("Send it as it is")

    assert room.texts[-1] == ONE_LINE
    assert WITH_BUT not in "".join((*room.texts, *ann.private))


def test_a_reply_in_the_room_is_said_as_it_is() -> None:
    room, _, ben, _ = hurt()

    ben.replies(LEFT)

    assert room.texts[-1] == ONE_LINE
    assert room.labels == ["I feel heard", "Something is missing", "Let it rest"]


def test_who_worded_it_alone_may_still_say_it_in_the_room() -> None:
    room, _, ben, _ = hurt()
    ben.taps("Word it alone first")
    ben.writes(WITH_BUT)

    ben.replies(LEFT)

    assert room.texts[-1] == ONE_LINE
    assert ben.private[-1] == UNSENT


def test_who_was_hurt_may_say_it_anew_while_the_other_words_an_answer() -> None:
    room, ann, ben, _ = hurt()
    ben.taps("Word it alone first")

    ann.replies("When you left, I was afraid.")

    ben.taps("Leave it unsent")
    ben.replies(LEFT)
    assert room.texts[-1] == ONE_LINE
    assert ann.whispered == []


@pytest.mark.parametrize("meanwhile", [(), (WITH_BUT,)], ids=["not yet begun", "begun"])
def test_said_anew_while_the_other_drafts_it_stands_there_once_that_is_left_unsent(
    meanwhile: tuple[str, ...],
) -> None:
    room, ann, ben, _ = hurt()
    ben.taps("Word it alone first")
    ann.replies("When you left, I was afraid.")
    for words in meanwhile:
        ben.writes(words)

    ben.taps("Leave it unsent")

    assert room.texts[-1] == f"Ann: When you left, I was afraid.\n{INVITES_BEN}"


def test_it_is_not_for_the_one_who_was_hurt_to_answer() -> None:
    room, ann, _, _ = hurt()

    ann.taps("Word it alone first")

    assert ann.whispered == ["This one is for Ben."]
    assert room.texts[-1].startswith(f"Ann: {ALONE}")


def test_a_reply_is_edited_where_it_was_said() -> None:
    room, _, ben, _ = hurt()
    line = ben.replies("I left yuo")

    ben.edits(line, LEFT)

    assert room.texts[-1] == ONE_LINE


def test_only_the_one_who_was_hurt_says_that_it_is_heard() -> None:
    room, ann, ben, _ = said()

    ben.taps("I feel heard")
    ben.taps("Something is missing")
    assert ben.whispered == ["This one is for Ann."] * 2
    ann.taps("I feel heard")

    assert room.texts[-1] == IS_HEARD


def test_both_at_once_and_the_second_tap_changes_nothing() -> None:
    room, ann, _, _ = said()
    card = room.shown[-1]
    first, second = card.say.buttons[0], card.say.buttons[1]

    ann.taps_on(card, first)
    ann.taps_on(card, first)
    ann.taps_on(card, second)

    assert ann.whispered == [PASSED] * 2
    assert room.texts[-1] == IS_HEARD


def test_what_is_missing_is_worded_alone_and_the_other_says_it_once_more() -> None:
    room, ann, ben, _ = said()

    ann.taps("Something is missing")
    assert ann.private == [f"{UNREAD}\n{ASK_MISSING}"]
    ann.writes(MORE)
    assert room.texts[-1] == ONE_LINE
    ann.taps("Send it as it is")
    assert room.texts[-1].startswith(f"For Ann something is missing: {MORE}\nBen, say it with that in it")
    ben.replies(f"{LEFT} And on that day.")

    assert room.texts[-1] == f"Ben: {LEFT} And on that day.\n{HEARD_SO}"


def test_who_words_what_is_missing_may_feel_heard_after_all() -> None:
    room, ann, _, _ = said()
    ann.taps("Something is missing")
    ann.writes(MORE)

    ann.taps("I feel heard")

    assert room.texts[-1] == IS_HEARD
    assert ann.private[-1] == UNSENT
    assert MORE not in "".join(room.texts)


def test_it_is_said_a_few_times_and_then_it_is_enough_for_a_day() -> None:
    room, ann, ben, clock = said()

    for _ in range(MOST_ROUNDS - 1):
        ann.replies(MORE)
        ben.replies(LEFT)

    assert room.labels == ["I feel heard", "Let it rest"]
    assert room.texts[-1] == f"Ben: {LEFT}\nAnn, do you feel heard? It may also rest for today."
    clock.passes(days=2)
    assert room.texts[-1] == RESTS_NOW


def test_what_was_missing_before_is_edited_late_and_asks_for_nothing_more() -> None:
    room, ann, ben, _ = said()
    missing = []
    for _ in range(MOST_ROUNDS - 1):
        missing.append(ann.replies(MORE))
        ben.replies(LEFT)
    last = room.shown[-1]

    for line in missing:
        ann.edits(line, "that it was late")
        assert room.texts[-1] == CLOSED

    assert (last.live, last.labels) == (True, ["I feel heard", "Let it rest"])
    ann.taps("I feel heard")
    assert room.texts[-1] == IS_HEARD


def test_what_was_said_before_is_edited_late_and_what_was_said_last_stands() -> None:
    room, ann, ben, _ = said()
    first = ben.replies("I left, on that day.")
    ann.replies(MORE)
    ben.replies("I left you on her birthday.")

    ben.edits(first, LEFT)

    assert room.texts[-2].startswith("Ben: I left you on her birthday.\n")
    assert room.texts[-1] == CLOSED


def test_the_last_time_it_is_said_it_is_edited_where_it_stands() -> None:
    room, ann, ben, _ = said()
    for words in ("I left.", "I left yuo"):
        ann.replies(MORE)
        line = ben.replies(words)

    ben.edits(line, LEFT)

    assert room.texts[-1] == f"Ben: {LEFT}\nAnn, do you feel heard? It may also rest for today."


# -- The change ---------------------------------------------------------------


def test_the_change_is_kept_as_a_promise_with_its_date() -> None:
    room, ann, ben, _ = heard()

    ben.replies(CHANGE)
    assert room.texts[-1] == f"Ben: {CHANGE}\nBen, when shall I ask you about it, you alone?"
    assert room.labels == ["Tomorrow", "In three days", "In a week", "Without a date"]
    ann.taps("In a week")
    assert ann.whispered == ["This one is for Ben."]
    ben.taps("In three days")

    (promise,) = kept(room, "action")
    assert (promise.by, promise.words and promise.words.text) == (ben.person, CHANGE)
    assert promise.due == datetime(2026, 5, 4, 18, 30, tzinfo=BERLIN)
    assert ben.whispered == ["Kept. I ask you about it on Monday, 4 May, you alone."]
    assert room.texts[-1] == WARM


@pytest.mark.parametrize(
    ("label", "prefers", "due"),
    [
        ("Tomorrow", {}, datetime(2026, 5, 2, 18, 30, tzinfo=BERLIN)),
        ("In a week", {}, datetime(2026, 5, 8, 18, 30, tzinfo=BERLIN)),
        ("Tomorrow", {QUIET: Span(time(18), time(8))}, datetime(2026, 5, 3, 8, 30, tzinfo=BERLIN)),
        ("Tomorrow", {ZONE: LIMA}, datetime(2026, 5, 2, 18, 30, tzinfo=LIMA)),
    ],
    ids=["tomorrow", "in a week", "in quiet hours", "by their own clock"],
)
def test_it_is_asked_about_at_a_good_hour_of_its_owners(
    label: str, prefers: dict[Preference[Any], Any], due: datetime
) -> None:
    room, _, ben, _ = changed()
    for preference, value in prefers.items():
        room.stage.prefers = room.stage.prefers.put(preference, value, ben.person)

    ben.taps(label)

    assert [promise.due for promise in kept(room, "action")] == [due]


def test_its_owner_alone_is_asked_on_its_day_and_once_more_after() -> None:
    room, ann, ben, clock = done()
    before, texts = len(ben.private), len(room.texts)
    clock.passes(hours=22)
    assert ben.private[before:] == []

    clock.passes(days=20)

    asked = [
        shown
        for shown in ben.sees()
        if shown.say.to and CHANGE in shown.text and shown.row.ritual is PROMISES
    ]
    assert [f"{shown.at.astimezone(BERLIN):%a %d %H:%M}" for shown in asked] == [
        "Sat 02 18:30",
        "Thu 07 08:30",
    ]
    assert ann.private == []
    assert len(room.texts) == texts


def test_a_change_is_edited_until_its_date_is_chosen() -> None:
    room, _, ben, _ = heard()
    line = ben.replies("When I am late, I will try")
    before = len(room.texts)

    ben.edits(line, CHANGE)
    assert room.texts[-1].startswith(f"Ben: {CHANGE}\nBen, when shall I ask you")
    assert len(room.texts) == before
    ben.taps("Tomorrow")

    assert [promise.words and promise.words.text for promise in kept(room, "action")] == [CHANGE]


def test_what_was_said_before_the_change_is_edited_and_is_no_change() -> None:
    room, ann, ben, _ = hurt()
    line = ben.replies("I left")
    ann.taps("I feel heard")
    ben.replies(CHANGE)

    ben.edits(line, LEFT)
    assert room.texts[-1].startswith(f"Ben: {CHANGE}\n")
    ben.taps("Without a date")
    ann.taps("Enough for today")

    assert sorted(words_kept(room)) == sorted([ALONE, LEFT, CHANGE])


def test_a_change_is_said_anew_until_its_date_is_chosen() -> None:
    room, _, ben, _ = heard()
    ben.replies("I will try")

    ben.replies(CHANGE)

    assert room.texts[-1].startswith(f"Ben: {CHANGE}\n")
    assert room.labels == ["Tomorrow", "In three days", "In a week", "Without a date"]


def test_whose_turn_it_is_the_other_is_told_wherever_they_reply() -> None:
    room, ann, ben, _ = heard()

    ann.replies("I would like a call")
    assert room.texts[-1] == "This one is for Ben."
    ben.taps("Word it alone first")
    ann.replies("I would like a call")
    assert room.texts[-2:] == ["This one is for Ben."] * 2
    ben.replies(CHANGE)
    ann.replies("I would like a call")

    assert room.texts[-1] == "This one is for Ben."
    assert "I would like a call" not in words_kept(room)
    ben.taps("Tomorrow")
    assert room.texts[-1] == WARM


def test_the_change_may_be_worded_alone() -> None:
    room, ann, ben, _ = heard()

    ben.taps("Word it alone first")
    assert ben.private[-1] == f"{UNREAD}\n{ASK_CHANGE}"
    ben.writes("I will try")
    ben.writes(CHANGE)
    ben.taps("Send it as it is")

    assert room.texts[-1].startswith(f"Ben: {CHANGE}\n")
    assert "I will try" not in "".join((*room.texts, *ann.private, *words_kept(room)))


def test_without_a_change_it_goes_on() -> None:
    room, _, ben, _ = heard()

    ben.taps("It is good as it is")

    assert room.texts[-1] == WARM
    assert kept(room, "action") == []


def test_without_a_date_it_is_no_promise_and_comes_back_with_the_rest() -> None:
    room, ann, ben, clock = changed()
    ben.taps("Without a date")
    ann.taps("Enough for today")

    clock.passes(weeks=7)
    assert kept(room, "action") == []
    assert not [text for text in ben.private if CHANGE in text]
    clock.passes(weeks=1)

    assert f"Ben, from then on: {CHANGE}" in room.texts[-1]


def test_what_was_promised_is_not_edited_any_more() -> None:
    room, ann, ben, _ = heard()
    line = ben.replies(CHANGE)
    ben.taps("Tomorrow")

    ben.edits(line, "I will try")

    assert room.texts[-1] == CLOSED
    ann.taps("Enough for today")
    assert words_kept(room).count(CHANGE) == len(["as a promise", "as a part of the repair"])
    assert "I will try" not in words_kept(room)


def test_a_change_whose_date_nobody_chooses_rests_with_the_words_given() -> None:
    room, _, _, clock = changed()

    clock.passes(days=2)

    assert kept(room, "action") == []
    assert CHANGE in words_kept(room)
    assert room.texts[-1] == RESTS_NOW


# -- Something warm -----------------------------------------------------------


def test_one_proposes_and_the_other_likes_it() -> None:
    room, ann, ben, _ = promised()
    assert room.labels[:2] == ["A long hug", "A walk together"]

    ann.taps("A walk together")
    assert room.texts[-1].endswith("\nAnn would like: A walk together")
    ann.taps("Yes, that")
    assert ann.whispered == ["This one is for Ben."]
    ben.taps("Yes, that")

    assert room.texts[-1] == f"{IS_DONE}\nAnd for you two: A walk together"
    assert "Yes, that" not in room.labels
    assert len(room.stage.rows) == 1  # the card that opened it


def test_both_tap_the_same() -> None:
    room, ann, ben, _ = promised()

    ann.taps("A cup of tea")
    ben.taps("A cup of tea")

    assert room.texts[-1] == f"{IS_DONE}\nAnd for you two: A cup of tea"


def test_both_tap_something_else_and_the_newest_stands() -> None:
    room, ann, ben, _ = promised()

    ann.taps("A cup of tea")
    ben.taps("A long hug")
    ann.taps("A long hug")

    assert room.texts[-1] == f"{IS_DONE}\nAnd for you two: A long hug"


def test_a_yes_to_what_is_not_proposed_any_more_agrees_to_nothing() -> None:
    room, ann, ben, _ = promised()
    ann.taps("A long hug")
    card = room.shown[-1]
    yes = card.say.buttons[0]
    ann.taps("A song for each other")

    ben.taps_on(card, yes)

    assert ben.whispered[-1] == PASSED
    assert room.texts[-1] == f"{WARM}\nAnn would like: A song for each other"
    ben.taps("Yes, that")
    assert room.texts[-1] == f"{IS_DONE}\nAnd for you two: A song for each other"


def test_a_yes_to_words_that_were_edited_agrees_to_nothing() -> None:
    room, ann, ben, _ = promised()
    line = ann.replies("pancakes on Sunday")
    card = room.shown[-1]
    yes = card.say.buttons[0]
    ann.edits(line, "the opera on Sunday")

    ben.taps_on(card, yes)

    assert ben.whispered[-1] == PASSED
    assert room.texts[-1] == f"{WARM}\nAnn would like: the opera on Sunday"


def test_own_words_are_proposed_by_a_reply() -> None:
    room, ann, ben, _ = promised()

    ben.replies("pancakes on Sunday")
    ann.taps("Yes, that")

    assert room.texts[-1] == f"{IS_DONE}\nAnd for you two: pancakes on Sunday"


def test_apart_it_is_warm_from_afar() -> None:
    room, ann, _, _ = heard()
    room.stage.prefers = room.stage.prefers.put(ZONE, LIMA, ann.person)

    ann.taps("It is good as it is")

    assert room.labels[0] == "A call before sleep"


def test_it_is_enough_without_it() -> None:
    room, ann, _, _ = promised()

    ann.taps("Enough for today")

    assert room.texts[-1] == IS_DONE


# -- It rests, and is taken up ------------------------------------------------

STEPS: dict[str, tuple[Callable[[], Scene], str]] = {
    "invited": (hurt, f"Ann: {ALONE}\n{INVITES_BEN}"),
    "said": (said, ONE_LINE),
    "heard": (heard, IS_HEARD),
    "changed": (changed, WARM),
    "promised": (promised, WARM),
}


@pytest.mark.parametrize("step", STEPS)
def test_it_rests_kindly_and_is_taken_up_with_the_words_given(step: str) -> None:
    begin, stands = STEPS[step]
    room, ann, ben, clock = begin()

    clock.passes(days=4)
    assert room.texts[-1] == RESTS_NOW
    assert room.stage.rows == {}
    assert ann.labels == ben.labels == []
    ben.sends("/repair")
    assert room.texts[-1] == f"{BEGINS}\n{RESTS_HERE}"
    assert room.labels[-1] == f"Take up: {ALONE if step == 'invited' else LEFT}"
    ann.taps(room.labels[-1])

    assert room.texts[-1] == stands


@pytest.mark.parametrize("step", STEPS)
def test_a_tap_lets_it_rest(step: str) -> None:
    room, _, ben, clock = STEPS[step][0]()
    if "Let it rest" not in room.labels:
        return

    ben.taps("Let it rest")

    assert room.texts[-1] == RESTS_NOW
    assert ben.whispered == []
    clock.passes(days=4)
    assert room.stage.rows == {}


def test_let_rest_while_one_words_something_nobody_learns_who_tapped() -> None:
    room, _, ben, clock = hurt()
    ben.taps("Word it alone first")
    ben.writes(WITH_BUT)

    ben.taps("Let it rest")
    assert ben.whispered == [RESTS_SOON]
    clock.passes(minutes=1)

    assert ben.private[-1] == UNSENT
    assert room.texts[-1] == RESTS_NOW
    assert WITH_BUT not in words_kept(room)


def test_whose_draft_the_other_lets_rest_learns_it_alone() -> None:
    room, ann, ben, clock = hurt()
    ben.taps("Word it alone first")
    ben.writes(WITH_BUT)

    ann.taps("Let it rest")
    clock.passes(minutes=1)

    assert ben.private[-2:] == [f"{LOOK_AGAIN}\nSo far: {WITH_BUT}\n{TAKEN_BACK}", RESTS_UNSENT]
    assert ben.labels == []
    assert room.texts[-1] == RESTS_NOW
    assert ann.private[-1] == f"{SENT}\nSo far: {ALONE}"


def test_whose_draft_is_not_needed_any_more_learns_it_alone() -> None:
    room, ann, ben, _ = heard()
    ben.taps("Word it alone first")
    ben.writes(CHANGE)

    ann.taps("It is good as it is")

    assert ben.private[-1] == WENT_ON
    assert room.texts[-1] == WARM
    assert CHANGE not in words_kept(room)


def test_several_that_rest_are_told_apart_by_the_words_both_have_read() -> None:
    _, ann, ben, clock = two()
    for who, opens, words in (
        (ann, "Something hurt me", ALONE),
        (
            ben,
            "I want to repair something",
            "I was late, and then I left you with the two children and all the rest of it.",
        ),
    ):
        who.sends("/repair")
        tells(who, opens, words)
        who.taps("Let it rest")
    clock.passes(minutes=1)

    ann.sends("/repair", private=True)

    assert ann.labels[2:] == [
        "Take up: I was late, and then I left you with the two child…",
        f"Take up: {ALONE}",
    ]


def test_silence_while_one_words_something_leads_to_rest_without_it() -> None:
    room, ann, ben, clock = hurt()
    ben.taps("Word it alone first")
    ben.writes(WITH_BUT)

    clock.passes(days=3)

    assert room.texts[-1] == RESTS_NOW
    assert ben.private[-1] == UNSENT
    assert words_kept(room) == [ALONE]
    assert WITH_BUT not in "".join(ann.private)


def test_taken_up_by_both_at_once_it_is_one() -> None:
    room, ann, ben, clock = said()
    clock.passes(days=4)
    ben.sends("/repair")

    ann.taps(f"Take up: {LEFT}")
    ben.taps(f"Take up: {LEFT}")

    assert room.stage.heard[-1][-1].whisper == whisper(TAKEN_ALREADY)
    assert room.texts.count(ONE_LINE) == 1


def test_taken_up_it_goes_on_to_its_end() -> None:
    room, ann, ben, clock = hurt()
    clock.passes(days=4)
    ann.sends("/repair")
    ann.taps(room.labels[-1])

    ben.replies(LEFT)
    ann.taps("I feel heard")
    ben.replies(CHANGE)
    ben.taps("Tomorrow")
    ann.taps("Enough for today")

    assert room.texts[-1] == IS_DONE
    assert sorted(words_kept(room)) == sorted([ALONE, LEFT, CHANGE, CHANGE])


def test_several_rest_and_the_newest_three_are_offered() -> None:
    room, _, ben, clock = two()
    for day in range(4):
        ben.sends("/repair")
        tells(ben, "I want to repair something", f"{LEFT} {day}")
        ben.taps("Let it rest")
        clock.passes(days=1)

    ben.sends("/repair")

    assert room.labels[2:] == [f"Take up: {LEFT} {day}" for day in (3, 2, 1)]
    assert len({thing.due for thing in kept(room, "repair")}) == 4


def test_what_rested_for_eight_weeks_is_offered_no_longer() -> None:
    room, _, ben, clock = said()
    clock.passes(weeks=9)

    ben.sends("/repair")

    assert room.texts[-1] == BEGINS


# -- In a pause ---------------------------------------------------------------


@pytest.mark.parametrize("step", STEPS)
def test_a_pause_hushes_it_and_it_goes_on_with_the_words_given(step: str) -> None:
    room, ann, ben, clock = STEPS[step][0]()
    before = room.texts[-1]
    ann.sends("/pause 24h")
    clock.passes(hours=23)
    assert RESTS_NOW not in room.texts

    ann.taps("We're fine again")
    ben.taps("We're fine again")
    clock.passes(hours=20)

    assert before in room.texts
    assert RESTS_NOW not in room.texts
    clock.passes(hours=5)
    assert RESTS_NOW in room.texts


def test_a_draft_is_there_after_a_pause_and_still_unread() -> None:
    room, ann, ben, clock = hurt()
    ben.taps("Word it alone first")
    ben.writes(WITH_BUT)
    ann.sends("/pause 45")
    clock.passes(minutes=44)
    ann.taps("We're fine again")
    ben.taps("We're fine again")

    ben.writes(LEFT)
    ben.taps("Send it as it is")

    assert ONE_LINE in room.texts
    assert WITH_BUT not in "".join((*room.texts, *ann.private))


def test_nothing_is_said_about_who_opened_how_often() -> None:
    room, ann, ben, clock = two()
    for _ in range(3):
        ben.sends("/repair")
        tells(ben, "I want to repair something", LEFT)
        clock.passes(days=2)

    assert len(set(room.texts[1::2])) == 1
    assert ann.private == []


# -- Whatever the two do ------------------------------------------------------


@pytest.mark.parametrize("seed", range(40))
def test_a_draft_is_read_by_nobody_but_its_writer_whatever_the_two_do(seed: int) -> None:
    """Plays that mostly have to do with repairs: what was never sent is on nobody else's screen."""
    play = Play(random.Random(seed), REPAIR)  # noqa: S311 - a play, not a secret
    for move in play.moves(60):
        sent = {words.text for words in told_in(play)}
        for player in play.stage.players:
            drafts = [mark.text for mark in play.marks if mark.by != player.person and in_a_draft(play, mark)]
            seen = "\n".join([*(shown.text for shown in player.sees()), *player.whispered])
            unsent = [text for text in drafts if not any(text in words for words in sent)]
            assert not [text for text in unsent if text in seen], f"{player.name} reads it after {move}"
            assert player.person in play.stage.both or not player.private
    play.clock.runs_out()
    assert not play.stage.rows


@pytest.mark.parametrize("seed", range(40))
def test_an_edit_of_what_was_worded_before_changes_no_draft_and_nothing_that_was_sent(seed: int) -> None:
    """Repairs at random, in which both edit every private message of a draft that is over."""
    chance = random.Random(seed)  # noqa: S311 - a play, not a secret
    room, ann, ben, _ = stage = hurt()
    over: dict[int, Player] = {}
    for number in range(60):
        moves(chance, stage, f"mark {number}")
        rows, texts = dict(room.stage.rows), list(room.texts)
        here = {source for source, _ in written(room, ann, ben) if is_drafted(room, source)}
        over |= {source: who for source, who in written(room, ann, ben) if source not in here}
        for source, who in over.items():
            who.edits(source, "worded anew", private=True)
            assert (room.stage.rows, room.texts) == (rows, texts)
            assert room.stage.sent[source][0] not in rows or who.private[-1] == CLOSED
    assert over


def moves(chance: random.Random, stage: Scene, text: str) -> None:
    """Let one of the two tap, or say what is asked for; where it is over, begin anew."""
    room, ann, ben, _ = stage
    who = chance.choice([ann, ben])
    cards = [shown for shown in who.sees() if shown.live and shown.row.id in room.stage.rows]
    asking = [shown for shown in cards if shown.say.asks]
    if not cards:
        who.sends("/repair")
    elif asking and chance.random() < 0.5:  # words as often as taps
        if asking[-1].say.to:
            who.writes(text)
        else:
            who.replies(text)
    elif buttons := cards[-1].say.buttons:
        who.taps_on(cards[-1], chance.choice(buttons))


def written(room: Room, *both: Player) -> list[tuple[int, Player]]:
    """Return every private message so far that was an answer, with its writer."""
    said = [event for _, event, _ in room.stage.heard if isinstance(event, Wrote) and event.private]
    return [(event.words.source, who) for event in said for who in both if who.person == event.words.by]


def is_drafted(room: Room, source: int) -> bool:
    """Whether its playing has been in one draft ever since this was written."""
    row = room.stage.sent[source][0]
    since = [(event, outcome.row.state) for _, event, outcome in room.stage.heard if outcome.row.id == row]
    first = next(at for at, (event, _) in enumerate(since) if said_in(event) == source)
    return all(isinstance(state, Drafting) for _, state in since[first:])


def said_in(event: Event) -> int:
    """Return the message that an answer came with."""
    return event.words.source if isinstance(event, Wrote) else 0


def in_a_draft(play: Play, mark: Mark) -> bool:
    """Whether these words were ever in a draft."""
    states = (outcome.row.state for _, _, outcome in play.stage.heard)
    drafts = (state.draft for state in states if isinstance(state, Drafting))
    return any(draft.words and mark.text in draft.words.text for draft in drafts)


def told_in(play: Play) -> Iterator[Words]:
    """Return all that repairs have ever sent."""
    for _, _, outcome in play.stage.heard:
        amends = getattr(outcome.row.state, "amends", None)
        if isinstance(amends, Amends):
            yield from (words for part in PARTS if (words := amends.part(part)))


def test_these_plays_draft_and_send() -> None:
    """A law that never meets a draft says nothing about it."""
    sent = drafted = 0
    for seed in range(40):
        play = Play(random.Random(seed), REPAIR)  # noqa: S311 - a play, not a secret
        for _ in play.moves(60):
            pass
        drafted += sum(in_a_draft(play, mark) for mark in play.marks)
        sent += sum(any(mark.text in words.text for words in told_in(play)) for mark in play.marks)
    assert drafted > 8
    assert sent > 8
