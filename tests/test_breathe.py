"""Five minutes of breathing, as two people live them."""

from bot.couple.house import HOUSE
from bot.rituals.breathe import AS_LONG, BREATHE, ENDED, IN_AND_OUT
from tests.rehearsal import rehearse


def test_five_minutes_with_a_picture_and_one_closing_line() -> None:
    room, ann, _, clock = rehearse(*HOUSE)

    ann.sends("/breathe")
    assert room.texts == [f"{IN_AND_OUT}\n{AS_LONG}"]
    assert [shown.say.picture for shown in room.shown] == ["breathe"]
    clock.passes(minutes=4, seconds=59)
    assert room.texts != [ENDED]
    clock.passes(seconds=1)

    assert room.texts == [ENDED]
    assert [shown.say.picture for shown in room.shown] == ["breathe"]


def test_it_stands_in_no_menu_of_the_room() -> None:
    assert not BREATHE.menu
