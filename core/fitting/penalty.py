"""How large the penalty on the skew part should be, chosen on judgments held out."""

from dataclasses import dataclass

import numpy as np

from core.fitting.bradley_terry import fit_bradley_terry
from core.fitting.folds import assign_folds
from core.fitting.general_preference import fit_general_preference
from core.judgment import Comparisons
from core.scores import log_losses

#: Shares of the noise level to choose from; at 1 the model is Bradley-Terry itself.
PENALTY_SHARES = (0.1, 0.2, 0.45, 1.0)
#: With fewer judgments nothing can be chosen, and the model stays Bradley-Terry.
MIN_JUDGMENTS = 10


@dataclass(frozen=True, slots=True)
class PenaltyChoice:
    """The share that predicted held-out judgments best, and how all of them did.

    Attributes
    ----------
    log_losses : tuple of float, as long as `shares`
        Nats a judgment, over three outcomes; empty where there was too little to choose by.
    """

    share: float
    shares: tuple[float, ...]
    log_losses: tuple[float, ...]


def choose_penalty_share(
    comparisons: Comparisons,
    *,
    shares: tuple[float, ...] = PENALTY_SHARES,
    n_planes: int = 2,
    n_folds: int = 3,
    ties: bool | None = None,
    seed: int = 0,
    device: str = "cpu",
) -> PenaltyChoice:
    """Choose the share with the lowest held-out log loss; the larger one where two are equal.

    The folds are those of `core.fitting.folds.assign_folds`. The log loss of the chosen share is
    the least of several and so too good by a little: an honest figure needs other judgments.

    Parameters
    ----------
    comparisons : Comparisons
        At least one judged pair. With fewer than `MIN_JUDGMENTS` the largest share is taken.
    ties : bool or None
        Whether a tie can be given at all; None: whether any was.
    """
    shares = tuple(sorted(shares))
    if len(comparisons) < MIN_JUDGMENTS:
        return PenaltyChoice(shares[-1], shares, ())
    if ties is None:
        ties = bool((comparisons.outcome == 0).any())
    folds = assign_folds(comparisons, n_folds=n_folds, seed=seed)
    sums = np.zeros(len(shares))
    for number in range(folds.n_folds):
        training = comparisons.where(folds.fold != number)
        rest = comparisons.where(folds.fold == number)
        start = fit_bradley_terry(training, ties=ties)
        for k, share in enumerate(shares):
            model = fit_general_preference(
                training,
                n_planes=n_planes,
                penalty_share=share,
                start=start,
                seed=seed,
                device=device,
            )
            predicted = model.outcome_probabilities(rest.first, rest.second)
            sums[k] += log_losses(predicted, rest.outcome).sum()
    means = sums / len(comparisons)
    best = len(shares) - 1 - int(np.argmin(means[::-1]))
    return PenaltyChoice(shares[best], shares, tuple(means.tolist()))
