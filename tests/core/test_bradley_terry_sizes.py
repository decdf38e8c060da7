"""Fits and intervals beyond the size for which there is a full covariance."""

from io import BytesIO

import numpy as np
import pytest

from core.blocks import TooLargeError
from core.fitting import fit_bradley_terry
from core.fitting.bradley_terry import fit_pair_counts
from core.fitting.kernels import sort_by_block
from core.fitting.rows import BLOCK, MANY
from core.fitting.sandwich import clustered_covariance
from core.judgment import Comparisons, Floats, Indices
from core.models import BradleyTerry, from_arrays, logistic, to_arrays
from tests.strategies import comparisons_of

N_ITEMS, N_JUDGMENTS = 6_000, 120_000


def many(seed: int, tie_share: float = 0.0, n_items: int = N_ITEMS) -> tuple[Comparisons, Floats]:
    """6,000 items of one component, 40 judgments each, and one more component of three items."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=n_items)
    one = rng.integers(n_items, size=N_JUDGMENTS)
    other = (one + rng.integers(1, n_items, size=N_JUDGMENTS)) % n_items
    first, second = np.minimum(one, other), np.maximum(one, other)
    outcome = np.where(rng.random(N_JUDGMENTS) < logistic(truth[first] - truth[second]), 1, -1)
    outcome = np.where(rng.random(N_JUDGMENTS) < tie_share, 0, outcome)
    apart = np.array([[0, 1, 1], [1, 2, -1], [0, 2, 0 if tie_share else 1]] * 20)
    data = Comparisons(
        tuple(map(str, range(n_items + 3))),
        np.zeros(n_items + 3, np.int64),
        np.hstack([first, apart[:, 0] + n_items]),
        np.hstack([second, apart[:, 1] + n_items]),
        np.hstack([outcome, apart[:, 2]]),
        np.zeros(N_JUDGMENTS + 60, np.int64),
    )
    return data, np.hstack([truth - truth.mean(), np.zeros(3)])


@pytest.fixture(scope="module")
def large() -> tuple[BradleyTerry, Floats]:
    """A model with ties beyond the size of a full covariance, and the truth."""
    data, truth = many(0, tie_share=0.1)
    return fit_bradley_terry(data), truth


def exact_variances(model: BradleyTerry, items: Indices) -> Floats:
    """Each from a linear system of its own."""
    return model.covariance.between(items, items)[:, 0, 0]


def test_estimated_variances_are_near_the_exact_ones_and_know_their_error(
    large: tuple[BradleyTerry, Floats],
) -> None:
    model, _ = large
    items = np.arange(0, N_ITEMS, 60)
    variances, errors = (part[items] for part in model.covariance.variances())
    exact = exact_variances(model, items)
    assert variances == pytest.approx(exact, rel=0.05)
    assert np.median(np.abs(variances / exact - 1)) < 0.01
    assert 0.6 < np.sqrt(np.mean(((variances - exact) / errors) ** 2)) < 1.5


def test_variances_of_hundreds_of_items_are_estimated_to_half_a_percent() -> None:
    """Without the full matrix, which would take longer; with it they are exact."""
    data, _ = many(5, n_items=700)
    model = fit_bradley_terry(data, prior_scale=1.0)
    low, high = model.strengths_interval()
    exact = 2 * 1.959964 * np.sqrt(np.diagonal(model.covariance.values[9:].reshape(700, 700)))
    assert (high - low)[:700] == pytest.approx(exact, rel=0.01)
    low, high = model.strengths_interval()
    assert (high - low)[:700] == pytest.approx(exact, rel=1e-6)


def test_a_small_component_beside_a_large_one_gets_exact_variances(
    large: tuple[BradleyTerry, Floats],
) -> None:
    model, _ = large
    items = np.arange(N_ITEMS, N_ITEMS + 3)
    variances, errors = (part[items] for part in model.covariance.variances())
    assert variances == pytest.approx(exact_variances(model, items), rel=1e-3)
    assert (errors == 0).all()


def test_intervals_hold_the_truth_about_as_often_as_they_say(
    large: tuple[BradleyTerry, Floats],
) -> None:
    model, truth = large
    low, high = model.strengths_interval()
    # Ties given at random to any pair are not Davidson's, and pull strengths together a little.
    held = (low <= truth) & (truth <= high)
    assert 0.91 < held[:N_ITEMS].mean() < 0.98


def test_differences_and_draws_agree_with_the_variances(
    large: tuple[BradleyTerry, Floats],
) -> None:
    """With 40 judgments each among 6,000 items, strengths of two are next to independent."""
    model, _ = large
    one, other = np.arange(0, 20), np.arange(100, 120)
    seen = model.log_odds_variance(one, other)
    apart = exact_variances(model, one) + exact_variances(model, other)
    assert seen == pytest.approx(apart, rel=0.03)
    draws = model.covariance.draws(np.random.default_rng(1), 400)
    ratio = draws.var(axis=0) / model.covariance.variances()[0]
    assert np.mean(ratio[:N_ITEMS]) == pytest.approx(1, abs=0.01)
    entries = model.covariance.between(np.array([3, 3, 3]), np.array([3, 4, N_ITEMS]))[:, 0, 0]
    assert abs(entries[1]) < 0.05 * entries[0]
    assert entries[2] == 0


def test_a_large_model_is_saved_without_pickle_and_says_the_same_when_loaded(
    large: tuple[BradleyTerry, Floats],
) -> None:
    model, _ = large
    file = BytesIO()
    np.savez(file, **to_arrays(model))  # type: ignore[arg-type]
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        loaded = from_arrays(arrays)
    assert np.array_equal(loaded.strengths_interval(), model.strengths_interval())
    pair = np.array([0]), np.array([1])
    assert loaded.log_odds_variance(*pair) == pytest.approx(model.log_odds_variance(*pair))


def test_a_fit_from_rows_and_one_from_pairs_added_up_agree() -> None:
    """Below 0.6 judgments for each possible pair rows are read one by one, above not."""
    rng = np.random.default_rng(2)
    pairs = rng.integers(0, 40, (600, 2))
    rows = [(int(i), int(j), 1 if i < j else -1) for i, j in pairs if i != j]
    apart = comparisons_of(80, [*rows, *((i + 40, j + 40, -k) for i, j, k in rows)])
    alone = comparisons_of(40, rows)
    one = fit_bradley_terry(apart, prior_scale=1.0).strengths
    other = fit_bradley_terry(alone, prior_scale=1.0).strengths
    assert one[:40] == pytest.approx(other, abs=1e-7)
    assert one[40:] == pytest.approx(-other, abs=1e-7)


def test_evidence_of_many_items_is_as_high_as_at_neighbouring_scales() -> None:
    """Traces are estimated from random signs here; the scale must be right all the same."""
    rng = np.random.default_rng(3)
    truth = rng.normal(0, 0.8, 400)
    one = rng.integers(400, size=8000)
    other = (one + rng.integers(1, 400, size=8000)) % 400
    first, second = np.minimum(one, other), np.maximum(one, other)
    outcome = np.where(rng.random(8000) < logistic(truth[first] - truth[second]), 1, -1)
    rows = list(zip(first.tolist(), second.tolist(), outcome.tolist(), strict=True))
    data = comparisons_of(400, rows)
    counts = data.counts()

    def log_evidence(log_scale: float) -> float:
        model = fit_bradley_terry(data, prior_scale=float(np.exp(log_scale)))
        odds = model.log_odds(counts.first, counts.second)
        fit = counts.first_better @ np.log(logistic(odds))
        fit += counts.second_better @ np.log(logistic(-odds))
        information = counts.total * logistic(odds) * logistic(-odds)
        hessian = np.zeros((400, 400))
        hessian[counts.first, counts.second] = -information
        hessian += hessian.T
        hessian -= np.diag(hessian.sum(axis=1)) - np.eye(400) * model.prior_scale**-2
        prior = (model.strengths**2).sum() / (2 * model.prior_scale**2) + 400 * log_scale
        determinant = np.linalg.slogdet(hessian)[1]
        return float(fit - prior - determinant / 2 - (log_scale - np.log(1.5)) ** 2 / 2)

    grid = np.linspace(-0.6, 0.2, 17)
    values = np.array([log_evidence(point) for point in grid])
    smooth = np.polynomial.Polynomial.fit(grid, values, 5)
    finer = np.linspace(-0.6, 0.2, 1601)
    best = finer[np.argmax(smooth(finer))]
    assert np.log(fit_bradley_terry(data).prior_scale) == pytest.approx(best, abs=0.01)


def test_clustered_intervals_of_too_many_items_are_refused() -> None:
    data, _ = many(4)
    annotator = np.arange(len(data)) % 3
    data = Comparisons(data.items, data.prompts, data.first, data.second, data.outcome, annotator)
    model = fit_bradley_terry(data, prior_scale=1.0)
    with pytest.raises(TooLargeError, match="6,000 items"):
        clustered_covariance(model, data)


def test_pairs_are_sorted_by_blocks_of_items_and_none_is_lost() -> None:
    """Items 0-3 are block 0, 4-7 block 1, 8 block 2; within blocks the order stays."""
    first, second = np.array([5, 0, 8, 1, 0, 3, 4]), np.array([1, 8, 2, 3, 7, 0, 6])
    one, other = np.empty(7, np.int32), np.empty(7, np.int32)
    sort_by_block(first, second, 2, np.zeros(10, np.int64), one, other)
    assert list(zip(one.tolist(), other.tolist(), strict=True)) == [
        (1, 3), (3, 0), (0, 7), (0, 8), (5, 1), (4, 6), (8, 2)
    ]  # fmt: skip


def test_more_judgments_than_are_kept_in_their_order_say_what_their_pair_counts_say() -> None:
    n_items, n_rows = 2**BLOCK + 5, MANY + 1
    rng = np.random.default_rng(8)
    truth = rng.normal(size=n_items)
    first = rng.integers(n_items, size=n_rows)
    second = (first + rng.integers(1, n_items, size=n_rows)) % n_items
    outcome = np.where(rng.random(n_rows) < logistic(truth[first] - truth[second]), 1, -1)
    items, one_prompt = tuple(map(str, range(n_items))), np.zeros(n_items, np.int64)
    data = Comparisons(items, one_prompt, first, second, outcome, np.zeros_like(first))
    sorted_ = fit_bradley_terry(data, prior_scale=1.0)
    added_up = fit_pair_counts(data.counts(), items, one_prompt, prior_scale=1.0)
    assert sorted_.strengths == pytest.approx(added_up.strengths, abs=1e-5)
    assert np.corrcoef(sorted_.strengths, truth)[0, 1] > 0.98
