"""The page in a real browser: two phones and a time machine, used as people use them, by clicks and by keys.

Most stories share one play; those that need people who have only just begun have a play of their own.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect

from bot.playground.cast import BOT, BY_NAME, ROOM_BY_NAME
from bot.playground.exchange import Exchange
from bot.playground.notes import Note
from tests.browser import NARROW, WIDE, Desk, chromium, serious
from tests.phones import Play
from tests.tellings import IN_ENGLISH

HOME, ANN = ROOM_BY_NAME["Home"].id, BY_NAME["ann"].id
BORN = IN_ENGLISH.argv("")  # a play whose bot is born in the nursery
MONDAY_NOON = "Monday 12:00"
MANY = 2_000
AT_ONCE = 200  # milliseconds until a message stands on both phones
A_GLANCE = 5_000  # milliseconds until the page stands, with all its messages
AN_ATTACK = '<img src=x onerror="document.title=1"><script>document.title=1</script>&lt;b&gt;'
# When a message stands on each phone, by the page's own clock.
WATCHES = """(mark) => {
  window.arrivals = [];
  for (const log of document.querySelectorAll("[id$=room-panel] [role=log]")) {
    new MutationObserver((_, watcher) => {
      if (!log.textContent.includes(mark)) return;
      window.arrivals.push(performance.now());
      watcher.disconnect();
    }).observe(log, { childList: true, subtree: true });
  }
  document.querySelector("#phone-ann form").addEventListener(
    "submit", () => { window.sent = performance.now(); }, { once: true, capture: true });
}"""

Opens = Callable[..., Desk]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Run one browser for all stories here."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def home(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Play]:
    """Run a play in which Ann and Ben are two, on a Monday at noon."""
    del browser  # without one nothing is played
    with Play.start(tmp_path_factory.mktemp("home") / "play", argv=BORN) as play:
        play.line.post("/play/clock", to=MONDAY_NOON)
        for who, label in ("ann", "I'm in"), ("ben", "I'm in"), ("ann", "That's us"), ("ben", "Looks right"):
            play.line.post("/play/tap", who=who, label=label)
        for phone in (play.ann, play.ben):
            phone.says("/start lane", "private")
        yield play


@pytest.fixture
def fresh(browser: Browser, tmp_path: Path) -> Iterator[Play]:
    """Run a play that has only just begun, on a Monday at noon."""
    del browser
    with Play.start(tmp_path / "play", argv=BORN) as play:
        play.line.post("/play/clock", to=MONDAY_NOON)
        yield play


@pytest.fixture
def crowded(browser: Browser, tmp_path: Path) -> Iterator[Play]:
    """Run a play in which Ann and Ben have said much to each other, of which the bot heard nothing."""
    del browser
    exchange = Exchange(tmp_path / "play" / "stand-in")
    for number in range(MANY):
        who = BY_NAME["ann" if number % 3 else "ben"]
        exchange.hands.say(who, HOME, Note(f"Something they said, number {number}"))
    exchange.kept()
    exchange.history.close()
    with Play.start(tmp_path / "play", argv=BORN) as play:
        yield play


@pytest.fixture
def opens(browser: Browser) -> Iterator[Opens]:
    """Open windows with the page in them, and close them at the end."""
    desks: list[Desk] = []

    def open_one(play: Play, size: tuple[int, int] = WIDE, **context: Any) -> Desk:  # noqa: ANN401
        desks.append(Desk(browser, play.line.address, size, **context))
        return desks[-1]

    yield open_one
    for desk in desks:
        desk.close()


# -- As a couple ----------------------------------------------------------------


def test_two_join_and_have_an_evening_of_which_each_reads_only_what_is_theirs(
    fresh: Play, opens: Opens
) -> None:
    desk = opens(fresh)
    ann, ben = desk.phone("Ann"), desk.phone("Ben")
    ann.taps("I'm in")
    ben.taps("I'm in")
    ann.taps("That's us")
    ben.taps("Looks right")
    ben.taps("Open our private chat")
    ben.element.get_by_role("button", name="Start").click()
    ben.reads("Here we are alone.")
    expect(desk.machine).to_contain_text("tonight 21:00")

    desk.lets_pass("+10 min")
    desk.lets_pass("To the next event")
    ann.reads("Your check-in")
    expect(desk.machine).to_contain_text("Monday")
    ann.taps("calm")
    ann.is_told("Kept: calm.")
    ann.taps("a hug")
    ann.is_told("Kept: a hug.")
    ben.turns_to("Home")
    ben.taps("Tell me alone")
    ben.turns_to("Tend")
    ben.reads("What do you feel just now?")
    ben.says("a bit lost")
    ben.reads("And what do you need?")
    assert "a bit lost" not in " ".join(ann.texts)
    ben.says("some sleep")

    ann.reads("Ben: a bit lost, needing some sleep.")
    ann.answers("You have both spoken.", "I heard that you are tired")
    ben.turns_to("Home")
    ben.reads("I heard that you are tired")
    ben.taps("When I get up, I'll hug you first.")
    desk.is_told("Kept: When I get up, I'll hug you first.")  # in a box, which stays until it is closed
    ann.taps("Nothing tomorrow")
    desk.lets_pass("+1 h")
    desk.lets_pass("Tomorrow 08:00")
    ann.reads("That was tonight's check-in.")
    ben.reads("Ben, for Ann: When I get up, I'll hug you first.")


def test_a_pause_in_the_middle_of_a_check_in_brings_both_back_to_it(home: Play, opens: Opens) -> None:
    desk = opens(home)
    ann, ben = desk.phone("Ann"), desk.phone("Ben")
    home.line.post("/play/clock", to="tomorrow 21:00")
    ann.taps("hurt")
    ann.is_told("Kept: hurt.")
    ben.says("/pause")
    ann.reads("Ben takes a pause for you two.")
    desk.lets_pass("+10 min")
    desk.lets_pass("To the next event")
    ben.reads("The pause is over. Ready?")
    ann.taps("I'm back")
    ann.is_told("You are back.")
    ben.taps("I'm back")
    ann.reads("You are both back.")
    ann.taps("Let it rest")
    ann.reads("It rests, then.")
    ann.taps("to be heard")
    desk.is_told("Kept: to be heard.")
    ben.taps("tired")
    ben.is_told("Kept: tired.")
    ben.taps("patience")
    ann.reads("Ann: hurt, needing to be heard.")


def test_a_week_is_played_by_one_click(home: Play, opens: Opens) -> None:
    desk = opens(home)
    desk.machine.get_by_label("Pace").select_option("at once")
    desk.presses("Play")
    expect(desk.machine.get_by_role("button", name="Stop")).to_be_visible()
    expect(desk.machine).to_contain_text("It has ended.", timeout=60_000)
    expect(desk.machine).to_contain_text("Sunday")
    desk.phone("Ben").reads("That is said, and kept.")
    for said in (
        "needing a night without alarms",
        "Ben takes a pause for you two.",
        "Done, by Ann: When it is ten in Lima",
    ):
        desk.phone("Ann").reads(said)


def test_on_a_narrow_screen_there_is_one_phone_at_a_time(home: Play, opens: Opens) -> None:
    desk = opens(home, NARROW)
    ann, ben = desk.phone("Ann"), desk.phone("Ben")
    expect(ann.element).to_be_visible()
    expect(ben.element).to_be_hidden()
    ann.says("Are you there?")
    desk.presses("Ben")
    expect(ann.element).to_be_hidden()
    ben.reads("Are you there?")
    desk.presses("Time")
    expect(ben.element).to_be_hidden()
    expect(desk.machine).to_be_visible()
    before = home.clock.now()
    desk.lets_pass("+10 min")
    assert home.clock.now() > before
    width = desk.page.evaluate("document.documentElement.scrollWidth")
    assert width <= NARROW[0]


def test_everything_can_be_done_by_keyboard_alone(home: Play, opens: Opens) -> None:
    home.line.post("/play/clock", to="tomorrow 12:00")
    desk = opens(home)
    ann, ben = desk.phone("Ann"), desk.phone("Ben")
    desk.goes_to("Ann writes to Home")
    desk.types("/che")
    expect(ann.element.get_by_role("option")).to_have_count(1)
    desk.keys("ArrowDown", "Enter")
    ann.log.get_by_role("button", name="calm", exact=True).last.wait_for()
    desk.goes_to("calm", on="Ann")
    desk.keys("Enter")
    ann.is_told("Kept: calm.")
    desk.goes_to("Ann, Home")  # the messages: by arrows one goes from one to the next, the newest first
    desk.keys("ArrowUp", "Enter")
    desk.types("some sleep")
    desk.keys("Enter")
    ben.reads("some sleep")
    desk.goes_to("Not tonight", on="Ben")
    desk.keys("Enter")
    expect(desk.page.get_by_role("dialog")).to_contain_text("That is all right.")
    desk.keys("Enter")  # the box has the focus until it is closed
    desk.goes_to("Home", on="Ben")
    desk.keys("ArrowRight")
    ben.reads("Here we are alone.")
    desk.goes_to("+1 h")
    desk.keys("Enter")
    expect(desk.machine.get_by_text("Time passes")).to_be_hidden()


# -- As the messenger they know ---------------------------------------------------


def calls(play: Play, method: str, **params: object) -> dict[str, Any]:
    """Call the Bot API as the bot would."""
    answer = httpx.post(f"{play.line.address}/bot{BOT.token}/{method}", json=params, trust_env=False)
    body: dict[str, Any] = answer.json()
    assert body["ok"], body
    result: dict[str, Any] = body["result"]
    return result


def test_markup_and_script_in_names_and_words_stay_text(home: Play, opens: Opens) -> None:
    desk = opens(home)
    ann, ben = desk.phone("Ann"), desk.phone("Ben")
    title = desk.page.title()
    ann.says(AN_ATTACK)
    ben.reads(AN_ATTACK)
    home.line.post("/play/person", who="ann", first_name="<i>Ann</i>")
    expect(desk.page.get_by_role("heading", name="<i>Ann</i>")).to_be_visible()
    ben.says("/checkin <b>calm</b> / <script>")
    assert desk.page.locator(".talk img:not(.picture), .talk script, .talk i, .talk b, h2 i").count() == 0
    assert desk.page.title() == title
    home.line.post("/play/person", who="ann", first_name="Ann")


def test_no_script_runs_that_does_not_lie_here(home: Play, opens: Opens) -> None:
    desk = opens(home)
    policy = desk.page.request.get(home.line.address).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    ran = "() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1';"
    assert desk.page.evaluate(f"{ran} document.body.append(s); return window.ran === undefined; }}")
    assert len(desk.complaints) == 1
    assert "Content Security Policy" in desk.complaints.pop()


def test_a_question_opens_the_reply_by_itself_and_says_what_it_asks(home: Play, opens: Opens) -> None:
    desk = opens(home)
    ann = desk.phone("Ann")
    ann.turns_to("Tend")
    forced = {"force_reply": True, "input_field_placeholder": "In a word"}
    calls(home, "sendMessage", chat_id=ANN, text="How was it?", reply_markup=forced)
    expect(ann.element.get_by_text("Reply to Tend")).to_be_visible()
    expect(ann.element.get_by_placeholder("In a word")).to_be_focused()
    ann.says("Good")
    expect(ann.log.get_by_role("button", name="Tend How was it?").last).to_be_visible()
    assert [one for one in home.ann.reads("private") if one["text"] == "Good"][-1]["reply_to"]


def test_hidden_words_show_when_they_are_asked_for_and_a_change_is_made_in_place(
    home: Play, opens: Opens
) -> None:
    desk = opens(home)
    ann = desk.phone("Ann")
    ann.turns_to("Tend")
    said = calls(
        home, "sendMessage", chat_id=ANN, parse_mode="HTML",
        text='<b>Ben</b> said <tg-spoiler>a <i>secret</i></tg-spoiler>, see <a href="https://t.me/x">there</a>',
    )  # fmt: skip
    hidden = ann.log.get_by_role("button", name="Hidden words. Show them").last
    expect(hidden).to_be_visible()
    expect(ann.log.get_by_text("secret").last).to_be_hidden()
    hidden.focus()
    desk.page.keyboard.press("Enter")
    expect(ann.log.locator("em", has_text="secret").last).to_be_visible()
    expect(ann.log.locator("strong", has_text="Ben").last).to_be_visible()
    calls(home, "editMessageText", chat_id=ANN, message_id=said["message_id"], text="It is settled")
    ann.reads("It is settled")
    expect(ann.log.get_by_role("article").last).to_contain_text("edited")
    ann.log.get_by_role("article").last.hover()
    ann.says("I said thsi")
    ann.reads("I said thsi")
    home.clock.by("PT3S")  # whatever Tend has to say to that stands there
    ann.log.get_by_role("article").filter(has_text="thsi").hover()
    ann.log.get_by_role("article").filter(has_text="thsi").get_by_role("button", name="Edit").click()
    ann.says("I said this")
    ann.reads("I said this")
    assert "I said thsi" not in ann.texts


def test_what_is_breathed_to_is_a_picture_that_moves(home: Play, opens: Opens) -> None:
    desk = opens(home)
    desk.phone("Ann").says("/breathe")
    picture = desk.phone("Ben").log.get_by_role("img", name="Animation").last
    expect(picture).to_be_visible()
    assert picture.evaluate("(image) => image.decode().then(() => image.naturalWidth)") > 0
    desk.phone("Ann").taps("That is enough")


def test_telegram_can_be_down_and_come_back(home: Play, opens: Opens) -> None:
    desk = opens(home)
    ann = desk.phone("Ann")
    desk.machine.get_by_label("down").check()
    expect(desk.machine.get_by_label("down")).to_be_checked()
    count = len(home.ann.reads("room", wait=False))
    ann.says("/settings")
    ann.reads("/settings")
    assert len(home.ann.reads("room", wait=False)) == count + 1
    desk.machine.get_by_label("as it should be").check()
    expect(ann.log.get_by_role("button", name="Close").last).to_be_visible()
    ann.taps("Close")


# -- As a page ----------------------------------------------------------------------


def test_thousands_of_messages_stand_at_a_glance_and_one_more_is_on_both_phones_at_once(
    crowded: Play, opens: Opens
) -> None:
    # An `expect` that does not hold at once describes all of the page: a quarter of a minute for thousands.
    desk = opens(crowded)
    for who in ("ann", "ben"):
        desk.page.locator(f"#phone-{who} article").nth(MANY - 1).wait_for(state="attached")
    assert desk.page.evaluate("performance.now()") < A_GLANCE
    field = desk.page.locator("#phone-ann textarea").first
    delays = []
    for number in range(5):
        mark = f"Number {number} of the quick ones"
        desk.page.evaluate(WATCHES, mark)
        field.fill(mark)
        field.press("Enter")
        desk.page.wait_for_function("() => window.arrivals.length === 2")
        delays.append(desk.page.evaluate("Math.max(...window.arrivals) - window.sent"))
    assert median(delays) < AT_ONCE, delays


def test_a_reload_loses_nothing_and_two_browsers_agree(home: Play, opens: Opens) -> None:
    one, other = opens(home), opens(home, NARROW)
    one.phone("Ann").says("Here before and after")
    other.phone("Ann").reads("Here before and after")
    one.phone("Ann").turns_to("Tend")
    one.phone("Ann").element.get_by_role("textbox").fill("half a thou")
    one.page.reload()
    expect(one.phone("Ann").element.get_by_role("textbox")).to_have_value("half a thou")
    one.phone("Ann").element.get_by_role("textbox").fill("")
    one.phone("Ann").turns_to("Home")
    one.phone("Ann").reads("Here before and after")
    assert one.phone("Ann").texts == other.phone("Ann").texts


def test_a_stand_in_that_is_lost_from_sight_is_found_again(home: Play, opens: Opens) -> None:
    desk = opens(home)

    desk.page.route("**/page/live", lambda route: route.abort())
    desk.page.reload()
    expect(desk.page.get_by_text("The stand-in does not answer.")).to_be_visible()
    home.ann.says("Said meanwhile", wait=False)
    desk.page.unroute("**/page/live")
    desk.phone("Ben").reads("Said meanwhile")
    expect(desk.page.get_by_text("The stand-in does not answer.")).to_be_hidden()
    desk.complaints.clear()  # the browser told of the cuts


def test_a_bot_that_is_killed_goes_on_when_it_is_started_again(home: Play, opens: Opens) -> None:
    desk = opens(home)
    desk.presses("Kill it")
    expect(desk.machine).to_contain_text("it was killed as asked")
    expect(desk.machine).to_contain_text("Nobody knows what is next")
    desk.phone("Ben").says("/settings")
    desk.phone("Ann").reads("/settings")
    desk.presses("Start it again")
    expect(desk.machine).to_contain_text("The bot is up.")
    close = desk.phone("Ann").log.get_by_role("button", name="Close").last
    expect(close).to_be_visible()
    close.click()


def test_other_phones_can_be_laid_down_and_one_of_a_stranger_lets_her_in(home: Play, opens: Opens) -> None:
    desk = opens(home)
    cleo = desk.phone("Cleo")
    desk.presses("Cleo")
    expect(cleo.element).to_contain_text("Cleo is not in Home.")
    expect(cleo.log.get_by_role("article")).to_have_count(0)
    desk.presses("Ben")
    expect(desk.phone("Ben").element).to_be_hidden()
    desk.page.reload()
    expect(cleo.element).to_be_visible()
    expect(desk.phone("Ben").element).to_be_hidden()
    cleo.element.get_by_role("button", name="Let Cleo in").click()
    cleo.reads("Somebody else is in this room now.")
    home.cleo.leaves()
    expect(cleo.log.get_by_role("article")).to_have_count(0)


def test_contributors_see_what_is_called(home: Play, opens: Opens) -> None:
    desk = opens(home)
    desk.page.get_by_text("For contributors").click()
    listed = desk.page.get_by_role("list", name="Calls to the Bot API")
    expect(listed.get_by_role("listitem").first).to_be_visible()
    calls(home, "sendMessage", chat_id=HOME, text="Seen in the drawer")
    newest = listed.get_by_role("listitem").first
    expect(newest).to_contain_text("sendMessage")
    newest.locator("summary").click()
    expect(newest).to_contain_text("Seen in the drawer")


def test_what_is_next_is_told_as_people_say_it(home: Play, opens: Opens) -> None:
    monday_evening = "2026-11-23T18:30:00+01:00"
    said = {
        "2026-11-23T21:00:00+01:00": "tonight 21:00",
        "2026-11-24T00:00:00+01:00": "tonight 00:00",
        "2026-11-24T08:00:00+01:00": "tomorrow 08:00",
        "2026-11-29T18:00:00+01:00": "Sunday 18:00",
        "2026-11-30T12:00:00+01:00": "Monday 30 November 12:00",
    }
    tells = """async ([now, moments]) => {
      const { inWords } = await import("/page/hours.js");
      return moments.map((at) => inWords(Date.parse(at), Date.parse(now), "Europe/Berlin"));
    }"""
    assert opens(home).page.evaluate(tells, [monday_evening, list(said)]) == list(said.values())


@pytest.mark.parametrize(
    ("size", "colours"),
    [
        pytest.param(WIDE, "light", id="wide and light"),
        pytest.param(NARROW, "dark", id="narrow and dark"),
        pytest.param(WIDE, "dark", marks=pytest.mark.soak, id="wide and dark"),
        pytest.param(NARROW, "light", marks=pytest.mark.soak, id="narrow and light"),
    ],
)
def test_nothing_hinders_somebody_seriously(
    home: Play, opens: Opens, size: tuple[int, int], colours: str
) -> None:
    desk = opens(home, size, color_scheme=colours)
    desk.page.get_by_text("For contributors").click()
    assert serious(desk.page) == []
    if size == NARROW:
        desk.presses("Time")
        assert serious(desk.page) == []


def test_colours_are_chosen_once(home: Play, opens: Opens) -> None:
    desk = opens(home, color_scheme="light")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = desk.page.evaluate(ground)
    desk.page.get_by_label("Colours").select_option("dark")
    dark = desk.page.evaluate(ground)
    assert dark != light
    desk.page.reload()
    assert desk.page.evaluate(ground) == dark
