"""What people say of a study about values: the survey, their cards, objections."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core.estimates import Estimate, clustered_mean, clustered_share
from core.study import Study
from storage import surveys, wisdom
from storage.surveys import SurveyAnswer
from ui import chart_with_data, session
from ui.figures import count, source
from ui.figures import said as figure
from ui.interview import representation
from ui.interview.finder_view import share
from ui.sentences import plain
from ui.values import standing_view, survey_form
from workbench.value_standing import FEWEST_SHOWN
from workbench.values import Material

#: From this degree on a statement is agreed with.
AGREES = 4


def show(here: session.Here, study: Study, known: Material) -> None:
    """What people want considered, the exit survey, and who objects."""
    st.header("What people say of it", anchor=False)
    _show_considered(here, study, known)
    answers = surveys.of_study(here.db, study.id)
    if len({one.person_id for one in answers}) < FEWEST_SHOWN:
        st.caption(f"Shown when {FEWEST_SHOWN} people have answered the survey.")
    _show_statements(answers)
    _show_checks(answers)
    _show_represented(answers)
    _show_objections([one for one in answers if one.question.startswith(standing_view.WHY)], known)


def _show_statements(answers: list[SurveyAnswer]) -> None:
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
            "95 % intervals over people. Who answers is who stayed to the end. "
            + source("What people say of their values")
        )


def _show_checks(answers: list[SurveyAnswer]) -> None:
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


def _show_represented(answers: list[SurveyAnswer]) -> None:
    """Whether cards represent their authors: by what these say, and by what they choose."""
    prefix = representation.question_of("")
    given = [one for one in answers if one.question.startswith(prefix)]
    people = [one.person_id for one in given]
    if len(set(people)) < FEWEST_SHOWN:
        return
    yes = share(_share([one.answer["said"] == "yes" for one in given], people))
    said = f"{yes} of {count(len(given), 'card', 'cards')} represent their authors, these say"
    told = [(one.person_id, one.answer) for one in given if one.answer["n"]]
    if len({person for person, _ in told}) >= FEWEST_SHOWN:
        hits, of_whom = [], []
        for person, answer in told:
            n_hits = round(answer["hit_rate"] * answer["n"])
            hits += [True] * n_hits + [False] * (answer["n"] - n_hits)
            of_whom += [person] * answer["n"]
        rate = share(_share(hits, of_whom))
        said += (
            f"; from the cards alone {rate} of {len(hits):,} held-out choices can be told (a coin "
            "tells half). Ask where they fail before you take a card for its author"
        )
    st.markdown(f"{said}. 95 % intervals by person. {source('What a card predicts')}")
    where = [one for one in given if one.answer["where"]]
    if where:
        with st.expander(f"Where cards fail, in their authors' words ({len(where)})"):
            for one in where:
                st.markdown(f"- {plain(one.answer['where'])}")


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
