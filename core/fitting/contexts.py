"""Strengths in each context of a judgment, such as an aspect, shrunk towards common ones."""

from dataclasses import replace
from typing import Any

import numpy as np

from core.estimates import Estimate, NotDeterminedError, clustered_mean
from core.fitting.bradley_terry import fit_bradley_terry
from core.fitting.folds import assign_folds
from core.fitting.groups import fit_groups
from core.group_strengths import GroupStrengths
from core.judgment import Comparisons, Indices
from core.scores import log_losses


def fit_contexts(comparisons: Comparisons, context: Indices, **options: Any) -> GroupStrengths:
    r"""Fit common strengths and what each context adds to them.

    In context c the strength of item i is :math:`\theta_i + u_{ci}` with
    :math:`u_{ci} \sim N(0, \sigma_u^2)`, the spread estimated: what `fit_groups` does with groups
    of people, done with any property of the judgment. Effects add to strengths and are drawn
    towards zero together, so that contexts without an effect cost next to nothing; a factor on the
    strengths of each context would instead undo the prior of these.

    Parameters
    ----------
    context : ndarray of int64, shape (n_comparisons,)
        From 0; below 0: unknown, counts for the common strengths only.
    **options
        `spread`, `prior_scale`, `ties`, `n_iterations` of `fit_groups`.

    Returns
    -------
    GroupStrengths
        Its groups are the contexts; `n_people` are those who judged in each.

    Raises
    ------
    NoComparisonsError
        If `comparisons` is empty.
    NotDeterminedError
        If no judgment has a context.
    NotConvergedError
        If the score equations do not hold in the end.
    """
    if context.shape != (len(comparisons),):
        raise ValueError(
            f"A context for each of the {len(comparisons):,} judgments, got {context.shape}."
        )
    if len(context) and context.max() < 0:
        raise NotDeterminedError(
            "No judgment has a context, so that nothing says how contexts differ. Say the context "
            "of each judgment first."
        )
    none = int(context.max(initial=-1)) + 1
    by_context = replace(comparisons, annotator=np.where(context >= 0, context, none))
    group = np.append(np.arange(none), -1)
    model = fit_groups(by_context, group, minimum_size=1, **options)
    people = [len(np.unique(comparisons.annotator[context == c])) for c in model.groups.tolist()]
    return replace(model, n_people=np.array(people, dtype=np.int64))


def evaluate_contexts(
    comparisons: Comparisons, context: Indices, *, n_folds: int = 5, seed: int = 0
) -> Estimate:
    """Difference in log loss on held-out pairs, context terms less none, nats a judgment.

    Below zero, knowing the context helps. Predictions are averaged over whether contexts differ at
    all (`GroupStrengths.averaged_probabilities`). Pairs are held out in all their contexts
    together, where there are enough of them, and the interval is clustered by pair.

    Raises
    ------
    NoComparisonsError
        If `comparisons` is empty.
    NotDeterminedError
        If there are too few judgments to hold any out.
    """
    ties = bool((comparisons.outcome == 0).any())
    folds = assign_folds(comparisons, n_folds=n_folds, seed=seed)
    difference = np.zeros(len(comparisons))
    for number in range(folds.n_folds):
        rest = folds.fold == number
        training = comparisons.where(~rest)
        first, second = comparisons.first[rest], comparisons.second[rest]
        plain = fit_bradley_terry(training, ties=ties, approximation="laplace")  # as the contexts
        model = fit_contexts(training, context[~rest], ties=ties)
        outcome = comparisons.outcome[rest]
        with_contexts = model.averaged_probabilities(first, second, context[rest])
        difference[rest] = log_losses(with_contexts, outcome)
        difference[rest] -= log_losses(plain.outcome_probabilities(first, second), outcome)
    pair = comparisons.first * len(comparisons.items) + comparisons.second
    return clustered_mean(difference, pair)
