"""All values cards of a study: groups that count as one, the finder, tags, goals, the assistant."""

import streamlit as st

from core.study import Role
from ui import session
from ui.interview import (
    assistant_view,
    canonical_view,
    card_view,
    cards_list,
    finder_view,
    goals_beside,
    tags_view,
)

here = session.current(Role.RESEARCHER)
study = session.study(here)

st.title("Values cards")
card_view.show_style()
cards = cards_list.of_study(here, study)
listed, grouped, finder, tags, goals, assistant = st.tabs(
    ["Cards", "The same", "Finder", "Tags", "Goals", "Assistant"]
)
with listed:
    cards_list.show(here, study, cards)
with grouped:
    canonical_view.show(here, study, cards)
with finder:
    finder_view.show(here, study)
with tags:
    tags_view.show(here, study, cards)
with goals:
    goals_beside.show(here, study)
with assistant:
    assistant_view.show(here, study)
