"""On which side an item stands."""

from dataclasses import dataclass

import numpy as np

from core.judgment import Pair


@dataclass(frozen=True, slots=True)
class SideCounts:
    """How often the first item of the pair stood left, and how often right."""

    left: int
    right: int


def choose_left(
    pair: Pair, of_pair: SideCounts, of_annotator: SideCounts, rng: np.random.Generator
) -> str:
    """Choose the item that stands left: even out the pair, then the annotator, else by lot."""
    for counts in (of_pair, of_annotator):
        if counts.left != counts.right:
            return pair.first if counts.left < counts.right else pair.second
    return pair.first if rng.random() < 0.5 else pair.second  # noqa: PLR2004 - a fair coin
