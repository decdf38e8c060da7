"""What is said of a time at which strengths changed: where, by how much, and in whom."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core.comparison_graph import components
from core.drift.fluctuation import LEAST_SHARE, inverse
from core.drift.residuals import Decisions, Nodes, Residuals, Signs
from core.estimates import Estimate
from core.judgment import Floats, Indices
from core.predictions import logistic

#: Fewer people than this on both sides say little of all who are on both.
FEW_PEOPLE = 10
FEWEST_CLUSTERS = 3
#: Information on a change within a person, as a share of that of all people, that is none.
NEXT_TO_NONE = 1e-6


class Where(StrEnum):
    """In whom strengths changed."""

    SAME_PEOPLE = "same people"
    OTHER_PEOPLE = "other people"
    BOTH = "both"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """Judgments before and after a place, and the strengths fitted to each side.

    Attributes
    ----------
    decisions : Decisions
    place : int
        Steps before the change.
    before, after : ndarray, shape (n_items,)
        Strengths, nats, by one prior.
    prior_scale : float
    group : ndarray of int64, shape (n_items,)
        Items that both sides connect with the same others; the rest are alone.
    """

    decisions: Decisions
    place: int
    before: Floats
    after: Floats
    prior_scale: float
    group: Indices

    @property
    def later(self) -> Floats:
        """1 for judgments after the place, 0 before; (n,)."""
        return (self.decisions.step >= self.place).astype(np.float64)

    @property
    def comparable(self) -> NDArray[np.bool_]:
        """Items whose change can be told, since they are in a group with others."""
        several: NDArray[np.bool_] = np.bincount(self.group)[self.group] > 1
        return several

    def log_odds(self, before: Floats, after: Floats) -> Floats:
        """Of the first item of each judgment, by the strengths of its side; (n,)."""
        gap, later = self.decisions.gap, self.later
        odds: Floats = np.where(later > 0, gap(after), gap(before))
        return odds

    def residuals(self) -> Residuals:
        return Residuals.around(self.decisions, self.log_odds(self.before, self.after))

    def centred(self, values: Floats) -> Floats:
        """Less the mean of each group; shape (n_items, ...)."""
        n = np.bincount(self.group)
        sums = np.zeros((len(n), *values.shape[1:]))
        np.add.at(sums, self.group, values)
        means: Floats = (sums.T / n).T
        return values - means[self.group]


@dataclass(frozen=True, slots=True, eq=False)
class Shifts:
    """By how much each item moved against the mean of its group.

    Attributes
    ----------
    change, low, high : ndarray, shape (n_items,)
        After minus before, nats; 95 % for all items at once. nan for items that are alone.
    moved : ndarray of bool, shape (n_items,)
        Whether the interval excludes 0.
    """

    change: Floats
    low: Floats
    high: Floats
    moved: NDArray[np.bool_]

    @property
    def direction(self) -> Floats:
        """The change, of those that moved where any did, else of all; 0 elsewhere."""
        counts = self.moved if self.moved.any() else np.isfinite(self.change)
        return np.where(counts, self.change, 0.0)


def shifts(sides: Sides, residuals: Residuals, signs: Signs) -> Shifts:
    r"""Change of each strength, with intervals from the rounds of signs.

    In a round the change is :math:`C_2 U_2^* - C_1 U_1^*`, with U* the sums of turned residuals of
    a side and C its inverse curvature with the prior's precision; to the variances
    :math:`\sigma^{-2} \mathrm{diag}(C_1^2 + C_2^2)` is added for what the prior draws in. All
    intervals reach the 95 % quantile of the largest absolute change in a round, each as a share of
    its standard deviation: so they hold for all items at once, and for those picked out of them.
    """
    n_items = sides.decisions.n_items
    drawn, variance = np.zeros((n_items, signs.values.shape[1])), np.zeros(n_items)
    precision = sides.prior_scale**-2
    for side, sign in ((1 - sides.later, -1.0), (sides.later, 1.0)):
        curvature = sides.decisions.curvature(residuals.weight * side)
        spread = np.asarray(np.linalg.inv(curvature + precision * np.eye(n_items)), dtype=float)
        both = np.stack([side, -side])
        scores = residuals.drawn(signs, sides.decisions.ends, both, n_items)
        drawn += sign * spread @ (scores @ signs.values)
        variance += precision * (sides.centred(spread) ** 2).sum(axis=1)
    drawn = sides.centred(drawn)[:, 1:]
    deviation = np.sqrt((drawn**2).mean(axis=1) + variance)
    known = sides.comparable & (deviation > 0)
    change = np.where(known, sides.centred(sides.after - sides.before), np.nan)
    if not known.any():
        return Shifts(change, change, change, known)
    own = np.sqrt((drawn[known] ** 2).mean(axis=1, keepdims=True))
    reach = np.quantile(np.abs(drawn[known] / np.maximum(own, 1e-12)).max(axis=0), 0.95) * deviation
    return Shifts(change, change - reach, change + reach, known & (np.abs(change) > reach))


@dataclass(frozen=True, slots=True, eq=False)
class Crossing:
    """Where the judgments cross from the strengths of before to those of after.

    Attributes
    ----------
    place : int
        Steps before the change that stand out most in the direction of the change found.
    low, high : int
        Ends of a 95 % interval around the place at which that was found.
    """

    place: int
    low: int
    high: int


def crossing(
    sides: Sides, common: Floats, found: Shifts, residuals: Residuals, signs: Signs
) -> Crossing:
    r"""Look for the place again, in the direction :math:`\delta` of the change found.

    With B of the fit to both sides (see `core.drift.fluctuation.fluctuation`), the place is

    .. math:: \arg\max_t \frac{(\delta' B(t))^2}{a (1 - a)}, \qquad
        a = \frac{\delta' J(t) \delta}{\delta' J \delta}

    which all items that moved decide together. Its interval comes from the same with judgments that
    follow the fits of the two sides, and turned residuals around them [1]_.

    Parameters
    ----------
    common : ndarray, shape (n_items,)
        Strengths fitted to both sides.
    residuals : Residuals
        Around the fits of the sides.

    References
    ----------
    .. [1] Hušková and Kirch, "Bootstrapping confidence intervals for the change-point of time
       series", Journal of Time Series Analysis 29(6), 2008; there with residuals drawn anew.
    """
    decisions = sides.decisions
    step, n_steps = decisions.step, int(decisions.step.max()) + 1
    n, (first, second) = decisions.n_items, decisions.ends
    chance = logistic(decisions.gap(common))
    weight, gap = chance * (1 - chance), decisions.gap(found.direction)
    seen = (decisions.comparisons.outcome > 0) - chance
    mean = logistic(sides.log_odds(sides.before, sides.after)) - chance

    def sums(cells: Indices, values: Floats, n_cells: int) -> Floats:
        """As seen in the first column; what the sides foretell, with turned residuals, beside."""
        drawn: Floats = residuals.drawn(signs, cells[None], values[None], n_cells) @ signs.values
        drawn += np.bincount(cells, values * mean, n_cells)[:, None]
        drawn[:, 0] = np.bincount(cells, values * seen, n_cells)
        return drawn

    one = np.ones(len(step))
    whole = sums(first, one, n) - sums(second, one, n)
    moved = inverse(decisions.curvature(weight), components(n, first, second)) @ whole
    cells, pull = step * n, weight * gap
    along = np.bincount(cells + first, pull, n_steps * n)
    along -= np.bincount(cells + second, pull, n_steps * n)
    process = sums(step, gap, n_steps) - along.reshape(n_steps, n) @ moved
    known = np.cumsum(np.bincount(step, weight * gap**2, n_steps))
    share = known[:-1] / known[-1]
    allowed = np.flatnonzero(np.minimum(share, 1 - share) >= LEAST_SHARE / 2)
    if not len(allowed):
        return Crossing(sides.place, 0, n_steps)
    a = share[allowed, None]
    gain = np.cumsum(process, axis=0)[allowed] ** 2 / (a * (1 - a))
    here = int(np.argmin(np.abs(allowed + 1 - sides.place)))
    lost = np.quantile(gain[:, 1:].max(axis=0) - gain[here, 1:], 0.95)
    likely = allowed[gain[:, 0] >= gain[:, 0].max() - lost] + 1
    return Crossing(
        int(allowed[gain[:, 0].argmax()]) + 1,
        int(min(likely[0], sides.place)),
        int(max(likely[-1], sides.place)),
    )


def within_people(sides: Sides, found: Shifts, residuals: Residuals) -> tuple[Estimate | None, int]:
    r"""Which share of the change is of the same people, and how many tell of it.

    :math:`\beta` in :math:`s_{ij} + t_{ai} - t_{aj} + \beta \, [\text{after}] \, (\delta_i -
    \delta_j)`, :math:`\delta` the change found and :math:`t_a` tastes free for every person: one
    Newton step from 1. Sandwich clustered by person, by sitting where fewer than `FEW_PEOPLE` tell
    of it. 1: people who judged on both sides changed as much as all judgments did; 0: they did not,
    others came.
    """
    decisions, weight = sides.decisions, residuals.weight
    person = np.unique(decisions.comparisons.annotator, return_inverse=True)[1]
    x = sides.later * decisions.gap(found.direction)
    x = x - Nodes.of(decisions, person).explained(weight, weight * x)
    known = np.bincount(person, weight * x**2)
    told = known > NEXT_TO_NONE * (weight @ decisions.gap(found.direction) ** 2)
    n_people = int(told.sum())
    cluster = person if n_people >= FEW_PEOPLE else decisions.sitting
    inside = told[person]
    if len(np.unique(cluster[inside])) < FEWEST_CLUSTERS:
        return None, n_people
    from scipy.special import stdtrit  # here, as scipy takes long to import

    total = float(known[told].sum())
    share = float((x * residuals.score)[inside].sum()) / total
    pulls = x[inside] * (residuals.score - weight * x * share)[inside]
    _, number = np.unique(cluster[inside], return_inverse=True)
    n = int(number.max()) + 1
    deviation = np.sqrt(n / (n - 1) * (np.bincount(number, pulls) ** 2).sum()) / total
    reach = float(stdtrit(n - 1, 0.975)) * float(deviation)
    return Estimate(1 + share, 1 + share - reach, 1 + share + reach, int(inside.sum())), n_people


def where_changed(share: Estimate | None) -> Where:
    """Read the share of a change that is of the same people."""
    if share is None or (share.low <= 0 and share.high >= 1):
        return Where.UNKNOWN
    if share.low > 0:
        return Where.SAME_PEOPLE if share.high >= 1 else Where.BOTH
    return Where.OTHER_PEOPLE
