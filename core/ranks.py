"""Who is first, and how far down an item may be: ranks from draws of all strengths together."""

from dataclasses import dataclass

import numpy as np

from core.errors import DiscernError
from core.judgment import Floats, Indices

#: With fewer draws the ends of a 95 % interval are chance.
MIN_DRAWS = 200


class TooFewDrawsError(DiscernError):
    """Ranks were asked for from so few draws that chance would decide them."""

    def __init__(self, n_draws: int) -> None:
        super().__init__(
            f"Intervals of ranks need at least {MIN_DRAWS} draws of the strengths, got {n_draws}. "
            "Draw more."
        )


@dataclass(frozen=True, slots=True, eq=False)
class Ranks:
    """What is believed of the ranks of items; rank 1 is the strongest.

    Attributes
    ----------
    expected : ndarray, shape (n_items,)
        Posterior mean of the rank.
    low, high : ndarray of int64, shape (n_items,)
        Ends of the interval of each rank: no more than the share left over lies beyond either.
    best : ndarray, shape (n_items,)
        Probability of being the strongest; sums to one.
    among_top : ndarray, shape (n_items,)
        Probability of being one of the `top` strongest; sums to `top`.
    top : int
    n_draws : int
        Probabilities are known to about 0.5 / sqrt(n_draws).
    """

    expected: Floats
    low: Indices
    high: Indices
    best: Floats
    among_top: Floats
    top: int
    n_draws: int


def ranks_of(draws: Floats) -> Indices:
    """Rank of each item in each draw, 1 the strongest; shape (n_draws, n_items)."""
    order = np.argsort(-draws, axis=1, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(1, draws.shape[1] + 1)[None, :], axis=1)
    return ranks


def rank_items(draws: Floats, *, top: int = 3, level: float = 0.95) -> Ranks:
    r"""Summarise the ranks that items have in draws from the joint posterior of their strengths.

    Each draw ranks all items at once, so that what strengths share is in the ranks: two items
    whose intervals overlap may still be ordered almost surely, and the other way round [1]_. Each
    interval is meant for its item alone; that all of them hold at once is less likely.

    Parameters
    ----------
    draws : ndarray, shape (n_draws, n_items)
        Strengths of items of one prompt, from `BradleyTerry.draws`.
    top : int
        At most n_items of them count.
    level : float
        Of the equal-tailed intervals.

    Raises
    ------
    TooFewDrawsError
        If there are fewer than `MIN_DRAWS`.

    References
    ----------
    .. [1] Goldstein and Spiegelhalter, "League tables and their limitations: statistical issues
       in comparisons of institutional performance", JRSS A 159(3), 1996.
    """
    n_draws, n_items = draws.shape
    if n_draws < MIN_DRAWS:
        raise TooFewDrawsError(n_draws)
    if n_items == 0 or top < 1:
        raise ValueError(f"Need items and a top of at least 1, got {n_items} and {top}.")
    ranks, tail = ranks_of(draws), (1 - level) / 2
    top = min(top, n_items)
    low = np.quantile(ranks, tail, axis=0, method="lower")
    high = np.quantile(ranks, 1 - tail, axis=0, method="higher")
    return Ranks(
        expected=ranks.mean(axis=0),
        low=low.astype(np.int64),
        high=high.astype(np.int64),
        best=(ranks == 1).mean(axis=0),
        among_top=(ranks <= top).mean(axis=0),
        top=top,
        n_draws=n_draws,
    )
