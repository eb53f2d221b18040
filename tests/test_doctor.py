"""`tend doctor`: one finding for each thing it looks at, what to do about it, and no secret in any."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.clock import wall_clock
from bot.doctor import Finding, examine
from bot.playground.cast import BOT
from bot.playground.shapes import me
from bot.ritual import say
from bot.settings import Settings
from bot.storage import inbox, outbox
from bot.storage.sealing import keyring
from bot.storage.store import Store, migrate
from tests.databases import Time, opened
from tests.phones import free_port
from tests.test_intake import standing_in
from tests.test_migrations import ENCODED, REVISIONS, a_later_release, everything, upgrade
from tests.wire import Wire, refusal

Found = dict[str, Finding]
NOWHERE = f"http://127.0.0.1:{free_port()}"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing be set in the environment."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A host's data: a database with its key, as `tend run` makes them."""
    folder = tmp_path / "tend"
    folder.mkdir()
    made(folder).close()
    return tmp_path


def made(folder: Path) -> Store:
    url = f"sqlite:///{folder / 'tend.db'}"
    keys = keyring("", folder, may_create=True)
    migrate(url)
    store = Store(url, keys, wall_clock)
    store.open()
    return store


def examined(now: Callable[[], datetime] = wall_clock, **given: object) -> Found:
    """Let the doctor look, and check what is true of every finding."""
    settings = Settings.model_validate({"bot_api_url": NOWHERE, "request_timeout": 5, **given})
    findings = list(examine(settings, now))
    assert len({finding.what for finding in findings}) == len(findings)
    for finding in findings:
        assert finding.says.endswith((".", "?")), finding
        for secret in (settings.bot_token, settings.tend_key, settings.database_url):
            assert not secret.get_secret_value() or secret.get_secret_value() not in finding.says
    return {finding.what: finding for finding in findings}


# -- Where all is well --------------------------------------------------------


async def test_where_all_is_well_every_finding_says_so(data: Path, tmp_path: Path) -> None:
    async with standing_in(tmp_path / "stand-in") as (_, address):
        found = await asyncio.to_thread(examined, bot_token=BOT.token, bot_api_url=address, data_dir=data)
    assert [what for what, finding in found.items() if not finding.well] == []
    assert list(found) == [
        "token", "privacy mode", "updates", "clock",
        "database", "migrations", "key", "outbox", "inbox", "zones",
    ]  # fmt: skip


# -- Telegram -----------------------------------------------------------------


async def test_how_updates_come_is_told_and_whether_telegram_knows_it(tmp_path: Path) -> None:
    ours = {"listen": "127.0.0.1:8081", "webhook_secret": "of-sixteen-signs"}
    async with standing_in(tmp_path / "stand-in") as (exchange, address):

        async def told(webhook_url: str) -> Finding:
            given: dict[str, Any] = ours | {"webhook_url": webhook_url} if webhook_url else {}
            here = partial(examined, bot_token=BOT.token, bot_api_url=address, data_dir=tmp_path, **given)
            return (await asyncio.to_thread(here))["updates"]

        assert (await told("")).well
        assert (await told("")).says.startswith("Telegram is polled; ")
        unknown = await told("https://us.example/telegram")
        assert not unknown.well
        assert "does not know WEBHOOK_URL yet" in unknown.says
        exchange.world.profile.webhook = {"url": "https://us.example/telegram"}
        assert (await told("https://us.example/telegram")).well
        assert "gives it up and polls" in (await told("")).says


def test_an_empty_token_is_named_first(tmp_path: Path) -> None:
    found = examined(data_dir=tmp_path)
    assert not found["token"].well
    assert "@BotFather" in found["token"].says


def test_a_wrong_token_is_not_accepted(wire: Wire, tmp_path: Path) -> None:
    wire.answers["getMe"].append(refusal(401, "Unauthorized"))
    found = examined(bot_token="123:SECRET", bot_api_url=wire.address, data_dir=tmp_path)  # noqa: S106 - it opens nothing
    assert not found["token"].well
    assert "SECRET" not in found["token"].says


@pytest.mark.parametrize("token", ["nonsense", "SECRET with blanks", "é", "/../x"])
def test_a_token_that_is_none_is_not_accepted_either(wire: Wire, tmp_path: Path, token: str) -> None:
    wire.answers["getMe"].append(refusal(404, "Not Found"))
    assert not examined(bot_token=token, bot_api_url=wire.address, data_dir=tmp_path)["token"].well


def test_a_telegram_that_cannot_be_reached_is_told_by_its_kind_and_not_its_address(tmp_path: Path) -> None:
    found = examined(bot_token=BOT.token, data_dir=tmp_path)
    assert not found["token"].well
    assert "127.0.0.1" not in found["token"].says


def test_privacy_mode_that_is_off_is_told_with_what_to_do(wire: Wire, tmp_path: Path) -> None:
    wire.answers["getMe"].append((200, {"ok": True, "result": me() | {"can_read_all_group_messages": True}}))
    found = examined(bot_token=BOT.token, bot_api_url=wire.address, data_dir=tmp_path)
    assert not found["privacy mode"].well
    assert "/setprivacy" in found["privacy mode"].says
    assert found["token"].well


@pytest.mark.parametrize(("off", "well"), [(0, True), (90, True), (600, False), (-600, False)])
def test_a_clock_that_is_minutes_off_is_told(wire: Wire, tmp_path: Path, off: int, *, well: bool) -> None:
    def now() -> datetime:
        return wall_clock() + timedelta(seconds=off)

    found = examined(now, bot_token=BOT.token, bot_api_url=wire.address, data_dir=tmp_path)
    assert found["clock"].well == well


# -- The database and its key -------------------------------------------------


def test_a_database_that_is_not_there_yet_is_well_and_is_not_made(tmp_path: Path) -> None:
    found = examined(data_dir=tmp_path)
    assert found["database"].well
    assert "tend run" in found["database"].says
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_does_not_answer_is_told_without_its_password(tmp_path: Path) -> None:
    url = f"postgresql://tend:SECRET@127.0.0.1:{free_port()}/tend"
    found = examined(database_url=url, data_dir=tmp_path)
    assert not found["database"].well
    assert "SECRET" not in found["database"].says
    assert "migrations" not in found


@pytest.mark.parametrize("url", ["postgresql://[/", "postgresql://tend:SECRET@[/"])
def test_an_address_that_leads_to_no_database_is_told_too(tmp_path: Path, url: str) -> None:
    found = examined(database_url=url, data_dir=tmp_path)
    assert not found["database"].well
    assert "SECRET" not in found["database"].says


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "tend").mkdir()
    (tmp_path / "tend" / "tend.db").write_bytes(b"ZEBRA" * 1000)
    assert not examined(data_dir=tmp_path)["database"].well


def test_an_empty_database_is_well_and_stays_empty(empty: str, tmp_path: Path) -> None:
    found = examined(database_url=empty, data_dir=tmp_path)
    assert found["migrations"].well
    assert "`tend run` makes" in found["migrations"].says
    assert everything(empty) == {}
    assert "key" not in found


def test_a_database_that_is_behind_is_told_with_what_to_do(empty: str, tmp_path: Path) -> None:
    upgrade(empty, REVISIONS[0])
    before = everything(empty)
    found = examined(database_url=empty, data_dir=tmp_path)
    assert not found["migrations"].well
    assert "it lacks 0002" in found["migrations"].says
    assert "`tend migrate`" in found["migrations"].says
    assert everything(empty) == before
    assert "key" not in found


def test_a_database_that_is_ahead_is_told_with_what_to_do(empty: str, tmp_path: Path) -> None:
    with a_later_release(tmp_path):
        migrate(empty)
    found = examined(database_url=empty, data_dir=tmp_path)
    assert not found["migrations"].well
    assert "does not know 9999" in found["migrations"].says
    assert "backup" in found["migrations"].says
    assert "key" not in found


def test_a_migrated_database_in_which_nothing_is_sealed_needs_no_key_yet(
    database: str, tmp_path: Path
) -> None:
    before = everything(database)
    found = examined(database_url=database, data_dir=tmp_path)
    assert found["key"].well
    assert everything(database) == before


def test_a_database_in_use_is_well(database: str, tmp_path: Path, clock: Time) -> None:
    with opened(database, clock):
        found = examined(database_url=database, data_dir=tmp_path, tend_key=ENCODED)
    assert [what for what, finding in found.items() if not finding.well] == ["token"]
    assert found["outbox"].says.startswith("0 ")


def test_a_lost_key_is_told_with_what_to_do(data: Path) -> None:
    (data / "tend" / "key").unlink()
    found = examined(data_dir=data)
    assert not found["key"].well
    assert "backup" in found["key"].says
    assert not (data / "tend" / "key").exists()


@pytest.mark.parametrize("given", ["SECRET", "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U="])
def test_a_wrong_key_is_told_and_not_shown(data: Path, given: str) -> None:
    assert not examined(data_dir=data, tend_key=given)["key"].well


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_that_others_may_read_is_told(data: Path, mode: int) -> None:
    (data / "tend" / "key").chmod(mode)
    found = examined(data_dir=data)
    assert not found["key"].well
    assert "chmod 600" in found["key"].says


def test_what_waits_and_what_was_not_understood_is_counted_and_not_shown(data: Path) -> None:
    store = made(data / "tend")
    with store.begin() as tx:
        outbox.tell(tx, 4711, say("ZEBRA"))
        inbox.keep(tx, [{"update_id": 1, "message": {"text": "ZEBRA"}}])
        inbox.bury(tx, 1)
    store.close()
    found = examined(data_dir=data)
    assert found["outbox"].says.startswith("1 ")
    assert not found["inbox"].well
    assert found["inbox"].says.startswith("1 ")
    assert "ZEBRA" not in " ".join(finding.says for finding in found.values())


def test_the_doctor_changes_nothing(data: Path) -> None:
    before = {path.name: path.read_bytes() for path in (data / "tend").iterdir() if path.suffix != ".db-shm"}
    examined(data_dir=data)
    after = {path.name: path.read_bytes() for path in (data / "tend").iterdir() if path.suffix != ".db-shm"}
    assert {name: body for name, body in after.items() if name in before} == before
