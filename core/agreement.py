"""How far annotators agree with each other, said of the items and not of the sides they saw."""

from collections.abc import Callable

import numpy as np

from core.estimates import Estimate, NotDeterminedError
from core.judgment import Floats, Indices, ItemOutcome

#: Codes of the answers. "Both bad" and "cannot be ranked" are answers here; a skipped pair was
#: not answered and has no code.
CODES = {
    ItemOutcome.FIRST: 0,
    ItemOutcome.SECOND: 1,
    ItemOutcome.TIE: 2,
    ItemOutcome.BOTH_BAD: 3,
    ItemOutcome.INCOMPARABLE: 4,
}
CHUNK = 10**6


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
    interval of units drawn anew with replacement.

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
    table = _answers_by_unit(unit, annotator, category)
    return _with_interval(_agreeing_share, table, level, n_rounds, seed)


def krippendorff_alpha(
    unit: Indices,
    annotator: Indices,
    category: Indices,
    *,
    level: float = 0.95,
    n_rounds: int = 1000,
    seed: int = 0,
) -> Estimate:
    r"""Krippendorff's alpha for nominal answers [1]_: agreement beyond chance.

    .. math::
        \alpha = 1 - \frac{D_o}{D_e}, \quad
        D_o = \frac1n \sum_u \frac{n_u^2 - \sum_c n_{uc}^2}{n_u - 1}, \quad
        D_e = \frac{n^2 - \sum_c n_c^2}{n (n - 1)}

    over units with at least two answers, of which there are n. 1 is perfect agreement, 0 what
    chance gives. Units may be judged by different numbers of people. Parameters, interval and
    errors are those of `raw_agreement`; rounds in which only one answer occurs, so that chance
    agreement is perfect, are left out of the interval.

    Raises
    ------
    NotDeterminedError
        If no unit was judged by two people, or all gave the same answer.

    References
    ----------
    .. [1] Krippendorff, "Computing Krippendorff's alpha-reliability", University of Pennsylvania,
       2011; "Content Analysis", 4th edition, Sage 2019, chapter 12.
    """
    table = _answers_by_unit(unit, annotator, category)
    if (table.sum(axis=0) > 0).sum() == 1:
        raise NotDeterminedError(
            "Krippendorff's alpha is not determined: everybody gave the same answer to every pair, "
            "so that there is no disagreement by chance to compare with. Look at raw agreement."
        )
    return _with_interval(_alpha, table, level, n_rounds, seed)


def _answers_by_unit(unit: Indices, annotator: Indices, category: Indices) -> Floats:
    """How many people gave each answer, for units that two people judged; (n_units, n_answers)."""
    if not np.isin(category, list(CODES.values())).all():
        raise ValueError(f"Categories are 0 to {len(CODES) - 1}, got {np.unique(category)}.")
    _, person = np.unique(annotator, return_inverse=True)
    who = unit * (person.max(initial=0) + 1) + person
    last = len(unit) - 1 - np.unique(who[::-1], return_index=True)[1]
    _, place = np.unique(unit[last], return_inverse=True)
    cells = place * len(CODES) + category[last]
    n_units = int(place.max()) + 1 if len(place) else 0
    counts = np.bincount(cells, minlength=n_units * len(CODES)).astype(np.float64)
    table: Floats = counts.reshape(n_units, len(CODES))
    table = table[table.sum(axis=1) > 1]
    if len(table) == 0:
        raise NotDeterminedError(
            "Agreement is not determined: no pair has been judged by two people. Raise the overlap "
            "of the study or invite more people."
        )
    return table


def _agreeing_share(table: Floats, weights: Floats) -> Floats:
    """Share of agreeing pairs of people, for rows of weights of the rows of the table."""
    people = table.sum(axis=1)
    agreeing = weights @ (table * (table - 1)).sum(axis=1)
    shares: Floats = agreeing / (weights @ (people * (people - 1)))
    return shares


def _alpha(table: Floats, weights: Floats) -> Floats:
    """Alpha for rows of weights; rows for which it is not determined are left out."""
    people = table.sum(axis=1)
    answers = weights @ table
    n = answers.sum(axis=1)
    observed = weights @ ((people**2 - (table**2).sum(axis=1)) / (people - 1)) / n
    expected = (n**2 - (answers**2).sum(axis=1)) / (n * (n - 1))
    determined = expected > 0
    alphas: Floats = 1 - observed[determined] / expected[determined]
    return alphas


def _with_interval(
    statistic: Callable[[Floats, Floats], Floats],
    table: Floats,
    level: float,
    n_rounds: int,
    seed: int,
) -> Estimate:
    """Bootstrap by unit. Units with the same answers are drawn together, which is much faster."""
    kinds, counts = np.unique(table, axis=0, return_counts=True)
    value = float(statistic(kinds, counts[None, :].astype(np.float64))[0])
    n_answers = int(table.sum())
    if len(table) == 1:
        return Estimate(value, -np.inf, np.inf, n_answers)
    rng = np.random.default_rng(seed)
    at_once = max(1, CHUNK // len(kinds))
    rounds = []
    for begin in range(0, n_rounds, at_once):
        size = min(at_once, n_rounds - begin)
        drawn = rng.multinomial(len(table), counts / len(table), size=size)
        rounds.append(statistic(kinds, drawn.astype(np.float64)))
    low, high = np.quantile(np.concatenate(rounds), [(1 - level) / 2, (1 + level) / 2])
    return Estimate(value, float(low), float(high), n_answers)
