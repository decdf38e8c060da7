"""Items that are asked about before all others."""

from collections.abc import Collection
from datetime import datetime

from storage.database import Cursor, Database


def of_study(db: Database, study_id: str) -> list[str]:
    """The ids of the items that are targets now."""
    with db.cursor() as cursor:
        return _now(cursor, study_id)


def put(
    db: Database, study_id: str, items: Collection[str], *, by: str | None, now: datetime
) -> None:
    """Make these items the targets, and no others; ids unknown to the study are left out."""

    def change(cursor: Cursor) -> None:
        known = {
            item
            for (item,) in cursor.execute(
                "SELECT item_id FROM items WHERE study_id = ?", [study_id]
            ).fetchall()
        }
        before, wanted = set(_now(cursor, study_id)), known & set(items)
        for item in sorted(before ^ wanted):
            cursor.execute(
                """
                INSERT INTO targets
                SELECT $study, $item, coalesce(max(revision) + 1, 0), $targeted, $now, $by
                FROM targets WHERE study_id = $study AND item_id = $item
                """,
                {
                    "study": study_id,
                    "item": item,
                    "targeted": item in wanted,
                    "now": now,
                    "by": by,
                },
            )

    db.write(change)


def _now(cursor: Cursor, study_id: str) -> list[str]:
    rows = cursor.execute(
        "SELECT item_id FROM targets WHERE study_id = ? GROUP BY item_id"
        " HAVING arg_max(targeted, revision) ORDER BY item_id",
        [study_id],
    ).fetchall()
    return [item for (item,) in rows]
