"""Text as Telegram keeps it: plain, with entities counted in UTF-16 units.

`parse_html` follows the rules of TDLib's own parser, which is strict where browsers are kind: an unknown
tag, a tag that is not closed or closed in the wrong order is refused, and only four named entities exist.
"""

import re
from typing import Any

Json = dict[str, Any]

KINDS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler",
    "span": "spoiler", "code": "code", "pre": "pre", "a": "text_link", "blockquote": "blockquote",
    "tg-time": "date_time",
}  # fmt: skip
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}

START = re.compile(r"<([^\s>/]+)((?:\s+[a-zA-Z-]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>\"']+))?)*)\s*>")
ATTRIBUTE = re.compile(r"([a-zA-Z-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"']+)))?")
END = re.compile(r"</([^>]*)>")
CHARACTER = re.compile(r"&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|(lt|gt|amp|quot));?")
FOUND = (
    ("bot_command", re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/])")),
    ("mention", re.compile(r"(?<![\w/])@[A-Za-z][A-Za-z0-9_]{3,31}\b")),
    ("url", re.compile(r"https?://[^\s<>]+")),
)
OPAQUE = {"code", "pre", "text_link"}  # nothing is looked for inside these
LAST_CHARACTER = 0x10FFFF


class BrokenMarkup(ValueError):  # noqa: N818  (it is what was found, not an error of ours)
    """HTML that Telegram would not parse; the message is Telegram's own."""


def units(text: str) -> int:
    """Return the length of a text as Telegram counts it: a character outside the basic plane is two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def is_whole(text: str) -> bool:
    """Tell whether a text can be sent at all: half of a surrogate pair cannot."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def parse_html(source: str) -> tuple[str, list[Json]]:
    """Return the plain text and the entities of a text in Telegram's HTML."""
    text, at = "", 0
    entities: list[Json] = []
    opened: list[tuple[str, Json, int]] = []  # the tag, its attributes, where its text begins
    while at < len(source):
        if source.startswith("</", at):
            at = _close(source, at, text, opened, entities)
        elif source[at] == "<":
            found = _start(source, at)
            opened.append((found[1].lower(), _attributes(found[2]), len(text)))
            at = found.end()
        elif character := CHARACTER.match(source, at):
            text += _character(character)
            at = character.end()
        else:
            text += source[at]
            at += 1
    if opened:
        tag = opened[-1][0]
        raise BrokenMarkup(f'Can\'t find end tag corresponding to start tag "{tag}"')
    return text, entities


def _start(source: str, at: int) -> re.Match[str]:
    place = len(source[:at].encode())
    found = START.match(source, at)
    name = found[1] if found else re.match(r"<([^\s>/]*)", source[at:])[1]  # type: ignore[index]  # it stands at a "<"
    if name.lower() not in KINDS:
        raise BrokenMarkup(f'Unsupported start tag "{name}" at byte offset {place}')
    if found is None:
        raise BrokenMarkup(f"Unclosed start tag at byte offset {place}")
    return found


def _close(source: str, at: int, text: str, opened: list[tuple[str, Json, int]], entities: list[Json]) -> int:
    place = len(source[:at].encode())
    found = END.match(source, at)
    if not opened:
        raise BrokenMarkup(f"Unexpected end tag at byte offset {place}")
    tag, attributes, begin = opened.pop()
    if found is None:
        raise BrokenMarkup(f"Unclosed end tag at byte offset {place}")
    name = found[1].strip().lower()
    if name and name != tag:
        raise BrokenMarkup(
            f'Unmatched end tag at byte offset {place}, expected "</{tag}>", found "</{name}>"'
        )
    if length := units(text[begin:]):
        entity = _entity(tag, attributes, text[begin:])
        if entity:
            entities.append({**entity, "offset": units(text[:begin]), "length": length})
    return found.end()


def _entity(tag: str, attributes: Json, inside: str) -> Json | None:
    kind = KINDS[tag]
    if tag == "a":
        link = attributes.get("href") or inside
        person = re.fullmatch(r"tg://user\?id=(\d+)", link)
        if person:
            return {"type": "text_mention", "user_id": int(person[1])}
        return {"type": kind, "url": link} if re.match(r"(https?|tg)://|[\w-]+\.\w", link) else None
    if tag == "span" and attributes.get("class") != "tg-spoiler":
        return None
    if tag == "blockquote" and "expandable" in attributes:
        return {"type": "expandable_blockquote"}
    if tag == "tg-time":
        if not attributes.get("unix", "").isdigit():
            raise BrokenMarkup('Tag "tg-time" must have the attribute "unix"')
        written = attributes.get("format")
        entity = {"type": kind, "unix_time": int(attributes["unix"])}
        return entity | ({"date_time_format": written} if written else {})
    return {"type": kind}


def _attributes(written: str) -> Json:
    return {
        found[1].lower(): CHARACTER.sub(_character, found[2] or found[3] or found[4] or "")
        for found in ATTRIBUTE.finditer(written)
    }


def _character(found: re.Match[str]) -> str:
    if found[3]:
        return NAMED[found[3]]
    code = int(found[1], 16) if found[1] else int(found[2])
    return chr(code) if 0 < code <= LAST_CHARACTER else found[0]


def trimmed(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """Return both without the white space around the text, as Telegram stores a message."""
    lead = units(text) - units(text.lstrip())
    text = text.strip()
    end, kept = units(text), []
    for entity in entities:
        begin = max(entity["offset"] - lead, 0)
        stop = min(entity["offset"] + entity["length"] - lead, end)
        if stop > begin:
            kept.append({**entity, "offset": begin, "length": stop - begin})
    return text, sorted(kept, key=lambda entity: (entity["offset"], -entity["length"]))


def with_found(text: str, entities: list[Json]) -> list[Json]:
    """Add what Telegram finds by itself: commands, mentions, addresses."""
    taken = [
        (entity["offset"], entity["offset"] + entity["length"])
        for entity in entities
        if entity["type"] in OPAQUE
    ]
    found_here: list[Json] = []
    for kind, pattern in FOUND:
        for found in pattern.finditer(text):
            begin, length = units(text[: found.start()]), units(found[0])
            if all(begin >= stop or begin + length <= start for start, stop in taken):
                found_here.append({"type": kind, "offset": begin, "length": length})
                taken.append((begin, begin + length))
    return sorted([*entities, *found_here], key=lambda entity: (entity["offset"], -entity["length"]))
