"""The interface in the language that the browser asks for, or that somebody chose."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.annotator import NAME, PASSWORD, Desk, desk, tab
from tests.browser.screen import open_page, settle

WIDTHS = (320, 1280)


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk(tmp_path_factory.mktemp("languages") / "data") as opened:
        yield opened


def told(page: Page) -> list[str]:
    """Language and direction, as the browser and screen readers are told."""
    found: list[str] = page.evaluate(
        "[document.documentElement.lang, document.documentElement.dir]"
    )
    return found


def expect_told(page: Page, language: str, direction: str) -> None:
    page.wait_for_function(
        "([lang, dir]) => document.documentElement.matches(`[lang=${lang}][dir=${dir}]`)",
        arg=[language, direction],
    )


def edges(page: Page, selector: str) -> tuple[float, float]:
    """Where something begins and ends on the screen, from the left."""
    box = page.locator(selector).bounding_box()
    assert box is not None
    return box["x"], box["x"] + box["width"]


def test_a_language_chosen_before_signing_in_stays(chromium: Browser, at: Desk) -> None:
    with tab(chromium, at, language="ar", signed_in=False) as page:
        page.goto(at.address("/compare?study={study}"))
        assert told(page) == ["ar", "rtl"]
        expect(page.get_by_role("heading")).to_have_text("تسجيل الدخول")
        page.get_by_role("link", name="Deutsch").click()
        expect(page.get_by_role("heading")).to_have_text("Anmelden")
        assert told(page) == ["de", "ltr"]
        page.get_by_label("Name").fill(NAME)
        page.get_by_label("Passwort").fill(PASSWORD)
        page.get_by_role("button").click()
        settle(page)
        assert f"study={at.study}" in page.url
        expect(page.get_by_text("Angemeldet als Noor (Bewertung)")).to_be_visible()
        expect_told(page, "de", "ltr")


def test_a_language_chosen_in_the_sidebar_stays(chromium: Browser, at: Desk) -> None:
    with tab(chromium, at, language="fr") as page:
        open_page(page, at.address("/?study={nothing_left}"))
        expect_told(page, "en", "ltr")
        page.get_by_role("combobox", name="Language").click()
        page.get_by_role("option", name="Español").click()
        expect_told(page, "es", "ltr")
        settle(page)
        assert page.url.endswith(f"study={at.nothing_left}")
        expect(page.get_by_text("Sesión iniciada como Noor")).to_be_visible()
        page.goto(at.address("/password"))
        expect(page.get_by_role("heading")).to_have_text("Cambiar su contraseña")


def test_a_link_may_name_a_language(chromium: Browser, at: Desk) -> None:
    """Whoever follows it stays in that language, and the address loses its name again."""
    with tab(chromium, at) as page:
        page.goto(at.address("/?language=ar&study={study}"))
        page.wait_for_url(lambda url: "language" not in url)
        settle(page)
        expect_told(page, "ar", "rtl")
        assert f"study={at.study}" in page.url


@pytest.mark.parametrize("width", WIDTHS)
def test_from_right_to_left_everything_has_its_place(
    chromium: Browser, at: Desk, width: int
) -> None:
    """The sidebar stands right and leaves to the right, and nothing needs scrolling sideways."""
    with tab(chromium, at, language="ar", width=width) as page:
        open_page(page, at.address("/?study={study}"))
        expect_told(page, "ar", "rtl")
        if width == WIDTHS[0]:
            page.get_by_test_id("stExpandSidebarButton").click()
        sidebar = page.get_by_test_id("stSidebar")
        expect(sidebar.get_by_role("combobox", name="اللغة")).to_be_in_viewport()
        page.wait_for_timeout(500)  # it slides
        assert edges(page, "[data-testid=stSidebar]")[1] == width
        sidebar.hover()
        page.get_by_test_id("stSidebarCollapseButton").get_by_role("button").click()
        page.wait_for_timeout(500)
        assert edges(page, "[data-testid=stSidebar]")[0] >= width
        assert page.evaluate("document.documentElement.scrollWidth") == width
        left, right = (edges(page, f"[data-part={side}]") for side in ("left", "right"))
        assert width == WIDTHS[0] or left[1] < right[0]
