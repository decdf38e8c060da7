"""Which cards and edges of a value graph are looked at."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import streamlit as st

from core.judgment import Floats, Indices
from core.value_graph.report import CellColumns, GraphReport, Interval
from workbench.value_estimates import Found
from workbench.values import Material

#: Edges drawn at once: more make a black cloud, and a slow page.
MAX_DRAWN = 1500
EVERYTHING = ""


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """Edges chosen by the filters, and what is said of them.

    Attributes
    ----------
    edges : ndarray of int64, shape (n,)
        Numbers of the edges.
    log_odds : Interval
        Of these, in the context or group chosen.
    certainty : ndarray, shape (n,)
        P(the likelier direction is the true one); of a context or group by a normal approximation.
    marked : ndarray of bool, shape (n,)
        Where the group chosen deviates from the others for sure.
    what : str
        The context or group in words; empty for all together.
    """

    edges: Indices
    log_odds: Interval
    certainty: Floats
    marked: npt.NDArray[np.bool_]
    what: str

    def where(self, rows: Indices) -> "Selection":
        odds = Interval(*(getattr(self.log_odds, name)[rows] for name in Interval.__slots__))
        return replace(
            self,
            edges=self.edges[rows],
            log_odds=odds,
            certainty=self.certainty[rows],
            marked=self.marked[rows],
        )


def choose(found: Found, known: Material) -> Selection:
    """Draw the filters and return what they leave."""
    graph = found.graph
    one, two, three, four = st.columns(4)
    contexts = {
        EVERYTHING: "all together",
        **{name: known.context(name) for name in graph.contexts},
    }
    context = one.selectbox("Context", list(contexts), format_func=contexts.__getitem__)
    groups = {EVERYTHING: "all people", **{name: name for name in graph.groups}}
    group = two.selectbox(
        "Group", list(groups), format_func=groups.__getitem__, disabled=not graph.groups,
        help=None if graph.groups else found.figures["groups"].get("failure"),
    )  # fmt: skip
    cases = {EVERYTHING: "all cases", **{case.id: case.title for case in known.settings.cases}}
    case = three.selectbox("Case", list(cases), format_func=cases.__getitem__)
    least = four.slider("Least certainty of an edge", 0.5, 1.0, 0.5, 0.01)
    chosen = _of(graph, context, group, contexts, groups)
    keep = chosen.certainty >= least
    if case:
        inside = np.array([_in_case(known, name, case) for name in graph.cards], dtype=bool)
        first, second = graph.edges.first[chosen.edges], graph.edges.second[chosen.edges]
        keep &= inside[first] & inside[second]
    return chosen.where(np.flatnonzero(keep))


def _in_case(known: Material, name: str, case: str) -> bool:
    group = known.group_of(name)
    members = (name,) if group is None else group.members
    return any(known.cards[one].case_id == case for one in members if one in known.cards)


def _of(
    graph: GraphReport, context: str, group: str, contexts: dict[str, str], groups: dict[str, str]
) -> Selection:
    if group:
        return _cells(graph.by_group, graph.groups.index(group), groups[group], mark=True)
    if context and len(graph.by_context.edge):
        label = graph.contexts.index(context)
        return _cells(graph.by_context, label, contexts[context], mark=False)
    return everything(graph)


def everything(graph: GraphReport) -> Selection:
    """All edges, of all people and contexts together."""
    edges = np.arange(len(graph.edges.first))
    none = np.zeros(len(edges), dtype=bool)
    return Selection(edges, graph.edges.log_odds, graph.certainty(), none, "")


def _cells(cells: CellColumns, label: int, what: str, *, mark: bool) -> Selection:
    rows = np.flatnonzero(cells.label == label)
    odds = Interval(*(getattr(cells.log_odds, name)[rows] for name in Interval.__slots__))
    marked = (cells.differs[rows] > 0) & mark
    return Selection(cells.edge[rows], odds, _certainty(odds), marked, what)


def _certainty(odds: Interval) -> Floats:
    """Φ(|mean| / sd), the standard deviation read off a 90 % interval."""
    from math import erf

    sd = np.maximum((odds.high - odds.low) / (2 * 1.6448536269514722), 1e-9)
    return np.array([0.5 * (1 + erf(z / 2**0.5)) for z in np.abs(odds.value) / sd])


def thin(chosen: Selection) -> Selection:
    """The edges that are drawn where there are too many: the most certain ones."""
    order = np.argsort(-chosen.certainty, kind="stable")[:MAX_DRAWN]
    return chosen.where(np.sort(order))
