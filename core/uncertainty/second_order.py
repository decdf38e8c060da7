"""Noise or ignorance? Two answers to one pair tell what no model can know from what it missed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.estimates import Estimate, NotDeterminedError, clustered_mean
from core.judgment import Floats, Indices


@dataclass(frozen=True, slots=True)
class UncertaintySplit:
    """The Brier score of a model, split by pairs that two or more people judged.

    Attributes
    ----------
    brier : Estimate
        Of these judgments; the sum of the next two.
    noise : Estimate
        Aleatoric: what stays however good a model of the average person gets.
    model_error : Estimate
        Epistemic: mean squared distance of the model from the share of all people. By chance
        the estimate may lie below zero.
    own_noise, taste : Estimate or None
        Of the noise: what people do not repeat of themselves, and what differs between people;
        None where nobody judged a pair twice.
    predicted_error : Estimate or None
        What the model itself takes its error to be.
    n_pairs : int
        Pairs that two or more people judged.
    """

    brier: Estimate
    noise: Estimate
    model_error: Estimate
    own_noise: Estimate | None
    taste: Estimate | None
    predicted_error: Estimate | None
    n_pairs: int


def split_uncertainty(
    probability: Floats,
    outcome_first: Floats,
    pair: Indices,
    annotator: Indices,
    *,
    log_odds_variance: Floats | None = None,
) -> UncertaintySplit:
    r"""Split the Brier score into noise and model error [1]_.

    For two people's answers :math:`y, y'` to a pair with share :math:`\pi`, independent given the
    pair, and a forecast p made without them,

    .. math::
        E (y - p)(y' - p) = (\pi - p)^2, \qquad \tfrac12 E (y - y')^2 = \pi (1 - \pi),

    and :math:`\tfrac12 (y - p)^2 + \tfrac12 (y' - p)^2` is the sum of the two left sides, answer by
    answer. Each judgment is averaged over the judgments of other people of its pair, and counts
    once. Two answers of one person give their own noise in the same way; what is left of the
    noise is taste. Intervals are 95 %, clustered by pair; of own noise, by person; of taste, by
    the sum of both variances.

    Parameters
    ----------
    probability, outcome_first : ndarray, shape (n,)
        As in `core.calibration.reliability_curve`; held-out, all judgments of a pair together.
    pair, annotator : ndarray of int64, shape (n,)
    log_odds_variance : ndarray, shape (n,), or None
        The model's own, nats squared: its error in probability is then predicted by the delta
        method, :math:`p^2 (1 - p)^2 v`.

    Raises
    ------
    NotDeterminedError
        If no pair was judged by two people.

    References
    ----------
    .. [1] Johnson, Tarlow, Duvenaud and Maddison, "Experts don't cheat: learning what you don't
       know by predicting pairs", ICML 2024, arXiv:2402.08733.
    """
    own = _numbered(pair, annotator)
    others = _sums(pair, np.ones(len(pair))) - _sums(own, np.ones(len(pair)))
    told = others > 0
    if not told.any():
        raise NotDeterminedError(
            "Noise and ignorance cannot be told apart: no pair was judged by two people. Let some "
            "pairs be judged by several."
        )
    gap = outcome_first - probability
    others_gap = (_sums(pair, gap) - _sums(own, gap))[told] / others[told]
    others_mean = (_sums(pair, outcome_first) - _sums(own, outcome_first))[told] / others[told]
    squares = outcome_first**2
    others_square = (_sums(pair, squares) - _sums(own, squares))[told] / others[told]
    y = outcome_first[told]
    unlike = (y**2 - 2 * y * others_mean + others_square) / 2
    noise = clustered_mean(unlike, pair[told], within=(0.0, 0.5))
    own_noise = repeated_noise(outcome_first, pair, annotator)
    return UncertaintySplit(
        brier=clustered_mean(unlike + gap[told] * others_gap, pair[told]),
        noise=noise,
        model_error=clustered_mean(gap[told] * others_gap, pair[told]),
        own_noise=own_noise,
        taste=None if own_noise is None else difference(noise, own_noise),
        predicted_error=_predicted(probability, log_odds_variance, pair, told),
        n_pairs=len(np.unique(pair[told])),
    )


def difference(one: Estimate, other: Estimate) -> Estimate:
    """One less the other, the errors of the two taken as independent."""
    value = one.value - other.value
    below = float(np.hypot(one.value - one.low, other.high - other.value))
    above = float(np.hypot(one.high - one.value, other.value - other.low))
    return Estimate(value, value - below, value + above, min(one.n, other.n))


def repeated_noise(outcome_first: Floats, pair: Indices, annotator: Indices) -> Estimate | None:
    r"""What people do not repeat of themselves: mean :math:`\tfrac12 (y - y')^2` of own answers.

    No forecast is needed, so that answers to own earlier questions asked once more count too.
    None where nobody judged a pair twice; 95 % interval clustered by person. Parameters as in
    `split_uncertainty`.
    """
    own = _numbered(pair, annotator)
    size = _sums(own, np.ones(len(own)))
    again = size > 1
    if not again.any():
        return None
    y, others = outcome_first[again], size[again] - 1
    mean = (_sums(own, outcome_first)[again] - y) / others
    square = (_sums(own, outcome_first**2)[again] - y**2) / others
    unlike = (y**2 - 2 * y * mean + square) / 2
    return clustered_mean(unlike, annotator[again], within=(0.0, 0.5))


def _predicted(
    probability: Floats, variance: Floats | None, pair: Indices, told: NDArray[np.bool_]
) -> Estimate | None:
    if variance is None:
        return None
    slope = probability * (1 - probability)
    return clustered_mean((slope**2 * variance)[told], pair[told])


def _numbered(pair: Indices, annotator: Indices) -> Indices:
    """A number for each person's judgments of a pair."""
    _, number = np.unique(pair, return_inverse=True)
    _, person = np.unique(annotator, return_inverse=True)
    mixed: Indices = number * (int(person.max()) + 1) + person
    return mixed


def _sums(group: Indices, values: Floats) -> Floats:
    """Of each row, the sum over the rows of its group; shape (n,)."""
    _, number = np.unique(group, return_inverse=True)
    sums: Floats = np.bincount(number, values).astype(np.float64)
    return sums[number]
