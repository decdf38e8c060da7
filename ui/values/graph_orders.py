"""Orders of the values side by side, MGE's own rule, and where wiser leads back to itself."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st

from ui import chart_with_data
from ui.figures import said as figure
from ui.figures import source
from ui.sentences import if_known, plain
from ui.values import mge_view
from workbench.value_estimates import Found
from workbench.values import Material

NAMES = {
    "hierarchical": "hierarchical estimate",
    "hodge": "HodgeRank potential",
    "page_rank": "PageRank, mended",
    "schulze": "Schulze",
    "bradley_terry": "Bradley-Terry",
    "general_preference": "general preference model",
}
N_SHOWN = 20


@if_known
def show_rankings(found: Found, known: Material) -> None:
    """Ranks by every method, and the pairs that methods order differently."""
    st.header("Orders side by side", anchor=False)
    graph = found.graph
    largest = np.flatnonzero(graph.of_cards.part == 0)
    scores = graph.of_cards.scores[:, largest]
    ranks = (np.argsort(np.argsort(-scores, axis=1, kind="stable"), axis=1) + 1).astype(np.int64)
    order: list[int] = np.argsort(ranks.mean(axis=0), kind="stable").tolist() if len(ranks) else []
    columns: dict[str, Any] = {
        "value": [known.title(graph.cards[largest[number]]) for number in order]
    }
    for method, row in zip(graph.methods, ranks, strict=True):
        columns[NAMES.get(method, method)] = row[order].tolist()
    chart_with_data.table(columns, name="orders side by side")
    st.caption(
        "Ranks in the largest connected part, 1 the wisest; ties in the order of ids. Where they "
        "differ, look at what votes there are before you rely on a place. "
        + source("Ranks of values")
    )
    disagreements = found.figures["disagreements"]
    if not disagreements:
        st.caption("All methods put all pairs in the same order.")
        return
    chart_with_data.closed_table(
        {
            "one": [known.title(pair["first"]) for pair in disagreements],
            "other": [known.title(pair["second"]) for pair in disagreements],
            "one is wiser by": [_methods(pair["first_wiser"]) for pair in disagreements],
            "other is wiser by": [_methods(pair["second_wiser"]) for pair in disagreements],
        },
        name="pairs that orders disagree on",
        opens=f"Where they disagree ({len(disagreements)} pairs, the most even first)",
    )


def _methods(names: list[str]) -> str:
    return ", ".join(NAMES.get(name, name) for name in names)


@st.fragment
@if_known
def show_mge_rule(found: Found, known: Material) -> None:
    """The graph that Moral Graph Elicitation would publish from the same votes."""
    st.header("By the rule of Moral Graph Elicitation", anchor=False)
    chosen = mge_view.thresholds("of own votes")
    titles = {card: known.title(card) for card in found.graph.cards}
    mge_view.show(found.graph.counted(chosen), titles, chosen, "of own votes")


@if_known
def show_cycles(found: Found, known: Material) -> None:
    """Cycles with their strength, the share that no order explains, and what to ask."""
    st.header("Cycles", anchor=False)
    said = found.figures["cycles"]
    st.markdown(
        f"One number for each value explains {figure(said['gradient'])} of the edges' energy; "
        f"{figure(said['rotation'])} runs in circles (90 % intervals; "
        f"{said['gradient']['n']:,} edges). {source('Cycles among values')}"
    )
    cycles = said["cycles"]
    if not cycles:
        st.caption("The likelier directions of the edges lead nowhere in a circle.")
        return
    if not said["is_complete"] or len(cycles) < said["n_cycles"]:
        st.caption(f"There are more than the {len(cycles)} listed.")
    chart_with_data.table(
        {
            "cycle, from less wise to wiser": [_round(known, cycle) for cycle in cycles],
            "P(real)": [round(cycle["probability"], 3) for cycle in cycles],
            "strength (log-odds)": [round(cycle["strength"], 2) for cycle in cycles],
        },
        name="cycles of values",
    )
    st.markdown(
        "**What would break them.** Asked first from now on; whoever calls one of the two wiser is "
        "asked when it would be the other way round (see “When it depends”):"
    )
    asked = list(dict.fromkeys(_question(known, cycle) for cycle in cycles))
    st.markdown("\n".join(f"- {question}" for question in asked[:N_SHOWN]))


def _round(known: Material, cycle: Mapping[str, Any]) -> str:
    cards = cycle["cards"]
    return " → ".join(known.title(card) for card in [*cards, cards[0]])


def _question(known: Material, cycle: Mapping[str, Any]) -> str:
    question = cycle["question"]
    less, more = plain(known.title(question["less_wise"])), plain(known.title(question["wiser"]))
    return f"In which situations is {less} wiser than {more}, and in which the other way round?"
