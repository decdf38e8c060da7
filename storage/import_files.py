"""Read a stranger's CSV, JSON lines or Parquet file into a table of text, or say what is wrong.

Such a table may come in a ZIP together with the pictures and sounds that it names.
"""

import codecs
import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from core.importing import MAX_ROWS, InvalidFileError, Problem, Problems, shorten
from storage.import_archives import BEGINS as ZIP_BEGINS
from storage.import_archives import Archive, open_archive

#: Longer than any text that may be imported, so that a text somewhat too long is told by its row.
MAX_FIELD = 4_000_000
MAX_UNPACKED_BYTES = 4 * 2**30
MAX_NAME = 100
ROWS_AT_ONCE = 50_000
BYTES_AT_ONCE = 2**20

#: How files begin that people take for one of ours.
FOREIGN = {
    b"\x1f\x8b": "compressed with gzip; unpack it first",
    b"\xff\xfe": "UTF-16 text; save it as UTF-8",
    b"\xfe\xff": "UTF-16 text; save it as UTF-8",
}
PARQUET_BEGINS = b"PAR1"

#: An open file, or an upload in memory.
Source = io.BufferedReader | io.BytesIO
T = TypeVar("T")

RAGGED = "A row must have as many fields as the header."
NOT_JSON = "A line must be one JSON object."


@dataclass(frozen=True, slots=True, eq=False)
class FileContent:
    """A file as read, before anything is made of it.

    Attributes
    ----------
    name : str
        The name it came with, fit to be shown; never a path to open.
    sha256 : str
        Of the bytes, hex.
    lines : ndarray-like of int64, shape (n_rows,)
        Line where each row begins, from 1; in Parquet the number of the row.
    table : pyarrow.Table
        The columns that are text or could be said as text, in the order of `lines`.
    nested : pyarrow.Table
        Columns that hold lists or objects, as JSON.
    unfit : dict of str to str
        Columns that cannot be said as text, and why.
    problems : Problems
        Rows that could not be read.
    archive : Archive or None
        The files that came with the table.
    """

    name: str
    sha256: str
    lines: pa.ChunkedArray
    table: pa.Table
    nested: pa.Table
    unfit: dict[str, str]
    problems: Problems
    archive: Archive | None

    @property
    def columns(self) -> list[str]:
        return [*self.table.column_names, *self.unfit]


def read_file(stream: Source, file_name: str) -> FileContent:
    """Read a whole file; the content says which format it is, the name only where that is open.

    Raises
    ------
    InvalidFileError
        If nothing can be made of it. Single bad rows come back as problems.
    """
    name = shown_name(file_name)
    digest = hashlib.file_digest(stream, "sha256").hexdigest()
    stream.seek(0)
    archive = None
    if stream.read(4) in ZIP_BEGINS:
        stream.seek(0)
        archive, stream, table_path = open_archive(stream, name)
        name = f"{name}: {shown_name(table_path)}"
    stream.seek(0)
    problems = Problems()
    lines, table, nested, unfit = _read_table(stream, name, problems)
    _check_rows(len(lines), name, problems)
    return FileContent(name, digest, lines, table, nested, unfit, problems, archive)


def _read_table(stream: Source, name: str, problems: Problems) -> "_Content":
    beginning = stream.read(4096)
    stream.seek(0)
    if beginning.startswith(PARQUET_BEGINS):
        return _read_parquet(stream, name)
    _check_text(stream, beginning, name)
    is_json = beginning.lstrip(codecs.BOM_UTF8 + b" \t\r\n").startswith((b"{", b"["))
    if is_json or name.lower().endswith((".jsonl", ".ndjson", ".json")):
        return _read_json_lines(stream, name, problems)
    return _read_csv(stream, name, problems)


def shown_name(file_name: str) -> str:
    """The last part of a name that a stranger chose, without what could not be printed."""
    last = file_name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in last if c.isprintable()).strip()[:MAX_NAME] or "unnamed file"


_Content = tuple[pa.ChunkedArray, pa.Table, pa.Table, dict[str, str]]


def _check_rows(n_rows: int, name: str, problems: Problems) -> None:
    if n_rows > MAX_ROWS:
        raise InvalidFileError(
            f"{name} has more than {MAX_ROWS:,} rows. Split it and import the parts."
        )
    if n_rows == 0 and problems.shown:
        first = problems.shown[0]
        raise InvalidFileError(
            f"No row of {name} can be read. Line {first.line}: {first.rule} Found: {first.value}"
        )
    if n_rows == 0:
        raise InvalidFileError(f"{name} has no rows, only names of columns. Is it the right file?")


def _check_text(stream: Source, beginning: bytes, name: str) -> None:
    """Say what the file is instead, or where it stops being UTF-8."""
    for start, what in FOREIGN.items():
        if beginning.startswith(start):
            raise InvalidFileError(f"{name} is {what}.")
    if not beginning.strip():
        raise InvalidFileError(f"{name} is empty. Was it saved completely?")
    if beginning.count(0) > len(beginning) // 4:
        raise InvalidFileError(f"{name} is not text; perhaps it is UTF-16. Save it as UTF-8.")
    if name.lower().endswith((".parquet", ".pq")):
        raise InvalidFileError(
            f"{name} is not Parquet: such a file begins with PAR1, this one with {beginning[:4]!r}."
        )
    _check_encoding(stream, name)
    stream.seek(0)


def _check_encoding(stream: Source, name: str) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    n_bytes, n_lines, block = 0, 1, b"first"
    while block:
        block = stream.read(BYTES_AT_ONCE)
        waiting = len(decoder.getstate()[0])
        try:
            decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            start, byte = error.start - waiting, error.object[error.start]
            line = n_lines + block[: max(start, 0)].count(b"\n")
            raise InvalidFileError(
                f"{name} is not UTF-8 text: line {line} holds the byte 0x{byte:02X} "
                f"(byte {n_bytes + start + 1} of the file). Save it as UTF-8, in Excel as "
                "“CSV UTF-8”."
            ) from error
        n_bytes, n_lines = n_bytes + len(block), n_lines + block.count(b"\n")


def _read_csv(stream: Source, name: str, problems: Problems) -> _Content:
    csv.field_size_limit(MAX_FIELD)
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    try:
        header_line = text.readline(BYTES_AT_ONCE)
        text.seek(0)
        rows = _csv_rows(text, _delimiter(header_line), name)
        header = _header(next(rows, (1, []))[1], name)
        return _in_columns(header, _whole_rows(rows, header, name, problems))
    finally:
        text.detach()


def _csv_rows(text: io.TextIOWrapper, delimiter: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not blank, each with the line where it begins."""
    reader, begins = csv.reader(text, delimiter=delimiter, strict=True), 1
    try:
        for row in reader:
            if row:
                yield begins, row
            begins = reader.line_num + 1
    except csv.Error as error:
        why = {
            "unexpected end of data": "a quotation mark is opened there and never closed",
            f"field larger than field limit ({MAX_FIELD})": (
                f"a field has more than {MAX_FIELD:,} characters; "
                "perhaps a quotation mark is opened there and never closed"
            ),
        }.get(str(error), f"the quotation marks are not those of CSV ({error})")
        raise InvalidFileError(
            f"{name} cannot be read from line {begins} on: {why}. Put a field that holds "
            "quotation marks in quotation marks, and write each of its own twice."
        ) from error


def _delimiter(header: str) -> str:
    """What stands most often in the header; a comma if nothing does."""
    return max(",;\t", key=header.count)


def _header(names: Sequence[str], name: str) -> list[str]:
    """Names of the columns: unique, and one for each."""
    header = [column.strip() or f"column {i}" for i, column in enumerate(names, start=1)]
    twice = [column for i, column in enumerate(header) if column in header[:i]]
    if twice:
        raise InvalidFileError(
            f"{name} has two columns named {shorten(twice[0])!r}. Rename or remove one of them."
        )
    return header


def _whole_rows(
    rows: Iterable[tuple[int, list[str]]], header: list[str], name: str, problems: Problems
) -> Iterator[tuple[int, list[str]]]:
    for line, row in rows:
        if len(row) == len(header):
            yield line, row
        else:
            found = f"{len(row)} fields, the header has {len(header)}"
            problems.add(Problem(name, line, "", RAGGED, found))


def _in_columns(header: list[str], rows: Iterable[tuple[int, list[str]]]) -> _Content:
    """Turn rows into columns, so many at once that memory holds the text about once."""
    lines: list[pa.Array] = [pa.array([], pa.int64())]
    parts: list[list[pa.Array]] = []
    for some in _portions(rows):
        lines.append(pa.array([line for line, _ in some], pa.int64()))
        columns = zip(*(row for _, row in some), strict=True)
        parts.append([pa.array(column, pa.large_string()) for column in columns])
    table = {
        column: pa.chunked_array([part[i] for part in parts], pa.large_string())
        for i, column in enumerate(header)
    }
    return pa.chunked_array(lines), pa.table(table), pa.table({}), {}


def _portions(rows: Iterable[tuple[int, T]]) -> Iterator[list[tuple[int, T]]]:
    remaining = islice(rows, MAX_ROWS + 1)
    while some := list(islice(remaining, ROWS_AT_ONCE)):
        yield some


def _read_json_lines(stream: Source, name: str, problems: Problems) -> _Content:
    lines: list[pa.Array] = [pa.array([], pa.int64())]
    parts: list[pa.Table] = []
    unfit: dict[str, str] = {}
    for some in _portions(_json_objects(stream, name, problems)):
        numbers = [line for line, _ in some]
        lines.append(pa.array(numbers, pa.int64()))
        columns = dict.fromkeys(key for _, row in some for key in row)
        arrays = {}
        for column in columns:
            values = [row.get(column) for _, row in some]
            arrays[column] = _text_array(values, column, numbers, unfit)
        parts.append(pa.table(arrays))
    table = pa.concat_tables(parts, promote_options="default") if parts else pa.table({})
    fit = [column for column in table.column_names if column not in unfit]
    nested = [column for column in table.column_names if column in unfit]
    return pa.chunked_array(lines), table.select(fit), table.select(nested), unfit


def _json_objects(
    stream: Source, name: str, problems: Problems
) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, raw in enumerate(stream, start=1):
        text = raw.decode("utf-8-sig" if number == 1 else "utf-8").strip()
        if not text:
            continue
        try:
            content = json.loads(text)
        except (ValueError, RecursionError):
            content = None
        if isinstance(content, dict):
            yield number, content
        else:
            problems.add(Problem(name, number, "", NOT_JSON, shorten(text)))


def _text_array(
    values: list[Any], column: str, lines: list[int], unfit: dict[str, str]
) -> pa.Array:
    """Say values as text; what cannot be is noted in `unfit` and left out."""
    try:
        return pa.array(values, pa.large_string())
    except (pa.ArrowException, TypeError, UnicodeEncodeError):
        texts = [_as_text(value) for value in values]
    for line, value, text in zip(lines, values, texts, strict=True):
        if value is not None and (text is None or isinstance(value, list | dict)):
            unfit.setdefault(column, f"holds {_kind_of(value)} on line {line}")
            break
    return pa.array(texts, pa.large_string())


def _as_text(value: object) -> str | None:
    """Lists and objects as JSON; None for what is missing, and for what is no text."""
    if isinstance(value, bool | list | dict):
        return json.dumps(value, ensure_ascii=True)
    if not isinstance(value, str | int | float):
        return None
    text = str(value)
    try:
        text.encode()
    except UnicodeEncodeError:  # JSON may escape half of a surrogate pair
        return None
    return text


def _kind_of(value: object) -> str:
    if isinstance(value, list):
        return "a list"
    return "an object" if isinstance(value, dict) else "half of a character"


def _read_parquet(stream: Source, name: str) -> _Content:
    try:
        file = pq.ParquetFile(stream)
        n_rows = file.metadata.num_rows
        _check_rows(n_rows, name, Problems())
        groups = range(file.num_row_groups)
        unpacked = sum(file.metadata.row_group(i).total_byte_size for i in groups)
        if unpacked > MAX_UNPACKED_BYTES:
            raise InvalidFileError(
                f"{name} unpacks to {unpacked / 2**30:.0f} GiB. Split it, or leave columns out."
            )
        header = _header(file.schema_arrow.names, name)
        read = file.read().rename_columns(header)
    except (pa.ArrowException, OSError) as error:
        raise InvalidFileError(
            f"{name} begins like Parquet and cannot be read; it may be cut off or damaged. "
            f"Write or download it once more. (The reader says: {shorten(error)})"
        ) from error
    columns: dict[str, pa.ChunkedArray] = {}
    nested: dict[str, pa.ChunkedArray] = {}
    unfit: dict[str, str] = {}
    for column in header:
        try:
            columns[column] = read[column].cast(pa.large_string())
        except pa.ArrowException:
            unfit[column] = f"holds {read[column].type}"
            if _is_said_in_json(read[column].type):
                nested[column] = _in_json(read[column])
    lines = pa.chunked_array([pa.array(range(1, n_rows + 1), pa.int64())])
    return lines, pa.table(columns), pa.table(nested), unfit


def _is_said_in_json(kind: pa.DataType) -> bool:
    """Objects, and lists of them or of texts; vectors of numbers are left alone."""
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        inside = kind.value_type
        return (
            pa.types.is_string(inside)
            or pa.types.is_large_string(inside)
            or (_is_said_in_json(inside))
        )
    return bool(pa.types.is_struct(kind))


def _in_json(column: pa.ChunkedArray) -> pa.ChunkedArray:
    parts = [
        pa.array(
            [None if v is None else json.dumps(v, default=str) for v in part.to_pylist()],
            pa.large_string(),
        )
        for part in column.chunks
    ]
    return pa.chunked_array(parts, pa.large_string())
