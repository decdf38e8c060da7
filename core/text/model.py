"""Strengths that follow from features, with what the features leave open. Numpy only."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import erf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.blocks import BlockMatrix, Layout
from core.estimates import normal_quantile
from core.judgment import Floats, Indices
from core.predictions import (
    DifferentPromptsError,
    averaged,
    davidson,
    decided_share,
    logistic,
)

#: Points of the Gauss-Hermite rule that averages over what is not known of a scale.
N_POINTS = 24
#: Pairs whose slopes are held at once.
CHUNK = 4_096


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """Log-odds, or strengths, that a model expects; all shape (n,).

    Attributes
    ----------
    mean, variance : ndarray
        In nats and nats squared. The variance holds what is not known of the coefficients and,
        for a new item, what its features do not say of it.
    log_scale_variance : float
        Of the logarithm of the residual scale, which is itself an estimate: intervals are those
        of the normal distribution averaged over it.
    """

    mean: Floats
    variance: Floats
    log_scale_variance: float = 0.0

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        reach = widened_quantile(level, self.log_scale_variance) * np.sqrt(self.variance)
        return self.mean - reach, self.mean + reach

    def probability_interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        low, high = self.interval(level)
        return logistic(low), logistic(high)

    def outcome_probabilities(self, tie_log_weight: float) -> Floats:
        """P(first), P(tie), P(second) averaged over the normal of the log-odds; shape (n, 3)."""
        return averaged(lambda odds: davidson(odds, tie_log_weight), self.mean, self.variance)

    def probability(self, tie_log_weight: float) -> Floats:
        """P(first is preferred), given that one of the two is."""
        return decided_share(self.outcome_probabilities(tie_log_weight))


def widened_quantile(level: float, log_scale_variance: float) -> float:
    r"""How many standard deviations an interval reaches when the scale is not known exactly.

    The c with :math:`E_g\,\Phi(c\,e^{-\sqrt v g}) = (1 + level) / 2` for a standard normal g: what
    Student's quantile is for a variance that is estimated from few.

    Parameters
    ----------
    log_scale_variance : float
        v, of the logarithm of the scale.
    """
    low = normal_quantile(level)
    points, weights = np.polynomial.hermite_e.hermegauss(N_POINTS)
    shrunk, weights = np.exp(-np.sqrt(log_scale_variance) * points), weights / weights.sum()
    high = low * np.exp(4 * np.sqrt(log_scale_variance)) + 1e-12
    for _ in range(60):
        middle = (low + high) / 2
        inside = [erf(middle * part / np.sqrt(2)) for part in shrunk]
        low, high = (middle, high) if weights @ inside < level else (low, middle)
    return float(low)


@dataclass(frozen=True, slots=True, eq=False)
class FeatureModel:
    r"""Strengths with a prior mean that is linear in features, and a skew part linear in them too.

    .. math::
        \theta_i = x_i^T w + u_i,\quad u_i \sim N(0, \sigma^2), \qquad
        s_{ij} = \theta_i - \theta_j + \sum_l \gamma_{lp}
        \bigl(a_{il} b_{jl} - b_{il} a_{jl}\bigr), \quad (a_i, b_i) = B^T x_i

    with a gate :math:`0 < \gamma_{lp} < 2` for each plane l and prompt p [1]_. Without planes it
    is Bradley-Terry with covariates [2]_. A new item gets :math:`x^T w` and the whole variance
    :math:`\sigma^2`: items differ from what their features say.

    Attributes
    ----------
    items : tuple of str, length n_items
    prompts : ndarray of int64, shape (n_items,)
    features : ndarray, shape (n_items, n_features)
    strengths : ndarray, shape (n_items,)
        :math:`\theta`, nats; an item with zero features and no judgments has 0.
    covariance : BlockMatrix, width 1
        Of the strengths, nats squared.
    coefficients : ndarray, shape (n_features * (1 + 2 * n_planes),)
        w, then B row by row.
    coefficient_covariance : ndarray, shape (n_coefficients, n_coefficients)
    cross : ndarray, shape (n_items, n_coefficients)
        Covariance of the strengths with the coefficients.
    residual_scale : float
        :math:`\sigma`, nats.
    log_scale_variance : float
        Posterior variance of :math:`\log\sigma`; 0 where it was given.
    gates : ndarray, shape (n_prompts, n_planes)
    gate_slopes : ndarray, shape (n_prompt_features, n_planes)
        Gates of a new prompt follow from its features: 2 / (1 + exp(-z h)).
    tie_log_weight : float
        Log of Davidson's tie weight; minus infinity where no tie was given.

    References
    ----------
    .. [1] Zhang et al., "Beyond Bradley-Terry Models: A General Preference Model for Language
       Model Alignment", ICML 2025, arXiv:2410.02197, with the gate bounded so that it cannot undo
       the penalty on B.
    .. [2] Springall, "Response surface fitting using a generalization of the Bradley-Terry
       paired comparison model", Applied Statistics 22(1), 1973; with item effects, Turner and
       Firth, "Bradley-Terry models in R", JSS 48(9), 2012, section 3.
    """

    items: tuple[str, ...]
    prompts: Indices
    features: Floats
    strengths: Floats
    covariance: BlockMatrix
    coefficients: Floats
    coefficient_covariance: Floats
    cross: Floats
    residual_scale: float
    log_scale_variance: float
    gates: Floats
    gate_slopes: Floats
    tie_log_weight: float

    @property
    def n_planes(self) -> int:
        return int(self.gates.shape[1])

    @property
    def slopes(self) -> Floats:
        """The part of the coefficients that is w; shape (n_features,)."""
        return self.coefficients[: self.features.shape[1]]

    @property
    def planes(self) -> Floats:
        """B, shape (n_features, 2 * n_planes)."""
        n_features = self.features.shape[1]
        return self.coefficients[n_features:].reshape(n_features, 2 * self.n_planes)

    def log_odds(self, first: Indices, second: Indices) -> Floats:
        """Log-odds (nats) between judged items, shape (n,)."""
        return self.of_judged(first, second).mean

    def log_odds_variance(self, first: Indices, second: Indices) -> Floats:
        """Posterior variance of the same."""
        return self.of_judged(first, second).variance

    def probability(self, first: Indices, second: Indices) -> Floats:
        """P(first is preferred), given that one of the two is; averaged over what is not known."""
        return self.of_judged(first, second).probability(self.tie_log_weight)

    def probability_interval(
        self, first: Indices, second: Indices, level: float = 0.95
    ) -> tuple[Floats, Floats]:
        """Interval on the scale of log-odds, turned into probabilities."""
        return self.of_judged(first, second).probability_interval(level)

    def outcome_probabilities(self, first: Indices, second: Indices) -> Floats:
        """P(first better), P(tie), P(second better); shape (n, 3)."""
        return self.of_judged(first, second).outcome_probabilities(self.tie_log_weight)

    def of_judged(self, first: Indices, second: Indices) -> Prediction:
        """Predict between items of one prompt that are in the model.

        Raises
        ------
        DifferentPromptsError
            If two items answer different prompts.
        """
        if (self.prompts[first] != self.prompts[second]).any():
            raise DifferentPromptsError(
                "Items that answer different prompts are never compared, so no model can say "
                "which is better. Choose two items of one prompt."
            )
        mean, variance = np.empty(len(first)), np.empty(len(first))
        for begin in range(0, len(first), CHUNK):
            part = slice(begin, begin + CHUNK)
            mean[part], variance[part] = self._of_judged(first[part], second[part])
        return self._prediction(mean, variance)

    def _of_judged(self, first: Indices, second: Indices) -> tuple[Floats, Floats]:
        gates = self.gates[self.prompts[first]]
        skew, slope = self._skew(self.features[first], self.features[second], gates)
        slope[:, : self.features.shape[1]] = 0.0
        mean = self.strengths[first] - self.strengths[second] + skew
        own = self._item_variance(first) + self._item_variance(second)
        own -= 2 * self._item_covariance(first, second)
        crossed = np.einsum("np,np->n", slope, self.cross[first] - self.cross[second])
        variance = own + self._coefficient_variance(slope) + 2 * crossed
        # An item against itself gives a rounding error below zero.
        return mean, np.maximum(variance, 0.0)

    def of_new(self, features: Floats, other: Floats, gates: Floats) -> Prediction:
        """Predict between two new items, both described by features of shape (n, n_features).

        Parameters
        ----------
        gates : ndarray, shape (n, n_planes)
            Of the prompts, from `gates_of`.
        """
        skew, slope = self._skew(features, other, gates)
        mean = (features - other) @ self.slopes + skew
        # The same text twice is one item, which does not differ from itself.
        different = (features != other).any(axis=1)
        variance = self._coefficient_variance(slope) + 2 * self.residual_scale**2 * different
        return self._prediction(mean, variance)

    def of_new_against(self, features: Floats, judged: Indices) -> Prediction:
        """Predict between new items (n, n_features) and items of the model (n,)."""
        gates = self.gates[self.prompts[judged]]
        skew, slope = self._skew(features, self.features[judged], gates)
        n_features = self.features.shape[1]
        slope[:, :n_features] = features
        mean = features @ self.slopes - self.strengths[judged] + skew
        variance = self._coefficient_variance(slope) + self._item_variance(judged)
        variance -= 2 * np.einsum("np,np->n", slope, self.cross[judged])
        return self._prediction(mean, np.maximum(variance, 0.0) + self.residual_scale**2)

    def strength_of_new(self, features: Floats, prompt: int | None = None) -> Prediction:
        """Strengths of new items, 0 being the average judged item of the prompt, or of all."""
        n_features = self.features.shape[1]
        chosen = np.arange(len(self.items))
        if prompt is not None:
            chosen = np.flatnonzero(self.prompts == prompt)
        share = np.full(len(chosen), 1 / len(chosen))
        slope = np.zeros((len(features), len(self.coefficients)))
        slope[:, :n_features] = features
        level = self._mean_variance(chosen)
        variance = self._coefficient_variance(slope) + level
        variance -= 2 * slope @ (share @ self.cross[chosen])
        mean = features @ self.slopes - share @ self.strengths[chosen]
        return self._prediction(mean, np.maximum(variance, 0.0) + self.residual_scale**2)

    def gates_of(self, prompt_features: Floats) -> Floats:
        """Gates of prompts described by features of shape (n, n_prompt_features)."""
        return 2 * logistic(prompt_features @ self.gate_slopes)

    def strengths_interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Both ends for every judged item."""
        items = np.arange(len(self.items))
        return self._prediction(self.strengths, self._item_variance(items)).interval(level)

    def _prediction(self, mean: Floats, variance: Floats) -> Prediction:
        return Prediction(mean, variance, self.log_scale_variance)

    def _item_variance(self, items: Indices) -> Floats:
        return self.covariance.between(items, items)[:, 0, 0]

    def _item_covariance(self, first: Indices, second: Indices) -> Floats:
        """Covariance of strengths, between components through the coefficients."""
        layout = self.covariance.layout
        apart = layout.component[first] != layout.component[second]
        covariance = self.covariance.between(first, second)[:, 0, 0]
        if self.cross.shape[1] and apart.any():
            reach = np.linalg.solve(self.coefficient_covariance, self.cross[second[apart]].T)
            covariance[apart] = np.einsum("np,pn->n", self.cross[first[apart]], reach)
        return covariance

    def _mean_variance(self, items: Indices) -> float:
        """Variance of the mean strength of some items.

        Given the coefficients, strengths of different components are independent: their
        covariance is that of both with the coefficients, through the coefficients.
        """
        layout = self.covariance.layout
        share = np.zeros(len(self.items))
        share[items] = 1 / len(items)
        within = 0.0
        for members, blocks in layout.stacks(self.covariance.values):
            within += float(np.einsum("km,kmn,kn->", share[members], blocks, share[members]))
        through = np.zeros((len(layout.sizes), len(self.coefficients)))
        np.add.at(through, layout.component[items], self.cross[items] / len(items))
        if not through.size:
            return within
        whole = through.sum(axis=0)
        own = np.einsum("cp,pc->", through, np.linalg.solve(self.coefficient_covariance, through.T))
        return within + float(whole @ np.linalg.solve(self.coefficient_covariance, whole) - own)

    def _coefficient_variance(self, slope: Floats) -> Floats:
        variance: Floats = ((slope @ self.coefficient_covariance) * slope).sum(axis=1)
        return variance

    def _skew(self, one: Floats, other: Floats, gates: Floats) -> tuple[Floats, Floats]:
        return skew_and_slopes(one, other, self.planes, gates)


def skew_and_slopes(
    one: Floats, other: Floats, planes: Floats, gates: Floats
) -> tuple[Floats, Floats]:
    r"""The skew part between items, and the slopes of the log-odds in (w, B).

    With :math:`(a, b) = B^T x`: :math:`\partial s / \partial B_{\cdot, 2l} = \gamma_l (x_i b_j -
    x_j b_i)` and :math:`\partial s / \partial B_{\cdot, 2l + 1} = \gamma_l (a_i x_j - a_j x_i)`.

    Parameters
    ----------
    one, other : ndarray, shape (n, n_features)
    planes : ndarray, shape (n_features, 2 * n_planes)
    gates : ndarray, shape (n, n_planes)

    Returns
    -------
    tuple of ndarrays, shapes (n,) and (n, n_features * (1 + 2 * n_planes))
    """
    here, there = one @ planes, other @ planes
    a, b = here[:, ::2] * gates, here[:, 1::2] * gates
    c, d = there[:, ::2], there[:, 1::2]
    slopes = np.empty((len(one), one.shape[1], 2 * gates.shape[1]))
    slopes[:, :, ::2] = one[:, :, None] * (d * gates)[:, None] - other[:, :, None] * b[:, None]
    slopes[:, :, 1::2] = other[:, :, None] * a[:, None] - one[:, :, None] * (c * gates)[:, None]
    skew: Floats = (a * d - b * c).sum(axis=1)
    return skew, np.hstack([one - other, slopes.reshape(len(one), -1)])


_ARRAYS = (
    "prompts", "features", "strengths", "coefficients", "coefficient_covariance", "cross", "gates",
    "gate_slopes",
)  # fmt: skip
_NUMBERS = ("residual_scale", "log_scale_variance", "tie_log_weight")


def to_arrays(model: FeatureModel) -> dict[str, NDArray[Any]]:
    """Say a model in arrays that `np.savez` writes and that load without pickle."""
    arrays: dict[str, NDArray[Any]] = {name: getattr(model, name) for name in _ARRAYS}
    arrays |= {name: np.array(getattr(model, name)) for name in _NUMBERS}
    arrays["items"] = np.array(model.items, dtype=np.str_)
    arrays["covariance"] = model.covariance.values
    arrays["component"] = model.covariance.layout.component
    return arrays


def from_arrays(arrays: Mapping[str, NDArray[Any]]) -> FeatureModel:
    """Read what `to_arrays` has said.

    Raises
    ------
    KeyError
        If an array is missing.
    """
    layout = Layout.of(arrays["component"].astype(np.int64), 1)
    read: dict[str, Any] = {name: arrays[name] for name in _ARRAYS}
    read |= {name: float(arrays[name]) for name in _NUMBERS}
    return FeatureModel(
        items=tuple(arrays["items"].tolist()),
        covariance=BlockMatrix(layout, arrays["covariance"]),
        **read,
    )
