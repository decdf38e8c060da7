"""Open a stranger's ZIP file: one table, and the pictures and sounds that its rows name.

Nothing is unpacked to where its name says. A file is looked up by its name and read, so many bytes
at most, whatever the ZIP says of its size.
"""

import io
import posixpath
import shutil
import tempfile
import weakref
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import IO

from core.errors import DiscernError
from core.importing import InvalidFileError
from storage.media import MAX_SOUND_BYTES, InvalidMediaError, examine

MAX_FILES = 20_000
MAX_UNPACKED_BYTES = 2**30
MAX_TABLE_BYTES = 2**28
BEGINS = (b"PK\x03\x04", b"PK\x05\x06")
TABLES = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet", ".pq")
#: What systems put into archives without being asked.
_BY_ITSELF = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
_ENCRYPTED = 0x1
_PACKINGS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


class FileRefusedError(DiscernError):
    """A file that a row names cannot be taken; the sentence is a rule that a row must follow."""


@dataclass(frozen=True, slots=True, eq=False)
class Archive:
    """The files of a ZIP, by their path from the table's folder.

    Attributes
    ----------
    examined : dict of str to (str or FileRefusedError)
        What became of the files that were looked at.
    """

    content: zipfile.ZipFile
    files: dict[str, zipfile.ZipInfo]
    examined: dict[str, str | FileRefusedError] = field(default_factory=dict)

    def name_of(self, path: str) -> str:
        """The name of the picture or sound of that path.

        Raises
        ------
        FileRefusedError
            If the path leads out of the ZIP, or to nothing that can be shown.
        """
        if path not in self.examined:
            try:
                self.examined[path] = examine(self.read(path))
            except FileRefusedError as error:
                self.examined[path] = error
            except InvalidMediaError as error:
                self.examined[path] = FileRefusedError(str(error))
        found = self.examined[path]
        if isinstance(found, FileRefusedError):
            raise found
        return found

    def read(self, path: str) -> bytes:
        """The content of the file of that path, not more than any that may be imported.

        Raises
        ------
        FileRefusedError
            If it cannot be read.
        """
        return _read(self.content, self._find(path), MAX_SOUND_BYTES + 1)

    def _find(self, path: str) -> zipfile.ZipInfo:
        plain = posixpath.normpath(path)
        if "\\" in path or ":" in path or plain.startswith(("/", "..")):
            raise FileRefusedError(
                "A file is named by its path inside the ZIP, such as pictures/cat.png."
            )
        if plain not in self.files:
            raise FileRefusedError("A file that a row names must be in the ZIP.")
        return self.files[plain]


def open_archive(stream: IO[bytes], name: str) -> tuple[Archive, io.BytesIO, str]:
    """Return the files of a ZIP, its table, and the table's path.

    Raises
    ------
    InvalidFileError
        If it is damaged, encrypted, too large, or has no table or several.
    """
    content = _opened(stream, name)
    files = {info.filename: info for info in content.infolist() if _counts(info)}
    _check_files(content, files, name)
    table = _table_among(files, name)
    folder = posixpath.dirname(table)
    inside = {
        posixpath.relpath(path, folder or "."): info
        for path, info in files.items()
        if not posixpath.isabs(path) and (not folder or path.startswith(folder + "/"))
    }
    try:
        rows = _read(content, files[table], MAX_TABLE_BYTES + 1)
    except FileRefusedError as error:
        raise InvalidFileError(f"{name}: {table} cannot be read. {error}") from error
    if len(rows) > MAX_TABLE_BYTES:
        raise InvalidFileError(
            f"{name}: {table} has more than {MAX_TABLE_BYTES // 2**20} MiB. Split it."
        )
    return Archive(content, inside), io.BytesIO(rows), table


def _opened(stream: IO[bytes], name: str) -> zipfile.ZipFile:
    """The ZIP, copied to a file without a name on disk, which goes when the archive goes."""
    copy = tempfile.TemporaryFile()  # noqa: SIM115 - it outlives this function
    shutil.copyfileobj(stream, copy)
    try:
        content = zipfile.ZipFile(copy)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        copy.close()
        raise InvalidFileError(
            f"{name} begins like a ZIP and cannot be read; it may be cut off or damaged. "
            "Make it once more."
        ) from error
    weakref.finalize(content, copy.close)
    return content


def _counts(info: zipfile.ZipInfo) -> bool:
    by_itself = info.filename.startswith(_BY_ITSELF[0]) or info.filename.endswith(_BY_ITSELF[1:])
    return not info.is_dir() and not by_itself


def _check_files(content: zipfile.ZipFile, files: dict[str, zipfile.ZipInfo], name: str) -> None:
    if "[Content_Types].xml" in files:
        raise InvalidFileError(f"{name} is an Excel workbook; save the sheet as CSV (UTF-8).")
    if len(content.infolist()) > MAX_FILES:
        raise InvalidFileError(f"{name} has more than {MAX_FILES:,} files. Split it.")
    unpacked = sum(info.file_size for info in content.infolist())
    if unpacked > MAX_UNPACKED_BYTES:
        raise InvalidFileError(
            f"{name} unpacks to {unpacked / 2**30:,.1f} GiB; at most 1 GiB is taken. Split it."
        )


def _table_among(files: dict[str, zipfile.ZipInfo], name: str) -> str:
    """The path of the one table; one called `items` goes before others."""
    tables = [path for path in files if path.lower().endswith(TABLES)]
    called = [path for path in tables if posixpath.basename(path).lower().startswith("items.")]
    found = called or tables
    if len(found) != 1:
        listed = ", ".join(sorted(found)[:5]) or "none"
        raise InvalidFileError(
            f"{name} is a ZIP archive; it must hold one table, such as items.csv, beside the "
            f"pictures and sounds that it names. Tables found: {listed}."
        )
    return found[0]


def _read(content: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    if info.flag_bits & _ENCRYPTED:
        raise FileRefusedError("A file in the ZIP must not be locked with a password.")
    if info.compress_type not in _PACKINGS:
        raise FileRefusedError("A file in the ZIP must be packed by the usual method (deflate).")
    try:
        with content.open(info) as file:
            return file.read(most)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
        raise FileRefusedError("A file in the ZIP must be whole; this one is damaged.") from error
