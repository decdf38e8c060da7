"""Every sentence of the interface is in every catalogue, whole and with its fields."""

import ast
from functools import lru_cache
from io import BytesIO
from pathlib import Path

import polib
import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from tests.test_structure import PRODUCT, name_of, tree
from tests.ui.said import Said, extract, fields_of, said_in
from workbench import catalogue

CATALOGUES = sorted(catalogue.FOLDER.glob("*.po"))


@lru_cache(maxsize=1)
def everything_said() -> list[Said]:
    return [one for path in PRODUCT for one in said_in(tree(path), name_of(path))]


@pytest.mark.parametrize(
    "code",
    [
        "say(text)", "messages.say(f'{n} pairs')", "say('a' + b)", "say('')", "say('a', 1)",
        "say_number('one', many, 3)", "say_number('one', 'many')", "deferred(TEXT)", "say()",
    ],
)  # fmt: skip
def test_a_sentence_that_is_not_written_out_is_refused(code: str) -> None:
    with pytest.raises(AssertionError, match="write the sentence out"):
        list(said_in(ast.parse(code), "a.py"))


def test_sentences_are_found_where_they_stand() -> None:
    found = list(said_in(ast.parse("x = [messages.say('a '\n 'b {c}', c=1)]\nsay_it('d')"), "a.py"))
    assert found == [Said("a.py:1", ("a b {c}",), frozenset({"c"}))]
    [many] = said_in(ast.parse("say_number('{n} pair', '{n} pairs', len(x))"), "a.py")
    assert many == Said("a.py:1", ("{n} pair", "{n} pairs"), frozenset({"n"}))


def test_make_messages_finds_what_the_test_finds() -> None:
    source = b"""# For translators: short.
A = deferred("a")
B = f"{say('b {c}', c=1)} {say_number('{n} d', '{n} ds', 2)}"
"""
    assert list(extract(BytesIO(source), None, None, None)) == [
        (2, "gettext", "a", ["For translators: short."]),
        (3, "gettext", "b {c}", []),
        (3, "ngettext", ("{n} d", "{n} ds"), []),
    ]


def test_every_field_is_given_its_value_and_every_value_has_its_field() -> None:
    everything = everything_said()
    assert everything
    wrong = {
        one.where: sorted(one.fields ^ one.given)
        for one in everything
        if one.given is not None and one.fields | {"n"} != one.given | {"n"}
    }
    assert wrong == {}


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_a_catalogue_translates_all_that_is_said(path: Path) -> None:
    """Each sentence, with the same fields, in as many plural forms as the language has."""
    entries = {entry.msgid: entry for entry in polib.pofile(str(path)) if not entry.obsolete}
    n_plurals = int(polib.pofile(str(path)).metadata["Plural-Forms"].split(";")[0].split("=")[1])
    problems = [
        f"{one.where}: {problem}: {one.texts[0]}"
        for one in everything_said()
        for problem in problems_of(entries.get(one.texts[0]), one, n_plurals)
    ]
    assert problems == []


def problems_of(entry: polib.POEntry | None, said: Said, n_plurals: int) -> list[str]:
    if entry is None:
        return ["missing"]
    if entry.fuzzy:
        return ["fuzzy"]
    if len(said.texts) == 1:
        same = fields_of(entry.msgstr) == said.fields
        return [] if entry.msgstr and same else ["not translated, or with other fields"]
    forms = entry.msgstr_plural
    if entry.msgid_plural != said.texts[1] or sorted(forms) != list(range(n_plurals)):
        return [f"needs {n_plurals} plural forms"]
    # "one pair" may do without its number; the form for any number may not.
    fit = all(said.fields - {"n"} <= fields_of(form) <= said.fields for form in forms.values())
    return [] if fit and fields_of(forms[n_plurals - 1]) == said.fields else ["other fields"]


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_a_catalogue_has_nothing_that_is_no_longer_said(path: Path) -> None:
    said = {one.texts[0] for one in everything_said()}
    assert [entry.msgid for entry in polib.pofile(str(path)) if entry.msgid not in said] == []


def test_a_catalogue_is_a_language_that_knows_its_own_name() -> None:
    names = catalogue.languages()
    assert set(names) == {"en", *(path.stem for path in CATALOGUES)}
    assert len(set(names.values())) == len(names)
    assert (names["en"], names["de"], names["ar"]) == ("English", "Deutsch", "العربية")


def test_what_a_catalogue_lacks_or_doubts_is_said_in_english() -> None:
    assert catalogue.translated("de", "Never translated: {x}", {"x": 1}) == "Never translated: 1"
    assert catalogue.translated("xx", "Sign in", {}) == "Sign in"
    assert catalogue.translated_number("de", "{n} egg", "{n} eggs", 1, {}) == "1 egg"
    assert catalogue.translated_number("de", "{n} egg", "{n} eggs", 0, {}) == "0 eggs"


def test_arabic_has_six_forms_of_a_number() -> None:
    """Zero, one, two, few (3-10, 103-110), many (11-99, 111-199) and other (100-102, 200)."""
    one = "At least {n} character; a few words in a row will do."
    many = "At least {n} characters; a few words in a row will do."

    def form(n: int) -> str:
        return catalogue.translated_number("ar", one, many, n, {}).replace(str(n), "#")

    assert len({form(n) for n in (0, 1, 2, 3, 11, 100)}) == 6
    for alike in ((3, 10, 103, 110, 1003), (11, 99, 111, 199), (100, 101, 102, 200, 1000)):
        assert len({form(n) for n in alike}) == 1, alike


def test_a_latin_name_stands_apart_in_a_sentence_from_right_to_left() -> None:
    said = catalogue.translated("ar", "You are signed in as {name}.", {"name": "Ursula"})
    assert "\u2068Ursula\u2069" in said
    assert catalogue.translated("de", "You are signed in as {name}.", {"name": "Ursula"}).isascii()


@pytest.mark.parametrize(
    ("wanted", "accepted", "spoken"),
    [
        ((), "", "en"),
        ((), "de-AT,de;q=0.9,en;q=0.8", "de"),
        ((), "fr, ar;q=0.3, en;q=.2", "ar"),
        ((), "en-GB,en;q=0.9,de;q=0.8", "en"),
        ((), "de;q=0, es;q=0.1", "es"),
        ((), "*", "en"),
        ((), "de;q=0", "en"),
        ((), "de;q=much, ES", "es"),
        (("es", "ar"), "de", "es"),
        ((None, "ar"), "de", "ar"),
        (("../de", ""), "de", "de"),
    ],
)
def test_the_language_is_the_chosen_one_or_the_best_that_is_accepted(
    wanted: tuple[str | None, ...], accepted: str, spoken: str
) -> None:
    assert catalogue.chosen(*wanted, accepted=accepted) == spoken


@given(st.text(max_size=50), st.text(max_size=50))
def test_whatever_a_browser_sends_there_is_a_language(wanted: str, accepted: str) -> None:
    assert catalogue.chosen(wanted, accepted=accepted) in catalogue.languages()


def speaking() -> None:
    import streamlit as st

    from ui import messages

    st.text(messages.say("Sign in"))
    st.text(messages.say_deferred(messages.deferred("Sign in")))
    st.text(messages.say_number("{n} egg", "{n} eggs", 2))
    st.text(f"{messages.language()} {messages.direction()}")


@pytest.mark.parametrize(
    ("language", "spoken"), [("de", "de ltr"), ("ar", "ar rtl"), ("xx", "en ltr")]
)
def test_a_page_speaks_the_language_of_its_address(language: str, spoken: str) -> None:
    at = AppTest.from_function(speaking)
    at.query_params["language"] = language
    at.run()
    expected = catalogue.translated(language, "Sign in", {})
    assert [text.value for text in at.text] == [expected, expected, "2 eggs", spoken]
    assert (expected == "Sign in") == (spoken == "en ltr")
