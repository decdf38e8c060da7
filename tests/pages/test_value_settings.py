"""The tab Values of the page Studies: what a study asks about values, by two researchers."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.study import Role, StudySettings
from core.value_study import Case, ModelChoice, ModelKind, StoryText
from storage import people, studies, value_settings, values_cards
from storage.people import Person
from storage.values_cards import StoredCard
from tests.core.interviews import CARD
from tests.given import NOON
from workbench.opening import Workbench, open_workbench
from workbench.settings import Settings

PAGE = Path(__file__).parents[2] / "pages" / "studies.py"


@pytest.fixture
def workbench(data_folder: Path) -> Workbench:
    settings = Settings(data_folder.resolve(), local=False, model_url="http://model.example/v1")
    return open_workbench(settings)


@pytest.fixture
def ursula(workbench: Workbench) -> Person:
    return people.set_up(workbench.db, "Ursula", "plum tree under snow")


@pytest.fixture
def study_id(workbench: Workbench) -> str:
    return studies.create(workbench.db, StudySettings("Care", "Which?"), by=None).id


def page_of(workbench: Workbench, person: Person) -> AppTest:
    sign_in_id = people.sign_in(workbench.db, person.id, now=datetime.now(UTC))
    at = AppTest.from_file(str(PAGE), default_timeout=30)
    at.user = {"person": person.id, "sign_in": sign_in_id}
    return at.run()


def labelled(elements: object, label: str) -> object:
    [found] = [one for one in elements if one.label == label]  # type: ignore[attr-defined]
    return found


def fill(at: AppTest, label: str, text: str) -> AppTest:
    labelled([*at.text_area, *at.text_input], label).input(text)  # type: ignore[attr-defined]
    return at.run()


def press(at: AppTest, key: str) -> AppTest:
    at.button(key=key).click().run()
    assert not at.exception
    return at


def test_what_is_asked_is_saved_as_versions(
    workbench: Workbench, ursula: Person, study_id: str
) -> None:
    assert Role.ADMIN is ursula.role
    at = page_of(workbench, ursula)
    at = fill(at, "Cases", "# A job far away\nA friend asks.")
    at = fill(at, "Contexts", "in distress | A job far away\nalways")
    at = fill(at, "Vignettes to test cards on", "# A job far away\nAsk\n---\nTell")
    labelled(at.toggle, "Also ask for a tree of goals, with weights").set_value(True)  # type: ignore[attr-defined]
    labelled(at.selectbox, "Language model that proposes wordings").set_value(  # type: ignore[attr-defined]
        ModelKind.ENDPOINT
    )
    at = fill(at.run(), "Name of the model", "small")
    at = press(at, f"save values {study_id}")
    saved = value_settings.of_study(workbench.db, study_id)
    [case] = saved.cases
    assert case == Case(case.id, "A job far away", "A friend asks.")
    assert [(c.text, c.case_ids) for c in saved.contexts] == [
        ("in distress", (case.id,)),
        ("always", ()),
    ]
    assert saved.model == ModelChoice(ModelKind.ENDPOINT, "http://model.example/v1", "small")
    assert saved.ask_goals
    assert saved.vignettes[0].second == "Tell"
    at = press(
        fill(at, "Cases", "# A job far away\nA friend asks what to do."), f"save values {study_id}"
    )
    newest = value_settings.newest(workbench.db, study_id)
    assert (newest.version, newest.settings.cases[0].id) == (2, case.id)


def test_what_cannot_be_saved_is_said_while_it_is_written(
    workbench: Workbench, ursula: Person, study_id: str
) -> None:
    at = fill(page_of(workbench, ursula), "Contexts", "when | Gone")
    assert any("There is no case with the title" in error.value for error in at.error)
    assert at.button(key=f"save values {study_id}").disabled


def test_of_two_researchers_the_second_keeps_the_text(
    workbench: Workbench, ursula: Person, study_id: str
) -> None:
    one, two = page_of(workbench, ursula), page_of(workbench, ursula)
    press(fill(one, "Cases", "# One\nText of one."), f"save values {study_id}")
    two = fill(two, "Cases", "# Two\nText of two.")
    assert any("Somebody saved version 1" in warning.value for warning in two.warning)
    two = press(two, f"save values {study_id}")
    assert value_settings.of_study(workbench.db, study_id).cases[0].title == "Two"
    assert value_settings.newest(workbench.db, study_id).version == 2
    one = fill(one, "Cases", "# Three\nText")
    one = press(one, f"drop values {study_id}")
    assert labelled(one.text_area, "Cases").value == "# Two\nText of two."  # type: ignore[attr-defined]


def test_a_story_leads_from_a_card_to_another_and_keeps_what_is_typed(
    workbench: Workbench, ursula: Person, study_id: str
) -> None:
    for card_id in ("a", "b"):
        stored = StoredCard(card_id, card_id, None, CARD, NOON)
        workbench.db.write(
            lambda cursor, stored=stored: values_cards.put(cursor, study_id, stored, None)  # type: ignore[misc]
        )
    at = fill(page_of(workbench, ursula), "Cases", "# Not saved yet\nText")
    at = fill(at, "Story", "I used to decide quickly.")
    at = press(at, f"new story of {study_id} 0 add")
    [story] = value_settings.of_study(workbench.db, study_id).stories
    assert story == StoryText("a", "b", "I used to decide quickly.")
    assert labelled(at.text_area, "Cases").value == "# Not saved yet\nText"  # type: ignore[attr-defined]
    assert not at.warning
    press(at, f"story 0 of {study_id} 1")
    assert value_settings.of_study(workbench.db, study_id).stories == ()
