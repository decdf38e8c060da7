"""The script that Streamlit runs.

It does not lie beside `pages/`: a script there would make Streamlit serve the folder without it.
"""

from pathlib import Path

import streamlit as st

from ui import account, language_choice, navigation, session

st.set_page_config(
    page_title="Discern", page_icon=str(Path(__file__).with_name("icon.svg")), layout="wide"
)
# Streamlit leaves room for a header that is not shown here; the pair needs it more.
st.html("<style>[data-testid=stMainBlockContainer] { padding-top: 3rem }</style>")
role = session.role()
chosen = st.navigation(navigation.sections(role))
account.draw(role)
language_choice.draw()
chosen.run()
