"""The script that Streamlit runs: which pages there are, for whom, in which order.

It does not lie beside `pages/`: a script there would make Streamlit serve the folder without it.
"""

from pathlib import Path

import streamlit as st

from core.study import Role
from ui import session

PAGES = Path(__file__).resolve().parents[1] / "pages"
ICON = Path(__file__).with_name("icon.svg")

#: Section, file, title, icon, and who sees it. Every page checks the role itself as well.
SCREENS = (
    ("Judge", "compare", "Compare", ":material/compare_arrows:", Role.ANNOTATOR),
    ("Prepare", "studies", "Studies", ":material/science:", Role.RESEARCHER),
    ("Prepare", "importing", "Import", ":material/upload_file:", Role.RESEARCHER),
    ("Understand", "results", "Results", ":material/leaderboard:", Role.RESEARCHER),
    ("Understand", "fits", "Fits", ":material/model_training:", Role.RESEARCHER),
    ("Understand", "calibration", "Calibration", ":material/target:", Role.RESEARCHER),
    ("Understand", "coverage", "Coverage", ":material/grid_on:", Role.RESEARCHER),
    ("Understand", "agreement", "Agreement", ":material/handshake:", Role.ADMIN),
    ("Take away", "export", "Export", ":material/download:", Role.RESEARCHER),
    ("Administer", "people", "People", ":material/group:", Role.ADMIN),
)

st.set_page_config(page_title="Discern", page_icon=str(ICON), layout="wide")
role = session.role()
sections: dict[str, list[st.Page]] = {}
for section, name, title, icon, needed in SCREENS:
    if role.includes(needed) or name == "compare":
        page = st.Page(
            PAGES / f"{name}.py", title=title, icon=icon, url_path=name, default=name == "compare"
        )
        sections.setdefault(section, []).append(page)
chosen = st.navigation(sections)
session.draw_account()
chosen.run()
