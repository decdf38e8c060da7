"""A frozen, hashed copy of a study's standing answers: what a fit is made from."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from storage.database import Cursor, Database

if TYPE_CHECKING:
    from hashlib import _Hash

_CHUNK = 100_000

#: What a snapshot says of each judged pair; `cohort` is that of the annotator, empty for none.
JUDGMENT_COLUMNS = (
    "presentation_id", "annotator_id", "settings_version", "first_id", "second_id", "left_id",
    "outcome", "duration_ms", "judged_at", "purpose", "policy", "probability", "margin", "aspects",
    "chips", "reason",
)  # fmt: skip

_COHORTS = """
    SELECT person_id, arg_max(cohort, revision) AS cohort
    FROM memberships WHERE study_id = $study GROUP BY person_id
"""
_JUDGMENTS = f"""
    SELECT {", ".join(JUDGMENT_COLUMNS)}, coalesce(cohort, '') AS cohort
    FROM standing_judgments LEFT JOIN ({_COHORTS}) ON person_id = annotator_id
    WHERE study_id = $study
"""  # noqa: S608 - the columns above
#: Answers of all other forms, with the form of the settings that they were given under.
_LISTS = """
    SELECT presentation_id, annotator_id, settings_version,
           coalesce(v.details ->> '$.form.kind', 'pair') AS form,
           string_split(set_id, chr(31)) AS items, shown, outcome, said, reason, chips, duration_ms,
           judged_at, purpose, policy, probability
    FROM standing_answers a
    JOIN study_settings v ON v.study_id = a.study_id AND v.version = a.settings_version
    WHERE a.study_id = $study AND slot >= 0 AND first_id IS NULL
"""
#: Own earlier pairs that were asked once more: they stand beside the overlap.
_REPEATS = """
    SELECT presentation_id, annotator_id, first_id, second_id, outcome, judged_at
    FROM standing_answers WHERE study_id = $study AND purpose = 'repeat' AND first_id IS NOT NULL
"""
#: The judged pairs added up: as many rows as there are different pairs, however many judgments.
_COUNTS = """
    SELECT first_id, second_id, outcome, coalesce(margin, 0) AS margin, count(*) AS n
    FROM standing_judgments
    WHERE study_id = $study AND outcome IN ('first', 'second', 'tie') GROUP BY ALL
"""
_ITEMS = """
    SELECT item_id, prompt_id, i.text, p.text AS prompt, i.kind, p.kind AS prompt_kind
    FROM items i LEFT JOIN prompts p USING (study_id, prompt_id) WHERE study_id = $study
"""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a snapshot holds.

    Attributes
    ----------
    hash : str
        SHA-256 (hex) of the rows of judgments, lists and items: the same rows give the same hash,
        whatever order they were stored in and however Parquet packs them.
    """

    hash: str
    n_judgments: int


def write_snapshot(db: Database, study_id: str, directory: Path) -> Snapshot:
    """Write the answers and items of one study as Parquet into a directory that is there.

    `judgments` holds the judged pairs, `lists` the answers of all other forms, `repeats` pairs that
    somebody was asked once more, `counts` the judged pairs added up. The files and the hash show
    one moment: they are read in one transaction.
    """
    with db.cursor() as cursor:
        cursor.begin()
        _copy(cursor, _JUDGMENTS, "presentation_id", study_id, directory / "judgments.parquet")
        _copy(cursor, _LISTS, "presentation_id", study_id, directory / "lists.parquet")
        _copy(cursor, _REPEATS, "presentation_id", study_id, directory / "repeats.parquet")
        _copy(cursor, _COUNTS, "ALL", study_id, directory / "counts.parquet")
        _copy(cursor, _ITEMS, "item_id", study_id, directory / "items.parquet")
        snapshot = describe(cursor, study_id)
        cursor.rollback()
    return snapshot


def _copy(cursor: Cursor, query: str, order: str, study_id: str, path: Path) -> None:
    cursor.execute(
        f"COPY ({query} ORDER BY {order}) TO $path (FORMAT parquet)",
        {"study": study_id, "path": str(path)},
    )


def describe(cursor: Cursor, study_id: str) -> Snapshot:
    """Hash each row, then the sorted hashes. JSON keeps a missing value apart from an empty one."""
    together = sha256()
    n_judgments = _digest(cursor, (_JUDGMENTS, _LISTS, _REPEATS), study_id, together)
    together.update(b"/")
    _digest(cursor, (_ITEMS,), study_id, together)
    return Snapshot(together.hexdigest(), n_judgments)


def _digest(cursor: Cursor, queries: Iterable[str], study_id: str, together: "_Hash") -> int:
    """Add the hashes of all rows, sorted, a part at a time; return how many there are."""
    rows = " UNION ALL ".join(
        f"SELECT sha256(to_json(r)) AS digest FROM ({query}) r"  # noqa: S608 - the queries above
        for query in queries
    )
    ordered = f"SELECT digest FROM ({rows}) ORDER BY digest"  # noqa: S608 - as above
    cursor.execute(ordered, {"study": study_id})
    n_rows = 0
    while part := cursor.fetchmany(_CHUNK):
        together.update("".join(digest for (digest,) in part).encode())
        n_rows += len(part)
    return n_rows
