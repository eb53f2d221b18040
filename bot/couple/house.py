"""All that the two can do here: the rituals, and what belongs to the couple itself."""

from bot.couple.company import COMPANY
from bot.couple.joining import JOINING, PREFERENCES
from bot.couple.leaving import LEAVING
from bot.couple.telling import PRIVACY_RITUAL, help_on
from bot.ritual import Ritual
from bot.rituals import RITUALS

HOUSE: tuple[Ritual, ...] = (*RITUALS, JOINING, PRIVACY_RITUAL, LEAVING, COMPANY)
HOUSE = (*HOUSE, help_on(HOUSE))
ALL_PREFERENCES = PREFERENCES
