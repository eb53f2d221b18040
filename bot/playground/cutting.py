"""A connection that can be cut: the client finds it closed, with no answer and no farewell."""

from typing import Any

from starlette.types import Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

CUT = "bot.playground.cut"


class CuttableConnection(H11Protocol):
    """Uvicorn's own connection, which also hands the application the shears."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  (Uvicorn makes it)
        """Take what Uvicorn gives."""
        super().__init__(*args, **kwargs)
        application: Any = self.app

        async def with_shears(scope: Scope, receive: Receive, send: Send) -> None:
            await application({**scope, CUT: self.transport.abort}, receive, send)

        self.app = with_shears


async def cut(scope: Scope, receive: Receive) -> None:
    """Cut the connection of a call, and wait until it is closed."""
    scope[CUT]()
    message: Message = {"type": ""}
    while message["type"] != "http.disconnect":
        message = await receive()
