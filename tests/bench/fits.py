"""Our Bradley-Terry fit beside those of two libraries, on the same simulated comparisons."""

import time
from collections.abc import Callable
from statistics import median

import choix
import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from core.fitting import fit_bradley_terry
from core.judgment import Comparisons, Floats, Indices
from tests.bench.table import Row

N_ITEMS, N_COMPARISONS, N_ROUNDS, PRIOR_SCALE = 1_000, 100_000, 5, 1.5


def measure() -> list[Row]:
    comparisons = simulate(np.random.default_rng(0))
    winners, losers = _winners_and_losers(comparisons)
    pairs = list(zip(winners.tolist(), losers.tolist(), strict=True))
    design = _design(comparisons)
    first_won = comparisons.outcome > 0
    logistic = LogisticRegression(
        C=PRIOR_SCALE**2, fit_intercept=False, solver="newton-cg", tol=1e-8, max_iter=1000
    )
    fits: dict[str, Callable[[], Floats]] = {
        "ours, prior scale given": lambda: (
            fit_bradley_terry(comparisons, prior_scale=PRIOR_SCALE).strengths
        ),
        "ours, prior scale by evidence": lambda: fit_bradley_terry(comparisons).strengths,
        "scikit-learn, logistic regression, sparse": lambda: logistic.fit(design, first_won).coef_[
            0
        ],
        "choix, ILSR": lambda: choix.ilsr_pairwise(N_ITEMS, pairs, alpha=1e-3),
    }
    seconds: dict[str, list[float]] = {name: [] for name in fits}
    strengths: dict[str, Floats] = {}
    for _ in range(N_ROUNDS):  # in turn, so that all of them meet the same state of the machine
        for name, fit in fits.items():
            began = time.perf_counter()
            strengths[name] = fit()
            seconds[name].append(time.perf_counter() - began)
    ours = next(iter(fits))
    return [
        Row(
            f"{name} ({_difference(strengths[name], strengths[ours])} from ours)",
            f"{median(times) * 1000:.0f} ms",
            f"{median(times) / median(seconds[ours]):.1f} times",
        )
        for name, times in seconds.items()
    ]


def simulate(rng: np.random.Generator) -> Comparisons:
    """Pairs drawn uniformly, judged by Bradley-Terry with normal strengths, without ties."""
    one = rng.integers(N_ITEMS, size=N_COMPARISONS)
    other = (one + rng.integers(1, N_ITEMS, size=N_COMPARISONS)) % N_ITEMS
    first, second = np.minimum(one, other), np.maximum(one, other)
    strengths = rng.normal(size=N_ITEMS)
    probability = 1 / (1 + np.exp(strengths[second] - strengths[first]))
    outcome = np.where(rng.random(N_COMPARISONS) < probability, 1, -1)
    prompts, annotator = np.zeros(N_ITEMS, np.int64), np.zeros(N_COMPARISONS, np.int64)
    names = tuple(f"{number:04}" for number in range(N_ITEMS))
    return Comparisons(names, prompts, first, second, outcome, annotator)


def _winners_and_losers(comparisons: Comparisons) -> tuple[Indices, Indices]:
    won = comparisons.outcome > 0
    return (
        np.where(won, comparisons.first, comparisons.second),
        np.where(won, comparisons.second, comparisons.first),
    )


def _design(comparisons: Comparisons) -> csr_matrix:
    rows = np.arange(N_COMPARISONS)
    return csr_matrix(
        (
            np.repeat([1.0, -1.0], N_COMPARISONS),
            (np.tile(rows, 2), np.concatenate([comparisons.first, comparisons.second])),
        ),
        shape=(N_COMPARISONS, N_ITEMS),
    )


def _difference(strengths: Floats, ours: Floats) -> str:
    """Largest difference in log-odds after both are centred."""
    centred = strengths - strengths.mean() - (ours - ours.mean())
    return f"at most {np.abs(centred).max():.1g} nats"
