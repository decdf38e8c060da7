"""Heat maps and maps of items as plotly charts: pure. Whatever a colour says, a text says too."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from core.coverage import HeatMap, QualityGrid, Want, Wanted
from core.judgment import Floats, Indices
from ui.charts import MARGIN
from ui.interval_charts import LINE
from ui.plotly_later import graph_objects

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

#: Even to the eye from end to end, also for who sees no red and green (Nuñez et al. 2018).
COLOURS = "Cividis"
#: Cells to a side of which the numbers can still be read inside.
MAX_WRITTEN = 14
HEIGHT = 560


def judged_cells(heat: HeatMap, names: Sequence[str]) -> "Figure":
    """Judgments a possible pair between groups of items; `names` are those of the groups."""
    go = graph_objects()
    none = np.full(heat.possible.shape, np.nan)
    each = np.divide(heat.judgments, heat.possible, out=none, where=heat.possible > 0)
    written = len(names) <= MAX_WRITTEN
    about = np.stack([heat.asked, heat.possible, heat.judgments], axis=-1)
    figure = go.Figure(
        go.Heatmap(
            z=each,
            x=list(names),
            y=list(names),
            zmin=0,
            zmax=max(float(np.nan_to_num(each).max()), 1e-9),
            colorscale=COLOURS,
            xgap=1,
            ygap=1,
            text=_written(each) if written else None,
            texttemplate="%{text}" if written else None,
            customdata=about,
            hovertemplate="%{y}<br>%{x}<br>%{customdata[0]:,} of %{customdata[1]:,} pairs judged, "
            "%{customdata[2]:,} judgments<extra></extra>",
            colorbar={"title": "judgments<br>per pair"},
        )
    )
    figure.update_layout(
        height=HEIGHT,
        margin=MARGIN,
        xaxis={
            "type": "category",
            "showticklabels": False,
            "showgrid": False,
            "constrain": "domain",
        },
        yaxis={
            "type": "category",
            "showticklabels": False,
            "showgrid": False,
            "autorange": "reversed",
            "scaleanchor": "x",
        },
    )
    return figure


def votes_on_cards(votes: Indices, contexts: Sequence[str], cards: Sequence[str]) -> "Figure":
    """Votes on each card in each context, shape (n_contexts, n_cards); below 0: not held there."""
    go = graph_objects()
    counts = np.where(votes < 0, np.nan, votes.astype(np.float64))
    written = len(cards) <= MAX_WRITTEN
    figure = go.Figure(
        go.Heatmap(
            z=counts,
            x=list(cards),
            y=list(contexts),
            zmin=0,
            zmax=max(float(np.nan_to_num(counts).max(initial=0.0)), 1.0),
            colorscale=COLOURS,
            xgap=1,
            ygap=1,
            text=_written(counts) if written else None,
            texttemplate="%{text}" if written else None,
            hovertemplate="%{y}<br>%{x}<br>%{z:,} votes<extra></extra>",
            colorbar={"title": "votes"},
        )
    )
    figure.update_layout(
        height=160 + 34 * len(contexts),
        margin=MARGIN,
        xaxis={"type": "category", "showticklabels": written, "automargin": True},
        yaxis={"type": "category", "autorange": "reversed", "automargin": True},
    )
    return figure


def _written(values: Floats) -> list[list[str]]:
    return [["" if np.isnan(cell) else f"{cell:.3g}" for cell in row] for row in values.tolist()]


def items_on_map(labels: Sequence[str], points: Floats, shown: Indices) -> "Figure":
    """Items where their words put them; those in no judged pair as open diamonds."""
    go = graph_objects()
    figure = go.Figure()
    for name, chosen, symbol in (
        ("in judged pairs", shown > 0, "circle"),
        ("in no judged pair", shown == 0, "diamond-open"),
    ):
        places = np.flatnonzero(chosen)
        if not len(places):
            continue
        figure.add_scattergl(
            x=points[places, 0],
            y=points[places, 1],
            mode="markers",
            name=name,
            marker={"symbol": symbol, "size": 8 if symbol == "circle" else 11, "opacity": 0.75},
            customdata=[(labels[i], int(shown[i])) for i in places.tolist()],
            hovertemplate="%{customdata[0]}<br>in %{customdata[1]:,} judgments<extra></extra>",
        )
    figure.update_layout(height=HEIGHT, margin=MARGIN, **_axes(), legend=_LEGEND)
    return figure


def quality_cells(
    grid: QualityGrid, labels: Sequence[str], wanted: Sequence[Wanted], *, with_quality: bool
) -> "Figure":
    """Cells of the map: the strength of the best item of each, how many items, and what is wanted.

    A cell whose items miss judgments has "!" behind its number; a cross stands in an empty one that
    an item would fill.
    """
    go = graph_objects()
    filled = grid.n_items > 0
    best = [[labels[i] if i >= 0 else "no item" for i in row] for row in grid.best.tolist()]
    quality = np.where(np.isfinite(grid.quality), grid.quality, np.nan)
    colour = quality if with_quality else np.where(filled, grid.n_judgments, np.nan)
    title = "strength<br>of the best" if with_quality else "judgments"
    text = np.where(filled, grid.n_items.astype(str), "").astype(object)
    for one in wanted:
        if one.want is Want.JUDGE:
            text[one.row, one.column] += " !"
    figure = go.Figure(
        go.Heatmap(
            z=colour,
            x=_middles(grid.x_edges),
            y=_middles(grid.y_edges),
            colorscale=COLOURS,
            xgap=2,
            ygap=2,
            text=text,
            texttemplate="%{text}",
            customdata=np.dstack([best, grid.n_items, grid.n_judgments]),
            hovertemplate="%{customdata[0]}<br>%{customdata[1]} items, shown %{customdata[2]} "
            "times<extra></extra>",
            colorbar={"title": title},
        )
    )
    gaps = [one for one in wanted if one.want is Want.WRITE]
    figure.add_scatter(
        x=[one.centre[0] for one in gaps],
        y=[one.centre[1] for one in gaps],
        mode="markers",
        marker={"symbol": "cross-thin-open", "size": 11, "color": LINE},
        customdata=[one.neighbours for one in gaps],
        hovertemplate="a gap: %{customdata} filled cells around it<extra></extra>",
        showlegend=False,
    )
    axes = _axes()
    for axis, name, edges in (("xaxis", "column", grid.x_edges), ("yaxis", "row", grid.y_edges)):
        ticks = {"tickvals": _middles(edges), "ticktext": list(range(1, len(edges)))}
        ends = {"range": [edges[0], edges[-1]], "showgrid": False}
        axes[axis] = {**axes[axis], **ticks, **ends, "showticklabels": True, "title": name}
    figure.update_layout(height=HEIGHT, margin=MARGIN, **axes)
    return figure


def _middles(edges: Floats) -> Floats:
    middles: Floats = (edges[1:] + edges[:-1]) / 2
    return middles


_LEGEND = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}


def _axes() -> dict[str, Any]:
    return {
        "xaxis": {"title": "first axis of the words", "showticklabels": False, "zeroline": False},
        "yaxis": {"title": "second axis", "showticklabels": False, "zeroline": False},
    }
