"""Strengths fitted to answers of every kind at once: what is stored and what follows."""

from dataclasses import dataclass

import numpy as np

from core.estimates import NotDeterminedError, normal_quantile
from core.judgment import Floats, Indices
from core.models import BradleyTerry, logistic
from core.rankings import AnswerCounts, AnswerGraph


@dataclass(frozen=True, slots=True)
class TieWeight:
    """Log weight (nats) of ties of `size` items in rankings, and its variance."""

    size: int
    log_weight: float
    variance: float


@dataclass(frozen=True, slots=True, eq=False)
class Threshold:
    r"""Where thumbs turn up: :math:`P(\text{up}) = \sigma(\theta_i - \tau - \delta_a)`.

    Attributes
    ----------
    value, variance : float
        τ, nats, on the scale of the strengths, and its variance.
    shared : ndarray, shape (n_items,)
        Covariance of τ with the strengths.
    annotators : tuple of str
        Whose δ was fitted; empty where all have one threshold.
    shifts, shift_variances : ndarray, shape (n_annotators,)
        δ, nats: positive for people who give fewer thumbs up.
    annotator_scale : float or None
        Prior standard deviation of δ, nats.
    """

    value: float
    variance: float
    shared: Floats
    annotators: tuple[str, ...]
    shifts: Floats
    shift_variances: Floats
    annotator_scale: float | None

    @property
    def standard_error(self) -> float:
        return float(np.sqrt(self.variance))


@dataclass(frozen=True, slots=True, eq=False)
class JointStrengths:
    """One set of strengths with one covariance, from pairs, lists and thumbs together.

    Attributes
    ----------
    model : BradleyTerry
        Strengths, covariance and tie weight of pairs: what any two items are predicted from.
    ranking_ties : tuple of TieWeight
        Empty where rankings have no ties.
    threshold : Threshold or None
        None without thumbs.
    n : AnswerCounts
    graph : AnswerGraph
    """

    model: BradleyTerry
    ranking_ties: tuple[TieWeight, ...]
    threshold: Threshold | None
    n: AnswerCounts
    graph: AnswerGraph

    @property
    def strengths(self) -> Floats:
        """Log-odds (nats), summing to zero within each component of `graph`."""
        return self.model.strengths

    def above_threshold(self, item: Indices) -> tuple[Floats, Floats]:
        r"""How far items stand above the threshold, :math:`\theta_i - \tau`, and its variance.

        An absolute figure, for somebody with δ = 0: it can be compared between prompts that
        thumbs connect, which differences of strengths never can.

        Raises
        ------
        NotDeterminedError
            If nobody gave thumbs, or nothing connects one of the items with one that has them.
        """
        if self.threshold is None or not self.graph.on_threshold(item):
            raise NotDeterminedError(
                "Where these items stand above or below the threshold is not known: it takes "
                "thumbs for them, or for items that they were compared with. Ask for thumbs."
            )
        own = self.model.covariance.between(item, item)[:, 0, 0]
        variance = own + self.threshold.variance - 2 * self.threshold.shared[item]
        return self.strengths[item] - self.threshold.value, variance

    def thumb_up(self, item: Indices, level: float = 0.95) -> tuple[Floats, Floats, Floats]:
        """P(thumbs up) by somebody with δ = 0, and both ends of its interval.

        Raises
        ------
        NotDeterminedError
            As `above_threshold`.
        """
        middle, variance = self.above_threshold(item)
        reach = normal_quantile(level) * np.sqrt(variance)
        return logistic(middle), logistic(middle - reach), logistic(middle + reach)

    @property
    def statements(self) -> tuple[str, ...]:
        """What the answers determine and what they do not, one sentence each."""
        graph = self.graph
        said = []
        if len(graph.component_sizes) > 1:
            said.append(
                f"The answers fall into {len(graph.component_sizes):,} groups of items that "
                "nothing connects: strengths of different groups cannot be compared."
            )
        if graph.never_judged:
            said.append(f"{len(graph.never_judged):,} items were never judged: nothing is known.")
        if graph.n_held_by_prior:
            said.append(
                f"In {graph.n_held_by_prior:,} groups some items always win, or thumbs all point "
                "one way: how far apart these stand is held by the prior alone."
            )
        return (*said, self._absolute)

    @property
    def _absolute(self) -> str:
        if self.threshold is None:
            return (
                "Nobody gave thumbs: strengths say how items compare, not whether any is good "
                "enough."
            )
        n_known = int((self.graph.component == self.graph.with_threshold).sum())
        return (
            f"Thumbs set a zero for {n_known:,} of {len(self.strengths):,} items: of these it is "
            "known how far they stand above or below the threshold, also across prompts."
        )
