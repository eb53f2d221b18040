"""The port of a running bot: Telegram's pushes, where it has a webhook, and whether it is well.

`/healthz` says that the process goes its road, `/readyz` that it also hears Telegram and its database takes
what is stored. Neither names anybody, nor how many they are.
"""

import asyncio
import contextlib
import gc
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Protocol

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

MOST_AT_ONCE = 100  # connections; one more is answered 503
LONGEST_BYE = 3  # seconds for what is under way at the end
WELL, UNWELL = 200, 503
SELDOM = 2_000, 20, 100  # as of `gc`: a look through all that lives stops everything, and finds little


class Server(uvicorn.Server):
    """Uvicorn that leaves the signals to us: what ends first, and what after it, is decided elsewhere."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def collect_seldom() -> None:
    """Let Python look for garbage seldom, and never through what lives by now.

    One look through all that was imported would stop everything for 0.1 s.
    """
    gc.freeze()
    gc.set_threshold(*SELDOM)


def bound(where: str) -> socket.socket:
    """Take HOST:PORT. Raises OSError where it cannot be had."""
    host, _, port = where.rpartition(":")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends small answers at once only on sockets that name TCP; without it each waits 40 ms
    taken = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    taken.bind((host.strip("[]"), int(port)))
    return taken


class Running(Protocol):
    """What is served: a running bot."""

    @property
    def routes(self) -> Sequence[BaseRoute]: ...

    @property
    def is_alive(self) -> bool: ...

    @property
    def is_ready(self) -> bool: ...


@contextlib.asynccontextmanager
async def serving(where: socket.socket, bot: Running) -> AsyncIterator[None]:
    """Serve on a port for as long as the block runs."""

    def tells(so: Callable[[], bool]) -> Callable[[Request], Response]:
        def tell(_: Request) -> Response:
            return PlainTextResponse("yes" if so() else "no", WELL if so() else UNWELL)

        return tell

    health = Route("/healthz", tells(lambda: bot.is_alive)), Route("/readyz", tells(lambda: bot.is_ready))
    config = uvicorn.Config(
        Starlette(routes=[*health, *bot.routes]),
        log_config=None,  # it would log addresses; bot/logs.py decides what is logged
        access_log=False,
        server_header=False,
        lifespan="off",
        limit_concurrency=MOST_AT_ONCE,
        timeout_graceful_shutdown=LONGEST_BYE,
    )
    server = Server(config)
    task = asyncio.create_task(server.serve(sockets=[where]))
    try:
        yield
    finally:
        server.should_exit = True
        await task
