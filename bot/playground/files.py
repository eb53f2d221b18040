"""Files: what the bot uploads is taken once, and sent again by the name it was given here.

Animations, and of these GIFs only; photos, and of these PNGs only. Telegram makes a silent MP4 of a GIF, and
JPEGs of several sizes of a photo; here each stays what it was, and only says so of itself.
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
from bot.playground.refusals import (
    NO_ANIMATION,
    NO_PHOTO,
    ONLY_GIFS_HERE,
    ONLY_PNGS_HERE,
    PHOTO_DIMENSIONS,
    TOO_LARGE,
    WRONG_FILE,
    Refused,
)
from bot.playground.world import World

LARGEST, LARGEST_PHOTO = 50_000_000, 10_000_000  # bytes that a bot may upload
LONGEST_SIDES, LONGEST_BESIDE = 10_000, 20  # of a photo: both sides together, and one beside the other
SIZES = 90, 320, 800, 1280  # the longer sides of the copies that Telegram makes of a photo
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
    if file is None or file.photo:
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


def photo(world: World, given: object) -> Json:
    """Return the fields of a message that shows a photo: one that was uploaded, or one that is here."""
    if not given:
        raise Refused(NO_PHOTO)
    file = _photo(world, given) if isinstance(given, Upload) else world.files.get(str(given))
    if file is None or not file.photo:
        raise Refused(WRONG_FILE)
    longer = max(file.width, file.height)
    copies = []
    for side in [*(each for each in SIZES if each < longer), min(longer, SIZES[-1])]:
        shape = {"width": file.width * side // longer, "height": file.height * side // longer}
        copies.append({"file_id": file.id, "file_unique_id": f"{file.id[-12:]}{side:04}"} | shape)
    return {"photo": copies}


def _taken(world: World, upload: Upload) -> File:
    if len(upload.body) > LARGEST:
        raise Refused(TOO_LARGE, 413)
    width, height, seconds = gif(upload.body)
    return _filed(world, upload, width, height, round(seconds))


def _photo(world: World, upload: Upload) -> File:
    if len(upload.body) > LARGEST_PHOTO:
        raise Refused(TOO_LARGE, 413)
    width, height = png(upload.body)
    if width + height > LONGEST_SIDES or max(width, height) > LONGEST_BESIDE * min(width, height):
        raise Refused(PHOTO_DIMENSIONS)
    return _filed(world, upload, width, height, 0, photo=True)


def _filed(
    world: World, upload: Upload, width: int, height: int, seconds: int, *, photo: bool = False
) -> File:
    number, kind = world.number("file"), "AgACAgIAAxkD" if photo else "CgACAgIAAxkD"
    name = f"{kind}{number:04}{sha256(upload.body).hexdigest()[:32]}"
    body = b64encode(upload.body).decode()
    return world.add(
        world.files, File(name, upload.name, len(upload.body), width, height, seconds, body, photo)
    )


def png(body: bytes) -> tuple[int, int]:
    """Return how wide and high a PNG is."""
    if body[:8] != b"\x89PNG\r\n\x1a\n":
        raise Refused(ONLY_PNGS_HERE)
    width, height = unpack(">II", body[16:24])
    return width, height


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
    return f"photos/{found.id}.png" if found.photo else f"animations/{found.id}.gif"


def kind_of(found: File) -> str:
    """Return what a file is, to a browser."""
    return "image/png" if found.photo else "image/gif"


async def download(world: World, request: Request) -> Response:
    """Answer `/file/bot<token>/<path>` with the file itself, as it came."""
    found = [one for one in world.files.values() if path_of(one) == request.path_params["path"]]
    if request.path_params["token"] != BOT.token or not found:
        return Response(status_code=404)
    return Response(b64decode(found[0].body), media_type=kind_of(found[0]))
