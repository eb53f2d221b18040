"""No token, no name and nobody's words in a log, in a byte of the bot's folder, or in what the doctor says.

The worst evening for it: logging at DEBUG, a check-in that breaks with the words in its error, and kill -9
right after they arrived. The people have names here that occur nowhere by chance.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.playground.cast import BOT
from bot.shell import STUMBLED
from tests.phones import ROOT
from tests.stories import CARD, REVEAL, Story

ANN, BEN = "Annabellatrix", "Benetnaschar"
WORDS = "zirconium feeling", "obsidian need", "malachite promise", "tourmaline secret", "amazonite breaks"

# The bot as it is, but for a check-in that raises, with the words and the people in its message, on "breaks",
# on a tap on "angry" and at one ring of its clock.
BREAKING_BOT = """
import sys
from dataclasses import replace
from functools import wraps
from bot import __main__ as tend
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

tend.HOUSE = tuple(
    replace(ritual, step=breaking(ritual.step)) if ritual.name == "check_in" else ritual
    for ritual in tend.HOUSE
)
sys.exit(tend.main(["run", "--led-by", sys.argv[1]]))
"""

# The stand-in as it is, but for the names.
LAUNCHER = """
import os, sys
from dataclasses import replace
from pathlib import Path
from bot.playground import cast, play

for person, name in (("ann", sys.argv[2]), ("ben", sys.argv[3])):
    renamed = replace(cast.BY_NAME[person], first_name=name)
    cast.BY_NAME[person] = cast.BY_ID[renamed.id] = renamed
child = [sys.executable, sys.argv[1]]
folder = Path(os.environ["DATA_DIR"])
sys.exit(play(port=int(os.environ["PORT"]), data_dir=folder, bot_argv=lambda fd: [*child, str(fd)]))
"""


@pytest.fixture
def argv(tmp_path: Path) -> list[str]:
    bot = tmp_path / "breaking_bot.py"
    bot.write_text(BREAKING_BOT)
    return [sys.executable, "-c", LAUNCHER, str(bot), ANN, BEN]


def test_no_word_no_name_and_no_token_is_found_after_the_worst_evening(
    tmp_path: Path, argv: list[str]
) -> None:
    env = {"LOG_LEVEL": "DEBUG", "PYTHONPATH": str(ROOT)}
    with Story.at(tmp_path / "data", argv=argv, env=env) as story:
        story.stumbles = True
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
        assert found_in(story.folder / "stand-in", secret)  # the search itself finds what is there
        assert found_in(story.folder / "tend", "inbox")


def nothing_is_found(story: Story) -> None:
    """Look for every word, name and secret in every place."""
    told = doctors_words(story)
    for hidden in (*WORDS, ANN, BEN, BOT.token, BOT.token.partition(":")[2]):
        for form in (hidden, hidden.split()[0], repr(hidden)[1:-1]):
            assert form not in story.log
            assert form not in told
            assert found_in(story.folder / "tend", form) == []


def found_in(folder: Path, hidden: str) -> list[Path]:
    """Return the files that hold these characters, in any of the ways in which text is stored."""
    forms = [hidden.encode(code) for code in ("utf-8", "utf-16-le", "utf-32-le")]
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return [path for path in files if any(form in path.read_bytes() for form in forms)]


def doctors_words(story: Story) -> str:
    """Return what `tend doctor` says about the same folder, all of it."""
    asked = subprocess.run(
        [sys.executable, "-m", "bot", "doctor"],
        cwd=ROOT,
        env={
            **{name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")},
            "LOG_LEVEL": "DEBUG",
            "DATA_DIR": str(story.folder),
            "BOT_TOKEN": BOT.token,
            "BOT_API_URL": story.line.address,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "database" in asked.stdout, asked.stderr
    return asked.stdout + asked.stderr
