"""Scores of held-out judgments by Bradley-Terry fits to some people's or batches' judgments."""

import numpy as np
from numpy.typing import NDArray

from core.data_value import Value
from core.estimates import NotDeterminedError
from core.fitting.bradley_terry import fit_bradley_terry
from core.judgment import Comparisons, Floats, Indices
from core.scores import log_losses


def held_out_value(
    training: Comparisons, player: Indices, held_out: Comparisons, *, prior_scale: float
) -> Value:
    """Minus log loss of held-out judgments by a fit to the marked players' judgments, nats.

    Asked about nobody it answers with even odds and no ties known: a third for each answer where
    there are ties, one half where there are none. The prior's scale is that of the fit to all, so
    that what a player adds is data and not another prior.

    Parameters
    ----------
    training, held_out : Comparisons
        Of the same items; no judgment in both, and better no pair.
    player : ndarray of int64, shape (n_training,)
        Number of the person or batch of each judgment.
    prior_scale : float
        Nats.

    Raises
    ------
    NotDeterminedError
        If there is no held-out judgment.
    """
    if len(held_out) == 0:
        raise NotDeterminedError(
            "What judgments are worth is not determined: none is held out. Judge more pairs first."
        )
    ties = bool((training.outcome == 0).any() or (held_out.outcome == 0).any())
    even = np.array([1 / 3, 1 / 3, 1 / 3] if ties else [1 / 2, 0, 1 / 2])

    def value(marked: NDArray[np.bool_]) -> Floats:
        chosen = marked[player]
        if not chosen.any():
            return -log_losses(np.tile(even, (len(held_out), 1)), held_out.outcome)
        model = fit_bradley_terry(
            training.where(chosen), prior_scale=prior_scale, ties=ties, approximation="laplace"
        )
        shares = model.outcome_probabilities(held_out.first, held_out.second)
        return -log_losses(shares, held_out.outcome)

    return value
