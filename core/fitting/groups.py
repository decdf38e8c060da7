"""Strengths of groups of people, or of single raters, shrunk towards what all have in common."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from core.errors import NoComparisonsError
from core.estimates import NotDeterminedError, clustered_mean
from core.fitting.bradley_terry import fit_bradley_terry
from core.fitting.group_newton import SPREAD_MEDIAN, SPREAD_RANGE, Place, Point, Problem, Widths
from core.group_strengths import GroupEvaluation, GroupStrengths
from core.judgment import Comparisons, Indices
from core.scores import log_losses

#: Groups with fewer people are not shown: a figure about few people is a figure about persons.
MINIMUM_SIZE = 10
Report = Callable[[str, int, int], None]


def fit_groups(
    comparisons: Comparisons,
    group: Indices,
    *,
    minimum_size: int = MINIMUM_SIZE,
    spread: float | Literal["evidence"] = "evidence",
    prior_scale: float | Literal["evidence"] = "evidence",
    ties: bool | None = None,
    n_iterations: int = 100,
) -> GroupStrengths:
    r"""Fit common strengths and deviations of groups from them.

    In group g the log-odds of the pair (i, j) are :math:`\theta_{gi} - \theta_{gj}` with

    .. math::
        \theta_{gi} = \theta_i + u_{gi}, \quad \theta_i \sim N(0, \sigma^2), \quad
        u_{gi} \sim N(0, \sigma_u^2)

    and Davidson's ties with one weight for all. The optimum is found by Newton's method, the
    deviations being eliminated group by group: with the information :math:`A_g` of each group,
    :math:`P_g = (A_g + I / \sigma_u^2)^{-1}` and :math:`\tau = 1 / \sigma_u^2` the common
    strengths have covariance :math:`C = (I / \sigma^2 + A_0 + \sum_g \tau (I - \tau P_g))^{-1}`
    and those of a group :math:`P_g + \tau^2 P_g C P_g`. :math:`\sigma` and :math:`\sigma_u`
    maximise the Laplace approximation of the evidence, times log-normals with medians 1.5 and .3
    and log spread 1.

    With every annotator a group of their own (`fit_tastes`) the intervals of the common strengths
    contain what other annotators of the same kind would have changed.

    Parameters
    ----------
    comparisons : Comparisons
    group : ndarray of int64, shape (largest annotator number + 1,)
        The group of each annotator; below 0: unknown.
    minimum_size : int
        Groups with fewer people who judged have no strengths of their own: their judgments, like
        those of people of unknown group, only count for the common ones.
    spread, prior_scale : float or "evidence"
        :math:`\sigma_u` and :math:`\sigma`, nats, finite and above 0.
    ties : bool or None
        Whether a tie can be given at all; None: whether any was.

    Raises
    ------
    NoComparisonsError
        If `comparisons` is empty.
    NotDeterminedError
        If no group is large enough.
    NotConvergedError
        If the score equations do not hold after `n_iterations`.
    """
    if len(comparisons) == 0:
        raise NoComparisonsError
    shown, sizes, pooled, n_pooled = _sizes(comparisons, group, minimum_size)
    problem = Problem.of(comparisons, group, shown, ties=ties)
    start = fit_bradley_terry(
        comparisons, prior_scale=prior_scale, ties=problem.ties, approximation="laplace"
    )
    widths = Widths(start.prior_scale, SPREAD_MEDIAN if spread == "evidence" else spread)
    point = problem.optimum(problem.start(start.strengths), widths, n_iterations)
    for _ in range(2):
        if spread == "evidence":
            point = problem.best(point, "spread", n_iterations)
        if prior_scale == "evidence":
            point = problem.best(point, "prior_scale", n_iterations)
    return GroupStrengths(
        items=comparisons.items,
        groups=shown,
        n_people=sizes,
        pooled=pooled,
        n_pooled=n_pooled,
        minimum_size=minimum_size,
        log_evidence_gain=_evidence_gain(point, n_iterations),
        degrees_of_freedom=np.inf,
        **_figures(point),
    )


def fit_tastes(comparisons: Comparisons, *, ties: bool | None = None) -> GroupStrengths:
    """Common strengths with intervals that allow for few raters of different taste.

    Each annotator deviates from the common strengths as a group does in `fit_groups`. Nothing
    about a single annotator is meant to be shown: the common strengths and their intervals are.
    Those use Student's t with (annotators - 1) degrees of freedom, as the spread of tastes is an
    estimate from few people and comes out a little small.

    Raises
    ------
    NotDeterminedError
        If fewer than two annotators judged.
    """
    if len(comparisons) == 0:
        raise NoComparisonsError
    own = np.arange(int(comparisons.annotator.max()) + 1)
    model = fit_groups(comparisons, own, minimum_size=1, ties=ties)
    if len(model.groups) < 2:  # noqa: PLR2004, one rater shows no differences
        raise NotDeterminedError(
            "One annotator judged, which says nothing about how far others would differ. Ask more "
            "people."
        )
    return replace(model, degrees_of_freedom=len(model.groups) - 1.0)


def evaluate_groups(
    comparisons: Comparisons,
    group: Indices,
    *,
    minimum_size: int = MINIMUM_SIZE,
    n_folds: int = 5,
    seed: int = 0,
    report: Report | None = None,
) -> GroupEvaluation:
    """Say whether knowing the group helps to predict people of whom nothing was seen.

    Annotators are left out in turn, the members of each group spread evenly. Everybody left out
    is predicted by the strengths of their group and by the common ones of a model without groups.
    As whole people are left out, tastes of single people cannot pass for differences of groups.

    Parameters
    ----------
    comparisons, group, minimum_size
        As for `fit_groups`.

    Returns
    -------
    GroupEvaluation
        Differences in three-way log loss, groups minus common, over the judgments of people in
        groups that are shown; intervals are clustered by annotator.

    Raises
    ------
    NotDeterminedError
        If fewer than two groups are large enough.
    """
    if len(comparisons) == 0:
        raise NoComparisonsError
    shown, _, _, _ = _sizes(comparisons, group, minimum_size)
    if len(shown) < 2:  # noqa: PLR2004, one is not different from itself
        raise NotDeterminedError(
            f"Whether groups differ needs two groups of {minimum_size} people or more, there is "
            "one. Invite more people."
        )
    ties = bool((comparisons.outcome == 0).any())
    kept = np.where(np.isin(group, shown), group, -1)
    fold = _folds_of_people(comparisons, kept, n_folds, np.random.default_rng(seed))
    own = kept[comparisons.annotator]
    with_groups, common = (np.zeros((len(comparisons), 3)) for _ in range(2))
    for number in range(n_folds):
        if report is not None:
            report("groups held out", number, n_folds)
        rest = (fold[comparisons.annotator] == number) & (own >= 0)
        training = comparisons.where(fold[comparisons.annotator] != number)
        if not rest.any() or len(training) == 0:
            continue
        first, second = comparisons.first[rest], comparisons.second[rest]
        plain = fit_bradley_terry(training, ties=ties, approximation="laplace")  # as the groups
        common[rest] = plain.outcome_probabilities(first, second)
        model = fit_groups(training, kept, minimum_size=1, ties=ties)
        with_groups[rest] = model.outcome_probabilities(first, second, own[rest])
    counted = common.sum(axis=1) > 0
    outcome, annotator = comparisons.outcome[counted], comparisons.annotator[counted]
    losses = log_losses(with_groups[counted], outcome)
    difference = losses - log_losses(common[counted], outcome)
    return GroupEvaluation(
        difference=clustered_mean(difference, annotator),
        n_groups=len(shown),
        n_people=len(np.unique(annotator)),
    )


def _figures(point: Point) -> dict[str, Any]:
    problem, place = point.problem, point.place
    layout = problem.layout
    level = np.bincount(layout.component, place.strengths) / layout.sizes
    strengths = place.strengths - level[layout.component]
    strengths_sd, group_sd, deviation_sd = point.spreads()
    return {
        "strengths": strengths,
        "strengths_sd": strengths_sd,
        "group_strengths": strengths + place.deviations,
        "group_sd": group_sd,
        "deviation_sd": deviation_sd,
        "n_judgments": np.bincount(problem.cell, problem.total, problem.n_groups + 1)[:-1].astype(
            np.int64
        ),
        "spread": point.widths.spread,
        "prior_scale": point.widths.prior_scale,
        "tie_log_weight": place.tie if problem.ties else -np.inf,
    }


def _evidence_gain(point: Point, n_iterations: int) -> float:
    """Log evidence with groups minus that with next to none."""
    problem, widths = point.problem, Widths(point.widths.prior_scale, SPREAD_RANGE[0])
    still = Place(point.place.strengths, point.place.deviations * 0, point.place.tie)
    alike = problem.optimum(still, widths, n_iterations)
    return point.log_evidence() - alike.log_evidence()


def _sizes(
    comparisons: Comparisons, group: Indices, minimum_size: int
) -> tuple[Indices, Indices, Indices, int]:
    """Groups that are shown and their sizes, those that are not, and people in no group shown."""
    people = np.unique(comparisons.annotator)
    known = group[people]
    numbers, counts = np.unique(known[known >= 0], return_counts=True)
    enough = counts >= minimum_size
    if not enough.any():
        raise NotDeterminedError(
            f"No group has {minimum_size} people or more who judged; the largest has "
            f"{counts.max(initial=0)}. Smaller groups are not shown, to protect their members."
        )
    n_pooled = len(people) - int(counts[enough].sum())
    return numbers[enough], counts[enough], numbers[~enough], n_pooled


def _folds_of_people(
    comparisons: Comparisons, group: Indices, n_folds: int, rng: np.random.Generator
) -> Indices:
    """A fold for each annotator number, members of a group spread evenly."""
    people = rng.permutation(np.unique(comparisons.annotator))
    people = people[np.argsort(group[people], kind="stable")]
    fold = np.full(len(group), -1)
    fold[people] = np.arange(len(people)) % n_folds
    return fold
