"""What to do about a pair: ask more, or accept that it divides people or is a coin flip."""

from dataclasses import dataclass
from enum import StrEnum
from math import atanh

import numpy as np
from numpy.typing import NDArray

from core.judgment import Floats, Indices
from core.recalibration import Calibrator

#: A pair whose share of people lies nearer to one half than this is called close.
CLOSE = 0.15
#: Log-odds beyond these are certain; so many halvings tell log-odds apart to a billionth.
MOST, HALVINGS = 40.0, 60


class Verdict(StrEnum):
    """What can be said of a pair."""

    CLEAR = "clear"
    NEEDS_JUDGMENTS = "needs more judgments"
    CLOSE = "close: ask the same people again"
    DIVIDES = "divides people"
    COIN_FLIP = "a coin flip for each person"


@dataclass(frozen=True, slots=True, eq=False)
class Verdicts:
    """One verdict for each pair.

    Attributes
    ----------
    verdict : tuple of Verdict, length n
    clear_p, close_p : ndarray, shape (n,)
        p-values against "one half of the people" and "at least `margin` from one half".
    level : float
        On average at most this share of the pairs called clear or close is called so wrongly;
        the same for those said to divide people or to be coin flips.
    margin : float
    """

    verdict: tuple[Verdict, ...]
    clear_p: Floats
    close_p: Floats
    level: float
    margin: float

    def counts(self) -> dict[Verdict, int]:
        return {kind: self.verdict.count(kind) for kind in Verdict}


def judge_pairs(
    log_odds: Floats,
    log_odds_variance: Floats,
    repeats: Indices,
    changed: Indices,
    *,
    calibrator: Calibrator | None = None,
    level: float = 0.05,
    margin: float = CLOSE,
) -> Verdicts:
    r"""Say of each pair whether it is clear, close, or not known well enough.

    With the posterior :math:`s \sim N(\mu, v)` of the log-odds of people's average answer, a pair
    is *clear* by the test of s = 0, and *close* by both one-sided tests against
    :math:`\lvert \sigma(g(s)) - \tfrac12 \rvert \ge` `margin` (equivalence [1]_), with g the
    recalibration: as it never falls, that is :math:`\lvert s \rvert` below where g reaches the
    log-odds of one half plus `margin`. Where g is flat around zero, *clear* is beyond that. The
    two p-values of all pairs go through one procedure of Benjamini and Hochberg [2]_; where
    neither rejects, the pair needs more judgments. A close pair *divides people* if those who were
    asked again changed their answer less often than :math:`\tfrac14`, half of what a coin would:
    most of the disagreement is then between people. It is *a coin flip* for each if they did so
    more often; exact binomial tests, again at that rate of false calls.

    Parameters
    ----------
    log_odds, log_odds_variance : ndarray, shape (n,)
        Nats, nats squared.
    repeats, changed : ndarray of int64, shape (n,)
        How often somebody judged the pair again, and how often with another answer. One repeat a
        person, so that they are independent.
    calibrator : Calibrator or None
        Turns the model's log-odds into those that are used; its own error is not in the tests.
        None: they are used as fitted.
    level : float
        Share of false calls.
    margin : float
        Between 0 and 1/2.

    References
    ----------
    .. [1] Schuirmann, "A comparison of the two one-sided tests procedure and the power approach",
       Journal of Pharmacokinetics and Biopharmaceutics 15, 1987.
    .. [2] Benjamini and Hochberg, "Controlling the false discovery rate", JRSS B 57(1), 1995.
    """
    from scipy.special import bdtr, bdtrc, ndtr  # here, as scipy takes long to import

    deviation = np.sqrt(log_odds_variance)
    size = np.abs(log_odds)
    even, reach = _in_the_model(calibrator, 0.0), _in_the_model(calibrator, 2 * atanh(2 * margin))
    clear_p: Floats = np.minimum(
        ndtr((even - size) / deviation) + ndtr((-even - size) / deviation), 1.0
    )
    close_p: Floats = ndtr((size - reach) / deviation)
    found = discoveries(np.concatenate([clear_p, close_p]), level)
    clear, close = np.split(found, 2)
    close &= ~clear
    again = close & (repeats > 0)
    low_p, high_p = np.ones(len(log_odds)), np.ones(len(log_odds))
    low_p[again] = bdtr(changed[again].astype(float), repeats[again], 0.25)
    high_p[again] = np.where(
        changed[again] > 0, bdtrc(changed[again] - 1.0, repeats[again], 0.25), 1.0
    )
    told = discoveries(np.concatenate([low_p[again], high_p[again]]), level)
    divides, flips = np.zeros_like(close), np.zeros_like(close)
    divides[again], flips[again] = np.split(told, 2)
    verdict = np.full(len(log_odds), Verdict.NEEDS_JUDGMENTS, dtype=object)
    for kind, where in (
        (Verdict.CLEAR, clear),
        (Verdict.CLOSE, close),
        (Verdict.DIVIDES, divides),
        (Verdict.COIN_FLIP, flips),
    ):
        verdict[where] = kind
    return Verdicts(tuple(verdict.tolist()), clear_p, close_p, level, margin)


def _in_the_model(calibrator: Calibrator | None, log_odds: float) -> float:
    """The largest log-odds of the model that are mapped to no more than these; at most `MOST`."""
    if calibrator is None:
        return log_odds
    low, high = 0.0, MOST
    if calibrator.log_odds(np.array([high]))[0] <= log_odds:
        return np.inf if log_odds > 0 else high
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if calibrator.log_odds(np.array([middle]))[0] <= log_odds:
            low = middle
        else:
            high = middle
    return low


def false_discovery_rates(p_values: Floats) -> Floats:
    r"""The least level at which Benjamini and Hochberg's procedure rejects each; shape (n,).

    .. math:: q_{(k)} = \min\bigl(1, \min_{j \ge k} p_{(j)} n / j\bigr)

    Those with q at most the level are what `discoveries` rejects at that level.
    """
    n = len(p_values)
    order = np.argsort(p_values)
    scaled = p_values[order] * n / np.arange(1, n + 1)
    rates = np.empty(n)
    rates[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return rates


def discoveries(p_values: Floats, level: float) -> NDArray[np.bool_]:
    """The hypotheses that Benjamini and Hochberg's procedure rejects; shape (n,)."""
    n = len(p_values)
    order = np.argsort(p_values)
    below = p_values[order] <= level * np.arange(1, n + 1) / max(n, 1)
    last = int(np.flatnonzero(below).max()) + 1 if below.any() else 0
    rejected = np.zeros(n, dtype=np.bool_)
    rejected[order[:last]] = True
    return rejected
