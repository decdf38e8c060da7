"""What was shown to whom, and why. Adding a presentation takes its place in the overlap."""

from collections.abc import Sequence
from datetime import datetime
from itertools import chain
from sys import intern
from typing import Any

from core.judgment import ChoiceSet, Presentation
from storage.database import Cursor, Database

#: What `from_row` reads, of presentations p.
COLUMNS = (
    "p.presentation_id, p.study_id, p.settings_version, p.annotator_id, p.set_id, p.shown, p.slot,"
    " p.attempt, p.purpose, p.policy, p.probability, p.created_at"
)
#: How many items a pair has.
PAIR = 2
_SEPARATOR = chr(31)


def set_id(items: ChoiceSet) -> str:
    """The key under which a set of items is stored."""
    return _SEPARATOR.join(items)


def items_of(key: str) -> ChoiceSet:
    """The items of which `set_id` made the key."""
    return tuple(map(intern, key.split(_SEPARATOR)))


def add(cursor: Cursor, shown: Sequence[tuple[Presentation, datetime]]) -> None:
    """Store presentations with the ends of their leases, and take their places.

    Raises
    ------
    duckdb.ConstraintException
        If a place is taken; see `places_on_disk.insert`.
    """
    rows = [_row(*one) for one in shown]
    marks = ", ".join([f"({', '.join('?' * len(row))})" for row in rows])
    cursor.execute(f"INSERT INTO presentations VALUES {marks}", list(chain(*rows)))  # noqa: S608


def _row(presentation: Presentation, lease_until: datetime) -> list[Any]:
    items = presentation.items
    return [
        presentation.id,
        presentation.study_id,
        presentation.settings_version,
        presentation.annotator_id,
        set_id(items),
        *(items if len(items) == PAIR else (None, None)),
        None if presentation.shown is None else list(presentation.shown),
        presentation.slot,
        presentation.attempt,
        presentation.purpose,
        presentation.policy,
        presentation.probability,
        presentation.created_at,
        lease_until,
    ]


def get(cursor: Cursor, presentation_id: str) -> Presentation | None:
    rows = cursor.execute(
        f"SELECT {COLUMNS} FROM presentations p WHERE p.presentation_id = ?",  # noqa: S608
        [presentation_id],
    ).fetchall()
    return from_row(rows[0]) if rows else None


def texts(db: Database, shown: Presentation) -> tuple[str, str, str]:
    """The prompt, the left and the right item of a pair that was shown, as Markdown."""
    rows = db.read(
        "SELECT i.item_id, i.text, p.text FROM items i"
        " LEFT JOIN prompts p ON p.study_id = i.study_id AND p.prompt_id = i.prompt_id"
        " WHERE i.study_id = ? AND i.item_id IN (?, ?)",
        [shown.study_id, shown.pair.first, shown.pair.second],
    )
    by_item = {item_id: text for item_id, text, _ in rows}
    left = shown.left or shown.pair.first
    right = shown.right or shown.pair.second
    return rows[0][2] or "", by_item[left], by_item[right]


def from_row(row: tuple[Any, ...]) -> Presentation:
    """One presentation; its names are kept in memory once, however often they come."""
    presentation_id, study_id, version, annotator_id, key, shown, *rest = row
    slot, attempt, purpose, policy, probability, created_at = rest
    return Presentation(
        id=presentation_id,
        study_id=intern(study_id),
        settings_version=version,
        annotator_id=intern(annotator_id),
        items=items_of(key),
        shown=None if shown is None else tuple(map(intern, shown)),
        slot=slot,
        attempt=attempt,
        purpose=intern(purpose),
        policy=intern(policy),
        probability=probability,
        created_at=created_at,
    )
