"""The composition root and the command line: `tend run`, `migrate`, `play`, `doctor` and `alive`.

It decides nothing.
"""

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from bot.clock import Heartbeat, wall_clock
from bot.couple.house import ALL_PREFERENCES, HOUSE
from bot.doctor import examine
from bot.engine import Engine
from bot.logs import log_to_stderr, trace_of
from bot.playground import play
from bot.playground.conductor import LedClock
from bot.settings import RefusedSettingsError, Settings, read_settings
from bot.storage.outbox import Limits
from bot.storage.sealing import KeyRefusedError, keyring
from bot.storage.store import BusyError, RefusedDatabaseError, Ring, Storage, Store, keys_of, migrate
from bot.telegram.app import InvalidToken, Line, Tend

log = logging.getLogger(__name__)

ALIVE = timedelta(seconds=90)  # the road is gone at least once a second; a call to Telegram may take long


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    options = command_line().parse_args(argv)
    try:
        settings = read_settings()
        log_to_stderr(
            settings.log_level,
            as_json=settings.log_format == "json",
            secret=settings.bot_token.get_secret_value(),
        )
        match options.command:
            case "run":
                return asyncio.run(run(settings, options.led_by))
            case "migrate":
                return tell_steps(settings)
            case "play":
                keep_apart(settings)
                return play(port=settings.port, data_dir=settings.data_dir, bot_argv=led_bot)
            case "doctor":
                return tell_findings(settings)
            case _:
                return 0 if is_alive(settings) else 1
    except (RefusedSettingsError, RefusedDatabaseError, KeyRefusedError) as error:
        sys.stderr.write(f"{error}\n")
    except BusyError as error:
        sys.stderr.write(
            f"The database does not answer, or somebody else holds it ({type(error).__name__}). "
            "Try again, or ask `tend doctor`.\n"
        )
    except InvalidToken:
        sys.stderr.write("Telegram does not know this BOT_TOKEN. Copy it anew from @BotFather.\n")
    except Exception as error:  # noqa: BLE001 - Python's own last words would print messages, and those may hold words
        sys.stderr.write(f"Tend has stopped: {trace_of(error)}\n")
    return 2


def keep_apart(settings: Settings) -> None:
    """Let nobody play with the data of a real couple. Raises RefusedSettingsError."""
    if settings.folder.exists() and not (settings.data_dir / "stand-in").exists():
        raise RefusedSettingsError("DATA_DIR holds the data of a real bot. Give `tend play` another folder.")
    if settings.bot_token.get_secret_value() and settings.database_url.get_secret_value():
        raise RefusedSettingsError("BOT_TOKEN and DATABASE_URL belong to a real bot. Play without them.")


def command_line() -> argparse.ArgumentParser:
    """Return what `tend` understands."""
    parser = argparse.ArgumentParser(
        "tend", description="A Telegram bot that keeps small rituals with a couple."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    running = commands.add_parser("run", help="run the bot; it needs BOT_TOKEN")
    running.add_argument(
        "--led-by", type=int, metavar="FD", help=argparse.SUPPRESS
    )  # the playground leads its clock
    commands.add_parser("migrate", help="bring the database to this version; make a backup first")
    commands.add_parser("play", help="run it on this machine with a stand-in for Telegram; it needs nothing")
    commands.add_parser("doctor", help="look at everything it needs, and say what to do")
    commands.add_parser("alive", help="succeed if a bot with the same DATA_DIR is going its road")
    return parser


def led_bot(fd: int) -> list[str]:
    """Return the command line of a bot whose clock is led from this file descriptor."""
    return [sys.executable, "-m", "bot", "run", "--led-by", str(fd)]


async def run(settings: Settings, led_by: int | None) -> int:
    """Run the bot until it is told to stop."""
    if not settings.bot_token.get_secret_value():
        raise RefusedSettingsError(
            "BOT_TOKEN is empty. Ask @BotFather for one, or try `tend play`, which needs none."
        )
    led = await LedClock.connect(led_by) if led_by is not None else None
    now: Callable[[], datetime] = led.now if led else wall_clock
    storage = Storage(open_store(settings, now, migrating=led is not None))
    limits = Limits(
        settings.prompts_a_second, settings.answers_a_second, settings.group_a_minute, settings.in_flight
    )
    engine = Engine(HOUSE, ALL_PREFERENCES, settings.home)
    line = Line(settings.bot_token.get_secret_value(), settings.bot_api_url, settings.request_timeout)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        await Tend(line, storage, engine, now, limits, Heartbeat, (settings.folder / "alive").touch).run(
            stop, partial(follow, led) if led else None
        )
    finally:
        storage.close()
    log.info("stopped")
    return 0


async def follow(led: LedClock, tend: Tend) -> None:
    """Let the playground lead the clock."""
    await led.follow(tend.settle)


def open_store(settings: Settings, now: Callable[[], datetime], *, migrating: bool) -> Store:
    """Return the database, its seals opened by the host's key. An empty one is made.

    One that is behind is refused, since a host decides when; only the playground's is `migrating` by itself.
    Raises RefusedDatabaseError or KeyRefusedError.
    """
    settings.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for step in migrate(settings.database, ring_of(settings), only_new=not migrating):
        log.info("migrated %s", step)
    store = Store(settings.database, keys_of(settings.database, ring_of(settings)), now)
    store.open()
    return store


def ring_of(settings: Settings) -> Ring:
    """Return what finds the host's key, or makes it where that is allowed."""
    return lambda may_create: keyring(
        settings.tend_key.get_secret_value(), settings.folder, may_create=may_create
    )


def tell_steps(settings: Settings) -> int:
    """Migrate, and print what was done."""
    settings.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for step in migrate(settings.database, ring_of(settings)):
        sys.stdout.write(f"done  {step}\n")
    sys.stdout.write("The database is up to date. `tend run` goes on with it.\n")
    return 0


def is_alive(settings: Settings) -> bool:
    """Whether a running bot has gone its road lately."""
    touched = settings.folder / "alive"
    return touched.exists() and wall_clock().timestamp() - touched.stat().st_mtime < ALIVE.total_seconds()


def tell_findings(settings: Settings) -> int:
    """Print what the doctor found; 0 where all is well."""
    findings = list(examine(settings, wall_clock))
    for finding in findings:
        sys.stdout.write(f"{'ok  ' if finding.well else 'LOOK'} {finding.what}: {finding.says}\n")
    return 0 if all(finding.well for finding in findings) else 1


if __name__ == "__main__":
    sys.exit(main())
