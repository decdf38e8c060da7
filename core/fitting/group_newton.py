"""Newton's method and evidence for strengths of groups, the groups eliminated one by one."""

from dataclasses import dataclass, replace
from math import exp, log
from typing import Literal

import numpy as np
from scipy.optimize import minimize_scalar

from core.blocks import BlockMatrix, Layout
from core.comparison_graph import components
from core.errors import NotConvergedError
from core.estimates import NotDeterminedError
from core.fitting.laplace import information
from core.judgment import Comparisons, Floats, Indices
from core.models import davidson

#: What is believed about the spread of groups before any data: log-normal.
SPREAD_MEDIAN, SPREAD_LOG_SPREAD = 0.3, 1.0
SPREAD_RANGE, PRIOR_RANGE = (0.01, 5.0), (0.05, 20.0)
PRIOR_MEDIAN, PRIOR_LOG_SPREAD = 1.5, 1.0
TIE_SD = 3.0
TOLERANCE, SHORTEST_STEP = 1e-6, 1e-6
#: Most covariances held at once, of all groups together.
MAX_VALUES = 10**8


class TooManyGroupsError(NotDeterminedError):
    """The joint uncertainty of all groups does not fit into memory."""


@dataclass(frozen=True, slots=True)
class Widths:
    """Standard deviations of strengths and of deviations, nats."""

    prior_scale: float
    spread: float

    def belief(self) -> float:
        """Log prior density of both, without constants."""
        prior = (log(self.prior_scale) - log(PRIOR_MEDIAN)) / PRIOR_LOG_SPREAD
        spread = (log(self.spread) - log(SPREAD_MEDIAN)) / SPREAD_LOG_SPREAD
        return -(prior**2) / 2 - spread**2 / 2


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    strengths: Floats
    deviations: Floats
    tie: float

    def moved(self, step: "Place", length: float) -> "Place":
        return Place(
            self.strengths + length * step.strengths,
            self.deviations + length * step.deviations,
            self.tie + length * step.tie,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Judgments added up by group and pair; group number `n_groups` holds the rest.

    Attributes
    ----------
    cell : ndarray of int64, shape (n_cells,)
        The group of each count.
    balance, tied, total : ndarray, shape (n_cells,)
        Half of (first better minus second better), ties, judgments.
    """

    layout: Layout
    n_groups: int
    cell: Indices
    first: Indices
    second: Indices
    balance: Floats
    tied: Floats
    total: Floats
    ties: bool

    @classmethod
    def of(
        cls, comparisons: Comparisons, group: Indices, shown: Indices, *, ties: bool | None
    ) -> "Problem":
        n, n_groups = len(comparisons.items), len(shown)
        label = components(n, comparisons.first, comparisons.second)
        layout = Layout.of(label, 1)
        if layout.n_values * (n_groups + 1) > MAX_VALUES:
            raise TooManyGroupsError(
                f"{n_groups:,} groups of {n:,} items need more than {MAX_VALUES:,} covariances. "
                "Use fewer groups, or split the study by prompt."
            )
        place = np.full(int(group.max(initial=0)) + 2, n_groups)
        place[shown] = np.arange(n_groups)  # unknown groups are -1 and find the last entry
        cell = place[np.maximum(group[comparisons.annotator], -1)]
        keys, where = np.unique(
            (cell * n + comparisons.first) * n + comparisons.second, return_inverse=True
        )

        def add(values: Floats) -> Floats:
            return np.bincount(where, values, len(keys)).astype(np.float64)

        tied = comparisons.outcome == 0
        return cls(
            layout=layout,
            n_groups=n_groups,
            cell=keys // n**2,
            first=keys // n % n,
            second=keys % n,
            balance=add(comparisons.outcome / 2),
            tied=add(tied.astype(np.float64)),
            total=add(np.ones(len(tied))),
            ties=bool(tied.any()) if ties is None else ties,
        )

    @property
    def n_items(self) -> int:
        return len(self.layout.component)

    def start(self, strengths: Floats) -> Place:
        return Place(strengths, np.zeros((self.n_groups, self.n_items)), 0.0)

    def odds(self, place: Place) -> Floats:
        own = np.vstack([place.deviations, np.zeros(self.n_items)]) + place.strengths
        odds: Floats = own[self.cell, self.first] - own[self.cell, self.second]
        return odds

    def loss(self, place: Place, widths: Widths) -> float:
        odds = self.odds(place)
        normaliser = np.logaddexp(odds / 2, -odds / 2)
        fit = float(self.balance @ odds)
        if self.ties:
            normaliser = np.logaddexp(normaliser, place.tie)
            fit += float(self.tied.sum()) * place.tie - place.tie**2 / (2 * TIE_SD**2)
        penalty = float(place.strengths @ place.strengths) / (2 * widths.prior_scale**2)
        penalty += float((place.deviations**2).sum()) / (2 * widths.spread**2)
        return float(self.total @ normaliser) - fit + penalty

    def by_group(self, values: Floats) -> Floats:
        """Add up by group and item, the second's with the other sign; (n_groups + 1, n_items)."""
        size = (self.n_groups + 1) * self.n_items
        sums = np.bincount(self.cell * self.n_items + self.first, values, size)
        away = np.bincount(self.cell * self.n_items + self.second, values, size)
        return (sums - away).astype(np.float64).reshape(-1, self.n_items)

    def own_information(self, curvature: Floats, number: int, precision: float) -> BlockMatrix:
        """Of one group on its strengths, with `precision` added on the diagonal."""
        rows = self.cell == number
        first, second, part = self.first[rows], self.second[rows], curvature[rows]
        sums = np.bincount(first, part, self.n_items) + np.bincount(second, part, self.n_items)
        diagonal = sums.astype(np.float64) + precision
        return BlockMatrix.assemble(
            self.layout, diagonal[:, None, None], first, second, -part[:, None, None]
        )

    def optimum(self, place: Place, widths: Widths, n_iterations: int) -> "Point":
        tolerance = TOLERANCE * max(1.0, float(self.total.sum()) / 1e6)
        largest = np.inf
        for _ in range(n_iterations):
            point = Point.at(self, place, widths)
            largest = point.largest_score
            if largest <= tolerance:
                return point
            place = point.lower()
        raise NotConvergedError(largest, tolerance, n_iterations)

    def best(
        self, point: "Point", which: Literal["spread", "prior_scale"], n_iterations: int
    ) -> "Point":
        """The optimum with the highest evidence, of the widths that differ in one."""
        latest = point

        def at(value: float) -> Widths:
            if which == "spread":
                return replace(point.widths, spread=exp(value))
            return replace(point.widths, prior_scale=exp(value))

        def unlikeliness(value: float) -> float:
            nonlocal latest
            latest = self.optimum(latest.place, at(value), n_iterations)
            return -latest.log_evidence() - latest.widths.belief()

        bounds = np.log(SPREAD_RANGE if which == "spread" else PRIOR_RANGE)
        found = minimize_scalar(
            unlikeliness, bounds=bounds, method="bounded", options={"xatol": 0.02}
        )
        return self.optimum(latest.place, at(float(found.x)), n_iterations)


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """One place, with slopes and curvature there, the groups eliminated.

    Attributes
    ----------
    score : ndarray, shape (n_groups + 1, n_items)
        Of the deviations of each group, and in the last row of the common strengths.
    mixed : ndarray, of the same shape
        Second derivatives in those and the log tie weight.
    inverses : tuple of BlockMatrix
        P of each group: the inverse of its information plus its prior precision.
    common : BlockMatrix
        Information on the common strengths with the deviations eliminated.
    """

    problem: Problem
    place: Place
    widths: Widths
    score: Floats
    mixed: Floats
    tie_score: float
    tie_hessian: float
    inverses: tuple[BlockMatrix, ...]
    common: BlockMatrix

    @classmethod
    def at(cls, problem: Problem, place: Place, widths: Widths) -> "Point":
        shares = davidson(problem.odds(place), place.tie if problem.ties else -np.inf)
        curvature, mixed, tie = (problem.total * part for part in information(shares))
        excess = problem.balance - problem.total * (shares[:, 0] - shares[:, 2]) / 2
        precision, own = widths.prior_scale**-2, widths.spread**-2
        slopes, seconds = problem.by_group(excess), problem.by_group(mixed)
        score = slopes.copy()
        score[:-1] -= own * place.deviations
        score[-1] = slopes.sum(axis=0) - precision * place.strengths
        seconds[-1] = seconds.sum(axis=0)
        groups = range(problem.n_groups)
        inverses = tuple(problem.own_information(curvature, g, own).inverse() for g in groups)
        common = problem.own_information(
            curvature, problem.n_groups, precision + own * problem.n_groups
        )
        for inverse in inverses:
            common.values[:] -= own**2 * inverse.values
        return cls(
            problem=problem,
            place=place,
            widths=widths,
            score=score,
            mixed=seconds,
            tie_score=float((problem.tied - problem.total * shares[:, 1]).sum())
            - place.tie / TIE_SD**2,
            tie_hessian=float(tie.sum()) + TIE_SD**-2,
            inverses=inverses,
            common=common,
        )

    @property
    def largest_score(self) -> float:
        largest = float(np.abs(self.score).max())
        return max(largest, abs(self.tie_score)) if self.problem.ties else largest

    def solve(self, right: Floats) -> Floats:
        """Solve with the curvature in deviations and common strengths; (n_groups + 1, n_items)."""
        own = self.widths.spread**-2
        partial = [_times(p, side) for p, side in zip(self.inverses, right[:-1], strict=True)]
        # The information of a group times P is I - P / spread².
        left = right[-1] - sum(
            side - own * part for side, part in zip(right[:-1], partial, strict=True)
        )
        common = self.common.solve(left[:, None, None])[:, 0, 0]
        rows = [
            part - common + own * _times(p, common)
            for p, part in zip(self.inverses, partial, strict=True)
        ]
        return np.vstack([*rows, common])

    def along_ties(self) -> tuple[Floats, float]:
        """How strengths answer to the log tie weight, and the variance of the latter."""
        along = self.solve(self.mixed)
        return along, 1 / (self.tie_hessian - float((self.mixed * along).sum()))

    def lower(self) -> Place:
        """A Newton step, halved until the loss goes down."""
        step, tie_step = self.solve(self.score), 0.0
        slope = float((step * self.score).sum())
        if self.problem.ties:
            along, tie_variance = self.along_ties()
            tie_step = tie_variance * (self.tie_score - float((self.mixed * step).sum()))
            step = step - tie_step * along
            slope = float((step * self.score).sum()) + tie_step * self.tie_score
        whole = Place(step[-1], step[:-1], tie_step)
        here = self.problem.loss(self.place, self.widths)
        length = 1.0
        # Below this slope the loss cannot tell the points apart; a whole step is right there.
        while slope > 1e-9 * (1 + abs(here)) and length > SHORTEST_STEP:
            there = self.problem.loss(self.place.moved(whole, length), self.widths)
            if there <= here - 1e-4 * length * slope:
                break
            length /= 2
        return self.place.moved(whole, length)

    def log_evidence(self) -> float:
        """Laplace approximation of log p(data | widths), constants left out."""
        widths, n_items = self.widths, self.problem.n_items
        # The determinant of P is one over that of what it inverts.
        determinant = self.common.log_determinant()
        determinant -= sum(inverse.log_determinant() for inverse in self.inverses)
        if self.problem.ties:
            determinant -= log(self.along_ties()[1])
        scales = n_items * log(widths.prior_scale)
        scales += self.problem.n_groups * n_items * log(widths.spread)
        return -self.problem.loss(self.place, widths) - scales - determinant / 2

    def spreads(self) -> tuple[Floats, Floats, Floats]:
        """Standard deviations of common strengths, of those of groups and of deviations.

        Shapes (n_items,) and twice (n_groups, n_items); levels of components are taken out.
        """
        layout, own = self.problem.layout, self.widths.spread**-2
        level = 1 / layout.items_beside
        covariance = self.common.inverse()
        along, tie_variance = self.along_ties() if self.problem.ties else (self.mixed * 0, 0.0)
        tie = tie_variance * along**2
        both = tie_variance * (along[:-1] + along[-1]) ** 2
        common = _diagonal(covariance) - self.widths.prior_scale**2 * level + tie[-1]
        groups, deviations = [], []
        for number, inverse in enumerate(self.inverses):
            through = _product(_product(inverse, covariance), inverse)
            half = _diagonal(_product(inverse, covariance))
            alone = _diagonal(inverse)
            of_group = alone + own**2 * _diagonal(through)
            of_group -= level * (self.widths.prior_scale**2 + self.widths.spread**2)
            # P + (I - τP) C (I - τP), of which the level of P alone is taken out.
            away = alone + _diagonal(covariance) - 2 * own * half + own**2 * _diagonal(through)
            groups.append(of_group + both[number])
            deviations.append(away - level * self.widths.spread**2 + tie[number])
        clipped = (np.maximum(values, 0.0) for values in (common, groups, deviations))
        first, second, third = (np.sqrt(values) for values in clipped)
        return first, second, third


def _times(matrix: BlockMatrix, vector: Floats) -> Floats:
    result = np.empty_like(vector)
    for items, blocks in matrix.layout.stacks(matrix.values):
        result[items] = (blocks @ vector[items][:, :, None])[:, :, 0]
    return result


def _product(one: BlockMatrix, other: BlockMatrix) -> BlockMatrix:
    values = np.empty_like(one.values)
    stacks = (matrix.layout.stacks(v) for matrix, v in ((one, one.values), (one, other.values)))
    for (_, a), (_, b), (_, into) in zip(*stacks, one.layout.stacks(values), strict=True):
        into[:] = a @ b
    return BlockMatrix(one.layout, values)


def _diagonal(matrix: BlockMatrix) -> Floats:
    items = np.arange(len(matrix.layout.component))
    diagonal: Floats = matrix.between(items, items)[:, 0, 0]
    return diagonal
