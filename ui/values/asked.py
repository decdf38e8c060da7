"""Whether a study asks about values at all; where it does not, what would make it ask."""

import streamlit as st

from core.study import Role, Study
from storage import value_settings
from ui import navigation, session
from ui.messages import say


def asks(here: session.Here, study: Study) -> bool:
    """Say so if this study asks nothing about values; researchers are led to where it would."""
    if value_settings.of_study(here.db, study.id).cases:
        return True
    st.info(say("This study asks nothing about values."))
    if here.person.role.includes(Role.RESEARCHER):
        navigation.link("studies", "Give it cases: Studies, tab Values")
    return False
