"""Open the database file, bring its schema up to date, and write to it from one thread."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol, TypeVar

import duckdb

from core.errors import DiscernError

MIGRATIONS = Path(__file__).parent / "migrations"
#: DuckDB 1.5 and 2.0 both read files of this format.
STORAGE_FORMAT = "v1.5.0"
#: Changes committed together at most.
MAX_BATCH = 1000

Cursor = duckdb.DuckDBPyConnection
T = TypeVar("T")


class DatabaseInUseError(DiscernError):
    """DuckDB lets one process open a file."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"The database {path} is open in another process. Stop the running workbench first, "
            "or do this on its pages."
        )


class Reads(Protocol):
    """What can be asked: the database as it is now, or as it was at one moment."""

    def read(
        self, sql: str, parameters: list[Any] | dict[str, Any] | None = None
    ) -> list[tuple[Any, ...]]:
        """Return all rows of one query."""
        ...


class Moment:
    """All reads of one transaction, whose cursor is the caller's: they see the same moment."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def read(
        self, sql: str, parameters: list[Any] | dict[str, Any] | None = None
    ) -> list[tuple[Any, ...]]:
        return self._cursor.execute(sql, parameters).fetchall()


class Database:
    """One open DuckDB file, shared by all threads of one process.

    Reads run on a cursor of their own. Writes are queued to one thread that commits together what
    has come in (group commit) and answers after the commit: what `write` returned is on disk.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._connection = duckdb.connect(
                str(path), config={"storage_compatibility_version": STORAGE_FORMAT}
            )
        except duckdb.IOException as error:
            if "lock" in str(error):
                raise DatabaseInUseError(path) from error
            raise
        self._connection.execute("SET GLOBAL TimeZone = 'UTC'")  # also for its cursors
        self.n_commits = 0  # who has read the database at one number need not until the next
        self._writes: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._writer = threading.Thread(
            target=self._commit_writes, name="database-writer", daemon=True
        )
        self._writer.start()
        self._migrate()

    def read(
        self, sql: str, parameters: list[Any] | dict[str, Any] | None = None
    ) -> list[tuple[Any, ...]]:
        """Return all rows of one query."""
        with self.cursor() as cursor:
            return cursor.execute(sql, parameters).fetchall()

    def cursor(self) -> Cursor:
        """A cursor to read with; it is the caller's to close."""
        return self._connection.cursor()

    def write(self, change: Callable[[Cursor], T]) -> T:
        """Run `change` in a transaction and return what it returned, after the commit.

        Changes run one after another, so what `change` reads is what it changes. If it raises,
        nothing of it is kept and the error comes out here. It may run a second time if a change
        that was queued with it failed: it must do nothing but speak to the cursor.
        """
        work = _Write(change)
        self._writes.put(work)
        result: T = work.done.result()
        return result

    def close(self) -> None:
        """Commit what is queued, then close."""
        self._writes.put(None)
        self._writer.join()
        self._connection.close()

    def _migrate(self) -> None:
        self.write(
            lambda cursor: cursor.execute(
                "CREATE TABLE IF NOT EXISTS applied_migrations"
                " (name VARCHAR PRIMARY KEY, applied_at TIMESTAMPTZ DEFAULT now())"
            )
        )
        for migration in self.pending():
            self.write(lambda cursor, migration=migration: _apply(cursor, migration))  # type: ignore[misc]

    def pending(self) -> list[Path]:
        """Migration files not applied yet, oldest first."""
        applied = {name for (name,) in self.read("SELECT name FROM applied_migrations")}
        return [path for path in sorted(MIGRATIONS.glob("*.sql")) if path.name not in applied]

    def _commit_writes(self) -> None:
        while (work := self._writes.get()) is not None:
            batch = [work]
            while not self._writes.empty() and len(batch) < MAX_BATCH:
                following = self._writes.get()
                if following is None:
                    self._writes.put(None)
                    break
                batch.append(following)
            self._commit(batch)

    def _commit(self, batch: list["_Write"]) -> None:
        try:
            results = self._run(batch)
        except BaseException as error:  # noqa: BLE001 - it is handed to the caller who is waiting
            if len(batch) == 1:
                batch[0].done.set_exception(error)
            else:  # one of them failed: each again, on its own
                for work in batch:
                    self._commit([work])
            return
        for work, result in zip(batch, results, strict=True):
            work.done.set_result(result)

    def _run(self, batch: list["_Write"]) -> list[Any]:
        with self.cursor() as cursor:
            cursor.begin()
            try:
                results = [work.change(cursor) for work in batch]
                cursor.commit()
                self.n_commits += 1
            except BaseException:
                with suppress(duckdb.TransactionException):  # a failed commit has ended it
                    cursor.rollback()
                raise
            return results


class _Write:
    """A change waiting for the writer, and the answer its caller waits for."""

    def __init__(self, change: Callable[[Cursor], Any]) -> None:
        self.change = change
        self.done: Future[Any] = Future()


def _apply(cursor: Cursor, migration: Path) -> None:
    cursor.execute(migration.read_text())
    cursor.execute("INSERT INTO applied_migrations (name) VALUES (?)", [migration.name])
