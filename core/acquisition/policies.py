"""The rules by which a pair is chosen, each as a score: the higher, the sooner it is asked."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from core.acquisition.beliefs import Beliefs, Concern
from core.acquisition.concerns import current_stake
from core.acquisition.features import FeatureReach
from core.errors import DiscernError
from core.judgment import Floats, Indices
from core.predictions import PreferenceModel
from core.study import Policy

#: How many standard deviations an optimistic bound lies above the mean.
OPTIMISM = 1.96


class MissingAidError(DiscernError):
    """A policy needs something that was not given."""

    def __init__(self, policy: Policy, what: str) -> None:
        super().__init__(
            f"The policy {policy} needs {what}, and got none. Give it, or choose another policy."
        )


@dataclass(frozen=True, slots=True, eq=False)
class Aids:
    """What some policies need beside beliefs.

    Attributes
    ----------
    top : int
        How many are the best, for ``TOP_K``.
    general : PreferenceModel or None
        A fit of the same items in the same order, for ``MODEL_DISAGREEMENT``.
    features : FeatureReach or None
        For ``FEATURE_DISTANCE``.
    """

    top: int = 3
    general: PreferenceModel | None = None
    features: FeatureReach | None = None


def concern_of(policy: Policy, aids: Aids) -> Concern | None:
    """What a policy lets beliefs keep track of; None for those that need nothing."""
    if policy is Policy.RANKING:
        return Concern()
    return Concern(aids.top) if policy is Policy.TOP_K else None


def score_pairs(
    policy: Policy, beliefs: Beliefs, first: Indices, second: Indices, aids: Aids
) -> Floats:
    r"""Score pairs by a policy.

    With m and v the mean and variance of the difference, J the information of an answer (see
    `predictive`), C the covariance and d the difference of two unit vectors:

    ==================== =========================================================================
    random_balanced      minus how often both items were shown
    coverage_first       minus how often the pair was shown
    expected_information :math:`-\tfrac12 \log(1 - J v)`, by how much the entropy of the beliefs
                         falls, nats: the mutual information of answer and strengths [1]_ [2]_ as
                         far as beliefs stay normal. It grows with J v, as does the determinant of
                         the information: D-optimal designs are the same ones
    ranking              :math:`J\, d^T C L^2 C d`, by how much the variances of the ranks fall
    top_k                the same for membership of the best k (see `attend`) [3]_
    optimistic           sum of upper bounds :math:`m_i + z \sqrt{C_{ii}}`
    model_disagreement   :math:`(p - q)^2 / \bar p (1 - \bar p) / (1 + n)`: what one answer tells
                         of which of two models is right [4]_, shared by the n presentations since
    feature_distance     how far both items lie from all that were shown [5]_
    ==================== =========================================================================

    Parameters
    ----------
    first, second : ndarray of int64, shape (n,)
        Indices of items of one prompt.

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    MissingAidError
        If the policy needs an aid that is not there.

    References
    ----------
    .. [1] Houlsby, Huszár, Ghahramani and Lengyel, "Bayesian active learning for classification
       and preference learning", arXiv:1112.5745, 2011.
    .. [2] Maystre and Grossglauser, "Just sort it! A simple and effective approach to active
       preference learning", ICML 2017, compare such rules.
    .. [3] Heckel et al., Annals of Statistics 47(6), 2019.
    .. [4] Hunter and Reiner, "Designs for discriminating between two rival models",
       Technometrics 7(3), 1965.
    .. [5] Sener and Savarese, "Active learning for convolutional neural networks: a core-set
       approach", ICLR 2018.
    """
    return _SCORES[policy](beliefs, first, second, aids)


def score_sets(policy: Policy, beliefs: Beliefs, sets: Indices, aids: Aids) -> Floats:
    """Score choice sets (n, size) of items of one prompt: the sum over the pairs in each.

    A ranking of the set answers all its pairs. Their answers depend on each other, so that the
    sum orders sets of one size, and says nothing about the worth of a larger one.
    """
    total = np.zeros(len(sets))
    for one, other in combinations(range(sets.shape[1]), 2):
        total += score_pairs(policy, beliefs, sets[:, one], sets[:, other], aids)
    return total


def item_pull(policy: Policy, beliefs: Beliefs, aids: Aids) -> Floats:
    """How much each item promises a high score, to look for good pairs among them; (n_items,)."""
    concern = concern_of(policy, aids)
    if concern is not None:
        return current_stake(beliefs, concern).variances()[0]
    if policy is Policy.OPTIMISTIC:
        return _upper_bounds(beliefs)
    if policy in {Policy.RANDOM_BALANCED, Policy.COVERAGE_FIRST}:
        return -beliefs.exposure.astype(np.float64)
    if policy is Policy.FEATURE_DISTANCE:
        return _reach(aids).distances(beliefs.exposure)
    if policy is Policy.MODEL_DISAGREEMENT:
        return _largest_disagreement(beliefs, aids)
    return beliefs.variance


def _balanced(beliefs: Beliefs, first: Indices, second: Indices, _aids: Aids) -> Floats:
    shown: Floats = -(beliefs.exposure[first] + beliefs.exposure[second]).astype(np.float64)
    return shown


def _coverage(beliefs: Beliefs, first: Indices, second: Indices, _aids: Aids) -> Floats:
    return -_times_asked(beliefs, first, second)


def _information(beliefs: Beliefs, first: Indices, second: Indices, _aids: Aids) -> Floats:
    _, variance = beliefs.differences(first, second)
    gain: Floats = -0.5 * np.log1p(-beliefs.predict(first, second).information * variance)
    return gain


def _ranking(beliefs: Beliefs, first: Indices, second: Indices, _aids: Aids) -> Floats:
    return _stake_taken(beliefs, first, second, Concern())


def _top_k(beliefs: Beliefs, first: Indices, second: Indices, aids: Aids) -> Floats:
    return _stake_taken(beliefs, first, second, Concern(aids.top))


def _stake_taken(beliefs: Beliefs, first: Indices, second: Indices, concern: Concern) -> Floats:
    current_stake(beliefs, concern)
    stake = beliefs.stake(concern, first, second)
    taken: Floats = beliefs.predict(first, second).information * stake
    return taken


def _optimistic(beliefs: Beliefs, first: Indices, second: Indices, _aids: Aids) -> Floats:
    bounds = _upper_bounds(beliefs)
    total: Floats = bounds[first] + bounds[second]
    return total


def _disagreement(beliefs: Beliefs, first: Indices, second: Indices, aids: Aids) -> Floats:
    if aids.general is None:
        raise MissingAidError(Policy.MODEL_DISAGREEMENT, "a fit of the general model")
    one = beliefs.predict(first, second).probability
    other = aids.general.probability(first, second)
    middle = (one + other) / 2
    shared = 1 + _times_asked(beliefs, first, second)
    squared: Floats = (one - other) ** 2 / np.maximum(middle * (1 - middle), 1e-12) / shared
    return squared


def _largest_disagreement(beliefs: Beliefs, aids: Aids) -> Floats:
    """Of each item with those 1, 2, 4, ... places above and below it in its prompt."""
    order = np.lexsort((beliefs.mean, beliefs.prompts))
    largest = np.zeros(len(order))
    offset = 1
    while offset < len(order):
        one, other = order[:-offset], order[offset:]
        inside = beliefs.prompts[one] == beliefs.prompts[other]
        one, other = one[inside], other[inside]
        score = _disagreement(beliefs, one, other, aids)
        largest[one] = np.maximum(largest[one], score)
        largest[other] = np.maximum(largest[other], score)
        offset *= 2
    return largest


def _distance(beliefs: Beliefs, first: Indices, second: Indices, aids: Aids) -> Floats:
    return _reach(aids).of_pairs(first, second, beliefs.exposure)


def _upper_bounds(beliefs: Beliefs) -> Floats:
    bounds: Floats = beliefs.mean + OPTIMISM * np.sqrt(beliefs.variance)
    return bounds


def _reach(aids: Aids) -> FeatureReach:
    if aids.features is None:
        raise MissingAidError(Policy.FEATURE_DISTANCE, "features of the items")
    return aids.features


def _times_asked(beliefs: Beliefs, first: Indices, second: Indices) -> Floats:
    """How often each pair was shown; shape (n,)."""
    n_items = len(beliefs.items)
    counts = sorted((i * n_items + j, count) for (i, j), count in beliefs.asked.items())
    if not counts:
        return np.zeros(len(first))
    codes, times = np.array(counts, dtype=np.int64).T
    asked = np.minimum(first, second) * n_items + np.maximum(first, second)
    place = np.minimum(np.searchsorted(codes, asked), len(codes) - 1)
    return np.where(codes[place] == asked, times[place], 0).astype(np.float64)


_SCORES: dict[Policy, Callable[[Beliefs, Indices, Indices, Aids], Floats]] = {
    Policy.RANDOM_BALANCED: _balanced,
    Policy.COVERAGE_FIRST: _coverage,
    Policy.EXPECTED_INFORMATION: _information,
    Policy.RANKING: _ranking,
    Policy.TOP_K: _top_k,
    Policy.OPTIMISTIC: _optimistic,
    Policy.MODEL_DISAGREEMENT: _disagreement,
    Policy.FEATURE_DISTANCE: _distance,
}
