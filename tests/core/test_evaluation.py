from itertools import combinations

import numpy as np
import pytest
from hypothesis import given

from core.errors import NoComparisonsError
from core.estimates import NotDeterminedError
from core.evaluation import (
    HeldOut,
    accuracy,
    cyclic_triads,
    decisive_log_loss,
    evaluate,
    held_out,
    log_loss,
    split_gain,
)
from core.fitting import fit_bradley_terry
from core.fitting.folds import assign_folds
from core.judgment import Comparisons
from core.simulation import simulate
from tests.strategies import comparisons, comparisons_of, rock_paper_scissors


def judged(n_items: int, **settings: object) -> Comparisons:
    rng = np.random.default_rng(1)
    return simulate(np.linspace(-2, 2, n_items), rng=rng, **settings)  # type: ignore[arg-type]


def test_no_pair_is_in_two_folds() -> None:
    data = judged(10, judgments_per_pair=6)
    folds = assign_folds(data, n_folds=5, seed=0)
    assert folds.by_pair
    pair = data.first * 10 + data.second
    for number in range(5):
        inside = folds.fold == number
        assert not np.intersect1d(pair[inside], pair[~inside]).size
        assert 0.1 < inside.mean() < 0.3


def test_with_few_pairs_folds_are_by_judgment_and_the_result_says_so() -> None:
    result = held_out(rock_paper_scissors(), penalty_shares=(0.2,))
    assert not result.by_pair
    assert not evaluate(result).by_pair
    assert sorted(set(result.fold.tolist())) == [0, 1, 2, 3, 4]


def test_what_is_predicted_was_not_seen() -> None:
    """Turning the answers of one fold round does not change what is predicted for it."""
    data = judged(9, judgments_per_pair=3)
    before = held_out(data, penalty_shares=(0.2,))
    turned = np.where(before.fold == 2, -data.outcome, data.outcome)
    after = held_out(
        Comparisons(data.items, data.prompts, data.first, data.second, turned, data.annotator),
        penalty_shares=(0.2,),
    )
    inside = before.fold == 2
    assert (before.bradley_terry[inside] == after.bradley_terry[inside]).all()
    assert (before.general_preference[inside] == after.general_preference[inside]).all()
    assert (before.bradley_terry[~inside] != after.bradley_terry[~inside]).any()


def test_on_transitive_judgments_the_general_model_hardly_ever_leaves_bradley_terry() -> None:
    """Three simulated studies of five folds; one fold in five may be misled by chance."""
    chosen: list[float] = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        data = simulate(rng.normal(0, 1.5, 12), rng=rng, judgments_per_pair=5, tie_weight=0.4)
        scores = evaluate(held_out(data))
        chosen += scores.penalty_shares
        assert scores.difference.log_loss.value < 0.02
    assert chosen.count(1.0) >= 12


def test_where_bradley_terry_is_chosen_both_predict_exactly_the_same() -> None:
    rng = np.random.default_rng(0)
    held = held_out(simulate(rng.normal(0, 1.5, 12), rng=rng, judgments_per_pair=5), planes=())
    assert held.planes == (0,) * 5
    gain = split_gain(held)
    assert gain is not None
    for part in (gain.total, gain.transitive, gain.cyclic, gain.cyclic_at_least):
        assert (part.value, part.low, part.high) == (0, 0, 0)


def test_the_parts_of_the_gain_add_up() -> None:
    """Bradley-Terry 1/2, the reading 2/3, the general model 3/4 for what happened, every time."""
    certain = np.tile([1.0, 0.0, 0.0], (4, 1))
    held = HeldOut(
        first=np.arange(4), second=np.arange(4) + 1, outcome=np.ones(4, dtype=np.int64),
        annotator=np.zeros(4, dtype=np.int64), fold=np.zeros(4, dtype=np.int64),
        bradley_terry=certain / 2, general_preference=certain * 3 / 4, penalty_shares=(0.1,),
        by_pair=True, transitive=certain * 2 / 3, in_order=certain * 0.7,
    )  # fmt: skip
    gain = split_gain(held)
    assert gain is not None
    assert gain.total.value == pytest.approx(np.log(3 / 2))
    assert gain.transitive.value == pytest.approx(np.log(4 / 3))
    assert gain.cyclic.value == pytest.approx(np.log(9 / 8))
    assert gain.cyclic_at_least.value == pytest.approx(np.log(0.75 / 0.7))


def test_on_cyclic_judgments_the_general_model_wins_with_certainty() -> None:
    angle = 2 * np.pi * np.arange(16) / 16
    skew = 4 * np.sin(angle[:, None] - angle[None, :])
    rng = np.random.default_rng(2)
    scores = evaluate(held_out(simulate(np.zeros(16), skew=skew, rng=rng, judgments_per_pair=8)))
    assert scores.difference.log_loss.high < -0.2
    assert scores.general_preference.accuracy is not None
    assert scores.bradley_terry.accuracy is not None
    assert scores.general_preference.accuracy.low > 0.75
    assert scores.bradley_terry.accuracy.high < 0.6
    assert max(scores.penalty_shares) < 1


def test_progress_is_reported() -> None:
    steps: list[tuple[str, int, int]] = []
    held_out(rock_paper_scissors(5), report=lambda *step: steps.append(step))
    assert steps[0] == ("held-out", 0, 5)
    assert steps[-1] == ("held-out", 5, 5)


def test_too_little_to_hold_out_is_refused() -> None:
    with pytest.raises(NoComparisonsError):
        held_out(comparisons_of(2, []))
    with pytest.raises(NotDeterminedError, match="two judgments"):
        held_out(comparisons_of(2, [(0, 1, 1)]))
    assert len(held_out(comparisons_of(2, [(0, 1, 1), (0, 1, 0)])).outcome) == 2


def test_scores_by_hand() -> None:
    """P = (.5, .25, .25); a win, a tie and a loss of the first, each of a pair of its own."""
    probabilities = np.tile([0.5, 0.25, 0.25], (3, 1))
    outcome, pair = np.array([1, 0, -1]), np.arange(3)
    overall = log_loss(probabilities, outcome, pair)
    assert overall.value == pytest.approx((np.log(2) + 2 * np.log(4)) / 3)
    decisive = decisive_log_loss(probabilities, outcome, pair)
    right = accuracy(probabilities, outcome, pair)
    assert decisive is not None
    assert right is not None
    assert decisive.value == pytest.approx((np.log(3 / 2) + np.log(3)) / 2)
    assert (right.value, right.n, overall.n) == (0.5, 2, 3)


def test_where_all_were_ties_accuracy_is_not_shown() -> None:
    scores = evaluate(held_out(comparisons_of(3, [(0, 1, 0), (1, 2, 0)] * 6)))
    assert scores.bradley_terry.accuracy is None
    assert scores.difference.decisive_log_loss is None
    assert (scores.n_judgments, scores.n_decisive, scores.n_pairs) == (12, 0, 2)


def test_the_difference_is_taken_judgment_by_judgment() -> None:
    """Models that differ by the same everywhere: the difference is certain, the scores are not."""
    rng = np.random.default_rng(3)
    n = 50
    one = rng.dirichlet([5, 5, 5], size=n)
    held = HeldOut(
        first=np.arange(n), second=np.arange(n) + 1, outcome=rng.integers(-1, 2, size=n),
        annotator=np.zeros(n, dtype=np.int64), fold=np.zeros(n, dtype=np.int64),
        bradley_terry=one / 2, general_preference=one, penalty_shares=(1.0,), by_pair=True,
    )  # fmt: skip
    scores = evaluate(held)
    difference = scores.difference.log_loss
    assert (difference.low, difference.high) == pytest.approx((-np.log(2), -np.log(2)))
    assert scores.bradley_terry.log_loss.high - scores.bradley_terry.log_loss.low > 0.1


@given(comparisons())
def test_triads_are_those_counted_one_by_one(data: Comparisons) -> None:
    sums: dict[tuple[int, int], int] = {}
    for first, second, outcome in zip(
        data.first.tolist(), data.second.tolist(), data.outcome.tolist(), strict=True
    ):
        sums[first, second] = sums.get((first, second), 0) + outcome
    decided = cyclic = 0
    for i, j, k in combinations(range(len(data.items)), 3):
        majorities = [sums.get((i, j), 0), sums.get((j, k), 0), sums.get((i, k), 0)]
        if all(majorities):
            decided += 1
            signs = np.sign(majorities)
            cyclic += bool(signs[0] == signs[1] != signs[2])
    triads = cyclic_triads(data, n_rounds=5)
    assert (triads.n_decided, triads.n_cyclic) == (decided, cyclic)


def test_a_circle_of_three_is_a_cyclic_triad_that_a_transitive_model_does_not_expect() -> None:
    triads = cyclic_triads(rock_paper_scissors(21))
    assert (triads.n_decided, triads.n_cyclic, triads.share) == (1, 1, 1.0)
    assert triads.expected_cyclic is not None
    assert triads.expected_cyclic.value == pytest.approx(0.25, abs=0.15)  # coin flips: 2 of 8


def test_the_expected_number_of_cyclic_triads_covers_what_transitive_people_give() -> None:
    """40 simulated studies: the observed number is hardly ever outside the 95 % range."""
    outside = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        data = simulate(rng.normal(0, 1, 15), rng=rng, judgments_per_pair=3, tie_weight=0.4)
        triads = cyclic_triads(data, n_rounds=100)
        assert triads.expected_cyclic is not None
        outside += not triads.expected_cyclic.low <= triads.n_cyclic <= triads.expected_cyclic.high
    assert outside <= 5


def test_people_who_run_in_circles_are_told_from_chance() -> None:
    angle = 2 * np.pi * np.arange(15) / 15
    skew = 2 * np.sin(angle[:, None] - angle[None, :])
    data = simulate(np.zeros(15), skew=skew, rng=np.random.default_rng(4), judgments_per_pair=5)
    triads = cyclic_triads(data)
    assert triads.expected_share is not None
    assert triads.share is not None
    assert triads.expected_share.high < triads.share


def test_without_decisions_there_are_no_triads() -> None:
    triads = cyclic_triads(comparisons_of(3, [(0, 1, 0), (1, 2, 0), (0, 2, 0)]))
    assert (triads.n_decided, triads.share, triads.expected_share) == (0, None, None)


def test_a_fit_used_for_held_out_judgments_is_a_fit_of_the_rest() -> None:
    data = judged(8, judgments_per_pair=4)
    result = held_out(data, penalty_shares=(1.0,))
    rest = data.where(result.fold != 0)
    model = fit_bradley_terry(rest)
    inside = result.fold == 0
    expected = model.outcome_probabilities(data.first[inside], data.second[inside])
    assert result.bradley_terry[inside] == pytest.approx(expected)
