"""Graphs of Moral Graph Elicitation that were imported, and what this study's votes say of them."""

from functools import lru_cache
from math import isclose

import numpy as np
import streamlit as st

from core.study import Study
from core.value_graph.mge_json import MgeGraph, read_mge
from core.value_graph.mge_rule import MgeEdge, MgeThresholds
from storage import mge_graphs
from storage.mge_graphs import ImportedGraph
from ui import chart_with_data, session
from ui.figures import count
from ui.figures import said as figure
from ui.values import graph_chart, graph_filter, graph_tables, graph_view, mge_view
from workbench.value_estimates import Found
from workbench.value_files import card_name
from workbench.values import Material

#: By how much a likelihood or an entropy of a file may differ from the rule's, for rounding.
SAME = 1e-6


@st.fragment
def show(here: session.Here, study: Study, found: Found | None, known: Material) -> None:
    """Draw an imported graph by its own counts, beside it the estimate from votes, if any."""
    graphs = {one.graph_id: one for one in mge_graphs.of_study(here.db, study.id)}
    if not graphs:
        return
    st.header("Imported graphs", anchor=False)
    name = next(iter(graphs))
    if len(graphs) > 1:
        name = st.selectbox(
            "Graph", list(graphs), format_func=lambda one: _name(graphs[one]), key="imported graph"
        )
    graph = _read(graphs[name].document)
    titles = {str(value.id): value.title for value in graph.values}
    chosen = mge_view.thresholds(f"of {name}")
    counted = _recounted(graph, chosen)
    _say_agreement(graph)
    theirs, ours = st.columns(2)
    with theirs:
        st.subheader("By its own counts and MGE's rule", anchor=False)
        kept = mge_view.show(counted, titles, chosen, name)
        if graph.all_edges is None:
            st.caption("The file holds the edges that were published only: others cannot come in.")
    with ours:
        st.subheader("By the votes given here, mended", anchor=False)
        _show_estimate(found, known, name, titles)
    if found is not None and kept:
        _show_beside(found, known, name, titles, kept)


def _name(graph: ImportedGraph) -> str:
    return f"{graph.imported_at:%Y-%m-%d %H:%M} UTC ({graph.graph_id})"


@lru_cache(maxsize=4)
def _read(document: str) -> MgeGraph:
    return read_mge(document)


def _recounted(graph: MgeGraph, chosen: MgeThresholds) -> tuple[MgeEdge, ...]:
    """Its edges, with likelihood and entropy worked out from their counts."""
    with_impressions = chosen.entropy_with_impressions
    return tuple(
        MgeEdge(
            edge.source,
            edge.wiser,
            edge.contexts,
            edge.counts,
            edge.counts.likelihood(),
            edge.counts.entropy(with_impressions=with_impressions),
        )
        for edge in graph.counted()
    )


def _say_agreement(graph: MgeGraph) -> None:
    """Whether the file's own figures follow from its counts."""
    edges = graph.counted()
    alike = sum(
        isclose(edge.likelihood or 0.0, edge.counts.likelihood() or 0.0, abs_tol=SAME)
        and isclose(edge.entropy, edge.counts.entropy(), abs_tol=SAME)
        for edge in edges
    )
    st.caption(
        f"{count(len(graph.values), 'value', 'values')} and "
        f"{count(len(edges), 'edge', 'edges')}. Likelihood and entropy of the file are those that "
        f"the rule makes of its counts for {alike:,} of {len(edges):,} edges."
    )


def _show_estimate(found: Found | None, known: Material, name: str, titles: dict[str, str]) -> None:
    place = _places(found, known, name, titles)
    inside = set(place.values())
    if found is None or not inside:
        st.info(
            "Nobody has voted on these values here, or no estimate was made since. Import the "
            "table of judgements below, or ask people on the page Values; then estimate."
        )
        return
    edges = found.graph.edges
    ends = zip(edges.first.tolist(), edges.second.tolist(), strict=True)
    rows = np.array([i in inside and j in inside for i, j in ends], dtype=bool)
    chosen = graph_filter.everything(found.graph).where(np.flatnonzero(rows))
    if not len(chosen.edges):
        st.info("No vote is about two of these values.")
        return
    chart_with_data.draw(
        graph_chart.graph(graph_view.draw(found, known, graph_filter.thin(chosen))),
        lambda: graph_tables.edges(found, known, chosen),
        name=f"estimate beside {name}",
        says=f"n = {count(int(chosen.log_odds.n.sum()), 'vote', 'votes')}. "
        f"{graph_view.says(found, known, chosen)} The tendency to say yes is taken out, and "
        "boldness is the certainty of the direction.",
        opens="Edges as a table",
        zooms=True,
    )


def _places(
    found: Found | None, known: Material, name: str, titles: dict[str, str]
) -> dict[str, int]:
    """Where the values of a file stand among the cards of the estimate."""
    if found is None:
        return {}
    number = {card: place for place, card in enumerate(found.graph.cards)}
    places = {value: number.get(known.stands_for(card_name(name, value)), -1) for value in titles}
    return {value: place for value, place in places.items() if place >= 0}


def _show_beside(
    found: Found,
    known: Material,
    name: str,
    titles: dict[str, str],
    kept: tuple[MgeEdge, ...],
) -> None:
    """Each edge that the rule keeps, with what the estimate says of it."""
    place = _places(found, known, name, titles)
    edges = found.graph.edges
    number = {
        ends: row
        for row, ends in enumerate(zip(edges.first.tolist(), edges.second.tolist(), strict=True))
    }
    rows = []
    for edge in kept:
        source, wiser = place.get(edge.source, -1), place.get(edge.wiser, -1)
        row = number.get((min(source, wiser), max(source, wiser)))
        said: dict[str, object] = {"sure": None, "odds": "no vote", "votes": 0}
        if row is not None:
            first_wiser = float(edges.first_wiser[row])
            sure = first_wiser if int(edges.first[row]) == wiser else 1 - first_wiser
            odds = graph_view.towards(edges.log_odds.row(row), first=int(edges.first[row]) == wiser)
            said = {"sure": round(sure, 3), "odds": figure(odds, 2), "votes": odds.n}
        rows.append((edge, said))
    level = 0.95
    known_rows = [said["sure"] for _, said in rows if isinstance(said["sure"], float)]
    n_sure = sum(one >= level for one in known_rows)
    against = sum(one <= 1 - level for one in known_rows)
    st.markdown(
        f"Of the {len(rows):,} edges that the rule keeps, {len(known_rows):,} have votes here: "
        f"{n_sure:,} are {level:.0%} sure to point this way, {against:,} are as sure to point the "
        f"other way, and for {len(known_rows) - n_sure - against:,} nothing is settled: ask those "
        "again, both ways."
    )
    chart_with_data.closed_table(
        {
            "value": [titles[edge.source] for edge, _ in rows],
            "wiser": [titles[edge.wiser] for edge, _ in rows],
            "likelihood": [round(edge.likelihood or 0.0, 3) for edge, _ in rows],
            "impressions": [edge.counts.impressions for edge, _ in rows],
            "P(wiser), mended": [said["sure"] for _, said in rows],
            "log-odds (90 % interval)": [said["odds"] for _, said in rows],
            "votes here": [said["votes"] for _, said in rows],
        },
        name="imported edges beside the estimate",
        opens=f"These edges as a table ({len(rows):,})",
    )
