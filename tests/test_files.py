"""The stand-in takes an animation or a photo once, knows it by its name, refuses what Telegram refuses."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from bot.pictures import picture
from bot.playground import files
from bot.playground.cast import BOT, ROOM_BY_NAME
from bot.playground.exchange import Exchange
from bot.playground.files import gif
from bot.playground.refusals import Refused
from bot.playground.stage import Stage
from bot.playground.theatre import face

HOME = ROOM_BY_NAME["Home"].id
GIF = picture("breathe").body
Json = dict[str, Any]


@dataclass
class Api:
    """The bot's side of a stand-in."""

    http: httpx.AsyncClient

    async def call(self, method: str, **params: object) -> Json:
        """Make a call, and return the whole answer."""
        answer: Json = (await self.http.post(f"/bot{BOT.token}/{method}", json=params)).json()
        return answer

    async def uploads(self, body: bytes = GIF, **params: object) -> httpx.Response:
        """Send a file as an animation."""
        form = {name: str(value) for name, value in ({"chat_id": HOME} | params).items()}
        file = {"animation": ("calm.gif", body, "image/gif")}
        return await self.http.post(f"/bot{BOT.token}/sendAnimation", data=form, files=file)

    async def uploads_photo(self, body: bytes, **params: object) -> httpx.Response:
        """Send a file as a photo."""
        form = {name: str(value) for name, value in ({"chat_id": HOME} | params).items()}
        file = {"photo": ("drawing.png", body, "image/png")}
        return await self.http.post(f"/bot{BOT.token}/sendPhoto", data=form, files=file)

    async def sent(self, **params: object) -> Json:
        """Upload one, and return its message."""
        message: Json = (await self.uploads(GIF, **params)).json()["result"]
        return message


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Api]:
    """Open a stand-in on a folder."""
    exchange = Exchange(folder)
    app = httpx.ASGITransport(face(Stage(exchange, None)))
    async with httpx.AsyncClient(transport=app, base_url="http://stand-in") as http:
        yield Api(http)
    exchange.history.close()


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    """One stand-in."""
    async with opened(tmp_path) as one:
        yield one


async def test_an_upload_is_a_message_with_an_animation_above_its_caption(api: Api) -> None:
    message = await api.sent(caption="<b>In</b>", parse_mode="HTML")

    assert (message["caption"], message["caption_entities"][0]["type"]) == ("In", "bold")
    assert "text" not in message
    shown = message["animation"]
    assert (shown["width"], shown["height"], shown["duration"]) == (320, 320, 10)
    assert (shown["file_name"], shown["mime_type"]) == ("calm.gif.mp4", "video/mp4")
    assert message["document"]["file_id"] == shown["file_id"]


async def test_by_its_name_it_is_sent_again_without_the_file(api: Api) -> None:
    name = (await api.sent())["animation"]["file_id"]

    again = await api.call("sendAnimation", chat_id=HOME, animation=name, caption="Out")

    assert again["result"]["animation"]["file_id"] == name
    assert again["result"]["caption"] == "Out"


async def test_names_and_files_outlive_the_process(tmp_path: Path) -> None:
    async with opened(tmp_path) as api:
        name = (await api.sent())["animation"]["file_id"]
    async with opened(tmp_path) as api:
        assert (await api.call("sendAnimation", chat_id=HOME, animation=name))["ok"]
        path = (await api.call("getFile", file_id=name))["result"]["file_path"]
        assert (await api.http.get(f"/file/bot{BOT.token}/{path}")).content == GIF


@pytest.mark.parametrize("path", ["bot1:wrong/animations/{name}.gif", f"bot{BOT.token}/animations/none.gif"])
async def test_a_file_is_given_to_nobody_else(api: Api, path: str) -> None:
    name = (await api.sent())["animation"]["file_id"]

    assert (await api.http.get(f"/file/{path.format(name=name)}")).status_code == 404


async def test_two_uploads_have_two_names(api: Api) -> None:
    first, second = await api.sent(), await api.sent()

    assert first["animation"]["file_id"] != second["animation"]["file_id"]


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({}, "there is no animation in the request"),
        ({"animation": "CgAC-of-another-life"}, "wrong file identifier/HTTP URL specified"),
    ],
)
async def test_what_is_no_file_of_ours_is_refused(api: Api, params: Json, reason: str) -> None:
    answer = await api.call("sendAnimation", chat_id=HOME, **params)

    assert (answer["error_code"], answer["description"]) == (400, f"Bad Request: {reason}")


async def test_what_is_too_large_is_refused_with_413(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LARGEST", len(GIF) - 1)

    answer = await api.uploads()

    assert (answer.status_code, answer.json()["description"]) == (413, "Request Entity Too Large")


async def test_a_caption_has_at_most_1024_characters(api: Api) -> None:
    assert (await api.uploads(caption="x" * 1024)).is_success

    answer = (await api.uploads(caption="x" * 1025)).json()
    assert answer["description"] == "Bad Request: message caption is too long"


async def test_words_below_a_picture_and_plain_words_are_changed_in_different_ways(api: Api) -> None:
    shown = (await api.sent(caption="In"))["message_id"]
    plain = (await api.call("sendMessage", chat_id=HOME, text="In"))["result"]["message_id"]

    wrong = await api.call("editMessageText", chat_id=HOME, message_id=shown, text="Out")
    assert wrong["description"] == "Bad Request: there is no text in the message to edit"
    wrong = await api.call("editMessageCaption", chat_id=HOME, message_id=plain, caption="Out")
    assert wrong["description"] == "Bad Request: there is no caption in the message to edit"
    right = await api.call("editMessageCaption", chat_id=HOME, message_id=shown, caption="Out")
    assert right["result"]["caption"] == "Out"
    same = await api.call("editMessageCaption", chat_id=HOME, message_id=shown, caption="Out")
    assert "message is not modified" in same["description"]
    bare = await api.call("editMessageCaption", chat_id=HOME, message_id=shown)
    assert "caption" not in bare["result"]


def test_a_gif_says_itself_how_long_it_is() -> None:
    assert gif(GIF) == (320, 320, 10.0)
    with pytest.raises(Refused, match="GIFs only"):
        gif(b"\x89PNG\r\n\x1a\n")


# -- Photos -------------------------------------------------------------------


def png(width: int = 1080, height: int = 840) -> bytes:
    """Return a picture of this size."""
    body = BytesIO()
    Image.new("RGB", (width, height), (34, 52, 78)).save(body, "PNG")
    return body.getvalue()


async def test_a_photo_is_a_message_with_copies_of_several_sizes_above_its_caption(api: Api) -> None:
    message = (await api.uploads_photo(png(), caption="<b>In</b>", parse_mode="HTML")).json()["result"]

    assert (message["caption"], message["caption_entities"][0]["type"]) == ("In", "bold")
    assert "text" not in message
    sizes = [(each["width"], each["height"]) for each in message["photo"]]
    assert sizes == [(90, 70), (320, 248), (800, 622), (1080, 840)]
    assert len({each["file_unique_id"] for each in message["photo"]}) == 4


async def test_a_photo_is_sent_again_by_its_name_and_read_as_it_was_sent(api: Api) -> None:
    name = (await api.uploads_photo(png())).json()["result"]["photo"][-1]["file_id"]

    assert (await api.call("sendPhoto", chat_id=HOME, photo=name))["ok"]
    path = (await api.call("getFile", file_id=name))["result"]["file_path"]
    answer = await api.http.get(f"/file/bot{BOT.token}/{path}")
    assert answer.content == png()
    assert answer.headers["content-type"] == "image/png"


async def test_a_photo_is_no_animation_and_an_animation_is_no_photo(api: Api) -> None:
    photo = (await api.uploads_photo(png())).json()["result"]["photo"][-1]["file_id"]
    moving = (await api.sent())["animation"]["file_id"]

    for method, kind, name in (("sendPhoto", "photo", moving), ("sendAnimation", "animation", photo)):
        answer = await api.call(method, chat_id=HOME, **{kind: name})
        assert answer["description"] == "Bad Request: wrong file identifier/HTTP URL specified"
    assert (await api.uploads_photo(GIF)).json()["description"].endswith("takes PNGs only")


@pytest.mark.parametrize(("width", "height"), [(9_000, 1_001), (21, 441), (2_121, 101)])
async def test_a_photo_too_long_for_its_width_is_refused(api: Api, width: int, height: int) -> None:
    answer = (await api.uploads_photo(png(width, height))).json()

    assert answer["description"] == "Bad Request: PHOTO_INVALID_DIMENSIONS"


async def test_without_a_photo_there_is_nothing_to_send(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = await api.call("sendPhoto", chat_id=HOME)
    assert answer["description"] == "Bad Request: there is no photo in the request"

    monkeypatch.setattr(files, "LARGEST_PHOTO", 100)
    assert (await api.uploads_photo(png())).status_code == 413
