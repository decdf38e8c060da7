import csv
import io

import pytest

from core.importing import (
    COLUMNS,
    EXAMPLES,
    NEEDED,
    OUTCOME_WORDS,
    InvalidFileError,
    Kind,
    Problem,
    Problems,
    choose_columns,
    problems_csv,
    shorten,
)


@pytest.mark.parametrize("kind", list(Kind))
def test_examples_hold_our_own_columns_and_all_that_is_needed(kind: Kind) -> None:
    header, *rows = csv.reader(io.StringIO(EXAMPLES[kind]))
    assert set(header) <= {column.name for column in COLUMNS[kind]}
    assert set(NEEDED[kind][0]) <= set(header)
    assert {len(row) for row in rows} == {len(header)}


@pytest.mark.parametrize("kind", list(Kind))
def test_no_name_stands_for_two_columns(kind: Kind) -> None:
    names = [name for column in COLUMNS[kind] for name in (column.name, *column.aliases)]
    assert len(names) == len(set(names))


def test_words_for_answers_are_written_as_they_are_looked_up() -> None:
    for word in OUTCOME_WORDS:
        assert word == word.strip().lower().replace(" ", "_").replace("-", "_")


def test_our_own_names_go_before_aliases() -> None:
    choice = choose_columns(Kind.ITEMS, ["id", "item_id", "text"], {})
    assert choice.taken == {"item_id": "item_id", "text": "text"}
    assert choice.not_imported == ("id",)


def test_what_is_told_goes_before_names_and_none_means_none() -> None:
    told = {"item_id": "text", "prompt": None}
    choice = choose_columns(Kind.ITEMS, ["item_id", "text", "prompt", "answer"], told)
    assert choice.taken == {"item_id": "text", "text": "answer"}
    assert choice.not_imported == ("item_id", "prompt")


def test_the_nearest_way_to_complete_the_columns_is_named() -> None:
    assert choose_columns(Kind.JUDGMENTS, ["left", "winner", "worker"], {}).missing == ("right_id",)
    assert choose_columns(Kind.JUDGMENTS, ["worker"], {}).missing == (
        "first_id", "second_id", "outcome",
    )  # fmt: skip


def test_a_column_that_is_not_there_cannot_be_told() -> None:
    with pytest.raises(InvalidFileError, match="it has a, b"):
        choose_columns(Kind.PAIRS, ["a", "b"], {"first_id": "c"})


def test_problems_are_all_counted_and_a_thousand_kept() -> None:
    problems = Problems()
    for line in range(1500):
        problems.add(Problem("f", line, "c", "rule", "v"))
    assert (problems.total(), len(problems.shown)) == (1500, 1000)


def test_long_values_are_cut_to_eighty_characters() -> None:
    assert shorten("x" * 80) == "x" * 80
    assert shorten("x" * 81) == "x" * 79 + "…"


def test_problems_open_in_a_spreadsheet_without_formulas() -> None:
    problems = Problems()
    problems.add(Problem("f.csv", 3, "text", "A rule.", "=HYPERLINK(1)"))
    rows = list(csv.reader(io.StringIO(problems_csv(problems))))
    assert rows == [
        ["file", "line", "column", "rule", "value"],
        ["f.csv", "3", "text", "A rule.", "'=HYPERLINK(1)"],
    ]
