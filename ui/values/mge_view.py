"""A graph by the rule of Moral Graph Elicitation: its counts, its thresholds, its drawing."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from html import escape

import numpy as np
import streamlit as st

from core.judgment import Floats, Indices
from core.value_graph.layout import positions
from core.value_graph.mge_rule import (
    MgeEdge,
    MgeThresholds,
    keep_edges,
    mge_page_rank,
    mge_wisdom,
)
from ui import chart_with_data
from ui.figures import count, source
from ui.sentences import plain
from ui.values import graph_chart
from ui.values.graph_filter import MAX_DRAWN

#: What the drawing of MGE takes for the most entropy, bits, and for middling impressions.
PALEST, MIDDLING = 1.8, 6


def thresholds(key: str) -> MgeThresholds:
    """Fields for the rule's thresholds; they begin as published."""
    one, two, three, four = st.columns(4)
    return MgeThresholds(
        min_wiser=int(one.number_input("Least “wiser”", 0, 1000, 2, key=f"wiser {key}")),
        min_likelihood=float(
            two.number_input("Least likelihood", -1.0, 1.0, 0.33, 0.01, key=f"likelihood {key}")
        ),
        max_entropy=float(
            three.number_input("Most entropy (bits)", 0.0, 4.0, 1.69, 0.01, key=f"entropy {key}")
        ),
        entropy_with_impressions=four.toggle(
            "Entropy as published",
            value=True,
            help="With impressions as one more outcome.",
            key=f"impressions {key}",
        ),
    )


def show(
    counted: Sequence[MgeEdge], titles: Mapping[str, str], chosen: MgeThresholds, key: str
) -> tuple[MgeEdge, ...]:
    """Draw the edges that the rule keeps, with ranks in a table; return them."""
    kept = keep_edges(counted, chosen)
    ranks, wisdom = mge_page_rank(kept), mge_wisdom(kept)
    st.caption(
        f"{len(kept):,} of {len(counted):,} directed pairs stay, between "
        f"{count(len(ranks), 'value', 'values')}. Contexts are pooled, a person's tendency to say "
        "yes is not taken out, and there are no intervals: to compare, not to conclude from. "
        + source("Moral Graph Elicitation's own counts")
    )
    if not kept:
        return kept
    drawn = sorted(kept, key=lambda edge: -edge.counts.impressions)[:MAX_DRAWN]
    if len(drawn) < len(kept):
        st.caption(f"Drawn are the {MAX_DRAWN:,} that most people were asked about.")
    order = sorted(ranks, key=lambda card: (-ranks[card], titles.get(card, card)))
    wisest = sorted(wisdom, key=lambda card: -wisdom[card])[:3]
    chart_with_data.draw(
        graph_chart.graph(draw(drawn, titles, wisdom), "wisdom (likelihoods added up)"),
        lambda: _columns(kept, titles),
        name=f"graph by MGE's rule {key}",
        says="Values stand the higher, the more their wisdom; arrows lead to the wiser one, the "
        "bolder the more were asked and agree. Point at a value or an arrow head for its counts. "
        f"Highest: {', '.join(f'{plain(titles.get(c, c))} ({wisdom[c]:.2f})' for c in wisest)}.",
        opens="Edges as a table",
        zooms=True,
    )
    chart_with_data.closed_table(
        {
            "value": [titles.get(card, card) for card in order],
            "PageRank": [round(ranks[card], 4) for card in order],
            "wisdom": [round(wisdom[card], 3) for card in order],
        },
        name=f"values by MGE's rule {key}",
        opens=f"Values as a table ({len(order):,})",
    )
    return kept


def _columns(kept: Sequence[MgeEdge], titles: Mapping[str, str]) -> chart_with_data.Columns:
    """The edges that are drawn, with their counts."""
    counts = [edge.counts for edge in kept]
    return {
        "value": [titles.get(edge.source, edge.source) for edge in kept],
        "wiser": [titles.get(edge.wiser, edge.wiser) for edge in kept],
        "likelihood": [round(edge.likelihood or 0.0, 3) for edge in kept],
        "entropy (bits)": [round(edge.entropy, 3) for edge in kept],
        "said wiser": [one.wiser for one in counts],
        "not wiser": [one.not_wiser for one in counts],
        "less wise": [one.less_wise for one in counts],
        "not sure": [one.unsure for one in counts],
        "impressions": [one.impressions for one in counts],
    }


@lru_cache(maxsize=4)
def _places(ends: tuple[tuple[int, int], ...], height: tuple[float, ...]) -> Floats:
    """Where values are drawn: kept, as it takes time."""
    tail, head = np.array(ends).T
    return positions(tail, head, np.array(height))


def draw(
    kept: Sequence[MgeEdge], titles: Mapping[str, str], wisdom: Mapping[str, float]
) -> graph_chart.Drawing:
    """The edges kept as points and lines, boldness by the formula of MGE's own drawing."""
    names = list(dict.fromkeys(name for edge in kept for name in (edge.source, edge.wiser)))
    number = {name: place for place, name in enumerate(names)}
    ends = tuple((number[edge.source], number[edge.wiser]) for edge in kept)
    tail: Indices = np.array([source for source, _ in ends])
    head: Indices = np.array([wiser for _, wiser in ends])
    place = _places(ends, tuple(wisdom[name] for name in names))
    asked = np.array([edge.counts.impressions for edge in kept], dtype=np.float64)
    shown = [escape(titles.get(name, name)) for name in names]
    weight: Floats = np.bincount(
        np.concatenate([tail, head]), np.tile(asked, 2), len(names)
    ).astype(np.float64)
    return graph_chart.Drawing(
        place=place,
        titles=[title[: graph_chart.LONGEST_TITLE] for title in shown],
        card_hover=[
            f"<b>{title}</b><br>wisdom {wisdom[name]:.2f}<br>{n:,.0f} impressions on its edges"
            for title, name, n in zip(shown, names, weight, strict=True)
        ],
        weight=weight,
        tail=tail,
        head=head,
        certainty=_boldness(kept),
        edge_hover=[
            _hover(edge, shown[i], shown[j])
            for edge, i, j in zip(kept, tail.tolist(), head.tolist(), strict=True)
        ],
        marked=np.zeros(len(kept), dtype=bool),
    )


def _boldness(kept: Sequence[MgeEdge]) -> Floats:
    """What MGE draws in grey, stretched to the range of a certainty; shape (n_edges,)."""
    entropy = np.array([edge.entropy for edge in kept])
    asked = np.array([edge.counts.impressions for edge in kept], dtype=np.float64)
    grey = np.clip(1 - entropy / PALEST, 0, 1) / (1 + np.exp(-(asked - MIDDLING) / 2))
    bold: Floats = 0.5 + 0.5 * grey / max(float(grey.max(initial=0.0)), 1e-9)
    return bold


def _hover(edge: MgeEdge, source: str, wiser: str) -> str:
    counts = edge.counts
    contexts = "".join(f"<br>{escape(one)}" for one in edge.contexts[:3])
    return (
        f"<b>{wiser}</b><br>wiser than {source}<br>likelihood {edge.likelihood or 0:.2f}, entropy "
        f"{edge.entropy:.2f} bits<br>{counts.wiser} wiser, {counts.not_wiser} not wiser, "
        f"{counts.less_wise} less wise, {counts.unsure} not sure; {counts.impressions} impressions"
        f"{contexts}"
    )
