"""Who is in front of the page, and which study they look at. The only user of st.session_state."""

from dataclasses import dataclass

import streamlit as st
from storage.people import Person

from core.errors import NotAllowedError
from core.study import Role
from storage import people
from workbench.opening import Workbench, open_workbench


@dataclass(frozen=True, slots=True)
class Here:
    """What every page needs to know about the person in front of it."""

    workbench: Workbench
    person: Person

    @property
    def db(self) -> Database:
        return self.workbench.db


def current(needed: Role) -> Here:
    """Return who is here; stop the page unless they are signed in with the role it needs."""
    workbench = open_workbench()
    person = _signed_in(workbench)
    if person is None:
        st.info("Sign in to use this workbench.")
        st.link_button("Sign in", "/sign-in", type="primary")
        st.stop()
    if not person.role.includes(needed):
        st.error(str(NotAllowedError(needed.value)))
        st.stop()
    return Here(workbench, person)


def _signed_in(workbench: Workbench) -> Person | None:
    """Middleware put the signed cookie's content into st.user; the store says if it still holds."""
    person_id, sign_in_id = st.user.get("person"), st.user.get("sign_in")
    if not isinstance(person_id, str) or not isinstance(sign_in_id, str):
        return None
    return people.signed_in(workbench.db, person_id, sign_in_id, local=workbench.settings.local)
