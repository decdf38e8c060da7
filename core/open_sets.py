"""Which choice sets are open, by how many places of them are taken; drawing one of them.

The state changes by one set at a time and a draw costs a few look-ups, however many sets there are:
a study of 10,000 items under one prompt has fifty million pairs.
"""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from core.designs import SetSpace
from core.judgment import ChoiceSet

#: Draws at random that are tried before the sets that are left are listed instead: so many, and so
#: many times as many as are needed on average.
MIN_DRAWS, PATIENCE = 64, 8


class Level:
    """Sets of which equally many places are taken: add, remove and draw in constant time."""

    __slots__ = ("_place", "_sets")

    def __init__(self) -> None:
        self._sets: list[ChoiceSet] = []
        self._place: dict[ChoiceSet, int] = {}

    def __len__(self) -> int:
        return len(self._sets)

    def __contains__(self, items: ChoiceSet) -> bool:
        return items in self._place

    def __getitem__(self, number: int) -> ChoiceSet:
        return self._sets[number]

    def add(self, items: ChoiceSet) -> None:
        self._place[items] = len(self._sets)
        self._sets.append(items)

    def remove(self, items: ChoiceSet) -> None:
        place, last = self._place.pop(items), self._sets.pop()
        if last != items:
            self._sets[place], self._place[last] = last, place


class OpenSets:
    """How many places of each set of a space are taken; at `overlap` places a set is full.

    A set counts as touched from its first place on, also when that place is given back.
    """

    def __init__(self, space: SetSpace, overlap: int) -> None:
        self.space, self.overlap = space, overlap
        self._taken: dict[ChoiceSet, int] = {}
        self._levels = [Level() for _ in range(overlap)]

    def taken(self, items: ChoiceSet) -> int:
        return self._taken.get(items, 0)

    def is_open(self, items: ChoiceSet) -> bool:
        return items in self.space and self._taken.get(items, 0) < self.overlap

    def change(self, items: ChoiceSet, by: int) -> None:
        """Take places of a set, or give them back; what is not of the space is left aside."""
        if items not in self.space:
            return
        before = self._taken.get(items)
        after = (before or 0) + by
        self._taken[items] = after
        if before is not None and before < self.overlap:
            self._levels[before].remove(items)
        if after < self.overlap:
            self._levels[after].add(items)

    def counts(self, own: Set[ChoiceSet]) -> list[int]:
        """How many sets have 0, 1, ... places taken, of those open to somebody who had `own`."""
        counts = [len(level) for level in self._levels]
        counts[0] += len(self.space) - len(self._taken)
        for items in own:
            taken = self._taken.get(items, 0)
            if taken < self.overlap:
                counts[taken] -= 1
        return counts

    def least(self, own: Set[ChoiceSet]) -> int | None:
        """The fewest places taken of any set that is open to them."""
        return next((level for level, n in enumerate(self.counts(own)) if n > 0), None)

    def draw(
        self, own: Set[ChoiceSet], rng: np.random.Generator, level: int | None = None
    ) -> ChoiceSet:
        """Draw uniformly among the sets open to them, of one level or of all."""
        counts = np.array(self.counts(own), dtype=np.float64)
        if level is None:
            level = int(rng.choice(len(counts), p=counts / counts.sum()))
        touched = self._levels[level]
        n_touched = len(touched) - sum(items in touched for items in own)
        if level == 0 and rng.random() * counts[0] >= n_touched:
            return self._rejection(
                self.space,
                lambda items: items not in self._taken and items not in own,
                int(counts[0]) - n_touched,
                rng,
            )
        return self._rejection(touched, lambda items: items not in own, n_touched, rng)

    @staticmethod
    def _rejection(
        sets: "Level | SetSpace",
        wanted: Callable[[ChoiceSet], bool],
        n_wanted: int,
        rng: np.random.Generator,
    ) -> ChoiceSet:
        """Draw uniformly from the wanted ones: by rejection, or from their list if luck fails."""
        n = len(sets)
        for _ in range(0, MIN_DRAWS + PATIENCE * (n // n_wanted), MIN_DRAWS):
            for number in rng.integers(n, size=MIN_DRAWS):
                if wanted(items := sets[int(number)]):
                    return items
        left = [items for items in map(sets.__getitem__, range(n)) if wanted(items)]
        return left[int(rng.integers(len(left)))]


class Chooser(Protocol):
    """A policy that prefers some of the open sets."""

    @property
    def policy(self) -> str: ...

    def propose(self, is_open: Callable[[ChoiceSet], bool]) -> Sequence[tuple[ChoiceSet, float]]:
        """Return open sets with the probability with which each is chosen, summing to 1.

        It draws no lots of its own: what is logged is the probability given the state, whole.

        Nothing, if the policy has no opinion; then the sets that the fewest people had come first.
        """
        ...


@dataclass(frozen=True, slots=True)
class ChosenSet:
    """A set, by which policy it was chosen, and with which probability."""

    items: ChoiceSet
    policy: str
    probability: float


COVERAGE_FIRST, RANDOM, TARGETED = "coverage_first", "random", "targeted"


def choose(
    open_sets: OpenSets,
    own: Set[ChoiceSet],
    random_share: float,
    rng: np.random.Generator,
    *,
    targeted: OpenSets | None = None,
    chooser: Chooser | None = None,
) -> ChosenSet | None:
    r"""Choose among the sets open to somebody, or return None when none is left.

    .. math:: P(s) = \epsilon / |O| + (1 - \epsilon) \pi(s)

    where :math:`O` are the open sets and :math:`\pi` is that of the policy: the sets with a target
    that the fewest people had, while there are any; else what the chooser proposes; else the sets
    that the fewest people had, each equally. The probability is the mixture's, whichever
    branch was taken, so it can serve as a weight.

    Parameters
    ----------
    own : set of ChoiceSet
        Sets that this person had or has: never offered again. All of them lie in the space.
    random_share : float
        :math:`\epsilon`, in [0, 1].
    """
    n_open = sum(open_sets.counts(own))
    if n_open == 0:
        return None
    wanted = _policy(open_sets, own, targeted, chooser, rng)
    at_random = rng.random() < random_share
    items = open_sets.draw(own, rng) if at_random else wanted.draw()
    probability = random_share / n_open + (1 - random_share) * wanted.probability(items)
    return ChosenSet(items, RANDOM if at_random else wanted.policy, min(probability, 1.0))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A distribution over sets: how to draw from it, and the probability of each."""

    policy: str
    draw: Callable[[], ChoiceSet]
    probability: Callable[[ChoiceSet], float]


def _policy(
    open_sets: OpenSets,
    own: Set[ChoiceSet],
    targeted: OpenSets | None,
    chooser: Chooser | None,
    rng: np.random.Generator,
) -> _Wanted:
    if targeted is not None:
        theirs = {items for items in own if items in targeted.space}
        if (level := targeted.least(theirs)) is not None:
            return _least(TARGETED, targeted, theirs, level, rng)
    if chooser is not None:  # it may know of sets that are asked no more
        proposed = chooser.propose(lambda s: s not in own and open_sets.is_open(s))
        if proposed:
            return _among(chooser.policy, dict(proposed), rng)
    level = open_sets.least(own)
    if level is None:
        raise AssertionError("choose() asks only where sets are open")
    return _least(COVERAGE_FIRST, open_sets, own, level, rng)


def _least(
    policy: str,
    sets: OpenSets,
    own: Set[ChoiceSet],
    level: int,
    rng: np.random.Generator,
) -> _Wanted:
    n = sets.counts(own)[level]

    def probability(items: ChoiceSet) -> float:
        among = items in sets.space and items not in own and sets.taken(items) == level
        return among / n

    return _Wanted(policy, lambda: sets.draw(own, rng, level), probability)


def _among(policy: str, shares: dict[ChoiceSet, float], rng: np.random.Generator) -> _Wanted:
    names, weights = list(shares), np.array(list(shares.values()))

    def draw() -> ChoiceSet:
        return names[int(rng.choice(len(names), p=weights / weights.sum()))]

    return _Wanted(policy, draw, lambda items: shares.get(items, 0.0) / float(weights.sum()))
