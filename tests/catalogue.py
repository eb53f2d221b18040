"""Every text that anybody reads, worked out from the code, and the way it takes to its translators.

`python -m tests.catalogue` brings each `bot/locales/<code>/LC_MESSAGES/tend.po` up to date: what is new in
the code comes in untranslated, what changed a little is marked fuzzy, what is gone goes, and a translation
whose text is still there stays. `python -m tests.catalogue de` begins one for a language that has none.
"""

import ast
import importlib
import pkgutil
import random
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter
from types import ModuleType

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

import bot
from bot.locales import CATALOGUE
from bot.ritual import Kept, Line, Say, Words
from bot.wording import LANGUAGES

HOME = Path(__file__).parent.parent
LOCALES = HOME / "bot" / "locales"
WIDTH = 100  # of a line in a catalogue

# Whose strings nobody reads in a chat: the host's, the stand-in's, the storage's, and tables of places.
NOT_READ = (
    "bot.playground", "bot.simulation", "bot.__main__", "bot.hosting", "bot.doctor", "bot.settings",
    "bot.logs", "bot.clock", "bot.metrics", "bot.locales", "bot.storage", "bot.pictures",
    "bot.telegram", "bot.couple.places",
)  # fmt: skip
RULES, TABLES = "bot.wording", "bot.feelings"  # rules about words are no texts; words to pick from are
SAID = {"say", "redraw", "whisper", "line", "draw", "Say", "Whisper", "Line"}
A_NAME = re.compile("[a-z_ ]*")  # a word for the code and not for people
COMMAND = re.compile(r"/\w+")

# What stands in a text, for whoever translates it. A format after a colon (`{closes:hour}`) stays as it is.
VALUES = {
    "about": "what a command is for: another text of this catalogue",
    "action": "what somebody promised: one of the offered acts, or own words",
    "at": "a day, like Sunday, 3 May, and with its year where it is another year's",
    "begins": "a time, like 22:30",
    "caller": "a name",
    "clock": "a time, like 21:05",
    "closes": "a time, like 00:00; for two clocks both, like 00:00 Berlin, 17:00 Lima",
    "due": "a moment; before `:day` its day, before `:hour` its time (or both clocks' times)",
    "ends": "a time, like 07:30",
    "every": "how often, by a label of this catalogue, like Every evening",
    "feeling": "one of the offered feelings, or own words",
    "first": "a name, or what a week had; before `:day` a day, before `:hour` a time (or both clocks' times)",
    "hour": "a time, like 21:00",
    "language": "a language, as those call it who speak it",
    "length": "how long, in words of this catalogue, like two minutes",
    "me": "the name the host gave the bot",
    "n": "a number; each form of the plural may be a sentence of its own",
    "need": "one of the offered needs, or own words",
    "other": "a name",
    "second": "a name, or what a week had",
    "third": "what a week had, as another text counts it",
    "until": "a moment; before `:day` its day, before `:hour` its time (or both clocks' times)",
    "value": "what was chosen: a label of this catalogue, a time or a place",
    "was": "a moment that has passed; before `:hour` its time (or both clocks' times)",
    "what": "what is chosen: a label of this catalogue, or a name",
    "who": "a name",
    "words": "an offered feeling, need or act, or own words",
    "zone": "a city",
}


@dataclass
class Key:
    """One text of the code."""

    text: str
    many: str  # its second form, where it counts
    places: list[str]
    notes: list[str]

    @property
    def id(self) -> str | tuple[str, str]:
        """How a catalogue names it."""
        return (self.text, self.many) if self.many else self.text


def keys() -> list[Key]:
    """Return every text once, in the order of the code."""
    found: dict[str, Key] = {}
    for path, text, many, note in (each for name in modules() for each in texts_of(name)):
        key = found.setdefault(text, Key(text, "", [], []))
        key.many = key.many or many
        key.places += [path] if path not in key.places else []
        key.notes += [note] if note and note not in key.notes else []
    plurals = {key.many for key in found.values()}
    return [key for text, key in found.items() if text not in plurals]


def modules() -> Iterator[str]:
    """Return the modules in which texts for people stand."""
    for found in pkgutil.walk_packages(bot.__path__, "bot."):
        if not found.name.startswith(NOT_READ):
            yield found.name


def texts_of(name: str) -> Iterator[tuple[str, str, str, str]]:
    """Return the texts of a module: where each stands, its second form, and what it is."""
    module = importlib.import_module(name)
    source = Path(str(module.__file__))
    path = source.relative_to(HOME).as_posix()
    tree = ast.parse(source.read_text(encoding="utf-8"))
    found = sorted(
        (*named(tree, module), *offered(tree, module), *called(tree, module)), key=lambda at: at[:2]
    )
    return ((path, text, many, note) for *_, text, many, note in found if is_read(text))


Found = tuple[int, int, str, str, str]  # line, column, text, second form, note


def named(tree: ast.Module, module: ModuleType) -> Iterator[Found]:
    """Return the texts that stand under a name of their own."""
    for name, value in assigned(tree):
        text = vars(module)[name]
        if isinstance(text, str) and module.__name__ != RULES and not A_NAME.fullmatch(text):
            yield value.lineno, value.col_offset, text, "", name


def offered(tree: ast.Module, module: ModuleType) -> Iterator[Found]:
    """Return the words of the tables from which people pick: families, and what is in them."""
    for name, value in assigned(tree) if module.__name__ == TABLES else ():
        table = value if isinstance(value, ast.Dict) else None
        for word in ast.walk(value):
            if isinstance(word, ast.Constant) and isinstance(word.value, str):
                family = table is not None and word in table.keys
                note = f"a button, over a family of {name.lower()}" if family else f"a pick of {name.lower()}"
                if not (family and name == "SUGGESTIONS"):  # a need, and found as such
                    yield word.lineno, word.col_offset, word.value, "", note


def assigned(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Return the names in capitals of a module, each with what stands behind it."""
    for node in tree.body:
        pairs: list[tuple[ast.expr, ast.expr]] = []
        match node:
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                pairs = list(zip(names, values, strict=True))
            case ast.Assign(targets=[under], value=value):
                pairs = [(under, value)]
            case ast.AnnAssign(target=under, value=ast.expr() as value):
                pairs = [(under, value)]
        for name, each in pairs:
            if isinstance(name, ast.Name) and name.id.isupper():
                yield name.id, each


def called(tree: ast.Module, module: ModuleType) -> Iterator[Found]:
    """Return the texts that are written where they are used: labels, choices, questions, and what is said."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        given = {word.arg or "": word.value for word in node.keywords}
        many = next(strings(given.get("many"), module), "") if node.func.id in SAID else ""
        for written, note in used(node.func.id, node.args, given):
            for text in strings(written, module):
                yield node.lineno, node.col_offset, text, many, note


def used(
    kind: str, args: list[ast.expr], given: dict[str, ast.expr]
) -> Iterator[tuple[ast.expr | None, str]]:
    """Return the texts that a call is given, and what they are there."""
    match kind, args:
        case "whisper" | "Whisper", [text, *_]:
            yield text, "the answer to a tap: 200 characters at most, with all that stands in it"
        case _, [text, *_] if kind in SAID:
            yield text, ""
        case "Button", [label, *_]:
            yield label, "a button"
        case "Option", [label, *_]:
            yield label, "a button, and what was chosen"
        case "Preference", _:
            yield given.get("label"), "a button, and what is chosen"
            yield given.get("asks"), "a question above buttons"
            yield given.get("misread"), "the answer to a reply that is none of these"
        case "Ritual", [_, ast.Constant(value=str() as command), about, *_] if command:
            yield about, f"in menus, of /{command}"


def strings(node: ast.expr | None, module: ModuleType) -> Iterator[str]:
    """Return the texts an expression stands for; one made of parts is no text."""
    match node:
        case ast.Constant(value=str() as text):
            yield text
        case ast.Name(id=name) if isinstance(known := vars(module).get(name), str):
            yield known
        case ast.IfExp(body=body, orelse=orelse):
            yield from strings(body, module)
            yield from strings(orelse, module)


def is_read(text: str) -> bool:
    """Whether there is something to read in it, and not marks alone."""
    return any(letter.isalpha() for letter in text)


def is_wordless(text: str) -> bool:
    """Whether nothing in it could be translated: commands, values and marks alone."""
    bare = "".join(literal for literal, *_ in Formatter().parse(text))
    return not any(letter.isalpha() for letter in COMMAND.sub("", bare))


def values_in(text: str) -> list[str]:
    """Return what stands in a text, with its format: "who", "closes:hour"."""
    fields = [(name, form) for _, name, form, _ in Formatter().parse(text) if name is not None]
    return sorted(f"{name}:{form}" if form else name for name, form in fields)


# -- Who reads it -----------------------------------------------------------------


def readers(plays: int = 30) -> dict[str, set[str]]:
    """Return who reads each text that is said in some plays: "the two", in their room, or "one alone"."""
    from tests.playing import Play  # noqa: PLC0415 - which asks here whether all it says is found

    found: dict[str, set[str]] = {}
    for seed in range(plays):
        play = Play(random.Random(seed))  # noqa: S311 - a play, not a secret
        for _ in play.moves(60):
            pass
        for *_, outcome in play.stage.heard:
            for said in outcome.said:
                for line in (said, *said.below):
                    found.setdefault(line.text, set()).add("one alone" if said.to else "the two")
            if outcome.whisper:
                found.setdefault(outcome.whisper.text, set()).add("one alone")
    return found


def unknown(said: Iterable[Line]) -> list[str]:
    """Return the texts of messages that no translator would ever see."""
    return [
        line.text
        for thing in said
        for line in lines_in(thing)
        if second_forms().get(line.text) != line.many and not is_wordless(line.text)
    ]


@cache
def second_forms() -> dict[str, str]:
    """Return every text with its second form; a language's own name for itself is the same in all."""
    return {**{key.text: key.many for key in keys()}, **dict.fromkeys(LANGUAGES.values(), "")}


def lines_in(thing: Line) -> Iterator[Line]:
    """Return all lines of a message: itself, those below, those within, the labels, and listed words."""
    yield thing
    for value in thing.values.values():
        match value:
            case Line():
                yield from lines_in(value)
            case Words(listed=True, text=text) | Kept(words=Words(listed=True, text=text)):
                yield Line(text)
    if isinstance(thing, Say):
        for each in (*thing.below, *written_in(thing)):
            yield from lines_in(each)
        for button in thing.buttons:
            yield from lines_in(button.label if isinstance(button.label, Line) else Line(button.label))


def written_in(said: Say) -> tuple[Line, ...]:
    """Return what stands in the drawing of a message."""
    return (said.drawing.title, *(mark.reads for mark in said.drawing.marks)) if said.drawing else ()


# -- To the translators -----------------------------------------------------------


def template() -> Catalog:
    """Return the catalogue of all texts, with nothing translated."""
    catalog, who = Catalog(charset="utf-8", fuzzy=False), readers()
    for key in keys():
        names = dict.fromkeys(each.partition(":")[0] for each in values_in(key.text + key.many))
        read = [f"read by {' and by '.join(sorted(who[key.text]))}"] if key.text in who else []
        notes = [*key.notes, *read, *(f"{{{name}}}: {VALUES[name]}" for name in names)]
        catalog.add(key.id, locations=[(path, 0) for path in key.places], auto_comments=notes)
    return catalog


def path_of(language: str, home: Path = LOCALES) -> Path:
    """Return where the catalogue of a language is."""
    return home / language / CATALOGUE


def read(path: Path) -> Catalog:
    """Return a catalogue as it stands in its file."""
    with path.open("rb") as written:
        return read_po(written, locale=path.parts[-3])


def write(catalog: Catalog, path: Path) -> None:
    """Write a catalogue to its file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalog, width=WIDTH, ignore_obsolete=True, include_lineno=False)


def begun(language: str) -> Catalog:
    """Return an empty catalogue for a language."""
    name = Locale.parse(language).get_display_name("en")
    catalog = Catalog(
        locale=language,
        project="Tend",
        version="1",
        msgid_bugs_address="the issues of its repository",
        last_translator="see the history of this file",
        language_team=name,
        charset="utf-8",
        fuzzy=False,
    )
    catalog.header_comment = (
        f"# {name} translations for Tend.\n"
        "# Form of address: to one of the two: ...; to the two together: ...\n"
        "# How to translate, and how it is tested: docs/languages.md"
    )
    return catalog


def main(languages: list[str], home: Path = LOCALES) -> None:
    """Bring every catalogue up to date, and those of new languages in."""
    present = [each.parent.parent.name for each in home.glob(f"*/{CATALOGUE}")]
    texts = template()
    for language in sorted({*present, *languages}):
        path = path_of(language, home)
        catalog = read(path) if path.exists() else begun(language)
        catalog.update(texts, update_creation_date=False)
        write(catalog, path)
        lacks, guesses = lacking(catalog), [message for message in catalog if message.id and message.fuzzy]
        sys.stdout.write(f"{language}: {len(lacks)} to translate, {len(guesses)} to look at again\n")


def forms(message: Message) -> tuple[str, ...]:
    """Return a translation in all its forms: one, or as many as the language has plurals."""
    if isinstance(message.string, str):
        return (message.string,)
    return tuple(str(form) for form in message.string or ("",))


def lacking(catalog: Catalog) -> list[str]:
    """Return the texts without a translation, or without one of its plural forms."""
    return [
        message.id if isinstance(message.id, str) else message.id[0]
        for message in catalog
        if message.id and not all(forms(message))
    ]


if __name__ == "__main__":
    main(sys.argv[1:])
