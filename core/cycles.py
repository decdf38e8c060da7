"""Whether majorities run in circles, and more often than chance would have it."""

from dataclasses import dataclass
from math import comb

import numpy as np
from scipy.sparse import coo_array

from core.estimates import Estimate
from core.fitting.bradley_terry import fit_bradley_terry
from core.judgment import Comparisons, Floats, PairCounts
from core.models import GeneralPreference, logistic
from core.transitive_reading import MAX_ITEMS, connected_groups, log_odds_between


@dataclass(frozen=True, slots=True)
class CyclicTriads:
    """Triads of items all three pairs of which have a majority; how many of them run in a circle.

    Attributes
    ----------
    n_decided, n_cyclic : int
        Triads with a majority in every pair; those with a > b > c > a.
    expected_cyclic, expected_share : Estimate or None
        Number of cyclic triads and their share of the decided ones when the same pairs are judged
        as often by people for whom one strength per item is the whole truth: mean and central
        95 % of simulated rounds, whose number is `n`. None where no three items have judgments of
        all their pairs, the share also where a round had no decided triad.
    """

    n_decided: int
    n_cyclic: int
    expected_cyclic: Estimate | None
    expected_share: Estimate | None

    @property
    def share(self) -> float | None:
        """Share of decided triads that are cyclic; None where none is decided."""
        return self.n_cyclic / self.n_decided if self.n_decided else None


def cyclic_triads(comparisons: Comparisons, *, n_rounds: int = 200, seed: int = 0) -> CyclicTriads:
    r"""Count the decided and the cyclic triads, and what a transitive model expects.

    With D the matrix of majorities (1 where the row's item beats the column's) and
    :math:`U = D + D^T`, there are :math:`\mathrm{tr}(U^3) / 6` decided and
    :math:`\mathrm{tr}(D^3) / 3` cyclic triads [1]_. A majority that is a tie decides nothing.

    Even where one strength per item is the whole truth, chance turns some majorities against it
    and makes some triads cyclic. How many is simulated (posterior predictive check [2]_): each
    round draws strengths from the posterior of Bradley-Terry fitted to the judgments that were
    not ties, and as many such judgments of each pair as there are. Ties are left out because they
    take no part in a majority. Drawing the strengths, instead of taking the likeliest ones, which
    the prior pulls together, keeps the expected number from being too high where data are few.

    Parameters
    ----------
    n_rounds : int
        Simulated sets of judgments.

    References
    ----------
    .. [1] Kendall and Babington Smith, "On the method of paired comparisons", Biometrika 31,
       1940, count them in complete tournaments; the traces also allow for missing pairs.
    .. [2] Gelman, Meng and Stern, "Posterior predictive assessment of model fitness via realized
       discrepancies", Statistica Sinica 6, 1996.
    """
    decisive = comparisons.where(comparisons.outcome != 0)
    if len(decisive) == 0:
        return CyclicTriads(0, 0, None, None)
    counts = decisive.counts()
    n_decided, n_cyclic = _count(counts, counts.first_better - counts.second_better)
    rng = np.random.default_rng(seed)
    model = fit_bradley_terry(decisive)
    judgments = counts.total.astype(np.int64)
    rounds = np.empty((n_rounds, 2))
    for number, strengths in enumerate(model.draws(rng, n_rounds)):
        chance = logistic(strengths[counts.first] - strengths[counts.second])
        rounds[number] = _count(counts, 2 * rng.binomial(judgments, chance) - counts.total)
    decided, cyclic = rounds.T
    share = _summary(cyclic / decided) if decided.all() else None
    expected = _summary(cyclic) if n_decided or decided.any() else None
    return CyclicTriads(n_decided, n_cyclic, expected, share)


@dataclass(frozen=True, slots=True)
class FittedTriads:
    """Triads of connected items under one prompt, and how many a fitted model makes cyclic.

    Every pair has a favourite in a model, also pairs that nobody judged.
    """

    n_triads: int
    n_cyclic: int


def fitted_triads(model: GeneralPreference) -> FittedTriads | None:
    """Count the circles of three among the favourites of a fitted model.

    None where a group has more items than `core.transitive_reading.MAX_ITEMS`.
    """
    n_triads = n_cyclic = 0
    for items in connected_groups(model.component):
        if not model.n_planes:  # one number per item makes no circles
            n_triads += comb(len(items), 3)
            continue
        if len(items) > MAX_ITEMS:
            return None
        beats = (log_odds_between(model, items) > 0).astype(np.float64)
        n_cyclic += round(float(((beats @ beats) * beats.T).sum()) / 3)
        n_triads += comb(len(items), 3)
    return FittedTriads(n_triads, n_cyclic)


def _count(counts: PairCounts, majority: Floats) -> tuple[int, int]:
    """Decided and cyclic triads where `majority` (n_pairs,) is positive for the first item."""
    better = np.concatenate([counts.first[majority > 0], counts.second[majority < 0]])
    worse = np.concatenate([counts.second[majority > 0], counts.first[majority < 0]])
    shape = (counts.n_items, counts.n_items)
    beats = coo_array((np.ones(len(better)), (better, worse)), shape).tocsr()
    decided = beats + beats.T.tocsr()
    n_decided = (decided @ decided).multiply(decided).sum() / 6
    n_cyclic = (beats @ beats).multiply(beats.T.tocsr()).sum() / 3
    return round(n_decided), round(n_cyclic)


def _summary(rounds: Floats) -> Estimate:
    low, high = np.quantile(rounds, [0.025, 0.975])
    return Estimate(float(rounds.mean()), float(low), float(high), len(rounds))
