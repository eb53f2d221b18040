"""/help and /privacy, as anybody reads them."""

import pytest

from bot.couple.house import HOUSE
from bot.couple.telling import AFRAID, HELP, NO_TRACE, PRIVACY, WHERE_TO_TURN
from bot.hours import ANCHOR
from bot.ritual import Began, Person, Ritual, Say, Scene, Words
from tests.rehearsal import FIRST_DAY, rehearse


def test_help_names_every_command_and_what_it_is_for() -> None:
    room, ann, *_ = rehearse(*HOUSE)

    ann.sends("/help")

    lines = room.texts[0].splitlines()
    assert lines[0] == HELP
    assert [line for line in lines if line.startswith("/")] == [
        f"/{ritual.command} · {ritual.about}" for ritual in HOUSE if ritual.command
    ]
    assert [button.leads for button in room.shown[0].say.buttons] == ["lane"]


def test_help_says_to_everybody_where_to_turn_when_one_is_afraid_and_leads_into_nothing_for_two() -> None:
    room, ann, ben, _ = rehearse(*HOUSE)

    ann.sends("/help")
    ben.sends("/help", private=True)
    ben.sends("/pause")
    ben.sends("/help", private=True)

    lines = room.texts[0].splitlines()
    assert lines[-3:] == [AFRAID, WHERE_TO_TURN, NO_TRACE]
    assert "emergency number" in lines[-2]
    assert "findahelpline.com" in lines[-2]
    assert ben.private[0].splitlines()[0] == HELP  # and nothing of it on a lock screen
    assert ben.private[0] == ben.private[-1] == room.texts[0]  # in a pause, too
    assert [button.leads for button in room.shown[0].say.buttons] == ["lane"]


def test_privacy_says_it_in_plain_words() -> None:
    room, ann, *_ = rehearse(*HOUSE)

    ann.sends("/privacy")

    text = room.texts[0]
    assert text.startswith(PRIVACY)
    for said in ("commands, taps, replies", "sealed", "Telegram can read", "a host who tampers", "/leave"):
        assert said in text


@pytest.mark.parametrize("command", ["/help", "/privacy"])
def test_asked_in_private_it_is_told_in_private(command: str) -> None:
    room, ann, ben, _ = rehearse(*HOUSE)

    ann.sends(command, private=True)

    assert len(ann.private) == 1
    assert room.texts == ben.private == []


@pytest.mark.parametrize("command", ["/help", "/privacy"])
def test_they_always_answer_and_leave_no_trace(command: str) -> None:
    room, ann, *_, clock = rehearse(*HOUSE, prefers={ANCHOR: FIRST_DAY})
    clock.reaches("21:00")
    before = dict(room.stage.rows)

    ann.sends(command)
    ann.sends(command)

    assert len(room.texts) == 3
    assert room.stage.rows == before


@pytest.mark.parametrize("ritual", [ritual for ritual in HOUSE if ritual.anyone], ids=lambda each: each.name)
def test_they_answer_people_who_are_not_the_two(ritual: Ritual) -> None:
    nobody, now = Person(0), rehearse()[0].stage.now

    state, answers = ritual.step(None, Began(nobody, Words(nobody)), Scene(now, both=()))

    assert state is None
    assert [type(answer) for answer in answers] == [Say]
