"""Groups, bridges, and whether people stay with what they said."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.study import Study
from storage import surveys, wisdom
from ui import session
from ui.figures import said as figure
from ui.sentences import plain
from ui.values import standing_view, survey_form
from workbench.value_estimates import Found
from workbench.value_standing import FEWEST_SHOWN
from workbench.values import Material

N_BRIDGES = 20


def show_groups(found: Found, known: Material) -> None:
    """Bridges between groups; nothing where there are not two that are large enough."""
    st.header("Groups", anchor=False)
    groups = found.figures["groups"]
    if "failure" in groups:
        st.caption(groups["failure"])
        return
    sizes = ", ".join(f"{plain(name)} ({n:,})" for name, n in groups["n_people"].items())
    st.caption(
        f"{sizes}. Groups deviate on an edge by {groups['spread']:.2f} log-odds (standard "
        f"deviation); {groups['n_differ']:,} differ for sure, and only those have a colour in the "
        "graph."
    )
    bridges = groups["bridges"][:N_BRIDGES]
    st.dataframe(
        {
            "wiser": [known.title(bridge["wiser"]) for bridge in bridges],
            "than": [known.title(bridge["less_wise"]) for bridge in bridges],
            "bridging score": [figure(bridge["score"]) for bridge in bridges],
            "votes": [bridge["score"]["n"] for bridge in bridges],
        },
        hide_index=True,
    )
    st.caption("Product over groups of the share that calls it wiser, with its 90 % interval.")


def show_steadiness(found: Found) -> None:
    """Retests, the effect of seeing others' cards, and how well votes are foretold."""
    st.header("How far votes can be trusted", anchor=False)
    _show_consistency(found.figures["consistency"])
    _show_exposure(found.figures["exposure"])
    _show_scores(found.figures["scores"])
    of_yes = found.figures.get("scores_of_yes")
    if of_yes is not None:
        st.caption("The same of imported judgements as MGE counts them: a yes, or no yes.")
        _show_scores(of_yes)
    effects = found.figures["data"]["effects"]
    said = ", ".join(f"{name} {figure(value, 2)}" for name, value in effects.items())
    st.caption(f"What moves all votes alike, log-odds of a yes with 90 % intervals: {said}.")
    appeal = found.figures["data"]["widths"].get("appeal")
    if appeal:
        st.caption(
            f"Beside that, pairs differ by {appeal:.2f} (standard deviation, by the evidence) in "
            "how readily a yes is given to them, whichever way they are shown: edges asked one "
            "way only are less sure for that. Ask them the other way round as well."
        )


def _show_consistency(said: Mapping[str, Any]) -> None:
    if "failure" in said:
        st.caption(said["failure"])
        return
    st.markdown(
        f"Asked again, people said the same in {figure(said['same'])} of {said['same']['n']:,} "
        f"retests and the reverse in {figure(said['reversed'])} ({said['n_people']:,} people, "
        f"{said['hours_between']:.1f} hours between, median)."
    )


def _show_exposure(said: Mapping[str, Any]) -> None:
    if "failure" in said:
        st.caption(said["failure"])
        return
    st.markdown(
        f"After seeing others' cards ({said['n_exposed']:,} votes) people say yes by "
        f"{figure(said['tendency'], 2)} log-odds more, and follow what the others think by "
        f"{figure(said['pull'], 2)} more (0: no more; 1: twice as much)."
    )


def _show_scores(said: Mapping[str, Any]) -> None:
    if "failure" in said:
        st.caption(said["failure"])
        return
    losses = said["losses"]
    st.dataframe(
        {
            "model": list(losses),
            "log loss of held-out votes (nats)": [figure(loss) for loss in losses.values()],
            "votes": [loss["n"] for loss in losses.values()],
        },
        hide_index=True,
    )


def show_voices(here: session.Here, study: Study, known: Material) -> None:
    """What people want considered, the exit survey, and who objects."""
    st.header("What people say of it", anchor=False)
    _show_considered(here, study, known)
    answers = surveys.of_study(here.db, study.id)
    if len({one.person_id for one in answers}) < FEWEST_SHOWN:
        st.caption(f"Shown when {FEWEST_SHOWN} people have answered the survey.")
    rows = []
    for name, statement in survey_form.STATEMENTS.items():
        given = [one.answer for one in answers if one.question == name]
        rows.append((str(statement), given))
    rows = [(text, given) for text, given in rows if len(given) >= FEWEST_SHOWN]
    if rows:
        st.dataframe(
            {
                "statement": [text for text, _ in rows],
                "agree (4 or 5)": [
                    f"{sum(value >= 4 for value in given)} of {len(given)}"  # noqa: PLR2004
                    for _, given in rows
                ],
                "mean": [round(sum(given) / len(given), 2) for _, given in rows],
            },
            hide_index=True,
        )
    for name, sentence in (
        (standing_view.FAIR, "call the position of their value fair"),
        (standing_view.SAME, "call the card that stands for theirs the same value"),
        (standing_view.NOT_MINE, "stand by their card as their value"),
    ):
        given = [one.answer for one in answers if one.question.startswith(f"{name} ")]
        if len(given) >= FEWEST_SHOWN:
            st.markdown(f"{sum(map(bool, given))} of {len(given)} {sentence}.")
    _show_objections([one for one in answers if one.question.startswith(standing_view.WHY)], known)


def _show_objections(objections: list[surveys.SurveyAnswer], known: Material) -> None:
    written = [one for one in objections if one.answer]
    if written:
        with st.expander(f"Objections ({len(written)})"):
            for one in written:
                card = one.question.removeprefix(f"{standing_view.WHY} ")
                st.markdown(f"**{plain(known.title(card))}**: {plain(one.answer)}")


def _show_considered(here: session.Here, study: Study, known: Material) -> None:
    found = [one for one in wisdom.considered(here.db, study.id) if one.card in known.cards]
    if not found:
        return
    found.sort(key=lambda one: -one.n_picked / one.n_shown)
    cases = {case.id: case.title for case in known.settings.cases}
    with st.expander("Which values people want considered"):
        st.dataframe(
            {
                "value": [known.title(one.card) for one in found],
                "case": [cases.get(one.case_id, one.case_id) for one in found],
                "picked": [one.n_picked for one in found],
                "shown": [one.n_shown for one in found],
            },
            hide_index=True,
        )
