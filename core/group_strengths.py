"""Strengths of groups of people: what is stored, what is predicted. numpy only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.estimates import Estimate, normal_quantile
from core.judgment import Floats, Indices
from core.predictions import averaged, davidson, logistic


@dataclass(frozen=True, slots=True, eq=False)
class GroupStrengths:
    """Common strengths of the items, and those of each group.

    Attributes
    ----------
    items : tuple of str, length n_items
    strengths, strengths_sd : ndarray, shape (n_items,)
        Common to all groups: log-odds (nats), summing to zero within each component, and their
        posterior standard deviation.
    groups, n_people, n_judgments : ndarray of int64, shape (n_groups,)
        The numbers of the groups that are large enough, people who judged, their judgments.
    group_strengths, group_sd : ndarray, shape (n_groups, n_items)
        The same for each group.
    deviation_sd : ndarray, shape (n_groups, n_items)
        Posterior mean of the group's deviation from the common strengths is the difference of
        the strengths; this is its standard deviation.
    spread : float
        How far groups deviate from the common strengths: a standard deviation, nats.
    prior_scale : float
    pooled : ndarray of int64
        Groups that are too small to be shown.
    n_pooled : int
        People in these or of unknown group; their judgments count for the common strengths.
    minimum_size : int
    tie_log_weight : float
        Davidson's, the same for all; minus infinity where no tie was given.
    log_evidence_gain : float
        Log marginal likelihood with groups minus without (nats): above about 3 is strong.
    degrees_of_freedom : float
        Of Student's t for the intervals of the common strengths: raters minus one where groups
        are single raters and others like them are meant, else infinite.
    """

    items: tuple[str, ...]
    strengths: Floats
    strengths_sd: Floats
    groups: Indices
    n_people: Indices
    n_judgments: Indices
    group_strengths: Floats
    group_sd: Floats
    deviation_sd: Floats
    spread: float
    prior_scale: float
    pooled: Indices
    n_pooled: int
    minimum_size: int
    tie_log_weight: float
    log_evidence_gain: float
    degrees_of_freedom: float

    def strengths_interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Both ends of the common strengths."""
        quantile = normal_quantile(level)
        if np.isfinite(self.degrees_of_freedom):
            from scipy.special import stdtrit  # here, as scipy takes long to import

            quantile = float(stdtrit(self.degrees_of_freedom, 0.5 + level / 2))
        reach = quantile * self.strengths_sd
        return self.strengths - reach, self.strengths + reach

    def group_interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Both ends of the strengths in each group, shape (n_groups, n_items)."""
        reach = normal_quantile(level) * self.group_sd
        return self.group_strengths - reach, self.group_strengths + reach

    def deviation_interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Both ends of what a group has above or below the common strengths."""
        middle = self.group_strengths - self.strengths
        reach = normal_quantile(level) * self.deviation_sd
        return middle - reach, middle + reach

    def outcome_probabilities(self, first: Indices, second: Indices, group: Indices) -> Floats:
        """P(first better), P(tie), P(second better) in a group, shape (n, 3).

        Averaged over the strengths, which are taken to be known independently of each other. A
        group that has no strengths of its own is predicted by the common ones.
        """
        place = np.searchsorted(self.groups, group).clip(max=len(self.groups) - 1)
        own = np.where(self.groups[place] == group, place, len(self.groups))
        strengths = np.vstack([self.group_strengths, self.strengths])
        variances = np.vstack([self.group_sd, self.strengths_sd]) ** 2
        return averaged(
            lambda odds: davidson(odds, self.tie_log_weight),
            strengths[own, first] - strengths[own, second],
            variances[own, first] + variances[own, second],
        )

    def averaged_probabilities(self, first: Indices, second: Indices, group: Indices) -> Floats:
        r"""As `outcome_probabilities`, averaged over whether groups differ at all [1]_; (n, 3).

        That they do and that they do not are held equally likely before the data: the first then
        has the weight :math:`1 / (1 + e^{-\Delta})` with :math:`\Delta` the log evidence gain, and
        groups without a difference cost less.

        References
        ----------
        .. [1] Hoeting, Madigan, Raftery and Volinsky, "Bayesian model averaging: a tutorial",
           Statistical Science 14(4), 1999.
        """
        weight = float(logistic(np.array(self.log_evidence_gain)))
        apart = self.outcome_probabilities(first, second, group)
        alike = self.outcome_probabilities(first, second, np.full(len(first), -1))
        shares: Floats = weight * apart + (1 - weight) * alike
        return shares


@dataclass(frozen=True, slots=True)
class GroupEvaluation:
    """Whether knowing the group helps to predict people of whom nothing was seen.

    Attributes
    ----------
    difference : Estimate
        Three-way log loss with groups minus without, nats a judgment: below zero, it helps.
    n_people : int
        Predicted; the interval is clustered by them.
    """

    difference: Estimate
    n_groups: int
    n_people: int


def group_arrays(model: GroupStrengths) -> dict[str, NDArray[Any]]:
    """Say it in arrays that `np.savez` writes and that load without pickle."""
    arrays = {name: np.array(getattr(model, name)) for name in GroupStrengths.__slots__}
    return arrays | {"items": np.array(model.items, dtype=np.str_)}


def group_from_arrays(arrays: Mapping[str, NDArray[Any]]) -> GroupStrengths:
    """Read what `group_arrays` has said; KeyError if an array is missing."""
    values: dict[str, Any] = {name: arrays[name] for name in GroupStrengths.__slots__}
    for name in ("spread", "prior_scale", "tie_log_weight"):
        values[name] = float(values[name])
    for name in ("log_evidence_gain", "degrees_of_freedom"):
        values[name] = float(values[name])
    for name in ("n_pooled", "minimum_size"):
        values[name] = int(values[name])
    return GroupStrengths(**values | {"items": tuple(arrays["items"].tolist())})
