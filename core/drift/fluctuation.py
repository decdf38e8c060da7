"""Whether the scores of a fit wander more over time than chance and people make them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.comparison_graph import components
from core.drift.residuals import Decisions, Residuals, Signs
from core.judgment import Floats, Indices

if TYPE_CHECKING:
    from scipy.sparse import csr_array

#: Share of what is known of an item, and judgments of it, on either side of a time that is tried.
LEAST_SHARE, LEAST_JUDGMENTS = 0.1, 10
#: Normal quantile of the power of 80 % with which `Fluctuation.detectable` is found.
POWER = 0.8416


@dataclass(frozen=True, slots=True, eq=False)
class Fluctuation:
    """What the test says.

    Attributes
    ----------
    p_value : float
    place : int
        Steps before the time that stands out most.
    detectable : ndarray, shape (n_items,)
        By how many nats an item must move alone, in the middle of what is known of it, to be found
        four times out of five; infinite for items with too few judgments.
    """

    p_value: float
    place: int
    detectable: Floats


def fluctuation(residuals: Residuals, level: float, rng: np.random.Generator) -> Fluctuation:
    r"""Test whether strengths were the same all the time.

    After each step, what the scores add up to less what they must for all to be zero,

    .. math:: B(t) = U(t) - J(t) J^{-1} U,

    U(t) the sum of the scores of the judgments so far and J(t) their curvature [1]_ [2]_; of item
    i, as a share of what independent judgments would make of it,
    :math:`z_i = B_i / \sqrt{J_{ii} a_i (1 - a_i)}`, :math:`a_i = J_{ii}(t) / J_{ii}`. Two
    statistics: the largest :math:`|z_i|` over times and items, which sees one item move; and the
    largest sum of :math:`z_i^2 - 1` over the items, as a share of the root of their number, which
    sees many move. The smaller of their p-values is itself the statistic of the test.

    A round turns the signs of the parts of the residuals, tastes by person and the rest by sitting
    (a wild bootstrap by clusters [3]_ of two levels): people whose tastes differ, each with a time
    of their own, make rounds as uneven as the data.

    Parameters
    ----------
    residuals : Residuals
        Of strengths fitted to these judgments.
    level : float
        At which `detectable` would be found.

    References
    ----------
    .. [1] Zeileis and Hornik, "Generalized M-fluctuation tests for parameter instability",
       Statistica Neerlandica 61(4), 2007.
    .. [2] Strobl, Wickelmaier and Zeileis, "Accounting for individual differences in
       Bradley-Terry models by means of recursive partitioning", Journal of Educational and
       Behavioral Statistics 36(2), 2011.
    .. [3] Cameron, Gelbach and Miller, "Bootstrap-based improvements for inference with clustered
       errors", Review of Economics and Statistics 90(3), 2008.
    """
    signs = Signs.draw(residuals.decisions, rng)
    scale = _scale(residuals)
    active, n_drawn = scale > 0, 1 + signs.values.shape[1]
    single = np.zeros((residuals.decisions.n_items, n_drawn))
    squares, many = np.zeros(len(single)), np.full(n_drawn, -np.inf)
    seen, spreads = np.zeros(scale.shape), np.full(len(scale), -np.inf)
    for k, process in enumerate(_processes(residuals, signs)):
        z = process * scale[k][:, None]
        seen[k] = z[:, 0]
        squares += (z[:, 1:] ** 2).sum(axis=1)
        np.maximum(single, np.abs(z), out=single)
        if active[k].any():
            spread = ((z**2).sum(axis=0) - active[k].sum()) / np.sqrt(active[k].sum())
            spreads[k] = spread[0]
            np.maximum(many, spread, out=many)
    deviation = np.sqrt(squares / np.maximum(active.sum(axis=0) * (n_drawn - 1), 1))
    largest = single.max(axis=0)
    p_values = np.stack([_p_values(largest), _p_values(many)])
    best = p_values.min(axis=0)
    alone = np.abs(seen).max(axis=1)
    curvature = np.diagonal(residuals.decisions.curvature(residuals.weight))
    reach = float(np.quantile(largest[1:], 1 - level / 2)) + POWER * deviation
    with np.errstate(divide="ignore", invalid="ignore"):
        detectable = np.where(active.any(axis=0), 2 * reach / np.sqrt(curvature), np.inf)
    return Fluctuation(
        p_value=float((best <= best[0] + 1e-12).mean()),
        place=1 + int((alone if p_values[0, 0] <= p_values[1, 0] else spreads).argmax()),
        detectable=detectable,
    )


def inverse(curvature: Floats, group: Indices) -> Floats:
    """Inverse of a Laplacian on values that sum to zero in each group of items, (n_items,)."""
    together = group[:, None] == group
    level = together / together.sum(axis=1)
    found: Floats = np.linalg.inv(curvature + level) - level
    return found


def _p_values(statistic: Floats) -> Floats:
    """Share of rounds, what was seen among them, that are at least as large as each; (n,)."""
    order = np.sort(statistic)
    share: Floats = 1 - np.searchsorted(order, statistic - 1e-12) / len(statistic)
    return share


def _scale(residuals: Residuals) -> Floats:
    """1 / √(Jᵢᵢ aᵢ (1 - aᵢ)) at each place between steps, 0 where a side knows too little."""
    decisions = residuals.decisions
    known, n = (_cumulated(decisions, of) for of in (residuals.weight, np.ones(len(decisions))))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = known[:-1] / known[-1]
        scale = 1 / np.sqrt(known[-1] * share * (1 - share))
    fewest = np.minimum(n[:-1], n[-1] - n[:-1])
    enough = (np.minimum(share, 1 - share) >= LEAST_SHARE) & (fewest >= LEAST_JUDGMENTS)
    return np.where(enough, scale, 0.0)


def _n_steps(decisions: Decisions) -> int:
    return int(decisions.step.max()) + 1


def _cumulated(decisions: Decisions, values: Floats) -> Floats:
    """Sums of values by item up to the end of each step; (n_steps, n_items)."""
    n, n_steps = decisions.n_items, _n_steps(decisions)
    cells = (decisions.step * n + decisions.ends).ravel()
    sums = np.bincount(cells, np.tile(values, 2), n_steps * n)
    cumulated: Floats = np.cumsum(sums.reshape(n_steps, n), axis=0)
    return cumulated


def _processes(residuals: Residuals, signs: Signs) -> Iterator[Floats]:
    """B at each place between steps, as seen and in all rounds; (n_items, 1 + n_rounds)."""
    decisions, weight = residuals.decisions, residuals.weight
    n, n_steps, ends = decisions.n_items, _n_steps(decisions), decisions.ends
    sides = np.stack([np.ones(len(decisions)), -np.ones(len(decisions))])
    cells = decisions.step * n + ends
    scores = residuals.turned(signs, cells, sides, n_steps * n)
    seen = residuals.seen(cells, sides, n_steps * n)
    whole = np.column_stack(
        [residuals.seen(ends, sides, n), residuals.turned(signs, ends, sides, n) @ signs.values]
    )
    moved = inverse(decisions.curvature(weight), components(n, *ends)) @ whole
    expected = _curvatures(decisions, weight)
    process = np.zeros_like(moved)
    for k in range(n_steps - 1):
        inside = slice(k * n, (k + 1) * n)
        process[:, 0] += seen[inside]
        process[:, 1:] += scores[inside] @ signs.values
        process -= expected[inside] @ moved
        yield process


def _curvatures(decisions: Decisions, weight: Floats) -> "csr_array":
    """Curvature of each step, one below the other; (n_steps n_items, n_items)."""
    from scipy.sparse import coo_array  # here, as scipy takes long to import

    n, (i, j) = decisions.n_items, decisions.ends
    row = decisions.step * n + np.stack([i, j, i, j])
    column = np.stack([i, j, j, i])
    data = np.stack([weight, weight, -weight, -weight])
    shape = (_n_steps(decisions) * n, n)
    return coo_array((data.ravel(), (row.ravel(), column.ravel())), shape).tocsr()
