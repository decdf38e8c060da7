"""The studies as they stand, kept in memory until one of their tables has grown.

Every rerun of every page asks for its study. Tables only grow, so that a look at their lengths
tells whether anything is new: 0.4 ms where reading all of them takes 4.
"""

import threading
import weakref
from dataclasses import dataclass

from core.study import Study
from storage.database import Database
from storage.study_rows import current_studies

_LENGTHS = """
SELECT (SELECT count(*) FROM studies), (SELECT count(*) FROM study_settings),
       (SELECT count(*) FROM study_states)
"""


@dataclass(frozen=True, slots=True)
class _Known:
    n_commits: int
    lengths: tuple[int, ...]
    studies: tuple[Study, ...]


_known: "weakref.WeakKeyDictionary[Database, _Known]" = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def current(db: Database) -> tuple[Study, ...]:
    """The studies that were not removed, newest first."""
    with _lock:
        known = _known.get(db)
    n_commits = db.n_commits  # before reading: what is committed meanwhile is looked at next time
    if known is not None and known.n_commits == n_commits:
        return known.studies
    with db.cursor() as cursor:
        cursor.begin()
        lengths = cursor.execute(_LENGTHS).fetchall()[0]
        same = known is not None and known.lengths == lengths
        studies = known.studies if known and same else tuple(current_studies(cursor, None))
        cursor.rollback()
    with _lock:
        _known[db] = _Known(n_commits, lengths, studies)
    return studies
