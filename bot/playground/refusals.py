"""What Telegram refuses, in Telegram's own words.

The descriptions are those that the Bot API is known to answer; the two that were never seen written down
(too many buttons) carry the names of the errors of the protocol below it.
"""

import json
import re
from typing import Any

from bot.playground.markup import BrokenMarkup, Json, parse_html, trimmed, units, with_found

LONGEST_TEXT, LONGEST_CAPTION = 4096, 1024
LONGEST_DATA = 64
LONGEST_ANSWER = 200
MOST_BUTTONS, MOST_IN_A_ROW = 100, 8
MOST_COMMANDS, LONGEST_COMMAND_DESCRIPTION = 100, 256
MOST_ENTITIES = 100
ACTIONS = {
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice",
    "upload_document", "choose_sticker", "find_location", "record_video_note", "upload_video_note",
}  # fmt: skip
BUTTON_KINDS = {
    "callback_data", "url", "web_app", "login_url", "switch_inline_query", "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat", "copy_text", "callback_game", "pay",
}  # fmt: skip

CHAT_NOT_FOUND = "Bad Request: chat not found"
CANNOT_BEGIN = "Forbidden: bot can't initiate conversation with a user"
BLOCKED = "Forbidden: bot was blocked by the user"
UPGRADED = "Bad Request: group chat was upgraded to a supergroup chat"
NO_RIGHT_TO_SEND = "Bad Request: not enough rights to send text messages to the chat"
TEXT_EMPTY = "Bad Request: message text is empty"
TEXT_TOO_LONG = "Bad Request: message is too long"
CAPTION_TOO_LONG = "Bad Request: message caption is too long"
NO_ANIMATION = "Bad Request: there is no animation in the request"
NO_PHOTO = "Bad Request: there is no photo in the request"
PHOTO_DIMENSIONS = "Bad Request: PHOTO_INVALID_DIMENSIONS"
WRONG_FILE = "Bad Request: wrong file identifier/HTTP URL specified"
TOO_LARGE = "Request Entity Too Large"
ONLY_GIFS_HERE = "Bad Request: wrong type of file: the stand-in for Telegram takes GIFs only"
ONLY_PNGS_HERE = "Bad Request: wrong type of file: the stand-in for Telegram takes PNGs only"
REPLY_NOT_FOUND = "Bad Request: message to be replied not found"
THREAD_NOT_FOUND = "Bad Request: message thread not found"
TOPIC_CLOSED = "Bad Request: TOPIC_CLOSED"
EDIT_NOT_FOUND = "Bad Request: message to edit not found"
EDIT_REFUSED = "Bad Request: message can't be edited"
EDIT_NO_TEXT = "Bad Request: there is no text in the message to edit"
EDIT_NO_CAPTION = "Bad Request: there is no caption in the message to edit"
NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are exactly "
    "the same as a current content and reply markup of the message"
)
DELETE_NOT_FOUND = "Bad Request: message to delete not found"
DELETE_REFUSED = "Bad Request: message can't be deleted for everyone"
PIN_NOT_FOUND = "Bad Request: message to pin not found"
UNPIN_NOT_FOUND = "Bad Request: message to unpin not found"
PIN_REFUSED = "Bad Request: not enough rights to manage pinned messages in the chat"
REACT_NOT_FOUND = "Bad Request: message to react not found"
REACTION_INVALID = "Bad Request: REACTION_INVALID"
TAP_TOO_OLD = "Bad Request: query is too old and response timeout expired or query ID is invalid"
ANSWER_TOO_LONG = "Bad Request: MESSAGE_TOO_LONG"
ANSWER_URL_INVALID = "Bad Request: URL_INVALID"
MARKUP_TOO_LONG = "Bad Request: REPLY_MARKUP_TOO_LONG"
MARKUP_INVALID = "Bad Request: REPLY_MARKUP_INVALID"
DATA_INVALID = "Bad Request: BUTTON_DATA_INVALID"
BUTTON_TYPE_INVALID = "Bad Request: BUTTON_TYPE_INVALID"
BUTTON_WITHOUT_USE = (
    "Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
)
USER_NOT_FOUND = "Bad Request: user not found"
NO_ADMINISTRATORS = "Bad Request: there are no administrators in the private chat"
CANNOT_LEAVE = "Bad Request: chat member status can't be changed in private chats"
NO_HTTPS = "Bad Request: bad webhook: An HTTPS URL must be provided for webhook"
WEBHOOK_IS_SET = (
    "Conflict: can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first"
)
CONFLICT = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"


class Refused(Exception):  # noqa: N818  (it is an answer, not an error of ours)
    """Telegram said no."""

    def __init__(self, description: str, code: int | None = None, **parameters: int) -> None:
        """Take the description; the code follows from how it begins."""
        super().__init__(description)
        self.description = description
        self.code = code or (403 if description.startswith("Forbidden") else 400)
        self.parameters = parameters


def not_there(*, kicked: bool, supergroup: bool) -> str:
    """Return what is said of a group that the bot is not in."""
    what = "was kicked from" if kicked else "is not a member of"
    return f"Forbidden: bot {what} the {'supergroup' if supergroup else 'group'} chat"


def read_text(
    text: str, parse_mode: str | None, entities: list[Json] | None, *, caption: bool = False
) -> tuple[str, list[Json]]:
    """Return the text and entities of a message to be sent, or refuse it; a caption may be empty."""
    given = entities or []
    if parse_mode and parse_mode.lower() == "html":
        try:
            text, given = parse_html(text)
        except BrokenMarkup as error:
            raise Refused(f"Bad Request: can't parse entities: {error}") from error
    elif parse_mode:
        raise Refused("Bad Request: unsupported parse_mode")
    text, given = trimmed(text.replace("\r", ""), given)
    if not (text or caption):
        raise Refused(TEXT_EMPTY)
    if units(text) > (LONGEST_CAPTION if caption else LONGEST_TEXT):
        raise Refused(CAPTION_TOO_LONG if caption else TEXT_TOO_LONG)
    return text, with_found(text, given)[:MOST_ENTITIES]


def check_markup(markup: Json | None, *, private: bool) -> Json | None:
    """Return the reply markup, or refuse it; a keyboard without buttons is none."""
    if markup is None or "inline_keyboard" not in markup:
        return markup
    rows = [row for row in markup["inline_keyboard"] if row]
    if sum(map(len, rows)) > MOST_BUTTONS:
        raise Refused(MARKUP_TOO_LONG)
    if any(len(row) > MOST_IN_A_ROW for row in rows):
        raise Refused(MARKUP_INVALID)
    for row in rows:
        for button in row:
            _check_button(button, private=private)
    return {"inline_keyboard": rows} if rows else None


def _check_button(button: Json, *, private: bool) -> None:
    if not isinstance(button, dict) or not button.get("text"):
        raise Refused('Bad Request: can\'t parse inline keyboard button: Field "text" must be of type String')
    if len(BUTTON_KINDS & button.keys()) != 1:
        raise Refused(BUTTON_WITHOUT_USE)
    if "callback_data" in button and not 1 <= len(str(button["callback_data"]).encode()) <= LONGEST_DATA:
        raise Refused(DATA_INVALID)
    if "web_app" in button and not private:
        raise Refused(BUTTON_TYPE_INVALID)
    url = button.get("url")
    if url is not None and not re.match(r"(https?://|tg://|t\.me/)[^\s]+$", str(url)):
        raise Refused(f"Bad Request: inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")


def check_commands(commands: list[Json]) -> list[Json]:
    """Return the commands of a menu, or refuse them."""
    if len(commands) > MOST_COMMANDS:
        raise Refused("Bad Request: BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        if not re.fullmatch(r"[a-z0-9_]{1,32}", str(command.get("command", ""))):
            raise Refused("Bad Request: BOT_COMMAND_INVALID")
        if not 1 <= units(str(command.get("description", ""))) <= LONGEST_COMMAND_DESCRIPTION:
            raise Refused("Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
    return [{"command": one["command"], "description": one["description"]} for one in commands]


def parsed(name: str, value: Any) -> Any:  # noqa: ANN401  (JSON)
    """Return a parameter that Telegram takes as JSON."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise Refused(f"Bad Request: can't parse {name.replace('_', ' ')} JSON object") from error
