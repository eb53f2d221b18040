"""The one road from something that happened to something saved, on both databases.

Nothing of Telegram's is here: the phones are lists (tests/road.py).
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from bot.arrival import Added, Arrival, Command, Moved, NotForUs, Place, Removed, Tap, Text
from bot.couple.house import ALL_PREFERENCES, HOUSE
from bot.couple.joining import HAS_ITS_TWO
from bot.couple.leaving import RESTING
from bot.engine import Engine, key_of
from bot.engine.acts import COME_ALONG, FOR_THE_TWO
from bot.engine.hearing import HEARD_AT_LEAST
from bot.hours import ZONE
from bot.ritual import (
    Answer,
    Began,
    Button,
    Event,
    Hushed,
    Kept,
    Person,
    Ritual,
    Say,
    Scene,
    Tapped,
    TimeCame,
    Value,
    Words,
    Wrote,
    redraw,
    say,
    whisper,
)
from bot.rituals.check_in import CHECK_IN
from bot.shell import LONGEST_ANSWER, LOST_THREAD, PASSED, ROOM_IS_OPEN, STUMBLED, TOO_LONG
from bot.storage import couples, inbox, keepsakes, outbox
from bot.storage.store import Store, Tx, migrate
from bot.storage.tables import CoupleRow, InboxRow, LineRow, PlayingRow
from tests.databases import KEYS, Shelf, Time, opened
from tests.road import BERLIN, HOME, NEST, EndError, Road, Told, never, words_of

AT_NINE = datetime(2026, 5, 1, 21, tzinfo=BERLIN)
OPENS, REVEAL, CLOSED = "Your check-in, until", "You have both spoken.", "That was tonight's check-in."
TRIES = 9  # of somebody who misses a card
NIGHTS = {"sqlite": 5, "postgresql": 3}  # so many nights hold all moments; each has several ends
EACH = {"sqlite": 4, "postgresql": 9}  # so many moments apart are looked at one by one
A_MOMENT = 0.3  # seconds in which a transaction that nothing holds up is long over


def joined(url: str) -> Told:
    with opened(url, clock := Time()) as store:
        return Road(store, clock).joined().told()


def at_nine(url: str) -> Told:
    with opened(url, clock := Time()) as store:
        road = Road(store, clock).joined()
        road.open_lanes()
        road.reaches(AT_NINE)
        return road.told()


@pytest.fixture
def begun(kind: str, shelf: Shelf) -> Told:
    """Let Ann and Ben join once."""
    shelf.prepare(kind, "migrated", migrate)
    told: Told = shelf.prepare(kind, "joined", joined, "migrated")
    return told


@pytest.fixture
def road(kind: str, shelf: Shelf, begun: Told, clock: Time) -> Iterator[Road]:
    """Ann and Ben, joined, their evening at nine by Berlin's clock; their lanes are shut."""
    with shelf.store(kind, "joined", clock) as store:
        yield Road(store, clock).goes_on_from(begun)


@pytest.fixture
def evening(kind: str, shelf: Shelf, begun: Told, clock: Time) -> Iterator[Road]:
    """The same with their lanes open, and it is nine."""
    del begun
    told = shelf.prepare(kind, "at_nine", at_nine, "migrated")
    with shelf.store(kind, "at_nine", clock) as store:
        yield Road(store, clock).goes_on_from(told)


def url_of(store: Store) -> str:
    return store.engine.url.render_as_string(hide_password=False)


# -- A ritual of the tests' own -----------------------------------------------


@dataclass(frozen=True)
class Here:
    """It has been called."""

    wake_at: datetime
    heard: int = 0


@dataclass(frozen=True)
class Quiet:
    """It keeps the others silent."""

    wake_at: datetime
    hushes: bool = True


def knock(state: Here | Quiet | None, event: Event, scene: Scene) -> tuple[Here | Quiet | None, list[Answer]]:
    """Count what is heard; stumble over "boom", and over time in the seventh hour of the day."""
    match state, event:
        case _, Began(words=Words(text="boom") as words):
            raise ValueError(words.text)
        case _, Began(who, Words(text="bang") as words):  # it fails when it is saved
            here = Here(scene.now + timedelta(hours=1))
            return here, [Kept("knock", who, words), Say("{left}", {"left": cast("Value", object())})]
        case _, Began(words=Words(text="quiet")):
            return Quiet(scene.now + timedelta(hours=1)), [say("Quiet now.", card="door")]
        case None, Began(who, words):
            here = Here(scene.now + timedelta(hours=1))
            return here, [Kept("knock", who, words), say("Knock.", COUNT, card="door", asks="who", heard=0)]
        case Here(heard=heard), Tapped(tap="count"):
            after = Here(state.wake_at, heard + 1)
            return after, [redraw("Heard {heard}.", COUNT, card="door", heard=heard + 1), whisper("Yes.")]
        case Here(heard=heard), Wrote(who, _, words):
            if words.text == "boom":
                raise ValueError(words.text)
            return Here(state.wake_at, heard + 1), [Kept("word", who, words)]
        case Here() | Quiet(), Hushed():
            return state, []
        case Here(heard=13), TimeCame():
            raise ValueError("thirteen")
        case Here() | Quiet(), TimeCame():
            return None, [say("It rang.", again=True)]
    return state, []


COUNT = Button("Count", "count")
KNOCK = Ritual("knock", "knock", "Knocks", knock, reads=("knock",), many=True)


@pytest.fixture
def door(kind: str, shelf: Shelf, begun: Told, clock: Time) -> Iterator[Road]:
    """Ann and Ben, joined, with the ritual of the tests in the house."""
    with shelf.store(kind, "joined", clock) as store:
        yield Road(store, clock, (*HOUSE, KNOCK)).goes_on_from(begun)


# -- Once ---------------------------------------------------------------------


def test_an_update_has_its_effect_once_however_often_telegram_repeats_it(door: Road) -> None:
    door.ann.sends("/knock")
    tap = Tap(door.ann.who, door.ann.room, "q", door.chat(HOME)[-1].card, key_of(COUNT), 1)
    number = next(door.updates)
    door.arrivals[number] = tap
    for _ in range(3):
        door.unconfirmed.append(number)
        door.settles()
        door.look(door.engine.hearing.hear, tap, number)
    assert door.home[-1] == "Heard 1."


def test_an_update_that_was_never_stored_has_no_effect(door: Road) -> None:
    door.look(door.engine.hearing.hear, Command(door.ann.who, door.ann.room, "knock", "", 1), 7)
    assert door.look(outbox.waiting_lines) == 0


def test_updates_of_a_couple_are_heard_in_the_order_they_came(evening: Road) -> None:
    card = evening.chat(HOME)[-1]
    for words in ("first", "second", "third"):
        number, message = next(evening.updates), next(evening.messages)
        evening.arrivals[number] = Text(evening.ann.who, evening.ann.room, words, message, card.number)
        evening.look(inbox.keep, [{"update_id": number}])
    evening.settles()
    # the feeling, then the need; the third is what Ann will do
    assert evening.ann.taps("What did I say?") == "Yours tonight: first, needing second."


def waits(road: Road, *arrivals: Arrival) -> list[int]:
    """Let these wait to be heard, and return their numbers."""
    numbers = [next(road.updates) for _ in arrivals]
    road.arrivals |= zip(numbers, arrivals, strict=True)
    road.look(inbox.keep, [road.raw(number) for number in numbers])
    return numbers


def knocks_of(road: Road, *words: str) -> list[Arrival]:
    """Return Ann's knocks with these words."""
    return [Command(road.ann.who, road.ann.room, "knock", each, next(road.messages)) for each in words]


def knocked(road: Road) -> list[str]:
    """Return the words with which somebody knocked."""
    return [words_of(thing)[1] for thing in road.kept() if thing.kind == "knock"]


@pytest.mark.parametrize("fails", ["boom", "bang"])
def test_of_several_heard_at_once_one_that_fails_leaves_nothing_behind_and_harms_no_other(
    door: Road, fails: str, caplog: pytest.LogCaptureFixture
) -> None:
    numbers = waits(door, *knocks_of(door, "one", fails, "two"))
    door.settles()
    assert knocked(door) == ["one", "two"]
    assert sorted(door.home[-3:]) == sorted(["Knock.", STUMBLED, "Knock."])
    stages = door.look(inbox.known)
    assert [stages[number] for number in numbers] == ["done", "dead", "done"]
    assert "kept aside" in caplog.text
    assert fails not in caplog.text


def test_one_that_fails_and_cannot_even_be_told_so_is_kept_aside_all_the_same(
    door: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise ValueError

    monkeypatch.setattr(outbox, "tell", fails)
    numbers = waits(door, *knocks_of(door, "one", "boom", "two"))
    door.settles()
    assert knocked(door) == ["one", "two"]
    stages = door.look(inbox.known)
    assert [stages[number] for number in numbers] == ["done", "dead", "done"]


def test_while_others_wait_a_few_are_heard_and_the_rest_in_the_next_transaction(door: Road) -> None:
    words = [str(number) for number in range(HEARD_AT_LEAST + 2)]
    numbers = waits(door, *knocks_of(door, *words))
    for heard in (numbers[:HEARD_AT_LEAST], numbers[HEARD_AT_LEAST:]):
        with door.store.begin(others_wait=lambda: True) as tx:
            assert [*door.hear_all(tx)] == heard
    assert knocked(door) == words


def test_while_one_waits_who_goes_first_one_is_heard_and_the_others_in_the_next_transaction(
    door: Road,
) -> None:
    numbers = waits(door, *knocks_of(door, "one", "two", "three"))
    with door.store.begin(one_goes_first=lambda: True) as tx:
        assert [*door.hear_all(tx)] == numbers[:1]
    with door.store.begin() as tx:
        assert [*door.hear_all(tx)] == numbers[1:]
    assert knocked(door) == ["one", "two", "three"]


def test_what_is_new_in_a_transaction_is_there_for_who_is_heard_next_in_it(door: Road) -> None:
    nest = door.dora.room
    door.hears(Added(door.dora.who, nest))
    waits(door, Moved(nest.chat_id, nest.chat_id - 1), Added(door.eli.who, nest))
    door.settles()
    with door.store.begin() as tx:
        rooms = {couple.chat_id for couple in tx.session.query(CoupleRow)}
    assert rooms == {HOME, nest.chat_id, nest.chat_id - 1}


def test_two_processes_on_one_database_hear_each_update_once_and_in_their_order(door: Road) -> None:
    door.ann.sends("/knock")
    card = door.chat(HOME)[-1].card
    numbers = waits(door, *[Tap(door.ann.who, door.ann.room, "q", card, key_of(COUNT), 1)] * 12)
    engine = Engine((*HOUSE, KNOCK), ALL_PREFERENCES, BERLIN)

    def hears(store: Store) -> list[int]:
        heard = list[int]()
        while True:
            with store.begin() as tx:
                some = {number: door.arrivals[number] for number, _ in inbox.waiting(tx, 2)}
                heard += engine.hearing.hear_all(tx, some)
            if not some:
                return heard

    other = Store(url_of(door.store), KEYS, door.clock)
    with ThreadPoolExecutor(2) as processes:
        one, two = processes.map(hears, [door.store, other])
    other.close()
    assert sorted(one + two) == numbers
    assert (one, two) == (sorted(one), sorted(two))
    door.settles()
    assert door.home[-1] == "Heard 12."


def test_of_two_who_tap_at_once_neither_answer_is_lost(evening: Road, clock: Time) -> None:
    """Two processes on one database, as in a change of versions: the second waits, and reads what is new."""
    other, engine = Store(url_of(evening.store), KEYS, clock), Engine(HOUSE, ALL_PREFERENCES, BERLIN)
    card = evening.chat(HOME)[-1]
    taps = [
        Tap(phone.who, phone.room, "q", card.card, key_of(Button(word, "feeling", word)), card.number)
        for phone, word in ((evening.ann, "calm"), (evening.ben, "sad"))
    ]
    evening.look(inbox.keep, [{"update_id": 1}, {"update_id": 2}])

    def bens() -> None:
        with other.begin() as tx:
            engine.hearing.hear(tx, taps[1], 2)

    with ThreadPoolExecutor(1) as second:
        with evening.store.begin() as tx:
            evening.engine.hearing.hear(tx, taps[0], 1)
            tx.session.flush()
            under_way = second.submit(bens)
            wait([under_way], timeout=A_MOMENT)
        under_way.result()
    other.close()
    assert evening.ann.taps("What did I say?") == "Yours tonight: calm. The other half can follow."
    assert evening.ben.taps("What did I say?") == "Yours tonight: sad. The other half can follow."


def test_a_card_that_is_asked_for_again_is_the_card_and_no_remark_beside_it(evening: Road) -> None:
    card = evening.home[-1]
    evening.ann.replies("w" * (LONGEST_ANSWER + 1))
    assert evening.home[-1] == TOO_LONG
    evening.passes(minutes=2)
    evening.ben.sends("/checkin")
    assert evening.home[-1] == card


@pytest.mark.parametrize("name", ["/pausa", "/pausa 45", "/pausa45"])
def test_a_command_is_found_under_the_other_names_people_try(evening: Road, name: str) -> None:
    evening.ann.sends(name)
    assert "Ann takes a pause" in evening.home[-1]


def test_two_processes_do_not_send_the_same_line_twice(evening: Road, clock: Time) -> None:
    other = Store(url_of(evening.store), KEYS, clock)
    evening.connected = False
    evening.clock.now += timedelta(minutes=1)
    evening.ann.sends("/checkin")

    def claims() -> int:
        with other.begin() as tx:
            return len(outbox.claim(tx, evening.engine.book, evening.limits)[0])

    with ThreadPoolExecutor(1) as second:
        with evening.store.begin() as tx:
            ready, _ = outbox.claim(tx, evening.engine.book, evening.limits)
            tx.session.flush()
            under_way = second.submit(claims)
            wait([under_way], timeout=A_MOMENT)
        twice = under_way.result()
    other.close()
    assert (len(ready), twice) == (1, 0)


# -- Ends at every moment -----------------------------------------------------


def night(road: Road) -> None:
    """Play one evening as people would: whoever misses a card asks for it."""

    def shown(who: str, wanted: str, *, private: bool = False, opens: str = "") -> None:
        for _ in range(TRIES):
            if road.button(getattr(road, who).who.number if private else HOME, wanted):
                return
            if opens:
                tapped(who, opens)
            else:
                getattr(road, who).sends("/checkin", private=private)

    def tapped(who: str, wanted: str, *, private: bool = False, opens: str = "") -> None:
        shown(who, wanted, private=private, opens=opens)
        getattr(road, who).taps(wanted, private=private)

    road.reaches(AT_NINE)
    tapped("ann", "calm")
    tapped("ben", "Heavy", private=True, opens="Tell me alone")
    tapped("ben", "sad", private=True)
    road.ben.writes("sleep, ZEBRA")
    tapped("ann", "a hug")
    shown("ben", "Nothing tomorrow")
    road.ann.replies("When I wake, I will be quiet.")
    tapped("ben", "Nothing tomorrow")
    road.reaches(AT_NINE + timedelta(hours=20))


def outcome(road: Road) -> tuple[object, ...]:
    """Return what must be the same whatever happened on the way."""

    def looked(tx: Tx) -> tuple[object, ...]:
        stages = sorted({row.stage for row in tx.session.query(InboxRow)})
        return stages, tx.session.query(PlayingRow).count(), tx.session.query(LineRow).count()

    return sorted(map(words_of, road.kept())), road.call(CHECK_IN), road.look(looked)


def test_wherever_the_process_ends_every_update_has_its_effect_once(
    kind: str, shelf: Shelf, begun: Told
) -> None:
    """End it before and after every commit and every send of an evening, some of them each night."""

    def again(ends: Callable[[int, bool], bool]) -> tuple[Road, tuple[object, ...]]:
        with shelf.store(kind, "joined", clock := Time()) as store:
            road = Road(store, clock, ends=ends).goes_on_from(begun)
            road.open_lanes()
            night(road)
            return road, outcome(road)

    undisturbed, world = again(never)
    assert any("ZEBRA" in message.text for message in undisturbed.phones)
    doubled = missing = 0
    nights = NIGHTS[kind]
    for night_of in range(nights):
        for after in (False, True):
            road, here = again(
                lambda done, now, night_of=night_of, after=after: now == after and done % nights == night_of  # type: ignore[misc]
            )
            assert here == world, f"it ended {'after' if after else 'before'} each {nights}th from {night_of}"
            doubled, missing = doubled + road.again, missing + road.missing
    if kind == "sqlite":  # on PostgreSQL the ends of fewer nights may all miss what flies
        assert doubled  # redraws
        assert missing  # evening cards, which are not said again in doubt


def test_a_line_in_flight_at_an_end_is_doubled_or_missing_as_its_kind_says(
    kind: str, shelf: Shelf, begun: Told
) -> None:
    """End it once, at every moment of a short story; nothing but the line in flight may differ."""

    def again(ends: Callable[[int, bool], bool]) -> Road:
        with shelf.store(kind, "joined", clock := Time()) as store:
            road = Road(store, clock, (*HOUSE, KNOCK), ends=ends).goes_on_from(begun)
            road.ann.sends("/knock hello")
            if road.button(HOME, "Count"):
                road.ben.taps("Count")
            road.passes(hours=1, minutes=1)
            assert [words_of(thing)[1] for thing in road.kept()] == ["hello"]
            assert road.look(lambda tx: tx.session.query(PlayingRow).count()) == 0
            return road

    whole = again(never)
    assert whole.home[-2:] == ["Heard 1.", "It rang."]
    flown: list[tuple[int, int]] = []
    for moment in range(1, whole.done + 1, EACH[kind]):
        for after in (False, True):
            road = again(lambda done, now, moment=moment, after=after: (done, now) == (moment, after))  # type: ignore[misc]
            flown.append((road.again, road.missing))
            if flown[-1] == (0, 0):
                assert road.home == whole.home
            if road.missing:  # the card; where it had arrived all the same, a tap on it still counts
                assert "Knock." not in road.home
            assert road.home.count("It rang.") in {1, 1 + road.again}
    assert set(flown) <= {(1, 0), (0, 1), (0, 0)}
    assert len(set(flown)) > 1 or kind == "postgresql"


def test_words_to_a_card_that_was_in_flight_at_an_end_still_find_it(
    kind: str, shelf: Shelf, begun: Told
) -> None:
    with shelf.store(kind, "joined", clock := Time()) as store:
        road = Road(store, clock, (*HOUSE, KNOCK)).goes_on_from(begun)
        road.connected = False
        road.passes(seconds=2)
        road.ann.sends("/knock")
        for line in road.look(outbox.claim, road.engine.book, road.limits)[0]:
            road.appears(line)  # it arrived, and the process ended before it knew
        road.begins_again()
        road.connected = True
        road.ben.writes("an old one", reply_to=1, private=False)
        road.ann.replies("hello")
        assert road.missing == 1
        assert [words_of(thing)[1] for thing in road.kept() if thing.kind == "word"] == ["hello"]


def test_nothing_is_there_before_the_commit_and_all_of_it_after(door: Road) -> None:
    def everything(tx: Tx) -> tuple[int, ...]:
        rows = (tx.session.query(table).count() for table in (PlayingRow, LineRow))
        return (*rows, len(keepsakes.of(tx, door.couple(tx), ("knock",))), int(inbox.is_empty(tx)))

    door.look(inbox.keep, [{"update_id": 9}])
    knocks = Command(door.ann.who, door.ann.room, "knock", "hello", 77)
    before = door.look(everything)

    def ends_before_its_commit(tx: Tx) -> None:
        door.engine.hearing.hear(tx, knocks, 9)
        raise EndError

    with pytest.raises(EndError):
        door.look(ends_before_its_commit)
    assert door.look(everything) == before
    door.look(door.engine.hearing.hear, knocks, 9)
    assert door.look(everything) == (before[0] + 1, before[1] + 1, before[2] + 1, 1)


# -- Late ---------------------------------------------------------------------


def test_back_half_an_hour_late_there_is_one_card_that_says_so(road: Road) -> None:
    road.clock.now = AT_NINE - timedelta(minutes=10)
    road.is_away(minutes=40)
    assert [text for text in road.home if "later than planned" in text] == [road.home[-1]]
    assert "until 00:00" in road.home[-1]


def test_back_at_noon_there_is_none_for_last_night_and_one_tonight(road: Road) -> None:
    before = len(road.home)
    road.is_away(days=1)
    assert road.home[before:] == []
    road.reaches(AT_NINE + timedelta(days=1))
    assert [text for text in road.home[before:] if text.startswith(OPENS)] == [road.home[-1]]


def test_after_a_week_away_the_next_evening_is_the_next_one(road: Road) -> None:
    road.is_away(days=7)
    assert road.call(CHECK_IN) == AT_NINE + timedelta(days=7)


def test_a_card_opened_by_hand_is_not_opened_again_by_the_clock(road: Road) -> None:
    road.passes(hours=2)
    road.ann.sends("/checkin")
    road.reaches(AT_NINE + timedelta(minutes=30))
    assert sum(text.startswith("Your check-in") for text in road.home) <= 1


def test_a_new_hour_the_same_evening_brings_no_second_card(evening: Road) -> None:
    evening.ann.sends("/settings")
    evening.ann.taps("Hour")
    evening.ann.taps("23:00")
    evening.reaches(AT_NINE + timedelta(hours=2, minutes=30))
    assert sum(text.startswith(OPENS) for text in evening.home) <= 1
    assert evening.call(CHECK_IN) == datetime(2026, 5, 2, 23, tzinfo=BERLIN)


# -- Stumbling ----------------------------------------------------------------


def test_a_step_that_stumbles_leaves_nothing_and_says_so(door: Road) -> None:
    door.ann.sends("/knock boom")
    assert door.home[-1] == STUMBLED
    assert door.kept() == []
    assert door.look(inbox.dead_letters) == 1
    assert door.look(lambda tx: tx.session.query(PlayingRow).count()) == 0


def test_the_update_it_stumbled_over_is_kept_sealed(door: Road) -> None:
    door.ann.sends("/knock boom")
    (body,) = door.look(lambda tx: [row.body for row in tx.session.query(InboxRow).filter_by(stage="dead")])
    assert body is not None
    assert b"update_id" not in body


def test_those_behind_it_go_on(door: Road) -> None:
    door.connected = False
    door.ann.sends("/knock boom")
    door.ben.sends("/knock hello")
    door.connected = True
    door.settles()
    assert [words_of(thing)[1] for thing in door.kept()] == ["hello"]


def test_words_it_stumbled_over_are_not_kept_and_may_be_said_again(door: Road) -> None:
    door.ann.sends("/knock")
    card = door.chat(HOME)[-1].number
    door.ann.writes("boom", reply_to=card, private=False)
    assert door.home[-1] == STUMBLED
    door.ann.writes("better", reply_to=card, private=False)
    assert [words_of(thing)[1] for thing in door.kept() if thing.kind == "word"] == ["better"]


def test_a_ring_that_stumbles_keeps_nobody_waiting_and_is_tried_again(door: Road) -> None:
    door.ann.sends("/knock")
    for _ in range(13):
        door.ann.taps("Count")
    door.passes(minutes=30)
    door.ben.sends("/knock")
    door.passes(hours=1)
    assert door.home.count("It rang.") == 1  # Ben's; Ann's is tried again and again, quietly
    door.ann.taps("Count")


def test_an_unreadable_state_rests_kindly(evening: Road) -> None:
    def spoil(tx: Tx) -> None:
        couple = evening.couple(tx)
        (playing,) = tx.session.query(PlayingRow).all()
        text = '{"version": 1, "is": "NoSuchState", "state": {"word": "ZEBRA"}}'
        playing.state = tx.seal_of(couple).close(text, "playing", playing.id, "state", couple.id)

    evening.look(spoil)
    assert evening.ann.taps("calm") == PASSED
    evening.passes(hours=1, minutes=1)
    assert evening.home[-1] == LOST_THREAD
    assert evening.look(lambda tx: tx.session.query(PlayingRow).count()) == 0
    evening.reaches(AT_NINE + timedelta(days=1))
    assert evening.home[-1].startswith(OPENS)


def test_a_state_that_does_not_open_rests_kindly_too_when_its_command_comes(evening: Road) -> None:
    def spoil(tx: Tx) -> None:
        (playing,) = tx.session.query(PlayingRow).all()
        playing.state = playing.state[:-1] + bytes([playing.state[-1] ^ 1])

    evening.look(spoil)
    evening.passes(minutes=2)
    evening.ann.sends("/checkin")
    assert LOST_THREAD in evening.home
    assert evening.home[-1].startswith(OPENS)


# -- Whose it is --------------------------------------------------------------


@pytest.fixture
def both(evening: Road) -> Road:
    """Two couples, each with an evening of its own."""
    evening.hears(Added(evening.dora.who, evening.dora.room))
    evening.dora.taps("I'm in")
    evening.eli.taps("I'm in")
    evening.dora.taps("That's us")
    evening.dora.taps("Looks right")
    evening.dora.sends("/checkin")
    return evening


def test_another_couples_card_does_nothing(both: Road) -> None:
    theirs = both.button(HOME, "calm")
    ours = both.button(NEST, "calm")
    assert theirs
    assert ours
    assert both.dora.taps_on(*theirs) == PASSED  # in their own room, with the data of another's card
    dora_in_home = Tap(both.dora.who, both.ann.room, "q", theirs[0].card, key_of(theirs[1]), 1)
    assert both.shows(both.hears(dora_in_home)) == FOR_THE_TWO
    assert both.ann.taps("What did I say?") == "Nothing yet tonight, and that is fine."
    assert both.dora.taps("What did I say?") == "Nothing yet tonight, and that is fine."


def test_a_stranger_in_the_room_changes_nothing(evening: Road) -> None:
    before, card = evening.home, evening.chat(HOME)[-1]
    assert evening.cleo.taps("calm") == FOR_THE_TWO
    evening.cleo.writes("hello", reply_to=card.number, private=False)
    for command in ("/checkin mine / a hug", "/settings", "/leave"):
        evening.cleo.sends(command)
    assert evening.home == before
    assert [thing for thing in evening.kept() if thing.words and thing.words.text == "mine"] == []


def test_a_stranger_in_private_hears_where_tend_lives_and_nothing_else(evening: Road) -> None:
    evening.cleo.sends("/checkin", private=True)
    evening.cleo.writes("hello")
    assert set(evening.cleo.private) == {COME_ALONG}


def test_the_private_card_of_one_is_closed_to_the_other(evening: Road) -> None:
    evening.ann.taps("Tell me alone")
    hers = evening.button(evening.ann.who.number, "Heavy")
    assert hers
    assert evening.ben.taps_on(*hers, private=True) == PASSED
    assert evening.ben.taps_on(*hers) == PASSED
    before = len(evening.ben.private)
    evening.ben.writes("mine", reply_to=hers[0].number)
    assert not any("mine" in text for text in evening.ben.private[before:])


@pytest.mark.parametrize("number", [0, 1, 2**62, 2**63 - 1])
def test_a_card_that_never_was_has_passed(evening: Road, number: int) -> None:
    tap = Tap(evening.ann.who, evening.ann.room, "q", number, "0" * 12, 1)
    assert evening.shows(evening.hears(tap)) == PASSED


def test_a_changed_key_on_a_true_card_has_passed(evening: Road) -> None:
    tap = Tap(evening.ann.who, evening.ann.room, "q", evening.chat(HOME)[-1].card, "0" * 12, 1)
    assert evening.shows(evening.hears(tap)) == PASSED


def test_yesterdays_button_touches_nothing_tonight(evening: Road) -> None:
    yesterdays = evening.button(HOME, "calm")
    evening.reaches(AT_NINE + timedelta(days=1))
    assert yesterdays
    assert evening.ann.taps_on(*yesterdays) == PASSED
    assert evening.ann.taps("What did I say?") == "Nothing yet tonight, and that is fine."


def test_what_is_not_for_us_is_done_and_nothing_else(evening: Road) -> None:
    before = evening.home
    evening.hears(NotForUs())
    assert evening.home == before
    assert evening.look(inbox.is_empty)


@pytest.mark.parametrize("private", [True, False])
def test_a_sticker_is_no_answer_and_takes_none_away(evening: Road, *, private: bool) -> None:
    evening.ann.taps("Tell me alone")
    evening.ann.taps("Heavy", private=True)
    evening.ann.taps("sad", private=True)
    before = len(evening.phones)
    evening.ann.writes("", reply_to=evening.chat(HOME)[-1].number if not private else None, private=private)
    assert evening.ann.taps("What did I say?") == "Yours tonight: sad. The other half can follow."
    assert len(evening.phones) > before  # and that is said


def test_whoever_types_into_the_room_is_told_once_whatever_ritual_asks(evening: Road) -> None:
    evening.ann.sends("/debrief the soup")
    evening.ann.replies("the walk")
    evening.ben.writes("tea")
    evening.passes(days=1)
    evening.ann.sends("/checkin calm / sleep")
    assert evening.ann.private.count(ROOM_IS_OPEN) == 1
    assert ROOM_IS_OPEN not in [*evening.ben.private, *(message.text for message in evening.chat(HOME))]


def test_a_debrief_that_rests_is_taken_up_by_its_command(evening: Road) -> None:
    evening.ann.sends("/debrief")
    evening.ann.writes("the soup")
    evening.ben.taps("Not today")
    evening.ben.sends("/debrief")
    evening.ben.writes("the walk")
    assert any("Ann: the soup\nBen: the walk" in message.text for message in evening.chat(HOME))
    playings = evening.look(lambda tx: tx.session.query(PlayingRow).filter_by(ritual="debrief").count())
    assert playings == 1


# -- A lane that is shut ------------------------------------------------------


def test_what_waits_for_a_shut_lane_comes_when_it_opens_and_the_tap_is_answered_with_the_way(
    road: Road,
) -> None:
    road.reaches(AT_NINE)
    card = road.button(HOME, "Tell me alone")
    assert card
    tap = Tap(road.ann.who, road.ann.room, "q", card[0].card, key_of(card[1]), card[0].number)
    assert road.hears(tap).opens_lane
    assert road.ann.private == []
    road.ann.sends("/start", private=True)
    assert [text[:26] for text in road.ann.private] == ["What do you feel just now?"]
    assert not road.hears(tap).opens_lane


def test_what_waits_no_longer_matters_when_its_evening_is_over(road: Road) -> None:
    road.reaches(AT_NINE)
    road.ann.taps("Tell me alone")
    road.passes(days=1)
    road.reaches(AT_NINE + timedelta(days=1, minutes=-5))
    road.ann.sends("/start", private=True)
    assert not any(text.startswith("What do you feel") for text in road.ann.private)


def test_what_does_not_wait_for_a_shut_lane_is_dropped(road: Road) -> None:
    road.reaches(AT_NINE)
    road.ben.taps("calm")
    road.passes(hours=1, minutes=5)  # whoever is silent is reminded alone
    road.ann.sends("/start", private=True)
    assert not any("if you like" in text for text in road.ann.private)


def test_a_lane_that_somebody_shuts_is_noticed(evening: Road) -> None:
    evening.hears(Removed(evening.ann.who, evening.ann.lane))
    before = len(evening.ann.private)
    evening.ann.taps("Tell me alone")
    assert len(evening.ann.private) == before
    evening.ann.sends("/start", private=True)
    assert len(evening.ann.private) == before + 1


# -- The outbox, as the road fills it -----------------------------------------


def test_a_card_that_changes_before_it_was_sent_is_sent_once_as_it_is_by_then(door: Road) -> None:
    door.connected = False
    door.ann.sends("/knock")
    card = door.look(lambda tx: tx.session.query(LineRow).one().card_id)
    for _ in range(5):
        door.hears(Tap(door.ann.who, door.ann.room, "q", card or 0, key_of(COUNT), 1))
    before, door.connected = len(door.sent), True
    door.settles()
    assert [line.kind for _, line in door.sent[before:]] == ["say"]
    assert door.home[-1] == "Heard 5."


def test_many_changes_of_a_standing_card_are_one_redraw(door: Road) -> None:
    door.ann.sends("/knock")
    before, door.connected = len(door.sent), False
    for _ in range(5):
        door.ben.taps("Count")
    door.connected = True
    door.settles()
    assert [line.kind for _, line in door.sent[before:]] == ["redraw"]
    assert door.home[-1] == "Heard 5."


def test_a_card_retired_before_it_was_sent_is_never_sent(door: Road) -> None:
    door.connected = False
    door.ann.sends("/knock")
    door.passes(hours=2)
    door.connected = True
    door.settles()
    assert "Knock." not in door.home
    assert door.home[-1].startswith("It rang.")


def test_in_a_silence_the_others_wait_and_go_on_when_it_ends(door: Road) -> None:
    door.ann.sends("/knock")
    door.passes(minutes=30)
    door.ben.sends("/knock quiet")
    door.passes(minutes=45)  # Ann's hour has passed meanwhile
    assert "It rang." not in door.home
    door.passes(minutes=16)
    assert door.home.count("It rang.") == 1  # the quiet one's own end
    door.passes(minutes=31)
    assert door.home.count("It rang.") == 2


# -- Preferences --------------------------------------------------------------


def test_another_hour_moves_the_next_evening_at_once(road: Road) -> None:
    assert road.call(CHECK_IN) == AT_NINE
    road.ann.sends("/settings")
    road.ann.taps("Hour")
    road.ann.taps("20:00")
    assert road.call(CHECK_IN) == AT_NINE - timedelta(hours=1)


def test_another_clock_moves_the_next_evening_at_once(road: Road) -> None:
    road.ann.sends("/settings")
    road.ann.taps("Clock")
    road.ann.replies("Lima")
    assert road.call(CHECK_IN) == datetime(2026, 5, 2, 2, tzinfo=UTC)
    prefers = road.look(lambda tx: couples.preferences(tx, road.couple(tx), road.engine.book))
    assert str(prefers[ZONE]) == "America/Lima"


# -- Leaving, and coming back -------------------------------------------------


def leave(road: Road) -> None:
    road.ann.sends("/leave")
    road.ann.taps("Leave now")


def test_a_couple_that_leaves_hears_nothing_more(evening: Road) -> None:
    tonights = evening.button(HOME, "calm")
    evening.ann.taps("Tell me alone")
    leave(evening)
    assert evening.home[-1] == RESTING.format(me="Tend")
    before = len(evening.phones)
    evening.passes(days=8)
    assert tonights
    assert evening.ben.taps_on(*tonights) in {PASSED, FOR_THE_TWO}
    evening.ben.writes("hello", reply_to=tonights[0].number, private=False)
    assert len(evening.phones) == before


def test_what_was_not_yet_sent_when_one_leaves_never_is(evening: Road) -> None:
    evening.connected = False
    evening.passes(hours=1, minutes=1)  # the reminder waits
    leave_card = evening.ann.sends("/leave")
    assert leave_card.whisper is None

    def asked(tx: Tx) -> int:
        return max(line.card_id or 0 for line in tx.session.query(LineRow))

    card = evening.look(asked)
    evening.hears(Tap(evening.ann.who, evening.ann.room, "q", card, key_of(Button("", "leave")), 1))
    before, evening.connected = len(evening.phones), True
    evening.settles()
    assert [message.text for message in evening.phones[before:]] == [RESTING.format(me="Tend")]


def test_a_room_that_puts_tend_out_rests(evening: Road) -> None:
    evening.hears(Removed(evening.ann.who, evening.ann.room))
    before = len(evening.phones)
    evening.passes(days=3)
    assert len(evening.phones) == before


def a_promise(road: Road) -> None:
    """Let Ann promise something, and the evening end."""
    road.reaches(AT_NINE)
    for phone in (road.ann, road.ben):
        phone.taps("calm")
        phone.taps("sleep")
    road.ann.replies("When I wake, I will be QUIET.")
    road.ben.taps("Nothing tomorrow")
    road.passes(hours=13)


def test_the_same_two_back_in_their_room_go_on_as_it_was(road: Road) -> None:
    a_promise(road)
    road.ann.sends("/settings")
    road.ann.taps("Hour")
    road.ann.taps("22:00")
    road.ann.taps("Close")
    joint = Kept("plan", None, Words(Person(0), "a joint PLAN"))
    road.look(lambda tx: keepsakes.keep(tx, road.couple(tx, HOME), joint))
    kept = sorted(map(words_of, road.kept()))
    leave(road)
    begins_again(road)
    assert road.home[-1] == "Ben and Ann, I know you two. Shall it go on as it was, with what you kept?"
    assert road.kept() == []

    road.ann.taps("Go on")

    assert road.home[-1].startswith("It goes on as it was, Ben and Ann.")
    assert sorted(map(words_of, road.kept())) == kept
    assert "a joint PLAN" in str([thing.words.text for thing in road.kept() if thing.words])
    before = len(road.home)
    road.reaches(AT_NINE + timedelta(days=1, minutes=59))
    assert len(road.home) == before
    road.passes(minutes=2)
    assert road.home[-1].startswith("Your check-in")


def test_the_same_two_may_begin_anew(road: Road) -> None:
    a_promise(road)
    leave(road)
    begins_again(road)

    road.ben.taps("Begin anew")

    assert road.kept() == []
    assert road.home[-1].startswith("Every evening, at 21:00")


def test_nobody_else_says_whether_it_goes_on(road: Road) -> None:
    a_promise(road)
    leave(road)
    begins_again(road)

    assert road.cleo.taps("Go on") == HAS_ITS_TWO
    assert road.kept() == []


def begins_again(road: Road) -> None:
    road.ben.sends("/start")
    road.ben.taps("I'm in")
    road.ann.taps("I'm in")
    road.ben.taps("That's us")


@pytest.mark.parametrize("who", ["ann", "ben"])
def test_a_new_partner_sees_none_of_it(road: Road, who: str) -> None:
    a_promise(road)
    assert road.kept()
    leave(road)
    stays = road.ann if who == "ann" else road.ben
    stays.sends("/start")
    stays.taps("I'm in")
    road.cleo.taps("I'm in")
    stays.taps("That's us")
    stays.taps("Looks right")
    assert road.kept() == []
    road.reaches(AT_NINE + timedelta(days=2))
    assert not any("QUIET" in text for text in (*road.home[-2:], *stays.private, *road.cleo.private))


def test_ben_in_a_new_room_leaves_anns_things_where_they_were(road: Road) -> None:
    a_promise(road)
    leave(road)
    nest = Place(NEST, private=False)
    road.hears(Added(road.ben.who, nest))
    card = road.button(NEST, "I'm in")
    assert card
    for phone in (road.ben, road.dora):
        road.hears(Tap(phone.who, nest, "q", card[0].card, key_of(card[1]), card[0].number))
    us = road.button(NEST, "That's us")
    assert us
    road.hears(Tap(road.ben.who, nest, "q", us[0].card, key_of(us[1]), us[0].number))
    assert road.look(lambda tx: road.couple(tx, NEST).stage) == "together"
    assert road.kept(NEST) == []


# -- A room that changes its number -------------------------------------------


@pytest.mark.parametrize("notices", [1, 2, 3])
def test_a_room_keeps_everything_under_its_new_number(evening: Road, notices: int) -> None:
    new = -1_004_100_000_001
    for _ in range(notices):
        evening.hears(Moved(HOME, new))
    assert [message.text[:10] for message in evening.chat(new)][-1:] == ["Your check"]  # said anew, once
    anew = len(evening.chat(new))
    (card,) = [message for message in evening.chat(new) if "calm" in message.labels]
    tap = Tap(
        evening.ann.who, Place(new, private=False), "q", card.card, key_of(card.buttons[0]), card.number
    )
    assert evening.shows(evening.hears(tap)).startswith("Kept: calm.")
    evening.passes(hours=1, minutes=1)
    assert len(evening.chat(new)) == anew  # Ann has answered, so the room is left in peace
    assert any("if you like" in text for text in evening.ben.private)


# -- What a test must not be wrong about --------------------------------------


def test_the_phones_of_these_tests_show_an_evening_whole(evening: Road) -> None:
    night(evening)
    assert [text.splitlines()[0][:20] for text in evening.home[-2:]] == [REVEAL[:20], CLOSED[:20]]
    assert any("ZEBRA" in text for text in evening.home)


def test_a_card_that_is_said_again_still_takes_a_private_line(evening: Road) -> None:
    evening.open_lanes()
    evening.ann.sends("/checkin")  # the newest card comes again, below everything
    evening.ben.writes("calm / sleep")

    assert evening.ben.taps("What did I say?") == "Yours tonight: calm, needing sleep."
