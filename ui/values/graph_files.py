"""Graphs in MGE's format and everything as Parquet: to take away, and to read in."""

from datetime import UTC, datetime

import streamlit as st

from core.study import Study
from storage import mge_graphs
from ui import session
from ui.sentences import said
from workbench import value_files
from workbench.value_estimates import Found

UPLOAD = "graph to import"


def show(here: session.Here, study: Study, found: Found | None) -> None:
    st.header("Files", anchor=False)
    if found is not None:
        st.download_button(
            "Graph in MGE's format (JSON)", found.mge.read_bytes, "graph.json", "application/json",
            icon=":material/download:", on_click="ignore",
        )  # fmt: skip
    st.download_button(
        "All votes, cards and answers (Parquet)",
        lambda: value_files.zipped_tables(here.db, study.id),
        "values.zip", "application/zip", icon=":material/download:", on_click="ignore",
    )  # fmt: skip
    for graph in mge_graphs.of_study(here.db, study.id):
        st.download_button(
            f"Imported {graph.imported_at:%Y-%m-%d %H:%M} ({graph.graph_id}), as it was",
            graph.document, f"{graph.graph_id}.json", "application/json",
            icon=":material/download:", on_click="ignore", key=graph.graph_id,
        )  # fmt: skip
    with st.expander("Import a graph in MGE's format"):
        file = st.file_uploader("JSON file", type="json", key=UPLOAD)
        st.caption(
            "Its values become cards that people can vote on. Its counts are kept as they are, and "
            "never taken for votes."
        )
        st.button("Import", disabled=file is None, on_click=said(lambda: _import(here, study)))


def _import(here: session.Here, study: Study) -> None:
    file = session.typed(UPLOAD)
    n_cards, n_edges = value_files.import_mge(
        here.db, study.id, file.getvalue(), by=here.person.id, now=datetime.now(UTC)
    )
    st.toast(f"{n_cards:,} values imported; the file has {n_edges:,} edges.")
