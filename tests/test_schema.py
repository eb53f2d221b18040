"""What the stand-in answers has the shape of the published Bot API, and the checker finds what has not."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.pictures import picture
from bot.playground.cast import BOT, BY_NAME, ROOM_BY_NAME
from bot.playground.exchange import Exchange
from bot.playground.methods import METHODS
from bot.playground.stage import Stage
from bot.playground.theatre import face
from tests import schema
from tests.draw_weeks import PICTURES
from tests.schema import Mismatch, check_call, check_calls, check_refusal, check_result

HOME, ANN = ROOM_BY_NAME["Home"].id, BY_NAME["ann"].id
Call = Callable[..., Awaitable[Any]]


async def test_every_answer_of_the_stand_in_has_the_published_shape(tmp_path: Path) -> None:
    exchange = Exchange(tmp_path)
    app = httpx.ASGITransport(face(Stage(exchange, None)))
    async with httpx.AsyncClient(transport=app, base_url="http://stand-in") as http:

        async def call(method: str, **params: object) -> Any:  # noqa: ANN401  (JSON)
            return (await http.post(f"/bot{BOT.token}/{method}", json=params)).json().get("result")

        async def upload(method: str, name: str, body: bytes, **params: object) -> Any:  # noqa: ANN401  (JSON)
            form = {key: str(value) for key, value in params.items()}
            file = {name: ("a.gif", body, "image/gif")}
            return (await http.post(f"/bot{BOT.token}/{method}", data=form, files=file)).json().get("result")

        async def act(path: str, **body: object) -> Any:  # noqa: ANN401  (JSON)
            answer = await http.post(f"/play/{path}", json=body)
            assert answer.is_success, answer.text
            return answer.json()

        await an_evening(call, act)
        await a_picture(call, upload)
        await call("leaveChat", chat_id=HOME)
        await call("getUpdates", timeout=0, allowed_updates=["message"])
        await call("deleteWebhook", drop_pending_updates=True)
        calls = (await http.get("/play/calls")).json()
    exchange.history.close()
    assert {call["method"] for call in calls} == METHODS.keys() | {"getUpdates"}
    check_calls(calls)


async def an_evening(call: Call, act: Call) -> None:
    """Let every method be called, and every kind of update be told."""
    await call("getMe")
    await call("getMyName")
    buttons = {"inline_keyboard": [[{"text": "Yes", "callback_data": "1:0"}]]}
    html = (
        f'<b>Hello</b> <a href="tg://user?id={ANN}">Ann</a> <tg-time unix="1800000000">8 pm</tg-time> /help'
    )
    card = await call(
        "sendMessage",
        chat_id=HOME,
        text=html,
        parse_mode="HTML",
        reply_markup=buttons,
        protect_content=True,
        link_preview_options={"is_disabled": True},
    )
    number = card["message_id"]
    reply = await act("say", who="ann", where="room", text="calm", reply_to=number)
    await act("edit", who="ann", where="room", message=reply["id"], text="calmer")
    await act("say", who="ann", where="private", text="/start payload")
    await act("member", who="ann", blocks=True)
    await act("member", who="cleo", joins=True)
    await act("member", who="cleo", joins=False)
    await act("tap", who="ben", where="room", label="Yes")
    updates = await call("getUpdates", timeout=0)
    kinds = {kind for update in updates for kind in update if kind != "update_id"}
    assert kinds == {"message", "edited_message", "callback_query", "my_chat_member"}
    query = next(update["callback_query"]["id"] for update in updates if "callback_query" in update)
    await call("answerCallbackQuery", callback_query_id=query, text="Kept.")
    await call("answerCallbackQuery", callback_query_id=query, text="Again.")
    await call("editMessageText", chat_id=HOME, message_id=number, text="Another", reply_markup=buttons)
    await call("editMessageReplyMarkup", chat_id=HOME, message_id=number)
    await call(
        "setMessageReaction", chat_id=HOME, message_id=number, reaction=[{"type": "emoji", "emoji": "x"}]
    )
    await call("sendChatAction", chat_id=HOME, action="typing")
    await act("room", who="ann", bot="admin")
    await call("pinChatMessage", chat_id=HOME, message_id=number)
    await call("getChat", chat_id=HOME)
    await call("unpinChatMessage", chat_id=HOME)
    for user in (ANN, BOT.id, BY_NAME["cleo"].id):
        await call("getChatMember", chat_id=HOME, user_id=user)
    await call("getChatMemberCount", chat_id=HOME)
    await call("getChatAdministrators", chat_id=HOME)
    await call("setMyCommands", commands=[{"command": "pause", "description": "Pause"}])
    await call("getMyCommands")
    await call("deleteMyCommands", scope={"type": "all_group_chats"}, language_code="de")
    await call("setMyDescription", description="What it is")
    await call("setMyShortDescription", short_description="short")
    await call("getMyDescription")
    await call("getMyShortDescription")
    await call("setWebhook", url="https://example.org")
    await call("getWebhookInfo")
    await act("fault", kind="429", method="sendMessage", count=1, retry_after=5)
    await call("sendMessage", chat_id=HOME, text="Too much")
    await call("deleteMessage", chat_id=HOME, message_id=number)


async def a_picture(call: Call, upload: Call) -> None:
    """Let a picture be uploaded, sent once more by its id, and reworded."""
    body = picture("breathe").body
    sent = await upload("sendAnimation", "animation", body, chat_id=HOME, caption="In")
    name = sent["animation"]["file_id"]
    again = await call("sendAnimation", chat_id=HOME, animation=name)
    await call("editMessageCaption", chat_id=HOME, message_id=again["message_id"], caption="Out")
    await call("getFile", file_id=name)
    drawn = (PICTURES / "week-quiet.png").read_bytes()
    await upload("sendPhoto", "photo", drawn, chat_id=HOME, caption="A quiet week")


@pytest.mark.parametrize(
    ("method", "params", "reason"),
    [
        ("sendTelepathy", {}, "no such method"),
        ("sendMessage", {"chat_id": 1}, "needs text"),
        ("sendMessage", {"chat_id": 1, "text": "x", "colour": "red"}, "knows no colour"),
        ("sendMessage", {"chat_id": 1, "text": 5}, "text is no String"),
        ("sendMessage", {"chat_id": True, "text": "x"}, "chat_id is no Integer"),
        (
            "sendMessage",
            {"chat_id": 1, "text": "x", "reply_markup": {"inline_keyboard": [[{"label": "x"}]]}},
            r"inline_keyboard\[0\]\[0\] knows no label",
        ),
        ("getUpdates", {"offset": "many"}, "offset is no Integer"),
        ("sendAnimation", {"chat_id": 1, "animation": {"file_name": "a.gif"}}, "is no uploaded file"),
        ("sendAnimation", {"chat_id": 1, "animation": 5}, "animation is no String"),
    ],
)
def test_a_wrong_call_is_found(method: str, params: dict[str, object], reason: str) -> None:
    with pytest.raises(Mismatch, match=reason):
        check_call(method, params)


def test_a_file_passes_as_an_upload_and_by_its_id() -> None:
    uploaded = {"file_name": "a.gif", "mime_type": "image/gif", "file_size": 5}
    check_call("sendAnimation", {"chat_id": "1", "animation": uploaded, "caption": "5"})
    check_call("sendAnimation", {"chat_id": "1", "animation": "CgAC"})


def test_a_right_call_passes_as_json_and_as_a_form() -> None:
    markup = {"inline_keyboard": [[{"text": "x", "callback_data": "1:0"}]]}
    check_call("sendMessage", {"chat_id": -1, "text": "5", "reply_markup": markup})
    form = {
        "chat_id": "-1",
        "text": "5",
        "disable_notification": "true",
        "reply_markup": '{"inline_keyboard": []}',
    }
    check_call("sendMessage", form)


@pytest.mark.parametrize(
    ("method", "result", "reason"),
    [
        ("getMe", {"id": 1, "is_bot": True}, "needs first_name"),
        ("getMe", {"id": 1, "is_bot": True, "first_name": "T", "mood": "fine"}, "knows no mood"),
        ("deleteMessage", "true", "is no Boolean"),
        ("getUpdates", [{"update_id": "1"}], r"\[0\].update_id is no Integer"),
        ("getChatMember", {"status": "member"}, "needs user"),
    ],
)
def test_a_wrong_result_is_found(method: str, result: object, reason: str) -> None:
    with pytest.raises(Mismatch, match=reason):
        check_result(method, result)


def test_a_refusal_has_its_envelope() -> None:
    check_refusal({"ok": False, "error_code": 429, "description": "x", "parameters": {"retry_after": 1}})
    with pytest.raises(Mismatch):
        check_refusal({"ok": False, "error_code": 400})


def test_every_type_that_the_schema_names_is_in_it() -> None:
    tables = [*schema.METHODS.values(), *schema.TYPES.values()]
    named = {
        kind for table in tables for field in table.get("fields", {}).values() for kind in field["types"]
    }
    named |= {kind for method in schema.METHODS.values() for kind in method["returns"]}
    assert {kind.replace(schema.LIST, "") for kind in named} - schema.PLAIN.keys() <= schema.TYPES.keys()
