"""The clock, the bot's process and coming to rest, with a small bot of the test's own."""

import os
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.phones import Play, Refusal

# A bot that echoes. It knows: "/start", "/at PT..." (says "now" at that time), "/rest" (never comes to rest),
# "/die", and writes what it did into its own file, so that a kill shows.
BOT = """
import asyncio, json, os, signal, sys
from datetime import UTC, datetime, timedelta
import httpx
from bot.playground.conductor import LedClock

BASE = f"{os.environ['BOT_API_URL']}/bot{os.environ['BOT_TOKEN']}/"
FILE = os.path.join(os.environ["DATA_DIR"], "bot.json")

async def main(fd):
    clock = await LedClock.connect(fd)
    http = httpx.AsyncClient(base_url=BASE, timeout=30, trust_env=False)
    state = json.load(open(FILE)) if os.path.exists(FILE) else {"inbox": [], "offset": 0, "due": []}
    resting = True

    def keep():
        with open(FILE + ".new", "w") as file:
            json.dump(state, file)
        os.replace(FILE + ".new", FILE)

    async def call(method, **params):
        try:
            answer = (await http.post(method, json=params, timeout=1)).json()
        except httpx.HTTPError:
            return None
        return answer

    async def poll():
        while True:
            asked = {"offset": state["offset"], "timeout": 20}
            try:
                answer = (await http.post("getUpdates", json=asked)).json()
            except httpx.HTTPError:
                await asyncio.sleep(0.05)
                continue
            if answer["ok"] and answer["result"]:
                state["inbox"] += answer["result"]
                state["offset"] = answer["result"][-1]["update_id"] + 1
                keep()

    async def handle(update):
        nonlocal resting
        if query := update.get("callback_query"):
            await call("answerCallbackQuery", callback_query_id=query["id"], text="tapped " + query["data"])
        message = update.get("message") or {}
        words = message.get("text", "").split()
        if not words:
            return
        chat = message["chat"]["id"]
        if words[0] == "/die":
            os._exit(7)
        if words[0] == "/rest":
            resting = False
        elif words[0] == "/now":
            await call("sendMessage", chat_id=chat, text="it is " + clock.now().isoformat())
        elif words[0] == "/in":
            for seconds in words[1:]:
                due = clock.now() + timedelta(seconds=float(seconds))
                state["due"].append([due.isoformat(), chat])
        else:
            buttons = {"inline_keyboard": [[{"text": "Yes", "callback_data": "yes"}]]}
            await call("sendMessage", chat_id=chat, text="heard " + " ".join(words), reply_markup=buttons)

    async def settle():
        while state["inbox"]:
            await handle(state["inbox"][0])
            state["inbox"].pop(0)
            keep()
        state["due"].sort()
        while state["due"] and datetime.fromisoformat(state["due"][0][0]) <= clock.now():
            due, chat = state["due"][0]
            await call("sendMessage", chat_id=chat, text=f"due {due[:19]} at {clock.now().isoformat()[:19]}")
            state["due"].pop(0)
            keep()
        if not resting:
            return clock.now()
        return datetime.fromisoformat(state["due"][0][0]) if state["due"] else None

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: os._exit(0))
    while await call("getMe") is None:
        await asyncio.sleep(0.05)
    polling = asyncio.create_task(poll())
    await clock.follow(settle)
    os._exit(0)

asyncio.run(main(int(sys.argv[1])))
"""

LAUNCHER = """
import os, sys
from pathlib import Path
from bot.playground import play
child = [sys.executable, sys.argv[1]]
folder = Path(os.environ["DATA_DIR"])
sys.exit(play(port=int(os.environ["PORT"]), data_dir=folder, bot_argv=lambda fd: [*child, str(fd)]))
"""


@pytest.fixture
def argv(tmp_path: Path) -> list[str]:
    bot = tmp_path / "echo.py"
    bot.write_text(BOT)
    return [sys.executable, "-c", LAUNCHER, str(bot)]


@pytest.fixture
def play(tmp_path: Path, argv: list[str]) -> Iterator[Play]:
    with started(tmp_path, argv) as play:
        yield play


def started(tmp_path: Path, argv: list[str]) -> Play:
    here = str(Path(__file__).parents[1])
    return Play.start(tmp_path / "data", {"PYTHONPATH": here, "DATABASE_URL": "nowhere"}, argv)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_call_answers_when_the_bot_has_answered(play: Play) -> None:
    play.ann.says("/hello")
    assert play.ann.texts() == ["/hello", "heard /hello"]
    assert play.ann.taps("Yes").alert == "tapped yes"


def test_a_jump_stops_at_every_instant_at_which_something_is_due(play: Play) -> None:
    play.ann.says("/start", "private")
    play.ann.says("/in 3600 7200 90000", "private")
    play.clock.by("P1D")
    due = [text.split() for text in play.ann.texts("private") if text.startswith("due")]
    assert len(due) == 2
    assert all(planned == done for _, planned, _, done in due)
    play.clock.next()
    assert len(play.ann.texts("private")) == 6


def test_the_bots_own_clock_can_be_wrong_and_be_put_right(play: Play) -> None:
    play.ann.says("/start", "private")

    def error() -> timedelta:
        play.ann.says("/now", "private")
        said = play.ann.texts("private")[-1].removeprefix("it is ")
        return instant(said) - instant(play.clock.now())

    slack = timedelta(seconds=2)
    for off in (timedelta(days=1), -timedelta(hours=1), timedelta(0)):
        play.clock.bot_is_off(f"{'-' if off < timedelta(0) else ''}PT{abs(off) // timedelta(seconds=1)}S")
        assert abs(error() - off) < slack
    play.ann.says("/in 3600", "private")
    play.clock.bot_is_off("PT90M")
    assert play.ann.texts("private")[-1].startswith("due")
    play.ann.says("/in 3600", "private")
    before = instant(play.clock.now())
    assert abs(instant(play.clock.next()) - before - timedelta(hours=1)) < slack
    play.kill()
    play.start_bot()
    assert abs(error() - timedelta(minutes=90)) < slack
    for wrong in ("an hour", "+PT1H"):
        with pytest.raises(Refusal, match="400"):
            play.clock.bot_is_off(wrong)


def test_what_is_due_within_a_second_is_waited_for(play: Play) -> None:
    play.ann.says("/start", "private")
    began = time.monotonic()
    play.ann.says("/in 0.7", "private")
    assert time.monotonic() - began >= 0.7
    assert play.ann.texts("private")[-1].startswith("due")


def test_the_clock_only_goes_forward(play: Play) -> None:
    now = instant(play.clock.now())
    for wrong in ("-PT1H", "PT", "P", "an hour"):
        with pytest.raises(Refusal, match="400"):
            play.clock.by(wrong)
    with pytest.raises(Refusal, match="400"):
        play.clock.to((now - timedelta(hours=1)).isoformat())
    with pytest.raises(Refusal, match="400"):
        play.clock.to("2037-01-01T10:00:00")
    with pytest.raises(Refusal, match="404"):
        play.clock.next()
    assert instant(play.clock.to("2037-07-01T10:00:00Z")) == instant("2037-07-01T12:00:00+02:00")


def test_the_clock_and_the_talk_outlive_a_kill_of_both_processes(tmp_path: Path, argv: list[str]) -> None:
    first = started(tmp_path, argv)
    first.ann.says("/hello")
    then = instant(first.clock.by("P3D"))
    assert first.process is not None
    first.process.kill()
    first.close()
    with started(tmp_path, argv) as second:
        assert timedelta(0) <= instant(second.clock.now()) - then < timedelta(seconds=30)
        assert second.ann.texts() == ["/hello", "heard /hello"]


def test_a_killed_bot_goes_on_where_it_was_and_time_moves_meanwhile(play: Play) -> None:
    play.ann.says("/start", "private")
    play.ann.says("/in 3600", "private")
    play.kill()
    with pytest.raises(Refusal, match=r"503: .*killed as asked"):
        play.line.get("/healthz")
    play.clock.by("PT2H")
    play.ann.says("/late", "private")
    assert not any(text.startswith("due") for text in play.ann.texts("private"))
    play.start_bot()
    planned, done = next(text.split()[1::2] for text in play.ann.texts("private") if text.startswith("due"))
    assert instant(done) - instant(planned) >= timedelta(minutes=59)
    assert "heard /late" in play.ann.texts("private")


def test_a_bot_that_is_down_misses_taps_and_old_messages(play: Play) -> None:
    play.ann.says("/hello")
    play.term()
    assert play.ann.taps("Yes").alert is None
    play.ann.says("/a")
    play.clock.by("PT10M")
    play.ann.says("/b")
    play.clock.by("PT23H55M")
    play.start_bot()
    assert play.ann.texts()[-1] == "heard /b"
    assert "heard /a" not in play.ann.texts()
    assert play.calls("answerCallbackQuery") == []


def test_a_bot_that_ends_by_itself_is_told(play: Play) -> None:
    play.ann.says("/die")
    with pytest.raises(Refusal, match="503: The bot ended by itself with status 7"):
        play.line.get("/healthz")


def test_a_bot_that_never_rests_is_told(play: Play) -> None:
    with pytest.raises(Refusal, match=r"500: .*again and again"):
        play.ann.says("/rest")


def test_faults_happen_as_often_as_asked(play: Play) -> None:
    for kind in ("500", "429", "403"):
        play.fault(kind, "sendMessage", retry_after=7)
        play.ann.says(f"/lost{kind}")
    play.ann.says("/kept")
    answers = [call["answer"] for call in play.calls("sendMessage")]
    assert [answer.get("error_code") for answer in answers] == [500, 429, 403, None]
    assert answers[1]["parameters"] == {"retry_after": 7}
    assert [text for text in play.ann.texts() if text.startswith("heard")] == ["heard /kept"]


def test_a_timeout_has_its_effect_before_or_never(play: Play) -> None:
    play.fault("timeout_before", "sendMessage")
    play.ann.says("/lost")
    play.fault("timeout_after", "sendMessage")
    play.ann.says("/kept")
    assert [text for text in play.ann.texts() if text.startswith("heard")] == ["heard /kept"]
    assert [call["answer"] is None for call in play.calls("sendMessage")] == [True, False]


@pytest.mark.parametrize("how", ["cut", "hang"])
def test_without_a_network_time_passes_and_people_go_on(play: Play, how: str) -> None:
    play.ann.says("/start", "private")
    play.ann.says("/in 3600", "private")
    play.network(gone=True, how=how)
    play.ann.says("/a", "private")
    play.clock.by("PT2H")
    assert play.ann.taps("Yes", "private").alert is None
    play.clock.by("PT23H")
    play.ann.says("/b", "private")
    assert play.ann.texts("private") == ["/start", "heard /start", "/in 3600", "/a", "/b"]
    play.network(gone=False)
    assert "heard /b" in play.ann.texts("private")
    assert "heard /a" not in play.ann.texts("private")  # it waited for more than a day
    assert play.ann.taps("Yes", "private").alert == "tapped yes"
    assert not any(call["answer"] for call in play.calls("answerCallbackQuery")[:-1])


def test_a_bot_can_be_started_without_a_network(play: Play) -> None:
    play.network(gone=True)
    play.kill()
    play.start_bot()
    play.ann.says("/hello")
    play.clock.by("PT1H")
    play.network(gone=False)
    assert play.ann.texts() == ["/hello", "heard /hello"]


def test_one_can_look_while_another_waits(play: Play) -> None:
    play.fault("timeout_before", "sendMessage")
    waiting = Thread(target=play.ann.says, args=("/slow",))
    waiting.start()
    while not play.ben.reads("room", wait=False):
        assert waiting.is_alive()
    assert waiting.is_alive()
    waiting.join()


def test_every_verb_of_a_phone_and_a_room_reaches_the_bot(play: Play) -> None:
    ann, cleo, rosie = play.ann, play.cleo, play.rosie
    ann.says("/start", "private")
    ann.speaks("de")
    ann.is_called("Anna")
    card = ann.says_so("/card")
    play.bot_in_room("ann", "admin")
    seen = {
        "photo": ann.sends_photo("us", reply_to=card),
        "voice": ann.sends_voice(),
        "sticker": ann.sends("sticker"),
    }
    one, other = ann.sends_album("two")
    ann.says_raw("nothing\0at all", "private")
    assert len(ann.says_long("x" * 5000, "private")) == 2
    shown = {message["id"]: message for message in ann.room}
    assert {kind: shown[number]["media"] for kind, number in seen.items()} == {kind: kind for kind in seen}
    assert shown[one]["album"] == shown[other]["album"]
    assert "nothing\0at all" in ann.texts("private")

    cleo.joins(by="ann")
    rosie.joins(by="ben")
    rosie.says("to people only")
    cleo.leaves()
    play.ben.is_admin()
    assert play.migrates("ann", ("to",)) == play.chat_of("ben")
    play.tells_of_migration("ben", ("from", "to", "member"))
    play.ben.speaks_as_the_group("/as_the_group")
    ann.speaks_as_a_channel("/as_a_channel")
    ann.posts_in_the_linked_channel("/news")
    ann.forwards("/forwarded", of="channel")
    gone = ann.says_via_a_bot("/via")
    ann.deletes(gone)
    ann.replies_to_what_is_gone("/too_late", gone)
    play.restricts_bot("ann")
    play.bot_in_room("ann", "member")
    play.mutes("ann")
    play.mutes("ann", really=False)
    play.becomes_a_forum()
    topic = play.topic("Evenings")
    ann.says_in(topic, "/in_a_topic")
    for how in ("closes", "reopens", "deletes"):
        play.changes_topic(topic, how)
    said = ["/as_the_group", "/as_a_channel", "/news", "/forwarded", "/via", "/too_late", "/in_a_topic"]
    heard = [call["params"]["text"] for call in play.calls("sendMessage", chat=play.chat_of())]
    assert heard == [f"heard {text}" for text in said]
    newest = play.ann.room[-1]
    play.fault("400", "deleteMessage", says="Bad Request: on purpose")
    play.fault("500", chat="*", lasts="PT1M")
    play.mend()
    play.limits()
    assert play.ann.taps("Yes", message=newest["id"]).alert == "tapped yes"
    assert play.pace(anew=True)["messages"] > len(said)
    assert play.pace()["messages"] == 0


def test_a_message_that_vanishes_is_gone_for_both(play: Play) -> None:
    play.auto_delete(3600)
    play.ann.says("/hello")
    play.clock.by("PT59M")
    assert play.ann.texts() == ["/hello", "heard /hello"]
    play.clock.by("PT2M")
    assert play.ann.texts() == []


def test_many_come_at_once(play: Play) -> None:
    phones = play.strangers(40)
    assert all(phone.texts("private") == ["/start", "heard /start"] for phone in phones)
    (ada, bo), _ = play.couples(2)
    ada.says("/hello")
    assert bo.texts() == ["/hello", "heard /hello"]
    assert bo.taps("Yes").alert == "tapped yes"
    assert play.count_of_calls("sendMessage") == {
        "count": 41, "newest": play.calls()[-1]["n"], "ever": play.count_of_calls()["ever"]
    }  # fmt: skip


def test_an_act_that_does_not_wait_leaves_the_bot_to_be_killed_in_the_midst(play: Play) -> None:
    play.ann.says("/one", wait=False)
    play.kill()
    play.start_bot()
    assert play.ann.texts().count("heard /one") in {1, 2}  # this bot sends again when in doubt


def test_sigterm_ends_the_bot_first_and_then_the_stand_in(tmp_path: Path, argv: list[str]) -> None:
    play = started(tmp_path, argv)
    assert play.process is not None
    children = Path(f"/proc/{play.process.pid}/task/{play.process.pid}/children").read_text().split()
    assert len(children) == 1
    assert play.close() == 0
    assert not any(Path(f"/proc/{child}").exists() for child in children)


def test_the_bot_inherits_nothing_that_leads_elsewhere(play: Play) -> None:
    child = (Path(f"/proc/{pid(play)}/task/{pid(play)}/children")).read_text().split()[0]
    env: dict[str, Any] = dict(
        line.split("=", 1) for line in Path(f"/proc/{child}/environ").read_text().split("\0") if line
    )
    assert env["BOT_API_URL"] == play.line.address
    assert "DATABASE_URL" not in env
    assert env["REQUEST_TIMEOUT"] == "2"


def test_the_bot_ends_when_the_stand_in_is_killed(play: Play) -> None:
    child = (Path(f"/proc/{pid(play)}/task/{pid(play)}/children")).read_text().split()[0]
    assert play.process is not None
    play.process.kill()
    play.process.wait()
    end = time.monotonic() + 10
    while _lives(int(child)) and time.monotonic() < end:
        time.sleep(0.02)
    assert not _lives(int(child))


def pid(play: Play) -> int:
    assert play.process is not None
    return play.process.pid


def _lives(child: int) -> bool:
    try:
        os.kill(child, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{child}/stat").read_text().split()[2] != "Z"
