"""A real browser for tests: Debian's Chromium, led by Playwright, with the phones of the page in it.

A person finds a button by what it says and a field by its label; so does a test. Where there is no Chromium,
its tests are reported as NOT RUN; with CI or TEND_REQUIRE_ALL that is an error.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
NOT_RUN = "NOT RUN: Chromium is not installed here"
PATIENCE = 10_000  # milliseconds for what the bot does meanwhile
OPENS_WITHIN = 30_000  # the same for a page, on a machine that has much else to do
MOST_TABS = 300
FOCUS = """() => {
  const here = document.activeElement;
  return [here.ariaLabel ?? here.textContent.trim(), here.closest(".phone")?.ariaLabel ?? ""];
}"""
WIDE, NARROW = (1280, 860), (390, 844)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run Chromium for as long as the block lasts. Skips the test where there is none."""
    found = next((path for path in map(shutil.which, PROGRAMS) if path), None)
    if found is None:
        if os.environ.get("CI") or os.environ.get("TEND_REQUIRE_ALL"):
            raise AssertionError(NOT_RUN)
        pytest.skip(NOT_RUN)
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        # root has no sandbox, and the only page that is loaded is our own
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


class Desk:
    """One browser window with the page in it, in which nothing may go wrong unseen."""

    def __init__(self, browser: Browser, address: str, size: tuple[int, int] = WIDE, **context: Any) -> None:  # noqa: ANN401 - as Playwright has it
        self.context = browser.new_context(viewport={"width": size[0], "height": size[1]}, **context)
        self.context.set_default_timeout(PATIENCE)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.asked_for: list[str] = []
        self.page.on("console", lambda message: self._hear(message.type, message.text))
        self.page.on("pageerror", lambda error: self._hear("error", str(error)))
        self.page.on("request", lambda request: self.asked_for.append(request.url))
        self.address = address
        self.page.goto(address)
        self.page.locator("[role=log]").first.wait_for(timeout=OPENS_WITHIN)

    def _hear(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.complaints.append(text)

    def phone(self, who: str) -> "Handset":
        """Return somebody's phone."""
        return Handset(self.page, who)

    def presses(self, label: str) -> None:
        """Press a button beside the phones."""
        self.page.get_by_role("button", name=label, exact=True).click()

    def lets_pass(self, label: str) -> None:
        """Let time pass, by a button of the time machine, and wait until it has."""
        self.presses(label)
        expect(self.machine.get_by_text("Time passes")).to_be_hidden()

    def is_told(self, text: str) -> None:
        """Read a box that says this, and close it."""
        box = self.page.get_by_role("dialog")
        expect(box).to_contain_text(text)
        box.get_by_role("button", name="OK").click()
        expect(box).to_be_hidden()

    # -- By keys ------------------------------------------------------------------

    def goes_to(self, name: str, on: str = "") -> None:
        """Press Tab until what is called so has the focus, on somebody's phone or anywhere."""
        for _ in range(MOST_TABS):
            self.keys("Tab")
            label, phone = self.page.evaluate(FOCUS)
            if label == name and on in phone:
                return
        raise AssertionError(f"Tab never reaches {name!r}.")

    def keys(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def types(self, text: str) -> None:
        """Type into whatever has the focus."""
        self.page.keyboard.type(text)

    @property
    def machine(self) -> Locator:
        """The time machine."""
        return self.page.get_by_role("region", name="Time machine")

    def close(self) -> None:
        """Close the window; nothing was loaded from elsewhere, and the browser complained of nothing."""
        self.context.close()
        assert [url for url in self.asked_for if not url.startswith(self.address)] == []
        assert self.complaints == []


class Handset:
    """One phone on the page."""

    def __init__(self, page: Page, who: str) -> None:
        self.page = page
        self.element = page.get_by_role("region", name=f"{who}'s phone")

    @property
    def log(self) -> Locator:
        """The messages of the chat that is open."""
        return self.element.get_by_role("log")

    def turns_to(self, title: str) -> None:
        """Open the room or the private chat."""
        self.element.get_by_role("tab", name=title).click()

    def taps(self, label: str) -> None:
        """Tap the newest button that says so."""
        self.log.get_by_role("button", name=label, exact=True).last.click()

    def says(self, text: str) -> None:
        """Type a message, and send it."""
        field = self.element.get_by_role("textbox")
        field.fill(text)
        field.press("Enter")

    def answers(self, said: str, text: str) -> None:
        """Reply to the newest message that says something."""
        message = self.log.get_by_role("article").filter(has_text=said).last
        message.hover()
        message.get_by_role("button", name="Reply").click()
        expect(self.element.get_by_text(f"Reply to {'Tend'}")).to_be_visible()
        self.says(text)

    def reads(self, text: str) -> None:
        """Wait until this stands among the messages."""
        expect(self.log).to_contain_text(text)

    def is_told(self, text: str) -> None:
        """Wait until the phone itself says this for a moment."""
        expect(self.element.get_by_role("status")).to_contain_text(text)

    @property
    def texts(self) -> list[str]:
        """What stands in the messages, oldest first."""
        return [text.strip() for text in self.log.locator(".text").all_text_contents()]


def serious(page: Page) -> list[str]:
    """Return what axe finds that hinders somebody seriously, or worse."""
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    return [
        f"{each['id']}: {[node['target'] for node in each['nodes']]}"
        for each in page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
        if each["impact"] in {"serious", "critical"}
    ]
