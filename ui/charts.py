"""Results of core as plotly charts: pure, so they are tested without a screen."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.judgment import Floats
from ui.plotly_later import graph_objects

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

ROW_HEIGHT = 26
#: With more points their names would cover each other; the pointer still shows them.
MAX_NAMED = 40
MARGIN = {"l": 10, "r": 10, "t": 30, "b": 10}


def strengths(labels: Sequence[str], value: Floats, low: Floats, high: Floats) -> "Figure":
    """Strengths (log-odds, nats) with 95 % intervals, the strongest on top; all shape (n,)."""
    go = graph_objects()
    order = value.argsort()
    figure = go.Figure(
        go.Scatter(
            x=value[order],
            y=[labels[i] for i in order],
            mode="markers",
            marker={"size": 9},
            error_x={
                "type": "data",
                "array": (high - value)[order],
                "arrayminus": (value - low)[order],
                "thickness": 1.5,
            },
            customdata=list(zip(low[order], high[order], strict=True)),
            hovertemplate="%{y}<br>%{x:.2f} (%{customdata[0]:.2f} to %{customdata[1]:.2f})"
            "<extra></extra>",
        )
    )
    figure.add_vline(x=0, line_dash="dot", line_width=1, line_color="#808080")
    figure.update_layout(
        height=120 + ROW_HEIGHT * len(labels),
        margin=MARGIN,
        xaxis_title="strength (log-odds, 0 = mean)",
        yaxis={"automargin": True, "type": "category"},
    )
    return figure


def bars(labels: Sequence[str], values: Sequence[float], title: str) -> "Figure":
    """One horizontal bar for each label, the longest on top."""
    go = graph_objects()
    order = sorted(range(len(values)), key=lambda i: values[i])
    figure = go.Figure(
        go.Bar(
            x=[values[i] for i in order],
            y=[labels[i] for i in order],
            orientation="h",
            hovertemplate="%{y}: %{x}<extra></extra>",
        )
    )
    figure.update_layout(
        height=120 + ROW_HEIGHT * len(labels),
        margin=MARGIN,
        xaxis_title=title,
        yaxis={"automargin": True, "type": "category"},
    )
    return figure


def plane(labels: Sequence[str], positions: Floats) -> "Figure":
    """Items as points around the origin, shape (n, 2); each beats those clockwise of it."""
    go = graph_objects()
    named = len(labels) <= MAX_NAMED
    figure = go.Figure(
        go.Scatter(
            x=positions[:, 0],
            y=positions[:, 1],
            mode="markers+text" if named else "markers",
            text=[text.partition(" · ")[0] for text in labels] if named else None,
            textposition="top center",
            marker={"size": 9},
            hovertext=labels,
            hovertemplate="%{hovertext}<extra></extra>",
        )
    )
    figure.add_scatter(
        x=[0],
        y=[0],
        mode="markers",
        marker={"symbol": "cross-thin-open", "size": 14},
        hoverinfo="skip",
    )
    figure.update_layout(
        height=480,
        margin=MARGIN,
        xaxis={"visible": False},
        yaxis={"visible": False, "scaleanchor": "x"},
        showlegend=False,
    )
    return figure
