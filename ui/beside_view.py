"""Part of the page Results: what a fit estimates beside the strengths, as its settings ask."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from core.ensembles import Ensemble
from core.group_strengths import GroupStrengths
from ui.figures import count, said
from ui.sentences import if_known, plain
from workbench.results import Result

RULES = {
    "mean": "mean of the members",
    "worst": "the least that any member says",
    "weighted": "mean less half the variance between members",
}


@if_known
def show(result: Result, items: Sequence[int], labels: Sequence[str]) -> None:
    """Show effects, answers of other forms, cohorts, the ensemble: as far as the fit has them."""
    strengths = result.fit.figures["bradley_terry"]
    _show_effects(strengths.get("effects", []))
    _show_answers(strengths.get("answers"))
    _show_cohorts(result, items, labels)
    _show_ensemble(result, items, labels)


@if_known
def _show_effects(effects: Sequence[dict[str, Any]]) -> None:
    if not effects:
        return
    st.header("What else moves the answers", anchor=False)
    st.table(
        {
            effect["name"]: {
                "effect (log-odds)": said(effect) if effect["known"] else "not determined"
            }
            for effect in effects
        }
    )
    st.caption(
        "Estimated beside the strengths, which are those of items of equal length without an "
        "advantage of the side. An effect of 0.1 turns 50 % into 52.5 %; of the length, for a text "
        "2.7 times as long. Intervals are 95 %."
    )


@if_known
def _show_answers(answers: dict[str, Any] | None) -> None:
    if answers is None:
        return
    st.header("Made from", anchor=False)
    names = {"best": "best of several", "best_and_worst": "best and worst", "best_few": "best few"}
    kinds = {names.get(kind, kind): n for kind, n in answers["n"].items() if n}
    st.markdown(" · ".join(f"**{n:,}** {kind}" for kind, n in kinds.items()))
    for sentence in answers["statements"]:
        st.caption(sentence)
    if answers["threshold"] is not None:
        value, sd = answers["threshold"]["value"], answers["threshold"]["sd"]
        st.caption(
            f"Thumbs go up above a strength of {value:.2f} "
            f"({value - 1.96 * sd:.2f} to {value + 1.96 * sd:.2f})."
        )


@if_known
def _show_cohorts(result: Result, items: Sequence[int], labels: Sequence[str]) -> None:
    report = result.fit.figures.get("groups")
    if report is None:
        return
    st.header("Do cohorts differ?", anchor=False)
    if "failure" in report:
        st.info(report["failure"])
        return
    st.markdown(
        " · ".join(
            f"**{plain(name)}**: {count(n, 'person', 'people')}, "
            f"{count(judged, 'judgment', 'judgments')}"
            for name, n, judged in zip(
                report["cohorts"], report["n_people"], report["n_judgments"], strict=True
            )
        )
    )
    if report["evaluation"] is None:
        st.info(report["why"])
    else:
        evaluation = report["evaluation"]
        st.markdown(
            f"Knowing the cohort changes the log loss of people never seen by "
            f"{said(evaluation['difference'], 4)} nats a judgment (below zero: it helps; "
            f"n = {count(evaluation['n_people'], 'person', 'people')})."
        )
    if result.groups is not None:
        _show_deviations(result.groups, report["cohorts"], items, labels)


def _show_deviations(
    groups: GroupStrengths, cohorts: Sequence[str], items: Sequence[int], labels: Sequence[str]
) -> None:
    low, high = groups.deviation_interval()
    middle = groups.group_strengths - groups.strengths
    rows = [
        (labels[place], cohort, middle[g, i], low[g, i], high[g, i])
        for g, cohort in enumerate(cohorts)
        for place, i in enumerate(items)
    ]
    rows.sort(key=lambda row: -abs(row[2]))
    names = ("item", "cohort", "above the common strength", "low", "high")
    table = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    apart = [row[3] > 0 or row[4] < 0 for row in rows]
    table["differs"] = ["yes" if sure else "not shown" for sure in apart]
    st.dataframe(table, hide_index=True)
    st.caption(
        "Deviations in log-odds, drawn towards the common strengths; 95 % intervals. How far "
        f"cohorts are apart as a whole, the page Evaluation says. Cohorts of fewer than "
        f"{groups.minimum_size} people are not shown: "
        f"{count(groups.n_pooled, 'person counts', 'people count')} for the common strengths only."
    )


@if_known
def _show_ensemble(result: Result, items: Sequence[int], labels: Sequence[str]) -> None:
    report = result.fit.figures.get("ensemble")
    if report is None:
        return
    st.header("With caution", anchor=False)
    if "failure" in report:
        st.info(report["failure"])
        return
    st.markdown(
        f"**{report['n_members']}** fits to judgments drawn anew by {report['unit']}"
        + (f": {_alike(report)}" if "same_favourite" in report else ".")
    )
    if result.ensemble is not None:
        _show_cautious(result.ensemble, items, labels)


def _alike(report: dict[str, Any]) -> str:
    return (
        f"two of them have the same favourite in a share of {said(report['same_favourite'])} of "
        f"{report['n_pairs']:,} judged pairs, all of them in {said(report['all_the_same'])} (95 % "
        "intervals for other prompts, for other pairs where there is one prompt, with these "
        "members). Where they differ, judge more. Formula and source: docs/statistics.md, "
        "“Ensemble of fits”."
    )


def _show_cautious(ensemble: Ensemble, items: Sequence[int], labels: Sequence[str]) -> None:
    chosen = np.array(items)
    columns = {words: ensemble.strengths_by(rule)[chosen] for rule, words in RULES.items()}
    order = np.argsort(-columns[RULES["worst"]])
    table = {name: column[order].tolist() for name, column in columns.items()}
    st.dataframe({"item": [labels[i] for i in order], **table}, hide_index=True)
    st.caption(
        "Mean log-odds of each item against the others of its prompt. What is trained on these "
        "numbers exploits an item that one member happens to favour; the second and third column "
        "guard against it."
    )
