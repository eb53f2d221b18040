"""The composition root, and what a host does with a bot: run it, migrate its database, ask the doctor.

It decides nothing.
"""

import asyncio
import fcntl
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from bot.clock import Heartbeat, wall_clock
from bot.couple.house import ALL_PREFERENCES, HOUSE
from bot.doctor import examine
from bot.engine import Engine
from bot.metrics import Metrics
from bot.playground.conductor import LedClock
from bot.serving import bound, collect_seldom, serving
from bot.settings import RefusedSettingsError, Settings
from bot.storage.pace import Limits
from bot.storage.sealing import KeyRefusedError, keyring
from bot.storage.store import (
    BusyError,
    RefusedDatabaseError,
    Ring,
    Storage,
    Store,
    copy_whole,
    keys_of,
    migrate,
)
from bot.telegram.app import Tend
from bot.telegram.line import InvalidToken, Line
from bot.telegram.webhook import Door, RefusedDoorError

log = logging.getLogger(__name__)

CALLS_OF_A_LINE, A_NOTE = 2, timedelta(seconds=30)  # a picture may go in two; and what came of it is noted
SHARING = 0.0001  # seconds for which the storage thread may keep the event loop from going on


def obey(command: str, settings: Settings, *, led_by: int | None = None, to: Path | None = None) -> int:
    """Do what the host asked for, and return the exit status; what is refused is said in a sentence."""
    try:
        match command:
            case "run":
                with only_one(settings):
                    return asyncio.run(run(settings, led_by))
            case "migrate":
                return tell_steps(settings)
            case "backup" if to is not None:
                return tell_backup(settings, to)
            case _:
                return tell_findings(settings)
    except (RefusedDatabaseError, RefusedDoorError, KeyRefusedError) as error:
        sys.stderr.write(f"{error}\n")
    except BusyError as error:
        sys.stderr.write(
            f"The database does not answer, or somebody else holds it ({type(error).__name__}). "
            "Try again, or ask `tend doctor`.\n"
        )
    except InvalidToken:
        sys.stderr.write("Telegram does not know this BOT_TOKEN. Copy it anew from @BotFather.\n")
    return 2


async def run(settings: Settings, led_by: int | None) -> int:
    """Run the bot until it is told to stop."""
    if not settings.bot_token.get_secret_value():
        raise RefusedSettingsError(
            "BOT_TOKEN is empty. Ask @BotFather for one, or try `tend play`, which needs none."
        )
    led = await LedClock.connect(led_by) if led_by is not None else None
    now: Callable[[], datetime] = led.now if led else wall_clock
    shared = led is None and not settings.on_sqlite
    storage = Storage(open_store(settings, now, migrating=led is not None, by_its_clock=shared))
    line = Line(settings.bot_token.get_secret_value(), settings.bot_api_url, settings.request_timeout)
    limits = Limits(
        settings.prompts_a_second, settings.answers_a_second, settings.group_a_minute, settings.in_flight,
        CALLS_OF_A_LINE * line.longest_call + A_NOTE,
    )  # fmt: skip
    engine = Engine(HOUSE, ALL_PREFERENCES, settings.home, timedelta(minutes=settings.spread))
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    sys.setswitchinterval(SHARING)
    collect_seldom()
    touch = (settings.folder / "alive").touch
    tend = Tend(line, storage, engine, storage.store.now, limits, Heartbeat, touch, Metrics(), door(settings))
    try:
        async with AsyncExitStack() as stack:
            if settings.listen:
                await stack.enter_async_context(serving(port_of(settings), tend))
            await tend.run(stop, partial(follow, led) if led else None)
    finally:
        storage.close()
    log.info("stopped")
    return 0


@contextmanager
def only_one(settings: Settings) -> Iterator[None]:
    """Let nobody else run on an SQLite database meanwhile. Raises RefusedDatabaseError."""
    if not settings.on_sqlite:
        yield
        return
    with (folder_of(settings) / "running").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RefusedDatabaseError(
                "Another Tend runs with this DATA_DIR, and SQLite has one process. End that one first, "
                "or let many share a PostgreSQL."
            ) from None
        except OSError as error:  # a folder on a network, say, that knows no locks
            log.warning("DATA_DIR cannot be locked (%s): see that nobody else runs with it", error.strerror)
        yield


def folder_of(settings: Settings) -> Path:
    """Return where our own data lie, made where it is not there. Raises RefusedSettingsError."""
    try:
        settings.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise RefusedSettingsError(f"DATA_DIR cannot be used ({error.strerror}). Give another.") from None
    return settings.folder


async def follow(led: LedClock, tend: Tend) -> None:
    """Let the playground lead the clock, and tell it what is ahead."""
    await led.follow(tend.settle, tend.outlook)


def port_of(settings: Settings) -> socket.socket:
    """Return the port of LISTEN. Raises RefusedSettingsError where it cannot be had."""
    try:
        return bound(settings.listen)
    except OSError as error:
        raise RefusedSettingsError(f"LISTEN cannot be used ({error.strerror}). Set another.") from None


def door(settings: Settings) -> Door | None:
    """Return where Telegram brings updates; None: it is polled."""
    if not settings.webhook_url:
        return None
    return Door(settings.webhook_url, settings.webhook_secret.get_secret_value())


def open_store(
    settings: Settings, now: Callable[[], datetime], *, migrating: bool, by_its_clock: bool = False
) -> Store:
    """Return the database, its seals opened by the host's key. An empty one is made.

    One that is behind is refused, since a host decides when; only the playground's is `migrating` by itself.
    Raises RefusedDatabaseError or KeyRefusedError.
    """
    folder_of(settings)
    for step in migrate(settings.database, ring_of(settings), only_new=not migrating):
        log.info("migrated %s", step)
    keys = keys_of(settings.database, ring_of(settings))
    store = Store(settings.database, keys, now, by_its_clock=by_its_clock)
    store.open()
    return store


def ring_of(settings: Settings) -> Ring:
    """Return what finds the host's key, or makes it where that is allowed."""
    return lambda may_create: keyring(
        settings.tend_key.get_secret_value(), settings.folder, may_create=may_create
    )


def tell_steps(settings: Settings) -> int:
    """Migrate, and print what was done."""
    folder_of(settings)
    for step in migrate(settings.database, ring_of(settings)):
        sys.stdout.write(f"done  {step}\n")
    sys.stdout.write("The database is up to date. `tend run` goes on with it.\n")
    return 0


def tell_backup(settings: Settings, to: Path) -> int:
    """Copy an SQLite database, whole and as it is at one moment, to a new file that only its owner reads.

    Raises RefusedSettingsError where it is none, is not there, or where the file is there already.
    """
    if not settings.on_sqlite:
        raise RefusedSettingsError("The database is PostgreSQL: use pg_dump, as docs/running.md says.")
    database = Path(settings.database.removeprefix("sqlite:///"))
    if not database.exists():
        raise RefusedSettingsError("There is no database in this DATA_DIR.")
    try:
        os.close(os.open(to, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        raise RefusedSettingsError(f"The backup cannot be written ({error.strerror}).") from None
    copy_whole(database, to)
    sys.stdout.write("Done. The key is not in it: keep a copy of that in another place.\n")
    return 0


def tell_findings(settings: Settings) -> int:
    """Print what the doctor found; 0 where all is well."""
    findings = list(examine(settings, wall_clock))
    for finding in findings:
        sys.stdout.write(f"{'ok  ' if finding.well else 'LOOK'} {finding.what}: {finding.says}\n")
    return 0 if all(finding.well for finding in findings) else 1
