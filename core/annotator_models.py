"""Models that know who answered: what they store and what they predict. numpy only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from numpy.typing import NDArray

from core.blocks import BlockMatrix, Layout
from core.estimates import Estimate, normal_quantile
from core.judgment import Floats, Indices
from core.predictions import DifferentPromptsError, level_variance, logistic
from core.scores import ModelScores

#: Nodes on each axis when an annotator and the strengths are integrated out of a prediction.
N_NODES = 7
#: Predictions made at once: few enough for the processor's cache.
AT_ONCE = 4_096
#: Share of flags that may be false alarms, on average.
FALSE_DISCOVERY_RATE = 0.05


def log_expm1(value: Floats) -> Floats:
    """log(e^v - 1) for v >= 0, without overflow and without loss near 0; minus infinity at 0."""
    with np.errstate(divide="ignore"):
        result: Floats = value + np.log(-np.expm1(-value))
    return result


def rao_kupper(log_odds: Floats, threshold: Floats) -> Floats:
    r"""Probabilities of the three outcomes under Rao and Kupper's model of ties [1]_.

    .. math::
        p = \sigma(s - t), \quad q = \sigma(-s - t), \quad P(\text{tie}) = (e^{2t} - 1)\,p\,q

    so that at t = 0 there are no ties and p is Bradley and Terry's.

    Parameters
    ----------
    log_odds : ndarray
        s, nats.
    threshold : ndarray of the same shape
        t >= 0, nats: differences smaller than about this are called ties.

    Returns
    -------
    ndarray, shape (..., 3)
        First, tie, second. Changing the sign of s swaps the ends and changes no bit.

    References
    ----------
    .. [1] Rao and Kupper, "Ties in paired-comparison experiments: a generalization of the
       Bradley-Terry model", JASA 62(317), 1967.
    """
    first = -np.logaddexp(0.0, threshold - log_odds)
    second = -np.logaddexp(0.0, threshold + log_odds)
    tie = first + second + log_expm1(2 * threshold)
    shares: Floats = np.exp(np.stack([first, tie, second], axis=-1))
    return shares


@dataclass(frozen=True, slots=True)
class Population:
    r"""How annotators differ: scale c ~ N(1, sd²), log threshold τ ~ N(mean, sd²), independent.

    Attributes
    ----------
    scale_sd, threshold_sd : float
        Standard deviations; zero: all annotators alike.
    log_threshold : float
        Mean of τ.
    ties : bool
        Whether a tie can be given at all; if not, the threshold is 0 for everybody.
    """

    scale_sd: float
    threshold_sd: float
    log_threshold: float
    ties: bool

    def at(self, deviation: Floats) -> tuple[Floats, Floats]:
        """Scales and thresholds at deviations (..., 2) in standard deviations."""
        scale = 1 + self.scale_sd * deviation[..., 0]
        if not self.ties:
            return scale, np.zeros_like(scale)
        return scale, np.exp(self.log_threshold + self.threshold_sd * deviation[..., 1])


@dataclass(frozen=True, slots=True, eq=False)
class Suspicions:
    """Who answers as if without looking, or the wrong way round. A reason to look, no more.

    Attributes
    ----------
    careless, inverted : ndarray, shape (n_annotators,)
        Posterior probability of each kind under the mixture of
        `core.fitting.annotators.recognise`.
    p_value : ndarray, shape (n_annotators,)
        Of the hypothesis that the annotator is honest; NaN: too few judgments to test it.
    flagged : ndarray of bool, shape (n_annotators,)
        Chosen so that on average at most `FALSE_DISCOVERY_RATE` of the flags are false alarms.
    honest_scale, honest_scale_sd : float
        Mean and standard deviation of the scale among the honest.
    """

    careless: Floats
    inverted: Floats
    p_value: Floats
    flagged: NDArray[np.bool_]
    honest_scale: float
    honest_scale_sd: float


@dataclass(frozen=True, slots=True, eq=False)
class AnnotatorModel:
    r"""One strength per item; a scale and a tie threshold per annotator.

    .. math::
        s_{kij} = c_k (\theta_i - \theta_j), \qquad P = \text{rao_kupper}(s_{kij}, e^{\tau_k})

    A scale of 1 is average; 0 is clicking without looking; below 0 is the wrong way round.

    Attributes
    ----------
    items : tuple of str, length n_items
    prompts : ndarray of int64, shape (n_items,)
    strengths : ndarray, shape (n_items,)
        Log-odds (nats) of the average annotator, summing to zero within each component.
    covariance : BlockMatrix, width 1
        Posterior covariance of the strengths, annotators and thresholds integrated out.
    prior_scale : float
        Standard deviation of the prior on a strength, nats.
    population : Population
    annotators, n_judgments : ndarray of int64, shape (n_annotators,)
        The number of each annotator in the comparisons, ascending, and how much they judged.
    deviation : ndarray, shape (n_annotators, 2)
        Posterior means of (scale, log threshold), as standard deviations from the population's.
    deviation_covariance : ndarray, shape (n_annotators, 2, 2)
    suspicions : Suspicions or None
        None where all annotators are taken to be alike.
    """

    items: tuple[str, ...]
    prompts: Indices
    strengths: Floats
    covariance: BlockMatrix
    prior_scale: float
    population: Population
    annotators: Indices
    n_judgments: Indices
    deviation: Floats
    deviation_covariance: Floats
    suspicions: Suspicions | None

    @property
    def scale(self) -> Floats:
        """Posterior mean of each annotator's scale; shape (n_annotators,)."""
        return 1 + self.population.scale_sd * self.deviation[:, 0]

    def scale_interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Both ends for every annotator, normal."""
        sd = self.population.scale_sd * np.sqrt(self.deviation_covariance[:, 0, 0])
        reach = normal_quantile(level) * sd
        return self.scale - reach, self.scale + reach

    @property
    def tie_between_equals(self) -> Floats:
        """Probability of a tie between two equal items, at each annotator's median threshold."""
        _, threshold = self.population.at(self.deviation)
        return rao_kupper(np.zeros_like(threshold), threshold)[:, 1]

    def strengths_interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Both ends for every item. An item never compared gets what the prior says."""
        layout, items = self.covariance.layout, np.arange(len(self.items))
        variance = self.covariance.between(items, items)[:, 0, 0]
        alone = layout.items_beside == 1
        sd = np.sqrt(np.where(alone, self.prior_scale**2, np.maximum(variance, 0.0)))
        reach = normal_quantile(level) * sd
        return self.strengths - reach, self.strengths + reach

    def outcome_probabilities(
        self, first: Indices, second: Indices, annotator: Indices | None = None
    ) -> Floats:
        """P(first better), P(tie), P(second better); shape (n, 3).

        Parameters
        ----------
        annotator : ndarray of int64, shape (n,), or None
            Who is asked. The posterior of an annotator is integrated out, as is that of the
            strengths; one who is not in the model, and everybody where None is given, is drawn
            from the population.
        """
        if (self.prompts[first] != self.prompts[second]).any():
            raise DifferentPromptsError(
                "Items that answer different prompts are never compared, so no model can say which "
                "is better. Choose two items of one prompt."
            )
        mean, root = self._people(annotator, len(first))
        shares = np.empty((len(first), 3))
        for begin in range(0, len(first), AT_ONCE):
            rows = slice(begin, begin + AT_ONCE)
            one, other = first[rows], second[rows]
            odds = self.strengths[one] - self.strengths[other]
            deviation = np.sqrt(self._variance(one, other))
            shares[rows] = _integrated(odds, deviation, self.population, mean[rows], root[rows])
        return shares

    def _variance(self, first: Indices, second: Indices) -> Floats:
        """Of differences of strengths; between components the prior on their levels is added."""
        between = level_variance(self.covariance.layout, self.prior_scale, first, second)
        return self.covariance.of_differences(first, second) + between

    def probability(
        self, first: Indices, second: Indices, annotator: Indices | None = None
    ) -> Floats:
        """P(first is preferred), given that one of the two is; shape (n,)."""
        shares = self.outcome_probabilities(first, second, annotator)
        return logistic(np.log(shares[:, 0]) - np.log(shares[:, 2]))

    def _people(self, annotator: Indices | None, n: int) -> tuple[Floats, Floats]:
        """Mean (n, 2) and root of the covariance (n, 2, 2) of the annotators' deviations."""
        mean, root = np.zeros((n, 2)), np.zeros((n, 2, 2)) + np.eye(2)
        if annotator is None or len(self.annotators) == 0:
            return mean, root
        place = np.searchsorted(self.annotators, annotator).clip(max=len(self.annotators) - 1)
        known = self.annotators[place] == annotator
        mean[known] = self.deviation[place[known]]
        root[known] = np.linalg.cholesky(self.deviation_covariance)[place[known]]
        return mean, root


@dataclass(frozen=True, slots=True)
class AnnotatorEvaluation:
    """Held-out judgments predicted with and without knowing who answered.

    Attributes
    ----------
    bradley_terry, rao_kupper, annotators : ModelScores
        The plain model with Davidson's ties, with Rao and Kupper's, and with annotators.
    difference, difference_to_rao_kupper : ModelScores
        Annotators minus plain, judgment by judgment: below zero in log loss, knowing who
        answered predicts better.
    crowd_bt : Estimate or None
        Log loss of the decided judgments by Crowd-BT, the classical alternative; None where
        nothing was decided, or where it did not converge.
    n_unseen : int
        Judgments by people of whom no judgment was left to learn from.
    by_pair : bool
        As in `core.scores.HeldOut`.
    """

    bradley_terry: ModelScores
    rao_kupper: ModelScores
    annotators: ModelScores
    difference: ModelScores
    difference_to_rao_kupper: ModelScores
    crowd_bt: Estimate | None
    n_judgments: int
    n_pairs: int
    n_unseen: int
    by_pair: bool


def grid(n_nodes: int, *, both: bool) -> tuple[Floats, Floats]:
    """Nodes (n, 2) and log weights (n,) for two independent standard normals, or the first only."""
    point, weight = hermegauss(n_nodes)
    weight = weight / weight.sum()
    if not both:
        return np.stack([point, np.zeros_like(point)], axis=1), np.log(weight)
    one, other = np.meshgrid(point, point, indexing="ij")
    nodes = np.stack([one.ravel(), other.ravel()], axis=1)
    return nodes, np.log(np.outer(weight, weight).ravel())


def model_arrays(model: AnnotatorModel) -> dict[str, NDArray[Any]]:
    """Say a model in arrays that `np.savez` writes and that load without pickle."""
    population, suspicions = model.population, model.suspicions
    arrays: dict[str, NDArray[Any]] = {
        "model": np.array("AnnotatorModel"),
        "items": np.array(model.items, dtype=np.str_),
        "prompts": model.prompts,
        "strengths": model.strengths,
        "component": model.covariance.layout.component,
        "covariance": model.covariance.values,
        "prior_scale": np.array(model.prior_scale),
        "population": np.array(
            [population.scale_sd, population.threshold_sd, population.log_threshold]
        ),
        "ties": np.array(population.ties),
        "annotators": model.annotators,
        "n_judgments": model.n_judgments,
        "deviation": model.deviation,
        "deviation_covariance": model.deviation_covariance,
    }
    if suspicions is not None:
        arrays |= {
            "careless": suspicions.careless,
            "inverted": suspicions.inverted,
            "p_value": suspicions.p_value,
            "flagged": suspicions.flagged,
            "honest": np.array([suspicions.honest_scale, suspicions.honest_scale_sd]),
        }
    return arrays


def model_from_arrays(arrays: Mapping[str, NDArray[Any]]) -> AnnotatorModel:
    """Read what `model_arrays` has said.

    Raises
    ------
    KeyError, ValueError
        If an array is missing or the model is another one.
    """
    if str(arrays["model"]) != "AnnotatorModel":
        raise ValueError(f"Not a model of annotators: {str(arrays['model'])!r}.")
    suspicions = None
    if "flagged" in arrays:
        honest, honest_sd = arrays["honest"].tolist()
        suspicions = Suspicions(
            careless=arrays["careless"],
            inverted=arrays["inverted"],
            p_value=arrays["p_value"],
            flagged=arrays["flagged"],
            honest_scale=honest,
            honest_scale_sd=honest_sd,
        )
    scale_sd, threshold_sd, log_threshold = arrays["population"].tolist()
    layout = Layout.of(arrays["component"].astype(np.int64), 1)
    return AnnotatorModel(
        items=tuple(arrays["items"].tolist()),
        prompts=arrays["prompts"],
        strengths=arrays["strengths"],
        covariance=BlockMatrix(layout, arrays["covariance"]),
        prior_scale=float(arrays["prior_scale"]),
        population=Population(scale_sd, threshold_sd, log_threshold, bool(arrays["ties"])),
        annotators=arrays["annotators"],
        n_judgments=arrays["n_judgments"],
        deviation=arrays["deviation"],
        deviation_covariance=arrays["deviation_covariance"],
        suspicions=suspicions,
    )


def _integrated(
    odds: Floats, deviation: Floats, population: Population, mean: Floats, root: Floats
) -> Floats:
    """Average `rao_kupper` over normal differences of strengths and normal annotators.

    The annotators have these means and roots of covariances.
    """
    alike = population.scale_sd == 0 and population.threshold_sd == 0
    nodes, log_weights = grid(1 if alike else N_NODES, both=population.ties)
    scale, threshold = population.at(mean[:, None, :] + nodes @ root.transpose(0, 2, 1))
    weights = np.exp(log_weights)[:, None]

    def at(value: Floats) -> Floats:
        shares = rao_kupper(scale * value[:, None], threshold) * weights
        mean_shares: Floats = shares.sum(axis=1)
        return mean_shares

    points, log_shares = grid(N_NODES, both=False)
    points, parts, middle = points[:, 0], np.exp(log_shares), N_NODES // 2
    total: Floats = at(odds) * parts[middle]
    # Both sides of the rule together: swapping the two items then mirrors the sum.
    for point, part in zip(points[middle + 1 :], parts[middle + 1 :], strict=True):
        total += part * (at(odds + point * deviation) + at(odds - point * deviation))
    return total
