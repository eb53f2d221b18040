"""The picture of /breathe is the one that its script draws."""

from itertools import pairwise
from typing import Any

from PIL import Image, ImageSequence

from tests.draw_breathing import EMPTY, PATH, SIDE, drawn, frames

LOOK_EVERY = 500  # milliseconds


def test_the_file_is_what_the_script_draws() -> None:
    plan = timed([(size, stands) for size, stands in frames()])
    with Image.open(PATH) as file:
        assert file.size == (SIDE, SIDE)
        shown = [
            (frame.convert("RGB").tobytes(), int(frame.info["duration"]))
            for frame in ImageSequence.Iterator(file)
        ]

    for (size, at), (pixels, when) in zip(plan, timed(shown), strict=True):
        assert at == when
        assert drawn(size).convert("RGB").tobytes() == pixels, f"after {at} ms"


def timed(frames: list[tuple[Any, int]]) -> list[tuple[Any, int]]:
    """Return what stands at each look."""
    looks: list[tuple[Any, int]] = []
    end = 0
    for frame, stands in frames:
        end += stands
        while len(looks) * LOOK_EVERY < end:
            looks.append((frame, len(looks) * LOOK_EVERY))
    return looks


def test_it_begins_where_it_ends() -> None:
    sizes = [size for size, _ in frames()]

    assert sizes[-1] == EMPTY
    assert abs(sizes[0] - EMPTY) < 0.01


def test_out_is_longer_than_in() -> None:
    sizes = [(EMPTY, 0), *frames()]
    pairs = list(pairwise(sizes))

    inhaled = sum(stands for (before, _), (size, stands) in pairs if size > before)
    exhaled = sum(stands for (before, _), (size, stands) in pairs if size < before)
    assert exhaled > 1.5 * inhaled
