"""Promises, as two people live them: asked of the doer alone, on their day, in one voice."""

import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.follow_through import ASKED, KIND, put_off
from bot.hours import ANCHOR, QUIET, ZONE, Span, evening_of, fire_at, is_quiet
from bot.ritual import Answer, Began, Event, Kept, Person, Preferences, Ritual, Scene, TimeCame, Words, say
from bot.rituals.check_in import CHECK_IN
from bot.rituals.pause import PAUSE
from bot.rituals.promises import (
    AGAIN,
    BETWEEN_US,
    DONE_WELL,
    IN_THE_ROOM,
    NOTHING_OPEN,
    PROMISES,
    SHOWN_NOW,
    TOLD_ALREADY,
)
from bot.shell import PASSED
from tests.rehearsal import BERLIN, FIRST_DAY, LIMA, Clock, Player, Room, rehearse

LOOK_BACK = "A look back"
TEA, WALK = "I'll make tea", "When it is late, I will call"


@dataclass(frozen=True)
class Vowed:
    """Something was promised."""

    wake_at: datetime
    lingers: bool = True


def vow(state: Vowed | None, event: Event, scene: Scene) -> tuple[Vowed | None, list[Answer]]:
    """Keep a promise as a repair does: with a date, `/vow 2026-05-08T18:00:00+02:00 words`."""
    match state, event:
        case None, Began(who, words):
            when, said = words.split(" ", 2)[1:]
            return Vowed(scene.now + timedelta(minutes=1)), [
                Kept(KIND, who, said, datetime.fromisoformat(when.text)),
                say("Kept."),
            ]
        case Vowed(), TimeCame():
            return None, []
    return state, []


VOW = Ritual("vow", "vow", "Vows", vow, many=True)


def scene_at(at: str = "12:00", on: date = FIRST_DAY) -> tuple[Room, Player, Player, Clock]:
    return rehearse(PROMISES, VOW, PAUSE, CHECK_IN, at=at, on=on)


def vows(who: Player, words: str, days: int, hour: int = 18) -> datetime:
    """Promise something for a day, by Berlin's clock, and return the moment."""
    day = who.stage.now.astimezone(BERLIN).date() + timedelta(days=days)
    due = fire_at(day, time(hour), BERLIN)
    who.sends(f"/vow {due.isoformat()} {words}")
    return due


def asked(who: Player) -> list[tuple[datetime, str]]:
    """When this one was asked, and how it reads now."""
    return [(shown.at, shown.text) for shown in who.sees() if shown.say.to and shown.say.card == "promise"]


def outcomes(room: Room) -> list[str]:
    return [thing.outcome for thing in room.stage.kept if thing.kind == KIND]


# -- Asked, of the doer alone --------------------------------------------------


def test_on_its_day_the_doer_alone_is_asked() -> None:
    room, ann, ben, clock = scene_at()
    due = vows(ann, TEA, days=7)
    before = len(room.texts)
    clock.passes(days=7, hours=8)

    assert asked(ann) == [(due, f"A look back, for you alone. You said: {TEA}\nHow did it go?")]
    assert ann.labels == ["Done", "Partly", "Not yet", "Let it go"]
    assert asked(ben) == []
    assert len(room.texts) == before


@pytest.mark.parametrize("day", [date(2026, 9, 7), date(2026, 2, 9)], ids=["autumn", "spring"])
def test_a_date_eight_weeks_away_comes_on_its_day_across_a_change_of_clock(day: date) -> None:
    room, ann, _, clock = scene_at(on=day)
    due = vows(ann, TEA, days=56)
    clock.passes(days=60)

    ((at, _),) = asked(ann)
    assert at == due
    assert at.astimezone(BERLIN) == datetime.combine(day + timedelta(days=56), time(18), BERLIN)
    assert at.astimezone(BERLIN).utcoffset() != datetime.combine(day, time(18), BERLIN).utcoffset()
    assert room.stage.rows == {}


@pytest.mark.parametrize("how", ["Partly", "Let it go"])
def test_only_done_is_ever_shown_and_what_is_answered_is_never_asked_again(how: str) -> None:
    room, ann, ben, clock = scene_at()
    vows(ann, TEA, days=1)
    before = len(room.texts)
    clock.passes(days=1, hours=8)
    ann.taps(how)

    assert ann.private[-1] == BETWEEN_US
    clock.passes(days=30)
    assert len(asked(ann)) == 1
    assert room.texts[before:] == []
    assert not ben.private


def test_not_yet_brings_one_more_asking_some_days_later_and_then_it_rests() -> None:
    _, ann, _, clock = scene_at()
    due = vows(ann, TEA, days=1)
    clock.passes(days=1, hours=8)
    ann.taps("Not yet")
    assert ann.private[-1] == "Thank you. It stays between us, and I ask once more on Wednesday, 6 May."
    clock.passes(days=4)

    first, second = (at for at, _ in asked(ann))
    assert first == due
    assert AGAIN < second - first < AGAIN + timedelta(days=1)
    assert second.astimezone(BERLIN).date() == date(2026, 5, 6)
    ann.taps("Not yet")
    assert ann.private[-1] == BETWEEN_US
    clock.passes(days=60)
    assert len(asked(ann)) == 2


def test_silence_brings_one_more_asking_and_then_it_rests() -> None:
    room, ann, _, clock = scene_at()
    vows(ann, TEA, days=1)
    clock.passes(days=60)

    assert len(asked(ann)) == 2
    assert outcomes(room) == ["asked"]
    assert room.stage.rows == {}
    clock.passes(days=60)
    assert len(asked(ann)) == 2


def test_what_was_answered_in_between_is_not_asked_again() -> None:
    _, ann, _, clock = scene_at()
    vows(ann, TEA, days=1)
    clock.passes(days=2)
    ann.sends("/promises", private=True)
    ann.taps("Let it go")
    clock.passes(days=30)

    assert len([text for _, text in asked(ann) if text.startswith(LOOK_BACK)]) == 1


# -- Done, shown and noticed ---------------------------------------------------


def done() -> tuple[Room, Player, Player, Clock]:
    room, ann, ben, clock = scene_at()
    vows(ann, TEA, days=1)
    clock.passes(days=1, hours=8)
    ann.taps("Done")
    return room, ann, ben, clock


def test_done_is_shown_only_if_the_doer_shows_it_and_the_other_may_notice() -> None:
    room, ann, ben, _ = done()
    before = len(room.texts)
    assert ann.private[-1] == DONE_WELL
    assert room.texts[before:] == []

    ann.taps("Show it")
    assert ann.private[-1] == SHOWN_NOW
    assert room.texts[before:] == [f"Done, by Ann: {TEA}"]
    ann.taps("I noticed, thank you")
    assert ann.whispered[-1] == PASSED
    ben.taps("I noticed, thank you")

    assert ben.whispered[-1] == "Ann can read it now."
    assert room.texts[before:] == [f"Done, by Ann: {TEA} Ben noticed, and says thank you."]
    assert room.labels == []


def test_done_may_stay_with_the_doer() -> None:
    room, ann, _, clock = done()
    before = len(room.texts)
    ann.taps("Keep it to myself")
    clock.passes(days=10)

    assert ann.private[-1] == BETWEEN_US
    assert room.texts[before:] == []
    assert outcomes(room) == ["done"]


def test_what_stands_in_the_room_may_be_noticed_for_two_days_and_then_rests() -> None:
    room, ann, ben, clock = done()
    ann.taps("Show it")
    clock.passes(days=1, hours=23)
    assert room.labels == ["I noticed, thank you"]
    clock.passes(hours=2)

    assert room.labels == []
    assert room.stage.rows == {}
    ben.taps("I noticed, thank you")
    assert ben.whispered[-1] == PASSED


def test_what_one_leaves_open_rests_though_what_the_other_did_still_stands() -> None:
    room, ann, ben, clock = scene_at()
    for who in (ann, ben):
        vows(who, TEA, days=1)
    clock.passes(days=1, hours=8)
    ann.taps("Done")
    ann.taps("Show it")
    clock.passes(hours=14)

    assert ben.labels == []
    assert ben.private == [f"A look back, for you alone. You said: {TEA}\nHow did it go?"]
    ben.taps("I noticed, thank you")
    assert room.texts[-1].endswith("Ben noticed, and says thank you.")
    clock.passes(days=2)
    assert room.stage.rows == {}


# -- At a good moment ----------------------------------------------------------


def test_several_come_in_one_message_one_after_the_other() -> None:
    _, ann, _, clock = scene_at()
    vows(ann, TEA, days=1)
    vows(ann, WALK, days=1)
    clock.passes(days=1, hours=8)

    assert len(asked(ann)) == 1
    ann.taps("Let it go")
    assert ann.private[-1] == f"{BETWEEN_US}\nYou also said: {WALK}\nHow did it go?"
    ann.taps("Done")
    ann.taps("Show it")
    assert ann.private[-1] == SHOWN_NOW
    assert len(asked(ann)) == 1


def test_both_are_asked_about_theirs_and_neither_sees_the_others() -> None:
    _, ann, ben, clock = scene_at()
    vows(ann, TEA, days=1)
    vows(ben, WALK, days=1)
    clock.passes(days=1, hours=8)

    for one, own, others in ((ann, TEA, WALK), (ben, WALK, TEA)):
        assert own in one.private[-1]
        assert others not in "".join(one.private)
    ben.taps("Let it go")
    ann.taps("Partly")
    assert ann.private[-1] == ben.private[-1] == BETWEEN_US


def test_nobody_is_asked_twice_in_a_day_and_what_is_put_off_comes_with_what_is_due_then() -> None:
    _, ann, _, clock = scene_at()
    vows(ann, TEA, days=1, hour=9)
    vows(ann, WALK, days=1, hour=18)
    due = vows(ann, "I will read to you", days=2, hour=18)
    clock.passes(days=2, hours=8)

    first, second = asked(ann)
    assert first[0] == datetime(2026, 5, 2, 9, tzinfo=BERLIN)
    assert second == (due, f"A look back, for you alone. You said: {WALK}\nHow did it go?")
    ann.taps("Partly")
    assert "I will read to you" in ann.private[-1]


def test_in_quiet_hours_it_waits_for_a_good_one() -> None:
    _, ann, _, clock = scene_at()
    vows(ann, TEA, days=1, hour=23)
    clock.passes(days=3)

    ((at, _),) = asked(ann)
    assert at == datetime(2026, 5, 3, 8, 30, tzinfo=BERLIN)


def test_quiet_hours_are_those_of_the_doer() -> None:
    room, ann, ben, clock = scene_at()
    room.stage.prefers = room.stage.prefers.put(ZONE, LIMA, ben.person)
    for who in (ann, ben):
        vows(who, TEA, days=1, hour=12)  # five in the morning in Lima
    clock.passes(days=2)

    assert [at for at, _ in asked(ann)] == [datetime(2026, 5, 2, 12, tzinfo=BERLIN)]
    assert [at for at, _ in asked(ben)] == [datetime(2026, 5, 2, 8, 30, tzinfo=LIMA)]


def test_a_date_that_came_while_tend_was_away_is_asked_at_once_or_at_the_next_good_hour() -> None:
    for back, expected in (
        ("2026-05-09T15:00", "2026-05-09T15:00"),
        ("2026-05-09T03:00", "2026-05-09T08:30"),
    ):
        room, ann, _, clock = scene_at()
        vows(ann, TEA, days=1)
        away = datetime.fromisoformat(back).replace(tzinfo=BERLIN) - room.stage.now
        clock.is_away(hours=away.total_seconds() / 3600)
        clock.passes(hours=12)
        assert [at for at, _ in asked(ann)] == [datetime.fromisoformat(expected).replace(tzinfo=BERLIN)]


def test_in_a_pause_nobody_is_asked_and_afterwards_they_are() -> None:
    _, ann, ben, clock = scene_at()
    due = vows(ann, TEA, days=1)
    clock.passes(days=1, hours=5, minutes=50)
    ben.sends("/pause 20")
    clock.passes(minutes=19)
    assert asked(ann) == []
    for one in (ann, ben):
        one.taps("We're fine again")
    clock.passes(minutes=10)

    ((at, _),) = asked(ann)
    assert due < at <= due + timedelta(minutes=20)


def test_an_answer_in_a_pause_is_taken() -> None:
    room, ann, ben, clock = scene_at()
    vows(ann, TEA, days=1)
    clock.passes(days=1, hours=7)
    ben.sends("/pause 20")
    ann.taps("Done")
    ann.taps("Show it")
    assert f"Done, by Ann: {TEA}" not in room.texts
    for one in (ann, ben):
        one.taps("We're fine again")
    clock.passes(minutes=30)
    assert f"Done, by Ann: {TEA}" in room.texts


def test_a_shut_lane_gets_it_when_it_opens() -> None:
    _, ann, _, clock = scene_at()
    vows(ann, TEA, days=1)
    ann.shuts_lane()
    clock.passes(days=1, hours=8)
    assert ann.private == []
    ann.opens_lane()
    assert TEA in ann.private[-1]
    ann.taps("Partly")
    assert ann.private[-1] == BETWEEN_US


# -- Looked at -----------------------------------------------------------------


def test_each_looks_at_their_own_alone() -> None:
    room, ann, ben, _ = scene_at()
    vows(ann, TEA, days=3)
    vows(ann, WALK, days=1)
    vows(ben, "basalt", days=2)
    ann.sends("/promises", private=True)

    assert ann.private == [f"You said: {WALK}\nI ask you about it on Saturday, 2 May."]
    assert ann.labels == ["Done", "Let it go", "Another day", "The next one"]
    ann.taps("The next one")
    assert ann.private == [f"You said: {TEA}\nI ask you about it on Monday, 4 May."]
    ann.taps("The next one")
    assert WALK in ann.private[-1]
    assert ben.private == []
    assert room.texts == ["Kept."] * 3


def test_in_the_room_it_is_said_only_where_to_look() -> None:
    room, ann, ben, _ = scene_at()
    vows(ann, TEA, days=3)
    ben.sends("/promises")
    assert room.texts[-1] == IN_THE_ROOM

    ben.taps("Show me mine")
    ann.taps("Show me mine")

    assert ben.private == [NOTHING_OPEN]
    assert ann.private == [f"You said: {TEA}\nI ask you about it on Monday, 4 May."]
    assert room.texts[-1] == IN_THE_ROOM


def test_it_may_be_done_let_go_or_put_off_at_any_time() -> None:
    room, ann, _, clock = scene_at()
    for words in (TEA, WALK, "I will read to you"):
        vows(ann, words, days=3)
    ann.sends("/promises", private=True)
    ann.taps("Done")
    ann.taps("Show it")
    assert room.texts[-1] == f"Done, by Ann: {TEA}"
    ann.taps("The next one")
    ann.taps("Let it go")
    assert ann.private[-1] == BETWEEN_US
    ann.taps("The next one")
    ann.taps("Another day")
    assert ann.labels == ["Tomorrow", "In three days", "In a week", "In four weeks"]
    ann.taps("In a week")
    assert ann.private[-1] == "You said: I will read to you\nI ask you about it on Friday, 8 May."
    assert outcomes(room) == ["told", "let go", ""]

    clock.passes(days=8)
    at, text = asked(ann)[-1]
    assert at == datetime(2026, 5, 8, 8, 30, tzinfo=BERLIN)
    assert "I will read to you" in text


def test_what_was_answered_on_one_card_is_known_on_the_other() -> None:
    room, ann, _, clock = scene_at()
    vows(ann, TEA, days=1)
    clock.passes(days=1, hours=8)
    ann.sends("/promises", private=True)
    ann.taps("Done")
    ann.taps("Keep it to myself")
    ann.taps("Partly")

    assert ann.private == [TOLD_ALREADY, BETWEEN_US]
    assert outcomes(room) == ["done"]


# -- Those of a check-in -------------------------------------------------------


def promised(*, lanes: bool = True) -> tuple[Room, Player, Player, Clock]:
    """The evening after one on which Ann said that she will make tea, and Ben nothing."""
    room, ann, ben, clock = rehearse(PROMISES, CHECK_IN, prefers={ANCHOR: FIRST_DAY})
    clock.reaches("21:00")
    if not lanes:
        ann.shuts_lane()
    for who in (ann, ben):
        who.taps("calm")
        who.taps("a hug")
    ann.replies(TEA)
    ben.taps("Nothing tomorrow")
    clock.passes(days=1)
    return room, ann, ben, clock


def test_that_of_a_check_in_is_asked_once_when_they_meet_again() -> None:
    room, ann, _, clock = promised()
    ((at, text),) = asked(ann)
    assert at == datetime(2026, 5, 2, 21, tzinfo=BERLIN)
    assert text.startswith(f"A look back, for you alone. You said: {TEA}")
    ann.taps("Not yet")
    assert ann.private[-1] == BETWEEN_US
    clock.passes(days=20)

    assert len(asked(ann)) == 1
    assert outcomes(room) == ["not yet"]


def test_one_that_was_never_shared_is_asked_of_its_doer_all_the_same() -> None:
    room, ann, ben, clock = rehearse(PROMISES, CHECK_IN, prefers={ANCHOR: FIRST_DAY})
    ann.sends(f"/checkin calm / sleep / {TEA}", private=True)
    clock.passes(days=1, hours=2)

    assert len(asked(ann)) == 1
    assert TEA not in "".join([*room.texts, *ben.private])
    ann.taps("Done")
    ann.taps("Show it")
    assert f"Done, by Ann: {TEA}" in room.texts


def test_every_evening_one_each_is_asked_each_evening() -> None:
    _, ann, _, clock = rehearse(PROMISES, CHECK_IN, prefers={ANCHOR: FIRST_DAY})
    for _evening in range(5):
        clock.reaches("21:00")
        ann.sends(f"/checkin calm / sleep / {TEA}", private=True)
        ann.stage.player(Person(2)).sends("/checkin calm / sleep / I'll cook", private=True)
    clock.passes(days=4)
    assert [at.astimezone(BERLIN).time() for at, _ in asked(ann)] == [time(21)] * 5


# -- Whatever they do ----------------------------------------------------------

MOVES = ("vow", "vow", "wait", "wait", "wait", "wait", "away", "tap", "tap", "look", "pause", "shut", "open")


def lives(chance: random.Random) -> None:
    """Let two promise, answer, be silent and look, while Tend is away now and then."""
    room, ann, ben, clock = scene_at(on=chance.choice([FIRST_DAY, date(2026, 10, 20)]))
    stage = room.stage
    stage.prefers = stage.prefers.put(ZONE, chance.choice([LIMA, BERLIN, AUCKLAND]), ben.person)
    stage.prefers = stage.prefers.put(QUIET, chance.choice(QUIETS), ben.person)
    stage.prefers = stage.prefers.put(ANCHOR, chance.choice([None, FIRST_DAY]))
    stage.look_ahead()
    for _ in range(chance.randint(5, 40)):
        who = chance.choice([ann, ben])
        match chance.choice(MOVES):
            case "vow":
                vows(who, TEA, chance.randint(0, 60), chance.randint(0, 23))
            case "wait":
                clock.passes(hours=chance.choice([1, 5, 11, 24, 26, 200]))
            case "away":
                clock.is_away(hours=chance.choice([1, 13, 50, 700]))
            case "tap":
                live = [
                    one for one in who.sees() if one.live and one.say.buttons and one.row.ritual is PROMISES
                ]
                if live:
                    shown = chance.choice(live)
                    who.taps_on(shown, chance.choice(shown.say.buttons))
            case "look":
                who.sends("/promises", private=True)
            case "pause":
                who.sends("/pause 45")
            case "shut":
                who.shuts_lane()
            case "open":
                who.opens_lane()
    clock.passes(days=80)
    for who in (ann, ben):
        prefers = stage.prefers.of(who.person)
        days = defaultdict[date, int](int)
        times = defaultdict[int, int](int)
        for row, event, outcome in stage.heard:
            if row.ritual is PROMISES and row.state is None and isinstance(event, TimeCame):
                mine = [said for said in outcome.said if said.to == who.person]
                at = next((thing.due for thing in outcome.kept if thing.kind == "look back"), None)
                days[evening_of(at or stage.now, prefers[ZONE])] += len(mine)
                assert not mine or (at and not is_quiet(prefers, at))
                for thing in outcome.kept:
                    times[thing.id] += bool(mine) and is_asked(thing, who, at)
        assert max(days.values(), default=0) <= 1
        assert max(times.values(), default=0) <= 2
    assert not [thing for thing in stage.kept if thing.kind == KIND and not thing.outcome]
    assert not any(row.ritual is PROMISES for row in stage.rows.values())


def is_asked(thing: Kept, who: Player, at: datetime | None) -> bool:
    """Whether it is asked about in a step that asks, and not put off."""
    return thing.kind == KIND and thing.by == who.person and (thing.outcome == "asked" or thing.due != at)


def test_a_date_in_one_s_night_is_asked_about_in_the_morning_whenever_they_were_asked_before() -> None:
    ann, ben = Person(1), Person(2)
    tokyo = ZoneInfo("Asia/Tokyo")
    last_evening, in_the_night = datetime(2026, 5, 1, 21, tzinfo=tokyo), datetime(2026, 5, 2, 5, tzinfo=tokyo)
    asked = Kept(ASKED, ben, due=last_evening, shared=False)
    promise = Kept("action", ben, Words(ben, "a walk"), in_the_night)
    prefers = Preferences().put(ZONE, tokyo, ben)

    (later,) = put_off([promise], ben, Scene(in_the_night, (ann, ben), (asked, promise), prefers))

    assert later.due == datetime(2026, 5, 2, 8, 30, tzinfo=tokyo)


AUCKLAND = ZoneInfo("Pacific/Auckland")
QUIETS = [None, Span(time(22, 30), time(7, 30)), Span(time(6), time(22)), Span(time(23), time(22))]


@pytest.mark.parametrize("lived", [50, pytest.param(1_500, marks=pytest.mark.soak)])
def test_nobody_is_asked_twice_in_a_day_nor_in_quiet_hours_and_all_comes_to_rest(lived: int) -> None:
    settings(
        max_examples=lived,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )(given(st.randoms(use_true_random=False))(lives))()


def test_leaving_removes_the_dates_at_once() -> None:
    room, ann, _, clock = scene_at()
    vows(ann, TEA, days=56)
    room.stage.part()
    assert not any(room.stage.calls.values())
    clock.passes(days=90)
    assert asked(ann) == []
