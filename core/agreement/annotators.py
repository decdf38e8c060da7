"""Agreement between every two annotators: what Cohen's kappa and intervals by annotator need."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.agreement.coefficients import (
    Coefficient,
    Weighing,
    beyond_chance,
    ordinal_distances,
)
from core.agreement.coincidences import weightings
from core.agreement.ratings import Ratings
from core.judgment import Floats, Indices

#: Pairs of answers looked at together.
AT_ONCE = 2_000_000
#: Up to so many annotators the sums are held as a full table.
FULL_TABLE = 1_000
#: Work that a bootstrap by annotator may take: rounds times pairs of annotators.
MAX_WORK = 10**8
FEWEST_ROUNDS = 200
#: With fewer annotators drawing them anew says little.
MIN_ANNOTATORS = 5


@dataclass(frozen=True, slots=True, eq=False)
class PairsOfAnnotators:
    r"""Sums over the units that two annotators share, one column each pair of them.

    A coefficient for people with weights :math:`w_a` counts every pair of answers
    :math:`w_a w_b` times; with all weights 1 it is the coefficient itself.

    Attributes
    ----------
    one, other : ndarray of int64, shape (n_pairs,)
        Annotators, `one < other`, who share a unit.
    shared : ndarray, shape (3, n_pairs)
        Units that both judged, in the weightings of `Coincidences`.
    agreed : ndarray, shape (3, n_pairs)
        The same, times the weight of agreement; the third times the distance of the answers.
    answers, marginals : ndarray, shape (n_annotators, k)
        How often each gave each answer about units that somebody else judged too; about all
        units, one over the number of answers each.
    distances : ndarray, shape (k, k)
        Of answers, for alpha. Ordinal ones are those of all answers and stay what they are when
        annotators are weighted.
    """

    one: Indices
    other: Indices
    shared: Floats
    agreed: Floats
    answers: Floats
    marginals: Floats
    distances: Floats

    @classmethod
    def of(cls, ratings: Ratings, weighing: Weighing) -> "PairsOfAnnotators":
        """Add up every pair of answers about one unit."""
        n_people, k = len(ratings.annotators), ratings.n_categories
        people = ratings.people[ratings.unit]
        cells, size = ratings.annotator * k + ratings.category, n_people * k
        answers = np.bincount(cells, people > 1, size).astype(np.float64).reshape(n_people, k)
        marginals = np.bincount(cells, 1 / people, size).astype(np.float64).reshape(n_people, k)
        distances = weighing.distances
        if distances is None:
            distances = ordinal_distances(answers.sum(axis=0))
        weights = np.stack([weighing.weights.ravel(), distances.ravel()])
        keys, shared, agreed = _added_up(ratings, weights)
        return cls(keys // n_people, keys % n_people, shared, agreed, answers, marginals, distances)

    @property
    def n_annotators(self) -> int:
        return len(self.answers)

    def chance(self, weights: Floats) -> Floats:
        """How often two annotators would agree who answer apart as each does; shape (n_pairs,)."""
        own = self.answers / np.maximum(self.answers.sum(axis=1, keepdims=True), 1.0)
        by_chance: Floats = ((own @ weights)[self.one] * own[self.other]).sum(axis=1)
        return by_chance


@dataclass(frozen=True, slots=True, eq=False)
class Weighted:
    """The sums of all pairs of annotators under weights of annotators; each (n_rounds, ...)."""

    shared: Floats
    agreed: Floats
    chance: Floats
    answers: Floats
    marginals: Floats
    distances: Floats

    def coefficient(self, which: Coefficient, weighing: Weighing) -> Floats:
        """One coefficient under each of the weights; nan where it is not determined."""
        shared = np.where(self.shared > 0, self.shared, np.nan)
        agreed = self.agreed / shared
        if which is Coefficient.PERCENT:
            percent: Floats = agreed[0]
            return percent
        if which is Coefficient.COHEN:
            return beyond_chance(agreed[0], self.chance / shared[0])
        if which is Coefficient.KRIPPENDORFF:
            return _alpha(self.answers, agreed[2], self.distances)
        share = self.marginals / self.marginals.sum(axis=1, keepdims=True)
        if which is Coefficient.FLEISS:
            return beyond_chance(agreed[1], ((share @ weighing.weights) * share).sum(axis=1))
        k = share.shape[1]
        spread = (share * (1 - share)).sum(axis=1)
        if k == 1:
            return np.full(len(share), np.nan)
        return beyond_chance(agreed[1], weighing.weights.sum() / (k * (k - 1)) * spread)


def everybody(pairs: PairsOfAnnotators, weighing: Weighing) -> Weighted:
    """The sums as they are: one round in which all weights are 1."""
    return _under(pairs, weighing, np.ones((1, pairs.n_annotators)))


def one_left_out(pairs: PairsOfAnnotators, weighing: Weighing) -> Weighted:
    """The sums without each annotator in turn: a round for each."""
    chance = pairs.shared[0] * pairs.chance(weighing.weights)
    columns = np.vstack([pairs.shared, pairs.agreed, chance[None]])
    n = pairs.n_annotators
    own = [np.bincount(pairs.one, x, n) + np.bincount(pairs.other, x, n) for x in columns]
    left = columns.sum(axis=1)[:, None] - np.stack(own)
    return Weighted(
        shared=np.where(left[:3] > ROUNDING * columns[:3].sum(axis=1)[:, None], left[:3], 0.0),
        agreed=left[3:6],
        chance=left[6],
        answers=pairs.answers.sum(axis=0) - pairs.answers,
        marginals=pairs.marginals.sum(axis=0) - pairs.marginals,
        distances=pairs.distances,
    )


#: The weighting of units that each coefficient takes its agreement from.
WEIGHTING = {
    Coefficient.PERCENT: 0,
    Coefficient.COHEN: 0,
    Coefficient.FLEISS: 1,
    Coefficient.GWET: 1,
    Coefficient.KRIPPENDORFF: 2,
}


def variance(pairs: PairsOfAnnotators, weighing: Weighing, which: Coefficient) -> float:
    r"""Variance of a coefficient over annotators; infinite where leaving one out leaves nothing.

    The delete-one jackknife counts the noise of each pair of annotators twice, once for each of
    them, so that it is taken out once, as in variances of sums over dyads [1]_:

    .. math::
        V = \frac{A - 1}{A} \sum_a (\kappa_{-a} - \bar\kappa)^2 - \sum_{a<b} g_{ab}^2,
        \qquad g_{ab} = \frac{1 - \kappa}{1 - p} \cdot \frac{G_{ab} - p\,T_{ab}}{\sum T}

    with :math:`G_{ab}` what two annotators agree about of the :math:`T_{ab}` units they share, and
    p the share of both sums. At least half of the jackknife is left: with noise of pairs alone the
    jackknife is twice the variance.

    References
    ----------
    .. [1] Aronow, Samii and Assenova, "Cluster-robust variance estimation for dyadic data",
       Political Analysis 23(4), 2015.
    """
    n = pairs.n_annotators
    without = one_left_out(pairs, weighing).coefficient(which, weighing)
    if n < FEWEST or not np.isfinite(without).all():
        return np.inf
    jackknife = (n - 1) / n * float(((without - without.mean()) ** 2).sum())
    row = WEIGHTING[which]
    agreed, shared = pairs.agreed[row], pairs.shared[row]
    mean, total = float(agreed.sum() / shared.sum()), float(shared.sum())
    # Of alpha `agreed` are distances: the same with 1 - p the mean distance.
    apart = mean if which is Coefficient.KRIPPENDORFF else 1 - mean
    value = float(everybody(pairs, weighing).coefficient(which, weighing)[0])
    factor = (1 - value) / apart if apart > 0 else 0.0
    dyads = float((((agreed - mean * shared) * factor / total) ** 2).sum())
    return max(jackknife - dyads, jackknife / 2)


def drawn(
    pairs: PairsOfAnnotators, weighing: Weighing, rng: np.random.Generator, n_rounds: int
) -> Weighted:
    """The sums with annotators drawn anew with replacement.

    Two copies of one person are no pair: they would agree perfectly. Rounds are fewer, but at
    least `FEWEST_ROUNDS`, where annotators are so many that it would take long.
    """
    n = pairs.n_annotators
    n_rounds = min(n_rounds, max(FEWEST_ROUNDS, MAX_WORK // max(len(pairs.one), 1)))
    keys = rng.integers(n, size=(n_rounds, n)) + n * np.arange(n_rounds)[:, None]
    times = np.bincount(keys.ravel(), minlength=n * n_rounds).reshape(n_rounds, n)
    return _under(pairs, weighing, times.astype(np.float64))


#: Leaving one out has to leave a pair.
FEWEST = 3
ROUNDING = 1e-9


def _under(pairs: PairsOfAnnotators, weighing: Weighing, times: Floats) -> Weighted:
    chance = pairs.shared[0] * pairs.chance(weighing.weights)
    columns = np.vstack([pairs.shared, pairs.agreed, chance[None]])
    if pairs.n_annotators <= FULL_TABLE and len(times) > 1:
        sums = np.stack([_quadratic(pairs, column, times) for column in columns])
    else:
        sums = np.empty((len(columns), len(times)))
        for number, row in enumerate(times):
            sums[:, number] = columns @ (row[pairs.one] * row[pairs.other])
    return Weighted(
        shared=sums[:3],
        agreed=sums[3:6],
        chance=sums[6],
        answers=times @ pairs.answers,
        marginals=times @ pairs.marginals,
        distances=pairs.distances,
    )


def _quadratic(pairs: PairsOfAnnotators, column: Floats, times: Floats) -> Floats:
    table = np.zeros((pairs.n_annotators, pairs.n_annotators))
    table[pairs.one, pairs.other] = column
    sums: Floats = ((times @ table) * times).sum(axis=1)
    return sums


def _alpha(answers: Floats, disagreed: Floats, distances: Floats) -> Floats:
    n = answers.sum(axis=1)
    expected = ((answers @ distances) * answers).sum(axis=1) / np.maximum(n * (n - 1), 1.0)
    alpha: Floats = 1 - disagreed / np.where(expected > 0, expected, np.nan)
    return alpha


def _added_up(ratings: Ratings, weights: Floats) -> tuple[Indices, Floats, Floats]:
    """Keys of the pairs of annotators, and what they share and agree about; (3, n_pairs) each.

    `weights` (2, k * k) are those of agreement and distances.
    """
    n_kinds = ratings.n_categories**2
    keys, columns = [np.empty(0, dtype=np.int64)], [np.empty((6, 0))]
    for key, said, weighting in _met(ratings):
        # Sorting numbers is fast; adding up at the places of two million pairs is not.
        met, times = np.unique(key * n_kinds + said, return_counts=True)
        same, apart = weights[:, met % n_kinds] * times
        found, begin = np.unique(met // n_kinds, return_index=True)
        sums = np.add.reduceat(np.stack([times, same, apart]), begin, axis=1)
        keys.append(found)
        columns.append(np.concatenate([weighting[:, None] * sums[0],
                                       weighting[:, None] * sums[[1, 1, 2]]]))  # fmt: skip
    every, order = np.concatenate(keys), np.argsort(np.concatenate(keys), kind="stable")
    found, begin = np.unique(every[order], return_index=True)
    if len(found) == 0:
        return found, np.zeros((3, 0)), np.zeros((3, 0))
    total = np.add.reduceat(np.concatenate(columns, axis=1)[:, order], begin, axis=1)
    return found, total[:3], total[3:]


def _met(ratings: Ratings) -> Iterator[tuple[Indices, Indices, Floats]]:
    """Pairs of answers about one unit: key of the annotators, key of the answers, weightings.

    Units with equally many people are handled together, as their weightings are the same.
    """
    n_people = len(ratings.annotators)
    for size in np.unique(ratings.people[ratings.people > 1]).tolist():
        weighting = np.array([part.item() for part in weightings(np.array(float(size)))])
        one, other = np.triu_indices(size, 1)
        starts = ratings.starts[ratings.people == size]
        step = max(1, AT_ONCE // len(one))
        for begin in range(0, len(starts), step):
            rows = starts[begin : begin + step, None] + np.arange(size)
            who, what = ratings.annotator[rows], ratings.category[rows]
            key = (who[:, one] * n_people + who[:, other]).ravel()
            yield key, (what[:, one] * ratings.n_categories + what[:, other]).ravel(), weighting
