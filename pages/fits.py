"""Start fits, watch them, see why one failed."""

import streamlit as st

from core.study import Role
from ui import fit_view, session

here = session.current(Role.RESEARCHER)
study = session.study(here)

st.title("Fits")
st.caption(
    "A fit freezes the judgments given so far and trains both models on them in a process of its "
    "own. Annotators notice nothing, and stopping it harms nothing."
)
fit_view.show(here, study)
