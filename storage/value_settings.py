"""What a study asks about values, by version; the newest counts."""

from dataclasses import dataclass
from datetime import datetime

from core.errors import SettingsChangedError
from core.value_study import ValueSettings, settings_from_json, settings_to_json
from storage.database import Cursor, Database


@dataclass(frozen=True, slots=True)
class SavedValueSettings:
    """One version; version 0, which asks nothing, is before the first was saved."""

    version: int
    settings: ValueSettings
    saved_at: datetime | None = None
    saved_by: str | None = None


def of_study(db: Database, study_id: str) -> ValueSettings:
    """The settings as they are now."""
    return newest(db, study_id).settings


def newest(db: Database, study_id: str) -> SavedValueSettings:
    """The settings as they are now, with their version."""
    with db.cursor() as cursor:
        return _newest(cursor, study_id)


def history(db: Database, study_id: str) -> list[SavedValueSettings]:
    """Every version that was saved, oldest first."""
    rows = db.read(
        "SELECT version, content, saved_at, saved_by FROM value_settings WHERE study_id = ?"
        " ORDER BY version",
        [study_id],
    )
    return [
        SavedValueSettings(version, settings_from_json(content), saved_at, saved_by)
        for version, content, saved_at, saved_by in rows
    ]


def save(
    db: Database,
    study_id: str,
    settings: ValueSettings,
    *,
    version: int,
    by: str | None,
    now: datetime,
) -> int:
    """Save the next version, if `version`, which was edited, is the newest; return its number.

    Raises
    ------
    SettingsChangedError
        If it is not.
    """

    def change(cursor: Cursor) -> int:
        before = _newest(cursor, study_id)
        if before.version != version:
            raise SettingsChangedError(version, before.version)
        if before.settings == settings:
            return version
        put(cursor, study_id, SavedValueSettings(version + 1, settings, now, by))
        return version + 1

    return db.write(change)


def put(cursor: Cursor, study_id: str, saved: SavedValueSettings) -> None:
    """Insert a version, as part of a change."""
    cursor.execute(
        "INSERT INTO value_settings (study_id, version, content, saved_at, saved_by)"
        " VALUES (?, ?, ?, ?, ?)",
        [
            study_id,
            saved.version,
            settings_to_json(saved.settings),
            saved.saved_at,
            saved.saved_by,
        ],
    )


def _newest(cursor: Cursor, study_id: str) -> SavedValueSettings:
    rows = cursor.execute(
        "SELECT version, content, saved_at, saved_by FROM value_settings WHERE study_id = ?"
        " ORDER BY version DESC LIMIT 1",
        [study_id],
    ).fetchall()
    if not rows:
        return SavedValueSettings(0, ValueSettings())
    version, content, saved_at, saved_by = rows[0]
    return SavedValueSettings(version, settings_from_json(content), saved_at, saved_by)
