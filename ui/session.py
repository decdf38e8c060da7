"""Who is in front of the page, and which study they look at. The only user of st.session_state."""

import secrets
from dataclasses import dataclass
from html import escape
from typing import Any

import streamlit as st

from core.study import Role, Study
from storage import people, studies
from storage.database import Database
from storage.people import Person
from ui import roles
from ui.messages import say
from workbench.opening import Workbench, open_workbench

_STUDY = "study"


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
        st.info(say("Sign in to use this workbench."))
        st.html(f'<a href="/sign-in" target="_self">{escape(say("Sign in"))}</a>')
        st.stop()
    if not person.role.includes(needed):
        st.error(
            say(
                "This needs the role {role}. Ask an admin of this workbench to give it to you.",
                role=roles.said(needed),
            )
        )
        st.stop()
    return Here(workbench, person)


def study(here: Here, *, note: str = "") -> Study:
    """Return the study that this person looks at, chosen in the sidebar and kept in the address.

    Stops the page when there is none; `note` says what to do then.
    """
    choices = {study.id: study for study in studies.for_annotator(here.db, here.person)}
    if not choices:
        nowhere = say("You are in no study yet. A researcher adds you on the page Studies.")
        st.info(note or nowhere)
        st.stop()
    asked = st.query_params.get("study") or st.session_state.get(_STUDY)
    chosen = st.sidebar.selectbox(
        say("Study"),
        list(choices),
        index=list(choices).index(asked) if asked in choices else 0,
        format_func=lambda study_id: choices[study_id].settings.name,
    )
    st.session_state[_STUDY] = chosen
    st.query_params["study"] = chosen
    return choices[chosen]


def nonce() -> str:
    """A random name of this browser session: another one means that the server lost its memory."""
    return str(st.session_state.setdefault("nonce", secrets.token_hex(8)))


def component_state(key: str, name: str) -> Any:
    """What a component of that key has set."""
    return st.session_state[key].get(name)


def event_results(key: str) -> dict[str, str]:
    """What became of the events that a component sent last: a sentence each, empty if taken."""
    return dict(st.session_state.get(f"results of {key}") or {})


def remember_results(key: str, results: dict[str, str]) -> None:
    st.session_state[f"results of {key}"] = results


def typed(key: str) -> Any:
    """What stands in the widget of that key now; a callback sees it before the page does."""
    return st.session_state[key]


def typed_or(key: str, otherwise: Any) -> Any:
    """The same, where the widget may not be on the page."""
    return st.session_state.get(key, otherwise)


def kept(name: str, first: Any) -> Any:
    """What this browser session keeps under a name; `first` from the first time on."""
    return st.session_state.setdefault(name, first)


def keep(name: str, value: Any) -> None:
    """Keep a value under a name; in a callback, also put it into the widget of that key."""
    st.session_state[name] = value


def role() -> Role:
    """The role of whoever is here, for the menu; `Role.NONE` before signing in."""
    person = _signed_in(open_workbench())
    return person.role if person else Role.NONE


def _signed_in(workbench: Workbench) -> Person | None:
    """Middleware put the signed cookie's content into st.user; the store says if it still holds."""
    person_id, sign_in_id = st.user.get("person"), st.user.get("sign_in")
    if not isinstance(person_id, str) or not isinstance(sign_in_id, str):
        return None
    return people.signed_in(workbench.db, person_id, sign_in_id, local=workbench.settings.local)
