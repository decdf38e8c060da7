"""Every page, opened first, by everybody who might open it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.study import Role
from storage import demonstration, people, studies
from ui.navigation import SCREENS
from workbench.opening import Workbench, open_workbench

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(path for path in (ROOT / "pages").glob("[!_]*.py"))
NEEDED = {name: needed for _, name, _, _, needed in SCREENS}
PASSWORD = "correct horse battery"


def open_page(page: Path, user: dict[str, Any] | None = None) -> AppTest:
    """Run a page as if it were the first thing that this server is asked for."""
    at = AppTest.from_file(page, default_timeout=30)
    if user is not None:
        at.user = user
    return at.run()


def open_table(at: AppTest, chart: str) -> AppTest:
    """Open the closed table of the chart of that name: only then it is made."""
    at.session_state[f"table of {chart}"] = True
    return at.run()


def person_with(workbench: Workbench, role: Role) -> dict[str, Any]:
    """Somebody of that role who has just signed in, as middleware tells Streamlit."""
    person = people.add(workbench.db, f"the {role.value}", role, by=None, password=PASSWORD)
    sign_in = people.sign_in(workbench.db, person.id, now=datetime.now(UTC))
    return {"person": person.id, "sign_in": sign_in}


def shows_only(at: AppTest, sentence: str) -> None:
    said = [*at.info, *at.error]
    assert [sentence in element.value for element in said] == [True]
    assert not [*at.title, *at.button, *at.dataframe, *at.metric, *at.subheader]


def test_every_page_is_in_the_menu() -> None:
    assert {page.stem for page in PAGES} == set(NEEDED)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_opened_first_asks_to_sign_in(page: Path, data_folder: Path) -> None:
    """A deep link on a server where nothing else has run yet shows nothing but the way in."""
    at = open_page(page)
    assert not at.exception
    shows_only(at, "Sign in to use this workbench")
    assert data_folder.exists()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_made_up_identity_is_nobody(page: Path, data_folder: Path) -> None:
    """Local mode is off: neither "local" nor an unknown sign-in opens a page."""
    assert data_folder.exists()
    for user in ({"person": "local", "sign_in": "local"}, {"person": "x", "sign_in": "y"}):
        shows_only(open_page(page, user), "Sign in to use this workbench")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
@pytest.mark.parametrize("role", [Role.ANNOTATOR, Role.RESEARCHER, Role.ADMIN])
def test_a_page_shows_itself_to_its_roles_only(page: Path, role: Role, data_folder: Path) -> None:
    workbench = open_workbench()
    assert workbench.settings.data == data_folder.resolve()
    demonstration.add(workbench.db, by=None)
    at = open_page(page, person_with(workbench, role))
    assert not at.exception
    refused = [error.value for error in at.error if "needs the role" in error.value]
    assert bool(refused) == (not role.includes(NEEDED[page.stem]))
    if refused:
        shows_only(at, NEEDED[page.stem].value)


def test_an_annotator_who_is_in_no_study_is_told_so(data_folder: Path) -> None:
    workbench = open_workbench()
    at = open_page(ROOT / "pages/compare.py", person_with(workbench, Role.ANNOTATOR))
    shows_only(at, "You are in no study yet")
    assert data_folder.exists()


def test_role_none_opens_nothing(data_folder: Path) -> None:
    """Somebody who was signed in and then deactivated is out at the next rerun."""
    workbench = open_workbench()
    user = person_with(workbench, Role.RESEARCHER)
    people.give_role(workbench.db, user["person"], Role.NONE, by=None)
    for page in PAGES:
        at = open_page(page, user)
        assert not at.title
        assert not at.button
    assert data_folder.exists()


def test_people_of_a_study_are_its_annotators(data_folder: Path) -> None:
    """The plain buttons record a judgment: one click, one row."""
    workbench = open_workbench()
    study = demonstration.add(workbench.db, by=None)
    user = person_with(workbench, Role.ANNOTATOR)
    studies.set_member(workbench.db, study.id, user["person"], member=True, by=None)
    at = open_page(ROOT / "pages/compare.py", user)
    at.sidebar.toggle[0].set_value(True).run()
    [left] = [button for button in at.button if button.label == "Left is better"]
    left.click().run()
    assert not at.exception
    assert at.caption[-1].value.startswith("1 judged by you")
    [(annotator, outcome, probability)] = workbench.db.read(
        "SELECT annotator_id, outcome, probability FROM standing_judgments"
    )
    assert annotator == user["person"]
    assert outcome in {"first", "second"}
    assert 0 < probability <= 1
    [undo] = [button for button in at.button if button.label == "Undo"]
    undo.click().run()
    assert workbench.db.read("SELECT count(*) FROM standing_judgments") == [(0,)]
    assert data_folder.exists()
