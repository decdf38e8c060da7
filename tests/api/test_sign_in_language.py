"""The pages of signing in, in the language that a browser asks for or that somebody chose."""

import re
from datetime import UTC, datetime

import pytest

from core.study import Role
from storage import people, preferences
from tests.api.door import PASSWORD, Browser, Door
from workbench.catalogue import COOKIE

NEW = "another long password"


def asking_for(door: Door, accepted: str) -> Browser:
    return door.browser(headers={"Accept-Language": accepted})


def heading(html: str) -> str:
    return "".join(re.findall(r"<h1>(.*?)</h1>", html))


def test_a_page_speaks_as_the_browser_asks(door: Door) -> None:
    german, arabic = (asking_for(door, code).open("/sign-in") for code in ("de-CH,en", "ar"))
    assert (heading(german), heading(arabic)) == ("Anmelden", "تسجيل الدخول")
    assert '<html lang="de" dir="ltr">' in german
    assert '<html lang="ar" dir="rtl">' in arabic
    assert heading(asking_for(door, "tlh").open("/sign-in")) == "Sign in"


def test_a_chosen_language_stays_and_keeps_where_to_go(door: Door) -> None:
    browser = asking_for(door, "ar")
    html = browser.open("/sign-in?next=/compare?study=a%26b")
    [link] = re.findall(r'href="(\?[^"]*language=es)"', html)
    chosen = browser.open("/sign-in" + link.replace("&amp;", "&"))
    assert heading(chosen) == "Iniciar sesión"
    assert 'name="next" value="/compare?study=a&amp;b"' in chosen
    assert heading(browser.open("/sign-in")) == "Iniciar sesión"


def test_an_unknown_language_is_neither_spoken_nor_kept(door: Door) -> None:
    browser = asking_for(door, "de")
    for unknown in ("xx", "../../etc/passwd", '"><script>', ""):
        answer = browser.client.get("/sign-in", params={"language": unknown})
        assert heading(answer.text) == "Anmelden"
        assert COOKIE not in browser.client.cookies
    browser.client.cookies.set(COOKIE, '"><script>')
    assert heading(browser.open("/sign-in")) == "Anmelden"


@pytest.mark.parametrize(
    ("wanted", "target"),
    [("/compare?study=a", "/compare?study=a"), ("//elsewhere.example", "/"), ("", "/")],
)
def test_choosing_a_language_leads_back_and_nowhere_else(
    door: Door, wanted: str, target: str
) -> None:
    browser = door.browser()
    answer = browser.client.get(
        "/sign-in/language", params={"language": "de", "next": wanted}, follow_redirects=False
    )
    assert (answer.status_code, answer.headers["location"]) == (303, target)
    assert "httponly" in answer.headers["set-cookie"].lower()
    assert heading(browser.open("/sign-in")) == "Anmelden"


def test_problems_are_told_in_the_same_language(door: Door) -> None:
    """Also those that are found in the thread that computes the hash of a password."""
    browser = asking_for(door, "de")
    wrong = browser.sign_in("Ursula", "a wrong password")
    assert (wrong.status_code, heading(wrong.text)) == (403, "Anmelden")
    assert "<title>Problem: Anmelden · Discern</title>" in wrong.text
    assert "passt kein Konto" in wrong.text
    browser.sign_in("Ursula")
    short = browser.send("/password", current=PASSWORD, new="x", again="x")
    assert "Das Passwort hat 1 Zeichen; nötig sind 10 bis 1000." in short.text
    assert "Sie sind als Ursula angemeldet." in browser.open("/sign-out")


def test_waiting_is_told_with_the_right_plural(door: Door) -> None:
    people.add(door.workbench.db, "Noor", Role.ANNOTATOR, by=None, password=NEW)
    browser = asking_for(door, "ar")
    for _ in range(10):
        browser.sign_in("Noor", "")
    assert "انتظر 15 دقيقة" in browser.sign_in("Noor", "").text


def test_a_language_chosen_in_one_browser_is_spoken_in_the_next(door: Door) -> None:
    [person] = people.all_people(door.workbench.db)
    preferences.change(door.workbench.db, person.id, {"language": "es"}, datetime.now(UTC))
    elsewhere = asking_for(door, "de")
    elsewhere.sign_in("Ursula")
    assert heading(elsewhere.open("/password")) == "Cambiar su contraseña"
    just_chosen = asking_for(door, "ar")
    just_chosen.open("/sign-in?language=de")
    just_chosen.sign_in("Ursula")
    assert heading(just_chosen.open("/password")) == "Das eigene Passwort ändern"
