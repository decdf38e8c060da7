"""Both models judged on judgments that they have not seen. Imports torch: for the trainer only.

The scores themselves are in `core.scores`, which the app may import.
"""

from collections.abc import Callable

import numpy as np

from core.cycles import CyclicTriads, cyclic_triads
from core.errors import NoComparisonsError
from core.fitting.bradley_terry import fit_bradley_terry
from core.fitting.folds import assign_folds
from core.fitting.general_preference import fit_general_preference
from core.fitting.penalty import PENALTY_SHARES, choose_penalty_share
from core.judgment import Comparisons
from core.scores import (
    Evaluation,
    HeldOut,
    ModelScores,
    accuracy,
    decisive_log_loss,
    evaluate,
    log_loss,
)

__all__ = [
    "CyclicTriads",
    "Evaluation",
    "HeldOut",
    "ModelScores",
    "accuracy",
    "cyclic_triads",
    "decisive_log_loss",
    "evaluate",
    "held_out",
    "log_loss",
]

Report = Callable[[str, int, int], None]


def held_out(
    comparisons: Comparisons,
    *,
    n_folds: int = 5,
    n_planes: int = 2,
    penalty_shares: tuple[float, ...] = PENALTY_SHARES,
    seed: int = 0,
    device: str = "cpu",
    report: Report | None = None,
) -> HeldOut:
    """Predict every judgment with models that were fitted without it.

    Folds are by pair: no pair is in both parts. With fewer than `core.fitting.folds.MIN_PAIRS`
    different pairs they are by judgment, and the result says so. The prior scale and the penalty
    of the general model are chosen anew inside each training part, so that no choice has seen
    what it is judged on.

    Parameters
    ----------
    comparisons : Comparisons
        At least two judgments.
    device : str
        For torch, such as "cpu" or "cuda".
    report : callable or None
        Called with ("held-out", number of folds done, number of folds).

    Raises
    ------
    NoComparisonsError
        If `comparisons` is empty.
    NotDeterminedError
        If there is only one.
    NotConvergedError
        If one of the fits did not converge.
    """
    if len(comparisons) == 0:
        raise NoComparisonsError
    ties = bool((comparisons.outcome == 0).any())
    folds = assign_folds(comparisons, n_folds=n_folds, seed=seed)
    plain, general = np.empty((len(comparisons), 3)), np.empty((len(comparisons), 3))
    chosen = []
    for number in range(folds.n_folds):
        if report is not None:
            report("held-out", number, folds.n_folds)
        training, rest = comparisons.where(folds.fold != number), folds.fold == number
        first, second = comparisons.first[rest], comparisons.second[rest]
        start = fit_bradley_terry(training, ties=ties)
        choice = choose_penalty_share(
            training, shares=penalty_shares, n_planes=n_planes, ties=ties, seed=seed, device=device
        )
        model = fit_general_preference(
            training,
            n_planes=n_planes,
            penalty_share=choice.share,
            start=start,
            seed=seed,
            device=device,
        )
        plain[rest] = start.outcome_probabilities(first, second)
        general[rest] = model.outcome_probabilities(first, second)
        chosen.append(choice.share)
    if report is not None:
        report("held-out", folds.n_folds, folds.n_folds)
    return HeldOut(
        first=comparisons.first,
        second=comparisons.second,
        outcome=comparisons.outcome,
        annotator=comparisons.annotator,
        fold=folds.fold,
        bradley_terry=plain,
        general_preference=general,
        penalty_shares=tuple(chosen),
        by_pair=folds.by_pair,
    )
