"""Whatever somebody types or sends: a kind line or nothing, and words that are kept come back as they were.

All of it through the stand-in, by every way there is: as a reply in the room, alone in private, and behind
the command. At the end each story holds the log against errors, and the chats against stumbles.
"""

from collections.abc import Callable
from itertools import cycle
from pathlib import Path

import pytest

from bot.couple.joining import NO_SUCH_PLACE
from bot.playground.cast import BOT
from bot.shell import LONGEST_ANSWER, NO_WORDS, TOO_LONG
from tests.phones import Json, Phone
from tests.stories import CARD, REVEAL, Story, by_picker

OVERRIDE, ISOLATE, POP, JOINER, INVISIBLE = "\u202e", "\u2067", "\u202c", "\u200d", "\u200b"
ZALGO = "o" + "\u0301\u0336\u035c" * 99  # one letter under as many marks as fit
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
MARKUP = "<b>{me}</b> &amp; &lt; [a](tg://user?id=1) *_`~||x|| {0} %s @ann /help"

KEPT = {
    # what one types, and what is kept of it
    "one character": "x",
    "as much as fits": "w" * LONGEST_ANSWER,
    "emoji": "\U0001f54a" * LONGEST_ANSWER,
    "a family": FAMILY + " and we",
    "markup": MARKUP,
    "nothing but signs of markup": "<" * LONGEST_ANSWER,
    "words that turn": f"calm {OVERRIDE}and back",
    "words that turn and never end": f"{ISOLATE}{OVERRIDE}calm",
    "marks without end": ZALGO,
    "lines": "calm\n\n\nand quiet",
    "words around nothing": f"ca{INVISIBLE}lm{JOINER}",
}
SPOILT = {"NUL": ("ca\0lm", "ca\ufffdlm"), "half a character": ("calm \ud83d", "calm \ufffd")}
TOO_MUCH = {
    "one more than fits": "w" * (LONGEST_ANSWER + 1),
    "a whole message": "w" * 4096,
    "a message of emoji": "\U0001f54a" * 2048,
    "a message of signs of markup": "<" * 4096,
    "a message of marks": "o" + "\u0301" * 4095,
}
EMPTY = {
    "only blanks": " \t\u2003\u3000 ",
    "nothing visible": INVISIBLE * 5 + JOINER + "\u2060",
    "only turns": OVERRIDE + POP,
    "a blank that is a letter": "\u3164\u115f\u2800",
}

Way = Callable[[Story, Phone, str], None]


def replies(story: Story, one: Phone, text: str) -> None:
    """Reply to the card of the room."""
    one.says_raw(text, reply_to=story.newest(CARD)["id"])


def alone(story: Story, one: Phone, text: str) -> None:
    """Write in the private chat."""
    del story
    one.says_raw(text, "private")


def behind_the_command(story: Story, one: Phone, text: str) -> None:
    """Say it with the command, in the room."""
    del story
    one.says_raw(f"/checkin {text}")


WAYS: tuple[Way, ...] = (replies, alone, behind_the_command)


def passes(story: Story) -> None:
    """Let so much time pass that the same line may be said again."""
    story.clock.by("PT10S")


def said_since(story: Story, since: int) -> list[str]:
    """Return all that was said or drawn anew since a call, in the room and to each alone."""
    calls = story.calls(since=since)
    return [call["params"]["text"] for call in calls if call["method"] in {"sendMessage", "editMessageText"}]


ODD = [(typed, typed) for typed in KEPT.values()] + list(SPOILT.values())


@pytest.mark.parametrize(
    "kept", [ODD[::2], pytest.param(ODD[1::2], marks=pytest.mark.soak)], ids=["some", "others"]
)
def test_words_that_are_kept_come_back_exactly_as_they_were_typed(
    tmp_path: Path, kept: list[tuple[str, str]]
) -> None:
    with Story.at(tmp_path) as story:
        story.ready()
        for number in range(0, len(kept), 2):
            (typed, feeling), (typed_too, need) = kept[number], kept[(number + 1) % len(kept)]
            story.until("21:00")
            story.ann.taps("Tell me alone")
            way = WAYS[number // 2 % 2]
            way(story, story.ann, typed)
            passes(story)
            way(story, story.ann, typed_too)
            passes(story)
            if number % 4 == 0:
                story.kill()
                story.start_bot()
            told = story.ann.taps("What did I say?").alert or ""
            assert len(told) <= 200
            assert told.removeprefix("Yours tonight: ").lstrip("\u2068").startswith(feeling[:5])
            by_picker(story, story.ben, "glad", "music")
            for text in (story.newest(REVEAL)["text"], story.newest(REVEAL, story.ben)["text"]):
                assert feeling in text
                assert need in text
                assert "Ben: glad, needing music." in text
            story.until("12:30")


def test_what_is_too_long_is_refused_kindly_once_and_nothing_of_it_is_kept(tmp_path: Path) -> None:
    with Story.at(tmp_path) as story:
        story.ready()
        story.until("21:00")
        story.ann.taps("Tell me alone")
        for text in TOO_MUCH.values():
            for way in WAYS:
                passes(story)
                since = story.mark
                if way is behind_the_command:
                    text = text[:2000]  # noqa: PLW2901 - with the command before it, it is still one message
                way(story, story.ann, text)
                assert said_since(story, since) == [TOO_LONG]
        passes(story)
        since = story.mark
        story.ann.says_long("w" * 5_000, reply_to=story.newest(CARD)["id"])  # two messages
        story.ann.says_long("\U0001f54a" * 4_096, "private")
        assert said_since(story, since) == [TOO_LONG, TOO_LONG]
        assert story.ann.taps("What did I say?").alert == "Nothing yet tonight, and that is fine."
        assert story.told(story.ben)[1:] == []


def test_what_holds_no_words_is_answered_kindly_and_takes_no_answer_away(tmp_path: Path) -> None:
    with Story.at(tmp_path) as story:
        story.ready()
        story.until("21:00")
        story.ann.taps("calm")
        story.ann.taps("Tell me alone")
        for text in EMPTY.values():
            for way in WAYS:
                passes(story)
                since = story.mark
                way(story, story.ann, text)
                if way is not behind_the_command:  # a command with nothing behind it is a command
                    assert said_since(story, since) == [NO_WORDS]
        kinds = "photo", "voice", "video_note", "sticker", "poll", "location", "contact", "dice", "document"
        for kind in kinds:
            for more in ({"reply_to": story.newest(CARD)["id"]}, {"where": "private"}):
                passes(story)
                since = story.mark
                story.ann.sends(kind, **more)
                assert said_since(story, since) == [NO_WORDS]
        for where in ("room", "private"):
            passes(story)
            since = story.mark
            story.ann.sends_album("look", where, story.newest(CARD)["id"] if where == "room" else None)
            passes(story)
            assert said_since(story, since) == [NO_WORDS]
        told = story.ann.taps("What did I say?").alert
        assert told == "Yours tonight: calm. The other half can follow."


ODD_ZONES = (
    "../../etc/passwd", "/etc/localtime", "posixrules", "posix/Europe/Berlin", "localtime", "Factory",
    "Europe/../Europe/Berlin", "Etc/GMT+99", "{zone}", "%s%s%s%n", "<script>", OVERRIDE, "\0", "Atlantis\0",
    "99:99", "-1", "25:00", "2" * 300, "9 " * 200, "Z" * 4_096,
)  # fmt: skip


def test_no_zone_and_no_hour_that_anybody_types_does_more_than_a_zone_or_an_hour(tmp_path: Path) -> None:
    with Story.at(tmp_path) as story:
        story.join()
        setup = story.newest("Every evening, at 21:00, by the clock of Berlin.")["id"]
        for text in ODD_ZONES:
            since = story.mark
            story.ann.says_raw(text, reply_to=setup)
            passes(story)
            for said in said_since(story, since):
                assert said.startswith((NO_SUCH_PLACE, TOO_LONG, NO_WORDS, "Every evening, at 21:00")), text
        story.ann.says_long("Z" * 5_000, reply_to=setup)
        passes(story)
        story.ann.says("20:15", reply_to=setup)
        story.ann.says("Lima", reply_to=setup)
        assert "Every evening, at 20:15, by the clock of Lima." in story.newest("Every evening")["text"]


NAMES = {
    # what somebody is called, and how that reads
    "<" * 64: "<" * 40,
    f"{OVERRIDE}Ann": f"{OVERRIDE}Ann",
    f"Ann{ISOLATE}": f"Ann{ISOLATE}",
    INVISIBLE * 8: "\u2026",
    "\u3164": "\u2026",
    "{me}": "{me}",
    "<b>Ann</b>": "<b>Ann</b>",
    "A" + "\u0336" * 63: "A" + "\u0336" * 39,
    "\U0001f54a" * 32: "\U0001f54a" * 32,
}


def test_whatever_somebody_is_called_and_however_often_that_changes_the_two_read_it(tmp_path: Path) -> None:
    with Story.at(tmp_path) as story:
        story.ann.is_called("<" * 64)
        story.ready()
        for name, reads in NAMES.items():
            story.until("21:00")
            story.ann.is_called(name)  # in the midst of the evening
            by_picker(story, story.ann, "calm", "a hug")
            by_picker(story, story.ben, "glad", "music")
            shown: list[Json] = [story.newest(REVEAL), story.newest(REVEAL, story.ben)]
            for message in shown:
                spoken = next(line for line in message["text"].splitlines() if "calm" in line)
                assert spoken.replace("\u2068", "").startswith(reads), name
                assert spoken.endswith(": calm, needing a hug.")
                assert "Ben: glad, needing music." in message["text"]
            story.until("12:30")


def odd(command: str) -> tuple[str, ...]:
    return (
        f"{command} " + " / " * 200,
        f"{command} " + "\0" * 5,
        f"{command}@{BOT.username} " + OVERRIDE,
        f"{command} " + "<" * 300,
        f"{command} \ud83d",
        f"{command.upper()} x",
        f"{command}\u00a0x",
    )


@pytest.mark.parametrize(
    "places",
    [(["room"], ["private"]), pytest.param((["room", "private"],), marks=pytest.mark.soak)],
    ids=["in turn", "in both places"],
)
def test_odd_commands_are_answered_or_not_but_never_with_a_stumble(
    tmp_path: Path, places: tuple[list[str], ...]
) -> None:
    with Story.at(tmp_path) as story:
        story.ready()
        story.until("21:00")
        next_places = cycle(places)
        for command in ("/checkin", "/settings", "/help", "/start", "/leave"):
            for text in odd(command):
                for where in next(next_places):
                    story.ann.says_raw(text, where)
                    passes(story)
        assert story.ann.taps("calm").alert
        assert story.ben.taps("Not tonight").alert
