"""What every preference model answers, and what follows from log-odds and their variance."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.blocks import Layout
from core.errors import DiscernError
from core.estimates import normal_quantile
from core.judgment import Floats, Indices

#: Distance of the nodes of `averaged`, standard deviations, where one of these is at most a nat;
#: and how many there are on each side, which reaches as far as the normal does.
NODE_STEP, N_NODES = 0.75, 9
#: How often the distance is halved for wider normals. Beyond, a step stays a step.
MAX_HALVINGS = 7
#: Wider than this a normal says nothing.
WIDEST = 1e6
#: Rows averaged at once, with the fewest nodes: few enough for the processor's cache.
AT_ONCE = 512


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
        """P(first is preferred), given that one of the two is: averaged over what is not known."""
        ...

    def probability_interval(
        self, first: Indices, second: Indices, level: float = 0.95
    ) -> tuple[Floats, Floats]:
        """Both ends of the interval of the probability that the log-odds stand for."""
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
    half = log_odds / 2
    top = np.maximum(np.abs(half), tie_log_weight)
    first, tie, second = np.exp(half - top), np.exp(tie_log_weight - top), np.exp(-half - top)
    # First and second are added before the tie, so that swapping them changes no bit.
    total = first + second + tie
    shares: Floats = np.empty((*log_odds.shape, 3))
    for place, weight in enumerate((first, tie, second)):
        np.divide(weight, total, out=shares[..., place])
    return shares


def averaged(outcomes: Callable[[Floats], Floats], mean: Floats, variance: Floats) -> Floats:
    r"""Mean of outcome probabilities over log-odds that are normal.

    .. math:: \bar P_y = \int P_y(s)\, N(s; m, v)\,\mathrm{d}s
        \approx \sum_{k=-K}^{K} w_k P_y(m + k h \sqrt v), \qquad w_k \propto e^{-k^2 h^2 / 2}

    the trapezoidal rule, which converges geometrically for functions that are analytic in a strip
    [1]_: those of Davidson and of Rao and Kupper are so within :math:`\pi` nats of the real line,
    so that an error of about :math:`e^{-2\pi^2 / (h \sqrt v)}` is left. h is 0.75, and halved
    until :math:`h \sqrt v \le 0.75`, which leaves less than 1e-8; beyond a deviation of 128 nats
    it stays, and up to 1e-3 is left. Both sides are added node by node, so that changing the
    sign of m mirrors every bit where `outcomes` does.

    Parameters
    ----------
    outcomes : callable
        Probabilities at log-odds (n,), shape (n, n_outcomes).
    mean, variance : ndarray, shape (n,)
        m and v, nats and nats squared; an infinite v says that nothing is known.

    Returns
    -------
    ndarray, shape (n, n_outcomes)

    References
    ----------
    .. [1] Trefethen and Weideman, "The exponentially convergent trapezoidal rule", SIAM Review
       56(3), 2014.
    """
    deviation = np.minimum(np.sqrt(variance), WIDEST)
    halvings = np.ceil(np.log2(np.clip(deviation, 1.0, 2.0**MAX_HALVINGS))).astype(np.int64)
    shares = np.empty((len(mean), outcomes(mean[:1]).shape[1]))
    for number in np.unique(halvings).tolist():
        rows = np.flatnonzero(halvings == number)
        at_once = AT_ONCE // 2**number
        for begin in range(0, len(rows), at_once):
            part = rows[begin : begin + at_once]
            shares[part] = _averaged(outcomes, mean[part], deviation[part], 2**number)
    return shares


def _averaged(
    outcomes: Callable[[Floats], Floats], mean: Floats, deviation: Floats, finer: int
) -> Floats:
    nodes = np.arange(1, N_NODES * finer + 1) * (NODE_STEP / finer)
    weights = np.exp(-0.5 * nodes**2)
    weights /= 1 + 2 * weights.sum()
    reach = nodes[:, None] * deviation
    at = np.concatenate([mean[None], mean + reach, mean - reach])
    found = outcomes(at.ravel()).reshape(*at.shape, -1)
    both = found[1 : len(nodes) + 1] + found[len(nodes) + 1 :]
    shares: Floats = found[0] * (1 - 2 * weights.sum()) + (weights[:, None, None] * both).sum(
        axis=0
    )
    return shares


def decided_share(shares: Floats) -> Floats:
    """P(first is preferred), given that one of the two is, from P of all outcomes (n, 3)."""
    decided: Floats = shares[:, 0] / (shares[:, 0] + shares[:, 2])
    return decided


class Predictions(ABC):
    r"""What a normal belief about log-odds says of an answer, whatever the model.

    Answers are foretold by the posterior predictive distribution, the mean over what is believed
    and not its value at the middle,

    .. math:: P(y) = \int P(y \mid s)\, N(s; m, v)\, \mathrm{d}s, \qquad
        P(\text{first} \mid \text{decided}) = \frac{P(\text{first})}
        {P(\text{first}) + P(\text{second})}

    which is nearer to even odds the less is known. The second is the rule of conditional
    probability for the foretold answer: that it was no tie says something about s, so that the
    mean of :math:`P(\text{first} \mid s, \text{decided})` would be another, wrong number. Without
    ties both are :math:`E\,\sigma(s)`. What describes ties is taken as known.
    """

    __slots__ = ()

    @abstractmethod
    def belief(self, first: Indices, second: Indices) -> tuple[Floats, Floats]:
        """Mean and variance (nats, nats squared) of what an answer depends on; each (n,)."""

    @abstractmethod
    def outcomes_at(self, value: Floats) -> Floats:
        """P(first better), P(tie), P(second better) where that is known; (n, 3)."""

    @abstractmethod
    def log_odds(self, first: Indices, second: Indices) -> Floats: ...

    @abstractmethod
    def log_odds_variance(self, first: Indices, second: Indices) -> Floats: ...

    def outcome_probabilities(self, first: Indices, second: Indices) -> Floats:
        """P(first better), P(tie), P(second better) of a new answer; shape (n, 3)."""
        return self.mean_over_belief(self.outcomes_at, first, second)

    def probability(self, first: Indices, second: Indices) -> Floats:
        """P(first is preferred) of a new answer, given that one of the two is; shape (n,)."""
        return decided_share(self.outcome_probabilities(first, second))

    def probability_interval(
        self, first: Indices, second: Indices, level: float = 0.95
    ) -> tuple[Floats, Floats]:
        """Interval on the scale of log-odds, turned into probabilities: never outside [0, 1]."""
        middle = self.log_odds(first, second)
        reach = normal_quantile(level) * np.sqrt(self.log_odds_variance(first, second))
        return logistic(middle - reach), logistic(middle + reach)

    def mean_over_belief(
        self, function: Callable[[Floats], Floats], first: Indices, second: Indices
    ) -> Floats:
        """Mean of a function (n,) to (n, k), worked out once for each different pair; (n, k)."""
        if len(first) == 0:
            return function(np.empty(0))
        n_items = int(max(first.max(), second.max())) + 1
        keys, place = np.unique(first * n_items + second, return_inverse=True)
        return averaged(function, *self.belief(keys // n_items, keys % n_items))[place]


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
