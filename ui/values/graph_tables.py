"""The value graph for those who read: cards and edges as tables, and to take away."""

from collections.abc import Mapping, Sequence

import numpy as np

from ui import chart_with_data
from ui.values.graph_filter import Selection
from workbench.value_estimates import Found
from workbench.values import Material

Columns = Mapping[str, Sequence[object]]


def show_cards(found: Found, known: Material, chosen: Selection) -> None:
    """Cards, the likeliest wisest first; those that nobody was asked about last."""
    chart_with_data.table(cards(found, known, chosen), name="values of the graph")


def cards(found: Found, known: Material, chosen: Selection) -> Columns:
    """Columns of all cards on the edges chosen, and of those never asked about."""
    graph, columns = found.graph, found.graph.of_cards
    ends = np.concatenate([graph.edges.first[chosen.edges], graph.edges.second[chosen.edges]])
    on = set(ends.tolist()) | set(np.flatnonzero(columns.part < 0).tolist())
    order = sorted(on, key=lambda n: (columns.part[n] < 0, -columns.best[n], -columns.standing[n]))
    votes = np.bincount(ends, np.tile(chosen.log_odds.n, 2), minlength=len(graph.cards))
    ranked = [columns.part[n] >= 0 for n in order]
    return {
        "value": [known.title(graph.cards[n]) for n in order],
        "P(wisest)": _where(ranked, columns.best[order].round(3).tolist()),
        "best rank": _where(ranked, columns.rank_low[order].tolist()),
        "worst rank": _where(ranked, columns.rank_high[order].tolist()),
        f"P(top {found.figures['data']['top']})": _where(
            ranked, columns.among_top[order].round(3).tolist()
        ),
        "votes": votes[order].astype(np.int64).tolist(),
        "part": _where(ranked, (columns.part[order] + 1).tolist()),
        "id": [graph.cards[n] for n in order],
    }


def edges(found: Found, known: Material, chosen: Selection) -> Columns:
    """Columns of the edges chosen; the likelier wiser value stands left."""
    graph = found.graph
    order = np.argsort(-chosen.certainty, kind="stable")
    some = chosen.where(order)
    up = some.log_odds.value >= 0
    sign = np.where(up, 1.0, -1.0)
    first, second = graph.edges.first[some.edges], graph.edges.second[some.edges]
    low, high = some.log_odds.low, some.log_odds.high
    titles = [known.title(card) for card in graph.cards]
    return {
        "wiser": [titles[n] for n in np.where(up, first, second)],
        "than": [titles[n] for n in np.where(up, second, first)],
        "certainty": some.certainty.round(3).tolist(),
        "log-odds": (sign * some.log_odds.value).round(3).tolist(),
        "low": np.where(up, low, -high).round(3).tolist(),
        "high": np.where(up, high, -low).round(3).tolist(),
        "votes": some.log_odds.n.tolist(),
        "people": graph.edges.n_people[some.edges].tolist(),
        "both ways": (graph.edges.both_ways[some.edges] > 0).tolist(),
        "differs": some.marked.tolist(),
    }


def _where(kept: Sequence[object], column: Sequence[object]) -> list[object]:
    return [value if keep else None for keep, value in zip(kept, column, strict=True)]
