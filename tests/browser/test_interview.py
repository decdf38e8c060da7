"""The interview in a real browser: from a case to a confirmed card, by keys and by clicks."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from core.interview.turns import AnotherAsked
from core.value_study import Case, ModelChoice, ModelKind, ValueSettings
from storage import interviews, people, value_settings, values_cards
from storage.database import Database
from storage.values_cards import StoredCard
from tests.browser.interview_walk import press, question, tell_a_value
from tests.browser.room import Room, room
from tests.browser.screen import open_page, settle, visible_problems
from tests.browser.test_accessibility import violations
from tests.core.interviews import CARD, CASES, STORY, WHOLE
from tests.given import NOON
from tests.interviewer.model_server import ModelServer, model_server, says

ASKED = ValueSettings(
    cases=tuple(Case(case.id, f"Title of {case.id}", case.text) for case in CASES)
)
#: Studies in which the interview stands somewhere already, by the number of turns.
DRAWN = {"words": 8, "card": 14, "offer": 15}


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    with model_server(says({"drafts": [CARD.policies[0]]})) as server:
        yield server


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory, model: ModelServer) -> Iterator[Room]:
    with_model = ModelChoice(ModelKind.ENDPOINT, model.url, "small")
    settings = {
        "plain": ASKED,
        "model": ValueSettings(cases=ASKED.cases[:1], model=with_model),
        "reload": ASKED,
        **dict.fromkeys(DRAWN, ASKED),
    }

    def prepare(db: Database, ids: dict[str, str]) -> None:
        for name, asked in settings.items():
            value_settings.save(db, ids[name], asked, version=0, by=None, now=NOON)
        for name, n_turns in DRAWN.items():
            interview = interviews.ensure(db, ids[name], people.LOCAL, NOON)
            turns = [*WHOLE[:n_turns], *[AnotherAsked(wanted=False)] * (n_turns == len(WHOLE))]
            interviews.append(db, interview.id, turns, n_answers=0, now=NOON)
        other = StoredCard("other", "somebody", "move", CARD, NOON)
        db.write(lambda cursor: values_cards.put(cursor, ids["offer"], other, None))

    given: dict[str, dict[str, Any]] = {name: {"sizes": (2,)} for name in settings}
    with room(tmp_path_factory.mktemp("interview") / "data", given, prepare) as opened:
        yield opened


def go_to(page: Page, at: Room, name: str) -> None:
    open_page(page, f"{at.server.address}/interview?study={at.studies[name]}")


def cards(at: Room, name: str) -> list[tuple[Any, ...]]:
    return at.read(
        "SELECT title, description, policies FROM values_cards WHERE study_id = ?",
        [at.studies[name]],
    )


def test_from_case_to_card_without_any_model(page: Page, at: Room) -> None:
    go_to(page, at, "plain")
    press(page, "Begin")
    question(page, "Which of these situations")
    press(page, "Start from this situation")
    tell_a_value(page)
    assert cards(at, "plain") == []
    press(page, "Yes, this is what I mean")
    question(page, "something else that matters")
    assert cards(at, "plain") == [(CARD.title, CARD.description, list(CARD.policies))]
    press(page, "No, that is all for now")
    expect(page.get_by_role("heading", name="Does this card represent you?")).to_be_visible()
    assert visible_problems(page) == []


def test_a_model_proposes_and_the_person_decides(page: Page, at: Room, model: ModelServer) -> None:
    go_to(page, at, "model")
    press(page, "Begin")
    tell_a_value(page, take_first=True)
    press(page, "Yes, this is what I mean")
    question(page, "something else that matters")
    assert cards(at, "model") == [(CARD.title, CARD.description, list(CARD.policies))]
    asked = {request["messages"][1]["content"] for request in model.requests}
    assert any(STORY.split(".")[0] in content for content in asked)


def test_what_is_typed_is_there_after_a_reload_without_any_click(page: Page, at: Room) -> None:
    go_to(page, at, "reload")
    press(page, "Begin")
    press(page, "Start from this situation")
    question(page, "Which time in your own life")
    field = page.locator(".st-key-answers textarea")
    expect(field).to_be_focused()
    page.keyboard.type("My friend rang at night and I said")
    page.wait_for_timeout(2500)
    expect(field).to_be_focused()
    page.keyboard.type(" little.")
    page.wait_for_timeout(2500)
    page.reload()
    settle(page)
    expect(page.locator(".st-key-answers textarea")).to_have_value(
        "My friend rang at night and I said little."
    )


@pytest.mark.parametrize("seen", [("words", "en", 1280), ("card", "de", 320), ("offer", "ar", 320)])
def test_it_fits_a_narrow_screen_and_is_accessible(
    chromium: Browser, at: Room, seen: tuple[str, str, int]
) -> None:
    name, language, width = seen
    context = chromium.new_context(
        locale=language, viewport={"width": width, "height": 800}, color_scheme="light"
    )
    context.set_default_timeout(15_000)
    page = context.new_page()
    go_to(page, at, name)
    page.get_by_role("heading", level=2).first.wait_for()
    page.wait_for_function("code => document.documentElement.lang === code", arg=language)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(1000)  # colours fade over
        # In local mode the menu has sections, which are no valid lists; for annotators it has none.
        in_page = [v for v in violations(page) if "stSidebarNav" not in v and "listitem" not in v]
        assert in_page == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
