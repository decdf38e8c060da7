"""Fits of a study: from its judgments to a run directory, and from there into the store."""

import json
import logging
import secrets
import shutil
import threading
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.errors import DiscernError, NoComparisonsError
from core.study import State, Study
from storage import fits, studies
from storage.snapshots import write_snapshot
from trainer.launch import RunStatus
from trainer.run_directory import (
    FAILURE,
    LOG,
    REPORT,
    FitRequest,
    Progress,
    read_json,
    read_request,
    write_request,
)
from workbench import choosing, value_estimates
from workbench.opening import Workbench

log = logging.getLogger("discern.training")

#: How often the background work looks for something to do, in seconds.
PERIOD = 1.0


class FitRunningError(DiscernError):
    """One fit of a study at a time."""

    def __init__(self) -> None:
        super().__init__("A fit of this study is running already. Wait for it, or stop it first.")


@dataclass(frozen=True, slots=True)
class Run:
    """One fit as it stands now."""

    directory: Path
    request: FitRequest
    status: RunStatus
    progress: Progress | None

    @property
    def failure(self) -> str | None:
        content = read_json(self.directory / FAILURE)
        return content["message"] if content else None

    @property
    def log(self) -> str:
        path = self.directory / LOG
        return path.read_text(errors="replace") if path.exists() else ""


def runs_of(workbench: Workbench, study_id: str) -> list[Run]:
    """All fits of a study, newest first; their status is derived, never stored."""
    found = []
    for directory in reversed(workbench.trainer.directories()):
        request = read_request(directory)
        if request.study_id == study_id:
            status = workbench.trainer.status(directory)
            found.append(Run(directory, request, status, workbench.trainer.progress(directory)))
    return found


def start_fit(workbench: Workbench, study_id: str) -> Path:
    """Freeze the study's judgments, and start a trainer on them; return its run directory.

    Raises
    ------
    FitRunningError
        If one is running.
    NoComparisonsError
        If there is nothing to fit.
    """
    study = studies.get(workbench.db, study_id)
    if any(run.status is RunStatus.RUNNING for run in runs_of(workbench, study_id)):
        raise FitRunningError
    n_comparisons = fits.n_standing(workbench.db, study_id)
    if n_comparisons == 0:
        raise NoComparisonsError
    now = datetime.now(UTC)
    directory = workbench.trainer.runs / f"{now:%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}"
    directory.mkdir(parents=True)
    snapshot = write_snapshot(workbench.db, study_id, directory)
    request = FitRequest(
        fit_id=directory.name,
        study_id=study_id,
        study_name=study.settings.name,
        snapshot_hash=snapshot.hash,
        n_judgments=snapshot.n_judgments,
        n_comparisons=n_comparisons,
        requested_at=now.isoformat(),
        fitting=asdict(study.settings.fitting),
        previous=next((fit.id for fit in fits.of_study(workbench.db, study_id)), None),
    )
    write_request(directory, request)
    workbench.trainer.start(directory)
    return directory


def run_again(workbench: Workbench, run: Run) -> None:
    """Start a failed or interrupted fit once more, on the same snapshot."""
    if any(other.status is RunStatus.RUNNING for other in runs_of(workbench, run.request.study_id)):
        raise FitRunningError
    workbench.trainer.start(run.directory)


def remove(run: Run) -> None:
    """Forget a fit that did not finish."""
    if run.status in {RunStatus.FAILED, RunStatus.INTERRUPTED, RunStatus.WAITING}:
        shutil.rmtree(run.directory)


def record_finished(workbench: Workbench) -> int:
    """Take finished runs into the store, each once; return how many were new."""
    known = fits.known(workbench.db)
    n_new = 0
    for directory in workbench.trainer.directories():
        if directory.name in known or not (directory / REPORT).exists():
            continue
        report = json.loads((directory / REPORT).read_text())
        request = read_request(directory)
        fits.add(
            workbench.db,
            fits.Fit(
                id=request.fit_id,
                study_id=request.study_id,
                snapshot_hash=request.snapshot_hash,
                n_judgments=request.n_judgments,
                requested_at=datetime.fromisoformat(request.requested_at),
                finished_at=datetime.fromisoformat(report["finished_at"]),
                device=report["device"],
                figures=report,
            ),
        )
        n_new += 1
    return n_new


def start_due_fits(workbench: Workbench) -> None:
    """Start a fit of every running study that has enough new judgments."""
    for study in studies.all_studies(workbench.db):
        if study.state is State.RUNNING and _is_due(workbench, study):
            start_fit(workbench, study.id)


def _is_due(workbench: Workbench, study: Study) -> bool:
    runs = runs_of(workbench, study.id)
    if any(run.status is RunStatus.RUNNING for run in runs):
        return False
    # What failed or was interrupted waits for a person, or for as many new judgments again.
    used = max((run.request.n_comparisons for run in runs), default=0)
    return fits.n_standing(workbench.db, study.id) - used >= study.settings.fit_every


class Background:
    """The app's own thread for fits: starts what is due, records what is finished."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="training", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stop.wait(PERIOD):
            try:
                record_finished(self._workbench)
                start_due_fits(self._workbench)
                choosing.refresh(self._workbench)
                value_estimates.start_due(self._workbench)
            except DiscernError as error:
                log.warning("%s", error)
