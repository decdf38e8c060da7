"""Part of the page Results: what a fit estimates beside the strengths, as its settings ask."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from core.comparison_graph import pieces
from core.ensembles import Ensemble
from core.group_strengths import GroupStrengths
from ui.figures import count, said, source
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
    _show_aspects(result, items, labels)
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
    _show_table(groups, "cohort", cohorts, items, labels)
    st.caption(
        "Deviations in log-odds, drawn towards the common strengths; 95 % intervals. How far "
        f"cohorts are apart as a whole, the page Evaluation says. Cohorts of fewer than "
        f"{groups.minimum_size} people are not shown: "
        f"{count(groups.n_pooled, 'person counts', 'people count')} for the common strengths only."
    )


def _show_table(
    groups: GroupStrengths,
    kind: str,
    names: Sequence[str],
    items: Sequence[int],
    labels: Sequence[str],
) -> None:
    """By how much each item is better or worse in each group or aspect, the largest first."""
    low, high = groups.deviation_interval()
    middle = groups.group_strengths - groups.strengths
    rows = [
        (labels[place], name, middle[g, i], low[g, i], high[g, i])
        for g, name in enumerate(names)
        for place, i in enumerate(items)
    ]
    rows.sort(key=lambda row: -abs(row[2]))
    heads = ("item", kind, "above the common strength", "low", "high")
    table = {head: [row[place] for row in rows] for place, head in enumerate(heads)}
    apart = [row[3] > 0 or row[4] < 0 for row in rows]
    table["differs"] = ["yes" if sure else "not shown" for sure in apart]
    st.dataframe(table, hide_index=True)


@if_known
def _show_aspects(result: Result, items: Sequence[int], labels: Sequence[str]) -> None:
    """Whether items are better in one aspect than in another, and which."""
    report = result.fit.figures.get("aspects")
    if report is None:
        return
    st.header("Do aspects differ?", anchor=False)
    if "failure" in report:
        st.info(plain(report["failure"]))
        return
    st.markdown(
        " · ".join(
            f"**{plain(name)}**: {count(n, 'answer', 'answers')}"
            for name, n in zip(report["aspects"], report["n_judgments"], strict=True)
        )
    )
    difference = report["difference"]
    if difference is None:
        st.info(plain(report["why"]))
    else:
        helps = difference["high"] is not None and difference["high"] < 0
        st.markdown(
            f"Knowing the aspect changes the log loss of held-out answers by {said(difference, 4)} "
            f"nats (n = {report['n_scored']:,}). "
            + (
                "**Items are not equally good in all aspects:** read the strengths of each."
                if helps
                else "**Taken together, these answers show no difference between aspects:** use "
                "the strengths above. Of many lines below some differ by chance."
            )
        )
    if result.aspects is not None:
        _show_table(result.aspects, "aspect", report["aspects"], items, labels)
    st.caption(
        "Deviations in log-odds of each aspect from what all have in common, drawn towards it; "
        "95 % intervals, which take answers of one person about one pair as independent. Made from "
        "answers that decide for an item. " + source("Aspects, and other contexts of a judgment")
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
    piece = pieces(ensemble.component[chosen])
    alone = np.bincount(piece)[piece] == 1  # nothing to be better or worse than
    columns = {
        words: np.where(alone, np.nan, ensemble.strengths_by(rule)[chosen])
        for rule, words in RULES.items()
    }
    order = np.lexsort((-columns[RULES["worst"]], piece))
    table = {name: column[order].tolist() for name, column in columns.items()}
    if piece.any():
        table = {"piece": (piece[order] + 1).tolist(), **table}
    st.dataframe({"item": [labels[i] for i in order], **table}, hide_index=True)
    st.caption(
        "Mean log-odds of each item against the others that comparisons connect it with. What is "
        "trained on these numbers exploits an item that one member happens to favour; the second "
        "and third column guard against it."
    )
