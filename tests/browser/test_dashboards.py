"""The dashboards of agreement, coverage and review in a real browser: read, chosen, taken along."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from core.judgment import Outcome
from storage import assignment
from storage.database import Database
from tests.browser.screen import open_page, settle, visible_problems
from tests.browser.server import Server
from tests.given import NOON, answer, running_study
from tests.trainer.test_parts import join
from workbench.settings import Settings

PAGES = ("agreement", "coverage", "review")
WIDE, NARROW = 1280, 390
OPACITY = """() => [...document.querySelectorAll("[data-testid=stCaptionContainer]")]
    .map(caption => getComputedStyle(caption).opacity)"""
OVERFLOW = """() => { const main = document.querySelector('[data-testid=stMain]');
    return main.scrollWidth - main.clientWidth }"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Nine who like items by name and one who does not, about six items each of two prompts."""
    data = tmp_path_factory.mktemp("dashboards") / "data"
    db = Database(Settings(data, local=True).database)
    study = running_study(db, sizes=(6, 6), overlap=10)
    rng = np.random.default_rng(0)
    for number in range(10):
        person = f"p{number}"
        join(db, study, person, "north" if number < 5 else "south")
        for shown in assignment.fill(db, study, person, wanted=40, now=NOON, seed=0):
            likes_first = rng.random() < (0.1 if number == 9 else 0.9)
            left = (shown.left == shown.items[0]) == likes_first
            answer(db, study, shown, Outcome.LEFT if left else Outcome.RIGHT)
    db.close()
    started = Server(data)
    started.start()
    yield started
    started.stop()
    started.check_log()


@pytest.fixture(scope="module")
def window(chromium: Browser) -> Iterator[BrowserContext]:
    """One for all tests, which leave nothing in it: it loads and compiles Streamlit once."""
    context = chromium.new_context()
    context.set_default_timeout(30_000)  # the first page of all loads what figures need
    yield context
    context.close()


@pytest.fixture
def tab(window: BrowserContext) -> Iterator[Page]:
    opened = window.new_page()
    opened.set_viewport_size({"width": WIDE, "height": 900})
    yield opened
    opened.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_dashboard_is_whole_in_both_themes_and_on_a_narrow_screen(
    tab: Page, server: Server, name: str
) -> None:
    tab.emulate_media(color_scheme="dark")
    open_page(tab, f"{server.address}/{name}")
    assert visible_problems(tab) == []
    assert tab.evaluate(OVERFLOW) <= 0
    # Beside each chart stands what it says, its table and its file; a screen reader has its name.
    named = tab.get_by_role("figure", name="Chart: ").count()
    assert tab.get_by_text("As a table", exact=True).count() >= named
    charts = tab.locator("[data-testid=stPlotlyChart]")  # what draws them is loaded after the page
    expect(charts).to_have_count(named, timeout=30_000)
    tab.set_viewport_size({"width": NARROW, "height": 800})
    tab.emulate_media(color_scheme="light")
    settle(tab)
    tab.wait_for_timeout(500)  # charts fit themselves to their place
    assert tab.evaluate(OVERFLOW) <= 0
    assert set(tab.evaluate(OPACITY)) == {"1"}  # else captions are too pale on white


def test_the_file_of_a_chart_holds_its_numbers(tab: Page, server: Server) -> None:
    open_page(tab, f"{server.address}/agreement")
    # Not the first button: the page has tables that stand open, and this one is still to be made.
    closed = tab.locator(".st-key-table-of-agreement")
    closed.get_by_text("As a table", exact=True).click()
    button = closed.get_by_role("button", name="Download these data")
    button.wait_for()
    settle(tab)  # a button that is being drawn anew takes no click
    with tab.expect_download() as download:
        button.click()
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text("utf-8"))))
    assert [row["coefficient"] for row in rows][3] == "Krippendorff's alpha"
    for row in rows:
        assert float(row["both: low"]) < float(row["value"]) < float(row["both: high"])
        assert int(row["answers"]) == 300


def test_the_one_who_differs_is_to_be_looked_at(tab: Page, server: Server) -> None:
    open_page(tab, f"{server.address}/agreement")
    expect(tab.get_by_text("p9 should be looked at")).to_be_visible()
    expect(tab.get_by_text("a flag opens a review", exact=False).first).to_be_visible()


def test_a_second_opinion_is_blind_until_it_is_given(tab: Page, server: Server) -> None:
    open_page(tab, f"{server.address}/review")
    tab.get_by_role("tab", name="Pairs to look at again").click()
    tab.get_by_role("button", name="Give a second opinion").click()
    expect(tab.get_by_text("Left", exact=True)).to_be_visible()
    expect(tab.get_by_text("In the queue because")).to_have_count(0)
    tab.get_by_role("button", name="Left is better").click()
    expect(tab.get_by_text("In the queue because")).to_be_visible()
    expect(tab.get_by_text("second opinion", exact=True)).to_be_visible()
    for choice in ("People differ and both stand", "People want different things"):
        tab.get_by_text(choice, exact=True).click()
    tab.get_by_role("textbox", name="Reason").fill("The first is clearer.")
    tab.get_by_role("button", name="Save the conclusion").click()
    tab.get_by_role("tab", name="What was concluded").click()
    expect(tab.get_by_text("1 resolved pair")).to_be_visible()
    assert visible_problems(tab) == []
