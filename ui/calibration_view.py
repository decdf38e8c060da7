"""The parts of the page Calibration."""

import streamlit as st

from core.calibration import (
    ReliabilityCurve,
    brier_score,
    expected_calibration_error,
    reliability_curve,
)
from core.estimates import Estimate
from core.judgment import Floats, Indices
from ui import charts, trust_view
from ui.figures import said
from workbench.results import Result

MODELS = {"bradley_terry": "Bradley-Terry", "general_preference": "General model"}
#: Fewer judgments in a bin than this tell nothing.
PER_BIN = 20
#: A mean gap below this (two in a hundred) is called little.
SMALL = 0.02


def show(result: Result) -> None:
    """Draw the reliability curve of one model on judgments that it had not seen."""
    if result.held_out is None:
        st.info("Too few judgments to hold any out. Judge more pairs, then fit again.")
        return
    name = st.segmented_control(
        "Model", list(MODELS), default="bradley_terry", format_func=MODELS.__getitem__
    )
    probability, outcome, pair = _decided(result, name or "bradley_terry")
    if len(outcome) < 2 * PER_BIN:
        st.info(
            f"Only {len(outcome)} held-out judgments decide for an item; a reliability curve needs "
            f"{2 * PER_BIN} or more. Judge more pairs, then fit again."
        )
        return
    curve = reliability_curve(probability, outcome, pair, min(10, len(outcome) // PER_BIN))
    error = expected_calibration_error(probability, outcome, pair)
    left, right = st.columns(2)
    left.metric("Calibration error", f"{error.value:.3f}", border=True)
    left.caption(f"{said(error)}; 0 is perfect. Corrected for chance.")
    brier = brier_score(probability, outcome, pair)
    right.metric("Brier score", f"{brier.value:.3f}", border=True)
    right.caption(f"{said(brier)}; 0 is perfect, 0.25 is a coin.")
    st.plotly_chart(charts.reliability(curve))
    st.markdown(_advice(error))
    grouping = (
        "pair" if result.held_out.by_pair else "judgment, since there are few different pairs"
    )
    st.caption(
        f"n = {curve.n:,} decided judgments, held out by {grouping}; each was predicted by a model "
        "that had not seen it. Intervals are 95 %, clustered by pair; the "
        "area is where all points together would lie, with 95 %, if the model were calibrated."
    )
    _show_table(curve)
    trust_view.show(result, name or "bradley_terry")


def _decided(result: Result, name: str) -> tuple[Floats, Floats, Indices]:
    """Probability of the first item given a decision, whether it was preferred, and the pair."""
    held_out = result.held_out
    if held_out is None:
        raise ValueError("Nothing was held out.")
    decided = held_out.outcome != 0
    shares = getattr(held_out, name)[decided]
    probability = shares[:, 0] / (shares[:, 0] + shares[:, 2])
    return probability, (held_out.outcome[decided] > 0).astype(float), held_out.pair[decided]


def _advice(error: Estimate) -> str:
    if error.low <= 0:
        return (
            "**No miscalibration that these judgments could show.** The probabilities can be used."
        )
    if error.high < SMALL:
        return (
            f"**Off by a little:** between {error.low:.1%} and {error.high:.1%} on average, more "
            "than chance would have it, less than most uses notice."
        )
    return (
        "**The probabilities are off:** points below the dotted line mean that the model is too "
        "sure of itself, points above that it could be surer. More judgments help most."
    )


def _show_table(curve: ReliabilityCurve) -> None:
    with st.expander("As a table"):
        st.dataframe(
            {
                "predicted": [part.predicted for part in curve.bins],
                "observed": [part.observed.value for part in curve.bins],
                "low": [part.observed.low for part in curve.bins],
                "high": [part.observed.high for part in curve.bins],
                "by chance, low": [part.by_chance[0] for part in curve.bins],
                "by chance, high": [part.by_chance[1] for part in curve.bins],
                "judgments": [part.observed.n for part in curve.bins],
                "pairs": [part.n_clusters for part in curve.bins],
            },
            hide_index=True,
        )
