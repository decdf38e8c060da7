r"""Fitted recalibration maps as frozen values. No fitting here, numpy only.

Every map is odd in the log-odds, :math:`g(-s) = -g(s)`, so that :math:`q(p) + q(1-p) = 1`
whatever the items are called. Of the maps in use this leaves:

* temperature: :math:`a s`. Platt's map :math:`a s + b` is odd only with b = 0, and the beta map
  :math:`a \log p - b \log(1-p) + c` only with a = b, c = 0, so that both become the temperature;
* what still differs of Platt's method: his targets, which draw the answers in a little;
* beta: the two-parameter map of the item held better, mirrored for the other;
* isotonic and Venn-Abers: of the item held better, mirrored.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from core.judgment import Floats
from core.predictions import logistic

#: A probability closer to 0 or 1 than this cannot be told from it once it is mirrored.
CLOSEST = 1e-12


class Calibrator(Protocol):
    """Anything that corrects a model's log-odds; elementwise, shape (n,)."""

    @property
    def name(self) -> str:
        """For example "temperature"."""
        ...

    def log_odds(self, log_odds: Floats) -> Floats:
        """Calibrated log-odds, nats; exactly odd."""
        ...

    def interval(self, low: Floats, high: Floats) -> tuple[Floats, Floats]:
        """Ends of an interval of log-odds, mapped; swapping the items mirrors them exactly."""
        ...

    def probability(self, probability: Floats) -> Floats:
        """Calibrated P(first is preferred), given that one of the two is."""
        ...

    def outcome_probabilities(self, probabilities: Floats) -> Floats:
        """Calibrated P(first better), P(tie), P(second better); shape (n, 3)."""
        ...

    def to_arrays(self) -> dict[str, NDArray[Any]]: ...


class Calibration:
    """What follows from an odd map of log-odds, whichever it is."""

    __slots__ = ()

    def probability(self: Calibrator, probability: Floats) -> Floats:
        """Calibrated P(first), from the model's."""
        return logistic(self.log_odds(log_odds_of(probability)))

    def outcome_probabilities(self: Calibrator, probabilities: Floats) -> Floats:
        """Calibrate P(first better), P(tie), P(second better); the ties stay as they are.

        Parameters
        ----------
        probabilities : ndarray, shape (n, 3)
        """
        first, tie, second = probabilities.T
        with np.errstate(divide="ignore"):
            odds = self.log_odds(np.log(first) - np.log(second))
        decided = 1 - tie
        return np.stack([decided * logistic(odds), tie, decided * logistic(-odds)], axis=1)


@dataclass(frozen=True, slots=True)
class IdentityCalibrator(Calibration):
    """Leave the model's probabilities as they are."""

    @property
    def name(self) -> str:
        return "none"

    def log_odds(self, log_odds: Floats) -> Floats:
        return log_odds

    def interval(self, low: Floats, high: Floats) -> tuple[Floats, Floats]:
        return low, high

    def probability(self, probability: Floats) -> Floats:
        return probability

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        return {"calibrator": np.array("none")}


@dataclass(frozen=True, slots=True)
class ScaleCalibrator(Calibration):
    r"""Multiply log-odds: temperature scaling [1]_, or Platt's scaling made odd [2]_.

    Attributes
    ----------
    scale : float
        1 / temperature, above zero.
    deviation : float
        Its standard error.
    name : str
        "temperature", or "platt" where the targets were Platt's.

    References
    ----------
    .. [1] Guo, Pleiss, Sun and Weinberger, "On calibration of modern neural networks", ICML 2017.
    .. [2] Platt, "Probabilistic outputs for support vector machines", 1999.
    """

    scale: float
    deviation: float
    name: str = "temperature"

    def log_odds(self, log_odds: Floats) -> Floats:
        return self.scale * log_odds

    def interval(self, low: Floats, high: Floats) -> tuple[Floats, Floats]:
        return self.scale * low, self.scale * high

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        return {
            "calibrator": np.array(self.name),
            "scale": np.array(self.scale),
            "deviation": np.array(self.deviation),
        }


@dataclass(frozen=True, slots=True)
class BetaCalibrator(Calibration):
    r"""The beta map with its middle at one half [1]_, of the item held better, mirrored.

    .. math:: g(s) = a \log 2p - b \log 2(1 - p), \quad p = \sigma(s) \ge \tfrac12;
        \qquad g(-s) = -g(s)

    With a = b = 1 it changes nothing; a above b makes the middle steeper than the ends.

    Attributes
    ----------
    near_half, near_one : float
        a and b, not below zero.

    References
    ----------
    .. [1] Kull, Silva Filho and Flach, "Beta calibration", AISTATS 2017 (the variant "ab").
    """

    near_half: float
    near_one: float

    @property
    def name(self) -> str:
        return "beta"

    def log_odds(self, log_odds: Floats) -> Floats:
        up, down = beta_features(np.abs(log_odds))
        return np.sign(log_odds) * (self.near_half * up + self.near_one * down)

    def interval(self, low: Floats, high: Floats) -> tuple[Floats, Floats]:
        return self.log_odds(low), self.log_odds(high)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        return {
            "calibrator": np.array("beta"),
            "near_half": np.array(self.near_half),
            "near_one": np.array(self.near_one),
        }


@dataclass(frozen=True, slots=True, eq=False)
class IsotonicCalibrator(Calibration):
    """A monotone map made of straight lines between knots, of the item held better, mirrored.

    Attributes
    ----------
    knots, shares : ndarray, shape (k,)
        Probability of the item held better, ascending from 1/2, and the share of hits there,
        not below 1/2 and below 1.
    """

    knots: Floats
    shares: Floats

    @property
    def name(self) -> str:
        return "isotonic"

    def log_odds(self, log_odds: Floats) -> Floats:
        share = np.interp(logistic(np.abs(log_odds)), self.knots, self.shares)
        odds: Floats = np.sign(log_odds) * (np.log(share) - np.log1p(-share))
        return odds

    def interval(self, low: Floats, high: Floats) -> tuple[Floats, Floats]:
        return self.log_odds(low), self.log_odds(high)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        return {
            "calibrator": np.array("isotonic"),
            "knots": self.knots,
            "shares": self.shares,
        }


@dataclass(frozen=True, slots=True, eq=False)
class VennAbersCalibrator(Calibration):
    r"""Two isotonic maps, one for each answer that could come [1]_; of the item held better.

    :math:`[p_0, p_1]` is calibrated in Venn's sense: one of the two is, whatever the model. The
    probability is :math:`p_1 / (1 - p_0 + p_1)`, which loses least in the worst case, and not
    below one half, so that the map keeps the model's order.

    Attributes
    ----------
    levels : ndarray, shape (k,)
        Log-odds of the item held better on the calibration judgments, ascending, not negative.
    if_missed, if_hit : ndarray, shape (k + 1,)
        p0 from each level on (the first: below all), and p1 up to each level (the last: above).

    References
    ----------
    .. [1] Vovk, Petej and Fedorova, "Large-scale probabilistic predictors with and without
       guarantees of validity", NIPS 2015 (inductive Venn-Abers predictors).
    """

    levels: Floats
    if_missed: Floats
    if_hit: Floats

    @property
    def name(self) -> str:
        return "venn-abers"

    def log_odds(self, log_odds: Floats) -> Floats:
        """Never against the model: where it is least sure, few hits make even odds, no more."""
        low, high = self._of_the_better(np.abs(log_odds))
        odds: Floats = np.sign(log_odds) * np.maximum(np.log(high) - np.log1p(-low), 0.0)
        return odds

    def interval(self, low: Floats, high: Floats) -> tuple[Floats, Floats]:
        """Beside what the model's own interval becomes, p0 and p1 at both of its ends."""
        ends = [end for odds in (low, high) for end in (*self._both(odds), self.log_odds(odds))]
        return np.minimum.reduce(ends), np.maximum.reduce(ends)

    def multiprobability(self, log_odds: Floats) -> tuple[Floats, Floats]:
        """p0 and p1 of the first item, the lower first; at even odds both ways round."""
        low, high = self._both(log_odds)
        return logistic(np.minimum(low, high)), logistic(np.maximum(low, high))

    def _both(self, log_odds: Floats) -> tuple[Floats, Floats]:
        shares = self._of_the_better(np.abs(log_odds))
        with np.errstate(divide="ignore"):
            low, high = (np.log(share) - np.log1p(-share) for share in shares)
        even = log_odds == 0
        widest = np.maximum(np.abs(low), np.abs(high))
        low, high = np.where(even, -widest, low), np.where(even, widest, high)
        turned = log_odds < 0
        return np.where(turned, -high, low), np.where(turned, -low, high)

    def _of_the_better(self, odds: Floats) -> tuple[Floats, Floats]:
        below = np.searchsorted(self.levels, odds, side="right")
        above = np.searchsorted(self.levels, odds, side="left")
        return self.if_missed[below], self.if_hit[above]

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        return {
            "calibrator": np.array("venn-abers"),
            "levels": self.levels,
            "if_missed": self.if_missed,
            "if_hit": self.if_hit,
        }


def beta_features(sure: Floats) -> tuple[Floats, Floats]:
    """Log 2p and -log 2(1 - p) for log-odds that are not negative, without overflow."""
    up = np.log(2.0) - np.log1p(np.exp(-sure))
    return up, sure - up


def log_odds_of(probability: Floats) -> Floats:
    """Log-odds of probabilities, odd also where 1 - (1 - p) and p differ in the last bit."""
    lean = np.clip(np.round(probability - 0.5, 12), CLOSEST - 0.5, 0.5 - CLOSEST)
    odds: Floats = 2 * np.arctanh(2 * lean)
    return odds


def calibrator_to_arrays(calibrator: Calibrator) -> dict[str, NDArray[Any]]:
    """Say a calibrator in arrays that `np.savez` writes and that load without pickle."""
    return calibrator.to_arrays()


def calibrator_from_arrays(arrays: Mapping[str, NDArray[Any]]) -> Calibrator:
    """Read what `calibrator_to_arrays` has said.

    Raises
    ------
    KeyError, ValueError
        If an array is missing or the calibrator is none of ours.
    """
    name = str(arrays["calibrator"])
    if name == "none":
        return IdentityCalibrator()
    if name in {"temperature", "platt"}:
        return ScaleCalibrator(float(arrays["scale"]), float(arrays["deviation"]), name)
    if name == "beta":
        return BetaCalibrator(float(arrays["near_half"]), float(arrays["near_one"]))
    if name == "isotonic":
        return IsotonicCalibrator(arrays["knots"], arrays["shares"])
    if name == "venn-abers":
        return VennAbersCalibrator(arrays["levels"], arrays["if_missed"], arrays["if_hit"])
    raise ValueError(f"Not a calibrator of this product: {name!r}.")
