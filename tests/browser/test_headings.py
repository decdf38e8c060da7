"""Headings of a page are its table of contents for who cannot see it: one title, no level skipped.

(WCAG 2.2, 1.3.1 and 2.4.6; technique G141.)
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from core.judgment import Outcome
from storage import assignment, people
from tests.browser.screen import open_page, settle, visible_problems
from tests.browser.server import Server
from tests.given import NOON, answer
from tests.trainer.test_parts import join
from tests.values_study import answer_some, prefers, values_study
from trainer.launch import RunStatus
from ui.navigation import SCREENS
from workbench import training
from workbench.opening import close_workbench, open_workbench
from workbench.settings import Settings

NAMES = [name for _, name, *_ in SCREENS]
#: Level and text of all headings that are to be seen, also those inside the pair view.
HEADINGS = """() => {
  const found = [];
  const walk = (node) => {
    if (/^H[1-6]$/.test(node.tagName ?? '') && node.checkVisibility() && node.innerText.trim())
      found.push([Number(node.tagName[1]), node.innerText]);
    for (const child of node.shadowRoot?.children ?? []) walk(child);
    for (const child of node.children ?? []) walk(child);
  };
  walk(document.querySelector('[data-testid=stMain]'));
  return found;
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A study that has everything: judgments of ten people, values, votes on them, and a fit."""
    data = tmp_path_factory.mktemp("headings") / "data"
    workbench = open_workbench(Settings(data, local=True))
    db = workbench.db
    people.ensure_local(db)
    study = values_study(db, overlap=12)
    rng = np.random.default_rng(0)
    for number in range(10):
        join(db, study, f"p{number}", "north" if number < 5 else "south")
        for shown in assignment.fill(db, study, f"p{number}", wanted=40, now=NOON, seed=0):
            left = (shown.left == shown.items[0]) == (rng.random() < 0.8)
            answer(db, study, shown, Outcome.LEFT if left else Outcome.RIGHT)
    for number in range(4, 10):
        answer_some(workbench, study, f"p{number}", 6, prefers(["c0", "c1", "c2", "c3"]))
    assert workbench.trainer.wait(training.start_fit(workbench, study.id)) is RunStatus.DONE
    close_workbench(workbench)
    started = Server(data)
    started.start()
    yield started
    started.stop()
    started.check_log()


@pytest.fixture(scope="module")
def window(chromium: Browser) -> Iterator[BrowserContext]:
    """One for all pages, which are only looked at: it loads and compiles Streamlit once."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(30_000)
    yield context
    context.close()


@pytest.fixture
def tab(window: BrowserContext) -> Iterator[Page]:
    opened = window.new_page()
    yield opened
    opened.close()


def skipped(page: Page) -> list[str]:
    """What is wrong with the headings that are to be seen now."""
    found = page.evaluate(HEADINGS)
    problems = [
        f"{one} is followed by {two}" for one, two in pairwise(found) if two[0] > one[0] + 1
    ]
    if [level for level, _ in found[:1]] != [1] or sum(level == 1 for level, _ in found) != 1:
        problems.append(f"not one title, and it first: {found}")
    return problems


@pytest.mark.parametrize("name", NAMES)
def test_no_page_skips_a_level(tab: Page, server: Server, name: str) -> None:
    open_page(tab, f"{server.address}/{name}")
    tab.get_by_role("heading").first.wait_for()
    assert visible_problems(tab) == []
    problems = skipped(tab)
    for number in range(tab.get_by_role("tab").count()):
        tab.get_by_role("tab").nth(number).click()
        settle(tab)
        problems += skipped(tab)
    assert problems == []


def test_nor_do_the_plain_buttons(tab: Page, server: Server) -> None:
    open_page(tab, f"{server.address}/compare")
    tab.get_by_text("Plain buttons").click()
    tab.get_by_role("button", name="Left is better").wait_for()
    assert skipped(tab) == []
