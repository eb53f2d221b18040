"""Calls and answers held against the published schema of the Bot API 10.0 (tests/data/README.md).

`check_call` and `check_result` raise `Mismatch` with the place and the reason. Unknown parameters and
unknown fields are refused, as are missing ones and wrong types.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Json = dict[str, Any]

SCHEMA: Json = json.loads((Path(__file__).parent / "data" / "botapi-10.0.json").read_text(encoding="utf-8"))
METHODS: Json = SCHEMA["methods"]
TYPES: Json = SCHEMA["types"]
LIST = "Array of "
UPLOAD: Json = {"file_name": str, "mime_type": str, "file_size": int}  # a file, as calls are written down
PLAIN: Json = {"String": str, "Boolean": bool, "Integer": int, "Float": int | float}


class Mismatch(AssertionError):  # noqa: N818  (it is what was found)
    """Something that the schema does not know."""


def check_calls(calls: Iterable[Json]) -> None:
    """Check all recorded calls of a story, and every answer they got."""
    for call in calls:
        check_call(call["method"], call["params"])
        answer = call["answer"]
        if answer is not None and answer["ok"]:
            check_result(call["method"], answer["result"])
        elif answer is not None:
            check_refusal(answer)


def check_call(method: str, params: Json) -> None:
    """Check the parameters of a call; objects may be strings of JSON, as they are sent in a form."""
    if method not in METHODS:
        raise Mismatch(f"{method}: there is no such method")
    _fields(method, params, METHODS[method]["fields"], sent=True)


def check_result(method: str, result: object) -> None:
    """Check the result of a call that went well."""
    _any_of(method, result, METHODS[method]["returns"], sent=False)


def check_refusal(answer: Json) -> None:
    """Check the envelope of a call that did not."""
    known = {"ok": bool, "error_code": int, "description": str}
    for name, kind in known.items():
        if not isinstance(answer.get(name), kind):
            raise Mismatch(f"A refusal has {name}: {answer}")
    if "parameters" in answer:
        _fields("parameters", answer["parameters"], TYPES["ResponseParameters"]["fields"], sent=False)
    if unknown := answer.keys() - known.keys() - {"parameters"}:
        raise Mismatch(f"A refusal knows no {', '.join(sorted(unknown))}")


def _fields(place: str, body: Json, fields: Json, *, sent: bool) -> None:
    if unknown := body.keys() - fields.keys():
        raise Mismatch(f"{place} knows no {', '.join(sorted(unknown))}")
    for name, field in fields.items():
        if name in body:
            _any_of(f"{place}.{name}", body[name], field["types"], sent=sent)
        elif field.get("required"):
            raise Mismatch(f"{place} needs {name}")


def _any_of(place: str, value: object, kinds: list[str], *, sent: bool) -> None:
    reasons = []
    for kind in kinds:
        try:
            _is(place, value, kind, sent=sent)
        except Mismatch as mismatch:
            reasons.append(str(mismatch))
        else:
            return
    raise Mismatch("; or ".join(reasons))


def _is(place: str, value: object, kind: str, *, sent: bool) -> None:
    if kind == "InputFile":
        _file(place, value)
        return
    if sent and isinstance(value, str) and kind != "String":
        value = _decoded(value)
    shape: Any = PLAIN.get(kind, list if kind.startswith(LIST) else dict)
    fits = isinstance(value, shape) and not (isinstance(value, bool) and kind in {"Integer", "Float"})
    if not fits:
        raise Mismatch(f"{place} is no {kind}: {value!r}")
    if isinstance(value, list):
        for number, one in enumerate(value):
            _is(f"{place}[{number}]", one, kind.removeprefix(LIST), sent=False)
    elif isinstance(value, dict):
        _object(place, value, TYPES[kind])


def _file(place: str, value: Any) -> None:  # noqa: ANN401 - whatever was sent
    known = isinstance(value, dict) and value.keys() == UPLOAD.keys()
    if not known or not all(isinstance(each, UPLOAD[name]) for name, each in value.items()):
        raise Mismatch(f"{place} is no uploaded file: {value!r}")


def _object(place: str, value: Json, schema: Json) -> None:
    if "subtypes" in schema:
        _any_of(place, value, schema["subtypes"], sent=False)
    else:
        _fields(place, value, schema["fields"], sent=False)


def _decoded(value: str) -> object:
    try:
        decoded: object = json.loads(value)
    except ValueError:
        return value
    return decoded
