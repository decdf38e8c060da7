"""Parts of the page Calibration about other fits, and about what the intervals are worth."""

import streamlit as st

from ui import chart_with_data
from ui.calibration.section import Report, rows
from ui.figures import said, source


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
