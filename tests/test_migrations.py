"""Migrations: they make exactly the tables, nobody runs on the wrong ones, and what a release left goes on.

Each recorded database (tests/record_database.py) is filled as its release left it, migrated, and lived on in.
"""

import base64
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, DefaultClause, MetaData, String, Table, inspect, select
from sqlalchemy.exc import IntegrityError
from telegram import Update

from bot.__main__ import main
from bot.clock import wall_clock
from bot.engine import key_of
from bot.evening_cards import WHAT_I_SAID
from bot.hosting import open_store
from bot.logs import QUIET
from bot.settings import Settings, read_settings
from bot.storage import inbox
from bot.storage import store as storing
from bot.storage.sealing import KeyRefusedError, Keyring, keyring
from bot.storage.store import (
    RefusedDatabaseError,
    Standing,
    Store,
    alone,
    is_sealed,
    keys_of,
    migrate,
    migrations,
    scripts,
    standing,
)
from bot.storage.tables import Base, InboxRow, LineRow
from bot.telegram import inbound
from tests import record_database
from tests.databases import KEYS, Time, opened
from tests.nursery import ROOT
from tests.phones import Play
from tests.record_database import LOFT, value_of
from tests.road import HOME, ME, NEST, Road
from tests.wire import Answer, Wire, refusal

REVISIONS = [script.revision for script in scripts().walk_revisions()][::-1]
HEAD = REVISIONS[-1]
LET_GO = {("couple", "former_chat_id")}  # columns that a later migration drops
ENCODED = base64.urlsafe_b64encode(KEYS.host.key).decode()
BOT = sys.executable, "-m", "bot", "run"
A_MOMENT = 0.3  # seconds in which whoever is not held up is long there
SOON = 60.0
Json = dict[str, Any]


def upgrade(url: str, revision: str) -> None:
    with alone(url, reshaping=True) as connection:
        command.upgrade(migrations(connection), revision)


def downgrade(url: str, revision: str) -> None:
    with alone(url, reshaping=True) as connection:
        command.downgrade(migrations(connection), revision)


@contextmanager
def a_later_release(folder: Path, *does: str) -> Iterator[None]:
    """Let the code have one more migration, for as long as the block lasts."""
    there = folder / "migrations"
    shutil.copytree(storing.MIGRATIONS, there, ignore=shutil.ignore_patterns("__pycache__"))
    lines = [
        '"""What comes later."""',
        "import sqlalchemy as sa",
        "from alembic import op",
        f"revision, down_revision, branch_labels, depends_on = '9999', '{HEAD}', None, None",
        "def upgrade():",
        *(f"    {line}" for line in does or ("pass",)),
    ]
    (there / "versions" / "9999_later.py").write_text("\n".join(lines))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(storing, "MIGRATIONS", there)
        yield


def everything(url: str) -> Json:
    """Return every row of every table, and of Alembic's."""
    with alone(url) as connection:
        tables = record_database.tables_in(connection)
        return {name: sorted(map(repr, connection.execute(table.select()))) for name, table in tables.items()}


# -- They make exactly the tables ---------------------------------------------


def shape_of(url: str) -> Json:
    """Return all that a database says of its tables."""
    with alone(url) as connection:
        return {
            name: _shape(connection, name)
            for name in inspect(connection).get_table_names()
            if name != "alembic_version"
        }


def _shape(connection: Connection, table: str) -> Json:
    looked_at = inspect(connection)
    return {
        "columns": {
            each["name"]: (each["type"].compile(connection.dialect), each["nullable"], each["default"])
            for each in looked_at.get_columns(table)
        },
        "key": looked_at.get_pk_constraint(table)["constrained_columns"],
        "references": sorted(
            (each["constrained_columns"], each["referred_table"], each["referred_columns"], each["options"])
            for each in looked_at.get_foreign_keys(table)
        ),
        "uniques": sorted(each["column_names"] for each in looked_at.get_unique_constraints(table)),
        "checks": looked_at.get_check_constraints(table),
        "indexes": {
            each["name"]: (
                each["column_names"],
                each["unique"],
                [str(value) for name, value in each["dialect_options"].items() if name.endswith("_where")],
            )
            for each in looked_at.get_indexes(table)
            if not each.get("duplicates_constraint")
        },
    }


def make(url: str, tables: MetaData) -> None:
    with alone(url) as connection:
        tables.create_all(connection)


def test_the_migrations_make_exactly_the_tables(database: str, empty: str) -> None:
    make(empty, Base.metadata)
    assert shape_of(database) == shape_of(empty)
    assert shape_of(database).keys() == {table.name for table in Base.metadata.sorted_tables}


def test_whoever_writes_the_next_migration_begins_with_an_empty_one(database: str) -> None:
    with alone(database) as connection:
        assert not compare_metadata(MigrationContext.configure(connection), Base.metadata)


def test_what_is_looked_for_has_an_index_of_what_is_pending(database: str) -> None:
    shape = shape_of(database)
    for table, index in (("inbox", "ix_inbox_new"), ("playing", "ix_playing_due"), ("call", "ix_call_due")):
        _columns, _unique, where = shape[table]["indexes"][index]
        assert where, index


def _without(table: Table, index: str) -> None:
    table.indexes -= {each for each in table.indexes if each.name == index}


def _whole(table: Table, index: str) -> None:
    (found,) = (each for each in table.indexes if each.name == index)
    for dialect in ("sqlite", "postgresql"):
        found.dialect_options[dialect]["where"] = None


ALTERED: dict[str, tuple[str, Callable[[Table], object]]] = {
    "a column is missing": ("call", lambda table: table._columns.remove(table.c.opened_on)),
    "it may be empty": ("person", lambda table: setattr(table.c.telegram_id, "nullable", True)),
    "it may not": ("person", lambda table: setattr(table.c.couple_id, "nullable", False)),
    "a text is shorter": ("line", lambda table: setattr(table.c.kind, "type", String(7))),
    "a number is smaller": ("line", lambda table: setattr(table.c.rank, "type", table.c.flying.type)),
    "no default": ("person", lambda table: setattr(table.c.language, "server_default", None)),
    "another default": (
        "person",
        lambda table: setattr(table.c.language, "server_default", DefaultClause("en")),
    ),
    "no index": ("line", lambda table: _without(table, "ix_line_target")),
    "an index of everything": ("inbox", lambda table: _whole(table, "ix_inbox_new")),
    "no reference": (
        "call",
        lambda table: table.constraints.difference_update(table.foreign_key_constraints),
    ),
}


@pytest.mark.parametrize("what", ALTERED)
def test_whatever_differs_is_noticed(database: str, empty: str, what: str) -> None:
    altered = MetaData()
    for table in Base.metadata.sorted_tables:
        table.to_metadata(altered)
    name, alter = ALTERED[what]
    alter(altered.tables[name])
    make(empty, altered)
    assert shape_of(database) != shape_of(empty)


def test_each_step_back_undoes_its_step_and_they_lead_back_to_nothing(empty: str) -> None:
    shapes = [shape_of(empty)]
    for revision in REVISIONS:
        upgrade(empty, revision)
        shapes.append(shape_of(empty))
    for revision in ["base", *REVISIONS[:-1]][::-1]:
        assert shape_of(empty) == shapes.pop()
        downgrade(empty, revision)
    assert shape_of(empty) == shapes.pop() == {}


# -- A step is made whole, or not at all --------------------------------------


def test_an_empty_database_is_brought_up_and_a_second_time_changes_nothing(empty: str) -> None:
    assert standing(empty) == Standing((), tuple(REVISIONS), ())
    assert [step.partition(":")[0] for step in migrate(empty)] == REVISIONS
    before = everything(empty)
    assert migrate(empty) == []
    assert standing(empty) == Standing((HEAD,), (), ())
    assert everything(empty) == before


def test_a_step_that_fails_midway_leaves_everything_as_it_was(filled: str, tmp_path: Path) -> None:
    before, shape = everything(filled), shape_of(filled)
    fails = (
        'op.drop_column("kept", "words")',
        'op.execute("UPDATE person SET name = NULL")',
        "raise ValueError",
    )
    with a_later_release(tmp_path, *fails), pytest.raises(ValueError, match=r"^$"):
        migrate(filled, lambda _: KEYS)
    assert (everything(filled), shape_of(filled)) == (before, shape)


def test_a_table_may_be_made_anew_though_others_refer_to_it(filled: str, tmp_path: Path) -> None:
    """SQLite can change a column only so, and would refuse to let go of a row that another refers to."""
    people = len(everything(filled)["person"])
    widens = (
        'with op.batch_alter_table("person") as batch:',
        '    batch.alter_column("telegram_id", type_=sa.String(20), existing_nullable=False)',
    )
    with a_later_release(tmp_path, *widens):
        migrate(filled, lambda _: KEYS)
    assert len(everything(filled)["person"]) == people
    assert shape_of(filled)["person"]["columns"]["telegram_id"][0] == "VARCHAR(20)"


def test_a_step_may_not_leave_rows_that_refer_to_nothing(filled: str, tmp_path: Path) -> None:
    before = everything(filled)
    with (
        a_later_release(tmp_path, 'op.execute("DELETE FROM person")'),
        pytest.raises((RefusedDatabaseError, IntegrityError)),
    ):
        migrate(filled, lambda _: KEYS)
    assert everything(filled) == before


# -- Two at once --------------------------------------------------------------


class Telegram(Wire):
    """A Bot API that notices when two bots have asked it who they are."""

    def __init__(self) -> None:
        super().__init__()
        self.both_there = threading.Event()

    def answer(self, method: str, params: Json) -> Answer:
        """Return the next answer."""
        answered = super().answer(method, params)
        if len(self.asked("getMe")) == 2:
            self.both_there.set()
        return answered


@pytest.fixture
def wire() -> Iterator[Telegram]:
    """A Bot API that answers kindly."""
    lent = Telegram()
    yield lent
    lent.close()


def at_once(work: Callable[[], Any]) -> list[Any]:
    """Let two do the same at the same moment."""
    ready = threading.Barrier(2)

    def begin() -> object:
        ready.wait(SOON)
        return work()

    with ThreadPoolExecutor(2) as pool:
        return [each.result(SOON) for each in [pool.submit(begin) for _ in range(2)]]


def test_of_two_who_migrate_at_once_the_second_finds_nothing_left_to_do(empty: str) -> None:
    done = at_once(lambda: migrate(empty))
    assert sorted(map(len, done)) == [0, len(REVISIONS)]
    assert standing(empty) == Standing((HEAD,), (), ())


def test_of_two_who_begin_at_once_only_one_may_make_a_key(database: str, tmp_path: Path) -> None:
    asked: list[bool] = []
    both = threading.Event()

    def ring(may_create: bool) -> Keyring:  # noqa: FBT001 - the shape of a Ring
        asked.append(may_create)
        if len(asked) == 2:
            both.set()
        both.wait(A_MOMENT)
        return keyring("", tmp_path, may_create=may_create)

    first, second = at_once(lambda: keys_of(database, ring))
    assert asked == [True, False]
    assert first == second
    assert is_sealed(database)


@pytest.mark.parametrize("kind", ["postgresql"])
def test_two_bots_may_begin_at_once_on_an_empty_database(empty: str, tmp_path: Path, wire: Telegram) -> None:
    env = {**os.environ, "BOT_TOKEN": "123:x", "BOT_API_URL": wire.address, "TEND_KEY": ""}
    env |= {"DATA_DIR": str(tmp_path), "DATABASE_URL": empty}
    with ExitStack() as running:
        bots = [subprocess.Popen(BOT, cwd=ROOT, env=env, stderr=subprocess.PIPE) for _ in range(2)]
        for bot in bots:
            running.enter_context(bot)
            running.callback(bot.kill)
        assert wire.both_there.wait(SOON)
        for bot in bots:
            bot.send_signal(signal.SIGTERM)
        said = [bot.communicate(timeout=SOON)[1].decode() for bot in bots]
    assert [bot.returncode for bot in bots] == [0, 0], said
    assert standing(empty) == Standing((HEAD,), (), ())
    assert is_sealed(empty)


# -- What the host's commands do ----------------------------------------------


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, wire: Wire) -> Iterator[pytest.MonkeyPatch]:
    """A host's environment, with the key of the tests; logging is afterwards as it was.

    A bot that begins though it should not is sent away by Telegram, and so ends.
    """
    wire.answers["getMe"].append(refusal(401, "Unauthorized"))
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in (("BOT_TOKEN", "123:x"), ("BOT_API_URL", wire.address), ("TEND_KEY", ENCODED)):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    root = logging.getLogger()
    handlers, level, raises = root.handlers[:], root.level, logging.raiseExceptions
    quiet = {name: logging.getLogger(name).level for name in QUIET}
    yield monkeypatch
    root.handlers[:], root.level, logging.raiseExceptions = handlers, level, raises
    for name, was in quiet.items():
        logging.getLogger(name).setLevel(was)


def test_a_database_that_is_behind_is_refused_and_left_alone(
    filled: str, host: pytest.MonkeyPatch, wire: Wire, capsys: pytest.CaptureFixture[str]
) -> None:
    host.setenv("DATABASE_URL", filled)
    before = everything(filled)
    assert main(["run"]) == 2
    assert capsys.readouterr().err == (
        f"The database is behind: it lacks {', '.join(lacking(filled))}. "
        "Stop every `tend run` on it, make a backup, and run `tend migrate`.\n"
    )
    assert everything(filled) == before
    assert wire.calls == []


def lacking(url: str) -> tuple[str, ...]:
    return standing(url).lacks


@pytest.mark.parametrize("does", ["run", "migrate"])
def test_a_database_that_is_ahead_is_refused_and_left_alone(
    empty: str,
    host: pytest.MonkeyPatch,
    wire: Wire,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    does: str,
) -> None:
    with a_later_release(tmp_path):
        migrate(empty)
    host.setenv("DATABASE_URL", empty)
    before = everything(empty)
    assert main([does]) == 2
    assert capsys.readouterr().err == (
        "The database is ahead: this Tend does not know 9999. "
        "Run the newer Tend that made it, or put back the backup from before that one.\n"
    )
    assert everything(empty) == before
    assert wire.calls == []


def test_it_is_migrated_when_the_host_says_so(
    filled: str, host: pytest.MonkeyPatch, wire: Wire, capsys: pytest.CaptureFixture[str]
) -> None:
    host.setenv("DATABASE_URL", filled)
    lacks = lacking(filled)
    assert main(["migrate"]) == 0
    *steps, last = capsys.readouterr().out.splitlines()
    assert [step.split(":")[0] for step in steps] == [f"done  {revision}" for revision in lacks]
    assert last.startswith("The database is up to date.")
    assert main(["migrate"]) == 0
    assert capsys.readouterr().out.splitlines() == [last]
    assert wire.calls == []
    open_store(read_settings(), wall_clock, migrating=False).close()


@pytest.mark.parametrize("given", ["", base64.urlsafe_b64encode(bytes(32)).decode()], ids=["lost", "wrong"])
def test_without_its_key_a_sealed_database_is_not_migrated(
    filled: str, host: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, given: str
) -> None:
    host.setenv("DATABASE_URL", filled)
    host.setenv("TEND_KEY", given)
    before = everything(filled)
    assert main(["migrate"]) == 2
    assert "key" in capsys.readouterr().err
    assert everything(filled) == before
    assert not (tmp_path / "tend" / "key").exists()
    with pytest.raises(KeyRefusedError):
        migrate(filled)


def test_an_empty_database_is_migrated_without_a_key_and_makes_none(
    empty: str, host: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    host.setenv("DATABASE_URL", empty)
    host.setenv("TEND_KEY", "")
    assert main(["migrate"]) == 0
    assert not (tmp_path / "tend" / "key").exists()
    assert not is_sealed(empty)


def test_a_database_that_somebody_else_holds_is_told_in_a_sentence(
    host: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    host.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'nowhere' / 'tend.db'}")
    assert main(["migrate"]) == 2
    assert capsys.readouterr().err == (
        "The database does not answer, or somebody else holds it (OperationalError). "
        "Try again, or ask `tend doctor`.\n"
    )


def test_the_playground_migrates_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "tend"
    for made in (folder, tmp_path / "stand-in"):
        made.mkdir()
    url = f"sqlite:///{folder / 'tend.db'}"
    upgrade(url, REVISIONS[0])
    with Play.start(tmp_path) as play:
        assert play.line.get("/play/state")
    assert standing(url) == Standing((HEAD,), (), ())


# -- What a release left goes on ----------------------------------------------


@pytest.fixture(params=record_database.files(), ids=lambda path: path.stem)
def recording(request: pytest.FixtureRequest) -> Json:
    """What a release left."""
    read: Json = json.loads(request.param.read_text())
    return read


@pytest.fixture
def filled(empty: str, recording: Json) -> str:
    """A database as that release left it."""
    upgrade(empty, recording["revision"])
    with alone(empty) as connection:
        record_database.fill(connection, recording)
    return empty


@pytest.fixture
def road(filled: str, recording: Json, clock: Time) -> Iterator[Road]:
    """The same migrated, with what stood on the phones, and today's code."""
    migrate(filled, lambda _: KEYS)
    with opened(filled, clock) as store:
        road = Road(store, clock).goes_on_from(record_database.phones(recording))
        road.begins_again()
        for number, body in road.look(inbox.waiting, 50):
            road.arrivals[number] = inbound.read(Update.de_json(body, None), ME)
        yield road


def test_every_migration_but_the_newest_has_a_recording() -> None:
    """`python -m tests.record_database`, before the next migration is written."""
    assert [path.stem for path in record_database.files()][: len(REVISIONS) - 1] == REVISIONS[:-1]


def test_the_next_recording_can_be_made(store: Store, empty: str, clock: Time) -> None:
    record_database.lives(road := Road(store, clock))
    recording = json.loads(json.dumps(record_database.recorded(road, HEAD)))
    upgrade(empty, HEAD)
    with alone(empty) as connection:
        record_database.fill(connection, recording)
    assert everything(empty) == everything(store.engine.url.render_as_string(hide_password=False))
    assert [record_database.shown(message) for message in record_database.phones(recording).phones] == (
        recording["phones"]
    )


def test_no_row_and_no_value_is_lost(filled: str, recording: Json) -> None:
    migrate(filled, lambda _: KEYS)
    with alone(filled) as connection:
        for name, table in record_database.tables_in(connection).items():
            stored: list[Json] = recording["tables"].pop(name, [])
            columns = {column for row in stored for column in row}
            assert {(name, column) for column in columns - set(table.c.keys())} <= LET_GO
            shared = sorted(columns & set(table.c.keys()))
            found = connection.execute(select(*(table.c[column] for column in shared))) if shared else ()
            meant = [tuple(value_of(row[column]) for column in shared) for row in stored]
            assert Counter(map(tuple, found)) == Counter(meant)
    assert recording["tables"] == {}


def test_todays_code_reads_what_the_release_read(road: Road, recording: Json) -> None:
    then, now = recording["reads"], road.look(record_database.read)
    assert now["people"] == then["people"]
    assert now["couples"].keys() == then["couples"].keys()
    for number, couple in then["couples"].items():
        assert now["couples"][number]["kept"] == couple["kept"]
        assert couple["prefers"].items() <= now["couples"][number]["prefers"].items()


def test_the_buttons_on_the_phones_still_mean_the_same(recording: Json) -> None:
    for message in recording["phones"]:
        for stored, button in zip(
            message["buttons"], record_database.message_of(message).buttons, strict=True
        ):
            assert key_of(button) == stored["carries"]


def test_what_waited_is_sent_once_and_what_was_unread_is_heard_once(road: Road) -> None:
    def waiting(*, shut: bool) -> Counter[tuple[int, int | None]]:
        with road.store.begin() as tx:
            lines = tx.session.query(LineRow).all()
            return Counter((line.target, line.card_id) for line in lines if line.waits is shut)

    before, shut = waiting(shut=False), waiting(shut=True)
    assert before
    assert shut
    road.settles()
    cards = Counter(line.card_id for _, line in road.sent if line.kind == "say")
    assert all(cards[card] == 1 for _, card in before if card)
    assert len(road.chat(road.cleo.who.number)) == 1
    assert waiting(shut=False) == Counter()
    assert waiting(shut=True) == shut
    assert any("glad" in message.text for message in road.chat(NEST))
    road.eli.sends("/start", private=True)
    assert waiting(shut=True) == Counter()
    cards = Counter(line.card_id for _, line in road.sent if line.kind == "say")
    assert all(cards[card] == 1 for _, card in shut)


def test_what_telegram_repeats_is_known(road: Road) -> None:
    def numbers(stage: str) -> list[int]:
        with road.store.begin() as tx:
            return [row.update_id for row in tx.session.query(InboxRow) if row.stage == stage]

    done = numbers("done")
    assert len(done) > 10
    assert road.look(inbox.keep, [{"update_id": number} for number in done]) == 0
    assert numbers("dead") == [record_database.DEAD]


def test_the_open_evening_ends_by_an_answer_to_its_old_card(road: Road, recording: Json) -> None:
    unseen: list[str] = recording["unseen"]
    road.settles()
    assert not any(words in text for words in unseen for text in road.home)
    before = len(road.chat(HOME))
    road.ben.taps("tired")
    road.ben.taps("sleep")
    (reveal,) = [text for text in road.home[before:] if unseen[0] in text]
    assert all(words in reveal for words in (*unseen, "tired", "sleep"))
    road.ann.replies("When I wake, I will whistle.")
    road.passes(hours=5)
    assert any(thing.words and thing.words.text == "When I wake, I will whistle." for thing in road.kept())


def test_the_next_evening_comes_once_to_each_room_and_to_none_that_rests(road: Road) -> None:
    road.passes(hours=12)
    before, resting = len(road.sent), len(road.chat(LOFT))
    road.passes(hours=12, minutes=-1)
    opened_in = Counter(
        line.chat_id
        for _, line in road.sent[before:]
        if line.kind == "say" and any(button.tap == WHAT_I_SAID.tap for button in line.face.buttons)
    )
    assert opened_in == {HOME: 1, NEST: 1}
    assert len(road.chat(LOFT)) == resting
