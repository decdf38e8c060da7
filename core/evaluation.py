"""Both models judged on judgments that they have not seen. Imports torch: for the trainer only.

The scores themselves are in `core.scores`, which the app may import.
"""

from collections.abc import Callable

import numpy as np

from core.cycles import CyclicTriads, cyclic_triads
from core.cycles_report import CyclesReport, report_cycles
from core.errors import NoComparisonsError
from core.fitting.bradley_terry import fit_bradley_terry
from core.fitting.folds import assign_folds
from core.fitting.general_preference import fit_general_preference
from core.fitting.penalty import PENALTY_SHARES, PLANES, ModelChoice, choose_general_preference
from core.judgment import Comparisons, Floats
from core.models import BradleyTerry
from core.predictions import averaged
from core.scores import (
    Evaluation,
    HeldOut,
    ModelScores,
    accuracy,
    decisive_log_loss,
    evaluate,
    log_loss,
    split_gain,
)
from core.transitive_reading import read_transitively

__all__ = [
    "CyclesReport",
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
    "report_cycles",
    "split_gain",
]

Report = Callable[[str, int, int], None]


def held_out(
    comparisons: Comparisons,
    *,
    n_folds: int = 5,
    planes: tuple[int, ...] = PLANES,
    penalty_shares: tuple[float, ...] = PENALTY_SHARES,
    seed: int = 0,
    device: str = "cpu",
    report: Report | None = None,
) -> HeldOut:
    """Predict every judgment with models that were fitted without it.

    Folds are by pair: no pair is in both parts. With fewer than `core.fitting.folds.MIN_PAIRS`
    different pairs they are by judgment, and the result says so. The prior scale, the number
    of planes and their penalty are chosen anew inside each training part, so that no choice has
    seen what it is judged on.

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
    predictions = [np.empty((len(comparisons), 3)) for _ in range(4)]
    chosen = []
    for number in range(folds.n_folds):
        if report is not None:
            report("held-out", number, folds.n_folds)
        rest = folds.fold == number
        training = comparisons.where(~rest)
        start = fit_bradley_terry(training, ties=ties)
        choice = choose_general_preference(
            training,
            planes=planes,
            shares=penalty_shares,
            ties=ties,
            prior_scale=start.prior_scale,
            seed=seed,
            device=device,
        )
        predicted = _predict(
            training, comparisons.where(rest), start, choice, seed=seed, device=device
        )
        for all_, part in zip(predictions, predicted, strict=True):
            all_[rest] = part
        chosen.append(choice)
    if report is not None:
        report("held-out", folds.n_folds, folds.n_folds)
    return HeldOut(
        first=comparisons.first,
        second=comparisons.second,
        outcome=comparisons.outcome,
        annotator=comparisons.annotator,
        fold=folds.fold,
        bradley_terry=predictions[0],
        general_preference=predictions[1],
        penalty_shares=tuple(choice.share for choice in chosen),
        by_pair=folds.by_pair,
        planes=tuple(choice.n_planes for choice in chosen),
        transitive=predictions[2],
        in_order=predictions[3],
    )


def _predict(
    training: Comparisons,
    rest: Comparisons,
    start: BradleyTerry,
    choice: ModelChoice,
    *,
    seed: int,
    device: str,
) -> tuple[Floats, Floats, Floats, Floats]:
    """Predict with Bradley-Terry, the general model and its two readings; each (n, 3)."""
    plain = start.outcome_probabilities(rest.first, rest.second)
    if not choice.n_planes:
        return plain, plain, plain, plain
    model = fit_general_preference(
        training,
        n_planes=choice.n_planes,
        penalty_share=choice.share,
        start=start,
        intervals=False,
        seed=seed,
        device=device,
    )
    readings = read_transitively(model, start, training.counts(), rest.first, rest.second)
    _, variance = model.belief(rest.first, rest.second)
    return (
        plain,
        model.outcome_probabilities(rest.first, rest.second),
        averaged(model.outcomes_at, readings.without_circles, variance),
        averaged(model.outcomes_at, readings.in_order, variance),
    )
