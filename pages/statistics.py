"""Every figure of the dashboards: its formula, what it assumes, where it comes from."""

from pathlib import Path

import streamlit as st

from core.study import Role
from ui import session

session.current(Role.RESEARCHER)

document = Path(__file__).resolve().parents[1] / "docs" / "statistics.md"
st.markdown(document.read_text(encoding="utf-8"))
