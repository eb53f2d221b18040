"""A deployment under load is killed, ended and troubled: nothing is lost, doubled, early or misdirected.

docs/kills.md says how that is counted. Here are a few kills; the soak has as many as that page tells of.
"""

from functools import partial
from pathlib import Path

import pytest

from tests import troubles
from tests.databases import Server
from tests.kills import (
    COUPLES_A_KILL,
    ENDS,
    KILLS,
    NAME,
    by_a_wrong_clock,
    ended,
    killed,
    on_a_full_disk,
    on_a_full_disk_below,
    on_postgresql,
    on_sqlite,
    troubled,
)

A_FEW, A_FEW_COUPLES = 2, 5
NEEDS_A_SMALL_DISK = pytest.mark.skipif(
    not troubles.may_mount(), reason="NOT RUN: a small disk can be had by root alone"
)


async def test_a_few_kills_on_sqlite(tmp_path: Path) -> None:
    came = await killed(tmp_path, on_sqlite(tmp_path), A_FEW, A_FEW_COUPLES, once_up=True)
    assert came.holds, came.found


async def test_an_end_in_order_on_postgresql_leaves_nothing_in_flight(server: Server) -> None:
    with on_postgresql(server) as where:
        came = await ended(*where, 1, A_FEW_COUPLES)
    assert came.holds, (came.slowest_end, came.found)


@pytest.mark.soak
async def test_fifty_kills_on_sqlite(tmp_path: Path) -> None:
    came = await killed(tmp_path, on_sqlite(tmp_path), KILLS, KILLS * COUPLES_A_KILL)
    assert came.holds, came.found


@pytest.mark.soak
@pytest.mark.parametrize("replicas", [1, 2, 4])
async def test_fifty_kills_on_postgresql(server: Server, replicas: int) -> None:
    with on_postgresql(server) as where:
        came = await killed(*where, KILLS, KILLS * COUPLES_A_KILL, replicas=replicas)
    assert came.holds, came.found


@pytest.mark.soak
async def test_ends_by_sigterm_on_postgresql(server: Server) -> None:
    with on_postgresql(server) as where:
        came = await ended(*where, ENDS, ENDS * COUPLES_A_KILL)
    assert came.holds, (came.slowest_end, came.found)


@pytest.mark.soak
async def test_ends_by_sigterm_on_sqlite(tmp_path: Path) -> None:
    came = await ended(tmp_path, on_sqlite(tmp_path), ENDS, ENDS * COUPLES_A_KILL)
    assert came.holds, (came.slowest_end, came.found)


@pytest.mark.soak
async def test_sqlite_is_locked_for_seconds(tmp_path: Path) -> None:
    lock = partial(troubles.locked, tmp_path / "tend" / "tend.db")
    came = await troubled(tmp_path, on_sqlite(tmp_path), lock)
    assert came.holds, came.found


@pytest.mark.soak
@NEEDS_A_SMALL_DISK
async def test_the_disk_is_full_for_seconds(tmp_path: Path) -> None:
    came = await on_a_full_disk(tmp_path)
    assert came.holds, came.found


@pytest.mark.soak
@NEEDS_A_SMALL_DISK
async def test_the_disk_below_postgresql_is_full_for_seconds(server: Server) -> None:
    came = await on_a_full_disk_below(server)
    assert came.holds, came.found


@pytest.mark.soak
async def test_the_clock_goes_an_hour_back_and_is_put_right(tmp_path: Path) -> None:
    came = await by_a_wrong_clock(tmp_path, on_sqlite(tmp_path))
    assert came.holds, came.found


@pytest.mark.soak
@pytest.mark.parametrize("how", ["cut", "fast", "immediate"])
async def test_postgresql_is_cut_off_or_restarted(server: Server, how: str) -> None:
    trouble = (
        partial(troubles.cut, server, NAME) if how == "cut" else partial(troubles.restarted, server, how)
    )
    with on_postgresql(server) as where:
        came = await troubled(*where, trouble)
    assert came.holds, came.found
