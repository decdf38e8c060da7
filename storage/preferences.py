"""How one person wants the pages: keys, scrolling, language. Each change is a new revision."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.errors import DiscernError
from storage.database import Cursor, Database

MAX_CONTENT = 20_000


class PreferencesTooLongError(DiscernError):
    """More than any page offers to set."""

    def __init__(self, n_characters: int) -> None:
        super().__init__(
            f"These preferences have {n_characters:,} characters; at most {MAX_CONTENT:,} are "
            "kept. Reload the page and set them again."
        )


def of_person(db: Database, person_id: str) -> dict[str, Any]:
    """Return what this person has set, by name; empty if nothing."""
    with db.cursor() as cursor:
        return _read(cursor, person_id)[1]


def change(db: Database, person_id: str, changes: Mapping[str, Any], now: datetime) -> None:
    """Set these preferences and leave the others; None takes one back. The same again is nothing.

    Raises
    ------
    PreferencesTooLongError
        If they become longer than `MAX_CONTENT` characters as JSON.
    """

    def merge(cursor: Cursor) -> None:
        revision, before = _read(cursor, person_id)
        merged = {name: value for name, value in {**before, **changes}.items() if value is not None}
        written = json.dumps(merged, allow_nan=False)
        if len(written) > MAX_CONTENT:
            raise PreferencesTooLongError(len(written))
        if merged != before:
            cursor.execute(
                "INSERT INTO preferences (person_id, revision, content, saved_at)"
                " VALUES (?, ?, ?, ?)",
                [person_id, revision + 1, written, now],
            )

    db.write(merge)


def _read(cursor: Cursor, person_id: str) -> tuple[int, dict[str, Any]]:
    rows = cursor.execute(
        "SELECT revision, content FROM preferences WHERE person_id = ?"
        " ORDER BY revision DESC LIMIT 1",
        [person_id],
    ).fetchall()
    return (rows[0][0], json.loads(rows[0][1])) if rows else (0, {})
