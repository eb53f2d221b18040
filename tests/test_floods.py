"""Floods: Tend is never faster than Telegram allows, and whoever writes by the thousand keeps nobody waiting.

First the outbox by its own record, on both databases; then the real bot through the stand-in.
"""

from collections import Counter
from datetime import timedelta

import pytest

from bot.ritual import Button, redraw, say
from bot.shell import TOO_LONG
from bot.storage import inbox, outbox
from bot.storage.outbox import JUST_SAID, MOST_STRANGERS, PROMPT, TO_PEOPLE, Limits
from bot.storage.store import Store
from bot.storage.tables import CardRow, CoupleRow, InboxRow, LineRow, PaceRow
from tests.databases import Time
from tests.post import A_MINUTE, A_SECOND, Gone, Post, assert_kept, texts

COUPLES = 60


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
    for turn in range(12):
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
    assert min(kinds["say"], kinds["redraw"], kinds["strip"]) > 30
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


def test_buttons_that_go_hold_up_nothing_that_is_said(post: Post) -> None:
    post.says(say("old", Button("Yes", "yes"), card="card"), post.room())
    post.drains()
    post.says(say("new", card="card"), post.room())
    with post.store.begin() as tx:
        tidying = tx.session.query(LineRow).filter_by(kind="strip").one()
        tidying.attempts, tidying.not_before = 1, tx.now + A_MINUTE
    post.clock.now += A_SECOND
    assert texts(post.sends_one()) == ["new"]


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


def test_what_changed_to_and_fro_is_told_as_it_is_at_last(post: Post) -> None:
    post.puts("at eight", rank=TO_PEOPLE)
    post.drains()
    for text in ("at nine", "at eight"):
        post.puts(text, rank=TO_PEOPLE)
    assert texts(post.drains()) == ["at nine", "at eight"]
    for text in ("at nine", "at eight", "at nine"):
        post.puts(text, rank=TO_PEOPLE)
    assert texts(post.drains()) == ["at eight", "at nine"]


def test_the_same_for_another_chat_or_another_playing_is_said_there(post: Post) -> None:
    post.puts("hello", 1)
    post.puts("hello", 2)
    post.tells("hello", 7, 1)
    with post.store.begin() as tx:
        couple = tx.session.get_one(CoupleRow, post.room(1))
        outbox.say(tx, couple, None, say("hello"), PROMPT, always=True)
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
    post.clock.now += A_MINUTE
    with post.store.begin() as tx:
        outbox.sweep(tx)
        assert {row.target for row in tx.session.query(PaceRow)} <= set(outbox.WHOLE)


def test_a_sweep_forgets_no_pace_that_still_counts(post: Post) -> None:
    gone = []
    for number in range(30):
        post.puts(f"line {number}")
    for _ in range(18):
        gone += post.sends_one()
    with post.store.begin() as tx:
        outbox.sweep(tx)
    gone += post.drains()
    assert_kept(gone, post.limits)


def private(number: int, update: int) -> dict[str, object]:
    chat = {"id": number, "type": "private"}
    return {"update_id": update, "message": {"message_id": 1, "chat": chat, "text": "/start"}}


def test_what_a_couple_does_is_heard_before_what_strangers_wrote_earlier(post: Post) -> None:
    post.lane(7)
    room = {"update_id": 500, "message": {"message_id": 1, "chat": {"id": -1, "type": "group"}}}
    with post.store.begin() as tx:
        inbox.keep(tx, [private(number, number) for number in range(100, 140)])
        inbox.keep(tx, [{"update_id": 501, "callback_query": {"from": {"id": 100}}}, room, private(7, 502)])
        assert [number for number, _ in inbox.waiting(tx, 50, strangers=False)] == [500, 501, 502]
        assert [number for number, _ in inbox.waiting(tx, 5)] == [500, 501, 502, 100, 101]
    post.clock.now += timedelta(hours=2)  # nobody waits for ever
    with post.store.begin() as tx:
        inbox.keep(tx, [private(7, 503)])
        assert [number for number, _ in inbox.waiting(tx, 50, strangers=False)][-1] == 503
        assert len(inbox.waiting(tx, 50, strangers=False)) == 44


def test_numbers_of_updates_go_when_nobody_can_repeat_them(post: Post) -> None:
    with post.store.begin() as tx:
        inbox.keep(tx, [private(number, number) for number in range(1, 1001)])
        for number in range(1, 1001):
            inbox.done(tx, number)
    post.clock.now += timedelta(days=5)
    with post.store.begin() as tx:
        inbox.sweep(tx)
        assert tx.session.query(InboxRow).count() == 0
