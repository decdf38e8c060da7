"""When a model's label may be taken, and when a person must be asked, with a stated error."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.calibration.forecasts import said_of_the_better
from core.estimates import Estimate, NotDeterminedError, clustered_share
from core.judgment import Floats, Indices
from core.uncertainty.verdicts import discoveries


@dataclass(frozen=True, slots=True, eq=False)
class AcceptedLabels:
    """The pairs whose label a model may give.

    Attributes
    ----------
    accepted : ndarray of bool, shape (n,)
    p_value : ndarray, shape (n,)
        Conformal p-value against "a person would say otherwise".
    level : float
        Of the labels accepted at most this share is wrong, on average over studies.
    n_calibration : int
        Pairs with a person's answer that this rests on.
    """

    accepted: NDArray[np.bool_]
    p_value: Floats
    level: float
    n_calibration: int


@dataclass(frozen=True, slots=True)
class ConformalRule:
    """Which answers a model cannot rule out.

    Attributes
    ----------
    least : float
        An answer is kept if the model gives it this probability or more.
    level : float
        The answer of a person is kept with this probability or more.
    n_calibration : int
        Pairs that it was calibrated on.
    """

    least: float
    level: float
    n_calibration: int

    def kept(self, probability: Floats) -> NDArray[np.bool_]:
        """Whether "first" and "second" are kept; shape (n, 2). Both: ask a person.

        Where none is, neither answer is usual: ask as well.
        """
        sure, _ = said_of_the_better(probability, np.zeros(len(probability)))
        better, worse = sure >= self.least, 1 - sure >= self.least
        first = probability >= 0.5  # noqa: PLR2004, even odds keep or drop both alike
        return np.stack([np.where(first, better, worse), np.where(first, worse, better)], axis=1)


@dataclass(frozen=True, slots=True)
class SetFigures:
    """How a rule did on held-out judgments.

    Attributes
    ----------
    coverage : Estimate
        Share of judgments whose answer was kept.
    single : Estimate
        Share of judgments for which exactly one answer was kept: where nobody need be asked.
    """

    coverage: Estimate
    single: Estimate


def accept_labels(
    calibration: Floats,
    outcome_first: Floats,
    pair: Indices,
    candidates: Floats,
    *,
    level: float = 0.1,
    rng: np.random.Generator,
) -> AcceptedLabels:
    r"""Choose pairs whose label the model may give, at most `level` of them wrong [1]_.

    With the sureness :math:`m = \max(p, 1 - p)` and calibration pairs on which a person has
    answered, the p-value of a candidate j is

    .. math:: p_j = \frac{1 + \#\{i : \text{model wrong on } i,\ m_i \ge m_j\}}{n + 1}

    and Benjamini and Hochberg's procedure selects. If calibration pairs and candidates are drawn
    alike, the expected share of wrong ones among those accepted is at most `level`. "Wrong" is
    said of one person drawn at random: where people are divided no label can be accepted.

    Parameters
    ----------
    calibration, outcome_first : ndarray, shape (n,)
        P(first) by a model that had not seen the judgments, and what was answered.
    pair : ndarray of int64, shape (n,)
        One judgment of each pair is drawn, as those of one pair are not independent.
    candidates : ndarray, shape (n_candidates,)
        P(first) of the pairs without a label.
    rng : numpy Generator

    Raises
    ------
    NotDeterminedError
        If there are no calibration judgments.

    References
    ----------
    .. [1] Jin and Candès, "Selection by prediction with conformal p-values", JMLR 24, 2023.
    """
    rows = one_of_each(pair, rng)
    sure, right = said_of_the_better(calibration[rows], outcome_first[rows])
    wrong = np.sort(sure[right < 1])
    asked, _ = said_of_the_better(candidates, np.zeros(len(candidates)))
    surer = len(wrong) - np.searchsorted(wrong, asked, side="left")
    p_value = (1.0 + surer) / (len(rows) + 1)
    return AcceptedLabels(discoveries(p_value, level), p_value, level, len(rows))


def achieved(
    chosen: AcceptedLabels, probability: Floats, outcome_first: Floats, pair: Indices
) -> Estimate:
    """Share of wrong labels among those accepted, on candidates that people judged after all.

    Parameters
    ----------
    probability, outcome_first, pair : ndarray, shape (n,)
        Of the candidates, in the order in which they were given.

    Raises
    ------
    NotDeterminedError
        If nothing was accepted.
    """
    if not chosen.accepted.any():
        raise NotDeterminedError(
            "No label was accepted, so that none can be wrong. Judge more pairs, or allow a "
            "higher share of wrong labels."
        )
    _, right = said_of_the_better(probability[chosen.accepted], outcome_first[chosen.accepted])
    return clustered_share(1 - right, pair[chosen.accepted])


def calibrate_sets(
    probability: Floats,
    outcome_first: Floats,
    pair: Indices,
    *,
    level: float = 0.9,
    rng: np.random.Generator,
) -> ConformalRule:
    r"""Find the least probability at which an answer is kept (split conformal prediction [1]_).

    With one judgment of each of n pairs, it is the
    :math:`\lfloor (n + 1)(1 - \mathrm{level}) \rfloor`-th smallest probability that the model gave
    to what was answered; 0 with too few pairs, which keeps both answers always.

    References
    ----------
    .. [1] Vovk, Gammerman and Shafer, "Algorithmic Learning in a Random World", 2005; Lei et al.,
       "Distribution-free predictive inference for regression", JASA 113, 2018.
    """
    rows = one_of_each(pair, rng)
    sure, right = said_of_the_better(probability[rows], outcome_first[rows])
    given = np.sort(np.where(right >= 1, sure, 1 - sure))
    place = int(np.floor((len(rows) + 1) * (1 - level) + 1e-9))
    return ConformalRule(float(given[place - 1]) if place else 0.0, level, len(rows))


def judge_sets(
    rule: ConformalRule, probability: Floats, outcome_first: Floats, pair: Indices
) -> SetFigures:
    """Coverage and share of single answers on judgments that the rule was not calibrated on."""
    kept = rule.kept(probability)
    said = np.where(outcome_first > 0, kept[:, 0], kept[:, 1])
    single = kept.sum(axis=1) == 1
    return SetFigures(
        clustered_share(said.astype(np.float64), pair),
        clustered_share(single.astype(np.float64), pair),
    )


def one_of_each(pair: Indices, rng: np.random.Generator) -> Indices:
    """A row of each pair, drawn evenly."""
    order = rng.permutation(len(pair))
    _, place = np.unique(pair[order], return_index=True)
    rows: Indices = np.sort(order[place])
    return rows
