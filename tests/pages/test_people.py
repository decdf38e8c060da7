"""The page People, run by Streamlit's own test runner on a real store."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.study import Role
from storage import people
from storage.people import Person
from workbench.opening import Workbench, open_workbench
from workbench.settings import Settings

PAGE = Path(__file__).parents[2] / "pages" / "people.py"
PASSWORD = "plum tree under snow"


@pytest.fixture
def workbench(data_folder: Path) -> Workbench:
    return open_workbench(Settings(data_folder.resolve(), local=False))


@pytest.fixture
def ursula(workbench: Workbench) -> Person:
    return people.set_up(workbench.db, "Ursula", PASSWORD)


def page_of(workbench: Workbench, person: Person) -> AppTest:
    sign_in_id = people.sign_in(workbench.db, person.id, now=datetime.now(UTC))
    at = AppTest.from_file(str(PAGE), default_timeout=30)
    at.user = {"person": person.id, "sign_in": sign_in_id}
    return at.run()


def shown(at: AppTest) -> str:
    parts = [*at.title, *at.markdown, *at.caption, *at.info, *at.success, *at.code]
    return "\n".join(str(part.value) for part in parts)


def toasts(at: AppTest) -> str:
    return " ".join(toast.value for toast in at.toast)


def test_only_admins_see_the_page(workbench: Workbench, ursula: Person) -> None:
    for role in (Role.ANNOTATOR, Role.RESEARCHER):
        person = people.add(workbench.db, f"the {role}", role, by=None, password=PASSWORD)
        at = page_of(workbench, person)
        assert "Ursula" not in shown(at)
        assert "needs the role admin" in at.error[0].value
        assert not at.button
    assert "Ursula" in shown(page_of(workbench, ursula))
    assert "Ursula" not in shown(AppTest.from_file(str(PAGE)).run())


def test_a_new_person_signs_in_with_the_password_that_is_shown_once(
    workbench: Workbench, ursula: Person
) -> None:
    at = page_of(workbench, ursula)
    at.text_input(key="name of the new person").input("Noor")
    at.selectbox(key="role of the new person").set_value(Role.RESEARCHER)
    at.button(key="add person").click().run()
    (password,) = [code.value for code in at.code]
    noor = people.check_password(workbench.db, "Noor", password)
    assert noor is not None
    assert noor.role is Role.RESEARCHER
    assert len(password.replace("-", "")) == 16
    at.run()
    assert not at.code
    assert password not in shown(at)
    assert at.text_input(key="name of the new person").value == ""


def test_a_name_that_is_taken_or_empty_is_refused_with_a_sentence(
    workbench: Workbench, ursula: Person
) -> None:
    at = page_of(workbench, ursula)
    for name, sentence in (("URSULA", "already called 'URSULA'"), (" ", "1 to 100 characters")):
        at.text_input(key="name of the new person").input(name)
        at.button(key="add person").click().run()
        assert sentence in toasts(at)
        assert not at.code
    assert people.all_people(workbench.db) == [ursula]


def test_a_reset_password_ends_the_sign_ins_before_it(workbench: Workbench, ursula: Person) -> None:
    noor = people.add(workbench.db, "Noor", Role.ANNOTATOR, by=None, password=PASSWORD)
    sign_in_id = people.sign_in(workbench.db, noor.id, now=datetime.now(UTC))
    at = page_of(workbench, ursula)
    at.button(key=f"password of {noor.id}").click().run()
    (password,) = [code.value for code in at.code]
    assert people.check_password(workbench.db, "Noor", password) == noor
    assert people.check_password(workbench.db, "Noor", PASSWORD) is None
    assert people.signed_in(workbench.db, noor.id, sign_in_id, local=False) is None


def test_a_role_is_given_by_choosing_it(workbench: Workbench, ursula: Person) -> None:
    noor = people.add(workbench.db, "Noor", Role.ANNOTATOR, by=None, password=PASSWORD)
    at = page_of(workbench, ursula)
    before = Role.ANNOTATOR
    for role in (Role.ADMIN, Role.NONE, Role.RESEARCHER):
        at.selectbox(key=f"role of {noor.id}, {before}").set_value(role).run()
        assert people.get(workbench.db, noor.id).role is role
        before = role


def test_the_last_admin_cannot_lose_the_role(workbench: Workbench, ursula: Person) -> None:
    at = page_of(workbench, ursula)
    key = f"role of {ursula.id}, admin"
    at.selectbox(key=key).set_value(Role.NONE).run()
    assert "Ursula is the last admin who can sign in" in toasts(at)
    assert people.get(workbench.db, ursula.id).role is Role.ADMIN
    assert at.selectbox(key=key).value is Role.ADMIN


def test_no_hash_and_no_password_is_on_the_page(workbench: Workbench, ursula: Person) -> None:
    people.ensure_local(workbench.db)
    people.add(workbench.db, "Noor", Role.ADMIN, by=None, password=None)
    at = page_of(workbench, ursula)
    everything = str(at.main) + shown(at)
    assert "Noor · no password yet" in everything
    assert "argon2" not in everything
    assert PASSWORD not in everything
    assert "person of local mode" in everything


def test_a_search_finds_part_of_a_name(workbench: Workbench, ursula: Person) -> None:
    for number in range(60):
        people.add(workbench.db, f"Number {number:02}", Role.ANNOTATOR, by=None, password=None)
    at = page_of(workbench, ursula)
    assert "11 more; search to see them" in shown(at)
    at.text_input(key="searched name").input("ursu").run()
    assert "Ursula" in shown(at)
    assert "Number" not in shown(at)


def test_local_mode_says_how_to_work_with_several_people(
    data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCERN_MODE", "local")
    people.ensure_local(open_workbench(Settings(data_folder.resolve(), local=True)).db)
    at = AppTest.from_file(str(PAGE), default_timeout=30)
    at.user = {"person": "local", "sign_in": "local"}
    at.run()
    assert "make serve" in shown(at)
    assert not at.button
