"""What the page is told, and who may ask: the live stream, its files, and the guard at the door.

The stand-in runs in this process, without a bot; a browser's part is played over plain HTTP.
"""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from telegram import BotCommand, BotCommandScopeAllGroupChats, BotCommandScopeDefault

from bot.__main__ import main
from bot.playground.page import WEB
from tests.phones import Play
from tests.standing_in import HOME, House, standing_in

GIF = Path(__file__).parent.parent / "bot" / "pictures" / "breathe.gif"
REFUSED = 2  # the exit status
SOON = 5.0  # seconds for what comes at once


@pytest_asyncio.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with standing_in(tmp_path) as house:
        yield house


class Listener:
    """A browser's end of the stream."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines
        self.last = ""  # the id of the last event

    async def hears(self, part: str) -> dict[str, Any]:
        """Return the next event that has this part."""
        async with asyncio.timeout(SOON):
            async for line in self._lines:
                if line.startswith("id: "):
                    self.last = line.removeprefix("id: ")
                if line.startswith("data: "):
                    event: dict[str, Any] = json.loads(line.removeprefix("data: "))
                    if part in event:
                        return event
        raise AssertionError(f"The stream ended before it told of {part}.")


@asynccontextmanager
async def listening(house: House, last: str = "") -> AsyncIterator[Listener]:
    """Listen to the stream, from its beginning or from where it was lost."""
    headers = {"Last-Event-ID": last} if last else {}
    async with house.http.stream("GET", "/page/live", headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield Listener(answer.aiter_lines())


def texts(event: dict[str, Any]) -> list[str]:
    return [one["text"] for one in event["messages"] if "text" in one]


# -- The stream -------------------------------------------------------------------


async def test_whoever_comes_is_told_everything_and_then_only_what_is_new(house: House) -> None:
    await house.says("ann", "Before")
    async with listening(house) as page:
        first = await page.hears("messages")
        assert first["anew"]
        assert texts(first) == ["Before"]
        assert {one["who"] for one in first["people"]} == {"ann", "ben", "cleo", "dora", "eli"}
        await house.says("ben", "After")
        news = await page.hears("messages")
        assert texts(news) == ["After"]
        assert "people" not in news
        assert "anew" not in news


async def test_whoever_comes_back_is_told_what_happened_meanwhile(house: House) -> None:
    gone = await house.says("ann", "Not for long")
    changed = await house.says("ann", "Not so")
    async with listening(house) as page:
        await page.hears("messages")
    await house.post("edit", who="ann", where="room", message=changed, text="But so")
    await house.post("delete", who="ann", where="room", message=gone)
    async with listening(house, page.last) as again:
        event = await again.hears("messages")
        assert "anew" not in event
        assert texts(event) == ["But so"]
        assert [one["id"] for one in event["messages"] if one.get("gone")] == [gone]


async def test_whoever_comes_back_to_a_stand_in_that_began_anew_is_told_everything(house: House) -> None:
    await house.says("ann", "Kept")
    async with listening(house) as page:
        await page.hears("messages")
    await house.restarts()
    async with listening(house, page.last) as again:
        event = await again.hears("messages")
        assert event["anew"]
        assert texts(event) == ["Kept"]


async def test_a_message_goes_as_text_with_its_places_and_never_as_markup(house: House) -> None:
    await house.bot.send_message(HOME, "<b>Hello</b> &amp; <tg-spoiler>there</tg-spoiler>", parse_mode="HTML")
    async with listening(house) as page:
        (message,) = (one for one in (await page.hears("messages"))["messages"] if "text" in one)
    assert message["text"] == "Hello & there"
    assert [one["type"] for one in message["entities"]] == ["bold", "spoiler"]


async def test_rooms_of_a_crowd_are_not_shown(house: House) -> None:
    (couple,) = (await house.post("many", couples=1))["couples"]
    await house.says(couple["who"][0], "Somewhere else")
    async with listening(house) as page:
        assert texts(await page.hears("messages")) == []
        await house.says(couple["who"][0], "Somewhere else")
        await house.says("ann", "Here")
        assert texts(await page.hears("messages")) == ["Here"]


async def test_a_room_that_moved_stands_above_the_one_it_became(house: House) -> None:
    chat = await house.migrates()
    async with listening(house) as page:
        (ann,) = (one for one in (await page.hears("people"))["people"] if one["who"] == "ann")
    assert ann["room"]["chats"] == [HOME, chat]


async def test_who_is_not_in_a_room_sees_nothing_of_it(house: House) -> None:
    async with listening(house) as page:
        (cleo,) = (one for one in (await page.hears("people"))["people"] if one["who"] == "cleo")
        assert cleo["room"]["chats"] == []
        await house.post("member", who="cleo", joins=True)
        (cleo,) = (one for one in (await page.hears("people"))["people"] if one["who"] == "cleo")
        assert cleo["room"]["chats"] == [HOME]


async def test_the_menu_is_that_of_the_chat_in_ones_own_language(house: House) -> None:
    await house.bot.set_my_commands([BotCommand("any", "Anywhere")], BotCommandScopeDefault())
    await house.bot.set_my_commands([BotCommand("pause", "Pause")], BotCommandScopeAllGroupChats())
    await house.bot.set_my_commands([BotCommand("pausa", "Pausa")], BotCommandScopeAllGroupChats(), "es")
    await house.post("person", who="ben", language="es")
    async with listening(house) as page:
        ann, ben, *_ = (await page.hears("people"))["people"]
    assert [one["command"] for one in ann["room"]["commands"]] == ["pause"]
    assert [one["command"] for one in ben["room"]["commands"]] == ["pausa"]
    assert [one["command"] for one in ben["private"]["commands"]] == ["any"]


async def test_what_is_wrong_with_telegram_is_shown_until_it_is_mended(house: House) -> None:
    async with listening(house) as page:
        assert (await page.hears("telegram"))["telegram"] == "fine"
        await house.post("fault", kind="slow", retry_after=0, **{"for": "PT10M"})
        await house.says("ann", "Hello")
        assert (await page.hears("telegram"))["telegram"] == "slow"
        await house.post("fault", mend=True)
        assert (await page.hears("telegram"))["telegram"] == "fine"
        await house.post("network", gone=True)
        assert (await page.hears("telegram"))["telegram"] == "gone"


async def test_a_slow_call_has_its_effect_in_the_end(house: House) -> None:
    await house.post("fault", kind="slow", retry_after=0)
    await house.bot.send_message(HOME, "At last")
    assert (await house.reads("ann"))[-1]["text"] == "At last"


async def test_a_picture_is_served_as_it_was_sent(house: House) -> None:
    source = GIF.read_bytes()
    await house.bot.send_animation(HOME, source, caption="Breathe")
    async with listening(house) as page:
        (shown,) = (one["media"] for one in (await page.hears("messages"))["messages"] if "media" in one)
    answer = await house.http.get(shown["source"])
    assert answer.content == source
    assert answer.headers["content-type"] == "image/gif"
    assert (await house.http.get("/page/pictures/none")).status_code == httpx.codes.NOT_FOUND


async def test_a_photo_is_served_as_it_was_sent(house: House) -> None:
    source = (Path(__file__).parent.parent / "docs" / "pictures" / "week-quiet.png").read_bytes()
    await house.bot.send_photo(HOME, source, caption="A quiet week")
    async with listening(house) as page:
        (shown,) = (one["media"] for one in (await page.hears("messages"))["messages"] if "media" in one)
    assert (shown["kind"], shown["width"]) == ("Photo", 1080)
    answer = await house.http.get(shown["source"])
    assert answer.content == source
    assert answer.headers["content-type"] == "image/png"


async def test_a_tap_that_listens_is_told_whether_the_answer_stays(house: House) -> None:
    card = await house.card()
    tap = {"who": "ann", "label": "Yes", "message": card.message_id, "wait": False, "listen": SOON}
    tapping = asyncio.create_task(house.post("tap", **tap))
    update = await told_of_a_tap(house)
    await house.bot.answer_callback_query(update, "Read this", show_alert=True)
    assert await tapping == {"alert": "Read this", "url": None, "dialog": True}


async def told_of_a_tap(house: House) -> str:
    """Wait for the next tap, and return its id."""
    async with asyncio.timeout(SOON):
        while True:
            for update in await house.told():
                if update.callback_query is not None:
                    return update.callback_query.id


async def test_a_script_that_cannot_go_on_says_where_and_why(house: House) -> None:
    async with listening(house) as page:
        await house.post("script", name="the-way-back", pause=1)
        assert await house.refused("script", name="the-way-back") == httpx.codes.BAD_REQUEST
        ended = None
        while ended is None:
            ended = ((await page.hears("playing"))["playing"] or {"ended": None})["ended"]
    assert re.fullmatch(r"It ended at step \d+: Ann sees no button 'Breathe' there\.", ended)


async def test_a_script_can_be_stopped_and_only_one_that_is_there_begins(house: House) -> None:
    await house.post("script", name="the-way-back", pause=10_000)
    stopped = await house.post("script", stop=True)
    assert stopped["playing"]["ended"] == "It was stopped."
    assert await house.refused("script", name="none") == httpx.codes.NOT_FOUND
    assert await house.refused("script", name="the-way-back", pause=-1) == httpx.codes.BAD_REQUEST


# -- The door ---------------------------------------------------------------------


async def test_every_file_of_the_page_is_served_with_a_policy_that_lets_nothing_else_run(
    house: House,
) -> None:
    for path in ("/", *(f"/page/{file.name}" for file in WEB.iterdir())):
        answer = await house.http.get(path)
        assert answer.is_success, path
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", sorted(file.name for file in WEB.iterdir()))
def test_no_file_of_the_page_names_another_place_or_makes_markup_of_text(name: str) -> None:
    text = (WEB / name).read_text(encoding="utf-8")
    named = set(re.findall(r"https?://[\w./]+", text))
    assert named <= {"http://www.w3.org/2000/svg", "https://t.me"}
    assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|eval\(|style=|\son\w+=\"", text)


@pytest.mark.parametrize(
    "headers", [{"Host": "tend.example"}, {"Origin": "http://tend.example"}, {"Origin": "null"}]
)
async def test_another_sites_page_may_do_nothing_here(house: House, headers: dict[str, str]) -> None:
    answer = await house.http.post("/play/say", headers=headers, content='{"who": "ann", "text": "Not I"}')
    assert answer.status_code in {httpx.codes.BAD_REQUEST, httpx.codes.FORBIDDEN}
    assert await house.reads("ann") == []


async def test_the_pages_own_posts_are_let_in(house: House) -> None:
    address = str(house.http.base_url).rstrip("/")
    said = '{"who": "ann", "text": "I"}'
    answer = await house.http.post("/play/say", headers={"Origin": address}, content=said)
    assert answer.is_success


def test_it_is_open_to_others_only_when_that_was_asked_for_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "once"))
    assert main(["play", "--open"]) == REFUSED
    assert "say it twice" in capsys.readouterr().err
    argv = [sys.executable, "-m", "bot", "play", "--open", "--open"]
    with Play.start(tmp_path / "twice", argv=argv) as play:
        answer = httpx.get(f"{play.line.address}/healthz", headers={"Host": "tend.example"}, trust_env=False)
    assert answer.is_success
