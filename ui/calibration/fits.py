"""Parts of the page Calibration about other fits, and about what the intervals are worth."""

import streamlit as st

from ui import chart_with_data, interval_charts
from ui.calibration.section import Report, rows
from ui.figures import count, ends, said, source

#: What should hold, and by how much it may miss before intervals are called wrong.
RIGHT, SLACK = 0.95, 0.01


def show_drawn_anew(figures: Report) -> None:
    """What chance in the judgments alone would have changed."""
    show_multiplicity(figures, "pairs that chance moves most")
    st.caption(
        f"The {figures['n_fits']} fits of the ensemble against the general model of this fit, on "
        f"n = {figures['ambiguity']['n']:,} judged pairs: what chance in the judgments alone would "
        "have changed. Judge the pairs that move most once more. "
        + source("Fits to judgments drawn anew")
    )


def show_multiplicity(figures: Report, name: str) -> None:
    """How far fits differ on the judged pairs, and on which of them most."""
    parts = {
        "another fit prefers the other item": figures["ambiguity"],
        "the fit that differs most prefers the other item": figures["discrepancy"],
        "the probability moves by a tenth or more": figures["contested"],
    }
    rows(
        {"": list(parts), "share of pairs": [said(part) for part in parts.values()]},
        "share of pairs on which fits differ",
    )
    with st.expander("Pairs on which they differ most"):
        pairs = figures["furthest"]
        columns = ("first", "second", "low", "high")
        chart_with_data.table({c: [pair[c] for pair in pairs] for c in columns}, name=name)


def show_as_good(figures: Report) -> None:
    """Fits of other settings that predict as well, and what choosing among them decides."""
    fits = figures["fits"]
    best, log_loss = figures["tolerance"], [fit["log_loss"] for fit in fits]
    chart_with_data.draw(
        interval_charts.intervals(
            [fit["name"] + ("" if fit["kept"] else " (worse)") for fit in fits],
            *ends(log_loss),
            title="log loss on held-out judgments, nats",
        ),
        {
            "fit": [fit["name"] for fit in fits],
            "log loss": [loss["value"] for loss in log_loss],
            "low": [loss["low"] for loss in log_loss],
            "high": [loss["high"] for loss in log_loss],
            "behind the best": [said(fit["behind"], 4) for fit in fits],
            "as good": ["yes" if fit["kept"] else "no" for fit in fits],
        },
        name="fits of other settings",
        says=f"n = {log_loss[0]['n']:,} held-out judgments; 95 % intervals clustered by pair. A "
        f"fit counts as good if it is at most {best} nats a judgment behind the best, or not "
        f"surely more: {figures['n_fits']} of {len(fits) - 1} other fits do. Where none is named, "
        "it is Bradley-Terry with another setting.",
    )
    show_multiplicity(figures, "pairs on which fits as good differ most")
    st.caption(
        f"Fits that are as good against the general model of this fit, on n = "
        f"{figures['ambiguity']['n']:,} judged pairs. Where they prefer different items, the "
        "settings decide and not the judgments: do not decide on such a pair before it is judged "
        "more often. " + source("Fits that predict as well")
    )


def show_intervals(figures: Report) -> None:
    """How often the fit's own intervals hold where the truth is known to be the fit."""
    coverage, bias = figures["coverage"], figures["bias"]
    left, right = st.columns(2)
    left.metric("95 % intervals that hold", f"{coverage['value']:.1%}", border=True)
    left.caption(
        f"{coverage['value']:.1%} ({coverage['low']:.1%} to {min(coverage['high'], 1):.1%})"
        if coverage["low"] is not None
        else "interval not determined: too few studies"
    )
    right.metric("Drawn towards even odds", f"{bias['value']:+.3f}", border=True)
    right.caption(f"{said(bias)} nats, fitted less true; below zero: too close to even odds")
    st.markdown(_of_intervals(coverage))
    st.caption(
        f"n = {figures['n_studies']} studies simulated from the strengths of this fit, with the "
        f"same judgments of the same {count(figures['n_pairs'], 'pair', 'pairs')}, and fitted "
        "anew; 95 % intervals "
        "clustered by study. It says whether intervals are right where Bradley-Terry is, with "
        "people alike: not whether it is. " + source("Whether a model's own intervals hold")
    )


def _of_intervals(coverage: Report) -> str:
    low, high = coverage["low"] or 0.0, coverage["high"] or 1.0
    if high < RIGHT - SLACK:
        return (
            "**Intervals are too narrow** for so few judgments: take a difference for settled only "
            "when its interval stays clear of zero by a good margin, or judge more pairs."
        )
    if low > RIGHT + SLACK:
        return (
            "**Intervals are wider than they need be**: what they tell apart is told apart. Use "
            "them as they are."
        )
    return (
        "**Intervals hold as often as they say**, where the model is right. Use them as they are."
    )
