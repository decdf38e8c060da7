"""Forecasts said of the item held better, and what clusters of them add up to."""

import numpy as np

from core.estimates import NotDeterminedError
from core.judgment import Floats, Indices


def said_of_the_better(probability: Floats, outcome_first: Floats) -> tuple[Floats, Floats]:
    """Probability of the item held better, and whether it was preferred; both shape (n,).

    At exactly one half neither is held better, and the judgment counts half.

    Raises
    ------
    NotDeterminedError
        If there are no judgments.
    """
    if len(probability) == 0:
        raise NotDeterminedError(
            "Calibration is not determined: no held-out judgment prefers one of the two items. "
            "Judge more pairs first."
        )
    # Rounded, as 1 - (1 - p) and p may differ in the last bit and would fall into other bins.
    lean = np.round(probability - 0.5, 12)
    right = (1 + np.sign(lean) * (2 * outcome_first - 1)) / 2
    return 0.5 + np.abs(lean), right


def equal_bins(sure: Floats, n_bins: int) -> Indices:
    """Number the bin of each judgment, from 0 without gaps; shape (n,).

    Bins hold about equally many; equal probabilities are never separated.
    """
    edges = np.quantile(sure, np.linspace(0, 1, n_bins + 1)[1:-1])
    place = np.searchsorted(np.unique(edges), sure, side="left")
    return np.unique(place, return_inverse=True)[1].astype(np.int64)


def cluster_sums(values: Floats, place: Indices, cluster: Indices) -> Floats:
    """Sums of values by cluster and place; shape (n_clusters, n_places)."""
    _, number = np.unique(cluster, return_inverse=True)
    n_clusters, n_places = int(number.max()) + 1, int(place.max()) + 1
    cells: Floats = np.bincount(number * n_places + place, values, n_clusters * n_places).astype(
        np.float64
    )
    return cells.reshape(n_clusters, n_places)
