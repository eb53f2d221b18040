"""What the whole-bot stories share: the couple's verbs, what anybody could see, and the laws of every story.

A `Story` is a `Play` whose good end is checked: every call of the bot fits the published schema, no tap was
answered twice, nobody met a stumble, and the log holds no error. So no story can forget it.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import create_engine, text

from bot.playground.cast import BOT, BY_ID, BY_NAME, ROOM_BY_NAME
from bot.shell import STUMBLED
from tests.nursery import Born
from tests.phones import Answer, Json, Line, Phone, Play
from tests.schema import check_calls
from tests.tellings import IN_ENGLISH, THE_BOT, Interpreter, NoInterpreter, Telling, interpreter

BERLIN = ZoneInfo("Europe/Berlin")
HOME, NEST = ROOM_BY_NAME["Home"].id, ROOM_BY_NAME["Nest"].id
CARD, REVEAL = "Your check-in", "You have both spoken."
GOOD_NIGHT, CLOSED, SHARED = (
    "That was tonight's check-in.",
    "The check-in is closed for tonight. Until",
    "The check-in is closed for tonight, and",
)
LOOK_BACK = "A look back"
GUEST = "Somebody else is in this room now."
MOST_AN_EVENING = 4
A_BREATH = "PT3S"  # after it a chat takes an edit, and a message, at once


class Writer(Phone):
    """Somebody who takes a breath over whatever they do: no test then waits for the bot's pace in a chat.

    Whatever language they live in, a test gives and gets English.
    """

    def __init__(self, line: Line, who: str, reads: Interpreter | NoInterpreter) -> None:
        super().__init__(line, who)
        self._reads = reads

    def says(self, text: str, where: str = "room", reply_to: int | None = None, **more: bool) -> int:
        """Send a message, and take a breath."""
        written = self._reads.typed(text)
        if more:
            return super().says(written, where, reply_to, **more)
        number = super().says(written, where, reply_to, wait=False)
        self._line.post("/play/clock", by=A_BREATH)
        return number

    def edits(self, message: int, text: str, where: str = "room") -> None:
        """Change a message of one's own."""
        super().edits(message, self._reads.typed(text), where)

    def taps(self, label: str, where: str = "room", message: int | None = None, **more: bool) -> Answer:
        """Take a breath, and tap the newest button with that label, or the one below a message."""
        if not more:
            self._line.post("/play/clock", by=A_BREATH)
        answer = super().taps(self._reads.written(label), where, message, **more)
        return Answer(self._reads.english(answer.alert) if answer.alert else None, answer.url)

    def forges(self, data: str, message: int, where: str = "room", *, forged: bool = False) -> Answer:
        """Tap with data of one's own making."""
        answer = super().forges(data, message, where, forged=forged)
        return Answer(self._reads.english(answer.alert) if answer.alert else None, answer.url)

    def reads(self, where: str, *, wait: bool = True) -> list[Json]:
        """Return the messages that this phone shows, Tend's in English."""
        return [
            self._in_english(one) if one["from"] == BOT.first_name else one
            for one in super().reads(where, wait=wait)
        ]

    def _in_english(self, message: Json) -> Json:
        buttons = [[self._reads.english(label) for label in row] for row in message["buttons"]]
        return message | {"text": self._reads.english(message["text"]), "buttons": buttons}


class Story(Play):
    """A play with Ann and Ben, whose end is held against the laws."""

    folder: Path
    database: str  # its address; empty where it is a file in the folder
    ends: ExitStack  # what was lent for this story
    _mark = 0
    stumbles = False  # whether this story breaks something on purpose

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.holds()
        finally:
            super().__exit__(kind, error, trace)
            self.ends.close()

    def __init__(self, address: str, process: Born | None = None) -> None:
        super().__init__(address, process)
        self.is_told(IN_ENGLISH)

    @classmethod
    def at(
        cls,
        folder: Path,
        telling: Telling = IN_ENGLISH,
        bot: Sequence[str] = THE_BOT,
        env: Mapping[str, str] | None = None,
    ) -> "Story":
        """Start one in this folder."""
        is_new = not folder.exists() or not any(folder.iterdir())
        with ExitStack() as ends:
            database = ends.enter_context(telling.database())
            story = cls.start(folder, env, telling.argv(database, bot))
            story.folder, story.database, story.ends = folder, database, ends.pop_all()
        story.is_told(telling)
        if is_new:  # at noon on a Monday, whenever it is told: weeks have their own evenings
            noon = story.now.replace(hour=12, minute=0, second=0, microsecond=0)
            monday = noon - timedelta(days=noon.weekday())
            story.clock.to((monday if monday > story.now else monday + timedelta(days=7)).isoformat())
        return story

    def is_told(self, telling: Telling) -> None:
        """Let everybody read the language of a telling."""
        self.telling, self.interpreter = telling, interpreter(telling.language)
        cast = "ann", "ben", "cleo", "dora", "eli"
        self.ann, self.ben, self.cleo, self.dora, self.eli = (
            Writer(self.line, who, self.interpreter) for who in cast
        )

    @property
    def log(self) -> str:
        """What the bot has logged."""
        return (self.folder / "stand-in" / "bot.log").read_text(encoding="utf-8")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Look into the bot's database."""
        engine = create_engine(self.database or f"sqlite:///{self.folder}/tend/tend.db")
        with engine.connect() as connection:
            found = [tuple(row) for row in connection.execute(text(query))]
        engine.dispose()
        return found

    @property
    def files(self) -> list[Path]:
        """All files of the bot, and of its database server."""
        files = files_in(self.folder / "tend")
        if self.telling.server is not None:
            self.telling.server.does("CHECKPOINT")
            files += self._files_of_the_server()
        assert files
        return files

    def _files_of_the_server(self) -> list[Path]:
        """Where a server keeps a story's database: its tables, what it wrote ahead of them, and its log."""
        ((data,),) = self.rows("SHOW data_directory")
        ((number,),) = self.rows("SELECT oid FROM pg_database WHERE datname = current_database()")
        began = self.folder.stat().st_ctime
        return [
            *files_in(Path(data, "base", str(number))),
            *(path for path in files_in(Path(data, "pg_wal")) if path.stat().st_mtime >= began),
            Path(data).with_name("server.log"),
        ]

    def holds(self) -> None:
        """Hold the whole story against the laws."""
        calls = self.calls()
        check_calls(calls)
        answered = Counter(
            call["params"]["callback_query_id"]
            for call in calls
            if call["method"] == "answerCallbackQuery" and call["answer"] and call["answer"]["ok"]
        )
        assert set(answered.values()) <= {1}
        if not self.stumbles:
            assert not re.findall(r"^.* ERROR .*$", self.log, re.MULTILINE)
            told = json.dumps([call["params"] for call in calls], ensure_ascii=False)
            assert self.interpreter.written(STUMBLED) not in told

    # -- The couple's verbs ---------------------------------------------------

    def ready(self, *choices: str, mode: str = "together", lanes: bool = True) -> None:
        """Let the two join, tap these choices on the first card, accept, and open their private chats."""
        self.join()
        for label in choices:
            self.ben.taps(label)
        self.ben.taps("Looks right")
        if lanes:
            self.ann.says("/start lane", "private")
            self.ben.says("/start lane", "private")
        if mode == "open":
            self.sets(self.ann, "Answers show", "Each as it comes")

    def join(self) -> None:
        """Let the two say that they are two."""
        self.ann.taps("I'm in")
        self.ben.taps("I'm in")
        self.ann.taps("That's us")

    def sets(self, who: Phone, page: str, label: str) -> None:
        """Change one thing in /settings."""
        who.says("/settings")
        who.taps(page)
        who.taps(label)
        who.taps("Close")

    def go_on_here(self) -> None:
        """Let both agree that Tend goes on while somebody else is in the room."""
        for one in (self.ann, self.ben):
            one.taps("Go on here")

    def breath(self) -> None:
        """Let a breath pass: the bot may then write to a chat again, and no test waits for it."""
        self.clock.by(A_BREATH)

    def other(self, one: Phone) -> Phone:
        """Return the other of the two."""
        return self.ben if one is self.ann else self.ann

    # -- Time -----------------------------------------------------------------

    @property
    def now(self) -> datetime:
        """The time in Berlin."""
        return datetime.fromisoformat(self.clock.now()).astimezone(BERLIN)

    def until(self, hour: str, days: int = 0) -> datetime:
        """Move on to the next time that a clock in Berlin shows this, or so many days after it."""
        hours, minutes = map(int, hour.split(":"))
        now = self.now
        moment = now.replace(hour=hours, minute=minutes, second=0, microsecond=0)
        moment += timedelta(days=days + (moment <= now))
        self.clock.to(moment.isoformat())
        return moment

    # -- What stands where ----------------------------------------------------

    def said(self, since: int = 0, chat: int = HOME) -> list[tuple[datetime, str]]:
        """Return when and what the bot said in a chat, oldest first, as new messages."""
        return [
            (
                datetime.fromisoformat(call["at"]).astimezone(BERLIN),
                self.interpreter.english(call["answer"]["result"]["text"]),
            )
            for call in self.calls("sendMessage", since, chat)
            if call["answer"] and call["answer"]["ok"]
        ]

    def told(self, one: Phone, since: int = 0) -> list[str]:
        """Return what the bot said to one alone, oldest first, as new messages."""
        return [text for _, text in self.said(since, BY_NAME[one.who].id)]

    @property
    def mark(self) -> int:
        """The number of the newest call."""
        self._mark = max((call["n"] for call in self.calls(since=self._mark)), default=self._mark)
        return self._mark

    def newest(self, begins: str, phone: Phone | None = None, where: str = "room") -> Json:
        """Return the newest message of the bot that begins like this."""
        messages = (phone or self.ann).reads(where)
        return next(
            message
            for message in reversed(messages)
            if message["from"] == "Tend" and message["text"].startswith(begins)
        )

    def data(self, label: str, chat: int = HOME) -> str:
        """Return what the newest button with this label carries, as somebody could copy it off the wire."""
        written = self.interpreter.written(label)
        for call in reversed(self.calls(chat=chat)):
            for row in call["params"].get("reply_markup", {}).get("inline_keyboard", []):
                for button in row:
                    if button["text"] == written and "callback_data" in button:
                        return str(button["callback_data"])
        raise AssertionError(f"No button {label!r} was sent.")

    def texts_of_tend(self) -> list[str]:
        """Return what the bot's messages in the room say now, oldest first."""
        return [message["text"] for message in self.ann.room if message["from"] == "Tend"]

    def standing(self) -> list[object]:
        """Return all that a tap or a word could have changed: both answers, and every message of the bot."""
        answers = [one.taps("What did I say?").alert for one in (self.ann, self.ben)]
        places = (self.ann.room, self.ann.private, self.ben.private)
        return [*answers, *(message for place in places for message in place if message["from"] == "Tend")]

    def crossed(self, words: str, writer: str, since: int = 0) -> list[Json]:
        """Return the calls since then that carried somebody's words to anybody else."""
        written = self.interpreter.typed(words)
        return [call for call in self.calls(since=since) if is_crossing(call, written, writer)]

    def buttons_of_tend(self) -> list[str]:
        """Return every button that any of the two still sees, but for the way to the private chat."""
        seen = [*self.ann.buttons(), *self.ann.buttons("private"), *self.ben.buttons("private")]
        return [label for label in seen if label != "Open our private chat"]


# -- Whatever comes between ----------------------------------------------------------


def put_to(*troubles: Callable[..., object]) -> pytest.MarkDecorator:
    """Put a story to these troubles in turn, one at each step; in the soak to each of them at every step."""
    alone = [pytest.param((trouble,), id=trouble.__name__, marks=pytest.mark.soak) for trouble in troubles]
    return pytest.mark.parametrize("troubles", [pytest.param(troubles, id="in turn"), *alone])


# -- Who could see what -----------------------------------------------------------


def readers(call: Json) -> set[str]:
    """Return who could read a call of the bot, Cleo included where she may be."""
    params = call["params"]
    if call["method"] == "answerCallbackQuery":
        return {BY_ID[int(params["callback_query_id"]) >> 32].name}
    chat = int(params.get("chat_id", 0))
    if chat < 0:
        return set(BY_NAME)
    return {BY_ID[chat].name} if chat in BY_ID else set()


def is_crossing(call: Json, words: str, writer: str) -> bool:
    """Whether a call carried somebody's words to anybody else."""
    carried = call["method"] != "getUpdates" and words in json.dumps(call["params"], ensure_ascii=False)
    return carried and bool(readers(call) - {writer})


def files_in(folder: Path) -> list[Path]:
    """Return all files below a folder."""
    return [path for path in folder.rglob("*") if path.is_file()]


def found_in(files: Iterable[Path], hidden: Iterable[str]) -> list[Path]:
    """Return the files that hold any of these, in any of the ways in which text is stored or written down."""
    forms = [words.encode(code) for words in hidden for code in ("utf-8", "utf-16-le", "utf-32-le")]
    forms += [form.encode() for words in hidden for form in (words.encode().hex(), repr(words)[1:-1])]
    return [
        path for path in files if any(form in content for content in [path.read_bytes()] for form in forms)
    ]


# -- Four ways to answer ----------------------------------------------------------

Way = Callable[[Story, Phone, str, str], None]


def by_picker(story: Story, one: Phone, feeling: str, need: str) -> None:
    """Tap both on the card of the room."""
    for word in (feeling, need):
        answer = one.taps(word)
        assert answer.alert is not None
        assert answer.alert.startswith(f"Kept: {word}.")
    story.breath()


def by_reply(story: Story, one: Phone, feeling: str, need: str) -> None:
    """Reply to the card of the room, twice."""
    card = story.newest(CARD)["id"]
    one.says(feeling, reply_to=card)
    one.says(need, reply_to=card)


def by_one_line(story: Story, one: Phone, feeling: str, need: str) -> None:
    """Say it with the command."""
    del story
    one.says(f"/checkin {feeling} / {need}")


def by_private_message(story: Story, one: Phone, feeling: str, need: str) -> None:
    """Go to the private chat, and write there."""
    story.breath()
    one.taps("Tell me alone")
    one.says(feeling, "private")
    one.says(need, "private")


def mine(story: Story, one: Phone) -> Answer:
    """Ask for one's own answer."""
    del story
    return one.taps("What did I say?")
