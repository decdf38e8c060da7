"""Import files: a dry run that changes nothing, then all of the file or nothing of it."""

import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from core.answer_form import LIST_FORMS, Form
from core.errors import DiscernError
from core.importing import (
    ASPECT,
    COLUMNS,
    MAX_PROBLEMS_SHOWN,
    ColumnChoice,
    InvalidFileError,
    Kind,
    Problems,
    check_columns,
    choose_columns,
)
from core.judgment import ItemOutcome
from core.study import Study
from storage import gold, media
from storage.database import Cursor, Database
from storage.gold import Gold
from storage.import_answers import read_judgments, read_known_orders, read_rankings
from storage.import_archives import Archive
from storage.import_content import File, Reading
from storage.import_files import FileContent
from storage.import_inserts import INSERT
from storage.import_preferences import read_preferences
from storage.import_staging import counts, outcomes, preview, problems_in, stage
from storage.import_texts import read_items
from storage.places import read_said
from storage.study_rows import find_study


class AlreadyImportedError(DiscernError):
    def __init__(self, name: str, imported_at: datetime) -> None:
        super().__init__(
            f"The content of {name} was imported into this study on {imported_at:%Y-%m-%d at %H:%M}"
            " UTC. Nothing was imported again."
        )


class ImportRefusedError(DiscernError):
    """A file has problems, so nothing of it was imported."""

    def __init__(self, name: str, problems: Problems) -> None:
        first, n = problems.shown[0], problems.total()
        super().__init__(
            f"{name} has {n:,} problem{'s' * (n > 1)}, so nothing of it was imported. The first: "
            f"line {first.line}, column {first.column or '(all)'}: {first.rule} "
            f"Found: {first.value!r}. Correct the file and import it again."
        )


@dataclass(frozen=True, slots=True, eq=False)
class DryRun:
    """What an import would do.

    Attributes
    ----------
    counts : dict of str to int
        What the file holds, in words.
    outcomes : dict of str to int
        For judgments: how often each answer was understood, as the file says it.
    n_new : int
        Rows that the study does not have yet.
    preview : tuple of dict
        The first rows as understood.
    rows : pyarrow.Table
        The lines and what was read from the columns taken.
    media : dict of str to str
        Names of pictures and sounds that the rows show, with their path in the archive.
    """

    study_id: str
    kind: Kind
    file_name: str
    sha256: str
    columns: ColumnChoice
    counts: Mapping[str, int]
    outcomes: Mapping[str, int]
    n_new: int
    preview: tuple[Mapping[str, Any], ...]
    problems: Problems
    rows: pa.Table
    media: Mapping[str, str]
    archive: Archive | None

    @property
    def ready(self) -> bool:
        """Whether `commit` has something to do and nothing against it."""
        return self.n_new > 0 and not self.problems.counts


@dataclass(frozen=True, slots=True)
class ImportReceipt:
    """One import that was done; `by` is the id of a person, None for the command line."""

    id: str
    kind: Kind
    file_name: str
    n_rows: int
    imported_at: datetime
    by: str | None


def dry_run(
    db: Database,
    study_id: str,
    kind: Kind,
    content: FileContent,
    told: Mapping[str, str | None] | None = None,
) -> DryRun:
    """Read the rows as `kind` and find all that is wrong with them; nothing is changed.

    Parameters
    ----------
    told : mapping of str to str, optional
        Our names of columns to the file's, where its names and aliases do not say it.

    Raises
    ------
    InvalidFileError
        If a needed column is missing.
    AlreadyImportedError
        If the study has this file already.
    """
    columns = choose_columns(kind, content.columns, told or {})
    check_columns(kind, content.columns, columns)
    rows = _rows(kind, content, columns)
    with db.cursor() as cursor:
        study = find_study(cursor, study_id)
        _refuse_again(cursor, study_id, kind, content)
        reading = _read(cursor, rows, File.of(kind, content, columns, study))
        stage(cursor, study, kind, reading.rows, columns)
        problems = problems_in(cursor, kind, content.name, columns)
        return DryRun(
            study_id=study_id,
            kind=kind,
            file_name=content.name,
            sha256=content.sha256,
            columns=columns,
            counts=counts(cursor, kind),
            outcomes=outcomes(cursor, kind),
            n_new=cursor.execute("SELECT count(*) FROM staged WHERE is_new").fetchall()[0][0],
            preview=preview(cursor, kind),
            problems=_together(content.problems, reading.problems, problems),
            rows=reading.rows,
            media=reading.media,
            archive=content.archive,
        )


def commit(db: Database, run: DryRun, *, by: str | None) -> ImportReceipt:
    """Import what a dry run has read, in one transaction; what is wrong by now is found again.

    Pictures and sounds are kept first, each by itself, so that no judgment waits for all of them;
    without the rows that show them they are nowhere to be seen.

    Raises
    ------
    ImportRefusedError
        If there are problems.
    AlreadyImportedError
        If somebody was quicker with the same file.
    """
    if run.problems.counts:
        raise ImportRefusedError(run.file_name, run.problems)
    now = datetime.now(UTC)
    receipt = ImportReceipt(
        secrets.token_hex(8), run.kind, run.file_name, run.rows.num_rows, now, by
    )

    def change(cursor: Cursor) -> None:
        study = find_study(cursor, run.study_id)
        _refuse_again(cursor, run.study_id, run.kind, run)
        stage(cursor, study, run.kind, run.rows, run.columns)
        problems = problems_in(cursor, run.kind, run.file_name, run.columns)
        if problems.counts:
            raise ImportRefusedError(run.file_name, problems)
        _insert(cursor, study, run.kind, by, now)
        cursor.execute("DROP TABLE staged")
        _insert_receipt(cursor, run, receipt)

    if run.archive is not None:
        for path in run.media.values():
            media.put(db, run.archive.read(path), by=by, now=now)
    db.write(change)
    return receipt


def _insert(cursor: Cursor, study: Study, kind: Kind, by: str | None, now: datetime) -> None:
    """Insert what was staged."""
    if kind is Kind.GOLD:
        _insert_gold(cursor, study, by, now)
        return
    given = {"study": study.id, "version": study.version, "now": now}
    for statement in INSERT[kind]:
        used = {name: value for name, value in given.items() if f"${name}" in statement}
        cursor.execute(statement, used)


def _insert_gold(cursor: Cursor, study: Study, by: str | None, now: datetime) -> None:
    rows = cursor.execute(
        "SELECT items, answer, feedback, training, said FROM staged WHERE is_new ORDER BY line"
    ).fetchall()
    for items, answer, feedback, training, said in rows:
        known = Gold(
            tuple(items), ItemOutcome(answer), feedback, training, "import", read_said(said)
        )
        gold.put(cursor, study.id, known, by=by, now=now)


def _insert_receipt(cursor: Cursor, run: DryRun, receipt: ImportReceipt) -> None:
    cursor.execute(
        """
        INSERT INTO imports (
            import_id, study_id, kind, file_name, sha256, n_rows, imported_at, imported_by
        ) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """,
        [
            receipt.id,
            run.study_id,
            run.kind.value,
            run.file_name,
            run.sha256,
            receipt.n_rows,
            receipt.imported_at,
            receipt.by,
        ],
    )


def history(db: Database, study_id: str) -> list[ImportReceipt]:
    """Imports into a study, newest first."""
    rows = db.read(
        """
        SELECT import_id, kind, file_name, n_rows, imported_at, imported_by
        FROM imports WHERE study_id = ? ORDER BY imported_at DESC
        """,
        [study_id],
    )
    return [ImportReceipt(row[0], Kind(row[1]), *row[2:]) for row in rows]


def _rows(kind: Kind, content: FileContent, columns: ColumnChoice) -> pa.Table:
    """Our columns, filled with those taken, the others with nothing."""
    taken = dict(columns.taken)
    if kind is Kind.JUDGMENTS and not {"first_id", "second_id"} <= taken.keys():
        taken |= {"first_id": taken["left_id"], "second_id": taken["right_id"]}
    structured = {column.name: column.structured for column in COLUMNS[kind]}
    structured |= {name: False for name in taken if name.startswith(ASPECT)}
    filled: dict[str, Any] = {"line": content.lines}
    for name, nested in structured.items():
        source = taken.get(name)
        if source is None:
            filled[name] = pa.nulls(len(content.lines), pa.large_string())
        elif nested and source in content.nested.column_names:
            filled[name] = content.nested[source]
        elif source in content.unfit:
            raise InvalidFileError(
                f"{content.name}: the column {source!r} cannot be taken for {name}; it "
                f"{content.unfit[source]}, and text is needed."
            )
        else:
            filled[name] = _without_empty(content.table[source])
    return pa.table(filled)


def _read(cursor: Cursor, rows: pa.Table, file: File) -> Reading:
    """Read the cells that SQL cannot.

    Raises
    ------
    InvalidFileError
        If there are orders or thumbs, and the study asks for something else.
    """
    if file.kind is Kind.ITEMS:
        return read_items(rows, file, lambda names: media.known(cursor, names))
    if file.kind is Kind.PREFERENCES:
        return read_preferences(rows, file, lambda names: media.known(cursor, names))
    if file.kind is Kind.JUDGMENTS:
        return read_judgments(rows, file)
    if file.kind is Kind.RANKINGS:
        if file.form.kind not in LIST_FORMS | {Form.TRIPLET}:
            raise InvalidFileError(
                "This study does not ask for orders of several items. Choose such a form on the "
                "page Studies (ranking, best and worst, best few, triplets), then import "
                f"{file.name}."
            )
        return read_rankings(rows, file)
    if file.kind is Kind.THUMBS and file.form.kind is not Form.THUMBS:
        raise InvalidFileError(
            "This study does not ask about one item alone. Choose thumbs as the form of the "
            f"question on the page Studies, then import {file.name}."
        )
    return read_known_orders(rows, file) if file.kind is Kind.GOLD else Reading(rows)


def _without_empty(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """CSV cannot tell an empty text from a missing one, so neither do we."""
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.large_string()), column)


def _refuse_again(cursor: Cursor, study_id: str, kind: Kind, file: "FileContent | DryRun") -> None:
    rows = cursor.execute(
        "SELECT imported_at FROM imports WHERE study_id = ? AND kind = ? AND sha256 = ?",
        [study_id, kind.value, file.sha256],
    ).fetchall()
    if rows:
        name = file.name if isinstance(file, FileContent) else file.file_name
        raise AlreadyImportedError(name, rows[0][0])


def _together(*found: Problems) -> Problems:
    shown = sorted((p for one in found for p in one.shown), key=lambda problem: problem.line)
    return Problems(
        shown[:MAX_PROBLEMS_SHOWN], sum((one.counts for one in found), start=Counter[str]())
    )
