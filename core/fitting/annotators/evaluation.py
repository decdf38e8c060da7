"""Held-out judgments predicted with and without knowing who answered."""

from collections.abc import Callable

import numpy as np

from core.annotator_models import AnnotatorEvaluation
from core.errors import NoComparisonsError, NotConvergedError
from core.estimates import Estimate, clustered_mean
from core.fitting.annotators.fit import fit_annotators
from core.fitting.bradley_terry import fit_bradley_terry
from core.fitting.crowd_bt import fit_crowd_bradley_terry
from core.fitting.folds import assign_folds
from core.judgment import Comparisons, Floats, Indices
from core.scores import (
    ModelScores,
    accuracy,
    decisive_log_loss,
    decisive_log_losses,
    difference_of_hits,
    hits,
    log_loss,
    log_losses,
)

Report = Callable[[str, int, int], None]


def evaluate_annotators(
    comparisons: Comparisons,
    *,
    n_folds: int = 5,
    seed: int = 0,
    report: Report | None = None,
) -> AnnotatorEvaluation:
    """Predict every judgment with models that were fitted without its pair.

    An annotator's other judgments are in the training part, so the figures say how well the next
    judgments of these people are predicted. Somebody without any other judgment is predicted by
    the population. Folds and intervals are those of `core.evaluation.held_out`.

    Parameters
    ----------
    comparisons : Comparisons
        At least two judgments.
    report : callable or None
        Called with ("annotators held out", folds done, folds).

    Raises
    ------
    NoComparisonsError
        If `comparisons` is empty.
    NotDeterminedError
        If there is only one.
    """
    if len(comparisons) == 0:
        raise NoComparisonsError
    ties = bool((comparisons.outcome == 0).any())
    folds = assign_folds(comparisons, n_folds=n_folds, seed=seed)
    plain, alike, knowing = (np.empty((len(comparisons), 3)) for _ in range(3))
    crowd = np.full(len(comparisons), np.nan)
    n_unseen = 0
    for number in range(folds.n_folds):
        if report is not None:
            report("annotators held out", number, folds.n_folds)
        rest = folds.fold == number
        training = comparisons.where(~rest)
        first, second = comparisons.first[rest], comparisons.second[rest]
        who = comparisons.annotator[rest]
        plain[rest] = fit_bradley_terry(training, ties=ties).outcome_probabilities(first, second)
        same = fit_annotators(training, spread=(0, 0), ties=ties)
        alike[rest] = same.outcome_probabilities(first, second)
        model = fit_annotators(training, ties=ties, suspicions=False)
        knowing[rest] = model.outcome_probabilities(first, second, who)
        crowd[rest] = _crowd_bt(training, first, second, who)
        n_unseen += int((~np.isin(who, model.annotators)).sum())
    if report is not None:
        report("annotators held out", folds.n_folds, folds.n_folds)
    outcome, pair = comparisons.outcome, comparisons.first * len(comparisons.items)
    pair = pair + comparisons.second
    return AnnotatorEvaluation(
        bradley_terry=_scores(plain, outcome, pair),
        rao_kupper=_scores(alike, outcome, pair),
        annotators=_scores(knowing, outcome, pair),
        difference=_difference(knowing, plain, outcome, pair),
        difference_to_rao_kupper=_difference(knowing, alike, outcome, pair),
        crowd_bt=_decided_log_loss(crowd, outcome, pair),
        n_judgments=len(comparisons),
        n_pairs=len(np.unique(pair)),
        n_unseen=n_unseen,
        by_pair=folds.by_pair,
    )


def _crowd_bt(training: Comparisons, first: Indices, second: Indices, annotator: Indices) -> Floats:
    """P(first is preferred), given a decision; NaN where Crowd-BT cannot be fitted."""
    try:
        model = fit_crowd_bradley_terry(training)
    except (NoComparisonsError, NotConvergedError):
        return np.full(len(first), np.nan)
    return model.probability(first, second, annotator)


def _decided_log_loss(chance: Floats, outcome: Indices, pair: Indices) -> Estimate | None:
    decided = outcome != 0
    if not decided.any() or np.isnan(chance[decided]).any():
        return None
    happened = np.where(outcome > 0, chance, 1 - chance)[decided]
    return clustered_mean(-np.log(happened), pair[decided])


def _scores(shares: Floats, outcome: Indices, pair: Indices) -> ModelScores:
    return ModelScores(
        log_loss(shares, outcome, pair),
        decisive_log_loss(shares, outcome, pair),
        accuracy(shares, outcome, pair),
    )


def _difference(one: Floats, other: Floats, outcome: Indices, pair: Indices) -> ModelScores:
    """The first minus the second, judgment by judgment."""

    def apart(score: Callable[[Floats, Indices], Floats], rows: Indices) -> Floats:
        return score(one[rows], outcome[rows]) - score(other[rows], outcome[rows])

    overall = clustered_mean(apart(log_losses, np.arange(len(outcome))), pair)
    decided = np.flatnonzero(outcome)
    if len(decided) == 0:
        return ModelScores(overall, None, None)
    losses, right = apart(decisive_log_losses, decided), apart(hits, decided)
    return ModelScores(
        overall,
        clustered_mean(losses, pair[decided]),
        difference_of_hits(right, losses, pair[decided]),
    )
