"""Joining and /settings, as two people live them."""

from datetime import time, timedelta

from bot.couple.house import HOUSE
from bot.couple.joining import (
    AGAIN_THEN,
    ALREADY_IN,
    ENOUGH,
    FOR_YOU_ALONE,
    FOR_YOU_TWO,
    HAS_ITS_TWO,
    JOINING,
    NO_SUCH_PLACE,
    SETTINGS,
    WHICH_CLOCK,
)
from bot.engine.acts import FOR_THE_TWO
from bot.evening import MODE
from bot.hours import ANCHOR, EVERY, HOUR, NO_SUCH_HOUR, NO_SUCH_SPAN, QUIET, ZONE, Span
from bot.shell import PASSED
from tests.rehearsal import BERLIN, LIMA, Clock, Player, Room, rehearse

WELCOME = (
    "I'm Tend. In the evening I ask you two for one feeling, one need, and one small thing for tomorrow.\n"
    "I see commands, taps and replies to me, never your other messages.\n"
    "It begins when you have both tapped."
)
SETUP = (
    "Every evening, at 21:00, by the clock of Berlin. It shows 20:00 there.\n"
    "Another clock? Tap it, or reply with your city. An hour of your own works as a reply, too."
)


def entered() -> tuple[Room, Player, Player, Clock]:
    """Tend was just brought into the room."""
    stage = rehearse(*HOUSE, together=False)
    stage[0].stage.enters()
    return stage


def setting() -> tuple[Room, Player, Player, Clock]:
    """The two have said that they are two, and see the card of their evening."""
    stage = entered()
    _, ann, ben, _ = stage
    ann.taps("I'm in")
    ben.taps("I'm in")
    ann.taps("That's us")
    return stage


def living() -> tuple[Room, Player, Player, Clock]:
    """A couple whose evenings have begun."""
    stage = setting()
    stage[1].taps("Looks right")
    return stage


# -- Being two ----------------------------------------------------------------


def test_it_says_what_it_does_and_what_it_cannot_see() -> None:
    room, *_ = entered()

    assert room.texts == [WELCOME]
    assert room.labels == ["I'm in"]


def test_each_joins_with_a_tap_of_their_own() -> None:
    room, ann, ben, _ = entered()

    ann.taps("I'm in")
    assert room.texts == ["Ann is in. And the other one of you two?"]
    ann.taps("I'm in")
    assert ann.whispered == [ALREADY_IN]
    assert not room.stage.both
    ben.taps("I'm in")

    assert room.texts == ["Ann and Ben: is that the two of you?"]
    assert room.labels == ["That's us", "Not us"]


def test_the_first_one_says_that_it_is_the_two_of_them() -> None:
    room, ann, ben, _ = entered()
    ann.taps("I'm in")
    ben.taps("I'm in")

    ben.taps("That's us")
    assert ben.whispered == ["Noted. Once Ann taps too, it begins."]
    assert not room.stage.both
    ann.taps("That's us")

    assert room.texts == ["Ann and Ben: the two of you.", SETUP]
    assert room.stage.both == (ann.person, ben.person)


def test_not_us_begins_again() -> None:
    room, ann, ben, _ = entered()
    cleo = room.stage.cleo
    ann.taps("I'm in")
    cleo.taps("I'm in")

    ann.taps("Not us")
    assert room.texts == [AGAIN_THEN]
    ann.taps("I'm in")
    ben.taps("I'm in")
    ann.taps("That's us")

    assert room.stage.both == (ann.person, ben.person)


def test_a_third_one_is_told_kindly_that_the_room_has_its_two() -> None:
    room, ann, ben, _ = entered()
    cleo = room.stage.cleo
    ann.taps("I'm in")
    ben.taps("I'm in")

    cleo.taps("That's us")
    cleo.taps("Not us")
    assert cleo.whispered == [HAS_ITS_TWO, HAS_ITS_TWO]
    ann.taps("That's us")
    cleo.taps("Looks right")

    assert cleo.whispered[-1] == FOR_THE_TWO
    assert len(room.texts) == 2


def test_nothing_comes_before_both_have_joined_and_accepted() -> None:
    room, ann, _, clock = entered()
    ann.taps("I'm in")
    clock.passes(days=40)
    assert len(room.texts) == 1
    assert room.labels == []

    room, _, _, clock = setting()
    clock.passes(days=3)
    assert len(room.texts) == 2


# -- Setting the evening ------------------------------------------------------


def test_everything_has_a_good_answer_already() -> None:
    room, ann, ben, clock = setting()

    assert "Looks right" in room.labels
    assert "Every other evening" in room.labels
    ben.taps("Looks right")
    assert room.texts[-1] == (
        "Kept. Your first evening is Friday, 1 May, at 21:00.\n"
        "One thing for each of you: open our private chat, for words that nobody else sees."
    )
    clock.reaches("21:00")

    assert room.texts[-1].startswith("Your check-in")
    assert ann.private == ben.private == []


def test_a_clock_is_tapped_or_its_city_typed() -> None:
    room, ann, ben, _ = setting()

    ann.taps("14:00 New York")
    assert "by the clock of New York. It shows 14:00 there." in room.texts[-1]
    ben.replies("I live in Lima")

    assert "by the clock of Lima. It shows 13:00 there." in room.texts[-1]
    assert room.stage.prefers[ZONE] == LIMA
    assert len(room.texts) == 2


def test_of_several_places_one_is_chosen() -> None:
    room, ann, _, _ = setting()

    ann.replies("Cordoba")
    assert room.texts[-1] == WHICH_CLOCK
    ann.taps("20:00 Madrid")

    assert "by the clock of Madrid" in room.texts[-1]


def test_a_place_of_nobody_is_asked_again() -> None:
    room, ann, _, _ = setting()

    ann.replies("Xyzzy")

    assert room.texts[-1] == NO_SUCH_PLACE
    assert "Looks right" in room.labels


def test_an_hour_and_a_rhythm_are_chosen() -> None:
    room, ann, ben, clock = setting()

    ann.taps("Every other evening")
    ben.replies("22:15")
    assert room.texts[-1].startswith("Every other evening, at 22:15, by the clock of Berlin.")
    ann.taps("Looks right")
    clock.passes(days=4, hours=6)

    days = [card.date().day for card in room.cards]
    assert days == [1, 3, 5]
    assert [f"{card:%H:%M}" for card in room.cards] == ["22:15"] * 3


def test_when_tonights_hour_has_passed_it_begins_tomorrow() -> None:
    room, ann, *_ = setting()

    ann.replies("19:30")
    ann.taps("Looks right")

    assert room.texts[-1].startswith("Kept. Your first evening is Saturday, 2 May, at 19:30.")


def test_two_who_live_apart_keep_one_hour_and_each_their_own_clock() -> None:
    room, ann, ben, clock = setting()
    ben.opens_lane()

    ann.taps("We live apart")
    ben.replies("Lima")
    assert room.texts[-1].endswith("Ann: Berlin\nBen: Lima")
    ann.taps("Back")
    ann.taps("Looks right")
    assert "at 21:00 Berlin, 14:00 Lima." in room.texts[-1]
    clock.reaches("21:00")

    assert room.cards[0].astimezone(BERLIN).hour == 21
    assert room.stage.prefers.of(ann.person)[ZONE] == BERLIN
    assert "until 00:00 Berlin, 17:00 Lima" in room.texts[-1]


# -- /settings ----------------------------------------------------------------


def test_either_changes_anything_and_the_room_is_told() -> None:
    room, _, ben, _ = living()

    ben.sends("/settings")
    assert room.texts[-1].startswith(SETTINGS)
    ben.taps("Answers show")
    ben.taps("Each as it comes")

    assert room.texts[-1] == "Ben has changed this for you two. Answers show: Each as it comes."
    assert room.stage.prefers[MODE] == "open"
    assert "Answers show: Each as it comes" in room.texts[-2]


def test_choosing_what_is_chosen_already_is_no_news() -> None:
    room, _, ben, _ = living()
    ben.sends("/settings")

    ben.taps("Rhythm")
    ben.taps("Every evening")

    assert room.texts[-1].startswith(SETTINGS)


def test_in_private_the_card_is_private_and_the_change_is_said_in_the_room() -> None:
    room, ann, ben, _ = living()

    ann.sends("/settings", private=True)
    ann.taps("Hour")
    ann.writes("20:30")

    assert ann.private[-1].startswith(SETTINGS)
    assert room.texts[-1] == "Ann has changed this for you two. Hour: 20:30."
    assert ben.private == []


def test_another_hour_holds_from_the_next_evening_on() -> None:
    room, ann, _, clock = living()
    clock.reaches("21:30")
    ann.sends("/settings")

    ann.replies("23:00", to=SETTINGS)
    clock.reaches("23:59")
    assert len(room.cards) == 1
    clock.passes(days=1)

    assert [f"{card:%d %H:%M}" for card in room.cards] == ["01 21:00", "02 23:00"]


def test_another_rhythm_counts_from_the_next_evening() -> None:
    room, ann, _, clock = living()
    clock.passes(days=2, hours=5)
    ann.sends("/settings")
    ann.taps("Rhythm")
    ann.taps("Every other evening")

    clock.passes(days=4)

    assert [card.day for card in room.cards] == [1, 2, 3, 4, 6]
    assert room.stage.prefers[EVERY] == 2
    assert room.stage.prefers[ANCHOR] == room.cards[2].date() + timedelta(days=1)


def test_another_hour_and_another_clock_keep_the_days_of_every_other_evening() -> None:
    room, ann, _, clock = setting()
    ann.taps("Every other evening")
    ann.taps("Looks right")
    clock.passes(days=3)

    ann.sends("/settings")
    ann.replies("22:30", to=SETTINGS)
    ann.taps("Clock")
    ann.taps("19:00 London")
    clock.passes(days=6)

    assert [card.day for card in room.cards] == [1, 3, 5, 7, 9]


def test_what_is_no_hour_is_asked_again() -> None:
    room, ann, *_ = living()
    ann.sends("/settings")
    ann.taps("Hour")

    ann.replies("when we are both home")
    assert room.texts[-1] == NO_SUCH_HOUR
    ann.replies("9 pm")

    assert f"{room.stage.prefers[HOUR]:%H:%M}" == "21:00"
    assert room.texts[-1].startswith(SETTINGS)


# -- For oneself, and by name -------------------------------------------------


def test_quiet_hours_chosen_alone_are_ones_own_and_nobody_is_told() -> None:
    room, ann, _, _ = living()
    before = list(room.texts)

    ann.sends("/settings", private=True)
    ann.taps("Quiet hours")
    assert FOR_YOU_ALONE in ann.private[-1]
    ann.taps("From 21:00 to 8:00")

    prefers = room.stage.prefers
    assert prefers.of(ann.person)[QUIET] == Span(time(21), time(8))
    assert prefers[QUIET] == Span(time(22, 30), time(7, 30))
    assert "Quiet hours: 21:00 to 08:00" in ann.private[-1]
    assert room.texts == before


def test_quiet_hours_chosen_in_the_room_are_for_both_and_said_there() -> None:
    room, ann, ben, _ = living()

    ann.sends("/settings")
    ann.taps("Quiet hours")
    assert FOR_YOU_TWO in room.texts[-1]
    ann.replies("23-6:30")

    assert room.texts[-1] == "Ann has changed this for you two. Quiet hours: 23:00 to 06:30."
    assert room.stage.prefers.of(ben.person)[QUIET] == Span(time(23), time(6, 30))


def test_what_is_no_span_is_asked_again() -> None:
    room, ann, *_ = living()
    ann.sends("/settings")
    ann.taps("Quiet hours")

    ann.replies("at night")

    assert room.texts[-1].startswith(NO_SUCH_SPAN)


def test_quiet_hours_can_be_given_up() -> None:
    room, ann, *_ = living()
    ann.sends("/settings", private=True)
    ann.taps("Quiet hours")
    ann.taps("No quiet hours")

    assert room.stage.prefers.of(ann.person)[QUIET] is None
    assert "Quiet hours: None" in ann.private[-1]


def test_a_choice_can_be_typed_behind_the_command() -> None:
    room, ann, *_ = living()

    ann.sends("/settings every other evening")

    assert room.texts[-1] == "Ann has changed this for you two. Rhythm: Every other evening."
    assert room.stage.prefers[EVERY] == 2
    assert not any(row.ritual is JOINING for row in room.stage.rows.values())


def test_a_choice_that_is_so_already_is_answered_all_the_same() -> None:
    room, ann, *_ = living()

    ann.sends("/settings every evening")

    assert room.texts[-1] == ENOUGH


def test_a_choice_typed_while_the_card_is_open_shows_on_it() -> None:
    room, ann, ben, _ = living()
    ann.sends("/settings")

    ben.sends("/settings every other evening")

    assert "Rhythm: Every other evening" in next(t for t in room.texts if t.startswith(SETTINGS))
    assert room.texts[-1] == "Ben has changed this for you two. Rhythm: Every other evening."


# -- Going on -----------------------------------------------------------------


def test_two_who_were_here_before_are_asked_whether_it_goes_on() -> None:
    room, ann, ben, _ = entered()
    room.stage.before = frozenset({ann.person, ben.person})
    ann.taps("I'm in")
    ben.taps("I'm in")
    ann.taps("That's us")

    assert room.texts == ["Ann and Ben, I know you two. Shall it go on as it was, with what you kept?"]
    assert not room.stage.both
    room.stage.cleo.taps("Go on")
    assert room.stage.cleo.whispered == [HAS_ITS_TWO]
    room.stage.enters()  # called in again: the question is still there
    ben.taps("Go on")

    assert room.stage.both == (ann.person, ben.person)
    assert room.texts[-1] == (
        "It goes on as it was, Ann and Ben. What was open here has ended; "
        "/settings shows how you two have it."
    )


def test_one_of_them_with_somebody_else_is_a_new_couple() -> None:
    room, ann, ben, _ = entered()
    room.stage.before = frozenset({ann.person, ben.person})
    ann.taps("I'm in")
    room.stage.cleo.taps("I'm in")
    ann.taps("That's us")

    assert room.texts == ["Ann and Cleo: the two of you.", SETUP]


def test_enough_closes_the_card_and_it_rests_by_itself() -> None:
    room, ann, _, clock = living()

    ann.sends("/settings")
    ann.taps("Close")
    assert room.texts[-1] == ENOUGH
    ann.sends("/settings")
    clock.passes(days=2)
    ann.taps("Close")

    assert ann.whispered[-1] == PASSED


def test_its_own_name_is_known_to_menus() -> None:
    assert JOINING.command == "settings"
    assert JOINING.menu
