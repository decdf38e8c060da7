"""Newton's method for the strengths of any number of items, from where quick steps end."""

from dataclasses import dataclass, replace

import numpy as np

from core.blocks import Layout
from core.covariance import LaplaceCovariance
from core.curvature import Curvature, centred
from core.errors import NotConvergedError
from core.fitting.kernels import multiply
from core.fitting.likelihood import Likelihood, Slopes
from core.judgment import Floats

#: Above so many judgments the score equations may be off by more than `tolerance`.
JUDGMENTS_AT_TOLERANCE = 1e4
#: But not by more than so many times.
LOOSEST = 1e5
SHORTEST_STEP = 1e-6
#: A step is kept if the slope along it shrinks to this share at least, or is still downhill.
OVERSHOOT = 0.5
#: Quick steps are for so many rows an item at least, and go on while each leaves at most this
#: share of the largest score.
MANY_ROWS, QUICK = 25, 0.5
#: By about so much a quick step shrinks it: the next place is the last one, and is worth more.
USUAL = 0.05
#: Steps that a quick one remembers.
HISTORY = 8


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """One place in the space of strengths and further parameters, with slopes and curvature.

    Attributes
    ----------
    score : ndarray, shape (n_items + n_further,)
        Slope of the log posterior.
    slopes : Slopes
        Its `diagonal` contains the prior's precision. Without curvature by row (see `at`) there
        is nothing to solve systems with.
    """

    likelihood: Likelihood
    layout: Layout
    strengths: Floats
    further: Floats
    prior_precision: float
    score: Floats
    slopes: Slopes

    @classmethod
    def at(
        cls,
        likelihood: Likelihood,
        layout: Layout,
        strengths: Floats,
        further: Floats,
        prior_precision: float,
        *,
        by_row: bool = True,
    ) -> "Place":
        """Look around; without the curvature by row that takes less time and memory."""
        slopes = likelihood.slopes(strengths, further, by_row=by_row)
        slopes.diagonal[:] += prior_precision
        score = np.hstack([slopes.score - prior_precision * strengths, slopes.further_score])
        return cls(likelihood, layout, strengths, further, prior_precision, score, slopes)

    @property
    def n_items(self) -> int:
        return len(self.strengths)

    @property
    def largest_score(self) -> float:
        return float(np.abs(self.score).max())

    @property
    def by_row(self) -> bool:
        """Whether the curvature is known by row."""
        return len(self.slopes.curvature) == len(self.likelihood.rows.first)

    @property
    def curvature(self) -> Curvature:
        rows, slopes = self.likelihood.rows, self.slopes
        return Curvature(
            layout=self.layout,
            first=rows.first,
            second=rows.second,
            weight=slopes.curvature,
            diagonal=slopes.diagonal,
            border=slopes.border,
            corner=slopes.corner,
            prior_precision=self.prior_precision,
        )

    def covariance(self) -> LaplaceCovariance:
        """The inverse curvature, with the further parameters' part of it solved for."""
        n, n_further = self.n_items, len(self.further)
        sides = np.zeros((n + n_further, n_further))
        sides[n:] = np.eye(n_further)
        joint = self.solve(sides, 1e-9) if n_further else sides
        further = (joint[n:] + joint[n:].T) / 2
        shared = centred(self.layout, joint[:n])
        return LaplaceCovariance(self.curvature.without_further(), shared, further)

    def moved(self, step: Floats, *, by_row: bool = True) -> "Place":
        strengths = self.strengths + step[: self.n_items]
        further = self.further + step[self.n_items :]
        precision = self.prior_precision
        return Place.at(self.likelihood, self.layout, strengths, further, precision, by_row=by_row)

    def with_rows(self) -> "Place":
        """The same place with the curvature by row."""
        return self if self.by_row else self.moved(np.zeros_like(self.score))

    def with_likelihood(self, likelihood: Likelihood) -> "Place":
        """The same place under another likelihood of the same rows."""
        here = self.strengths, self.further
        return Place.at(likelihood, self.layout, *here, self.prior_precision)

    def under(self, prior_precision: float) -> "Place":
        """The same place under another prior on the strengths."""
        change = prior_precision - self.prior_precision
        score = self.score.copy()
        score[: self.n_items] -= change * self.strengths
        slopes = replace(self.slopes, diagonal=self.slopes.diagonal + change)
        return replace(self, prior_precision=prior_precision, score=score, slopes=slopes)

    def times(self, x: Floats) -> Floats:
        """Curvature times x, of shape (n_items + n_further,) or (.., n_vectors)."""
        if x.ndim > 1:
            return np.stack([self.times(column) for column in np.ascontiguousarray(x.T)], axis=1)
        rows, slopes, n = self.likelihood.rows, self.slopes, self.n_items
        above, items = slopes.diagonal * x[:n], x[:n]
        multiply(rows.first, rows.second, slopes.curvature, items, above)
        if len(slopes.corner) == 0:
            return above
        above += slopes.border @ x[n:]
        return np.concatenate([above, slopes.border.T @ items + slopes.corner @ x[n:]])

    def solve(self, right: Floats, accuracy: float) -> Floats:
        return self.curvature.solve(right, self.times, accuracy=accuracy)


def find_optimum(start: Place, tolerance: float, n_iterations: int) -> Place:
    """Climb from `start` until no score equation is off by more than `tolerance` wins.

    Quick steps first, each one look at the data; they end where items are compared with many
    others. Newton's method does the rest, where a chain of items makes quick steps slow. Each of
    its steps is solved as accurately as it is worth: up to about the share by which the step
    itself is wrong. A step is halved where it overshoots: the log posterior is concave, so the
    slope along the step says so by its sign.

    Raises
    ------
    NotConvergedError
        If that is not reached in `n_iterations` steps.
    """
    place, n_left = _approach(start, tolerance, n_iterations)
    largest = place.largest_score
    for _ in range(n_left):
        if largest <= tolerance:
            break
        place = place.with_rows()
        distance = float(np.abs(place.score / place.curvature.scale).max())
        wanted = 0.3 * tolerance / largest
        place = _climb(place, place.solve(place.score, max(min(0.05, distance / 3), wanted)))
        largest = place.largest_score
    if largest <= tolerance:
        return place.with_rows()
    raise NotConvergedError(largest, tolerance, n_iterations)


def _approach(start: Place, tolerance: float, n_iterations: int) -> tuple[Place, int]:
    r"""Quick steps while they pay; where they end, and how many steps are left.

    Limited-memory BFGS [1]_ from the diagonal of the curvature at each place. With many
    judgments an item, the curvature divided by its diagonal differs from the identity by about
    :math:`2 / \sqrt{\text{opponents}}`, so that a handful of steps does; with few opponents
    looking at the data so often takes longer than Newton's method.

    References
    ----------
    .. [1] Nocedal, "Updating quasi-Newton matrices with limited storage", Mathematics of
       Computation 35(151), 1980.
    """
    place, largest, n_left = start, start.largest_score, n_iterations
    if len(start.likelihood.rows.first) < MANY_ROWS * start.n_items:
        return start, n_iterations
    steps: list[Floats] = []
    bends: list[Floats] = []
    while largest > tolerance and n_left:
        step = _quick_step(place, steps[-HISTORY:], bends[-HISTORY:])
        if place.likelihood.longest_step(place.further, step[place.n_items :]) < 1:
            break
        there = place.moved(step, by_row=USUAL * largest <= tolerance)
        n_left -= 1
        # A nan, from odds beyond all numbers, is no progress either.
        if not there.largest_score <= largest:
            break
        steps.append(step)
        bends.append(place.score - there.score)
        slow = there.largest_score > QUICK * largest
        place, largest = there, there.largest_score
        if slow:
            break
    return place, n_left


def _quick_step(place: Place, steps: list[Floats], bends: list[Floats]) -> Floats:
    """The inverse curvature that former steps imply, times the score."""
    step, shares = place.score.copy(), []
    for moved, bent in zip(reversed(steps), reversed(bends), strict=True):
        shares.append((moved @ step) / (moved @ bent))
        step -= shares[-1] * bent
    curvature = place.curvature
    step = curvature.levelled(step / curvature.scale)
    for moved, bent, share in zip(steps, bends, reversed(shares), strict=True):
        step += (share - (bent @ step) / (moved @ bent)) * moved
    return step


def _climb(place: Place, step: Floats) -> Place:
    slope = float(step @ place.score)
    length = place.likelihood.longest_step(place.further, step[place.n_items :])
    while True:
        there = place.moved(length * step)
        if length < SHORTEST_STEP:
            return there
        # A nan, from odds beyond all numbers, is an overshoot too.
        if float(step @ there.score) >= -OVERSHOOT * slope:
            return there
        length /= 2
