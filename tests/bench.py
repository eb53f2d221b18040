"""All benchmarks, one after the other: `make bench` writes what they found into docs/benchmarks.md.

Machines are noisy, so whatever is compared is measured in one run, side by side.
"""

import os
import platform
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from bot.clock import wall_clock
from tests import bench_answers, bench_cost, bench_pace, bench_pause, bench_ring, bench_start


class Measured(Protocol):
    """What a benchmark found."""

    @property
    def holds(self) -> bool: ...

    def lines(self) -> Iterable[str]: ...


PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
BENCHES: dict[str, Callable[[], Measured]] = {
    "cost": bench_cost.measure,
    "start": bench_start.measure,
    "ring": bench_ring.measure,
    "answers": bench_answers.measure,
    "pace": bench_pace.measure,
    "pause": bench_pause.measure,
}


def main(wanted: list[str]) -> int:
    """Run some benchmarks, or all; 1 where one does not hold what was asked for."""
    holds = True
    for name in wanted or BENCHES:
        measured = BENCHES[name]()
        holds = holds and measured.holds
        found = "\n".join([*measured.lines(), "", machine(), ""])
        page, many = re.subn(marked(name), rf"\g<1>{found}\g<2>", PAGE.read_text(encoding="utf-8"))
        if many != 1:
            raise ValueError(f"docs/benchmarks.md has no place for {name}")
        PAGE.write_text(page, encoding="utf-8")
        sys.stdout.write(found)
    return 0 if holds else 1


def marked(name: str) -> str:
    """Return between which marks a benchmark stands."""
    return rf"(?s)(<!-- {name} -->\n).*?(<!-- /{name} -->)"


def machine() -> str:
    """Say where it was measured, and how busy that was already."""
    load = os.getloadavg()[2]
    return (
        f"{wall_clock():%Y-%m-%d}, {os.cpu_count()} cores, {platform.machine()}, {platform.system()}, "
        f"Python {platform.python_version()}; load over the last quarter of an hour {load:.1f}. `make bench`"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
