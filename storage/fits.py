"""Finished fits: what each was made from, and its figures."""

import json
import threading
import weakref
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from core.reports import Report
from storage.database import Database

_ROWS = " UNION ALL ".join(
    f"SELECT '{table}', count(*) FROM {table}"  # noqa: S608 - own names
    for table in ("judgments", "retractions")
)
_LEARNED_FROM = """
    NOT j.late AND p.slot >= 0
    AND j.outcome IN ('first', 'second', 'tie', 'answered', 'up', 'down') GROUP BY p.study_id
"""
#: Of rows from a number on: those a model can learn from, and those of them that were taken back.
_NEW = {
    "judgments": f"""
        SELECT p.study_id, count(*) FROM judgments j JOIN presentations p USING (presentation_id)
        WHERE j.rowid >= ? AND {_LEARNED_FROM}
    """,  # noqa: S608 - own names
    "retractions": f"""
        SELECT p.study_id, count(*) FROM retractions r JOIN judgments j USING (presentation_id)
        JOIN presentations p USING (presentation_id) WHERE r.rowid >= ? AND {_LEARNED_FROM}
    """,  # noqa: S608 - own names
}


@dataclass(frozen=True, slots=True)
class Fit:
    """One finished training run; `figures` is its report, all parts of it `core.reports.Report`."""

    id: str
    study_id: str
    snapshot_hash: str
    n_judgments: int
    requested_at: datetime
    finished_at: datetime
    device: str
    figures: dict[str, Any]


def add(db: Database, fit: Fit) -> None:
    """Record a fit; a second time changes nothing."""
    row = [
        fit.id,
        fit.study_id,
        fit.snapshot_hash,
        fit.n_judgments,
        fit.requested_at,
        fit.finished_at,
        fit.device,
        json.dumps(fit.figures),
    ]
    db.write(
        lambda cursor: cursor.execute(
            "INSERT INTO fits VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", row
        )
    )


def of_study(db: Database, study_id: str, *, about: str | None = None) -> Iterator[Fit]:
    """Finished fits of a study, newest first, each read when it is asked for.

    Parameters
    ----------
    about : str or None
        Only fits whose figures have something under this name.
    """
    rows = db.read(
        "SELECT fit_id FROM fits WHERE study_id = $study"
        " AND ($path IS NULL OR json_type(figures, $path) <> 'NULL') ORDER BY requested_at DESC",
        {"study": study_id, "path": None if about is None else f"$.{about}"},
    )
    return (_get(db, fit_id) for (fit_id,) in rows)


@lru_cache(maxsize=8)
def _get(db: Database, fit_id: str) -> Fit:
    """A finished fit never changes; its report is long."""
    [row] = db.read(
        "SELECT study_id, snapshot_hash, n_judgments, requested_at, finished_at, device, figures"
        " FROM fits WHERE fit_id = ?",
        [fit_id],
    )
    study_id, snapshot_hash, n_judgments, requested_at, finished_at, device, figures = row
    return Fit(
        id=fit_id,
        study_id=study_id,
        snapshot_hash=snapshot_hash,
        n_judgments=n_judgments,
        requested_at=requested_at,
        finished_at=finished_at,
        device=device,
        figures=json.loads(figures, object_hook=Report),
    )


def known(db: Database) -> set[str]:
    return {fit_id for (fit_id,) in db.read("SELECT fit_id FROM fits")}


def n_standing(db: Database, study_id: str) -> int:
    """How many answers of the study a model can learn from, and stand."""
    with _tallies_lock:
        tally = _tallies.setdefault(db, _Tally())
    return tally.count(db)[study_id]


class _Tally:
    """Standing answers of every study, counted on from the rows that are new since the last look.

    Nothing is ever deleted or changed, so that the rows from the number last seen on are the new
    ones. All rows of a large study take as long as a page may.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._n_commits = -1
        self._seen = {"judgments": 0, "retractions": 0}
        self._standing: Counter[str] = Counter()

    def count(self, db: Database) -> Counter[str]:
        with self._lock:
            n_commits = db.n_commits
            if n_commits != self._n_commits:
                self._read(db)
                self._n_commits = n_commits
            return self._standing

    def _read(self, db: Database) -> None:
        with db.cursor() as cursor:
            cursor.begin()
            seen = dict(cursor.execute(_ROWS).fetchall())
            for table, sign in (("judgments", 1), ("retractions", -1)):
                if seen[table] > self._seen[table]:
                    rows = cursor.execute(_NEW[table], [self._seen[table]]).fetchall()
                    for study_id, n in rows:
                        self._standing[study_id] += sign * n
            cursor.rollback()
        self._seen = seen


_tallies: "weakref.WeakKeyDictionary[Database, _Tally]" = weakref.WeakKeyDictionary()
_tallies_lock = threading.Lock()
