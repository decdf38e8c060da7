"""Which judgments are held out together."""

from dataclasses import dataclass

import numpy as np

from core.estimates import NotDeterminedError
from core.judgment import Comparisons, Indices

#: With fewer different pairs than this, leaving pairs out leaves too little to learn from.
MIN_PAIRS = 25


@dataclass(frozen=True, slots=True, eq=False)
class Folds:
    """A split of judgments into parts that are held out in turn.

    Attributes
    ----------
    fold : ndarray of int64, shape (n_comparisons,)
        The part in which each judgment is held out.
    by_pair : bool
        Whether all judgments of a pair are in one part, so that a model is asked about pairs that
        it never saw. Otherwise it has seen other judgments of the same pairs, which is easier.
    """

    fold: Indices
    n_folds: int
    by_pair: bool


def assign_folds(comparisons: Comparisons, *, n_folds: int, seed: int) -> Folds:
    """Split by pair, or by judgment where there are fewer than `MIN_PAIRS` different pairs.

    Raises
    ------
    NotDeterminedError
        If there are fewer than two judgments.
    """
    from sklearn.model_selection import GroupKFold, KFold  # here: a hundred megabytes of memory

    n = len(comparisons)
    if n < 2:  # noqa: PLR2004, one to learn from and one to predict
        raise NotDeterminedError(
            f"Held-out figures need at least two judgments that compare items, there are {n}. "
            "Judge more pairs first."
        )
    pair = comparisons.first * len(comparisons.items) + comparisons.second
    by_pair = len(np.unique(pair)) >= max(MIN_PAIRS, n_folds)
    if by_pair:
        splits = GroupKFold(n_folds, shuffle=True, random_state=seed).split(pair, groups=pair)
    else:
        n_folds = min(n_folds, n)
        splits = KFold(n_folds, shuffle=True, random_state=seed).split(pair)
    fold = np.empty(n, dtype=np.int64)
    for number, (_, held_out) in enumerate(splits):
        fold[held_out] = number
    return Folds(fold, n_folds, by_pair)
