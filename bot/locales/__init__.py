"""Every text in every language: English is the key, and each other language has one catalogue.

A catalogue is the file a translator edits, `<code>/LC_MESSAGES/tend.po`. It is compiled in memory when it is
first asked, so no second form of it can be out of date. What it lacks, or holds only as a guess ("fuzzy"),
reads in English, and so does a language that has no catalogue. How to add one: docs/languages.md
"""

from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO
from typing import IO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

CATALOGUE = "LC_MESSAGES/tend.po"


def translated(text: str, language: str) -> str:
    """Return a text in a language."""
    return _catalogue(language).gettext(text) if text else ""  # to gettext, "" is the catalogue's header


def counted(one: str, many: str, n: int, language: str) -> str:
    """Return the form of a text that a language uses with this number; English has two."""
    return _catalogue(language).ngettext(one, many, n)


@cache
def languages() -> frozenset[str]:
    """Return the codes of all languages that have a catalogue."""
    return frozenset(each.name for each in files(__name__).iterdir() if each.joinpath(CATALOGUE).is_file())


def compiled(written: IO[bytes], language: str) -> GNUTranslations:
    """Return what a catalogue's file says; what is fuzzy is not in it."""
    machine_read = BytesIO()
    write_mo(machine_read, read_po(written, locale=language))
    return GNUTranslations(BytesIO(machine_read.getvalue()))


@cache
def _catalogue(language: str) -> NullTranslations:
    if language not in languages():
        return NullTranslations()
    with files(__name__).joinpath(language, CATALOGUE).open("rb") as written:
        return compiled(written, language)
