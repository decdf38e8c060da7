"""Which sets of items a study asks about: all pairs, or a design of longer lists."""

from collections.abc import Collection, Iterator, Sequence, Set
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import combinations
from math import ceil, comb
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.judgment import ChoiceSet

#: Sets of a study at most; with more items under a prompt, each item is in fewer of them.
MAX_SETS = 200_000
#: Items of a prompt at most of which it is recorded who met whom; of more, lots even it out.
MAX_EVENED_OUT = 200
#: How often a prompt's design is begun anew where its last sets came out like earlier ones.
MAX_TRIES = 20

Met = NDArray[np.int16]


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


def pairs_within(
    prompts: NDArray[np.int64], most: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All pairs of items that answer one prompt, or `most` of them drawn evenly.

    Parameters
    ----------
    prompts : ndarray of int64, shape (n_items,)
        Of each item.

    Returns
    -------
    first, second : ndarray of int64, shape (n_pairs,)
        Indices of items, the smaller first; in order of the prompts.
    """
    order = np.argsort(prompts, kind="stable")
    sizes = np.bincount(prompts)
    begins = np.cumsum(sizes) - sizes
    n_pairs = sizes * (sizes - 1) // 2
    ends = np.cumsum(n_pairs)
    total = int(ends[-1]) if len(ends) else 0
    drawn = total > most
    number = np.sort(rng.choice(total, most, replace=False)) if drawn else np.arange(total)
    prompt = np.searchsorted(ends, number, side="right")
    rank = number - (ends - n_pairs)[prompt]
    # In a prompt, pair (i, j) with i < j has rank j (j - 1) / 2 + i.
    j = ((1 + np.sqrt(8 * rank + 1)) / 2).astype(np.int64)
    j -= j * (j - 1) // 2 > rank  # the root of a large number may be rounded up
    i = rank - j * (j - 1) // 2
    one, other = order[begins[prompt] + i], order[begins[prompt] + j]
    return np.minimum(one, other), np.maximum(one, other)


def design(groups: Sequence[Sequence[str]], size: int, least: int) -> ListedSets:
    r"""Sets of `size` items that answer one prompt, so that each two items meet about once.

    The items of a prompt are put in a random order and cut into sets, again and again,
    :math:`\lceil (m - 1) / (n - 1) \rceil` times for m items in sets of n: as often as a balanced
    incomplete block design in which each two items meet once would have each item [1]_. A set
    takes those items of the running round that its own items have met least. All items are in
    equally many sets, up to one, and no set comes twice. The same items give the same design,
    whatever there is under other prompts.

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
    usable = [sorted(group) for group in groups if len(group) >= max(least, 1)]
    sets: list[ChoiceSet] = []
    for group, n in zip(usable, _n_of_each([len(group) for group in usable], size), strict=True):
        blocks = _blocks(len(group), size, n, _lot(group))
        sets += [tuple(group[i] for i in sorted(block)) for block in blocks]
    return ListedSets(tuple(sets))


def n_sets(sizes: Sequence[int], size: int, least: int) -> int:
    """How many sets `design` makes of prompts with so many items, as far as lots find as many."""
    return sum(_n_of_each([n_items for n_items in sizes if n_items >= max(least, 1)], size))


def _n_of_each(sizes: Sequence[int], size: int) -> list[int]:
    numbers = [_n_sets(n_items, size) for n_items in sizes]
    share = min(1.0, MAX_SETS / max(sum(numbers), 1))
    return [max(1, int(n * share)) for n in numbers]


def _n_sets(n_items: int, size: int) -> int:
    if n_items <= size:
        return 1
    n_rounds = 1 if size == 1 else ceil((n_items - 1) / (size - 1))
    return min(n_rounds * n_items // size, comb(n_items, size))


def _lot(group: Sequence[str]) -> np.random.Generator:
    """Lots that depend on the items alone."""
    digest = blake2b("\x1f".join(group).encode(), digest_size=8).digest()
    return np.random.default_rng(int.from_bytes(digest))


def _blocks(
    n_items: int, size: int, n_sets: int, rng: np.random.Generator
) -> Collection[frozenset[int]]:
    """So many different sets, or all that there are."""
    if n_items <= size or comb(n_items, size) <= n_sets:
        return [frozenset(block) for block in combinations(range(n_items), min(size, n_items))]
    blocks: set[frozenset[int]] = set()
    for _ in range(MAX_TRIES):
        blocks = set(_cut(n_items, size, n_sets, rng))
        if len(blocks) == n_sets:
            break
    return sorted(blocks, key=sorted)


def _cut(
    n_items: int, size: int, n_sets: int, rng: np.random.Generator
) -> Iterator[frozenset[int]]:
    """Cut random orders into sets; where one ends within a set, the next order goes on."""
    met = np.zeros((n_items, n_items), np.int16) if n_items <= MAX_EVENED_OUT else None
    seen: set[frozenset[int]] = set()
    left: list[int] = []
    for _ in range(n_sets):
        chosen: list[int] = []
        while len(chosen) < size:
            if not left:
                # What the set has of the old round is still to come in this one.
                left = rng.permutation(n_items).tolist()
            chosen.append(left.pop(_least_met(met, chosen, left)))
        block = _unlike(seen, chosen, left)
        seen.add(block)
        if met is not None:
            rows = list(block)
            met[np.ix_(rows, rows)] += 1
        yield block


def _least_met(met: Met | None, chosen: Sequence[int], left: Sequence[int]) -> int:
    """The place in `left` of the item that those chosen have met least, and that is none of them.

    Without a record of who met whom it is the first that is none of them.
    """
    if met is None or not chosen:
        return next(place for place, item in enumerate(left) if item not in chosen)
    meetings = met[np.ix_(chosen, left)].sum(axis=0, dtype=np.int64)
    meetings[np.isin(left, chosen)] = np.iinfo(np.int64).max
    return int(meetings.argmin())


def _unlike(seen: Set[frozenset[int]], chosen: list[int], left: list[int]) -> frozenset[int]:
    """The set that was chosen; if it was there before, with its last item exchanged for another."""
    block = frozenset(chosen)
    for place in range(len(left)):
        if block not in seen:
            break
        if left[place] not in chosen[:-1]:
            chosen[-1], left[place] = left[place], chosen[-1]
            block = frozenset(chosen)
    return block
