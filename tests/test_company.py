"""Somebody else comes into the room: Tend says so once, and keeps quiet there until both agree."""

from bot.couple.company import ALONE_AGAIN, GO_ON_HERE, GOES_ON, KEEPS_QUIET
from bot.couple.house import HOUSE
from bot.hours import ANCHOR
from bot.ritual import GuestsCame, GuestsCounted
from bot.shell import HELD
from tests.rehearsal import FIRST_DAY, Clock, Player, Room, rehearse

A_GUEST = (
    "Somebody else is in this room now. So I keep quiet here until they have left, or you have both tapped. "
    "Our private chats go on."
)
THREE_GUESTS = "3 others" + A_GUEST.removeprefix("Somebody else").replace(" is ", " are ", 1)
REVEAL = "You have both spoken."


def visited(at: str = "20:00", guests: int = 1) -> tuple[Room, Player, Player, Clock]:
    """Somebody has just come into the room of two."""
    stage = rehearse(*HOUSE, at=at, prefers={ANCHOR: FIRST_DAY})
    stage[0].stage.guests(GuestsCame(guests))
    return stage


def test_it_is_said_once_and_nobody_is_named() -> None:
    room, *_ = visited()

    assert room.texts == [A_GUEST]
    assert room.labels == ["Go on here"]


def test_several_are_counted() -> None:
    room, *_ = visited(guests=3)

    assert room.texts == [THREE_GUESTS]


def test_the_evening_does_not_open_before_both_have_tapped() -> None:
    room, ann, ben, clock = visited()

    clock.reaches("21:30")
    assert room.texts == [A_GUEST]
    ann.taps("Go on here")
    assert ann.whispered == ["Noted. Once Ben taps too, I go on here."]
    clock.passes(minutes=1)
    assert room.texts == [A_GUEST]
    ben.taps("Go on here")
    clock.passes(minutes=4)
    assert room.texts == [GOES_ON]
    clock.passes(minutes=1)

    assert room.texts[0] == GOES_ON
    assert room.texts[1].startswith("Your check-in, later than planned")


def test_two_taps_of_one_are_not_the_two() -> None:
    room, ann, *_ = visited()

    ann.taps("Go on here")
    ann.taps("Go on here")

    assert room.texts == [A_GUEST]
    assert len(ann.whispered) == 2


def test_nobodys_words_reach_a_guest() -> None:
    room, ann, ben, clock = rehearse(*HOUSE, prefers={ANCHOR: FIRST_DAY})
    clock.reaches("21:00")
    ann.taps("calm")
    ann.taps("sleep")
    room.stage.guests(GuestsCame(1))

    ben.taps("tired")
    ben.taps("a hug")
    assert REVEAL not in "".join(room.texts)
    ben.taps("Go on here")
    ann.taps("Go on here")

    assert room.texts[-1].startswith(REVEAL)
    assert "Ann: calm, needing sleep." in room.texts[-1]


def test_a_command_is_answered_without_words() -> None:
    room, ann, _, clock = rehearse(*HOUSE, prefers={ANCHOR: FIRST_DAY})
    clock.reaches("21:00")
    room.stage.guests(GuestsCame(1))

    ann.sends("/checkin")

    assert room.texts[-1] == HELD
    assert len([text for text in room.texts if text.startswith("Your check-in")]) == 1


def test_the_private_chats_go_on() -> None:
    room, ann, _, clock = rehearse(*HOUSE, prefers={ANCHOR: FIRST_DAY})
    clock.reaches("21:00")
    ann.taps("Tell me alone")
    room.stage.guests(GuestsCame(1))

    ann.writes("lonely tonight")
    ann.writes("an hour together")

    assert "lonely tonight" in ann.private[-1]


def test_when_the_guest_leaves_it_goes_on_by_itself() -> None:
    room, _, _, clock = visited()

    room.stage.guests(GuestsCounted(0))
    clock.reaches("21:00")

    assert room.texts[0] == ALONE_AGAIN
    assert room.texts[1].startswith("Your check-in")


def test_of_two_guests_both_must_leave() -> None:
    room, *_ = visited(guests=2)

    room.stage.guests(GuestsCounted(1))
    assert room.texts == [A_GUEST]
    room.stage.guests(GuestsCounted(0))

    assert room.texts == [ALONE_AGAIN]


def test_who_was_agreed_to_before_still_counts_when_another_comes() -> None:
    room, ann, ben, _ = visited()
    ann.taps("Go on here")
    ben.taps("Go on here")
    room.stage.guests(GuestsCame(1))

    room.stage.guests(GuestsCounted(1))  # the first one has left, the second is there

    assert ALONE_AGAIN not in room.texts
    assert room.labels == ["Go on here"]


def test_a_count_that_tells_nothing_new_says_nothing_new() -> None:
    room, *_ = visited()

    room.stage.guests(GuestsCounted(1))

    assert [shown.edited for shown in room.shown] == [False]


def test_another_guest_is_asked_about_anew() -> None:
    room, ann, ben, _ = visited()
    ann.taps("Go on here")

    room.stage.guests(GuestsCame(1))
    assert room.texts[-1].startswith("2 others")
    ben.taps("Go on here")
    assert GOES_ON not in room.texts
    ann.taps("Go on here")
    room.stage.guests(GuestsCame(1))

    assert room.texts[-1] == A_GUEST


def test_the_guest_cannot_agree_for_them() -> None:
    room, ann, _, _ = visited()

    ann.taps("Go on here")
    room.stage.cleo.taps(GO_ON_HERE.label if isinstance(GO_ON_HERE.label, str) else "")

    assert room.texts == [A_GUEST]


def test_a_room_that_stays_shared_is_left_alone_after_a_month() -> None:
    room, _, _, clock = visited()

    clock.passes(days=KEEPS_QUIET.days + 1)

    assert room.stage.resting
    assert room.texts[-1] == "Tend is resting here. /start begins again, when two of you want to."


def test_an_evening_under_way_has_its_time_again_afterwards() -> None:
    room, ann, ben, clock = rehearse(*HOUSE, prefers={ANCHOR: FIRST_DAY})
    clock.reaches("21:00")
    ann.taps("calm")
    room.stage.guests(GuestsCame(1))
    clock.reaches("23:30")

    ben.taps("Go on here")
    ann.taps("Go on here")
    ann.taps("What did I say?")

    assert "calm" in ann.whispered[-1]
    assert not [text for text in room.texts if text.startswith("The check-in is closed")]
