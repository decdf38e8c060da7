"""Who is here, said in the sidebar, and how to leave."""

from datetime import UTC, datetime
from html import escape

import streamlit as st

from core.study import Role
from storage import preferences
from ui import roles, session
from ui.messages import say
from ui.sentences import plain


def draw(role: Role) -> None:
    """Draw the account of whoever is here with that role; nothing before signing in."""
    if role is Role.NONE:
        return
    here = session.current(role)
    if here.workbench.settings.local:
        st.sidebar.info(say("Local mode: one person, all roles, only from this computer."))
        return
    name = plain(here.person.name)
    st.sidebar.caption(say("Signed in as {name} ({role})", name=name, role=roles.said(role)))
    links = [_link("/password", say("Change password")), _link("/sign-out", say("Sign out"))]
    st.sidebar.html(" · ".join(links))


def remember_language(code: str) -> None:
    """Keep the language that somebody chose; whoever has not signed in only keeps the cookie."""
    role = session.role()
    if role is not Role.NONE:
        here = session.current(role)
        preferences.change(here.db, here.person.id, {"language": code}, datetime.now(UTC))


def _link(path: str, label: str) -> str:
    """A link that stays in this tab; Streamlit's own open another one."""
    return f'<a href="{path}" target="_self">{escape(label)}</a>'
