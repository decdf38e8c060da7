"""Judgments as the compiled loops read them."""

from dataclasses import dataclass, field, replace

import numpy as np

from core.fitting.kernels import (
    Categories,
    Numbers,
    Weights,
    add_up,
    add_up_counts,
    nonempty,
    sort_by_block,
    table_of_pairs,
)
from core.judgment import Comparisons, Floats, Indices, PairCounts

#: Judgments are added up by pair where there are at least so many for each possible pair.
DENSE = 0.6
#: With more rows than this, memory counts more than the last digits of curvatures.
MANY = 4_000_000
#: Items whose state fits into a near cache, as a power of two; see `sort_by_block`.
BLOCK = 14
ABSENT: Floats = np.empty(0)


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Judgments as the compiled loops read them; those that say the same may be added up.

    Attributes
    ----------
    first, second : ndarray of int32 or int64, shape (n_rows,)
    weight : ndarray, shape (n_rows,), or empty where every row counts once
    category : ndarray of int8, shape (n_rows,), or empty
        By how many grades the first item is better; empty where `wins` and `n_tied` say enough.
    covariates : ndarray, shape (n_rows, n_covariates)
        What else moves the log-odds of the first item.
    wins : ndarray, shape (n_items,)
        A tie is half a win to both.
    n_judged : ndarray, shape (n_items,)
        Judgments of each item.
    n_tied, total : float
        Ties, and judgments in all, weighted.
    won : ndarray, shape (n_covariates,)
        Sum over judgments of the covariates times +½ where the first was better, -½ where worse.
    offset : ndarray, shape (n_rows,), or empty
        Added to the log-odds of the first item, nats.
    """

    first: Numbers
    second: Numbers
    weight: Floats
    category: Categories
    covariates: Floats
    wins: Floats
    n_judged: Floats
    n_tied: float
    total: float
    won: Floats
    offset: Floats = field(default_factory=lambda: ABSENT)

    @property
    def n_items(self) -> int:
        return len(self.wins)

    def spread(self, nodes: Floats, weights: Floats, deviation: Floats) -> "Rows":
        """Each row once for every node, its log-odds moved by so many deviations.

        Parameters
        ----------
        nodes, weights : ndarray, shape (n_nodes,)
            The weights sum to one, so that all counts stay.
        deviation : ndarray, shape (n_rows,)
            Nats.

        Returns
        -------
        Rows
            All rows at the first node, then all at the second, and so on.
        """
        again = np.tile(np.arange(len(self.first)), len(nodes))
        return replace(
            self,
            first=self.first[again],
            second=self.second[again],
            weight=np.outer(weights, self.counts).ravel(),
            category=self.category[again] if len(self.category) else self.category,
            covariates=self.covariates[again],
            offset=np.outer(nodes, deviation).ravel(),
        )

    def curvature(self) -> Weights:
        """Room for the curvature of each row."""
        n = len(self.first)
        return np.empty(n, np.float32) if n > MANY else np.empty(n)

    @property
    def counts(self) -> Floats:
        """Of each row; shape (n_rows,)."""
        return self.weight if len(self.weight) else np.ones(len(self.first))

    @classmethod
    def of_comparisons(
        cls,
        comparisons: Comparisons,
        *,
        grade: Indices | None = None,
        weight: Floats | None = None,
        covariates: Floats | None = None,
    ) -> "Rows":
        """One row a judgment, or a pair (and grade) where that is shorter.

        Parameters
        ----------
        grade : ndarray of int64, shape (n_comparisons,), or None
            By how much the first is better, 0 for a tie; None: the likelihood needs only who won.
        weight : ndarray, shape (n_comparisons,), or None
        covariates : ndarray, shape (n_comparisons, n_covariates), or None
        """
        n_items, n_rows = len(comparisons.items), len(comparisons)
        weight = ABSENT if weight is None else weight
        category = np.empty(0, np.int8) if grade is None else grade.astype(np.int8)
        n_categories = 2 * int(np.abs(category).max(initial=0)) + 1
        dense = n_rows > DENSE * n_categories * n_items * (n_items - 1) / 2
        dense = dense and covariates is None
        first, second, outcome = comparisons.first, comparisons.second, comparisons.outcome
        n_copied = 0 if dense or n_rows > MANY else n_rows
        one: Numbers = np.empty(n_copied, np.int32)
        other: Numbers = np.empty(n_copied, np.int32)
        tally = np.zeros((n_items, 2))
        n_tied = add_up(first, second, outcome, weight, tally, one, other)
        x, won = np.empty((n_rows, 0)), np.empty(0)
        if covariates is not None:
            counted = weight if len(weight) else np.ones(n_rows)
            x, won = covariates, (outcome * counted / 2) @ covariates
        if dense:
            one, other, category, weight = _by_pair(comparisons, category, weight, n_categories)
            x = x[: len(one)]
        elif n_rows > MANY:
            one, other = first, second  # as they are, without a copy
            if n_items > 2**BLOCK and not len(weight) + len(category) + x.shape[1]:
                one, other = _by_block(n_items, first, second)
        wins, judged = np.ascontiguousarray(tally.T)
        total = float(judged.sum()) / 2
        return cls(one, other, weight, category, x, wins, judged, float(n_tied), total, won)

    @classmethod
    def of_counts(cls, counts: PairCounts) -> "Rows":
        """One row a pair, for likelihoods that need only who won how often."""
        n_rows = len(counts.first)
        n_copied = 0 if n_rows > MANY else n_rows
        one: Numbers = np.empty(n_copied, np.int32)
        other: Numbers = np.empty(n_copied, np.int32)
        tally, weight = np.zeros((counts.n_items, 2)), np.empty(n_rows)
        n_tied = add_up_counts(
            counts.first,
            counts.second,
            counts.first_better,
            counts.tied,
            counts.second_better,
            tally,
            weight,
            one,
            other,
        )
        if n_rows > MANY:  # as they are, without a copy
            one, other = counts.first, counts.second
        wins, judged = np.ascontiguousarray(tally.T)
        return cls(
            first=one,
            second=other,
            weight=weight,
            category=np.empty(0, np.int8),
            covariates=np.empty((n_rows, 0)),
            wins=wins,
            n_judged=judged,
            n_tied=float(n_tied),
            total=float(judged.sum()) / 2,
            won=np.empty(0),
        )


def _by_block(n_items: int, first: Indices, second: Indices) -> tuple[Numbers, Numbers]:
    """The pairs in an order in which every look at them takes about half as long."""
    one, other = np.empty(len(first), np.int32), np.empty(len(first), np.int32)
    n_blocks = (n_items - 1 >> BLOCK) + 1
    sort_by_block(first, second, BLOCK, np.zeros(n_blocks**2 + 1, np.int64), one, other)
    return one, other


def _by_pair(
    comparisons: Comparisons, category: Categories, weight: Floats, n_categories: int
) -> tuple[Numbers, Numbers, Categories, Floats]:
    """One row for each pair and grade that was given, with its weight."""
    n_items, first, second = len(comparisons.items), comparisons.first, comparisons.second
    kind = np.float64 if len(weight) else np.int32
    table = np.zeros((n_items * (n_items - 1) // 2, n_categories), kind)
    n_rows = table_of_pairs(n_items, first, second, category, weight, table)
    one, other = np.empty(n_rows + 1, np.int32), np.empty(n_rows + 1, np.int32)
    grade, number = np.empty(n_rows + 1 if len(category) else 0, np.int8), np.empty(n_rows + 1)
    nonempty(n_items, table, one, other, grade, number)
    return one[:n_rows], other[:n_rows], grade[:n_rows], number[:n_rows]
