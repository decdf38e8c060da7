"""The script that Streamlit runs.

It does not lie beside `pages/`: a script there would make Streamlit serve the folder without it.
"""

from pathlib import Path

import streamlit as st

from ui import account, language_choice, navigation, session

HERE = Path(__file__).parent

st.set_page_config(page_title="Discern", page_icon=str(HERE / "icon.svg"), layout="wide")
st.html(HERE / "screens.css")
role = session.role()
chosen = st.navigation(navigation.sections(role), expanded=True)
account.draw(role)
language_choice.draw(account.remember_language)
chosen.run()
