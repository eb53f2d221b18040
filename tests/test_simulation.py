"""Evenings of chance on a virtual clock: nothing is lost, and bugs that are planted are found."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import delete, update

from bot.engine.acts import Acts
from bot.simulation.rehearsed import Verdict, rehearse, simulate
from bot.storage import outbox, timetable
from bot.storage.store import Tx
from bot.storage.tables import CallRow, LineRow
from bot.telegram.app import Tend
from bot.telegram.intake import Polling
from bot.telegram.outbound import Moment
from tests.post import PAST

SOAKED = 1000
NEAR = 3
A_SEED = 2  # both couples are asked at nine


def found(moment: str, most: int = 4) -> Iterator[Verdict]:
    """Yield the same evening over and over, each time killed at another moment of this kind."""
    calm = rehearse(A_SEED)
    moments = [number for number, name in enumerate(calm.moments, 1) if name == moment]
    assert moments, moment
    for number in moments[:: -(-len(moments) // most)]:
        yield rehearse(A_SEED, [number]).against(calm)


# -- As it is -----------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, pytest.param(3, marks=pytest.mark.soak)])
def test_an_evening_of_chance_with_two_kills_in_rough_weather_loses_and_doubles_nothing(seed: int) -> None:
    verdict = simulate(seed)
    assert verdict.holds, verdict
    assert len(verdict.kills) == 2, verdict


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1000, 1000 + SOAKED))
def test_evenings_without_end_lose_and_double_nothing(seed: int) -> None:
    verdict = simulate(seed, rough=0.03 if seed % 2 else 0)
    assert verdict.holds, verdict


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(2, 201))])
def test_a_clock_that_is_set_and_a_machine_that_sleeps_lose_nothing_and_tell_nobody_too_early(
    seed: int,
) -> None:
    verdict = simulate(seed, kills=1, upsets=3)
    assert verdict.holds, verdict


@pytest.mark.soak
def test_a_kill_at_any_moment_at_which_something_happens_loses_and_doubles_nothing() -> None:
    calm = rehearse(A_SEED)
    tried = set[str]()
    for number in eventful(calm.moments):
        tried.add(calm.moments[number - 1])
        verdict = rehearse(A_SEED, [number]).against(calm)
        assert verdict.holds, f"killed at moment {number}: {verdict}"
    assert tried >= {
        "committed keep",
        "commit _ring_or_hear",
        "commit _claim",
        "before sendMessage",
        "after sendMessage",
        "commit _done",
    }


def eventful(moments: list[str]) -> list[int]:
    """Return the moments near which more happens than that everybody looks and finds nothing."""
    looks = "begin", "look", "looked"
    happens = [
        number
        for number, name in enumerate(moments, 1)
        if not name.startswith(looks) and not name.endswith(" getUpdates")
    ]
    near = {number + apart for number in happens for apart in range(-NEAR, NEAR + 1)}
    return sorted(near & set(range(1, len(moments) + 1)))


def test_the_same_seed_plays_the_same_evening() -> None:
    one, other = (rehearse(A_SEED, [300, 900], rough=0.02) for _ in range(2))
    assert one == other
    assert one.kills


# -- Bugs that are planted ----------------------------------------------------


def test_it_finds_an_intake_that_confirms_before_it_commits(monkeypatch: pytest.MonkeyPatch) -> None:
    async def once(self: Polling) -> None:
        updates = await self._bot.raw_updates(self._offset, 0 if self.more else 25)
        self._answers()
        if updates:
            self._offset = max(update["update_id"] for update in updates) + 1
            await self._bot.raw_updates(self._offset, 0)
            await self.keep(updates)
        self.caught_up = True
        self._listener.stored()
        self.looked.set()

    monkeypatch.setattr(Polling, "once", once)
    assert any(verdict.lost_updates for verdict in found("commit keep"))


def test_it_finds_a_timer_that_is_marked_in_a_transaction_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def mark(tx: Tx) -> list[int]:
        timetable.call(tx, 64)
        gone = delete(LineRow).where(LineRow.kind == "call").returning(LineRow.target)
        return list(tx.session.scalars(gone))

    def call_marked(tx: Tx, marked: list[int]) -> None:
        tx.session.execute(update(CallRow).where(CallRow.couple_id.in_(marked)).values(called=False))
        timetable.call(tx, 64)

    goes = Tend.go

    async def in_two(self: Tend) -> None:
        if marked := await self._storage.run(mark):
            await self._storage.run(call_marked, marked)
            self._unsent.set()
        await goes(self)

    monkeypatch.setattr(Tend, "go", in_two)
    assert any(verdict.lost for verdict in found("begin call_marked"))


def test_it_finds_words_that_are_routed_without_their_writer(monkeypatch: pytest.MonkeyPatch) -> None:
    whose = Acts._whose  # noqa: SLF001 - a bug is planted in it

    def anybody(self: Acts, tx: Tx, who: Any, where: Any) -> Any:  # noqa: ANN401 - as it is
        couple, person = whose(self, tx, who, where)
        return couple, (couple.first if couple is not None and person is not None else person)

    monkeypatch.setattr(Acts, "_whose", anybody)
    assert any(rehearse(seed).early for seed in range(1, 5))


def test_it_finds_lines_that_are_sent_before_they_are_committed(monkeypatch: pytest.MonkeyPatch) -> None:
    class PeekedError(Exception):
        pass

    async def send(self: Tend, *, first: bool = False) -> Any:  # noqa: ANN401, ARG001 - as it is
        seen: list[Any] = []

        def peek(tx: Tx) -> None:
            seen.append(outbox.claim(tx, self._engine.book, self._limits))
            raise PeekedError

        with pytest.raises(PeekedError):
            await self._storage.run(peek)
        told, bot, past = self._sender, self.bot.bot, Moment(PAST, punctual=False)
        answers = {line.id: await told._send(line, bot, past) for line in seen[0][0]}  # noqa: SLF001 - the bug
        taken, look_again = await self._storage.run(outbox.claim, self._engine.book, self._limits)
        for line in taken:
            await self._storage.run(told._done, line, answers.get(line.id))  # noqa: SLF001 - as above
        return look_again

    monkeypatch.setattr(Tend, "send", send)
    assert any(verdict.doubled for verdict in found("after sendMessage"))
