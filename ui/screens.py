"""The script that Streamlit runs.

It does not lie beside `pages/`: a script there would make Streamlit serve the folder without it.
"""

from pathlib import Path

import streamlit as st

from ui import navigation, session

st.set_page_config(
    page_title="Discern", page_icon=str(Path(__file__).with_name("icon.svg")), layout="wide"
)
# Streamlit leaves room for a header that is not shown here; the pair needs it more.
st.html("<style>[data-testid=stMainBlockContainer] { padding-top: 3rem }</style>")
chosen = st.navigation(navigation.sections(session.role()))
session.draw_account()
chosen.run()
