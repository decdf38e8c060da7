"""Copy the open database into another file, through SQL: the live file must not be touched."""

from pathlib import Path

from storage.database import STORAGE_FORMAT, Database


def write_backup(db: Database, path: Path) -> None:
    """Write a database file that can be opened like this one; `path` must not exist yet."""
    with db.cursor() as cursor:
        [(name,)] = cursor.execute("SELECT current_database()").fetchall()
        quoted = str(path).replace("'", "''")
        cursor.execute(f"ATTACH '{quoted}' AS backup (STORAGE_VERSION '{STORAGE_FORMAT}')")
        try:
            cursor.execute(f'COPY FROM DATABASE "{name}" TO backup')
        finally:
            cursor.execute("DETACH backup")
