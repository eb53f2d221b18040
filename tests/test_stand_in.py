"""The stand-in refuses what Telegram refuses, and withholds what privacy mode withholds.

A real `telegram.Bot` speaks to it over real HTTP, and the people act through the control API. No bot
process runs here: every update is fetched, and confirmed, by the tests themselves.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from telegram import (
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
)
from telegram.error import (
    BadRequest,
    Conflict,
    EndPointNotFound,
    Forbidden,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from bot.playground.cast import BOT, BY_NAME
from bot.playground.control import Control
from bot.playground.exchange import Exchange
from bot.playground.notes import Note
from bot.playground.stage import Stage
from bot.playground.telegram import Draft
from tests.standing_in import HOME, House, buttons, standing_in

ANN, CLEO = BY_NAME["ann"].id, BY_NAME["cleo"].id
HTML = "HTML"


@pytest_asyncio.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with standing_in(tmp_path) as house:
        yield house


# -- Beginning ----------------------------------------------------------------


async def test_the_first_thing_the_bot_hears_is_that_ann_added_it(house: House) -> None:
    added, told = house.first
    assert added.my_chat_member is not None
    assert told.message is not None
    assert added.my_chat_member.from_user.first_name == "Ann"
    assert added.my_chat_member.new_chat_member.status == "member"
    assert told.message.new_chat_members[0].id == BOT.id


async def test_the_bot_learns_its_name_and_that_privacy_mode_is_on(house: House) -> None:
    me = await house.bot.get_me()
    assert (me.first_name, me.can_read_all_group_messages) == ("Tend", False)
    assert (await house.bot.get_my_name()).name == "Tend"


async def test_a_wrong_token_is_unauthorized_and_an_unknown_method_not_found(house: House) -> None:
    answer = await house.http.get("/bot1:wrong/getMe")
    assert (answer.status_code, answer.json()["description"]) == (401, "Unauthorized")
    with pytest.raises(EndPointNotFound):
        await house.bot.do_api_request("sendTelepathy")


# -- What the bot hears -------------------------------------------------------


async def test_privacy_mode_withholds_free_chat_and_mentions(house: House) -> None:
    await house.says("ann", "we should talk")
    await house.says("ann", f"@{BOT.username} hello")
    await house.says("ben", "/checkin@another_bot")
    assert await house.heard() == []


async def test_commands_replies_and_their_edits_are_heard(house: House) -> None:
    card, chat = await house.card(), await house.says("ben", "free chat")
    command = await house.says("ann", f"/pause@{BOT.username} 45")
    reply = await house.says("ben", "calm", reply_to=card.message_id)
    await house.says("ann", "to you, Ben", reply_to=reply)
    await house.post("edit", who="ben", where="room", message=reply, text="calm, really")
    await house.post("edit", who="ben", where="room", message=chat, text="more free chat")
    told = await house.told()
    assert [update.effective_message.text for update in told if update.effective_message] == [
        f"/pause@{BOT.username} 45",
        "calm",
        "calm, really",
    ]
    first, second, third = told
    assert first.message is not None
    assert first.message.message_id == command
    assert first.message.entities[0].type == "bot_command"
    assert second.message is not None
    assert second.message.reply_to_message is not None
    assert second.message.reply_to_message.message_id == card.message_id
    assert third.edited_message is not None
    assert third.edited_message.edit_date is not None


async def test_a_bare_command_is_heard_unless_another_bot_wrote_last(house: House) -> None:
    await house.says("ann", "/one")
    await house.post("room", who="ann", other_bot_writes=True)
    await house.says("ann", "/two")
    await house.card()
    await house.says("ann", "/three")
    assert await house.heard() == ["/one", "/three"]


async def test_an_admin_hears_everything(house: House) -> None:
    await house.post("room", who="ann", bot="admin")
    await house.says("ann", "free chat")
    assert await house.heard() == ["free chat"]


async def test_in_private_the_bot_hears_all_from_start_on(house: House) -> None:
    assert await house.refused("say", who="ann", where="private", text="hello") == 400
    await house.says("ann", "/start token", "private")
    await house.says("ann", "hello", "private")
    assert await house.heard() == ["/start token", "hello"]


async def test_a_removed_bot_hears_and_says_nothing(house: House) -> None:
    await house.post("room", who="ann", bot="kicked")
    (removed,) = await house.told()
    assert removed.my_chat_member is not None
    assert removed.my_chat_member.new_chat_member.status == "kicked"
    await house.says("ann", "/hello")
    assert await house.told() == []
    with pytest.raises(Forbidden, match="bot was kicked from the group chat"):
        await house.card()


async def test_a_third_person_is_announced_and_sees_the_room(house: House) -> None:
    await house.card()
    assert await house.reads("cleo") == []
    assert await house.refused("say", who="cleo", where="room", text="hi") == 404
    await house.post("member", who="cleo", joins=True)
    assert [message["text"] for message in await house.reads("cleo")] == ["A card"]
    (joined,) = await house.told()
    assert joined.message is not None
    assert joined.message.new_chat_members[0].first_name == "Cleo"
    assert await house.bot.get_chat_member_count(HOME) == 4


async def test_another_couple_has_a_room_of_its_own(house: House) -> None:
    await house.post("room", who="dora")
    added = (await house.told())[0].my_chat_member
    assert added is not None
    assert added.chat.title == "Nest"
    await house.bot.send_message(added.chat.id, "Hello, Nest")
    assert await house.reads("ann") == []
    assert len(await house.reads("eli")) == 1


# -- Updates ------------------------------------------------------------------


async def test_only_a_later_offset_confirms(house: House) -> None:
    await house.says("ann", "/one")
    await house.says("ann", "/two")
    first = await house.bot.get_updates(timeout=0)
    again = await house.bot.get_updates(offset=first[0].update_id, timeout=0)
    assert [update.update_id for update in again] == [update.update_id for update in first]
    later = await house.bot.get_updates(offset=first[1].update_id, timeout=0)
    assert [update.update_id for update in later] == [first[1].update_id]
    assert (await house.bot.get_webhook_info()).pending_update_count == 1


async def test_a_long_poll_wakes_at_once(house: House) -> None:
    poll = asyncio.create_task(house.bot.get_updates(timeout=30))
    await asyncio.sleep(0.05)
    await house.says("ann", "/now")
    async with asyncio.timeout(2):
        (update,) = await poll
    assert update.message is not None
    assert update.message.text == "/now"


async def test_a_second_poller_ends_the_first_with_a_conflict(house: House) -> None:
    poll = asyncio.create_task(house.bot.get_updates(timeout=30))
    await asyncio.sleep(0.05)
    async with house.another(BOT.token) as second:
        await second.get_updates(timeout=0)
    with pytest.raises(Conflict, match="terminated by other getUpdates request"):
        await poll


async def test_messages_wait_a_day_and_taps_150_seconds(house: House) -> None:
    await house.card()
    await house.says("ann", "/one")
    await house.post("tap", who="ann", where="room", label="Yes")
    await house.passes("PT149S")
    assert len(await house.bot.get_updates(timeout=0)) == 2
    await house.passes("PT2S")
    assert len(await house.bot.get_updates(timeout=0)) == 1
    await house.passes("PT24H")
    assert await house.told() == []


async def test_only_kinds_that_were_asked_for_are_told(house: House) -> None:
    await house.bot.get_updates(timeout=0, allowed_updates=["callback_query"])
    await house.card()
    await house.says("ann", "/one")
    await house.post("tap", who="ann", where="room", label="Yes")
    (update,) = await house.told()
    assert update.callback_query is not None


# -- Messages -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "text is empty"),
        (" \n ", "text is empty"),
        ("<b> </b>", "text is empty"),
        ("x" * 4097, "message is too long"),
        ("\N{SPARKLES}\N{DOVE OF PEACE}" * 2049, "message is too long"),
        ("<b>open", "can't parse entities: Can't find end tag corresponding to start tag \"b\""),
        ("I <3 you", 'can\'t parse entities: Unsupported start tag "3" at byte offset 2'),
        ("<b>a<i>b</b></i>", 'can\'t parse entities: Unmatched end tag at byte offset 8, expected "</i>"'),
        ("a</b>", "can't parse entities: Unexpected end tag at byte offset 1"),
    ],
)
async def test_a_text_that_telegram_refuses_is_refused(house: House, text: str, said: str) -> None:
    with pytest.raises(BadRequest) as refused:
        await house.bot.send_message(HOME, text, parse_mode=HTML)
    assert said.lower() in refused.value.message.lower()


async def test_the_length_counts_after_the_entities_are_read(house: House) -> None:
    sent = await house.bot.send_message(HOME, f"<b>{'&lt;' * 4096}</b>", parse_mode=HTML)
    assert sent.text == "<" * 4096


async def test_html_becomes_plain_text_and_entities(house: House) -> None:
    html = (
        " <b>\N{DOVE OF PEACE}bold <i>both</i></b> <u>u</u> <s>s</s> <tg-spoiler>sp</tg-spoiler> "
        "<code>/c</code> "
        '<a href="https://example.org/?a=1&amp;b">link</a> '
        f'<a href="tg://user?id={ANN}">Ann</a> '
        '<blockquote expandable>q</blockquote> <tg-time unix="1800000000" format="t">8 pm</tg-time> /help '
    )
    sent = await house.bot.send_message(HOME, html, parse_mode=HTML)
    assert sent.text == "\N{DOVE OF PEACE}bold both u s sp /c link Ann q 8 pm /help"
    found = [(entity.type, sent.parse_entity(entity)) for entity in sent.entities]
    assert found == [
        ("bold", "\N{DOVE OF PEACE}bold both"),
        ("italic", "both"),
        ("underline", "u"),
        ("strikethrough", "s"),
        ("spoiler", "sp"),
        ("code", "/c"),
        ("text_link", "link"),
        ("text_mention", "Ann"),
        ("expandable_blockquote", "q"),
        ("date_time", "8 pm"),
        ("bot_command", "/help"),
    ]
    assert (await house.reads("ben"))[0]["text"] == sent.text


async def test_the_bot_cannot_write_first_nor_to_one_who_blocked_it(house: House) -> None:
    with pytest.raises(Forbidden, match="bot can't initiate conversation with a user"):
        await house.bot.send_message(ANN, "Hello")
    await house.says("ann", "/start", "private")
    await house.bot.send_message(ANN, "Hello")
    await house.post("member", who="ann", blocks=True)
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await house.bot.send_message(ANN, "Hello")
    await house.says("ann", "/start", "private")
    await house.bot.send_message(ANN, "Hello again")
    members = [update.my_chat_member for update in await house.told() if update.my_chat_member]
    assert [member.new_chat_member.status for member in members] == ["kicked", "member"]


async def test_a_chat_the_bot_never_met_is_not_found(house: House) -> None:
    for chat in (CLEO, -4999, 1, "@somewhere"):
        with pytest.raises(BadRequest, match="Chat not found"):
            await house.bot.send_message(chat, "Hello")


async def test_a_reply_needs_its_message_unless_it_may_go_without(house: House) -> None:
    card = await house.card()
    sent = await house.bot.send_message(HOME, "Yes", reply_to_message_id=card.message_id)
    assert sent.reply_to_message is not None
    assert sent.reply_to_message.message_id == card.message_id
    with pytest.raises(BadRequest, match="Message to be replied not found"):
        await house.bot.send_message(HOME, "No", reply_to_message_id=9999)
    await house.bot.send_message(HOME, "So", reply_to_message_id=9999, allow_sending_without_reply=True)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([[("Yes", "\N{DOVE OF PEACE}" * 17)]], "Button_data_invalid"),
        ([[("x", "x")] * 9], "Reply_markup_invalid"),
        ([[("x", "x")] * 8] * 13, "Reply_markup_too_long"),
    ],
)
async def test_buttons_have_limits(house: House, rows: list[list[tuple[str, str]]], said: str) -> None:
    keyboard = [[InlineKeyboardButton(label, callback_data=data) for label, data in row] for row in rows]
    with pytest.raises(BadRequest, match=rf"(?i){said}"):
        await house.bot.send_message(HOME, "A card", reply_markup=InlineKeyboardMarkup(keyboard))


async def test_an_edit_changes_what_people_see_and_must_change_something(house: House) -> None:
    card = await house.card()
    await house.bot.edit_message_reply_markup(HOME, card.message_id, reply_markup=buttons("no", "No"))
    assert (await house.reads("ann"))[0]["edited"] is False
    await house.bot.edit_message_text("Another", HOME, card.message_id, reply_markup=buttons("no", "No"))
    assert (await house.reads("ann"))[0] == {
        "id": card.message_id,
        "from": "Tend",
        "text": "Another",
        "buttons": [["No"]],
        "edited": True,
    }
    with pytest.raises(BadRequest, match="Message is not modified"):
        await house.bot.edit_message_text("Another", HOME, card.message_id, reply_markup=buttons("no", "No"))
    await house.bot.edit_message_text("Another", HOME, card.message_id)
    assert (await house.reads("ann"))[0]["buttons"] == []


async def test_only_messages_of_its_own_that_are_there_can_be_edited(house: House) -> None:
    said = await house.says("ann", "/one")
    asked = await house.bot.send_message(HOME, "What is it?", reply_markup=ForceReply())
    for foreign in (said, asked.message_id):
        with pytest.raises(BadRequest, match="Message can't be edited"):
            await house.bot.edit_message_text("mine", HOME, foreign)
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await house.bot.edit_message_text("mine", HOME, 9999)


async def test_its_own_can_be_deleted_for_48_hours_and_others_only_by_an_admin(house: House) -> None:
    said, card, late = await house.says("ann", "/one"), await house.card(), await house.card()
    assert await house.bot.delete_message(HOME, card.message_id)
    with pytest.raises(BadRequest, match="Message to delete not found"):
        await house.bot.delete_message(HOME, card.message_id)
    await house.passes("PT48H")
    for refused in (said, late.message_id):
        with pytest.raises(BadRequest, match="Message can't be deleted"):
            await house.bot.delete_message(HOME, refused)
    await house.post("room", who="ann", bot="admin")
    assert await house.bot.delete_message(HOME, said)
    assert [message["id"] for message in await house.reads("ben")] == [late.message_id]


async def test_pinning_needs_an_admin(house: House) -> None:
    card = await house.card()
    with pytest.raises(BadRequest, match="Not enough rights to manage pinned messages"):
        await house.bot.pin_chat_message(HOME, card.message_id)
    await house.post("room", who="ann", bot="admin")
    await house.bot.pin_chat_message(HOME, card.message_id)
    pinned = (await house.bot.get_chat(HOME)).pinned_message
    assert pinned is not None
    assert pinned.message_id == card.message_id
    await house.bot.unpin_chat_message(HOME)
    assert (await house.bot.get_chat(HOME)).pinned_message is None


async def test_leaving_reactions_and_the_rest_are_served(house: House) -> None:
    card = await house.card()
    assert await house.bot.set_message_reaction(HOME, card.message_id, "\N{HEAVY BLACK HEART}")
    assert await house.bot.send_chat_action(HOME, "typing")
    assert await house.bot.set_my_description("What it is")
    assert await house.bot.set_my_short_description("short")
    assert (await house.bot.get_chat_member(HOME, ANN)).status == "creator"
    assert (await house.bot.get_chat_member(HOME, CLEO)).status == "left"
    assert len(await house.bot.get_chat_administrators(HOME)) == 1
    assert await house.bot.delete_webhook()
    with pytest.raises(BadRequest, match="https url must be provided"):
        await house.bot.set_webhook("ftp://example.org")
    assert await house.bot.leave_chat(HOME)
    with pytest.raises(Forbidden, match="bot is not a member of the group chat"):
        await house.card()


async def test_menus_are_kept_by_scope_and_language(house: House) -> None:
    rooms, people = BotCommandScopeAllGroupChats(), BotCommandScopeAllPrivateChats()
    await house.bot.set_my_commands([("room", "In the room")], rooms)
    await house.bot.set_my_commands([("raum", "Im Raum")], rooms, language_code="de")
    await house.bot.set_my_commands([("alone", "Alone")], people)
    (german,) = await house.bot.get_my_commands(rooms, language_code="de")
    assert german.command == "raum"
    assert await house.bot.get_my_commands() == ()
    await house.bot.delete_my_commands(rooms, language_code="de")
    assert await house.bot.get_my_commands(rooms, language_code="de") == ()
    with pytest.raises(BadRequest, match=r"(?i)bot_command_invalid"):
        await house.bot.set_my_commands([("Pause!", "x")])


# -- Taps ---------------------------------------------------------------------


async def test_a_tap_is_answered_once_and_within_150_seconds(house: House) -> None:
    await house.card("data")
    for span, fine in (("PT150S", False), ("PT149S", True)):
        await house.post("tap", who="ann", where="room", label="Yes")
        (update,) = await house.told()
        query = update.callback_query
        assert query is not None
        assert (query.data, query.from_user.first_name) == ("data", "Ann")
        with pytest.raises(BadRequest, match=r"(?i)message_too_long"):
            await query.answer("x" * 201)
        await house.passes(span)
        if fine:
            assert await query.answer("x" * 200, show_alert=True)
        else:
            await house.passes("PT1S")
        with pytest.raises(BadRequest, match="Query is too old and response timeout expired"):
            await query.answer("again")


async def test_an_answer_can_open_the_private_chat_and_nothing_else(house: House) -> None:
    await house.card()
    await house.post("tap", who="ann", where="room", label="Yes")
    query = (await house.told())[0].callback_query
    assert query is not None
    with pytest.raises(BadRequest, match=r"(?i)url_invalid"):
        await query.answer(url="https://example.org")
    assert await query.answer(url=f"https://t.me/{BOT.username}?start=payload")


async def test_a_link_opens_without_the_bot_hearing_of_it(house: House) -> None:
    link = InlineKeyboardMarkup([[InlineKeyboardButton("Open", url=f"https://t.me/{BOT.username}?start=x")]])
    await house.bot.send_message(HOME, "A link", reply_markup=link)
    shown = await house.post("tap", who="ben", where="room", label="Open")
    assert shown == {"alert": None, "url": f"https://t.me/{BOT.username}?start=x"}
    assert await house.told() == []


async def test_only_a_button_one_sees_can_be_tapped_unless_it_is_forged(house: House) -> None:
    card = await house.card()
    assert await house.refused("tap", who="ann", where="room", label="No") == 404
    assert await house.refused("tap", who="cleo", where="room", label="Yes") == 404
    copied = {"who": "cleo", "where": "room", "message": card.message_id, "data": "changed"}
    assert await house.refused("tap", **copied) == 404
    await house.post("tap", **copied, forged=True)
    (update,) = await house.told()
    assert update.callback_query is not None
    assert (update.callback_query.data, update.callback_query.from_user.id) == ("changed", CLEO)


# -- The control API ----------------------------------------------------------


async def test_faults_reach_the_bot_as_telegram_sends_them(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    kinds: list[tuple[str, type[TelegramError]]] = [
        ("429", RetryAfter),
        ("500", NetworkError),
        ("403", Forbidden),
    ]
    for kind, error in kinds:
        await house.post("fault", kind=kind, method="*", count=1, retry_after=3)
        with pytest.raises(error):
            await house.card()
    await house.post("fault", kind="500", method="deleteMessage", count=2)
    card = await house.card()
    for _ in range(2):
        with pytest.raises(NetworkError):
            await house.bot.delete_message(HOME, card.message_id)
    assert await house.bot.delete_message(HOME, card.message_id)


async def test_the_published_pace_is_enforced_when_asked(house: House) -> None:
    for _ in range(25):
        await house.card()
    await house.passes("PT1M")
    await house.post("limits", enforced=True)
    for _ in range(20):
        await house.card()
    answer = await house.http.post(f"/bot{BOT.token}/sendMessage", json={"chat_id": HOME, "text": "21"})
    assert answer.status_code == 429
    assert 50 < answer.json()["parameters"]["retry_after"] <= 60
    await house.passes("PT1M")
    await house.card()


async def test_what_the_stand_in_knew_is_known_after_a_restart(tmp_path: Path) -> None:
    first = Exchange(tmp_path)
    first.hands.say(BY_NAME["ann"], ANN, Note("/start"))
    first.hands.say(BY_NAME["ann"], ANN, Note("hello"))
    first.telegram.send(HOME, Draft("A card", markup=buttons("yes").to_dict()))
    first.hands.tap(BY_NAME["ben"], HOME, "Yes", None)
    first.kept()
    second = Exchange(tmp_path)  # nobody closed the first one: it was killed
    assert second.world.changes() == {}
    for shelf in ("messages", "groups", "lanes", "taps", "updates", "people", "profile"):
        assert getattr(second.world, shelf) == getattr(first.world, shelf)
    first.history.close()
    second.history.close()


async def test_every_call_of_the_control_api_is_in_the_docs(house: House) -> None:
    docs = (Path(__file__).parent.parent / "docs" / "playground.md").read_text(encoding="utf-8")
    routes = Control(Stage(house.exchange, None)).routes()
    said = [f"{'POST' if 'POST' in (route.methods or ()) else 'GET'} {route.path}" for route in routes]
    assert [one for one in said if one != "GET /" and f"`{one}" not in docs] == []


async def test_calls_are_recorded_without_the_token(house: House) -> None:
    await house.card()
    answer = await house.http.get("/play/calls", params={"since": 0})
    last = answer.json()[-1]
    assert last["method"] == "sendMessage"
    assert last["params"]["reply_markup"]["inline_keyboard"][0][0]["text"] == "Yes"
    assert last["answer"]["result"]["text"] == "A card"
    assert BOT.token not in answer.text
    assert (await house.http.get("/play/calls", params={"since": last["n"]})).json() == []


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("say", {"who": "zoe", "where": "room", "text": "x"}, 404),
        ("say", {"who": "ann", "where": "attic", "text": "x"}, 400),
        ("say", {"who": "ann", "where": "room"}, 400),
        ("say", {"who": "ann", "where": "room", "text": ""}, 400),
        ("say", {"who": "ann", "where": "room", "text": "x", "reply_to": 99999}, 404),
        ("edit", {"who": "ann", "where": "room", "message": 1, "text": "x"}, 400),
        ("tap", {"who": "ann", "where": "room", "label": "Nothing like it"}, 404),
        ("clock", {"by": "-PT1H"}, 400),
        ("clock", {"to": "yesterday"}, 400),
        ("clock", {}, 400),
        ("fault", {"kind": "fire", "method": "*"}, 400),
        ("member", {"who": "ann", "joins": True}, 400),
        ("member", {"who": "cleo", "joins": "yes"}, 400),
        ("room", {"who": "ann", "bot": "king"}, 400),
        ("room", {"who": "ann", "bot": []}, 400),
        ("say", {"who": ["ann"], "where": {}, "text": 1}, 400),
        ("say", {"who": "ann", "where": "room", "text": "\ud800"}, 400),
    ],
)
async def test_wrong_input_is_answered_with_a_sentence(
    house: House, path: str, body: dict[str, Any], status: int
) -> None:
    assert await house.refused(path, **body) == status
