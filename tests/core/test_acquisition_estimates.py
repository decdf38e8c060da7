import numpy as np

from core.acquisition import Beliefs, OpenPairs, PromptPairs, choose_next
from core.fitting import fit_bradley_terry
from core.judgment import Comparisons, Floats
from core.models import BradleyTerry, logistic
from core.simulation import possible_pairs
from core.study import Policy

N_STUDIES, N_ITEMS, N_JUDGMENTS, SCALE = 40, 10, 120, 1.5
PROMPTS = np.zeros(N_ITEMS, dtype=np.int64)
ITEMS = tuple(map(str, range(N_ITEMS)))


def chosen_and_judged(truth: Floats, random_share: float, rng: np.random.Generator) -> BradleyTerry:
    """The fit of judgments of pairs that were chosen by ranking, one after the other."""
    beliefs = Beliefs.prior(ITEMS, PROMPTS, scale=SCALE)
    nothing = np.empty(0, dtype=np.int64)
    pairs = OpenPairs.without(PromptPairs(PROMPTS), N_ITEMS, nothing, nothing)
    rows = []
    for _ in range(N_JUDGMENTS):
        chosen = choose_next(beliefs, pairs, Policy.RANKING, random_share=random_share, rng=rng)
        assert chosen is not None
        chance = logistic(truth[[chosen.first]] - truth[[chosen.second]])[0]
        outcome = 1 if rng.random() < chance else -1
        beliefs.answer(chosen.first, chosen.second, outcome)
        rows.append((chosen.first, chosen.second, outcome))
    first, second, outcomes = np.array(rows, dtype=np.int64).T
    nobody = np.zeros(N_JUDGMENTS, dtype=np.int64)
    data = Comparisons(ITEMS, PROMPTS, first, second, outcomes, nobody)
    return fit_bradley_terry(data, prior_scale=SCALE)


def test_estimates_from_chosen_pairs_are_as_good_as_from_random_ones() -> None:
    """Strengths are drawn from the prior of the fit, and pairs chosen by what was answered before.

    The likelihood does not care why a pair was asked, so no weights are needed: 95 % intervals of
    differences hold 95 %, with a standard error of .010 over these 40 studies. The most likely
    strengths lie a little nearer to 0 than the true ones, where answers are few, but not more so
    for being chosen: the regression of true on estimated strengths has slope 1.065 (standard error
    .017) over 100 studies with random pairs and 1.063 (.022) with chosen ones, so over 40 the
    difference has .044. The bounds are four standard errors.
    """
    rng = np.random.default_rng(0)
    one, other = possible_pairs(PROMPTS)
    slopes, held = [], []
    for share in (1.0, 0.1):
        products = squares = 0.0
        for _ in range(N_STUDIES):
            truth = SCALE * rng.normal(size=N_ITEMS)
            truth -= truth.mean()
            fit = chosen_and_judged(truth, share, rng)
            products += float(fit.strengths @ truth)
            squares += float(fit.strengths @ fit.strengths)
            if share < 1:
                reach = 1.959964 * np.sqrt(fit.log_odds_variance(one, other))
                missed = np.abs(fit.log_odds(one, other) - (truth[one] - truth[other])) > reach
                held.append(1 - missed.mean())
        slopes.append(products / squares)
    assert abs(slopes[1] - slopes[0]) < 0.176
    assert 0.91 < np.mean(held) < 0.99
