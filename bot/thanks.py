"""Thanks, as they are kept and as they read: what the other did, and what it meant.

Pure. What one tells the other alone is under way until its reader's good hour, and its sender's until then.
It is drawn alone, too: it never comes into the room.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from bot.ritual import PARTED, Button, Draw, Kept, Line, Person, Say, Scene, Words, line, say

KIND, MOST_PARTS = "thanks", 3
TOLD_ALONE = "told alone"  # the outcome of one that was

# -- What they read ---------------------------------------------------------------

MEANT = "What it meant: {words}"
WHAT_MEANT = "And what did it mean to you? Write it within half an hour, or it goes as it is."
ON_ITS_WAY = "Kept. It goes at a good hour. Until then it is yours to change or take back."
TO_OTHER = "For {who}: {words}"
FOR_YOU = "Something for you, told to me alone."
THANKS_YOU = "{who} thanks you: {words}"
ANSWER_IT = "A tap or a few words go back at a good hour, if you like."
A_WORD_BACK = "A word back for you."
YOU_THANKED = "You thanked {who}: {words}"
SAYS = "{who}: {words}"

TOUCHED = Button("That touched me", "touched", "That touched me")
SEND_IT, TAKE_BACK = Button("Send it as it is", "send"), Button("Take it back", "take back")
WORDS_BACK = Button("A few words back", "words back")

# -- Kept, and in the jar ---------------------------------------------------------


def parts_of(words: Words) -> tuple[Words, ...]:
    """Return what somebody wrote, in the parts of one line."""
    parts = () if words.listed else words.split(PARTED, MOST_PARTS - 1)
    return tuple(part for part in parts if part)


def meant(parts: Iterable[Words]) -> list[Line]:
    """Return what it meant, a line for each part after the first."""
    return [line(MEANT, words=part) for part in parts]


def in_jar(scene: Scene, *, private: bool) -> list[Kept]:
    """Return the thanks that both have read, for one alone or for the room."""
    both_read = [thing for thing in scene.kept if thing.shared and thing.words]
    return [thing for thing in both_read if private or thing.outcome != TOLD_ALONE]


def kept_as(words: Words, scene: Scene) -> Kept | None:
    """Return the kept thing that holds these words of the room; the same words told alone are another one."""
    bare = replace(words, source=0)
    of_the_room = in_jar(scene, private=False)
    same = (thing for thing in of_the_room if thing.words and replace(thing.words, source=0) == bare)
    return next(same, None)


# -- Told alone, and under way ----------------------------------------------------


@dataclass(frozen=True)
class Thanks:
    """What one tells the other alone, and what comes back."""

    by: Person
    words: tuple[Words, ...] = ()
    back: Words | None = None

    @property
    def sender(self) -> Person:
        """Whose words are under way, or were last."""
        return self.back.by if self.back else self.by


def is_same(old: Words, new: Words) -> bool:
    """Whether a message says it anew that was edited."""
    return bool(new.source) and old.source == new.source


def is_edit(thanks: Thanks, words: Words) -> bool:
    """Whether a message says anew what is under way."""
    under_way = (thanks.back,) if thanks.back else thanks.words
    return bool(parts_of(words)) and any(is_same(old, words) for old in under_way)


def edited(thanks: Thanks, words: Words) -> Thanks:
    """Return what is under way, with what one message said anew."""
    if thanks.back:
        return replace(thanks, back=words)
    rest = tuple(old for old in thanks.words if not is_same(old, words))
    first = is_same(thanks.words[0], words)
    return replace(thanks, words=(*parts_of(words), *rest) if first else (*rest, words))


def ask_meaning(thanks: Thanks, scene: Scene) -> Say:
    """Ask what it meant; the first half is there already."""
    buttons = SEND_IT, TAKE_BACK
    own = own_words(thanks, scene)
    return say(WHAT_MEANT, *buttons, to=thanks.by, card="yours", asks="meant", below=own)


def on_its_way(draw: Draw, thanks: Thanks, scene: Scene) -> Say:
    """Tell its sender that it is under way, and theirs until then."""
    return draw(ON_ITS_WAY, TAKE_BACK, to=thanks.sender, card="yours", below=own_words(thanks, scene))


def for_the_other(draw: Draw, thanks: Thanks, scene: Scene, asks: str = "") -> Say:
    """Return what the one who is thanked reads; a question for some hours, and a button for it afterwards."""
    below = [*in_lines(THANKS_YOU, thanks.words, thanks.by), line(ANSWER_IT)]
    buttons = [TOUCHED] if asks else [TOUCHED, WORDS_BACK]
    card = draw(FOR_YOU, *buttons, to=scene.other(thanks.by), card="yours", asks=asks, below=below)
    return replace(card, waits=True, again=True)


def answer_to(thanks: Thanks, back: Words) -> Say:
    """Return what comes back, below what it answers."""
    below = [*in_lines(YOU_THANKED, thanks.words, back.by), line(SAYS, who=back.by, words=back)]
    return say(A_WORD_BACK, to=thanks.by, card="yours", below=below, waits=True, again=True)


def own_words(thanks: Thanks, scene: Scene) -> list[Line]:
    """Return what is under way, as its sender reads it."""
    words = (thanks.back,) if thanks.back else thanks.words
    return in_lines(TO_OTHER, words, scene.other(thanks.sender))


def in_lines(text: str, words: tuple[Words, ...], who: Person) -> list[Line]:
    """Return it as it reads: what the other did in a text of its own, and below it what it meant."""
    first, *more = words
    return [line(text, words=first, who=who), *meant(more)]
