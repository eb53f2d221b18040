"""No token, no name and nobody's words in a log, in a byte of what is stored, or in what the doctor says.

The worst evening for it: logging at DEBUG, a check-in that breaks with the words in its error, kill -9 right
after they arrived, and a database server that writes down all it is asked. The people have names here that
occur nowhere by chance.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.playground.cast import BOT
from bot.shell import STUMBLED
from tests.nursery import Born
from tests.stories import CARD, REVEAL, Story, files_in, found_in
from tests.tellings import Telling

ANN, BEN = "Annabellatrix", "Benetnaschar"
WORDS = "zirconium feeling", "obsidian need", "malachite promise", "tourmaline secret", "amazonite breaks"

# The bot as it is, but for a check-in that raises, with the words and the people in its message, on "breaks",
# on a tap on "angry" and at one ring of its clock.
BREAKING_BOT = """
import sys
from dataclasses import replace
from functools import wraps
from bot import __main__ as tend
from bot import hosting
from bot.ritual import Began, Tapped, TimeCame, Wrote

def told_in(state):
    return str([yours.feeling.text for yours in state.evening.yours if yours.feeling])

def breaking(step):
    @wraps(step)
    def broken(state, event, scene):
        match event:
            case Wrote(words=words) | Began(words=words) if "breaks" in words.text:
                raise ValueError(f"{words.text} in {state} by {event.by}")
            case Tapped(item="angry"):
                raise KeyError(told_in(state))
            case TimeCame() if state is not None:
                told = told_in(state)
                raise RuntimeError(told) from ValueError(told)
        return step(state, event, scene)
    return broken

hosting.HOUSE = tuple(
    replace(ritual, step=breaking(ritual.step)) if ritual.name == "check_in" else ritual
    for ritual in hosting.HOUSE
)
sys.exit(tend.main(["run", "--led-by", sys.argv[1]]))
"""

# A server that writes down whatever it is asked, with every value.
INDISCREET = (
    "log_statement = 'all'",
    "log_min_duration_statement = 0",
    "log_parameter_max_length_on_error = -1",
    "log_error_verbosity = 'verbose'",
)


@pytest.fixture
def indiscreet(telling: Telling) -> Iterator[Telling]:
    """Let the server of a telling, where it has one, tell all."""
    if telling.server is None:
        yield telling
        return
    for setting in INDISCREET:
        telling.server.does(f"ALTER ROLE tests SET {setting}")
    yield telling
    telling.server.does("ALTER ROLE tests RESET ALL")


def test_no_word_no_name_and_no_token_is_found_after_the_worst_evening(
    tmp_path: Path, indiscreet: Telling
) -> None:
    bot = sys.executable, "-c", BREAKING_BOT
    with Story.at(tmp_path, indiscreet, bot, {"LOG_LEVEL": "DEBUG"}) as story:
        story.stumbles = True
        story.ann.is_called(ANN)
        story.ben.is_called(BEN)
        story.ready()
        story.until("21:00")
        feeling, need, promise, secret, breaks = WORDS
        card = story.newest(CARD)["id"]

        story.ann.says(feeling, reply_to=card)
        story.ann.says(breaks, reply_to=card)
        assert story.texts_of_tend()[-1] == STUMBLED
        assert story.ben.taps("angry").alert == STUMBLED
        story.ben.says(f"/checkin {breaks} / {secret}", "private")
        assert story.told(story.ben)[-1] == STUMBLED
        story.until("22:00")  # the clock rings, and the check-in breaks on it
        story.ben.says(f"/checkin {secret} / {need}", "private")
        story.ann.says(need, reply_to=card)
        assert ANN in story.newest(REVEAL)["text"]
        story.ann.says(f"When it is day, I will keep my {promise}", reply_to=story.newest(REVEAL)["id"])
        nothing_is_found(story)
        assert "KeyError at " in story.log
        assert "RuntimeError at " in story.log

        for number in range(3):
            story.ben.says(f"/checkin {secret} / {need} {number}", "private", wait=False)
        story.kill()
        nothing_is_found(story)
        story.start_bot()
        nothing_is_found(story)
        assert found_in(
            files_in(story.folder / "stand-in"), [secret]
        )  # the search itself finds what is there


def nothing_is_found(story: Story) -> None:
    """Look for every word, name and secret in every place."""
    first_words = [words.split()[0] for words in WORDS]
    hidden = [*WORDS, *first_words, ANN, BEN, BOT.token, BOT.token.partition(":")[2]]
    told = story.log + doctors_words(story)
    assert [words for words in hidden if words in told] == []
    files = story.files
    assert found_in(files, hidden) == []
    assert found_in(files, ["check_in"])  # what is no secret lies there to be read
    if story.database:
        assert "server.log" in {path.name for path in found_in(files, ["INSERT INTO inbox"])}


def doctors_words(story: Story) -> str:
    """Return what `tend doctor` says about the same folder, all of it."""
    env = {
        **{name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")},
        "LOG_LEVEL": "DEBUG",
        "DATA_DIR": str(story.folder),
        "BOT_TOKEN": BOT.token,
        "BOT_API_URL": story.line.address,
        "DATABASE_URL": story.database,
    }
    told = story.folder / "doctor.log"
    with told.open("wb") as log:
        Born([sys.executable, "-m", "bot", "doctor"], env, {1: log.fileno(), 2: log.fileno()}).wait(60)
    words = told.read_text(encoding="utf-8")
    assert "database" in words
    return words
