"""Take a study away: its answers, items, known answers, preference pairs, pictures, a manifest."""

import hashlib
import json
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import DiscernError
from core.media import type_of
from core.spreadsheets import FORMULA_BEGINS
from core.value_study import settings_to_json
from storage import media, studies, value_export, value_settings
from storage.database import Cursor, Database, Moment
from storage.export_columns import COLUMNS, FORMATS, HAS_CHATS, MEDIA, said_in, select
from storage.export_kinds import Column, Content, Format
from storage.snapshots import describe
from storage.study_rows import find_study
from storage.value_export_columns import VALUE_COLUMNS

if TYPE_CHECKING:
    import pyarrow as pa

_OPTIONS = {
    Format.PARQUET: "FORMAT parquet, COMPRESSION zstd",
    Format.CSV: "FORMAT csv, HEADER",
    Format.JSON_LINES: "FORMAT json",
}
#: What the bundle holds: Parquet for programs, JSON lines for training.
BUNDLE = (
    (Content.JUDGMENTS, Format.PARQUET),
    (Content.ANSWERS, Format.PARQUET),
    (Content.ITEMS, Format.PARQUET),
    (Content.GOLD, Format.PARQUET),
    (Content.PREFERENCES, Format.JSON_LINES),
    (Content.MARGINS, Format.JSON_LINES),
)
#: And of a study about values.
VALUES_BUNDLE = tuple((content, Format.PARQUET) for content in VALUE_COLUMNS)
BUNDLE_NAME = "study.zip"
CSV_RULE = (
    "In CSV files, text that a spreadsheet could take for a formula (it begins with one of "
    "= + - @, a tab or a line break) has an apostrophe in front, and so has text that begins with "
    "an apostrophe. Take one leading apostrophe away to get the exact text. Parquet and JSON lines "
    "hold the exact text."
)


class NoSuchExportError(DiscernError):
    """A file was asked for that is not made."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no export {name[:80]!r}. There are {', '.join(names())}.")


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A file that was written; `sha256` is hex."""

    path: Path
    n_rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class PreferenceCounts:
    """How many standing judgments become preference pairs, and how many do not, by outcome.

    Attributes
    ----------
    graded : int
        Pairs of which it was said how much better.
    """

    pairs: int
    left_out: dict[str, int]
    graded: int = 0


def names() -> list[str]:
    """Every file that can be asked for."""
    return [f"{c}.{f}" for c, forms in FORMATS.items() for f in forms] + [BUNDLE_NAME]


def write_named(db: Database, study_id: str, name: str, directory: Path) -> ExportFile:
    """Write the file of a name such as `judgments.csv` into a directory that is there.

    Raises
    ------
    NoSuchExportError
        If there is no such file.
    """
    if name == BUNDLE_NAME:
        return write_bundle(db, study_id, directory)
    for content, forms in FORMATS.items():
        for form in forms:
            if name == f"{content}.{form}":
                return write_file(db, study_id, content, form, directory)
    raise NoSuchExportError(name)


def write_file(
    db: Database, study_id: str, content: Content, form: Format, directory: Path
) -> ExportFile:
    with db.cursor() as cursor:
        find_study(cursor, study_id)
        return _write(cursor, study_id, content, form, directory)


def write_bundle(db: Database, study_id: str, directory: Path) -> ExportFile:
    """Write a zip file of all that a study holds, with a manifest; all of one moment."""
    with db.cursor() as cursor:
        cursor.begin()
        find_study(cursor, study_id)
        wanted = BUNDLE + VALUES_BUNDLE * _is_about_values(cursor, study_id)
        files = [_write(cursor, study_id, *which, directory) for which in wanted]
        snapshot = describe(cursor, study_id)
        counts = _preference_counts(cursor, study_id)
        shown = [name for (name,) in cursor.execute(MEDIA, {"study": study_id}).fetchall()]
        cursor.rollback()
    manifest = _study_manifest(db, study_id) | {
        "exported_at": datetime.now(UTC).isoformat(),
        "snapshot_hash": snapshot.hash,
        "n_standing_judgments": snapshot.n_judgments,
        "left_out_of_preferences": counts.left_out,
        "n_graded_preferences": counts.graded,
        "media": [{"name": f"media/{name}", "type": type_of(name)} for name in shown],
        "files": [_file_manifest(*which, file) for which, file in zip(wanted, files, strict=True)],
    }
    path = directory / BUNDLE_NAME
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("manifest.json", json.dumps(manifest, indent=2, ensure_ascii=False))
        for file in files:
            packed = file.path.suffix == ".parquet"
            how = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
            bundle.write(file.path, file.path.name, compress_type=how)
        for name in shown:  # packed already, and never changed
            content = media.content_of(db, name) or b""
            bundle.writestr(f"media/{name}", content, zipfile.ZIP_STORED)
    return ExportFile(path, sum(file.n_rows for file in files), _sha256(path))


def contents_of(db: Database, study_id: str) -> tuple[Content, ...]:
    """What a study can have files of: those about values where it asks about them."""
    with db.cursor() as cursor:
        about_values = _is_about_values(cursor, study_id)
    return tuple(one for one in FORMATS if about_values or one not in VALUE_COLUMNS)


def preference_counts(db: Database, study_id: str) -> PreferenceCounts:
    with db.cursor() as cursor:
        return _preference_counts(cursor, study_id)


def _write(
    cursor: Cursor, study_id: str, content: Content, form: Format, directory: Path
) -> ExportFile:
    [(chats,)] = cursor.execute(HAS_CHATS, {"study": study_id}).fetchall()
    derived = json.dumps(value_export.derived(Moment(cursor), study_id, content))
    path, rows = directory / f"{content}.{form}", select(content, form, chats=chats)
    return _copy(cursor, rows, path, form, study=study_id, derived=derived)


def write_given(
    db: Database, rows: "pa.Table", columns: Sequence[Column], path: Path, form: Format
) -> ExportFile:
    """Write rows that are worked out and stored nowhere, as those that are stored are written."""
    with db.cursor() as cursor:
        cursor.register("given", rows)
        return _copy(cursor, f"SELECT {said_in(form, columns)} FROM given r", path, form)  # noqa: S608


def write_labelled(db: Database, study_id: str, labels: "pa.Table", path: Path) -> ExportFile:
    """Write given labels as preferences are written: prompt, chosen and rejected.

    Parameters
    ----------
    labels : pyarrow Table
        first_id, second_id, and which of them: first or second, as `outcome`.
    """
    with db.cursor() as cursor:
        cursor.register("given", labels)
        cursor.execute(
            "CREATE TEMP TABLE labelled AS SELECT ?::VARCHAR AS study_id, *, 0 AS slot,"
            " 0 AS attempt, NULL::INTEGER AS margin FROM given",
            [study_id],
        )
        [(chats,)] = cursor.execute(HAS_CHATS, {"study": study_id}).fetchall()
        sql = select(Content.PREFERENCES, Format.JSON_LINES, chats=chats, judged="labelled")
        return _copy(cursor, sql, path, Format.JSON_LINES, study=study_id)


def _copy(cursor: Cursor, rows: str, path: Path, form: Format, **known: str) -> ExportFile:
    sql = f"COPY ({rows}) TO $path ({_OPTIONS[form]})"
    known |= {"path": str(path), "formula_begins": FORMULA_BEGINS}
    given = {name: value for name, value in known.items() if f"${name}" in sql}
    [(n_rows,)] = cursor.execute(sql, given).fetchall()
    return ExportFile(path, n_rows, _sha256(path))


def _is_about_values(cursor: Cursor, study_id: str) -> bool:
    [(about_values,)] = cursor.execute(
        value_export.ASKS_ABOUT_VALUES, {"study": study_id}
    ).fetchall()
    return bool(about_values)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _preference_counts(cursor: Cursor, study_id: str) -> PreferenceCounts:
    counts = dict(
        cursor.execute(
            "SELECT outcome, count(*) FROM standing_judgments WHERE study_id = ?"
            " GROUP BY outcome ORDER BY count(*) DESC, outcome",
            [study_id],
        ).fetchall()
    )
    [(graded,)] = cursor.execute(
        "SELECT count(margin) FROM standing_judgments"
        " WHERE study_id = ? AND outcome IN ('first', 'second')",
        [study_id],
    ).fetchall()
    pairs = counts.pop("first", 0) + counts.pop("second", 0)
    return PreferenceCounts(pairs, counts, graded)


def _study_manifest(db: Database, study_id: str) -> dict[str, Any]:
    study = studies.get(db, study_id)
    return {
        "study": {"id": study_id, "name": study.settings.name, "state": study.state.value},
        "settings": [
            {"version": saved.version, "saved_at": saved.saved_at.isoformat()}
            | asdict(saved.settings)
            for saved in reversed(studies.history(db, study_id))
        ],
        "value_settings": [
            {"version": saved.version, "saved_at": saved.saved_at and saved.saved_at.isoformat()}
            | json.loads(settings_to_json(saved.settings))
            for saved in value_settings.history(db, study_id)
        ],
    }


def _file_manifest(content: Content, form: Format, file: ExportFile) -> dict[str, Any]:
    return {
        "name": f"{content}.{form}",
        "rows": file.n_rows,
        "sha256": file.sha256,
        "columns": {column.name: column.meaning for column in COLUMNS[content]},
    }
