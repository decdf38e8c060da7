"""Which two annotators gave which two answers about one unit, and how often."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np

from core.agreement.coincidences import weightings
from core.agreement.ratings import Ratings
from core.judgment import Floats, Indices
from core.ordering import begins, stable_order

#: Pairs of answers looked at together.
AT_ONCE = 8_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Meetings:
    """Pairs of answers about one unit, equal ones together, in order of the annotators.

    Attributes
    ----------
    begin : ndarray of int64, shape (n_pairs,)
        Where each pair of annotators begins.
    said : ndarray of int64, shape (n,)
        The one answer times k, plus the other.
    size : ndarray of int64, shape (n,)
        Place in `sizes` of how many people judged the unit.
    times : ndarray of int64, shape (n,)
        How often it occurs.
    sizes : ndarray, shape (n_sizes,)
    """

    begin: Indices
    said: Indices
    size: Indices
    times: Indices
    sizes: Floats

    @classmethod
    def of(cls, ratings: Ratings) -> tuple[Indices, "Meetings"]:
        """Meetings, and the number of each pair: the one annotator times all, plus the other."""
        sizes = np.unique(ratings.people[ratings.people > 1])
        kinds, times = _counted(_met(ratings, sizes))
        kinds, size = np.divmod(kinds, max(len(sizes), 1))
        key, said = np.divmod(kinds, ratings.n_categories**2)
        begin = begins(key)
        return key[begin], cls(begin, said, size, times, sizes.astype(np.float64))

    def shared(self, row: int) -> Floats:
        """Added up for each pair, in one weighting of the units."""
        return self._added(weightings(self.sizes)[row][self.size])

    def agreed(self, row: int, table: Floats) -> Floats:
        """The same, times what `table` (k, k) says of the answers."""
        return self._added(weightings(self.sizes)[row][self.size] * table.ravel()[self.said])

    def _added(self, what: Floats) -> Floats:
        if len(self.begin) == 0:
            return np.zeros(0)
        sums: Floats = np.add.reduceat(what * self.times, self.begin)
        return sums


def _counted(parts: Iterator[Indices]) -> tuple[Indices, Indices]:
    """The different numbers of all parts, ascending, and how often each occurs.

    Sorting numbers is fast; adding up at the places of two million pairs is not.
    """
    kinds = times = np.empty(0, dtype=np.int64)
    waiting: list[Indices] = []
    for part in chain(parts, [None]):
        if part is not None:
            waiting.append(part)
        if waiting and (part is None or sum(map(len, waiting)) > AT_ONCE):
            more, often = np.unique(np.concatenate(waiting), return_counts=True)
            kinds, times = _merged(np.append(kinds, more), np.append(times, often))
            waiting = []
    return kinds, times


def _merged(kinds: Indices, times: Indices) -> tuple[Indices, Indices]:
    """Equal numbers put together."""
    if (kinds[1:] > kinds[:-1]).all():
        return kinds, times
    order = stable_order(kinds)
    kinds = kinds[order]
    begin = begins(kinds)
    return kinds[begin], np.add.reduceat(times[order], begin)


def _met(ratings: Ratings, sizes: Indices) -> Iterator[Indices]:
    """Pairs of answers about one unit: number of the annotators, the answers and the unit's size.

    Units with equally many people are handled together, as their weightings are the same.
    """
    n_people, k = len(ratings.annotators), ratings.n_categories
    for number, size in enumerate(sizes.tolist()):
        one, other = np.triu_indices(size, 1)
        starts = ratings.starts[ratings.people == size]
        step = max(1, AT_ONCE // len(one))
        for begin in range(0, len(starts), step):
            rows = starts[begin : begin + step, None] + np.arange(size)
            who, what = ratings.annotator[rows], ratings.category[rows]
            key = who[:, one] * n_people + who[:, other]
            said = what[:, one] * k + what[:, other]
            yield ((key * k**2 + said) * len(sizes) + number).ravel()
