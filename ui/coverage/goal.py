"""Part of the page Coverage: what the study wants to have covered, and how far it is."""

from datetime import UTC, datetime

import numpy as np
import streamlit as st

from core.coverage import CoverageGoal, GoalLine, how_far
from core.study import Study
from storage import people_groups
from ui import chart_with_data, session
from ui.figures import source
from ui.sentences import said
from workbench import coverage_figures, dashboards


def show_goal(here: session.Here, study: Study) -> None:
    """Say of every target how far the study is, and let somebody set them."""
    st.header("Coverage goal", anchor=False)
    goal = people_groups.goal(here.db, study.id)
    if goal is None:
        st.info("This study has no coverage goal. Set one below: then this page says what is left.")
    else:
        _show_lines(here, study, goal)
    with st.expander("Set the goal"):
        _show_form(here, study, goal or CoverageGoal(study.settings.overlap, 1.0))


def _show_lines(here: session.Here, study: Study, goal: CoverageGoal) -> None:
    given = dashboards.answers_of(here.workbench, study.id)
    told = coverage_figures.differences(here.workbench, study.id) or {}
    middle = [one.differences.half_width[1] for one in told.values()]
    widths = [width for width in middle if np.isfinite(width)]
    half_width = float(np.median(widths)) if widths else None
    lines = how_far(goal, coverage_figures.pairs(given), half_width=half_width)
    if not lines:
        st.info("The goal asks for nothing yet. Set a target below.")
        return
    if all(line.is_met for line in lines):
        st.success("The coverage goal is reached: you may stop, or set another one.")
    else:
        open_lines = [line for line in lines if not line.is_met]
        st.markdown(" ".join(_takes(line) for line in open_lines))
    chart_with_data.table(
        {
            "what": [line.what for line in lines],
            "reached": [_number(line.reached) for line in lines],
            "wanted": [_number(line.wanted) for line in lines],
            "met": ["yes" if line.is_met else "no" for line in lines],
            "it takes at least": ["?" if line.takes is None else line.takes for line in lines],
            "if": [line.assumes for line in lines],
        },
        name="coverage goal",
        whole=True,
    )
    st.caption(
        "Pairs and people are counts of all standing judgments; the half-width is the median over "
        "prompts of that of the middle difference, from the newest fit. What it takes is the least "
        "under the condition beside it, no forecast; the plan below simulates. "
        + source("How far to the goal")
    )


def _number(value: float) -> str:
    return "not known yet" if np.isnan(value) else f"{value:,.3g}"


def _takes(line: GoalLine) -> str:
    if line.takes is None:
        return f"{line.what.capitalize()}: {line.assumes}."
    return f"{line.what.capitalize()}: at least **{line.takes:,}** more, if {line.assumes}."


def _show_form(here: session.Here, study: Study, goal: CoverageGoal) -> None:
    keys = [f"goal {name} of {study.id}" for name in ("each", "share", "width", "people")]
    left, right = st.columns(2)
    left.number_input("Judgments of each pair", 0, 1000, goal.judgments_per_pair or 0, key=keys[0])
    right.number_input(
        "for so many percent of the possible pairs",
        0.0,
        100.0,
        100.0 * (goal.share_of_pairs or 0.0),
        key=keys[1],
    )
    left.number_input(
        "Half-width of the middle difference, nats; 0 for none",
        0.0,
        10.0,
        goal.half_width or 0.0,
        key=keys[2],
    )
    right.number_input(
        "People who judged; 0 for any", 0, 1_000_000, goal.n_people or 0, key=keys[3]
    )
    st.button("Save the goal", on_click=said(lambda: _put(here, study, keys)))


def _put(here: session.Here, study: Study, keys: list[str]) -> None:
    each, share, width, n_people = (session.typed(key) for key in keys)
    wanted = CoverageGoal(
        judgments_per_pair=each or None,
        share_of_pairs=share / 100 if share else None,
        half_width=width or None,
        n_people=n_people or None,
    )
    now = datetime.now(UTC)
    people_groups.put_goal(here.db, study.id, wanted, by=here.person.id, now=now)
