"""What uncertainty about strengths is bad for: ranks, or who belongs to the best."""

import numpy as np

from core.acquisition.beliefs import Beliefs, Concern
from core.blocks import BlockMatrix
from core.errors import DiscernError
from core.judgment import Floats, Indices

#: Least variance of a difference, nats squared, so that a density stays finite.
LEAST_VARIANCE = 1e-4
#: Entries of a large matrix that are worked on at once.
ROOM = 500_000
#: Points at which the density of strengths of a large prompt is computed.
N_POINTS = 400
#: In prompts up to this size L is found anew while answers come: after n² / ANSWERS_FOR of them,
#: so that what it costs, n³ in one go, is spread over them.
MAX_ANEW, ANSWERS_FOR = 500, 2_500
#: Halvings of the interval in which the bar of the best lies.
N_HALVINGS = 50


class UnusableTopError(DiscernError):
    """The best of fewer than one were asked for."""

    def __init__(self, top: int) -> None:
        super().__init__(f"The best {top} items are no question. Ask for the best 1 or more.")


def attend(beliefs: Beliefs, concern: Concern) -> None:
    r"""Let beliefs keep track of what each pair would tell about a concern.

    To first order the figures of concern move with the strengths by a matrix L that has
    zero row sums, as only differences matter. An answer to pair d is expected to take
    :math:`J\, \|L C d\|^2` from the sum of their variances; the stake is :math:`d^T C L^2 C d`.

    Ranks: the expected rank of item i, as a share of its prompt's n items, is
    :math:`\sum_j P(\theta_i > \theta_j) / (n - 1)` and so

    .. math:: L = \frac{\mathrm{diag}(K 1) - K}{n - 1}, \qquad K_{ij} = N(m_i - m_j;\, 0, v_{ij})

    Items among many whose order is open weigh most; moving all of them together weighs nothing.

    The best k: item i is among the best k with probability :math:`\Phi((m_i - \tau) / s_i)`, with a
    bar :math:`\tau` such that these sum to k [1]_. With g their slopes,
    :math:`L = \mathrm{diag}(g) - g g^T / \sum g`, the second part being how the bar moves.

    For items of prompts too large for full covariances only the diagonal of L is used.

    L is that of the moment, and is kept while answers come (see `current_stake`): attend again
    after a new fit. For a prompt of n items it takes some :math:`n^3` operations: 0.1 s at
    n = 1,000, and 1 s at 2,000, which is no work for a page.

    Parameters
    ----------
    beliefs : Beliefs
        Changed in place.
    concern : Concern

    Raises
    ------
    UnusableTopError
        If the best of fewer than one are asked for.

    References
    ----------
    .. [1] The order of the best is settled where the bounds of the k-th and the next overlap, as
       in LUCB: Kalyanakrishnan et al., "PAC subset selection in stochastic multi-armed bandits",
       ICML 2012; for paired comparisons Heckel et al., "Active ranking from pairwise comparisons
       and when parametric assumptions do not help", Annals of Statistics 47(6), 2019.
    """
    top = concern.top
    if top is not None and top < 1:
        raise UnusableTopError(top)
    matrix = beliefs.covariance
    values = np.zeros_like(matrix.values)
    stacks = zip(matrix.layout.stacks(matrix.values), matrix.layout.stacks(values), strict=True)
    for (items, covariances), (_, stakes) in stacks:
        if items.shape[1] == 1:
            continue
        means = beliefs.mean[items]
        if top is None:
            matters = _rank_slopes(means, covariances)
        else:
            matters = _top_slopes(means, covariances, top)
        moved = matters @ covariances
        del matters  # as large as all the rest
        np.matmul(moved.transpose(0, 2, 1), moved, out=stakes)
    stake = BlockMatrix(matrix.layout, values)
    for items in _independent(beliefs):
        variance = beliefs.variance[items]
        weight = (
            _density(beliefs.mean[items], variance)
            if top is None
            else _membership_slopes(beliefs.mean[items][None], variance[None], top)[0]
        )
        values[stake.layout.places(items, items)] = (variance * weight) ** 2
    beliefs.stakes[concern] = stake
    beliefs.attended[concern] = beliefs.n_answers


def current_stake(beliefs: Beliefs, concern: Concern) -> BlockMatrix:
    """The stake of a concern, put in if it is missing, and anew when many answers have come.

    Not anew where that is slow: there it waits for the next fit.
    """
    largest = int(np.bincount(beliefs.prompts).max(initial=0))
    missing = concern not in beliefs.stakes
    since = beliefs.n_answers - beliefs.attended.get(concern, 0)
    if missing or (largest <= MAX_ANEW and since * ANSWERS_FOR >= largest**2):
        attend(beliefs, concern)
    return beliefs.stakes[concern]


def _independent(beliefs: Beliefs) -> list[Indices]:
    """The items of each prompt whose items are taken as independent."""
    alone = beliefs.covariance.layout.items_beside == 1
    prompts, counts = np.unique(beliefs.prompts[alone], return_counts=True)
    return [np.flatnonzero(beliefs.prompts == prompt) for prompt in prompts[counts > 1]]


def _rank_slopes(means: Floats, covariances: Floats) -> Floats:
    """L for stacks of prompts: means (k, n), covariances (k, n, n)."""
    own = np.diagonal(covariances, axis1=1, axis2=2)
    n_prompts, n_items = means.shape
    slopes = np.empty_like(covariances)
    n_rows = max(1, ROOM // (n_prompts * n_items))
    for begin in range(0, n_items, n_rows):
        rows = slice(begin, begin + n_rows)
        variance = own[:, rows, None] + own[:, None, :] - 2 * covariances[:, rows]
        gap = means[:, rows, None] - means[:, None, :]
        slopes[:, rows] = _normal_density(gap, variance)
    slopes /= 1 - n_items
    here = np.arange(n_items)
    slopes[:, here, here] = 0.0
    slopes[:, here, here] = -slopes.sum(axis=2)
    return slopes


def _top_slopes(means: Floats, covariances: Floats, top: int) -> Floats:
    """L for stacks of prompts: means (k, n), covariances (k, n, n)."""
    row = covariances.mean(axis=2)
    own = np.diagonal(covariances, axis1=1, axis2=2)
    # Of strengths less their mean: whether all of them go up together is no matter here.
    spread = own - 2 * row + row.mean(axis=1, keepdims=True)
    slopes = _membership_slopes(means, spread, top)
    total = np.maximum(slopes.sum(axis=1), 1e-300)[:, None, None]
    here = np.arange(means.shape[1])
    matters: Floats = -slopes[:, :, None] * slopes[:, None, :] / total
    matters[:, here, here] += slopes
    return matters


def _membership_slopes(means: Floats, variance: Floats, top: int) -> Floats:
    """Slopes of P(among the best `top`) in each mean; (k, n), zero where all are the best."""
    if top >= means.shape[1]:
        return np.zeros_like(means)
    from scipy.special import ndtr  # here, as scipy takes long to import

    variance = np.maximum(variance, LEAST_VARIANCE)
    spread = np.sqrt(variance)
    reach = 10 * spread.max(axis=1, keepdims=True)
    low, high = means.min(axis=1, keepdims=True) - reach, means.max(axis=1, keepdims=True) + reach
    for _ in range(N_HALVINGS):
        bar = (low + high) / 2
        many = ndtr((means - bar) / spread).sum(axis=1, keepdims=True) > top
        low, high = np.where(many, bar, low), np.where(many, high, bar)
    return _normal_density(means - (low + high) / 2, variance)


def _density(mean: Floats, variance: Floats) -> Floats:
    """Mean over the other items of the density of a difference at zero, read off a grid; (n,).

    On the grid the own variance of the item asked for is replaced by the mean variance.
    """
    variance = np.maximum(variance, LEAST_VARIANCE)
    reach = 3 * np.sqrt(variance.max())
    points = np.linspace(mean.min() - reach, mean.max() + reach, N_POINTS)
    total = np.zeros(N_POINTS)
    for begin in range(0, len(mean), 1_000):
        part = slice(begin, begin + 1_000)
        both = variance[part] + variance.mean()
        total += _normal_density(points[:, None] - mean[part], both).sum(axis=1)
    own = _normal_density(np.zeros_like(mean), variance + variance.mean())
    density: Floats = (np.interp(mean, points, total) - own) / (len(mean) - 1)
    return np.maximum(density, 0.0)


def _normal_density(gap: Floats, variance: Floats) -> Floats:
    """Density at zero of a normal with this mean and variance."""
    variance = np.maximum(variance, LEAST_VARIANCE)
    density: Floats = np.exp(-(gap**2) / (2 * variance)) / np.sqrt(2 * np.pi * variance)
    return density
