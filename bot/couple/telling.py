"""What anybody may ask at any time: what there is, and what becomes of what is said. It has no state.

Where to turn when one is afraid stands in /help for everybody, unasked and the same each time: nothing that
somebody does or writes brings it up, so that whoever reads along learns nothing from it.
"""

from bot.ritual import Answer, Began, Event, Line, Ritual, Scene, line, say
from bot.shell import OPEN_LANE

HELP = "I keep small rituals with the two of you. What you can send me:"
HELP_END = "Everything works in your room. For words that stay unseen there is our private chat."
AFRAID = (
    "Where one of two is afraid of the other, or is controlled or hurt, "
    "exercises for two are the wrong tool, and so is therapy for two."
)
WHERE_TO_TURN = (
    "In danger, call your local emergency number. findahelpline.com lists by country who listens and helps."
)
NO_TRACE = (
    "I keep nowhere who asked for this, and no plan for getting safe: whoever holds the phone would find it."
)

PRIVACY = "What I see, and what becomes of it."
I_SEE = "I see commands, taps, replies to my messages and our private chats. Nothing else that you two write."
I_KEEP = "I keep your names, your answers and your settings, sealed with a key that only my host has."
ALONE = "What one of you tells me alone, the other never gets from me before you allow it."
UNSEEN = "What you type in the room, you both see at once. A tap is seen by nobody else."
VANISHES = "Telegram can delete old messages by itself: that is the auto-delete timer in the chat's menu."
OTHERS = (
    "Telegram can read chats with bots, and a host who tampers with me could, too. Trust both, or let it be."
)
YOU_LEAVE = "/leave ends it at once, for whoever sends it, without a reason."


def tell_privacy(state: None, event: Event, scene: Scene) -> tuple[None, list[Answer]]:
    """Say in plain words what is seen, kept and shown."""
    del state, scene
    if not isinstance(event, Began):
        return None, []
    lines = [line(text) for text in (I_SEE, I_KEEP, ALONE, UNSEEN, OTHERS, VANISHES, YOU_LEAVE)]
    return None, [say(PRIVACY, to=event.by if event.private else None, below=lines)]


PRIVACY_RITUAL = Ritual(
    "privacy",
    "privacy",
    "What I see, and what becomes of it",
    tell_privacy,
    always=True,
    anyone=True,
    menu=False,
    also=("privacidad",),
)


def help_on(rituals: tuple[Ritual, ...]) -> Ritual:
    """Return the ritual that tells what the others are for."""

    def tell_help(state: None, event: Event, scene: Scene) -> tuple[None, list[Answer]]:
        del state, scene
        if not isinstance(event, Began):
            return None, []
        lines = [
            Line(f"/{ritual.command} · {{about}}", {"about": Line(ritual.about)})
            for ritual in (*rituals, ritual)
            if ritual.command
        ]
        ends = [line(text) for text in (HELP_END, AFRAID, WHERE_TO_TURN, NO_TRACE)]
        return None, [say(HELP, OPEN_LANE, to=event.by if event.private else None, below=[*lines, *ends])]

    ritual = Ritual("help", "help", "What there is", tell_help, always=True, anyone=True, also=("ayuda",))
    return ritual
