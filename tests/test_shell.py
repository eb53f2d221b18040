"""What the shell promises, so that no ritual writes it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot import shell
from bot.evening_cards import CLOSED_LATE
from bot.hours import ANCHOR, EVERY, HOUR, ZONE, fire_at
from bot.ritual import (
    Answer,
    Began,
    Button,
    Event,
    Hushed,
    Kept,
    Person,
    Preferences,
    Ritual,
    Say,
    Scene,
    Tapped,
    TimeCame,
    Whisper,
    Words,
    Wrote,
    line,
    say,
    whisper,
)
from bot.rituals.check_in import CHECK_IN
from bot.shell import Couple, Outcome, Row, VeilError, hear, occurrence
from tests.rehearsal import BERLIN, FIRST_DAY, rehearse

ANN, BEN = Person(1), Person(2)
NOW = datetime(2026, 5, 1, 19, tzinfo=UTC)
WORDS = Words(ANN, "a bit lost")

# -- A small ritual that asks for silence -------------------------------------


@dataclass(frozen=True)
class Still:
    """Nothing is said."""

    wake_at: datetime
    hushes: bool = True


def be_still(state: Still | None, event: Event, scene: Scene) -> tuple[Still | None, Sequence[Answer]]:
    match state, event:
        case None, Began(_, words):
            until = scene.now + timedelta(minutes=int(words.text or 30))
            return Still(until), [say("Stillness, until {until:hour}.", card="still", until=until)]
        case Still(), Tapped(_, "longer"):
            return replace(state, wake_at=state.wake_at + timedelta(minutes=30)), [whisper("Longer, then.")]
        case Still(), TimeCame():
            return None, [say("It is over.", card="still")]
    return state, []


STILL = Ritual("still", "still", "A silence", be_still)


@dataclass(frozen=True)
class Talking:
    """Says something every ten minutes."""

    wake_at: datetime
    hushed: int = 0


def talk(state: Talking | None, event: Event, scene: Scene) -> tuple[Talking | None, Sequence[Answer]]:
    soon = scene.now + timedelta(minutes=10)
    match state, event:
        case None, Began():
            return Talking(soon), [say("Talking.", Button("More", "more"), card="talk")]
        case Talking(), TimeCame():
            return Talking(soon, state.hushed), [say("Still talking.")]
        case Talking(), Tapped(_, "more"):
            return state, [whisper("Heard."), say("And more.")]
        case Talking(hushed=hushed), Hushed():
            return replace(state, hushed=hushed + 1), []
    return state, []


TALK = Ritual("talk", "talk", "Talk", talk, many=True)

# -- Small steps for one promise each -----------------------------------------


@dataclass(frozen=True)
class Veiled:
    """Nobody sees the other's."""

    wake_at: datetime = NOW
    veils: bool = True


@dataclass(frozen=True)
class Open:
    """Both see both."""

    wake_at: datetime = NOW


def heard(
    before: object,
    after: object,
    *answers: Answer,
    event: Event | None = None,
    rows: tuple[Row, ...] = (),
) -> Outcome:
    """Hear one event with a step that leads there and answers so."""

    def step(state: object, event: Event, scene: Scene) -> tuple[object, Sequence[Answer]]:
        del state, event, scene
        return after, answers

    row = Row(1, Ritual("any", "any", "Any", step), before)
    couple = Couple((ANN, BEN), (row, *rows))
    return hear(couple, row, event or Tapped(ANN, "tap"), NOW)


# -- The veil -----------------------------------------------------------------


CARRIERS: dict[str, Callable[[], Say]] = {
    "a value": lambda: say("{words}", words=WORDS),
    "a line below": lambda: say("Below.", below=[line("{words}", words=WORDS)]),
    "a line in a value": lambda: say("{inner}", inner=line("{words}", words=WORDS)),
    "a label": lambda: say("Label.", Button(line("{words}", words=WORDS), "tap")),
    "something unshared": lambda: say("{kept}", kept=Kept("feeling", ANN, WORDS, shared=False)),
}


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("to", [None, BEN], ids=["room", "other"])
def test_no_words_cross_while_the_veil_is_down(carrier: str, to: Person | None) -> None:
    said = replace(CARRIERS[carrier](), to=to)

    for after in (Veiled(), None):
        with pytest.raises(VeilError) as refused:
            heard(Veiled(), after, said, event=TimeCame(NOW))
        assert WORDS.text not in str(refused.value)


@pytest.mark.parametrize("carrier", CARRIERS)
def test_ones_own_words_come_back_to_oneself(carrier: str) -> None:
    said = replace(CARRIERS[carrier](), to=ANN)

    assert heard(Veiled(), Veiled(), said).said == (said,)


@pytest.mark.parametrize("carrier", CARRIERS)
def test_the_veil_lifts_by_stepping_where_none_is(carrier: str) -> None:
    said = CARRIERS[carrier]()

    assert heard(Veiled(), Open(), said).said == (said,)


def test_a_whisper_carries_no_words_of_the_other() -> None:
    with pytest.raises(VeilError):
        heard(Veiled(), Veiled(), whisper("{words}", words=WORDS), event=Tapped(BEN, "tap"))
    assert heard(Veiled(), Veiled(), whisper("{words}", words=WORDS), event=Tapped(ANN, "tap")).whisper


@pytest.mark.parametrize("event", [Tapped(ANN, "tap"), Wrote(ANN, "feeling", WORDS, private=True)])
def test_the_room_does_not_learn_who_answered(event: Event) -> None:
    with pytest.raises(VeilError):
        heard(Veiled(), Veiled(), say("Somebody has answered."), event=event)


def test_what_was_shared_may_be_shown_at_any_time() -> None:
    shared = Kept("action", ANN, WORDS)

    assert heard(Veiled(), Veiled(), say("{kept}", kept=shared), event=TimeCame(NOW)).said


def test_a_message_holds_at_most_six_peoples_words() -> None:
    six = [line("{words}", words=WORDS) for _ in range(6)]

    assert heard(Open(), Open(), say("Six.", below=six)).said
    with pytest.raises(VeilError):
        heard(Open(), Open(), say("{words}", below=six, words=WORDS))


def test_a_refused_step_names_no_words() -> None:
    assert WORDS.text not in repr(WORDS)
    assert WORDS.text not in repr(Wrote(ANN, "feeling", WORDS))
    assert WORDS.text not in repr(say("{words}", words=WORDS))
    assert WORDS.text not in repr(Row(1, CHECK_IN, WORDS))


def test_a_bare_string_is_no_value() -> None:
    with pytest.raises(TypeError):
        say("{words}", words="a bit lost")  # type: ignore[arg-type]


# -- Too long, and nothing back -----------------------------------------------


def test_three_hundred_characters_are_a_line_or_two() -> None:
    def answer(length: int, mark: str = "") -> Outcome:
        words = Words(ANN, mark.join(["a" * length] * 2) if mark else "a" * length)
        return heard(Open(), None, event=Wrote(ANN, "feeling", words, private=True))

    assert answer(300).row.state is None
    for refused in (answer(301), answer(150, " / ")):
        assert refused.row.state == Open()
        assert [(said.text, said.to) for said in refused.said] == [(shell.TOO_LONG, ANN)]


def test_what_is_not_written_is_no_answer() -> None:
    refused = heard(Open(), None, event=Wrote(ANN, "feeling", Words(ANN)))

    assert refused.row.state == Open()
    assert [(said.text, said.to) for said in refused.said] == [(shell.NO_WORDS, None)]


def test_nothing_back_is_never_silence() -> None:
    tap = heard(Open(), Open())
    words = heard(Open(), Open(), event=Wrote(ANN, "feeling", WORDS))
    alone = heard(Open(), Open(), event=Wrote(ANN, "feeling", WORDS, private=True))
    command = heard(Open(), Open(), event=Began(ANN, Words(ANN)))

    assert tap.whisper == whisper(shell.PASSED)
    assert words.said == (say(shell.CLOSED),)
    assert alone.said == (say(shell.CLOSED, to=ANN),)
    assert command.repeat


def test_a_ring_may_pass_in_silence_and_a_change_speaks_for_itself() -> None:
    assert heard(Open(), Open(), event=TimeCame(NOW)).said == ()
    assert heard(Open(), Veiled()).whisper is None


def test_of_several_whispers_the_last_is_heard() -> None:
    both: list[Whisper] = [whisper("One."), whisper("Two.")]

    assert heard(Open(), Open(), *both).whisper == both[1]


def test_of_a_button_for_one_the_other_is_told_whose_it_is() -> None:
    hers = Button("I am done", "done").only(ANN)

    assert shell.whose(hers, ANN) is None
    assert shell.whose(hers, BEN) == whisper("This one is for {who}.", who=ANN)
    assert shell.whose(Button("Stop", "stop"), BEN) is None


def test_a_ritual_sees_only_the_kinds_it_reads() -> None:
    seen: list[Scene] = []

    def step(state: object, event: Event, scene: Scene) -> tuple[object, Sequence[Answer]]:
        del event
        seen.append(scene)
        return state, []

    row = Row(1, Ritual("any", "any", "Any", step, reads=("action",)))
    things = (Kept("action", ANN, WORDS, id=1), Kept("feeling", ANN, WORDS, id=2))
    hear(Couple((ANN, BEN), kept=things), row, Tapped(ANN, "tap"), NOW)

    assert [thing.kind for thing in seen[0].kept] == ["action"]


# -- Silence ------------------------------------------------------------------


def test_in_a_silence_nobody_else_is_rung_and_afterwards_all_is_as_much_later() -> None:
    room, ann, _, clock = rehearse(TALK, STILL)
    ann.sends("/talk")
    clock.passes(minutes=4)

    ann.sends("/still 60")
    clock.passes(minutes=60)
    assert room.texts == ["Talking.", "Stillness, until 21:04.", "It is over."]
    clock.passes(minutes=5)
    assert len(room.texts) == 3
    clock.passes(minutes=1)

    assert room.texts[3:] == ["Still talking."]


def test_a_hushed_ritual_hears_it_once() -> None:
    room, ann, _, clock = rehearse(TALK, STILL)
    ann.sends("/talk")
    ann.sends("/still 60")
    clock.passes(minutes=10)
    ann.taps("More")

    states = [row.state for row in room.stage.rows.values() if row.ritual is TALK]
    assert [state.hushed for state in states] == [1]


def test_taps_are_heard_in_a_silence_and_lines_for_the_room_wait() -> None:
    room, ann, _, clock = rehearse(TALK, STILL)
    ann.sends("/talk")
    ann.sends("/still 30")

    ann.taps("More")
    assert ann.whispered == ["Heard."]
    assert "And more." not in room.texts
    clock.passes(minutes=30)
    assert room.texts[-1] == "It is over."
    clock.passes(minutes=5)

    assert room.texts[-1] == "And more."


def test_the_youngest_silence_holds_the_floor() -> None:
    room, ann, ben, clock = rehearse(TALK, replace(STILL, many=True))
    ann.sends("/talk")
    ann.sends("/still 30")
    clock.passes(minutes=10)
    ben.sends("/still 60")

    clock.passes(minutes=59)
    assert "It is over." not in room.texts
    assert [type(row.state) for row in room.stage.rows.values()] == [Talking, Still, Still]
    clock.passes(minutes=26)

    assert room.texts.count("It is over.") == 2
    clock.passes(minutes=10)
    assert room.texts[-1] == "Still talking."


def test_an_evening_whose_hour_falls_into_a_silence_comes_after_it_and_says_that_it_is_late() -> None:
    room, ann, _, clock = rehearse(CHECK_IN, STILL, at="20:50", prefers={ANCHOR: FIRST_DAY})

    ann.sends("/still 60")
    clock.reaches("21:49")
    assert room.cards == []
    clock.reaches("21:56")

    assert room.texts[-1].startswith("Your check-in, later than planned")


def test_an_evening_keeps_its_end_through_a_silence() -> None:
    """`wake_at` moves with the silence, the time the evening closes does not."""
    room, ann, _, clock = rehearse(CHECK_IN, STILL, prefers={ANCHOR: FIRST_DAY})
    clock.reaches("21:30")
    ann.taps("calm")

    ann.sends("/still 180")
    clock.reaches("00:31")
    assert room.texts[-1] == "It is over."
    clock.reaches("01:01")

    assert CLOSED_LATE in room.texts  # where its card stands: so late it is not announced
    assert room.texts[-1] == "It is over."


def test_help_is_heard_in_a_silence() -> None:
    helping = replace(TALK, name="help", command="help", always=True)
    room, ann, *_ = rehearse(helping, STILL)

    ann.sends("/still")
    ann.sends("/help")

    assert room.texts[-1] == "Talking."


def test_a_ritual_that_speaks_when_it_is_hushed_is_refused() -> None:
    def rude(state: object, event: Event, scene: Scene) -> tuple[object, Sequence[Answer]]:
        del event, scene
        return state, [say("But I was talking.")]

    talking = Row(1, Ritual("rude", "rude", "Rude", rude), Open())
    still = Row(2, STILL)

    with pytest.raises(VeilError):
        hear(Couple((ANN, BEN), (talking,)), still, Began(ANN, Words(ANN)), NOW)


# -- Late, and past -----------------------------------------------------------

EVENINGS = Preferences().put(ZONE, BERLIN).put(ANCHOR, FIRST_DAY)
NINE = fire_at(FIRST_DAY, time(21), BERLIN)


@pytest.mark.parametrize(
    ("minutes", "comes", "late", "why"),
    [
        (0, True, False, "on time"),
        (10, True, False, "ten minutes are on time"),
        (10.1, True, True, "more are late"),
        (90, True, True, "well within its window"),
        (135, True, True, "45 minutes are left"),
        (135.1, False, True, "less than 45 are left"),
        (181, False, True, "its window is over"),
        (15 * 60, False, True, "the next noon"),
    ],
)
def test_late_is_said_and_too_late_is_skipped(minutes: float, comes: bool, late: bool, why: str) -> None:  # noqa: FBT001 - a table
    came = occurrence(CHECK_IN, EVENINGS, NINE, NINE + timedelta(minutes=minutes), None)

    assert (came is not None) == comes, why
    assert came is None or came.late == late, why


def test_of_several_missed_only_the_latest_counts() -> None:
    days = timedelta(days=5)

    came = occurrence(CHECK_IN, EVENINGS, NINE, NINE + days + timedelta(minutes=5), None)

    assert came == TimeCame(NINE + days)


@pytest.mark.parametrize(
    ("opened_on", "comes"),
    [(None, True), (FIRST_DAY - timedelta(days=1), True), (FIRST_DAY, False), (date(2026, 5, 2), False)],
)
def test_there_are_never_two_for_one_evening(opened_on: date | None, comes: bool) -> None:  # noqa: FBT001 - a table
    assert (occurrence(CHECK_IN, EVENINGS, NINE, NINE, opened_on) is not None) == comes


def test_after_midnight_it_is_still_the_evening_before() -> None:
    late_hour: Any = EVENINGS.put(HOUR, time(0, 15))
    due = fire_at(date(2026, 5, 2), time(0, 15), BERLIN)

    assert occurrence(CHECK_IN, late_hour, due, due, FIRST_DAY) is None
    assert occurrence(CHECK_IN, late_hour, due, due, FIRST_DAY - timedelta(days=1)) is not None


@pytest.mark.parametrize("key", ["Europe/Berlin", "America/Lima", "Pacific/Auckland"])
@pytest.mark.parametrize("away", [1, 3, 20, 47, 200])
def test_after_any_time_away_there_is_at_most_one_card(key: str, away: int) -> None:
    room, _, _, clock = rehearse(CHECK_IN, prefers={ANCHOR: FIRST_DAY, EVERY: 2, ZONE: ZoneInfo(key)})

    clock.is_away(hours=away)

    assert len(room.texts) <= 1


def test_a_ring_that_is_late_says_so() -> None:
    row = Row(1, STILL, Still(NOW))

    assert shell.ring(row, NOW + timedelta(minutes=10)) == TimeCame(NOW)
    assert shell.ring(row, NOW + timedelta(minutes=11)) == TimeCame(NOW, late=True)
