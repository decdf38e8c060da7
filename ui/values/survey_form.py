"""The exit survey, in own words, and what a person says of their card and its place."""

from datetime import UTC, datetime
from typing import Any

import streamlit as st

from core.study import Study
from storage import surveys
from ui import session
from ui.messages import deferred, say, say_deferred
from ui.sentences import said

MAX_TEXT = 2000
#: Statements by the name under which answers are kept; agreed with from 1 to 5.
STATEMENTS = {
    "represented": deferred("What I wrote and voted for says what I really care about."),
    "clearer": deferred("I see more clearly now what matters to me."),
    "learned": deferred("I learned something about what matters to others."),
    "respect": deferred("I think better of the others who took part."),
    "worthwhile": deferred("Taking part was pleasant, or meant something to me."),
    "used": deferred("What I gave will find its place and be used."),
    "trust": deferred("I would trust what comes out of this to guide decisions."),
}
TEXTS = {
    "trouble": deferred("What was confusing or hard?"),
    "better": deferred("What should be done differently?"),
}
_DEGREES = range(1, 6)


def show(here: session.Here, study: Study) -> None:
    """Seven statements and two questions; none has to be answered, all can be changed."""
    before = surveys.of_person(here.db, study.id, here.person.id)
    st.header(say("How was it?"), anchor=False)
    st.markdown(
        say("From 1, not at all, to 5, fully. Leave out what you like; you can change it later.")
    )
    for name, statement in STATEMENTS.items():
        known = before.get(name)
        st.radio(
            say_deferred(statement),
            _DEGREES,
            index=None if known is None else _DEGREES.index(known),
            horizontal=True,
            key=_key(name),
        )
    for name, question in TEXTS.items():
        st.text_area(
            say_deferred(question),
            value=before.get(name, ""),
            key=_key(name),
            max_chars=MAX_TEXT,
            height=80,
        )
    st.button(say("Save my answers"), key="save survey", on_click=said(lambda: _save(here, study)))


def _save(here: session.Here, study: Study) -> None:
    given = {name: session.typed(_key(name)) for name in (*STATEMENTS, *TEXTS)}
    keep(here, study, {name: value for name, value in given.items() if value})
    st.toast(say("Saved. Thank you."))


def keep(here: session.Here, study: Study, answers: dict[str, Any]) -> None:
    """Store these answers of whoever is here."""
    surveys.answer(here.db, study.id, here.person.id, answers, datetime.now(UTC))


def _key(name: str) -> str:
    return f"survey {name}"
