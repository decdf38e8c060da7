"""Cases, contexts and vignettes as text: what is written is read, and keeps its id."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.value_study import Case, Context, InvalidValueSettingsError, Vignette
from ui.interview.settings_text import (
    cases_from_text,
    cases_to_text,
    contexts_from_text,
    contexts_to_text,
    vignettes_from_text,
    vignettes_to_text,
)

CASES = (
    Case("a", "A job", "A friend asks.\n\n## What now?"),
    Case("b", "Homework", "A child refuses."),
)
WORDS = st.text("abc äß?!-#", min_size=1).map(lambda text: " ".join(text.split())).filter(bool)


def test_cases_are_read_as_they_were_written() -> None:
    assert cases_from_text(cases_to_text(CASES), CASES) == CASES
    assert cases_from_text("\n \n", CASES) == ()


def test_a_case_keeps_its_id_by_its_title_or_its_text() -> None:
    text = cases_to_text((replace(CASES[1], title="Tasks"), replace(CASES[0], text="She asks.")))
    assert [case.id for case in cases_from_text(text, CASES)] == ["b", "a"]


def test_a_case_that_was_never_there_has_an_id_of_its_own() -> None:
    [case] = cases_from_text("# A third\nText", CASES)
    assert case.id not in {"a", "b"}


def test_two_cases_do_not_get_one_id() -> None:
    text = f"{cases_to_text(CASES)}\n\n# Copy\n{CASES[1].text}"
    assert len({case.id for case in cases_from_text(text, CASES)}) == 3


@given(st.lists(WORDS, unique=True, max_size=4))
def test_contexts_are_read_as_they_were_written(texts: list[str]) -> None:
    before = tuple(Context(str(n), text, ("b", "a")[: n % 3]) for n, text in enumerate(texts))
    text = contexts_to_text(before, CASES)
    assert contexts_from_text(text, CASES, before) == before


def test_vignettes_are_read_as_they_were_written() -> None:
    text = "# A job\nAsk.\nListen.\n---\nList the pay.\n\n# Homework\nx\n---\ny"
    vignettes = vignettes_from_text(text, CASES)
    assert [(v.case_id, v.first, v.second) for v in vignettes] == [
        ("a", "Ask.\nListen.", "List the pay."),
        ("b", "x", "y"),
    ]
    assert vignettes_to_text(vignettes, CASES) == text
    assert vignettes_from_text(vignettes_to_text(vignettes, CASES), CASES) == vignettes
    assert isinstance(vignettes[0], Vignette)


@pytest.mark.parametrize(
    ("read", "sentence"),
    [
        (lambda: cases_from_text("no title", ()), "begin with 'no title'"),
        (lambda: cases_from_text("# T\n", ()), "A case is empty"),
        (lambda: cases_from_text("# \nx", ()), "The title of a case is empty"),
        (lambda: contexts_from_text("when | Gone", CASES, ()), "no case with the title 'Gone'"),
        (lambda: vignettes_from_text("# Gone\nx\n---\ny", CASES), "no case with the title"),
        (lambda: vignettes_from_text("# A job\nx", CASES), "has 1 ways"),
        (lambda: vignettes_from_text("# A job\nx\n---\ny\n---\nz", CASES), "has 3 ways"),
        (lambda: vignettes_from_text("# A job\nx\n---\n", CASES), "second way of a vignette is"),
    ],
)
def test_what_cannot_be_read_gets_a_sentence(read: object, sentence: str) -> None:
    with pytest.raises(InvalidValueSettingsError, match=sentence):
        read()  # type: ignore[operator]
