"""How far the probabilities of a fit can be trusted: figures for the page Calibration."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import DiscernError
from core.recalibration import Calibrator, IdentityCalibrator
from core.scores import HeldOut
from trainer import study_data
from trainer.quality.figures import recalibrate, said_of
from trainer.quality.fits import drawn_anew, intervals_hold
from trainer.quality.forecasts import Forecasts, said_or_why, shares_of
from trainer.quality.guarded import aside, guard
from trainer.quality.made import MODELS, Made
from trainer.quality.near_optimal import fits_as_good
from trainer.quality.pairs import ceilings, labels, split, together, verdicts
from trainer.quality.since import given_since
from trainer.quality.strata import by_part
from trainer.study_data import Details, StudyData

__all__ = ["MODELS", "Made", "aside", "recalibrate", "report_quality", "said_or_why"]

#: What is said of each; the first chooses what the last one uses.
OF_A_MODEL = ("recalibration", "figures", "where", "split", "labels")


def report_quality(data: StudyData, kept: NDArray[np.bool_], made: Made) -> dict[str, Any]:
    """Everything that can be said; a part that the data do not determine is a sentence.

    The recalibrations that were chosen are left in the run directory: they are part of the fit.

    Parameters
    ----------
    kept : ndarray of bool, shape (n_comparisons,)
        What is set aside for the guarded hold-out: models are judged on the rest.
    """
    comparisons, scored = data.comparisons, data.where(~kept)
    everything = together(comparisons, data.repeats)
    report: dict[str, Any] = {"ceiling": ceilings(data)}
    calibrators: dict[str, Calibrator] = dict.fromkeys(MODELS, IdentityCalibrator())
    if made.held_out is not None:
        held_out = made.held_out
        report["evenly"] = _evenly(scored)
        details = study_data.read_details(made.directory).where(~kept)
        for name in MODELS:
            report[name], calibrators[name] = _of_model(name, scored, details, held_out, made)
    calibrator, of_plain = calibrators["general_preference"], calibrators["bradley_terry"]
    report |= {
        "verdicts": said_or_why(lambda: verdicts(made.plain, of_plain, comparisons, everything)),
        "multiplicity": said_or_why(
            lambda: drawn_anew(made.general, calibrator, comparisons, made.directory)
        ),
        "as_good": said_or_why(lambda: fits_as_good(scored, made, calibrator)),
        "intervals": said_or_why(lambda: intervals_hold(data, made.plain, made)),
        "guarded": said_or_why(lambda: guard(data, kept, made)),
    }
    return report


def _evenly(data: StudyData) -> dict[str, int]:
    """Decided judgments of pairs that were chosen evenly, and those that a policy chose."""
    decided = data.comparisons.outcome != 0
    n_evenly = int((decided & data.evenly).sum())
    return {"n_evenly": n_evenly, "n_chosen": int(decided.sum()) - n_evenly}


def _of_model(
    name: str, data: StudyData, details: Details, held_out: HeldOut, made: Made
) -> tuple[dict[str, Any], Calibrator]:
    """The figures of one model, and the recalibration that it is used with from now on."""
    calibrator: Calibrator = IdentityCalibrator()
    since = said_or_why(lambda: given_since(name, data, details, made))
    try:
        shares = shares_of(name, data, held_out, made.fitting)
        given = Forecasts.of(held_out, shares, data.evenly)
    except DiscernError as error:
        why_not = {part: {"why_not": str(error)} for part in OF_A_MODEL}
        return why_not | {"since": since}, calibrator

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
        "where": lambda: by_part(given, data, held_out, details, made.fitting),
        "split": lambda: split(given, made.model(name), data),
        "labels": lambda: labels(given, calibrator, name, made.directory, made.seed),
    }
    report = {part: said_or_why(figure) for part, figure in parts.items()}
    return report | {"since": since}, calibrator
