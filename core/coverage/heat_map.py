"""Who was compared with whom, drawn so that a thousand items stay readable."""

from dataclasses import dataclass

import numpy as np

from core.comparison_graph import components
from core.judgment import Floats, Indices

#: Cells to a side: as many as one can tell apart on a screen.
MAX_CELLS = 60


@dataclass(frozen=True, slots=True, eq=False)
class HeatMap:
    """Judgments between groups of neighbouring items; matrices have shape (n_cells, n_cells).

    Attributes
    ----------
    order : ndarray of int64, shape (n_items,)
        Items as they stand along both sides.
    edges : ndarray of int64, shape (n_cells + 1,)
        Cell c holds the items `order[edges[c]:edges[c + 1]]`.
    judgments : ndarray
        Judgments of pairs with one item in each of both cells; symmetric.
    asked, possible : ndarray
        Different pairs judged, and pairs that there are.
    """

    order: Indices
    edges: Indices
    judgments: Floats
    asked: Floats
    possible: Floats

    @property
    def share(self) -> Floats:
        """Share of the possible pairs that were judged; nan where there is none."""
        empty = np.full(self.possible.shape, np.nan)
        share: Floats = np.divide(self.asked, self.possible, out=empty, where=self.possible > 0)
        return share


def heat_map(
    n_items: int,
    first: Indices,
    second: Indices,
    *,
    along: Floats | None = None,
    max_cells: int = MAX_CELLS,
) -> HeatMap:
    """Order the items of one prompt and count judgments between groups of neighbours.

    Parameters
    ----------
    first, second : ndarray of int64, shape (n,)
        Places of the items of each judgment, 0 to `n_items` - 1.
    along : ndarray, shape (n_items,), or None
        What to order by, such as strengths, largest first. None: by who was compared with whom
        [1]_, connected groups one after the other, the largest first, so that what belongs together
        lies along the diagonal.
    max_cells : int
        To a side; items are put together when they are more.

    References
    ----------
    .. [1] Cuthill and McKee, "Reducing the bandwidth of sparse symmetric matrices", Proceedings of
       the 24th National Conference of the ACM, 1969.
    """
    if along is None:
        order = _by_neighbours(n_items, first, second)
    else:
        order = np.argsort(-along, kind="stable").astype(np.int64)
    n_cells = min(n_items, max_cells)
    edges = np.linspace(0, n_items, n_cells + 1).round().astype(np.int64)
    cell = np.empty(n_items, dtype=np.int64)
    cell[order] = np.repeat(np.arange(n_cells), np.diff(edges))
    low, high = np.minimum(first, second), np.maximum(first, second)
    pairs, times = np.unique(low * max(n_items, 1) + high, return_counts=True)
    one, other = cell[pairs // max(n_items, 1)], cell[pairs % max(n_items, 1)]
    size = np.diff(edges).astype(np.float64)
    possible = np.outer(size, size)
    np.fill_diagonal(possible, size * (size - 1) / 2)
    return HeatMap(
        order,
        edges,
        _between(one, other, times.astype(np.float64), n_cells),
        _between(one, other, np.ones(len(pairs)), n_cells),
        possible,
    )


def _between(one: Indices, other: Indices, values: Floats, n_cells: int) -> Floats:
    flat = np.bincount(one * n_cells + other, values, n_cells**2).astype(np.float64)
    sums: Floats = flat.reshape(n_cells, n_cells)
    table: Floats = sums + sums.T
    np.fill_diagonal(table, np.diagonal(sums))
    return table


def _by_neighbours(n_items: int, first: Indices, second: Indices) -> Indices:
    from scipy.sparse import coo_array  # here, as scipy takes long to import
    from scipy.sparse.csgraph import reverse_cuthill_mckee

    ones = np.ones(2 * len(first))
    rows, columns = np.concatenate([first, second]), np.concatenate([second, first])
    graph = coo_array((ones, (rows, columns)), (n_items, n_items)).tocsr()
    graph.sum_duplicates()
    near = np.empty(n_items, dtype=np.int64)
    near[reverse_cuthill_mckee(graph, symmetric_mode=True)] = np.arange(n_items)
    label = components(n_items, first, second)
    sizes = np.bincount(label, minlength=1)
    order: Indices = np.lexsort([near, label, -sizes[label]]).astype(np.int64)
    return order
