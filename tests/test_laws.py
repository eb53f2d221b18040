"""What holds for every ritual, whatever two people do. A new ritual is under these laws from its first line.

Each law is played: two people tap, write, edit, wait and leave in any order (tests/playing.py), and the law
looks after every move. Chance chooses the plays, each law's own, and the same ones in every process.
"""

import ast
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from string import Formatter
from types import MappingProxyType
from typing import TypeVar

import pytest

from bot import shell, upshot
from bot.amends import PARTS as AMENDED
from bot.amends import Amends
from bot.couple.house import HOUSE
from bot.couple.joining import Setting
from bot.ritual import (
    Began,
    Button,
    Kept,
    Line,
    Person,
    Ritual,
    Say,
    Tapped,
    Value,
    Whisper,
    Words,
    Wrote,
)
from bot.rituals import RITUALS, repair
from bot.rituals.check_in import Acting, Listening, Naming, Shared, Unseen
from bot.rituals.debrief import Asking, Closing
from bot.rituals.gratitude import Delivered, OnItsWay, Telling
from bot.rituals.repair import Changing, Drafting, Hearing, Invited, Restoring
from bot.shell import Outcome, Row
from bot.storage.codec import say_from_json, say_to_json, state_from_json, state_to_json, states_of
from bot.telegram.render import LONGEST_WHISPER, Reader, plain, template_of, units
from bot.topics import Agreeing
from bot.upshot import Stepping, Understanding
from bot.wording import LANGUAGES
from tests.playing import LONG_NAME, Mark, Play, live_buttons
from tests.rehearsal import BERLIN, LIMA, Shown, Stage

L = TypeVar("L", bound=Line)
BOT = Path(__file__).parent.parent / "bot"
PARTS = (
    BOT / "amends.py",
    BOT / "answers.py",
    BOT / "drafting.py",
    BOT / "evening.py",
    BOT / "evening_cards.py",
    BOT / "follow_through.py",
    BOT / "mending.py",
    BOT / "pause_length.py",
    BOT / "pause_word.py",
    BOT / "steadying.py",
    BOT / "thanks.py",
    BOT / "topics.py",
    BOT / "turns.py",
    BOT / "upshot.py",
    BOT / "week.py",
)
RITUAL_FILES = [*sorted((BOT / "rituals").glob("*.py")), *PARTS]
FILES = [*RITUAL_FILES, *sorted((BOT / "couple").glob("*.py"))]
MOVES = 50

# What taps, words and commands lead to nothing, by state. Empty is how we like it; what is let in says why.
DEAD_TAPS: dict[tuple[str, str], str] = {}
LOST_WORDS = {("Naming", "answer"): "both halves stand, and nobody can tell which one is meant"}
MUTE_COMMANDS: dict[tuple[str, str], str] = {}


# What the shell answers where somebody typed: both have seen them type.
TO_WHO_TYPED_THERE = {shell.TOO_LONG, shell.CLOSED, shell.NO_WORDS}


COMMANDED = [ritual for ritual in HOUSE if ritual.command]


def must_veil(state: object) -> bool:
    """Whether nobody's words may cross here. The tests know it for themselves: a ritual cannot forget it."""
    match state:
        case Naming(evening=evening) | Unseen(evening=evening):
            return evening.together
        case Asking(talk=talk):
            return any(talk.answers.given)
        case Telling() | OnItsWay() | Drafting() | Understanding():
            return True
        case _:
            return False


def played(examples: int) -> Callable[[Callable[[Play], None]], Callable[[int], None]]:
    """Put a law to so many plays, the same ones each time, and in the soak to ten times as many.

    One that breaks it is told move by move. Their chance is our own and not Hypothesis's, which takes numbers
    from every module that is loaded: one more file, and the plays would be others.
    """

    def law(test: Callable[[Play], None]) -> Callable[[int], None]:
        def holds(plays: int) -> None:
            for number in range(plays):
                play = Play(random.Random(f"{test.__name__} {number}"))  # noqa: S311 - a play, not a secret
                try:
                    test(play)
                except Exception as error:
                    error.add_note("\n".join([f"play {number}:", *play.told]))
                    raise

        holds.__doc__, holds.__name__ = test.__doc__, test.__name__
        many = pytest.param(10 * examples, marks=pytest.mark.soak)
        return pytest.mark.parametrize("plays", [examples, many])(holds)

    return law


# -- What happens to the two --------------------------------------------------


@pytest.mark.parametrize(
    "seed", [pytest.param(seed, marks=[pytest.mark.soak] if seed > 5 else []) for seed in range(30)]
)
def test_no_input_raises_and_silence_leads_to_rest(seed: int) -> None:
    for number in range(25):
        play = Play(random.Random(25 * seed + number))  # noqa: S311 - a play, not a secret
        for _ in play.moves(MOVES):
            resting = [row for row in play.stage.rows.values() if row.wake_at is None]
            assert not resting, f"{resting} would never be rung again"
        play.clock.runs_out()
        assert not play.stage.rows


@played(12)
def test_every_shown_button_does_something(play: Play) -> None:
    for move in play.moves(MOVES):
        if play.chance.random() < 0.3:
            stage = play.stage
            for row, shown, button in live_buttons(stage):
                case = type(row.state).__name__, button.tap
                assert case in DEAD_TAPS or any(
                    tapped(stage, row, shown, button, who)
                    for who in hands(stage, shown)
                    if not shell.whose(button, who)
                ), f"{case} on {shown.say.card!r} after {move}"


def tapped(stage: Stage, row: Row, shown: Shown, button: Button, who: Person) -> bool:
    """Whether a tap leads to more than "That has passed."."""
    event = Tapped(who, button.tap, button.item, shown.say.to is not None)
    outcome = shell.hear(stage.couple(), row, event, stage.now)
    return outcome.whisper is None or outcome.whisper.text != shell.PASSED


def hands(stage: Stage, shown: Shown) -> Iterable[Person]:
    """Who reads a message, and may answer it."""
    everybody = [player.person for player in stage.players]
    return [shown.say.to] if shown.say.to else stage.both or everybody


@played(12)
def test_every_question_takes_words(play: Play) -> None:
    for move in play.moves(MOVES):
        stage = play.stage
        for shown in stage.shown:
            row = stage.rows.get(shown.row.id)
            if not (shown.live and shown.arrived and shown.taken.asks and row and stage.both):
                continue
            for who in hands(stage, shown):
                case = type(row.state).__name__, shown.taken.asks
                event = Wrote(who, shown.taken.asks, Words(who, "a word"), private=shown.say.to is not None)
                if shell.whose_turn(shown.taken, event):
                    continue
                outcome = shell.hear(stage.couple(), row, event, stage.now)
                lost = any(said.text == shell.CLOSED for said in outcome.said)
                assert not lost or case in LOST_WORDS, f"{case} on {shown.say.card!r} after {move}"


@played(10)
def test_every_command_has_an_answer(play: Play) -> None:
    """In the room a nod of the engine is one: there it is enough that the words were taken."""
    for move in play.moves(MOVES):
        stage = play.stage
        for ritual in COMMANDED if stage.both and play.chance.random() < 0.1 else ():
            rows = [row for row in stage.rows.values() if row.ritual is ritual and not row.lingers]
            row = rows[-1] if rows and not ritual.many else Row(10**6, ritual)
            for words in ("", "calm", "calm / sleep", "calm / sleep / tea"):
                for private in (False, True):
                    who = stage.both[0]
                    event = Began(who, Words(who, words, source=10**6), private=private)
                    outcome = shell.hear(stage.couple(), row, event, stage.now)
                    nod = not private and outcome.row.state != row.state
                    case = type(row.state).__name__, ritual.command
                    assert (
                        nod
                        or outcome.repeat
                        or outcome.held
                        or case in MUTE_COMMANDS
                        or any(reaches(stage, row, said) for said in outcome.said)
                    ), f"{case} {words!r} private={private} after {move}"


def reaches(stage: Stage, row: Row, said: Say) -> bool:
    """Whether a line shows: a redrawing does only where its card stands."""
    return not said.quiet or any(
        shown.live and (shown.row.id, shown.say.card, shown.say.to) == (row.id, said.card, said.to)
        for shown in stage.shown
    )


# -- The veil -----------------------------------------------------------------


@played(35)
def test_nobodys_words_reach_the_other_before_they_may(play: Play) -> None:
    """Everything that stands on any screen is read after every move, and every whisper."""
    free = set[str]()
    for move in play.moves(MOVES):
        passed = [outcome.row for _, _, outcome in play.stage.heard]  # a long wait leads through several
        free |= {mark.text for mark in play.marks if may_be_seen(play.stage, mark, passed)}
        hidden = [mark for mark in play.marks if mark.text not in free]
        for player in play.stage.players:
            others = [mark.text for mark in hidden if mark.by != player.person]
            seen = "\n".join([*(shown.text for shown in player.sees()), *player.whispered])
            assert not [text for text in others if text in seen], f"{player.name} reads it after {move}"


def may_be_seen(stage: Stage, mark: Mark, passed: list[Row]) -> bool:
    """Whether a mode or its writer has let these words go: by the tests' own list."""
    return any(lets_go(row.state, mark) for row in passed if row.id == mark.row) or any(
        thing.words and mark.text in thing.words.text and is_let_go(thing) for thing in stage.kept
    )


def is_let_go(thing: Kept) -> bool:
    """Whether the other may read what is kept: a promise shown, a thanks said, a topic, their plan."""
    joint = thing.kind in {"thanks", "went well", "next week", "topic"} or thing.kind.startswith("plan ")
    return thing.outcome in {"told", "noticed"} or (joint and thing.shared)


def lets_go(state: object, mark: Mark) -> bool:
    match state:
        case Naming(evening=evening):
            return not (evening.together or mark.alone)
        case Acting() | Listening() | Setting():  # what is set for the two is said to the two
            return True
        case Shared(by=by):
            return mark.by in by
        case Asking(seen=seen) | Closing(seen=seen):
            return any(mark.text in words.text for words in seen)
        case Agreeing(topic=words) | upshot.Dating(words=words):
            return mark.text in words.text
        case Stepping(lines=lines):
            return any(mark.text in words.text for words in lines)
        case Delivered(thanks=thanks):
            told = [*thanks.words, *([thanks.back] if thanks.back else [])]
            return any(mark.text in words.text for words in told)
        case Invited(amends=amends) | Hearing(amends=amends) | Changing(amends=amends):
            return any(mark.text in words.text for words in sent(amends))
        case repair.Dating(amends=amends) | Restoring(amends=amends):
            return any(mark.text in words.text for words in sent(amends))
        case _:
            return False


def sent(amends: Amends) -> list[Words]:
    """Return what was sent in a repair."""
    return [words for part in AMENDED if (words := amends.part(part))]


@played(30)
def test_a_veiled_state_lets_no_words_cross(play: Play) -> None:
    """What was picked from a list leaves no mark, so here the writers of all values are asked."""
    for _ in play.moves(MOVES):
        pass
    for row, event, outcome in play.stage.heard:
        after = outcome.row.state
        assert getattr(after, "veils", False) == must_veil(after)
        if not (must_veil(after) or (must_veil(row.state) and after is None)):
            continue
        for said in outcome.said:
            assert {words.by for words in people_words(said)} <= {said.to}, type(event).__name__
        if outcome.whisper:
            assert {words.by for words in people_words(outcome.whisper)} <= {getattr(event, "by", None)}
        if must_veil(row.state) and isinstance(event, Tapped | Wrote):
            told = [said for said in outcome.said if not said.to and said.text not in TO_WHO_TYPED_THERE]
            assert not told, "the room learns that somebody answered"


def people_words(thing: object) -> Iterator[Words]:
    """Return all that people said, wherever it is in a message."""
    match thing:
        case Words():
            yield thing
        case Kept(words=Words() as words, shared=False):
            yield words
        case Line():
            yield from people_words([*thing.values.values()])
            if isinstance(thing, Say):
                yield from people_words([*thing.below, *(button.label for button in thing.buttons)])
        case list():
            for each in thing:
                yield from people_words(each)


@played(12)
def test_a_stranger_changes_nothing_and_is_shown_nothing(play: Play) -> None:
    for move in play.moves(MOVES):
        stage = play.stage
        if len(stage.both) < 2:
            continue
        stranger = next(player for player in stage.players if player.person not in stage.both)
        before = dict(stage.rows), list(stage.kept), stage.prefers, len(stage.shown)
        stranger.sends("/checkin calm / sleep")
        for shown in [shown for shown in stranger.sees() if shown.say.buttons][-3:]:
            stranger.taps_on(shown, shown.say.buttons[-1])
        assert (dict(stage.rows), list(stage.kept), stage.prefers, len(stage.shown)) == before, move
        assert not stranger.private


# -- What is kept is read again -----------------------------------------------


@played(20)
def test_states_and_messages_survive_a_round_trip(play: Play) -> None:
    for _ in play.moves(MOVES):
        pass
    for row, _, outcome in play.stage.heard:
        state = outcome.row.state
        if state is not None:
            assert state_from_json(row.ritual, state_to_json(row.ritual, state)) == state
        for said in outcome.said:
            assert say_from_json(say_to_json(said)) == said


def test_the_plays_go_everywhere() -> None:
    """A law that never meets a state says nothing about it."""
    unmet = {kind for ritual in HOUSE for kind in states_of(ritual)}
    for seed in range(300):
        play = Play(random.Random(seed))  # noqa: S311 - a play, not a secret
        for _ in play.moves(MOVES):
            unmet -= {type(row.state).__name__ for row in play.stage.rows.values()}
        if not unmet:
            break
    assert not unmet


# -- How long it is -----------------------------------------------------------


@played(15)
def test_a_prompt_is_short(play: Play) -> None:
    """Without people's words: at most three lines and 240 characters, whatever rings by itself or asks."""
    for ritual, said, _ in everything(play):
        if ritual not in RITUALS or not isinstance(said, Say):
            continue
        ours = [each for each in (said, *said.below) if not carries_people(each)]
        for reader in READERS:
            text = "\n".join(plain(Say(each.text, each.values, each.many), reader) for each in ours)
            asked = template_of(said, reader.language) if carries_people(said) else ""
            bare = "".join(literal for literal, *_ in Formatter().parse(asked))
            assert len(text) + len(bare) <= 240, said.text
            assert text.count("\n") + bare.count("\n") < 3, said.text


@played(20)
def test_a_whisper_fits_with_the_longest_names_and_words(play: Play) -> None:
    for _, said, _ in everything(play):
        for reader in LONGEST_READERS if isinstance(said, Whisper) else ():
            shown = plain(swollen(said), reader, LONGEST_WHISPER)
            ends = list(Formatter().parse(template_of(said, reader.language)))[-1]
            assert units(shown) <= 200
            assert ends[1] is not None or shown.endswith(ends[0]), f"our own words are cut in {said.text!r}"


@played(15)
def test_a_message_holds_at_most_six_peoples_words(play: Play) -> None:
    for _, said, _ in everything(play):
        assert len(list(people_words(said))) <= 6
        assert all(units(plain(swollen(said), reader)) <= 4096 for reader in LONGEST_READERS)


READERS = [
    Reader("Tend", {Person(n): "Ann" for n in (1, 2, 3)}, (BERLIN,), language) for language in LANGUAGES
]
LONGEST_READERS = [
    Reader(LONG_NAME, {Person(n): LONG_NAME for n in (1, 2, 3)}, (BERLIN, LIMA), language)
    for language in LANGUAGES
]
LONGEST_WORDS = "\U0001f9d1" * 300


def everything(play: Play) -> Iterator[tuple[Ritual, Say | Whisper, Outcome]]:
    """Return all that was said in one play."""
    for _ in play.moves(MOVES):
        pass
    for row, _, outcome in play.stage.heard:
        for said in outcome.said:
            yield row.ritual, said, outcome
        if outcome.whisper:
            yield row.ritual, outcome.whisper, outcome


def carries_people(line: Line) -> bool:
    return any(isinstance(value, Person | Words | Kept) for value in line.values.values())


def swollen(line: L) -> L:
    """Return a line as it is with the longest words that people may say."""
    values = MappingProxyType({name: swollen_value(value) for name, value in line.values.items()})
    if isinstance(line, Say):
        return replace(line, values=values, below=tuple(swollen(each) for each in line.below))
    return replace(line, values=values)


def swollen_value(value: Value) -> Value:
    match value:
        case Words(listed=False):
            return replace(value, text=LONGEST_WORDS)
        case Kept(words=Words(listed=False) as words):
            return replace(value, words=replace(words, text=LONGEST_WORDS))
        case Line():
            return swollen(value)
        case _:
            return value


# -- What a ritual is made of -------------------------------------------------

BANNED = {
    "telegram",
    "sqlalchemy",
    "apscheduler",
    "asyncio",
    "os",
    "random",
    "logging",
    "time",
    "socket",
    "aiohttp",
    "httpx",
}
ALLOWED = {
    "bot.amends",
    "bot.answers",
    "bot.apology",
    "bot.drafting",
    "bot.mending",
    "bot.evening",
    "bot.evening_cards",
    "bot.ritual",
    "bot.feelings",
    "bot.wording",
    "bot.hours",
    "bot.follow_through",
    "bot.pause_length",
    "bot.pause_word",
    "bot.steadying",
    "bot.thanks",
    "bot.week",
    "bot.topics",
    "bot.turns",
    "bot.upshot",
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_ritual_imports_nothing_that_acts(path: Path) -> None:
    imported = set(imports(path))
    assert not {name.partition(".")[0] for name in imported} & BANNED
    if path in RITUAL_FILES and path.name != "__init__.py":
        assert {name for name in imported if name.partition(".")[0] == "bot"} <= ALLOWED


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (
                [f"bot.{name.name}" for name in node.names] if node.module == "bot" else [node.module or ""]
            )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_ritual_asks_no_clock_and_no_chance(path: Path) -> None:
    called = {
        f"{node.value.id}.{node.attr}"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }
    assert not called & {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time"}


@pytest.mark.parametrize("path", RITUAL_FILES, ids=lambda path: path.name)
def test_a_ritual_never_takes_the_text_out_of_words(path: Path) -> None:
    """Taken out of Words a text forgets who said it, and the veil cannot see it any more."""
    nodes = ast.walk(ast.parse(path.read_text()))
    assert not [node.lineno for node in nodes if isinstance(node, ast.Attribute) and node.attr == "text"]


@pytest.mark.parametrize(
    "state", [kind for ritual in HOUSE for kind in states_of(ritual).values()], ids=lambda kind: kind.__name__
)
def test_states_are_siblings_and_hold_no_dictionary(state: type[object]) -> None:
    """A state that inherits is matched as its parent, and a dictionary keyed by people is no JSON."""
    assert state.__bases__ == (object,)
    assert is_dataclass(state)
    assert not [each.name for each in fields(state) if "dict" in str(each.type).lower()]
