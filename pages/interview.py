"""Ask a person what they pay attention to when it matters, and make cards of it with them."""

import streamlit as st

from core.study import Role
from ui import session
from ui.interview import screen
from ui.messages import say

here = session.current(Role.ANNOTATOR)
study = session.study(here)

st.title(say("Interview"), anchor=False)
screen.show(here, study)
