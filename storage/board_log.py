"""The log on disk as a board reads it: once in sums, then row by row where a row matters."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.judgment import Presentation, Purpose
from storage import presentations
from storage.database import Cursor

LOG = ("presentations", "judgments", "retractions")
_CHUNK = 10_000
Rows = list[tuple[Any, ...]]
#: Imported places are counted only: their people do not sign in.
_IMPORTED = """
SELECT p.set_id, list(p.slot),
       count(*) FILTER (j.outcome <> 'skipped' AND NOT j.late AND r.presentation_id IS NULL)
FROM presentations p
JOIN judgments j USING (presentation_id)
LEFT JOIN retractions r USING (presentation_id)
WHERE p.rowid >= ? AND p.study_id = ? AND p.purpose = 'import' GROUP BY p.set_id
"""
#: What was shown, with what had become of it when so many rows were read.
_HISTORY = """
FROM presentations p
LEFT JOIN judgments j ON j.presentation_id = p.presentation_id AND j.rowid < $judgments
LEFT JOIN retractions r ON r.presentation_id = p.presentation_id AND r.rowid < $retractions
WHERE p.rowid < $presentations AND p.study_id = $study AND p.purpose <> 'import'
"""
_KEEPS_PLACE = """coalesce(
    p.slot >= 0 AND j.outcome <> 'skipped' AND NOT j.late AND r.presentation_id IS NULL, false
)"""
_STOOD_FIRST = "p.shown[1] = split_part(p.set_id, chr(31), 1)"
_SETS = f"""
SELECT p.set_id, list(p.slot) FILTER ({_KEEPS_PLACE}),
       count(*) FILTER ({_KEEPS_PLACE} AND {_STOOD_FIRST}),
       count(*) FILTER ({_KEEPS_PLACE} AND NOT {_STOOD_FIRST}),
       coalesce(max(p.attempt) FILTER (p.slot < 0) + 1, 0)
{_HISTORY} GROUP BY p.set_id ORDER BY min(p.rowid)
"""
_N_TAKEN = f"""
SELECT p.annotator_id, count(*) {_HISTORY} AND {_KEEPS_PLACE} GROUP BY p.annotator_id
"""
#: Times are microseconds since 1970, as DuckDB takes longer over moments than over all the rest.
_ROWS = f"""
SELECT * EXCLUDE (place) REPLACE (
    epoch_us(created_at) AS created_at, epoch_us(lease_until) AS lease_until,
    epoch_us(judged_at) AS judged_at, epoch_us(retracted_at) AS retracted_at
)
FROM (
    SELECT {presentations.COLUMNS}, p.lease_until, j.outcome, j.judged_at, j.late, j.said,
           r.retracted_at, j.rowid AS answer, p.rowid AS place
    {_HISTORY} AND (%s)
) ORDER BY place
"""  # noqa: S608 - own names
_EXPOSED = f"""
SELECT p.set_id, count(*) {_HISTORY} AND p.slot >= 0 AND NOT j.late
AND j.judged_at <= $since AND (r.retracted_at IS NULL OR r.retracted_at > $since) GROUP BY p.set_id
"""
_TOLD = """
p.slot >= 0 AND NOT coalesce(j.late, false) AND ($since IS NULL
    OR j.judged_at IS NULL OR j.judged_at > $since OR r.retracted_at > $since)
"""
#: What can still change or be followed in its place: open, or no answer that keeps its place.
_UNSETTLED = f"j.outcome IS NULL OR p.slot >= 0 AND NOT {_KEEPS_PLACE}"
_SHOWN = f"""
SELECT {presentations.COLUMNS}, p.lease_until FROM presentations p
WHERE p.rowid >= ? AND p.study_id = ? AND p.purpose <> 'import' ORDER BY p.rowid
"""  # noqa: S608 - own names
_OTHERS = """
SELECT presentation_id FROM presentations
WHERE rowid >= ? AND NOT (study_id = ? AND purpose <> 'import')
"""
_ONE = f"""
SELECT {presentations.COLUMNS}, p.lease_until FROM presentations p WHERE p.presentation_id = ?
"""  # noqa: S608 - own names
_ANSWER = "SELECT outcome, judged_at, late, said FROM judgments WHERE presentation_id = ?"
_JUDGED = """
SELECT presentation_id, outcome, judged_at, late, said FROM judgments WHERE rowid >= ?
ORDER BY rowid
"""
_RETRACTED = "SELECT presentation_id, retracted_at FROM retractions WHERE rowid >= ? ORDER BY rowid"


@dataclass(slots=True)
class BoardLog:
    """What one study's board reads, as of the rows that it has read: tables are only added to.

    Attributes
    ----------
    n_read : dict from str to int
        How many rows of each table the board has read.
    """

    study_id: str
    n_read: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LOG, 0))

    # What was read, from the beginning

    def sets(self, cursor: Cursor) -> Rows:
        """Of each set in the order of their coming: how its places are kept by answers.

        The set; slots that answers keep, or None; how often its first item stood first in them, and
        how often not; the attempt that comes next beside the overlap.
        """
        return cursor.execute(_SETS, self._known()).fetchall()

    def n_taken(self, cursor: Cursor) -> Rows:
        """How many places each person keeps by answers."""
        return cursor.execute(_N_TAKEN, self._known()).fetchall()

    def unsettled(self, cursor: Cursor) -> Iterator[tuple[Any, ...]]:
        """What waits for an answer, or has not kept its place; rows as `places.from_log` has them.

        After the columns of `from_log` comes the row number of the answer.
        """
        return _chunks(cursor.execute(_ROWS % _UNSETTLED, self._known()))

    def of_people(self, cursor: Cursor, names: Iterable[str]) -> Iterator[tuple[Any, ...]]:
        """All that some people had; rows as in `unsettled`."""
        sql = _ROWS % "p.annotator_id IN (SELECT unnest($people))"
        return _chunks(cursor.execute(sql, self._known(people=list(names))))

    def changed(self, cursor: Cursor, since: datetime | None) -> Iterator[tuple[Any, ...]]:
        """What is open, or was answered or taken back since; rows as in `unsettled`."""
        return _chunks(cursor.execute(_ROWS % _TOLD, self._known(since=since)))

    def exposed(self, cursor: Cursor, until: datetime) -> Rows:
        """How often each set was answered until then and not taken back until then."""
        return cursor.execute(_EXPOSED, self._known(since=until)).fetchall()

    def _known(self, **values: Any) -> dict[str, Any]:
        return {"study": self.study_id, **self.n_read, **values}

    # What is new

    def imported(self, cursor: Cursor) -> Rows:
        """Of each set with new imported answers: their slots, and how many of them count."""
        return cursor.execute(_IMPORTED, [self.n_read["presentations"], self.study_id]).fetchall()

    def shown(self, cursor: Cursor) -> Rows:
        return cursor.execute(_SHOWN, [self.n_read["presentations"], self.study_id]).fetchall()

    def others(self, cursor: Cursor) -> set[str]:
        """New presentations of other studies, and imported ones."""
        since = [self.n_read["presentations"], self.study_id]
        return {name for (name,) in cursor.execute(_OTHERS, since).fetchall()}

    def judged(self, cursor: Cursor) -> Rows:
        """New answers of all studies."""
        return cursor.execute(_JUDGED, [self.n_read["judgments"]]).fetchall()

    def retracted(self, cursor: Cursor) -> Rows:
        """What was taken back, in all studies."""
        return cursor.execute(_RETRACTED, [self.n_read["retractions"]]).fetchall()

    def one(self, cursor: Cursor, presentation_id: str) -> tuple[Presentation, datetime] | None:
        """One presentation of this study's people with its lease, looked up in the index."""
        rows = cursor.execute(_ONE, [presentation_id]).fetchall()
        if not rows:
            return None
        shown = presentations.from_row(rows[0][:-1])
        ours = shown.study_id == self.study_id and shown.purpose != Purpose.IMPORT
        return (shown, rows[0][-1]) if ours else None

    @staticmethod
    def answer(cursor: Cursor, presentation_id: str) -> tuple[Any, ...]:
        """What was answered there, as a row of `judged` without its first column."""
        row: tuple[Any, ...] = cursor.execute(_ANSWER, [presentation_id]).fetchall()[0]
        return row


def _chunks(cursor: Cursor) -> Iterator[tuple[Any, ...]]:
    while rows := cursor.fetchmany(_CHUNK):
        yield from rows
