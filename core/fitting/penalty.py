"""How large the penalty on the skew part should be, chosen on judgments held out."""

from dataclasses import dataclass

import numpy as np

from core.estimates import clustered_mean
from core.fitting.bradley_terry import fit_bradley_terry
from core.fitting.folds import assign_folds
from core.fitting.general_preference import fit_general_preference
from core.judgment import Comparisons, Floats, Indices
from core.scores import log_losses

#: Shares of the noise level to choose from; at 1 the model is Bradley-Terry itself.
PENALTY_SHARES = (0.1, 0.2, 0.45, 1.0)
#: With fewer judgments nothing can be chosen, and the model stays Bradley-Terry.
MIN_JUDGMENTS = 10
#: Level of an interval that reaches one standard error to each side.
ONE_STANDARD_ERROR = 0.6827


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
    """Choose the share with the lowest held-out log loss, if it beats the largest with some weight.

    That is, if its loss is lower than that of the largest share, which is Bradley-Terry, by more
    than one standard error of the difference (clustered by pair). So a study with few judgments
    does not leave Bradley-Terry by chance. The folds are those of
    `core.fitting.folds.assign_folds`. The log loss of the chosen share is the least of several
    and so too good by a little: an honest figure needs other judgments.

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
    losses = np.empty((len(shares), len(comparisons)))
    for number in range(folds.n_folds):
        inside = folds.fold == number
        training, rest = comparisons.where(~inside), comparisons.where(inside)
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
            losses[k, inside] = log_losses(predicted, rest.outcome)
    pair = comparisons.first * len(comparisons.items) + comparisons.second
    return PenaltyChoice(_best(shares, losses, pair), shares, tuple(losses.mean(axis=1).tolist()))


def _best(shares: tuple[float, ...], losses: Floats, pair: Indices) -> float:
    best = int(np.argmin(losses.mean(axis=1)))
    gain = clustered_mean(losses[best] - losses[-1], pair, level=ONE_STANDARD_ERROR)
    return shares[best] if gain.high < 0 else shares[-1]
