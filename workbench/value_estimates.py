"""Estimates of value graphs: from a study's votes to a run directory, and what the newest says."""

import json
import secrets
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from core.errors import DiscernError
from core.reports import Report
from core.study import State
from core.value_graph.report import GraphReport
from storage import edge_votes, studies, value_settings
from storage.value_snapshots import write_snapshot
from trainer.launch import RunStatus, Trainer
from trainer.run_directory import FAILURE, REPORT, Progress, read_json
from trainer.value_files import MGE, ValueRequest, read_graph, read_request, write_request
from workbench.opening import Workbench

#: Below the folder of fits, so that nobody takes one for the other.
FOLDER = "values"
#: Votes that make a new estimate due, or the share of those in the last one, whichever is more.
DUE_AFTER, DUE_SHARE = 10, 0.1

_trainers: dict[Path, Trainer] = {}
_lock = threading.Lock()


class EstimateRunningError(DiscernError):
    """One estimate of a study at a time."""

    def __init__(self) -> None:
        super().__init__("The graph of this study is being estimated already. Wait for it.")


class NothingToEstimateError(DiscernError):
    """There are no votes."""

    def __init__(self) -> None:
        super().__init__("Nobody has voted yet. Ask some people first.")


@dataclass(frozen=True, slots=True)
class Estimate:
    """One estimate as it stands now."""

    directory: Path
    request: ValueRequest
    status: RunStatus
    progress: Progress | None

    @property
    def failure(self) -> str | None:
        content = read_json(self.directory / FAILURE)
        return content["message"] if content else None


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A finished estimate: columns for each card and edge, and the other figures as JSON."""

    request: ValueRequest
    graph: GraphReport
    figures: dict[str, Any]
    mge: Path


def trainer_of(workbench: Workbench) -> Trainer:
    """The trainer for value graphs of this workbench, which knows the processes it started."""
    runs = workbench.settings.runs / FOLDER
    with _lock:
        return _trainers.setdefault(runs, Trainer(runs))


def estimates_of(workbench: Workbench, study_id: str) -> list[Estimate]:
    """All estimates of a study, newest first; their status is derived, never stored."""
    trainer, found = trainer_of(workbench), []
    for directory in reversed(trainer.directories()):
        request = read_request(directory)
        if request.study_id == study_id:
            status, progress = trainer.status(directory), trainer.progress(directory)
            found.append(Estimate(directory, request, status, progress))
    return found


def start(workbench: Workbench, study_id: str) -> Path:
    """Freeze the study's votes and start a trainer on them; return its run directory.

    Raises
    ------
    EstimateRunningError
        If one is running.
    NothingToEstimateError
        If nobody has voted.
    """
    if any(one.status is RunStatus.RUNNING for one in estimates_of(workbench, study_id)):
        raise EstimateRunningError
    if edge_votes.n_standing(workbench.db, study_id) == 0:
        raise NothingToEstimateError
    now, trainer = datetime.now(UTC), trainer_of(workbench)
    directory = trainer.runs / f"{now:%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}"
    directory.mkdir(parents=True)
    snapshot = write_snapshot(workbench.db, study_id, directory)
    asked = value_settings.of_study(workbench.db, study_id)
    request = ValueRequest(
        estimate_id=directory.name,
        study_id=study_id,
        snapshot_hash=snapshot.hash,
        n_votes=snapshot.n_votes,
        requested_at=now.isoformat(),
        contexts={one.id: one.text for one in asked.contexts},
    )
    write_request(directory, request)
    trainer.start(directory)
    return directory


def start_due(workbench: Workbench) -> None:
    """Start an estimate for every running study that has enough new votes."""
    for study in studies.all_studies(workbench.db):
        if study.state is State.RUNNING and is_due(workbench, study.id):
            start(workbench, study.id)


def is_due(workbench: Workbench, study_id: str) -> bool:
    """Whether enough votes are in no estimate yet and none is running."""
    n_votes = edge_votes.n_standing(workbench.db, study_id)
    if n_votes < DUE_AFTER:
        return False
    runs = estimates_of(workbench, study_id)
    if any(run.status is RunStatus.RUNNING for run in runs):
        return False
    used = max((run.request.n_votes for run in runs), default=0)
    return n_votes - used >= max(DUE_AFTER, DUE_SHARE * used)


def newest(workbench: Workbench, study_id: str) -> Found | None:
    """The newest finished estimate, or None while there is none."""
    for run in estimates_of(workbench, study_id):
        if run.status is RunStatus.DONE:
            return _read(run.directory)
    return None


@lru_cache(maxsize=4)
def _read(directory: Path) -> Found | None:
    """Files of a finished estimate never change."""
    graph = read_graph(directory)
    if graph is None:
        return None
    figures = json.loads((directory / REPORT).read_text(), object_hook=Report)
    return Found(read_request(directory), graph, figures, directory / MGE)
