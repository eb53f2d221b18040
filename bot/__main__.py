"""The command line: `tend run`, `migrate`, `backup`, `play`, `doctor` and the others. It decides nothing."""

import argparse
import logging
import sys
from datetime import timedelta
from pathlib import Path

from bot.clock import wall_clock
from bot.logs import log_to_stderr, trace_of
from bot.playground import play
from bot.settings import RefusedSettingsError, Settings, read_settings

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
            case "play":
                keep_apart(settings)
                return play(
                    port=settings.port, data_dir=settings.data_dir, bot_argv=led_bot,
                    to_anybody=is_open(options.open),
                )  # fmt: skip
            case "alive":
                return 0 if is_alive(settings) else 1
            case "simulate":
                from bot.simulation.rehearsed import simulate  # noqa: PLC0415 - it imports all there is

                logging.disable()  # of lost calls and a busy database there is no end
                verdict = simulate(options.seed, options.kills, options.upsets)
                sys.stdout.write(f"{verdict}\n")
                return 0 if verdict.holds else 1
            case _:
                from bot import hosting  # noqa: PLC0415 - two seconds, and `alive` is asked twice a minute

                more = {name: value for name, value in vars(options).items() if name != "command"}
                return hosting.obey(options.command, settings, **more)
    except RefusedSettingsError as error:
        sys.stderr.write(f"{error}\n")
    except Exception as error:  # noqa: BLE001 - Python's own last words would print messages, and those may hold words
        sys.stderr.write(f"Tend has stopped: {trace_of(error)}\n")
    return 2


def keep_apart(settings: Settings) -> None:
    """Let nobody play with the data of a real couple. Raises RefusedSettingsError."""
    if settings.folder.exists() and not (settings.data_dir / "stand-in").exists():
        raise RefusedSettingsError("DATA_DIR holds the data of a real bot. Give `tend play` another folder.")
    if settings.bot_token.get_secret_value() and settings.database_url.get_secret_value():
        raise RefusedSettingsError("BOT_TOKEN and DATABASE_URL belong to a real bot. Play without them.")


def is_open(asked: int) -> bool:
    """Whether anybody may play: only where that was asked for twice. Raises RefusedSettingsError."""
    if asked == 1:
        raise RefusedSettingsError(
            "Whoever reaches this machine could then be both of the two, and read all that was said. "
            "If you want that, say it twice: --open --open."
        )
    return asked > 1


def is_alive(settings: Settings) -> bool:
    """Whether a running bot has gone its road lately."""
    touched = settings.folder / "alive"
    return touched.exists() and wall_clock().timestamp() - touched.stat().st_mtime < ALIVE.total_seconds()


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
    keeping = commands.add_parser("backup", help="copy an SQLite database while the bot runs")
    keeping.add_argument("to", type=Path, metavar="FILE", help="a new file; it holds no key")
    playing = commands.add_parser(
        "play", help="run it on this machine with a stand-in for Telegram; it needs nothing"
    )
    playing.add_argument(
        "--open", action="count", default=0, help="to whoever reaches this machine; say it twice"
    )
    commands.add_parser("doctor", help="look at everything it needs, and say what to do")
    simulating = commands.add_parser("simulate", help="play an evening of chance and see what a kill breaks")
    simulating.add_argument("--seed", type=int, default=1, help="the same seed plays the same evening")
    simulating.add_argument("--kills", type=int, default=2, help="how often the bot is killed")
    simulating.add_argument("--upsets", type=int, default=0, help="how often time itself goes wrong")
    commands.add_parser("alive", help="succeed if a bot with the same DATA_DIR is going its road")
    return parser


def led_bot(fd: int) -> list[str]:
    """Return the command line of a bot whose clock is led from this file descriptor."""
    return [sys.executable, "-m", "bot", "run", "--led-by", str(fd)]


if __name__ == "__main__":
    sys.exit(main())
