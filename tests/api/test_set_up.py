"""The first account, with the code of the log."""

import re
from pathlib import Path
from typing import Any

import pytest

from api.sign_in import announce_set_up
from core.study import Role
from storage import people
from tests.api.door import PASSWORD, Browser, Door, open_door

CODE = re.compile(r"[A-Z2-7]{4}(-[A-Z2-7]{4}){3}")


def code_of(door: Door) -> str:
    sentence = announce_set_up(door.workbench)
    assert sentence is not None
    found = CODE.search(sentence)
    assert found is not None
    return found[0]


def set_up(browser: Browser, code: str, **changes: str) -> Any:
    values = {"name": "Ursula", "new": PASSWORD, "again": PASSWORD, **changes}
    return browser.send("/set-up", code=code, **values)


def test_the_first_account_is_an_admin_and_needs_the_code_of_the_log(empty: Door) -> None:
    browser = empty.browser()
    assert browser.client.get("/sign-in").url.path == "/set-up"
    code = code_of(empty)
    assert set_up(browser, "AAAA-AAAA-AAAA-AAAA").status_code == 403
    assert set_up(browser, "").status_code == 403
    assert people.needs_setup(empty.workbench.db)
    typed = code.lower().replace("-", " ")
    assert set_up(browser, typed).status_code == 303
    assert browser.who() == "Ursula"
    (person,) = people.all_people(empty.workbench.db)
    assert person.role is Role.ADMIN


def test_the_code_is_void_after_use(empty: Door) -> None:
    code = code_of(empty)
    set_up(empty.browser(), code)
    answer = set_up(empty.browser(), code, name="Noor")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert [person.name for person in people.all_people(empty.workbench.db)] == ["Ursula"]
    assert announce_set_up(empty.workbench) is None


def test_an_older_code_does_not_work(empty: Door) -> None:
    old, new = code_of(empty), code_of(empty)
    assert old != new
    assert set_up(empty.browser(), old).status_code == 403
    assert set_up(empty.browser(), new).status_code == 303


def test_without_an_announced_code_nothing_fits(empty: Door) -> None:
    for code in ("", "None", "-"):
        assert set_up(empty.browser(), code).status_code == 403


def test_a_mistyped_password_keeps_the_code_valid(empty: Door) -> None:
    browser, code = empty.browser(), code_of(empty)
    for changes, sentence in (
        ({"again": "something else"}, "not the same"),
        ({"new": "short", "again": "short"}, "has 5 characters"),
        ({"name": " "}, "A name has 1 to 100 characters"),
        ({"name": "n" * 101}, "this one has 101"),
    ):
        for _ in range(4):
            answer = set_up(browser, code, **changes)
            assert answer.status_code == 422
            assert sentence in answer.text
    assert set_up(browser, code).status_code == 303


def test_guessing_the_code_means_waiting(empty: Door) -> None:
    browser, code = empty.browser(), code_of(empty)
    answers = [set_up(browser, "AAAA-AAAA-AAAA-AAAA").status_code for _ in range(11)]
    assert answers == [403] * 10 + [429]
    assert set_up(browser, code).status_code == 429


def test_in_local_mode_there_is_nothing_to_sign_in_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for door in open_door(tmp_path, monkeypatch, "local"):
        people.ensure_local(door.workbench.db)
        assert announce_set_up(door.workbench) is None
        for path in ("/sign-in", "/set-up", "/sign-out", "/password"):
            html = door.browser().open(path)
            assert "local mode" in html
            assert 'href="/"' in html
            assert "<input" not in html
        assert door.browser().client.post("/sign-in").status_code == 200
        assert door.browser().who() == "you"
