"""Five senses, as two people live them."""

from bot.couple.house import HOUSE
from bot.rituals.ground import ENDED, FIVE_SENSES, GROUND, OWN_PACE
from tests.rehearsal import rehearse


def test_five_senses_and_one_closing_line() -> None:
    room, ann, _, clock = rehearse(*HOUSE)

    ann.sends("/ground")
    assert room.texts == [f"{FIVE_SENSES}\n{OWN_PACE}"]
    clock.passes(minutes=9, seconds=59)
    assert room.texts != [ENDED]
    clock.passes(seconds=1)

    assert room.texts == [ENDED]


def test_it_names_every_sense_once() -> None:
    senses = ("see", "touch", "hear", "smell", "taste")

    assert [FIVE_SENSES.count(sense) for sense in senses] == [1] * len(senses)


def test_it_stands_in_no_menu_of_the_room() -> None:
    assert not GROUND.menu
