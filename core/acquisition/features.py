"""How far items lie from all that were shown, in a space of features of their texts."""

from dataclasses import dataclass, field

import numpy as np

from core.judgment import Floats, Indices


@dataclass(slots=True, eq=False)
class FeatureReach:
    """Distances to the nearest shown item, brought up to date by the items shown since.

    Before anything was shown they are distances to the mean of all items.

    Attributes
    ----------
    features : ndarray, shape (n_items, n_features)
        Where each item lies, for example by `core.text.features.FeatureMap.places`.
    """

    features: Floats
    _nearest: Floats = field(default_factory=lambda: np.empty(0), repr=False)
    _counted: Indices = field(default_factory=lambda: np.empty(0, dtype=np.int64), repr=False)

    def distances(self, exposure: Indices) -> Floats:
        """Of every item to the nearest that was shown; shape (n_items,).

        Parameters
        ----------
        exposure : ndarray of int64, shape (n_items,)
            How often each item was shown.
        """
        shown = exposure > 0
        if not shown.any():
            return self._to(self.features.mean(axis=0))
        counted = np.zeros(len(shown), dtype=np.bool_)
        counted[self._counted] = True
        if (counted & ~shown).any() or not len(self._counted):
            self._nearest, counted = np.full(len(shown), np.inf), np.zeros_like(counted)
        for item in np.flatnonzero(shown & ~counted):
            self._nearest = np.minimum(self._nearest, self._to(self.features[item]))
        self._counted = np.flatnonzero(shown)
        return self._nearest

    def of_pairs(self, first: Indices, second: Indices, exposure: Indices) -> Floats:
        """What showing both reaches: the farther one's distance, and the other's after that.

        Two items that are far from everything and near to each other are not both worth it.
        """
        distance = self.distances(exposure)
        rows, place = np.unique(first, return_inverse=True)
        squared = (self.features**2).sum(axis=1)
        apart = squared[rows, None] + squared - 2 * self.features[rows] @ self.features.T
        between = np.sqrt(np.maximum(apart[place, second], 0.0))
        one, other = distance[first], distance[second]
        reach: Floats = np.maximum(one, other) + np.minimum(np.minimum(one, other), between)
        return reach

    def _to(self, point: Floats) -> Floats:
        distances: Floats = np.sqrt(((self.features - point) ** 2).sum(axis=1))
        return distances
