"""A frozen, hashed copy of a study's standing judgments: what a fit is made from."""

from dataclasses import dataclass
from pathlib import Path

from storage.database import Cursor, Database

#: What a snapshot says of each judgment.
JUDGMENT_COLUMNS = (
    "presentation_id", "annotator_id", "settings_version", "first_id", "second_id", "left_id",
    "outcome", "duration_ms", "judged_at", "purpose", "policy", "probability",
)  # fmt: skip

_JUDGMENTS = f"""
    SELECT {", ".join(JUDGMENT_COLUMNS)} FROM standing_judgments WHERE study_id = $study
"""  # noqa: S608 - the columns above
_ITEMS = """
    SELECT item_id, prompt_id, i.text, p.text AS prompt
    FROM items i LEFT JOIN prompts p USING (study_id, prompt_id) WHERE study_id = $study
"""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a snapshot holds.

    Attributes
    ----------
    hash : str
        SHA-256 (hex) of the rows of both files: the same rows give the same hash, whatever order
        they were stored in and however Parquet packs them.
    """

    hash: str
    n_judgments: int


def write_snapshot(db: Database, study_id: str, directory: Path) -> Snapshot:
    """Write `judgments.parquet` and `items.parquet` of one study into a directory that is there.

    Both files and the hash show one moment: they are read in one transaction.
    """
    with db.cursor() as cursor:
        cursor.begin()
        _copy(cursor, _JUDGMENTS, "presentation_id", study_id, directory / "judgments.parquet")
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
    row = cursor.execute(
        f"""
        WITH judgment AS (SELECT sha256(to_json(j)) AS digest FROM ({_JUDGMENTS}) j),
             item AS (SELECT sha256(to_json(i)) AS digest FROM ({_ITEMS}) i)
        SELECT sha256(
                   (SELECT coalesce(string_agg(digest, '' ORDER BY digest), '') FROM judgment)
                   || '/'
                   || (SELECT coalesce(string_agg(digest, '' ORDER BY digest), '') FROM item)
               ),
               (SELECT count(*) FROM judgment)
        """,  # noqa: S608 - the queries above
        {"study": study_id},
    ).fetchall()[0]
    return Snapshot(hash=row[0], n_judgments=row[1])
