from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from core.estimates import NotDeterminedError
from core.fitting import fit_bradley_terry
from core.fitting.bradley_terry import fit_pair_counts
from core.fitting.options import UnusableOptionError
from core.judgment import Comparisons, Floats, Indices
from core.models import BradleyTerry, logistic
from core.simulation import simulate
from tests.strategies import comparisons, comparisons_of


def graded_data(seed: int, n_judgments: int = 400) -> tuple[Comparisons, Indices]:
    """Five items, log-odds cut at 0.4 (tie), 1.2 and 2.5: grades 1 to 3."""
    rng = np.random.default_rng(seed)
    truth, cuts = np.linspace(-1, 1, 5), np.array([-2.5, -1.2, -0.4, 0.4, 1.2, 2.5])
    one = rng.integers(5, size=n_judgments)
    other = (one + rng.integers(1, 5, size=n_judgments)) % 5
    first, second = np.minimum(one, other), np.maximum(one, other)
    felt = truth[first] - truth[second] + rng.logistic(size=n_judgments)
    grade = np.searchsorted(cuts, felt) - 3
    rows = list(zip(first.tolist(), second.tolist(), np.sign(grade).tolist(), strict=True))
    return comparisons_of(5, rows), np.abs(grade)


def graded_loss(data: Comparisons, grade: Indices, side: Floats, at: Floats) -> float:
    """Agresti (1992) written out: differences of logistic curves between cutpoints."""
    strengths, effect, gaps = at[:5], at[5], np.exp(at[6:])
    cuts = np.cumsum(gaps)
    edges = np.hstack([-np.inf, -cuts[::-1], cuts, np.inf])
    odds = strengths[data.first] - strengths[data.second] + effect * side
    place = data.outcome * grade + len(cuts)
    upper, lower = edges[place + 1] - odds, edges[place] - odds
    chance = np.where(np.isinf(upper), 1.0, logistic(upper)) - np.where(
        np.isinf(lower), 0.0, logistic(lower)
    )
    # Priors: strengths N(0, 1), effect N(0, 3²) for a side of ±1, distances gamma(2, rate 1).
    prior = (strengths**2).sum() / 2 + effect**2 / 18 + (gaps - np.log(gaps)).sum()
    return float(prior - np.log(chance).sum())


@pytest.mark.parametrize("with_grades", [True, False])
def test_a_general_optimiser_finds_the_same_grades_ties_and_side_effect(
    with_grades: bool,  # noqa: FBT001
) -> None:
    data, grade = graded_data(1)
    if not with_grades:
        grade = np.minimum(grade, 1)
    side = np.random.default_rng(2).choice([-1.0, 1.0], len(data))
    found = minimize(
        lambda at: graded_loss(data, grade, side, at),
        np.zeros(6 + grade.max()),
        method="BFGS",
        options={"gtol": 1e-6, "maxiter": 2000},
    )
    model = fit_bradley_terry(
        data,
        prior_scale=1.0,
        tie_model="rao_kupper",
        margins=grade if with_grades else None,
        covariates={"left": side},
    )
    assert model.strengths == pytest.approx(found.x[:5], abs=1e-4)
    assert model.effects.values == pytest.approx(found.x[5], abs=1e-4)
    assert model.thresholds.values == pytest.approx(np.cumsum(np.exp(found.x[6:])), abs=1e-4)


def test_standard_errors_are_those_of_the_curvature_of_the_written_out_loss() -> None:
    data, grade = graded_data(3)
    side = np.random.default_rng(4).choice([-1.0, 1.0], len(data))
    model = fit_bradley_terry(data, prior_scale=1.0, margins=grade, covariates={"left": side})
    gaps = np.diff(model.thresholds.values, prepend=0.0)
    optimum = np.hstack([model.strengths, model.effects.values, np.log(gaps)])
    jacobian = np.diag(np.hstack([np.ones(6), gaps]))

    def curvature(i: int, j: int, step: float = 1e-3) -> float:
        def at(a: float, b: float) -> float:
            moved = optimum.copy()
            moved[i] += a * step
            moved[j] += b * step
            return graded_loss(data, grade, side, moved)

        return (at(1, 1) - at(1, -1) - at(-1, 1) + at(-1, -1)) / (4 * step**2)

    hessian = np.array([[curvature(i, j) for j in range(9)] for i in range(9)])
    # The slope of the loss is zero in the gaps themselves, and so in their logarithms.
    covariance = jacobian @ np.linalg.inv(hessian) @ jacobian
    assert model.effects.standard_errors == pytest.approx(np.sqrt(covariance[5, 5]), rel=1e-3)
    cuts = np.tril(np.ones((3, 3)))
    expected = cuts @ covariance[6:, 6:] @ cuts.T
    assert model.thresholds.covariance == pytest.approx(expected, rel=2e-3)
    first, second = np.triu_indices(5, 1)
    own = np.diagonal(covariance)
    difference = own[first] + own[second] - 2 * covariance[first, second]
    seen = model.covariance.of_differences(first, second)
    assert seen == pytest.approx(difference, rel=1e-3)

    def decided(at: Floats) -> Floats:
        """log σ(s - c) - log σ(-s - c), of the pairs."""
        s, c = at[first] - at[second], np.exp(at[6])
        odds: Floats = np.log(logistic(s - c)) - np.log(logistic(-s - c))
        return odds

    steps = 1e-5 * np.eye(9)
    slopes = np.array([(decided(optimum + h) - decided(optimum - h)) / 2e-5 for h in steps])
    spread = np.einsum("kn,kl,ln->n", slopes, np.linalg.inv(hessian), slopes)
    assert model.log_odds_variance(first, second) == pytest.approx(spread, rel=1e-3)
    assert model.log_odds(first, second) == pytest.approx(decided(optimum))


@pytest.mark.parametrize("options", [{"tie_model": "rao_kupper"}, {"margins": True}])
@given(data=comparisons())
def test_swapping_the_items_mirrors_every_answer_with_thresholds(
    options: dict[str, Any], data: Comparisons
) -> None:
    if "margins" in options:
        options = {"margins": 1 + np.arange(len(data)) % 3}
    model = fit_bradley_terry(data, **options)
    one, other = np.triu_indices(len(data.items), 1)
    same = data.prompts[one] == data.prompts[other]
    one, other = one[same], other[same]
    outcomes = model.outcome_probabilities(one, other)
    assert outcomes.sum(axis=1) == pytest.approx(1)
    assert outcomes == pytest.approx(model.outcome_probabilities(other, one)[:, ::-1], abs=1e-12)
    decided = outcomes[:, 0] / (outcomes[:, 0] + outcomes[:, 2])
    assert model.probability(one, other) == pytest.approx(decided, abs=1e-9)
    low, high = model.probability_interval(one, other)
    mirrored, _ = model.probability_interval(other, one)
    assert np.abs(high + mirrored - 1).max() < 1e-12
    assert ((low <= decided + 1e-9) & (decided - 1e-9 <= high)).all()
    if len(model.thresholds.values):
        grades = model.grade_probabilities(one, other)
        n = len(model.thresholds.values)
        assert grades[:, :n].sum(axis=1) == pytest.approx(outcomes[:, 0])
        assert grades[:, n] == pytest.approx(outcomes[:, 1])


def test_rao_kupper_ties_happen_between_equals_as_often_as_judged() -> None:
    """One pair, 30 wins each and 40 ties: the share of ties is (e^c - 1) / (e^c + 1) = 0.4."""
    data = comparisons_of(2, [(0, 1, 1)] * 300 + [(0, 1, -1)] * 300 + [(0, 1, 0)] * 400)
    model = fit_bradley_terry(data, tie_model="rao_kupper", tie_prior_scale=np.inf)
    assert model.tie_threshold == pytest.approx(np.log(1.4 / 0.6), abs=1e-6)
    pair = np.array([0]), np.array([1])
    assert model.outcomes_at(model.log_odds(*pair))[0] == pytest.approx([0.3, 0.4, 0.3], abs=1e-6)
    weight = np.exp(model.tie_log_weight)
    assert weight / (2 + weight) == pytest.approx(0.4, abs=1e-6)


@pytest.mark.parametrize("tie_model", ["davidson", "rao_kupper"])
@pytest.mark.parametrize("graded", [False, True])
def test_a_weight_of_two_is_judging_twice(tie_model: Any, graded: bool) -> None:  # noqa: FBT001
    data, grade = graded_data(5, 60)
    weights = np.random.default_rng(6).integers(0, 3, 60).astype(float)
    repeated = np.repeat(np.arange(60), weights.astype(int))
    side = np.sin(np.arange(60.0))
    long = Comparisons(
        data.items,
        data.prompts,
        data.first[repeated],
        data.second[repeated],
        data.outcome[repeated],
        data.annotator[repeated],
    )
    one = fit_bradley_terry(
        data, prior_scale=1.0, tie_model=tie_model, weights=weights,
        margins=grade if graded else None, covariates={"x": side},
    )  # fmt: skip
    other = fit_bradley_terry(
        long, prior_scale=1.0, tie_model=tie_model,
        margins=grade[repeated] if graded else None, covariates={"x": side[repeated]},
    )  # fmt: skip
    assert one.strengths == pytest.approx(other.strengths, abs=1e-8)
    assert one.effects.values == pytest.approx(other.effects.values, abs=1e-8)
    assert one.tie_log_weight == pytest.approx(other.tie_log_weight, abs=1e-6)


def test_added_up_by_pair_nothing_changes() -> None:
    data = simulate(
        np.linspace(-1, 1, 6), rng=np.random.default_rng(7), n_judgments=80, tie_weight=0.5
    )
    one = fit_bradley_terry(data)
    other = fit_pair_counts(data.counts(), data.items, data.prompts)
    assert one.strengths == pytest.approx(other.strengths, abs=1e-8)
    assert one.prior_scale == pytest.approx(other.prior_scale)
    assert one.covariance.values == pytest.approx(other.covariance.values)


def side_effects_of(seed: int) -> tuple[BradleyTerry, Floats]:
    """800 judgments of 10 items; standing left adds 0.3 to the log-odds, a unit of x -0.5."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=10)
    one = rng.integers(10, size=800)
    other = (one + rng.integers(1, 10, size=800)) % 10
    first, second = np.minimum(one, other), np.maximum(one, other)
    side, x = rng.choice([-1.0, 0.0, 1.0], 800), rng.normal(size=800)
    odds = truth[first] - truth[second] + 0.3 * side - 0.5 * x
    outcome = np.where(rng.random(800) < logistic(odds), 1, -1)
    rows = list(zip(first.tolist(), second.tolist(), outcome.tolist(), strict=True))
    model = fit_bradley_terry(comparisons_of(10, rows), covariates={"left": side, "x": x})
    return model, truth - truth.mean()


def test_intervals_of_effects_hold_the_truth_about_as_often_as_they_say() -> None:
    held, strengths_held = [], []
    for seed in range(100):
        model, truth = side_effects_of(seed)
        assert model.effects.determined.all()
        low, high = model.effects.interval()
        held.append([low[0] <= 0.3 <= high[0], low[1] <= -0.5 <= high[1]])
        low, high = model.strengths_interval()
        strengths_held.append(((low <= truth) & (truth <= high)).mean())
    assert 0.90 < np.mean(held) < 0.99
    assert 0.92 < np.mean(strengths_held) < 0.98


def test_a_covariate_that_belongs_to_the_items_is_called_undetermined() -> None:
    """The length of an item cannot be told from its strength where there is no prior."""
    data = simulate(np.linspace(-1, 1, 6), rng=np.random.default_rng(8), n_judgments=300)
    length = np.arange(6.0) ** 2
    model = fit_bradley_terry(
        data, prior_scale=30.0, covariates={"length": length[data.first] - length[data.second]}
    )
    assert not model.effects.determined[0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"covariates": {"length": np.array([1.0, np.nan])}}, "'length' must be a finite number"),
        ({"covariates": {"length": np.array([1.0])}}, "each of the 2 judgments"),
        ({"weights": np.array([1.0, -1.0])}, "at least 0 times"),
        ({"weights": np.array([1.0, np.inf])}, "finite"),
        ({"margins": np.array([0, 1])}, "from 1 to 100, found 0"),
    ],
)
def test_options_that_cannot_be_used_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UnusableOptionError, match=message):
        fit_bradley_terry(comparisons_of(2, [(0, 1, 1), (0, 1, -1)]), **options)


def test_a_covariate_that_is_always_zero_is_not_determined() -> None:
    with pytest.raises(NotDeterminedError, match="'left' is not determined"):
        fit_bradley_terry(comparisons_of(2, [(0, 1, 1)]), covariates={"left": np.zeros(1)})


def test_without_a_prior_a_grade_never_given_is_not_determined() -> None:
    data = comparisons_of(2, [(0, 1, 1), (0, 1, -1), (0, 1, 1)])
    with pytest.raises(NotDeterminedError, match="some grade"):
        fit_bradley_terry(data, margins=np.array([1, 3, 1]), tie_prior_scale=np.inf)


@pytest.mark.parametrize("rows", [[(0, 1, 0)] * 20, [(0, 1, 1)] * 20])
def test_all_ties_or_none_leave_thresholds_finite(rows: list[tuple[int, int, int]]) -> None:
    model = fit_bradley_terry(comparisons_of(2, rows), ties=True, tie_model="rao_kupper")
    assert 0 < model.tie_threshold < np.inf
    assert np.isfinite(model.thresholds.covariance).all()


@given(comparisons(), st.sampled_from(["davidson", "rao_kupper"]))
def test_starting_from_another_fit_leads_to_the_same_optimum(data: Comparisons, ties: Any) -> None:
    half = data.where(np.arange(len(data)) % 2 == 0)
    before = fit_bradley_terry(half, tie_model=ties)
    cold = fit_bradley_terry(data, tie_model=ties, prior_scale=1.0)
    warm = fit_bradley_terry(data, tie_model=ties, prior_scale=1.0, start=before)
    assert warm.strengths == pytest.approx(cold.strengths, abs=1e-6)


@pytest.mark.parametrize("ties", ["davidson", "rao_kupper"])
def test_a_start_knows_items_by_id_and_effects_by_name(ties: Any) -> None:
    """Another optimum would be wrong; more looks at the data than from nothing, useless."""
    rng = np.random.default_rng(11)
    data = simulate(np.linspace(-2, 2, 40), rng=rng, judgments_per_pair=6, tie_weight=0.3)
    left, newer = rng.choice([-1.0, 1.0], len(data)), rng.normal(size=len(data))
    kept = np.arange(10, 40)  # the first ten items have gone, and the rest stand in other places
    inside = np.isin(data.first, kept) & np.isin(data.second, kept)
    moved = rng.permutation(30)
    one, other = moved[data.first[inside] - 10], moved[data.second[inside] - 10]
    place = np.argsort(moved)
    after = Comparisons(
        tuple(data.items[kept[number]] for number in place),
        np.zeros(30, np.int64),
        np.minimum(one, other),
        np.maximum(one, other),
        np.where(one < other, 1, -1) * data.outcome[inside],
        data.annotator[inside],
    )
    early = np.isin(data.first, np.arange(35)) & np.isin(data.second, np.arange(35))
    before = fit_bradley_terry(  # which did not know the last five items
        data.where(early), covariates={"left": left[early]}, tie_model=ties
    )
    side = np.where(one < other, 1, -1) * left[inside]
    options: dict[str, Any] = {
        "covariates": {"length": newer[inside], "left": side},
        "tie_model": ties,
    }
    cold = fit_bradley_terry(after, prior_scale=1.0, **options)
    warm = fit_bradley_terry(after, prior_scale=1.0, start=before, **options)
    assert warm.strengths == pytest.approx(cold.strengths, abs=1e-6)
    assert warm.effects.values == pytest.approx(cold.effects.values, abs=1e-6)


def test_a_start_of_other_ties_or_without_a_prior_is_taken_for_its_strengths() -> None:
    """A log tie weight is negative where a distance between thresholds cannot be."""
    data = comparisons_of(3, [(0, 1, 1), (0, 1, -1), (1, 2, 1), (1, 2, -1), (0, 2, 0)] * 9)
    before = fit_bradley_terry(data, prior_scale=np.inf)
    assert before.tie_log_weight < 0
    cold = fit_bradley_terry(data, tie_model="rao_kupper")
    warm = fit_bradley_terry(data, tie_model="rao_kupper", start=before)
    assert warm.tie_threshold == pytest.approx(cold.tie_threshold, rel=1e-4)
    assert warm.prior_scale == pytest.approx(cold.prior_scale, rel=0.05)


@pytest.mark.parametrize("ties", ["davidson", "rao_kupper"])
def test_judgments_added_up_say_the_same_as_one_by_one(ties: Any) -> None:
    """So a store may group by all that a judgment says, and count: weights are the numbers."""
    rng = np.random.default_rng(12)
    data = simulate(np.linspace(-1, 1, 6), rng=rng, judgments_per_pair=40, tie_weight=0.5)
    margin, left = rng.integers(1, 4, len(data)), rng.choice([-1, 0, 1], len(data))
    margin[data.outcome == 0] = 1
    columns = np.column_stack([data.first, data.second, data.outcome, margin, left])
    rows, number = np.unique(columns, axis=0, return_counts=True)
    assert len(rows) < len(data)
    nobody = np.zeros(len(rows), np.int64)
    first, second, outcome, grade, side = np.ascontiguousarray(rows.T)
    added = Comparisons(data.items, data.prompts, first, second, outcome, nobody)
    graded = ties == "rao_kupper"
    one_by_one = fit_bradley_terry(
        data,
        tie_model=ties,
        margins=margin if graded else None,
        covariates={"left": left.astype(np.float64)},
    )
    added_up = fit_bradley_terry(
        added,
        tie_model=ties,
        margins=grade if graded else None,
        covariates={"left": side.astype(np.float64)},
        weights=number.astype(np.float64),
    )
    assert added_up.strengths == pytest.approx(one_by_one.strengths, abs=1e-6)
    assert added_up.effects.values == pytest.approx(one_by_one.effects.values, abs=1e-6)
    assert added_up.prior_scale == pytest.approx(one_by_one.prior_scale, rel=1e-3)
    low, high = added_up.strengths_interval()
    assert np.array([low, high]) == pytest.approx(
        np.array(one_by_one.strengths_interval()), abs=1e-5
    )
