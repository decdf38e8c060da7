"""Pair coverage: who was asked what, and what nobody was asked."""

from dataclasses import dataclass

import numpy as np

from core.judgment import Indices


@dataclass(frozen=True, slots=True, eq=False)
class PairCoverage:
    """How much of what could be asked was asked.

    Attributes
    ----------
    pairs_asked, pairs_possible : ndarray of int64, shape (n_prompts,)
        Different pairs asked at least once, and pairs of items, of each prompt.
    asked_per_pair : ndarray of int64, shape (sum of pairs_asked,)
        How often each pair that was asked was asked.
    asked_per_item : ndarray of int64, shape (n_items,)
        How often each item was shown.
    annotators, asked_per_annotator : ndarray of int64, shape (n_annotators,)
        Those who were asked anything, and how often.
    """

    n_asked: int
    pairs_asked: Indices
    pairs_possible: Indices
    asked_per_pair: Indices
    asked_per_item: Indices
    annotators: Indices
    asked_per_annotator: Indices

    @property
    def n_pairs_asked(self) -> int:
        return int(self.pairs_asked.sum())

    @property
    def n_pairs_possible(self) -> int:
        return int(self.pairs_possible.sum())

    @property
    def share(self) -> float | None:
        """Share of the possible pairs that were asked; None where no prompt has two items."""
        possible = self.n_pairs_possible
        return self.n_pairs_asked / possible if possible else None

    @property
    def items_never_shown(self) -> Indices:
        """Indices of items in no pair that was asked."""
        return np.flatnonzero(self.asked_per_item == 0).astype(np.int64)

    @property
    def median_per_pair(self) -> float | None:
        """Median of `asked_per_pair`; None where nothing was asked."""
        return float(np.median(self.asked_per_pair)) if self.n_asked else None


def pair_coverage(
    prompts: Indices, first: Indices, second: Indices, annotator: Indices
) -> PairCoverage:
    """Count what was asked, of judgments or of presentations.

    Parameters
    ----------
    prompts : ndarray of int64, shape (n_items,)
        The prompt, 0, 1, …, that each item answers.
    first, second, annotator : ndarray of int64, shape (n,)
        Indices of the two items, in any order, and of the person who was asked.
    """
    n_prompts = int(prompts.max()) + 1 if len(prompts) else 0
    in_prompt = np.bincount(prompts, minlength=n_prompts).astype(np.int64)
    keys = np.minimum(first, second) * len(prompts) + np.maximum(first, second)
    pairs, asked_per_pair = np.unique(keys, return_counts=True)
    prompt_of_pair = prompts[pairs // max(len(prompts), 1)]
    annotators, asked_per_annotator = np.unique(annotator, return_counts=True)
    shown = np.bincount(np.concatenate([first, second]), minlength=len(prompts))
    return PairCoverage(
        n_asked=len(first),
        pairs_asked=np.bincount(prompt_of_pair, minlength=n_prompts).astype(np.int64),
        pairs_possible=in_prompt * (in_prompt - 1) // 2,
        asked_per_pair=asked_per_pair.astype(np.int64),
        asked_per_item=shown.astype(np.int64),
        annotators=annotators,
        asked_per_annotator=asked_per_annotator.astype(np.int64),
    )
