"""Scripts: what people do and when, as one would tell it. They lie in `scripts/`, one plain file each.

A line is one of these; the first `#` names the script, blank lines and other `#` are for those who read.

    > In the evening each names one feeling.    is told beside the phones
    == Monday 21:00                             time: or "21:00", "tomorrow 08:00", "+30 minutes", "next"
    Ann taps: calm                              the newest button that reads so
    Ann, alone, says: /start lane               in her private chat with the bot
    Ben answers: It was a long day.             as a reply to the bot's newest message there
    Ann taps, if asked: I'm in                  left out when there is no such button
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

FOLDER = Path(__file__).parent / "scripts"
ACT = re.compile(
    r"(?P<who>\w+)(?P<alone>, alone,)? (?P<does>taps|says|answers)(?P<maybe>, if asked)?: (?P<words>.+)"
)
SPAN = re.compile(r"\+(\d+) (minutes?|hours?|days?)")


@dataclass(frozen=True)
class Act:
    """Somebody does something."""

    who: str
    does: str
    words: str
    where: str
    if_asked: bool
    line: str


@dataclass(frozen=True)
class Passing:
    """Time passes: for a span, to a moment in words, or to whatever is next."""

    line: str
    span: timedelta | None = None


@dataclass(frozen=True)
class Telling:
    """Something is told to those who look on."""

    line: str


Step = Act | Passing | Telling


@dataclass(frozen=True)
class Script:
    """A script."""

    name: str
    title: str
    steps: tuple[Step, ...]


def titles() -> dict[str, str]:
    """Return what every script that lies here is called, by the name of its file."""
    return {
        path.stem: _title(path.read_text(encoding="utf-8"), path.stem)
        for path in sorted(FOLDER.glob("*.txt"))
    }


def script(name: str) -> Script:
    """Read one of them, as it lies there now. Raises ValueError as `read_script` does."""
    return read_script(name, (FOLDER / f"{name}.txt").read_text(encoding="utf-8"))


def read_script(name: str, text: str) -> Script:
    """Read a script. Raises ValueError with the number of a line that says nothing known."""
    lines = ((number, line.strip()) for number, line in enumerate(text.splitlines(), 1))
    steps = tuple(_step(number, line) for number, line in lines if line and not line.startswith("#"))
    return Script(name, _title(text, name), steps)


def _title(text: str, name: str) -> str:
    lines = (line.strip() for line in text.splitlines())
    return next((line.removeprefix("#").strip() for line in lines if line.startswith("#")), name)


def _step(number: int, line: str) -> Step:
    if line.startswith("> "):
        return Telling(line[2:].strip())
    if line.startswith("== "):
        when = line[3:].strip()
        return Passing(when, _span(when))
    found = ACT.fullmatch(line)
    if found is None:
        raise ValueError(f"Line {number} is no step of a script: {line}")
    where = "private" if found["alone"] else "room"
    return Act(found["who"].lower(), found["does"], found["words"], where, bool(found["maybe"]), line)


def _span(when: str) -> timedelta | None:
    found = SPAN.fullmatch(when)
    if found is None:
        return None
    unit = found[2] if found[2].endswith("s") else f"{found[2]}s"
    return timedelta(**{unit: int(found[1])})
