"""Time that passes as soon as nothing is left to do, so that an evening takes seconds."""

import asyncio
import selectors
import warnings
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

Upset: TypeAlias = Literal["clock back", "clock ahead", "asleep"]
UPSETS: tuple[Upset, ...] = get_args(Upset)
AN_HOUR, SOME_HOURS = 3_600.0, 5 * 3_600.0  # seconds


class StuckError(Exception):
    """Everybody waits, and for nothing that time could bring."""


@dataclass
class VirtualTime:
    """Seconds that have passed. It outlives the event loops that run in it, as time outlives a process."""

    seconds: float = 0.0
    wrong_by: float = 0.0  # seconds by which the bot's clock is ahead of everybody else's

    def upset(self, how: Upset) -> None:
        """Set the bot's clock wrong by an hour, or let the machine sleep for some hours."""
        match how:
            case "clock back":
                self.wrong_by -= AN_HOUR
            case "clock ahead":
                self.wrong_by += AN_HOUR
            case "asleep":
                self.seconds += SOME_HOURS


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop that never waits: it moves the time on to the next moment at which it has to do."""

    def __init__(self, passing: VirtualTime) -> None:
        self.passing = passing
        super().__init__(_Selector(passing))

    def time(self) -> float:
        """Return the seconds that have passed."""
        return self.passing.seconds

    def perish(self) -> None:
        """End as a process that is killed: nobody gets to do anything more."""
        self.set_exception_handler(lambda _loop, _trouble: None)  # nobody asks how its tasks ended
        with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
            for task in asyncio.all_tasks(self):
                task._log_destroy_pending = False  # type: ignore[attr-defined]  # noqa: SLF001 - it is meant to be destroyed
                coroutine: Any = task.get_coro()
                with suppress(RuntimeError):  # it would have tidied up, and awaited; a killed one does not
                    coroutine.close()
        self.close()


class _Selector(selectors.SelectSelector):
    def __init__(self, passing: VirtualTime) -> None:
        super().__init__()
        self._passing = passing

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise StuckError
        if not ready and timeout is not None and timeout > 0:
            self._passing.seconds += timeout
        return ready
