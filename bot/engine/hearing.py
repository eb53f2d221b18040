"""Hearing: each update has its effect once, in its turn, and one that fails keeps nobody else waiting."""

import logging
from collections.abc import Callable, Mapping
from functools import partial

from bot import shell
from bot.arrival import (
    Added,
    Arrival,
    Came,
    Command,
    Masked,
    Moved,
    NotForUs,
    Promoted,
    Removed,
    Tap,
    Text,
    Went,
)
from bot.engine.acts import Acts, Reply, a_stranger
from bot.engine.rooms import Rooms
from bot.engine.steps import tried
from bot.ritual import say, whisper
from bot.storage import couples, inbox, outbox
from bot.storage.store import Tx

HEARD_AT_LEAST = 4  # in one transaction though others wait, unless one of these goes first


class Hearing:
    """Hears what arrives: of rooms, and what people do in them."""

    def __init__(self, rooms: Rooms, acts: Acts) -> None:
        self._rooms, self._acts = rooms, acts

    def hear_all(self, tx: Tx, arrived: Mapping[int, Arrival]) -> dict[int, Reply]:
        """Let updates have their effects in the transaction that looked them up; return what each is replied.

        They are heard in their order. Where others wait for the database, those that are left are heard in
        the next transaction. One that fails leaves nothing behind and keeps nobody else waiting: then each
        is heard in a savepoint.
        """
        couples.bring_whole(tx, inbox.whose(tx, arrived))

        def together() -> dict[int, Reply]:
            replies = self._hear_some(tx, arrived, lambda arrival, _: self._effect(tx, arrival))
            inbox.done(tx, *replies)
            return replies

        def each_alone() -> dict[int, Reply]:
            return self._hear_some(tx, arrived, lambda arrival, number: self._hear_alone(tx, arrival, number))

        if len(arrived) <= 1:
            return each_alone()
        said = "an update could not be handled, so each is heard alone: %s"
        return tried(tx, together, each_alone, logging.WARNING, said)

    def _hear_some(
        self, tx: Tx, arrived: Mapping[int, Arrival], hear: Callable[[Arrival, int], Reply | None]
    ) -> dict[int, Reply]:
        replies = dict[int, Reply]()
        for number, arrival in arrived.items():
            replies[number] = hear(arrival, number) or Reply()
            if tx.one_goes_first() or (len(replies) >= HEARD_AT_LEAST and tx.others_wait()):
                break
        return replies

    def _hear_alone(self, tx: Tx, arrival: Arrival, update_id: int) -> Reply | None:
        """Hear an update; one that fails is kept aside, and said to be, if that can be said."""

        def stumble() -> Reply | None:
            said = "nor could that be said: %s"
            stumbles = partial(self.stumbled, tx, arrival, update_id)
            return tried(tx, stumbles, partial(inbox.bury, tx, update_id), logging.ERROR, said)

        said = "an update could not be handled and is kept aside: %s"
        return tried(tx, partial(self.hear, tx, arrival, update_id), stumble, logging.ERROR, said)

    def hear(self, tx: Tx, arrival: Arrival, update_id: int) -> Reply | None:
        """Let one update have its effect, and be done, in this transaction; None where it was done before."""
        return self._effect(tx, arrival) if inbox.done(tx, update_id) else None

    def _effect(self, tx: Tx, arrival: Arrival) -> Reply:
        match arrival:
            case Added(who, where, as_admin=as_admin):
                self._rooms.begin(tx, where, who.language)
                if as_admin:
                    self._rooms.promoted(tx, where)
            case Promoted(where):
                self._rooms.promoted(tx, where)
            case Came(people, where):
                self._rooms.came(tx, people, where)
            case Went(who, where):
                self._rooms.went(tx, who, where)
            case Masked():
                self._acts.masked(tx, arrival)
            case Removed(who, where):
                self._rooms.removed(tx, who, where)
            case Moved(old, new):
                self._rooms.moved(tx, old, new)
            case Command():
                return self._acts.command(tx, arrival)
            case Tap():
                return self._acts.tap(tx, arrival)
            case Text():
                return self._acts.text(tx, arrival)
            case NotForUs():
                pass
        return Reply()

    def stumbled(self, tx: Tx, arrival: Arrival, update_id: int) -> Reply:
        """Say kindly that an update could not be handled, and keep it out of the way."""
        inbox.bury(tx, update_id)
        if isinstance(arrival, Tap):
            return Reply(whisper(shell.STUMBLED), audience=a_stranger(arrival.who))
        if isinstance(arrival, Command | Text):
            outbox.tell(tx, arrival.where.chat_id, say(shell.STUMBLED), arrival.who.language)
        return Reply()
