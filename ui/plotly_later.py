"""Plotly, loaded with the first chart and not at the start.

Streamlit loads it whenever it is installed, to set up its chart theme: many megabytes for a process
that may never draw a chart. Importing this module before Streamlit keeps that from happening, and
`graph_objects` makes up for it.
"""

import sys
from types import ModuleType

_NAME = "plotly.graph_objects"

if _NAME not in sys.modules:
    sys.modules[_NAME] = None  # type: ignore[assignment]  # importing it now says "not installed"
    import streamlit as _streamlit  # noqa: F401 - so that it looks for plotly here and now

    del sys.modules[_NAME]


def graph_objects() -> ModuleType:
    """Return `plotly.graph_objects`, with Streamlit's theme set up."""
    import plotly.graph_objects
    import plotly.io
    from streamlit.elements.lib.streamlit_plotly_theme import configure_streamlit_plotly_theme

    if "streamlit" not in plotly.io.templates:
        configure_streamlit_plotly_theme()
    loaded: ModuleType = plotly.graph_objects
    return loaded
