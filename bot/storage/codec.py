"""From states, preferences and lines to JSON and back.

A state is written as the name of its class and its fields, so a ritual's file alone says what its states are.
A line is written with its values named by kind, because a template's values are of many.
"""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date, datetime, time, timedelta
from functools import cache
from types import MappingProxyType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

from cattrs.preconf.json import make_converter

from bot.ritual import Button, Drawing, Kept, Line, Person, Preference, Ritual, Say, Value, Words
from bot.storage.sealing import BrokenSealError

log = logging.getLogger(__name__)

KINDS: dict[str, type[Any]] = {
    "person": Person,
    "words": Words,
    "kept": Kept,
    "datetime": datetime,
    "date": date,
    "time": time,
    "timedelta": timedelta,
    "zone": ZoneInfo,
    "number": int,
}


class UnreadableError(Exception):
    """A stored state does not fit its ritual any more. Its message names no value."""


_converter = make_converter()
_converter.register_unstructure_hook(Person, lambda person: person.id)
_converter.register_structure_hook(Person, lambda number, _: Person(int(number)))
_converter.register_unstructure_hook(ZoneInfo, str)
_converter.register_structure_hook(ZoneInfo, lambda key, _: ZoneInfo(key))
_converter.register_unstructure_hook(time, time.isoformat)
_converter.register_structure_hook(time, lambda text, _: time.fromisoformat(text))
_converter.register_unstructure_hook(timedelta, timedelta.total_seconds)
_converter.register_structure_hook(timedelta, lambda seconds, _: timedelta(seconds=seconds))


# -- States -------------------------------------------------------------------


@cache
def states_of(ritual: Ritual) -> dict[str, type[Any]]:
    """Return the state classes of a ritual by name, as the signature of its step declares them."""
    hint = get_type_hints(ritual.step)["state"]
    kinds = get_args(hint) if get_origin(hint) in {Union, UnionType} else (hint,)
    return {kind.__name__: kind for kind in kinds if isinstance(kind, type) and kind is not type(None)}


def state_to_json(ritual: Ritual, state: object) -> str:
    """Return a state as JSON, with the version its ritual gives it."""
    body = _converter.unstructure(state, unstructure_as=type(state))
    return json.dumps(
        {"version": ritual.version, "is": type(state).__name__, "state": body}, ensure_ascii=False
    )


def state_from_json(ritual: Ritual, text: str) -> Any:  # noqa: ANN401 - a ritual's own state
    """Return a state, brought up to its ritual's version. Raises UnreadableError where it does not fit."""
    try:
        stored: dict[str, Any] = json.loads(text)
        for version in range(int(stored["version"]), ritual.version):
            stored = ritual.upgrades[version](stored) | {"version": version + 1}
        return _converter.structure(stored["state"], states_of(ritual)[stored["is"]])
    except Exception as error:  # noqa: BLE001 - whatever is wrong with it, it is unreadable, and the error may hold words
        raise UnreadableError(f"a state of {ritual.name} does not fit ({type(error).__name__})") from None


# -- Preferences --------------------------------------------------------------


def preference_to_json(preference: Preference[Any], value: object) -> object:
    """Return a chosen value as JSON can hold it."""
    return None if value is None else _converter.unstructure(value, unstructure_as=preference.of)


def preference_from_json(preference: Preference[Any], stored: object) -> object:
    """Return a chosen value; one that cannot be read any more falls back to the default."""
    try:
        return None if stored is None else _converter.structure(stored, preference.of)
    except Exception:  # noqa: BLE001 - a value of an older release
        default: object = preference.default
        return default


# -- Lines --------------------------------------------------------------------


def say_to_json(said: Say) -> str:
    """Return a message, its values and its buttons as JSON."""
    rich = {
        "text": said.text,
        "values": _values_to(said.values),
        "below": [_line_to(line) for line in said.below],
        "buttons": [_button_to(button) for button in said.buttons],
        "to": said.to.id if said.to else None,
    }
    if said.whose is not None:
        rich["whose"] = said.whose.id
    if said.drawing is not None:
        rich["drawing"] = _converter.unstructure(said.drawing)
    return json.dumps(_told(said, _PLAIN_SAY) | rich, ensure_ascii=False)


def legible(what: str, read: Callable[[], Say]) -> Say | None:
    """Return what is read, or None where it cannot be read any more; the log says of what kind it was."""
    try:
        return read()
    except (BrokenSealError, KeyError, TypeError, ValueError) as error:
        log.warning("%s cannot be read any more (%s)", what, type(error).__name__)
        return None


def say_from_json(text: str) -> Say:
    """Return a message as it was said."""
    stored: dict[str, Any] = json.loads(text)
    return Say(
        **stored
        | {
            "values": _values_from(stored["values"]),
            "below": tuple(_line_from(line) for line in stored["below"]),
            "buttons": tuple(_button_from(button) for button in stored["buttons"]),
            "to": Person(stored["to"]) if stored["to"] else None,
            "whose": Person(stored["whose"]) if "whose" in stored else None,
            "drawing": _converter.structure(stored["drawing"], Drawing) if "drawing" in stored else None,
        }
    )


def _plain(of: type[Any], *rich: str) -> dict[str, object]:
    """Return the fields that JSON holds as they are, with what they are by themselves."""
    return {field.name: field.default for field in fields(of) if field.name not in rich}


_PLAIN_SAY = _plain(Say, "text", "values", "below", "buttons", "to", "drawing", "whose")
_PLAIN_BUTTON = _plain(Button, "label", "whose")


def _told(thing: object, plain: Mapping[str, object]) -> dict[str, object]:
    """Return the fields that say anything."""
    return {name: value for name, default in plain.items() if (value := getattr(thing, name)) != default}


@_converter.register_unstructure_hook
def _line_to(line: Line) -> dict[str, Any]:
    return {"text": line.text, "values": _values_to(line.values), "many": line.many}


def _line_from(stored: dict[str, Any], _: object = Line) -> Line:
    return Line(stored["text"], _values_from(stored["values"]), stored.get("many", ""))


def _button_to(button: Button) -> dict[str, Any]:
    label = _line_to(button.label) if isinstance(button.label, Line) else button.label
    whose = {"whose": button.whose.id} if button.whose else {}
    return {"label": label} | _told(button, _PLAIN_BUTTON) | whose


def _button_from(stored: dict[str, Any]) -> Button:
    label, whose = stored["label"], stored.get("whose")
    rich = {"label": _line_from(label) if isinstance(label, dict) else label}
    return Button(**stored | rich | {"whose": Person(whose) if whose else None})


def _values_to(values: Mapping[str, Value]) -> dict[str, list[Any]]:
    return {name: _value_to(value) for name, value in values.items()}


def _value_to(value: Value) -> list[Any]:
    if isinstance(value, Line):
        return ["line", _line_to(value)]
    kind = next(kind for kind, of in KINDS.items() if isinstance(value, of))
    return [kind, _converter.unstructure(value, unstructure_as=KINDS[kind])]


def _values_from(stored: dict[str, list[Any]]) -> Mapping[str, Value]:
    return MappingProxyType({name: _value_from(*pair) for name, pair in stored.items()})


_converter.register_structure_hook(Line, _line_from)


def _value_from(kind: str, stored: Any) -> Value:  # noqa: ANN401 - as JSON has it
    value: Value = _line_from(stored) if kind == "line" else _converter.structure(stored, KINDS[kind])
    return value
