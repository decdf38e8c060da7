"""The parts of the page Calibration, one after the other."""

from functools import partial

import streamlit as st

from core.reports import Report
from ui import session
from ui.calibration import fits, guarded_view, pairs, recalibration, reliability, strata
from ui.calibration.section import OLD, section
from ui.figures import source
from ui.sentences import if_known
from workbench.results import Result

NO_PAIRS = "These figures are made from judged pairs, and this study asks in another form."
MODELS = {"bradley_terry": "Bradley-Terry", "general_preference": "General model"}


def show(here: session.Here, result: Result) -> None:
    """Draw all parts, or for each of them the sentence that says why there is none."""
    figures = result.fit.figures
    report = figures.get("calibration")
    if report is None:
        st.info(OLD if figures.get("general_preference") else figures.get("only") or NO_PAIRS)
        return
    labels = None
    held_out = figures.get("held_out")
    if held_out is None:
        st.info("Too few judgments to hold any out. Judge more pairs, then fit again.")
    else:
        name = st.segmented_control(
            "Model", list(MODELS), default="bradley_terry", format_func=MODELS.__getitem__
        )
        own = report.get(name or "bradley_terry", Report())
        labels = own.get("labels")
        _show_model(own, report, by_pair=held_out.get("by_pair", True))
    section("What about each pair?", report.get("verdicts"), pairs.show_verdicts)
    ceiling = report.get("ceiling") and {"ceiling": report["ceiling"], "held_out": held_out}
    section("How far could any model get?", ceiling, pairs.show_ceiling)
    section("Do the intervals hold?", report.get("intervals"), fits.show_intervals)
    section("Fits that predict as well", report.get("as_good"), fits.show_as_good)
    section("Fits to judgments drawn anew", report.get("multiplicity"), fits.show_drawn_anew)
    if labels is not None:
        section("When may the model answer?", labels, pairs.show_labels)
    section(
        "Guarded hold-out",
        report.get("guarded"),
        lambda figures: guarded_view.show(here, result.fit, figures),
    )


@if_known
def _show_model(own: Report, report: Report, *, by_pair: bool) -> None:
    used = (own.get("recalibration") or {}).get("after")
    figures = own.get("figures")
    since = own.get("since")
    if reliability.choose(since) and since is not None:
        reliability.show_since(since)
    else:
        _say_evenly(report.get("evenly"))
        if_known(reliability.show)(figures or {}, used, by_pair=by_pair)
    section("How the score comes about", used or figures, reliability.show_parts)
    section(
        "Where can it be trusted?",
        own.get("where"),
        partial(_show_where, report.get("ceiling", Report())),
    )
    section("Recalibration", own.get("recalibration"), recalibration.show)
    section("Noise or ignorance?", own.get("split"), pairs.show_split)


def _show_where(ceiling: Report, where: Report) -> None:
    strata.show(where, ceiling["agreement"])


def _say_evenly(evenly: Report | None) -> None:
    if evenly is not None and evenly["n_chosen"]:
        st.caption(
            f"Of pairs drawn evenly: n = {evenly['n_evenly']:,} decided held-out judgments. "
            f"{evenly['n_chosen']:,} of pairs that a policy chose are left out, since they do not "
            f"stand for all pairs. {source('Reliability curve')}"
        )
