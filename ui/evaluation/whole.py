"""All parts of the page Evaluation, one after the other."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import streamlit as st

from ui.evaluation.accuracy import show_accuracy, show_cohorts, show_order, show_robust
from ui.evaluation.best import show_best
from ui.evaluation.changes import show_changes, show_cohorts_apart, show_previous
from ui.evaluation.consistency import show_consistency
from ui.evaluation.criteria import show_criteria, show_reasons
from ui.evaluation.strength_changes import show_strength_changes
from ui.evaluation.worth import show_batch_worth, show_people_worth
from ui.sentences import if_known, plain
from workbench.results import Result

Report = Mapping[str, Any]
OLD = "This fit was made before these figures were worked out. Fit again to see them."


def show(result: Result) -> None:
    """Draw all parts, or for each of them the sentence that says why there is none."""
    figures = result.fit.figures
    if figures.get("evaluation") is None:
        st.info(plain(figures.get("only") or OLD))
        return
    report = {**figures["evaluation"], "consistency": _consistency(figures.get("text"))}
    ceiling = report.get("accuracy", {}).get("ceiling")
    parts: tuple[tuple[str, str, Callable[[Report], None]], ...] = (
        ("What goes with the overall answer?", "criteria", show_criteria),
        ("Reasons that people give", "reasons", show_reasons),
        ("How often do the models foretell an answer?", "accuracy", show_accuracy),
        ("How often is the best of several found?", "best", show_best),
        ("By cohort", "cohorts", partial(show_cohorts, ceiling=ceiling)),
        ("One figure over all prompts", "robust", show_robust),
        ("Which model comes first?", "order", show_order),
        ("Does the text model hold when texts change?", "consistency", show_consistency),
        ("Has agreement changed?", "changes", show_changes),
        ("Have strengths changed?", "strengths", show_strength_changes),
        ("Have strengths changed since the fit before?", "previous", show_previous),
        ("How far are cohorts apart?", "between_cohorts", show_cohorts_apart),
        ("What are each person's judgments worth?", "people_worth", show_people_worth),
        ("What was each batch worth?", "batch_worth", show_batch_worth),
    )
    for title, name, draw in parts:
        st.header(title, anchor=False)
        part = report.get(name, {"why_not": OLD})
        if "why_not" in part:
            st.info(plain(part["why_not"]))
        else:
            if_known(draw)(part)


def _consistency(text: Report | None) -> Report:
    """What the fit says of changed texts, or why it does not."""
    if text is None:
        return {
            "why_not": "There is no text model in this fit: it learns from judged pairs. "
            "Have pairs judged, then fit again."
        }
    if text.get("failure") is not None:
        return {"why_not": text["failure"]}
    found: Report = text.get("consistency", {"why_not": OLD})
    return found
