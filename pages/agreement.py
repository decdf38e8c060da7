"""How far annotators agree with each other."""

import streamlit as st

from core.study import Role
from ui import agreement_view, session

here = session.current(Role.ADMIN)
study = session.study(here)

st.title("Agreement")
agreement_view.show(here, study)
agreement_view.show_annotators(here, study)
