"""A stand-in for Telegram on this machine, so that the real bot can be played with and tested.

It imports nothing of the bot: what binds them is the Bot API over HTTP and the led clock of `conductor`.
"""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.playground.child import Begin


def play(
    *, port: int, data_dir: Path, bot_argv: Callable[[int], Sequence[str]], to_anybody: bool = False,
    begin: "Begin | None" = None,
) -> int:  # fmt: skip
    """Serve the stand-in on a loopback port with the bot below it, until a signal; return the exit status.

    `bot_argv` makes the bot's command line from the file descriptor on which its clock is led; `begin` is for
    one that is not to be executed. The address is printed once the bot is up.
    """
    from bot.playground.child import execute  # noqa: PLC0415  (as below)
    from bot.playground.theatre import serve  # noqa: PLC0415  (the bot imports `conductor` alone, and no server)

    return asyncio.run(serve(port, data_dir, bot_argv, begin or execute, to_anybody=to_anybody))
