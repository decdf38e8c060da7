"""A section of the page Calibration: drawn, or the sentence that says why there is none."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from ui import chart_with_data
from ui.sentences import if_known, plain

Report = Mapping[str, Any]
OLD = "This fit was made before this was worked out. Fit again to see it."


def section(title: str, figures: Report | None, draw: Callable[[Report], None]) -> None:
    """Draw a part of the report under its heading; None: the fit is older than the part."""
    st.header(title, anchor=False)
    if figures is None:
        st.info(OLD)
    elif "why_not" in figures:
        st.info(plain(figures["why_not"]))
    else:
        if_known(draw)(figures)


def rows(columns: Mapping[str, Sequence[str]], name: str) -> None:
    """A small table in words, one row for each name in its first column.

    Parameters
    ----------
    name : str
        What a screen reader says of it.
    """
    st.table(chart_with_data.arrow(columns), hide_index=True, alt=name)
