"""Whether a model's own intervals hold the truth, in studies simulated from the fit itself."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from core.estimates import Estimate, clustered_mean, clustered_share, normal_quantile
from core.judgment import Comparisons, Floats
from core.predictions import Predictions, PreferenceModel

Refit = Callable[[Comparisons], PreferenceModel]


@dataclass(frozen=True, slots=True)
class IntervalCoverage:
    """How often intervals held the log-odds that a study was simulated with.

    Attributes
    ----------
    coverage : Estimate
        Over all judged pairs of all studies; the interval is clustered by study.
    level : float
        What it should be.
    bias : Estimate
        Mean of (fitted - true) in the direction of the item that is better, nats: below zero the
        fit is drawn towards even odds.
    n_studies : int
    """

    coverage: Estimate
    level: float
    bias: Estimate
    n_studies: int


def interval_coverage(
    model: Predictions,
    comparisons: Comparisons,
    refit: Refit,
    *,
    rng: np.random.Generator,
    n_studies: int = 40,
    level: float = 0.95,
) -> IntervalCoverage:
    """Simulate studies in which the fit is the truth, refit, and count (parametric bootstrap).

    Each study has the same judgments of the same pairs by the same people; only the answers are
    drawn. It shows whether the intervals are right where the model is: not whether it is.

    Parameters
    ----------
    refit : callable
        Fits the model to a study, prior included.

    References
    ----------
    .. [1] Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 6.
    """
    pairs = comparisons.counts()
    truth = model.log_odds(pairs.first, pairs.second)
    middle, _ = model.belief(comparisons.first, comparisons.second)
    shares = model.outcomes_at(middle).cumsum(axis=1)
    held, off = np.empty((n_studies, len(truth))), np.empty((n_studies, len(truth)))
    z = normal_quantile(level)
    for study in range(n_studies):
        fitted = refit(replace(comparisons, outcome=_answers(shares, rng)))
        middle = fitted.log_odds(pairs.first, pairs.second)
        reach = z * np.sqrt(fitted.log_odds_variance(pairs.first, pairs.second))
        held[study] = np.abs(middle - truth) <= reach
        off[study] = (middle - truth) * np.sign(truth)
    study_of = np.repeat(np.arange(n_studies), len(truth))
    return IntervalCoverage(
        clustered_share(held.ravel(), study_of),
        level,
        clustered_mean(off.ravel(), study_of),
        n_studies,
    )


def _answers(
    shares: Floats, rng: np.random.Generator
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    drawn = rng.random(len(shares))[:, None] > shares[:, :2]
    answers: np.ndarray[tuple[int], np.dtype[np.int64]] = 1 - drawn.sum(axis=1)
    return answers
