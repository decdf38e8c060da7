"""What every preference model answers, and what follows from log-odds and their variance."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.blocks import Layout
from core.errors import DiscernError
from core.estimates import normal_quantile
from core.judgment import Floats, Indices


class DifferentPromptsError(DiscernError):
    """A model was asked about two items that answer different prompts."""


class PreferenceModel(Protocol):
    """Anything that says how likely one item is to be preferred to another.

    All methods take indices of items, shape (n,), and answer elementwise. Swapping the two items
    mirrors every answer exactly.
    """

    @property
    def items(self) -> tuple[str, ...]: ...

    @property
    def prompts(self) -> Indices: ...

    @property
    def tie_log_weight(self) -> float: ...

    def log_odds(self, first: Indices, second: Indices) -> Floats:
        """Log-odds (nats) that `first` is preferred, given that one of the two is."""
        ...

    def log_odds_variance(self, first: Indices, second: Indices) -> Floats:
        """Posterior variance of the log-odds, nats squared."""
        ...

    def probability(self, first: Indices, second: Indices) -> Floats:
        """P(first is preferred), given that one of the two is."""
        ...

    def probability_interval(
        self, first: Indices, second: Indices, level: float = 0.95
    ) -> tuple[Floats, Floats]:
        """Both ends of the interval of `probability`."""
        ...

    def outcome_probabilities(self, first: Indices, second: Indices) -> Floats:
        """P(first better), P(tie), P(second better); shape (n, 3), rows sum to one."""
        ...


def logistic(log_odds: Floats) -> Floats:
    """Turn log-odds into a probability, without overflow."""
    return 0.5 * (1 + np.tanh(log_odds / 2))


def davidson(log_odds: Floats, tie_log_weight: float) -> Floats:
    r"""Probabilities of the three outcomes under Davidson's model of ties [1]_.

    .. math::
        P(\text{first}) \propto e^{s/2}, \quad P(\text{tie}) \propto \nu, \quad
        P(\text{second}) \propto e^{-s/2}

    so that, given a decision, the log-odds of the first are :math:`s`.

    Parameters
    ----------
    log_odds : ndarray, shape (n,)
        :math:`s`, nats.
    tie_log_weight : float
        :math:`\log\nu`; minus infinity where ties cannot happen.

    Returns
    -------
    ndarray, shape (n, 3)

    References
    ----------
    .. [1] Davidson, "On extending the Bradley-Terry model to accommodate ties in paired
       comparison experiments", JASA 65(329), 1970.
    """
    tie = np.full_like(log_odds, tie_log_weight)
    logits = np.stack([log_odds / 2, tie, -log_odds / 2], axis=1)
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    # First and second are added before the tie, so that swapping them changes no bit.
    total: Floats = weights[:, 0] + weights[:, 2] + weights[:, 1]
    shares: Floats = weights / total[:, None]
    return shares


class Predictions:
    """What follows from log-odds and their variance, whatever the model."""

    __slots__ = ()

    def probability(self: PreferenceModel, first: Indices, second: Indices) -> Floats:
        return logistic(self.log_odds(first, second))

    def probability_interval(
        self: PreferenceModel, first: Indices, second: Indices, level: float = 0.95
    ) -> tuple[Floats, Floats]:
        """Interval on the scale of log-odds, turned into probabilities: never outside [0, 1]."""
        middle = self.log_odds(first, second)
        reach = normal_quantile(level) * np.sqrt(self.log_odds_variance(first, second))
        return logistic(middle - reach), logistic(middle + reach)

    def outcome_probabilities(self: PreferenceModel, first: Indices, second: Indices) -> Floats:
        return davidson(self.log_odds(first, second), self.tie_log_weight)


def check_prompts(prompts: Indices, first: Indices, second: Indices) -> None:
    """Refuse pairs of items that answer different prompts."""
    if (prompts[first] != prompts[second]).any():
        raise DifferentPromptsError(
            "Items that answer different prompts are never compared, so no model can say which is "
            "better. Choose two items of one prompt."
        )


def together(layout: Layout, first: Indices, second: Indices) -> NDArray[np.bool_]:
    """Whether comparisons connect the two items, by whatever way; shape (n,)."""
    same: NDArray[np.bool_] = layout.component[first] == layout.component[second]
    return same


def level_variance(layout: Layout, prior_scale: float, first: Indices, second: Indices) -> Floats:
    """Variance of the difference between the levels of two components; 0 within one."""
    inverse_sizes = 1 / layout.items_beside
    levels: Floats = prior_scale**2 * (inverse_sizes[first] + inverse_sizes[second])
    return np.where(together(layout, first, second), 0.0, levels)
