"""One order of several models over many subsets: by mean, by mean rank, by Kemeny's rule."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from core.estimates import Estimate, NotDeterminedError
from core.judgment import Floats, Indices

#: Kemeny's order is found exactly for so many models, and so many in each round of the interval;
#: the work doubles with each more.
MOST_EXACT, MOST_EXACT_DRAWN = 12, 6


@dataclass(frozen=True, slots=True)
class Aggregate:
    """An order of models and how sure it is.

    Attributes
    ----------
    rule : str
        "mean", "borda" or "kemeny".
    order : tuple of int
        Models, the best first.
    ranks : tuple of Estimate
        Of each model, 1 is the best; 95 % interval over subsets drawn anew.
    reversed_pairs : tuple of (int, int)
        (a, b): the order by mean has a before b, this one b before a.
    """

    rule: str
    order: tuple[int, ...]
    ranks: tuple[Estimate, ...]
    reversed_pairs: tuple[tuple[int, int], ...]


def aggregate_ranks(
    scores: Floats, *, n_rounds: int = 200, rng: np.random.Generator
) -> tuple[Aggregate, Aggregate, Aggregate]:
    """Order models by mean score, by mean rank (Borda) and by Kemeny's rule [1]_ [2]_.

    The mean lets a subset with wide scores decide; ranks let every subset speak equally. Ties
    share their ranks in Borda's rule, and say nothing in Kemeny's, which takes the order that
    contradicts the fewest subsets on pairs of models. With more
    than `MOST_EXACT` models it is sought from Borda's by moving one model at a time, and so it is
    for the interval with more than `MOST_EXACT_DRAWN`.

    Parameters
    ----------
    scores : ndarray, shape (n_models, n_subsets)
        Higher is better.
    rng : numpy Generator
        For the subsets drawn anew.

    Raises
    ------
    NotDeterminedError
        If there are fewer than two models or no subset.

    References
    ----------
    .. [1] Colombo, Noiry, Irurozki and Clémençon, "What are the best systems? New perspectives on
       NLP benchmarking", NeurIPS 2022, arXiv:2202.03799.
    .. [2] Kemeny, "Mathematics without numbers", Daedalus 88(4), 1959.
    """
    n_models, n_subsets = scores.shape
    if n_models < 2 or n_subsets < 1:  # noqa: PLR2004, an order needs two
        raise NotDeterminedError(
            f"An order needs two models and a subset, there are {n_models} and {n_subsets}. Fit "
            "another model or evaluate on a subset."
        )
    drawn = [
        _orders(scores[:, rng.integers(n_subsets, size=n_subsets)], MOST_EXACT_DRAWN)
        for _ in range(n_rounds)
    ]
    here = _orders(scores, MOST_EXACT)
    by_mean, by_rank, kemeny = (
        Aggregate(
            rule,
            tuple(here[which].tolist()),
            _ranks(here[which], np.array([orders[which] for orders in drawn]), n_subsets),
            _reversed(here[0], here[which]),
        )
        for which, rule in enumerate(("mean", "borda", "kemeny"))
    )
    return by_mean, by_rank, kemeny


def kemeny_order(preferred: Floats, start: Indices, most_exact: int = MOST_EXACT) -> Indices:
    """The order that agrees with the most preferences; shape (n_models,), the best first.

    Parameters
    ----------
    preferred : ndarray, shape (n_models, n_models)
        In how many subsets the row's model is better than the column's.
    start : ndarray of int64, shape (n_models,)
        An order; of equally good ones the one found first from it is taken.
    most_exact : int
        With more models the order is sought by moving one at a time.
    """
    if len(start) > most_exact:
        return _moved_one_by_one(preferred, start)
    return _exact_order(preferred, start)


def _exact_order(preferred: Floats, start: Indices) -> Indices:
    """Held and Karp's recursion over the set of the models that come first."""
    n = len(start)
    gain = preferred[np.ix_(start, start)]
    best = np.full(1 << n, -np.inf)
    best[0] = 0.0
    last = np.zeros(1 << n, dtype=np.int64)
    # What putting a model behind a set gains: the set's members are preferred to it.
    for chosen in range(1, 1 << n):
        members = [model for model in range(n) if chosen >> model & 1]
        for model in reversed(members):
            before = chosen ^ (1 << model)
            agreed = sum(gain[other, model] for other in members if other != model)
            if best[before] + agreed > best[chosen] + 1e-9:
                best[chosen], last[chosen] = best[before] + agreed, model
    order, left = [], (1 << n) - 1
    while left:
        order.append(int(last[left]))
        left ^= 1 << int(last[left])
    found: Indices = start[np.array(order[::-1])]
    return found


def _moved_one_by_one(preferred: Floats, start: Indices) -> Indices:
    order, better = start.tolist(), True
    while better:
        better = False
        for model in tuple(order):
            rest = [other for other in order if other != model]
            ahead = np.cumsum([0.0, *(preferred[other, model] for other in rest)])
            behind = np.cumsum([0.0, *(preferred[model, other] for other in rest[::-1])])[::-1]
            agreed = ahead + behind
            if agreed.max() > agreed[order.index(model)] + 1e-9:
                place = int(agreed.argmax())
                order, better = [*rest[:place], model, *rest[place:]], True
    return np.array(order)


def _orders(scores: Floats, most_exact: int) -> tuple[Indices, Indices, Indices]:
    mean = np.argsort(-scores.mean(axis=1), kind="stable")
    better = (scores[:, None, :] > scores[None, :, :]).sum(axis=2).astype(np.float64)
    tied = (scores[:, None, :] == scores[None, :, :]).sum(axis=2)
    points = better.sum(axis=1) + tied.sum(axis=1) / 2
    borda = mean[np.argsort(-points[mean], kind="stable")]
    return mean, borda, kemeny_order(better, borda, most_exact)


def _ranks(order: Indices, drawn: Indices, n: int) -> tuple[Estimate, ...]:
    rank = np.argsort(order) + 1.0
    low, high = np.quantile(np.argsort(drawn, axis=1) + 1.0, [0.025, 0.975], axis=0)
    return tuple(
        Estimate(float(here), float(min(here, lowest)), float(max(here, highest)), n)
        for here, lowest, highest in zip(rank, low, high, strict=True)
    )


def _reversed(one: Indices, other: Indices) -> tuple[tuple[int, int], ...]:
    place = np.argsort(other)
    return tuple((int(a), int(b)) for a, b in combinations(one, 2) if place[a] > place[b])
