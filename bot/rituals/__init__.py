"""The table of contents. Routing, menus, /help, /settings and the laws of the tests all come from here."""

from bot.ritual import Ritual
from bot.rituals.breathe import BREATHE
from bot.rituals.check_in import CHECK_IN
from bot.rituals.debrief import DEBRIEF
from bot.rituals.dialogue import DIALOGUE
from bot.rituals.gratitude import GRATITUDE
from bot.rituals.ground import GROUND
from bot.rituals.jar import JAR
from bot.rituals.pause import PAUSE
from bot.rituals.plan import PLAN
from bot.rituals.promises import PROMISES
from bot.rituals.repair import REPAIR
from bot.rituals.review import REVIEW

RITUALS: tuple[Ritual, ...] = (
    CHECK_IN, PAUSE, REPAIR, DIALOGUE, GRATITUDE, DEBRIEF, JAR, PROMISES, REVIEW, BREATHE, GROUND, PLAN,
)  # fmt: skip
