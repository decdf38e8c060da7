"""Every form of question in a real browser: once by keys alone, once by clicks.

What is on disk must be said of the items whose texts stood on the screen.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from core.answer_form import AnswerForm, Compared, Form
from core.study import Asking
from tests.browser.room import Room, all_saved, gone, press, room, shown

#: No repeats: each question of these tests is asked once.
ONCE = {"asking": Asking(repeat_share=0), "sizes": (12,), "overlap": 3}
FORMS = {
    "pair": AnswerForm(),
    "graded 7": AnswerForm(grades=7),
    "graded 4": AnswerForm(grades=4),
    "aspects": AnswerForm(aspects=("Correct", "Kind")),
    "aspects first": AnswerForm(aspects=("Correct", "Kind"), aspects_first=True),
    "reasons": AnswerForm(chips=("Wrong", "Rude", "Long"), sentence=True),
    "ranking": AnswerForm(Form.RANKING, list_size=4),
    "best and worst": AnswerForm(Form.BEST_WORST, list_size=5),
    "best few": AnswerForm(Form.BEST_FEW, list_size=4, picks=2),
    "thumbs": AnswerForm(Form.THUMBS),
    "triplet": AnswerForm(Form.TRIPLET),
    "prompts": AnswerForm(compared=Compared.PROMPTS),
}
#: The keys that answer the first question of each form, and nothing else.
KEYS = {
    "pair": ["ArrowLeft"],
    "graded 7": ["2"],
    "graded 4": ["8"],
    "aspects": ["ArrowRight", "t", "1", "Enter"],
    "aspects first": ["1", "2", "ArrowRight", "ArrowUp", "t", "Enter"],
    "reasons": ["t", "e", "1", "3", "e", "w", "too long", "Enter"],
    "ranking": ["3", "1", "t", "2", "4", "ArrowUp", "Enter"],
    "best and worst": ["2", "4", "Enter"],
    "best few": ["1", "4", "2", "Enter"],
    "thumbs": ["ArrowUp"],
    "triplet": ["2"],
    "prompts": ["2"],
}
#: What is clicked for the second question: names of buttons.
CLICKS = {
    "pair": ["Tie"],
    "graded 7": ["Right is much better"],
    "graded 4": ["Left is barely better"],
    "aspects": ["Correct: Right", "Kind: Right", "Overall: Left is better", "Submit"],
    "aspects first": ["Correct: Left", "Kind: Tie", "Both bad", "Submit"],
    "reasons": ["Right is better", "Rude", "Submit"],
    "ranking": [
        "Next place (Item 2)", "Next place (Item 4)", "Move up (Item 4)", "Submit",
    ],
    "best and worst": ["Worst (Item 1)", "Best (Item 1)", "Worst (Item 3)", "Submit"],
    "best few": ["Pick (Item 3)", "Pick (Item 2)", "Submit"],
    "thumbs": ["Bad"],
    "triplet": ["Item 2 and Item 3 are closer"],
    "prompts": ["This is better (Left prompt)"],
}  # fmt: skip
Row = dict[str, Any]
Names = list[str]


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    studies = {name: {**ONCE, "form": form} for name, form in FORMS.items()}
    with room(tmp_path_factory.mktemp("forms") / "data", studies) as opened:
        yield opened


@pytest.fixture(scope="module")
def tab(chromium: Browser, at: Room) -> Iterator[Page]:
    """One tab for all forms; it fails if a script crashed."""
    problems: list[str] = []
    context = chromium.new_context()
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.on("pageerror", lambda error: problems.append(f"A script crashed: {error}"))
    yield page
    context.close()
    assert not problems
    assert at.studies


def items_on(page: Page) -> Names:
    """The ids of the items on the screen, from left to right, as their texts tell."""
    texts = page.locator("[data-position] .text").all_inner_texts()
    return [f"q0-{int(re.findall(r'[0-9]+', text)[0]):03}" for text in texts]


def by_keys(page: Page, keys: list[str]) -> Names:
    presentation = shown(page)
    items = items_on(page)
    for key in keys:
        if " " in key:
            page.keyboard.type(key)
        else:
            page.keyboard.press(key)
    gone(page, presentation)
    return items


def by_clicks(page: Page, names: list[str]) -> Names:
    presentation = shown(page)
    items = items_on(page)
    for name in names:
        group, _, button = name.rpartition(": ")
        within = page.get_by_role("group", name=group, exact=True) if group else page
        within.get_by_role("button", name=button, exact=True).click()
    gone(page, presentation)
    return items


def in_item_space(side: str, items: Names) -> str:
    """Left or right, said of the items by their order: first or second."""
    better = items[0 if side == "left" else 1]
    return "first" if better == min(items) else "second"


def pair(side: str | None, items: Names, **rest: Any) -> Row:
    outcome = side if side in {"tie", "both_bad"} else in_item_space(str(side), items)
    return {"outcome": outcome, **rest}


def aspects(correct: str, kind: str, items: Names) -> Row:
    said = {"Correct": correct, "Kind": kind}
    return {"aspects": {n: s if s == "tie" else in_item_space(s, items) for n, s in said.items()}}


def listed(places: list[list[int]], items: Names, rest: list[int] = [], **more: Any) -> Row:  # noqa: B006
    said: Row = {"places": [sorted(items[i] for i in place) for place in places], **more}
    if rest:
        said["rest"] = sorted(items[i] for i in rest)
    return {"outcome": "answered", "said": said}


#: What must be on disk after the keys, and after the clicks.
EXPECTED: dict[str, tuple[Callable[[Names], Row], Callable[[Names], Row]]] = {
    "pair": (lambda i: pair("left", i, margin=None), lambda i: pair("tie", i)),
    "graded 7": (lambda i: pair("left", i, margin=2), lambda i: pair("right", i, margin=3)),
    "graded 4": (lambda i: pair("right", i, margin=4), lambda i: pair("left", i, margin=1)),
    "aspects": (
        lambda i: {**pair("right", i), **aspects("tie", "left", i)},
        lambda i: {**pair("left", i), **aspects("right", "right", i)},
    ),
    "aspects first": (
        lambda i: {**pair("right", i), **aspects("left", "tie", i)},
        lambda i: {**pair("both_bad", i), **aspects("left", "tie", i)},
    ),
    "reasons": (
        lambda i: pair("tie", i, chips=["Wrong", "Long"], reason="too long"),
        lambda i: pair("right", i, chips=["Rude"], reason=None),
    ),
    # 3, then 1 tied to it, 2, 4, and 4 moved before 2.
    "ranking": (
        lambda i: listed([[2, 0], [3], [1]], i),
        lambda i: listed([[3], [1]], i, rest=[0, 2]),
    ),
    "best and worst": (
        lambda i: listed([[1]], i, rest=[0, 2, 4], worst=i[3]),
        lambda i: listed([[0]], i, rest=[1, 3, 4], worst=i[2]),
    ),
    # The third pick is one too many and does nothing.
    "best few": (
        lambda i: listed([[0, 3]], i, rest=[1, 2]),
        lambda i: listed([[2, 1]], i, rest=[0, 3]),
    ),
    "thumbs": (lambda _: {"outcome": "up"}, lambda _: {"outcome": "down"}),
    "triplet": (
        lambda i: listed([[0, 2]], i, rest=[1]),
        lambda i: listed([[1, 2]], i, rest=[0]),
    ),
    "prompts": (lambda i: pair("right", i), lambda i: pair("left", i)),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_form_is_answered_by_keys_and_by_clicks(at: Room, tab: Page, name: str) -> None:
    at.open(tab, name)
    screens = [by_keys(tab, KEYS[name]), by_clicks(tab, CLICKS[name])]
    all_saved(tab)
    rows = at.answers(name)
    assert len(rows) == 2
    for row, items, expected in zip(rows, screens, EXPECTED[name], strict=True):
        assert row["shown"] == items
        assert row["items"] == sorted(items)
        row |= {part: row[part] and json.loads(row[part]) for part in ("aspects", "said")}
        wanted = expected(items)
        assert {part: row[part] for part in wanted} == wanted
        assert 0 < row["ms"] < 60_000


def test_two_prompts_for_one_answer_are_called_so(at: Room, tab: Page) -> None:
    at.open(tab, "prompts")
    shown(tab)
    expect(tab.get_by_role("heading", name="Answer", exact=True)).to_be_visible()
    expect(tab.get_by_role("article", name="Right prompt")).to_be_visible()


#: Keys pressed one after another, and the order that the screen tells after each.
STEPS = (
    ("3", "1. Item 3"),
    ("1", "1. Item 3 · 2. Item 1"),
    ("t", "1. Item 3 = Item 1"),
    ("ArrowUp", "1. Item 1 · 2. Item 3"),
    ("ArrowUp", "1. Item 1 · 2. Item 3"),
    ("ArrowDown", "1. Item 3 · 2. Item 1"),
    ("ArrowDown", "1. Item 3 · 2. Item 1"),
    ("t", "1. Item 3 = Item 1"),
    ("t", "1. Item 3 · 2. Item 1"),
    ("2", "1. Item 3 · 2. Item 1 · 3. Item 2"),
    ("ArrowUp", "1. Item 3 · 2. Item 2 · 3. Item 1"),
    ("3", "1. Item 2 · 2. Item 1"),
    ("ArrowUp", "1. Item 2 · 2. Item 1"),  # what has no place cannot be moved
    ("4", "1. Item 2 · 2. Item 1 · 3. Item 4"),
    ("3", "1. Item 2 · 2. Item 1 · 3. Item 4 · 4. Item 3"),
)


def test_an_order_follows_the_keys(at: Room, tab: Page) -> None:
    at.open(tab, "ranking")
    shown(tab)
    for key, told in STEPS:
        tab.keyboard.press(key)
        order = tab.locator("[data-part=order]").inner_text()
        assert order.removeprefix("Your order: ").partition(". Items without")[0] == told
    tab.keyboard.press("s")
    press(tab, "6")
    all_saved(tab)


@pytest.mark.parametrize(
    ("name", "keys", "told"),
    [
        ("aspects", ["Enter"], "Choose an answer first."),
        ("aspects", ["1", "Enter"], "Judge each aspect first."),
        ("aspects first", ["ArrowDown", "ArrowDown", "1"], "Judge each aspect first."),
        ("ranking", ["Enter"], "Give at least one item a place first."),
        ("ranking", ["ArrowUp", "t", "Enter"], "Give at least one item a place first."),
        ("best and worst", ["3", "Enter"], "Choose the best and the worst first."),
        ("best and worst", ["3", "3", "1", "Enter"], "Choose the best and the worst first."),
        ("best few", ["3", "Enter"], "Pick 2. So far: 1."),
    ],
)
def test_what_is_not_whole_is_not_sent(
    at: Room, tab: Page, name: str, keys: list[str], told: str
) -> None:
    at.open(tab, name)
    before = shown(tab)
    n_before = len(at.answers(name))
    for key in [*keys, "q", "9"]:  # the last two mean nothing
        tab.keyboard.press(key)
    expect(tab.locator("[data-part=hint]")).to_have_text(told)
    assert shown(tab) == before
    assert len(at.answers(name)) == n_before
    tab.keyboard.press("s")  # the next case gets a question of its own
    tab.keyboard.press("6")
    gone(tab, before)
    all_saved(tab)
