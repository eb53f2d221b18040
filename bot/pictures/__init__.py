"""The moving pictures, by name. Each is drawn by a script of ours (tests/draw_breathing.py), not by hand."""

from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Picture:
    """One file, as it is sent."""

    file_name: str
    body: bytes = field(repr=False)
    mark: str  # the same for the same file, another for another


@cache
def picture(name: str) -> Picture:
    """Return a picture. Raises OSError where it is not there."""
    path = HERE / f"{name}.gif"
    body = path.read_bytes()
    return Picture(path.name, body, blake2b(body, digest_size=16).hexdigest())
