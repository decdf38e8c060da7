"""How sure a model is, and how it does in one part of the judgments and another."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.calibration.binned_error import expected_calibration_error
from core.calibration.decomposition import Rule, brier_score, log_score, losses
from core.calibration.forecasts import equal_bins, said_of_the_better
from core.estimates import Estimate, clustered_mean, clustered_share
from core.judgment import Floats, Indices

#: With fewer judgments than this a bin of a calibration error says nothing.
PER_BIN = 20


@dataclass(frozen=True, slots=True)
class SharpnessBin:
    """How many judgments a model was so sure about.

    Attributes
    ----------
    low, high : float
        Probability of the item held better.
    share : Estimate
        Of the judgments; 95 % interval clustered by pair.
    """

    low: float
    high: float
    share: Estimate


@dataclass(frozen=True, slots=True)
class Stratum:
    """A model's figures on a part of the judgments, and how they differ from the other parts.

    Attributes
    ----------
    accuracy, brier, log_loss, calibration_error : Estimate
    too_sure : Estimate
        Mean probability of the item held better minus the share of hits: above zero the model
        is too sure of itself here.
    log_loss_difference : Estimate or None
        Log loss here minus log loss of the rest; None where this is all there is.
    """

    name: str
    n_clusters: int
    accuracy: Estimate
    brier: Estimate
    log_loss: Estimate
    calibration_error: Estimate
    too_sure: Estimate
    log_loss_difference: Estimate | None


def sharpness(
    probability: Floats, cluster: Indices, *, n_bins: int = 10
) -> tuple[SharpnessBin, ...]:
    """Histogram of how sure the model is of the item held better, from 1/2 to 1.

    A calibrated model may be useless: even odds for every pair are calibrated. What makes it
    useful is to be sure where one can be.

    References
    ----------
    .. [1] Gneiting, Balabdaoui and Raftery, "Probabilistic forecasts, calibration and sharpness",
       JRSS B 69(2), 2007.
    """
    sure, _ = said_of_the_better(probability, np.zeros(len(probability)))
    edges = np.linspace(0.5, 1, n_bins + 1)
    place = np.minimum(np.searchsorted(edges, sure, side="right") - 1, n_bins - 1)
    return tuple(
        SharpnessBin(
            float(edges[number]),
            float(edges[number + 1]),
            clustered_share((place == number).astype(np.float64), cluster),
        )
        for number in range(n_bins)
    )


def by_stratum(
    probability: Floats,
    outcome_first: Floats,
    cluster: Indices,
    stratum: Indices,
    names: Sequence[str],
) -> tuple[Stratum, ...]:
    """The figures of a model in each part of the judgments; empty parts are left out.

    Parameters
    ----------
    probability, outcome_first, cluster : ndarray, shape (n,)
        As in `reliability_curve`.
    stratum : ndarray of int64, shape (n,)
        Index into `names`: of a margin, an aspect, a group, how hard a prompt is, whether a pair
        lies within what the model learned from. -1: in no part.
    """
    return tuple(
        _stratum(name, probability, outcome_first, cluster, stratum == number)
        for number, name in enumerate(names)
        if (stratum == number).any()
    )


def margin_strata(probability: Floats, n_strata: int = 4) -> tuple[Indices, tuple[str, ...]]:
    """Number judgments by how sure the model is, in parts of equal size, with their names."""
    sure, _ = said_of_the_better(probability, np.zeros(len(probability)))
    place = equal_bins(sure, n_strata)
    names = tuple(
        f"{sure[place == number].min():.0%} to {sure[place == number].max():.0%} sure"
        for number in range(int(place.max()) + 1)
    )
    return place, names


def _stratum(
    name: str,
    probability: Floats,
    outcome_first: Floats,
    cluster: Indices,
    here: NDArray[np.bool_],
) -> Stratum:
    sure, right = said_of_the_better(probability[here], outcome_first[here])
    pair = cluster[here]
    forecast = probability[here], outcome_first[here], pair
    return Stratum(
        name=name,
        n_clusters=len(np.unique(pair)),
        accuracy=clustered_share(right, pair),
        brier=brier_score(*forecast),
        log_loss=log_score(*forecast),
        calibration_error=expected_calibration_error(
            *forecast, max(1, min(10, len(pair) // PER_BIN))
        ),
        too_sure=clustered_mean(sure - right, pair),
        log_loss_difference=_against_the_rest(probability, outcome_first, cluster, here),
    )


def _against_the_rest(
    probability: Floats,
    outcome_first: Floats,
    cluster: Indices,
    here: NDArray[np.bool_],
) -> Estimate | None:
    """Difference of two means; a pair with judgments in both counts as one cluster."""
    if here.all():
        return None
    loss = losses(probability, outcome_first, Rule.LOG)
    inside, outside = loss[here].mean(), loss[~here].mean()
    n = len(loss)
    # Influence of each judgment on the difference, scaled so that its mean is the difference.
    influence = np.where(
        here, (loss - inside) * n / here.sum(), -(loss - outside) * n / (~here).sum()
    )
    return clustered_mean(influence + (inside - outside), cluster)
