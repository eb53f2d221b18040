"""What a host can watch: every number is in the docs, means what they say there, and names nobody."""

import asyncio
import re
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from datetime import time as hour
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.exc import OperationalError

from bot import metrics as watched
from bot.metrics import RANKS, TROUBLES, Metrics, Trouble, look
from bot.playground.cast import PEOPLE, ROOM_BY_NAME
from bot.ritual import Person, redraw, say
from bot.settings import Settings
from bot.shell import AFTER_A_SILENCE
from bot.storage import inbox, outbox
from bot.storage.pace import FIRST, PROMPT, TO_PEOPLE, TO_STRANGERS
from bot.storage.store import Storage, Store, Tx
from bot.storage.tables import CallRow, CoupleRow, PersonRow
from bot.telegram.line import Line as Reached
from bot.telegram.line import raw_bot
from bot.telegram.outbound import Sender
from tests import town
from tests.databases import EVENING, Time
from tests.phones import Play, free_port
from tests.post import A_MINUTE, A_SECOND, PAST, Post
from tests.rehearsal import BERLIN
from tests.road import ME
from tests.tellings import LAUNCHER, THE_BOT
from tests.wire import Answer, Wire, refusal

HOME = Path(__file__).parents[1]
PAGE = (HOME / "docs" / "running.md").read_text()
COMPOSE = (HOME / "docs" / "deploy" / "compose.yaml").read_text()
OURS = re.compile(r"^\| `(tend_\w+|process_\w+)` \|", re.MULTILINE)
POSTGRESQL = {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD"}  # of its image
QUICK = 0.25  # seconds a call may take


@pytest.fixture
def post(store: Store, clock: Time) -> Post:
    """An outbox with nothing in it."""
    return Post(store, clock)


@pytest.fixture
def storage(store: Store) -> Iterator[Storage]:
    """A thread for the store, which others close."""
    lent = Storage(store)
    yield lent
    lent._thread.shutdown()


def told(metrics: Metrics, name: str, **labels: str) -> float:
    """Return a number; 0 where it was never told."""
    return metrics.registry.get_sample_value(name, labels) or 0


def spans(metrics: Metrics, name: str, **labels: str) -> tuple[float, float]:
    """Return how many there were, and how many seconds in all."""
    return told(metrics, f"{name}_count", **labels), told(metrics, f"{name}_sum", **labels)


# -- What is told ---------------------------------------------------------------


def test_every_metric_is_in_the_docs_and_the_docs_tell_of_no_other() -> None:
    families = {
        family.name + ("_total" if family.type == "counter" else "")
        for family in Metrics().registry.collect()
    }
    explained = set(OURS.findall(PAGE))
    assert {name for name in families if name.startswith("tend_")} == {
        name for name in explained if name.startswith("tend_")
    }
    assert families <= explained  # on some systems a process tells less about itself


def test_every_kind_of_trouble_and_every_rank_is_explained() -> None:
    kinds = PAGE.partition("The kinds of trouble:")[2].partition("And without Prometheus")[0]
    assert sorted(re.findall(r"^\| `(\w+)` \|", kinds, re.MULTILINE)) == sorted(TROUBLES)
    (ranks,) = re.findall(r"^A `rank` is .*$", PAGE, re.MULTILINE)
    assert {*re.findall(r"`(\w+)`", ranks)} == {"rank", *RANKS.values()}


def test_no_label_is_open() -> None:
    """Whatever anybody is called or says can stand in none of them."""
    metrics = Metrics()
    shown = {
        (label, value)
        for family in metrics.registry.collect()
        for sample in family.samples
        for label, value in sample.labels.items()
        if label != "le"
    }
    assert shown == {
        *(("rank", name) for name in RANKS.values()),
        *(("kind", kind) for kind in TROUBLES),
        *(("state", state) for state in ("ready", "held", "flying")),
    }


def test_each_bot_has_numbers_of_its_own_and_the_process_has_none_of_them() -> None:
    one, other = Metrics(), Metrics()
    one.trouble("shut")
    assert told(one, "tend_line_troubles_total", kind="shut") == 1
    assert told(other, "tend_line_troubles_total", kind="shut") == 0
    assert not [family for family in REGISTRY.collect() if family.name.startswith("tend_")]
    assert isinstance(one.registry, CollectorRegistry)


# -- Heard ----------------------------------------------------------------------


def test_an_update_is_timed_from_stored_to_heard_and_its_tap_to_its_answer() -> None:
    metrics = Metrics()
    metrics.stored([7, 8], EVENING)
    metrics.stored([7], EVENING + A_MINUTE)  # Telegram brings it again
    stored = metrics.heard(7, EVENING + 2 * A_SECOND)
    metrics.answered(stored, EVENING + 3 * A_SECOND)
    assert spans(metrics, "tend_update_heard_seconds") == (1, 2)
    assert spans(metrics, "tend_tap_answered_seconds") == (1, 3)


def test_what_was_stored_before_the_start_is_not_timed() -> None:
    metrics = Metrics()
    metrics.answered(metrics.heard(7, EVENING), EVENING)
    assert spans(metrics, "tend_update_heard_seconds") == (0, 0)
    assert spans(metrics, "tend_tap_answered_seconds") == (0, 0)


def test_a_flood_takes_no_more_memory_than_it_may_and_the_newest_are_timed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watched, "MOST_TIMED", 10)
    metrics = Metrics()
    for number in range(100):
        metrics.stored([number], EVENING)
    assert [number for number in range(100) if metrics.heard(number, EVENING)] == [*range(90, 100)]


def test_a_clock_that_was_set_back_makes_nothing_early() -> None:
    metrics = Metrics()
    metrics.stored([7], EVENING)
    metrics.heard(7, EVENING - A_MINUTE)
    assert spans(metrics, "tend_update_heard_seconds") == (1, 0)


# -- Rung -----------------------------------------------------------------------


def rings(post: Post, at: datetime) -> list[timedelta]:
    """Ring at a moment, and return how late each was."""
    post.clock.now = at
    return list(post.rings().late)


@pytest.fixture
def nine(post: Post) -> datetime:
    """Return when the evenings of three couples begin."""
    town.settle(post.store, post.engine, range(1, 4), hour(21), post.clock.now.date())
    return datetime.combine(post.clock.now.date(), hour(21), BERLIN)


def test_a_ring_tells_how_late_it_is(post: Post, nine: datetime) -> None:
    assert rings(post, nine - A_SECOND) == []
    assert rings(post, nine + 4 * A_SECOND) == [4 * A_SECOND] * 3
    assert rings(post, nine + 5 * A_SECOND) == []
    metrics = Metrics()
    metrics.rung([4 * A_SECOND] * 3)
    assert spans(metrics, "tend_ring_late_seconds") == (3, 12)


def test_what_is_rung_again_because_one_failed_is_told_once(
    post: Post, nine: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = post.engine.ringing._ring_call
    with post.store.begin() as tx:
        unlucky = max(couple.id for couple in tx.session.query(CoupleRow))

    def fails_for_one(tx: Tx, couple: CoupleRow, call: CallRow) -> None:
        if couple.id == unlucky:
            raise ValueError
        ring(tx, couple, call)

    monkeypatch.setattr(post.engine.ringing, "_ring_call", fails_for_one)
    assert rings(post, nine + A_SECOND) == [A_SECOND] * 2


def test_who_waits_for_another_after_a_silence_is_not_late(post: Post, nine: datetime) -> None:
    with post.store.begin() as tx:
        for couple in tx.session.query(CoupleRow):
            couple.rung_after = nine + AFTER_A_SILENCE
    assert rings(post, nine + A_MINUTE) == []
    assert rings(post, nine + AFTER_A_SILENCE + A_SECOND) == [A_SECOND] * 3


# -- Sent -----------------------------------------------------------------------


async def sends(post: Post, address: str) -> Metrics:
    """Send what may be sent now, once, and return what was counted."""
    metrics, storage = Metrics(), Storage(post.store)
    bot = raw_bot(Reached("1:token", address, QUICK), 2)
    await bot._request[1].initialize()
    engine = post.engine
    sender = Sender(bot, storage, post.clock, engine.rooms, metrics)
    for line in post.claims()[0]:
        await sender.send(line, ME, PAST)
    await bot._request[1].shutdown()
    storage._thread.shutdown()
    return metrics


def counted(metrics: Metrics) -> dict[Trouble, int]:
    """Return the troubles that were told, and how often each."""
    found = {kind: int(told(metrics, "tend_line_troubles_total", kind=kind)) for kind in TROUBLES}
    return {kind: often for kind, often in found.items() if often}


async def test_a_line_tells_how_long_it_was_on_its_way_by_its_rank(
    post: Post, wire: Wire, clock: Time
) -> None:
    post.puts("a pause", 1, TO_PEOPLE, at_once=True)
    post.puts("an answer", 2, TO_PEOPLE)
    post.puts("good evening", 3, PROMPT)
    with post.store.begin() as tx:
        outbox.tell(tx, 4711, say("hello"))
    clock.now += 3 * A_SECOND
    metrics = await sends(post, wire.address)
    assert spans(metrics, "tend_line_sent_seconds", rank=RANKS[FIRST]) == (1, 3)
    clock.now += 4 * A_SECOND
    metrics = await sends(post, wire.address)
    for rank in (TO_PEOPLE, PROMPT, TO_STRANGERS):
        assert spans(metrics, "tend_line_sent_seconds", rank=RANKS[rank]) == (1, 7)
    assert counted(metrics) == {}


TABLE: list[tuple[Trouble, Answer, bool]] = [
    # the kind, what Telegram answers, and whether the line may be said twice
    ("retry_after", refusal(429, "Too Many Requests: retry after 7", retry_after=7), True),
    ("moved", refusal(400, "Bad Request: upgraded", migrate_to_chat_id=-100_9), True),
    ("no_right", refusal(400, "Bad Request: not enough rights to send text messages to the chat"), True),
    ("shut", refusal(403, "Forbidden: bot was kicked from the group chat"), True),
    ("refused", refusal(400, "Bad Request: message text is empty"), True),
    ("not_reached", refusal(502, "Bad Gateway"), False),
    ("in_doubt", "hangs up", True),
    ("let_go", "hangs up", False),
    ("none_taken", refusal(401, "Unauthorized"), True),
]
OF_A_CARD: list[tuple[Trouble, Answer]] = [
    ("needless", refusal(400, "Bad Request: message is not modified")),
    ("card_gone", refusal(400, "Bad Request: message to edit not found")),
]


@pytest.mark.parametrize(("trouble", "answer", "again"), TABLE, ids=[row[0] for row in TABLE])
async def test_a_line_that_is_not_simply_sent_is_told_by_its_kind_and_not_as_sent(
    post: Post, wire: Wire, trouble: Trouble, answer: Answer, *, again: bool
) -> None:
    post.puts("hello", again=again)
    wire.answers["sendMessage"].append(answer)
    metrics = await sends(post, wire.address)
    assert counted(metrics) == {trouble: 1}
    assert spans(metrics, "tend_line_sent_seconds", rank="prompt") == (0, 0)


@pytest.mark.parametrize(("trouble", "answer"), OF_A_CARD, ids=[row[0] for row in OF_A_CARD])
async def test_a_card_that_is_not_simply_redrawn_is_told_by_its_kind(
    post: Post, wire: Wire, clock: Time, trouble: Trouble, answer: Answer
) -> None:
    post.puts("one", card="card")
    await sends(post, wire.address)
    post.says(redraw("two", card="card"), post.room())
    clock.now += A_MINUTE
    wire.answers["editMessageText"].append(answer)
    assert counted(await sends(post, wire.address)) == {trouble: 1}


async def test_a_topic_that_is_gone_is_told(post: Post, wire: Wire) -> None:
    post.room(1, thread=5)
    post.puts("hello")
    wire.answers["sendMessage"].append(refusal(400, "Bad Request: message thread not found"))
    assert counted(await sends(post, wire.address)) == {"topic_gone": 1}


async def test_a_line_that_cannot_be_written_is_told(
    post: Post, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> str:
        raise ValueError

    monkeypatch.setattr("bot.telegram.outbound.text", breaks)
    post.puts("hello")
    assert counted(await sends(post, wire.address)) == {"broken": 1}


async def test_a_line_that_was_late_for_its_moment_is_told(post: Post, wire: Wire) -> None:
    post.crowds()
    post.puts("hello")
    assert counted(await sends(post, wire.address)) == {"late": 1}


def test_every_kind_of_trouble_has_its_test() -> None:
    tested = [row[0] for row in TABLE] + [row[0] for row in OF_A_CARD] + ["topic_gone", "broken", "late"]
    assert sorted(tested) == sorted(get_args(Trouble))


# -- What is left to do -----------------------------------------------------------


def test_what_waits_is_counted_by_why_it_waits(post: Post, clock: Time) -> None:
    couple, person = post.lane(7, open_=False)
    post.says(say("until it is opened", to=Person(person), waits=True), couple)
    clock.now += A_MINUTE
    post.puts("flies", 2)
    post.claims()
    clock.now += A_SECOND
    post.puts("may go", 3)
    post.puts("behind it", 3)
    clock.now += A_SECOND
    with post.store.begin() as tx:
        inbox.keep(tx, [{"update_id": 1}, {"update_id": 2}, {"update_id": 3}])
        inbox.bury(tx, 2)
        inbox.done(tx, 3)
    with post.store.begin() as tx:
        left = look(tx)
    assert (left.unheard, left.dead_letters) == (1, 1)
    assert (left.lines.ready, left.lines.held, left.lines.flying) == (2, 1, 1)
    assert left.lines.oldest is not None
    assert left.at - left.lines.oldest == 2 * A_SECOND
    with post.store.begin() as tx:
        tx.session.get_one(PersonRow, person).lane_open = True
    with post.store.begin() as tx:
        left = look(tx)
    assert (left.lines.ready, left.lines.held) == (3, 0)
    assert left.lines.oldest is not None
    assert left.at - left.lines.oldest == A_MINUTE + 2 * A_SECOND


async def test_an_outbox_with_nothing_in_it_is_zero_seconds_old(storage: Storage) -> None:
    metrics = Metrics()
    await metrics.page(storage)
    assert metrics.registry.get_sample_value("tend_oldest_line_seconds") == 0
    assert metrics.registry.get_sample_value("tend_lines", {"state": "held"}) == 0


async def test_who_asks_often_asks_the_database_once_in_a_while(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, metrics = list[object](), Metrics()
    run = storage.run

    async def counts(*args: Any) -> Any:  # noqa: ANN401 - whatever a transaction returns
        asked.append(args)
        return await run(*args)

    monkeypatch.setattr(storage, "run", counts)
    await asyncio.gather(*(metrics.page(storage) for _ in range(20)))
    assert len(asked) == 1
    monkeypatch.setattr(watched, "A_LOOK_LASTS", 0.0)
    await metrics.page(storage)
    assert len(asked) == 2


@pytest.mark.parametrize("trouble", ["busy", "silent"])
async def test_a_database_that_does_not_answer_leaves_the_other_numbers_and_hides_nothing(
    storage: Storage, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    async def does_not(*_: object) -> None:
        if trouble == "busy":
            raise OperationalError("", None, Exception())
        await asyncio.Event().wait()

    metrics = Metrics()
    metrics.trouble("shut")
    monkeypatch.setattr(watched, "A_LOOK_LASTS", 0.0)
    assert b"tend_dead_letters 0.0" in await metrics.page(storage)
    with monkeypatch.context() as now:
        now.setattr(storage, "run", does_not)
        now.setattr(watched, "A_LOOK_TAKES", 0.01)
        page = await metrics.page(storage)
    assert b"tend_dead_letters NaN" in page
    assert b'tend_lines{state="ready"} NaN' in page
    assert b'tend_line_troubles_total{kind="shut"} 1.0' in page
    assert b"tend_dead_letters 0.0" in await metrics.page(storage)


# -- The whole bot ----------------------------------------------------------------


def test_an_evening_of_ann_and_ben_is_in_the_numbers_and_they_are_not(tmp_path: Path) -> None:
    where = f"127.0.0.1:{free_port()}"
    bot = "env", f"LISTEN={where}", *THE_BOT
    with Play.start(tmp_path, argv=[sys.executable, "-c", LAUNCHER, "en", "", *bot]) as play:
        ann, ben = play.ann, play.ben
        ann.taps("I'm in")
        ben.taps("I'm in")
        ann.taps("That's us")
        ann.taps("Looks right")
        ann.says("/checkin calm / a hug")
        ben.says("/checkin tired / sleep")
        play.clock.by("PT3S")  # a chat takes one message a second
        assert any("You have both spoken" in text for text in ann.texts())
        play.clock.by("P1D")
        answer = httpx.get(f"http://{where}/metrics", trust_env=False)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert found["tend_update_heard_seconds_count",] >= 6
    assert found["tend_tap_answered_seconds_count",] == 4
    assert found["tend_line_sent_seconds_count", "people"] >= 4
    assert found["tend_line_sent_seconds_count", "prompt"] >= 1  # the evening of the next day
    assert found["tend_ring_late_seconds_count",] >= 1
    assert found["tend_ring_late_seconds_bucket", "60.0"] == found["tend_ring_late_seconds_count",]
    assert (found["tend_updates_unheard",], found["tend_dead_letters",]) == (0, 0)
    assert (found["tend_lines", "ready"], found["tend_oldest_line_seconds",]) == (0, 0)
    assert not sum(value for (name, *_), value in found.items() if name == "tend_line_troubles_total")
    assert found["process_resident_memory_bytes",] > 0
    page = answer.text.casefold()
    for word in ("hug", "sleep", "calm", "tired", "check", *(room.casefold() for room in ROOM_BY_NAME)):
        assert word not in page
    for person in PEOPLE:
        assert not re.search(rf"\b({person.first_name.casefold()}|{person.name}|{person.id})\b", page)
    assert not [room for room in ROOM_BY_NAME.values() if str(abs(room.id)) in page]


# -- Compose ----------------------------------------------------------------------


def test_every_setting_in_compose_exists_and_none_holds_a_secret() -> None:
    settings = {name.upper() for name in Settings.model_fields}
    named = dict(re.findall(r"^ {6}([A-Z][A-Z_]+): (.*)$", COMPOSE, re.MULTILINE))
    assert {"BOT_TOKEN", "TEND_KEY", "DATABASE_URL", "LISTEN"} <= set(named)
    assert set(named) - POSTGRESQL <= settings
    for name in ("BOT_TOKEN", "TEND_KEY", "DATABASE_URL", "POSTGRES_PASSWORD"):
        assert re.search(r"\$\{[A-Z_]+:\?", named[name]), name  # without it nothing starts


def test_every_variable_of_compose_is_explained() -> None:
    about = PAGE.partition("## With Compose")[2].partition("## Backups")[0]
    asked = set(re.findall(r"\$\{([A-Z_]+)", COMPOSE))
    assert asked == set(re.findall(r"^ +\| `([A-Z_]+)` \|", about, re.MULTILINE))


def test_compose_runs_two_bots_and_looks_how_each_is() -> None:
    assert re.search(r"^ {6}replicas: 2$", COMPOSE, re.MULTILINE)
    checks = re.findall(r"^ {4}healthcheck:.*\n +test: (.*)$", COMPOSE, re.MULTILINE)
    assert [check.split('", "')[1] for check in checks] == ["python", "pg_isready"]
    assert '"bot", "alive"' in checks[0]
    assert "\t" not in COMPOSE
