"""Nobody is anybody else: headers, cookies, hosts and origins."""

import stat
import threading
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import TimestampSigner, URLSafeTimedSerializer
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.identity import COOKIE, BrokenSecretError, Identity, give_cookie, person_of, serializer
from core.study import Role
from storage import people
from workbench.opening import Workbench, close_workbench, open_workbench
from workbench.settings import Settings

PASSWORD = "plum tree under snow"
OUR_HEADERS = ("x-discern-person", "x-discern-sign-in")


@dataclass
class House:
    """A workbench and the application that asks who is there."""

    workbench: Workbench

    def client(self, **options: Any) -> TestClient:
        async def who(request: Request) -> JSONResponse:
            found = person_of(self.workbench, request)
            sent = [v for n, v in request.headers.items() if n.startswith("x-discern")]
            underscored = [n for n in request.headers if n.startswith("x_discern")]
            return JSONResponse(
                {"person": found and found.name, "headers": sent, "odd": underscored}
            )

        async def who_socket(socket: WebSocket) -> None:
            await socket.accept()
            await socket.send_json([socket.headers.get(name) for name in OUR_HEADERS])
            await socket.close()

        app = Starlette(
            routes=[
                Route("/api/who", who, methods=["GET", "POST"]),
                Route("/page", who),
                WebSocketRoute("/stream", who_socket),
            ],
            middleware=[Middleware(Identity, settings=self.workbench.settings)],
        )
        return TestClient(app, **{"base_url": "http://test.example", **options})

    def cookie_of(self, name: str, role: Role = Role.ANNOTATOR) -> dict[str, str]:
        person = people.add(self.workbench.db, name, role, by=None, password=PASSWORD)
        sign_in_id = people.sign_in(self.workbench.db, person.id, now=datetime.now(UTC))
        return {"cookie": f"{COOKIE}={self.signed(person.id, sign_in_id)}"}

    def signed(self, person_id: str, sign_in_id: str) -> str:
        signed = serializer(self.workbench.settings, "sign-in").dumps([person_id, sign_in_id])
        return str(signed)


def open_house(folder: Path, *, local: bool) -> Iterator[House]:
    workbench = open_workbench(Settings(folder, local))
    people.ensure_local(workbench.db)
    yield House(workbench)
    close_workbench(workbench)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    yield from open_house(tmp_path, local=False)


@pytest.fixture
def local_house(tmp_path: Path) -> Iterator[House]:
    yield from open_house(tmp_path, local=True)


def local_client(house: House, **options: Any) -> TestClient:
    here = {"base_url": "http://127.0.0.1:8501", "client": ("127.0.0.1", 40000)}
    return house.client(**{**here, **options})


def test_a_signed_cookie_says_who_it_is(house: House) -> None:
    answer = house.client().get("/api/who", headers=house.cookie_of("Noor")).json()
    assert answer["person"] == "Noor"
    assert len(answer["headers"]) == 2


def test_the_websocket_gets_the_same_identity(house: House) -> None:
    with house.client().websocket_connect("/stream", headers=house.cookie_of("Noor")) as socket:
        person_id, sign_in_id = socket.receive_json()
    found = people.signed_in(house.workbench.db, person_id, sign_in_id, local=False)
    assert found is not None
    assert found.name == "Noor"


def test_a_header_from_outside_gets_nothing(house: House) -> None:
    person = people.add(house.workbench.db, "Noor", Role.ADMIN, by=None, password=PASSWORD)
    sign_in_id = people.sign_in(house.workbench.db, person.id, now=datetime.now(UTC))
    spoofed = [
        ("X-Discern-Person", person.id),
        ("x-discern-person", person.id),
        ("X-DISCERN-SIGN-IN", sign_in_id),
        ("X_Discern_Person", person.id),
        ("x-discern_sign-in", sign_in_id),
        ("X-Discern-Anything", "1"),
    ]
    answer = house.client().get("/api/who", headers=spoofed).json()
    assert answer == {"person": None, "headers": [], "odd": []}
    with house.client().websocket_connect("/stream", headers=dict(spoofed)) as socket:
        assert socket.receive_json() == [None, None]


def test_a_header_beside_a_good_cookie_does_not_change_who_it_is(house: House) -> None:
    theirs = house.cookie_of("Noor")
    answer = house.client().get("/api/who", headers={**theirs, "X-Discern-Person": "local"}).json()
    assert answer["person"] == "Noor"
    assert "local" not in answer["headers"]


@given(raw=st.lists(st.tuples(st.sampled_from("xX"), st.sampled_from("-_"), st.booleans())))
def test_no_spelling_of_our_headers_passes(raw: list[tuple[str, str, bool]]) -> None:
    """Called as a server calls it, with names that no client library would send."""
    seen: list[Any] = []

    async def inside(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)
        await Response()(scope, receive, send)

    async def drop(_: Any) -> None:
        pass

    names = [
        f"{x}{dash}{'DISCERN' if loud else 'Discern'}{dash}Person".encode() for x, dash, loud in raw
    ]
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/api/who",
        "headers": [(name, b"local") for name in names],
    }
    middleware = Identity(inside, settings=Settings(Path("unused"), local=False))
    with pytest.raises(StopIteration):
        middleware(scope, drop, drop).__await__().send(None)  # type: ignore[arg-type]
    assert seen[0]["headers"] == []


def test_a_tampered_cookie_gets_nothing(house: House) -> None:
    value = house.cookie_of("Noor")["cookie"]
    for place in (len(COOKIE) + 3, len(value) - 8):
        changed = value[:place] + ("A" if value[place] != "A" else "B") + value[place + 1 :]
        answer = house.client().get("/api/who", headers={"cookie": changed}).json()
        assert answer == {"person": None, "headers": [], "odd": []}


def test_a_cookie_of_another_installation_gets_nothing(house: House, tmp_path: Path) -> None:
    other = Settings(tmp_path / "other", local=False)
    person = people.add(house.workbench.db, "Noor", Role.ADMIN, by=None, password=PASSWORD)
    sign_in_id = people.sign_in(house.workbench.db, person.id, now=datetime.now(UTC))
    value = serializer(other, "sign-in").dumps([person.id, sign_in_id])
    answer = house.client().get("/api/who", headers={"cookie": f"{COOKIE}={value}"}).json()
    assert answer["person"] is None


def test_what_was_signed_for_a_form_is_no_identity(house: House) -> None:
    person = people.add(house.workbench.db, "Noor", Role.ADMIN, by=None, password=PASSWORD)
    sign_in_id = people.sign_in(house.workbench.db, person.id, now=datetime.now(UTC))
    value = serializer(house.workbench.settings, "form").dumps([person.id, sign_in_id])
    answer = house.client().get("/api/who", headers={"cookie": f"{COOKIE}={value}"}).json()
    assert answer["person"] is None


class NineHoursAgo(TimestampSigner):
    def get_timestamp(self) -> int:
        return super().get_timestamp() - 9 * 3600


def test_a_cookie_of_nine_hours_ago_gets_nothing(house: House) -> None:
    person = people.add(house.workbench.db, "Noor", Role.ADMIN, by=None, password=PASSWORD)
    sign_in_id = people.sign_in(house.workbench.db, person.id, now=datetime.now(UTC))
    now = serializer(house.workbench.settings, "sign-in")
    old = URLSafeTimedSerializer(
        now.secret_keys, salt=now.salt, signer=NineHoursAgo, signer_kwargs=now.signer_kwargs
    )
    for made, expected in ((now, "Noor"), (old, None)):
        value = made.dumps([person.id, sign_in_id])
        answer = house.client().get("/api/who", headers={"cookie": f"{COOKIE}={value}"}).json()
        assert answer["person"] == expected


def test_a_good_cookie_of_a_sign_in_that_ended_gets_nothing(house: House) -> None:
    db, now = house.workbench.db, datetime.now(UTC)
    person = people.add(db, "Noor", Role.ANNOTATOR, by=None, password=PASSWORD)
    expired = people.sign_in(db, person.id, now=now - timedelta(hours=8, seconds=1))
    ended = people.sign_in(db, person.id, now=now)
    people.sign_out(db, ended)
    other = people.add(db, "Wren", Role.ADMIN, by=None, password=PASSWORD)
    for person_id, sign_in_id in (
        (person.id, expired),
        (person.id, ended),
        (other.id, people.sign_in(db, person.id, now=now)),
        ("local", "local"),
    ):
        cookie = f"{COOKIE}={house.signed(person_id, sign_in_id)}"
        assert house.client().get("/api/who", headers={"cookie": cookie}).json()["person"] is None


def test_opening_a_page_without_signing_in_leads_to_the_form_and_back(house: House) -> None:
    client = house.client(follow_redirects=False)
    answer = client.get("/page?study=a&b=1", headers={"accept": "text/html,*/*"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=/page%3Fstudy%3Da%26b%3D1"
    signed_in = {"accept": "text/html", **house.cookie_of("Noor")}
    assert client.get("/page", headers=signed_in).status_code == 200


def test_local_mode_lets_this_machine_in(local_house: House) -> None:
    for host in ("127.0.0.1:8501", "localhost:8501", "LOCALHOST", "[::1]:9", "127.0.0.1"):
        answer = local_client(local_house).get("/api/who", headers={"host": host})
        assert answer.json()["person"] == "you"
    for address in ("::1", "127.1.2.3", "::ffff:127.0.0.1"):
        client = local_client(local_house, client=(address, 1))
        assert client.get("/api/who").json()["person"] == "you"


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "workbench.example"},
        {"host": "127.0.0.1.evil.example"},
        {"host": "localhost.evil.example:8501"},
        {"host": "evil.example@127.0.0.1"},
        {"host": ""},
        {"x-forwarded-for": "127.0.0.1"},
        {"X-Forwarded-Host": "127.0.0.1"},
        {"forwarded": "for=127.0.0.1"},
        {"x-real-ip": "127.0.0.1"},
    ],
)
def test_local_mode_refuses_what_may_come_from_outside(
    local_house: House, headers: dict[str, str]
) -> None:
    client = local_client(local_house)
    answer = client.get("/api/who", headers=headers)
    assert answer.status_code == 403
    assert "make serve" in answer.text
    with (
        pytest.raises(WebSocketDisconnect) as refused,
        client.websocket_connect("/stream", headers=headers),
    ):
        pass
    assert refused.value.code == 1008


def test_local_mode_refuses_two_hosts_and_other_machines(local_house: House) -> None:
    twice = [("host", "127.0.0.1"), ("host", "evil.example")]
    assert local_client(local_house).get("/api/who", headers=twice).status_code == 403
    for address in ("192.0.2.7", "::ffff:192.0.2.7", "testclient"):
        client = local_client(local_house, client=(address, 1))
        assert client.get("/api/who").status_code == 403


def test_local_mode_knows_nobody_by_cookie(local_house: House) -> None:
    cookie = local_house.cookie_of("Noor", Role.NONE)
    assert local_client(local_house).get("/api/who", headers=cookie).json()["person"] == "you"


@pytest.mark.parametrize(
    ("host", "origin", "allowed"),
    [
        ("test.example", "http://test.example", True),
        ("test.example", "https://test.example", True),
        ("test.example:443", "https://test.example", True),
        ("TEST.example:8501", "http://test.example:8501", True),
        ("[2001:db8::1]:80", "http://[2001:db8::1]", True),
        ("test.example", None, True),
        ("test.example", "http://test.example:8501", False),
        ("test.example:8501", "http://test.example", False),
        ("test.example", "http://evil.example", False),
        ("test.example", "http://test.example.evil.example", False),
        ("test.example", "null", False),
        ("test.example", "http://test.example:port", False),
        ("test.example", "file://test.example", False),
        ("", "http://test.example", False),
    ],
)
def test_only_our_own_pages_change_anything(
    house: House, host: str, origin: str | None, *, allowed: bool
) -> None:
    headers = {"host": host} | ({} if origin is None else {"origin": origin})
    client = house.client()
    assert client.post("/api/who", headers=headers).status_code == (200 if allowed else 403)
    assert client.get("/api/who", headers=headers).status_code == 200
    try:
        with client.websocket_connect("/stream", headers=headers):
            opened = True
    except WebSocketDisconnect:
        opened = False
    assert opened is allowed


def test_local_mode_refuses_another_program_s_page_on_this_machine(local_house: House) -> None:
    client = local_client(local_house)
    foreign = {"origin": "http://127.0.0.1:3000"}
    assert client.post("/api/who", headers=foreign).status_code == 403
    assert client.post("/api/who", headers={"origin": "http://127.0.0.1:8501"}).status_code == 200


def test_the_secret_is_random_private_and_kept(tmp_path: Path) -> None:
    first = Settings(tmp_path / "first", local=False)
    signed = serializer(first, "x").dumps("a")
    content = first.secret.read_bytes()
    assert len(content) == 32
    assert stat.S_IMODE(first.secret.stat().st_mode) == 0o600
    assert serializer(first, "x").loads(signed) == "a"
    assert first.secret.read_bytes() == content
    serializer(Settings(tmp_path / "second", local=False), "x")
    assert (tmp_path / "second" / "cookie-secret").read_bytes() != content
    assert [path.name for path in first.data.iterdir()] == ["cookie-secret"]


def test_threads_that_start_together_sign_with_one_secret(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "data", local=False)
    gate, signed = threading.Barrier(8), list[Any]()

    def sign() -> None:
        gate.wait()
        signed.append(serializer(settings, "x").dumps("a"))

    threads = [threading.Thread(target=sign) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [serializer(settings, "x").loads(value) for value in signed] == ["a"] * 8


def test_a_broken_secret_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "cookie-secret").write_bytes(b"short")
    with pytest.raises(BrokenSecretError, match=r"has 5 bytes; it must have 32\. Remove it"):
        serializer(Settings(tmp_path, local=False), "x")


def test_the_cookie_is_closed_to_scripts_and_other_sites(house: House) -> None:
    for secure in (True, False):
        response = Response()
        give_cookie(response, house.workbench.settings, "p", "s", secure=secure)
        value = response.headers["set-cookie"]
        assert "HttpOnly" in value
        assert "SameSite=lax" in value
        assert "Path=/" in value
        assert f"Max-Age={8 * 3600}" in value
        assert ("Secure" in value) is secure


def test_the_configuration_maps_exactly_our_headers() -> None:
    """Streamlit reads who is here from these headers; a third one would not be guarded."""
    config = (Path(__file__).parents[2] / ".streamlit" / "config.toml").read_text()
    names = tomllib.loads(config)["server"]["trustedUserHeaders"]
    assert {name.lower() for name in names} == set(OUR_HEADERS)
