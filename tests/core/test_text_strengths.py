"""Strengths with a prior mean linear in covariates: exact, calibrated, useful at the start."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from core.errors import NoComparisonsError
from core.fitting import fit_bradley_terry
from core.fitting.text.cold_start import (
    CovariatesError,
    Scales,
    describe_problem,
    fit_bradley_terry_with_covariates,
)
from core.fitting.text.posterior import Effects, find_optimum, with_priors
from core.judgment import Comparisons, Floats, ItemOutcome
from core.scores import log_losses
from core.text.model import from_arrays, to_arrays
from tests.core.judged_texts import judge
from tests.strategies import index_judgments

CONVINCING = Path(__file__).resolve().parents[3] / "shared" / "data" / "convincing-arguments"


def sparse(seed: int = 0, n_items: int = 40, n_judgments: int = 200) -> tuple[Comparisons, Floats]:
    rng = np.random.default_rng(seed)
    covariates = rng.normal(size=(n_items, 2))
    strengths = covariates @ [1.0, -0.5] + rng.normal(0, 0.5, n_items)
    prompts = np.arange(n_items) % 4
    return judge(strengths, prompts, n_judgments, rng), covariates


def test_with_no_item_effects_it_is_logistic_regression_on_differences() -> None:
    """scikit-learn finds the same slopes, with the prior variance as its C."""
    comparisons, covariates = sparse()
    decided = comparisons.where(comparisons.outcome != 0)
    model = fit_bradley_terry_with_covariates(decided, covariates, scales=Scales(1e-4, (2.0,)))
    differences = covariates[decided.first] - covariates[decided.second]
    theirs = LogisticRegression(C=4.0, fit_intercept=False, tol=1e-10, max_iter=1000)
    theirs.fit(differences, decided.outcome > 0)
    np.testing.assert_allclose(model.slopes, theirs.coef_[0], atol=1e-5)


def test_without_covariates_it_is_bradley_terry_with_a_prior() -> None:
    comparisons, _ = sparse()
    empty = np.zeros((len(comparisons.items), 0))
    ours = fit_bradley_terry_with_covariates(comparisons, empty, scales=Scales(1.3, ()))
    theirs = fit_bradley_terry(comparisons, prior_scale=1.3, approximation="laplace")
    first, second = comparisons.first, comparisons.second
    np.testing.assert_allclose(
        ours.log_odds(first, second), theirs.log_odds(first, second), atol=1e-6
    )
    np.testing.assert_allclose(
        ours.log_odds_variance(first, second), theirs.log_odds_variance(first, second), atol=1e-6
    )


def test_optimum_and_covariance_are_those_of_the_stated_loss() -> None:
    """A general optimiser finds no lower loss, and its numeric curvature has the same inverse."""
    comparisons, covariates = sparse(n_items=8, n_judgments=60)
    problem, group = describe_problem(comparisons, covariates)
    scales = Scales(0.7, (1.1,))
    problem = with_priors(problem, scales.priors(group))

    def loss(vector: Floats) -> float:
        return problem.loss(Effects(vector[:8], vector[8:10], float(vector[10])))

    point = find_optimum(problem)
    ours = np.concatenate([point.at.items, point.at.coefficients, [point.at.tie]])
    theirs = minimize(loss, np.zeros(11), method="BFGS", options={"gtol": 1e-4})
    assert loss(ours) <= theirs.fun + 1e-9
    np.testing.assert_allclose(ours, theirs.x, atol=1e-3)
    step = 1e-3
    curvature = np.empty((11, 11))
    for i, one in enumerate(np.eye(11) * step):
        for j, other in enumerate(np.eye(11) * step):
            around = loss(ours + one + other) - loss(ours + one - other)
            around += loss(ours - one - other) - loss(ours - one + other)
            curvature[i, j] = around / (4 * step**2)
    to_strengths = np.eye(11)
    to_strengths[:8, 8:10] = covariates
    whole = to_strengths @ np.linalg.inv(curvature) @ to_strengths.T
    model = fit_bradley_terry_with_covariates(comparisons, covariates, scales=scales)
    np.testing.assert_allclose(model.coefficient_covariance, whole[8:10, 8:10], rtol=1e-3)
    np.testing.assert_allclose(model.cross, whole[:8, 8:10], rtol=1e-3, atol=1e-5)
    items = np.arange(8)
    blocks = model.covariance.between(items, (items + 4) % 8)[:, 0, 0]  # both of one prompt
    np.testing.assert_allclose(blocks, whole[items, (items + 4) % 8], rtol=1e-3, atol=1e-5)


def test_pairs_across_components_vary_as_the_whole_covariance_says() -> None:
    """Two items that nobody compared have the slopes in common, and nothing else."""
    comparisons, covariates = sparse(n_items=12, n_judgments=100)
    untouched = comparisons.where((comparisons.first > 1) & (comparisons.second > 1))
    model = fit_bradley_terry_with_covariates(untouched, covariates, scales=Scales(0.5, (1.0,)))
    [variance] = model.log_odds_variance(np.array([0]), np.array([4]))
    joint = fit_bradley_terry_with_covariates(untouched, covariates, scales=Scales(0.5, (1.0,)))
    new = joint.of_new_against(covariates[[0]], np.array([4]))
    np.testing.assert_allclose(variance, new.variance[0], rtol=1e-9)


@pytest.mark.parametrize("covariate", ["informative", "noise"])
def test_intervals_of_unseen_items_cover(covariate: str) -> None:
    """95 % intervals of new items' strengths and differences, 60 studies of 20 new items each."""
    hits, differences = [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(80, 2))
        slopes = np.array([1.0, -0.5]) if covariate == "informative" else np.zeros(2)
        strengths = x @ slopes + rng.normal(0, 0.6, 80)
        seen = np.arange(60)
        comparisons = judge(strengths[seen], seen % 6, 500, rng)
        model = fit_bradley_terry_with_covariates(comparisons, x[seen])
        truth = strengths[60:] - strengths[:60].mean()
        low, high = model.strength_of_new(x[60:]).interval()
        hits.append(((low < truth) & (truth < high)).mean())
        against = model.of_new_against(x[60:], np.arange(20)).interval()
        gap = strengths[60:] - strengths[:20]
        differences.append(((against[0] < gap) & (gap < against[1])).mean())
    assert 0.92 < np.mean(hits) < 0.98
    assert 0.92 < np.mean(differences) < 0.98


def test_swapping_two_items_mirrors_everything() -> None:
    comparisons, covariates = sparse()
    model = fit_bradley_terry_with_covariates(comparisons, covariates)
    first, second = comparisons.first, comparisons.second
    there, back = model.probability(first, second), model.probability(second, first)
    assert np.abs(there + back - 1).max() < 1e-12
    low, high = model.probability_interval(first, second)
    other_low, other_high = model.probability_interval(second, first)
    assert np.abs(low + other_high - 1).max() < 1e-12
    assert np.abs(high + other_low - 1).max() < 1e-12


def test_a_model_comes_back_from_its_arrays(tmp_path: Path) -> None:
    comparisons, covariates = sparse()
    model = fit_bradley_terry_with_covariates(comparisons, covariates)
    path = tmp_path / "model.npz"
    arrays_of: dict[str, Any] = to_arrays(model)
    np.savez(path, **arrays_of)
    with np.load(path, allow_pickle=False) as arrays:
        back = from_arrays(arrays)
    ours, theirs = (m.strength_of_new(covariates, prompt=1) for m in (model, back))
    np.testing.assert_array_equal(ours.mean, theirs.mean)
    np.testing.assert_array_equal(ours.variance, theirs.variance)


def test_a_missing_covariate_is_refused_by_name() -> None:
    comparisons, covariates = sparse()
    covariates[3, 1] = np.nan
    with pytest.raises(CovariatesError, match="'i0003'"):
        fit_bradley_terry_with_covariates(comparisons, covariates)


def test_no_judgment_is_refused() -> None:
    comparisons, covariates = sparse()
    none = comparisons.where(np.zeros(len(comparisons), dtype=bool))
    with pytest.raises(NoComparisonsError):
        fit_bradley_terry_with_covariates(none, covariates)


@pytest.mark.skipif(not CONVINCING.exists(), reason="../shared/data is not here")
def test_length_is_worth_many_judgments_of_real_arguments() -> None:
    """At 0.64 judgments an item: at most .605 with length; at 45 it costs nothing."""
    import pyarrow.parquet as pq

    items = pq.read_table(CONVINCING / "items.parquet").to_pylist()
    columns = ["topic", "arg1", "arg2", "worker", "label"]
    rows = pq.read_table(CONVINCING / "judgments.parquet", columns=columns).to_pylist()
    names = [f"{item['topic']}/{item['arg_id']}" for item in items]
    whole = index_judgments(
        names,
        [item["topic"] for item in items],
        [
            (
                f"{row['topic']}/{row['arg1']}",
                f"{row['topic']}/{row['arg2']}",
                ItemOutcome(row["label"]),
                row["worker"],
            )
            for row in rows
            if row["label"] != "tie"
        ],
    )
    length = np.log([len(item["text"]) for item in items])
    covariates = ((length - length.mean()) / length.std())[:, None]
    pair = whole.first * len(names) + whole.second
    losses: dict[tuple[float, str], list[float]] = {}
    for seed in range(3):
        rng = np.random.default_rng(seed)
        held = np.isin(pair, rng.choice(np.unique(pair), len(np.unique(pair)) // 5, replace=False))
        training, rest = whole.where(~held), whole.where(held)
        for per_item in (0.64, 45.0):
            few = np.zeros(len(training), dtype=bool)
            few[rng.choice(len(training), int(per_item * len(names)), replace=False)] = True
            given = training.where(few)
            for name, model in (
                ("length", fit_bradley_terry_with_covariates(given, covariates)),
                ("plain", fit_bradley_terry(given)),
            ):
                said = model.outcome_probabilities(rest.first, rest.second)
                losses.setdefault((per_item, name), []).append(
                    float(log_losses(said, rest.outcome).mean())
                )
    mean = {case: np.mean(found) for case, found in losses.items()}
    assert mean[0.64, "length"] <= 0.605
    assert mean[0.64, "length"] < mean[0.64, "plain"] - 0.04
    assert mean[45.0, "length"] < mean[45.0, "plain"] + 0.0005
