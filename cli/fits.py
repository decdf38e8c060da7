"""Fit a study's models in the foreground, and print what came out."""

import time
from typing import Any

from core.errors import DiscernError
from core.p_values import p_is
from core.study import Study
from trainer.launch import RunStatus
from workbench import results, training
from workbench.opening import Workbench

LOOK_EVERY_S = 0.2


class FitFailedError(DiscernError):
    """A fit ended without a result."""


class NoFitError(DiscernError):
    """Figures were asked for before anything was fitted."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The study {name!r} has no finished fit yet. Run: python -m cli fit --study {name!r}"
        )


def fit(workbench: Workbench, study: Study) -> None:
    """Start a fit, print its steps, and record it when it is done."""
    start = time.perf_counter()
    directory = training.start_fit(workbench, study.id)
    print(f"Fitting in {directory}")
    step = ""
    while (status := workbench.trainer.status(directory)) is RunStatus.RUNNING:
        progress = workbench.trainer.progress(directory)
        if progress is not None and progress.step != step:
            step = progress.step
            print(f"  {progress.done} of {progress.total} done; now: {step}")
        time.sleep(LOOK_EVERY_S)
    [run] = [r for r in training.runs_of(workbench, study.id) if r.directory == directory]
    if status is not RunStatus.DONE:
        raise FitFailedError(
            f"The fit is {status}: {run.failure or 'it left no reason'} Its log is in {directory}."
        )
    training.record_finished(workbench)
    print(f"Fitted in {time.perf_counter() - start:.0f} s.")


def report(workbench: Workbench, study: Study) -> None:
    """Print the figures of the newest fit."""
    result = results.latest(workbench, study.id)
    if result is None:
        raise NoFitError(study.settings.name)
    fit, figures = result.fit, result.fit.figures
    data = figures["data"]
    print(f"\n{study.settings.name}: fit {fit.id}, snapshot {fit.snapshot_hash[:12]}")
    print(f"  code {figures['versions']['code']}, seed {figures['seed']}, {fit.device}")
    print(
        f"  {data['n_comparisons']:,} comparisons ({data['n_ties']:,} ties) of {data['n_pairs']:,} "
        f"pairs, {data['n_items']:,} items, {data['n_prompts']:,} prompts"
        + (f", by {data['n_annotators']:,} people" if data["n_annotators"] is not None else "")
    )
    if result.n_newer:
        print(f"  {result.n_newer:,} newer comparisons are not in it.")
    print("  seconds: " + ", ".join(f"{step} {s:.1f}" for step, s in figures["seconds"].items()))
    if figures["general_preference"] is None:
        print(figures["only"] or "No pairs were judged: strengths come from the other answers.")
        return
    _print_held_out(figures["held_out"])
    _print_calibration(figures["calibration"])
    _print_annotators(figures["annotators"])
    _print_cycles(figures["cycles"])
    _print_graph(figures["graph"])


def _print_held_out(held_out: dict[str, Any] | None) -> None:
    if held_out is None:
        print("Held-out judgments: too few to hold any out. Judge more pairs.")
        return
    grouping = "pair" if held_out["by_pair"] else "judgment"
    print(
        f"Held-out judgments, folds by {grouping}: n = {held_out['n_judgments']:,} of "
        f"{held_out['n_pairs']:,} pairs, {held_out['n_decisive']:,} of them decided "
        "(95 % intervals clustered by pair; log loss in nats)"
    )
    print(f"  {'':22}{'log loss':34}{'of decided pairs':34}accuracy")
    for name, model in (
        ("Bradley-Terry", "bradley_terry"),
        ("general model", "general_preference"),
        ("general minus B.-T.", "difference"),
    ):
        form = "+z.5f" if model == "difference" else ".4f"
        names = ("log_loss", "decisive_log_loss", "accuracy")
        loss, decided, accuracy = (_said(held_out[model][score], form) for score in names)
        print(f"  {name:22}{loss:34}{decided:34}{accuracy}")


def _print_calibration(report: dict[str, Any]) -> None:
    """How far probabilities are off, and which recalibration the fit says them with."""
    for name, model in (
        ("Bradley-Terry", "bradley_terry"),
        ("general model", "general_preference"),
    ):
        figures = report.get(model, {}).get("figures", {})
        if "error" not in figures:  # too little was held out, or the fit is an older one
            continue
        recalibration = report[model]["recalibration"]
        after = recalibration.get("after")
        used = recalibration.get("chosen", "none")
        print(
            f"Calibration error of {name}: {_said(figures['error'], '.3f')} as fitted"
            + (f", {_said(after['error'], '.3f')} as used" if after else "")
            + f"; recalibration: {used}"
        )


def _print_annotators(evaluation: dict[str, Any] | None) -> None:
    if evaluation is None:
        return
    knowing, gain = evaluation["annotators"]["log_loss"], evaluation["difference"]["log_loss"]
    print(
        f"Knowing the annotators: log loss {_said(knowing, '.4f')}, minus Bradley-Terry "
        f"{_said(gain, '+z.4f')}"
    )


def _print_cycles(cycles: dict[str, Any]) -> None:
    spectral = cycles["spectral"]
    p = f", spectral test {p_is(spectral['p'])}" if spectral else ""
    print(f"Is one number per item enough? {cycles['verdict'].replace('_', ' ')}{p}")
    _print_triads(cycles["observed"])


def _print_triads(triads: dict[str, Any]) -> None:
    if not triads["n_decided"]:
        print("Cyclic triads: no three items have a majority in all three of their pairs.")
        return
    expected = triads["expected_cyclic"]
    print(
        f"Cyclic triads: {triads['n_cyclic']:,} of {triads['n_decided']:,}; if one strength per "
        f"item were the whole truth, {expected['value']:,.0f} "
        f"({expected['low']:,.0f} to {expected['high']:,.0f})"
    )


def _print_graph(graph: dict[str, Any]) -> None:
    split = sum(len(prompt["component_sizes"]) > 1 for prompt in graph["prompts"])
    print(
        f"Not determined: {len(graph['never_compared']):,} items never compared; {split:,} prompts "
        "whose comparisons fall into pieces"
    )


def _said(estimate: dict[str, Any] | None, form: str) -> str:
    """A figure with its interval; None stands for an end that the data do not determine."""
    if estimate is None:
        return "not determined"
    ends = (estimate["low"], estimate["high"])
    low, high = ("?" if end is None else f"{end:{form}}" for end in ends)
    return f"{estimate['value']:{form}} ({low}, {high})"
