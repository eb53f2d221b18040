"""Time that passes as soon as nothing is left to do, so that an evening takes seconds."""

import asyncio
import selectors
import warnings
from contextlib import suppress
from dataclasses import dataclass
from typing import Any


class StuckError(Exception):
    """Everybody waits, and for nothing that time could bring."""


@dataclass
class VirtualTime:
    """Seconds that have passed. It outlives the event loops that run in it, as time outlives a process."""

    seconds: float = 0.0


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
