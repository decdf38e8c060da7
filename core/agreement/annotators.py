"""Agreement between every two annotators: what Cohen's kappa and intervals by annotator need."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from core.agreement.coefficients import (
    Coefficient,
    Weighing,
    beyond_chance,
    ordinal_distances,
)
from core.agreement.meetings import Meetings
from core.agreement.ratings import Ratings
from core.judgment import Floats, Indices

#: Up to so many annotators the sums are held as a full table: products of those are faster.
FULL_TABLE = 1_000
#: Work that a bootstrap by annotator may take: rounds times pairs of annotators.
MAX_WORK = 10**8
FEWEST_ROUNDS = 200
#: With fewer annotators drawing them anew says little.
MIN_ANNOTATORS = 5


@dataclass(frozen=True, eq=False)
class PairsOfAnnotators:
    r"""What two annotators said of the units that they share, one entry each pair of them.

    A coefficient for people with weights :math:`w_a` counts every pair of answers
    :math:`w_a w_b` times; with all weights 1 it is the coefficient itself.

    Attributes
    ----------
    weighing : Weighing
    one, other : ndarray of int64, shape (n_pairs,)
        Annotators, `one < other`, who share a unit.
    answers, marginals : ndarray, shape (n_annotators, k)
        How often each gave each answer about units that somebody else judged too; about all
        units, one over the number of answers each.
    distances : ndarray, shape (k, k)
        Of answers, for alpha. Ordinal ones are those of all answers and stay what they are when
        annotators are weighted.
    met : Meetings
    """

    weighing: Weighing
    one: Indices
    other: Indices
    answers: Floats
    marginals: Floats
    distances: Floats
    met: Meetings

    @classmethod
    def of(cls, ratings: Ratings, weighing: Weighing) -> "PairsOfAnnotators":
        """Find every pair of answers about one unit."""
        n_people, k = len(ratings.annotators), ratings.n_categories
        people = ratings.people[ratings.unit]
        cells, size = ratings.annotator * k + ratings.category, n_people * k
        answers = np.bincount(cells, people > 1, size).astype(np.float64).reshape(n_people, k)
        marginals = np.bincount(cells, 1 / people, size).astype(np.float64).reshape(n_people, k)
        distances = weighing.distances
        if distances is None:
            distances = ordinal_distances(answers.sum(axis=0))
        keys, met = Meetings.of(ratings)
        one, other = np.divmod(keys, n_people)
        return cls(weighing, one, other, answers, marginals, distances, met)

    @property
    def n_annotators(self) -> int:
        return len(self.answers)

    @cached_property
    def shared(self) -> "_Columns":
        """Units that both judged, in each weighting of `Coincidences`; shape (n_pairs,)."""
        return _Columns(self.met.shared)

    @cached_property
    def agreed(self) -> "_Columns":
        """The same, times the weight of agreement; the third times the distance of the answers."""
        tables = (self.weighing.weights, self.weighing.weights, self.distances)
        return _Columns(lambda row: self.met.agreed(row, tables[row]))

    @cached_property
    def by_chance(self) -> Floats:
        """Units shared, times how often both would agree who answer apart; shape (n_pairs,)."""
        own = self.answers / np.maximum(self.answers.sum(axis=1, keepdims=True), 1.0)
        table = own @ self.weighing.weights
        agreed = sum(table[self.one, c] * own[self.other, c] for c in range(own.shape[1]))
        by_chance: Floats = self.shared[0] * np.asarray(agreed)
        return by_chance


class _Columns(dict[int, Floats]):
    """Columns by the number of a weighting, each added up when it is first asked for."""

    def __init__(self, make: Callable[[int], Floats]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, row: int) -> Floats:
        self[row] = self._make(row)
        return self[row]


@dataclass(frozen=True, slots=True, eq=False)
class Weighted:
    """A coefficient under weights of annotators, a round for each set of weights.

    Attributes
    ----------
    add : function of an ndarray (n_pairs,) that returns an ndarray (n_rounds,)
        Adds up a column of pairs of annotators under the weights.
    answers, marginals : ndarray, shape (n_rounds, k)
    """

    pairs: PairsOfAnnotators
    add: Callable[[Floats], Floats]
    answers: Floats
    marginals: Floats

    def coefficient(self, which: Coefficient) -> Floats:
        """One coefficient in each round, shape (n_rounds,); nan where it is not determined."""
        pairs, row = self.pairs, WEIGHTING[which]
        shared = self.add(pairs.shared[row])
        shared = np.where(shared > ROUNDING * pairs.shared[row].sum(), shared, np.nan)
        agreed = self.add(pairs.agreed[row]) / shared
        if which is Coefficient.KRIPPENDORFF:
            return _alpha(self.answers, agreed, pairs.distances)
        if which is Coefficient.PERCENT:
            return agreed
        if which is Coefficient.COHEN:
            return beyond_chance(agreed, self.add(pairs.by_chance) / shared)
        share = self.marginals / self.marginals.sum(axis=1, keepdims=True)
        weights = pairs.weighing.weights
        if which is Coefficient.FLEISS:
            return beyond_chance(agreed, ((share @ weights) * share).sum(axis=1))
        k = share.shape[1]
        spread = (share * (1 - share)).sum(axis=1)
        if k == 1:
            return np.full(len(share), np.nan)
        return beyond_chance(agreed, weights.sum() / (k * (k - 1)) * spread)


def one_left_out(pairs: PairsOfAnnotators) -> Weighted:
    """Without each annotator in turn: a round for each."""
    n = pairs.n_annotators

    def add(column: Floats) -> Floats:
        own = np.bincount(pairs.one, column, n) + np.bincount(pairs.other, column, n)
        rest: Floats = column.sum() - own
        return rest

    return Weighted(
        pairs,
        add,
        pairs.answers.sum(axis=0) - pairs.answers,
        pairs.marginals.sum(axis=0) - pairs.marginals,
    )


#: The weighting of units that each coefficient takes its agreement from.
WEIGHTING = {
    Coefficient.PERCENT: 0,
    Coefficient.COHEN: 0,
    Coefficient.FLEISS: 1,
    Coefficient.GWET: 1,
    Coefficient.KRIPPENDORFF: 2,
}


def variance(pairs: PairsOfAnnotators, which: Coefficient, value: float) -> float:
    r"""Variance of a coefficient over annotators; infinite where leaving one out leaves nothing.

    The delete-one jackknife counts the noise of each pair of annotators twice, once for each of
    them, so that it is taken out once, as in variances of sums over dyads [1]_:

    .. math::
        V = \frac{A - 1}{A} \sum_a (\kappa_{-a} - \bar\kappa)^2 - \sum_{a<b} g_{ab}^2,
        \qquad g_{ab} = \frac{1 - \kappa}{1 - p} \cdot \frac{G_{ab} - p\,T_{ab}}{\sum T}

    with :math:`G_{ab}` what two annotators agree about of the :math:`T_{ab}` units they share, and
    p the share of both sums. At least half of the jackknife is left: with noise of pairs alone the
    jackknife is twice the variance.

    Parameters
    ----------
    value : float
        The coefficient of all.

    References
    ----------
    .. [1] Aronow, Samii and Assenova, "Cluster-robust variance estimation for dyadic data",
       Political Analysis 23(4), 2015.
    """
    n = pairs.n_annotators
    without = one_left_out(pairs).coefficient(which)
    if n < FEWEST or not np.isfinite(without).all():
        return np.inf
    jackknife = (n - 1) / n * float(((without - without.mean()) ** 2).sum())
    row = WEIGHTING[which]
    agreed, shared = pairs.agreed[row], pairs.shared[row]
    mean, total = float(agreed.sum() / shared.sum()), float(shared.sum())
    # Of alpha `agreed` are distances: the same with 1 - p the mean distance.
    apart = mean if which is Coefficient.KRIPPENDORFF else 1 - mean
    factor = (1 - value) / apart if apart > 0 else 0.0
    beside = agreed - mean * shared
    dyads = (factor / total) ** 2 * float(beside @ beside)
    return max(jackknife - dyads, jackknife / 2)


def drawn(pairs: PairsOfAnnotators, rng: np.random.Generator, n_rounds: int) -> Weighted:
    """With annotators drawn anew with replacement.

    Two copies of one person are no pair: they would agree perfectly. Rounds are fewer, but at
    least `FEWEST_ROUNDS`, where annotators are so many that it would take long.
    """
    n = pairs.n_annotators
    n_rounds = min(n_rounds, max(FEWEST_ROUNDS, MAX_WORK // max(len(pairs.one), 1)))
    keys = rng.integers(n, size=(n_rounds, n)) + n * np.arange(n_rounds)[:, None]
    times = np.bincount(keys.ravel(), minlength=n * n_rounds).reshape(n_rounds, n)
    return under(pairs, times.astype(np.float64))


def under(pairs: PairsOfAnnotators, times: Floats) -> Weighted:
    """With weights `times` (n_rounds, n_annotators)."""
    shape = (pairs.n_annotators, pairs.n_annotators)

    def add(column: Floats) -> Floats:
        table: Any
        if pairs.n_annotators <= FULL_TABLE:
            table = np.zeros(shape)
            table[pairs.one, pairs.other] = column
        else:
            from scipy.sparse import coo_array  # here, as scipy takes long to import

            table = coo_array((column, (pairs.one, pairs.other)), shape).tocsr()
        sums: Floats = ((times @ table) * times).sum(axis=1)
        return sums

    return Weighted(pairs, add, times @ pairs.answers, times @ pairs.marginals)


#: Leaving one out has to leave a pair.
FEWEST = 3
ROUNDING = 1e-9


def _alpha(answers: Floats, disagreed: Floats, distances: Floats) -> Floats:
    n = answers.sum(axis=1)
    expected = ((answers @ distances) * answers).sum(axis=1) / np.maximum(n * (n - 1), 1.0)
    alpha: Floats = 1 - disagreed / np.where(expected > 0, expected, np.nan)
    return alpha
