"""What judgments say of strengths: slopes and curvature of the log posterior at one place."""

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.fitting.kernels import Weights, davidson_slopes, graded_slopes, plain_slopes
from core.fitting.rows import Rows
from core.judgment import Floats

#: The prior on a threshold, or on the distance of two: gamma with this shape.
GAMMA_SHAPE = 2.0
#: A distance to begin with, nats, and a share of judgments within it.
LEAST_GAP, MOST_BELOW = 0.1, 0.99
#: Squares of exp of this are still numbers.
LARGEST_EXPONENT = 170.0


@dataclass(frozen=True, slots=True, eq=False)
class Slopes:
    """First and second derivatives of a log likelihood in strengths and further parameters.

    Attributes
    ----------
    score : ndarray, shape (n_items,)
    further_score : ndarray, shape (n_further,)
    diagonal, curvature : ndarrays, shapes (n_items,) and (n_rows,)
        Of minus the second derivatives in the strengths: a weighted graph Laplacian, whose edges
        are the rows. The curvature by row is empty where it was not asked for.
    border : ndarray, shape (n_items, n_further)
        Minus the mixed second derivatives.
    corner : ndarray, shape (n_further, n_further)
    """

    score: Floats
    further_score: Floats
    diagonal: Floats
    curvature: Weights
    border: Floats
    corner: Floats


class Likelihood(Protocol):
    """A family of models for one judgment, with what it needs beside the strengths."""

    @property
    def rows(self) -> Rows: ...

    @property
    def with_ties(self) -> bool: ...

    @property
    def covariate_precision(self) -> Floats: ...

    def over(self, rows: Rows) -> "Likelihood":
        """The same family for other rows."""
        ...

    def start(self) -> Floats:
        """Values of the further parameters to begin with; shape (n_further,)."""
        ...

    def longest_step(self, further: Floats, step: Floats) -> float:
        """How much of a step keeps the further parameters possible, at most 1."""
        ...

    def slopes(self, strengths: Floats, further: Floats, *, by_row: bool = True) -> Slopes:
        """Derivatives of the log likelihood plus the log prior of the further parameters."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Davidson:
    r"""Davidson's ties and covariates beside strengths [1]_; without ties, Bradley-Terry.

    .. math::
        P(\text{first}) \propto e^{s/2}, \quad P(\text{tie}) \propto e^{\eta}, \quad
        P(\text{second}) \propto e^{-s/2}, \qquad s = \theta_i - \theta_j + x^T \beta

    The score of one judgment in s is y - E y with y = ½, 0, -½, and in :math:`\eta` the
    indicator of a tie minus its probability; the curvature is the variance of these two.

    Attributes
    ----------
    tie_precision : float
        Of the normal prior on :math:`\eta`.
    covariate_precision : ndarray, shape (n_covariates,)
        Of the normal prior on :math:`\beta`.

    References
    ----------
    .. [1] Davidson, JASA 65(329), 1970; with covariates: Davidson and Beaver, Biometrics 33(4),
       1977 (order effects), and Turner and Firth, JSS 48(9), 2012.
    """

    rows: Rows
    with_ties: bool
    tie_precision: float
    covariate_precision: Floats

    def over(self, rows: Rows) -> "Davidson":
        return replace(self, rows=rows)

    def start(self) -> Floats:
        further = np.zeros(self.with_ties + len(self.covariate_precision))
        if self.with_ties:
            share = (self.rows.n_tied + 0.5) / (self.rows.total + 1)
            further[0] = np.log(2 * share / (1 - share))
        return further

    def longest_step(self, further: Floats, step: Floats) -> float:
        del further, step
        return 1.0

    def slopes(self, strengths: Floats, further: Floats, *, by_row: bool = True) -> Slopes:
        rows, ties = self.rows, int(self.with_ties)
        effects = further[ties:]
        simple = len(further) == 0 and len(rows.offset) == 0
        if simple and np.abs(strengths).max() < LARGEST_EXPONENT:
            return self._without_further(strengths, by_row=by_row)
        tie = float(np.exp(further[0])) if ties else 0.0
        expected, diagonal = np.zeros(rows.n_items), np.zeros(rows.n_items)
        border, curvature = np.zeros(rows.n_items), _room(rows, by_row or len(effects) > 0)
        pulls = np.empty((2, len(rows.first) if len(effects) else 0))
        pulls[1:] = 0.0
        root, lift = _worths(rows, strengths, effects, 0.5)
        n_ties, tie_curvature = davidson_slopes(
            root,
            tie,
            rows.first,
            rows.second,
            rows.weight,
            lift,
            expected,
            diagonal,
            curvature,
            border,
            pulls[0],
            pulls[1],
        )
        plain = Slopes(
            score=rows.wins - expected,
            further_score=np.full(ties, rows.n_tied - n_ties),
            diagonal=diagonal,
            curvature=curvature,
            border=border[:, None][:, :ties],
            corner=np.full((ties, ties), tie_curvature),
        )
        slopes = _with_covariates(
            rows, plain, rows.won - pulls[0] @ rows.covariates[: pulls.shape[1]], pulls[1:]
        )
        precision = np.hstack([np.full(ties, self.tie_precision), self.covariate_precision])
        return _with_normal_prior(slopes, further, precision)

    def _without_further(self, strengths: Floats, *, by_row: bool) -> Slopes:
        """The same in less time."""
        rows, curvature = self.rows, _room(self.rows, by_row)
        state = np.zeros((rows.n_items, 4))  # the last column only fills the line of the cache
        state[:, 0] = np.exp(strengths)
        plain_slopes(state, rows.first, rows.second, rows.weight, curvature)
        return Slopes(
            score=rows.wins - state[:, 1],
            further_score=np.empty(0),
            diagonal=state[:, 2].copy(),
            curvature=curvature,
            border=np.empty((rows.n_items, 0)),
            corner=np.empty((0, 0)),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Graded:
    r"""The cumulative logit: ties between thresholds and grades of "how much better" [1]_ [2]_.

    .. math::
        P(\text{first better by at least grade } g) = \frac{1}{1 + e^{-(s - c_g)}}, \qquad
        0 \le c_1 < c_2 < \dots

    and the same for the second with -s; what is left is a tie. With one grade this is the model
    of Rao and Kupper; with one grade and :math:`c_1 = 0`, which says that there are no ties,
    Bradley-Terry. The log likelihood of log-odds known to lie between two cutpoints a < b is

    .. math::
        \log\sigma(s - a) + \log\sigma(b - s) + \log\bigl(1 - e^{-(b - a)}\bigr),

    two logistic answers and a term without s; it is concave in all parameters together [3]_.
    The further parameters are the distances from one cutpoint to the next (the first from 0
    where there are ties), each with a gamma prior of shape 2, which keeps them positive and
    finite whatever was answered.

    Attributes
    ----------
    n_grades : int
    rate : float
        Of the gamma prior, 1 / nats; 0: none.

    References
    ----------
    .. [1] Rao and Kupper, "Ties in paired-comparison experiments", JASA 62(317), 1967.
    .. [2] Agresti, "Analysis of ordinal paired comparison data", JRSS C 41(2), 1992.
    .. [3] Burridge, "A note on maximum likelihood estimation for regression models using grouped
       data", JRSS B 43(1), 1981.
    """

    rows: Rows
    n_grades: int
    with_ties: bool
    rate: float
    covariate_precision: Floats

    def over(self, rows: Rows) -> "Graded":
        return replace(self, rows=rows)

    @property
    def n_gaps(self) -> int:
        return self.n_grades - 1 + self.with_ties

    def start(self) -> Floats:
        """As if all items were alike: a share tanh(c / 2) of log-odds then lies within c of 0."""
        number = self._number_by_grade()
        below = np.cumsum(number)[:-1] / max(self.rows.total, 1.0)
        cuts = 2 * np.arctanh(np.minimum(below, MOST_BELOW))
        gaps = np.diff(cuts, prepend=0.0)[self.n_grades - self.n_gaps :]
        return np.hstack([np.maximum(gaps, LEAST_GAP), np.zeros(len(self.covariate_precision))])

    def longest_step(self, further: Floats, step: Floats) -> float:
        """Distances stay above a tenth of what they are: there is a wall at 0."""
        gaps, change = further[: self.n_gaps], step[: self.n_gaps]
        falling = change < 0
        reach = (0.9 * gaps[falling] / -change[falling]).min(initial=np.inf)
        return min(1.0, float(reach))

    def cutpoints(self, gaps: Floats) -> Floats:
        """Shape (n_grades,); the first is 0 where there are no ties."""
        return np.cumsum(gaps if self.with_ties else np.hstack([0.0, gaps]))

    def slopes(self, strengths: Floats, further: Floats, *, by_row: bool = True) -> Slopes:
        rows, effects = self.rows, further[self.n_gaps :]
        cuts = self.cutpoints(further[: self.n_gaps])
        score, diagonal = np.zeros(rows.n_items), np.zeros(rows.n_items)
        cut_score, cut_curvature = np.zeros(len(cuts)), np.zeros(len(cuts))
        n_kept = len(rows.first) if len(effects) else 0
        border, curvature = np.zeros((rows.n_items, len(cuts))), _room(rows, by_row or n_kept > 0)
        pulls, mixed = np.empty(n_kept), np.zeros((n_kept, len(cuts)))
        worth, lift = _worths(rows, strengths, effects)
        graded_slopes(
            worth,
            np.exp(cuts),
            rows.first,
            rows.second,
            rows.category,
            rows.weight,
            lift,
            score,
            diagonal,
            curvature,
            border,
            pulls,
            mixed,
            cut_score,
            cut_curvature,
        )
        # From cutpoints to the distances of which they are sums.
        sums = np.tril(np.ones((len(cuts), len(cuts))))[:, len(cuts) - self.n_gaps :]
        gap_score, gap_curvature = self._links(further[: self.n_gaps])
        plain = Slopes(
            score=score,
            further_score=sums.T @ cut_score + gap_score,
            diagonal=diagonal,
            curvature=curvature,
            border=border @ sums,
            corner=sums.T @ (cut_curvature[:, None] * sums) + np.diag(gap_curvature),
        )
        slopes = _with_covariates(rows, plain, pulls @ rows.covariates[:n_kept], (mixed @ sums).T)
        precision = np.hstack([np.zeros(self.n_gaps), self.covariate_precision])
        return _with_normal_prior(slopes, further, precision)

    def _links(self, gaps: Floats) -> tuple[Floats, Floats]:
        """Slope and curvature of log(1 - e^-gap) for each answer between two cutpoints, and prior.

        The tie lies between -c and c, a distance of twice the first gap.
        """
        number = self._number_by_grade()
        between = number[:-1] if self.with_ties else number[1:-1]
        width = np.ones(self.n_gaps)
        if self.with_ties:
            width[0] = 2.0
        grown = np.expm1(width * gaps)
        score = between * width / grown
        curvature = between * width**2 * (grown + 1) / grown**2
        if self.rate > 0:
            score += (GAMMA_SHAPE - 1) / gaps - self.rate
            curvature += (GAMMA_SHAPE - 1) / gaps**2
        return score, curvature

    def _number_by_grade(self) -> Floats:
        """Judgments that one was better by each grade, ties first; shape (n_grades + 1,)."""
        grade = np.abs(self.rows.category).astype(np.int64)
        number = np.bincount(grade, self.rows.counts, self.n_grades + 1)
        return number.astype(np.float64)


def _room(rows: Rows, by_row: bool) -> Weights:  # noqa: FBT001
    """Room for the curvature of each row, or none."""
    return rows.curvature() if by_row else np.empty(0)


def _worths(
    rows: Rows, strengths: Floats, effects: Floats, power: float = 1.0
) -> tuple[Floats, Floats]:
    """exp(strength) of every item, and by which factor each row raises that of its first item.

    Both to a power. Strengths too far apart for that, as along a chain of thousands of items, go
    into the factors.
    """
    beside = np.empty(0)
    if len(effects) > 0 or len(rows.offset) > 0:
        beside = rows.covariates @ effects
        beside += rows.offset if len(rows.offset) else 0.0
    if power * np.abs(strengths).max() < LARGEST_EXPONENT:
        return np.exp(power * strengths), np.exp(power * beside)
    apart = strengths[rows.first] - strengths[rows.second]
    odds = power * (apart + beside if len(beside) else apart)
    within = np.clip(odds, -LARGEST_EXPONENT, LARGEST_EXPONENT)
    return np.ones_like(strengths), np.exp(within)


def _with_covariates(
    rows: Rows, plain: Slopes, score: Floats, mixed: NDArray[np.float64]
) -> Slopes:
    """Add the effects of covariates as further parameters.

    Parameters
    ----------
    score : ndarray, shape (n_covariates,)
    mixed : ndarray, shape (n_further, n_rows)
        Minus the mixed second derivatives of each row in its log-odds and the parameters so far.
    """
    x = rows.covariates
    if x.shape[1] == 0:
        return plain
    bent = plain.curvature[:, None] * x
    border = [
        np.bincount(rows.first, column, rows.n_items)
        - np.bincount(rows.second, column, rows.n_items)
        for column in bent.T
    ]
    cross = mixed[: len(plain.corner)] @ x
    return Slopes(
        score=plain.score,
        further_score=np.hstack([plain.further_score, score]),
        diagonal=plain.diagonal,
        curvature=plain.curvature,
        border=np.hstack([plain.border, np.stack(border, axis=1)]),
        corner=np.block([[plain.corner, cross], [cross.T, x.T @ bent]]),
    )


def _with_normal_prior(slopes: Slopes, further: Floats, precision: Floats) -> Slopes:
    slopes.further_score[:] -= precision * further
    slopes.corner[np.diag_indices(len(further))] += precision
    return slopes
