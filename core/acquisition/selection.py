"""Choosing a pair: the best by a policy, mixed with a random share whose probability is known."""

from dataclasses import dataclass

import numpy as np

from core.acquisition.beliefs import Beliefs
from core.acquisition.open_pairs import OpenPairs
from core.acquisition.policies import Aids, item_pull, score_pairs
from core.judgment import Floats, Indices
from core.open_sets import RANDOM
from core.study import Policy

#: Scores that differ by less than this share of the best are equal.
EQUAL = 1e-9


@dataclass(frozen=True, slots=True)
class ChosenPair:
    """Two items by number, first < second, by which policy, and with which probability."""

    first: int
    second: int
    policy: str
    probability: float


def choose_next(
    beliefs: Beliefs,
    pairs: OpenPairs,
    policy: Policy,
    *,
    random_share: float,
    rng: np.random.Generator,
    aids: Aids | None = None,
) -> ChosenPair | None:
    r"""Choose among the open pairs, or return None when there is none.

    With probability `random_share` any open pair, else one of those with the best score:

    .. math:: P(pair) = \epsilon / |O| + (1 - \epsilon) [pair \in B] / |B|

    where O are the open pairs and B those of them with the highest score. The probability is the
    mixture's, whichever branch was taken, so that it can serve as a weight; and it is that of the
    state as it is, which is why beliefs are not changed here: `Beliefs.expect` the pair when it
    is given out. Where O is large only pairs of the most promising items are scored (see
    `IndexedPairs.shortlist`), by a rule without chance. If none of those is open, B is O.

    Parameters
    ----------
    beliefs : Beliefs
        About the items that `pairs` numbers.
    random_share : float
        Epsilon, in [0, 1].
    aids : Aids or None
        What the policy needs beside; None: nothing.

    Raises
    ------
    MissingAidError
        If the policy needs more.
    """
    if len(pairs) == 0:
        return None
    return draw(
        favourites(beliefs, pairs, policy, aids or Aids()), pairs, policy, random_share, rng
    )


def draw(
    best: tuple[Indices, Indices],
    pairs: OpenPairs,
    policy: Policy,
    random_share: float,
    rng: np.random.Generator,
) -> ChosenPair:
    """Draw from the mixture that `choose_next` describes, of which `best` is B."""
    first, second = best
    name = RANDOM if rng.random() < random_share or not len(first) else policy.value
    if name == RANDOM:
        one, other = pairs.draw(rng)
    else:
        lot = rng.integers(len(first))
        one, other = int(first[lot]), int(second[lot])
    if not len(first):
        return ChosenPair(one, other, name, 1 / len(pairs))
    among = bool(((first == one) & (second == other)).any())
    probability = random_share / len(pairs) + (1 - random_share) * among / len(first)
    return ChosenPair(one, other, name, min(probability, 1.0))


def favourites(
    beliefs: Beliefs, pairs: OpenPairs, policy: Policy, aids: Aids
) -> tuple[Indices, Indices]:
    """The open pairs with the highest score, of those that are scored."""
    first, second = pairs.space.shortlist(lambda: item_pull(policy, beliefs, aids))
    scores = score_pairs(policy, beliefs, first, second, aids)
    if len(pairs.closed):
        scores = np.where(pairs.are_open(first, second), scores, -np.inf)
    best = _best(scores)
    return first[best], second[best]


def _best(scores: Floats) -> Indices:
    highest = scores.max(initial=-np.inf)
    if highest == -np.inf:
        return np.empty(0, dtype=np.int64)
    return np.flatnonzero(scores >= highest - EQUAL * abs(highest))
