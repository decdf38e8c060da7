"""What the interface says, in the language of the person in front of it.

`say("…")` with the English sentence written out: a test finds all of them in the code and asks
every catalogue in `ui/translations/` for them.
"""

from functools import lru_cache
from urllib.parse import parse_qs

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from workbench import catalogue
from workbench.catalogue import Deferred, Direction, deferred

__all__ = ["deferred", "direction", "language", "say", "say_deferred", "say_number"]


def say(text: str, /, **values: object) -> str:
    """Return the sentence in this person's language, with its `{fields}` filled."""
    return catalogue.translated(language(), text, values)


def say_number(one: str, many: str, n: int, /, **values: object) -> str:
    """Return the form of the sentence that goes with `n`, which fills the field `{n}`."""
    return catalogue.translated_number(language(), one, many, n, values)


def say_deferred(text: Deferred, /, **values: object) -> str:
    """Say what was marked by `deferred`."""
    return catalogue.translated(language(), text, values)


def language() -> str:
    """The code of the language in which this run of a page speaks.

    From the address (`?language=de`), else as chosen before, else what the browser accepts.
    """
    run = get_script_run_ctx(suppress_warning=True)
    if run is None:  # nobody is there: a test, or the module is being imported
        return catalogue.ENGLISH
    return _of_session(run.session_id, run.query_string)


def direction() -> Direction:
    """The direction in which that language is written, as HTML and CSS name it."""
    return catalogue.direction(language())


@lru_cache(maxsize=1024)  # asking st.context takes 60 µs, and a page says a hundred sentences
def _of_session(session_id: str, query: str) -> str:  # noqa: ARG001 - the cookies are a session's
    return catalogue.chosen(
        parse_qs(query).get("language", [None])[0],
        st.context.cookies.get(catalogue.COOKIE),
        accepted=st.context.headers.get("Accept-Language", ""),
    )
