"""What each person's or batch's judgments are worth for predicting others: data Shapley."""

from collections.abc import Callable
from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import NDArray

from core.errors import DiscernError
from core.estimates import Estimate, clustered_mean
from core.judgment import Floats, Indices

#: Scores (such as minus log loss) of each held-out judgment, shape (n,), of a model that learned
#: from the players marked; it is also asked about nobody.
Value = Callable[[NDArray[np.bool_]], Floats]

MOST_EXACT = 12


class TooManyPlayersError(DiscernError):
    """All subsets were asked for where there are too many."""

    def __init__(self, n_players: int) -> None:
        super().__init__(
            f"Exact values need a fit for every subset: {n_players} people or batches are too "
            f"many, {MOST_EXACT} are possible. Use the Monte Carlo estimate, or larger batches."
        )


@dataclass(frozen=True, slots=True)
class DataValues:
    """What each player adds, on average over all orders in which they could have come.

    Attributes
    ----------
    values : tuple of Estimate
        In units of the score. They add up to `total`, but for truncation and rounding. Each
        interval contains other held-out judgments, and other orders where they were drawn.
    total : float
        Score of all minus score of nobody.
    n_orders : int or None
        Orders drawn; None where all subsets were computed.
    n_fits : int
    truncated : float
        Share of steps that were not computed because all that is left adds next to nothing.
    converged : bool
        Whether what chance of the orders adds is below the tolerance.
    """

    values: tuple[Estimate, ...]
    total: float
    n_orders: int | None
    n_fits: int
    truncated: float
    converged: bool


def exact_values(
    value: Value, n_players: int, cluster: Indices, *, level: float = 0.95
) -> DataValues:
    r"""Shapley values from a fit for every subset [1]_ [2]_.

    .. math::
        \phi_i = \frac1n \sum_{S \not\ni i} \binom{n-1}{|S|}^{-1}
        \bigl(v(S \cup \{i\}) - v(S)\bigr)

    Parameters
    ----------
    value : callable
        From marks of players, shape (n_players,), to the scores of held-out judgments.
    n_players : int
    cluster : ndarray of int64, shape (n,)
        Of the held-out judgments: the pair.

    Raises
    ------
    TooManyPlayersError
        If there are more than `MOST_EXACT`.

    References
    ----------
    .. [1] Shapley, "A value for n-person games", 1953.
    .. [2] Ghorbani and Zou, "Data Shapley: equitable valuation of data for machine learning",
       ICML 2019, arXiv:1904.02868.
    """
    if n_players > MOST_EXACT:
        raise TooManyPlayersError(n_players)
    marks = (np.arange(1 << n_players)[:, None] >> np.arange(n_players)) & 1 > 0
    scores = np.array([value(marked) for marked in marks])
    sizes = marks.sum(axis=1)
    added = np.zeros((n_players, scores.shape[1]))
    for player in range(n_players):
        without = np.flatnonzero(~marks[:, player])
        weight = np.array([1 / (n_players * comb(n_players - 1, int(sizes[s]))) for s in without])
        added[player] = weight @ (scores[without | (1 << player)] - scores[without])
    return DataValues(
        values=tuple(clustered_mean(gain, cluster, level=level) for gain in added),
        total=float((scores[-1] - scores[0]).mean()),
        n_orders=None,
        n_fits=len(marks),
        truncated=0.0,
        converged=True,
    )


def monte_carlo_values(
    value: Value,
    n_players: int,
    cluster: Indices,
    *,
    rng: np.random.Generator,
    tolerance: float = 0.001,
    negligible: float = 0.0,
    min_orders: int = 10,
    max_orders: int = 200,
    level: float = 0.95,
) -> DataValues:
    r"""Shapley values from players coming in random orders, truncated [1]_.

    Each order adds players one by one; what a player adds to those before them is averaged. Once
    the score is within `negligible` of that of all, the rest of the order adds 0. It stops when
    the standard error of every value over orders is below `tolerance`, or after `max_orders`.

    The variance of a value is the sum of two: between orders (known from their number), and
    between clusters of held-out judgments.

    Parameters
    ----------
    value, n_players, cluster
        As in `exact_values`.
    rng : numpy Generator
    tolerance, negligible : float
        In units of the score.

    References
    ----------
    .. [1] Ghorbani and Zou, ICML 2019, algorithm 1 (TMC-Shapley).
    """
    nobody, everybody = (np.full(n_players, marked) for marked in (False, True))
    worst, best = value(nobody), value(everybody)
    added = np.zeros((n_players, len(best)))
    first, second = np.zeros(n_players), np.zeros(n_players)
    n_orders = n_fits = n_cut = 0
    error = np.full(n_players, np.inf)
    while n_orders < max_orders and (n_orders < min_orders or error.max() > tolerance):
        marked, before = nobody.copy(), worst
        for step, player in enumerate(rng.permutation(n_players)):
            if abs(float((best - before).mean())) <= negligible:
                n_cut += n_players - step
                break
            marked[player] = True
            after = best if step == n_players - 1 else value(marked.copy())
            n_fits += 1
            gain, before = after - before, after
            added[player] += gain
            first[player] += gain.mean()
            second[player] += gain.mean() ** 2
        n_orders += 1
        if n_orders > 1:
            mean = first / n_orders
            error = np.sqrt(np.maximum(second / n_orders - mean**2, 0) / (n_orders - 1))
    return DataValues(
        values=tuple(
            _with_both(clustered_mean(gain / n_orders, cluster, level=level), spread, level)
            for gain, spread in zip(added, error.tolist(), strict=True)
        ),
        total=float((best - worst).mean()),
        n_orders=n_orders,
        n_fits=n_fits + 2,
        truncated=n_cut / (n_orders * n_players),
        converged=bool(error.max() <= tolerance),
    )


def _with_both(estimate: Estimate, error: float, level: float) -> Estimate:
    """Widen an interval over held-out judgments by the standard error over orders."""
    from core.estimates import normal_quantile

    reach = float(np.hypot(estimate.high - estimate.value, normal_quantile(level) * error))
    return Estimate(estimate.value, estimate.value - reach, estimate.value + reach, estimate.n)
