"""The parts of the page Evaluation: from the report of a fit, which has worked them out."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from ui import chart_with_data, interval_charts
from ui.changes_view import show_changes, show_previous
from ui.consistency_view import show_consistency
from ui.figures import said
from ui.sentences import plain
from workbench.results import Result

Report = Mapping[str, Any]
MODELS = {"bradley_terry": "Bradley-Terry", "general_preference": "General model"}
AGGREGATES = {
    "interquartile_mean": "interquartile mean",
    "mean": "mean of prompts",
    "median": "median of prompts",
}
OLD = "This fit was made before these figures were worked out. Fit again to see them."
RULES = {"mean": "by mean", "borda": "by mean rank (Borda)", "kemeny": "by Kemeny's rule"}


def show(result: Result) -> None:
    """Draw all parts, or for each of them the sentence that says why there is none."""
    figures = result.fit.figures
    if figures.get("evaluation") is None:
        st.info(plain(figures.get("only") or OLD))
        return
    report = {**figures["evaluation"], "consistency": _consistency(figures.get("text"))}
    parts: tuple[tuple[str, str, Callable[[Report], None]], ...] = (
        ("What goes with the overall answer?", "criteria", _show_criteria),
        ("Reasons that people give", "reasons", _show_reasons),
        ("How often do the models foretell an answer?", "accuracy", _show_accuracy),
        ("By cohort", "cohorts", _show_cohorts),
        ("One figure over all prompts", "robust", _show_robust),
        ("Which model comes first?", "order", _show_order),
        ("Does the text model hold when texts change?", "consistency", show_consistency),
        ("Has agreement changed?", "changes", show_changes),
        ("Have strengths changed since the fit before?", "previous", show_previous),
        ("What are each person's judgments worth?", "values", _show_values),
    )
    for title, name, draw in parts:
        st.header(title, anchor=False)
        part = report.get(name, {"why_not": OLD})
        if "why_not" in part:
            st.info(plain(part["why_not"]))
        else:
            draw(part)


def _consistency(text: Report | None) -> Report:
    """What the fit says of changed texts, or why it does not."""
    if text is None:
        return {"why_not": "This fit did not read the texts of the items. Start a new one."}
    if text["failure"] is not None:
        return {"why_not": text["failure"]}
    found: Report = text.get("consistency", {"why_not": OLD})
    return found


def _show_criteria(figures: Report) -> None:
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
            *(_column(weights, end) for end in ("value", "low", "high")),
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
        says=f"n = {figures['n']:,} decided judgments of {figures['n_pairs']:,} pairs; weights "
        "with 95 % intervals, the other aspects held fixed, clustered by pair. The sparse model "
        f"foretells {said(figures['accuracy'])} of held-out answers, {said(figures['gain'])} nats "
        "a judgment better than even odds. Who likes an item may rate all its aspects up: this "
        "is no cause. Formula and source: "
        "docs/statistics.md, “Criteria behind the overall answer”.",
    )
    if figures["silent"]:
        silent = ", ".join(plain(name) for name in figures["silent"])
        st.caption(f"Left out, since they never prefer an item: {silent}.")


def _show_reasons(figures: Report) -> None:
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
        "part above will say what they weigh. Formula and source: "
        "docs/statistics.md, “Criteria behind the overall answer”."
    )


def _show_accuracy(figures: Report) -> None:
    ceiling = figures["ceiling"]
    rows = {
        name: {
            "all judgments": said(figures[model]["pooled"]),
            "every prompt evenly": said(figures[model]["overall"]),
            "of what can be reached": _or_why_not(figures[model]["of_the_reachable"]),
        }
        for model, name in MODELS.items()
    }
    st.table(rows)
    held_out = "pair" if figures["by_pair"] else "judgment, since there are few different pairs"
    st.caption(
        f"n = {figures['bradley_terry']['pooled']['n']:,} decided judgments, held out by "
        f"{held_out}; 95 % intervals, clustered by pair. "
        + (f"The best that does not know who judges gets {said(ceiling)}. " if ceiling else "")
        + "Near the ceiling, more judgments help little; far from it, judge more pairs. Formula "
        "and source: docs/statistics.md, “Benchmark accuracy” and “How far any model could get”."
    )
    if not figures["parts"]:
        st.info("No prompt has ten held-out judgments: judge more pairs to see prompts apart.")
        return
    _show_parts(figures["parts"], "prompt", None if ceiling is None else ceiling["value"])
    if len(figures["parts"]) < figures["n_parts"]:
        st.caption(
            f"The {len(figures['parts']):,} with the most judgments, ten or more, of "
            f"{figures['n_parts']:,} prompts."
        )


def _show_parts(parts: Sequence[Report], what: str, line: float | None) -> None:
    rows = [(part["name"], name, part[model]) for part in parts for model, name in MODELS.items()]
    values = [row[2] for row in rows]
    chart_with_data.draw(
        interval_charts.intervals(
            [f"{name} · {model}" for name, model, _ in rows],
            *(_column(values, end) for end in ("value", "low", "high")),
            title="share foretold",
            line=line,
        ),
        {
            what: [row[0] for row in rows],
            "model": [row[1] for row in rows],
            "accuracy": [one["value"] for one in values],
            "low": [one["low"] for one in values],
            "high": [one["high"] for one in values],
            "judgments": [one["n"] for one in values],
        },
        name=f"accuracy by {what}",
        says=f"Accuracy on held-out judgments by {what}, with 95 % intervals clustered by pair"
        + ("; the dotted line is the ceiling. " if line is not None else ". ")
        + f"Collect judgments where a {what} lies far below the others.",
    )


def _show_cohorts(figures: Report) -> None:
    if not figures["parts"]:
        st.info("No cohort has ten held-out judgments: have its people judge more.")
        return
    _show_parts(figures["parts"], "cohort", None)
    left_out = figures["n_left_out"]
    st.caption(
        "The models do not know cohorts: one far below the others has another taste, or answers "
        "with less care; fit strengths by cohort to tell. "
        + (f"{left_out:,} too small to be shown. " if left_out else "")
        + "Formula and source: docs/statistics.md, “Benchmark accuracy”."
    )


def _show_robust(figures: Report) -> None:
    columns = MODELS | {"difference": "general model minus Bradley-Terry"}
    st.table(
        {
            title: {column: said(figures[model][name]) for model, column in columns.items()}
            for name, title in AGGREGATES.items()
        }
    )
    st.caption(
        f"Accuracy on {figures['n_prompts']:,} prompts in each of {figures['n_runs']:,} parts of "
        "the cross-validation; the interquartile mean leaves out the best and the worst quarter, "
        "so that no single prompt turns it. 95 % intervals by drawing parts anew within prompts: "
        "with so few parts they are a little too narrow. Where the mean lies far from it, look "
        f"for the prompts that pull it. {figures['n_left_out']:,} prompts without judgments in "
        "every part are left out. Formula and source: "
        "docs/statistics.md, “Few runs on many subsets”."
    )


def _show_order(figures: Report) -> None:
    turned = [RULES[one["rule"]] for one in figures["orders"] if one["reversed"]]
    st.markdown(
        f"**The order turns {' and '.join(turned)}:** a few prompts with wide gaps decide the "
        "mean. Look at prompts one by one before choosing a model."
        if turned
        else "**The order is the same by every rule.** Where the ranks below overlap, prefer the "
        "simpler model, Bradley-Terry."
    )
    st.table(
        {
            RULES[one["rule"]]: {
                f"rank of {name}": said(rank, 0)
                for name, rank in zip(MODELS.values(), one["ranks"], strict=True)
            }
            for one in figures["orders"]
        }
    )
    won, n = figures["won"], sum(figures["won"]) + figures["equal"]
    st.caption(
        f"Of {n:,} prompts Bradley-Terry foretells more on {won[0]:,}, the general model on "
        f"{won[1]:,}, both alike on {figures['equal']:,}. 95 % intervals by drawing prompts anew. "
        "Of two models Borda's and Kemeny's rule both ask who wins more prompts. Formula and "
        "source: docs/statistics.md, “An order of models over subsets”."
    )


def _show_values(figures: Report) -> None:
    rows = figures["people"]
    values = [row["value"] for row in rows]
    chart_with_data.draw(
        interval_charts.intervals(
            [row["annotator"] for row in rows],
            *(_column(values, end) for end in ("value", "low", "high")),
            title="gain of held-out log loss, nats a judgment",
            line=0.0,
        ),
        {
            "annotator": [row["annotator"] for row in rows],
            "judgments": [row["n"] for row in rows],
            "value": [one["value"] for one in values],
            "low": [one["low"] for one in values],
            "high": [one["high"] for one in values],
        },
        name="value of judgments",
        says=f"Together they gain {figures['total']:.4f} nats a judgment on "
        f"{figures['n_tested']:,} held-out judgments; {figures['n_orders']:,} orders of people, "
        f"{figures['n_fits']:,} fits, {figures['truncated']:.0%} of the steps cut because little "
        "was left to gain. 95 % intervals contain other held-out judgments and other orders"
        + ("" if figures["converged"] else "; more orders would still narrow them")
        + ". Somebody whose whole interval lies below zero makes forecasts worse: look at their "
        "answers, and exclude nobody for it, since people of another taste, or who judged what "
        "was known, add little as well. Formula and source: "
        "docs/statistics.md, “What judgments are worth”.",
    )


def _or_why_not(figure: Report) -> str:
    return str(figure["why_not"]) if "why_not" in figure else said(dict(figure))


def _column(rows: Sequence[Report], name: str) -> Any:
    return np.array([np.nan if row[name] is None else row[name] for row in rows], dtype=np.float64)
