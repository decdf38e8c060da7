"""Crowd-BT, the classical model of annotators: what it stores and what it predicts. numpy only."""

from dataclasses import dataclass

import numpy as np

from core.judgment import Floats, Indices
from core.predictions import logistic


@dataclass(frozen=True, slots=True, eq=False)
class CrowdBradleyTerry:
    r"""Crowd-BT [1]_: :math:`P_k(i \succ j) = \eta_k \sigma(s) + (1 - \eta_k) \sigma(-s)`.

    Attributes
    ----------
    items, prompts, strengths
        As in `AnnotatorModel`; no ties, no intervals.
    annotators : ndarray of int64, shape (n_annotators,)
    reliability : ndarray, shape (n_annotators,)
        :math:`\eta_k`: 1 faithful, a half careless, 0 inverted.
    typical_reliability : float
        Mean of the prior, for annotators who are not in the model.

    References
    ----------
    .. [1] Chen, Bennett, Collins-Thompson and Horvitz, "Pairwise ranking aggregation in a
       crowdsourced setting", WSDM 2013.
    """

    items: tuple[str, ...]
    prompts: Indices
    strengths: Floats
    annotators: Indices
    reliability: Floats
    typical_reliability: float

    def probability(
        self, first: Indices, second: Indices, annotator: Indices | None = None
    ) -> Floats:
        """P(first is preferred), given that one of the two is; shape (n,)."""
        chance = logistic(self.strengths[first] - self.strengths[second])
        faithful = np.full(len(first), self.typical_reliability)
        if annotator is not None and len(self.annotators):
            place = np.searchsorted(self.annotators, annotator).clip(max=len(self.annotators) - 1)
            known = self.annotators[place] == annotator
            faithful[known] = self.reliability[place[known]]
        return logistic_mixture(chance, faithful)


def logistic_mixture(chance: Floats, faithful: Floats) -> Floats:
    """Mix a probability with its complement; swapped items mirror it to the last bit but one."""
    mixed: Floats = 0.5 + (2 * faithful - 1) * (chance - 0.5)
    return mixed
