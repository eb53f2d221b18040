"""The live stream of the page: server-sent events, each of them what changed since the one before.

An event carries the parts of the scene that are different now and the messages that were written, changed or
deleted. Its id names this life of the stand-in and the revision of the messages, so that a browser that
reconnects is told only what it missed, and everything anew when the stand-in itself began anew.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from secrets import token_hex

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from bot.playground.display import Display
from bot.playground.markup import Json
from bot.playground.stage import Stage

AGAIN_AFTER = 500  # milliseconds after which a browser tries to reconnect
A_WHILE = 60.0  # seconds after which a quiet stream looks by itself
A_MOMENT = 0.15  # seconds in which the bot goes on with what it began, before it is asked what is next


class Live:
    """The streams of one stage."""

    def __init__(self, stage: Stage, display: Display) -> None:
        """Tell what this display shows."""
        self._stage = stage
        self._exchange = stage.exchange
        self._display = display
        self._life = token_hex(4)
        self._listeners = 0
        self._looking: asyncio.Task[None] | None = None
        self._asked_at = -1  # the stirrings at which the bot was asked last

    async def stream(self, request: Request) -> Response:
        """Answer `/page/live`."""
        return StreamingResponse(self._events(self._since(request)), media_type="text/event-stream")

    async def _look_ahead(self) -> None:
        """Ask the bot what is next whenever something stirred, as long as anybody listens."""
        while True:
            await self._exchange.until(self._wonders, A_WHILE)
            if self._wonders():
                self._asked_at = self._exchange.stirrings
                await asyncio.sleep(A_MOMENT)
                await self._stage.glance()

    def _wonders(self) -> bool:
        return self._stage.is_starting or self._exchange.stirrings != self._asked_at

    def _since(self, request: Request) -> int | None:
        life, _, revision = request.headers.get("last-event-id", "").partition("-")
        return int(revision) if life == self._life and revision.isdecimal() else None

    async def _events(self, since: int | None) -> AsyncIterator[str]:
        told: Json = {}
        self._listeners += 1
        if self._looking is None:
            self._looking = asyncio.create_task(self._look_ahead())
        try:
            yield f"retry: {AGAIN_AFTER}\n\n"
            while not self._exchange.closing:
                self._exchange.telegram.chats.let_vanish()
                scene, revision = self._display.scene(), self._exchange.world.revision
                news = {part: value for part, value in scene.items() if told.get(part, ...) != value}
                if since is None:
                    news["anew"] = True
                if since != revision and ((changed := self._display.bubbles(since)) or since is None):
                    news["messages"] = changed
                told, since = scene, revision
                if news:
                    yield f"id: {self._life}-{revision}\ndata: {self._written(news)}\n\n"
                else:
                    await self._exchange.rung(A_WHILE)
        finally:
            self._listeners -= 1
            if not self._listeners and self._looking is not None:
                self._looking.cancel()
                self._looking = None

    def _written(self, news: Json) -> str:
        """Return an event in ASCII, with the time at which it is told: a browser's own clock may differ."""
        return json.dumps(news | {"now": self._exchange.clock.now().timestamp()})
