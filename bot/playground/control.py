"""The scripts' face: the control API, which docs/playground.md describes.

Every call answers once everything is quiet. Wrong input is answered with 400 or 404 and
`{"error": "a sentence"}`. Here is what one can look at, and how scripts are played; what one can do is in
`acting` and `trouble`.
"""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.playground.acting import Acting
from bot.playground.ascii_json import AsciiJson
from bot.playground.asked import Asked
from bot.playground.director import Director
from bot.playground.people import Impossible
from bot.playground.places import Places
from bot.playground.stage import Stage
from bot.playground.trouble import Trouble

LONGEST_PAUSE = 10_000  # milliseconds between two steps of a script

Answer = Callable[[Request], Awaitable[Response]]


class Control:
    """The control API of one stage."""

    def __init__(self, stage: Stage) -> None:
        """Let scripts look at this stage, and act on it."""
        self._stage = stage
        self._exchange = stage.exchange
        self._places = Places(stage.exchange)
        self._acting = Acting(stage, self._places)
        self._trouble = Trouble(stage, self._places)
        self.director = Director(stage, self._places)

    def routes(self) -> list[Route]:
        """Return what is served."""
        look: dict[str, Answer] = {"/healthz": self.health, "/play/messages": self.messages}
        look |= {"/play/calls": self.calls, "/play/state": self.state, "/play/room": self.room}
        look |= {"/play/pace": self.pace}
        do = self._acting.acts() | self._trouble.acts() | {"script": self.script}
        return [
            *(Route(path, answer, methods=["GET"]) for path, answer in look.items()),
            *(Route(f"/play/{name}", answer, methods=["POST"]) for name, answer in do.items()),
        ]

    async def health(self, _: Request) -> Response:
        """Tell whether both processes are up."""
        child = self._stage.child
        if child is not None and child.up and child.ready:
            return AsciiJson({"bot": "up"})
        return AsciiJson({"error": child.verdict if child else "There is no bot."}, 503)

    async def messages(self, request: Request) -> Response:
        """Show a chat as one person sees it."""
        asked = Asked.query(request)
        person, chat = self._places.of(asked)
        await self._rest(asked)
        return AsciiJson(self._exchange.people.shown(person, chat))

    async def room(self, request: Request) -> Response:
        """Show what kind of chat somebody's room is now, and who is in it."""
        asked = Asked.query(request)
        person = self._places.person(asked)
        await self._rest(asked)
        return AsciiJson(self._exchange.rooms.described(self._places.group(asked, person)))

    async def calls(self, request: Request) -> Response:
        """Show what the bot called, or count it."""
        asked = Asked.query(request)
        since, method, chat = asked.number("since") or 0, asked.words_or_none("method"), asked.number("chat")
        await self._rest(asked)
        found = [
            call
            for call in self._exchange.calls
            if call["n"] > since
            and method in {None, call["method"]}
            and (chat is None or str(call["params"].get("chat_id")) == str(chat))
        ]
        if asked.flag("count", default=False):
            newest = self._exchange.calls[-1]["n"] if self._exchange.calls else 0
            return AsciiJson({"count": len(found), "newest": newest, "ever": dict(self._exchange.tally)})
        return AsciiJson(found)

    async def pace(self, request: Request) -> Response:
        """Show the most that any second and any minute has seen."""
        asked = Asked.query(request)
        await self._rest(asked)
        summary = self._exchange.telegram.pace.summary()
        if asked.flag("anew", default=False):
            self._exchange.telegram.pace.begin_anew()
        return AsciiJson(summary)

    async def state(self, _: Request) -> Response:
        """Show where everything stands, without waiting."""
        waiting, clock = self._exchange.updates.waiting(), self._exchange.clock
        state = {
            "now": self._places.time(),
            "bot": self._stage.child.verdict if self._stage.child else "There is no bot.",
            "bot_clock": clock.bot_off.total_seconds(),
            "network_gone": self._exchange.faults.network_gone,
            "unconfirmed": [update.id for update in waiting],
            "faults": self._exchange.faults.listed(clock.now()),
        }
        return AsciiJson(state)

    async def script(self, request: Request) -> Response:
        """Begin to play a script, or stop it."""
        asked = await Asked.body(request)
        if asked.flag("stop", default=False):
            await self.director.stop()
        else:
            pause = asked.number("pause") or 0
            if not 0 <= pause <= LONGEST_PAUSE:
                raise Impossible(f"A pause has 0 to {LONGEST_PAUSE} milliseconds.")
            self.director.begin(asked.words("name"), pause / 1000)
        return AsciiJson({"playing": self.director.playing})

    async def _rest(self, asked: Asked) -> None:
        """Look when everything is quiet, or at once where that is asked for."""
        if asked.waits:
            async with self._stage.act():
                pass
        self._exchange.telegram.chats.let_vanish()


async def impossible(_: Request, error: Exception) -> Response:
    """Answer what cannot be done with its sentence."""
    return AsciiJson({"error": str(error)}, error.code if isinstance(error, Impossible) else 500)
