"""Telegram pushes: what is refused unread, what is stored before it is answered, and a whole evening."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.exc import OperationalError
from starlette.routing import BaseRoute
from telegram import WebhookInfo

from bot.playground.cast import BOT
from bot.serving import bound, serving
from bot.storage import inbox
from bot.storage.store import Storage, Store, Tx
from bot.telegram import webhook
from bot.telegram.intake import Listener
from bot.telegram.line import Line, raw_bot
from bot.telegram.webhook import LARGEST, SECRET, Door, Webhook
from tests.nursery import resident
from tests.phones import Play, free_port
from tests.tellings import LAUNCHER, THE_BOT

WORD = "a-secret-of-the-tests"
A_MEGABYTE = 1_000_000
A_MINUTE = timedelta(minutes=1)


@dataclass
class Served:
    """A webhook behind a port, as a running bot has one."""

    intake: Webhook
    is_alive: bool = True
    is_ready: bool = True

    @property
    def routes(self) -> list[BaseRoute]:
        return [self.intake.route()]


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
async def served(store: Store, port: int) -> AsyncIterator[Served]:
    """Serve a webhook on a database of the tests."""
    bot = raw_bot(Line(BOT.token, "http://127.0.0.1:9", 1), 1)
    door = Door(f"http://127.0.0.1:{port}/telegram", WORD)
    served = Served(Webhook(door, bot, Storage(store), Listener(lambda: None)))
    async with serving(bound(f"127.0.0.1:{port}"), served):
        yield served


@asynccontextmanager
async def telegram(port: int, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    """Be Telegram, which knows the secret unless it is given another."""
    said = {SECRET: WORD} | {name.replace("_", "-"): value for name, value in headers.items()}
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", headers=said, trust_env=False, timeout=20
    ) as client:
        yield client


def update(number: int, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"update_id": number, **more}


def stored(store: Store) -> list[int]:
    with store.begin() as tx:
        return [number for number, _ in inbox.waiting(tx, 100)]


@pytest.mark.usefixtures("served")
async def test_an_update_is_stored_when_it_is_answered(store: Store, port: int) -> None:
    async with telegram(port) as us:
        for number in (7, 9, 7):
            answer = await us.post("/telegram", json=update(number))
            assert (answer.status_code, answer.content) == (200, b"")
            assert number in stored(store)
    assert stored(store) == [7, 9]


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize("said", ["", "another-secret-of-some", WORD + "x", "\xff"])
async def test_who_does_not_know_the_secret_is_refused_by_the_headers(
    store: Store, port: int, said: str
) -> None:
    async with telegram(port) as us:
        us.headers = httpx.Headers({SECRET.encode(): said.encode("latin-1")})
        answer = await us.post("/telegram", json=update(7))
    assert answer.status_code == 401
    assert stored(store) == []


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"x" * (LARGEST + 1), {}, 413),
        (b"{}", {"Content-Encoding": "gzip"}, 415),
        (b"[" * 100_000, {}, 400),
        (b'{"update_id": 7, "message": ' + b'{"a":' * 5_000 + b"1" + b"}" * 5_001, {}, 400),
        (b"not json", {}, 400),
        (b"[1]", {}, 400),
        (b'{"update_id": "7"}', {}, 400),
        (b'{"update_id": 99999999999999999999}', {}, 400),
        (b"\xff\xfe", {}, 400),
    ],
)
async def test_what_is_no_update_is_refused(
    store: Store, port: int, body: bytes, headers: dict[str, str], status: int
) -> None:
    async with telegram(port) as us:
        answer = await us.post("/telegram", content=body, headers=headers)
        assert answer.status_code == status
        assert (await us.post("/telegram", json=update(8))).status_code == 200
    assert stored(store) == [8]


@pytest.mark.usefixtures("served")
async def test_a_body_that_does_not_say_how_long_it_is_ends_at_a_megabyte(store: Store, port: int) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * (LARGEST // 10)

    async with telegram(port) as us:
        with suppress(httpx.TransportError):  # it may be cut off before it has read the answer
            assert (await us.post("/telegram", content=endless())).status_code == 413
        assert (await us.post("/telegram", json=update(8))).status_code == 200
    assert stored(store) == [8]


@pytest.mark.usefixtures("served")
async def test_a_slow_body_is_not_waited_for(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "BODY_WITHIN", 0.05)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST /telegram HTTP/1.1\r\nHost: us\r\n{SECRET}: {WORD}\r\nContent-Length: 50\r\n\r\n{{"
    writer.write(head.encode())
    async with asyncio.timeout(10):
        assert b" 408 " in await reader.readline()
        while await reader.read(1000):
            pass  # and the connection ends
    writer.close()


@pytest.mark.usefixtures("served")
async def test_what_the_database_does_not_take_is_brought_again(
    store: Store, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_busy(*_: object) -> int:
        raise OperationalError("", None, Exception())

    async with telegram(port) as us:
        with monkeypatch.context() as now:
            now.setattr(inbox, "keep", is_busy)
            assert (await us.post("/telegram", json=update(7))).status_code == 503
        assert stored(store) == []
        assert (await us.post("/telegram", json=update(7))).status_code == 200
    assert stored(store) == [7]


@pytest.mark.usefixtures("served")
async def test_what_comes_at_once_is_stored_together(
    store: Store, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, together = inbox.keep, list[int]()

    def counted(tx: Tx, updates: Sequence[dict[str, Any]], presses: inbox.Presses) -> int:
        together.append(len(updates))
        return keep(tx, updates, presses)

    monkeypatch.setattr(inbox, "keep", counted)
    async with telegram(port) as us:
        answers = await asyncio.gather(*(us.post("/telegram", json=update(number)) for number in range(30)))
    assert {answer.status_code for answer in answers} == {200}
    assert stored(store) == list(range(30))
    assert sum(together) == 30 > len(together)


async def test_it_has_caught_up_when_little_is_left_or_what_is_left_cannot_be_brought(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = datetime(2026, 5, 1, 19, tzinfo=UTC)

    def is_caught_up(pending: int, failed: datetime | None = None) -> bool:
        told = WebhookInfo(
            "", has_custom_certificate=False, pending_update_count=pending, last_error_date=failed
        )
        return served.intake._is_caught_up(told)

    assert is_caught_up(0)
    assert is_caught_up(3)  # those are on their way
    assert not is_caught_up(500)
    assert is_caught_up(40)
    assert not is_caught_up(1, at)  # it could not be brought, and nothing else was
    assert is_caught_up(1, at)  # since then nothing failed
    served.intake._taken = 5
    assert is_caught_up(1, at + A_MINUTE)  # others arrive
    assert not is_caught_up(1, at + 2 * A_MINUTE)
    monkeypatch.setattr(webhook, "WAITS_FOR_THEM", -1.0)
    assert is_caught_up(1, at + 3 * A_MINUTE)  # nobody's evening waits for ever


async def test_others_see_whether_it_is_well(served: Served, port: int) -> None:
    async with telegram(port) as us:
        assert (await us.get("/healthz")).status_code == 200
        assert (await us.get("/readyz")).status_code == 200
        served.is_ready = False
        assert (await us.get("/healthz")).status_code == 200
        assert (await us.get("/readyz")).status_code == 503
        served.is_alive = False
        assert (await us.get("/healthz")).status_code == 503
        assert (await us.get("/telegram")).status_code == 405
        assert (await us.post("/elsewhere", json=update(7))).status_code == 404


# -- The whole bot ------------------------------------------------------------


@pytest.fixture
def play(tmp_path: Path, port: int) -> Iterator[Play]:
    """Let the real bot be told by webhook."""
    door = f"LISTEN=127.0.0.1:{port}", f"WEBHOOK_URL=http://127.0.0.1:{port}/telegram"
    bot = "env", *door, f"WEBHOOK_SECRET={WORD}", *THE_BOT
    with Play.start(tmp_path, argv=[sys.executable, "-c", LAUNCHER, "en", "", *bot]) as play:
        yield play


def test_an_evening_by_webhook_over_a_kill(play: Play) -> None:
    ann, ben = play.ann, play.ben
    ann.taps("I'm in")
    ben.taps("I'm in")
    ann.taps("That's us")
    ann.says("/checkin calm / a hug")
    play.kill()
    ben.says("/checkin tired / sleep", wait=False)
    play.start_bot()
    assert any("You have both spoken" in text for text in ann.texts())
    assert not play.calls("getUpdates")


def test_much_that_is_sent_at_it_takes_no_memory(play: Play, tmp_path: Path, port: int) -> None:
    log = tmp_path / "stand-in" / "bot.log"
    before = resident(log)

    async def flood(headers: dict[str, str]) -> int:
        async def body() -> AsyncIterator[bytes]:
            for _ in range(95):
                yield b"x" * A_MEGABYTE

        async with telegram(port, **headers) as us:
            try:
                return (await us.post("/telegram", content=body())).status_code
            except httpx.TransportError:
                return 0  # it was cut off amid its body, as it should be

    async def floods() -> list[int]:
        return await asyncio.gather(
            *(flood({}) for _ in range(2)), *(flood({SECRET: "no"}) for _ in range(2))
        )

    assert set(asyncio.run(floods())) <= {0, 401, 413}
    assert resident(log) - before < 20 * A_MEGABYTE
    assert json.loads(httpx.get(f"{play.line.address}/healthz", trust_env=False).content)
