"""Groups as they are: they move, people come and go, speak through masks, and send more than words.

A real `telegram.Bot` reads every update here, so each shape is one that the library can parse.
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from telegram import Message, MessageOriginUser, Update
from telegram.error import BadRequest, ChatMigrated, Forbidden

from bot.playground.cast import BOT, BY_NAME, CHANNEL, ROSIE
from tests.standing_in import HOME, House, standing_in

ANN, BEN, CLEO = (BY_NAME[name].id for name in ("ann", "ben", "cleo"))
ANONYMOUS, AS_CHANNEL, TELEGRAM = 1087968824, 136817688, 777000


@pytest_asyncio.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    async with standing_in(tmp_path) as house:
        yield house


def heard(update: Update) -> Message:
    """Return the message of an update."""
    assert update.message is not None
    return update.message


# -- Group to supergroup ------------------------------------------------------


async def test_a_group_becomes_a_supergroup_and_the_bot_is_told_from_both_sides(house: House) -> None:
    new = await house.migrates("to", "from")
    assert str(new).startswith("-100")
    to, came = (heard(update) for update in await house.told())
    assert (to.chat.id, to.chat.type, to.migrate_to_chat_id) == (HOME, "group", new)
    assert to.from_user is not None
    assert to.from_user.id == ANN
    assert (came.chat.id, came.chat.type, came.chat.title) == (new, "supergroup", "Home")
    assert (came.message_id, came.migrate_from_chat_id) == (1, HOME)
    assert came.sender_chat is not None
    assert came.sender_chat.id == new
    assert await house.bot.get_chat_member_count(new) == 3
    assert (await house.bot.get_chat_member(new, ANN)).status == "creator"
    assert await house.refused("room", who="ann", migrates=True) == 400


async def test_the_notices_come_in_any_order_and_again_and_also_as_a_membership(house: House) -> None:
    new = await house.migrates("from", "to", "from", "member")
    updates = await house.told()
    assert [u.message.migrate_from_chat_id if u.message else None for u in updates] == [
        HOME,
        None,
        HOME,
        None,
    ]
    assert len({update.update_id for update in updates}) == 4
    joined = updates[-1].my_chat_member
    assert joined is not None
    assert (joined.chat.id, joined.old_chat_member.status, joined.new_chat_member.status) == (
        new, "left", "member"
    )  # fmt: skip
    await house.post("room", who="ben", notices=["to"])
    assert heard(await house.one()).migrate_to_chat_id == new
    assert await house.refused("room", who="ben", notices=["by post"]) == 400


async def test_a_silent_move_is_learnt_from_the_error(house: House) -> None:
    card = await house.card()
    new = await house.migrates()
    assert await house.told() == []
    for call in (house.card(), house.bot.edit_message_text("Another", HOME, card.message_id)):
        with pytest.raises(ChatMigrated) as moved:
            await call
        assert moved.value.new_chat_id == new
    sent = await house.card(chat=new)
    assert sent.message_id == 2
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await house.bot.edit_message_text("Another", new, card.message_id + 100)
    assert (await house.bot.get_chat(HOME)).type == "group"
    await house.post("room", who="ann", notices=["to", "from"])
    assert len(await house.told()) == 2


async def test_people_see_the_old_talk_above_the_new_and_can_only_tap_there(house: House) -> None:
    said, card = await house.says("ann", "before"), await house.card("old")
    new = await house.migrates()
    first = await house.card("new", "The new card", chat=new)
    second = await house.card("new", "Another", chat=new)
    shown = await house.reads("ben")
    assert [(one["text"], one.get("old", False)) for one in shown] == [
        ("before", True), ("A card", True), ("The new card", False), ("Another", False)
    ]  # fmt: skip
    assert (first.message_id, second.message_id) == (2, card.message_id)  # an id can stand twice
    for old, data, chat in ((True, "old", HOME), (False, "new", new)):
        await house.post("tap", who="ann", where="room", label="Yes", message=card.message_id, old=old)
        query = (await house.one()).callback_query
        assert query is not None
        assert query.message is not None
        assert (query.data, query.message.chat.id) == (data, chat)
        await query.answer("Yes")
    await house.says("ann", "to the new card", reply_to=card.message_id)
    assert heard(await house.one()).reply_to_message is not None
    answer = {"who": "ann", "where": "room", "reply_to": card.message_id, "old": True}
    await house.post("say", **answer, text="to the old card")
    assert await house.told() == []
    await house.post("room", who="ann", bot="admin")
    await house.post("say", **answer, text="and again")
    assert heard((await house.told())[-1]).reply_to_message is None
    assert await house.refused("edit", who="ann", where="room", message=said, text="x", old=True) == 400
    await house.post("member", who="cleo", joins=True)
    assert "before" not in [one["text"] for one in await house.reads("cleo")]


async def test_what_moved_is_known_after_a_restart(house: House) -> None:
    card, new = await house.card(), await house.migrates()
    await house.card(chat=new, text="In the new one")
    await house.restarts()
    assert [(one["id"], one["text"]) for one in await house.reads("ann")] == [
        (card.message_id, "A card"), (2, "In the new one")
    ]  # fmt: skip
    assert (await house.card(chat=new)).message_id == 3


# -- Who comes and goes -------------------------------------------------------


@pytest.mark.parametrize(("who", "is_bot"), [("cleo", False), ("rosie", True)])
async def test_somebody_is_added_and_removed_by_another(house: House, who: str, *, is_bot: bool) -> None:
    await house.post("member", who=who, joins=True, by="ben")
    added = heard(await house.one())
    assert added.from_user is not None
    assert (added.from_user.id, added.new_chat_members[0].is_bot) == (BEN, is_bot)
    assert await house.bot.get_chat_member_count(HOME) == 4
    number = added.new_chat_members[0].id
    assert (await house.bot.get_chat_member(HOME, number)).status == "member"
    await house.post("member", who=who, joins=False, by="ann")
    removed = heard(await house.one())
    assert removed.from_user is not None
    assert removed.left_chat_member is not None
    assert (removed.from_user.id, removed.left_chat_member.id) == (ANN, number)
    assert (await house.bot.get_chat_member(HOME, number)).status == "left"
    assert await house.refused("member", who=who, joins=True, by="dora") == 404


async def test_a_partner_leaves_and_one_who_is_removed_from_a_supergroup_is_banned(house: House) -> None:
    await house.post("member", who="ben", joins=False)
    left = heard(await house.one())
    assert left.left_chat_member is not None
    assert left.from_user is not None
    assert left.left_chat_member.id == left.from_user.id == BEN
    assert await house.reads("ben") == []
    await house.post("member", who="ben", joins=True)
    new = await house.migrates()
    await house.post("member", who="ben", joins=False, by="ann")
    assert (await house.bot.get_chat_member(new, BEN)).status == "kicked"
    await house.post("member", who="ben", joins=True, by="ann")
    assert (await house.bot.get_chat_member(new, BEN)).status == "member"


async def test_admins_are_made_and_an_admin_bot_can_ask_to_hear_of_it(house: House) -> None:
    await house.post("member", who="ben", admin=True, by="ann")
    assert {one.user.id for one in await house.bot.get_chat_administrators(HOME)} == {ANN, BEN}
    assert await house.told() == []
    await house.bot.get_updates(timeout=0, allowed_updates=["message", "my_chat_member", "chat_member"])
    for admin in (False, True):
        await house.post("member", who="ben", admin=admin)
    assert await house.told() == []
    await house.post("room", who="ann", bot="admin")
    await house.post("member", who="ben", admin=False, by="ann")
    bots, bens = await house.told()
    assert bots.my_chat_member is not None
    assert bots.my_chat_member.new_chat_member.status == "administrator"
    assert bens.chat_member is not None
    assert (bens.chat_member.old_chat_member.status, bens.chat_member.new_chat_member.status) == (
        "administrator", "member"
    )  # fmt: skip
    assert await house.refused("member", who="ann", admin=True, by="ben") == 400


# -- What the bot is ----------------------------------------------------------


async def test_a_bot_goes_up_and_down_in_rank(house: House) -> None:
    for bot, before, after in (("admin", "member", "administrator"), ("member", "administrator", "member")):
        await house.post("room", who="ben", bot=bot)
        change = (await house.one()).my_chat_member
        assert change is not None
        assert change.from_user.id == BEN
        assert (change.old_chat_member.status, change.new_chat_member.status) == (before, after)
        await house.says("ann", "free chat")
        assert await house.heard() == ["free chat"][: after == "administrator"]


async def test_a_restricted_bot_may_be_there_without_a_voice(house: House) -> None:
    assert await house.refused("room", who="ann", bot="restricted") == 400
    new = await house.migrates()
    await house.post("room", who="ann", bot="restricted")
    change = (await house.one()).my_chat_member
    assert change is not None
    status = change.new_chat_member
    assert (status.status, status.is_member, status.can_send_messages) == ("restricted", True, False)  # type: ignore[attr-defined]
    with pytest.raises(BadRequest, match="Not enough rights to send text messages to the chat"):
        await house.card(chat=new)
    await house.says("ann", "/heard")
    assert await house.heard() == ["/heard"]
    await house.post("room", who="ann", bot="restricted", can_send=True)
    await house.told()
    await house.card(chat=new)
    await house.post("room", who="ann", bot="restricted", is_member=False)
    gone = (await house.one()).my_chat_member
    assert gone is not None
    assert gone.new_chat_member.is_member is False  # type: ignore[attr-defined]
    with pytest.raises(Forbidden, match="bot is not a member of the supergroup chat"):
        await house.card(chat=new)
    await house.post("room", who="ann", bot="member")
    await house.card(chat=new)


async def test_in_a_muted_room_only_admins_write(house: House) -> None:
    await house.post("room", who="ann", muted=True)
    with pytest.raises(BadRequest, match="Not enough rights to send text messages"):
        await house.card()
    assert await house.refused("say", who="ben", where="room", text="x") == 400
    await house.says("ann", "/still")
    await house.post("room", who="ann", bot="admin")
    await house.card()
    await house.post("room", who="ann", muted=False)
    await house.says("ben", "again")
    assert await house.heard() == ["/still", "again"]


async def test_a_bot_that_was_kicked_from_a_supergroup_is_told_so(house: House) -> None:
    new = await house.migrates()
    await house.post("room", who="ann", bot="kicked")
    with pytest.raises(Forbidden, match="bot was kicked from the supergroup chat"):
        await house.card(chat=new)


# -- Who speaks ---------------------------------------------------------------


async def test_an_anonymous_admin_speaks_as_the_group_and_taps_as_themselves(house: House) -> None:
    assert await house.refused("say", who="ann", where="room", text="/x", **{"as": "group"}) == 400
    new = await house.migrates()
    card = await house.card(chat=new)
    said = {"where": "room", "text": "calm", "reply_to": card.message_id, "as": "group"}
    assert await house.refused("say", who="ben", **said) == 400
    number = (await house.post("say", who="ann", **said))["id"]
    message = heard(await house.one())
    assert message.from_user is not None
    assert message.sender_chat is not None
    assert (message.from_user.id, message.from_user.is_bot, message.sender_chat.id) == (ANONYMOUS, True, new)
    assert [one["from"] for one in await house.reads("ben")] == ["Tend", "Home"]
    await house.post("edit", who="ann", where="room", message=number, text="calmer")
    edited = (await house.one()).edited_message
    assert edited is not None
    assert edited.from_user is not None
    assert edited.from_user.id == ANONYMOUS
    await house.post("tap", who="ann", where="room", label="Yes")
    query = (await house.one()).callback_query
    assert query is not None
    assert query.from_user.id == ANN
    (owner,) = await house.bot.get_chat_administrators(new)
    assert owner.is_anonymous  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("speaks_as", "sender", "automatic"),
    [("channel", AS_CHANNEL, None), ("linked_channel", TELEGRAM, True)],
)
async def test_a_channel_speaks_with_a_fake_sender(
    house: House, speaks_as: str, sender: int, *, automatic: bool | None
) -> None:
    await house.migrates()
    await house.post("say", who="ann", where="room", text="/hello", **{"as": speaks_as})
    message = heard(await house.one())
    assert message.from_user is not None
    assert message.sender_chat is not None
    assert (message.from_user.id, message.sender_chat.id) == (sender, CHANNEL["id"])
    assert message.is_automatic_forward is automatic
    assert (message.forward_origin is not None) is bool(automatic)


async def test_another_bot_is_never_heard_but_takes_the_bare_commands(house: House) -> None:
    assert await house.refused("say", who="rosie", where="room", text="hi") == 404
    await house.post("member", who="rosie", joins=True, by="ann")
    await house.told()
    card = await house.card()
    await house.says("rosie", f"/x@{BOT.username}", reply_to=card.message_id)
    await house.says("ann", "/bare")
    await house.post("room", who="ann", bot="admin")
    await house.says("rosie", "to an admin")
    assert [update.my_chat_member is not None for update in await house.told()] == [True]
    assert [one["from"] for one in await house.reads("ben")] == ["Tend", "Rosie", "Ann", "Rosie"]
    assert await house.refused("say", who="rosie", where="private", text="/start") == 404


@pytest.mark.parametrize("of", ["user", "hidden_user", "chat", "channel"])
async def test_forwarded_words_name_their_origin(house: House, of: str) -> None:
    card = await house.card()
    await house.post("say", who="ann", where="room", text="theirs", forwarded=of, reply_to=card.message_id)
    message = heard(await house.one())
    assert message.forward_origin is not None
    assert message.forward_origin.type == of
    if isinstance(message.forward_origin, MessageOriginUser):
        assert message.forward_origin.sender_user.id != ANN
    assert (await house.reads("ben"))[-1]["forwarded"] is True
    assert await house.refused("say", who="ann", where="room", text="x", forwarded="a dream") == 400


async def test_words_through_another_bot_name_it(house: House) -> None:
    await house.says("ann", "/start", "private")
    await house.post("say", who="ann", where="private", text="a picture of a dove", via_bot=True)
    message = heard((await house.told())[-1])
    assert message.via_bot is not None
    assert message.via_bot.id == ROSIE.id
    assert (await house.reads("ann", "private"))[-1]["via"] == "Rosie"


async def test_a_reply_or_a_tap_can_come_too_late_for_its_message(house: House) -> None:
    card = await house.card()
    late: dict[str, Any] = {"who": "ann", "where": "room"}
    answer = late | {"text": "calm", "reply_to": card.message_id, "gone": True}
    assert await house.refused("say", **answer) == 400
    await house.bot.delete_message(HOME, card.message_id)
    assert await house.refused("say", **(answer | {"gone": False})) == 404
    await house.post("say", **answer)
    message = heard(await house.one())
    assert (message.text, message.reply_to_message) == ("calm", None)
    await house.post("tap", **late, message=card.message_id, data="yes", gone=True)
    query = (await house.one()).callback_query
    assert query is not None
    assert query.message is not None
    assert not query.message.is_accessible
    assert (query.message.chat.id, query.message.message_id) == (HOME, card.message_id)


async def test_people_delete_and_the_bot_hears_nothing_of_it(house: House) -> None:
    card, said = await house.card(), await house.says("ben", "mine")
    assert await house.refused("delete", who="ben", where="room", message=card.message_id) == 400
    await house.post("delete", who="ben", where="room", message=said)
    await house.post("delete", who="ann", where="room", message=card.message_id)
    assert await house.told() == []
    assert await house.reads("ann") == []
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await house.bot.edit_message_text("x", HOME, card.message_id)


# -- Who they are -------------------------------------------------------------


@pytest.mark.parametrize("code", ["es", "es-MX", "de", None])
async def test_a_phone_names_its_language(house: House, code: str | None) -> None:
    await house.post("person", who="ann", language=code)
    await house.says("ann", "/start", "private")
    who = heard(await house.one()).from_user
    assert who is not None
    assert who.language_code == code
    await house.restarts()
    await house.says("ann", "hello", "private")
    who = heard(await house.one()).from_user
    assert who is not None
    assert who.language_code == code


async def test_somebody_is_called_otherwise(house: House) -> None:
    await house.post("person", who="ann", first_name="<b>Anna</b>")
    await house.says("ann", "/hello")
    assert heard(await house.one()).from_user.first_name == "<b>Anna</b>"  # type: ignore[union-attr]


# -- More than words ----------------------------------------------------------


@pytest.mark.parametrize(
    "kind",
    [
        "photo", "video", "document", "audio", "voice", "video_note", "sticker", "poll", "location",
        "contact", "dice",
    ],
)  # fmt: skip
@pytest.mark.parametrize("where", ["room", "private"])
async def test_what_is_no_text_has_the_shape_of_the_bot_api(house: House, kind: str, where: str) -> None:
    await house.says("ann", "/start", "private")
    card = await house.card()
    await house.told()
    reply = {"reply_to": card.message_id} if where == "room" else {}
    number = (await house.post("send", who="ann", where=where, kind=kind, **reply))["id"]
    update = await house.one()
    message = heard(update)
    assert message.message_id == number
    assert message.effective_attachment is not None
    assert getattr(message, kind)
    assert message.text is None
    assert (await house.reads("ann", where))[-1]["media"] == kind


async def test_a_caption_is_no_text_and_can_be_edited(house: House) -> None:
    card = await house.card()
    sent = {"who": "ann", "where": "room", "reply_to": card.message_id}
    number = (await house.post("send", **sent, kind="photo", caption="us, /hello"))["id"]
    photo = heard(await house.one())
    assert (photo.text, photo.caption, photo.entities) == (None, "us, /hello", ())
    assert photo.caption_entities[0].type == "bot_command"
    await house.post("edit", who="ann", where="room", message=number, text="us two")
    edited = (await house.one()).edited_message
    assert edited is not None
    assert edited.caption == "us two"
    assert await house.refused("send", **sent, kind="dice", caption="no") == 400
    assert await house.refused("send", **sent, kind="painting") == 400
    assert await house.refused("send", **sent, kind="photo", caption="x" * 1025) == 400


async def test_media_are_withheld_by_privacy_mode_unless_they_reply(house: House) -> None:
    await house.post("send", who="ann", where="room", kind="photo", caption="/hello")
    await house.post("send", who="ann", where="room", kind="voice")
    assert await house.told() == []


async def test_an_album_is_two_messages_of_one_group(house: House) -> None:
    await house.says("ann", "/start", "private")
    await house.told()
    ids = (await house.post("send", who="ann", where="private", kind="album", caption="us"))["ids"]
    one, other = (heard(update) for update in await house.told())
    assert [one.message_id, other.message_id] == ids
    assert one.media_group_id == other.media_group_id is not None
    assert (one.caption, other.caption) == ("us", None)


@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud800", "half \udc00 pair", " \u200b ", "\u202etxet"])
async def test_a_raw_text_arrives_as_it_is(house: House, text: str) -> None:
    await house.says("ann", "/start", "private")
    await house.told()
    await house.post("say", who="ann", where="private", text=text, raw=True)
    assert heard(await house.one()).text == text
    assert (await house.reads("ann", "private"))[-1]["text"] == text
    assert (await house.sees("calls", method="getUpdates"))[-1]["answer"]["ok"]


@pytest.mark.parametrize(
    ("text", "lengths"),
    [("x" * 4096, [4096]), ("x" * 5000, [4096, 904]), ("x" + "\N{DOVE OF PEACE}" * 4096, [4095, 4096, 2])],
)
async def test_a_long_text_goes_in_parts(house: House, text: str, lengths: list[int]) -> None:
    await house.says("ann", "/start", "private")
    await house.told()
    assert await house.refused("say", who="ann", where="private", text=text + "y" * 4096) == 400
    ids = (await house.post("say", who="ann", where="private", text=text, split=True))["ids"]
    parts = [heard(update) for update in await house.told()]
    assert [part.message_id for part in parts] == ids
    assert [len((part.text or "").encode("utf-16-le")) // 2 for part in parts] == lengths
    assert "".join(part.text or "" for part in parts) == text


# -- Topics -------------------------------------------------------------------


async def test_a_forum_has_topics_that_close_and_go(house: House) -> None:
    assert await house.refused("room", who="ann", forum=True) == 400
    new = await house.migrates()
    assert await house.refused("topic", who="ann", begins="Evenings") == 400
    await house.post("room", who="ann", forum=True)
    topic = (await house.post("topic", who="ann", begins="Evenings"))["topic"]
    began = heard(await house.one())
    assert (began.message_id, began.message_thread_id, began.is_topic_message) == (topic, topic, True)
    assert began.forum_topic_created is not None
    assert began.chat.is_forum

    card = await house.bot.send_message(new, "A card", message_thread_id=topic)
    assert (card.message_thread_id, card.is_topic_message) == (topic, True)
    general = await house.bot.send_message(new, "In General")
    assert (general.message_thread_id, general.is_topic_message) == (None, None)
    below = await house.bot.send_message(new, "Below the card", reply_to_message_id=card.message_id)
    assert below.message_thread_id == topic
    assert [one.get("topic") for one in await house.reads("ben")] == ["Evenings", None, "Evenings"]

    await house.post("say", who="ben", where="room", text="/hello", topic=topic)
    said = heard(await house.one())
    assert (said.message_thread_id, said.is_topic_message) == (topic, True)
    assert said.reply_to_message is not None
    assert said.reply_to_message.message_id == topic  # Telegram says so of what answers nothing in a topic
    await house.says("ben", "calm", reply_to=card.message_id)
    assert heard(await house.one()).message_thread_id == topic

    await house.post("topic", who="ann", closes=topic)
    assert heard(await house.one()).forum_topic_closed is not None
    with pytest.raises(BadRequest, match=r"(?i)topic_closed"):
        await house.bot.send_message(new, "x", message_thread_id=topic)
    assert await house.refused("say", who="ben", where="room", text="x", topic=topic) == 404
    await house.post("topic", who="ann", reopens=topic)
    await house.post("topic", who="ann", deletes=topic)
    for thread in (topic, 1, 999):
        with pytest.raises(BadRequest, match="Message thread not found"):
            await house.bot.send_message(new, "x", message_thread_id=thread)
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await house.bot.edit_message_text("x", new, card.message_id)
    assert [one["text"] for one in await house.reads("ben")] == ["In General"]


# -- What vanishes ------------------------------------------------------------


@pytest.mark.parametrize("where", ["room", "private"])
async def test_a_timer_takes_messages_away(house: House, where: str) -> None:
    await house.says("ann", "/start", "private")
    chat = HOME if where == "room" else ANN
    stays = await house.card(chat=chat, text="Stays")
    await house.told()
    await house.post("room", who="ann", where=where, auto_delete=86_400)
    changed = heard(await house.one()).message_auto_delete_timer_changed
    assert changed is not None
    assert changed.message_auto_delete_time == timedelta(days=1)
    assert (await house.bot.get_chat(chat)).message_auto_delete_time is not None
    card = await house.card(chat=chat)
    await house.passes("PT23H59M")
    await house.bot.edit_message_text("Still there", chat, card.message_id)
    await house.passes("PT2M")
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await house.bot.edit_message_text("Gone", chat, card.message_id)
    await house.bot.edit_message_text("Stayed", chat, stays.message_id)
    await house.post("room", who="ann", where=where, auto_delete=0)
    late = await house.card(chat=chat, text="Late")
    await house.passes("P2D")
    assert "Still there" not in [one["text"] for one in await house.reads("ann", where)]
    await house.bot.edit_message_text("Later", chat, late.message_id)


async def test_what_was_to_vanish_vanishes_after_a_restart_too(house: House) -> None:
    await house.post("room", who="ann", auto_delete=60)
    card = await house.card()
    await house.restarts()
    await house.passes("PT61S")
    assert await house.refused("say", who="ann", where="room", text="x", reply_to=card.message_id) == 404
    assert await house.reads("ann") == []
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await house.bot.edit_message_text("Gone", HOME, card.message_id)


# -- What a room is -----------------------------------------------------------


async def test_a_room_tells_what_it_is(house: House) -> None:
    await house.post("member", who="rosie", joins=True, by="ann")
    room = await house.sees("room", who="ben")
    assert (room["chat"], room["type"], room["was"], room["bot"]) == (HOME, "group", None, "member")
    assert (room["members"], room["admins"]) == (["ann", "ben", "rosie"], ["ann"])
    new = await house.migrates()
    room = await house.sees("room", who="ben")
    assert (room["chat"], room["type"], room["was"]) == (new, "supergroup", HOME)


async def test_a_person_can_be_in_two_rooms(house: House) -> None:
    await house.post("room", who="dora")
    await house.post("member", who="cleo", joins=True, room="Nest", by="dora")
    await house.says("cleo", "/hello", "Nest")
    assert heard((await house.told())[-1]).chat.title == "Nest"
    assert await house.reads("cleo") == []
    assert [one["text"] for one in await house.reads("cleo", "Nest")] == ["/hello"]
    assert await house.refused("say", who="cleo", where="Attic", text="x") == 400
