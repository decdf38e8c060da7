"""Part of the page Evaluation: aspects and reasons behind the overall answer."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from ui import chart_with_data, interval_charts
from ui.figures import count, ends, said, source
from ui.sentences import plain

Report = Mapping[str, Any]


def show_criteria(figures: Report) -> None:
    """Say which aspects go with the overall answer, each with its weight."""
    rows = figures["criteria"]
    counting = [plain(row["name"]) for row in rows if row["counts"]]
    st.markdown(
        f"**{', '.join(counting)}** {'goes' if len(counting) == 1 else 'go'} with the overall "
        "answer. Speak of what counts in the guidelines; leave out aspects that never do."
        if counting
        else "**No aspect goes with the overall answer** by more than chance. Ask for other ones: "
        "the reasons below are candidates."
    )
    weights = [row["weight"] for row in rows]
    chart_with_data.draw(
        interval_charts.intervals(
            [row["name"] for row in rows],
            *ends(weights),
            title="change of the log-odds of the overall answer, nats",
            line=0.0,
        ),
        {
            "aspect": [row["name"] for row in rows],
            "weight": [one["value"] for one in weights],
            "low": [one["low"] for one in weights],
            "high": [one["high"] for one in weights],
            "p": [row["p_value"] for row in rows],
            "counts": ["yes" if row["counts"] else "no" for row in rows],
            "in the sparse model": ["yes" if row["selected"] else "no" for row in rows],
            "alone: same as overall": [said(row["alone"]) for row in rows],
        },
        name="criteria",
        says=f"n = {figures['n']:,} decided judgments of "
        f"{count(figures['n_pairs'], 'pair', 'pairs')}; weights "
        "with 95 % intervals, the other aspects held fixed, clustered by pair. The sparse model "
        f"foretells {said(figures['accuracy'])} of held-out answers, {said(figures['gain'])} nats "
        "a judgment better than even odds. Who likes an item may rate all its aspects up: this "
        "is no cause. Formula and source: "
        "docs/statistics.md, “Criteria behind the overall answer”.",
    )
    if figures["silent"]:
        silent = ", ".join(plain(name) for name in figures["silent"])
        st.caption(f"Left out, since they never prefer an item: {silent}.")


def show_reasons(figures: Report) -> None:
    """List the reasons that people tick and the words that they write."""
    rows = [(one["name"], one["share"], "ticked") for one in figures["chips"]]
    rows += [(one["term"], one["share"], f"{one['n_people']:,}") for one in figures["words"]]
    if not rows:
        st.info("No word stands in the reasons of two people or more. Ask more people for reasons.")
        return
    chart_with_data.table(
        {
            "reason": [row[0] for row in rows],
            "share of reasons": [row[1]["value"] for row in rows],
            "low": [row[1]["low"] for row in rows],
            "high": [row[1]["high"] for row in rows],
            "people who wrote it": [row[2] for row in rows],
        },
        name="reasons",
    )
    st.caption(
        f"n = {figures['n_written']:,} written reasons and {figures['n_ticked']:,} judgments with "
        "reasons ticked; 95 % intervals, clustered by person. A reason goes with whatever was "
        "chosen, so that it foretells no answer: ask for the frequent ones as aspects, and the "
        "part above will say what they weigh. " + source("Criteria behind the overall answer")
    )
