"""Fit what one snapshot and its settings allow: python -m trainer RUN_DIRECTORY."""

import os
import sys
import time
import traceback
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.annotator_models import AnnotatorEvaluation
from core.comparison_graph import report_graph
from core.ensembles import MIN_MEMBERS
from core.errors import DiscernError, NoComparisonsError
from core.estimates import NotDeterminedError
from core.evaluation import HeldOut, evaluate, held_out, report_cycles
from core.fitting import fit_bradley_terry, fit_general_preference
from core.fitting.annotators import evaluate_annotators, fit_annotators
from core.fitting.bradley_terry import fit_pair_counts
from core.fitting.penalty import ModelChoice, choose_general_preference
from core.judgment import Comparisons
from core.models import BradleyTerry, GeneralPreference
from core.study import Fitting
from trainer import aspects, parts, run_directory, study_data, value_files, values
from trainer.device import device_name, found_device
from trainer.evaluation import report_evaluation
from trainer.quality import Made, aside, report_quality
from trainer.run_directory import FAILURE, PROGRESS, REPORT, Progress, read_request
from trainer.similarity import fit_map
from trainer.study_data import MAX_ROWS, StudyData
from trainer.text import fit_text, n_steps
from trainer.text_files import TextSettings
from trainer.versions import versions

N_FOLDS = 5
#: Steps of a run without texts, each part of a cross-validation counted by itself.
N_STEPS = 7 + 2 * N_FOLDS
#: Encodings of frozen encoders, beside the runs, shared by them.
ENCODINGS = "encodings"
#: Sections of the report that are None where the data or the settings do not give them.
SECTIONS = (
    "only", "clustered", "general_preference", "held_out", "cycles", "annotators", "groups",
    "aspects", "ensemble", "similarity", "calibration", "evaluation", "text", "graph",
)  # fmt: skip


class Run:
    """One run: its directory, its clock, how far it is."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.request = read_request(directory)
        self.fitting = Fitting(**self.request.fitting)
        self.seconds: dict[str, float] = {}
        self._done = 0
        self._total = N_STEPS + n_steps(self.text_settings)
        self._total += self.fitting.by_group + (self.fitting.n_members >= MIN_MEMBERS)

    @property
    def text_settings(self) -> TextSettings:
        if not self.fitting.encoder:
            return TextSettings()
        cache = self.directory.parent / ENCODINGS
        mode = self.fitting.encoder_training
        return TextSettings(mode=mode, encoder=self.fitting.encoder, cache=str(cache))

    def previous(self) -> BradleyTerry | None:
        """The strengths of an earlier fit, to start from; None where there is none."""
        if self.request.previous is None:
            return None
        directory = self.directory.parent / self.request.previous
        try:
            model = run_directory.read_model(directory, run_directory.BRADLEY_TERRY)
        except (OSError, KeyError, ValueError):  # cleared away, or of an older format
            return None
        return model if isinstance(model, BradleyTerry) else None

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
    if run.request.n_comparisons > MAX_ROWS:
        report = fit_counts(run)
    else:
        data = study_data.read(run.directory)
        similarity = fit_map(run.directory, run.request.seed)
        if similarity is not None and len(data.comparisons) == 0 and not data.answers:
            report = dict.fromkeys(SECTIONS) | {"data": _data(data), "bradley_terry": None}
        else:
            report = fit_judgments(run, data, device)
        report["similarity"] = similarity
    report |= {
        "finished_at": datetime.now(UTC).isoformat(),
        "device": device_name(device),
        "versions": versions(),
        "seconds": run.seconds,
        "seed": run.request.seed,
    }
    run_directory.write_json(run.directory / REPORT, run_directory.finite(report))


def fit_counts(run: Run) -> dict[str, Any]:
    """Strengths alone, from the judged pairs added up: memory by different pairs."""
    counts, items, prompts = study_data.read_counts(run.directory)
    with run.step("Bradley-Terry"):
        plain = fit_pair_counts(counts, items, prompts, start=run.previous())
        run_directory.write_model(run.directory, plain)
    n_judgments = int(counts.total.sum())
    graph = report_graph(counts.outcomes_once(items, prompts))
    return dict.fromkeys(SECTIONS) | {
        "data": {
            "n_items": len(items),
            "n_prompts": len(set(prompts.tolist())),
            "n_comparisons": n_judgments,
            "n_pairs": len(counts.first),
            "n_ties": int(counts.tied.sum()),
            "n_annotators": None,
        },
        "only": f"{n_judgments:,} judgments are more than {MAX_ROWS:,}: only strengths were "
        "fitted, from the judged pairs added up.",
        "bradley_terry": parts.of_plain(plain),
        "graph": asdict(replace(graph, n_comparisons=n_judgments)),
    }


def fit_judgments(run: Run, data: StudyData, device: str) -> dict[str, Any]:
    """All that the answers and the settings allow."""
    comparisons, seed, fitting = data.comparisons, run.request.seed, run.fitting
    if len(comparisons) == 0 and not data.answers:
        raise NoComparisonsError
    with run.step("Bradley-Terry"):
        plain, said_of_plain = parts.fit_plain(data, fitting, run.previous())
        run_directory.write_model(run.directory, plain)
    report = dict.fromkeys(SECTIONS) | {"data": _data(data), "bradley_terry": said_of_plain}
    kept = aside(data, run.request.study_id, fitting.guarded_share)
    if len(comparisons) == 0:
        report["evaluation"] = _evaluation(
            run, data, None, plain, kept=kept, ceiling={"why_not": ""}
        )
        return report
    report["clustered"] = parts.allow_for_people(data, fitting, plain, run.directory)
    with run.step("general model"):
        choice = choose_general_preference(comparisons, seed=seed, device=device)
        general = _general(comparisons, choice, seed, device)
        run_directory.write_model(run.directory, general)
    scored = data.where(~kept)  # no figure of a model is made from what the guard keeps
    with run.step("held-out judgments"):
        predictions = _held_out(run, scored.comparisons, device)
    with run.step("is one number per item enough?"):
        common = fit_bradley_terry(comparisons) if said_of_plain["effects"] else plain
        cycles = report_cycles(comparisons, common, general, predictions, seed=seed)
    knowing = _annotators(run, comparisons, scored.comparisons)
    report |= {
        "general_preference": _of_general(general, choice),
        "held_out": asdict(evaluate(predictions)) if predictions else None,
        "cycles": asdict(cycles),
        "annotators": asdict(knowing) if knowing else None,
        "groups": _groups(run, data, scored),
        "aspects": _aspects(run, data, kept),
        "ensemble": _ensemble(run, data, general, choice, device),
        "graph": asdict(report_graph(comparisons)),
    }
    with run.step("calibration"):
        made = Made(predictions, plain, general, choice, fitting, run.directory, seed, device)
        report["calibration"] = report_quality(data, kept, made)
    ceiling = report["calibration"]["ceiling"]["agreement"]
    report["evaluation"] = _evaluation(run, data, predictions, plain, kept=kept, ceiling=ceiling)
    report["text"] = fit_text(
        run,
        comparisons,
        data.texts,
        data.prompt_texts,
        device=device,
        settings=run.text_settings,
        scored=scored.comparisons,
    )
    return report


def _evaluation(
    run: Run,
    data: StudyData,
    predictions: HeldOut | None,
    plain: BradleyTerry,
    *,
    kept: NDArray[np.bool_],
    ceiling: dict[str, Any],
) -> dict[str, Any]:
    with run.step("evaluation"):
        return report_evaluation(
            data,
            predictions,
            plain,
            run.directory,
            run.request,
            kept=kept,
            ceiling=ceiling,
            fitting=run.fitting,
        )


def _groups(run: Run, data: StudyData, scored: StudyData) -> dict[str, Any] | None:
    """Cohorts, if the study asks for them; the reason where they cannot be told."""
    if not run.fitting.by_group:
        return None
    try:
        with run.step("cohorts"):
            return parts.fit_cohorts(data, scored, run.fitting, run.request.seed, run.directory)
    except DiscernError as error:
        return {"failure": str(error)}


def _aspects(run: Run, data: StudyData, kept: NDArray[np.bool_]) -> dict[str, Any] | None:
    """How aspects differ, if any was asked; the reason where that cannot be told."""
    try:
        with run.step("aspects"):
            return aspects.fit_aspects(data, kept, run.request.seed, run.directory)
    except DiscernError as error:
        return {"failure": str(error)}


def _ensemble(
    run: Run, data: StudyData, general: GeneralPreference, choice: ModelChoice, device: str
) -> dict[str, Any] | None:
    if run.fitting.n_members < MIN_MEMBERS:
        return None
    try:
        with run.step("ensemble"):
            return parts.fit_members(
                data,
                general,
                run.directory,
                penalty_share=choice.share,
                n_members=run.fitting.n_members,
                seed=run.request.seed,
                device=device,
            )
    except DiscernError as error:
        return {"failure": str(error)}


def _general(
    comparisons: Comparisons, choice: ModelChoice, seed: int, device: str
) -> GeneralPreference:
    return fit_general_preference(
        comparisons,
        n_planes=choice.n_planes,
        penalty_share=choice.share,
        seed=seed,
        device=device,
    )


def _annotators(
    run: Run, comparisons: Comparisons, scored: Comparisons
) -> AnnotatorEvaluation | None:
    """Learn how annotators differ and what that gains; None where that cannot be determined."""
    try:
        with run.step("annotators"):
            model = fit_annotators(comparisons, seed=run.request.seed)
            run_directory.write_annotators(run.directory, model)
        with run.step("annotators on held-out judgments"):
            return evaluate_annotators(
                scored, n_folds=N_FOLDS, seed=run.request.seed, report=run.part
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
    except (NoComparisonsError, NotDeterminedError) as error:
        print(error, flush=True)  # noqa: T201 - this is the log
        return None
    run_directory.write_held_out(run.directory, predictions)
    return predictions


def _data(data: StudyData) -> dict[str, Any]:
    comparisons, counts = data.comparisons, data.comparisons.counts()
    return {
        "n_items": len(comparisons.items),
        "n_prompts": len(set(comparisons.prompts.tolist())),
        "n_comparisons": len(comparisons) + len(data.answers),
        "n_pairs": len(counts.first),
        "n_ties": int(counts.tied.sum()),
        "n_annotators": data.n_annotators,
    }


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


def main(directory: Path) -> int:
    """Fit; leave the reason in `failure.json` if it cannot be done."""
    os.nice(10)  # annotators come first
    try:
        if value_files.asked_for(directory):
            values.estimate(directory)
        else:
            fit(Run(directory), found_device())
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
