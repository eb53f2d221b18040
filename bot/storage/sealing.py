"""Sealing: whatever people said or are called is stored encrypted, and only the host's key opens it.

Each person and each couple has a key of its own, wrapped by the host's. Destroying a wrapped key erases what
it sealed, from free pages and old logs of the database too. Every seal is bound to its table, row, column and
owner: a value moved to another row does not open.
"""

import base64
import binascii
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12


class KeyRefusedError(Exception):
    """The host's key is missing, malformed, or not the one this database was sealed with."""


class BrokenSealError(Exception):
    """A sealed value did not open. Its message names the place, never the value."""


@dataclass(frozen=True)
class Seal:
    """Seals and opens values with one key."""

    key: bytes = field(repr=False)

    def close(self, plain: str, *where: object) -> bytes:
        """Return the sealed text, bound to where it stands: table, row, column, owner."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(self.key).encrypt(nonce, plain.encode("utf-8", "surrogatepass"), _bound(where))

    def open(self, sealed: bytes, *where: object) -> str:
        """Return the text. Raises BrokenSealError for another key, another place or a changed value."""
        nonce, rest = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            return AESGCM(self.key).decrypt(nonce, rest, _bound(where)).decode("utf-8", "surrogatepass")
        except (InvalidTag, ValueError):  # the second: it is too short for any seal
            raise BrokenSealError(f"the seal on {where[0]}.{where[2]} does not open") from None


@dataclass(frozen=True)
class Keyring:
    """The host's key, and those it wraps."""

    host: Seal

    def new(self, owner: int) -> bytes:
        """Return a fresh key for a person or a couple, wrapped."""
        fresh = base64.b64encode(os.urandom(KEY_BYTES)).decode()
        return self.host.close(fresh, "key", owner, "wrapped", owner)

    def seal_of(self, wrapped: bytes, owner: int) -> Seal:
        """Return the seal of an owner."""
        return Seal(base64.b64decode(self.host.open(wrapped, "key", owner, "wrapped", owner)))


def keyring(given: str, folder: Path, *, may_create: bool) -> Keyring:
    """Return the host's keyring: from TEND_KEY, else from the file `key` in the folder.

    The file is created once, readable by its owner alone, and only while nothing has been sealed yet. Raises
    KeyRefusedError with a sentence for the host where it is lost or malformed.
    """
    path = folder / "key"
    if given:
        return Keyring(Seal(_decoded(given, "TEND_KEY")))
    if path.exists():
        return Keyring(Seal(_decoded(path.read_text().strip(), str(path))))
    if not may_create:
        raise KeyRefusedError(
            f"This database was sealed with a key, and neither TEND_KEY nor {path} holds one. "
            "Put the key back from your backup; without it nobody can read what is stored."
        )
    encoded = base64.urlsafe_b64encode(os.urandom(KEY_BYTES)).decode()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
    with os.fdopen(descriptor, "w") as file:
        file.write(encoded + "\n")
        file.flush()
        os.fsync(file.fileno())
    return Keyring(Seal(_decoded(encoded, str(path))))


def _decoded(encoded: str, source: str) -> bytes:
    try:
        key = base64.b64decode(encoded, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise KeyRefusedError(f"{source} is not a key: 32 bytes in URL-safe base64 are needed.")
    return key


def _bound(where: tuple[object, ...]) -> bytes:
    return "\0".join(str(part) for part in where).encode()
