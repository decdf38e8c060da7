"""Times at which a mean changed, such as that of agreement, with control of false alarms."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.estimates import Estimate, clustered_mean
from core.judgment import Floats, Indices

#: Neighbours in time are put together until there are at most so many steps.
MOST_STEPS = 400
MIN_STEPS = 8
N_ROUNDS = 999


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """A time at which the mean changed.

    Attributes
    ----------
    place, low, high : int
        Row from which on it is another, and the ends of a 95 % interval of that row.
    before, after : Estimate
        Means of the rows between this change and its neighbours.
    p_value : float
        Of the permutation test of the part in which it was found.
    """

    place: int
    low: int
    high: int
    before: Estimate
    after: Estimate
    p_value: float


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Values in order of time, their clusters, and the steps these are in; shape (n,)."""

    values: Floats
    cluster: Indices
    step: Indices
    within: tuple[float, float] | None

    def mean(self, chosen: NDArray[np.bool_]) -> Estimate:
        return clustered_mean(self.values[chosen], self.cluster[chosen], within=self.within)

    def first_of(self, step: int) -> int:
        """The first row of a step; the number of rows behind the last step."""
        here = np.flatnonzero(self.step == step)
        return int(here[0]) if len(here) else len(self.step)


def change_points(
    values: Floats,
    cluster: Indices,
    *,
    level: float = 0.05,
    within: tuple[float, float] | None = None,
    rng: np.random.Generator,
) -> tuple[ChangePoint, ...]:
    r"""Find changes of the mean of values in the order of time.

    Binary segmentation [1]_ with the CUSUM statistic

    .. math:: \max_k \frac{\lvert S_k - (W_k / W) S \rvert}{\sqrt{(W_k / W) (1 - W_k / W)}}

    over steps in time (a cluster, such as a day, a session or a pair's first judgment; neighbours
    together where there are many), S their sums and W their sizes, tested by permuting whole
    steps. Parts at depth d are tested at :math:`\mathrm{level} / 2^{2d + 1}`: of at most
    :math:`2^d` parts each, these add up to less than `level`, so that anything is found in error
    in at most that share of studies. The interval of a place comes from steps drawn anew on either
    side of it [2]_.

    Parameters
    ----------
    values : ndarray, shape (n,)
        In order of time; such as 1 where a judgment agrees with the others of its pair.
    cluster : ndarray of int64, shape (n,)
        Rows that are not independent; in the order of their first row.
    level : float
        Share of studies without change in which one is found.
    within : (float, float) or None
        As in `core.estimates.clustered_mean`, of the means on both sides.

    References
    ----------
    .. [1] Vostrikova, "Detecting 'disorder' in multidimensional random processes", Soviet
       Mathematics Doklady 24, 1981.
    .. [2] Hušková and Kirch, "Bootstrapping confidence intervals for the change-point of time
       series", Journal of Time Series Analysis 29(6), 2008.
    """
    step = _steps(cluster)
    n_steps = int(step.max()) + 1 if len(step) else 0
    size = np.bincount(step, minlength=n_steps).astype(np.float64)
    total = np.bincount(step, values, n_steps).astype(np.float64)
    found: list[tuple[int, float]] = []
    waiting = [(0, n_steps, 0)]
    while waiting:
        begin, end, depth = waiting.pop()
        if end - begin < MIN_STEPS:
            continue
        place, p_value = _test(total[begin:end], size[begin:end], rng)
        if p_value > level / 2 ** (2 * depth + 1):
            continue
        found.append((begin + place, p_value))
        waiting += [(begin, begin + place, depth + 1), (begin + place, end, depth + 1)]
    found.sort()
    edges = [0, *(place for place, _ in found), n_steps]
    return tuple(
        _described(
            Rows(values, cluster, step, within),
            (edges[number], place, edges[number + 2]),
            p_value,
            _place_interval((total, size), edges[number], place, edges[number + 2], rng=rng),
        )
        for number, (place, p_value) in enumerate(found)
    )


def _steps(cluster: Indices) -> Indices:
    """Number clusters in the order of their first row, neighbours together where many."""
    _, first, number = np.unique(cluster, return_index=True, return_inverse=True)
    order = np.argsort(np.argsort(first))[number]
    n = int(order.max()) + 1 if len(order) else 0
    together = max(1, -(-n // MOST_STEPS))
    steps: Indices = order // together
    return steps


def _statistics(total: Floats, size: Floats) -> Floats:
    """CUSUM at every place between steps; from shape (..., n) to (..., n - 1)."""
    share = np.cumsum(size, axis=-1)[..., :-1] / size.sum(axis=-1, keepdims=True)
    sums = np.cumsum(total, axis=-1)
    gap = sums[..., :-1] - share * sums[..., -1:]
    statistic: Floats = np.abs(gap) / np.sqrt(share * (1 - share))
    return statistic


def _test(total: Floats, size: Floats, rng: np.random.Generator) -> tuple[int, float]:
    here = _statistics(total, size)
    order = rng.permuted(np.tile(np.arange(len(total)), (N_ROUNDS, 1)), axis=1)
    chance = _statistics(total[order], size[order]).max(axis=1)
    p_value = (1 + int((chance >= here.max() - 1e-12).sum())) / (1 + N_ROUNDS)
    return int(here.argmax()) + 1, p_value


def _described(
    rows: Rows, around: tuple[int, int, int], p_value: float, interval: tuple[int, int]
) -> ChangePoint:
    """Say of a change where it is, how sure, and the means on its two sides."""
    begin, place, end = around
    left = (rows.step >= begin) & (rows.step < place)
    right = (rows.step >= place) & (rows.step < end)
    return ChangePoint(
        rows.first_of(place),
        rows.first_of(interval[0]),
        rows.first_of(interval[1]),
        rows.mean(left),
        rows.mean(right),
        p_value,
    )


def _place_interval(
    sums: tuple[Floats, Floats], before: int, place: int, after: int, *, rng: np.random.Generator
) -> tuple[int, int]:
    total, size = (part[before:after] for part in sums)
    here = place - before
    drawn = np.concatenate(
        [
            rng.integers(here, size=(N_ROUNDS, here)),
            rng.integers(here, after - before, size=(N_ROUNDS, after - place)),
        ],
        axis=1,
    )
    off = _statistics(total[drawn], size[drawn]).argmax(axis=1) + 1 - here
    low, high = np.quantile(off, [0.025, 0.975])
    return (
        max(before, place - int(np.ceil(high))),
        min(after, place - int(np.floor(low))),
    )
