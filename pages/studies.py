"""Create studies, set them, start and pause them, and choose who is in them."""

import streamlit as st

from core.study import Role
from storage import studies
from ui import questions_view, session, study_form, study_view
from ui.interview import settings_form
from ui.judging import sample as sample_question

here = session.current(Role.RESEARCHER)
listed = studies.for_annotator(here.db, here.person)

st.title("Studies")
study_view.show_creation(here, open_at_first=not listed)
study = session.study(here, note="There is no study yet. Create one above.")
study_view.show_all(here, listed)
st.divider()
study_view.show_state(here, study)
settings, values, people, questions, sample, versions = st.tabs(
    ["Settings", "Values", "People", "Questions", "Sample question", "Versions"]
)
with settings:
    study_form.show(here, study)
with values:
    settings_form.show(here, study)
with people:
    study_view.show_people(here, study)
    st.subheader("Cohorts", anchor=False)
    questions_view.show_cohorts(here, study)
with questions:
    st.subheader("Asked first", anchor=False)
    questions_view.show_targets(here, study)
    st.subheader("Known answers", anchor=False)
    questions_view.show_gold(here, study)
with sample:
    sample_question.show(here, study)
with versions:
    study_view.show_versions(here, study)
