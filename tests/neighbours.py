"""Two couples side by side: what goes wrong in one room must not be noticed in the other."""

from collections import Counter
from pathlib import Path

from tests.phones import Phone
from tests.stories import CARD, CLOSED, GOOD_NIGHT, REVEAL, Story


def two_couples(folder: Path) -> Story:
    """Let Ann and Ben be a couple, with their private chats; and Dora and Eli, who must notice nothing."""
    story = Story.at(folder)
    story.ready()
    story.bot_in_room("dora")
    story.dora.taps("I'm in")
    story.eli.taps("I'm in")
    story.dora.taps("That's us")
    story.eli.taps("Looks right")
    return story


def newest_number(who: Phone) -> int:
    return max((message["id"] for message in who.room), default=0)


def stands(who: Phone, since: int) -> Counter[str]:
    """Count what stands in somebody's room since a message: cards, reveals, closes, and else the words."""
    found = [message["text"] for message in who.room if message["from"] == "Tend" and message["id"] > since]
    named = {CARD: "card", REVEAL: "reveal", GOOD_NIGHT: "close", CLOSED: "close"}
    return Counter(
        next((kind for begins, kind in named.items() if text.startswith(begins)), text) for text in found
    )
