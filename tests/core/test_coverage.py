import numpy as np
from hypothesis import given

from core.coverage import pair_coverage
from core.judgment import Comparisons
from tests.strategies import comparisons

NOTHING = np.empty(0, dtype=np.int64)


def test_asked_and_possible_pairs_by_hand() -> None:
    """Prompt 0 has 4 items and 6 pairs, of which 2 were asked; prompt 1 has 2 items and 1 pair."""
    prompts = np.array([0, 0, 0, 0, 1, 1])
    first, second = np.array([0, 1, 2, 0]), np.array([1, 0, 1, 1])
    coverage = pair_coverage(prompts, first, second, np.array([5, 5, 5, 9]))
    assert coverage.pairs_asked.tolist() == [2, 0]
    assert coverage.pairs_possible.tolist() == [6, 1]
    assert coverage.share == 2 / 7
    assert coverage.asked_per_pair.tolist() == [3, 1]
    assert coverage.median_per_pair == 2
    assert coverage.items_never_shown.tolist() == [3, 4, 5]
    assert coverage.annotators.tolist() == [5, 9]
    assert coverage.asked_per_annotator.tolist() == [3, 1]


@given(comparisons())
def test_sides_do_not_matter_and_nothing_is_lost(data: Comparisons) -> None:
    one = pair_coverage(data.prompts, data.first, data.second, data.annotator)
    other = pair_coverage(data.prompts, data.second, data.first, data.annotator)
    assert one.asked_per_pair.tolist() == other.asked_per_pair.tolist()
    assert one.asked_per_pair.sum() == one.asked_per_annotator.sum() == len(data)
    assert one.asked_per_item.sum() == 2 * len(data)
    assert (one.pairs_asked <= one.pairs_possible).all()


def test_a_study_in_which_nobody_was_asked_has_a_share_of_zero() -> None:
    coverage = pair_coverage(np.array([0, 0]), NOTHING, NOTHING, NOTHING)
    assert (coverage.share, coverage.median_per_pair) == (0, None)
    assert pair_coverage(NOTHING, NOTHING, NOTHING, NOTHING).share is None
