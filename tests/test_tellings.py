"""What is told in another language is read back as it was meant, and nothing else is."""

import pytest

from bot.locales import translated
from bot.playground.cast import PEOPLE
from tests.catalogue import is_wordless, keys
from tests.tellings import Interpreter, parts_of

SPANISH = Interpreter("es")
ANN, BEN, CLEO = (person.first_name for person in PEOPLE[:3])
VALUES = {
    "who": ANN, "other": BEN, "first": ANN, "second": BEN, "me": "Tend", "n": "2",
    "clock": "20:05", "hour": "21:00", "closes_hour": "00:00", "first_hour": "21:00",
    "until_hour": "21:30", "due_hour": "19:00", "was_hour": "20:30", "caller": ANN,
    "third": "a third", "begins": "22:30", "ends": "07:30",
    "feeling": "amber rest", "need": "basalt air", "action": "obsidian tea", "words": "amber light",
}  # fmt: skip
A_DAY = "Sunday, 22 November", "domingo, 22 de noviembre"
OURS = {
    "zone": ("Berlin", "Berlín"), "first_day": A_DAY, "until_day": A_DAY, "due_day": A_DAY, "was_day": A_DAY,
    "every": ("Every evening", "Cada noche"), "what": ("Hour", "Hora"), "value": ("Berlin", "Berlín"),
    "length": ("two minutes", "dos minutos"),
    "about": ("What there is", "Lo que hay"), "language": ("English", "English"),
}  # fmt: skip


def filled(text: str, place: int) -> str:
    """Return a text with its values, ours in English or in the other language."""
    values = {"": "", **VALUES, **{name: both[place] for name, both in OURS.items()}}
    return "".join(literal + values[name] for literal, name in parts_of(text))


def test_every_text_is_read_back_as_its_english() -> None:
    for text in (key.text for key in keys() if not is_wordless(key.text)):
        assert SPANISH.english(filled(translated(text, "es"), 1)) == filled(text, 0)


@pytest.mark.parametrize(
    "text",
    ["Kept: calm. Yours to change until you have both answered.", "Kept: calm", "Close", "anything", ""],
)
def test_what_no_catalogue_has_is_not_read(text: str) -> None:
    with pytest.raises(AssertionError, match="No catalogue"):
        SPANISH.english(text)


def test_several_lines_are_read_one_after_the_other_and_what_somebody_typed_as_the_story_has_it() -> None:
    asked, words = "You said: {action}", "When it rains, I will drive amber"
    text = f"A look back, for you alone. {asked}\nHow did it go?"
    typed = SPANISH.typed(words)
    assert typed != words
    shown = f"{translated(text, 'es').format(action=typed)}\n{translated('Done', 'es')}"
    assert SPANISH.english(shown) == f"{text.format(action=words)}\nDone"
