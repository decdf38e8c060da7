"""Part of the page Evaluation: what judgments add to foretelling others."""

from collections.abc import Mapping
from typing import Any

from ui import chart_with_data, interval_charts
from ui.figures import ends

Report = Mapping[str, Any]


def show_people_worth(figures: Report) -> None:
    """Draw what each person's judgments are worth, the largest first."""
    rows = sorted(figures["players"], key=lambda row: -float(row["value"]["value"]))
    _draw(
        figures,
        rows,
        "annotator",
        "Somebody whose whole interval lies below zero makes forecasts worse: look at their "
        "answers, and exclude nobody for it, since people of another taste, or who judged what "
        "was known, add little as well.",
    )


def show_batch_worth(figures: Report) -> None:
    """Draw what batches are worth, in the order of time."""
    _draw(
        figures,
        figures["players"],
        "batch",
        "Batches are of about equal size, in the order in which they were given. Each value is a "
        "mean over all orders in which they could have come: a batch far below the others was of "
        "pairs that tell little, or was answered otherwise. Look at what was asked then, and whom.",
    )


def _draw(figures: Report, rows: list[Report], what: str, advice: str) -> None:
    values = [row["value"] for row in rows]
    chart_with_data.draw(
        interval_charts.intervals(
            [row["name"] for row in rows],
            *ends(values),
            title="gain of held-out log loss, nats a judgment",
            line=0.0,
        ),
        {
            what: [row["name"] for row in rows],
            "judgments": [row["n"] for row in rows],
            "value": [one["value"] for one in values],
            "low": [one["low"] for one in values],
            "high": [one["high"] for one in values],
        },
        name=f"value by {what}",
        says=f"Together they gain {figures['total']:.4f} nats a judgment on "
        f"{figures['n_tested']:,} held-out judgments; {_fitted(figures)}. 95 % intervals. {advice} "
        "Formula and source: docs/statistics.md, “What judgments are worth”.",
    )


def _fitted(figures: Report) -> str:
    if figures["n_orders"] is None:
        return (
            f"all {figures['n_fits']:,} subsets were fitted, so that the intervals are about "
            "other held-out judgments alone"
        )
    more = "" if figures["converged"] else "; more orders would still narrow them"
    return (
        f"{figures['n_orders']:,} orders, {figures['n_fits']:,} fits, "
        f"{figures['truncated']:.0%} of the steps cut because little was left to gain; the "
        f"intervals contain other held-out judgments and other orders{more}"
    )
