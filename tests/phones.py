"""The phones of the cast, for tests: the control API of `make play` as plain synchronous calls.

A test starts a `Play`, lets Ann and Ben say and tap, moves the clock, and looks at what they read.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

ROOT = Path(__file__).parents[1]
STARTS_WITHIN = 60.0
ANSWERS_WITHIN = 600.0  # a jump over weeks is one call
Json = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What a phone shows after a tap."""

    alert: str | None
    url: str | None


class Refusal(AssertionError):  # noqa: N818  (it is an answer)
    """The stand-in would not do it; the message is its sentence, the status is HTTP's."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(f"{status}: {sentence}")
        self.status = status
        self.sentence = sentence


class Line:
    """HTTP to one stand-in."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._http = httpx.Client(base_url=address, timeout=ANSWERS_WITHIN, trust_env=False)

    def get(self, path: str, **query: str | int) -> Any:  # noqa: ANN401  (JSON)
        """Look at something."""
        return self._read(self._http.get(path, params=query))

    def post(self, path: str, **body: Any) -> Any:  # noqa: ANN401  (JSON)
        """Do something."""
        return self._read(self._http.post(path, json=body))

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    @staticmethod
    def _read(response: httpx.Response) -> Any:  # noqa: ANN401  (JSON)
        body = response.json()
        if response.is_error:
            raise Refusal(response.status_code, body["error"])
        return body


class Phone:
    """One person's phone."""

    def __init__(self, line: Line, who: str) -> None:
        self._line = line
        self.who = who

    def says(self, text: str, where: str = "room", reply_to: int | None = None, **more: bool) -> int:
        """Send a message, and return its id."""
        body = self._line.post("/play/say", who=self.who, where=where, text=text, reply_to=reply_to, **more)
        number: int = body["id"]
        return number

    def edits(self, message: int, text: str, where: str = "room") -> None:
        """Change a message of one's own."""
        self._line.post("/play/edit", who=self.who, where=where, message=message, text=text)

    def taps(self, label: str, where: str = "room", message: int | None = None, **more: bool) -> Answer:
        """Tap the newest button with that label, or the one below a message."""
        body = {"who": self.who, "where": where, "label": label, "message": message}
        return Answer(**self._line.post("/play/tap", **body, **more))

    def forges(self, data: str, message: int, where: str = "room", *, forged: bool = False) -> Answer:
        """Tap with data of one's own making; `forged`: below a message one does not see."""
        body = {"who": self.who, "where": where, "message": message, "data": data, "forged": forged}
        return Answer(**self._line.post("/play/tap", **body))

    def joins(self) -> None:
        """Come into one's room."""
        self._line.post("/play/member", who=self.who, joins=True)

    def leaves(self) -> None:
        """Go out of one's room."""
        self._line.post("/play/member", who=self.who, joins=False)

    def blocks(self, *, really: bool = True) -> None:
        """Block the bot in private, or let it in again."""
        self._line.post("/play/member", who=self.who, blocks=really)

    def reads(self, where: str) -> list[Json]:
        """Return the messages that this phone shows."""
        messages: list[Json] = self._line.get("/play/messages", who=self.who, where=where)
        return messages

    @property
    def room(self) -> list[Json]:
        """The room, as this person sees it."""
        return self.reads("room")

    @property
    def private(self) -> list[Json]:
        """This person's private chat with the bot."""
        return self.reads("private")

    def texts(self, where: str = "room") -> list[str]:
        """Return what stands in the messages."""
        return [message["text"] for message in self.reads(where)]

    def buttons(self, where: str = "room") -> list[str]:
        """Return the labels of all buttons, top to bottom."""
        return [label for message in self.reads(where) for row in message["buttons"] for label in row]


class Clock:
    """The clock of the play."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def by(self, span: str) -> str:
        """Move on by a span like PT1H; return the time in the couple's zone."""
        return self._now(by=span)

    def to(self, moment: str) -> str:
        """Move on to a moment."""
        return self._now(to=moment)

    def next(self) -> str:
        """Move on to the next instant at which the bot has something to do."""
        return self._now(to="next")

    def now(self) -> str:
        """Return the time in the couple's zone."""
        return str(self._line.get("/play/state")["now"])

    def _now(self, **body: str) -> str:
        return str(self._line.post("/play/clock", **body)["now"])


class Play:
    """A stand-in, and (when it was started here) its process."""

    def __init__(self, address: str, process: subprocess.Popen[bytes] | None = None) -> None:
        self.line = Line(address)
        self.process = process
        self.clock = Clock(self.line)
        self.ann, self.ben, self.cleo, self.dora, self.eli = (
            Phone(self.line, who) for who in ("ann", "ben", "cleo", "dora", "eli")
        )

    @classmethod
    def start(
        cls, data_dir: Path, env: Mapping[str, str] | None = None, argv: Sequence[str] | None = None
    ) -> Self:
        """Start `python -m bot play` on a free loopback port, and wait until both processes are up."""
        port = free_port()
        data_dir.mkdir(parents=True, exist_ok=True)
        with (data_dir / "play.log").open("ab") as log:
            process = subprocess.Popen(
                argv or [sys.executable, "-m", "bot", "play"],
                cwd=ROOT,
                env={**os.environ, "PORT": str(port), "DATA_DIR": str(data_dir), **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        play = cls(f"http://127.0.0.1:{port}", process)
        try:
            play.wait_until_up()
        except BaseException:
            play.close()
            raise
        return play

    def wait_until_up(self) -> None:
        """Wait for /healthz; a bot that ended by itself fails at once, with its reason."""
        end = time.monotonic() + STARTS_WITHIN
        said = "nothing answered"
        while time.monotonic() < end:
            if self.process is not None and self.process.poll() is not None:
                raise AssertionError(f"The stand-in ended with status {self.process.returncode}.")
            try:
                self.line.get("/healthz")
            except Refusal as refusal:
                said = refusal.sentence
                if "by itself" in said:
                    raise
            except httpx.TransportError:
                pass
            else:
                return
            time.sleep(0.05)  # the only wait in real time: a process is starting
        raise AssertionError(f"The stand-in did not come up: {said}")

    # -- The bot's process ----------------------------------------------------

    def kill(self) -> None:
        """Kill the bot with SIGKILL."""
        self.line.post("/play/bot", do="kill")

    def term(self) -> None:
        """End the bot with SIGTERM."""
        self.line.post("/play/bot", do="term")

    def start_bot(self) -> None:
        """Start the bot again."""
        self.line.post("/play/bot", do="start")

    # -- Trouble, and looking behind ------------------------------------------

    def fault(self, kind: str, method: str = "*", count: int = 1, retry_after: int = 1) -> None:
        """Let the next calls of a method go wrong."""
        self.line.post("/play/fault", kind=kind, method=method, count=count, retry_after=retry_after)

    def bot_in_room(self, who: str, bot: str = "joins") -> None:
        """Bring the bot into somebody's room, or change what it is there."""
        self.line.post("/play/room", who=who, bot=bot)

    def another_bot_writes(self, who: str) -> None:
        """Let another bot write last in somebody's room."""
        self.line.post("/play/room", who=who, other_bot_writes=True)

    def calls(self, method: str | None = None, since: int = 0) -> list[Json]:
        """Return the bot's calls, all or those of one method."""
        calls: list[Json] = self.line.get("/play/calls", since=since)
        return [call for call in calls if method in {None, call["method"]}]

    # -- The end --------------------------------------------------------------

    def close(self) -> int | None:
        """End the stand-in, which ends the bot first; return its exit status."""
        self.line.close()
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def free_port() -> int:
    """Return a loopback port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
