"""The general head: right slopes, no planes without cycles, cycles found where they are."""

import numpy as np
import pytest

from core.fitting.text.choice import assign_text_folds, choose_penalty
from core.fitting.text.heads import (
    GeneralSearch,
    Start,
    fit_bradley_terry_head,
    fit_general_head,
    noise_level,
)
from core.judgment import Comparisons, Floats
from core.models import logistic
from core.simulation import possible_pairs
from core.text.model import FeatureModel, from_arrays, to_arrays

GROUPS = (0, 0, 0)


def circle(
    *, n_judgments: int = 3_000, amplitude: float = 4.0, seed: int = 0
) -> tuple[Comparisons, Floats]:
    """Items on a circle, each beating the half behind it; features say where they stand."""
    rng = np.random.default_rng(seed)
    n = 40
    angle = rng.uniform(0, 2 * np.pi, n)
    features = np.column_stack([np.cos(angle), np.sin(angle), rng.normal(size=n)])
    prompts = np.arange(n) % 4
    first, second = possible_pairs(prompts)
    drawn = rng.integers(len(first), size=n_judgments)
    first, second = first[drawn], second[drawn]
    odds = amplitude * np.sin(angle[second] - angle[first])
    outcome = np.where(rng.random(n_judgments) < logistic(odds), 1, -1)
    items = tuple(f"i{number:02}" for number in range(n))
    nobody = np.zeros(n_judgments, np.int64)
    return Comparisons(items, prompts, first, second, outcome, nobody), features


def started(comparisons: Comparisons, features: Floats) -> Start:
    return fit_bradley_terry_head(comparisons, features, GROUPS)


def none(comparisons: Comparisons) -> Floats:
    return np.zeros((int(comparisons.prompts.max()) + 1, 0))


def test_slopes_of_the_loss_are_those_of_its_differences() -> None:
    comparisons, features = circle(n_judgments=300)
    rng = np.random.default_rng(1)
    search = GeneralSearch(
        started(comparisons, features), rng.normal(size=(4, 2)), n_planes=2, penalty=1.5
    )
    at = rng.normal(0, 0.5, len(search.starts(1, rng)[0]))
    _, slope = search.loss(at)
    for direction in rng.normal(size=(5, len(at))):
        step = 1e-5 * direction
        numeric = (search.loss(at + step)[0] - search.loss(at - step)[0]) / 2e-5
        assert numeric == pytest.approx(slope @ direction, rel=1e-5)


def test_texts_that_run_in_a_circle_are_predicted_by_the_general_head_only() -> None:
    """Unseen pairs of new items: Bradley-Terry at chance (.69), the general head near the truth."""
    comparisons, features = circle()
    share = choose_penalty(comparisons, features, GROUPS, none(comparisons))
    assert share < 1
    start = started(comparisons, features)
    general = fit_general_head(start, none(comparisons), penalty_share=share)
    rest, theirs = circle(n_judgments=2_000, seed=1)
    gates = np.ones((len(rest), general.n_planes))
    x, y = theirs[rest.first], theirs[rest.second]
    won = (1 - rest.outcome) // 2 * 2
    row = np.arange(len(rest))
    general_loss = -np.log(
        general.of_new(x, y, gates).outcome_probabilities(-np.inf)[row, won]
    ).mean()
    plain_loss = -np.log(
        start.model().of_new(x, y, gates[:, :0]).outcome_probabilities(-np.inf)[row, won]
    ).mean()
    assert plain_loss > 0.67
    assert general_loss < 0.45


def test_without_cycles_the_general_head_is_bradley_terry() -> None:
    rng = np.random.default_rng(5)
    comparisons, features = circle()
    odds = (features[comparisons.first] - features[comparisons.second]) @ [1.0, -1.0, 0.5]
    outcome = np.where(rng.random(len(odds)) < logistic(odds), 1, -1)
    transitive = Comparisons(
        comparisons.items,
        comparisons.prompts,
        comparisons.first,
        comparisons.second,
        outcome,
        comparisons.annotator,
    )
    share = choose_penalty(transitive, features, GROUPS, none(transitive))
    assert share == 1.0
    start = started(transitive, features)
    plain, general = start.model(), fit_general_head(start, none(transitive), penalty_share=share)
    first, second = transitive.first, transitive.second
    np.testing.assert_array_equal(
        plain.probability(first, second), general.probability(first, second)
    )


def test_a_penalty_well_above_the_noise_takes_every_plane_away() -> None:
    """The planes shrink to nothing by themselves; they are not cut off."""
    comparisons, features = circle(amplitude=0.0)
    start = started(comparisons, features)
    level = noise_level(start)
    loose = fit_general_head(start, none(comparisons), penalty_share=0.1, level=level)
    tight = fit_general_head(start, none(comparisons), penalty_share=0.99, level=4 * level)
    assert np.abs(loose.planes).max() > 0.1
    assert np.abs(tight.planes).max() < 0.01


def test_swapping_two_items_mirrors_the_general_head() -> None:
    comparisons, features = circle()
    model = fit_general_head(started(comparisons, features), none(comparisons), penalty_share=0.2)
    first, second = comparisons.first, comparisons.second
    there, back = model.probability(first, second), model.probability(second, first)
    assert np.abs(there + back - 1).max() < 1e-12
    low, _ = model.probability_interval(first, second)
    _, high = model.probability_interval(second, first)
    assert np.abs(low + high - 1).max() < 1e-9


def test_a_prompt_switches_its_circle_off() -> None:
    """In half of the prompts nobody runs in circles: their gates are near 0, the others' open."""
    comparisons, features = circle(n_judgments=6_000)
    rng = np.random.default_rng(2)
    still = comparisons.prompts[comparisons.first] < 2
    outcome = np.where(still, rng.choice([1, -1], len(still)), comparisons.outcome)
    mixed = Comparisons(
        comparisons.items,
        comparisons.prompts,
        comparisons.first,
        comparisons.second,
        outcome,
        comparisons.annotator,
    )
    kinds = np.array([[-1.0], [-1.0], [1.0], [1.0]])
    model: FeatureModel = fit_general_head(
        started(mixed, features), kinds, penalty_share=0.2, n_planes=1
    )
    assert model.gates[:2].max() < 0.5
    assert model.gates[2:].min() > 1.5
    assert model.gates.max() < 2
    np.testing.assert_allclose(model.gates_of(kinds), model.gates)
    back = from_arrays(to_arrays(model))
    np.testing.assert_array_equal(back.gate_slopes, model.gate_slopes)
    assert back.n_planes == 1


def test_the_same_seed_gives_the_same_head() -> None:
    comparisons, features = circle(n_judgments=500)
    start = started(comparisons, features)
    one, other = (
        fit_general_head(start, none(comparisons), penalty_share=0.2, seed=3) for _ in range(2)
    )
    np.testing.assert_array_equal(one.coefficients, other.coefficients)


def test_whole_prompts_are_held_out() -> None:
    comparisons, _ = circle()
    folds = assign_text_folds(comparisons, n_folds=5, seed=0)
    prompt = comparisons.prompts[comparisons.first]
    assert folds.by_prompt
    assert folds.n_folds == 4  # as many as there are prompts
    assert len(np.unique(prompt * 10 + folds.fold)) == 4


def test_with_one_prompt_pairs_are_held_out_and_it_says_so() -> None:
    comparisons, _ = circle()
    single = comparisons.where(comparisons.prompts[comparisons.first] == 0)
    folds = assign_text_folds(single, n_folds=5, seed=0)
    assert not folds.by_prompt
    pair = single.first * 100 + single.second
    assert len(np.unique(pair * 10 + folds.fold)) == len(np.unique(pair))
