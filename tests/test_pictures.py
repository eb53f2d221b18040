"""A moving picture is uploaded once, sent by its name from then on, and never costs its words."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from telegram import User

from bot import pictures
from bot.metrics import Metrics
from bot.pictures import picture
from bot.playground.cast import BOT, BY_NAME
from bot.playground.files import gif
from bot.ritual import Line, Person, Say, Words, redraw, say
from bot.rituals.breathe import ENDED, IN_AND_OUT
from bot.storage import cards, outbox
from bot.storage.store import Storage, Store
from bot.storage.tables import CardRow, LineRow, PictureRow
from bot.telegram import drawing
from bot.telegram.line import Line as Reached
from bot.telegram.line import raw_bot
from bot.telegram.outbound import Sender
from bot.telegram.render import LONGEST_CAPTION, Reader, text, units
from tests.databases import Time
from tests.post import PAST
from tests.rehearsal import BERLIN
from tests.road import HOME, ME, Road
from tests.schema import check_call
from tests.wire import ANIMATION, Wire, refusal

QUICK = 0.25  # seconds a call may take
FILE: dict[str, Any] = {
    "file_name": "breathe.gif",
    "mime_type": "image/gif",
    "file_size": len(picture("breathe").body),
}
KNOWN = ANIMATION["file_id"]
WRONG_NAME = refusal(400, "Bad Request: wrong file identifier/HTTP URL specified")
NO_CAPTION = refusal(400, "Bad Request: there is no caption in the message to edit")
NO_TEXT = refusal(400, "Bad Request: there is no text in the message to edit")


@pytest.fixture
def kind() -> str:
    """One kind of database is enough: tests/test_storage.py has the store on both."""
    return "sqlite"


@dataclass
class Desk:
    """Ann and Ben's outbox, and a wire that it is sent over when the test says so."""

    road: Road
    wire: Wire
    me: User = ME

    @asynccontextmanager
    async def sender(self) -> AsyncIterator[Sender]:
        """Begin anew, as after a restart: nothing but the store is left."""
        storage, engine = Storage(self.road.store), self.road.engine
        bot = raw_bot(Reached(BOT.token, self.wire.address, QUICK), 4)
        await bot._request[1].initialize()
        yield Sender(
            bot,
            storage,
            self.road.clock,
            engine.rooms,
            Metrics(),
        )
        await bot._request[1].shutdown()
        storage._thread.shutdown()

    async def sends(self) -> None:
        """Send what waits, once: all lines that may go at this moment at once, then those behind them."""
        async with self.sender() as sender:
            ready = self.ready()
            while ready:
                self.appear(ready)
                await asyncio.gather(*(sender.send(line, self.me, PAST) for line in ready))
                ready = self.ready() if not self.flying() else []

    def appear(self, ready: list[outbox.Ready]) -> None:
        """Show what is said on the phones, too, so that it can be tapped."""
        for line in ready:
            if line.kind == "say":
                self.road.appears(line)

    def ready(self) -> list[outbox.Ready]:
        """Take what may go, when it may go."""
        ready, look_again = self.road.look(outbox.claim, self.road.engine.book, self.road.limits)
        if not ready and look_again is not None and not self.tried():
            self.road.clock.now = max(self.road.clock.now, look_again)
            ready, _ = self.road.look(outbox.claim, self.road.engine.book, self.road.limits)
        return ready

    def lines(self) -> list[tuple[str, int]]:
        """Return what still waits: its kind, and how often it was tried."""
        return self.road.look(
            lambda tx: [(line.kind, line.attempts) for line in tx.session.query(LineRow).order_by(LineRow.id)]
        )

    def tried(self) -> bool:
        """Whether a line waits that was tried before."""
        return any(attempts for _, attempts in self.lines())

    def flying(self) -> bool:
        """Whether a line is on its way."""
        return self.road.look(lambda tx: tx.session.query(LineRow).filter(LineRow.flying).count() > 0)

    def standing(self) -> list[int | None]:
        """Return the messages in which cards of a picture stand."""
        return self.road.look(
            lambda tx: [card.message_id for card in tx.session.query(CardRow).filter_by(name="breath")]
        )

    def names(self) -> list[tuple[int, str, str]]:
        """Return how pictures are called, and by which bot."""
        return self.road.look(
            lambda tx: [(row.bot_id, row.name, row.file_id) for row in tx.session.query(PictureRow)]
        )

    @property
    def shown(self) -> list[Any]:
        """Return which files were sent, each by its name or as it is."""
        return [call["animation"] for call in self.wire.asked("sendAnimation")]


@pytest.fixture
def desk(store: Store, clock: Time, wire: Wire) -> Desk:
    """Ann and Ben, with open private chats, and nothing that waits to be sent."""
    road = Road(store, clock).joined()
    road.open_lanes()
    road.connected = False
    return Desk(road, wire)


def assert_published(desk: Desk) -> None:
    """Hold all calls against the published schema."""
    for method, params in desk.wire.calls:
        check_call(method, params)


# -- Once, and from then on by its name ---------------------------------------


async def test_the_first_one_is_uploaded_with_its_words_and_its_button(desk: Desk) -> None:
    desk.road.ann.sends("/breathe")
    await desk.sends()

    (call,) = desk.wire.asked("sendAnimation")
    assert call["animation"] == FILE
    assert call["chat_id"] == str(HOME)
    assert call["caption"].startswith(IN_AND_OUT)
    assert call["parse_mode"] == "HTML"
    assert call["disable_notification"].lower() == "true"
    assert "That is enough" in call["reply_markup"]
    assert not desk.wire.asked("sendMessage")
    assert desk.names() == [(BOT.id, "breathe", KNOWN)]
    assert desk.standing() == [101]
    assert_published(desk)


async def test_every_further_one_goes_by_its_name_in_any_chat_and_after_a_restart(desk: Desk) -> None:
    desk.road.ann.sends("/breathe")
    await desk.sends()
    desk.road.ben.sends("/breathe", private=True)
    await desk.sends()

    assert desk.shown == [FILE, KNOWN]
    assert desk.wire.asked("sendAnimation")[1]["chat_id"] == str(BY_NAME["ben"].id)
    assert_published(desk)


async def test_two_at_once_upload_it_once(desk: Desk) -> None:
    desk.road.ann.sends("/breathe", private=True)
    desk.road.ben.sends("/breathe", private=True)
    await desk.sends()

    assert desk.shown == [FILE, KNOWN]


async def test_another_bot_has_names_of_its_own(desk: Desk) -> None:
    desk.road.ann.sends("/breathe")
    await desk.sends()
    desk.me = User(BOT.id + 1, "Tilda", is_bot=True, username="tilda_bot")
    desk.road.ben.sends("/breathe", private=True)
    await desk.sends()

    assert desk.shown == [FILE, FILE]
    assert sorted(number for number, *_ in desk.names()) == [BOT.id, BOT.id + 1]


async def test_another_file_is_uploaded_anew(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.road.ann.sends("/breathe")
    await desk.sends()
    (tmp_path / "breathe.gif").write_bytes(picture("breathe").body[:-1])
    monkeypatch.setattr(pictures, "HERE", tmp_path)
    picture.cache_clear()
    desk.road.ben.sends("/breathe", private=True)
    await desk.sends()
    picture.cache_clear()

    assert desk.shown == [FILE, FILE | {"file_size": FILE["file_size"] - 1}]


async def test_a_picture_in_a_topic_goes_to_that_topic(desk: Desk) -> None:
    desk.road.look(lambda tx: setattr(desk.road.couple(tx), "thread_id", 9))
    desk.road.ann.sends("/breathe")
    await desk.sends()

    assert [call["message_thread_id"] for call in desk.wire.asked("sendAnimation")] == ["9"]


# -- Refused ------------------------------------------------------------------


async def test_a_name_that_is_refused_is_replaced_by_one_upload(desk: Desk) -> None:
    desk.road.ann.sends("/breathe")
    await desk.sends()
    desk.wire.answers["sendAnimation"].append(WRONG_NAME)
    desk.road.ben.sends("/breathe", private=True)
    await desk.sends()
    assert desk.shown == [FILE, KNOWN, FILE]
    desk.road.ann.sends("/breathe", private=True)
    await desk.sends()

    assert desk.shown[3:] == [KNOWN]
    assert desk.lines() == []
    assert not desk.wire.asked("sendMessage")


@pytest.mark.parametrize(
    "answer",
    [
        refusal(413, "Request Entity Too Large"),
        (413, b"<html>413 Request Entity Too Large</html>"),
        refusal(400, "Bad Request: not enough rights to send animations to the chat"),
        refusal(400, "Bad Request: IMAGE_PROCESS_FAILED"),
        WRONG_NAME,
    ],
    ids=["too large", "too large, says a proxy", "no right", "no picture", "no such name"],
)
async def test_where_no_picture_is_taken_the_words_go_alone(desk: Desk, answer: Any) -> None:  # noqa: ANN401 - of the wire
    desk.wire.answers["sendAnimation"].append(answer)
    desk.road.ann.sends("/breathe")
    await desk.sends()

    assert desk.shown == [FILE]
    (call,) = desk.wire.asked("sendMessage")
    assert call["text"].startswith(IN_AND_OUT)
    assert "That is enough" in call["reply_markup"]
    assert desk.standing() == [101]
    assert desk.lines() == []
    assert desk.names() == []


async def test_where_the_file_is_not_there_the_words_go_alone(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "HERE", tmp_path)
    picture.cache_clear()
    desk.road.ann.sends("/breathe")
    await desk.sends()
    picture.cache_clear()

    assert desk.shown == []
    assert [call["text"].startswith(IN_AND_OUT) for call in desk.wire.asked("sendMessage")] == [True]


async def test_a_name_is_not_replaced_for_what_is_not_about_it(desk: Desk) -> None:
    desk.road.ann.sends("/breathe")
    await desk.sends()
    desk.wire.answers["sendAnimation"].append(refusal(400, "Bad Request: chat not found"))
    desk.wire.answers["sendMessage"].append(refusal(400, "Bad Request: chat not found"))
    desk.road.ben.sends("/breathe", private=True)
    await desk.sends()

    assert desk.shown == [FILE, KNOWN]
    assert desk.lines() == []


async def test_a_flood_holds_the_picture_and_not_its_words_alone(desk: Desk) -> None:
    desk.wire.answers["sendAnimation"].append(refusal(429, "Too Many Requests: retry after 7", retry_after=7))
    desk.road.ann.sends("/breathe")
    await desk.sends()
    assert desk.lines() == [("say", 1)]
    desk.road.clock.now += timedelta(seconds=7)
    await desk.sends()

    assert desk.shown == [FILE, FILE]
    assert not desk.wire.asked("sendMessage")


@pytest.mark.parametrize("answer", ["hangs", "hangs up"])
async def test_in_doubt_it_is_not_said_twice(desk: Desk, answer: Any) -> None:  # noqa: ANN401 - of the wire
    desk.wire.answers["sendAnimation"].append(answer)
    desk.road.ann.sends("/breathe")
    await desk.sends()

    assert desk.lines() == []
    assert not desk.wire.asked("sendMessage")


# -- New words for it ---------------------------------------------------------


async def breathing(desk: Desk) -> None:
    """Let the picture stand in the room, and be closed by a tap."""
    desk.road.ann.sends("/breathe")
    await desk.sends()
    desk.road.ben.taps("That is enough")


async def test_its_words_are_changed_where_they_stand(desk: Desk) -> None:
    await breathing(desk)
    await desk.sends()

    (call,) = desk.wire.asked("editMessageCaption")
    assert call["caption"] == ENDED
    assert call["message_id"] == "101"
    assert "reply_markup" not in call
    assert not desk.wire.asked("editMessageText")
    assert desk.lines() == []
    assert_published(desk)


async def test_words_that_went_alone_are_changed_as_words(desk: Desk) -> None:
    desk.wire.answers["sendAnimation"].append(refusal(413, "Request Entity Too Large"))
    desk.wire.answers["editMessageCaption"].append(NO_CAPTION)
    await breathing(desk)
    await desk.sends()

    assert [call["text"] for call in desk.wire.asked("editMessageText")] == [ENDED]
    assert desk.lines() == []


async def test_a_card_that_was_a_picture_once_is_reworded_below_it(desk: Desk) -> None:
    """A face that names no picture is tried as a text first."""
    await breathing(desk)
    desk.road.look(plainly, desk)
    desk.wire.answers["editMessageText"].append(NO_TEXT)
    await desk.sends()

    assert [call["caption"] for call in desk.wire.asked("editMessageCaption")] == ["Plainly."]
    assert desk.lines() == []


def plainly(tx: Any, desk: Desk) -> None:  # noqa: ANN401 - a transaction
    couple = desk.road.couple(tx)
    card = tx.session.query(CardRow).filter_by(name="breath").one()
    cards._reface(tx, couple, card, redraw("Plainly.", card="breath"))


async def test_where_the_new_words_stand_already_nothing_is_left_to_do(desk: Desk) -> None:
    desk.wire.answers["editMessageCaption"].append(refusal(400, "Bad Request: message is not modified: ..."))
    await breathing(desk)
    await desk.sends()

    assert desk.lines() == []


# -- What it is ---------------------------------------------------------------


def test_the_picture_is_small_and_loops_for_ever() -> None:
    body = picture("breathe").body

    assert gif(body) == (320, 320, 10.0)
    assert len(body) < 200_000
    assert b"NETSCAPE2.0\x03\x01\x00\x00\x00" in body  # zero rounds: without end


def test_a_caption_is_cut_to_what_telegram_takes() -> None:
    said = Words(Person(1), "\U0001f9d1" * 300)
    below = [Line("{words}", {"words": said}) for _ in range(5)]
    shown = text(say("Look.", below=below, picture="breathe"), Reader("Tend", {}, (BERLIN,)))

    assert units(shown) <= LONGEST_CAPTION
    assert shown.startswith("Look.")


def test_a_picture_counts_as_a_message(desk: Desk) -> None:
    desk.road.ann.sends("/breathe")
    desk.road.ann.sends("/ground")
    (line,) = desk.ready()
    desk.road.look(outbox.sent, line, 5)

    ready, look_again = desk.road.look(outbox.claim, desk.road.engine.book, desk.road.limits)
    assert ready == []
    assert look_again is not None


def test_a_message_without_a_picture_is_as_it_was() -> None:
    assert Say("x").picture == ""
    assert replace(say("x", picture="breathe"), picture="") == say("x")


# -- What is drawn of the two themselves --------------------------------------

THE_WEEK = "It was a quiet week here, and it is yours to look back on."


async def week_shown(desk: Desk) -> None:
    """Let their week stand in the room."""
    desk.road.ann.sends("/debrief")
    await desk.sends()


async def test_a_drawing_goes_as_a_photo_with_its_words_and_its_buttons(desk: Desk) -> None:
    await week_shown(desk)

    (call,) = desk.wire.asked("sendPhoto")
    assert call["photo"]["file_name"] == "drawing.png"
    assert call["photo"]["mime_type"] == "image/png"
    assert call["photo"]["file_size"] > 10_000
    assert call["chat_id"] == str(HOME)
    assert call["caption"].startswith(THE_WEEK)
    assert "Not today" in call["reply_markup"]
    assert not desk.wire.asked("sendMessage")
    assert desk.names() == []  # it is of this week, and nobody sends it again
    assert_published(desk)


async def test_its_words_are_changed_below_it(desk: Desk) -> None:
    await week_shown(desk)
    desk.road.ben.taps("Not today")
    await desk.sends()

    (call,) = desk.wire.asked("editMessageCaption")
    assert call["caption"].startswith(THE_WEEK)
    assert "Take it up" in call["reply_markup"]
    assert not desk.wire.asked("editMessageText")
    assert desk.lines() == []
    assert_published(desk)


async def test_long_words_fit_below_it(desk: Desk) -> None:
    await week_shown(desk)
    desk.road.ann.writes("\U0001f9d1" * 300, reply_to=101, private=False)
    desk.road.ben.writes("\U0001f9d1" * 300, reply_to=101, private=False)
    while desk.lines():
        desk.road.clock.now += timedelta(seconds=1)
        await desk.sends()

    (call,) = desk.wire.asked("editMessageCaption")
    assert 200 < units(call["caption"]) <= LONGEST_CAPTION
    assert "Ben: " in call["caption"]


@pytest.mark.parametrize(
    "answer",
    [
        refusal(413, "Request Entity Too Large"),
        refusal(400, "Bad Request: not enough rights to send photos to the chat"),
        refusal(400, "Bad Request: IMAGE_PROCESS_FAILED"),
    ],
    ids=["too large", "no right", "no picture"],
)
async def test_where_no_drawing_is_taken_the_words_go_alone(desk: Desk, answer: Any) -> None:  # noqa: ANN401 - of the wire
    desk.wire.answers["sendPhoto"].append(answer)
    await week_shown(desk)

    (call,) = desk.wire.asked("sendMessage")
    assert call["text"].startswith(THE_WEEK)
    assert "Not today" in call["reply_markup"]
    assert desk.lines() == []


async def test_where_nothing_can_be_drawn_the_words_go_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks(*_: object) -> bytes:
        raise OSError("cannot open resource")

    monkeypatch.setattr(drawing, "drawn", breaks)
    await week_shown(desk)

    assert not desk.wire.asked("sendPhoto")
    assert [call["text"].startswith(THE_WEEK) for call in desk.wire.asked("sendMessage")] == [True]
    assert "could not be drawn" in caplog.text
    assert "cannot open" not in caplog.text


async def test_a_flood_holds_the_drawing_and_not_its_words_alone(desk: Desk) -> None:
    desk.wire.answers["sendPhoto"].append(refusal(429, "Too Many Requests: retry after 7", retry_after=7))
    await week_shown(desk)
    assert desk.lines() == [("say", 1)]
    desk.road.clock.now += timedelta(seconds=7)
    await desk.sends()

    assert len(desk.wire.asked("sendPhoto")) == 2
    assert not desk.wire.asked("sendMessage")


@pytest.mark.parametrize("answer", ["hangs", "hangs up"])
async def test_a_drawing_in_doubt_is_not_said_twice(desk: Desk, answer: Any) -> None:  # noqa: ANN401 - of the wire
    desk.wire.answers["sendPhoto"].append(answer)
    await week_shown(desk)

    assert desk.lines() == []
    assert not desk.wire.asked("sendMessage")


async def test_nothing_of_a_week_lies_open_in_the_database(desk: Desk) -> None:
    desk.road.ann.sends("/debrief")

    faces = desk.road.look(
        lambda tx: [card.face for card in tx.session.query(CardRow).filter_by(name="thanks")]
    )
    assert faces
    assert not any(b"quiet week" in bytes(face) or b"evening" in bytes(face) for face in faces if face)
