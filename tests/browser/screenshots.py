"""Make the pictures of the documents: python -m tests.browser.screenshots [DATA_FOLDER].

One person judges the whole demonstration by a simple rule, the longer answer is better, so that
the pictures show what the pages look like with judgments in them, and nobody's opinion. With the
data folder of a workbench, which has a fitted study, its dashboards are taken instead.
"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from tests.browser.conftest import launch
from tests.browser.room import all_saved, press, shown
from tests.browser.screen import open_page, settle, visible_problems
from tests.browser.server import ROOT, Server

PICTURES = ROOT / "docs" / "images"
WIDE: ViewportSize = {"width": 1280, "height": 860}
NARROW: ViewportSize = {"width": 420, "height": 900}
PAGES = (
    "results",
    "fits",
    "calibration",
    "coverage",
    "agreement",
    "review",
    "evaluation",
    "studies",
    "importing",
    "export",
    "interview",
)
DASHBOARDS = ("results", "calibration", "coverage", "agreement", "evaluation")


def judge_everything(page: Page) -> int:
    """Prefer the longer answer of each pair until nothing is left; return how many there were."""
    count = 0
    end = page.get_by_text("You have seen every question")
    while not end.is_visible():
        if page.locator("[data-part=pair]").is_hidden():  # the next pairs are on their way
            page.wait_for_timeout(20)
            continue
        shown(page)
        left = len(page.locator("[data-part=left]").inner_text())
        right = len(page.locator("[data-part=right]").inner_text())
        press(page, "1" if left > right else "2" if right > left else "t")
        count += 1
    all_saved(page)
    return count


def take(page: Page, server: Server, folder: Path) -> None:
    """Walk through the pages as somebody would who sees them for the first time."""
    open_page(page, server.address)
    shown(page)
    page.screenshot(path=folder / "compare.png")
    judge_everything(page)
    open_page(page, f"{server.address}/fits")
    expect(page.get_by_text("done", exact=True).first).to_be_visible(timeout=120_000)
    page.get_by_role("button", name="Fit now").click()
    settle(page)
    expect(page.get_by_text("running", exact=True)).to_have_count(0, timeout=120_000)
    take_pages(page, server, folder, PAGES)


def take_narrow(browser: Browser, server: Server, folder: Path) -> None:
    """The first page as a phone shows it: a window made narrow later keeps its menu open."""
    context = browser.new_context(viewport=NARROW, color_scheme="light")
    page = context.new_page()
    open_page(page, server.address)
    shown(page)
    page.screenshot(path=folder / "compare-narrow.png")
    context.close()


def take_pages(
    page: Page, server: Server, folder: Path, names: tuple[str, ...], prefix: str = ""
) -> None:
    for name in names:
        open_page(page, f"{server.address}/{name}")
        page.wait_for_timeout(1500)  # charts draw themselves after the script has ended
        assert visible_problems(page) == []
        page.screenshot(path=folder / f"{prefix}{name}.png")


def main(arguments: list[str]) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as empty, sync_playwright() as playwright:
        server = Server(Path(arguments[0]) if arguments else Path(empty) / "data")
        server.start()
        browser = launch(playwright)
        page = browser.new_page(viewport=WIDE, color_scheme="light")
        page.set_default_timeout(120_000)
        if arguments:
            take_pages(page, server, PICTURES, DASHBOARDS, prefix="arguments-")
        else:
            take_narrow(browser, server, PICTURES)
            take(page, server, PICTURES)
        browser.close()
        server.stop()


if __name__ == "__main__":
    main(sys.argv[1:])
