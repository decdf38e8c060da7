"""How well do the models do, what stands behind the answers, and what has changed?"""

import streamlit as st

from core.study import Role
from ui import evaluation, result_view, session

here = session.current(Role.RESEARCHER)
study = session.study(here)

st.title("Evaluation")
result = result_view.latest(here, study)
result_view.show_origin(result)
evaluation.show(result)
