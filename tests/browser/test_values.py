"""From cards to votes to "where mine stands", in a browser; and the graph for researchers."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from api.identity import serializer
from core.study import Role
from core.value_study import ModelChoice, ModelKind
from storage import edge_votes, people, studies, value_settings
from storage.database import Database
from tests.browser.annotator import NAME, PASSWORD, Desk, tab
from tests.browser.interview_walk import press, question, tell_a_value
from tests.browser.screen import SETTLED, open_page, settle, visible_problems
from tests.browser.server import Server
from tests.browser.test_accessibility import violations
from tests.core.interviews import CARD
from tests.interviewer.model_server import ModelServer, model_server, says
from tests.values_study import CONTEXTS, NOON, answer_some, prefers, put_card, values_study
from workbench.opening import close_workbench, open_workbench
from workbench.settings import Settings

ORDER = ["c0", "c1", "mine", "c2"]


@dataclass(frozen=True, slots=True)
class ValuesDesk:
    """A server with a study that six people have voted in, and who signs in there."""

    desk: Desk
    researcher: Desk
    person: str


@pytest.fixture
def at(tmp_path: Path) -> Iterator[ValuesDesk]:
    data = tmp_path / "data"
    settings = Settings(data, local=False)
    workbench = open_workbench(settings)
    db = workbench.db
    people.set_up(db, "Ursula", PASSWORD)
    study = values_study(db, 3, contexts=CONTEXTS[:1])
    cookies = []
    for name, role in ((NAME, Role.ANNOTATOR), ("Rana", Role.RESEARCHER)):
        person = people.add(db, name, role, by=None, password=PASSWORD)
        sign_in = people.sign_in(db, person.id, now=datetime.now(UTC))
        cookies.append((person.id, serializer(settings, "sign-in").dumps([person.id, sign_in])))
    own = cookies[0][0]
    studies.set_member(db, study.id, own, member=True, by=None)
    put_card(db, study, "mine", own, 9)
    for number in range(6):
        answer_some(workbench, study, f"voter {number}", 6, prefers(ORDER), seed=10 * number)
    close_workbench(workbench)
    server = Server(data, mode="accounts")
    server.start()
    desks = [Desk(server, cookie, study.id, "") for _, cookie in cookies]
    yield ValuesDesk(desks[0], desks[1], own)
    server.stop()
    server.check_log()


def choose_part(page: Page, name: str) -> None:
    page.get_by_text(name, exact=True).first.click()
    settle(page)


def wait_for_estimate(data: Path) -> None:
    """The 36 votes that were there at the start have made one by themselves."""
    until = time.monotonic() + 90
    while not list(data.glob("runs/values/*/report.json")):
        assert time.monotonic() < until
        time.sleep(0.2)


def vote_by_keyboard(page: Page, number: int) -> None:
    """The first answer with the space bar, over confidence and reason to the button, and Enter."""
    first = page.get_by_role("radio", name="A is wiser")
    first.focus()
    page.keyboard.press("Space")
    settle(page)
    expect(page.get_by_role("button", name="Save and go on")).to_be_enabled()
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"Your answers so far ({number})")).to_be_visible()
    page.wait_for_selector(SETTLED)


@pytest.fixture(params=[False, True], ids=["no model", "a model"])
def model(request: pytest.FixtureRequest) -> Iterator[ModelServer | None]:
    if not request.param:
        yield None
        return
    with model_server(says({"drafts": [CARD.policies[0]]})) as server:
        yield server


@pytest.fixture
def everybody(tmp_path: Path, model: ModelServer | None) -> Iterator[dict[str, Desk]]:
    """An annotator, another one and a researcher, in a study with two people's cards."""
    data = tmp_path / "data"
    settings = Settings(data, local=False)
    db = Database(settings.database)
    people.set_up(db, "Ursula", PASSWORD)
    study = values_study(db, 2, contexts=CONTEXTS[:1])
    if model is not None:
        saved = value_settings.newest(db, study.id)
        chosen = ModelChoice(ModelKind.ENDPOINT, model.url, "small")
        asked = replace(saved.settings, model=chosen)
        value_settings.save(db, study.id, asked, version=saved.version, by=None, now=NOON)
    cookies = {}
    for name, role in ((NAME, Role.ANNOTATOR), ("Omar", Role.ANNOTATOR), ("Rana", Role.RESEARCHER)):
        person = people.add(db, name, role, by=None, password=PASSWORD)
        studies.set_member(db, study.id, person.id, member=True, by=None)
        sign_in = people.sign_in(db, person.id, now=datetime.now(UTC))
        cookies[name] = serializer(settings, "sign-in").dumps([person.id, sign_in])
    db.close()
    server = Server(data, mode="accounts")
    server.start()
    yield {name: Desk(server, cookie, study.id, "") for name, cookie in cookies.items()}
    server.stop()
    server.check_log()


def vote_on_everything(page: Page, desk: Desk) -> None:
    open_page(page, desk.address("/values?study={study}"))
    choose_part(page, "Which is wiser?")
    for number in range(1, 4):
        vote_by_keyboard(page, number)


def say_different_to_all(page: Page) -> None:
    """Until no card is left; a button may go just when it is about to be pressed."""
    expect(
        page.get_by_role("heading", name="Does somebody else's card say the same")
    ).to_be_visible()
    after = page.get_by_role("heading", name="Does this card represent you?")
    while not after.is_visible():
        with contextlib.suppress(PlaywrightTimeoutError):
            page.get_by_role("button", name="Different", exact=True).first.click(timeout=2_000)
            settle(page)


def test_from_case_to_card_to_votes_to_where_mine_stands(
    chromium: Browser, everybody: dict[str, Desk], model: ModelServer | None
) -> None:
    """Without any model, and with a server of this test that proposes the first policy."""
    desk = everybody[NAME]
    with tab(chromium, desk) as page:
        open_page(page, desk.address("/interview?study={study}"))
        press(page, "Begin")
        tell_a_value(page, take_first=model is not None)
        press(page, "Yes, this is what I mean")
        question(page, "something else that matters")
        press(page, "No, that is all for now")
        say_different_to_all(page)
        vote_on_everything(page, desk)
    with tab(chromium, everybody["Omar"]) as page:
        vote_on_everything(page, everybody["Omar"])
    with tab(chromium, everybody["Rana"]) as page:
        open_page(page, everybody["Rana"].address("/graph?study={study}"))
        page.get_by_role("button", name="Estimate now").click()
        wait_for_estimate(desk.server.data)
    with tab(chromium, desk) as page:
        open_page(page, desk.address("/values?study={study}"))
        choose_part(page, "Where mine stands")
        expect(page.get_by_text("Of 3 values it stands")).to_be_visible()
        expect(page.get_by_text(CARD.title).first).to_be_visible()
        assert visible_problems(page) == []
    assert (model is not None) == bool(model and model.requests)


def test_from_cards_to_votes_to_where_mine_stands(chromium: Browser, at: ValuesDesk) -> None:
    with tab(chromium, at.desk) as page:
        open_page(page, at.desk.address("/values?study={study}"))
        choose_part(page, "Where mine stands")
        expect(
            page.get_by_text("First say yourself which is wiser, at least 3 times")
        ).to_be_visible()
        choose_part(page, "Which is wiser?")
        expect(page.get_by_text("When somebody is in a hurry")).to_be_visible()
        assert violations(page) == []
        for number in range(1, 4):
            vote_by_keyboard(page, number)
        wait_for_estimate(at.desk.server.data)
        choose_part(page, "Where mine stands")
        expect(page.get_by_text("Of 4 values it stands")).to_be_visible()
        expect(page.get_by_text("others who were asked about it")).to_be_visible()
        assert page.get_by_text("because voter").count() > 0
        page.get_by_role("radiogroup", name="Is its position fair").get_by_text("No").click()
        settle(page)
        assert visible_problems(page) == []
        assert violations(page) == []
    with tab(chromium, at.researcher) as page:
        open_page(page, at.researcher.address("/graph?study={study}"))
        expect(page.get_by_role("heading", name="Orders side by side")).to_be_visible()
        expect(page.locator(".js-plotly-plot .scatterlayer").first).to_be_visible()
        with page.expect_download() as download:
            page.get_by_text("Graph in MGE's format (JSON)").click()
        assert '"pWiser"' in download.value.path().read_text()
        assert visible_problems(page) == []
    at.desk.server.stop()
    db = Database(at.desk.server.data / "discern.duckdb")
    own = edge_votes.own(db, at.desk.study, at.person)
    assert len(own) == 3
    assert all(question.left in {question.first, question.second} for question, _ in own)
    assert all(vote.duration_ms and vote.duration_ms > 0 for _, vote in own)
    db.close()
