"""Graphs in MGE's format, to take away and to read in."""

from datetime import UTC, datetime

import streamlit as st

from core.study import Study
from storage import mge_graphs
from ui import navigation, session
from ui.sentences import said
from workbench import value_files
from workbench.value_estimates import Found

UPLOAD, VOTES, BEFORE = "graph to import", "judgements to import", "judgements before"


def show(here: session.Here, study: Study, found: Found | None) -> None:
    st.header("Files", anchor=False)
    if found is not None:
        st.download_button(
            "Graph in MGE's format (JSON)", found.mge.read_bytes(), "graph.json",
            "application/json", icon=":material/download:", on_click="ignore",
        )  # fmt: skip
    st.caption(
        "Interviews, cards, votes and all else that people said of values is on the page Export, "
        "as Parquet, CSV or JSON lines."
    )
    navigation.link("export", "Go to Export")
    for graph in mge_graphs.of_study(here.db, study.id):
        st.download_button(
            f"Imported {graph.imported_at:%Y-%m-%d %H:%M} ({graph.graph_id}), as it was",
            graph.document, f"{graph.graph_id}.json", "application/json",
            icon=":material/download:", on_click="ignore", key=graph.graph_id,
        )  # fmt: skip
    with st.expander("Import from Moral Graph Elicitation"):
        file = st.file_uploader("Graph, or table of values (JSON)", type="json", key=UPLOAD)
        st.caption(
            "Its values become cards that people can vote on. The counts of a graph are kept as "
            "they are, and never taken for votes."
        )
        st.file_uploader(
            "Table of judgements, if you have it (JSON or CSV)", type=["json", "csv"], key=VOTES
        )
        st.caption(
            "Rows with userId, fromId, toId, contextId and relationship (or type); the ids of "
            "values are those of the other file. They become votes of people with random ids."
        )
        st.date_input("Only judgements from before (UTC)", None, key=BEFORE)
        st.button("Import", disabled=file is None, on_click=said(lambda: _import(here, study)))


def _import(here: session.Here, study: Study) -> None:
    file, votes, day = (session.typed(key) for key in (UPLOAD, VOTES, BEFORE))
    done = value_files.import_mge(
        here.db,
        study.id,
        file.getvalue(),
        by=here.person.id,
        now=datetime.now(UTC),
        judgements=None if votes is None else votes.getvalue(),
        before=None if day is None else datetime(day.year, day.month, day.day, tzinfo=UTC),
    )
    st.toast(done.in_words())
