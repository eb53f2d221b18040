"""What those who look on in the playground are told: which ritual is next, where each stands, and no word."""

import json
from datetime import datetime

from bot.storage.outlook import outlook
from bot.storage.store import Store
from tests.databases import Time
from tests.road import BERLIN, HOME, Road

AT_NINE = datetime(2026, 5, 1, 21, tzinfo=BERLIN)


def at_nine(store: Store, clock: Time) -> Road:
    road = Road(store, clock).joined()
    road.reaches(AT_NINE)
    return road


def test_the_next_hours_and_the_states_are_named_and_no_word_is(store: Store, clock: Time) -> None:
    road = at_nine(store, clock)
    road.ann.sends("/checkin calm / a quiet harbour")
    told = road.look(outlook, road.engine.book)
    assert {"chat": HOME, "what": "check_in", "state": "Naming"} in told["stands"]
    assert told["ahead"][0]["what"] == "check_in"
    assert {one["what"] for one in told["ahead"]} >= {"check_in", "gratitude"}
    assert [one["at"] for one in told["ahead"]] == sorted(one["at"] for one in told["ahead"])
    assert "harbour" not in json.dumps(told)


def test_in_a_pause_nothing_else_under_way_is_ahead(store: Store, clock: Time) -> None:
    road = at_nine(store, clock)
    road.ann.sends("/pause")
    told = road.look(outlook, road.engine.book)
    assert {"check_in", "pause"} <= {one["what"] for one in told["stands"]}
    assert told["ahead"][0]["what"] == "pause"
    tonight = [one["what"] for one in told["ahead"] if one["at"] < "2026-05-02T12"]
    assert tonight == ["pause"]
