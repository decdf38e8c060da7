"""Simulated crowds with known scales and thresholds, for the claims about annotators."""

import numpy as np

from core.annotator_models import rao_kupper
from core.judgment import Comparisons, Floats
from core.simulation import possible_pairs


def judge(
    strengths: Floats,
    scale: Floats,
    threshold: Floats,
    judgments_each: int,
    *,
    rng: np.random.Generator,
    taste: Floats | None = None,
) -> Comparisons:
    """Each annotator judges so many pairs drawn uniformly, by Rao and Kupper's model.

    `scale` and `threshold` have shape (n_annotators,), `taste` (n_annotators, n_items).
    """
    one, other = possible_pairs(np.zeros(len(strengths), dtype=np.int64))
    annotator = np.repeat(np.arange(len(scale)), judgments_each)
    drawn = rng.integers(len(one), size=len(annotator))
    first, second = one[drawn], other[drawn]
    odds = strengths[first] - strengths[second]
    if taste is not None:
        odds = odds + taste[annotator, first] - taste[annotator, second]
    shares = rao_kupper(scale[annotator] * odds, threshold[annotator]).cumsum(axis=1)
    outcome = 1 - (rng.random(len(first))[:, None] > shares[:, :2]).sum(axis=1)
    return Comparisons(
        items=tuple(f"item {number:02}" for number in range(len(strengths))),
        prompts=np.zeros(len(strengths), dtype=np.int64),
        first=first,
        second=second,
        outcome=outcome.astype(np.int64),
        annotator=annotator,
    )
