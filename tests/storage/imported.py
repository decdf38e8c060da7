"""A study to import into, and what an import left in the store."""

import io
from typing import Any

import pytest

from core.importing import Kind
from core.study import Study, StudySettings
from storage import studies
from storage.database import Database
from storage.import_files import read_file
from storage.imports import (
    DryRun,
    ImportReceipt,
    commit,
    dry_run,
)

ITEMS = "item_id,prompt_id,text\na,p,one\nb,p,two\nc,p,three\nz,q,other\n"
TABLES = (
    "prompts",
    "items",
    "pairs",
    "imports",
    "imported_annotators",
    "presentations",
    "judgments",
)


@pytest.fixture
def study(db: Database) -> Study:
    return studies.create(db, StudySettings("Fruit", "Which is better?"), by=None)


def look(
    db: Database, study: Study, kind: Kind, file: str | bytes, /, **told: str | None
) -> DryRun:
    content = file.encode() if isinstance(file, str) else file
    return dry_run(db, study.id, kind, read_file(io.BytesIO(content), f"{kind}.csv"), told)


def put(
    db: Database, study: Study, kind: Kind, file: str | bytes, /, **told: str | None
) -> ImportReceipt:
    return commit(db, look(db, study, kind, file, **told), by=None)


def found(run: DryRun) -> list[tuple[int, str, str]]:
    """Line, column and value of each problem."""
    return [(problem.line, problem.column, problem.value) for problem in run.problems.shown]


def everything(db: Database) -> dict[str, list[tuple[Any, ...]]]:
    return {table: db.read(f"SELECT * FROM {table} ORDER BY ALL") for table in TABLES}  # noqa: S608


def answers(db: Database) -> list[tuple[Any, ...]]:
    return db.read(
        "SELECT first_id, second_id, left_id, outcome, slot FROM standing_judgments"
        " ORDER BY first_id, second_id, slot"
    )
