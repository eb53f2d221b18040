"""Floods: Tend is never faster than Telegram allows, and whoever writes by the thousand keeps nobody waiting.

First the outbox by its own record, on both databases; then the real bot through the stand-in.
"""

import sqlite3
import time
from collections import Counter
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.playground.cast import BY_NAME
from bot.ritual import Button, redraw, say
from bot.shell import TOO_LONG
from bot.storage import cards, inbox, outbox, pace
from bot.storage.cards import JUST_SAID
from bot.storage.outbox import MOST_STRANGERS
from bot.storage.pace import PROMPT, TO_PEOPLE, Limits
from bot.storage.store import Store
from bot.storage.tables import CardRow, CoupleRow, InboxRow, PaceRow
from tests.databases import Time
from tests.neighbours import stands, two_couples
from tests.nursery import resident
from tests.post import A_MINUTE, A_SECOND, Gone, Post, assert_kept, texts
from tests.road import HOME, NEST
from tests.stories import CARD, Story

COUPLES = 40
SOON = 240.0  # seconds in which any flood is over, on a slow machine


@pytest.fixture
def post(store: Store, clock: Time) -> Post:
    """An outbox with nothing in it."""
    return Post(store, clock, Limits(in_flight=64))


# -- Never too fast -----------------------------------------------------------


def test_a_busy_evening_of_many_couples_is_never_faster_than_telegram_allows(post: Post) -> None:
    gone: Gone = []
    for number in range(1, COUPLES + 1):
        post.says(say("evening", Button("Yes", "yes"), card="tonight"), post.room(number))
        post.tells("look back", 1000 + number, number)
    for turn in range(8):
        for number in range(1, COUPLES + 1, 2 + turn % 3):
            how = post.room(number)
            post.says(redraw(f"face {turn}", Button("Yes", "yes"), card="tonight"), how, TO_PEOPLE)
            if turn % 4 == 0:
                post.says(say(f"anew {turn}", Button("Yes", "yes"), card="tonight"), how, TO_PEOPLE)
            post.puts(f"answer {turn}", number, TO_PEOPLE)
        for stranger in range(5_000 + 20 * turn, 5_020 + 20 * turn):
            with post.store.begin() as tx:
                outbox.tell(tx, stranger, say("come along"))
        gone += post.drains(until=post.clock.now + timedelta(seconds=3))
    gone += post.drains()
    assert_kept(gone, post.limits)
    kinds = Counter(line.kind for _, line, _ in gone)
    assert min(kinds["say"], kinds["redraw"], kinds["strip"]) > 10
    seconds = (gone[-1][0] - gone[0][0]).total_seconds()
    assert len(gone) / seconds > 20  # and wastes little of what it may


def test_an_edit_takes_no_messages_place_and_comes_about_once_a_second(post: Post) -> None:
    post.says(say("old", card="card"), post.room())
    post.drains()
    began = post.clock.now = post.clock.now + A_MINUTE
    gone: Gone = []
    for number in range(10):
        post.says(redraw(f"face {number}", card="card"), post.room())
        gone += post.drains(until=began + number * timedelta(milliseconds=200))
    gone += post.drains()
    assert [(at - began) / A_SECOND for at, _, _ in gone] == [0, 0, 0.2, 3]
    for _ in range(18):
        post.puts(f"line {len(gone)}", rank=TO_PEOPLE)
        gone += post.drains()
    assert gone[-1][0] - began < timedelta(seconds=23)


def test_one_room_is_paced_as_one_whoever_asked_and_whatever_they_asked_for(post: Post) -> None:
    for number in range(12):
        post.puts(f"line {number}")
        with post.store.begin() as tx:
            outbox.tell(tx, -1, say(f"help {number}"))
    gone = post.drains()
    assert len(gone) == 24
    assert_kept(gone, post.limits)


def test_answers_to_people_are_out_within_a_second_while_prompts_take_minutes(post: Post) -> None:
    for number in range(1, 301):
        post.puts("evening", number)
    waited = []
    for second in range(8):
        post.puts("you asked", 400 + second, TO_PEOPLE)
        asked = post.clock.now
        gone = post.drains(until=asked + A_SECOND)
        waited += [at - asked for at, line, _ in gone if line.face.text == "you asked"]
        post.clock.now = asked + A_SECOND
    assert len(waited) == 8
    assert max(waited) < A_SECOND


def test_buttons_that_go_do_not_hold_up_what_takes_their_place(post: Post) -> None:
    post.says(say("old", Button("Yes", "yes"), card="card"), post.room())
    post.drains()
    post.says(say("new", card="card"), post.room())
    post.says(say("next", card="other"), post.room())
    assert [line.kind for _, line, _ in post.drains()] == ["say", "strip", "say"]


# -- The same, said once ------------------------------------------------------


def waiting(post: Post) -> int:
    with post.store.begin() as tx:
        return outbox.waiting_lines(tx)


def test_what_is_said_again_and_again_waits_once(post: Post) -> None:
    for number in range(100):
        post.puts(TOO_LONG if number % 2 else "no words", rank=TO_PEOPLE)
    assert waiting(post) == 2
    assert Counter(texts(post.drains())) == {TOO_LONG: 1, "no words": 1}
    with post.store.begin() as tx:
        assert tx.session.query(CardRow).count() == 2


def test_what_was_just_said_is_not_said_again_below_itself_and_later_it_is(post: Post) -> None:
    post.puts("no words", rank=TO_PEOPLE)
    post.drains()
    post.clock.now += A_SECOND
    post.puts("no words", rank=TO_PEOPLE)
    assert post.drains() == []
    post.clock.now += JUST_SAID
    post.puts("no words", rank=TO_PEOPLE)
    assert texts(post.drains()) == ["no words"]


def test_what_was_lost_on_its_way_is_said_again_when_somebody_asks_again(post: Post) -> None:
    post.puts("no words", rank=TO_PEOPLE)
    (line,), _ = post.claims()
    post.clock.now += A_SECOND
    post.puts("no words", rank=TO_PEOPLE)  # the first is still on its way
    with post.store.begin() as tx:
        assert outbox.waiting_lines(tx) == 1
        outbox.drop(tx, line)
    post.puts("no words", rank=TO_PEOPLE)
    assert texts(post.drains()) == ["no words"]


def test_what_changed_to_and_fro_is_told_as_it_is_at_last(post: Post) -> None:
    post.puts("at eight", rank=TO_PEOPLE)
    post.drains()
    for text in ("at nine", "at eight"):
        post.puts(text, rank=TO_PEOPLE)
    assert texts(post.drains()) == ["at nine", "at eight"]
    for text in ("at nine", "at eight", "at nine"):
        post.puts(text, rank=TO_PEOPLE)
    assert texts(post.drains()) == ["at eight", "at nine"]


def test_the_same_for_another_chat_is_said_there_and_so_are_the_buttons_of_another_playing(
    post: Post,
) -> None:
    post.puts("hello", 1)
    post.puts("hello", 2)
    post.tells("hello", 7, 1)
    assert texts(post.drains()) == ["hello"] * 3
    plain, bound = say("hello", Button("/help", opens="help")), say("hello", Button("Yes", "yes"))
    for said in (plain, bound):
        for playing in (1, 2, None):
            with post.store.begin() as tx:
                couple = tx.session.get_one(CoupleRow, post.room(1))
                cards.say(tx, couple, playing, said, PROMPT, always=True)
    assert texts(post.drains()) == ["hello"] * 4


def test_a_room_that_asks_for_help_gets_it_whatever_else_waits_there(post: Post) -> None:
    post.puts("evening")
    for _ in range(100):
        for text in ("help", "privacy"):
            with post.store.begin() as tx:
                outbox.tell(tx, -1, say(text))
    assert texts(post.drains()) == ["evening", "help", "privacy"]


# -- Strangers ----------------------------------------------------------------


def test_strangers_come_after_everything_for_couples(post: Post) -> None:
    for stranger in range(5_000, 5_100):
        with post.store.begin() as tx:
            outbox.tell(tx, stranger, say("come along"))
    post.says(say("old", Button("Yes", "yes"), card="card"), post.room())
    post.puts("evening", 2)
    with post.store.begin() as tx:
        outbox.tell(tx, -1, say("help"))
    began = post.clock.now
    gone = post.drains(until=began + 2 * A_SECOND)
    assert Counter(texts(gone)[:2]) == {"old": 1, "evening": 1}
    assert next(at for at, line, _ in gone if line.face.text == "help") == began + A_SECOND
    assert Counter(texts(gone))["come along"] > 40


def test_a_thousand_strangers_leave_no_more_lines_than_may_wait_and_are_swept(post: Post) -> None:
    with post.store.begin() as tx:
        for stranger in range(10_000, 11_000):
            outbox.tell(tx, stranger, say("come along"))
    assert waiting(post) == MOST_STRANGERS
    post.puts("evening")
    assert texts(post.drains())[0] == "evening"
    with post.store.begin() as tx:
        assert tx.session.query(PaceRow).count() <= MOST_STRANGERS + 3
    post.clock.now += A_MINUTE + A_SECOND
    with post.store.begin() as tx:
        pace.sweep(tx)
        assert {row.target for row in tx.session.query(PaceRow)} <= set(pace.WHOLE)


def test_a_sweep_forgets_no_pace_that_still_counts(post: Post) -> None:
    gone = []
    for number in range(30):
        post.puts(f"line {number}")
    for _ in range(18):
        gone += post.sends_one()
    with post.store.begin() as tx:
        pace.sweep(tx)
    gone += post.drains()
    assert_kept(gone, post.limits)


def private(number: int, update: int) -> dict[str, object]:
    chat = {"id": number, "type": "private"}
    return {"update_id": update, "message": {"message_id": 1, "chat": chat, "text": "/start"}}


def heard_next(post: Post, most: int = 50, *, strangers: bool = True) -> list[int]:
    with post.store.begin() as tx:
        return [number for number, _ in inbox.waiting(tx, most, strangers=strangers)]


def tap(chat: int, update: int, who: int) -> dict[str, object]:
    message = {"message_id": 1, "chat": {"id": chat, "type": "group"}}
    return {"update_id": update, "callback_query": {"from": {"id": who}, "message": message}}


def test_what_a_couple_does_is_heard_before_what_strangers_wrote_earlier(post: Post) -> None:
    post.lane(7)
    with post.store.begin() as tx:
        inbox.keep(tx, [private(number, number) for number in range(100, 140)])
        inbox.keep(tx, [tap(-9, 500, 100), tap(-1, 501, 7), {"update_id": 502, "message": None}])
        inbox.keep(tx, [private(7, 503)])
    assert heard_next(post, strangers=False) == [500, 501, 502, 503]
    assert heard_next(post, 6) == [500, 501, 502, 503, 100, 101]
    post.clock.now += timedelta(hours=2)  # nobody waits for ever
    with post.store.begin() as tx:
        inbox.keep(tx, [private(7, 504)])
    assert len(heard_next(post, strangers=False)) == 45


def test_a_couple_that_sends_much_lets_others_go_first_and_keeps_its_own_order(post: Post) -> None:
    post.lane(7)
    post.lane(8)
    post.lane(9, 2)
    with post.store.begin() as tx:
        inbox.keep(tx, [private(7, number) for number in range(100, 200)])
        inbox.keep(tx, [tap(-1, number, 8) for number in range(200, 210)])
    post.clock.now += timedelta(seconds=2)
    with post.store.begin() as tx:
        inbox.keep(tx, [private(8, 210), private(9, 300), tap(-2, 301, 9)])
    order = heard_next(post, 500)
    assert [number for number in order if number < 300] == list(range(100, 211))
    assert order.index(301) < 30
    post.clock.now += timedelta(minutes=3)
    with post.store.begin() as tx:
        inbox.keep(tx, [tap(-2, 302, 9), private(7, 211)])
    assert heard_next(post, 500) == [*order, 211, 302]


def test_numbers_of_updates_go_when_nobody_can_repeat_them(post: Post) -> None:
    with post.store.begin() as tx:
        inbox.keep(tx, [private(number, number) for number in range(1, 301)])
        for number in range(1, 301):
            inbox.done(tx, number)
    post.clock.now += timedelta(days=5)
    with post.store.begin() as tx:
        inbox.sweep(tx)
        assert tx.session.query(InboxRow).count() == 0


# -- Through the stand-in -----------------------------------------------------


def rows(story: Story, query: str) -> int:
    """Look into the bot's own database."""
    address = f"file:{story.folder}/tend/tend.db?mode=ro"
    with closing(sqlite3.connect(address, uri=True, timeout=SOON)) as database:
        found: int = database.execute(query).fetchone()[0]
        return found


def wait_until_heard(story: Story) -> int:
    """Wait, in real time, until the bot has heard everything; return the most lines that ever waited."""
    end, most = time.monotonic() + SOON, 0
    unheard = "select count(*) from inbox where stage = 'new'"
    while story.line.get("/play/state")["unconfirmed"] or rows(story, unheard):
        assert time.monotonic() < end
        most = max(most, rows(story, "select count(*) from line"))
        time.sleep(0.2)
    return most


def megabytes(story: Story) -> int:
    """Return how many megabytes the bot's process holds."""
    return resident(story.folder / "stand-in" / "bot.log") // 2**20


@pytest.mark.parametrize("many", [200, pytest.param(1_000, marks=pytest.mark.soak)])
def test_many_messages_of_one_person_are_answered_by_a_few_kind_lines(tmp_path: Path, many: int) -> None:
    with two_couples(tmp_path) as story:
        story.until("21:00")
        card, since, before = story.newest(CARD)["id"], story.mark, megabytes(story)
        for number in range(many // 8):
            story.ann.says(f"word {number}" * 60, "private", wait=False)
            story.ann.says("/checkin", "private", wait=False)
            story.ann.says(f"/checkin calm / rest {number}", wait=False)
            story.ann.says("/help", wait=False)
            story.ann.says(f"feeling {number}", reply_to=card, wait=False)
            story.ann.sends("sticker", reply_to=card, wait=False)
            story.ann.taps("What did I say?", message=card, wait=False)
            story.ann.taps("calm", message=card, wait=False)
            if number == many // 16:
                asked = story.now
                story.dora.says("/help", wait=False)
        took = story.now
        most = wait_until_heard(story)
        story.clock.by("PT2M")
        assert most < 30
        (theirs,) = [at for at, text in story.said(since, NEST) if "/checkin" in text]
        assert theirs - asked < timedelta(seconds=10)
        told = [at for chat in (HOME, BY_NAME["ann"].id) for at, _ in story.said(since, chat)]
        assert len(told) < 100
        assert max(told) - took < timedelta(seconds=90)
        assert story.told(story.ben, since) == []
        assert megabytes(story) - before < 40
        assert (
            story.ann.taps("What did I say?").alert == f"Yours tonight: calm, needing rest {many // 8 - 1}."
        )
        assert rows(story, "select count(*) from line") == 0


@pytest.mark.parametrize("many", [300, pytest.param(10_000, marks=pytest.mark.soak)])
def test_strangers_by_the_thousand_keep_no_couple_waiting(tmp_path: Path, many: int) -> None:
    with two_couples(tmp_path) as story:
        nine = story.now.replace(hour=21, minute=0, second=0, microsecond=0)
        story.clock.to((nine - timedelta(seconds=4)).isoformat())
        since, before, asked = story.mark, megabytes(story), story.now
        story.strangers(many, wait=False)
        story.dora.says("/help", wait=False)
        most = wait_until_heard(story)
        story.clock.by("PT2M")
        (helped,) = [at for at, text in story.said(since, NEST) if "/checkin" in text]
        assert helped - asked < timedelta(seconds=15)
        for chat in (HOME, NEST):
            (card,) = [at for at, text in story.said(since, chat) if text.startswith(CARD)]
            assert card - nine < timedelta(seconds=15)
        assert most <= MOST_STRANGERS + 10
        assert MOST_STRANGERS <= len(story.calls("sendMessage", since)) <= many + 3
        assert megabytes(story) - before < 40
        assert rows(story, "select count(*) from inbox where stage = 'dead'") == 0
        assert rows(story, "select count(*) from line") == 0


@pytest.mark.parametrize("many", [20, pytest.param(40, marks=pytest.mark.soak)])
def test_with_telegrams_limits_enforced_many_couples_have_their_evening(tmp_path: Path, many: int) -> None:
    with Story.at(tmp_path) as story:
        rooms = story.couples(many)
        for label in ("I'm in", "That's us", "Looks right"):
            for ada, bo in rooms:
                ada.taps(label, wait=False)
                if label == "I'm in":
                    bo.taps(label, wait=False)
            story.clock.by("PT1M")
        story.limits()
        story.pace(anew=True)
        nine = story.until("21:00")
        story.clock.by("PT1M")
        for ada, bo in rooms:
            for one in (ada, bo):
                one.says("/help", wait=False)
                one.taps("calm", wait=False)
                one.taps("a hug", wait=False)
        story.clock.by("PT2M")
        cards = [call for call in story.calls("sendMessage") if call["params"]["text"].startswith(CARD)]
        assert len(cards) == len({call["params"]["chat_id"] for call in cards}) == many
        assert max(datetime.fromisoformat(call["at"]) for call in cards) - nine < timedelta(seconds=20)
        for ada, _ in rooms:
            assert stands(ada, 0)["reveal"] == 1
        pace = story.pace()
        assert pace["refused"] == 0
        assert all(room["most"] <= 18 for room in pace["most_in_a_minute_in_a_group"])
