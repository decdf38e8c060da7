"""Cohen's kappa: chance is how often two people agree who answer apart, each in their own way."""

from dataclasses import dataclass

import numpy as np

from core.agreement.annotators import PairsOfAnnotators
from core.agreement.coefficients import Weighing, beyond_chance
from core.agreement.ratings import Ratings
from core.estimates import NotDeterminedError, normal_quantile
from core.judgment import Floats, Indices


def unit_parts(ratings: Ratings, pairs: PairsOfAnnotators) -> Floats:
    """What each unit gives to Cohen's kappa; the coefficient follows from the sums over units.

    Returns
    -------
    ndarray, shape (n_units, 3)
        Pairs of people; their weighted agreement; their agreement by chance, with what the unit
        does to the shares of each person's answers, to first order: those parts sum to zero.
    """
    counts, people, starts = ratings.counts, ratings.people, ratings.starts
    own = pairs.answers / np.maximum(pairs.answers.sum(axis=1, keepdims=True), 1.0)
    weights = pairs.weighing.weights
    weighted = own @ weights
    table = (own * weighted).sum(axis=1)[:, None] - _chance_slopes(pairs, own, weighted)
    own_chance = np.add.reduceat(table[ratings.annotator, ratings.category], starts)
    together = np.stack(
        [np.add.reduceat(column[ratings.annotator], starts) for column in own.T], axis=1
    )
    chance = ((together @ weights) * together).sum(axis=1) - own_chance
    agreed = ((counts @ weights) * counts).sum(axis=1) - people
    parts = np.stack([(people * (people - 1)).astype(np.float64), agreed, chance], axis=1)
    return np.where(people[:, None] > 1, parts, 0.0)


def _chance_slopes(pairs: PairsOfAnnotators, own: Floats, weighted: Floats) -> Floats:
    """How much chance agreement of all pairs grows with one more answer; (n_annotators, k)."""
    slopes = np.empty_like(own)
    for answer in range(own.shape[1]):
        from_other = pairs.shared[0] * weighted[pairs.other, answer]
        from_one = pairs.shared[0] * weighted[pairs.one, answer]
        slopes[:, answer] = np.bincount(pairs.one, from_other, len(own))
        slopes[:, answer] += np.bincount(pairs.other, from_one, len(own))
    slopes -= (slopes * own).sum(axis=1, keepdims=True)
    slopes *= 2 / np.maximum(pairs.answers.sum(axis=1, keepdims=True), 1.0)
    return slopes


def influence(parts: Floats) -> Floats:
    """By how much each unit moves the coefficient, to first order; shape (n_units,)."""
    sums = parts.sum(axis=0)
    kappa = cohen_of_sums(sums)
    moved: Floats = parts @ np.array([-kappa, 1.0, kappa - 1]) / (sums[0] - sums[2])
    return moved


def cohen_of_sums(sums: Floats) -> Floats:
    r"""Cohen's kappa [1]_, for more than two people as Conger extends it [2]_.

    .. math:: \kappa = \frac{\sum_{a \ne b} n_{ab} (p_{ab} - p_a^T W p_b)}
                            {\sum_{a \ne b} n_{ab} (1 - p_a^T W p_b)}

    over pairs of people, with :math:`n_{ab}` units that both judged, :math:`p_{ab}` their weighted
    agreement and :math:`p_a` the shares of a's answers about units that others judged too. For two
    people it is Cohen's kappa, for several who all judged everything it is Conger's.

    Parameters
    ----------
    sums : ndarray, shape (..., 3)
        From `unit_parts`.

    References
    ----------
    .. [1] Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological
       Measurement 20(1), 1960; "Weighted kappa", Psychological Bulletin 70(4), 1968.
    .. [2] Conger, "Integration and generalization of kappas for multiple raters", Psychological
       Bulletin 88(2), 1980.
    """
    met, agreed, chance = np.moveaxis(sums, -1, 0)
    met = np.where(met > 0, met, np.nan)
    return beyond_chance(agreed / met, chance / met)


@dataclass(frozen=True, slots=True, eq=False)
class PairKappas:
    """Cohen's kappa of every two annotators who share enough units; arrays of length n_pairs.

    Attributes
    ----------
    one, other : ndarray of int64
        Numbers of the annotators as they were given.
    n_shared : ndarray of int64
        Units that both judged.
    percent, kappa : ndarray
        Kappa is nan where both always gave the same one answer.
    low, high : ndarray
        Of kappa, normal, by the large-sample variance for shares that are estimated [1]_.

    References
    ----------
    .. [1] Fleiss, Cohen and Everitt, "Large sample standard errors of kappa and weighted kappa",
       Psychological Bulletin 72(5), 1969.
    """

    one: Indices
    other: Indices
    n_shared: Indices
    percent: Floats
    kappa: Floats
    low: Floats
    high: Floats


#: With fewer shared units a large-sample interval means nothing.
MIN_SHARED = 10


def pair_kappas(
    ratings: Ratings, weighing: Weighing, *, min_shared: int = MIN_SHARED, level: float = 0.95
) -> PairKappas:
    """Cohen's kappa of every two annotators, for a table of who agrees with whom.

    Raises
    ------
    NotDeterminedError
        If no two annotators share `min_shared` units.
    """
    ratings.check_pairable()
    tables, one, other = _confusions(ratings)
    shared = tables.sum(axis=(1, 2))
    chosen = shared >= min_shared
    if not chosen.any():
        raise NotDeterminedError(
            f"No two annotators judged {min_shared} of the same pairs, so that kappas of two "
            "people say nothing. Look at agreement of all people together."
        )
    shares, n = tables[chosen] / shared[chosen, None, None], shared[chosen]
    agreed, kappa, variance = _kappa_of_tables(shares, weighing.weights)
    reach = normal_quantile(level) * np.sqrt(np.maximum(variance, 0.0) / n)
    return PairKappas(
        ratings.annotators[one[chosen]],
        ratings.annotators[other[chosen]],
        n.astype(np.int64),
        agreed,
        kappa,
        kappa - reach,
        np.minimum(kappa + reach, 1.0),
    )


def _kappa_of_tables(shares: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Agreement, kappa and n times its variance, of tables of shares (n, k, k)."""
    rows, columns = shares.sum(axis=2), shares.sum(axis=1)
    agreed = (shares * weights).sum(axis=(1, 2))
    chance = ((rows @ weights) * columns).sum(axis=1)
    kappa = beyond_chance(agreed, chance)
    mean = (columns @ weights)[:, :, None] + (rows @ weights)[:, None, :]
    gain = (weights - mean * (1 - kappa)[:, None, None]) ** 2
    spread = (shares * gain).sum(axis=(1, 2)) - (kappa - chance * (1 - kappa)) ** 2
    left = np.where(chance < 1, 1 - chance, np.nan)
    return agreed, kappa, spread / left**2


def _confusions(ratings: Ratings) -> tuple[Floats, Indices, Indices]:
    """How often two annotators gave which two answers; (n_pairs, k, k) with both annotators."""
    n_people, k = len(ratings.annotators), ratings.n_categories
    keys: list[Indices] = []
    for size in np.unique(ratings.people[ratings.people > 1]).tolist():
        one, other = np.triu_indices(size, 1)
        rows = ratings.starts[ratings.people == size, None] + np.arange(size)
        who, what = ratings.annotator[rows], ratings.category[rows]
        pair = who[:, one] * n_people + who[:, other]
        keys.append(((pair * k + what[:, one]) * k + what[:, other]).ravel())
    cells, counts = np.unique(np.concatenate(keys), return_counts=True)
    pairs, place = np.unique(cells // k**2, return_inverse=True)
    tables = np.zeros((len(pairs), k * k))
    tables[place, cells % k**2] = counts
    return tables.reshape(-1, k, k), pairs // n_people, pairs % n_people
