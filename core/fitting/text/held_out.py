"""Text models judged on prompts, or pairs, that they have not seen."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from core.errors import NoComparisonsError
from core.fitting.bradley_terry import fit_bradley_terry
from core.fitting.folds import assign_folds
from core.fitting.text.choice import assign_text_folds
from core.judgment import Comparisons, Floats
from core.models import davidson
from core.text.evaluation import TextHeldOut
from core.text.text_model import TextModel

Report = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, eq=False)
class FittedText:
    """A text model, and what its general head chose."""

    model: TextModel
    penalty_share: float


class Fit(Protocol):
    """Fits a text model to some of the comparisons, reading the texts of their items only."""

    def __call__(self, comparisons: Comparisons, /, *, ties: bool, seed: int) -> FittedText:
        """`ties`: whether a tie can be given at all, also where this part has none."""
        ...


def held_out_text(
    comparisons: Comparisons,
    fit: Fit,
    *,
    n_folds: int = 5,
    seed: int = 0,
    report: Report | None = None,
) -> TextHeldOut:
    """Predict every judgment with text models that were fitted without it.

    Folds are by prompt; by pair where there is only one (`TextHeldOut.by_prompt` says so).
    Encoder, prior scales and penalty are chosen anew inside each training part.

    Parameters
    ----------
    report : callable or None
        Called with ("held-out texts", number of folds done, number of folds).

    Raises
    ------
    NoComparisonsError
        If `comparisons` is empty.
    NotDeterminedError
        If there are fewer than two judgments.
    NotConvergedError
        If one of the fits did not converge.
    """
    if len(comparisons) == 0:
        raise NoComparisonsError
    folds = assign_text_folds(comparisons, n_folds=n_folds, seed=seed)
    n = len(comparisons)
    ties = bool((comparisons.outcome == 0).any())
    plain, general, chance = np.empty((n, 3)), np.empty((n, 3)), np.empty((n, 3))
    shares = []
    for number in range(folds.n_folds):
        if report is not None:
            report("held-out texts", number, folds.n_folds)
        rest = folds.fold == number
        training, first, second = (
            comparisons.where(~rest),
            comparisons.first[rest],
            comparisons.second[rest],
        )
        fitted = fit(training, ties=ties, seed=seed)
        plain[rest] = fitted.model.bradley_terry.outcome_probabilities(first, second)
        general[rest] = fitted.model.general.outcome_probabilities(first, second)
        chance[rest] = _chance(training, ties=ties)
        shares.append(fitted.penalty_share)
    if report is not None:
        report("held-out texts", folds.n_folds, folds.n_folds)
    return TextHeldOut(
        first=comparisons.first,
        second=comparisons.second,
        outcome=comparisons.outcome,
        prompt=comparisons.prompts[comparisons.first],
        fold=folds.fold,
        chance=chance,
        bradley_terry=plain,
        general=general,
        judged=_judged(comparisons, n_folds=n_folds, ties=ties, seed=seed),
        penalty_shares=tuple(shares),
        by_prompt=folds.by_prompt,
    )


def _chance(training: Comparisons, *, ties: bool) -> Floats:
    """Even odds and the training part's share of ties, smoothed; shape (1, 3)."""
    if not ties:
        return davidson(np.zeros(1), -np.inf)
    tied = float((training.outcome == 0).sum() + 1) / (len(training) + 3)
    return davidson(np.zeros(1), float(np.log(2 * tied / (1 - tied))))


def _judged(comparisons: Comparisons, *, n_folds: int, ties: bool, seed: int) -> Floats:
    """Bradley-Terry by item, each judgment predicted from those of other pairs."""
    folds = assign_folds(comparisons, n_folds=n_folds, seed=seed)
    predicted = np.empty((len(comparisons), 3))
    for number in range(folds.n_folds):
        rest = folds.fold == number
        model = fit_bradley_terry(comparisons.where(~rest), ties=ties)
        predicted[rest] = model.outcome_probabilities(
            comparisons.first[rest], comparisons.second[rest]
        )
    return predicted
