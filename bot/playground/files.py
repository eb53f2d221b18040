"""Files: what the bot uploads is taken once, and sent again by the name it was given here.

Animations only, and of these GIFs. Telegram makes a silent MP4 of a GIF; here it stays what it was, and only
says so of itself.
"""

from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from struct import unpack

from starlette.requests import Request
from starlette.responses import Response

from bot.playground.cast import BOT
from bot.playground.markup import Json
from bot.playground.records import File
from bot.playground.refusals import NO_ANIMATION, ONLY_GIFS_HERE, TOO_LARGE, WRONG_FILE, Refused
from bot.playground.world import World

LARGEST = 50_000_000  # bytes that a bot may upload
TABLE, EXTENSION, CONTROL, IMAGE, END = 0x80, 0x21, 0xF9, 0x2C, 0x3B  # in a GIF


@dataclass(frozen=True)
class Upload:
    """A file as it came with a call."""

    name: str
    kind: str
    body: bytes = field(repr=False)

    @property
    def told(self) -> Json:
        """How it is written down in the record of calls."""
        return {"file_name": self.name, "mime_type": self.kind, "file_size": len(self.body)}


def animation(world: World, given: object) -> Json:
    """Return the fields of a message that shows an animation: one that was uploaded, or one that is here."""
    if not given:
        raise Refused(NO_ANIMATION)
    file = _taken(world, given) if isinstance(given, Upload) else world.files.get(str(given))
    if file is None:
        raise Refused(WRONG_FILE)
    body = {
        "file_id": file.id,
        "file_unique_id": file.id[-16:],
        "file_name": f"{file.name}.mp4",
        "mime_type": "video/mp4",
        "file_size": file.size,
    }
    shape = {"width": file.width, "height": file.height, "duration": file.seconds}
    return {"animation": body | shape, "document": body}


def _taken(world: World, upload: Upload) -> File:
    if len(upload.body) > LARGEST:
        raise Refused(TOO_LARGE, 413)
    width, height, seconds = gif(upload.body)
    number = world.number("file")
    name = f"CgACAgIAAxkD{number:04}{sha256(upload.body).hexdigest()[:32]}"
    body = b64encode(upload.body).decode()
    return world.add(
        world.files, File(name, upload.name, len(upload.body), width, height, round(seconds), body)
    )


def gif(body: bytes) -> tuple[int, int, float]:
    """Return how wide and high a GIF is, and for how many seconds one round of it lasts."""
    if body[:6] not in {b"GIF87a", b"GIF89a"}:
        raise Refused(ONLY_GIFS_HERE)
    width, height, flags = unpack("<HHB", body[6:11])
    at, hundredths = 13 + _table(flags), 0
    while body[at] != END:
        if body[at] == EXTENSION:
            if body[at + 1] == CONTROL:
                hundredths += unpack("<H", body[at + 4 : at + 6])[0]
            at += 2
        else:  # an image
            at += 11 + _table(body[at + 9])
        while body[at]:  # its parts, each with its length
            at += 1 + body[at]
        at += 1
    return width, height, hundredths / 100


def _table(flags: int) -> int:
    """Return how long a table of colours is."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & TABLE else 0


def file(world: World, file_id: str | None) -> Json:
    """GetFile."""
    found = world.files.get(file_id or "")
    if found is None:
        raise Refused(WRONG_FILE)
    return {
        "file_id": found.id,
        "file_unique_id": found.id[-16:],
        "file_size": found.size,
        "file_path": path_of(found),
    }


def path_of(found: File) -> str:
    """Return where a file is read."""
    return f"animations/{found.id}.gif"


async def download(world: World, request: Request) -> Response:
    """Answer `/file/bot<token>/<path>` with the file itself, as it came."""
    found = [one for one in world.files.values() if path_of(one) == request.path_params["path"]]
    if request.path_params["token"] != BOT.token or not found:
        return Response(status_code=404)
    return Response(b64decode(found[0].body), media_type="image/gif")
