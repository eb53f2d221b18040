"""A sheet of two people's days, drawn: in a row, some of them lit, and lines with a sign below.

It knows no language and no names, only the words it is given. Nothing in it is red or crossed out: a day that
is not lit is a small star in the same sky. The ground is dark enough for a light chat and light enough
for a dark one, so one picture serves both.

This is the only file that loads Pillow, and nothing loads this file before the first sheet is drawn.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from io import BytesIO
from math import cos, pi, sin

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from bot.pictures import HERE

FONT = HERE / "Lato-Medium.ttf"
WIDE, MARGIN = 1080, 80  # as wide as a large phone has points to show
MOST = 64  # of these drawings are kept: many are alike
FINER = 4  # shapes are drawn so much larger first, for smooth edges
SKY, BELOW, ROW = 520, 44, 92  # high: the days with their names, what lies below all rows, and each row
TITLE, SPAN, DAY, ROW_TEXT, SMALLEST = 68, 44, 42, 50, 20  # of letters
DAYS, ARC, NAMES = 330, 40, 448  # how far down the days stand, the middle one higher, and their names
LAMP, HALO, STAR, RING = 40, 84, 9, 30  # how far each reaches

Colour = tuple[int, int, int]
Point = tuple[float, float]
NIGHT, DUSK = (34, 52, 78), (74, 92, 118)
CREAM, SOFT = (250, 243, 230), (204, 216, 230)
LIT, GLOW, FAINT = (255, 215, 150), (255, 202, 136), (128, 148, 174)
LEAF, HEART = (166, 208, 176), (238, 170, 164)


@dataclass(frozen=True)
class Day:
    """One of the days in the row."""

    name: str
    lit: bool


@dataclass(frozen=True)
class Sheet:
    """All that is written and shown."""

    title: str
    span: str
    days: tuple[Day, ...]  # the last is today
    rows: tuple[tuple[str, str], ...]  # the sign of each and its words


@lru_cache(MOST)
def drawn(sheet: Sheet) -> bytes:
    """Return it as a PNG."""
    high = SKY + (BELOW + len(sheet.rows) * ROW if sheet.rows else 0)
    image = _sky(high).copy()
    pen = ImageDraw.Draw(image)
    places = [_place(number, len(sheet.days)) for number in range(len(sheet.days))]
    for at, one in zip(places, sheet.days, strict=True):
        if one.lit:
            _put(image, at, _halo())
    for at, one in zip(places, sheet.days, strict=True):
        today = one is sheet.days[-1]
        _put(image, at, _lamp(LAMP) if one.lit else _ring() if today else _star())
        _write(pen, (at[0], NAMES), one.name, DAY, CREAM if one.lit or today else SOFT, "ms")
    _write(pen, (MARGIN, 116), sheet.title, TITLE, CREAM, "ls")
    _write(pen, (MARGIN, 184), sheet.span, SPAN, SOFT, "ls")
    for number, (sign, words) in enumerate(sheet.rows):
        middle = SKY + number * ROW + ROW // 2
        _put(image, (MARGIN + 30, middle), SIGNS[sign]())
        _write(pen, (MARGIN + 92, middle), words, ROW_TEXT, CREAM, "lm")
    body = BytesIO()
    image.save(body, "PNG", compress_level=4)
    return body.getvalue()


def _place(number: int, many: int) -> Point:
    across = number / (many - 1)
    x = MARGIN + HALO / 2 + across * (WIDE - 2 * MARGIN - HALO)
    return x, DAYS - ARC * sin(pi * across)


@cache
def _sky(high: int) -> Image.Image:
    """The ground: there are four of them."""
    down = Image.linear_gradient("L").resize((WIDE, high))
    return Image.composite(Image.new("RGB", down.size, DUSK), Image.new("RGB", down.size, NIGHT), down)


def _put(image: Image.Image, at: Point, shape: Image.Image) -> None:
    """Put a shape there, with its middle on the place."""
    image.paste(shape, (round(at[0]) - shape.width // 2, round(at[1]) - shape.height // 2), shape)


def _write(pen: ImageDraw.ImageDraw, at: Point, words: str, size: int, colour: Colour, anchor: str) -> None:
    """Write a line; one that is too long for the picture is written smaller."""
    room = WIDE - MARGIN - at[0] if anchor.startswith("l") else WIDE
    while size > SMALLEST and _font(size).getlength(words) > room:
        size -= 2
    pen.text(at, words, fill=colour, font=_font(size), anchor=anchor)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONT, size)


# -- Shapes, each with its middle at 0, 0 -------------------------------------


def _shape(reach: int, colour: Colour, draw: Callable[[ImageDraw.ImageDraw], None]) -> Image.Image:
    """Return what is drawn, in one colour on nothing, with smooth edges."""
    mask = Image.new("L", (2 * reach * FINER, 2 * reach * FINER))
    draw(ImageDraw.Draw(mask))
    shape = Image.new("RGBA", (2 * reach, 2 * reach), colour)
    shape.putalpha(mask.reduce(FINER))
    return shape


def _within(reach: int, points: Iterable[Point]) -> list[Point]:
    """Return points as they lie on the canvas of a shape."""
    return [((x + reach) * FINER, (y + reach) * FINER) for x, y in points]


def _disc(size: int, colour: Colour) -> Image.Image:
    corners = _within(size, [(-size, -size), (size, size)])
    return _shape(size, colour, lambda pen: pen.ellipse(corners, fill=255))


@cache
def _lamp(size: int) -> Image.Image:
    return _disc(size, LIT)


@cache
def _star() -> Image.Image:
    return _disc(STAR, FAINT)


@cache
def _ring() -> Image.Image:
    corners = _within(RING, [(-RING, -RING), (RING, RING)])
    return _shape(RING, LIT, lambda pen: pen.ellipse(corners, outline=255, width=4 * FINER))


@cache
def _halo() -> Image.Image:
    """A soft light around a lamp."""
    light = Image.new("L", (4 * HALO, 4 * HALO))
    ImageDraw.Draw(light).ellipse([HALO * 1.25] * 2 + [HALO * 2.75] * 2, fill=100)
    shape = Image.new("RGBA", light.size, GLOW)
    shape.putalpha(light.filter(ImageFilter.GaussianBlur(HALO * 0.4)))
    return shape


@cache
def _leaf() -> Image.Image:
    turns = [pi * turn / 24 for turn in range(48)]
    lying = [(26 * cos(turn), -14 * sin(turn) * abs(sin(turn)) ** 0.5) for turn in turns]
    leaf = _within(30, [(0.77 * x + 0.64 * y, 0.77 * y - 0.64 * x) for x, y in lying])
    return _shape(30, LEAF, lambda pen: pen.polygon(leaf, fill=255))


@cache
def _heart() -> Image.Image:
    turns = [2 * pi * turn / 60 for turn in range(60)]
    high = [13 * cos(turn) - 5 * cos(2 * turn) - 2 * cos(3 * turn) - cos(4 * turn) for turn in turns]
    heart = _within(30, [(24 * sin(turn) ** 3, -1.5 * up - 2) for turn, up in zip(turns, high, strict=True)])
    return _shape(30, HEART, lambda pen: pen.polygon(heart, fill=255))


SIGNS: dict[str, Callable[[], Image.Image]] = {
    "lamp": lambda: _lamp(20),
    "leaf": _leaf,
    "heart": _heart,
}
