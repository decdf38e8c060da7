"""What people prefer, and how sure one can be of it."""

import streamlit as st

from core.study import Role
from ui import beside_view, result_view, session

here = session.current(Role.RESEARCHER)
study = session.study(here)

st.title("Results")
result = result_view.latest(here, study)
result_view.show_origin(result)
items, labels = result_view.show_strengths(here, study, result)
beside_view.show(result, items, labels)
result_view.show_win_probability(result, items, labels)
result_view.show_comparison(here, study, result, items, labels)
result_view.show_texts(here, study, result)
result_view.show_undetermined(here, study, result)
