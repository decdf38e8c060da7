"""Value graphs in and out: MGE's JSON read into a study, everything written as Parquet."""

import io
import tempfile
import zipfile
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from core.errors import DiscernError
from core.values_card.card import MAX_DESCRIPTION, MAX_POLICIES, MAX_TITLE, ValuesCard
from storage import mge_graphs, value_snapshots, values_cards
from storage.database import Cursor, Database
from storage.values_cards import StoredCard

#: A larger file is refused before it is read.
MAX_BYTES = 64 * 2**20


class GraphTooLargeError(DiscernError):
    """A file that nobody should read into memory."""

    def __init__(self, n_bytes: int) -> None:
        super().__init__(
            f"The graph has {n_bytes:,} bytes; {MAX_BYTES:,} are read at most. Leave `allEdges` "
            "out of it."
        )


def import_mge(
    db: Database, study_id: str, content: bytes, *, by: str | None, now: datetime
) -> tuple[int, int]:
    """Read a graph in MGE's format into a study: its values as cards, and the whole as it is.

    Its counted edges are not votes and never become any: they stay what MGE's rule shows.
    Importing the same file again changes nothing.

    Returns
    -------
    tuple of int
        How many cards and how many edges it has.

    Raises
    ------
    core.value_graph.mge_json.UnreadableGraphError
        If it is no such graph.
    core.values_card.card.InvalidCardError
        If a value has no title or says nothing to attend to.
    """
    from core.value_graph.mge_json import UnreadableGraphError, WrittenValue, read_mge

    if len(content) > MAX_BYTES:
        raise GraphTooLargeError(len(content))
    try:
        text = content.decode("utf-8-sig")
        graph = read_mge(text)
    except UnicodeDecodeError as error:
        raise UnreadableGraphError("The file is not text in UTF-8. Save it as such.") from error
    except RecursionError as error:
        raise UnreadableGraphError("The file is nested too deeply to be a graph.") from error
    name = sha256(f"{study_id}\x1f{text}".encode()).hexdigest()[:16]

    def card(value: WrittenValue) -> StoredCard:
        moment = value.description or value.instructions_detailed or value.instructions_short
        made = ValuesCard(
            value.title[:MAX_TITLE],
            (moment or value.title)[:MAX_DESCRIPTION],
            value.attended[:MAX_POLICIES],
        )
        return StoredCard(f"{name}-{value.id}", None, None, made, now)

    cards = [card(value) for value in graph.values]

    def put(cursor: Cursor) -> None:
        for one in cards:
            values_cards.put(cursor, study_id, one, None)
        mge_graphs.put(cursor, study_id, name, text, by=by, now=now)

    db.write(put)
    return len(cards), len(graph.edges)


def zipped_tables(db: Database, study_id: str) -> bytes:
    """All that a study holds about values, each table as Parquet, in one ZIP file."""
    written = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(written, "w") as bundle:
        for path in value_snapshots.write_tables(db, study_id, Path(folder)):
            bundle.write(path, path.name)
    return written.getvalue()
