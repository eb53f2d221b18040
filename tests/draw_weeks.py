"""Sample pictures of a week, as two phones would show them: `make pictures`.

Three weeks (a full one, one with a single thing in it, a quiet one) in a light and in a dark chat, each as
wide as on a small phone, on a large one, and as it was drawn.
"""

from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from PIL import Image

from bot.ritual import Drawing
from bot.telegram.drawing import drawn
from bot.telegram.render import Reader
from bot.week import Week, drawing_of

PICTURES = Path(__file__).parent.parent / "docs" / "pictures"
SIZES = 360, 720, 1080
CHATS = {"light": (230, 235, 238), "dark": (15, 22, 30)}
SUNDAY, AROUND = date(2026, 5, 3), 16


def reader(language: str) -> Reader:
    """Return the two in their room."""
    return Reader("Tend", {}, (ZoneInfo("Europe/Berlin"),), language)


def week(evenings: int, actions: int, thanks: int) -> Drawing:
    """Return a week with these evenings before its Sunday, the last but three left out, and these counts."""
    days = [SUNDAY - timedelta(days=back) for back in (1, 2, 3, 5, 6, 4)]
    return drawing_of(Week(SUNDAY, tuple(sorted(days[:evenings])), actions, thanks))


FULL, ONE_THING, QUIET = week(5, 3, 2), week(0, 0, 1), week(0, 0, 0)
WEEKS = {"full": FULL, "one-thing": ONE_THING, "quiet": QUIET}


def in_chats(body: bytes) -> Image.Image:
    """Return a picture in a light and in a dark chat, at each size."""
    picture = Image.open(BytesIO(body)).convert("RGB")
    wide = sum(SIZES) + AROUND * (len(SIZES) + 1)
    page = Image.new("RGB", (wide, 2 * (picture.height + 2 * AROUND)))
    for row, ground in enumerate(CHATS.values()):
        top = row * (picture.height + 2 * AROUND)
        page.paste(ground, (0, top, wide, top + picture.height + 2 * AROUND))
        left = AROUND
        for size in SIZES:
            shown = picture.resize((size, picture.height * size // picture.width), Image.Resampling.LANCZOS)
            page.paste(shown, (left, top + AROUND))
            left += size + AROUND
    return page


def take() -> None:
    """Draw each week, and write it into docs/pictures."""
    PICTURES.mkdir(exist_ok=True)
    for name, each in WEEKS.items():
        (PICTURES / f"week-{name}.png").write_bytes(drawn(each, reader("en")))
        in_chats(drawn(each, reader("en"))).save(PICTURES / f"week-{name}-in-chats.png", optimize=True)


if __name__ == "__main__":
    take()
