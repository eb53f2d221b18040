"""The methods of the Bot API that are served, each from its parameters to the act in the model."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.playground import files, refusals, shapes
from bot.playground.cast import BOT
from bot.playground.markup import Json, is_whole
from bot.playground.refusals import Refused, check_commands, parsed
from bot.playground.telegram import Draft, Telegram

WORDS = {
    "text", "caption", "parse_mode", "callback_query_id", "url", "action", "language_code", "description",
    "short_description", "name", "file_id", "secret_token", "business_connection_id", "message_effect_id",
}  # fmt: skip
LONGEST_DESCRIPTION, LONGEST_SHORT_DESCRIPTION = 512, 120


class Params:
    """The parameters of one call, read as Telegram reads them."""

    def __init__(self, given: dict[str, Any]) -> None:
        """Take what came: numbers, flags and objects may be strings of JSON."""
        self.given = given

    def words(self, name: str) -> str | None:
        """Return a string, or None for an empty one."""
        value = self.given.get(name)
        if value is None or value == "":
            return None
        if not is_whole(str(value)):
            raise Refused("Bad Request: strings must be encoded in UTF-8")
        return str(value)

    def number(self, name: str) -> int | None:
        """Return a number."""
        value = self.words(name)
        if value is None:
            return None
        try:
            return int(value)
        except ValueError as error:
            raise Refused(f"Bad Request: parameter {name} must be an integer") from error

    def flag(self, name: str) -> bool:
        """Return a yes or no."""
        return str(self.given.get(name, "")).lower() in {"true", "1", "yes"}

    def json(self, name: str) -> Any:  # noqa: ANN401  (JSON)
        """Return an object or a list."""
        value = self.given.get(name)
        return None if value is None or value == "" else parsed(name, value)

    def chat(self) -> int:
        """Return the chat; names of public chats lead nowhere here."""
        value = self.words("chat_id")
        if value is None:
            raise Refused("Bad Request: chat_id is empty")
        try:
            return int(value)
        except ValueError as error:
            raise Refused(refusals.CHAT_NOT_FOUND) from error

    def message(self) -> int:
        """Return the message that the call is about."""
        number = self.number("message_id")
        if number is None:
            raise Refused("Bad Request: message identifier is not specified")
        return number

    def draft(self) -> Draft:
        """Return the content of a message."""
        return Draft(
            text=self.words("text") or "",
            parse_mode=self.words("parse_mode"),
            entities=self.json("entities"),
            markup=self.json("reply_markup"),
        )

    def caption(self) -> Draft:
        """Return the words below media."""
        return Draft(
            text=self.words("caption") or "",
            parse_mode=self.words("parse_mode"),
            entities=self.json("caption_entities"),
            markup=self.json("reply_markup"),
        )

    def readable(self) -> dict[str, Any]:
        """Return the parameters for the record, objects as objects."""
        return {name: value if name in WORDS else _decoded(value) for name, value in self.given.items()}


def _decoded(value: Any) -> Any:  # noqa: ANN401  (JSON)
    if isinstance(value, files.Upload):
        return value.told
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _send_animation(telegram: Telegram, params: Params) -> Json:
    shown = files.animation(telegram.world, params.given.get("animation"))
    return _send(telegram, params, replace(params.caption(), media=shown))


def _send_photo(telegram: Telegram, params: Params) -> Json:
    shown = files.photo(telegram.world, params.given.get("photo"))
    return _send(telegram, params, replace(params.caption(), media=shown))


def _send(telegram: Telegram, params: Params, draft: Draft | None = None) -> Json:
    reply = params.json("reply_parameters")
    if reply is None and params.number("reply_to_message_id"):
        reply = {
            "message_id": params.number("reply_to_message_id"),
            "allow_sending_without_reply": params.flag("allow_sending_without_reply"),
        }
    extra: Json = {"has_protected_content": True} if params.flag("protect_content") else {}
    if options := params.json("link_preview_options"):
        extra["link_preview_options"] = options
    topic = params.number("message_thread_id") or None
    return telegram.send(params.chat(), draft or params.draft(), reply, extra, topic)


def _edit_text(telegram: Telegram, params: Params) -> Json:
    return telegram.edit_text(params.chat(), params.message(), params.draft())


def _edit_caption(telegram: Telegram, params: Params) -> Json:
    return telegram.edit_caption(params.chat(), params.message(), params.caption())


def _edit_markup(telegram: Telegram, params: Params) -> Json:
    return telegram.edit_markup(params.chat(), params.message(), params.json("reply_markup"))


def _answer(telegram: Telegram, params: Params) -> bool:
    tap = params.words("callback_query_id") or ""
    text, url, dialog = params.words("text"), params.words("url"), params.flag("show_alert")
    return telegram.answer_tap(tap, text, url, dialog=dialog)


def _menu(params: Params) -> str:
    scope = params.json("scope") or {"type": "default"}
    return json.dumps([scope, params.words("language_code") or ""], sort_keys=True)


def _set_commands(telegram: Telegram, params: Params) -> bool:
    profile = telegram.world.profile
    profile.commands[_menu(params)] = check_commands(params.json("commands") or [])
    telegram.world.keep(profile)
    return True


def _get_commands(telegram: Telegram, params: Params) -> list[Json]:
    return telegram.world.profile.commands.get(_menu(params), [])


def _delete_commands(telegram: Telegram, params: Params) -> bool:
    telegram.world.profile.commands.pop(_menu(params), None)
    telegram.world.keep(telegram.world.profile)
    return True


def _describe(shelf: str, field: str, at_most: int) -> Callable[[Telegram, Params], bool]:
    def describe(telegram: Telegram, params: Params) -> bool:
        text = params.words(field) or ""
        if len(text) > at_most:
            raise Refused(f"Bad Request: {field.replace('_', ' ')} is too long")
        getattr(telegram.world.profile, shelf)[params.words("language_code") or ""] = text
        telegram.world.keep(telegram.world.profile)
        return True

    return describe


def _described(shelf: str, field: str) -> Callable[[Telegram, Params], Json]:
    def described(telegram: Telegram, params: Params) -> Json:
        texts = getattr(telegram.world.profile, shelf)
        return {field: texts.get(params.words("language_code") or "", texts.get("", ""))}

    return described


def _set_webhook(telegram: Telegram, params: Params) -> bool:
    url = params.words("url") or ""
    if not url:
        return _delete_webhook(telegram, params)
    if not url.startswith(("https://", "http://")):
        raise Refused(refusals.NO_HTTPS)
    profile = telegram.world.profile
    given = {name: params.words(name) for name in ("secret_token", "max_connections")}
    profile.webhook = {"url": url} | {name: value for name, value in given.items() if value}
    telegram.world.keep(profile)
    if params.json("allowed_updates") is not None:
        telegram.updates.allow(params.json("allowed_updates"))
    return True


def _delete_webhook(telegram: Telegram, params: Params) -> bool:
    telegram.world.profile.webhook = {}
    telegram.world.keep(telegram.world.profile)
    if params.flag("drop_pending_updates"):
        for update in telegram.updates.waiting():
            telegram.world.drop(telegram.world.updates, update)
    return True


def _webhook_info(telegram: Telegram, _: Params) -> Json:
    waiting, allowed = telegram.updates.waiting(), telegram.world.profile.allowed_updates
    info = {
        "url": telegram.world.profile.webhook.get("url", ""),
        "has_custom_certificate": False,
        "pending_update_count": len(waiting),
    }
    return info | ({"allowed_updates": allowed} if allowed else {})


METHODS: dict[str, Callable[[Telegram, Params], Any]] = {
    "getMe": lambda _, __: shapes.me(),
    "getMyName": lambda _, __: {"name": BOT.first_name},
    "sendMessage": _send,
    "sendAnimation": _send_animation,
    "sendPhoto": _send_photo,
    "getFile": lambda telegram, params: files.file(telegram.world, params.words("file_id")),
    "editMessageText": _edit_text,
    "editMessageCaption": _edit_caption,
    "editMessageReplyMarkup": _edit_markup,
    "deleteMessage": lambda telegram, params: telegram.delete(params.chat(), params.message()),
    "pinChatMessage": lambda telegram, params: telegram.pin(params.chat(), params.message()),
    "unpinChatMessage": lambda telegram, params: telegram.unpin(params.chat(), params.number("message_id")),
    "setMessageReaction": lambda telegram, params: telegram.react(
        params.chat(), params.message(), params.json("reaction") or []
    ),
    "sendChatAction": lambda telegram, params: telegram.chat_action(
        params.chat(), params.words("action") or ""
    ),
    "answerCallbackQuery": _answer,
    "getChat": lambda telegram, params: telegram.chats.chat(params.chat()),
    "getChatMember": lambda telegram, params: telegram.chats.member(
        params.chat(), params.number("user_id") or 0
    ),
    "getChatMemberCount": lambda telegram, params: telegram.chats.member_count(params.chat()),
    "getChatAdministrators": lambda telegram, params: telegram.chats.administrators(
        params.chat(), with_bots=params.flag("return_bots")
    ),
    "leaveChat": lambda telegram, params: telegram.chats.leave(params.chat()),
    "setMyCommands": _set_commands,
    "getMyCommands": _get_commands,
    "deleteMyCommands": _delete_commands,
    "setMyDescription": _describe("descriptions", "description", LONGEST_DESCRIPTION),
    "getMyDescription": _described("descriptions", "description"),
    "setMyShortDescription": _describe("short_descriptions", "short_description", LONGEST_SHORT_DESCRIPTION),
    "getMyShortDescription": _described("short_descriptions", "short_description"),
    "setWebhook": _set_webhook,
    "deleteWebhook": _delete_webhook,
    "getWebhookInfo": _webhook_info,
}
BY_LOWER_CASE = {name.lower(): name for name in [*METHODS, "getUpdates"]}
