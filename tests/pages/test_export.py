"""The page Export, run by Streamlit's own test runner on a real store."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.judgment import Outcome
from core.study import Role
from core.value_study import Case, ValueSettings
from storage import people, studies, value_settings
from storage.export_kinds import Format
from storage.exports import VALUES_BUNDLE, names
from tests.given import NOON, answer, next_pair, running_study
from workbench.opening import open_workbench

PAGE = Path(__file__).parents[2] / "pages" / "export.py"


@pytest.fixture
def page(data_folder: Path) -> AppTest:
    """What a researcher sees of a study with two preferences and a tie."""
    workbench = open_workbench()
    assert workbench.settings.data == data_folder.resolve()
    study = running_study(workbench.db)
    for outcome in (Outcome.LEFT, Outcome.TIE, Outcome.RIGHT):
        shown = next_pair(workbench.db, study, "ann")
        assert shown is not None
        answer(workbench.db, study, shown, outcome)
    person = people.add(workbench.db, "Noor", Role.RESEARCHER, by=None, password="p" * 12)
    at = AppTest.from_file(str(PAGE), default_timeout=30)
    sign_in = people.sign_in(workbench.db, person.id, now=datetime.now(UTC))
    at.user = {"person": person.id, "sign_in": sign_in}
    at.run()
    assert not at.exception
    return at


ABOUT_VALUES = {f"{content}.{form}" for content, _ in VALUES_BUNDLE for form in Format}


def links_of(page: AppTest) -> dict[str, str]:
    return {link.proto.label: link.proto.url for link in page.get("link_button")}


def test_there_is_a_link_to_every_file(page: AppTest) -> None:
    links = links_of(page)
    assert set(names()) - links.keys() == ABOUT_VALUES
    for name, url in links.items():
        assert url.startswith("/api/v1/studies/")
        assert url.endswith(f"/export/{name}")


def test_a_study_about_values_has_files_about_them(page: AppTest) -> None:
    db = open_workbench().db
    [study] = studies.all_studies(db)
    asked = ValueSettings((Case("move", "Move", "A friend asks what to do."),))
    value_settings.save(db, study.id, asked, version=0, by=None, now=NOON)
    page.run()
    assert not page.exception
    assert links_of(page).keys() == set(names())
    assert "About values" in [heading.value for heading in page.header]


def test_it_says_how_many_preferences_there_are_and_what_is_left_out(page: AppTest) -> None:
    [said] = [c.value for c in page.caption if "Left out" in c.value]
    assert said.startswith("2 rows now. Left out: 1 tie.")
    assert "0 rows now; the others have no grade." in [c.value for c in page.caption]


def test_every_file_says_what_it_is(page: AppTest) -> None:
    titles = [heading.value for heading in page.subheader]
    assert titles == [
        "Everything", "Judgments", "Answers of other forms", "Items", "Known answers",
        "Preferences", "Preferences with margin",
    ]  # fmt: skip
