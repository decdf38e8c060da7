r"""The coefficients of agreement, as functions of coincidences and of weights of disagreements."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from core.agreement.coincidences import Coincidences
from core.judgment import Floats


class Coefficient(StrEnum):
    """What agreement is held against."""

    PERCENT = "percent"
    COHEN = "cohen"
    FLEISS = "fleiss"
    KRIPPENDORFF = "krippendorff"
    GWET = "gwet"


class Scale(StrEnum):
    """What the distance of two answers means."""

    NOMINAL = "nominal"
    ORDINAL = "ordinal"
    INTERVAL = "interval"


@dataclass(frozen=True, slots=True, eq=False)
class Weighing:
    """How far two answers agree, on one scale.

    Attributes
    ----------
    weights : ndarray, shape (k, k)
        1 for the same answer, 0 for opposite ones; see `weights_of`.
    distances : ndarray, shape (k, k), or None
        Krippendorff's squared distances; None where they follow from the answers (ordinal).
    """

    scale: Scale
    weights: Floats
    distances: Floats | None

    @classmethod
    def of(cls, scale: Scale, n_categories: int, values: Floats | None = None) -> "Weighing":
        """Weights for `n_categories` answers in order.

        Parameters
        ----------
        values : ndarray, shape (n_categories,), or None
            What the answers stand for on an interval scale; 0, 1, … unless given.
        """
        values = np.arange(n_categories, dtype=np.float64) if values is None else values
        if len(values) != n_categories:
            raise ValueError(f"Need {n_categories} values, got {len(values)}.")
        weights = weights_of(scale, values)
        if scale is Scale.ORDINAL:
            return cls(scale, weights, None)
        squared = (values[:, None] - values) ** 2
        return cls(scale, weights, squared if scale is Scale.INTERVAL else 1 - weights)


def weights_of(scale: Scale, values: Floats) -> Floats:
    r"""How far two answers agree [1]_: 1 on the diagonal.

    Nominal: 0 beside it. Ordinal: :math:`1 - \binom{|c - d| + 1}{2} / \binom{k}{2}` for places c
    and d of k. Interval: :math:`1 - (x_c - x_d)^2 / (x_{max} - x_{min})^2`.

    References
    ----------
    .. [1] Gwet, "Handbook of inter-rater reliability", 4th edition, Advanced Analytics 2014,
       chapter 3.
    """
    k = len(values)
    if scale is Scale.NOMINAL or k == 1:
        return np.eye(k)
    if scale is Scale.INTERVAL:
        weights: Floats = 1 - ((values[:, None] - values) / np.ptp(values)) ** 2
        return weights
    apart = np.abs(np.subtract.outer(np.arange(k), np.arange(k)))
    ordinal: Floats = 1 - apart * (apart + 1) / (k * (k - 1))
    return ordinal


def percent(sums: Coincidences, weighing: Weighing) -> Floats:
    r"""Weighted share of agreeing pairs of people: :math:`\sum_{cd} w_{cd} o_{cd} / \sum o_{cd}`.

    Every pair of people who judged one unit counts once, units with more people count more.
    """
    return _ratio(_total(sums.pairs * weighing.weights), _total(sums.pairs))


def fleiss(sums: Coincidences, weighing: Weighing) -> Floats:
    r"""Fleiss' kappa [1]_, for units with different numbers of people as Gwet extends it [2]_.

    .. math:: \kappa = \frac{p_a - p_e}{1 - p_e}, \qquad p_e = \sum_{cd} w_{cd} \pi_c \pi_d

    with :math:`p_a` the weighted share of agreement in a unit, averaged over units with two
    answers or more, and :math:`\pi_c` the share of answer c, averaged over all units.

    References
    ----------
    .. [1] Fleiss, "Measuring nominal scale agreement among many raters", Psychological Bulletin
       76(5), 1971.
    .. [2] Gwet, "Handbook of inter-rater reliability", 4th edition, Advanced Analytics 2014.
    """
    share = _shares(sums.marginals)
    by_chance = np.einsum("...c,cd,...d->...", share, weighing.weights, share)
    return beyond_chance(_agreed(sums, weighing), by_chance)


def gwet(sums: Coincidences, weighing: Weighing) -> Floats:
    r"""Gwet's AC1 [1]_, and AC2 where answers are weighted.

    Agreement and shares are those of `fleiss`; chance is that of answers given at random:

    .. math:: p_e = \frac{\sum_{cd} w_{cd}}{k (k - 1)} \sum_c \pi_c (1 - \pi_c)

    References
    ----------
    .. [1] Gwet, "Computing inter-rater reliability and its variance in the presence of high
       agreement", British Journal of Mathematical and Statistical Psychology 61(1), 2008.
    """
    k = sums.marginals.shape[-1]
    share = _shares(sums.marginals)
    if k == 1:
        return np.full(share.shape[:-1], np.nan)
    spread = (share * (1 - share)).sum(axis=-1)
    by_chance = weighing.weights.sum() / (k * (k - 1)) * spread
    return beyond_chance(_agreed(sums, weighing), by_chance)


def krippendorff(sums: Coincidences, weighing: Weighing) -> Floats:
    r"""Krippendorff's alpha [1]_.

    .. math::
        \alpha = 1 - \frac{D_o}{D_e}, \quad
        D_o = \frac1n \sum_{cd} o_{cd} \delta^2_{cd}, \quad
        D_e = \frac{1}{n (n - 1)} \sum_{cd} n_c n_d \delta^2_{cd}

    with :math:`n_c = \sum_d o_{cd}`, n their sum. :math:`\delta^2` is 1 for different answers
    (nominal), the squared difference of values (interval), or the squared number of answers that
    lie between two (ordinal): :math:`(\sum_{g=c}^d n_g - (n_c + n_d)/2)^2`.

    References
    ----------
    .. [1] Krippendorff, "Computing Krippendorff's alpha-reliability", University of Pennsylvania,
       2011; "Content Analysis", 4th edition, Sage 2019, chapter 12.
    """
    given = sums.answers.sum(axis=-1)
    n = given.sum(axis=-1)
    distances = ordinal_distances(given) if weighing.distances is None else weighing.distances
    observed = _ratio(_total(sums.answers * distances), n)
    expected = np.einsum("...c,...cd,...d->...", given, distances, given)
    return 1 - _ratio(observed * n * (n - 1), expected)


def ordinal_distances(given: Floats) -> Floats:
    """Krippendorff's squared distances of answers given so often; shape (..., k, k)."""
    middle = np.cumsum(given, axis=-1) - given / 2
    apart: Floats = middle[..., :, None] - middle[..., None, :]
    return apart**2


#: Those that coincidences are enough for; Cohen's also needs to know who answered.
STATISTICS = {
    Coefficient.PERCENT: percent,
    Coefficient.FLEISS: fleiss,
    Coefficient.KRIPPENDORFF: krippendorff,
    Coefficient.GWET: gwet,
}


def beyond_chance(agreed: Floats, by_chance: Floats) -> Floats:
    """Agreement on a scale on which chance is 0 and 1 is perfect; nan where chance is perfect."""
    return _ratio(agreed - by_chance, 1 - by_chance)


def _agreed(sums: Coincidences, weighing: Weighing) -> Floats:
    return _ratio(_total(sums.shares * weighing.weights), _total(sums.shares))


def _shares(marginals: Floats) -> Floats:
    return _ratio(marginals, marginals.sum(axis=-1, keepdims=True))


def _total(table: Floats) -> Floats:
    total: Floats = table.sum(axis=(-1, -2))
    return total


def _ratio(above: Floats, below: Floats) -> Floats:
    """A quotient that is nan, without a warning, where there is nothing below."""
    above, below = np.broadcast_arrays(above, below)
    empty = np.full(above.shape, np.nan, dtype=np.result_type(above, below))
    # Rounding leaves a hair where answers are all alike.
    ratio: Floats = np.divide(above, below, out=empty, where=np.abs(below) > NOTHING)
    return ratio


NOTHING = 1e-12
