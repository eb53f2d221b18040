"""Moving pictures: each is uploaded once, and from then on sent by the name that Telegram gave it.

Where Telegram refuses that name, the picture is uploaded anew, once. Where it takes no picture at all,
whoever asks for one says the words alone: a line without its picture is worth more than none.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from telegram import InputFile, Message
from telegram.error import BadRequest, NetworkError

from bot.pictures import Picture, picture
from bot.storage import pictures
from bot.storage.store import BusyError, Storage

log = logging.getLogger(__name__)

OF_THE_FILE, TOO_LARGE = "file", "too large"  # in the words of a 400 about its name, and of a 413
Send: TypeAlias = Callable[[str | InputFile], Coroutine[Any, Any, Message]]


async def unless_refused(what: str, sent: Coroutine[Any, Any, Message]) -> Message | None:
    """Return the message that was sent, None where Telegram does not take what stands above its words."""
    try:
        return await sent
    except BadRequest:  # its words may quote ours
        log.warning("Telegram did not take %s", what)
    except NetworkError as error:
        if TOO_LARGE not in error.message.casefold():
            raise
        log.warning("%s is too large for Telegram", what)
    return None


@dataclass(frozen=True)
class Gallery:
    """All pictures, and the names they have for a bot."""

    storage: Storage
    uploads: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    async def show(self, bot_id: int, name: str, send: Send) -> Message | None:
        """Send a picture, and return its message; None where Telegram, or this machine, has none to show.

        Raises what the line itself meets: a chat that is gone, a flood, a network that is away.
        """
        try:
            shown = picture(name)
        except OSError as error:
            log.error("the picture %s is not there (%s)", name, type(error).__name__)
            return None
        return await unless_refused(f"the picture {name}", self._show(bot_id, name, shown, send))

    async def _show(self, bot_id: int, name: str, shown: Picture, send: Send) -> Message:
        known = await self._known(bot_id, name, shown)
        if known is not None:
            try:
                return await send(known)
            except BadRequest as error:
                if OF_THE_FILE not in error.message.casefold():
                    raise
                log.info("Telegram does not know the picture %s any more", name)
        # One uploads while the others wait, and then know its name.
        async with self.uploads[name]:
            newer = await self._known(bot_id, name, shown)
            if newer is not None and newer != known:
                return await send(newer)
            message = await send(InputFile(shown.body, shown.file_name))
            await self._remember(bot_id, name, shown, message)
            return message

    async def _known(self, bot_id: int, name: str, shown: Picture) -> str | None:
        try:
            return await self.storage.run(pictures.file_id_of, bot_id, name, shown.mark)
        except BusyError as error:
            log.warning("the database does not say how a picture is called (%s)", type(error).__name__)
            return None

    async def _remember(self, bot_id: int, name: str, shown: Picture, message: Message) -> None:
        """Remember a name; where that cannot be, the picture is uploaded once more another time."""
        if message.animation is None:
            return
        try:
            await self.storage.run(pictures.remember, bot_id, name, shown.mark, message.animation.file_id)
        except BusyError as error:
            log.warning("the database does not take how a picture is called (%s)", type(error).__name__)
