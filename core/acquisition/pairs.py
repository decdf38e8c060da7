"""The pairs that can be asked, what is known of their places, and a choice without any fit."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from core.judgment import Indices, Pair

#: How many draws at random are tried before the pairs that are left are listed instead.
MAX_DRAWS = 64


class PairSpace(Protocol):
    """The pairs of a study that could ever be asked, numbered 0, 1, ..."""

    def __len__(self) -> int: ...

    def __getitem__(self, number: int) -> Pair: ...


@dataclass(frozen=True, slots=True)
class ReadyPairs:
    """The pairs that a study was given."""

    pairs: Sequence[Pair]

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, number: int) -> Pair:
        return self.pairs[number]


@dataclass(frozen=True, slots=True, eq=False)
class PairsWithinPrompts:
    """All pairs of items that answer the same prompt, never listed: 10,000 items are 50 million.

    Attributes
    ----------
    groups : sequence of sequences of str
        Item ids by prompt.
    ends : ndarray of int64, shape (n_prompts,)
        Pairs in this and all earlier groups.
    """

    groups: Sequence[Sequence[str]]
    ends: Indices

    @classmethod
    def of(cls, groups: Sequence[Sequence[str]]) -> "PairsWithinPrompts":
        sizes = np.array([len(group) for group in groups], dtype=np.int64)
        return cls(groups, np.cumsum(sizes * (sizes - 1) // 2))

    def __len__(self) -> int:
        return int(self.ends[-1]) if len(self.ends) else 0

    def __getitem__(self, number: int) -> Pair:
        if not 0 <= number < len(self):
            raise IndexError(number)
        group = int(np.searchsorted(self.ends, number, side="right"))
        rank = number - (int(self.ends[group - 1]) if group else 0)
        # In a group, pair (i, j) with i < j has rank j (j - 1) / 2 + i.
        j = int((1 + np.sqrt(8 * rank + 1)) / 2)
        while j * (j - 1) // 2 > rank:  # the root of a large number may be rounded up
            j -= 1
        items = self.groups[group]
        return Pair.of(items[rank - j * (j - 1) // 2], items[j])


@dataclass(frozen=True, slots=True)
class Places:
    """What is known of the pairs that were ever shown.

    Attributes
    ----------
    taken : mapping from Pair to int
        Places of the pair that are judged or being judged; a pair that is not here has none.
    own : set of Pair
        Pairs that this annotator has judged, skipped or has open: never offered again.
    overlap : int
        Places that each pair has.
    """

    taken: Mapping[Pair, int]
    own: Set[Pair]
    overlap: int

    def open_to(self, pair: Pair) -> bool:
        return pair not in self.own and self.taken.get(pair, 0) < self.overlap


@dataclass(frozen=True, slots=True)
class Choice:
    """A chosen pair, by which policy, and with which probability; None where no lot decided."""

    pair: Pair
    policy: str
    probability: float | None


COVERAGE_FIRST, RANDOM, AGAIN = "coverage_first", "random", "again"


def choose_pair(
    space: PairSpace, places: Places, random_share: float, rng: np.random.Generator
) -> Choice | None:
    r"""Choose among the pairs open to this annotator, or return None when there is none left.

    With probability `random_share` any open pair, else one of those that the fewest people have:

    .. math:: P(pair) = \epsilon / |O| + (1 - \epsilon) [pair \in L] / |L|

    where :math:`O` are the open pairs and :math:`L` those of them with the fewest places taken.
    The probability is the mixture's, whichever branch was taken, so it can serve as a weight.
    """
    n_open, least, n_least = _count_open(space, places)
    if n_open == 0:
        return None
    policy = RANDOM if rng.random() < random_share else COVERAGE_FIRST

    def wanted(pair: Pair) -> bool:
        count = places.taken.get(pair, 0)
        return places.open_to(pair) and (policy == RANDOM or count == least)

    pair = _draw(space, wanted, rng)
    among_least = places.taken.get(pair, 0) == least
    probability = random_share / n_open + (1 - random_share) * among_least / n_least
    return Choice(pair, policy, min(probability, 1.0))


def _count_open(space: PairSpace, places: Places) -> tuple[int, int, int]:
    """Count the open pairs, the fewest places taken among them, and how many have so few."""
    counts = [
        count
        for pair, count in places.taken.items()
        if count < places.overlap and pair not in places.own
    ]
    n_own_untaken = sum(pair not in places.taken for pair in places.own)
    n_untouched = len(space) - len(places.taken) - n_own_untaken
    if n_untouched:
        return n_untouched + len(counts), 0, n_untouched + counts.count(0)
    if not counts:
        return 0, 0, 0
    return len(counts), min(counts), counts.count(min(counts))


class _Wanted(Protocol):
    def __call__(self, pair: Pair) -> bool: ...


def _draw(space: PairSpace, wanted: _Wanted, rng: np.random.Generator) -> Pair:
    """Draw uniformly from the wanted pairs: by rejection, or from their list if they are rare."""
    for number in rng.integers(len(space), size=MAX_DRAWS):
        if wanted(pair := space[int(number)]):
            return pair
    left = [pair for pair in map(space.__getitem__, range(len(space))) if wanted(pair)]
    return left[int(rng.integers(len(left)))]
