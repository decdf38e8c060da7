"""The map of items that is learned from "which two are closer?"."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from core.answer_form import Form, ListSaid
from core.coverage.similarity import triplets_of_answers
from core.errors import DiscernError
from core.fitting.triplets import fit_triplets
from core.judgment import Indices
from trainer import run_directory
from trainer.study_data import ITEMS, LISTS


def fit_map(directory: Path, seed: int) -> dict[str, Any] | None:
    """Learn the map of a snapshot; None where nobody was asked about similarity.

    Leaves `map.npz` with the points and which items were seen.
    """
    ids, items, left_over = _read(directory)
    if not len(items):
        return None
    sets, question = np.unique(np.sort(items, axis=1), axis=0, return_inverse=True)
    report: dict[str, Any] = {"n_answers": len(items), "n_questions": len(sets)}
    try:
        found = fit_triplets(
            triplets_of_answers(items, left_over),
            len(ids),
            np.repeat(question.ravel(), 2),
            rng=np.random.default_rng(seed),
        )
    except DiscernError as error:
        return report | {"why_not": str(error)}
    run_directory.write_arrays(
        directory / run_directory.SIMILARITY_MAP,
        {"items": np.array(ids, dtype=np.str_), "points": found.points, "seen": found.seen},
    )
    return report | {"accuracy": asdict(found.accuracy), "log_loss": found.log_loss}


def _read(directory: Path) -> tuple[list[str], Indices, Indices]:
    """Item ids, the three items of each answer, and the place of the one that is left over."""
    import pyarrow.parquet as pq

    ids = pq.read_table(directory / ITEMS, columns=["item_id"])["item_id"].to_pylist()
    index = {item: number for number, item in enumerate(ids)}
    rows, left_over = [], []
    if (directory / LISTS).exists():
        for row in pq.read_table(directory / LISTS).to_pylist():
            if row["form"] == Form.TRIPLET.value and row["outcome"] == "answered":
                said = ListSaid.from_json(json.loads(row["said"]))
                rows.append([index[item] for item in row["items"]])
                left_over.append(row["items"].index(said.rest[0]))
    return ids, np.array(rows, dtype=np.int64).reshape(-1, 3), np.array(left_over, dtype=np.int64)
