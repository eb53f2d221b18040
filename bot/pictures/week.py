"""A week of two people, drawn: seven evenings in a row, lit where they were kept, and what there was below.

It knows no language and no names, only the words it is given. Nothing in it is red or crossed out: an evening
that was not kept is a small star in the same sky. The ground is dark enough for a light chat and light enough
for a dark one, so one picture serves both.

This is the only file that loads Pillow, and nothing loads this file before the first week is drawn.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from io import BytesIO
from math import cos, pi, sin

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from bot.pictures import HERE

FONT = HERE / "Lato-Medium.ttf"
WIDE, MARGIN = 1080, 80  # as wide as a large phone has points to show
MOST = 64  # of these drawings are kept: quiet weeks are alike
FINER = 2  # drawn so much larger first, for smooth edges
SKY, BELOW, ROW = (
    520,
    44,
    92,
)  # high: down to the names of the days, then the ground of the rows, and each row
TITLE, SPAN, DAY, ROW_TEXT, SMALLEST = 68, 44, 42, 50, 20  # of letters
EVENINGS, ARC, NAMES = 330, 40, 448  # how far down the evenings stand, the middle one higher, and their names
LAMP, HALO, STAR, RING = 40, 84, 9, 30  # how far each reaches

Colour = tuple[int, int, int]
NIGHT, DUSK = (34, 52, 78), (74, 92, 118)
CREAM, SOFT = (250, 243, 230), (204, 216, 230)
LIT, GLOW, FAINT = (255, 215, 150), (255, 202, 136), (128, 148, 174)
LEAF, HEART = (166, 208, 176), (238, 170, 164)


@dataclass(frozen=True)
class Evening:
    """One of the seven."""

    name: str
    kept: bool


@dataclass(frozen=True)
class Sheet:
    """All that is written and shown."""

    title: str
    span: str
    evenings: tuple[Evening, ...]  # the last is tonight
    rows: tuple[tuple[str, str], ...]  # the sign of each and its words


@lru_cache(MOST)
def drawn(sheet: Sheet) -> bytes:
    """Return it as a PNG."""
    high = SKY + (BELOW + len(sheet.rows) * ROW if sheet.rows else 0)
    image = _sky(high)
    places = [_place(number, len(sheet.evenings)) for number in range(len(sheet.evenings))]
    image = _glowing(image, [at for at, one in zip(places, sheet.evenings, strict=True) if one.kept])
    pen = ImageDraw.Draw(image)
    _write(pen, (MARGIN, 116), sheet.title, TITLE, CREAM, "ls")
    _write(pen, (MARGIN, 184), sheet.span, SPAN, SOFT, "ls")
    for at, one in zip(places, sheet.evenings, strict=True):
        _evening(pen, at, one, tonight=one is sheet.evenings[-1])
    for number, (sign, words) in enumerate(sheet.rows):
        middle = SKY + number * ROW + ROW // 2
        SIGNS[sign](pen, (MARGIN + 30, middle))
        _write(pen, (MARGIN + 92, middle), words, ROW_TEXT, CREAM, "lm")
    body = BytesIO()
    image.reduce(FINER).save(body, "PNG", compress_level=4)
    return body.getvalue()


Point = tuple[float, float]


def _place(number: int, many: int) -> Point:
    across = number / (many - 1)
    x = MARGIN + HALO / 2 + across * (WIDE - 2 * MARGIN - HALO)
    return x, EVENINGS - ARC * sin(pi * across)


@cache
def _sky(high: int) -> Image.Image:
    """The ground: there are four of them."""
    down = Image.linear_gradient("L").resize((WIDE * FINER, high * FINER))
    return Image.composite(_plain(DUSK, down.size), _plain(NIGHT, down.size), down)


def _plain(colour: Colour, size: tuple[int, int]) -> Image.Image:
    return Image.new("RGB", size, colour)


def _glowing(image: Image.Image, places: Sequence[Point]) -> Image.Image:
    """Return it with a soft light around each place."""
    if not places:
        return image.copy()
    light = Image.new("L", (image.width // 8, image.height // 8))  # it is blurred: a small one is enough
    pen = ImageDraw.Draw(light)
    for x, y in places:
        middle = x * FINER / 8, y * FINER / 8
        pen.ellipse(_around(middle, HALO * FINER / 8 * 0.8), fill=92)
    light = light.filter(ImageFilter.GaussianBlur(HALO * FINER / 8 * 0.4)).resize(image.size)
    return Image.composite(_plain(GLOW, image.size), image, light)


def _evening(pen: ImageDraw.ImageDraw, at: Point, one: Evening, *, tonight: bool) -> None:
    if one.kept:
        _circle(pen, at, LAMP, LIT)
    elif tonight:
        pen.ellipse(_around(_finer(at), RING * FINER), outline=LIT, width=4 * FINER)
    else:
        _circle(pen, at, STAR, FAINT)
    _write(pen, (at[0], NAMES), one.name, DAY, CREAM if one.kept or tonight else SOFT, "ms")


def _lamp(pen: ImageDraw.ImageDraw, at: Point) -> None:
    _circle(pen, at, 20, LIT)


def _leaf(pen: ImageDraw.ImageDraw, at: Point) -> None:
    x, y = at
    edge = [(cos(pi * turn / 24), sin(pi * turn / 24)) for turn in range(49)]
    outline = [(x + 26 * along, y - 14 * beside * abs(beside) ** 0.5) for along, beside in edge]
    turned = [
        (x + (px - x) * 0.77 + (py - y) * 0.64, y - (px - x) * 0.64 + (py - y) * 0.77) for px, py in outline
    ]
    pen.polygon([_finer(point) for point in turned], fill=LEAF)


def _heart(pen: ImageDraw.ImageDraw, at: Point) -> None:
    x, y = at
    turns = [2 * pi * turn / 60 for turn in range(60)]
    outline = [
        (
            x + 1.5 * 16 * sin(turn) ** 3,
            y - 1.5 * (13 * cos(turn) - 5 * cos(2 * turn) - 2 * cos(3 * turn) - cos(4 * turn)) - 2,
        )
        for turn in turns
    ]
    pen.polygon([_finer(point) for point in outline], fill=HEART)


SIGNS: dict[str, Callable[[ImageDraw.ImageDraw, Point], None]] = {
    "evenings": _lamp,
    "actions": _leaf,
    "thanks": _heart,
}


def _write(pen: ImageDraw.ImageDraw, at: Point, words: str, size: int, colour: Colour, anchor: str) -> None:
    """Write a line; one that is too long for the picture is written smaller."""
    room = WIDE - MARGIN - at[0] if anchor.startswith("l") else WIDE
    while size > SMALLEST and _font(size).getlength(words) > room * FINER:
        size -= 2
    pen.text(_finer(at), words, fill=colour, font=_font(size), anchor=anchor)


def _circle(pen: ImageDraw.ImageDraw, at: Point, reach: float, colour: Colour) -> None:
    pen.ellipse(_around(_finer(at), reach * FINER), fill=colour)


def _finer(at: Point) -> Point:
    return at[0] * FINER, at[1] * FINER


def _around(at: Point, reach: float) -> tuple[float, float, float, float]:
    return at[0] - reach, at[1] - reach, at[0] + reach, at[1] + reach


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONT, size * FINER)
