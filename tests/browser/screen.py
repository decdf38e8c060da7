"""What the browser tests wait for and look at."""

from playwright.sync_api import Page

SETTLED = "[data-testid=stApp][data-test-script-state=notRunning]"


def open_page(page: Page, address: str) -> None:
    """Go there and wait until the page is drawn."""
    page.goto(address)
    settle(page)


def settle(page: Page) -> None:
    """Wait while the page's script runs; after a click, wait for what it changes instead."""
    page.wait_for_selector(SETTLED)
    page.wait_for_function(
        "() => !document.querySelector('[data-testid=stStatusWidget], [data-stale=true]')"
    )


def visible_problems(page: Page) -> list[str]:
    """The texts of the errors that the page shows."""
    kinds = "[data-testid=stException], [data-testid=stAlertContentError]"
    return page.locator(kinds).all_inner_texts()
