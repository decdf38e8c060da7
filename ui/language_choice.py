"""The language of the interface: its choice in the sidebar, and what the browser is told of it."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st

from ui import messages
from ui.messages import say
from workbench import catalogue

_KEY = "language of the interface"
_VIEW = st.components.v2.component(
    "language_choice", js=Path(__file__).with_name("language_choice.js").read_text(encoding="utf-8")
)


def draw(remember: Callable[[str], object]) -> None:
    """Offer the languages in the sidebar, and keep in the browser which one was chosen.

    Parameters
    ----------
    remember
        Called with the code that somebody chooses, to keep it beyond this browser.
    """
    now = messages.language()
    names = catalogue.languages()
    chosen = st.sidebar.selectbox(
        say("Language"),
        list(names),
        index=list(names).index(now),
        format_func=names.__getitem__,
        key=_KEY,
    )
    if chosen != now:
        remember(chosen)
    # The server keeps the choice in a cookie, and the page is loaded anew in the other language,
    # with what its address says here: in the browser a slow run may not have put it back yet.
    leaves = chosen != now or "language" in st.query_params
    query = urlencode({k: v for k, v in st.query_params.items() if k != "language"})
    with st.sidebar:
        _VIEW(
            key="language",
            data=[
                {
                    "language": now,
                    "direction": messages.direction(),
                    "choice": chosen if leaves else "",
                    "query": query,
                }
            ],
        )
