from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.judgment import (
    ItemOutcome,
    Outcome,
    Pair,
    Presentation,
    in_item_space,
)
from tests.strategies import index_judgments

SHOWN = Presentation(
    id="p1",
    study_id="s",
    settings_version=1,
    annotator_id="a",
    items=("apple", "pear"),
    shown=("apple", "pear"),
    slot=0,
    attempt=0,
    purpose="judge",
    policy="random",
    probability=0.5,
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)
MIRRORED = replace(SHOWN, shown=("pear", "apple"))
MIRROR = {Outcome.LEFT: Outcome.RIGHT, Outcome.RIGHT: Outcome.LEFT}


def test_left_means_the_item_that_stood_left() -> None:
    """Apple stood left: "left" is for apple, the first of the pair; mirrored it is for pear."""
    assert in_item_space(Outcome.LEFT, SHOWN) is ItemOutcome.FIRST
    assert in_item_space(Outcome.RIGHT, SHOWN) is ItemOutcome.SECOND
    assert in_item_space(Outcome.LEFT, MIRRORED) is ItemOutcome.SECOND


@given(st.sampled_from(Outcome))
def test_sides_do_not_survive_the_way_to_items(outcome: Outcome) -> None:
    """The same opinion about the mirrored pair is the same judgment of the items."""
    mirrored = in_item_space(MIRROR.get(outcome, outcome), MIRRORED)
    assert mirrored is in_item_space(outcome, SHOWN)


def test_an_unknown_side_is_an_error_and_not_a_guess() -> None:
    with pytest.raises(ValueError, match="does not say which item stood left"):
        in_item_space(Outcome.LEFT, replace(SHOWN, shown=None))


def test_a_pair_is_ordered_by_id_and_never_one_item_twice() -> None:
    assert Pair.of("pear", "apple") == Pair("apple", "pear")
    with pytest.raises(ValueError, match="two different ids"):
        Pair.of("apple", "apple")


def test_judgments_are_indexed_and_counted_by_pair() -> None:
    """Of four answers about a and b, two are for a, one is a tie, one says nothing about order."""
    data = index_judgments(
        ["a", "b", "c"],
        ["q", "q", "q"],
        [
            ("a", "b", ItemOutcome.FIRST, "ann"),
            ("b", "a", ItemOutcome.SECOND, "ben"),  # said the other way round: for a as well
            ("a", "b", ItemOutcome.TIE, "ann"),
            ("a", "b", ItemOutcome.BOTH_BAD, "ben"),
            ("c", "b", ItemOutcome.FIRST, "ben"),
        ],
    )
    assert len(data) == 4
    counts = data.counts()
    np.testing.assert_array_equal(counts.first, [0, 1])
    np.testing.assert_array_equal(counts.second, [1, 2])
    np.testing.assert_array_equal(counts.first_better, [2, 0])
    np.testing.assert_array_equal(counts.tied, [1, 0])
    np.testing.assert_array_equal(counts.second_better, [0, 1])
    np.testing.assert_array_equal(counts.total, [3, 1])
    np.testing.assert_array_equal(data.annotator, [0, 1, 0, 1])


def test_no_judgments_are_no_comparisons() -> None:
    data = index_judgments(["a", "b"], ["q", "q"], [])
    assert len(data) == 0
    assert len(data.counts().first) == 0
