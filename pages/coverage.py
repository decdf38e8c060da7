"""Which pairs, places, people and values were asked about, and which were not."""

import streamlit as st

from core.study import Role
from ui import coverage, planning_view, session

here = session.current(Role.RESEARCHER)
study = session.study(here)

st.title("Coverage")
coverage.show_values(here, study)
coverage.show_numbers(here, study)
coverage.show_prompts(here, study)
coverage.show_heat_map(here, study)
coverage.show_map(here, study)
coverage.show_similarity(here, study)
coverage.show_people(here, study)
coverage.show_goal(here, study)
planning_view.show(here, study)
