"""People on the screen: who they are, what they may do, and a new password where one is needed."""

import base64
import secrets

import streamlit as st

from core.errors import DiscernError
from core.study import Role
from storage import people
from storage.people import LOCAL, Person
from ui import session
from ui.sentences import plain, said

ROLES = {
    Role.NONE: "none (deactivated)",
    Role.ANNOTATOR: "annotator",
    Role.RESEARCHER: "researcher",
    Role.ADMIN: "admin",
}
MEANINGS = (
    "**annotator** judges in the studies they are in · **researcher** makes studies, imports, "
    "fits and exports · **admin** also adds people, gives roles and sees agreement · **none** "
    "cannot sign in; what they judged stays"
)
NEW_NAME, NEW_ROLE, SEARCH = "name of the new person", "role of the new person", "searched name"
AT_ONCE = 50


def show_local_mode() -> None:
    st.info(
        "This workbench runs in local mode: one person with all roles, on this machine alone, and "
        "no signing in. To work with several people, stop it and start it with accounts: "
        "`make serve`. The first account is made with a code that is printed at the start; "
        "everything that you have here stays."
    )


def show_addition(here: session.Here) -> None:
    with st.expander("Add a person", icon=":material/person_add:"):
        name, role = st.columns([3, 2])
        name.text_input("Name", key=NEW_NAME, max_chars=100)
        role.selectbox("Role", list(ROLES)[1:], format_func=ROLES.__getitem__, key=NEW_ROLE)
        st.button("Add", type="primary", key="add person", on_click=said(lambda: _add(here)))


def show_all(here: session.Here) -> None:
    """One line a person; a search keeps the page short where there are many."""
    everybody = people.all_people(here.db)
    st.caption(MEANINGS)
    wanted = st.text_input("Search", key=SEARCH, placeholder="Part of a name").strip().casefold()
    found = [person for person in everybody if wanted in person.name.casefold()]
    with_password = people.with_password(here.db)
    for person in found[:AT_ONCE]:
        _show_person(here, person, can_sign_in=person.id in with_password)
    if len(found) > AT_ONCE:
        st.caption(f"{len(found) - AT_ONCE:,} more; search to see them.")
    if not found:
        st.caption("Nobody is called that.")


def _show_person(here: session.Here, person: Person, *, can_sign_in: bool) -> None:
    name, role, password = st.columns([3, 2, 2], vertical_alignment="center")
    marks = " (you)" * (person.id == here.person.id) + " · no password yet" * (not can_sign_in)
    if person.id == LOCAL:
        name.markdown(f"{plain(person.name)} · the person of local mode, cannot sign in")
        return
    name.markdown(plain(person.name) + marks)
    # The role is part of the key: somebody else's change shows at once.
    key = f"role of {person.id}, {person.role}"
    role.selectbox(
        f"Role of {plain(person.name)}",
        list(ROLES),
        list(ROLES).index(person.role),
        format_func=ROLES.__getitem__,
        key=key,
        label_visibility="collapsed",
        on_change=said(lambda: _give_role(here, person, key)),
    )
    password.button(
        "New password",
        key=f"password of {person.id}",
        help="Gives a temporary password, shown once, and ends all their sign-ins.",
        on_click=said(lambda: _reset_password(here, person)),
    )


def _add(here: session.Here) -> None:
    password = _temporary_password()
    person = people.add(
        here.db,
        session.typed(NEW_NAME),
        session.typed(NEW_ROLE),
        by=here.person.id,
        password=password,
    )
    session.keep(NEW_NAME, "")
    _show_once(person, password)


def _give_role(here: session.Here, person: Person, key: str) -> None:
    try:
        people.give_role(here.db, person.id, session.typed(key), by=here.person.id)
    except DiscernError:
        session.keep(key, person.role)
        raise


def _reset_password(here: session.Here, person: Person) -> None:
    password = _temporary_password()
    people.set_password(here.db, person.id, password, by=here.person.id)
    _show_once(person, password)


def _show_once(person: Person, password: str) -> None:
    """What a callback draws is gone with the next click, and kept nowhere."""
    st.success(
        f"{plain(person.name)} signs in with this temporary password. It is shown only now; they "
        "can change it with the button below their name in the sidebar."
    )
    st.code(password, language=None)


def _temporary_password() -> str:
    """80 random bits in letters that are easy to read out."""
    letters = base64.b32encode(secrets.token_bytes(10)).decode().lower()
    return "-".join(letters[i : i + 4] for i in range(0, len(letters), 4))
