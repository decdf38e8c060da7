"""No page of annotators breaks a rule that axe-core can check (WCAG 2.2, levels A and AA)."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page

from tests.browser.annotator import Desk, desk, tab
from tests.browser.screen import settle

#: Each page of annotators: its address, whether they are signed in, and what is there once drawn.
PAGES = {
    "sign in": ("/sign-in?next=/", False, "main button"),
    "change password": ("/password", True, "main button"),
    "sign out": ("/sign-out", True, "main button"),
    "compare": ("/?study={study}", True, "[data-part=pair]:not([hidden])"),
    "nothing left": ("/?study={nothing_left}", True, "[data-part=nothing]:not([hidden])"),
}
LANGUAGES = ("en", "ar")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
BACKGROUND = "getComputedStyle(document.querySelector('.stApp') ?? document.body).backgroundColor"


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk(tmp_path_factory.mktemp("accessibility") / "data") as opened:
        yield opened


def violations(page: Page) -> list[str]:
    """What axe-core objects to: the rule, where, and what would mend it."""
    options: dict[str, Any] = {"runOnly": RULES, "resultTypes": ["violations"]}
    found = Axe().run(page, options=options).response
    assert found["testEngine"]["name"] == "axe-core"
    return [
        f"{rule['id']}: {node['html'][:200]}: {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_annotators_is_accessible(
    chromium: Browser, at: Desk, name: str, language: str
) -> None:
    path, signed_in, drawn = PAGES[name]
    with tab(chromium, at, language=language, signed_in=signed_in) as page:
        page.goto(at.address(path))
        page.locator(drawn).first.wait_for()
        if "/?" in path:
            settle(page)
        page.wait_for_function("code => document.documentElement.lang === code", arg=language)
        light = page.evaluate(BACKGROUND)
        assert violations(page) == []
        page.emulate_media(color_scheme="dark")
        page.wait_for_function(f"before => {BACKGROUND} !== before", arg=light)
        page.wait_for_timeout(300)  # colours fade over
        assert violations(page) == []


def test_what_is_wrong_is_found(chromium: Browser, at: Desk) -> None:
    """The same question to a page that was broken on purpose: grey on grey, a nameless field."""
    with tab(chromium, at, signed_in=False) as page:
        page.goto(at.address("/sign-in"))
        page.evaluate(
            """() => {
              document.querySelector('h1').style.color = 'gray';
              document.querySelector('h1').style.background = 'dimgray';
              document.querySelector('label').remove();
            }"""
        )
        broken = {problem.partition(":")[0] for problem in violations(page)}
        assert {"color-contrast", "label"} <= broken
