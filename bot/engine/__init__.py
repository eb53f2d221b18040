"""The one road from something that happened to something saved.

An arrival or a due timer finds its couple and its playing, is stepped by the shell, and all that follows is
saved in one transaction: state, timers, kept things, cards, the outbox, and that this update is done. Whoever
calls this runs it in a transaction; nothing here sends, waits or reads a clock.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.engine.acts import Acts
from bot.engine.acts import Reply as Reply
from bot.engine.acts import key_of as key_of
from bot.engine.hearing import Hearing
from bot.engine.ringing import Ringing
from bot.engine.ringing import Rung as Rung
from bot.engine.rooms import Rooms
from bot.engine.steps import Steps
from bot.hours import ZONE
from bot.ritual import Preference, Ritual
from bot.storage.couples import Book


class Engine:
    """Steps what happens, with one table of contents: what arrives, who is in a room, and who is due."""

    def __init__(
        self, rituals: Sequence[Ritual], preferences: Sequence[Preference[Any]],
        home: ZoneInfo = ZONE.default, spread: timedelta = timedelta(),
    ) -> None:  # fmt: skip
        self.book = Book.of(rituals, preferences, spread)
        steps = Steps(self.book, home)
        self.rooms = Rooms(steps)
        self.ringing = Ringing(steps)
        self.acts = Acts(steps, self.rooms)
        self.hearing = Hearing(self.rooms, self.acts)
