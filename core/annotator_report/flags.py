"""Whom to look at: one test of honesty an annotator, false alarms controlled over all of them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.annotator_models import FALSE_DISCOVERY_RATE
from core.annotator_report.measures import Measure
from core.judgment import Floats, Indices

#: How the chance of a false alarm is shared out between tests; those that find most get most.
WEIGHTS: Mapping[Measure, float] = {
    Measure.CONSENSUS: 0.45,
    Measure.MODEL: 0.15,
    Measure.OTHERS: 0.05,
    Measure.TOO_FAST: 0.10,
    Measure.GOLD: 0.07,
    Measure.SELF_CONSISTENCY: 0.06,
    Measure.SIDE: 0.06,
    Measure.STREAK: 0.02,
    Measure.TURNS: 0.02,
    Measure.DRIFT: 0.02,
}
#: With fewer judgments nobody is tested.
MIN_JUDGMENTS = 20


@dataclass(frozen=True, slots=True, eq=False)
class Flags:
    """Who should be looked at, and why. A flag opens a review; it excludes nobody.

    Attributes
    ----------
    p_value : ndarray, shape (n_annotators,)
        Of all tests of the annotator together; nan: not tested.
    flagged : ndarray of bool, shape (n_annotators,)
    reasons : tuple of tuple of Measure, length n_annotators
        The tests that would flag by themselves, at their share of the chance of a false alarm.
    """

    p_value: Floats
    flagged: NDArray[np.bool_]
    reasons: tuple[tuple[Measure, ...], ...]


def flag(
    p_values: Mapping[Measure, Floats],
    n_judgments: Indices,
    *,
    rate: float = FALSE_DISCOVERY_RATE,
) -> Flags:
    r"""Combine tests of each annotator and choose whom to look at.

    With weights :math:`w_t` of the tests that an annotator's data allow, made to sum to one: the
    p-value is :math:`\min_t p_t / w_t` (weighted Bonferroni, right however tests depend on each
    other) [1]_. Of these Benjamini and Hochberg's procedure [2]_ chooses so that on average at most
    `rate` of the flags are false alarms, as far as each test's idea of honest people holds.

    In simulated crowds (20 to 100 people, 60 judgments each, from answers alone) with honest scales
    of 1 ± 0.2, at most 0.9 % of the honest were flagged and 93 to 99 % of those who clicked at
    random; of crowds of 40 without anybody careless 16 % had a flag. With scales of 1 ± 0.3, where
    some honest people hardly look, these are 2.5 %, 86 to 96 % and 60 %, and up to 16 % of the
    flags are false alarms.

    Parameters
    ----------
    p_values : mapping of Measure to ndarray, shape (n_annotators,)
        nan: not tested.
    n_judgments : ndarray of int64, shape (n_annotators,)
        Those with fewer than `MIN_JUDGMENTS` are not tested.

    References
    ----------
    .. [1] Genovese, Roeder and Wasserman, "False discovery control with p-value weighting",
       Biometrika 93(3), 2006.
    .. [2] Benjamini and Hochberg, "Controlling the false discovery rate", JRSS B 57(1), 1995.
    """
    tests = [test for test in WEIGHTS if test in p_values]
    table = np.stack([p_values[test] for test in tests], axis=1)
    table[n_judgments < MIN_JUDGMENTS] = np.nan
    weights = np.where(np.isnan(table), 0.0, [WEIGHTS[test] for test in tests])
    total = weights.sum(axis=1, keepdims=True)
    weighted = np.full(table.shape, np.inf)
    np.divide(table * total, weights, out=weighted, where=weights > 0)
    p_value = np.where(total[:, 0] > 0, np.minimum(weighted.min(axis=1), 1.0), np.nan)
    threshold = _threshold(p_value[~np.isnan(p_value)], rate)
    reasons = tuple(
        tuple(test for test, value in zip(tests, row, strict=True) if value <= threshold)
        for row in weighted
    )
    return Flags(p_value, p_value <= threshold, reasons)


def _threshold(p: Floats, rate: float) -> float:
    """What Benjamini and Hochberg hold p-values against; below all of them if none passes."""
    steps = rate * np.arange(1, len(p) + 1) / max(len(p), 1)
    passing = np.flatnonzero(np.sort(p) <= steps)
    return float(steps[passing[-1]]) if len(passing) else -1.0
