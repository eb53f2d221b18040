"""The pictures of the README, taken from the real page: `make pictures`."""

import tempfile
from pathlib import Path

from playwright.sync_api import expect

from tests.browser import NARROW, Desk, chromium
from tests.phones import Play

PICTURES = Path(__file__).parent.parent / "docs" / "pictures"


def evening(play: Play) -> None:
    """Let Ann and Ben join on a Monday and speak of their evening, Ben alone."""
    clock, tap, say = "/play/clock", "/play/tap", "/play/say"
    play.line.post(clock, to="Monday 12:00")
    for who, label in ("ann", "I'm in"), ("ben", "I'm in"), ("ann", "That's us"), ("ben", "Looks right"):
        play.line.post(tap, who=who, label=label)
    play.line.post(say, who="ben", where="private", text="/start lane")
    play.line.post(clock, to="21:00")
    for label in ("calm", "a hug"):
        play.line.post(tap, who="ann", label=label)
    play.line.post(tap, who="ben", label="Tell me alone")
    for words in ("a bit lost", "a night without alarms"):
        play.line.post(say, who="ben", where="private", text=words)


def take() -> None:
    """Take each picture by day and by night."""
    PICTURES.mkdir(exist_ok=True)
    folder = tempfile.TemporaryDirectory()
    with folder as name, Play.start(Path(name) / "play") as play, chromium() as browser:
        evening(play)
        for colours in ("light", "dark"):
            desk = Desk(browser, play.line.address, color_scheme=colours)
            desk.phone("Ben").turns_to("Tend")
            desk.phone("Ann").reads("You have both spoken.")
            expect(desk.machine).to_contain_text("tonight")
            desk.page.screenshot(path=PICTURES / f"page-{colours}.png")
            desk.close()
            phone = Desk(browser, play.line.address, NARROW, color_scheme=colours)
            phone.phone("Ann").reads("You have both spoken.")
            phone.page.screenshot(path=PICTURES / f"phone-{colours}.png")
            phone.close()


if __name__ == "__main__":
    take()
