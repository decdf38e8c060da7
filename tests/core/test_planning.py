import numpy as np
import pytest

from core.acquisition import Beliefs, PromptPairs
from core.fitting import fit_bradley_terry
from core.planning import Goal, NoGoalError, Plan, Standing, plan, standing
from core.simulation import simulate
from core.study import Policy

ITEMS = [f"i{number}" for number in range(8)]
ONE_PROMPT = np.zeros(8, dtype=np.int64)


def believed(scale: float = 1.5) -> Beliefs:
    return Beliefs.prior(ITEMS, ONE_PROMPT, scale=scale)


def test_before_any_answer_widths_are_those_of_the_prior() -> None:
    """Against the mean of eight independent items: 2 z sd sqrt(7/8); top 2 of 8 is 1 of 28."""
    now = standing(believed(), 2, np.random.default_rng(0))
    assert now.width == pytest.approx(2 * 1.959964 * 1.5 * np.sqrt(7 / 8), rel=1e-6)
    assert now.settled < 0.2
    assert standing(believed(), 0, np.random.default_rng(0)).settled == 1


def test_what_is_settled_agrees_with_draws_of_the_order() -> None:
    """Two items 3 apart with variance 1 each: the order holds with Phi(3 / sqrt 2) = .983."""
    beliefs = Beliefs.prior(["a", "b"], np.zeros(2, dtype=np.int64), scale=1.0)
    beliefs.mean[:] = (3, 0)
    assert standing(beliefs, 1, np.random.default_rng(0)).settled == pytest.approx(0.983, abs=0.02)


def planned(goal: Goal, seed: int, n_simulations: int, most: int = 5000) -> Plan:
    return plan(
        believed(),
        PromptPairs(ONE_PROMPT),
        goal,
        policy=Policy.EXPECTED_INFORMATION,
        random_share=0.1,
        rng=np.random.default_rng(seed),
        n_simulations=n_simulations,
        most=most,
    )


def test_a_reached_goal_needs_nothing_and_one_out_of_reach_says_so() -> None:
    easy = planned(Goal(width=9), 1, 3)
    assert (easy.quantile(0.5), easy.needed) == (0, (0, 0, 0))
    hard = planned(Goal(width=0.1), 1, 3, most=30)
    assert hard.quantile(0.5) is None
    assert hard.reached_share[-1] == 0


def test_the_plan_comes_true() -> None:
    """Studies with as many judgments as planned: a real fit has intervals of about the width."""
    said = planned(Goal(width=2.0), 2, 20)
    needed = said.quantile(0.5)
    low, high = said.quantile(0.1), said.quantile(0.9)
    assert needed is not None
    assert low is not None
    assert high is not None
    assert low <= needed <= high
    widths = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        truth = rng.normal(0, 1.5, 8)
        data = simulate(truth, rng=rng, n_judgments=needed)
        fitted = fit_bradley_terry(data, prior_scale=1.5)
        variance = np.diagonal(fitted.covariance.values.reshape(8, 8))
        widths.append(2 * 1.96 * np.sqrt(variance.max()))
    # Random pairs teach less than chosen ones, so that the widths are somewhat above.
    assert 1.8 < np.median(widths) < 2.9


def test_a_narrower_goal_takes_more_and_beliefs_stay_as_they_are() -> None:
    """Variance falls as 1/n: half the width takes about four times as many judgments."""
    beliefs, pairs = believed(), PromptPairs(ONE_PROMPT)
    before = beliefs.covariance.values.copy()
    needed = []
    for width in (2.4, 1.2):
        made = plan(
            beliefs,
            pairs,
            Goal(width=width),
            policy=Policy.EXPECTED_INFORMATION,
            random_share=0.0,
            rng=np.random.default_rng(4),
            n_simulations=5,
        )
        middle = made.quantile(0.5)
        assert middle is not None
        needed.append(middle)
    assert 3 < needed[1] / needed[0] < 7
    assert (beliefs.covariance.values == before).all()


def test_a_goal_must_say_something() -> None:
    for width, top in ((0.0, 0), (-1.0, 0), (0.0, -1)):
        with pytest.raises(NoGoalError, match="needs a goal"):
            Goal(width, top)
    assert Standing(1.0, 0.96).reaches(Goal(width=1.0, top=3))
    assert not Standing(1.0, 0.94).reaches(Goal(width=1.0, top=3))
    assert Plan(Standing(1, 1), (5,), (0.0,), (), 4).quantile(0.5) is None
