"""Settings that a study can work with, roles, names and passwords."""

import unicodedata
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.credentials import (
    InvalidNameError,
    InvalidPasswordError,
    fit_name,
    fit_password,
    name_key,
)
from core.judgment import Outcome
from core.study import InvalidSettingsError, Role, StudySettings

SETTINGS = StudySettings("Clarity", "Which answer is clearer?")
roles = st.sampled_from(Role)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": ""}, "name's length is 0; it must be 1 to 200"),
        ({"name": "   "}, "name's length is 0"),
        ({"name": "n" * 201}, "name's length is 201"),
        ({"question": "\n"}, "question's length is 0; it must be 1 to 500"),
        ({"question": "q" * 501}, "question's length is 501"),
        ({"guidelines": "g" * 100_001}, "guidelines' length"),
        ({"outcomes": (Outcome.LEFT, Outcome.TIE)}, "Left and right"),
        ({"overlap": 0}, "overlap is 0; it must be 1 to 1,000"),
        ({"overlap": 1001}, "overlap is 1,001"),
        ({"random_share": -0.01}, "random share is -0.01; it must be 0 to 1"),
        ({"random_share": 1.01}, "random share is 1.01"),
        ({"random_share": float("nan")}, "random share is nan"),
        ({"lease_minutes": 0}, "lease in minutes is 0"),
        ({"lease_minutes": 10_081}, "lease in minutes is 10,081"),
        ({"language": "xx"}, "language is 'xx'; it must be one of en, de, fr"),
        ({"fit_every": 0}, "judgments for a fit is 0"),
        ({"fit_every": 1_000_001}, "judgments for a fit is"),
    ],
)
def test_settings_that_cannot_work_say_why(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidSettingsError, match=sentence):
        replace(SETTINGS, **change)


@pytest.mark.parametrize(
    "change",
    [
        {"name": "n" * 200, "question": "q" * 500},
        {"overlap": 1, "random_share": 0.0, "lease_minutes": 1, "fit_every": 1},
        {"overlap": 1000, "random_share": 1.0, "lease_minutes": 10_080, "fit_every": 10**6},
        {"outcomes": (Outcome.LEFT, Outcome.RIGHT), "language": "ar"},
    ],
)
def test_settings_at_their_limits_work(change: dict[str, Any]) -> None:
    assert replace(SETTINGS, **change) != SETTINGS


def test_an_admin_may_do_everything_and_nobody_nothing() -> None:
    assert [role for role in Role if Role.ADMIN.includes(role)] == list(Role)
    assert [role for role in Role if Role.RESEARCHER.includes(role)] == [
        Role.NONE,
        Role.ANNOTATOR,
        Role.RESEARCHER,
    ]
    assert [role for role in Role if Role.NONE.includes(role)] == [Role.NONE]


@given(one=roles, other=roles, third=roles)
def test_roles_are_in_one_order(one: Role, other: Role, third: Role) -> None:
    assert one.includes(other) or other.includes(one)
    assert (one.includes(other) and other.includes(one)) == (one is other)
    assume(one.includes(other) and other.includes(third))
    assert one.includes(third)


@given(st.text(max_size=120))
def test_a_name_is_refused_or_kept_in_one_form(name: str) -> None:
    try:
        fit = fit_name(name)
    except InvalidNameError:
        return
    assert fit_name(fit) == fit
    assert 1 <= len(fit) <= 100
    assert fit == fit.strip()
    assert name_key(fit) == name_key(name)


@given(st.text(max_size=20))
def test_names_that_differ_in_case_or_spelling_are_the_same(name: str) -> None:
    assert name_key(f"  {name}\t") == name_key(name)
    for form in ("NFC", "NFD"):
        assert name_key(unicodedata.normalize(form, name)) == name_key(name)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Noor", "nOOR"),
        ("Zoë", "Zoe\u0308"),
        ("Strauß", "STRAUSS"),
        ("Ｎｏｏｒ", "Noor"),
        ("No\u200bor", "Noor"),
        ("Noor  al Din", "noor al\u00a0din"),
    ],
)
def test_these_names_look_the_same(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize("name", ["", " ", "\u200b", "n" * 101, "a\x00b", "a\u202eb", "\ue000"])
def test_names_that_nobody_can_read_are_refused(name: str) -> None:
    with pytest.raises(InvalidNameError):
        fit_name(name)


def test_names_of_any_script_fit() -> None:
    for name in ("مریم‌سادات", "Nguyễn Thị Ánh", "李小龍", "O'Neill-Ñandú", "n" * 100):
        assert name_key(fit_name(f" {name} ")) == name_key(name)


def test_a_password_has_ten_to_a_thousand_characters() -> None:
    assert fit_password("x" * 10) == "x" * 10
    assert fit_password("é" * 1000) == "é" * 1000
    for n in (0, 9, 1001):
        with pytest.raises(InvalidPasswordError, match=f"has {n} characters; it needs 10 to 1000"):
            fit_password("x" * n)


def test_two_keyboards_give_one_password() -> None:
    assert fit_password("cafe\u0301 au lait") == fit_password("caf\u00e9 au lait")
