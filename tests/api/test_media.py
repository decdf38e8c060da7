"""Pictures and sounds go to people who have signed in, as what they are."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from api import media as route
from api.identity import COOKIE, Identity, serializer
from core.media import TYPES
from core.study import Role
from storage import media, people
from tests.given import NOON
from tests.storage.shown_files import FILES
from workbench.opening import Workbench, open_workbench


@dataclass
class House:
    workbench: Workbench

    def browser(self, role: Role | None) -> TestClient:
        app = Starlette(routes=route.routes(), middleware=[Middleware(Identity)])
        cookies = {}
        if role is not None:
            person = people.add(self.workbench.db, f"a {role}", role, by=None, password="p" * 12)
            sign_in = people.sign_in(self.workbench.db, person.id, now=datetime.now(UTC))
            signer = serializer(self.workbench.settings, "sign-in")
            cookies = {COOKIE: signer.dumps([person.id, sign_in])}
        return TestClient(app, cookies=cookies, follow_redirects=False)

    def put(self, ending: str) -> str:
        return media.put(self.workbench.db, FILES[ending], by=None, now=NOON)


@pytest.fixture
def house(data_folder: Path) -> House:
    workbench = open_workbench()
    assert workbench.settings.data == data_folder.resolve()
    return House(workbench)


def test_an_annotator_gets_it_as_what_it_is(house: House) -> None:
    with house.browser(Role.ANNOTATOR) as client:
        for ending, kind in TYPES.items():
            sent = client.get(f"/files/{house.put(ending)}")
            assert (sent.status_code, sent.content) == (200, FILES[ending])
            assert sent.headers["content-type"] == kind
            assert sent.headers["x-content-type-options"] == "nosniff"
            assert sent.headers["cache-control"] == "private, max-age=31536000, immutable"
            assert "sandbox" in sent.headers["content-security-policy"]


@pytest.mark.parametrize(("role", "status"), [(None, 401), (Role.NONE, 401), (Role.ADMIN, 200)])
def test_only_people_who_may_judge_get_it(house: House, role: Role | None, status: int) -> None:
    with house.browser(role) as client:
        sent = client.get(f"/files/{house.put('png')}")
    assert sent.status_code == status
    if status != 200:
        assert sent.headers["cache-control"] == "no-store"
        assert sent.text.endswith(".")


def test_a_browser_that_has_not_signed_in_is_led_to_do_so(house: House) -> None:
    with house.browser(None) as client:
        sent = client.get(f"/files/{house.put('png')}", headers={"Accept": "text/html"})
    assert (sent.status_code, sent.headers["location"][:13]) == (303, "/sign-in?next")


def test_other_names_are_not_found(house: House) -> None:
    with house.browser(Role.ANNOTATOR) as client:
        for name in ("x", "a" * 64 + ".png", "a" * 64 + ".svg", "..%2Fdiscern.duckdb"):
            assert client.get(f"/files/{name}").status_code == 404


def test_what_is_known_already_is_not_sent_again(house: House) -> None:
    name = house.put("png")
    with house.browser(Role.ANNOTATOR) as client:
        sent = client.get(f"/files/{name}", headers={"If-None-Match": f'"{name}"'})
    assert (sent.status_code, sent.content) == (304, b"")


SOUND = FILES["wav"]


PARTS = [
    ("bytes=0-", 206, SOUND),
    ("bytes=0-9", 206, SOUND[:10]),
    ("bytes=100-199", 206, SOUND[100:200]),
    ("bytes=1000-999999", 206, SOUND[1000:]),
    ("bytes=-5", 206, SOUND[-5:]),
    ("bytes=-999999", 206, SOUND),
    (f"bytes={len(SOUND)}-", 416, b""),
    ("bytes=9-3", 416, b""),
    ("bytes=-", 200, SOUND),
    ("bytes=0-1,5-6", 200, SOUND),
    ("lines=1-2", 200, SOUND),
]


def test_a_player_may_begin_anywhere(house: House) -> None:
    size = len(SOUND)
    with house.browser(Role.ANNOTATOR) as client:
        address = f"/files/{house.put('wav')}"
        for wanted, status, part in PARTS:
            sent = client.get(address, headers={"Range": wanted})
            assert (sent.status_code, sent.content) == (status, part), wanted
            said = {206: f"/{size}", 416: f"bytes */{size}", 200: ""}[status]
            assert sent.headers.get("content-range", "").endswith(said)
