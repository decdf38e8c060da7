"""A person's tree of goals: add, put in order, compare swings, and see what each weighs."""

import secrets
from datetime import UTC, datetime

import streamlit as st

from core.errors import DiscernError
from core.goals.tree import Goal, GoalTree, lint_goals
from core.goals.turns import (
    MAX_GOAL,
    MOST_POINTS,
    GoalAdded,
    GoalMoved,
    GoalRemoved,
    GoalReworded,
    GoalTurn,
    RangeGiven,
    SwingsGiven,
)
from core.goals.weights import Weight, weights
from storage import goals
from storage.goals import StoredTree
from ui import session
from ui.interview import card_view
from ui.interview.seat import Seat
from ui.messages import say
from ui.sentences import plain

_PROBLEM = "problem of the goals"


def show(seat: Seat) -> None:
    stored = goals.of_person(seat.here.db, seat.study.id, seat.here.person.id)
    st.header(say("What matters to you, and what would show it?"), anchor=False)
    card_view.note(
        say(
            "Begin with what matters by itself. Below each goal stands what would show that it is "
            "there."
        )
    )
    problem = session.kept(_PROBLEM, "")
    if problem:
        st.error(plain(problem))
    _show_tree(seat, stored)
    _show_addition(seat, stored)
    if stored.tree.goals:
        _show_swings(seat, stored)


def _show_tree(seat: Seat, stored: StoredTree) -> None:
    weighed = weights(stored.tree)
    remarks = lint_goals(stored.tree, language=seat.state.language)
    for goal in stored.tree.walk():
        depth = len(stored.tree.path(goal.id)) - 1
        blank, body = st.columns([0.04 * depth, 1]) if depth else (None, st.container())
        del blank
        with body.container(border=True):
            card_view.show_words(goal.text)
            card_view.note(_weight(weighed[goal.id]))
            card_view.show_advice([advice for name, advice in remarks if name == goal.id])
            _show_ways(seat, stored, goal)


def _weight(weight: Weight) -> str:
    if weight.local is None:
        return say("No weight yet: compare it with its neighbours below.")
    here = f"{100 * weight.local:.0f}"
    if weight.overall is None:
        return say("{share} % of what is above it", share=here)
    return say(
        "{share} % of what is above it, {overall} % of everything",
        share=here,
        overall=f"{100 * weight.overall:.0f}",
    )


def _show_ways(seat: Seat, stored: StoredTree, goal: Goal) -> None:
    sisters = stored.tree.below(goal.parent)
    place = [sister.id for sister in sisters].index(goal.id)
    with st.container(horizontal=True):
        for label, to, icon in (
            (say("Up"), place - 1, ":material/arrow_upward:"),
            (say("Down"), place + 1, ":material/arrow_downward:"),
        ):
            st.button(
                label,
                icon=icon,
                key=f"to {to} {goal.id} {stored.n_turns}",
                disabled=not 0 <= to < len(sisters),
                on_click=_take,
                args=(seat, stored, GoalMoved(goal.id, goal.parent, max(to, 0))),
            )
        with st.popover(say("Change")):
            _show_change(seat, stored, goal)


def _show_change(seat: Seat, stored: StoredTree, goal: Goal) -> None:
    name = f"{goal.id} {stored.n_turns}"
    st.text_input(say("In your words"), goal.text, max_chars=MAX_GOAL, key=f"text {name}")
    st.text_input(say("How bad it could be"), goal.worst, max_chars=MAX_GOAL, key=f"worst {name}")
    st.text_input(say("How good it could be"), goal.best, max_chars=MAX_GOAL, key=f"best {name}")

    def save() -> None:
        text, worst, best = (
            str(session.typed(f"{part} {name}")) for part in ("text", "worst", "best")
        )
        changes: list[GoalTurn] = []
        try:
            if text.strip() != goal.text:
                changes.append(GoalReworded(goal.id, text))
            if (worst.strip() or best.strip()) and (worst, best) != (goal.worst, goal.best):
                changes.append(RangeGiven(goal.id, worst, best))
        except DiscernError as error:
            session.keep(_PROBLEM, str(error))
            return
        _take(seat, stored, *changes)

    with st.container(horizontal=True):
        st.button(say("Save"), type="primary", key=f"save {name}", on_click=save)
        st.button(
            say("Remove it, with what is below it"),
            key=f"remove {name}",
            on_click=_take,
            args=(seat, stored, GoalRemoved(goal.id)),
        )


def _show_addition(seat: Seat, stored: StoredTree) -> None:
    name = f"{seat.interview.id} {stored.n_turns}"
    below = card_view.distinct(
        {goal.id: say("It would show: {goal}", goal=goal.text) for goal in stored.tree.walk()}
    )
    itself = say("It matters by itself")
    with st.form(f"goal {name}", clear_on_submit=True):
        st.text_input(say("What else matters to you?"), max_chars=MAX_GOAL, key=f"goal {name}")
        st.selectbox(
            say("Where it belongs"),
            ["", *below],
            format_func=lambda goal_id: below.get(goal_id, itself),
            key=f"above {name}",
        )

        def add() -> None:
            text = str(session.typed(f"goal {name}"))
            try:
                added = GoalAdded(
                    secrets.token_hex(6), session.typed(f"above {name}") or None, text
                )
            except DiscernError as error:
                session.keep(_PROBLEM, str(error))
                return
            _take(seat, stored, added)

        st.form_submit_button(say("Add"), key=f"add {name}", on_click=add)


def _show_swings(seat: Seat, stored: StoredTree) -> None:
    """One comparison for each goal with several below it, and for the uppermost."""
    compared = [
        parent
        for parent in (None, *(goal.id for goal in stored.tree.walk()))
        if len(stored.tree.below(parent)) > 1
    ]
    if not compared:
        return
    st.subheader(say("How much is each worth?"), anchor=False)
    card_view.note(
        say(
            "Suppose that all of them are as bad as they could be. Give 100 points to the one that "
            "you would make good first, and to each other one as many as it is worth beside that."
        )
    )
    for parent in compared:
        _show_swing(seat, stored, parent)


def _show_swing(seat: Seat, stored: StoredTree, parent: str | None) -> None:
    tree: GoalTree = stored.tree
    name = f"{parent} {stored.n_turns}"
    title = (
        say("What matters by itself")
        if parent is None
        else say("What would show: {goal}", goal=tree.goal(parent).text)
    )
    with st.form(f"swings {name}"):
        st.markdown(f"**{plain(title)}**")
        known = tree.points.get(parent, {})
        sisters = tree.below(parent)
        for goal in sisters:
            st.slider(
                plain(goal.text),
                0,
                int(MOST_POINTS),
                round(known.get(goal.id, 50)),
                key=f"points {goal.id} {name}",
            )

        def keep() -> None:
            points = tuple((g.id, float(session.typed(f"points {g.id} {name}"))) for g in sisters)
            if max(given for _, given in points) < MOST_POINTS:
                session.keep(
                    _PROBLEM, say("Give 100 points to the one that you would make good first.")
                )
                return
            _take(seat, stored, SwingsGiven(parent, points))

        st.form_submit_button(say("Save the points"), key=f"swing {name}", on_click=keep)


def _take(seat: Seat, stored: StoredTree, *turns: GoalTurn) -> None:
    session.keep(_PROBLEM, "")
    try:
        goals.append(
            seat.here.db,
            seat.study.id,
            seat.here.person.id,
            turns,
            n_turns=stored.n_turns,
            now=datetime.now(UTC),
        )
    except DiscernError as error:
        session.keep(_PROBLEM, str(error))
