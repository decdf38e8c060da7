"""What cells of an imported file hold beyond words: what reading them takes and gives.

SQL reads ids, words, numbers and times. What it cannot read (chats, pictures, aspects, orders) is
read row by row and put into columns that it can; what is wrong becomes a problem of its row.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from core.answer_form import AnswerForm
from core.importing import ColumnChoice, Kind, Problem, Problems, shorten
from core.study import Study
from storage.import_archives import Archive
from storage.import_files import FileContent

ROWS_AT_ONCE = 50_000
TEXT, TEXTS = pa.large_string(), pa.list_(pa.large_string())

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class File:
    """What is known of a file while its cells are read.

    Attributes
    ----------
    form : AnswerForm
        How the study that it goes into asks.
    """

    kind: Kind
    name: str
    columns: ColumnChoice
    archive: Archive | None
    form: AnswerForm

    @classmethod
    def of(cls, kind: Kind, content: FileContent, columns: ColumnChoice, study: Study) -> "File":
        return cls(kind, content.name, columns, content.archive, study.settings.form)


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What came of reading the cells.

    Attributes
    ----------
    rows : pyarrow.Table
        As SQL takes them.
    media : dict of str to str
        Names of pictures and sounds to keep, with their path in the ZIP.
    """

    rows: pa.Table
    problems: Problems = field(default_factory=Problems)
    media: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Complaints:
    """Where problems of rows are noted."""

    file: File
    problems: Problems = field(default_factory=Problems)

    def add(self, line: int, column: str, rule: object, value: object) -> None:
        source = self.file.columns.taken.get(column, column)
        self.problems.add(Problem(self.file.name, line, source, str(rule), shorten(value)))


def each(rows: pa.Table) -> Iterator[Row]:
    """Rows as dictionaries, made for so many at once that memory stays small."""
    for start in range(0, rows.num_rows, ROWS_AT_ONCE):
        yield from rows.slice(start, ROWS_AT_ONCE).to_pylist()


def with_columns(rows: pa.Table, **columns: tuple[list[Any], pa.DataType]) -> pa.Table:
    """The rows with columns added, or put in the place of those of the same name."""
    for name, (values, kind) in columns.items():
        if name in rows.column_names:
            rows = rows.drop_columns([name])
        rows = rows.append_column(name, pa.array(values, kind))
    return rows
