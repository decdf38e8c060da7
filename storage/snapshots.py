"""A frozen, hashed copy of a study's standing answers: what a fit is made from."""

from dataclasses import dataclass
from pathlib import Path

from storage.database import Cursor, Database

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
    row = cursor.execute(
        f"""
        WITH judgment AS (
                 SELECT sha256(to_json(j)) AS digest FROM ({_JUDGMENTS}) j
                 UNION ALL SELECT sha256(to_json(l)) FROM ({_LISTS}) l
                 UNION ALL SELECT sha256(to_json(r)) FROM ({_REPEATS}) r
             ),
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
