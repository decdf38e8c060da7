"""Map coverage: where items lie in a plane, which places are empty, and what to collect next."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from core.estimates import NotDeterminedError
from core.judgment import Floats, Indices

#: Cells to a side of the grid.
N_CELLS = 12
#: The grid reaches from the first to the last percent of the items; those beyond lie in its rim.
REACH = (0.01, 0.99)


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """Items in the plane of most variance of their features.

    Attributes
    ----------
    points : ndarray, shape (n_items, 2)
        In units of the features.
    explained : ndarray, shape (2,)
        Share of the variance of all features that each axis holds.
    axes : ndarray, shape (2, n_features)
    mean : ndarray, shape (n_features,)
    """

    points: Floats
    explained: Floats
    axes: Floats
    mean: Floats

    def place(self, features: Floats) -> Floats:
        """Where other items lie; (n, n_features) to (n, 2)."""
        placed: Floats = (features - self.mean) @ self.axes.T
        return placed


def principal_plane(features: Floats) -> Plane:
    """Principal components of features, from the smaller of both matrices of products [1]_.

    Parameters
    ----------
    features : ndarray, shape (n_items, n_features)
        From an encoder or TF-IDF, or covariates. Of each axis the largest loading is positive.

    Raises
    ------
    NotDeterminedError
        If fewer than three items, or all alike.

    References
    ----------
    .. [1] Jolliffe, "Principal component analysis", 2nd edition, Springer 2002.
    """
    mean = features.mean(axis=0) if len(features) else np.zeros(features.shape[1])
    centred = features - mean
    total = float((centred**2).sum())
    if len(features) < 3 or total <= 0:  # noqa: PLR2004, two points lie on a line
        raise NotDeterminedError(
            f"A map needs three items that differ, got {len(features)}. Add items, or features "
            "that tell them apart."
        )
    if centred.shape[1] <= centred.shape[0]:
        _, vectors = np.linalg.eigh(centred.T @ centred)
        axes = vectors[:, ::-1].T[:2]
    else:
        _, vectors = np.linalg.eigh(centred @ centred.T)
        axes = vectors[:, ::-1].T[:2] @ centred
        axes /= np.maximum(np.linalg.norm(axes, axis=1, keepdims=True), 1e-300)
    if len(axes) < 2:  # noqa: PLR2004, one feature is an axis alone
        axes = np.vstack([axes, np.zeros_like(axes)])
    axes *= np.sign(axes[np.arange(2), np.abs(axes).argmax(axis=1)] + 1e-300)[:, None]
    points = centred @ axes.T
    return Plane(points, (points**2).sum(axis=0) / total, axes, mean)


@dataclass(frozen=True, slots=True, eq=False)
class QualityGrid:
    """The plane in cells, each with the best item in it so far [1]_; (n_cells, n_cells) each.

    Attributes
    ----------
    x_edges, y_edges : ndarray, shape (n_cells + 1,)
    cell : ndarray of int64, shape (n_items, 2)
        Row (y) and column (x) of each item.
    n_items, n_judgments : ndarray of int64
        Items in the cell, and how often they were shown in judgments.
    best : ndarray of int64
        The item of the greatest strength; -1 in empty cells.
    quality, quality_sd : ndarray
        Its strength and standard deviation; nan in empty cells, and where nothing is known of it.

    References
    ----------
    .. [1] Mouret and Clune, "Illuminating search spaces by mapping elites", arXiv 1504.04909, 2015.
    """

    x_edges: Floats
    y_edges: Floats
    cell: Indices
    n_items: Indices
    n_judgments: Indices
    best: Indices
    quality: Floats
    quality_sd: Floats

    @property
    def filled(self) -> float:
        """Share of the cells that hold an item."""
        return float((self.n_items > 0).mean())

    @property
    def filled_at_random(self) -> float:
        """The share expected of as many items spread evenly: :math:`1 - (1 - 1/m)^n`."""
        return float(1 - (1 - 1 / self.n_items.size) ** self.n_items.sum())

    @property
    def score(self) -> float:
        """Quality-diversity score: known strengths of the best, above the least of them, summed.

        nan where none is known.
        """
        found = self.quality[np.isfinite(self.quality)]
        return float((found - found.min()).sum()) if len(found) else np.nan


def quality_grid(
    points: Floats,
    times_shown: Indices,
    strengths: Floats,
    strength_sd: Floats,
    *,
    n_cells: int = N_CELLS,
) -> QualityGrid:
    """Put items into cells of equal width, and find the best of each.

    Parameters
    ----------
    points : ndarray, shape (n_items, 2)
        From `principal_plane`, from learned similarity, or two named attributes.
    times_shown : ndarray of int64, shape (n_items,)
    strengths, strength_sd : ndarray, shape (n_items,)
        Comparable between all items: one prompt, or strengths less their prompt's mean. nan where
        nothing is known of an item: it is the best of its cell only if all there are so.

    Raises
    ------
    NotDeterminedError
        If there is no item.
    """
    if len(points) == 0:
        raise NotDeterminedError("There is no item to put on a map. Import items first.")
    x_edges, y_edges = _edges(points[:, 0], n_cells), _edges(points[:, 1], n_cells)
    column = np.searchsorted(x_edges[1:-1], points[:, 0], side="right")
    row = np.searchsorted(y_edges[1:-1], points[:, 1], side="right")
    place, shape = row * n_cells + column, (n_cells, n_cells)
    n_items = np.bincount(place, minlength=n_cells**2)
    best = np.full(n_cells**2, -1)
    order = np.argsort(np.where(np.isnan(strengths), -np.inf, strengths), kind="stable")
    best[place[order]] = order  # the last one written is the strongest
    known = best >= 0
    quality, sd = np.full((2, n_cells**2), np.nan)
    quality[known], sd[known] = strengths[best[known]], strength_sd[best[known]]
    shown = np.bincount(place, times_shown, n_cells**2).astype(np.int64)
    return QualityGrid(
        x_edges,
        y_edges,
        np.stack([row, column], axis=1).astype(np.int64),
        n_items.astype(np.int64).reshape(shape),
        shown.reshape(shape),
        best.astype(np.int64).reshape(shape),
        quality.reshape(shape),
        sd.reshape(shape),
    )


class Want(StrEnum):
    """What a place of the map lacks."""

    WRITE = "write"
    JUDGE = "judge"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One place of the map, and what to do there.

    Attributes
    ----------
    row, column : int
        The cell.
    centre : tuple of float
        Its x and y.
    missing : int
        Judgments (`JUDGE`): showings until its items have enough. Items (`WRITE`): 1.
    neighbours : int
        Filled cells around it, of eight: with many, it is a gap and not the rim.
    nearest : tuple of int
        Items in or nearest to the cell, to write between or to show.
    """

    want: Want
    row: int
    column: int
    centre: tuple[float, float]
    missing: int
    neighbours: int
    nearest: tuple[int, ...]


def what_next(
    grid: QualityGrid, points: Floats, *, enough: int, most: int = 20, n_nearest: int = 3
) -> tuple[Wanted, ...]:
    """List what to write or to judge next, the largest gaps first.

    Cells whose items were shown fewer than `enough` times an item come first, those that miss most
    leading; then empty cells with filled ones around them, by how many.

    Parameters
    ----------
    enough : int
        Times that an item should be shown.
    most : int
        Of both kinds together.
    """
    filled = grid.n_items > 0
    around = _around(filled)
    missing = np.where(filled, np.maximum(enough * grid.n_items - grid.n_judgments, 0), 0)
    judge = np.argwhere(missing > 0)
    judge = judge[np.argsort(-missing[tuple(judge.T)], kind="stable")]
    write = np.argwhere(~filled & (around > 0))
    write = write[np.argsort(-around[tuple(write.T)], kind="stable")]
    x = (grid.x_edges[1:] + grid.x_edges[:-1]) / 2
    y = (grid.y_edges[1:] + grid.y_edges[:-1]) / 2
    cells = np.concatenate([judge, write])[:most].tolist()
    wanted = []
    for number, (row, column) in enumerate(cells):
        want = Want.JUDGE if number < len(judge) else Want.WRITE
        centre = (float(x[column]), float(y[row]))
        distance = ((points - np.array(centre)) ** 2).sum(axis=1)
        n = int(missing[row, column]) if want is Want.JUDGE else 1
        nearest = tuple(np.argsort(distance, kind="stable")[:n_nearest].tolist())
        wanted.append(Wanted(want, row, column, centre, n, int(around[row, column]), nearest))
    return tuple(wanted)


def _edges(values: Floats, n_cells: int) -> Floats:
    low, high = np.quantile(values, REACH)
    if high <= low:
        low, high = low - 0.5, high + 0.5
    edges: Floats = np.linspace(low, high, n_cells + 1)
    return edges


def _around(filled: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Indices:
    padded = np.pad(filled.astype(np.int64), 1)
    n, m = filled.shape
    shifts = [(i, j) for i in range(3) for j in range(3) if (i, j) != (1, 1)]
    around: Indices = sum(
        (padded[i : i + n, j : j + m] for i, j in shifts), np.zeros(filled.shape, dtype=np.int64)
    )
    return around
