"""The value graph as a plotly chart: pure, so it is tested without a screen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.judgment import Floats, Indices
from ui.plotly_later import graph_objects

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

#: From these certainties on, edges are drawn with these widths and opacities.
CLASSES = ((0.5, 0.8, 0.25), (0.8, 1.4, 0.45), (0.95, 2.2, 0.8))
#: More names than these cover each other: then the highest are named. The pointer shows all.
MAX_NAMED, FEW_NAMED, LONGEST_TITLE = 25, 8, 40
SHORTEST, LONGEST = 8, 26
EDGE, OTHER = "#8a8f98", "#c2570c"


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """What is drawn: cards as points, edges as lines from the less wise to the wiser card.

    Attributes
    ----------
    place : ndarray, shape (n_cards, 2)
    titles, card_hover : sequence of str
        For each card, in HTML as plotly reads it.
    weight : ndarray, shape (n_cards,)
        Votes on each card, for the size of its point.
    tail, head : ndarray of int64, shape (n_edges,)
    certainty : ndarray, shape (n_edges,)
        From one half to 1.
    edge_hover : sequence of str
    marked : ndarray of bool, shape (n_edges,)
        Edges where the chosen group deviates for sure: the only ones with a colour.
    """

    place: Floats
    titles: Sequence[str]
    card_hover: Sequence[str]
    weight: Floats
    tail: Indices
    head: Indices
    certainty: Floats
    edge_hover: Sequence[str]
    marked: npt.NDArray[np.bool_]


WORTH = "worth (log-odds, the wiser the higher)"


def graph(drawing: Drawing, height: str = WORTH) -> "Figure":
    """Draw it; the wiser the higher. Panned and zoomed by the pointer, or by plotly's buttons."""
    go = graph_objects()
    figure = go.Figure()
    ends = np.array([least for least, _, _ in CLASSES[1:]])
    place_of_class = np.searchsorted(ends, drawing.certainty, side="right")
    for number, (_, width, opacity) in enumerate(CLASSES):
        for marked, colour in ((False, EDGE), (True, OTHER)):
            rows = np.flatnonzero((place_of_class == number) & (drawing.marked == marked))
            if len(rows):
                _add_lines(figure, drawing, rows, width=width, opacity=opacity, colour=colour)
    _add_heads(figure, drawing)
    _add_cards(figure, drawing)
    figure.update_layout(
        height=640,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        xaxis={"visible": False, "range": _with_room(drawing.place[:, 0])},
        yaxis={"title": height, "zeroline": False},
        showlegend=False,
        dragmode="pan",
        hovermode="closest",
    )
    return figure


def _add_lines(
    figure: "Figure", drawing: Drawing, rows: Indices, *, width: float, opacity: float, colour: str
) -> None:
    """All lines of one look are one trace: ends, and a gap after each."""
    tails, heads = drawing.place[drawing.tail[rows]], drawing.place[drawing.head[rows]]
    gap = np.full(len(rows), np.nan)
    lines = [
        np.round(np.column_stack([tails[:, axis], heads[:, axis], gap]).ravel(), 3)
        for axis in (0, 1)
    ]
    figure.add_scatter(
        x=lines[0],
        y=lines[1],
        mode="lines",
        line={"width": width, "color": colour},
        opacity=opacity,
        hoverinfo="skip",
    )


def _add_heads(figure: "Figure", drawing: Drawing) -> None:
    """An arrow head on each edge, nearer to the wiser card: there the pointer reads the edge.

    Plotly turns a head by the point before it, on the screen as it is stretched; that point has no
    size. What the pointer reads is a trace of its own, one point an edge.
    """
    tails, heads = drawing.place[drawing.tail], drawing.place[drawing.head]
    middle = tails + 0.6 * (heads - tails)
    gap = np.full(len(tails), np.nan)
    steps = [
        np.round(np.column_stack([tails[:, axis], middle[:, axis], gap]).ravel(), 3)
        for axis in (0, 1)
    ]
    colours = np.where(drawing.marked, OTHER, EDGE)
    figure.add_scatter(
        x=steps[0],
        y=steps[1],
        mode="markers",
        marker={
            "symbol": "arrow",
            "angleref": "previous",
            "size": np.tile([0, 9, 0], len(tails)),
            "color": np.repeat(colours, 3).tolist(),
        },
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=np.round(middle[:, 0], 3),
        y=np.round(middle[:, 1], 3),
        mode="markers",
        marker={"size": 10, "color": EDGE, "opacity": 0},
        hovertext=list(drawing.edge_hover),
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _add_cards(figure: "Figure", drawing: Drawing) -> None:
    most = max(float(drawing.weight.max(initial=0.0)), 1.0)
    sizes = SHORTEST + (LONGEST - SHORTEST) * np.sqrt(drawing.weight / most)
    figure.add_scatter(
        x=np.round(drawing.place[:, 0], 3),
        y=np.round(drawing.place[:, 1], 3),
        mode="markers+text",
        text=_names(drawing),
        textposition="top center",
        cliponaxis=False,
        marker={"size": np.round(sizes, 1), "color": "#2563ab", "line": {"width": 1}},
        hovertext=list(drawing.card_hover),
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _names(drawing: Drawing) -> list[str]:
    if len(drawing.titles) <= MAX_NAMED:
        return list(drawing.titles)
    highest = set(np.argsort(-drawing.place[:, 1])[:FEW_NAMED].tolist())
    return [title if n in highest else "" for n, title in enumerate(drawing.titles)]


def _with_room(across: Floats) -> list[float]:
    """The ends of an axis, with room at both sides for names."""
    low, high = float(across.min(initial=0.0)), float(across.max(initial=0.0))
    room = 0.15 * max(high - low, 1e-9)
    return [low - room, high + room]
