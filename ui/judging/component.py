"""The view in the browser: its parts in `client/`, put together into one module.

Streamlit sends the whole source of a component with every answer. So the view is two: one that
brings the source once, and one that only waits for it and hands it the data.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from ui import markdown, session

_CLIENT = Path(__file__).parent / "client"
_WAIT = """
const source = (globalThis.discernJudging ??= Promise.withResolvers());
export default function (component) {
  let open = true;
  let close = null;
  source.promise.then((draw) => { if (open) close = draw(component); });
  return () => { open = false; close?.(); };
}
"""


def source() -> str:
    """The scripts of the view as one module; they share one scope, `start.js` comes last."""
    names = sorted(path.name for path in _CLIENT.glob("*.js") if path.name != "start.js")
    scripts = [_compact(_read(name)) for name in [*names, "start.js"]]
    style = _compact(_read("view.css") + markdown.stylesheet())
    html = f"<style>{style}</style>{_compact(_read('view.html'))}"
    return "\n".join([f"const VIEW = {json.dumps(html)};", *scripts])


def _read(name: str) -> str:
    return (_CLIENT / name).read_text(encoding="utf-8")


def _compact(text: str) -> str:
    """Leave out indentation and lines of comment."""
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


_SOURCE = st.components.v2.component("judging_source", js=source())
_VIEW = st.components.v2.component("judging", js=_WAIT)


def bring_source() -> None:
    """Send the source; once a page, outside of what answers draw anew."""
    _SOURCE(key="judging source")


def mount(key: str, data: dict[str, Any], take: Callable[[Any], None]) -> None:
    """Draw the view; `take` gets what the browser sends, before the page runs."""
    _VIEW(
        key=key,
        # In a list: Streamlit looks through a bare dictionary for data frames, with pandas.
        data=[data],
        on_pending_change=lambda: take(session.component_state(key, "pending")),
    )
