"""What somebody has begun to write and not sent yet, kept so that a reload loses nothing."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from core.errors import DiscernError
from storage.database import Cursor, Database

MAX_SUBJECT, MAX_CONTENT = 200, 30_000


class DraftTooLongError(DiscernError):
    """A draft, or the name of what it belongs to, that nobody writes by hand."""

    def __init__(self, n_characters: int) -> None:
        super().__init__(
            f"The draft has {n_characters:,} characters; at most {MAX_CONTENT:,} are kept. Shorten "
            "it, then go on."
        )


def save(
    db: Database, person_id: str, subject: str, content: Mapping[str, Any], now: datetime
) -> None:
    """Keep a draft; the newest of a subject counts, and an empty one is none.

    Raises
    ------
    DraftTooLongError
        If it has more than `MAX_CONTENT` characters as JSON.
    """
    written = json.dumps(content, allow_nan=False, ensure_ascii=False)
    if len(written) > MAX_CONTENT or len(subject) > MAX_SUBJECT:
        raise DraftTooLongError(max(len(written), len(subject)))

    def insert(cursor: Cursor) -> None:
        cursor.execute(
            """
            INSERT INTO drafts (person_id, subject, revision, content, saved_at)
            SELECT $person, $subject, coalesce(max(revision), 0) + 1, $content, $now
            FROM drafts WHERE person_id = $person AND subject = $subject
            """,
            {"person": person_id, "subject": subject, "content": written, "now": now},
        )

    db.write(insert)


def newest(db: Database, person_id: str, subjects: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return this person's newest draft of each of these subjects that has one."""
    if not subjects:
        return {}
    rows = db.read(
        "SELECT subject, arg_max(content, revision) FROM drafts"
        " WHERE person_id = ? AND list_contains(?, subject) GROUP BY subject",
        [person_id, list(subjects)],
    )
    read = {subject: json.loads(content) for subject, content in rows}
    return {subject: content for subject, content in read.items() if content}
