"""The hierarchical fit of edge votes: against quadrature, another library, and known truth."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.linear_model import LogisticRegression

from core.fitting.edge_votes import NoVotesError, fit_edge_votes
from core.fitting.edge_votes.design import FIXED_SCALE, lay_out
from core.fitting.edge_votes.posterior import Information, find_mode
from core.judgment import Floats
from core.predictions import logistic
from core.value_graph.estimate import Widths, population_rate
from core.value_graph.scoring import score_votes
from core.value_graph.votes import VoteTable
from tests.core.edge_votes import World

TRUE = Widths(score=0.0, edge=0.58, tendency=0.82)


def small(seed: int = 0, n_people: int = 40) -> VoteTable:
    rng = np.random.default_rng(seed)
    return World.draw(rng, n_cards=5, n_pairs=6, n_people=n_people).uniform(rng)


def test_the_posterior_of_one_edge_is_that_of_a_grid() -> None:
    """Three unknowns by brute force: tendency of all, edge, and each person's tendency."""
    rng = np.random.default_rng(1)
    world = World.draw(rng, n_cards=2, n_pairs=1, n_people=30)
    person = np.repeat(np.arange(30), 2)
    sign = np.tile([1.0, -1.0], 30)
    table = world.answer(person, np.zeros(60, dtype=np.int64), sign, rng)
    found = fit_edge_votes(table, rng, widths=TRUE)
    own = np.linspace(-6, 6, 241) * TRUE.tendency
    prior = np.exp(-((own / TRUE.tendency) ** 2) / 2)
    common, edge = np.linspace(-2, 4, 61), np.linspace(-2, 2, 81)
    log_posterior = np.empty((61, 81))
    for i, mu in enumerate(common):
        for j, theta in enumerate(edge):
            chance = logistic(mu + table.sign[:, None] * theta + own)
            said = np.where(table.yes[:, None] > 0, chance, 1 - chance)
            people = (said[::2] * said[1::2] * prior).sum(axis=1) / prior.sum()
            log_posterior[i, j] = np.log(people).sum()
    log_posterior -= (common[:, None] / FIXED_SCALE) ** 2 / 2 + (edge / TRUE.edge) ** 2 / 2
    shares = np.exp(log_posterior - log_posterior.max())
    shares /= shares.sum()
    mean = float((shares * edge).sum())
    spread = float(np.sqrt((shares * (edge - mean) ** 2).sum()))
    # Laplace's method takes the mode for the mean: for 60 votes far below a tenth of the spread.
    assert found.mean[0] == pytest.approx(mean, abs=0.05 * spread)
    assert found.sd[0] == pytest.approx(spread, rel=0.05)
    middle = float((shares.T * common).sum())
    around = float(np.sqrt((shares.T * (common - middle) ** 2).sum()))
    assert found.fixed.mean[0] == pytest.approx(middle, abs=0.1 * around)
    assert found.fixed.sd[0] == pytest.approx(around, rel=0.05)


def test_without_people_the_mode_is_scikit_learns_ridge() -> None:
    """scikit-learn 1.9: with columns scaled by their prior, the penalty is the same for all."""
    table = small(n_people=200)
    widths = Widths(score=0.4, edge=0.6, tendency=0.0)
    design = lay_out(table, widths, {}, {})
    scale = design.precisions(widths) ** -0.5
    ridge = LogisticRegression(C=1.0, fit_intercept=False, tol=1e-10, max_iter=10_000)
    ridge.fit(design.matrix * scale, table.yes[design.order])
    effects = find_mode(design, widths).effects
    assert effects == pytest.approx(ridge.coef_[0] * scale, abs=1e-4)


def test_a_matrix_in_full_says_what_its_entries_say() -> None:
    """Small studies are worked out with full matrices, large ones with sparse ones."""
    design = lay_out(small(), TRUE, {}, {})
    assert isinstance(design.matrix, np.ndarray)
    sparse = replace(design, matrix=csr_array(design.matrix))
    full, other = find_mode(design, TRUE), find_mode(sparse, TRUE)
    np.testing.assert_allclose(full.effects, other.effects, atol=1e-8)
    np.testing.assert_allclose(full.covariance(), other.covariance(), atol=1e-8)
    assert full.log_evidence(full.factor()) == pytest.approx(other.log_evidence(other.factor()))
    right = np.random.default_rng(0).normal(size=(len(full.effects), 3))
    np.testing.assert_allclose(full.information.times(right), other.information.times(right))
    np.testing.assert_allclose(full.information.diagonal(), other.information.diagonal())


def test_the_slopes_are_those_of_the_integrated_likelihood() -> None:
    design = lay_out(small(), TRUE, {}, {})
    odds = np.random.default_rng(0).normal(size=len(design.order))
    slope = design.people.integrate(odds, 0.82, None).slope
    for vote in range(5):
        away = np.zeros_like(odds)
        away[vote] = 1e-4
        up, down = (design.people.integrate(odds + s * away, 0.82, None).value for s in (1, -1))
        assert slope[vote] == pytest.approx((up - down) / 2e-4, abs=1e-5)


def test_conjugate_gradients_solve_what_a_full_matrix_solves() -> None:
    design = lay_out(small(), TRUE, {}, {})
    mode = find_mode(design, TRUE)
    right = np.random.default_rng(0).normal(size=(len(mode.effects), 3))
    information: Information = mode.information
    assert information.solve(right) == pytest.approx(
        np.linalg.solve(information.dense(), right), abs=1e-5
    )


def test_draws_without_a_full_matrix_have_its_covariance() -> None:
    mode = find_mode(lay_out(small(), TRUE, {}, {}), TRUE)
    draws = mode._perturbed(20_000, np.random.default_rng(0))
    covariance = mode.covariance()
    scale = np.sqrt(np.diagonal(covariance))
    # A correlation from 20,000 draws has a standard error of at most .0071; 28 of them within 4.
    assert np.cov(draws) / np.outer(scale, scale) == pytest.approx(
        covariance / np.outer(scale, scale), abs=0.04
    )


def test_no_votes_are_no_graph() -> None:
    with pytest.raises(NoVotesError):
        fit_edge_votes(small().where(np.empty(0, dtype=np.int64)), np.random.default_rng(0))


def mirrored(table: VoteTable) -> VoteTable:
    """Every direction turned and every yes a no: other people, the same order of values."""
    named = {name: getattr(table, name) for name in VoteTable.__slots__}
    return VoteTable(**named | {"sign": -table.sign, "yes": 1 - table.yes})


def test_yes_sayers_and_no_sayers_of_one_mind_give_the_same_graph() -> None:
    table = small(n_people=150)
    yes, no = (fit_edge_votes(t, np.random.default_rng(0)) for t in (table, mirrored(table)))
    assert no.mean == pytest.approx(yes.mean, abs=1e-4)
    assert no.sd == pytest.approx(yes.sd, rel=1e-3)
    assert yes.fixed.mean[0] > 0.3
    assert no.fixed.mean[0] == pytest.approx(-yes.fixed.mean[0], abs=1e-4)


def test_who_always_says_yes_makes_no_edge() -> None:
    world = World.draw(np.random.default_rng(0), n_cards=6, n_pairs=10, n_people=60)
    person, pair = np.repeat(np.arange(60), 4), np.tile(np.arange(10), 24)
    both_ways = np.tile(np.repeat([1.0, -1.0], 10), 12)
    for sign in (both_ways, np.ones(240)):
        table = world.table(person, pair, sign, np.ones(240))
        found = fit_edge_votes(table, np.random.default_rng(0))
        assert found.fixed.mean[0] > 2
        assert ((found.first_wiser() > 0.25) & (found.first_wiser() < 0.75)).all()
        if sign is both_ways:
            assert np.abs(found.mean).max() < 1e-4


def test_contexts_are_shrunk_to_the_pooled_edge() -> None:
    """Nine of ten say yes in one context and half in the other: between, and ordered."""
    person = np.repeat(np.arange(100), 4)
    world = World.draw(np.random.default_rng(0), n_cards=4, n_pairs=2, n_people=100)
    pair = np.tile([0, 0, 1, 1], 100)
    sign = np.where((person + np.arange(400)) % 2 == 0, 1.0, -1.0)
    rng = np.random.default_rng(3)
    context = np.tile([0, 1, 0, 1], 100)
    first = rng.random(400) < np.where((pair == 0) & (context == 0), 0.9, 0.5)
    table = world.table(person, pair, sign, np.where(sign > 0, first, ~first).astype(np.float64))
    named = {name: getattr(table, name) for name in VoteTable.__slots__}
    table = VoteTable(**named | {"context": context, "contexts": ("a", "b")})
    found = fit_edge_votes(table, rng)
    own = found.deviations["context"].total_mean
    assert own[0] > found.mean[0] > own[1]
    assert 1.0 < own[0] < np.log(9)
    assert abs(own[1]) < 0.5


def with_appeal(seed: int, spread: float, *, n_both: int) -> tuple[World, VoteTable]:
    """40 pairs with 60 votes each; the first `n_both` are asked both ways, the others one way.

    Pairs differ by `spread` in how readily a yes is given to them, whichever way they are shown.
    """
    rng = np.random.default_rng(seed)
    world = World.draw(rng, n_cards=20, n_pairs=40, n_people=600, edge_sd=0.6)
    appeal = rng.normal(0, spread, 40)
    person, pair = np.repeat(np.arange(600), 4), np.tile(np.arange(40), 60)
    sign = np.where((pair >= n_both) | (rng.random(2400) < 0.5), 1.0, -1.0)
    odds = world.tendency + world.tendencies[person] + appeal[pair] + sign * world.edges[pair]
    yes = (rng.random(2400) < logistic(odds)).astype(np.float64)
    return world, world.table(person, pair, sign, yes)


def test_what_is_agreed_to_either_way_is_appeal_and_no_edge() -> None:
    """Nine of ten say yes to one pair whichever way it is told, to five others it is 68 %."""
    person, pair = np.repeat(np.arange(200), 6), np.tile(np.arange(6), 200)
    world = World.draw(np.random.default_rng(0), n_cards=6, n_pairs=6, n_people=200)
    sign = np.tile(np.repeat([1.0, -1.0], 6), 100)
    rng = np.random.default_rng(2)
    yes = (rng.random(1200) < np.where(pair == 0, 0.92, 0.6)).astype(np.float64)
    found = fit_edge_votes(world.table(person, pair, sign, yes), rng)
    low, high = found.interval(0.9)
    assert low[0] < 0 < high[0]
    assert found.widths.appeal > 0.3
    assert (found.asked.mean[:, 0] > found.asked.mean[:, 1:].max() + 0.5).all()
    both = (found.yes_rate_draws(to_first=way).mean(axis=0)[0] for way in (True, False))
    assert min(both) > 0.85


def test_edges_asked_one_way_are_as_unsure_as_appeal_makes_them() -> None:
    """Half of the pairs are asked both ways, and differ by 0.6 in appeal."""
    held, wider = [], []
    for seed in range(3):
        world, table = with_appeal(seed, 0.6, n_both=20)
        found = fit_edge_votes(table, np.random.default_rng(0))
        low, high = found.interval(0.9)
        held.append((low <= world.edges) & (world.edges <= high))
        wider.append(found.sd[20:].mean() / found.sd[:20].mean())
    # Standard deviation of the share of 60 intervals: .04.
    assert np.mean(held, axis=0)[20:].mean() > 0.8
    assert np.mean(held, axis=0)[:20].mean() > 0.8
    assert min(wider) > 1.3
    _, table = with_appeal(0, 0.6, n_both=20)
    alone = fit_edge_votes(table.where(np.flatnonzero(table.pair >= 20)), np.random.default_rng(0))
    assert alone.widths.appeal == 0.0  # there is nothing to learn it from


def accuracy(seed: int, *, both_ways: bool) -> Floats:
    rng = np.random.default_rng(seed)
    world = World.draw(rng)
    table = world.uniform(rng, both_ways=both_ways)
    found = fit_edge_votes(table, rng)
    draws = found.yes_rate_draws(to_first=True)
    low, high = np.quantile(draws, [0.05, 0.95], axis=0)
    truth, rate = world.yes_rate, draws.mean(axis=0)
    edge_low, edge_high = found.interval(0.9)
    return np.array(
        [
            float(((rate - truth) ** 2).mean()),
            float(((rate > 0.5) == (truth > 0.5)).mean()),
            float(((low <= truth) & (truth <= high)).mean()),
            float(((edge_low <= world.edges) & (world.edges <= edge_high)).mean()),
            found.widths.edge,
            found.widths.tendency,
        ]
    )


def test_edges_are_known_as_well_as_can_be_and_intervals_hold_the_truth() -> None:
    """130 edges, 500 people with three votes each, of whom 68 % are a yes.

    Over many such worlds the error is .086 (.084 given the true widths) and 94 % are on the right
    side (`tests/bench/value_graph.py`). A world's coverage has a standard deviation of about .06,
    as its 130 intervals share the widths: the mean of 4 of them one of .03.
    """
    worlds = [accuracy(seed, both_ways=bool(seed % 2)) for seed in range(4)]
    squared, side, rates, edges, edge, tendency = np.mean(worlds, axis=0)
    assert np.sqrt(squared) < 0.095
    assert side > 0.92
    assert 0.83 < rates < 0.96
    assert 0.83 < edges < 0.96
    assert edge == pytest.approx(0.58, abs=0.12)
    assert tendency == pytest.approx(0.82, abs=0.12)


def test_widths_of_large_studies_are_found_on_a_part() -> None:
    rng = np.random.default_rng(0)
    world = World.draw(rng, n_cards=120, n_pairs=1_000, n_people=4_000)
    table = world.uniform(rng)
    found = fit_edge_votes(table, rng)
    assert found.widths.edge == pytest.approx(0.58, abs=0.2)
    assert found.widths.tendency == pytest.approx(0.82, abs=0.1)
    low, high = found.interval(0.9)
    assert 0.85 < ((low <= world.edges) & (world.edges <= high)).mean() < 0.95


def test_votes_held_out_are_foretold_better_with_edges_and_people() -> None:
    """About the size of a real study; the entropy of 68 % is .627 nats."""
    rng = np.random.default_rng(5)
    table = World.draw(rng).uniform(rng, both_ways=False)
    scores = score_votes(table, n_folds=3)
    values = {name: estimate.value for name, estimate in scores.losses.items()}
    assert values["constant"] == pytest.approx(0.627, abs=0.03)
    assert values["edge + person"] < min(values["edge"], values["person"]) < values["constant"]
    assert scores.gain.high < 0


def test_the_population_rate_is_the_integral() -> None:
    rng = np.random.default_rng(0)
    sampled = logistic(0.9 + 0.82 * rng.normal(size=400_000)).mean()
    # The standard deviation of a sampled chance is .15: four standard errors are .001.
    assert population_rate(np.array([0.9]), 0.82)[0] == pytest.approx(sampled, abs=1e-3)
