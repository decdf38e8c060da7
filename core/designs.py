"""Which sets of items a study asks about: all pairs, or a design of longer lists."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Protocol

import numpy as np

from core.judgment import ChoiceSet

#: Sets of a study at most; with more items under a prompt, each item is in fewer of them.
MAX_SETS = 200_000


class SetSpace(Protocol):
    """The choice sets of a study that could ever be asked, numbered 0, 1, ..."""

    def __len__(self) -> int: ...

    def __getitem__(self, number: int) -> ChoiceSet: ...

    def __contains__(self, items: object) -> bool: ...


@dataclass(frozen=True, slots=True)
class ListedSets:
    """Choice sets one by one, each once."""

    sets: Sequence[ChoiceSet]
    _members: frozenset[ChoiceSet] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_members", frozenset(self.sets))

    def __len__(self) -> int:
        return len(self.sets)

    def __getitem__(self, number: int) -> ChoiceSet:
        return self.sets[number]

    def __contains__(self, items: object) -> bool:
        return items in self._members


class AllPairs:
    """All pairs of items that answer the same prompt, never listed: 10,000 items are 50 million."""

    def __init__(self, groups: Sequence[Sequence[str]]) -> None:
        self.groups = groups
        sizes = np.array([len(group) for group in groups], dtype=np.int64)
        self._ends = np.cumsum(sizes * (sizes - 1) // 2)  # pairs in this and all earlier groups
        self._prompt = {item: number for number, group in enumerate(groups) for item in group}

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    def __getitem__(self, number: int) -> ChoiceSet:
        if not 0 <= number < len(self):
            raise IndexError(number)
        group = int(np.searchsorted(self._ends, number, side="right"))
        rank = number - (int(self._ends[group - 1]) if group else 0)
        # In a group, pair (i, j) with i < j has rank j (j - 1) / 2 + i.
        j = int((1 + np.sqrt(8 * rank + 1)) / 2)
        while j * (j - 1) // 2 > rank:  # the root of a large number may be rounded up
            j -= 1
        one, other = self.groups[group][rank - j * (j - 1) // 2], self.groups[group][j]
        return min(one, other), max(one, other)

    def __contains__(self, items: object) -> bool:
        match items:
            case (str() as first, str() as second) if first < second:
                prompt = self._prompt.get(first)
                return prompt is not None and prompt == self._prompt.get(second)
        return False


def design(groups: Sequence[Sequence[str]], size: int, least: int) -> ListedSets:
    r"""Sets of `size` items that answer one prompt, so that each two items meet about once.

    The items of a prompt are put in a random order and cut into sets, again and again,
    :math:`\lceil (m - 1) / (n - 1) \rceil` times for m items in sets of n: as often as a balanced
    incomplete block design in which each two items meet once would have each item [1]_. All items
    are in equally many sets, up to one. The same items give the same design.

    Parameters
    ----------
    groups : sequence of sequences of str
        Item ids by prompt.
    size : int
        Items of a set; a prompt with no more items gives one set of all of them.
    least : int
        A prompt with fewer items gives none.

    References
    ----------
    .. [1] Cochran and Cox, Experimental Designs, 2nd ed., 1957, chapter 11.
    """
    rng = np.random.default_rng(0)
    usable = [sorted(group) for group in groups if len(group) >= max(least, 1)]
    rounds = [_n_rounds(len(group), size) for group in usable]
    n_sets = sum(n * ceil(len(g) / size) for n, g in zip(rounds, usable, strict=True))
    share = min(1.0, MAX_SETS / max(n_sets, 1))
    sets: dict[ChoiceSet, None] = {}
    for group, n in zip(usable, rounds, strict=True):
        for chosen in _blocks(group, size, max(1, int(n * share)), rng):
            sets[chosen] = None
    return ListedSets(tuple(sets))


def _n_rounds(n_items: int, size: int) -> int:
    return 1 if n_items <= size or size == 1 else ceil((n_items - 1) / (size - 1))


def _blocks(
    group: Sequence[str], size: int, n_rounds: int, rng: np.random.Generator
) -> Iterator[ChoiceSet]:
    """Cut random orders into sets; where one ends within a set, the next order goes on."""
    if len(group) <= size:
        yield tuple(group)
        return
    wanted = n_rounds * len(group) // size * size
    queue: list[int] = []
    for _ in range(max(1, wanted // size)):
        if len(queue) < size:
            following = rng.permutation(len(group)).tolist()
            # No item twice in the set that takes from both orders.
            open_set = set(queue)
            queue += [i for i in following if i not in open_set]
            queue += [i for i in following if i in open_set]
        chosen, queue = queue[:size], queue[size:]
        yield tuple(sorted(group[i] for i in chosen))
