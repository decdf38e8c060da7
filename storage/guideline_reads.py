"""Who has read which version of a study's guidelines."""

from datetime import datetime

from storage.database import Cursor, Database


def newest(db: Database, study_id: str, person_id: str) -> int | None:
    """Return the newest version of the settings whose guidelines this person has read."""
    [(version,)] = db.read(
        "SELECT max(version) FROM guideline_reads WHERE study_id = ? AND person_id = ?",
        [study_id, person_id],
    )
    return None if version is None else int(version)


def add(db: Database, study_id: str, person_id: str, version: int, now: datetime) -> None:
    """Note that this person says they have read that version; a second time changes nothing."""

    def insert(cursor: Cursor) -> None:
        cursor.execute(
            "INSERT INTO guideline_reads (study_id, person_id, version, read_at)"
            " VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [study_id, person_id, version, now],
        )

    db.write(insert)
