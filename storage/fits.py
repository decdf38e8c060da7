"""Finished fits: what each was made from, and its figures."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storage.database import Database


@dataclass(frozen=True, slots=True)
class Fit:
    """One finished training run; `figures` is the content of its report."""

    id: str
    study_id: str
    snapshot_hash: str
    n_judgments: int
    requested_at: datetime
    finished_at: datetime
    device: str
    figures: dict[str, Any]


def add(db: Database, fit: Fit) -> None:
    """Record a fit; a second time changes nothing."""
    row = [
        fit.id,
        fit.study_id,
        fit.snapshot_hash,
        fit.n_judgments,
        fit.requested_at,
        fit.finished_at,
        fit.device,
        json.dumps(fit.figures),
    ]
    db.write(
        lambda cursor: cursor.execute(
            "INSERT INTO fits VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", row
        )
    )


def of_study(db: Database, study_id: str) -> list[Fit]:
    """Finished fits of a study, newest first."""
    rows = db.read(
        "SELECT fit_id, snapshot_hash, n_judgments, requested_at, finished_at, device, figures"
        " FROM fits WHERE study_id = ? ORDER BY requested_at DESC",
        [study_id],
    )
    return [
        Fit(
            id=fit_id,
            study_id=study_id,
            snapshot_hash=snapshot_hash,
            n_judgments=n_judgments,
            requested_at=requested_at,
            finished_at=finished_at,
            device=device,
            figures=json.loads(figures),
        )
        for fit_id, snapshot_hash, n_judgments, requested_at, finished_at, device, figures in rows
    ]


def known(db: Database) -> set[str]:
    return {fit_id for (fit_id,) in db.read("SELECT fit_id FROM fits")}


def n_standing(db: Database, study_id: str) -> int:
    """How many answers of the study a model can learn from, and stand."""
    [(count,)] = db.read(
        "SELECT count(*) FROM standing_answers WHERE study_id = ? AND slot >= 0"
        " AND outcome IN ('first', 'second', 'tie', 'answered', 'up', 'down')",
        [study_id],
    )
    return int(count)
