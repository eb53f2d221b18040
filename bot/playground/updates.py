"""What the bot is told, kept until it is confirmed.

An update is confirmed only by a later getUpdates with a higher offset. Messages wait for a day, taps for
150 seconds, counted by the play clock: what is not fetched by then is lost, as with Telegram.
"""

from collections.abc import Callable
from datetime import datetime

from bot.playground.markup import Json
from bot.playground.records import Update
from bot.playground.world import World

A_DAY = 24 * 60 * 60.0
A_TAP = 150.0
MOST_WAITING = 20_000
MOST_AT_ONCE = 100
ONLY_WHEN_ASKED = {"chat_member", "message_reaction", "message_reaction_count"}


class Updates:
    """The queue of one bot."""

    def __init__(self, world: World, now: Callable[[], datetime]) -> None:
        """Keep the updates of this world by this clock."""
        self._world = world
        self._now = now
        self.heard = 0  # how many were ever put here

    def tell(self, kind: str, body: Json) -> None:
        """Put an update here, if the bot asked for its kind."""
        asked = self._world.profile.allowed_updates
        if kind not in asked if asked else kind in ONLY_WHEN_ASKED:
            return
        number = self._world.number("update")
        stays = A_TAP if kind == "callback_query" else A_DAY
        until = self._now().timestamp() + stays
        self._world.add(self._world.updates, Update(number, until, {"update_id": number, kind: body}))
        self.heard += 1

    def waiting(self) -> list[Update]:
        """Return what is not confirmed, oldest first; what is too old is dropped here."""
        now = self._now().timestamp()
        waiting = list(self._world.updates.values())
        for update in waiting[: max(0, len(waiting) - MOST_WAITING)]:
            self._world.drop(self._world.updates, update)
        for update in list(self._world.updates.values()):
            if update.until < now:
                self._world.drop(self._world.updates, update)
        return list(self._world.updates.values())

    def confirm(self, offset: int | None) -> None:
        """Forget every update below the offset; a negative one counts from the end."""
        waiting = self.waiting()
        if offset is None or offset == 0 or not waiting:
            return
        if offset < 0:
            offset = waiting[max(0, len(waiting) + offset)].id
        for update in waiting:
            if update.id < offset:
                self._world.drop(self._world.updates, update)

    def arrived(self, update: Update) -> None:
        """Forget an update that was pushed and answered."""
        self._world.drop(self._world.updates, update)

    def first(self, limit: int | None) -> list[Json]:
        """Return the oldest unconfirmed updates, which stay unconfirmed."""
        limit = MOST_AT_ONCE if limit is None else max(1, min(limit, MOST_AT_ONCE))
        return [update.body for update in self.waiting()[:limit]]

    def allow(self, kinds: list[str]) -> None:
        """From now on tell only these kinds; an empty list means the usual ones."""
        if kinds != self._world.profile.allowed_updates:
            self._world.profile.allowed_updates = kinds
            self._world.keep(self._world.profile)
