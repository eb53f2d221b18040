"""Thanks through the stand-in: five Sundays across a change of clock, and couples who were there before."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import create_engine, text

from bot.arrival import Added
from bot.couple.house import ALL_PREFERENCES, HOUSE
from bot.engine import Engine
from bot.playground.cast import BY_NAME
from bot.rituals.check_in import CHECK_IN
from bot.rituals.gratitude import DELIVERED, GOES_BACK, GRATITUDE, INTO_THE_JAR, SUNDAY, TAKEN_BACK
from bot.rituals.jar import FROM_YOUR_JAR
from bot.storage import timetable
from bot.storage.store import migrate
from bot.thanks import A_WORD_BACK, FOR_YOU, ON_ITS_WAY, WHAT_MEANT
from tests.databases import Shelf, Time
from tests.phones import Phone
from tests.road import BERLIN, Road
from tests.stories import CARD, CLOSED, Story
from tests.test_pause_stories import A_DAY, comes
from tests.test_pause_stories import SUNDAY as A_SUNDAY

WEEK, LIMA = timedelta(days=7), ZoneInfo("America/Lima")
TEA, BAG, SOUP, NEVER_SENT = "amber tea", "basalt bag", "amber soup", "basalt never"
OF_CHECK_INS = CARD, CLOSED[:20], "The check-in is here until"


def test_on_five_sundays_across_a_change_of_clock_each_is_asked_once_and_never_for_more(
    tmp_path: Path,
) -> None:
    with Story.at(tmp_path) as story:
        change = next_change(story.now + 3 * WEEK)
        story.clock.to((change - 20 * A_DAY).replace(hour=12).isoformat())
        story.ann.says("/start")
        live_apart(story)
        was_there_before(story)
        asked = []
        for week in (
            nobody_thanks,
            one_thanks_in_the_room,
            one_tells_it_alone,
            one_changes_it,
            one_takes_it_back,
        ):
            since = story.mark
            asked.append(comes(story, A_SUNDAY, "18:00"))
            assert "Tell me alone" in story.ben.buttons()
            allowed = week(story, since)
            story.until("17:00", days=5)
            assert unexplained(story, since, allowed) == []
        assert [at.replace(second=0, microsecond=0) for at, said in story.said() if said == SUNDAY] == asked
        assert len({at.utcoffset() for at in asked}) == 2
        assert story.crossed(NEVER_SENT, "ben") == []
        the_jar_never_shows_one_twice_in_a_row(story)


def live_apart(story: Story) -> None:
    """Let the two join, every other evening by Berlin's clock, while Ben lives by Lima's."""
    story.join()
    story.ben.taps("Every other evening")
    story.ben.taps("We live apart")
    story.ben.says("Lima", reply_to=story.newest("")["id"])
    story.ben.taps("Back")
    story.ben.taps("Looks right")
    for one in (story.ann, story.ben):
        one.says("/start lane", "private")


def in_lima(story: Story, hour: str) -> None:
    """Move on to the next time that a clock in Lima shows this."""
    hours, minutes = map(int, hour.split(":"))
    now = story.now.astimezone(LIMA)
    at = now.replace(hour=hours, minute=minutes, second=0, microsecond=0)
    story.clock.to((at + A_DAY * (at <= now)).isoformat())


def next_change(after: datetime) -> datetime:
    """Return midnight of the next Sunday on which clocks in Berlin change."""
    day = after.replace(hour=0, minute=0, second=0, microsecond=0)
    while day.utcoffset() == (day + A_DAY).utcoffset():
        day += A_DAY
    return day


def unexplained(story: Story, since: int, allowed: tuple[str, ...]) -> list[str]:
    """Return what was said in the room or to one alone beside check-ins, Sunday's card, and what may be."""
    said = [told for _, told in story.said(since)]
    said += [told for one in (story.ann, story.ben) for told in story.told(one, since)]
    return [told for told in said if not told.startswith((*OF_CHECK_INS, SUNDAY, *allowed))]


# -- Five weeks -----------------------------------------------------------------


def nobody_thanks(story: Story, since: int) -> tuple[str, ...]:
    story.ben.taps("Not today")
    assert unexplained(story, since, ()) == []
    return ()


def one_thanks_in_the_room(story: Story, since: int) -> tuple[str, ...]:
    story.ann.says(f"{TEA}, I felt looked after", reply_to=story.newest(SUNDAY)["id"])
    assert story.ann.taps("That touched me").alert == "This one is for Ben."
    assert story.ben.taps("That touched me").alert == "Ann can read it now."
    assert story.newest("That is said, and kept.")["text"].endswith("\nThat touched Ben.")
    assert len(unexplained(story, since, ())) == 1
    return ("That is said, and kept.",)


def one_tells_it_alone(story: Story, since: int) -> tuple[str, ...]:
    ann, ben = story.ann, story.ben
    ben.taps("Tell me alone")
    ben.says(BAG, "private")
    assert story.newest(WHAT_MEANT, ben, "private")
    ben.says("I felt safe", "private")
    assert story.newest(ON_ITS_WAY, ben, "private")
    story.until("8:29")
    assert story.crossed(BAG, "ben", since) == []
    story.until("8:31")
    assert arrived(story, ann, since) == ["8:30"]
    given = story.newest(FOR_YOU, ann, "private")["text"].splitlines()
    assert given[1:3] == [f"Ben thanks you: {BAG}", "What it meant: I felt safe"]
    assert story.newest(INTO_THE_JAR, ben, "private")

    assert ann.taps("That touched me", "private").alert == GOES_BACK
    in_lima(story, "8:29")
    assert A_WORD_BACK not in "".join(story.told(ben, since))
    in_lima(story, "8:31")
    assert "Ann: That touched me" in story.newest(A_WORD_BACK, ben, "private")["text"]
    assert story.newest(DELIVERED, ann, "private")
    return "What did the other do", WHAT_MEANT, ON_ITS_WAY, FOR_YOU, GOES_BACK, A_WORD_BACK


def one_changes_it(story: Story, since: int) -> tuple[str, ...]:
    ann, ben = story.ann, story.ben
    story.until("20:00")
    number = ann.says("/thanks amber first", "private")
    ann.edits(number, f"/thanks {SOUP}", "private")
    in_lima(story, "18:29")
    assert story.crossed(SOUP, "ann", since) == []
    in_lima(story, "18:31")
    assert story.crossed("amber first", "ann", since) == []
    assert f"Ann thanks you: {SOUP}" in story.newest(FOR_YOU, ben, "private")["text"]
    ben.says("basalt back", "private")
    story.until("8:31")
    assert "Ben: basalt back" in story.newest(A_WORD_BACK, ann, "private")["text"]
    return ON_ITS_WAY, FOR_YOU, GOES_BACK, A_WORD_BACK


def one_takes_it_back(story: Story, since: int) -> tuple[str, ...]:
    story.ben.says(f"/thanks {NEVER_SENT}", "private")
    story.ben.taps("Take it back", "private")
    assert story.newest(TAKEN_BACK, story.ben, "private")["buttons"] == []
    assert story.told(story.ann, since) == []
    return (ON_ITS_WAY,)


def arrived(story: Story, one: Phone, since: int) -> list[str]:
    alone = story.said(since, BY_NAME[one.who].id)
    return [f"{at:%-H:%M}" for at, said in alone if said.startswith(FOR_YOU)]


def the_jar_never_shows_one_twice_in_a_row(story: Story) -> None:
    drawn: list[str] = []
    for act in (ask(story), ask(story), another(story), another(story), ask(story), another(story)):
        act()
        drawn.append(story.newest(FROM_YOUR_JAR, story.ann, "private")["text"])
    assert all(one != other for one, other in pairwise(drawn))
    assert all(sum(words in text for text in drawn[:3]) == 1 for words in (TEA, BAG, SOUP))
    assert not any(words in text for text in drawn for words in (NEVER_SENT, "amber first", "basalt back"))
    story.ann.says("/jar")  # in the room only what was said there
    told_there = story.newest(FROM_YOUR_JAR)
    assert not any(words in told_there["text"] for words in (BAG, SOUP))


def ask(story: Story) -> Callable[[], object]:
    return lambda: story.ann.says("/jar", "private")


def another(story: Story) -> Callable[[], object]:
    return lambda: story.ann.taps("Another one", "private")


# -- Those who were there before it ---------------------------------------------


def was_there_before(story: Story) -> None:
    """Let the bot be one whose earlier release knew no thanks, when the two joined."""
    story.kill()
    engine = create_engine(f"sqlite:///{story.folder}/tend/tend.db")
    with engine.begin() as connection:
        assert connection.execute(text("delete from call where ritual = 'gratitude'")).rowcount == 1
    engine.dispose()
    story.start_bot()


def test_a_ritual_that_comes_with_a_release_reaches_the_couples_who_are_there(
    kind: str, shelf: Shelf, clock: Time
) -> None:
    shelf.prepare(kind, "migrated", migrate)
    with shelf.store(kind, "migrated", clock) as store:
        road = Road(store, clock, tuple(each for each in HOUSE if each is not GRATITUDE)).joined()
        road.does(timetable.look_ahead_at_new, road.engine.book)
        clock.now += timedelta(hours=4)  # tonight's hour came while it was updated
        tonight = road.call(CHECK_IN)
        assert tonight is not None
        assert tonight < clock.now

        road.engine = Engine(HOUSE, ALL_PREFERENCES, BERLIN)
        begun = [road.does(timetable.look_ahead_at_new, road.engine.book) for _ in range(2)]

        assert begun == [1, 0]
        assert road.call(CHECK_IN) == tonight
        assert road.call(GRATITUDE) == datetime(2026, 5, 3, 18, tzinfo=BERLIN)
        road.reaches(datetime(2026, 5, 3, 18, tzinfo=BERLIN))
        assert road.home.count(SUNDAY) == 1


def test_who_has_not_begun_yet_is_given_no_hour(kind: str, shelf: Shelf, clock: Time) -> None:
    shelf.prepare(kind, "migrated", migrate)
    with shelf.store(kind, "migrated", clock) as store:
        road = Road(store, clock)
        road.hears(Added(road.ann.who, road.ann.room))
        assert road.does(timetable.look_ahead_at_new, road.engine.book) == 0
