"""Fitted preference models: what they store and what they predict. No fitting here, numpy only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.blocks import BlockMatrix, Layout
from core.bradley_terry import (
    BradleyTerry,
    Effects,
    Thresholds,
    curvature_arrays,
    read_curvature,
)
from core.covariance import LaplaceCovariance
from core.errors import DiscernError
from core.estimates import normal_quantile
from core.judgment import Floats, Indices
from core.predictions import (
    DifferentPromptsError,
    Predictions,
    PreferenceModel,
    check_prompts,
    davidson,
    level_variance,
    logistic,
    together,
)

__all__ = [
    "BradleyTerry",
    "DifferentPromptsError",
    "Effects",
    "GeneralPreference",
    "NoIntervalsError",
    "PreferenceModel",
    "Thresholds",
    "davidson",
    "from_arrays",
    "logistic",
    "quarter_turn",
    "skew_operator",
    "skew_part",
    "to_arrays",
]


class NoIntervalsError(DiscernError):
    """A fit of so many connected items was asked for intervals that it does not hold."""

    def __init__(self) -> None:
        super().__init__(
            "So many items are connected that this fit of the general model holds no intervals. "
            "Read them from an ensemble of fits, or split the study by prompt."
        )


@dataclass(frozen=True, slots=True, eq=False)
class GeneralPreference(Predictions):
    r"""Bradley-Terry plus a skew part, which can represent cycles [1]_.

    .. math:: s_{ij} = \theta_i - \theta_j + \langle R v_i, v_j \rangle

    with `skew_operator` R. The penalty on the embeddings makes the skew part vanish where the
    data show no more than noise; without strengths it is the representation model as published.

    Attributes
    ----------
    strengths : ndarray, shape (n_items,)
        Log-odds (nats), summing to zero within each component; all zero without strengths.
    embeddings : ndarray, shape (n_items, 2 * n_planes)
        In square roots of nats. A turn of a plane, the same for all items, changes nothing.
        Without planes it is Bradley-Terry.
    component : ndarray of int64, shape (n_items,)
        Number of the group of items that comparisons connect. Planes of different groups lie
        anyhow to each other.
    covariance : BlockMatrix, width 2 * n_planes + 1, or 2 * n_planes without strengths; or None
        Of (strength, embedding) of each item. None where a group was too large to compute it:
        variances and intervals then come from an ensemble (`core.ensembles`).
    plain : LaplaceCovariance, or BlockMatrix of width 1, or None
        Of the strengths in the Bradley-Terry fit that this one began from: what predictions
        average over, see `belief`. None without strengths.
    prior_scale : float
        Standard deviation of the Gaussian prior on a strength, nats; 0 without strengths.
    penalty : float
        Precision of the Gaussian prior on an entry of the embeddings, 1 / nats.
    penalty_share : float
        The same as a share of the noise level; at 1 or above the skew part is left out.

    References
    ----------
    .. [1] Zhang et al., "Beyond Bradley-Terry Models: A General Preference Model for Language
       Model Alignment", ICML 2025, arXiv:2410.02197; the sum with a Bradley-Terry part is the
       blade-chest-inner model of Chen and Joachims, WSDM 2016.
    """

    items: tuple[str, ...]
    prompts: Indices
    strengths: Floats
    embeddings: Floats
    component: Indices
    covariance: BlockMatrix | None
    plain: BlockMatrix | LaplaceCovariance | None
    prior_scale: float
    penalty: float
    penalty_share: float
    tie_log_weight: float
    tie_variance: float

    @property
    def n_planes(self) -> int:
        return int(self.embeddings.shape[1] // 2)

    @property
    def with_strengths(self) -> bool:
        return self.prior_scale > 0

    def log_odds(self, first: Indices, second: Indices) -> Floats:
        """The skew part is left out between components: nothing says how their planes lie."""
        check_prompts(self.prompts, first, second)
        inside = self.component[first] == self.component[second]
        skew = skew_part(self.embeddings[first], self.embeddings[second])
        return self.strengths[first] - self.strengths[second] + np.where(inside, skew, 0.0)

    def log_odds_variance(self, first: Indices, second: Indices) -> Floats:
        """Variance by the delta method.

        Between components the prior on their levels is added, and the variance of the skew part
        over all turns of the planes against each other.

        Raises
        ------
        NoIntervalsError
            If the model has no covariance.
        """
        covariance = self._known_covariance()
        layout = covariance.layout
        here, there = self.embeddings[first], self.embeddings[second]
        inside = together(layout, first, second)[:, None]
        slopes = [np.where(inside, quarter_turn(there), 0.0), -quarter_turn(here) * inside]
        if self.with_strengths:
            one = np.ones((len(first), 1))
            slopes = [np.hstack([one, slopes[0]]), np.hstack([-one, slopes[1]])]
        variance = _variance(covariance, first, second, *slopes)
        return variance + self._variance_between(layout, first, second)

    def belief(self, first: Indices, second: Indices) -> tuple[Floats, Floats]:
        """Mean and variance of the log-odds that predictions average over; each (n,).

        The variance is that of the strengths in Bradley-Terry; the planes stand as they are.
        Their penalty is chosen by how well they predict as they stand, so that they are shrunk
        already by what averaging over them would do, and would be shrunk twice: with
        `log_odds_variance` in its place the expected log loss is higher wherever there are
        circles (`docs/benchmarks.md`). Without planes it is the belief of Bradley-Terry.
        """
        variance = np.zeros(len(first))
        if self.plain is not None:
            variance = self.plain.of_differences(first, second)
            variance = variance + self._variance_between(self.plain.layout, first, second)
        return self.log_odds(first, second), variance

    def _variance_between(self, layout: Layout, first: Indices, second: Indices) -> Floats:
        """Of the log-odds between components, beside what is known of each; 0 within one."""
        here, there = self.embeddings[first], self.embeddings[second]
        turns = (_squared_lengths(here) * _squared_lengths(there) / 2).sum(axis=1)
        variance = np.where(together(layout, first, second), 0.0, turns)
        if not self.with_strengths:
            return variance
        return variance + level_variance(layout, self.prior_scale, first, second)

    def outcomes_at(self, value: Floats) -> Floats:
        """P(first better), P(tie), P(second better) at these log-odds; (n, 3)."""
        return davidson(value, self.tie_log_weight)

    def strengths_interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Both ends for every item. An item never compared gets what the prior says."""
        if not self.with_strengths:
            return self.strengths, self.strengths
        covariance = self._known_covariance()
        return _strengths_interval(self.strengths, covariance, self.prior_scale, level)

    def _known_covariance(self) -> BlockMatrix:
        if self.covariance is None:
            raise NoIntervalsError
        return self.covariance


def skew_operator(n_planes: int) -> Floats:
    """R in <R v, w>: a quarter turn in each plane.

    Returns
    -------
    ndarray, shape (2 * n_planes, 2 * n_planes)
        Skew-symmetric, so that swapping v and w flips the sign of the product.
    """
    return np.kron(np.eye(n_planes), np.array([[0.0, -1.0], [1.0, 0.0]]))


def skew_part(v: Floats, w: Floats) -> Floats:
    """<R v, w> for rows of shape (n, 2 * n_planes): the sum of one cross product a plane."""
    products: Floats = v[:, ::2] * w[:, 1::2] - v[:, 1::2] * w[:, ::2]
    crossed: Floats = products.sum(axis=1)
    return crossed


def quarter_turn(w: Floats) -> Floats:
    """Slope of <R v, w> in v, which is the transpose of R times w; shape (n, 2 * n_planes)."""
    turned = np.empty_like(w)
    turned[:, ::2], turned[:, 1::2] = w[:, 1::2], -w[:, ::2]
    return turned


def to_arrays(model: BradleyTerry | GeneralPreference) -> dict[str, NDArray[Any]]:
    """Say a model in arrays that `np.savez` writes and that load without pickle."""
    if isinstance(model, BradleyTerry):
        return model.to_arrays()
    covariance = model.covariance
    return {
        "model": np.array("GeneralPreference"),
        "items": np.array(model.items, dtype=np.str_),
        "prompts": model.prompts,
        "strengths": model.strengths,
        "covariance": np.empty(0) if covariance is None else covariance.values,
        "prior_scale": np.array(model.prior_scale),
        "tie_log_weight": np.array(model.tie_log_weight),
        "tie_variance": np.array(model.tie_variance),
        "component": model.component,
        "embeddings": model.embeddings,
        "width": np.array(model.embeddings.shape[1] + model.with_strengths),
        "penalty": np.array(model.penalty),
        "penalty_share": np.array(model.penalty_share),
        **_plain_arrays(model.plain),
    }


def _plain_arrays(plain: BlockMatrix | LaplaceCovariance | None) -> dict[str, NDArray[Any]]:
    """As dense blocks where they are given so, else as the curvature, which is far smaller."""
    if plain is None:
        return {}
    if isinstance(plain, BlockMatrix):
        return {"plain": plain.values}
    return {f"plain_{name}": array for name, array in curvature_arrays(plain).items()}


def from_arrays(arrays: Mapping[str, NDArray[Any]]) -> BradleyTerry | GeneralPreference:
    """Read what `to_arrays` has said.

    Raises
    ------
    KeyError, ValueError
        If an array is missing or the model is none of ours.
    """
    name = str(arrays["model"])
    if name not in {"BradleyTerry", "GeneralPreference"}:
        raise ValueError(f"Not a model of this product: {name!r}.")
    if name == "BradleyTerry":
        return BradleyTerry.from_arrays(arrays)
    component = arrays["component"].astype(np.int64)
    shared: dict[str, Any] = {
        "items": tuple(arrays["items"].tolist()),
        "prompts": arrays["prompts"],
        "strengths": arrays["strengths"],
        "prior_scale": float(arrays["prior_scale"]),
        "tie_log_weight": float(arrays["tie_log_weight"]),
        "tie_variance": float(arrays["tie_variance"]),
    }
    known = bool(arrays["covariance"].size) or not component.size
    layout = Layout.of(component, int(arrays["width"]), dense=known)
    return GeneralPreference(
        **shared,
        component=component,
        covariance=BlockMatrix(layout, arrays["covariance"]) if known else None,
        embeddings=arrays["embeddings"],
        penalty=float(arrays["penalty"]),
        penalty_share=float(arrays["penalty_share"]),
        plain=_read_plain(Layout.of(component, 1, dense=False), arrays),
    )


def _read_plain(
    layout: Layout, arrays: Mapping[str, NDArray[Any]]
) -> BlockMatrix | LaplaceCovariance | None:
    """None without strengths, and in files of before predictions averaged over anything."""
    if "plain" in arrays:
        return BlockMatrix(layout, arrays["plain"])
    begin = "plain_"
    named = {name.removeprefix(begin): arrays[name] for name in arrays if name.startswith(begin)}
    return read_curvature(layout, named) if named else None


def _variance(
    covariance: BlockMatrix, first: Indices, second: Indices, slope: Floats, other_slope: Floats
) -> Floats:
    """Variance of slope·first + other_slope·second; the slopes have shape (n, width)."""
    form = "nk,nkl,nl->n"
    own = np.einsum(form, slope, covariance.between(first, first), slope)
    other = np.einsum(form, other_slope, covariance.between(second, second), other_slope)
    cross = np.einsum(form, slope, covariance.between(first, second), other_slope)
    # An item against itself, and little else, gives a rounding error below zero.
    variance: Floats = np.maximum(own + other + 2 * cross, 0.0)
    return variance


def _squared_lengths(embeddings: Floats) -> Floats:
    lengths: Floats = embeddings[:, ::2] ** 2 + embeddings[:, 1::2] ** 2
    return lengths


def _strengths_interval(
    strengths: Floats, covariance: BlockMatrix, prior_scale: float, level: float
) -> tuple[Floats, Floats]:
    items = np.arange(len(strengths))
    variance = covariance.between(items, items)[:, 0, 0]
    alone = covariance.layout.items_beside == 1
    spread = np.sqrt(np.where(alone, prior_scale**2, np.maximum(variance, 0.0)))
    reach = normal_quantile(level) * spread
    return strengths - reach, strengths + reach
