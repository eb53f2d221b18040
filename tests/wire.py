"""A Bot API on loopback that answers as a test says, and remembers what it was asked.

The stand-in of bot/playground is Telegram as it is; this is Telegram on its worst days.
"""

import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, TypeAlias
from urllib.parse import parse_qsl

import pytest

from bot.playground.cast import BOT
from bot.playground.files import Upload
from bot.playground.shapes import me

Json = dict[str, Any]
Answer: TypeAlias = tuple[int, Json | bytes] | Literal["hangs", "hangs up", "takes its time"]
A_POLL = 0.05  # seconds a call for updates is held that has nothing to tell
AS_EVER = 1_777_660_000
ANIMATION = {"file_id": "the-picture", "file_unique_id": "it", "width": 320, "height": 320, "duration": 10}
PHOTO = [{"file_id": "the-week", "file_unique_id": "a week", "width": 1080, "height": 840}]


def refusal(code: int, description: str, **parameters: int) -> Answer:
    """Return a refusal as Telegram writes it."""
    body: Json = {"ok": False, "error_code": code, "description": description}
    return code, body | ({"parameters": parameters} if parameters else {})


def given(kind: str, body: bytes) -> Json:
    """Return the parameters of a call; a file is told of as the stand-in tells of it."""
    if not kind.startswith("multipart/"):
        return dict(parse_qsl(body.decode(), keep_blank_values=True))
    form = message_from_bytes(f"content-type: {kind}\r\n\r\n".encode() + body, policy=HTTP)
    params: Json = {}
    for part in form.iter_parts():
        held = part.get_payload(decode=True)
        assert isinstance(held, bytes)
        file = part.get_filename()
        said = held.decode() if file is None else Upload(file, part.get_content_type(), held).told
        params[str(part.get_param("name", header="content-disposition"))] = said
    return params


class Wire:
    """Serves until it is closed; a method without an answer of its own is answered kindly."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Json]] = []
        self.answers: dict[str, list[Answer]] = defaultdict(list)
        self.done = threading.Event()
        self.called = threading.Event()  # by a call that takes its time
        self.hurry = threading.Event()  # such a call is answered now, kindly
        self._messages = 100
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads, self._server.block_on_close = True, False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Let go of whoever still waits, and end."""
        self.done.set()
        self.hurry.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def asked(self, method: str) -> list[Json]:
        """Return the parameters of the calls of one method."""
        return [params for called, params in self.calls if called == method]

    def answer(self, method: str, params: Json) -> Answer:
        """Return the next answer."""
        with self._lock:
            self.calls.append((method, params))
            if self.answers[method]:
                return self.answers[method].pop(0)
        return self.kindly(method, params)

    def kindly(self, method: str, params: Json) -> Answer:
        """Return what Telegram answers on a good day."""
        with self._lock:
            self._messages += 1
        return 200, {"ok": True, "result": self._kind_answer(method, params)}

    def _kind_answer(self, method: str, params: Json) -> Any:  # noqa: ANN401 - JSON
        if method == "getMe":
            return me()
        if method == "getWebhookInfo":
            return {"url": "", "has_custom_certificate": False, "pending_update_count": 0}
        if method == "getUpdates":
            self.done.wait(A_POLL)
            return []
        if method in {"sendMessage", "sendAnimation", "sendPhoto"}:
            chat = {
                "id": int(params["chat_id"]),
                "type": "group" if params["chat_id"].startswith("-") else "private",
            }
            sender = {"id": BOT.id, "is_bot": True, "first_name": BOT.first_name}
            body = {"message_id": self._messages, "from": sender, "chat": chat, "date": AS_EVER}
            if method == "sendMessage":
                return body | {"text": params["text"]}
            shown = {"animation": ANIMATION} if method == "sendAnimation" else {"photo": PHOTO}
            return body | {"caption": params["caption"]} | shown
        return True

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        wire = self

        class Handler(BaseHTTPRequestHandler):
            """Reads a form, answers JSON."""

            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                """Answer one call."""
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                method = self.path.rpartition("/")[2]
                params = given(self.headers.get("content-type", ""), body)
                answer = wire.answer(method, params)
                if answer == "takes its time":
                    wire.called.set()
                    wire.hurry.wait()
                    answer = wire.kindly(method, params)
                if answer == "hangs":
                    wire.done.wait()
                if isinstance(answer, str):
                    self.close_connection = True
                    return
                code, said = answer
                written = said if isinstance(said, bytes) else json.dumps(said).encode()
                self.send_response(code)
                self.send_header("content-length", str(len(written)))
                self.end_headers()
                self.wfile.write(written)

            def do_GET(self) -> None:
                """Answer whoever only looks."""
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler


@pytest.fixture
def wire() -> Iterator[Wire]:
    """Lend a Bot API that answers as told."""
    lent = Wire()
    yield lent
    lent.close()
