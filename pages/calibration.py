"""Do predicted probabilities match what people said?"""

import streamlit as st

from core.study import Role
from ui import calibration_view, result_view, session

here = session.current(Role.RESEARCHER)
study = session.study(here)

st.title("Calibration")
result = result_view.latest(here, study)
result_view.show_origin(result)
calibration_view.show(result)
