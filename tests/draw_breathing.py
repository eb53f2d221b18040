"""Draws the picture of /breathe: a circle that grows, grows a little more, and sinks slowly, for ever.

`python -m tests.draw_breathing` writes bot/pictures/breathe.gif; tests/test_drawing.py holds one against the
other. One round is ten seconds, six of them a minute. The ground is dark enough for a light chat and light
enough for a dark one; nothing is written in it, so nothing is to be translated.
"""

from collections.abc import Iterator
from math import cos, pi

from PIL import Image, ImageDraw

from bot.pictures import HERE

PATH = HERE / "breathe.gif"
SIDE = 320  # as wide as on a narrow phone
FULL = 132  # the circle at its largest
BETWEEN = 60  # milliseconds from one frame to the next while it moves
FINER = 4  # drawn so much larger first, for smooth edges
SHADES = 5  # of such an edge: more are not seen, and cost

EMPTY, FILLED, TOPPED = 0.34, 0.8, 1.0  # of the largest: before a breath, after the first, after the second
MOVES = (
    # from, to, milliseconds
    (EMPTY, FILLED, 2_200),  # in through the nose
    (FILLED, FILLED, 300),
    (FILLED, TOPPED, 900),  # and a little more
    (TOPPED, TOPPED, 400),
    (TOPPED, EMPTY, 5_600),  # slowly out: nearly twice as long as in
    (EMPTY, EMPTY, 600),
)

Colour = tuple[int, int, int]
GROUND: Colour = (38, 62, 80)
RING: Colour = (78, 106, 124)  # how far it goes, once and twice
CIRCLE: Colour = (174, 212, 210)


def frames() -> Iterator[tuple[float, int]]:
    """Return the size of the circle in each frame, and for how many milliseconds it stands."""
    for start, end, lasts in MOVES:
        steps = 1 if start == end else lasts // BETWEEN
        for step in range(1, steps + 1):
            gone = (1 - cos(pi * step / steps)) / 2  # it sets out and arrives gently
            each = lasts // steps // 10 * 10  # a GIF counts in hundredths
            yield start + (end - start) * gone, each if step < steps else lasts - (steps - 1) * each


def outlined(size: float) -> Image.Image:
    """Return one frame in all colours."""
    image = Image.new("RGB", (SIDE * FINER, SIDE * FINER), GROUND)
    pen = ImageDraw.Draw(image)
    for reach in (FILLED, TOPPED):
        pen.ellipse(around(reach * FULL + 3), outline=RING, width=FINER + FINER // 2)
    pen.ellipse(around(size * FULL), fill=CIRCLE)
    return image.resize((SIDE, SIDE), Image.Resampling.BOX)


def around(radius: float) -> tuple[float, float, float, float]:
    """Return the box of a circle in the middle."""
    middle = SIDE / 2
    return (
        (middle - radius) * FINER,
        (middle - radius) * FINER,
        (middle + radius) * FINER,
        (middle + radius) * FINER,
    )


def palette() -> Image.Image:
    """Return the few colours there are: ground, ring and circle, and the shades of their edges."""
    shades = [mixed(GROUND, CIRCLE, step / SHADES) for step in range(SHADES + 1)]
    shades += [mixed(GROUND, RING, step / 3) for step in (1, 2, 3)]
    image = Image.new("P", (1, 1))
    image.putpalette([part for shade in shades for part in shade])
    return image


def mixed(one: Colour, other: Colour, much: float) -> Colour:
    """Return a colour between two."""
    red, green, blue = (round(a + (b - a) * much) for a, b in zip(one, other, strict=True))
    return red, green, blue


def drawn(size: float) -> Image.Image:
    """Return one frame in those colours."""
    return outlined(size).quantize(palette=palette(), dither=Image.Dither.NONE)


if __name__ == "__main__":
    images = [drawn(size) for size, _ in frames()]
    images[0].save(
        PATH,
        save_all=True,
        append_images=images[1:],
        duration=[stands for _, stands in frames()],
        loop=0,
        optimize=True,
        disposal=1,
    )
