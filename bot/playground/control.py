"""The scripts' face: the control API, which docs/playground.md describes.

Every call answers once everything is quiet. Wrong input is answered with 400 or 404 and
`{"error": "a sentence"}`.
"""

import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from bot.playground.cast import COUPLES_ZONE, Person
from bot.playground.exchange import Fault
from bot.playground.markup import Json, is_whole
from bot.playground.people import Impossible
from bot.playground.stage import Stage
from bot.playground.world import Tap

FAULTS = {"429", "500", "403", "timeout_before", "timeout_after"}
ROLES = {
    "joins": "member",
    "member": "member",
    "admin": "administrator",
    "leaves": "left",
    "kicked": "kicked",
}
SPAN = re.compile(
    r"P(?!$)(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?!$)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)
PAGE = """<!doctype html><meta charset="utf-8"><title>Tend, a stand-in for Telegram</title>
<p>This is a stand-in for Telegram on this machine: the bot runs against it, and nobody is really there.
<p>What Ann reads in the room: <a href="/play/messages?who=ann&amp;where=room">/play/messages</a>.
How to write to it: docs/playground.md.
"""

Answer = Callable[[Request], Awaitable[Response]]


class Control:
    """The control API of one stage."""

    def __init__(self, stage: Stage) -> None:
        """Let scripts act on this stage."""
        self._stage = stage
        self._exchange = stage.exchange
        self._people = stage.exchange.people

    def routes(self) -> list[Route]:
        """Return what is served."""
        read = {"/": self.page, "/healthz": self.health, "/play/messages": self.messages}
        read |= {"/play/calls": self.calls, "/play/state": self.state}
        act = {"say": self.say, "edit": self.edit, "tap": self.tap, "clock": self.clock, "bot": self.bot}
        act |= {"member": self.member, "fault": self.fault, "room": self.room, "limits": self.limits}
        return [
            *(Route(path, answer, methods=["GET"]) for path, answer in read.items()),
            *(Route(f"/play/{name}", answer, methods=["POST"]) for name, answer in act.items()),
        ]

    # -- Looking --------------------------------------------------------------

    async def page(self, _: Request) -> Response:
        """Say what this is."""
        return HTMLResponse(PAGE)

    async def health(self, _: Request) -> Response:
        """Tell whether both processes are up."""
        child = self._stage.child
        if child is not None and child.up and child.ready:
            return JSONResponse({"bot": "up"})
        return JSONResponse({"error": child.verdict if child else "There is no bot."}, 503)

    async def messages(self, request: Request) -> Response:
        """Show a chat as one person sees it."""
        asked = Asked(dict(request.query_params))
        person, chat = self._place(asked)
        async with self._stage.act():
            pass
        return JSONResponse(self._people.shown(person, chat))

    async def calls(self, request: Request) -> Response:
        """Show what the bot called."""
        since = Asked(dict(request.query_params)).number("since") or 0
        async with self._stage.act():
            pass
        return JSONResponse([call for call in self._exchange.calls if call["n"] > since])

    async def state(self, _: Request) -> Response:
        """Show where everything stands, without waiting."""
        waiting = self._exchange.updates.waiting()
        return JSONResponse(
            {
                "now": self._time(),
                "bot": self._stage.child.verdict if self._stage.child else "There is no bot.",
                "unconfirmed": [update.id for update in waiting],
                "faults": [vars(fault) for fault in self._exchange.faults],
            }
        )

    # -- Hands ----------------------------------------------------------------

    async def say(self, request: Request) -> Response:
        """Say something."""
        asked = await _asked(request)
        person, chat = self._place(asked)
        text, reply_to = asked.words("text"), asked.number("reply_to")
        async with self._stage.act(wait=asked.waits):
            number = self._people.say(person, chat, text, reply_to)
        return JSONResponse({"id": number})

    async def edit(self, request: Request) -> Response:
        """Change what one said."""
        asked = await _asked(request)
        person, chat = self._place(asked)
        number, text = asked.number("message"), asked.words("text")
        if number is None:
            raise Impossible("An edit needs the id of a message.")
        async with self._stage.act(wait=asked.waits):
            self._people.edit(person, chat, number, text)
        return JSONResponse({"id": number})

    async def tap(self, request: Request) -> Response:
        """Tap a button, and return what the phone shows for it."""
        asked = await _asked(request)
        person, chat = self._place(asked)
        number = asked.number("message")
        async with self._stage.act(wait=asked.waits):
            if "data" in asked.given:
                tap: Tap | str = self._forged(asked, person, chat, number)
            else:
                tap = self._people.tap(person, chat, asked.words("label"), number)
        if isinstance(tap, str):
            return JSONResponse({"alert": None, "url": tap})
        return JSONResponse({"alert": tap.text, "url": tap.url})

    def _forged(self, asked: "Asked", person: Person, chat: int, number: int | None) -> Tap:
        if number is None:
            raise Impossible("A tap with data needs the id of a message.")
        outsider = asked.flag("forged", default=False)
        return self._people.forge(person, chat, number, asked.words("data"), outsider=outsider)

    async def member(self, request: Request) -> Response:
        """Let somebody join or leave their room, or block the bot."""
        asked = await _asked(request)
        person = self._people.person(asked.words("who"))
        async with self._stage.act(wait=asked.waits):
            if "blocks" in asked.given:
                self._people.block(person, blocks=asked.flag("blocks"))
            else:
                self._people.come_or_go(person, joins=asked.flag("joins"))
        return JSONResponse({})

    async def room(self, request: Request) -> Response:
        """Bring the bot into somebody's room or out of it, or let another bot write there."""
        asked = await _asked(request)
        person = self._people.person(asked.words("who"))
        role = asked.words("bot") if "bot" in asked.given else "joins"
        if role not in ROLES:
            raise Impossible(f"In a room, the bot can be one of {', '.join(ROLES)}.")
        async with self._stage.act(wait=asked.waits):
            if asked.flag("other_bot_writes", default=False):
                self._people.another_bot_writes(person)
            else:
                self._people.bring_bot(person, ROLES[role])
        return JSONResponse({})

    # -- Time and trouble -----------------------------------------------------

    async def clock(self, request: Request) -> Response:
        """Move the clock on."""
        asked = await _asked(request)
        if "by" in asked.given:
            await self._stage.by(_span(asked.words("by")))
        elif asked.words("to") == "next":
            await self._stage.to_next()
        else:
            await self._stage.to(_moment(asked.words("to")))
        return JSONResponse({"now": self._time()})

    async def bot(self, request: Request) -> Response:
        """Kill, end or start the bot; the first two do not wait for anything else."""
        child, do = self._stage.child, (await _asked(request)).words("do")
        if child is None:
            raise Impossible("There is no bot.")
        if do == "kill":
            await child.kill()
        elif do == "term":
            await child.term()
        elif do == "start":
            await self._stage.start()
        else:
            raise Impossible("The bot can be told to kill, term or start.")
        return JSONResponse({"bot": child.verdict})

    async def fault(self, request: Request) -> Response:
        """Let the next calls of a method go wrong."""
        asked = await _asked(request)
        kind, method = str(asked.words("kind")), asked.words("method")
        times, after = asked.number("count"), asked.number("retry_after")
        if kind not in FAULTS:
            raise Impossible(f"A fault is one of {', '.join(sorted(FAULTS))}.")
        if times is not None and times < 1:
            raise Impossible("A fault needs a count of at least 1.")
        self._exchange.faults.append(Fault(kind, method, times or 1, 1 if after is None else after))
        return JSONResponse({})

    async def limits(self, request: Request) -> Response:
        """Enforce Telegram's limits of pace, or only record."""
        self._exchange.telegram.pace.enforced = (await _asked(request)).flag("enforced")
        return JSONResponse({})

    # -- What they have in common ---------------------------------------------

    def _place(self, asked: "Asked") -> tuple[Person, int]:
        person, where = self._people.person(asked.words("who")), asked.given.get("where", "room")
        if where not in ("room", "private"):
            raise Impossible("Where is either room or private.")
        return person, self._people.group(person).id if where == "room" else person.id

    def _time(self) -> str:
        return self._exchange.clock.now().astimezone(ZoneInfo(COUPLES_ZONE)).isoformat(timespec="seconds")


class Asked:
    """What a script asked for, read with a sentence for every mistake."""

    def __init__(self, given: Json) -> None:
        """Take the fields."""
        self.given = given

    def words(self, name: str) -> str:
        """Return a string that must be there; a number is one too, for a kind like 429."""
        value = self.given.get(name)
        if not isinstance(value, str | int) or isinstance(value, bool) or not is_whole(str(value)):
            raise Impossible(f"The field {name!r} must be a string of whole characters.")
        return str(value)

    def number(self, name: str) -> int | None:
        """Return a number that may be there."""
        value = self.given.get(name)
        try:
            return None if value is None else int(value)
        except (TypeError, ValueError) as error:
            raise Impossible(f"The field {name!r} must be a whole number.") from error

    def flag(self, name: str, *, default: bool | None = None) -> bool:
        """Return a yes or no."""
        value = self.given.get(name, default)
        if not isinstance(value, bool):
            raise Impossible(f"The field {name!r} must be true or false.")
        return value

    @property
    def waits(self) -> bool:
        """Whether the call answers only when everything is quiet, as it does unless told otherwise."""
        return self.flag("wait", default=True)


async def _asked(request: Request) -> Asked:
    try:
        body: Any = await request.json()
    except ValueError as error:
        raise Impossible("The body must be JSON.") from error
    if not isinstance(body, dict):
        raise Impossible("The body must be a JSON object.")
    return Asked(body)


def _span(written: str) -> timedelta:
    found = SPAN.fullmatch(written)
    if found is None:
        raise Impossible("A span is written like PT1H, PT90M or P1DT12H, and leads forward.")
    try:
        return timedelta(**{unit: float(number) for unit, number in found.groupdict().items() if number})
    except OverflowError as error:
        raise Impossible("That span is too long.") from error


def _moment(written: str) -> datetime:
    try:
        moment = datetime.fromisoformat(written)
    except ValueError as error:
        raise Impossible("A moment is written like 2027-03-28T21:00:00+02:00.") from error
    if moment.tzinfo is None:
        raise Impossible("A moment needs its distance from UTC, like +01:00 or Z.")
    return moment


async def impossible(_: Request, error: Exception) -> Response:
    """Answer what cannot be done with its sentence."""
    return JSONResponse({"error": str(error)}, error.code if isinstance(error, Impossible) else 500)
