"""The rules of the house: what belongs together is there, and every line of code knows its room."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot.__main__ import command_line
from bot.couple.house import ALL_PREFERENCES, HOUSE
from bot.ritual import Ritual
from bot.rituals import RITUALS
from bot.settings import Settings
from tests.diagram import pages, updated

HOME = Path(__file__).parent.parent
SOURCES = sorted(path.relative_to(HOME).as_posix() for path in (HOME / "bot").rglob("*.py"))
SHARED = [
    path
    for path in SOURCES
    if path.startswith(("bot/engine/", "bot/storage/", "bot/telegram/"))
    or path in {"bot/shell.py", "bot/clock.py", "bot/ritual.py", "bot/arrival.py", "bot/hours.py"}
]
NOT_A_PAGE = {"privacy", "help"}  # they say themselves what they are

# Who reads a clock or the environment, and why. Everybody else is told.
READERS = {
    "bot/clock.py": "the only clock",
    "bot/settings.py": "the only reader of the environment",
    "bot/telegram/__init__.py": "sets a switch of the library before it is imported, and reads nothing",
    "bot/storage/store.py": "lets others wait for half a second at most, and tells the database's time on",
    "bot/playground/": "it plays Telegram and this machine's time, and hands its environment to the bot",
}
READING = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.monotonic",
    "time.perf_counter", "os.environ", "os.getenv",
}  # fmt: skip


def read(path: str) -> str:
    return (HOME / path).read_text()


# -- The table of contents ----------------------------------------------------


@pytest.mark.parametrize("ritual", RITUALS, ids=lambda ritual: ritual.name)
def test_a_ritual_is_a_file_a_test_and_a_page(ritual: Ritual) -> None:
    for path in (
        f"bot/rituals/{ritual.name}.py",
        f"tests/test_{ritual.name}.py",
        f"docs/rituals/{ritual.name}.md",
    ):
        assert (HOME / path).is_file(), path


def test_every_file_of_a_ritual_is_in_the_table_of_contents() -> None:
    files = {Path(path).stem for path in SOURCES if path.startswith("bot/rituals/")} - {"__init__"}
    assert files == {ritual.name for ritual in RITUALS}


def test_names_and_commands_are_unique_and_telegram_takes_them() -> None:
    commands = [name for ritual in HOUSE for name in (ritual.command, *ritual.also) if name]
    for names in ([ritual.name for ritual in HOUSE], commands):
        assert len(set(names)) == len(names)
    assert all(re.fullmatch("[a-z][a-z_]{0,31}", command) for command in commands)
    assert "start" not in commands
    assert all(ritual.command for ritual in RITUALS)


def test_an_option_is_found_by_its_name_alone() -> None:
    labels = [option.label.casefold() for wish in ALL_PREFERENCES for option in wish.options]
    assert len(set(labels)) == len(labels)


def test_the_menu_of_the_room_has_at_most_seven_commands() -> None:
    assert len([ritual for ritual in HOUSE if ritual.menu]) <= 7


def test_what_a_command_is_for_fits_a_menu() -> None:
    assert all(3 <= len(ritual.about) <= 60 for ritual in HOUSE)


@pytest.mark.parametrize(
    "ritual", [ritual for ritual in HOUSE if ritual.command], ids=lambda ritual: ritual.name
)
def test_every_command_is_in_the_docs(ritual: Ritual) -> None:
    docs = "\n".join(path.read_text() for path in [*(HOME / "docs").rglob("*.md"), HOME / "README.md"])
    assert re.search(rf"/{ritual.command}\b", docs)


@pytest.mark.parametrize(
    "ritual", [each for each in HOUSE if each.name not in NOT_A_PAGE], ids=lambda each: each.name
)
def test_a_page_says_why_it_works_this_way(ritual: Ritual) -> None:
    page = read(f"docs/rituals/{ritual.name}.md")

    assert not ritual.command or f"/{ritual.command}" in page
    assert [name for name in ritual.also if f"/{name}`" not in page] == []
    assert "## Why" in page


def test_what_answers_always_answers_always() -> None:
    """/help, /leave and /privacy answer in a silence, too; of the rituals, a pause and what steadies."""
    always = {ritual.command for ritual in HOUSE if ritual.always}
    assert {"help", "leave", "privacy"} <= always
    assert always & {ritual.command for ritual in RITUALS} == {"pause", "breathe", "ground"}


def test_every_diagram_shows_what_the_code_does() -> None:
    """`python -m tests.diagram` draws it anew."""
    drawn = list(pages())
    assert len(drawn) >= len(RITUALS)
    for path, ritual in drawn:
        assert path.read_text() == updated(path.read_text(), ritual), path.name


# -- Who knows what -----------------------------------------------------------


@pytest.mark.parametrize("path", SHARED)
def test_no_shared_file_knows_a_ritual_by_name(path: str) -> None:
    names = {name for ritual in RITUALS for name in (ritual.name, ritual.command)}
    said = {
        node.value
        for node in ast.walk(ast.parse(read(path)))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    imported = {
        node.module
        for node in ast.walk(ast.parse(read(path)))
        if isinstance(node, ast.ImportFrom) and node.module
    }
    assert not names & said
    assert not [module for module in imported if module.startswith("bot.rituals.")]


@pytest.mark.parametrize("path", SOURCES)
def test_clocks_and_the_environment_are_read_in_one_place(path: str) -> None:
    read_here = {
        f"{node.value.id}.{node.attr}"
        for node in ast.walk(ast.parse(read(path)))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }
    read_here |= {
        f"{node.module}.{each.name}"
        for node in ast.walk(ast.parse(read(path)))
        if isinstance(node, ast.ImportFrom)
        for each in node.names
    }
    assert path.startswith(tuple(READERS)) or not read_here & READING


def test_imports_go_downwards_only() -> None:
    linter = Path(sys.executable).with_name("lint-imports")

    checked = subprocess.run(
        [linter, "--no-cache", "--no-logo"], cwd=HOME, capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("path", [path for path in SOURCES if not path.startswith("bot/playground/")])
def test_there_is_no_drawer_for_odds_and_ends(path: str) -> None:
    assert not set(Path(path).parts) & {
        f"{name}.py" for name in ("utils", "helpers", "common", "constants", "models", "managers", "misc")
    }


# -- What the host reads ------------------------------------------------------


@pytest.mark.parametrize("setting", Settings.model_fields)
def test_every_setting_is_explained(setting: str) -> None:
    assert f"`{setting.upper()}`" in read("docs/running.md")


@pytest.mark.parametrize("setting", Settings.model_fields)
def test_a_default_in_the_docs_is_the_default(setting: str) -> None:
    row = re.search(rf"^\| `{setting.upper()}` \| ([^|]*) \|", read("docs/running.md"), re.MULTILINE)
    default = Settings.model_fields[setting].default

    assert row
    if isinstance(default, int | float) or (isinstance(default, str) and default):
        assert row[1].strip("` ") == str(default)


def test_every_number_in_the_docs_is_the_number_in_the_code() -> None:
    from bot import hours, shell  # noqa: PLC0415 - beside what it is compared with
    from bot.rituals import check_in  # noqa: PLC0415 - the same

    page = read("docs/running.md")
    for told, number in (
        ("an answer | at most {} characters", shell.LONGEST_ANSWER),
        ("people's words in one message | at most {}", shell.MOST_WORDS),
        ("the check-in's window | {} hours", int(check_in.WINDOW.total_seconds() // 3600)),
        ("its one reminder | after {} hour", int(check_in.REMINDER.total_seconds() // 3600)),
        ("late is said | after {} minutes", int(hours.LATE.total_seconds() // 60)),
        ("an opening is skipped | when less than {} minutes", int(hours.TOO_SHORT.total_seconds() // 60)),
    ):
        assert told.format(number) in page


def test_every_command_of_the_host_is_explained() -> None:
    parser = command_line()
    commands = next(action.choices for action in parser._actions if action.choices)
    docs = read("README.md") + read("docs/running.md")

    for command in commands:
        assert f"tend {command}" in docs
