"""The forms of signing in, asked over HTTP with a real store behind them."""

import re
import statistics
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.form_guard import PER_NAME, PER_NAME_AND_ADDRESS, WINDOW_S, Attempts
from api.identity import COOKIE
from api.sign_in import local_path
from core.study import Role
from storage import people
from tests.api.door import PASSWORD, Door


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
    began = time.monotonic()
    answers = [browser.sign_in("Noor", "wrong password").status_code for _ in range(11)]
    assert answers == [403] * 10 + [429]
    refused = browser.sign_in("noor")
    assert refused.status_code == 429
    assert "Wait 15 minutes, then try again" in refused.text
    passed = time.monotonic() - began  # since before the first failure
    assert 900 - passed <= int(refused.headers["retry-after"]) <= 900
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
