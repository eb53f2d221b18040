"""A plan for hard moments: made in small steps, read alone in a pause, changed and let go of by its two."""

from bot.couple.house import HOUSE
from bot.hours import ANCHOR
from bot.rituals.plan import (
    ASK_AWAY,
    ASK_CALL,
    ASK_HELPS,
    ASK_SIGNS,
    BEGINS,
    LET_GO,
    NO_PLAN,
    NOTED,
    NOTHING_OF_YOURS,
    NOTHING_YET,
    RESTS,
    STAYS_OPEN,
    TAKEN_OUT,
    THE_PLAN,
)
from bot.shell import LONGEST_ANSWER, TOO_LONG
from bot.storage.store import Store
from bot.telegram.outbound import reader_of
from bot.telegram.render import text
from tests.databases import Time
from tests.rehearsal import FIRST_DAY, Clock, Player, Room, rehearse
from tests.road import ME, Road

SIGNS = "It is getting hard when: one of us talks fast"
AWAY = "To step away: you the balcony, I the kitchen"
CALL = "To call: my sister"
ANNS, BENS = "What helps Ann: a walk", "What helps Ben: music"
WHOLE = f"{THE_PLAN}\n{SIGNS}\n{AWAY}\n{CALL}\n{ANNS}\n{BENS}"
PART_BY_PART = ["Signs", "Stepping away", "Whom to call", "What helps me", "Let the plan go"]


def asked(at: str = "12:00") -> tuple[Room, Player, Player, Clock]:
    """Ann has just sent /plan, and there is none yet."""
    stage = rehearse(*HOUSE, at=at, prefers={ANCHOR: FIRST_DAY})
    stage[1].sends("/plan")
    return stage


def made(at: str = "12:00") -> tuple[Room, Player, Player, Clock]:
    """They have a plan, and it stands in the room."""
    stage = asked(at)
    _, ann, ben, _ = stage
    ben.replies("one of us talks fast")
    ann.replies("you the balcony, I the kitchen")
    ben.replies("my sister")
    ann.replies("a walk")
    ben.replies("music")
    return stage


# -- Made ---------------------------------------------------------------------


def test_it_is_made_in_four_small_steps_by_either() -> None:
    room, ann, ben, _ = asked()
    assert room.texts == [f"{BEGINS}\n{ASK_SIGNS}"]
    assert room.labels == ["Skip this one", "Enough for now"]

    ben.replies("one of us talks fast")
    assert room.texts == [f"{ASK_SIGNS}\n{SIGNS}", ASK_AWAY]
    ann.replies("you the balcony, I the kitchen")
    assert room.texts[1:] == [f"{ASK_AWAY}\n{AWAY}", ASK_CALL]
    ben.replies("my sister")
    assert room.texts[2:] == [f"{ASK_CALL}\n{CALL}", ASK_HELPS]
    assert room.labels == ["Enough for now"]


def test_what_helps_is_asked_of_each_and_then_the_whole_stands_there() -> None:
    room, *_ = made()

    assert room.texts[3:] == [f"{ASK_HELPS}\n{ANNS}\n{BENS}", WHOLE]
    assert room.labels == PART_BY_PART


def test_the_first_of_two_to_say_what_helps_is_shown_and_nobody_is_named_as_open() -> None:
    room, ann, ben, _ = asked()
    for _ in range(3):
        ann.taps("Skip this one")

    ben.replies("music")

    assert room.texts[-1] == f"{ASK_HELPS}\n{BENS}"


def test_a_step_may_be_skipped() -> None:
    room, ann, ben, _ = asked()

    ben.taps("Skip this one")
    ann.replies("you the balcony, I the kitchen")
    ann.taps("Enough for now")

    assert room.texts[0] == ASK_SIGNS
    assert room.texts[-1] == f"{THE_PLAN}\n{AWAY}"


def test_enough_ends_it_with_what_is_there() -> None:
    room, ann, ben, _ = asked()
    ben.replies("one of us talks fast")

    ann.taps("Enough for now")

    assert room.texts == [f"{ASK_SIGNS}\n{SIGNS}", ASK_AWAY, f"{THE_PLAN}\n{SIGNS}"]
    assert room.labels == PART_BY_PART


def test_enough_before_a_word_was_said_lets_it_rest() -> None:
    room, ann, *_ = asked()

    ann.taps("Enough for now")

    assert room.texts == [RESTS]
    assert not room.stage.rows


def test_nobody_answers_for_a_day_and_it_rests_with_what_is_there() -> None:
    room, ann, ben, clock = asked()
    ben.replies("one of us talks fast")

    clock.passes(seconds=STAYS_OPEN.total_seconds())
    assert room.texts[1] == RESTS
    assert not room.stage.rows
    ann.sends("/plan")

    assert room.texts[-1] == f"{THE_PLAN}\n{SIGNS}"
    assert room.labels == PART_BY_PART


def test_asked_for_in_the_midst_the_step_they_are_at_is_asked_anew() -> None:
    room, ann, ben, _ = asked()
    ben.replies("one of us talks fast")

    ann.sends("/plan")

    assert room.texts[-1] == ASK_AWAY
    assert [shown.live for shown in room.shown] == [True, False, True]


def test_either_may_word_an_earlier_step_anew_while_the_next_is_asked() -> None:
    room, ann, *_ = asked()
    ann.replies("you talk fast")

    ann.replies("one of us talks fast", to=ASK_SIGNS)

    assert room.texts == [f"{ASK_SIGNS}\n{SIGNS}", ASK_AWAY]
    assert len(room.stage.kept) == 1


def test_who_words_a_step_in_place_of_the_other_takes_nothing_away_unsaid() -> None:
    room, ann, ben, _ = asked()
    ben.replies("you talk fast")

    ann.replies("one of us talks fast", to=ASK_SIGNS)

    assert room.texts[0] == f"{ASK_SIGNS}\n{SIGNS}\nIt stands in place of Ben's words: you talk fast"


def test_where_the_plan_stands_nothing_of_the_other_goes_unsaid_either() -> None:
    room, ann, *_ = made()
    ann.taps("Whom to call")

    ann.replies("your brother")

    assert (
        room.texts[-1] == f"{ASK_CALL}\nTo call: your brother\nIt stands in place of Ben's words: my sister"
    )


def test_a_message_that_is_edited_words_its_step_anew() -> None:
    room, _, ben, _ = asked()
    source = ben.replies("you talk fast")

    ben.edits(source, "one of us talks fast")

    assert room.texts[0] == f"{ASK_SIGNS}\n{SIGNS}"


def test_what_is_too_long_is_kindly_refused() -> None:
    room, _, ben, _ = asked()

    ben.replies("x" * (LONGEST_ANSWER + 1))

    assert room.texts[-1] == TOO_LONG
    assert not room.stage.kept


def test_what_is_joint_is_kept_as_joint_and_what_helps_as_ones_own() -> None:
    room, ann, ben, _ = made()

    assert [(thing.kind, thing.by) for thing in room.stage.kept] == [
        ("plan signs", None),
        ("plan away", None),
        ("plan call", None),
        ("plan helps", ann.person),
        ("plan helps", ben.person),
    ]


# -- Changed ------------------------------------------------------------------


def test_it_is_changed_part_by_part_where_it_stands() -> None:
    room, ann, ben, clock = made()
    clock.passes(days=30)
    ann.sends("/plan")
    ben.taps("Whom to call")
    assert room.texts[-1] == f"{ASK_CALL}\n{CALL}"

    ben.replies("your brother")

    assert room.texts[-2:] == [
        WHOLE.replace("my sister", "your brother"),
        f"{ASK_CALL}\nTo call: your brother",
    ]
    assert len(room.stage.kept) == 5


def test_a_part_that_was_skipped_may_be_said_later() -> None:
    room, ann, ben, _ = asked()
    ann.taps("Skip this one")
    ann.replies("you the balcony, I the kitchen")
    ann.taps("Enough for now")

    ben.taps("Signs")
    ben.replies("one of us talks fast", to=ASK_SIGNS)

    assert [text for text in room.texts if text.startswith(THE_PLAN)] == [f"{THE_PLAN}\n{SIGNS}\n{AWAY}"]


def test_nobody_words_what_helps_the_other() -> None:
    room, ann, ben, _ = made()
    ann.taps("What helps me")

    ben.replies("silence", to=f"{ASK_HELPS}\n{ANNS}\n{BENS}")

    assert f"{ANNS}\nWhat helps Ben: silence" in room.texts[-1]


def test_what_helps_one_is_taken_out_by_that_one_alone() -> None:
    room, ann, ben, _ = made()
    ann.taps("What helps me")
    assert room.labels == ["Take mine out"]

    ben.taps("Take mine out")

    assert ben.whispered == [TAKEN_OUT]
    assert room.texts[-2:] == [f"{THE_PLAN}\n{SIGNS}\n{AWAY}\n{CALL}\n{ANNS}", f"{ASK_HELPS}\n{ANNS}"]
    assert [thing.words for thing in room.stage.kept if thing.by == ben.person] == [None]


def test_who_has_nothing_there_has_nothing_to_take_out() -> None:
    room, ann, ben, _ = asked()
    for _ in range(3):
        ann.taps("Skip this one")
    ann.replies("a walk")
    ann.taps("Enough for now")
    ann.taps("What helps me")

    ben.taps("Take mine out")
    assert ben.whispered == [NOTHING_OF_YOURS]
    ann.taps("Take mine out")

    assert room.texts[-2] == f"{THE_PLAN}\n{NOTHING_YET}"


# -- Let go -------------------------------------------------------------------


def test_one_alone_does_not_let_the_plan_go() -> None:
    room, ann, _, _ = made()

    ann.taps("Let the plan go")
    ann.taps("Let the plan go")

    assert ann.whispered == [NOTED, NOTED]
    assert room.texts[-1] == WHOLE


def test_both_let_it_go_and_nothing_of_it_is_left() -> None:
    room, ann, ben, _ = made()
    ann.taps("Let the plan go")

    ben.taps("Let the plan go")
    assert room.texts[-1] == LET_GO
    assert not [thing for thing in room.stage.kept if thing.words or not thing.outcome]
    ann.sends("/plan")

    assert room.texts[-1] == f"{BEGINS}\n{ASK_SIGNS}"


def test_after_a_day_its_buttons_go_and_the_plan_stays() -> None:
    room, ann, *_, clock = made()
    ann.taps("Let the plan go")

    clock.passes(seconds=STAYS_OPEN.total_seconds())
    (stands,) = [shown for shown in room.shown if shown.text == WHOLE]
    assert stands.labels == []
    ann.sends("/plan")
    ann.taps("Let the plan go")

    assert room.texts[-1] == WHOLE


# -- Read ---------------------------------------------------------------------


def test_alone_it_is_one_message_to_read_and_no_more() -> None:
    room, _, ben, _ = made()
    before = room.texts

    ben.sends("/plan", private=True)

    assert ben.private == [WHOLE]
    assert ben.labels == []
    assert room.texts == before


def test_in_a_pause_the_button_shows_it() -> None:
    room, ann, ben, clock = made()
    clock.passes(days=30)
    ann.sends("/pause")
    before = room.texts

    ben.taps("Our plan")

    assert ben.private[-1] == WHOLE
    assert room.texts == before


def test_in_a_pause_the_command_is_answered_alone() -> None:
    room, ann, ben, clock = made()
    ann.sends("/pause")
    before = room.texts

    ben.sends("/plan")
    assert ben.private[-1] == WHOLE
    clock.passes(minutes=31)

    assert THE_PLAN not in "".join(room.texts[len(before) :])


def test_where_there_is_none_the_button_says_so_and_asks_nothing() -> None:
    _, ann, ben, _ = rehearse(*HOUSE, prefers={ANCHOR: FIRST_DAY})
    ann.sends("/pause")

    ben.taps("Our plan")

    assert ben.private[-1] == NO_PLAN
    assert ben.labels == ["Breathe", "Ground", "Our plan"]


def test_a_pause_in_the_midst_of_it_leaves_it_as_it_was() -> None:
    room, ann, ben, clock = asked()
    ben.replies("one of us talks fast")
    ann.sends("/pause 2h")

    ann.replies("you the balcony, I the kitchen", to=ASK_AWAY)
    clock.passes(hours=2)
    assert ASK_CALL not in room.texts
    ann.taps("I'm back")
    ben.taps("I'm back")

    assert f"{ASK_AWAY}\n{AWAY}" in room.texts
    clock.passes(minutes=5)
    assert room.texts[-1] == ASK_CALL


def test_on_a_lock_screen_nothing_of_it_is_read(store: Store, clock: Time) -> None:
    """What is joint has no writer in the store, and stands behind a spoiler all the same."""
    road = Road(store, clock).joined()
    road.open_lanes()
    road.ann.sends("/plan")
    road.ben.replies("one of us talks fast")
    for _ in range(2):
        road.ann.taps("Skip this one")
    road.ann.replies("a walk")

    road.ben.sends("/plan", private=True)

    _, line = road.sent[-1]
    shown = text(line.face, reader_of(line.audience, line.face.to, ME, alone=True))
    assert "<tg-spoiler>one of us talks fast</tg-spoiler>" in shown
    assert "<tg-spoiler>a walk</tg-spoiler>" in shown
