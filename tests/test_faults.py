"""Bad days, of Telegram and of this machine: what the two see is right, and nobody else notices.

First the clock, by the outbox's own record on both databases; then stories through the stand-in.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from bot.arrival import Added
from bot.couple.house import HOUSE
from bot.evening_cards import CLOSED_LATE
from bot.playground.cast import BY_NAME
from bot.ritual import Answer, Began, Event, Kept, Person, Ritual, Say, Scene, TimeCame, Value, say
from bot.shell import CLOSED as IS_CLOSED
from bot.storage import outbox, timetable
from bot.storage.store import Store, migrate
from bot.storage.tables import PersonRow
from tests.databases import Shelf, Time, opened
from tests.neighbours import newest_number, stands, two_couples
from tests.post import A_MINUTE, A_SECOND, Gone, Post, assert_kept, texts
from tests.road import BERLIN, HOME, NEST, Road, Told
from tests.stories import CARD, REVEAL, SHARED, Story, by_picker

A_DAY, AN_HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def post(store: Store, clock: Time) -> Post:
    """An outbox with nothing in it."""
    return Post(store, clock)


# -- A clock that goes back ---------------------------------------------------


def truly(gone: Gone, behind: timedelta) -> Gone:
    """Return what went by the true time, where the clock has been set back by so much."""
    return [(at + behind, line, rank) for at, line, rank in gone]


@pytest.mark.parametrize("back", [timedelta(seconds=3), timedelta(seconds=59), AN_HOUR, A_DAY])
def test_a_clock_that_goes_back_neither_blocks_a_chat_nor_lets_it_go_too_fast(
    post: Post, back: timedelta
) -> None:
    for number in range(40):
        post.puts(f"line {number}")
    gone: Gone = []
    for _ in range(18):
        gone += post.sends_one()
    began = gone[0][0]
    post.clock.now -= back
    gone += truly(post.drains(), back)
    assert len(gone) == 40
    assert_kept(gone, post.limits)
    assert gone[-1][0] - began < timedelta(minutes=3)


@pytest.mark.parametrize("back", [AN_HOUR, A_DAY])
def test_what_telegram_asked_to_wait_for_is_waited_for_and_no_longer_when_the_clock_goes_back(
    post: Post, back: timedelta
) -> None:
    post.puts("hello")
    post.puts("refused", 2)
    for line in post.claims()[0]:
        with post.store.begin() as tx:
            until = tx.now + A_MINUTE
            outbox.postpone(tx, line, until, whole_chat=line.face.text == "hello")
    asked = post.clock.now
    post.clock.now += timedelta(seconds=20)
    post.puts("elsewhere", 3)
    post.clock.now -= back
    gone = truly(post.drains(), back)
    assert texts(gone) == ["elsewhere", "hello", "refused"]
    assert timedelta(seconds=20) <= gone[0][0] - asked < timedelta(seconds=21)
    assert all(A_MINUTE <= at - asked <= 2 * A_MINUTE for at, _, _ in gone[1:])


def test_what_was_put_here_before_the_clock_went_back_goes_at_once(post: Post) -> None:
    couple, person = post.lane(7, open_=False)
    post.says(say("waits", to=Person(person), waits=True), couple)
    post.clock.now -= AN_HOUR
    with post.store.begin() as tx:
        tx.session.get_one(PersonRow, person).lane_open = True
    assert texts(post.drains(until=post.clock.now)) == ["waits"]


def test_a_clock_that_is_trimmed_by_less_than_a_second_changes_nothing(post: Post) -> None:
    post.puts("one")
    gone = post.drains()
    post.clock.now -= timedelta(milliseconds=400)
    post.puts("two")
    gone += post.drains()
    assert gone[1][0] == gone[0][0] + A_SECOND


# -- An evening, and a clock that is wrong ------------------------------------


def joined(url: str) -> Told:
    with opened(url, clock := Time()) as store:
        return Road(store, clock).joined().told()


@pytest.fixture
def road(kind: str, shelf: Shelf, clock: Time) -> Iterator[Road]:
    """Ann and Ben, joined, their evening at nine by Berlin's clock."""
    shelf.prepare(kind, "migrated", migrate)
    told: Told = shelf.prepare(kind, "joined", joined, "migrated")
    with shelf.store(kind, "joined", clock) as store:
        yield Road(store, clock).goes_on_from(told)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 5, day, hour, minute, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("goes_wrong", "ahead", "is_mended", "cards"),
    [
        # when the clock is set ahead, by how much, when it is set back, and at which true times a card comes
        (at(1, 20, 30), A_DAY, at(1, 20, 40), [at(1, 21), at(2, 21), at(3, 21)]),
        (at(1, 20, 30), A_DAY, at(1, 21, 20), [at(1, 21), at(3, 21)]),  # the first stands until the second
        (at(1, 20, 30), 2 * A_DAY, at(2, 0, 30), [at(1, 21), at(2, 21), at(3, 21)]),
        (at(1, 20, 50), A_DAY - AN_HOUR / 2, at(1, 21, 10), [at(1, 21, 10), at(2, 21), at(3, 21)]),
        (at(1, 21, 5), A_DAY, at(1, 21, 6), [at(1, 21), at(1, 21, 5), at(3, 21)]),
        (at(1, 20, 10), AN_HOUR, at(1, 20, 30), [at(1, 20, 10), at(2, 21), at(3, 21)]),
    ],
)
def test_no_evening_has_two_cards_and_none_is_lost_while_the_clock_is_wrong(
    road: Road, goes_wrong: datetime, ahead: timedelta, is_mended: datetime, cards: list[datetime]
) -> None:
    road.reaches(goes_wrong)
    road.clock.now += ahead
    road.settles()
    road.reaches(is_mended + ahead)
    wrong = [(when - ahead, line) for when, line in road.sent if when > goes_wrong + ahead / 2]
    right = [(when, line) for when, line in road.sent if when <= goes_wrong]
    road.sent.clear()
    road.clock.now = is_mended
    road.does(timetable.look_ahead_anew, road.engine.book)
    road.settles()
    road.reaches(at(4, 12))
    came = [
        when
        for when, line in [*right, *wrong, *road.sent]
        if line.kind == "say" and line.face.text.startswith(CARD)
    ]
    assert [when.replace(second=0, microsecond=0) for when in came] == cards


# -- A ring that fails, and a reply that is late -------------------------------


@dataclass(frozen=True)
class Lit:
    """A candle burns."""

    wake_at: datetime


def candle(state: Lit | None, event: Event, scene: Scene) -> tuple[Lit | None, list[Answer]]:
    """Go out after an hour; one that was lit with "short" fails only when all but its last line is saved."""
    match state, event:
        case None, Began(who, words):
            return Lit(scene.now + AN_HOUR), [Kept("candle", who, words), say("Lit.", card="candle")]
        case Lit(), TimeCame():
            (mine,) = scene.kept
            fails = mine.words is not None and mine.words.text == "short"
            more = [Say("{left}", {"left": cast("Value", object())})] if fails else []
            return None, [Kept("ember", None), say("Out."), *more]
    return state, []


CANDLE = Ritual("candle", "candle", "A candle", candle, reads=("candle",))


def test_a_ring_that_fails_leaves_nothing_behind_and_keeps_nobody_waiting(road: Road, clock: Time) -> None:
    lit = Road(road.store, clock, (*HOUSE, CANDLE)).goes_on_from(road.told())
    lit.hears(Added(lit.dora.who, lit.dora.room))
    lit.dora.taps("I'm in")
    lit.eli.taps("I'm in")
    lit.dora.taps("That's us")
    lit.dora.taps("Looks right")
    lit.ann.sends("/candle short")
    lit.dora.sends("/candle")
    lit.passes(hours=1, minutes=1)
    assert [message.text for message in lit.chat(NEST)][-1] == "Out."
    assert lit.home[-1] == "Lit."
    assert [thing.kind for thing in lit.kept()] == ["candle"]
    assert lit.look(outbox.waiting_lines) == 0
    rung_next = lit.look(timetable.next_due)
    assert rung_next is not None
    assert AN_HOUR / 6 < rung_next - clock.now < AN_HOUR


def test_a_reply_to_an_older_form_of_a_card_is_a_reply_to_it(road: Road) -> None:
    road.reaches(at(1, 21))
    oldest = road.chat(HOME)[-1]
    road.ann.sends("/checkin")
    road.ben.sends("/checkin")
    assert len({message.number for message in road.chat(HOME) if message.text == oldest.text}) == 3
    road.ann.writes("calm / a hug", reply_to=oldest.number, private=False)
    assert road.ann.taps("What did I say?") == "Yours tonight: calm, needing a hug."


def test_a_reply_to_a_card_of_an_evening_that_is_over_is_told_so(road: Road) -> None:
    road.reaches(at(1, 21))
    card = road.chat(HOME)[-1]
    road.reaches(at(2, 12, 30))
    road.ann.writes("calm / a hug", reply_to=card.number, private=False)
    assert road.home[-1] == IS_CLOSED
    road.reaches(at(2, 21))
    road.ann.writes("calm / a hug", reply_to=card.number, private=False)
    assert road.ann.taps("What did I say?") == "Nothing yet tonight, and that is fine."


# -- Evenings through the stand-in --------------------------------------------


ONCE = {"card": 1, "reveal": 1, "close": 1}
TWICE = ONCE | {"reveal": 2}  # a reveal that is lost is harm, a repeat is not
EVENINGS: list[tuple[str, str, str, dict[str, int]]] = [
    # what goes wrong, with which call, as it would say what, and what then stands in the room of the two
    ("500", "sendMessage", "card", ONCE),
    ("429", "sendMessage", "card", ONCE),
    ("timeout_before", "sendMessage", "card", ONCE),  # missing, and /checkin reaches it
    ("timeout_after", "sendMessage", "card", ONCE),  # and what is tapped there counts
    ("cut_before", "sendMessage", "card", ONCE),
    ("500", "sendMessage", "reveal", ONCE),
    ("timeout_before", "sendMessage", "reveal", ONCE),
    ("timeout_after", "sendMessage", "reveal", TWICE),
    ("429", "editMessageText", "close", ONCE),
    ("timeout_before", "editMessageText", "close", ONCE),
    ("cut_after", "editMessageText", "close", ONCE),
    ("500", "editMessageReplyMarkup", "reveal", ONCE),
    ("timeout_before", "editMessageReplyMarkup", "reveal", ONCE),
    ("429", "answerCallbackQuery", "whisper", ONCE),
    ("timeout_before", "answerCallbackQuery", "whisper", ONCE),
    ("timeout_after", "setMessageReaction", "nod", ONCE),
]


@pytest.mark.parametrize(
    "evenings",
    [
        pytest.param([each for each in EVENINGS if "_" in each[0]][::2], id="nobody knows"),
        pytest.param(EVENINGS[::2], id="some", marks=pytest.mark.soak),
        pytest.param(EVENINGS[1::2], id="others", marks=pytest.mark.soak),
    ],
)
def test_whatever_goes_wrong_with_one_call_the_evening_is_whole(
    tmp_path: Path, evenings: list[tuple[str, str, str, dict[str, int]]]
) -> None:
    with two_couples(tmp_path) as story:
        for kind, method, amid, found in evenings:
            story.until("20:59")
            ours, theirs = newest_number(story.ann), newest_number(story.dora)

            def breaks(moment: str, kind: str = kind, method: str = method, amid: str = amid) -> None:
                if moment == amid:
                    story.fault(kind, method, count=1, retry_after=3, chat=HOME)

            an_evening(story, breaks)
            assert stands(story.ann, ours) == found, (kind, method, amid)
            assert stands(story.dora, theirs) == {"card": 1}, (kind, method, amid)
            shown = story.newest(REVEAL)["text"]
            assert "Ann: calm, needing a hug." in shown
            assert "Ben: glad, needing music." in shown
            assert "Reply here" not in shown
            # Of two reveals only one is known; the buttons of the other say that it has passed.
            left = [one for one in story.ann.room if one["id"] > ours and one["buttons"]]
            assert len(left) == found["reveal"] - 1, (kind, method, amid)
            story.until("12:30")


def an_evening(story: Story, breaks: Callable[[str], None]) -> None:
    """Let the two name theirs and close, while something breaks at one of the moments."""
    breaks("card")
    story.until("21:00")
    story.clock.by("PT1M")
    if not any(message["text"].startswith(CARD) and message["buttons"] for message in story.ann.room):
        story.ann.says("/checkin")
    breaks("whisper")
    story.ann.taps("calm")
    story.ann.taps("a hug")
    story.ben.taps("glad")
    breaks("reveal")
    story.ben.taps("music")
    story.clock.by("PT1M")
    breaks("nod")
    story.ann.says("I heard that you like music", reply_to=story.newest(REVEAL)["id"])
    story.ann.taps("Nothing tomorrow")
    breaks("close")
    story.ben.taps("Nothing tomorrow")
    story.clock.by("PT5M")


def sent_to(story: Story, chat: int, since: int) -> list[tuple[datetime, str, bool]]:
    """Return when a message to a chat was tried, how it began, and whether it was taken."""
    return [
        (datetime.fromisoformat(call["at"]), call["params"]["text"][:20], bool(call["answer"]["ok"]))
        for call in story.calls("sendMessage", since, chat)
        if call["answer"]
    ]


def test_a_chat_that_telegram_holds_for_a_minute_is_left_in_peace_that_long_and_nobody_else_waits(
    tmp_path: Path,
) -> None:
    with two_couples(tmp_path) as story:
        story.until("20:59")
        since = story.mark
        story.fault("429", "sendMessage", retry_after=120, chat=HOME)
        nine = story.until("21:00")
        story.clock.by("PT10S")
        story.ann.says("/help")
        story.ben.says("/settings")
        story.ann.says("/help", "private")
        story.term()
        story.clock.by("PT10S")
        story.start_bot()
        story.clock.by("PT20S")
        story.kill()
        story.start_bot()
        story.ben.says("/privacy", "private")
        story.clock.by("PT5M")

        tried = sent_to(story, HOME, since)
        assert [taken for _, _, taken in tried] == [False, True, True, True]
        assert tried[1][0] - tried[0][0] >= timedelta(seconds=60)
        assert tried[1][0] - nine < timedelta(seconds=125)
        said = [text for _, text in story.said(since)]
        assert len(said) == 3
        assert said[0].startswith(CARD)
        assert "/checkin" in said[1]
        ((at_theirs, theirs),) = story.said(since, NEST)
        assert theirs.startswith(CARD)
        assert at_theirs - nine < timedelta(seconds=3)
        for one, text in ((story.ann, "/checkin"), (story.ben, "Telegram can read")):
            ((when, told),) = story.said(since, BY_NAME[one.who].id)
            assert text in told
            assert when < tried[1][0]
        assert story.ann.taps("calm").alert == "Kept: calm. Yours to change until you have both answered."


def test_a_room_that_put_tend_out_without_a_word_lets_the_couple_rest_and_a_shut_lane_is_told_to_nobody(
    tmp_path: Path,
) -> None:
    with two_couples(tmp_path) as story:
        story.until("21:00")
        since = story.mark
        story.fault("403", "sendMessage", count=1, chat=BY_NAME["ben"].id)
        story.ben.taps("Tell me alone")
        story.ann.taps("calm")
        story.ann.taps("a hug")
        story.until("22:30")
        assert story.said(since) == []  # the reminder goes to Ben alone, whose private chat is shut
        assert story.told(story.ben, since) == []
        story.ben.says("/start", "private")
        assert story.told(story.ben, since) != []
        story.fault("403", chat=HOME, lasts="P30D")
        story.until("00:30")
        since = story.mark
        story.until("23:00", days=3)
        assert story.calls(since=since, chat=HOME) == []
        assert len([text for _, text in story.said(since, NEST) if text.startswith(CARD)]) == 4
        story.mend()
        story.ann.says("/start")
        assert story.newest("Ann and Ben") or story.newest("I'm Tend")


@pytest.mark.parametrize("says", ["Bad Request: not enough rights to send text messages to the chat"])
def test_where_tend_may_not_write_the_couple_stays_and_so_do_their_evenings(
    tmp_path: Path, says: str
) -> None:
    with two_couples(tmp_path) as story:
        story.until("20:59")
        since = story.mark
        story.fault("400", "sendMessage", chat=HOME, lasts="PT30M", says=says)
        story.until("21:00")
        story.until("21:40")
        assert story.said(since) == []
        story.ann.says("/checkin")
        assert [text[: len(CARD)] for _, text in story.said(since)] == [CARD]
        assert story.ann.taps("calm").alert == "Kept: calm. Yours to change until you have both answered."
        story.until("20:59")
        since = story.mark
        story.until("21:00")
        assert [text[: len(CARD)] for _, text in story.said(since)] == [CARD]
        assert len(story.said(since, NEST)) == 1


# -- A network that is gone ----------------------------------------------------


def test_a_network_that_is_gone_for_a_day_costs_one_evening_and_floods_nobody(tmp_path: Path) -> None:
    with two_couples(tmp_path) as story:
        story.sets(story.dora, "Hour", "22:00")
        story.until("21:00")
        card = story.newest(CARD)["id"]
        before = story.mark
        story.network(gone=True)
        story.clock.by("PT20M")
        story.ann.says("tender / music", reply_to=card, wait=False)
        story.ben.taps("glad", wait=False)
        story.until("20:50")  # Nest's card was due, Home's reminder, and the close of both
        story.network(gone=False)
        story.cleo.says("/start", "private")  # the bot has noticed once it has heard this
        story.clock.by("PT5M")
        assert story.said(before) == story.said(before, NEST) == []
        assert story.newest(CLOSED_LATE)["id"] == card  # what is past is not announced
        assert story.told(story.ben, before) == []
        story.ann.taps("Share mine")  # what she said in time was heard
        assert "Ann: tender, needing music." in story.newest(SHARED)["text"]
        before = story.mark
        story.until("21:00")
        story.until("22:01")
        for chat, hour in ((HOME, "21:00"), (NEST, "22:00")):
            (when, text) = story.said(before, chat)[0]
            assert text.startswith(CARD)
            assert "later than planned" not in text
            assert f"{when:%H:%M}" == hour
        by_picker(story, story.ann, "calm", "a hug")
        by_picker(story, story.ben, "glad", "music")
        assert story.newest(REVEAL)


def test_a_card_that_met_no_network_comes_late_and_says_so(tmp_path: Path) -> None:
    with two_couples(tmp_path) as story:
        story.until("20:55")
        before = story.mark
        story.network(gone=True)
        story.until("21:00")
        story.until("21:25")
        story.network(gone=False)
        story.cleo.says("/start", "private")  # the bot has noticed once it has heard this
        story.clock.by("PT10S")
        for chat in (HOME, NEST):
            ((when, text),) = story.said(before, chat)
            assert text.startswith(CARD)
            assert "later than planned" in text
            assert f"{when:%H:%M}" == "21:25"
        by_picker(story, story.ann, "calm", "a hug")
        by_picker(story, story.ben, "glad", "music")
        assert story.newest(REVEAL)
        assert len(story.said(before)) == 2


def test_a_tap_that_was_lost_with_the_network_can_be_tapped_again(tmp_path: Path) -> None:
    with two_couples(tmp_path) as story:
        story.until("21:00")
        story.network(gone=True)
        story.ann.taps("angry", wait=False)
        story.clock.by("PT1M")
        story.network(gone=False)
        story.clock.by("PT5S")
        assert "angry" in (story.ann.taps("What did I say?").alert or "")
        story.network(gone=True)
        story.ann.taps("calm", wait=False)
        story.clock.by("PT10M")
        story.network(gone=False)
        story.clock.by("PT5S")
        assert "angry" in (story.ann.taps("What did I say?").alert or "")  # Telegram forgets a tap
        assert story.ann.taps("calm").alert == "Kept: calm. Yours to change until you have both answered."


# -- A wrong clock --------------------------------------------------------------


def test_a_clock_that_is_a_day_ahead_for_a_while_costs_nobody_an_evening(tmp_path: Path) -> None:
    with two_couples(tmp_path) as story:
        story.until("20:30")
        before = story.mark
        story.clock.bot_is_off("P1D")
        story.ann.says("/help")
        story.clock.by("PT5M")
        story.clock.bot_is_off()
        story.ann.says("/help")
        story.until("21:00")
        story.clock.by("PT1M")
        for chat in (HOME, NEST):
            cards = [f"{when:%H:%M}" for when, text in story.said(before, chat) if text.startswith(CARD)]
            assert cards == ["21:00"]
        since = story.mark
        story.clock.bot_is_off("-PT1H")  # as a clock that is set right
        story.clock.by("PT5M")
        by_picker(story, story.ann, "calm", "a hug")
        by_picker(story, story.ben, "glad", "music")
        assert story.newest(REVEAL)
        story.clock.bot_is_off()
        story.until("20:30")
        assert [text for _, text in story.said(since) if text.startswith(CARD)] == []
        since = story.mark
        story.until("21:00")
        story.clock.by("PT1M")
        assert len([text for _, text in story.said(since) if text.startswith(CARD)]) == 1
