"""How many answers a second a bot gives that loses nothing, beside one that stores nothing.

Hundreds of taps wait at the stand-in while no bot runs; then one starts, and its answers are timed from the
first to the last. Tend keeps each tap and steps it in a transaction on SQLite that is committed before it
answers. The other is python-telegram-bot alone. Both go through HTTP, by turns, with the same taps.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import time as hour
from pathlib import Path
from statistics import median

from bot.clock import wall_clock
from bot.couple.house import ALL_PREFERENCES, HOUSE
from bot.engine import Engine
from bot.hosting import open_store
from bot.playground.cast import BOT
from bot.playground.exchange import Exchange
from bot.settings import Settings
from tests import town
from tests.phones import Phone, Play
from tests.rehearsal import BERLIN

COUPLES, TAPS_OF_EACH, TURNS = 250, 4, 3
ASK = "What did I say?"
WITHIN = 120.0  # seconds in which all are answered
A_LOOK = 0.2
HALF, AT_LEAST = 0.5, 150  # of the bare bot's, and answers a second: what is asked for
BARE = [sys.executable, "-m", "tests.bare_bot"]


@dataclass(frozen=True)
class Answers:
    """What one run found: answers a second, turn by turn."""

    tend: list[float]
    bare: list[float]

    @property
    def holds(self) -> bool:
        """Whether Tend gives as many as was asked for."""
        return median(self.tend) >= max(AT_LEAST, HALF * median(self.bare))

    def lines(self) -> Iterator[str]:
        """Tell it as a table."""
        yield "| | answers a second | of the bare one's |"
        yield "|---|---|---|"
        for name, rates in (
            ("Tend, on SQLite", self.tend),
            ("python-telegram-bot, storing nothing", self.bare),
        ):
            yield f"| {name} | {median(rates):.0f} | {median(rates) / median(self.bare):.2f} |"
        yield ""
        yield (
            f"{COUPLES * TAPS_OF_EACH:,} taps, {TURNS} times each, by turns. Asked for: {HALF} of the bare "
            f"one's, and {AT_LEAST}. It {'holds' if self.holds else 'does not hold'}."
        )


def measure() -> Answers:
    """Measure once. It takes about three minutes."""
    with tempfile.TemporaryDirectory(prefix="tend-bench-") as folder:
        settle(Path(folder))
        with Play.start(Path(folder)) as play:
            phones = [Phone(play.line, f"ada{number}") for number in range(1, COUPLES + 1)]
            for phone in phones:
                phone.says("/checkin calm / rest", wait=False)
            while not all(has_answered(phone) for phone in phones):
                time.sleep(A_LOOK)
            tend, bare = list[float](), list[float]()
            for _ in range(TURNS):
                tend.append(answers_of_tend(play, phones))
                bare.append(answers_of_the_bare_one(play, phones))
            return Answers(tend, bare)


def has_answered(phone: Phone) -> bool:
    """Whether somebody sees the button that is tapped here."""
    messages = phone.reads("room", wait=False)
    return any(ASK in row for message in messages for row in message["buttons"])


def settle(folder: Path) -> None:
    """Let all live here, in the stand-in's world and in the bot's database, far from their evening."""
    now = wall_clock().astimezone(BERLIN)
    store = open_store(Settings(data_dir=folder), lambda: now, migrating=True)
    in_two_days = now.date() + timedelta(days=2)
    town.settle(store, Engine(HOUSE, ALL_PREFERENCES), range(1, COUPLES + 1), hour(21), in_two_days)
    store.close()
    exchange = Exchange(folder / "stand-in")
    exchange.crowd.settlers(COUPLES)
    exchange.kept()
    exchange.history.close()


def answers_of_tend(play: Play, phones: list[Phone]) -> float:
    """Let Tend answer what waits; return how many a second."""
    since = taps_wait(play, phones)
    play.start_bot()
    return answered(play, since)


def answers_of_the_bare_one(play: Play, phones: list[Phone]) -> float:
    """Let the other bot answer what waits; return how many a second."""
    since = taps_wait(play, phones)
    env = os.environ | {"BOT_TOKEN": BOT.token, "BOT_API_URL": play.line.address}
    with subprocess.Popen(BARE, env=env, stderr=subprocess.DEVNULL) as bot:
        try:
            return answered(play, since)
        finally:
            bot.terminate()


def taps_wait(play: Play, phones: list[Phone]) -> int:
    """Let everybody tap while nobody hears it; return the number of the newest call."""
    play.term()
    for _ in range(TAPS_OF_EACH):
        for phone in phones:
            phone.taps(ASK, wait=False)
    newest: int = play.count_of_calls(wait=False)["newest"]
    return newest


def answered(play: Play, since: int) -> float:
    """Wait until all was answered; return how many a second, from the first answer on."""
    end = time.monotonic() + WITHIN
    many = COUPLES * TAPS_OF_EACH
    while play.count_of_calls("answerCallbackQuery", since=since, wait=False)["count"] < many:
        if time.monotonic() > end:
            raise AssertionError("Not all was answered.")
        time.sleep(A_LOOK)
    calls = play.calls("answerCallbackQuery", since=since, wait=False)
    at = sorted(datetime.fromisoformat(call["at"]) for call in calls)
    return (many - 1) / (at[-1] - at[0]).total_seconds()
