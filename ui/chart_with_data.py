"""A chart never stands alone: what it says in words, its numbers as a table and as a file."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.spreadsheets import guarded

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

Columns = Mapping[str, Sequence[Any]]
#: Without the buttons that a chart of few numbers does not need.
CONFIG = {"displaylogo": False, "modeBarButtonsToRemove": ["lasso2d", "select2d", "autoScale2d"]}


def draw(figure: "Figure", columns: Columns, *, name: str, says: str) -> None:
    """Draw a chart with the words that stand for it, its table and a download.

    Parameters
    ----------
    columns : mapping of str to sequence
        The data of the chart; all sequences are equally long.
    name : str
        Of the file, without an ending; no two charts of a page have the same.
    says : str
        What the chart shows, Markdown: all that somebody needs who cannot see it.
    """
    st.plotly_chart(figure, key=f"chart {name}", config=CONFIG)
    st.caption(says)
    with st.expander("As a table"):
        table(columns, name=name)


def table(columns: Columns, *, name: str, whole: bool = False) -> None:
    """Draw a table with its download; `whole`: long texts on several lines, for few rows."""
    if whole:
        st.table(dict(columns), hide_index=True)
    else:
        st.dataframe(dict(columns), hide_index=True)
    st.download_button(
        "Download these data (CSV)",
        lambda: csv_of(columns).encode("utf-8"),
        f"{name}.csv",
        "text/csv",
        key=f"download {name}",
        on_click="ignore",
        icon=":material/download:",
    )


def csv_of(columns: Columns) -> str:
    """Columns as a CSV file; text that a spreadsheet would take for a formula is guarded."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(list(columns))
    for row in zip(*columns.values(), strict=True):
        writer.writerow([guarded(cell) if isinstance(cell, str) else cell for cell in row])
    return text.getvalue()
