"""The fitted Bradley-Terry model: what it stores and what it predicts. No fitting here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.blocks import BlockMatrix, Layout
from core.covariance import LaplaceCovariance
from core.curvature import Curvature
from core.estimates import NotDeterminedError, normal_quantile
from core.judgment import Floats, Indices
from core.predictions import Predictions, check_prompts, davidson, level_variance, logistic

#: Where more of the prior variance than this is left, the data have said next to nothing.
UNDETERMINED = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class Thresholds:
    r"""Cutpoints of the cumulative logit: :math:`P(\text{grade} \ge g) = \sigma(s - c_g)`.

    Attributes
    ----------
    values : ndarray, shape (n_grades,)
        :math:`c_g`, nats, growing; the first is 0 where there are no ties. Empty: ties, if any,
        are Davidson's and answers have no grades.
    covariance : ndarray, shape (n_grades, n_grades)
    shared : ndarray, shape (n_items, n_grades)
        Covariance of strengths with cutpoints.
    """

    values: Floats
    covariance: Floats
    shared: Floats

    @classmethod
    def none(cls) -> "Thresholds":
        return cls(np.empty(0), np.empty((0, 0)), np.empty((0, 0)))


@dataclass(frozen=True, slots=True, eq=False)
class Effects:
    """What moves answers beside the two items, such as the side on which an item stood.

    Attributes
    ----------
    names : tuple of str
    values : ndarray, shape (n_covariates,)
        Log-odds (nats) for a unit of the covariate, said of the first item.
    covariance : ndarray, shape (n_covariates, n_covariates)
    prior_variance : ndarray, shape (n_covariates,)
    """

    names: tuple[str, ...]
    values: Floats
    covariance: Floats
    prior_variance: Floats

    @classmethod
    def none(cls) -> "Effects":
        return cls((), np.empty(0), np.empty((0, 0)), np.empty(0))

    @property
    def standard_errors(self) -> Floats:
        errors: Floats = np.sqrt(np.diagonal(self.covariance))
        return errors

    @property
    def determined(self) -> NDArray[np.bool_]:
        """Whether the data say more than the prior; not so where strengths explain all of it."""
        left: Floats = np.diagonal(self.covariance) / self.prior_variance
        return left < UNDETERMINED

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        reach = normal_quantile(level) * self.standard_errors
        return self.values - reach, self.values + reach


@dataclass(frozen=True, slots=True, eq=False)
class BradleyTerry(Predictions):
    r"""One strength per item: :math:`s_{ij} = \theta_i - \theta_j` [1]_.

    Attributes
    ----------
    items : tuple of str, length n_items
    prompts : ndarray of int64, shape (n_items,)
        The prompt that each item answers.
    strengths : ndarray, shape (n_items,)
        Log-odds (nats), summing to zero within each component of the comparison graph.
    covariance : LaplaceCovariance, or BlockMatrix of width 1
        Posterior covariance of the strengths, nats squared; all else that was fitted is
        integrated out. Strengths of different components are comparable through the prior only.
    prior_scale : float
        Standard deviation of the Gaussian prior on a strength, nats. Infinite: no prior.
    tie_log_weight, tie_variance : float
        Log of Davidson's tie weight and its variance; minus infinity and 0 where no tie was
        given. With thresholds, the weight that gives equals as many ties.
    thresholds : Thresholds
        Of Rao and Kupper's ties and of graded answers; none where ties are Davidson's.
    effects : Effects
        Of covariates. Predictions are for covariates of 0.

    References
    ----------
    .. [1] Bradley and Terry, "Rank analysis of incomplete block designs", Biometrika 39, 1952.
    """

    items: tuple[str, ...]
    prompts: Indices
    strengths: Floats
    covariance: BlockMatrix | LaplaceCovariance
    prior_scale: float
    tie_log_weight: float
    tie_variance: float
    thresholds: Thresholds = field(default_factory=Thresholds.none)
    effects: Effects = field(default_factory=Effects.none)

    @property
    def tie_threshold(self) -> float:
        """How far apart two strengths seem equal, nats; 0 where thresholds say nothing of ties."""
        return float(self.thresholds.values[0]) if len(self.thresholds.values) else 0.0

    def log_odds(self, first: Indices, second: Indices) -> Floats:
        """Log-odds of the first, given a decision: the difference, unless a threshold takes ties.

        With a threshold c it is log σ(s - c) - log σ(-s - c).
        """
        difference, cut = self._difference(first, second), self.tie_threshold
        if cut == 0:
            return difference
        decided: Floats = np.logaddexp(0, difference + cut) - np.logaddexp(0, cut - difference)
        return decided

    def log_odds_variance(self, first: Indices, second: Indices) -> Floats:
        """Variance of the log-odds; between components the prior on their levels is added.

        With a threshold it is the variance by the delta method.
        """
        difference, variance = self.belief(first, second)
        cut = self.tie_threshold
        if cut == 0:
            return variance
        above, below = logistic(difference + cut), logistic(cut - difference)
        steep, turn = above + below, above - below
        shared = self.thresholds.shared[first, 0] - self.thresholds.shared[second, 0]
        own = self.thresholds.covariance[0, 0]
        decided: Floats = steep**2 * variance + 2 * steep * turn * shared + turn**2 * own
        return np.maximum(decided, 0.0)

    def belief(self, first: Indices, second: Indices) -> tuple[Floats, Floats]:
        """Mean and variance of the difference of the strengths; each (n,)."""
        layout = self.covariance.layout
        variance = self.covariance.of_differences(first, second)
        variance = variance + level_variance(layout, self.prior_scale, first, second)
        return self._difference(first, second), variance

    def outcomes_at(self, value: Floats) -> Floats:
        """P(first better), P(tie), P(second better) at a difference of strengths; (n, 3)."""
        if len(self.thresholds.values) == 0:
            return davidson(value, self.tie_log_weight)
        cut = self.tie_threshold
        tie = logistic(value + cut) * logistic(cut - value) * -np.expm1(-2 * cut)
        return np.stack([logistic(value - cut), tie, logistic(-value - cut)], axis=1)

    def grade_probabilities(self, first: Indices, second: Indices) -> Floats:
        """Of every graded answer, from the first best by most to the second best by most.

        Returns
        -------
        ndarray, shape (n, 2 * n_grades + 1)
            The tie is in the middle; rows sum to one.

        Raises
        ------
        NotDeterminedError
            If the model was fitted without grades.
        """
        if len(self.thresholds.values) == 0:
            raise NotDeterminedError(
                "This fit knows who was better, not by how much. Fit with graded answers first."
            )
        return self.mean_over_belief(self._grades_at, first, second)

    def _grades_at(self, value: Floats) -> Floats:
        cuts, difference = self.thresholds.values, value[:, None]
        at_least = logistic(difference - cuts), logistic(-difference - cuts)
        better, worse = (grades - np.pad(grades[:, 1:], ((0, 0), (0, 1))) for grades in at_least)
        tie = self.outcomes_at(value)[:, [1]]
        return np.hstack([better[:, ::-1], tie, worse])

    def strengths_interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Both ends for every item. An item never compared gets what the prior says.

        In components of more than 500 items variances may be estimated, to about half a percent:
        see `LaplaceCovariance.variances`.
        """
        alone = self.covariance.layout.items_beside == 1
        variance = np.where(alone, self.prior_scale**2, self.covariance.variances()[0])
        reach = normal_quantile(level) * np.sqrt(variance)
        return self.strengths - reach, self.strengths + reach

    def draws(self, rng: np.random.Generator, n_draws: int) -> Floats:
        """Strengths drawn from the posterior, the levels of components included.

        Returns
        -------
        ndarray, shape (n_draws, n_items)
            Comparable within a prompt: between its components as the prior says.

        Raises
        ------
        NotDeterminedError
            If comparisons do not connect the items of a prompt and there is no prior.
        """
        layout = self.covariance.layout
        drawn = self.strengths + self.covariance.draws(rng, n_draws)
        _, n_groups = np.unique(self.prompts, return_counts=True)
        if len(layout.sizes) == len(n_groups):
            return drawn
        if not np.isfinite(self.prior_scale):
            raise NotDeterminedError(
                "Comparisons do not connect all items of a prompt, so that without a prior nothing "
                "says how its groups compare. Give a finite prior scale."
            )
        levels = rng.normal(size=(n_draws, len(layout.sizes))) * self.prior_scale
        return drawn + (levels / np.sqrt(layout.sizes))[:, layout.component]

    def _difference(self, first: Indices, second: Indices) -> Floats:
        check_prompts(self.prompts, first, second)
        return self.strengths[first] - self.strengths[second]

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Say the model in arrays that `np.savez` writes and that load without pickle."""
        return {
            "model": np.array("BradleyTerry"),
            "items": np.array(self.items, dtype=np.str_),
            "prompts": self.prompts,
            "strengths": self.strengths,
            "component": self.covariance.layout.component,
            "prior_scale": np.array(self.prior_scale),
            "tie_log_weight": np.array(self.tie_log_weight),
            "tie_variance": np.array(self.tie_variance),
            "thresholds": self.thresholds.values,
            "threshold_covariance": self.thresholds.covariance,
            "threshold_shared": self.thresholds.shared,
            "covariates": np.array(self.effects.names, dtype=np.str_),
            "effects": self.effects.values,
            "effect_covariance": self.effects.covariance,
            "effect_prior_variance": self.effects.prior_variance,
            **_covariance_arrays(self.covariance),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "BradleyTerry":
        """Read what `to_arrays` has said."""
        layout = Layout.of(arrays["component"].astype(np.int64), 1, dense=False)
        thresholds, effects = Thresholds.none(), Effects.none()
        if "thresholds" in arrays:
            thresholds = Thresholds(
                arrays["thresholds"], arrays["threshold_covariance"], arrays["threshold_shared"]
            )
            effects = Effects(
                tuple(arrays["covariates"].tolist()),
                arrays["effects"],
                arrays["effect_covariance"],
                arrays["effect_prior_variance"],
            )
        return cls(
            items=tuple(arrays["items"].tolist()),
            prompts=arrays["prompts"],
            strengths=arrays["strengths"],
            covariance=_read_covariance(layout, arrays),
            prior_scale=float(arrays["prior_scale"]),
            tie_log_weight=float(arrays["tie_log_weight"]),
            tie_variance=float(arrays["tie_variance"]),
            thresholds=thresholds,
            effects=effects,
        )


def _covariance_arrays(covariance: BlockMatrix | LaplaceCovariance) -> dict[str, NDArray[Any]]:
    """Dense blocks where they fit; else the curvature, and the variances that are slow to find."""
    if isinstance(covariance, BlockMatrix) or covariance.layout.fits:
        return {"covariance": covariance.values}
    variances, errors = covariance.variances()
    known = {"variances": variances, "variance_errors": errors}
    return curvature_arrays(covariance) | known


def curvature_arrays(covariance: LaplaceCovariance) -> dict[str, NDArray[Any]]:
    """What `read_curvature` reads: for sparse comparisons far less than the covariance itself."""
    curvature = covariance.curvature
    return {
        "first": curvature.first,
        "second": curvature.second,
        "weight": curvature.weight,
        "diagonal": curvature.diagonal,
        "prior_precision": np.array(curvature.prior_precision),
        "shared": covariance.shared,
        "further": covariance.further,
    }


def _read_covariance(
    layout: Layout, arrays: Mapping[str, NDArray[Any]]
) -> BlockMatrix | LaplaceCovariance:
    if "covariance" in arrays:
        return BlockMatrix(layout, arrays["covariance"])
    known = {"variances": arrays["variances"], "errors": arrays["variance_errors"]}
    return read_curvature(layout, arrays, known)


def read_curvature(
    layout: Layout,
    arrays: Mapping[str, NDArray[Any]],
    known: dict[str, NDArray[Any]] | None = None,
) -> LaplaceCovariance:
    """Read what `curvature_arrays` has said."""
    curvature = Curvature(
        layout=layout,
        first=arrays["first"],
        second=arrays["second"],
        weight=arrays["weight"],
        diagonal=arrays["diagonal"],
        border=np.empty((len(arrays["diagonal"]), 0)),
        corner=np.empty((0, 0)),
        prior_precision=float(arrays["prior_precision"]),
    )
    return LaplaceCovariance(curvature, arrays["shared"], arrays["further"], known or {})
