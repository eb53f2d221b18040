"""The page at `/`: two phones and a time machine, in plain HTML, CSS and JavaScript as they lie in `web/`.

A browser may load nothing for it from anywhere else, and run nothing that does not lie there.
"""

from base64 import b64decode
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.playground.ascii_json import AsciiJson
from bot.playground.bubbles import PICTURES
from bot.playground.diagrams import diagrams
from bot.playground.director import Director
from bot.playground.display import Display
from bot.playground.files import kind_of
from bot.playground.live import Live
from bot.playground.people import Impossible
from bot.playground.stage import Stage

WEB = Path(__file__).parent / "web"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


class Page:
    """The page of one stage."""

    def __init__(self, stage: Stage, director: Director) -> None:
        """Show this stage."""
        self._files = stage.exchange.world.files
        self._live = Live(stage, Display(stage, director))

    def routes(self) -> list[BaseRoute]:
        """Return what is served."""
        return [
            Route("/", self.index, methods=["GET"]),
            Route("/page/live", self._live.stream, methods=["GET"]),
            Route("/page/diagrams", self.diagrams, methods=["GET"]),
            Route(f"{PICTURES}{{file}}", self.picture, methods=["GET"]),
            Mount("/page", StaticFiles(directory=WEB)),
        ]

    async def index(self, _: Request) -> Response:
        """Answer with the page."""
        return FileResponse(WEB / "index.html")

    async def diagrams(self, _: Request) -> Response:
        """Answer with the states of the rituals."""
        return AsciiJson(diagrams())

    async def picture(self, request: Request) -> Response:
        """Answer with a picture that the bot has sent."""
        file = self._files.get(request.path_params["file"])
        if file is None:
            raise Impossible("There is no such picture.", 404)
        return Response(b64decode(file.body), media_type=kind_of(file))


def guarded(application: ASGIApp) -> ASGIApp:
    """Let no other site's page act here, and send the policy with everything."""

    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        given = {name.lower(): value.decode("latin-1") for name, value in scope.get("headers", [])}
        origin, host = given.get(b"origin"), given.get(b"host", "")
        if origin is not None and origin != f"http://{host}":
            await AsciiJson({"error": "Another site's page may do nothing here."}, 403)(scope, receive, send)
            return

        async def send_with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [(name, value) for name, value in message["headers"] if name != b"cache-control"]
                fresh = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
                message = {**message, "headers": [*kept, *fresh]}
            await send(message)

        await application(scope, receive, send_with_policy)

    return guard
