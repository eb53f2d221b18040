"""JSON that can say every code point, half a surrogate pair too: as escapes, all in ASCII."""

import json
from typing import Any

from starlette.responses import JSONResponse


class AsciiJson(JSONResponse):
    """A JSON answer in ASCII."""

    def render(self, content: Any) -> bytes:  # noqa: ANN401  (JSON)
        """Write it."""
        return json.dumps(content, separators=(",", ":"), allow_nan=False).encode("ascii")
