"""Graphs in the format of Moral Graph Elicitation, as they were imported, letter by letter."""

from dataclasses import dataclass
from datetime import datetime

from storage.database import Cursor, Database


@dataclass(frozen=True, slots=True)
class ImportedGraph:
    """One file; `document` is its text."""

    graph_id: str
    document: str
    imported_at: datetime


def put(
    cursor: Cursor, study_id: str, graph_id: str, document: str, *, by: str | None, now: datetime
) -> None:
    """Keep a graph; the same one again is nothing."""
    cursor.execute(
        "INSERT INTO mge_graphs VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [study_id, graph_id, document, now, by],
    )


def of_study(db: Database, study_id: str) -> list[ImportedGraph]:
    """Those of a study, the newest first."""
    rows = db.read(
        "SELECT graph_id, document, imported_at FROM mge_graphs WHERE study_id = ?"
        " ORDER BY imported_at DESC, graph_id",
        [study_id],
    )
    return [ImportedGraph(*row) for row in rows]
