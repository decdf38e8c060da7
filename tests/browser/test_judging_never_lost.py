"""A key that is pressed while a question stands painted answers it, whatever goes on around it."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from core.study import Asking
from tests.browser.room import Room, all_saved, room, shown

#: Streamlit may close a view and open it again. Here it does so every few milliseconds, with
#: moments between in which the view is closed, and each time the interface has another language,
#: so that the question on the screen is built anew.
RESTLESS = """
const drawing = Promise.withResolvers();
let close = null, component = null, draw = null;
window.n_closed = 0;
const inAnother = ({ data: [data], ...rest }) => {
  const language = window.n_closed % 2 ? "de" : "en";
  return { ...rest, data: [{ ...data, interface: { language, direction: "ltr" } }] };
};
globalThis.discernJudging = {
  promise: drawing.promise,
  resolve: (real) => {
    draw = (given) => real(inAnother(given));
    drawing.resolve((given) => {
      component = given;
      close = draw(given);
      return () => { close(); component = null; };
    });
  },
};
setInterval(() => {
  if (component === null) return;
  const drawn = component;
  close();
  window.n_closed += 1;
  setTimeout(() => { if (component === drawn) close = draw(drawn); }, 15);
}, 40);
"""
#: Notes at each key which question stood painted at that moment, if one did.
RECORD_KEYS = """
() => {
  const pair = [...document.querySelectorAll('*')].map(
    (e) => e.shadowRoot?.querySelector('[data-part=pair]')).find(Boolean);
  window.at_keys = [];
  document.addEventListener('keydown', () => {
    const { presentation, painted } = pair.dataset;
    window.at_keys.push(!pair.hidden && presentation === painted ? painted : null);
  }, true);
}
"""
BUSY = [sys.executable, "-c", "while True: pass"]


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    studies = {"restless": {"sizes": (9,), "asking": Asking(repeat_share=0)}}
    with room(tmp_path_factory.mktemp("lost") / "data", studies) as opened:
        yield opened


@pytest.fixture
def busy() -> Iterator[None]:
    """Two programs that want the processor all the time."""
    loops = [subprocess.Popen(BUSY) for _ in range(2)]
    yield
    for loop in loops:
        loop.kill()
        loop.wait()


@pytest.mark.usefixtures("busy")
def test_a_key_answers_the_painted_question(page: Page, at: Room) -> None:
    """Each key that found a question painted is one answer to it; each that found none is none."""
    page.add_init_script(RESTLESS)
    at.open(page, "restless")
    shown(page)
    page.evaluate(RECORD_KEYS)
    for _ in range(25):
        page.keyboard.press("1")
        page.wait_for_timeout(30)
    shown(page)
    all_saved(page)
    pressed = [presentation for presentation in page.evaluate("window.at_keys") if presentation]
    assert len(pressed) >= 5
    assert sorted(pressed) == sorted(answer["id"] for answer in at.answers("restless"))
    assert page.evaluate("window.n_closed") >= 5
