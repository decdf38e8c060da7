"""Notes to the admins about something that was shown, and what became of them."""

from dataclasses import dataclass
from datetime import datetime

from core.errors import DiscernError, NotFoundError
from core.judgment import ChoiceSet
from storage import presentations
from storage.database import Cursor, Database

MAX_NOTE = 2000


class FlagRefusedError(DiscernError):
    """A note that cannot be taken; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Note:
    """What came from the screen; the sender chose the id, so that sending it again is harmless."""

    id: str
    presentation_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Flag:
    """A note as an admin reads it; resolved when somebody wrote what became of it."""

    items: ChoiceSet
    id: str
    study_id: str
    presentation_id: str
    person_id: str
    person: str
    note: str
    flagged_at: datetime
    resolution: str | None
    resolved_at: datetime | None


def add(db: Database, person_id: str, note: Note, now: datetime) -> None:
    """Store a note about something that was shown to this person; a second time changes nothing.

    Raises
    ------
    FlagRefusedError
        If the note is empty or too long, or nothing of that id was shown to this person.
    """
    text = note.text.strip()
    if not 1 <= len(text) <= MAX_NOTE:
        raise FlagRefusedError(
            f"The note has {len(text):,} characters; it needs 1 to {MAX_NOTE:,}. Say in a "
            "sentence what is wrong."
        )

    def insert(cursor: Cursor) -> None:
        shown = presentations.get(cursor, note.presentation_id)
        if shown is None or shown.annotator_id != person_id:
            raise FlagRefusedError(
                f"{note.presentation_id[:40]!r} was not shown to you. Reload the page and write "
                "your note again."
            )
        cursor.execute(
            "INSERT INTO flags"
            " (flag_id, study_id, presentation_id, person_id, note, flagged_at)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [note.id, shown.study_id, shown.id, person_id, text, now],
        )

    db.write(insert)


def of_study(db: Database, study_id: str) -> list[Flag]:
    """All flags of a study: those that are open first, then the newest first."""
    rows = db.read(
        """
        SELECT p.set_id, f.flag_id, f.study_id, f.presentation_id, f.person_id,
               coalesce(n.name, f.person_id), f.note, f.flagged_at, r.note, r.resolved_at
        FROM flags f
        JOIN presentations p USING (presentation_id)
        LEFT JOIN people n USING (person_id)
        LEFT JOIN flag_resolutions r USING (flag_id)
        WHERE f.study_id = ?
        ORDER BY r.resolved_at IS NOT NULL, f.flagged_at DESC, f.flag_id
        """,
        [study_id],
    )
    return [Flag(presentations.items_of(key), *known) for key, *known in rows]


def resolve(db: Database, flag_id: str, note: str, *, by: str | None, now: datetime) -> None:
    """Write down what became of a flag; the first who does settles it.

    Raises
    ------
    NotFoundError
        If there is no such flag.
    """

    def settle(cursor: Cursor) -> None:
        if not cursor.execute("SELECT 1 FROM flags WHERE flag_id = ?", [flag_id]).fetchall():
            raise NotFoundError("flag", flag_id[:40])
        cursor.execute(
            "INSERT INTO flag_resolutions (flag_id, note, resolved_at, resolved_by)"
            " VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [flag_id, note.strip()[:MAX_NOTE], now, by],
        )

    db.write(settle)
