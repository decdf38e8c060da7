"""Create studies, set them, start and pause them, and choose who is in them."""

import streamlit as st

from core.study import Role
from storage import studies
from ui import session, study_form, study_view

here = session.current(Role.RESEARCHER)
listed = studies.for_annotator(here.db, here.person)

st.title("Studies")
study_view.show_creation(here, open_at_first=not listed)
study = session.study(here, note="There is no study yet. Create one above.")
study_view.show_all(here, listed)
st.divider()
study_view.show_state(here, study)
settings, people, sample, versions = st.tabs(["Settings", "People", "Sample pair", "Versions"])
with settings:
    study_form.show(here, study)
with people:
    study_view.show_people(here, study)
with sample:
    study_view.show_sample(here, study)
with versions:
    study_view.show_versions(here, study)
