"""What steadies, whichever it is: one message, one closing line in its place, and an end at any time."""

from datetime import timedelta

import pytest

from bot.couple.company import GO_ON_HERE
from bot.couple.house import HOUSE
from bot.hours import ANCHOR
from bot.ritual import GuestsCame, Ritual
from bot.rituals import breathe, ground
from bot.rituals.breathe import BREATHE
from bot.rituals.ground import GROUND
from bot.rituals.pause import REST
from bot.storage.store import Store
from tests.databases import Time
from tests.rehearsal import FIRST_DAY, Clock, Player, Room, rehearse
from tests.road import Road

LASTS = {BREATHE: breathe.LASTS, GROUND: ground.LASTS}
BEGINS = {BREATHE: "Breathe in through the nose", GROUND: "Look around, slowly."}
ENDED = {BREATHE: breathe.ENDED, GROUND: ground.ENDED}
A_MINUTE = timedelta(minutes=1)
APART = REST.replace("{until:hour}", "20:30")
ASIDE = "It is quiet in this room just now. Ben, I have this for you in our private chat."

both = pytest.mark.parametrize("ritual", [BREATHE, GROUND], ids=["breathe", "ground"])


def begun(ritual: Ritual, *, private: bool = False, at: str = "20:00") -> tuple[Room, Player, Player, Clock]:
    """Ann has just asked for it."""
    stage = rehearse(*HOUSE, at=at, prefers={ANCHOR: FIRST_DAY})
    stage[1].sends(f"/{ritual.command}", private=private)
    return stage


def paused() -> tuple[Room, Player, Player, Clock]:
    """Ann has just called a pause."""
    stage = rehearse(*HOUSE, prefers={ANCHOR: FIRST_DAY})
    stage[1].sends("/pause")
    return stage


# -- One message --------------------------------------------------------------


@both
def test_in_the_room_it_is_for_both_and_ends_in_its_place(ritual: Ritual) -> None:
    room, *_, clock = begun(ritual)
    assert room.texts[0].startswith(BEGINS[ritual])
    assert room.labels == ["That is enough"]

    clock.passes(seconds=(LASTS[ritual] - A_MINUTE).total_seconds())
    assert room.texts[0].startswith(BEGINS[ritual])
    clock.passes(minutes=1)

    assert room.texts == [ENDED[ritual]]
    assert room.labels == []


@both
@pytest.mark.parametrize("who", ["Ann", "Ben"])
def test_in_the_room_either_ends_it_with_a_tap(ritual: Ritual, who: str) -> None:
    room, ann, ben, clock = begun(ritual)

    {"Ann": ann, "Ben": ben}[who].taps("That is enough")
    assert room.texts == [ENDED[ritual]]
    clock.passes(minutes=30)

    assert room.texts == [ENDED[ritual]]


@both
def test_alone_it_is_for_one_and_the_other_sees_nothing_of_it(ritual: Ritual) -> None:
    room, ann, ben, _ = begun(ritual, private=True)
    assert ann.private[0].startswith(BEGINS[ritual])

    ann.taps("That is enough")

    assert ann.private == [ENDED[ritual]]
    assert not room.texts
    assert not ben.private


@both
def test_each_has_an_end_of_their_own(ritual: Ritual) -> None:
    room, ann, ben, clock = begun(ritual, private=True)
    clock.passes(minutes=2)
    ben.sends(f"/{ritual.command}", private=True)
    clock.passes(minutes=1)
    ann.sends(f"/{ritual.command}")

    clock.passes(seconds=(LASTS[ritual] - 3 * A_MINUTE).total_seconds())
    assert ann.private == [ENDED[ritual]]
    assert ben.private[0].startswith(BEGINS[ritual])
    (bens,) = [shown for shown in ben.sees() if shown.say.to]
    ben.taps_on(bens, bens.say.buttons[0])
    assert room.texts[0].startswith(BEGINS[ritual])
    clock.passes(minutes=3)

    assert ben.private == room.texts == [ENDED[ritual]]


@both
def test_asked_for_once_more_it_begins_anew(ritual: Ritual) -> None:
    room, _, ben, clock = begun(ritual)
    clock.passes(minutes=3)

    ben.sends(f"/{ritual.command}")
    clock.passes(seconds=(LASTS[ritual] - A_MINUTE).total_seconds())
    assert [shown.live for shown in room.shown] == [False, True]
    assert room.texts[-1].startswith(BEGINS[ritual])
    clock.passes(minutes=1)

    assert room.texts[-1] == ENDED[ritual]


@both
def test_it_comes_without_a_sound_and_names_nobody(ritual: Ritual) -> None:
    room, *_, clock = begun(ritual, at="12:00")
    clock.passes(minutes=30)

    said = [said for *_, outcome in room.stage.heard for said in outcome.said]
    assert len(said) == 2
    assert all(each.softly for each in said)
    assert not any(each.values for each in said)


@both
def test_nothing_of_it_is_kept(ritual: Ritual) -> None:
    room, ann, *_ = begun(ritual)

    ann.taps("That is enough")

    assert not room.stage.kept
    assert not room.stage.rows


@both
def test_a_time_at_which_tend_was_away_is_closed_without_a_word_more(ritual: Ritual) -> None:
    room, *_, clock = begun(ritual, at="12:00")

    clock.is_away(hours=5)

    assert room.texts == [ENDED[ritual]]


@both
def test_an_evening_opens_beside_it(ritual: Ritual) -> None:
    room, *_, clock = begun(ritual, at="20:58")

    clock.reaches("21:01")

    assert room.texts[-1].startswith("Your check-in")


# -- In a pause ---------------------------------------------------------------


@both
def test_the_button_of_a_pause_opens_it_alone(ritual: Ritual) -> None:
    room, ann, ben, clock = paused()
    before = room.texts

    ben.taps("Breathe" if ritual is BREATHE else "Ground")
    assert ben.private[-1].startswith(BEGINS[ritual])
    clock.passes(seconds=LASTS[ritual].total_seconds())

    assert ben.private == [APART, ENDED[ritual]]
    assert ann.private == [APART]
    assert room.texts == before


@both
def test_in_a_pause_the_command_is_answered_alone_and_the_room_stays_quiet(ritual: Ritual) -> None:
    room, ann, ben, clock = paused()
    before = room.texts

    ben.sends(f"/{ritual.command}")
    assert ben.private[-1].startswith(BEGINS[ritual])
    clock.passes(seconds=LASTS[ritual].total_seconds())

    assert ben.private[-1] == ENDED[ritual]
    assert ann.private == [APART]
    assert room.texts == before


@both
def test_whoever_has_no_open_chat_is_shown_the_way_to_it_and_finds_it_there(ritual: Ritual) -> None:
    room, _, ben, clock = paused()
    ben.shuts_lane()

    ben.sends(f"/{ritual.command}")
    assert room.texts[-1] == ASIDE
    assert room.labels == ["Open our private chat"]
    clock.passes(minutes=2)
    ben.opens_lane()

    assert ben.private[-1].startswith(BEGINS[ritual])


@both
def test_what_nobody_came_for_in_time_is_over(ritual: Ritual) -> None:
    room, _, ben, clock = paused()
    ben.shuts_lane()

    ben.sends(f"/{ritual.command}")
    clock.passes(minutes=15)
    ben.opens_lane()

    assert ben.private == [APART]
    assert len(room.stage.rows) == 1


def test_whoever_opens_their_chat_too_late_finds_nothing_of_it_there(store: Store, clock: Time) -> None:
    """On the road, where a line that waits would still be sent."""
    road = Road(store, clock).joined()
    road.ann.sends("/pause")
    road.ben.sends("/breathe")
    assert road.home[-1] == ASIDE

    road.passes(minutes=6)
    road.ben.sends("/start", private=True)

    assert not [text for text in road.ben.private if breathe.ENDED in text or breathe.IN_AND_OUT in text]


def test_whoever_opens_their_chat_in_time_finds_it_there(store: Store, clock: Time) -> None:
    road = Road(store, clock).joined()
    road.ann.sends("/pause")
    road.ben.sends("/breathe")

    road.ben.sends("/start", private=True)
    assert road.ben.private[-1].startswith(breathe.IN_AND_OUT)
    road.passes(minutes=5)

    assert road.ben.private[-1] == breathe.ENDED


@both
def test_a_pause_called_in_the_midst_of_it_changes_nothing_there(ritual: Ritual) -> None:
    room, ann, _, clock = begun(ritual)
    ann.sends("/pause")
    before = len(room.texts)

    clock.passes(seconds=LASTS[ritual].total_seconds())

    assert room.texts[0] == ENDED[ritual]
    assert len(room.texts) == before


@both
def test_where_a_guest_is_in_the_room_it_is_answered_alone(ritual: Ritual) -> None:
    room, _, ben, _ = rehearse(*HOUSE, prefers={ANCHOR: FIRST_DAY})
    room.stage.guests(GuestsCame(1))

    ben.sends(f"/{ritual.command}")

    assert room.labels == [GO_ON_HERE.label]
    assert len(room.texts) == 1
    assert ben.private[-1].startswith(BEGINS[ritual])
