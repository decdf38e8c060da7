import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.acquisition import Beliefs, Concern, NoPriorError, attend
from core.acquisition.concerns import _rank_slopes, _top_slopes
from core.acquisition.predictive import predictive
from core.blocks import BlockMatrix
from core.fitting import fit_bradley_terry
from core.judgment import Comparisons, Floats, Indices
from core.models import davidson, logistic
from core.simulation import possible_pairs, simulate

RANKS = Concern()
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(80)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


def one_prompt(n_items: int) -> tuple[tuple[str, ...], Indices]:
    return tuple(f"item {i}" for i in range(n_items)), np.zeros(n_items, dtype=np.int64)


def dense(matrix: BlockMatrix) -> Floats:
    n_items = len(matrix.layout.component)
    one, other = np.indices((n_items, n_items)).reshape(2, -1)
    return matrix.between(one, other)[:, 0, 0].reshape(n_items, n_items)


def judged(beliefs: Beliefs, n: int, seed: int = 0) -> Beliefs:
    rng = np.random.default_rng(seed)
    for _ in range(n):
        first, second = sorted(rng.choice(len(beliefs.items), 2, replace=False).tolist())
        beliefs.answer(first, second, int(rng.choice([-1, 0, 1])))
    return beliefs


def test_an_answer_about_two_unknown_items_by_hand() -> None:
    """Prior variance 1 each: v = 2, κ² = 1 / (1 + π/4) = .5601, p = 1/2, J = .5601 / 4 = .1400.

    C d = (1, -1), so both variances fall to 1 - .1400 = .8600, the covariance rises to .1400, and
    the means move by κ (1 - 1/2) = .37420.
    """
    beliefs = Beliefs.prior(*one_prompt(2), scale=1.0)
    beliefs.answer(0, 1, 1)
    assert dense(beliefs.covariance) == pytest.approx(
        np.array([[0.85997, 0.14003], [0.14003, 0.85997]]), abs=1e-5
    )
    assert beliefs.mean == pytest.approx([0.37420, -0.37420], abs=1e-5)


@given(mean=st.floats(-4, 4), variance=st.floats(0.01, 5), log_weight=st.floats(-6, 0))
def test_the_predictive_distribution_is_near_the_integral(
    mean: float, variance: float, log_weight: float
) -> None:
    """Against quadrature: flattening errs by .013 at most without ties. With the tie weight at 1,
    where a third of answers between equals are ties, by .12 in that share (found on a grid)."""
    closed = predictive(np.array([mean]), np.array([variance]), log_weight)
    shares = WEIGHTS @ davidson(mean + np.sqrt(variance) * NODES, log_weight)
    assert closed.decided[0] == pytest.approx(shares[0] + shares[2], abs=0.12)
    assert closed.lean[0] == pytest.approx((shares[0] - shares[2]) / 2, abs=0.07)
    plain = predictive(np.array([mean]), np.array([variance]), -np.inf)
    chance = WEIGHTS @ logistic(mean + np.sqrt(variance) * NODES)
    assert plain.probability[0] == pytest.approx(chance, abs=0.013)


@given(mean=st.floats(-6, 6), variance=st.floats(0, 10), log_weight=st.floats(-6, 3))
def test_information_is_the_variance_of_the_slope(
    mean: float, variance: float, log_weight: float
) -> None:
    """And the slope has mean zero: beliefs do not drift. An answer never explains all (J v < 1)."""
    told = predictive(np.array([mean]), np.array([variance]), log_weight)
    first, second = told.decided / 2 + told.lean, told.decided / 2 - told.lean
    shares = np.array([first, 1 - told.decided, second])[:, 0]
    slopes = np.array([told.slope(outcome)[0] for outcome in (1, 0, -1)])
    assert shares @ slopes == pytest.approx(0, abs=1e-12)
    assert shares @ slopes**2 == pytest.approx(told.information[0], abs=1e-12)
    assert 0 <= told.information[0] * variance < 1


def test_beliefs_follow_the_fit() -> None:
    """300 answers about 12 items, one by one: within half a standard error of the fit's strengths,
    and standard errors within 15 %."""
    truth = np.random.default_rng(3).normal(size=12)
    data = simulate(truth, rng=np.random.default_rng(4), n_judgments=300)
    beliefs = Beliefs.prior(data.items, data.prompts, scale=1.5)
    for first, second, outcome in zip(data.first, data.second, data.outcome, strict=True):
        beliefs.answer(int(first), int(second), int(outcome))
    fit = fit_bradley_terry(data, prior_scale=1.5)
    one, other = possible_pairs(data.prompts)
    gap, variance = beliefs.differences(one, other)
    spread = np.sqrt(fit.log_odds_variance(one, other))
    assert (np.abs(gap - fit.log_odds(one, other)) < 0.5 * spread).all()
    assert np.sqrt(variance) == pytest.approx(spread, rel=0.15)


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=12), st.booleans())
def test_released_pairs_leave_no_trace(shown: list[tuple[int, int]], full: bool) -> None:  # noqa: FBT001
    """Whatever was shown, in whatever order it is released, also with independent items."""
    beliefs = Beliefs.prior(*one_prompt(7), full=full)
    judged(beliefs, 9)
    attend(beliefs, RANKS)
    covariance, stake = dense(beliefs.covariance), dense(beliefs.stakes[RANKS])
    pairs = [pair for pair in shown if pair[0] != pair[1]]
    for first, second in pairs:
        beliefs.expect(first, second)
    for first, second in sorted(pairs):
        beliefs.release(first, second)
    assert dense(beliefs.covariance) == pytest.approx(covariance, abs=1e-9)
    assert dense(beliefs.stakes[RANKS]) == pytest.approx(stake, abs=1e-9)
    assert beliefs.exposure.sum() == 18
    assert not beliefs.pending


@given(st.integers(0, 6), st.integers(0, 6), st.sampled_from([-1, 0, 1]), st.booleans())
def test_an_answer_taken_back_at_once_leaves_no_trace(
    first: int,
    second: int,
    outcome: int,
    full: bool,  # noqa: FBT001
) -> None:
    """In whichever order the two are named; other presentations may wait."""
    assume(first != second)
    beliefs = judged(Beliefs.prior(*one_prompt(7), full=full), 9)
    beliefs.expect(2, 5)
    attend(beliefs, RANKS)
    mean, covariance = beliefs.mean.copy(), dense(beliefs.covariance)
    stake, asked = dense(beliefs.stakes[RANKS]), +beliefs.asked
    beliefs.answer(first, second, outcome)
    moved = np.abs(beliefs.mean - mean).max()
    beliefs.take_back(second, first, -outcome)
    assert beliefs.mean == pytest.approx(mean, abs=1e-9)
    assert dense(beliefs.covariance) == pytest.approx(covariance, abs=1e-9)
    assert dense(beliefs.stakes[RANKS]) == pytest.approx(stake, abs=1e-9)
    assert +beliefs.asked == asked
    assert moved > 1e-3 or outcome == 0


def test_an_answer_taken_back_later_is_as_one_never_given() -> None:
    """The tenth of 120 answers, and the same of answers that came before the fit.

    It had moved a mean by a fifth of a standard deviation or more. Less than a fifth of that stays:
    what later answers have made of it.
    """
    truth = np.random.default_rng(3).normal(size=12)
    data = simulate(truth, rng=np.random.default_rng(4), n_judgments=120)
    without = data.where(np.arange(120) != 9)
    began = [Beliefs.prior(data.items, data.prompts) for _ in range(2)]
    for beliefs, answers in zip(began, (data, without), strict=True):
        for row in zip(answers.first, answers.second, answers.outcome, strict=True):
            beliefs.answer(*map(int, row))
    fitted = [Beliefs.of(fit_bradley_terry(one, prior_scale=1.5)) for one in (data, without)]
    for beliefs, never in (began, fitted):
        spread = np.sqrt(never.variance)
        moved = np.abs(beliefs.mean - never.mean) / spread
        beliefs.take_back(int(data.first[9]), int(data.second[9]), int(data.outcome[9]))
        left = np.abs(beliefs.mean - never.mean) / spread
        assert moved.max() > 0.15
        assert left.max() < 0.2 * moved.max()
        assert np.sqrt(beliefs.variance) == pytest.approx(spread, rel=0.03)


@pytest.mark.parametrize("full", [True, False])
def test_an_answer_to_a_shown_pair_is_as_one_to_a_pair_not_shown(full: bool) -> None:  # noqa: FBT001
    shown = judged(Beliefs.prior(*one_prompt(5), full=full), 6)
    direct = judged(Beliefs.prior(*one_prompt(5), full=full), 6)
    shown.expect(1, 3)
    shown.answer(1, 3, -1)
    direct.answer(1, 3, -1)
    assert shown.mean == pytest.approx(direct.mean, abs=1e-12)
    assert dense(shown.covariance) == pytest.approx(dense(direct.covariance), abs=1e-12)


def test_a_pair_that_waits_moves_no_mean_and_tells_less() -> None:
    beliefs = judged(Beliefs.prior(*one_prompt(5)), 6)
    mean = beliefs.mean.copy()
    _, before = beliefs.differences(np.array([1]), np.array([3]))
    beliefs.expect(1, 3)
    _, after = beliefs.differences(np.array([1]), np.array([3]))
    assert np.array_equal(beliefs.mean, mean)
    assert after[0] < before[0]


def test_stakes_follow_the_covariance() -> None:
    """After ten answers the stake is still C L² C, with the L of when it was put in."""
    beliefs = judged(Beliefs.prior(*one_prompt(6)), 10)
    attend(beliefs, RANKS)
    inverse = np.linalg.inv(dense(beliefs.covariance))
    concern = inverse @ dense(beliefs.stakes[RANKS]) @ inverse
    judged(beliefs, 10, seed=1)
    covariance = dense(beliefs.covariance)
    assert dense(beliefs.stakes[RANKS]) == pytest.approx(
        covariance @ concern @ covariance, abs=1e-9
    )


def test_the_stake_is_how_much_expected_ranks_move() -> None:
    """L times a small move of the means is the change of expected ranks, as shares: by difference.

    Expected rank of i: mean over j of P(θ_i > θ_j) = Φ(gap / spread).
    """
    from scipy.stats import norm

    beliefs = judged(Beliefs.prior(*one_prompt(5)), 12)
    covariance = dense(beliefs.covariance)
    own = np.diagonal(covariance)
    spread = np.sqrt(own[:, None] + own - 2 * covariance) + np.eye(5)

    def ranks(mean: Floats) -> Floats:
        shares: Floats = (norm.cdf((mean[:, None] - mean) / spread).sum(axis=1) - 0.5) / 4
        return shares

    move = 1e-5 * np.random.default_rng(0).normal(size=5)
    change = (ranks(beliefs.mean + move) - ranks(beliefs.mean - move)) / 2
    slopes = _rank_slopes(beliefs.mean[None], covariance[None])[0]
    assert slopes @ move == pytest.approx(change, rel=1e-6)


def test_the_slopes_of_the_best_are_how_their_probabilities_move() -> None:
    """By difference, with a bar that keeps the probabilities of the best 2 of 5 at a sum of 2.

    All going up together changes nothing.
    """
    from scipy.optimize import brentq
    from scipy.stats import norm

    mean, spread = np.array([0.3, -0.2, 0.9, 0.1, -0.8]), np.array([0.5, 0.3, 0.6, 0.4, 0.5])

    def among_best(mean: Floats) -> Floats:
        bar = brentq(lambda at: norm.sf(at, mean, spread).sum() - 2, -5, 5, xtol=1e-14)
        chances: Floats = norm.sf(bar, mean, spread)
        return chances

    # Independent, with variances of strengths less their mean that are the squares of `spread`.
    own = np.linalg.solve(np.eye(5) * (1 - 2 / 5) + 1 / 25, spread**2)
    slopes = _top_slopes(mean[None], np.diag(own)[None], 2)[0]
    move = 1e-5 * np.random.default_rng(0).normal(size=5)
    change = (among_best(mean + move) - among_best(mean - move)) / 2
    assert slopes @ move == pytest.approx(change, rel=1e-5)
    assert slopes @ np.ones(5) == pytest.approx(np.zeros(5), abs=1e-12)


def test_items_beyond_the_room_are_independent_and_the_rest_is_exact() -> None:
    """2,500 items of one prompt get variances, the 30 of the other a full block.

    Prior variance 2.25 each: v = 4.5, J = .25 / (1 + 4.5 π/8) = .0903, so an answer makes the
    covariance of the two .0903 * 2.25² = .4574.
    """
    prompts = np.repeat([0, 1], [30, 2_500])
    beliefs = Beliefs.prior([str(i) for i in range(2_530)], prompts)
    beliefs.answer(0, 1, 1)
    beliefs.answer(100, 200, 1)
    shared = beliefs.covariance.between(np.array([0, 100]), np.array([1, 200]))[:, 0, 0]
    assert shared == pytest.approx([0.4574, 0.0], abs=1e-4)
    assert beliefs.mean[100] == pytest.approx(beliefs.mean[0])
    assert beliefs.covariance.values.nbytes < 40e6
    attend(beliefs, RANKS)
    assert (beliefs.stakes[RANKS].variances()[0] > 0).all()


def test_beliefs_at_a_fit_know_what_the_fit_knows_and_the_prior_of_the_rest() -> None:
    """Two components of a prompt: differences across have the prior of their levels, as in the fit.
    An item that came after the fit has the prior alone."""
    first, second = np.array([0, 1, 0, 3, 3]), np.array([1, 2, 2, 4, 4])
    outcome = np.array([1, 1, -1, 1, 0])
    items, prompts = one_prompt(5)
    data = Comparisons(items, prompts, first, second, outcome, np.zeros(5, dtype=np.int64))
    fit = fit_bradley_terry(data, prior_scale=2.0)
    beliefs = Beliefs.of(fit, ("came later", *items), np.zeros(6, dtype=np.int64))
    one, other = possible_pairs(prompts)
    gap, variance = beliefs.differences(one + 1, other + 1)
    assert gap == pytest.approx(fit.log_odds(one, other))
    assert variance == pytest.approx(fit.log_odds_variance(one, other))
    assert beliefs.variance[0] == pytest.approx(4.0)
    assert beliefs.index("item 4") == 5


def test_a_fit_without_prior_is_refused() -> None:
    items, prompts = one_prompt(2)
    ends = np.array([0, 0]), np.array([1, 1])
    data = Comparisons(items, prompts, *ends, np.array([1, -1]), np.zeros(2, dtype=np.int64))
    with pytest.raises(NoPriorError):
        Beliefs.of(fit_bradley_terry(data, prior_scale=np.inf))
