"""Parts of the page Calibration that a fit has worked out: what to do about its probabilities."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from ui import charts
from ui.figures import said
from workbench.results import Result

Report = Mapping[str, Any]
VERDICTS = {
    "clear": "people prefer one of the two: no more judgments are needed",
    "needs more judgments": "not known well enough: ask more people",
    "close: ask the same people again": "close to even: repeats tell whether people are divided",
    "divides people": "people hold to different sides: report both, never the majority alone",
    "a coin flip for each person": "the same person answers now so, now so: a tie in all but name",
}
RULES = {"brier": "Brier score", "log": "log loss"}


def show(result: Result, model: str) -> None:
    """Show all parts for one model, `bradley_terry` or `general_preference`."""
    report = result.fit.figures.get("calibration")
    if report is None:
        st.info("This fit was made before these figures were worked out. Fit again to see them.")
        return
    own = report.get(model)
    if own is not None:
        _part("How the score comes about", own["figures"], _show_figures)
        _part("Recalibration", own["recalibration"], _show_recalibration)
        _part("Noise or ignorance?", own["split"], _show_split)
    st.header("What about each pair?", anchor=False)
    _show_verdicts(report["verdicts"])
    st.header("How far could any model get?", anchor=False)
    _show_ceiling(report["ceiling"], result)
    _part("Fits to judgments drawn anew", report["multiplicity"], _show_multiplicity)
    if own is not None:
        _part("When may the model answer?", own["labels"], _show_labels)


def _part(title: str, figures: Report, draw: Any) -> None:
    st.header(title, anchor=False)
    if "why_not" in figures:
        st.info(figures["why_not"])
    else:
        draw(figures)


def _show_figures(figures: Report) -> None:
    curve = {name: np.array(_numbers(column)) for name, column in figures["smooth_curve"].items()}
    st.plotly_chart(charts.smooth_reliability(curve))
    st.caption(
        f"Smooth calibration error {said(figures['smooth_error'])}, debiased calibration error "
        f"(root mean square) {said(figures['debiased_error'])}. The band holds the whole curve "
        "with 95 %; where too few judgments lie there is none."
    )
    st.table(
        {
            RULES[part["rule"]]: {
                "score": said(part["score"]),
                "of it miscalibration": said(part["miscalibration"]["estimate"]),
                "refinement (stays)": said(part["refinement"]["estimate"]),
                "resolution": said(part["resolution"]["estimate"]),
                "of even odds": f"{part['uncertainty']:.3f}",
            }
            for part in figures["parts"]
        }
    )
    st.caption(
        "Score = miscalibration + refinement; refinement = score of even odds - resolution. "
        "Recalibration can gain the first; only better strengths gain the second."
    )
    with st.expander("By how sure the model is"):
        _show_strata(figures["by_margin"], figures["sharpness"])


def _show_strata(strata: Sequence[Report], bins: Sequence[Report]) -> None:
    names = ("accuracy", "log_loss", "calibration_error", "too_sure")
    st.table(
        {
            part["name"]: {name.replace("_", " "): said(part[name]) for name in names}
            for part in strata
        }
    )
    st.table(
        {
            f"{part['low']:.0%} to {part['high']:.0%} sure": {"judgments": said(part["share"])}
            for part in bins
        }
    )


def _show_recalibration(figures: Report) -> None:
    chosen = figures["chosen"]
    none = chosen == "none"
    st.markdown(
        "**No recalibration is needed**: none predicts unseen pairs better by more than its error."
        if none
        else f"**{chosen}** predicts unseen pairs best. It is kept with the files of the fit."
    )
    st.table(
        {
            row["name"]: {
                "log loss": said(row["log_loss"], 4),
                "minus none": said(row["against_none"], 4),
            }
            for row in figures["candidates"]
        }
    )
    with st.expander("Before and after"):
        st.table(
            {
                row["name"]: {
                    "before": said(row["before"], 4),
                    "after": said(row["after"], 4),
                    "difference": said(row["difference"], 4) if row["difference"] else "",
                }
                for row in figures["before_and_after"]
            }
        )
    st.caption(
        f"Chosen on inner folds of {figures['n_pairs']:,} pairs, the simplest within one standard "
        "error of the best; all maps mirror when the items are swapped. After: every judgment was "
        "recalibrated with a map chosen and fitted without its pair."
    )


def _show_split(figures: Report) -> None:
    rows = {
        "Brier score": figures["brier"],
        "noise: what stays however good the model": figures["noise"],
        "model error: what more judgments take away": figures["model_error"],
        "predicted model error": figures["predicted_error"],
        "of the noise: people against themselves": figures["own_noise"],
        "of the noise: people against each other": figures["taste"],
    }
    st.table({name: {"": said(value, 4)} for name, value in rows.items() if value is not None})
    st.caption(
        f"From {figures['n_pairs']:,} pairs that two or more people judged. Where the model error "
        "is small beside the noise, more judgments of the same people help little; where people "
        "differ from each other, models that know the annotators help."
    )


def _show_verdicts(verdicts: Report) -> None:
    if "why_not" in verdicts:
        st.info(verdicts["why_not"])
        return
    st.table(
        {
            kind: {"pairs": f"{verdicts['counts'][kind]:,}", "what it means": meaning}
            for kind, meaning in VERDICTS.items()
        }
    )
    st.caption(
        f"At most {verdicts['level']:.0%} of the pairs called clear or close are called so by "
        "mistake, on average (Benjamini-Hochberg); close means within "
        f"{verdicts['margin']:.0%} of even."
    )
    for kind, pairs in verdicts["named"].items():
        all_of_them = len(pairs) == verdicts["counts"][kind]
        with st.expander(f"{kind}: {'' if all_of_them else 'the first '}{len(pairs)} pairs"):
            st.dataframe(
                {"first": [p[0] for p in pairs], "second": [p[1] for p in pairs]}, hide_index=True
            )


def _show_ceiling(ceiling: Report, result: Result) -> None:
    held_out = result.fit.figures["held_out"]
    rows: dict[str, dict[str, str]] = {}
    if held_out is not None:
        scores = held_out["bradley_terry"]
        rows["Bradley-Terry, held out"] = {
            "accuracy": said(scores["accuracy"]),
            "log loss of decided pairs": said(scores["decisive_log_loss"]),
        }
    names = {
        "agreement": "best that does not know who judges",
        "repeats": "best that knows who judges",
    }
    for source, name in names.items():
        part = ceiling[source]
        if "why_not" not in part:
            rows[name] = {
                "accuracy": said(part["accuracy"]),
                "log loss of decided pairs": said(part["log_loss"]),
            }
    st.table(rows)
    for part in ceiling.values():
        if "why_not" in part:
            st.caption(part["why_not"])
    st.caption(
        "From how often two people, or the same person twice, answer alike. The intervals hold "
        "what the answers leave open, whatever the distribution of opinions."
    )


def _show_multiplicity(figures: Report) -> None:
    st.table(
        {
            "another fit prefers the other item": {"share of pairs": said(figures["ambiguity"])},
            "the fit that differs most": {"share of pairs": said(figures["discrepancy"])},
            "probability moves by a tenth or more": {"share of pairs": said(figures["contested"])},
        }
    )
    st.caption(
        f"The {figures['n_fits']} fits of the ensemble against the general model of this fit: what "
        "chance in the judgments alone would have changed."
    )
    with st.expander("Pairs on which they differ most"):
        rows = figures["furthest"]
        names = ("first", "second", "low", "high")
        st.dataframe({name: [row[name] for row in rows] for name in names}, hide_index=True)


def _show_labels(figures: Report) -> None:
    st.table(
        {
            f"at most {row['level']:.0%} wrong": {
                "labels the model may give": f"{row['share']:.0%}",
                "of these wrong on held-out pairs": said(row["wrong"]) if row["wrong"] else "none",
            }
            for row in figures["labels"]
        }
    )
    st.caption(
        f"Half of the held-out pairs set the rule, the other half ({figures['n']:,} judgments) "
        "show what it reached. The bound holds on average over studies; a label is wrong if one "
        f"person drawn at random says otherwise. Sets that hold the answer of 90 %: "
        f"{said(figures['sets']['coverage'])} did, and "
        f"{said(figures['sets']['single'])} needed no second answer."
    )


def _numbers(column: Sequence[float | None]) -> list[float]:
    return [float("nan") if value is None else value for value in column]
