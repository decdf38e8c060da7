"""Files go out to researchers, whole, and leave nothing behind."""

import base64
import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from api import exports
from api.exports import path_of
from api.identity import COOKIE, Identity, serializer
from core.judgment import Outcome
from core.study import Role, Study
from storage import people, studies
from storage.exports import names
from tests.given import answer, next_pair, running_study
from workbench.opening import Workbench, open_workbench


@dataclass
class House:
    workbench: Workbench
    study: Study

    def get(self, role: Role | None, name: str, study_id: str | None = None) -> Any:
        """What somebody with this role gets, or somebody who has not signed in."""
        app = Starlette(routes=exports.routes(), middleware=[Middleware(Identity)])
        cookies = {}
        if role is not None:
            person = people.add(self.workbench.db, f"a {role}", role, by=None, password="p" * 12)
            sign_in = people.sign_in(self.workbench.db, person.id, now=datetime.now(UTC))
            signer = serializer(self.workbench.settings, "sign-in")
            cookies = {COOKIE: signer.dumps([person.id, sign_in])}
        with TestClient(app, cookies=cookies) as client:
            return client.get(path_of(study_id or self.study.id, name))


@pytest.fixture
def house(data_folder: Path) -> House:
    workbench = open_workbench()
    assert workbench.settings.data == data_folder.resolve()
    study = running_study(workbench.db)
    shown = next_pair(workbench.db, study, "ann")
    assert shown is not None
    answer(workbench.db, study, shown, Outcome.LEFT)
    return House(workbench, study)


#: JSON lines of what this study has; all others are files without a line.
FILLED = {"judgments.jsonl", "items.jsonl", "preferences.jsonl"}


@pytest.mark.parametrize("name", names())
def test_a_researcher_gets_each_file_whole(house: House, name: str) -> None:
    sent = house.get(Role.RESEARCHER, name)
    assert sent.status_code == 200
    digest = base64.b64encode(hashlib.sha256(sent.content).digest()).decode()
    assert sent.headers["repr-digest"] == f"sha-256=:{digest}:"
    assert int(sent.headers["content-length"]) == len(sent.content)
    assert bool(sent.content) == (name in FILLED or not name.endswith(".jsonl"))
    assert sent.headers["content-disposition"] == f'attachment; filename="fruit-{name}"'


def test_nothing_stays_behind(house: House) -> None:
    house.get(Role.RESEARCHER, "study.zip")
    assert list((house.workbench.settings.data / "tmp").iterdir()) == []


@pytest.mark.parametrize(
    ("role", "status"),
    [(None, 401), (Role.ANNOTATOR, 403), (Role.RESEARCHER, 200), (Role.ADMIN, 200)],
)
def test_only_researchers_and_admins_get_files(
    house: House, role: Role | None, status: int
) -> None:
    sent = house.get(role, "items.csv")
    assert sent.status_code == status
    if status != 200:
        assert "Answer" not in sent.text
        assert sent.json()["error"].endswith(".")


@pytest.mark.parametrize("name", ["items.xlsx", "preferences.csv", "../x", "x" * 500])
def test_other_names_are_not_found(house: House, name: str) -> None:
    assert house.get(Role.RESEARCHER, name).status_code == 404


def test_other_studies_are_not_found(house: House) -> None:
    assert house.get(Role.RESEARCHER, "items.csv", "unknown/../x").status_code == 404


def test_the_file_is_named_after_the_study_in_plain_letters(house: House) -> None:
    odd = replace(house.study.settings, name='Früchte "\r\nSet-Cookie: x=1; ../x')
    study = studies.create(house.workbench.db, odd, by=None)
    sent = house.get(Role.RESEARCHER, "items.jsonl", study.id).headers["content-disposition"]
    assert sent == 'attachment; filename="fr-chte-set-cookie-x-1-x-items.jsonl"'


def test_a_name_without_plain_letters_becomes_study(house: House) -> None:
    named = replace(house.study.settings, name="دراسة")
    study = studies.create(house.workbench.db, named, by=None)
    sent = house.get(Role.RESEARCHER, "items.csv", study.id).headers["content-disposition"]
    assert sent == 'attachment; filename="study-items.csv"'
