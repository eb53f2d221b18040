"""Rooms as they are: who comes and goes, who hides, and what becomes of Tend there. On both databases."""

from collections.abc import Iterator

import pytest

from bot.arrival import Added, Came, Command, Masked, Moved, Place, Promoted, Removed, Somebody, Tap, Went
from bot.couple.company import ALONE_AGAIN, GOES_ON
from bot.engine import key_of
from bot.engine.acts import WHO_IS_IT, WHOSE_WORDS
from bot.engine.rooms import ASKS_TO_BE_A_MEMBER, RESTS_HERE
from bot.ritual import Button
from bot.shell import HELD
from bot.storage import outbox
from bot.storage.store import migrate
from tests.databases import Shelf, Time
from tests.road import HOME, NEST, Road, Told
from tests.test_engine import AT_NINE, OPENS, at_nine, joined

RESTING = RESTS_HERE.format(me="Tend")
GUEST = "Somebody else is in this room now."


@pytest.fixture
def road(kind: str, shelf: Shelf, clock: Time) -> Iterator[Road]:
    """Ann and Ben, joined; their lanes are shut."""
    shelf.prepare(kind, "migrated", migrate)
    told: Told = shelf.prepare(kind, "joined", joined, "migrated")
    with shelf.store(kind, "joined", clock) as store:
        yield Road(store, clock).goes_on_from(told)


@pytest.fixture
def evening(kind: str, shelf: Shelf, clock: Time) -> Iterator[Road]:
    """The same with their lanes open, and it is nine."""
    shelf.prepare(kind, "migrated", migrate)
    told: Told = shelf.prepare(kind, "at_nine", at_nine, "migrated")
    with shelf.store(kind, "at_nine", clock) as store:
        yield Road(store, clock).goes_on_from(told)


# -- Guests -------------------------------------------------------------------


def test_nothing_is_said_before_a_guest_until_both_have_tapped(evening: Road) -> None:
    evening.ann.taps("calm")
    evening.ann.taps("sleep")
    evening.members = 4
    evening.hears(Came((evening.cleo.who,), evening.ann.room))
    assert evening.home[-1].startswith(GUEST)
    before = len(evening.phones)

    evening.ben.taps("tired")
    evening.ben.taps("a hug")
    assert len(evening.phones) == before
    evening.ben.taps("Go on here")
    evening.ann.taps("Go on here")

    assert GOES_ON in evening.home
    assert evening.home[-1].startswith("You have both spoken.")


def test_a_repeated_card_waits_as_well(evening: Road) -> None:
    evening.members = 4
    evening.hears(Came((evening.cleo.who,), evening.ann.room))

    evening.ann.sends("/checkin")

    assert evening.home[-1] == HELD
    assert [text.startswith(OPENS) for text in evening.home].count(True) == 1


def test_the_two_themselves_are_no_guests(evening: Road) -> None:
    before = len(evening.phones)
    evening.hears(Came((evening.ann.who, evening.ben.who), evening.ann.room))
    assert len(evening.phones) == before


def test_whoever_was_there_before_the_two_joined_is_a_guest(road: Road) -> None:
    road.members = 4
    road.ann.sends("/leave")
    road.ann.taps("Leave now")
    road.ann.sends("/start")
    road.ann.taps("I'm in")
    road.ben.taps("I'm in")
    road.ann.taps("That's us")
    assert not any(text.startswith(GUEST) for text in road.home)

    road.ben.taps("Begin anew")

    assert [text.startswith(GUEST) for text in road.home].count(True) == 1


def test_the_count_asks_nothing_twice(evening: Road) -> None:
    evening.members = 4
    evening.hears(Came((evening.cleo.who,), evening.ann.room))
    before = len(evening.phones)

    evening.look(lambda tx: evening.engine.rooms.counted(tx, HOME, 4))
    evening.settles()

    assert len(evening.phones) == before


def test_the_guest_goes_and_the_evening_comes_late(road: Road) -> None:
    road.members = 4
    road.hears(Came((road.cleo.who,), road.ann.room))
    road.reaches(AT_NINE)
    road.passes(minutes=30)
    assert not any(text.startswith("Your check-in") for text in road.home)

    road.members = 3
    road.hears(Went(road.cleo.who, road.ann.room))
    road.passes(minutes=5)

    assert road.home[-1].startswith("Your check-in, later than planned")


# -- One of the two goes ------------------------------------------------------


def test_without_one_of_the_two_tend_rests(evening: Road) -> None:
    evening.hears(Went(evening.ben.who, evening.ann.room))
    assert evening.home[-1] == RESTING
    before = len(evening.phones)

    evening.passes(days=3)

    assert len(evening.phones) == before


def test_when_they_come_back_it_begins_with_both_taps(evening: Road) -> None:
    evening.hears(Went(evening.ben.who, evening.ann.room))

    evening.hears(Came((evening.ben.who,), evening.ann.room))
    evening.ben.taps("I'm in")
    evening.ann.taps("I'm in")
    evening.ben.taps("That's us")
    evening.ann.taps("Go on")

    assert evening.home[-1].startswith("It goes on as it was")


@pytest.mark.parametrize("how", ["put out", "refused"])
def test_a_room_that_does_not_want_tend_frees_the_two(evening: Road, how: str) -> None:
    if how == "put out":
        evening.hears(Removed(evening.ann.who, evening.ann.room))
    else:
        evening.look(lambda tx: evening.engine.rooms.shut(tx, HOME, 0))
    nest = Place(NEST, private=False)
    evening.hears(Added(evening.ben.who, nest))
    for phone in (evening.ben, evening.dora):
        taps_in(evening, phone.who, "I'm in")
    taps_in(evening, evening.ben.who, "That's us")

    assert evening.look(lambda tx: evening.couple(tx, NEST).stage) == "together"


def taps_in(road: Road, who: Somebody, wanted: str) -> None:
    found = road.button(NEST, wanted)
    assert found, wanted
    message, button = found
    road.hears(Tap(who, Place(NEST, private=False), "q", message.card, key_of(button), message.number))


# -- Masks --------------------------------------------------------------------


def test_a_command_under_a_mask_is_one_tap_away(road: Road) -> None:
    road.hears(Masked(road.ann.room, "checkin"))
    assert road.home[-1] == WHO_IS_IT

    road.ann.taps("/checkin")

    assert road.home[-1].startswith(OPENS[:13])


def test_words_under_a_mask_are_nobodys(evening: Road) -> None:
    evening.hears(Masked(evening.ann.room))

    assert evening.home[-1] == WHOSE_WORDS
    assert evening.ann.taps("What did I say?") == evening.ben.taps("What did I say?")


def test_help_asks_for_no_name(road: Road) -> None:
    road.hears(Masked(road.ann.room, "help"))

    assert road.home[-1].startswith("I keep small rituals")


def test_a_mask_in_a_room_without_a_couple_may_begin(road: Road) -> None:
    road.hears(Masked(Place(NEST, private=False), "start"))

    assert [text[:8] for text in (message.text for message in road.chat(NEST))] == ["I'm Tend"]


# -- Rank, topics, tongues ----------------------------------------------------


def test_made_an_administrator_it_asks_once_to_be_a_member(evening: Road) -> None:
    for _ in range(3):
        evening.hears(Promoted(evening.ann.room))

    assert evening.home.count(ASKS_TO_BE_A_MEMBER) == 1


def test_brought_in_as_an_administrator_it_asks_as_well(road: Road) -> None:
    nest = Place(NEST, private=False)
    road.hears(Added(road.dora.who, nest, as_admin=True))

    texts = [message.text for message in road.chat(NEST)]
    assert texts[0].startswith("I'm Tend")
    assert texts[1:] == [ASKS_TO_BE_A_MEMBER]


def test_start_in_another_topic_is_where_it_speaks_from_then_on(road: Road) -> None:
    topic = Place(HOME, private=False, thread_id=77)
    road.hears(Command(road.ann.who, topic, "start", "", 1))

    road.reaches(AT_NINE)

    assert {line.thread_id for _, line in road.sent[-2:]} == {77}


def test_a_room_begins_in_the_language_of_whoever_brings_tend(road: Road) -> None:
    nest, eli = Place(NEST, private=False), road.eli.who
    road.hears(Added(Somebody(eli.number, eli.name, "en-GB"), nest))

    with road.store.begin() as tx:
        couple = road.couple(tx, NEST)
        assert couple.prefers is not None


def test_a_tap_that_opens_a_choice_changes_it_for_both_with_a_word_to_the_room(evening: Road) -> None:
    evening.passes(hours=1, minutes=1)
    assert any(button.label == "Less, please" for button in reminder(evening))

    evening.ann.taps("Less, please")

    assert evening.home[-1] == "Ann has changed this for you two. How much I say: Less, please."
    before = len(evening.home)
    evening.passes(days=2)
    said = [text for text in evening.home[before:] if not text.startswith("Sunday")]
    assert len(said) == 2  # tonight's card closes where it is; then one card a night


def reminder(road: Road) -> tuple[Button, ...]:
    return next(message.buttons for message in reversed(road.phones) if "until" in message.text)


# -- What a second look found -------------------------------------------------


def test_a_room_that_moves_with_a_guest_in_it_shows_the_guest_no_words(evening: Road) -> None:
    for phone in (evening.ann, evening.ben):
        phone.taps("calm")
        phone.taps("sleep")
    evening.members = 4
    evening.hears(Came((evening.cleo.who,), evening.ann.room))
    new = -1_004_100_000_001

    evening.hears(Moved(HOME, new))

    assert [message.text[:13] for message in evening.chat(new)] == [GUEST[:13]]


def test_the_count_of_somebody_who_has_just_come_counts_them_once(road: Road) -> None:
    road.members = 4
    road.hears(Came((road.cleo.who,), road.ann.room))
    assert road.home[-1].startswith(GUEST)
    assert not road.home[-1].startswith("2")

    road.members = 3
    road.hears(Went(road.cleo.who, road.ann.room))

    assert road.home[-1] == ALONE_AGAIN


def test_a_start_that_was_never_finished_is_nothing_to_go_on_with(road: Road) -> None:
    for choice in ("Begin anew", "Go on"):
        road.hears(Removed(road.ann.who, road.ann.room))
        road.hears(Added(road.ann.who, road.ann.room))
        road.ann.taps("I'm in")
        road.ben.taps("I'm in")
        road.ann.taps("That's us")
        road.ann.taps(choice)

    road.reaches(AT_NINE)

    assert road.home[-1].startswith(OPENS)


def test_a_late_refusal_does_not_end_what_has_begun_since(evening: Road) -> None:
    evening.connected = False
    evening.passes(hours=1, minutes=1)
    (line, *_), _ = evening.look(outbox.claim, evening.engine.book, evening.limits)
    evening.hears(Removed(evening.ann.who, evening.ann.room))
    evening.hears(Added(evening.ann.who, evening.ann.room))

    evening.look(lambda tx: evening.engine.rooms.shut(tx, HOME, line.id))

    assert evening.look(lambda tx: evening.couple(tx, HOME).stage) == "joining"


def test_going_on_the_same_evening_brings_no_second_card(road: Road) -> None:
    road.ann.sends("/checkin")
    road.hears(Removed(road.ann.who, road.ann.room))
    road.hears(Added(road.ann.who, road.ann.room))
    road.ann.taps("I'm in")
    road.ben.taps("I'm in")
    road.ann.taps("That's us")
    road.ann.taps("Go on")
    before = len(road.home)

    road.reaches(AT_NINE)

    assert len(road.home) == before


def test_words_under_a_mask_behind_a_command_are_said_to_be_lost(road: Road) -> None:
    road.hears(Masked(road.ann.room, "checkin", worded=True))

    assert road.home[-1] == WHOSE_WORDS
    road.ann.taps("/checkin")
    assert road.home[-1].startswith(OPENS[:13])


def test_a_topic_in_which_start_was_sent_holds_the_joining_too(road: Road) -> None:
    nest = Place(NEST, private=False)
    road.hears(Added(road.dora.who, nest))
    road.hears(Command(road.dora.who, Place(NEST, private=False, thread_id=77), "start", "", 1))

    assert road.sent[-1][1].thread_id == 77


def test_a_card_asked_for_in_a_silence_stays_as_it_is(evening: Road) -> None:
    evening.members = 4
    evening.hears(Came((evening.cleo.who,), evening.ann.room))
    evening.ann.sends("/checkin")

    assert evening.ann.taps("calm").startswith("Kept: calm.")


def test_a_notice_that_comes_after_the_error_holds_nobody_up(evening: Road) -> None:
    new = -1_004_100_000_001
    assert evening.look(lambda tx: evening.engine.rooms.moved(tx, HOME, new))
    assert evening.look(lambda tx: evening.engine.rooms.moved(tx, HOME, new))
