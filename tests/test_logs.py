"""Logs that cannot carry words: only places, kinds and our own sentences are printed, whoever logs."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.logs import QUIET, Wordless, log_to_stderr, trace_of

TOKEN = "5100000001:AAsecret_secret_secret"  # noqa: S105 - it opens nothing
FOREIGN = [
    "telegram.ext.Application", "aiohttp.client", "httpx", "httpcore.connection", "apscheduler.executors",
    "sqlalchemy.engine", "alembic.runtime", "asyncio", "uvicorn.error", "root", "a.library.of.next.year",
    "bottle", "py.warnings",
]  # fmt: skip


class Said:
    """Something whose text is somebody's words."""

    def __str__(self) -> str:
        return "ZEBRA"

    __repr__ = __str__


@pytest.fixture
def restored() -> Iterator[None]:
    """Leave the logging of the other tests as it was."""
    root = logging.getLogger()
    handlers, level, raises = root.handlers[:], root.level, logging.raiseExceptions
    quiet = {name: logging.getLogger(name).level for name in QUIET}
    yield
    root.handlers[:], root.level, logging.raiseExceptions = handlers, level, raises
    for name, was in quiet.items():
        logging.getLogger(name).setLevel(was)


def stumble() -> None:
    raise RuntimeError("ZEBRA", Said()) from KeyError("ZEBRA")


def printed(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().err


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("name", FOREIGN)
@pytest.mark.usefixtures("restored")
def test_other_peoples_messages_and_what_is_in_them_are_never_printed(
    capsys: pytest.CaptureFixture[str], name: str, *, as_json: bool
) -> None:
    log_to_stderr("DEBUG", as_json=as_json, secret=TOKEN)
    log = logging.getLogger(None if name == "root" else name)
    log.error("Update %r failed: ZEBRA", Said(), extra={"update": "ZEBRA"})
    log.critical("ZEBRA")
    try:
        stumble()
    except RuntimeError:
        log.exception("ZEBRA %s", Said(), stack_info=True)
    said = printed(capsys)
    assert said
    assert "ZEBRA" not in said
    assert "a note at test_logs" in said


@pytest.mark.usefixtures("restored")
def test_what_is_not_amiss_elsewhere_is_not_printed_at_all(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr("DEBUG", as_json=False, secret=TOKEN)
    for name in ("httpx", "telegram.bot", "apscheduler", "sqlalchemy.engine.Engine", "httpcore.http11"):
        logging.getLogger(name).info("GET https://api.telegram.org/bot%s/getMe", TOKEN)
    assert printed(capsys) == ""


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.usefixtures("restored")
def test_our_own_sentences_are_printed_and_the_token_in_them_is_not(
    capsys: pytest.CaptureFixture[str], *, as_json: bool
) -> None:
    log_to_stderr("INFO", as_json=as_json, secret=TOKEN)
    logging.getLogger("bot.engine").info("a call to %s/bot%s failed", "there", TOKEN)
    said = printed(capsys)
    assert "a call to there/bot… failed" in (json.loads(said)["message"] if as_json else said)
    assert TOKEN not in said


@pytest.mark.usefixtures("restored")
def test_the_token_is_struck_out_of_names_and_addresses_that_hold_it_encoded(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log_to_stderr("INFO", as_json=False, secret=TOKEN)
    logging.getLogger("bot.x").info("%s", httpx.URL(f"https://api.telegram.org/bot{TOKEN}/getMe"))
    assert "secret_secret" not in printed(capsys)


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.usefixtures("restored")
def test_the_message_of_an_error_is_never_printed_and_its_place_is(
    capsys: pytest.CaptureFixture[str], *, as_json: bool
) -> None:
    log_to_stderr("INFO", as_json=as_json, secret=TOKEN)

    try:
        stumble()
    except RuntimeError:
        logging.getLogger("bot.engine").exception("a step failed")
    said = printed(capsys)
    assert "ZEBRA" not in said
    assert "a step failed (RuntimeError at " in said
    assert "stumble:" in said
    assert said.count("\n") == 1


@given(
    st.text(st.characters(exclude_categories=())),
    st.sampled_from(["bot.engine", "httpx"]),
    st.sampled_from([logging.INFO, logging.ERROR]),
)
def test_a_line_of_json_is_always_one_line_of_json(message: str, name: str, level: int) -> None:
    record = logging.LogRecord(name, level, "somewhere.py", 3, message.replace("%", "%%"), (), None)
    line = Wordless(as_json=True, secret=TOKEN).format(record)
    assert "\n" not in line
    read: dict[str, Any] = json.loads(line)
    assert set(read) == {"at", "level", "from", "message"}
    line.encode()


@pytest.mark.usefixtures("restored")
def test_a_message_that_does_not_fit_its_arguments_does_not_leak_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log_to_stderr("INFO", as_json=False, secret=TOKEN)
    logging.getLogger("bot.engine").error("one %s two %s", Said())  # noqa: PLE1206 - that is the point
    said = printed(capsys)
    assert "ZEBRA" not in said
    assert "a note at test_logs" in said


def test_a_line_of_text_is_one_line() -> None:
    record = logging.LogRecord("bot.x", logging.INFO, "x.py", 3, "a\nb\r\nc", (), None)
    assert len(Wordless(as_json=False, secret="").format(record).splitlines()) == 1


def test_where_an_error_came_from_needs_no_trace() -> None:
    assert trace_of(ValueError("ZEBRA")) == "ValueError at "
