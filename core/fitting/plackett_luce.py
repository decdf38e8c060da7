r"""Likelihoods of answers about several items at once, all of one strength per item.

With :math:`\pi_i = e^{\theta_i}` the best of a set S is i with probability
:math:`\pi_i / \sum_{j \in S} \pi_j`, and a ranking is such choices one after the other, each from
what is left [1]_ [2]_. For two items this is Bradley-Terry. It is also how items would be ordered
by utilities :math:`\theta_i + G_i` with independent standard Gumbel G [3]_: every answer that says
only "these utilities above those" is a convex set of utilities, its probability therefore
log-concave in the strengths [4]_, and the posterior under a normal prior has one maximum.

References
----------
.. [1] Luce, "Individual Choice Behavior", Wiley 1959.
.. [2] Plackett, "The analysis of permutations", Applied Statistics 24(2), 1975.
.. [3] Yellott, "The relationship between Luce's choice axiom, Thurstone's theory of comparative
   judgment, and the double exponential distribution", Journal of Mathematical Psychology 15,
   1977.
.. [4] Prékopa, "On logarithmic concave measures and functions", Acta Scientiarum Mathematicarum
   34, 1973.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import comb, log, sqrt

import numpy as np
from scipy.special import logsumexp

from core.errors import DiscernError
from core.fitting.joint_slopes import Slopes
from core.judgment import Floats, Indices

#: So many numbers at once are held for a part of the answers.
CHUNK = 2_000_000
#: A choice with ties between so many items has this many ways to answer at most.
MAX_ALTERNATIVES = 5_000


class TooManyTiesError(DiscernError):
    """Ties are possible between so many items that their ways cannot be added up."""


@dataclass(frozen=True, slots=True, eq=False)
class Races:
    r"""Rankings without ties of sets of one size, all or the best few.

    .. math::
        \log P = \sum_{s < k} \Bigl(\theta_{o_s} - \log \sum_{t \ge s} e^{\theta_{o_t}}\Bigr)

    for the order o of n items of which the first k are ranked: k = 1 is the best of n, k = n - 1
    a full ranking. Time and memory grow with n² for each ranking.

    Attributes
    ----------
    orders : ndarray of int64, shape (n_rankings, n)
        Items, best first; those not ranked come last, in any order.
    depth : ndarray of int64, shape (n_rankings,)
        k, between 1 and n - 1.
    """

    orders: Indices
    depth: Indices

    def log_likelihood(self, strengths: Floats, further: Floats) -> float:  # noqa: ARG002
        worth = strengths[self.orders]
        ranked = np.arange(worth.shape[1]) < self.depth[:, None]
        return float((worth - _log_sums_behind(worth))[ranked].sum())

    def add_slopes(self, slopes: Slopes, strengths: Floats, further: Floats) -> None:  # noqa: ARG002
        r"""Add the derivatives.

        With stage sums :math:`Z_s` the item at place a is expected to be chosen
        :math:`m_a = \sum_{s \le \min(a, k-1)} \pi_a / Z_s` times; the information is
        :math:`\delta_{ab} m_a - \pi_a \pi_b \sum_{s \le \min(a, b, k-1)} Z_s^{-2}`.
        """
        n = self.orders.shape[1]
        nearer = np.minimum.outer(np.arange(n), np.arange(n))
        for part in _chunks(len(self.orders), n * n):
            orders = self.orders[part]
            ranked = np.arange(n) < self.depth[part, None]
            worth = strengths[orders]
            shares = np.where(ranked, -_log_sums_behind(worth), -np.inf)
            once = np.logaddexp.accumulate(shares, axis=1)
            twice = np.logaddexp.accumulate(2 * shares, axis=1)
            expected = np.exp(worth + once)
            information = -np.exp(worth[:, :, None] + worth[:, None, :] + twice[:, nearer])
            information[:, np.arange(n), np.arange(n)] += expected
            slopes.add(orders, ranked - expected, information)


@dataclass(frozen=True, slots=True, eq=False)
class Menus:
    r"""Choices of one alternative from a list that looks the same for every answer.

    .. math:: P(a) \propto \exp\Bigl(\sum_i A_{ai} \theta_{o_i} + \sum_k B_{ak} \eta_k\Bigr)

    The best of the items o: A is the identity. The worst: A is minus the identity, so that the
    worst of two is the best of two turned round [1]_. With ties [2]_: one alternative for each
    set of d items that may be said to be equally good, with weight 1/d for each of its items and
    1 for :math:`\eta_d`, the log weight of ties of d: for two items this is Davidson's model.

    Attributes
    ----------
    items : ndarray of int64, shape (n_sets, r)
    counts : ndarray, shape (n_sets, n_alternatives)
        How often each was chosen.
    weights : ndarray, shape (n_alternatives, r)
        A.
    ties : ndarray, shape (n_alternatives, n_further)
        B.

    References
    ----------
    .. [1] Marley and Louviere, "Some probabilistic models of best, worst, and best-worst
       choices", Journal of Mathematical Psychology 49(6), 2005.
    .. [2] Davidson 1970; for more than two items Firth, Kosmidis and Turner, "Davidson-Luce
       model for multi-item choice with ties", arXiv 1909.07123, 2019.
    """

    items: Indices
    counts: Floats
    weights: Floats
    ties: Floats

    def _logits(self, part: slice, strengths: Floats, further: Floats) -> Floats:
        logits: Floats = strengths[self.items[part]] @ self.weights.T + self.ties @ further
        return logits

    def log_likelihood(self, strengths: Floats, further: Floats) -> float:
        value = 0.0
        for part in _chunks(len(self.items), self.weights.size):
            logits, counts = self._logits(part, strengths, further), self.counts[part]
            value += float((counts * logits).sum())
            value -= float(counts.sum(axis=1) @ logsumexp(logits, axis=1))
        return value

    def add_slopes(self, slopes: Slopes, strengths: Floats, further: Floats) -> None:
        """Add the derivatives: means and covariances of A and B under the model."""
        weights, ties = self.weights, self.ties
        for part in _chunks(len(self.items), weights.size):
            items, counts = self.items[part], self.counts[part]
            logits = self._logits(part, strengths, further)
            shares = np.exp(logits - logsumexp(logits, axis=1, keepdims=True))
            total = counts.sum(axis=1)
            chosen, weighted = shares @ weights, shares * total[:, None]
            information = (weights.T[None] * weighted[:, None, :]) @ weights
            information -= total[:, None, None] * chosen[:, :, None] * chosen[:, None, :]
            slopes.add(items, (counts - weighted) @ weights, information)
            if not ties.any():
                continue
            tied = shares @ ties
            border = (weights.T[None] * weighted[:, None, :]) @ ties
            border -= total[:, None, None] * chosen[:, :, None] * tied[:, None, :]
            np.add.at(slopes.border, items, border)
            slopes.further_score[:] += ((counts - weighted) @ ties).sum(axis=0)
            slopes.further_information[:] += (ties.T * weighted.sum(axis=0)) @ ties
            slopes.further_information[:] -= (tied.T * total) @ tied


@dataclass(frozen=True, slots=True, eq=False)
class Picks:
    r"""The best k of n in no order: a ranking whose order was not asked for.

    The sum of the Plackett-Luce probabilities of all k! orders of the picked items T before the
    others. As arrival times with rates :math:`\pi_i`, all of T come before the first of the
    others, whose rate is :math:`R = \sum_{j \notin T} \pi_j`:

    .. math::
        P = \int_0^\infty e^{-y} \prod_{i \in T} \bigl(1 - e^{-y \pi_i / R}\bigr) \, dy

    (the inner product is what [1]_ integrates). With :math:`y = e^v` the integrand is analytic
    and dies off on both sides, so that the trapezoidal rule is exact to rounding [2]_; no k is
    too large. Derivatives are those of the sum, exact too.

    The worst of n is what is left when the other n - 1 are picked.

    Another model would be the choice among subsets with :math:`P(T) \propto \prod_T \pi_i`, which
    is thumbs given that k are up. It is not a ranking seen from afar: its strengths would not be
    those of the same people's rankings.

    Attributes
    ----------
    picked : ndarray of int64, shape (n_answers, k)
    others : ndarray of int64, shape (n_answers, n - k)

    References
    ----------
    .. [1] Kool, van Hoof and Welling, "Estimating gradients for discrete random variables by
       sampling without replacement", ICLR 2020, appendix B.
    .. [2] Trefethen and Weideman, "The exponentially convergent trapezoidal rule", SIAM Review
       56(3), 2014.
    """

    picked: Indices
    others: Indices

    def _nodes(self) -> tuple[Floats, float]:
        """Values of v and their distance: fine enough for the peak, 1e-18 of it at the ends."""
        k = self.picked.shape[1]
        step = min(0.2, 0.6 / sqrt(k + 1))
        return np.arange(-45.0, log(60.0 + 2 * k), step), step

    def _exponents(self, strengths: Floats, part: slice, nodes: Floats) -> Floats:
        r""":math:`v + \theta_i - \log R`, kept where exp is finite; shape (n, k, n_nodes)."""
        behind = logsumexp(strengths[self.others[part]], axis=1, keepdims=True)
        ahead = strengths[self.picked[part]] - behind
        exponents: Floats = np.clip(ahead[:, :, None] + nodes, -600.0, 600.0)
        return exponents

    def log_likelihood(self, strengths: Floats, further: Floats) -> float:  # noqa: ARG002
        nodes, step = self._nodes()
        value = 0.0
        for part in _chunks(len(self.picked), self.picked.shape[1] * len(nodes)):
            gone = np.log(-np.expm1(-np.exp(self._exponents(strengths, part, nodes))))
            value += float(logsumexp(nodes - np.exp(nodes) + gone.sum(axis=1), axis=1).sum())
        return value + len(self.picked) * log(step)

    def add_slopes(self, slopes: Slopes, strengths: Floats, further: Floats) -> None:  # noqa: ARG002
        r"""Add the derivatives.

        Given v the integrand has slope :math:`g_i = u / (e^u - 1)`, :math:`u = e^v \pi_i / R`, in
        :math:`z_i = \theta_i - \log R` and :math:`g_i' = g_i (1 - u - g_i)`; under the integrand
        as a density, :math:`G_i = E g_i` and :math:`D = \mathrm{diag}(E g_i') + \mathrm{cov}(g)`
        are the derivatives of log P in z, and the chain rule gives those in the strengths.
        """
        nodes, _ = self._nodes()
        k, n_others = self.picked.shape[1], self.others.shape[1]
        for part in _chunks(len(self.picked), k * len(nodes) + (k + n_others) ** 2):
            first, second = self._in_leads(self._exponents(strengths, part, nodes), nodes)
            worth = strengths[self.others[part]]
            shares = np.exp(worth - logsumexp(worth, axis=1, keepdims=True))
            pull, turn = first.sum(axis=1), second.sum(axis=2)
            outer = shares[:, :, None] * shares[:, None, :]
            information = np.empty((len(worth), k + n_others, k + n_others))
            information[:, :k, :k] = -second
            information[:, :k, k:] = turn[:, :, None] * shares[:, None, :]
            information[:, k:, :k] = information[:, :k, k:].transpose(0, 2, 1)
            information[:, k:, k:] = -(turn.sum(axis=1) + pull)[:, None, None] * outer
            diagonal = np.arange(k, k + n_others)
            information[:, diagonal, diagonal] += pull[:, None] * shares
            score = np.hstack([first, -pull[:, None] * shares])
            slopes.add(np.hstack([self.picked[part], self.others[part]]), score, information)

    @staticmethod
    def _in_leads(exponents: Floats, nodes: Floats) -> tuple[Floats, Floats]:
        """G, shape (n, k), and D, shape (n, k, k)."""
        rate = np.exp(exponents)
        gone = -np.expm1(-rate)
        density = nodes - np.exp(nodes) + np.log(gone).sum(axis=1)
        density = np.exp(density - logsumexp(density, axis=1, keepdims=True))[:, None, :]
        slope = rate * np.exp(-rate) / gone
        first = (density * slope).sum(axis=2)
        spread = slope - first[:, :, None]
        second = (density * spread) @ spread.transpose(0, 2, 1)
        k = np.arange(second.shape[1])
        second[:, k, k] += (density * slope * (1 - rate - slope)).sum(axis=2)
        return first, second


def tie_alternatives(n_items: int, sizes: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """All that may be said to be best of `n_items`: one of them, or a tie of one of the sizes.

    Raises
    ------
    TooManyTiesError
        If there are more than `MAX_ALTERNATIVES`.
    """
    possible = [1, *(size for size in sizes if size <= n_items)]
    n_alternatives = sum(comb(n_items, size) for size in possible)
    if n_alternatives > MAX_ALTERNATIVES:
        raise TooManyTiesError(
            f"Ties of {', '.join(map(str, sizes))} items occur in rankings, and one ranking has "
            f"{n_items:,} items left to choose from: {n_alternatives:,} possible answers, of which "
            f"at most {MAX_ALTERNATIVES:,} are added up. Rank fewer items at a time, or break ties "
            "of many items before the fit."
        )
    return tuple(chosen for size in possible for chosen in combinations(range(n_items), size))


def _log_sums_behind(worth: Floats) -> Floats:
    """Log of the summed exponentials of each place and all behind it, row by row."""
    sums: Floats = np.logaddexp.accumulate(worth[:, ::-1], axis=1)[:, ::-1]
    return sums


def _chunks(n: int, numbers_each: int) -> Iterator[slice]:
    size = max(1, CHUNK // max(1, numbers_each))
    for begin in range(0, n, size):
        yield slice(begin, begin + size)
