"""What a fit says of every pair, as files: from a real store and the files of a fit."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from core.fitting import fit_bradley_terry
from core.recalibration import ScaleCalibrator
from core.study import Asking, Study
from storage.database import Cursor
from storage.exports import NoSuchExportError
from storage.snapshots import write_snapshot
from tests.given import running_study
from tests.trainer.test_parts import judge
from trainer import study_data
from trainer.run_directory import (
    REPORT,
    FitRequest,
    labels_of,
    write_arrays,
    write_calibrator,
    write_json,
    write_model,
    write_request,
)
from workbench import model_files
from workbench.model_files import NoPredictionsError, write_named
from workbench.opening import Workbench, open_workbench


@pytest.fixture
def workbench(data_folder: Path) -> Workbench:
    opened = open_workbench()
    assert opened.settings.data == data_folder.resolve()
    return opened


@pytest.fixture
def study(workbench: Workbench) -> Study:
    """Two prompts of eight and four items, 34 pairs, of which 20 are judged once."""
    study = running_study(workbench.db, sizes=(8, 4), overlap=1, asking=Asking(repeat_share=0))
    judge(workbench.db, study, "a", np.random.default_rng(0), 20)
    return study


def fitted(workbench: Workbench, study: Study, calibration: tuple[list[float], list[float]]) -> str:
    """A finished fit: strengths, a recalibration that halves log-odds, and what labels rest on."""
    directory = workbench.trainer.runs / "f1"
    directory.mkdir(parents=True)
    snapshot = write_snapshot(workbench.db, study.id, directory)
    n = snapshot.n_judgments
    when = datetime(2026, 1, 2, tzinfo=UTC).isoformat()
    write_request(directory, FitRequest("f1", study.id, "s", snapshot.hash, n, n, when))
    write_model(directory, fit_bradley_terry(study_data.read(directory).comparisons))
    write_calibrator(directory, "bradley_terry", ScaleCalibrator(0.5, 0.1))
    probability, outcome = (np.array(column) for column in calibration)
    arrays = {"probability": probability, "outcome": outcome}
    write_arrays(directory / labels_of("bradley_terry"), arrays)
    report = {"bradley_terry": {"prior_scale": 1.0}, "data": {"n_comparisons": n}}
    write_json(directory / REPORT, report | {"finished_at": when, "device": "cpu"})
    return "f1"


#: Of 99 judged pairs held at 0.6 to 0.99 one was foretold wrongly, at 0.6.
ONE_WRONG = ([0.6, *np.linspace(0.61, 0.99, 98).tolist()], [0.0] + [1.0] * 98)


def test_every_pair_is_said_with_its_recalibration(
    workbench: Workbench, study: Study, tmp_path: Path
) -> None:
    """28 + 6 pairs; log-odds are halved; people's pairs have no rate, the others one."""
    fit_id = fitted(workbench, study, ONE_WRONG)
    file = write_named(workbench, study.id, "predictions.parquet", tmp_path)
    rows = pq.read_table(file.path).to_pylist()
    assert file.n_rows == len(rows) == 28 + 6
    assert {row["fit_id"] for row in rows} == {fit_id}
    assert sum(row["judgments"] for row in rows) == 20
    for row in rows:
        assert row["first_id"] < row["second_id"]
        assert row["first_id"][:2] == row["second_id"][:2]  # never across prompts
        used, fitted_as = (row[name] / (1 - row[name]) for name in ("probability", "as_fitted"))
        assert used == pytest.approx(fitted_as**0.5)
        assert row["low"] < row["probability"] < row["high"]
        even = used == pytest.approx(1)  # of two items that the judgments cannot tell apart
        assert row["label"] == (None if even else "first" if used > 1 else "second")
        assert (row["false_discovery_rate"] is None) == (row["judgments"] > 0)


def test_labels_are_those_that_the_rate_allows_and_read_as_preferences_do(
    workbench: Workbench, study: Study, tmp_path: Path
) -> None:
    """One of 99 wrong, less sure than all candidates: p = 1/100 above, so that all are taken."""
    fitted(workbench, study, ([0.5001, *ONE_WRONG[0][1:]], ONE_WRONG[1]))
    table = write_named(workbench, study.id, "predictions.jsonl", tmp_path)
    rows = [json.loads(line) for line in table.path.read_text().splitlines()]
    unjudged = [row for row in rows if not row["judgments"]]
    file = write_named(workbench, study.id, "labels_05_percent_wrong.jsonl", tmp_path)
    labels = [json.loads(line) for line in file.path.read_text().splitlines()]
    taken = [row for row in unjudged if row["label"] and row["false_discovery_rate"] <= 0.05]
    assert len(labels) == file.n_rows == len(taken) > 0
    items = workbench.db.read("SELECT item_id, text FROM items")
    texts = {str(row[0]): str(row[1]) for row in items}
    better = {texts[row[f"{row['label']}_id"]] for row in taken}
    assert {label["chosen"] for label in labels} == better
    assert all(set(label) == {"prompt", "chosen", "rejected"} for label in labels)
    assert {label["prompt"] for label in labels} == {"Why?"}


def test_no_label_is_given_where_the_model_is_often_wrong(
    workbench: Workbench, study: Study, tmp_path: Path
) -> None:
    fitted(workbench, study, ([0.999] * 50, [0.0, 1.0] * 25))
    file = write_named(workbench, study.id, "labels_20_percent_wrong.jsonl", tmp_path)
    assert (file.n_rows, file.path.read_text()) == (0, "")


def test_a_study_of_ready_pairs_is_foretold_those_and_no_others(
    workbench: Workbench, study: Study, tmp_path: Path
) -> None:
    def put(cursor: Cursor) -> None:
        cursor.executemany(
            "INSERT INTO pairs (study_id, first_id, second_id) VALUES (?, ?, ?)",
            [[study.id, "q0-000", f"q0-00{k}"] for k in (1, 2)] + [[study.id, "q9", "q9-1"]],
        )

    workbench.db.write(put)
    fitted(workbench, study, ONE_WRONG)
    file = write_named(workbench, study.id, "predictions.csv", tmp_path)
    with file.path.open(newline="") as opened:
        rows = [(row["first_id"], row["second_id"]) for row in csv.DictReader(opened)]
    assert rows == [("q0-000", "q0-001"), ("q0-000", "q0-002")]


def test_without_a_fit_there_is_a_sentence_and_other_files_are_as_they_were(
    workbench: Workbench, study: Study, tmp_path: Path
) -> None:
    with pytest.raises(NoPredictionsError, match="no finished fit yet"):
        write_named(workbench, study.id, "predictions.csv", tmp_path)
    assert write_named(workbench, study.id, "items.csv", tmp_path).n_rows == 12
    with pytest.raises(NoSuchExportError):
        write_named(workbench, study.id, "predictions.xls", tmp_path)
    assert set(model_files.NAMES) <= set(model_files.names())
