"""Whether probabilities hold, and which recalibration makes them hold better."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from core.calibration import (
    Rule,
    brier_score,
    debiased_calibration_error,
    decompose,
    expected_calibration_error,
    log_score,
    reliability_curve,
    sharpness,
    smooth_calibration,
)
from core.fitting.recalibration import choose_calibrator, cross_fit_calibration
from core.judgment import Floats, Indices
from core.predictions import logistic
from core.recalibration import (
    Calibrator,
    IdentityCalibrator,
    ScaleCalibrator,
    compare,
    log_odds_of,
)
from trainer import run_directory

#: Judgments in a bin of the reliability curve, and bins at most.
PER_BIN, MOST_BINS = 20, 10
#: Points of the smoothed curve that are kept.
EVERY = 4


def recalibrate(
    probability: Floats,
    outcome: Floats,
    cluster: Indices,
    *,
    directory: Path,
    model: str,
    seed: int,
) -> tuple[Calibrator, dict[str, Any]]:
    """Choose the fit's recalibration of a model, and leave it in the run directory.

    Raises
    ------
    NotDeterminedError
        If there are too few clusters: the fit then has none.
    """
    odds = log_odds_of(probability)
    choice = choose_calibrator(odds, outcome, cluster, seed=seed)
    after = logistic(cross_fit_calibration(odds, outcome, cluster, seed=seed))
    run_directory.write_calibrator(directory, model, choice.calibrator)
    used = choice.calibrator
    return used, {
        "chosen": used.name,
        "scale": used.scale if isinstance(used, ScaleCalibrator) else None,
        "n": choice.n,
        "n_pairs": choice.n_clusters,
        "candidates": [asdict(candidate) for candidate in choice.candidates],
        "before_and_after": [asdict(row) for row in compare(probability, after, outcome, cluster)],
        "after": None if isinstance(used, IdentityCalibrator) else said_of(after, outcome, cluster),
    }


def said_of(probability: Floats, outcome: Floats, pair: Indices) -> dict[str, Any]:
    """Calibration, scores with their parts, and sharpness of one set of forecasts."""
    triple = (probability, outcome, pair)
    n_bins = max(1, min(MOST_BINS, len(outcome) // PER_BIN))
    curve = reliability_curve(*triple, n_bins)
    smooth = smooth_calibration(*triple)
    return {
        "n": len(outcome),
        "n_pairs": len(np.unique(pair)),
        "bins": [asdict(part) for part in curve.bins],
        "n_outside_chance": len(curve.outside_chance),
        "error": asdict(expected_calibration_error(*triple)),
        "smooth_error": asdict(smooth.error.estimate),
        "debiased_error": asdict(debiased_calibration_error(*triple).estimate),
        "smooth_curve": {
            name: getattr(smooth, name)[::EVERY].tolist()
            for name in ("probability", "observed", "low", "high")
        },
        "brier": asdict(brier_score(*triple)),
        "log_loss": asdict(log_score(*triple)),
        "parts": [asdict(decompose(*triple, rule)) for rule in Rule],
        "sharpness": [asdict(part) for part in sharpness(probability, pair)],
    }
