"""Ask which value is wiser, which ones to consider, and show where one's own stands."""

import streamlit as st

from core.study import Role
from ui import session
from ui.interview import card_view
from ui.messages import say
from ui.values import asked, edge_form, picks_form, standing_view
from workbench import values

here = session.current(Role.ANNOTATOR)
study = session.study(here)

st.title(say("Values"))
if not asked.asks(here, study):
    st.stop()
card_view.show_style()
votes, picks, standing = say("Which is wiser?"), say("What to consider"), say("Where mine stands")
parts = {votes: edge_form.show, picks: picks_form.show, standing: standing_view.show}
first = [picks, votes] if values.picks_first(study.id, here.person.id) else [votes, picks]
part = st.radio(say("Part"), [*first, standing], horizontal=True, label_visibility="collapsed")
if part != votes:
    st.header(part, anchor=False)
parts[part](here, study)
