"""From the outbox to Telegram: how fast, in which order, and what each answer means for each kind of line."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from bot.metrics import Metrics
from bot.playground.cast import BOT
from bot.ritual import Button, Line, Person, Say, Words, redraw, say
from bot.shell import DELAYED
from bot.storage import cards, outbox
from bot.storage.outbox import A_PAGE
from bot.storage.pace import A_SECOND_THERE, PROMPT, TO_PEOPLE, Limits
from bot.storage.store import Storage, Store, migrate
from bot.storage.tables import CardRow, CoupleRow, LineRow, PersonRow
from bot.telegram import outbound
from bot.telegram.line import Line as Reached
from bot.telegram.line import raw_bot
from bot.telegram.outbound import PATIENCE, Sender
from tests.databases import Shelf, Time, opened
from tests.phones import free_port
from tests.post import A_MINUTE, A_SECOND, PAST, Gone, Post, assert_kept, texts
from tests.road import ME
from tests.wire import Answer, Wire, refusal

QUICK = 0.25  # seconds a call may take


@pytest.fixture
def post(store: Store, clock: Time) -> Post:
    """An outbox with nothing in it."""
    return Post(store, clock)


# -- How fast -----------------------------------------------------------------


def test_nine_in_the_evening_of_a_hundred_couples_stays_below_every_limit(post: Post) -> None:
    for number in range(1, 101):
        post.puts("Good evening", number)
    gone = post.drains()
    assert len(gone) == 100
    assert_kept(gone, post.limits)
    assert gone[-1][0] - gone[0][0] <= timedelta(seconds=100 / 28 + 1)  # and wastes none of it


def test_answers_to_people_go_first_and_have_room_of_their_own(post: Post) -> None:
    for number in range(1, 61):
        post.puts("Good evening", number)
    first, _ = post.claims()
    for line in first:
        with post.store.begin() as tx:
            outbox.sent(tx, line, line.id % 1000)
    post.puts("You asked", 100, TO_PEOPLE)
    post.limits = Limits(in_flight=64)
    ready, _ = post.claims()
    assert ready[0].face.text == "You asked"


def test_when_prompts_have_used_their_second_two_answers_still_go(post: Post) -> None:
    post.limits = Limits(in_flight=64)
    for number in range(1, 61):
        post.puts("Good evening", number)
    began = post.clock.now
    gone = post.drains(until=began + A_SECOND)
    assert len([at for at, _, _ in gone if at < began + A_SECOND_THERE]) == 28
    for text, room, at_once in (("You asked", 70, False), ("pause", 71, True)):
        post.puts(text, room, TO_PEOPLE, at_once=at_once)
        gone = post.drains(until=began + A_SECOND)
        assert [at - began for at, line, _ in gone if line.face.text == text] == [A_SECOND]
    post.puts("You too", 72, TO_PEOPLE)
    (waited,) = (at - began for at, line, _ in post.drains() if line.face.text == "You too")
    assert A_SECOND_THERE < waited < 2 * A_SECOND_THERE


def test_one_room_gets_one_a_second_and_eighteen_a_minute(post: Post) -> None:
    for number in range(40):
        post.puts(f"line {number}")
    gone = post.drains()
    assert_kept(gone, post.limits)
    assert gone[-1][0] - gone[0][0] < timedelta(minutes=2, seconds=10)


def test_a_private_chat_gets_one_a_second_and_no_quota(post: Post) -> None:
    for number in range(25):
        post.tells(f"line {number}", 7)
    gone = post.drains()
    assert_kept(gone, post.limits)
    assert gone[-1][0] - gone[0][0] < timedelta(seconds=26)


def test_while_all_calls_are_in_flight_nobody_looks_again_before_an_answer(post: Post) -> None:
    post.limits = Limits(in_flight=2)
    for number in range(1, 5):
        post.puts("hello", number)
    ready, look_again = post.claims()
    assert (len(ready), look_again) == (2, None)
    assert post.claims() == ([], None)


def test_no_more_than_sixteen_are_in_flight_at_once(post: Post) -> None:
    for number in range(1, 61):
        post.puts("Good evening", number)
    flying = []
    for _ in range(10):
        flying += post.claims()[0]
        post.clock.now += A_SECOND
    assert len(flying) == 16


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 4), st.booleans(), st.sampled_from([TO_PEOPLE, PROMPT]), st.integers(0, 4000)
        ),
        min_size=1,
        max_size=60,
    )
)
def test_whatever_comes_whenever_every_limit_and_every_order_is_kept(
    shelf: Shelf, drawn: list[tuple[int, bool, int, int]]
) -> None:
    shelf.prepare("sqlite", "migrated", migrate)
    with shelf.store("sqlite", "migrated", clock := Time()) as store:
        post = Post(store, clock, Limits(prompts_a_second=3, answers_a_second=1, group_a_minute=5))
        gone: Gone = []
        wanted = defaultdict(list)
        for number, (room, alone, rank, pause) in enumerate(drawn):
            wanted[room, alone].append(f"line {number}")
            if alone:
                post.tells(f"line {number}", 1000 + room, room, rank)
            else:
                post.puts(f"line {number}", room, rank)
            if pause > 2000:
                gone += post.drains()
            clock.now += timedelta(milliseconds=pause)
        gone += post.drains()
        assert_kept(gone, post.limits)
        for (room, alone), lines in wanted.items():
            chat = 1000 + room if alone else -room
            assert [line.face.text for _, line, _ in gone if line.chat_id == chat] == lines


def test_the_pace_survives_a_restart(post: Post, clock: Time) -> None:
    for number in range(20):
        post.puts(f"line {number}")
    first = []
    for _ in range(18):
        first += post.sends_one()
    with opened(post.store.engine.url.render_as_string(), clock) as again:
        rest = Post(again, clock, rooms=post.rooms).drains()
    assert_kept(first + rest, post.limits)


# -- In which order -----------------------------------------------------------


def test_the_order_in_a_chat_is_kept_whatever_the_ranks(post: Post) -> None:
    post.puts("first", rank=PROMPT)
    post.puts("second", rank=TO_PEOPLE)
    post.puts("third", rank=PROMPT)
    assert texts(post.drains()) == ["first", "second", "third"]


def test_what_must_be_said_at_once_goes_before_what_waits_in_its_chat(post: Post) -> None:
    post.puts("first")
    post.puts("pause", at_once=True)
    assert texts(post.drains()) == ["pause", "first"]


def test_one_line_of_a_chat_flies_at_a_time(post: Post) -> None:
    post.puts("first")
    post.puts("second")
    post.puts("elsewhere", 2)
    assert {line.face.text for line in post.claims()[0]} == {"first", "elsewhere"}
    post.clock.now += A_MINUTE
    assert post.claims()[0] == []


def test_a_line_that_is_tried_later_holds_those_behind_it(post: Post) -> None:
    post.puts("first")
    post.puts("second")
    (line,), _ = post.claims()
    with post.store.begin() as tx:
        outbox.postpone(tx, line, post.clock.now + A_MINUTE, whole_chat=False)
    post.clock.now += timedelta(seconds=30)
    ready, look_again = post.claims()
    assert ready == []
    assert look_again == post.clock.now + timedelta(seconds=30)
    assert texts(post.drains()) == ["first", "second"]


def test_a_line_that_waits_for_a_shut_lane_holds_nobody(post: Post) -> None:
    couple, person = post.lane(7, open_=False)
    post.says(say("waits", to=Person(person), waits=True), couple)
    post.puts("room")
    assert texts(post.drains()) == ["room"]
    with post.store.begin() as tx:
        tx.session.get_one(PersonRow, person).lane_open = True
    assert texts(post.drains()) == ["waits"]


def test_a_stranger_is_answered_once_however_often_they_write(post: Post) -> None:
    for _ in range(5):
        with post.store.begin() as tx:
            outbox.tell(tx, 4711, say("hello"))
    assert [(line.face.text, line.chat_id) for _, line, _ in post.drains()] == [("hello", 4711)]


def test_a_line_that_does_not_open_blocks_nobody(post: Post) -> None:
    post.puts("spoilt")
    with post.store.begin() as tx:
        card = tx.session.query(CardRow).one()
        card.face = bytes(40)
    post.puts("next")
    post.puts("elsewhere", 2)
    assert Counter(texts(post.drains())) == {"next": 1, "elsewhere": 1}


# -- What each answer means ---------------------------------------------------


@asynccontextmanager
async def sending(post: Post, address: str) -> AsyncIterator[Sender]:
    storage = Storage(post.store)
    bot = raw_bot(Reached(BOT.token, address, QUICK), 2)
    await bot._request[1].initialize()
    yield Sender(bot, storage, post.clock, post.engine.rooms, Metrics())
    await bot._request[1].shutdown()
    storage._thread.shutdown()


async def sends(post: Post, address: str) -> None:
    """Send what may be sent now, once."""
    ready, _ = post.claims()
    async with sending(post, address) as sender:
        for line in ready:
            await sender.send(line, ME, PAST)


DONE: list[object] = []
LATER = [("say", False, 1)]
NOT_FOUND = refusal(400, "Bad Request: chat not found")
TABLE: list[tuple[str, Answer, list[Any], list[Any]]] = [
    # what Telegram answers, and what it means for a line to be said again, and for one that is not
    ("too many", refusal(429, "Too Many Requests: retry after 7", retry_after=7), LATER, LATER),
    ("too many, unsaid how long", refusal(429, "Too Many Requests"), LATER, LATER),
    ("moved", refusal(400, "Bad Request: upgraded", migrate_to_chat_id=-100_9), LATER, LATER),
    ("forbidden", refusal(403, "Forbidden: bot was kicked from the group chat"), DONE, DONE),
    ("not found", NOT_FOUND, DONE, DONE),
    ("bad", refusal(400, "Bad Request: message text is empty"), DONE, DONE),
    ("error 500", refusal(500, "Internal Server Error"), LATER, LATER),
    ("error 502", refusal(502, "Bad Gateway"), LATER, LATER),
    ("a page of a proxy", (502, b"<html>Bad Gateway</html>"), LATER, DONE),
    ("unauthorized", refusal(401, "Unauthorized"), LATER, LATER),
    ("conflict", refusal(409, "Conflict"), LATER, LATER),
    ("silence", "hangs", LATER, DONE),
    ("hung up", "hangs up", LATER, DONE),
    ("nonsense", (200, b"ZEBRA"), LATER, LATER),
]


@pytest.mark.parametrize("again", [True, False], ids=["again", "not again"])
@pytest.mark.parametrize(
    ("answer", "if_again", "if_not"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
async def test_every_answer_means_the_same_for_every_line_of_its_kind(
    post: Post, wire: Wire, answer: Answer, if_again: list[Any], if_not: list[Any], *, again: bool
) -> None:
    post.puts("hello", again=again)
    wire.answers["sendMessage"].append(answer)
    await sends(post, wire.address)
    assert post.lines() == (if_again if again else if_not)
    assert len(wire.asked("sendMessage")) == 1


@pytest.mark.parametrize("again", [True, False], ids=["again", "not again"])
async def test_what_never_left_this_machine_is_sent_later_whatever_its_kind(
    post: Post, *, again: bool
) -> None:
    post.puts("hello", again=again)
    await sends(post, f"http://127.0.0.1:{free_port()}")
    assert post.lines() == LATER


async def test_an_answer_makes_the_line_done_and_its_card_known(post: Post, wire: Wire) -> None:
    post.puts("hello")
    await sends(post, wire.address)
    assert post.lines() == DONE
    with post.store.begin() as tx:
        assert tx.session.query(CardRow).one().message_id == 101


async def test_a_flood_holds_one_chat_only_and_longer_than_this_process(
    post: Post, wire: Wire, clock: Time
) -> None:
    post.puts("hello")
    post.puts("behind it")
    wire.answers["sendMessage"].append(refusal(429, "Too Many Requests: retry after 70", retry_after=70))
    await sends(post, wire.address)
    began = clock.now
    post.puts("elsewhere", 2)
    with opened(post.store.engine.url.render_as_string(), clock) as again:
        other = Post(again, clock, rooms=post.rooms)
        gone = other.drains()
    assert texts(gone) == ["elsewhere", "hello", "behind it"]
    assert gone[0][0] == began
    assert gone[1][0] >= began + timedelta(seconds=70)


async def test_a_flood_holds_what_must_be_said_at_once_as_well(post: Post, wire: Wire) -> None:
    post.puts("hello")
    wire.answers["sendMessage"].append(refusal(429, "Too Many Requests: retry after 70", retry_after=70))
    await sends(post, wire.address)
    post.puts("pause", at_once=True)
    began = post.clock.now
    gone = post.drains()
    assert texts(gone) == ["pause", "hello"]
    assert gone[0][0] >= began + timedelta(seconds=70)


async def test_a_flood_in_a_private_chat_holds_that_chat_and_not_the_room(post: Post, wire: Wire) -> None:
    post.tells("alone", 7)
    wire.answers["sendMessage"].append(refusal(429, "Too Many Requests: retry after 70", retry_after=70))
    await sends(post, wire.address)
    post.puts("room")
    began = post.clock.now
    gone = post.drains()
    assert [(line.face.text, at - began >= A_MINUTE) for at, line, _ in gone] == [
        ("room", False),
        ("alone", True),
    ]


async def test_waits_grow_between_tries_and_end_at_a_few_minutes(post: Post, wire: Wire) -> None:
    post.puts("hello")
    waits = []
    for _ in range(12):
        wire.answers["sendMessage"].append(refusal(500, "Internal Server Error"))
        await sends(post, wire.address)
        waits += post.due()
        post.clock.now += waits[-1]
    assert waits == sorted(waits)
    assert waits[0] <= timedelta(seconds=4)
    assert waits[-1] == PATIENCE


async def test_a_room_that_moved_gets_its_line_at_its_new_number(post: Post, wire: Wire) -> None:
    post.puts("hello")
    wire.answers["sendMessage"].append(refusal(400, "Bad Request: upgraded", migrate_to_chat_id=-100_500))
    await sends(post, wire.address)
    post.clock.now += A_SECOND
    await sends(post, wire.address)
    assert [call["chat_id"] for call in wire.asked("sendMessage")] == ["-1", "-100500"]
    assert post.lines() == DONE


async def test_whoever_shuts_their_private_chat_is_not_written_to_again(post: Post, wire: Wire) -> None:
    post.tells("alone", 7)
    wire.answers["sendMessage"].append(refusal(403, "Forbidden: bot was blocked by the user"))
    await sends(post, wire.address)
    with post.store.begin() as tx:
        assert not tx.session.query(PersonRow).one().lane_open


async def test_a_topic_that_is_gone_is_left_and_the_line_goes_to_the_room(post: Post, wire: Wire) -> None:
    post.room(1, thread=9)
    post.puts("hello")
    wire.answers["sendMessage"].append(refusal(400, "Bad Request: message thread not found"))
    await sends(post, wire.address)
    post.clock.now += A_SECOND
    await sends(post, wire.address)
    assert [call.get("message_thread_id") for call in wire.asked("sendMessage")] == ["9", None]
    assert post.lines() == DONE


@pytest.mark.parametrize(
    ("why", "rests"),
    [
        ("Bad Request: chat not found", True),
        ("Bad Request: group chat was deleted", True),
        ("Bad Request: PEER_ID_INVALID", True),
        ("Bad Request: not enough rights to send text messages to the chat", False),
        ("Bad Request: message text is empty", False),
    ],
)
async def test_in_a_room_that_is_gone_the_couple_rests_and_in_one_that_is_closed_it_stays(
    post: Post, wire: Wire, caplog: pytest.LogCaptureFixture, why: str, *, rests: bool
) -> None:
    post.puts("ZEBRA", 1)
    post.puts("behind it", 1)
    post.puts("elsewhere", 2)
    wire.answers["sendMessage"].append(refusal(400, why))
    await sends(post, wire.address)
    with post.store.begin() as tx:
        stages = {row.chat_id: row.stage for row in tx.session.query(CoupleRow)}
    assert stages == {-1: "resting" if rests else "together", -2: "together"}
    assert texts(post.drains()) == ([] if rests else ["behind it"])
    assert "ZEBRA" not in caplog.text


async def test_a_room_whose_card_is_redrawn_when_it_is_gone_gets_no_new_one(post: Post, wire: Wire) -> None:
    await standing(post, wire)
    wire.answers["editMessageText"].append(refusal(400, "Bad Request: chat not found"))
    await sends(post, wire.address)
    post.clock.now += A_SECOND
    await sends(post, wire.address)
    assert len(wire.asked("sendMessage")) == 1
    assert post.lines() == DONE


async def test_a_room_that_may_not_be_written_to_is_no_room_that_put_us_out(post: Post, wire: Wire) -> None:
    post.puts("hello")
    wire.answers["sendMessage"].append(refusal(403, "Forbidden: CHAT_WRITE_FORBIDDEN"))
    await sends(post, wire.address)
    with post.store.begin() as tx:
        assert tx.session.query(CoupleRow).one().stage == "together"


async def test_what_waits_for_a_lane_outlives_its_being_shut(post: Post, wire: Wire) -> None:
    couple, person = post.lane(7)
    post.says(say("waits", to=Person(person), waits=True), couple)
    post.tells("does not wait", 7)
    wire.answers["sendMessage"].append(refusal(403, "Forbidden: bot was blocked by the user"))
    await sends(post, wire.address)
    assert post.drains() == []
    with post.store.begin() as tx:
        tx.session.get_one(PersonRow, person).lane_open = True
    assert texts(post.drains()) == ["waits"]


# -- What the database does meanwhile -----------------------------------------


async def test_an_answer_is_noted_however_long_the_database_is_busy(
    post: Post, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound, "BETWEEN_NOTES", 0)
    post.puts("hello")
    post.puts("behind it")
    (ready,), _ = post.claims()
    async with sending(post, wire.address) as sender:
        run, tries = sender.storage.run, 0

        async def is_busy(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - whatever a transaction takes and returns
            nonlocal tries
            tries += 1
            if tries < 5:
                raise OperationalError("UPDATE", {}, Exception("database is locked"))
            return await run(*args, **kwargs)

        monkeypatch.setattr(sender.storage, "run", is_busy)
        await sender.send(ready, ME, PAST)
    assert len(wire.asked("sendMessage")) == 1
    assert tries == 5
    assert post.lines() == [("say", False, 0)]
    with post.store.begin() as tx:
        assert tx.session.query(CardRow).order_by(CardRow.id).first().message_id == 101  # type: ignore[union-attr]


async def test_a_note_that_fails_lets_the_line_go_and_holds_nobody(
    post: Post, wire: Wire, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> None:
        raise ValueError("ZEBRA")

    monkeypatch.setattr(post.engine.rooms, "shut", fails)
    post.puts("hello")
    post.puts("behind it")
    wire.answers["sendMessage"].append(refusal(403, "Forbidden: bot was kicked from the group chat"))
    await sends(post, wire.address)
    post.clock.now += A_SECOND
    await sends(post, wire.address)
    assert [call["text"] for call in wire.asked("sendMessage")] == ["hello", "behind it"]
    assert post.lines() == DONE
    assert "ZEBRA" not in caplog.text


# -- How many are in a room ---------------------------------------------------


def counts(post: Post, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Ask how many are in the room, and return where the answer will be heard."""
    heard: list[tuple[int, int]] = []
    monkeypatch.setattr(post.engine.rooms, "counted", lambda _, chat, members: heard.append((chat, members)))
    couple = post.room()
    with post.store.begin() as tx:
        for _ in range(3):
            outbox.count_members(tx, tx.session.get_one(CoupleRow, couple))
    return heard


async def test_a_room_is_counted_once_and_that_is_no_message(
    post: Post, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = counts(post, monkeypatch)
    post.puts("hello")
    wire.answers["getChatMemberCount"].append((200, {"ok": True, "result": 4}))
    await sends(post, wire.address)
    assert heard == [(-1, 4)]
    assert [method for method, _ in wire.calls].count("getChatMemberCount") == 1
    assert len(wire.asked("sendMessage")) == 1  # in the same second
    assert post.lines() == DONE


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        (refusal(429, "Too Many Requests: retry after 70", retry_after=70), 1),
        (refusal(500, "Internal Server Error"), 1),
        ("hangs", 1),
        ("hangs up", 1),
        (refusal(403, "Forbidden: bot was kicked from the group chat"), 0),
        (refusal(400, "Bad Request: chat not found"), 0),
    ],
    ids=["too many", "error 500", "silence", "hung up", "forbidden", "not found"],
)
async def test_a_count_that_fails_holds_nothing_up_and_ends_nothing(
    post: Post, wire: Wire, monkeypatch: pytest.MonkeyPatch, answer: Answer, left: int
) -> None:
    heard = counts(post, monkeypatch)
    wire.answers["getChatMemberCount"].append(answer)
    await sends(post, wire.address)
    assert [kind for kind, _, _ in post.lines()] == ["count"] * left
    post.puts("hello")
    await sends(post, wire.address)
    assert len(wire.asked("sendMessage")) == 1
    post.clock.now += 2 * A_MINUTE
    wire.answers["getChatMemberCount"].append((200, {"ok": True, "result": 3}))
    await sends(post, wire.address)
    assert heard == [(-1, 3)] * left
    with post.store.begin() as tx:
        assert tx.session.query(CoupleRow).one().stage == "together"


# -- Late, and cut off --------------------------------------------------------


def test_a_prompt_that_waited_long_says_so_and_an_answer_does_not(post: Post) -> None:
    post.puts("evening", 1)
    post.puts("in time", 2)
    post.puts("you asked", 3, TO_PEOPLE)
    for line in post.claims()[0]:
        with post.store.begin() as tx:
            wait = timedelta(minutes=9 if line.face.text == "in time" else 11)
            outbox.postpone(tx, line, tx.now + wait, whole_chat=False)
    below = {line.face.text: [each.text for each in line.face.below] for _, line, _ in post.drains()}
    assert below == {"evening": [DELAYED], "in time": [], "you asked": []}


@pytest.mark.parametrize(
    ("last", "told"),
    [
        (replace(say("closed", card="card"), closes=True), []),
        (replace(redraw("closed", card="card"), closes=True), []),
        (say("next", card="card", softly=True), ["next"]),
        (replace(say("closed", card="card", again=True), closes=True), ["closed"]),
        (replace(say("anew", card="card", asks="who"), closes=True), ["anew"]),
    ],
    ids=["closes", "closes quietly", "goes on", "closes, and must be read", "asks"],
)
@pytest.mark.parametrize("minutes", [1, 30])
def test_what_only_closes_what_nobody_has_seen_for_long_is_not_said(
    post: Post, last: Say, told: list[str], minutes: int
) -> None:
    post.says(say("evening", card="card", asks="who"), post.room())
    (line,), _ = post.claims()
    with post.store.begin() as tx:
        outbox.postpone(tx, line, tx.now + timedelta(hours=1), whole_chat=False)
    post.clock.now += timedelta(minutes=minutes)
    post.says(last, post.room())
    assert texts(post.drains()) == (told if minutes == 30 else [last.text])


def test_where_telegram_is_cut_off_only_what_may_be_said_twice_is_tried(post: Post) -> None:
    post.puts("evening", 1)
    post.puts("return", 2, again=True)
    post.puts("evening", 3)
    post.puts("behind it", 3, again=True)
    with post.store.begin() as tx:
        ready, look_again = outbox.claim(tx, post.engine.book, post.limits, cut_off=True)
        assert [line.face.text for line in ready] == ["return"]
        assert look_again is None
    assert Counter(texts(post.drains())) == {"evening": 2, "behind it": 1}


def a_card_whose_first_message_was_lost(post: Post) -> None:
    """Let a card have been in flight at a kill, and have a new face since."""
    number = post.room()
    post.puts("evening", card="tonight")
    post.claims()
    with post.store.begin() as tx:
        assert outbox.land(tx) == (0, 1)
    post.says(redraw("later", card="tonight"), number)


def test_where_telegram_is_cut_off_no_card_becomes_a_new_message(post: Post) -> None:
    a_card_whose_first_message_was_lost(post)
    post.clock.now += A_SECOND
    with post.store.begin() as tx:
        assert outbox.claim(tx, post.engine.book, post.limits, cut_off=True)[0] == []
    assert texts(post.drains()) == ["later"]


@pytest.mark.parametrize("again", [False, True])
def test_a_card_that_is_said_anew_is_said_again_in_doubt_only_if_it_may_be(post: Post, again: bool) -> None:  # noqa: FBT001 - both
    number = post.room()
    post.says(say("evening", card="tonight", again=again), number)
    post.drains()
    post.says(replace(redraw("later", card="tonight"), again=again), number)
    post.clock.now += A_MINUTE
    (line,), _ = post.claims()
    with post.store.begin() as tx:
        outbox.resend(tx, line)
    post.clock.now += A_MINUTE
    (line,), _ = post.claims()
    assert (line.kind, line.again) == ("say", again)


def test_a_line_that_cannot_be_read_any_more_blocks_nobody(post: Post) -> None:
    post.room()
    with post.store.begin() as tx:
        outbox.tell(tx, 4711, say("hello"))
        line = tx.session.query(LineRow).one()
        line.body = tx.keys.host.close('{"text": "of a version to come"}', "line", line.id, "body", "host")
    post.puts("evening")
    assert texts(post.drains()) == ["evening"]


def test_whoever_was_silent_for_too_long_notes_nothing_about_a_line_that_another_has_taken(
    post: Post,
) -> None:
    post.puts("return", again=True)
    (late,), _ = post.claims()
    post.clock.now += post.limits.answered_within + A_SECOND
    with post.store.begin() as tx:
        outbox.land(tx, alone=False)
    (taken,), _ = post.claims()
    for note in (outbox.drop, outbox.come_back, outbox.resend, outbox.drop_all):
        with post.store.begin() as tx:
            note(tx, late)
    with post.store.begin() as tx:
        outbox.sent(tx, late, 1)
        outbox.postpone(tx, late, tx.now, whole_chat=False)
    assert post.lines() == [("say", True, taken.attempts)]
    with post.store.begin() as tx:
        outbox.sent(tx, taken, 2)
    assert post.lines() == DONE


def test_once_telegram_is_back_nobody_waits_but_where_it_asked_to(post: Post) -> None:
    post.puts("network", 1)
    post.puts("too fast", 2)
    for line in post.claims()[0]:
        with post.store.begin() as tx:
            outbox.postpone(tx, line, tx.now + A_MINUTE, whole_chat=line.face.text == "too fast")
    began = post.clock.now
    with post.store.begin() as tx:
        outbox.try_now(tx)
    assert [(line.face.text, at - began) for at, line, _ in post.drains()] == [
        ("network", A_SECOND),
        ("too fast", A_MINUTE),
    ]


def test_chats_that_must_wait_hide_none_behind_them(post: Post) -> None:
    for number in range(1, A_PAGE + 20):
        post.puts("refused", number)
    with post.store.begin() as tx:
        tx.session.execute(update(LineRow).values(attempts=1, not_before=tx.now + A_MINUTE))
    post.puts("evening", 9_000)
    ready, look_again = post.claims()
    assert [line.face.text for line in ready] == ["evening"]
    assert look_again == post.clock.now + A_MINUTE


# -- Redrawing and tidying ----------------------------------------------------


async def standing(post: Post, wire: Wire) -> None:
    """Let a card stand in the room, with a new face to come."""
    post.puts("old", card="card")
    await sends(post, wire.address)
    post.clock.now += A_SECOND
    post.says(redraw("new", Button("Yes", "yes"), card="card"), post.room())


async def test_a_new_face_is_an_edit(post: Post, wire: Wire) -> None:
    await standing(post, wire)
    await sends(post, wire.address)
    (edit,) = wire.asked("editMessageText")
    assert (edit["message_id"], edit["text"]) == ("101", "new")
    assert post.lines() == DONE


@pytest.mark.parametrize(
    "why", ["message to edit not found", "message can't be edited", "MESSAGE_ID_INVALID: message not found"]
)
async def test_a_card_that_is_gone_is_said_as_a_new_message(post: Post, wire: Wire, why: str) -> None:
    await standing(post, wire)
    wire.answers["editMessageText"].append(refusal(400, f"Bad Request: {why}"))
    await sends(post, wire.address)
    assert [kind for kind, _, _ in post.lines()] == ["say"]
    post.clock.now += A_SECOND
    await sends(post, wire.address)
    assert [call["text"] for call in wire.asked("sendMessage")] == ["old", "new"]


async def test_a_face_that_is_there_already_is_done(post: Post, wire: Wire) -> None:
    await standing(post, wire)
    wire.answers["editMessageText"].append(refusal(400, "Bad Request: message is not modified: ..."))
    await sends(post, wire.address)
    assert post.lines() == DONE


async def test_a_new_face_whose_answer_was_lost_is_drawn_again(post: Post, wire: Wire) -> None:
    await standing(post, wire)
    wire.answers["editMessageText"].append("hangs")
    await sends(post, wire.address)
    assert [kind for kind, _, _ in post.lines()] == ["redraw"]


@pytest.mark.parametrize(
    "why", ["message to edit not found", "message is not modified: ...", "message can't be edited"]
)
async def test_buttons_that_cannot_be_taken_away_any_more_are_let_be(
    post: Post, wire: Wire, why: str
) -> None:
    post.says(say("old", Button("Yes", "yes"), card="card"), post.room())
    await sends(post, wire.address)
    with post.store.begin() as tx:
        cards.end(tx, tx.session.query(CoupleRow).one(), 1)
    post.clock.now += A_SECOND
    wire.answers["editMessageReplyMarkup"].append(refusal(400, f"Bad Request: {why}"))
    await sends(post, wire.address)
    assert len(wire.asked("editMessageReplyMarkup")) == 1
    assert post.lines() == DONE


async def test_a_line_that_cannot_be_shown_is_let_go_and_holds_nobody(
    post: Post, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    post.says(Say("{nobody_gave_this}", {"words": Words(Person(1), "ZEBRA")}), post.room())
    post.puts("next")
    await sends(post, wire.address)
    post.clock.now += A_SECOND
    await sends(post, wire.address)
    assert [call["text"] for call in wire.asked("sendMessage")] == ["next"]
    assert "ZEBRA" not in caplog.text


async def test_a_line_is_html_without_previews_and_softly_where_it_says_so(post: Post, wire: Wire) -> None:
    post.says(say("{a} <{b}>", softly=True, a=Words(Person(1), "<b>"), b=Line("x")), post.room())
    await sends(post, wire.address)
    (call,) = wire.asked("sendMessage")
    assert call["text"] == "&lt;b&gt; &lt;x&gt;"
    assert call["parse_mode"] == "HTML"
    assert call["disable_notification"].lower() == "true"
    assert "is_disabled" in call["link_preview_options"]


# -- What was flying at a kill ------------------------------------------------


def test_what_a_card_asks_next_is_said_though_nobody_knows_whether_the_card_arrived(post: Post) -> None:
    post.says(say("noted", card="card"), post.room())
    (lost,), _ = post.claims()
    with post.store.begin() as tx:
        outbox.drop(tx, lost)
    post.says(redraw("what will you do?", Button("Nothing", "no"), card="card"), post.room())
    ((_, line, _),) = post.drains()
    assert (line.kind, line.face.text, line.again) == ("say", "what will you do?", False)

    post.says(redraw("good night", card="card"), post.room())
    assert [(line.kind, line.face.text) for _, line, _ in post.drains()] == [("redraw", "good night")]


def test_what_was_flying_at_a_kill_lands_as_its_kind_says(post: Post, clock: Time) -> None:
    post.puts("return", 1, again=True)
    post.puts("evening", 2)
    post.puts("not yet flying", 2)
    assert len(post.claims()[0]) == 2
    with opened(post.store.engine.url.render_as_string(), clock) as again:
        other = Post(again, clock, rooms=post.rooms)
        with again.begin() as tx:
            assert outbox.land(tx) == (1, 1)
        assert Counter(texts(other.drains())) == {"return": 1, "not yet flying": 1}
        with again.begin() as tx:
            assert outbox.land(tx) == (0, 0)


def test_a_card_retired_in_flight_loses_its_buttons_when_it_has_arrived(post: Post) -> None:
    post.says(say("old", Button("Yes", "yes"), card="card"), post.room())
    (line,), _ = post.claims()
    with post.store.begin() as tx:
        cards.end(tx, tx.session.query(CoupleRow).one(), 1)
        outbox.sent(tx, line, 55)
    post.clock.now += A_SECOND
    ((_, tidying, _),) = post.drains()
    assert (tidying.kind, tidying.message_id) == ("strip", 55)
