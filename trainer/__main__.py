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

from core.annotator_models import AnnotatorEvaluation
from core.comparison_graph import report_graph
from core.errors import DiscernError, NoComparisonsError
from core.estimates import NotDeterminedError
from core.evaluation import HeldOut, evaluate, held_out, report_cycles
from core.fitting import fit_bradley_terry, fit_general_preference
from core.fitting.annotators import evaluate_annotators, fit_annotators
from core.fitting.penalty import ModelChoice, choose_general_preference
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
    read_texts,
)
from trainer.text import fit_text, n_steps
from trainer.text_files import TextSettings
from trainer.versions import versions

N_FOLDS = 5
#: Steps of a run, each part of a cross-validation counted by itself.
N_STEPS = 4 + 2 * N_FOLDS + n_steps(TextSettings())


class Run:
    """One run: its directory, its clock, how far it is."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.request = read_request(directory)
        self.seconds: dict[str, float] = {}
        self._done = 0
        self._total = N_STEPS

    def step(self, name: str) -> "Step":
        return Step(self, name)

    def advance(self, name: str) -> None:
        """Say what comes next, on the log and in the file that the app reads."""
        print(f"{datetime.now(UTC):%H:%M:%S} {name}", flush=True)  # noqa: T201 - this is the log
        progress = Progress(name, self._done, self._total)
        run_directory.write_json(self.directory / PROGRESS, asdict(progress))
        self._done += 1

    def part(self, name: str, done: int, total: int) -> None:
        """Say that a part of a step is done; the first began with the step itself."""
        if 0 < done < total:
            self.advance(f"{name}, part {done + 1} of {total}")


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
        choice = choose_general_preference(comparisons, seed=seed, device=device)
        general = _general(comparisons, plain, choice, seed, device)
        run_directory.write_model(run.directory, general)
    with run.step("held-out judgments"):
        predictions = _held_out(run, comparisons, device)
    with run.step("is one number per item enough?"):
        cycles = report_cycles(comparisons, plain, general, predictions, seed=seed)
    knowing = _annotators(run, comparisons)
    texts = fit_text(run, comparisons, *read_texts(run.directory), device=device)
    report = {
        "finished_at": datetime.now(UTC).isoformat(),
        "device": _device_name(device),
        "versions": versions(),
        "seconds": run.seconds,
        "seed": seed,
        "data": _data(comparisons),
        "bradley_terry": _of_bradley_terry(plain),
        "general_preference": _of_general(general, choice),
        "held_out": asdict(evaluate(predictions)) if predictions else None,
        "cycles": asdict(cycles),
        "annotators": asdict(knowing) if knowing else None,
        "text": texts,
        "graph": asdict(report_graph(comparisons)),
    }
    run_directory.write_json(run.directory / REPORT, _finite(report))


def _general(
    comparisons: Comparisons, plain: BradleyTerry, choice: ModelChoice, seed: int, device: str
) -> GeneralPreference:
    return fit_general_preference(
        comparisons,
        n_planes=choice.n_planes,
        penalty_share=choice.share,
        start=plain,
        seed=seed,
        device=device,
    )


def _annotators(run: Run, comparisons: Comparisons) -> AnnotatorEvaluation | None:
    """Learn how annotators differ and what that gains; None where that cannot be determined."""
    try:
        with run.step("annotators"):
            model = fit_annotators(comparisons, seed=run.request.seed)
            run_directory.write_annotators(run.directory, model)
        with run.step("annotators on held-out judgments"):
            return evaluate_annotators(
                comparisons, n_folds=N_FOLDS, seed=run.request.seed, report=run.part
            )
    except DiscernError as error:  # the other models stand without it
        print(error, flush=True)  # noqa: T201 - this is the log
        return None


def _held_out(run: Run, comparisons: Comparisons, device: str) -> HeldOut | None:
    """Predict held-out judgments; None where there are too few to hold any out."""
    try:
        predictions = held_out(
            comparisons, n_folds=N_FOLDS, seed=run.request.seed, device=device, report=run.part
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


def _of_general(model: GeneralPreference, choice: ModelChoice) -> dict[str, Any]:
    return {
        "prior_scale": model.prior_scale,
        "tie_log_weight": model.tie_log_weight,
        "n_planes": choice.n_planes,
        "penalty_share": choice.share,
        "penalty": model.penalty,
        "candidates": [
            {"n_planes": n_planes, "penalty_share": share, "log_loss": loss}
            for (n_planes, share), loss in zip(choice.candidates, choice.log_losses, strict=False)
        ],
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
