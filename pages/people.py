"""Who works here: add people, give roles, reset passwords."""

import streamlit as st

from core.study import Role
from ui import people_view, session

here = session.current(Role.ADMIN)

st.title("People")
if here.workbench.settings.local:
    people_view.show_local_mode()
else:
    people_view.show_addition(here)
    people_view.show_all(here)
