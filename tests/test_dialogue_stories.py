"""Talks through the stand-in: whatever comes between at any step, it goes on, and rests kindly."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle, pairwise
from pathlib import Path

from bot.rituals.dialogue import (
    ALL_RIGHT,
    BELL_LATE,
    EARLIER_OVER,
    IN_THE_ROOM,
    RESTED,
    STOPPED,
    TURNS_OVER,
)
from bot.topics import NOT_NOW_THEN, WHAT_ABOUT, WHICH_ONE
from bot.turns import WHOLE
from bot.upshot import BOTH_LINES, LINE_NOTED, ONE_STEP, THAT_WAS_IT, YOUR_LINE
from tests.phones import Phone, Refusal
from tests.stories import Story, put_to
from tests.tellings import Telling
from tests.test_pause_stories import a_couple, both, room

ABOUT, DATED = "A talk about: amber money", "Kept: "
ANN_SPEAKS, BEN_SPEAKS = "Ann speaks, for ", "Ben speaks, for "
BEN_SAYS, ANN_SAYS = "Ben says back ", "Ann says back "
TURNS = ANN_SPEAKS, BEN_SPEAKS, BEN_SAYS, ANN_SAYS
TIRED, HOME, LOOK = "amber tired", "basalt home", "When it is day, I will keep my basalt books"
ANNS_LINE, BENS_STEP = f"Ann understood: {TIRED}", f"A step of Ben: {LOOK}"
CARDS = (
    WHAT_ABOUT, ABOUT, *TURNS, TURNS_OVER, EARLIER_OVER, BOTH_LINES, BENS_STEP, DATED,
    RESTED, STOPPED, BELL_LATE, ALL_RIGHT,
)  # fmt: skip
ALONE, ROOM = "private", "room"
FOR_EACH = {"I agree", "Go on", "We are both heard"}  # what each taps for themselves


@dataclass(frozen=True)
class Step:
    """What one of them does, and what the room then reads last."""

    who: str
    does: Callable[[Story, Phone], object]
    reads: str
    label: str = ""  # what is tapped: both may do so at once


def taps(who: str, label: str, reads: str, where: str = ROOM) -> Step:
    return Step(who, lambda _, one: one.taps(label, where), reads, label if where == ROOM else "")


def replies(who: str, words: str, to: str, reads: str) -> Step:
    return Step(who, lambda story, one: one.says(words, reply_to=story.newest(to)["id"]), reads)


def taps_a_day(story: Story, one: Phone) -> str:
    """Tap the second of the days that a step may be due on, in whatever language they stand there."""
    messages = Phone.reads(one, ROOM)
    days = [label for each in messages for row in each["buttons"] for label in row if "," in label]
    alert = Phone.taps(one, days[1]).alert
    return story.interpreter.english(alert) if alert else ""


A_TALK = (
    Step("ann", lambda _, one: one.says("/talk"), WHAT_ABOUT),
    replies("ann", "amber money", WHAT_ABOUT, ABOUT),
    taps("ann", "I agree", ABOUT),
    taps("ben", "I agree", ANN_SPEAKS),
    taps("ann", "I am done", BEN_SAYS),
    taps("ben", "Stop here", STOPPED),
    taps("ben", "Go on", STOPPED),
    taps("ann", "Go on", BEN_SAYS),
    taps("ann", "You heard me", BEN_SPEAKS),
    Step("ben", lambda story, _: story.clock.by("PT2M"), ANN_SAYS),
    taps("ann", "We are both heard", ANN_SAYS),
    taps("ben", "We are both heard", EARLIER_OVER),
    taps("ann", "Tell me alone", EARLIER_OVER),
    Step("ann", lambda _, one: one.says(TIRED, ALONE), EARLIER_OVER),
    replies("ben", HOME, EARLIER_OVER, BOTH_LINES),
    replies("ben", LOOK, BOTH_LINES, BENS_STEP),
    Step("ben", taps_a_day, DATED),
)


def one_of(story: Story, step: Step) -> Phone:
    return story.ann if step.who == "ann" else story.ben


def stands(story: Story, begins: str) -> bool:
    """Whether the newest card of the talk is this one."""
    cards = [text for text in story.texts_of_tend() if text.startswith(CARDS)]
    return cards[-1].startswith(begins)


def came_out_well(story: Story) -> None:
    """See that it had its effect once, and that nobody's line came before both were there."""
    assert story.newest(DATED)["text"].splitlines()[0] == f"{DATED}{LOOK}"
    assert story.newest(DATED)["buttons"] == []
    (shown,) = {text for text in room(story, 0) if text.startswith(BOTH_LINES)}
    assert shown.splitlines() == [BOTH_LINES, ANNS_LINE, f"Ben understood: {HOME}", ONE_STEP]
    things = story.rows("select kind, outcome, due is null from kept order by kind")
    assert [tuple(thing) for thing in things if thing[0] != "open talk"] == [
        ("action", "", False), ("topic", "once", False),
    ]  # fmt: skip
    assert {outcome for kind, outcome, _ in things if kind == "open talk"} <= {"over"}
    assert story.rows("select count(*) from playing where ritual = 'dialogue'") == [(0,)]


# -- As it is meant -----------------------------------------------------------


def test_a_whole_talk_by_the_clock_alone_is_equal_and_ends_in_twenty_minutes_and_a_step(
    tmp_path: Path, telling: Telling
) -> None:
    with a_couple(tmp_path, telling) as story:
        ann, ben = story.ann, story.ben
        ann.says("/talk amber garden", ALONE)
        assert story.told(ann)[-1] == IN_THE_ROOM
        ann.says("/talk amber money")
        both(story, "I agree")
        since = story.mark
        story.clock.by("PT18M")

        cards = [each for each in story.said() if each[1].startswith(CARDS)]
        begun = next(at for at, text in cards if text.startswith(ANN_SPEAKS))
        spoken = {ANN_SPEAKS: timedelta(), BEN_SPEAKS: timedelta()}
        for (at, text), (until, _) in pairwise(cards):
            for speaks in spoken:
                spoken[speaks] += (until - at) * text.startswith(speaks)
        assert len(room(story, since)) == 12
        assert abs(spoken[ANN_SPEAKS] - spoken[BEN_SPEAKS]) <= timedelta(seconds=5)
        assert cards[-1][1].startswith(TURNS_OVER)
        assert cards[-1][0] - begun <= WHOLE

        ann.taps("Tell me alone")
        assert story.newest(YOUR_LINE, ann, ALONE)
        ann.says(TIRED, ALONE)
        assert story.newest(LINE_NOTED, ann, ALONE)
        assert story.crossed(TIRED, "ann") == []
        ben.says(HOME, reply_to=story.newest(TURNS_OVER)["id"])
        ben.says(LOOK, reply_to=story.newest(BOTH_LINES)["id"])
        assert taps_a_day(story, ann) == "This one is for Ben."
        taps_a_day(story, ben)
        story.breath()
        came_out_well(story)
        assert story.crossed("garden", "ann") == []


# -- Whatever comes between ---------------------------------------------------


def is_killed_after(story: Story, step: Step) -> None:
    step.does(story, one_of(story, step))
    story.kill()
    story.start_bot()


def is_killed_in_the_midst(story: Story, step: Step) -> None:
    """Kill it with the step under way; what goes with time has no midst."""
    if not step.label:
        is_killed_after(story, step)
        return
    one_of(story, step).taps(step.label, wait=False)
    story.kill()
    story.start_bot()


def is_dead_meanwhile(story: Story, step: Step) -> None:
    """Let it happen while nobody is there to hear it."""
    if step.label:
        story.kill()
        one_of(story, step).taps(step.label, wait=False)
        story.start_bot()
    else:
        story.kill()
        story.start_bot()
        step.does(story, one_of(story, step))


def both_tap_at_once(story: Story, step: Step) -> None:
    """Let the other tap the same in the same moment; what is not for either to tap meets a kill."""
    one = one_of(story, step)
    if not step.label or step.label in FOR_EACH:
        is_killed_after(story, step)
    else:
        at_once(step.label, story.other(one), one)
        story.breath()


def at_once(label: str, *both: Phone) -> None:
    """Let both tap; where the first was heard already, the second sees the button no more."""
    for one in both:
        with suppress(Refusal):
            one.taps(label, wait=False)


def a_pause_comes_between(story: Story, step: Step) -> None:
    """Pause for twenty minutes, come back, and go on where it was."""
    step.does(story, one_of(story, step))
    stood = [text for text in story.texts_of_tend() if text.startswith(CARDS)][-1]
    story.ben.says("/pause 20")
    story.clock.by("PT20M")
    both(story, "I'm back")
    if stood.startswith(TURNS):
        story.ann.says("/talk")
        assert stands(story, RESTED)
        both(story, "Go on")
        assert stands(story, stood.partition(",")[0])
    else:
        story.clock.by("PT5M")


@put_to(is_killed_in_the_midst, is_dead_meanwhile, is_killed_after, both_tap_at_once, a_pause_comes_between)
def test_whatever_comes_between_at_every_step_it_comes_to_its_end(
    tmp_path: Path, troubles: Iterable[Callable[[Story, Step], None]]
) -> None:
    with a_couple(tmp_path) as story:
        for step, trouble in zip(A_TALK, cycle(troubles), strict=False):
            trouble(story, step)
            assert stands(story, step.reads), f"{step.reads!r} after {step.label or step.does}"
        came_out_well(story)


def test_silence_at_any_step_leads_to_rest_in_few_messages_and_a_talk_begins_anew(tmp_path: Path) -> None:
    """Of a talk that was stopped the next story tells."""
    with a_couple(tmp_path) as story:
        ann, ben = story.ann, story.ben
        ann.says("/talk")
        comes_to_rest(story, "PT61M", NOT_NOW_THEN, 0)

        ann.says("/talk amber money")
        ann.taps("I agree")
        comes_to_rest(story, "PT61M", NOT_NOW_THEN, 0)

        begins(story, "money")
        ann.taps("I am done")
        comes_to_rest(story, "PT110M", THAT_WAS_IT, 12)  # the rest of three rounds, and two questions

        begins(story, "money", "PT18M")
        ann.says(TIRED, ALONE)
        comes_to_rest(story, "PT91M", THAT_WAS_IT, 1)
        assert story.crossed(TIRED, "ann") == []

        begins(story, "garden", "PT18M")
        ann.says(TIRED, ALONE)
        ben.says(HOME, reply_to=story.newest(TURNS_OVER)["id"])
        comes_to_rest(story, "PT61M", THAT_WAS_IT, 0)
        assert story.newest(THAT_WAS_IT)["text"].splitlines()[1] == ANNS_LINE

        begins(story, "garden", "PT48M")
        ben.says(LOOK, reply_to=story.newest(ONE_STEP)["id"])
        comes_to_rest(story, "PT61M", THAT_WAS_IT, 0)
        assert story.rows("select count(*) from kept where kind = 'action'") == [(0,)]


def begins(story: Story, topic: str, lasts: str = "PT0S") -> None:
    story.ann.says(f"/talk amber {topic}")
    both(story, "I agree")
    story.clock.by(lasts)


def comes_to_rest(story: Story, span: str, reads: str, many: int) -> None:
    """Let nobody do anything for so long: so many messages come, and at last nothing asks for anything."""
    since = story.mark
    story.clock.by(span)
    assert len(room(story, since)) == many
    assert story.texts_of_tend()[-1].startswith(reads)
    assert story.newest(reads)["buttons"] == []
    assert story.rows("select count(*) from playing where ritual = 'dialogue'") == [(0,)]


def test_whoever_stops_it_is_not_named_and_it_rests_until_it_is_taken_up_or_let_go(tmp_path: Path) -> None:
    with a_couple(tmp_path) as story:
        ann, ben = story.ann, story.ben
        for step in A_TALK[:4]:
            step.does(story, one_of(story, step))
        at_once("Stop here", ann, ben)
        story.breath()
        assert stands(story, STOPPED)
        story.until("21:00")
        ben.taps("Take up the talk")
        assert stands(story, RESTED)
        both(story, "Go on")
        assert stands(story, ANN_SPEAKS)

        story.kill()  # and it goes on only when both say so
        story.clock.by("PT9M")
        story.start_bot()
        assert stands(story, BELL_LATE)
        since = story.mark
        story.clock.by("PT37H")
        assert stands(story, ALL_RIGHT)
        assert not [text for text in room(story, since) if text.startswith(CARDS)]
        assert "Go on" not in ann.buttons()
        ann.says("/talk")
        assert story.newest(WHICH_ONE)["buttons"][0] == ["amber money"]
