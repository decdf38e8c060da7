"""A test of whether one strength per item is enough, from the largest pattern in what it misses."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.blocks import Layout
from core.estimates import Estimate
from core.judgment import Floats, Indices, PairCounts
from core.models import logistic
from core.transitive_null import TransitiveNull

#: Components up to this size are handled by a dense decomposition, larger ones by Lanczos steps.
DENSE = 300
#: With fewer items there is no circle.
MIN_ITEMS = 3
N_ROUNDS = 199


@dataclass(frozen=True, slots=True)
class PartTest:
    """The test for one group of items that comparisons connect.

    Attributes
    ----------
    prompt, n_items, n_judgments : int
    ratio : float
        Spectral norm of the residuals as a share of the noise level.
    p : float
    """

    prompt: int
    n_items: int
    n_judgments: int
    ratio: float
    p: float


@dataclass(frozen=True, slots=True)
class SpectralTest:
    """Whether judgments are compatible with one strength per item, annotators' tastes apart.

    Attributes
    ----------
    p : float
        Share of simulated rounds with a statistic at least as large, the data included.
    ratio : Estimate
        Mean over groups of the spectral norm as a share of the noise level; the interval holds
        95 % of the rounds, in which one strength per item is the truth. `n` is their number.
    n_judgments : int
        Not ties.
    taste, habit : float
        Spread of annotators that the rounds contain, nats; see `core.transitive_null.Spread`.
    parts : tuple of PartTest
        Groups of three items or more with a closed chain of comparisons, by p.
    """

    p: float
    ratio: Estimate
    n_judgments: int
    taste: float
    habit: float
    parts: tuple[PartTest, ...]

    @property
    def rejects(self) -> bool:
        """At the 5 % level."""
        return self.p <= 0.05  # noqa: PLR2004 - the level that everybody uses


class SpectralNorms:
    r"""Spectral norms of skew-symmetric residuals, component by component, over noise levels.

    For one component c the matrix has the residual :math:`a_e - N_e p_e` (observed minus expected
    wins) at (i, j) and its negative at (j, i). Its spectral norm :math:`g_c` is where the skew
    part of the general model vanishes: the penalty above which no plane is worth its while. The
    ratio is :math:`g_c / (2 \sqrt{2 \sum_e N_e p_e (1 - p_e) / n_c})`, the size it has where one
    strength per item is the truth (see `core.fitting.general_preference.noise_level`). Dividing
    by it in every round makes the distribution depend little on the strengths.

    A circle gives a large ratio; so does any pattern of low rank that strengths cannot hold.
    """

    def __init__(self, counts: PairCounts, layout: Layout, dense: int = DENSE) -> None:
        self.counts, self.layout, self.dense = counts, layout, dense
        self.places = layout.positions(counts.first, counts.second)[:, 0, 0]
        self.mirrored = layout.positions(counts.second, counts.first)[:, 0, 0]
        self.component = layout.component[counts.first]

    def ratios(self, wins: Floats, strengths: Floats) -> Floats:
        """Ratios of all components, shape (n_components,); NaN where nothing was judged."""
        counts, sizes = self.counts, self.layout.sizes
        chance = logistic(strengths[counts.first] - strengths[counts.second])
        residual = wins - counts.total * chance
        values = np.zeros(self.layout.n_values)
        values[self.places], values[self.mirrored] = residual, -residual
        norms = np.concatenate(
            [_norms(blocks, self.dense) for _, blocks in self.layout.stacks(values)]
        )
        inside = np.bincount(self.component, counts.total * chance * (1 - chance), len(sizes))
        with np.errstate(invalid="ignore", divide="ignore"):  # 0 / 0 where nothing was judged
            ratios: Floats = norms / (2 * np.sqrt(2 * inside / sizes))
        return ratios


def spectral_test(
    null: TransitiveNull, prompts: Indices, rounds: list[tuple[Floats, Floats]]
) -> SpectralTest | None:
    r"""Compare the residuals' spectral norm with that of rounds in which the null is true.

    The statistic is the sum over components of the ratio of `SpectralNorms`, each centred and
    scaled by mean and spread over all rounds and the data, so that many prompts with a little of
    a circle each add up. The p-value of a bootstrap test counts the data as one of the rounds
    [1]_: it is never 0.

    Parameters
    ----------
    null : TransitiveNull
    prompts : ndarray of int64, shape (n_items,)
    rounds : list of (wins, strengths)
        From `draw_rounds`.

    Returns
    -------
    SpectralTest or None
        None where no group of items has a closed chain of comparisons.

    References
    ----------
    .. [1] Davison and Hinkley, "Bootstrap Methods and their Application", Cambridge 1997,
       section 4.2.3.
    """
    norms, counts = SpectralNorms(null.counts, null.layout), null.counts
    observed = norms.ratios(counts.first_better, null.model.strengths)
    table = np.stack([observed, *(norms.ratios(*round_) for round_ in rounds)])
    judged = np.bincount(norms.component, minlength=len(null.layout.sizes))
    # Where comparisons form a tree, strengths fit every pair and nothing is left over.
    closed = (judged >= null.layout.sizes) & (null.layout.sizes >= MIN_ITEMS)
    if not closed.any():
        return None
    table, n_rounds = table[:, closed], len(rounds)
    statistic = ((table - table.mean(axis=0)) / table.std(axis=0)).sum(axis=1)
    mean_ratio = table.mean(axis=1)
    low, high = np.quantile(mean_ratio[1:], [0.025, 0.975])
    return SpectralTest(
        p=float((statistic >= statistic[0]).mean()),
        ratio=Estimate(float(mean_ratio[0]), float(low), float(high), n_rounds),
        n_judgments=int(counts.total.sum()),
        taste=null.spread.taste,
        habit=null.spread.habit,
        parts=tuple(_parts(null, prompts, closed, table)),
    )


def draw_rounds(
    null: TransitiveNull, rng: np.random.Generator, n_rounds: int = N_ROUNDS
) -> Iterator[tuple[Floats, Floats]]:
    """Yield wins of the first of each pair, and the strengths refitted to them."""
    for _ in range(n_rounds):
        wins = null.draw(rng)
        yield wins, null.refit(wins)


def _parts(
    null: TransitiveNull, prompts: Indices, closed: NDArray[np.bool_], table: Floats
) -> Iterator[PartTest]:
    layout, counts = null.layout, null.counts
    firsts = layout.order[np.cumsum(layout.sizes) - layout.sizes]
    judgments = np.bincount(layout.component[counts.first], counts.total, len(layout.sizes))
    share = (table >= table[0]).mean(axis=0)
    numbers = np.flatnonzero(closed)
    for place in np.argsort(share, kind="stable").tolist():
        part = numbers[place]
        yield PartTest(
            prompt=int(prompts[firsts[part]]),
            n_items=int(layout.sizes[part]),
            n_judgments=int(judgments[part]),
            ratio=float(table[0, place]),
            p=float(share[place]),
        )


def _norms(blocks: Floats, dense: int) -> Floats:
    """Spectral norms of skew-symmetric matrices, shape (k, m, m) to (k,)."""
    if blocks.shape[1] <= dense:
        norms: Floats = np.linalg.norm(blocks, ord=2, axis=(1, 2))
        return norms
    return np.array([_largest(block) for block in blocks])


def _largest(block: Floats) -> float:
    """The largest singular value, by Lanczos steps on minus the square (which is symmetric)."""
    from scipy.sparse.linalg import LinearOperator, eigsh  # here, as scipy takes long to import

    def apply(vector: Floats) -> Floats:
        product: Floats = -(block @ (block @ vector))
        return product

    size = len(block)
    square = LinearOperator((size, size), matvec=apply, dtype=np.float64)
    start = np.random.default_rng(0).normal(size=size)
    values = eigsh(square, k=1, which="LA", tol=1e-3, v0=start, return_eigenvectors=False)
    return float(np.sqrt(values[0]))
