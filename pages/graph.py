"""The value graph of a study: which values people hold wiser, how surely, and who differs."""

import streamlit as st

from core.study import Role
from ui import session
from ui.values import (
    graph_files,
    graph_orders,
    graph_people,
    graph_situations,
    graph_slate,
    graph_view,
    graph_voices,
    imported_view,
)

here = session.current(Role.RESEARCHER)
study = session.study(here)

st.title("Value graph")
found = graph_view.show_status(here, study)
known = graph_view.material(here, study)
if found is not None:
    graph_view.show_winner(found, known)
    graph_view.show_graph(found, known)
    graph_orders.show_rankings(found, known)
    graph_orders.show_cycles(found, known)
    graph_people.show_groups(found, known)
    graph_people.show_steadiness(found)
    graph_orders.show_mge_rule(found, known)
graph_slate.show(here, study, known)
graph_situations.show(here, study, known)
graph_voices.show(here, study, known)
imported_view.show(here, study, found, known)
graph_files.show(here, study, found)
