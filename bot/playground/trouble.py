"""What scripts do to time, to the bot's process and to its way to Telegram."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from bot.playground.ascii_json import AsciiJson
from bot.playground.asked import Asked
from bot.playground.coming import coming
from bot.playground.faults import KINDS, WAYS_TO_BE_GONE, Fault
from bot.playground.people import Impossible
from bot.playground.places import Places
from bot.playground.stage import Stage

Act = Callable[[Request], Awaitable[Response]]


class Trouble:
    """Time and trouble on one stage."""

    def __init__(self, stage: Stage, places: Places) -> None:
        """Make it here."""
        self._stage = stage
        self._places = places
        self._exchange = stage.exchange

    def acts(self) -> dict[str, Act]:
        """Return what can be posted."""
        time: dict[str, Act] = {"clock": self.clock, "bot": self.bot}
        return time | {"fault": self.fault, "network": self.network, "limits": self.limits}

    async def clock(self, request: Request) -> Response:
        """Move the clock on, or set the bot's own off from it."""
        asked = await Asked.body(request)
        if "bot" in asked.given:
            off = asked.span("bot", back=True)
            async with self._stage.act():
                self._exchange.clock.set_bot_off(off)
        elif "by" in asked.given:
            await self._stage.by(asked.span("by"))
        elif asked.words("to") == "next":
            await self._stage.to_next()
        else:
            moment = coming(asked.words("to"), self._exchange.clock.now()) or asked.moment("to")
            await self._stage.to(moment)
        return AsciiJson({"now": self._places.time()})

    async def bot(self, request: Request) -> Response:
        """Kill, end or start the bot; the first two do not wait for anything else."""
        asked = await Asked.body(request)
        child, do = self._stage.child, asked.words("do")
        if child is None:
            raise Impossible("There is no bot.")
        if do == "kill":
            await child.kill()
        elif do == "term":
            await child.term()
        elif do == "start":
            await self._stage.start(wait=asked.waits)
        else:
            raise Impossible("The bot can be told to kill, term or start.")
        self._exchange.ring()
        return AsciiJson({"bot": child.verdict})

    async def fault(self, request: Request) -> Response:
        """Let calls of a method go wrong: the next so many, or all for a span; or let none any more."""
        asked = await Asked.body(request)
        if asked.flag("mend", default=False):
            self._exchange.faults.mend()
            self._exchange.ring()
            return AsciiJson({})
        kind = asked.words("kind")
        if kind not in KINDS:
            raise Impossible(f"A fault is one of {', '.join(sorted(KINDS))}.")
        times = asked.number("count")
        if times is not None and times < 1:
            raise Impossible("A fault needs a count of at least 1.")
        wait = asked.number("retry_after")
        wait = 1 if wait is None else wait
        span = asked.span("for") if "for" in asked.given else None
        everywhere = asked.given.get("chat") == "*"
        chat = self._chat(asked)
        if kind == "429" and span is None and times is None and (everywhere or chat is not None):
            span = timedelta(seconds=wait)  # a chat that is too fast is refused until the time has passed
        until = (self._exchange.clock.now() + span).timestamp() if span is not None else None
        method, says = asked.words_or_none("method") or "*", asked.words_or_none("says")
        self._exchange.faults.append(Fault(kind, method, times or 1, wait, chat, until, says))
        return AsciiJson({})

    def _chat(self, asked: Asked) -> int | None:
        if "who" in asked.given:
            return self._places.of(asked)[1]
        return None if asked.given.get("chat") == "*" else asked.number("chat")

    async def network(self, request: Request) -> Response:
        """Let the network go, or come back."""
        asked = await Asked.body(request)
        gone, how = asked.flag("gone"), asked.words_or_none("how") or "cut"
        if how not in WAYS_TO_BE_GONE:
            raise Impossible("A network that is gone can cut or hang.")
        self._exchange.faults.network_gone = how if gone else None
        self._exchange.ring()
        if not gone:
            async with self._stage.act(wait=asked.waits):
                pass
        return AsciiJson({})

    async def limits(self, request: Request) -> Response:
        """Enforce Telegram's limits of pace, or only record."""
        self._exchange.telegram.pace.enforced = (await Asked.body(request)).flag("enforced")
        return AsciiJson({})
