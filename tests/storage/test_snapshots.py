from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq

from storage.database import Database
from storage.snapshots import write_snapshot

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def run(db: Database, sql: str, *parameters: object) -> None:
    db.write(lambda cursor: cursor.execute(sql, list(parameters)))


INSERT_ITEM = "INSERT INTO items (study_id, item_id, prompt_id, text) VALUES "


def fill(db: Database, order: list[int], study: str = "s", *, retracted: int | None = None) -> None:
    """Judgments 0, 1, 2 of three pairs, stored in the given order."""
    for name in "cab":
        run(db, INSERT_ITEM + "(?, ?, 'p', 'text')", study, name)
    for i in order:
        pair = [("a", "b"), ("a", "c"), ("b", "c")][i]
        run(
            db,
            """
            INSERT INTO presentations VALUES
            (?, ?, 1, 'someone', ?, ?, ?, ?, 0, 0, 'judge', 'random', 0.5, ?, NULL)
            """,
            *(f"{study}{i}", study, "|".join(pair), *pair, [pair[i % 2], pair[1 - i % 2]], NOON),
        )
        run(
            db,
            "INSERT INTO judgments (presentation_id, outcome, duration_ms, judged_at)"
            " VALUES (?, 'first', ?, ?)",
            *(f"{study}{i}", None if i == 0 else 900, NOON + timedelta(seconds=i)),
        )
    if retracted is not None:
        run(db, "INSERT INTO retractions VALUES (?, ?)", f"{study}{retracted}", NOON)


def test_the_files_hold_what_stands_of_this_study_in_order(db: Database, tmp_path: Path) -> None:
    fill(db, [2, 0, 1], retracted=1)
    fill(db, [0, 1, 2], study="other")
    snapshot = write_snapshot(db, "s", tmp_path)
    judgments = pq.read_table(tmp_path / "judgments.parquet").to_pylist()
    assert snapshot.n_judgments == 2
    assert [row["presentation_id"] for row in judgments] == ["s0", "s2"]
    assert judgments[1] == {
        "presentation_id": "s2", "annotator_id": "someone", "settings_version": 1,
        "first_id": "b", "second_id": "c", "left_id": "b", "outcome": "first", "duration_ms": 900,
        "judged_at": NOON + timedelta(seconds=2), "purpose": "judge", "policy": "random",
        "probability": 0.5, "margin": None, "aspects": None, "chips": None, "reason": None,
        "cohort": "",
    }  # fmt: skip
    items = pq.read_table(tmp_path / "items.parquet").to_pylist()
    named = {"prompt_id": "p", "text": "text", "prompt": None, "kind": "markdown"}
    named |= {"prompt_kind": None}
    assert items == [{"item_id": name, **named} for name in "abc"]


def test_the_hash_does_not_depend_on_the_order_of_storing(tmp_path: Path) -> None:
    hashes = []
    for i, order in enumerate([[0, 1, 2], [2, 1, 0]]):
        (tmp_path / str(i)).mkdir()
        db = Database(tmp_path / f"{i}.duckdb")
        fill(db, order)
        hashes.append(write_snapshot(db, "s", tmp_path / str(i)).hash)
        db.close()
    assert hashes[0] == hashes[1]
    assert len(hashes[0]) == 64


def test_the_hash_changes_with_a_judgment_an_item_and_a_retraction(
    db: Database, tmp_path: Path
) -> None:
    hashes = [write_snapshot(db, "s", tmp_path).hash]
    fill(db, [0, 1])
    hashes.append(write_snapshot(db, "s", tmp_path).hash)
    run(db, INSERT_ITEM + "('s', 'd', 'q', 'text')")
    hashes.append(write_snapshot(db, "s", tmp_path).hash)
    run(db, "INSERT INTO retractions VALUES ('s1', now())")
    hashes.append(write_snapshot(db, "s", tmp_path).hash)
    assert len(set(hashes)) == 4


def test_a_study_without_judgments_gives_empty_files(db: Database, tmp_path: Path) -> None:
    assert write_snapshot(db, "s", tmp_path).n_judgments == 0
    assert pq.read_table(tmp_path / "judgments.parquet").num_rows == 0
