"""Groups, bridges, and whether people stay with what they said."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from core.estimates import Estimate, clustered_mean, clustered_share
from core.study import Study
from storage import surveys, wisdom
from ui import chart_with_data, session
from ui.figures import said as figure
from ui.interview.finder_view import share
from ui.sentences import plain
from ui.values import standing_view, survey_form
from workbench.value_estimates import Found
from workbench.value_standing import FEWEST_SHOWN
from workbench.values import Material

#: From this degree on a statement is agreed with.
N_BRIDGES, AGREES = 20, 4


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
    chart_with_data.table(
        {
            "wiser": [known.title(bridge["wiser"]) for bridge in bridges],
            "than": [known.title(bridge["less_wise"]) for bridge in bridges],
            "bridging score": [figure(bridge["score"]) for bridge in bridges],
            "votes": [bridge["score"]["n"] for bridge in bridges],
        },
        name="bridges between groups",
    )
    st.caption(
        "Product over groups of the share that calls it wiser, with its 90 % interval: what all "
        "groups agree on stands on top. docs/statistics.md, “Groups, bridges and slate”."
    )


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
    st.caption(
        f"What moves all votes alike, log-odds of a yes with 90 % intervals: {said}. "
        "docs/statistics.md, “Whether people stay with their votes” and “Votes foretold”."
    )
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
        f"{said['hours_between']:.1f} hours between, median). {_direction(said)}"
    )


def _direction(said: Mapping[str, Any]) -> str:
    """Whether answers hang on the way that the question was turned."""
    alike, turned = said["same_direction"], said["other_direction"]
    if alike is None or turned is None:
        return "Too few were asked again in both directions to see the pull of the direction."
    return (
        f"Turned the same way as before they said the same in {figure(alike)} of {alike['n']:,}, "
        f"turned the other way in {figure(turned)} of {turned['n']:,}: a gap is the pull of the "
        "direction shown. No model foretells answers better than people repeat them."
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
    st.table(
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
        chart_with_data.table(
            {
                "statement": [text for text, _ in rows],
                "agree (4 or 5)": [
                    share(_share([value >= AGREES for value in given])) for _, given in rows
                ],
                "mean, 1 to 5": [figure(_mean(given), 2) for _, given in rows],
                "people": [len(given) for _, given in rows],
            },
            name="survey about values",
        )
        st.caption(
            "95 % intervals over people. Who answers is who stayed to the end: "
            "docs/statistics.md, “What people say of their values”."
        )
    for name, sentence in (
        (standing_view.FAIR, "call the position of their value fair"),
        (standing_view.SAME, "call the card that stands for theirs the same value"),
        (standing_view.NOT_MINE, "stand by their card as their value"),
    ):
        given = [one.answer for one in answers if one.question.startswith(f"{name} ")]
        if len(given) >= FEWEST_SHOWN:
            people = [one.person_id for one in answers if one.question.startswith(f"{name} ")]
            said_so = share(_share([bool(value) for value in given], people))
            st.markdown(
                f"{said_so} of {len(given):,} answers {sentence} (95 % interval by person)."
            )
    _show_objections([one for one in answers if one.question.startswith(standing_view.WHY)], known)


def _share(hits: Sequence[bool], people: Sequence[str] | None = None) -> Estimate:
    """A share with its interval, clustered by person where one has several answers."""
    of_person = range(len(hits)) if people is None else people
    cluster = np.unique(list(of_person), return_inverse=True)[1]
    return clustered_share(np.array(hits, dtype=np.float64), cluster)


def _mean(values: Sequence[float]) -> Estimate:
    return clustered_mean(np.array(values, dtype=np.float64), np.arange(len(values)))


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
    chart_with_data.closed_table(
        {
            "value": [known.title(one.card) for one in found],
            "case": [cases.get(one.case_id, one.case_id) for one in found],
            "picked": [one.n_picked for one in found],
            "shown": [one.n_shown for one in found],
        },
        name="values that people want considered",
        opens="Which values people want considered",
    )
