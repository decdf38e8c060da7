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
from core.fitting.penalty import PENALTY_SHARES, PLANES, choose_general_preference
from core.judgment import Comparisons
from core.models import davidson
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
    plain, general, transitive, in_order = (np.empty((len(comparisons), 3)) for _ in range(4))
    chosen = []
    for number in range(folds.n_folds):
        if report is not None:
            report("held-out", number, folds.n_folds)
        training, rest = comparisons.where(folds.fold != number), folds.fold == number
        first, second = comparisons.first[rest], comparisons.second[rest]
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
        model = fit_general_preference(
            training,
            n_planes=choice.n_planes,
            penalty_share=choice.share,
            start=start,
            intervals=False,
            seed=seed,
            device=device,
        )
        for predicted in (plain, general, transitive, in_order):
            predicted[rest] = start.outcome_probabilities(first, second)
        if choice.n_planes:
            general[rest] = model.outcome_probabilities(first, second)
            readings = read_transitively(model, start, training.counts(), first, second)
            transitive[rest] = davidson(readings.without_circles, model.tie_log_weight)
            in_order[rest] = davidson(readings.in_order, model.tie_log_weight)
        chosen.append(choice)
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
        penalty_shares=tuple(choice.share for choice in chosen),
        by_pair=folds.by_pair,
        planes=tuple(choice.n_planes for choice in chosen),
        transitive=transitive,
        in_order=in_order,
    )
