"""The time of the play, and that of a bot whose own clock may be wrong."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import time

from bot.playground.history import History
from bot.playground.markup import Json

NO_TIME = timedelta(0)


class PlayClock:
    """Real time, moved on by what scripts asked for. It never goes back; the bot's own clock may."""

    def __init__(self, history: History, stored: Json, real: Callable[[], float] = time) -> None:
        """Go on with a stored offset from real time, in seconds since the epoch."""
        self._history = history
        self._real = real
        self._offset: float = stored.get("offset", 0.0)
        self.bot_off = timedelta(seconds=stored.get("bot_off", 0.0))  # how far the bot's clock is ahead

    @property
    def ahead(self) -> float:
        """By how many seconds the play is ahead of real time."""
        return self._offset

    def now(self) -> datetime:
        """Return the time of the play, aware, UTC."""
        return datetime.fromtimestamp(self._real() + self._offset, UTC)

    def reach(self, moment: datetime) -> None:
        """Move on to a moment, and remember it; one that has passed changes nothing."""
        ahead = (moment - self.now()) / timedelta(seconds=1)
        if ahead > 0:
            self._offset += ahead
            self._keep()

    def set_bot_off(self, off: timedelta) -> None:
        """Let the bot's clock be wrong by this much from now on."""
        self.bot_off = off
        self._keep()

    def _keep(self) -> None:
        stored = {"offset": self._offset, "bot_off": self.bot_off.total_seconds()}
        self._history.save({("clock", "0"): stored})
