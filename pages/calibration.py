"""Do predicted probabilities match what people said?"""

import streamlit as st

from core.study import Role
from ui import calibration, result_view, session

here = session.current(Role.RESEARCHER)
study = session.study(here)

st.title("Calibration")
result = result_view.latest(here, study)
result_view.show_origin(result)
calibration.show(here, result)
