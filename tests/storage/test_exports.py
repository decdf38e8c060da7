import csv
import hashlib
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from core.errors import NotFoundError
from core.judgment import Outcome, SkipReason
from core.study import Study
from storage import judgments
from storage.database import Database
from storage.export_columns import COLUMNS, FORMATS
from storage.export_kinds import Content, Format
from storage.exports import (
    NoSuchExportError,
    PreferenceCounts,
    names,
    preference_counts,
    write_bundle,
    write_file,
    write_named,
)
from storage.judgments import Answer
from storage.snapshots import write_snapshot
from tests.given import NOON, answer, next_pair, running_study


@pytest.fixture
def study(db: Database) -> Study:
    """Three items, so three pairs: the first judged, one tied, one taken back and skipped."""
    study = running_study(db, sizes=(3,), overlap=1)
    for outcome in (Outcome.LEFT, Outcome.TIE, Outcome.RIGHT):
        shown = next_pair(db, study, "ann")
        assert shown is not None
        answer(db, study, shown, outcome, NOON + timedelta(seconds=5))
        if outcome is Outcome.RIGHT:
            judgments.take_back(db, "ann", shown.id, study, NOON + timedelta(seconds=9))
    again = next_pair(db, study, "ann")
    assert again is not None
    skipped = Answer(again.id, Outcome.SKIPPED, 1000, SkipReason.UNCLEAR)
    judgments.add(db, "ann", skipped, study, NOON + timedelta(seconds=20))
    return study


def read(path: Path) -> list[dict[str, Any]]:
    """Rows of any of the three formats."""
    if path.suffix == ".parquet":
        return list(pq.read_table(path).to_pylist())
    with path.open(newline="") as file:
        if path.suffix == ".csv":
            return list(csv.DictReader(file))
        return [json.loads(line) for line in file]


def run(db: Database, sql: str, *parameters: object) -> None:
    db.write(lambda cursor: cursor.execute(sql, list(parameters)))


@pytest.mark.parametrize("form", list(Format))
def test_every_presentation_is_a_row_whatever_became_of_it(
    db: Database, study: Study, tmp_path: Path, form: Format
) -> None:
    assert next_pair(db, study, "somebody who does not answer", NOON)
    file = write_file(db, study.id, Content.JUDGMENTS, form, tmp_path)
    rows = read(file.path)
    assert file.n_rows == len(rows) == 5
    assert list(rows[0]) == [column.name for column in COLUMNS[Content.JUDGMENTS]]
    answered = [row for row in rows if row["outcome"]]
    assert sorted(row["screen_outcome"] for row in answered) == ["left", "right", "skipped", "tie"]
    [retracted] = [row for row in answered if row["retracted_at"]]
    assert retracted["screen_outcome"] == "right"
    assert str(retracted["stands"]).lower() == "false"
    assert sum(str(row["stands"]).lower() == "true" for row in rows) == 3
    assert {str(row["duration_ms"]) for row in answered} == {"1000"}


def test_a_side_is_turned_into_an_item(db: Database, study: Study, tmp_path: Path) -> None:
    rows = read(write_file(db, study.id, Content.JUDGMENTS, Format.PARQUET, tmp_path).path)
    [left] = [row for row in rows if row["screen_outcome"] == "left"]
    assert left["left_id"] == (
        left["first_id"] if left["outcome"] == "first" else left["second_id"]
    )
    assert left["prompt_id"] == "q0"
    assert left["judged_at"] == NOON + timedelta(seconds=5)


def test_times_in_text_are_iso_8601_in_utc(db: Database, study: Study, tmp_path: Path) -> None:
    for form in (Format.CSV, Format.JSON_LINES):
        rows = read(write_file(db, study.id, Content.JUDGMENTS, form, tmp_path).path)
        assert {row["created_at"] for row in rows} == {
            "2026-01-01T12:00:00.000000Z",
            "2026-01-01T12:00:09.000000Z",
        }


def test_an_unknown_side_stays_unknown(db: Database, study: Study, tmp_path: Path) -> None:
    run(
        db,
        "INSERT INTO presentations VALUES ('imported', ?, 1, 'x', 'q0-000|q0-001', 'q0-000',"
        " 'q0-001', NULL, 9, 0, 'import', 'import', NULL, ?, NULL)",
        *(study.id, NOON),
    )
    run(
        db,
        "INSERT INTO judgments (presentation_id, outcome, reason, judged_at, late)"
        " VALUES ('imported', 'first', 'hm', ?, true)",
        NOON,
    )
    rows = read(write_file(db, study.id, Content.JUDGMENTS, Format.PARQUET, tmp_path).path)
    [row] = [row for row in rows if row["presentation_id"] == "imported"]
    assert (row["screen_outcome"], row["left_id"], row["probability"]) == (None, None, None)
    assert (row["late"], row["stands"]) == (True, False)


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r", "\n", "'", "＝"])
def test_spreadsheets_see_no_formula_and_one_apostrophe_undoes_it(
    db: Database, study: Study, tmp_path: Path, begins: str
) -> None:
    text = f"{begins}HYPERLINK(1)"
    run(
        db,
        "INSERT INTO items (study_id, item_id, prompt_id, text) VALUES (?, 'zz', 'q0', ?)",
        study.id,
        text,
    )
    cell = read(write_file(db, study.id, Content.ITEMS, Format.CSV, tmp_path).path)[-1]["text"]
    assert cell == "'" + text
    for form in (Format.PARQUET, Format.JSON_LINES):
        assert (
            read(write_file(db, study.id, Content.ITEMS, form, tmp_path).path)[-1]["text"] == text
        )


def test_text_that_begins_harmlessly_is_left_alone(
    db: Database, study: Study, tmp_path: Path
) -> None:
    texts = ["5 = 5", "", 'a "b", c\nd', "−1"]
    for i, text in enumerate(texts):
        run(
            db,
            "INSERT INTO items (study_id, item_id, prompt_id, text) VALUES (?, ?, 'q1', ?)",
            study.id,
            f"i{i}",
            text,
        )
    rows = read(write_file(db, study.id, Content.ITEMS, Format.CSV, tmp_path).path)
    assert [row["text"] for row in rows if row["prompt_id"] == "q1"] == texts
    assert {row["prompt"] for row in rows if row["prompt_id"] == "q1"} == {""}


def test_preferences_are_the_standing_judgments_that_prefer(
    db: Database, study: Study, tmp_path: Path
) -> None:
    rows = read(write_file(db, study.id, Content.PREFERENCES, Format.JSON_LINES, tmp_path).path)
    judged = read(write_file(db, study.id, Content.JUDGMENTS, Format.PARQUET, tmp_path).path)
    [winner] = [row for row in judged if row["screen_outcome"] == "left"]
    number = int(winner["left_id"][-3:])
    assert rows == [
        {"prompt": "Why?", "chosen": f"Answer **{number}**", "rejected": rows[0]["rejected"]}
    ]
    assert rows[0]["rejected"] != rows[0]["chosen"]
    assert preference_counts(db, study.id) == PreferenceCounts(1, {"skipped": 1, "tie": 1})


def test_the_bundle_says_what_it_holds(db: Database, study: Study, tmp_path: Path) -> None:
    path = write_bundle(db, study.id, tmp_path).path
    with zipfile.ZipFile(path) as bundle:
        manifest = json.loads(bundle.read("manifest.json"))
        for file in manifest["files"]:
            content = bundle.read(file["name"])
            assert hashlib.sha256(content).hexdigest() == file["sha256"]
    assert [(file["name"], file["rows"]) for file in manifest["files"]] == [
        ("judgments.parquet", 4), ("answers.parquet", 0), ("items.parquet", 3),
        ("gold.parquet", 0), ("preferences.jsonl", 1), ("preferences_with_margin.jsonl", 0),
    ]  # fmt: skip
    assert list(manifest["files"][2]["columns"]) == [
        "item_id", "prompt_id", "prompt", "prompt_messages", "text", "messages",
    ]  # fmt: skip
    assert (manifest["media"], manifest["n_graded_preferences"]) == ([], 0)
    assert manifest["study"]["name"] == "Fruit"
    assert [(s["version"], s["question"]) for s in manifest["settings"]] == [
        (1, "Which is better?")
    ]
    assert manifest["left_out_of_preferences"] == {"skipped": 1, "tie": 1}
    (tmp_path / "snapshot").mkdir()
    snapshot = write_snapshot(db, study.id, tmp_path / "snapshot")
    assert (manifest["snapshot_hash"], manifest["n_standing_judgments"]) == (snapshot.hash, 3)


def test_the_same_study_gives_the_same_file(db: Database, study: Study, tmp_path: Path) -> None:
    for content, forms in FORMATS.items():
        for form in forms:
            one = write_file(db, study.id, content, form, tmp_path)
            assert one == write_file(db, study.id, content, form, tmp_path)


@pytest.mark.usefixtures("study")
def test_only_this_study_is_exported(db: Database, tmp_path: Path) -> None:
    other = running_study(db)
    for name in names():
        if name != "study.zip":
            expected = {"items": 4}.get(name.split(".")[0], 0)
            assert write_named(db, other.id, name, tmp_path).n_rows == expected


def test_unknown_names_and_studies_are_refused(db: Database, study: Study, tmp_path: Path) -> None:
    with pytest.raises(NoSuchExportError, match=r"There are judgments.parquet"):
        write_named(db, study.id, "../judgments.csv", tmp_path)
    with pytest.raises(NoSuchExportError):
        write_named(db, study.id, "preferences.csv", tmp_path)
    with pytest.raises(NotFoundError):
        write_named(db, "unknown", "judgments.csv", tmp_path)
    assert list(tmp_path.glob("*.csv")) == []
