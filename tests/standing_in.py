"""The stand-in in this process, with a real `telegram.Bot` that speaks to it over real HTTP.

The people act through the control API. No bot process runs here: every update is fetched, and confirmed, by
the tests themselves.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Message, Update
from telegram.request import HTTPXRequest

from bot.playground.cast import BOT, ROOM_BY_NAME
from bot.playground.exchange import Exchange
from bot.playground.stage import Stage
from bot.playground.theatre import LOOPBACK, server
from bot.serving import bound
from tests.schema import check_calls

HOME = ROOM_BY_NAME["Home"].id


@dataclass
class House:
    """The stand-in, the bot, and the hands of the people."""

    folder: Path
    first: list[Update] = field(default_factory=list)  # what the bot was told before the test began
    offset: int = 0
    bot: Bot = field(init=False)
    http: httpx.AsyncClient = field(init=False)
    exchange: Exchange = field(init=False)
    _ending: list[Callable[[], Awaitable[object]]] = field(default_factory=list)

    async def opens(self) -> None:
        """Begin to serve what the folder holds."""
        self.exchange = Exchange(self.folder)
        serving, listener = server(Stage(self.exchange, None)), bound(f"{LOOPBACK}:0")
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        running = asyncio.create_task(serving.serve(sockets=[listener]))
        self.bot = bot_at(address, BOT.token)
        self.http = httpx.AsyncClient(base_url=address, trust_env=False, verify=False)  # noqa: S501  (no TLS here)
        await self.bot.initialize()

        async def ended() -> None:
            self.exchange.closing = serving.should_exit = True
            self.exchange.ring()
            await running
            self.exchange.history.close()

        self._ending = [self.bot.shutdown, self.http.aclose, ended]

    async def closes(self) -> None:
        """End; what was called and told must fit the published schema."""
        for end in self._ending:
            await end()
        check_calls(self.exchange.calls)

    async def restarts(self) -> None:
        """End, and begin again with what was stored."""
        await self.closes()
        await self.opens()

    def another(self, token: str) -> Bot:
        """Return one more client of the same Bot API."""
        return bot_at(str(self.http.base_url).rstrip("/"), token)

    async def post(self, path: str, **body: Any) -> Any:  # noqa: ANN401  (JSON)
        """Act, and return the answer."""
        answer = await self.http.post(f"/play/{path}", content=json.dumps(body))  # in ASCII, whatever it says
        assert answer.is_success, answer.json()["error"]
        return answer.json()

    async def refused(self, path: str, **body: Any) -> int:  # noqa: ANN401  (JSON)
        """Try to act, and return the status of the refusal."""
        answer = await self.http.post(f"/play/{path}", content=json.dumps(body))
        assert answer.json()["error"].endswith("."), answer.text
        return answer.status_code

    async def says(self, who: str, text: str, where: str = "room", reply_to: int | None = None) -> int:
        """Let somebody say something, and return the message's id."""
        said = await self.post("say", who=who, where=where, text=text, reply_to=reply_to)
        number: int = said["id"]
        return number

    async def reads(self, who: str, where: str = "room") -> list[dict[str, Any]]:
        """Return what somebody's phone shows."""
        answer = await self.http.get("/play/messages", params={"who": who, "where": where})
        messages: list[dict[str, Any]] = answer.json()
        return messages

    async def sees(self, path: str, **query: str | int) -> Any:  # noqa: ANN401  (JSON)
        """Look at something behind the curtain."""
        return (await self.http.get(f"/play/{path}", params=query)).json()

    async def migrates(self, *notices: str) -> int:
        """Let Home become a supergroup, and return its new id."""
        moved = await self.post("room", who="ann", migrates=True, notices=list(notices))
        chat: int = moved["chat"]
        return chat

    async def one(self) -> Update:
        """Fetch the only thing the bot is told."""
        (update,) = await self.told()
        return update

    async def passes(self, span: str) -> None:
        """Move the clock on."""
        await self.post("clock", by=span)

    async def told(self) -> list[Update]:
        """Fetch what the bot is told, and confirm it."""
        updates = await self.bot.get_updates(offset=self.offset, timeout=0)
        if updates:
            self.offset = updates[-1].update_id + 1
            await self.bot.get_updates(offset=self.offset, timeout=0)
        return list(updates)

    async def heard(self) -> list[str]:
        """Return the texts of the messages that the bot is told, edited ones too."""
        return [
            update.effective_message.text or "" for update in await self.told() if update.effective_message
        ]

    async def card(self, data: str = "yes", text: str = "A card", chat: int = HOME) -> Message:
        """Send a message with one button "Yes" into the room."""
        return await self.bot.send_message(chat, text, reply_markup=buttons(data))


def buttons(data: str, label: str = "Yes") -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(label, callback_data=data)]])


def bot_at(address: str, token: str) -> Bot:
    """Return a bot that speaks plain HTTP, and so needs no certificates."""
    plain = [HTTPXRequest(httpx_kwargs={"verify": False, "trust_env": False}) for _ in range(2)]
    return Bot(token, f"{address}/bot", get_updates_request=plain[0], request=plain[1])


@asynccontextmanager
async def standing_in(folder: Path) -> AsyncIterator[House]:
    """Run a stand-in that has just begun."""
    house = House(folder)
    await house.opens()
    house.first = await house.told()
    try:
        yield house
    finally:
        await house.closes()
