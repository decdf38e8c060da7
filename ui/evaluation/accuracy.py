"""Part of the page Evaluation: how often the models foretell an answer, on parts and over them."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from ui import chart_with_data, interval_charts
from ui.figures import count, ends, said, source

Report = Mapping[str, Any]
MODELS = {"bradley_terry": "Bradley-Terry", "general_preference": "General model"}
AGGREGATES = {
    "interquartile_mean": "interquartile mean",
    "mean": "mean of prompts",
    "median": "median of prompts",
}
RULES = {"mean": "by mean", "borda": "by mean rank (Borda)", "kemeny": "by Kemeny's rule"}


def show_accuracy(figures: Report) -> None:
    """Say how often each model foretells a held-out answer, and how often any could."""
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
        + _left_out(figures.get("n_chosen", 0))
        + (f"The best that does not know who judges gets {said(ceiling)}. " if ceiling else "")
        + "Near the ceiling, more judgments help little; far from it, judge more pairs. "
        + source("Benchmark accuracy", "How far any model could get")
    )
    if not figures["parts"]:
        st.info("No prompt has ten held-out judgments: judge more pairs to see prompts apart.")
        return
    _show_parts(figures["parts"], "prompt", ceiling)
    if len(figures["parts"]) < figures["n_parts"]:
        st.caption(
            f"The {len(figures['parts']):,} with the most judgments, ten or more, of "
            f"{count(figures['n_parts'], 'prompt', 'prompts')}."
        )


def _show_parts(parts: Sequence[Report], what: str, ceiling: Report | None) -> None:
    rows = [(part["name"], name, part[model]) for part in parts for model, name in MODELS.items()]
    values = [row[2] for row in rows]
    chart_with_data.draw(
        interval_charts.intervals(
            [f"{name} · {model}" for name, model, _ in rows],
            *ends(values),
            title="share foretold",
            line=None if ceiling is None else ceiling["value"],
            band=None if ceiling is None else (ceiling["low"], ceiling["high"]),
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
        + (". " if ceiling is None else "; dotted and shaded: the ceiling, of all judgments. ")
        + f"Collect judgments where a {what} lies far below the others.",
    )


def show_cohorts(figures: Report, ceiling: Report | None) -> None:
    """Draw the same for each cohort that is large enough, with the ceiling of all judgments."""
    if not figures["parts"]:
        st.info("No cohort has ten held-out judgments: have its people judge more.")
        return
    _show_parts(figures["parts"], "cohort", ceiling)
    left_out = figures["n_left_out"]
    st.caption(
        "The models do not know cohorts: one far below the others has another taste, or answers "
        "with less care; fit strengths by cohort to tell. "
        + (f"{left_out:,} too small to be shown. " if left_out else "")
        + source("Benchmark accuracy")
    )


def show_robust(figures: Report) -> None:
    """Say the same in one figure that no single prompt turns."""
    columns = MODELS | {"difference": "general model minus Bradley-Terry"}
    st.table(
        {
            title: {column: said(figures[model][name]) for model, column in columns.items()}
            for name, title in AGGREGATES.items()
        }
    )
    st.caption(
        f"Accuracy on {count(figures['n_prompts'], 'prompt', 'prompts')} in each of "
        f"{figures['n_runs']:,} parts of "
        "the cross-validation; the interquartile mean leaves out the best and the worst quarter, "
        "so that no single prompt turns it. 95 % intervals by drawing parts anew within prompts: "
        "with so few parts they are a little too narrow. Where the mean lies far from it, look "
        f"for the prompts that pull it. {count(figures['n_left_out'], 'prompt', 'prompts')} "
        "without judgments in "
        "every part are left out. " + source("Few runs on many subsets")
    )


def show_order(figures: Report) -> None:
    """Say which model comes first, by which rule."""
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
        f"Of {count(n, 'prompt', 'prompts')} Bradley-Terry foretells more on {won[0]:,}, the "
        "general model on "
        f"{won[1]:,}, both alike on {figures['equal']:,}. 95 % intervals by drawing prompts anew. "
        "Of two models Borda's and Kemeny's rule both ask who wins more prompts. "
        + source("An order of models over subsets")
    )


def _left_out(n_chosen: int) -> str:
    if not n_chosen:
        return ""
    return (
        f"{n_chosen:,} more are of pairs that a policy chose for what they teach: harder than "
        "most, and left out here and below. "
    )


def _or_why_not(figure: Report) -> str:
    return str(figure["why_not"]) if "why_not" in figure else said(dict(figure))
