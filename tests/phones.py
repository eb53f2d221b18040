"""The phones of the cast, for tests: the control API of `make play` as plain synchronous calls.

A test starts a `Play`, lets Ann and Ben say and tap, moves the clock, and looks at what they read.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import httpx

from tests.nursery import Born

THE_PLAY = sys.executable, "-m", "bot", "play"
STARTS_WITHIN = 60.0
ANSWERS_WITHIN = 600.0  # a jump over weeks is one call
Json = dict[str, Any]
Notice = Literal["to", "from", "member"]


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
        """Do something; the body goes in ASCII, which can also say half a surrogate pair."""
        ours = {"Content-Type": "application/json"}
        return self._read(self._http.post(path, content=json.dumps(body), headers=ours))

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

    def joins(self, by: str | None = None, room: str | None = None) -> None:
        """Come into one's room, or another, by oneself or added by somebody."""
        self._line.post("/play/member", who=self.who, joins=True, by=by, room=room)

    def leaves(self, by: str | None = None, room: str | None = None) -> None:
        """Go out of it, by oneself or removed by somebody."""
        self._line.post("/play/member", who=self.who, joins=False, by=by, room=room)

    def is_admin(self, by: str | None = None, *, really: bool = True) -> None:
        """Be an admin of one's room from now on, or a plain member again; else its maker does it."""
        self._line.post("/play/member", who=self.who, admin=really, by=by)

    def blocks(self, *, really: bool = True) -> None:
        """Block the bot in private, or let it in again."""
        self._line.post("/play/member", who=self.who, blocks=really)

    # -- As groups are: other voices, other kinds of messages ------------------

    def sends(self, kind: str, where: str = "room", caption: str = "", **more: Any) -> int:  # noqa: ANN401
        """Send what is no text: photo, voice, video_note, sticker, poll, location, contact, dice, ..."""
        body = {"who": self.who, "where": where, "kind": kind, "caption": caption, **more}
        number: int = self._line.post("/play/send", **body)["id"]
        return number

    def sends_photo(self, caption: str = "", where: str = "room", reply_to: int | None = None) -> int:
        """Send a picture."""
        return self.sends("photo", where, caption, reply_to=reply_to)

    def sends_voice(self, where: str = "room", reply_to: int | None = None) -> int:
        """Send a voice message."""
        return self.sends("voice", where, reply_to=reply_to)

    def sends_album(
        self, caption: str = "", where: str = "room", reply_to: int | None = None
    ) -> tuple[int, int]:
        """Send two pictures at once, which are two messages; the caption stands below the first."""
        body = {"who": self.who, "where": where, "kind": "album", "caption": caption, "reply_to": reply_to}
        first, second = self._line.post("/play/send", **body)["ids"]
        return first, second

    def says_so(self, text: str, where: str = "room", **how: Any) -> int:  # noqa: ANN401
        """Say something in a special way: any field of /play/say."""
        number: int = self._line.post("/play/say", who=self.who, where=where, text=text, **how)["id"]
        return number

    def says_at(self, text: str, **how: Any) -> datetime:  # noqa: ANN401
        """Say something, and return when it was there, by the clock of the play."""
        said = self._line.post("/play/say", who=self.who, where="room", text=text, **how)
        return datetime.fromisoformat(said["at"])

    def says_raw(self, text: str, where: str = "room", reply_to: int | None = None) -> int:
        """Say what no phone would send: every code point as it is, NUL and half a surrogate pair too."""
        return self.says_so(text, where, reply_to=reply_to, raw=True)

    def says_long(self, text: str, where: str = "room", reply_to: int | None = None) -> list[int]:
        """Say more than a message holds; it goes in parts."""
        body = {"who": self.who, "where": where, "text": text, "reply_to": reply_to, "split": True}
        ids: list[int] = self._line.post("/play/say", **body)["ids"]
        return ids

    def says_in(self, topic: int, text: str, reply_to: int | None = None) -> int:
        """Say something in a topic of the room."""
        return self.says_so(text, topic=topic, reply_to=reply_to)

    def speaks_as_the_group(self, text: str, reply_to: int | None = None) -> int:
        """Speak as an anonymous admin; the room must be a supergroup, and one its admin."""
        return self.says_so(text, reply_to=reply_to, **{"as": "group"})

    def speaks_as_a_channel(self, text: str, reply_to: int | None = None) -> int:
        """Speak as a channel; the room must be a supergroup."""
        return self.says_so(text, reply_to=reply_to, **{"as": "channel"})

    def posts_in_the_linked_channel(self, text: str) -> int:
        """Post in a channel, which Telegram forwards into the room; that must be a supergroup."""
        return self.says_so(text, **{"as": "linked_channel"})

    def forwards(self, text: str, of: str = "user", where: str = "room", reply_to: int | None = None) -> int:
        """Forward words of a user, a hidden_user, a chat or a channel."""
        return self.says_so(text, where, forwarded=of, reply_to=reply_to)

    def says_via_a_bot(self, text: str, where: str = "room", reply_to: int | None = None) -> int:
        """Say something through another bot's inline mode."""
        return self.says_so(text, where, via_bot=True, reply_to=reply_to)

    def replies_to_what_is_gone(self, text: str, reply_to: int, where: str = "room") -> int:
        """Answer a message that was deleted or vanished while one wrote."""
        return self.says_so(text, where, reply_to=reply_to, gone=True)

    def taps_what_is_gone(self, data: str, message: int, where: str = "room") -> Answer:
        """Tap a button of a message that was deleted or vanished the moment before."""
        body = {"who": self.who, "where": where, "message": message, "data": data, "gone": True}
        return Answer(**self._line.post("/play/tap", **body))

    def deletes(self, message: int, where: str = "room") -> None:
        """Take a message away for everybody: one's own, any in private, any as an admin."""
        self._line.post("/play/delete", who=self.who, where=where, message=message)

    def speaks(self, language: str | None) -> None:
        """Have a phone in another language from now on, or in one that Telegram does not know."""
        self._line.post("/play/person", who=self.who, language=language)

    def is_called(self, first_name: str) -> None:
        """Be called otherwise from now on."""
        self._line.post("/play/person", who=self.who, first_name=first_name)

    # -- Looking ----------------------------------------------------------------

    def reads(self, where: str, *, wait: bool = True) -> list[Json]:
        """Return the messages that this phone shows, once all is quiet or at once."""
        messages: list[Json] = self._line.get("/play/messages", who=self.who, where=where, wait=wait)
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

    def bot_is_off(self, by: str = "PT0S") -> None:
        """Set the bot's own clock off from this one by a span like P1D or -PT1H, or put it right."""
        self._line.post("/play/clock", bot=by)

    def _now(self, **body: str) -> str:
        return str(self._line.post("/play/clock", **body)["now"])


class Play:
    """A stand-in, and (when it was started here) its process."""

    def __init__(self, address: str, process: Born | None = None) -> None:
        self.line = Line(address)
        self.process = process
        self.clock = Clock(self.line)
        self.ann, self.ben, self.cleo, self.dora, self.eli = (
            Phone(self.line, who) for who in ("ann", "ben", "cleo", "dora", "eli")
        )
        self.rosie = Phone(self.line, "rosie")  # another bot

    @classmethod
    def start(
        cls, data_dir: Path, env: Mapping[str, str] | None = None, argv: Sequence[str] | None = None
    ) -> Self:
        """Start `python -m bot play` on a free loopback port, and wait until both processes are up."""
        port = free_port()
        data_dir.mkdir(parents=True, exist_ok=True)
        with (data_dir / "play.log").open("ab") as log:
            settings = {"PORT": str(port), "DATA_DIR": str(data_dir), **(env or {})}
            process = Born(argv or THE_PLAY, os.environ | settings, {1: log.fileno(), 2: log.fileno()})
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

    def start_bot(self, *, wait: bool = True) -> None:
        """Start the bot again."""
        self.line.post("/play/bot", do="start", wait=wait)

    # -- Trouble, and looking behind ------------------------------------------

    def fault(
        self,
        kind: str,
        method: str = "*",
        count: int | None = None,
        retry_after: int = 1,
        chat: int | str | None = None,
        lasts: str | None = None,
        says: str | None = None,
    ) -> None:
        """Let calls of a method go wrong: the next, the next `count`, or all for as long as it `lasts`.

        A 429 for a `chat` ("*" for all) without a count holds until `retry_after` seconds have passed.
        """
        wanted = {"method": method, "count": count, "chat": chat, "for": lasts, "says": says}
        given = {name: value for name, value in wanted.items() if value is not None}
        self.line.post("/play/fault", kind=kind, retry_after=retry_after, **given)

    def mend(self) -> None:
        """Let nothing go wrong any more."""
        self.line.post("/play/fault", mend=True)

    def network(self, *, gone: bool, how: str = "cut", wait: bool = True) -> None:
        """Let the network go (every call is cut, or hangs), or come back."""
        self.line.post("/play/network", gone=gone, how=how, wait=wait)

    def limits(self, *, enforced: bool = True) -> None:
        """Refuse what is faster than Telegram's published pace, or only count it."""
        self.line.post("/play/limits", enforced=enforced)

    def calls(
        self, method: str | None = None, since: int = 0, chat: int | None = None, **more: bool
    ) -> list[Json]:
        """Return the bot's calls, all or those of one method, of one chat."""
        wanted = {"since": since, "method": method, "chat": chat, **more}
        query = {name: value for name, value in wanted.items() if value is not None}
        calls: list[Json] = self.line.get("/play/calls", **query)
        return calls

    def count_of_calls(
        self, method: str | None = None, since: int = 0, chat: int | None = None, **more: bool
    ) -> Json:
        """Return how many there are, the number of the newest, and how many there ever were by method."""
        wanted = {"since": since, "method": method, "chat": chat, "count": True, **more}
        query = {name: value for name, value in wanted.items() if value is not None}
        counted: Json = self.line.get("/play/calls", **query)
        return counted

    def pace(self, *, anew: bool = False) -> Json:
        """Return the most messages that any second and any minute has seen; and count anew after that."""
        summary: Json = self.line.get("/play/pace", anew=anew)
        return summary

    # -- Rooms ------------------------------------------------------------------

    def room_of(self, who: str = "ann") -> Json:
        """Return what kind of chat somebody's room is now, and who is in it."""
        room: Json = self.line.get("/play/room", who=who)
        return room

    def chat_of(self, who: str = "ann") -> int:
        """Return the id of the chat that is somebody's room now."""
        chat: int = self.room_of(who)["chat"]
        return chat

    def bot_in_room(self, who: str, bot: str = "joins", **more: bool) -> None:
        """Bring the bot into somebody's room, or change what it is there."""
        self.line.post("/play/room", who=who, bot=bot, **more)

    def restricts_bot(self, who: str = "ann", *, can_send: bool = False, is_member: bool = True) -> None:
        """Restrict the bot in somebody's room, which must be a supergroup."""
        self.bot_in_room(who, "restricted", can_send=can_send, is_member=is_member)

    def mutes(self, who: str = "ann", *, really: bool = True) -> None:
        """Let only admins write in somebody's room: a bot that is a plain member may not."""
        self.line.post("/play/room", who=who, muted=really)

    def another_bot_writes(self, who: str) -> None:
        """Let another bot write last in somebody's room."""
        self.line.post("/play/room", who=who, other_bot_writes=True)

    def migrates(
        self, who: str = "ann", notices: Sequence[Notice] = ("to", "from"), *, wait: bool = True
    ) -> int:
        """Let somebody's room become a supergroup, which the bot hears by these notices; return its id."""
        body = {"who": who, "migrates": True, "notices": list(notices), "wait": wait}
        chat: int = self.line.post("/play/room", **body)["chat"]
        return chat

    def tells_of_migration(self, who: str = "ann", notices: Sequence[Notice] = ("to", "from")) -> None:
        """Tell the bot, or tell it again, that somebody's room has moved."""
        self.line.post("/play/room", who=who, notices=list(notices))

    def becomes_a_forum(self, who: str = "ann", *, really: bool = True) -> None:
        """Let somebody's room have topics; it must be a supergroup."""
        self.line.post("/play/room", who=who, forum=really)

    def topic(self, name: str, who: str = "ann") -> int:
        """Begin a topic in somebody's room, and return its id."""
        number: int = self.line.post("/play/topic", who=who, begins=name)["topic"]
        return number

    def changes_topic(self, topic: int, how: str, who: str = "ann") -> None:
        """Let a topic be one that somebody closes, reopens or deletes."""
        self.line.post("/play/topic", who=who, **{how: topic})

    def auto_delete(self, seconds: int, who: str = "ann", where: str = "room") -> None:
        """Let messages of a chat vanish after so many seconds; 0 ends it."""
        self.line.post("/play/room", who=who, where=where, auto_delete=seconds)

    # -- Many people ------------------------------------------------------------

    def phone(self, who: str) -> Phone:
        """Return the phone of anybody."""
        return Phone(self.line, who)

    def strangers(self, count: int, *, wait: bool = True) -> list[Phone]:
        """Let so many strangers press Start at once."""
        names = self.line.post("/play/many", strangers=count, wait=wait)["strangers"]
        return [self.phone(name) for name in names]

    def couples(self, count: int, *, wait: bool = True) -> list[tuple[Phone, Phone]]:
        """Let so many couples come, each with a room that the bot is in."""
        made = self.line.post("/play/many", couples=count, wait=wait)["couples"]
        return [(self.phone(couple["who"][0]), self.phone(couple["who"][1])) for couple in made]

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
