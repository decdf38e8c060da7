"""What may stand beside judgments when strengths are fitted, checked before anything is fitted."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import DiscernError, NoComparisonsError
from core.estimates import NotDeterminedError
from core.fitting.rows import Rows
from core.judgment import Comparisons, Floats, Indices

#: Grades are stored in a byte each, and more make no sense on a screen.
MAX_GRADES = 100


class UnusableOptionError(DiscernError):
    """Weights, margins or covariates hold values that no fit can use."""


@dataclass(frozen=True, slots=True, eq=False)
class Options:
    """Checked options; the arrays have a row a judgment.

    Attributes
    ----------
    margins : ndarray of int64 or None
    weights : ndarray or None
    names : tuple of str
    covariates : ndarray, shape (n_comparisons, n_covariates)
    """

    margins: Indices | None
    weights: Floats | None
    names: tuple[str, ...]
    covariates: Floats

    @property
    def n_grades(self) -> int:
        return 1 if self.margins is None else max(1, int(self.margins.max(initial=1)))

    @property
    def typical_sizes(self) -> Floats:
        """Root mean square of each covariate; shape (n_covariates,)."""
        if not self.names:
            return np.empty(0)
        number = np.ones(len(self.covariates)) if self.weights is None else self.weights
        sizes: Floats = np.sqrt(number @ self.covariates**2 / number.sum())
        return sizes

    def grades(self, outcome: Indices) -> Indices:
        """By how much each first item is better; negative where worse, 0 for a tie."""
        return outcome if self.margins is None else outcome * self.margins

    def rows(self, comparisons: Comparisons, *, graded: bool) -> Rows:
        """The judgments with all that stands beside them, as the compiled loops read them."""
        return Rows.of_comparisons(
            comparisons,
            grade=self.grades(comparisons.outcome) if graded else None,
            weight=self.weights,
            covariates=self.covariates if self.names else None,
        )

    def where(self, chosen: NDArray[np.bool_]) -> "Options":
        """The options of chosen judgments."""
        return Options(
            None if self.margins is None else self.margins[chosen],
            None if self.weights is None else self.weights[chosen],
            self.names,
            self.covariates[chosen],
        )

    def without_weightless(self, comparisons: Comparisons) -> tuple[Comparisons, "Options"]:
        """Leave out judgments that count nothing: they connect no items either."""
        if self.weights is None:
            return comparisons, self
        kept = self.weights > 0
        if not kept.any():
            raise NoComparisonsError
        return comparisons.where(kept), self.where(kept)


def read_options(
    comparisons: Comparisons,
    margins: Indices | None,
    weights: Floats | None,
    covariates: Mapping[str, Floats] | None,
) -> Options:
    """Check what was given.

    Raises
    ------
    UnusableOptionError
        If a length, a weight, a margin or a covariate cannot be used.
    NotDeterminedError
        If a covariate is always 0.
    """
    if weights is not None:
        weights = np.ascontiguousarray(weights, dtype=np.float64)
        _check_rows("weights", weights, len(comparisons), "a finite number of at least 0")
        if (weights < 0).any():
            raise UnusableOptionError(
                f"A judgment counts at least 0 times, the least weight is {weights.min():g}. "
                "Leave out judgments that must not count."
            )
    if margins is not None:
        margins = _checked_margins(comparisons, margins)
    columns = []
    for name, given in (covariates or {}).items():
        column = np.ascontiguousarray(given, dtype=np.float64)
        _check_rows(f"covariate {name!r}", column, len(comparisons), "a finite number")
        if not column.any():
            raise NotDeterminedError(
                f"The effect of {name!r} is not determined: it is 0 in every judgment. Leave it "
                "out, or give judgments in which it differs."
            )
        columns.append(column)
    table = np.column_stack(columns) if columns else np.empty((len(comparisons), 0))
    return Options(margins, weights, tuple(covariates or ()), table)


def _checked_margins(comparisons: Comparisons, margins: Indices) -> Indices:
    _check_rows("margins", margins.astype(np.float64), len(comparisons), "a whole number")
    read = np.where(comparisons.outcome == 0, 1, margins).astype(np.int64)
    if read.min(initial=1) < 1 or read.max(initial=1) > MAX_GRADES:
        raise UnusableOptionError(
            f"How much better is said from 1 to {MAX_GRADES}, found {read.min()} to {read.max()}. "
            "Number the grades from 1 on."
        )
    return read


def _check_rows(what: str, column: NDArray[np.float64], n: int, wanted: str) -> None:
    if column.shape != (n,):
        raise UnusableOptionError(
            f"There must be one value of {what} for each of the {n:,} judgments, got an array of "
            f"shape {column.shape}."
        )
    bad = np.flatnonzero(~np.isfinite(column))
    if len(bad):
        raise UnusableOptionError(
            f"The {what} must be {wanted} in every judgment; {len(bad):,} are not, the first in "
            f"row {bad[0] + 1:,} ({column[bad[0]]}). Give 0 where it is unknown, or leave those "
            "judgments out."
        )
