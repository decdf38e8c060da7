"""Where values are drawn: the wiser the higher, neighbours near."""

import numpy as np

from core.judgment import Floats, Indices

SEED = 0


def positions(first: Indices, second: Indices, height: Floats) -> Floats:
    """Place n values, whose edges lie between `first` and `second`; shape (n, 2).

    Parameters
    ----------
    height : ndarray, shape (n,)
        The second coordinate. The first is that of a drawing in which edges pull like springs
        (Fruchterman and Reingold, "Graph drawing by force-directed placement", 1991).
    """
    import networkx as nx  # type: ignore[import-untyped]  # here, as it takes long to import

    net = nx.Graph()
    net.add_nodes_from(range(len(height)))
    net.add_edges_from(zip(first.tolist(), second.tolist(), strict=True))
    layout = nx.spring_layout(net, seed=SEED)
    across = np.array([layout[number][0] for number in range(len(height))])
    return np.column_stack([across.reshape(-1), height])
