"""Crowd-BT: Bradley-Terry with a reliability per annotator, maximum a posteriori."""

from dataclasses import dataclass
from math import inf
from typing import Literal

import numpy as np
from scipy.optimize import minimize

from core.crowd_bradley_terry import CrowdBradleyTerry
from core.errors import NoComparisonsError, NotConvergedError
from core.fitting.bradley_terry import fit_bradley_terry
from core.judgment import Comparisons, Floats, Indices
from core.models import logistic

#: Prior of the reliability: as if so many faithful and unfaithful answers had been seen.
FAITHFUL, UNFAITHFUL = 20.0, 2.0
START = 0.85


def fit_crowd_bradley_terry(
    comparisons: Comparisons,
    *,
    faithful: float = FAITHFUL,
    unfaithful: float = UNFAITHFUL,
    prior_scale: float | Literal["evidence"] = "evidence",
    tolerance: float = 1e-3,
    n_iterations: int = 2_000,
) -> CrowdBradleyTerry:
    r"""Fit strengths and reliabilities to the decided judgments; ties are left out.

    Minimises, with :math:`y_n = \pm 1` and :math:`s_n` the difference of strengths [1]_,

    .. math::
        -\sum_n \log\bigl(\eta_{k_n} \sigma(y_n s_n) + (1 - \eta_{k_n}) \sigma(-y_n s_n)\bigr)
        - \sum_k (a - 1) \log \eta_k + (b - 1) \log(1 - \eta_k)
        + \frac{\|\theta\|^2}{2\sigma^2}

    by L-BFGS with exact gradients, from Bradley-Terry's strengths. The function has several
    optima (turn all strengths and all reliabilities round); the start picks the one in which most
    annotators are faithful.

    Parameters
    ----------
    comparisons : Comparisons
    faithful, unfaithful : float
        a and b of the Beta prior, above 1 so that no reliability ends at 0 or 1.
    prior_scale : float or "evidence"
        :math:`\sigma`, nats; "evidence": that of Bradley-Terry on the same judgments.
    tolerance : float
        Largest slope that is left, in judgments.

    Raises
    ------
    NoComparisonsError
        If there is no decided judgment.
    NotConvergedError
        If slopes are left after `n_iterations`.

    References
    ----------
    .. [1] Chen, Bennett, Collins-Thompson and Horvitz, WSDM 2013, with a normal prior in place of
       their virtual node.
    """
    if not (faithful > 1 and unfaithful > 1):
        raise ValueError(f"Both counts of the prior are above 1, got {faithful}, {unfaithful}.")
    decided = comparisons.where(comparisons.outcome != 0)
    if len(decided) == 0:
        raise NoComparisonsError
    plain = fit_bradley_terry(decided, prior_scale=prior_scale, ties=False, approximation="laplace")
    people, person = np.unique(decided.annotator, return_inverse=True)
    precision = 0.0 if plain.prior_scale == inf else plain.prior_scale**-2
    loss = Loss(decided, person, len(people), precision, faithful - 1, unfaithful - 1)
    start = np.hstack([plain.strengths, np.full(len(people), np.log(START / (1 - START)))])
    found = minimize(
        loss,
        start,
        jac=True,
        method="L-BFGS-B",
        options={
            "maxiter": n_iterations,
            "maxfun": 2 * n_iterations,
            "maxcor": 30,
            "gtol": tolerance,
            "ftol": 0.0,
        },
    )
    largest = float(np.abs(found.jac).max())
    if not largest <= tolerance * max(1.0, len(decided) / 1e4):
        raise NotConvergedError(largest, tolerance, n_iterations)
    n_items = len(comparisons.items)
    return CrowdBradleyTerry(
        items=comparisons.items,
        prompts=comparisons.prompts,
        strengths=found.x[:n_items],
        annotators=people,
        reliability=logistic(found.x[n_items:]),
        typical_reliability=faithful / (faithful + unfaithful),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Loss:
    """Negative log posterior of (strengths, log-odds of reliabilities), and its gradient."""

    decided: Comparisons
    person: Indices
    n_people: int
    precision: float
    faithful: float
    unfaithful: float

    def __call__(self, at: Floats) -> tuple[float, Floats]:
        first, second, n_items = self.decided.first, self.decided.second, len(self.decided.items)
        strengths, reliable = at[:n_items], at[n_items:]
        odds = self.decided.outcome * (strengths[first] - strengths[second])
        trust, doubt = -np.logaddexp(0, -reliable), -np.logaddexp(0, reliable)
        agree = trust[self.person] - np.logaddexp(0, -odds)
        differ = doubt[self.person] - np.logaddexp(0, odds)
        each = np.logaddexp(agree, differ)
        value = -each.sum() + self.precision * (strengths @ strengths) / 2
        value -= self.faithful * trust.sum() + self.unfaithful * doubt.sum()
        meant = np.exp(agree - each)  # posterior probability that the answer was faithful
        # P(agree) - sigma(odds) in the odds, and the same in the log-odds of the reliability.
        in_odds = (meant - logistic(odds)) * self.decided.outcome
        share = logistic(reliable)
        slope = np.bincount(first, in_odds, n_items) - np.bincount(second, in_odds, n_items)
        of_people = np.bincount(self.person, meant - share[self.person], self.n_people)
        in_reliable = of_people + self.faithful * (1 - share) - self.unfaithful * share
        return float(value), np.hstack([self.precision * strengths - slope, -in_reliable])
