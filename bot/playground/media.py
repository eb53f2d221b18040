"""What is no text, as a Message of the Bot API carries it."""

from collections.abc import Callable
from typing import Any

Media = dict[str, Any]


def _file(number: int, kind: str, **more: object) -> Media:
    named = {"file_id": f"{kind}-{number}-of-the-stand-in", "file_unique_id": f"{kind}{number}"}
    return named | {"file_size": 20_000 + number} | more


def _photo(number: int) -> Media:
    sizes = ((90, 67), (320, 240), (1280, 960))
    return {"photo": [_file(number, f"photo{w}", width=w, height=h) for w, h in sizes]}


def _poll(number: int) -> Media:
    options = [
        {"persistent_id": str(place), "text": text, "voter_count": 0}
        for place, text in enumerate(("Yes", "No"))
    ]
    return {
        "poll": {
            "id": str(6_000_000_000 + number),
            "question": "Shall we?",
            "options": options,
            "total_voter_count": 0,
            "is_closed": False,
            "is_anonymous": False,
            "type": "regular",
            "allows_multiple_answers": False,
            "allows_revoting": True,
            "members_only": False,
        }
    }


def _sticker(number: int) -> Media:
    shape = {"type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False}
    return {"sticker": _file(number, "sticker", **shape, emoji="\N{DOVE OF PEACE}", set_name="Doves")}


KINDS: dict[str, Callable[[int], Media]] = {
    "photo": _photo,
    "video": lambda number: {"video": _file(number, "video", width=640, height=480, duration=12)},
    "document": lambda number: {"document": _file(number, "document", file_name="letter.pdf")},
    "audio": lambda number: {"audio": _file(number, "audio", duration=180, title="A song")},
    "voice": lambda number: {"voice": _file(number, "voice", duration=7, mime_type="audio/ogg")},
    "video_note": lambda number: {"video_note": _file(number, "note", length=240, duration=5)},
    "sticker": _sticker,
    "poll": _poll,
    "location": lambda _: {"location": {"latitude": 52.52, "longitude": 13.405}},
    "contact": lambda _: {"contact": {"phone_number": "+490000000", "first_name": "Cleo"}},
    "dice": lambda number: {"dice": {"emoji": "\N{GAME DIE}", "value": number % 6 + 1}},
}
WITH_CAPTION = {"photo", "video", "document", "audio", "voice"}
