"""What needs a second look: notes of annotators, divided or surprising pairs, gold."""

import streamlit as st

from core.study import Role
from ui import review, session

here = session.current(Role.ADMIN)
study = session.study(here)

st.title("Review")
st.caption("Nothing here changes or drops a judgment: what you conclude stands beside it.")
notes, queue, gold, kinds = st.tabs(
    ["Notes of annotators", "Pairs to look at again", "Gold", "What was concluded"]
)
with notes:
    review.show_notes(here, study)
with queue:
    review.show_queue(here, study)
with gold:
    review.show_unanimous(here, study)
with kinds:
    review.show_typology(here, study)
