"""Where values are drawn: the wiser the higher, neighbours near."""

import numpy as np

from core.judgment import Floats, Indices

SEED = 0


def positions(first: Indices, second: Indices, height: Floats) -> Floats:
    """Place n values, whose edges lie between `first` and `second`; shape (n, 2).

    Values that no edge connects stand beside each other, each such part as wide as it has values.

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
    across, begin = np.zeros(len(height)), 0.0
    for part in sorted(nx.connected_components(net), key=lambda part: (-len(part), min(part))):
        cards = sorted(part)
        layout = nx.spring_layout(net.subgraph(cards), seed=SEED)
        drawn = np.array([layout[card][0] for card in cards])
        drawn -= drawn.min()
        across[cards] = begin + drawn * (len(cards) - 1) / max(float(drawn.max()), 1e-9)
        begin += len(cards)
    return np.column_stack([across, height])
