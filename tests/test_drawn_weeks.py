"""The picture of a week: what is in it can be found in it, and it is never the one that costs a line."""

import asyncio
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from typing import get_args, get_type_hints

import pytest
from babel import Locale
from PIL import Image, ImageFont

from bot.locales import languages
from bot.pictures import sheet as paper
from bot.pictures.sheet import Day, Sheet
from bot.ritual import Drawing, Mark
from bot.telegram import drawing
from bot.telegram.drawing import drawn, span, weekday
from bot.telegram.render import Reader
from tests.catalogue import forms, path_of, read
from tests.draw_weeks import FULL, ONE_THING, QUIET, reader

NAMES = "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"


def opened(body: bytes) -> Image.Image:
    return Image.open(BytesIO(body)).convert("RGB")


def sheet(kept: set[int], rows: int = 0, title: str = "Your week together") -> Sheet:
    signs = tuple((sign, f"{number} of them") for number, sign in enumerate(list(paper.SIGNS)[:rows], 2))
    return Sheet(title, "27 Apr - 3 May", tuple(Day(n, i in kept) for i, n in enumerate(NAMES)), signs)


def at(image: Image.Image, number: int) -> tuple[int, ...]:
    """What stands in the middle of an evening."""
    x, y = paper._place(number, len(NAMES))
    pixel = image.getpixel((round(x), round(y)))
    assert isinstance(pixel, tuple)
    return pixel


@pytest.mark.parametrize("kept", [set(), {0}, {3}, {6}, {0, 2, 4}, set(range(7))], ids=str)
def test_an_evening_is_lit_where_it_was_kept_and_nowhere_else(kept: set[int]) -> None:
    image = opened(paper.drawn(sheet(kept)))

    assert {number for number in range(7) if at(image, number) == paper.LIT} == kept
    stars = {number for number in range(6) if at(image, number) == paper.FAINT}
    assert stars == set(range(6)) - kept


@pytest.mark.parametrize("rows", range(4))
def test_it_is_as_high_as_what_there_is(rows: int) -> None:
    image = opened(paper.drawn(sheet({1}, rows)))

    assert image.width == paper.WIDE
    assert image.height == paper.SKY + (paper.BELOW + rows * paper.ROW if rows else 0)
    assert image.width < 2 * image.height + 200


def test_nothing_leaves_the_picture() -> None:
    """A frame of the ground is left all around, however long the words of a language are."""
    long = replace(sheet(set(range(7)), 3, "A title of very many words in a language of long words"))
    rows = tuple(
        (sign, "very many of what a language of long words counts in a week") for sign, _ in long.rows
    )
    image = opened(paper.drawn(replace(long, rows=rows)))

    right = image.crop((paper.WIDE - 40, 0, paper.WIDE, image.height)).getcolors(1 << 20)
    assert right is not None
    assert max(max(colour) for _, colour in right if isinstance(colour, tuple)) < 200


def test_it_reads_on_a_light_and_on_a_dark_page() -> None:
    """The ground is neither, and what is written stands out from it: at least 4.5 to 1."""
    for ground in (paper.NIGHT, paper.DUSK):
        for ink in (paper.CREAM, paper.SOFT, paper.LIT):
            assert contrast(ink, ground) >= 4.5
        assert contrast((255, 255, 255), ground) > 3
        assert contrast((0, 0, 0), paper.DUSK) > 3


def contrast(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    """As WCAG has it."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: tuple[int, int, int]) -> float:
    parts = [part / 255 for part in colour]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_every_sign_that_a_ritual_may_name_can_be_drawn() -> None:
    assert set(get_args(get_type_hints(Mark)["sign"])) == set(paper.SIGNS)


# -- In words -----------------------------------------------------------------


def test_it_says_what_the_words_say(monkeypatch: pytest.MonkeyPatch) -> None:
    sheets: list[Sheet] = []

    def keep(given: Sheet) -> bytes:
        sheets.append(given)
        return b""

    monkeypatch.setattr(paper, "drawn", keep)

    drawn(FULL, reader("en"))
    drawn(ONE_THING, reader("es"))
    drawn(QUIET, reader("en"))

    full, one, quiet = sheets
    assert full.title == "Your week together"
    assert full.rows == (
        ("lamp", "5 evenings kept"), ("leaf", "3 promises done"), ("heart", "2 thank-yous said"),
    )  # fmt: skip
    assert [each.name for each in full.days] == list(NAMES)
    assert [each.lit for each in full.days] == [True, True, False, True, True, True, False]
    assert [sign for sign, _ in one.rows] == ["heart"]
    assert [each.name for each in one.days] == ["lun", "mar", "mié", "jue", "vie", "sáb", "dom"]
    assert (quiet.title, quiet.rows) == ("A quiet week", ())


@pytest.mark.parametrize("language", ["en", *sorted(languages())])
def test_days_are_written_as_the_language_writes_them(language: str) -> None:
    first, last = date(2026, 4, 27), date(2026, 5, 3)

    assert str(first.day) in span(first, last, language)
    assert str(last.day) in span(first, last, language)
    names = [weekday(first + timedelta(days=day), language) for day in range(7)]
    assert len(set(names)) == 7
    assert all(paper._font(paper.DAY).getlength(name) < 140 for name in names)


@pytest.mark.parametrize("language", ["en", *sorted(languages())])
def test_the_font_has_every_letter_of_the_language(language: str) -> None:
    """A language in a script that it lacks needs another font: without one its people would see boxes."""
    font = ImageFont.truetype(paper.FONT, 40)
    lacking = font.getmask("\U00012345").getbbox(), bytes(font.getmask("\U00012345"))
    if language == "en":
        letters = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-\u2013.,:")
    else:
        letters = set("".join("".join(forms(message)) for message in read(path_of(language)) if message.id))
        letters |= set("".join(Locale.parse(language).months["format"]["abbreviated"].values()))
    letters = {letter for letter in letters if letter.isalpha() or letter.isdigit()}
    assert [
        each
        for each in sorted(letters)
        if (font.getmask(each).getbbox(), bytes(font.getmask(each))) == lacking
    ] == []


# -- Nobody waits for it ------------------------------------------------------


def test_nothing_of_pillow_is_loaded_before_the_first_one() -> None:
    said = subprocess.run(
        [sys.executable, "-c", "import sys, bot.__main__, bot.hosting; print('PIL' in sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert said.stdout.strip() == "False"


async def test_it_is_drawn_beside_the_loop_and_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    where, busy, most = set[int](), 0, 0

    def slow(_drawing: Drawing, _reader: Reader) -> bytes:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        where.add(threading.get_ident())
        threading.Event().wait(0.02)
        busy -= 1
        return b""

    async def no_message(_: object) -> None:
        return None

    monkeypatch.setattr(drawing, "drawn", slow)
    easel = drawing.Easel()
    await asyncio.gather(*(easel.show(FULL, reader("en"), no_message) for _ in range(4)))  # type: ignore[arg-type]

    assert most == 1
    assert threading.get_ident() not in where


def test_one_that_was_drawn_is_not_drawn_again() -> None:
    assert paper.drawn(sheet({1, 2})) is paper.drawn(sheet({1, 2}))
