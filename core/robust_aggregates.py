"""One figure over many tasks and few runs, that no single task can turn."""

from dataclasses import dataclass

import numpy as np

from core.estimates import Estimate, NotDeterminedError
from core.judgment import Floats


@dataclass(frozen=True, slots=True)
class Aggregates:
    """Figures over all runs of all tasks.

    Attributes
    ----------
    interquartile_mean : Estimate
        Mean of the middle half: without the best and the worst quarter of all runs.
    mean, median : Estimate
        Mean of the tasks' means, and their median.
    """

    interquartile_mean: Estimate
    mean: Estimate
    median: Estimate


def interquartile_mean(scores: Floats) -> Floats:
    """Mean of the middle half of the last axis; a quarter of n, rounded down, off each end."""
    n = scores.shape[-1]
    cut = n // 4
    middle: Floats = np.sort(scores, axis=-1)[..., cut : n - cut].mean(axis=-1)
    return middle


def aggregate(
    scores: Floats, *, level: float = 0.95, n_rounds: int = 2000, rng: np.random.Generator
) -> Aggregates:
    """Aggregate runs by tasks, with the stratified bootstrap of Agarwal et al. [1]_.

    Runs are drawn anew with replacement within each task; tasks stay. Percentile intervals: with
    fewer than about ten runs a task they are a little too narrow. There is none, with infinite
    ends, where runs show no spread: with one run of each task, or runs that are all alike. Only
    scores that are all 0, as differences of one model from itself, are known without any.

    Parameters
    ----------
    scores : ndarray, shape (n_runs, n_tasks)
        Such as accuracy by seed and subset.
    rng : numpy Generator

    Raises
    ------
    NotDeterminedError
        If there is no run.

    References
    ----------
    .. [1] Agarwal, Schwarzer, Castro, Courville and Bellemare, "Deep reinforcement learning at the
       edge of the statistical precipice", NeurIPS 2021, arXiv:2108.13264.
    """
    n_runs, n_tasks = scores.shape
    if scores.size == 0:
        raise NotDeterminedError("There is no run to aggregate. Fit and evaluate the model first.")
    figures = np.empty((n_rounds, 3))
    for round_ in range(n_rounds):
        drawn = rng.integers(n_runs, size=scores.shape)
        figures[round_] = _figures(np.take_along_axis(scores, drawn, axis=0))
    spread = (1 - level) / 2
    low, high = np.quantile(figures, [spread, 1 - spread], axis=0)
    silent = (low == high) & (scores.any() or n_runs == 1)
    low, high = np.where(silent, -np.inf, low), np.where(silent, np.inf, high)
    here = _figures(scores)
    return Aggregates(
        *(
            Estimate(float(here[k]), float(low[k]), float(high[k]), n_runs * n_tasks)
            for k in range(3)
        )
    )


def _figures(scores: Floats) -> Floats:
    by_task = scores.mean(axis=0)
    return np.array([interquartile_mean(scores.ravel()), by_task.mean(), np.median(by_task)])
