"""Which pairs were asked, of whom, and which were not."""

import streamlit as st

from core.study import Role
from ui import coverage_view, planning_view, session

here = session.current(Role.RESEARCHER)
study = session.study(here)

st.title("Coverage")
coverage_view.show(here, study)
planning_view.show(here, study)
