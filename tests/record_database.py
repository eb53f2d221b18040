"""A whole database as a release left it: whatever stands in one already must stay readable, and go on.

`python -m tests.record_database`, in the tree of a release, lets that release live through some days and
writes tests/data/databases/<its newest migration>.json: every row of every table, the seals as they are (the
key is that of the tests), what stood on the phones, and what the release itself read in its rows. A recording
is made once and never changes; tests/test_migrations.py fills databases from all of them. Whoever adds a
migration first records the one before it. 0001 is from a release without this file, which was laid into it.
"""

import base64
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, MetaData, Table, event, insert, select, types

from bot.arrival import Added, Place, Somebody
from bot.couple.house import ALL_PREFERENCES
from bot.engine import key_of
from bot.playground.cast import BY_NAME
from bot.ritual import Button
from bot.storage import couples, inbox, keepsakes
from bot.storage.codec import preference_to_json
from bot.storage.store import Tx, migrate, scripts
from bot.storage.tables import Base, CoupleRow, KeptRow, PersonRow, Utc
from tests.databases import Time, opened
from tests.road import NEST, Message, Phone, Road, Told

RECORDED = Path(__file__).parent / "data" / "databases"
LOFT = -4_100_000_003
UNREAD, DEAD = 480_900_001, 480_900_002  # numbers of updates
ANNS = ("like a boat without a rope", "an evening without screens")  # told alone, and not yet seen
Json = dict[str, Any]
MADE_FROM: dict[str, Callable[[str], object]] = {
    "sealed": base64.b64decode,
    "moment": datetime.fromisoformat,
    "day": date.fromisoformat,
}


@dataclass
class Neighbour(Phone):
    """Somebody in a room of their own, outside the cast."""

    number: int = 0
    chat: int = 0

    @property
    def who(self) -> Somebody:
        """How the messenger names them."""
        return Somebody(self.number, self.name, "en")

    @property
    def room(self) -> Place:
        """Where they live."""
        return Place(self.chat, private=False)


# -- Some days in three rooms -------------------------------------------------


def lives(road: Road) -> None:
    """Let Ann and Ben, Dora and Eli, and Fay and Gus live, up to the midst of a Sunday evening."""
    fay = Neighbour(road, "Fay", number=710_000_010, chat=LOFT)
    gus = Neighbour(road, "Gus", number=710_000_011, chat=LOFT)
    friday = road.clock.now.replace(hour=19)  # nine in Berlin
    join(road, road.ann, road.ben, "Lima")
    join(road, road.dora, road.eli)
    join(road, fay, gus)
    road.open_lanes()

    road.reaches(friday + timedelta(minutes=5))
    for one, other in ((road.ann, road.ben), (road.dora, road.eli), (fay, gus)):
        one.sends(f"/checkin calm / time together / When it is late, I will call {other.who.name}")
        other.sends("/checkin tired / sleep / When the tea is ready, I will bring it")
    road.passes(hours=14)
    leave(road.eli)
    join(road, road.dora, road.eli, "20:45", again=True)
    road.dora.sends("/settings")
    road.dora.taps("Answers show")
    road.dora.taps("Each as it comes")
    road.dora.taps("Close")
    leave(gus)

    road.reaches(friday + timedelta(days=1, minutes=5))
    road.ann.taps("Done", private=True)
    road.ann.taps("Show it", private=True)

    road.reaches(friday + timedelta(days=2, minutes=5))
    road.ann.taps("Tell me alone")
    for words in ANNS:
        road.ann.writes(words)
    road.eli.taps("Tell me alone")  # whose private chat was never opened
    road.connected = False
    road.passes(minutes=5)
    road.ann.sends("/privacy", private=True)
    road.ben.sends("/settings")
    road.cleo.sends("/start", private=True)
    road.look(unread)


def join(road: Road, one: Phone, other: Phone, *replies: str, again: bool = False) -> None:
    """Let two say that they are two, and set their evening: a city is that of the other one alone."""
    if again:
        one.sends("/start")
    else:
        road.hears(Added(one.who, one.room))
    one.taps("I'm in")
    other.taps("I'm in")
    one.taps("That's us")
    if again:
        one.taps("Begin anew")
    for reply in replies:
        if reply.isalpha():
            other.taps("We live apart")
        other.replies(reply)
        if reply.isalpha():
            other.taps("Back")
    one.taps("Looks right")


def leave(one: Phone) -> None:
    """Let one of two leave."""
    one.sends("/leave")
    one.taps("Leave now")


def unread(tx: Tx) -> None:
    """Let an update be kept that nobody has heard, and another that nobody could."""
    eli, command = BY_NAME["eli"], "/checkin"
    message = {
        "message_id": 9_001,
        "date": int(tx.now.timestamp()),
        "chat": {"id": NEST, "type": "group", "title": "Nest"},
        "from": {"id": eli.id, "is_bot": False, "first_name": eli.first_name, "language_code": "en"},
        "text": f"{command} glad / a walk",
        "entities": [{"type": "bot_command", "offset": 0, "length": len(command)}],
    }
    inbox.keep(tx, [{"update_id": UNREAD, "message": message}, {"update_id": DEAD, "message": "nothing"}])
    tx.session.flush()
    inbox.bury(tx, DEAD)


# -- From a database to a file ------------------------------------------------


def recorded(road: Road, revision: str) -> Json:
    """Return everything in a database, and what this release reads in it."""
    told = road.told()
    return {
        "revision": revision,
        "at": told.now.isoformat(),
        "next": {"message": told.message, "update": told.update},
        "phones": [shown(message) for message in told.phones],
        "unseen": list(ANNS),
        "reads": road.look(read),
        "tables": road.look(rows),
    }


def shown(message: Message) -> Json:
    """Return a message as it stands on a phone, with what a tap on each of its buttons carries."""
    buttons = [
        {field.name: getattr(button, field.name) for field in fields(Button)}
        | {"label": label, "carries": key_of(button)}
        for label, button in zip(message.labels, message.buttons, strict=True)
    ]
    plainly = {field.name: getattr(message, field.name) for field in fields(Message)}
    return plainly | {"labels": list(message.labels), "buttons": buttons}


def read(tx: Tx) -> Json:
    """Return what a release makes of the sealed: names, what each couple prefers, and what it keeps."""
    people = {str(row.telegram_id): couples.name_of(tx, row) for row in tx.session.scalars(select(PersonRow))}
    kinds = sorted(set(tx.session.scalars(select(KeptRow.kind))))
    every = {wish.name: wish for wish in ALL_PREFERENCES}
    book = couples.Book({}, every)
    read_of = {}
    for couple in tx.session.scalars(select(CoupleRow).order_by(CoupleRow.id)):
        read_of[str(couple.id)] = {
            "prefers": {
                name: preference_to_json(every[name.partition("@")[0]], value)
                for name, value in couples.preferences(tx, couple, book).chosen.items()
            },
            "kept": [
                [thing.id, thing.kind, thing.words.text if thing.words else None, thing.outcome, thing.shared]
                for thing in keepsakes.of(tx, couple, kinds)
            ],
        }
    return {"people": people, "couples": read_of}


def rows(tx: Tx) -> dict[str, list[Json]]:
    """Return all rows."""
    return {
        table.name: [
            {name: plain(value) for name, value in row._mapping.items()}
            for row in tx.session.execute(table.select().order_by(*table.primary_key.columns))
        ]
        for table in Base.metadata.sorted_tables
    }


def plain(value: object) -> object:
    """Return a value as JSON can hold it."""
    match value:
        case bytes():
            return {"sealed": base64.b64encode(value).decode()}
        case datetime():
            return {"moment": value.isoformat()}
        case date():
            return {"day": value.isoformat()}
        case _:
            return value


# -- From a file to a database ------------------------------------------------


def files() -> list[Path]:
    """Return what was recorded, oldest first."""
    return sorted(RECORDED.glob("*.json"))


def value_of(stored: object) -> object:
    """Return what `plain` was given."""
    if not isinstance(stored, dict):
        return stored
    ((kind, text),) = stored.items()
    return MADE_FROM[kind](text)


def tables_in(connection: Connection) -> dict[str, Table]:
    """Return the tables as they are in a database, whatever today's code thinks of them."""
    found = MetaData()

    @event.listens_for(found, "column_reflect")
    def _moments(_inspector: object, _table: object, column: Json) -> None:
        if isinstance(column["type"], types.DateTime):
            column["type"] = Utc()

    found.reflect(connection)
    return {table.name: table for table in found.sorted_tables}


def fill(connection: Connection, recording: Json) -> None:
    """Put every row back, into a database at the same revision."""
    for name, table in tables_in(connection).items():
        if stored := recording["tables"].get(name):
            connection.execute(
                insert(table), [{column: value_of(value) for column, value in row.items()} for row in stored]
            )


def phones(recording: Json) -> Told:
    """Return what stands on the phones, for a road to go on from."""
    return Told(
        list(map(message_of, recording["phones"])),
        recording["next"]["message"],
        recording["next"]["update"],
        datetime.fromisoformat(recording["at"]),
    )


def message_of(stored: Json) -> Message:
    """Return what `shown` was given."""
    buttons = tuple(
        Button(**{name: value for name, value in each.items() if name != "carries"})
        for each in stored["buttons"]
    )
    return Message(**stored | {"buttons": buttons, "labels": tuple(stored["labels"])})


if __name__ == "__main__":
    newest = scripts().get_current_head()
    path = RECORDED / f"{newest}.json"
    if path.exists():
        raise SystemExit(f"{path.name} was recorded, and a recording never changes.")
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/tend.db"
        migrate(url)
        with opened(url, clock := Time()) as store:
            lives(road := Road(store, clock))
            recording = recorded(road, str(newest))
    RECORDED.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(recording, ensure_ascii=False, indent=1) + "\n")
