from playwright.sync_api import Dialog, Page

from tests.ui.test_markdown import HOSTILE
from ui.markdown import stylesheet, to_html

SHOW = """([html, css]) => {
  const host = document.body.appendChild(document.createElement("div"));
  const root = host.attachShadow({mode: "open"});
  root.innerHTML = `<style>${css}</style>${html}`;
  return root.lastElementChild.getBoundingClientRect().height;
}"""


def show(page: Page, text: str) -> float:
    height: float = page.evaluate(SHOW, [to_html(text), stylesheet()])
    return height


def test_hostile_texts_run_nothing_and_fetch_nothing(page: Page) -> None:
    """The fixture fails the test for any request that leaves this machine."""
    dialogs: list[str] = []

    def note(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    page.set_content("")
    for text in HOSTILE:
        assert show(page, text) > 0
    page.wait_for_timeout(200)
    handlers = "e => [...e.attributes].some(a => a.name.startsWith('on')) || e.tagName == 'SCRIPT'"
    assert not any(page.locator("div, div *").evaluate_all(f"all => all.map({handlers})"))
    assert dialogs == []


def test_the_browser_draws_a_formula(page: Page) -> None:
    page.set_content("")
    tall = show(page, r"$$\frac{\frac{a}{b}}{\frac{c}{d}}$$")
    assert tall > show(page, "$$x$$") > 0
