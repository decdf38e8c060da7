"""Import files: a dry run that changes nothing, then all of the file or nothing of it."""

import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from core.errors import DiscernError
from core.importing import (
    COLUMNS,
    MAX_ID_LENGTH,
    MAX_PROBLEMS_SHOWN,
    OUTCOME_WORDS,
    ColumnChoice,
    InvalidFileError,
    Kind,
    Problem,
    Problems,
    check_columns,
    choose_columns,
    shorten,
)
from storage.database import Cursor, Database
from storage.import_files import FileContent
from storage.import_rows import COUNTS, INSERT, SHOWN, STAGE
from storage.import_rules import RULES
from storage.study_rows import find_study

PREVIEW_ROWS = 10
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


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
        The lines and the columns taken, as text.
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
        find_study(cursor, study_id)
        _refuse_again(cursor, study_id, kind, content)
        _stage(cursor, study_id, kind, rows, columns)
        problems = _problems(cursor, kind, content.name, columns)
        return DryRun(
            study_id=study_id,
            kind=kind,
            file_name=content.name,
            sha256=content.sha256,
            columns=columns,
            counts=_counts(cursor, kind),
            outcomes=_outcomes(cursor, kind),
            n_new=cursor.execute("SELECT count(*) FROM staged WHERE is_new").fetchall()[0][0],
            preview=_preview(cursor, kind),
            problems=_together(content.problems, problems),
            rows=rows,
        )


def commit(db: Database, run: DryRun, *, by: str | None) -> ImportReceipt:
    """Import what a dry run has read, in one transaction; what is wrong by now is found again.

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
        _stage(cursor, run.study_id, run.kind, run.rows, run.columns)
        problems = _problems(cursor, run.kind, run.file_name, run.columns)
        if problems.counts:
            raise ImportRefusedError(run.file_name, problems)
        given = {"study": run.study_id, "version": study.version, "now": now}
        for statement in INSERT[run.kind]:
            used = {name: value for name, value in given.items() if f"${name}" in statement}
            cursor.execute(statement, used)
        cursor.execute("DROP TABLE staged")
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
                now,
                by,
            ],
        )

    db.write(change)
    return receipt


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
    filled: dict[str, Any] = {"line": content.lines}
    for column in COLUMNS[kind]:
        source = taken.get(column.name)
        if source in content.unfit:
            raise InvalidFileError(
                f"{content.name}: the column {source!r} cannot be taken for {column.name}; it "
                f"{content.unfit[source]}, and text is needed."
            )
        filled[column.name] = (
            pa.nulls(len(content.lines), pa.large_string())
            if source is None
            else _without_empty(content.table[source])
        )
    return pa.table(filled)


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


def _stage(
    cursor: Cursor, study_id: str, kind: Kind, rows: pa.Table, columns: ColumnChoice
) -> None:
    """Make the temporary table `staged`, which this cursor sees alone."""
    given: dict[str, Any] = {"study": study_id}
    if kind is Kind.ITEMS:
        given |= {"has_prompt_ids": "prompt_id" in columns.taken, "max_id": MAX_ID_LENGTH}
    if kind is Kind.JUDGMENTS:
        given |= {"earliest": EARLIEST, "latest": datetime.now(UTC) + timedelta(days=1)}
    words = {"word": list(OUTCOME_WORDS), "answer": [o.value for o in OUTCOME_WORDS.values()]}
    cursor.register("said", rows)
    cursor.register("outcome_words", pa.table(words))
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE staged AS {STAGE[kind]}", given)
    cursor.unregister("said")
    cursor.unregister("outcome_words")


def _problems(cursor: Cursor, kind: Kind, name: str, columns: ColumnChoice) -> Problems:
    """Count what breaks each rule in one pass, then look up the first rows that do."""
    rules = RULES[kind]
    counted = ", ".join(f"count(*) FILTER ({rule.broken})" for rule in rules)
    n_broken = cursor.execute(f"SELECT {counted} FROM staged").fetchall()[0]  # noqa: S608 - own rules
    counts: Counter[str] = Counter()
    found: list[tuple[int, int, str]] = []
    for i, (rule, n) in enumerate(zip(rules, n_broken, strict=True)):
        if n:
            counts[rule.sentence] += n
            found += cursor.execute(
                f"SELECT line, {i}, coalesce({rule.shown}, '')::VARCHAR FROM staged "  # noqa: S608
                f"WHERE {rule.broken} ORDER BY line LIMIT {MAX_PROBLEMS_SHOWN}"
            ).fetchall()
    shown = [
        Problem(
            name, line, columns.taken.get(rules[i].column, ""), rules[i].sentence, shorten(value)
        )
        for line, i, value in sorted(found)[:MAX_PROBLEMS_SHOWN]
    ]
    return Problems(shown, counts)


def _together(one: Problems, other: Problems) -> Problems:
    shown = sorted([*one.shown, *other.shown], key=lambda problem: problem.line)
    return Problems(shown[:MAX_PROBLEMS_SHOWN], one.counts + other.counts)


def _counts(cursor: Cursor, kind: Kind) -> dict[str, int]:
    cursor.execute(COUNTS[kind])
    names = [column[0] for column in cursor.description or ()]
    return dict(zip(names, cursor.fetchall()[0], strict=True))


def _outcomes(cursor: Cursor, kind: Kind) -> dict[str, int]:
    if kind is not Kind.JUDGMENTS:
        return {}
    return dict(
        cursor.execute(
            "SELECT answer, count(*) FROM staged WHERE answer IS NOT NULL"
            " GROUP BY answer ORDER BY count(*) DESC, answer"
        ).fetchall()
    )


def _preview(cursor: Cursor, kind: Kind) -> tuple[dict[str, Any], ...]:
    cursor.execute(f"SELECT {SHOWN[kind]} FROM staged ORDER BY line LIMIT {PREVIEW_ROWS}")  # noqa: S608
    names = [column[0] for column in cursor.description or ()]
    return tuple(dict(zip(names, row, strict=True)) for row in cursor.fetchall())
