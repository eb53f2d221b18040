"""What goes wrong between the bot and Telegram, because a script asked for it.

A fault meets the next so many calls of a method, or all of them until a moment of the play clock. With the
network gone, nothing gets through at all.
"""

import math
from dataclasses import asdict, dataclass
from datetime import datetime

from bot.playground.markup import Json

KINDS = {
    "429", "400", "403", "500", "502", "timeout_before", "timeout_after", "cut_before", "cut_after",
    "slow",
}  # fmt: skip
WAYS_TO_BE_GONE = {"cut", "hang"}
TO_A_TAP = "answerCallbackQuery"


@dataclass
class Fault:
    """What goes wrong with the next calls of a method, and how often still."""

    kind: str
    method: str  # * is any but getUpdates
    left: int
    retry_after: int
    chat: int | None = None  # None is any
    until: float | None = None  # holds till then, however often
    says: str | None = None  # the description of a 400

    def meets(self, method: str, chat: int | None) -> bool:
        """Tell whether a call of this method about this chat goes wrong."""
        if self.chat is not None and (self.chat != chat or (self.method, method) == ("*", TO_A_TAP)):
            return False  # an answer to a tap is no call about a chat, unless it is named
        return self.method == method or (self.method == "*" and method != "getUpdates")

    def wait(self, now: float) -> int:
        """Return how many seconds a 429 asks to wait."""
        return self.retry_after if self.until is None else max(1, math.ceil(self.until - now))


class Faults:
    """The faults that stand."""

    def __init__(self) -> None:
        """Begin with none, and a network."""
        self._standing: list[Fault] = []
        self.network_gone: str | None = None  # cut: refused at once; hang: never answered

    def append(self, fault: Fault) -> None:
        """Let one more thing go wrong."""
        self._standing.append(fault)

    def mend(self) -> None:
        """Let nothing go wrong any more."""
        self._standing = []
        self.network_gone = None

    def take(self, method: str, chat: int | None, now: datetime) -> Fault | None:
        """Return the fault that meets a call, which counts."""
        if self.network_gone is not None:
            return Fault("cut_before" if self.network_gone == "cut" else "timeout_before", "*", 1, 0)
        self._drop_spent(now)
        for fault in self._standing:
            if fault.meets(method, chat):
                fault.left -= fault.until is None
                self._drop_spent(now)
                return fault
        return None

    def deafen(self, now: datetime) -> bool:
        """Tell whether the bot can hear nothing before a script or the clock changes that."""
        self._drop_spent(now)
        deaf = any(fault.method == "getUpdates" and fault.until is not None for fault in self._standing)
        return deaf or self.network_gone is not None

    def listed(self, now: datetime) -> list[Json]:
        """Return what stands, for a script."""
        self._drop_spent(now)
        return [asdict(fault) for fault in self._standing]

    def _drop_spent(self, now: datetime) -> None:
        at = now.timestamp()
        self._standing = [
            one for one in self._standing if (one.left > 0 if one.until is None else one.until > at)
        ]
