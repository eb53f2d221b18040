"""What two people do in a silence, on the road: nothing is published, lost without a word, or shouted."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import pytest

from bot.arrival import Came
from bot.engine.acts import IN_A_SILENCE, NOTHING_ASKS, UNKNOWN
from bot.evening_cards import CLOSED_LATE
from bot.ritual import Say
from bot.rituals.breathe import ENDED
from bot.rituals.dialogue import MEANWHILE
from bot.rituals.pause import BOTH_BACK, RESTS
from bot.shell import AFTER_A_SILENCE, HELD, KEPT, NOT_NOW
from bot.storage.store import migrate
from bot.upshot import LINE_NOTED
from tests.databases import Shelf, Time
from tests.road import HOME, Road
from tests.test_engine import AT_NINE, REVEAL, at_nine

OUTBURST = "He is a liar and I can't stand him any more"
FOR_THANKS = "That is said, and kept."
A_WHILE = AFTER_A_SILENCE - timedelta(seconds=10)  # between two messages, each sent at its own pace


@pytest.fixture
def evening(kind: str, shelf: Shelf, clock: Time) -> Iterator[Road]:
    """It is nine, and tonight's card is there; both private chats are open."""
    shelf.prepare(kind, "migrated", migrate)
    told = shelf.prepare(kind, "at_nine", at_nine, "migrated")
    with shelf.store(kind, "at_nine", clock) as store:
        yield Road(store, clock).goes_on_from(told)


def come_back(evening: Road, label: str = "We're fine again") -> None:
    evening.ann.taps(label)
    evening.ben.taps(label)
    assert BOTH_BACK in evening.home


def comes_late(said: Say) -> bool:
    """Whether it is where they meet again, or one of the thanks."""
    return said.text == BOTH_BACK or said.text.startswith(FOR_THANKS)


def all_of(evening: Road) -> str:
    return "\n".join(message.text for message in evening.phones)


# -- Words in the heat --------------------------------------------------------


def test_an_outburst_told_alone_is_no_answer_to_what_was_asked_before(evening: Road) -> None:
    evening.ann.taps("Tell me alone")
    evening.passes(minutes=1)
    evening.ann.sends("/pause")
    evening.passes(minutes=1)

    evening.ann.writes(OUTBURST)
    evening.ann.writes("I just want to scream")
    evening.ben.sends("/checkin tired / sleep")
    come_back(evening)
    evening.passes(hours=4)

    assert OUTBURST not in all_of(evening)
    assert "scream" not in all_of(evening)


def test_words_that_answer_nothing_are_met_with_what_steadies(evening: Road) -> None:
    evening.passes(minutes=1)
    evening.ann.sends("/pause")

    evening.ann.writes("He shouted at me, I want to leave")
    assert evening.ann.private[-1] == IN_A_SILENCE
    evening.ann.taps("Come back to here, with five senses", private=True)

    assert evening.ann.private[-1] != IN_A_SILENCE
    assert not evening.kept()


def test_in_a_talk_words_told_alone_are_sent_back_to_it_and_a_pause_is_at_hand(evening: Road) -> None:
    begin_a_talk(evening)

    evening.ann.writes("He does not even look at me")
    assert evening.ann.private[-1] == MEANWHILE
    evening.ann.taps("Pause", private=True)
    evening.passes(minutes=1)
    evening.ann.writes("I want to leave")

    assert evening.ann.private[-1] == IN_A_SILENCE


def test_what_each_understood_is_told_alone_without_a_tap_before_it(evening: Road) -> None:
    begin_a_talk(evening)
    evening.passes(minutes=19)

    evening.ann.writes("that you are tired")

    assert evening.ann.private[-1] == LINE_NOTED
    assert "tired" not in "\n".join([*evening.home, *evening.ben.private])


def begin_a_talk(evening: Road) -> None:
    for one in (evening.ann, evening.ben):
        one.taps("Not tonight")
    evening.passes(hours=4)
    evening.ann.sends("/talk money")
    for one in (evening.ann, evening.ben):
        one.taps("I agree")
    assert any(text.startswith("Ann speaks") for text in evening.home)


@pytest.mark.parametrize(
    ("before", "told"), [("", NOTHING_ASKS), ("/pause", IN_A_SILENCE), ("/talk", MEANWHILE)]
)
def test_whoever_writes_the_same_twice_in_a_breath_is_answered_twice(
    evening: Road, before: str, told: str
) -> None:
    begin_a_talk(evening)
    evening.passes(minutes=1)
    if before != "/talk":
        evening.ann.taps("Stop here")
    if before == "/pause":
        evening.ann.sends("/pause")

    evening.ann.writes("hello")
    evening.passes(seconds=2)
    evening.ann.writes("hello")

    assert evening.ann.private[-2:] == [told, told]


def test_however_much_one_writes_before_it_can_be_answered_the_answer_is_one(evening: Road) -> None:
    begin_a_talk(evening)
    before = evening.ann.private
    evening.connected = False
    for word in ("hello", "hello", "is anybody there"):
        evening.ann.writes(word)

    evening.connected = True
    evening.settles()

    assert evening.ann.private == [*before, MEANWHILE]


def test_a_reply_says_what_it_answers_and_counts(evening: Road) -> None:
    evening.ann.taps("Tell me alone")
    asked = evening.chat(evening.ann.who.number)[-1].number
    evening.passes(minutes=1)
    evening.ben.sends("/pause")

    evening.ann.writes("lost", reply_to=asked)

    assert "lost" in evening.ann.private[-1]


def test_what_is_asked_for_in_a_silence_is_answered_without_a_reply(evening: Road) -> None:
    evening.ann.sends("/pause")
    evening.passes(minutes=1)
    evening.ann.sends("/checkin", private=True)
    evening.passes(minutes=1)

    evening.ann.writes("lost")

    assert evening.ann.private[-1] != IN_A_SILENCE


def test_where_only_the_room_is_silent_the_private_chats_go_on(evening: Road) -> None:
    evening.ann.taps("Tell me alone")
    evening.passes(minutes=1)
    evening.members = 4
    evening.hears(Came((evening.cleo.who,), evening.ann.room))
    evening.passes(minutes=1)

    evening.ann.writes("lost")

    assert evening.ann.private[-1] != IN_A_SILENCE


# -- What waits, and what does not --------------------------------------------


def test_what_the_other_does_in_a_silence_disturbs_nobody(evening: Road) -> None:
    evening.ann.sends("/checkin calm / a walk", private=True)
    evening.ann.sends("/pause")
    before = evening.ann.private

    evening.ben.sends("/checkin tired / sleep", private=True)
    evening.passes(minutes=10)

    assert evening.ann.private == before
    assert "Ben needs" not in all_of(evening)


def test_the_reveal_does_not_burst_into_their_coming_back(evening: Road) -> None:
    evening.ann.sends("/checkin calm / a walk", private=True)
    evening.ann.sends("/pause")
    evening.ben.sends("/checkin tired / sleep", private=True)
    come_back(evening)
    evening.passes(minutes=2)
    assert evening.home[-1] == BOTH_BACK

    evening.passes(minutes=3)

    assert evening.home[-1].startswith(REVEAL)


def test_an_answer_in_one_line_is_known_to_be_kept(evening: Road) -> None:
    evening.ann.sends("/checkin hurt / to be heard")
    evening.ann.sends("/pause")

    evening.ann.sends("/checkin calm / sleep")

    assert evening.home[-1] == KEPT


@pytest.mark.parametrize("command", ["/settings", "/jar"])
def test_what_only_shows_something_does_not_come_hours_later(evening: Road, command: str) -> None:
    evening.ann.sends("/pause")
    evening.ann.sends(command)
    assert evening.home[-1] == NOT_NOW
    come_back(evening)
    before = len(evening.home)

    evening.passes(minutes=20)

    assert len(evening.home) == before


def test_settings_asked_for_alone_are_there_in_a_silence_too(evening: Road) -> None:
    evening.ann.sends("/pause")
    before = len(evening.ann.private)

    evening.ann.sends("/settings", private=True)

    assert len(evening.ann.private) == before + 1
    assert NOT_NOW not in evening.ann.private


def test_after_a_silence_one_comes_after_the_other(evening: Road) -> None:
    evening.ann.sends("/pause")
    evening.ann.sends("/thanks for the tea")
    assert evening.home[-1] == HELD
    evening.ben.sends("/thanks for the walk")
    come_back(evening)
    for _ in range(20):
        evening.passes(minutes=1)

    back, *said = [at for at, line in evening.sent if line.kind == "say" and comes_late(line.face)]
    assert len(said) == 2
    assert [later - earlier > A_WHILE for earlier, later in pairwise([back, *said])] == [True, True]


def test_a_turn_rings_in_time_after_a_silence_and_an_older_pause_stops_it(evening: Road) -> None:
    """Who has the floor waits for nobody; and the pause is older than the talk that they begin after it."""
    evening.ann.sends("/pause")
    come_back(evening)
    evening.ann.sends("/talk money")
    evening.ann.taps("I agree")
    evening.ben.taps("I agree")
    assert any(text.startswith("Ann speaks") for text in evening.home)

    evening.passes(minutes=2, seconds=1)
    assert any(text.startswith("Ben says back") for text in evening.home)
    evening.ben.sends("/pause")
    evening.passes(minutes=10)

    assert not any(text.startswith("Ben speaks") for text in evening.home)
    evening.passes(minutes=20)
    for one in (evening.ann, evening.ben):
        one.taps("I'm back")
    evening.ann.taps("Talk it through")
    for one in (evening.ann, evening.ben):
        one.taps("Go on")
    evening.passes(minutes=1)
    assert any(text.startswith("Ben speaks") for text in evening.home)


def test_nothing_comes_while_nobody_is_back(evening: Road) -> None:
    evening.ann.sends("/pause")
    evening.ann.sends("/thanks for the tea")
    evening.passes(hours=11)
    assert RESTS in evening.home
    assert not [text for text in evening.home if text.startswith(FOR_THANKS)]

    evening.ben.taps("I'm back")
    assert not [text for text in evening.home if text.startswith(FOR_THANKS)]
    evening.passes(minutes=5)

    assert [text for text in evening.home if text.startswith(FOR_THANKS)]


def test_what_is_opened_by_a_tap_in_a_pause_is_told_to_its_tapper_alone(evening: Road) -> None:
    evening.ann.sends("/repair")
    evening.ann.sends("/pause")
    before = evening.home

    evening.ben.taps("Something hurt me")

    assert evening.home == before


@pytest.mark.parametrize(("hours", "passes"), [(24, 6), (23, 55)])
def test_tonights_card_comes_tonight_though_last_nights_was_open_when_the_pause_began(
    evening: Road, hours: int, passes: int
) -> None:
    evening.passes(minutes=10)
    evening.ann.taps("calm")
    card = evening.chat(HOME)[-1]
    evening.ben.sends(f"/pause {hours}h")
    evening.passes(hours=hours, minutes=1)
    come_back(evening, "I'm back")
    evening.passes(minutes=passes)

    assert evening.home[-1].startswith("Your check-in, ")
    assert (card.text, card.labels) == (CLOSED_LATE, ("Share mine",))
    assert evening.home.count(CLOSED_LATE) == 1


@pytest.mark.parametrize("both", [True, False])
def test_in_the_night_nothing_of_it_is_said_in_the_room(evening: Road, *, both: bool) -> None:
    """Both are back at 02:31, or nobody is, and one looks for something that steadies."""
    evening.passes(minutes=10)
    evening.ann.sends("/pause 5h" if both else "/pause 20")
    evening.ben.sends("/thanks for the tea")
    evening.reaches(AT_NINE + timedelta(hours=5, minutes=31))
    before = len(evening.home)
    if both:
        come_back(evening, "I'm back")
    else:
        evening.ben.sends("/breathe", private=True)

    evening.reaches(AT_NINE + timedelta(hours=10, minutes=25))
    assert evening.home[before:] == [BOTH_BACK] * both
    evening.reaches(AT_NINE + timedelta(hours=10, minutes=31))

    assert evening.home[-1].startswith(FOR_THANKS)
    assert not evening.sent[-1][1].face.softly


def test_what_waits_for_the_morning_holds_nobody_else_up(evening: Road) -> None:
    evening.passes(minutes=10)
    evening.ann.sends("/pause 3h")
    evening.ben.sends("/thanks for the tea")
    evening.passes(hours=3, minutes=1)
    come_back(evening, "I'm back")
    evening.passes(minutes=10)

    evening.ann.sends("/breathe", private=True)
    evening.passes(minutes=6)
    assert evening.ann.private[-1] == ENDED


# -- Commands that are none ---------------------------------------------------


def test_to_one_of_the_two_a_command_that_is_none_is_answered_kindly(evening: Road) -> None:
    evening.ann.sends("/karaoke", private=True)
    assert evening.ann.private[-1] == UNKNOWN

    evening.ann.taps("/help", private=True)

    assert evening.ann.private[-1] != UNKNOWN


def test_in_the_room_it_is_said_once(evening: Road) -> None:
    evening.ann.sends("/support")
    evening.passes(hours=1)
    evening.ben.sends("/lottery")
    evening.cleo.sends("/lottery", room=evening.ann.room)

    assert evening.home.count(UNKNOWN) == 1


def test_a_number_run_together_with_its_command_is_understood(evening: Road) -> None:
    evening.ann.sends("/pause45")

    assert evening.home[-1].splitlines()[0].endswith("You meet at 21:45.")
