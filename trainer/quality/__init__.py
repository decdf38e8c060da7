"""How far the probabilities of a fit can be trusted: figures for the page Calibration."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from core.errors import DiscernError
from core.recalibration import Calibrator, IdentityCalibrator
from core.scores import HeldOut
from core.study import Fitting
from trainer.quality.figures import recalibrate, said_of
from trainer.quality.fits import drawn_anew
from trainer.quality.forecasts import Forecasts, said_or_why, shares_of
from trainer.quality.pairs import Model, ceilings, labels, split, together, verdicts
from trainer.study_data import StudyData

__all__ = ["Made", "recalibrate", "report_quality", "said_or_why"]

MODELS = ("bradley_terry", "general_preference")
#: What is said of each; the first chooses what the last one uses.
OF_A_MODEL = ("recalibration", "figures", "split", "labels")


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """What a fit has made, for its probabilities to be judged.

    Attributes
    ----------
    held_out : HeldOut or None
        Row by row the comparisons of the data; None where there were too few to hold any out.
    models : dict
        By the names in `MODELS`, fitted to everything.
    directory : Path
        Of the run.
    """

    held_out: HeldOut | None
    models: dict[str, Model]
    fitting: Fitting
    directory: Path
    seed: int


def report_quality(data: StudyData, made: Made) -> dict[str, Any]:
    """Everything that can be said; a part that the data do not determine is a sentence.

    The recalibrations that were chosen are left in the run directory: they are part of the fit.
    """
    comparisons = data.comparisons
    everything = together(comparisons, data.repeats)
    general = made.models["general_preference"]
    report: dict[str, Any] = {
        "ceiling": ceilings(data),
        "verdicts": said_or_why(
            lambda: verdicts(made.models["bradley_terry"], comparisons, everything)
        ),
    }
    calibrators: dict[str, Calibrator] = dict.fromkeys(MODELS, IdentityCalibrator())
    if made.held_out is not None:
        held_out = made.held_out
        report["evenly"] = _evenly(data)
        for name in MODELS:
            report[name], calibrators[name] = _of_model(name, data, held_out, made)
    report["multiplicity"] = said_or_why(
        partial(drawn_anew, general, calibrators["general_preference"], comparisons, made.directory)
    )
    return report


def _evenly(data: StudyData) -> dict[str, int]:
    """Decided judgments of pairs that were chosen evenly, and those that a policy chose."""
    decided = data.comparisons.outcome != 0
    n_evenly = int((decided & data.evenly).sum())
    return {"n_evenly": n_evenly, "n_chosen": int(decided.sum()) - n_evenly}


def _of_model(
    name: str, data: StudyData, held_out: HeldOut, made: Made
) -> tuple[dict[str, Any], Calibrator]:
    """The figures of one model, and the recalibration that it is used with from now on."""
    calibrator: Calibrator = IdentityCalibrator()
    try:
        shares = shares_of(name, data, held_out, made.fitting)
        given = Forecasts.of(held_out, shares, data.evenly)
    except DiscernError as error:
        return {part: {"why_not": str(error)} for part in OF_A_MODEL}, calibrator

    def recalibration() -> dict[str, Any]:
        nonlocal calibrator
        triple = given.probability, given.outcome, given.pair
        calibrator, report = recalibrate(
            *triple, directory=made.directory, model=name, seed=made.seed
        )
        return report

    parts: dict[str, Callable[[], dict[str, Any]]] = {
        "recalibration": recalibration,
        "figures": lambda: said_of(given.probability, given.outcome, given.pair),
        "split": lambda: split(given, made.models[name], data),
        "labels": lambda: labels(given, calibrator, made.seed),
    }
    return {part: said_or_why(figure) for part, figure in parts.items()}, calibrator
