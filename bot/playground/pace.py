"""How fast the bot writes, counted by the play clock, and Telegram's published limits.

Twenty messages a minute in a group, thirty a second in all. They are enforced only when a script asks for
it; the most that any window has seen is kept either way, so that a test can count for itself.
"""

import heapq
import math
from collections import deque
from dataclasses import dataclass, field

from bot.playground.markup import Json
from bot.playground.refusals import Refused

GROUP_LIMIT, MINUTE = 20, 60.0
WHOLE_LIMIT, SECOND = 30, 1.0
NAMED = 10  # chats that a summary names


@dataclass
class Window:
    """The messages of the last seconds, and the most that there ever were."""

    seconds: float
    limit: int | None = None
    times: deque[float] = field(default_factory=deque)
    most: int = 0

    def pass_on(self, now: float) -> None:
        """Forget what is older than the window."""
        while self.times and self.times[0] <= now - self.seconds:
            self.times.popleft()

    def count(self, now: float) -> None:
        """Count one more."""
        self.times.append(now)
        self.most = max(self.most, len(self.times))


class Pace:
    """The times of the last messages, by chat and in all."""

    def __init__(self) -> None:
        """Begin with none."""
        self.enforced = False
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forget what was counted."""
        self.messages = self.refused = 0
        self._in_all = Window(SECOND, WHOLE_LIMIT)
        self._in_groups: dict[int, Window] = {}
        self._in_chats: dict[int, Window] = {}

    def check(self, chat: int, now: float) -> None:
        """Count a message to a chat, or refuse it with the seconds to wait."""
        windows = [self._in_all, self._in_chats.setdefault(chat, Window(SECOND))]
        if chat < 0:
            windows.append(self._in_groups.setdefault(chat, Window(MINUTE, GROUP_LIMIT)))
        for window in windows:
            window.pass_on(now)
            if self.enforced and window.limit is not None and len(window.times) >= window.limit:
                wait = max(1, math.ceil(window.times[0] + window.seconds - now))
                self.refused += 1
                raise Refused(f"Too Many Requests: retry after {wait}", 429, retry_after=wait)
        for window in windows:
            window.count(now)
        self.messages += 1

    def summary(self) -> Json:
        """Return the most that was seen: in all, in each group, in each chat; the fullest chats are named."""
        return {
            "messages": self.messages,
            "refused": self.refused,
            "most_in_a_second": self._in_all.most,
            "most_in_a_minute_in_a_group": _fullest(self._in_groups),
            "most_in_a_second_in_a_chat": _fullest(self._in_chats),
        }


def _fullest(windows: dict[int, Window]) -> list[Json]:
    fullest = heapq.nlargest(NAMED, windows.items(), key=lambda each: each[1].most)
    return [{"chat": chat, "most": window.most} for chat, window in fullest]
