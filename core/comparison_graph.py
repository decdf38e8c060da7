"""Which items are connected by comparisons, and so what the data can determine at all."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from core.judgment import Comparisons, Indices


@dataclass(frozen=True, slots=True)
class PromptGraph:
    """The comparisons of the items that answer one prompt.

    Attributes
    ----------
    prompt : int
        Its number, as in `Comparisons.prompts`.
    component_sizes : tuple of int
        Numbers of items connected with each other by comparisons, largest first, items never
        compared left out. Strengths are comparable within a component only.
    n_strongly_connected : int
        In how many of these components no group of items always wins against the rest. Only
        there a maximum-likelihood estimate exists [1]_; elsewhere the prior keeps it finite.

    References
    ----------
    .. [1] Ford, "Solution of a ranking problem from binary comparisons", American Mathematical
       Monthly 64(8), 1957; Hunter, "MM algorithms for generalized Bradley-Terry models",
       Annals of Statistics 32(1), 2004, Assumption 1.
    """

    prompt: int
    n_items: int
    n_never_compared: int
    component_sizes: tuple[int, ...]
    n_strongly_connected: int

    @property
    def is_connected(self) -> bool:
        """Whether every item of the prompt can be compared with every other."""
        return self.n_never_compared == 0 and len(self.component_sizes) == 1


@dataclass(frozen=True, slots=True)
class GraphReport:
    """What the data determine, and what they cannot.

    Attributes
    ----------
    prompts : tuple of PromptGraph
        In the order of their numbers.
    never_compared : tuple of str
        Ids of items without any comparison.
    unbeaten, winless : tuple of str
        Ids of compared items that never lost or tied, and that never won or tied. How far they
        are from the rest is the prior's doing: the data only say that it is far.
    """

    n_items: int
    n_pairs: int
    n_comparisons: int
    prompts: tuple[PromptGraph, ...]
    never_compared: tuple[str, ...]
    unbeaten: tuple[str, ...]
    winless: tuple[str, ...]

    @property
    def n_connected_prompts(self) -> int:
        return sum(prompt.is_connected for prompt in self.prompts)

    @property
    def n_components(self) -> int:
        """Components with at least one comparison."""
        return sum(len(prompt.component_sizes) for prompt in self.prompts)

    @property
    def n_strongly_connected(self) -> int:
        return sum(prompt.n_strongly_connected for prompt in self.prompts)


def components(n_items: int, first: Indices, second: Indices) -> Indices:
    """Number the groups of items that are connected by comparisons.

    Parameters
    ----------
    first, second : ndarray of int64, shape (n,)
        The ends of each comparison or pair.

    Returns
    -------
    ndarray of int64, shape (n_items,)
        0, 1, …; an item never compared is a group of its own.
    """
    return _label(n_items, first, second, "weak")


def pieces(component: Indices) -> Indices:
    """Number the groups that some items belong to by their size among these, from 0, the largest.

    Parameters
    ----------
    component : ndarray of int64, shape (n,)
        As from `components`, of these items.
    """
    _, number, size = np.unique(component, return_inverse=True, return_counts=True)
    rank = np.empty(len(size), dtype=np.int64)
    rank[np.argsort(-size, kind="stable")] = np.arange(len(size))
    return rank[number]


def strong_components(n_items: int, better: Indices, worse: Indices) -> Indices:
    """Number the groups in which every item beats every other, directly or through others.

    Parameters
    ----------
    better, worse : ndarray of int64, shape (n,)
        Each win once at least; a tie is given in both directions.
    """
    return _label(n_items, better, worse, "strong")


def strongly_connected(comparisons: Comparisons) -> NDArray[np.bool_]:
    """Whether each item's component is strongly connected; shape (n_items,)."""
    n_items = len(comparisons.items)
    weak = components(n_items, comparisons.first, comparisons.second)
    lost, won = comparisons.outcome <= 0, comparisons.outcome >= 0
    better = np.concatenate([comparisons.first[won], comparisons.second[lost]])
    worse = np.concatenate([comparisons.second[won], comparisons.first[lost]])
    strong = strong_components(n_items, better, worse)
    parts_inside = np.bincount(weak[np.unique(strong, return_index=True)[1]])
    alone: NDArray[np.bool_] = parts_inside[weak] == 1
    return alone


def report_graph(comparisons: Comparisons) -> GraphReport:
    """Say what the comparisons connect, prompt by prompt."""
    n_items = len(comparisons.items)
    label = components(n_items, comparisons.first, comparisons.second)
    sizes = np.bincount(label)
    compared = np.zeros(n_items, dtype=bool)
    compared[comparisons.first] = compared[comparisons.second] = True
    strong = strongly_connected(comparisons)
    member = np.unique(label, return_index=True)[1]  # one item of each component
    member = member[compared[member]]
    order = np.lexsort((-sizes[label[member]], comparisons.prompts[member]))
    member = member[order]
    n_prompts = int(comparisons.prompts.max()) + 1 if n_items else 0
    bounds = np.searchsorted(comparisons.prompts[member], np.arange(n_prompts + 1))
    in_prompt = np.bincount(comparisons.prompts, minlength=n_prompts)
    alone = np.bincount(comparisons.prompts[~compared], minlength=n_prompts)
    ids = np.array(comparisons.items, dtype=object)
    held, beaten = _ever_held(comparisons, 1), _ever_held(comparisons, -1)
    prompts = tuple(
        PromptGraph(
            prompt=prompt,
            n_items=int(in_prompt[prompt]),
            n_never_compared=int(alone[prompt]),
            component_sizes=tuple(sizes[label[member[begin:end]]].tolist()),
            n_strongly_connected=int(strong[member[begin:end]].sum()),
        )
        for prompt, (begin, end) in enumerate(pairwise(bounds))
    )
    return GraphReport(
        n_items=n_items,
        n_pairs=len(np.unique(comparisons.first * n_items + comparisons.second)),
        n_comparisons=len(comparisons),
        prompts=prompts,
        never_compared=tuple(ids[~compared].tolist()),
        unbeaten=tuple(ids[compared & ~beaten].tolist()),
        winless=tuple(ids[compared & ~held].tolist()),
    )


def _ever_held(comparisons: Comparisons, side: int) -> NDArray[np.bool_]:
    """Which items ever won (`side` 1) or lost (-1), or tied; shape (n_items,)."""
    outcome = comparisons.outcome * side
    ever = np.zeros(len(comparisons.items), dtype=np.bool_)
    ever[comparisons.first[outcome >= 0]] = True
    ever[comparisons.second[outcome <= 0]] = True
    return ever


def _label(n_items: int, start: Indices, end: Indices, connection: str) -> Indices:
    from scipy.sparse import coo_array  # here, as scipy takes long to import
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(start)), (start, end)), (n_items, n_items)).tocsr()
    labels: Indices = connected_components(graph, directed=True, connection=connection)[1]
    return labels.astype(np.int64)
