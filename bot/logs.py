"""Logs that cannot carry words: of other people's code only the place is logged, of errors only their kind.

The libraries below log addresses with the token in them, whole updates, and parameters of queries. So their
messages are never printed, at any level.
"""

import json
import logging
from datetime import UTC, datetime

QUIET = (
    "telegram",
    "aiohttp",
    "httpx",
    "httpcore",
    "apscheduler",
    "sqlalchemy",
    "alembic",
    "asyncio",
    "uvicorn",
    "urllib3",
)


class Wordless(logging.Formatter):
    """Formats a record as one line of text or of JSON, without anybody's words and without the token."""

    def __init__(self, *, as_json: bool, secret: str) -> None:
        super().__init__()
        self._as_json, self._secret = as_json, secret

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        ours = record.name.split(".")[0] in {"bot", "__main__"}
        said = _message(record) if ours else _place(record)
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            said = f"{said} ({trace_of(error)})"
        if self._secret:
            said = said.replace(self._secret, "…")
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        if self._as_json:
            return json.dumps({"at": at, "level": record.levelname, "from": record.name, "message": said})
        return f"{at} {record.levelname:7} {record.name}: {' '.join(said.splitlines())}"


def log_to_stderr(level: str, *, as_json: bool, secret: str) -> None:
    """Log to standard error from now on; other people's code only what is amiss."""
    logging.raiseExceptions = False  # what goes wrong while logging would be printed with all values
    handler = logging.StreamHandler()
    handler.setFormatter(Wordless(as_json=as_json, secret=secret))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - values that do not fit their template, and their texts may be words
        return _place(record)


def _place(record: logging.LogRecord) -> str:
    return f"a note at {record.module}:{record.lineno}"


def trace_of(error: BaseException) -> str:
    """Return where an error came from, without its message: that may hold words."""
    places = []
    step = error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        places.append(f"{code.co_name}:{step.tb_lineno}")
        step = step.tb_next
    return f"{type(error).__name__} at {' > '.join(places[-4:])}"
