"""All that the coefficients need to know of answers: how often two of a kind meet in one unit."""

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np

from core.judgment import Floats, Indices
from core.ordering import numbered

#: Groups of units that are drawn anew together; more would make the interval's width, now known
#: to about 2 % (one over the root of twice their number), little surer.
MAX_BLOCKS = 1_000
#: Of a complex step; derivatives are exact to the last bits whatever its size.
STEP = 1e-30
#: Keys up to here are exact as floats.
LARGEST_KEY = 2**53


@dataclass(frozen=True, slots=True, eq=False)
class Coincidences:
    r"""Sums over units of how often answers c and d met, in three weightings of the units.

    With :math:`n_{uc}` people who gave unit u answer c, and :math:`n_u` in all:

    .. math:: o_{cd} = \sum_u v_u \, n_{uc} (n_{ud} - [c = d])

    Attributes
    ----------
    pairs : ndarray, shape (..., k, k)
        :math:`v_u = 1`: every pair of people counts once in each direction.
    shares : ndarray, shape (..., k, k)
        :math:`v_u = 1 / (n_u (n_u - 1))`: every unit counts once.
    answers : ndarray, shape (..., k, k)
        :math:`v_u = 1 / (n_u - 1)`: every answer counts once (Krippendorff's coincidences).
    marginals : ndarray, shape (..., k)
        :math:`\sum_u n_{uc} / n_u`, of units with one answer too.
    """

    pairs: Floats
    shares: Floats
    answers: Floats
    marginals: Floats

    @classmethod
    def of(cls, counts: Floats, times: Floats | None = None) -> "Coincidences":
        """Add up the units of a table of counts (n_units, k), each so many `times` (n_units,)."""
        people = people_in(counts)
        if times is None:
            times = np.ones(len(counts))
        pairs, shares, answers = (_met(counts, weight * times) for weight in weightings(people))
        return cls(pairs, shares, answers, counts.T @ (times / np.maximum(people, 1.0)))

    @classmethod
    def of_each(cls, blocks: Floats) -> "Coincidences":
        """Add up each block of units by itself, shape (n_blocks, n_units, k)."""
        people = people_in(blocks)
        pairs, shares, answers = (_met(blocks, weight) for weight in weightings(people))
        share = 1 / np.maximum(people, 1.0)
        return cls(pairs, shares, answers, np.matmul(share[:, None, :], blocks)[:, 0])

    def drawn(self, times: Floats) -> "Coincidences":
        """Add up units or blocks of them as often as `times` (n_rounds, n_blocks) says."""
        return Coincidences(
            *(np.tensordot(times, getattr(self, part.name), 1) for part in fields(self))
        )


def draw_units(counts: Floats, rng: np.random.Generator, n_rounds: int) -> "Coincidences":
    """Sums over units drawn anew with replacement, `n_rounds` times.

    Units with the same counts are drawn together; where too many differ, all are dealt at random
    into `MAX_BLOCKS` blocks and those are drawn. Units are exchangeable, so that blocks of them
    are too, and drawing them anew spreads as much.
    """
    kinds, place = kinds_of(counts)
    if len(kinds) <= MAX_BLOCKS:
        times = np.bincount(place)
        drawn = rng.multinomial(len(counts), times / len(counts), size=n_rounds)
        return Coincidences.of_each(kinds[:, None]).drawn(drawn.astype(np.float64))
    each = -(-len(counts) // MAX_BLOCKS)
    dealt = np.zeros((MAX_BLOCKS * each, counts.shape[1]))
    # Every block gets its rows before any gets one more, so that sizes differ by one at most.
    place = np.arange(len(counts))
    dealt[place % MAX_BLOCKS * each + place // MAX_BLOCKS] = rng.permuted(counts, axis=0)
    blocks = Coincidences.of_each(dealt.reshape(MAX_BLOCKS, each, -1))
    return blocks.drawn(draw_anew(rng, MAX_BLOCKS, n_rounds))


def draw_rows(rows: Floats, rng: np.random.Generator, n_rounds: int) -> Floats:
    """Sums of rows (n, m) drawn anew with replacement, dealt into blocks where there are many."""
    n_blocks = min(len(rows), MAX_BLOCKS)
    block = rng.permutation(len(rows)) % n_blocks
    sums = np.stack([np.bincount(block, column, n_blocks) for column in rows.T], axis=1)
    return draw_anew(rng, n_blocks, n_rounds) @ sums


def percentile_interval(rounds: Floats, n: int | None, level: float) -> tuple[float, float]:
    r"""Both ends of the expanded percentile interval [1]_ of a statistic of n things drawn anew.

    Tails are :math:`\Phi(-\sqrt{n / (n - 1)}\, t_{n-1})`: a bootstrap spreads as if the variance
    were divided by n, and knows nothing of its own uncertainty. Rounds in which the statistic was
    not determined are left out. Where n is None the tails are those of the plain interval.

    References
    ----------
    .. [1] Hesterberg, "What teachers should know about the bootstrap", The American Statistician
       69(4), 2015.
    """
    from scipy.special import ndtr, stdtrit  # here, as scipy takes long to import

    tail = (1 - level) / 2
    if n is not None:
        tail = float(ndtr(stdtrit(n - 1, tail) * (n / (n - 1)) ** 0.5))
    ends = np.quantile(rounds[np.isfinite(rounds)], [tail, 1 - tail], method="weibull")
    return float(ends[0]), float(ends[1])


def kinds_of(counts: Floats) -> tuple[Floats, Indices]:
    """The different rows of a table of counts, and the place of each row among them."""
    largest = int(counts.max(initial=0)) + 1
    if largest ** counts.shape[1] >= LARGEST_KEY:
        kinds, place = np.unique(counts, axis=0, return_inverse=True)
        return kinds, place.astype(np.int64)
    digits = largest ** np.arange(counts.shape[1])
    keys, place = numbered((counts @ digits).astype(np.int64))
    return (keys[:, None] // digits % largest).astype(np.float64), place


def people_in(counts: Floats) -> Floats:
    """How many people answered about each unit; a product, as it is faster than a sum."""
    people: Floats = counts @ np.ones(counts.shape[-1])
    return people


def weightings(people: Floats) -> tuple[Floats, Floats, Floats]:
    """The three weightings of units with so many people; 0 where nobody can agree."""
    paired = people > 1
    others = np.where(paired, people - 1, 1.0)
    return (
        paired.astype(np.float64),
        paired / (np.maximum(people, 1.0) * others),
        paired / others,
    )


def draw_anew(rng: np.random.Generator, n: int, n_rounds: int) -> Floats:
    """How often each of n comes up in n draws with replacement; shape (n_rounds, n)."""
    keys = rng.integers(n, size=(n_rounds, n)) + n * np.arange(n_rounds)[:, None]
    drawn = np.bincount(keys.ravel(), minlength=n * n_rounds)
    return drawn.reshape(n_rounds, n).astype(np.float64)


def influence(
    statistic: Callable[[Coincidences], Floats], sums: Coincidences, counts: Floats
) -> Floats:
    """By how much each unit moves a statistic of the sums, to first order; shape (n_units,).

    The derivative with respect to the sums is taken by a complex step [1]_, exact to rounding.

    References
    ----------
    .. [1] Squire and Trapp, "Using complex variables to estimate derivatives of real functions",
       SIAM Review 40(1), 1998.
    """
    people = people_in(counts)
    moved = np.zeros(len(counts))
    parts = [getattr(sums, part.name) for part in fields(sums)]
    for number, part in enumerate(parts):
        if not part.any():
            continue
        steps = np.eye(part.size).reshape(part.size, *part.shape) * (1j * STEP)
        shifted = [np.broadcast_to(other, (part.size, *other.shape)) for other in parts]
        shifted[number] = part + steps
        slope = (statistic(Coincidences(*shifted)).imag / STEP).reshape(part.shape)
        if not slope.any():
            continue
        if part.ndim == 1:
            moved += (counts @ slope) / np.maximum(people, 1.0)
        else:
            met = np.einsum("uc,uc->u", counts @ slope, counts) - counts @ np.diagonal(slope)
            moved += weightings(people)[number] * met
    return moved


def _met(counts: Floats, weight: Floats) -> Floats:
    weighted = counts * weight[..., None]
    sums: Floats = np.matmul(weighted.swapaxes(-1, -2), counts)
    own = np.arange(counts.shape[-1])
    sums[..., own, own] -= weighted.sum(axis=-2)
    return sums
