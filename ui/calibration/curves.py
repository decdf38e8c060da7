"""Reliability curves as plotly charts: pure, so that they are tested without a screen."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from core.judgment import Floats
from ui.charts import MARGIN
from ui.plotly_later import graph_objects

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

Bins = Sequence[Mapping[str, Any]]
AXES = {
    "xaxis": {"title": "predicted probability of the item held better", "range": [0.48, 1.02]},
    "yaxis": {"title": "how often it was preferred", "rangemode": "normal"},
    "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0.0},
}
#: Seen on light and on dark.
LINE, BAND = "#808080", "rgba(128, 128, 128, 0.22)"


def reliability(bins: Bins, before: Bins | None = None) -> "Figure":
    """Observed share against predicted probability, with intervals, the diagonal and chance.

    The filled area is where with 95 % all shares together would lie for a calibrated model.

    Parameters
    ----------
    bins : sequence of mappings
        `core.calibration.Bin` as the report has it.
    before : sequence of mappings or None
        The same before recalibration, drawn with other marks.
    """
    figure = graph_objects().Figure()
    name = "as used" if before is not None else "observed"
    _add_points(figure, bins, name, {"marker": {"size": 9}})
    if before is not None:
        marks = {"marker": {"size": 9, "symbol": "square-open", "color": LINE}}
        _add_points(figure, before, "as fitted", marks | {"line": {"dash": "dot", "color": LINE}})
    x = [part["predicted"] for part in bins]
    ends = [[part["by_chance"][end] for part in bins] for end in (0, 1)]
    _add_band(figure, x, *ends, name="where a calibrated model would be seen")
    _add_diagonal(figure)
    figure.update_layout(height=480, margin=MARGIN, **AXES)
    return figure


def _add_band(figure: "Figure", x: Any, low: Any, high: Any, *, name: str) -> None:
    for end, is_high in ((low, False), (high, True)):
        figure.add_scatter(
            x=x,
            y=end,
            mode="lines",
            line={"width": 0, "color": BAND},
            fill="tonexty" if is_high else None,
            fillcolor=BAND,
            hoverinfo="skip",
            name=name,
            showlegend=is_high,
        )


def _add_points(figure: "Figure", bins: Bins, name: str, marks: Mapping[str, Any]) -> None:
    observed = [part["observed"] for part in bins]
    figure.add_scatter(
        x=[part["predicted"] for part in bins],
        y=[share["value"] for share in observed],
        mode="markers+lines",
        zorder=1,
        **marks,
        error_y={
            "type": "data",
            "array": [share["high"] - share["value"] for share in observed],
            "arrayminus": [share["value"] - share["low"] for share in observed],
        },
        customdata=[share["n"] for share in observed],
        hovertemplate=f"{name}: predicted %{{x:.2f}}, observed %{{y:.2f}}, n %{{customdata:,}}"
        "<extra></extra>",
        name=name,
    )


def _add_diagonal(figure: "Figure") -> None:
    figure.add_scatter(
        x=[0.5, 1],
        y=[0.5, 1],
        mode="lines",
        line={"dash": "dot", "width": 1, "color": LINE},
        name="perfectly calibrated",
        hoverinfo="skip",
    )


def smooth_reliability(curve: Mapping[str, Floats]) -> "Figure":
    """Smoothed observed share against predicted probability, with its band and the diagonal.

    `curve` has `probability`, `observed`, `low` and `high`, shape (n,); nan where nothing is known.
    """
    figure = graph_objects().Figure()
    known = ~np.isnan(curve["low"])
    x = curve["probability"][known]
    figure.add_scatter(
        x=x,
        y=curve["observed"][known],
        mode="lines",
        line={"width": 3},
        zorder=1,
        name="observed, smoothed",
        hovertemplate="predicted %{x:.2f}, observed %{y:.2f}<extra></extra>",
    )
    ends = (curve[end][known] for end in ("low", "high"))
    _add_band(figure, x, *ends, name="holds the whole curve with 95 %")
    _add_diagonal(figure)
    figure.update_layout(height=420, margin=MARGIN, **AXES)
    return figure


def sharpness(bins: Bins) -> "Figure":
    """How many judgments the model was how sure about, as bars with intervals."""
    figure = graph_objects().Figure()
    shares = [part["share"] for part in bins]
    figure.add_bar(
        x=[f"{part['low']:.0%} to {part['high']:.0%}" for part in bins],
        y=[share["value"] for share in shares],
        error_y={
            "type": "data",
            "array": [share["high"] - share["value"] for share in shares],
            "arrayminus": [share["value"] - share["low"] for share in shares],
            "color": LINE,
        },
        hovertemplate="%{x} sure: %{y:.1%} of the judgments<extra></extra>",
    )
    figure.update_layout(
        height=320,
        margin=MARGIN,
        xaxis={"title": "how sure the model is of the item held better", "type": "category"},
        yaxis={"title": "share of the judgments", "tickformat": ".0%"},
    )
    return figure
