"""`tend doctor`: looks at one thing after the other and says what to do about each that is amiss.

It names no secret and nobody's words: only what is there, what is not, and how many.
"""

import asyncio
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import httpx

from bot.settings import Settings
from bot.storage import inbox, outbox
from bot.storage.sealing import KeyRefusedError, keyring
from bot.storage.store import StorageError, Store, is_sealed, standing
from bot.telegram.line import Line, raw_bot

ENOUGH_ZONES = 400  # the zone database has about 600 names
WRONG_CLOCK = timedelta(minutes=2)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    well: bool
    says: str


def examine(settings: Settings, now: Callable[[], datetime]) -> Iterator[Finding]:
    """Look at everything that Tend needs, one finding each."""
    yield from asyncio.run(_telegram(settings, now))
    yield from _database(settings, now)
    yield _zones()


async def _telegram(settings: Settings, now: Callable[[], datetime]) -> list[Finding]:
    token = settings.bot_token.get_secret_value()
    if not token:
        return [Finding("token", well=False, says="BOT_TOKEN is empty. Ask @BotFather for one and set it.")]
    try:
        async with raw_bot(Line(token, settings.bot_api_url, settings.request_timeout), 1) as bot:
            listens = bool(bot.bot.can_read_all_group_messages)
            told = await bot.get_webhook_info()
    except Exception as error:  # noqa: BLE001 - whatever it is, the host is told its kind, and never the address
        return [
            Finding(
                "token",
                well=False,
                says=f"Telegram did not accept it or was not reached ({type(error).__name__}).",
            )
        ]
    privacy = (
        "It is off. Send /setprivacy to @BotFather, choose Enable, and add the bot anew to its groups."
        if listens
        else "It is on: Tend sees commands, taps and replies."
    )
    return [
        Finding("token", well=True, says="Telegram knows it."),
        Finding("privacy mode", well=not listens, says=privacy),
        _way(settings.webhook_url, told.url, told.pending_update_count),
        await _clock(settings, now),
    ]


def _way(wanted: str, known: str, waiting: int) -> Finding:
    """Say how updates come here, and how many wait at Telegram."""
    if not wanted and not known:
        says = f"Telegram is polled; {waiting} wait there."
    elif not wanted:
        says = "Telegram pushes to a webhook, and WEBHOOK_URL is empty: `tend run` gives it up and polls."
    elif known == wanted:
        says = f"Telegram pushes to WEBHOOK_URL; {waiting} wait there."
    else:
        says = "Telegram does not know WEBHOOK_URL yet; `tend run` tells it."
    return Finding("updates", well=wanted == known, says=says)


async def _clock(settings: Settings, now: Callable[[], datetime]) -> Finding:
    """Compare our clock with the one in Telegram's answers."""
    async with httpx.AsyncClient(timeout=settings.request_timeout) as client:
        try:
            answered = (await client.get(settings.bot_api_url)).headers.get("date", "")
        except httpx.HTTPError as error:
            return Finding("clock", well=False, says=f"It could not be compared ({type(error).__name__}).")
    try:
        theirs = datetime.strptime(answered, "%a, %d %b %Y %H:%M:%S %Z").replace(tzinfo=ZoneInfo("UTC"))
    except ValueError:
        return Finding(
            "clock",
            well=True,
            says=f"It shows {now():%Y-%m-%d %H:%M} UTC; there was nothing to compare it with.",
        )
    apart = abs(now() - theirs)
    if apart > WRONG_CLOCK:
        return Finding("clock", well=False, says=f"It is {apart} off. Let this machine keep its time by NTP.")
    return Finding("clock", well=True, says="It agrees with Telegram's.")


def _database(settings: Settings, now: Callable[[], datetime]) -> Iterator[Finding]:
    place = "DATABASE_URL" if settings.database_url.get_secret_value() else str(settings.folder / "tend.db")
    if not settings.database_url.get_secret_value() and not (settings.folder / "tend.db").exists():
        yield Finding("database", well=True, says=f"{place} is not there yet; `tend run` makes it.")
        return
    try:
        found = standing(settings.database)
    except (StorageError, ImportError) as error:  # the second: a kind of database without its driver
        yield Finding(
            "database", well=False, says=f"{place} does not answer ({type(error).__name__}). Is it running?"
        )
        return
    yield Finding("database", well=True, says=f"{place} answers.")
    if found.is_new:
        yield Finding("migrations", well=True, says="It is empty yet; `tend run` makes its tables.")
        return
    yield Finding("migrations", well=not found.refusal, says=found.refusal or "All are there.")
    if found.refusal:
        return
    if not is_sealed(settings.database):
        yield Finding(
            "key", well=True, says="Nothing is sealed yet; `tend run` makes a key unless it has one."
        )
        return
    try:
        store = Store(
            settings.database,
            keyring(settings.tend_key.get_secret_value(), settings.folder, may_create=False),
            now,
        )
        store.open()
    except KeyRefusedError as error:
        yield Finding("key", well=False, says=str(error))
        return
    yield _key(settings)
    with store.begin() as tx:
        waiting, dead = outbox.waiting_lines(tx), inbox.dead_letters(tx)
    store.close()
    yield Finding("outbox", well=True, says=f"{waiting} lines wait to be sent.")
    says = f"{dead} updates could not be understood and are kept aside, sealed."
    yield Finding("inbox", well=not dead, says=says if dead else "Every update was understood.")


def _key(settings: Settings) -> Finding:
    path = settings.folder / "key"
    if not settings.tend_key.get_secret_value() and stat.S_IMODE(path.stat().st_mode) & 0o077:
        return Finding("key", well=False, says=f"Others may read {path}. `chmod 600` it.")
    return Finding("key", well=True, says="It opens this database. Keep a copy of it apart from the backups.")


def _zones() -> Finding:
    known = len(available_timezones())
    says = (
        f"{known} are known."
        if known >= ENOUGH_ZONES
        else f"Only {known} are known. Install the package tzdata."
    )
    return Finding("zones", well=known >= ENOUGH_ZONES, says=says)
