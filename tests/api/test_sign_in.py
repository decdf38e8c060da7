"""The forms of signing in, asked over HTTP with a real store behind them."""

import re
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from api.form_guard import PER_NAME, PER_NAME_AND_ADDRESS, WINDOW_S, Attempts
from api.identity import COOKIE, Identity, person_of
from api.sign_in import announce_set_up, local_path, routes
from core.study import Role
from storage import people
from workbench.opening import Workbench, close_workbench, open_workbench

PASSWORD = "plum tree under snow"
CODE = re.compile(r"[A-Z2-7]{4}(-[A-Z2-7]{4}){3}")


@dataclass
class Door:
    """The application with its sign-in routes, and what a browser does with them."""

    workbench: Workbench
    app: Starlette

    def browser(self, **options: Any) -> "Browser":
        chosen = {"base_url": "http://127.0.0.1:8501", "client": ("127.0.0.1", 40000), **options}
        return Browser(TestClient(self.app, **chosen))


@dataclass
class Browser:
    client: TestClient

    def open(self, path: str) -> str:
        return str(self.client.get(path).text)

    def send(self, path: str, *, next_path: str = "/", **values: str) -> Any:
        """Open the form, fill it in and send it, without following where it leads."""
        html = self.open(path)
        token = re.search(r'name="token" value="([^"]+)"', html)
        fields = {"token": token[1] if token else "", "next": next_path, **values}
        return self.client.post(path, data=fields, follow_redirects=False)

    def sign_in(self, name: str, password: str = PASSWORD, **values: str) -> Any:
        return self.send("/sign-in", name=name, password=password, **values)

    def who(self) -> str | None:
        found: str | None = self.client.get("/api/who").json()
        return found


def open_door(folder: Path, monkeypatch: pytest.MonkeyPatch, mode: str) -> Iterator[Door]:
    monkeypatch.setenv("DISCERN_DATA", str(folder))
    monkeypatch.setenv("DISCERN_MODE", mode)
    workbench = open_workbench()

    async def who(request: Request) -> JSONResponse:
        person = person_of(workbench, request)
        return JSONResponse(person and person.name)

    app = Starlette(routes=[*routes(), Route("/api/who", who)], middleware=[Middleware(Identity)])
    yield Door(workbench, app)
    close_workbench(workbench)


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    """A workbench that nobody has set up yet."""
    yield from open_door(tmp_path, monkeypatch, "accounts")


@pytest.fixture
def door(empty: Door) -> Door:
    people.set_up(empty.workbench.db, "Ursula", PASSWORD)
    return empty


def code_of(door: Door) -> str:
    sentence = announce_set_up(door.workbench)
    assert sentence is not None
    found = CODE.search(sentence)
    assert found is not None
    return found[0]


def set_up(browser: Browser, code: str, **changes: str) -> Any:
    values = {"name": "Ursula", "new": PASSWORD, "again": PASSWORD, **changes}
    return browser.send("/set-up", code=code, **values)


def test_the_right_password_opens_the_page_that_was_asked_for(door: Door) -> None:
    browser = door.browser()
    answer = browser.sign_in("Ursula", next_path="/studies?a=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/studies?a=1")
    assert browser.who() == "Ursula"


def test_the_name_may_be_typed_in_any_case(door: Door) -> None:
    assert door.browser().sign_in(" uRSULA ").status_code == 303


def test_unknown_names_and_wrong_passwords_get_the_same_answer(door: Door) -> None:
    people.add(door.workbench.db, "Wren", Role.NONE, by=None, password=PASSWORD)
    people.add(door.workbench.db, "Noor", Role.ADMIN, by=None, password=None)
    bodies = set()
    for name, password in (
        ("Ursula", "wrong password"),
        ("nobody", PASSWORD),
        ("Wren", PASSWORD),
        ("Noor", ""),
        ("", ""),
        ("Ursula", "x" * 2000),
    ):
        browser = door.browser()
        answer = browser.sign_in(name, password)
        assert answer.status_code == 403
        assert browser.who() is None
        bodies.add(re.search(r'role="alert">[^<]+', answer.text)[0])  # type: ignore[index]
    assert len(bodies) == 1


def test_an_unknown_name_takes_as_long_as_a_known_one(door: Door) -> None:
    db = door.workbench.db
    people.check_password(db, "Ursula", "wrong password")

    times: dict[str, list[float]] = {"Ursula": [], "nobody": []}
    for _ in range(7):
        for name, taken in times.items():
            start = time.perf_counter()
            people.check_password(db, name, "wrong password")
            taken.append(time.perf_counter() - start)
    assert 0.5 < statistics.median(times["nobody"]) / statistics.median(times["Ursula"]) < 2


def test_what_was_typed_comes_back_escaped_and_the_password_never(door: Door) -> None:
    answer = door.browser().sign_in('"><script>x</script>', "secret-secret")
    assert "<script>" not in answer.text
    assert "&quot;&gt;&lt;script&gt;" in answer.text
    assert "secret-secret" not in answer.text


def test_every_page_is_closed_to_scripts_frames_and_caches(door: Door) -> None:
    browser = door.browser()
    browser.sign_in("Ursula")
    for path in ("/sign-in", "/sign-out", "/password"):
        answer = browser.client.get(path)
        assert answer.status_code == 200
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert "<script" not in answer.text
        assert " style=" not in answer.text


def test_a_form_without_our_token_does_nothing(door: Door) -> None:
    browser = door.browser()
    for token in ("", "x", door.browser().open("/sign-in").split('name="token" value="')[1][:60]):
        answer = browser.send("/sign-in", name="Ursula", password=PASSWORD, token=token)
        assert answer.status_code == 403
        assert "open for too long" in answer.text
        assert browser.who() is None


def test_a_token_of_another_browser_does_nothing(door: Door) -> None:
    theirs = re.search(r'name="token" value="([^"]+)"', door.browser().open("/sign-in"))
    assert theirs is not None
    answer = door.browser().sign_in("Ursula", token=theirs[1])
    assert answer.status_code == 403


def test_a_form_of_another_site_does_nothing(door: Door) -> None:
    browser = door.browser()
    browser.client.headers["origin"] = "http://evil.example"
    assert browser.sign_in("Ursula").status_code == 403
    assert COOKIE not in browser.client.cookies


def test_a_huge_form_is_refused(door: Door) -> None:
    assert door.browser().sign_in("Ursula", "x" * 20_000).status_code == 413
    many = {f"field{i}": "1" for i in range(50)}
    assert door.browser().sign_in("Ursula", **many).status_code == 413


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/a\r\nset-cookie: x=1",
        " //evil.example",
        "evil.example",
        "",
    ],
)
def test_signing_in_leads_nowhere_else(door: Door, target: str) -> None:
    answer = door.browser().sign_in("Ursula", next_path=target)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "set-cookie: x" not in str(answer.headers)


@given(st.text(alphabet="/\\:@.ev \t\r\n%?#", max_size=12))
def test_whatever_was_wanted_the_way_leads_inside(wanted: str) -> None:
    target = local_path(wanted)
    assert target.startswith("/")
    assert target[1:2] not in {"/", "\\"}
    assert not set(target) & set("\\\t\r\n ")


def test_the_cookie_is_secure_where_the_connection_is(door: Door) -> None:
    for scheme, secure in (("https", True), ("http", False)):
        answer = door.browser(base_url=f"{scheme}://work.example").sign_in("Ursula")
        cookies = answer.headers.get_list("set-cookie")
        assert answer.status_code == 303
        assert all(("Secure" in cookie) is secure for cookie in cookies)
    # A header alone does not make a connection secure; the server decides whose word counts.
    browser = door.browser()
    browser.client.headers["x-forwarded-proto"] = "https"
    assert "Secure" not in browser.sign_in("Ursula").headers["set-cookie"]


def test_signing_out_ends_the_sign_in_for_copies_of_the_cookie_too(door: Door) -> None:
    browser, copy = door.browser(), door.browser()
    browser.sign_in("Ursula")
    copy.client.cookies.update(browser.client.cookies)
    assert copy.who() == "Ursula"
    assert "You are signed in as Ursula" in browser.open("/sign-out")
    assert browser.who() == "Ursula"  # looking is not signing out
    assert browser.send("/sign-out").status_code == 200
    assert browser.who() is None
    assert COOKIE not in browser.client.cookies
    assert copy.who() is None


def test_signing_out_needs_our_token(door: Door) -> None:
    browser = door.browser()
    browser.sign_in("Ursula")
    browser.send("/sign-out", token="x")
    assert browser.who() == "Ursula"


def test_a_password_reset_ends_the_sign_ins_before_it(door: Door) -> None:
    db = door.workbench.db
    person = people.add(db, "Noor", Role.ANNOTATOR, by=None, password=PASSWORD)
    first, second = door.browser(), door.browser()
    first.sign_in("Noor")
    second.sign_in("Ursula")
    people.set_password(db, person.id, "another long password", by=None)
    assert (first.who(), second.who()) == (None, "Ursula")
    assert first.sign_in("Noor").status_code == 403
    assert first.sign_in("Noor", "another long password").status_code == 303
    assert first.who() == "Noor"


def test_a_deactivated_person_is_out_at_once_and_stays_out(door: Door) -> None:
    db = door.workbench.db
    person = people.add(db, "Noor", Role.RESEARCHER, by=None, password=PASSWORD)
    browser = door.browser()
    browser.sign_in("Noor")
    people.give_role(db, person.id, Role.NONE, by=None)
    assert browser.who() is None
    assert browser.sign_in("Noor").status_code == 403
    people.give_role(db, person.id, Role.ANNOTATOR, by=None)
    assert browser.who() is None  # the sign-in of before has ended for good
    assert browser.sign_in("Noor").status_code == 303


def test_people_change_their_own_password_and_only_this_browser_stays_signed_in(
    door: Door,
) -> None:
    here, elsewhere = door.browser(), door.browser()
    here.sign_in("Ursula")
    elsewhere.sign_in("Ursula")
    new = "a field of barley"
    wrong = here.send("/password", current="not this one", new=new, again=new)
    assert (wrong.status_code, here.who()) == (403, "Ursula")
    differs = here.send("/password", current=PASSWORD, new=new, again=new + "!")
    assert "not the same" in differs.text
    short = here.send("/password", current=PASSWORD, new="short", again="short")
    assert "has 5 characters; it needs 10 to 1000" in short.text
    assert elsewhere.who() == "Ursula"
    assert here.send("/password", current=PASSWORD, new=new, again=new).status_code == 303
    assert (here.who(), elsewhere.who()) == ("Ursula", None)
    assert door.browser().sign_in("Ursula", new).status_code == 303


def test_the_password_page_asks_to_sign_in_first(door: Door) -> None:
    answer = door.browser().client.get("/password", follow_redirects=False)
    assert answer.headers["location"] == "/sign-in?next=/password"


def test_ten_failures_of_a_name_mean_waiting_even_with_the_right_password(door: Door) -> None:
    people.add(door.workbench.db, "Noor", Role.ANNOTATOR, by=None, password=PASSWORD)
    browser = door.browser()
    answers = [browser.sign_in("Noor", "wrong password").status_code for _ in range(11)]
    assert answers == [403] * 10 + [429]
    refused = browser.sign_in("noor")
    assert refused.status_code == 429
    assert "Wait 15 minutes, then try again" in refused.text
    assert 890 <= int(refused.headers["retry-after"]) <= 900
    assert browser.sign_in("Ursula").status_code == 303
    assert door.browser(client=("192.0.2.7", 1)).sign_in("Noor").status_code == 303


class Clock:
    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def fail(attempts: Attempts, times: int, name: str, address: str) -> None:
    for _ in range(times):
        attempts.begin(name, address)


def test_a_wait_ends_after_the_window_and_trying_meanwhile_does_not_prolong_it() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    fail(attempts, PER_NAME_AND_ADDRESS, "noor", "here")
    assert attempts.wait_s("noor", "here") == WINDOW_S
    clock.now_s += WINDOW_S - 1
    assert attempts.wait_s("noor", "here") == 1
    clock.now_s += 1
    assert attempts.wait_s("noor", "here") == 0


def test_one_address_cannot_try_many_names() -> None:
    attempts = Attempts(Clock())
    for number in range(50):
        assert attempts.wait_s(f"name {number}", "here") == 0
        attempts.begin(f"name {number}", "here")
    assert attempts.wait_s("one more", "here") == WINDOW_S
    assert attempts.wait_s("one more", "there") == 0


def test_failures_elsewhere_do_not_lock_somebody_out_where_they_have_signed_in() -> None:
    attempts = Attempts(Clock())
    attempts.begin("noor", "home")
    attempts.succeed("noor", "home")
    for number in range(PER_NAME):
        attempts.begin("noor", f"attacker {number}")
    assert attempts.wait_s("noor", "attacker new") == WINDOW_S
    assert attempts.wait_s("noor", "home") == 0


def test_success_forgets_mistypings_but_only_of_that_name() -> None:
    attempts = Attempts(Clock())
    fail(attempts, PER_NAME_AND_ADDRESS - 1, "noor", "here")
    attempts.begin("noor", "here")
    attempts.succeed("noor", "here")
    fail(attempts, PER_NAME_AND_ADDRESS - 1, "noor", "here")
    assert attempts.wait_s("noor", "here") == 0
    fail(attempts, 1, "noor", "here")
    assert attempts.wait_s("noor", "here") == WINDOW_S


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
