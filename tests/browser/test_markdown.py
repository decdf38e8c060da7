from collections.abc import Callable

from playwright.sync_api import Dialog, Page, Route

from core import chats
from core.chats import Message, Speaker
from core.media import name_of
from tests.storage.shown_files import FILES
from tests.ui.test_markdown import HOSTILE
from ui import chat
from ui.markdown import stylesheet, to_html

SHOW = """([html, css]) => {
  const host = document.body.appendChild(document.createElement("div"));
  const root = host.attachShadow({mode: "open"});
  root.innerHTML = `<style>${css}</style>${html}`;
  return root.lastElementChild.getBoundingClientRect().height;
}"""


def show(page: Page, text: str, html_of: Callable[[str], str] = to_html) -> float:
    height: float = page.evaluate(SHOW, [html_of(text), stylesheet()])
    return height


def talk(*contents: str) -> str:
    """A chat of these messages, of the user and the assistant in turn."""
    speakers = (Speaker.USER, Speaker.ASSISTANT)
    return chats.stored([Message(speakers[i % 2], text) for i, text in enumerate(contents)])


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
        assert show(page, talk(text, text), chat.to_html) > 0
    page.wait_for_timeout(200)
    handlers = "e => [...e.attributes].some(a => a.name.startsWith('on')) || e.tagName == 'SCRIPT'"
    assert not any(page.locator("div, div *").evaluate_all(f"all => all.map({handlers})"))
    assert dialogs == []


def test_the_browser_draws_a_formula(page: Page) -> None:
    page.set_content("")
    tall = show(page, r"$$\frac{\frac{a}{b}}{\frac{c}{d}}$$")
    assert tall > show(page, "$$x$$") > 0


def test_a_chat_fits_a_narrow_screen_in_either_direction(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    code = "```python\n" + "x = 1  # " * 40 + "\n```"
    text = talk("Why? " * 30, code, "مرحبا " * 30, "a" * 500, "|a|b|\n|-|-|\n|" + "x" * 90 + "|y|")
    for direction in ("ltr", "rtl"):
        page.set_content(f'<body dir="{direction}">')
        show(page, text, chat.to_html)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 320, direction
        roles = page.locator(".message .role")
        assert roles.all_inner_texts() == ["User", "Assistant", "User", "Assistant", "User"]
        starts = page.locator("li").evaluate_all("all => all.map(e => e.getBoundingClientRect().x)")
        # The user's messages stand in from where reading starts.
        assert (starts[0] > starts[1]) == (direction == "ltr")


def test_the_browser_shows_a_picture_and_offers_a_sound(page: Page) -> None:
    picture, sound = name_of(FILES["png"], "png"), name_of(FILES["wav"], "wav")

    def send(route: Route) -> None:
        ending = route.request.url.rpartition(".")[2]
        route.fulfill(body=FILES[ending])

    page.route("**/files/*", send)
    page.route("http://127.0.0.1:9/", lambda route: route.fulfill(body="<body></body>"))
    page.goto("http://127.0.0.1:9/")
    show(page, f"![a cat](media:{picture}) ![rain](media:{sound})")
    image = page.get_by_role("img", name="a cat")
    page.wait_for_function("e => e.complete", arg=image.element_handle())
    assert image.evaluate("e => e.naturalWidth") == 3
    assert page.locator("audio").get_attribute("aria-label") == "rain"
    page.wait_for_function("e => e.readyState > 0", arg=page.locator("audio").element_handle())
