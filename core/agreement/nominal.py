"""Single coefficients: two of nominal answers by bootstrap, and alpha at once from counts."""

import numpy as np

from core.agreement.coefficients import Scale, Weighing, krippendorff, percent
from core.agreement.coincidences import (
    Coincidences,
    draw_units,
    influence,
    people_in,
    percentile_interval,
)
from core.agreement.ratings import CODES, Ratings
from core.estimates import Estimate, NotDeterminedError, normal_quantile
from core.judgment import Floats, Indices


def raw_agreement(
    unit: Indices,
    annotator: Indices,
    category: Indices,
    *,
    level: float = 0.95,
    n_rounds: int = 1000,
    seed: int = 0,
) -> Estimate:
    r"""Share of agreeing pairs of annotators, among all pairs of annotators who judged one unit.

    .. math:: \sum_u \sum_c n_{uc} (n_{uc} - 1) \Big/ \sum_u n_u (n_u - 1)

    with :math:`n_{uc}` annotators who gave unit u answer c. The interval is the percentile
    interval of units drawn anew with replacement, in random blocks where there are many.

    Parameters
    ----------
    unit : ndarray of int64, shape (n,)
        The pair of items that each answer is about.
    annotator : ndarray of int64, shape (n,)
        Who gave it. Rows are in order of time: of several answers of one person about one unit
        only the last counts, as what people answer twice says nothing about agreement between
        people.
    category : ndarray of int64, shape (n,)
        The answer, from `CODES`; of the items, not of the sides.
    level : float
        Of the interval.
    n_rounds : int
        Times that units are drawn anew.

    Returns
    -------
    Estimate
        In [0, 1]; `n` is the number of answers about units with two or more. The ends are
        infinite where there is one such unit only.

    Raises
    ------
    NotDeterminedError
        If no unit was judged by two people.
    """
    ratings = _nominal(unit, annotator, category)
    sums, rounds = _drawn(ratings, n_rounds, seed)
    weighing = Weighing.of(Scale.NOMINAL, ratings.n_categories)
    return _with_interval(percent(sums, weighing), percent(rounds, weighing), ratings, level)


def krippendorff_alpha(
    unit: Indices,
    annotator: Indices,
    category: Indices,
    *,
    level: float = 0.95,
    n_rounds: int = 1000,
    seed: int = 0,
) -> Estimate:
    r"""Krippendorff's alpha for nominal answers: agreement beyond chance.

    1 is perfect agreement, 0 what chance gives; the formula is that of
    `coefficients.krippendorff`. Units may be judged by different numbers of people. Parameters,
    interval and errors are those of `raw_agreement`; rounds in which only one answer occurs, so
    that chance agreement is perfect, are left out of the interval.

    Raises
    ------
    NotDeterminedError
        If no unit was judged by two people, or all gave the same answer.
    """
    ratings = _nominal(unit, annotator, category)
    sums, rounds = _drawn(ratings, n_rounds, seed)
    weighing = Weighing.of(Scale.NOMINAL, ratings.n_categories)
    value = krippendorff(sums, weighing)
    if not np.isfinite(value):
        raise NotDeterminedError(
            "Krippendorff's alpha is not determined: everybody gave the same answer to every pair, "
            "so that there is no disagreement by chance to compare with. Look at raw agreement."
        )
    return _with_interval(value, krippendorff(rounds, weighing), ratings, level)


def alpha_of_counts(
    counts: Floats, *, scale: Scale = Scale.NOMINAL, level: float = 0.95
) -> Estimate:
    """Krippendorff's alpha with its analytic interval, as fast as it can be had.

    Parameters
    ----------
    counts : ndarray, shape (n_units, n_categories)
        How many people gave each answer, as from `ratings.counts_of_matrix`.

    Returns
    -------
    Estimate
        The interval is that by pair of `measuring.measure_agreement`.

    Raises
    ------
    NotDeterminedError
        If no unit was judged by two people, or all gave the same answer.
    """
    people, weighing = people_in(counts), Weighing.of(scale, counts.shape[1])
    n_units, n_answers = int((people > 1).sum()), int(people[people > 1].sum())
    if n_units == 0:
        raise NotDeterminedError(
            "Alpha is not determined: no unit has two answers. Count what two people answered."
        )
    sums = Coincidences.of_answers(counts, people)
    value = float(krippendorff(sums, weighing))
    if not np.isfinite(value):
        raise NotDeterminedError(
            "Alpha is not determined: all answers are the same. Look at raw agreement."
        )
    if n_units == 1:
        return Estimate(value, -np.inf, np.inf, n_answers)
    moved = influence(lambda changed: krippendorff(changed, weighing), sums, counts)
    mean = moved.mean()
    spread = float(moved @ moved - len(moved) * mean**2) * n_units / (n_units - 1)
    reach = normal_quantile(level) * max(spread, 0.0) ** 0.5
    return Estimate(value, value - reach, min(value + reach, 1.0), n_answers)


def _nominal(unit: Indices, annotator: Indices, category: Indices) -> Ratings:
    ratings = Ratings.of(unit, annotator, category, n_categories=len(CODES))
    ratings.check_pairable()
    return ratings


def _drawn(ratings: Ratings, n_rounds: int, seed: int) -> tuple[Coincidences, Coincidences]:
    """The sums over units that two people judged, as they are and with units drawn anew."""
    counts = ratings.counts[ratings.people > 1]
    rng = np.random.default_rng(seed)
    return Coincidences.of(counts), draw_units(counts, rng, n_rounds)


def _with_interval(value: Floats, rounds: Floats, ratings: Ratings, level: float) -> Estimate:
    n = ratings.n_pairable
    if (ratings.people > 1).sum() == 1:
        return Estimate(float(value), -np.inf, np.inf, n)
    n_units = int((ratings.people > 1).sum())
    return Estimate(float(value), *percentile_interval(rounds, n_units, level), n)
