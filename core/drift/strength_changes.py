"""What is said of a time at which strengths changed: where, by how much, and in whom."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core.comparison_graph import components
from core.drift.fluctuation import LEAST_SHARE, inverse
from core.drift.residuals import Decisions, Nodes, Residuals, Signs
from core.estimates import Estimate, normal_quantile
from core.judgment import Floats, Indices
from core.predictions import logistic

#: Fewer people than this on both sides say little of all who are on both.
FEW_PEOPLE = 10
FEWEST_CLUSTERS = 3
#: Steps to the share of a change that is of the same people, and where it surely lies.
NEWTON_STEPS, FARTHEST = 6, (-3.0, 4.0)
#: Information on a change within a person, as a share of that of all people, that is none.
NEXT_TO_NONE = 1e-6
#: Share of what is known of a change between its place and those that rounds put it at.
NEAR = 0.2


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
        odds = self.log_odds(self.before, self.after)
        return Residuals.around(self.decisions, odds, self.later.astype(np.int64))

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
    a side and C its inverse curvature with the prior's precision; so its variance is a sum
    :math:`\sum_g c_{ig}^2` over signs g, and at least what it is of independent judgments,
    :math:`\mathrm{diag}(C_1 J_1 C_1 + C_2 J_2 C_2)`, to which
    :math:`\sigma^{-2} \mathrm{diag}(C_1^2 + C_2^2)` is added for what the prior draws in. All
    intervals reach as far as the largest change, as a share of its standard deviation, in 95 % of
    rounds; so they hold for all items at once, and for those picked out of them. With few people
    that reach is one of Student's t with :math:`3 (\sum_g c_{ig}^2)^2 / \sum_g c_{ig}^4` degrees
    of freedom [1]_.

    References
    ----------
    .. [1] Satterthwaite, "An approximate distribution of estimates of variance components",
       Biometrics Bulletin 2(6), 1946; fourth moments of normal contributions.
    """
    from scipy.special import ndtr, stdtrit  # here, as scipy takes long to import

    n_items, precision = sides.decisions.n_items, sides.prior_scale**-2
    parts = np.zeros((n_items, len(signs.values)))
    drawn_in, independent = np.zeros(n_items), np.zeros(n_items)
    for side, sign in ((1 - sides.later, -1.0), (sides.later, 1.0)):
        curvature = sides.decisions.curvature(residuals.weight * side)
        spread = np.asarray(np.linalg.inv(curvature + precision * np.eye(n_items)), dtype=float)
        both = np.stack([side, -side])
        scores = residuals.turned(signs, sides.decisions.ends, both, n_items)
        parts += sign * (scores.T @ spread).T
        flat = sides.centred(spread)
        drawn_in += precision * (flat**2).sum(axis=1)
        independent += ((flat @ curvature) * flat).sum(axis=1)
    parts = sides.centred(parts)
    variance = (parts**2).sum(axis=1)
    known = sides.comparable & (variance > 0)
    change = np.where(known, sides.centred(sides.after - sides.before), np.nan)
    if not known.any():
        return Shifts(change, change, change, known)
    rounds = parts[known] @ signs.values / np.sqrt(variance[known, None])
    # Few signs make few sums, none of them far out: one normal change goes as far at least.
    largest = max(float(np.quantile(np.abs(rounds).max(axis=0), 0.95)), normal_quantile(0.95))
    reach = np.full(n_items, np.nan)
    freedom = 3 * variance[known] ** 2 / (parts[known] ** 4).sum(axis=1)
    variance = np.maximum(variance, independent) + drawn_in
    reach[known] = stdtrit(freedom, ndtr(largest)) * np.sqrt(variance[known])
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
    sides: Sides,
    common: Floats,
    direction: Floats,
    *,
    residuals: Residuals,
    signs: Signs,
    rng: np.random.Generator,
) -> Crossing:
    r"""Look for the place again, in the direction :math:`\delta` of the change found.

    With B of the fit to both sides (see `core.drift.fluctuation.fluctuation`), the place is where

    .. math:: G(t) = \frac{(\delta' B(t))^2}{a (1 - a)}, \qquad
        a = \frac{\delta' J(t) \delta}{\delta' J \delta}

    is largest, which all items that moved decide together. The interval reaches over all places
    where G is not further below its largest value than it is, in 95 % of rounds, at the place where
    the change was put [1]_. A round has judgments that follow the fits of the two sides, with
    turned residuals around them, and its change at a place drawn near the one found, as residuals
    beside that one are smaller than others: it was chosen by them.

    Parameters
    ----------
    common : ndarray, shape (n_items,)
        Strengths fitted to both sides.
    direction : ndarray, shape (n_items,)
        Of the change, as `Shifts` has it.
    residuals : Residuals
        Around the fits of the sides.

    References
    ----------
    .. [1] Siegmund, "Confidence sets in change-point problems", International Statistical Review
       56(1), 1988: likelihood-ratio sets; there with known distributions.
    """
    along = _Along.of(sides, common, direction)
    if not len(along.allowed):
        return Crossing(sides.place, 0, along.n_steps)
    seen = along.gain(along.seen())[:, 0]
    truth = _places_near(along, sides.place, signs.values.shape[1], rng)
    drawn = along.gain(along.drawn(sides, residuals, signs, truth))
    lost = drawn.max(axis=0) - drawn[truth, np.arange(len(truth))]
    likely = along.allowed[seen >= seen.max() - np.quantile(lost, 0.95)] + 1
    return Crossing(
        int(along.allowed[seen.argmax()]) + 1,
        int(min(likely[0], sides.place)),
        int(max(likely[-1], sides.place)),
    )


def _places_near(along: "_Along", place: int, n: int, rng: np.random.Generator) -> Indices:
    """Numbers of allowed places, drawn from those that lie near in what is known; (n,)."""
    share = along.share[along.allowed]
    here = along.share[min(max(place - 1, 0), len(along.share) - 1)]
    near = np.flatnonzero(np.abs(share - here) <= NEAR)
    if not len(near):
        near = np.array([np.abs(share - here).argmin()])
    drawn: Indices = rng.choice(near, size=n)
    return drawn


@dataclass(frozen=True, slots=True, eq=False)
class _Along:
    """The process in one direction.

    Attributes
    ----------
    gap : ndarray, shape (n,)
        What the direction adds to the log-odds of each judgment.
    pull : ndarray, shape (n_steps, n_items)
        Curvature of a step times the direction.
    spread : ndarray, shape (n_items, n_items)
        Inverse curvature.
    share : ndarray, shape (n_steps - 1,)
        Of what is known of the direction, after each step but the last.
    allowed : ndarray of int64, shape (n_allowed,)
        Steps after which there may be a change.
    """

    decisions: Decisions
    chance: Floats
    gap: Floats
    pull: Floats
    spread: Floats
    share: Floats
    allowed: Indices

    @property
    def n_steps(self) -> int:
        return len(self.pull)

    @classmethod
    def of(cls, sides: Sides, common: Floats, direction: Floats) -> "_Along":
        decisions = sides.decisions
        n, n_steps = decisions.n_items, int(decisions.step.max()) + 1
        chance = logistic(decisions.gap(common))
        weight, gap = chance * (1 - chance), decisions.gap(direction)
        known = np.cumsum(np.bincount(decisions.step, weight * gap**2, n_steps))
        share = known[:-1] / known[-1]
        return cls(
            decisions,
            chance,
            gap,
            _by_step_and_item(decisions, weight * gap, n_steps),
            inverse(decisions.curvature(weight), components(n, *decisions.ends)),
            share,
            np.flatnonzero(np.minimum(share, 1 - share) >= LEAST_SHARE / 2),
        )

    def gain(self, sums: tuple[Floats, Floats]) -> Floats:
        """G at the allowed places from sums by step (n_steps, n_rounds) and by item; as many."""
        by_step, by_item = sums
        process = np.cumsum(by_step - self.pull @ (self.spread @ by_item), axis=0)[self.allowed]
        a = self.share[self.allowed, None]
        gained: Floats = process**2 / (a * (1 - a))
        return gained

    def seen(self) -> tuple[Floats, Floats]:
        """Sums of the scores, in one column."""
        score = (self.decisions.comparisons.outcome > 0) - self.chance
        by_step = np.bincount(self.decisions.step, self.gap * score, self.n_steps).astype(float)
        by_item = _by_step_and_item(self.decisions, score, self.n_steps).sum(axis=0)
        return by_step[:, None], by_item[:, None]

    def drawn(
        self, sides: Sides, residuals: Residuals, signs: Signs, truth: Indices
    ) -> tuple[Floats, Floats]:
        """Sums of rounds that change after the allowed steps with these numbers, (n_rounds,)."""
        decisions, step, ends = self.decisions, self.decisions.step, self.decisions.ends
        n, one = decisions.n_items, np.ones(len(self.gap))
        by_step = residuals.turned(signs, step[None], self.gap[None], self.n_steps) @ signs.values
        by_item = residuals.turned(signs, ends, np.stack([one, -one]), n) @ signs.values
        later = np.arange(self.n_steps)[:, None] > self.allowed[truth]
        for side, inside in ((sides.before, ~later), (sides.after, later)):
            mean = logistic(decisions.gap(side)) - self.chance
            by_step += np.bincount(step, self.gap * mean, self.n_steps)[:, None] * inside
            by_item += _by_step_and_item(decisions, mean, self.n_steps).T @ inside
        return by_step, by_item


def _by_step_and_item(decisions: Decisions, values: Floats, n_steps: int) -> Floats:
    """Sums of what is said of the first item, and the reverse of the second."""
    n, (first, second) = decisions.n_items, decisions.step * decisions.n_items + decisions.ends
    sums = np.bincount(first, values, n_steps * n) - np.bincount(second, values, n_steps * n)
    return sums.reshape(n_steps, n).astype(np.float64)


def within_people(sides: Sides, direction: Floats) -> tuple[Estimate | None, int]:
    r"""Which share of the change is of the same people, and how many tell of it.

    :math:`\beta` in :math:`s_{ij} + t_{ai} - t_{aj} + \beta x`, with s the strengths of before,
    :math:`x = \delta_i - \delta_j` after the change and 0 before, :math:`\delta` the change found
    and :math:`t_a` the taste of person a: the solution of

    .. math:: \sum_r \tilde x_r \, (y_r - p_r(\beta)) = 0,

    :math:`\tilde x` what no tastes of persons explain of x, so that tastes do not enter to first
    order. Sandwich clustered by person, by sitting where fewer than `FEW_PEOPLE` tell of it. 1:
    people who judged on both sides changed as much as all judgments did; 0: they did not, others
    came.
    """
    decisions = sides.decisions
    person = np.unique(decisions.comparisons.annotator, return_inverse=True)[1]
    nodes, x = Nodes.of(decisions, person), sides.later * decisions.gap(direction)
    won = decisions.comparisons.outcome > 0

    def at(beta: float) -> tuple[Floats, Floats]:
        """What each judgment adds to the sum, and by person how fast it falls."""
        chance = logistic(decisions.gap(sides.before) + beta * x)
        weight = chance * (1 - chance)
        alone = x - nodes.explained(weight, weight * x)
        return alone * (won - chance), np.bincount(person, weight * alone * x).astype(np.float64)

    beta = 1.0
    pull, known = at(beta)
    told = known > NEXT_TO_NONE * float(x @ x)
    n_people, inside = int(told.sum()), told[person]
    cluster = person if n_people >= FEW_PEOPLE else decisions.sitting
    _, number = np.unique(cluster[inside], return_inverse=True)
    n = int(number.max(initial=-1)) + 1
    if n < FEWEST_CLUSTERS:
        return None, n_people
    for _ in range(NEWTON_STEPS):
        beta = float(np.clip(beta + pull[inside].sum() / known[told].sum(), *FARTHEST))
        pull, known = at(beta)
    from scipy.special import stdtrit  # here, as scipy takes long to import

    squares = float((np.bincount(number, pull[inside]) ** 2).sum())
    deviation = float(np.sqrt(n / (n - 1) * squares) / known[told].sum())
    reach = float(stdtrit(n - 1, 0.975)) * deviation
    return Estimate(beta, beta - reach, beta + reach, int(inside.sum())), n_people


def where_changed(share: Estimate | None) -> Where:
    """Read the share of a change that is of the same people."""
    if share is None or (share.low <= 0 and share.high >= 1):
        return Where.UNKNOWN
    if share.low > 0:
        return Where.SAME_PEOPLE if share.high >= 1 else Where.BOTH
    return Where.OTHER_PEOPLE
