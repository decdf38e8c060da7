"""A chart never stands alone: its name for who cannot see it, words, its numbers, and a file."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.p_values import said_p
from core.spreadsheets import guarded
from ui.figures import linked

if TYPE_CHECKING:
    import pyarrow as pa
    from plotly.graph_objects import Figure

Columns = Mapping[str, Sequence[Any]]
#: The column of p-values: said the usual way on the screen, exact in the file.
P = "p"
#: Without the buttons that a chart of few numbers does not need.
CONFIG = {"displaylogo": False, "modeBarButtonsToRemove": ["lasso2d", "select2d", "autoScale2d"]}

#: What a screen reader says after the name of a chart.
WORDS = "The words below say what it shows, and the table there holds all its numbers."


def draw(
    figure: "Figure",
    columns: Columns | Callable[[], Columns],
    *,
    name: str,
    says: str,
    opens: str = "As a table",
    zooms: bool = False,
) -> None:
    """Draw a chart with the words that stand for it, its table and a download.

    Parameters
    ----------
    columns : mapping of str to sequence, or a function that makes one
        The data of the chart; all sequences are equally long. A function is called when somebody
        opens the table.
    name : str
        Of the file, without an ending; no two charts of a page have the same.
    says : str
        What the chart shows, Markdown: all that somebody needs who cannot see it.
    opens : str
        What stands on the closed table.
    zooms : bool
        Whether the wheel of the mouse zooms, where there is more to see than fits.
    """
    alt = f"Chart: {name}. {WORDS}"
    config = CONFIG | {"scrollZoom": zooms}
    st.plotly_chart(figure, key=f"chart {name}", config=config, alt=alt)
    st.caption(linked(says))
    closed_table(columns, name=name, opens=opens)


@st.fragment
def closed_table(
    columns: Columns | Callable[[], Columns], *, name: str, opens: str, says: str = ""
) -> None:
    """A table is made and sent when somebody opens it; the rest of the page does not run again."""
    closed = st.expander(opens, key=f"table of {name}", on_change="rerun")
    if closed.open:
        with closed:
            table(columns() if callable(columns) else columns, name=name)
            if says:
                st.caption(says)


def table(columns: Columns, *, name: str, whole: bool = False) -> None:
    """Draw a table with its download; `whole`: long texts on several lines, for few rows."""
    if whole:
        st.table(arrow(columns), hide_index=True, alt=name)
    else:
        st.dataframe(arrow(columns), hide_index=True, alt=name)
    # The bytes and no function that makes them: what such a function has made is deleted as soon
    # as two other people's pages have run, before a slow browser has fetched it.
    st.download_button(
        "Download these data (CSV)",
        csv_of(columns).encode("utf-8"),
        f"{name}.csv",
        "text/csv",
        key=f"download {name}",
        on_click="ignore",
        icon=":material/download:",
    )


def arrow(columns: Columns) -> "pa.Table":
    """Columns as an Arrow table: of each column one kind, p-values as they are said."""
    import pyarrow as pa

    shown = {
        name: list(map(said_p, values)) if name == P else values for name, values in columns.items()
    }
    return pa.table({name: _one_kind(values) for name, values in shown.items()})


def _one_kind(values: Sequence[Any]) -> Sequence[Any]:
    """Numbers as they are; a column with a word in it as text."""
    if any(isinstance(value, str) for value in values):
        return [None if value is None else str(value) for value in values]
    return values


def csv_of(columns: Columns) -> str:
    """Columns as a CSV file; text that a spreadsheet would take for a formula is guarded."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(list(columns))
    for row in zip(*columns.values(), strict=True):
        writer.writerow([guarded(cell) if isinstance(cell, str) else cell for cell in row])
    return text.getvalue()
