"""An evening of the two: what each has given of it, which question some words answer, and what is kept.

Pure. Each is asked for a feeling, a need and an action, and a line back may come besides. An answer in own
words is read by what was asked, by what is missing, and by how it begins; an edit stays what its message was.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from bot import follow_through
from bot.feelings import suggested
from bot.hours import ZONE
from bot.ritual import PARTED, Each, Kept, Option, Person, Preference, Scene, Words, change
from bot.wording import LANGUAGE, accuses, asks, declines, feeling_and_need, promises, reports, talks

QUESTIONS = ("feeling", "need", "action")  # in the order of one line: calm / a quiet evening / I'll make tea
LONG_PAST = timedelta(hours=1)  # after its end an evening closes without a word about it
BETWEEN_OFFERS = timedelta(days=7)


@dataclass(frozen=True)
class Yours:
    """What one of the two has given tonight."""

    feeling: Words | None = None
    need: Words | None = None
    action: Words | None = None
    heard: Words | None = None
    draft: tuple[str, Words] | None = None  # the question it answers; offered back before it counts
    alone: frozenset[str] = (
        frozenset()
    )  # the questions answered in private: unseen until both have named theirs
    not_tonight: bool = False
    nothing: bool = False  # nothing tomorrow

    @property
    def named(self) -> bool:
        """Whether both a feeling and a need are there."""
        return bool(self.feeling and self.need)

    @property
    def acted(self) -> bool:
        """Whether it is decided what comes tomorrow, and be it nothing."""
        return self.nothing or bool(self.action)

    @property
    def said(self) -> bool:
        """Whether anything was said at all."""
        return bool(self.feeling or self.need or self.action or self.draft)

    @property
    def half(self) -> bool:
        """Whether one of the two answers is there, and the other may follow."""
        return bool(self.said and not self.named and not self.draft and not self.not_tonight)

    @property
    def silent(self) -> bool:
        """Whether nothing was said, not even that it is not for tonight."""
        return not self.said and not self.not_tonight

    def is_edit(self, words: Words) -> bool:
        """Whether this is another form of the action, which stands as it was when the evening closed."""
        return bool(words.source and self.action and self.action.source == words.source)

    def is_edit_of_heard(self, words: Words) -> bool:
        """Whether this is another form of the line back."""
        return bool(words.source and self.heard and self.heard.source == words.source)

    def told(self, given: Iterable[str], *, private: bool) -> frozenset[str]:
        """Return the questions whose answers were told in private, after these."""
        return self.alone | set(given) if private else self.alone - set(given)


@dataclass(frozen=True)
class Evening:
    """What goes with them from state to state."""

    yours: Each[Yours]
    together: bool  # nothing is shown before both have named theirs
    closes: datetime
    past: bool = False  # a silence lay over its end: it closed without an announcement

    @property
    def named(self) -> bool:
        """Whether both have named theirs."""
        return all(yours.named for yours in self.yours)

    @property
    def acted(self) -> bool:
        """Whether both have decided on tomorrow."""
        return all(yours.acted for yours in self.yours)

    def giving(self, who: Person, **fields: object) -> Self:
        """Return it with something of this one's changed."""
        return replace(self, yours=change(self.yours, who, **fields))

    def answered(self, who: Person, given: dict[str, Words], *, private: bool) -> Self:
        """Return it with this one's answers; a draft of another question is still to be decided on."""
        yours = self.yours[who]
        draft = yours.draft if yours.draft and yours.draft[0] not in given else None
        alone = yours.told(given, private=private)
        return self.giving(who, **given, draft=draft, not_tonight=False, alone=alone)

    def offered(
        self, who: Person, draft: tuple[str, Words], given: dict[str, Words], *, private: bool
    ) -> Self:
        """Return it with one of this one's answers offered back; what stands there stays as it was told."""
        yours, rest = self.yours[who], {name: words for name, words in given.items() if name != draft[0]}
        stands = getattr(yours, draft[0]) is not None
        alone = yours.told(given if private or not stands else rest, private=private)
        return self.giving(who, **rest, draft=draft, not_tonight=False, alone=alone)

    def decided(self) -> Self:
        """Return it with no draft left: one that nobody decided on answers what has no answer."""
        evening = self
        for who, yours in self.yours.pairs:
            if yours.draft:
                undecided = {} if getattr(yours, yours.draft[0]) else dict([yours.draft])
                evening = evening.giving(who, **undecided, draft=None)
        return evening

    def without(self, who: Person) -> Self:
        """Return it with nothing of this one's: not tonight."""
        return replace(self, yours=self.yours.put(who, Yours(not_tonight=True)))

    def closing(self, now: datetime) -> Self:
        """Return it as it closes: its end may be long past, where a silence lay over it, or Tend was away."""
        return replace(self, past=now - self.closes >= LONG_PAST)


# -- Which question words answer ------------------------------------------------


def read(yours: Yours, asked: str, words: Words, scene: Scene) -> dict[str, Words]:
    """Return which question words answer: both, the one asked, the parts of one line, or what is missing.

    Nothing, where both are there and it is no edit of either.
    """
    language = scene.prefers.of(words.by)[LANGUAGE]
    if both := feeling_and_need(words, language):
        return dict(zip(QUESTIONS, both, strict=False))
    if asked != "answer":
        return {asked: words}
    if len(parts := words.split(PARTED, len(QUESTIONS) - 1)) > 1:
        given = {question: part for question, part in zip(QUESTIONS, parts, strict=False) if part}
        return {
            question: part
            for question, part in given.items()
            if question != "action" or not declines(part, language)
        }
    stand = {question: getattr(yours, question) for question in QUESTIONS}
    edited = [
        question for question, old in stand.items() if old and words.source and old.source == words.source
    ]
    missing = [question for question in ("feeling", "need") if not stand[question]]
    return dict.fromkeys((edited or missing)[:1], words)


def is_action(yours: Yours, words: Words, scene: Scene, asked: str) -> bool:
    """Whether words after the reveal are the action, or the line back; an edit stays what it was."""
    if yours.is_edit_of_heard(words):
        return False
    if yours.is_edit(words):
        return True
    language = scene.prefers.of(words.by)[LANGUAGE]
    if asked == "action":
        return promises(words, language) or not reports(words, language)
    said_to_the_other = reports(words, language) or talks(words, language)
    return promises(words, language) or not (yours.action or said_to_the_other)


def asks_the_other(yours: Yours, words: Words) -> bool:
    """Whether words after the reveal are a question: it is the other's to answer, and nothing of ours."""
    return asks(words) and not (yours.is_edit_of_heard(words) or yours.is_edit(words))


def is_line_back(yours: Yours, words: Words, scene: Scene) -> bool:
    """Whether words are the first line back, or another one: a "thank you" puts none away."""
    if yours.is_edit(words):
        return False
    return (
        not yours.heard
        or yours.is_edit_of_heard(words)
        or reports(words, scene.prefers.of(words.by)[LANGUAGE])
    )


def may_offer(who: Person, words: Words, scene: Scene) -> bool:
    """Whether words may be offered back: privately, at most once a week, never where it is turned off."""
    lately = [thing for thing in scene.kept if thing.kind == "offer" and thing.by == who and thing.at]
    if (
        not scene.prefers[OFFERS]
        or who not in scene.lanes
        or not accuses(words, scene.prefers.of(who)[LANGUAGE])
    ):
        return False
    return all(scene.now - thing.at >= BETWEEN_OFFERS for thing in lately if thing.at)


# -- What comes of it -----------------------------------------------------------


def acts_for(who: Person, evening: Evening, scene: Scene) -> tuple[str, ...]:
    """Return what the other may do for this one's need; two clocks mean two homes."""
    zones = {scene.prefers.of(person)[ZONE] for person in scene.both}
    return suggested(evening.yours[who].need, apart=len(zones) > 1)


def kept(evening: Evening, who: Person, scene: Scene, *, shared: bool) -> list[Kept]:
    """Return what is worth keeping of one's evening."""
    yours = evening.yours[who]
    given = {"feeling": yours.feeling, "need": yours.need, "heard": yours.heard if shared else None}
    things = [Kept(question, who, words, shared=shared) for question, words in given.items() if words]
    promised = [follow_through.for_tomorrow(who, yours.action, scene, shared=shared)] if yours.action else []
    return [*things, *promised]


# -- How the two want it --------------------------------------------------------

MODE = Preference(
    "mode",
    str,
    "together",
    label="Answers show",
    asks="When do your answers show?",
    options=(Option("Once both have answered", "together"), Option("Each as it comes", "open")),
)
LESS = Preference(
    "less",
    bool,
    default=False,
    label="How much I say",
    asks="How much shall I say on an evening that stays quiet?",
    options=(Option("The usual", value=False), Option("Less, please", value=True)),
)
OFFERS = Preference(
    "offers",
    bool,
    default=True,
    label="Gentler wording",
    asks="When a line begins as a reproach, shall I offer its writer another form, privately?",
    options=(Option("Yes, offer it", value=True), Option("No, never", value=False)),
)
