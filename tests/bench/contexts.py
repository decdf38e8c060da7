"""Strengths by context of the judgment, on judgments with a known truth."""

import numpy as np

from core.fitting import fit_bradley_terry
from core.fitting.contexts import fit_contexts
from core.judgment import Comparisons, Floats, Indices
from core.predictions import logistic
from core.simulation import possible_pairs
from tests.bench.table import Row

N_ITEMS, N_CONTEXTS, N_STUDIES = 60, 4, 8
SIZES, SPREADS = (1_000, 4_000, 16_000), (0.0, 0.3, 0.6)
ABOUT = (
    f"{N_ITEMS} items with strengths of standard deviation 1 in {N_CONTEXTS} contexts, which each "
    "add normal deviations of the given spread; pairs and contexts drawn uniformly; mean of "
    f"{N_STUDIES} studies. Expected log loss of a judgment of a random pair in a random context "
    "above that of the truth, nats: with context terms, spread estimated; without; and with a fit "
    "of its own for each context. Wanted: at most 0.0005 lost where there is no effect, else "
    "better than both."
)


def measure() -> list[Row]:
    return [_row(size, spread) for size in SIZES for spread in SPREADS]


def world(size: int, spread: float, seed: int) -> tuple[Comparisons, Indices, Floats]:
    """Judgments, the context of each, and the strengths in each context."""
    rng = np.random.default_rng(seed)
    strengths = rng.normal(size=N_ITEMS) + spread * rng.normal(size=(N_CONTEXTS, N_ITEMS))
    one = rng.integers(N_ITEMS, size=size)
    other = (one + rng.integers(1, N_ITEMS, size=size)) % N_ITEMS
    first, second = np.minimum(one, other), np.maximum(one, other)
    context = rng.integers(N_CONTEXTS, size=size)
    odds = strengths[context, first] - strengths[context, second]
    outcome = np.where(rng.random(size) < logistic(odds), 1, -1)
    nobody = np.zeros(size, dtype=np.int64)
    items = tuple(f"i{number:02}" for number in range(N_ITEMS))
    prompts = np.zeros(N_ITEMS, dtype=np.int64)
    return Comparisons(items, prompts, first, second, outcome, nobody), context, strengths


def excess(size: int, spread: float, seed: int) -> tuple[float, float, float, float]:
    """With context terms, without, separately; and the spread that was estimated."""
    data, context, strengths = world(size, spread, seed)
    pairs = possible_pairs(data.prompts)
    first, second = (np.tile(part, N_CONTEXTS) for part in pairs)
    of = np.repeat(np.arange(N_CONTEXTS), len(pairs[0]))
    truth = logistic(strengths[of, first] - strengths[of, second])

    def above(said: Floats) -> float:
        return float(
            (truth * np.log(truth / said) + (1 - truth) * np.log((1 - truth) / (1 - said))).mean()
        )

    model = fit_contexts(data, context)
    own = [fit_bradley_terry(data.where(context == c)) for c in range(N_CONTEXTS)]
    return (
        above(model.averaged_probabilities(first, second, of)[:, 0]),
        above(fit_bradley_terry(data).probability(first, second)),
        above(np.concatenate([fit.probability(*pairs) for fit in own])),
        model.spread,
    )


def _row(size: int, spread: float) -> Row:
    found = np.mean([excess(size, spread, seed) for seed in range(N_STUDIES)], axis=0)
    ours, none, separate, estimated = found
    most = none if spread else none + 0.0005
    return Row(
        f"{size:,} judgments, spread {spread} (estimated {estimated:.2f}): excess with context "
        f"terms (without {none:.4f}; separate fits {separate:.4f})",
        f"{ours:.4f}",
        f"≤ {min(most, separate):.4f}",
    )
