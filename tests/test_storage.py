"""What is stored, how it is sealed, and what the database may never see."""

import logging
import os
import re
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, insert, make_url, select, text
from sqlalchemy.exc import IntegrityError, SQLAlchemyError, StatementError

from bot.ritual import Button, Kept, Line, Person, Preference, Words, line, say
from bot.rituals.check_in import CHECK_IN
from bot.storage import couples, inbox, keepsakes, outbox
from bot.storage.codec import (
    UnreadableError,
    preference_from_json,
    say_from_json,
    say_to_json,
    state_from_json,
)
from bot.storage.sealing import BrokenSealError, KeyRefusedError, Keyring, Seal, keyring
from bot.storage.store import BusyError, Ids, Store, alone, connect, migrate
from bot.storage.tables import (
    Base,
    CardRow,
    CoupleRow,
    InboxRow,
    KeptRow,
    LineRow,
    PersonRow,
    PlayingRow,
    Utc,
)
from tests.databases import EVENING, KEYS, Time, opened
from tests.road import HOME, Road

WHERE = ("kept", 1, "words", 7)
OTHERWHERE = [
    ("card", 1, "words", 7),
    ("kept", 2, "words", 7),
    ("kept", 1, "name", 7),
    ("kept", 1, "words", 8),
]
KEPT = Kept("k", Person(3), Words(Person(3), "y"), EVENING, "done", shared=False, id=4)
WHOLE_TABLES = {f"SCAN {name}" for name in Base.metadata.tables}
MANY_QUESTIONS = 40
ENCODED = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


# -- SQLite, as the facts say -------------------------------------------------


def test_sqlite_is_set_up_to_lose_nothing_and_to_keep_nothing_deleted(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'tend.db'}")
    with engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys", "secure_delete")
        }
    engine.dispose()
    assert found == {
        "journal_mode": "wal", "synchronous": 2, "busy_timeout": 5000, "foreign_keys": 1, "secure_delete": 1,
    }  # fmt: skip


def test_a_transaction_on_sqlite_begins_for_writing_at_once(tmp_path: Path) -> None:
    path = tmp_path / "tend.db"
    engine = connect(f"sqlite:///{path}")
    other = sqlite3.connect(path, timeout=0)
    with (
        engine.connect() as connection,
        connection.begin(),
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        other.execute("BEGIN IMMEDIATE")
    other.close()
    engine.dispose()


# -- Seals --------------------------------------------------------------------


@given(st.text(st.characters(exclude_categories=())))
def test_what_is_sealed_opens_where_it_stands(plain: str) -> None:
    seal = Seal(bytes(32))
    assert seal.open(seal.close(plain, *WHERE), *WHERE) == plain


@pytest.mark.parametrize("where", OTHERWHERE, ids=["table", "row", "column", "owner"])
def test_it_opens_nowhere_else(where: tuple[object, ...]) -> None:
    sealed = Seal(bytes(32)).close("ZEBRA", *WHERE)
    with pytest.raises(BrokenSealError) as refused:
        Seal(bytes(32)).open(sealed, *where)
    assert "ZEBRA" not in str(refused.value)


@pytest.mark.parametrize("place", [0, 11, 12, -1])
def test_a_changed_byte_or_another_key_does_not_open_it(place: int) -> None:
    sealed = bytearray(Seal(bytes(32)).close("ZEBRA", *WHERE))
    with pytest.raises(BrokenSealError):
        Seal(b"\1" * 32).open(bytes(sealed), *WHERE)
    sealed[place] ^= 1
    with pytest.raises(BrokenSealError):
        Seal(bytes(32)).open(bytes(sealed), *WHERE)


@pytest.mark.parametrize("sealed", [b"", b"short", bytes(12), bytes(27)])
def test_a_value_cut_short_does_not_open_either(sealed: bytes) -> None:
    with pytest.raises(BrokenSealError):
        Seal(bytes(32)).open(sealed, *WHERE)


def test_the_same_words_never_look_the_same_twice() -> None:
    assert len({Seal(bytes(32)).close("calm", *WHERE) for _ in range(20)}) == 20


def test_a_wrapped_key_opens_for_its_owner_alone() -> None:
    wrapped = KEYS.new(7)
    sealed = KEYS.seal_of(wrapped, 7).close("ZEBRA", *WHERE)
    assert KEYS.seal_of(wrapped, 7).open(sealed, *WHERE) == "ZEBRA"
    with pytest.raises(BrokenSealError):
        KEYS.seal_of(wrapped, 8)
    with pytest.raises(BrokenSealError):
        KEYS.seal_of(KEYS.new(7), 7).open(sealed, *WHERE)


def test_nothing_that_holds_a_key_prints_it() -> None:
    seal = Seal(b"SECRETSECRETSECRETSECRETSECRETSE")
    assert "SECRET" not in repr(seal) + repr(Keyring(seal))


# -- The host's key -----------------------------------------------------------


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        first = keyring("", tmp_path, may_create=True)
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert keyring("", tmp_path, may_create=True) == first == keyring("", tmp_path, may_create=False)


def test_a_key_from_the_environment_goes_first_and_makes_no_file(tmp_path: Path) -> None:
    assert keyring(ENCODED, tmp_path, may_create=True).host.key == bytes(range(32))
    assert not (tmp_path / "key").exists()


def test_a_lost_key_is_refused_in_a_sentence_and_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(KeyRefusedError, match=r"Put the key back from your backup; .*\.$"):
        keyring("", tmp_path, may_create=False)
    assert not (tmp_path / "key").exists()


@pytest.mark.parametrize(
    "written",
    [
        "",
        "ZEBRA",
        "ZEBRA" * 20,
        ENCODED[:-4],
        ENCODED + ENCODED,
        "ZÉBRA",
        "\0" * 44,
        ENCODED[:20] + "!" + ENCODED[21:],
    ],
)
def test_a_malformed_key_is_refused_without_showing_it(tmp_path: Path, written: str) -> None:
    (tmp_path / "key").write_text(written)
    with pytest.raises(KeyRefusedError, match=r"is not a key: 32 bytes .* are needed\.$") as refused:
        keyring("", tmp_path, may_create=True)
    assert "BRA" not in str(refused.value)
    if written:
        with pytest.raises(KeyRefusedError, match="TEND_KEY is not a key"):
            keyring(written, tmp_path, may_create=True)


def test_a_wrong_key_is_refused_before_anything_is_read_or_written(database: str, clock: Time) -> None:
    with opened(database, clock):
        pass
    wrong = Store(database, Keyring(Seal(b"\7" * 32)), clock)
    with pytest.raises(KeyRefusedError, match=r"sealed with another key\. Give the key that belongs to it"):
        wrong.open()
    wrong.close()
    with opened(database, clock):
        pass


# -- No words in plain sight --------------------------------------------------


NAMES = ["Ann", "Ben"]
MARKED = ["ZEBRA", "QUAGGA", "OKAPI", "TAPIR"]


def a_story(store: Store, clock: Time) -> Road:
    """Let marked words go through every table, and leave some unsent and some unheard."""
    road = Road(store, clock).joined()
    road.open_lanes()
    road.ann.sends("/checkin")
    road.ann.sends("/checkin ZEBRA / QUAGGA / I'll bring OKAPI")
    road.ann.taps("Tell me alone")
    road.connected = False
    road.passes(seconds=2)
    road.ben.sends("/checkin TAPIR / QUAGGA / When I wake, I will OKAPI")
    with store.begin() as tx:
        body = {"update_id": 99, "message": {"text": "ZEBRA", "from": {"first_name": "Ann"}}}
        inbox.keep(tx, [body, {**body, "update_id": 98}])
        inbox.bury(tx, 98)
    return road


def test_no_column_holds_a_word_or_a_name(store: Store, clock: Time) -> None:
    road = a_story(store, clock)
    assert any(thing.words and "OKAPI" in thing.words.text for thing in road.kept())
    with store.begin() as tx:
        counts = {table.name: 0 for table in Base.metadata.sorted_tables}
        for table in Base.metadata.sorted_tables:
            for row in tx.session.execute(table.select()):
                counts[table.name] += 1
                for column, value in row._mapping.items():
                    seen = value if isinstance(value, bytes) else str(value).encode()
                    for word in (*NAMES, *MARKED, "calm", "When I wake"):
                        assert word.encode() not in seen, f"{word} in {table.name}.{column}"
    assert {name for name, count in counts.items() if not count} <= {"pace", "picture"}


def test_no_file_of_sqlite_holds_a_word_or_a_name(tmp_path: Path, clock: Time) -> None:
    path = tmp_path / "tend.db"
    migrate(f"sqlite:///{path}")
    with opened(f"sqlite:///{path}", clock) as store:
        a_story(store, clock)
        files = sorted(tmp_path.iterdir())
        assert len(files) >= 2  # its log, too
        for file in files:
            body = file.read_bytes()
            for word in (*MARKED, "first_name", "When I wake"):
                assert word.encode() not in body, f"{word} in {file.name}"


def test_only_sealed_columns_hold_bytes_and_each_other_text_is_short(database: str) -> None:
    plain = {
        (table.name, column.name)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if str(column.type).startswith("VARCHAR")
    }
    assert plain == {
        ("couple", "stage"), ("playing", "ritual"), ("call", "ritual"), ("kept", "kind"), ("kept", "outcome"),
        ("card", "name"), ("card", "asks"), ("line", "kind"), ("said", "asked"), ("inbox", "stage"),
        ("pace", "recent"), ("line", "language"), ("person", "language"), ("picture", "name"),
        ("picture", "mark"), ("picture", "file_id"),
    }  # fmt: skip
    assert database


def test_the_body_of_an_update_goes_when_it_is_done(store: Store, clock: Time) -> None:
    Road(store, clock).joined()
    with store.begin() as tx:
        assert all(row.body is None for row in tx.session.query(InboxRow) if row.stage == "done")


def test_a_destroyed_key_leaves_words_that_nobody_can_read(store: Store, clock: Time) -> None:
    road = a_story(store, clock)
    with store.begin() as tx:
        ann = next(row for row in tx.session.query(PersonRow) if row.telegram_id == road.ann.who.number)
        ann.key = None
    with store.begin() as tx:
        ann = tx.session.get_one(PersonRow, ann.id)
        with pytest.raises(BrokenSealError, match="is gone"):
            tx.seal_of(ann)


def test_a_card_moved_to_another_couple_does_not_open(store: Store, clock: Time) -> None:
    road = a_story(store, clock)
    with store.begin() as tx:
        couple = road.couple(tx, HOME)
        card = next(row for row in tx.session.query(CardRow) if row.face is not None)
        with pytest.raises(BrokenSealError, match=r"the seal on card\.face does not open"):
            tx.seal_of(couple).open(card.face or b"", "card", card.id + 1, "face", couple.id)


# -- Ids and times ------------------------------------------------------------


def test_ids_grow_even_when_the_clock_goes_back() -> None:
    ids, now = Ids(), EVENING
    given_out = []
    for step in (0, 5, -3600, -86_400, 1, 0, 0):
        now += timedelta(seconds=step)
        given_out += [ids.next(now) for _ in range(3)]
    assert given_out == sorted(set(given_out))
    assert max(given_out) < 2**63


def test_ids_fit_the_column_for_centuries_and_say_nothing_of_how_many_there_are() -> None:
    assert Ids().next(datetime(2200, 1, 1, tzinfo=UTC)) < 2**63
    first, second = (Ids().next(EVENING) for _ in range(2))
    assert first != second


def test_after_a_restart_with_the_clock_set_back_ids_still_grow(database: str, clock: Time) -> None:
    with opened(database, clock) as store:
        a_story(store, clock)
        with store.begin() as tx:
            highest = max(
                row
                for table in (CardRow, LineRow, KeptRow, PlayingRow, CoupleRow, PersonRow)
                for (row,) in tx.session.execute(select(table.id))
            )
    clock.now -= timedelta(days=30)
    with opened(database, clock) as store, store.begin() as tx:
        assert tx.new_id() > highest


def test_a_moment_without_its_zone_is_refused(store: Store) -> None:
    with pytest.raises(StatementError, match="a moment needs its zone"), store.begin() as tx:
        tx.session.add(InboxRow(update_id=1, stage="new", at=datetime(2026, 5, 1)))  # noqa: DTZ001 - that is the point


def test_a_moment_comes_back_as_the_same_instant_in_utc(store: Store) -> None:
    at = datetime(2026, 5, 1, 21, 0, 0, 123_000, tzinfo=ZoneInfo("Europe/Berlin"))
    with store.begin() as tx:
        tx.session.add(InboxRow(update_id=1, stage="new", at=at))
    with store.begin() as tx:
        back = tx.session.get_one(InboxRow, 1).at
    assert back == at
    assert back.utcoffset() == timedelta(0)
    assert Utc().process_bind_param(None, store.engine.dialect) is None


def test_a_moment_comes_back_in_utc_wherever_the_server_lives(database: str, clock: Time, kind: str) -> None:
    if kind == "postgresql":
        with alone(database) as connection:
            name = make_url(database).database
            connection.exec_driver_sql(f"ALTER DATABASE {name} SET timezone TO 'Europe/Berlin'")
    at = datetime(2026, 10, 24, 12, tzinfo=UTC)  # the clocks of Berlin go back in the night after
    with opened(database, clock) as store:
        with store.begin() as tx:
            tx.session.add(InboxRow(update_id=1, stage="new", at=at))
        with store.begin() as tx:
            back = tx.session.get_one(InboxRow, 1).at
    assert (back.utcoffset(), back + timedelta(days=1)) == (timedelta(0), at + timedelta(days=1))


# -- Where databases are of two minds -----------------------------------------


@pytest.mark.parametrize("odd", ["a\0b", "half a \ud800", "\U0001f642" * 300, "' OR ''='", "\u202e\x7f"])
def test_any_words_are_kept_as_they_were_said(store: Store, clock: Time, odd: str) -> None:
    """PostgreSQL refuses NUL in a text, and half a character no database takes; what is sealed is bytes."""
    Road(store, clock).joined()
    with store.begin() as tx:
        couple = Road(store, clock).couple(tx)
        ann = couples.people_of(tx, couple)[0]
        keepsakes.keep(tx, couple, Kept("k", Person(ann.id), Words(Person(ann.id), odd)))
        couples.meet(tx, ann.telegram_id, odd)
    with store.begin() as tx:
        couple = Road(store, clock).couple(tx)
        (kept,) = keepsakes.of(tx, couple, ["k"])
        assert kept.words is not None
        assert kept.words.text == odd
        assert couples.name_of(tx, couples.people_of(tx, couple)[0]) == odd


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63)])
def test_a_number_of_63_bits_is_kept(store: Store, number: int) -> None:
    with store.begin() as tx:
        couples.enter(tx, number, None)
    with store.begin() as tx:
        assert couples.of_room(tx, number) is not None


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**30])
def test_a_larger_one_is_refused_and_the_next_transaction_knows_nothing_of_it(
    store: Store, number: int
) -> None:
    with pytest.raises((OverflowError, SQLAlchemyError)), store.begin() as tx:
        [couples.enter(tx, room, None) for room in (1, number)]
    with store.begin() as tx:
        assert couples.of_room(tx, 1) is None
        couples.enter(tx, 1, None)


def test_an_error_in_a_savepoint_leaves_the_rest_of_its_transaction(store: Store) -> None:
    """PostgreSQL hears nothing more in a transaction that had an error; a savepoint holds it off."""
    twice = [{"update_id": 2}, {"update_id": 1}]
    with store.begin() as tx:
        tx.session.add(InboxRow(update_id=1, stage="new", at=EVENING))
        tx.session.flush()
        with pytest.raises(IntegrityError), tx.session.begin_nested():
            tx.session.execute(insert(InboxRow), [each | {"stage": "new", "at": EVENING} for each in twice])
        tx.session.add(InboxRow(update_id=3, stage="new", at=EVENING))
    with store.begin() as tx:
        assert {each.update_id for each in tx.session.query(InboxRow)} == {1, 3}


def test_nothing_is_ordered_by_what_may_be_empty(store: Store, clock: Time) -> None:
    """Without a value comes first in SQLite and last in PostgreSQL, so no query may depend on that."""
    may_be_empty = {
        str(column) for table in Base.metadata.sorted_tables for column in table.c if column.nullable
    }
    ordered: set[str] = set()

    def look(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        for clause in re.findall(r"ORDER BY (.*?)(?:LIMIT|\)|$)", statement, re.DOTALL):
            ordered.update(re.findall(r"\w+\.\w+", clause))

    event.listen(store.engine, "before_cursor_execute", look)
    road = Road(store, clock).joined()
    road.open_lanes()
    road.passes(days=2)
    event.remove(store.engine, "before_cursor_execute", look)
    assert "line.rank" in ordered
    # There only those that have come, or that have a date; what waits behind a silence, and whose that is, is
    # compared with them, and no more.
    compared = {"couple.rung_after", "couple.floor_id"}
    assert ordered & may_be_empty == {"playing.wake_at", "call.due_at", "kept.due", *compared}


@pytest.mark.parametrize("kind", ["postgresql"])
def test_a_connection_that_was_cut_is_trouble_once(store: Store) -> None:
    """A server that was started anew cuts all connections; the road tries again with the next beat."""
    cut = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE pid <> pg_backend_pid() AND datname = current_database()"
    )
    with store.begin() as tx:
        tx.session.execute(select(InboxRow))
    with alone(store.engine.url.render_as_string(hide_password=False)) as connection:
        connection.exec_driver_sql(cut)
    with pytest.raises(BusyError), store.begin() as tx:
        tx.session.execute(select(InboxRow))
    with store.begin() as tx:
        tx.session.execute(select(InboxRow))


# -- What is asked costs no more where much is stored ---------------------------


def test_nothing_that_is_asked_on_the_road_looks_through_a_whole_table(tmp_path: Path) -> None:
    """As SQLite plans it; each hour, a sweep may look at everything."""
    url, clock = f"sqlite:///{tmp_path / 'road.db'}", Time()
    migrate(url)
    with opened(url, clock) as store, asked(store) as questions:
        road = Road(store, clock).joined()
        road.open_lanes()
        road.passes(days=1)
        road.ann.sends("/checkin calm / rest / I make the tea")
        road.ben.sends("/checkin calm / rest / I sweep")
        road.ann.sends("/pause")
        road.passes(days=8)
        for count in (outbox.backlog, outbox.try_now, outbox.in_flight, inbox.unheard, inbox.dead_letters):
            road.look(count)
        whole = {question for question, plan in plans(store, questions) if plan & WHOLE_TABLES}
    assert len(questions) > MANY_QUESTIONS
    assert not whole


@contextmanager
def asked(store: Store) -> Iterator[dict[str, Any]]:
    """Collect what the database is asked, each question once, and one set of values for it."""
    questions = dict[str, Any]()

    def note(*asked: Any) -> None:  # noqa: ANN401 - the shape that SQLAlchemy wants
        _, _, question, values, _, is_many = asked
        if question.startswith(("SELECT", "UPDATE", "DELETE")):
            questions[question] = values[0] if is_many else values

    event.listen(store.engine, "before_cursor_execute", note)
    yield questions
    event.remove(store.engine, "before_cursor_execute", note)


def plans(store: Store, questions: dict[str, Any]) -> Iterator[tuple[str, set[str]]]:
    """Return for each question the steps in which SQLite answers it."""
    with store.engine.connect() as connection:
        for question, values in questions.items():
            steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {question}", values)
            yield question, {step for *_, step in steps}


# -- Errors carry no words ----------------------------------------------------


@contextmanager
def heard(caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    with caplog.at_level(logging.DEBUG):
        yield caplog.messages


def test_an_error_of_the_database_names_no_value(store: Store) -> None:
    with store.begin() as tx:
        tx.session.add(InboxRow(update_id=7, stage="new", at=EVENING))
    with pytest.raises(IntegrityError) as refused, store.begin() as tx:
        tx.session.execute(insert(InboxRow).values(update_id=7, body=b"ZEBRA", stage="new", at=EVENING))
    assert "ZEBRA" not in str(refused.value)
    with pytest.raises(SQLAlchemyError) as refused_too, store.begin() as tx:
        tx.session.execute(text("SELECT * FROM nowhere WHERE word = :word"), {"word": "ZEBRA"})
    assert "ZEBRA" not in str(refused_too.value)


def test_an_unreadable_state_says_which_ritual_and_no_word() -> None:
    for stored in (
        "ZEBRA",
        "{}",
        '{"version": 1, "is": "Zebra", "state": {}}',
        '{"version": "ZEBRA"}',
        "[]",
        "null",
    ):
        with pytest.raises(UnreadableError) as refused:
            state_from_json(CHECK_IN, stored)
        assert "ZEBRA" not in str(refused.value)
        assert "check_in" in str(refused.value)
        assert refused.value.__cause__ is None


# -- Lines and preferences as JSON --------------------------------------------


def test_a_line_comes_back_as_it_was_said() -> None:
    ann = Person(3)
    said = say(
        "{who} {words} {thing} {what} {at:hour} {zone} {n} {span}",
        Button("Yes", "yes", "item").only(ann),
        Button(line("{w}", w=Words(ann, "x")), opens="knock"),
        to=ann, card="card", asks="what", below=[line("{w}", w=Words(ann, "{me}", listed=True, source=4))],
        waits=True, softly=True, again=True, at_once=True,
        who=ann, words=Words(ann, "ZEBRA\n😀"), thing=KEPT, what=Line("inner {n}", {"n": 1}), at=EVENING,
        zone=ZoneInfo("America/Lima"), n=3, span=timedelta(minutes=3),
    )  # fmt: skip
    assert say_from_json(say_to_json(said)) == said
    assert say_from_json(say_to_json(said.asks_only(ann))) == said.asks_only(ann)


def test_a_preference_of_an_older_release_falls_back_to_the_default() -> None:
    every = Preference("every", int, 1)
    assert preference_from_json(every, "often") == 1
    assert preference_from_json(every, 2) == 2
    assert preference_from_json(every, None) is None
