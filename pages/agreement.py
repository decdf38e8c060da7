"""How far annotators agree with each other, and what is known of each of them."""

import streamlit as st

from core.study import Role
from ui import agreement, session

here = session.current(Role.ADMIN)
study = session.study(here)

st.title("Agreement")
agreement.show(here, study)
