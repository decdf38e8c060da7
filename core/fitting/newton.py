"""Newton's method for the strengths of any number of items."""

from dataclasses import dataclass, replace

import numpy as np

from core.blocks import Layout
from core.curvature import Curvature
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


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """One place in the space of strengths and further parameters, with slopes and curvature.

    Attributes
    ----------
    score : ndarray, shape (n_items + n_further,)
        Slope of the log posterior.
    slopes : Slopes
        Its `diagonal` contains the prior's precision.
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
    ) -> "Place":
        slopes = likelihood.slopes(strengths, further)
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

    def moved(self, step: Floats) -> "Place":
        strengths = self.strengths + step[: self.n_items]
        further = self.further + step[self.n_items :]
        return Place.at(self.likelihood, self.layout, strengths, further, self.prior_precision)

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

    Each Newton step is solved as accurately as it is worth: up to about the share by which the
    step itself is wrong. A step is halved where it overshoots: the log posterior is concave, so
    the slope along the step says so by its sign.

    Raises
    ------
    NotConvergedError
        If that is not reached in `n_iterations` steps.
    """
    place, largest = start, start.largest_score
    for _ in range(n_iterations):
        if largest <= tolerance:
            return place
        distance = float(np.abs(place.score / place.curvature.scale).max())
        wanted = 0.3 * tolerance / largest
        place = _climb(place, place.solve(place.score, max(min(0.05, distance / 3), wanted)))
        largest = place.largest_score
    if largest <= tolerance:
        return place
    raise NotConvergedError(largest, tolerance, n_iterations)


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
