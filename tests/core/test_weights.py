import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.coverage import people_coverage
from core.coverage.people import hidden_groups
from core.estimates import NotDeterminedError
from core.weights import (
    Margin,
    RakingError,
    TargetError,
    rake,
)

#: People by two margins, and what iterative proportional fitting gives each cell of them: ipfn
#: 1.4.4, convergence_rate 1e-12, targets .5, .3, .2 and .45, .55.
TABLE = np.array([[9, 10], [11, 10], [8, 12]])
FROM_IPFN = np.array([[1.49841643, 1.65142522], [0.8173965, 0.90086385], [0.56536133, 0.62309245]])


def margins_of(table: np.ndarray[tuple[int, int], np.dtype[np.int64]]) -> tuple[Margin, Margin]:
    cells = np.repeat(np.argwhere(table >= 0), table.ravel(), axis=0)
    return (
        Margin("age", cells[:, 0], np.array([0.5, 0.3, 0.2])),
        Margin("region", cells[:, 1], np.array([0.45, 0.55])),
    )


def test_post_stratification_and_kish_by_hand() -> None:
    """Three of group 0 and one of group 1 for halves: weights 2/3 and 2; 16 / (4/3 + 4) = 3."""
    weights = rake([Margin("age", np.array([0, 0, 0, 1]), np.array([0.5, 0.5]))])
    assert weights.values == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2])
    assert weights.n_effective == pytest.approx(3)
    assert weights.design_effect == pytest.approx(4 / 3)


def test_raking_is_that_of_ipfn() -> None:
    age, region = margins_of(TABLE)
    weights = rake([age, region])
    assert weights.values == pytest.approx(FROM_IPFN[age.group, region.group], abs=1e-6)


@given(st.lists(st.integers(1, 20), min_size=6, max_size=6), st.integers(1, 8), st.integers(1, 8))
def test_raked_weights_meet_every_target_and_count_as_no_more_people(
    counts: list[int], a: int, b: int
) -> None:
    cells = np.repeat(np.argwhere(np.ones((3, 2))), counts, axis=0)
    margins = (
        Margin("age", cells[:, 0], np.array([a, b, 3]) / (a + b + 3)),
        Margin("region", cells[:, 1], np.array([b, a]) / (a + b)),
    )
    weights = rake(margins)
    for margin in margins:
        share = np.bincount(margin.group, weights.values) / weights.values.sum()
        assert share == pytest.approx(margin.target, abs=1e-8)
    assert weights.values.mean() == pytest.approx(1)
    assert weights.n_effective <= len(cells) + 1e-9


def test_nobody_can_be_weighted_for_who_is_not_there() -> None:
    with pytest.raises(NotDeterminedError, match="invite"):
        rake([Margin("age", np.array([0, 0]), np.array([0.5, 0.5]))])
    # Group 1 of both margins is one person: it cannot weigh 10 % and 30 % at once.
    age = Margin("age", np.array([0, 0, 1]), np.array([0.9, 0.1]))
    region = Margin("region", np.array([0, 0, 1]), np.array([0.7, 0.3]))
    with pytest.raises(RakingError, match="age, region"):
        rake([age, region])
    with pytest.raises(TargetError, match="sum to 1"):
        Margin("age", np.array([0]), np.array([0.5, 0.6]))


def test_small_groups_are_hidden_and_not_to_be_found_out() -> None:
    """Group 2 has two people; group 0, the next smallest, hides it in the total."""
    assert hidden_groups(np.array([6, 30, 2]), 5).tolist() == [0, 2]
    assert hidden_groups(np.array([6, 30, 9]), 5).tolist() == []
    age = Margin("age", np.repeat([0, 1, 2], [6, 30, 2]), np.array([0.2, 0.2, 0.6]))
    coverage = people_coverage([age], smallest=5, wanted=100)
    [groups] = coverage.margins
    assert [group.share is None for group in groups.groups] == [True, False, True]
    assert groups.groups[1].missing == 0
    assert groups.groups[2].missing is None
    assert coverage.weights is not None
    assert coverage.weights.n_effective < 38
    absent = people_coverage(
        [Margin("age", np.zeros(40, dtype=int), np.array([0.5, 0.3, 0.2]))], smallest=5, wanted=100
    )
    assert absent.weights is None
    assert "invite" in (absent.why_no_weights or "")


def test_who_is_missing_is_said() -> None:
    region = Margin("region", np.repeat([0, 1], [80, 20]), np.array([0.5, 0.5]))
    one, other = people_coverage([region], smallest=5, wanted=200).margins[0].groups
    assert (one.is_missing, other.is_missing) == (False, True)
    assert (one.missing, other.missing) == (20, 80)
