"""Ask the annotator which of two items is better, and record the answer."""

import streamlit as st

from core.study import Role
from ui import markdown, pair_view, session

here = session.current(Role.ANNOTATOR)
study = session.study(here)

st.subheader(study.settings.question, anchor=False)
if study.settings.guidelines:
    with st.expander("Guidelines"):
        st.html(markdown.to_html(study.settings.guidelines))
plain = st.sidebar.toggle("Plain buttons", help="Without the fast view, for assistive software.")
pair_view.show(here, study, plain=plain)
