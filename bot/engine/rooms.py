"""Rooms: who comes and who goes, and whether Tend may speak there."""

from bot.arrival import Place, Somebody
from bot.engine.steps import Steps
from bot.ritual import Entered, GuestsCame, GuestsCounted, Prefer, say
from bot.storage import cards, couples, outbox
from bot.storage.store import Tx
from bot.storage.tables import CoupleRow
from bot.wording import LANGUAGE, spoken

THE_TWO_AND_TEND = 3

RESTS_HERE = "{me} is resting here. /start begins again, when two of you want to."
ASKS_TO_BE_A_MEMBER = (
    "As an administrator I am sent all you two write here, and I want only what is meant for me. "
    "Please make me a member again."
)


class Rooms:
    """Hears of whoever is in a room, and of the room itself."""

    def __init__(self, steps: Steps) -> None:
        self._steps, self._book = steps, steps.book

    def begin(self, tx: Tx, where: Place, language: str) -> None:
        """Begin in a room; the first guess at its language is that of whoever brought Tend there."""
        couple = couples.enter(tx, where.chat_id, where.thread_id)
        if couple.stage == "together":
            return
        if couple.prefers is None and spoken(language):
            couples.prefer(tx, couple, [Prefer(LANGUAGE, spoken(language))])
        for ritual in self._steps.rituals(lambda each: each.enters):
            self._steps.step(tx, couple, self._steps.row_for(tx, couple, ritual), Entered())

    def promoted(self, tx: Tx, where: Place) -> None:
        """As an administrator Tend is sent all messages: it asks once to be made a member again."""
        couple = couples.of_room(tx, where.chat_id)
        if couple is not None and couple.stage != "resting" and not couple.asked_rank:
            couple.asked_rank = True
            self._steps.tell(tx, couple, say(ASKS_TO_BE_A_MEMBER))

    def came(self, tx: Tx, people: tuple[Somebody, ...], where: Place) -> None:
        """Guests are told of to whoever minds them; one of two who rested here begins again."""
        couple = couples.of_room(tx, where.chat_id)
        if couple is None:
            return
        theirs = {person.telegram_id for person in couples.people_of(tx, couple)}
        if couple.stage == "resting" and any(each.number in theirs for each in people):
            self.begin(tx, where, "")
        guests = [each for each in people if each.number not in theirs]
        if couple.stage == "together" and guests:
            self._minds(tx, couple, GuestsCame(len(guests)))
            outbox.count_members(tx, couple)

    def went(self, tx: Tx, who: Somebody, where: Place) -> None:
        """Without one of the two, Tend rests in a room."""
        couple = couples.of_room(tx, where.chat_id)
        if couple is None or couple.stage != "together":
            return
        if who.number in {person.telegram_id for person in couples.people_of(tx, couple)}:
            self._steps.rest(tx, couple)
            self._steps.tell(tx, couple, say(RESTS_HERE))
        elif self._minded(tx, couple):
            outbox.count_members(tx, couple)  # who else is still there, Telegram knows

    def counted(self, tx: Tx, chat_id: int, members: int) -> None:
        """Hear how many are in a room: whoever was there before the two were a couple is a guest, too."""
        couple = couples.of_room(tx, chat_id)
        if couple is not None and couple.stage == "together":
            self._minds(tx, couple, GuestsCounted(max(0, members - THE_TWO_AND_TEND)))

    def _minded(self, tx: Tx, couple: CoupleRow) -> bool:
        return any(row.ritual.minds_guests for row in couples.rows_of(tx, couple, self._book))

    def _minds(self, tx: Tx, couple: CoupleRow, event: GuestsCame | GuestsCounted) -> None:
        for ritual in self._steps.rituals(lambda each: each.minds_guests):
            self._steps.step(tx, couple, self._steps.row_for(tx, couple, ritual), event)

    def removed(self, tx: Tx, who: Somebody, where: Place) -> None:
        """Tend was put out of a room, and rests there; or somebody has shut their private chat."""
        person = couples.known(tx, who.number) if where.private else None
        if person is not None:
            person.lane_open = False
        couple = None if where.private else couples.of_room(tx, where.chat_id)
        if couple is not None:
            self._steps.rest(tx, couple)

    def moved(self, tx: Tx, old: int, new: int) -> bool:
        """Let a room keep everything under its new number; a second notice changes nothing, and says so.

        Messages of the old number cannot be edited or answered any more, so what stands is said anew.
        """
        couple, newcomer = couples.of_room(tx, old), couples.of_room(tx, new)
        if couple is None and newcomer is not None:
            return True  # it has moved already
        if couple is None or (newcomer is not None and newcomer.stage != "joining"):
            return False
        if newcomer is not None:  # the new room was met before we heard that it is the old one
            cards.end_all(tx, newcomer)
            outbox.hand_over(tx, newcomer, couple)
            couples.part(tx, newcomer)
            couples.settle_in(tx, newcomer, None)
        couples.settle_in(tx, couple, new)
        cards.say_room_anew(tx, couple)
        return True

    def shut(self, tx: Tx, chat_id: int, line_id: int) -> None:
        """Note that a chat does not take a line: a private one is shut, and in a room Tend rests.

        A line of the couple that was in this room before tells nothing of the one that is there now.
        """
        person, couple = couples.known(tx, chat_id), couples.of_room(tx, chat_id)
        if person is not None:
            person.lane_open = False
        if couple is not None and outbox.is_of(tx, line_id, couple):
            self._steps.rest(tx, couple)
