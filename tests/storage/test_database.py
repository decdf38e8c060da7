import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest

from storage.database import Cursor, Database, DatabaseInUseError

OPEN = (
    "import sys, pathlib; from storage.database import Database; "
    "Database(pathlib.Path(sys.argv[1]))"
)


def test_opening_twice_applies_migrations_once(tmp_path: Path) -> None:
    first = Database(tmp_path / "test.duckdb")
    first.write(lambda cursor: cursor.execute("INSERT INTO sign_outs VALUES ('x', now())"))
    first.close()
    second = Database(tmp_path / "test.duckdb")
    assert second.pending() == []
    assert second.read("SELECT sign_in_id FROM sign_outs") == [("x",)]
    second.close()


def test_a_change_that_raises_leaves_nothing_behind(db: Database) -> None:
    def half(cursor: Cursor) -> None:
        cursor.execute("CREATE TABLE half (i INTEGER)")
        cursor.execute("INSERT INTO roles VALUES ('p', 1, 'emperor', now(), NULL)")

    with pytest.raises(duckdb.ConstraintException):
        db.write(half)
    with pytest.raises(duckdb.CatalogException):
        db.read("FROM half")


def test_a_failing_change_does_not_take_others_with_it(db: Database) -> None:
    """While the writer is busy, nineteen good changes and a bad one queue up for one commit."""
    go = threading.Event()

    def insert(name: str) -> None:
        sql = "INSERT INTO sign_outs VALUES (?, now())"
        db.write(lambda cursor: cursor.execute(sql, [None if name == "7" else name]))

    with ThreadPoolExecutor(21) as pool:
        blocked = pool.submit(db.write, lambda _: go.wait())
        changes = [pool.submit(insert, str(i)) for i in range(20)]
        go.set()
        blocked.result()
        failed = [i for i, change in enumerate(changes) if change.exception() is not None]
    assert failed == [7]
    assert db.read("SELECT count(*) FROM sign_outs") == [(19,)]


def test_a_second_process_gets_a_sentence(db: Database, tmp_path: Path) -> None:
    """DuckDB lets one process open a file; the other one says what to do."""
    result = subprocess.run(
        [sys.executable, "-c", OPEN, str(tmp_path / "discern.duckdb")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert DatabaseInUseError.__name__ in result.stderr
    assert "Stop the running workbench first" in result.stderr
    assert db.read("SELECT count(*) FROM people") == [(0,)]


def test_two_writers_read_what_they_change(db: Database) -> None:
    """A hundred racing additions of "one more than there are" give 1 to 100, none twice."""

    def add_one(_: int) -> None:
        db.write(
            lambda cursor: cursor.execute(
                "INSERT INTO sign_outs SELECT (count(*) + 1)::VARCHAR, now() FROM sign_outs"
            )
        )

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(add_one, range(100)))
    names = {int(name) for (name,) in db.read("SELECT sign_in_id FROM sign_outs")}
    assert names == set(range(1, 101))
