"""Likelihood of thumbs up and down: items compared with a threshold."""

from dataclasses import dataclass

import numpy as np

from core.fitting.joint_slopes import Slopes
from core.judgment import Floats, Indices
from core.models import logistic


@dataclass(frozen=True, slots=True, eq=False)
class Thumbs:
    r"""Thumbs added up by item and annotator.

    .. math:: P(\text{up}) = \sigma(\theta_i - \tau - \delta_a)

    as if the item were compared, by Bradley-Terry, with one more item of strength
    :math:`\tau + \delta_a` [1]_. Pairs and rankings depend on differences of strengths only;
    where the threshold lies among the items, thumbs alone say.

    Attributes
    ----------
    items : ndarray of int64, shape (n,)
    up, down : ndarray, shape (n,)
        Numbers of thumbs.
    threshold : int
        Place of τ among the further parameters.
    shift : ndarray of int64, shape (n,), or None
        Places of the annotators' δ; None: all annotators have one threshold.

    References
    ----------
    .. [1] Rasch, "Probabilistic Models for Some Intelligence and Attainment Tests", 1960: items
       in the place of persons, thresholds in the place of difficulties.
    """

    items: Indices
    up: Floats
    down: Floats
    threshold: int
    shift: Indices | None

    def _log_odds(self, strengths: Floats, further: Floats) -> Floats:
        odds: Floats = strengths[self.items] - further[self.threshold]
        return odds if self.shift is None else odds - further[self.shift]

    def log_likelihood(self, strengths: Floats, further: Floats) -> float:
        odds = self._log_odds(strengths, further)
        return float(-(self.up @ np.logaddexp(0, -odds) + self.down @ np.logaddexp(0, odds)))

    def add_slopes(self, slopes: Slopes, strengths: Floats, further: Floats) -> None:
        """Add the derivatives of a logistic regression."""
        chance = logistic(self._log_odds(strengths, further))
        total = self.up + self.down
        excess, curvature = self.up - total * chance, total * chance * (1 - chance)
        slopes.add(self.items[:, None], excess[:, None], curvature[:, None, None])
        tau = self.threshold
        np.add.at(slopes.border[:, tau], self.items, -curvature)
        slopes.further_score[tau] -= excess.sum()
        slopes.further_information[tau, tau] += curvature.sum()
        if self.shift is None:
            return
        n_further = len(further)
        np.add.at(slopes.border, (self.items, self.shift), -curvature)
        slopes.further_score[:] -= np.bincount(self.shift, excess, n_further)
        own = np.bincount(self.shift, curvature, n_further)
        slopes.further_information[tau] += own
        slopes.further_information[:, tau] += own
        slopes.further_information[np.arange(n_further), np.arange(n_further)] += own
