"""A pause on the road: whatever ends the process, and however long Tend is away, both are brought back."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from bot.arrival import Came
from bot.rituals.pause import BOTH_BACK, BRING_BACK, OPEN, READY, RESTS
from bot.storage.store import migrate
from bot.storage.tables import PlayingRow
from tests.databases import Shelf, Time
from tests.road import HOME, Road, Told, never
from tests.test_engine import AT_NINE, EACH, at_nine, joined

CALLED = "Ann takes a pause for you two."


@pytest.fixture
def begun(kind: str, shelf: Shelf) -> Told:
    """Let Ann and Ben join once."""
    shelf.prepare(kind, "migrated", migrate)
    told: Told = shelf.prepare(kind, "joined", joined, "migrated")
    return told


@pytest.fixture
def road(kind: str, shelf: Shelf, begun: Told, clock: Time) -> Iterator[Road]:
    """Ann and Ben, joined, their lanes open."""
    with shelf.store(kind, "joined", clock) as store:
        road = Road(store, clock).goes_on_from(begun)
        road.open_lanes()
        yield road


@pytest.fixture
def evening(kind: str, shelf: Shelf, begun: Told, clock: Time) -> Iterator[Road]:
    """It is nine, and tonight's card is there."""
    del begun
    told = shelf.prepare(kind, "at_nine", at_nine, "migrated")
    with shelf.store(kind, "at_nine", clock) as store:
        yield Road(store, clock).goes_on_from(told)


def test_wherever_the_process_ends_both_are_asked_once_and_the_owner_is_called_once(
    kind: str, shelf: Shelf, begun: Told
) -> None:
    def silent(ends: Callable[[int, bool], bool]) -> Road:
        with shelf.store(kind, "joined", clock := Time()) as store:
            road = Road(store, clock, ends=ends).goes_on_from(begun)
            road.open_lanes()
            road.ann.sends("/pause 20")
            road.passes(hours=2)
            assert [thing.kind for thing in road.kept()] == [OPEN]
            return road

    whole = silent(never)
    for moment in range(1, whole.done + 1, 5 * EACH[kind]):
        for after in (False, True):
            road = silent(lambda done, now, moment=moment, after=after: (done, now) == (moment, after))  # type: ignore[misc]
            for text, chat in ((READY, road.home), (BRING_BACK, road.ann.private), (RESTS, road.home)):
                most = 1 + (road.again if text is not RESTS else 0)  # what flew at the end may be doubled
                least = 1 - road.missing if text is RESTS else 1  # and only what is not said again lost
                assert least <= chat.count(text) <= most, (text, moment, after)
            assert BRING_BACK not in road.ben.private


@pytest.mark.parametrize("away", [timedelta(minutes=5), timedelta(hours=5), timedelta(days=4)])
def test_however_long_tend_is_away_the_return_comes_once_and_says_when_it_is_late(
    road: Road, away: timedelta
) -> None:
    road.ann.sends("/pause")
    road.connected = False
    road.clock.now += timedelta(minutes=30) + away
    road.connected = True
    road.settles()

    asked = [text for text in road.home if "Ready?" in text]
    assert len(asked) == 1
    assert ("late" in asked[0]) is (away > timedelta(minutes=10))
    assert BRING_BACK not in road.ann.private
    road.passes(minutes=31)
    assert road.ann.private.count(BRING_BACK) == 1


def test_in_a_pause_the_room_is_silent_and_afterwards_one_comes_after_the_other(road: Road) -> None:
    road.reaches(AT_NINE - timedelta(minutes=10))
    road.ann.sends("/pause")
    road.reaches(AT_NINE + timedelta(minutes=19))
    assert not [text for text in road.home if text.startswith("Your check-in")]
    road.passes(minutes=1)
    road.ann.taps("I'm back")
    road.ben.taps("I'm back")
    assert road.home[-1] == BOTH_BACK

    road.passes(minutes=5)

    assert road.home[-1].startswith("Your check-in, later than planned")


def test_a_card_that_waits_in_the_outbox_is_looked_at_again(road: Road) -> None:
    """It was due, and not yet sent, when the pause was called."""
    road.connected = False
    road.reaches(AT_NINE)
    road.ann.sends("/pause")
    road.connected = True
    road.settles()

    assert road.home[-1].startswith(CALLED)
    assert not [text for text in road.home if text.startswith("Your check-in")]


def test_both_call_it_at_once(evening: Road) -> None:
    evening.ann.sends("/pause")
    evening.ben.sends("/pause")

    assert evening.look(lambda tx: tx.session.query(PlayingRow).filter_by(ritual="pause").count()) == 1
    evening.passes(minutes=30)
    assert evening.home.count(READY) == 1


def test_a_strangers_call_does_nothing(evening: Road) -> None:
    before = len(evening.phones)

    evening.cleo.sends("/pause", room=evening.ann.room)
    evening.cleo.writes("pause", reply_to=evening.chat(HOME)[-1].number, private=False)

    assert len(evening.phones) == before


def test_a_guest_holds_no_pause_up(evening: Road) -> None:
    evening.ann.sends("/pause")
    evening.hears(Came((evening.cleo.who,), evening.ann.room))

    evening.passes(minutes=30)

    assert evening.home[-1] == READY


def test_a_word_of_their_own_calls_it_as_a_command_as_a_reply_and_alone(evening: Road) -> None:
    evening.ann.sends("/settings")
    evening.ann.taps("Pause word")
    evening.ann.replies("Turtle")
    evening.ann.taps("Close")
    for call in (
        lambda: evening.ann.sends("/turtle"),
        lambda: evening.ann.writes("turtle.", reply_to=evening.chat(HOME)[-1].number, private=False),
        lambda: evening.ann.writes("TURTLE"),
    ):
        call()
        assert [text for text in evening.home[-2:] if text.startswith(CALLED)]
        evening.ann.taps("We're fine again")
        evening.ben.taps("We're fine again")
        evening.ann.taps("Let it rest")

    assert evening.ann.taps("What did I say?") == "Nothing yet tonight, and that is fine."


def test_an_answer_given_before_the_pause_is_still_there_and_still_unseen(evening: Road) -> None:
    evening.ann.taps("calm")
    evening.ann.taps("sleep")
    evening.ben.taps("Pause")
    evening.passes(minutes=30)
    evening.ann.taps("I'm back")
    evening.ben.taps("I'm back")
    assert not [text for text in evening.home if "calm" in text]

    evening.ben.taps("tired")
    evening.ben.taps("a hug")

    assert "Ann: calm, needing sleep." in evening.home[-1]
