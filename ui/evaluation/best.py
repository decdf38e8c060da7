"""Part of the page Evaluation: how often a model puts the best of several answers first."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from ui.evaluation.accuracy import MODELS
from ui.figures import count, said, source
from ui.sentences import plain

Report = Mapping[str, Any]


def show_best(figures: Report) -> None:
    """Show sets made from pairs, and lists that people chose from; or why there are none."""
    pairs, lists = figures["pairs"], figures["lists"]
    st.markdown("**Four answers of which one was preferred to the three others**")
    if "why_not" in pairs:
        st.info(plain(pairs["why_not"]))
    else:
        st.table({"found": {name: said(pairs[model]) for model, name in MODELS.items()}})
        st.caption(
            f"n = {count(pairs['n_sets'], 'set', 'sets')} of "
            f"{count(pairs['n_prompts'], 'prompt', 'prompts')}, one for each item that was "
            "preferred to three others, these by lot; " + _held_out(pairs) + _reading(pairs)
        )
    st.markdown("**Lists of four or more that people chose the best from**")
    if "why_not" in lists:
        st.info(plain(lists["why_not"]))
        return
    st.table({"found": {"strengths": said(lists["strengths"])}})
    st.caption(
        f"n = {count(lists['n_sets'], 'list', 'lists')} of "
        f"{count(lists['n_prompts'], 'prompt', 'prompts')}; strengths come from all answers but "
        "those about the same list. " + _reading(lists)
    )


def _held_out(figures: Report) -> str:
    if figures["by_pair"]:
        return "each of its pairs is foretold without any judgment of it. "
    return "held out by judgment, since there are few different pairs, which is easier. "


def _reading(figures: Report) -> str:
    return (
        f"Guessing finds {figures['guessing']:.0%}. 95 % intervals for other prompts (for other "
        "sets, where there is one prompt). What was preferred is what people said, not what is "
        "right; where people are divided nobody finds it surely. Who takes the best of several "
        "answers by a model gets what this says, not what accuracy on pairs says: if it is low, "
        "judge more pairs among the strongest. " + source("Benchmark accuracy")
    )
