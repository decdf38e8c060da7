"""Part of the page Review: what kinds of disagreement there were, and what was concluded."""

import numpy as np
import streamlit as st

from core.adjudication import count_disagreements
from core.study import Study
from storage import resolutions
from storage.presentations import items_of
from ui import chart_with_data, interval_charts, session
from ui.figures import count, said


def show_typology(here: session.Here, study: Study) -> None:
    """Count kinds of disagreement among the pairs that somebody has resolved."""
    found = resolutions.of_study(here.db, study.id)
    if not found:
        st.info("Nothing was resolved yet. Take the first pair of the queue.")
        return
    shares = count_disagreements(found)
    kinds, estimates = list(shares), list(shares.values())
    labels = [kind.name.lower() for kind in kinds]
    ends = {e: [getattr(one, e) for one in estimates] for e in ("value", "low", "high")}
    value, low, high = (np.array(ends[name]) for name in ends)
    most = estimates[int(value.argmax())]
    chart_with_data.draw(
        interval_charts.intervals(labels, value, low, high, title="share of resolved pairs"),
        {
            "kind": labels,
            "pairs": [round(one.value * one.n) for one in estimates],
            **ends,
            "what it is": [kind.value for kind in kinds],
        },
        name="kinds of disagreement",
        says=f"Shares of {count(len(found), 'resolved pair', 'resolved pairs')} with 95 % "
        f"intervals (Wilson), each kind by itself. Most often {kinds[int(value.argmax())].value}: "
        f"{said(most)}. These are pairs that somebody looked at, the most urgent first, and no "
        "sample of all. Much that is underspecified: sharpen the question or the guidelines. Much "
        "that is values: keep all answers, and look at groups on the page Results.",
    )
    with st.expander(count(len(found), "conclusion", "conclusions")):
        chart_with_data.table(
            {
                "items": [" / ".join(items_of(one.unit)) for one in found],
                "verdict": [one.verdict.value for one in found],
                "answer": ["" if one.outcome is None else one.outcome.value for one in found],
                "kind": [one.kind.name.lower() for one in found],
                "reason": [one.reason for one in found],
                "by": [one.by for one in found],
                "when": [f"{one.at:%Y-%m-%d %H:%M}" for one in found],
            },
            name="conclusions",
        )
