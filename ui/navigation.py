"""Which pages there are, for whom, and links from one to another."""

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from core.study import Role
from ui.messages import deferred, say_deferred

PAGES = Path(__file__).resolve().parents[1] / "pages"

JUDGE, PREPARE = deferred("Judge"), deferred("Prepare")
UNDERSTAND = deferred("Understand")
TAKE_AWAY, ADMINISTER = deferred("Take away"), deferred("Administer")
#: Section, file, title, icon, and who sees it. Every page checks the role itself as well.
SCREENS = (
    (JUDGE, "compare", deferred("Compare"), ":material/compare_arrows:", Role.ANNOTATOR),
    (JUDGE, "values", deferred("Values"), ":material/balance:", Role.ANNOTATOR),
    (JUDGE, "interview", deferred("Interview"), ":material/forum:", Role.ANNOTATOR),
    (PREPARE, "studies", deferred("Studies"), ":material/science:", Role.RESEARCHER),
    (PREPARE, "importing", deferred("Import"), ":material/upload_file:", Role.RESEARCHER),
    (UNDERSTAND, "cards", deferred("Values cards"), ":material/style:", Role.RESEARCHER),
    (UNDERSTAND, "results", deferred("Results"), ":material/leaderboard:", Role.RESEARCHER),
    (UNDERSTAND, "fits", deferred("Fits"), ":material/model_training:", Role.RESEARCHER),
    (UNDERSTAND, "calibration", deferred("Calibration"), ":material/target:", Role.RESEARCHER),
    (UNDERSTAND, "evaluation", deferred("Evaluation"), ":material/grading:", Role.RESEARCHER),
    (UNDERSTAND, "coverage", deferred("Coverage"), ":material/grid_on:", Role.RESEARCHER),
    (UNDERSTAND, "graph", deferred("Value graph"), ":material/hub:", Role.RESEARCHER),
    (UNDERSTAND, "agreement", deferred("Agreement"), ":material/handshake:", Role.ADMIN),
    (UNDERSTAND, "review", deferred("Review"), ":material/rate_review:", Role.ADMIN),
    (UNDERSTAND, "statistics", deferred("Formulas"), ":material/function:", Role.RESEARCHER),
    (TAKE_AWAY, "export", deferred("Export"), ":material/download:", Role.RESEARCHER),
    (ADMINISTER, "people", deferred("People"), ":material/group:", Role.ADMIN),
)
FIRST = "compare"


def sections(role: Role) -> dict[str, list[StreamlitPage]]:
    """The menu of a role; whoever has not signed in gets the first page, which says how to."""
    menu: dict[str, list[StreamlitPage]] = {}
    for section, name, title, icon, needed in SCREENS:
        if role.includes(needed) or name == FIRST:
            page = st.Page(
                _path(name),
                title=say_deferred(title),
                icon=icon,
                url_path=name,
                default=name == FIRST,
            )
            menu.setdefault(say_deferred(section), []).append(page)
    # Streamlit's sections are no valid list (axe: list, listitem); one page needs none.
    return menu if len(menu) > 1 else {"": [page for pages in menu.values() for page in pages]}


def link(name: str, label: str, *, of: str = "") -> None:
    """Draw a button that leads to another page of this person's menu.

    (`st.page_link` would break a page that is opened before the menu was ever drawn.)

    Parameters
    ----------
    of : str
        What it stands beside, where a page has several to the same place.
    """
    [icon] = [icon for _, other, _, icon, _ in SCREENS if other == name]
    if st.button(label, icon=icon, key=f"to {name} {of}".rstrip()):
        st.switch_page(_path(name))


def _path(name: str) -> str:
    return str(PAGES / f"{name}.py")
