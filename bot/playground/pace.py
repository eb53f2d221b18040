"""How fast a bot may write: Telegram's published limits, counted by the play clock.

Twenty messages a minute in a group, thirty a second in all. They are enforced only when a script asks for
it: by default the calls record when they came, and a test can count for itself.
"""

import math
from collections import deque

from bot.playground.refusals import Refused

GROUP_LIMIT, GROUP_WINDOW = 20, 60.0
WHOLE_LIMIT, WHOLE_WINDOW = 30, 1.0


class Pace:
    """The times of the last messages, by chat and in all."""

    def __init__(self) -> None:
        """Begin with none."""
        self.enforced = False
        self._in_all: deque[float] = deque()
        self._by_group: dict[int, deque[float]] = {}

    def check(self, chat: int, now: float) -> None:
        """Count a message to a chat, or refuse it with the seconds to wait."""
        windows = [(self._in_all, WHOLE_LIMIT, WHOLE_WINDOW)]
        if chat < 0:
            windows.append((self._by_group.setdefault(chat, deque()), GROUP_LIMIT, GROUP_WINDOW))
        for times, limit, window in windows:
            while times and times[0] <= now - window:
                times.popleft()
            if self.enforced and len(times) >= limit:
                wait = max(1, math.ceil(times[0] + window - now))
                raise Refused(f"Too Many Requests: retry after {wait}", 429, retry_after=wait)
        for times, _, _ in windows:
            times.append(now)
