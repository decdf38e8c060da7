"""The view in the browser: its parts in `client/`, put together into one component."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from ui import markdown, session

_CLIENT = Path(__file__).parent / "client"


def source() -> str:
    """The scripts of the view as one module, `start.js` last; they share one scope."""
    names = sorted(path.name for path in _CLIENT.glob("*.js") if path.name != "start.js")
    return "\n".join(_compact(_read(name)) for name in [*names, "start.js"])


def _read(name: str) -> str:
    return (_CLIENT / name).read_text(encoding="utf-8")


def _compact(script: str) -> str:
    """Leave out indentation and lines of comment: Streamlit sends the source with every answer."""
    lines = (line.strip() for line in script.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


_VIEW = st.components.v2.component(
    "judging",
    html=_compact(_read("view.html")),
    css=_compact(_read("view.css") + markdown.stylesheet()),
    js=source(),
)


def mount(key: str, data: dict[str, Any], take: Callable[[Any], None]) -> None:
    """Draw the view; `take` gets what the browser sends, before the page runs."""
    _VIEW(
        key=key,
        # In a list: Streamlit looks through a bare dictionary for data frames, with pandas.
        data=[data],
        on_pending_change=lambda: take(session.component_state(key, "pending")),
    )
