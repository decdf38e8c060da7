import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from trainer.launch import ROOT, RunStatus, Trainer
from trainer.run_directory import (
    BRADLEY_TERRY,
    GENERAL_PREFERENCE,
    PROCESS,
    REPORT,
    FitRequest,
    read_held_out,
    read_json,
    read_model,
    write_request,
)
from trainer.study_data import ITEMS, JUDGMENTS

Judged = list[tuple[str, str, str]]
TEA_WINS: Judged = [("coffee", "tea", "second")] * 12 + [("coffee", "tea", "first")] * 3


def run_directory(runs: Path, judged: Judged) -> Path:
    """A run directory as the app leaves it for the trainer."""
    directory = runs / "r1"
    directory.mkdir(parents=True)
    columns = {
        "presentation_id": [f"p{i}" for i in range(len(judged))],
        "first_id": [first for first, _, _ in judged],
        "second_id": [second for _, second, _ in judged],
        "outcome": [outcome for _, _, outcome in judged],
        "annotator_id": [f"a{i % 3}" for i in range(len(judged))],
    }
    types = pa.schema([(name, pa.string()) for name in columns])
    pq.write_table(pa.table(columns, schema=types), directory / JUDGMENTS)
    items = sorted({item for first, second, _ in judged for item in (first, second)})
    texts = {"prompt_id": ["q"] * len(items), "text": items, "prompt": ["Thirsty?"] * len(items)}
    pq.write_table(pa.table({"item_id": items, **texts}), directory / ITEMS)
    n = len(judged)
    write_request(directory, FitRequest("r1", "s", "Drinks", "0" * 64, n, n, "2026-01-01T12:00:00"))
    return directory


@pytest.fixture
def trainer(tmp_path: Path) -> Iterator[Trainer]:
    trainer = Trainer(tmp_path)
    yield trainer
    for directory in trainer.directories():
        trainer.stop(directory)


def test_a_fit_runs_in_the_background_and_comes_back(trainer: Trainer) -> None:
    """Both models, predictions for held-out judgments and the figures, from files to files."""
    directory = run_directory(trainer.runs, TEA_WINS)
    assert trainer.status(directory) is RunStatus.WAITING
    trainer.start(directory)
    assert trainer.status(directory) is RunStatus.RUNNING
    assert trainer.wait(directory) is RunStatus.DONE, (directory / "log.txt").read_text()
    for name in (BRADLEY_TERRY, GENERAL_PREFERENCE):
        model = read_model(directory, name)
        assert model.items == ("coffee", "tea")
        [tea] = model.probability(np.array([1]), np.array([0]))
        assert 0.6 < tea < 0.85  # 12 of 15 are 0.8, shrunk by the prior
    held_out = read_held_out(directory)
    assert held_out is not None
    assert len(held_out.outcome) == 15
    assert not held_out.by_pair  # one pair only: folds by judgment, and it says so
    report = read_json(directory / REPORT)
    assert report is not None
    assert report["data"] == {
        "n_items": 2, "n_prompts": 1, "n_comparisons": 15, "n_pairs": 1, "n_ties": 0,
        "n_annotators": 3,
    }  # fmt: skip
    assert report["device"].startswith(("cpu", "cuda"))


def test_a_fit_without_comparisons_says_why(trainer: Trainer) -> None:
    directory = run_directory(trainer.runs, [("coffee", "tea", "both_bad")])
    trainer.start(directory)
    assert trainer.wait(directory) is RunStatus.FAILED
    failure = read_json(directory / "failure.json")
    assert failure is not None
    assert "Judge at least one pair first" in failure["message"]


def test_a_killed_trainer_is_interrupted_and_can_run_again(trainer: Trainer) -> None:
    """Killed at some moment of the fit: no report, and another start finishes the work."""
    directory = run_directory(trainer.runs, TEA_WINS)
    trainer.start(directory)
    known = read_json(directory / PROCESS)
    assert known is not None
    time.sleep(0.5)
    psutil.Process(known["pid"]).send_signal(signal.SIGKILL)
    assert trainer.wait(directory) is RunStatus.INTERRUPTED
    after_restart = Trainer(trainer.runs)
    assert after_restart.directories() == [directory]
    assert after_restart.status(directory) is RunStatus.INTERRUPTED
    after_restart.start(directory)
    assert after_restart.wait(directory) is RunStatus.DONE


def test_a_fit_that_outlives_the_app_is_still_running_for_the_next_one(trainer: Trainer) -> None:
    directory = run_directory(trainer.runs, TEA_WINS)
    trainer.start(directory)
    after_restart = Trainer(trainer.runs)
    assert after_restart.status(directory) is RunStatus.RUNNING
    after_restart.stop(directory)
    trainer.wait(directory)
    assert after_restart.status(directory) is RunStatus.INTERRUPTED


def test_a_trainer_starts_without_what_only_encoders_and_texts_need() -> None:
    """Together they take two thirds of the time to start; a fit of values needs none of them."""
    loaded = subprocess.run(
        [sys.executable, "-c", "import trainer.__main__, sys; print(*sys.modules)"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert "numba" in loaded
    assert not {"torch", "transformers", "peft", "sklearn"} & set(loaded)
