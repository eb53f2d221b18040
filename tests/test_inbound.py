"""What every kind of update means, from the JSON that Telegram sends to the plain arrival."""

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import Update, User

from bot.arrival import (
    Added,
    Arrival,
    Came,
    Command,
    Masked,
    Moved,
    NotForUs,
    Place,
    Promoted,
    Removed,
    Tap,
    Text,
    Went,
)
from bot.playground.cast import BOT
from bot.telegram.inbound import clean, data_of, read, without_ours

ME = User(BOT.id, BOT.first_name, is_bot=True, username=BOT.username)
ANN = {"id": 710000001, "is_bot": False, "first_name": "Ann", "language_code": "en"}
TEND = {"id": BOT.id, "is_bot": True, "first_name": "Tend", "username": BOT.username}
OTHER_BOT = {"id": 42, "is_bot": True, "first_name": "Other", "username": "other_bot"}
ROOM = {"id": -41, "type": "group", "title": "Home"}
SUPER: dict[str, Any] = {"id": -1_000_000_000_041, "type": "supergroup", "title": "Home", "is_forum": True}
LANE = {"id": 710000001, "type": "private", "first_name": "Ann"}
CHANNEL = {"id": -1_000_000_000_099, "type": "channel", "title": "News"}
Json = dict[str, Any]


def arrives(**body: Any) -> Arrival:  # noqa: ANN401 - JSON
    update = Update.de_json({"update_id": 1, **body}, None)
    return read(update, ME)


def message(text: str | None = None, chat: Json = ROOM, **more: Any) -> Json:  # noqa: ANN401 - JSON
    body = {"message_id": 7, "from": ANN, "chat": chat, "date": 1_777_660_000, **more}
    if text is not None:
        body["text"] = text
        if text.startswith("/"):
            length = len(text.split()[0].encode("utf-16-le")) // 2
            body["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
    return body


def ours(chat: Json = ROOM) -> Json:
    return {"message_id": 5, "from": TEND, "chat": chat, "date": 1_777_650_000, "text": "A question"}


def theirs(chat: Json = ROOM) -> Json:
    return {"message_id": 6, "from": ANN, "chat": chat, "date": 1_777_650_000, "text": "I said"}


# -- Commands -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        ("/checkin", "checkin", ""),
        (f"/checkin@{BOT.username}", "checkin", ""),
        (f"/checkin@{BOT.username.upper()} calm / a hug", "checkin", "calm / a hug"),
        ("/CheckIn  calm ", "checkin", "calm"),
        ("/checkin\ncalm", "checkin", "calm"),
        ("/start lane", "start", "lane"),
    ],
)
def test_a_command_to_us_or_to_nobody_is_ours(text: str, name: str, words: str) -> None:
    heard = arrives(message=message(text))
    assert isinstance(heard, Command)
    assert (heard.name, heard.words, heard.edited) == (name, words, False)
    assert heard.where == Place(-41, private=False)
    assert (heard.who.number, heard.who.name) == (710000001, "Ann")


def test_a_command_to_another_bot_is_not_ours() -> None:
    assert arrives(message=message("/checkin@other_bot calm")) == NotForUs()


def test_an_edited_command_says_that_it_is_one() -> None:
    heard = arrives(edited_message=message("/checkin calmer"))
    assert isinstance(heard, Command)
    assert heard.edited


def test_a_command_in_the_midst_of_words_is_words() -> None:
    body = message("hello /checkin", LANE)
    body["entities"] = [{"type": "bot_command", "offset": 6, "length": 8}]
    heard = arrives(message=body)
    assert isinstance(heard, Text)
    assert heard.words == "hello /checkin"


def test_a_command_behind_an_emoji_is_words() -> None:
    body = message("😀 /checkin", LANE)
    body["entities"] = [{"type": "bot_command", "offset": 3, "length": 8}]
    assert isinstance(arrives(message=body), Text)


# -- Words --------------------------------------------------------------------


def test_a_reply_to_us_is_words_to_that_message() -> None:
    heard = arrives(message=message("calm", reply_to_message=ours()))
    assert isinstance(heard, Text)
    assert (heard.words, heard.reply_to, heard.message_id, heard.edited) == ("calm", 5, 7, False)


def test_words_between_the_two_are_not_for_us() -> None:
    assert arrives(message=message("we should talk")) == NotForUs()
    assert arrives(message=message("yes", reply_to_message=theirs())) == NotForUs()


def test_any_words_in_the_private_chat_are_for_us() -> None:
    heard = arrives(message=message("calm", LANE))
    assert isinstance(heard, Text)
    assert heard.where == Place(710000001, private=True)
    assert heard.reply_to is None


def test_a_private_reply_to_ones_own_message_is_a_plain_line() -> None:
    heard = arrives(message=message("calm", LANE, reply_to_message=theirs(LANE)))
    assert isinstance(heard, Text)
    assert heard.reply_to is None


def test_an_edit_is_the_same_message_again() -> None:
    heard = arrives(edited_message=message("calmer", reply_to_message=ours(), edit_date=1_777_660_100))
    assert isinstance(heard, Text)
    assert (heard.edited, heard.message_id, heard.words) == (True, 7, "calmer")


@pytest.mark.parametrize(
    "thing",
    [
        {"photo": [{"file_id": "a", "file_unique_id": "b", "width": 1, "height": 1}]},
        {"photo": [{"file_id": "a", "file_unique_id": "b", "width": 1, "height": 1}], "caption": "calm"},
        {"voice": {"file_id": "a", "file_unique_id": "b", "duration": 1}},
        {
            "sticker": {
                "file_id": "a", "file_unique_id": "b", "type": "regular",
                "width": 1, "height": 1, "is_animated": False, "is_video": False,
            }
        },
        {"location": {"latitude": 52.5, "longitude": 13.4}},
        {"contact": {"phone_number": "1", "first_name": "Cleo"}},
        {"poll": {
            "id": "1", "question": "?", "options": [], "total_voter_count": 0, "is_closed": False,
            "is_anonymous": True, "type": "regular", "allows_multiple_answers": False,
            "members_only": False, "allows_revoting": True,
        }},
    ],
)  # fmt: skip
def test_a_picture_a_voice_or_a_sticker_is_an_answer_without_words(thing: Json) -> None:
    heard = arrives(message=message(None, reply_to_message=ours(), **thing))
    assert isinstance(heard, Text)
    assert heard.words == ""
    assert arrives(message=message(None, **thing)) == NotForUs()


# -- Who is nobody in particular ----------------------------------------------


MASKS: list[Json] = [
    {"from": {"id": 1087968824, "is_bot": True, "first_name": "Group"}, "sender_chat": ROOM},
    {"from": {"id": 136817688, "is_bot": True, "first_name": "Channel"}, "sender_chat": CHANNEL},
    {"sender_chat": CHANNEL},
]


@pytest.mark.parametrize("mask", MASKS, ids=["anonymous admin", "channel", "chat"])
def test_whoever_writes_to_us_under_a_mask_is_asked_who_it_is(mask: Json) -> None:
    where = Place(-41, private=False)
    assert arrives(message=message("/checkin calm", **mask)) == Masked(where, "checkin", worded=True)
    assert arrives(message=message("/checkin", **mask)) == Masked(where, "checkin")
    assert arrives(message=message("calm", reply_to_message=ours(), **mask)) == Masked(where)
    assert arrives(message=message("calm", **mask)) == NotForUs()
    assert arrives(edited_message=message("calm", reply_to_message=ours(), **mask)) == NotForUs()


def test_what_a_linked_channel_posts_is_nobodys() -> None:
    post: Json = {**MASKS[1], "is_automatic_forward": True}
    assert arrives(message=message("/checkin", reply_to_message=ours(), **post)) == NotForUs()


@pytest.mark.parametrize(
    "speaker",
    [
        {"from": OTHER_BOT},
        {"from": TEND},
        {"via_bot": OTHER_BOT},
        {"forward_origin": {"type": "user", "date": 1_777_000_000, "sender_user": ANN}},
        {"forward_origin": {"type": "hidden_user", "date": 1_777_000_000, "sender_user_name": "Somebody"}},
    ],
    ids=[
        "another bot", "ourselves", "via a bot",
        "forwarded", "forwarded, hidden",
    ],
)  # fmt: skip
@pytest.mark.parametrize("text", ["calm", "/checkin", "/leave"])
@pytest.mark.parametrize("kind", ["message", "edited_message"])
def test_whoever_speaks_as_somebody_else_is_nobody(speaker: Json, text: str, kind: str) -> None:
    assert arrives(**{kind: message(text, reply_to_message=ours(), **speaker)}) == NotForUs()


def test_a_message_without_a_sender_is_nobodys() -> None:
    body = message("calm", reply_to_message=ours())
    del body["from"]
    assert arrives(message=body) == NotForUs()


@pytest.mark.parametrize("kind", ["channel_post", "edited_channel_post"])
def test_what_channels_publish_is_not_for_us(kind: str) -> None:
    assert arrives(**{kind: message("/checkin", CHANNEL)}) == NotForUs()


# -- Taps ---------------------------------------------------------------------


def tap(data: str | None, chat: Json = ROOM, **more: Any) -> Json:  # noqa: ANN401 - JSON
    query = {"id": "q1", "from": ANN, "chat_instance": "x", "message": ours(chat), **more}
    return query if data is None else query | {"data": data}


@pytest.mark.parametrize(("chat", "private"), [(ROOM, False), (SUPER, False), (LANE, True)])
def test_a_tap_on_our_button_names_our_card_and_the_button(chat: Json, private: bool) -> None:  # noqa: FBT001 - a table
    heard = arrives(callback_query=tap(data_of(123, "0123456789ab"), chat))
    assert isinstance(heard, Tap)
    assert (heard.card_id, heard.key, heard.message_id, heard.query_id) == (123, "0123456789ab", 5, "q1")
    assert (heard.where.private, heard.who.number) == (private, 710000001)


def test_our_data_fits_into_a_button_whatever_its_card() -> None:
    assert len(data_of(2**63 - 1, "f" * 12).encode()) <= 64


@pytest.mark.parametrize(
    "data",
    [
        None, "", "yes", "1:", ":0123456789ab", "1:0123456789AB", "1:0123456789abc", "-1:0123456789ab",
        "1:0123456789ab\n", " 1:0123456789ab", "x" * 64, "9" * 64, f"{2**63}:0123456789ab",
        f"{10**19}:0123456789ab", "\u0661:0123456789abc", "1;DROP TABLE card", "\0:0123456789ab",
    ],
)  # fmt: skip
def test_a_tap_with_other_data_is_answered_and_means_nothing(data: str | None) -> None:
    assert arrives(callback_query=tap(data)) == NotForUs("q1")


def test_a_tap_on_a_message_that_telegram_does_not_show_any_more_is_heard() -> None:
    query = tap("1:0123456789ab")
    query["message"] = {"message_id": 5, "chat": ROOM, "date": 0}
    heard = arrives(callback_query=query)
    assert isinstance(heard, Tap)
    assert heard.message_id == 5


def test_a_tap_below_an_inline_message_means_nothing() -> None:
    query = tap("1:0123456789ab") | {"inline_message_id": "abc"}
    del query["message"]
    assert arrives(callback_query=query) == NotForUs("q1")


# -- Coming, going, moving ----------------------------------------------------


def membership(was: str, is_now: str, chat: Json = ROOM) -> Arrival:
    def member(status: str) -> Json:
        rights = {"until_date": 0} if status in {"kicked", "restricted"} else {}
        if status == "administrator":
            rights = dict.fromkeys(
                (
                    "can_be_edited", "is_anonymous", "can_manage_chat", "can_delete_messages",
                    "can_manage_video_chats", "can_restrict_members",
                    "can_promote_members",
                    "can_change_info", "can_invite_users",
                    "can_post_stories", "can_edit_stories", "can_delete_stories",
                ),
                False,
            )  # fmt: skip
        if status == "restricted":
            rights |= dict.fromkeys(
                (
                    "is_member", "can_change_info", "can_invite_users", "can_pin_messages",
                    "can_send_messages",
                    "can_send_polls", "can_send_other_messages", "can_add_web_page_previews",
                    "can_manage_topics",
                    "can_send_audios", "can_send_documents", "can_send_photos", "can_send_videos",
                    "can_send_video_notes", "can_send_voice_notes", "can_edit_tag", "can_react_to_messages",
                ),
                False,
            )  # fmt: skip
        return {"status": status, "user": TEND, **rights}

    return arrives(
        my_chat_member={
            "chat": chat, "from": ANN, "date": 1_777_660_000,
            "old_chat_member": member(was), "new_chat_member": member(is_now),
        }
    )  # fmt: skip


@pytest.mark.parametrize("was", ["left", "kicked"])
@pytest.mark.parametrize("is_now", ["member", "administrator"])
@pytest.mark.parametrize("chat", [ROOM, SUPER])
def test_being_brought_into_a_room_is_a_beginning(was: str, is_now: str, chat: Json) -> None:
    heard = membership(was, is_now, chat)
    assert isinstance(heard, Added)
    assert heard.where.chat_id == chat["id"]


@pytest.mark.parametrize("was", ["member", "administrator"])
@pytest.mark.parametrize("is_now", ["left", "kicked"])
def test_being_put_out_of_a_room_is_an_end(was: str, is_now: str) -> None:
    heard = membership(was, is_now)
    assert isinstance(heard, Removed)
    assert not heard.where.private


def test_a_private_chat_that_is_shut_is_noticed_and_one_that_is_opened_anew_is_no_room() -> None:
    shut = membership("member", "kicked", LANE)
    assert isinstance(shut, Removed)
    assert shut.where.private
    assert membership("kicked", "member", LANE) == NotForUs()


def test_being_made_an_administrator_is_noticed_and_so_is_coming_as_one() -> None:
    assert membership("member", "administrator") == Promoted(Place(-41, private=False))
    heard = membership("left", "administrator")
    assert isinstance(heard, Added)
    assert heard.as_admin
    heard = membership("left", "member")
    assert isinstance(heard, Added)
    assert not heard.as_admin


def test_who_is_restricted_may_be_there_or_gone() -> None:
    assert isinstance(membership("member", "restricted"), Removed)  # is_member is false there
    assert membership("restricted", "left") == NotForUs()


def test_who_comes_and_goes_is_told_of_unless_it_is_a_bot() -> None:
    came = arrives(message=message(None, ROOM, new_chat_members=[ANN, TEND]))
    assert isinstance(came, Came)
    assert [each.number for each in came.who] == [ANN["id"]]
    went = arrives(message=message(None, ROOM, left_chat_member=ANN))
    assert isinstance(went, Went)
    assert went.who.number == ANN["id"]


@pytest.mark.parametrize(
    ("was", "is_now", "chat"),
    [
        ("administrator", "member", ROOM),
        ("left", "administrator", CHANNEL),
    ],
)
def test_other_changes_mean_nothing(was: str, is_now: str, chat: Json) -> None:
    assert membership(was, is_now, chat) == NotForUs()


def test_all_three_notices_of_a_move_say_the_same() -> None:
    new = int(SUPER["id"])
    assert arrives(message=message(None, ROOM, migrate_to_chat_id=new)) == Moved(-41, new)
    assert arrives(message=message(None, SUPER, migrate_from_chat_id=-41)) == Moved(-41, new)


@pytest.mark.parametrize(
    "service",
    [
        {"new_chat_members": [TEND]},
        {"left_chat_member": TEND},
        {"new_chat_title": "Us"},
        {"pinned_message": ours()},
        {"message_auto_delete_timer_changed": {"message_auto_delete_time": 86400}},
        {"group_chat_created": True},
        {"delete_chat_photo": True},
        {"forum_topic_created": {"name": "Us", "icon_color": 1}},
    ],
)
def test_service_messages_are_nobodys_words(service: Json) -> None:
    assert arrives(message=message(None, **service)) == NotForUs()
    assert arrives(message=message(None, LANE, **service)) == NotForUs()


def test_a_topic_is_remembered_and_a_mere_thread_of_replies_is_not() -> None:
    topic = arrives(message=message("/start", SUPER, message_thread_id=9, is_topic_message=True))
    thread = arrives(message=message("/start", SUPER, message_thread_id=9))
    assert isinstance(topic, Command)
    assert isinstance(thread, Command)
    assert (topic.where.thread_id, thread.where.thread_id) == (9, None)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"poll": {
            "id": "1", "question": "?", "options": [], "total_voter_count": 0, "is_closed": False,
            "is_anonymous": True, "type": "regular", "allows_multiple_answers": False,
            "members_only": False, "allows_revoting": True,
        }},
        {"a_kind_of_next_year": {"of": "no use"}},
    ],
)  # fmt: skip
def test_what_we_never_asked_for_means_nothing(body: Json) -> None:
    assert arrives(**body) == NotForUs()


# -- Words that no database and no message can hold ---------------------------


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("calm", "calm"),
        ("  calm\n", "calm"),
        ("a\0b", "a\ufffdb"),
        ("a\ud800b", "a\ufffdb"),
        ("\u200b", ""),
        ("\u200b\u2060\ufeff \u00a0", ""),
        ("\u0301", ""),
        ("\u2800", ""),
        ("\u3164", ""),
        ("\u202eevil", "\u202eevil"),
        ("👩‍👩‍👧", "👩‍👩‍👧"),
        ("❤\ufe0f", "❤\ufe0f"),
    ],
)
def test_words_are_kept_as_written_but_for_what_cannot_be(written: str, kept: str) -> None:
    assert clean(written) == kept
    heard = arrives(message=message(written, LANE))
    assert isinstance(heard, Text)
    assert heard.words == kept


@given(st.text(st.characters(exclude_categories=())))
def test_cleaned_words_can_be_stored_and_sent(written: str) -> None:
    kept = clean(written)
    kept.encode()
    assert "\0" not in kept
    assert clean(kept) == kept
    if kept:
        assert any(unicodedata.category(char)[0] in "LNPSC" for char in kept)


@given(st.text(st.characters(exclude_categories=()), min_size=1, max_size=200), st.booleans(), st.booleans())
def test_no_words_of_anybody_raise(written: str, private: bool, edited: bool) -> None:  # noqa: FBT001 - drawn
    kind = "edited_message" if edited else "message"
    body = message(None, LANE if private else ROOM, reply_to_message=ours())
    body |= {"text": written, "from": ANN | {"first_name": written}}
    heard = arrives(**{kind: body})
    assert isinstance(heard, Text | NotForUs)
    if isinstance(heard, Text):
        assert 1 <= len(heard.who.name) <= 40
        heard.who.name.encode()


@given(
    st.text(st.characters(exclude_categories=()), max_size=50),
    st.integers(0, 3),
    st.integers(1, 60),
)
def test_no_command_of_anybody_raises(rest: str, offset: int, length: int) -> None:
    body = message(None, LANE) | {"text": f"/checkin{rest}"}
    body["entities"] = [{"type": "bot_command", "offset": offset, "length": length}]
    assert isinstance(arrives(message=body), Command | Text | NotForUs)


def test_what_somebody_said_or_is_called_is_never_printed() -> None:
    heard = arrives(message=message("ZEBRA", LANE) | {"from": ANN | {"first_name": "QUAGGA"}})
    assert "ZEBRA" not in repr(heard)
    assert "QUAGGA" not in repr(heard)


# -- What is kept of an update ------------------------------------------------


def test_of_our_own_message_only_its_number_is_kept_and_what_arrives_is_the_same() -> None:
    buttons = {"inline_keyboard": [[{"text": "calm", "callback_data": data_of(7, "0123456789ab")}]]}
    card = ours() | {"text": "OUR CARD", "reply_markup": buttons}
    tapped = {"id": "1", "from": ANN, "message": card, "chat_instance": "1"}
    tapped["data"] = data_of(7, "0123456789ab")
    for update in (
        {"update_id": 1, "callback_query": tapped},
        {"update_id": 1, "message": message("my words", ROOM, reply_to_message=card)},
        {"update_id": 1, "edited_message": message("my words", ROOM, reply_to_message=card)},
    ):
        kept = without_ours(update)
        assert "OUR CARD" not in str(kept)
        assert "calm" not in str(kept)
        assert ("my words" in str(kept)) == ("my words" in str(update))
        assert read(Update.de_json(kept, None), ME) == read(Update.de_json(update, None), ME)


def test_what_nobody_knows_yet_is_kept_as_it_is() -> None:
    strange = {"update_id": 1, "message": {"message_id": 2, "reply_to_message": "?"}, "novelty": [{"a": 1}]}
    assert without_ours(strange) == strange
