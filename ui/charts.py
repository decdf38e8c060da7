"""Results of core as plotly charts: pure, so they are tested without a screen."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.judgment import Floats
from ui.plotly_later import graph_objects

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from core.calibration import ReliabilityCurve

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
        xaxis_title="strength (log-odds, 0 = average of those compared with it)",
        yaxis={"automargin": True, "type": "category"},
    )
    return figure


def reliability(curve: "ReliabilityCurve") -> "Figure":
    """Observed share against predicted probability, with intervals, the diagonal and chance.

    The filled area is where with 95 % all shares together would lie for a calibrated model.
    """
    go = graph_objects()
    observed = [part.observed for part in curve.bins]
    figure = go.Figure()
    x = [part.predicted for part in curve.bins]
    for end in (0, 1):
        figure.add_scatter(
            x=x,
            y=[part.by_chance[end] for part in curve.bins],
            mode="lines",
            line={"width": 0},
            fill="tonexty" if end else None,
            hoverinfo="skip",
        )
    figure.add_scatter(x=[0.5, 1], y=[0.5, 1], mode="lines", line={"dash": "dot", "width": 1})
    figure.add_scatter(
        x=[part.predicted for part in curve.bins],
        y=[share.value for share in observed],
        mode="markers+lines",
        marker={"size": 9},
        error_y={
            "type": "data",
            "array": [share.high - share.value for share in observed],
            "arrayminus": [share.value - share.low for share in observed],
        },
        customdata=[share.n for share in observed],
        hovertemplate="predicted %{x:.2f}, observed %{y:.2f}, n %{customdata:,}<extra></extra>",
    )
    figure.update_layout(
        height=480,
        margin=MARGIN,
        xaxis={"title": "predicted probability of the item held better", "range": [0.48, 1.02]},
        yaxis={"title": "how often it was preferred", "rangemode": "normal"},
        showlegend=False,
    )
    return figure


def smooth_reliability(curve: Mapping[str, Floats]) -> "Figure":
    """Smoothed observed share against predicted probability, with its band and the diagonal.

    `curve` has `probability`, `observed`, `low` and `high`, shape (n,); nan where nothing is known.
    """
    go = graph_objects()
    figure = go.Figure()
    figure.add_scatter(x=[0.5, 1], y=[0.5, 1], mode="lines", line={"dash": "dot", "width": 1})
    known = ~np.isnan(curve["low"])
    x = curve["probability"][known]
    figure.add_scatter(x=x, y=curve["low"][known], mode="lines", line={"width": 0})
    figure.add_scatter(x=x, y=curve["high"][known], mode="lines", line={"width": 0}, fill="tonexty")
    figure.add_scatter(
        x=x,
        y=curve["observed"][known],
        mode="lines",
        line={"width": 3},
        hovertemplate="predicted %{x:.2f}, observed %{y:.2f}<extra></extra>",
    )
    figure.update_layout(
        height=420,
        margin=MARGIN,
        xaxis={"title": "predicted probability of the item held better", "range": [0.48, 1.02]},
        yaxis={"title": "how often it was preferred, smoothed"},
        showlegend=False,
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
