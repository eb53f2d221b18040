"""The jar, as two people live it."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from bot.hours import ANCHOR
from bot.ritual import Kept, Words
from bot.rituals.gratitude import GRATITUDE, SUNDAY_HOUR
from bot.rituals.jar import ALL_ALONE, EMPTY, FROM_YOUR_JAR, JAR, LOOKS_BACK, STANDS
from bot.shell import CLOSED, PASSED
from tests.rehearsal import FIRST_DAY, Clock, Player, Room, rehearse

A_SUNDAY = FIRST_DAY + timedelta(days=2)
THINGS = "the tea", "the walk", "the song", "the soup", "the call"


def filled(*things: str, on: date = FIRST_DAY) -> tuple[Room, Player, Player, Clock]:
    """Ann and Ben by turns have said thanks in the room, a day apart."""
    room, ann, ben, clock = rehearse(GRATITUDE, JAR, on=on, prefers={ANCHOR: on, SUNDAY_HOUR: None})
    for number, thing in enumerate(things):
        (ann, ben)[number % 2].sends(f"/thanks {thing}")
        clock.passes(days=1)
    return room, ann, ben, clock


def drawn(text: str) -> str:
    """What was drawn, of all that is in the jar."""
    return next(thing for thing in THINGS if text.endswith(thing))


def test_an_empty_jar_says_so_kindly() -> None:
    room, ann, ben, _ = filled()

    ann.sends("/jar")
    ben.sends("/jar", private=True)

    assert room.texts == ben.private == [EMPTY]


def test_it_says_who_said_it_and_when() -> None:
    room, ann, _, _ = filled("the tea")

    ann.sends("/jar")

    assert room.texts[-1] == f"{FROM_YOUR_JAR}\nAnn, Friday, 1 May: the tea"


def test_what_was_told_alone_is_drawn_alone() -> None:
    room, ann, ben, clock = filled()
    ben.sends("/thanks the song", private=True)
    clock.passes(days=2)

    ann.sends("/jar")
    assert room.texts == [ALL_ALONE]
    ann.sends("/jar", private=True)
    ben.sends("/jar", private=True)
    assert ann.private[-1].endswith("Ben, Saturday, 2 May: the song")
    assert ben.private[-1].endswith("Ben, Saturday, 2 May: the song")


def test_what_was_told_alone_never_comes_into_the_room_whatever_else_is_done() -> None:
    """Drawn alone, said once more in the room, and edited there: the room draws only what it has read."""
    room, ann, ben, clock = filled()
    ben.sends("/thanks the song", private=True)
    clock.passes(days=2)
    ann.sends("/jar", private=True)
    said = ben.sends("/thanks the song")
    ben.edits(said, "/thanks the walk")
    before = len(room.texts)
    for _ in range(5):
        clock.passes(days=1)
        ann.sends("/jar")

    assert [drawn(text) for text in room.texts[before:]] == ["the walk"] * 5
    assert sorted(thing.words.text for thing in room.stage.kept if thing.words) == ["the song", "the walk"]
    ben.sends("/thanks the tea")
    for _ in range(5):
        clock.passes(minutes=1)
        ann.sends("/jar")
    ann.sends("/thanks")

    assert not [text for text in room.texts if "the song" in text]
    assert room.labels == ["Tell me alone", "From our jar"]


def test_the_room_is_offered_no_jar_that_holds_nothing_for_it() -> None:
    room, ann, ben, clock = filled()
    ben.sends("/thanks the song", private=True)
    clock.passes(days=2)

    ann.sends("/thanks")

    assert room.labels == ["Tell me alone"]


def test_what_it_meant_stands_below() -> None:
    room, ann, _, _ = filled("the tea / I felt looked after")

    ann.sends("/jar")

    assert room.texts[-1].endswith("Ann, Friday, 1 May: the tea\nWhat it meant: I felt looked after")


def test_one_of_another_year_says_the_year() -> None:
    room, ann, _, clock = filled("the tea")
    clock.passes(days=300)

    ann.sends("/jar")

    assert room.texts[-1].endswith("Ann, Friday, 1 May 2026: the tea")


def test_another_one_is_drawn_in_place() -> None:
    room, ann, ben, _ = filled(*THINGS)
    ann.sends("/jar")
    before = len(room.texts)
    first = drawn(room.texts[-1])

    ben.taps("Another one")

    assert len(room.texts) == before
    assert drawn(room.texts[-1]) != first


def test_alone_only_whoever_asked_reads_it() -> None:
    room, ann, ben, _ = filled("the tea", "the walk")
    before = list(room.texts)

    ann.sends("/jar", private=True)
    ann.taps("Another one")

    assert ann.private[0].partition("\n")[0] == FROM_YOUR_JAR
    assert ben.private == []
    assert room.texts == before


@pytest.mark.parametrize("minutes", [1, 7, 61, 1_440])
def test_all_come_before_any_comes_again(minutes: int) -> None:
    room, ann, _, clock = filled(*THINGS)
    rounds: list[list[str]] = [[], [], []]
    for each in rounds:
        for _ in THINGS:
            ann.sends("/jar")
            each.append(drawn(room.texts[-1]))
            clock.passes(minutes=minutes)

    assert [sorted(each) for each in rounds] == [sorted(THINGS)] * 3
    in_a_row = [thing for each in rounds for thing in each]
    assert all(one != other for one, other in pairwise(in_a_row))


def test_the_second_decides_which_one_comes_first() -> None:
    firsts = set()
    for minutes in range(10):
        room, ann, _, clock = filled(*THINGS)
        clock.passes(minutes=minutes, seconds=7 * minutes)
        ann.sends("/jar")
        firsts.add(drawn(room.texts[-1]))

    assert len(firsts) > 2


def test_what_is_new_comes_before_what_was_drawn() -> None:
    room, ann, _, _ = filled("the tea", "the walk")
    ann.sends("/jar")
    ann.taps("Another one")
    ann.sends("/thanks the soup")

    ann.sends("/jar")

    assert drawn(room.texts[-1]) == "the soup"


def test_a_single_one_offers_no_other() -> None:
    room, ann, _, _ = filled("the tea")

    ann.sends("/jar")

    assert room.shown[-1].labels == []


def test_what_is_still_on_its_way_is_not_in_it() -> None:
    room, ann, ben, clock = filled()
    ann.sends("/thanks for the tea", private=True)

    ben.sends("/jar")
    assert room.texts == [EMPTY]
    clock.passes(days=1)
    ben.sends("/jar", private=True)

    assert ben.private[-1].endswith("Ann, Saturday, 2 May: for the tea")


def test_what_was_never_shared_and_what_was_erased_is_not_in_it() -> None:
    room, ann, _, _ = filled()
    room.stage.keep(Kept("thanks", ann.person, Words(ann.person, "the tea"), shared=False))
    room.stage.keep(Kept("thanks", ann.person))

    ann.sends("/jar")

    assert room.texts == [EMPTY]


def test_what_was_erased_meanwhile_leaves_an_empty_jar() -> None:
    room, ann, ben, _ = filled("the tea", "the walk")
    ann.sends("/jar")
    room.stage.kept.clear()

    ben.taps("Another one")

    assert room.texts[-1] == EMPTY


def test_the_button_rests_after_some_hours() -> None:
    _, ann, ben, clock = filled("the tea", "the walk")
    ann.sends("/jar")

    clock.passes(hours=STANDS.total_seconds() / 3600)
    ben.taps("Another one")

    assert ben.whispered == [PASSED]


def test_an_edit_of_the_command_draws_nothing() -> None:
    room, ann, _, _ = filled("the tea", "the walk")
    number = ann.sends("/jar")

    ann.edits(number, "/jar please")

    assert room.texts[-1] == CLOSED


def test_sundays_card_leads_to_the_jar_once_something_is_in_it() -> None:
    room, _, ben, clock = rehearse(GRATITUDE, JAR, at="17:00", on=A_SUNDAY, prefers={ANCHOR: A_SUNDAY})
    clock.reaches("18:00")
    assert "From our jar" not in room.labels
    ben.replies("the tea")

    clock.passes(days=7)
    ben.taps("From our jar")

    assert room.texts[-1] == f"{FROM_YOUR_JAR}\nBen, Sunday, 3 May: the tea"


def test_a_full_jar_is_looked_through_to_its_bottom() -> None:
    assert JAR.looks_back == LOOKS_BACK
    assert GRATITUDE.looks_back < LOOKS_BACK
