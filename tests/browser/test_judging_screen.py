"""What stands around a question: keys, notes, drafts, feedback, breaks, and who can use it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Dialog, Page, expect

from core.answer_form import AnswerForm, Form
from core.judgment import ItemOutcome
from core.study import Asking
from storage import gold
from storage.database import Database
from storage.gold import Gold
from tests.browser.room import Room, all_saved, gone, press, room, shown
from tests.browser.screen import open_page
from tests.browser.test_accessibility import RULES

LONG = "\n\n".join(f"Paragraph {number} of a long answer." for number in range(60))
HOSTILE = (
    "<script>window.ran = true</script> <img src=x onerror='window.ran = true'>",
    "[click](javascript:window.ran=true) <svg onload='window.ran = true'>",
)
ONCE = Asking(repeat_share=0)
ALL = AnswerForm(grades=4, aspects=("Correct", "Kind"), chips=("Rude", "Long"), sentence=True)
STUDIES: dict[str, dict[str, Any]] = {
    "pairs": {"sizes": (12,), "asking": ONCE},
    "arabic": {"sizes": (6,), "asking": ONCE, "language": "ar"},
    "foxes": {"texts": ("The quick **brown** fox", "The slow **brown** fox!"), "asking": ONCE},
    "long": {"texts": (LONG, LONG + LONG), "asking": ONCE},
    "hostile": {"texts": HOSTILE, "asking": ONCE},
    "all": {"form": ALL, "sizes": (8,), "asking": ONCE},
    "ranking": {"form": AnswerForm(Form.RANKING), "sizes": (8,), "asking": ONCE},
    "best and worst": {"form": AnswerForm(Form.BEST_WORST), "sizes": (8,), "asking": ONCE},
    "best few": {"form": AnswerForm(Form.BEST_FEW), "sizes": (8,), "asking": ONCE},
    "triplet": {"form": AnswerForm(Form.TRIPLET), "sizes": (8,), "asking": ONCE},
    "thumbs": {"form": AnswerForm(Form.THUMBS), "sizes": (8,), "asking": ONCE},
    "guided": {"sizes": (4,), "asking": ONCE, "guidelines": "Prefer *short* answers."},
    "training": {"sizes": (6,), "asking": Asking(repeat_share=0, training=2)},
}
#: The size of every button that can be seen, and whether anything is wider than the screen.
SMALL = """
() => {
  const root = [...document.querySelectorAll('*')].find(
    (e) => e.shadowRoot?.querySelector('[data-part=pair]')).shadowRoot;
  const boxes = [...root.querySelectorAll('button, summary')]
    .filter((button) => button.checkVisibility())
    .map((button) => [button.textContent, button.getBoundingClientRect()]);
  return boxes
    .filter(([, box]) => Math.min(box.width, box.height) < 24 || box.right > innerWidth)
    .map(([text]) => text);
}
"""


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    folder = tmp_path_factory.mktemp("screen") / "data"
    with room(folder, STUDIES, prepare=teach) as opened:
        yield opened


def teach(db: Database, studies: dict[str, str]) -> None:
    """Two training questions, whose answer is a tie."""
    for items in (("q0-000", "q0-001"), ("q0-002", "q0-003")):
        known = Gold(items, ItemOutcome.TIE, "They say **the same**.", True, "import")  # noqa: FBT003
        put = partial(
            gold.put, study_id=studies["training"], known=known, by=None, now=datetime.now(UTC)
        )
        db.write(put)


def violations(page: Page) -> list[str]:
    """What axe-core objects to outside of the menu."""
    found = Axe().run(page, context="[data-testid=stMain]", options={"runOnly": RULES}).response
    return [
        f"{rule['id']}: {node['html']}" for rule in found["violations"] for node in rule["nodes"]
    ]


def marked(page: Page, side: str) -> list[str]:
    return page.locator(f"[data-part={side}] mark").all_inner_texts()


def test_a_key_is_changed_and_stays(page: Page, at: Room) -> None:
    at.open(page, "pairs")
    first = shown(page)
    page.locator("summary[data-word=keys]").click()
    page.get_by_role("button", name="Change keys").click()
    page.locator("[data-change=tie]").click()
    page.keyboard.press("b")
    hint = page.locator("[data-part=keys-hint]")
    expect(hint).to_have_text(
        "B already stands for: Both bad. Choose another key, or change that one first."
    )
    page.locator("[data-change=tie]").click()
    page.keyboard.press(" ")
    expect(hint).to_have_text("Space is needed by the browser. Choose another key.")
    page.locator("[data-change=tie]").click()
    page.keyboard.press("z")
    page.keyboard.press("t")  # in the dialog, keys answer nothing
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("t")  # the old key
    assert shown(page) == first
    all_known(page)
    page.reload()
    assert press(page, "z") == first
    all_saved(page)
    assert [answer["outcome"] for answer in at.answers("pairs")] == ["tie"]
    page.locator("summary[data-word=keys]").click()
    page.get_by_role("button", name="Change keys").click()
    page.get_by_role("button", name="The usual keys again").click()
    expect(page.locator("[data-change=tie] kbd")).to_have_text("T")


def all_known(page: Page) -> None:
    """Wait until nothing is kept in the browser that the server does not have."""
    page.wait_for_function(
        "() => !Object.keys(localStorage).some((key) => key.startsWith('discern|'))"
    )


def test_single_keys_are_switched_off(page: Page, at: Room) -> None:
    at.open(page, "pairs")
    presentation = shown(page)
    page.locator("summary[data-word=keys]").click()
    page.get_by_role("button", name="Change keys").click()
    page.get_by_label("Single keys answer").uncheck()
    page.get_by_role("button", name="Close").click()
    for key in ("1", "ArrowRight", "x", "s", "f"):
        page.keyboard.press(key)
    assert shown(page) == presentation
    expect(page.locator("kbd").first).to_be_hidden()
    page.get_by_role("button", name="Change keys").click()
    page.get_by_label("Single keys answer").check()
    page.get_by_role("button", name="Close").click()
    press(page, "1")
    all_known(page)


def test_what_differs_is_marked(page: Page, at: Room) -> None:
    at.open(page, "foxes")
    shown(page)
    assert marked(page, "left") == marked(page, "right") == []
    page.keyboard.press("d")
    assert sorted([marked(page, "left"), marked(page, "right")]) == [["quick"], ["slow", "!"]]
    expect(page.locator("[data-part=left] strong")).to_have_text("brown")
    page.keyboard.press("d")
    assert marked(page, "left") == marked(page, "right") == []


def test_long_answers_scroll_together_until_they_do_not(page: Page, at: Room) -> None:
    at.open(page, "long")
    shown(page)
    page.keyboard.press("g")
    for side, other in (("left", "right"), ("right", "left")):
        for part, share in ((side, 1), (other, 1), (side, 0), (other, 0)):
            text = page.locator(f"[data-part={part}]")
            if part == side:
                text.evaluate(f"text => {{ text.scrollTop = {share} * text.scrollHeight; }}")
                page.wait_for_timeout(100)
            room_left = "text => (text.scrollHeight - text.clientHeight) * %d - text.scrollTop"
            assert abs(text.evaluate(room_left % share)) <= 1
    all_known(page)
    page.reload()
    shown(page)
    together = page.get_by_role("button", name="Scroll together")
    expect(together).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("g")
    page.locator("[data-part=left]").evaluate("text => { text.scrollTop = 500; }")
    page.wait_for_timeout(100)
    assert page.locator("[data-part=right]").evaluate("text => text.scrollTop") == 0
    all_known(page)


def test_what_items_hold_is_shown_and_not_run(page: Page, at: Room) -> None:
    said: list[str] = []

    def note(dialog: Dialog) -> None:
        said.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    at.open(page, "hostile")
    shown(page)
    page.keyboard.press("d")
    texts = "".join(page.locator("[data-position] .text").all_inner_texts())
    assert "<script>window.ran = true</script>" in texts
    assert "<svg onload='window.ran = true'>" in texts
    page.wait_for_timeout(200)
    assert page.evaluate("window.ran") is None
    assert said == []


def test_a_note_reaches_the_admins(page: Page, at: Room) -> None:
    at.open(page, "pairs")
    presentation = shown(page)
    page.keyboard.press("f")
    assert violations(page) == []
    page.get_by_label("What is wrong here?").fill("The table has no numbers")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("[data-part=announcement]")).to_have_text("Your note was sent.")
    all_known(page)
    rows = at.read("SELECT presentation_id, note FROM flags", [])
    assert rows == [(presentation, "The table has no numbers")]


def test_a_begun_answer_outlives_the_browser(page: Page, at: Room) -> None:
    """Kept here at once, and on the server soon after: another browser finds it."""
    at.open(page, "all")
    presentation = shown(page)
    for key in ("3", "ArrowLeft", "e", "2", "e", "w"):
        page.keyboard.press(key)
    page.keyboard.type("Because it lasts")
    page.reload()
    assert shown(page) == presentation
    sentence = page.get_by_label("In one sentence")
    expect(sentence).to_have_value("Because it lasts")
    sentence.press("End")
    page.keyboard.type(" longer")
    page.wait_for_timeout(1700)
    all_known(page)
    page.evaluate("localStorage.clear()")
    page.reload()
    assert shown(page) == presentation
    expect(sentence).to_have_value("Because it lasts longer")
    for name in ("Left is slightly better", "Left", "Long"):
        button = page.get_by_role("button", name=name, exact=True).first
        expect(button).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Enter")
    expect(page.locator("[data-part=hint]")).to_have_text("Judge each aspect first.")
    page.keyboard.press("t")
    press(page, "Enter")
    all_saved(page)
    [answer] = at.answers("all")
    assert (answer["margin"], answer["reason"]) == (2, "Because it lasts longer")
    assert set(json.loads(answer["aspects"])) == {"Correct", "Kind"}


def test_training_tells_before_the_next_question(page: Page, at: Room) -> None:
    at.open(page, "training")
    shown(page)
    expect(page.get_by_text("Training: you are told afterwards")).to_be_visible()
    page.keyboard.press("t")
    verdict = page.locator("[data-part=feedback-verdict]")
    expect(verdict).to_have_text("Right.")
    assert violations(page) == []
    expect(page.locator("[data-part=pair]")).to_be_hidden()
    expect(page.locator("[data-part=feedback-text] strong")).to_have_text("the same")
    page.keyboard.press("1")  # no question is on the screen
    page.keyboard.press("Enter")
    shown(page)
    page.keyboard.press("1")
    expect(verdict).to_have_text("Not what was expected: Tie.")
    page.get_by_role("button", name="Continue").click()
    shown(page)
    all_saved(page)
    assert [a["purpose"] for a in at.answers("training")] == ["training", "training"]


def test_a_break_is_suggested_and_nothing_more(page: Page, at: Room) -> None:
    at.open(page, "pairs")
    press(page, "1")
    rest = page.locator("[data-part=rest]")
    expect(rest).to_be_hidden()
    page.evaluate(
        """() => {
          const key = Object.keys(sessionStorage).find((name) => name.startsWith('discern work'));
          const { last } = JSON.parse(sessionStorage.getItem(key));
          sessionStorage.setItem(key, JSON.stringify({ began: last - 46 * 60000, last }));
        }"""
    )
    press(page, "1")
    expect(rest).to_contain_text("You have been judging for 45 minutes.")
    press(page, "1")
    expect(rest).to_be_visible()
    page.keyboard.press("Escape")
    expect(rest).to_be_hidden()
    press(page, "1")
    expect(rest).to_be_hidden()
    all_saved(page)


def test_the_own_report_is_there_when_asked_for(page: Page, at: Room) -> None:
    at.open(page, "thumbs")
    press(page, "1")
    press(page, "2")
    all_saved(page)
    page.get_by_role("button", name="My report").click()
    report = page.locator("[data-part=report-lines]")
    expect(report).to_contain_text("Answers2")
    expect(report).to_contain_text("Nothing was asked twice yet.")
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(report).to_be_hidden()


def test_the_last_answer_is_followed_by_the_report(page: Page, at: Room) -> None:
    at.open(page, "foxes")
    press(page, "1")
    expect(page.locator("[data-part=nothing]")).to_contain_text("Thank you!")
    expect(page.locator("[data-part=last-report]")).to_contain_text("Answers1")


def test_guidelines_are_open_until_they_are_read(page: Page, at: Room) -> None:
    at.open(page, "guided")
    guidelines = page.get_by_text("Prefer short answers.")
    expect(guidelines).to_be_visible()
    page.get_by_role("button", name="I have read the guidelines").click()
    expect(page.get_by_text("Guidelines, version 1", exact=True)).to_be_visible()
    expect(guidelines).to_be_hidden()
    press(page, "1")


def test_who_answers_by_button_is_led_to_the_next_question(page: Page, at: Room) -> None:
    at.open(page, "pairs")
    presentation = shown(page)
    page.get_by_role("button", name="This is better (Left answer)").focus()
    page.keyboard.press("Enter")
    gone(page, presentation)
    shown(page)
    expect(page.locator("[data-part=question]")).to_be_focused()
    expect(page.locator("[data-part=announcement]")).to_have_text("Next question")
    expect(page.locator("[data-part=announcement]")).to_have_attribute("role", "status")
    all_saved(page)


def test_texts_stand_in_the_direction_of_the_study(page: Page, at: Room) -> None:
    at.open(page, "arabic")
    shown(page)
    for part in ("prompt", "left", "right"):
        text = page.locator(f"[data-part={part}]")
        expect(text).to_have_attribute("dir", "rtl")
        expect(text).to_have_attribute("lang", "ar")
    left, right = (page.locator(f"[data-part={side}]").bounding_box() for side in ("left", "right"))
    assert left is not None
    assert right is not None
    assert left["x"] < right["x"]


@pytest.mark.parametrize(
    "name", ["pairs", "all", "ranking", "best and worst", "best few", "triplet", "thumbs"]
)
def test_a_form_is_usable_by_all(chromium: Browser, at: Room, name: str) -> None:
    """No violation of axe-core's rules; 320 pixels suffice; every target has 24."""
    context = chromium.new_context(viewport={"width": 320, "height": 700})
    page = context.new_page()
    open_page(page, f"{at.server.address}/?study={at.studies[name]}")
    shown(page)
    assert page.evaluate(SMALL) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    page.set_viewport_size({"width": 1280, "height": 900})
    page.locator("summary[data-word=keys]").click()
    page.keyboard.press("s")
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Change keys").click()
    assert violations(page) == []
    context.close()
