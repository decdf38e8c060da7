"""The pairs that are open to a person, by the numbers of their items."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.judgment import Floats, Indices

#: So many pairs are scored for a choice; where there are more, those of the best items are.
MAX_SCORED = 2**15
#: At least so many items are taken with all their partners.
MIN_ROWS = 8
#: Draws at random that are tried at once, and how often, before what is left is listed.
N_DRAWS, MAX_TRIES = 64, 16


class IndexedPairs(Protocol):
    """All pairs that a study could ever ask: first < second, by number of item."""

    def __len__(self) -> int: ...

    def at(self, numbers: Indices) -> tuple[Indices, Indices]:
        """The pairs of these numbers, 0 to the length."""
        ...

    def shortlist(self, pull: Callable[[], Floats]) -> tuple[Indices, Indices]:
        """Pairs to score: all if they are few, else those of the items with the largest pull."""
        ...


@dataclass(frozen=True, eq=False)
class ListedPairs:
    """Pairs that a study was given; both arrays have shape (n_pairs,), each pair once."""

    first: Indices
    second: Indices

    def __len__(self) -> int:
        return len(self.first)

    def at(self, numbers: Indices) -> tuple[Indices, Indices]:
        return self.first[numbers], self.second[numbers]

    def shortlist(self, pull: Callable[[], Floats]) -> tuple[Indices, Indices]:
        if len(self) <= MAX_SCORED:
            return self.first, self.second
        pulls = pull()
        both = pulls[self.first] + pulls[self.second]
        best = np.argpartition(-both, MAX_SCORED)[:MAX_SCORED]
        return self.at(np.sort(best))


@dataclass(frozen=True, eq=False)
class PromptPairs:
    """All pairs of items of one prompt.

    Attributes
    ----------
    prompts : ndarray of int64, shape (n_items,)
    """

    prompts: Indices

    @cached_property
    def _order(self) -> Indices:
        return np.argsort(self.prompts, kind="stable")

    @cached_property
    def _sizes(self) -> Indices:
        return np.unique(self.prompts, return_counts=True)[1].astype(np.int64)

    @cached_property
    def _ends(self) -> Indices:
        return np.cumsum(self._sizes * (self._sizes - 1) // 2)

    @cached_property
    def _all(self) -> tuple[Indices, Indices]:
        return self.at(np.arange(len(self)))

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    def at(self, numbers: Indices) -> tuple[Indices, Indices]:
        group = np.searchsorted(self._ends, numbers, side="right")
        sizes = self._sizes[group]
        rank = numbers - (self._ends[group] - sizes * (sizes - 1) // 2)
        # In a group, pair (i, j) with i < j has rank j (j - 1) / 2 + i. The root is exact enough
        # for ten million items.
        later = ((1 + np.sqrt(8 * rank + 1)) / 2).astype(np.int64)
        begin = np.cumsum(self._sizes)[group] - sizes
        first = self._order[begin + rank - later * (later - 1) // 2]
        return first, self._order[begin + later]

    def shortlist(self, pull: Callable[[], Floats]) -> tuple[Indices, Indices]:
        if len(self) <= MAX_SCORED:
            return self._all
        partners = self._sizes[np.unique(self.prompts, return_inverse=True)[1]] - 1
        by_pull = np.argsort(-pull(), kind="stable")
        n_rows = int(np.searchsorted(np.cumsum(partners[by_pull]), MAX_SCORED))
        rows = by_pull[: max(n_rows, MIN_ROWS)]
        rows = rows[partners[rows] > 0]
        return self._of_rows(rows)

    def _of_rows(self, rows: Indices) -> tuple[Indices, Indices]:
        """All pairs with one of these items, each pair once."""
        group = np.unique(self.prompts, return_inverse=True)[1][rows]
        sizes = self._sizes[group]
        begins = np.cumsum(self._sizes)[group] - sizes
        one = np.repeat(rows, sizes)
        within = np.arange(len(one)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        other = self._order[np.repeat(begins, sizes) + within]
        rank = np.full(len(self.prompts), -1)
        rank[rows] = np.arange(len(rows))
        # A pair of two rows stands with the one that comes later.
        wanted = rank[other] < rank[one]
        one, other = one[wanted], other[wanted]
        return np.minimum(one, other), np.maximum(one, other)


@dataclass(frozen=True, eq=False)
class OpenPairs:
    """The pairs that one person can be given now.

    Attributes
    ----------
    space : IndexedPairs
    n_items : int
    closed : ndarray of int64
        Numbers first * n_items + second of the pairs of the space that are not open: all places
        are taken, or the person has had them. Sorted, each once.
    """

    space: IndexedPairs
    n_items: int
    closed: Indices

    @classmethod
    def without(
        cls, space: IndexedPairs, n_items: int, first: Indices, second: Indices
    ) -> "OpenPairs":
        """All pairs but these, which must be of the space; they may stand in any order."""
        codes = np.minimum(first, second) * n_items + np.maximum(first, second)
        return cls(space, n_items, np.unique(codes))

    def __len__(self) -> int:
        return len(self.space) - len(self.closed)

    def codes(self, first: Indices, second: Indices) -> Indices:
        codes: Indices = first * self.n_items + second
        return codes

    def are_open(self, first: Indices, second: Indices) -> NDArray[np.bool_]:
        if not len(self.closed):
            return np.ones(len(first), dtype=np.bool_)
        codes = self.codes(first, second)
        place = np.minimum(np.searchsorted(self.closed, codes), len(self.closed) - 1)
        is_open: NDArray[np.bool_] = self.closed[place] != codes
        return is_open

    def draw(self, rng: np.random.Generator) -> tuple[int, int]:
        """Draw one of them uniformly: by rejection, or from their list if they are rare."""
        for _ in range(MAX_TRIES):
            first, second = self.space.at(rng.integers(len(self.space), size=N_DRAWS))
            [found] = np.nonzero(self.are_open(first, second))
            if len(found):
                return int(first[found[0]]), int(second[found[0]])
        first, second = self.space.at(np.arange(len(self.space)))
        left = np.flatnonzero(self.are_open(first, second))
        chosen = left[rng.integers(len(left))]
        return int(first[chosen]), int(second[chosen])
