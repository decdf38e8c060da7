"""Fit both models to one snapshot: python -m trainer RUN_DIRECTORY."""

import math
import os
import sys
import time
import traceback
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from core.comparison_graph import report_graph
from core.errors import DiscernError, NoComparisonsError
from core.estimates import NotDeterminedError
from core.evaluation import HeldOut, cyclic_triads, evaluate, held_out
from core.fitting import choose_penalty_share, fit_bradley_terry, fit_general_preference
from core.judgment import Comparisons
from core.models import BradleyTerry, GeneralPreference
from trainer import run_directory
from trainer.run_directory import (
    FAILURE,
    PROGRESS,
    REPORT,
    Progress,
    read_comparisons,
    read_request,
)
from trainer.versions import versions

N_FOLDS = 5
STEPS = ("Bradley-Terry", "general model", "held-out judgments", "cyclic triads")


class Run:
    """One run: its directory, its clock, how far it is."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.request = read_request(directory)
        self.seconds: dict[str, float] = {}
        self._done = 0
        self._total = len(STEPS) + N_FOLDS - 1

    def step(self, name: str) -> "Step":
        return Step(self, name)

    def advance(self, name: str) -> None:
        """Say what comes next, on the log and in the file that the app reads."""
        print(f"{datetime.now(UTC):%H:%M:%S} {name}", flush=True)  # noqa: T201 - this is the log
        progress = Progress(name, self._done, self._total)
        run_directory.write_json(self.directory / PROGRESS, asdict(progress))
        self._done += 1


class Step:
    """A timed step of a run."""

    def __init__(self, run: Run, name: str) -> None:
        self._run, self._name = run, name

    def __enter__(self) -> None:
        self._run.advance(self._name)
        self._start = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self._run.seconds[self._name] = round(time.perf_counter() - self._start, 3)


def fit(run: Run, device: str) -> None:
    """Read the snapshot, fit, judge the fits, and leave the report as the last thing."""
    comparisons = read_comparisons(run.directory)
    if len(comparisons) == 0:
        raise NoComparisonsError
    seed = run.request.seed
    with run.step("Bradley-Terry"):
        plain = fit_bradley_terry(comparisons)
        run_directory.write_model(run.directory, plain)
    with run.step("general model"):
        choice = choose_penalty_share(comparisons, seed=seed, device=device)
        general = fit_general_preference(
            comparisons, penalty_share=choice.share, start=plain, seed=seed, device=device
        )
        run_directory.write_model(run.directory, general)
    with run.step("held-out judgments"):
        predictions = _held_out(run, comparisons, device)
    with run.step("cyclic triads"):
        triads = cyclic_triads(comparisons, seed=seed)
    report = {
        "finished_at": datetime.now(UTC).isoformat(),
        "device": _device_name(device),
        "versions": versions(),
        "seconds": run.seconds,
        "seed": seed,
        "data": _data(comparisons),
        "bradley_terry": _of_bradley_terry(plain),
        "general_preference": _of_general(general, choice.log_losses),
        "held_out": asdict(evaluate(predictions)) if predictions else None,
        "cyclic_triads": asdict(triads),
        "graph": asdict(report_graph(comparisons)),
    }
    run_directory.write_json(run.directory / REPORT, _finite(report))


def _held_out(run: Run, comparisons: Comparisons, device: str) -> HeldOut | None:
    """Predict held-out judgments; None where there are too few to hold any out."""

    def report(_: str, done: int, total: int) -> None:
        if 0 < done < total:
            run.advance(f"held-out judgments, part {done + 1} of {total}")

    try:
        predictions = held_out(
            comparisons, n_folds=N_FOLDS, seed=run.request.seed, device=device, report=report
        )
    except NotDeterminedError as error:
        print(error, flush=True)  # noqa: T201 - this is the log
        return None
    run_directory.write_held_out(run.directory, predictions)
    return predictions


def _data(comparisons: Comparisons) -> dict[str, Any]:
    counts = comparisons.counts()
    return {
        "n_items": len(comparisons.items),
        "n_prompts": len(set(comparisons.prompts.tolist())),
        "n_comparisons": len(comparisons),
        "n_pairs": len(counts.first),
        "n_ties": int(counts.tied.sum()),
        "n_annotators": len(set(comparisons.annotator.tolist())),
    }


def _finite(figures: Any) -> Any:  # figures as JSON holds them
    """Replace what is infinite by None: JSON has no infinity, and such an end is no figure."""
    if isinstance(figures, dict):
        return {name: _finite(figure) for name, figure in figures.items()}
    if isinstance(figures, list | tuple):
        return [_finite(figure) for figure in figures]
    return None if isinstance(figures, float) and not math.isfinite(figures) else figures


def _of_bradley_terry(model: BradleyTerry) -> dict[str, Any]:
    return {"prior_scale": model.prior_scale, "tie_log_weight": model.tie_log_weight}


def _of_general(model: GeneralPreference, log_losses: tuple[float, ...]) -> dict[str, Any]:
    return {
        "prior_scale": model.prior_scale,
        "tie_log_weight": model.tie_log_weight,
        "n_planes": model.n_planes,
        "penalty_share": model.penalty_share,
        "penalty": model.penalty,
        "log_losses_of_shares": log_losses,
    }


def _device_name(device: str) -> str:
    return f"cuda ({torch.cuda.get_device_name()})" if device == "cuda" else "cpu"


def main(directory: Path) -> int:
    """Fit; leave the reason in `failure.json` if it cannot be done."""
    os.nice(10)  # annotators come first
    torch.set_num_threads(1)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        fit(Run(directory), device)
    except DiscernError as error:
        return _fail(directory, str(error))
    except Exception as error:  # noqa: BLE001 - the process ends here, and says why
        traceback.print_exc()
        return _fail(directory, f"{type(error).__name__}: {error}")
    return 0


def _fail(directory: Path, message: str) -> int:
    print(message, flush=True)  # noqa: T201 - this is the log
    run_directory.write_json(directory / FAILURE, {"message": message})
    return 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
