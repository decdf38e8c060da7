"""The files of one fit: what the trainer is given and what it leaves behind.

request.json            what to fit, of which study, under which settings
judgments.parquet       the snapshot: every standing judgment, said of the items
items.parquet           the items and the prompt that each answers
process.json            the process that works on it
progress.json           how far it is
log.txt                 what it printed
failure.json            why it could not be done
bradley_terry.npz       fitted models
general_preference.npz
held_out.parquet        what each model predicted for judgments it had not seen
report.json             the figures; its presence means that the fit is done
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from core.judgment import Comparisons, ItemOutcome, index_judgments

REQUEST, JUDGMENTS, ITEMS = "request.json", "judgments.parquet", "items.parquet"
PROCESS, PROGRESS, LOG, FAILURE = "process.json", "progress.json", "log.txt", "failure.json"
BRADLEY_TERRY, GENERAL_PREFERENCE = "bradley_terry.npz", "general_preference.npz"
HELD_OUT, REPORT = "held_out.parquet", "report.json"


@dataclass(frozen=True, slots=True)
class FitRequest:
    """What to fit, and what it is made from."""

    fit_id: str
    study_id: str
    study_name: str
    snapshot_hash: str
    n_judgments: int
    n_comparisons: int
    requested_at: str
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a fit is: step `done` of `total`."""

    step: str
    done: int
    total: int


def write_json(path: Path, content: Any) -> None:
    """Write, then rename: a reader sees the whole file or none."""
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(content, indent=2))
    partial.replace(path)


def read_json(path: Path) -> Any | None:
    """Return what the file says, or None while there is none."""
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return None


def read_request(directory: Path) -> FitRequest:
    return FitRequest(**json.loads((directory / REQUEST).read_text()))


def write_request(directory: Path, request: FitRequest) -> None:
    write_json(directory / REQUEST, asdict(request))


def read_comparisons(directory: Path) -> Comparisons:
    """The snapshot in the form that models read."""
    items = pq.read_table(directory / ITEMS, columns=["item_id", "prompt_id"])
    table = pq.read_table(
        directory / JUDGMENTS, columns=["first_id", "second_id", "outcome", "annotator_id"]
    )
    first, second, outcome, annotator = (column.to_pylist() for column in table.columns)
    return index_judgments(
        items["item_id"].to_pylist(),
        items["prompt_id"].to_pylist(),
        list(zip(first, second, map(ItemOutcome, outcome), annotator, strict=True)),
    )
