"""The parent process: one loopback port, all faces, the bot below it, until a signal ends them in order."""

import asyncio
import signal
import sys
from functools import partial
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Route

from bot.playground.bot_api import BotApi
from bot.playground.child import Begin, BotArgv, Child, environment
from bot.playground.control import Control, impossible
from bot.playground.cutting import CuttableConnection
from bot.playground.exchange import Exchange
from bot.playground.files import download
from bot.playground.page import Page, guarded
from bot.playground.people import Impossible
from bot.playground.pushing import Pushing
from bot.playground.stage import Stage
from bot.serving import Server, bound, collect_seldom

LOOPBACK, EVERYWHERE = "127.0.0.1", "0.0.0.0"  # noqa: S104 - asked for twice
LONGEST_BYE = 2  # seconds for calls that are still open


def face(stage: Stage) -> Starlette:
    """Return the faces as one application: the bot's, the scripts', and the page."""
    control = Control(stage)
    api = Route("/bot{token}/{method}", BotApi(stage.exchange))
    file = Route("/file/bot{token}/{path:path}", partial(download, stage.exchange.world))
    return Starlette(
        routes=[api, file, *control.routes(), *Page(stage, control.director).routes()],
        exception_handlers={Impossible: impossible},
    )


def server(stage: Stage, *, to_anybody: bool = False) -> Server:
    """Return the server of all faces; it logs no addresses, since they carry the token."""
    hosts = ["*"] if to_anybody else [LOOPBACK, "localhost"]
    config = uvicorn.Config(
        TrustedHostMiddleware(guarded(face(stage)), allowed_hosts=hosts),
        http=CuttableConnection,
        log_config=None,  # the host of this process decides how it logs
        log_level="warning",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=LONGEST_BYE,
    )
    return Server(config)


async def serve(port: int, data_dir: Path, bot_argv: BotArgv, begin: Begin, *, to_anybody: bool) -> int:
    """Serve until SIGTERM or SIGINT, on loopback or to whoever reaches this machine."""
    folder = data_dir / "stand-in"
    try:
        listener = bound(f"{EVERYWHERE if to_anybody else LOOPBACK}:{port}")
    except OSError as error:
        sys.stderr.write(
            f"Port {port} of {LOOPBACK} cannot be used ({error.strerror}). Set PORT to another.\n"
        )
        return 1
    exchange = Exchange(folder)
    collect_seldom()
    child = Child(bot_argv, environment(port, data_dir), folder / "bot.log", exchange.ring, begin)
    stage = Stage(exchange, child)
    serving = server(stage, to_anybody=to_anybody)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    running = asyncio.create_task(serving.serve(sockets=[listener]))
    pushing = asyncio.create_task(Pushing(exchange).run())
    opening = asyncio.create_task(_open(stage, f"http://{LOOPBACK}:{port}"))
    await stop.wait()
    opening.cancel()
    pushing.cancel()
    await child.term()
    exchange.closing = True
    exchange.ring()
    serving.should_exit = True
    await running
    exchange.history.close()
    return 0


async def _open(stage: Stage, address: str) -> None:
    try:
        await stage.start()
    except Impossible as error:
        sys.stderr.write(f"{error}\n")
    child = stage.child
    if child is not None and child.ready:
        sys.stdout.write(f"{address}\n")
        sys.stdout.flush()
    elif child is not None:
        sys.stderr.write(f"{child.verdict}\n")
