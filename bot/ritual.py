"""The words every ritual is written in. Standard library only.

A ritual is one pure function. It hears an event, looks at the scene, and answers with where the two are now
and with what is to be said and kept. It never sends, stores, waits or translates: the shell does
(bot/shell.py), and so a ritual can be read, played and drawn without any of that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, TypeVar, cast
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T")
D = TypeVar("D", bound="DataclassInstance")
UTC_ZONE = ZoneInfo("UTC")
PARTED = " / "  # between the answers of one line

# -- Whom and what it is about ------------------------------------------------


@dataclass(frozen=True)
class Person:
    """Somebody, known to a ritual by nothing but a number of our own."""

    id: int


@dataclass(frozen=True)
class Words:
    """What somebody said. It never forgets who; nothing prints it."""

    by: Person
    text: str = field(default="", repr=False)
    listed: bool = False  # picked from our own list, so it is read in the reader's language
    source: int = 0  # the message that carried it: an edit of that message carries the same number

    def __bool__(self) -> bool:
        return bool(self.text)

    def split(self, mark: str, most: int = -1) -> list[Words]:
        """Return its parts, each of the same writer and message, cut at most so often; a mark may end it."""
        return [replace(self, text=part.strip()) for part in f" {self.text} ".split(mark, most)]

    def then(self, more: Words) -> Words:
        """Return both as one line, as they would be typed behind a command."""
        return replace(self, text=f"{self.text}{PARTED}{more.text}")


@dataclass(frozen=True)
class Each(Generic[T]):
    """One value for each of the two."""

    pairs: tuple[tuple[Person, T], ...]

    def __getitem__(self, person: Person) -> T:
        return dict(self.pairs)[person]

    def __iter__(self) -> Iterator[T]:
        return (value for _, value in self.pairs)

    def put(self, person: Person, value: T) -> Each[T]:
        """Return the pair with another value for this person."""
        return Each(tuple((who, value if who == person else old) for who, old in self.pairs))


@dataclass(frozen=True)
class Kept:
    """Worth keeping beyond the ritual. Returned from a step it is kept; with an id, kept anew."""

    kind: str
    by: Person | None  # None: of the two together
    words: Words | None = None
    due: datetime | None = None
    outcome: str = ""  # empty: still open
    shared: bool = True  # False: the other has not seen it and never will through us
    id: int = 0
    at: datetime | None = None  # when it was kept first
    once: bool = False  # its date brings one question, and no second one afterwards


# -- What the two prefer ------------------------------------------------------


@dataclass(frozen=True)
class Option(Generic[T]):
    """One choice of a preference, by the label on its button."""

    label: str
    value: T


@dataclass(frozen=True)
class Preference(Generic[T]):
    """Something the two decide once and may change in /settings.

    It is declared beside what it decides. `reads` understands a typed value; `settles` computes one that
    nobody types, when the two accept their evening and whenever a preference named in `follows` is chosen
    anew.
    """

    name: str
    of: type[T]
    default: T
    label: str = ""  # what /settings calls it; empty: it is not shown there
    asks: str = ""  # the question on its page
    options: tuple[Option[T], ...] = ()
    reads: Callable[[str], T | None] | None = None
    misread: str = ""  # what is said to a typed value that cannot be read
    shows: Callable[[T], Value] | None = None  # how a value without an option of its own reads
    own: bool = False  # chosen in a private chat it is one's own, in the room the couple's
    settles: Callable[[Preferences, datetime], T] | None = None
    follows: tuple[str, ...] = ()
    at_start: bool = False  # shown on the first card, before "Looks right"


@dataclass(frozen=True)
class Preferences:
    """The chosen values, by preference: those of the couple, or as one of them sees it."""

    chosen: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    owner: Person | None = None

    def __getitem__(self, preference: Preference[T]) -> T:
        own = f"{preference.name}@{self.owner.id}" if self.owner else preference.name
        chosen = self.chosen.get(own, self.chosen.get(preference.name, preference.default))
        return cast("T", chosen)

    def of(self, person: Person) -> Preferences:
        """Return them as this person's: their own choice where they made one, else the couple's."""
        return replace(self, owner=person)

    def put(self, preference: Preference[T], value: T, by: Person | None = None) -> Preferences:
        """Return them with one more choice, the couple's or one person's own."""
        name = f"{preference.name}@{by.id}" if by else preference.name
        return replace(self, chosen=MappingProxyType({**self.chosen, name: value}))


# -- What a ritual hears ------------------------------------------------------


@dataclass(frozen=True)
class Entered:
    """Tend was brought into a room. Nobody has said anything yet."""


@dataclass(frozen=True)
class GuestsCame:
    """So many people besides the two have just come into the room."""

    many: int


@dataclass(frozen=True)
class GuestsCounted:
    """So many people besides the two are in the room, as Telegram counts them."""

    many: int


@dataclass(frozen=True)
class Began:
    """Its command was sent, or a button tapped that opens it."""

    by: Person
    words: Words
    about: Kept | None = None  # what the button that opened it was about
    private: bool = False


@dataclass(frozen=True)
class Tapped:
    """A button of one of its cards, on the version that stands there now."""

    by: Person
    tap: str
    item: str = ""
    private: bool = False


@dataclass(frozen=True)
class Wrote:
    """Words to one of its questions. An edit is the same event again, with the same `words.source`."""

    by: Person
    asked: str
    words: Words
    private: bool = False


@dataclass(frozen=True)
class TimeCame:
    """The state's `wake_at` has come; in no state, the ritual's own hour."""

    due: datetime
    late: bool = False  # by more than ten minutes, because Tend was away or a silence came between


@dataclass(frozen=True)
class Hushed:
    """A younger ritual asks for silence: stop the clock, say nothing. The next ring says that it is over."""


Event: TypeAlias = Entered | GuestsCame | GuestsCounted | Began | Tapped | Wrote | TimeCame | Hushed

# -- What it answers ----------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One template in English, the key of its translations, and the values in it.

    `{me}` is always there: the name the host gave the bot. A template that counts has a second form, `many`,
    and the number is its value `n`: a language may have more forms than two.
    """

    text: str
    values: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    many: str = ""


@dataclass(frozen=True)
class Mark:
    """A line of a drawing, and the sign that stands before it."""

    sign: Literal["lamp", "leaf", "heart"]
    reads: Line


@dataclass(frozen=True)
class Drawing:
    """What is drawn of the two themselves: of them together, and never one beside the other."""

    title: Line
    days: tuple[date, ...]  # in a row, the last of them today
    lit: tuple[date, ...]  # those of them that shine
    marks: tuple[Mark, ...] = ()  # below them, one under the other


Value: TypeAlias = Person | Words | Kept | Line | datetime | date | time | timedelta | int | ZoneInfo


@dataclass(frozen=True)
class Button:
    """A label and what it means: a tap that the ritual hears, or another ritual that it opens."""

    label: str | Line
    tap: str = ""
    item: str = ""
    opens: str = ""  # the name of a ritual
    leads: Literal["", "lane", "group"] = (
        ""  # to the private chat, or to a new group; nobody hears of the tap
    )
    whose: Person | None = None  # the other one's tap is not heard, and is told whose it is

    def only(self, person: Person) -> Button:
        """Return the same button, for this one of the two alone."""
        return replace(self, whose=person)

    def about(self, kept: Kept) -> Button:
        """Return the same button, about one kept thing."""
        return replace(self, item=str(kept.id))


@dataclass(frozen=True)
class Say(Line):
    """One message, or a new face for one that stands there."""

    below: tuple[Line, ...] = ()  # further lines, each under the one before
    buttons: tuple[Button, ...] = ()
    to: Person | None = None  # None: the room
    card: str = ""  # said again under this name it takes the older one's place
    asks: str = ""  # the question that words may answer while this is the card's last version
    quiet: bool = False  # redraw the card where it is, if it is there
    waits: bool = False  # a private line to a lane that is shut waits for it; else it is dropped
    softly: bool = False  # delivered without a sound
    again: bool = False  # in doubt whether it arrived: say it again rather than not at all
    alone: bool = False  # a plain private line may answer it, too, though it stands in the room
    by_reply: bool = False  # only a reply answers it: a plain private line is for whatever else asks
    at_once: bool = False  # before whatever else is waiting to be sent
    closes: bool = False  # it only ends a card, and is of no use where nobody has seen that
    picture: str = ""  # the name of a moving picture of ours, above the words
    drawing: Drawing | None = None  # drawn when it is sent, above the words
    whose: Person | None = None  # who is asked; the other one's words are not heard, and told whose it is

    def asks_only(self, person: Person) -> Say:
        """Return the same message, whose question is for this one of the two alone."""
        return replace(self, whose=person)


@dataclass(frozen=True)
class Whisper(Line):
    """The answer to a tap, seen by its tapper alone. Nothing may depend on its being read."""


@dataclass(frozen=True)
class Prefer:
    """A change of preferences, the couple's or one person's own. Settings and joining only."""

    preference: Preference[Any]
    value: object = field(repr=False)
    by: Person | None = None


@dataclass(frozen=True)
class Seat:
    """These two are the couple of this room. Joining only."""

    two: tuple[Person, Person]
    again: bool = False  # they were a couple here before, and go on with what they kept and preferred


@dataclass(frozen=True)
class Part:
    """The couple rests: one of the two leaves, or the room is not theirs any more."""


Answer: TypeAlias = Say | Whisper | Kept | Prefer | Seat | Part


def line(text: str, /, *, many: str = "", **values: Value) -> Line:
    """Return a line to stand below another or on a button."""
    return Line(text, checked(values), many)


def say(
    text: str,
    /,
    *buttons: Button,
    to: Person | None = None,
    card: str = "",
    asks: str = "",
    below: Iterable[Line] = (),
    waits: bool = False,
    softly: bool = False,
    again: bool = False,
    at_once: bool = False,
    picture: str = "",
    drawing: Drawing | None = None,
    many: str = "",
    **values: Value,
) -> Say:
    """Return a new message, to the room or to one person."""
    return Say(
        text,
        checked(values),
        many,
        tuple(below),
        buttons,
        to,
        card,
        asks,
        waits=waits,
        softly=softly,
        again=again,
        at_once=at_once,
        picture=picture,
        drawing=drawing,
    )


def redraw(
    text: str,
    /,
    *buttons: Button,
    to: Person | None = None,
    card: str,
    asks: str = "",
    below: Iterable[Line] = (),
    softly: bool = False,
    many: str = "",
    picture: str = "",
    **values: Value,
) -> Say:
    """Return a new face for a card that is there; where there is none, nothing is said."""
    return Say(
        text,
        checked(values),
        many,
        tuple(below),
        buttons,
        to,
        card,
        asks,
        quiet=True,
        softly=softly,
        picture=picture,
    )


def whisper(text: str, /, **values: Value) -> Whisper:
    """Return the answer to a tap."""
    return Whisper(text, checked(values))


def checked(values: Mapping[str, Value]) -> Mapping[str, Value]:
    """Refuse bare strings: they would reach a reader with no writer and in no language."""
    for name, value in values.items():
        if not isinstance(value, Value):
            raise TypeError(f"{name} is a {type(value).__name__}: use Words, or a line")
    return MappingProxyType(dict(values))


# -- What it may know ---------------------------------------------------------


@dataclass(frozen=True)
class Scene:
    """All that a step may know besides its state."""

    now: datetime
    both: tuple[Person, ...]  # the two; fewer only while they join
    kept: tuple[Kept, ...] = ()  # of the kinds the ritual reads, oldest first
    prefers: Preferences = field(default_factory=Preferences)
    lanes: frozenset[Person] = frozenset()  # who has opened their private chat
    home: ZoneInfo = UTC_ZONE  # where the host lives: a first guess at the couple's clock
    before: frozenset[Person] = (
        frozenset()
    )  # whom of those present Tend has rested with as the two of a couple

    def other(self, person: Person) -> Person:
        """Return the other one of the two."""
        first, second = self.both
        return second if person == first else first

    def each(self, value: T) -> Each[T]:
        """Return this value for each of the two."""
        return Each(tuple((person, value) for person in self.both))

    def find(self, item: str) -> Kept | None:
        """Return the kept thing that a button is about."""
        return next((thing for thing in self.kept if str(thing.id) == item), None)

    def knowing(self, thing: Kept) -> Scene:
        """Return the scene with a kept thing as it is from now on."""
        return replace(self, kept=tuple(thing if old.id == thing.id else old for old in self.kept))


def change(each: Each[D], person: Person, **fields: Any) -> Each[D]:  # noqa: ANN401 - the fields of any dataclass
    """Return the pair with some fields of this person's value changed."""
    return each.put(person, replace(each[person], **fields))


# -- How it is registered -----------------------------------------------------

Draw: TypeAlias = Callable[..., Say]  # say a card anew, or redraw it where it stands
Step: TypeAlias = Callable[[Any, Event, Scene], tuple[Any, Sequence[Answer]]]


def never(prefers: Preferences, after: datetime) -> datetime | None:  # noqa: ARG001 - the shape of `calls`
    """Say that a ritual has no hour of its own."""
    return None


@dataclass(frozen=True, eq=False)
class Ritual:
    """One ritual, as the table of contents lists it.

    The shell understands these attributes on a state: `wake_at` (ring me then, UTC), `hushes` (nobody older
    is rung), `lanes_go_on` (that is for the room alone), `lingers` (the next one need not wait for me),
    `veils` (nothing one said reaches the other), `welcomes` (taps of people who are not the two are heard,
    too), and `begun` (the words of the button with which one began it and has it alone as yet: the same tap
    goes on with it, and begins no second one).

    Where its own hour comes while one of an evening before is still open, that one is rung first, though its
    `wake_at` may lie ahead: whose time is over ends, and whose is not stands in for the new one.

    What it `minds` rings it at the earliest `due` of what is open (no outcome yet), in no state and in a
    playing of its own, and never as skipped. It then gives each thing whose date has come another date or an
    outcome: one left as it is rings nobody again.
    """

    name: str
    command: str
    about: str  # what it is for, as menus say it
    step: Step
    reads: tuple[str, ...] = ()  # kinds of kept things
    looks_back: int = 60  # on so many of each kind, the newest
    minds: tuple[str, ...] = ()  # of these kinds, the date of an open one rings it; then it has no hour
    calls: Callable[[Preferences, datetime], datetime | None] = never  # its own next hour after that instant
    window: timedelta = timedelta(hours=3)  # how long after its hour it makes sense
    many: bool = False  # several at once; one begun by hand does not stand in for its hour
    stands_in_for: tuple[str, ...] = ()  # whose hour does not come on an evening that has, or had, its own
    always: bool = False  # answers also in another ritual's silence
    steadies: bool = False  # its command is answered in another's silence, too: in the private chat
    fleeting: bool = (
        False  # only shows something: asked for in another's silence, it does not come afterwards
    )
    anyone: bool = False  # answers people who are not the two, too; then it has no state
    enters: bool = False  # hears that Tend was brought into a room
    minds_guests: bool = False  # hears who else comes into the room, and goes
    urgent: bool = False  # is heard before what waits of others
    also: tuple[str, ...] = ()  # other names under which people look for its command; no menu lists them
    word: Preference[str] | None = None  # a word of the couple's own that begins it, besides its command
    meanwhile: Say | None = None  # what is told alone, in its silence, to words that answer nothing
    menu: bool = True  # stands in the command menu of the room
    preferences: tuple[Preference[Any], ...] = ()
    version: int = 1  # of its states
    upgrades: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = field(default_factory=dict)
