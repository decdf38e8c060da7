"""Estimates with their intervals as plotly charts: pure, so that they are tested alone."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.judgment import Floats
from ui.charts import MARGIN, ROW_HEIGHT
from ui.plotly_later import graph_objects

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

#: Labels longer than this would leave no room for the chart.
MAX_LABEL = 34
#: Of a longer label so much of the end is kept, as ids often differ there.
END = 12
#: Seen on light and on dark.
LINE = "#808080"


def intervals(
    labels: Sequence[str],
    value: Floats,
    low: Floats,
    high: Floats,
    *,
    title: str,
    line: float | None = None,
    band: tuple[float, float] | None = None,
) -> "Figure":
    """A point with its interval for each label, the first on top; ends may be infinite.

    Parameters
    ----------
    value, low, high : ndarray, shape (n,)
        Without an interval where an end is infinite or nan.
    line : float or None
        Where a dotted line stands for what is to be compared with.
    band : tuple of float or None
        The interval of that, shaded.
    """
    go = graph_objects()
    names = unlike([short(label) for label in labels])
    known = np.isfinite(low) & np.isfinite(high)
    figure = go.Figure(
        go.Scatter(
            x=value,
            y=names,
            mode="markers",
            marker={"size": 9, "symbol": np.where(known, "circle", "circle-open")},
            error_x={
                "type": "data",
                "array": np.where(known, high - value, 0.0),
                "arrayminus": np.where(known, value - low, 0.0),
                "thickness": 1.5,
            },
            customdata=list(zip(labels, low, high, strict=True)),
            hovertemplate="%{customdata[0]}<br>%{x:.3f} (%{customdata[1]:.3f} to "
            "%{customdata[2]:.3f})<extra></extra>",
        )
    )
    if band is not None:
        figure.add_vrect(*band, fillcolor=LINE, opacity=0.2, line_width=0, layer="below")
    if line is not None:
        figure.add_vline(x=line, line_dash="dot", line_width=1, line_color=LINE)
    figure.update_layout(
        height=120 + ROW_HEIGHT * len(labels),  # with room for the title below one row
        margin=MARGIN,
        xaxis={"title": {"text": title, "standoff": 12}, "automargin": True},
        yaxis={"automargin": True, "type": "category", "autorange": "reversed"},
    )
    return figure


def over_time(
    days: Sequence[str], value: Floats, low: Floats, high: Floats, *, title: str
) -> "Figure":
    """A point with its interval for each week, joined in order of time; days as 2026-01-31."""
    figure = along(days, value, low, high, title=title, along_title="week")
    # Around a single date the axis would be marked in thousandths of a second.
    figure.update_xaxes(type="date" if len(days) > 1 else "category")
    return figure


def along(
    x: Sequence[str] | Sequence[int],
    value: Floats,
    low: Floats,
    high: Floats,
    *,
    title: str,
    along_title: str,
) -> "Figure":
    """A point with its interval for each x, joined in their order."""
    go = graph_objects()
    known = np.isfinite(low) & np.isfinite(high)
    figure = go.Figure(
        go.Scatter(
            x=list(x),
            y=value,
            mode="lines+markers",
            line={"width": 1, "dash": "dot"},
            marker={"size": 8},
            error_y={
                "type": "data",
                "array": np.where(known, high - value, 0.0),
                "arrayminus": np.where(known, value - low, 0.0),
                "thickness": 1.5,
            },
            customdata=list(zip(low, high, strict=True)),
            hovertemplate=f"{along_title} %{{x}}<br>%{{y:.3f}} (%{{customdata[0]:.3f}} to "
            "%{customdata[1]:.3f})<extra></extra>",
        )
    )
    figure.update_layout(height=340, margin=MARGIN, yaxis_title=title, xaxis_title=along_title)
    return figure


def short(label: str) -> str:
    """The beginning and the end of a long label."""
    if len(label) <= MAX_LABEL:
        return label
    return f"{label[: MAX_LABEL - 1 - END]}…{label[-END:]}"


def unlike(labels: Sequence[str]) -> list[str]:
    """Labels of which no two are alike, as a chart puts those together."""
    seen: dict[str, int] = {}
    named = []
    for label in labels:
        seen[label] = seen.get(label, 0) + 1
        named.append(label if seen[label] == 1 else f"{label} ({seen[label]})")
    return named
