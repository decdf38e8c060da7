"""Ask the annotator one question of a study after another, and record the answers."""

import streamlit as st

from core.study import Role
from ui import session
from ui.judging import guidelines, screen
from ui.messages import say

here = session.current(Role.ANNOTATOR)
study = session.study(here)

guidelines.show(here, study)
plain = st.sidebar.toggle(
    say("Plain buttons"), help=say("Without the fast view, for assistive software.")
)
screen.show(here, study, plain=plain)
