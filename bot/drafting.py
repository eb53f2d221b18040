"""Drafting: words that one of the two tries out alone, before anybody reads them.

Pure, and the same for every ritual in which something is worded before it is said. The ritual holds the draft
in a state that veils, says what this module says, and decides what becomes of it. The card is in the writer's
private chat alone, and its first line tells nothing to whoever sees it light up.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from bot.ritual import Button, Line, Person, Say, Words, line, redraw, say

ASKS = timedelta(hours=2)  # how long plain private words are taken for a draft
LIES = timedelta(hours=22)  # an unsent one, after that
CARD, QUESTION = "draft", "draft"

# -- What its writer reads ----------------------------------------------------

UNREAD = "Nobody reads this before you send it."
LOOK_AGAIN = "It is not sent. Send it as it is, or write it anew here."
A_TAP_SENDS = "A tap below sends it. Until then it stays as you had it."
SO_FAR = "So far: {words}"
LIES_THERE = "It is not sent, and yours to go on with."
UNSENT = "It stays unsent. Nobody reads it."
RESTS_UNSENT = "It rests now. What you were wording stays unsent, and nobody reads it."
WENT_ON = "It went on in your room. What you were wording stays unsent, and nobody reads it."
SENT = "Sent. It goes to your room."

SEND, UNSAID = Button("Send it as it is", "send"), Button("Leave it unsent", "unsent")
GO_ON = Button("Go on with it", "go on")

# -- As it goes ---------------------------------------------------------------


@dataclass(frozen=True)
class Draft:
    """What one of them words alone."""

    by: Person
    part: str  # of what is being said
    words: Words | None = None
    asked: bool = True  # False: it lies there
    number: int = 0  # among all that were begun in one playing

    @property
    def question(self) -> str:
        """What its words answer: no other draft asks it, so an edit of older words does not come here."""
        return f"{QUESTION} {self.number}" if self.number else QUESTION


def ask(draft: Draft, question: Line, why: str = "") -> Say:
    """Ask for it; or show it as its writer has it, with one sentence on why it may not reach the other."""
    if draft.words is None:
        card = say(UNREAD, UNSAID, to=draft.by, card=CARD, asks=draft.question, below=[question])
    else:
        below = [*so_far(draft), *([line(why)] if why else [])]
        card = say(LOOK_AGAIN, SEND, UNSAID, to=draft.by, card=CARD, asks=draft.question, below=below)
    return replace(card, waits=True, again=True)


def nodded(draft: Draft, question: Line) -> Say:
    """Say that a tap sends it, where a mere yes came: nobody means that to be all the other reads."""
    card = ask(draft, question)
    return replace(card, text=A_TAP_SENDS) if draft.words else card


def lies(draft: Draft) -> Say:
    """Let it lie: plain words are not taken for it any more."""
    return redraw(LIES_THERE, GO_ON, UNSAID, to=draft.by, card=CARD, below=so_far(draft))


def unsent(draft: Draft) -> Say:
    """Say that it is over, and was read by nobody."""
    return redraw(UNSENT, to=draft.by, card=CARD)


def ended(draft: Draft, by: Person | None, *, rests: bool) -> Say:
    """Say the same where something in the room ended it: in a message of its own, if that was the other's."""
    if by in {None, draft.by}:
        return unsent(draft)
    return say(RESTS_UNSENT if rests else WENT_ON, to=draft.by, card=CARD, waits=True)


def is_sent(draft: Draft) -> Say:
    """Say that it is on its way: in another's silence it stands in the room only afterwards."""
    return redraw(SENT, to=draft.by, card=CARD, below=so_far(draft))


def so_far(draft: Draft) -> list[Line]:
    """Return it as its writer reads it."""
    return [line(SO_FAR, words=draft.words)] if draft.words else []
