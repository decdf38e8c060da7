"""Trees of goals of several people side by side."""

from collections.abc import Mapping

import streamlit as st

from core.goals.alignment import Cell, alike, side_by_side
from core.goals.tree import GoalTree
from core.study import Study
from storage import goals
from ui import session
from ui.figures import count, source
from ui.interview import card_view

#: People in columns at once, and near pairs that are named.
N_COLUMNS, N_ALIKE = 12, 20


def show(here: session.Here, study: Study) -> None:
    trees = goals.of_study(here.db, study.id)
    if not trees:
        st.info(
            "Nobody has named a goal yet. Whether people are asked is a setting of the study, "
            "under Values."
        )
        return
    names = {person: f"G{number}" for number, person in enumerate(trees, 1)}
    rows = side_by_side(trees)
    st.caption(
        f"{count(len(rows), 'goal', 'goals')} of {count(len(trees), 'person', 'people')}, those "
        "that most people have first. A "
        "share is what the goal weighs in the whole tree of that person, by swing weights; a dash "
        "where swings were not compared. " + source("Weights of goals")
    )
    shown = list(trees)[:N_COLUMNS]
    st.dataframe(
        [
            {"goal": row.text, "people": len(row.cells)}
            | {names[person]: _weight(row.cells.get(person, ())) for person in shown}
            for row in rows
        ],
        hide_index=True,
    )
    if len(trees) > N_COLUMNS:
        st.caption(f"Columns for the first {N_COLUMNS} people; the count is of all.")
    _show_alike(trees, names)


def _weight(cells: tuple[Cell, ...]) -> str:
    """Empty where the person does not have the goal."""
    if not cells:
        return ""
    known = [cell.weight.overall for cell in cells]
    if any(overall is None for overall in known):
        return "–"
    return f"{100 * sum(overall for overall in known if overall is not None):.0f} %"


def _show_alike(trees: Mapping[str, GoalTree], names: Mapping[str, str]) -> None:
    found = alike(trees)
    if not found:
        return
    st.header("Perhaps the same, in other words", anchor=False)
    for pair in found[:N_ALIKE]:
        with st.container(border=True):
            for person, goal in (pair.one, pair.other):
                st.caption(names[person])
                card_view.show_words(trees[person].goal(goal).text)
            st.caption(f"Similarity {pair.similarity:.2f}")
