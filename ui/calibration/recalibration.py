"""Part of the page Calibration: which map corrects the probabilities, and what that gains."""

import streamlit as st

from ui.calibration.section import Report, rows
from ui.figures import said, source


def show(figures: Report) -> None:
    """Say which recalibration the fit uses from now on, what it was chosen from, what it does."""
    st.markdown(_choice(figures))
    candidates = figures["candidates"]
    rows(
        {
            "map": [row["name"] for row in candidates],
            "log loss on inner folds": [said(row["log_loss"], 4) for row in candidates],
            "less that of none": [said(row["against_none"], 4) for row in candidates],
        },
        "maps and what they gain",
    )
    st.caption(
        f"Chosen on inner folds of {figures['n']:,} held-out judgments of {figures['n_pairs']:,} "
        "pairs, the simplest within one standard error of the best; 95 % intervals clustered by "
        "pair. All maps mirror when the items are swapped. " + source("Recalibration")
    )
    with st.expander("Before and after"):
        both = figures["before_and_after"]
        rows(
            {
                "figure": [row["name"] for row in both],
                "as fitted": [said(row["before"], 4) for row in both],
                "recalibrated": [said(row["after"], 4) for row in both],
                "difference": [
                    said(row["difference"], 4) if row["difference"] else "" for row in both
                ],
            },
            "before and after recalibration",
        )
        st.caption(
            "Recalibrated: every judgment with a map that was chosen and fitted without its pair, "
            "“none” being one of the choices. Below zero, recalibrating gains."
        )


def _choice(figures: Report) -> str:
    chosen, scale = figures["chosen"], figures.get("scale")
    if chosen == "none":
        return (
            "**No recalibration is needed**: none predicts unseen pairs better by more than its "
            "error. All pages and files say the probabilities as they are fitted."
        )
    how = ""
    if scale is not None:
        way = "drawn towards even odds" if scale < 1 else "drawn away from even odds"
        how = f" Log-odds are multiplied by {scale:.2f}: probabilities are {way}."
    [loss] = [row["difference"] for row in figures["before_and_after"] if row["name"] == "log loss"]
    high = loss["high"]
    gain = (
        "It gains on pairs that it had no part in."
        if high is not None and high < 0
        else "On pairs that it had no part in chance could explain what it changes."
    )
    return (
        f"**Probabilities go through {chosen}.**{how} {gain} It is part of this fit: the page "
        "Results, labels and new texts say probabilities so."
    )
