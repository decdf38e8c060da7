"""Results of core as plotly charts: pure, so they are tested without a screen."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.calibration import ReliabilityCurve

from core.judgment import Floats

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

# plotly takes a while to import: each function does, when its chart is wanted.

ROW_HEIGHT = 26
MARGIN = {"l": 10, "r": 10, "t": 30, "b": 10}


def strengths(labels: Sequence[str], value: Floats, low: Floats, high: Floats) -> "Figure":
    """Strengths (log-odds, nats) with 95 % intervals, the strongest on top; all shape (n,)."""
    import plotly.graph_objects as go

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
    figure.add_vline(x=0, line_dash="dot", line_width=1)
    figure.update_layout(
        height=120 + ROW_HEIGHT * len(labels),
        margin=MARGIN,
        xaxis_title="strength (log-odds, 0 = average of those compared with it)",
        yaxis={"automargin": True, "type": "category"},
    )
    return figure


def reliability(curve: ReliabilityCurve) -> "Figure":
    """Observed share against predicted probability, with 95 % intervals and the diagonal."""
    import plotly.graph_objects as go

    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", name="perfect", line={"dash": "dot", "width": 1}
    )
    figure.add_scatter(
        x=curve.predicted,
        y=curve.observed,
        mode="markers+lines",
        name="observed",
        marker={"size": 9},
        error_y={
            "type": "data",
            "array": curve.high - curve.observed,
            "arrayminus": curve.observed - curve.low,
        },
        customdata=curve.count,
        hovertemplate="predicted %{x:.2f}, observed %{y:.2f}, n %{customdata:.0f}<extra></extra>",
    )
    figure.update_layout(
        height=480,
        margin=MARGIN,
        xaxis={"title": "predicted probability", "range": [-0.02, 1.02]},
        yaxis={"title": "share preferred", "range": [-0.02, 1.02], "scaleanchor": "x"},
        showlegend=False,
    )
    return figure


def bars(labels: Sequence[str], values: Sequence[float], title: str) -> "Figure":
    """One horizontal bar for each label, the longest on top."""
    import plotly.graph_objects as go

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
